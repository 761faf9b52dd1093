//! What goes to editing programs and on paper, and what is checked before the work.

mod common;

use common::{make, place, run, succeed};
use serde_json::Value;
use std::path::Path;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// First frames and ends of a timeline's clips.
fn clips(timeline: &Value) -> Vec<(u64, u64)> {
    let of = |clip: &Value| {
        let frame = |name: &str| clip["source_range"][name]["value"].as_f64().unwrap() as u64;
        (frame("start_time"), frame("start_time") + frame("duration"))
    };
    timeline["tracks"]["children"][0]["children"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_film_goes_to_editing_programs_and_on_paper() {
    let place = place();
    let at = |name: &str| place.path().join(name);
    std::fs::write(at("song.lrc"), "[00:08.00]hold on\n[00:12.50]nobody wins\n[00:16.00]\n").unwrap();
    let film = make(place.path(), "film", &["--lyrics", "song.lrc", "--type", "line"]);

    // The timeline has the film's own cuts: the opening's cards over the first five seconds, then the cut's shots.
    succeed(place.path(), &["export", "film.mp4", "-o", "film.otio"]);
    let timeline = json(&at("film.otio"));
    let cut = clinch_model::file::load::<clinch_model::Cut>(&at("film.clinch/cut.bin")).unwrap().data;
    let clips = clips(&timeline);
    assert!(clips[0].0 == 0 && clips.last().unwrap().1 == cut.frames && clips.windows(2).all(|pair| pair[0].1 == pair[1].0));
    assert!(clips.iter().any(|clip| clip.0 == 60));
    let shots: Vec<_> = cut.shots.iter().filter(|shot| shot.end_frame > 60).map(|s| (s.first_frame.max(60), s.end_frame)).collect();
    assert_eq!(clips[clips.len() - shots.len()..], shots);
    let markers = timeline["tracks"]["markers"].as_array().unwrap();
    let kinds = |kind: &str| markers.iter().filter(|marker| marker["metadata"]["clinch"]["kind"] == kind).collect::<Vec<_>>();
    let score = json(&at("film.clinch/score.json"));
    let story = json(&at("film.clinch/story.json"));
    assert_eq!(kinds("section").len(), score["data"]["sections"].as_array().unwrap().len());
    let events = story["data"]["events"].as_array().unwrap();
    let reversals = events.iter().filter(|event| event["kind"] == "reversal").count();
    // The accent that lies under the shove is the shove.
    let shove = events.iter().find(|event| event["kind"] == "shove").unwrap();
    let doubled = events.iter().filter(|event| event["kind"] == "accent" && event["at"] == shove["at"]).count();
    assert!(reversals > 0 && kinds("reversal").len() == reversals);
    assert_eq!(kinds("event").len(), events.len() - reversals - doubled);
    let lines: Vec<_> = kinds("lyrics").iter().map(|m| (m["name"].clone(), m["marked_range"]["start_time"]["value"].clone())).collect();
    assert_eq!(lines, [("hold on".into(), 96.0.into()), ("nobody wins".into(), 150.0.into())]);

    // Pictures are the film's frames before they were encoded: opening, and type over the struggle.
    std::fs::create_dir(at("frames")).unwrap();
    succeed(place.path(), &["export", "film.mp4", "-o", "frames/f.png", "--from", "8", "--to", "8.25"]);
    let mut names: Vec<_> = std::fs::read_dir(at("frames")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["f.00096.png", "f.00097.png", "f.00098.png"]);
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(at("frames/f.00096.png")).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut luma = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut luma).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (64, 36, png::ColorType::Grayscale));

    // The mezzanine needs ffmpeg, and says so where it isn't there.
    let mezzanine = ["export", "film.mp4", "-o", "film.mov", "--from", "4", "--to", "6"];
    let without = common::command(place.path(), &mezzanine).env("PATH", place.path()).output().unwrap();
    let said = String::from_utf8(without.stderr).unwrap();
    assert!(!without.status.success() && said.contains("apt-get install ffmpeg") && !at("film.mov").exists(), "{said}");
    if std::process::Command::new("ffmpeg").arg("-version").output().is_ok() {
        succeed(place.path(), &mezzanine);
        let bytes = std::fs::read(at("film.mov")).unwrap();
        assert!([b"apch", b"in24"].iter().all(|code| bytes.windows(4).any(|four| four == *code)));
        assert!(!at("film.clinch/mezzanine.mov").exists() && !at("film.clinch/mezzanine.f32").exists());
    }

    // The storyboard has a panel for every card and every shot that is seen.
    succeed(place.path(), &["sheet", "film.mp4", "-o", "board.pdf"]);
    let board = std::fs::read(at("board.pdf")).unwrap();
    let images = board.windows(b"/Subtype/Image".len()).filter(|bytes| bytes == b"/Subtype/Image").count();
    assert!(board.starts_with(b"%PDF-") && images == clips.len(), "{images}");

    // A part of the film has another cut than the timeline would say.
    succeed(place.path(), &["deliver", "film.mp4", "--from", "6", "--to", "9"]);
    let refused = run(place.path(), &["export", "film.mp4", "-o", "part.otio"]);
    assert!(!refused.status.success() && String::from_utf8(refused.stderr).unwrap().contains("only a part"));
    assert!(film.exists() && !at("part.otio").exists());
}

