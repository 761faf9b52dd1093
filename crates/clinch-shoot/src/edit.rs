//! The edit: which set-up films which stretch, by exact dynamic programming over (mark, set-up).
//!
//! A shot's cost is the sum of its stretches' (see [`crate::judge`]) and of its length's; a cut's cost depends on the two set-ups that
//! meet and on the mark. How much of the film each framing and each face gets is steered by prices, as in any Lagrangian relaxation: for
//! given prices the edit is the best there is.

use crate::{
    judge::Judged,
    marks::{Marks, section_energy},
    scene::Scene,
    setup::Setup,
};
use clinch_model::{Score, ShotSize, Who};
use std::f32::consts::PI;

/// Shortest shot, in seconds; shorter ones aren't read.
pub(crate) const LEAST_SECS: f64 = 1.25;
/// Longest shot, in seconds: quiet music may be held.
pub(crate) const MOST_SECS: f64 = 12.0;
/// Least turn between neighbours of the same framing, in radians: the thirty-degree rule, less rounding.
const LEAST_TURN_RAD: f32 = 29.0 * PI / 180.0;
/// Sine of the angle to the line of the two people from which on a lens is clearly on one side.
pub(crate) const BESIDE: f32 = 0.25;
/// The same where the edit is made: the hand, rails and a look's distance from the frame move the lens a little.
const NEARLY_BESIDE: f32 = 0.17;
/// What crossing the line costs away from a reversal, in faults: more than anything but what must not be.
const CROSSED: f32 = 8.0;
/// Rounds in which the framings' prices settle; the shares hardly move after the eighth.
const ROUNDS: usize = 10;
/// Rounds of changing single shots at the end; the third finds nothing.
const POLISHES: usize = 3;
/// Halvings of the prices between the two people after that: 2 faults down to a thirtieth of one.
const HALVINGS: usize = 6;
/// Greatest ratio that is aimed at between shots' lengths in the loudest and the quietest section; the rule is 0.6.
const LOUD_TO_QUIET: f64 = 0.58;
/// How often the lengths asked for are drawn farther apart to get there, by how much, and how much more they weigh each time.
const STRETCHES: usize = 6;
const STRETCH: f64 = 1.12;
const INSIST: f32 = 1.4;

/// A set-up that films some stretches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Take {
    pub first: usize,
    pub end: usize,
    pub setup: usize,
}

/// Lengths that shots should have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rhythm {
    /// In the quietest music, in seconds.
    quiet_secs: f64,
    /// In the loudest.
    loud_secs: f64,
    /// Faults of a length that is e times as long or short as asked.
    weight: f32,
}

impl Default for Rhythm {
    /// Music films of calm songs hold shots for some 6 s, of loud ones for 2 s; shorter ones aren't read in the dark.
    fn default() -> Self {
        Self { quiet_secs: 6.2, loud_secs: 2.2, weight: 3.5 }
    }
}

impl Rhythm {
    fn wanted_secs(&self, energy: f64) -> f64 {
        self.quiet_secs * (self.loud_secs / self.quiet_secs).powf(energy)
    }
}

/// What decides about cuts between set-ups at each mark.
pub(crate) struct Cuts {
    /// `[from][to]`: cost of the cut whatever the moment; infinite for a jump.
    between: Vec<Vec<f32>>,
    /// `[mark][setup]`: on which side of the line between the two people the camera clearly stands: −1, 1, or 0 for neither.
    side: Vec<Vec<i8>>,
    /// `[mark]`: what crossing the line costs there.
    crossing: Vec<f32>,
    /// The dearest of `between` that is no jump.
    dearest: f32,
}

impl Cuts {
    pub fn of(scene: &Scene, setups: &[Setup], marks: &Marks) -> Self {
        let sides = |mark: usize| {
            let (moment, at_secs) = (scene.look_at(marks.at(mark)), marks.at(mark).0);
            setups.iter().map(|setup| clear_side(moment.side(setup.eye_m.at(at_secs)), NEARLY_BESIDE)).collect()
        };
        let side = (0..=marks.stretches()).map(sides).collect();
        Self::new(setups, side, marks)
    }

