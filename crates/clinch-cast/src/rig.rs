//! The bones of the surface and how much each vertex follows them.

use crate::field::{Solid, line_distance, smoothstep};
use clinch_model::{Pose, Segment, Skeleton, cast::Bone, cast::Follow, skeleton::Placed};
use glam::{Quat, Vec3};

/// Abduction of the arms in the bind pose, in radians: half-way between hanging and overhead leaves the least stretch at both ends.
const ARM_ABDUCTION_RAD: f32 = 0.66;

/// Abduction of the legs in the bind pose, in radians: as little as keeps the trouser legs apart.
const LEG_ABDUCTION_RAD: f32 = 0.10;

/// Up to four bones and their weights.
pub type Weights = [(u8, f32); 4];

/// What a part of the surface belongs to, which decides how its weights are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Trunk, limbs, neck and head as one continuous body.
    Body,
    /// All that is rigid on the skull.
    Skull,
    /// A hand with its fingers, side 0 left, 1 right.
    Hand(usize),
    /// A shoe.
    Shoe(usize),
    /// An eyeball.
    Eye(usize),
}

impl Region {
    /// The same on the other side.
    pub fn mirrored(self) -> Self {
        match self {
            Region::Hand(side) => Region::Hand(1 - side),
            Region::Shoe(side) => Region::Shoe(1 - side),
            Region::Eye(side) => Region::Eye(1 - side),
            whole => whole,
        }
    }
}

/// One finger: joints from the knuckle to the tip, in the hand segment's frame of the left hand, in metres.
#[derive(Debug, Clone, Copy)]
pub struct Finger {
    /// Anatomical name.
    pub name: &'static str,
    /// Knuckle, two joints, tip.
    pub joints_m: [Vec3; 4],
    /// Radii at those, in metres.
    pub radii_m: [f32; 4],
    /// Unit axis of the bend.
    pub axis: Vec3,
    /// Angles of the three joints at a full grip, in radians.
    pub angles_rad: [f32; 3],
}

/// Bones and the geometry that weights are measured against.
#[derive(Debug)]
pub struct Rig {
    /// `[bone]`, parents first.
    pub bones: Vec<Bone>,
    /// `[segment]`: the bind pose.
    pub bind: [Placed; clinch_model::SEGMENTS],
    /// `[finger]` of the left hand; the right one mirrors it.
    pub fingers: [Finger; 5],
    /// Standing height.
    pub height_m: f32,
    girth_m: f32,
    arm: [ArmBones; 2],
    leg: [LegBones; 2],
}

/// Bone indices.
const PELVIS: u8 = 0;
const ABDOMEN: u8 = 1;
const CHEST: u8 = 2;
const NECK: u8 = 3;
const HEAD: u8 = 4;
const EYE: [u8; 2] = [5, 6];

#[derive(Debug, Clone, Copy, Default)]
struct ArmBones {
    shoulder: u8,
    upper_twist: u8,
    upper: u8,
    elbow: u8,
    fore_twist: u8,
    fore: u8,
    wrist: u8,
    hand: u8,
    /// First of the fifteen finger bones, three a finger from the thumb on.
    finger: u8,
}

#[derive(Debug, Clone, Copy, Default)]
struct LegBones {
    hip: u8,
    thigh_twist: u8,
    thigh: u8,
    knee: u8,
    shin: u8,
    ankle: u8,
    foot: u8,
}

/// The A-pose in which the surface is sculpted, soles on the ground.
pub fn bind_pose(skeleton: &Skeleton) -> Pose {
    let mut pose = skeleton.rest();
    let mut turn = |segments: [Segment; 3], angle: f32| {
        for segment in segments {
            pose.turn[segment.index()] = Quat::from_rotation_z(angle);
        }
    };
    turn([Segment::UpperArmL, Segment::ForearmL, Segment::HandL], ARM_ABDUCTION_RAD);
    turn([Segment::UpperArmR, Segment::ForearmR, Segment::HandR], -ARM_ABDUCTION_RAD);
    turn([Segment::ThighL, Segment::ShinL, Segment::ThighL], LEG_ABDUCTION_RAD);
    turn([Segment::ThighR, Segment::ShinR, Segment::ThighR], -LEG_ABDUCTION_RAD);
    let leg_m = skeleton.joint_in_parent_m[Segment::ShinL.index()].length() + skeleton.joint_in_parent_m[Segment::FootL.index()].length();
    pose.pelvis_m.y -= leg_m * (1.0 - LEG_ABDUCTION_RAD.cos());
    pose
}

