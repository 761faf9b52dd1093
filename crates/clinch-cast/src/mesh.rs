//! Fields to triangles: surface nets on a rectilinear grid whose lines may lie closer where detail is.

use crate::{field::smoothstep, simplify::simplify};
use glam::Vec3;

/// A grid of three ascending sets of lines.
#[derive(Debug, Clone)]
pub struct Grid {
    /// Line positions along x, y and z, in metres.
    pub lines: [Vec<f32>; 3],
}

/// A stretch of an axis and the spacing wanted in it, in metres.
#[derive(Debug, Clone, Copy)]
pub struct Band {
    /// Begin.
    pub from: f32,
    /// End.
    pub to: f32,
    /// Spacing.
    pub cell: f32,
}

/// Lines from `from` to `to` at `cell`, closer within the bands; the spacing changes gradually so that cells stay well shaped.
pub fn lines(from: f32, to: f32, cell: f32, bands: &[Band]) -> Vec<f32> {
    let mut at = from;
    let mut lines = vec![from];
    while at < to {
        let step = bands.iter().fold(cell, |least, band| {
            let away = (band.from - at).max(at - band.to).max(0.0);
            least.min(band.cell + (cell - band.cell).max(0.0) * smoothstep(0.0, 2.5 * cell, away))
        });
        at += step;
        lines.push(at);
    }
    lines
}

impl Grid {
    /// A grid of one spacing over a box.
    pub fn even(low: Vec3, high: Vec3, cell: f32) -> Self {
        Self { lines: [0, 1, 2].map(|axis| lines(low[axis], high[axis], cell, &[])) }
    }

    fn point(&self, i: [usize; 3]) -> Vec3 {
        Vec3::new(self.lines[0][i[0]], self.lines[1][i[1]], self.lines[2][i[2]])
    }
}

/// A triangle mesh.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mesh {
    /// `[vertex]`, in metres.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`, unit, outward.
    pub normal: Vec<Vec3>,
    /// `[triangle]`, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
}

impl Mesh {
    /// The mirror image in the plane x = 0, still facing outward.
    pub fn mirrored(&self) -> Mesh {
        let flip = |v: &Vec3| Vec3::new(-v.x, v.y, v.z);
        Mesh {
            position_m: self.position_m.iter().map(flip).collect(),
            normal: self.normal.iter().map(flip).collect(),
            triangles: self.triangles.iter().map(|&[a, b, c]| [a, c, b]).collect(),
        }
    }
}

#[cfg(test)]
/// Volume enclosed by a closed mesh (divergence theorem), in cubic metres; negative where it faces inward.
pub fn volume_m3(position_m: &[Vec3], triangles: &[[u32; 3]]) -> f64 {
    triangles
        .iter()
        .map(|t| {
            let [a, b, c] = t.map(|i| position_m[i as usize].as_dvec3());
            a.dot(b.cross(c)) / 6.0
        })
        .sum()
}

/// Grid points in one block side of the coarse sweep that finds where the surface can be.
const BLOCK: usize = 6;

/// Fields are allowed to grow this much faster than distance (noise, blends of ellipsoids) before a block is wrongly skipped.
const STEEPNESS: f32 = 1.6;

struct Samples {
    size: [usize; 3],
    value: Vec<f32>,
}

impl Samples {
    fn index(&self, i: [usize; 3]) -> usize {
        (i[2] * self.size[1] + i[1]) * self.size[0] + i[0]
    }
}

/// Samples a field on the grid, leaving blocks that the surface cannot reach at the value of their middle.
fn sample(grid: &Grid, field: &impl Fn(Vec3) -> f32) -> Samples {
    let size = [0, 1, 2].map(|axis| grid.lines[axis].len());
    let mut samples = Samples { size, value: vec![0.0; size[0] * size[1] * size[2]] };
    let blocks = size.map(|n| n.div_ceil(BLOCK));
    for bz in 0..blocks[2] {
        for by in 0..blocks[1] {
            for bx in 0..blocks[0] {
                sample_block(grid, field, &mut samples, [bx, by, bz].map(|b| b * BLOCK));
            }
        }
    }
    samples
}

