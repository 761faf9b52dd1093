//! Scores of sounds whose truth is known.

mod made;

use clinch_hear::{Error, Lyrics, Options, Source, hear};
use clinch_model::{KnownPulse, PulseScale, Score, Tracker};
use made::{add_clicks, add_noise, add_sine, silence, wav};
use proptest::prelude::*;

const RATE_HZ: u32 = 44_100;

fn heard(name: &str, file: Vec<u8>) -> Score {
    let source = Source::Memory { name: name.into(), bytes: file.into() };
    let score = hear(&source, &Options::default(), &|_| {}).unwrap();
    check_invariants(&score);
    score
}

fn heard_mono(sound: &[f32]) -> Score {
    heard("made.wav", wav(RATE_HZ, 1, sound))
}

/// What the model promises of every score.
fn check_invariants(score: &Score) {
    let duration = score.track.duration.0;
    assert_eq!(duration, score.track.samples as f64 / f64::from(score.track.sample_rate_hz));
    assert!((2..=12).contains(&score.beats_per_bar) && (0.0..=1.0).contains(&score.pulse_clarity));
    assert!(score.beats.windows(2).all(|w| w[0].0 < w[1].0));
    assert!(score.beats.iter().all(|beat| (0.0..duration).contains(&beat.0)));
    assert_eq!((score.bars[0].start.0, score.bars[score.bars.len() - 1].end.0), (0.0, duration));
    assert!(score.bars.windows(2).all(|w| w[0].end == w[1].start));
    assert!(score.bars.iter().all(|bar| bar.start.0 < bar.end.0 && (0.0..=1.0).contains(&bar.aggression)));
    assert_eq!((score.sections[0].first_bar, score.sections[score.sections.len() - 1].end_bar), (0, score.bars.len()));
    assert!(score.sections.windows(2).all(|w| w[0].end_bar == w[1].first_bar));
    for (index, bar) in score.bars.iter().enumerate() {
        let section = &score.sections[bar.section];
        assert!((section.first_bar..section.end_bar).contains(&index));
    }
    assert_eq!((score.form.sentences[0].first_bar, score.form.sentences[score.form.sentences.len() - 1].end_bar), (0, score.bars.len()));
    assert!(score.form.sentences.windows(2).all(|w| w[0].end_bar == w[1].first_bar));
    assert!(score.form.turns.iter().all(|turn| turn.first_bar < turn.end_bar && turn.end_bar <= score.bars.len()));
    assert!((0.0..=1.0).contains(&score.rhythm.agreement));
    for curve in [&score.onset, &score.aggression] {
        assert!(curve.values.iter().all(|v| (0.0..=1.0).contains(v)));
        let covered = curve.values.len() as f64 * curve.hop_secs;
        assert!((covered - duration).abs() < 2.0 * curve.hop_secs, "{covered} {duration}");
    }
}

