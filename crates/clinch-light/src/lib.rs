//! light: a monochrome path tracer. Radiance is one number, so the picture is born black and white.
//!
//! A frame goes through these steps, one module each: both bodies are posed at shutter open and close and the hierarchy around them is
//! refitted for a few shutter times between (`bodies`, `bvh`); the camera sends rays (`camera`, `sampler`); light is gathered at
//! what they meet (`integrator`, `finish`, `strand`, `texture`, `sweat`, `lamp`, `set`, `street`, `room`, `void`, `ground`); indirect light is smoothed (`filter`); drops and their
//! spots are laid over it (`spray`); the film stock turns radiance into a print (`film`).
//!
//! [`Studio::portrait`] takes stills of people outside the film, in a photographer's studio (`backdrop`).
//!
//! [`scenery`] is the set as triangles, pictures and lamps, for other tools.
//!
//! The same inputs give the same bytes on any number of threads: every pixel depends only on its place and the frame's number.

mod backdrop;
mod bodies;
mod bvh;
mod camera;
mod film;
mod filter;
mod finish;
mod gaffer;
mod ground;
mod hardness;
mod integrator;
mod lamp;
mod lanes;
mod layers;
mod noise;
mod room;
mod sampler;
mod scenery;
mod set;
mod spray;
mod strand;
mod street;
mod sweat;
mod texture;
mod void;
mod weave;

pub use film::{develop, exposure_of, print_of, radiance_of};
pub use hardness::Hardness;
pub use layers::{FARTHEST_M, Layers};
pub use scenery::scenery;

use backdrop::Backdrop;
use bodies::{Bodies, Moment, Posture};
use camera::Camera;
use clinch_model::{CameraPose, Cast, Cut, Performance, PersonSample, Quality, Secs, Size, Who, treatment::LightWishes};
use filter::{CELL, Cell, Cells, alike};
use glam::Vec3;
use integrator::{Numbers, Scene, Surroundings};
use rayon::prelude::*;
use sampler::{Mask, Sampler, Use};
use set::Set;
use spray::Spray;

/// Share of a frame during which the shutter is open: 180°, the usual one of film.
const SHUTTER: f64 = 0.5;
/// Most shutter times at which the bodies are refitted (between them nothing moves), fewer in a draft, whose two samples meet no more…
const MOST_MOMENTS: usize = 6;
const MOST_DRAFT_MOMENTS: usize = 2;
/// …and how far, in pixels, anything may move from one to the next while there are fewer than that.
const STEP_PIXELS: f32 = 2.0;
/// Rows of a band, the unit of work of a thread, and columns of a block, whose pixels are taken together because they meet the same nodes.
const BAND_ROWS: usize = 8;
const BLOCK_COLUMNS: usize = 16;
/// Share of the brightest by which an even surface may differ from pixel to pixel, a body or a shadow, and anything in a draft.
const EVEN: f32 = 0.15;
const EVEN_BODY: f32 = 0.06;
const EVEN_DRAFT: f32 = 0.35;
/// Differences as small as this (in the film's unit) print so deep that grain hides them.
const DARK: f32 = 0.004;
/// By how much two samples of a pixel may differ on the print (display code, 0..1; root mean square of a pixel and those around it), and four, in a picture of up
/// to so many rows: larger areas of a still scene then flicker little more than their grain. Of more rows each pixel is less of the picture and may be noisier, as the
/// square root.
const EVEN_TWO: f32 = 0.06;
const EVEN_FOUR: f32 = 0.16;
const EVEN_ROWS: f32 = 360.0;
/// Pixels from one to the next, across and down, whose first sample looks at what is smoothed: one a cell, in a draft one of four cells.
const SMOOTH_EVERY: usize = CELL;
const SMOOTH_EVERY_DRAFT: usize = 2 * CELL;

/// What is asked of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Size of the picture.
    pub size: Size,
    /// How much time a frame may take: at most 2, 8 or 32 samples a pixel, fewer where they agree.
    pub quality: Quality,
    /// Strength of the film grain, 0 (none) .. 2.
    pub grain: f32,
    /// Strength of the gate weave, 0 (none) .. 2.
    pub weave: f32,
    /// Seed of sampling, grain and weave.
    pub seed: u64,
    /// The set and its light.
    pub light: LightWishes,
    /// How hard the light is over the film.
    pub hardness: Hardness,
}

