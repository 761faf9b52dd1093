//! From passages to dense poses: blended postures made exact, frame by frame.

use super::body::{Rig, Stance};
use super::course::{Course, courses, root_of};
use super::ease::{ease, within};
use super::passage::{Bearing, LEGS, LegPlace, Passage, pelvis_yaw_rad};
use super::poise::{Footing, poised};
use super::posture::{HeldContact, Quality, flat_foot, ground_point_m, knee_in_shin_m, quality};
use super::smooth::{Gaussian, renew};
use super::solve::{Effort, Gaze, Goal, Pin, loosened, solve};
use super::steps::{LegNow, Stay, Stays, Way, leg_at, steps_in_hold, steps_in_move, swing_foot, swing_knee_m};
use super::sway::{Noise, Restlessness};
use super::via::Via;
use crate::Error;
use clinch_model::{ContactKind, Event, EventKind, HoldKind, Level, Placed, Pose, Segment, Story, Target, Who};
use glam::{EulerRot, Quat, Vec3};
use rayon::prelude::*;

/// Dense poses a second. Limbs in a struggle move at 1–2 Hz; cubic interpolation at 30 Hz loses nothing of that.
pub const RATE_HZ: f64 = 30.0;

/// Work on a phrase's first frame, on those that follow, and on each correction after smoothing.
const FIRST_EFFORT: Effort = Effort { iterations: 30, least_gain: 1e-3 };
const FRAME_EFFORT: Effort = Effort { iterations: 6, least_gain: 1e-2 };
const CORRECTION_EFFORT: Effort = Effort { iterations: 4, least_gain: 2e-2 };
const LAST_EFFORT: Effort = Effort { iterations: 10, least_gain: 2e-3 };

/// The whole motion is smoothed in time and made exact again this often: deviations of the Gaussians in frames. The wide one carries a
/// motion over places where a frame by itself chose another way round an obstacle than its neighbours, the narrow ones leave the 1 Hz of a
/// struggle alone.
const SMOOTHINGS_FRAMES: [f64; 3] = [4.0, 2.5, 1.5];

/// Deviation in frames of the Gaussian that calms free limbs at the end.
const CALMING_FRAMES: f64 = 4.0;

/// Deviation in frames of the Gaussian over the centre of mass's height.
const HEIGHT_FRAMES: f64 = 3.5;

/// Rounds in which the poses follow the centre of mass, and deviation in frames of the Gaussian over their neighbours in each.
const POISING_ROUNDS: usize = 2;
const POISING_FRAMES: f64 = 1.5;

/// 1 from a share of the move on until just after the hold is reached, otherwise 0; rises between two shares of the move.
fn in_flux(passage: &Passage, secs: f64, from: f64, full: f64) -> f32 {
    /// What was in the way is sorted out in this time after the hold is reached, in seconds.
    const SETTLING_SECS: f64 = 0.4;
    let since_secs = secs - passage.held_from_secs();
    (ease(within(passage.move_share(secs), from, full)) * (1.0 - ease(since_secs / SETTLING_SECS))) as f32
}

/// How much more bodies may sink into each other in the middle of a move than in a hold, as a factor on the tolerance less 1.
const GREATEST_GIVE: f32 = 3.0;

/// A contact with the times of its life.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Index of the phrase in whose hold it belongs.
    pub phrase: usize,
    /// Who touches what.
    pub contact: HeldContact,
    /// When it begins to close, is closed, begins to open and is open; in time order, possibly beyond the song's ends.
    pub times_secs: [f64; 4],
}

impl Span {
    /// How firm the contact is at a time, 0..1.
    pub fn strength(&self, secs: f64) -> f32 {
        let [closing, closed, opening, open] = self.times_secs;
        (ease(within(secs, closing, closed)) * (1.0 - ease(within(secs, opening, open)))) as f32
    }
}

/// The whole plan of the motion, from which any frame's goal follows.
pub struct Plan {
    rigs: [Rig; 2],
    passages: Vec<Passage>,
    duration_secs: f64,
    wander: [Noise; 3],
    /// `[who]`.
    restlessness: [Restlessness; 2],
    /// Push and pull along the line between the two.
    push: Noise,
    /// `[phrase][who][side]`: stays from the phrase's begin to its end.
    legs: Vec<[[Stays; 2]; 2]>,
    /// All touches and plants other than legs.
    pub spans: Vec<Span>,
    /// `[phrase]`: indices of spans that matter during it.
    spans_of: Vec<Vec<usize>>,
    events: Vec<Event>,
    /// `[phrase][who]`: the way into the phrase's hold.
    courses: Vec<[Course; 2]>,
}

