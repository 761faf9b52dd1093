//! A person as the pose solver sees them: joints with their freedoms, capsules, and a stance in joint coordinates.

use super::collide::Capsule;
use clinch_model::{Person, Placed, Pose, SEGMENTS, Segment, Shape, Skeleton};
use glam::{Quat, Vec3};

/// Columns that one person takes in the solver's system: three of place, three of the pelvis's turn, then the joints'.
pub const COLUMNS: usize = 45;

/// Height of the person for whom contact points are written, in metres.
const WRITTEN_FOR_HEIGHT_M: f32 = 1.75;

/// Flesh that folds: how far these pairs may overlap in a deep bend, in metres (skinfold of a flexed groin, about two fingers).
const GROIN_FOLD_M: f32 = 0.045;

/// How a joint may turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freedom {
    /// About three axes.
    Ball,
    /// About its x axis alone: a knee.
    Hinge,
    /// About the parent's x axis, then about its own y axis: an elbow with the forearm's twist.
    HingeTwist,
}

/// The freedom of the joint between a segment and its parent.
pub fn freedom(segment: Segment) -> Freedom {
    match segment {
        Segment::ShinL | Segment::ShinR => Freedom::Hinge,
        Segment::ForearmL | Segment::ForearmR => Freedom::HingeTwist,
        _ => Freedom::Ball,
    }
}

/// `[segment]`: first column of the segment's joint; the place takes columns 0..3.
pub const FIRST_COLUMN: [usize; SEGMENTS] = [3, 6, 9, 12, 15, 18, 20, 23, 26, 28, 31, 34, 35, 38, 41, 42];

/// Joint coordinates of one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stance {
    /// The pelvis's origin in the world.
    pub pelvis_m: Vec3,
    /// `[segment]`: `parent_from_segment` rotation; the pelvis's is `world_from_pelvis`.
    pub local: [Quat; SEGMENTS],
}

impl Stance {
    /// The joint coordinates of a pose.
    pub fn of(pose: &Pose) -> Self {
        Self { pelvis_m: pose.pelvis_m, local: Segment::ALL.map(|segment| pose.joint_turn(segment)) }
    }

    /// The pose of these joint coordinates.
    pub fn pose(&self) -> Pose {
        let mut turn = self.local;
        for segment in Segment::ALL {
            if let Some(parent) = segment.parent() {
                turn[segment.index()] = (turn[parent.index()] * self.local[segment.index()]).normalize();
            }
        }
        Pose { pelvis_m: self.pelvis_m, turn }
    }

    /// The same stance after the ground has been moved under it.
    pub fn moved(&self, world_from_here: &Placed) -> Self {
        let mut moved = *self;
        moved.pelvis_m = world_from_here.point(self.pelvis_m);
        moved.local[0] = world_from_here.turn * self.local[0];
        moved
    }

    /// This stance changed as another one changed from `before` to `after`.
    pub fn carried(&self, before: &Stance, after: &Stance) -> Self {
        let local = std::array::from_fn(|i| after.local[i] * before.local[i].inverse() * self.local[i]);
        Self { pelvis_m: self.pelvis_m + after.pelvis_m - before.pelvis_m, local }.on_hinges()
    }

    /// A share of the way to another stance, joint by joint.
    pub fn blend(&self, other: &Stance, share: f32) -> Self {
        let local = std::array::from_fn(|i| self.local[i].slerp(other.local[i], share));
        Self { pelvis_m: self.pelvis_m.lerp(other.pelvis_m, share), local }.on_hinges()
    }

    /// Puts knees and elbows back on their hinges.
    pub fn on_hinges(mut self) -> Self {
        for segment in Segment::ALL {
            let local = &mut self.local[segment.index()];
            *local = match freedom(segment) {
                Freedom::Ball => local.normalize(),
                Freedom::Hinge => Quat::from_rotation_x(angle_about_x(*local)),
                Freedom::HingeTwist => {
                    let (flexion, twist) = flexion_and_twist(*local);
                    Quat::from_rotation_x(flexion) * Quat::from_rotation_y(twist)
                }
            };
        }
        self
    }
}

/// Angle of the part of a rotation that turns about x.
pub fn angle_about_x(q: Quat) -> f32 {
    wrap(2.0 * q.x.atan2(q.w))
}

