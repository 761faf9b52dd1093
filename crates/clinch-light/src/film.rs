//! The film stock: exposure, halation, curve, grain, print, and the way into 8 bits.

use crate::sampler::Mask;
use rayon::prelude::*;
use std::sync::LazyLock;

/// Factor from the film's unit of light to the stock's scale, on which 0.18 prints as a middle grey: set so that the lighter face is a
/// full tone and the darker one still a tone when only the far lamps reach them. Fixed for the whole film, so that nothing pumps.
pub(crate) const EXPOSURE: f32 = 5.6;
/// Share of the light that halation spreads, and how far (its deviation as a share of the picture's height).
const HALATION: f32 = 0.045;
const HALATION_SPREAD: f32 = 0.012;
/// Exposure lost in the picture's corners.
const VIGNETTE: f32 = 0.22;
/// Deviation of the print's density at strength 1 where it is strongest. A fast black-and-white negative has an rms granularity of about 14
/// (0.014 through 48 µm, a pixel of 360 rows on a 35 mm frame), and the print's contrast multiplies that by about 2.5.
const GRAIN_DENSITY: f32 = 0.034;
/// Deviation of a grain, in pixels of a picture of 720 rows.
const GRAIN_PIXELS_AT_720: f32 = 0.75;
/// Display gamma of the print's code values.
const GAMMA: f32 = 2.2;
/// Contrast of the paper: what the print's density is multiplied by.
const PAPER: f32 = 1.18;
/// Steps of the table of code values: fine enough that a step is a sixteenth of a code or less where eyes see it.
const CODES: usize = 4096;
/// Exposure from which on everything prints white (the curve gets there at 7.24), and steps of the table of prints below it: fine enough that a line from one to
/// the next is within a millionth of the curve.
const WHITE: f32 = 8.0;
const PRINTS: usize = 4096;
/// Codes above black that video has: ITU-R BT.709-6 §3.5 for 8 bits.
const VIDEO_CODES: f32 = 219.0;

/// Develops a picture: display luma 0..255, `[row][column]`, from radiance (which is used up). `grain` is its strength, 0 (none) .. 2, and
/// grain is drawn from `seed` and `frame`.
pub fn develop(radiance: &mut [f32], width: usize, grain: f32, seed: u64, frame: u64, luma: &mut Vec<u8>) {
    let height = radiance.len() / width;
    halate(radiance, width);
    let densities = (grain > 0.0).then(|| grain_field(width, height, seed, frame));
    static TABLES: LazyLock<(Vec<f32>, Vec<f32>)> = LazyLock::new(|| (codes(), prints()));
    let (codes, prints) = &*TABLES;
    let dither = Dither::new(seed, frame);
    let across: Vec<f32> = (0..width).map(|x| off_middle(x, width)).collect();
    luma.clear();
    luma.resize(radiance.len(), 0);
    luma.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        let down = off_middle(y, height);
        for (x, out) in row.iter_mut().enumerate() {
            let index = y * width + x;
            let exposed = exposure_of(radiance[index]) * vignette(across[x], down);
            let print = printed(exposed, prints);
            let grained = densities.as_ref().map_or(print, |field| with_grain(print, grain, field[index]));
            *out = dither.code(codes[(grained.clamp(0.0, 1.0).sqrt() * (CODES - 1) as f32 + 0.5) as usize], x, y);
        }
    });
}

/// `[step]`: the video code, 0..219, of each step of the square root of the display's light, which is nearly even in code values.
fn codes() -> Vec<f32> {
    (0..CODES).map(|i| VIDEO_CODES * (i as f32 / (CODES - 1) as f32).powf(2.0 / GAMMA)).collect()
}

/// `[step]`: the print of each step of the square root of the exposure, and one more.
fn prints() -> Vec<f32> {
    (0..=PRINTS).map(|i| curve(WHITE * (i as f32 / (PRINTS - 1) as f32).powi(2))).collect()
}

/// [`curve`] by its table.
#[inline]
fn printed(exposure: f32, prints: &[f32]) -> f32 {
    let place = (exposure.clamp(0.0, WHITE) / WHITE).sqrt() * (PRINTS - 1) as f32;
    let before = place as usize;
    prints[before] + (prints[before + 1] - prints[before]) * (place - before as f32)
}

/// Display code 0..1 of a radiance in the middle of a picture, before glow and grain.
pub(crate) fn code_of(radiance: f32) -> f32 {
    static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| prints().into_iter().map(|print| print.powf(1.0 / GAMMA)).collect());
    printed(exposure_of(radiance), &TABLE)
}

