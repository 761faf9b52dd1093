//! Bones: MakeHuman's skeleton read as the sixteen simulated segments, with shared turns at the joints.
//!
//! A segment's frame follows from the joints of the shaped body; the pose in which MakeHuman modelled it (arms and legs a little apart) is the
//! bind pose. Where two segments meet, a bone with half the joint's turn carries the skin between them, so that linear blending doesn't
//! collapse (Magnenat-Thalmann et al., "Joint-dependent local deformations", 1988, and Kavan and Sorkine, "Elasticity-inspired deformers",
//! 2012, for the spreading of twist).

use crate::human::Human;
use clinch_model::{
    Placed, SEGMENTS, Segment,
    cast::{Bone, Follow},
};
use glam::{Mat3, Quat, Vec3};
use std::collections::BTreeMap;

/// Up to four bones and their weights.
pub type Weights = [(u8, f32); 4];

/// Parts of a limb's twist that its bones take, from the near joint to the far one; the skin between follows the nearest two.
const TWISTS: [f32; 3] = [0.0, 0.5, 1.0];

/// Where the upper arm turns, as a share of the distance of MakeHuman's shoulder marker from the middle: the marker lies under the deltoid, the
/// joint's centre some 3 cm nearer to the middle (Meskers et al., J. Biomechanics 31, 1998). About it, arms hang without squaring the shoulders.
const SHOULDER_INWARD: f32 = 0.82;

/// Where the thigh turns, as a share of the distance of MakeHuman's marker from the middle: hip joints are some 17 cm apart in a grown man
/// (Bell, Pedersen and Brand, J. Biomechanics 23, 1990), MakeHuman's 22.
const HIP_INWARD: f32 = 0.82;

/// Where the head's movement begins, as a share of the way from MakeHuman's neck marker down to the upper spine's: at the seventh cervical vertebra.
const NAPE_DOWN: f32 = 0.2;

/// Part of the upper arm's swing that the girdle shares (scapulohumeral rhythm: a third above the horizontal, less below; Inman, Saunders and
/// Abbott, "Observations on the function of the shoulder joint", 1944). The simulated shoulder stays in the chest, so the girdle takes less.
const GIRDLE_SHARE: f32 = 0.25;

/// Angles of the three joints of a finger at a full grip and at ease, in radians; thumb, then index to little finger.
const GRIP_RAD: [[f32; 3]; 5] = [[0.35, 0.55, 0.75], [1.15, 1.45, 0.75], [1.22, 1.50, 0.80], [1.28, 1.52, 0.85], [1.32, 1.50, 0.85]];
const EASE_RAD: [[f32; 3]; 5] = [[0.08, 0.10, 0.12], [0.20, 0.25, 0.15], [0.26, 0.30, 0.18], [0.32, 0.34, 0.20], [0.38, 0.36, 0.22]];

/// Where every joint of a shaped body is.
#[derive(Debug, Clone)]
pub struct Joints {
    at_m: BTreeMap<String, Vec3>,
}

impl Joints {
    /// The joints of a shape: means of the base mesh's marker vertices.
    pub fn of(human: &Human, position_m: &[Vec3]) -> Self {
        let mean = |vertices: &Vec<u32>| vertices.iter().map(|&v| position_m[v as usize]).sum::<Vec3>() / vertices.len().max(1) as f32;
        Self { at_m: human.joints.iter().map(|(name, vertices)| (name.clone(), mean(vertices))).collect() }
    }

    /// A joint by MakeHuman's name without `joint-`.
    ///
    /// # Panics
    /// Where the asset lacks it, which its loader has checked.
    pub fn at(&self, name: &str) -> Vec3 {
        self.at_m[&format!("joint-{name}")]
    }

    fn sided(&self, side: usize, name: &str) -> Vec3 {
        self.at(&format!("{}-{name}", ["l", "r"][side]))
    }
}

/// Segments of a side: arm, then leg.
pub const ARM: [[Segment; 3]; 2] =
    [[Segment::UpperArmL, Segment::ForearmL, Segment::HandL], [Segment::UpperArmR, Segment::ForearmR, Segment::HandR]];
