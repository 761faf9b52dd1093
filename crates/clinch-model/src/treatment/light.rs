//! What may be asked of the light.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of the light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LightWishes {
    /// The only colour that the picture may carry: that of the shove's drops and their wet marks.
    pub accent: Accent,
    /// Strength of the gate weave, by which film stands a little differently in the gate from frame to frame, 0 (none) .. 2; 1 is a sound
    /// camera's.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub weave: f64,
}

impl Default for LightWishes {
    fn default() -> Self {
        Self { accent: Accent::None, weave: 1.0 }
    }
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
