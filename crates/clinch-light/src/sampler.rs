//! Well-spread numbers for every pixel, sample and use.
//!
//! One table a frame holds Owen-scrambled Sobol points, two dimensions at a time (Burley, "Practical Hash-based Owen Scrambling", JCGT
//! 9(4), 2020); every pixel shifts it by a blue-noise mask, so that what noise is left lies as far apart as it can, like grain.

use clinch_model::random::Stream;

/// Side of the blue-noise mask in pixels; it is moved at random every frame, so that its repetition can't be seen.
const MASK: usize = 64;
/// Pairs of dimensions, one for each use below.
pub(crate) const PAIRS: usize = 8;

/// What a pair of numbers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Pixel,
    Lens,
    /// Shutter time; which of the far lamps.
    TimeAndLamp,
    KeyLamp,
    FarLamp,
    Bounce,
    BounceLamp,
    Gloss,
}

/// Blue noise made once: a square whose ranks are spread by the void-and-cluster method (Ulichney 1993).
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    /// `[row][column]`, each of `(rank + 0.5) / 4096` once.
    value: Vec<f32>,
}

impl Mask {
    pub fn new() -> Self {
        let mut spread = Spread::new();
        let count = MASK * MASK;
        let mut value = vec![0.0; count];
        // Always into the largest void: the first pixels are already as far apart as they can be.
        for rank in 0..count {
            let place = spread.largest_void();
            spread.put(place);
            value[place] = (rank as f32 + 0.5) / count as f32;
        }
        Self { value }
    }

    /// The value of a pixel, 0..1; the mask repeats.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.value[(y % MASK) * MASK + x % MASK]
    }
}

/// The energy field of the void-and-cluster method.
struct Spread {
    /// `[dy][dx]` (wrapping): how strongly a taken pixel repels.
    kernel: Vec<f32>,
    /// `[row][column]`.
    energy: Vec<f32>,
}

impl Spread {
    fn new() -> Self {
        // Of the filter, in pixels: a little wider than Ulichney's 1.5; the test below checks what comes of it.
        const DEVIATION: f32 = 1.9;
        let wrapped = |d: usize| d.min(MASK - d) as f32;
        let kernel = (0..MASK * MASK)
            .map(|i| {
                let (dx, dy) = (wrapped(i % MASK), wrapped(i / MASK));
                (-(dx * dx + dy * dy) / (2.0 * DEVIATION * DEVIATION)).exp()
            })
            .collect();
        // A whisker of noise breaks the ties that would make a lattice of the first pixels.
        let mut stream = Stream::new(0, "blue noise");
        Self { kernel, energy: (0..MASK * MASK).map(|_| 1e-3 * stream.unit() as f32).collect() }
    }

    fn largest_void(&self) -> usize {
        (0..MASK * MASK).min_by(|&a, &b| self.energy[a].total_cmp(&self.energy[b])).unwrap_or(0)
    }

    fn put(&mut self, place: usize) {
        let (x, y) = (place % MASK, place / MASK);
        for dy in 0..MASK {
            for dx in 0..MASK {
                self.energy[(y + dy) % MASK * MASK + (x + dx) % MASK] += self.kernel[dy * MASK + dx];
            }
        }
        self.energy[place] = f32::INFINITY;
    }
}

/// The numbers of one frame.
#[derive(Debug, Clone)]
pub(crate) struct Sampler<'a> {
    mask: &'a Mask,
    /// `[sample][pair]`.
    table: Vec<[[f32; 2]; PAIRS]>,
    /// `[pair][of the two]`: by how much the mask is moved.
    offset: [[(usize, usize); 2]; PAIRS],
}

