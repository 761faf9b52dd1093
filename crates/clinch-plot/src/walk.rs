//! The best closed walk in the graph of holds, by exact dynamic programming.
//!
//! A walk is a row of *steps*: one hold, led by one person, for some bars. Its cost is a sum over steps and over pairs of neighbours,
//! so the cheapest walk up to a bar depends on the past only through the last two holds, the leader, and how long Cop has led so far.
//! The table below holds that cost for each of those, and the walk is read back from its end (Bellman, *Dynamic Programming*, 1957;
//! the segments make it a semi-Markov chain). Costs are in *faults*: 1 is what an attentive viewer would notice.

use crate::music::{Music, Turn};
use clinch_model::{Hold, HoldKind, Level, Who, random::Stream};
use std::ops::Range;

/// Time in a hold after the move into it, at the least, in seconds: shorter, and it isn't read.
const LEAST_KEPT_SECS: f64 = 1.5;
/// Longest phrase, in seconds (unless one bar is longer): four bars at 80 beats a minute.
const LONGEST_SECS: f64 = 12.0;
/// Longest rest, in seconds: two or three heavy breaths after the move.
const LONGEST_REST_SECS: f64 = 7.0;
/// Intensity under which the music lets them rest.
const QUIET: f64 = 0.35;
/// How much better a rest is than another hold where the music is quiet, in faults: there they may look at each other.
const REST_WELCOME: f64 = 1.5;
/// Most bars in a phrase; bounds the work where bars are very short.
const MOST_BARS: usize = 16;
/// Steps into which the song's length is divided to count how long Cop has led. Rounding a run's ends to the nearest step costs at
/// most 1/128 of the song a run and about a tenth of that over a film, which [`BALANCE`] leaves room for.
const TICKS: usize = 128;
/// Least and greatest share of the song that Cop may lead; the film's rule is 0.4..0.6, the rest is for rounding.
const BALANCE: [f64; 2] = [0.42, 0.58];
/// The film's rule itself, checked in seconds on the finished walk.
const RULE: [f64; 2] = [0.4, 0.6];

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
pub(crate) struct Problem<'a> {
    pub music: &'a Music,
    pub holds: &'a [Hold],
    pub opens_with: Who,
    /// `[hold][bar]`: extra cost in faults a second, by which variety is asked for.
    pub price: Vec<Vec<f64>>,
    /// Least and greatest share that Cop leads.
    pub balance: [f64; 2],
    /// `[hold][bar]`: how little this film cares for the hold in this part of the song; makes seeds differ.
    distaste: Vec<Vec<f64>>,
    /// `[hold][hold]`: whether the second may follow the first.
    may_follow: Vec<Vec<bool>>,
    /// Last two holds (the first one has none before it): what a table row stands for.
    links: Vec<(Option<usize>, usize)>,
    /// `[turn][link][leader]`: from where the link may be entered where the music says so about leverage; it is asked for millions of times.
    ways_in: Vec<Vec<[Vec<Way>; 2]>>,
}

/// A way into a link: the link and leader before, and what the move costs.
#[derive(Debug, Clone, Copy)]
struct Way {
    link: usize,
    leader: Who,
    cost: f32,
}

/// The shortest phrase that any hold allows.
pub(crate) fn least_secs(holds: &[Hold]) -> f64 {
    holds.iter().map(|hold| hold.enter_secs + LEAST_KEPT_SECS).fold(f64::INFINITY, f64::min)
}

/// Cheapest costs so far, `[bar][link][leader][tick]` in faults.
struct Table {
    costs: Vec<f32>,
    links: usize,
    /// Ticks that are kept: those from which the end can still be balanced, none of the many in which Cop leads for too long.
    ticks: usize,
}

impl Table {
    fn new(bars: usize, links: usize, ticks: usize) -> Self {
        Self { costs: vec![f32::INFINITY; (bars + 1) * links * 2 * ticks], links, ticks }
    }

