//! The film for editing programs: its cut as a timeline, its frames as pictures, and a mezzanine file.

mod exr;
pub mod mezzanine;
mod pictures;
pub mod storyboard;

use crate::{Production, film::FilmRecord, titles::Titled};
use anyhow::{Result, bail};
use clinch_deliver::{Marker, MarkerKind, Piece, Timeline, url_of_name};
use clinch_model::{Cut, Performance, Score, Secs, Shot, StageFile, Story, file::load, story::EventKind};
use serde_json::json;
use std::path::Path;

impl Production {
    /// The film's cut with what is marked in it: sections, reversals, other events and lyrics. `out` is where the timeline goes, from which
    /// the film is named.
    ///
    /// # Errors
    /// Where the film that was delivered isn't one whole round, or the opening can't be set.
    pub fn timeline(&self, cut: &Cut, performance: &Performance, score: &Score, story: &Story, out: &Path) -> Result<Timeline> {
        self.refuse_part(cut)?;
        let titled = self.opening(score)?;
        let mut pieces = titled.as_ref().map_or(Vec::new(), |titled| cards(titled, cut.frames));
        let opened = pieces.last().map_or(0, |piece| piece.frames.end);
        let shots = cut.shots.iter().enumerate().filter(|(_, shot)| shot.end_frame > opened);
        pieces.extend(shots.map(|(index, shot)| piece(index, shot, opened, cut, performance)));
        let markers = self.markers(score, story)?;
        Ok(Timeline { title: self.title(score), rate: cut.rate, film_url: self.url_from(out)?, pieces, markers })
    }

    /// What is marked in the film: sections, events and lyrics, in its own time.
    ///
    /// # Errors
    /// Where it is a loop clip whose part of the song isn't known yet.
    pub fn markers(&self, score: &Score, story: &Story) -> Result<Vec<Marker>> {
        // A loop clip's time begins where its part of the song does.
        let (from, to) = self.clip_span()?.unwrap_or((Secs(0.0), score.track.duration));
        let within = |at: Secs| Secs(at.0.clamp(from.0, to.0) - from.0);
        let seen = markers(score, story).into_iter().filter(|marker| marker.from.0 < to.0 && marker.to.0 >= from.0);
        Ok(seen.map(|marker| Marker { from: within(marker.from), to: within(marker.to), ..marker }).collect())
    }

    /// The film's URL from a file: its name where they lie beside each other, else its whole path.
    fn url_from(&self, out: &Path) -> Result<String> {
        let [film, out] = [&self.film, out].map(std::path::absolute);
        let (film, out) = (film?, out?);
        let name = |part: &std::ffi::OsStr| url_of_name(&part.to_string_lossy());
        if film.parent() == out.parent() {
            return Ok(film.file_name().map_or(String::new(), name));
        }
        let parts = film.components().filter_map(|part| match part {
            std::path::Component::Normal(part) => Some(name(part)),
            _ => None,
        });
        Ok(format!("file:///{}", parts.collect::<Vec<_>>().join("/")))
    }

    /// A timeline's frames are the film's only where that holds all of them, once.
    fn refuse_part(&self, cut: &Cut) -> Result<()> {
        let Ok(record) = load::<FilmRecord>(&self.folder.root().join(FilmRecord::FILE_NAME)) else { return Ok(()) };
        if record.data.frames % cut.frames != 0 {
            bail!("{} is only a part of the film: deliver it whole (`clinch deliver`) before its cut is exported", self.film.display());
        }
        Ok(())
    }
}

fn cards(titled: &Titled, frames: u64) -> Vec<Piece> {
    let cards = titled.opening.cards.iter().enumerate().filter(|(_, card)| card.first < frames);
    let piece = |(index, card): (usize, &clinch_titles::Card)| Piece {
        name: format!("opening {}", index + 1),
        frames: card.first..card.end.min(frames),
        known: json!({"opening": if card.performer.is_some() { "performer" } else { "title" }}),
    };
    cards.map(piece).collect()
}

fn piece(index: usize, shot: &Shot, opened: u64, cut: &Cut, performance: &Performance) -> Piece {
    let middle = cut.rate.start_of((shot.first_frame + shot.end_frame) / 2);
    let phrase = performance.phrases.iter().rev().find(|phrase| phrase.from.0 <= middle.0);
    Piece {
        name: shot_name(index, shot),
        frames: shot.first_frame.max(opened)..shot.end_frame,
        known: json!({
            "shot": index + 1,
            "size": shot.size,
            "subject": shot.subject,
            "relation": shot.work.relation,
            "angle": shot.work.angle,
            "height": shot.work.height,
            "movement": shot.work.movement,
            "hold": phrase.map(|phrase| &phrase.hold),
            "leader": phrase.map(|phrase| phrase.leader),
        }),
    }
}

/// A shot's number, framing and subject, such as `07 close Kid`.
pub(crate) fn shot_name(index: usize, shot: &Shot) -> String {
    let subject = shot.subject.map_or("both".into(), |who| who.to_string());
    format!("{:02} {} {subject}", index + 1, word(&shot.size))
}

/// A choice as files and schemas name it.
pub(crate) fn word(choice: &impl serde::Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn markers(score: &Score, story: &Story) -> Vec<Marker> {
    let section = |section: &clinch_model::Section| {
        let (first, last) = (score.bars.get(section.first_bar)?, score.bars.get(section.end_bar.checked_sub(1)?)?);
        Some(Marker { kind: MarkerKind::Section, name: format!("section {}", section.label), from: first.start, to: last.end })
    };
    let event = |event: &clinch_model::Event| {
        let (kind, name) = match event.kind {
            EventKind::Reversal => (MarkerKind::Reversal, format!("reversal to {}", event.who)),
            EventKind::Recognition => (MarkerKind::Event, "recognition".to_owned()),
            EventKind::Accent => (MarkerKind::Event, format!("{} of {}", word(&story.accent_kind(event.at, event.who)), event.who)),
            EventKind::Shove => (MarkerKind::Event, format!("shove of {}", event.who)),
        };
        Marker { kind, name, from: event.at, to: event.at }
    };
    // Under the shove lies an accent of the same person at the same time.
    let is_shove = |at: Secs| story.events.iter().any(|event| event.kind == EventKind::Shove && event.at == at);
    let events = story.events.iter().filter(|event| event.kind != EventKind::Accent || !is_shove(event.at));
    let lines =
        score.lyrics.iter().map(|line| Marker { kind: MarkerKind::Lyrics, name: line.text.clone(), from: line.start, to: line.end });
    score.sections.iter().filter_map(section).chain(events.map(event)).chain(lines).collect()
}
