//! Timed lyrics from an LRC file.
//!
//! Read are time stamps `[mm:ss.xx]`, several on a line too, `[offset:±ms]`, and word stamps `<mm:ss.xx>`, which are left out; other
//! tags are skipped. A stamp with no words ends the line before it.

use crate::Error;
use clinch_model::{LyricLine, Secs};
use std::path::Path;

/// Reads a lyrics file for a song of `duration`.
///
/// # Errors
/// [`Error::LyricsUnreadable`], or [`Error::Lyrics`] with the line and what would be right.
pub(crate) fn read(path: &Path, duration: Secs) -> Result<Vec<LyricLine>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::LyricsUnreadable { path: path.into(), source })?;
    let name = path.display().to_string();
    match std::str::from_utf8(&bytes) {
        Ok(text) => parse(text, &name, duration),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
            Err(Error::Lyrics { name, line, reason: "it isn't UTF-8 text: save it as UTF-8".into() })
        }
    }
}

/// Parses LRC text for a song of `duration`; lines come out in time order.
///
/// # Errors
/// [`Error::Lyrics`] with the line and what would be right.
pub fn parse(text: &str, name: &str, duration: Secs) -> Result<Vec<LyricLine>, Error> {
    let mut offset_secs = 0.0;
    // Start, line number in the file, words.
    let mut stamped: Vec<(f64, usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let wrong = |reason: String| Error::Lyrics { name: name.into(), line: index + 1, reason };
        let (starts, words) = line_of(line.trim(), &mut offset_secs).map_err(wrong)?;
        stamped.extend(starts.into_iter().map(|start| (start, index + 1, words.clone())));
    }
    // A positive offset shows lyrics sooner.
    for (start, ..) in &mut stamped {
        *start = (*start - offset_secs).max(0.0);
    }
    stamped.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((start, line, _)) = stamped.iter().find(|(start, _, words)| *start >= duration.0 && !words.is_empty()) {
        let reason = format!("it begins at {}, but the song ends at {duration}: is it for another recording?", Secs(*start));
        return Err(Error::Lyrics { name: name.into(), line: *line, reason });
    }
    let end_of = |start: f64| stamped.iter().map(|other| other.0).find(|&other| other > start).unwrap_or(duration.0).min(duration.0);
    let line = |(start, _, words): &(f64, usize, String)| LyricLine { start: Secs(*start), end: Secs(end_of(*start)), text: words.clone() };
    Ok(stamped.iter().filter(|(_, _, words)| !words.is_empty()).map(line).collect())
}

/// Stamps and words of one line; an offset tag in it is taken over.
fn line_of(line: &str, offset_secs: &mut f64) -> Result<(Vec<f64>, String), String> {
    let mut starts = Vec::new();
    let mut rest = line;
    while let Some(inside) = rest.strip_prefix('[') {
        let Some((tag, after)) = inside.split_once(']') else {
            return Err("a `[` is never closed: write `[mm:ss.xx]` before the words".into());
        };
        if tag.starts_with(|c: char| c.is_ascii_digit()) {
            starts.push(stamp_secs(tag)?);
        } else if let Some(millis) = tag.to_ascii_lowercase().strip_prefix("offset:") {
            let millis = millis.trim().parse::<f64>().ok().filter(|millis| millis.abs() < 3.6e6);
            *offset_secs = millis.ok_or_else(|| format!("`[{tag}]` is no offset: write milliseconds such as `[offset:+250]`"))? / 1000.0;
        } else if starts.is_empty() {
            // Title, artist and so on; anything behind such a tag is no lyric either.
            return Ok((starts, String::new()));
        } else {
            break;
        }
        rest = after.trim_start();
    }
    let words = without_word_stamps(rest);
    if starts.is_empty() && !words.is_empty() {
        return Err(format!("`{}` has no time: write `[mm:ss.xx]` before it", words.chars().take(40).collect::<String>()));
    }
    Ok((starts, words))
}

/// Seconds of `mm:ss`, `mm:ss.x`, `mm:ss.xx`, `mm:ss.xxx` or `mm:ss:xx`.
fn stamp_secs(tag: &str) -> Result<f64, String> {
    let wrong = || format!("`[{tag}]` is no time: write minutes, seconds below 60 and hundredths as in `[01:23.45]`");
    let (minutes, seconds) = tag.split_once(':').ok_or_else(wrong)?;
    let seconds = seconds.trim().replacen(':', ".", 1);
    let plain = |text: &str| !text.is_empty() && text.len() <= 6 && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !plain(minutes) || !plain(&seconds) {
        return Err(wrong());
    }
    let minutes: u32 = minutes.parse().map_err(|_| wrong())?;
    let seconds: f64 = seconds.parse().map_err(|_| wrong())?;
    if seconds < 60.0 { Ok(f64::from(minutes) * 60.0 + seconds) } else { Err(wrong()) }
}

/// Takes `<mm:ss.xx>` out of the words, and leaves any other `<`.
fn without_word_stamps(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        words.push_str(before);
        match after.split_once('>') {
            Some((tag, behind)) if stamp_secs(tag).is_ok() => rest = behind,
            _ => {
                words.push('<');
                rest = after;
            }
        }
    }
    words.push_str(rest);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