impl Plan {
    /// Plans steps and contacts.
    ///
    /// # Errors
    /// If the built-in postures are broken.
    pub fn new(story: &Story, passages: Vec<Passage>, rigs: [Rig; 2]) -> Result<Self, Error> {
        let duration_secs = story.duration.0;
        let noise = |name: &str, low_hz, high_hz| Noise::new(story.seed, name, duration_secs, low_hz, high_hz);
        let wander = [noise("wander x", 0.1, 0.35), noise("wander z", 0.1, 0.35), noise("wander yaw", 0.1, 0.3)];
        let restlessness = Who::BOTH.map(|who| Restlessness::new(story.seed, who, duration_secs));
        let courses = courses(&passages, &rigs, story.seed)?;
        let legs = plan_legs(&passages, &courses, &rigs, &wander);
        let mut spans = plan_spans(&passages, duration_secs, &wander);
        spans.extend(plan_props(&passages, &courses, &rigs, &wander));
        let count = passages.len();
        let spans_of = (0..count)
            .map(|phrase| {
                let before = (phrase + count - 1) % count;
                (0..spans.len()).filter(|&i| spans[i].phrase == phrase || spans[i].phrase == before).collect()
            })
            .collect();
        let (push, events) = (noise("push", 0.3, 0.9), story.events.clone());
        Ok(Self { rigs, passages, duration_secs, wander, restlessness, push, legs, spans, spans_of, events, courses })
    }

    /// Index of the phrase at a time within the song.
    pub fn phrase_at(&self, secs: f64) -> usize {
        self.passages.partition_point(|p| p.start_secs <= secs).saturating_sub(1)
    }

    /// When a phrase's hold is reached.
    pub fn held_from_secs(&self, phrase: usize) -> Option<f64> {
        self.passages.get(phrase).map(Passage::held_from_secs)
    }

    /// The hold before a phrase's.
    fn before(&self, phrase: usize) -> &Passage {
        &self.passages[(phrase + self.passages.len() - 1) % self.passages.len()]
    }

    /// Where a person's leg is at a time within the song.
    pub fn leg(&self, phrase: usize, who: usize, side: usize, secs: f64) -> LegNow {
        leg_at(&self.legs[phrase][who][side], secs)
    }

    /// The times of stays of all legs, for contacts: `(who, side, stay)`.
    pub fn stays(&self) -> impl Iterator<Item = (usize, usize, &Stay)> {
        self.legs.iter().flat_map(|people| {
            people.iter().enumerate().flat_map(|(who, sides)| {
                sides.iter().enumerate().flat_map(move |(side, stays)| stays.iter().map(move |stay| (who, side, stay)))
            })
        })
    }

    /// Solves all frames: hold by hold, each frame from the one before it, then smoothed in time and corrected, alternately.
    ///
    /// Goals are worked out again each time, which costs little against solving them; kept, they would be five times the frames.
    ///
    /// Gives back the frames and `[who][frame]` the places of the centres of mass, which are smoother than the frames'.
    pub fn frames(&self) -> (Vec<[Stance; 2]>, [Vec<Vec3>; 2]) {
        let count = (self.duration_secs * RATE_HZ).round().max(4.0) as usize;
        let mut frames = self.in_turn(count);
        for (round, deviation_frames) in SMOOTHINGS_FRAMES.into_iter().enumerate() {
            let is_last = round + 1 == SMOOTHINGS_FRAMES.len();
            if is_last {
                self.calm(&mut frames, true);
            }
            let effort = if is_last { LAST_EFFORT } else { CORRECTION_EFFORT };
            let gaussian = Gaussian::new(deviation_frames);
            renew(&mut frames, gaussian.reach(), |frame, near| {
                let (goal, reference) = (self.goal_of(frame, count), gaussian.mean(near));
                // Near the smooth motion, exact where it counts; in a move smoothness counts more.
                let near = Goal { reference, looseness: 0.35 / goal.give.min(2.0), ..goal };
                solve(&self.rigs, &near, reference, effort)
            });
        }
        self.calm(&mut frames, false);
        let centres_m = self.poised(&frames);
        for _ in 0..POISING_ROUNDS {
            let gaussian = Gaussian::new(POISING_FRAMES);
            renew(&mut frames, gaussian.reach(), |frame, near| {
                let (goal, reference) = (self.goal_of(frame, count), gaussian.mean(near));
                let centres_m = [0, 1].map(|who| Some(centres_m[who][frame]));
                solve(&self.rigs, &Goal { reference, looseness: 0.35, centres_m, ..goal }, reference, LAST_EFFORT)
            });
        }
        self.calm(&mut frames, false);
        (frames, centres_m)
    }