impl Default for Options {
    fn default() -> Self {
        let size = Size { width: 512, height: 288 };
        Self { size, quality: Quality::Film, grain: 1.0, weave: 0.0, seed: 0, light: LightWishes::default(), hardness: Hardness::default() }
    }
}

/// Why a frame can't be lit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The picture has no pixels.
    #[error("the picture size {0} has no pixels: both sides must be at least 2")]
    Size(Size),
    /// A person's surface contradicts itself.
    #[error("{who}'s surface can't be lit: {reason}; the cast file is damaged or was made by another version: cast again")]
    Surface {
        /// Whose.
        who: Who,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no motion.
    #[error("the performance has no samples of motion: perform again")]
    NoMotion,
    /// There is no camera for a frame.
    #[error("the cut has no camera for frame {frame} (it has {frames} frames): shoot again")]
    NoCamera {
        /// The frame.
        frame: u64,
        /// Frames in the cut.
        frames: u64,
    },
}

/// One lit frame before the film stock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Pixels across.
    pub width: usize,
    /// `[row][column]` from the top left: scene radiance; a matt white sheet on the ground under the key lamp has about 0.32.
    pub radiance: Vec<f32>,
    /// `[row][column]`: how much of `radiance` comes from drops of the shove and their wet marks, spit counting less than blood; empty where
    /// there are none.
    pub accent: Vec<f32>,
}

impl Frame {
    /// `[row][column]`: share of the light that comes from drops and their marks, 0..255; empty where there are none. What was laid over the
    /// frame since it was lit covers them.
    pub fn tint(&self) -> Vec<u8> {
        let share =
            |(accent, radiance): (&f32, &f32)| if *accent > 0.0 { (255.0 * accent / radiance.max(*accent)).round() as u8 } else { 0 };
        self.accent.iter().zip(&self.radiance).map(share).collect()
    }
}

/// Everything that is made once for a film: the set, the materials, the hierarchy's topology.
pub struct Studio<'a> {
    cast: &'a Cast,
    options: Options,
    set: Set,
    /// The shot for which the set's lamps are planned: its first frame and camera, because another film's shot may begin at the same frame.
    planned: Option<(u64, Option<CameraPose>)>,
    bodies: Bodies,
    mask: Mask,
    /// Both people at the last time they were posed at.
    posed: Option<([PersonSample; 2], Posture)>,
    /// `[shutter time]`, kept from frame to frame for their memory.
    moments: Vec<Moment>,
    /// Those that the frame has no use for. Tens of megabytes each, given back and asked for again, would leave holes in the heap.
    spare: Vec<Moment>,
    pixels: Vec<Pixel>,
    cells: Cells,
}

/// Sums over the samples of a pixel.
#[derive(Debug, Clone, Copy)]
struct Pixel {
    samples: f32,
    direct: f32,
    /// What mist added, and of how many samples.
    glow: f32,
    glows: f32,
    arriving: f32,
    bounces: f32,
    albedo: f32,
    normal: Vec3,
    distance_m: f32,
    /// Least and greatest `direct` of one sample.
    least: f32,
    greatest: f32,
    busy: bool,
}

impl<'a> Studio<'a> {
    /// Builds the set and the bodies' hierarchy.
    ///
    /// # Errors
    /// [`Error::Size`] for a picture without pixels, [`Error::Surface`] for a surface that contradicts itself.
    pub fn new(cast: &'a Cast, options: &Options) -> Result<Self, Error> {
        check_size(options.size)?;
        let bodies = Bodies::new(cast)?;
        let (set, mask) = (Set::new(&options.light), Mask::new());
        Ok(Self {
            cast,
            options: options.clone(),
            set,
            planned: None,
            bodies,
            mask,
            posed: None,
            moments: Vec::new(),
            spare: Vec::new(),
            pixels: Vec::new(),
            cells: Cells::default(),
        })
    }

    /// Lights one frame and develops it: `luma` becomes `[row][column]` full-range display luma, 0..255.
    ///
    /// # Errors
    /// [`Error::NoMotion`] or [`Error::NoCamera`] where the performance or the cut holds nothing for the frame.
    pub fn frame(&mut self, performance: &Performance, cut: &Cut, frame: u64, luma: &mut Vec<u8>) -> Result<(), Error> {
        let mut lit = self.radiance(performance, cut, frame)?;
        develop(&mut lit.radiance, lit.width, self.options.grain, self.options.seed, frame, luma);
        Ok(())
    }

