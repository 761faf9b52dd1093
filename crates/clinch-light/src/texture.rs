//! Textures ready to be sampled: mip levels, and slopes in place of heights.
//!
//! A relief is kept as its slope and the slope's mean square. Both may be averaged: the mean slope is that of the averaged height, and what
//! the mean square has beyond the mean's own square is roughness that has become too small to be seen as relief (Olano and Baker, "LEAN
//! Mapping", I3D 2010; here with one number for all directions).

use crate::noise::floor;
use clinch_model::cast::Texture;
use glam::Vec2;

/// Fixed-point one of a stored slope: slopes run from −127.5 to 127.5 height steps a texel, which 16 bits hold in 256ths.
const SLOPE_ONE: f32 = 256.0;
/// What [`clinch_model::cast::Texel`] calls 1.
const FACTOR_ONE: f32 = 128.0;

/// One texel of one level.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Stored {
    /// Reflectance, roughness and sweat as in the texture.
    reflectance: u8,
    roughness: u8,
    sweat: u8,
    /// Slope along u and v, in height steps per texel of the first level.
    slope: [i16; 2],
    /// Mean square of the slope's length.
    square: f32,
}

/// A level: half as wide and high as the one before.
#[derive(Debug, Clone)]
struct Level {
    width: usize,
    height: usize,
    /// `[row][column]`.
    texels: Vec<Stored>,
}

/// A texture with its levels, the finest first.
#[derive(Debug, Clone)]
pub(crate) struct Mipped {
    levels: Vec<Level>,
    /// Height of one step of the relief.
    step_m: f32,
}

/// What a texture says of a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampled {
    /// Factors on the material's.
    pub reflectance: f32,
    pub roughness: f32,
    /// How much sweat gathers, 0..1.
    pub sweat: f32,
    /// Change of height along u and v, in metres per whole texture.
    pub slope_m: Vec2,
    /// Mean square of the slope that is too fine to be seen, in metres² per texel² of the first level.
    pub unseen_m2: f32,
}

/// A texel before it is packed: the sums that averaging needs.
type Sums = [f32; 6];

impl Mipped {
    pub fn new(texture: &Texture) -> Self {
        let (mut width, mut height) = (texture.width as usize, texture.height as usize);
        let mut sums = first_level(texture);
        let mut levels = vec![Level::pack(width, height, &sums)];
        while width > 1 || height > 1 {
            (sums, width, height) = halved(&sums, width, height);
            levels.push(Level::pack(width, height, &sums));
        }
        Self { levels, step_m: texture.relief_m / 255.0 }
    }

    /// Texels of the finest level that a whole texture holds.
    pub fn texels(&self) -> f32 {
        self.levels.first().map_or(1.0, |level| (level.width * level.height) as f32)
    }

    /// The texture at a place, averaged over about `footprint_texels` texels of the finest level across.
    #[inline]
    pub fn at(&self, uv: Vec2, footprint_texels: f32) -> Sampled {
        // The logarithm to base 2, straight between whole numbers: it need only be continuous.
        let bits = footprint_texels.clamp(1.0, 65_536.0).to_bits();
        let (whole, part) = (((bits >> 23) - 127) as usize, (bits & 0x7f_ffff) as f32 / 8_388_608.0);
        let last = self.levels.len() - 1;
        let fine = self.levels[whole.min(last)].bilinear(uv);
        let mixed = if part > 0.0 && whole < last { mix(fine, self.levels[whole + 1].bilinear(uv), part) } else { fine };
        let [reflectance, roughness, sweat, slope_u, slope_v, square] = mixed;
        let finest = &self.levels[0];
        Sampled {
            reflectance: reflectance / FACTOR_ONE,
            roughness: roughness / FACTOR_ONE,
            sweat: sweat / 255.0,
            slope_m: Vec2::new(slope_u * finest.width as f32, slope_v * finest.height as f32) * self.step_m,
            unseen_m2: (square - slope_u * slope_u - slope_v * slope_v).max(0.0) * self.step_m * self.step_m,
        }
    }
}

