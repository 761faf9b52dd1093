//! The table of the walk: the cheapest cost of getting to each state, filled by exact dynamic programming.
//!
//! A *state* is a hold and who leads it, a row of the table a state at a bar, a cell of a row a number of ticks that Cop has led. What is
//! to come depends on the past only through the state, the ticks, and whether it comes straight back to the hold before the state's.
//! That last thing needs no dimension of its own: a cell keeps the *two* cheapest pasts whose hold before differs.
//!
//! Why two are enough: let a past `p` of a cell be neither of them, and let `r` be whatever follows. If `r` begins with the hold before
//! the cheapest past, that one is charged [`RETURN`], but the other one isn't, because its hold before is another; and it costs no more
//! than `p`, or `p` has the cheapest one's hold before and is charged too, at no lower a cost. If `r` begins with any other hold, the
//! cheapest past isn't charged and costs no more than `p`. So `p` is never needed (the argument of k-best parsing with distinct labels; cf. Yen,
//! Management Science 17, 1971). It holds in both directions, because coming back is symmetric in time.
//!
//! Rows are plain arrays walked side by side, so that compilers make vector instructions of the inner loops.

use crate::music::Turn;
use std::ops::Range;

/// Cost of coming straight back to the hold before the last one, in faults.
pub(crate) const RETURN: f32 = 2.5;
/// Stands for a hold where there is none before.
const NOWHERE: u32 = u32::MAX;
/// What rounding may add up to over a walk, in faults: some 600 sums of numbers below 1000 in single precision.
const ROUNDING: f32 = 0.02;

/// Which way the table is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the song's beginning: costs are of what came before.
    Onward,
    /// From its end: costs are of what is to come.
    Backward,
}

/// The number of a hold's state: whoever leads it is next to it.
pub(crate) fn state(hold: usize, leader: clinch_model::Who) -> usize {
    2 * hold + leader.index()
}

/// A way between two holds, seen from one of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Way {
    /// The hold at the other end.
    pub hold: usize,
    /// `[leader at the other end]`: what the move costs; infinite where it can't be made.
    pub cost: [f32; 2],
}

/// Everything that filling reads. Costs are in faults.
#[derive(Debug)]
pub(crate) struct Lattice {
    pub bars: usize,
    pub holds: usize,
    /// `[bar]`, and one more: ticks from the song's beginning.
    pub tick: Vec<usize>,
    /// `[bar]`, and one more: ticks of Cop's lead from which the end can still be balanced.
    pub span: Vec<Range<usize>>,
    /// `[bar][state]`: where a step that begins there may end, and what it costs.
    pub onward: Vec<Vec<Vec<(usize, f32)>>>,
    /// `[bar][state]`: where a step that ends there may begin, and what it costs; the same steps.
    pub backward: Vec<Vec<Vec<(usize, f32)>>>,
    /// `[bar]`: what the music says there.
    pub turn: Vec<Turn>,
    /// `[bar]`: added where the leader changes there.
    pub reversal: Vec<f32>,
    /// `[turn][state]`: ways into a state.
    pub into: Vec<Vec<Vec<Way>>>,
    /// `[turn][state]`: ways out of it; the same moves.
    pub out_of: Vec<Vec<Vec<Way>>>,
}

/// The two cheapest costs whose neighbouring holds differ, `[tick]`.
#[derive(Debug, Clone)]
struct Pasts {
    cheapest: Vec<f32>,
    /// The neighbouring hold of the cheapest.
    beyond: Vec<u32>,
    /// The cheapest with any other neighbouring hold.
    otherwise: Vec<f32>,
}

impl Pasts {
    fn none(cells: usize) -> Self {
        Self { cheapest: vec![f32::INFINITY; cells], beyond: vec![NOWHERE; cells], otherwise: vec![f32::INFINITY; cells] }
    }

    fn clear(&mut self) {
        self.cheapest.fill(f32::INFINITY);
        self.beyond.fill(NOWHERE);
        self.otherwise.fill(f32::INFINITY);
    }

