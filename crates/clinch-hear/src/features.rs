//! What the beat network listens to: a logarithmic spectrogram and how it rises, 50 times a second.
//!
//! The features are those that BeatNet was trained on (Heydari, Cwitkowitz and Duan, "BeatNet: CRNN and particle filtering for online
//! joint beat, downbeat and meter tracking", ISMIR 2021, section 3.1), which its authors take from madmom; every odd size below is
//! theirs, because the network knows no other.

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};
use std::{collections::BTreeSet, f64::consts::TAU, sync::Arc};

/// Samples a second that the features are taken at.
pub(crate) const RATE_HZ: u32 = 22_050;
/// Samples from frame to frame: 20 ms.
pub(crate) const HOP: usize = 441;
/// Frames a second.
pub(crate) const FRAMES_PER_SEC: f64 = RATE_HZ as f64 / HOP as f64;
/// Samples in a window: 64 ms, rounded down.
const WINDOW: usize = 1411;
/// Samples of a window before its frame's own.
const BEFORE: usize = WINDOW / 2;
/// Bins of a spectrum; the one at half the sample rate is left out.
const BINS: usize = WINDOW / 2;
/// Bands a frame, 24 an octave where the bins are fine enough.
pub(crate) const BANDS: usize = 136;
/// Numbers a frame: the bands, then how much each rose since the last frame.
pub(crate) const WIDTH: usize = 2 * BANDS;

const BANDS_PER_OCTAVE: f64 = 24.0;
const LOWEST_HZ: f64 = 30.0;
const HIGHEST_HZ: f64 = 17_000.0;
/// The pitch that bands are aligned with.
const REFERENCE_HZ: f64 = 440.0;

/// Features of one frame.
pub(crate) type Frame = [f32; WIDTH];

/// Makes features of mono samples at [`RATE_HZ`] as they come.
pub(crate) struct Features {
    fft: Arc<dyn RealToComplex<f32>>,
    /// `[sample]`: symmetric Hann window.
    window: Vec<f32>,
    windowed: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// `[band]`: first bin, and the weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
    /// Samples from the next frame's window on; silence before the song.
    pending: Vec<f32>,
    /// `[band]`: the last frame's bands; none before the first, which rises over nothing.
    last: Option<[f32; BANDS]>,
    taken: usize,
    given: usize,
}

impl Features {
    pub(crate) fn new() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / (WINDOW - 1) as f64).cos();
        Self {
            window: (0..WINDOW).map(|i| hann(i) as f32).collect(),
            windowed: fft.make_input_vec(),
            bins: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
            bands: bands(),
            pending: vec![0.0; BEFORE],
            last: None,
            taken: 0,
            given: 0,
        }
    }

    /// Takes samples and appends the frames whose windows they fill.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<Frame>) {
        self.taken += samples.len();
        self.pending.extend_from_slice(samples);
        let mut from = 0;
        while self.pending.len() >= from + WINDOW {
            out.push(self.frame(from));
            from += HOP;
        }
        self.pending.drain(..from.min(self.pending.len()));
    }

    /// Appends the frames whose windows reach beyond the end, where there is silence.
    pub(crate) fn finish(&mut self, out: &mut Vec<Frame>) {
        let frames = self.taken.div_ceil(HOP);
        let silence = vec![0.0; WINDOW];
        let taken = self.taken;
        while self.given < frames {
            let wanted = (frames - self.given) + out.len();
            self.push(&silence, out);
            let surplus = out.len().saturating_sub(wanted);
            out.truncate(wanted);
            self.given -= surplus;
        }
        self.taken = taken;
    }

    /// The frame whose window begins at `from` in what is pending.
    fn frame(&mut self, from: usize) -> Frame {
        for ((out, x), w) in self.windowed.iter_mut().zip(&self.pending[from..]).zip(&self.window) {
            *out = x * w;
        }
        let mut frame = [0.0; WIDTH];
        self.given += 1;
        // The only error is a wrong length, and all lengths here are the plan's own.
        if self.fft.process_with_scratch(&mut self.windowed, &mut self.bins, &mut self.scratch).is_err() {
            return frame;
        }
        let magnitude: [f32; BINS] = std::array::from_fn(|bin| self.bins[bin].norm_sqr().sqrt());
        let (now, rise) = frame.split_at_mut(BANDS);
        for (out, (first, weights)) in now.iter_mut().zip(&self.bands) {
            let sum: f32 = weights.iter().zip(&magnitude[*first..]).map(|(w, m)| w * m).sum();
            *out = (1.0 + sum).log10();
        }
        if let Some(last) = &self.last {
            for ((out, now), last) in rise.iter_mut().zip(now.iter()).zip(last) {
                *out = (now - last).max(0.0);
            }
        }
        let mut kept = [0.0; BANDS];
        kept.copy_from_slice(now);
        self.last = Some(kept);
        frame
    }
}

/// Triangular bands between bins that lie nearest to evenly spaced pitches; bins that are nearest to several count once. Each band's
/// weights sum to 1.
fn bands() -> Vec<(usize, Vec<f32>)> {
    // Bins are counted as if the window were even, as the original does.
    let bin_hz = f64::from(RATE_HZ) / (2 * BINS) as f64;
    let first = ((LOWEST_HZ / REFERENCE_HZ).log2() * BANDS_PER_OCTAVE).floor() as i32;
    let end = ((HIGHEST_HZ / REFERENCE_HZ).log2() * BANDS_PER_OCTAVE).ceil() as i32;
    let pitches = (first..end).map(|step| REFERENCE_HZ * (f64::from(step) / BANDS_PER_OCTAVE).exp2());
    let inside = pitches.filter(|hz| (LOWEST_HZ..=HIGHEST_HZ).contains(hz));
    let centres: BTreeSet<usize> = inside.map(|hz| ((hz / bin_hz).round() as usize).clamp(0, BINS - 1)).collect();
    let centres: Vec<usize> = centres.into_iter().collect();
    centres.windows(3).map(|w| triangle(w[0], w[1], w[2])).collect()
}

fn triangle(start: usize, centre: usize, stop: usize) -> (usize, Vec<f32>) {
    let weight = |bin: usize| match bin < centre {
        true => (bin - start) as f64 / (centre - start) as f64,
        false => (stop - bin) as f64 / (stop - centre) as f64,
    };
    let weights: Vec<f64> = (start..stop).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    (start, weights.iter().map(|w| (w / sum) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_bands_as_the_network_takes() {
        let bands = bands();
        assert_eq!(bands.len(), BANDS);
        assert!(bands.iter().all(|(first, weights)| first + weights.len() <= BINS));
        assert!(bands.iter().all(|(_, weights)| (weights.iter().sum::<f32>() - 1.0).abs() < 1e-6));
    }

    #[test]
    fn frames_are_the_same_however_the_sound_is_cut() {
        let sound: Vec<f32> = (0..9999).map(|i| ((i * i) as f32 * 1e-3).sin()).collect();
        let made = |pieces: usize| {
            let (mut features, mut out) = (Features::new(), Vec::new());
            for piece in sound.chunks(pieces) {
                features.push(piece, &mut out);
            }
            features.finish(&mut out);
            out
        };
        assert_eq!(made(9999), made(100));
        assert_eq!(made(9999).len(), 9999_usize.div_ceil(HOP));
        assert_eq!(made(1411).len(), made(9999).len());
    }
}
