//! Smoothing of indirect light, and of nothing else: the direct light's noise is left as grain.
//!
//! The à-trous wavelet of Dammertz et al. ("Edge-Avoiding À-Trous Wavelet Transform for Fast Global Illumination Filtering", 2010), stopped
//! by normals and distances, after isolated sparkles are cut down to their neighbourhood.

use glam::Vec3;
use rayon::prelude::*;

/// Passes of the wavelet; the last reaches 16 pixels away.
const PASSES: u32 = 5;
/// Relative difference in distance at which the weight has fallen to a quarter, for neighbours one pixel apart.
const DISTANCE_SHARE: f32 = 0.012;

/// What the filter knows of the pixels, each `[row][column]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guides {
    /// `[axis]`: the normal.
    normal: [Vec<f32>; 3],
    distance_m: Vec<f32>,
}

impl Guides {
    /// Empties them, ready for `count` pixels.
    pub fn clear(&mut self) {
        self.normal.iter_mut().for_each(Vec::clear);
        self.distance_m.clear();
    }

    pub fn push(&mut self, normal: Vec3, distance_m: f32) {
        for (axis, value) in self.normal.iter_mut().zip(normal.to_array()) {
            axis.push(value);
        }
        self.distance_m.push(distance_m);
    }
}

/// Smooths `arriving`, `[row][column]`, in place; `width` is the number of columns.
pub(crate) fn smooth(arriving: &mut Vec<f32>, guides: &Guides, width: usize, scratch: &mut Vec<f32>) {
    scratch.resize(arriving.len(), 0.0);
    despeckle(arriving, width, scratch);
    std::mem::swap(arriving, scratch);
    for pass in 0..PASSES {
        // The nearest neighbours count even round a corner: in the crease of an eyelid a pixel has no others, and would stay a speck.
        match pass {
            0 => atrous::<1>(arriving, guides, width, 1, scratch),
            1 => atrous::<4>(arriving, guides, width, 2, scratch),
            _ => atrous::<16>(arriving, guides, width, 1 << pass, scratch),
        }
        std::mem::swap(arriving, scratch);
    }
}

/// Cuts every pixel down to the second greatest of its eight neighbours.
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

/// One pass over neighbours `step` pixels away; normals' agreement counts to the power `SHARP` (1, 4 or 16).
fn atrous<const SHARP: u32>(from: &[f32], guides: &Guides, width: usize, step: usize, to: &mut [f32]) {
    let height = from.len() / width;
    let share = DISTANCE_SHARE * step as f32;
    to.par_chunks_mut(width).enumerate().for_each_init(
        || (vec![0.0; width], vec![0.0; width]),
        |(sums, totals), (y, out)| {
            let own = y * width;
            for ((sum, total), value) in sums.iter_mut().zip(totals.iter_mut()).zip(&from[own..own + width]) {
                (*sum, *total) = (4.0 * value, 4.0);
            }
            // One neighbour at a time for the whole row, so that the inner loop runs over plain arrays.
            for (dx, dy, weight) in NEIGHBOURS {
                let Some(there) = y.checked_add_signed(dy * step as isize).filter(|&y| y < height) else { continue };
                let shift = step * dx.unsigned_abs();
                if shift >= width {
                    continue;
                }
                let (first, theirs) = if dx < 0 { (shift, 0) } else { (0, shift) };
                let (here, there, count) = (own + first, there * width + theirs, width - shift);
                add_neighbour::<SHARP>(
                    from,
                    guides,
                    share,
                    weight,
                    here,
                    there,
                    &mut sums[first..first + count],
                    &mut totals[first..first + count],
                );
            }
            for (out, (sum, total)) in out.iter_mut().zip(sums.iter().zip(totals.iter())) {
                *out = sum / total;
            }
        },
    );
}

/// Adds to a run of pixels that begins at `here` the run that begins at `there`, as far as they may share light.
fn add_neighbour<const SHARP: u32>(
    from: &[f32],
    guides: &Guides,
    share: f32,
    weight: f32,
    here: usize,
    there: usize,
    sums: &mut [f32],
    totals: &mut [f32],
) {
    let count = sums.len();
    let [ax, ay, az] = [0, 1, 2].map(|axis| &guides.normal[axis][here..here + count]);
    let [bx, by, bz] = [0, 1, 2].map(|axis| &guides.normal[axis][there..there + count]);
    let (ad, bd) = (&guides.distance_m[here..here + count], &guides.distance_m[there..there + count]);
    let light = &from[there..there + count];
    let totals = &mut totals[..count];
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
        sums[i] += light[i] * weight;
        totals[i] += weight;
    }
}

/// A 3×3 binomial without its middle: column, row, weight.
const NEIGHBOURS: [(isize, isize, f32); 8] =
    [(-1, -1, 1.0), (0, -1, 2.0), (1, -1, 1.0), (-1, 0, 2.0), (1, 0, 2.0), (-1, 1, 1.0), (0, 1, 2.0), (1, 1, 1.0)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_light_stays_and_sparkles_go_and_edges_hold() {
        let (width, height) = (48, 32);
        let mut guides = Guides::default();
        (0..width * height).for_each(|i| guides.push(if i % width < 24 { Vec3::X } else { Vec3::Y }, 3.0));
        let mut light: Vec<f32> = (0..width * height).map(|i| if i % width < 24 { 1.0 } else { 0.1 }).collect();
        light[10 * width + 10] = 500.0;
        smooth(&mut light, &guides, width, &mut Vec::new());
        for (i, value) in light.iter().enumerate() {
            let truth = if i % width < 24 { 1.0 } else { 0.1 };
            assert!((value - truth).abs() < 1e-4, "{i} {value}");
        }
    }

    #[test]
    fn noise_falls_and_the_mean_stays() {
        let (width, height) = (64, 64);
        let mut guides = Guides::default();
        (0..width * height).for_each(|_| guides.push(Vec3::Y, 3.0));
        let mut stream = clinch_model::random::Stream::new(1, "filter");
        let mut light: Vec<f32> = (0..width * height).map(|_| stream.unit() as f32).collect();
        smooth(&mut light, &guides, width, &mut Vec::new());
        let mean = light.iter().sum::<f32>() / light.len() as f32;
        let deviation = (light.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / light.len() as f32).sqrt();
        // Even noise has deviation 0.289; cutting sparkles costs a little of the mean.
        assert!((mean - 0.5).abs() < 0.05 && deviation < 0.02, "{mean} {deviation}");
    }
}
