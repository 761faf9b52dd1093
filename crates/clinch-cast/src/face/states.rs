//! The named states of a face as mixtures of units.
//!
//! A left unit stands for both sides. Amounts are what the whole state drives a unit to; action units of the Facial Action Coding System (AU) are
//! named beside them. Where the literature names an action unit, it is here; how strong it is was chosen by looking.

use super::Unit::{self, *};

/// What makes a face look one way.
#[derive(Debug, Clone, Copy)]
pub struct Mixture {
    /// Units and how far the whole state drives them, 0..0.75; brows 0..1.
    pub units: &'static [(Unit, f32)],
    /// How far the eyes close, 0..1 (AU 43, and 41, the drooping lid).
    pub droop: f32,
}

/// A way for a face to be. A blank face is none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Working against a load, whatever the mouth does.
    Effort,
    /// The mouth that goes with effort while the breath is held.
    EffortHeld,
    /// The mouth that goes with effort while the breath is let go.
    EffortBared,
    /// It hurts.
    Pain,
    /// Afraid.
    Fear,
    /// Angry.
    Anger,
    /// Grieving.
    Grief,
    /// Spent.
    Exhaustion,
    /// Seeing the other as a person.
    Recognition,
    /// Gaping for air.
    Gasp,
    /// Nostrils drawing air.
    Flare,
}

impl State {
    /// All of them.
    pub const ALL: [State; 11] = [
        State::Effort,
        State::EffortHeld,
        State::EffortBared,
        State::Pain,
        State::Fear,
        State::Anger,
        State::Grief,
        State::Exhaustion,
        State::Recognition,
        State::Gasp,
        State::Flare,
    ];

    /// What it is made of.
    pub fn mixture(self) -> &'static Mixture {
        match self {
            State::Effort => &EFFORT,
            State::EffortHeld => &EFFORT_HELD,
            State::EffortBared => &EFFORT_BARED,
            State::Pain => &PAIN,
            State::Fear => &FEAR,
            State::Anger => &ANGER,
            State::Grief => &GRIEF,
            State::Exhaustion => &EXHAUSTION,
            State::Recognition => &RECOGNITION,
            State::Gasp => &GASP,
            State::Flare => &FLARE,
        }
    }
}

/// Every unit that some state uses, in a fixed order, each once.
pub(super) fn used() -> impl Iterator<Item = Unit> {
    let all = || State::ALL.iter().flat_map(|state| state.mixture().units).map(|&(unit, _)| unit);
    all().enumerate().filter(move |&(i, unit)| !all().take(i).any(|before| before == unit)).map(|(_, unit)| unit)
}

/// Frowning follows physical effort, whatever one feels (de Morree & Marcora, "The face of effort: frowning muscle activity reflects effort during
/// a physical task", Biological Psychology 85, 2010); eyes narrow, the neck's sheet of muscle tightens.
const EFFORT: Mixture = Mixture {
    units: &[
        (BrowDownLeft, 0.90),       // AU 4
        (CheekSquintLeft, 0.60),    // AU 6
        (EyeSquintLeft, 0.55),      // AU 7
        (NoseSneerLeft, 0.45),      // AU 9
        (NoseLeftDilatation, 0.30), // AU 38
        (NeckPlatysma, 0.14),       // AU 21
    ],
    droop: 0.08,
};

/// The glottis closed, the trunk stiffened by its pressure: lips tight (AU 23, 24), cheeks filled a little (AU 34).
const EFFORT_HELD: Mixture = Mixture {
    units: &[
        (MouthPressLeft, 0.45),  // AU 24
        (MouthRollLower, 0.30),  // AU 28
        (MouthRollUpper, 0.12),  // AU 28
        (MouthShrugLower, 0.20), // AU 17
        (CheekPuff, 0.10),       // AU 34
    ],
    droop: 0.0,
};

/// Teeth together, lips drawn off them, air between.
const EFFORT_BARED: Mixture = Mixture {
    units: &[
        (MouthStretchLeft, 0.50),   // AU 20
        (MouthLowerDownLeft, 0.70), // AU 16
        (MouthUpperUpLeft, 0.52),   // AU 10
        (MouthSmileLeft, 0.10),     // AU 12, in grimaces of effort too
        (JawOpen, 0.07),            // AU 25
        (JawForward, 0.10),         // AU 29
        (NeckPlatysma, 0.12),       // AU 21
    ],
    droop: 0.0,
};

