//! The wanted motion as a body can follow it: no faster than people move, and with the feet where they really stand.
//!
//! A reference knows nothing of what went wrong: after a shove, a foot stands beside its planned place, held there by friction. Such a foot is
//! wanted where it stands; once it is too far out it is lifted and set down in its place, as stumbling people do.

use crate::{
    balance::{lowest_points, short_turn},
    choreography::PersonReference,
    world::{GRAVITY, Motion, STEP_SECS, over_mass},
};
use clinch_model::{ContactKind, Placed, Pose, SEGMENTS, Segment, Skeleton, Target};
use glam::{Quat, Vec3};

/// Fastest that a joint is asked to turn, in rad/s. Everyday fast reaching is 4..6 at the elbow, running 8..10 at the knee; tired people
/// are slower.
const TURN_MOST_RAD_PER_SEC: f32 = 4.5;

/// The same for legs: a stumbling step swings its thigh and shin at 5..8 rad/s.
const LEG_TURN_MOST_RAD_PER_SEC: f32 = 9.0;

/// Fastest that the pelvis is asked to move, in m/s: a stumbling step; walking is 1.4.
const PELVIS_MOST_M_PER_SEC: f32 = 1.5;

/// Strength of a planned contact beyond which a foot counts as standing.
const STANDS_AT: f32 = 0.5;

/// Height of the ankle over its height at rest up to which a foot is on the ground, in metres.
const ON_GROUND_M: f32 = 0.035;

/// Distance between where a foot stands and where it should at which it takes a step, in metres.
const STEP_AT_M: f32 = 0.09;

/// How far beside its way a standing body may be carried before it takes a step, in metres: earlier, and holds come apart over steps that nobody needs.
const CATCH_AT_M: f32 = 0.16;

/// Share of the way to under the body that a foot in the air is led beside its plan: all of it, and each step carries the pair farther off.
const CAUGHT: f32 = 0.5;

/// Farthest that a foot is set beside its plan to catch the body, in metres, and how quickly a foot in the air follows where the body is carried, a second.
const FARTHEST_CATCH_M: f32 = 0.2;
const AIM_PER_SEC: f32 = 10.0;

/// Height under which a centre of mass doesn't stand, in metres.
const LOWEST_CENTRE_M: f32 = 0.4;

/// Length of such a step in seconds and its height in metres: balance was kept with 0.26 s and 9 cm; tired people lift less.
const STEP_LENGTH_SECS: f32 = 0.32;
const STEP_LIFT_M: f32 = 0.07;

/// How quickly a standing foot's wanted place follows its real one, and how quickly a lifted foot forgets it, a second.
const SETTLE_PER_SEC: f32 = 6.0;

/// Strength of a leg's contact under which it is leaving or has left the ground, and height over its plan at which a leg hangs, in metres.
const LEAVING_STRENGTH: f32 = 0.97;
const HANGING_M: f32 = 0.02;

/// How quickly a body's wanted place follows what it stands on, a second: a body that falls must not take its plan along.
const ROOT_PER_SEC: f32 = 2.0;

/// Farthest that a body is wanted beside its plan, in metres; beyond, it is brought back.
const FARTHEST_ROOT_M: f32 = 0.4;

/// Thigh, shin and foot of both legs.
const LEGS: [[Segment; 3]; 2] = [[Segment::ThighL, Segment::ShinL, Segment::FootL], [Segment::ThighR, Segment::ShinR, Segment::FootR]];

/// What a body sits or lies on.
const TRUNK: [Segment; 3] = [Segment::Pelvis, Segment::Abdomen, Segment::Chest];

/// One leg against its plan: its ankle, or its knee while it kneels.
#[derive(Debug, Clone, Copy, Default)]
struct Leg {
    /// Where it is wanted, less where it is planned, along the ground.
    offset_m: Vec3,
    /// A catching step that is under way.
    step: Option<Catch>,
    /// How high it is lifted over its plan.
    lift_m: f32,
}

/// A step that isn't planned.
#[derive(Debug, Clone, Copy)]
struct Catch {
    /// Time since it began.
    secs: f32,
    /// The foot's offset when it began and when it ends.
    from_m: Vec3,
    to_m: Vec3,
}

