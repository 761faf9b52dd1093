//! What a face does: a person's state as weights of the face's units.
//!
//! The units are the 52 of current facial animation and four more; each stands for an action unit of the Facial Action Coding System or a
//! part of one (Ekman, Friesen, Hager, *Facial Action Coding System*, 2002). What is felt is a mixture of them ([`states`]); breath, gaze and
//! blinking come on top. Everything is a function of one moment, so frames may be made in any order.

pub mod states;
#[cfg(test)]
mod tests;

use clinch_model::{Expression, PersonSample, Who, random::Stream};
use glam::Vec3;
use states::{Mixture, State};

/// Number of units.
pub const UNIT_COUNT: usize = 56;

/// A weight 0..1 for every unit, in the order of [`UNITS`].
pub type Weights = [f32; UNIT_COUNT];

macro_rules! units {
    ($($unit:ident = $name:literal),+ $(,)?) => {
        /// A unit of the face, in index order. Left and right are the person's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the field's own")]
        pub enum Unit { $($unit),+ }

        /// Names of the units' targets, in index order.
        pub const UNITS: [&str; UNIT_COUNT] = [$($name),+];
    };
}

units! {
    BrowDownLeft = "browDownLeft",
    BrowDownRight = "browDownRight",
    BrowInnerUp = "browInnerUp",
    BrowOuterUpLeft = "browOuterUpLeft",
    BrowOuterUpRight = "browOuterUpRight",
    CheekPuff = "cheekPuff",
    CheekSquintLeft = "cheekSquintLeft",
    CheekSquintRight = "cheekSquintRight",
    EyeBlinkLeft = "eyeBlinkLeft",
    EyeBlinkRight = "eyeBlinkRight",
    EyeLookDownLeft = "eyeLookDownLeft",
    EyeLookDownRight = "eyeLookDownRight",
    EyeLookInLeft = "eyeLookInLeft",
    EyeLookInRight = "eyeLookInRight",
    EyeLookOutLeft = "eyeLookOutLeft",
    EyeLookOutRight = "eyeLookOutRight",
    EyeLookUpLeft = "eyeLookUpLeft",
    EyeLookUpRight = "eyeLookUpRight",
    EyeSquintLeft = "eyeSquintLeft",
    EyeSquintRight = "eyeSquintRight",
    EyeWideLeft = "eyeWideLeft",
    EyeWideRight = "eyeWideRight",
    JawForward = "jawForward",
    JawLeft = "jawLeft",
    JawOpen = "jawOpen",
    JawRight = "jawRight",
    MouthClose = "mouthClose",
    MouthDimpleLeft = "mouthDimpleLeft",
    MouthDimpleRight = "mouthDimpleRight",
    MouthFrownLeft = "mouthFrownLeft",
    MouthFrownRight = "mouthFrownRight",
    MouthFunnel = "mouthFunnel",
    MouthLeft = "mouthLeft",
    MouthLowerDownLeft = "mouthLowerDownLeft",
    MouthLowerDownRight = "mouthLowerDownRight",
    MouthPressLeft = "mouthPressLeft",
    MouthPressRight = "mouthPressRight",
    MouthPucker = "mouthPucker",
    MouthRight = "mouthRight",
    MouthRollLower = "mouthRollLower",
    MouthRollUpper = "mouthRollUpper",
    MouthShrugLower = "mouthShrugLower",
    MouthShrugUpper = "mouthShrugUpper",
    MouthSmileLeft = "mouthSmileLeft",
    MouthSmileRight = "mouthSmileRight",
    MouthStretchLeft = "mouthStretchLeft",
    MouthStretchRight = "mouthStretchRight",
    MouthUpperUpLeft = "mouthUpperUpLeft",
    MouthUpperUpRight = "mouthUpperUpRight",
    NoseSneerLeft = "noseSneerLeft",
    NoseSneerRight = "noseSneerRight",
    TongueOut = "tongueOut",
    NeckPlatysma = "neck-platysma",
    NoseLeftDilatation = "nose-left-dilatation",
    NoseRightDilatation = "nose-right-dilatation",
    NoseCompression = "nose-compression",
}

use Unit::*;

impl Unit {
    /// Position in [`UNITS`] and [`Weights`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Indices on the left and on the right side: twice the same for a unit of the middle. A left unit stands for both sides of its pair.
    fn sides(self) -> [usize; 2] {
        let index = self.index();
        [index, index + usize::from(is_left(self))]
    }
}

