//! shoot: a performance framed and cut.
//!
//! The bodies are watched a dozen times a second; some three hundred set-ups (framing × direction × height × subject), each solved on the
//! screen, are judged in every bar; exact dynamic programming chooses which set-up films which bars; an operator with a body then follows
//! the people through each shot.

mod edit;
mod framing;
mod geometry;
mod hand;
mod judge;
mod marks;
mod measure;
mod operate;
mod place;
mod scene;
mod setup;

use clinch_model::{Cast, Cut, FrameRate, Performance, Score, Secs, SetKind, Shot, Story};
use std::collections::BTreeMap;

/// What may be chosen about shooting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Frames a second of the film.
    pub rate: FrameRate,
    /// Width over height of the picture, 0.3..4.
    pub aspect: f32,
    /// Where the struggle stands.
    pub set: SetKind,
    /// When an opening that covers the film's beginning is over, if there is one: no cut falls shortly after it, because its own end is one.
    pub opened: Option<Secs>,
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

/// Frames and cuts a performance to its music and its story.
///
/// The shots tile `options.rate.frames_in(performance.duration)` frames. A shot begins on a bar's downbeat or an accent, or up to three
/// frames ahead of it, and lasts 1.25 s to about 12 s; neighbours never share both framing and subject. Framings of both promise both
/// people's heads (and trunks, but for the nearest) in frame, framings of one a face. The camera stays within the set and out of the bodies;
/// `Cut::findings` says how well.
///
/// # Errors
/// [`Error`] where the picture's shape is out of range or the performance or score is empty or holds what is no number.
pub fn shoot(performance: &Performance, score: &Score, story: &Story, cast: &Cast, options: &Options) -> Result<Cut, Error> {
    check(performance, score, options)?;
    let scene = scene::Scene::watch(performance, cast, story, place::Place::of(options.set));
    let marks = marks::Marks::of(&scene, score, performance.duration, options);
    let setups = setup::all(&scene, options.aspect);
    let mut judged = judge::judge(&scene, &setups, &marks, options.aspect, options.seed);

    let cuts = edit::Cuts::of(&scene, &setups, &marks);
    let mut rhythm = edit::Rhythm::default();
    let mut filmed: BTreeMap<edit::Take, Filmed> = BTreeMap::new();
    let mut best: Option<(Vec<edit::Take>, usize)> = None;
    // A frame-by-frame look finds what the judge's coarser one missed: those stretches are refused to those set-ups, and the cut made anew.
    for _ in 0..=RESHOOTS {
        let takes = edit::edit(&setups, &marks, &judged, &cuts, score, &mut rhythm);
        for take in &takes {
            filmed.entry(*take).or_insert_with(|| Filmed::of(&scene, &setups, &marks, take, options));
        }
        let spoilt = takes.iter().map(|take| filmed[take].measure.spoilt.len()).sum();
        refuse(&mut judged, &takes, &filmed, &marks);
        if best.as_ref().is_none_or(|(_, least)| spoilt < *least) {
            best = Some((takes, spoilt));
        }
        if spoilt == 0 {
            break;
        }
    }
    let takes = best.map(|(takes, _)| takes).unwrap_or_default();
    let shots = takes.iter().filter_map(|take| filmed.remove(take)).map(|filmed| filmed.shot).collect();
    let frames = options.rate.frames_in(performance.duration);
    let mut cut = Cut { rate: options.rate, frames, aspect: options.aspect, shots, findings: Vec::new() };
    cut.findings = measure::findings(&scene, score, &cut);
    Ok(cut)
}

/// How often the cut is made anew around takes that didn't come out; nearly always a few are needed.
const RESHOOTS: usize = 12;

/// A take as it came out.
struct Filmed {
    shot: Shot,
    measure: measure::ShotMeasure,
}

impl Filmed {
    fn of(scene: &scene::Scene, setups: &[setup::Setup], marks: &marks::Marks, take: &edit::Take, options: &Options) -> Self {
        let shot = operate::film(scene, &setups[take.setup], marks, take, options);
        let measure = measure::shot(scene, &shot, options.rate, options.aspect);
        Self { shot, measure }
    }
}

/// Refuses to each take's set-up the stretches in which frames are spoilt.
fn refuse(judged: &mut judge::Judged, takes: &[edit::Take], filmed: &BTreeMap<edit::Take, Filmed>, marks: &marks::Marks) {
    for take in takes {
        for &frame in &filmed[take].measure.spoilt {
            judged.cost[marks.stretch_at(frame)][take.setup] = judge::FORBIDDEN;
        }
    }
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
