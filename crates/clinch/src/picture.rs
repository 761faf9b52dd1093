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
use clinch_light::{Hardness, Studio};
use clinch_model::{Cast, Cut, Performance, Score, Secs, Shot, Story, file::digest, performance::Droplet, treatment::Accent};
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
struct Take {
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
    /// How hard the light is.
    hardness: Hardness,
    accent: Accent,
}

impl Struggle<'_> {
    /// A frame, lit, with what is laid over it, and developed; gives back the tint of an accent, if one is asked for.
    fn light(&self, studio: &mut Studio, frame: u64, luma: &mut Vec<u8>) -> Result<Vec<u8>> {
        let (grain, seed) = (studio.options().grain, studio.options().seed);
        let mut lit = studio.radiance(self.performance, self.cut, frame).with_context(|| {
            let shot = &self.cut.shots[self.cut.shot_at(frame)];
            format!("frame {frame} of the shot at frame {}", shot.first_frame)
        })?;
        self.lyrics.0.lay(frame, &STOCK, &mut lit.radiance, lit.width);
        let tint = match self.accent {
            Accent::None => Vec::new(),
            Accent::Red => lit.tint(),
        };
        clinch_light::develop(&mut lit.radiance, lit.width, grain, seed, frame, luma);
        Ok(tint)
    }
}

/// The film's frames, one after another, as they are before they are encoded: with the opening over the first five seconds and the lyrics
/// laid over.
pub struct Footage<'a> {
    production: &'a Production,
    titled: Option<Titled>,
    struggle: Struggle<'a>,
    studio: Studio<'a>,
    luma: Vec<u8>,
    tint: Vec<u8>,
}

