//! What SRT and WebVTT have in common: blocks with a line of two times.

use super::{LATEST_SECS, excerpt};

/// A block of lines under a line of two times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cue<'a> {
    pub(super) start_secs: f64,
    pub(super) end_secs: f64,
    /// Its lines of text.
    pub(super) lines: Vec<&'a str>,
    /// Line of the file where the times are, from 1.
    pub(super) at_line: usize,
}

/// Whether a line is one of two times.
pub(super) fn is_timing(line: &str) -> bool {
    times(line).is_some_and(|found| found.is_ok())
}

/// Start and end of a line of two times; none where it has no arrow.
pub(super) fn times(line: &str) -> Option<Result<(f64, f64), String>> {
    let (start, end) = line.split_once("-->")?;
    // WebVTT has settings behind the second time.
    let end = end.split_whitespace().next().unwrap_or("");
    let both = |start: &str| Ok((time_secs(start)?, time_secs(end)?));
    Some(both(start.trim()))
}

/// Seconds of `hh:mm:ss,mmm`, `hh:mm:ss.mmm` or `mm:ss.mmm`.
pub(super) fn time_secs(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{}` is no time: write `00:01:02,500`, minutes and seconds below 60", excerpt(text));
    let text = text.replace(',', ".");
    let fields: Vec<&str> = text.split(':').collect();
    let digits = |field: &&str| !field.is_empty() && field.len() <= 9 && field.chars().all(|c| c.is_ascii_digit());
    let Some((seconds, upper)) = fields.split_last().filter(|(_, upper)| (1..=2).contains(&upper.len()) && upper.iter().all(digits)) else {
        return Err(wrong());
    };
    if seconds.len() > 12 || !seconds.starts_with(|c: char| c.is_ascii_digit()) || !seconds.chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        return Err(wrong());
    }
    let seconds: f64 = seconds.parse().map_err(|_| wrong())?;
    let minutes: f64 = upper[upper.len() - 1].parse().map_err(|_| wrong())?;
    let hours: f64 = if upper.len() == 2 { upper[0].parse().map_err(|_| wrong())? } else { 0.0 };
    let all_secs = hours * 3600.0 + minutes * 60.0 + seconds;
    let sane = seconds < 60.0 && (minutes < 60.0 || upper.len() == 1) && all_secs <= LATEST_SECS;
    if sane { Ok(all_secs) } else { Err(wrong()) }
}

/// Takes `<…>` tags out of a text, and `{\…}`, which some SRT files have.
pub(super) fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{']) {
        let (before, tag) = rest.split_at(at);
        plain.push_str(before);
        let close = if tag.starts_with('<') { '>' } else { '}' };
        let is_tag = tag[1..].starts_with(|c: char| if close == '>' { c.is_ascii_alphabetic() || c == '/' } else { c == '\\' });
        match tag.find(close).filter(|_| is_tag) {
            Some(end) => rest = &tag[end + 1..],
            None => {
                plain.push_str(&tag[..1]);
                rest = &tag[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// A sung line without the marks that subtitles put round it: notes, a speaker's dash.
pub(super) fn sung(text: &str) -> String {
    let marks = |c: char| "♪♫♩♬#".contains(c) || c.is_whitespace();
    let text = text.trim_matches(marks);
    super::tidy(text.strip_prefix("- ").unwrap_or(text))
}
