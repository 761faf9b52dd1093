//! Triangles of one mesh that pass through each other.

use glam::Vec3;
use std::collections::{BTreeSet, HashMap};

/// Side of a cell of the grid in which triangles look for each other, in metres.
const CELL_M: f32 = 0.02;

/// Pairs of triangles without a common vertex that intersect.
pub fn pairs(triangles: &[[u32; 3]], position_m: &[Vec3]) -> BTreeSet<(usize, usize)> {
    let corners = |t: usize| triangles[t].map(|v| position_m[v as usize]);
    let cell = |p: Vec3| (p / CELL_M).floor().as_ivec3();
    let mut cells: HashMap<glam::IVec3, Vec<usize>> = HashMap::new();
    for t in 0..triangles.len() {
        let [a, b, c] = corners(t);
        let (low, high) = (cell(a.min(b).min(c)), cell(a.max(b).max(c)));
        for x in low.x..=high.x {
            for y in low.y..=high.y {
                for z in low.z..=high.z {
                    cells.entry(glam::IVec3::new(x, y, z)).or_default().push(t);
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    for list in cells.values() {
        for (i, &s) in list.iter().enumerate() {
            for &t in &list[i + 1..] {
                if !triangles[s].iter().any(|v| triangles[t].contains(v)) && meet(corners(s), corners(t)) {
                    found.insert((s.min(t), s.max(t)));
                }
            }
        }
    }
    found
}

/// Whether an edge of one triangle passes through the other.
fn meet(s: [Vec3; 3], t: [Vec3; 3]) -> bool {
    let boxes = |s: [Vec3; 3]| (s[0].min(s[1]).min(s[2]), s[0].max(s[1]).max(s[2]));
    let ((a, b), (c, d)) = (boxes(s), boxes(t));
    if a.cmpgt(d).any() || c.cmpgt(b).any() {
        return false;
    }
    let any = |s: [Vec3; 3], t: [Vec3; 3]| (0..3).any(|i| pierces(s[i], s[(i + 1) % 3], t));
    any(s, t) || any(t, s)
}

/// Whether a line from `p` to `q` passes through a triangle (Möller and Trumbore 1997).
fn pierces(p: Vec3, q: Vec3, [a, b, c]: [Vec3; 3]) -> bool {
    let (along, u_edge, v_edge) = (q - p, b - a, c - a);
    let h = along.cross(v_edge);
    let det = u_edge.dot(h);
    if det.abs() < 1e-14 {
        return false;
    }
    let s = p - a;
    let u = s.dot(h) / det;
    let across = s.cross(u_edge);
    let v = along.dot(across) / det;
    let t = v_edge.dot(across) / det;
    u > 0.0 && v > 0.0 && u + v < 1.0 && t > 0.0 && t < 1.0
}

#[test]
fn two_crossed_triangles_meet_and_two_apart_do_not() {
    let at = [Vec3::ZERO, Vec3::X, Vec3::Y, Vec3::new(0.2, 0.2, -1.0), Vec3::new(0.2, 0.2, 1.0), Vec3::new(2.0, 2.0, 0.0)];
    assert_eq!(pairs(&[[0, 1, 2], [3, 4, 5]], &at).len(), 1);
    let apart = at.map(|p| if p.z.abs() > 0.5 { p + Vec3::X * 3.0 } else { p });
    assert_eq!(pairs(&[[0, 1, 2], [3, 4, 5]], &apart).len(), 0);
}