impl Level {
    fn pack(width: usize, height: usize, sums: &[Sums]) -> Self {
        let whole = |value: f32| (value + 0.5) as u8;
        let texel = |&[reflectance, roughness, sweat, slope_u, slope_v, square]: &Sums| Stored {
            reflectance: whole(reflectance),
            roughness: whole(roughness),
            sweat: whole(sweat),
            slope: [slope_u, slope_v].map(|slope| (slope * SLOPE_ONE).round() as i16),
            square,
        };
        Self { width, height, texels: sums.iter().map(texel).collect() }
    }

    #[inline]
    fn bilinear(&self, uv: Vec2) -> Sums {
        let (x, x1, tx) = between(uv.x, self.width);
        let (y, y1, ty) = between(uv.y, self.height);
        let at = |x: usize, y: usize| self.texels[y * self.width + x].sums();
        mix(mix(at(x, y), at(x1, y), tx), mix(at(x, y1), at(x1, y1), tx), ty)
    }
}

impl Stored {
    #[inline]
    fn sums(&self) -> Sums {
        let [slope_u, slope_v] = self.slope.map(|slope| f32::from(slope) / SLOPE_ONE);
        [f32::from(self.reflectance), f32::from(self.roughness), f32::from(self.sweat), slope_u, slope_v, self.square]
    }
}

/// The texels whose middles lie before and after a coordinate, and where between them it lies.
#[inline]
fn between(at: f32, count: usize) -> (usize, usize, f32) {
    let place = (at - floor(at)) * count as f32 - 0.5;
    let before = floor(place);
    let first = if before < 0.0 { count - 1 } else { (before as usize).min(count - 1) };
    (first, if first + 1 == count { 0 } else { first + 1 }, place - before)
}

#[inline]
fn mix(a: Sums, b: Sums, t: f32) -> Sums {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

fn first_level(texture: &Texture) -> Vec<Sums> {
    let (width, height) = (texture.width as usize, texture.height as usize);
    let relief = |x: usize, y: usize| f32::from(texture.texels[y % height * width + x % width].relief);
    (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let slope_u = (relief(x + 1, y) - relief(x + width - 1, y)) / 2.0;
            let slope_v = (relief(x, y + 1) - relief(x, y + height - 1)) / 2.0;
            let texel = texture.texels[i];
            let [reflectance, roughness, sweat] = [texel.reflectance, texel.roughness, texel.sweat].map(f32::from);
            [reflectance, roughness, sweat, slope_u, slope_v, slope_u * slope_u + slope_v * slope_v]
        })
        .collect()
}

/// A level of half the size: means over the texels' areas, so that the mean of the whole stays what it was, whatever the size.
fn halved(sums: &[Sums], width: usize, height: usize) -> (Vec<Sums>, usize, usize) {
    let (to_width, to_height) = (width.div_ceil(2), height.div_ceil(2));
    // First the rows, then the columns.
    let mut narrow = vec![Sums::default(); to_width * height];
    for (to, from) in narrow.chunks_mut(to_width).zip(sums.chunks(width)) {
        shrink(width, to_width, |x, x_from, share| add(&mut to[x], &from[x_from], share));
    }
    let mut small = vec![Sums::default(); to_width * to_height];
    shrink(height, to_height, |y, y_from, share| {
        for x in 0..to_width {
            add(&mut small[y * to_width + x], &narrow[y_from * to_width + x], share);
        }
    });
    (small, to_width, to_height)
}

fn add(to: &mut Sums, from: &Sums, share: f32) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from * share);
}

