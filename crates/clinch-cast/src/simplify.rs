//! Fewer triangles where a surface is flat: edge collapses in the order of their quadric error.
//!
//! Garland and Heckbert, "Surface simplification using quadric error metrics", SIGGRAPH 1997, with the new vertex at an end or the middle
//! of the edge, and the link condition (Dey et al., 1999) so that a closed surface stays closed.

use glam::{DVec3, Vec3};
use std::{cmp::Ordering, collections::BinaryHeap};

/// A triangle may turn at most this far in one collapse, as the cosine.
const LEAST_COSINE: f64 = 0.3;

/// Least quality of a triangle, 4√3 · area / sum of squared sides (1 for an equilateral one): below it, shading breaks up.
const LEAST_QUALITY: f64 = 0.12;

/// A symmetric 4 × 4 matrix that gives the summed squared distance from planes.
#[derive(Clone, Copy, Default)]
struct Quadric([f64; 10]);

impl Quadric {
    fn plane(normal: DVec3, offset: f64, weight: f64) -> Self {
        let [a, b, c, d] = [normal.x, normal.y, normal.z, offset];
        Self([a * a, a * b, a * c, a * d, b * b, b * c, b * d, c * c, c * d, d * d].map(|v| v * weight))
    }

    fn add(&mut self, other: &Quadric) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    fn error(&self, p: DVec3) -> f64 {
        let q = &self.0;
        let (x, y, z) = (p.x, p.y, p.z);
        q[0] * x * x
            + q[4] * y * y
            + q[7] * z * z
            + 2.0 * (q[1] * x * y + q[2] * x * z + q[5] * y * z + q[3] * x + q[6] * y + q[8] * z)
            + q[9]
    }
}

/// A collapse that was worth considering when it was written down.
struct Candidate {
    cost: f64,
    ends: [u32; 2],
    place: DVec3,
    stamp: u32,
}

