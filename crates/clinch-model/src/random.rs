//! Seeded random streams, named after their use, the same on every machine and thread count.

/// A small counter-based generator: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// The stream of `seed` for one use; `name` keeps streams of different uses apart.
    pub fn new(seed: u64, name: &str) -> Self {
        let digest = blake3::Hasher::new().update(&seed.to_le_bytes()).update(name.as_bytes()).finalize();
        let mut state = [0; 8];
        state.copy_from_slice(&digest.as_bytes()[..8]);
        Self { state: u64::from_le_bytes(state) }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `low..high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Normal with mean 0 and deviation 1 (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_and_by_name_and_repeat() {
        let first = Stream::new(1, "a").bits();
        assert_eq!(first, Stream::new(1, "a").bits());
        assert_ne!(first, Stream::new(2, "a").bits());
        assert_ne!(first, Stream::new(1, "b").bits());
    }

    #[test]
    fn the_normal_has_mean_zero_and_deviation_one() {
        let mut stream = Stream::new(7, "normal");
        let values: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
