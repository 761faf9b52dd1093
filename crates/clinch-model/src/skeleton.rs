//! The sixteen segments that are simulated, and their poses.
//!
//! In the *rest pose* a person stands upright facing +z, left side towards +x, arms hanging straight down with the palms towards
//! the thighs. Every segment's frame is then aligned with the world, so a segment's rotation says how far it has turned from rest.
//! A segment's origin is its proximal joint (the pelvis: the midpoint of the hip joints).

use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};

/// Number of segments of a person.
pub const SEGMENTS: usize = 16;

/// A simulated body segment. Parents come before their children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are plain anatomy")]
pub enum Segment {
    Pelvis,
    Abdomen,
    Chest,
    /// Neck and head; its origin is the base of the neck (C7).
    Head,
    UpperArmL,
    ForearmL,
    HandL,
    UpperArmR,
    ForearmR,
    HandR,
    ThighL,
    ShinL,
    FootL,
    ThighR,
    ShinR,
    FootR,
}

use Segment::*;

impl Segment {
    /// All segments in index order.
    pub const ALL: [Segment; SEGMENTS] =
        [Pelvis, Abdomen, Chest, Head, UpperArmL, ForearmL, HandL, UpperArmR, ForearmR, HandR, ThighL, ShinL, FootL, ThighR, ShinR, FootR];

    /// Position in every `[segment]` array.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The segment it hangs on; none for the pelvis.
    pub fn parent(self) -> Option<Segment> {
        Some(match self {
            Pelvis => return None,
            Abdomen | ThighL | ThighR => Pelvis,
            Chest => Abdomen,
            Head | UpperArmL | UpperArmR => Chest,
            ForearmL => UpperArmL,
            HandL => ForearmL,
            ForearmR => UpperArmR,
            HandR => ForearmR,
            ShinL => ThighL,
            FootL => ShinL,
            ShinR => ThighR,
            FootR => ShinR,
        })
    }

    /// The same segment on the other side of the body (itself for the trunk and head).
    pub fn mirrored(self) -> Segment {
        match self {
            UpperArmL => UpperArmR,
            ForearmL => ForearmR,
            HandL => HandR,
            UpperArmR => UpperArmL,
            ForearmR => ForearmL,
            HandR => HandL,
            ThighL => ThighR,
            ShinL => ShinR,
            FootL => FootR,
            ThighR => ThighL,
            ShinR => ShinL,
            FootR => FootL,
            trunk => trunk,
        }
    }

    /// Share of the body's mass (de Leva, J. Biomechanics 29(9), 1996, table 4, mean of women and men; trunk in three parts).
    pub fn mass_share(self) -> f32 {
        // Sums to 1 within rounding; whoever fits masses divides by the sum.
        match self {
            Pelvis => 0.1182,
            Abdomen => 0.1549,
            Chest => 0.1571,
            Head => 0.0681,
            UpperArmL | UpperArmR => 0.0263,
            ForearmL | ForearmR => 0.0150,
            HandL | HandR => 0.0059,
            ThighL | ThighR => 0.1447,
            ShinL | ShinR => 0.0457,
            FootL | FootR => 0.0133,
        }
    }
}

/// Collision shape of a segment, in the segment's frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// All points within `radius_m` of the line from `a_m` to `b_m`.
    Capsule {
        /// One end of the axis.
        a_m: Vec3,
        /// The other end.
        b_m: Vec3,
        /// Radius.
        radius_m: f32,
    },
    /// An axis-aligned box; feet only, because a capsule rolls.
    Cuboid {
        /// Its centre.
        centre_m: Vec3,
        /// Half its side lengths.
        half_m: Vec3,
    },
}

/// Joints, shapes and masses of one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skeleton {
    /// `[segment]`: the segment's origin in its parent's frame (zero for the pelvis).
    pub joint_in_parent_m: [Vec3; SEGMENTS],
    /// `[segment]`: collision shape.
    pub shape: [Shape; SEGMENTS],
    /// `[segment]`: mass.
    pub mass_kg: [f32; SEGMENTS],
    /// Height of the pelvis's origin above the ground in the rest pose.
    pub pelvis_height_m: f32,
}