    /// Takes costs into some of the cells that all have the same neighbouring hold, which none before had.
    fn learn(&mut self, ticks: &Range<usize>, hold: usize, costs: &[f32]) {
        let hold = hold as u32;
        let to = (&mut self.cheapest[ticks.clone()], &mut self.beyond[ticks.clone()], &mut self.otherwise[ticks.clone()]);
        for (((cheapest, beyond), otherwise), &cost) in to.0.iter_mut().zip(to.1).zip(to.2).zip(costs) {
            *otherwise = lesser(*otherwise, greater(*cheapest, cost));
            *beyond = if cost < *cheapest { hold } else { *beyond };
            *cheapest = lesser(*cheapest, cost);
        }
    }
}

/// Costs of getting to each state: of all that lies on the far side of a bar line, the step that touches it included.
#[derive(Debug)]
pub(crate) struct Table {
    /// `[bar][state][tick]`.
    pasts: Pasts,
    states: usize,
    ticks: usize,
    /// `[bar][state]`: the ticks among which all finite cells of the row are.
    reached: Vec<Range<usize>>,
    /// `[bar][state][tick]`, filled backward only: cost of all that comes after a step of the state that ends at the bar. Whether that comes
    /// straight back isn't known, so it is a lower bound.
    rest: Vec<f32>,
}

/// What lets a row be left out: a walk of this cost is known, and this is what the rest costs at least.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub most: f32,
    pub backward: &'a Table,
}

impl Bound<'_> {
    /// Whether something that costs at least `least` can't be better than the known walk.
    pub fn excludes(&self, least: f32) -> bool {
        least > self.most + ROUNDING
    }
}

/// A cell of the table, and which of its two costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub bar: usize,
    pub state: usize,
    pub tick: usize,
    /// The hold before that is left out, for the second of the costs.
    not_from: Option<usize>,
}

impl Cell {
    /// The cheapest cost of a cell.
    pub fn cheapest(bar: usize, state: usize, tick: usize) -> Self {
        Self { bar, state, tick, not_from: None }
    }
}

impl Table {
    fn new(lattice: &Lattice, direction: Direction) -> Self {
        let (states, ticks) = (2 * lattice.holds, lattice.span.iter().map(|span| span.end).max().unwrap_or(0));
        let rows = (lattice.bars + 1) * states;
        let rest = if direction == Direction::Backward { vec![f32::INFINITY; rows * ticks] } else { Vec::new() };
        Self { pasts: Pasts::none(rows * ticks), states, ticks, reached: vec![0..0; rows], rest }
    }

    /// Where a part of a row lies.
    fn at(&self, bar: usize, state: usize, ticks: &Range<usize>) -> Range<usize> {
        let start = (bar * self.states + state) * self.ticks;
        start + ticks.start..start + ticks.end
    }

    /// Cheapest costs of a row, `[tick from the bar's span on]`.
    pub fn row(&self, lattice: &Lattice, bar: usize, state: usize) -> &[f32] {
        &self.pasts.cheapest[self.at(bar, state, &lattice.span[bar])]
    }

    /// Takes two costs a cell into a row whose cells may have pasts with the same neighbouring holds.
    fn merge(&mut self, at: Range<usize>, from: &Pasts, ticks: Range<usize>, added: f32) {
        let to = (&mut self.pasts.cheapest[at.clone()], &mut self.pasts.beyond[at.clone()], &mut self.pasts.otherwise[at]);
        let from = (&from.cheapest[ticks.clone()], &from.beyond[ticks.clone()], &from.otherwise[ticks]);
        for (((((cheapest, beyond), otherwise), &new), &new_beyond), &new_otherwise) in
            to.0.iter_mut().zip(to.1).zip(to.2).zip(from.0).zip(from.1).zip(from.2)
        {
            let (new, new_otherwise) = (new + added, new_otherwise + added);
            let same = *beyond == new_beyond;
            // The second of the union differs from its first: it is the worse of the two firsts, unless those have the same hold.
            let worse = if same { f32::INFINITY } else { greater(*cheapest, new) };
            let better_has = if new < *cheapest { new_otherwise } else { *otherwise };
            let other_has = if same { lesser(*otherwise, new_otherwise) } else { better_has };
            *otherwise = lesser(worse, other_has);
            *beyond = if new < *cheapest { new_beyond } else { *beyond };
            *cheapest = lesser(*cheapest, new);
        }
    }

