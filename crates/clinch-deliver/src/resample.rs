//! Sound to another sample rate, as a stream.

use crate::Error;
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction, audioadapter_buffers::direct::SequentialSliceOfVecs};

/// Input samples resampled at a time. The filter is as long as this, so its transition band is narrow: about 40 Hz at 48 kHz.
const CHUNK_SAMPLES: usize = 2048;

/// Resamples planar sound without shifting it: the filter's delay is cut off the front and made good at the end.
pub(crate) struct RateChanger {
    fft: Fft<f32>,
    in_rate_hz: u32,
    out_rate_hz: u32,
    /// Input that has not filled a chunk yet, shape `[channel][time]`.
    pending: Vec<Vec<f32>>,
    /// One chunk of output, shape `[channel][time]`.
    chunk: Vec<Vec<f32>>,
    /// Samples of the filter's delay still to be cut off.
    to_skip: usize,
    taken: u64,
    given: u64,
}

impl RateChanger {
    pub fn new(in_rate_hz: u32, out_rate_hz: u32, channels: usize) -> Result<Self, Error> {
        let window = WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(in_rate_hz as usize, out_rate_hz as usize, CHUNK_SAMPLES, 1, channels, window, FixedSync::Both);
        let fft = fft.map_err(|error| Error::UnsupportedSound(format!("{in_rate_hz} Hz can't be resampled ({error})")))?;
        Ok(Self {
            in_rate_hz,
            out_rate_hz,
            pending: vec![Vec::new(); channels],
            chunk: vec![vec![0.0; fft.output_frames_max()]; channels],
            to_skip: fft.output_delay(),
            taken: 0,
            given: 0,
            fft,
        })
    }

    /// Takes planar sound and appends what can be given already, shape `[channel][time]` both.
    pub fn push(&mut self, planes: &[Vec<f32>], out: &mut [Vec<f32>]) -> Result<(), Error> {
        for (pending, plane) in self.pending.iter_mut().zip(planes) {
            pending.extend_from_slice(plane);
        }
        self.taken += planes.first().map_or(0, Vec::len) as u64;
        let mut used = 0;
        while self.pending_len() - used >= self.fft.input_frames_next() {
            used += self.process(used, out, u64::MAX)?;
        }
        for pending in &mut self.pending {
            pending.drain(..used);
        }
        Ok(())
    }

    /// Appends the rest, so that the whole is as long as the input to the nearest sample.
    pub fn finish(&mut self, out: &mut [Vec<f32>]) -> Result<(), Error> {
        let wanted = resampled_length(self.taken, self.in_rate_hz, self.out_rate_hz);
        let chunk = self.fft.input_frames_next();
        while self.given < wanted {
            // The pending rest comes first, then silence that pushes it through the filter.
            for pending in &mut self.pending {
                pending.resize(chunk, 0.0);
            }
            self.process(0, out, wanted - self.given)?;
            for pending in &mut self.pending {
                pending.clear();
            }
        }
        Ok(())
    }

    fn pending_len(&self) -> usize {
        self.pending.first().map_or(0, Vec::len)
    }

    /// Resamples the chunk at `from` and appends at most `most` samples a channel; returns how much input it took.
    fn process(&mut self, from: usize, out: &mut [Vec<f32>], most: u64) -> Result<usize, Error> {
        let failed = |reason: String| Error::UnsupportedSound(format!("it can't be resampled ({reason})"));
        let (channels, length, room) = (self.pending.len(), self.pending_len(), self.fft.output_frames_max());
        let input = SequentialSliceOfVecs::new(&self.pending, channels, length).map_err(|error| failed(error.to_string()))?;
        let mut output = SequentialSliceOfVecs::new_mut(&mut self.chunk, channels, room).map_err(|error| failed(error.to_string()))?;
        let indexing = Indexing::new().input_offset(from);
        let (used, made) = self.fft.process_into_buffer(&input, &mut output, Some(&indexing)).map_err(|error| failed(error.to_string()))?;

        let skipped = self.to_skip.min(made);
        self.to_skip -= skipped;
        let kept = ((made - skipped) as u64).min(most) as usize;
        for (out, chunk) in out.iter_mut().zip(&self.chunk) {
            out.extend_from_slice(&chunk[skipped..skipped + kept]);
        }
        self.given += kept as u64;
        Ok(used)
    }
}

/// Length of `samples` at another rate, to the nearest sample and at least one.
pub(crate) fn resampled_length(samples: u64, in_rate_hz: u32, out_rate_hz: u32) -> u64 {
    let (samples, in_rate, out_rate) = (u128::from(samples), u128::from(in_rate_hz), u128::from(out_rate_hz));
    // Samples · (output samples a second) / (input samples a second), rounded half up.
    (((2 * samples * out_rate + in_rate) / (2 * in_rate)).max(1)).min(u128::from(u64::MAX)) as u64
}
