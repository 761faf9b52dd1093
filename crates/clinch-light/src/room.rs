//! A bare room: a bulb, one window with the street's light behind it, a doorway, a bed.

use crate::{
    finish::Finish,
    integrator::Point,
    lamp::{Gate, Lamp, smoothstep},
    noise::{Mottle, at_lattice, floor},
    set::{Air, beam},
};
use clinch_model::set::{BED_M, BULB_M, ROOM_HALF_M, ROOM_HEIGHT_M};
use glam::{Vec2, Vec3};

/// The air of a closed room; the fill is what its walls send back.
pub(crate) const AIR: Air = Air { low: 0.0, zenith: 0.0, fill: 0.016, haze_m: 1e6, mist_per_m: 0.0, beam_radius_m: 0.0 };
/// The window in the northern wall (x and y) and the doorway in the eastern one (z and y): least and greatest, in metres.
const WINDOW_M: [[f32; 2]; 2] = [[-1.75, 0.95], [0.35, 2.60]];
const DOOR_M: [[f32; 2]; 2] = [[-1.40, 0.0], [-0.10, 2.12]];
/// Half width of the window's glazing bars and the width of frames.
const BAR_M: f32 = 0.022;
const FRAME_M: f32 = 0.075;
/// Height of the dark paint below the plaster, and of the skirting board.
const DADO_M: f32 = 1.12;
const SKIRTING_M: f32 = 0.11;
/// Reflectances: plaster, dark paint, woodwork, floorboards, sheets.
const PLASTER: f32 = 0.27;
const PAINT: f32 = 0.085;
const WOOD: f32 = 0.22;
const BOARDS: f32 = 0.13;
const SHEETS: f32 = 0.42;
/// Width of a floorboard.
const BOARD_M: f32 = 0.135;
/// Radiance of the night outside the window and of the wall that the doorway shows.
const OUTSIDE: f32 = 0.006;
const PASSAGE: f32 = 0.020;

/// The room's solid parts.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    mottle: Mottle,
    /// Factor on what the window shows.
    outside: f32,
}

/// What part of the room a ray met.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Floor,
    Ceiling,
    North,
    South,
    East,
    West,
    Bed(Vec3),
}

impl Room {
    /// A room with so many times the night's light outside its window.
    pub fn new(outside: f32) -> Self {
        Self { mottle: Mottle::new(71), outside }
    }

    pub fn nearest(&self, o: Vec3, d: Vec3, reach_m: f32, pixel_rad: f32) -> Option<Point> {
        let [half_x, half_z] = ROOM_HALF_M;
        // Inside a convex room the first plane ahead is the nearest; what starts outside of it (other tools' painters) meets it from within, too.
        let planes = [
            (Part::Floor, 1, 0.0),
            (Part::Ceiling, 1, ROOM_HEIGHT_M),
            (Part::West, 0, -half_x),
            (Part::East, 0, half_x),
            (Part::North, 2, -half_z),
            (Part::South, 2, half_z),
        ];
        let mut best: Option<(Part, f32)> = None;
        for (part, axis, at) in planes {
            let leaves = matches!(part, Part::Floor | Part::West | Part::North) == (d[axis] < 0.0);
            let t = (at - o[axis]) / d[axis];
            if leaves && t > 1e-4 && t < best.map_or(reach_m, |(_, t)| t) {
                best = Some((part, t));
            }
        }
        if let Some((t, normal)) = bed_met(o, d).filter(|(t, _)| *t < best.map_or(reach_m, |(_, t)| t)) {
            best = Some((Part::Bed(normal), t));
        }
        let (part, distance_m) = best?;
        Some(self.point(part, o + d * distance_m, d, distance_m, pixel_rad))
    }