    /// `[who][frame]`: where the centres of mass should go so that the ground under them can bear it.
    fn poised(&self, frames: &[[Stance; 2]]) -> [Vec<Vec3>; 2] {
        let count = frames.len();
        [0, 1].map(|who| {
            let rig = &self.rigs[who];
            let centre_m = |pair: &[Stance; 2]| rig.skeleton.centre_of_mass_m(&pair[who].pose());
            let centres_m: Vec<Vec3> = frames.iter().map(centre_m).collect();
            let footing: Vec<Footing> =
                frames.iter().enumerate().map(|(i, pair)| self.footing(&pair[who], who, self.secs_of(i, count))).collect();
            let gaussian = Gaussian::new(HEIGHT_FRAMES);
            let calm: Vec<Vec3> = (0..count)
                .map(|i| {
                    let height_m = gaussian.mean_of(|k| centres_m[(i as isize + k).rem_euclid(count as isize) as usize].y);
                    centres_m[i].with_y(height_m)
                })
                .collect();
            poised(&calm, &footing, RATE_HZ)
        })
    }

    /// What bears a person in a frame: legs that stand, and whatever else is on the ground.
    fn footing(&self, stance: &Stance, who: usize, secs: f64) -> Footing {
        /// Height of a point up to which it is on the ground, in metres.
        const DOWN_M: f32 = 0.025;
        /// How far who hangs on the other may lean out, in metres: some 70 N at the hands.
        const HANGING_M: f32 = 0.08;
        let (phrase, rig) = (self.phrase_at(secs), &self.rigs[who]);
        let placed = rig.place(stance);
        let capsules = rig.capsules_in_world(&placed);
        let mut points_m = Vec::new();
        for segment in Segment::ALL {
            let leg = LEGS.iter().position(|leg| leg.contains(&segment));
            if let Some(side) = leg {
                let now = self.leg(phrase, who, side, secs);
                let walks = |place: &LegPlace| place.bearing != Bearing::Free;
                if segment == LEGS[side][2] && now.share == 0.0 {
                    support(rig, side, &now.from, &mut points_m);
                }
                if walks(&now.from) && walks(&now.to) {
                    continue;
                }
            }
            let capsule = &capsules[segment.index()];
            let lowest = [capsule.a_m, capsule.b_m].map(|end_m| end_m - Vec3::Y * capsule.radius_m);
            points_m.extend(lowest.into_iter().filter(|p| p.y < DOWN_M));
        }
        let slack_m = if self.passages[phrase].kind == HoldKind::Drag { HANGING_M } else { 0.0 };
        Footing { points_m, slack_m }
    }

    /// Time of one of `count` frames.
    fn secs_of(&self, frame: usize, count: usize) -> f64 {
        frame as f64 * self.duration_secs / count as f64
    }

    /// What should hold in one of `count` frames.
    fn goal_of(&self, frame: usize, count: usize) -> Goal {
        self.goal(self.secs_of(frame, count))
    }

    /// Slows what is free: in the thick of a move trunk, head and arms follow the smoothed motion, and with `legs` also swinging legs
    /// (which must be made exact again). What is planted or held stays.
    fn calm(&self, frames: &mut [[Stance; 2]], legs: bool) {
        let count = frames.len();
        let gaussian = Gaussian::new(CALMING_FRAMES);
        renew(frames, gaussian.reach(), |frame, near| {
            let (now, smooth) = (&near[gaussian.reach()], gaussian.mean(near));
            let secs = self.secs_of(frame, count);
            [0, 1].map(|who| self.calmed(&now[who], &smooth[who], who, secs, legs))
        });
    }

    /// One person's stance led towards the smoothed one as far as it is free.
    fn calmed(&self, now: &Stance, smooth: &Stance, who: usize, secs: f64, legs: bool) -> Stance {
        let phrase = self.phrase_at(secs);
        let share = self.passages[phrase].move_share(secs);
        let free = (ease((share - 0.12) / 0.2) * (1.0 - ease((share - 0.75) / 0.25))) as f32;
        let leg_share = |side: usize| {
            let now = self.leg(phrase, who, side, secs);
            let swing = (now.share * std::f64::consts::PI).sin().powi(2) as f32;
            match (now.from.bearing, now.to.bearing) {
                // A leg that bears nothing before and after is as free as an arm.
                (Bearing::Free, Bearing::Free) => free,
                // One that is folded under or drawn out is free in the middle of its way.
                (Bearing::Free, _) | (_, Bearing::Free) => swing,
                _ if legs => swing,
                _ => 0.0,
            }
        };
        let mut stance = *now;
        for segment in Segment::ALL.into_iter().filter(|&s| s != Segment::Pelvis) {
            let share = match LEGS.iter().position(|leg| leg.contains(&segment)) {
                Some(side) => leg_share(side),
                None => free,
            };
            let i = segment.index();
            stance.local[i] = stance.local[i].slerp(smooth.local[i], share);
        }
        stance.on_hinges()
    }

