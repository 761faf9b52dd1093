//! Words without times: spread over the stretches in which a voice is heard, and marked as guessed.

use super::{Fit, feeling::syllables, tidy};
use clinch_model::{LyricLine, Secs};

/// Least time of voice a line, in seconds, for the stretches to be believed; where there is less, lines are spread over the song.
const LEAST_VOICE_SECS: f64 = 0.8;
/// Share of the song left empty at its beginning and end where no voice was heard.
const MARGIN: f64 = 0.04;
/// What a line takes besides its syllables, and a break between stanzas, in syllables.
const BREATH: f64 = 1.5;
const STANZA: f64 = 4.0;

/// Lines of plain text at guessed times.
pub(super) fn spread(text: &str, fit: Fit) -> Vec<LyricLine> {
    let lines = weighed(text);
    let stretches = stretches(fit, lines.len());
    let room_secs: f64 = stretches.iter().map(|(from, to)| to - from).sum();
    let total: f64 = lines.iter().map(|(_, before, weight)| before + weight).sum();
    let mut at = 0.0;
    let mut spread = Vec::new();
    for (text, before, weight) in lines {
        let from_secs = (at + before) / total * room_secs;
        at += before + weight;
        let (start, end) = within(&stretches, from_secs, at / total * room_secs);
        let moved = |secs: f64| (secs + fit.offset_secs).clamp(0.0, fit.duration.0);
        let (start, end) = (moved(start), moved(end));
        // An offset may push lines out of the song.
        if end > start {
            spread.push(LyricLine { start: Secs(start), end: Secs(end), text, guessed: true, ..LyricLine::default() });
        }
    }
    spread
}

/// Lines with the pause before each and their own weight, in syllables. What stands alone in brackets names a part and isn't sung.
fn weighed(text: &str) -> Vec<(String, f64, f64)> {
    let mut lines: Vec<(String, f64, f64)> = Vec::new();
    let mut pause = 0.0;
    for line in text.lines().map(tidy) {
        let heading = line.starts_with('[') && line.ends_with(']');
        if line.is_empty() || heading || !line.chars().any(char::is_alphanumeric) {
            pause = if lines.is_empty() { 0.0 } else { STANZA };
        } else {
            let weight = f64::from(syllables(&line)) + BREATH;
            lines.push((line, pause, weight));
            pause = 0.0;
        }
    }
    lines
}

/// Where lines may be: the stretches with a voice if they have room, else nearly the whole song.
fn stretches(fit: Fit, lines: usize) -> Vec<(f64, f64)> {
    let voice_secs: f64 = fit.voice_secs.iter().map(|(from, to)| to - from).sum();
    if voice_secs >= LEAST_VOICE_SECS * lines as f64 && voice_secs > 0.0 {
        return fit.voice_secs.to_vec();
    }
    vec![(MARGIN * fit.duration.0, (1.0 - MARGIN) * fit.duration.0)]
}

/// Song times of a span of vocal time; a line that a gap would cut stays on the side where most of it is.
fn within(stretches: &[(f64, f64)], from_secs: f64, to_secs: f64) -> (f64, f64) {
    let mut gone = 0.0;
    let mut best = (0.0, 0.0);
    for &(from, to) in stretches {
        let (start, end) = (from + (from_secs - gone).max(0.0), (from + to_secs - gone).min(to));
        if end - start > best.1 - best.0 {
            best = (start, end);
        }
        gone += to - from;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_where_the_voice_is() {
        let voice = [(10.0, 20.0), (40.0, 50.0)];
        let fit = Fit { duration: Secs(60.0), offset_secs: 0.0, voice_secs: &voice };
        let text = "[Verse]\nThree days down and my hands won't close\nYou say stop like a man who knows\n\nNeither of us gets up\nNeither of us lets go\n";
        let lines = spread(text, fit);
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.guessed && line.start < line.end));
        assert!(lines.windows(2).all(|w| w[0].end.0 <= w[1].start.0 + 1e-9), "{lines:?}");
        for line in &lines {
            assert!(voice.iter().any(|(from, to)| *from <= line.start.0 && line.end.0 <= *to), "{line:?}");
        }
        assert!(lines[3].start.0 >= 40.0);
    }

    #[test]
    fn without_a_voice_they_fill_the_song() {
        let fit = Fit { duration: Secs(100.0), offset_secs: 0.0, voice_secs: &[(3.0, 3.5)] };
        let lines = spread("one\ntwo\nthree", fit);
        assert!((lines[0].start.0 - 4.0).abs() < 1e-9 && (lines[2].end.0 - 96.0).abs() < 1e-9, "{lines:?}");
        assert!(spread("\n  \n", fit).is_empty());
    }
}