    fn point(&self, part: Part, at: Vec3, d: Vec3, distance_m: f32, pixel_rad: f32) -> Point {
        let footprint_m = distance_m * pixel_rad;
        let plane = |normal: Vec3, finish: Finish| Point::new(at, distance_m, normal, normal, finish);
        match part {
            Part::Floor => plane(Vec3::Y, self.boards(at, footprint_m / d.y.abs().max(0.05).sqrt())),
            Part::Ceiling => plane(Vec3::NEG_Y, Finish::matt(0.30 * (0.75 + 0.5 * self.mottle.at(Vec2::new(at.x, at.z) * 0.6)))),
            Part::North => self.window_wall(at, distance_m, footprint_m),
            Part::East => self.door_wall(at, distance_m, footprint_m),
            Part::South => plane(Vec3::NEG_Z, self.wall(Vec2::new(at.x, at.y), footprint_m)),
            Part::West => plane(Vec3::X, self.wall(Vec2::new(at.z + 20.0, at.y), footprint_m)),
            Part::Bed(normal) => self.bed(at, distance_m, normal),
        }
    }

    /// Plaster over dark paint over a skirting board; `along` runs across and up the wall.
    fn wall(&self, along: Vec2, footprint_m: f32) -> Finish {
        let stain = self.mottle.at(along * Vec2::new(0.5, 0.35));
        let streak = self.mottle.at(along * Vec2::new(3.1, 0.25));
        let grain = (1.0 - smoothstep(0.003, 0.02, footprint_m)) * (self.mottle.at(along * 14.0) - 0.5);
        let edge = |at: f32| smoothstep(at - 0.004 - footprint_m, at + 0.004 + footprint_m, along.y);
        let upper = PLASTER * (0.62 + 0.5 * stain + 0.22 * streak + 0.25 * grain);
        // Damp and hands darken what is low, and plaster is bare where the paint has come off.
        let worn = smoothstep(0.60, 0.66, self.mottle.at(along * 1.3 + Vec2::new(4.0, 1.0)) + 0.08 * grain);
        let lower = PAINT * (0.8 + 0.5 * streak) * (1.0 - worn) + 0.8 * PLASTER * worn;
        let (over_dado, over_skirting) = (edge(DADO_M), edge(SKIRTING_M));
        let line = 1.0 - 0.6 * edge(DADO_M - 0.012) * (1.0 - edge(DADO_M + 0.012));
        let painted = lower + (upper - lower) * over_dado;
        let reflectance = WOOD * 0.7 + (painted - WOOD * 0.7) * over_skirting;
        let corner = 0.55 + 0.45 * smoothstep(0.0, 0.5, along.y) * (1.0 - 0.3 * smoothstep(ROOM_HEIGHT_M - 0.6, ROOM_HEIGHT_M, along.y));
        let gloss = (1.0 - over_dado) * (1.0 - worn);
        Finish { roughness: 0.75 - 0.33 * gloss, specular: 0.004 + 0.022 * gloss, ..Finish::matt(reflectance * line * corner) }
    }

    /// Boards along x, each with its own tone, its ends shifted against its neighbours'.
    fn boards(&self, at: Vec3, footprint_m: f32) -> Finish {
        let row = floor(at.z / BOARD_M);
        let shift = 3.0 * at_lattice(Vec2::new(row, 0.0).as_ivec2(), 73);
        let length_m = 2.4;
        let end = (at.x + shift) / length_m;
        let name = Vec2::new(floor(end), row);
        let across_m = (at.z - row * BOARD_M).min((row + 1.0) * BOARD_M - at.z);
        let along_m = (end - floor(end)).min(floor(end) + 1.0 - end) * length_m;
        let gap_m = 0.0022 + 0.5 * footprint_m;
        let gap = (0.0022 / gap_m) * (1.0 - smoothstep(0.5 * gap_m, gap_m, across_m.min(along_m)));
        let fine = 1.0 - smoothstep(0.003, 0.02, footprint_m);
        let grain = fine * (self.mottle.at(Vec2::new(at.x * 1.6, at.z * 40.0) + name * 7.3) - 0.5);
        let tone = 0.62 + 0.5 * at_lattice(name.as_ivec2(), 79) + 0.45 * grain;
        let worn = self.mottle.at(Vec2::new(at.x, at.z) * 0.55);
        // Less light comes in beneath the bed and beside it.
        let [low, high] = BED_M.map(|corner| Vec2::new(corner[0], corner[2]));
        let place = Vec2::new(at.x, at.z);
        let near_bed = 0.25 + 0.75 * smoothstep(0.0, 0.45, place.distance(place.clamp(low, high)));
        Finish {
            roughness: 0.42 + 0.3 * worn,
            specular: 0.016 * (1.0 - gap),
            ..Finish::matt(BOARDS * tone * (0.7 + 0.6 * worn) * (1.0 - 0.85 * gap) * near_bed)
        }
    }

