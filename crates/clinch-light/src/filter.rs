//! Smoothing of indirect light and of mist, and of nothing else: the direct light's noise is left as grain.
//!
//! Both are smooth over a surface, so they are kept on a grid of every second pixel of every second row (a *cell* each). The à-trous wavelet of
//! Dammertz et al. ("Edge-Avoiding À-Trous Wavelet Transform for Fast Global Illumination Filtering", 2010), stopped by normals and distances, smooths
//! them there, after isolated sparkles are cut down to their neighbourhood; every pixel then reads the cells around it that lie on its
//! own surface (Kopf et al., "Joint Bilateral Upsampling", SIGGRAPH 2007).

use glam::Vec3;
use rayon::prelude::*;

/// Pixels from one cell to the next.
pub(crate) const CELL: usize = 2;
/// Passes of the wavelet; the last reaches 8 cells away, all together 30 pixels.
const PASSES: u32 = 4;
/// Relative difference in distance at which the weight has fallen to a quarter, for neighbours one cell apart.
const DISTANCE_SHARE: f32 = 0.024;
/// Weight of a cell on another surface: what counts where there is no other.
const LEAST_WEIGHT: f32 = 1e-4;

/// The two lights of a cell: what arrives from other surfaces, and what mist adds on the way.
pub(crate) const LIGHTS: usize = 2;

/// The cells of a picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cells {
    /// Cells across.
    width: usize,
    /// `[axis][row][column]`: the normal, and `[row][column]`: the distance.
    normal: [Vec<f32>; 3],
    distance_m: Vec<f32>,
    /// `[light][row][column]`.
    light: [Vec<f32>; LIGHTS],
    /// As `light`, what a pass writes to.
    next: [Vec<f32>; LIGHTS],
}

/// What is known of one cell.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell {
    pub normal: Vec3,
    pub distance_m: f32,
    pub light: [f32; LIGHTS],
}

impl Cells {
    /// Fills `rows` rows of `width` cells and smooths their lights.
    pub fn fill(&mut self, width: usize, rows: usize, cell: impl Fn(usize, usize) -> Cell + Sync) {
        self.width = width;
        let count = width * rows;
        let [nx, ny, nz] = &mut self.normal;
        let [arriving, glow] = &mut self.light;
        for values in [&mut *nx, ny, nz, &mut self.distance_m, arriving, glow].into_iter().chain(&mut self.next) {
            values.resize(count, 0.0);
        }
        let normals = (nx.par_chunks_mut(width), ny.par_chunks_mut(width), nz.par_chunks_mut(width));
        let lights = (arriving.par_chunks_mut(width), glow.par_chunks_mut(width));
        (normals, self.distance_m.par_chunks_mut(width), lights).into_par_iter().enumerate().for_each(
            |(row, ((nx, ny, nz), distances_m, (arriving, glow)))| {
                for column in 0..width {
                    let cell = cell(column, row);
                    [nx[column], ny[column], nz[column]] = cell.normal.to_array();
                    distances_m[column] = cell.distance_m;
                    [arriving[column], glow[column]] = cell.light;
                }
            },
        );
        self.smooth();
    }

    fn smooth(&mut self) {
        let Self { width, light, next, .. } = self;
        for (light, next) in light.iter_mut().zip(next) {
            despeckle(light, *width, next);
            std::mem::swap(light, next);
        }
        for pass in 0..PASSES {
            // The nearest neighbours count even round a corner: in the crease of an eyelid a cell has no others, and would stay a speck.
            match pass {
                0 => self.atrous::<1>(1),
                1 => self.atrous::<4>(2),
                _ => self.atrous::<16>(1 << pass),
            }
        }
    }