    fn new(setups: &[Setup], side: Vec<Vec<i8>>, marks: &Marks) -> Self {
        let between: Vec<Vec<f32>> = setups.iter().map(|a| setups.iter().map(|b| between(a, b)).collect()).collect();
        let dearest = between.iter().flatten().copied().filter(|cost| cost.is_finite()).fold(0.0, f32::max);
        let crossing = marks.reversal.iter().map(|&turns| if turns { 0.0 } else { CROSSED }).collect();
        Self { between, side, crossing, dearest }
    }

    /// Cost of cutting from one set-up to another at a mark; infinite for a jump.
    fn cost(&self, mark: usize, from: usize, to: usize) -> f32 {
        // Both clearly beside the line, on different sides: left and right change places on the screen.
        let crossed = self.side[mark][from] * self.side[mark][to] < 0;
        self.between[from][to] + if crossed { self.crossing[mark] } else { 0.0 }
    }
}

/// The side of the line that a lens is clearly on, farther off it than some angle's sine.
pub(crate) fn clear_side(sine: f32, beside: f32) -> i8 {
    if sine.abs() < beside { 0 } else { sine.signum() as i8 }
}

/// How much a framing holds, from 0 for most; neighbours in the row look alike.
fn nearness(size: ShotSize) -> f32 {
    match size {
        ShotSize::Wide => 0.0,
        ShotSize::Full | ShotSize::Low | ShotSize::Overhead => 1.0,
        ShotSize::Two => 2.0,
        ShotSize::Medium => 2.7,
        ShotSize::Tight | ShotSize::OverShoulder => 3.3,
        ShotSize::Close => 4.2,
    }
}

/// Cost of a cut between two set-ups whatever the moment; infinite for a jump.
fn between(a: &Setup, b: &Setup) -> f32 {
    let alike = (a.size, a.subject) == (b.size, b.subject);
    if a.goes_round() || b.goes_round() {
        let again = if a.subject == b.subject && a.subject.is_some() { 0.8 } else { 0.0 };
        return if alike { f32::INFINITY } else { again };
    }
    let turn = a.way().angle_between(b.way());
    if alike || (a.size == b.size && turn < LEAST_TURN_RAD) {
        return f32::INFINITY;
    }
    let step = (nearness(a.size) - nearness(b.size)).abs();
    // One face after the other's is a conversation; else a small step in size and in angle is a stumble.
    let conversation = a.subject.is_some() && b.subject.is_some() && a.subject != b.subject;
    let stumble = if conversation { 0.0 } else { 0.5 * (1.2 - step).max(0.0) };
    // The same person again is a film about one.
    let again = if a.subject.is_some() && a.subject == b.subject { 0.8 } else { 0.0 };
    // The same direction at another size is a zoom in the eye; a small turn stays a little rough.
    again + stumble + if turn < LEAST_TURN_RAD { 0.6 } else { 0.0 }
}

/// Chooses the takes that tile the film; draws the shots' lengths apart until the loudest section is cut as much faster as it should be.
///
/// `rhythm` is what was found before; it is drawn apart further, never back.
pub(crate) fn edit(setups: &[Setup], marks: &Marks, judged: &Judged, cuts: &Cuts, score: &Score, rhythm: &mut Rhythm) -> Vec<Take> {
    let mut best: Option<(Vec<Take>, f64)> = None;
    for _ in 0..STRETCHES {
        let takes = priced(setups, marks, judged, cuts, *rhythm);
        let lengths: Vec<(f64, f64)> = takes.iter().map(|take| (marks.at(take.first).0, marks.secs(take.first, take.end))).collect();
        let ratio = loud_to_quiet(score, &lengths).unwrap_or(0.0);
        if best.as_ref().is_none_or(|(_, least)| ratio < *least) {
            best = Some((takes, ratio));
        }
        if ratio <= LOUD_TO_QUIET {
            break;
        }
        let Rhythm { quiet_secs, loud_secs, weight } = *rhythm;
        *rhythm = Rhythm { quiet_secs: quiet_secs * STRETCH, loud_secs: loud_secs / STRETCH, weight: weight * INSIST };
    }
    best.map(|(takes, _)| takes).unwrap_or_default()
}