/// Where one person is: the pelvis's place and how every segment has turned from rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// The pelvis's origin in the world.
    pub pelvis_m: Vec3,
    /// `[segment]`: `world_from_segment` rotation, unit quaternions.
    pub turn: [Quat; SEGMENTS],
}

/// A rigid transform.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Rotation.
    pub turn: Quat,
    /// Where the origin lies.
    pub origin_m: Vec3,
}

impl Placed {
    /// Transforms a point.
    pub fn point(&self, p: Vec3) -> Vec3 {
        self.turn * p + self.origin_m
    }

    /// The point in this frame of a point outside.
    pub fn inverse_point(&self, p: Vec3) -> Vec3 {
        self.turn.inverse() * (p - self.origin_m)
    }
}

impl Skeleton {
    /// Total mass in kilograms.
    pub fn total_mass_kg(&self) -> f32 {
        self.mass_kg.iter().sum()
    }

    /// The rest pose with the feet on the ground and the pelvis over the world's origin.
    pub fn rest(&self) -> Pose {
        Pose { pelvis_m: Vec3::Y * self.pelvis_height_m, turn: [Quat::IDENTITY; SEGMENTS] }
    }

    /// Forward kinematics: `[segment]` `world_from_segment`.
    pub fn place(&self, pose: &Pose) -> [Placed; SEGMENTS] {
        let mut placed = [Placed { turn: Quat::IDENTITY, origin_m: pose.pelvis_m }; SEGMENTS];
        for segment in Segment::ALL {
            let i = segment.index();
            placed[i].turn = pose.turn[i];
            if let Some(parent) = segment.parent() {
                placed[i].origin_m = placed[parent.index()].point(self.joint_in_parent_m[i]);
            }
        }
        placed
    }

    /// Centre of mass of a segment in its own frame: the middle of its shape.
    pub fn centre_in_segment_m(&self, segment: Segment) -> Vec3 {
        match self.shape[segment.index()] {
            Shape::Capsule { a_m, b_m, .. } => (a_m + b_m) / 2.0,
            Shape::Cuboid { centre_m, .. } => centre_m,
        }
    }

    /// Centre of mass of the whole body in the world.
    pub fn centre_of_mass_m(&self, pose: &Pose) -> Vec3 {
        let placed = self.place(pose);
        let weighted: Vec3 =
            Segment::ALL.iter().map(|&s| placed[s.index()].point(self.centre_in_segment_m(s)) * self.mass_kg[s.index()]).sum();
        weighted / self.total_mass_kg()
    }
}

impl Pose {
    /// Between two poses: the pelvis on a line, every segment on the shorter arc; `t` 0..1.
    pub fn blend(&self, other: &Pose, t: f32) -> Pose {
        let mut turn = self.turn;
        for (mine, theirs) in turn.iter_mut().zip(&other.turn) {
            *mine = mine.slerp(*theirs, t);
        }
        Pose { pelvis_m: self.pelvis_m.lerp(other.pelvis_m, t), turn }
    }

    /// Rotation of a segment relative to its parent (the pelvis: to the world).
    pub fn joint_turn(&self, segment: Segment) -> Quat {
        let own = self.turn[segment.index()];
        segment.parent().map_or(own, |parent| self.turn[parent.index()].inverse() * own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_and_mirrors_are_mutual() {
        for (i, segment) in Segment::ALL.into_iter().enumerate() {
            assert_eq!(segment.index(), i);
            assert!(segment.parent().is_none_or(|parent| parent.index() < i));
            assert_eq!(segment.mirrored().mirrored(), segment);
        }
    }

    #[test]
    fn mass_shares_sum_to_one() {
        let sum: f32 = Segment::ALL.iter().map(|s| s.mass_share()).sum();
        assert!((sum - 1.0).abs() < 0.01, "{sum}");
    }
}
