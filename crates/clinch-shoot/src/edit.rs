//! The edit: which set-up films which stretch, by exact dynamic programming over (mark, set-up).
//!
//! A shot's cost is the sum of its stretches' (see [`crate::judge`]) and of its length's; a cut's cost depends on the two set-ups that
//! meet. How much of the film each framing and each face gets is steered by prices, as in any Lagrangian relaxation: for given prices
//! the edit is the best there is.

use crate::{judge::Judged, scene::Scene, setup::Setup};
use clinch_model::{FrameRate, Score, Secs, ShotSize, random::Stream};
use glam::Vec3;
use std::{collections::BTreeSet, f32::consts::PI};

/// Shortest shot, in seconds; shorter ones aren't read.
pub(crate) const LEAST_SECS: f64 = 1.25;
/// Longest shot, in seconds.
const MOST_SECS: f64 = 9.0;
/// Bars longer than this are parted, in seconds: a part and a short neighbour on each side still make one shot.
const PART_SECS: f64 = 6.0;
/// Most bars in a shot.
const MOST_STRETCHES: usize = 8;
/// Frames by which a cut runs ahead of its downbeat: editors cut just ahead (arXiv 2108.00970), and the eye needs a frame to see it.
const AHEAD_FRAMES: u64 = 1;
/// Least turn between neighbours of the same framing, in radians: the thirty-degree rule, less rounding.
const LEAST_TURN_RAD: f32 = 29.0 * PI / 180.0;
/// Rounds in which the framings' prices settle; the shares hardly move after the eighth.
const ROUNDS: usize = 10;
/// Rounds of changing single shots at the end; the third finds nothing.
const POLISHES: usize = 3;
/// Halvings of the price between the two faces after that: 2 faults down to a thirtieth of one.
const HALVINGS: usize = 6;

/// Where cuts may fall.
pub(crate) struct Marks {
    /// `[mark]`: the frame; from 0 to the number of frames.
    pub frames: Vec<u64>,
    /// `[stretch]`: how loud and aggressive the music is there, 0..1.
    pub intensity: Vec<f64>,
    /// `[stretch]`: section of the song.
    pub section: Vec<usize>,
    /// `[stretch]`: whether a section begins there.
    pub begins_section: Vec<bool>,
    /// `[stretch]`: factor on the length wanted of a shot that begins there.
    patience: Vec<f64>,
    rate: FrameRate,
}

impl Marks {
    /// Number of stretches between marks.
    pub fn stretches(&self) -> usize {
        self.frames.len() - 1
    }

    /// When a mark is.
    pub fn at(&self, mark: usize) -> Secs {
        self.rate.start_of(self.frames[mark])
    }

    fn secs(&self, first: usize, end: usize) -> f64 {
        (self.at(end) - self.at(first)).0
    }
}

/// A set-up that films some stretches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Take {
    pub first: usize,
    pub end: usize,
    pub setup: usize,
}

/// Stretches and set-ups that a take was refused for.
pub(crate) type Refused = BTreeSet<Take>;

/// Marks at the bars' downbeats; a bar too long for one shot gets marks at its beats nearest to equal parts.
pub(crate) fn marks(score: &Score, duration: Secs, rate: FrameRate, seed: u64) -> Marks {
    let frames = rate.frames_in(duration);
    let mut marks =
        Marks { frames: vec![0], intensity: Vec::new(), section: Vec::new(), begins_section: Vec::new(), patience: Vec::new(), rate };
    let mut stream = Stream::new(seed, "shoot rhythm");
    let (softest, loudest) =
        score.bars.iter().fold((1.0_f64, 0.0_f64), |(low, high), bar| (low.min(bar.aggression), high.max(bar.aggression)));
    // Half as it was heard, half within the song's own range: a gentle song has its climax too.
    let intensity = |aggression: f64| {
        let relative = if loudest - softest > 1e-6 { (aggression - softest) / (loudest - softest) } else { aggression };
        ((aggression + relative) / 2.0).clamp(0.0, 1.0)
    };
    let mut section_before = None;
    for bar in &score.bars {
        for (part, start) in parts(score, bar.start, bar.end).into_iter().enumerate() {
            let frame = rate.frame_at(start).saturating_sub(AHEAD_FRAMES);
            if frame >= frames {
                break;
            }
            if marks.frames.last().is_some_and(|&last| frame > last) {
                marks.frames.push(frame);
            } else if !marks.intensity.is_empty() {
                continue;
            }
            marks.intensity.push(intensity(bar.aggression));
            marks.section.push(bar.section);
            marks.patience.push(1.4_f64.powf(stream.between(-1.0, 1.0)));
            marks.begins_section.push(part == 0 && section_before != Some(bar.section));
            section_before = Some(bar.section);
        }
    }
    marks.frames.push(frames);
    marks.frames.dedup();
    marks
}

