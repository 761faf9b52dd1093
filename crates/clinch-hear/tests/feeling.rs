//! Feeling of sounds whose character is known.

mod made;

use clinch_hear::{Lyrics, Options, Source, clicks, hear, open, waveform};
use clinch_model::{PcmSource, Score};
use made::{add_clicks, add_noise, add_notes, add_sine, add_voice, silence, wav};
use std::io::Cursor;

const RATE_HZ: u32 = 44_100;

fn source(sound: &[f32]) -> Source {
    Source::Memory { name: "made.wav".into(), bytes: wav(RATE_HZ, 1, sound).into() }
}

fn heard(sound: &[f32]) -> Score {
    hear(&source(sound), &Options::default(), &|_| {}).unwrap()
}

fn mean(score: &Score, value: impl Fn(&clinch_model::Bar) -> f64) -> f64 {
    score.bars.iter().map(value).sum::<f64>() / score.bars.len() as f64
}

/// Two seconds a chord, its tones given in semitones from A.
fn chords(chords: &[[i32; 3]], rounds: usize) -> Vec<f32> {
    let length_secs = (chords.len() * rounds) as f64 * 2.0;
    let mut sound = silence(RATE_HZ, length_secs);
    let notes: Vec<(f64, f64, f64)> = (0..chords.len() * rounds)
        .flat_map(|i| chords[i % chords.len()].map(|tone| (i as f64 * 2.0, i as f64 * 2.0 + 1.9, 220.0 * (f64::from(tone) / 12.0).exp2())))
        .collect();
    add_notes(&mut sound, RATE_HZ, &notes, 0.12);
    sound
}

#[test]
fn major_is_brighter_than_minor() {
    // C F G C, and A minor, D minor, E, A minor.
    let major = heard(&chords(&[[3, 7, 10], [8, 0, 3], [10, 2, 5], [3, 7, 10]], 3));
    let minor = heard(&chords(&[[0, 3, 7], [5, 8, 0], [7, 11, 2], [0, 3, 7]], 3));
    let (major, minor) = (mean(&major, |bar| bar.feeling.valence), mean(&minor, |bar| bar.feeling.valence));
    assert!(major > 0.15 && minor < -0.15, "{major} {minor}");
}

#[test]
fn a_build_is_tenser_than_what_stays_as_it_is() {
    let mut steady = silence(RATE_HZ, 32.0);
    add_clicks(&mut steady, RATE_HZ, (0..64).map(|i| f64::from(i) * 0.5), 1500.0, 0.3);
    let mut build = steady.clone();
    add_sine(&mut steady, RATE_HZ, 220.0, 0.1);
    let mut noise = silence(RATE_HZ, 32.0);
    add_noise(&mut noise, 0.4);
    for (i, x) in build.iter_mut().enumerate() {
        *x += noise[i] * (i as f32 / 32.0 / RATE_HZ as f32).powi(2);
    }
    add_clicks(&mut build, RATE_HZ, (0..128).map(|i| 16.0 + f64::from(i) * 0.125), 900.0, 0.2);
    let late = |score: &Score| score.bars[10..15].iter().map(|bar| bar.feeling.tension).sum::<f64>() / 5.0;
    let (steady, build) = (late(&heard(&steady)), late(&heard(&build)));
    assert!(build > steady + 0.15, "{steady} {build}");
}

#[test]
fn saturation_is_aggression_at_equal_loudness() {
    let clean = chords(&[[0, 7, 12], [3, 10, 15], [-2, 5, 10], [5, 12, 17]], 3);
    let level = |sound: &[f32]| (sound.iter().map(|x| x * x).sum::<f32>() / sound.len() as f32).sqrt();
    let driven: Vec<f32> = clean.iter().map(|x| (x * 30.0).tanh()).collect();
    let gain = 0.12 / level(&driven);
    let driven: Vec<f32> = driven.iter().map(|x| x * gain).collect();
    let gain = 0.12 / level(&clean);
    let clean: Vec<f32> = clean.iter().map(|x| x * gain).collect();
    let (clean, driven) = (heard(&clean), heard(&driven));
    let [a, b] = [&clean, &driven].map(|score| mean(score, |bar| bar.aggression));
    assert!(b > a + 0.08, "clean {a} at {}, driven {b} at {}", clean.loudness.0, driven.loudness.0);
}

