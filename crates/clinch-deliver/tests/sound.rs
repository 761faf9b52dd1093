//! The song on the film: complete, aligned, in every shape it may come in.

mod common;

use clinch_model::{FrameRate, random::Stream, sound::PcmBuffer};
use common::*;

/// Delivers a sound with a fitting picture; gives it back as presented.
fn round_trip(mut sound: PcmBuffer) -> Vec<Vec<f32>> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let seconds = (sound.samples.len() / sound.channels as usize) as f64 / f64::from(sound.sample_rate_hz);
    let frames = (seconds * 24.0).round().max(1.0) as u64;
    let segments = segments(folder.path(), small(FrameRate::whole(24)), &[frames]);
    let done = film(&segments, &mut sound, &out).unwrap();
    let presented = presented_sound(&out);
    assert_eq!(presented[0].len(), (done.sound.0 * f64::from(done.sound_rate_hz)).round() as usize);
    assert_eq!(presented.len(), done.sound_channels as usize);
    presented
}

/// A sound whose channels are given by time in seconds.
fn sound(seconds: f64, rate_hz: u32, channels: u32, value: impl Fn(f64, u32) -> f64) -> PcmBuffer {
    let samples = (seconds * f64::from(rate_hz)).round() as u64;
    let at = |i: u64| i as f64 / f64::from(rate_hz);
    let values = (0..samples).flat_map(|i| (0..channels).map(move |c| (i, c)));
    PcmBuffer::new(rate_hz, channels, values.map(|(i, c)| value(at(i), c) as f32).collect())
}

/// First time in `from..to`, in seconds, at which the sound is louder than half its peak there.
fn onset(plane: &[f32], rate_hz: f64, from: f64, to: f64) -> f64 {
    let (first, end) = ((from.max(0.0) * rate_hz) as usize, ((to * rate_hz) as usize).min(plane.len()));
    let peak = plane[first..end].iter().fold(0.0f32, |peak, value| peak.max(value.abs()));
    assert!(peak > 0.2, "no click in {from}..{to}");
    let at = plane[first..end].iter().position(|value| value.abs() > peak / 2.0).unwrap();
    (first + at) as f64 / rate_hz
}

#[test]
fn clicks_stay_where_they_were_at_every_rate() {
    for (rate_hz, out_rate_hz) in [(48_000, 48_000.0), (44_100, 44_100.0), (96_000, 48_000.0), (22_050, 48_000.0), (32_000, 48_000.0)] {
        let click = |t: f64, _| if (t + 1e-9).fract() < 0.001 { 0.8 } else { 0.0 };
        let presented = round_trip(sound(3.3, rate_hz, 2, click));
        assert_eq!(presented[0].len(), (3.3 * out_rate_hz) as usize, "{rate_hz}");
        for second in 0..=3 {
            let heard = onset(&presented[0], out_rate_hz, f64::from(second) - 0.25, f64::from(second) + 0.25);
            // Two samples of the slowest input rate.
            assert!((heard - f64::from(second)).abs() < 1e-4, "{rate_hz} Hz: {heard}");
        }
    }
}

#[test]
fn a_sine_keeps_its_level_and_little_is_added() {
    for rate_hz in [48_000, 44_100, 96_000, 8_000] {
        let tone = |t: f64, _| 0.5 * (std::f64::consts::TAU * 440.0 * t).sin();
        let presented = round_trip(sound(1.0, rate_hz, 1, tone));
        let out_rate_hz = presented[0].len() as f64;
        let (mut signal, mut noise) = (0.0, 0.0);
        // Away from the ends, where the tone is switched on and off.
        for (i, &value) in presented[0].iter().enumerate().skip(4800).take(presented[0].len() - 9600) {
            let truth = tone(i as f64 / out_rate_hz, 0);
            signal += truth * truth;
            noise += (f64::from(value) - truth).powi(2);
        }
        let ratio_db = 10.0 * (signal / noise).log10();
        assert!(ratio_db > 40.0, "{rate_hz} Hz: {ratio_db} dB");
    }
}

#[test]
fn more_channels_are_mixed_to_stereo_by_bs_775() {
    // A tone in one channel of 5.1 at a time: its level on the left and on the right, over the sum 1 + 2 · 0.7071.
    const H: f64 = std::f64::consts::FRAC_1_SQRT_2;
    for (channel, left, right) in [(0, 1.0, 0.0), (1, 0.0, 1.0), (2, H, H), (3, 0.0, 0.0), (4, H, 0.0), (5, 0.0, H)] {
        let tone = |t: f64, c| if c == channel { 0.9 * (std::f64::consts::TAU * 440.0 * t).sin() } else { 0.0 };
        let presented = round_trip(sound(0.5, 48_000, 6, tone));
        assert_eq!(presented.len(), 2);
        for (plane, expected) in presented.iter().zip([left, right]) {
            let middle = &plane[4800..19_200];
            let level = (middle.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() * 2.0 / middle.len() as f64).sqrt();
            assert!((level - 0.9 * expected / (1.0 + 2.0 * H)).abs() < 0.01, "channel {channel}: {level}");
        }
    }
}

#[test]
fn every_number_of_channels_up_to_eight_gives_sound() {
    for channels in 1..=8 {
        let tone = |t: f64, _| 0.5 * (std::f64::consts::TAU * 300.0 * t).sin();
        let presented = round_trip(sound(0.2, 48_000, channels, tone));
        assert_eq!(presented.len(), channels.min(2) as usize);
        assert!(presented.iter().all(|plane| plane.iter().any(|value| value.abs() > 0.2)), "{channels}");
    }
}

#[test]
fn silence_is_silent_and_full_scale_noise_stays_within_bounds() {
    assert!(round_trip(silence(1.0, 48_000, 2)).iter().flatten().all(|&value| value.abs() < 1e-4));
    // Beyond full scale, as decoded lossy songs are.
    let mut noise = Stream::new(1, "noise");
    let values = (0..48_000).map(|_| noise.between(-1.5, 1.5) as f32).collect();
    let presented = round_trip(PcmBuffer::new(48_000, 1, values));
    let power = presented[0].iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / presented[0].len() as f64;
    // Uniform over ±1.5, cut at ±1: 1/3 + (1/3) · (1 − 1/3) = 5/9. White noise: what is cut off at the top is missing here.
    assert!((power - 5.0 / 9.0).abs() < 0.08, "{power}");
}

#[test]
fn the_last_sample_is_there_at_every_length() {
    for samples in [1, 1023, 1024, 1025, 2047, 2048, 2049, 4801] {
        let loud = PcmBuffer::new(48_000, 1, (0..samples).map(|i| if i % 2 == 0 { 0.5 } else { 0.4 }).collect());
        let presented = round_trip(loud);
        assert_eq!(presented[0].len(), samples);
        let last = presented[0][samples - 1];
        assert!(last > 0.2, "{samples}: {last}");
    }
}