/// Starts of the parts of a bar that are short enough for one shot.
fn parts(score: &Score, start: Secs, end: Secs) -> Vec<Secs> {
    let count = ((end - start).0 / PART_SECS).ceil().max(1.0) as usize;
    let equal = (0..count).map(|part| Secs(start.0 + (end - start).0 * part as f64 / count as f64));
    let snapped = |at: Secs| {
        let beats = score.beats.iter().filter(|beat| beat.0 > start.0 && beat.0 < end.0);
        let near = beats.min_by(|a, b| (a.0 - at.0).abs().total_cmp(&(b.0 - at.0).abs()));
        near.filter(|beat| (beat.0 - at.0).abs() < 1.0).copied().unwrap_or(at)
    };
    equal.enumerate().map(|(part, at)| if part == 0 { start } else { snapped(at) }).collect()
}

/// What decides about cuts between set-ups at each mark.
struct Cuts {
    /// `[from][to]`: cost of the cut whatever the moment; infinite for a jump.
    between: Vec<Vec<f32>>,
    /// `[mark][setup]`: on which side of the line between the two people the camera stands, −1..1.
    side: Vec<Vec<f32>>,
}

impl Cuts {
    fn of(scene: &Scene, setups: &[Setup], marks: &Marks) -> Self {
        let side = (0..=marks.stretches())
            .map(|mark| {
                let (moment, at_secs) = (scene.look_at(marks.at(mark)), marks.at(mark).0);
                let line = moment.line_m();
                let side = |setup: &Setup| match setup.size {
                    // Over their heads nobody is left or right.
                    ShotSize::Overhead => 0.0,
                    _ => side(line, setup.aim_m.at(at_secs), setup.eye_m.at(at_secs)),
                };
                setups.iter().map(side).collect()
            })
            .collect();
        Self { between: setups.iter().map(|a| setups.iter().map(|b| between(a, b)).collect()).collect(), side }
    }

    /// Cost of cutting from one set-up to another at a mark; infinite for a jump.
    fn cost(&self, mark: usize, from: usize, to: usize) -> f32 {
        // Both clearly beside the line, on different sides: left and right change places on the screen.
        let (a, b) = (self.side[mark][from], self.side[mark][to]);
        let crossed = if a * b < 0.0 && a.abs().min(b.abs()) > 0.25 { 0.6 } else { 0.0 };
        self.between[from][to] + crossed
    }
}

/// Cost of a cut between two set-ups whatever the moment; infinite for a jump.
fn between(a: &Setup, b: &Setup) -> f32 {
    let turn = view(a).angle_between(view(b));
    if (a.size, a.subject) == (b.size, b.subject) || (a.size == b.size && turn < LEAST_TURN_RAD) {
        return f32::INFINITY;
    }
    // The same direction at another size is a zoom in the eye; a small turn stays a little rough.
    if turn < LEAST_TURN_RAD { 0.6 } else { 0.0 }
}

/// Direction from which a set-up looks.
pub(crate) fn view(setup: &Setup) -> Vec3 {
    crate::setup::direction(setup.azimuth_rad) * setup.elevation_rad.cos() + Vec3::Y * setup.elevation_rad.sin()
}

/// Sine of the horizontal angle between the line of the two people and the way to the camera.
pub(crate) fn side(line: Vec3, middle: Vec3, eye: Vec3) -> f32 {
    let away = (eye - middle).with_y(0.0);
    line.cross(away).y / (line.length() * away.length()).max(1e-6)
}

/// Chooses the takes that tile the film.
pub(crate) fn edit(scene: &Scene, setups: &[Setup], marks: &Marks, judged: &Judged, refused: &Refused) -> Vec<Take> {
    let cuts = Cuts::of(scene, setups, marks);
    let mut prices = Prices::default();
    let mut best: Option<(Vec<Take>, f32, Prices)> = None;
    let solve = |prices: Prices, best: &mut Option<(Vec<Take>, f32, Prices)>| {
        let price: Vec<f32> = setups.iter().map(|setup| prices.of(setup)).collect();
        let table = Table { setups, marks, judged, refused, cuts: &cuts, price: &price };
        let takes = table.solve();
        let share = Shares::of(setups, marks, &takes);
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
    // Cop's share of the close-ups falls as his price rises, so the price that shares them evenly is found by halving.
    if let Some((_, _, found)) = &best {
        prices = *found;
    }
    let (mut low, mut high) = (-2.0, 2.0);
    for _ in 0..HALVINGS {
        prices.cop = (low + high) / 2.0;
        if solve(prices, &mut best).favour() > 0.0 { low = prices.cop } else { high = prices.cop }
    }
    let table = Table { setups, marks, judged, refused, cuts: &cuts, price: &vec![0.0; setups.len()] };
    best.map(|(takes, _, _)| table.polished(takes)).unwrap_or_default()
}

/// What framings and faces cost besides how they look, in faults per two seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Prices {
    /// `[framing]`, in the order of [`WANTED`].
    size: [f32; 5],
    /// On close-ups of Cop; those of Kid are cheaper by as much.
    cop: f32,
}