impl<'a> Sampler<'a> {
    /// The numbers for `samples` samples a pixel of one frame.
    pub fn new(mask: &'a Mask, samples: u32, seed: u64, frame: u64) -> Self {
        let mut stream = Stream::new(seed ^ frame.wrapping_mul(0x9E37_79B9_7F4A_7C15), "light samples");
        let seeds: [[u32; 3]; PAIRS] = [0; PAIRS].map(|_| [0; 3].map(|_| stream.bits() as u32));
        let offset = [0; PAIRS].map(|_| {
            [0; 2].map(|_| {
                let bits = stream.bits() as usize;
                (bits % MASK, bits / MASK % MASK)
            })
        });
        let table = (0..samples)
            .map(|i| {
                seeds.map(|[order, x, y]| {
                    let i = owen(i, order);
                    [unit(owen(i.reverse_bits(), x)), unit(owen(sobol_second(i), y))]
                })
            })
            .collect();
        Self { mask, table, offset }
    }

    /// Two numbers in 0..1 for one use.
    #[inline]
    pub fn pair(&self, (x, y): (usize, usize), sample: usize, for_use: Use) -> [f32; 2] {
        let pair = for_use as usize;
        let [first, second] = self.table[sample][pair];
        let [(ax, ay), (bx, by)] = self.offset[pair];
        [wrapped(first + self.mask.at(x + ax, y + ay)), wrapped(second + self.mask.at(x + bx, y + by))]
    }
}

#[inline]
fn wrapped(sum: f32) -> f32 {
    if sum >= 1.0 { sum - 1.0 } else { sum }
}

/// Second dimension of Sobol's sequence, as bits after the binary point.
fn sobol_second(index: u32) -> u32 {
    let (mut direction, mut out, mut rest) = (1u32 << 31, 0, index);
    while rest != 0 {
        if rest & 1 != 0 {
            out ^= direction;
        }
        direction ^= direction >> 1;
        rest >>= 1;
    }
    out
}

/// Owen's nested scrambling of bits after the binary point, by Laine and Karras's hash in the form of Burley 2020, section 3.
fn owen(bits: u32, seed: u32) -> u32 {
    let mut x = bits.reverse_bits().wrapping_add(seed);
    x ^= x.wrapping_mul(0x6c50_b47c);
    x ^= x.wrapping_mul(0xb82f_1e52);
    x ^= x.wrapping_mul(0xc7af_e638);
    x ^= x.wrapping_mul(0x8d22_f6e6);
    x.reverse_bits()
}

fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / (1u32 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_stratifies_both_axes_and_the_square() {
        let mask = Mask::new();
        let sampler = Sampler::new(&mask, 16, 3, 7);
        for pair in 0..PAIRS {
            let points: Vec<[f32; 2]> = sampler.table.iter().map(|row| row[pair]).collect();
            for (columns, rows) in [(16, 1), (1, 16), (4, 4), (8, 2), (2, 8)] {
                let mut seen = [false; 16];
                for [x, y] in &points {
                    seen[(x * columns as f32) as usize * rows + (y * rows as f32) as usize] = true;
                }
                assert!(seen.iter().all(|&s| s), "pair {pair} {columns}x{rows}: {points:?}");
            }
        }
    }

    #[test]
    fn the_mask_is_even_and_has_no_low_frequencies() {
        let mask = Mask::new();
        let mut sorted = mask.value.clone();
        sorted.sort_by(f32::total_cmp);
        assert!(sorted.iter().enumerate().all(|(i, v)| (v - (i as f32 + 0.5) / 4096.0).abs() < 1e-6));
        // Means over 8×8 blocks of white noise deviate by 0.289 / 8 = 0.036; blue noise's by far less.
        let mut sum_of_squares = 0.0;
        for block in 0..64 {
            let mean: f32 = (0..64).map(|i| mask.at(block % 8 * 8 + i % 8, block / 8 * 8 + i / 8)).sum::<f32>() / 64.0;
            sum_of_squares += (mean - 0.5).powi(2);
        }
        let deviation = (sum_of_squares / 64.0).sqrt();
        assert!(deviation < 0.012, "{deviation}");
    }
}