/// Share of beats that match (F-measure) within a tolerance, as in MIREX.
fn f_measure(found_secs: &[f64], true_secs: &[f64], tolerance_secs: f64) -> f64 {
    let near = |at: f64, others: &[f64]| others.iter().any(|other| (other - at).abs() <= tolerance_secs);
    let right = found_secs.iter().filter(|&&at| near(at, true_secs)).count() as f64;
    let recalled = true_secs.iter().filter(|&&at| near(at, found_secs)).count() as f64;
    let (precision, recall) = (right / found_secs.len() as f64, recalled / true_secs.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

fn beats_secs(score: &Score) -> Vec<f64> {
    score.beats.iter().map(|beat| beat.0).collect()
}

/// Clicks from `first_secs` on, every `accent`-th from `phase` on louder and lower.
fn click_track(bpm: f64, first_secs: f64, length_secs: f64, accent: usize, phase: usize) -> (Vec<f32>, Vec<f64>) {
    let mut sound = silence(RATE_HZ, length_secs);
    let times: Vec<f64> = (0..).map(|beat| first_secs + f64::from(beat) * 60.0 / bpm).take_while(|&at| at < length_secs - 0.1).collect();
    add_clicks(&mut sound, RATE_HZ, times.iter().copied(), 1500.0, 0.4);
    add_clicks(&mut sound, RATE_HZ, times.iter().copied().skip(phase).step_by(accent), 90.0, 0.5);
    (sound, times)
}

#[test]
fn clicks_are_found_where_they_are() {
    for bpm in [60.0, 90.0, 120.0, 173.0] {
        let (sound, times) = click_track(bpm, 0.37, 24.0, 4, 0);
        let score = heard_mono(&sound);
        assert!((score.tempo.0 / bpm - 1.0).abs() < 0.01, "{bpm}: {}", score.tempo.0);
        assert!(score.pulse_clarity > 0.5, "{bpm}: {}", score.pulse_clarity);
        let found = beats_secs(&score);
        let mut bias = 0.0;
        for at in &times {
            let nearest = found.iter().map(|f| f - at).min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
            assert!(nearest.abs() < 0.02, "{bpm}: beat at {at} is {nearest} off");
            bias += nearest / times.len() as f64;
        }
        assert!(bias.abs() < 0.004, "{bpm}: beats are {bias} s late on average");
        assert!(f_measure(&found, &times, 0.02) > 0.97, "{bpm}: beats where there are no clicks");
    }
}

#[test]
fn accents_tell_bars_of_four_from_bars_of_three_and_where_they_begin() {
    for (beats_per_bar, phase) in [(4, 0), (4, 1), (4, 3), (3, 0), (3, 2)] {
        let (sound, times) = click_track(110.0, 0.2, 30.0, beats_per_bar, phase);
        let score = heard_mono(&sound);
        assert_eq!(score.beats_per_bar as usize, beats_per_bar);
        for downbeat in times.iter().skip(phase + beats_per_bar).step_by(beats_per_bar).filter(|&&at| at < 28.0) {
            assert!(score.bars.iter().any(|bar| (bar.start.0 - downbeat).abs() < 0.02), "no bar begins at {downbeat}");
        }
        let whole = score.bars.iter().filter(|bar| (bar.end.0 - bar.start.0 - beats_per_bar as f64 * 60.0 / 110.0).abs() < 0.04);
        assert!(whole.count() + 2 >= score.bars.len());
    }
}

#[test]
fn what_is_known_of_the_pulse_is_kept() {
    let (sound, times) = click_track(110.0, 0.2, 30.0, 4, 0);
    let file = wav(RATE_HZ, 1, &sound);
    let heard = |pulse: KnownPulse| {
        let source = Source::Memory { name: "made.wav".into(), bytes: file.clone().into() };
        let score = hear(&source, &Options { pulse, ..Options::default() }, &|_| {}).unwrap();
        check_invariants(&score);
        score
    };
    let three = heard(KnownPulse { metre: Some(3), ..KnownPulse::default() });
    assert_eq!(three.beats_per_bar, 3);
    let slow = heard(KnownPulse { tempo_bpm: Some(55.0), ..KnownPulse::default() });
    assert!((slow.tempo.0 / 55.0 - 1.0).abs() < 0.02, "{}", slow.tempo.0);
    // Slower than the decoder goes by itself
    let slower = heard(KnownPulse { tempo_bpm: Some(27.5), ..KnownPulse::default() });
    assert!((slower.tempo.0 / 27.5 - 1.0).abs() < 0.02, "{}", slower.tempo.0);
    let late = heard(KnownPulse { first_beat_secs: Some(times[5]), ..KnownPulse::default() });
    assert!(late.bars.iter().any(|bar| (bar.start.0 - times[5]).abs() < 0.03));
    for (scale, factor) in [(PulseScale::Double, 2.0), (PulseScale::Half, 0.5)] {
        let scaled = heard(KnownPulse { scale, ..KnownPulse::default() });
        assert!((scaled.tempo.0 / (110.0 * factor) - 1.0).abs() < 0.02, "{}", scaled.tempo.0);
    }
}

#[test]
fn a_reference_sine_has_its_loudness() {
    // EBU Tech 3341, case 1: a stereo sine at 1 kHz whose peaks are at −23 dBFS is −23.0 LUFS, within 0.1.
    let mut left = silence(48_000, 20.0);
    add_sine(&mut left, 48_000, 1000.0, 10.0_f64.powf(-23.0 / 20.0));
    let stereo: Vec<f32> = left.iter().flat_map(|&x| [x, x]).collect();
    let score = heard("sine.wav", wav(48_000, 2, &stereo));
    assert!((score.loudness.0 + 23.0).abs() < 0.1, "{}", score.loudness.0);
    assert!((score.bars[3].loudness.0 + 23.0).abs() < 0.1, "{}", score.bars[3].loudness.0);
    // A steady tone pushes nobody, and has no pulse.
    assert!(score.sections[0].aggression < 0.35, "{}", score.sections[0].aggression);
    assert_eq!((score.pulse_clarity, score.tempo.0), (0.0, 120.0));
}

#[test]
fn noise_has_no_pulse_and_gets_a_plain_grid_that_says_so() {
    let mut sound = silence(RATE_HZ, 20.0);
    add_noise(&mut sound, 0.2);
    let score = heard_mono(&sound);
    assert_eq!((score.pulse_clarity, score.tempo.0, score.bars.len()), (0.0, 120.0, 10));
    assert_eq!(score.bars[3].start.0, 6.0);
}

#[test]
fn the_boundary_between_two_parts_is_found_and_the_return_recognised() {
    // Clicks throughout; a quiet low tone, then loud bright noise over it, then the tone again; eight bars each at 120.
    let (mut sound, _) = click_track(120.0, 0.0, 48.0, 4, 0);
    add_sine(&mut sound, RATE_HZ, 110.0, 0.05);
    add_noise(&mut sound[16 * RATE_HZ as usize..32 * RATE_HZ as usize], 0.3);
    let score = heard_mono(&sound);
    let starts: Vec<usize> = score.sections.iter().map(|section| section.first_bar).collect();
    assert_eq!(starts, [0, 8, 16]);
    let labels: Vec<&str> = score.sections.iter().map(|section| section.label.as_str()).collect();
    assert_eq!(labels, ["A", "B", "A"]);
    assert!(score.sections[1].aggression > score.sections[0].aggression + 0.2);
}

#[test]
fn the_demo_song_is_heard_as_it_was_written() {
    let lyrics = Some(Lyrics::Text { name: "demo.lrc".into(), text: clinch_demo::LYRICS.into() });
    let source = Source::Memory { name: "demo.wav".into(), bytes: clinch_demo::song().into() };
    let score = hear(&source, &Options { lyrics, ..Options::default() }, &|_| {}).unwrap();
    check_invariants(&score);
    assert_eq!(score.track.duration.0, clinch_demo::SONG_SECS);
    assert!((score.tempo.0 / clinch_demo::TEMPO_BPM - 1.0).abs() < 0.01, "{}", score.tempo.0);
    let f = f_measure(&beats_secs(&score), &clinch_demo::beats_secs(), 0.07);
    assert!(f >= 0.95, "F {f}");
    assert_eq!((score.beats_per_bar, score.bars.len()), (clinch_demo::BEATS_PER_BAR, clinch_demo::BARS));
    let parts: Vec<(usize, usize)> = score.sections.iter().map(|section| (section.first_bar, section.end_bar)).collect();
    let truth: Vec<(usize, usize)> = clinch_demo::PARTS.iter().map(|part| (part.first_bar, part.end_bar)).collect();
    assert_eq!(parts, truth);
    // The two heavy parts are the same material, the verse is other material.
    assert_eq!(score.sections[2].label, score.sections[4].label);
    assert_ne!(score.sections[1].label, score.sections[2].label);
    // Quiet and heavy differ in aggression, absolutely.
    assert!(score.sections[0].aggression < 0.35 && score.sections[2].aggression > 0.7, "{:?}", score.sections);
    assert_eq!(score.lyrics.len(), 9);
    assert_eq!((score.lyrics[0].start.0, score.lyrics[8].end.0), (4.0, 30.5));
}

#[test]
fn the_network_hears_the_demo_song_and_the_classical_tracker_where_it_is_asked_to() {
    let source = Source::Memory { name: "demo.wav".into(), bytes: clinch_demo::song().into() };
    for (by_classical, tracker) in [(false, Tracker::Network), (true, Tracker::Classical)] {
        let pulse = KnownPulse { by_classical, ..KnownPulse::default() };
        let score = hear(&source, &Options { pulse, ..Options::default() }, &|_| {}).unwrap();
        check_invariants(&score);
        assert_eq!(score.rhythm.tracker, tracker);
        assert!((score.tempo.0 / clinch_demo::TEMPO_BPM - 1.0).abs() < 0.01, "{}", score.tempo.0);
        let f = f_measure(&beats_secs(&score), &clinch_demo::beats_secs(), 0.07);
        assert!(f >= 0.95, "F {f}");
        assert!(score.rhythm.agreement > 0.9, "{}", score.rhythm.agreement);
    }
}

#[test]
fn clicks_are_heard_at_their_own_tempo_beyond_what_the_model_knows_too() {
    for bpm in [45.0, 50.0, 60.0, 190.0] {
        let (sound, times) = click_track(bpm, 0.37, 30.0, 4, 0);
        let score = heard_mono(&sound);
        assert_eq!(score.rhythm.tracker, Tracker::Network);
        assert!((score.tempo.0 / bpm - 1.0).abs() < 0.01, "{bpm}: {}", score.tempo.0);
        let f = f_measure(&beats_secs(&score), &times, 0.02);
        assert!(f > 0.97, "{bpm}: F {f}");
    }
}

#[test]
fn the_same_song_gives_the_same_score() {
    let song = clinch_demo::song();
    assert_eq!(heard("a.wav", song.clone()), heard("a.wav", song));
}

#[test]
fn any_rate_and_number_of_channels_is_heard_alike() {
    for (rate_hz, channels) in [(8000, 1), (22_050, 2), (48_000, 6), (96_000, 2), (192_000, 1)] {
        let mut sound = silence(rate_hz, 12.0);
        add_clicks(&mut sound, rate_hz, (0..24).map(|beat| f64::from(beat) * 0.5), 1500.0, 0.5);
        let all: Vec<f32> = sound.iter().flat_map(|&x| vec![x; channels]).collect();
        let score = heard("rate.wav", wav(rate_hz, channels as u16, &all));
        assert!((score.tempo.0 - 120.0).abs() < 1.2, "{rate_hz} Hz: {}", score.tempo.0);
        let late = beats_secs(&score).iter().map(|at| (at * 2.0).round() / 2.0 - at).fold(0.0_f64, |a, b| a.max(b.abs()));
        assert!(late < 0.02, "{rate_hz} Hz: {late}");
    }
}

#[test]
fn progress_rises_to_the_end() {
    let steps = std::sync::Mutex::new(Vec::new());
    let source = Source::Memory { name: "demo.wav".into(), bytes: clinch_demo::song().into() };
    hear(&source, &Options::default(), &|share| steps.lock().unwrap().push(share)).unwrap();
    let steps = steps.into_inner().unwrap();
    assert!(steps.windows(2).all(|w| w[0] <= w[1]) && steps.len() > 10);
    assert_eq!(steps.last(), Some(&1.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_music_gives_a_score_that_keeps_its_promises(
        // Parts of a song: length, spacing of clicks, and gains of clicks, tone and noise.
        parts in proptest::collection::vec((0.5_f64..6.0, 0.05_f64..2.0, 0.0_f64..0.5, 0.0_f64..0.5, 0.0_f64..0.5), 1..8),
    ) {
        let rate_hz = 8000;
        let mut sound = Vec::new();
        for (length_secs, spacing_secs, clicks, tone, noise) in parts {
            let mut part = silence(rate_hz, length_secs);
            add_clicks(&mut part, rate_hz, (0..100).map(|i| f64::from(i) * spacing_secs), 900.0, clicks);
            add_sine(&mut part, rate_hz, 200.0, tone);
            add_noise(&mut part, noise);
            sound.extend(part);
        }
        let source = Source::Memory { name: "any.wav".into(), bytes: wav(rate_hz, 1, &sound).into() };
        match hear(&source, &Options::default(), &|_| {}) {
            Ok(score) => check_invariants(&score),
            Err(Error::TooShort { length, .. }) => prop_assert!(length.0 < 8.0),
            Err(error) => prop_assert!(matches!(error, Error::Silent { .. }), "{error}"),
        }
    }
}
