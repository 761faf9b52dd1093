//! Sudden efforts on the music's moments, and the one shove of the elbow.
//!
//! A plan is read a little late where bodies need time; what answers the music must not be. So efforts aren't part of the plan: they are laid
//! over whatever is wanted at the song's own time, ahead of it by as much as a body takes to follow.

use crate::{
    choreography::{
        ActiveContact, PersonReference, Reference,
        ease::{ease, within},
    },
    measure::cues::APART_M,
};
use clinch_model::{Event, EventKind, Pose, Secs, Segment, Story, Target, Who, hold::AccentKind};
use glam::{Quat, Vec3};

/// How much earlier than its moment a way is asked for, in seconds: a trunk follows its wanted way by about as much.
const LEAD_SECS: f64 = 0.05;

/// Length of the burst of the arms' muscles with which a thrust begins, about its moment, in seconds (bursts of sudden movements are 70..140 ms; Hallett, Shahani
/// and Young, J. Neurol. Neurosurg. Psychiatry 38, 1975), and the force that both hands ask for in its middle, as a share of body weight; what joints can't give
/// is left out.
const BURST_SECS: f64 = 0.13;
const BURST_SHARE: f32 = 0.8;

/// Acceleration that the legs are asked to give the body towards the other meanwhile, in m/s²; without a step the ground gives a small part of it, since feet
/// that push forwards topple the body backwards.
const PUSH_OFF_M_PER_SEC2: f32 = 6.0;

/// Acceleration downwards of a body whose legs give way in a fall, in m/s²: most of gravity's.
const GIVES_WAY_M_PER_SEC2: f32 = 8.0;

/// Acceleration upwards with which somebody begins to draw himself up, in m/s².
const DRAWS_UP_M_PER_SEC2: f32 = 5.0;

/// What the other's hands do when they are grabbed, or the lead is taken from them, as a share of the same pull: they hold on.
const HOLDING_ON: f32 = 0.6;

/// Length of a thrust, in seconds, and the way of the chest in it, in metres.
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
    /// Whether the hands that hold the other push (1) or pull (−1) with it.
    hands: f32,
}

/// All efforts of a story.
#[derive(Debug, Clone)]
pub(crate) struct Accents {
    thrusts: Vec<Thrust>,
    /// Whose hands grab, and when.
    grabs: Vec<(f64, Who)>,
    /// Whose legs give way, and when.
    falls: Vec<(f64, Who)>,
    shove: Option<(f64, Who)>,
    duration_secs: f64,
}

impl Accents {
    /// The accents, reversals and the shove of a story.
    pub fn new(story: &Story) -> Self {
        let shove = story.events.iter().find(|event| event.kind == EventKind::Shove).map(|event| (event.at.0, event.who));
        let thrusts = story.events.iter().flat_map(|event| thrusts(story, event, shove)).collect();
        let of_kind = |kind: AccentKind| -> Vec<(f64, Who)> {
            let accents = story.events.iter().filter(|event| event.kind == EventKind::Accent && shove != Some((event.at.0, event.who)));
            accents.filter(|event| story.accent_kind(event.at, event.who) == kind).map(|event| (event.at.0, event.who)).collect()
        };
        Self { thrusts, grabs: of_kind(AccentKind::Grab), falls: of_kind(AccentKind::Fall), shove, duration_secs: story.duration.0 }
    }

