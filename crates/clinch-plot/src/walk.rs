//! The best closed walk in the graph of holds, by exact dynamic programming.
//!
//! A walk is a row of *steps*: one hold, led by one person, for some bars. Its cost is a sum over steps and over pairs of neighbours,
//! so the cheapest walk up to a bar depends on the past only through the last two holds, the leader, and how long Cop has led so far.
//! [`crate::table`] holds that cost, and the walk is read back from its end (Bellman, *Dynamic Programming*, 1957; the segments make it a
//! semi-Markov chain). Costs are in *faults*: 1 is what an attentive viewer would notice.
//!
//! The seam ties the last step to the first, so a table is filled for each opening hold. One table for all of them, filled backward with the
//! cheapest seam, tells first what each opening costs at least, and then, cell by cell, what can't become the best walk any more.

use crate::{
    holds::can_follow,
    music::{Music, Turn},
    rehearsal::Rehearsals,
    table::{Bound, Cell, Lattice, RETURN, Table, Way, state},
};
use clinch_model::{Hold, HoldKind, Level, Who, random::Stream};
use std::ops::Range;

/// Time in a hold after the move into it, at the least, in seconds: shorter, and it isn't read.
const LEAST_KEPT_SECS: f64 = 2.0;
/// Longest phrase, in seconds (unless one bar is longer): four bars at 80 beats a minute.
const LONGEST_SECS: f64 = 12.0;
/// Longest rest, in seconds: two or three heavy breaths after the move.
const LONGEST_REST_SECS: f64 = 7.0;
/// Intensity under which the music lets them rest.
pub(crate) const QUIET: f64 = 0.35;
/// How much better a rest is than another hold where the music is quiet, in faults a second: there they may look at each other.
const REST_WELCOME: f64 = 0.22;
/// Most bars in a phrase; bounds the work where bars are very short.
const MOST_BARS: usize = 16;
/// Steps into which the song's length is divided to count how long Cop has led. Rounding a run's ends to the nearest step costs at
/// most 1/128 of the song a run and about a tenth of that over a film, which [`BALANCE`] leaves room for.
const TICKS: usize = 128;
/// Least and greatest share of the song that Cop may lead; the film's rule is 0.4..0.6, the rest is for rounding.
const BALANCE: [f64; 2] = [0.42, 0.58];
/// The film's rule itself, checked in seconds on the finished walk.
const RULE: [f64; 2] = [0.4, 0.6];

/// The hold in which the film's one shove is.
pub(crate) const SHOVE_HOLD: &str = "elbow-shove";

/// Cost of the film's one shove in another hold, or without Cop's lead, in faults: more than everything that variety may ask for.
const MISPLACED: f32 = 40.0;

/// A hold kept for some bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub first_bar: usize,
    pub end_bar: usize,
    /// Index into the problem's holds.
    pub hold: usize,
    pub leader: Who,
}

/// What is to be solved.
#[derive(Clone)]
pub(crate) struct Problem<'a> {
    pub music: &'a Music,
    pub holds: &'a [Hold],
    pub opens_with: Who,
    /// `[hold][bar]`: extra cost in faults a second, by which variety is asked for.
    pub price: Vec<Vec<f64>>,
    /// `[bar]`: extra cost in faults of a change of the leader there, by which reversals are asked for.
    pub reversal_price: Vec<f64>,
    /// Least and greatest share that Cop leads.
    pub balance: [f64; 2],
    /// `[hold][bar]`: how little this film cares for the hold in this part of the song; makes seeds differ.
    distaste: Vec<Vec<f64>>,
    /// `[hold][hold]`: whether the second may follow the first while the same person leads, and when the lead changes.
    may_follow: Vec<Vec<[bool; 2]>>,
    /// `[from state][to state]`: what the move costs for how it went in rehearsal.
    rehearsed: Vec<Vec<f32>>,
}

/// The shortest phrase that any hold allows.
pub(crate) fn least_secs(holds: &[Hold]) -> f64 {
    holds.iter().map(|hold| hold.enter_secs + LEAST_KEPT_SECS).fold(f64::INFINITY, f64::min)
}

