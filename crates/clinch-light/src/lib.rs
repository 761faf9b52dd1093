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
use filter::Guides;
use glam::Vec3;
use integrator::{GLOW_SAMPLES, Numbers, Scene, Surroundings};
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
    /// First frame of the shot for which the set's lamps are planned.
    planned: Option<u64>,
    bodies: Bodies,
    mask: Mask,
    /// `[shutter time]`, kept from frame to frame for their memory.
    moments: Vec<Moment>,
    /// Those that the frame has no use for. Tens of megabytes each, given back and asked for again, would leave holes in the heap.
    spare: Vec<Moment>,
    pixels: Vec<Pixel>,
    guides: Guides,
    scratch: Vec<f32>,
}

/// Sums over the samples of a pixel.
#[derive(Debug, Clone, Copy, Default)]
struct Pixel {
    samples: f32,
    direct: f32,
    glow: f32,
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
            moments: Vec::new(),
            spare: Vec::new(),
            pixels: Vec::new(),
            guides: Guides::default(),
            scratch: Vec::new(),
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
        let postures = [open_at, close_at].map(|at| posture(self.cast, &performance.at(at).people.map(Some), self.bodies.vertices()));
        self.fit(&postures, open.eye_m, camera.pixel_rad());
        self.gather(&camera, None, self.options.size, frame);
        let mut lit = self.finished(self.options.size);
        self.add_spray(performance, &camera, [open_at, close_at], &mut lit);
        Ok(lit)
    }

    /// Has the lamps shine as the shot of a frame asks for.
    fn plan(&mut self, performance: &Performance, cut: &Cut, frame: u64) {
        let shot = &cut.shots[cut.shot_at(frame)];
        if self.planned != Some(shot.first_frame) {
            self.set.plan(gaffer::plan(self.set.hung(), self.set.even_fill(), self.cast, performance, cut, shot));
            self.planned = Some(shot.first_frame);
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
        self.fit(&[posture.clone(), posture], camera.eye_m, lens.pixel_rad());
        self.gather(&lens, Some(&backdrop), size, 0);
        let mut lit = self.finished(size);
        develop(&mut lit.radiance, lit.width, self.options.grain, self.options.seed, 0, luma);
        Ok(())
    }

    /// Fits the hierarchy to both people between shutter open and close, at as many times as their motion asks for.
    fn fit(&mut self, [open, close]: &[Posture; 2], eye_m: Vec3, pixel_rad: f32) {
        let pixels = Bodies::longest_move_pixels(open, close, eye_m, pixel_rad);
        let most = if self.options.quality == Quality::Draft { MOST_DRAFT_MOMENTS } else { MOST_MOMENTS };
        let count = ((pixels / STEP_PIXELS).ceil() as usize).clamp(1, most);
        let mut old = std::mem::take(&mut self.moments).into_iter().chain(std::mem::take(&mut self.spare));
        let reused: Vec<Option<Moment>> = (0..count).map(|_| old.next()).collect();
        self.spare = old.collect();
        let bodies = &self.bodies;
        self.moments = reused
            .into_par_iter()
            .enumerate()
            .map(|(i, reused)| bodies.moment(open, close, (i as f32 + 0.5) / count as f32, reused))
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
        let gathering = Gathering { scenes: &scenes, camera, sampler: &sampler, samples: uneven, width };
        self.pixels.clear();
        self.pixels.resize(count, Pixel { least: f32::INFINITY, ..Pixel::default() });
        // What is far out of focus is met by few rays; its surroundings must be looked at more widely to find it all.
        let reach = if camera.is_shallow() { 2 } else { 1 };
        // By how much neighbours may differ, as a share of the brightest, on the set and where a body or a shadow is.
        let even = if self.options.quality == Quality::Draft { [EVEN_DRAFT; 2] } else { [EVEN, EVEN_BODY] };
        if every == 1 {
            gathering.take(&mut self.pixels, 0..1, Some(&chosen_places(width, count, is_first)));
            let unsure = unsure(&self.pixels, width, even);
            gathering.take(&mut self.pixels, 0..1, Some(&unsure));
            guess(&mut self.pixels, &unsure, width);
        } else {
            gathering.take(&mut self.pixels, 0..every, None);
        }
        if seen > every {
            let chosen = worth_a_look(&self.pixels, width, reach, even);
            gathering.take(&mut self.pixels, every..seen, Some(&chosen));
            if busy == seen {
                // What moves or is out of focus showed in the second half alone.
                let found = widened(&self.pixels, width, reach, |pixel| pixel.is_uneven(EVEN_DRAFT));
                let rest: Vec<bool> = found.iter().zip(&chosen).map(|(found, taken)| *found && !taken).collect();
                gathering.take(&mut self.pixels, every..seen, Some(&rest));
            }
        }
        if busy > seen {
            let chosen = widened(&self.pixels, width, reach, |pixel| pixel.is_uneven(if pixel.busy { 0.2 } else { 0.5 }));
            gathering.take(&mut self.pixels, seen..busy, Some(&chosen));
        }
        if uneven > busy {
            // Four samples already say where the unevenness is; there is no need to look as widely again.
            let chosen = widened(&self.pixels, width, reach - 1, |pixel| pixel.is_uneven(0.65));
            gathering.take(&mut self.pixels, busy..uneven, Some(&chosen));
        }
    }

    /// Joins direct and smoothed indirect light.
    fn finished(&mut self, size: Size) -> Frame {
        let width = size.width as usize;
        self.guides.clear();
        for pixel in &self.pixels {
            let share = 1.0 / pixel.samples.max(1.0);
            self.guides.push(pixel.normal * share, pixel.distance_m * share);
        }
        let mut arriving = filled(&self.pixels, width);
        filter::smooth(&mut arriving, &self.guides, width, &mut self.scratch);
        let direct = self.direct(size);
        let join = |((pixel, arriving), direct): ((&Pixel, &f32), &f32)| {
            let glow = pixel.glow / pixel.samples.clamp(1.0, GLOW_SAMPLES as f32);
            direct + pixel.albedo * arriving / pixel.samples.max(1.0) + glow
        };
        Frame { width, radiance: self.pixels.iter().zip(&arriving).zip(&direct).map(join).collect(), accent: Vec::new() }
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
    /// Whether its samples differ by more than `share` of their mean.
    fn is_uneven(&self, share: f32) -> bool {
        self.greatest - self.least > share * self.direct / self.samples.max(1.0) + DARK
    }
}

/// Whether a pixel is one of every second, as the white fields of a chessboard: those are looked at before the rest.
fn is_first(x: usize, y: usize) -> bool {
    (x + y).is_multiple_of(2)
}

/// `[row][column]`: the pixels that are so.
fn chosen_places(width: usize, count: usize, so: impl Fn(usize, usize) -> bool) -> Vec<bool> {
    (0..count).map(|i| so(i % width, i / width)).collect()
}

/// The up to four nearest neighbours of a pixel.
fn nearest_four(i: usize, width: usize, count: usize) -> impl Iterator<Item = usize> {
    let x = i % width;
    let beside = [(x > 0).then(|| i - 1), (x + 1 < width).then_some(i + 1)];
    let over = [i.checked_sub(width), Some(i + width).filter(|&below| below < count)];
    beside.into_iter().chain(over).flatten()
}

/// `[row][column]`: the pixels of the second half whose neighbours don't say what they are, because they differ.
fn unsure(pixels: &[Pixel], width: usize, even: [f32; 2]) -> Vec<bool> {
    // Differences of normals and distances (as a share) that one surface has from pixel to pixel.
    const SAME_COS: f32 = 0.98;
    const SAME_DISTANCE: f32 = 0.1;
    let one = |i: usize| {
        if is_first(i % width, i / width) {
            return false;
        }
        let (mut least, mut greatest, mut busy) = (f32::INFINITY, 0.0f32, false);
        let mut first: Option<&Pixel> = None;
        for neighbour in nearest_four(i, width, pixels.len()).map(|j| &pixels[j]) {
            let like = first.is_none_or(|first| {
                let apart_m = (first.distance_m - neighbour.distance_m).abs();
                (first.normal.dot(neighbour.normal) > SAME_COS || first.normal == neighbour.normal)
                    && apart_m < SAME_DISTANCE * first.distance_m
            });
            if !like {
                return true;
            }
            busy |= neighbour.busy;
            first = first.or(Some(neighbour));
            (least, greatest) = (least.min(neighbour.direct), greatest.max(neighbour.direct));
        }
        greatest - least > even[usize::from(busy)] * greatest + DARK
    };
    (0..pixels.len()).into_par_iter().map(one).collect()
}

/// Gives every pixel of the second half that wasn't looked at the mean of its neighbours.
fn guess(pixels: &mut [Pixel], looked_at: &[bool], width: usize) {
    for i in 0..pixels.len() {
        if is_first(i % width, i / width) || looked_at[i] {
            continue;
        }
        let mut sum = Pixel::default();
        for neighbour in nearest_four(i, width, pixels.len()).map(|j| pixels[j]) {
            sum.samples += 1.0;
            sum.direct += neighbour.direct;
            sum.glow += neighbour.glow;
            sum.albedo += neighbour.albedo;
            sum.normal += neighbour.normal;
            sum.distance_m += neighbour.distance_m;
            sum.busy |= neighbour.busy;
        }
        let share = 1.0 / sum.samples.max(1.0);
        let direct = sum.direct * share;
        pixels[i] = Pixel {
            samples: 1.0,
            direct,
            glow: sum.glow * share,
            albedo: sum.albedo * share,
            normal: sum.normal * share,
            distance_m: sum.distance_m * share,
            busy: sum.busy,
            least: direct,
            greatest: direct,
            ..Pixel::default()
        };
    }
}

/// `[row][column]`: mean light that arrives from other surfaces; where no bounce was followed, that of the neighbours that are most likely on the same surface.
fn filled(pixels: &[Pixel], width: usize) -> Vec<f32> {
    let height = pixels.len() / width;
    let one = |i: usize| {
        let pixel = &pixels[i];
        if pixel.bounces > 0.0 {
            return pixel.arriving / pixel.bounces;
        }
        let (x, y) = (i % width, i / width);
        let (mut sum, mut total) = (0.0, 0.0);
        for yy in y.saturating_sub(1)..(y + 2).min(height) {
            for other in &pixels[yy * width..][x.saturating_sub(1)..(x + 2).min(width)] {
                if other.bounces > 0.0 {
                    let cos = pixel.normal.dot(other.normal) / (pixel.samples * other.samples);
                    let [own_m, other_m] = [pixel, other].map(|p| p.distance_m / p.samples);
                    let weight = cos.max(0.0).powi(4) / (1.0 + (30.0 * (own_m / other_m.max(1e-3) - 1.0)).powi(2)) + 1e-4;
                    sum += weight * other.arriving / other.bounces;
                    total += weight;
                }
            }
        }
        if total > 0.0 { sum / total } else { 0.0 }
    };
    (0..pixels.len()).into_par_iter().map(one).collect()
}

/// `[row][column]`: whether pixels within `reach` rows and columns differ by more than a share of the brightest, the second one where a body or a
/// shadow is among them: what a second sample may change. There every pixel of the second half gets one in any case: it is of another time and
/// another place on the lens, so that it tells what moves and what is out of focus.
fn worth_a_look(pixels: &[Pixel], width: usize, reach: usize, even: [f32; 2]) -> Vec<bool> {
    let height = pixels.len() / width;
    let mut chosen = vec![false; pixels.len()];
    chosen.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, chosen) in row.iter_mut().enumerate() {
            let (mut least, mut greatest, mut busy) = (f32::INFINITY, 0.0f32, false);
            for yy in y.saturating_sub(reach)..(y + reach + 1).min(height) {
                for pixel in &pixels[yy * width..][x.saturating_sub(reach)..(x + reach + 1).min(width)] {
                    (least, greatest) = (least.min(pixel.direct), greatest.max(pixel.direct));
                    busy |= pixel.busy;
                }
            }
            *chosen = (busy && !is_first(x, y)) || greatest - least > even[usize::from(busy)] * greatest + DARK;
        }
    });
    chosen
}

