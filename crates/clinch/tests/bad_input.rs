//! Bad input gets one clear message that names what is wrong and what to do, and costs nothing already made.

mod common;

use common::{SMALL, make, place, run, song, wav};
use std::path::Path;

/// Runs `make` with arguments that can't work and gives back what was said.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, &[&["make"][..], args, &SMALL].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{args:?} went through");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(said.matches("clinch:").count() + said.matches("error:").count(), 1, "one message: {said}");
    said
}

fn wants(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
}

#[test]
fn songs_that_are_none() {
    let place = place();
    let at = |name: &str, bytes: &[u8]| std::fs::write(place.path().join(name), bytes).unwrap();
    at("text.mp3", b"this is a text, not a song, however long it goes on. ".repeat(200).as_slice());
    at("empty.wav", b"");
    at("second.wav", &song(1.0));
    at("silence.wav", &wav(&vec![0.0; 44_100 * 24], 44_100));
    let whole = song(24.0);
    at("truncated.wav", &whole[..whole.len() / 3]);

    wants(&refused(place.path(), &["missing.mp3"]), &["missing.mp3"]);
    wants(&refused(place.path(), &["."]), &["folder"]);
    wants(&refused(place.path(), &["text.mp3"]), &["text.mp3"]);
    wants(&refused(place.path(), &["empty.wav"]), &["empty.wav", "empty"]);
    wants(&refused(place.path(), &["second.wav"]), &["second.wav", "1.0 s"]);
    wants(&refused(place.path(), &["silence.wav"]), &["silen"]);
    wants(&refused(place.path(), &["truncated.wav"]), &["truncated.wav"]);
}

#[test]
fn treatments_that_are_wrong() {
    let place = place();
    let treatment = |text: &str| {
        std::fs::write(place.path().join("t.toml"), text).unwrap();
        refused(place.path(), &["song.wav", "--treatment", "t.toml"])
    };
    wants(&treatment("[cop]\nheight-m = 3.2\n"), &["t.toml, line 2", "cop.height-m", "1.45", "2.05"]);
    wants(&treatment("title = \"a\"\n[kid.hair]\ngrey = 1.2\n"), &["t.toml, line 3", "kid.hair.grey", "from 0 to 1"]);
    wants(&treatment("[cop]\nheight-m = 2.0\nmass-kg = 42\n"), &["t.toml, line 3", "cop.mass-kg", "for a height of 2 m"]);
    wants(
        &treatment("[kid]\nheight-m = 2.0\nmass-kg = 53\nmuscle = 1.0\n"),
        &["t.toml, line 3", "Kid", "can't weigh 53 kg", "kid.mass-kg"],
    );
    wants(&treatment("[cop\nheight-m = 1.8\n"), &["t.toml", "line 1"]);
    wants(&treatment("[story]\nforbid-hold = []\n"), &["t.toml", "line 2", "forbid-hold"]);
    wants(&treatment("[story]\nforbid-holds = [\"mount-pinn\"]\n"), &["mount-pinn", "mount-pin"]);
    wants(&treatment("[story]\nshove-at = 99\n"), &["story.shove-at", "99", "24"]);
    wants(&treatment("[story]\nholds = [\"none.toml\"]\n"), &["none.toml", "story.holds"]);
    std::fs::write(place.path().join("my.toml"), "name = \"my\"\nlevle = 3\n").unwrap();
    wants(&treatment("[story]\nholds = [\"my.toml\"]\n"), &["my.toml", "line 2", "levle", "`level` is meant"]);
    wants(&refused(place.path(), &["song.wav", "--treatment", "none.toml"]), &["none.toml"]);
    wants(&refused(place.path(), &["song.wav", "--lyrics", "none.lrc"]), &["none.lrc"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = place();
    wants(&refused(place.path(), &["song.wav", "-o", "song.wav/film.mp4"]), &["song.wav", "isn't there", "-o"]);
    wants(&refused(place.path(), &["song.wav", "-o", "."]), &["-o", "film.mp4"]);
    wants(&refused(place.path(), &["song.wav", "-o", "/dev/null"]), &["/dev/null", "-o"]);
    wants(&refused(place.path(), &["song.wav", "-o", "song.wav", "--force"]), &["the song itself", "-o"]);
    let output = run(place.path(), &["make", "song.wav", "--size", "4096x4096"]);
    wants(&String::from_utf8(output.stderr).unwrap(), &["4096x4096", "3840"]);
    std::fs::write(place.path().join("taken.mp4"), b"somebody's film").unwrap();
    wants(&refused(place.path(), &["song.wav", "-o", "taken.mp4"]), &["taken.mp4", "--force"]);
    assert_eq!(std::fs::read(place.path().join("taken.mp4")).unwrap(), b"somebody's film");
    std::fs::write(place.path().join("blocked.clinch"), b"a file, not a folder").unwrap();
    wants(&refused(place.path(), &["song.wav", "-o", "blocked.mp4"]), &["blocked.clinch", "-o"]);
}

#[test]
fn a_wrong_wish_costs_nothing_already_made() {
    let place = place();
    let film = make(place.path(), "film", &[]);
    let before = std::fs::read(&film).unwrap();
    refused(place.path(), &["song.wav", "-o", "film.mp4", "--lyrics", "none.lrc"]);
    refused(place.path(), &["missing.wav", "-o", "film.mp4"]);
    assert_eq!(std::fs::read(&film).unwrap(), before);

    // A story that was edited into nonsense is told, not thrown away.
    let story = place.path().join("film.clinch/story.json");
    let text = std::fs::read_to_string(&story).unwrap();
    std::fs::write(&story, &text[..text.len() / 2]).unwrap();
    wants(&refused(place.path(), &["song.wav", "-o", "film.mp4"]), &["story.json", "damaged"]);
    std::fs::write(&story, text.replacen("\"hold\": \"", "\"hold\": \"un", 1)).unwrap();
    wants(&refused(place.path(), &["song.wav", "-o", "film.mp4"]), &["hold", "`un"]);
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_is_no_error() {
    let place = place();
    let mut child = common::command(place.path(), &["hear", "song.wav", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