/// Whether a unit is the left one of a pair; its right one has the next index.
const fn is_left(unit: Unit) -> bool {
    matches!(
        unit,
        BrowDownLeft
            | BrowOuterUpLeft
            | CheekSquintLeft
            | EyeBlinkLeft
            | EyeLookDownLeft
            | EyeLookInLeft
            | EyeLookOutLeft
            | EyeLookUpLeft
            | EyeSquintLeft
            | EyeWideLeft
            | MouthDimpleLeft
            | MouthFrownLeft
            | MouthLowerDownLeft
            | MouthPressLeft
            | MouthSmileLeft
            | MouthStretchLeft
            | MouthUpperUpLeft
            | NoseSneerLeft
            | NoseLeftDilatation
    )
}

/// Most that expressions drive a unit to: targets at 1 are extremes, which people in trouble seldom reach and sculpted ones never survive.
const MOST: f32 = 0.75;

/// The same for brows: on the cast's portraits grief was hardly told from effort at three quarters.
const MOST_BROW: f32 = 1.0;

/// Most that the jaw opens, of some 4 cm at the chin.
const MOST_JAW: f32 = 0.5;

/// Effort, as the share of all strength, at which breathing is as hard as it gets; a hard clinch measures about 0.3.
const HARD_EFFORT: f32 = 0.32;

/// How an individual's face differs from the average, left from right.
#[derive(Debug, Clone, PartialEq)]
pub struct Traits {
    /// `[unit]`: factor on everything that expressions do.
    gain: Weights,
    /// `[left, right]`: weight of `eyeBlink` at which the lids of the eye at rest meet.
    shut: [f32; 2],
}

/// Most by which one side of a face acts stronger than the average of both, as a share. Spontaneous expressions are asymmetric in most people and
/// by little (Borod, Haywood, Koff, "Neuropsychological aspects of facial asymmetry during emotional expression", Neuropsychology Review 7,
/// 1997); beyond this a face looks as if it were making one.
const SIDE_DIFFERENCE: f32 = 0.10;

/// By how much the left side acts stronger on the average (Sackeim, Gur, Saucy, "Emotions are expressed more intensely on the left side of the
/// face", Science 202, 1978).
const LEFT_STRONGER: f32 = 0.03;

/// Weight of `eyeBlink` at which the lids meet in the unshaped head: the gap is 10.7 mm and the upper lid's middle goes 12.6 mm.
pub const SHUT: f32 = 0.85;

impl Traits {
    /// The face of one of the two; `seed` is the treatment's.
    pub fn new(seed: u64, who: Who) -> Self {
        let mut stream = Stream::new(seed, &format!("cast/face/{who}"));
        let mut gain = [1.0; UNIT_COUNT];
        for unit in states::used() {
            let [left, right] = unit.sides();
            let lean = LEFT_STRONGER + (SIDE_DIFFERENCE - LEFT_STRONGER) * stream.between(-1.0, 1.0) as f32;
            if left != right {
                (gain[left], gain[right]) = (1.0 + lean, 1.0 - lean);
            }
        }
        Self { gain, shut: [SHUT; 2] }
    }

    /// The same face with other eyes: for the left and the right one, the height of the open eye over the way that the upper lid goes at full
    /// `eyeBlink` (see [`SHUT`]), 0.1..1.
    #[must_use]
    pub fn with_eyes(self, shut: [f32; 2]) -> Self {
        Self { shut: shut.map(|share| share.clamp(0.1, 1.0)), ..self }
    }
}

/// Where the eyes are turned, against the head.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gaze {
    /// To the person's left, in radians.
    pub yaw_rad: f32,
    /// Up, in radians.
    pub pitch_rad: f32,
}

impl Gaze {
    /// Along a direction in the head's frame (x left, y up, z ahead); straight ahead for none.
    pub fn along(direction_in_head: Vec3) -> Self {
        let Some(d) = direction_in_head.try_normalize() else { return Self::default() };
        Self { yaw_rad: d.x.atan2(d.z), pitch_rad: d.y.clamp(-1.0, 1.0).asin() }
    }
}

/// The weights of all units at a moment, each 0..1. State values outside their ranges are clamped. Nothing felt, no fatigue, lungs at rest, eyes
/// ahead and open: all 0.
///
/// Expressions stay within 0.75 (the jaw, breath included, within 0.5; brows go up to 1); only the lids use their whole way, and meet exactly at a blink of 1.
pub fn units(state: &PersonSample, gaze: Gaze, traits: &Traits) -> Weights {
    let felt = Felt::of(state);
    let mut weights = mixed(&felt, traits);
    resolve(&mut weights);
    look(&mut weights, gaze);
    close_lids(&mut weights, &felt, traits);
    weights
}

