//! Wet asphalt: patches, cracks, puddles, aggregate and a worn painted line, as two maps made once.

use crate::{
    finish::Finish,
    lamp::smoothstep,
    noise::{bilinear, cells, fractal},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Side of the wide map in texels, and in metres; it repeats beyond.
const WIDE: usize = 1024;
const WIDE_M: f32 = 24.0;
/// Side of the fine map in texels, and in metres: 1.25 mm a texel, about a pixel for a camera 0.6 m above the ground.
const FINE: usize = 512;
const FINE_M: f32 = 0.64;
/// Reflectance of worn dry asphalt (published albedos run from 0.05 fresh to 0.18 old) and of the soaked one (about half, by Lekner and
/// Dorf, "Why some things are darker when wet", Applied Optics 27, 1988).
const DRY: f32 = 0.095;
const SOAKED: f32 = 0.048;
/// Reflectance straight on of dry coarse asphalt's gloss: most of it is lost between the stones.
const DULL: f32 = 0.003;
/// …and of soaked asphalt's, whose film of water is torn by the stones.
const GLEAMING: f32 = 0.005;
/// Reflectance of worn road paint.
const PAINT: f32 = 0.30;
/// Fresnel reflectance of water at normal incidence (refractive index 1.33).
pub(crate) const WATER: f32 = 0.02;

/// One texel of the wide map.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// Factor on the reflectance.
    tone: f32,
    /// How low the ground lies there, 0..1: water gathers above [`Ground::BANK`].
    low: f32,
    /// Distance to the nearest crack, in metres (capped).
    crack_m: f32,
    /// How much of a painted line has survived, 0..1.
    wear: f32,
}

/// One texel of the fine map.
#[derive(Debug, Clone, Copy, Default)]
struct Stone {
    /// Factor on the reflectance.
    tone: f32,
    /// Slope along x and z.
    slope: Vec2,
}

/// What the ground is at a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paving {
    pub finish: Finish,
    pub normal: Vec3,
    /// Share covered by standing water, 0..1.
    pub water: f32,
}

/// The ground's maps.
#[derive(Debug, Clone)]
pub(crate) struct Ground {
    /// `[row][column]`, z then x.
    wide: Vec<Place>,
    /// `[row][column]`, z then x.
    fine: Vec<Stone>,
    /// How wet, 0..1.
    wet: f32,
}

impl Ground {
    /// Level above which water stands.
    const BANK: f32 = 0.63;

    /// Ground from dry (0) to with puddles (1).
    pub fn new(wet: f32) -> Self {
        let heights: Vec<(f32, f32)> = (0..FINE * FINE).into_par_iter().map(|i| stone(i % FINE, i / FINE)).collect();
        let height = |x: usize, y: usize| heights[y % FINE * FINE + x % FINE].0;
        let texel_m = FINE_M / FINE as f32;
        let fine = (0..FINE * FINE)
            .map(|i| {
                let (x, y) = (i % FINE, i / FINE);
                let rise = Vec2::new(height(x + 1, y) - height(x + FINE - 1, y), height(x, y + 1) - height(x, y + FINE - 1));
                Stone { tone: heights[i].1, slope: rise / (2.0 * texel_m) }
            })
            .collect();
        let wide = (0..WIDE * WIDE).into_par_iter().map(|i| place(i % WIDE, i / WIDE)).collect();
        Self { wide, fine, wet }
    }

    /// The paving at a place (x, z); `footprint_m` is about how much of it a pixel covers.
    #[inline]
    pub fn at(&self, at_m: Vec2, footprint_m: f32) -> Paving {
        let place = bilinear(&self.wide, WIDE, at_m / WIDE_M, Place::blend);
        // Aggregate finer than a pixel fades into its mean instead of flickering.
        let near = 1.0 - smoothstep(0.0012, 0.006, footprint_m);
        let mean = Stone { tone: 1.0, slope: Vec2::ZERO };
        let stone = if near > 0.0 { bilinear(&self.fine, FINE, at_m / FINE_M, Stone::blend) } else { mean };

        // As the ground dries, water draws back to where it is lowest.
        let low = place.low - 0.45 * (1.0 - self.wet);
        let soaked = smoothstep(0.38, 0.60, low);
        let water = smoothstep(Self::BANK, Self::BANK + 0.012, low + 0.012 * near * (stone.tone - 1.0));
        let crack_half_m = 0.004 + 0.5 * footprint_m;
        let crack = (0.004 / crack_half_m) * (1.0 - smoothstep(0.4 * crack_half_m, crack_half_m, place.crack_m));
        let paint = painted(at_m) * place.wear;

        let bare = (DRY + (SOAKED - DRY) * soaked) * place.tone * (1.0 - 0.8 * crack);
        let reflectance = (bare + (PAINT * (1.0 - 0.4 * soaked) - bare) * paint) * (1.0 + (stone.tone - 1.0) * near);
        let slope = stone.slope * near * (1.0 - water) * (1.0 - 0.5 * paint);
        Paving {
            finish: Finish {
                roughness: 0.75 - 0.41 * soaked,
                specular: (DULL + (GLEAMING - DULL) * soaked) * (1.0 - water),
                ..Finish::matt(reflectance)
            },
            normal: Vec3::new(-slope.x, 1.0, -slope.y).normalize(),
            water,
        }
    }
}

