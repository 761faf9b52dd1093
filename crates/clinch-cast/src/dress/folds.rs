//! Folds: those that cloth keeps, and those that come as a joint bends.

use super::{cloth::Cloth, drape::GROUND_M, limb::Tube, noise, smoothstep, solid::Solid};
use crate::part::Shifts;
use clinch_model::{Segment, cast::Drive};
use glam::Vec3;
use std::f32::consts::TAU;

/// Least distance that folds keep from the body, in metres.
const OFF_BODY_M: f32 = 0.0035;

/// Shifts below this are not worth an entry, in metres.
const LEAST_M: f32 = 2e-4;

/// A place where cloth is pressed together.
pub struct Crease {
    /// The bend that does it.
    pub drive: Drive,
    /// The segments whose cloth takes part.
    pub segments: Vec<Segment>,
    /// Middle, and unit directions: along which folds follow one another, and to the inside of the bend.
    pub middle_m: Vec3,
    pub along: Vec3,
    pub inside: Vec3,
    /// Distance between folds, half the length of cloth that folds, and height, in metres.
    pub wave_m: f32,
    pub half_m: f32,
    pub height_m: f32,
}

impl Crease {
    /// `[vertex]`: how far cloth moves when the bend is whole.
    pub fn shifts(&self, cloth: &Cloth, normal: &[Vec3], member: impl Fn(usize) -> bool, seed: u32) -> Shifts {
        let shift = |v: usize| {
            let way = cloth.position_m[v] - self.middle_m;
            let s = way.dot(self.along);
            let radial = (way - self.along * s).normalize_or_zero();
            let window = smoothstep(self.half_m, 0.25 * self.half_m, s.abs()) * smoothstep(-0.35, 0.55, radial.dot(self.inside));
            if window <= 0.0 || !member(v) {
                return Vec3::ZERO;
            }
            let side = radial.dot(self.along.cross(self.inside));
            // Folds run together to the outside of the bend.
            let bent = s * (1.0 + 0.35 * side.abs()) + 0.012 * noise(cloth.position_m[v] * 22.0, seed);
            let wave = (bent / self.wave_m * TAU + 0.8 * side).cos();
            // Ridges stand out more than furrows go in.
            normal[v] * (self.height_m * window * (0.35 + 0.65 * wave))
        };
        (0..).zip((0..cloth.rows.len()).map(shift)).filter(|(_, s): &(u32, Vec3)| s.length() > LEAST_M).collect()
    }
}

/// Folds that run out from a point where cloth is held.
pub struct Star {
    pub middle_m: Vec3,
    /// Unit axis across which they run out.
    pub axis: Vec3,
    /// Unit direction of the middle of the fan that they make; none for folds to all sides.
    pub towards: Option<Vec3>,
    /// From where to where, in metres.
    pub from_m: f32,
    pub to_m: f32,
    /// Folds in a full turn, and their height in metres.
    pub rays: f32,
    pub height_m: f32,
}

impl Star {
    /// How far cloth stands out at a point.
    pub fn height_at(&self, p: Vec3, seed: u32) -> f32 {
        let way = p - self.middle_m;
        let flat = way - self.axis * way.dot(self.axis);
        let r = flat.length();
        let window = smoothstep(0.3 * self.from_m, self.from_m, r)
            * smoothstep(self.to_m, 0.5 * self.to_m, r)
            * smoothstep(self.to_m, 0.6 * self.to_m, way.length());
        let fan = self.towards.map_or(1.0, |towards| smoothstep(0.60, 0.95, flat.dot(towards) / r.max(1e-6)));
        let window = window * fan;
        if window <= 0.0 {
            return 0.0;
        }
        let zero = self.axis.any_orthonormal_vector();
        let angle = flat.dot(self.axis.cross(zero)).atan2(flat.dot(zero));
        window * self.height_m * (angle * self.rays + 2.2 * noise(p * 9.0, seed)).cos()
    }
}

/// Rings around a limb, as where a trouser leg stacks over a shoe, askew and broken by noise.
pub fn rings(tube: &Tube, p: Vec3, from_m: f32, to_m: f32, wave_m: f32, height_m: f32, seed: u32) -> f32 {
    let s = tube.along(p);
    let window = smoothstep(from_m - 0.03, from_m + 0.03, s) * smoothstep(to_m + 0.02, to_m - 0.02, s);
    let n = noise(p * 14.0, seed);
    window
        * height_m
        * ((s / wave_m + 0.9 * n + 8.0 * (p.x.abs() - tube.section(s).0.x.abs())) * TAU).cos()
        * (0.6 + 0.4 * noise(p * 8.0, seed ^ 77))
}

/// Moves cloth out by heights and keeps it off the body.
pub fn raise(cloth: &mut Cloth, solid: &Solid, pinned: &[bool], height: impl Fn(Vec3, usize) -> f32) {
    let normal = cloth.normals();
    for v in (0..pinned.len()).filter(|&v| !pinned[v]) {
        let p = cloth.position_m[v];
        let raised = solid.pushed(p + normal[v] * height(p, v), OFF_BODY_M);
        cloth.position_m[v] = raised.with_y(raised.y.max(GROUND_M));
    }
}
