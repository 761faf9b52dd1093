//! Room for joints: shifts that keep cloth off the skin under it where a joint is at an end of its range.
//!
//! Cloth and skin take the same bones, but not in the same shares everywhere, and bent skin bulges. Each joint is turned to each end of its range
//! by itself; cloth that got through the skin under it is moved out, what is around follows, and the shift is driven by the joint.

use super::solid::closest;
use crate::{
    cells::Cells,
    corrective::{Body, bent},
    part::{Part, Shifts},
    pose::{directions, normals, positions},
};
use clinch_model::{
    Person, PersonSample, SEGMENTS, Segment,
    cast::{Drive, Morph, Surface},
};
use glam::Vec3;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Distance that cloth keeps at an end of a joint's range, in metres, if it had as much before: several joints bent at once take some of it.
const CLEARANCE_M: f32 = 0.007;

/// How far from cloth the skin under it may be, in metres; what hangs farther off can't be pierced by it.
const REACH_M: f32 = 0.03;

/// Greatest lack that is mended at once, in metres: what is deeper was not pierced by the skin under it but met another part of the body, and moved
/// out it would stand off like a wing.
const MOST_M: f32 = 0.014;

/// Change of the distance from the skin that doesn't ask for a closer look, in metres.
const SAME_M: f32 = 0.001;

/// Shifts below this are not worth an entry, in metres.
const LEAST_M: f32 = 3e-4;

/// Rounds in which a shift spreads to the cloth around: some four centimetres.
const ROUNDS: usize = 10;

/// Times that an end is looked at again: a shift's way depends on how much of it there is.
const TRIES: usize = 2;

/// An end of a joint's range.
#[derive(Debug, Clone, Copy)]
struct End {
    /// The segment below the joint.
    segment: Segment,
    /// Angles about x between which the shift comes, in degrees; the second is the end.
    from_to_deg: [f32; 2],
}

/// Ends of what the joints of limbs do under clothes, left and right (normal ranges of the American Academy of Orthopaedic Surgeons). Shoulders and
/// trunk aren't among them: cloth that is moved off an armpit in one posture stands off like a wing in another, and a folded waist folds cloth
/// over itself.
const ENDS: [([Segment; 2], [f32; 2]); 6] = [
    ([Segment::ThighL, Segment::ThighR], [-15.0, -124.0]),
    ([Segment::ThighL, Segment::ThighR], [2.0, 18.0]),
    ([Segment::ShinL, Segment::ShinR], [20.0, 148.0]),
    ([Segment::FootL, Segment::FootR], [10.0, 78.0]),
    ([Segment::FootL, Segment::FootR], [-5.0, -28.0]),
    ([Segment::ForearmL, Segment::ForearmR], [-25.0, -146.0]),
];

impl End {
    fn drive(&self) -> Drive {
        let [from_rad, to_rad] = self.from_to_deg.map(f32::to_radians);
        Drive::Bend { segment: self.segment, from_rad, to_rad }
    }

    fn turn_rad(&self) -> Vec3 {
        Vec3::X * self.from_to_deg[1].to_radians()
    }
}

/// The skin under a vertex of cloth.
#[derive(Default)]
struct Under {
    /// Its nearest triangles in the bind pose, nearest first.
    triangles: Vec<u32>,
    /// How far from the nearest the cloth lies, in metres.
    off_m: f32,
}

/// Posed skin.
struct Skin<'a> {
    triangles: &'a [[u32; 3]],
    position_m: Vec<Vec3>,
    normal: Vec<Vec3>,
}

impl<'a> Skin<'a> {
    fn posed(body: &'a Person, state: &PersonSample) -> Self {
        let surface = &body.surface;
        let mut skin = Self { triangles: &surface.triangles, position_m: Vec::new(), normal: Vec::new() };
        positions(body, state, &surface.position_m, &mut skin.position_m);
        normals(&surface.triangles, &skin.position_m, &mut skin.normal);
        skin
    }

