//! A hold's rough postures and contacts made exact for two bodies.

use super::body::{Rig, Stance};
use super::limits;
use super::solve::{Effort, Goal, Pin, Touch, palm_normal, solve};
use crate::Error;
use clinch_model::random::Stream;
use clinch_model::{Contact, ContactKind, Hold, HoldKind, Pose, Posture, Role, SEGMENTS, Segment, Target, Who};
use glam::{EulerRot, Quat, Vec3};

/// Work on a hold, from the rough posture, in each of three rounds. Most are done after 40 steps.
const HOLD_EFFORT: Effort = Effort { iterations: 60, least_gain: 3e-5 };

/// How far a gripping hand's middle stays off the surface, as a share of its radius: fingers close round cloth and flesh.
const GRIP_OFFSET: f32 = 0.7;

/// How far a pressing part sinks in, in metres (soft tissue under a resting head, a few millimetres).
const LEAN_SINK_M: f32 = 0.004;

/// How far the solver may move authored footholds, in metres.
const FOOTHOLD_TOLERANCE_M: f32 = 0.05;

/// A hold solved for the bodies that were cast.
#[derive(Debug, Clone)]
pub struct SolvedHold {
    /// The hold's name.
    pub hold: String,
    /// Who leads it.
    pub leader: Who,
    /// `[who]`: poses in the hold's frame (on the ground midway between the two, the leader at negative z).
    pub poses: [Pose; 2],
    /// Who touches whom where, by person.
    pub contacts: Vec<HeldContact>,
    /// How well it was solved.
    pub quality: Quality,
}

/// A contact of a solved hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldContact {
    /// Whose part.
    pub who: Who,
    /// The part.
    pub part: Segment,
    /// How it touches.
    pub kind: ContactKind,
    /// What it touches.
    pub on: Target,
    /// On a body: the surface point in the touched segment's frame. On the ground: where the part stands in the hold's frame.
    pub point_m: Vec3,
    /// Outward normal of the touched surface, in the same frame.
    pub normal: Vec3,
    /// How far the part's axis stays off the surface.
    pub offset_m: f32,
}

/// Measures of a solved pair of poses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// Greatest distance of a part from where it should touch, in metres.
    pub contact_error_m: f32,
    /// Greatest depth to which the two bodies, or limbs of one, pass through each other, in metres.
    pub overlap_m: f32,
    /// How far the lowest point lies under the ground, in metres; 0 if nothing does.
    pub under_ground_m: f32,
    /// Greatest angle by which a joint is beyond its range, in degrees.
    pub beyond_range_deg: f32,
}

/// The authored posture in joint coordinates, in the hold's frame.
pub fn authored(posture: &Posture, rig: &Rig) -> Stance {
    let mut local = [Quat::IDENTITY; SEGMENTS];
    for (segment, turns_deg) in &posture.turns {
        let [pitch, yaw, roll] = turns_deg.to_array().map(f32::to_radians);
        local[segment.index()] = Quat::from_euler(EulerRot::YXZ, yaw, pitch, roll);
    }
    let height_m = posture.pelvis.y * rig.skeleton.pelvis_height_m;
    Stance { pelvis_m: Vec3::new(posture.pelvis.x, height_m, posture.pelvis.z), local }.on_hinges()
}

/// Nearest point of a segment's surface and the outward normal there, in the segment's frame.
fn surface(rig: &Rig, segment: Segment, near_m: Vec3) -> (Vec3, Vec3) {
    let capsule = &rig.capsules[segment.index()];
    let on_axis = capsule.nearest_on_axis(near_m);
    let normal = (near_m - on_axis).normalize_or(Vec3::Z);
    (on_axis + normal * capsule.radius_m, normal)
}

