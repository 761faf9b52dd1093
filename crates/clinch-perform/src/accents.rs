//! Sudden efforts on the music's moments, and the one shove of the elbow.
//!
//! A plan is read a little late where bodies need time; what answers the music must not be. So efforts aren't part of the plan: they are laid
//! over whatever is wanted at the song's own time, ahead of it by as much as a body takes to follow.

use crate::choreography::{
    ActiveContact, PersonReference, Reference,
    ease::{ease, within},
};
use clinch_model::{Event, EventKind, Pose, Secs, Segment, Story, Target, Who, hold::AccentKind};
use glam::{Quat, Vec3};

/// How much earlier than its moment an effort is asked for, in seconds: a trunk follows its wanted way by about as much.
const LEAD_SECS: f64 = 0.05;

/// Length of a thrust, in seconds, and the way of the chest in it, in metres: some 0.5 m/s in its middle, well over what sways.
const THRUST_SECS: f64 = 0.26;
const THRUST_M: f32 = 0.09;

/// When a thrust begins to be taken back and how long that takes, in seconds.
const SPENT_AFTER_SECS: f64 = 0.25;
const SPENT_SECS: f64 = 0.9;

/// Way of whoever is thrust at, pulled along, or goes along with the own push, as shares of the thrust.
const YIELDING: f32 = 0.9;
const FOLLOWING: f32 = 0.6;
const PUSHING: f32 = 0.7;

/// Share of the way that is there at no intensity.
const CALM: f32 = 0.6;

/// Height of the chest over the waist, about which it leans, in metres; and the share of the lean that is in the waist.
const LEVER_M: f32 = 0.38;
const IN_WAIST: f32 = 0.6;

/// The elbow shove: how far shoulder and arm are turned back before it, and how far on beyond where the hold has them, in radians; and how far
/// the trunk goes along, in metres.
const DRAWN_RAD: f32 = 0.55;
const PUSHED_RAD: f32 = 0.2;
const BEHIND_IT_M: f32 = 0.06;

/// Begin and length of drawing back and of pushing, and begin and length of letting go, in seconds against the shove's moment: the forearm
/// meets the jaw at the moment, at 1.5 m/s or so.
const DRAWING_SECS: (f64, f64) = (-0.60, 0.38);
const PUSHING_SECS: (f64, f64) = (-0.17, 0.30);
const RELEASE_SECS: (f64, f64) = (0.40, 0.9);

/// How far the head is turned and tilted by it, in radians, how soon that begins and how long it takes; it comes back slowly.
const HEAD_YAW_RAD: f32 = 0.5;
const HEAD_TILT_RAD: f32 = 0.3;
const HEAD_SECS: (f64, f64) = (-0.02, 0.16);
const HEAD_BACK_SECS: (f64, f64) = (0.35, 1.2);

/// What somebody's chest does at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Thrust {
    at_secs: f64,
    who: Who,
    /// Way towards the other, in shares of [`THRUST_M`].
    towards: f32,
}

/// All efforts of a story.
#[derive(Debug, Clone)]
pub(crate) struct Accents {
    thrusts: Vec<Thrust>,
    shove: Option<(f64, Who)>,
    duration_secs: f64,
}

impl Accents {
    /// The accents, reversals and the shove of a story. Falls are left to gravity.
    pub fn new(story: &Story) -> Self {
        let shove = story.events.iter().find(|event| event.kind == EventKind::Shove).map(|event| (event.at.0, event.who));
        let thrusts = story.events.iter().flat_map(|event| thrusts(story, event, shove)).collect();
        Self { thrusts, shove, duration_secs: story.duration.0 }
    }

    /// Lays the efforts of a time over one person's wanted pose; `reference` has both people's, `intensity` is 0..1.
    pub fn lay_over(&self, pose: &mut Pose, reference: &Reference, who: Who, at: Secs, intensity: f32) {
        let [mine, theirs] = [who, who.other()].map(|who| &reference.people[who.index()]);
        let Some(towards) = (theirs.pose.pelvis_m - mine.pose.pelvis_m).with_y(0.0).try_normalize() else { return };
        let vigour = CALM + (1.0 - CALM) * intensity;
        let sum: f32 = self.thrusts.iter().filter(|t| t.who == who).map(|t| t.towards * self.thrust_share(t.at_secs, at)).sum();
        lean(pose, towards, sum.clamp(-1.2, 1.2) * THRUST_M * vigour);
        let Some((at_secs, shover)) = self.shove else { return };
        let since_secs = self.since(at_secs, at);
        if !(-1.0..2.5).contains(&since_secs) {
            return;
        }
        let shover_reference = &reference.people[shover.index()];
        if let Some(forearm) = shoving_forearm(shover_reference) {
            if who == shover {
                push_elbow(pose, forearm, towards, since_secs);
            } else {
                turn_head(pose, -towards, since_secs);
            }
        }
    }

