//! Variety over the whole film, by prices.
//!
//! That no hold fills over a fifth of the film, every kind of hold is seen, and nobody leads for half a minute are rules on sums over the whole
//! walk, which the table of [`crate::walk`] can't hold exactly. They enter as prices a second (Lagrange multipliers moved by the subgradient, Held and Karp,
//! Mathematical Programming 1, 1971): what was used too much becomes dearer, what wasn't used cheaper, and the walk that is best with
//! the rules counted in full is kept. For given prices the walk is exact; over the prices this is a search.

use crate::walk::{Problem, QUIET, Step};
use clinch_model::{HoldKind, Level};

/// Walks tried: on songs of 30 s to 4 min the best is nearly always among the first twenty.
const ROUNDS: usize = 24;
/// Walks tried where a rule that the audit checks is still broken.
const MOST_ROUNDS: usize = 72;
/// Length of the stretch within which holds and heights should vary, in seconds: about what a viewer remembers as one scene.
const STRETCH_SECS: f64 = 40.0;
/// Share of the film, and of each stretch, above which a hold is used too much.
pub(crate) const MOST_SHARE: f64 = 0.2;
/// Time without a reversal above which the power seems settled, in seconds.
pub(crate) const LONGEST_LEAD_SECS: f64 = 30.0;
/// Time within which a hold that comes again is remembered, in seconds.
const REMEMBERED_SECS: f64 = 60.0;
/// Share of a stretch above which they are too long on their feet, on their knees, or on the ground.
const MOST_LEVEL_SHARE: f64 = 0.6;
/// Length of a phrase that exhausted people can act well, in seconds.
const PHRASE_SECS: f64 = 6.5;
/// Reversals more or less than the music asks for that nobody notices.
const FREE_REVERSALS: f64 = 1.0;
/// Share of the film below which a height is missed: a twelfth is one phrase in a song of a minute, half a minute in one of six.
const LEAST_LEVEL_SHARE: f64 = 1.0 / 12.0;
/// What a height that is never seen costs, in faults: more than two kinds of hold; one that is seen for too short a time costs its part of that.
const UNSEEN_LEVEL: f64 = 14.0;
/// Share of the film above which there is too much rest.
const MOST_REST_SHARE: f64 = 0.14;

/// How much of the film, and of the stretch round each bar, a walk gives to what.
struct Use {
    /// `[hold]`: share of the film.
    of_film: Vec<f64>,
    /// `[bar][hold]`: share of the stretch.
    of_stretch: Vec<Vec<f64>>,
    /// Share of the film spent at rest.
    rest: f64,
    /// Stretches led by one person, round the loop: first bar, bars, and length in seconds.
    leads: Vec<(usize, usize, f64)>,
    /// Pairs of steps, by number, whose hold comes again while it is remembered.
    repeats: Vec<(usize, usize)>,
}

impl Use {
    /// Whether no hold of a kind is used.
    fn lacks(&self, problem: &Problem, kind: HoldKind) -> bool {
        problem.holds.iter().zip(&self.of_film).all(|(hold, share)| hold.kind != kind || *share == 0.0)
    }
}

/// Walks tried where only who leads when is asked.
const SKETCH_ROUNDS: usize = 6;

/// The best walk with variety counted, or none where there is no walk.
pub(crate) fn solve(problem: Problem) -> Option<Vec<Step>> {
    let found = PACES.iter().filter_map(|&pace| search(problem.clone(), ROUNDS, MOST_ROUNDS, pace));
    found.reduce(|best, other| if other.is_better_than(&best) { other } else { best }).map(|found| found.walk)
}

/// A walk that tells who leads when, before everything is settled.
pub(crate) fn sketch(problem: Problem) -> Option<Vec<Step>> {
    search(problem, SKETCH_ROUNDS, SKETCH_ROUNDS, 1.0).map(|found| found.walk)
}

/// How fast prices move against each other: each pace settles at another walk, and the best one is taken.
const PACES: [f64; 3] = [1.0, 0.5, 2.0];

/// A walk that was found.
struct Found {
    walk: Vec<Step>,
    /// Whether it keeps the rules that the audit checks.
    sound: bool,
    /// Its cost without prices.
    cost: f64,
}

impl Found {
    fn is_better_than(&self, other: &Self) -> bool {
        if self.sound == other.sound { self.cost < other.cost } else { self.sound }
    }
}

