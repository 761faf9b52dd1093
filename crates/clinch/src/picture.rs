//! The lit picture, in segments: one a shot, each with a key of its own, so that a killed run loses at most one shot.
//!
//! The opening covers the struggle's first five seconds, once: the struggle is under way beneath it, and a film that goes round shows them
//! from the second round on. So the picture has the song's length with an opening or without, and the sound is never moved.

use crate::{
    Production,
    excerpt::Frames,
    folder::{Staged, key_of},
    titles::{STOCK, Titled},
};
use anyhow::{Context, Result};
use clinch_deliver::{PictureFormat, SegmentWriter};
use clinch_light::Studio;
use clinch_model::{Cast, Cut, Performance, Score, Secs, Shot, file::digest, performance::Droplet};
use clinch_titles::Lyrics;
use std::path::PathBuf;

/// The segments of the picture in order.
#[derive(Debug, Clone)]
pub struct Picture {
    /// One a shot (or, for an opening, a card).
    pub segments: Vec<PathBuf>,
    /// The first round of a film that goes round, where an opening covers a part of it; empty where it is like the others.
    pub first_round: Vec<PathBuf>,
    /// Segments that this film doesn't need but the same film going round does; they are kept.
    pub kept: Vec<PathBuf>,
    /// The frames that they hold together.
    pub frames: Frames,
    /// Whether these are all frames of the film.
    pub whole: bool,
}

/// A shot, or the part of it that the excerpt wants.
struct Take<'a> {
    shot: &'a Shot,
    frames: Frames,
    path: PathBuf,
}

/// A card of the opening, or the part of it that the excerpt wants.
struct CardTake {
    frames: Frames,
    path: PathBuf,
}

/// What is lit.
struct Struggle<'a> {
    cut: &'a Cut,
    performance: &'a Performance,
    cast: &'a Cast,
    cast_digest: &'a str,
    /// What is laid over it, and the hash of the face in which it is set.
    lyrics: (Lyrics, String),
}

/// The segments in the film's order: with an opening, cards and the struggle after them in the first round, all of the struggle in later ones.
fn gathered(cards: Vec<CardTake>, covered: Vec<Take>, seen: Vec<Take>, loops: u16, frames: Frames, whole: bool) -> Picture {
    let paths = |takes: Vec<Take>| -> Vec<PathBuf> { takes.into_iter().map(|take| take.path).collect() };
    let (covered, seen) = (paths(covered), paths(seen));
    let opened: Vec<PathBuf> = cards.into_iter().map(|card| card.path).chain(seen.iter().cloned()).collect();
    let all: Vec<PathBuf> = covered.iter().cloned().chain(seen).collect();
    match (covered.is_empty(), loops) {
        (true, _) => Picture { segments: all, first_round: Vec::new(), kept: Vec::new(), frames, whole },
        (false, 1) => Picture { segments: opened, first_round: Vec::new(), kept: covered, frames, whole },
        (false, _) => Picture { segments: all, first_round: opened, kept: Vec::new(), frames, whole },
    }
}

impl Production {
    /// light: every frame lit and encoded, the opening drawn and the lyrics laid over.
    ///
    /// # Errors
    /// Where a segment can't be written, or a text can't be set.
    pub fn light(
        &self,
        cut: &Staged<Cut>,
        performance: &Staged<Performance>,
        cast: &Staged<Cast>,
        score: &Staged<Score>,
    ) -> Result<Picture> {
        let wanted = self.excerpt.frames(&cut.data)?;
        let titled = self.opening(&score.data)?;
        let struggle = Struggle {
            cut: &cut.data,
            performance: &performance.data,
            cast: &cast.data,
            cast_digest: &cast.digest,
            lyrics: self.lyrics(&cut.data, &performance.data, &cast.data, &score.data)?,
        };
        let opened = titled.as_ref().map_or(0, |titled| titled.opening.frames).clamp(wanted.first, wanted.end);
        let cards = self.cards(titled.as_ref(), Frames { first: wanted.first, end: opened })?;
        let covered = self.takes(&struggle, Frames { first: wanted.first, end: opened })?;
        let seen = self.takes(&struggle, Frames { first: opened, end: wanted.end })?;

        let is_missing = |path: &PathBuf| self.force || clinch_deliver::inspect(path).is_err();
        self.draw_cards(titled.as_ref(), cards.iter().filter(|card| is_missing(&card.path)))?;
        let needed = seen.iter().chain(covered.iter().filter(|_| self.loops > 1));
        let missing: Vec<&Take> = needed.filter(|take| is_missing(&take.path)).collect();
        if !missing.is_empty() {
            self.report.stage("light", |progress| self.light_takes(&missing, &struggle, progress))?;
        }
        let whole = wanted == Frames { first: 0, end: cut.data.frames };
        Ok(gathered(cards, covered, seen, self.loops, wanted, whole))
    }

