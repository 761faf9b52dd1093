//! LRC: time stamps `[mm:ss.xx]`, several on a line too, `[offset:±ms]`, and word stamps `<mm:ss.xx>` (enhanced LRC); other tags are skipped.
//! A stamp with no words ends the line before it.

use super::{Given, Word, Wrong, excerpt, tidy};

/// Parses LRC text.
///
/// # Errors
/// The line and what would be right.
pub(super) fn parse(text: &str) -> Result<Vec<Given>, Wrong> {
    let mut offset_secs = 0.0;
    let mut given: Vec<Given> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let at_line = index + 1;
        let (starts, rest) = line_of(line.trim(), &mut offset_secs).map_err(|reason| (at_line, reason))?;
        let (text, words, end_secs) = words(rest);
        let Some(&first) = starts.first() else { continue };
        for start_secs in starts {
            // Where a line with several stamps has word stamps, those are for its first time.
            let moved = |secs: f64| secs + start_secs - first;
            let words = words.iter().map(|word| Word {
                start_secs: moved(word.start_secs),
                end_secs: word.end_secs.map(moved),
                text: word.text.clone(),
            });
            given.push(Given { start_secs, end_secs: end_secs.map(moved), text: text.clone(), words: words.collect(), at_line });
        }
    }
    // A positive offset shows lyrics sooner.
    given.iter_mut().for_each(|line| line.shift(-offset_secs));
    Ok(given)
}

/// Whether a line begins with a time stamp.
pub(super) fn is_stamped(line: &str) -> bool {
    let tag = line.trim_start().strip_prefix('[').and_then(|inside| inside.split_once(']'));
    tag.is_some_and(|(tag, _)| stamp_secs(tag).is_ok())
}

/// Stamps and the rest of one line; an offset tag in it is taken over.
fn line_of<'a>(line: &'a str, offset_secs: &mut f64) -> Result<(Vec<f64>, &'a str), String> {
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
            return Ok((starts, ""));
        } else {
            break;
        }
        rest = after.trim_start();
    }
    if starts.is_empty() && !rest.trim().is_empty() {
        return Err(format!("`{}` has no time: write `[mm:ss.xx]` before it", excerpt(rest)));
    }
    Ok((starts, rest))
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

/// The text without word stamps, the words that have them, and the line's end where a stamp follows the last word. Any other `<` stays.
fn words(text: &str) -> (String, Vec<Word>, Option<f64>) {
    let (mut plain, mut words) = (String::new(), Vec::<Word>::new());
    let mut rest = text;
    let mut open = String::new();
    while let Some((before, after)) = rest.split_once('<') {
        open.push_str(before);
        match after.split_once('>').map(|(tag, behind)| (stamp_secs(tag), behind)) {
            Some((Ok(at_secs), behind)) => {
                close(&mut plain, &mut words, &mut open);
                if let Some(last) = words.last_mut().filter(|last| last.end_secs.is_none()) {
                    last.end_secs = Some(at_secs);
                }
                words.push(Word { start_secs: at_secs, end_secs: None, text: String::new() });
                rest = behind;
            }
            _ => {
                open.push('<');
                rest = after;
            }
        }
    }
    open.push_str(rest);
    close(&mut plain, &mut words, &mut open);
    // A stamp behind the last word is its end.
    let end_secs = words.pop_if(|last| last.text.trim().is_empty()).map(|stamp| stamp.start_secs);
    (tidy(&plain), words, end_secs)
}

/// Ends the open piece of text: it belongs to the last stamp.
fn close(plain: &mut String, words: &mut [Word], open: &mut String) {
    plain.push_str(open);
    if let Some(word) = words.last_mut() {
        word.text = tidy(open);
    }
    open.clear();
}