    /// What was asked of the picture.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Samples that the last frame's pixels took together.
    pub fn samples_taken(&self) -> u64 {
        self.pixels.iter().map(|pixel| pixel.samples as u64).sum()
    }

    /// Lights one frame, without developing it ([`develop`]): something may be laid over it before.
    ///
    /// # Errors
    /// As [`Studio::frame`].
    pub fn radiance(&mut self, performance: &Performance, cut: &Cut, frame: u64) -> Result<Frame, Error> {
        if performance.samples.is_empty() {
            return Err(Error::NoMotion);
        }
        let (open, close) = self.cameras(cut, frame)?;
        self.plan(performance, cut, frame);
        let camera = Camera::new(&open, &close, self.options.size.width, self.options.size.height);
        let open_at = cut.rate.start_of(frame);
        let close_at = Secs(open_at.0 + SHUTTER * cut.rate.frame_secs());
        // A draft's bodies go straight from where one frame opens to where the next does, so that every posture serves two frames: posing is a tenth of
        // a draft's time.
        let (until, part) =
            if self.options.quality == Quality::Draft { (cut.rate.start_of(frame + 1), SHUTTER as f32) } else { (close_at, 1.0) };
        let (from, to) = (self.posed(performance, open_at), self.posed(performance, until));
        self.fit([&from.1, &to.1], part, open.eye_m, camera.pixel_rad());
        self.posed = Some(to);
        self.gather(&camera, None, self.options.size, frame);
        let mut lit = self.finished(self.options.size);
        self.add_spray(performance, &camera, [open_at, close_at], &mut lit);
        Ok(lit)
    }

    /// Both people at a time: their states, and their posture in them.
    fn posed(&mut self, performance: &Performance, at: Secs) -> ([PersonSample; 2], Posture) {
        let people = performance.at(at).people;
        match self.posed.take() {
            Some(posed) if posed.0 == people => posed,
            _ => (people, posture(self.cast, &people.map(Some), self.bodies.vertices())),
        }
    }

    /// Has the lamps shine as the shot of a frame asks for.
    fn plan(&mut self, performance: &Performance, cut: &Cut, frame: u64) {
        let shot = &cut.shots[cut.shot_at(frame)];
        let named = (shot.first_frame, shot.camera.first().copied());
        if self.planned != Some(named) {
            self.set.plan(gaffer::plan(self.set.hung(), self.set.even_fill(), self.cast, performance, cut, shot));
            self.planned = Some(named);
        }
        self.set.shine(self.options.hardness.at(cut.rate.start_of(frame)));
    }

    /// The camera at shutter open and close, with the gate's weave.
    fn cameras(&self, cut: &Cut, frame: u64) -> Result<(CameraPose, CameraPose), Error> {
        let woven = |pose| weave::woven(&pose, self.options.weave, self.options.seed, frame, cut.frames);
        let (open, close) = cameras(cut, frame)?;
        Ok((woven(open), woven(close)))
    }

    /// Lays the drops that fly or lie there over a lit frame.
    fn add_spray(&self, performance: &Performance, camera: &Camera, [open, close]: [Secs; 2], lit: &mut Frame) {
        let Some(moment) = self.moments.get(self.moments.len() / 2) else { return };
        let distance_m = |pixel: usize| self.pixels[pixel].distance_m / self.pixels[pixel].samples.max(1.0);
        let spray = Spray { camera, set: &self.set, bodies: &self.bodies, moment, width: lit.width, distance_m: &distance_m };
        spray.cover(performance, open, close, lit);
    }

    /// Takes a still of people outside the film and develops it: `luma` becomes `[row][column]` full-range display luma, 0..255.
    ///
    /// `people` is `[who]`, and may lack one or both; whoever is there should touch the ground (y = 0), which is the studio's floor. The lamps
    /// stand round the point on which the camera is focused. The picture has its own `size`; quality, grain and seed are the studio's.
    ///
    /// # Errors
    /// [`Error::Size`] for a picture without pixels.
    pub fn portrait(
        &mut self,
        people: &[Option<PersonSample>; 2],
        camera: &CameraPose,
        size: Size,
        luma: &mut Vec<u8>,
    ) -> Result<(), Error> {
        check_size(size)?;
        let backdrop = Backdrop::new(camera);
        let lens = Camera::new(camera, camera, size.width, size.height);
        let posture = posture(self.cast, people, self.bodies.vertices());
        self.fit([&posture, &posture], 1.0, camera.eye_m, lens.pixel_rad());
        self.gather(&lens, Some(&backdrop), size, 0);
        let mut lit = self.finished(size);
        develop(&mut lit.radiance, lit.width, self.options.grain, self.options.seed, 0, luma);
        Ok(())
    }