fn search(mut problem: Problem, rounds: usize, most_rounds: usize, pace: f64) -> Option<Found> {
    let mut best: Option<Found> = None;
    let mut last: Option<Vec<Step>> = None;
    for round in 0..most_rounds {
        let (walk, priced) = problem.solve(last.as_deref())?;
        let used = count(&problem, &walk);
        let (faults, sound) = (monotony(&problem, &walk, &used), broken(&problem, &used) <= 0.0);
        let found = Found { walk: walk.clone(), sound, cost: f64::from(priced) - paid(&problem, &walk) + faults };
        if best.as_ref().is_none_or(|best| found.is_better_than(best)) {
            best = Some(found);
        }
        if faults <= 0.0 || round + 1 >= rounds && best.as_ref().is_some_and(|best| best.sound) {
            break;
        }
        if round < rounds {
            let step = pace / (1.0 + round as f64 / 3.0);
            raise(&mut problem, &used, step);
            part(&mut problem, &walk, &used, round, step);
        } else {
            bar_one(&mut problem, &walk, &used, round);
        }
        last = Some(walk);
    }
    best
}

/// What of a walk's cost is price.
fn paid(problem: &Problem, walk: &[Step]) -> f64 {
    let bars = walk.iter().flat_map(|step| (step.first_bar..step.end_bar).map(|bar| (bar, step.hold)));
    let kept: f64 = bars.map(|(bar, hold)| problem.price[hold][bar] * problem.music.secs(bar, bar + 1)).sum();
    let turns = walk.windows(2).filter(|pair| pair[0].leader != pair[1].leader);
    kept + turns.map(|pair| problem.reversal_price[pair[1].first_bar]).sum::<f64>()
}

fn count(problem: &Problem, walk: &[Step]) -> Use {
    let (music, holds) = (problem.music, problem.holds);
    let mut hold_at = vec![0; music.bars()];
    walk.iter().for_each(|step| hold_at[step.first_bar..step.end_bar].fill(step.hold));
    let share = |bars: &[usize]| {
        let mut share = vec![0.0; holds.len()];
        bars.iter().for_each(|&bar| share[hold_at[bar]] += music.secs(bar, bar + 1));
        let whole: f64 = share.iter().sum();
        share.iter_mut().for_each(|secs| *secs /= whole);
        share
    };
    let all: Vec<usize> = (0..music.bars()).collect();
    let of_film = share(&all);
    let rest = holds.iter().zip(&of_film).filter(|(hold, _)| hold.kind == HoldKind::Rest).map(|(_, share)| share).sum();
    Use {
        of_stretch: all.iter().map(|&bar| share(&stretch(problem, bar))).collect(),
        of_film,
        rest,
        leads: leads(problem, walk),
        repeats: repeats(problem, walk),
    }
}

/// Stretches that one person leads, round the loop.
fn leads(problem: &Problem, walk: &[Step]) -> Vec<(usize, usize, f64)> {
    let music = problem.music;
    let before = |i: usize| &walk[(i + walk.len() - 1) % walk.len()];
    let starts: Vec<usize> = (0..walk.len()).filter(|&i| walk[i].leader != before(i).leader).map(|i| walk[i].first_bar).collect();
    let lead = |i: usize| {
        let (first, next) = (starts[i], starts[(i + 1) % starts.len()]);
        // The last one goes on over the seam.
        let bars = if next > first { next - first } else { next + music.bars() - first };
        let secs = if next > first { music.secs(first, next) } else { music.secs(first, music.bars()) + music.secs(0, next) };
        (first, bars, secs)
    };
    (0..starts.len()).map(lead).collect()
}

/// Steps whose hold comes again while it is remembered, each with the next such one, round the loop.
fn repeats(problem: &Problem, walk: &[Step]) -> Vec<(usize, usize)> {
    let begin = |i: usize| problem.music.bounds_secs[walk[i].first_bar];
    let duration_secs = problem.music.secs(0, problem.music.bars());
    let again = |i: usize| {
        let next = (1..walk.len()).map(|ahead| (i + ahead) % walk.len()).find(|&j| walk[j].hold == walk[i].hold)?;
        let after_secs = (begin(next) - begin(i)).rem_euclid(duration_secs);
        (after_secs < REMEMBERED_SECS).then_some((i, next))
    };
    (0..walk.len()).filter_map(again).collect()
}

