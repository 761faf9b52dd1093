//! Meshes of quads whose vertices are weighted means of the base mesh's, refined by Catmull–Clark.
//!
//! Everything that is linear in the base mesh (positions, shifts, skin weights) passes through the same rows, so a refined mesh costs no
//! more to shape than a coarse one (Catmull and Clark, "Recursively generated B-spline surfaces", 1978; borders by cubic B-splines, corners
//! of one face kept).

use glam::Vec3;
use std::collections::BTreeMap;

/// A row of weights over base vertices, ascending by vertex, summing to 1.
pub type Row = Vec<(u32, f32)>;

/// A quad mesh over the base mesh.
#[derive(Debug, Clone, Default)]
pub struct Cage {
    /// `[vertex]`.
    pub rows: Vec<Row>,
    /// `[face]`, counter-clockwise from outside.
    pub quads: Vec<[u32; 4]>,
    /// `[face][corner]`: place in the base mesh's chart, v downward.
    pub uv: Vec<[glam::Vec2; 4]>,
}

impl Cage {
    /// Some faces of the base mesh: `[face]` vertices and chart places.
    pub fn of(quads: &[[u32; 4]], uv: &[[glam::Vec2; 4]]) -> Self {
        let mut index = BTreeMap::new();
        for &vertex in quads.iter().flatten() {
            index.insert(vertex, 0u32);
        }
        index.values_mut().zip(0..).for_each(|(slot, i)| *slot = i);
        let rows = index.keys().map(|&vertex| vec![(vertex, 1.0)]).collect();
        Cage { rows, quads: quads.iter().map(|q| q.map(|v| index[&v])).collect(), uv: uv.to_vec() }
    }

    /// A value of every vertex from those of the base mesh.
    pub fn apply(&self, base: &[Vec3]) -> Vec<Vec3> {
        self.rows.iter().map(|row| row.iter().map(|&(v, w)| base[v as usize] * w).sum()).collect()
    }

    /// Shifts of vertices from those of the base mesh; what moves less than `least_m` is left out.
    pub fn apply_shifts(&self, shifts: &[(u32, Vec3)], least_m: f32) -> Vec<(u32, Vec3)> {
        let Some(last) = shifts.iter().map(|s| s.0).max() else { return Vec::new() };
        let mut base = vec![Vec3::ZERO; last as usize + 1];
        shifts.iter().for_each(|&(v, shift)| base[v as usize] = shift);
        let moved = |row: &Row| row.iter().filter_map(|&(v, w)| base.get(v as usize).map(|s| *s * w)).sum::<Vec3>();
        (0..).zip(self.rows.iter().map(moved)).filter(|(_, s): &(u32, Vec3)| s.length() > least_m).collect()
    }

    /// One step of Catmull–Clark: every face becomes four.
    pub fn refined(&self) -> Self {
        let edges = Edges::of(&self.quads);
        let (vertices, edge_first) = (self.rows.len(), self.rows.len());
        let face_first = edge_first + edges.list.len();
        let face_row = |q: &[u32; 4]| mix(&q.map(|v| (&self.rows[v as usize], 0.25)));
        let faces: Vec<Row> = self.quads.iter().map(face_row).collect();
        let edge_rows: Vec<Row> = edges.list.iter().map(|edge| self.edge_row(edge, &faces)).collect();
        let around = Around::of(vertices, &self.quads, &edges);
        let mut rows: Vec<Row> = (0..vertices).map(|v| self.vertex_row(v, &around, &edges, &faces)).collect();
        rows.extend(edge_rows);
        rows.extend(faces);
        let mut out = Cage { rows, quads: Vec::with_capacity(4 * self.quads.len()), uv: Vec::with_capacity(4 * self.quads.len()) };
        for (face, (quad, uv)) in self.quads.iter().zip(&self.uv).enumerate() {
            let middle = (uv[0] + uv[1] + uv[2] + uv[3]) / 4.0;
            for i in 0..4 {
                let (next, last) = ((i + 1) % 4, (i + 3) % 4);
                let edge = |a: usize, b: usize| (edge_first + edges.index[&key(quad[a], quad[b])]) as u32;
                out.quads.push([quad[i], edge(i, next), (face_first + face) as u32, edge(last, i)]);
                out.uv.push([uv[i], (uv[i] + uv[next]) / 2.0, middle, (uv[last] + uv[i]) / 2.0]);
            }
        }
        out
    }

    fn edge_row(&self, edge: &Edge, faces: &[Row]) -> Row {
        let [a, b] = edge.ends.map(|v| &self.rows[v as usize]);
        match edge.faces[..] {
            [f, g] => mix(&[(a, 0.25), (b, 0.25), (&faces[f], 0.25), (&faces[g], 0.25)]),
            _ => mix(&[(a, 0.5), (b, 0.5)]),
        }
    }

