//! Pictures over parts of the body's chart: which faces they show, at what scale, and what is painted where.

use crate::human::{Group, Human};
use clinch_model::cast::{Texel, Texture};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Texels by which what is painted reaches over the borders of the chart, so that bilinear sampling finds skin there.
const BLEED_TEXELS: usize = 4;

/// A picture over a window of the chart; scales may differ from place to place, so that a face gets more of it than a scalp.
pub struct Sheet {
    /// Name of the texture.
    pub name: &'static str,
    /// Chart u at columns, ascending.
    pub across: &'static [(f32, u32)],
    /// Chart v at rows, ascending.
    pub down: &'static [(f32, u32)],
}

impl Sheet {
    fn size(&self) -> (u32, u32) {
        (self.across.last().map_or(1, |knot| knot.1), self.down.last().map_or(1, |knot| knot.1))
    }

    /// Whether a place of the chart is in the window.
    pub fn holds(&self, place: Vec2) -> bool {
        let within = |knots: &[(f32, u32)], x: f32| knots.first().zip(knots.last()).is_some_and(|(a, b)| (a.0..=b.0).contains(&x));
        within(self.across, place.x) && within(self.down, place.y)
    }

    /// A place of the chart as a place of the picture, 0..1 each way.
    pub fn place(&self, place: Vec2) -> Vec2 {
        let (width, height) = self.size();
        Vec2::new(scaled(self.across, place.x) / width as f32, scaled(self.down, place.y) / height as f32)
    }
}

fn scaled(knots: &[(f32, u32)], x: f32) -> f32 {
    let after = knots.iter().position(|knot| knot.0 >= x).unwrap_or(knots.len() - 1).max(1);
    let ((x0, y0), (x1, y1)) = (knots[after - 1], knots[after]);
    y0 as f32 + (x - x0) / (x1 - x0) * (y1 as f32 - y0 as f32)
}

/// A triangle to paint: its corners in the picture (0..1), on the body, and on the unshaped base mesh.
#[derive(Debug, Clone, Copy)]
pub struct Patch {
    /// Place in the picture.
    pub uv: [Vec2; 3],
    /// On the shaped body.
    pub at_m: [Vec3; 3],
    /// On the base mesh.
    pub canon_m: [Vec3; 3],
    /// How far inside the hairline the corners are, in metres.
    pub inside_m: [f32; 3],
    /// Unit normals of the corners on the shaped body.
    pub normal: [Vec3; 3],
}

/// What is known of a texel when it is painted.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// On the shaped body in the bind pose, in metres.
    pub at_m: Vec3,
    /// On the unshaped base mesh, in metres.
    pub canon_m: Vec3,
    /// How far inside the hairline, in metres.
    pub inside_m: f32,
    /// Normal, of about unit length, on the shaped body.
    pub normal: Vec3,
}

/// Paints a sheet; what no patch covers is plain.
pub fn paint(sheet: &Sheet, patches: &[Patch], relief_m: f32, texel: impl Fn(&Place) -> Texel + Sync) -> Texture {
    let (width, height) = sheet.size();
    let owner = owners(patches, width as usize, height as usize);
    let size = Vec2::new(width as f32, height as f32);
    let mut texels = vec![Texel::PLAIN; owner.len()];
    texels.par_chunks_mut(width as usize).enumerate().for_each(|(row, line)| {
        for (column, to) in line.iter_mut().enumerate() {
            let index = owner[row * width as usize + column];
            if index != u32::MAX {
                let patch = &patches[index as usize];
                let w = weights(&patch.uv, (Vec2::new(column as f32, row as f32) + 0.5) / size);
                let mix = |p: &[Vec3; 3]| p[0] * w[0] + p[1] * w[1] + p[2] * w[2];
                let inside_m = Vec3::from(patch.inside_m).dot(Vec3::from(w));
                *to = texel(&Place { at_m: mix(&patch.at_m), canon_m: mix(&patch.canon_m), inside_m, normal: mix(&patch.normal) });
            }
        }
    });
    Texture { name: sheet.name.into(), width, height, texels, relief_m }
}