/// Rounds to whole codes by a threshold of blue noise that differs from pixel to pixel and from frame to frame, so that the mean stays and no
/// step shows as a band, not even where there is no grain (Ulichney 1993).
///
/// Codes are video's 220, spread over 0..255: rounding to 256 first and to 220 in the encoder would undo a part of it.
struct Dither {
    /// By how much the mask is moved in this frame.
    offset: (usize, usize),
    mask: &'static Mask,
}

impl Dither {
    fn new(seed: u64, frame: u64) -> Self {
        static MASK: LazyLock<Mask> = LazyLock::new(Mask::new);
        let bits = clinch_model::random::Stream::new(seed ^ frame.wrapping_mul(0x9E37_79B9_7F4A_7C15), "dither").bits() as usize;
        // The mask repeats after 64 pixels, so any offset will do.
        Self { offset: (bits & 0xff, bits >> 8 & 0xff), mask: &MASK }
    }

    /// Display luma 0..255 of a video code with a fraction.
    #[inline]
    fn code(&self, code: f32, x: usize, y: usize) -> u8 {
        // Cutting the fraction off is rounding down: codes aren't negative.
        let whole = ((code + self.mask.at(x + self.offset.0, y + self.offset.1)) as u32 as f32).min(VIDEO_CODES);
        (whole * (255.0 / VIDEO_CODES) + 0.5) as u8
    }
}

/// The stock's characteristic curve, exposure to display light 0..1: a toe and a shoulder (Narkowicz's fit of the ACES curve, 2015), printed on harder paper.
fn curve(exposure: f32) -> f32 {
    let x = exposure.clamp(0.0, 1e4);
    (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).min(1.0).powf(PAPER)
}

/// Exposure that a radiance gives the stock, on whose scale 0.18 prints as a middle grey.
pub fn exposure_of(radiance: f32) -> f32 {
    radiance * EXPOSURE
}

/// Display light 0..1 as which a radiance prints in the middle of a picture, before glow and grain.
pub fn print_of(radiance: f32) -> f32 {
    curve(radiance * EXPOSURE)
}

/// Radiance that prints as a display light in the middle of a picture: the inverse of [`print_of`]. Lights beyond the stock's range are
/// brought there.
pub fn radiance_of(print: f32) -> f32 {
    // The curve's fraction solved for exposure: (2.51 − 2.43 y) x² + (0.03 − 0.59 y) x − 0.14 y = 0.
    let y = print.clamp(0.0, 0.999).powf(1.0 / PAPER);
    let (a, b, c) = (2.51 - 2.43 * y, 0.03 - 0.59 * y, -0.14 * y);
    (-b + (b * b - 4.0 * a * c).sqrt()) / (2.0 * a) / EXPOSURE
}

/// Square of how far a row or column lies from the middle one; 1 at the edge.
fn off_middle(at: usize, count: usize) -> f32 {
    (2.0 * (at as f32 + 0.5) / count as f32 - 1.0).powi(2)
}

/// Share of the exposure that is left at a place, by its two squares off the middle.
fn vignette(across: f32, down: f32) -> f32 {
    1.0 - VIGNETTE * ((across + down) / 2.0).powi(2)
}

/// Adds grain to a print value: silver's density varies, most in the middle tones, and the light through it stays the same on average.
fn with_grain(print: f32, strength: f32, normal: f32) -> f32 {
    // Strongest in the middle of the scale: the toe and the shoulder of the print's curve flatten the negative's grain.
    let middle = (4.0 * print.sqrt() * (1.0 - print.sqrt())).max(0.0).sqrt() * 0.85 + 0.15;
    let density = strength * GRAIN_DENSITY * middle;
    let spread = std::f32::consts::LN_10 * density;
    // The mean of a log-normal number is exp(σ²/2); this takes it back.
    // The exponential by its series: the exponent stays within a third.
    let x = spread * normal - 0.5 * spread * spread;
    print * (1.0 + x * (1.0 + x * (0.5 + x / 6.0))).max(0.0)
}