/// A state as far as it shows, everything 0..1.
struct Felt {
    /// `[state]`: strength, in the order of [`State::ALL`].
    strength: [f32; State::ALL.len()],
    /// Closed by a blink.
    blink: f32,
}

/// How far a recognition lets go of what else is felt.
const SOFTENING: f32 = 0.6;

/// Share of the exhausted face that somebody wholly spent wears all the time, and how far arousal drives it out.
const WORN: f32 = 0.5;
const AROUSAL_WAKES: f32 = 0.8;

impl Felt {
    fn of(state: &PersonSample) -> Self {
        let shown = |expression: Expression| state.expression[expression.index()].clamp(0.0, 1.0);
        let recognition = shown(Expression::Recognition);
        let hard = |expression: Expression| shown(expression) * (1.0 - SOFTENING * recognition);
        let (effort, fatigue) = (hard(Expression::Effort), state.fatigue.clamp(0.0, 1.0));
        let aroused = effort.max(hard(Expression::Fear)).max(hard(Expression::Anger));
        let worn = WORN * fatigue * fatigue * (1.0 - AROUSAL_WAKES * aroused);
        // Whoever strains holds the breath against closed lips and lets it go between the teeth; the spent can't hold it long.
        let volume = state.breath.clamp(-1.0, 1.0);
        let held = ease(0.5 + 0.5 * volume) * (1.0 - 0.6 * fatigue);
        let (gasp, flare) = breathing(state, fatigue);
        let strength = State::ALL.map(|state| match state {
            State::Effort => effort,
            State::EffortHeld => effort * held,
            State::EffortBared => effort * (1.0 - held),
            State::Pain => hard(Expression::Pain),
            State::Fear => hard(Expression::Fear),
            State::Anger => hard(Expression::Anger),
            State::Grief => shown(Expression::Grief),
            State::Exhaustion => either(shown(Expression::Exhaustion), worn),
            State::Recognition => recognition,
            State::Gasp => gasp,
            State::Flare => flare,
        });
        Self { strength, blink: state.blink.clamp(0.0, 1.0) }
    }
}

/// How far the mouth gapes for air and the nostrils flare, each 0..1: out of breath one breathes through the mouth, wider the harder the work and
/// the fuller the lungs; nostrils open while the lungs are over half full (alae nasi act while breathing in and grow with ventilation: Strohl,
/// O'Cain, Slutsky, "Alae nasi activation and nasal resistance in healthy subjects", Journal of Applied Physiology 52, 1982).
fn breathing(state: &PersonSample, fatigue: f32) -> (f32, f32) {
    let volume = state.breath.clamp(-1.0, 1.0);
    let work = (state.effort / HARD_EFFORT).clamp(0.0, 1.0);
    let gasp = fatigue.powf(1.5) * (0.35 + 0.65 * ease(0.5 + 0.5 * volume)) * (0.55 + 0.45 * work);
    let flare = volume.max(0.0) * (0.2 + 0.45 * fatigue + 0.35 * work);
    (gasp, flare)
}

/// Smoothstep on 0..1.
fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// One, the other or both, each 0..1.
fn either(a: f32, b: f32) -> f32 {
    1.0 - (1.0 - a) * (1.0 - b)
}

/// `[unit]`: all mixtures together. Each unit fills up towards its most, so that what two states share doesn't overshoot.
fn mixed(felt: &Felt, traits: &Traits) -> Weights {
    let mut left_over = [1.0f32; UNIT_COUNT];
    for (state, strength) in State::ALL.into_iter().zip(felt.strength) {
        let Mixture { units, .. } = state.mixture();
        for &(unit, amount) in units.iter().filter(|_| strength > 0.0) {
            let [left, right] = unit.sides();
            for index in left..=right {
                left_over[index] *= 1.0 - (amount * strength * traits.gain[index] / most(index)).clamp(0.0, 1.0);
            }
        }
    }
    std::array::from_fn(|index| most(index) * (1.0 - left_over[index]))
}

/// Most that expressions drive a unit to.
fn most(index: usize) -> f32 {
    match index {
        _ if index == JawOpen.index() => MOST_JAW,
        _ if index <= BrowOuterUpRight.index() => MOST_BROW,
        _ => MOST,
    }
}

