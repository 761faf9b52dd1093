//! plot: a score and a treatment in, a story out.
//!
//! The struggle is a closed walk in a graph of holds, each led by either person. The best walk for the music is found by exact
//! dynamic programming, asked again with prices on what it used too much until the film's variety is right; then the
//! pair is led over the ground in a closed ring, and the moments are set on the music's onsets.

mod check;
mod events;
mod findings;
mod holds;
mod music;
mod rehearsal;
mod ring;
mod table;
mod variety;
mod walk;

use clinch_model::{Hold, Phrase, Score, Story, Treatment, Who};
use music::Music;
use walk::{Problem, Step};

pub use findings::findings;
pub use holds::{Led, holds, holds_with, moves};

/// What may be chosen about plotting besides the treatment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Holds besides the program's, offered like those.
    pub holds: Vec<HoldFile>,
}

/// A hold's file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldFile {
    /// Its name, for messages.
    pub file: String,
    /// Its text, in the format of `docs/holds.md`.
    pub text: String,
}

/// A story that can't be plotted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hold's file is wrong.
    #[error("the hold file `{file}` is wrong: {reason}")]
    Hold {
        /// Name of the file.
        file: String,
        /// What is wrong and where, and what would be right.
        reason: String,
    },
    /// The score breaks one of its promises.
    #[error("the score can't be used: {reason}; delete score.json and run again")]
    Score {
        /// What is wrong.
        reason: String,
    },
    /// The treatment forbids a hold that doesn't exist.
    #[error("the treatment's `story.forbid-holds` names `{name}`, which is no hold; did you mean `{nearest}`? There are: {known}")]
    UnknownHold {
        /// What the treatment says.
        name: String,
        /// The hold whose name is nearest.
        nearest: String,
        /// All names.
        known: String,
    },
    /// The treatment wants a reversal where there is no music.
    #[error("the treatment's `story.reversals-at` wants one at {at_secs} s, but the song ends at {duration_secs:.1} s")]
    ReversalOutside {
        /// The wanted time.
        at_secs: f64,
        /// Length of the song.
        duration_secs: f64,
    },
    /// The treatment wants a moment where there is no music.
    #[error("the treatment's `story.{field}` wants {at_secs} s, but the song ends at {duration_secs:.1} s")]
    MomentOutside {
        /// Which wish.
        field: &'static str,
        /// The wanted time.
        at_secs: f64,
        /// Length of the song.
        duration_secs: f64,
    },
    /// Cop can't lead at the time of the wanted shove.
    #[error(
        "Cop can't lead at {at_secs} s, where the treatment's `story.shove-at` wants the shove, and keep the treatment's other wishes: move it, \
         or change `story.reversals-at` or `story.opens-with`"
    )]
    ShoveImpossible {
        /// The wanted time.
        at_secs: f64,
    },
    /// Two wanted reversals are so near that no hold fits between them.
    #[error(
        "the treatment's `story.reversals-at` wants them at {first_secs} s and {second_secs} s: the bodies need at least \
         {least_secs:.1} s between two reversals"
    )]
    ReversalsTooNear {
        /// The earlier one.
        first_secs: f64,
        /// The later one.
        second_secs: f64,
        /// The least time between two, at this song's bars.
        least_secs: f64,
    },
    /// The treatment's reversals leave no walk in which each leads 40–60 % of the time.
    #[error(
        "no struggle fits all of the treatment's `story.reversals-at` and lets each of the two lead 40–60 % of the time: \
         take one away, or move them so that each side gets about half of the song"
    )]
    ReversalsUnbalanced,
    /// The holds that are left make no closed walk.
    #[error(
        "too many holds are forbidden: with the {left} that are left no balanced struggle closes over this song; allow some of: {forbidden}"
    )]
    TooFewHolds {
        /// How many holds are left.
        left: usize,
        /// The forbidden ones.
        forbidden: String,
    },
    /// The song gives no room for a hold on either side.
    #[error(
        "the song is too short for a struggle that nobody wins: {bars} bars in {duration_secs:.1} s leave no room for each of the \
         two to lead for 40–60 % of it; take at least about {least_secs:.0} s of music"
    )]
    TooShort {
        /// Bars in the song.
        bars: usize,
        /// Length of the song.
        duration_secs: f64,
        /// Length from which a walk is to be expected.
        least_secs: f64,
    },
}

/// Checks what can be known of a treatment's story without a song: the holds' files, and the names of those that are forbidden.
///
/// # Errors
/// [`Error::Hold`], [`Error::UnknownHold`].
pub fn check(treatment: &Treatment, options: &Options) -> Result<(), Error> {
    check::allowed(&holds_with(&options.holds)?, &treatment.story.forbid_holds).map(|_| ())
}

