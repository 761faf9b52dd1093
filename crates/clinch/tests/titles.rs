//! The opening, words in the picture and beside it, and formats, at the smallest size.

mod common;

use common::{SMALL, make, place, run, succeed};
use std::path::Path;

/// Frames of the opening at the tests' twelve a second.
const OPENED: usize = 60;

/// `[frame]`: the encoded pictures of a film, and its size.
fn pictures(film: &Path) -> (Vec<Vec<u8>>, (u16, u16)) {
    let (mp4, bytes) = re_mp4::Mp4::read_file(film).unwrap();
    let video = mp4.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video)).unwrap();
    (video.samples.iter().map(|sample| bytes[sample.byte_range()].to_vec()).collect(), (video.width, video.height))
}

fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(!output.status.success(), "{args:?} went through");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_opening_covers_five_seconds_of_the_first_round_only() {
    let place = place();
    let (once, _) = pictures(&make(place.path(), "film", &[]));
    assert_eq!(once.len(), 288);
    succeed(place.path(), &["deliver", "film.mp4", "--loops", "2"]);
    let (twice, _) = pictures(&place.path().join("film.mp4"));
    assert_eq!(twice.len(), 576);
    assert!(twice[..288] == once[..]);
    assert!(twice[288 + OPENED..] == once[OPENED..]);
    assert!(twice[288..288 + OPENED].iter().zip(&once[..OPENED]).all(|(struggle, card)| struggle != card));

    // Left out, the struggle is there from the first frame on, and what isn't covered stays.
    succeed(place.path(), &["deliver", "film.mp4", "--no-opening"]);
    let (bare, _) = pictures(&place.path().join("film.mp4"));
    assert_eq!(bare.len(), 288);
    assert!(bare[0] == twice[288]);
    succeed(place.path(), &["deliver", "film.mp4", "--opening"]);
    assert!(pictures(&place.path().join("film.mp4")).0 == once);
}

#[test]
fn the_treatments_performers_are_shown_and_wrong_ones_refused_before_the_work() {
    let place = place();
    let at = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    let make = |treatment: &'static str| [&["make", "song.wav", "-o", "f.mp4", "--treatment", treatment][..], &SMALL].concat();
    at("gone.toml", "[opening]\nperformers = [{ name = \"Ada\", portrait = \"gone.png\" }]\n");
    let said = refused(place.path(), &make("gone.toml"));
    assert!(said.contains("gone.png") && said.contains("opening.performers[0].portrait"), "{said}");
    at("hebrew.toml", "[opening]\nperformers = [{ name = \"Ada א\" }]\n");
    let said = refused(place.path(), &make("hebrew.toml"));
    assert!(said.contains("א (U+05D0)") && said.contains("face"), "{said}");
    at("face.toml", "[type]\nface = \"song.wav\"\n");
    assert!(refused(place.path(), &make("face.toml")).contains("song.wav"));
    let names = (0..7).map(|i| format!("{{ name = \"P{i}\" }}")).collect::<Vec<_>>().join(", ");
    at("many.toml", &format!("[opening]\nperformers = [{names}]\n"));
    assert!(refused(place.path(), &make("many.toml")).contains("at most 6"));
    assert!(!place.path().join("f.clinch/story.json").exists());
}

