//! What is sewn and pinned onto garments: pockets, plackets, buttons, badges; belts, collars and hoods.
//!
//! A patch is a grid cast onto the cloth; each of its vertices takes the weights of the cloth beneath, so that it never leaves it.

use super::{limb::Girth, smoothstep, solid::Solid};
use crate::{
    figure::Figure,
    part::Part,
    rig::{Sum, Weights},
};
use clinch_model::{Material, cast::Drive};
use glam::{Vec2, Vec3};

/// A garment that something is cast onto.
pub struct Ground<'a> {
    figure: &'a Figure<'a>,
    part: &'a Part,
    normal: Vec<Vec3>,
}

/// Where a patch lies: a middle before the cloth, and unit axes across, up and out of it.
#[derive(Clone, Copy)]
pub struct Frame {
    pub middle_m: Vec3,
    pub across: Vec3,
    pub up: Vec3,
    pub out: Vec3,
}

impl Frame {
    /// A frame that looks to `out`, its up as near to `up` as it can be.
    pub fn new(middle_m: Vec3, out: Vec3, up: Vec3) -> Self {
        let out = out.normalize_or(Vec3::Z);
        let across = up.cross(out).normalize_or(Vec3::X);
        Self { middle_m, across, up: out.cross(across), out }
    }
}

/// A point of cloth.
struct Hit {
    p: Vec3,
    normal: Vec3,
    weights: Weights,
}

/// How far before and behind a frame's middle cloth is looked for, in metres.
const REACH_M: f32 = 0.13;

impl<'a> Ground<'a> {
    pub fn new(figure: &'a Figure<'a>, part: &'a Part) -> Self {
        let mut normal = Vec::new();
        crate::pose::normals(&part.triangles, &part.position_m, &mut normal);
        Self { figure, part, normal }
    }

    /// Triangles near a frame that face its way.
    fn near(&self, frame: &Frame, radius_m: f32) -> Vec<[u32; 3]> {
        let close = |t: &&[u32; 3]| {
            let [a, b, c] = t.map(|v| self.part.position_m[v as usize]);
            let way = (a + b + c) / 3.0 - frame.middle_m;
            let out = way.dot(frame.out);
            (way - frame.out * out).length() < radius_m && out.abs() < REACH_M && (b - a).cross(c - a).dot(frame.out) > 0.0
        };
        self.part.triangles.iter().filter(close).copied().collect()
    }

    /// The outermost cloth over a place of a frame.
    fn cast(&self, frame: &Frame, near: &[[u32; 3]], place: Vec2) -> Option<Hit> {
        let mut best: Option<(f32, [u32; 3], Vec3)> = None;
        for t in near {
            let local = t.map(|v| {
                let way = self.part.position_m[v as usize] - frame.middle_m;
                Vec3::new(way.dot(frame.across), way.dot(frame.up), way.dot(frame.out))
            });
            let [a, b, c] = local.map(|q| q.truncate() - place);
            let (wa, wb, wc) = (b.perp_dot(c), c.perp_dot(a), a.perp_dot(b));
            let sum = wa + wb + wc;
            if sum.abs() < 1e-12 || wa < -1e-9 || wb < -1e-9 || wc < -1e-9 {
                continue;
            }
            let w = Vec3::new(wa, wb, wc) / sum;
            let depth = w.dot(Vec3::new(local[0].z, local[1].z, local[2].z));
            if best.is_none_or(|best| depth > best.0) {
                best = Some((depth, *t, w));
            }
        }
        let (_, t, w) = best?;
        let mix = |values: &[Vec3]| (0..3).map(|i| values[t[i] as usize] * w[i]).sum::<Vec3>();
        let mut sum = Sum::default();
        for i in 0..3 {
            self.part.skin[t[i] as usize].iter().for_each(|&(bone, weight)| sum.add(bone, weight * w[i]));
        }
        Some(Hit { p: mix(&self.part.position_m), normal: mix(&self.normal).normalize_or(frame.out), weights: sum.strongest() })
    }

    /// A place moved along the normal of the cloth around it that faces a way, until it is from `least_m` to `most_m` above it.
    pub fn within(&self, p: Vec3, facing: Vec3, least_m: f32, most_m: f32) -> Vec3 {
        // Over as much cloth as evens out its facets, in metres.
        const AROUND_M: f32 = 0.016;
        let (mut height_m, mut normal, mut sum) = (0.0, Vec3::ZERO, 0.0);
        for (at, n) in self.part.position_m.iter().zip(&self.normal) {
            let way = p - *at;
            if way.length_squared() < (5.0 * AROUND_M).powi(2) && n.dot(facing) > 0.0 {
                let weight = (-way.length_squared() / (2.0 * AROUND_M * AROUND_M)).exp();
                height_m += way.dot(*n) * weight;
                normal += *n * weight;
                sum += weight;
            }
        }
        match normal.try_normalize() {
            Some(normal) => p + normal * ((height_m / sum).clamp(least_m, most_m) - height_m / sum),
            None => p,
        }
    }