/// Turns a written contact into one between these two bodies.
fn held(contact: &Contact, leader: Who, rigs: &[Rig; 2]) -> HeldContact {
    let who = if contact.who == Role::Leader { leader } else { leader.other() };
    let radius_m = rigs[who.index()].capsules[contact.part.index()].radius_m;
    let offset_m = match contact.kind {
        ContactKind::Grip => radius_m * GRIP_OFFSET,
        _ => radius_m - LEAN_SINK_M,
    };
    let on_body = |owner: Who, segment: Segment| {
        let rig = &rigs[owner.index()];
        surface(rig, segment, contact.at * rig.scale)
    };
    let (point_m, normal) = match contact.on {
        Target::Ground => (Vec3::ZERO, Vec3::Y),
        Target::Other(segment) => on_body(who.other(), segment),
        Target::Own(segment) => on_body(who, segment),
    };
    HeldContact { who, part: contact.part, kind: contact.kind, on: contact.on, point_m, normal, offset_m }
}

impl HeldContact {
    /// The contact as the solver wants it; none for contacts with the ground.
    pub fn touch(&self, strength: f32) -> Option<Touch> {
        let (other, target) = match self.on {
            Target::Ground => return None,
            Target::Other(segment) => (self.who.other().index(), segment),
            Target::Own(segment) => (self.who.index(), segment),
        };
        let (who, part, point_m, normal, offset_m) = (self.who.index(), self.part, self.point_m, self.normal, self.offset_m);
        Some(Touch { who, part, other, target, point_m, normal, offset_m, strength })
    }

    /// Whether it is a contact with the ground.
    pub fn is_plant(&self) -> bool {
        self.on == Target::Ground
    }
}

/// The end of a shin's capsule at the knee.
pub fn knee_in_shin_m(rig: &Rig, shin: Segment) -> Vec3 {
    let capsule = &rig.capsules[shin.index()];
    if capsule.a_m.y > capsule.b_m.y { capsule.a_m } else { capsule.b_m }
}

/// Pins that put a part on the ground where it is in `stance`, with a tolerance sideways.
pub fn ground_pins(rig: &Rig, who: usize, stance: &Stance, part: Segment, sideways_m: f32, pins: &mut Vec<Pin>) {
    /// Acceptable height over the ground, in metres.
    const HEIGHT_M: f32 = 0.002;
    let placed = rig.place(stance)[part.index()];
    let capsule = rig.capsules[part.index()];
    let mut pin = |point_m: Vec3, goal_m: Vec3| {
        pins.push(Pin { who, segment: part, point_m, goal_m, tolerance_m: Vec3::new(sideways_m, HEIGHT_M, sideways_m) });
    };
    match part {
        Segment::FootL | Segment::FootR => {
            let flat = flat_foot(rig, part, placed.turn, placed.origin_m);
            for corner in rig.sole_in_foot_m(part) {
                pin(corner, flat.point(corner));
            }
        }
        Segment::ShinL | Segment::ShinR => {
            let knee_m = knee_in_shin_m(rig, part);
            let at_m = placed.point(knee_m);
            pin(knee_m, Vec3::new(at_m.x, capsule.radius_m, at_m.z));
        }
        Segment::HandL | Segment::HandR => {
            let middle_m = (capsule.a_m + capsule.b_m) / 2.0;
            let at_m = placed.point(middle_m);
            pin(middle_m, Vec3::new(at_m.x, capsule.radius_m, at_m.z));
        }
        _ => {
            for end_m in [capsule.a_m, capsule.b_m] {
                let at_m = placed.point(end_m);
                pin(end_m, Vec3::new(at_m.x, capsule.radius_m, at_m.z));
            }
        }
    }
}

/// A foot put flat on the ground where its ankle is, keeping the way its toes point.
pub fn flat_foot(rig: &Rig, foot: Segment, turn: Quat, ankle_m: Vec3) -> clinch_model::Placed {
    let forward = turn * Vec3::Z;
    let yaw_rad = forward.x.atan2(forward.z);
    let origin_m = Vec3::new(ankle_m.x, rig.ankle_height_m(foot), ankle_m.z);
    clinch_model::Placed { turn: Quat::from_rotation_y(yaw_rad), origin_m }
}

