//! Lamps: discs that shine to one side, with a soft-edged beam.

use crate::camera::disc;
use glam::Vec3;
use std::f32::consts::PI;

/// A shining disc.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lamp {
    pub centre_m: Vec3,
    /// Unit vector into which it shines.
    pub axis: Vec3,
    pub radius_m: f32,
    /// Radiance along the axis, in the film's own unit (see `set`).
    pub radiance: f32,
    pub beam: Beam,
    /// Two unit vectors across the disc.
    across: (Vec3, Vec3),
}

/// How a lamp's radiance depends on the angle to its axis: `core` inside, `spill` outside, smooth between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Beam {
    /// Cosine of the angle at which the core begins to fade…
    pub cos_core: f32,
    /// …and at which only the spill is left.
    pub cos_edge: f32,
    pub core: f32,
    pub spill: f32,
}

impl Beam {
    /// The same into every direction.
    pub const EVEN: Self = Self { cos_core: 1.0, cos_edge: -1.0, core: 1.0, spill: 1.0 };

    /// Factor on the radiance at an angle.
    #[inline]
    fn factor(&self, cos: f32) -> f32 {
        self.spill + (self.core - self.spill) * smoothstep(self.cos_edge, self.cos_core, cos)
    }
}

/// Light that reaches a point from one sampled place on a lamp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arriving {
    /// Unit vector to the lamp.
    pub direction: Vec3,
    pub distance_m: f32,
    /// Irradiance on a surface that faces the lamp, if the whole lamp were where the sample is.
    pub irradiance: f32,
}

impl Lamp {
    /// A lamp of a radiant intensity along its axis (irradiance × square metre).
    pub fn new(centre_m: Vec3, towards_m: Vec3, radius_m: f32, intensity: f32, beam: Beam) -> Self {
        let axis = (towards_m - centre_m).normalize_or(Vec3::NEG_Y);
        let radiance = intensity / (PI * radius_m * radius_m);
        Self { centre_m, axis, radius_m, radiance, beam, across: axis.any_orthonormal_pair() }
    }

    /// Light from the place on the disc that two numbers in 0..1 choose evenly.
    #[inline]
    pub fn sample(&self, from_m: Vec3, numbers: [f32; 2]) -> Arriving {
        let place = disc(numbers) * self.radius_m;
        self.arriving(from_m, self.centre_m + self.across.0 * place.x + self.across.1 * place.y)
    }

    /// Light from its centre: a guess of how much there will be.
    #[inline]
    pub fn guess(&self, from_m: Vec3) -> Arriving {
        self.arriving(from_m, self.centre_m)
    }

    #[inline]
    fn arriving(&self, from_m: Vec3, place_m: Vec3) -> Arriving {
        let offset = place_m - from_m;
        let square_m2 = offset.length_squared().max(1e-6);
        let distance_m = square_m2.sqrt();
        let direction = offset / distance_m;
        let cos = -direction.dot(self.axis);
        let irradiance =
            if cos > 0.0 { self.radiance * self.beam.factor(cos) * cos * PI * self.radius_m * self.radius_m / square_m2 } else { 0.0 };
        Arriving { direction, distance_m, irradiance }
    }

    /// Radiance towards a ray that meets the disc, and where it does.
    #[inline]
    pub fn seen(&self, origin_m: Vec3, direction: Vec3) -> Option<(f32, f32)> {
        let along = -direction.dot(self.axis);
        if along < 1e-4 {
            return None;
        }
        let distance_m = (origin_m - self.centre_m).dot(self.axis) / along;
        let inside = || origin_m.mul_add(Vec3::ONE, direction * distance_m).distance_squared(self.centre_m) < self.radius_m * self.radius_m;
        (distance_m > 0.0 && inside()).then(|| (distance_m, self.radiance * self.beam.factor(along)))
    }
}

/// 0 below `low`, 1 above `high`, a cubic between.
#[inline]
pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = if high > low { ((x - low) / (high - low)).clamp(0.0, 1.0) } else { f32::from(u8::from(x >= high)) };
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Irradiance at a point with a normal, from an even grid of samples.
    fn irradiance(lamp: &Lamp, at_m: Vec3, normal: Vec3) -> f32 {
        let n = 200;
        let sum: f32 = (0..n * n)
            .map(|i| {
                let unit = |k: usize| (k as f32 + 0.5) / n as f32;
                let arriving = lamp.sample(at_m, [unit(i % n), unit(i / n)]);
                arriving.irradiance * arriving.direction.dot(normal).max(0.0)
            })
            .sum();
        sum / (n * n) as f32
    }

    #[test]
    fn a_disc_overhead_lights_as_the_textbook_says() {
        // E = π L sin²θ under the centre of a disc that is seen under the half-angle θ.
        for (height_m, radius_m) in [(5.2, 0.3), (1.0, 1.0), (0.5, 2.0)] {
            let lamp = Lamp::new(Vec3::Y * height_m, Vec3::ZERO, radius_m, 27.0, Beam::EVEN);
            let truth = PI * lamp.radiance * radius_m.powi(2) / (radius_m.powi(2) + height_m.powi(2));
            let found = irradiance(&lamp, Vec3::ZERO, Vec3::Y);
            assert!((found / truth - 1.0).abs() < 1e-3, "{found} {truth}");
        }
    }

    #[test]
    fn a_disc_shines_to_one_side_and_within_its_beam() {
        let beam = Beam { cos_core: 0.9, cos_edge: 0.8, core: 1.0, spill: 0.0 };
        let lamp = Lamp::new(Vec3::Y * 5.0, Vec3::ZERO, 0.1, 25.0, beam);
        assert!((irradiance(&lamp, Vec3::ZERO, Vec3::Y) - 1.0).abs() < 0.01);
        assert_eq!(irradiance(&lamp, Vec3::new(5.0, 0.0, 0.0), Vec3::Y), 0.0);
        assert_eq!(irradiance(&lamp, Vec3::Y * 8.0, Vec3::NEG_Y), 0.0);
        assert!(lamp.seen(Vec3::ZERO, Vec3::Y).is_some_and(|(distance, radiance)| distance == 5.0 && radiance == lamp.radiance));
        assert!(lamp.seen(Vec3::Y * 8.0, Vec3::NEG_Y).is_none());
    }
}