    fn cards(&self, titled: Option<&Titled>, wanted: Frames) -> Result<Vec<CardTake>> {
        let mut takes = Vec::new();
        let Some(titled) = titled else { return Ok(takes) };
        for (index, card) in titled.opening.cards.iter().enumerate() {
            let frames = Frames { first: card.first.max(wanted.first), end: card.end.min(wanted.end) };
            if frames.first < frames.end {
                let key = self.card_key(titled, frames.first, frames.end)?;
                takes.push(CardTake { frames, path: self.folder.shots().join(format!("opening-{index}-{}.seg", &key[..16])) });
            }
        }
        Ok(takes)
    }

    fn draw_cards<'a>(&self, titled: Option<&Titled>, cards: impl Iterator<Item = &'a CardTake>) -> Result<()> {
        let Some(titled) = titled else { return Ok(()) };
        let mut luma = Vec::new();
        for card in cards {
            let mut segment = SegmentWriter::create(&card.path, self.picture_format())?;
            for frame in card.frames.first..card.frames.end {
                let mut radiance = titled.opening.radiance(frame);
                let (grain, seed) = (self.job.grain(), self.job.treatment.seed);
                clinch_light::develop(&mut radiance, self.job.size.width as usize, grain, seed, frame, &mut luma);
                segment.push(&luma)?;
            }
            segment.finish()?;
        }
        Ok(())
    }

    fn picture_format(&self) -> PictureFormat {
        PictureFormat { size: self.job.size, rate: self.job.rate, quality: self.job.quality }
    }

    fn takes<'a>(&self, struggle: &Struggle<'a>, wanted: Frames) -> Result<Vec<Take<'a>>> {
        let mut takes = Vec::new();
        for (index, shot) in struggle.cut.shots.iter().enumerate() {
            let frames = Frames { first: shot.first_frame.max(wanted.first), end: shot.end_frame.min(wanted.end) };
            if frames.first >= frames.end {
                continue;
            }
            let key = self.take_key(struggle, shot, frames)?;
            let path = self.folder.shots().join(format!("{index:04}-{}.seg", &key[..16]));
            takes.push(Take { shot, frames, path });
        }
        Ok(takes)
    }

    fn take_key(&self, struggle: &Struggle, shot: &Shot, frames: Frames) -> Result<String> {
        let Struggle { cut, performance, cast_digest, lyrics: (lyrics, face), .. } = struggle;
        // Only the motion under the shot counts, so a change elsewhere leaves it alone.
        let sample_of = |frame: u64| cut.rate.start_of(frame).0 * performance.rate.hz();
        let first = sample_of(frames.first).floor() as usize;
        let last = sample_of(frames.end + 1).ceil() as usize;
        let count = performance.samples.len();
        let mut reader = performance.samples.reader();
        let motion: Vec<_> = (first..=last).map(|i| reader.get(i % count)).collect();
        let (from, to) = (cut.rate.start_of(frames.first), cut.rate.start_of(frames.end));
        let sprayed: Vec<_> = performance.droplets.iter().filter(|droplet| is_there(droplet, from, to, performance.duration)).collect();
        let asked = (self.job.size, self.job.quality, self.job.grain(), self.job.treatment.seed, frames.first, frames.end);
        let motion = digest(&(cut.rate, performance.rate, motion, sprayed));
        let captions: Vec<_> = lyrics.within(frames.first, frames.end).collect();
        let laid = if captions.is_empty() { String::new() } else { digest(&(captions, face)) };
        key_of("light", &[&digest(shot), &motion, cast_digest, &digest(&asked), &laid])
    }

    fn light_takes(&self, takes: &[&Take], struggle: &Struggle, progress: clinch_model::Progress) -> Result<()> {
        let options = clinch_light::Options {
            size: self.job.size,
            quality: self.job.quality,
            grain: self.job.grain(),
            seed: self.job.treatment.seed,
        };
        let mut studio = Studio::new(struggle.cast, &options)?;
        let total: u64 = takes.iter().map(|take| take.frames.end - take.frames.first).sum();
        let (mut done, mut luma) = (0u64, Vec::new());
        for take in takes {
            let mut segment = SegmentWriter::create(&take.path, self.picture_format())?;
            for frame in take.frames.first..take.frames.end {
                let mut lit = studio
                    .radiance(struggle.performance, struggle.cut, frame)
                    .with_context(|| format!("frame {frame} of the shot at frame {}", take.shot.first_frame))?;
                struggle.lyrics.0.lay(frame, &STOCK, &mut lit.radiance, lit.width);
                clinch_light::develop(&mut lit.radiance, lit.width, options.grain, options.seed, frame, &mut luma);
                segment.push(&luma)?;
                done += 1;
                progress(done as f64 / total as f64);
            }
            segment.finish()?;
        }
        Ok(())
    }
}

/// Whether a droplet or its spot is there at some time from `from` to `to`.
fn is_there(droplet: &Droplet, from: Secs, to: Secs, duration: Secs) -> bool {
    let age_secs = droplet.age_secs(from, duration);
    age_secs >= 0.0 || age_secs + (to.0 - from.0) > 0.0
}