    fn vertex_row(&self, v: usize, around: &Around, edges: &Edges, faces: &[Row]) -> Row {
        let own = &self.rows[v];
        let other = |e: &usize| {
            let ends = edges.list[*e].ends;
            &self.rows[(if ends[0] as usize == v { ends[1] } else { ends[0] }) as usize]
        };
        let border: Vec<&Row> = around.edges[v].iter().filter(|e| edges.list[**e].faces.len() != 2).map(other).collect();
        match border[..] {
            [] => {
                let n = around.faces[v].len() as f32;
                if n == 0.0 {
                    return own.clone();
                }
                let mut parts = vec![(own, (n - 2.0) / n)];
                // (F + 2R + (n − 3)P) / n with R the edges' midpoints, which are half P.
                parts.extend(around.edges[v].iter().map(|e| (other(e), 1.0 / (n * n))));
                parts.extend(around.faces[v].iter().map(|&f| (&faces[f], 1.0 / (n * n))));
                mix(&parts)
            }
            [a, b] => mix(&[(own, 0.75), (a, 0.125), (b, 0.125)]),
            _ => own.clone(),
        }
    }

    /// `[triangle]`: two a face, cut along the shorter diagonal of `position_m`, with chart places.
    pub fn triangles(&self, position_m: &[Vec3]) -> (Vec<[u32; 3]>, Vec<[glam::Vec2; 3]>) {
        let mut out = (Vec::with_capacity(2 * self.quads.len()), Vec::with_capacity(2 * self.quads.len()));
        for (q, uv) in self.quads.iter().zip(&self.uv) {
            let p = q.map(|v| position_m[v as usize]);
            let order = if p[0].distance_squared(p[2]) <= p[1].distance_squared(p[3]) { [0, 1, 2, 0, 2, 3] } else { [0, 1, 3, 1, 2, 3] };
            for t in order.chunks(3) {
                out.0.push([q[t[0]], q[t[1]], q[t[2]]]);
                out.1.push([uv[t[0]], uv[t[1]], uv[t[2]]]);
            }
        }
        out
    }
}

fn key(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

struct Edge {
    ends: [u32; 2],
    faces: Vec<usize>,
}

struct Edges {
    list: Vec<Edge>,
    index: BTreeMap<(u32, u32), usize>,
}

impl Edges {
    fn of(quads: &[[u32; 4]]) -> Self {
        let mut edges = Edges { list: Vec::new(), index: BTreeMap::new() };
        for (face, quad) in quads.iter().enumerate() {
            for i in 0..4 {
                let ends = [quad[i], quad[(i + 1) % 4]];
                let next = edges.list.len();
                let at = *edges.index.entry(key(ends[0], ends[1])).or_insert(next);
                if at == next {
                    edges.list.push(Edge { ends, faces: Vec::new() });
                }
                edges.list[at].faces.push(face);
            }
        }
        edges
    }
}

struct Around {
    edges: Vec<Vec<usize>>,
    faces: Vec<Vec<usize>>,
}

impl Around {
    fn of(vertices: usize, quads: &[[u32; 4]], edges: &Edges) -> Self {
        let mut around = Around { edges: vec![Vec::new(); vertices], faces: vec![Vec::new(); vertices] };
        for (i, edge) in edges.list.iter().enumerate() {
            edge.ends.iter().for_each(|&v| around.edges[v as usize].push(i));
        }
        for (i, quad) in quads.iter().enumerate() {
            quad.iter().for_each(|&v| around.faces[v as usize].push(i));
        }
        around
    }
}

/// The weighted sum of some rows.
pub fn mix(parts: &[(&Row, f32)]) -> Row {
    let mut sum: Row = Vec::with_capacity(parts.iter().map(|part| part.0.len()).sum());
    sum.extend(parts.iter().flat_map(|(row, share)| row.iter().map(move |&(vertex, weight)| (vertex, weight * share))));
    // Stable: a vertex's shares are added in the order of the parts.
    sum.sort_by_key(|entry| entry.0);
    sum.dedup_by(|next, first| {
        let same = next.0 == first.0;
        first.1 += if same { next.1 } else { 0.0 };
        same
    });
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec2;

    #[test]
    fn a_cube_becomes_rounder_and_rows_sum_to_one() {
        let corner = |i: u32| Vec3::new((i & 1) as f32, (i >> 1 & 1) as f32, (i >> 2) as f32) * 2.0 - 1.0;
        let base: Vec<Vec3> = (0..8).map(corner).collect();
        let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        let cage = Cage::of(&quads, &[[Vec2::ZERO; 4]; 6]).refined();
        assert_eq!((cage.rows.len(), cage.quads.len()), (26, 24));
        for row in &cage.rows {
            assert!((row.iter().map(|e| e.1).sum::<f32>() - 1.0).abs() < 1e-6);
        }
        // The textbook's values: corners to 5/9, edge points to 3/4, face points stay.
        let at = cage.apply(&base);
        assert!((at[0] - Vec3::splat(-5.0 / 9.0)).length() < 1e-6, "{}", at[0]);
        assert!(at[8..20].iter().all(|p| (p.abs().max_element() - 0.75).abs() < 1e-6));
        assert!(at[20..].iter().all(|p| (p.length() - 1.0).abs() < 1e-6));
    }

    #[test]
    fn a_flat_strip_keeps_its_straight_borders() {
        let base: Vec<Vec3> = (0..8).map(|i| Vec3::new((i % 4) as f32, (i / 4) as f32, 0.0)).collect();
        let quads = [[0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6]];
        let at = Cage::of(&quads, &[[Vec2::ZERO; 4]; 3]).refined().apply(&base);
        assert!(at.iter().all(|p| p.z == 0.0 && (-1e-6..=1.0 + 1e-6).contains(&p.y) && (-1e-6..=3.0 + 1e-6).contains(&p.x)));
    }
}