    /// Signed distance of a point from one triangle, and the unit direction out of the skin there.
    fn distance(&self, triangle: u32, p: Vec3) -> (f32, Vec3) {
        let corners = self.triangles[triangle as usize];
        let share = closest(p, corners.map(|v| self.position_m[v as usize]));
        let mix = |values: &[Vec3]| (0..3).map(|i| values[corners[i] as usize] * share[i]).sum::<Vec3>();
        let (way, out) = (p - mix(&self.position_m), mix(&self.normal).normalize_or_zero());
        (way.length() * way.dot(out).signum(), out)
    }

    /// The same from the nearest of some triangles; none where there are none.
    fn nearest(&self, triangles: &[u32], p: Vec3) -> Option<(f32, Vec3)> {
        triangles.iter().map(|&t| self.distance(t, p)).min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))
    }
}

/// `[vertex of the garment]` shifts by joint.
pub fn shifts(body: &Body, garment: &Part) -> Vec<(Drive, Shifts)> {
    let under = under(&body.person, garment);
    let around = around(garment);
    let mut worn = worn(body, garment);
    let first = worn.surface.morphs.len();
    let moves = segments(&worn.surface);
    let ends = ENDS.into_iter().flat_map(|(sides, from_to_deg)| sides.map(|segment| End { segment, from_to_deg }));
    for end in ends.filter(|end| moves[end.segment.index()]) {
        let state = bent(&body.person, end.segment, end.turn_rad());
        let skin = Skin::posed(&body.person, &state);
        for _ in 0..TRIES {
            let lack_m = lack(&skin, &worn, &under, &state);
            if lack_m.iter().all(|lack| *lack == Vec3::ZERO) {
                break;
            }
            let moved = (0..).zip(spread(&lack_m, &around)).filter(|s| s.1.length() > LEAST_M).collect();
            worn.surface.morphs.push(Morph { drive: end.drive(), shift_m: moved });
        }
    }
    worn.surface.morphs.drain(first..).map(|morph| (morph.drive, morph.shift_m)).collect()
}

/// `[segment]`: whether bones of it move a surface.
fn segments(surface: &Surface) -> [bool; SEGMENTS] {
    let mut moves = [false; SEGMENTS];
    for &(bone, weight) in surface.skin.iter().flatten() {
        moves[surface.bones[usize::from(bone)].segment.index()] |= weight > 0.0;
    }
    moves
}

/// A person of whom nothing but a garment is seen.
fn worn(body: &Body, garment: &Part) -> Person {
    let bones = body.person.surface.bones.clone();
    let mut surface = Surface { bones, ..Surface::default() };
    crate::part::join(&mut surface, Part { texture: None, ..garment.clone() });
    normals(&surface.triangles, &surface.position_m, &mut surface.normal);
    let morphs: Vec<_> = body.correctives.iter().map(|corrective| corrective.morph(&surface)).collect();
    surface.morphs.extend(morphs);
    Person { surface, skeleton: body.person.skeleton.clone(), ..body.person }
}

/// `[vertex]`: the shift in the bind pose that would bring cloth back over the skin under it.
fn lack(skin: &Skin, worn: &Person, under: &[Under], state: &PersonSample) -> Vec<Vec3> {
    let mut cloth_m = Vec::new();
    positions(worn, state, &worn.surface.position_m, &mut cloth_m);
    let turned = directions(worn, state);
    let one = |v: usize| {
        let Under { triangles, off_m } = &under[v];
        let Some((first_m, _)) = skin.nearest(&triangles[..triangles.len().min(1)], cloth_m[v]) else { return Vec3::ZERO };
        // Where cloth kept its distance it went with the skin, and nothing else has come near.
        if (first_m - off_m).abs() < SAME_M {
            return Vec3::ZERO;
        }
        let Some((distance_m, out)) = skin.nearest(triangles, cloth_m[v]) else { return Vec3::ZERO };
        let missing_m = off_m.min(CLEARANCE_M) - distance_m;
        if !(0.0..MOST_M).contains(&missing_m) {
            return Vec3::ZERO;
        }
        // Bones turn, and half turns shrink; the way back is along the turned direction.
        let in_bind = turned[v].transpose().mul_vec3(out).normalize_or_zero();
        in_bind * missing_m / turned[v].mul_vec3(in_bind).dot(out).max(0.8)
    };
    (0..under.len()).into_par_iter().map(one).collect()
}