fn weights(uv: &[Vec2; 3], at: Vec2) -> [f32; 3] {
    let area = (uv[1] - uv[0]).perp_dot(uv[2] - uv[0]);
    let w0 = (uv[1] - at).perp_dot(uv[2] - at) / area;
    let w1 = (uv[2] - at).perp_dot(uv[0] - at) / area;
    // Texels beyond the border take the border's place.
    let clamped = [w0, w1, 1.0 - w0 - w1].map(|w| w.clamp(0.0, 1.0));
    let sum: f32 = clamped.iter().sum();
    clamped.map(|w| w / sum)
}

/// `[row][column]`: the patch that a texel shows or is next to; `u32::MAX` where there is none.
fn owners(patches: &[Patch], width: usize, height: usize) -> Vec<u32> {
    let mut owner = vec![u32::MAX; width * height];
    let size = Vec2::new(width as f32, height as f32);
    for (index, patch) in patches.iter().enumerate() {
        let p = patch.uv.map(|uv| uv * size);
        let area = (p[1] - p[0]).perp_dot(p[2] - p[0]);
        if area.abs() < 1e-9 {
            continue;
        }
        let (low, high) = (p[0].min(p[1]).min(p[2]), p[0].max(p[1]).max(p[2]));
        for y in (low.y.floor().max(0.0) as usize)..(high.y.ceil().max(0.0) as usize).min(height) {
            for x in (low.x.floor().max(0.0) as usize)..(high.x.ceil().max(0.0) as usize).min(width) {
                let at = Vec2::new(x as f32, y as f32) + 0.5;
                let w0 = (p[1] - at).perp_dot(p[2] - at) / area;
                let w1 = (p[2] - at).perp_dot(p[0] - at) / area;
                if w0 >= -1e-4 && w1 >= -1e-4 && w0 + w1 <= 1.0001 {
                    owner[y * width + x] = index as u32;
                }
            }
        }
    }
    for _ in 0..BLEED_TEXELS {
        bleed(&mut owner, width, height);
    }
    owner
}

fn bleed(owner: &mut [u32], width: usize, height: usize) {
    let before = owner.to_vec();
    owner.par_chunks_mut(width).enumerate().for_each(|(y, line)| {
        for (x, to) in line.iter_mut().enumerate().filter(|(_, to)| **to == u32::MAX) {
            let near = [
                (x > 0).then(|| y * width + x - 1),
                (x + 1 < width).then(|| y * width + x + 1),
                (y > 0).then(|| (y - 1) * width + x),
                (y + 1 < height).then(|| (y + 1) * width + x),
            ];
            if let Some(found) = near.into_iter().flatten().map(|at| before[at]).find(|&index| index != u32::MAX) {
                *to = found;
            }
        }
    });
}

/// `[face]`: the island of the chart that a face is in, named by its least chart place.
pub fn islands(human: &Human, group: &Group) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..human.uv.len() as u32).collect();
    fn root(parent: &mut [u32], mut at: u32) -> u32 {
        while parent[at as usize] != at {
            parent[at as usize] = parent[parent[at as usize] as usize];
            at = parent[at as usize];
        }
        at
    }
    for face in &group.uv {
        for corner in &face[1..] {
            let (a, b) = (root(&mut parent, face[0]), root(&mut parent, *corner));
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    group.uv.iter().map(|face| root(&mut parent, face[0])).collect()
}

/// The island whose face is nearest to a place of the chart.
pub fn island_at(human: &Human, group: &Group, islands: &[u32], place: Vec2) -> u32 {
    let distance = |face: &[u32; 4]| (face.iter().map(|&uv| human.uv[uv as usize]).sum::<Vec2>() / 4.0).distance(place);
    let nearest = group.uv.iter().zip(islands).min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
    nearest.map_or(0, |found| *found.1)
}
