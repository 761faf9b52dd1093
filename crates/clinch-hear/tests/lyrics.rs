//! Lyrics files as people write them.

use clinch_hear::{Error, parse_lyrics, parse_lyrics_bytes};
use clinch_model::Secs;
use proptest::prelude::*;

const SONG: Secs = Secs(180.0);

fn lines(text: &str) -> Vec<(f64, f64, String)> {
    parse_lyrics(text, "song.lrc", SONG).unwrap().into_iter().map(|line| (line.start.0, line.end.0, line.text)).collect()
}

fn line(start: f64, end: f64, text: &str) -> (f64, f64, String) {
    (start, end, text.into())
}

#[test]
fn plain_stamps_make_lines_that_end_where_the_next_begins() {
    let text = "\u{feff}[ti:A title]\r\n[ar:Somebody]\r\n\r\n[00:10.50]one\r\n[00:12]two\r\n[01:02.345] three \r\n[01:05:50]\r\n";
    assert_eq!(lines(text), [line(10.5, 12.0, "one"), line(12.0, 62.345, "two"), line(62.345, 65.5, "three")]);
}

#[test]
fn several_stamps_repeat_a_line_and_the_last_line_ends_with_the_song() {
    let text = "[00:30.00][00:10.00]chorus\n[00:20.00]verse";
    assert_eq!(lines(text), [line(10.0, 20.0, "chorus"), line(20.0, 30.0, "verse"), line(30.0, 180.0, "chorus")]);
}

#[test]
fn offsets_shift_and_word_stamps_go() {
    assert_eq!(lines("[offset:+500]\n[00:10.00]sooner"), [line(9.5, 180.0, "sooner")]);
    assert_eq!(lines("[00:10.00]later\n[offset:-250]"), [line(10.25, 180.0, "later")]);
    assert_eq!(lines("[00:10.00]<00:10.00>a <00:10.50> word < 3"), [line(10.0, 180.0, "a word < 3")]);
    assert_eq!(lines("[offset:500]\n[00:00.10]first"), [line(0.0, 180.0, "first")]);
}

#[test]
fn wrong_lines_are_named() {
    for (text, number, words) in [
        ("[00:10.00]one\nno time here", 2, "no time"),
        ("[00:10.00]one\n\n[00:61.00]two", 3, "seconds below 60"),
        ("[0x:10]one", 1, "no time"),
        ("[00:1e1]one", 1, "no time"),
        ("[00:10.00 one", 1, "never closed"),
        ("[offset:soon]\n[00:01.00]x", 1, "no offset"),
        ("[00:10.00]one\n[04:00.00]beyond", 2, "another recording"),
    ] {
        let error = parse_lyrics(text, "song.lrc", SONG).unwrap_err();
        assert!(matches!(error, Error::Lyrics { line, .. } if line == number), "{text:?}: {error}");
        let message = error.to_string();
        assert!(message.contains("song.lrc") && message.contains(words), "{message}");
    }
}

#[test]
fn no_lines_at_all_is_no_error() {
    assert_eq!(lines(""), []);
    assert_eq!(lines("[ti:Instrumental]\n"), []);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = parse_lyrics(&text, "any.lrc", SONG);
    }

    #[test]
    fn near_lyrics_are_read_or_refused(text in "([\\[\\]<>:.0-9a-z \n+-]|\\[00:0[0-9]\\.00\\]|\\[offset:){0,60}") {
        if let Ok(found) = parse_lyrics(&text, "near.lrc", SONG) {
            prop_assert!(found.windows(2).all(|w| w[0].start.0 <= w[1].start.0));
            for line in found {
                prop_assert!(0.0 <= line.start.0 && line.start.0 < line.end.0 && line.end.0 <= SONG.0 && !line.text.is_empty());
            }
        }
    }

    #[test]
    fn written_lyrics_come_back(starts in proptest::collection::btree_set(0_u32..17_999, 1..30)) {
        let text: String = starts.iter().map(|c| format!("[{:02}:{:02}.{:02}]line {c}\n", c / 6000, c / 100 % 60, c % 100)).collect();
        let found = lines(&text);
        prop_assert_eq!(found.len(), starts.len());
        for ((start, _, words), c) in found.iter().zip(&starts) {
            prop_assert!((start - f64::from(*c) / 100.0).abs() < 1e-9);
            prop_assert_eq!(words, &format!("line {c}"));
        }
    }
}

