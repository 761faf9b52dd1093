//! The story laid out in time and on the ground: which hold, since when, where.

use super::body::{Rig, Stance};
use super::ease::{cruise, ease, within};
use super::posture::{HeldContact, SolvedHold, flat_foot, knee_in_shin_m};
use super::sway::Noise;
use super::via::{Carriage, carriage};
use crate::Error;
use clinch_model::{Hold, HoldKind, Level, Phrase, Placed, Segment, Who};
use glam::{Quat, Vec3};

/// The part of a phrase that the move into its hold may take at most.
const GREATEST_MOVE_SHARE: f64 = 0.9;

/// How far a standing struggle wanders over the ground, in metres, and turns, in radians, at full intensity.
const WANDER_M: f32 = 0.07;
const WANDER_RAD: f32 = 0.07;

/// What bears a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// The sole stands on the ground.
    Foot,
    /// The knee does.
    Knee,
    /// Nothing: the leg lies or hangs.
    Free,
}

/// Where a leg is: the foot's transform and the knee.
#[derive(Debug, Clone, Copy)]
pub struct LegPlace {
    /// What it bears on.
    pub bearing: Bearing,
    /// `_from_foot` transform, flat if the foot is planted.
    pub foot: Placed,
    /// The knee end of the shin's axis.
    pub knee_m: Vec3,
    /// The way the leg faces, as a yaw: the toes' if the foot stands, otherwise the pelvis's.
    pub yaw_rad: f32,
}

impl LegPlace {
    /// The same leg after the ground has been moved under it.
    pub fn moved(&self, world_from_here: &Placed) -> Self {
        let foot = Placed { turn: world_from_here.turn * self.foot.turn, origin_m: world_from_here.point(self.foot.origin_m) };
        let yaw_rad = self.yaw_rad + yaw_of(world_from_here.turn);
        Self { bearing: self.bearing, foot, knee_m: world_from_here.point(self.knee_m), yaw_rad }
    }
}

/// Thigh, shin and foot of the left and of the right leg.
pub const LEGS: [[Segment; 3]; 2] = [[Segment::ThighL, Segment::ShinL, Segment::FootL], [Segment::ThighR, Segment::ShinR, Segment::FootR]];

/// A solved hold in Cop's frame: like the hold's, but Cop faces +z whoever leads.
#[derive(Debug, Clone)]
pub struct Arrangement {
    /// `[who]`.
    pub stances: [Stance; 2],
    /// Contacts; ground points in Cop's frame.
    pub contacts: Vec<HeldContact>,
    /// `[who][side]`: legs in Cop's frame.
    pub legs: [[LegPlace; 2]; 2],
    /// Whether somebody kneels, sits or lies, so that the pair can't walk.
    pub is_low: bool,
}

impl Arrangement {
    /// Turns a solved hold into Cop's frame.
    pub fn new(solved: &SolvedHold, rigs: &[Rig; 2]) -> Self {
        let turn = if solved.leader == Who::Cop { Quat::IDENTITY } else { Quat::from_rotation_y(std::f32::consts::PI) };
        let cop_from_hold = Placed { turn, origin_m: Vec3::ZERO };
        let stances = solved.poses.map(|pose| Stance::of(&pose).on_hinges().moved(&cop_from_hold));
        let mut contacts = solved.contacts.clone();
        for contact in contacts.iter_mut().filter(|c| c.is_plant()) {
            contact.point_m = cop_from_hold.point(contact.point_m);
        }
        let legs = Who::BOTH.map(|who| [0, 1].map(|side| leg_place(&rigs[who.index()], &stances[who.index()], who, side, &contacts)));
        let is_low = legs.iter().flatten().any(|leg| leg.bearing != Bearing::Foot);
        Self { stances, contacts, legs, is_low }
    }
}

fn leg_place(rig: &Rig, stance: &Stance, who: Who, side: usize, contacts: &[HeldContact]) -> LegPlace {
    let [_, shin, foot] = LEGS[side];
    let planted = |part: Segment| contacts.iter().any(|c| c.who == who && c.part == part && c.is_plant());
    let placed = rig.place(stance);
    let at = placed[foot.index()];
    let bearing = if planted(shin) {
        Bearing::Knee
    } else if planted(foot) {
        Bearing::Foot
    } else {
        Bearing::Free
    };
    let foot = if bearing == Bearing::Foot { flat_foot(rig, foot, at.turn, at.origin_m) } else { at };
    let yaw_rad = if bearing == Bearing::Foot { yaw_of(foot.turn) } else { pelvis_yaw_rad(stance.local[0]) };
    LegPlace { bearing, foot, knee_m: placed[shin.index()].point(knee_in_shin_m(rig, shin)), yaw_rad }
}

/// Yaw of the direction in which a rotation turns +z.
pub fn yaw_of(turn: Quat) -> f32 {
    let forward = turn * Vec3::Z;
    forward.x.atan2(forward.z)
}

/// Yaw of a pelvis, also of one that lies: taken from its left–right axis, which pitch leaves alone.
pub fn pelvis_yaw_rad(turn: Quat) -> f32 {
    let left = turn * Vec3::X;
    (-left.z).atan2(left.x)
}

/// A phrase as it is performed: the move from the hold before into its own, then the hold.
#[derive(Debug, Clone)]
pub struct Passage {
    /// When it begins, and the move with it.
    pub start_secs: f64,
    /// How long the move takes.
    pub move_secs: f64,
    /// When it ends.
    pub end_secs: f64,
    /// How hard they struggle, 0..1.
    pub intensity: f32,
    /// Who leads.
    pub leader: Who,
    /// What kind of hold it is.
    pub kind: HoldKind,
    /// How high it is.
    pub level: Level,
    /// The hold it leads into.
    pub arrangement: Arrangement,
    /// Middle of the pair on the ground before and after.
    from_m: Vec3,
    to_m: Vec3,
    /// Yaw in which Cop faces before, and the turn until after.
    from_yaw_rad: f32,
    turn_rad: f32,
}