/// Bars within half a stretch of a bar, round the loop.
fn stretch(problem: &Problem, bar: usize) -> Vec<usize> {
    let music = problem.music;
    let duration_secs = music.secs(0, music.bars());
    let middle = |bar: usize| (music.bounds_secs[bar] + music.bounds_secs[bar + 1]) / 2.0;
    let apart = |other: usize| {
        let straight = (middle(other) - middle(bar)).abs();
        straight.min(duration_secs - straight)
    };
    (0..music.bars()).filter(|&other| apart(other) <= STRETCH_SECS / 2.0).collect()
}

fn level_share(problem: &Problem, share: &[f64], level: Level) -> f64 {
    problem.holds.iter().zip(share).filter(|(hold, _)| hold.level == level).map(|(_, share)| share).sum()
}

/// How much of its least share a height lacks, 0..1; nothing where no hold has it.
fn lack_of_level(problem: &Problem, share: &[f64], level: Level) -> f64 {
    let offered = problem.holds.iter().any(|hold| hold.level == level);
    if offered { (1.0 - level_share(problem, share, level) / LEAST_LEVEL_SHARE).max(0.0) } else { 0.0 }
}

/// Faults of the whole: too much of one hold, height or rest; kinds and heights that are never seen; holds that are never seen.
fn monotony(problem: &Problem, walk: &[Step], used: &Use) -> f64 {
    let film = &used.of_film;
    let lacks = |test: &dyn Fn(usize) -> bool| {
        let offered = (0..film.len()).any(test);
        let seen = (0..film.len()).any(|hold| test(hold) && film[hold] > 0.0);
        if offered && !seen { 6.0 } else { 0.0 }
    };
    let kinds: f64 =
        [HoldKind::Struggle, HoldKind::Drag, HoldKind::Rest].map(|kind| lacks(&|hold| problem.holds[hold].kind == kind)).iter().sum();
    let levels: f64 = [Level::Standing, Level::Kneeling, Level::Ground].map(|level| lack_of_level(problem, film, level)).iter().sum();
    let unseen = film.iter().filter(|share| **share == 0.0).count() as f64 * 0.7;
    let excess: f64 = film.iter().map(|share| (share - MOST_SHARE).max(0.0)).sum();
    let idle = (used.rest - MOST_REST_SHARE).max(0.0);
    let repeats = used.repeats.len() as f64 * 1.5;
    let pace = 4.0 * too_many_reversals(problem, used).abs();
    kinds
        + UNSEEN_LEVEL * levels
        + unseen
        + repeats
        + pace
        + 60.0 * excess
        + 180.0 * idle
        + sameness(problem, walk, used)
        + broken(problem, used)
}

/// Faults of the rules that the audit checks: a struggle above its share, a lead that is too long. Breaking one at all costs as much as three
/// things that a viewer notices.
fn broken(problem: &Problem, used: &Use) -> f64 {
    let struggles = problem.holds.iter().zip(&used.of_film).filter(|(hold, _)| hold.kind != HoldKind::Rest);
    let shares: f64 = struggles.filter(|(_, share)| **share > MOST_SHARE).map(|(_, share)| 3.0 + 100.0 * (share - MOST_SHARE)).sum();
    let leads = used.leads.iter().map(|lead| lead.2).filter(|secs| *secs > LONGEST_LEAD_SECS);
    shares + leads.map(|secs| 3.0 + (secs - LONGEST_LEAD_SECS) / 2.0).sum::<f64>()
}

/// Faults of stretches that stay too long with one hold or at one height.
fn sameness(problem: &Problem, walk: &[Step], used: &Use) -> f64 {
    let mut faults = 0.0;
    for step in walk {
        for bar in step.first_bar..step.end_bar {
            let share = &used.of_stretch[bar];
            let hold = (share[step.hold] - MOST_SHARE).max(0.0);
            let level = (level_share(problem, share, problem.holds[step.hold].level) - MOST_LEVEL_SHARE).max(0.0);
            // Half a fault a second at twice the share that is too much.
            faults += (2.0 * hold + 1.0 * level) * problem.music.secs(bar, bar + 1);
        }
    }
    faults
}

/// Makes one of two phrases of the same hold dearer where it is, now the earlier, now the later one.
fn part(problem: &mut Problem, walk: &[Step], used: &Use, round: usize, step: f64) {
    for (i, &(earlier, later)) in used.repeats.iter().enumerate() {
        let one = &walk[if (i + round).is_multiple_of(2) { earlier } else { later }];
        problem.price[one.hold][one.first_bar..one.end_bar].iter_mut().for_each(|price| *price += 0.8 * step);
    }
}