    fn start(&self, bar: usize, link: usize, leader: Who) -> usize {
        ((bar * self.links + link) * 2 + leader.index()) * self.ticks
    }

    fn row(&self, bar: usize, link: usize, leader: Who) -> &[f32] {
        let start = self.start(bar, link, leader);
        &self.costs[start..start + self.ticks]
    }

    fn row_mut(&mut self, bar: usize, link: usize, leader: Who) -> &mut [f32] {
        let start = self.start(bar, link, leader);
        &mut self.costs[start..start + self.ticks]
    }
}

/// A cell of the table.
#[derive(Debug, Clone, Copy)]
struct Cell {
    bar: usize,
    link: usize,
    leader: Who,
    tick: usize,
}

impl<'a> Problem<'a> {
    pub fn new(music: &'a Music, holds: &'a [Hold], opens_with: Who, seed: u64) -> Self {
        let may_follow: Vec<Vec<bool>> =
            holds.iter().map(|hold| holds.iter().map(|other| hold.next.contains(&other.name)).collect()).collect();
        let firsts = (0..holds.len()).map(|hold| (None, hold));
        let pairs = (0..holds.len()).flat_map(|a| (0..holds.len()).map(move |b| (a, b)));
        let links: Vec<(Option<usize>, usize)> =
            firsts.chain(pairs.filter(|&(a, b)| may_follow[a][b]).map(|(a, b)| (Some(a), b))).collect();
        let distaste = holds.iter().map(|hold| distaste(hold, music, seed)).collect();
        let mut problem = Self {
            music,
            holds,
            opens_with,
            price: vec![vec![0.0; music.bars()]; holds.len()],
            balance: BALANCE,
            distaste,
            may_follow,
            links,
            ways_in: Vec::new(),
        };
        problem.ways_in =
            Turn::ALL.map(|turn| (0..problem.links.len()).map(|link| Who::BOTH.map(|who| problem.ways(turn, link, who))).collect()).into();
        problem
    }

    /// The cheapest closed walk and its cost with prices, or none where there is no walk at all.
    pub fn solve(&self) -> Option<(Vec<Step>, f32)> {
        let choices = self.choices();
        let mut best: Option<(Vec<Step>, f32)> = None;
        for opening in (0..self.holds.len()).filter(|&hold| self.may_open(hold)) {
            let table = self.fill(opening, &choices);
            let Some((end, cost)) = self.cheapest_end(&table, opening) else { continue };
            if best.as_ref().is_none_or(|(_, least)| cost < *least) {
                best = Some((self.read_back(&table, opening, end), cost));
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
    fn step_cost(&self, first_bar: usize, end_bar: usize, hold: usize) -> f32 {
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
                    Turn::None | Turn::Seam => 0.0,
                };
            }
        }
        let intensity = music.mean_intensity(first_bar, end_bar);
        if this.kind == HoldKind::Rest && intensity < QUIET {
            cost -= REST_WELCOME;
        }
        // Loud music changes holds every 5–6 s, quiet music every 8 s; a phrase off its section's pairs of bars sounds misplaced.
        let wanted_secs = 8.5 - 3.0 * intensity;
        cost += ((secs - wanted_secs) / 3.0).powi(2);
        if (first_bar - music.section_start[first_bar]) % 2 == 1 {
            cost += 0.4;
        }
        cost as f32
    }

