//! Sounds of known content, made in memory.

// Each test file takes what it needs.
#![allow(dead_code)]

use std::f64::consts::TAU;

/// A 16-bit WAV file of interleaved samples.
pub fn wav(rate_hz: u32, channels: u16, samples: &[f32]) -> Vec<u8> {
    let data_bytes = samples.len() as u32 * 2;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(data_bytes + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&(rate_hz * u32::from(channels) * 2).to_le_bytes());
    file.extend_from_slice(&(channels * 2).to_le_bytes());
    file.extend_from_slice(&16_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|x| ((x.clamp(-1.0, 1.0) * 32_767.0).round() as i16).to_le_bytes()));
    file
}

/// Mono silence.
pub fn silence(rate_hz: u32, length_secs: f64) -> Vec<f32> {
    vec![0.0; (length_secs * f64::from(rate_hz)).round() as usize]
}

/// Adds a decaying tone at each time.
pub fn add_clicks(sound: &mut [f32], rate_hz: u32, at_secs: impl Iterator<Item = f64>, hz: f64, gain: f64) {
    for at in at_secs {
        let first = (at * f64::from(rate_hz)).round() as usize;
        for (i, x) in sound.iter_mut().skip(first).take(rate_hz as usize / 20).enumerate() {
            let t = i as f64 / f64::from(rate_hz);
            *x += (gain * (TAU * hz * t).sin() * (-t / 0.01).exp()) as f32;
        }
    }
}

/// Adds a steady sine.
pub fn add_sine(sound: &mut [f32], rate_hz: u32, hz: f64, gain: f64) {
    for (i, x) in sound.iter_mut().enumerate() {
        *x += (gain * (TAU * hz * i as f64 / f64::from(rate_hz)).sin()) as f32;
    }
}

/// Adds white noise.
pub fn add_noise(sound: &mut [f32], gain: f64) {
    let mut random = clinch_model::random::Stream::new(1, "test-noise");
    for x in sound {
        *x += (gain * random.between(-1.0, 1.0)) as f32;
    }
}

/// Adds notes of ten partials, each `(from, to, pitch in hertz)`, with an attack and a release.
pub fn add_notes(sound: &mut [f32], rate_hz: u32, notes: &[(f64, f64, f64)], gain: f64) {
    for &(from, to, hz) in notes {
        let (first, last) = ((from * f64::from(rate_hz)) as usize, ((to * f64::from(rate_hz)) as usize).min(sound.len()));
        for i in first..last {
            let t = (i - first) as f64 / f64::from(rate_hz);
            let left = (last - i) as f64 / f64::from(rate_hz);
            let envelope = (t / 0.01).min(left / 0.03).min(1.0);
            let partials = (1..=10).filter(|k| hz * f64::from(*k) < 0.45 * f64::from(rate_hz));
            let value: f64 = partials.map(|k| (TAU * hz * f64::from(k) * t).sin() / f64::from(k * k)).sum();
            sound[i] += (gain * envelope * value) as f32;
        }
    }
}

/// Adds a voice: a gliding, trembling pitch of many partials under two moving formants, in syllables of a quarter second.
pub fn add_voice(sound: &mut [f32], rate_hz: u32, gain: f64) {
    let mut turns = 0.0;
    for (i, x) in sound.iter_mut().enumerate() {
        let t = i as f64 / f64::from(rate_hz);
        let pitch_hz = 150.0 * (0.35 * (TAU * 0.45 * t).sin() + 0.15 * (TAU * 1.7 * t).sin()).exp2();
        turns += pitch_hz / f64::from(rate_hz);
        let formants = [600.0 + 200.0 * (TAU * 1.1 * t).sin(), 1500.0 + 500.0 * (TAU * 0.8 * t).cos()];
        let syllable = (TAU * 2.0 * t).sin().abs().sqrt();
        let partials = (1..=25).map(|k| (f64::from(k), pitch_hz * f64::from(k))).take_while(|(_, hz)| *hz < 0.45 * f64::from(rate_hz));
        let value: f64 = partials
            .map(|(k, hz)| {
                let colour: f64 = formants.iter().map(|formant| (-((hz - formant) / 250.0).powi(2)).exp()).sum::<f64>() + 0.05;
                colour * (TAU * turns * k).sin()
            })
            .sum();
        *x += (gain * syllable * value) as f32;
    }
}

/// A float WAV file (format 3), which may hold values beyond full scale and numbers that are none.
pub fn wav_float(rate_hz: u32, channels: u16, samples: &[f32]) -> Vec<u8> {
    let data_bytes = samples.len() as u32 * 4;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(data_bytes + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x03\0");
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&(rate_hz * u32::from(channels) * 4).to_le_bytes());
    file.extend_from_slice(&(channels * 4).to_le_bytes());
    file.extend_from_slice(&32_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|x| x.to_le_bytes()));
    file
}