/// Thigh, shin, foot of a side.
pub const LEG: [[Segment; 3]; 2] = [[Segment::ThighL, Segment::ShinL, Segment::FootL], [Segment::ThighR, Segment::ShinR, Segment::FootR]];

/// The bind pose: `[segment]` frames in the pose of the base mesh.
pub fn bind(joints: &Joints) -> [Placed; SEGMENTS] {
    let hips = (joints.at("l-upper-leg") + joints.at("r-upper-leg")) / 2.0;
    let nape = joints.at("neck").lerp(joints.at("spine-1"), NAPE_DOWN);
    let mut placed = [Placed { turn: Quat::IDENTITY, origin_m: hips }; SEGMENTS];
    let mut set = |segment: Segment, turn: Quat, origin_m: Vec3| placed[segment.index()] = Placed { turn, origin_m };
    for (segment, at_m) in [(Segment::Abdomen, joints.at("spine-4")), (Segment::Chest, joints.at("spine-2")), (Segment::Head, nape)] {
        set(segment, Quat::IDENTITY, at_m);
    }
    for side in 0..2 {
        let [upper, fore, hand] = ARM[side];
        let (shoulder, elbow, wrist) = (joints.sided(side, "shoulder"), joints.sided(side, "elbow"), joints.sided(side, "hand"));
        let hand_turn = frame(wrist - joints.sided(side, "finger-3-1"), -palm(joints, side) * [1.0, -1.0][side]);
        // Bending the elbow turns the forearm about −x of the upper arm.
        let axis = (wrist - elbow).cross(elbow - shoulder);
        set(upper, frame(shoulder - elbow, axis), shoulder * Vec3::new(SHOULDER_INWARD, 1.0, 1.0));
        set(fore, frame(elbow - wrist, hand_turn * Vec3::X), elbow);
        set(hand, hand_turn, wrist);
        let [thigh, shin, foot] = LEG[side];
        let hip = joints.sided(side, "upper-leg") * Vec3::new(HIP_INWARD, 1.0, 1.0);
        let (knee, ankle) = (joints.sided(side, "knee"), joints.sided(side, "ankle"));
        set(thigh, frame(hip - knee, Vec3::X), hip);
        set(shin, frame(knee - ankle, Vec3::X), knee);
        set(foot, Quat::IDENTITY, ankle);
    }
    placed
}

/// The frame whose y is `up` and whose x is as near to `across` as it can be.
fn frame(up: Vec3, across: Vec3) -> Quat {
    let y = up.normalize_or(Vec3::Y);
    let x = (across - y * across.dot(y)).normalize_or(y.any_orthonormal_vector());
    Quat::from_mat3(&Mat3::from_cols(x, y, x.cross(y)))
}

/// Unit vector out of the palm of a hand.
fn palm(joints: &Joints, side: usize) -> Vec3 {
    let wrist = joints.sided(side, "hand");
    let (index, little) = (joints.sided(side, "finger-2-1"), joints.sided(side, "finger-5-1"));
    let normal = (index - wrist).cross(little - wrist).normalize_or(Vec3::X);
    // Fingers at rest bend a little to the palm's side.
    let (knuckle, tip) = (joints.sided(side, "finger-3-1"), joints.sided(side, "finger-3-4"));
    let straight = (knuckle - wrist).normalize_or(Vec3::NEG_Y);
    let bent = (tip - knuckle) - straight * (tip - knuckle).dot(straight);
    if bent.dot(normal) < 0.0 { -normal } else { normal }
}

/// Bones of a body with what its vertices' weights are made of.
#[derive(Debug, Clone)]
pub struct Rig {
    /// `[bone]`, parents first.
    pub bones: Vec<Bone>,
    /// `[segment]`: the bind pose.
    pub bind: [Placed; SEGMENTS],
    /// `[segment]`: its bones from the near joint to the far one, with the part of the twist that each takes.
    chain: [Vec<(u8, f32)>; SEGMENTS],
    /// `[segment]`: the bone with half the turn of the joint to its parent.
    half: [u8; SEGMENTS],
    /// Bones of the neck with their share of the head's turn.
    neck: [u8; 3],
    /// `[side]`.
    eye: [u8; 2],
    girdle: [u8; 2],
    toes: [u8; 2],
    /// `[side][finger][phalanx]`.
    finger: [[[u8; 3]; 5]; 2],
}

