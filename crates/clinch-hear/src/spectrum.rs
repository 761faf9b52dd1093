//! Windowed magnitude spectra and the bands that they are summed into.

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};
use std::{f64::consts::TAU, sync::Arc};

/// Magnitude spectra of windows of one length.
pub(crate) struct Spectrum {
    fft: Arc<dyn RealToComplex<f32>>,
    /// `[sample]`: Hann window, scaled so that a full-scale sine has magnitude 1.
    window: Vec<f32>,
    windowed: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// `[bin]`: magnitudes of the last spectrum.
    pub(crate) magnitude: Vec<f32>,
}

impl Spectrum {
    /// For windows of `length` samples.
    pub(crate) fn new(length: usize) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(length);
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f64 / length as f64).cos();
        // A sine's magnitude in its bin is half of its amplitude times the window's sum, which is length / 2.
        let window = (0..length).map(|i| (hann(i) * 4.0 / length as f64) as f32).collect();
        Self {
            windowed: fft.make_input_vec(),
            bins: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            magnitude: vec![0.0; length / 2 + 1],
            fft,
            window,
        }
    }

    /// Takes the spectrum of `samples`, which are as many as the window is long, into `magnitude`.
    pub(crate) fn take(&mut self, samples: impl Iterator<Item = f32>) {
        for ((out, x), w) in self.windowed.iter_mut().zip(samples).zip(&self.window) {
            *out = x * w;
        }
        // The only error is a wrong length, and all lengths here are the plan's own.
        if self.fft.process_with_scratch(&mut self.windowed, &mut self.bins, &mut self.scratch).is_ok() {
            for (out, bin) in self.magnitude.iter_mut().zip(&self.bins) {
                *out = bin.norm();
            }
        }
    }
}

/// Overlapping triangular bands, evenly spaced on the mel scale (Slaney's Auditory Toolbox uses the like).
pub(crate) struct Bands {
    /// `[band]`: first bin, and the weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
}

fn mel(hz: f64) -> f64 {
    // O'Shaughnessy 1987.
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn hz(mel: f64) -> f64 {
    700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0)
}

impl Bands {
    /// `count` bands from `low_hz` to `high_hz` over spectra of windows of `length` samples.
    pub(crate) fn new(count: usize, low_hz: f64, high_hz: f64, rate_hz: f64, length: usize) -> Self {
        let step = (mel(high_hz) - mel(low_hz)) / (count + 1) as f64;
        let bin = |index: usize| hz(mel(low_hz) + step * index as f64) * length as f64 / rate_hz;
        let bands = (0..count).map(|index| triangle(bin(index), bin(index + 1), bin(index + 2), length / 2)).collect();
        Self { bands }
    }

    /// `[band]`: weighted mean magnitude of each band.
    pub(crate) fn sum(&self, magnitude: &[f32], out: &mut [f32]) {
        for (out, (first, weights)) in out.iter_mut().zip(&self.bands) {
            *out = weights.iter().zip(&magnitude[*first..]).map(|(w, m)| w * m).sum();
        }
    }
}

fn triangle(low: f64, middle: f64, high: f64, last_bin: usize) -> (usize, Vec<f32>) {
    let weight = |bin: usize| {
        let x = bin as f64;
        ((x - low) / (middle - low)).min((high - x) / (high - middle)).max(0.0)
    };
    let first = (low.ceil() as usize).min(last_bin);
    let end = (high.floor() as usize).min(last_bin).max(first);
    let weights: Vec<f64> = (first..=end).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        return (first, weights.iter().map(|w| (w / sum) as f32).collect());
    }
    // A band narrower than a bin takes the nearest one.
    ((middle.round() as usize).min(last_bin), vec![1.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_has_magnitude_one_in_its_bin() {
        let mut spectrum = Spectrum::new(1024);
        spectrum.take((0..1024).map(|i| (TAU * 32.0 * i as f64 / 1024.0).sin() as f32));
        assert!((spectrum.magnitude[32] - 1.0).abs() < 1e-3, "{}", spectrum.magnitude[32]);
        assert!(spectrum.magnitude[40] < 1e-3);
    }

    #[test]
    fn a_flat_spectrum_fills_every_band_alike() {
        let bands = Bands::new(30, 30.0, 11_000.0, 44_100.0, 1024);
        let mut out = [0.0; 30];
        bands.sum(&[0.5; 513], &mut out);
        assert!(out.iter().all(|v| (v - 0.5).abs() < 1e-5), "{out:?}");
    }
}