impl Prices {
    fn of(&self, setup: &Setup) -> f32 {
        let favour = setup.subject.map_or(0.0, |who| self.cop * who.sign() as f32);
        self.size[framing(setup)] + favour
    }

    /// Moves the prices against what was too much; `step` falls over the rounds so that they settle.
    fn raise(&mut self, share: &Shares, step: f32) {
        for (framing, price) in self.size.iter_mut().enumerate() {
            // In parts of the bound that is passed, so that rare framings are called for as strongly as common ones.
            let ([least, most], off) = (WANTED[framing].1, share.off(framing));
            *price += step * 0.3 * (off / if off < 0.0 { least } else { most });
        }
        self.cop += step * 1.5 * share.favour();
    }
}

/// The dynamic programme for given prices.
struct Table<'a> {
    setups: &'a [Setup],
    marks: &'a Marks,
    judged: &'a Judged,
    refused: &'a Refused,
    cuts: &'a Cuts,
    /// `[setup]`: faults per two seconds.
    price: &'a [f32],
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
                let mut kept = 0.0;
                for (end, length) in (first + 1..).zip(&lengths) {
                    kept += self.judged[end - 1][setup] + self.price[setup] * (self.marks.secs(end - 1, end) / 2.0) as f32;
                    let Some(length) = length else { continue };
                    let cost = entered[setup] + kept + length + self.refusal(&Take { first, end, setup });
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
        let (mut entered, mut from) = (vec![f32::INFINITY; count], vec![0; count]);
        for (earlier, &so_far) in least[mark].iter().enumerate().filter(|(_, cost)| cost.is_finite()) {
            for setup in 0..count {
                let cost = so_far + self.cuts.cost(mark, earlier, setup);
                if cost < entered[setup] {
                    (entered[setup], from[setup]) = (cost, earlier);
                }
            }
        }
        (entered, from)
    }

    /// Costs of the lengths of shots that begin at a mark, one more stretch each.
    fn lengths(&self, first: usize) -> Vec<Option<f32>> {
        (first + 1..=self.marks.stretches().min(first + MOST_STRETCHES)).map(|end| self.length_cost(first, end)).collect()
    }

    /// What a take costs that was refused before. Finite: a film needs a shot there, and the findings tell.
    fn refusal(&self, take: &Take) -> f32 {
        if self.refused.contains(take) { crate::judge::FORBIDDEN } else { 0.0 }
    }

    /// Cost of a shot's length; none where it may not be. A shot that is the whole film may be as short as the film.
    fn length_cost(&self, first: usize, end: usize) -> Option<f32> {
        let secs = self.marks.secs(first, end);
        let whole = first == 0 && end == self.marks.stretches();
        if !whole && (secs < LEAST_SECS || (secs > MOST_SECS && end - first > 1)) {
            return None;
        }
        // Quiet music holds a picture 6 s, the loudest 2 s, give or take two fifths: an even rhythm is a machine's.
        let loud: f64 =
            (first..end).map(|stretch| self.marks.intensity[stretch] * self.marks.secs(stretch, stretch + 1)).sum::<f64>() / secs;
        let wanted_secs = (6.0 - 4.0 * loud) * self.marks.patience[first];
        let over_section = (first + 1..end).filter(|&stretch| self.marks.begins_section[stretch]).count();
        Some(3.0 * (secs / wanted_secs).ln().powi(2) as f32 + over_section as f32)
    }

    /// Changes single shots' set-ups as long as the whole, shares counted, gets better: prices reach shares only in steps.
    fn polished(&self, mut takes: Vec<Take>) -> Vec<Take> {
        let mut share = Shares::of(self.setups, self.marks, &takes);
        for _ in 0..POLISHES {
            let mut changed = false;
            for i in 0..takes.len() {
                let now = takes[i].setup;
                let part = self.marks.secs(takes[i].first, takes[i].end) / self.marks.secs(0, self.marks.stretches());
                share.add(&self.setups[now], -part as f32);
                let mut cost = |setup: usize| {
                    let mut other = share;
                    other.add(&self.setups[setup], part as f32);
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
                share.add(&self.setups[best.0], part as f32);
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
        let kept: f32 = (take.first..take.end).map(|stretch| self.judged[stretch][setup]).sum();
        let into =
            if i > 0 { self.cuts.cost(take.first, takes[i - 1].setup, setup) } else { self.seam_cost(takes[takes.len() - 1].setup, setup) };
        let out = match takes.get(i + 1) {
            Some(next) => self.cuts.cost(next.first, setup, next.setup),
            None => self.seam_cost(setup, takes[0].setup),
        };
        kept + into + out + self.refusal(&take)
    }

    /// A tiling's cost without prices.
    fn unpriced(&self, takes: &[Take]) -> f32 {
        let shots: f32 = takes
            .iter()
            .map(|take| {
                let kept: f32 = (take.first..take.end).map(|stretch| self.judged[stretch][take.setup]).sum();
                kept + self.length_cost(take.first, take.end).unwrap_or(f32::INFINITY) + self.refusal(take)
            })
            .sum();
        shots + takes.windows(2).map(|pair| self.cuts.cost(pair[1].first, pair[0].setup, pair[1].setup)).sum::<f32>()
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
    size: [f32; 5],
    /// `[who]`: share of the film in close shots on them.
    close: [f32; 2],
}

/// Least and greatest share of the film for each framing: the struggle is seen from among them, the place is remembered.
const WANTED: [(ShotSize, [f32; 2]); 5] = [
    (ShotSize::Wide, [0.08, 0.20]),
    (ShotSize::Two, [0.20, 0.42]),
    (ShotSize::Close, [0.22, 0.44]),
    (ShotSize::Low, [0.04, 0.16]),
    (ShotSize::Overhead, [0.03, 0.12]),
];

/// Index of a set-up's framing in [`WANTED`].
fn framing(setup: &Setup) -> usize {
    WANTED.iter().position(|(size, _)| *size == setup.size).unwrap_or(0)
}

impl Shares {
    fn of(setups: &[Setup], marks: &Marks, takes: &[Take]) -> Self {
        let whole = marks.secs(0, marks.stretches());
        let mut share = Self::default();
        for take in takes {
            share.add(&setups[take.setup], (marks.secs(take.first, take.end) / whole) as f32);
        }
        share
    }

    /// Adds a part of the film in a set-up; a negative one takes it away.
    fn add(&mut self, setup: &Setup, part: f32) {
        self.size[framing(setup)] += part;
        if let Some(who) = setup.subject {
            self.close[who.index()] += part;
        }
    }

    /// By how much a framing passes its share: positive for too much, negative for too little.
    fn off(&self, framing: usize) -> f32 {
        let (share, [least, most]) = (self.size[framing], WANTED[framing].1);
        (share - most).max(0.0) - (least - share).max(0.0)
    }

    fn faults(&self) -> f32 {
        let sizes: f32 = (0..WANTED.len()).map(|framing| self.off(framing).abs()).sum();
        // Within 45–55 % of the close-ups nobody notices who is favoured.
        let favoured = (self.favour().abs() - 0.05).max(0.0);
        40.0 * sizes + 80.0 * favoured
    }

    /// By how much Cop's share of the close-ups passes a half; 0 where there are none.
    fn favour(&self) -> f32 {
        let close: f32 = self.close.iter().sum();
        if close > 0.0 { self.close[0] / close - 0.5 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Track;
    use clinch_model::Who;

    fn setup(size: ShotSize, subject: Option<Who>, azimuth_rad: f32) -> Setup {
        let still = Track { hz: 1.0, values: vec![Vec3::ZERO] };
        Setup { size, subject, azimuth_rad, elevation_rad: 0.0, eye_m: still.clone(), aim_m: still.into() }
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
                intensity: (0..stretches).map(|_| stream.unit()).collect(),
                section: vec![0; stretches],
                begins_section: (0..stretches).map(|stretch| stretch == 3).collect(),
                patience: vec![1.0; stretches],
                rate: FrameRate::whole(24),
            };
            let judged: Judged = (0..stretches).map(|_| setups.iter().map(|_| stream.unit() as f32 * 2.0).collect()).collect();
            let side = (0..=stretches).map(|_| setups.iter().map(|_| stream.between(-1.0, 1.0) as f32).collect()).collect();
            let cuts = Cuts { between: setups.iter().map(|a| setups.iter().map(|b| between(a, b)).collect()).collect(), side };
            let refused = Refused::from([Take { first: 0, end: 2, setup: 1 }]);
            let table = Table { setups: &setups, marks: &marks, judged: &judged, refused: &refused, cuts: &cuts, price: &[0.0; 4] };
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
    }
}