impl Footage<'_> {
    /// First frames and ends of the opening's cards; none where there is no opening.
    pub fn cards(&self) -> Vec<(u64, u64)> {
        let cards = self.titled.iter().flat_map(|titled| &titled.opening.cards);
        cards.map(|card| (card.first, card.end)).collect()
    }

    /// A frame's display luma 0..255, `[row][column]`.
    ///
    /// # Errors
    /// Where it can't be lit.
    pub fn frame(&mut self, frame: u64) -> Result<&[u8]> {
        self.tint.clear();
        match &self.titled {
            Some(titled) if frame < titled.opening.frames => self.production.draw_card(titled, frame, &mut self.luma),
            _ => self.tint = self.struggle.light(&mut self.studio, frame, &mut self.luma)?,
        }
        Ok(&self.luma)
    }

    /// A frame of the struggle as it is lit, not developed and without what is laid over it, and its layers.
    ///
    /// # Errors
    /// Where it can't be lit.
    pub fn plates(&mut self, frame: u64) -> Result<(clinch_light::Frame, clinch_light::Layers)> {
        let Struggle { performance, cut, .. } = self.struggle;
        Ok((self.studio.radiance(performance, cut, frame)?, self.studio.layers(performance, cut, frame)?))
    }

    /// Whether the film may carry a colour.
    pub fn has_accent(&self) -> bool {
        self.struggle.accent != Accent::None
    }

    /// The last frame's tint, share of red 0..255, `[row][column]`; empty where it has none.
    pub fn tint(&self) -> &[u8] {
        &self.tint
    }
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
        story: &Story,
    ) -> Result<Picture> {
        let wanted = self.excerpt.frames(&cut.data)?;
        let titled = self.opening(&score.data)?;
        let struggle = self.struggle(cut, performance, cast, score, story)?;
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
                self.draw_card(titled, frame, &mut luma);
                segment.push(&luma)?;
            }
            segment.finish()?;
        }
        Ok(())
    }

    /// A frame of the opening, developed.
    fn draw_card(&self, titled: &Titled, frame: u64, luma: &mut Vec<u8>) {
        let mut radiance = titled.opening.radiance(frame);
        clinch_light::develop(&mut radiance, self.job.size.width as usize, self.job.grain(), self.job.treatment.seed, frame, luma);
    }

    fn struggle<'a>(
        &self,
        cut: &'a Staged<Cut>,
        performance: &'a Staged<Performance>,
        cast: &'a Staged<Cast>,
        score: &Staged<Score>,
        story: &Story,
    ) -> Result<Struggle<'a>> {
        Ok(Struggle {
            cut: &cut.data,
            performance: &performance.data,
            cast: &cast.data,
            cast_digest: &cast.digest,
            lyrics: self.lyrics(&cut.data, &performance.data, &cast.data, &score.data)?,
            hardness: Hardness::of(story, self.job.treatment.light.follow),
            accent: self.job.treatment.light.accent,
        })
    }

    /// The film's frames as they were before they were encoded, for other tools.
    ///
    /// # Errors
    /// Where the opening or a text can't be set, or the people can't be lit.
    pub fn footage<'a>(
        &'a self,
        cut: &'a Staged<Cut>,
        performance: &'a Staged<Performance>,
        cast: &'a Staged<Cast>,
        score: &Staged<Score>,
        story: &Story,
    ) -> Result<Footage<'a>> {
        let struggle = self.struggle(cut, performance, cast, score, story)?;
        Ok(Footage {
            production: self,
            titled: self.opening(&score.data)?,
            studio: Studio::new(&cast.data, &self.light_options(&struggle.hardness))?,
            struggle,
            luma: Vec::new(),
            tint: Vec::new(),
        })
    }

    fn light_options(&self, hardness: &Hardness) -> clinch_light::Options {
        clinch_light::Options {
            size: self.job.size,
            quality: self.job.quality,
            grain: self.job.grain(),
            weave: self.job.treatment.light.weave as f32,
            seed: self.job.treatment.seed,
            light: self.job.treatment.light,
            hardness: hardness.clone(),
        }
    }

    fn picture_format(&self) -> PictureFormat {
        PictureFormat { size: self.job.size, rate: self.job.rate, quality: self.job.quality }
    }

    fn takes(&self, struggle: &Struggle, wanted: Frames) -> Result<Vec<Take>> {
        let mut takes = Vec::new();
        for (index, shot) in struggle.cut.shots.iter().enumerate() {
            let frames = Frames { first: shot.first_frame.max(wanted.first), end: shot.end_frame.min(wanted.end) };
            if frames.first >= frames.end {
                continue;
            }
            let key = self.take_key(struggle, shot, frames)?;
            let path = self.folder.shots().join(format!("{index:04}-{}.seg", &key[..16]));
            takes.push(Take { frames, path });
        }
        Ok(takes)
    }

    fn take_key(&self, struggle: &Struggle, shot: &Shot, frames: Frames) -> Result<String> {
        let Struggle { cut, performance, cast_digest, lyrics: (lyrics, face), hardness, .. } = struggle;
        // Only the motion under the shot counts, so a change elsewhere leaves it alone; but all of that, because its lamps are planned for the whole shot.
        let sample_of = |frame: u64| cut.rate.start_of(frame).0 * performance.rate.hz();
        let first = sample_of(shot.first_frame).floor() as usize;
        let last = sample_of(shot.end_frame + 1).ceil() as usize;
        let count = performance.samples.len();
        let mut reader = performance.samples.reader();
        let motion: Vec<_> = (first..=last).map(|i| reader.get(i % count)).collect();
        let (from, to) = (cut.rate.start_of(frames.first), cut.rate.start_of(frames.end));
        let sprayed: Vec<_> = performance.droplets.iter().filter(|droplet| is_there(droplet, from, to, performance.duration)).collect();
        let asked = (self.job.size, self.job.quality, self.job.grain(), self.job.treatment.seed, frames.first, frames.end);
        let lit = digest(&(self.job.treatment.light, hardness.between(from, to)));
        let motion = digest(&(cut.rate, performance.rate, motion, sprayed));
        let captions: Vec<_> = lyrics.within(frames.first, frames.end).collect();
        let laid = if captions.is_empty() { String::new() } else { digest(&(captions, face)) };
        key_of("light", &[&digest(shot), &motion, cast_digest, &digest(&asked), &lit, &laid])
    }

    fn light_takes(&self, takes: &[&Take], struggle: &Struggle, progress: clinch_model::Progress) -> Result<()> {
        let mut studio = Studio::new(struggle.cast, &self.light_options(&struggle.hardness))?;
        let total: u64 = takes.iter().map(|take| take.frames.end - take.frames.first).sum();
        let (mut done, mut luma) = (0u64, Vec::new());
        for take in takes {
            let mut segment = SegmentWriter::create(&take.path, self.picture_format())?;
            for frame in take.frames.first..take.frames.end {
                let tint = struggle.light(&mut studio, frame, &mut luma)?;
                segment.push_tinted(&luma, &tint)?;
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