impl<'a> Problem<'a> {
    pub fn new(music: &'a Music, holds: &'a [Hold], opens_with: Who, seed: u64) -> Self {
        let ways = |from: &Hold, to: &Hold| [false, true].map(|changes| can_follow(from, to, changes));
        let may_follow = holds.iter().map(|hold| holds.iter().map(|other| ways(hold, other)).collect()).collect();
        let rehearsals = Rehearsals::built_in();
        let states = || holds.iter().flat_map(|hold| Who::BOTH.map(|leader| (hold.name.as_str(), leader)));
        let rehearsed = states().map(|from| states().map(|to| rehearsals.cost(from, to)).collect()).collect();
        let distaste = holds.iter().map(|hold| distaste(hold, music, seed)).collect();
        Self {
            music,
            holds,
            opens_with,
            price: vec![vec![0.0; music.bars()]; holds.len()],
            reversal_price: vec![0.0; music.bars()],
            balance: BALANCE,
            distaste,
            may_follow,
            rehearsed,
        }
    }

    /// The cheapest closed walk and its cost with prices, or none where there is no walk at all. A walk that is `known` already saves time.
    pub fn solve(&self, known: Option<&[Step]>) -> Option<(Vec<Step>, f32)> {
        let lattice = self.lattice();
        let openings: Vec<usize> = (0..self.holds.len()).filter(|&hold| self.may_open(hold)).collect();
        let backward = lattice.fill_backward(&self.cheapest_seams(&openings));
        let mut bound = Bound { most: known.map_or(f32::INFINITY, |walk| self.cost(walk)), backward: &backward };

        // From the opening that may be cheapest on, as long as one may still be better.
        let least = |hold: usize| backward.row(&lattice, 0, state(hold, self.opens_with))[0];
        let mut ranked: Vec<(usize, f32)> = openings.into_iter().map(|hold| (hold, least(hold))).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut best: Option<(Vec<Step>, f32)> = None;
        for (opening, _) in ranked.into_iter().take_while(|(_, least)| least.is_finite()) {
            if bound.excludes(least(opening)) {
                break;
            }
            let table = lattice.fill_onward(state(opening, self.opens_with), &bound);
            let Some((end, cost)) = self.cheapest_end(&lattice, &table, opening) else { continue };
            bound.most = bound.most.min(cost);
            if best.as_ref().is_none_or(|(_, least)| cost < *least) {
                best = Some((self.read_back(&lattice, &table, opening, end), cost));
            }
        }
        best.filter(|(walk, _)| self.keeps_rule(walk))
    }

    /// The film opens on their feet and in the middle of it.
    fn may_open(&self, hold: usize) -> bool {
        self.holds[hold].level == Level::Standing && self.holds[hold].kind != HoldKind::Rest
    }

    fn keeps_rule(&self, walk: &[Step]) -> bool {
        let led: f64 = walk.iter().filter(|s| s.leader == Who::Cop).map(|s| self.music.secs(s.first_bar, s.end_bar)).sum();
        (RULE[0]..=RULE[1]).contains(&(led / self.music.secs(0, self.music.bars())))
    }

    /// Bars at which a phrase that begins at `first_bar` may end.
    fn ends(&self, first_bar: usize, hold: usize) -> impl Iterator<Item = usize> {
        let hold = &self.holds[hold];
        let longest_secs = if hold.kind == HoldKind::Rest { LONGEST_REST_SECS } else { LONGEST_SECS };
        let long_enough =
            (first_bar + 1..=self.music.bars()).filter(move |&end| self.music.secs(first_bar, end) >= hold.enter_secs + LEAST_KEPT_SECS);
        let shortest = long_enough.clone().next();
        long_enough.take_while(move |&end| {
            Some(end) == shortest || (self.music.secs(first_bar, end) <= longest_secs && end - first_bar <= MOST_BARS)
        })
    }

