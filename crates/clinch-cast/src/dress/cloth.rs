//! A sheet of cloth as it is cut and sewn: triangles over the base mesh, clipped along exact curves.

use crate::{
    figure::Figure,
    rig::Weights,
    subdivide::{Cage, Row, mix},
};
use clinch_model::Segment;
use glam::Vec3;
use std::collections::BTreeMap;

/// How near to a cut a vertex is moved onto it instead of leaving a sliver, as a share of the edge.
const SNAP: f32 = 0.3;

/// A triangle mesh whose vertices are means of base vertices, and may lie elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Cloth {
    /// `[vertex]`: base vertices whose weights it takes.
    pub rows: Vec<Row>,
    /// `[vertex]`, metres.
    pub position_m: Vec<Vec3>,
    /// `[triangle]`, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
}

impl Cloth {
    /// Cloth over the faces of a cage.
    pub fn of(cage: &Cage, figure: &Figure) -> Self {
        let position_m = cage.apply(&figure.position_m);
        let triangles = cage.triangles(&position_m).0;
        Self { rows: cage.rows.clone(), position_m, triangles }
    }

    /// `[vertex]`: the mean of a value of base vertices.
    pub fn field(&self, of_base: impl Fn(usize) -> f32) -> Vec<f32> {
        self.rows.iter().map(|row| row.iter().map(|&(v, w)| w * of_base(v as usize)).sum()).collect()
    }

    /// The segment that a vertex belongs to.
    pub fn segment(&self, vertex: usize, figure: &Figure) -> Segment {
        let best = self.rows[vertex].iter().fold((0, 0.0), |best, e| if e.1 > best.1 { *e } else { best });
        figure.leading(best.0 as usize)
    }

    /// Bones and weights of every vertex.
    pub fn weights(&self, figure: &Figure) -> Vec<Weights> {
        self.rows.iter().map(|row| figure.mixed_weights(row)).collect()
    }

    /// Cuts along the curve where a field is zero and keeps where it is positive.
    ///
    /// Vertices near the curve are moved onto it along an edge, so that no slivers are left.
    pub fn clip(&mut self, mut field: Vec<f32>) {
        self.snap(&mut field);
        let mut cuts: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut kept = Vec::with_capacity(self.triangles.len());
        for t in std::mem::take(&mut self.triangles) {
            let f = t.map(|v| field[v as usize]);
            if f.iter().all(|&f| f <= 0.0) {
                continue;
            }
            let mut polygon = Vec::with_capacity(4);
            for i in 0..3 {
                let (a, b, fa, fb) = (t[i], t[(i + 1) % 3], f[i], f[(i + 1) % 3]);
                if fa >= 0.0 {
                    polygon.push(a);
                }
                if fa * fb < 0.0 {
                    let key = (a.min(b), a.max(b));
                    polygon.push(*cuts.entry(key).or_insert_with(|| self.between(key.0, key.1, &field)));
                }
            }
            kept.extend((1..polygon.len().saturating_sub(1)).map(|i| [polygon[0], polygon[i], polygon[i + 1]]));
        }
        self.triangles = kept;
        self.compact();
    }

    /// Moves vertices that nearly lie on the curve onto it.
    fn snap(&mut self, field: &mut [f32]) {
        let (rows, places) = (self.rows.clone(), self.position_m.clone());
        let before = field.to_vec();
        for t in &self.triangles {
            for i in 0..3 {
                for (a, b) in [(t[i], t[(i + 1) % 3]), (t[(i + 1) % 3], t[i])] {
                    let (a, b) = (a as usize, b as usize);
                    if before[a] * before[b] >= 0.0 || field[a] == 0.0 {
                        continue;
                    }
                    let share = before[a] / (before[a] - before[b]);
                    if share < SNAP {
                        field[a] = 0.0;
                        self.position_m[a] = places[a].lerp(places[b], share);
                        self.rows[a] = mixed(&rows[a], &rows[b], share);
                    }
                }
            }
        }
    }

    fn between(&mut self, a: u32, b: u32, field: &[f32]) -> u32 {
        let (ia, ib) = (a as usize, b as usize);
        let share = field[ia] / (field[ia] - field[ib]);
        self.position_m.push(self.position_m[ia].lerp(self.position_m[ib], share));
        self.rows.push(mixed(&self.rows[ia], &self.rows[ib], share));
        (self.rows.len() - 1) as u32
    }