/// The turn of a joint bone: shares of the swing and twist of a segment relative to its parent (swing–twist decomposition about the
/// segment's y, Dobrowolski, arXiv 1506.05481).
pub fn shared_turn(parent: Quat, own: Quat, swing_share: f32, twist_share: f32) -> Quat {
    if swing_share == 1.0 && twist_share == 1.0 {
        return own;
    }
    let mut q = parent.inverse() * own;
    if q.w < 0.0 {
        q = -q;
    }
    let length = q.y.hypot(q.w);
    // Turned half round sideways, the twist is undefined: none is as good as any.
    let twist = if length > 1e-5 { Quat::from_xyzw(0.0, q.y / length, 0.0, q.w / length) } else { Quat::IDENTITY };
    let swing = q * twist.inverse();
    parent * Quat::IDENTITY.slerp(swing, swing_share) * Quat::IDENTITY.slerp(twist, twist_share)
}

impl Rig {
    /// Bones for a skeleton, eyes at `eye_in_head_m` (left), fingers as given.
    pub fn new(skeleton: &Skeleton, height_m: f32, girth_m: f32, eye_in_head_m: Vec3, fingers: [Finger; 5]) -> Self {
        let pose = bind_pose(skeleton);
        let bind = skeleton.place(&pose);
        let mut rig = Rig { bones: Vec::new(), bind, fingers, height_m, girth_m, arm: Default::default(), leg: Default::default() };
        for (name, segment, share) in [
            ("pelvis", Segment::Pelvis, 1.0),
            ("abdomen", Segment::Abdomen, 1.0),
            ("chest", Segment::Chest, 1.0),
            ("neck", Segment::Head, 0.5),
            ("head", Segment::Head, 1.0),
        ] {
            rig.joint(&pose, name, segment, share, share);
        }
        for (side, mirror) in [("l", 1.0), ("r", -1.0)] {
            let origin = Vec3::new(eye_in_head_m.x * mirror, eye_in_head_m.y, eye_in_head_m.z);
            rig.push(format!("eye-{side}"), Segment::Head, origin, Follow::Gaze);
        }
        for side in 0..2 {
            rig.arm[side] = rig.arm_bones(&pose, side);
            rig.leg[side] = rig.leg_bones(&pose, side);
        }
        rig
    }

    fn push(&mut self, name: String, segment: Segment, origin_in_segment_m: Vec3, follow: Follow) -> u8 {
        let placed = self.bind[segment.index()];
        let bone =
            Bone { name, segment, origin_in_segment_m, bind_turn: placed.turn, bind_origin_m: placed.point(origin_in_segment_m), follow };
        self.bones.push(bone);
        (self.bones.len() - 1) as u8
    }

    fn joint(&mut self, pose: &Pose, name: &str, segment: Segment, swing: f32, twist: f32) -> u8 {
        let index = self.push(name.into(), segment, Vec3::ZERO, Follow::Joint { swing, twist });
        let parent = segment.parent().map_or(Quat::IDENTITY, |p| pose.turn[p.index()]);
        self.bones[usize::from(index)].bind_turn = shared_turn(parent, pose.turn[segment.index()], swing, twist);
        index
    }

    fn arm_bones(&mut self, pose: &Pose, side: usize) -> ArmBones {
        let [upper, fore, hand] =
            [[Segment::UpperArmL, Segment::ForearmL, Segment::HandL], [Segment::UpperArmR, Segment::ForearmR, Segment::HandR]][side];
        let letter = ["l", "r"][side];
        let mut joint = |name: &str, segment, swing, twist| self.joint(pose, &format!("{name}-{letter}"), segment, swing, twist);
        let mut bones = ArmBones {
            shoulder: joint("shoulder", upper, 0.5, 0.2),
            upper_twist: joint("upper-arm-twist", upper, 1.0, 0.5),
            upper: joint("upper-arm", upper, 1.0, 1.0),
            elbow: joint("elbow", fore, 0.5, 0.1),
            fore_twist: joint("forearm-twist", fore, 1.0, 0.4),
            fore: joint("forearm", fore, 1.0, 1.0),
            wrist: joint("wrist", hand, 0.5, 0.5),
            hand: joint("hand", hand, 1.0, 1.0),
            finger: 0,
        };
        bones.finger = self.bones.len() as u8;
        for finger in self.fingers {
            self.finger_bones(finger, side, hand);
        }
        bones
    }