/// What one body is asked for, step by step.
#[derive(Debug, Clone)]
pub(crate) struct Follower {
    /// The plan as far as it has been followed, without the feet's offsets.
    planned: Pose,
    /// Where the body is wanted, less where it is planned, along the ground: beside its plan by as much as what it stands on is.
    root_m: Vec3,
    legs: [Leg; 2],
}

impl Follower {
    /// Begins in a pose of the reference.
    pub fn new(pose: Pose) -> Self {
        Self { planned: pose, root_m: Vec3::ZERO, legs: [Leg::default(); 2] }
    }

    /// The pose that is wanted at the next step; `common_m` is where the pair is wanted, less where it is planned, see [`common_m`].
    pub fn next(&mut self, skeleton: &Skeleton, reference: &PersonReference, motion: &Motion, common_m: Vec3) -> Pose {
        self.planned = limited(&self.planned, &reference.pose);
        let placed = skeleton.place(&self.planned);
        self.root_m = self.root(reference, motion, &placed);
        let mut wanted = self.planned;
        wanted.pelvis_m += self.root_m;
        let ankle_at_rest_m = ankle_at_rest_m(skeleton);
        let drift_m = self.drift_m(skeleton, reference, motion);
        for side in 0..2 {
            let [_, shin, foot] = LEGS[side];
            // A leg is where its knee is while it kneels, otherwise where its ankle is.
            let kneels = stands(reference, shin);
            let bearing = if kneels { shin } else { foot };
            let planned_m = placed[bearing.index()].origin_m;
            let really_m = motion.placed[bearing.index()].origin_m;
            let lowest_m = if kneels { planned_m.y } else { ankle_at_rest_m };
            let state = LegState {
                stands: stands(reference, bearing),
                carries: stands_in(reference, foot),
                grounded: really_m.y < lowest_m + ON_GROUND_M,
                other_waits: self.legs[1 - side].step.is_none(),
                miss_m: (really_m - planned_m).with_y(0.0),
                catch_m: (common_m + drift_m * CAUGHT).clamp_length_max(FARTHEST_CATCH_M),
                drift_m,
                behind: is_behind(&placed, side, drift_m),
            };
            let lift_m = self.legs[side].advance(&state);
            let shift_m = self.legs[side].offset_m + Vec3::Y * lift_m;
            if (shift_m - self.root_m).length() > 1e-3 {
                if kneels {
                    reach_knee(skeleton, &mut wanted, LEGS[side], planned_m + shift_m);
                } else {
                    reach(skeleton, &mut wanted, LEGS[side], planned_m + shift_m);
                }
            }
        }
        wanted
    }

    /// How far along the ground the body is carried beside its way: its capture point (Pratt et al., "Capture point: a step toward humanoid push
    /// recovery", Humanoids 2006) less the wanted one. Nothing for who doesn't stand.
    fn drift_m(&self, skeleton: &Skeleton, reference: &PersonReference, motion: &Motion) -> Vec3 {
        let Some(wanted) = reference.centre else { return Vec3::ZERO };
        if !LEGS.iter().any(|leg| stands(reference, leg[2])) || LEGS.iter().any(|leg| stands(reference, leg[1])) {
            return Vec3::ZERO;
        }
        let (centre_m, velocity) = (over_mass(skeleton, &motion.centre_m), over_mass(skeleton, &motion.velocity_m_per_sec));
        let fall_secs = (centre_m.y.max(LOWEST_CENTRE_M) / GRAVITY).sqrt();
        let beside_m = centre_m - wanted.at_m - self.root_m + (velocity - wanted.velocity_m_per_sec) * fall_secs;
        beside_m.with_y(0.0)
    }