    /// Lays the efforts of a time over one person's wanted pose; `reference` has both people's, `intensity` is 0..1.
    pub fn lay_over(&self, pose: &mut Pose, reference: &Reference, who: Who, at: Secs, intensity: f32) {
        let [mine, theirs] = [who, who.other()].map(|who| &reference.people[who.index()]);
        let Some(towards) = (theirs.pose.pelvis_m - mine.pose.pelvis_m).with_y(0.0).try_normalize() else { return };
        let vigour = CALM + (1.0 - CALM) * intensity;
        let sum: f32 = self.thrusts.iter().filter(|t| t.who == who).map(|t| t.towards * self.thrust_share(t.at_secs, at)).sum();
        let way_m = sum.clamp(-1.2, 1.2) * THRUST_M * vigour;
        if are_apart(reference) {
            let trunk = pose.turn[Segment::Chest.index()] * Vec3::Y;
            lean(pose, (Vec3::Y - trunk * trunk.y).normalize_or(towards), way_m.max(0.0));
        } else {
            lean(pose, towards, way_m);
        }
        let Some((at_secs, shover)) = self.shove else { return };
        let since_secs = self.since(at_secs, at) + LEAD_SECS;
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

    /// What the hands that hold the other suddenly push with at a time, as a share of body weight, in the world; pulls point from the other.
    pub fn burst(&self, reference: &Reference, who: Who, at: Secs, intensity: f32) -> Vec3 {
        let sum: f32 = self.thrusts.iter().filter(|t| t.who == who).map(|t| t.hands * self.burst_share(t.at_secs, at)).sum();
        self.towards(reference, who) * (sum.clamp(-1.0, 1.0) * BURST_SHARE * (CALM + (1.0 - CALM) * intensity))
    }

    /// The acceleration that one's legs suddenly give the body at a time, in m/s²: towards the other in a lunge, downwards where they give way.
    pub fn push_off(&self, reference: &Reference, who: Who, at: Secs) -> Vec3 {
        let lunges = self.thrusts.iter().filter(|t| t.who == who && t.towards > 0.0 && t.hands < 0.0);
        let sum: f32 = lunges.map(|t| t.towards * self.burst_share(t.at_secs, at)).sum();
        let falls = self.falls.iter().filter(|(_, falls)| *falls == who).map(|(at_secs, _)| self.burst_share(*at_secs, at)).sum::<f32>();
        let lunge = if are_apart(reference) { Vec3::Y * DRAWS_UP_M_PER_SEC2 } else { self.towards(reference, who) * PUSH_OFF_M_PER_SEC2 };
        lunge * sum.min(1.0) - Vec3::Y * (falls.min(1.0) * GIVES_WAY_M_PER_SEC2)
    }

    /// Along the ground from one's hips to the other's, a unit vector; nothing where they are above each other.
    fn towards(&self, reference: &Reference, who: Who) -> Vec3 {
        let [mine, theirs] = [who, who.other()].map(|who| reference.people[who.index()].pose.pelvis_m);
        (theirs - mine).with_y(0.0).normalize_or_zero()
    }

    /// Seconds until one's next sudden grab, round the loop; none for who never grabs.
    pub fn next_grab_secs(&self, who: Who, now: Secs) -> Option<f64> {
        let mine = self.grabs.iter().filter(|(_, grabber)| *grabber == who);
        mine.map(|(at_secs, _)| (at_secs - now.0).rem_euclid(self.duration_secs)).min_by(f64::total_cmp)
    }

    /// Seconds since a moment, in whichever turn of the loop it is nearest.
    fn since(&self, at_secs: f64, now: Secs) -> f64 {
        let half = self.duration_secs / 2.0;
        (now.0 - at_secs + half).rem_euclid(self.duration_secs) - half
    }

    fn burst_share(&self, at_secs: f64, now: Secs) -> f32 {
        swell(self.since(at_secs, now) / BURST_SECS)
    }

    fn thrust_share(&self, at_secs: f64, now: Secs) -> f32 {
        let since_secs = self.since(at_secs, now) + LEAD_SECS;
        (rise(since_secs, 0.0, THRUST_SECS) * (1.0 - rise(since_secs, SPENT_AFTER_SECS, SPENT_SECS))) as f32
    }
}

/// Whether the two are too far from each other to hold each other: who then goes at the other draws himself up first.
fn are_apart(reference: &Reference) -> bool {
    let [cop_m, kid_m] = reference.people.each_ref().map(|person| person.pose.pelvis_m);
    cop_m.distance(kid_m) > APART_M
}

/// What an event asks of both chests.
fn thrusts(story: &Story, event: &Event, shove: Option<(f64, Who)>) -> Vec<Thrust> {
    let thrust = |who: Who, towards: f32, hands: f32| Thrust { at_secs: event.at.0, who, towards, hands };
    let (own, other) = (event.who, event.who.other());
    match event.kind {
        EventKind::Accent if shove == Some((event.at.0, event.who)) => Vec::new(),
        EventKind::Accent => match story.accent_kind(event.at, event.who) {
            AccentKind::Grab => vec![thrust(own, 1.0, -1.0), thrust(other, 0.0, -HOLDING_ON)],
            AccentKind::Shove => vec![thrust(own, PUSHING, 1.0), thrust(other, -YIELDING, 0.0)],
            AccentKind::Pull => vec![thrust(own, -1.0, -1.0), thrust(other, FOLLOWING, 0.0)],
            AccentKind::Fall => Vec::new(),
        },
        EventKind::Reversal => vec![thrust(own, 1.0, -1.0), thrust(other, 0.0, -HOLDING_ON)],
        EventKind::Shove | EventKind::Recognition => Vec::new(),
    }
}

/// Half a wave from −½ to ½, 1 in its middle, 0 outside.
fn swell(turn: f64) -> f32 {
    if turn.abs() < 0.5 { (turn * std::f64::consts::PI).cos() as f32 } else { 0.0 }
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

    /// The stand-in's story with one event, and what both are planned to do: Cop stands at −z, Kid at z.
    fn with(event: Event, leader: AccentKind) -> (Accents, Reference) {
        let mut story = story(8.0);
        story.holds[0].accent = clinch_model::hold::Accents { leader, follower: AccentKind::Grab };
        story.phrases[0].leader = Who::Cop;
        story.events = vec![event];
        let cast = cast();
        let people = [0, 1].map(|who| {
            let mut pose = pose(&cast.people[who], 0.0);
            pose.pelvis_m.z = [-0.4, 0.4][who];
            PersonReference { pose, contacts: vec![], centre: None }
        });
        (Accents::new(&story), Reference { people, phrase: 0 })
    }

    #[test]
    fn a_burst_is_greatest_at_its_moment_and_the_way_follows() {
        let (accents, reference) = with(Event { at: Secs(3.0), kind: EventKind::Reversal, who: Who::Cop }, AccentKind::Grab);
        let times = || (0..200).map(|i| 2.5 + f64::from(i) * 0.005);
        let greatest = |size: &dyn Fn(Secs) -> f32| times().max_by(|a, b| size(Secs(*a)).total_cmp(&size(Secs(*b)))).unwrap();
        let pull = |at: Secs| -accents.burst(&reference, Who::Cop, at, 1.0).z;
        let push_off = |at: Secs| accents.push_off(&reference, Who::Cop, at).z;
        let moment_secs = 3.0;
        assert!((greatest(&pull) - moment_secs).abs() < 1e-6 && (greatest(&push_off) - moment_secs).abs() < 1e-6);
        assert!(pull(Secs(3.0)) > 0.5 && pull(Secs(3.1)) == 0.0 && push_off(Secs(2.9)) == 0.0);
        // Kid holds on, but doesn't come.
        assert!(accents.burst(&reference, Who::Kid, Secs(3.0), 1.0).z > 0.1);
        assert_eq!(accents.push_off(&reference, Who::Kid, Secs(3.0)), Vec3::ZERO);
        let share = |secs: f64| accents.thrust_share(3.0, Secs(secs));
        assert!(share(2.94).abs() < 1e-6 && share(3.215) > 0.99 && share(4.5).abs() < 1e-6);
    }

    #[test]
    fn a_shove_pushes_with_the_hands_and_a_grab_is_awaited() {
        let accent = Event { at: Secs(2.0), kind: EventKind::Accent, who: Who::Cop };
        let (shoves, reference) = with(accent.clone(), AccentKind::Shove);
        assert!(shoves.burst(&reference, Who::Cop, Secs(2.0), 1.0).z > 0.5);
        assert_eq!(shoves.push_off(&reference, Who::Cop, Secs(2.0)), Vec3::ZERO);
        assert_eq!(shoves.next_grab_secs(Who::Cop, Secs(1.9)), None);
        let (grabs, _) = with(accent, AccentKind::Grab);
        assert!((grabs.next_grab_secs(Who::Cop, Secs(1.9)).unwrap() - 0.1).abs() < 1e-9);
        assert!((grabs.next_grab_secs(Who::Cop, Secs(2.1)).unwrap() - 7.9).abs() < 1e-9);
        assert_eq!(grabs.next_grab_secs(Who::Kid, Secs(1.9)), None);
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
