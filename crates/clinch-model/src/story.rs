//! The struggle as it is planned.

use crate::{
    Who,
    hold::{AccentKind, Hold, Role},
    units::Secs,
};
use glam::Vec2;
use serde::{Deserialize, Serialize};

/// What happens, bar by bar.
///
/// Invariants: phrases tile the song from 0 to its duration; the last phrase leads into the first (`phrases[0].hold` may follow the
/// last hold); `leverage` has a value a bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Seed of every random stream from here on.
    pub seed: u64,
    /// Length of the song and of the loop.
    pub duration: Secs,
    /// Phrases in time order.
    pub phrases: Vec<Phrase>,
    /// Events in time order.
    pub events: Vec<Event>,
    /// `[bar]`: planned leverage, −1 (Kid) .. +1 (Cop).
    pub leverage: Vec<f64>,
    /// `[bar]`: planned intensity, 0..1.
    pub intensity: Vec<f64>,
    /// The holds that the phrases name, so that the story can be performed from this file alone.
    pub holds: Vec<Hold>,
    /// Strength at the beginning: fatigue in the first frame, 0..1.
    pub fatigue: f64,
}

/// One hold, kept for some bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phrase {
    /// First bar.
    pub first_bar: usize,
    /// One past the last bar.
    pub end_bar: usize,
    /// Begin: the first bar's downbeat. The move into the hold starts here.
    pub start: Secs,
    /// End.
    pub end: Secs,
    /// Name of the hold.
    pub hold: String,
    /// Who leads it.
    pub leader: Who,
    /// −1 (Kid) .. +1 (Cop).
    pub leverage: f64,
    /// How hard they struggle, 0..1.
    pub intensity: f64,
    /// Where the pair's middle stands on the ground at the end of the phrase (x, z), in metres. The places form a closed ring.
    pub place_m: Vec2,
    /// Heading of the pair at the end of the phrase: the direction, as a yaw about +y from +z, in which the leader faces, in radians.
    pub heading_rad: f64,
}

/// A moment of the story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Secs,
    /// What.
    pub kind: EventKind,
    /// Whose moment it is.
    pub who: Who,
}

/// What a moment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Leverage changes sides to `who`.
    Reversal,
    /// They look at each other.
    Recognition,
    /// A sudden effort of `who` on a strong onset; [`Story::accent_kind`] says which.
    Accent,
    /// The film's one shove: `who`, always Cop, pushes an elbow through against the other's jaw. An accent of Cop's lies at the same time.
    Shove,
}

impl Story {
    /// Index of the phrase during which `at` falls.
    pub fn phrase_at(&self, at: Secs) -> usize {
        self.phrases.partition_point(|phrase| phrase.start.0 <= at.0).saturating_sub(1)
    }

    /// What an accent at `at` of `who` is: falling where the move just went down, otherwise what the hold says for their role.
    pub fn accent_kind(&self, at: Secs, who: Who) -> AccentKind {
        // After arriving on the ground a body still sinks for about half a second.
        const SINKING_SECS: f64 = 0.5;
        let Some(phrase) = self.phrases.get(self.phrase_at(at)) else { return AccentKind::Grab };
        let before = &self.phrases[(self.phrase_at(at) + self.phrases.len() - 1) % self.phrases.len()];
        let (Some(hold), Some(left)) = (self.hold(&phrase.hold), self.hold(&before.hold)) else { return AccentKind::Grab };
        if hold.level > left.level && at.0 <= phrase.start.0 + hold.enter_secs + SINKING_SECS {
            return AccentKind::Fall;
        }
        hold.accent(if phrase.leader == who { Role::Leader } else { Role::Follower })
    }

    /// A hold by its name.
    pub fn hold(&self, name: &str) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.name == name)
    }
}
