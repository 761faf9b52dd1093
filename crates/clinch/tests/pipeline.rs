//! The whole pipeline at its smallest size: complete, repeatable, resumable, aligned.

mod common;

use clinch_model::PcmSource;
use common::{RATE_HZ, SMALL, clicks, make, make_anew, place, run, succeed};
use std::path::Path;

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_small_film_has_every_frame_and_the_whole_song() {
    let place = place();
    let film = make_anew(place.path(), "film", &[]);
    let data = bytes(&film);
    let moov = data.windows(4).position(|four| four == b"moov").unwrap();
    let mdat = data.windows(4).position(|four| four == b"mdat").unwrap();
    assert!(moov < mdat);
    let mp4 = re_mp4::Mp4::read_bytes(&data).unwrap();
    let video = mp4.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video)).unwrap();
    assert_eq!(video.samples.len(), 288);
    assert_eq!((video.width, video.height), (64, 36));
    let first = video.samples[0].duration;
    assert!(video.samples.iter().all(|sample| sample.duration == first));

    // What is finished stays as it is; what is asked anew is made anew.
    assert_eq!(bytes(&make(place.path(), "film", &[])), data);
    assert_ne!(bytes(&make(place.path(), "film", &["--seed", "5"])), data);

    let table = run(place.path(), &["audit", "film.mp4"]);
    let text = String::from_utf8(table.stdout).unwrap();
    for rule in [
        "assist",
        "strikes",
        "fatigue",
        "overlap",
        "loop",
        "reversals",
        "leverage",
        "jerk",
        "float",
        "joint limits",
        "contact recall",
        "cue by cue",
    ] {
        assert!(text.to_lowercase().contains(rule), "{rule} in\n{text}");
    }
    assert_eq!(table.status.code(), Some(if text.contains("FALLS SHORT") { 1 } else { 0 }));

    succeed(place.path(), &["sheet", "film.mp4", "--from", "1", "--to", "3", "--every", "1", "-o", "strip.png"]);
    assert!(bytes(&place.path().join("strip.png")).starts_with(b"\x89PNG"));
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let place = place();
    let one = make_anew(place.path(), "one", &["--threads", "1"]);
    let two = make_anew(place.path(), "two", &["--threads", "2"]);
    for file in ["score.json", "story.json", "cast.bin", "performance.bin", "cut.bin"] {
        assert!(bytes(&place.path().join("one.clinch").join(file)) == bytes(&place.path().join("two.clinch").join(file)), "{file}");
    }
    assert!(bytes(&one) == bytes(&two));
}

#[test]
fn stages_run_one_by_one_give_the_film_that_make_gives() {
    let place = place();
    let whole = make(place.path(), "whole", &[]);
    let args = [&["hear", "song.wav", "-o", "steps.mp4"][..], &SMALL].concat();
    succeed(place.path(), &args);
    for stage in ["plot", "cast", "perform", "shoot", "light", "deliver"] {
        succeed(place.path(), &[stage, "steps.clinch"]);
    }
    assert!(bytes(&whole) == bytes(&place.path().join("steps.mp4")));
}

#[test]
fn clicks_stay_where_they_were_from_start_to_end() {
    let place = place();
    let at_secs = [0.5, 1.0, 12.0, 23.0, 23.5];
    std::fs::write(place.path().join("song.wav"), clicks(24.0, &at_secs)).unwrap();
    let film = make_anew(place.path(), "film", &[]);
    let mut sound = clinch_hear::open(&clinch_hear::Source::File(film)).unwrap();
    let (rate, channels) = (f64::from(sound.sample_rate_hz()), sound.channels() as usize);
    assert_eq!(sound.sample_rate_hz(), RATE_HZ);
    let mut samples = Vec::new();
    while sound.next_block(&mut samples).unwrap() > 0 {}
    let loud: Vec<f64> = (0..samples.len() / channels).filter(|i| samples[i * channels].abs() > 0.3).map(|i| i as f64 / rate).collect();
    for at in at_secs {
        let first = loud.iter().copied().find(|heard| (heard - at).abs() < 0.05).unwrap_or(f64::NAN);
        assert!((first - at).abs() < 0.005, "the click at {at} s came at {first} s");
    }
}

#[test]
fn an_excerpt_is_as_long_as_asked() {
    let place = place();
    let film = make(place.path(), "part", &["--from", "2", "--to", "4.5"]);
    let mp4 = re_mp4::Mp4::read_bytes(&bytes(&film)).unwrap();
    let video = mp4.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video)).unwrap();
    assert_eq!(video.samples.len(), 30);
}

#[test]
fn a_film_goes_round_as_often_as_asked_and_bad_numbers_are_refused_by_name() {
    let place = place();
    let once = bytes(&make(place.path(), "film", &[]));
    succeed(place.path(), &["deliver", "film.mp4", "--loops", "3"]);
    let thrice = bytes(&place.path().join("film.mp4"));
    let frames = |data: &[u8]| {
        let mp4 = re_mp4::Mp4::read_bytes(data).unwrap();
        mp4.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video)).unwrap().samples.len()
    };
    assert_eq!((frames(&once), frames(&thrice)), (288, 3 * 288));
    for (asked, words) in [
        (&["--loops", "0"][..], ["--loops", "1..=100"]),
        (&["--loops", "101"], ["--loops", "1..=100"]),
        (&["--loops", "2", "--from", "1"], ["--loops 2", "--from"]),
    ] {
        let refused = run(place.path(), &[&["deliver", "film.mp4"], asked].concat());
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && words.iter().all(|word| said.contains(word)), "{said}");
    }
    succeed(place.path(), &["deliver", "film.mp4"]);
    assert!(bytes(&place.path().join("film.mp4")) == once);
}

#[test]
fn people_are_cast_and_pictured_without_a_film() {
    let place = place();
    std::fs::write(place.path().join("two.toml"), "[kid]\nheight-m = 1.5\nmass-kg = 50\n").unwrap();
    let pictures = ["--treatment", "two.toml", "-o", "cast.png", "--poses", "poses.png", "--size", "640x360", "--quality", "draft"];
    let told = run(place.path(), &[&["cast"][..], &pictures].concat());
    assert!(told.status.success());
    assert!(String::from_utf8(told.stdout).unwrap().contains("Kid: 1.50 m, 50.0 kg"));
    for picture in ["cast.png", "poses.png"] {
        assert!(bytes(&place.path().join(picture)).starts_with(b"\x89PNG"), "{picture}");
    }
    let names: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".clinch")), "{names:?}");

    let refused = run(place.path(), &["cast", "-o", "nowhere/cast.png"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("nowhere/cast.png can't be written"));
}