/// Mean length of the shots in the loudest section over that in the quietest; none where the sections are all alike or one of both has no
/// shot. `shots` are starts and lengths in seconds; a shot belongs to the section in which its middle lies.
pub(crate) fn loud_to_quiet(score: &Score, shots: &[(f64, f64)]) -> Option<f64> {
    let energy = section_energy(score)?;
    let mean_secs = |section: usize| {
        let middle =
            |&&(start, length): &&(f64, f64)| score.bars[score.bar_at(clinch_model::Secs(start + length / 2.0))].section == section;
        let lengths: Vec<f64> = shots.iter().filter(middle).map(|(_, length)| *length).collect();
        (!lengths.is_empty()).then(|| lengths.iter().sum::<f64>() / lengths.len() as f64)
    };
    let order = |&a: &usize, &b: &usize| energy[a].total_cmp(&energy[b]);
    let (quietest, loudest) = ((0..energy.len()).min_by(order)?, (0..energy.len()).max_by(order)?);
    Some(mean_secs(loudest)? / mean_secs(quietest)?)
}

/// The best takes for some lengths, prices found by subgradient, then by halving.
fn priced(setups: &[Setup], marks: &Marks, judged: &Judged, cuts: &Cuts, rhythm: Rhythm) -> Vec<Take> {
    let mut prices = Prices::default();
    let mut best: Option<(Vec<Take>, f32, Prices)> = None;
    let table_of = |prices: Prices| Table { setups, marks, judged, cuts, prices, rhythm };
    let solve = |prices: Prices, best: &mut Option<(Vec<Take>, f32, Prices)>| {
        let table = table_of(prices);
        let takes = table.solve();
        let share = table.shares(&takes);
        let cost = table.unpriced(&takes) + share.faults();
        if best.as_ref().is_none_or(|(_, least, _)| cost < *least) {
            *best = Some((takes, cost, prices));
        }
        share
    };
    for round in 0..ROUNDS {
        let share = solve(prices, &mut best);
        prices.raise(&share, 1.0 / (1.0 + round as f32 / 2.0));
    }
    // A person's share falls as their price rises, so the price that shares evenly is found by halving.
    for balance in 0..BALANCES {
        if let Some((_, _, found)) = &best {
            prices = *found;
        }
        let (mut low, mut high) = (-2.0, 2.0);
        for _ in 0..HALVINGS {
            prices.cop[balance] = (low + high) / 2.0;
            let share = solve(prices, &mut best);
            if share.favour(balance) > 0.0 { low = prices.cop[balance] } else { high = prices.cop[balance] }
        }
    }
    best.map(|(takes, _, _)| table_of(Prices::default()).polished(takes)).unwrap_or_default()
}

/// What framings and faces cost besides how they look, in faults per two seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Prices {
    /// `[framing]`, in the order of [`WANTED`].
    size: [f32; WANTED.len()],
    /// `[balance]`: on Cop's time of each; Kid's is cheaper by as much.
    cop: [f32; BALANCES],
}

impl Prices {
    /// Moves the prices against what was too much; `step` falls over the rounds so that they settle.
    fn raise(&mut self, share: &Shares, step: f32) {
        for (framing, price) in self.size.iter_mut().enumerate() {
            // In parts of the bound that is passed, so that rare framings are called for as strongly as common ones.
            let ([least, most], off) = (WANTED[framing].1, share.off(framing));
            *price += step * 0.3 * (off / if off < 0.0 { least } else { most });
        }
        for (balance, price) in self.cop.iter_mut().enumerate() {
            *price += step * 1.5 * share.favour(balance);
        }
    }
}

/// The dynamic programme for given prices.
struct Table<'a> {
    setups: &'a [Setup],
    marks: &'a Marks,
    judged: &'a Judged,
    cuts: &'a Cuts,
    prices: Prices,
    rhythm: Rhythm,
}

