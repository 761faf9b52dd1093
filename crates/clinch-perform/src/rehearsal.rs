//! Rehearsal: moves from hold to hold acted one after another, to learn what bodies can do before a story asks it of them.

use crate::{
    Error, Options,
    accents::Accents,
    check, phrase_record,
    struggle::Struggle,
    takes::{self, Script},
    tempo::Tempo,
    timing::Timing,
    world::STEPS_PER_SEC,
};
use clinch_model::{Cast, Story, performance::PhraseRecord};

/// How long a hold is kept before a move that doesn't follow on another one, in seconds; the bodies start in its pose and take up their load.
const BEFORE_SECS: f64 = 1.5;

/// Acts a story's phrases from the second on, each from where the one before left the bodies, and tells how they went: `[phrase − 1]`, none where the simulation
/// broke down.
///
/// Where a phrase's hold wasn't reached, the next one begins in that hold's own pose: what follows isn't to blame. The first phrase must be long enough for its
/// own hold to be reached 1.5 s before it ends.
///
/// # Errors
/// As [`crate::perform`], but for simulations that break down; also [`Error::EmptyStory`] for a story of fewer than two phrases.
pub fn rehearse(story: &Story, cast: &Cast, options: &Options) -> Result<Vec<Option<PhraseRecord>>, Error> {
    check(story, options)?;
    if story.phrases.len() < 2 {
        return Err(Error::EmptyStory);
    }
    let choreography = crate::choreography::Choreography::new(story, cast)?;
    let (tempo, accents) = (Tempo::new(story), Accents::new(story));
    let timing = Timing::new(story);
    let script = Script { story, cast, timing: &timing };
    let step_at = |secs: f64| (secs * f64::from(STEPS_PER_SEC)).round() as i64;
    let settled = |phrase: usize| {
        let end_secs = story.phrases[phrase].end.0;
        let direction = takes::direction(story, phrase, 0, 0);
        let begin = step_at((end_secs - BEFORE_SECS).max(0.0));
        let start = Struggle::new(&choreography, &tempo, &accents, cast, begin, &direction)?;
        Ok(takes::act(start, cast, &direction, step_at(end_secs)).end)
    };
    let mut struggle = settled(0)?;
    let mut went = Vec::with_capacity(story.phrases.len() - 1);
    for (index, phrase) in story.phrases.iter().enumerate().skip(1) {
        let take = takes::best_take(&struggle, &script, index, step_at(phrase.end.0), options.takes).ok();
        let record = take.as_ref().map(|take| phrase_record(phrase, &take.records, cast));
        struggle = match take {
            Some(take) if record.as_ref().is_some_and(|record| record.reached) => take.end,
            _ => settled(index)?,
        };
        went.push(record);
    }
    Ok(went)
}