    /// Seconds since a moment, less the lead, in whichever turn of the loop it is nearest.
    fn since(&self, at_secs: f64, now: Secs) -> f64 {
        let half = self.duration_secs / 2.0;
        (now.0 + LEAD_SECS - at_secs + half).rem_euclid(self.duration_secs) - half
    }

    fn thrust_share(&self, at_secs: f64, now: Secs) -> f32 {
        let since_secs = self.since(at_secs, now);
        (rise(since_secs, -THRUST_SECS / 2.0, THRUST_SECS) * (1.0 - rise(since_secs, SPENT_AFTER_SECS, SPENT_SECS))) as f32
    }
}

/// What an event asks of both chests.
fn thrusts(story: &Story, event: &Event, shove: Option<(f64, Who)>) -> Vec<Thrust> {
    let thrust = |who: Who, towards: f32| Thrust { at_secs: event.at.0, who, towards };
    let (own, other) = (event.who, event.who.other());
    match event.kind {
        EventKind::Accent if shove == Some((event.at.0, event.who)) => Vec::new(),
        EventKind::Accent => match story.accent_kind(event.at, event.who) {
            AccentKind::Grab => vec![thrust(own, 1.0)],
            AccentKind::Shove => vec![thrust(own, PUSHING), thrust(other, -YIELDING)],
            AccentKind::Pull => vec![thrust(own, -1.0), thrust(other, FOLLOWING)],
            AccentKind::Fall => Vec::new(),
        },
        EventKind::Reversal => vec![thrust(own, 1.0)],
        EventKind::Shove | EventKind::Recognition => Vec::new(),
    }
}

/// 0 to 1 from a begin over a length, at rest at both ends.
fn rise(secs: f64, from_secs: f64, length_secs: f64) -> f64 {
    ease(within(secs, from_secs, from_secs + length_secs))
}

/// Leans a trunk so that the chest goes `way_m` along a direction; head and arms keep their own turns. A trunk that lies along the direction can't.
fn lean(pose: &mut Pose, direction: Vec3, way_m: f32) {
    if way_m.abs() < 1e-4 {
        return;
    }
    let upwards = pose.turn[Segment::Abdomen.index()] * Vec3::Y;
    let turn = upwards.cross(direction) * (way_m / LEVER_M);
    for (segment, share) in [(Segment::Abdomen, IN_WAIST), (Segment::Chest, 1.0)] {
        let i = segment.index();
        pose.turn[i] = (Quat::from_scaled_axis(turn * share) * pose.turn[i]).normalize();
    }
}

/// The forearm that is laid against the other's head, if one is planned to be.
fn shoving_forearm(reference: &PersonReference) -> Option<Segment> {
    let laid = |c: &&ActiveContact| matches!(c.part, Segment::ForearmL | Segment::ForearmR) && c.on == Target::Other(Segment::Head);
    reference.contacts.iter().find(laid).map(|c| c.part)
}

/// Draws shoulder, arm and elbow back and pushes them through, the trunk behind them.
fn push_elbow(pose: &mut Pose, forearm: Segment, towards: Vec3, since_secs: f64) {
    let drawn = rise(since_secs, DRAWING_SECS.0, DRAWING_SECS.1) as f32;
    let pushed = rise(since_secs, PUSHING_SECS.0, PUSHING_SECS.1) as f32;
    let let_go = rise(since_secs, RELEASE_SECS.0, RELEASE_SECS.1) as f32;
    let share = |back: f32, on: f32| -back * drawn + (back + on) * pushed - on * let_go;
    lean(pose, towards, share(BEHIND_IT_M, BEHIND_IT_M));
    let (side, arm) = match forearm {
        Segment::ForearmL => (-1.0, [Segment::UpperArmL, Segment::ForearmL, Segment::HandL]),
        _ => (1.0, [Segment::UpperArmR, Segment::ForearmR, Segment::HandR]),
    };
    let turn = side * share(DRAWN_RAD, PUSHED_RAD);
    // The waist gives some of the chest's turn, the shoulder the rest of the arm's.
    for (segment, part) in [(Segment::Abdomen, 0.25), (Segment::Chest, 0.6)].into_iter().chain(arm.map(|segment| (segment, 1.0))) {
        let i = segment.index();
        pose.turn[i] = (Quat::from_rotation_y(turn * part) * pose.turn[i]).normalize();
    }
}

