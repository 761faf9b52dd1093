//! Flashes that may harm photosensitive viewers, counted after ITU-R BT.1702-3 (2023).
//!
//! A *flash* is a pair of opposing changes in luminance of at least 20 cd/m² each, the darker image being below 160 cd/m². Flashes that occur
//! together over more than a quarter of the screen must not come more than three times within any second. (Saturated red, which the
//! recommendation treats apart, can't come from a picture without colour; drops of an accent never cover a quarter of it.)
//!
//! Luminance is that of a display of [`PEAK_CD_M2`] and gamma [`GAMMA`], from the decoded luma. The picture is reduced to some 2300 cells, whose
//! mean light counts, so that grain doesn't. A cell *turns* where it has risen by 20 cd/m² over the least since its last fall, or fallen by as
//! much under the greatest since its last rise. The *screen turns* up, or down, where more than a quarter of its cells have turned that way
//! within an eighth of a second, and the last turn of the screen was the other way. Two turns are a flash.

use crate::{DecodedFrame, Error, decode_film};
use clinch_model::Secs;
use std::{collections::VecDeque, path::Path};

/// Luminance of the display's white, in cd/m²: what the recommendation's figures for standard dynamic range suppose.
pub const PEAK_CD_M2: f32 = 200.0;
/// Display gamma: the one for which the film is developed. Rather bright in the shadows (BT.1886 has 2.4), so rather strict.
pub const GAMMA: f32 = 2.2;
/// Least change of luminance, in cd/m², that is a half of a flash.
const CHANGE_CD_M2: f32 = 20.0;
/// Luminance, in cd/m², from which on the darker image is too bright for a flash.
const DARKER_BELOW_CD_M2: f32 = 160.0;
/// Share of the screen over which flashes must reach to count.
const AREA: f64 = 0.25;
/// Most flashes within a second.
pub const MOST_A_SECOND: u32 = 3;
/// Within how many seconds cells that turn the same way turn together: half a period at three flashes a second is 1/6 s; slower changes are no
/// flash.
const TOGETHER_SECS: f64 = 0.125;
/// Cells of the reduced picture, about.
const CELLS: f64 = 2304.0;

/// What was counted in a film.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flashes {
    /// Most flashes of the screen within any second.
    pub most_a_second: u32,
    /// When that second ends, from the film's first frame on.
    pub at: Secs,
    /// Greatest share of the screen whose own cells flash more than three times within the same second.
    pub area: f64,
}

impl Flashes {
    /// Whether the film is safe by the recommendation.
    pub fn is_safe(&self) -> bool {
        self.most_a_second <= MOST_A_SECOND && self.area <= AREA
    }

    /// Greatest share of the screen that may flash more often.
    pub const MOST_AREA: f64 = AREA;
}

/// Decodes a delivered film and counts its flashes.
///
/// # Errors
/// [`Error::FilmUnreadable`].
pub fn flashes(film: &Path) -> Result<Flashes, Error> {
    // The rate is only known when the last frame was read; cells keep their turns until then.
    let mut luminances = Reduced::default();
    let rate_hz = decode_film(film, &mut |frame| luminances.push(frame))?;
    let mut meter = FlashMeter::new(rate_hz);
    luminances.frames().for_each(|cells| meter.push(cells));
    Ok(meter.flashes())
}

/// The film's frames reduced to cells.
#[derive(Default)]
struct Reduced {
    /// Cells of a frame.
    cells: usize,
    /// `[frame][cell]`: mean luminance in halves of a cd/m² (some 55 kB a second of film).
    half_cd_m2: Vec<u16>,
}

impl Reduced {
    fn push(&mut self, frame: &DecodedFrame) {
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        let side = (f64::from(frame.size.width) * f64::from(frame.size.height) / CELLS).sqrt().max(1.0);
        let [columns, rows] = [width, height].map(|pixels| ((pixels as f64 / side).round() as usize).clamp(1, pixels));
        self.cells = columns * rows;
        let luminance = luminances();
        for row in 0..rows {
            let lines = row * height / rows..(row + 1) * height / rows;
            for column in 0..columns {
                let across = column * width / columns..(column + 1) * width / columns;
                let count = lines.len() * across.len();
                let sum: f32 =
                    lines.clone().flat_map(|line| &frame.luma_row(line)[across.clone()]).map(|&luma| luminance[usize::from(luma)]).sum();
                self.half_cd_m2.push((2.0 * sum / count as f32).round() as u16);
            }
        }
    }