    /// Makes cells infinite from which no walk better than the known one can come.
    fn prune(&mut self, bar: usize, bound: &Bound) {
        for state in 0..self.states {
            let ticks = self.reached[bar * self.states + state].clone();
            let at = self.at(bar, state, &ticks);
            let (cheapest, otherwise) = (&mut self.pasts.cheapest[at.clone()], &mut self.pasts.otherwise[at.clone()]);
            let mut left = 0..0;
            for (tick, ((cheapest, otherwise), rest)) in ticks.zip(cheapest.iter_mut().zip(otherwise).zip(&bound.backward.rest[at])) {
                *otherwise = if bound.excludes(*otherwise + rest) { f32::INFINITY } else { *otherwise };
                *cheapest = if bound.excludes(*cheapest + rest) { f32::INFINITY } else { *cheapest };
                if *cheapest < f32::INFINITY {
                    left = union(&left, &(tick..tick + 1));
                }
            }
            self.reached[bar * self.states + state] = left;
        }
    }
}

impl Lattice {
    /// Ticks by which Cop's lead grows over a step.
    pub fn led(&self, first_bar: usize, end_bar: usize, state: usize) -> usize {
        if state.is_multiple_of(2) { self.tick[end_bar] - self.tick[first_bar] } else { 0 }
    }

    /// Fills a table onward from one opening state, leaving out what the bound excludes.
    pub fn fill_onward(&self, opening: usize, bound: &Bound) -> Table {
        let mut table = Table::new(self, Direction::Onward);
        let mut entered = Pasts::none(table.ticks);
        entered.cheapest[0] = 0.0;
        self.step(&mut table, 0, opening, &entered, 0..1, Direction::Onward);
        let mut costs = vec![f32::INFINITY; table.ticks];
        for bar in 1..self.bars {
            table.prune(bar, bound);
            for state in 0..table.states {
                let ticks = self.enter(&table, bar, state, &self.into, &mut entered, &mut costs);
                self.step(&mut table, bar, state, &entered, ticks, Direction::Onward);
            }
        }
        table.prune(self.bars, bound);
        table
    }

    /// Fills a table backward from what it costs to end in each state.
    pub fn fill_backward(&self, ending: &[f32]) -> Table {
        let mut table = Table::new(self, Direction::Backward);
        let (mut entered, mut costs) = (Pasts::none(table.ticks), vec![f32::INFINITY; table.ticks]);
        for bar in (1..=self.bars).rev() {
            for state in 0..table.states {
                let ticks = if bar == self.bars {
                    entered.clear();
                    entered.cheapest[self.span[bar].clone()].fill(ending[state]);
                    self.span[bar].clone()
                } else {
                    self.enter(&table, bar, state, &self.out_of, &mut entered, &mut costs)
                };
                let at = table.at(bar, state, &ticks);
                table.rest[at].copy_from_slice(&entered.cheapest[ticks.clone()]);
                self.step(&mut table, bar, state, &entered, ticks, Direction::Backward);
            }
        }
        table
    }

    /// Costs of getting over a bar line into a step of `state`, or out of one; gives the ticks among which all finite ones are.
    fn enter(
        &self,
        table: &Table,
        bar: usize,
        state: usize,
        ways: &[Vec<Vec<Way>>],
        entered: &mut Pasts,
        costs: &mut [f32],
    ) -> Range<usize> {
        let hold = (state / 2) as u32;
        let mut ticks = 0..0;
        entered.clear();
        for way in &ways[self.turn[bar] as usize][state] {
            let none = 0..0;
            let reached = |leader: usize| match way.cost[leader] < f32::INFINITY {
                true => &table.reached[bar * table.states + 2 * way.hold + leader],
                false => &none,
            };
            let of_way = union(reached(0), reached(1));
            if of_way.is_empty() {
                continue;
            }
            costs[of_way.clone()].fill(f32::INFINITY);
            for leader in [0, 1] {
                let changes = if leader == state % 2 { 0.0 } else { self.reversal[bar] };
                let (at, added) = (table.at(bar, 2 * way.hold + leader, reached(leader)), way.cost[leader] + changes);
                let pasts = (&table.pasts.cheapest[at.clone()], &table.pasts.beyond[at.clone()], &table.pasts.otherwise[at]);
                let costs = &mut costs[reached(leader).clone()];
                for (((cost, &cheapest), &beyond), &otherwise) in costs.iter_mut().zip(pasts.0).zip(pasts.1).zip(pasts.2) {
                    let back = lesser(cheapest + RETURN, otherwise);
                    *cost = lesser(*cost, if beyond == hold { back } else { cheapest } + added);
                }
            }
            entered.learn(&of_way, way.hold, &costs[of_way.clone()]);
            ticks = union(&ticks, &of_way);
        }
        ticks
    }

