//! What may be asked of the light.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of the light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LightWishes {
    /// The only colour that the picture may carry: that of the shove's drops and their wet marks.
    pub accent: Accent,
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