impl Rig {
    /// Makes the bones of a body whose joints are known.
    pub fn new(joints: &Joints, eye_m: [f32; 2]) -> Self {
        let mut rig = Rig {
            bones: Vec::new(),
            bind: bind(joints),
            chain: Default::default(),
            half: [0; SEGMENTS],
            neck: [0; 3],
            eye: [0; 2],
            girdle: [0; 2],
            toes: [0; 2],
            finger: [[[0; 3]; 5]; 2],
        };
        for segment in Segment::ALL {
            rig.half[segment.index()] = rig.joint(format!("{segment:?}-half"), segment, 0.5, 0.5 * half_twist(segment));
            let limb = ARM.iter().chain(&LEG).any(|[near, middle, _]| [near, middle].contains(&&segment));
            let twists: &[f32] = if limb && !matches!(segment, Segment::ShinL | Segment::ShinR) { &TWISTS } else { &[1.0] };
            for &twist in twists {
                let bone = rig.joint(format!("{segment:?}-{:.0}", twist * 100.0), segment, 1.0, twist);
                rig.chain[segment.index()].push((bone, twist));
            }
        }
        rig.neck = [0.25, 0.5, 0.75].map(|share| rig.joint(format!("neck-{:.0}", share * 100.0), Segment::Head, share, share));
        for side in 0..2 {
            let letter = ["l", "r"][side];
            rig.eye[side] =
                rig.push(format!("eye-{letter}"), Segment::Head, joints.sided(side, "eye"), Follow::Gaze { radius_m: eye_m[side] });
            let arm = ARM[side][0];
            let reference = rig.bind[Segment::Chest.index()].turn.inverse() * rig.bind[arm.index()].turn;
            let girdle = Follow::Girdle { arm, share: GIRDLE_SHARE, reference };
            rig.girdle[side] = rig.push(format!("girdle-{letter}"), Segment::Chest, joints.sided(side, "clavicle"), girdle);
            let ball = joints.sided(side, "toe-3-1");
            rig.toes[side] = rig.push(format!("toes-{letter}"), LEG[side][2], ball, Follow::Toes);
            for digit in 0..5 {
                rig.finger[side][digit] = rig.finger_bones(joints, side, digit);
            }
        }
        rig
    }

    fn push(&mut self, name: String, segment: Segment, origin_m: Vec3, follow: Follow) -> u8 {
        let placed = self.bind[segment.index()];
        let origin_in_segment_m = placed.inverse_point(origin_m);
        self.bones.push(Bone { name, segment, origin_in_segment_m, bind_turn: placed.turn, bind_origin_m: origin_m, follow });
        (self.bones.len() - 1) as u8
    }

    fn joint(&mut self, name: String, segment: Segment, swing: f32, twist: f32) -> u8 {
        let own = self.bind[segment.index()];
        let parent = segment.parent().map_or(Quat::IDENTITY, |p| self.bind[p.index()].turn);
        let reference = parent.inverse() * own.turn;
        self.push(name.to_lowercase(), segment, own.origin_m, Follow::Joint { swing, twist, reference })
    }

    fn finger_bones(&mut self, joints: &Joints, side: usize, digit: usize) -> [u8; 3] {
        let segment = ARM[side][2];
        let place = |j: usize| joints.sided(side, &format!("finger-{}-{j}", digit + 1));
        let towards = if digit == 0 { thumb_closes_to(joints, side) } else { palm(joints, side) };
        let mut parent = None;
        [0, 1, 2].map(|phalanx| {
            let along = (place(phalanx + 2) - place(phalanx + 1)).normalize_or(Vec3::NEG_Y);
            let axis_in_world = along.cross(towards - along * towards.dot(along)).normalize_or(Vec3::X);
            let axis = self.bind[segment.index()].turn.inverse() * axis_in_world;
            let (angle_rad, ease_rad) = (GRIP_RAD[digit][phalanx], EASE_RAD[digit][phalanx]);
            let name = format!("{}-{}-{}", ["thumb", "index", "middle", "ring", "little"][digit], phalanx + 1, ["l", "r"][side]);
            let bone = self.push(name, segment, place(phalanx + 1), Follow::Curl { parent, axis, angle_rad, ease_rad, hand: side as u8 });
            parent = Some(bone);
            bone
        })
    }

