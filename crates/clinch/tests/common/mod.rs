//! A small song and the program run on it.
#![allow(dead_code, reason = "each test file uses its own part")]

use clinch_model::{CameraPose, Cut, Performance, Secs, StageFile, file, performance::Droplet};
use glam::Vec3;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

/// Samples a second of the test songs.
pub const RATE_HZ: u32 = 44_100;

/// The song's beats a minute: at 120 a bar of four beats is two seconds long.
pub const TEMPO_BPM: f64 = 120.0;

/// A stereo 16-bit WAV: clicks on every beat (stronger on downbeats), a drone, and a loud noisy second half.
pub fn song(secs: f64) -> Vec<u8> {
    let count = (secs * f64::from(RATE_HZ)) as usize;
    let mut noise = clinch_model::random::Stream::new(1, "test song");
    let samples: Vec<f32> = (0..count)
        .map(|i| {
            let at = i as f64 / f64::from(RATE_HZ);
            let beat = at * TEMPO_BPM / 60.0;
            let since = beat.fract() * 60.0 / TEMPO_BPM;
            let accent = if (beat as u64).is_multiple_of(4) { 0.8 } else { 0.4 };
            let click = accent * (-since * 60.0).exp() * (since * 2000.0 * std::f64::consts::TAU).sin();
            let drone = 0.05 * (at * 110.0 * std::f64::consts::TAU).sin();
            let hiss = if at > secs / 2.0 { 0.25 } else { 0.01 } * noise.between(-1.0, 1.0);
            (click + drone + hiss).clamp(-0.99, 0.99) as f32
        })
        .collect();
    wav(&samples, RATE_HZ)
}

/// Clicks of one sample at the given times in silence with a faint tone.
pub fn clicks(secs: f64, at_secs: &[f64]) -> Vec<u8> {
    let count = (secs * f64::from(RATE_HZ)) as usize;
    let mut samples: Vec<f32> = (0..count).map(|i| 0.003 * (i as f32 * 0.03).sin()).collect();
    for &at in at_secs {
        // A short burst survives the encoder better than one sample.
        for k in 0..32 {
            let i = (at * f64::from(RATE_HZ)).round() as usize + k;
            if let Some(sample) = samples.get_mut(i) {
                *sample = if k % 8 < 4 { 0.9 } else { -0.9 };
            }
        }
    }
    wav(&samples, RATE_HZ)
}

/// The same samples on two channels, 16 bits.
pub fn wav(samples: &[f32], rate_hz: u32) -> Vec<u8> {
    let data_bytes = samples.len() as u32 * 4;
    let mut bytes = Vec::with_capacity(44 + data_bytes as usize);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt ");
    bytes.extend_from_slice(&16u32.to_le_bytes());
    for half in [1u16, 2] {
        bytes.extend_from_slice(&half.to_le_bytes());
    }
    bytes.extend_from_slice(&rate_hz.to_le_bytes());
    bytes.extend_from_slice(&(rate_hz * 4).to_le_bytes());
    for half in [4u16, 16] {
        bytes.extend_from_slice(&half.to_le_bytes());
    }
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&data_bytes.to_le_bytes());
    for sample in samples {
        let value = (sample * 32767.0).round() as i16;
        bytes.extend_from_slice(&value.to_le_bytes());
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes
}

/// A folder with `song.wav`, 24 seconds long, in it.
pub fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("song.wav"), song(24.0)).unwrap();
    folder
}

/// The smallest film, acted with few tries, that goes through every stage.
pub const SMALL: [&str; 8] = ["--size", "64x36", "--fps", "12", "--quality", "draft", "--takes", "1"];

/// The program in a folder, not yet started.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clinch"));
    command.args(args).current_dir(folder);
    command
}

/// Runs the program to its end.
pub fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

/// Runs the program and wants it to succeed.
pub fn succeed(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `make song.wav -o NAME.mp4` at the smallest size, with more arguments; nothing is made before.
pub fn make_anew(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    let film = format!("{name}.mp4");
    let args = [&["make", "song.wav", "-o", &film][..], &SMALL, more].concat();
    succeed(folder, &args);
    folder.join(film)
}

/// The same, where what another film of the usual song has acted lies in the folder already. The program tells by itself what of it will do.
pub fn make(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    lay_acted(folder, name);
    make_anew(folder, name, more)
}

/// Lays the acted stages of a film of the usual song into a film's working folder, if it has none yet. They are made once a test program.
pub fn lay_acted(folder: &Path, name: &str) {
    static ACTED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let acted = place();
        make_anew(acted.path(), "acted", &["--from", "8", "--to", "8.25"]);
        acted
    });
    let working = folder.join(format!("{name}.clinch"));
    if working.exists() {
        return;
    }
    std::fs::create_dir(&working).unwrap();
    for stage in ["score.json", "story.json", "cast.bin", "performance.bin"] {
        std::fs::copy(ACTED.path().join("acted.clinch").join(stage), working.join(stage)).unwrap();
    }
}

/// The camera of `film.clinch` in a folder at a frame's beginning and at the next one's.
pub fn camera(place: &Path, frame: u64) -> (CameraPose, CameraPose) {
    let cut = file::load::<Cut>(&place.join("film.clinch").join(Cut::FILE_NAME)).unwrap().data;
    let shot = &cut.shots[cut.shot_at(frame)];
    let index = (frame - shot.first_frame) as usize;
    (shot.camera[index], shot.camera[index + 1])
}

/// Hangs a drop of blood, the only one, in the air before the camera of `film.clinch` round a frame at 12 frames a second; where it is.
pub fn hang_drop(place: &Path, frame: u64, radius_m: f32) -> Vec3 {
    let path = place.join("film.clinch").join(Performance::FILE_NAME);
    let mut performance = file::load::<Performance>(&path).unwrap();
    let camera = camera(place, frame).0;
    let at_m = camera.eye_m + camera.turn * (Vec3::NEG_Z * 1.2 + Vec3::new(-0.6, 0.5, 0.0) * (camera.vfov_rad / 2.0).tan());
    let at_secs = frame as f64 / 12.0;
    performance.data.droplets = vec![Droplet {
        start: Secs(at_secs - 0.3),
        flight: Secs(0.6),
        gone: Secs(at_secs + 0.4),
        path_m: vec![at_m; 73],
        radius_m,
        spot_m: 0.02,
        blood: 1.0,
        string: Secs(0.0),
    }];
    file::save(&path, &performance.key, &performance.data).unwrap();
    at_m
}
