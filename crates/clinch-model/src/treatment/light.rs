//! What a director may ask of the place and its light.

use super::{TreatmentError, in_range};
use crate::SetKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of the light.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LightWishes {
    /// Where the struggle stands.
    pub set: SetKind,
    /// When.
    pub time: TimeOfDay,
    /// How many times as strong as the set has it the lamp over the pair is, 0..3.
    #[schemars(range(min = 0.0, max = 3.0))]
    pub key: f64,
    /// How many times as strong the lamps from the sides and from behind are, 0..3.
    #[schemars(range(min = 0.0, max = 3.0))]
    pub sides: f64,
    /// How many times as strong the light is that comes from everywhere, 0..3: less is harder.
    #[schemars(range(min = 0.0, max = 3.0))]
    pub fill: f64,
    /// How many times as thick the mist in the lamp's beam is, 0..3.
    #[schemars(range(min = 0.0, max = 3.0))]
    pub mist: f64,
    /// How wet the ground is, 0 (dry) .. 1 (puddles).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub wet: f64,
    /// How much the light follows the story, 0 (not at all) .. 1: softer where they recognise each other, harder where they fight hardest.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub follow: f64,
    /// The only colour that the picture may carry: that of the shove's drops and their wet marks.
    pub accent: Accent,
    /// Strength of the gate weave, by which film stands a little differently in the gate from frame to frame, 0 (none) .. 2; 1 is a sound
    /// camera's.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub weave: f64,
}

/// The colour of the shove's drops and their wet marks; everything else has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Accent {
    /// No colour: black and white throughout.
    #[default]
    None,
    /// Blood's.
    Red,
}

/// The time of day, as far as it reaches the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TimeOfDay {
    /// Only lamps.
    #[default]
    Night,
    /// The last or first light of the sky: softer, less black.
    Dusk,
}

impl Default for LightWishes {
    fn default() -> Self {
        Self {
            set: SetKind::Street,
            time: TimeOfDay::Night,
            key: 1.0,
            sides: 1.0,
            fill: 1.0,
            mist: 1.0,
            wet: 1.0,
            follow: 1.0,
            accent: Accent::None,
            weave: 1.0,
        }
    }
}

impl LightWishes {
    pub(super) fn check(&self) -> Result<(), TreatmentError> {
        for (name, value, most) in [
            ("key", self.key, 3.0),
            ("sides", self.sides, 3.0),
            ("fill", self.fill, 3.0),
            ("mist", self.mist, 3.0),
            ("wet", self.wet, 1.0),
            ("follow", self.follow, 1.0),
            ("weave", self.weave, 2.0),
        ] {
            in_range(&format!("light.{name}"), Some(value), 0.0, most)?;
        }
        Ok(())
    }
}