/// A rotation about x followed (in the turned frame) by one about y, nearest to `q`.
pub fn flexion_and_twist(q: Quat) -> (f32, f32) {
    let twist = wrap(2.0 * q.y.atan2(q.w));
    (angle_about_x(q * Quat::from_rotation_y(-twist)), twist)
}

/// An angle brought into −π..π.
pub fn wrap(angle_rad: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    (angle_rad + PI).rem_euclid(TAU) - PI
}

/// A person's measures, as the solver needs them.
#[derive(Debug, Clone)]
pub struct Rig {
    /// Joints, shapes, masses.
    pub skeleton: Skeleton,
    /// `[segment]`: capsule in the segment's frame; a foot's box is replaced by the capsule inside it.
    pub capsules: [Capsule; SEGMENTS],
    /// Factor from written contact points to this person's.
    pub scale: f32,
    /// Pairs of own segments that must not pass through each other, and how far they may overlap in metres.
    pub self_pairs: Vec<(Segment, Segment, f32)>,
}

impl Rig {
    /// Measures a person.
    pub fn new(person: &Person) -> Self {
        let skeleton = person.skeleton.clone();
        let capsules = skeleton.shape.map(|shape| Capsule::inside(&shape));
        let mut rig = Self { skeleton, capsules, scale: person.height_m / WRITTEN_FOR_HEIGHT_M, self_pairs: Vec::new() };
        let at_rest = rig.capsules_in_world(&rig.skeleton.place(&rig.skeleton.rest()));
        for (i, &first) in Segment::ALL.iter().enumerate() {
            for &second in &Segment::ALL[i + 1..] {
                if may_collide(first, second) {
                    let overlap_m = -at_rest[first.index()].gap(&at_rest[second.index()]).gap_m;
                    rig.self_pairs.push((first, second, overlap_m.max(fold_m(first, second))));
                }
            }
        }
        rig
    }

    /// `[segment]`: the capsules where the body is.
    pub fn capsules_in_world(&self, placed: &[Placed; SEGMENTS]) -> [Capsule; SEGMENTS] {
        std::array::from_fn(|i| self.capsules[i].moved(&placed[i]))
    }

    /// `[segment]` `world_from_segment` of a stance.
    pub fn place(&self, stance: &Stance) -> [Placed; SEGMENTS] {
        self.skeleton.place(&stance.pose())
    }

    /// Heel and both corners of the toes on the sole, in the foot's frame.
    pub fn sole_in_foot_m(&self, foot: Segment) -> [Vec3; 3] {
        match self.skeleton.shape[foot.index()] {
            Shape::Cuboid { centre_m: c, half_m: h } => {
                [c + Vec3::new(0.0, -h.y, -h.z), c + Vec3::new(-h.x, -h.y, h.z), c + Vec3::new(h.x, -h.y, h.z)]
            }
            Shape::Capsule { a_m, b_m, radius_m } => [a_m - Vec3::Y * radius_m, b_m - Vec3::Y * radius_m, b_m - Vec3::Y * radius_m],
        }
    }

    /// Height of the ankle over a flat sole.
    pub fn ankle_height_m(&self, foot: Segment) -> f32 {
        -self.sole_in_foot_m(foot)[0].y
    }
}

/// Whether two segments of one body are far enough apart in the chain to meet.
fn may_collide(first: Segment, second: Segment) -> bool {
    use Segment::*;
    let adjacent = first.parent() == Some(second) || second.parent() == Some(first);
    // Neighbours by flesh though not by joint.
    let one_flesh =
        matches!((first, second), (Pelvis, Chest) | (ThighL, ThighR) | (Abdomen, UpperArmL | UpperArmR) | (Head, UpperArmL | UpperArmR));
    !(adjacent || one_flesh)
}

/// How far two own segments may sink into each other beyond what they do at rest.
fn fold_m(first: Segment, second: Segment) -> f32 {
    use Segment::*;
    match (first, second) {
        (Abdomen, ThighL | ThighR) => GROIN_FOLD_M,
        (Pelvis, ShinL | ShinR) | (Pelvis, FootL | FootR) | (ThighL, FootL) | (ThighR, FootR) => 0.02,
        _ => 0.0,
    }
}
