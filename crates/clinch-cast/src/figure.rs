//! A person's body before it is dressed: shape, joints, bones, weights and what shifts it.

use crate::{
    Error, breath,
    face::SHUT,
    human::{Human, Sparse},
    part::{Part, Shifts},
    person::PersonSpec,
    rig::{Joints, Rig, Sum, Weights, bind, segment_of},
    shape,
    skin::eyes::BULGE,
    subdivide::Cage,
};
use clinch_model::{Placed, SEGMENTS, Segment, cast::Drive};
use glam::{Vec2, Vec3};
use std::collections::BTreeSet;

/// Shifts below this are not worth an entry, in metres.
const LEAST_SHIFT_M: f32 = 5e-5;

/// Weights of a base vertex over the simulated segments, summing to 1.
type Shares = Vec<(Segment, f32)>;

/// A shaped body in the bind pose, soles on y = `sole_m`.
pub struct Figure<'a> {
    /// Who it is.
    pub spec: PersonSpec,
    /// The base mesh.
    pub human: &'a Human,
    /// `[base vertex]`, metres.
    pub position_m: Vec<Vec3>,
    /// `[base vertex]`: unit normals of the body and of each hull.
    pub normal: Vec<Vec3>,
    /// `[base vertex]`: bones and weights.
    pub weights: Vec<Weights>,
    /// Where the joints are.
    pub joints: Joints,
    /// The bones.
    pub rig: Rig,
    /// Factor from the base mesh's size to this person's, for expressions.
    pub scale: f32,
    /// `[unit]`: what the units of the face shift, at this person's size.
    units: Vec<Sparse>,
    /// Thickness of the soles.
    pub sole_m: f32,
}

/// How much farther than their targets brows go, chosen by looking: with the targets as they are, grief, fear and recognition were hardly told apart by
/// the brows in a close-up.
fn brow_gain(unit: &str) -> f32 {
    match unit {
        "browInnerUp" | "browOuterUpLeft" | "browOuterUpRight" => 1.7,
        "browDownLeft" | "browDownRight" => 1.25,
        _ => 1.0,
    }
}

impl<'a> Figure<'a> {
    /// Shapes a person.
    ///
    /// # Errors
    /// [`Error::Mass`] where the mass is out of reach of this person's height and build.
    pub fn new(human: &'a Human, spec: PersonSpec, sole_m: f32) -> Result<Self, Error> {
        let shares = shares(human);
        let girths = |position_m: &[Vec3], factor: f32| girths(human, &shares, position_m, factor);
        let shape = shape::shape(human, &spec, &girths).map_err(|reach| Error::Mass {
            who: spec.who,
            asked_kg: spec.mass_kg,
            height_m: spec.height_m,
            reach_kg: reach.mass_kg,
        })?;
        let mut position_m = shape.position_m;
        position_m.iter_mut().for_each(|p| p.y += sole_m);
        let joints = Joints::of(human, &position_m);
        let rig = Rig::new(
            &joints,
            ["l", "r"].map(|side| eye_m(human, &position_m, &format!("helper-{side}-eye"), joints.at(&format!("{side}-eye")))),
        );
        let named = |v: usize| human.weights[v].iter().map(|&(b, w)| (human.bones[usize::from(b)].as_str(), w)).collect::<Vec<_>>();
        let weights = (0..position_m.len()).map(|v| rig.weights(&named(v), position_m[v])).collect();
        let normal = base_normals(human, &position_m);
        let scale = shape.scale;
        let names = human.unit_names();
        let scaled = |unit: usize| human.unit(unit).into_iter().map(|(v, shift)| (v, shift * (scale * brow_gain(&names[unit])))).collect();
        let units = (0..human.unit_names().len()).map(scaled).collect();
        Ok(Self { spec, human, position_m, normal, weights, joints, rig, scale, units, sole_m })
    }

    /// A cage over the faces of a group that `wanted` (by face index and vertices) picks.
    pub fn cage(&self, group: &str, wanted: impl Fn(usize, &[u32; 4]) -> bool) -> Cage {
        let group = self.human.group(group);
        let picked: Vec<usize> = (0..group.quads.len()).filter(|&face| wanted(face, &group.quads[face])).collect();
        let quads: Vec<[u32; 4]> = picked.iter().map(|&face| group.quads[face]).collect();
        let uv: Vec<[Vec2; 4]> = picked.iter().map(|&face| group.uv[face].map(|place| self.human.uv[place as usize])).collect();
        Cage::of(&quads, &uv)
    }

    /// A part over a cage: positions, weights, chart, and shifts by face units and breath.
    pub fn part(&self, cage: &Cage) -> Part {
        let position_m = cage.apply(&self.position_m);
        let (triangles, uv) = cage.triangles(&position_m);
        let shade = vec![1.0; position_m.len()];
        let mut shifts: Vec<(Drive, Shifts)> = Vec::new();
        for (unit, unit_shifts) in (0..).zip(&self.units) {
            push_shifts(&mut shifts, Drive::Unit(unit), cage.apply_shifts(unit_shifts, LEAST_SHIFT_M));
        }
        let breath = (0..).zip(&position_m).map(|(v, &p)| (v, self.breath_shift(p))).filter(|s| s.1.length() > LEAST_SHIFT_M);
        push_shifts(&mut shifts, Drive::Breath, breath.collect());
        let skin = cage.rows.iter().map(|row| self.mixed_weights(row)).collect();
        Part { position_m, skin, shade, triangles, uv, shifts, ..Part::default() }
    }