    fn window_wall(&self, at: Vec3, distance_m: f32, footprint_m: f32) -> Point {
        let [low, high] = WINDOW_M.map(Vec2::from_array);
        let along = Vec2::new(at.x, at.y);
        let out_m = (along - along.clamp(low, high)).length();
        let plain = |finish: Finish| Point::new(at, distance_m, Vec3::Z, Vec3::Z, finish);
        if out_m > 0.0 {
            return plain(if out_m < FRAME_M { Finish::matt(WOOD) } else { self.wall(along, footprint_m) });
        }
        let middle = (low + high) / 2.0 + Vec2::new(0.0, 0.18);
        if (along - middle).abs().min_element() < BAR_M {
            return plain(Finish::matt(0.6 * WOOD));
        }
        // A pane that nobody has cleaned, with the street lamp's light in it.
        let smear = 0.5 + 0.9 * self.mottle.at(along * Vec2::new(1.2, 0.6));
        let lamp = (-(along - Vec2::new(-1.1, 2.0)).length_squared() * 1.6).exp();
        plain(Finish::matt(0.0)).shining(self.outside * OUTSIDE * smear + 0.05 * lamp * smear)
    }

    fn door_wall(&self, at: Vec3, distance_m: f32, footprint_m: f32) -> Point {
        let [low, high] = DOOR_M.map(Vec2::from_array);
        let along = Vec2::new(at.z, at.y);
        let out_m = (along - along.clamp(low, high)).length();
        let plain = |finish: Finish| Point::new(at, distance_m, Vec3::NEG_X, Vec3::NEG_X, finish);
        if out_m > 0.0 {
            return plain(if out_m < FRAME_M { Finish::matt(WOOD) } else { self.wall(along + Vec2::new(40.0, 0.0), footprint_m) });
        }
        let high_up = 0.35 + 0.65 * smoothstep(0.1, 1.9, at.y);
        let aside = 0.5 + 0.5 * smoothstep(low.x, high.x, at.z);
        plain(Finish::matt(0.0)).shining(PASSAGE * high_up * aside * (0.7 + 0.5 * self.mottle.at(along * 0.8)))
    }

    /// A mattress with creased sheets on a dark frame.
    fn bed(&self, at: Vec3, distance_m: f32, normal: Vec3) -> Point {
        let [low, high] = BED_M.map(Vec3::from_array);
        let frame = at.y < high.y - 0.20;
        if frame {
            let leg = (at.x - high.x).abs() < 0.06 || (at.z - low.z).abs() < 0.06;
            let under = if at.y < 0.24 && !leg { 0.004 } else { 0.05 };
            return Point::new(at, distance_m, normal, normal, Finish::matt(under));
        }
        // Creases run towards where somebody lay; slope by differences.
        let place = Vec2::new(at.x + 0.4 * at.z, at.z - 0.3 * at.x) * Vec2::new(2.2, 5.0) + Vec2::Y * (3.0 * at.y);
        let height = |dx: f32, dz: f32| self.mottle.at(place + Vec2::new(dx, dz));
        let slope = Vec2::new(height(0.06, 0.0) - height(-0.06, 0.0), height(0.0, 0.06) - height(0.0, -0.06)) * 1.6;
        let side = if normal.y > 0.5 { Vec3::new(-slope.x, 1.0, -slope.y) } else { normal + Vec3::new(0.0, slope.x, slope.y) * 0.6 };
        let tone = 0.8 + 0.3 * self.mottle.at(Vec2::new(at.x, at.z) * 0.9);
        let pillow = if at.x < low.x + 0.55 { 1.12 } else { 1.0 };
        Point::new(at, distance_m, normal, side.normalize(), Finish::matt(SHEETS * tone * pillow))
    }
}