    /// All frames, each solved from the one before it. A stretch runs from the moment a hold is reached to the moment the next one is;
    /// there the next stretch has begun from the solved hold, and the end of this one is led over to it.
    fn in_turn(&self, count: usize) -> Vec<[Stance; 2]> {
        let held_frame = |p: &Passage| (p.held_from_secs() / self.duration_secs * count as f64).ceil() as usize % count;
        let mut starts: Vec<usize> = self.passages.iter().map(held_frame).collect();
        starts.sort_unstable();
        starts.dedup();
        let next_start = |k: usize| starts[(k + 1) % starts.len()];
        let length = |k: usize| (next_start(k) + count - starts[k] - 1) % count + 1;

        // The frames from the first stretch's start on, each stretch in its own part of them.
        let mut all = vec![self.goal_of(0, count).reference; count];
        let mut stretches = Vec::with_capacity(starts.len());
        let mut rest = &mut all[..];
        for k in 0..starts.len() {
            let (stretch, later) = rest.split_at_mut(length(k));
            stretches.push(stretch);
            rest = later;
        }
        stretches.par_iter_mut().zip(&starts).for_each(|(frames, &start)| self.stretch(frames, start, count));

        let firsts: Vec<[Stance; 2]> = stretches.iter().map(|frames| frames[0]).collect();
        for (k, frames) in stretches.into_iter().enumerate() {
            // The last part of the move has time for what is left of the way.
            let moves = |&i: &usize| {
                let secs = self.secs_of((starts[k] + i) % count, count);
                self.passages[self.phrase_at(secs)].move_share(secs) > 0.45
            };
            let lead = (0..frames.len()).rev().take_while(moves).count().clamp(1, frames.len());
            let last = (starts[k] + frames.len() - 1) % count;
            let [last, next] = [last, next_start(k)].map(|frame| self.goal_of(frame, count).reference);
            lead_over(frames, lead, &last, &next, &firsts[(k + 1) % firsts.len()]);
        }
        all.rotate_right(starts[0]);
        all
    }

    /// Solves frames in turn, the first of them being number `start` of `count`: each goes on from the one before it as its reference does,
    /// and is drawn back to the reference slowly, so that limbs don't jump to the other side of what is in their way.
    fn stretch(&self, frames: &mut [[Stance; 2]], start: usize, count: usize) {
        /// Share of the way back to the reference in one frame: usually, and when the hold is nearly reached.
        const RETURN_SHARE: [f32; 2] = [0.2, 0.6];
        /// Share of the tolerance of closeness, likewise.
        const LOOSENESS: [f32; 2] = [0.6, 0.3];
        // The frame before and its reference.
        let mut before: Option<([Stance; 2], [Stance; 2])> = None;
        for (i, frame) in frames.iter_mut().enumerate() {
            let goal = self.goal_of((start + i) % count, count);
            let wanted = goal.reference;
            *frame = match before {
                Some((last, last_wanted)) => {
                    let arriving = goal.arriving;
                    let at = |ends: [f32; 2]| ends[0] + (ends[1] - ends[0]) * arriving;
                    let reference =
                        std::array::from_fn(|who| last[who].carried(&last_wanted[who], &wanted[who]).blend(&wanted[who], at(RETURN_SHARE)));
                    solve(&self.rigs, &Goal { reference, looseness: at(LOOSENESS), ..goal }, reference, FRAME_EFFORT)
                }
                None => solve(&self.rigs, &goal, wanted, FIRST_EFFORT),
            };
            before = Some((*frame, wanted));
        }
    }

    /// Measures poses of a time within the song against what should hold then.
    pub fn quality(&self, poses: &[Pose; 2], secs: f64) -> Quality {
        quality(&self.rigs, &poses.map(|pose| Stance::of(&pose)), &self.goal(secs).touches)
    }

    /// Everything that should hold at a time within the song.
    pub fn goal(&self, secs: f64) -> Goal {
        let phrase = self.phrase_at(secs);
        let passage = &self.passages[phrase];
        let ground = passage.ground(secs, &self.wander);
        let mut reference = self.blended(phrase, secs, &ground);
        for who in Who::BOTH {
            self.stir(&mut reference[who.index()], who, phrase, secs, &ground);
        }
        let mut goal = Goal {
            reference,
            looseness: 1.0,
            give: 1.0 + GREATEST_GIVE * in_flux(passage, secs, 0.0, 0.3),
            arriving: in_flux(passage, secs, 0.5, 0.85),
            pins: Vec::new(),
            touches: Vec::new(),
            gazes: self.gazes(&reference, secs),
            supports: [Vec::new(), Vec::new()],
            centres_m: [None; 2],
        };
        self.add_legs(&mut goal, phrase, secs);
        self.add_contacts(&mut goal, phrase, secs);
        goal
    }