impl Table<'_> {
    /// The best tiling; the seam between its last and first shot counts as a cut too, with the first set-up taken from a first solution.
    fn solve(&self) -> Vec<Take> {
        let open = self.solve_from(None);
        match open.first().map(|take| take.setup) {
            Some(first) => self.solve_from(Some(first)),
            None => open,
        }
    }

    fn solve_from(&self, opening: Option<usize>) -> Vec<Take> {
        let (stretches, count) = (self.marks.stretches(), self.setups.len());
        // [mark][setup]: cost of the best tiling up to the mark that ends with the set-up, and where its last shot begins.
        let mut least = vec![vec![f32::INFINITY; count]; stretches + 1];
        let mut begun = vec![vec![0_usize; count]; stretches + 1];
        let mut before = vec![vec![0_usize; count]; stretches + 1];
        for first in 0..stretches {
            let (entered, from) = self.enter(&least, first, opening);
            let lengths = self.lengths(first);
            for setup in (0..count).filter(|&setup| entered[setup].is_finite()) {
                before[first][setup] = from[setup];
                let mut kept = self.judged.entry[first][setup];
                for (end, length) in (first + 1..).zip(&lengths) {
                    kept += self.stretch_cost(end - 1, setup);
                    let Some(length) = length else { continue };
                    let cost = entered[setup] + kept + length;
                    if cost < least[end][setup] {
                        (least[end][setup], begun[end][setup]) = (cost, first);
                    }
                }
            }
        }
        let whole = |setup: usize| least[stretches][setup] + opening.map_or(0.0, |opening| self.seam_cost(setup, opening));
        let end = (0..count).min_by(|&a, &b| whole(a).total_cmp(&whole(b))).unwrap_or(0);
        read_back(&begun, &before, stretches, end)
    }

    /// Cost of a stretch in a set-up with prices.
    fn stretch_cost(&self, stretch: usize, setup: usize) -> f32 {
        let own = &self.setups[setup];
        let secs = self.balanced_secs(stretch, setup);
        let balanced: f32 = secs.iter().zip(self.prices.cop).map(|([cop, kid], price)| price * (cop - kid)).sum();
        let by_size = self.prices.size[framing(own)] * self.marks.secs(stretch, stretch + 1) as f32;
        self.judged.cost[stretch][setup] + (by_size + balanced) / 2.0
    }

    /// `[balance][who]`: seconds of a stretch in shots about them, with their face seen, and with them in the picture.
    fn balanced_secs(&self, stretch: usize, setup: usize) -> [[f32; 2]; BALANCES] {
        let secs = self.marks.secs(stretch, stretch + 1) as f32;
        let about = Who::BOTH.map(|who| if self.setups[setup].subject == Some(who) { secs } else { 0.0 });
        let [seen, shown] = self.judged.time_secs[stretch][setup];
        [about, seen, shown]
    }

    /// Cost of the loop's seam: none where the last shot's set-up is the first one's, a cut like any other otherwise.
    fn seam_cost(&self, last: usize, first: usize) -> f32 {
        if last == first { 0.0 } else { self.cuts.cost(self.marks.stretches(), last, first) }
    }

    /// `[setup]`: cost of cutting to it at a mark, and from which.
    fn enter(&self, least: &[Vec<f32>], mark: usize, opening: Option<usize>) -> (Vec<f32>, Vec<usize>) {
        let count = self.setups.len();
        if mark == 0 {
            let cost = |setup| if opening.is_none_or(|opening| opening == setup) { 0.0 } else { f32::INFINITY };
            return ((0..count).map(cost).collect(), vec![0; count]);
        }
        let side = &self.cuts.side[mark];
        let earlier = [-1, 0, 1].map(|to| self.worth_leaving(&least[mark], mark, to));
        let (mut entered, mut from) = (vec![f32::INFINITY; count], vec![0; count]);
        for setup in 0..count {
            for &earlier in &earlier[(side[setup] + 1) as usize] {
                let cost = least[mark][earlier] + self.marks.interrupts[mark] + self.cuts.cost(mark, earlier, setup);
                if cost < entered[setup] {
                    (entered[setup], from[setup]) = (cost, earlier);
                }
            }
        }
        (entered, from)
    }

    /// The set-ups from which a cut at a mark to a set-up on a side of the line may be the best one, in index order.
    ///
    /// A cut is a jump only between set-ups of the same framing. So of the two cheapest of different framings that needn't cross the line one
    /// can always be left, at no more than the dearest cut; whatever costs more than the second and that cut is never left. Nothing is
    /// lost by leaving it out.
    fn worth_leaving(&self, least: &[f32], mark: usize, to_side: i8) -> Vec<usize> {
        let crosses = |from: usize| self.cuts.side[mark][from] * to_side < 0 && self.cuts.crossing[mark] > 0.0;
        let (mut best, mut second): (Option<usize>, Option<usize>) = (None, None);
        for from in (0..least.len()).filter(|&from| !crosses(from)) {
            let framing = |other: Option<usize>| other.map(|other| self.setups[other].size);
            let cheaper = |other: Option<usize>| other.is_none_or(|other| least[from] < least[other]);
            if cheaper(best) {
                if framing(best) != Some(self.setups[from].size) {
                    second = best;
                }
                best = Some(from);
            } else if framing(best) != Some(self.setups[from].size) && cheaper(second) {
                second = Some(from);
            }
        }
        let bound = second.map_or(f32::INFINITY, |second| least[second] + self.cuts.dearest);
        let worth =
            |&from: &usize| least[from].is_finite() && least[from] + if crosses(from) { self.cuts.crossing[mark] } else { 0.0 } <= bound;
        (0..least.len()).filter(worth).collect()
    }

    /// Costs of the lengths of shots that begin at a mark, one more stretch each, up to the longest.
    fn lengths(&self, first: usize) -> Vec<Option<f32>> {
        let ends = (first + 1..=self.marks.stretches()).take_while(|&end| end == first + 1 || self.marks.secs(first, end) <= MOST_SECS);
        ends.map(|end| self.length_cost(first, end)).collect()
    }

    /// Cost of a shot's length; none where it may not be. A shot that is the whole film may be as short as the film.
    fn length_cost(&self, first: usize, end: usize) -> Option<f32> {
        let secs = self.marks.secs(first, end);
        let whole = first == 0 && end == self.marks.stretches();
        if !whole && (secs < LEAST_SECS || (secs > MOST_SECS && end - first > 1)) {
            return None;
        }
        let energy: f64 =
            (first..end).map(|stretch| self.marks.energy[stretch] * self.marks.secs(stretch, stretch + 1)).sum::<f64>() / secs;
        // Give or take a quarter: an even rhythm is a machine's.
        let wanted_secs = self.rhythm.wanted_secs(energy) * self.marks.patience[first];
        let over_section = (first + 1..end).filter(|&stretch| self.marks.begins_section[stretch]).count();
        Some(self.rhythm.weight * (secs / wanted_secs).ln().powi(2) as f32 + 1.5 * over_section as f32)
    }

    /// Changes single shots' set-ups as long as the whole, shares counted, gets better: prices reach shares only in steps.
    fn polished(&self, mut takes: Vec<Take>) -> Vec<Take> {
        let mut share = self.shares(&takes);
        for _ in 0..POLISHES {
            let mut changed = false;
            for i in 0..takes.len() {
                let now = takes[i].setup;
                share.add(self, &takes[i], -1.0);
                let mut cost = |setup: usize| {
                    let mut other = share;
                    other.add(self, &Take { setup, ..takes[i] }, 1.0);
                    self.in_place(&mut takes, i, setup) + other.faults()
                };
                let mut best = (now, cost(now));
                for setup in 0..self.setups.len() {
                    let cost = cost(setup);
                    if cost < best.1 - 1e-3 {
                        best = (setup, cost);
                    }
                }
                changed |= best.0 != now;
                takes[i].setup = best.0;
                share.add(self, &takes[i], 1.0);
            }
            if !changed {
                break;
            }
        }
        takes
    }

    /// What a set-up costs in a take's place, with both its cuts; the length is the same for all.
    fn in_place(&self, takes: &mut [Take], i: usize, setup: usize) -> f32 {
        takes[i].setup = setup;
        let take = takes[i];
        let kept = self.kept(&take);
        let into =
            if i > 0 { self.cuts.cost(take.first, takes[i - 1].setup, setup) } else { self.seam_cost(takes[takes.len() - 1].setup, setup) };
        let out = match takes.get(i + 1) {
            Some(next) => self.cuts.cost(next.first, setup, next.setup),
            None => self.seam_cost(setup, takes[0].setup),
        };
        kept + into + out
    }

    /// What a take shows and doesn't, without prices.
    fn kept(&self, take: &Take) -> f32 {
        let stretches: f32 = (take.first..take.end).map(|stretch| self.judged.cost[stretch][take.setup]).sum();
        stretches + self.judged.entry[take.first][take.setup]
    }

    /// A tiling's cost without prices.
    fn unpriced(&self, takes: &[Take]) -> f32 {
        let shots: f32 = takes
            .iter()
            .map(|take| {
                let interrupts = if take.first > 0 { self.marks.interrupts[take.first] } else { 0.0 };
                self.kept(take) + interrupts + self.length_cost(take.first, take.end).unwrap_or(f32::INFINITY)
            })
            .sum();
        shots + takes.windows(2).map(|pair| self.cuts.cost(pair[1].first, pair[0].setup, pair[1].setup)).sum::<f32>()
    }

    fn shares(&self, takes: &[Take]) -> Shares {
        let mut share = Shares::default();
        takes.iter().for_each(|take| share.add(self, take, 1.0));
        share
    }
}

