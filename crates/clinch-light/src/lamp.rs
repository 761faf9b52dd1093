//! Lamps: discs that shine to one side, with a soft-edged beam, and some only through an opening.

use crate::camera::disc;
use glam::{Vec2, Vec3};
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
    /// Whether the camera sees it.
    pub shown: bool,
    /// What its light has to pass.
    pub gate: Option<Gate>,
    /// Two unit vectors across the disc.
    across: (Vec3, Vec3),
    area_m2: f32,
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

/// An upright oblong opening in an upright wall, maybe with a cross of glazing bars. How much of a lamp shows through it is worked out, not sampled: edges are as soft
/// as the lamp is wide seen from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gate {
    /// The axis that the wall lies across: 0 for x, 2 for z.
    pub axis: usize,
    /// Where on that axis.
    pub at_m: f32,
    /// Least and greatest place in the wall: along the other level axis, and up.
    pub low: Vec2,
    pub high: Vec2,
    /// How far over the middle the level bar crosses the upright one, and half the width of both.
    pub bars: Option<(f32, f32)>,
}

impl Gate {
    /// Share of a lamp, 0..1, that shows from a point.
    fn open(&self, from_m: Vec3, lamp_m: Vec3, radius_m: f32) -> f32 {
        let (near, far) = (self.at_m - from_m[self.axis], lamp_m[self.axis] - self.at_m);
        if near * far <= 0.0 {
            return 1.0;
        }
        let share = near / (near + far);
        let crossing = from_m + (lamp_m - from_m) * share;
        let place = Vec2::new(crossing[2 - self.axis], crossing.y);
        // Half the width of the penumbra, as seen in the wall.
        let soft = radius_m * share + 1e-3;
        let within = |x: f32, low: f32, high: f32| smoothstep(low - soft, low + soft, x) * (1.0 - smoothstep(high - soft, high + soft, x));
        let mut open = within(place.x, self.low.x, self.high.x) * within(place.y, self.low.y, self.high.y);
        if let Some((over, half)) = self.bars {
            let middle = (self.low + self.high) / 2.0 + Vec2::Y * over;
            // A bar narrower than the penumbra takes only its share of the light.
            let bar = |x: f32| (half / (half + 0.5 * soft)).min(1.0) * (1.0 - smoothstep(half, half + soft, x.abs()));
            open *= (1.0 - bar(place.x - middle.x)) * (1.0 - bar(place.y - middle.y));
        }
        open
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
        let area_m2 = PI * radius_m * radius_m;
        let radiance = intensity / area_m2;
        Self { centre_m, axis, radius_m, radiance, beam, shown: true, gate: None, across: axis.any_orthonormal_pair(), area_m2 }
    }

    /// The lamp with another radiance.
    pub fn shining(&self, radiance: f32) -> Self {
        Self { radiance, ..self.clone() }
    }

    /// The lamp kept out of the picture.
    pub fn hidden(self) -> Self {
        Self { shown: false, ..self }
    }

    /// The lamp behind a wall with an opening.
    pub fn through(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
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
        let nearness = 1.0 / distance_m;
        let direction = offset * nearness;
        let cos = -direction.dot(self.axis);
        // Area times radiance, seen at an angle, over the distance's square.
        let irradiance = if cos > 0.0 { self.radiance * self.area_m2 * self.beam.factor(cos) * cos * nearness * nearness } else { 0.0 };
        let open = match &self.gate {
            Some(gate) if irradiance > 0.0 => gate.open(from_m, self.centre_m, self.radius_m),
            _ => 1.0,
        };
        Arriving { direction, distance_m, irradiance: irradiance * open }
    }

    /// Radiance towards a ray that meets the disc, and where it does.
    #[inline]
    pub fn seen(&self, origin_m: Vec3, direction: Vec3) -> Option<(f32, f32)> {
        let along = -direction.dot(self.axis);
        // What misses the ball around the disc misses the disc.
        let to_centre_m = self.centre_m - origin_m;
        let past_m2 = to_centre_m.length_squared() - to_centre_m.dot(direction).powi(2);
        if along < 1e-4 || past_m2 > 1.001 * self.radius_m * self.radius_m + 1e-6 || !self.shown {
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
    fn light_through_a_window_falls_where_the_window_lets_it() {
        let gate = Gate { axis: 2, at_m: -2.0, low: Vec2::new(-0.5, 1.0), high: Vec2::new(0.5, 2.0), bars: None };
        let lamp = Lamp::new(Vec3::new(0.0, 3.0, -4.0), Vec3::ZERO, 0.05, 10.0, Beam::EVEN).through(gate);
        // The middle of the opening, (0, 1.5), throws its light to the ground at twice the way: (0, 0, 0).
        let free = Lamp { gate: None, ..lamp.clone() };
        assert_eq!(lamp.guess(Vec3::ZERO).irradiance, free.guess(Vec3::ZERO).irradiance);
        // Its edges are at ±0.5 in the wall, ±1 on the ground; half of the lamp shows there.
        for (x, share) in [(0.9, 1.0), (1.0, 0.5), (1.1, 0.0)] {
            let at_m = Vec3::new(x, 0.0, 0.0);
            assert!((lamp.guess(at_m).irradiance / free.guess(at_m).irradiance - share).abs() < 0.01, "{x}");
        }
        // On the lamp's own side of the wall nothing is in the way.
        let outside_m = Vec3::new(3.0, 0.0, -3.0);
        assert_eq!(lamp.guess(outside_m).irradiance, free.guess(outside_m).irradiance);
        let crossed = Lamp { gate: Some(Gate { bars: Some((0.0, 0.2)), ..gate }), ..lamp.clone() };
        assert!(crossed.guess(Vec3::ZERO).irradiance < 0.1 * free.guess(Vec3::ZERO).irradiance);
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