    /// The outermost cloth over a place, or, beyond the cloth's edge, over the nearest place towards the frame's middle, continued level.
    fn cast_near(&self, frame: &Frame, near: &[[u32; 3]], place: Vec2) -> Option<Hit> {
        (0..10).find_map(|step| {
            let tried = place * (1.0 - 0.1 * step as f32);
            let mut hit = self.cast(frame, near, tried)?;
            let beyond = place - tried;
            hit.p += frame.across * beyond.x + frame.up * beyond.y;
            Some(hit)
        })
    }

    /// A patch over a grid of `cells`: `place(u, v)` in the frame, metres, for u, v in 0..1, u across and v up; `height(u, v)` above the cloth, in
    /// metres. None where the cloth doesn't reach under all of it.
    pub fn patch(
        &self,
        frame: Frame,
        cells: [usize; 2],
        material: Material,
        place: impl Fn(f32, f32) -> Vec2,
        height: impl Fn(f32, f32) -> f32,
    ) -> Option<Part> {
        let [nu, nv] = cells;
        let places: Vec<(Vec2, f32)> = (0..=nv)
            .flat_map(|j| (0..=nu).map(move |i| (i as f32 / nu as f32, j as f32 / nv as f32)))
            .map(|(u, v)| (place(u, v), height(u, v)))
            .collect();
        let radius_m = places.iter().map(|p| p.0.length()).fold(0.0, f32::max) + 0.03;
        let near = self.near(&frame, radius_m);
        let hits: Vec<Hit> = places.iter().map(|(place, _)| self.cast_near(&frame, &near, *place)).collect::<Option<_>>()?;
        let mut position_m: Vec<Vec3> = hits.iter().zip(&places).map(|(hit, (_, height_m))| hit.p + hit.normal * *height_m).collect();
        let mut skin: Vec<Weights> = hits.iter().map(|hit| hit.weights).collect();
        let at = |i: usize, j: usize| (j * (nu + 1) + i) as u32;
        let mut triangles = Vec::new();
        for j in 0..nv {
            for i in 0..nu {
                triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
                triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
            }
        }
        // The edge goes down into the cloth.
        let mut ring: Vec<u32> = (0..nu).map(|i| at(i, 0)).collect();
        ring.extend((0..nv).map(|j| at(nu, j)));
        ring.extend((0..nu).map(|i| at(nu - i, nv)));
        ring.extend((0..nv).map(|j| at(0, nv - j)));
        let first = position_m.len() as u32;
        for &v in &ring {
            let hit = &hits[v as usize];
            position_m.push(hit.p - hit.normal * 0.002);
            skin.push(hit.weights);
        }
        let n = ring.len();
        for i in 0..n {
            let (a, b) = (ring[i], ring[(i + 1) % n]);
            let (c, d) = (first + i as u32, first + ((i + 1) % n) as u32);
            triangles.push([a, c, d]);
            triangles.push([a, d, b]);
        }
        Some(self.part(position_m, skin, triangles, material))
    }

    fn part(&self, position_m: Vec<Vec3>, skin: Vec<Weights>, triangles: Vec<[u32; 3]>, material: Material) -> Part {
        part(self.figure, position_m, skin, triangles, material)
    }

    /// A disc, e.g. a button or a rivet.
    pub fn disc(&self, frame: Frame, middle: Vec2, radius_m: f32, height_m: f32, material: Material) -> Option<Part> {
        // Square to disc.
        let round = move |u: f32, v: f32| {
            let (x, y) = (2.0 * u - 1.0, 2.0 * v - 1.0);
            Vec2::new(x * (1.0 - y * y / 2.0).sqrt(), y * (1.0 - x * x / 2.0).sqrt())
        };
        let moved = Frame { middle_m: frame.middle_m + frame.across * middle.x + frame.up * middle.y, ..frame };
        let bulge = move |u: f32, v: f32| height_m * (1.0 - 0.35 * round(u, v).length_squared());
        self.patch(moved, [4, 4], material, |u, v| round(u, v) * radius_m, bulge)
    }

