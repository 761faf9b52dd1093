//! WebVTT (W3C): a head, then blocks of an optional name, a line of two times with settings, and text with tags; `<00:00:01.000>` within the text is
//! the time of what follows.

use super::{
    Given, Word, Wrong, cues,
    cues::{Cue, sung, without_tags},
    excerpt, tidy,
};

/// Parses WebVTT text.
///
/// # Errors
/// The line and what would be right.
pub(super) fn parse(text: &str) -> Result<Vec<Given>, Wrong> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    match lines.next() {
        Some((_, head)) if head.starts_with("WEBVTT") => {}
        _ => return Err((1, "it doesn't begin with `WEBVTT`: write that in the first line".into())),
    }
    let mut found = Vec::new();
    let mut block: Vec<(usize, &str)> = Vec::new();
    for (at_line, line) in lines.chain([(0, "")]) {
        if !line.is_empty() {
            block.push((at_line, line));
        } else if !block.is_empty() {
            found.extend(cue(&block)?);
            block.clear();
        }
    }
    found.iter().map(given).collect()
}

/// The cue of a block; none where it is a head, note, style or region.
fn cue<'a>(block: &[(usize, &'a str)]) -> Result<Option<Cue<'a>>, Wrong> {
    let Some(at) = block.iter().position(|(_, line)| line.contains("-->")) else {
        let (at_line, first) = block[0];
        let other = ["NOTE", "STYLE", "REGION", "X-TIMESTAMP-MAP"].iter().any(|word| first.starts_with(word));
        // Lines right under the head are its own.
        if other || at_line <= 2 || first.contains(':') && at_line < 6 {
            return Ok(None);
        }
        return Err((at_line, format!("`{}` has no time: write a line such as `00:01.000 --> 00:03.500` before it", excerpt(first))));
    };
    let (at_line, line) = block[at];
    match cues::times(line) {
        Some(Ok((start_secs, end_secs))) => {
            let lines = block[at + 1..].iter().map(|(_, line)| *line).collect();
            Ok(Some(Cue { start_secs, end_secs, lines, at_line }))
        }
        Some(Err(_)) if block[0].1.starts_with("NOTE") => Ok(None),
        Some(Err(reason)) => Err((at_line, reason)),
        None => Ok(None),
    }
}

fn given(cue: &Cue) -> Result<Given, Wrong> {
    let all = cue.lines.join(" ");
    let words = words(&all, cue.start_secs);
    let text = words.iter().map(|word| word.text.as_str()).collect::<String>();
    let timed = words.len() > 1;
    let words = words.into_iter().map(|word| Word { text: sung(&word.text), ..word });
    Ok(Given {
        start_secs: cue.start_secs,
        end_secs: Some(cue.end_secs),
        text: sung(&text),
        words: if timed { words.collect() } else { Vec::new() },
        at_line: cue.at_line,
    })
}

/// Pieces of a text with the time that stands before each, the first with the cue's own.
fn words(text: &str, start_secs: f64) -> Vec<Word> {
    let mut words = vec![Word { start_secs, end_secs: None, text: String::new() }];
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let stamp = rest[at + 1..].split_once('>').and_then(|(tag, behind)| Some((cues::time_secs(tag).ok()?, behind)));
        let Some((at_secs, behind)) = stamp else {
            let end = at + 1;
            push(&mut words, &rest[..end]);
            rest = &rest[end..];
            continue;
        };
        push(&mut words, &rest[..at]);
        if let Some(last) = words.last_mut() {
            last.end_secs = Some(at_secs);
        }
        words.push(Word { start_secs: at_secs, end_secs: None, text: String::new() });
        rest = behind;
    }
    push(&mut words, rest);
    for word in &mut words {
        word.text = unescaped(&without_tags(&word.text));
    }
    // A stamp right at the beginning replaces the cue's time for the first word.
    words.retain(|word| !tidy(&word.text).is_empty());
    words
}

fn push(words: &mut [Word], text: &str) {
    if let Some(word) = words.last_mut() {
        word.text.push_str(text);
    }
}

/// Character references that WebVTT texts have.
fn unescaped(text: &str) -> String {
    let plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&lrm;", "").replace("&rlm;", "");
    plain.replace("&amp;", "&")
}
