//! A street at night: asphalt between two kerbs, to the north (−z) a chain-link fence and a brick wall, to the south (+z) a house front with a shutter, to both
//! ends the street's further lamps and, in the distance, blocks of flats with a few lit windows.

use crate::{
    finish::Finish,
    ground::{Ground, Paving},
    integrator::Point,
    lamp::{Lamp, smoothstep},
    noise::{Mottle, at_lattice, floor},
    set::{Air, beam},
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
/// The night's air. Nothing of the fill is seen.
pub(crate) const AIR: Air = Air { low: 0.0020, zenith: 0.0006, fill: 0.010, haze_m: 34.0, mist_per_m: 0.0052, beam_radius_m: 3.1 };

/// Where the blocks stand that close the street to both sides (±x) and behind the northern wall (z), and how high they are.
const END_M: f32 = 44.0;
const BEYOND_Z_M: f32 = -27.0;
const BLOCK_M: f32 = 17.0;
/// Radiance of a lit window and of a street lamp's globe: the brighter of them prints nearly white through the haze.
const WINDOW: f32 = 0.16;
const GLOBE: f32 = 0.5;
/// Share of a globe's radiance that is left at its outline: opal glass round a lamp is darker where it is looked along, which tells it from a disc.
const GLOBE_EDGE: f32 = 0.15;
/// Globes of the street lamps farther down the road: they are seen, but light nothing that is filmed.
const GLOBES_M: [Vec3; 6] = [
    Vec3::new(20.0, 5.4, -5.0),
    Vec3::new(31.0, 5.4, -5.0),
    Vec3::new(26.0, 5.4, 5.4),
    Vec3::new(-19.0, 5.4, -5.0),
    Vec3::new(-32.0, 5.4, -5.0),
    Vec3::new(-25.5, 5.4, 5.4),
];
const GLOBE_RADIUS_M: f32 = 0.17;
const LOWEST_GLOBE_M: f32 = 5.2;

/// The street's solid parts.
#[derive(Debug, Clone)]
pub(crate) struct Street {
    ground: Ground,
    mottle: Mottle,
    /// Factor on the stray light beyond the kerbs.
    stray: f32,
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
    /// The blocks that close the street at both ends (the side on which it lies) and that stand beyond the northern wall.
    End(f32),
    Beyond,
    /// A street lamp's globe, and the cosine at which its glass is seen.
    Globe(f32),
}

impl Street {
    /// A street, `wet` from 0 to 1, with so many times the night's stray light beyond the kerbs.
    pub fn new(wet: f32, stray: f32) -> Self {
        Self { ground: Ground::new(wet), mottle: Mottle::new(41), stray }
    }

    /// The nearest point within `reach_m`; `fine` asks for the fence and fine surface detail, which only the camera sees.
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
        for (side, x_m) in [(1.0, END_M), (-1.0, -END_M)] {
            if d.x * side > 0.0 {
                consider(Part::End(side), (x_m - o.x) / d.x, &|p| p.y < BLOCK_M);
            }
        }
        if d.z < 0.0 {
            consider(Part::Beyond, (BEYOND_Z_M - o.z) / d.z, &|p| p.y < BLOCK_M);
        }
        // From below, none is met by looking down.
        let globe_m = if d.y > 0.0 || o.y > LOWEST_GLOBE_M { globe_met(o, d) } else { None };
        if let Some((t, cos)) = globe_m {
            consider(Part::Globe(cos), t, &|_| true);
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
            Part::End(side) => return self.block(at, distance_m, Vec3::NEG_X * side, Vec2::new(at.z, at.y), 53),
            Part::Beyond => return self.block(at, distance_m, Vec3::Z, along, 59),
            Part::Globe(cos) => {
                let radiance = GLOBE * (GLOBE_EDGE + (1.0 - GLOBE_EDGE) * cos);
                return Point::new(at, distance_m, -d, -d, Finish::matt(0.0)).shining(radiance);
            }
        };
        if part == Part::Street { point } else { point.lit_by_itself(self.stray * wash(at, point.normal)) }
    }
}