    /// Drops vertices that no triangle uses.
    fn compact(&mut self) {
        let mut index = vec![u32::MAX; self.rows.len()];
        let (mut rows, mut places) = (Vec::new(), Vec::new());
        for v in self.triangles.iter_mut().flatten() {
            let slot = &mut index[*v as usize];
            if *slot == u32::MAX {
                *slot = rows.len() as u32;
                rows.push(std::mem::take(&mut self.rows[*v as usize]));
                places.push(self.position_m[*v as usize]);
            }
            *v = *slot;
        }
        (self.rows, self.position_m) = (rows, places);
    }

    /// Edges of the border, each in the direction of its triangle, joined to closed loops; the longest first.
    pub fn borders(&self) -> Vec<Vec<u32>> {
        let mut next: BTreeMap<u32, u32> = BTreeMap::new();
        let mut directed: Vec<(u32, u32)> = self.triangles.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]).collect();
        directed.sort_unstable();
        for &(a, b) in &directed {
            if directed.binary_search(&(b, a)).is_err() {
                next.insert(a, b);
            }
        }
        let mut loops = Vec::new();
        while let Some((&first, _)) = next.iter().next() {
            let mut ring = Vec::new();
            let mut at = first;
            while let Some(to) = next.remove(&at) {
                ring.push(at);
                at = to;
            }
            loops.push(ring);
        }
        loops.sort_by_key(|ring| std::cmp::Reverse(ring.len()));
        loops
    }

    /// Undirected edges, ascending, each once, with the vertices opposite of it.
    pub fn edges(&self) -> Vec<((u32, u32), Vec<u32>)> {
        let edge = |a: u32, b: u32, c: u32| ((a.min(b), a.max(b)), c);
        let of = |t: &[u32; 3]| [edge(t[0], t[1], t[2]), edge(t[1], t[2], t[0]), edge(t[2], t[0], t[1])];
        let mut sides: Vec<((u32, u32), u32)> = self.triangles.iter().flat_map(of).collect();
        // Stable: opposite vertices stay in the order of triangles.
        sides.sort_by_key(|side| side.0);
        sides.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|side| side.1).collect())).collect()
    }

    /// `[vertex]`: neighbours; those of a border vertex only along the border.
    pub fn neighbours(&self) -> Vec<Vec<u32>> {
        let edges = self.edges();
        let mut on_border = vec![false; self.rows.len()];
        for ((a, b), _) in edges.iter().filter(|e| e.1.len() == 1) {
            (on_border[*a as usize], on_border[*b as usize]) = (true, true);
        }
        let mut out = vec![Vec::new(); self.rows.len()];
        for ((a, b), over) in &edges {
            for (from, to) in [(*a, *b), (*b, *a)] {
                if !on_border[from as usize] || over.len() == 1 {
                    out[from as usize].push(to);
                }
            }
        }
        out
    }

    /// `[vertex]`: unit normals.
    pub fn normals(&self) -> Vec<Vec3> {
        let mut normal = Vec::new();
        crate::pose::normals(&self.triangles, &self.position_m, &mut normal);
        normal
    }

    /// Moves every vertex towards the mean of its neighbours; `keep` is left alone.
    pub fn smooth(&mut self, steps: usize, amount: f32, keep: &[bool]) {
        let neighbours = self.neighbours();
        for _ in 0..steps {
            let old = self.position_m.clone();
            for (v, around) in neighbours.iter().enumerate().filter(|(v, around)| !keep[*v] && !around.is_empty()) {
                let mean = around.iter().map(|&n| old[n as usize]).sum::<Vec3>() / around.len() as f32;
                self.position_m[v] = old[v].lerp(mean, amount);
            }
        }
    }

    /// Sews rings of new triangles to a border loop; `place(i, ring)` gives the vertex `i` of the loop in the ring, counted from 1.
    /// The new vertices take the loop's rows.
    pub fn extend(&mut self, border: &[u32], rings: usize, place: impl Fn(usize, usize) -> Vec3) -> Vec<u32> {
        let mut last = border.to_vec();
        for ring in 1..=rings {
            let first = self.rows.len() as u32;
            for (i, &v) in border.iter().enumerate() {
                self.rows.push(self.rows[v as usize].clone());
                self.position_m.push(place(i, ring));
            }
            let n = border.len();
            let new: Vec<u32> = (first..first + n as u32).collect();
            for i in 0..n {
                let j = (i + 1) % n;
                self.triangles.push([last[j], last[i], new[i]]);
                self.triangles.push([last[j], new[i], new[j]]);
            }
            last = new;
        }
        last
    }
}

/// The mean of two rows, the second with `share`.
pub fn mixed(a: &Row, b: &Row, share: f32) -> Row {
    mix(&[(a, 1.0 - share), (b, share)])
}