    /// Cost of keeping a hold for some bars, without what its neighbours add.
    fn step_cost(&self, first_bar: usize, end_bar: usize, hold: usize, leader: Who) -> f32 {
        self.hold_cost(first_bar, end_bar, hold) + self.shove_cost(first_bar, end_bar, hold, leader)
    }

    /// What the film's one shove adds to a step: over its moment Cop had better lead, on their feet and in the hold that is made for it, long
    /// enough to have arrived; and that hold is for this one moment.
    fn shove_cost(&self, first_bar: usize, end_bar: usize, hold: usize, leader: Who) -> f32 {
        let this = &self.holds[hold];
        let made_for_it = this.name == SHOVE_HOLD;
        let Some(wish) = self.music.shove.filter(|wish| (first_bar..end_bar).contains(&wish.bar)) else {
            return if made_for_it { 8.0 } else { 0.0 };
        };
        let offered = self.holds.iter().any(|hold| hold.name == SHOVE_HOLD);
        let misplaced = match (leader, offered) {
            (Who::Kid, _) if wish.must => return f32::INFINITY,
            (Who::Kid, _) => MISPLACED,
            (Who::Cop, true) => {
                if made_for_it {
                    0.0
                } else {
                    MISPLACED
                }
            }
            (Who::Cop, false) => {
                if this.level == Level::Standing && this.kind == HoldKind::Struggle {
                    0.0
                } else {
                    3.0
                }
            }
        };
        // A moment that isn't the treatment's is moved to where they have arrived.
        let before_arrival = wish.must && wish.at.0 < self.music.bounds_secs[first_bar] + this.enter_secs;
        misplaced + if before_arrival { 2.0 } else { 0.0 }
    }

    /// Cost of keeping a hold for some bars, whoever leads it.
    fn hold_cost(&self, first_bar: usize, end_bar: usize, hold: usize) -> f32 {
        let music = self.music;
        let (this, secs) = (&self.holds[hold], music.secs(first_bar, end_bar));
        let mut cost = self.distaste[hold][first_bar];
        let [least, most] = this.effort;
        for bar in first_bar..end_bar {
            let wanted = music.intensity[bar];
            let outside = (least - wanted).max(wanted - most).max(0.0);
            let from_middle = wanted - (least + most) / 2.0;
            // A hold played 0.2 beyond its range is half a fault a second; within the range the middle is only a little better.
            cost += (self.price[hold][bar] + 0.5 * (outside / 0.2).powi(2) + from_middle.powi(2)) * music.secs(bar, bar + 1);
            if bar > first_bar {
                cost += match music.turn[bar] {
                    Turn::Must => return f32::INFINITY,
                    Turn::Section => 3.0,
                    Turn::None | Turn::Sentence | Turn::Seam => 0.0,
                };
            }
        }
        let intensity = music.mean_intensity(first_bar, end_bar);
        if this.kind == HoldKind::Rest && intensity < QUIET {
            cost -= REST_WELCOME * secs;
        }
        // Loud music changes holds every 6–7 s, quiet music every 8 s: exhausted people take three or four to get from one to the next. A phrase
        // off its section's pairs of bars sounds misplaced.
        let wanted_secs = 8.0 - 2.0 * intensity;
        cost += ((secs - wanted_secs) / 3.0).powi(2);
        if (first_bar - music.section_start[first_bar]) % 2 == 1 {
            cost += 0.25;
        }
        cost as f32
    }