    /// Whether a leg that is to bear hangs in the air while the other one is about to leave the ground: then the plan must wait, or both would
    /// be off it.
    pub fn hangs(&self, skeleton: &Skeleton, reference: &PersonReference, motion: &Motion) -> bool {
        // Who sits or lies doesn't fall, by the plan or in truth.
        if lies(reference) || over_mass(skeleton, &motion.centre_m).y < LOWEST_CENTRE_M {
            return false;
        }
        let placed = skeleton.place(&reference.pose);
        let strength = |leg: [Segment; 3]| {
            let of = |part: Segment| {
                reference.contacts.iter().filter(move |c| c.part == part && c.kind == ContactKind::Plant && c.on == Target::Ground)
            };
            of(leg[1]).chain(of(leg[2])).map(|c| c.strength).fold(0.0, f32::max)
        };
        // A foot that stands on its toes stands.
        let low_m = |placed: &[Placed; SEGMENTS], leg: [Segment; 3]| {
            let points = leg[1..].iter().flat_map(|part| lowest_points(&skeleton.shape[part.index()], &placed[part.index()]));
            points.flatten().map(|point_m| point_m.y).fold(f32::INFINITY, f32::min)
        };
        (0..2).any(|side| {
            let (leg, other) = (LEGS[side], LEGS[1 - side]);
            let (planned, others) = (strength(leg), strength(other));
            planned > 0.3 && others < LEAVING_STRENGTH && low_m(&motion.placed, leg) > low_m(&placed, leg) + HANGING_M
        })
    }

    /// How far along the ground the body is wanted beside its plan.
    pub fn root_m(&self) -> Vec3 {
        self.root_m
    }

    /// The next offset of the body: it follows the mean of what stands, because a body that is drawn to its plan while knees or feet stick
    /// beside it only falls over them.
    fn root(&self, reference: &PersonReference, motion: &Motion, placed: &[Placed; SEGMENTS]) -> Vec3 {
        let (mut sum_m, mut weights) = (Vec3::ZERO, 0.0);
        for contact in &reference.contacts {
            let i = contact.part.index();
            let grounded = motion.placed[i].origin_m.y < placed[i].origin_m.y + ON_GROUND_M;
            if contact.kind == ContactKind::Plant && contact.on == Target::Ground && grounded {
                let weight = ((contact.strength - 0.3) / 0.7).max(0.0);
                sum_m += (motion.placed[i].origin_m - placed[i].origin_m).with_y(0.0) * weight;
                weights += weight;
            }
        }
        if weights < 0.05 {
            return self.root_m;
        }
        let goal_m = (sum_m / weights).clamp_length_max(FARTHEST_ROOT_M);
        self.root_m + (goal_m - self.root_m) * (ROOT_PER_SEC * weights.min(1.0) * STEP_SECS)
    }
}

impl Leg {
    /// Moves the leg's wanted place on by one step; gives back how high it is lifted over its plan, in metres.
    fn advance(&mut self, state: &LegState) -> f32 {
        let miss_m = state.miss_m.length();
        if let Some(catch) = &mut self.step {
            let t = catch.secs / STEP_LENGTH_SECS;
            // Until it is half-way its aim can still change.
            if t < 0.5 {
                catch.to_m = state.catch_m;
            }
            self.offset_m = catch.from_m.lerp(catch.to_m, t * t * (3.0 - 2.0 * t));
            catch.secs += STEP_SECS;
            self.lift_m = STEP_LIFT_M * (std::f32::consts::PI * t.min(1.0)).sin();
            if t >= 1.0 {
                self.step = None;
            }
            return self.lift_m;
        }
        let astray = miss_m > STEP_AT_M && state.miss_m.distance(state.catch_m) > STEP_AT_M;
        let falls = state.drift_m.length() > CATCH_AT_M && state.behind;
        if state.stands && state.other_waits && (astray || falls) {
            self.step = Some(Catch { secs: 0.0, from_m: state.miss_m, to_m: state.catch_m });
        }
        let goal_m = if state.stands && state.grounded { state.miss_m } else { state.catch_m };
        let per_sec = if state.stands { SETTLE_PER_SEC } else { AIM_PER_SEC };
        self.offset_m += (goal_m - self.offset_m) * (per_sec * STEP_SECS);
        // A foot that should swing but drags is lifted more.
        let drags = !state.carries && state.grounded && miss_m > STEP_AT_M;
        self.lift_m += (if drags { STEP_LIFT_M } else { 0.0 } - self.lift_m) * (SETTLE_PER_SEC * STEP_SECS);
        self.lift_m
    }
}

/// What a foot has to know about itself.
struct LegState {
    /// Whether it is planned to stand.
    stands: bool,
    /// Whether its leg is planned to carry, on foot or knee.
    carries: bool,
    /// Whether it is on the ground.
    grounded: bool,
    /// Whether the other foot isn't taking a catching step.
    other_waits: bool,
    /// Where it is, less where it is planned, along the ground.
    miss_m: Vec3,
    /// The offset to which it is led in the air, so that the body is caught.
    catch_m: Vec3,
    /// How far the body is carried beside its way.
    drift_m: Vec3,
    /// Whether it is the foot that is the farther from where the body is carried.
    behind: bool,
}

