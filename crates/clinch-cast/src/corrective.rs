//! Shape changes that give back the volume that linear blending takes where joints bend far.
//!
//! The outer side of a bend is stretched flat by blending: buttocks, knees and elbows lose their roundness. For each joint one shift is found,
//! along the normals of the skin that takes half the joint's turn, so strong that the body at the end of the joint's range has the volume
//! that it had at rest (the aim of Rohmer, Hahmann and Cani, "Exact volume preserving skinning with shape control", SCA 2009, by one morph a
//! joint).

use crate::{
    figure::Figure,
    part,
    pose::{normals, positions},
    shape::enclosed_m3,
};
use clinch_model::{
    Person, PersonSample, Segment, Skeleton,
    cast::{Drive, Follow, Morph, Surface},
};
use glam::{Quat, Vec3};

/// A joint's bend: the segment below, from and to which angle about x the change comes, where the outside of the bend lies in the bind pose, and
/// how far skin may move at most, in metres: what still looks like flesh over bone.
const BENDS: [(Segment, f32, f32, Vec3, f32); 8] = [
    (Segment::ThighL, -0.5, -2.1, Vec3::NEG_Z, 0.075),
    (Segment::ThighR, -0.5, -2.1, Vec3::NEG_Z, 0.075),
    (Segment::ShinL, 0.7, 2.4, Vec3::Z, 0.020),
    (Segment::ShinR, 0.7, 2.4, Vec3::Z, 0.020),
    (Segment::ForearmL, -0.7, -2.4, Vec3::NEG_Z, 0.010),
    (Segment::ForearmR, -0.7, -2.4, Vec3::NEG_Z, 0.010),
    (Segment::Abdomen, 0.2, 0.85, Vec3::NEG_Z, 0.055),
    (Segment::Chest, 0.15, 0.6, Vec3::NEG_Z, 0.045),
];

/// Shifts below this are not worth an entry, in metres.
const LEAST_M: f32 = 1e-4;

/// One joint's shift.
#[derive(Debug, Clone, Copy)]
pub struct Corrective {
    /// What drives it.
    pub drive: Drive,
    bone: u8,
    outside: Vec3,
    amount_m: f32,
}

impl Corrective {
    /// The shift of a vertex of the bind pose at full drive.
    pub fn shift(&self, skin: &[(u8, f32); 4], normal: Vec3) -> Vec3 {
        let share: f32 = skin.iter().filter(|w| w.0 == self.bone).map(|w| w.1).sum();
        let facing = (0.35 + 0.65 * normal.dot(self.outside)).max(0.0);
        normal * (share * facing * self.amount_m)
    }

    /// The shape change of a whole surface, whose normals must be known.
    pub fn morph(&self, surface: &Surface) -> Morph {
        let shifts = surface.skin.iter().zip(&surface.normal).map(|(skin, normal)| self.shift(skin, *normal));
        Morph { drive: self.drive, shift_m: (0..).zip(shifts).filter(|s| s.1.length() > LEAST_M).collect() }
    }
}

/// A body by itself, to measure at: the whole skin, closed as the base mesh is, with what gives its joints their volume back.
pub struct Body {
    /// A person of whom nothing but this skin is seen, without face units.
    pub person: Person,
    /// One a joint.
    pub correctives: Vec<Corrective>,
}

impl Body {
    /// The body of a figure, in as many faces as the base mesh has.
    pub fn new(figure: &Figure, skeleton: &Skeleton) -> Self {
        let mut person = bare(figure, skeleton);
        let surface = &mut person.surface;
        normals(&surface.triangles, &surface.position_m, &mut surface.normal);
        let correctives = correctives(figure, &person);
        let surface = &mut person.surface;
        let morphs: Vec<Morph> = correctives.iter().map(|corrective| corrective.morph(surface)).collect();
        surface.morphs.extend(morphs);
        Self { person, correctives }
    }
}

/// The shifts of all joints of a body whose normals are known.
fn correctives(figure: &Figure, person: &Person) -> Vec<Corrective> {
    let surface = &person.surface;
    let rest_m3 = volume_m3(person, &bent(person, Segment::Pelvis, Vec3::ZERO), &surface.position_m);
    let one = |(segment, from_rad, to_rad, outside, most_m): (Segment, f32, f32, Vec3, f32)| {
        let mut found =
            Corrective { drive: Drive::Bend { segment, from_rad, to_rad }, bone: half(figure, segment), outside, amount_m: 0.0 };
        let bent = bent(person, segment, Vec3::X * to_rad);
        let volume_m3 = |amount_m: f32| {
            let shifts = Corrective { amount_m, ..found };
            let shifted = (0..surface.normal.len()).map(|v| surface.position_m[v] + shifts.shift(&surface.skin[v], surface.normal[v]));
            volume_m3(person, &bent, &shifted.collect::<Vec<_>>())
        };
        // Volume grows nearly straight with so small a shift.
        let (none, some) = (volume_m3(0.0), volume_m3(most_m));
        found.amount_m = (most_m * (rest_m3 - none) / (some - none).max(1e-9)).clamp(0.0, most_m);
        found
    };
    BENDS.map(one).into()
}

/// The bone with half the turn of the joint above a segment.
fn half(figure: &Figure, segment: Segment) -> u8 {
    let of =
        |bone: &clinch_model::cast::Bone| bone.segment == segment && matches!(bone.follow, Follow::Joint { swing, .. } if swing == 0.5);
    figure.rig.bones.iter().position(of).map_or(0, |bone| bone as u8)
}

/// A person of whom nothing but the whole skin is seen, closed as the base mesh is, without face units and correctives.
fn bare(figure: &Figure, skeleton: &Skeleton) -> Person {
    let mut surface = Surface { bones: figure.rig.bones.clone(), ..Surface::default() };
    let mut body = figure.part(&figure.cage("body", |_, _| true));
    body.shifts.retain(|(drive, _)| *drive == Drive::Breath);
    part::join(&mut surface, body);
    let spec = &figure.spec;
    Person {
        who: spec.who,
        height_m: spec.height_m,
        mass_kg: spec.mass_kg,
        temperament: spec.temperament,
        seed: spec.seed,
        lids_shut: [1.0; 2],
        skeleton: skeleton.clone(),
        surface,
    }
}

/// The rest pose with one joint turned by a rotation vector (in radians), all that hangs on it carried along.
pub fn bent(person: &Person, segment: Segment, turn_rad: Vec3) -> PersonSample {
    let mut pose = person.skeleton.rest();
    for below in Segment::ALL {
        if std::iter::successors(Some(below), |s| s.parent()).any(|s| s == segment) {
            pose.turn[below.index()] = Quat::from_scaled_axis(turn_rad);
        }
    }
    let gaze_m = Vec3::Z * 1e6;
    PersonSample { pose, breath: 0.0, effort: 0.0, fatigue: 0.0, assist_n: 0.0, grip: [0.0; 2], gaze_m, expression: [0.0; 7], blink: 0.0 }
}

/// Volume of a person in a state with other places in the bind pose.
fn volume_m3(person: &Person, state: &PersonSample, bind_m: &[Vec3]) -> f32 {
    let mut position_m = Vec::new();
    positions(person, state, bind_m, &mut position_m);
    enclosed_m3(person.surface.triangles.iter().map(|t| t.map(|v| position_m[v as usize]))) as f32
}