fn read_back(begun: &[Vec<usize>], before: &[Vec<usize>], stretches: usize, last: usize) -> Vec<Take> {
    let (mut takes, mut end, mut setup) = (Vec::new(), stretches, last);
    while end > 0 {
        let first = begun[end][setup];
        takes.push(Take { first, end, setup });
        (end, setup) = (first, before[first][setup]);
    }
    takes.reverse();
    takes
}

/// How the film's time is shared out.
#[derive(Debug, Clone, Copy, Default)]
struct Shares {
    /// `[framing]`, in the order of [`WANTED`].
    size: [f32; WANTED.len()],
    /// `[balance][who]`: seconds of each.
    balanced_secs: [[f32; 2]; BALANCES],
}

/// What is shared evenly: shots about one, time with the face seen, time in the picture.
const BALANCES: usize = 3;

/// Least and greatest share of the film for each framing: the struggle is seen from among them, the place is remembered.
const WANTED: [(ShotSize, [f32; 2]); 9] = [
    (ShotSize::Wide, [0.06, 0.18]),
    (ShotSize::Full, [0.05, 0.20]),
    (ShotSize::Two, [0.12, 0.34]),
    (ShotSize::Tight, [0.06, 0.28]),
    (ShotSize::OverShoulder, [0.03, 0.18]),
    (ShotSize::Medium, [0.06, 0.22]),
    (ShotSize::Close, [0.12, 0.34]),
    (ShotSize::Low, [0.02, 0.12]),
    (ShotSize::Overhead, [0.02, 0.10]),
];