/// Whether somebody sits or lies: is borne by more than legs and hands.
fn lies(reference: &PersonReference) -> bool {
    TRUNK.iter().any(|part| stands(reference, *part))
}

/// Where the pair is wanted, less where it is planned, along the ground: where it has come to by and by, but half-way back at each step; where only one of them
/// sits or lies, where that one is, who can't take a step.
pub(crate) fn common_m(followers: &[Follower; 2], references: [&PersonReference; 2]) -> Vec3 {
    let roots_m = followers.each_ref().map(|follower| follower.root_m);
    match references.map(lies) {
        [true, false] => roots_m[0],
        [false, true] => roots_m[1],
        _ => (roots_m[0] + roots_m[1]) * 0.5 * CAUGHT,
    }
}

/// Whether a side's foot is the farther of the two from where a body is carried; then it is the one to step.
fn is_behind(placed: &[Placed; SEGMENTS], side: usize, drift_m: Vec3) -> bool {
    let along = |side: usize| placed[LEGS[side][2].index()].origin_m.dot(drift_m);
    along(side) < along(1 - side)
}

/// Whether a foot is planned to stand on the ground.
fn stands(reference: &PersonReference, foot: Segment) -> bool {
    reference.contacts.iter().any(|c| c.part == foot && c.kind == ContactKind::Plant && c.on == Target::Ground && c.strength > STANDS_AT)
}

/// Whether a leg is planned to carry: on its foot or on its knee.
fn stands_in(reference: &PersonReference, foot: Segment) -> bool {
    stands(reference, foot) || foot.parent().is_some_and(|shin| stands(reference, shin))
}

/// Whether a segment is planned to be borne by the ground: itself, or in a leg that stands on its foot or knee.
pub(crate) fn bears(reference: &PersonReference, segment: Segment) -> bool {
    match LEGS.iter().find(|leg| leg[1..].contains(&segment)) {
        Some(leg) => stands_in(reference, leg[2]),
        None => stands(reference, segment),
    }
}

fn ankle_at_rest_m(skeleton: &Skeleton) -> f32 {
    skeleton.place(&skeleton.rest())[Segment::FootL.index()].origin_m.y
}

/// The pose on the way from `before` to `goal` that can be reached within a step.
fn limited(before: &Pose, goal: &Pose) -> Pose {
    let way_m = goal.pelvis_m - before.pelvis_m;
    let mut pose = Pose { pelvis_m: before.pelvis_m + way_m.clamp_length_max(PELVIS_MOST_M_PER_SEC * STEP_SECS), turn: goal.turn };
    for segment in Segment::ALL {
        let from = before.joint_turn(segment);
        let turn = short_turn(from.inverse() * goal.joint_turn(segment));
        let is_leg = LEGS.iter().flatten().any(|leg| *leg == segment);
        let most = if is_leg { LEG_TURN_MOST_RAD_PER_SEC } else { TURN_MOST_RAD_PER_SEC };
        let joint = from * Quat::from_scaled_axis(turn.clamp_length_max(most * STEP_SECS));
        let parent = segment.parent().map_or(Quat::IDENTITY, |parent| pose.turn[parent.index()]);
        pose.turn[segment.index()] = (parent * joint).normalize();
    }
    pose
}

