//! Holds: named two-body configurations, as data.
//!
//! A hold's file (`assets/holds/NAME.toml`) says what it means for the story, how both people are posed, and who touches whom where.
//! Postures are rough; the perform stage solves both people together from the contacts, for the bodies that were cast.
//!
//! The hold's frame stands on the ground midway between the two, y up; the leader stands at negative z facing +z unless the posture
//! says otherwise, the follower at positive z facing −z (yaw 180°).

use crate::skeleton::Segment;
use glam::Vec3;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A named two-body configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hold {
    /// Its name, kebab-case, the same as the file's.
    pub name: String,
    /// A sentence for people.
    pub meaning: String,
    /// How high the two are.
    pub level: Level,
    /// What kind of thing it is.
    pub kind: HoldKind,
    /// How far its leader controls the other, 0 (nobody) .. 1.
    pub leverage: f64,
    /// Least and greatest intensity at which it may be played, each 0..1.
    pub effort: [f64; 2],
    /// Names of the holds that may follow, whoever leads them.
    pub next: Vec<String>,
    /// Names of the holds that it may follow, in a treatment's own hold, because the other holds' files don't know of it; left out: those of
    /// `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Vec<String>>,
    /// How long the move into this hold takes, in seconds.
    pub enter_secs: f64,
    /// Where the pair's middle goes while the hold is kept, in metres a second along the leader's facing (drags; negative: backwards).
    #[serde(default)]
    pub travel_m_per_sec: f64,
    /// What a sudden effort of each is in this hold.
    #[serde(default)]
    pub accent: Accents,
    /// The leader's posture.
    pub leader: Posture,
    /// The follower's posture.
    pub follower: Posture,
    /// Who touches whom where.
    #[serde(default)]
    pub contacts: Vec<Contact>,
}

/// How high a hold is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// At least one on their feet.
    Standing,
    /// At least one on their knees, nobody on their feet.
    Kneeling,
    /// Both sitting or lying.
    Ground,
}

/// What kind of thing a hold is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldKind {
    /// They strive against each other.
    Struggle,
    /// One moves the other across the ground.
    Drag,
    /// Both have stopped for a moment.
    Rest,
}

/// What a sudden effort is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccentKind {
    /// Hands and arms close anew, or tighter.
    Grab,
    /// The weight drops: knees give way, or one lets oneself fall onto the other.
    Fall,
    /// Away from oneself: arms and trunk press the other off or down.
    Shove,
    /// Towards oneself, or out of the other's hands.
    Pull,
}

/// What a sudden effort of each is in a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accents {
    /// The leader's.
    pub leader: AccentKind,
    /// The follower's.
    pub follower: AccentKind,
}

impl Default for Accents {
    /// One holds on, the other tears loose.
    fn default() -> Self {
        Self { leader: AccentKind::Grab, follower: AccentKind::Pull }
    }
}

/// The part one plays in a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The one who controls.
    Leader,
    /// The other one.
    Follower,
}

/// A rough posture of one person in the hold's frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Posture {
    /// Where the pelvis's origin is: x and z in metres, y as a share of the person's own standing pelvis height.
    pub pelvis: Vec3,
    /// Turns in degrees, `[pitch about x, yaw about y, roll about z]`, applied as yaw, then pitch, then roll (Euler YXZ) relative to the
    /// parent segment; the pelvis's is relative to the hold's frame. Segments that are left out hang as at rest.
    ///
    /// Positive pitch leans a trunk segment forward, swings a hanging limb back and bends a knee; a thigh raised forward, a raised arm
    /// and a bent elbow have negative pitch. Positive yaw turns to the person's left. Positive roll leans the top to the right and swings a
    /// hanging limb to the left.
    pub turns: BTreeMap<Segment, Vec3>,
}

/// A part of one person meeting the other, the own body, or the ground.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contact {
    /// Whose part.
    pub who: Role,
    /// Which part.
    pub part: Segment,
    /// How it touches.
    pub kind: ContactKind,
    /// What it touches.
    pub on: Target,
    /// Where on the touched segment, in that segment's frame, in metres for a person 1.75 m tall (scaled with height); unused on the ground.
    #[serde(default)]
    pub at: Vec3,
}

/// How a part touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactKind {
    /// A hand closes on it and holds.
    Grip,
    /// It rests or presses against it.
    Lean,
    /// It bears weight on the ground and stays where it is.
    Plant,
}

/// What a part touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The ground.
    Ground,
    /// A segment of the other person.
    Other(Segment),
    /// A segment of the same person.
    Own(Segment),
}

impl Hold {
    /// Reads a hold's file; says where and what is wrong with it, and the nearest right word where one is near.
    ///
    /// # Errors
    /// The reason, for people: dotted name of the field, line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        crate::treatment::parse_toml(text)
    }

    /// What a sudden effort of a role is.
    pub fn accent(&self, role: Role) -> AccentKind {
        match role {
            Role::Leader => self.accent.leader,
            Role::Follower => self.accent.follower,
        }
    }

    /// The posture of a role.
    pub fn posture(&self, role: Role) -> &Posture {
        match role {
            Role::Leader => &self.leader,
            Role::Follower => &self.follower,
        }
    }
}