    /// Both postures between the hold before and this one.
    fn blended(&self, phrase: usize, secs: f64, ground: &Placed) -> [Stance; 2] {
        let (passage, before) = (&self.passages[phrase], self.before(phrase));
        let share = passage.move_share(secs);
        [0, 1].map(|who| {
            let from = before.arrangement.stances[who].moved(ground);
            let to = passage.arrangement.stances[who].moved(ground);
            if share >= 1.0 { to } else { self.courses[phrase][who].at(&from, &to, ground, share) }
        })
    }

    /// Sways, pushes, tugs: nobody stands still.
    fn stir(&self, stance: &mut Stance, who: Who, phrase: usize, secs: f64, ground: &Placed) {
        let (passage, before) = (&self.passages[phrase], self.before(phrase));
        let share = ease(passage.move_share(secs)) as f32;
        let vigour = before.vigour() + (passage.vigour() - before.vigour()) * share;
        let height = before.freedom_of_trunk() + (passage.freedom_of_trunk() - before.freedom_of_trunk()) * share;
        let noise = &self.restlessness[who.index()];
        // The leader pushes and pulls; the other gives way a little later.
        let lag_secs = if who == passage.leader { 0.0 } else { 0.14 };
        let push = self.push.at(secs - lag_secs);
        let sway = |axis: usize, size_m: f32| size_m * noise.place[axis].at(secs);
        let shift = Vec3::new(sway(0, 0.030), -0.012 + sway(1, 0.014), 0.042 * push + sway(2, 0.014));
        stance.pelvis_m += ground.turn * (shift * vigour * height);
        let turn = |n: &[Noise; 3], pitch: f32, yaw: f32, roll: f32| {
            let angle = |k: usize, size: f32| size * n[k].at(secs) * vigour;
            Quat::from_euler(EulerRot::YXZ, angle(1, yaw), angle(0, pitch), angle(2, roll))
        };
        let mut bend = |segment: Segment, q: Quat| stance.local[segment.index()] = (stance.local[segment.index()] * q).normalize();
        bend(Segment::Pelvis, turn(&noise.trunk, 0.04 * height, 0.07 * height, 0.045 * height));
        bend(Segment::Abdomen, turn(&noise.trunk, 0.05, 0.04, 0.045));
        bend(Segment::Chest, turn(&noise.trunk, 0.05, 0.07, 0.05));
        bend(Segment::Head, turn(&noise.head, 0.10, 0.11, 0.07));
        for (side, arm) in [Segment::UpperArmL, Segment::UpperArmR].into_iter().enumerate() {
            bend(arm, Quat::from_rotation_x(0.13 * noise.arms[side].at(secs) * vigour));
        }
    }

    /// Looks at the other's face in moments of recognition and at rest.
    fn gazes(&self, reference: &[Stance; 2], secs: f64) -> Vec<Gaze> {
        /// A look begins before its moment and outlasts it, in seconds.
        const LOOK_SECS: f64 = 1.4;
        let heads = [0, 1].map(|who| self.rigs[who].place(&reference[who])[Segment::Head.index()].point(Vec3::Y * 0.18));
        let strength = |event: &Event| {
            let since = (secs - event.at.0 + self.duration_secs / 2.0).rem_euclid(self.duration_secs) - self.duration_secs / 2.0;
            ease(within(since, -0.6, 0.2)) * (1.0 - ease(within(since, LOOK_SECS, LOOK_SECS + 0.9)))
        };
        let looks = self.events.iter().filter(|e| e.kind == EventKind::Recognition).map(strength).fold(0.0, f64::max) as f32;
        [0, 1].map(|who| Gaze { who, at_m: heads[1 - who], strength: looks }).into()
    }

    /// Pins of feet and knees, and the support they give.
    fn add_legs(&self, goal: &mut Goal, phrase: usize, secs: f64) {
        for who in 0..2 {
            let rolling = self.rolling(phrase, who, secs);
            for side in 0..2 {
                let now = self.leg(phrase, who, side, secs);
                pin_leg(&self.rigs[who], who, side, &now, rolling, &mut goal.pins);
                if now.share == 0.0 {
                    support(&self.rigs[who], side, &now.from, &mut goal.supports[who]);
                }
            }
            // Who sits or lies has no balance to keep, and who hangs on the other can't.
            let lies =
                |p: &Passage| p.arrangement.contacts.iter().any(|c| c.who.index() == who && c.is_plant() && c.part == Segment::Pelvis);
            let hangs = self.passages[phrase].kind == HoldKind::Drag;
            if hangs || lies(&self.passages[phrase]) || (self.passages[phrase].move_share(secs) < 1.0 && lies(self.before(phrase))) {
                goal.supports[who].clear();
            }
        }
    }