    /// Weights of a point of the bind pose from those that MakeHuman gives its bones.
    pub fn weights(&self, by_bone: &[(&str, f32)], at_m: Vec3) -> Weights {
        let mut share = [0.0f32; SEGMENTS];
        let mut sum = Sum::default();
        let mut fixed = 0.0;
        for &(name, weight) in by_bone {
            match self.place_of(name) {
                Some(Belongs::Segment(segment)) => share[segment.index()] += weight,
                Some(Belongs::Bone(bone)) => {
                    sum.add(bone, weight);
                    fixed += weight;
                }
                None => share[Segment::Pelvis.index()] += weight,
            }
        }
        let total: f32 = share.iter().sum();
        if total > 0.0 {
            let rest = total / (total + fixed);
            self.spread(share.map(|s| s / total), rest, at_m, &mut sum);
        }
        sum.strongest()
    }

    /// Weights of segments turned into those of bones: what two neighbours share goes to the bone with half their turn, a² + 2ab + b² = 1.
    fn spread(&self, share: [f32; SEGMENTS], amount: f32, at_m: Vec3, sum: &mut Sum) {
        for a in Segment::ALL {
            let of_a = share[a.index()];
            if of_a <= 0.0 {
                continue;
            }
            self.along(a, amount * of_a * of_a, at_m, sum);
            for b in Segment::ALL.into_iter().filter(|b| b.index() > a.index()) {
                let both = 2.0 * amount * of_a * share[b.index()];
                if both <= 0.0 {
                    continue;
                }
                match (b.parent() == Some(a), common(a, b)) {
                    (true, _) => sum.add(self.half[b.index()], both),
                    (false, middle) => self.along(middle, both, at_m, sum),
                }
            }
        }
    }

    /// Weight of a segment given to its bones by how far along the limb a point lies.
    fn along(&self, segment: Segment, amount: f32, at_m: Vec3, sum: &mut Sum) {
        let chain = &self.chain[segment.index()];
        let child = Segment::ALL.into_iter().find(|s| s.parent() == Some(segment));
        let (Some(far), true) = (child, chain.len() > 1) else {
            sum.add(chain[0].0, amount);
            return;
        };
        let (from, to) = (self.bind[segment.index()].origin_m, self.bind[far.index()].origin_m);
        let t = ((at_m - from).dot(to - from) / (to - from).length_squared()).clamp(0.0, 1.0);
        for pair in chain.windows(2) {
            let [(near, low), (next, high)] = [pair[0], pair[1]];
            if (low..=high).contains(&t) {
                let part = (t - low) / (high - low);
                sum.add(near, amount * (1.0 - part));
                sum.add(next, amount * part);
                return;
            }
        }
    }

    /// What one of MakeHuman's bones belongs to.
    fn place_of(&self, name: &str) -> Option<Belongs> {
        let (stem, side) = stem_and_side(name);
        Some(match stem {
            "neck01" => Belongs::Bone(self.neck[0]),
            "neck02" => Belongs::Bone(self.neck[1]),
            "neck03" => Belongs::Bone(self.neck[2]),
            "eye" => Belongs::Bone(self.eye[side]),
            "clavicle" | "shoulder01" => Belongs::Bone(self.girdle[side]),
            "toes" => Belongs::Bone(self.toes[side]),
            _ if stem.starts_with("finger") => {
                let (digit, phalanx) = stem.strip_prefix("finger")?.split_once('-')?;
                let (digit, phalanx): (usize, usize) = (digit.parse().ok()?, phalanx.parse().ok()?);
                Belongs::Bone(*self.finger[side].get(digit.checked_sub(1)?)?.get(phalanx.checked_sub(1)?)?)
            }
            _ => Belongs::Segment(segment_of(name)?),
        })
    }
}