    fn finger_bones(&mut self, finger: Finger, side: usize, hand: Segment) {
        let mirror = [Vec3::ONE, Vec3::new(-1.0, 1.0, 1.0)][side];
        // A mirrored axis of rotation is a pseudovector: it keeps the component across the mirror and turns the others round.
        let axis = [finger.axis, Vec3::new(finger.axis.x, -finger.axis.y, -finger.axis.z)][side];
        let mut parent = None;
        for phalanx in 0..3 {
            let name = format!("{}-{}-{}", finger.name, phalanx + 1, ["l", "r"][side]);
            let follow = Follow::Curl { parent, axis, angle_rad: finger.angles_rad[phalanx], hand: side as u8 };
            parent = Some(self.push(name, hand, finger.joints_m[phalanx] * mirror, follow));
        }
    }

    fn leg_bones(&mut self, pose: &Pose, side: usize) -> LegBones {
        let [thigh, shin, foot] =
            [[Segment::ThighL, Segment::ShinL, Segment::FootL], [Segment::ThighR, Segment::ShinR, Segment::FootR]][side];
        let letter = ["l", "r"][side];
        let mut joint = |name: &str, segment, swing, twist| self.joint(pose, &format!("{name}-{letter}"), segment, swing, twist);
        LegBones {
            hip: joint("hip", thigh, 0.5, 0.3),
            thigh_twist: joint("thigh-twist", thigh, 1.0, 0.5),
            thigh: joint("thigh", thigh, 1.0, 1.0),
            knee: joint("knee", shin, 0.5, 0.3),
            shin: joint("shin", shin, 1.0, 1.0),
            ankle: joint("ankle", foot, 0.5, 0.5),
            foot: joint("foot", foot, 1.0, 1.0),
        }
    }

    /// Weights of a point of the bind pose, in world coordinates.
    pub fn weights(&self, region: Region, p: Vec3) -> Weights {
        let mut sum = Sum::default();
        match region {
            Region::Body => self.body(p, &mut sum),
            Region::Skull => sum.add(HEAD, 1.0),
            Region::Eye(side) => sum.add(EYE[side], 1.0),
            Region::Shoe(side) => self.leg_chain(p, side, 1.0, &mut sum),
            Region::Hand(side) => self.hand(p, side, &mut sum),
        }
        sum.strongest()
    }

    fn origin(&self, segment: Segment) -> Vec3 {
        self.bind[segment.index()].origin_m
    }

    fn body(&self, p: Vec3, sum: &mut Sum) {
        let mut trunk = 1.0;
        for side in 0..2 {
            let arm = self.arm_share(p, side);
            let leg = self.leg_share(p, side) * (1.0 - arm);
            self.arm_chain(p, side, arm, sum);
            self.leg_chain(p, side, leg, sum);
            // Quadratic B-spline through the joint: trunk (1−a)², half-turned bone 2a(1−a), limb a².
            trunk -= arm * (2.0 - arm) + leg * (2.0 - leg);
        }
        self.trunk_chain(p, trunk.max(0.0), sum);
    }

    /// How far a point belongs to an arm rather than the trunk, 0..1: by which of the two it is nearer to.
    fn arm_share(&self, p: Vec3, side: usize) -> f32 {
        let h = self.height_m;
        let q = mirrored(p, side);
        let chest = self.origin(Segment::Chest);
        let trunk = |ax: f32, ay: f32, bx: f32, by: f32, r: f32| {
            let r = r * self.girth_m;
            Solid::Cone { a: chest + Vec3::new(ax, ay, 0.0) * h, ra: r, b: chest + Vec3::new(bx, by, 0.0) * h, rb: r }.distance(q)
        };
        let from_core = trunk(0.030, -0.05, 0.050, 0.095, 0.052).min(trunk(0.0, 0.145, 0.082, 0.143, 0.030));
        // Head and legs count as trunk here, or whatever lies far from the chest would seem to lie nearer to an arm.
        let from_head = trunk(0.0, 0.155, 0.0, 0.30, 0.052);
        let from_leg = line_distance(&[self.origin(Segment::ThighL), self.origin(Segment::FootL)], q) - 0.060 * self.girth_m;
        let from_trunk = from_core.min(from_head).min(from_leg);
        let (shoulder, elbow) = (self.origin(Segment::UpperArmL), self.origin(Segment::ForearmL));
        let hand = self.origin(Segment::HandL);
        let from_arm = (line_distance(&[shoulder, elbow, hand + (hand - elbow)], q)) - 0.030 * self.girth_m;
        smoothstep(-0.042 * h, 0.042 * h, from_trunk - from_arm)
    }