    /// Both lights at a pixel, from the cells around it that are most likely on its surface; `normal` is a unit vector.
    pub fn at(&self, x: usize, y: usize, normal: Vec3, distance_m: f32) -> [f32; LIGHTS] {
        let (width, rows) = (self.width, self.distance_m.len() / self.width);
        let one = |index: usize| [self.light[0][index], self.light[1][index]];
        if x.is_multiple_of(CELL) && y.is_multiple_of(CELL) {
            return one(y / CELL * width + x / CELL);
        }
        let (mut sums, mut total) = ([0.0; LIGHTS], 0.0);
        for row in y / CELL..=y.div_ceil(CELL).min(rows - 1) {
            for column in x / CELL..=x.div_ceil(CELL).min(width - 1) {
                let index = row * width + column;
                let theirs = Vec3::new(self.normal[0][index], self.normal[1][index], self.normal[2][index]);
                let weight = alike((normal, distance_m), (theirs, self.distance_m[index]));
                sums.iter_mut().zip(one(index)).for_each(|(sum, light)| *sum += weight * light);
                total += weight;
            }
        }
        sums.map(|sum| sum / total)
    }

    /// One pass over neighbours `step` cells away; normals' agreement counts to the power `SHARP` (1, 4 or 16).
    fn atrous<const SHARP: u32>(&mut self, step: usize) {
        let Self { width, normal, distance_m, light, next } = self;
        let width = *width;
        let height = distance_m.len() / width;
        let share = DISTANCE_SHARE * step as f32;
        let [arriving, glow] = &mut *next;
        (arriving.par_chunks_mut(width), glow.par_chunks_mut(width)).into_par_iter().enumerate().for_each_init(
            || vec![0.0; width],
            |totals, (y, (arriving, glow))| {
                let own = y * width;
                totals.fill(4.0);
                for (sums, light) in [&mut *arriving, glow].into_iter().zip(&*light) {
                    sums.iter_mut().zip(&light[own..]).for_each(|(sum, value)| *sum = 4.0 * value);
                }
                // One neighbour at a time for the whole row, so that the inner loop runs over plain arrays.
                for (dx, dy, weight) in NEIGHBOURS {
                    let Some(there) = y.checked_add_signed(dy * step as isize).filter(|&y| y < height) else { continue };
                    let shift = step * dx.unsigned_abs();
                    if shift >= width {
                        continue;
                    }
                    let (first, theirs) = if dx < 0 { (shift, 0) } else { (0, shift) };
                    let here = own + first..own + width - shift + first;
                    let there = there * width + theirs..there * width + theirs + width - shift;
                    let run = first..first + width - shift;
                    add_neighbour::<SHARP>(
                        normal.each_ref().map(|axis| [&axis[here.clone()], &axis[there.clone()]]),
                        [&distance_m[here], &distance_m[there.clone()]],
                        [&light[0][there.clone()], &light[1][there]],
                        [share, weight],
                        [&mut arriving[run.clone()], &mut glow[run.clone()]],
                        &mut totals[run],
                    );
                }
                for sums in [arriving, glow] {
                    sums.iter_mut().zip(&*totals).for_each(|(sum, total)| *sum /= total);
                }
            },
        );
        std::mem::swap(light, next);
    }
}

/// How likely two places, each with its normal and distance, are to be on one surface: at least [`LEAST_WEIGHT`].
#[inline]
pub(crate) fn alike(a: (Vec3, f32), b: (Vec3, f32)) -> f32 {
    // Neighbours a thirtieth of the distance farther away are more likely on another.
    const APART: f32 = 30.0;
    let cos = a.0.dot(b.0).max(0.0);
    let apart = APART * (a.1 / b.1.max(1e-3) - 1.0);
    (cos * cos) * (cos * cos) / (1.0 + apart * apart) + LEAST_WEIGHT
}

/// Cuts every cell down to the second greatest of its eight neighbours.
fn despeckle(from: &[f32], width: usize, to: &mut [f32]) {
    let height = from.len() / width;
    to.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, out) in row.iter_mut().enumerate() {
            let (mut first, mut second) = (0.0f32, 0.0f32);
            for yy in y.saturating_sub(1)..(y + 2).min(height) {
                for xx in x.saturating_sub(1)..(x + 2).min(width) {
                    if (xx, yy) != (x, y) {
                        let value = from[yy * width + xx];
                        second = second.max(value.min(first));
                        first = first.max(value);
                    }
                }
            }
            *out = from[y * width + x].min(second);
        }
    });
}