impl Passage {
    /// Lays out a phrase that follows on `before`, whose hold is `left`.
    pub fn new(phrase: &Phrase, before: &Phrase, hold: &Hold, left: &Arrangement, arrangement: Arrangement) -> Self {
        let from_yaw_rad = cop_yaw_rad(before);
        let length_secs = phrase.end.0 - phrase.start.0;
        Self {
            start_secs: phrase.start.0,
            move_secs: hold.enter_secs.max(least_move_secs(left, &arrangement)).min(length_secs * GREATEST_MOVE_SHARE),
            end_secs: phrase.end.0,
            intensity: phrase.intensity.clamp(0.0, 1.0) as f32,
            leader: phrase.leader,
            kind: hold.kind,
            level: hold.level,
            arrangement,
            from_m: on_ground(before),
            to_m: on_ground(phrase),
            from_yaw_rad,
            turn_rad: super::body::wrap(cop_yaw_rad(phrase) - from_yaw_rad),
        }
    }

    /// When the move ends and the hold is reached.
    pub fn held_from_secs(&self) -> f64 {
        self.start_secs + self.move_secs
    }

    /// Share of the move done at a time of this phrase.
    pub fn move_share(&self, secs: f64) -> f64 {
        within(secs, self.start_secs, self.held_from_secs())
    }

    /// Share of the hold done at a time of this phrase.
    pub fn hold_share(&self, secs: f64) -> f64 {
        within(secs, self.held_from_secs(), self.end_secs)
    }

    /// How much of the way on the ground is covered.
    fn way_share(&self, secs: f64) -> f64 {
        let in_move = match (self.kind, self.arrangement.is_low) {
            // Who kneels or lies can't be shifted once there.
            (_, true) => 1.0,
            (HoldKind::Drag, false) => 0.15,
            (_, false) => 0.6,
        };
        in_move * ease(self.move_share(secs)) + (1.0 - in_move) * cruise(self.hold_share(secs))
    }

    /// `world_from_cop_frame` at a time of this phrase.
    pub fn ground(&self, secs: f64, wander: &[Noise; 3]) -> Placed {
        let share = self.way_share(secs) as f32;
        let mut origin_m = self.from_m.lerp(self.to_m, share);
        let mut yaw_rad = self.from_yaw_rad + self.turn_rad * share;
        if !self.arrangement.is_low {
            let roaming = self.roaming(secs);
            origin_m += Vec3::new(wander[0].at(secs), 0.0, wander[1].at(secs)) * (roaming * WANDER_M);
            yaw_rad += wander[2].at(secs) * roaming * WANDER_RAD;
        }
        Placed { turn: Quat::from_rotation_y(yaw_rad), origin_m }
    }

    /// How freely they wander: nothing at the hold's ends, so that phrases join.
    fn roaming(&self, secs: f64) -> f32 {
        let share = self.hold_share(secs);
        (ease(within(share, 0.0, 0.3)) * ease(within(1.0 - share, 0.0, 0.3))) as f32 * self.intensity
    }
}

/// How long a move takes at least: tired people need time to get down and more to get up.
///
/// Chosen on drawn motion: shorter, and getting up looks like a leap and going down like a dive (joints pass 7 m/s); a healthy adult gets
/// up from the ground in about three seconds.
fn least_move_secs(left: &Arrangement, arrangement: &Arrangement) -> f64 {
    let of_one = |who: usize| -> f64 {
        match (carriage(left, who), carriage(arrangement, who)) {
            (a, b) if a == b => 0.6,
            (Carriage::Standing, Carriage::Kneeling) => 2.2,
            (Carriage::Kneeling, Carriage::Standing) => 2.6,
            (Carriage::Kneeling, Carriage::Down) => 3.2,
            (Carriage::Down, Carriage::Kneeling) => 3.4,
            (Carriage::Standing, _) => 3.6,
            _ => 4.2,
        }
    };
    of_one(0).max(of_one(1))
}

fn on_ground(phrase: &Phrase) -> Vec3 {
    Vec3::new(phrase.place_m.x, 0.0, phrase.place_m.y)
}

/// The yaw in which Cop's frame faces at the phrase's end.
fn cop_yaw_rad(phrase: &Phrase) -> f32 {
    let opposite = if phrase.leader == Who::Cop { 0.0 } else { std::f64::consts::PI };
    (phrase.heading_rad + opposite) as f32
}

/// Refuses phrases that can't be laid out.
pub fn check(phrases: &[Phrase], duration_secs: f64) -> Result<(), Error> {
    if phrases.is_empty() {
        return Err(Error::EmptyStory);
    }
    /// Rounding in a story file, in seconds.
    const FORGIVEN_SECS: f64 = 1e-3;
    let mut until_secs = 0.0;
    for (i, phrase) in phrases.iter().enumerate() {
        let (from_secs, to_secs) = (phrase.start.0, phrase.end.0);
        let follows = (from_secs - until_secs).abs() <= FORGIVEN_SECS;
        let place = phrase.place_m.is_finite() && phrase.heading_rad.is_finite();
        if !(follows && place && to_secs > from_secs && to_secs.is_finite()) {
            return Err(Error::BrokenPhrases { phrase: i, from_secs, to_secs });
        }
        until_secs = to_secs;
    }
    let last = phrases.len() - 1;
    if (until_secs - duration_secs).abs() > FORGIVEN_SECS {
        return Err(Error::BrokenPhrases { phrase: last, from_secs: phrases[last].start.0, to_secs: until_secs });
    }
    Ok(())
}