    /// The shift of a place of the bind pose with full lungs.
    pub fn breath_shift(&self, p: Vec3) -> Vec3 {
        breath::shift(self.rig.bind[Segment::Chest.index()].origin_m, self.spec.height_m, p)
    }

    /// Weights of a mean of base vertices.
    pub fn mixed_weights(&self, row: &[(u32, f32)]) -> Weights {
        let mut sum = Sum::default();
        for &(vertex, share) in row {
            for &(bone, weight) in &self.weights[vertex as usize] {
                sum.add(bone, weight * share);
            }
        }
        sum.strongest()
    }

    /// Left and right: weight of `eyeBlink` at which the lids meet: [`SHUT`] for the base mesh's eyes, more for eyes that are wider open.
    pub fn lids_shut(&self) -> [f32; 2] {
        ["eyeBlinkLeft", "eyeBlinkRight"].map(|name| {
            let Some(unit) = self.human.unit_names().iter().position(|n| n == name) else { return SHUT };
            let shifts = self.human.unit(unit);
            let Some(&(upper, way)) = shifts.iter().min_by(|a, b| a.1.y.total_cmp(&b.1.y)) else { return SHUT };
            let lid = |v: u32| !shifts.iter().any(|s| s.0 == v && s.1.length() > 0.2 * way.length());
            let closed = self.human.position_m[upper as usize] + way;
            let body = self.human.body_vertices().map(|v| v as u32).filter(|&v| lid(v));
            let near = |v: &u32| self.human.position_m[*v as usize].distance_squared(closed);
            let Some(lower) = body.min_by(|a, b| near(a).total_cmp(&near(b))) else { return SHUT };
            let gap = |at: &[Vec3]| at[upper as usize].distance(at[lower as usize]);
            SHUT * gap(&self.position_m) / (gap(&self.human.position_m) * self.scale)
        })
    }

    /// The segment that a base vertex follows most.
    pub fn leading(&self, vertex: usize) -> Segment {
        let best = self.weights[vertex].iter().fold((0, 0.0), |best, w| if w.1 > best.1 { *w } else { best });
        self.rig.bones[usize::from(best.0)].segment
    }
}

/// Radius of an eye at the cornea, in metres: the globe's mean, and the bulge.
fn eye_m(human: &Human, position_m: &[Vec3], group: &str, centre_m: Vec3) -> f32 {
    let globe: BTreeSet<u32> = human.group(group).quads.iter().flatten().copied().collect();
    let sum_m: f32 = globe.iter().map(|&v| position_m[v as usize].distance(centre_m)).sum();
    sum_m / globe.len().max(1) as f32 * (1.0 + BULGE)
}

fn push_shifts(to: &mut Vec<(Drive, Shifts)>, drive: Drive, shifts: Shifts) {
    if !shifts.is_empty() {
        to.push((drive, shifts));
    }
}

fn shares(human: &Human) -> Vec<Shares> {
    let of = |weights: &Vec<(u8, f32)>| {
        let mut share = [0.0; SEGMENTS];
        for &(bone, weight) in weights {
            share[segment_of(&human.bones[usize::from(bone)]).unwrap_or(Segment::Pelvis).index()] += weight;
        }
        Segment::ALL.into_iter().zip(share).filter(|s| s.1 > 0.0).collect()
    };
    human.weights.iter().map(of).collect()
}

/// How much of a change of girth a segment takes: heads, hands and feet hardly change with mass.
fn girth_share(segment: Segment) -> f32 {
    match segment {
        Segment::Head => 0.25,
        Segment::HandL | Segment::HandR | Segment::FootL | Segment::FootR => 0.1,
        Segment::ForearmL | Segment::ForearmR | Segment::ShinL | Segment::ShinR => 0.7,
        _ => 1.0,
    }
}

/// Scales trunk and limbs about their axes by a factor.
fn girths(human: &Human, shares: &[Shares], position_m: &[Vec3], factor: f32) -> Vec<Vec3> {
    let bind = bind(&Joints::of(human, position_m));
    let moved = |(p, shares): (&Vec3, &Shares)| {
        let out = |&(segment, share): &(Segment, f32)| from_axis(&bind, segment, *p) * (share * girth_share(segment));
        *p + shares.iter().map(out).sum::<Vec3>() * (factor - 1.0)
    };
    position_m.iter().zip(shares).map(moved).collect()
}

/// The way from a segment's long axis to a point, across the axis.
fn from_axis(bind: &[Placed; SEGMENTS], segment: Segment, p: Vec3) -> Vec3 {
    let placed = bind[segment.index()];
    let local = placed.inverse_point(p);
    placed.turn * Vec3::new(local.x, 0.0, local.z)
}

/// `[base vertex]`: mean normals of the faces around, each group by itself.
fn base_normals(human: &Human, position_m: &[Vec3]) -> Vec<Vec3> {
    let mut normal = vec![Vec3::ZERO; position_m.len()];
    for quad in human.groups.iter().flat_map(|group| &group.quads) {
        let [a, b, c, d] = quad.map(|v| position_m[v as usize]);
        let across = (c - a).cross(d - b);
        quad.iter().for_each(|&v| normal[v as usize] += across);
    }
    normal.iter().map(|n| n.normalize_or(Vec3::Y)).collect()
}