    /// Takes every step of `state` from `bar` in a direction, at some ticks.
    fn step(&self, table: &mut Table, bar: usize, state: usize, entered: &Pasts, ticks: Range<usize>, direction: Direction) {
        let steps = if direction == Direction::Onward { &self.onward } else { &self.backward };
        for &(to, cost) in &steps[bar][state] {
            // The ticks that are still within the span at the step's other end, there and here.
            let there = &self.span[to];
            let (here, there) = match direction {
                Direction::Onward => {
                    let led = self.led(bar, to, state);
                    let there = there.start.max(ticks.start + led)..there.end.min(ticks.end + led);
                    (there.start.saturating_sub(led)..there.end.saturating_sub(led), there)
                }
                Direction::Backward => {
                    let led = self.led(to, bar, state);
                    let there = there.start.max(ticks.start.saturating_sub(led))..there.end.min(ticks.end.saturating_sub(led));
                    (there.start + led..there.end + led, there)
                }
            };
            if !there.is_empty() {
                let at = table.at(to, state, &there);
                table.merge(at, entered, here, cost);
                let reached = &mut table.reached[to * table.states + state];
                *reached = union(reached, &there);
            }
        }
    }

    /// The cell at the bar where the step that ends in a cell begins; none where that is the opening step. Some way in gives exactly the
    /// cell's cost, because the cost was computed from it by the same sums.
    pub fn step_back(&self, table: &Table, here: Cell) -> Option<Cell> {
        let hold = here.state / 2;
        let index = |bar: usize, state: usize, tick: usize| (bar * table.states + state) * table.ticks + tick;
        let this = index(here.bar, here.state, here.tick);
        let wanted = if here.not_from.is_some() { table.pasts.otherwise[this] } else { table.pasts.cheapest[this] };
        for &(first_bar, kept) in &self.backward[here.bar][here.state] {
            let Some(tick) = here.tick.checked_sub(self.led(first_bar, here.bar, here.state)) else { continue };
            if first_bar == 0 || !self.span[first_bar].contains(&tick) {
                continue;
            }
            for way in &self.into[self.turn[first_bar] as usize][here.state] {
                for leader in [0, 1].into_iter().filter(|_| Some(way.hold) != here.not_from) {
                    let before = index(first_bar, 2 * way.hold + leader, tick);
                    let changes = if leader == here.state % 2 { 0.0 } else { self.reversal[first_bar] };
                    let added = way.cost[leader] + changes;
                    let returns = table.pasts.beyond[before] == hold as u32;
                    let straight = table.pasts.cheapest[before] + if returns { RETURN } else { 0.0 };
                    let cell = Cell { bar: first_bar, state: 2 * way.hold + leader, tick, not_from: None };
                    if straight + added + kept == wanted {
                        return Some(cell);
                    }
                    if returns && table.pasts.otherwise[before] + added + kept == wanted {
                        return Some(Cell { not_from: Some(hold), ..cell });
                    }
                }
            }
        }
        None
    }
}

/// The smallest range that holds two, either of which may be empty.
fn union(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => a.start.min(b.start)..a.end.max(b.end),
    }
}

/// The lesser of two numbers that are never NaN; unlike `f32::min` a single vector instruction.
fn lesser(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

/// The greater of two numbers that are never NaN.
fn greater(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}
