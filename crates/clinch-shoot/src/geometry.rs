//! Distances between points, rays and capsules, and smooth tracks over the loop.

use glam::Vec3;
use std::ops::{Add, Mul};

/// All points within a radius of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Capsule {
    pub a_m: Vec3,
    pub b_m: Vec3,
    pub radius_m: f32,
}

impl Capsule {
    /// Distance of a point from the surface; negative inside.
    pub fn distance_m(&self, point_m: Vec3) -> f32 {
        let along = self.b_m - self.a_m;
        let t = ((point_m - self.a_m).dot(along) / along.length_squared().max(1e-12)).clamp(0.0, 1.0);
        point_m.distance(self.a_m + along * t) - self.radius_m
    }

    /// Whether it may come within a distance of a straight line between two points; never wrongly no.
    pub fn within(&self, from_m: Vec3, to_m: Vec3, distance_m: f32) -> bool {
        let (line, middle_m) = (to_m - from_m, (self.a_m + self.b_m) / 2.0);
        let t = ((middle_m - from_m).dot(line) / line.length_squared().max(1e-12)).clamp(0.0, 1.0);
        let reach_m = self.a_m.distance(middle_m) + self.radius_m + distance_m;
        middle_m.distance_squared(from_m + line * t) <= reach_m * reach_m
    }

    /// Whether a straight line between two points goes through it.
    pub fn blocks(&self, from_m: Vec3, to_m: Vec3) -> bool {
        segments_apart_m(from_m, to_m, self.a_m, self.b_m) < self.radius_m
    }
}

/// Least distance between two segments (Ericson, *Real-Time Collision Detection*, 2005, section 5.1.9).
fn segments_apart_m(a: Vec3, b: Vec3, c: Vec3, d: Vec3) -> f32 {
    let (u, v, w) = (b - a, d - c, a - c);
    let (uu, vv, uv) = (u.length_squared().max(1e-12), v.length_squared().max(1e-12), u.dot(v));
    let (uw, vw) = (u.dot(w), v.dot(w));
    let across = uu * vv - uv * uv;
    let s = if across > 1e-12 { ((uv * vw - uw * vv) / across).clamp(0.0, 1.0) } else { 0.0 };
    let t = (uv * s + vw) / vv;
    // Where the second segment's end is nearest, the first one's nearest point is found anew.
    let (s, t) = if t < 0.0 {
        ((-uw / uu).clamp(0.0, 1.0), 0.0)
    } else if t > 1.0 {
        (((uv - uw) / uu).clamp(0.0, 1.0), 1.0)
    } else {
        (s, t)
    };
    (a + u * s).distance(c + v * t)
}

/// Values at a fixed rate over the loop, interpolated smoothly; times wrap round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Track<T> {
    /// Values a second.
    pub hz: f64,
    /// `[time]`, at least one.
    pub values: Vec<T>,
}

impl<T: Copy + Add<Output = T> + Mul<f32, Output = T>> Track<T> {
    /// Catmull–Rom between the values, so that speed has no steps.
    pub fn at(&self, at_secs: f64) -> T {
        let count = self.values.len();
        let x = (at_secs * self.hz).rem_euclid(count as f64);
        let i = (x.floor() as usize).min(count - 1);
        let t = (x - i as f64) as f32;
        let v = |step: usize| self.values[(i + count + step - 1) % count];
        let (t2, t3) = (t * t, t * t * t);
        v(0) * (-0.5 * t + t2 - 0.5 * t3)
            + v(1) * (1.0 - 2.5 * t2 + 1.5 * t3)
            + v(2) * (0.5 * t + 2.0 * t2 - 1.5 * t3)
            + v(3) * (-0.5 * t2 + 0.5 * t3)
    }

    /// Low-passed by a Gaussian round the loop: no delay and no overshoot. `deviation_secs` is its standard deviation.
    pub fn smoothed(&self, deviation_secs: f64) -> Self {
        let deviation = (deviation_secs * self.hz).max(1e-6);
        let reach = ((3.0 * deviation).ceil() as usize).min(self.values.len() / 2);
        let weights: Vec<f32> = (0..=reach).map(|i| (-0.5 * (i as f64 / deviation).powi(2)).exp() as f32).collect();
        let whole: f32 = weights.iter().sum::<f32>() * 2.0 - weights[0];
        let count = self.values.len();
        let value = |i: usize| {
            let mut sum = self.values[i] * weights[0];
            for (step, &weight) in weights.iter().enumerate().skip(1) {
                sum = sum + (self.values[(i + step) % count] + self.values[(i + count - step) % count]) * weight;
            }
            sum * (1.0 / whole)
        };
        Self { hz: self.hz, values: (0..count).map(value).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capsules_keep_their_distance_and_block_what_goes_through() {
        let capsule = Capsule { a_m: Vec3::ZERO, b_m: Vec3::Y, radius_m: 0.1 };
        assert!((capsule.distance_m(Vec3::new(0.5, 0.5, 0.0)) - 0.4).abs() < 1e-6);
        assert!((capsule.distance_m(Vec3::new(0.0, 1.5, 0.0)) - 0.4).abs() < 1e-6);
        assert!(capsule.distance_m(Vec3::new(0.0, 0.5, 0.05)) < 0.0);
        assert!(capsule.blocks(Vec3::new(-1.0, 0.5, 0.0), Vec3::new(1.0, 0.5, 0.09)));
        assert!(!capsule.blocks(Vec3::new(-1.0, 0.5, 0.11), Vec3::new(1.0, 0.5, 0.11)));
        assert!(!capsule.blocks(Vec3::new(-1.0, 0.5, 0.0), Vec3::new(-0.2, 0.5, 0.0)), "it lies beyond the end");
        assert!(!capsule.blocks(Vec3::new(0.2, -1.0, 0.0), Vec3::new(0.2, 2.0, 0.0)), "parallel");
    }

    #[test]
    fn a_track_goes_through_its_values_and_smoothing_keeps_a_constant_and_a_slow_wave() {
        let wave: Vec<f32> = (0..120).map(|i| (i as f32 / 120.0 * std::f32::consts::TAU).sin()).collect();
        let track = Track { hz: 12.0, values: wave.clone() };
        assert!((track.at(2.0) - wave[24]).abs() < 1e-6 && (track.at(-8.0) - wave[24]).abs() < 1e-6);
        assert!((track.at(2.04) - (2.04 / 10.0 * std::f64::consts::TAU).sin() as f32).abs() < 1e-4);
        // A Gaussian of deviation s leaves exp(−(2πfs)²/2) of a wave of frequency f.
        let kept = track.smoothed(0.5).values[30] / wave[30];
        let expected = (-(std::f32::consts::TAU * 0.1 * 0.5).powi(2) / 2.0).exp();
        assert!((kept - expected).abs() < 2e-3, "{kept} {expected}");
        assert!(Track { hz: 12.0, values: vec![1.0_f32; 5] }.smoothed(1.0).values.iter().all(|v| (v - 1.0).abs() < 1e-6));
    }
}
