//! Ribbons that are rooted in skin, and shells over it.

use super::{Ground, mixture::Mixture, scalp::Scalp};
use crate::{
    landmarks,
    noise::Stream,
    part::{Part, Section, Shifts},
    rig::{Sum, Weights},
};
use clinch_model::{
    Material,
    cast::{Drive, Texture},
};
use glam::{Quat, Vec2, Vec3};

/// Shifts of a root below this are not worth an entry, in metres.
const LEAST_SHIFT_M: f32 = 2e-4;

/// A place on the skin that something grows from.
#[derive(Debug, Clone)]
pub struct Root {
    /// Corners of the triangle.
    pub corners: [u32; 3],
    /// Shares of the corners.
    pub shares: [f32; 3],
    /// In the bind pose.
    pub at_m: Vec3,
    /// On the unshaped base mesh.
    pub canon_m: Vec3,
    /// Unit normal of the triangle.
    pub normal: Vec3,
}

/// About `count` places spread over the head by area and by how densely something grows (0..1 by place on the base mesh).
///
/// The number is relative to where hair grows fully: where it grows at half density, half the roots stand.
pub fn roots(ground: &Ground, count: usize, random: &mut Stream, density: &dyn Fn(Vec3) -> f32) -> Vec<Root> {
    let areas: Vec<(f32, f32)> = ground
        .head
        .iter()
        .map(|t| {
            let [a, b, c] = t.map(|v| ground.skin.position_m[v as usize]);
            let middle = t.map(|v| ground.canon_m[v as usize]).iter().sum::<Vec3>() / 3.0;
            // The triangle's corners, too, so that narrow growth isn't missed.
            let most = t.iter().map(|&v| density(ground.canon_m[v as usize])).fold(density(middle), f32::max);
            ((b - a).cross(c - a).length() / 2.0, most)
        })
        .collect();
    let whole: f32 = areas.iter().map(|(area, most)| if *most > 0.0 { *area } else { 0.0 }).sum();
    let mut roots = Vec::new();
    for (t, &(area, most)) in ground.head.iter().zip(&areas) {
        if most <= 0.0 {
            continue;
        }
        let expected = area / whole * count as f32;
        let tries = expected.floor() as usize + usize::from(random.unit() < expected.fract());
        for _ in 0..tries {
            let root = root_in(ground, *t, random);
            if random.unit() < density(root.canon_m) {
                roots.push(root);
            }
        }
    }
    roots
}

fn root_in(ground: &Ground, t: [u32; 3], random: &mut Stream) -> Root {
    let (mut u, mut v) = (random.unit(), random.unit());
    if u + v > 1.0 {
        (u, v) = (1.0 - u, 1.0 - v);
    }
    let shares = [1.0 - u - v, u, v];
    let p = t.map(|v| ground.skin.position_m[v as usize]);
    let c = t.map(|v| ground.canon_m[v as usize]);
    let mix = |p: &[Vec3; 3]| p[0] * shares[0] + p[1] * shares[1] + p[2] * shares[2];
    Root { corners: t, shares, at_m: mix(&p), canon_m: mix(&c), normal: (p[1] - p[0]).cross(p[2] - p[0]).normalize_or(Vec3::Y) }
}

/// A mesh of ribbons in the making.
pub struct Ribbons<'a> {
    skin: &'a Part,
    /// `[vertex of the skin]`: what shifts it.
    shifts: Vec<Vec<(usize, Vec3)>>,
    part: Part,
    /// `[triangle]`: what its ribbon is made of.
    mixture: Vec<Mixture>,
    /// `[drive of the skin]`.
    moved: Vec<Shifts>,
}

/// A ribbon that hangs on a root.
pub struct Lock {
    /// Where it hangs.
    pub root: Root,
    /// Its middle line.
    pub points: Vec<Vec3>,
    /// Width at the root.
    pub width_m: f32,
    /// Factor on the reflectance.
    pub shade: f32,
    /// What it is made of.
    pub mixture: Mixture,
}