fn sample_block(grid: &Grid, field: &impl Fn(Vec3) -> f32, samples: &mut Samples, first: [usize; 3]) {
    let size = samples.size;
    let end = [0, 1, 2].map(|axis| (first[axis] + BLOCK).min(size[axis]));
    // One line further on each side, so that no cell has one corner from a skipped block on the wrong side of the surface.
    let low = grid.point(first.map(|i| i.saturating_sub(1)));
    let high = grid.point([0, 1, 2].map(|axis| end[axis].min(size[axis] - 1)));
    let middle = field((low + high) / 2.0);
    let skip = middle.abs() > (high - low).length() / 2.0 * STEEPNESS;
    for z in first[2]..end[2] {
        for y in first[1]..end[1] {
            for x in first[0]..end[0] {
                let at = samples.index([x, y, z]);
                let value = if skip { middle } else { field(grid.point([x, y, z])) };
                // Outside the grid is outside the solid, so that what reaches the grid's edge is closed there.
                let edge = [x, y, z].iter().zip(size).any(|(&i, n)| i == 0 || i + 1 == n);
                samples.value[at] = if edge { value.max(1e-6) } else { value };
            }
        }
    }
}

/// Value and gradient from the corners of a tetrahedron `step` metres across (Quilez, "Normals for an SDF"): four samples do.
fn gradient(field: &impl Fn(Vec3) -> f32, p: Vec3, step: f32) -> (f32, Vec3) {
    const CORNERS: [Vec3; 4] = [Vec3::new(1.0, -1.0, -1.0), Vec3::new(-1.0, -1.0, 1.0), Vec3::new(-1.0, 1.0, -1.0), Vec3::ONE];
    let value = CORNERS.map(|corner| field(p + corner * step));
    let slope = CORNERS.iter().zip(value).map(|(&corner, value)| corner * value).sum::<Vec3>() / (4.0 * step);
    (value.iter().sum::<f32>() / 4.0, slope)
}

/// Polygonises the surface where a field is zero (Gibson, "Constrained elastic surface nets", MICCAI 1998, with the vertices drawn onto
/// the surface along the field's gradient instead of relaxed). `normal_step_m` is the reach of the gradient that gives the normals;
/// `keep`, 0..1, the share of the triangles that is left where the surface is flat.
///
/// A solid that reaches beyond the grid is closed off at its boundary.
pub fn polygonise(grid: &Grid, field: &impl Fn(Vec3) -> f32, normal_step_m: f32, keep: f32) -> Mesh {
    let samples = sample(grid, field);
    let mut mesh = Mesh::default();
    let mut vertex_of_cell = vec![u32::MAX; samples.value.len()];
    let [nx, ny, nz] = samples.size;
    for z in 0..nz - 1 {
        for y in 0..ny - 1 {
            for x in 0..nx - 1 {
                if let Some(p) = cell_vertex(grid, &samples, [x, y, z]) {
                    vertex_of_cell[samples.index([x, y, z])] = mesh.position_m.len() as u32;
                    mesh.position_m.push(p);
                }
            }
        }
    }
    for z in 0..nz - 1 {
        for y in 0..ny - 1 {
            for x in 0..nx - 1 {
                for axis in 0..3 {
                    edge_quad(&samples, &vertex_of_cell, [x, y, z], axis, &mut mesh);
                }
            }
        }
    }
    simplify(&mut mesh.position_m, &mut mesh.triangles, keep);
    draw_onto_surface(grid, field, normal_step_m, &mut mesh);
    mesh
}

/// The mean of the points where the surface crosses the edges of a cell; none for a cell that it misses.
fn cell_vertex(grid: &Grid, samples: &Samples, cell: [usize; 3]) -> Option<Vec3> {
    let corner = |c: usize| [cell[0] + (c & 1), cell[1] + (c >> 1 & 1), cell[2] + (c >> 2 & 1)];
    let value: [f32; 8] = std::array::from_fn(|c| samples.value[samples.index(corner(c))]);
    let inside = value.iter().filter(|&&v| v < 0.0).count();
    if inside == 0 || inside == 8 {
        return None;
    }
    let (mut sum, mut count) = (Vec3::ZERO, 0.0);
    for a in 0..8 {
        for bit in [1, 2, 4] {
            let b = a | bit;
            if a != b && (value[a] < 0.0) != (value[b] < 0.0) {
                sum += grid.point(corner(a)).lerp(grid.point(corner(b)), value[a] / (value[a] - value[b]));
                count += 1.0;
            }
        }
    }
    Some(sum / count)
}