    /// A stiff pouch or box with rounded edges and a lid, its back on a frame's middle; `size_m` across, up and out.
    pub fn block(&self, frame: &Frame, size_m: Vec3, material: Material) -> Part {
        const CELLS: usize = 10;
        let (mut position_m, mut triangles) = (Vec::new(), Vec::new());
        for j in 0..=CELLS {
            for i in 0..=CELLS {
                // Places crowd at the edges, where they go round and back to the belt.
                let [u, v] = [i, j].map(|k| 2.0 * k as f32 / CELLS as f32 - 1.0);
                let [x, y] = [u, v].map(|t| (t * 1.28).clamp(-1.0, 1.0));
                let rim = u.abs().max(v.abs());
                let round = 1.0 - 0.10 * smoothstep(0.55, 0.8, rim) - 0.9 * smoothstep(0.8, 0.99, rim);
                let lid = if v > 0.15 && rim < 0.85 { 0.0022 } else { 0.0 };
                let bulge = 0.06 * (1.0 - x * x) * (1.0 - y * y);
                let swell = 1.0 - 0.03 * smoothstep(0.7, 0.85, rim) * (1.0 - smoothstep(0.9, 1.0, rim));
                let place = frame.across * (x * swell * size_m.x / 2.0) + frame.up * (y * swell * size_m.y / 2.0);
                position_m
                    .push(frame.middle_m + place + frame.out * (size_m.z * (round + bulge) + lid - 0.004 * smoothstep(0.9, 1.0, rim)));
            }
        }
        let at = |i: usize, j: usize| (j * (CELLS + 1) + i) as u32;
        for j in 0..CELLS {
            for i in 0..CELLS {
                triangles.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
                triangles.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
            }
        }
        let skin = vec![self.weights_at(frame.middle_m); position_m.len()];
        self.part(position_m, skin, triangles, material)
    }

    /// Weights of the vertex that lies nearest.
    fn weights_at(&self, p: Vec3) -> Weights {
        let nearest = (0..self.part.position_m.len())
            .min_by(|&a, &b| self.part.position_m[a].distance_squared(p).total_cmp(&self.part.position_m[b].distance_squared(p)));
        nearest.map_or([(1, 1.0), (0, 0.0), (0, 0.0), (0, 0.0)], |v| self.part.skin[v])
    }