    /// How far a point belongs to a leg rather than the pelvis, 0..1: by its depth under a plane through the groin.
    fn leg_share(&self, p: Vec3, side: usize) -> f32 {
        let h = self.height_m;
        let q = mirrored(p, side);
        let hip = self.origin(Segment::ThighL);
        let depth = (q - hip).dot(Vec3::new(0.42, -0.90, 0.10));
        smoothstep(-0.035 * h, 0.045 * h, depth) * smoothstep(-0.012 * h, 0.012 * h, q.x)
    }

    fn trunk_chain(&self, p: Vec3, share: f32, sum: &mut Sum) {
        let h = self.height_m;
        let above = |segment: Segment, low: f32, high: f32| smoothstep(low * h, high * h, p.y - self.origin(segment).y);
        let abdomen = above(Segment::Abdomen, -0.045, 0.045);
        let chest = above(Segment::Chest, -0.04, 0.05);
        let nape = self.origin(Segment::Head);
        let head = smoothstep(-0.012 * h, 0.062 * h, (p - nape).dot(Vec3::new(0.0, 0.94, 0.34)));
        sum.add(PELVIS, share * (1.0 - abdomen));
        sum.add(ABDOMEN, share * abdomen * (1.0 - chest));
        let rest = share * abdomen * chest;
        sum.add(CHEST, rest * (1.0 - head) * (1.0 - head));
        sum.add(NECK, rest * 2.0 * head * (1.0 - head));
        sum.add(HEAD, rest * head * head);
    }

    /// Weights along an arm, in all `share`; the point may lie anywhere from the shoulder on.
    fn arm_chain(&self, p: Vec3, side: usize, share: f32, sum: &mut Sum) {
        if share <= 0.0 {
            return;
        }
        let h = self.height_m;
        let bones = self.arm[side];
        let q = mirrored(p, side);
        let (shoulder, elbow, wrist) = (self.origin(Segment::UpperArmL), self.origin(Segment::ForearmL), self.origin(Segment::HandL));
        let along = (q - shoulder).dot((elbow - shoulder).normalize());
        let (upper_m, whole_m) = (shoulder.distance(elbow), shoulder.distance(elbow) + elbow.distance(wrist));
        // The share itself is the progress through the shoulder (see `body`).
        sum.add(bones.shoulder, 2.0 * share * (1.0 - share));
        let limb = share * share;
        let twist = smoothstep(0.0, upper_m * 0.9, along);
        let bent = smoothstep(upper_m - 0.032 * h, upper_m + 0.032 * h, along);
        let held = smoothstep(whole_m - 0.014 * h, whole_m + 0.014 * h, along);
        let rolled = smoothstep(upper_m, whole_m, along);
        let upper = limb * (1.0 - bent) * (1.0 - bent);
        sum.add(bones.upper_twist, upper * (1.0 - twist));
        sum.add(bones.upper, upper * twist);
        sum.add(bones.elbow, limb * 2.0 * bent * (1.0 - bent));
        let fore = limb * bent * bent;
        sum.add(bones.fore_twist, fore * (1.0 - held) * (1.0 - held) * (1.0 - rolled));
        sum.add(bones.fore, fore * (1.0 - held) * (1.0 - held) * rolled);
        sum.add(bones.wrist, fore * 2.0 * held * (1.0 - held));
        sum.add(bones.hand, fore * held * held);
    }

    /// Weights along a leg, in all `share`.
    fn leg_chain(&self, p: Vec3, side: usize, share: f32, sum: &mut Sum) {
        if share <= 0.0 {
            return;
        }
        let h = self.height_m;
        let bones = self.leg[side];
        let q = mirrored(p, side);
        let (hip, knee, ankle) = (self.origin(Segment::ThighL), self.origin(Segment::ShinL), self.origin(Segment::FootL));
        let along = (q - hip).dot((knee - hip).normalize());
        let thigh_m = hip.distance(knee);
        sum.add(bones.hip, 2.0 * share * (1.0 - share));
        let limb = share * share;
        let twist = smoothstep(0.0, thigh_m * 0.9, along);
        let bent = smoothstep(thigh_m - 0.040 * h, thigh_m + 0.040 * h, along);
        // The ankle bends in its front and heel alike, so by height, not along the leg.
        let stepped = smoothstep(-0.022 * h, 0.022 * h, ankle.y - q.y + 0.006 * h);
        sum.add(bones.thigh_twist, limb * (1.0 - bent) * (1.0 - bent) * (1.0 - twist));
        sum.add(bones.thigh, limb * (1.0 - bent) * (1.0 - bent) * twist);
        sum.add(bones.knee, limb * 2.0 * bent * (1.0 - bent));
        let low = limb * bent * bent;
        sum.add(bones.shin, low * (1.0 - stepped) * (1.0 - stepped));
        sum.add(bones.ankle, low * 2.0 * stepped * (1.0 - stepped));
        sum.add(bones.foot, low * stepped * stepped);
    }

