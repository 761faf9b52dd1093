//! Irregular rhythms: band-limited noise that closes over the song.

use clinch_model::random::Stream;
use std::f64::consts::TAU;

/// Sines that make up one noise; seven sound irregular and cost little.
const SINES: usize = 7;

/// A smooth noise of deviation 1 that repeats with the song.
#[derive(Debug, Clone)]
pub struct Noise {
    /// `[sine]`: turns in the whole song, phase in radians.
    sines: [(f64, f64); SINES],
    duration_secs: f64,
}

impl Noise {
    /// A noise with frequencies between `low_hz` and `high_hz`, each a whole number of turns in the song, so that it closes.
    pub fn new(seed: u64, name: &str, duration_secs: f64, low_hz: f64, high_hz: f64) -> Self {
        let mut stream = Stream::new(seed, name);
        let sines = std::array::from_fn(|i| {
            // One sine in each part of the band, so that no part is empty.
            let share = (i as f64 + stream.unit()) / SINES as f64;
            let turns = ((low_hz + (high_hz - low_hz) * share) * duration_secs).round().max(1.0);
            (turns, TAU * stream.unit())
        });
        Self { sines, duration_secs }
    }

    /// The value at a time; deviation 1 over the song.
    pub fn at(&self, secs: f64) -> f32 {
        let sum: f64 = self.sines.iter().map(|(turns, phase)| (TAU * turns * secs / self.duration_secs + phase).sin()).sum();
        (sum * (2.0 / SINES as f64).sqrt()) as f32
    }
}

/// What keeps one person from standing still.
#[derive(Debug, Clone)]
pub struct Restlessness {
    /// Sideways, up and down, and along the line between the two.
    pub place: [Noise; 3],
    /// Pitch, yaw, roll of the trunk.
    pub trunk: [Noise; 3],
    /// Pitch, yaw, roll of the head.
    pub head: [Noise; 3],
    /// Tugs of the left and the right arm.
    pub arms: [Noise; 2],
}

impl Restlessness {
    /// The restlessness of one person.
    pub fn new(seed: u64, who: clinch_model::Who, duration_secs: f64) -> Self {
        let noise = |part: &str, axis: usize, low_hz, high_hz| {
            Noise::new(seed, &format!("sway {who} {part} {axis}"), duration_secs, low_hz, high_hz)
        };
        Self {
            place: std::array::from_fn(|axis| noise("place", axis, 0.25, 0.8)),
            trunk: std::array::from_fn(|axis| noise("trunk", axis, 0.3, 1.0)),
            head: std::array::from_fn(|axis| noise("head", axis, 0.3, 1.1)),
            arms: std::array::from_fn(|side| noise("arm", side, 0.4, 1.2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_closes_and_has_deviation_one() {
        let noise = Noise::new(3, "test", 20.0, 0.3, 1.2);
        for at in [0.0, 3.3, 11.0] {
            assert!((noise.at(at) - noise.at(at + 20.0)).abs() < 1e-6);
        }
        let values: Vec<f64> = (0..4000).map(|i| f64::from(noise.at(f64::from(i) * 0.005))).collect();
        let deviation = (values.iter().map(|v| v * v).sum::<f64>() / 4000.0).sqrt();
        assert!((0.8..1.2).contains(&deviation), "{deviation}");
    }
}