    fn frames(&self) -> impl Iterator<Item = &[u16]> {
        self.half_cd_m2.chunks_exact(self.cells.max(1))
    }
}

/// `[limited-range luma]`: luminance in cd/m².
fn luminances() -> [f32; 256] {
    std::array::from_fn(|luma| PEAK_CD_M2 * ((luma as f32 - 16.0) / 219.0).clamp(0.0, 1.0).powf(GAMMA))
}

/// Which way luminance turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Up,
    Down,
}

/// A cell of the picture.
#[derive(Debug, Clone, Default)]
struct Cell {
    /// Least and greatest luminance, in cd/m², since its last turn.
    least: f32,
    greatest: f32,
    last: Option<Turn>,
    /// Frame of its last turn that the screen hasn't counted.
    uncounted: Option<(u64, Turn)>,
    /// Bit n: whether it turned n frames ago.
    turns: u128,
}

impl Cell {
    fn new(luminance: f32) -> Self {
        Self { least: luminance, greatest: luminance, ..Self::default() }
    }

    fn push(&mut self, luminance: f32, frame: u64) {
        self.least = self.least.min(luminance);
        self.greatest = self.greatest.max(luminance);
        self.turns <<= 1;
        let rose = luminance - self.least >= CHANGE_CD_M2 && self.least < DARKER_BELOW_CD_M2;
        let fell = self.greatest - luminance >= CHANGE_CD_M2 && luminance < DARKER_BELOW_CD_M2;
        let turn = match self.last {
            Some(Turn::Up) => fell.then_some(Turn::Down),
            Some(Turn::Down) => rose.then_some(Turn::Up),
            None if rose => Some(Turn::Up),
            None => fell.then_some(Turn::Down),
        };
        if let Some(turn) = turn {
            (self.least, self.greatest) = (luminance, luminance);
            self.last = Some(turn);
            self.uncounted = Some((frame, turn));
            self.turns |= 1;
        }
    }
}

/// Counts flashes in a stream of reduced frames.
struct FlashMeter {
    rate_hz: f64,
    /// Frames within a second, and within which cells turn together.
    a_second: u32,
    together: u64,
    cells: Vec<Cell>,
    frame: u64,
    last: Option<Turn>,
    /// Frames at which the screen turned, within the last second.
    turns: VecDeque<u64>,
    found: Flashes,
}