/// Light that passes the emulsion, scatters in the base and comes back: a faint wide glow round what is bright.
fn halate(radiance: &mut [f32], width: usize) {
    let height = radiance.len() / width;
    let reduce = 4;
    let (small_width, small_height) = (width.div_ceil(reduce), height.div_ceil(reduce));
    let mut small = vec![0.0; small_width * small_height];
    small.par_chunks_mut(small_width).enumerate().for_each(|(sy, row)| {
        for (sx, out) in row.iter_mut().enumerate() {
            let (mut sum, mut count) = (0.0, 0.0);
            for y in sy * reduce..((sy + 1) * reduce).min(height) {
                for value in &radiance[y * width + sx * reduce..y * width + ((sx + 1) * reduce).min(width)] {
                    // A lamp in the picture is thousands of times brighter than anything lit by it; the stock saturates.
                    sum += value.min(6.0 / EXPOSURE);
                    count += 1.0;
                }
            }
            *out = sum / count;
        }
    });
    // Three boxes make nearly a Gaussian: a box of half width r has variance r (r + 1) / 3.
    let deviation = HALATION_SPREAD * height as f32 / reduce as f32;
    let half = ((deviation * deviation + 0.25).sqrt() - 0.5).round().max(1.0) as usize;
    for _ in 0..3 {
        box_blur(&mut small, small_width, half);
    }
    // Reads the reduced picture between its pixels: first between its rows, then along the row.
    let columns: Vec<(usize, f32)> = (0..width).map(|x| place_between(x, small_width, reduce)).collect();
    radiance.par_chunks_mut(width).enumerate().for_each_init(Vec::new, |line, (y, row)| {
        let (above, down) = place_between(y, small_height, reduce);
        let below = (above + 1).min(small_height - 1);
        let [above, below] = [above, below].map(|row| &small[row * small_width..][..small_width]);
        line.clear();
        line.extend(above.iter().zip(below).map(|(above, below)| above + (below - above) * down));
        line.push(line[small_width - 1]);
        for (value, &(before, along)) in row.iter_mut().zip(&columns) {
            let wide = line[before] + (line[before + 1] - line[before]) * along;
            *value += HALATION * (wide - *value);
        }
    });
}

/// The place of a pixel among `count` of which each stands for `reduce` pixels: the one before it, and how far beyond that it lies.
fn place_between(at: usize, count: usize, reduce: usize) -> (usize, f32) {
    let place = ((at as f32 + 0.5) / reduce as f32 - 0.5).clamp(0.0, (count - 1) as f32);
    (place as usize, place - place.floor())
}

/// Mean over a square of half width `half`, edges repeated.
fn box_blur(values: &mut [f32], width: usize, half: usize) {
    let height = values.len() / width;
    let mut line = Vec::new();
    for row in values.chunks_mut(width) {
        line.clear();
        line.extend_from_slice(row);
        blur_line(&line, half, |i, value| row[i] = value);
    }
    for x in 0..width {
        line.clear();
        line.extend((0..height).map(|y| values[y * width + x]));
        blur_line(&line, half, |i, value| values[i * width + x] = value);
    }
}

fn blur_line(line: &[f32], half: usize, mut put: impl FnMut(usize, f32)) {
    let last = line.len() - 1;
    for i in 0..line.len() {
        let sum: f32 = (0..=2 * half).map(|k| line[(i + k).saturating_sub(half).min(last)]).sum();
        put(i, sum / (2 * half + 1) as f32);
    }
}

/// A field of normal numbers of mean 0 and deviation 1, as wide as grains are, independent from frame to frame.
fn grain_field(width: usize, height: usize, seed: u64, frame: u64) -> Vec<f32> {
    let kernel = grain_kernel(height);
    let half = kernel.len() / 2;
    let mut key = clinch_model::random::Stream::new(seed ^ frame.wrapping_mul(0xD1B5_4A32_D192_ED03), "grain");
    let key = key.bits();
    // Every row draws its own numbers and blurs them along itself; then columns are blurred.
    let padded = width + 2 * half;
    let rows: Vec<Vec<f32>> = (0..height + 2 * half)
        .into_par_iter()
        .map(|y| {
            let raw: Vec<f32> = (0..padded).map(|x| rough_normal(key, (y * padded + x) as u64)).collect();
            let mut row = vec![0.0; width];
            for (k, weight) in kernel.iter().enumerate() {
                row.iter_mut().zip(&raw[k..]).for_each(|(value, from)| *value += weight * from);
            }
            row
        })
        .collect();
    let mut field = vec![0.0; width * height];
    field.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        for (k, weight) in kernel.iter().enumerate() {
            for (value, from) in out.iter_mut().zip(&rows[y + k]) {
                *value += weight * from;
            }
        }
    });
    field
}

/// A Gaussian whose squares sum to 1, so that blurring keeps the deviation.
fn grain_kernel(height: usize) -> Vec<f32> {
    let deviation = (GRAIN_PIXELS_AT_720 * height as f32 / 720.0).max(0.35);
    let half = (2.5 * deviation).ceil() as i32;
    let raw: Vec<f32> = (-half..=half).map(|i| (-(i * i) as f32 / (2.0 * deviation * deviation)).exp()).collect();
    let norm = raw.iter().map(|w| w * w).sum::<f32>().sqrt();
    raw.iter().map(|w| w / norm).collect()
}