/// Adds to a run of cells a run of neighbours, as far as they may share light: of normals and distances here and there, the lights there, and the
/// share and the weight of a neighbour.
fn add_neighbour<const SHARP: u32>(
    [[ax, bx], [ay, by], [az, bz]]: [[&[f32]; 2]; 3],
    [ad, bd]: [&[f32]; 2],
    [arriving, glow]: [&[f32]; 2],
    [share, weight]: [f32; 2],
    [arriving_sums, glow_sums]: [&mut [f32]; 2],
    totals: &mut [f32],
) {
    // Slices of one length, so that no access is checked in the loop.
    let count = totals.len();
    let [ax, bx, ay, by, az, bz, ad, bd, arriving, glow] = [ax, bx, ay, by, az, bz, ad, bd, arriving, glow].map(|run| &run[..count]);
    let [arriving_sums, glow_sums] = [arriving_sums, glow_sums].map(|run| &mut run[..count]);
    for i in 0..count {
        let apart = (ad[i] - bd[i]) / (share * ad[i] + 1e-3);
        let cos = (ax[i] * bx[i] + ay[i] * by[i] + az[i] * bz[i]).max(0.0);
        let cos4 = (cos * cos) * (cos * cos);
        let agreement = match SHARP {
            1 => cos,
            4 => cos4,
            _ => (cos4 * cos4) * (cos4 * cos4),
        };
        // Distances count by a rational fall-off, which is cheaper than a bell.
        let far = 1.0 + apart * apart;
        let weight = weight * agreement / (far * far);
        arriving_sums[i] += arriving[i] * weight;
        glow_sums[i] += glow[i] * weight;
        totals[i] += weight;
    }
}

/// A 3×3 binomial without its middle: column, row, weight.
const NEIGHBOURS: [(isize, isize, f32); 8] =
    [(-1, -1, 1.0), (0, -1, 2.0), (1, -1, 1.0), (-1, 0, 2.0), (1, 0, 2.0), (-1, 1, 1.0), (0, 1, 2.0), (1, 1, 1.0)];

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(width: usize, rows: usize, cell: impl Fn(usize, usize) -> Cell + Sync) -> Cells {
        let mut cells = Cells::default();
        cells.fill(width, rows, cell);
        cells
    }

    #[test]
    fn even_light_stays_and_sparkles_go_and_edges_hold() {
        let truth = |x: usize| if x < 24 { (Vec3::X, 1.0) } else { (Vec3::Y, 0.1) };
        let cells = filled(48, 32, |x, y| {
            let (normal, light) = truth(x);
            Cell { normal, distance_m: 3.0, light: [if (x, y) == (10, 10) { 500.0 } else { light }, 2.0 * light] }
        });
        for (i, (arriving, glow)) in cells.light[0].iter().zip(&cells.light[1]).enumerate() {
            let (_, light) = truth(i % 48);
            assert!((arriving - light).abs() < 1e-4 && (glow - 2.0 * light).abs() < 1e-4, "{i} {arriving} {glow}");
        }
        // A pixel between two cells reads the one on its own surface.
        for (x, normal) in [(47, Vec3::X), (47, Vec3::Y), (45, Vec3::X), (49, Vec3::Y)] {
            let light = if normal == Vec3::X { 1.0 } else { 0.1 };
            let [arriving, glow] = cells.at(x, 21, normal, 3.0);
            assert!((arriving - light).abs() < 1e-3 && (glow - 2.0 * light).abs() < 1e-3, "{x}: {arriving} {glow}");
        }
    }

    #[test]
    fn noise_falls_and_the_mean_stays() {
        let mut stream = clinch_model::random::Stream::new(1, "filter");
        let noise: Vec<f32> = (0..64 * 64).map(|_| stream.unit() as f32).collect();
        let cells = filled(64, 64, |x, y| Cell { normal: Vec3::Y, distance_m: 3.0, light: [noise[y * 64 + x]; 2] });
        let light = &cells.light[0];
        let mean = light.iter().sum::<f32>() / light.len() as f32;
        let deviation = (light.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / light.len() as f32).sqrt();
        // Even noise has deviation 0.289; cutting sparkles costs a little of the mean.
        assert!((mean - 0.5).abs() < 0.05 && deviation < 0.03, "{mean} {deviation}");
    }
}