    /// Cost of moving between holds where the music says something about leverage; infinite where the bodies or the treatment don't allow it.
    fn move_cost(&self, turn: Turn, from: (usize, Who), to: (usize, Who)) -> f32 {
        let (a, b) = (&self.holds[from.0], &self.holds[to.0]);
        let changes = from.1 != to.1;
        // On the ground the one who lies can't come out on top in one move: that takes a rest or getting to the knees.
        let pinned = |hold: &Hold| hold.level == Level::Ground && hold.kind == HoldKind::Struggle;
        if !self.may_follow[from.0][to.0] || (changes && pinned(a) && pinned(b)) {
            return f32::INFINITY;
        }
        let into_rest = if changes && b.kind == HoldKind::Rest { 1.5 } else { 0.0 };
        into_rest
            + match (turn, changes) {
                (Turn::Must, false) => f32::INFINITY,
                (Turn::Must, true) | (Turn::Section, true) | (Turn::Seam, false) | (Turn::None, false) => 0.0,
                (Turn::Section, false) => 1.2,
                (Turn::Seam, true) => 2.0,
                (Turn::None, true) => 5.0,
            }
    }

    /// Cost of coming back to the hold before the last one at once.
    fn return_cost(before: Option<usize>, to: usize) -> f32 {
        if before == Some(to) { 2.5 } else { 0.0 }
    }

    /// Cost of the loop's seam. Joining inside one hold is free, because nothing has to move there.
    fn seam_cost(&self, last: (usize, Who), first: (usize, Who)) -> f32 {
        if last == first {
            return if self.music.turn[0] == Turn::Must { f32::INFINITY } else { 0.0 };
        }
        1.0 + self.move_cost(self.music.turn[0], last, first)
    }

    /// The total cost of a walk, by the definition; infinite where it isn't allowed. Kept apart from the table to check it.
    #[cfg(test)]
    pub fn cost(&self, walk: &[Step]) -> f32 {
        let (Some(first), Some(last)) = (walk.first(), walk.last()) else { return f32::INFINITY };
        let steps: f32 = walk.iter().map(|s| self.step_cost(s.first_bar, s.end_bar, s.hold)).sum();
        let moves: f32 = walk
            .windows(2)
            .map(|pair| self.move_cost(self.music.turn[pair[1].first_bar], (pair[0].hold, pair[0].leader), (pair[1].hold, pair[1].leader)))
            .sum();
        let returns: f32 = walk.windows(3).map(|three| Self::return_cost(Some(three[0].hold), three[2].hold)).sum();
        let led: usize = walk.iter().filter(|s| s.leader == Who::Cop).map(|s| self.tick(s.end_bar) - self.tick(s.first_bar)).sum();
        if !self.balanced(led) {
            return f32::INFINITY;
        }
        steps + moves + returns + self.seam_cost((last.hold, last.leader), (first.hold, first.leader))
    }

    fn tick(&self, bar: usize) -> usize {
        (self.music.bounds_secs[bar] / self.music.bounds_secs[self.music.bars()] * TICKS as f64).round() as usize
    }

    fn balanced(&self, tick: usize) -> bool {
        (self.balance[0]..=self.balance[1]).contains(&(tick as f64 / TICKS as f64))
    }

    /// Ticks by which Cop's time grows over some bars.
    fn led(&self, first_bar: usize, end_bar: usize, leader: Who) -> usize {
        if leader == Who::Cop { self.tick(end_bar) - self.tick(first_bar) } else { 0 }
    }

    /// `[bar][hold]`: where a step that begins there may end, and what keeping the hold costs.
    fn choices(&self) -> Vec<Vec<Vec<(usize, f32)>>> {
        let ends = |bar, hold| self.ends(bar, hold).map(|end| (end, self.step_cost(bar, end, hold))).collect();
        (0..self.music.bars()).map(|bar| (0..self.holds.len()).map(|hold| ends(bar, hold)).collect()).collect()
    }