#[test]
fn a_treatment_is_checked_without_anything_being_made() {
    let place = place();
    let at = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    succeed(place.path(), &["new", "-o", "fine.toml"]);
    assert!(succeed(place.path(), &["check", "fine.toml", "--song", "song.wav"]).contains("can be used"));
    let said = |args: &[&str]| {
        let output = run(place.path(), args);
        assert!(!output.status.success(), "{args:?} went through");
        String::from_utf8(output.stderr).unwrap()
    };
    // All faults are told at once.
    at(
        "wrong.toml",
        "[story]\nforbid-holds = [\"shoulder-clinc\"]\nreversals-at = [80]\n[kid]\nheight-m = 1.5\nmass-kg = 150\n[opening]\nperformers = [{ name = \"א\" }]\n",
    );
    let faults = said(&["check", "wrong.toml", "--song", "song.wav"]);
    for named in ["shoulder-clinc", "story.reversals-at", "ends at 24.0 s", "kid.mass-kg", "U+05D0"] {
        assert!(faults.contains(named), "{named}: {faults}");
    }
    for (text, named) in [
        ("[story]\nfatigeu = 0.7", "fatigue"),
        ("[story]\nholds = [\"gone.toml\"]", "gone.toml"),
        ("[opening]\nperformers = [{ name = \"A\", portrait = \"gone.png\" }]", "gone.png"),
        ("[type]\nface = \"song.wav\"", "song.wav"),
        ("[picture]\nsize = \"big\"", "picture.size"),
    ] {
        at("wrong.toml", text);
        let faults = said(&["check", "wrong.toml"]);
        assert!(faults.contains(named), "{text}: {faults}");
    }
    at("song.lrc", "[00:0x.00]hold on\n");
    assert!(said(&["check", "fine.toml", "--lyrics", "song.lrc"]).contains("song.lrc"));
    assert!(said(&["check", "fine.toml", "--song", "gone.wav"]).contains("gone.wav"));
    let made: Vec<_> = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made.len(), 4, "{made:?}");
}

#[test]
fn the_schema_is_printed_and_the_commented_treatment_is_valid_by_it() {
    let place = place();
    let schema: Value = serde_json::from_str(&succeed(place.path(), &["treatment", "--schema"])).unwrap();
    let treatment = succeed(place.path(), &["treatment"]);
    // Every key that is only shown is set, too.
    let all: String = treatment.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
    for text in [&treatment, &all] {
        let value = serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap();
        let faults: Vec<String> = jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(&value)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:?}");
    }
    succeed(place.path(), &["treatment", "--schema", "-o", "schema.json"]);
    assert_eq!(json(&place.path().join("schema.json")), schema);
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let place = place();
    let schema: Value = serde_json::from_str(&succeed(place.path(), &["treatment", "--schema"])).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    // Each with where the schema sees the fault, and what of it the program names.
    let wrong = [
        ("seed = -1", "/seed", "seed"),
        ("titel = \"x\"", "", "titel"),
        ("[story]\nforbid-hold = []", "/story", "forbid-hold"),
        ("[story]\nfatigue = 0.2", "/story/fatigue", "fatigue"),
        ("[story]\nopens-with = \"judge\"", "/story/opens-with", "judge"),
        ("[cop]\nheight-m = 3.2", "/cop/height-m", "height-m"),
        ("[cop]\nheight-m = \"tall\"", "/cop/height-m", "tall"),
        ("[kid]\nage-years = 7", "/kid/age-years", "age-years"),
        ("[kid]\ndress = \"armour\"", "/kid/dress", "armour"),
        ("[cop.hair]\nstyle = \"mohawk\"", "/cop/hair/style", "mohawk"),
        ("[cop.face]\neye-size = 2.0", "/cop/face/eye-size", "eye-size"),
        ("[light]\nset = \"beach\"", "/light/set", "beach"),
    ];
    for (text, at, named) in wrong {
        let value = serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap();
        let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.instance_path().to_string()).collect();
        assert!(faults.iter().any(|path| path == at), "{text}: {faults:?}");
        std::fs::write(place.path().join("wrong.toml"), text).unwrap();
        let output = run(place.path(), &["check", "wrong.toml"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(named), "{text}: {said}");
    }
}

/// `PYTHON=… cargo test --release --test editorial -- --ignored`.
#[test]
#[ignore = "needs a Python with the package opentimelineio, named by the environment's PYTHON"]
fn opentimelineio_reads_the_cut_back() {
    let place = place();
    make(place.path(), "film", &[]);
    succeed(place.path(), &["export", "film.mp4", "-o", "film.otio"]);
    let own = clips(&json(&place.path().join("film.otio")));
    let script = "import opentimelineio as o
track = o.adapters.read_from_file('film.otio').video_tracks()[0]
ranges = [clip.range_in_parent() for clip in track if isinstance(clip, o.schema.Clip)]
print([[r.start_time.to_frames(), r.end_time_exclusive().to_frames()] for r in ranges])";
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let output = std::process::Command::new(python).args(["-c", script]).current_dir(place.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(serde_json::from_slice::<Vec<(u64, u64)>>(&output.stdout).unwrap(), own);
}