impl Ord for Candidate {
    /// The cheapest is the greatest, ties by vertex number, so that the order never depends on chance.
    fn cmp(&self, other: &Self) -> Ordering {
        other.cost.total_cmp(&self.cost).then_with(|| other.ends.cmp(&self.ends))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

struct Surface {
    place: Vec<DVec3>,
    quadric: Vec<Quadric>,
    /// `[vertex]`: how often it has changed; candidates of older stamps are void.
    stamp: Vec<u32>,
    /// `[vertex]`: triangles that use it.
    around: Vec<Vec<u32>>,
    triangle: Vec<[u32; 3]>,
    alive: Vec<bool>,
}

/// Collapses edges until at most a share `keep` (0..1) of the triangles is left, or nothing more can go.
pub fn simplify(position_m: &mut Vec<Vec3>, triangles: &mut Vec<[u32; 3]>, keep: f32) {
    let wanted = (triangles.len() as f32 * keep) as usize;
    let mut surface = Surface::new(position_m, triangles);
    let mut heap = BinaryHeap::new();
    for t in 0..triangles.len() {
        for [a, b] in edges(triangles[t]) {
            if a < b {
                heap.push(surface.candidate(a, b));
            }
        }
    }
    let mut left = triangles.len();
    while left > wanted {
        let Some(next) = heap.pop() else { break };
        let [a, b] = next.ends;
        if next.stamp == surface.stamp[a as usize] + surface.stamp[b as usize] && surface.may_collapse(&next) {
            left -= surface.collapse(&next);
            for c in surface.neighbours(a) {
                heap.push(surface.candidate(a.min(c), a.max(c)));
            }
        }
    }
    surface.write(position_m, triangles);
}

fn edges(t: [u32; 3]) -> [[u32; 2]; 3] {
    [[t[0], t[1]], [t[1], t[2]], [t[2], t[0]]]
}

impl Surface {
    fn new(position_m: &[Vec3], triangles: &[[u32; 3]]) -> Self {
        let place: Vec<DVec3> = position_m.iter().map(|p| p.as_dvec3()).collect();
        let mut quadric = vec![Quadric::default(); place.len()];
        let mut around = vec![Vec::new(); place.len()];
        for (index, t) in triangles.iter().enumerate() {
            let [a, b, c] = t.map(|i| place[i as usize]);
            let cross = (b - a).cross(c - a);
            let area = cross.length() / 2.0;
            let normal = cross.normalize_or_zero();
            let plane = Quadric::plane(normal, -normal.dot(a), area);
            for &i in t {
                quadric[i as usize].add(&plane);
                around[i as usize].push(index as u32);
            }
        }
        let stamp = vec![0; place.len()];
        Self { place, quadric, stamp, around, triangle: triangles.to_vec(), alive: vec![true; triangles.len()] }
    }

    fn candidate(&self, a: u32, b: u32) -> Candidate {
        let (pa, pb) = (self.place[a as usize], self.place[b as usize]);
        let mut quadric = self.quadric[a as usize];
        quadric.add(&self.quadric[b as usize]);
        let best = |best: (f64, DVec3), p: DVec3| {
            let error = quadric.error(p);
            if error < best.0 { (error, p) } else { best }
        };
        let (error, place) = [(pa + pb) / 2.0, pa, pb].into_iter().fold((f64::MAX, pa), best);
        // A little weight on length, so that flat regions thin out evenly.
        let cost = error + 1e-5 * pa.distance_squared(pb) * pa.distance_squared(pb);
        Candidate { cost, ends: [a, b], place, stamp: self.stamp[a as usize] + self.stamp[b as usize] }
    }

    fn neighbours(&self, v: u32) -> Vec<u32> {
        let mut all: Vec<u32> = self.around[v as usize].iter().flat_map(|&t| self.triangle[t as usize]).filter(|&i| i != v).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether the surface stays closed and no triangle turns over or becomes a sliver.
    fn may_collapse(&self, c: &Candidate) -> bool {
        let [a, b] = c.ends;
        let (of_a, of_b) = (self.neighbours(a), self.neighbours(b));
        if of_a.iter().filter(|v| of_b.binary_search(v).is_ok()).count() != 2 || of_a.len() + of_b.len() > 20 {
            return false;
        }
        let kept = |v: u32, other: u32| {
            self.around[v as usize].iter().map(|&t| self.triangle[t as usize]).filter(|t| !t.contains(&other)).all(|t| {
                let old = t.map(|i| self.place[i as usize]);
                let new = t.map(|i| if i == v { c.place } else { self.place[i as usize] });
                let normal = |p: [DVec3; 3]| (p[1] - p[0]).cross(p[2] - p[0]);
                let (from, to) = (normal(old), normal(new));
                let sides = new[0].distance_squared(new[1]) + new[1].distance_squared(new[2]) + new[2].distance_squared(new[0]);
                from.dot(to) > LEAST_COSINE * from.length() * to.length() && 3.4641 * to.length() > LEAST_QUALITY * sides
            })
        };
        kept(a, b) && kept(b, a)
    }

    /// Moves the first end to the new place and hangs the second end's triangles on it; returns how many triangles vanish.
    fn collapse(&mut self, c: &Candidate) -> usize {
        let [a, b] = c.ends;
        let hanging = std::mem::take(&mut self.around[b as usize]);
        let mut gone = 0;
        for t in hanging {
            if self.triangle[t as usize].contains(&a) {
                self.alive[t as usize] = false;
                gone += 1;
                for v in self.triangle[t as usize] {
                    self.around[v as usize].retain(|&other| other != t);
                }
            } else {
                self.triangle[t as usize].iter_mut().filter(|v| **v == b).for_each(|v| *v = a);
                self.around[a as usize].push(t);
            }
        }
        let quadric = self.quadric[b as usize];
        self.quadric[a as usize].add(&quadric);
        self.place[a as usize] = c.place;
        self.stamp[a as usize] += 1;
        self.stamp[b as usize] += 1;
        gone
    }

    fn write(self, position_m: &mut Vec<Vec3>, triangles: &mut Vec<[u32; 3]>) {
        let mut renamed = vec![u32::MAX; self.place.len()];
        position_m.clear();
        for (v, place) in self.place.iter().enumerate() {
            if !self.around[v].is_empty() {
                renamed[v] = position_m.len() as u32;
                position_m.push(place.as_vec3());
            }
        }
        triangles.clear();
        let alive = self.triangle.iter().zip(&self.alive).filter(|(_, alive)| **alive);
        triangles.extend(alive.map(|(t, _)| t.map(|v| renamed[v as usize])));
    }
}