    /// A strap around the trunk over `girth`, its middle at `middle_y(p)`; `profile` in (up, out), metres, from the lower inner edge over the outside
    /// to the upper inner edge.
    pub fn strap(&self, girth: &Girth, middle_y: impl Fn(Vec3) -> f32, profile: &[Vec2], material: Material) -> Part {
        const AROUND: usize = 96;
        let (mut position_m, mut skin, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
        let k = profile.len();
        for i in 0..AROUND {
            let way = Vec2::from_angle(i as f32 / AROUND as f32 * std::f32::consts::TAU);
            let middle = girth.middle();
            let probe = Vec3::new(middle.x + way.x, 0.0, middle.y + way.y);
            let reach_m = girth.reach_m(probe);
            let on = Vec3::new(middle.x + way.x * reach_m, 0.0, middle.y + way.y * reach_m);
            let y = middle_y(on);
            let weights = self.weights_at(on.with_y(y));
            for q in profile {
                position_m.push(Vec3::new(on.x + way.x * q.y, y + q.x, on.z + way.y * q.y));
                skin.push(weights);
            }
            for j in 0..k - 1 {
                let at = |i: usize, j: usize| ((i % AROUND) * k + j) as u32;
                triangles.push([at(i, j), at(i, j + 1), at(i + 1, j + 1)]);
                triangles.push([at(i, j), at(i + 1, j + 1), at(i + 1, j)]);
            }
        }
        self.part(position_m, skin, triangles, material)
    }

    /// A collar or hood: cross-sections along a neckline. `ring` holds places on the neckline from one end to the other, each with its weights' place;
    /// `section(t, base, out)` gives the profile at t in 0..1, from the inside over the top to the outside's underside.
    pub fn along_neck(
        &self,
        line: &[Vec3],
        solid: &Solid,
        clearance_m: f32,
        material: Material,
        section: impl Fn(f32, Vec3, Vec3) -> Vec<Vec3>,
    ) -> Part {
        let (mut position_m, mut skin, mut triangles) = (Vec::new(), Vec::new(), Vec::new());
        let middle = line.iter().sum::<Vec3>() / line.len() as f32;
        let mut k = 0;
        for (i, &base) in line.iter().enumerate() {
            let t = i as f32 / (line.len() - 1) as f32;
            let out = ((base - middle) * Vec3::new(1.0, 0.0, 1.0)).normalize_or(Vec3::Z);
            let profile = section(t, base, out);
            let weights = self.weights_at(base);
            k = profile.len();
            for p in profile {
                position_m.push(solid.pushed(p, clearance_m));
                skin.push(weights);
            }
        }
        evened(&mut position_m, k);
        for i in 0..line.len() - 1 {
            for j in 0..k - 1 {
                let at = |i: usize, j: usize| (i * k + j) as u32;
                triangles.push([at(i, j), at(i, j + 1), at(i + 1, j + 1)]);
                triangles.push([at(i, j), at(i + 1, j + 1), at(i + 1, j)]);
            }
        }
        self.part(position_m, skin, triangles, material)
    }
}

/// Evens rows of `k` places out from row to row; the first and the last row stay. What was laid on a body's distances has their grid's steps.
fn evened(position_m: &mut [Vec3], k: usize) {
    for _ in 0..3 {
        let old = position_m.to_vec();
        for v in k..old.len().saturating_sub(k) {
            position_m[v] = (old[v - k] + old[v] * 2.0 + old[v + k]) / 4.0;
        }
    }
}

/// A part with the breath of the body beneath.
pub fn part(figure: &Figure, position_m: Vec<Vec3>, skin: Vec<Weights>, triangles: Vec<[u32; 3]>, material: Material) -> Part {
    let breath = (0..).zip(&position_m).map(|(v, &p)| (v, figure.breath_shift(p))).filter(|s| s.1.length() > 5e-5).collect();
    Part {
        material: Some(material),
        shade: vec![1.0; position_m.len()],
        position_m,
        skin,
        triangles,
        shifts: vec![(Drive::Breath, breath)],
        ..Part::default()
    }
}

/// A closed loop of places resampled by their bearing around its middle, from `from` to `to` radians, counted from the front to the left, and
/// smoothed; the ends of a whole turn are one place.
pub fn by_bearing(places: &[Vec3], from: f32, to: f32, count: usize) -> Vec<Vec3> {
    let middle = places.iter().sum::<Vec3>() / places.len().max(1) as f32;
    let bearing = |p: Vec3| (p.x - middle.x).atan2(p.z - middle.z).rem_euclid(std::f32::consts::TAU);
    let mut sorted: Vec<(f32, Vec3)> = places.iter().map(|&p| (bearing(p), p)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = sorted.len();
    let at = |angle: f32| {
        let angle = angle.rem_euclid(std::f32::consts::TAU);
        let next = sorted.partition_point(|s| s.0 < angle);
        let (a, b) = (sorted[(next + n - 1) % n], sorted[next % n]);
        let span = (b.0 - a.0).rem_euclid(std::f32::consts::TAU).max(1e-6);
        a.1.lerp(b.1, ((angle - a.0).rem_euclid(std::f32::consts::TAU) / span).clamp(0.0, 1.0))
    };
    let mut line: Vec<Vec3> = (0..count).map(|i| at(from + (to - from) * i as f32 / (count - 1) as f32)).collect();
    let whole = to - from > std::f32::consts::TAU - 1e-3;
    for _ in 0..12 {
        let old = line.clone();
        (1..count - 1).for_each(|i| line[i] = (old[i - 1] + old[i] * 2.0 + old[i + 1]) / 4.0);
        if whole {
            line[0] = (old[count - 2] + old[0] * 2.0 + old[1]) / 4.0;
            line[count - 1] = line[0];
        }
    }
    line
}

/// A smooth curve through points (Catmull–Rom), `steps` pieces between two of them.
pub fn spline(points: &[Vec3], steps: usize) -> Vec<Vec3> {
    let last = points.len() - 1;
    let mut out = Vec::with_capacity(last * steps + 1);
    for i in 0..last {
        let (a, b, c, d) = (points[i.saturating_sub(1)], points[i], points[i + 1], points[(i + 2).min(last)]);
        for k in 0..steps {
            let t = k as f32 / steps as f32;
            let cubic = b * 2.0 + (c - a) * t + (a * 2.0 - b * 5.0 + c * 4.0 - d) * (t * t) + (b * 3.0 - a - c * 3.0 + d) * (t * t * t);
            out.push(cubic * 0.5);
        }
    }
    out.push(points[last]);
    out
}

/// Half-moon over 0..1: 0 at both ends, 1 in the middle.
pub fn arch(t: f32) -> f32 {
    smoothstep(0.0, 0.5, t.min(1.0 - t))
}
