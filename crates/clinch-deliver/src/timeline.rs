//! The cut as an OpenTimelineIO file, for editing programs.
//!
//! The format is the JSON of OpenTimelineIO 0.17's schemas (Academy Software Foundation): `Timeline.1`, `Stack.1`, `Track.1`, `Clip.2`,
//! `ExternalReference.1`, `Marker.2`, `TimeRange.1`, `RationalTime.1`. Every time is a whole number of frames.

use crate::{Error, aside::AsideFile};
use clinch_model::{FrameRate, Secs};
use serde_json::{Value, json};
use std::{ops::Range, path::Path};

/// A film's cut as an editing program takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// The film's title.
    pub title: String,
    /// Frames a second.
    pub rate: FrameRate,
    /// URL of the film's file, percent-encoded; relative to the timeline's file, or absolute.
    pub film_url: String,
    /// Pieces of the film, contiguous from frame 0: cards of the opening, then shots.
    pub pieces: Vec<Piece>,
    /// What is marked, in any order.
    pub markers: Vec<Marker>,
}

/// A piece of the film between two cuts.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its name.
    pub name: String,
    /// Its frames, at least one.
    pub frames: Range<u64>,
    /// What else is known about it: a JSON object.
    pub known: Value,
}

/// What a marker stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerKind {
    /// A stretch of bars that belong together.
    Section,
    /// The power changes sides.
    Reversal,
    /// Another event of the story.
    Event,
    /// A line of the lyrics.
    Lyrics,
}

impl MarkerKind {
    /// Its name in the file's metadata.
    pub fn name(self) -> &'static str {
        match self {
            MarkerKind::Section => "section",
            MarkerKind::Reversal => "reversal",
            MarkerKind::Event => "event",
            MarkerKind::Lyrics => "lyrics",
        }
    }

    /// Its colour: one of those that OpenTimelineIO names.
    fn colour(self) -> &'static str {
        match self {
            MarkerKind::Section => "BLUE",
            MarkerKind::Reversal => "RED",
            MarkerKind::Event => "YELLOW",
            MarkerKind::Lyrics => "GREEN",
        }
    }
}

/// A moment or stretch that is marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// What it stands for.
    pub kind: MarkerKind,
    /// What it says.
    pub name: String,
    /// When it begins in the song.
    pub from: Secs,
    /// When it ends; a moment ends where it begins and covers one frame.
    pub to: Secs,
}

/// Writes a timeline: a picture track with a clip a piece, a sound track with the film's sound under all of it, and markers on the stack that
/// holds both.
///
/// # Errors
/// [`Error::NoPicture`] where there is no piece, [`Error::Unwritable`]; a file that was at `out` before is then untouched.
pub fn write_otio(timeline: &Timeline, out: &Path) -> Result<(), Error> {
    let end = timeline.pieces.last().ok_or(Error::NoPicture)?.frames.end;
    let mut file = AsideFile::create(out)?;
    let rate = timeline.rate;
    let picture = timeline.pieces.iter().map(|piece| clip(timeline, &piece.name, &piece.frames, end, &piece.known)).collect();
    let sound = vec![clip(timeline, "song", &(0..end), end, &json!({}))];
    let mut markers: Vec<&Marker> = timeline.markers.iter().filter(|marker| rate.frame_at(marker.from) < end).collect();
    markers.sort_by(|a, b| a.from.0.total_cmp(&b.from.0));
    let stack = json!({
        "OTIO_SCHEMA": "Stack.1",
        "name": "tracks",
        "metadata": {},
        "source_range": null,
        "effects": [],
        "markers": markers.into_iter().map(|marker| marker_value(marker, rate, end)).collect::<Vec<_>>(),
        "enabled": true,
        "children": [track("picture", "Video", picture), track("sound", "Audio", sound)],
    });
    let whole = json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": timeline.title,
        "metadata": {"clinch": {"frames_per_sec": rate.to_string()}},
        "global_start_time": time(0, rate),
        "tracks": stack,
    });
    file.write(format!("{whole:#}\n").as_bytes())?;
    file.commit()
}

fn track(name: &str, kind: &str, children: Vec<Value>) -> Value {
    json!({
        "OTIO_SCHEMA": "Track.1",
        "name": name,
        "kind": kind,
        "metadata": {},
        "source_range": null,
        "effects": [],
        "markers": [],
        "enabled": true,
        "children": children,
    })
}

/// A clip that shows frames of the film, which has `end` of them.
fn clip(timeline: &Timeline, name: &str, frames: &Range<u64>, end: u64, known: &Value) -> Value {
    let film = json!({
        "OTIO_SCHEMA": "ExternalReference.1",
        "name": "",
        "metadata": {},
        "target_url": timeline.film_url,
        "available_range": range(&(0..end), timeline.rate),
        "available_image_bounds": null,
    });
    json!({
        "OTIO_SCHEMA": "Clip.2",
        "name": name,
        "metadata": {"clinch": known},
        "source_range": range(frames, timeline.rate),
        "effects": [],
        "markers": [],
        "enabled": true,
        "media_references": {"DEFAULT_MEDIA": film},
        "active_media_reference_key": "DEFAULT_MEDIA",
    })
}

fn marker_value(marker: &Marker, rate: FrameRate, end: u64) -> Value {
    let first = rate.frame_at(marker.from);
    let frames = first..rate.frame_at(marker.to).clamp(first + 1, end.max(first + 1));
    json!({
        "OTIO_SCHEMA": "Marker.2",
        "name": marker.name,
        "color": marker.kind.colour(),
        "comment": "",
        "marked_range": range(&frames, rate),
        "metadata": {"clinch": {"kind": marker.kind.name(), "from_secs": marker.from.0, "to_secs": marker.to.0}},
    })
}

fn range(frames: &Range<u64>, rate: FrameRate) -> Value {
    json!({
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(frames.start, rate),
        "duration": time(frames.end - frames.start, rate),
    })
}

fn time(frames: u64, rate: FrameRate) -> Value {
    json!({"OTIO_SCHEMA": "RationalTime.1", "rate": rate.hz(), "value": frames as f64})
}

/// The URL of a file beside the timeline, from its name: what RFC 3986 (section 2.3) leaves unreserved stays, all other bytes are
/// percent-encoded.
pub fn url_of_name(name: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if kept(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_urls_byte_by_byte() {
        assert_eq!(url_of_name("film-1.mp4"), "film-1.mp4");
        assert_eq!(url_of_name("für uns?.mp4"), "f%C3%BCr%20uns%3F.mp4");
    }
}
