//! What bodies can do: how every move between the program's holds went when it was acted.
//!
//! A story that asks for moves that bodies can't make becomes a film in which they don't arrive. `cargo xtask rehearse` acts each move where it follows on another; the plot
//! weighs how far short of its hold it ended, and how much help from outside it took.

use clinch_model::Who;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

/// What help costs, in faults: one for each 20 % of body weight beyond 5 %; a film is to take 6 % on average.
const FAULTS_A_WEIGHT: f32 = 1.0 / 0.2;
const GOOD_SHARE: f32 = 0.05;

/// What a distance from the hold costs, in faults: one for each 6.5 cm beyond 5 cm.
const FAULTS_A_METRE: f32 = 1.0 / 0.065;
const GOOD_M: f32 = 0.05;

/// What a hold costs that isn't reached, in faults, times how likely that is. A hold isn't reached beyond 10 cm; one rehearsal tells the distance to some centimetres: of moves that had
/// ended 4 to 8 cm away an eighth missed their hold when they were tried again, of those at 10 to 14 cm a half.
const UNREACHED: f32 = 4.0;
const REACHED_M: f32 = 0.10;
const LUCK_M: f32 = 0.02;

/// The dearest that a move may become, in faults: dear, but possible, where the music leaves no other.
const MOST: f32 = 12.0;

/// How moves went.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rehearsals {
    /// `from:leader > to:leader`, where the move follows on another one: help over body weight, mean distance of the joints from the hold in metres.
    moves: BTreeMap<String, [f32; 2]>,
    /// The same of a move that was only acted by itself.
    #[serde(default)]
    alone: BTreeMap<String, [f32; 2]>,
}

impl Rehearsals {
    /// Those of the program's holds and the default cast; a test reads them, too, so that they can be read.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Rehearsals> =
            LazyLock::new(|| toml::from_str(include_str!("../../../assets/rehearsals.toml")).unwrap_or_default());
        &BUILT_IN
    }

    /// What a move costs for how it went, in faults; nothing for a move that wasn't rehearsed, such as one to a hold of the user's.
    pub fn cost(&self, from: (&str, Who), to: (&str, Who)) -> f32 {
        let key = format!("{}:{} > {}:{}", from.0, from.1.to_string().to_lowercase(), to.0, to.1.to_string().to_lowercase());
        let Some(&[assist_share, miss_m]) = self.moves.get(&key).or_else(|| self.alone.get(&key)) else { return 0.0 };
        let unreached = UNREACHED / (1.0 + ((REACHED_M - miss_m) / LUCK_M).exp());
        let helped = (assist_share - GOOD_SHARE).max(0.0) * FAULTS_A_WEIGHT;
        let missed = (miss_m - GOOD_M).max(0.0) * FAULTS_A_METRE;
        (helped + missed + unreached).min(MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_that_the_holds_allow_was_rehearsed() {
        let holds = crate::holds::holds().unwrap();
        let rehearsals: Rehearsals = toml::from_str(include_str!("../../../assets/rehearsals.toml")).unwrap();
        let moves = crate::holds::moves(&holds);
        for ((from, leader), (to, next_leader)) in &moves {
            let key = format!("{}:{leader} > {}:{next_leader}", from.name, to.name).to_lowercase();
            assert!(rehearsals.moves.contains_key(&key) != rehearsals.alone.contains_key(&key), "{key}: run `cargo xtask rehearse`");
        }
        assert_eq!(moves.len(), rehearsals.moves.len() + rehearsals.alone.len());
    }

    #[test]
    fn a_move_that_fails_is_dear_and_one_that_nobody_tried_is_free() {
        let moves = [("a:cop > b:kid", [0.05, 0.04]), ("a:cop > c:kid", [0.4, 0.2])].map(|(key, went)| (key.to_owned(), went));
        let alone = [("a:cop > d:kid".to_owned(), [0.4, 0.2])];
        let rehearsals = Rehearsals { moves: moves.into(), alone: alone.into() };
        let cost = |to: &str| rehearsals.cost(("a", Who::Cop), (to, Who::Kid));
        assert_eq!(cost("d"), cost("c"));
        // What went well may still miss the next time.
        assert!(cost("b") > 0.0 && cost("b") < 0.5);
        assert!(cost("c") > 2.0 && cost("c") <= MOST);
        assert_eq!(cost("own"), 0.0);
    }
}
