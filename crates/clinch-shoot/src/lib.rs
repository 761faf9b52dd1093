//! shoot: a performance framed and cut.
//!
//! The bodies are watched a dozen times a second; a hundred-odd set-ups (framing × direction × subject) are judged in every bar; exact
//! dynamic programming chooses which set-up films which bars; an operator with a body then follows the people through each shot.

mod edit;
mod geometry;
mod judge;
mod measure;
mod operate;
mod scene;
mod setup;

use clinch_model::{Cast, Cut, FrameRate, Performance, Score, Shot};

/// What may be chosen about shooting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Frames a second of the film.
    pub rate: FrameRate,
    /// Width over height of the picture, 0.3..4.
    pub aspect: f32,
    /// Seed of the hand that holds the camera and of choices between equals.
    pub seed: u64,
}

/// A performance that can't be shot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The picture's shape is out of range.
    #[error("a picture {aspect} times as wide as high can't be framed: take a shape from 0.3 (tall) to 4 (wide)")]
    Aspect {
        /// Width over height.
        aspect: f32,
    },
    /// The performance holds no motion, or a position that is no number.
    #[error("the performance can't be shot: {reason}; delete performance.bin and run again")]
    Performance {
        /// What is wrong.
        reason: String,
    },
    /// The score has no bars, or they don't ascend.
    #[error("the score can't be cut to: {reason}; delete score.json and run again")]
    Score {
        /// What is wrong.
        reason: String,
    },
}

/// Frames and cuts a performance to its music.
///
/// The shots tile `options.rate.frames_in(performance.duration)` frames. A shot begins on a bar's downbeat or one frame ahead of it and
/// lasts 1.2 s to about 9 s; neighbours never share both framing and subject. Every framing but a close one promises both people's heads and
/// trunks in frame. The camera stays above the ground, out of the bodies, and inside the light; `Cut::findings` says how well.
///
/// # Errors
/// [`Error`] where the picture's shape is out of range or the performance or score is empty or holds what is no number.
pub fn shoot(performance: &Performance, score: &Score, cast: &Cast, options: &Options) -> Result<Cut, Error> {
    check(performance, score, options)?;
    let scene = scene::Scene::watch(performance, cast);
    let marks = edit::marks(score, performance.duration, options.rate, options.seed);
    let setups = setup::all(&scene, options.aspect);
    let judged = judge::judge(&scene, &setups, &marks, options);

    let mut refused = edit::Refused::default();
    let mut takes = edit::edit(&scene, &setups, &marks, &judged, &refused);
    let mut shots = operate::all(&scene, &setups, &marks, &takes, options);
    // A frame-by-frame look finds what the judge's coarser one missed; such a take is refused and the cut made anew.
    for _ in 0..RESHOOTS {
        let spoilt = spoilt_takes(&scene, &shots, options);
        if spoilt.is_empty() {
            break;
        }
        refused.extend(spoilt.into_iter().map(|i| takes[i]));
        takes = edit::edit(&scene, &setups, &marks, &judged, &refused);
        shots = operate::all(&scene, &setups, &marks, &takes, options);
    }
    let frames = options.rate.frames_in(performance.duration);
    let mut cut = Cut { rate: options.rate, frames, aspect: options.aspect, shots, findings: Vec::new() };
    cut.findings = measure::findings(&scene, score, &cut);
    Ok(cut)
}

/// How often the cut is made anew around takes that didn't come out; nearly always none or one is needed.
const RESHOOTS: usize = 6;

fn spoilt_takes(scene: &scene::Scene, shots: &[Shot], options: &Options) -> Vec<usize> {
    let spoilt = |shot: &Shot| measure::shot(scene, shot, options.rate, options.aspect).spoilt();
    (0..shots.len()).filter(|&i| spoilt(&shots[i])).collect()
}

fn check(performance: &Performance, score: &Score, options: &Options) -> Result<(), Error> {
    if !(0.3..=4.0).contains(&options.aspect) {
        return Err(Error::Aspect { aspect: options.aspect });
    }
    let wrong = |reason: &str| Err(Error::Performance { reason: reason.into() });
    if performance.samples.is_empty() || !(performance.duration.0 > 0.0 && performance.duration.0.is_finite()) {
        return wrong("it holds no motion");
    }
    if performance.samples.len() as u64 != performance.rate.frames_in(performance.duration) {
        return wrong("its samples don't cover its length");
    }
    let mut people = performance.samples.iter().flat_map(|sample| sample.people);
    if people.any(|person| !person.pose.pelvis_m.is_finite() || person.pose.turn.iter().any(|turn| !turn.is_normalized())) {
        return wrong("a position or a turn in it is no number");
    }
    let bars = &score.bars;
    let runs =
        |bar: &clinch_model::Bar| bar.start.0.is_finite() && bar.end.0.is_finite() && bar.start < bar.end && bar.aggression.is_finite();
    if bars.is_empty() || !bars.iter().all(runs) || bars.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err(Error::Score { reason: "it has no bars, they don't follow one another, or a number in them is none".into() });
    }
    Ok(())
}
