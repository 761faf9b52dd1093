//! A small reference motion for tests: two people facing each other in a staggered stance, hands on each other's chests, sinking and rising.

use crate::{
    choreography::{ActiveContact, PersonReference, Reference},
    struggle::Plan,
};
use clinch_model::{
    Cast, ContactKind, Hold, HoldKind, Level, Person, Phrase, Pose, Posture, SEGMENTS, Secs, Segment, Story, Target, Who, cast::Surface,
};
use glam::{Quat, Vec2, Vec3};
use std::{collections::BTreeMap, f64::consts::TAU};

/// Distance of the two pelvises, in metres.
const APART_M: f32 = 0.75;

pub(crate) struct StandIn {
    pub cast: Cast,
    pub period_secs: f64,
    /// How far they sink, as a share of pelvis height.
    pub sink: f32,
    /// Whether they hold each other.
    pub grips: bool,
}

pub(crate) fn cast() -> Cast {
    let surface = Surface::default();
    let person = |who, height_m, mass_kg| Person {
        who,
        height_m,
        mass_kg,
        temperament: Default::default(),
        seed: 0,
        lids_shut: [1.0; 2],
        skeleton: clinch_cast::skeleton::skeleton(height_m, mass_kg),
        surface: surface.clone(),
    };
    Cast { people: [person(Who::Cop, 1.84, 94.0), person(Who::Kid, 1.74, 66.0)] }
}

/// A story of two phrases that only has the numbers which the physics needs.
pub(crate) fn story(duration_secs: f64) -> Story {
    let posture = Posture { pelvis: Vec3::Y, turns: BTreeMap::new() };
    let hold = Hold {
        name: "stand".into(),
        meaning: "They stand.".into(),
        level: Level::Standing,
        kind: HoldKind::Struggle,
        leverage: 0.5,
        effort: [0.0, 1.0],
        next: vec!["stand".into()],
        after: None,
        accent: Default::default(),
        enter_secs: 1.0,
        travel_m_per_sec: 0.0,
        leader: posture.clone(),
        follower: posture,
        contacts: vec![],
    };
    let half = duration_secs / 2.0;
    let phrase = |index: usize, leader: Who| Phrase {
        first_bar: index,
        end_bar: index + 1,
        start: Secs(half * index as f64),
        end: Secs(half * (index + 1) as f64),
        hold: "stand".into(),
        leader,
        leverage: 0.5 * leader.sign(),
        intensity: 0.4 + 0.3 * index as f64,
        place_m: Vec2::ZERO,
        heading_rad: 0.0,
    };
    Story {
        seed: 7,
        duration: Secs(duration_secs),
        phrases: vec![phrase(0, Who::Cop), phrase(1, Who::Kid)],
        events: vec![],
        leverage: vec![0.5, -0.5],
        intensity: vec![0.4, 0.7],
        holds: vec![hold],
        fatigue: 0.65,
    }
}

impl Plan for StandIn {
    fn at(&self, at: Secs) -> Reference {
        let phase = (at.0 / self.period_secs).rem_euclid(1.0) * TAU;
        let sunk = self.sink * (0.5 - 0.5 * phase.cos()) as f32;
        let people = Who::BOTH.map(|who| PersonReference {
            pose: pose(self.cast.person(who), sunk),
            contacts: {
                let mut contacts = vec![plant(Segment::FootL), plant(Segment::FootR)];
                if self.grips {
                    contacts.extend([grip(Segment::HandL), grip(Segment::HandR)]);
                }
                contacts
            },
            centre: None,
        });
        Reference { people, phrase: 0 }
    }
}

fn plant(part: Segment) -> ActiveContact {
    ActiveContact { part, kind: ContactKind::Plant, on: Target::Ground, point_in_target_m: Vec3::ZERO, strength: 1.0 }
}

pub(crate) fn grip(part: Segment) -> ActiveContact {
    let side = if part == Segment::HandL { -1.0 } else { 1.0 };
    let point_in_target_m = Vec3::new(side * 0.1, 0.12, 0.11);
    ActiveContact { part, kind: ContactKind::Grip, on: Target::Other(Segment::Chest), point_in_target_m, strength: 1.0 }
}

/// A staggered stance with bent knees and raised arms.
pub(crate) fn pose(person: &Person, sunk: f32) -> Pose {
    let skeleton = &person.skeleton;
    let (side, yaw) = if person.who == Who::Cop { (-1.0, 0.0) } else { (1.0, std::f32::consts::PI) };
    let facing = Quat::from_rotation_y(yaw);
    let mut joints = [Quat::IDENTITY; SEGMENTS];
    let pelvis_m = Vec3::new(0.0, skeleton.pelvis_height_m * (0.97 - sunk), side * APART_M / 2.0);
    let mut set = |segment: Segment, pitch: f32| joints[segment.index()] = Quat::from_rotation_x(pitch);
    set(Segment::Chest, 0.1);
    set(Segment::UpperArmL, -1.0);
    set(Segment::UpperArmR, -1.0);
    set(Segment::ForearmL, -0.6);
    set(Segment::ForearmR, -0.6);
    let legs = [(Segment::ThighL, Segment::ShinL, Segment::FootL, 0.15), (Segment::ThighR, Segment::ShinR, Segment::FootR, -0.15)];
    for (thigh, shin, foot, ahead_m) in legs {
        let upper_m = skeleton.joint_in_parent_m[shin.index()].length();
        let lower_m = skeleton.joint_in_parent_m[foot.index()].length();
        let ankle_m = skeleton.pelvis_height_m - upper_m - lower_m;
        let (down, forward) = (pelvis_m.y - ankle_m, ahead_m);
        let reach_m = down.hypot(forward).min(upper_m + lower_m - 1e-3);
        let at_hip = ((upper_m.powi(2) + reach_m.powi(2) - lower_m.powi(2)) / (2.0 * upper_m * reach_m)).clamp(-1.0, 1.0).acos();
        let at_knee = ((upper_m.powi(2) + lower_m.powi(2) - reach_m.powi(2)) / (2.0 * upper_m * lower_m)).clamp(-1.0, 1.0).acos();
        let (hip_rad, knee_rad) = (-forward.atan2(down) - at_hip, std::f32::consts::PI - at_knee);
        set(thigh, hip_rad);
        set(shin, knee_rad);
        set(foot, -hip_rad - knee_rad);
    }
    let mut turn = joints;
    turn[0] = facing;
    for segment in Segment::ALL {
        if let Some(parent) = segment.parent() {
            turn[segment.index()] = turn[parent.index()] * joints[segment.index()];
        }
    }
    Pose { pelvis_m, turn }
}
