//! What bodies can do: how every move between the program's holds went when it was acted.
//!
//! A story that asks for moves that bodies can't make becomes a film in which they don't arrive. `cargo xtask rehearse` acts each move where it follows on another; the plot
//! weighs how likely it ends short of its hold, and how much help from outside it took.

use clinch_model::Who;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

/// What help costs, in faults: one for each 20 % of body weight beyond 5 %; a film is to take 6 % on average.
const FAULTS_A_WEIGHT: f32 = 1.0 / 0.2;
const GOOD_SHARE: f32 = 0.05;

/// What a move costs that ends far from its hold, in faults, and the distance beyond which a hold isn't reached, in metres.
const UNREACHED: f32 = 10.0;
const REACHED_M: f32 = 0.10;
/// How far a rehearsal's distance is from the next one's, in metres, as the scale of a logistic distribution: of moves that had ended 4 to 8 cm from their hold an eighth
/// didn't reach it when they were rehearsed again, of those with 8 to 10 cm a fifth, with 10 to 14 cm a half.
const SPREAD_M: f32 = 0.02;

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
        let helped = (assist_share - GOOD_SHARE).max(0.0) * FAULTS_A_WEIGHT;
        let unreached = UNREACHED / (1.0 + ((REACHED_M - miss_m) / SPREAD_M).exp());
        (helped + unreached).min(MOST)
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
        let moves = [("a:cop > b:kid", [0.05, 0.0]), ("a:cop > c:kid", [0.4, 0.2])].map(|(key, went)| (key.to_owned(), went));
        let alone = [("a:cop > d:kid".to_owned(), [0.4, 0.2])];
        let rehearsals = Rehearsals { moves: moves.into(), alone: alone.into() };
        let cost = |to: &str| rehearsals.cost(("a", Who::Cop), (to, Who::Kid));
        assert_eq!(cost("d"), cost("c"));
        assert!(cost("b") < 0.1);
        assert!(cost("c") > 2.0 && cost("c") <= MOST);
        assert_eq!(cost("own"), 0.0);
    }
}
