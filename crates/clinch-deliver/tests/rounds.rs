//! Films that go round.

mod common;

use clinch_deliver::{Error, Rounds};
use clinch_model::{FrameRate, PcmSource, SoundError, random::Stream, sound::PcmBuffer};
use common::*;

/// Noise under two tones that fit in whole periods, so that its end leads into its beginning.
fn song(samples: usize) -> Vec<f32> {
    let mut noise = Stream::new(5, "noise");
    let tone = |i: usize, periods: f64| (std::f64::consts::TAU * periods * i as f64 / samples as f64).sin();
    (0..samples).map(|i| (0.3 * tone(i, 220.0) + 0.2 * tone(i, 507.0) + 0.02 * noise.normal()) as f32).collect()
}

fn rounds(song: &[f32], loops: u16) -> Rounds<'static> {
    let song = song.to_vec();
    let open = move || -> Result<Box<dyn PcmSource>, SoundError> { Ok(Box::new(PcmBuffer::new(48_000, 1, song.clone()))) };
    Rounds::new(loops, open).unwrap()
}

#[test]
fn every_round_of_pictures_begins_with_the_song_to_a_hundredth_of_a_millisecond() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    // 24 frames at 24 000 / 1001 a second last 1001 ms; the song is 17 ms longer.
    let (samples, loops) = (48_864usize, 5u16);
    let segments = segments(folder.path(), small(FrameRate { num: 24_000, den: 1_001 }), &[11, 13]);
    let done = looped(&segments, &mut rounds(&song(samples), loops), loops, &out).unwrap();
    assert_eq!(done.frames, 24 * 5);
    assert_eq!(done.picture, done.sound);

    let film = read_back(&out);
    let picture = film.picture();
    let secs = |ticks: i64| ticks as f64 / picture.timescale as f64;
    assert_eq!(picture.samples.len(), 120);
    for (frame, sample) in picture.samples.iter().enumerate() {
        let expected_secs = (frame / 24 * samples) as f64 / 48_000.0 + (frame % 24) as f64 * 1001.0 / 24_000.0;
        assert!((secs(sample.composition_timestamp) - expected_secs).abs() < 1e-5, "{frame}");
        assert_eq!(sample.is_sync, [0, 11].contains(&(frame % 24)) || frame % 24 == 23, "{frame}");
    }
    assert!((secs(picture.duration as i64) - 5.0 * samples as f64 / 48_000.0).abs() < 1e-5);
    assert_eq!(film.sound_edit().1, 5 * samples);
    // The same pictures again, byte for byte, and they decode from there.
    let bytes = |frame: usize| &film.bytes[picture.samples[frame].byte_range()];
    assert!((24..120).all(|frame| bytes(frame) == bytes(frame % 24)));
    let luma = film.luma();
    assert!(luma.len() == 120 && (24..120).all(|frame| luma[frame] == luma[frame % 24]));
}

#[test]
fn the_song_goes_round_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let (song, loops) = (song(24_000), 4);
    let segments = segments(folder.path(), small(FrameRate::whole(24)), &[12]);
    looped(&segments, &mut rounds(&song, loops), loops, &out).unwrap();
    let heard = &presented_sound(&out)[0];
    assert_eq!(heard.len(), 4 * 24_000);
    let error = |range: std::ops::Range<usize>| {
        let squares: f64 = range.clone().map(|i| f64::from(heard[i] - song[i % 24_000]).powi(2)).sum();
        (squares / range.len() as f64).sqrt()
    };
    // Across the seams the code errs no more than elsewhere.
    let inside = error(6_000..18_000);
    for seam in [24_000, 48_000, 72_000] {
        let across = error(seam - 1_024..seam + 1_024);
        assert!(across < 2.0 * inside + 1e-3, "{seam}: {across}, elsewhere {inside}");
    }
}

#[test]
fn one_round_is_the_film_as_it_always_was() {
    let folder = tempfile::tempdir().unwrap();
    let segments = segments(folder.path(), small(FrameRate::whole(25)), &[13]);
    let (plain, round) = (folder.path().join("plain.mp4"), folder.path().join("round.mp4"));
    let song = song(24_960);
    film(&segments, &mut PcmBuffer::new(48_000, 1, song.clone()), &plain).unwrap();
    looped(&segments, &mut rounds(&song, 1), 1, &round).unwrap();
    assert!(std::fs::read(plain).unwrap() == std::fs::read(round).unwrap());
}

#[test]
fn too_many_rounds_none_and_a_song_of_another_number_of_rounds_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(FrameRate::whole(24)), &[12]);
    for loops in [0, 101] {
        let error = looped(&segments, &mut silence(0.5, 48_000, 1), loops, &out).unwrap_err();
        assert!(matches!(error, Error::Loops { .. }) && error.to_string().contains("`loops` is 1 to 100"), "{error}");
    }
    let error = looped(&segments, &mut silence(0.5, 48_000, 1), 3, &out).unwrap_err();
    assert!(matches!(error, Error::Lengths { .. }));
    assert!(!out.exists());
}