impl<'a> Ribbons<'a> {
    /// Begins with none.
    pub fn new(skin: &'a Part) -> Self {
        let mut shifts = vec![Vec::new(); skin.position_m.len()];
        for (drive, (_, list)) in skin.shifts.iter().enumerate() {
            list.iter().for_each(|&(v, shift)| shifts[v as usize].push((drive, shift)));
        }
        Self { skin, shifts, part: Part::default(), mixture: Vec::new(), moved: vec![Vec::new(); skin.shifts.len()] }
    }

    /// Adds a ribbon along points, the first at the root, tapering to its tip; turned about itself by an angle from lying flat.
    pub fn add(&mut self, root: &Root, points: &[Vec3], width_m: f32, shade: f32, twist_rad: f32, mixture: Mixture) {
        let first = self.part.position_m.len() as u32;
        let last = points.len() - 1;
        for (i, &p) in points.iter().enumerate() {
            let along = (points[(i + 1).min(last)] - points[i.saturating_sub(1)]).normalize_or(root.normal);
            let t = i as f32 / last as f32;
            // Facing away from the head; what stands straight up faces to the side.
            let flat = along.cross(root.normal);
            let side = if flat.length() > 0.2 { flat.normalize() } else { along.cross(Vec3::new(0.3, 0.2, 0.9)).normalize_or(Vec3::X) };
            let side = Quat::from_axis_angle(along, twist_rad) * side;
            let half = width_m / 2.0 * (1.0 - 0.75 * t * t);
            let tone = shade * (0.62 + 0.38 * (t * 3.0).min(1.0));
            if i == last {
                self.part.position_m.push(p);
                self.part.shade.push(tone);
            } else {
                self.part.position_m.extend([p - side * half, p + side * half]);
                self.part.shade.extend([tone; 2]);
            }
        }
        let size_m = Vec2::new(width_m, points.windows(2).map(|ends| ends[0].distance(ends[1])).sum());
        self.triangles(first, last, size_m, mixture);
        self.hang(first, root);
    }

    /// Adds ribbons.
    pub fn add_all(&mut self, locks: Vec<Lock>) {
        for lock in locks {
            self.add(&lock.root, &lock.points, lock.width_m, lock.shade, 0.0, lock.mixture);
        }
    }

    fn triangles(&mut self, first: u32, last: usize, size_m: Vec2, mixture: Mixture) {
        // A mixture's picture lies on a ribbon at its own scale, so that strands are equally wide everywhere, and elsewhere on every ribbon.
        let scale = mixture.tiles_a_metre().map_or(Vec2::ONE, |tiles| size_m * tiles);
        let aside = mixture.tiles_a_metre().map_or(0.0, |_| (first as f32 * 0.618_034).fract());
        let from = self.part.uv.len();
        let v = |i: usize| i as f32 / last as f32;
        for i in 0..last {
            let (a, b) = (first + 2 * i as u32, first + 2 * i as u32 + 1);
            let (low, high) = (v(i), v(i + 1));
            if i + 1 == last {
                self.part.triangles.push([a, b, a + 2]);
                self.part.uv.push([Vec2::new(0.0, low), Vec2::new(1.0, low), Vec2::new(0.5, high)]);
            } else {
                self.part.triangles.extend([[a, b, b + 2], [a, b + 2, a + 2]]);
                self.part.uv.push([Vec2::new(0.0, low), Vec2::new(1.0, low), Vec2::new(1.0, high)]);
                self.part.uv.push([Vec2::new(0.0, low), Vec2::new(1.0, high), Vec2::new(0.0, high)]);
            }
        }
        self.part.uv[from..].iter_mut().flatten().for_each(|uv| *uv = *uv * scale + Vec2::X * aside);
        self.mixture.resize(self.part.triangles.len(), mixture);
    }