/// Turns and tilts a head away along a push.
fn turn_head(pose: &mut Pose, push: Vec3, since_secs: f64) {
    let share = (rise(since_secs, HEAD_SECS.0, HEAD_SECS.1) * (1.0 - rise(since_secs, HEAD_BACK_SECS.0, HEAD_BACK_SECS.1))) as f32;
    let i = Segment::Head.index();
    let forward = pose.turn[i] * Vec3::Z;
    let side = forward.cross(push).y.signum();
    let turn = Vec3::Y * (side * HEAD_YAW_RAD * share) + Vec3::Y.cross(push) * (HEAD_TILT_RAD * share);
    pose.turn[i] = (Quat::from_scaled_axis(turn) * pose.turn[i]).normalize();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{cast, pose, story};
    use clinch_model::Skeleton;

    fn chest_m(skeleton: &Skeleton, pose: &Pose) -> Vec3 {
        skeleton.place(pose)[Segment::Chest.index()].point(skeleton.centre_in_segment_m(Segment::Chest))
    }

    #[test]
    fn a_thrust_is_fastest_at_its_moment_less_the_lead() {
        let mut story = story(8.0);
        story.events = vec![Event { at: Secs(3.0), kind: EventKind::Reversal, who: Who::Cop }];
        let accents = Accents::new(&story);
        let share = |secs: f64| accents.thrust_share(3.0, Secs(secs));
        let speed = |secs: f64| share(secs + 0.005) - share(secs - 0.005);
        let fastest = (0..200).map(|i| 2.5 + f64::from(i) * 0.005).max_by(|a, b| speed(*a).total_cmp(&speed(*b))).unwrap();
        assert!((fastest + LEAD_SECS - 3.0).abs() < 0.006, "{fastest}");
        assert!(share(2.5).abs() < 1e-6 && share(4.5).abs() < 1e-6);
    }

    #[test]
    fn a_lean_brings_the_chest_along_and_leaves_the_hips() {
        let cast = cast();
        let skeleton = &cast.people[0].skeleton;
        let straight = pose(&cast.people[0], 0.0);
        let mut leant = straight;
        lean(&mut leant, Vec3::X, 0.08);
        let way_m = chest_m(skeleton, &leant) - chest_m(skeleton, &straight);
        assert!(way_m.x > 0.03 && way_m.x < 0.10 && way_m.z.abs() < 0.01, "{way_m}");
        assert_eq!(leant.pelvis_m, straight.pelvis_m);
        // Along itself a trunk can't lean.
        let mut upwards = straight;
        lean(&mut upwards, straight.turn[Segment::Abdomen.index()] * Vec3::Y, 0.08);
        assert!(chest_m(skeleton, &upwards).distance(chest_m(skeleton, &straight)) < 1e-3);
    }

    #[test]
    fn a_shove_pushes_one_away_and_a_pull_takes_the_other_along() {
        let mut story = story(8.0);
        let accent = Event { at: Secs(2.0), kind: EventKind::Accent, who: Who::Cop };
        for (kind, own, others) in [(AccentKind::Shove, 1.0, -1.0), (AccentKind::Pull, -1.0, 1.0)] {
            story.holds[0].accent.leader = kind;
            story.phrases[0].leader = Who::Cop;
            let asked = thrusts(&story, &accent, None);
            let of = |who: Who| asked.iter().find(|t| t.who == who).map_or(0.0, |t| t.towards);
            assert!(of(Who::Cop) * own > 0.0 && of(Who::Kid) * others > 0.0, "{kind:?}: {asked:?}");
        }
    }
}
