//! The edit: which set-up films which stretch, by exact dynamic programming over (mark, set-up).
//!
//! A shot's cost is the sum of its stretches' (see [`crate::judge`]) and of its length's; a cut's cost depends on the two set-ups that
//! meet. How much of the film each framing and each face gets is steered by prices, as in any Lagrangian relaxation: for given prices
//! the edit is the best there is.

use crate::{judge::Judged, scene::Scene, setup::Setup};
use clinch_model::{FrameRate, Score, Secs, ShotSize, Who};
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
/// Rounds of price finding; the shares hardly move after the eighth.
const ROUNDS: usize = 12;

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
pub(crate) fn marks(score: &Score, duration: Secs, rate: FrameRate) -> Marks {
    let frames = rate.frames_in(duration);
    let mut marks = Marks { frames: vec![0], intensity: Vec::new(), section: Vec::new(), begins_section: Vec::new(), rate };
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
            marks.intensity.push(bar.aggression.clamp(0.0, 1.0));
            marks.section.push(bar.section);
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
    let mut price = vec![0.0_f32; setups.len()];
    let mut best: Option<(Vec<Take>, f32)> = None;
    for round in 0..ROUNDS {
        let table = Table { setups, marks, judged, refused, cuts: &cuts, price: &price };
        let takes = table.solve();
        let share = Shares::of(setups, marks, &takes);
        let cost = table.unpriced(&takes) + share.faults();
        if best.as_ref().is_none_or(|(_, least)| cost < *least) {
            best = Some((takes, cost));
        }
        share.raise(setups, &mut price, 1.0 / (1.0 + round as f32 / 2.0));
    }
    best.map(|(takes, _)| takes).unwrap_or_default()
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
            for setup in 0..count {
                if !entered[setup].is_finite() {
                    continue;
                }
                let mut kept = 0.0;
                for end in first + 1..=stretches.min(first + MOST_STRETCHES) {
                    kept += self.judged[end - 1][setup] + self.price[setup] * (self.marks.secs(end - 1, end) / 2.0) as f32;
                    let Some(length) = self.length_cost(first, end) else { continue };
                    let refused = if self.refused.contains(&Take { first, end, setup }) { crate::judge::FORBIDDEN } else { 0.0 };
                    let cost = entered[setup] + kept + length + refused;
                    if cost < least[end][setup] {
                        (least[end][setup], begun[end][setup]) = (cost, first);
                        before[first][setup] = from[setup];
                    }
                }
            }
        }
        let seam = |setup: usize| match opening {
            Some(opening) if opening != setup => self.cuts.cost(stretches, setup, opening),
            _ => 0.0,
        };
        let end = (0..count).min_by(|&a, &b| (least[stretches][a] + seam(a)).total_cmp(&(least[stretches][b] + seam(b)))).unwrap_or(0);
        read_back(&begun, &before, stretches, end)
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

    /// Cost of a shot's length; none where it may not be. A shot that is the whole film may be as short as the film.
    fn length_cost(&self, first: usize, end: usize) -> Option<f32> {
        let secs = self.marks.secs(first, end);
        let whole = first == 0 && end == self.marks.stretches();
        if !whole && (secs < LEAST_SECS || (secs > MOST_SECS && end - first > 1)) {
            return None;
        }
        // Quiet music holds a picture 6 s, the loudest 2.4 s.
        let loud: f64 =
            (first..end).map(|stretch| self.marks.intensity[stretch] * self.marks.secs(stretch, stretch + 1)).sum::<f64>() / secs;
        let wanted_secs = 6.0 - 3.6 * loud;
        let over_section = (first + 1..end).filter(|&stretch| self.marks.begins_section[stretch]).count();
        Some(1.2 * (secs / wanted_secs).ln().powi(2) as f32 + over_section as f32)
    }

    /// A tiling's cost without prices.
    fn unpriced(&self, takes: &[Take]) -> f32 {
        let shots: f32 = takes
            .iter()
            .map(|take| {
                let kept: f32 = (take.first..take.end).map(|stretch| self.judged[stretch][take.setup]).sum();
                let refused = if self.refused.contains(take) { crate::judge::FORBIDDEN } else { 0.0 };
                kept + self.length_cost(take.first, take.end).unwrap_or(f32::INFINITY) + refused
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

impl Shares {
    fn of(setups: &[Setup], marks: &Marks, takes: &[Take]) -> Self {
        let whole = marks.secs(0, marks.stretches());
        let share = |test: &dyn Fn(&Setup) -> bool| {
            takes.iter().filter(|t| test(&setups[t.setup])).map(|t| marks.secs(t.first, t.end) / whole).sum::<f64>() as f32
        };
        Self {
            size: WANTED.map(|(size, _)| share(&|setup| setup.size == size)),
            close: Who::BOTH.map(|who| share(&|setup| setup.subject == Some(who))),
        }
    }

    /// By how much a framing passes its share: positive for too much, negative for too little.
    fn off(&self, framing: usize) -> f32 {
        let (share, [least, most]) = (self.size[framing], WANTED[framing].1);
        (share - most).max(0.0) - (least - share).max(0.0)
    }

    fn faults(&self) -> f32 {
        let sizes: f32 = (0..WANTED.len()).map(|framing| self.off(framing).abs()).sum();
        let close: f32 = self.close.iter().sum();
        // Neither is favoured: within 45–55 % of the close-ups nobody notices.
        let favoured = if close > 0.0 { ((self.close[0] / close - 0.5).abs() - 0.05).max(0.0) } else { 0.0 };
        40.0 * sizes + 60.0 * favoured
    }

    /// Moves the prices, in faults per two seconds; `step` falls over the rounds so that they settle.
    fn raise(&self, setups: &[Setup], price: &mut [f32], step: f32) {
        let close: f32 = self.close.iter().sum::<f32>().max(1e-6);
        for (setup, price) in setups.iter().zip(price) {
            let framing = WANTED.iter().position(|(size, _)| *size == setup.size).unwrap_or(0);
            // In parts of the bound that is passed, so that rare framings are called for as strongly as common ones.
            let [least, most] = WANTED[framing].1;
            let off = self.off(framing);
            *price += step * 0.3 * (off / if off < 0.0 { least } else { most });
            if let Some(who) = setup.subject {
                *price += step * 2.5 * (self.close[who.index()] / close - 0.5);
            }
        }
    }
}
