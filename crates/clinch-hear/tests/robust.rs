//! What people hand in: a sensible score or a clear error, never a panic.

mod made;

use clinch_hear::{Error, Options, Source, hear};
use clinch_model::Score;
use made::{add_clicks, add_noise, add_notes, add_sine, add_voice, silence, wav, wav_float};
use proptest::prelude::*;

fn hear_bytes(name: &str, bytes: Vec<u8>) -> Result<Score, Error> {
    let score = hear(&Source::Memory { name: name.into(), bytes: bytes.into() }, &Options::default(), &|_| {})?;
    sane(&score);
    Ok(score)
}

/// Every number is one, and within its range.
fn sane(score: &Score) {
    assert!(score.tempo.0.is_finite() && score.loudness.0.is_finite() && (0.0..=1.0).contains(&score.pulse_clarity));
    assert!(score.beats.iter().all(|beat| (0.0..score.track.duration.0).contains(&beat.0)));
    for bar in &score.bars {
        let feeling = bar.feeling;
        assert!(bar.start < bar.end && bar.loudness.0.is_finite() && bar.onset_density_hz.is_finite(), "{bar:?}");
        for share in [bar.aggression, feeling.tension, feeling.voice] {
            assert!((0.0..=1.0).contains(&share), "{bar:?}");
        }
        assert!((-1.0..=1.0).contains(&feeling.valence), "{bar:?}");
    }
    assert!(score.onset.values.iter().chain(&score.aggression.values).all(|v| (0.0..=1.0).contains(v)));
}

fn beat(rate_hz: u32, length_secs: f64) -> Vec<f32> {
    let mut sound = silence(rate_hz, length_secs);
    add_clicks(&mut sound, rate_hz, (0..1000).map(|i| f64::from(i) * 0.5).take_while(|at| *at < length_secs), 900.0, 0.5);
    sound
}

#[test]
fn silence_and_a_second_are_refused_with_a_reason() {
    for (bytes, said) in [
        (wav(44_100, 2, &silence(44_100, 24.0)), "silent"),
        (wav(44_100, 1, &beat(44_100, 1.0)), "1.0 s long"),
        (wav(44_100, 1, &[]), "0.0 s long"),
        (wav(44_100, 1, &[0.5]), "0.0 s long"),
    ] {
        let message = hear_bytes("a.wav", bytes).unwrap_err().to_string();
        assert!(message.contains(said) && message.contains("a.wav"), "{message}");
    }
}

#[test]
fn noise_has_no_pulse_no_voice_and_is_harsh() {
    let mut sound = silence(44_100, 20.0);
    add_noise(&mut sound, 0.5);
    let score = hear_bytes("noise.wav", wav(44_100, 1, &sound)).unwrap();
    assert_eq!(score.pulse_clarity, 0.0);
    assert!(score.bars.iter().all(|bar| bar.feeling.voice < 0.1 && bar.aggression > 0.4), "{:?}", score.bars[3]);
}

#[test]
fn a_voice_alone_is_heard_as_one() {
    let mut sound = silence(22_050, 30.0);
    add_voice(&mut sound, 22_050, 0.1);
    let score = hear_bytes("speech.wav", wav(22_050, 1, &sound)).unwrap();
    let voiced = score.bars.iter().filter(|bar| bar.feeling.voice > 0.5).count();
    assert!(voiced * 10 > score.bars.len() * 8, "{voiced} of {}", score.bars.len());
}

#[test]
fn rates_and_channels_make_no_difference() {
    for (rate_hz, channels) in [(8000, 1), (11_025, 2), (44_100, 6), (96_000, 2), (48_000, 8)] {
        let mono = beat(rate_hz, 12.0);
        let all: Vec<f32> = mono.iter().flat_map(|&x| (0..channels).map(move |channel| if channel < 2 { x } else { x * 0.3 })).collect();
        let score = hear_bytes("a.wav", wav(rate_hz, channels as u16, &all)).unwrap();
        assert!((score.tempo.0 - 120.0).abs() < 1.5, "{rate_hz} Hz, {channels}: {}", score.tempo.0);
        assert_eq!(score.track.channels, channels as u32);
    }
}

#[test]
fn clipped_and_offset_sound_is_heard_like_the_clean_one() {
    let mut clean = beat(44_100, 16.0);
    add_notes(&mut clean, 44_100, &[(0.0, 16.0, 110.0), (4.0, 12.0, 165.0)], 0.1);
    let clipped: Vec<f32> = clean.iter().map(|x| (x * 20.0).clamp(-1.0, 1.0)).collect();
    let offset: Vec<f32> = clean.iter().map(|x| x * 0.5 + 0.45).collect();
    let beyond: Vec<f32> = clean.iter().map(|x| x * 50.0).collect();
    let base = hear_bytes("a.wav", wav(44_100, 1, &clean)).unwrap();
    for (name, bytes) in
        [("clipped.wav", wav(44_100, 1, &clipped)), ("offset.wav", wav(44_100, 1, &offset)), ("beyond.wav", wav_float(44_100, 1, &beyond))]
    {
        let score = hear_bytes(name, bytes).unwrap();
        assert!((score.tempo.0 - 120.0).abs() < 1.5, "{name}: {}", score.tempo.0);
        assert_eq!(score.bars.len(), base.bars.len(), "{name}");
    }
    // A direct current can't be heard: loudness hardly changes but for the gain.
    let score = hear_bytes("offset.wav", wav(44_100, 1, &offset)).unwrap();
    assert!((score.loudness.0 - (base.loudness.0 - 6.02)).abs() < 1.0, "{} {}", score.loudness.0, base.loudness.0);
}