/// Bends a leg so that its ankle comes to a point, or as near as it reaches, keeping the plane of the knee and the foot's own turn.
fn reach(skeleton: &Skeleton, pose: &mut Pose, leg: [Segment; 3], ankle_m: Vec3) {
    let [thigh, shin, foot] = leg.map(Segment::index);
    let placed: [Placed; SEGMENTS] = skeleton.place(pose);
    let (upper_m, lower_m) = (skeleton.joint_in_parent_m[shin].length(), skeleton.joint_in_parent_m[foot].length());
    let hip_m = placed[thigh].origin_m;
    let goal = ankle_m - hip_m;
    let longest = (upper_m + lower_m) * 0.999;
    let reach_m = goal.length().clamp((upper_m - lower_m).abs() + 0.05, longest);
    // The knee first: its bend gives the distance of hip and ankle (law of cosines).
    let inside = ((upper_m * upper_m + lower_m * lower_m - reach_m * reach_m) / (2.0 * upper_m * lower_m)).clamp(-1.0, 1.0).acos();
    let foot_turn = pose.turn[foot];
    pose.turn[shin] = pose.turn[thigh] * Quat::from_rotation_x(std::f32::consts::PI - inside);
    // Then the whole leg swings so that the ankle lies in the goal's direction.
    let ankle = pose.turn[thigh] * skeleton.joint_in_parent_m[shin] + pose.turn[shin] * skeleton.joint_in_parent_m[foot];
    let swing = Quat::from_rotation_arc(ankle.normalize_or(Vec3::NEG_Y), goal.normalize_or(Vec3::NEG_Y));
    pose.turn[thigh] = (swing * pose.turn[thigh]).normalize();
    pose.turn[shin] = (swing * pose.turn[shin]).normalize();
    pose.turn[foot] = foot_turn;
}

/// Swings a kneeling leg so that its knee comes to a point, or as near as the thigh reaches, keeping the turns of shin and foot.
fn reach_knee(skeleton: &Skeleton, pose: &mut Pose, leg: [Segment; 3], knee_m: Vec3) {
    let [thigh, shin, _] = leg.map(Segment::index);
    let hip_m = skeleton.place(pose)[thigh].origin_m;
    let knee = pose.turn[thigh] * skeleton.joint_in_parent_m[shin];
    let swing = Quat::from_rotation_arc(knee.normalize_or(Vec3::NEG_Y), (knee_m - hip_m).normalize_or(Vec3::NEG_Y));
    pose.turn[thigh] = (swing * pose.turn[thigh]).normalize();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{cast, pose};

    #[test]
    fn a_leg_reaches_a_point_in_reach_and_keeps_the_foot_level() {
        let cast = cast();
        let person = &cast.people[0];
        let mut bent = pose(person, 0.2);
        let planned_m = person.skeleton.place(&bent)[Segment::FootL.index()].origin_m;
        let goal_m = planned_m + Vec3::new(0.08, 0.05, -0.1);
        reach(&person.skeleton, &mut bent, LEGS[0], goal_m);
        let placed = person.skeleton.place(&bent)[Segment::FootL.index()];
        assert!(placed.origin_m.distance(goal_m) < 1e-4, "{} for {goal_m}", placed.origin_m);
        assert!((placed.turn * Vec3::Y).y > 0.999);
    }

    #[test]
    fn a_kneeling_leg_is_swung_to_where_its_knee_is_and_keeps_shin_and_foot() {
        let cast = cast();
        let person = &cast.people[0];
        let mut kneeling = pose(person, 0.0);
        let placed = person.skeleton.place(&kneeling);
        let goal_m = placed[Segment::ShinL.index()].origin_m + Vec3::new(0.06, 0.0, -0.05);
        let before = kneeling;
        reach_knee(&person.skeleton, &mut kneeling, LEGS[0], goal_m);
        let knee_m = person.skeleton.place(&kneeling)[Segment::ShinL.index()].origin_m;
        // The thigh is as long as it is: what is left over lies along it.
        assert!((knee_m - goal_m).with_y(0.0).length() < 0.01, "{knee_m} for {goal_m}");
        assert_eq!(kneeling.turn[Segment::ShinL.index()], before.turn[Segment::ShinL.index()]);
    }

    #[test]
    fn a_jumping_reference_is_followed_at_a_human_pace() {
        let cast = cast();
        let before = pose(&cast.people[0], 0.0);
        let mut far = pose(&cast.people[0], 0.3);
        far.pelvis_m += Vec3::X * 3.0;
        far.turn[Segment::HandL.index()] *= Quat::from_rotation_x(3.0);
        let next = limited(&before, &far);
        assert!(next.pelvis_m.distance(before.pelvis_m) <= PELVIS_MOST_M_PER_SEC * STEP_SECS * 1.001);
        let hand = short_turn(before.joint_turn(Segment::HandL).inverse() * next.joint_turn(Segment::HandL));
        assert!(hand.length() <= TURN_MOST_RAD_PER_SEC * STEP_SECS * 1.01 && hand.length() > 0.01);
    }
}