    /// Fits the hierarchy to both people on the part of their way between two postures that they go while the shutter is open, at as many times as
    /// their motion asks for.
    fn fit(&mut self, [from, to]: [&Posture; 2], part: f32, eye_m: Vec3, pixel_rad: f32) {
        let pixels = part * Bodies::longest_move_pixels(from, to, eye_m, pixel_rad);
        let most = if self.options.quality == Quality::Draft { MOST_DRAFT_MOMENTS } else { MOST_MOMENTS };
        let count = ((pixels / STEP_PIXELS).ceil() as usize).clamp(1, most);
        let mut old = std::mem::take(&mut self.moments).into_iter().chain(std::mem::take(&mut self.spare));
        let reused: Vec<Option<Moment>> = (0..count).map(|_| old.next()).collect();
        self.spare = old.collect();
        let bodies = &self.bodies;
        self.moments = reused
            .into_par_iter()
            .enumerate()
            .map(|(i, reused)| bodies.moment(from, to, part * (i as f32 + 0.5) / count as f32, reused))
            .collect();
    }

    /// Samples that every pixel gets, that one gets around which there is something to see, that one gets which isn't an evenly lit bit of
    /// street, and that one gets whose samples differ.
    fn samples(&self) -> [usize; 4] {
        match self.options.quality {
            Quality::Draft => [1, 2, 2, 2],
            Quality::Film => [1, 2, 4, 8],
            Quality::Fine => [8, 8, 16, 32],
        }
    }

    /// Fills `pixels`, with more samples where the first ones found more to see; the surroundings are the set unless there is a backdrop.
    fn gather(&mut self, camera: &Camera, backdrop: Option<&Backdrop>, size: Size, frame: u64) {
        let (width, count) = (size.width as usize, size.pixels());
        let around = backdrop.map_or(Surroundings::Set(&self.set), Surroundings::Studio);
        let scenes: Vec<Scene> = self.moments.iter().map(|moment| Scene { bodies: &self.bodies, moment, around }).collect();
        let [every, seen, busy, uneven] = self.samples();
        let sampler = Sampler::new(&self.mask, uneven as u32, self.options.seed, frame);
        let is_draft = self.options.quality == Quality::Draft;
        let smooth_every = if is_draft { SMOOTH_EVERY_DRAFT } else { SMOOTH_EVERY };
        let gathering = Gathering { scenes: &scenes, camera, sampler: &sampler, samples: uneven, smooth_every, width };
        let pixels = &mut self.pixels;
        pixels.resize(count, Pixel::NONE);
        pixels.par_iter_mut().for_each(|pixel| *pixel = Pixel::NONE);
        // What is far out of focus is met by few rays; its surroundings must be looked at more widely to find it all.
        let reach = if camera.is_shallow() { 2 } else { 1 };
        // By how much neighbours may differ, as a share of the brightest, on the set and where a body or a shadow is.
        let even = if is_draft { [EVEN_DRAFT; 2] } else { [EVEN, EVEN_BODY] };
        if every == 1 {
            // A draft alone begins with every fourth: areas of a texture would flicker half as much again.
            let at_once = if is_draft { Turn::First } else { Turn::Second };
            gathering.take(pixels, 0..1, |i| Turn::of(i % width, i / width) <= at_once);
            for turn in [Turn::Second, Turn::Last].into_iter().filter(|turn| *turn > at_once) {
                let (unsure, guesses) = judged(pixels, width, turn, even);
                gathering.take(pixels, 0..1, |i| unsure[i]);
                guesses.into_iter().flatten().for_each(|(i, guess)| pixels[i] = guess);
            }
        } else {
            gathering.take(pixels, 0..every, |_| true);
        }
        if seen > every {
            let chosen = worth_a_look(pixels, width, reach, even, is_draft);
            gathering.take(pixels, every..seen, |i| chosen[i]);
            if busy == seen {
                // What moves or is out of focus showed there alone.
                let found = widened(pixels, width, reach, |pixel| pixel.is_uneven(EVEN_DRAFT));
                gathering.take(pixels, every..seen, |i| found[i] && !chosen[i]);
            }
        }
        let finer = (size.height as f32 / EVEN_ROWS).max(1.0).sqrt();
        if busy > seen {
            let chosen = uneven_on_print(pixels, width, reach, EVEN_TWO * finer);
            gathering.take(pixels, seen..busy, |i| chosen[i]);
        }
        if uneven > busy {
            let chosen = uneven_on_print(pixels, width, 1, EVEN_FOUR * finer);
            gathering.take(pixels, busy..uneven, |i| chosen[i]);
        }
    }