/// Brows down, cheeks and lower lids up, nose wrinkled or upper lip raised, eyes shut: the four that carry pain (Prkachin & Solomon, "The
/// structure, reliability and validity of pain expression", Pain 139, 2008), with the stretched, parted lips that go with strong pain (AU 20, 25).
const PAIN: Mixture = Mixture {
    units: &[
        (BrowDownLeft, 0.90),       // AU 4
        (CheekSquintLeft, 0.60),    // AU 6
        (EyeSquintLeft, 0.50),      // AU 7
        (NoseSneerLeft, 0.45),      // AU 9
        (MouthUpperUpLeft, 0.45),   // AU 10
        (MouthStretchLeft, 0.40),   // AU 20
        (MouthLowerDownLeft, 0.30), // AU 16
        (BrowInnerUp, 0.25),        // AU 1, where pain is also distress
        (JawOpen, 0.13),            // AU 25, 26
        (NeckPlatysma, 0.12),       // AU 21
    ],
    droop: 0.60, // AU 43
};

/// AU 1 + 2 + 4 + 5 + 20 + 26 (Ekman & Friesen, *Unmasking the Face*, 1975; EMFACS).
const FEAR: Mixture = Mixture {
    units: &[
        (BrowInnerUp, 0.95),        // AU 1
        (BrowOuterUpLeft, 0.55),    // AU 2
        (BrowDownLeft, 0.32),       // AU 4
        (EyeWideLeft, 0.70),        // AU 5
        (EyeSquintLeft, 0.12),      // AU 7
        (MouthStretchLeft, 0.65),   // AU 20
        (MouthLowerDownLeft, 0.30), // AU 16
        (JawOpen, 0.17),            // AU 25, 26
        (NeckPlatysma, 0.15),       // AU 21
        (NoseLeftDilatation, 0.25), // AU 38
    ],
    droop: 0.0,
};

/// AU 4 + 5 + 7 + 23, the lips pressed (Ekman & Friesen, as above), nostrils wide, jaw set.
const ANGER: Mixture = Mixture {
    units: &[
        (BrowDownLeft, 1.00),       // AU 4
        (EyeWideLeft, 0.32),        // AU 5
        (EyeSquintLeft, 0.40),      // AU 7
        (NoseSneerLeft, 0.42),      // AU 9
        (MouthUpperUpLeft, 0.12),   // AU 10
        (MouthPressLeft, 0.50),     // AU 24
        (MouthRollLower, 0.18),     // AU 23
        (MouthRollUpper, 0.15),     // AU 23
        (MouthShrugLower, 0.20),    // AU 17
        (JawForward, 0.22),         // AU 29
        (NoseLeftDilatation, 0.45), // AU 38
    ],
    droop: 0.0,
};

/// AU 1 + 4 + 15, with 6, 11 and 17 where it goes deep (Ekman & Friesen, as above).
const GRIEF: Mixture = Mixture {
    units: &[
        (BrowInnerUp, 1.00),      // AU 1
        (BrowDownLeft, 0.20),     // AU 4
        (CheekSquintLeft, 0.35),  // AU 6
        (EyeSquintLeft, 0.25),    // AU 7
        (MouthUpperUpLeft, 0.12), // AU 11
        (MouthFrownLeft, 0.70),   // AU 15
        (MouthStretchLeft, 0.15), // AU 20
        (MouthShrugLower, 0.40),  // AU 17
    ],
    droop: 0.10, // AU 41
};

/// Hanging lids and drooping corners of the mouth (Sundelin et al., "Cues of fatigue: effects of sleep deprivation on facial appearance", Sleep 36,
/// 2013), the jaw slack. There is no unit for outer brows that sink; brows down with their inner ends held up come to that.
const EXHAUSTION: Mixture = Mixture {
    units: &[
        (BrowDownLeft, 0.28),
        (BrowInnerUp, 0.45),
        (MouthFrownLeft, 0.28),
        (MouthLowerDownLeft, 0.15),
        (JawOpen, 0.13), // AU 26
    ],
    droop: 0.42, // AU 41
};

/// Brows that go up and together a little, lids a little open, lips parted: what tells compassion from sadness is the steady look and the slack
/// mouth (Goetz, Keltner, Simon-Thomas, "Compassion: an evolutionary analysis", Psychological Bulletin 136, 2010), with a trace of the brow's rise
/// in greeting (Eibl-Eibesfeldt, 1972). No smile.
const RECOGNITION: Mixture = Mixture {
    units: &[
        (BrowInnerUp, 0.75),     // AU 1
        (BrowOuterUpLeft, 0.32), // AU 2
        (BrowDownLeft, 0.10),    // AU 4
        (EyeWideLeft, 0.22),     // AU 5
        (MouthFrownLeft, 0.10),  // AU 15
        (JawOpen, 0.06),         // AU 25
    ],
    droop: 0.0,
};

/// AU 26 with parted lips.
const GASP: Mixture =
    Mixture { units: &[(JawOpen, 0.42), (MouthLowerDownLeft, 0.15), (MouthStretchLeft, 0.10), (MouthFunnel, 0.08)], droop: 0.0 };

/// AU 38.
const FLARE: Mixture = Mixture { units: &[(NoseLeftDilatation, 0.60)], droop: 0.0 };
