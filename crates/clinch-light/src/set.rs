//! The set: a street at night, lit by the lamp under which it all happens.
//!
//! Everything but the two people is a handful of planes with made-up surfaces, met by formula: asphalt between two kerbs, to the north
//! (−z) a chain-link fence and a brick wall, to the south (+z) a house front with a shutter, to both ends a street with further lamps.
//!
//! The film's unit of light: the key lamp gives the ground at the origin an irradiance of about 1.

use crate::{
    finish::Finish,
    ground::{Ground, Paving},
    integrator::Point,
    lamp::{Beam, Lamp, smoothstep},
    noise::{Mottle, at_lattice, floor},
};
use glam::{Vec2, Vec3};

pub(crate) use clinch_model::street::{
    FENCE_M, FENCE_Z_M, NORTH_KERB_Z_M, NORTH_WALL_M, NORTH_WALL_Z_M, PAVEMENT_M, SOUTH_KERB_Z_M, SOUTH_WALL_M, SOUTH_WALL_Z_M,
};

/// Distance of the fence's posts, and their half thickness.
pub(crate) const POST_EVERY_M: f32 = 2.4;
pub(crate) const POST_HALF_M: f32 = 0.038;
/// Wire mesh: side of a diamond and half a wire (heavy 60 mm mesh, slightly thickened so that it survives at video size).
pub(crate) const MESH_M: f32 = 0.085;
pub(crate) const WIRE_HALF_M: f32 = 0.0034;
/// Distance over which the night's haze takes all but a third of what lies behind it.
const HAZE_M: f32 = 34.0;
/// Radiance of the haze near the ground and of the night sky overhead.
const GLOW: f32 = 0.0020;
const ZENITH: f32 = 0.0006;
/// Radiance that the night lends to surfaces, without being seen itself: the fill a cinematographer would bounce in from overhead, so that
/// nobody sinks into unreadable darkness.
const FILL: f32 = 0.016;

/// Radius of an upright cylinder round the origin that holds the key lamp's beam.
const BEAM_RADIUS_M: f32 = 3.1;
/// Share of light that the mist scatters in a metre: a clear night by meteorology's scale (visibility about 1 km), but a visible beam.
const MIST_PER_M: f32 = 0.0026;

/// Everything around the two people.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    ground: Ground,
    mottle: Mottle,
    /// The key lamp first.
    pub lamps: Vec<Lamp>,
}

/// What part of the set a ray met.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Street,
    Pavement,
    Kerb(f32),
    Fence,
    NorthWall,
    SouthWall,
}

impl Set {
    pub fn new() -> Self {
        Self { ground: Ground::new(), mottle: Mottle::new(41), lamps: lamps() }
    }

    /// Radiance of the night itself in a direction.
    pub fn sky(direction: Vec3) -> f32 {
        ZENITH + (GLOW - ZENITH) * (-4.0 * direction.y.max(0.0)).exp()
    }

    /// Radiance that reaches surfaces from a direction in which nothing stands.
    pub fn fill(direction: Vec3) -> f32 {
        FILL * (0.7 + 0.3 * direction.y)
    }

    /// Radiance after a stretch of haze.
    pub fn through_haze(radiance: f32, distance_m: f32, direction: Vec3) -> f32 {
        let kept = (-distance_m / HAZE_M).exp();
        radiance * kept + Self::sky(direction) * (1.0 - kept)
    }

    /// Radiance that the mist in the key lamp's beam scatters into a ray within `reach_m`; `number` in 0..1 shifts the places looked at.
    ///
    /// Single scattering, evenly into all directions, without the pair's shadow: a veil this thin doesn't show one.
    pub fn glow(&self, origin_m: Vec3, direction: Vec3, reach_m: f32, number: f32) -> f32 {
        const STEPS: u32 = 3;
        let Some(key) = self.lamps.first() else { return 0.0 };
        let Some((enter_m, leave_m)) = upright_cylinder(origin_m, direction, BEAM_RADIUS_M, key.centre_m.y - 0.05) else { return 0.0 };
        let leave_m = leave_m.min(reach_m);
        if leave_m <= enter_m {
            return 0.0;
        }
        let step_m = (leave_m - enter_m) / STEPS as f32;
        let sum: f32 =
            (0..STEPS).map(|i| key.guess(origin_m + direction * (enter_m + (i as f32 + number) * step_m)).irradiance.min(6.0)).sum();
        sum * step_m * MIST_PER_M / (4.0 * std::f32::consts::PI)
    }