/// Prices can't always part a hold's phrases: either all are worth it, or none. Then one phrase of the hold that is used too much is made too
/// dear where it is, another one each round; and a lead that is too long is broken further.
fn bar_one(problem: &mut Problem, walk: &[Step], used: &Use, round: usize) {
    const TOO_DEAR_A_SEC: f64 = 1.5;
    let holds = (0..problem.holds.len()).filter(|&hold| problem.holds[hold].kind != HoldKind::Rest);
    let worst = holds.max_by(|&a, &b| used.of_film[a].total_cmp(&used.of_film[b]));
    if let Some(hold) = worst.filter(|&hold| used.of_film[hold] > MOST_SHARE) {
        let phrases: Vec<&Step> = walk.iter().filter(|step| step.hold == hold).collect();
        let one = phrases[round % phrases.len()];
        problem.price[hold][one.first_bar..one.end_bar].iter_mut().for_each(|price| *price += TOO_DEAR_A_SEC);
    }
    cut_leads(problem, used, 0.5);
}

/// Reversals beyond what the music asks for, less than nothing where they are too few. Their number is even, so one more or less can't be helped.
fn too_many_reversals(problem: &Problem, used: &Use) -> f64 {
    let excess = used.leads.len() as f64 - problem.music.reversals;
    excess.signum() * (excess.abs() - FREE_REVERSALS).max(0.0)
}

/// Moves the prices against the faults; `step` falls over the rounds so that they settle.
fn raise(problem: &mut Problem, used: &Use, step: f64) {
    // A sixth too many makes each a fault dearer at first.
    let dearer = step * 6.0 * too_many_reversals(problem, used) / problem.music.reversals;
    problem.reversal_price.iter_mut().for_each(|price| *price += dearer);
    cut_leads(problem, used, step);
    let idle = (used.rest - MOST_REST_SHARE).max(0.0);
    // A short song has no room for every hold, and phrases too short to be acted would be the price.
    let phrases = problem.music.secs(0, problem.music.bars()) / PHRASE_SECS;
    let room = (phrases / problem.holds.len() as f64).min(1.0);
    for hold in 0..problem.holds.len() {
        let (kind, level) = (problem.holds[hold].kind, problem.holds[hold].level);
        let low_share = lack_of_level(problem, &used.of_film, level);
        let lacks = f64::from(u8::from(used.lacks(problem, kind))).max(low_share);
        let (missed, least) = if lacks > 0.0 { (0.6 * lacks, -1.7) } else { (0.15 * room, -1.5 * room) };
        // Faults a second: an excess of a tenth of the film makes a six-second phrase about two faults dearer at first.
        let mut over_film = 6.0 * (used.of_film[hold] - MOST_SHARE).max(0.0);
        if kind == HoldKind::Rest {
            over_film += 12.0 * idle;
        }
        for bar in 0..problem.music.bars() {
            let share = &used.of_stretch[bar];
            let level_excess = (level_share(problem, share, level) - MOST_LEVEL_SHARE).max(0.0);
            let over_stretch = 1.5 * (share[hold] - MOST_SHARE).max(0.0) + 0.7 * level_excess;
            let price = &mut problem.price[hold][bar];
            *price += step * (over_film + over_stretch);
            // What a height lacks is made up for by resting only where it is quiet.
            let makes_up = low_share > 0.0 && (kind != HoldKind::Rest || problem.music.intensity[bar] < QUIET);
            if used.of_film[hold] == 0.0 || makes_up {
                // A kind or a height that is missing is missed more than a hold.
                *price = (*price - step * missed).max(price.min(least));
            }
        }
    }
}

/// Makes reversals cheaper within leads that are too long.
fn cut_leads(problem: &mut Problem, used: &Use, step: f64) {
    for &(first_bar, bars, secs) in used.leads.iter().filter(|lead| lead.2 > LONGEST_LEAD_SECS) {
        // The farther from both ends, the better it would cut the stretch.
        let count = problem.music.bars();
        for bar in 1..bars {
            let share = bar.min(bars - bar) as f64 / bars as f64;
            let price = &mut problem.reversal_price[(first_bar + bar) % count];
            *price = (*price - step * 4.0 * share * (secs / LONGEST_LEAD_SECS)).max(-7.0);
        }
    }
}
