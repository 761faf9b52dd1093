//! Every command of the user guide runs, at the smallest size.
//!
//! Each page is gone through in a folder of its own, in the order in which it is read: `toml` blocks whose first line is `# NAME.toml` become
//! that file, and lines of `sh` blocks that begin with `clinch` are run. Only the first film and the page on how it works act everything themselves; the others
//! find a film of the same song half made.

mod common;

use common::{lay_acted, run, song};
use std::path::{Path, PathBuf};

/// What the tests ask of a picture that the guide leaves at its usual size.
const PICTURE: [&str; 6] = ["--fps", "12", "--quality", "draft", "--takes", "1"];

/// What films are called in the guide.
const FILMS: [&str; 3] = ["film", "room", "round"];

/// Length of the song, in seconds: the guide's excerpts and lyrics lie in it.
const SONG_SECS: f64 = 24.0;

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/src")
}

/// Fenced blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(block)) => blocks.push(block),
            (None, Some((language, text))) => open = Some((language, text + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of the page isn't closed");
    blocks
}

/// The arguments of a command of the guide, at the smallest size; and whether it may end in an error, which `|| true` says.
fn arguments(line: &str) -> (Vec<String>, bool) {
    let (command, may_fail) = match line.strip_suffix("|| true") {
        Some(command) => (command, true),
        None => (line, false),
    };
    let mut arguments: Vec<String> = command.split_whitespace().skip(1).map(str::to_owned).collect();
    let makes_pictures = matches!(arguments[0].as_str(), "make" | "hear" | "cast" | "holds");
    if makes_pictures {
        for option in ["--size", "--fps", "--quality", "--takes"] {
            if let Some(at) = arguments.iter().position(|argument| argument == option) {
                arguments.drain(at..at + 2);
            }
        }
    }
    match arguments[0].as_str() {
        "make" if arguments.iter().any(|argument| argument == "--for") => {
            arguments.extend(["--short-side", "36"].iter().chain(&PICTURE).map(|&word| word.to_owned()));
        }
        "make" | "hear" => arguments.extend(["--size", "64x36"].iter().chain(&PICTURE).map(|&word| word.to_owned())),
        "cast" if arguments.iter().any(|argument| argument == "-o") => {
            arguments.extend(["--size", "640x360", "--quality", "draft"].map(str::to_owned));
        }
        _ => {}
    }
    (arguments, may_fail)
}

/// Goes through a page; gives back how many commands it has.
fn walk(name: &str) -> usize {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("song.wav"), song(SONG_SECS)).unwrap();
    std::fs::write(place.path().join("song.lrc"), "[00:08.00]hold on\n[00:12.50]nobody wins\n[00:16.00]\n").unwrap();
    let page = std::fs::read_to_string(guide().join(name)).unwrap();
    if !["first-film.md", "how-it-works.md"].contains(&name) {
        FILMS.iter().for_each(|film| lay_acted(place.path(), film));
    }
    let mut count = 0;
    for (language, text) in blocks(&page) {
        if let ("toml", Some(file)) = (language.as_str(), text.lines().next().and_then(|line| line.strip_prefix("# "))) {
            std::fs::write(place.path().join(file), &text).unwrap();
        }
        for line in text.lines().filter(|line| language == "sh" && line.starts_with("clinch ")) {
            let (arguments, may_fail) = arguments(line);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let output = run(place.path(), &arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            // The mezzanine needs a program that not every machine has; without it, the remedy must be told.
            let told = said.contains("needs the program ffmpeg") && said.contains("apt-get install ffmpeg");
            assert!(output.status.success() || may_fail || told, "{name}: {line}: {said}");
            assert!(!may_fail || !said.contains("clinch:"), "{name}: {line}: {said}");
            count += 1;
        }
    }
    count
}

#[test]
fn every_command_of_the_first_film_runs() {
    assert!(walk("first-film.md") >= 6);
}

#[test]
fn every_command_of_directing_runs() {
    assert!(walk("directing.md") >= 9);
}

#[test]
fn every_command_of_making_holds_runs() {
    assert!(walk("holds.md") >= 4);
}

#[test]
fn every_command_of_delivering_runs() {
    assert!(walk("delivering.md") >= 4);
}

#[test]
fn every_command_of_editing_elsewhere_runs() {
    assert!(walk("editing.md") >= 7);
}

#[test]
fn every_command_of_how_it_works_runs() {
    assert!(walk("how-it-works.md") >= 7);
}

#[test]
fn every_command_of_the_metrics_runs() {
    assert!(walk("metrics.md") >= 2);
}

#[test]
fn the_summary_names_every_page_and_every_page_is_walked() {
    let summary = std::fs::read_to_string(guide().join("SUMMARY.md")).unwrap();
    let tests = include_str!("guide.rs");
    let mut pages = 0;
    for entry in std::fs::read_dir(guide()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "SUMMARY.md" {
            assert!(summary.contains(&format!("({name})")), "{name} isn't in the summary");
            assert!(tests.contains(&format!("walk(\"{name}\")")), "{name} isn't walked");
            pages += 1;
        }
    }
    assert_eq!(summary.matches("](").count(), pages);
}