/// Spreads a shift to the cloth around, without taking away from where it is needed.
fn spread(lack_m: &[Vec3], around: &[Vec<u32>]) -> Vec<Vec3> {
    let mut shift = lack_m.to_vec();
    for _ in 0..ROUNDS {
        let before = shift.clone();
        for (v, near) in around.iter().enumerate().filter(|(_, near)| !near.is_empty()) {
            let mean = near.iter().map(|&n| before[n as usize]).sum::<Vec3>() / near.len() as f32;
            let (length, along) = (lack_m[v].length(), lack_m[v].normalize_or_zero());
            let smooth = before[v].lerp(mean, 0.6);
            shift[v] = smooth + along * (length - smooth.dot(along)).max(0.0);
        }
    }
    shift
}

/// `[vertex]`: neighbours.
fn around(garment: &Part) -> Vec<Vec<u32>> {
    let mut around = vec![Vec::new(); garment.position_m.len()];
    for t in &garment.triangles {
        for i in 0..3 {
            around[t[i] as usize].extend([t[(i + 1) % 3], t[(i + 2) % 3]]);
        }
    }
    for near in &mut around {
        near.sort_unstable();
        near.dedup();
    }
    around
}

/// `[vertex of the garment]`: the skin near it that faces it.
fn under(body: &Person, garment: &Part) -> Vec<Under> {
    // Triangles of the base mesh measure one to three centimetres, so these are what lies within two or three.
    const TRIANGLES: usize = 14;
    let surface = &body.surface;
    let skin = Skin { triangles: &surface.triangles, position_m: surface.position_m.clone(), normal: surface.normal.clone() };
    let middle = |t: &[u32; 3]| t.iter().map(|&v| surface.position_m[v as usize]).sum::<Vec3>() / 3.0;
    let middles: Vec<Vec3> = surface.triangles.iter().map(middle).collect();
    let cells = Cells::new(REACH_M, middles.iter().copied());
    let find = |&p: &Vec3| {
        let near = cells.near(p, REACH_M).filter(|&t| middles[t as usize].distance_squared(p) < (1.4 * REACH_M).powi(2));
        // Skin of the other leg faces away.
        let facing = near.map(|t| (skin.distance(t, p).0, t)).filter(|(off_m, _)| (0.0..REACH_M).contains(off_m));
        let mut facing: Vec<(f32, u32)> = facing.collect();
        facing.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        facing.truncate(TRIANGLES);
        Under { off_m: facing.first().map_or(0.0, |first| first.0), triangles: facing.into_iter().map(|f| f.1).collect() }
    };
    garment.position_m.par_iter().map(find).collect()
}

/// Gives what is sewn onto a garment the shifts of the cloth next to it.
pub fn carry(garment: &Part, shifts: &[(Drive, Shifts)], detail: &mut Part) {
    let cells = Cells::new(REACH_M, garment.position_m.iter().copied());
    let nearest = |p: &Vec3| {
        let far = |v: &u32| garment.position_m[*v as usize].distance_squared(*p);
        cells.near(*p, REACH_M).min_by(|a, b| far(a).total_cmp(&far(b)).then(a.cmp(b)))
    };
    let on: Vec<Option<u32>> = detail.position_m.par_iter().map(nearest).collect();
    for (drive, shifts) in shifts {
        let of: BTreeMap<u32, Vec3> = shifts.iter().copied().collect();
        let carried: Shifts = (0..).zip(&on).filter_map(|(v, on)| Some((v, *of.get(on.as_ref()?)?))).collect();
        if !carried.is_empty() {
            detail.shifts.push((*drive, carried));
        }
    }
}