fn stem_and_side(name: &str) -> (&str, usize) {
    match name.rsplit_once('.') {
        Some((stem, "L")) => (stem, 0),
        Some((stem, "R")) => (stem, 1),
        _ => (name, 0),
    }
}

/// The segment that one of MakeHuman's bones is a part of.
pub fn segment_of(name: &str) -> Option<Segment> {
    let (stem, side) = stem_and_side(name);
    let [upper, fore, hand] = ARM[side];
    let [thigh, shin, foot] = LEG[side];
    Some(match stem {
        "root" | "pelvis" | "spine05" => Segment::Pelvis,
        "spine04" | "spine03" => Segment::Abdomen,
        "spine02" | "spine01" | "clavicle" | "shoulder01" | "breast" => Segment::Chest,
        "neck01" | "neck02" | "neck03" | "head" | "eye" => Segment::Head,
        "upperarm01" | "upperarm02" => upper,
        "lowerarm01" | "lowerarm02" => fore,
        "upperleg01" | "upperleg02" => thigh,
        "lowerleg01" | "lowerleg02" => shin,
        "foot" | "toes" => foot,
        "wrist" => hand,
        _ if stem.starts_with("metacarpal") || stem.starts_with("finger") => hand,
        _ => return None,
    })
}

enum Belongs {
    Segment(Segment),
    Bone(u8),
}

/// How much of a joint's twist shows half-way through it, against half: hinges and shoulders twist along the limb instead.
fn half_twist(segment: Segment) -> f32 {
    match segment {
        Segment::Abdomen | Segment::Chest | Segment::Head => 1.0,
        Segment::HandL | Segment::HandR | Segment::FootL | Segment::FootR => 1.0,
        _ => 0.0,
    }
}

/// The segment between two that aren't neighbours: the deepest on the way from one to the other that is neither.
fn common(a: Segment, b: Segment) -> Segment {
    let ancestors = |s: Segment| std::iter::successors(Some(s), |s| s.parent()).collect::<Vec<_>>();
    let (of_a, of_b) = (ancestors(a), ancestors(b));
    let meet = of_a.iter().find(|s| of_b.contains(s)).copied().unwrap_or(Segment::Pelvis);
    if meet != a && meet != b {
        return meet;
    }
    // One is above the other: the parent of the lower one lies between.
    let lower = if meet == a { b } else { a };
    lower.parent().unwrap_or(meet)
}

/// Unit direction in which the thumb closes: to the root of the ring finger, in front of the palm.
fn thumb_closes_to(joints: &Joints, side: usize) -> Vec3 {
    let tip = joints.sided(side, "finger-1-4");
    let root = joints.sided(side, "finger-4-1") + palm(joints, side) * 0.02;
    (root - tip).normalize_or(Vec3::X)
}

/// Weights as they are gathered.
#[derive(Default)]
pub struct Sum {
    entries: Vec<(u8, f32)>,
}

impl Sum {
    /// Adds to a bone.
    pub fn add(&mut self, bone: u8, weight: f32) {
        if weight <= 1e-5 {
            return;
        }
        match self.entries.iter_mut().find(|e| e.0 == bone) {
            Some(entry) => entry.1 += weight,
            None => self.entries.push((bone, weight)),
        }
    }

    /// The four strongest, scaled to sum to 1; the pelvis where there is none.
    pub fn strongest(mut self) -> Weights {
        self.entries.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        self.entries.truncate(4);
        let total: f32 = self.entries.iter().map(|e| e.1).sum();
        let mut weights = [(0, 0.0); 4];
        for (slot, entry) in weights.iter_mut().zip(&self.entries) {
            *slot = (entry.0, entry.1 / total.max(1e-9));
        }
        if self.entries.is_empty() {
            weights[0] = (1, 1.0);
        }
        weights
    }
}