    /// Bones and shifts of the root for all vertices from `first`.
    fn hang(&mut self, first: u32, root: &Root) {
        let (weights, shifts) = self.carried(root);
        let count = self.part.position_m.len();
        self.part.skin.resize(count, weights);
        for (drive, shift) in shifts {
            self.moved[drive].extend((first..count as u32).map(|v| (v, shift)));
        }
    }

    fn carried(&self, root: &Root) -> (Weights, Vec<(usize, Vec3)>) {
        let mut sum = Sum::default();
        let mut shifts: Vec<(usize, Vec3)> = Vec::new();
        for (&corner, share) in root.corners.iter().zip(root.shares) {
            self.skin.skin[corner as usize].iter().for_each(|&(bone, weight)| sum.add(bone, weight * share));
            for &(drive, shift) in &self.shifts[corner as usize] {
                match shifts.iter_mut().find(|known| known.0 == drive) {
                    Some(known) => known.1 += shift * share,
                    None => shifts.push((drive, shift * share)),
                }
            }
        }
        shifts.retain(|shift| shift.1.length() > LEAST_SHIFT_M);
        (sum.strongest(), shifts)
    }

    /// The finished mesh, its triangles sorted by what they are made of, which `coat` tells.
    pub fn part(mut self, coat: &dyn Fn(Mixture) -> (Material, Option<Texture>)) -> Part {
        let mut order: Vec<usize> = (0..self.mixture.len()).collect();
        order.sort_by_key(|&t| self.mixture[t]);
        self.part.triangles = order.iter().map(|&t| self.part.triangles[t]).collect();
        self.part.uv = order.iter().map(|&t| self.part.uv[t]).collect();
        self.mixture.sort();
        let begins = |&t: &usize| t == 0 || self.mixture[t] != self.mixture[t - 1];
        for first in (0..self.mixture.len()).filter(begins) {
            let (material, texture) = coat(self.mixture[first]);
            if first == 0 {
                (self.part.material, self.part.texture) = (Some(material), texture);
            } else {
                self.part.sections.push(Section { first, material, texture });
            }
        }
        self.whole()
    }

    /// The mesh with what moves it.
    fn whole(mut self) -> Part {
        let drives: Vec<Drive> = self.skin.shifts.iter().map(|shifts| shifts.0).collect();
        self.part.shifts = drives.into_iter().zip(self.moved).filter(|shifts| !shifts.1.is_empty()).collect();
        self.part
    }
}

/// The skin where hair grows, raised by a height in metres that a place on the base mesh and its root have; none where none grows.
pub fn shell(ground: &Ground, scalp: &Scalp, height: &dyn Fn(Vec3, &Root) -> f32, receding: f32) -> Option<Part> {
    let grows = |t: &[u32; 3]| t.iter().any(|&v| landmarks::inside_hairline_m(ground.canon_m[v as usize], receding) > -0.002);
    let picked: Vec<usize> = (0..ground.head.len()).filter(|&t| grows(&ground.head[t])).collect();
    let used: std::collections::BTreeSet<u32> = picked.iter().flat_map(|&t| ground.head[t]).collect();
    if used.is_empty() {
        return None;
    }
    let places: std::collections::BTreeMap<u32, u32> = used.iter().copied().zip(0..).collect();
    let mut ribbons = Ribbons::new(ground.skin);
    for &v in &used {
        let normal = scalp.normal(v);
        let root = Root {
            corners: [v; 3],
            shares: [1.0, 0.0, 0.0],
            at_m: ground.skin.position_m[v as usize],
            canon_m: ground.canon_m[v as usize],
            normal,
        };
        let first = ribbons.part.position_m.len() as u32;
        ribbons.part.position_m.push(root.at_m + normal * height(root.canon_m, &root));
        ribbons.part.shade.push(1.0);
        ribbons.hang(first, &root);
    }
    ribbons.part.triangles = picked.iter().map(|&t| ground.head[t].map(|v| places[&v])).collect();
    ribbons.part.uv = picked.iter().map(|&t| ground.head_uv[t].map(|uv| uv * Vec2::new(2.2, 4.2))).collect();
    Some(ribbons.whole())
}