/// Calls `put(to, from, share)` for every texel of a shrunk row and every one under it.
fn shrink(from_count: usize, to_count: usize, mut put: impl FnMut(usize, usize, f32)) {
    let scale = from_count as f32 / to_count as f32;
    for to in 0..to_count {
        let (low, high) = (to as f32 * scale, (to + 1) as f32 * scale);
        for from in low as usize..(high.ceil() as usize).min(from_count) {
            let share = (high.min((from + 1) as f32) - low.max(from as f32)) / scale;
            if share > 0.0 {
                put(to, from, share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::cast::Texel;

    fn texture(width: u32, height: u32, texel: impl Fn(u32, u32) -> Texel) -> Texture {
        let texels = (0..width * height).map(|i| texel(i % width, i / width)).collect();
        Texture { name: "test".into(), width, height, texels, relief_m: 0.001 }
    }

    #[test]
    fn an_even_texture_is_the_same_at_every_place_and_size() {
        for (width, height) in [(1, 1), (8, 8), (5, 12), (64, 3)] {
            let even = Mipped::new(&texture(width, height, |_, _| Texel { reflectance: 77, roughness: 201, relief: 30, sweat: 255 }));
            for footprint in [0.0, 0.7, 1.0, 1.5, 3.0, 17.0, 4000.0, 1e9] {
                for uv in [Vec2::ZERO, Vec2::new(0.37, 0.99), Vec2::new(-3.1, 12.6)] {
                    let found = even.at(uv, footprint);
                    let truth =
                        Sampled { reflectance: 77.0 / 128.0, roughness: 201.0 / 128.0, sweat: 1.0, slope_m: Vec2::ZERO, unseen_m2: 0.0 };
                    assert_eq!(found, truth, "{width}x{height} {footprint} {uv}");
                }
            }
        }
    }

    #[test]
    fn middles_of_texels_are_the_texels_and_between_them_is_the_mean() {
        let mipped = Mipped::new(&texture(4, 2, |x, y| Texel { reflectance: (40 * x + 10 * y) as u8, ..Texel::PLAIN }));
        let reflectance = |u: f32, v: f32| mipped.at(Vec2::new(u, v), 0.5).reflectance * 128.0;
        for (x, y) in [(0, 0), (2, 0), (3, 1)] {
            let found = reflectance((x as f32 + 0.5) / 4.0, (y as f32 + 0.5) / 2.0);
            assert!((found - (40 * x + 10 * y) as f32).abs() < 1e-4, "{x} {y}: {found}");
        }
        assert!((reflectance(0.25, 0.25) - 20.0).abs() < 1e-4);
        // It repeats: at the edge the last column meets the first.
        assert!((reflectance(0.0, 0.25) - 60.0).abs() < 1e-4 && (reflectance(5.0, 0.25) - 60.0).abs() < 1e-4);
    }

    #[test]
    fn the_mean_of_a_texture_of_any_size_survives_to_the_last_level() {
        let dots = |x: u32, y: u32| Texel { reflectance: ((x * 83 + y * 57) % 256) as u8, ..Texel::PLAIN };
        for (width, height) in [(16, 16), (13, 7), (31, 1)] {
            let texture = texture(width, height, dots);
            let mean = texture.texels.iter().map(|t| f32::from(t.reflectance)).sum::<f32>() / texture.texels.len() as f32;
            let found = Mipped::new(&texture).at(Vec2::ZERO, 1e6).reflectance * 128.0;
            assert!((found - mean).abs() <= 0.51, "{width}x{height}: {found} {mean}");
        }
    }

    #[test]
    fn a_slope_is_seen_near_and_roughness_far() {
        // A sawtooth of 64 texels: 4 steps a texel up, but for the drop at the end.
        let saw = Mipped::new(&texture(64, 64, |x, _| Texel { relief: (4 * (x % 32)) as u8, ..Texel::PLAIN }));
        let step_m = 0.001 / 255.0;
        let near = saw.at(Vec2::new(10.5 / 64.0, 0.3), 1.0);
        assert!((near.slope_m.x - 4.0 * 64.0 * step_m).abs() < 1e-7 && near.slope_m.y == 0.0 && near.unseen_m2 < 1e-14, "{near:?}");
        let far = saw.at(Vec2::new(0.3, 0.3), 64.0);
        // Of 32 texels 30 rise by 4 and two fall by (124 − 4) / 2 = 60: no mean slope, a mean square of (30 × 16 + 2 × 3600) / 32 = 240.
        assert!(far.slope_m.length() < 1e-6 && (far.unseen_m2 / (240.0 * step_m * step_m) - 1.0).abs() < 1e-3, "{far:?}");
    }
}
