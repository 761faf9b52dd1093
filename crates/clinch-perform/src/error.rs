//! What can go wrong while a story is performed.

/// Why a story can't be performed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The story has nothing to perform.
    #[error("the story has no phrases: run `clinch plot` again")]
    EmptyStory,
    /// A phrase names a hold that the story doesn't carry.
    #[error("phrase {phrase} of the story asks for the hold `{hold}`, which the story doesn't carry: run `clinch plot` again")]
    UnknownHold {
        /// Index of the phrase.
        phrase: usize,
        /// Name of the hold.
        hold: String,
    },
    /// A hold's numbers can't be solved for these bodies.
    #[error("the hold `{hold}`, led by {leader}, can't be solved: its posture or contacts hold numbers that are not finite")]
    UnsolvableHold {
        /// Its name.
        hold: String,
        /// Who leads it.
        leader: clinch_model::Who,
    },
    /// Something built into the program is broken.
    #[error("the built-in `{asset}` is broken: {reason}")]
    BrokenAsset {
        /// Its name.
        asset: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The phrases don't tile the song.
    #[error(
        "phrase {phrase} of the story runs from {from_secs} s to {to_secs} s, which doesn't follow on the phrase before it or isn't forwards"
    )]
    BrokenPhrases {
        /// Index of the phrase.
        phrase: usize,
        /// Its begin.
        from_secs: f64,
        /// Its end.
        to_secs: f64,
    },
    /// A body can't be simulated.
    #[error("{who} can't be simulated: {reason}")]
    UnfitBody {
        /// Whose body.
        who: clinch_model::Who,
        /// What is wrong with it.
        reason: String,
    },
    /// An option is out of its range.
    #[error("the option `{option}` is {value}: it must be {wanted}")]
    BadOption {
        /// Its name.
        option: &'static str,
        /// What it says.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// The simulation broke down although every take was tried.
    #[error("the bodies' motion broke down {at} into the song in every take of phrase {phrase} (`{hold}`): try another seed")]
    BrokeDown {
        /// Index of the phrase.
        phrase: usize,
        /// Name of its hold.
        hold: String,
        /// When.
        at: clinch_model::Secs,
    },
}