    /// The nearest point of the set within `reach_m`; `fine` asks for the fence and fine surface detail, which only the camera sees.
    pub fn nearest(&self, origin_m: Vec3, direction: Vec3, reach_m: f32, pixel_rad: f32, fine: bool) -> Option<Point> {
        let (part, distance_m) = self.meet(origin_m, direction, reach_m, fine)?;
        Some(self.point(part, origin_m, direction, distance_m, pixel_rad))
    }

    fn meet(&self, o: Vec3, d: Vec3, reach_m: f32, fine: bool) -> Option<(Part, f32)> {
        let mut best: Option<(Part, f32)> = None;
        let mut consider = |part: Part, t: f32, inside: &dyn Fn(Vec3) -> bool| {
            if t > 1e-4 && t < best.map_or(reach_m, |(_, t)| t) && inside(o + d * t) {
                best = Some((part, t));
            }
        };
        if d.y < 0.0 {
            consider(Part::Street, -o.y / d.y, &|p| p.z > NORTH_KERB_Z_M && p.z < SOUTH_KERB_Z_M);
            consider(Part::Pavement, (PAVEMENT_M - o.y) / d.y, &|p| p.z <= NORTH_KERB_Z_M || p.z >= SOUTH_KERB_Z_M);
        }
        let kerb = |p: Vec3| (0.0..=PAVEMENT_M).contains(&p.y);
        if d.z < 0.0 {
            consider(Part::Kerb(1.0), (NORTH_KERB_Z_M - o.z) / d.z, &kerb);
            if fine {
                consider(Part::Fence, (FENCE_Z_M - o.z) / d.z, &fence);
            }
            consider(Part::NorthWall, (NORTH_WALL_Z_M - o.z) / d.z, &|p| p.y < NORTH_WALL_M);
        } else if d.z > 0.0 {
            consider(Part::Kerb(-1.0), (SOUTH_KERB_Z_M - o.z) / d.z, &kerb);
            consider(Part::SouthWall, (SOUTH_WALL_Z_M - o.z) / d.z, &|p| p.y < SOUTH_WALL_M);
        }
        best
    }

    fn point(&self, part: Part, o: Vec3, d: Vec3, distance_m: f32, pixel_rad: f32) -> Point {
        let at = o + d * distance_m;
        let along = Vec2::new(at.x, at.y);
        let point = match part {
            Part::Street | Part::Pavement => {
                let footprint_m = distance_m * pixel_rad / d.y.abs().max(0.02).sqrt();
                let paving =
                    if part == Part::Street { self.ground.at(Vec2::new(at.x, at.z), footprint_m) } else { self.slabs(at, footprint_m) };
                Point::new(at, distance_m, Vec3::Y, paving.normal, paving.finish).with_water(paving.water)
            }
            Part::Kerb(side) => Point::new(at, distance_m, Vec3::Z * side, Vec3::Z * side, Finish::matt(0.16)),
            Part::Fence => {
                let (normal, reflectance) = fence_surface(at);
                let finish = Finish { roughness: 0.5, specular: 0.1, ..Finish::matt(reflectance) };
                Point::new(at, distance_m, Vec3::Z, normal, finish)
            }
            Part::NorthWall => self.brick(at, distance_m, Vec3::Z, along, 0.12),
            Part::SouthWall => self.house_front(at, distance_m, along),
        };
        if part == Part::Street { point } else { point.lit_by_itself(wash(at, point.normal)) }
    }
}

