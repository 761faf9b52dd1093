//! A run that is killed goes on where it stopped, and nobody can tell.
#![cfg(unix)]

mod common;

use common::{SMALL, command, make, place};
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

/// Longest that a stage of the smallest film may take before the test gives up on seeing its file.
const PATIENCE: Duration = Duration::from_secs(240);

/// Starts the film and kills it as soon as `seen` holds; says whether it was still running then.
fn kill_when(folder: &Path, seen: impl Fn(&Path) -> bool) -> bool {
    let args = [&["make", "song.wav", "-o", "killed.mp4"][..], &SMALL].concat();
    let mut child = command(folder, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    let work = folder.join("killed.clinch");
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if seen(&work) {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        assert!(began.elapsed() < PATIENCE, "the stage took too long");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn segments(work: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(work.join("shots")) else { return 0 };
    entries.flatten().filter(|entry| entry.path().extension().is_some_and(|extension| extension == "seg")).count()
}

#[test]
fn a_film_killed_in_every_stage_is_the_film_of_an_undisturbed_run() {
    let place = place();
    let undisturbed = std::fs::read(make(place.path(), "undisturbed", &[])).unwrap();

    let mut killed = 0;
    // Each stage's file appears when the next stage begins; the first is caught at the lock, before anything was heard.
    killed += usize::from(kill_when(place.path(), |work| work.join("lock").exists()));
    for file in ["job.json", "score.json", "story.json", "cast.bin", "performance.bin", "cut.bin"] {
        killed += usize::from(kill_when(place.path(), |work| work.join(file).exists()));
    }
    killed += usize::from(kill_when(place.path(), |work| segments(work) >= 1));
    killed += usize::from(kill_when(place.path(), |work| segments(work) >= 2));
    killed += usize::from(kill_when(place.path(), |work| work.join("film.mp4.part").exists() || work.join("film.mp4").exists()));
    assert!(killed >= 7, "only {killed} of 10 kills came in time");

    assert!(std::fs::read(make(place.path(), "killed", &[])).unwrap() == undisturbed);
}

#[test]
fn a_half_written_file_is_never_taken_for_a_whole_one() {
    let place = place();
    let film = std::fs::read(make(place.path(), "film", &[])).unwrap();
    let shots = place.path().join("film.clinch/shots");
    let segment = std::fs::read_dir(&shots).unwrap().flatten().next().unwrap().path();
    let whole = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &whole[..whole.len() / 2]).unwrap();
    let performance = place.path().join("film.clinch/performance.bin");
    let whole = std::fs::read(&performance).unwrap();
    std::fs::write(&performance, &whole[..whole.len() - 9]).unwrap();
    std::fs::remove_file(place.path().join("film.mp4")).unwrap();
    std::fs::remove_file(place.path().join("film.clinch/film.json")).unwrap();
    assert!(std::fs::read(make(place.path(), "film", &[])).unwrap() == film);
}