/// Ground points that bear a person's weight in the stance: soles, knees, hands, seat.
fn support_points(rig: &Rig, stance: &Stance, parts: &[Segment]) -> Vec<Vec3> {
    let placed = rig.place(stance);
    let mut points = Vec::new();
    for &part in parts {
        let (at, capsule) = (placed[part.index()], rig.capsules[part.index()]);
        match part {
            Segment::FootL | Segment::FootR => points.extend(rig.sole_in_foot_m(part).map(|corner| at.point(corner))),
            // A kneeling leg bears on the knee and on the instep.
            Segment::ShinL | Segment::ShinR => points.extend([at.point(capsule.a_m), at.point(capsule.b_m)]),
            _ => points.extend([at.point(capsule.a_m), at.point(capsule.b_m)]),
        }
    }
    points
}

/// How a hold is tried: how soft bodies are at first, so that arms find their way, and how far the start is shaken.
const ATTEMPTS: [(f32, f32); 5] = [(1.0, 0.0), (10.0, 0.0), (6.0, 0.12), (10.0, 0.2), (16.0, 0.3)];

/// A solution with a fault below this (see [`Quality::fault_m`]) is taken without another attempt, in metres.
const GOOD_FAULT_M: f32 = 0.022;

impl Quality {
    /// One number for comparison, in metres: contacts, overlap and ground added, a degree beyond range counted as 4 mm.
    fn fault_m(&self) -> f32 {
        self.contact_error_m + self.overlap_m + 2.0 * self.under_ground_m + 0.004 * self.beyond_range_deg
    }
}

/// Solves a hold for two bodies.
///
/// # Errors
/// [`Error::UnsolvableHold`] if its numbers are not finite.
pub fn solve_hold(hold: &Hold, leader: Who, rigs: &[Rig; 2]) -> Result<SolvedHold, Error> {
    let role_of = |who: Who| if who == leader { Role::Leader } else { Role::Follower };
    let reference = Who::BOTH.map(|who| authored(hold.posture(role_of(who)), &rigs[who.index()]));
    let mut contacts: Vec<HeldContact> = hold.contacts.iter().map(|contact| held(contact, leader, rigs)).collect();
    let touches = contacts.iter().filter_map(|contact| contact.touch(1.0)).collect();
    let supports = [Vec::new(), Vec::new()];
    let mut goal = Goal {
        reference,
        looseness: 1.0,
        give: 1.0,
        arriving: 0.0,
        pins: Vec::new(),
        touches,
        gazes: Vec::new(),
        supports,
        centres_m: [None; 2],
    };
    let mut stream = Stream::new(0, &format!("hold {} {leader}", hold.name));
    let mut best: Option<([Stance; 2], Quality)> = None;
    for (first_give, shake_rad) in ATTEMPTS {
        let start = reference.map(|stance| shaken(&stance, shake_rad, &mut stream));
        let stances = settle(hold, &contacts, rigs, &mut goal, start, first_give);
        let quality = quality(rigs, &stances, &goal.touches);
        if !(quality.fault_m().is_finite() && stances.iter().all(|s| s.pelvis_m.is_finite())) {
            return Err(Error::UnsolvableHold { hold: hold.name.clone(), leader });
        }
        if best.as_ref().is_none_or(|(_, before)| quality.fault_m() < before.fault_m()) {
            best = Some((stances, quality));
        }
        if quality.fault_m() < GOOD_FAULT_M {
            break;
        }
    }
    let Some((stances, quality)) = best else { return Err(Error::UnsolvableHold { hold: hold.name.clone(), leader }) };
    for contact in contacts.iter_mut().filter(|c| c.is_plant()) {
        contact.point_m = ground_point_m(&rigs[contact.who.index()], &stances[contact.who.index()], contact.part);
    }
    Ok(SolvedHold { hold: hold.name.clone(), leader, poses: stances.map(|s| s.pose()), contacts, quality })
}