/// The key over the origin, two street lamps far down the road, a floodlight behind the north wall, and a lit window to the south: from
/// wherever the camera looks, something draws an edge from behind and something soft reaches the faces. All are flagged off the set, so
/// that the ring of light stands in the dark.
fn lamps() -> Vec<Lamp> {
    let beam = |core_deg: f32, edge_deg: f32, spill: f32| Beam {
        cos_core: core_deg.to_radians().cos(),
        cos_edge: edge_deg.to_radians().cos(),
        core: 1.0,
        spill,
    };
    let pair_m = Vec3::Y * 0.7;
    vec![
        Lamp::new(Vec3::from_array(clinch_model::street::KEY_LAMP_M), Vec3::ZERO, 0.24, 28.3, beam(21.0, 30.0, 0.010)),
        Lamp::new(Vec3::new(13.0, 5.2, -1.6), pair_m, 0.22, 54.0, beam(7.0, 13.5, 0.03)),
        Lamp::new(Vec3::new(-13.5, 5.2, -1.6), pair_m, 0.22, 40.0, beam(7.0, 13.5, 0.03)),
        Lamp::new(Vec3::new(-3.5, 6.4, -11.0), pair_m, 0.22, 50.0, beam(8.0, 15.0, 0.02)),
        Lamp::new(Vec3::new(2.2, 4.6, 7.5), pair_m, 0.55, 22.0, beam(12.0, 24.0, 0.06)),
    ]
}

/// Irradiance on what stands beyond the kerbs: the stray light of the street, falling off from the ring, a bracket lamp on the north wall
/// and the glow of a shop to the south. Painted rather than traced, because nothing the pair does changes it.
fn wash(at: Vec3, normal: Vec3) -> f32 {
    let stray = 0.06 * (0.6 + 0.4 * normal.y.abs()) / (1.0 + 0.02 * (at.x * at.x + at.z * at.z));
    let pool = |x_m: f32, y_m: f32, wide_m: f32, high_m: f32| {
        let (x, y) = ((at.x - x_m) / wide_m, (at.y - y_m) / if at.y > y_m { 0.35 * high_m } else { high_m });
        1.0 / (1.0 + x * x + y * y).powi(2)
    };
    if at.z < 0.0 {
        let behind = if at.z < NORTH_WALL_Z_M + 0.1 { 1.0 } else { 0.35 };
        stray + behind * (0.50 * pool(-4.2, 3.0, 1.5, 1.6) + 0.22 * pool(6.5, 2.6, 1.8, 1.6))
    } else {
        stray + 0.35 * pool(4.6, 2.4, 1.6, 1.7) + 0.18 * pool(-6.0, 2.8, 2.0, 1.8)
    }
}

/// Whether a point of the fence's plane is post, rail or wire.
fn fence(p: Vec3) -> bool {
    let y = p.y - PAVEMENT_M;
    if !(0.0..FENCE_M + 0.05).contains(&y) {
        return false;
    }
    let wire = |s: f32| (s - floor(s / MESH_M + 0.5) * MESH_M).abs() < WIRE_HALF_M;
    let diagonal = std::f32::consts::FRAC_1_SQRT_2;
    off_post(p.x).abs() < POST_HALF_M
        || (y - FENCE_M).abs() < 0.025
        || (y < FENCE_M && (wire((p.x + y) * diagonal) || wire((p.x - y) * diagonal)))
}

/// Where a ray enters and leaves the upright cylinder round the origin from the ground to a height.
fn upright_cylinder(o: Vec3, d: Vec3, radius_m: f32, height_m: f32) -> Option<(f32, f32)> {
    let (a, b) = (d.x * d.x + d.z * d.z, o.x * d.x + o.z * d.z);
    let c = o.x * o.x + o.z * o.z - radius_m * radius_m;
    let (mut enter_m, mut leave_m) = (0.0f32, f32::INFINITY);
    if a > 1e-9 {
        let root = (b * b - a * c).max(0.0).sqrt();
        if b * b < a * c {
            return None;
        }
        (enter_m, leave_m) = (((-b - root) / a).max(0.0), (-b + root) / a);
    } else if c > 0.0 {
        return None;
    }
    if d.y.abs() > 1e-6 {
        let (to_ground, to_top) = (-o.y / d.y, (height_m - o.y) / d.y);
        (enter_m, leave_m) = (enter_m.max(to_ground.min(to_top)), leave_m.min(to_ground.max(to_top)));
    }
    (leave_m > enter_m).then_some((enter_m, leave_m))
}

/// How far x lies from the nearest post.
fn off_post(x: f32) -> f32 {
    x - floor(x / POST_EVERY_M + 0.5) * POST_EVERY_M
}

/// Normal and reflectance of the fence's galvanised steel.
fn fence_surface(at: Vec3) -> (Vec3, f32) {
    let off = off_post(at.x) / POST_HALF_M;
    if off.abs() < 1.0 { (Vec3::new(off, 0.0, (1.0 - off * off).sqrt()), 0.12) } else { (Vec3::Z, 0.12) }
}