    /// Cost of moving between holds where the music says something about leverage; infinite where the bodies or the treatment don't allow it.
    fn move_cost(&self, turn: Turn, from: (usize, Who), to: (usize, Who)) -> f32 {
        let (a, b) = (&self.holds[from.0], &self.holds[to.0]);
        let changes = from.1 != to.1;
        if !self.may_follow[from.0][to.0][usize::from(changes)] {
            return f32::INFINITY;
        }
        let into_rest = match (a.kind, b.kind) {
            // Two rests one after the other are a pause in the film.
            (HoldKind::Rest, HoldKind::Rest) => 4.0,
            (_, HoldKind::Rest) if changes => 1.5,
            _ => 0.0,
        };
        into_rest
            + self.rehearsed[state(from.0, from.1)][state(to.0, to.1)]
            + match (turn, changes) {
                (Turn::Must, false) => f32::INFINITY,
                (Turn::Must, true) | (Turn::Section, true) | (Turn::Seam | Turn::Sentence | Turn::None, false) => 0.0,
                (Turn::Section, false) => 1.2,
                (Turn::Seam, true) => 2.0,
                (Turn::Sentence, true) => 1.5,
                (Turn::None, true) => 5.0,
            }
    }

    /// Cost of the loop's seam. Joining inside one hold is free, because nothing has to move there.
    fn seam_cost(&self, last: (usize, Who), first: (usize, Who)) -> f32 {
        if last == first {
            return if self.music.turn[0] == Turn::Must { f32::INFINITY } else { 0.0 };
        }
        1.0 + self.move_cost(self.music.turn[0], last, first)
    }

    /// The total cost of a walk with prices, by the definition; infinite where it isn't allowed.
    pub fn cost(&self, walk: &[Step]) -> f32 {
        let (Some(first), Some(last)) = (walk.first(), walk.last()) else { return f32::INFINITY };
        let steps: f32 = walk.iter().map(|s| self.step_cost(s.first_bar, s.end_bar, s.hold, s.leader)).sum();
        let moves: f32 = walk.windows(2).map(|pair| self.cost_between(&pair[0], &pair[1])).sum();
        let returns: f32 = walk.windows(3).map(|three| if three[0].hold == three[2].hold { RETURN } else { 0.0 }).sum();
        let led: usize = walk.iter().filter(|s| s.leader == Who::Cop).map(|s| self.tick(s.end_bar) - self.tick(s.first_bar)).sum();
        if !self.balanced(led) {
            return f32::INFINITY;
        }
        steps + moves + returns + self.seam_cost((last.hold, last.leader), (first.hold, first.leader))
    }

    fn cost_between(&self, before: &Step, step: &Step) -> f32 {
        let bar = step.first_bar;
        let priced = if before.leader != step.leader { self.reversal_cost(bar) } else { 0.0 };
        self.move_cost(self.music.turn[bar], (before.hold, before.leader), (step.hold, step.leader)) + priced
    }

    /// What a change of the leader costs at a bar beside the move itself.
    fn reversal_cost(&self, bar: usize) -> f32 {
        (self.reversal_price[bar] + self.music.reluctance[bar]) as f32
    }

    fn tick(&self, bar: usize) -> usize {
        (self.music.bounds_secs[bar] / self.music.bounds_secs[self.music.bars()] * TICKS as f64).round() as usize
    }

    fn balanced(&self, tick: usize) -> bool {
        (self.balance[0]..=self.balance[1]).contains(&(tick as f64 / TICKS as f64))
    }

    /// Everything that filling tables reads, with the prices as they are.
    fn lattice(&self) -> Lattice {
        let (bars, holds) = (self.music.bars(), self.holds.len());
        let mut onward = vec![vec![Vec::new(); 2 * holds]; bars + 1];
        let mut backward = vec![vec![Vec::new(); 2 * holds]; bars + 1];
        for bar in 0..bars {
            for hold in 0..holds {
                for end in self.ends(bar, hold) {
                    let kept = self.hold_cost(bar, end, hold);
                    for leader in Who::BOTH {
                        let cost = kept + self.shove_cost(bar, end, hold, leader);
                        if cost.is_finite() {
                            onward[bar][state(hold, leader)].push((end, cost));
                            backward[end][state(hold, leader)].push((bar, cost));
                        }
                    }
                }
            }
        }
        let states = || (0..holds).flat_map(|hold| Who::BOTH.map(|leader| (hold, leader)));
        let into = |turn: Turn| states().map(|to| self.ways(|from| self.move_cost(turn, from, to))).collect();
        let out_of = |turn: Turn| states().map(|from| self.ways(|to| self.move_cost(turn, from, to))).collect();
        Lattice {
            bars,
            holds,
            tick: (0..=bars).map(|bar| self.tick(bar)).collect(),
            span: (0..=bars).map(|bar| self.hopeful(bar)).collect(),
            onward,
            backward,
            turn: self.music.turn.clone(),
            reversal: (0..bars).map(|bar| self.reversal_cost(bar)).collect(),
            into: Turn::ALL.into_iter().map(into).collect(),
            out_of: Turn::ALL.into_iter().map(out_of).collect(),
        }
    }