/// Units that work against each other, and the share of the lesser that both lose. What is wholly opposed leaves the stronger one's surplus.
const OPPOSED: [(Unit, Unit, f32); 11] = [
    (EyeWideLeft, EyeSquintLeft, 0.6),
    (BrowOuterUpLeft, BrowDownLeft, 0.3),
    (MouthSmileLeft, MouthFrownLeft, 0.8),
    (MouthPressLeft, JawOpen, 0.8),
    (MouthRollLower, JawOpen, 0.8),
    (MouthShrugLower, JawOpen, 0.6),
    (MouthShrugLower, MouthLowerDownLeft, 0.7),
    (MouthPressLeft, MouthLowerDownLeft, 0.8),
    (MouthPressLeft, MouthUpperUpLeft, 0.6),
    (MouthPressLeft, MouthStretchLeft, 0.3),
    (NoseLeftDilatation, NoseCompression, 0.8),
];

/// Lets opposed units work against each other.
fn resolve(weights: &mut Weights) {
    for (a, b, share) in OPPOSED {
        // A unit of the middle meets both sides of a pair, each with half of it.
        let part = |unit: Unit| if is_left(unit) { 1.0 } else { 0.5 };
        for side in 0..2 {
            let (ia, ib) = (a.sides()[side], b.sides()[side]);
            let lost = share * weights[ia].min(weights[ib]);
            weights[ia] -= lost * part(a);
            weights[ib] -= lost * part(b);
        }
    }
    // `mouthClose` is made to close the lips over an open jaw; without one it tears the mouth.
    weights[MouthClose.index()] = weights[MouthClose.index()].min(weights[JawOpen.index()]);
}

/// Turn of an eye at which its lids have followed all they can, in radians: to the side, down, up.
const FULL_LOOK_RAD: (f32, f32, f32) = (0.52, 0.45, 0.40);

/// Lids follow the eyes (Becker & Fuchs, "Lid-eye coordination during vertical gaze changes in man and monkey", Journal of Neurophysiology 60,
/// 1988).
fn look(weights: &mut Weights, gaze: Gaze) {
    let (side, down, up) = FULL_LOOK_RAD;
    let share = |angle_rad: f32, full_rad: f32| if angle_rad.is_finite() { (angle_rad / full_rad).clamp(0.0, 1.0) } else { 0.0 };
    let (to_left, to_right) = (share(gaze.yaw_rad, side), share(-gaze.yaw_rad, side));
    for (unit, amounts) in [
        (EyeLookOutLeft, [to_left, to_right]),
        (EyeLookInLeft, [to_right, to_left]),
        (EyeLookDownLeft, [share(-gaze.pitch_rad, down); 2]),
        (EyeLookUpLeft, [share(gaze.pitch_rad, up); 2]),
    ] {
        let [left, right] = unit.sides();
        (weights[left], weights[right]) = (amounts[0], amounts[1]);
    }
}

/// How far each unit brings the lids together, as a share of what `eyeBlink` does: the vertical ways of the middles of both lids in the targets
/// (12.6 mm; 3.5 and −0.4; −1.3 and 2.5; 3.2; 1.0; −3.5 and −0.2 mm).
const CLOSING: [(Unit, f32); 5] =
    [(EyeLookDownLeft, 0.25), (EyeLookUpLeft, 0.10), (EyeSquintLeft, 0.25), (CheekSquintLeft, 0.08), (EyeWideLeft, -0.29)];

/// How much of the wide eyes is left in a whole blink, and how much the lower lid comes up in one.
const BLINK_WIDE: f32 = 0.1;
const BLINK_SQUINT: f32 = 0.12;

/// Closes the lids as far as blink and droop say, over whatever else moves them, so that at 1 they meet and never pass through each other.
fn close_lids(weights: &mut Weights, felt: &Felt, traits: &Traits) {
    let droop = State::ALL.iter().zip(felt.strength).fold(0.0, |droop, (state, s)| either(droop, state.mixture().droop * s));
    let [squint, wide, blink] = [EyeSquintLeft, EyeWideLeft, EyeBlinkLeft].map(Unit::sides);
    for side in 0..2 {
        weights[squint[side]] = either(weights[squint[side]], BLINK_SQUINT * felt.blink);
        weights[wide[side]] *= 1.0 - (1.0 - BLINK_WIDE) * felt.blink;
        // Wide eyes don't droop.
        let closed = either(felt.blink, droop * (1.0 - weights[wide[side]] / MOST));
        let others: f32 = CLOSING.iter().map(|&(unit, share)| share * weights[unit.sides()[side]]).sum();
        weights[blink[side]] = closed * (traits.shut[side] - others).clamp(0.0, 1.0);
    }
}
