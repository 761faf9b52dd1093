//! Sound as a stream, so that no stage has to hold a whole song.

use crate::units::Secs;

/// A stream of interleaved samples.
pub trait PcmSource {
    /// Samples a second, each channel.
    fn sample_rate_hz(&self) -> u32;

    /// Channels, at least 1; constant over the stream.
    fn channels(&self) -> u32;

    /// Appends the next block of interleaved samples (−1..1, shape `[time][channel]`) to `out`.
    ///
    /// Returns the number of samples added for each channel, 0 at the end of the stream.
    ///
    /// # Errors
    /// [`SoundError`] where the stream can't be decoded further.
    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError>;
}

/// A stream of sound that broke off.
#[derive(Debug, thiserror::Error)]
#[error("the sound can't be decoded beyond {at}: {reason}")]
pub struct SoundError {
    /// How far it was read.
    pub at: Secs,
    /// What the decoder said.
    pub reason: String,
}

/// Sound that is already in memory.
#[derive(Debug, Clone)]
pub struct PcmBuffer {
    /// Samples a second, each channel.
    pub sample_rate_hz: u32,
    /// Channels, at least 1.
    pub channels: u32,
    /// Interleaved samples, shape `[time][channel]`, −1..1.
    pub samples: Vec<f32>,
    next: usize,
}

impl PcmBuffer {
    /// Wraps interleaved samples.
    pub fn new(sample_rate_hz: u32, channels: u32, samples: Vec<f32>) -> Self {
        Self { sample_rate_hz, channels, samples, next: 0 }
    }
}

impl PcmSource for PcmBuffer {
    fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    fn channels(&self) -> u32 {
        self.channels
    }

    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        let channels = self.channels as usize;
        let end = (self.next + 4096 * channels).min(self.samples.len() / channels * channels);
        out.extend_from_slice(&self.samples[self.next..end]);
        let frames = (end - self.next) / channels;
        self.next = end;
        Ok(frames)
    }
}