impl Set {
    /// Paving slabs of 0.6 m.
    fn slabs(&self, at: Vec3, footprint_m: f32) -> Paving {
        let place = Vec2::new(at.x, at.z) / 0.6;
        let slab = Vec2::new(floor(place.x + 0.5), floor(place.y + 0.5));
        let joint = smoothstep(0.47 - footprint_m, 0.495, (place - slab).abs().max_element());
        let tone = 0.75 + 0.35 * at_lattice(slab.as_ivec2(), 31) + 0.3 * self.mottle.at(place * 3.0);
        let finish = Finish { roughness: 0.7, specular: 0.03, ..Finish::matt(0.11 * tone * (1.0 - 0.6 * joint)) };
        Paving { finish, normal: Vec3::Y, water: 0.0 }
    }

    /// Old bricks of 250 × 75 mm in stretcher bond; `along` runs across and up the wall.
    fn brick(&self, at: Vec3, distance_m: f32, normal: Vec3, along: Vec2, reflectance: f32) -> Point {
        let course = floor(along.y / 0.075);
        let place = Vec2::new(along.x / 0.25 + 0.5 * (course as i32 & 1) as f32, along.y / 0.075);
        let name = Vec2::new(floor(place.x), course);
        let inside = place - name;
        let edge = (inside.x.min(1.0 - inside.x) * 0.25).min(inside.y.min(1.0 - inside.y) * 0.075);
        let joint = 1.0 - smoothstep(0.003, 0.007, edge);
        let tone = 0.7 + 0.4 * at_lattice(name.as_ivec2(), 41) + 0.5 * self.mottle.at(along * 0.7);
        // Damp rises from the pavement.
        let damp = 0.55 + 0.45 * smoothstep(0.1, 1.1, along.y + 0.4 * self.mottle.at(along * 1.3));
        Point::new(at, distance_m, normal, normal, Finish::matt(reflectance * tone * damp * (1.0 - 0.35 * joint)))
    }

    /// The south side: brick, with a roller shutter in the middle and a dark doorway.
    fn house_front(&self, at: Vec3, distance_m: f32, along: Vec2) -> Point {
        let north = Vec3::NEG_Z;
        let (x, y) = (along.x, along.y - PAVEMENT_M);
        if (-3.4..-0.2).contains(&x) && y < 2.7 {
            // Slats of 0.1 m, each a shallow arch.
            let slat = y / 0.1 - floor(y / 0.1) - 0.5;
            let normal = Vec3::new(0.0, 1.1 * slat, -1.0).normalize();
            let tone = 0.8 + 0.4 * self.mottle.at(along * Vec2::new(1.5, 0.6));
            let finish = Finish { roughness: 0.5, specular: 0.06, ..Finish::matt(0.17 * tone) };
            return Point::new(at, distance_m, north, normal, finish);
        }
        if (2.6..3.7).contains(&x) && y < 2.2 {
            return Point::new(at, distance_m, north, north, Finish::matt(0.02));
        }
        self.brick(at, distance_m, north, along, 0.15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_enters_and_leaves_a_cylinder_where_geometry_says() {
        let through = upright_cylinder(Vec3::new(0.0, 1.0, 5.0), Vec3::NEG_Z, 3.0, 5.0);
        assert_eq!(through, Some((2.0, 8.0)));
        let from_above = upright_cylinder(Vec3::new(1.0, 8.0, 0.0), Vec3::NEG_Y, 3.0, 5.0);
        assert_eq!(from_above, Some((3.0, 8.0)));
        assert_eq!(upright_cylinder(Vec3::new(4.0, 1.0, 0.0), Vec3::Z, 3.0, 5.0), None);
        assert_eq!(upright_cylinder(Vec3::new(4.0, 1.0, 0.0), Vec3::X, 3.0, 5.0), None);
    }

    #[test]
    fn the_key_lamp_gives_the_origin_the_unit_of_light() {
        let set = Set::new();
        let arriving = set.lamps[0].guess(Vec3::ZERO);
        let irradiance = arriving.irradiance * arriving.direction.y;
        assert!((irradiance - 1.0).abs() < 0.05, "{irradiance}");
    }
}