/// How far along a ray from outside the bed it begins, and its normal there.
fn bed_met(o: Vec3, d: Vec3) -> Option<(f32, Vec3)> {
    let [low, high] = BED_M.map(Vec3::from_array);
    let (mut enter, mut leave, mut normal) = (1e-4f32, f32::INFINITY, Vec3::ZERO);
    for axis in 0..3 {
        if d[axis].abs() < 1e-9 {
            if o[axis] < low[axis] || o[axis] > high[axis] {
                return None;
            }
            continue;
        }
        let (a, b) = ((low[axis] - o[axis]) / d[axis], (high[axis] - o[axis]) / d[axis]);
        if a.min(b) > enter {
            enter = a.min(b);
            normal = Vec3::ZERO;
            normal[axis] = -d[axis].signum();
        }
        leave = leave.min(a.max(b));
    }
    (enter < leave && normal != Vec3::ZERO).then_some((enter, normal))
}

/// The bulb over the pair, the street's lamp through the window, the passage's through the doorway, a lamp low beside the bed, and what the
/// southern wall sends back.
pub(crate) fn lamps() -> Vec<Lamp> {
    let pair_m = Vec3::Y * 1.0;
    let [half_x, half_z] = ROOM_HALF_M;
    let window =
        Gate { axis: 2, at_m: -half_z, low: Vec2::from_array(WINDOW_M[0]), high: Vec2::from_array(WINDOW_M[1]), bars: Some((0.18, BAR_M)) };
    let door = Gate { axis: 0, at_m: half_x, low: Vec2::from_array(DOOR_M[0]), high: Vec2::from_array(DOOR_M[1]), bars: None };
    vec![
        Lamp::new(Vec3::from_array(BULB_M), Vec3::new(BULB_M[0], 0.0, BULB_M[2]), 0.10, 2.6, beam(58.0, 82.0, 0.04)),
        Lamp::new(Vec3::new(-2.4, 3.3, -10.0), pair_m, 0.32, 78.0, beam(12.0, 24.0, 0.0)).through(window),
        Lamp::new(Vec3::new(9.5, 2.5, -1.75), pair_m, 0.30, 52.0, beam(14.0, 26.0, 0.0)).through(door),
        Lamp::new(Vec3::new(-3.7, 0.92, 1.55), pair_m, 0.075, 7.2, beam(50.0, 80.0, 0.05)),
        Lamp::new(Vec3::new(1.2, 2.7, 3.45), pair_m, 0.60, 7.5, beam(40.0, 75.0, 0.05)).hidden(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ray_inside_the_room_meets_it_where_its_walls_are() {
        let room = Room::new(1.0);
        let [half_x, half_z] = ROOM_HALF_M;
        let eye = Vec3::new(0.5, 1.4, -0.2);
        for i in 0..500 {
            let (u, v) = (i as f32 * 0.618_034, i as f32 / 500.0);
            let y = 1.0 - 2.0 * v;
            let (sin, cos) = (std::f32::consts::TAU * u).sin_cos();
            let d = Vec3::new(cos, 0.0, sin) * (1.0 - y * y).max(0.0).sqrt() + Vec3::Y * y;
            let point = room.nearest(eye, d, f32::INFINITY, 1e-3).expect("a closed room");
            let at = eye + d * point.distance_m;
            let within = at.x.abs() <= half_x + 1e-3 && at.z.abs() <= half_z + 1e-3 && (-1e-3..=ROOM_HEIGHT_M + 1e-3).contains(&at.y);
            assert!(within && point.outward.dot(d) < 0.0, "{d} {at}");
        }
    }

    #[test]
    fn the_bed_is_met_from_outside_only_and_from_the_right_side() {
        let (t, normal) = bed_met(Vec3::new(0.0, 0.3, 2.6), Vec3::NEG_X).unwrap();
        assert!((t - 2.05).abs() < 1e-5 && normal == Vec3::X);
        let (t, normal) = bed_met(Vec3::new(-3.0, 2.52, 2.6), Vec3::NEG_Y).unwrap();
        assert!((t - 2.0).abs() < 1e-5 && normal == Vec3::Y);
        assert_eq!(bed_met(Vec3::new(0.0, 1.0, 2.6), Vec3::NEG_X), None);
    }
}