#[test]
fn words_are_set_into_the_picture_and_written_beside_it() {
    let place = place();
    let at = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    at("song.lrc", "[00:02.00]covered by the opening\n[00:08.00]hold on\n[00:12.50]nobody wins\n[00:16.00]\n");
    let (plain, _) = pictures(&make(place.path(), "film", &["--lyrics", "song.lrc"]));
    let film = make(place.path(), "film", &["--lyrics", "song.lrc", "--type", "line", "--subtitles"]);
    let (typed, _) = pictures(&film);
    assert!(typed[..OPENED] == plain[..OPENED]);
    assert!(typed[8 * 12 + 6] != plain[8 * 12 + 6]);
    let srt = std::fs::read_to_string(film.with_extension("srt")).unwrap();
    assert!(srt.contains("00:00:08,000 --> 00:00:12,500\r\nhold on\r\n"), "{srt}");
    assert!(std::fs::read_to_string(film.with_extension("vtt")).unwrap().starts_with("WEBVTT\n"));
    assert!(std::fs::read_to_string(film.with_extension("ass")).unwrap().contains("PlayResX: 64"));

    // Somebody's own subtitles are never replaced; what is missing is written again.
    std::fs::remove_file(film.with_extension("vtt")).unwrap();
    std::fs::write(film.with_extension("srt"), "mine").unwrap();
    let said = refused(place.path(), &["deliver", "film.mp4"]);
    assert!(said.contains("film.srt") && said.contains("--force"), "{said}");
    std::fs::remove_file(film.with_extension("srt")).unwrap();
    succeed(place.path(), &["deliver", "film.mp4"]);
    assert!(film.with_extension("vtt").exists() && std::fs::read_to_string(film.with_extension("srt")).unwrap() == srt);

    // What can't be set is told once the lyrics are known, before anybody performs.
    at("song.lrc", "[00:08.00]אל תעזוב\n");
    let args = [&["make", "song.wav", "-o", "other.mp4", "--lyrics", "song.lrc", "--type", "word"][..], &SMALL].concat();
    let said = refused(place.path(), &args);
    assert!(said.contains("א (U+05D0)") && said.contains("ז (U+05D6)"), "{said}");
    assert!(!place.path().join("other.clinch/performance.bin").exists());
}

#[test]
fn one_performance_is_delivered_in_every_format() {
    let place = place();
    let small = ["--short-side", "36", "--fps", "12", "--quality", "draft"];
    let every = ["make", "song.wav", "-o", "film.mp4", "--for", "youtube,vertical,square,scope,loop"];
    let args = [&every[..], &small].concat();
    succeed(place.path(), &args);
    let performed = std::fs::read(place.path().join("film.clinch/performance.bin")).unwrap();
    assert!(!place.path().join("film.mp4").exists());
    let mut framings = Vec::new();
    for (format, size) in [("youtube", (64, 36)), ("vertical", (36, 64)), ("square", (36, 36)), ("scope", (86, 36))] {
        let film = place.path().join(format!("film-{format}.mp4"));
        let (frames, found) = pictures(&film);
        assert_eq!((frames.len(), found), (288, size), "{format}");
        let bytes = std::fs::read(&film).unwrap();
        assert!(!bytes.windows(4).any(|four| four == b"elst"), "{format}");
        framings.push(std::fs::read(place.path().join(format!("film.clinch/{format}/cut.bin"))).unwrap());
    }
    assert!((1..4).all(|i| framings[i] != framings[0]));
    let (clip, size) = pictures(&place.path().join("film-loop.mp4"));
    assert_eq!(size, (36, 64));
    assert!((3 * 12..=8 * 12).contains(&clip.len()), "{}", clip.len());

    // Its motion and its camera close.
    let own = place.path().join("film.clinch/loop");
    let closed = clinch_model::file::load::<clinch_model::Performance>(&own.join("performance.bin")).unwrap().data;
    assert!(closed.findings.len() == 3 && closed.findings.iter().all(|finding| finding.holds()), "{:?}", closed.findings);
    let shots = clinch_model::file::load::<clinch_model::Cut>(&own.join("cut.bin")).unwrap().data.shots;
    let (first, last) = (&shots[0].camera[0], &shots[0].camera[clip.len()]);
    assert!(shots.len() == 1 && first.turn.angle_between(last.turn) < 1e-3 && first.eye_m == last.eye_m);

    // Made once, everything stays; a format is a film like any other.
    let before = std::fs::read(place.path().join("film-vertical.mp4")).unwrap();
    succeed(place.path(), &args);
    assert!(std::fs::read(place.path().join("film-vertical.mp4")).unwrap() == before);
    assert!(std::fs::read(place.path().join("film.clinch/performance.bin")).unwrap() == performed);
    succeed(place.path(), &["sheet", "film-vertical.mp4", "--from", "6", "--to", "8", "--every", "1", "-o", "strip.png"]);
    succeed(place.path(), &["deliver", "film-vertical.mp4"]);
    assert!(std::fs::read(place.path().join("film-vertical.mp4")).unwrap() == before);

    let refused = refused(place.path(), &[&every[..], &["--size", "64x36"]].concat());
    assert!(refused.contains("--size"), "{refused}");
}
