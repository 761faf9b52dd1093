//! Plain data that passes between the stages of clinch, its units, and its file format.
//!
//! Conventions of every type here: SI units, radians, y up, right-handed. A person in the rest pose faces +z with the left
//! side towards +x. Time in the song is [`Secs`] from its first sample; time in the picture is an integer frame number over a
//! [`FrameRate`].

pub mod cast;
pub mod cut;
pub mod file;
pub mod finding;
pub mod hold;
mod packed;
pub mod performance;
pub mod random;
pub mod samples;
pub mod scenery;
pub mod score;
pub mod set;
pub mod skeleton;
pub mod sound;
pub mod story;
pub mod street;
pub mod treatment;
pub mod units;

pub use cast::{Cast, Material, Person, Temperament};
pub use cut::{CameraHeight, CameraPose, Camerawork, Cut, FaceAngle, Movement, Quality, Relation, Shot, ShotSize};
pub use file::{FileError, Saved, StageFile};
pub use finding::{Bound, Finding};
pub use hold::{AccentKind, Accents, Contact, ContactKind, Hold, HoldKind, Level, Posture, Role, Target};
pub use performance::{EXPRESSIONS, Expression, Performance, PersonSample, Sample};
pub use samples::Samples;
pub use scenery::{Scenery, SpotLamp};
pub use score::{
    Bar, Curve, Feeling, Form, KnownPulse, LyricLine, LyricWord, PulseScale, Rhythm, Score, Section, Sentence, TrackInfo, Tracker, Turn,
    TurnKind,
};
pub use set::SetKind;
pub use skeleton::{Placed, Pose, SEGMENTS, Segment, Shape, Skeleton};
pub use sound::{PcmSource, SoundError};
pub use story::{Event, EventKind, Phrase, Story};
pub use treatment::Treatment;
pub use units::{Bpm, FrameRate, Lufs, Secs, Size};

use serde::{Deserialize, Serialize};

/// One of the two people of the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The one who tries to impose the law.
    Cop,
    /// The one who tries to break free.
    Kid,
}

impl Who {
    /// Both, in the order in which every two-element array of the model is laid out.
    pub const BOTH: [Who; 2] = [Who::Cop, Who::Kid];

    /// Position in a two-element array: Cop 0, Kid 1.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The other person.
    pub fn other(self) -> Who {
        match self {
            Who::Cop => Who::Kid,
            Who::Kid => Who::Cop,
        }
    }

    /// The sign of this person's leverage: +1 for Cop, −1 for Kid.
    pub fn sign(self) -> f64 {
        match self {
            Who::Cop => 1.0,
            Who::Kid => -1.0,
        }
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Who::Cop => "Cop",
            Who::Kid => "Kid",
        })
    }
}

/// Called by long stages with the share done, 0..1. Never changes a result.
pub type Progress<'a> = &'a (dyn Fn(f64) + Sync);