/// A nearly normal number: the sum of four even ones of 16 bits each, scaled to deviation 1.
fn rough_normal(key: u64, index: u64) -> f32 {
    let mut z = key.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    let sum: u32 = (0..4).map(|i| (z >> (16 * i)) as u32 & 0xffff).sum();
    // Each even number has deviation 65536 / √12, so four of them 65536 / √3.
    (sum as f32 - 2.0 * 65535.0) * (3f32.sqrt() / 65536.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_from_black_to_white() {
        assert_eq!(curve(0.0), 0.0);
        assert!((curve(1e4) - 1.0).abs() < 0.01);
        let exposures = || (0..2000).map(|i| 10f32.powf(-4.0 + 7.0 * i as f32 / 2000.0));
        let values: Vec<f32> = exposures().map(curve).collect();
        assert!(values.is_sorted());
        let prints = prints();
        assert!(exposures().zip(values).all(|(exposure, value)| (printed(exposure, &prints) - value).abs() < 1e-6));
    }

    #[test]
    fn what_shall_print_as_a_tone_does() {
        for tone in [0.0, 0.004, 0.1, 0.18, 0.5, 0.86, 0.99] {
            assert!((print_of(radiance_of(tone)) - tone).abs() < 1e-4, "{tone}");
        }
    }

    #[test]
    fn grain_keeps_the_mean_and_differs_from_frame_to_frame() {
        let (width, height) = (320, 180);
        let fields: Vec<Vec<f32>> = (0..2).map(|frame| grain_field(width, height, 9, frame)).collect();
        let count = (width * height) as f32;
        let mean = |values: &mut dyn Iterator<Item = f32>| values.sum::<f32>() / count;
        let average = mean(&mut fields[0].iter().copied());
        let variance = mean(&mut fields[0].iter().map(|v| v * v));
        let together = mean(&mut fields[0].iter().zip(&fields[1]).map(|(a, b)| a * b));
        assert!(average.abs() < 0.02 && (variance - 1.0).abs() < 0.05 && together.abs() < 0.02, "{average} {variance} {together}");
        for print in [0.02, 0.2, 0.7] {
            for strength in [0.0, 0.5, 1.0, 2.0] {
                let grained = mean(&mut fields[0].iter().map(|&n| with_grain(print, strength, n)));
                assert!((grained / print - 1.0).abs() < 0.004, "{print} {strength} {grained}");
                assert_eq!(with_grain(print, 0.0, 1.0), print);
            }
        }
    }

    #[test]
    fn without_grain_an_even_picture_is_even() {
        let mut luma = Vec::new();
        develop(&mut vec![0.0; 64 * 36], 64, 1.0, 1, 1, &mut luma);
        assert!(luma.iter().all(|&v| v == 0));
        develop(&mut vec![0.05; 64 * 36], 64, 0.0, 1, 1, &mut luma);
        let middle = &luma[17 * 64 + 24..17 * 64 + 40];
        assert!(middle.iter().all(|v| v.abs_diff(middle[0]) <= 2) && middle[0] > 100, "{middle:?}");
    }

    #[test]
    fn a_dark_sky_without_grain_has_no_bands() {
        // A ramp over five codes and 640 columns. Means over 16 × 16 pixels follow it to a few hundredths of a code; rounding would stay on five steps,
        // off by up to half a code.
        let (width, height) = (640, 32);
        let dither = Dither::new(4, 7);
        let truth = |x: usize| 8.0 + 5.0 * x as f32 / width as f32;
        let codes: Vec<u8> = (0..width * height).map(|i| dither.code(truth(i % width), i % width, i / width)).collect();
        let mut worst = 0.0f32;
        for left in (0..width).step_by(16) {
            let block = (0..256).map(|i| (left + i % 16, i / 16));
            let off = block.map(|(x, y)| (f32::from(codes[y * width + x]) * (VIDEO_CODES / 255.0)).round() - truth(x)).sum::<f32>() / 256.0;
            worst = worst.max(off.abs());
        }
        assert!(worst < 0.06, "{worst}");
    }

    #[test]
    fn dithered_codes_are_videos_own_and_black_and_white_stay() {
        let dither = Dither::new(1, 2);
        for i in 0..4096 {
            let (x, y) = (i % 64, i / 64);
            assert_eq!((dither.code(0.0, x, y), dither.code(VIDEO_CODES, x, y)), (0, 255));
            let full = u32::from(dither.code(i as f32 / 4096.0 * VIDEO_CODES, x, y));
            // Through the encoder's rounding and back.
            let video = (full * 219 + 127) / 255;
            assert_eq!((video * 255 * 2 + 219) / (2 * 219), full);
        }
    }
}
