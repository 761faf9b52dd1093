//! Lyrics as files beside the film: SubRip, WebVTT and Advanced SubStation Alpha.

use crate::{Line, lyrics::Step};
use clinch_model::{Secs, Size};

/// A kind of subtitle file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SubRip, `.srt`.
    Srt,
    /// WebVTT, `.vtt` (W3C).
    Vtt,
    /// Advanced SubStation Alpha, `.ass` (script type v4.00+).
    Ass,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Srt, Kind::Vtt, Kind::Ass];

    /// Ending of the file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Kind::Srt => "srt",
            Kind::Vtt => "vtt",
            Kind::Ass => "ass",
        }
    }

    /// The file's text for lines in film time; `size` and `title` are the film's.
    pub fn write(self, lines: &[Line], title: &str, size: Size) -> String {
        match self {
            Kind::Srt => srt(lines),
            Kind::Vtt => vtt(lines),
            Kind::Ass => ass(lines, title, size),
        }
    }
}

/// The lines of a film that shows the song from `from` to `to`, `rounds` times in a row; times are the film's.
pub fn film_lines(lines: &[Line], from: Secs, to: Secs, rounds: u16) -> Vec<Line> {
    let length_secs = (to - from).0;
    let round = |round: u16| {
        let shift_secs = f64::from(round) * length_secs - from.0;
        let seen = lines.iter().filter(move |line| line.start.0 < to.0 && line.shown_until().0 > from.0 && !line.text.is_empty());
        seen.map(move |line| {
            let film = |at: Secs| Secs(at.0.clamp(from.0, to.0) + shift_secs);
            let words = line.words.iter().map(|word| crate::Word { start: film(word.start), text: word.text.clone() });
            Line { start: film(line.start), end: film(line.shown_until()), text: line.text.clone(), words: words.collect() }
        })
    };
    (0..rounds).flat_map(round).collect()
}

fn srt(lines: &[Line]) -> String {
    let cue = |(index, line): (usize, &Line)| {
        let [from, to] = [line.start, line.end].map(|at| clock(at, ','));
        format!("{}\r\n{from} --> {to}\r\n{}\r\n\r\n", index + 1, unarrowed(&line.text))
    };
    lines.iter().enumerate().map(cue).collect()
}

fn vtt(lines: &[Line]) -> String {
    let cue = |line: &Line| {
        let [from, to] = [line.start, line.end].map(|at| clock(at, '.'));
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut text = String::new();
        for step in line.known() {
            // A time within the cue says from when on what follows is sung.
            if step.at > line.start && step.at < line.end && !text.is_empty() {
                text += &format!("<{}>", clock(step.at, '.'));
            }
            text += &escaped(step.text);
        }
        format!("\n{from} --> {to}\n{text}\n")
    };
    "WEBVTT\n".to_owned() + &lines.iter().map(cue).collect::<String>()
}

