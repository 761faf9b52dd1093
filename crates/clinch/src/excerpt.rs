//! A part of the film, and the sound that belongs to it.

use anyhow::{Result, bail};
use clinch_model::{Cut, FrameRate, PcmSource, Secs, SoundError};

/// A part of the film in song time; all of it where both are none.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Excerpt {
    /// From this song time on.
    pub from: Option<Secs>,
    /// Up to this song time.
    pub to: Option<Secs>,
}

/// Frames `first..end` of the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frames {
    /// First frame.
    pub first: u64,
    /// One past the last frame.
    pub end: u64,
}

impl Excerpt {
    /// The frames of the excerpt.
    ///
    /// # Errors
    /// Where no frame of the film lies in it.
    pub fn frames(&self, cut: &Cut) -> Result<Frames> {
        self.frames_at(cut.rate, cut.frames)
    }

    /// The frames of the excerpt in a film of `count` frames at any rate.
    ///
    /// # Errors
    /// Where none of them lies in it.
    pub fn frames_at(&self, rate: FrameRate, count: u64) -> Result<Frames> {
        let first = self.from.map_or(0, |from| rate.frame_at(from));
        let end = self.to.map_or(count, |to| rate.frame_at(to).min(count));
        if first >= end {
            let length = rate.start_of(count);
            bail!("nothing lies between --from and --to: the film runs from 0 to {:.2} s, and --from must come before --to", length.0);
        }
        Ok(Frames { first, end })
    }

    /// Whether it is the whole film.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// The part of a stream of sound that belongs to some frames of the film.
pub struct SoundExcerpt<'a> {
    sound: &'a mut dyn PcmSource,
    skip: u64,
    left: u64,
}

impl<'a> SoundExcerpt<'a> {
    /// The sound under `frames`; up to the song's very end where `to_end` says so (the last frame seldom ends on the last sample).
    pub fn new(sound: &'a mut dyn PcmSource, frames: Frames, rate: FrameRate, to_end: bool) -> Self {
        let sample_of = |frame| (rate.start_of(frame).0 * f64::from(sound.sample_rate_hz())).round() as u64;
        let skip = sample_of(frames.first);
        let left = if to_end { u64::MAX } else { sample_of(frames.end) - skip };
        Self { skip, left, sound }
    }

    /// The sound between two times of the song.
    pub fn between(sound: &'a mut dyn PcmSource, from: Secs, to: Secs) -> Self {
        let sample_of = |at: Secs| (at.0 * f64::from(sound.sample_rate_hz())).round() as u64;
        let skip = sample_of(from);
        Self { skip, left: sample_of(to) - skip, sound }
    }
}

impl PcmSource for SoundExcerpt<'_> {
    fn sample_rate_hz(&self) -> u32 {
        self.sound.sample_rate_hz()
    }

    fn channels(&self) -> u32 {
        self.sound.channels()
    }

    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        let channels = self.channels() as usize;
        while self.left > 0 {
            let start = out.len();
            let got = self.sound.next_block(out)? as u64;
            if got == 0 {
                return Ok(0);
            }
            let dropped = self.skip.min(got);
            self.skip -= dropped;
            out.drain(start..start + dropped as usize * channels);
            let kept = (got - dropped).min(self.left);
            out.truncate(start + kept as usize * channels);
            self.left -= kept;
            if kept > 0 {
                return Ok(kept as usize);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::sound::PcmBuffer;

    fn cut() -> Cut {
        Cut { rate: FrameRate::whole(24), frames: 240, aspect: 1.5, shots: Vec::new(), findings: Vec::new() }
    }

    #[test]
    fn frames_of_an_excerpt() {
        let part = |from: Option<f64>, to: Option<f64>| Excerpt { from: from.map(Secs), to: to.map(Secs) }.frames(&cut());
        assert_eq!(part(None, None).unwrap(), Frames { first: 0, end: 240 });
        assert_eq!(part(Some(1.0), Some(2.0)).unwrap(), Frames { first: 24, end: 48 });
        assert_eq!(part(Some(9.0), Some(99.0)).unwrap(), Frames { first: 216, end: 240 });
        assert!(part(Some(5.0), Some(5.0)).is_err());
        assert!(part(Some(50.0), None).is_err());
    }

    #[test]
    fn the_sound_of_an_excerpt_begins_and_ends_with_its_frames() {
        let ramp: Vec<f32> = (0..48_000).flat_map(|i| [i as f32, -(i as f32)]).collect();
        let mut whole = PcmBuffer::new(4800, 2, ramp);
        let mut part = SoundExcerpt::new(&mut whole, Frames { first: 24, end: 72 }, FrameRate::whole(24), false);
        let mut out = Vec::new();
        while part.next_block(&mut out).unwrap() > 0 {}
        assert_eq!(out.len(), 2 * 9600);
        assert_eq!((out[0], out[1]), (4800.0, -4800.0));
        assert_eq!(out[out.len() - 2], 14_399.0);
    }
}