    /// Joins direct light with what is smoothed.
    fn finished(&mut self, size: Size) -> Frame {
        let (width, height) = (size.width as usize, size.height as usize);
        let pixels = &self.pixels;
        self.cells.fill(width.div_ceil(CELL), height.div_ceil(CELL), |column, row| cell(pixels, width, column * CELL, row * CELL));
        let cells = &self.cells;
        let mut radiance = self.direct(size);
        radiance.par_chunks_mut(width).zip(pixels.par_chunks(width)).enumerate().for_each(|(y, (row, pixels))| {
            for (x, (radiance, pixel)) in row.iter_mut().zip(pixels).enumerate() {
                let share = 1.0 / pixel.samples.max(1.0);
                let [arriving, glow] = cells.at(x, y, pixel.normal * share, pixel.distance_m * share);
                *radiance += pixel.albedo * share * arriving + glow;
            }
        });
        Frame { width, radiance, accent: Vec::new() }
    }

    /// `[row][column]`: mean direct light. Where a single sample brought more than half of it, it is cut down to the second brightest
    /// neighbour's: a glint so far out of focus that one ray in a hundred meets it would make sparkles of its disc.
    fn direct(&self, size: Size) -> Vec<f32> {
        // Fainter ones (in the film's unit) drown in the grain.
        const LEAST_SPARKLE: f32 = 0.05;
        let (width, height) = (size.width as usize, size.height as usize);
        let mean = |pixel: &Pixel| pixel.direct / pixel.samples.max(1.0);
        let quiet = |i: usize| {
            let pixel = &self.pixels[i];
            if pixel.greatest < LEAST_SPARKLE || pixel.greatest < 0.5 * pixel.direct || pixel.samples < 2.0 {
                return mean(pixel);
            }
            let (x, y) = (i % width, i / width);
            let (mut first, mut second) = (0.0f32, 0.0f32);
            for yy in y.saturating_sub(1)..(y + 2).min(height) {
                for xx in x.saturating_sub(1)..(x + 2).min(width) {
                    if (xx, yy) != (x, y) {
                        let value = mean(&self.pixels[yy * width + xx]);
                        second = second.max(value.min(first));
                        first = first.max(value);
                    }
                }
            }
            mean(pixel).min(second)
        };
        (0..self.pixels.len()).into_par_iter().map(quiet).collect()
    }
}

impl Pixel {
    /// One that no sample was taken of.
    const NONE: Self = Self {
        samples: 0.0,
        direct: 0.0,
        glow: 0.0,
        glows: 0.0,
        arriving: 0.0,
        bounces: 0.0,
        albedo: 0.0,
        normal: Vec3::ZERO,
        distance_m: 0.0,
        least: f32::INFINITY,
        greatest: 0.0,
        busy: false,
    };

    /// What a pixel is taken to be among others: one sample, their mean.
    fn mean<'a>(others: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::NONE;
        for other in others {
            sum.samples += 1.0;
            sum.direct += other.direct;
            sum.albedo += other.albedo;
            sum.normal += other.normal;
            sum.distance_m += other.distance_m;
            sum.busy |= other.busy;
        }
        let share = 1.0 / sum.samples.max(1.0);
        let direct = sum.direct * share;
        Self {
            samples: 1.0,
            direct,
            albedo: sum.albedo * share,
            normal: sum.normal * share,
            distance_m: sum.distance_m * share,
            least: direct,
            greatest: direct,
            ..sum
        }
    }

    /// Where its surface is, on average: normal and distance.
    fn place(&self) -> (Vec3, f32) {
        let share = 1.0 / self.samples.max(1.0);
        (self.normal * share, self.distance_m * share)
    }

    /// Whether its samples differ by more than `share` of their mean.
    fn is_uneven(&self, share: f32) -> bool {
        self.greatest - self.least > share * self.direct / self.samples.max(1.0) + DARK
    }
}

