//! A body as signed distances on a grid, for cloth to lie on.

use glam::{IVec3, UVec3, Vec3};

/// Edge of a cell, in metres.
const CELL_M: f32 = 0.01;

/// How far from the surface distances are known, in metres; what is farther has this distance.
pub const BAND_M: f32 = 0.032;

/// How far rounding may put a plane off, in metres.
const ROUNDING_M: f32 = 1e-5;

/// Signed distances, negative inside.
pub struct Solid {
    least_m: Vec3,
    cells: UVec3,
    /// `[z][y][x]`.
    distance_m: Vec<f32>,
}

impl Solid {
    /// The solid within triangles of a mesh with vertex normals.
    pub fn new(position_m: &[Vec3], normal: &[Vec3], triangles: &[[u32; 3]]) -> Self {
        let places = || triangles.iter().flatten().map(|&v| position_m[v as usize]);
        let margin = Vec3::splat(BAND_M + 2.0 * CELL_M);
        let least_m = places().fold(Vec3::splat(f32::MAX), Vec3::min) - margin;
        let most_m = places().fold(Vec3::splat(f32::MIN), Vec3::max) + margin;
        let cells = ((most_m - least_m) / CELL_M).ceil().as_uvec3() + UVec3::ONE;
        let mut solid = Self { least_m, cells, distance_m: vec![f32::MAX; (cells.x * cells.y * cells.z) as usize] };
        for t in triangles {
            solid.add(t.map(|v| position_m[v as usize]), t.map(|v| normal[v as usize]));
        }
        solid.fill();
        solid
    }

    fn add(&mut self, p: [Vec3; 3], n: [Vec3; 3]) {
        let low = ((p[0].min(p[1]).min(p[2]) - BAND_M - self.least_m) / CELL_M).ceil().as_ivec3().max(IVec3::ZERO);
        let high = ((p[0].max(p[1]).max(p[2]) + BAND_M - self.least_m) / CELL_M).floor().as_ivec3().min(self.cells.as_ivec3() - 1);
        let across = (p[1] - p[0]).cross(p[2] - p[0]).normalize_or_zero();
        for z in low.z..=high.z {
            for y in low.y..=high.y {
                for x in low.x..=high.x {
                    let at = self.least_m + IVec3::new(x, y, z).as_vec3() * CELL_M;
                    let slot = &mut self.distance_m[((z as u32 * self.cells.y + y as u32) * self.cells.x + x as u32) as usize];
                    // No point of a triangle is nearer than its plane.
                    if (at - p[0]).dot(across).abs() - ROUNDING_M > slot.abs().min(BAND_M) {
                        continue;
                    }
                    let b = closest(at, p);
                    let away = at - (p[0] * b[0] + p[1] * b[1] + p[2] * b[2]);
                    let length = away.length();
                    if length < slot.abs() && length < BAND_M {
                        let out = away.dot(n[0] * b[0] + n[1] * b[1] + n[2] * b[2]) >= 0.0;
                        *slot = if out { length } else { -length };
                    }
                }
            }
        }
    }

    /// Cells beyond the band: those between inner cells of a row are inside.
    fn fill(&mut self) {
        for row in self.distance_m.chunks_mut(self.cells.x as usize) {
            let mut inside = false;
            for d in row {
                if *d == f32::MAX {
                    *d = if inside { -BAND_M } else { BAND_M };
                } else {
                    inside = *d < 0.0;
                }
            }
        }
    }

    /// Signed distance at a point, at most [`BAND_M`], and the unit direction away from the surface.
    pub fn at(&self, p: Vec3) -> (f32, Vec3) {
        let q = (p - self.least_m) / CELL_M;
        let cell = q.floor();
        if cell.min_element() < 0.0 || (cell + 1.0).cmpge(self.cells.as_vec3()).any() {
            return (BAND_M, Vec3::ZERO);
        }
        let (c, f) = (cell.as_uvec3(), q - cell);
        let d = |x: u32, y: u32, z: u32| self.distance_m[(((c.z + z) * self.cells.y + c.y + y) * self.cells.x + c.x + x) as usize];
        let corners = [d(0, 0, 0), d(1, 0, 0), d(0, 1, 0), d(1, 1, 0), d(0, 0, 1), d(1, 0, 1), d(0, 1, 1), d(1, 1, 1)];
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let along_x = [0, 2, 4, 6].map(|i| mix(corners[i], corners[i + 1], f.x));
        let along_y = [mix(along_x[0], along_x[1], f.y), mix(along_x[2], along_x[3], f.y)];
        let step_x = [0, 2, 4, 6].map(|i| corners[i + 1] - corners[i]);
        let gradient = Vec3::new(
            mix(mix(step_x[0], step_x[1], f.y), mix(step_x[2], step_x[3], f.y), f.z),
            mix(along_x[1] - along_x[0], along_x[3] - along_x[2], f.z),
            along_y[1] - along_y[0],
        );
        (mix(along_y[0], along_y[1], f.z), gradient.normalize_or_zero())
    }

    /// The point moved along the distance's gradient until it is from `least_m` to `most_m` away.
    pub fn within(&self, mut p: Vec3, least_m: f32, most_m: f32) -> Vec3 {
        for _ in 0..4 {
            let (distance_m, away) = self.at(p);
            p += away * (distance_m.clamp(least_m, most_m) - distance_m);
        }
        p
    }

    /// The point moved out until it is `clearance_m` away.
    pub fn pushed(&self, mut p: Vec3, clearance_m: f32) -> Vec3 {
        for _ in 0..3 {
            let (distance_m, away) = self.at(p);
            if distance_m >= clearance_m {
                break;
            }
            p += away * (clearance_m - distance_m);
        }
        p
    }
}

/// Barycentric place of the point of a triangle that is nearest to `at` (Ericson, *Real-Time Collision Detection*, section 5.1.5).
pub fn closest(at: Vec3, [a, b, c]: [Vec3; 3]) -> [f32; 3] {
    let (ab, ac, ap) = (b - a, c - a, at - a);
    let (d1, d2) = (ab.dot(ap), ac.dot(ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return [1.0, 0.0, 0.0];
    }
    let bp = at - b;
    let (d3, d4) = (ab.dot(bp), ac.dot(bp));
    if d3 >= 0.0 && d4 <= d3 {
        return [0.0, 1.0, 0.0];
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        let t = d1 / (d1 - d3).max(f32::MIN_POSITIVE);
        return [1.0 - t, t, 0.0];
    }
    let cp = at - c;
    let (d5, d6) = (ab.dot(cp), ac.dot(cp));
    if d6 >= 0.0 && d5 <= d6 {
        return [0.0, 0.0, 1.0];
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        let t = d2 / (d2 - d6).max(f32::MIN_POSITIVE);
        return [1.0 - t, 0.0, t];
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && d4 >= d3 && d5 >= d6 {
        let t = (d4 - d3) / ((d4 - d3) + (d5 - d6)).max(f32::MIN_POSITIVE);
        return [0.0, 1.0 - t, t];
    }
    let sum = (va + vb + vc).max(f32::MIN_POSITIVE);
    [va / sum, vb / sum, vc / sum]
}