    fn fill(&self, opening: usize, choices: &[Vec<Vec<(usize, f32)>>]) -> Table {
        let mut table = Table::new(self.music.bars(), self.links.len(), self.hopeful(self.music.bars()).end);
        // Links without a hold before them come first, one a hold, so the opening's link has the hold's own number.
        for &(end, cost) in &choices[0][opening] {
            let tick = self.led(0, end, self.opens_with);
            if let Some(cell) = table.row_mut(end, opening, self.opens_with).get_mut(tick) {
                *cell = cost;
            }
        }
        let mut entered = [f32::INFINITY; TICKS + 1];
        for bar in 1..self.music.bars() {
            let span = self.hopeful(bar);
            for link in 0..self.links.len() {
                for leader in Who::BOTH {
                    self.enter(&table, bar, link, leader, &span, &mut entered);
                    for &(end, cost) in &choices[bar][self.links[link].1] {
                        let grown = self.led(bar, end, leader);
                        let row = table.row_mut(end, link, leader).get_mut(span.start + grown..).unwrap_or_default();
                        for (to, from) in row.iter_mut().zip(&entered[span.clone()]) {
                            *to = lesser(*to, from + cost);
                        }
                    }
                }
            }
        }
        table
    }

    /// Ticks of Cop's lead at a bar from which the end can still be balanced.
    fn hopeful(&self, bar: usize) -> Range<usize> {
        let (least, most) = (self.balance[0] * TICKS as f64, self.balance[1] * TICKS as f64);
        let still_to_come = TICKS - self.tick(bar);
        let most = (most.floor() as usize).min(self.tick(bar));
        (least.ceil() as usize).saturating_sub(still_to_come).min(most)..most + 1
    }

    /// Cheapest costs of beginning a step of `link` at `bar`, `[tick]`.
    fn enter(&self, table: &Table, bar: usize, link: usize, leader: Who, span: &Range<usize>, entered: &mut [f32; TICKS + 1]) {
        entered.fill(f32::INFINITY);
        let entered = &mut entered[span.clone()];
        for way in &self.ways_in[self.music.turn[bar] as usize][link][leader.index()] {
            for (to, from) in entered.iter_mut().zip(&table.row(bar, way.link, way.leader)[span.clone()]) {
                *to = lesser(*to, from + way.cost);
            }
        }
    }

    /// Links and leaders from which a link may be entered.
    fn ways(&self, turn: Turn, link: usize, leader: Who) -> Vec<Way> {
        let (before, hold) = self.links[link];
        let befores = self.links.iter().enumerate().filter(|(_, other)| Some(other.1) == before);
        let ways = befores.flat_map(|(row, &(two_before, from))| {
            Who::BOTH.map(|was| Way {
                link: row,
                leader: was,
                cost: self.move_cost(turn, (from, was), (hold, leader)) + Self::return_cost(two_before, hold),
            })
        });
        ways.filter(|way| way.cost.is_finite()).collect()
    }

    fn cheapest_end(&self, table: &Table, opening: usize) -> Option<(Cell, f32)> {
        let bar = self.music.bars();
        let mut best: Option<(Cell, f32)> = None;
        for (link, &(_, hold)) in self.links.iter().enumerate() {
            for leader in Who::BOTH {
                let seam = self.seam_cost((hold, leader), (opening, self.opens_with));
                for (tick, cost) in table.row(bar, link, leader).iter().enumerate().filter(|(tick, _)| self.balanced(*tick)) {
                    let cost = cost + seam;
                    if cost.is_finite() && best.is_none_or(|(_, least)| cost < least) {
                        best = Some((Cell { bar, link, leader, tick }, cost));
                    }
                }
            }
        }
        best
    }

    /// Follows the table back from its end: at each cell some way in gives exactly the cell's cost, because it was computed from it.
    fn read_back(&self, table: &Table, opening: usize, end: Cell) -> Vec<Step> {
        let mut walk = Vec::new();
        let mut here = end;
        while self.links[here.link].0.is_some() {
            let Some((before, step)) = self.step_back(table, here) else { break };
            walk.push(step);
            here = before;
        }
        walk.push(Step { first_bar: 0, end_bar: here.bar, hold: opening, leader: self.opens_with });
        walk.reverse();
        walk
    }

