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