#[test]
fn numbers_that_are_none_are_no_sound() {
    for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
        let mut sound = beat(44_100, 12.0);
        sound[100_000..100_050].fill(bad);
        let score = hear_bytes("bad.wav", wav_float(44_100, 1, &sound)).unwrap();
        assert!((score.tempo.0 - 120.0).abs() < 1.5, "{bad}: {}", score.tempo.0);
    }
}

#[test]
fn a_huge_tag_is_passed_over() {
    // ID3v2.4 with a picture of 24 MB before an MP3.
    let mp3 = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/clicks.mp3")).unwrap();
    let picture = vec![0x55_u8; 24 << 20];
    let synchsafe = |n: u32| [n >> 21 & 0x7F, n >> 14 & 0x7F, n >> 7 & 0x7F, n & 0x7F].map(|part| part as u8);
    let body: Vec<u8> = [b"\0image/png\0\x03\0".to_vec(), picture].concat();
    let frame: Vec<u8> = [b"APIC".to_vec(), synchsafe(body.len() as u32).to_vec(), vec![0, 0], body].concat();
    let tag: Vec<u8> = [b"ID3\x04\0\0".to_vec(), synchsafe(frame.len() as u32).to_vec(), frame].concat();
    let message = hear_bytes("tagged.mp3", [tag.clone(), mp3].concat()).unwrap_err().to_string();
    assert!(message.contains("2.0 s long"), "{message}");
    // A tag whose length is a lie.
    let message = hear_bytes("lie.mp3", tag[..1 << 20].to_vec()).unwrap_err().to_string();
    assert!(message.contains("lie.mp3"), "{message}");
}

/// Found by the fuzz example: a decoder made room for 65,280 channels, which took gigabytes and ten seconds.
#[test]
fn a_head_with_absurdly_many_channels_is_refused_at_once() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/clicks.aiff");
    let mut bytes = std::fs::read(path).unwrap();
    let common = bytes.windows(4).position(|window| window == b"COMM").unwrap();
    bytes[common + 8] = 0xFF;
    let message = hear_bytes("many.aiff", bytes).unwrap_err().to_string();
    assert!(message.contains("65281 channels; 64 at most"), "{message}");
}

#[test]
fn truncated_files_say_so() {
    let whole = wav(44_100, 2, &beat(44_100, 24.0));
    for share in [0.9, 0.5, 0.1] {
        let message = hear_bytes("cut.wav", whole[..(whole.len() as f64 * share) as usize].to_vec()).unwrap_err().to_string();
        assert!(message.contains("cut.wav") && message.contains("breaks off"), "{message}");
    }
    for length in 0..60 {
        let message = hear_bytes("cut.wav", whole[..length].to_vec()).unwrap_err().to_string();
        assert!(message.contains("cut.wav"), "{length}: {message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_shape_of_sound_gives_a_sane_score_or_a_clear_error(
        rate_hz in prop_oneof![Just(8000_u32), Just(11_025), Just(16_000), Just(22_050), Just(44_100), 1000_u32..50_000],
        channels in 1_u16..9,
        length_secs in 0.0_f64..14.0,
        gain in prop_oneof![Just(0.0), Just(1e-4), 0.01_f64..2.0, Just(40.0)],
        offset in prop_oneof![Just(0.0_f32), -1.0_f32..1.0],
        voice in any::<bool>(),
        spacing_secs in 0.03_f64..3.0,
        pitch_hz in 20.0_f64..3000.0,
        noise in prop_oneof![Just(0.0), 0.0_f64..0.6],
    ) {
        let mut sound = silence(rate_hz, length_secs);
        add_clicks(&mut sound, rate_hz, (0..400).map(|i| f64::from(i) * spacing_secs), 700.0, 0.4 * gain);
        add_sine(&mut sound, rate_hz, pitch_hz, 0.1 * gain);
        add_noise(&mut sound, noise * gain);
        if voice {
            add_voice(&mut sound, rate_hz, 0.1 * gain);
        }
        let all: Vec<f32> = sound.iter().flat_map(|&x| vec![x + offset; usize::from(channels)]).collect();
        match hear_bytes("any.wav", wav(rate_hz, channels, &all)) {
            Ok(_) => {}
            Err(error) => prop_assert!(matches!(error, Error::TooShort { .. } | Error::Silent { .. }), "{error}"),
        }
    }
}
