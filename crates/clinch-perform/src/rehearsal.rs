//! Rehearsal: one move from a hold to another acted by itself, to learn what bodies can do before a story asks it of them.

use crate::{Error, Options, accents::Accents, check, phrase_record, struggle::Struggle, takes, tempo::Tempo, world::STEPS_PER_SEC};
use clinch_model::{Cast, Story, performance::PhraseRecord};

/// How long the first hold is kept before the move, in seconds; the bodies start in its pose and take up their load.
const BEFORE_SECS: f64 = 1.5;

/// Acts the second of a story's phrases from the hold of its first, and tells how it went.
///
/// The first phrase must be long enough for its own hold to be reached 1.5 s before it ends.
///
/// # Errors
/// As [`crate::perform`]; also [`Error::EmptyStory`] for a story of fewer than two phrases.
pub fn rehearse(story: &Story, cast: &Cast, options: &Options) -> Result<PhraseRecord, Error> {
    check(story, options)?;
    let [first, second, ..] = story.phrases.as_slice() else { return Err(Error::EmptyStory) };
    let choreography = crate::choreography::Choreography::new(story, cast)?;
    let (tempo, accents) = (Tempo::new(story), Accents::new(story));
    let step_at = |secs: f64| (secs * f64::from(STEPS_PER_SEC)).round() as i64;
    let direction = takes::direction(story, 0, 0, 0);
    let begin = step_at((first.end.0 - BEFORE_SECS).max(0.0));
    let start = Struggle::new(&choreography, &tempo, &accents, cast, begin, &direction)?;
    let settled = takes::act(start, cast, &direction, step_at(first.end.0)).end;
    let take = takes::best_take(&settled, story, cast, 1, step_at(second.end.0), options.takes)?;
    Ok(phrase_record(second, &take.records, cast))
}
