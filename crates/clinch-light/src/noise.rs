//! Smooth random fields on the plane.

use glam::{IVec2, Vec2};

/// Random number in 0..1 of a lattice point.
pub(crate) fn at_lattice(at: IVec2, seed: u32) -> f32 {
    let mut h = (at.x as u32).wrapping_mul(0x8da6_b343) ^ (at.y as u32).wrapping_mul(0xd816_3841) ^ seed.wrapping_mul(0xcb1a_b31f);
    // The finaliser of MurmurHash3.
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    (h >> 8) as f32 / (1u32 << 24) as f32
}

/// Value noise in 0..1 with features of size 1; repeats every `period` where that isn't 0.
pub(crate) fn value(at: Vec2, period: i32, seed: u32) -> f32 {
    let cell = Vec2::new(floor(at.x), floor(at.y));
    let t = at - cell;
    let t = t * t * t * (t * (t * 6.0 - Vec2::splat(15.0)) + Vec2::splat(10.0));
    let corner = |dx: i32, dy: i32| {
        let point = cell.as_ivec2() + IVec2::new(dx, dy);
        at_lattice(if period > 0 { point.rem_euclid(IVec2::splat(period)) } else { point }, seed)
    };
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    mix(mix(corner(0, 0), corner(1, 0), t.x), mix(corner(0, 1), corner(1, 1), t.x), t.y)
}

/// Sum of `octaves` of noise, each of half the size and `gain` of the strength of the one before, scaled into 0..1.
pub(crate) fn fractal(at: Vec2, octaves: u32, gain: f32, period: i32, seed: u32) -> f32 {
    let (mut sum, mut weight, mut total) = (0.0, 1.0, 0.0);
    for octave in 0..octaves {
        let scale = 1 << octave;
        sum += weight * value(at * scale as f32, period * scale, seed.wrapping_add(octave));
        total += weight;
        weight *= gain;
    }
    sum / total
}

/// Distances to the nearest and second nearest of points strewn one a unit cell (Worley 1996), and the random number of the nearest.
pub(crate) fn cells(at: Vec2, period: i32, seed: u32) -> (f32, f32, f32) {
    let cell = IVec2::new(floor(at.x) as i32, floor(at.y) as i32);
    let (mut first, mut second, mut name) = (f32::INFINITY, f32::INFINITY, 0.0);
    for dy in -1..=1 {
        for dx in -1..=1 {
            let point = cell + IVec2::new(dx, dy);
            let wrapped = if period > 0 { point.rem_euclid(IVec2::splat(period)) } else { point };
            let place = point.as_vec2() + Vec2::new(at_lattice(wrapped, seed), at_lattice(wrapped, seed ^ 0x5bd1));
            let distance = at.distance(place);
            if distance < first {
                (second, first, name) = (first, distance, at_lattice(wrapped, seed ^ 0x9e37));
            } else {
                second = second.min(distance);
            }
        }
    }
    (first, second, name)
}

/// A repeating square of fractal noise made once, read between its texels.
#[derive(Debug, Clone)]
pub(crate) struct Mottle {
    /// `[row][column]`.
    value: Vec<f32>,
}

impl Mottle {
    /// Side in texels, and in features of the coarsest noise.
    const SIDE: usize = 256;
    const FEATURES: i32 = 8;

    pub fn new(seed: u32) -> Self {
        let scale = Self::FEATURES as f32 / Self::SIDE as f32;
        let place = |i: usize| Vec2::new((i % Self::SIDE) as f32, (i / Self::SIDE) as f32) * scale;
        Self { value: (0..Self::SIDE * Self::SIDE).map(|i| fractal(place(i), 5, 0.55, Self::FEATURES, seed)).collect() }
    }

    /// The noise, about 0.2..0.8, at a place where its coarsest features have size 1.
    pub fn at(&self, at: Vec2) -> f32 {
        bilinear(&self.value, Self::SIDE, at / Self::FEATURES as f32, |a, b, t| a + (b - a) * t)
    }
}

/// Reads a repeating square map between its texels; `at` runs 0..1 over one repetition.
#[inline]
pub(crate) fn bilinear<T: Copy>(map: &[T], side: usize, at: Vec2, blend: impl Fn(T, T, f32) -> T) -> T {
    let (x, x1, tx) = texels(at.x, side);
    let (y, y1, ty) = texels(at.y, side);
    blend(blend(map[y * side + x], map[y * side + x1], tx), blend(map[y1 * side + x], map[y1 * side + x1], tx), ty)
}

/// The texels before and after a coordinate, and where between them it lies.
#[inline]
fn texels(at: f32, side: usize) -> (usize, usize, f32) {
    let place = (at - floor(at)) * side as f32;
    let before = (place as usize).min(side - 1);
    (before, if before + 1 == side { 0 } else { before + 1 }, place - before as f32)
}

/// `f32::floor` for numbers that fit 32 bits, without a library call where the processor's oldest instruction set is compiled for.
#[inline]
pub(crate) fn floor(x: f32) -> f32 {
    let cut = x as i32 as f32;
    if cut > x { cut - 1.0 } else { cut }
}