/// Plots the struggle: which hold in which bars, who leads, where on the ground, and what happens when.
///
/// The story's phrases tile the song; neighbours never keep the same hold; each hold is one of its predecessor's `next`, the first
/// one of the last one's (or it is the same hold and leader, and the loop joins inside it). The first hold is a standing one that isn't
/// a rest, led by `treatment.story.opens_with`; each leads 40–60 % of the time; there is a reversal at the bar nearest to each of
/// `treatment.story.reversals_at`; there is exactly one shove, by Cop while leading, at `treatment.story.shove_at` where that is given. Places lie within 1.6 m of the world's origin and close to a ring.
///
/// # Errors
/// [`Error`] where the treatment names an unknown hold, asks for the impossible, or the song is too short for the struggle.
pub fn plot(score: &Score, treatment: &Treatment, options: &Options) -> Result<Story, Error> {
    check::score(score)?;
    let all = holds_with(&options.holds)?;
    let allowed = check::allowed(&all, &treatment.story.forbid_holds)?;
    let mut music = Music::read(score, treatment, &allowed)?;

    // The shove follows the power, not the other way round: who leads when is sketched before its moment is chosen.
    if music.shove.is_none() {
        let sketched = variety::sketch(Problem::new(&music, &allowed, treatment.story.opens_with, treatment.seed));
        music.shove = sketched.and_then(|walk| music::strongest_led(score, &music, &walk));
    }
    let walk = match variety::solve(Problem::new(&music, &allowed, treatment.story.opens_with, treatment.seed)) {
        Some(walk) => walk,
        None => return Err(why_impossible(score, treatment, &all)?),
    };
    let grounds = ring::lay(&walk, &allowed, &music, treatment.seed);
    let phrases: Vec<Phrase> = walk.iter().zip(&grounds).map(|(step, ground)| phrase(step, ground, &allowed[step.hold], &music)).collect();
    Ok(Story {
        seed: treatment.seed,
        duration: score.track.duration,
        events: events::events(&phrases, &allowed, score, &music, treatment),
        leverage: leverage_by_bar(&phrases, music.bars()),
        intensity: intensity_by_bar(&walk, &allowed, &music),
        holds: used(&allowed, &phrases),
        phrases,
        fatigue: treatment.story.fatigue,
    })
}

/// Finds the wish that makes the walk impossible by leaving wishes out one after another.
fn why_impossible(score: &Score, treatment: &Treatment, all: &[Hold]) -> Result<Error, Error> {
    let solvable = |treatment: &Treatment| -> Result<bool, Error> {
        let allowed = check::allowed(all, &treatment.story.forbid_holds)?;
        let music = Music::read(score, treatment, &allowed)?;
        Ok(Problem::new(&music, &allowed, treatment.story.opens_with, treatment.seed).solve(None).is_some())
    };
    let mut free = treatment.clone();
    if let Some(at_secs) = free.story.shove_at.take()
        && solvable(&free)?
    {
        return Ok(Error::ShoveImpossible { at_secs });
    }
    free.story.reversals_at.clear();
    if solvable(&free)? {
        return Ok(Error::ReversalsUnbalanced);
    }
    let forbidden = std::mem::take(&mut free.story.forbid_holds);
    if solvable(&free)? {
        let left = all.iter().filter(|hold| !forbidden.contains(&hold.name)).count();
        return Ok(Error::TooFewHolds { left, forbidden: forbidden.join(", ") });
    }
    let longest_bar_secs = score.bars.iter().map(|bar| (bar.end - bar.start).0).fold(0.0, f64::max);
    // Two phrases a side, each rounded up to whole bars, always leave room for a balanced walk in the full graph.
    let least_secs = 4.0 * (walk::least_secs(all) + longest_bar_secs);
    Ok(Error::TooShort { bars: score.bars.len(), duration_secs: score.track.duration.0, least_secs })
}

fn phrase(step: &Step, ground: &ring::Ground, hold: &Hold, music: &Music) -> Phrase {
    let intensity = music.mean_intensity(step.first_bar, step.end_bar).clamp(hold.effort[0], hold.effort[1]);
    Phrase {
        first_bar: step.first_bar,
        end_bar: step.end_bar,
        start: music.start(step.first_bar),
        end: music.start(step.end_bar),
        hold: hold.name.clone(),
        leader: step.leader,
        // A hold played with little effort controls less: the last third of its leverage is earned.
        leverage: step.leader.sign() * hold.leverage * (0.67 + 0.33 * intensity),
        intensity,
        place_m: ground.place_m,
        heading_rad: ground.heading_rad,
    }
}

/// Leverage a bar. In the first bar after a reversal it is only half gained, because the move still takes place.
fn leverage_by_bar(phrases: &[Phrase], bars: usize) -> Vec<f64> {
    let mut leverage = vec![0.0; bars];
    for (i, phrase) in phrases.iter().enumerate() {
        let before = &phrases[(i + phrases.len() - 1) % phrases.len()];
        leverage[phrase.first_bar..phrase.end_bar].fill(phrase.leverage);
        if before.leader != phrase.leader {
            leverage[phrase.first_bar] *= 0.5;
        }
    }
    leverage
}

/// Intensity a bar: the music's, within what the hold can be played at.
fn intensity_by_bar(walk: &[Step], holds: &[Hold], music: &Music) -> Vec<f64> {
    let bars = walk.iter().flat_map(|step| (step.first_bar..step.end_bar).map(|bar| (bar, holds[step.hold].effort)));
    bars.map(|(bar, [least, most])| music.intensity[bar].clamp(least, most)).collect()
}

fn used(holds: &[Hold], phrases: &[Phrase]) -> Vec<Hold> {
    holds.iter().filter(|hold| phrases.iter().any(|phrase| phrase.hold == hold.name)).cloned().collect()
}

/// Share of the song that `who` leads, 0..1.
pub fn lead_share(story: &Story, who: Who) -> f64 {
    let led: f64 = story.phrases.iter().filter(|phrase| phrase.leader == who).map(|phrase| (phrase.end - phrase.start).0).sum();
    led / story.duration.0
}