/// The two triangles across a grid edge that the surface crosses.
fn edge_quad(samples: &Samples, vertex_of_cell: &[u32], at: [usize; 3], axis: usize, mesh: &mut Mesh) {
    let mut next = at;
    next[axis] += 1;
    let (here, there) = (samples.value[samples.index(at)], samples.value[samples.index(next)]);
    if (here < 0.0) == (there < 0.0) {
        return;
    }
    // Edges on the grid's boundary are never crossed, so the cells before this one exist.
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let cell = |du: usize, dv: usize| {
        let mut c = at;
        c[u] -= du;
        c[v] -= dv;
        vertex_of_cell[samples.index(c)]
    };
    // Counter-clockwise about +axis; the other way round where the inside lies ahead.
    let mut quad = [cell(1, 1), cell(0, 1), cell(0, 0), cell(1, 0)];
    if here >= 0.0 {
        quad.reverse();
    }
    let p = quad.map(|i| mesh.position_m[i as usize]);
    if p[0].distance_squared(p[2]) <= p[1].distance_squared(p[3]) {
        mesh.triangles.extend([[quad[0], quad[1], quad[2]], [quad[0], quad[2], quad[3]]]);
    } else {
        mesh.triangles.extend([[quad[1], quad[2], quad[3]], [quad[1], quad[3], quad[0]]]);
    }
}

/// Two damped Newton steps along the gradient; the second one's gradient gives the normals.
fn draw_onto_surface(grid: &Grid, field: &impl Fn(Vec3) -> f32, normal_step_m: f32, mesh: &mut Mesh) {
    let cell_at = |lines: &[f32], x: f32| {
        let i = lines.partition_point(|&l| l < x).clamp(1, lines.len() - 1);
        lines[i] - lines[i - 1]
    };
    mesh.normal = mesh
        .position_m
        .iter_mut()
        .map(|p| {
            let reach = (0..3).map(|axis| cell_at(&grid.lines[axis], p[axis])).fold(f32::MAX, f32::min) * 0.4;
            let (value, slope) = gradient(field, *p, normal_step_m);
            *p -= (value * slope / slope.length_squared().max(0.25)).clamp_length_max(reach);
            let (value, slope) = gradient(field, *p, normal_step_m);
            *p -= (value * slope / slope.length_squared().max(0.25)).clamp_length_max(reach);
            slope.try_normalize().unwrap_or(Vec3::Y)
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ball_becomes_a_closed_ball_of_its_volume() {
        let field = |p: Vec3| p.length() - 0.1;
        let grid = Grid {
            lines: [
                lines(-0.13, 0.13, 0.01, &[Band { from: 0.0, to: 0.1, cell: 0.004 }]),
                lines(-0.13, 0.13, 0.01, &[]),
                lines(-0.13, 0.13, 0.008, &[]),
            ],
        };
        let mesh = polygonise(&grid, &field, 0.001, 1.0);
        let truth = 4.0 / 3.0 * std::f64::consts::PI * 0.001;
        let volume = volume_m3(&mesh.position_m, &mesh.triangles);
        assert!((volume / truth - 1.0).abs() < 0.01, "{volume} {truth}");
        // Euler's number of a sphere.
        assert_eq!(mesh.position_m.len() as i64 - mesh.triangles.len() as i64 / 2, 2);
        let fewer = polygonise(&grid, &field, 0.001, 0.5);
        assert!(fewer.triangles.len() <= mesh.triangles.len() / 2 + 2);
        assert_eq!(fewer.position_m.len() as i64 - fewer.triangles.len() as i64 / 2, 2);
        assert!((volume_m3(&fewer.position_m, &fewer.triangles) / truth - 1.0).abs() < 0.02);
        for (p, n) in mesh.position_m.iter().zip(&mesh.normal) {
            assert!(n.dot(p.normalize()) > 0.999 && (p.length() - 0.1).abs() < 2e-4);
        }
    }
}