    fn hand(&self, p: Vec3, side: usize, sum: &mut Sum) {
        let segment = [Segment::HandL, Segment::HandR][side];
        let local = mirrored(self.bind[segment.index()].inverse_point(p), side);
        let distance: [f32; 5] = std::array::from_fn(|f| self.finger_distance(f, local));
        let least = distance.iter().copied().fold(f32::MAX, f32::min);
        // Between two fingers both count, or the skin would tear where the nearer one changes.
        let near = distance.map(|d| (1.0 - (d - least) / (0.4 * self.fingers[1].radii_m[0])).max(0.0));
        let total: f32 = near.iter().sum();
        let mut palm = 1.0;
        for f in 0..5 {
            if near[f] > 0.0 {
                palm -= near[f] / total * self.finger(f, side, local, near[f] / total, sum);
            }
        }
        self.scaled_arm(p, side, palm.max(0.0), sum);
    }

    /// Adds a finger's bones, in all at most `share`; returns how much of the share they took, 0..1, the rest being the palm's.
    fn finger(&self, index: usize, side: usize, local: Vec3, share: f32, sum: &mut Sum) -> f32 {
        let finger = self.fingers[index];
        let first = self.arm[side].finger + 3 * index as u8;
        // Progress through the three joints, each about as wide as the finger is thick.
        let through = [0, 1, 2].map(|j| {
            let (joint, next) = (finger.joints_m[j], finger.joints_m[j + 1]);
            let before = if j == 0 { joint - (next - joint) } else { finger.joints_m[j - 1] };
            let direction = ((next - joint).normalize() + (joint - before).normalize()).normalize();
            smoothstep(-0.9 * finger.radii_m[j], 0.9 * finger.radii_m[j], (local - joint).dot(direction))
        });
        sum.add(first, share * through[0] * (1.0 - through[1]));
        sum.add(first + 1, share * through[0] * through[1] * (1.0 - through[2]));
        sum.add(first + 2, share * through[0] * through[1] * through[2]);
        through[0]
    }

    /// An arm's weights for a point that is all arm, scaled.
    fn scaled_arm(&self, p: Vec3, side: usize, share: f32, sum: &mut Sum) {
        let mut whole = Sum::default();
        self.arm_chain(p, side, 1.0, &mut whole);
        for (bone, weight) in whole.entries {
            sum.add(bone, weight * share);
        }
    }

    fn finger_distance(&self, finger: usize, local: Vec3) -> f32 {
        let f = &self.fingers[finger];
        (0..3)
            .map(|j| Solid::Cone { a: f.joints_m[j], ra: f.radii_m[j], b: f.joints_m[j + 1], rb: f.radii_m[j + 1] }.distance(local))
            .fold(f32::MAX, f32::min)
    }
}

/// The point, or for the right side its mirror image, so that one computation serves both.
fn mirrored(p: Vec3, side: usize) -> Vec3 {
    if side == 0 { p } else { Vec3::new(-p.x, p.y, p.z) }
}

/// Weights as they are gathered.
#[derive(Default)]
struct Sum {
    entries: Vec<(u8, f32)>,
}

impl Sum {
    fn add(&mut self, bone: u8, weight: f32) {
        if weight <= 1e-5 {
            return;
        }
        match self.entries.iter_mut().find(|e| e.0 == bone) {
            Some(entry) => entry.1 += weight,
            None => self.entries.push((bone, weight)),
        }
    }

    /// The four strongest, scaled to sum to 1.
    fn strongest(mut self) -> Weights {
        self.entries.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        self.entries.truncate(4);
        let total: f32 = self.entries.iter().map(|e| e.1).sum();
        let mut weights = [(0, 0.0); 4];
        for (slot, entry) in weights.iter_mut().zip(&self.entries) {
            *slot = (entry.0, entry.1 / total.max(1e-9));
        }
        if self.entries.is_empty() {
            weights[0] = (PELVIS, 1.0);
        }
        weights
    }
}