/// Words with their times.
fn words(line: &clinch_model::LyricLine) -> Vec<(f64, f64, &str)> {
    line.words.iter().map(|word| (word.start.0, word.end.0, word.text.as_str())).collect()
}

#[test]
fn enhanced_lrc_has_word_times_and_an_end() {
    let found =
        parse_lyrics("[offset:+500]\n[00:10.00]<00:10.00>Nei<00:10.50>ther <00:11.00>falls<00:12.25>\n[00:20.00]x", "a.lrc", SONG).unwrap();
    assert_eq!(found[0].text, "Neither falls");
    assert_eq!((found[0].start.0, found[0].end.0), (9.5, 11.75));
    assert_eq!(words(&found[0]), [(9.5, 10.0, "Nei"), (10.0, 10.5, "ther"), (10.5, 11.75, "falls")]);
}

#[test]
fn srt_is_read() {
    let text = "1\n00:00:04,000 --> 00:00:07,500\n<i>Three days down</i>\n{\\an8}and my hands won't close\n\n2\n00:00:08,000 --> 00:00:11,250\n♪ You say stop ♪\n";
    for name in ["a.srt", "a.lrc", "a"] {
        let found = parse_lyrics(text, name, SONG).unwrap();
        let lines: Vec<_> = found.iter().map(|line| (line.start.0, line.end.0, line.text.as_str())).collect();
        assert_eq!(lines, [(4.0, 7.5, "Three days down and my hands won't close"), (8.0, 11.25, "You say stop")], "{name}");
    }
    // Files by hand forget the empty line.
    assert_eq!(
        parse_lyrics("1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo", "a.srt", SONG).unwrap()[0].text,
        "one"
    );
}

#[test]
fn webvtt_is_read_with_word_times() {
    let text = "WEBVTT - a song\nKind: captions\n\nNOTE not sung\nat all\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:04.000 --> 00:07.500 align:start position:0%\n\
                <v Kid>Three <00:05.000>days <c.loud>down</c></v>\n\n00:00:08.000 --> 00:00:11.000\nyou &amp; me\n";
    let found = parse_lyrics(text, "a.vtt", SONG).unwrap();
    assert_eq!(found.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["Three days down", "you & me"]);
    assert_eq!(words(&found[0]), [(4.0, 5.0, "Three"), (5.0, 7.5, "days down")]);
    assert_eq!((found[1].start.0, found[1].end.0, found[1].words.len()), (8.0, 11.0, 0));
}

#[test]
fn ttml_is_read_with_relative_absolute_and_counted_times() {
    let tt = |attributes: &str, body: &str| {
        let text = format!(
            "<?xml version=\"1.0\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" {attributes}><body>{body}</body></tt>"
        );
        parse_lyrics(&text, "a.ttml", SONG).unwrap()
    };
    let relative = tt(
        "ttp:frameRate=\"25\"",
        "<div begin=\"10s\"><p begin=\"00:00:02:05\" end=\"3500ms\">Three<br/>days</p><p begin=\"5s\" dur=\"1.5s\">down</p></div>",
    );
    let lines: Vec<_> = relative.iter().map(|line| (line.start.0, line.end.0, line.text.as_str())).collect();
    assert_eq!(lines, [(12.2, 13.5, "Three days"), (15.0, 16.5, "down")]);
    // As music services write it: absolute times in divisions that have them too, a span a word.
    let absolute = tt(
        "",
        "<div begin=\"9.7\" end=\"14.1\">\n<p begin=\"9.7\" end=\"14.1\">\n<span begin=\"9.7\" end=\"10.2\">Neither</span> <span begin=\"10.2\" end=\"14.1\">falls</span>\n</p></div>",
    );
    assert_eq!((absolute[0].start.0, absolute[0].end.0, absolute[0].text.as_str()), (9.7, 14.1, "Neither falls"));
    assert_eq!(words(&absolute[0]), [(9.7, 10.2, "Neither"), (10.2, 14.1, "falls")]);
    let ticks = tt("ttp:tickRate=\"1000\"", "<p begin=\"4000t\" end=\"1m\">x</p>");
    assert_eq!((ticks[0].start.0, ticks[0].end.0), (4.0, 60.0));
}