/// When a pixel is looked at first: every fourth, then the one between four of those, then the rest, which fills the fields of a chessboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Turn {
    First,
    Second,
    Last,
}

impl Turn {
    fn of(x: usize, y: usize) -> Self {
        match (x.is_multiple_of(2), y.is_multiple_of(2)) {
            (true, true) => Self::First,
            (false, false) => Self::Second,
            _ => Self::Last,
        }
    }

    /// The up to four nearest pixels, in a picture of so many pixels, that had their turn before one of this.
    fn before(self, i: usize, width: usize, count: usize) -> impl Iterator<Item = usize> {
        let [left, right] = [!i.is_multiple_of(width), !(i + 1).is_multiple_of(width)];
        let [above, below] = [i >= width, i + width < count];
        let places = if self == Self::Second {
            [
                (above && left, i.wrapping_sub(width + 1)),
                (above && right, i.wrapping_sub(width - 1)),
                (below && left, i + width - 1),
                (below && right, i + width + 1),
            ]
        } else {
            [(left, i.wrapping_sub(1)), (right, i + 1), (above, i.wrapping_sub(width)), (below, i + width)]
        };
        places.into_iter().filter_map(|(there, i)| there.then_some(i))
    }
}

/// Judges the pixels whose turn it is by those around them: `[row][column]`, which must be looked at, because their neighbours differ; and `[row]`,
/// what the others are taken to be (their neighbours' mean).
fn judged(pixels: &[Pixel], width: usize, turn: Turn, even: [f32; 2]) -> (Vec<bool>, Vec<Vec<(usize, Pixel)>>) {
    let mut unsure = vec![false; pixels.len()];
    let row = |(y, row): (usize, &mut [bool])| {
        let mut guesses = Vec::new();
        for (x, unsure) in row.iter_mut().enumerate().filter(|(x, _)| Turn::of(*x, y) == turn) {
            let i = y * width + x;
            let before = || turn.before(i, width, pixels.len()).map(|j| &pixels[j]);
            *unsure = differ(before(), even);
            if !*unsure {
                guesses.push((i, Pixel::mean(before())));
            }
        }
        guesses
    };
    let guesses = unsure.par_chunks_mut(width).enumerate().map(row).collect();
    (unsure, guesses)
}

/// Whether neighbours lie on several surfaces, or their light differs by more than a share of the brightest (the second one where a body or a shadow is among
/// them).
fn differ<'a>(neighbours: impl Iterator<Item = &'a Pixel>, even: [f32; 2]) -> bool {
    // Differences of normals and distances (as a share) that one surface has from pixel to pixel.
    const SAME_COS: f32 = 0.98;
    const SAME_DISTANCE: f32 = 0.1;
    let (mut least, mut greatest, mut busy) = (f32::INFINITY, 0.0f32, false);
    let mut first: Option<&Pixel> = None;
    for neighbour in neighbours {
        let like = first.is_none_or(|first| {
            let apart_m = (first.distance_m - neighbour.distance_m).abs();
            first.normal.dot(neighbour.normal) > SAME_COS && apart_m < SAME_DISTANCE * first.distance_m
        });
        if !like {
            return true;
        }
        busy |= neighbour.busy;
        first = first.or(Some(neighbour));
        (least, greatest) = (least.min(neighbour.direct), greatest.max(neighbour.direct));
    }
    greatest - least > even[usize::from(busy)] * greatest + DARK
}

/// The cell whose first pixel is at (x, y): its light is that of all its pixels' samples, most of it of those that are likely on the first one's surface,
/// and of those around it where none of them followed a bounce.
fn cell(pixels: &[Pixel], width: usize, x: usize, y: usize) -> Cell {
    let height = pixels.len() / width;
    let place = pixels[y * width + x].place();
    let sums = |columns: std::ops::Range<usize>, rows: std::ops::Range<usize>| {
        let (mut light, mut weights) = ([0.0; filter::LIGHTS], [0.0; filter::LIGHTS]);
        for pixel in rows.flat_map(|row| &pixels[row * width..][columns.clone()]).filter(|pixel| pixel.glows > 0.0) {
            let weight = alike(place, pixel.place());
            light = [light[0] + weight * pixel.arriving, light[1] + weight * pixel.glow];
            weights = [weights[0] + weight * pixel.bounces, weights[1] + weight * pixel.glows];
        }
        (light, weights)
    };
    let (mut light, mut weights) = sums(x..(x + CELL).min(width), y..(y + CELL).min(height));
    if weights[0] <= 0.0 {
        (light, weights) = sums(x.saturating_sub(CELL)..(x + 2 * CELL).min(width), y.saturating_sub(CELL)..(y + 2 * CELL).min(height));
    }
    let mean = |light: f32, weight: f32| if weight > 0.0 { light / weight } else { 0.0 };
    Cell { normal: place.0, distance_m: place.1, light: [mean(light[0], weights[0]), mean(light[1], weights[1])] }
}