/// The key over the origin, two street lamps far down the road, a floodlight behind the north wall, and a lit window to the south: from
/// wherever the camera looks, something draws an edge from behind and something soft reaches the faces. All are flagged off the set, so
/// that the ring of light stands in the dark.
pub(crate) fn lamps() -> Vec<Lamp> {
    let pair_m = Vec3::Y * 0.7;
    vec![
        Lamp::new(Vec3::from_array(clinch_model::street::KEY_LAMP_M), Vec3::ZERO, 0.24, 13.0, beam(21.0, 30.0, 0.010)),
        Lamp::new(Vec3::new(13.0, 5.2, -1.6), pair_m, 0.22, 76.0, beam(7.0, 13.5, 0.03)),
        Lamp::new(Vec3::new(-13.5, 5.2, -1.6), pair_m, 0.22, 80.0, beam(7.0, 13.5, 0.03)),
        Lamp::new(Vec3::new(-3.5, 6.4, -11.0), pair_m, 0.22, 66.0, beam(8.0, 15.0, 0.02)),
        Lamp::new(Vec3::new(2.2, 4.6, 7.5), pair_m, 0.55, 31.0, beam(12.0, 24.0, 0.06)),
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
        stray + behind * (0.90 * pool(-4.2, 3.0, 1.5, 1.6) + 0.40 * pool(6.5, 2.6, 1.8, 1.6))
    } else {
        stray + 0.60 * pool(4.6, 2.4, 1.6, 1.7) + 0.32 * pool(-6.0, 2.8, 2.0, 1.8)
    }
}

/// How far along a ray lies the first globe of a street lamp, and the cosine between the ray and the glass.
fn globe_met(o: Vec3, d: Vec3) -> Option<(f32, f32)> {
    let met = |centre_m: Vec3| {
        let to = centre_m - o;
        let along_m = to.dot(d);
        let off_m2 = to.length_squared() - along_m * along_m;
        let cos2 = 1.0 - off_m2 / (GLOBE_RADIUS_M * GLOBE_RADIUS_M);
        (along_m > 0.0 && cos2 > 0.0).then(|| (along_m, cos2.sqrt()))
    };
    GLOBES_M.into_iter().filter_map(met).min_by(|a, b| a.0.total_cmp(&b.0))
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

/// How far x lies from the nearest post.
fn off_post(x: f32) -> f32 {
    x - floor(x / POST_EVERY_M + 0.5) * POST_EVERY_M
}

/// Normal and reflectance of the fence's galvanised steel.
fn fence_surface(at: Vec3) -> (Vec3, f32) {
    let off = off_post(at.x) / POST_HALF_M;
    if off.abs() < 1.0 { (Vec3::new(off, 0.0, (1.0 - off * off).sqrt()), 0.12) } else { (Vec3::Z, 0.12) }
}

impl Street {
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

    /// A block of flats in the distance: a dark face with windows of 1.0 × 1.5 m in a grid, few of them lit, each in its own way.
    fn block(&self, at: Vec3, distance_m: f32, normal: Vec3, along: Vec2, seed: u32) -> Point {
        const GRID: Vec2 = Vec2::new(2.3, 3.0);
        let place = along / GRID;
        let name = Vec2::new(floor(place.x), floor(place.y));
        let inside = (place - name - Vec2::new(0.5, 0.55)) * GRID;
        let tone = 0.7 + 0.5 * self.mottle.at(along * 0.3);
        let point = Point::new(at, distance_m, normal, normal, Finish::matt(0.10 * tone));
        let half = Vec2::new(0.5, 0.75);
        let [lit, strength] = [seed, seed ^ 0x77].map(|seed| at_lattice(name.as_ivec2(), seed));
        if name.y < 1.0 || lit > 0.16 || inside.x.abs() > half.x || inside.y.abs() > half.y {
            return point.lit_by_itself(0.05 * self.stray);
        }
        // Frame and glazing bar; curtains to the sides, a lamp in the room above.
        if inside.x.abs() < 0.03 || (inside.y - 0.25).abs() < 0.03 {
            return point.lit_by_itself(0.05 * self.stray);
        }
        let curtain = 0.45 + 0.55 * (1.0 - smoothstep(0.18, 0.42, inside.x.abs()));
        let above = 0.6 + 0.4 * (inside.y / half.y);
        point.shining(WINDOW * (0.25 + 0.75 * strength) * curtain * above)
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
