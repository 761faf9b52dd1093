//! The void: a ring of light on a dark floor, and nothing else.

use crate::{
    finish::Finish,
    integrator::Point,
    lamp::{Lamp, smoothstep},
    noise::Mottle,
    set::{Air, beam},
};
use clinch_model::set::VOID_LAMP_M;
use glam::{Vec2, Vec3};

/// Black air with a little smoke in the beam.
pub(crate) const AIR: Air = Air { low: 0.0003, zenith: 0.0002, fill: 0.006, haze_m: 1e6, mist_per_m: 0.0060, beam_radius_m: 2.4 };
/// Where the floor begins to sink into the dark and where it has gone: metres from the middle.
const FADE_M: [f32; 2] = [2.6, 6.5];
/// Reflectance of the floor: painted boards, trodden.
const FLOOR: f32 = 0.075;

/// The floor.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    mottle: Mottle,
    /// How glossy it is, 0..1.
    wet: f32,
}

impl Floor {
    pub fn new(wet: f32) -> Self {
        Self { mottle: Mottle::new(67), wet }
    }

    pub fn nearest(&self, o: Vec3, d: Vec3, reach_m: f32, pixel_rad: f32) -> Option<Point> {
        let distance_m = if d.y < 0.0 { -o.y / d.y } else { return None };
        if !(1e-4..reach_m).contains(&distance_m) {
            return None;
        }
        let at = o + d * distance_m;
        let place = Vec2::new(at.x, at.z);
        let left = 1.0 - smoothstep(FADE_M[0], FADE_M[1], place.length());
        let footprint_m = distance_m * pixel_rad / d.y.abs().max(0.02).sqrt();
        let fine = 1.0 - smoothstep(0.004, 0.03, footprint_m);
        // Scuffs, large and small.
        let scuff = 0.55 + 0.9 * self.mottle.at(place * 0.8) + fine * 0.5 * (self.mottle.at(place * 9.0) - 0.5);
        let shine = self.mottle.at(place * 1.7 + Vec2::splat(3.3));
        let finish = Finish {
            roughness: 0.62 - 0.22 * self.wet * shine,
            specular: 0.012 * left * (0.4 + 0.6 * self.wet),
            ..Finish::matt(FLOOR * scuff * left)
        };
        Some(Point::new(at, distance_m, Vec3::Y, Vec3::Y, finish))
    }
}

/// One sharp lamp overhead, and four from the corners, flagged off the floor as well as lamps can be and kept out of the picture.
pub(crate) fn lamps() -> Vec<Lamp> {
    let corner =
        |x: f32, z: f32, radius_m: f32| Lamp::new(Vec3::new(x, 4.4, z), Vec3::Y * 1.0, radius_m, 48.0, beam(7.0, 13.0, 0.0)).hidden();
    vec![
        Lamp::new(Vec3::from_array(VOID_LAMP_M), Vec3::ZERO, 0.16, 34.0, beam(14.5, 17.5, 0.002)),
        corner(7.4, -7.0, 0.22),
        corner(-7.8, -6.4, 0.22),
        corner(-7.0, 7.4, 0.30),
        corner(7.2, 7.2, 0.45),
    ]
}