/// Index of a set-up's framing in [`WANTED`].
fn framing(setup: &Setup) -> usize {
    WANTED.iter().position(|(size, _)| *size == setup.size).unwrap_or(0)
}

impl Shares {
    /// Adds a take `times` times; −1 takes it away.
    fn add(&mut self, table: &Table, take: &Take, times: f32) {
        let setup = &table.setups[take.setup];
        let whole_secs = table.marks.secs(0, table.marks.stretches()) as f32;
        self.size[framing(setup)] += table.marks.secs(take.first, take.end) as f32 / whole_secs * times;
        for stretch in take.first..take.end {
            for (sum, secs) in self.balanced_secs.iter_mut().zip(table.balanced_secs(stretch, take.setup)) {
                (0..2).for_each(|who| sum[who] += secs[who] * times);
            }
        }
    }

    /// By how much a framing passes its share: positive for too much, negative for too little.
    fn off(&self, framing: usize) -> f32 {
        let (share, [least, most]) = (self.size[framing], WANTED[framing].1);
        (share - most).max(0.0) - (least - share).max(0.0)
    }

    fn faults(&self) -> f32 {
        let sizes: f32 = (0..WANTED.len()).map(|framing| self.off(framing).abs()).sum();
        // Within 45–55 % nobody notices who is favoured; a little is kept for what the judge's looks miss.
        let favoured: f32 = (0..BALANCES).map(|balance| (self.favour(balance).abs() - 0.035).max(0.0)).sum();
        40.0 * sizes + 200.0 * favoured
    }

