//! The motion of two bodies, as it was simulated.

use crate::{
    Samples, Who,
    finding::Finding,
    skeleton::Pose,
    units::{FrameRate, Secs},
};
use glam::Vec3;
use serde::{Deserialize, Serialize};

/// The whole struggle, sampled at a fixed rate.
///
/// `samples[i]` is the state at `rate.start_of(i)`; there are `rate.frames_in(duration)` of them, and the state that would follow the
/// last one is `samples[0]` again: the film is a closed loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Samples of motion a second (120 unless said otherwise).
    pub rate: FrameRate,
    /// Length of the loop: the song's.
    pub duration: Secs,
    /// `[time]`, packed.
    pub samples: Samples,
    /// Grips as they were really held, in time order.
    pub grips: Vec<GripRecord>,
    /// How each phrase of the story went, in order.
    pub phrases: Vec<PhraseRecord>,
    /// The film's rules that are measured on the motion.
    pub findings: Vec<Finding>,
}

/// Both people at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// `[who]`: Cop, then Kid.
    pub people: [PersonSample; 2],
}

/// One person at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PersonSample {
    /// Where every segment is.
    pub pose: Pose,
    /// Lung volume, −1 (emptied) .. 1 (filled).
    pub breath: f32,
    /// Muscle effort as a share of what the muscles could give, 0..1.
    pub effort: f32,
    /// Fatigue, 0 (fresh) .. 1 (spent).
    pub fatigue: f32,
    /// Assist force on this body from outside physics, in newtons.
    pub assist_n: f32,
    /// How far each hand is closed, left then right, 0..1.
    pub grip: [f32; 2],
    /// Point in the world that the eyes look at.
    pub gaze_m: Vec3,
    /// `[expression]` in the order of [`Expression::ALL`]: how strongly each shows in the face, 0..1; all 0 is a blank face.
    pub expression: [f32; EXPRESSIONS],
    /// How far the eyes are closed, 0..1.
    pub blink: f32,
}

/// Number of expressions.
pub const EXPRESSIONS: usize = 7;

/// What a face can show; `clinch-cast` says how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expression {
    /// The body works against a load.
    Effort,
    /// It hurts.
    Pain,
    /// Afraid of what comes.
    Fear,
    /// Wants to break the other's will.
    Anger,
    /// Sees what is being lost.
    Grief,
    /// Has nothing left.
    Exhaustion,
    /// Sees the other as a person.
    Recognition,
}

impl Expression {
    /// All, in index order.
    pub const ALL: [Expression; EXPRESSIONS] = [
        Expression::Effort,
        Expression::Pain,
        Expression::Fear,
        Expression::Anger,
        Expression::Grief,
        Expression::Exhaustion,
        Expression::Recognition,
    ];

    /// Position in every `[expression]` array.
    pub fn index(self) -> usize {
        self as usize
    }
}

/// One grip of one hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GripRecord {
    /// Whose hand.
    pub who: Who,
    /// 0 left, 1 right.
    pub hand: usize,
    /// The other's segment that is held.
    pub on: crate::Segment,
    /// When it closed.
    pub from: Secs,
    /// When it opened or slipped.
    pub to: Secs,
    /// Greatest force it carried, in newtons.
    pub peak_n: f32,
    /// Whether it slipped rather than being let go.
    pub slipped: bool,
}

/// How one phrase of the story went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhraseRecord {
    /// The hold that was wanted.
    pub hold: String,
    /// Who led.
    pub leader: Who,
    /// Begin.
    pub from: Secs,
    /// End.
    pub to: Secs,
    /// Mean distance of the joints from the hold's solved pose over the phrase's second half, in metres.
    pub miss_m: f32,
    /// Whether the hold was reached (`miss_m` within the bound that the stage documents).
    pub reached: bool,
    /// Force from outside physics on a body, as a share of its weight; mean over the phrase and both people.
    pub assist_share: f32,
    /// The same with the sizes of all single forces summed, even where they pull against each other.
    pub pulls_share: f32,
}

impl Performance {
    /// The state at any time, interpolated; times outside the loop wrap round.
    ///
    /// # Panics
    /// Where `samples` is empty, which no stage writes.
    pub fn at(&self, at: Secs) -> Sample {
        let count = self.samples.len();
        let x = (at.0 * self.rate.hz()).rem_euclid(count as f64);
        let i = (x.floor() as usize).min(count - 1);
        let t = (x - i as f64) as f32;
        let [now, next] = self.samples.pair(i);
        now.blend(&next, t)
    }
}

impl Sample {
    /// Between two samples, `t` 0..1.
    pub fn blend(&self, other: &Sample, t: f32) -> Sample {
        Sample { people: [0, 1].map(|i| self.people[i].blend(&other.people[i], t)) }
    }

    /// One of the two.
    pub fn person(&self, who: Who) -> &PersonSample {
        &self.people[who.index()]
    }
}

impl PersonSample {
    /// Between two states, `t` 0..1.
    pub fn blend(&self, other: &PersonSample, t: f32) -> PersonSample {
        let mix = |a: f32, b: f32| a + (b - a) * t;
        PersonSample {
            pose: self.pose.blend(&other.pose, t),
            breath: mix(self.breath, other.breath),
            effort: mix(self.effort, other.effort),
            fatigue: mix(self.fatigue, other.fatigue),
            assist_n: mix(self.assist_n, other.assist_n),
            grip: [0, 1].map(|i| mix(self.grip[i], other.grip[i])),
            gaze_m: self.gaze_m.lerp(other.gaze_m, t),
            expression: std::array::from_fn(|i| mix(self.expression[i], other.expression[i])),
            blink: mix(self.blink, other.blink),
        }
    }
}