/// `[row][column]`: whether a pixel or one within `reach` rows and columns of it is so.
fn widened(pixels: &[Pixel], width: usize, reach: usize, so: impl Fn(&Pixel) -> bool + Sync) -> Vec<bool> {
    let own: Vec<bool> = pixels.iter().map(so).collect();
    let height = pixels.len() / width;
    let mut wide = vec![false; pixels.len()];
    wide.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, out) in row.iter_mut().enumerate() {
            let columns = x.saturating_sub(reach)..(x + reach + 1).min(width);
            *out = (y.saturating_sub(reach)..(y + reach + 1).min(height)).any(|yy| own[yy * width..][columns.clone()].contains(&true));
        }
    });
    wide
}

/// What every thread needs to take samples.
struct Gathering<'a> {
    /// `[shutter time]`.
    scenes: &'a [Scene<'a>],
    camera: &'a Camera,
    sampler: &'a Sampler<'a>,
    /// Most samples that a pixel gets.
    samples: usize,
    width: usize,
}

impl Gathering<'_> {
    /// Adds a range of samples to every pixel, or to those of `only`.
    fn take(&self, pixels: &mut [Pixel], samples: std::ops::Range<usize>, only: Option<&[bool]>) {
        let width = self.width;
        pixels.par_chunks_mut(width * BAND_ROWS).enumerate().for_each(|(band, pixels)| {
            let top = band * BAND_ROWS;
            for left in (0..width).step_by(BLOCK_COLUMNS) {
                for sample in samples.clone() {
                    for row in 0..pixels.len() / width {
                        for x in left..(left + BLOCK_COLUMNS).min(width) {
                            if only.is_none_or(|only| only[(top + row) * width + x]) {
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
        // Of the first samples every fourth pixel's follows a bounce, so that every pixel has one beside it at least; of the rest every eighth does, in turns
        // with its neighbours'.
        let bounce =
            (sample == 0 && place.0.is_multiple_of(2) && place.1.is_multiple_of(2)) || (sample + place.0 + place.1).is_multiple_of(8);
        let seen = scene.see(self.camera, t, &numbers, bounce);
        pixel.samples += 1.0;
        pixel.direct += seen.direct;
        pixel.glow += seen.glow;
        pixel.albedo += seen.albedo;
        pixel.normal += seen.normal;
        pixel.distance_m += seen.distance_m;
        pixel.busy |= seen.busy;
        pixel.least = pixel.least.min(seen.direct);
        pixel.greatest = pixel.greatest.max(seen.direct);
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