#[test]
fn wrong_lines_of_every_format_are_named() {
    for (name, text, number, said) in [
        ("a.srt", "1\n00:00:04,000 --> 00:70:07,500\nx\n", 2, "00:70:07"),
        ("a.srt", "words without a time\n", 1, "no time"),
        ("a.srt", "1\n00:09:04,000 --> 00:09:07,500\nx\n", 2, "another recording"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:0x.000\nx\n", 3, "no time"),
        ("a.vtt", "00:01.000 --> 00:02.000\nx\n", 1, "WEBVTT"),
        ("a.ttml", "<tt>\n<body><p begin=\"soon\">x</p></body></tt>", 2, "`soon` is no time"),
        ("a.ttml", "<tt>\n<body>\n<p>x</p></body></tt>", 3, "give its `p` a `begin`"),
        ("a.ttml", "<tt>\n<body>\n<p begin=\"1s\">x</body></tt>", 3, "well-formed"),
        ("a.xml", "<html><p>x</p></html>", 1, "not `tt`"),
        // The parser quotes the line break (found by examples/fuzz)
        ("a.ttml", "<tt><p /\n></tt>", 1, "\\n"),
    ] {
        let error = parse_lyrics(text, name, SONG).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, Error::Lyrics { line, .. } if line == number), "{text:?}: {message}");
        assert!(message.contains(name) && message.contains(said), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn plain_text_is_spread_in_order_and_marked() {
    let found = parse_lyrics("[Chorus]\nNeither of us\nNeither of us\n\nNeither of us gets up\n", "song.txt", SONG).unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|line| line.guessed) && found.windows(2).all(|w| w[0].end.0 <= w[1].start.0 + 1e-9));
    assert!(parse_lyrics("[00:10.00]timed", "song.txt", SONG).unwrap().iter().all(|line| !line.guessed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_read_or_refused_in_any_format(
        head in "(WEBVTT\n\n|<\\?xml version=\"1.0\"\\?><tt><body>|1\n00:00:01,000 --> 00:00:02,000\n|\\[00:01\\.00\\]|)",
        pieces in proptest::collection::vec("(00:00:0[0-9][.,][0-9]{3}|-->|<p begin=\"[0-9]{1,3}[smhft]?\">|</p>|<[0-9:.]{1,9}>|[a-z ]{0,9}|\n\n?|&[a-z]{1,4};|\\PC{0,4})", 0..40),
        ending in "(lrc|srt|vtt|ttml|txt|)",
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = format!("{head}{}", pieces.concat()).into_bytes();
        for (at, byte) in hits {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        if let Ok(found) = parse_lyrics_bytes(&bytes, &format!("any.{ending}"), SONG) {
            prop_assert!(found.windows(2).all(|w| w[0].start.0 <= w[1].start.0));
            for line in found {
                prop_assert!(0.0 <= line.start.0 && line.start.0 < line.end.0 && line.end.0 <= SONG.0 && !line.text.is_empty(), "{line:?}");
                prop_assert!((0.0..=1.0).contains(&line.strength) && line.valence.is_none_or(|valence| valence.abs() <= 1.0));
                prop_assert!(line.words.iter().all(|word| line.start.0 <= word.start.0 && word.start.0 <= word.end.0 && word.end.0 <= line.end.0));
            }
        }
    }
}