    /// Holds with the cost of moving to or from them, without those where no move is possible.
    fn ways(&self, cost: impl Fn((usize, Who)) -> f32) -> Vec<Way> {
        let way = |hold| Way { hold, cost: Who::BOTH.map(|leader| cost((hold, leader))) };
        (0..self.holds.len()).map(way).filter(|way| way.cost.iter().any(|cost| cost.is_finite())).collect()
    }

    /// `[state]`: the least that the seam costs after it, whichever way the film opens.
    fn cheapest_seams(&self, openings: &[usize]) -> Vec<f32> {
        let states = (0..self.holds.len()).flat_map(|hold| Who::BOTH.map(|leader| (hold, leader)));
        let seam = |last| openings.iter().map(|&first| self.seam_cost(last, (first, self.opens_with))).fold(f32::INFINITY, f32::min);
        states.map(seam).collect()
    }

    /// Ticks of Cop's lead at a bar from which the end can still be balanced.
    fn hopeful(&self, bar: usize) -> Range<usize> {
        let (least, most) = (self.balance[0] * TICKS as f64, self.balance[1] * TICKS as f64);
        let still_to_come = TICKS - self.tick(bar);
        let most = (most.floor() as usize).min(self.tick(bar));
        (least.ceil() as usize).saturating_sub(still_to_come).min(most)..most + 1
    }

    fn cheapest_end(&self, lattice: &Lattice, table: &Table, opening: usize) -> Option<(Cell, f32)> {
        let bar = self.music.bars();
        let mut best: Option<(Cell, f32)> = None;
        for hold in 0..self.holds.len() {
            for leader in Who::BOTH {
                let seam = self.seam_cost((hold, leader), (opening, self.opens_with));
                for (tick, cost) in (lattice.span[bar].start..).zip(table.row(lattice, bar, state(hold, leader))) {
                    let cost = cost + seam;
                    if cost.is_finite() && best.is_none_or(|(_, least)| cost < least) {
                        best = Some((Cell::cheapest(bar, state(hold, leader), tick), cost));
                    }
                }
            }
        }
        best
    }

    /// Follows the table back from its end.
    fn read_back(&self, lattice: &Lattice, table: &Table, opening: usize, end: Cell) -> Vec<Step> {
        let mut walk = Vec::new();
        let mut here = end;
        while let Some(before) = lattice.step_back(table, here) {
            let leader = Who::BOTH[here.state % 2];
            walk.push(Step { first_bar: before.bar, end_bar: here.bar, hold: here.state / 2, leader });
            here = before;
        }
        walk.push(Step { first_bar: 0, end_bar: here.bar, hold: opening, leader: self.opens_with });
        walk.reverse();
        walk
    }
}