    fn step_back(&self, table: &Table, here: Cell) -> Option<(Cell, Step)> {
        let (_, hold) = self.links[here.link];
        let wanted = table.row(here.bar, here.link, here.leader)[here.tick];
        for first_bar in (here.bar.saturating_sub(MOST_BARS)..here.bar).rev() {
            if !self.ends(first_bar, hold).any(|end| end == here.bar) {
                continue;
            }
            let Some(tick) = here.tick.checked_sub(self.led(first_bar, here.bar, here.leader)) else { continue };
            let kept = self.step_cost(first_bar, here.bar, hold);
            for way in &self.ways_in[self.music.turn[first_bar] as usize][here.link][here.leader.index()] {
                if (table.row(first_bar, way.link, way.leader)[tick] + way.cost) + kept == wanted {
                    let step = Step { first_bar, end_bar: here.bar, hold, leader: here.leader };
                    return Some((Cell { bar: first_bar, link: way.link, leader: way.leader, tick }, step));
                }
            }
        }
        None
    }
}

/// The lesser of two numbers that are never NaN; unlike `f32::min` a single vector instruction.
fn lesser(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

/// Distaste of a film for a hold, drawn anew for each section: up to 0.6 faults, enough to decide between equals.
fn distaste(hold: &Hold, music: &Music, seed: u64) -> Vec<f64> {
    let drawn = |start: usize| Stream::new(seed, &format!("plot distaste {} {start}", hold.name)).unit() * 0.6;
    music.section_start.iter().map(|&start| drawn(start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn music(bars: usize, bar_secs: f64, sections: &[usize], must: &[usize]) -> Music {
        let section_start = (0..bars).map(|bar| sections.iter().copied().filter(|&s| s <= bar).max().unwrap_or(0)).collect();
        let mut turn = vec![Turn::None; bars];
        sections.iter().for_each(|&bar| turn[bar] = Turn::Section);
        turn[0] = Turn::Seam;
        must.iter().for_each(|&bar| turn[bar] = Turn::Must);
        let mut stream = Stream::new(bars as u64, "test music");
        let intensity = (0..bars).map(|_| stream.unit()).collect();
        Music { bounds_secs: (0..=bars).map(|bar| bar as f64 * bar_secs).collect(), intensity, turn, section_start }
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
        let holds = crate::holds().unwrap();
        let cases =
            [(6, 2.1, vec![0, 2], vec![]), (8, 1.9, vec![0, 4], vec![]), (7, 2.4, vec![0], vec![4]), (5, 3.7, vec![0, 2, 3], vec![2])];
        for (seed, (bars, bar_secs, sections, must)) in cases.into_iter().enumerate() {
            let music = music(bars, bar_secs, &sections, &must);
            for opens_with in Who::BOTH {
                let mut problem = Problem::new(&music, &holds, opens_with, seed as u64);
                problem.balance = RULE;
                problem.price[0].fill(0.3);
                let truth = brute_force(&problem);
                match problem.solve() {
                    Some((walk, cost)) => {
                        assert!((cost - truth).abs() < 1e-3, "{cost} against {truth}");
                        assert!((problem.cost(&walk) - truth).abs() < 1e-3, "the walk read back costs {}", problem.cost(&walk));
                    }
                    None => assert!(truth.is_infinite(), "missed a walk of cost {truth}"),
                }
            }
        }
    }

    #[test]
    fn a_wanted_reversal_is_one_and_the_song_too_short_for_two_holds_has_no_walk() {
        let holds = crate::holds().unwrap();
        let wanted = music(12, 2.0, &[0], &[5]);
        let (walk, _) = Problem::new(&wanted, &holds, Who::Kid, 3).solve().unwrap();
        let at = walk.iter().position(|step| step.first_bar == 5).unwrap();
        assert_ne!(walk[at].leader, walk[at - 1].leader);
        assert!(Problem::new(&music(2, 2.0, &[0], &[]), &holds, Who::Cop, 3).solve().is_none());
    }
}