    /// By how much Cop's share of something passes a half; 0 where there is none of it.
    fn favour(&self, balance: usize) -> f32 {
        let [cop, kid] = self.balanced_secs[balance];
        if cop + kid > 1e-3 { cop / (cop + kid) - 0.5 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Track;
    use clinch_model::{FrameRate, random::Stream};
    use glam::Vec3;

    fn setup(size: ShotSize, subject: Option<Who>, azimuth_rad: f32) -> Setup {
        let still = Track { hz: 1.0, values: vec![Vec3::ZERO] };
        Setup { size, subject, azimuth_rad, elevation_rad: 0.0, eye_m: still.clone(), aim_m: still }
    }

    /// The least cost of all tilings, by trying every one.
    fn brute_force(table: &Table, takes: &mut Vec<Take>) -> f32 {
        let (first, stretches) = (takes.last().map_or(0, |take| take.end), table.marks.stretches());
        if first == stretches {
            return table.unpriced(takes);
        }
        let mut least = f32::INFINITY;
        for end in first + 1..=stretches {
            for setup in 0..table.setups.len() {
                if table.length_cost(first, end).is_some() {
                    takes.push(Take { first, end, setup });
                    least = least.min(brute_force(table, takes));
                    takes.pop();
                }
            }
        }
        least
    }

    #[test]
    fn the_table_finds_what_trying_everything_finds() {
        let setups = [
            setup(ShotSize::Wide, None, 0.0),
            setup(ShotSize::Two, None, 0.3),
            setup(ShotSize::Close, Some(Who::Cop), 1.0),
            setup(ShotSize::Close, Some(Who::Kid), 1.2),
        ];
        for seed in 0..6 {
            let mut stream = Stream::new(seed, "test edit");
            let stretches = 5;
            let marks = Marks {
                frames: (0..=stretches as u64).map(|mark| mark * 44).collect(),
                energy: (0..stretches).map(|_| stream.unit()).collect(),
                section: vec![0; stretches],
                begins_section: (0..stretches).map(|stretch| stretch == 3).collect(),
                patience: vec![1.0; stretches],
                interrupts: (0..=stretches).map(|_| stream.unit() as f32).collect(),
                reversal: (0..=stretches).map(|mark| mark == 2).collect(),
                rate: FrameRate::whole(24),
            };
            let cost = (0..stretches).map(|_| setups.iter().map(|_| stream.unit() as f32 * 2.0).collect()).collect();
            let entry = (0..stretches).map(|_| setups.iter().map(|_| stream.unit() as f32).collect()).collect();
            let judged = Judged { cost, entry, time_secs: vec![vec![[[0.0; 2]; 2]; setups.len()]; stretches] };
            let side = (0..=stretches).map(|_| setups.iter().map(|_| stream.between(-1.5, 1.5).round() as i8).collect()).collect();
            let cuts = Cuts::new(&setups, side, &marks);
            let (prices, rhythm) = (Prices::default(), Rhythm::default());
            let table = Table { setups: &setups, marks: &marks, judged: &judged, cuts: &cuts, prices, rhythm };
            let (found, truth) = (table.unpriced(&table.solve_from(None)), brute_force(&table, &mut Vec::new()));
            assert!((found - truth).abs() < 1e-4, "{found} against {truth}");
        }
    }

    #[test]
    fn jumps_are_no_cuts() {
        let close = |who, azimuth_rad| setup(ShotSize::Close, Some(who), azimuth_rad);
        assert!(between(&close(Who::Cop, 0.0), &close(Who::Cop, 2.0)).is_infinite(), "the same face again");
        assert!(between(&close(Who::Cop, 0.0), &close(Who::Kid, 0.2)).is_infinite(), "hardly turned");
        assert_eq!(between(&close(Who::Cop, 0.0), &close(Who::Kid, 1.0)), 0.0);
        assert!(between(&close(Who::Cop, 0.0), &setup(ShotSize::Two, None, 0.0)) > 0.0, "a zoom");
        let (full, low) = (setup(ShotSize::Full, None, 0.0), setup(ShotSize::Low, None, 1.0));
        assert!(between(&full, &low) > between(&full, &close(Who::Cop, 1.0)), "a stumble");
    }
}