/// Distaste of a film for a hold, drawn anew for each section: up to 0.6 faults, enough to decide between equals.
fn distaste(hold: &Hold, music: &Music, seed: u64) -> Vec<f64> {
    let drawn = |start: usize| Stream::new(seed, &format!("plot distaste {} {start}", hold.name)).unit() * 0.6;
    music.section_start.iter().map(|&start| drawn(start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::ShoveWish;
    use clinch_model::Secs;

    fn music(bars: usize, bar_secs: f64, sections: &[usize], must: &[usize]) -> Music {
        let section_start = (0..bars).map(|bar| sections.iter().copied().filter(|&s| s <= bar).max().unwrap_or(0)).collect();
        let mut turn = vec![Turn::None; bars];
        sections.iter().for_each(|&bar| turn[bar] = Turn::Section);
        turn[0] = Turn::Seam;
        must.iter().for_each(|&bar| turn[bar] = Turn::Must);
        let mut stream = Stream::new(bars as u64, "test music");
        let intensity = (0..bars).map(|_| stream.unit()).collect();
        let reluctance = (0..bars).map(|_| stream.between(-1.0, 1.0)).collect();
        (1..bars)
            .step_by(3)
            .filter(|&bar| turn[bar] == Turn::None)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|bar| turn[bar] = Turn::Sentence);
        let shove = Some(ShoveWish { at: Secs((bars / 2) as f64 * bar_secs + 0.3), bar: bars / 2, must: bars.is_multiple_of(3) });
        let bounds_secs = (0..=bars).map(|bar| bar as f64 * bar_secs).collect();
        Music { bounds_secs, intensity, turn, reluctance, reversals: stream.between(1.0, 6.0), section_start, shove }
    }

    /// A dozen holds of every height and kind, because the plain ways of solving take long.
    fn a_dozen() -> Vec<Hold> {
        let mut holds = crate::holds().unwrap();
        let names = ["elbow-shove", "mount-pin", "side-pin", "side-by-side", "kneeling-clinch", "kneeling-headlock"];
        holds.retain(|hold| names.contains(&hold.name.as_str()));
        holds.extend(crate::holds().unwrap().into_iter().take(6));
        holds
    }

    /// Every allowed walk's cost, one after another.
    fn brute_force(problem: &Problem) -> f32 {
        fn extend(problem: &Problem, walk: &mut Vec<Step>, least: &mut f32) {
            let bar = walk.last().map_or(0, |step| step.end_bar);
            if bar == problem.music.bars() {
                *least = least.min(problem.cost(walk));
                return;
            }
            for hold in 0..problem.holds.len() {
                for leader in Who::BOTH {
                    let fits = match walk.last() {
                        None => problem.may_open(hold) && leader == problem.opens_with,
                        Some(last) => problem.move_cost(problem.music.turn[bar], (last.hold, last.leader), (hold, leader)).is_finite(),
                    };
                    let ends: Vec<usize> = if fits { problem.ends(bar, hold).collect() } else { Vec::new() };
                    for end_bar in ends {
                        walk.push(Step { first_bar: bar, end_bar, hold, leader });
                        extend(problem, walk, least);
                        walk.pop();
                    }
                }
            }
        }
        let mut least = f32::INFINITY;
        extend(problem, &mut Vec::new(), &mut least);
        least
    }

    #[test]
    fn the_table_finds_what_trying_everything_finds() {
        let holds = a_dozen();
        let cases =
            [(6, 2.1, vec![0, 2], vec![]), (8, 1.9, vec![0, 4], vec![]), (7, 2.4, vec![0], vec![4]), (5, 3.7, vec![0, 2, 3], vec![2])];
        for (seed, (bars, bar_secs, sections, must)) in cases.into_iter().enumerate() {
            let music = music(bars, bar_secs, &sections, &must);
            for opens_with in Who::BOTH {
                let mut problem = Problem::new(&music, &holds, opens_with, seed as u64);
                problem.balance = RULE;
                problem.price[0].fill(0.3);
                let truth = brute_force(&problem);
                match problem.solve(None) {
                    Some((walk, cost)) => {
                        assert!((cost - truth).abs() < 1e-3, "{cost} against {truth}");
                        assert!((problem.cost(&walk) - truth).abs() < 1e-3, "the walk read back costs {}", problem.cost(&walk));
                    }
                    None => assert!(truth.is_infinite(), "missed a walk of cost {truth}"),
                }
            }
        }
    }

    /// The cheapest walk's cost by the plainest table there is: one entry for each (last two holds, leader, ticks) that is reached at a bar.
    fn plain_table(problem: &Problem) -> f32 {
        use std::collections::BTreeMap;
        type Past = (Option<usize>, usize, usize, usize);
        let bars = problem.music.bars();
        let states: Vec<(usize, Who)> = (0..problem.holds.len()).flat_map(|hold| Who::BOTH.map(|leader| (hold, leader))).collect();
        let mut least = f32::INFINITY;
        for opening in (0..problem.holds.len()).filter(|&hold| problem.may_open(hold)) {
            let mut at: Vec<BTreeMap<Past, f32>> = vec![BTreeMap::new(); bars + 1];
            let take =
                |at: &mut Vec<BTreeMap<Past, f32>>, bar: usize, (before, hold, leader): (Option<usize>, usize, Who), led, cost: f32| {
                    for end in problem.ends(bar, hold) {
                        let grown = if leader == Who::Cop { problem.tick(end) - problem.tick(bar) } else { 0 };
                        let cost = cost + problem.step_cost(bar, end, hold, leader);
                        let known = at[end].entry((before, hold, leader.index(), led + grown)).or_insert(f32::INFINITY);
                        *known = known.min(cost);
                    }
                };
            take(&mut at, 0, (None, opening, problem.opens_with), 0, 0.0);
            for bar in 1..bars {
                for ((before, hold, leader, led), cost) in at[bar].clone() {
                    for &to in &states {
                        let priced = if to.1.index() == leader { 0.0 } else { problem.reversal_cost(bar) };
                        let moved = problem.move_cost(problem.music.turn[bar], (hold, Who::BOTH[leader]), to) + priced;
                        let back = if before == Some(to.0) { RETURN } else { 0.0 };
                        if moved.is_finite() {
                            take(&mut at, bar, (Some(hold), to.0, to.1), led, cost + moved + back);
                        }
                    }
                }
            }
            for (&(_, hold, leader, _), cost) in at[bars].iter().filter(|(past, _)| problem.balanced(past.3)) {
                least = least.min(cost + problem.seam_cost((hold, Who::BOTH[leader]), (opening, problem.opens_with)));
            }
        }
        least
    }

    #[test]
    fn the_table_finds_what_the_plainest_one_finds_with_any_prices_and_whatever_is_known() {
        let holds = a_dozen();
        for (seed, (bars, bar_secs, sections, must)) in
            [(18, 2.0, vec![0, 8, 14], vec![12]), (16, 2.7, vec![0, 4], vec![]), (18, 1.4, vec![0, 10], vec![])].into_iter().enumerate()
        {
            let music = music(bars, bar_secs, &sections, &must);
            let mut problem = Problem::new(&music, &holds, Who::BOTH[seed % 2], seed as u64);
            let mut stream = Stream::new(seed as u64, "test prices");
            let mut known: Option<Vec<Step>> = None;
            for _ in 0..3 {
                let (walk, cost) = problem.solve(known.as_deref()).unwrap();
                let truth = plain_table(&problem);
                assert!((cost - truth).abs() < 1e-3, "{cost} against {truth}");
                assert!((problem.cost(&walk) - truth).abs() < 1e-3, "the walk read back costs {}", problem.cost(&walk));
                // Other prices may make another walk the best; the old one is known then.
                problem.price.iter_mut().flatten().for_each(|price| *price = stream.between(-0.3, 0.6));
                problem.reversal_price.iter_mut().for_each(|price| *price = stream.between(-3.0, 3.0));
                known = Some(walk);
            }
        }
    }

    #[test]
    fn a_wanted_reversal_is_one_and_the_song_too_short_for_two_holds_has_no_walk() {
        let holds = crate::holds().unwrap();
        let wanted = music(12, 2.0, &[0], &[5]);
        let (walk, _) = Problem::new(&wanted, &holds, Who::Kid, 3).solve(None).unwrap();
        let at = walk.iter().position(|step| step.first_bar == 5).unwrap();
        assert_ne!(walk[at].leader, walk[at - 1].leader);
        assert!(Problem::new(&music(2, 2.0, &[0], &[]), &holds, Who::Cop, 3).solve(None).is_none());
    }
}