/// `[row][column]`: whether pixels within `reach` rows and columns differ by more than a share of the brightest, the second one where a body or a
/// shadow is among them: what a second sample may change. Unless it is a draft, every pixel there of the last turn gets one in any case: it is of another
/// time and another place on the lens, so that it tells what moves and what is out of focus.
fn worth_a_look(pixels: &[Pixel], width: usize, reach: usize, even: [f32; 2], is_draft: bool) -> Vec<bool> {
    around(pixels, width, reach, |(x, y), around| {
        let (mut least, mut greatest, mut busy) = (f32::INFINITY, 0.0f32, false);
        for pixel in around.flatten() {
            (least, greatest) = (least.min(pixel.direct), greatest.max(pixel.direct));
            busy |= pixel.busy;
        }
        (busy && !is_draft && Turn::of(x, y) == Turn::Last) || greatest - least > even[usize::from(busy)] * greatest + DARK
    })
}

/// `[row][column]`: whether the samples of the pixels within `reach` rows and columns differ by more than `tolerance` on the print, in display codes 0..1:
/// the root mean square of each pixel's greatest difference. Few samples of one pixel say little of its noise; those around it are of the same kind.
fn uneven_on_print(pixels: &[Pixel], width: usize, reach: usize, tolerance: f32) -> Vec<bool> {
    let own: Vec<f32> = pixels.par_iter().map(|pixel| (film::code_of(pixel.greatest) - film::code_of(pixel.least)).powi(2)).collect();
    around(&own, width, reach, |_, around| {
        let (sum, count) = around.flatten().fold((0.0, 0), |(sum, count), square| (sum + square, count + 1));
        sum > count as f32 * tolerance * tolerance
    })
}

/// `[row][column]`: whether a pixel or one within `reach` rows and columns of it is so.
fn widened(pixels: &[Pixel], width: usize, reach: usize, so: impl Fn(&Pixel) -> bool + Sync + Send) -> Vec<bool> {
    let own: Vec<bool> = pixels.par_iter().map(so).collect();
    around(&own, width, reach, |_, mut around| around.any(|row| row.contains(&true)))
}

/// The runs of values in some rows and columns.
struct Runs<'a, T> {
    values: &'a [T],
    width: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
}

impl<'a, T> Iterator for Runs<'a, T> {
    type Item = &'a [T];

    #[inline]
    fn next(&mut self) -> Option<&'a [T]> {
        self.rows.next().map(|row| &self.values[row * self.width..][self.columns.clone()])
    }
}

/// `[row][column]`: what is true of a place and the runs of values within `reach` rows and columns of it.
fn around<'a, T: Sync>(values: &'a [T], width: usize, reach: usize, so: impl Fn((usize, usize), Runs<'a, T>) -> bool + Sync) -> Vec<bool> {
    let height = values.len() / width;
    let mut chosen = vec![false; values.len()];
    chosen.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, chosen) in row.iter_mut().enumerate() {
            let columns = x.saturating_sub(reach)..(x + reach + 1).min(width);
            let rows = y.saturating_sub(reach)..(y + reach + 1).min(height);
            *chosen = so((x, y), Runs { values, width, rows, columns });
        }
    });
    chosen
}

/// What every thread needs to take samples.
struct Gathering<'a> {
    /// `[shutter time]`.
    scenes: &'a [Scene<'a>],
    camera: &'a Camera,
    sampler: &'a Sampler<'a>,
    /// Most samples that a pixel gets.
    samples: usize,
    smooth_every: usize,
    width: usize,
}