    /// How freely the heels may lift, 0..1: who goes down to a knee or gets up from it rolls over the toes.
    fn rolling(&self, phrase: usize, who: usize, secs: f64) -> f32 {
        let (passage, before) = (&self.passages[phrase], self.before(phrase));
        let stands = |p: &Passage| p.arrangement.legs[who].iter().all(|leg| leg.bearing == Bearing::Foot);
        if stands(passage) && stands(before) { 0.0 } else { (passage.move_share(secs) * std::f64::consts::PI).sin() as f32 }
    }

    /// Touches and the plants of hands, seat and back.
    fn add_contacts(&self, goal: &mut Goal, phrase: usize, secs: f64) {
        for &i in &self.spans_of[phrase] {
            let span = &self.spans[i];
            let strength = self.nearest_turn(span, secs);
            if strength < 1e-3 {
                continue;
            }
            match span.contact.touch(strength) {
                Some(touch) => goal.touches.push(touch),
                None => pin_plant(&self.rigs[span.contact.who.index()], &span.contact, strength, &mut goal.pins),
            }
        }
    }

    /// A span's strength in whichever turn of the loop it is nearest.
    fn nearest_turn(&self, span: &Span, secs: f64) -> f32 {
        let d = self.duration_secs;
        span.strength(secs).max(span.strength(secs + d)).max(span.strength(secs - d))
    }
}

impl Passage {
    /// How much they stir: intensity, less at rest.
    fn vigour(&self) -> f32 {
        let least = 0.35;
        let kind = if self.kind == HoldKind::Rest { 0.6 } else { 1.0 };
        (least + (1.0 - least) * self.intensity) * kind
    }

    /// How freely the trunk may move as a whole; on the ground it lies.
    fn freedom_of_trunk(&self) -> f32 {
        match self.level {
            Level::Standing => 1.0,
            Level::Kneeling => 0.8,
            Level::Ground => 0.35,
        }
    }
}

/// Bends the last `lead` frames so that what follows them, carried as the references go on, is `next`.
fn lead_over(frames: &mut [[Stance; 2]], lead: usize, last_reference: &[Stance; 2], next_reference: &[Stance; 2], next: &[Stance; 2]) {
    let Some(last) = frames.last().copied() else { return };
    let first = frames.len() - lead;
    for who in 0..2 {
        let arrives = last[who].carried(&last_reference[who], &next_reference[who]);
        for (i, pair) in frames[first..].iter_mut().enumerate() {
            let share = ease((i + 1) as f64 / (lead + 1) as f64) as f32;
            let whole = pair[who].carried(&arrives, &next[who]);
            pair[who] = pair[who].blend(&whole, share);
        }
    }
}

/// Tolerances of a leg's pins in metres: planted, in the middle of a step, in the middle of folding or unfolding to another bearing (where
/// the foot's straight way is no guide), and a heel's when the foot rolls over the toes.
const PLANTED_M: f32 = 0.0006;
const SWINGING_M: f32 = 0.02;
const UNFOLDING_M: f32 = 0.2;
const ROLLING_M: f32 = 0.08;

/// Pins one leg where it stays or along its swing.
fn pin_leg(rig: &Rig, who: usize, side: usize, now: &LegNow, rolling: f32, pins: &mut Vec<Pin>) {
    let [_, shin, foot] = LEGS[side];
    let swinging = (now.share * std::f64::consts::PI).sin() as f32;
    let is_step = now.from.bearing == Bearing::Foot && now.to.bearing == Bearing::Foot;
    let widest_m = if is_step { SWINGING_M } else { UNFOLDING_M };
    let tolerance_m = PLANTED_M * (widest_m / PLANTED_M).powf(swinging.clamp(0.0, 1.0));
    // What it leaves fades out in the first third of the swing, what it comes to fades in in the last.
    let leaving = 1.0 - ease(within(now.share, 0.0, 0.35)) as f32;
    let arriving = ease(within(now.share, 0.65, 1.0)) as f32;
    let is = |place: &LegPlace, bearing: Bearing| f32::from(u8::from(place.bearing == bearing));
    let stays = now.share == 0.0;
    let knee = if stays {
        is(&now.from, Bearing::Knee)
    } else {
        (leaving * is(&now.from, Bearing::Knee)).max(arriving * is(&now.to, Bearing::Knee))
    };
    let guided = if stays {
        is(&now.from, Bearing::Foot)
    } else {
        let ends = [is(&now.from, Bearing::Free), is(&now.to, Bearing::Free)];
        (1.0 - leaving * ends[0]) * (1.0 - arriving * ends[1])
    };
    let placed = if stays { now.from.foot } else { swing_foot(now) };
    if guided > 1e-3 {
        for (i, corner) in rig.sole_in_foot_m(foot).into_iter().enumerate() {
            // The first corner is the heel.
            let tolerance_m = if i == 0 { tolerance_m.max(PLANTED_M * (ROLLING_M / PLANTED_M).powf(rolling)) } else { tolerance_m };
            let tolerance_m = Vec3::splat(loosened(tolerance_m, guided));
            pins.push(Pin { who, segment: foot, point_m: corner, goal_m: placed.point(corner), tolerance_m });
        }
    }
    let walks_on_knees = now.from.bearing == Bearing::Knee && now.to.bearing == Bearing::Knee && !stays;
    if walks_on_knees {
        let goal_m = swing_knee_m(now, rig.capsules[shin.index()].radius_m);
        let tolerance_m = Vec3::splat(PLANTED_M * (SWINGING_M / PLANTED_M).powf(swinging));
        pins.push(Pin { who, segment: shin, point_m: knee_in_shin_m(rig, shin), goal_m, tolerance_m });
    } else if knee > 1e-3 {
        let place = if now.share < 0.5 { &now.from } else { &now.to };
        let goal_m = Vec3::new(place.knee_m.x, rig.capsules[shin.index()].radius_m, place.knee_m.z);
        pins.push(Pin {
            who,
            segment: shin,
            point_m: knee_in_shin_m(rig, shin),
            goal_m,
            tolerance_m: Vec3::splat(loosened(PLANTED_M, knee)),
        });
        if stays {
            pins.push(Pin { who, segment: foot, point_m: Vec3::ZERO, goal_m: now.from.foot.origin_m, tolerance_m: Vec3::splat(0.006) });
        }
    }
}

