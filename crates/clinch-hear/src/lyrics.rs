//! Lyrics from a file: which format and encoding it is in, the lines with their times, and what they feel like.
//!
//! Every format is read into [`Given`] lines; what follows is the same for all: the offset, order, ends, and the check against the song.

mod cues;
mod encoding;
pub(crate) mod feeling;
mod lexicon;
mod lrc;
mod plain;
mod srt;
mod ttml;
mod webvtt;

use crate::Error;
use clinch_model::{LyricLine, LyricWord, Secs};
use std::path::Path;

/// Largest lyrics file that is read: an hour of the densest rap with a time for every syllable is a tenth of it.
const MOST_BYTES: u64 = 8 << 20;
/// Longest time that a file may give, in seconds: beyond any song, and far from where sums lose digits.
const LATEST_SECS: f64 = 360_000.0;

/// What lyrics are fitted to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit<'a> {
    /// Length of the song.
    pub(crate) duration: Secs,
    /// What is added to every time.
    pub(crate) offset_secs: f64,
    /// Stretches with a voice in time order, in seconds; none where nothing is known of them.
    pub(crate) voice_secs: &'a [(f64, f64)],
}

/// A line as a file gives it; times in seconds.
#[derive(Debug, Clone, PartialEq)]
struct Given {
    start_secs: f64,
    /// None where the line lasts until the next one.
    end_secs: Option<f64>,
    text: String,
    words: Vec<Word>,
    /// Line of the file, from 1.
    at_line: usize,
}

/// A word, or a part of one, as a file gives it.
#[derive(Debug, Clone, PartialEq)]
struct Word {
    start_secs: f64,
    /// None where it lasts until the next one.
    end_secs: Option<f64>,
    text: String,
}

/// What is wrong in which line of the file.
type Wrong = (usize, String);

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Lrc,
    Srt,
    WebVtt,
    Ttml,
    Plain,
}

/// Reads a lyrics file.
///
/// # Errors
/// [`Error::LyricsUnreadable`], or [`Error::Lyrics`] with the line and what would be right.
pub(crate) fn read(path: &Path, fit: Fit) -> Result<Vec<LyricLine>, Error> {
    let unreadable = |source| Error::LyricsUnreadable { path: path.into(), source };
    let name = path.display().to_string();
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MOST_BYTES {
        let reason = format!("the file has {} MB, more than any lyrics: name the lyrics' own file", size >> 20);
        return Err(Error::Lyrics { name, line: 1, reason });
    }
    parse_bytes(&std::fs::read(path).map_err(unreadable)?, &name, fit)
}

/// Reads the bytes of a lyrics file in whatever encoding they are.
///
/// # Errors
/// [`Error::Lyrics`] with the line and what would be right.
pub(crate) fn parse_bytes(bytes: &[u8], name: &str, fit: Fit) -> Result<Vec<LyricLine>, Error> {
    let text = encoding::decode(bytes).map_err(|(line, reason)| Error::Lyrics { name: name.into(), line, reason })?;
    parse_fitted(&text, name, fit)
}

/// Parses lyrics for a song of `duration`: LRC with or without word times, SRT, WebVTT, TTML, or plain text, told apart by content and then
/// by the name's ending. Plain lines are spread over the whole song. Lines come out in time order.
///
/// # Errors
/// [`Error::Lyrics`] with the line and what would be right.
pub fn parse(text: &str, name: &str, duration: Secs) -> Result<Vec<LyricLine>, Error> {
    parse_fitted(text, name, Fit { duration, offset_secs: 0.0, voice_secs: &[] })
}

/// The same of a file's bytes, in whatever encoding they are.
///
/// # Errors
/// [`Error::Lyrics`] with the line and what would be right.
pub fn parse_file_bytes(bytes: &[u8], name: &str, duration: Secs) -> Result<Vec<LyricLine>, Error> {
    parse_bytes(bytes, name, Fit { duration, offset_secs: 0.0, voice_secs: &[] })
}

