//! Where in the reference the pair is: on the beat where bodies can follow, a little behind where a move is faster than they are.
//!
//! Both people read the reference at the same place, so moves that were laid out together stay together. The playhead slows down where
//! the reference moves faster than exhausted people do or where a body has been left behind, and catches up while a hold is kept.

use crate::{struggle::Plan, world::STEP_SECS};
use clinch_model::{SEGMENTS, Secs, Segment, Skeleton};
use glam::Vec3;

/// Fastest that a joint of the reference may move, in m/s: hands in a quick grab, under the 3 m/s from which a contact is a strike; and knees and
/// ankles, which swing faster in the slowest step (the foot in walking passes 3.5 m/s; Winter, Biomechanics and Motor Control, 2009).
const FASTEST_M_PER_SEC: f32 = 1.8;
const FASTEST_LEG_M_PER_SEC: f32 = 3.2;

/// Least rate of reading, and how much faster than the song it may catch up.
const SLOWEST: f64 = 0.12;
const CATCHING_UP: f64 = 0.6;

/// Greatest time behind the song, in seconds; from there on the bodies are rushed rather than the story lost.
const MOST_BEHIND_SECS: f64 = 2.0;

/// Mean distance of a body's joints from the reference at which it is waited for, and at which the wait is longest, in metres.
const WAIT_FROM_M: f32 = 0.12;
const WAIT_FULL_M: f32 = 0.28;

/// Share of the playhead's rate that waiting may take.
const LONGEST_WAIT: f64 = 0.6;

/// Step by which the reference's speed is felt out, in seconds.
const FEELER_SECS: f64 = 1.0 / 60.0;

/// How quickly the rate of reading changes, a second.
const RATE_CHANGE_PER_SEC: f64 = 8.0;

/// The same where a leg that should stand hangs in the air and everything has to wait for it.
const STOP_PER_SEC: f64 = 20.0;

/// The place in the reference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Playhead {
    at_secs: f64,
    rate: f64,
}

impl Playhead {
    /// Begins on the song.
    pub fn new(at: Secs) -> Self {
        Self { at_secs: at.0, rate: 1.0 }
    }

    /// The place in the reference, unwrapped.
    pub fn at(&self) -> Secs {
        Secs(self.at_secs)
    }

    /// How fast the reference is read, 1 being its own pace.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Moves on by one step; `now` is the song's time after it, `miss_m` how far the worse body's joints are from the reference on average;
    /// `hangs` whether a leg hangs in the air on which somebody should stand by now; `pace` is a factor on the fastest speed.
    pub fn advance(&mut self, plan: &dyn Plan, skeletons: [&Skeleton; 2], now: Secs, miss_m: f32, hangs: bool, pace: f32) {
        let behind_secs = (now.0 - f64::from(STEP_SECS) - self.at_secs).max(0.0);
        let haste = f64::from(haste(plan, skeletons, self.at()) / pace);
        let wait = f64::from(((miss_m - WAIT_FROM_M) / (WAIT_FULL_M - WAIT_FROM_M)).clamp(0.0, 1.0));
        let most = 1.0 + CATCHING_UP * (behind_secs / 0.3).min(1.0);
        let mut rate = most.min(1.0 / haste.max(1e-3)) * (1.0 - LONGEST_WAIT * wait);
        let (mut slowest, mut change) = (SLOWEST, RATE_CHANGE_PER_SEC * f64::from(STEP_SECS));
        if behind_secs > MOST_BEHIND_SECS {
            rate = rate.max(1.0);
        } else if hangs {
            (rate, slowest, change) = (0.0, 0.0, STOP_PER_SEC * f64::from(STEP_SECS));
        }
        self.rate += (rate.max(slowest) - self.rate).clamp(-change, change);
        self.at_secs = (self.at_secs + self.rate * f64::from(STEP_SECS)).min(now.0);
    }
}

/// Speed of the reference's most hurried joint, as a factor on the fastest that it may move.
fn haste(plan: &dyn Plan, skeletons: [&Skeleton; 2], at: Secs) -> f32 {
    // Looked at a little ahead, so that the brake comes before the rush.
    let (first, second) = (plan.at(Secs(at.0 + FEELER_SECS)), plan.at(Secs(at.0 + 2.0 * FEELER_SECS)));
    let mut most = 0.0f32;
    for who in 0..2 {
        let origins = |pose| -> [Vec3; SEGMENTS] { skeletons[who].place(pose).map(|placed| placed.origin_m) };
        let (before, after) = (origins(&first.people[who].pose), origins(&second.people[who].pose));
        for segment in Segment::ALL {
            let speed_m_per_sec = before[segment.index()].distance(after[segment.index()]) / FEELER_SECS as f32;
            most = most.max(speed_m_per_sec / fastest_m_per_sec(segment));
        }
    }
    most
}

fn fastest_m_per_sec(segment: Segment) -> f32 {
    match segment {
        Segment::ShinL | Segment::ShinR | Segment::FootL | Segment::FootR => FASTEST_LEG_M_PER_SEC,
        Segment::ForearmL | Segment::ForearmR | Segment::HandL | Segment::HandR => f32::INFINITY,
        _ => FASTEST_M_PER_SEC,
    }
}
