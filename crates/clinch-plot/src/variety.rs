//! Variety over the whole film, by prices.
//!
//! That no hold fills over a quarter of the film and every kind of hold is seen are rules on sums over the whole walk, which the table
//! of [`crate::walk`] can't hold exactly. They enter as prices a second (Lagrange multipliers moved by the subgradient, Held and Karp,
//! Mathematical Programming 1, 1971): what was used too much becomes dearer, what wasn't used cheaper, and the walk that is best with
//! the rules counted in full is kept. For given prices the walk is exact; over the prices this is a search.

use crate::walk::{Problem, Step};
use clinch_model::{HoldKind, Level};

/// Walks tried: the best is found within eight on songs of 30 s to 4 min; the rest is for odd ones.
const ROUNDS: usize = 10;
/// Share of the film above which a hold is used too much.
const MOST_SHARE: f64 = 0.25;
/// Share of the film above which there is too much rest.
const MOST_REST_SHARE: f64 = 0.14;

/// The best walk with variety counted, or none where there is no walk.
pub(crate) fn solve(mut problem: Problem) -> Option<Vec<Step>> {
    let mut best: Option<(Vec<Step>, f64)> = None;
    for round in 0..ROUNDS {
        let (walk, priced) = problem.solve()?;
        let share = shares(&problem, &walk);
        let paid: f64 = share.iter().zip(&problem.price).map(|(share, price)| share * price).sum::<f64>() * duration_secs(&problem);
        let faults = monotony(&problem, &share);
        let cost = f64::from(priced) - paid + faults;
        if best.as_ref().is_none_or(|(_, least)| cost < *least) {
            best = Some((walk, cost));
        }
        if faults == 0.0 {
            break;
        }
        raise(&mut problem, &share, 1.0 / (1.0 + round as f64 / 3.0));
    }
    best.map(|(walk, _)| walk)
}

fn duration_secs(problem: &Problem) -> f64 {
    problem.music.secs(0, problem.music.bars())
}

/// `[hold]`: share of the film.
fn shares(problem: &Problem, walk: &[Step]) -> Vec<f64> {
    let mut share = vec![0.0; problem.holds.len()];
    for step in walk {
        share[step.hold] += problem.music.secs(step.first_bar, step.end_bar) / duration_secs(problem);
    }
    share
}

fn rest_share(problem: &Problem, share: &[f64]) -> f64 {
    problem.holds.iter().zip(share).filter(|(hold, _)| hold.kind == HoldKind::Rest).map(|(_, share)| share).sum()
}

/// Faults of the whole: too much of one hold or of rest, kinds and levels that are never seen, holds that are never seen.
fn monotony(problem: &Problem, share: &[f64]) -> f64 {
    let seen = |test: &dyn Fn(usize) -> bool| (0..share.len()).any(|hold| test(hold) && share[hold] > 0.0);
    let offered = |test: &dyn Fn(usize) -> bool| (0..share.len()).any(test);
    let lacks = |test: &dyn Fn(usize) -> bool| if offered(test) && !seen(test) { 6.0 } else { 0.0 };
    let kinds: f64 =
        [HoldKind::Struggle, HoldKind::Drag, HoldKind::Rest].map(|kind| lacks(&|hold| problem.holds[hold].kind == kind)).iter().sum();
    let levels: f64 =
        [Level::Standing, Level::Kneeling, Level::Ground].map(|level| lacks(&|hold| problem.holds[hold].level == level)).iter().sum();
    let unseen = share.iter().filter(|share| **share == 0.0).count() as f64 * 0.7;
    let excess: f64 = share.iter().map(|share| (share - MOST_SHARE).max(0.0)).sum();
    let idle = (rest_share(problem, share) - MOST_REST_SHARE).max(0.0);
    kinds + levels + unseen + 60.0 * (excess + idle)
}

/// Moves the prices against the faults; `step` falls over the rounds so that they settle.
fn raise(problem: &mut Problem, share: &[f64], step: f64) {
    let idle = (rest_share(problem, share) - MOST_REST_SHARE).max(0.0);
    for (hold, price) in problem.price.iter_mut().enumerate() {
        let rests = problem.holds[hold].kind == HoldKind::Rest;
        // Faults a second: an excess of a tenth of the film makes a six-second phrase about two faults dearer at first.
        *price += step * 4.0 * (share[hold] - MOST_SHARE).max(0.0);
        if rests {
            *price += step * 4.0 * idle;
        }
        if share[hold] == 0.0 {
            *price = (*price - 0.15 * step).max(-0.8);
        }
    }
}
