//! A song that goes round.

use clinch_model::{PcmSource, Secs, SoundError};

/// A stream of sound a number of times over, the end of one round followed by the first sample of the next.
///
/// The stream is opened anew for every round, so none of it is kept.
pub struct Rounds<'a> {
    open: Box<dyn FnMut() -> Result<Box<dyn PcmSource + 'a>, SoundError> + 'a>,
    round: Box<dyn PcmSource + 'a>,
    /// Rounds that are still to come after this one.
    left: u16,
    /// Samples of each channel that were given in this round and in all rounds.
    given: [u64; 2],
}

impl<'a> Rounds<'a> {
    /// `loops` rounds (at least one) of what `open` opens.
    ///
    /// # Errors
    /// What `open` says.
    pub fn new(loops: u16, mut open: impl FnMut() -> Result<Box<dyn PcmSource + 'a>, SoundError> + 'a) -> Result<Self, SoundError> {
        let round = open()?;
        Ok(Self { open: Box::new(open), round, left: loops.saturating_sub(1), given: [0; 2] })
    }

    fn broken(&self, reason: &str) -> SoundError {
        SoundError { at: Secs(self.given[1] as f64 / f64::from(self.sample_rate_hz())), reason: reason.into() }
    }
}

impl PcmSource for Rounds<'_> {
    fn sample_rate_hz(&self) -> u32 {
        self.round.sample_rate_hz()
    }

    fn channels(&self) -> u32 {
        self.round.channels()
    }

    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        loop {
            let got = self.round.next_block(out)?;
            if got > 0 {
                self.given = self.given.map(|given| given + got as u64);
                return Ok(got);
            }
            if self.left == 0 || self.given[0] == 0 {
                return Ok(0);
            }
            let next = (self.open)()?;
            if (next.sample_rate_hz(), next.channels()) != (self.sample_rate_hz(), self.channels()) {
                return Err(self.broken("it changed while it was read"));
            }
            (self.round, self.left, self.given[0]) = (next, self.left - 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::sound::PcmBuffer;

    fn all(mut source: Rounds) -> Vec<f32> {
        let mut out = Vec::new();
        while source.next_block(&mut out).unwrap() > 0 {}
        out
    }

    #[test]
    fn every_round_follows_the_one_before_without_a_sample_between() {
        let song: Vec<f32> = (0..2 * 10_001).map(|i| i as f32).collect();
        let rounds = |loops| {
            let open = || -> Result<Box<dyn PcmSource>, SoundError> { Ok(Box::new(PcmBuffer::new(48_000, 2, song.clone()))) };
            all(Rounds::new(loops, open).unwrap())
        };
        assert_eq!(rounds(1), song);
        assert_eq!(rounds(3), song.repeat(3));
    }

    #[test]
    fn a_song_that_changes_between_two_rounds_is_refused_and_an_empty_one_ends() {
        let mut channels = 0;
        let open = || -> Result<Box<dyn PcmSource>, SoundError> {
            channels += 1;
            Ok(Box::new(PcmBuffer::new(48_000, channels, vec![0.0; 12])))
        };
        let mut rounds = Rounds::new(2, open).unwrap();
        let mut out = Vec::new();
        assert_eq!(rounds.next_block(&mut out).unwrap(), 12);
        assert!(rounds.next_block(&mut out).unwrap_err().reason.contains("changed"));
        let empty = || -> Result<Box<dyn PcmSource>, SoundError> { Ok(Box::new(PcmBuffer::new(48_000, 1, Vec::new()))) };
        assert!(all(Rounds::new(9, empty).unwrap()).is_empty());
    }
}