/// The stance with every limb turned a little at random.
fn shaken(stance: &Stance, shake_rad: f32, stream: &mut Stream) -> Stance {
    let mut shaken = *stance;
    for local in shaken.local.iter_mut().skip(1) {
        let axis = Vec3::from_array(std::array::from_fn(|_| stream.normal() as f32));
        *local = Quat::from_scaled_axis(axis * shake_rad * 0.6) * *local;
    }
    shaken.on_hinges()
}

/// Solves from one start. Feet go where the rough posture has them; then the weight is brought over them, and they settle.
fn settle(hold: &Hold, contacts: &[HeldContact], rigs: &[Rig; 2], goal: &mut Goal, start: [Stance; 2], first_give: f32) -> [Stance; 2] {
    let mut stances = start;
    for give in [first_give, 1.0, 1.0] {
        goal.give = give;
        goal.pins.clear();
        for who in Who::BOTH {
            let i = who.index();
            let parts: Vec<Segment> = contacts.iter().filter(|c| c.who == who && c.is_plant()).map(|c| c.part).collect();
            for &part in &parts {
                ground_pins(&rigs[i], i, &stances[i], part, FOOTHOLD_TOLERANCE_M, &mut goal.pins);
            }
            // In a drag the one hangs on the other: neither stands over the own feet.
            let hangs = hold.kind == HoldKind::Drag;
            goal.supports[i] = if hangs { Vec::new() } else { support_points(&rigs[i], &stances[i], &parts) };
        }
        stances = solve(rigs, goal, stances, HOLD_EFFORT);
    }
    stances
}

/// Where a planted part stands on the ground.
pub fn ground_point_m(rig: &Rig, stance: &Stance, part: Segment) -> Vec3 {
    let placed = rig.place(stance)[part.index()];
    let capsule = rig.capsules[part.index()];
    let at_m = match part {
        Segment::FootL | Segment::FootR => placed.origin_m,
        Segment::ShinL | Segment::ShinR => placed.point(knee_in_shin_m(rig, part)),
        _ => placed.point((capsule.a_m + capsule.b_m) / 2.0),
    };
    Vec3::new(at_m.x, 0.0, at_m.z)
}

/// Measures a pair of stances against touches that should hold and against what bodies can do.
pub fn quality(rigs: &[Rig; 2], stances: &[Stance; 2], touches: &[Touch]) -> Quality {
    let placed = [rigs[0].place(&stances[0]), rigs[1].place(&stances[1])];
    let capsules = [rigs[0].capsules_in_world(&placed[0]), rigs[1].capsules_in_world(&placed[1])];
    let mut quality = Quality::default();
    for touch in touches.iter().filter(|t| t.strength > 0.99) {
        let goal_m = placed[touch.other][touch.target.index()].point(touch.point_m + touch.normal * touch.offset_m);
        let capsule = &capsules[touch.who][touch.part.index()];
        let at_m = if palm_normal(touch.part).is_some() { (capsule.a_m + capsule.b_m) / 2.0 } else { capsule.nearest_on_axis(goal_m) };
        quality.contact_error_m = quality.contact_error_m.max(at_m.distance(goal_m));
    }
    for first in &capsules[0] {
        for second in &capsules[1] {
            quality.overlap_m = quality.overlap_m.max(-first.gap(second).gap_m);
        }
    }
    for (rig, capsules) in rigs.iter().zip(&capsules) {
        for &(first, second, allowed_m) in &rig.self_pairs {
            quality.overlap_m = quality.overlap_m.max(-capsules[first.index()].gap(&capsules[second.index()]).gap_m - allowed_m);
        }
        for capsule in capsules {
            quality.under_ground_m = quality.under_ground_m.max(capsule.radius_m - capsule.a_m.y.min(capsule.b_m.y));
        }
    }
    quality.beyond_range_deg = stances.iter().map(|s| limits::worst_excess_deg(&s.local)).fold(0.0, f32::max);
    quality
}
