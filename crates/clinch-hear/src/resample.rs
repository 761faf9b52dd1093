//! Mono sound to the beat network's sample rate, as a stream.

use crate::features::RATE_HZ;
use rubato::{
    Fft, FixedSync, Indexing, ResampleError, Resampler, ResamplerConstructionError, WindowFunction,
    audioadapter_buffers::direct::SequentialSliceOfVecs,
};

/// Input samples resampled at a time. The filter is as long as this: what lies above the new rate's half is gone within some 40 Hz.
const CHUNK_SAMPLES: usize = 2048;

/// Resamples without shifting: the filter's delay is cut off the front and made good at the end.
pub(crate) struct ToNetworkRate {
    /// None where the sound already has the rate.
    fft: Option<Fft<f32>>,
    rate_hz: u32,
    /// `[1][time]`: input that has not filled a chunk yet.
    pending: Vec<Vec<f32>>,
    /// `[1][time]`: one chunk of output.
    chunk: Vec<Vec<f32>>,
    /// Samples of the filter's delay still to be cut off.
    to_skip: usize,
    taken: u64,
    given: u64,
}

impl ToNetworkRate {
    /// # Errors
    /// Where the rate is none.
    pub(crate) fn new(rate_hz: u32) -> Result<Self, ResamplerConstructionError> {
        let fft = match rate_hz {
            RATE_HZ => None,
            _ => {
                let (from, to, window) = (rate_hz as usize, RATE_HZ as usize, WindowFunction::BlackmanHarris2);
                Some(Fft::new_custom(from, to, CHUNK_SAMPLES, 1, 1, window, FixedSync::Both)?)
            }
        };
        Ok(Self {
            rate_hz,
            pending: vec![Vec::new()],
            chunk: vec![vec![0.0; fft.as_ref().map_or(0, Resampler::output_frames_max)]],
            to_skip: fft.as_ref().map_or(0, Resampler::output_delay),
            fft,
            taken: 0,
            given: 0,
        })
    }

    /// Takes samples and appends what can be given already.
    ///
    /// # Errors
    /// What the resampler says.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(fft) = &self.fft else {
            out.extend_from_slice(samples);
            return Ok(());
        };
        let wanted = fft.input_frames_next();
        self.pending[0].extend_from_slice(samples);
        self.taken += samples.len() as u64;
        let mut used = 0;
        while self.pending[0].len() - used >= wanted {
            used += self.process(used, out, u64::MAX)?;
        }
        self.pending[0].drain(..used);
        Ok(())
    }

    /// Appends the rest, so that the whole is as long as the input, rounded down.
    ///
    /// # Errors
    /// What the resampler says.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), ResampleError> {
        let Some(fft) = &self.fft else { return Ok(()) };
        let chunk = fft.input_frames_next();
        let wanted = self.taken * u64::from(RATE_HZ) / u64::from(self.rate_hz);
        while self.given < wanted {
            // The pending rest comes first, then silence that pushes it through the filter.
            self.pending[0].resize(chunk, 0.0);
            self.process(0, out, wanted - self.given)?;
            self.pending[0].clear();
        }
        Ok(())
    }

    /// Resamples the chunk at `from` and appends at most `most` samples; returns how much input it took.
    fn process(&mut self, from: usize, out: &mut Vec<f32>, most: u64) -> Result<usize, ResampleError> {
        let Some(fft) = &mut self.fft else { return Ok(0) };
        let (length, room) = (self.pending[0].len(), self.chunk[0].len());
        // Both adapters fail only where a length is wrong, and both are the vectors' own.
        let (Ok(input), Ok(mut output)) =
            (SequentialSliceOfVecs::new(&self.pending, 1, length), SequentialSliceOfVecs::new_mut(&mut self.chunk, 1, room))
        else {
            return Ok(length);
        };
        let (used, made) = fft.process_into_buffer(&input, &mut output, Some(&Indexing::new().input_offset(from)))?;
        let skipped = self.to_skip.min(made);
        self.to_skip -= skipped;
        let kept = ((made - skipped) as u64).min(most) as usize;
        out.extend_from_slice(&self.chunk[0][skipped..skipped + kept]);
        self.given += kept as u64;
        Ok(used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn a_sine_keeps_its_place_and_what_is_too_high_is_gone() {
        for rate_hz in [8000, 22_050, 44_100, 48_000, 96_000] {
            let sine = |hz: f64, rate: u32, i: usize| (TAU * hz * i as f64 / f64::from(rate)).sin() as f32;
            let high_hz = if rate_hz > 44_000 { 15_000.0 } else { 0.0 };
            let sound: Vec<f32> = (0..rate_hz as usize * 2).map(|i| sine(700.0, rate_hz, i) + sine(high_hz, rate_hz, i)).collect();
            let (mut changer, mut out) = (ToNetworkRate::new(rate_hz).unwrap(), Vec::new());
            for piece in sound.chunks(1000) {
                changer.push(piece, &mut out).unwrap();
            }
            changer.finish(&mut out).unwrap();
            assert_eq!(out.len(), 2 * RATE_HZ as usize);
            // The sudden ends ring for as long as the filter is.
            let apart = (12_000..out.len() - 12_000).map(|i| (out[i] - sine(700.0, RATE_HZ, i)).abs()).fold(0.0_f32, f32::max);
            // The filter's delay is cut to the nearest sample, so the place is right to within half of one: 23 µs
            let half_a_sample = (std::f32::consts::PI * 700.0 / RATE_HZ as f32).sin();
            assert!(apart < half_a_sample + 1e-3, "{rate_hz} Hz: {apart}");
        }
    }
}