/// How much of a place (x, z) lies under the painted line, an arc's worth of a crossing that was never renewed.
#[inline]
fn painted(at_m: Vec2) -> f32 {
    let along = |offset_m: f32| 1.0 - smoothstep(0.055, 0.065, (at_m.y - offset_m - 0.06 * at_m.x).abs());
    along(1.9).max(along(-3.4))
}

impl Place {
    #[inline]
    fn blend(self, other: Self, t: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * t;
        Self {
            tone: mix(self.tone, other.tone),
            low: mix(self.low, other.low),
            crack_m: mix(self.crack_m, other.crack_m),
            wear: mix(self.wear, other.wear),
        }
    }
}

impl Stone {
    #[inline]
    fn blend(self, other: Self, t: f32) -> Self {
        Self { tone: self.tone + (other.tone - self.tone) * t, slope: self.slope.lerp(other.slope, t) }
    }
}

fn place(x: usize, y: usize) -> Place {
    let at = Vec2::new(x as f32, y as f32) / WIDE as f32;
    // Patches of about 3 m, stains of 0.4 m, mottle of 0.1 m; cracks bend because their lattice is bent.
    let patches = fractal(at * 8.0, 3, 0.55, 8, 11);
    let stains = fractal(at * 60.0, 2, 0.6, 60, 12);
    let mottle = fractal(at * 220.0, 2, 0.8, 220, 18);
    let bend = Vec2::new(fractal(at * 24.0, 3, 0.5, 24, 13), fractal(at * 24.0, 3, 0.5, 24, 14)) - Vec2::splat(0.5);
    let (first, second, _) = cells(at * 10.0 + bend * 0.7, 10, 15);
    let crack_m = (second - first) * WIDE_M / 20.0;
    // The map repeats round the origin: what lies beyond its middle is on the other side.
    let (repair, seam_m) = repaired((at - (at + Vec2::splat(0.5)).floor()) * WIDE_M, bend);
    Place {
        tone: (0.30 + 0.42 * patches + 0.42 * stains + 0.56 * mottle) * repair,
        low: 0.72 * fractal(at * 12.0, 4, 0.5, 12, 16) + 0.28 * (1.0 - patches),
        crack_m: crack_m.min(seam_m).min(0.2),
        wear: smoothstep(0.38, 0.62, fractal(at * 96.0, 4, 0.65, 96, 17)),
    }
}

/// Where the road was opened and closed again: the factor on the tone of a place (x, z), and the distance to the seam in metres.
fn repaired(at_m: Vec2, bend: Vec2) -> (f32, f32) {
    // Middle, half sides and turn of each repair, and its tone: a trench across the street and two squares.
    const REPAIRS: [(Vec2, Vec2, f32, f32); 3] = [
        (Vec2::new(2.4, 0.4), Vec2::new(0.42, 7.0), 0.10, 0.68),
        (Vec2::new(-1.7, 1.5), Vec2::new(0.75, 0.55), -0.07, 0.78),
        (Vec2::new(-3.6, -2.6), Vec2::new(0.9, 0.7), 0.22, 1.22),
    ];
    let (mut tone, mut seam_m) = (1.0, f32::INFINITY);
    let at_m = at_m + bend * 0.05;
    for (middle_m, half_m, turn_rad, own) in REPAIRS {
        let inside = half_m - Vec2::from_angle(turn_rad).rotate(at_m - middle_m).abs();
        let depth_m = inside.min_element();
        if depth_m > 0.0 {
            tone = own;
        }
        // Tar runs 15 mm along the seam: wider than a crack, so its distance counts for less.
        if depth_m.abs() < 0.2 && inside.max_element() > 0.0 {
            seam_m = seam_m.min(depth_m.abs() * 0.4);
        }
    }
    (tone, seam_m)
}

/// Height in metres and tone of a texel of aggregate: stones of about 8 mm with finer grit.
fn stone(x: usize, y: usize) -> (f32, f32) {
    let at = Vec2::new(x as f32, y as f32) / FINE as f32;
    let (first, second, name) = cells(at * 72.0, 72, 21);
    let grit = fractal(at * 160.0, 2, 0.6, 160, 22);
    let dome = (second - first).min(0.7);
    (0.0017 * dome + 0.0009 * grit, 0.66 + 0.34 * name + 0.25 * dome + 0.25 * (grit - 0.5))
}
