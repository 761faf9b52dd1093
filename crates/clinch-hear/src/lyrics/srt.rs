//! SubRip: blocks of a number, a line of two times, and lines of text, with an empty line between two.

use super::{
    Given, Wrong, cues,
    cues::{Cue, sung, without_tags},
    excerpt,
};

/// Parses SRT text.
///
/// # Errors
/// The line and what would be right.
pub(super) fn parse(text: &str) -> Result<Vec<Given>, Wrong> {
    let mut found: Vec<Cue> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let (at_line, line) = (index + 1, line.trim());
        if let Some(times) = cues::times(line) {
            let (start_secs, end_secs) = times.map_err(|reason| (at_line, reason))?;
            // Where the empty line is missing, the last line before was this block's number.
            if let Some(before) = found.last_mut().filter(|_| open) {
                before.lines.pop_if(|last| is_number(last));
            }
            found.push(Cue { start_secs, end_secs, lines: Vec::new(), at_line });
            open = true;
        } else if line.is_empty() {
            open = false;
        } else if let Some(cue) = found.last_mut().filter(|_| open) {
            cue.lines.push(line);
        } else if !is_number(line) {
            let reason = format!("`{}` has no time: write a line such as `00:01:02,500 --> 00:01:05,000` before it", excerpt(line));
            return Err((at_line, reason));
        }
    }
    Ok(found.iter().map(given).collect())
}

fn is_number(line: &str) -> bool {
    !line.is_empty() && line.chars().all(|c| c.is_ascii_digit())
}

fn given(cue: &Cue) -> Given {
    let lines: Vec<String> = cue.lines.iter().map(|line| sung(&without_tags(line))).collect();
    Given {
        start_secs: cue.start_secs,
        end_secs: Some(cue.end_secs),
        text: super::tidy(&lines.join(" ")),
        words: Vec::new(),
        at_line: cue.at_line,
    }
}
