//! How often a closed mesh winds around a point, exactly, by counting what a ray along +x leaves and enters.

use glam::{DVec2, Vec3};

/// Side of the columns along x into which triangles are sorted, in metres.
const COLUMN_M: f32 = 0.006;

/// A closed mesh, ready to be asked.
pub struct Winding {
    corner_m: Vec<[Vec3; 3]>,
    least_m: [f32; 2],
    columns: [usize; 2],
    /// `[column along y][column along z]`: triangles that may cross it.
    sorted: Vec<Vec<u32>>,
}

impl Winding {
    /// Sorts the triangles of a closed mesh.
    pub fn new(triangles: &[[u32; 3]], position_m: &[Vec3]) -> Self {
        let corner_m: Vec<[Vec3; 3]> = triangles.iter().map(|t| t.map(|v| position_m[v as usize])).collect();
        let least = corner_m.iter().flatten().fold(Vec3::MAX, |low, p| low.min(*p));
        let most = corner_m.iter().flatten().fold(Vec3::MIN, |high, p| high.max(*p));
        let least_m = [least.y, least.z];
        let columns = [most.y - least.y, most.z - least.z].map(|m| (m / COLUMN_M) as usize + 1);
        let mut winding = Self { corner_m, least_m, columns, sorted: vec![Vec::new(); columns[0] * columns[1]] };
        for t in 0..triangles.len() {
            let [a, b, c] = winding.corner_m[t];
            let (low, high) = (a.min(b).min(c), a.max(b).max(c));
            let column = |axis: usize, at: f32| (((at - least_m[axis]) / COLUMN_M) as usize).min(columns[axis] - 1);
            for y in column(0, low.y)..=column(0, high.y) {
                for z in column(1, low.z)..=column(1, high.z) {
                    winding.sorted[y * columns[1] + z].push(t as u32);
                }
            }
        }
        winding
    }

    /// 0 outside, 1 inside, 2 where the mesh overlaps itself.
    pub fn around(&self, p: Vec3) -> i32 {
        let [y, z] = [p.y - self.least_m[0], p.z - self.least_m[1]].map(|m| (m / COLUMN_M).floor());
        if y < 0.0 || z < 0.0 || y as usize >= self.columns[0] || z as usize >= self.columns[1] {
            return 0;
        }
        self.sorted[y as usize * self.columns[1] + z as usize].iter().map(|&t| crossing(p, &self.corner_m[t as usize])).sum()
    }
}

/// How a ray from `p` along +x passes a triangle: 1 outwards, −1 inwards, 0 not at all. Edges belong to one of their two triangles only.
fn crossing(p: Vec3, corner_m: &[Vec3; 3]) -> i32 {
    let flat = |q: Vec3| DVec2::new(f64::from(q.y), f64::from(q.z));
    let at = flat(p);
    let mut odd = false;
    for i in 0..3 {
        let (mut a, mut b) = (flat(corner_m[i]), flat(corner_m[(i + 1) % 3]));
        // The same order for both triangles of an edge, so that both find the same side.
        if (b.x, b.y) < (a.x, a.y) {
            (a, b) = (b, a);
        }
        let between = (a.x > at.x) != (b.x > at.x);
        odd ^= between && at.y < a.y + (at.x - a.x) / (b.x - a.x) * (b.y - a.y);
    }
    let [a, b, c] = corner_m.map(|q| q.as_dvec3());
    let across = (b - a).cross(c - a);
    if !odd || across.x == 0.0 {
        return 0;
    }
    let beyond = (a - p.as_dvec3()).dot(across) / across.x > 0.0;
    if beyond { across.x.signum() as i32 } else { 0 }
}

#[test]
fn a_cube_winds_once_and_two_cubes_twice_where_they_overlap() {
    let corner = |i: u32| Vec3::new((i & 1) as f32, (i >> 1 & 1) as f32, (i >> 2) as f32);
    let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
    let mut triangles: Vec<[u32; 3]> = quads.iter().flat_map(|q| [[q[0], q[1], q[2]], [q[0], q[2], q[3]]]).collect();
    triangles.extend(triangles.clone().iter().map(|t| t.map(|v| v + 8)));
    let position_m: Vec<Vec3> = (0..8).map(corner).chain((0..8).map(|i| corner(i) + 0.5)).collect();
    let winding = Winding::new(&triangles, &position_m);
    for (p, times) in [(0.25, 1), (0.75, 2), (1.25, 1), (1.75, 0), (-0.25, 0)] {
        // On the diagonal, where every ray meets an edge.
        assert_eq!(winding.around(Vec3::splat(p)), times, "{p}");
    }
}