/// The ground points on which a leg bears.
fn support(rig: &Rig, side: usize, place: &LegPlace, points: &mut Vec<Vec3>) {
    match place.bearing {
        Bearing::Foot => points.extend(rig.sole_in_foot_m(LEGS[side][2]).map(|corner| place.foot.point(corner))),
        Bearing::Knee => points.extend([place.knee_m, place.foot.origin_m]),
        Bearing::Free => {}
    }
}

/// Pins a hand, seat or back to its place on the ground.
fn pin_plant(rig: &Rig, contact: &HeldContact, strength: f32, pins: &mut Vec<Pin>) {
    let capsule = rig.capsules[contact.part.index()];
    let middle_m = (capsule.a_m + capsule.b_m) / 2.0;
    let goal_m = contact.point_m + Vec3::Y * capsule.radius_m;
    let tolerance_m = Vec3::new(0.006, 0.003, 0.006) * loosened(1.0, strength);
    pins.push(Pin { who: contact.who.index(), segment: contact.part, point_m: middle_m, goal_m, tolerance_m });
}

/// One person's stances at both ends of a move, in the world.
fn move_ends(passages: &[Passage], i: usize, who: usize, wander: &[Noise; 3]) -> [Stance; 2] {
    let (passage, before) = (&passages[i], &passages[(i + passages.len() - 1) % passages.len()]);
    [
        before.arrangement.stances[who].moved(&passage.ground(passage.start_secs, wander)),
        passage.arrangement.stances[who].moved(&passage.ground(passage.held_from_secs(), wander)),
    ]
}

/// `world_from_cop_frame` in the middle of a move.
fn halfway(passage: &Passage, wander: &[Noise; 3]) -> Placed {
    passage.ground(passage.start_secs + 0.5 * passage.move_secs, wander)
}

/// `[phrase][who][side]`: stays of every leg.
fn plan_legs(passages: &[Passage], courses: &[[Course; 2]], rigs: &[Rig; 2], wander: &[Noise; 3]) -> Vec<[[Stays; 2]; 2]> {
    let in_hold: Vec<[[Stays; 2]; 2]> = passages.iter().map(|p| [0, 1].map(|who| steps_in_hold(p, who, wander))).collect();
    let count = passages.len();
    let legs_of = |i: usize, who: usize| {
        let held = &in_hold[i][who];
        let before =
            [0, 1].map(|side| in_hold[(i + count - 1) % count][who][side][in_hold[(i + count - 1) % count][who][side].len() - 1].at);
        let after = [0, 1].map(|side| held[side][0].at);
        let [from, to] = move_ends(passages, i, who, wander);
        let middle = halfway(&passages[i], wander);
        let course = &courses[i][who];
        let passed = course
            .vias
            .iter()
            .map(|via| {
                [0, 1].map(|side| {
                    // What is on the ground already stays, what comes to the ground for good goes straight to its place.
                    let mixed = via.bearing[0] != via.bearing[1];
                    match via.bearing[side] {
                        bearing if mixed && bearing == before[side].bearing => before[side],
                        bearing if mixed && bearing == after[side].bearing => after[side],
                        _ => via_leg(&rigs[who], &via.stance.moved(&middle), via, side),
                    }
                })
            })
            .collect();
        let way = Way { before, after, passed, root: [root_of(&from), root_of(&to)], window: course.window };
        joined(steps_in_move(&passages[i], &way), held)
    };
    (0..count).map(|i| [0, 1].map(|who| legs_of(i, who))).collect()
}