impl Gathering<'_> {
    /// Adds a range of samples to the chosen pixels, by their index.
    fn take(&self, pixels: &mut [Pixel], samples: std::ops::Range<usize>, chosen: impl Fn(usize) -> bool + Sync) {
        let width = self.width;
        pixels.par_chunks_mut(width * BAND_ROWS).enumerate().for_each(|(band, pixels)| {
            let top = band * BAND_ROWS;
            for left in (0..width).step_by(BLOCK_COLUMNS) {
                for sample in samples.clone() {
                    for row in 0..pixels.len() / width {
                        for x in left..(left + BLOCK_COLUMNS).min(width) {
                            if chosen((top + row) * width + x) {
                                self.sample((x, top + row), sample, &mut pixels[row * width + x]);
                            }
                        }
                    }
                }
            }
        });
    }

    fn sample(&self, place: (usize, usize), sample: usize, pixel: &mut Pixel) {
        let numbers = Numbers { sampler: self.sampler, pixel: place, sample };
        // Every sample of a pixel takes another part of the shutter's time; the first two already span it.
        let part = (sample as u64).reverse_bits() >> (64 - self.samples.trailing_zeros()).min(63);
        let t = (part as f32 + numbers.pair(Use::TimeAndLamp)[0]) / self.samples as f32;
        let scene = &self.scenes[((t * self.scenes.len() as f32) as usize).min(self.scenes.len() - 1)];
        // Of the samples after the first every eighth looks at what is smoothed, too, in turns with its neighbours'.
        let (x, y) = place;
        let every = self.smooth_every;
        let smooth = if sample == 0 { x.is_multiple_of(every) && y.is_multiple_of(every) } else { (sample + x + y).is_multiple_of(8) };
        let seen = scene.see(self.camera, t, &numbers, smooth);
        pixel.samples += 1.0;
        pixel.direct += seen.direct;
        pixel.albedo += seen.albedo;
        pixel.normal += seen.normal;
        pixel.distance_m += seen.distance_m;
        pixel.busy |= seen.busy;
        pixel.least = pixel.least.min(seen.direct);
        pixel.greatest = pixel.greatest.max(seen.direct);
        if let Some(glow) = seen.glow {
            pixel.glow += glow;
            pixel.glows += 1.0;
        }
        if let Some(arriving) = seen.arriving {
            pixel.arriving += arriving;
            pixel.bounces += 1.0;
        }
    }
}

/// The camera at shutter open and close.
fn cameras(cut: &Cut, frame: u64) -> Result<(CameraPose, CameraPose), Error> {
    let missing = Error::NoCamera { frame, frames: cut.frames };
    let Some(shot) = cut.shots.get(cut.shot_at(frame)) else { return Err(missing) };
    let index = frame.checked_sub(shot.first_frame).map(|index| index as usize);
    let Some(open) = index.and_then(|index| shot.camera.get(index)) else { return Err(missing) };
    // The pose after a shot's last frame is part of the shot; a shot that lacks it stands still for that frame.
    let next = index.and_then(|index| shot.camera.get(index + 1)).unwrap_or(open);
    Ok((*open, open.blend(next, SHUTTER as f32)))
}

fn check_size(size: Size) -> Result<(), Error> {
    if size.width < 2 || size.height < 2 { Err(Error::Size(size)) } else { Ok(()) }
}

/// People in their states, as vertices; `vertices` is how many there must be. Whoever isn't there shrinks to a point that no ray meets, and a
/// surface that gives too few vertices has the rest there.
fn posture(cast: &Cast, people: &[Option<PersonSample>; 2], vertices: usize) -> Posture {
    let posed: Vec<clinch_cast::Posed> = Who::BOTH
        .into_par_iter()
        .map(|who| {
            let mut posed = clinch_cast::Posed::default();
            if let Some(state) = &people[who.index()] {
                clinch_cast::pose(cast.person(who), state, &mut posed);
            }
            posed
        })
        .collect();
    let wetness = [0, 1].map(|i| people[i].map_or(0.0, |state| sweat::wetness(state.fatigue)));
    let mut posture = Posture { wetness, ..Posture::default() };
    let mut end = 0;
    for (person, one) in cast.people.iter().zip(&posed) {
        end += person.surface.position_m.len();
        posture.position_m.extend(&one.position_m);
        posture.position_m.resize(end, Vec3::ZERO);
        posture.normal.extend(&one.normal);
        posture.normal.resize(end, Vec3::Y);
    }
    posture.position_m.resize(vertices, Vec3::ZERO);
    posture.normal.resize(vertices, Vec3::Y);
    posture
}

#[cfg(test)]
mod tests;