#[test]
fn a_voice_is_heard_and_instruments_are_none() {
    let mut voice = silence(RATE_HZ, 20.0);
    add_voice(&mut voice, RATE_HZ, 0.08);
    let band = chords(&[[0, 3, 7], [5, 8, 0], [7, 11, 2], [0, 3, 7]], 3);
    let mut both = band.clone();
    add_voice(&mut both[..RATE_HZ as usize * 12], RATE_HZ, 0.15);
    add_clicks(&mut both, RATE_HZ, (0..48).map(|i| f64::from(i) * 0.5), 1500.0, 0.2);
    let share = |sound: &[f32]| mean(&heard(sound), |bar| bar.feeling.voice);
    let (alone, none) = (share(&voice), share(&band));
    assert!(alone > 0.7 && none < 0.1, "voice {alone}, band {none}");
    let score = heard(&both);
    let part = |from: f64, to: f64| {
        let bars = score.bars.iter().filter(|bar| bar.start.0 >= from && bar.end.0 <= to);
        let shares: Vec<f64> = bars.map(|bar| bar.feeling.voice).collect();
        shares.iter().sum::<f64>() / shares.len() as f64
    };
    assert!(part(0.0, 11.0) > part(13.5, 24.0) + 0.4, "{} {}", part(0.0, 11.0), part(13.5, 24.0));
    // Words without times go where the voice is.
    let lyrics = Some(Lyrics::Text { name: "words.txt".into(), text: "Neither of us\nNeither of us gets up".into() });
    let score = hear(&source(&both), &Options { lyrics, ..Options::default() }, &|_| {}).unwrap();
    assert!(score.lyrics.len() == 2 && score.lyrics[1].end.0 < 14.0 && score.lyrics[0].guessed, "{:?}", score.lyrics);
}

#[test]
fn lyrics_move_by_the_offset_and_loud_lines_are_stronger() {
    let mut sound = silence(RATE_HZ, 24.0);
    add_clicks(&mut sound, RATE_HZ, (0..48).map(|i| f64::from(i) * 0.5), 1500.0, 0.1);
    add_noise(&mut sound[RATE_HZ as usize * 12..], 0.5);
    let text = "[00:04.00]You won't let go of me\n[00:08.00]\n[00:16.00]You won't let go of me\n[00:20.00]";
    let lyrics = Some(Lyrics::Text { name: "a.lrc".into(), text: text.into() });
    let score = hear(&source(&sound), &Options { lyrics, lyrics_offset_secs: -1.5, ..Options::default() }, &|_| {}).unwrap();
    assert_eq!((score.lyrics[0].start.0, score.lyrics[1].end.0), (2.5, 18.5));
    assert!(score.lyrics[1].strength > score.lyrics[0].strength + 0.2, "{:?}", score.lyrics);
}

#[test]
fn clicks_are_on_the_beats_to_the_sample_and_the_song_keeps_its_length() {
    let source = Source::Memory { name: "demo.wav".into(), bytes: clinch_demo::song().into() };
    let score = hear(&source, &Options::default(), &|_| {}).unwrap();
    let mut file = Cursor::new(Vec::new());
    clicks(&source, &score, &mut file, &|_| {}).unwrap();
    let mixed = Source::Memory { name: "clicks.wav".into(), bytes: file.into_inner().into() };
    let samples = |source: &Source| {
        let mut decoder = open(source).unwrap();
        assert_eq!((decoder.sample_rate_hz(), decoder.channels()), (clinch_demo::RATE_HZ, 2));
        let mut all = Vec::new();
        while decoder.next(&mut all).unwrap() > 0 {}
        all
    };
    let (song, mixed) = (samples(&source), samples(&mixed));
    assert_eq!(song.len(), mixed.len());
    // What was added, left; the song is six tenths of itself in the mix.
    let added: Vec<f32> = song.iter().zip(&mixed).step_by(2).map(|(x, y)| y - 0.6 * x).collect();
    let mut last = None;
    for beat in &score.beats {
        let at = (beat.0 * f64::from(clinch_demo::RATE_HZ)).round() as usize;
        assert!(added[at] > 0.2, "{beat}: {}", added[at]);
        assert!(at == 0 || added[at - 1].abs() < 0.01, "{beat}");
        let downbeat = score.bars.iter().any(|bar| (bar.start.0 - beat.0).abs() < 0.03);
        assert_eq!(added[at] > 0.35, downbeat, "{beat}");
        last = Some(at);
    }
    assert!(last.is_some() && added[..(score.beats[0].0 * 48_000.0) as usize].iter().all(|x| x.abs() < 0.01));
}

#[test]
fn the_outline_covers_the_song() {
    let mut sound = silence(RATE_HZ, 10.0);
    add_sine(&mut sound[RATE_HZ as usize * 5..], RATE_HZ, 1000.0, 0.5);
    let outline = waveform(&source(&sound), 100.0).unwrap();
    assert_eq!(outline.reach.len(), 1000);
    assert_eq!(outline.reach[100], (0.0, 0.0));
    assert!((outline.level[800] - 0.3536).abs() < 0.01 && (outline.reach[800].1 - 0.5).abs() < 0.01, "{:?}", outline.reach[800]);
}
