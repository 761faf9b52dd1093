//! Lyrics files as people write them.

use clinch_hear::{Error, parse_lyrics};
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
