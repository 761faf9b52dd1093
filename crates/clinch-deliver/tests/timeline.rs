//! The timeline as an editing program reads it: structure, times and marks.

use clinch_deliver::{Error, Marker, MarkerKind, Piece, Timeline, write_otio};
use clinch_model::{FrameRate, Secs};
use serde_json::{Value, json};

fn timeline(rate: FrameRate) -> Timeline {
    let piece = |name: &str, frames| Piece { name: name.into(), frames, known: json!({"size": name}) };
    let mark = |kind, name: &str, from, to| Marker { kind, name: name.into(), from: Secs(from), to: Secs(to) };
    Timeline {
        title: "No \"winner\"".into(),
        rate,
        film_url: "film.mp4".into(),
        pieces: vec![piece("card", 0..120), piece("wide", 120..131), piece("close", 131..240)],
        markers: vec![
            mark(MarkerKind::Lyrics, "hold on", 6.0, 8.25),
            mark(MarkerKind::Section, "A", 0.0, 30.0),
            mark(MarkerKind::Reversal, "Kid", 5.5, 5.5),
            mark(MarkerKind::Event, "beyond the end", 60.0, 60.0),
        ],
    }
}

fn written(timeline: &Timeline) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.otio");
    write_otio(timeline, &out).unwrap();
    serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap()
}

/// Start and length of a range in frames, both at the rate.
fn frames(range: &Value, rate: FrameRate) -> (f64, f64) {
    let time = |time: &Value| {
        assert_eq!((&time["OTIO_SCHEMA"], time["rate"].as_f64()), (&json!("RationalTime.1"), Some(rate.hz())));
        time["value"].as_f64().unwrap()
    };
    assert_eq!(range["OTIO_SCHEMA"], "TimeRange.1");
    (time(&range["start_time"]), time(&range["duration"]))
}

#[test]
fn clips_tile_the_film_at_the_cuts_own_frames() {
    for rate in [FrameRate::whole(24), FrameRate { num: 24_000, den: 1_001 }] {
        let found = written(&timeline(rate));
        assert_eq!((&found["OTIO_SCHEMA"], &found["name"]), (&json!("Timeline.1"), &json!("No \"winner\"")));
        let tracks = found["tracks"]["children"].as_array().unwrap();
        let kinds: Vec<_> = tracks.iter().map(|track| track["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["Video", "Audio"]);
        let clips: Vec<_> = tracks[0]["children"].as_array().unwrap().iter().map(|clip| frames(&clip["source_range"], rate)).collect();
        assert_eq!(clips, [(0.0, 120.0), (120.0, 11.0), (131.0, 109.0)]);
        assert_eq!(frames(&tracks[1]["children"][0]["source_range"], rate), (0.0, 240.0));
        let film = &tracks[0]["children"][1]["media_references"]["DEFAULT_MEDIA"];
        assert_eq!((&film["OTIO_SCHEMA"], &film["target_url"]), (&json!("ExternalReference.1"), &json!("film.mp4")));
        assert_eq!(frames(&film["available_range"], rate), (0.0, 240.0));
        assert_eq!(tracks[0]["children"][2]["metadata"]["clinch"]["size"], "close");
    }
}

#[test]
fn marks_are_in_order_at_their_frames_and_never_beyond_the_film() {
    let rate = FrameRate::whole(24);
    let found = written(&timeline(rate));
    let marks = found["tracks"]["markers"].as_array().unwrap();
    let told = |mark: &Value| {
        assert_eq!(mark["OTIO_SCHEMA"], "Marker.2");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&mark["name"]), text(&mark["color"]), text(&mark["metadata"]["clinch"]["kind"]), frames(&mark["marked_range"], rate))
    };
    let told: Vec<_> = marks.iter().map(told).collect();
    let mark = |name: &str, colour: &str, kind: &str, range| (name.to_owned(), colour.to_owned(), kind.to_owned(), range);
    assert_eq!(
        told,
        [
            mark("A", "BLUE", "section", (0.0, 240.0)),
            mark("Kid", "RED", "reversal", (132.0, 1.0)),
            mark("hold on", "GREEN", "lyrics", (144.0, 54.0)),
        ]
    );
    assert_eq!(marks[2]["metadata"]["clinch"]["to_secs"], 8.25);
}

#[test]
fn a_film_without_pieces_has_no_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Timeline { pieces: Vec::new(), ..timeline(FrameRate::whole(24)) };
    let said = write_otio(&empty, &folder.path().join("film.otio")).unwrap_err();
    assert!(matches!(said, Error::NoPicture));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