/// Where a leg is in a posture that is passed through.
fn via_leg(rig: &Rig, stance: &Stance, via: &Via, side: usize) -> LegPlace {
    let placed = rig.place(stance);
    let [_, shin, foot] = LEGS[side];
    let at = placed[foot.index()];
    let foot = if via.bearing[side] == Bearing::Foot { flat_foot(rig, foot, at.turn, at.origin_m) } else { at };
    LegPlace {
        bearing: via.bearing[side],
        foot,
        knee_m: placed[shin.index()].point(knee_in_shin_m(rig, shin)),
        yaw_rad: pelvis_yaw_rad(stance.local[0]),
    }
}

/// Hands put to the ground while the body passes over a hip.
fn plan_props(passages: &[Passage], courses: &[[Course; 2]], rigs: &[Rig; 2], wander: &[Noise; 3]) -> Vec<Span> {
    let mut spans = Vec::new();
    for (i, passage) in passages.iter().enumerate() {
        for who in Who::BOTH {
            let middle = halfway(passage, wander);
            let course = &courses[i][who.index()];
            for via in &course.vias {
                let Some(part) = via.prop else { continue };
                let point_m = ground_point_m(&rigs[who.index()], &via.stance.moved(&middle), part);
                let contact =
                    HeldContact { who, part, kind: ContactKind::Plant, on: Target::Ground, point_m, normal: Vec3::Y, offset_m: 0.0 };
                let at = |share: f64| passage.start_secs + passage.move_secs * course.move_share(share);
                spans.push(Span { phrase: i, contact, times_secs: [at(0.26), at(0.42), at(0.54), at(0.70)] });
            }
        }
    }
    spans
}

/// The stays of a move and of the hold after it; the last of the one goes on as the first of the other.
fn joined(moving: [Stays; 2], held: &[Stays; 2]) -> [Stays; 2] {
    let mut sides = moving;
    for (side, stays) in sides.iter_mut().enumerate() {
        let arrived = stays.pop();
        let mut rest = held[side].clone();
        if let (Some(arrived), Some(first)) = (arrived, rest.first_mut()) {
            first.from_secs = arrived.from_secs;
        }
        stays.extend(rest);
    }
    sides
}

/// When a contact closes in the move into its hold and opens in the move out of it, as shares of the move. Who steps must get free soon; who goes down or gets
/// up holds on to the other while the bodies move already.
const CLOSING: [f64; 2] = [0.55, 0.84];
const CLOSING_LOW: [f64; 2] = [0.4, 0.75];
const OPENING: [f64; 2] = [0.02, 0.26];
const OPENING_LOW: [f64; 2] = [0.1, 0.5];

/// When contacts of hands, heads, seats and backs close and open; feet and knees are the steps' business.
fn plan_spans(passages: &[Passage], duration_secs: f64, wander: &[Noise; 3]) -> Vec<Span> {
    let count = passages.len();
    let mut spans = Vec::new();
    for (i, passage) in passages.iter().enumerate() {
        let next = &passages[(i + 1) % count];
        let next_start = if i + 1 == count { next.start_secs + duration_secs } else { next.start_secs };
        let ground = passage.ground(passage.held_from_secs(), wander);
        for (k, contact) in passage.arrangement.contacts.iter().enumerate() {
            let bears = matches!(contact.part, Segment::FootL | Segment::FootR | Segment::ShinL | Segment::ShinR);
            if contact.is_plant() && bears {
                continue;
            }
            let mut contact = *contact;
            if contact.is_plant() {
                contact.point_m = ground.point(contact.point_m);
            }
            // Hands arrive one after another, and let go one after another.
            let stagger = 0.07 * (k % 3) as f64;
            let into = |[from, to]: [f64; 2]| [from, to].map(|share| passage.start_secs + passage.move_secs * (share + stagger));
            let out = |[from, to]: [f64; 2]| [from, to].map(|share| next_start + next.move_secs * (share + stagger / 2.0));
            let before = &passages[(i + count - 1) % count];
            let [closing, closed] = into(if passage.arrangement.is_low || before.arrangement.is_low { CLOSING_LOW } else { CLOSING });
            let [opening, open] = out(if passage.arrangement.is_low || next.arrangement.is_low { OPENING_LOW } else { OPENING });
            let times_secs = [closing, closed, opening, open];
            spans.push(Span { phrase: i, contact, times_secs });
        }
    }
    spans
}