fn ass(lines: &[Line], title: &str, size: Size) -> String {
    let margins = crate::Margins::of(size);
    let pixels = |share: f32, side: u32| (share * side as f32).round() as u32;
    let (left, right, bottom) = (pixels(margins.left, size.width), pixels(margins.right, size.width), pixels(margins.bottom, size.height));
    let type_px = crate::lyrics::type_size_px(size).round().max(1.0) as u32;
    let head = format!(
        "[Script Info]\nTitle: {}\nScriptType: v4.00+\nWrapStyle: 0\nScaledBorderAndShadow: yes\nPlayResX: {}\nPlayResY: {}\n\n\
         [V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
         StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
         Style: Lyrics,Commissioner,{type_px},&H00F0F0F0,&H00808080,&H00000000,&H80000000,-1,0,0,0,100,100,0,0,1,{},0,2,{left},{right},{bottom},1\n\n\
         [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
        title.replace(['\r', '\n'], " "),
        size.width,
        size.height,
        (type_px / 20).max(1),
    );
    let event = |line: &Line| {
        let [from, to] = [line.start, line.end].map(centiseconds);
        let text = ass_text(line, to);
        format!("Dialogue: 0,{},{},Lyrics,,0,0,0,,{text}\n", ass_clock(from), ass_clock(to))
    };
    head + &lines.iter().map(event).collect::<String>()
}

/// The line's text, with how long each word is sung where that is known.
fn ass_text(line: &Line, end: u64) -> String {
    // A backslash would begin a command and a brace a block of them; neither can be escaped everywhere, so look-alikes stand for them.
    let plain = |text: &str| text.replace('\\', "⧵").replace('{', "(").replace('}', ")");
    if line.words.is_empty() {
        return plain(&line.text);
    }
    let steps: Vec<Step> = line.known();
    let mut text = String::new();
    let mut from = centiseconds(line.start);
    for (i, step) in steps.iter().enumerate() {
        let next = steps.get(i + 1).map_or(end, |next| centiseconds(next.at)).max(from);
        text += &format!("{{\\k{}}}{}", next - from, plain(step.text));
        from = next;
    }
    text
}

fn centiseconds(at: Secs) -> u64 {
    (at.0.max(0.0) * 100.0).round() as u64
}

fn ass_clock(centiseconds: u64) -> String {
    let (hours, minutes, secs) = (centiseconds / 360_000, centiseconds / 6_000 % 60, centiseconds / 100 % 60);
    format!("{hours}:{minutes:02}:{secs:02}.{:02}", centiseconds % 100)
}

/// `hh:mm:ss` and milliseconds after a mark.
fn clock(at: Secs, mark: char) -> String {
    let millis = (at.0.max(0.0) * 1000.0).round() as u64;
    let (hours, minutes, secs) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{secs:02}{mark}{:03}", millis % 1000)
}

/// SubRip knows no escapes: an arrow in a text would be read as a time.
fn unarrowed(text: &str) -> String {
    text.replace("-->", "→")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Word;

    fn line(start: f64, end: f64, text: &str) -> Line {
        Line { start: Secs(start), end: Secs(end), text: text.into(), words: Vec::new() }
    }

    fn sung() -> Line {
        let words = [(61.0, "hold"), (61.5, "on")].map(|(at, text)| Word { start: Secs(at), text: text.into() });
        Line { words: words.into(), ..line(61.0, 62.255, "hold on") }
    }

    #[test]
    fn srt_numbers_its_cues_and_counts_in_milliseconds() {
        let text = Kind::Srt.write(&[line(0.5, 2.0, "a --> b"), line(3661.2345, 3662.0, "ü")], "T", Size { width: 64, height: 36 });
        assert_eq!(text, "1\r\n00:00:00,500 --> 00:00:02,000\r\na → b\r\n\r\n2\r\n01:01:01,235 --> 01:01:02,000\r\nü\r\n\r\n");
    }

    #[test]
    fn vtt_escapes_and_tells_when_words_are_sung() {
        let text = Kind::Vtt.write(&[line(0.5, 2.0, "a <b> & c"), sung()], "T", Size { width: 64, height: 36 });
        assert_eq!(
            text,
            "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\na &lt;b&gt; &amp; c\n\n00:01:01.000 --> 00:01:02.255\nhold<00:01:01.500> on\n"
        );
    }

    #[test]
    fn ass_knows_the_picture_and_how_long_words_are_sung() {
        let text = Kind::Ass.write(&[line(0.5, 2.0, "{\\b1}a"), sung()], "A\ntitle", Size { width: 1280, height: 720 });
        for part in [
            "Title: A title\n",
            "PlayResX: 1280\nPlayResY: 720\n",
            "Dialogue: 0,0:00:00.50,0:00:02.00,Lyrics,,0,0,0,,(⧵b1)a\n",
            "Dialogue: 0,0:01:01.00,0:01:02.26,Lyrics,,0,0,0,,{\\k50}hold{\\k76} on\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let style = text.lines().find(|line| line.starts_with("Style:")).unwrap();
        let format = text.lines().find(|line| line.starts_with("Format: Name, Fontname")).unwrap();
        assert_eq!(style.split(',').count(), format.split(',').count());
    }

    #[test]
    fn another_programs_parser_reads_what_was_written() {
        use subcue::{Format, Time, parse};
        let lines = [line(0.5, 2.0, "a <b> & c"), sung(), line(3661.25, 3662.0, "Grüße, Ζωή — 1, 2, 3")];
        for (kind, format) in [(Kind::Srt, Format::Srt), (Kind::Vtt, Format::Vtt), (Kind::Ass, Format::Ass)] {
            let text = kind.write(&lines, "T", Size { width: 1280, height: 720 });
            let read = parse(text.as_bytes(), format).unwrap();
            assert!(read.warnings.is_empty(), "{kind:?}: {:?}", read.warnings);
            assert_eq!(read.cues.len(), lines.len());
            let plain = if kind == Kind::Srt { read.clone() } else { read.convert(Format::Srt) };
            for ((cue, plain), line) in read.cues.iter().zip(&plain.cues).zip(&lines) {
                for (found, wanted) in [(cue.start, line.start), (cue.end, line.end)] {
                    // SubStation counts in hundredths.
                    let Time(millis) = found;
                    assert!((millis - (wanted.0 * 1000.0).round() as i64).abs() <= 5, "{kind:?}: {millis} for {}", wanted.0);
                }
                // A parser of SubRip may take what is between angles for a tag, so only the others must keep them.
                let bare = |text: &str| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                assert_eq!(bare(&plain.text), line.text, "{kind:?}");
            }
        }
    }

    #[test]
    fn times_are_the_films_in_a_part_and_in_every_round() {
        let lines = [line(1.0, 3.0, "a"), line(4.0, 6.0, "b"), line(9.0, 11.0, "c")];
        let part = film_lines(&lines, Secs(2.0), Secs(5.0), 1);
        assert_eq!(part, [line(0.0, 1.0, "a"), line(2.0, 3.0, "b")]);
        let rounds = film_lines(&lines, Secs(0.0), Secs(12.0), 2);
        assert_eq!(rounds.len(), 6);
        assert_eq!((rounds[3].start, rounds[5].end), (Secs(13.0), Secs(23.0)));
    }
}