impl FlashMeter {
    fn new(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            // Frames less than a second apart; a cell's bits hold 128 of them, and films have at most 120 a second.
            a_second: (rate_hz.ceil() as u32).clamp(1, 127),
            together: ((TOGETHER_SECS * rate_hz).round() as u64).max(1),
            cells: Vec::new(),
            frame: 0,
            last: None,
            turns: VecDeque::new(),
            found: Flashes { most_a_second: 0, at: Secs(0.0), area: 0.0 },
        }
    }

    fn push(&mut self, half_cd_m2: &[u16]) {
        let luminances = half_cd_m2.iter().map(|&half| f32::from(half) / 2.0);
        if self.cells.len() != half_cd_m2.len() {
            self.cells = luminances.map(Cell::new).collect();
        } else {
            let frame = self.frame;
            self.cells.iter_mut().zip(luminances).for_each(|(cell, luminance)| cell.push(luminance, frame));
            self.turn_screen();
        }
        self.frame += 1;
    }

    fn turn_screen(&mut self) {
        let total = self.cells.len() as f64;
        for turn in [Turn::Up, Turn::Down] {
            let together = |cell: &Cell| cell.uncounted.is_some_and(|(at, way)| way == turn && self.frame - at < self.together);
            let count = self.cells.iter().filter(|cell| together(cell)).count();
            if count as f64 > AREA * total && self.last != Some(turn) {
                self.last = Some(turn);
                self.turns.push_back(self.frame);
                let counted = self.cells.iter_mut().filter(|cell| cell.uncounted.is_some_and(|(_, way)| way == turn));
                counted.for_each(|cell| cell.uncounted = None);
            }
        }
        while self.turns.front().is_some_and(|&at| self.frame - at >= u64::from(self.a_second)) {
            self.turns.pop_front();
        }
        let flashes = self.turns.len() as u32 / 2;
        if flashes > self.found.most_a_second {
            self.found.most_a_second = flashes;
            self.found.at = Secs((self.frame + 1) as f64 / self.rate_hz);
        }
        let within = (1u128 << self.a_second) - 1;
        let often = |cell: &&Cell| (cell.turns & within).count_ones() / 2 > MOST_A_SECOND;
        self.found.area = self.found.area.max(self.cells.iter().filter(often).count() as f64 / total);
    }

    fn flashes(&self) -> Flashes {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 24.0;
    const CELL_COUNT: usize = 400;

    /// Counts what a script shows: luminance in cd/m² of a cell at a frame.
    fn count(frames: u64, script: impl Fn(u64, usize) -> f32) -> Flashes {
        let mut meter = FlashMeter::new(RATE_HZ);
        for frame in 0..frames {
            let cells: Vec<u16> = (0..CELL_COUNT).map(|cell| (2.0 * script(frame, cell)) as u16).collect();
            meter.push(&cells);
        }
        meter.flashes()
    }

    /// Dark and bright by turns, `hz` times a second.
    fn strobe(frame: u64, hz: u64, dark: f32, bright: f32) -> f32 {
        if (2 * frame * hz / 24).is_multiple_of(2) { dark } else { bright }
    }

    #[test]
    fn three_flashes_a_second_pass_and_four_do_not() {
        for (hz, safe) in [(1, true), (2, true), (3, true), (4, false), (6, false), (12, false)] {
            let found = count(96, |frame, _| strobe(frame, hz, 2.0, 60.0));
            assert_eq!((found.most_a_second, found.is_safe()), (hz as u32, safe), "{hz} {found:?}");
        }
    }

    #[test]
    fn what_is_weak_small_or_bright_is_no_flash() {
        // Below 20 cd/m²; over 24 % of the screen, then over 26 %; the darker image at 165 cd/m².
        let weak = count(96, |frame, _| strobe(frame, 6, 10.0, 29.0));
        let part = |share: usize| move |frame, cell| if cell * 100 < share * CELL_COUNT { strobe(frame, 6, 2.0, 80.0) } else { 5.0 };
        let (small, large) = (count(96, part(24)), count(96, part(26)));
        let bright = count(96, |frame, _| strobe(frame, 6, 165.0, 195.0));
        assert!([weak, small, bright].iter().all(|found| found.most_a_second == 0 && found.is_safe()), "{weak:?} {small:?} {bright:?}");
        assert!(!large.is_safe() && large.most_a_second == 6, "{large:?}");
    }

    #[test]
    fn flashes_that_take_turns_over_the_screen_are_still_seen() {
        // Each fifth of the screen flashes eight times a second, but never two fifths within an eighth of a second… of the same kind.
        let found = count(96, |frame, cell| strobe(frame + cell as u64 % 3, 4, 2.0, 60.0));
        assert!(!found.is_safe() && found.area > 0.9, "{found:?}");
    }

    #[test]
    fn slow_fades_and_cuts_between_alike_shots_are_safe() {
        // From black to white and back within four seconds.
        let fade = count(192, |frame, _| 100.0 - 100.0 * (frame as f32 / 96.0 * std::f32::consts::TAU).cos());
        assert!(fade.is_safe() && fade.most_a_second <= 1, "{fade:?}");
        // A cut every quarter of a second between pictures whose cells differ by up to 18 cd/m², over grain of half of one.
        let cuts = count(192, |frame, cell| {
            let shot = (frame / 6 * 7 + cell as u64 * 13) % 19;
            10.0 + shot as f32 + if (frame + cell as u64).is_multiple_of(2) { 0.5 } else { 0.0 }
        });
        assert!(cuts.is_safe() && cuts.most_a_second == 0, "{cuts:?}");
    }
}
