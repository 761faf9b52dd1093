//! Where something begins: onset strength, and the single onsets in it.

use crate::spectrum::Bands;

/// Bands in which energy is watched.
const BANDS: usize = 40;
/// Top of the lowest bands, which hear bass drum and bass alone.
const LOW_HZ: f64 = 150.0;
/// Hops over which a band's rise is measured; with 23 ms windows every 10 ms a beginning is complete after two.
const LAG: usize = 2;
/// Gain before the logarithm: about 60 dB below a full-scale sine the curve turns from linear to logarithmic.
const COMPRESSION: f32 = 1000.0;
/// How much too late a peak of the strength lies, on average: bare clicks peak on time, drums and plucks, whose energy takes a few
/// milliseconds to build up, about 6 ms after. Measured on click tracks and on the demo song.
pub(crate) const LATE_SECS: f64 = 0.003;

/// Log-mel spectral flux (Böck and Widmer, "Maximum filter vibrato suppression for onset detection", DAFx 2013): the sum of what each
/// band rises over the loudest of its neighbours two hops before, so that a gliding pitch is no onset.
pub(crate) struct Flux {
    bands: Bands,
    low_bands: Bands,
    /// `[0..LAG][band]`: log magnitudes, newest last.
    past: [[f32; BANDS]; LAG],
    low_past: [[f32; LOW_BANDS]; LAG],
}

const LOW_BANDS: usize = 3;

impl Flux {
    /// For magnitude spectra of windows of `length` samples.
    pub(crate) fn new(rate_hz: f64, length: usize, top_hz: f64) -> Self {
        Self {
            bands: Bands::new(BANDS, 30.0, top_hz, rate_hz, length),
            low_bands: Bands::new(LOW_BANDS, 20.0, LOW_HZ, rate_hz, length),
            past: [[0.0; BANDS]; LAG],
            low_past: [[0.0; LOW_BANDS]; LAG],
        }
    }

    /// Onset strength of the next hop, over all bands and below [`LOW_HZ`].
    pub(crate) fn step(&mut self, magnitude: &[f32]) -> (f32, f32) {
        (rise(&self.bands, &mut self.past, magnitude), rise(&self.low_bands, &mut self.low_past, magnitude))
    }
}

fn rise<const N: usize>(bands: &Bands, past: &mut [[f32; N]; LAG], magnitude: &[f32]) -> f32 {
    let mut now = [0.0; N];
    bands.sum(magnitude, &mut now);
    let now = now.map(|m| (1.0 + COMPRESSION * m).ln());
    let before = &past[0];
    let loudest_near = |band: usize| before[band.saturating_sub(1)..(band + 2).min(N)].iter().fold(0.0_f32, |a, &b| a.max(b));
    let sum: f32 = now.iter().enumerate().map(|(band, x)| (x - loudest_near(band)).max(0.0)).sum();
    past.rotate_left(1);
    past[LAG - 1] = now;
    sum / N as f32
}

/// Scales a curve so that its largest value is 1 (a flat 0 stays 0), to three decimals: more would only swell the score's file.
pub(crate) fn scaled(curve: &[f32]) -> Vec<f32> {
    let most = curve.iter().fold(0.0_f32, |a, &b| a.max(b));
    let scale = if most > 0.0 { 1000.0 / most } else { 0.0 };
    curve.iter().map(|v| (v * scale).round() / 1000.0).collect()
}

/// Times of single onsets, in seconds: local maxima within 30 ms that stand out from their half second by a tenth of the song's
/// strong onsets.
pub(crate) fn onsets_secs(onset: &[f32], hop_secs: f64) -> Vec<f64> {
    const NEAR: usize = 3;
    const AROUND: usize = 25;
    let stands_out = 0.1 * strong(onset);
    let mut sum: f64 = 0.0;
    let prefix: Vec<f64> = std::iter::once(0.0)
        .chain(onset.iter().map(|&v| {
            sum += f64::from(v);
            sum
        }))
        .collect();
    (0..onset.len())
        .filter(|&i| {
            let near = &onset[i.saturating_sub(NEAR)..(i + NEAR + 1).min(onset.len())];
            let (from, to) = (i.saturating_sub(AROUND), (i + AROUND + 1).min(onset.len()));
            let mean = (prefix[to] - prefix[from]) / (to - from) as f64;
            let first_of_equals = i == 0 || onset[i - 1] < onset[i];
            first_of_equals && near.iter().all(|&v| v <= onset[i]) && f64::from(onset[i]) > mean + stands_out && onset[i] > 0.0
        })
        .map(|i| (i as f64 * hop_secs - LATE_SECS).max(0.0))
        .collect()
}

/// A strong onset of this song: the strength that 2 % of its hops exceed.
fn strong(onset: &[f32]) -> f64 {
    let mut sorted = onset.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len() * 98 / 100).map_or(0.0, |&v| f64::from(v))
}