/// Parses lyrics and fits them to a song.
///
/// # Errors
/// [`Error::Lyrics`] with the line and what would be right.
pub(crate) fn parse_fitted(text: &str, name: &str, fit: Fit) -> Result<Vec<LyricLine>, Error> {
    let wrong = |(line, reason): Wrong| Error::Lyrics { name: name.into(), line, reason };
    let text = text.trim_start_matches('\u{feff}');
    let format = format_of(text, name);
    let given = match format {
        Format::Lrc => lrc::parse(text),
        Format::Srt => srt::parse(text),
        Format::WebVtt => webvtt::parse(text),
        Format::Ttml => ttml::parse(text),
        Format::Plain => return Ok(feeling::worded(plain::spread(text, fit))),
    };
    let lines = fitted(given.map_err(wrong)?, fit).map_err(wrong)?;
    Ok(feeling::worded(lines))
}

/// Tells formats apart: by what only one of them has, then by the name's ending.
fn format_of(text: &str, name: &str) -> Format {
    let start = text.trim_start();
    let ending = Path::new(name).extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let named = match ending.as_deref() {
        Some("lrc") => Some(Format::Lrc),
        Some("srt") => Some(Format::Srt),
        Some("vtt") => Some(Format::WebVtt),
        Some("ttml" | "xml" | "dfxp") => Some(Format::Ttml),
        _ => None,
    };
    if start.starts_with("WEBVTT") {
        Format::WebVtt
    } else if start.starts_with("<?xml") || start.starts_with("<tt") {
        Format::Ttml
    } else if named.is_none_or(|named| named == Format::Lrc) && text.lines().take(20).any(cues::is_timing) {
        Format::Srt
    } else if let Some(named) = named {
        named
    } else if text.lines().take(60).any(lrc::is_stamped) {
        Format::Lrc
    } else {
        Format::Plain
    }
}

/// Shifts, orders and ends the lines of a timed file, and checks that they are for this song.
fn fitted(mut given: Vec<Given>, fit: Fit) -> Result<Vec<LyricLine>, Wrong> {
    let duration_secs = fit.duration.0;
    for line in &mut given {
        line.shift(fit.offset_secs);
    }
    given.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
    if let Some(line) = given.iter().find(|line| line.start_secs >= duration_secs && !line.text.is_empty()) {
        let song = fit.duration;
        let reason = format!("it begins at {}, but the song ends at {song}: is it for another recording?", Secs(line.start_secs));
        return Err((line.at_line, reason));
    }
    let starts: Vec<f64> = given.iter().map(|line| line.start_secs).collect();
    let next = |start: f64| starts.get(starts.partition_point(|&other| other <= start)).copied().unwrap_or(duration_secs);
    let sung = given.iter().filter(|line| !line.text.is_empty());
    Ok(sung
        .map(|line| {
            // A stated end that isn't after the start says nothing.
            let stated = line.end_secs.filter(|&end| end > line.start_secs);
            let end = stated.unwrap_or_else(|| next(line.start_secs)).min(duration_secs);
            LyricLine {
                start: Secs(line.start_secs),
                end: Secs(end),
                text: line.text.clone(),
                words: line.timed_words(end),
                ..LyricLine::default()
            }
        })
        .collect())
}

impl Given {
    /// Moves the line; nothing begins before the song.
    fn shift(&mut self, by_secs: f64) {
        let moved = |secs: f64| (secs + by_secs).max(0.0);
        self.start_secs = moved(self.start_secs);
        self.end_secs = self.end_secs.map(moved);
        for word in &mut self.words {
            word.start_secs = moved(word.start_secs);
            word.end_secs = word.end_secs.map(moved);
        }
    }

    /// The words with both times, in order and within the line.
    fn timed_words(&self, line_end_secs: f64) -> Vec<LyricWord> {
        let mut words: Vec<&Word> = self.words.iter().filter(|word| !word.text.trim().is_empty()).collect();
        words.sort_by(|a, b| a.start_secs.total_cmp(&b.start_secs));
        let within = |secs: f64| secs.clamp(self.start_secs, line_end_secs);
        let next = |i: usize| words.get(i + 1).map_or(line_end_secs, |word| word.start_secs);
        (0..words.len())
            .map(|i| {
                let start = within(words[i].start_secs);
                let end = within(words[i].end_secs.unwrap_or(f64::INFINITY).min(next(i))).max(start);
                LyricWord { start: Secs(start), end: Secs(end), text: words[i].text.trim().into() }
            })
            .collect()
    }
}

/// Words with single spaces.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, for messages.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}
