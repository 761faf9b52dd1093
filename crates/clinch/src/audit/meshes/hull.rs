//! Surfaces with openings as solids: whether a point is inside, and how deep.

use glam::Vec3;
use rayon::prelude::*;
use std::collections::HashSet;

/// Of the outside's vertices one is asked in each cell of this side, in metres, of the pose in which it was found: what is deep is broad.
const ASKED_CELL_M: f32 = 0.01;

/// Side of the cells in which triangles near a point are looked for, in metres.
const NEAR_CELL_M: f32 = 0.03;

/// Side of the cells whose triangles count as one from afar, in metres.
const FAR_CELL_M: f32 = 0.03;

/// A cell counts as one from this many of its radii on (Barill et al., "Fast winding numbers for soups and clouds", ACM TOG 37(4), 2018: error under
/// a hundredth at 2).
const FAR_RADII: f32 = 2.0;

/// Farthest that the outside is looked for, in metres: half a chest.
const FARTHEST_M: f32 = 0.2;

/// How far beside a triangle the surface is asked whether it lies outside or inside there, in metres: cloth lies closer on cloth.
const BESIDE_M: f32 = 0.003;

/// The triangles of a surface, and those of them that are its outside.
pub(super) struct Outside {
    solid: Vec<[u32; 3]>,
    /// Triangles with air on one side.
    outer: Vec<[u32; 3]>,
    /// Vertices of those, ascending, one in each cell.
    asked: Vec<u32>,
}

impl Outside {
    /// Finds the outside of a surface in a pose in which it doesn't meet itself: where a point just before a triangle is outside and one just behind it
    /// inside.
    pub fn new(solid: Vec<[u32; 3]>, position_m: &[Vec3]) -> Self {
        let field = Field::new(&solid, position_m);
        let is_outer = |triangle: &&[u32; 3]| {
            let corner_m = triangle.map(|v| position_m[v as usize]);
            let Some(normal) = (corner_m[1] - corner_m[0]).cross(corner_m[2] - corner_m[0]).try_normalize() else { return false };
            let middle = (corner_m[0] + corner_m[1] + corner_m[2]) / 3.0;
            field.winds(middle + normal * BESIDE_M) < 0.5 && field.winds(middle - normal * BESIDE_M) > 0.5
        };
        let outer: Vec<[u32; 3]> = solid.par_iter().filter(is_outer).copied().collect();
        let mut asked: Vec<u32> = outer.iter().flatten().copied().collect();
        asked.sort_unstable();
        asked.dedup();
        let mut cells = HashSet::new();
        asked.retain(|&vertex| cells.insert((position_m[vertex as usize] / ASKED_CELL_M).floor().as_ivec3()));
        Self { solid, outer, asked }
    }

    /// Vertices on the outside, about a centimetre apart.
    pub fn asked(&self) -> &[u32] {
        &self.asked
    }

    /// Vertices of one of the outside's triangles.
    pub fn triangle(&self, index: u32) -> [u32; 3] {
        self.outer[index as usize]
    }
}

/// A surface in a pose.
pub(super) struct Hull {
    field: Field,
    /// `[triangle of the outside]`.
    corner_m: Vec<[Vec3; 3]>,
    near: Grid,
}

impl Hull {
    /// Sorts the triangles of a posed surface.
    pub fn new(outside: &Outside, position_m: &[Vec3]) -> Self {
        let corner_m: Vec<[Vec3; 3]> = outside.outer.iter().map(|t| t.map(|v| position_m[v as usize])).collect();
        let boxes: Vec<(Vec3, Vec3)> = corner_m.iter().map(|[a, b, c]| (a.min(*b).min(*c), a.max(*b).max(*c))).collect();
        Self { field: Field::new(&outside.solid, position_m), near: Grid::new(&boxes, NEAR_CELL_M), corner_m }
    }

    /// How often the surface winds around a point: 0 outside, 1 inside, between in an opening.
    #[cfg(test)]
    pub fn winds(&self, p: Vec3) -> f32 {
        self.field.winds(p)
    }

    /// How deep a point is inside, in metres, if deeper than `least_m`, and the outside's triangle that is nearest.
    pub fn depth_over_m(&self, p: Vec3, least_m: f32) -> Option<(f32, u32)> {
        let (depth_m, triangle, at_m) = self.nearest(p)?;
        if depth_m <= least_m {
            return None;
        }
        // What is plainly before its nearest triangle needs no closer look.
        let [a, b, c] = self.corner_m[triangle as usize];
        let normal = (b - a).cross(c - a).normalize_or_zero();
        if (p - at_m).dot(normal) > 0.3 * depth_m || self.field.winds(p) < 0.5 {
            return None;
        }
        Some((depth_m, triangle))
    }

    /// Distance to the outside, its nearest triangle, and the nearest point.
    fn nearest(&self, p: Vec3) -> Option<(f32, u32, Vec3)> {
        let mut best: Option<(f32, u32, Vec3)> = None;
        for ring in 0..=(FARTHEST_M / NEAR_CELL_M) as i32 {
            // Everything that is nearer than this lies in the rings before.
            let surely_m = (ring - 1).max(0) as f32 * NEAR_CELL_M;
            if best.is_some_and(|best| best.0 <= surely_m) {
                break;
            }
            self.near.ring(p, ring, |triangle| {
                let at_m = nearest_in_triangle(p, &self.corner_m[triangle as usize]);
                let apart_m = p.distance(at_m);
                if best.is_none_or(|best| apart_m < best.0) {
                    best = Some((apart_m, triangle, at_m));
                }
            });
        }
        best
    }
}

/// The winding number of a surface everywhere.
struct Field {
    cells: Vec<Cell>,
    /// `[cell][triangle]`, one cell behind the other.
    corner_m: Vec<[Vec3; 3]>,
}

/// Triangles that lie together.
struct Cell {
    /// Their middle, by area.
    middle_m: Vec3,
    /// Sum of their normals by area, in m².
    area_m2: Vec3,
    /// Square of the distance from which they count as one.
    far_m2: f32,
    /// Where they are in `corner_m`.
    triangles: std::ops::Range<usize>,
}

impl Field {
    fn new(triangles: &[[u32; 3]], position_m: &[Vec3]) -> Self {
        let corner_m: Vec<[Vec3; 3]> = triangles.iter().map(|t| t.map(|v| position_m[v as usize])).collect();
        let middles: Vec<(Vec3, Vec3)> = corner_m.iter().map(|[a, b, c]| ((*a + *b + *c) / 3.0, (*a + *b + *c) / 3.0)).collect();
        let grid = Grid::new(&middles, FAR_CELL_M);
        let sorted: Vec<[Vec3; 3]> = grid.of.iter().map(|&t| corner_m[t as usize]).collect();
        let mut first = 0;
        let mut cells = Vec::new();
        for &end in &grid.end {
            let range = first..end as usize;
            first = end as usize;
            if !range.is_empty() {
                cells.push(Cell::new(&sorted[range.clone()], range));
            }
        }
        Self { cells, corner_m: sorted }
    }

    fn winds(&self, p: Vec3) -> f32 {
        let mut sum = 0.0;
        for cell in &self.cells {
            let to = cell.middle_m - p;
            let apart_m2 = to.length_squared();
            sum += if apart_m2 > cell.far_m2 {
                to.dot(cell.area_m2) / (apart_m2 * apart_m2.sqrt())
            } else {
                self.corner_m[cell.triangles.clone()].iter().map(|corner_m| solid_angle(p, corner_m)).sum()
            };
        }
        sum / (4.0 * std::f32::consts::PI)
    }
}

impl Cell {
    fn new(corner_m: &[[Vec3; 3]], triangles: std::ops::Range<usize>) -> Self {
        let (mut area_m2, mut weighted, mut weight) = (Vec3::ZERO, Vec3::ZERO, 0.0);
        for [a, b, c] in corner_m {
            let across = (*b - *a).cross(*c - *a) / 2.0;
            area_m2 += across;
            weighted += (*a + *b + *c) / 3.0 * across.length();
            weight += across.length();
        }
        let middle_m = if weight > 0.0 { weighted / weight } else { corner_m[0][0] };
        let radius_m2 = corner_m.iter().flatten().map(|p| p.distance_squared(middle_m)).fold(0.0, f32::max);
        Self { middle_m, area_m2, far_m2: FAR_RADII * FAR_RADII * radius_m2, triangles }
    }
}

/// Angle under which a triangle is seen from a point, positive from behind (Van Oosterom and Strackee, IEEE Trans. Biomed. Eng. 30(2), 1983).
fn solid_angle(p: Vec3, [a, b, c]: &[Vec3; 3]) -> f32 {
    let (a, b, c) = (*a - p, *b - p, *c - p);
    let (la, lb, lc) = (a.length(), b.length(), c.length());
    let across = a.dot(b.cross(c));
    let along = la * lb * lc + a.dot(b) * lc + b.dot(c) * la + c.dot(a) * lb;
    2.0 * across.atan2(along)
}

/// Things sorted into cubic cells by their boxes.
struct Grid {
    least_m: Vec3,
    cell_m: f32,
    size: [i32; 3],
    /// `[cell]`: where its things end in `of`.
    end: Vec<u32>,
    /// Numbers of the things, cell by cell.
    of: Vec<u32>,
}

impl Grid {
    fn new(boxes: &[(Vec3, Vec3)], cell_m: f32) -> Self {
        let least_m = boxes.iter().fold(Vec3::splat(f32::MAX), |least, (low, _)| least.min(*low)).min(Vec3::splat(1e6));
        let most_m = boxes.iter().fold(Vec3::splat(-1e6), |most, (_, high)| most.max(*high)).max(least_m);
        let size = ((most_m - least_m) / cell_m).to_array().map(|cells| cells as i32 + 1);
        let mut grid = Self { least_m, cell_m, size, end: vec![0; size.iter().product::<i32>() as usize], of: Vec::new() };
        // Counted first, so that everything lies behind each other.
        for bounds in boxes {
            grid.each(bounds, |counts, cell| counts[cell] += 1);
        }
        let mut sum = 0;
        for count in &mut grid.end {
            (*count, sum) = (sum, sum + *count);
        }
        let mut of = vec![0; sum as usize];
        for (number, bounds) in boxes.iter().enumerate() {
            grid.each(bounds, |next, cell| {
                of[next[cell] as usize] = number as u32;
                next[cell] += 1;
            });
        }
        grid.of = of;
        grid
    }

    /// All cells that a box meets.
    fn each(&mut self, bounds: &(Vec3, Vec3), mut visit: impl FnMut(&mut [u32], usize)) {
        let (low, high) = (self.cell(bounds.0), self.cell(bounds.1));
        for x in low[0]..=high[0] {
            for y in low[1]..=high[1] {
                for z in low[2]..=high[2] {
                    let index = self.index([x, y, z]);
                    visit(&mut self.end, index);
                }
            }
        }
    }

    /// The things in the cells that are `ring` cells away from a point's own, the cells' larger difference counting.
    fn ring(&self, p: Vec3, ring: i32, mut visit: impl FnMut(u32)) {
        let cell = self.cell(p);
        for x in cell[0] - ring..=cell[0] + ring {
            for y in cell[1] - ring..=cell[1] + ring {
                let on_face = (x - cell[0]).abs() == ring || (y - cell[1]).abs() == ring;
                let step = if on_face { 1 } else { (2 * ring).max(1) };
                let mut z = cell[2] - ring;
                while z <= cell[2] + ring {
                    self.things([x, y, z], &mut visit);
                    z += step;
                }
            }
        }
    }

    fn things(&self, cell: [i32; 3], visit: &mut impl FnMut(u32)) {
        if (0..3).all(|axis| (0..self.size[axis]).contains(&cell[axis])) {
            let index = self.index(cell);
            let first = if index == 0 { 0 } else { self.end[index - 1] };
            self.of[first as usize..self.end[index] as usize].iter().for_each(|&thing| visit(thing));
        }
    }

    fn cell(&self, p: Vec3) -> [i32; 3] {
        ((p - self.least_m) / self.cell_m).floor().to_array().map(|at| at as i32)
    }

    fn index(&self, [x, y, z]: [i32; 3]) -> usize {
        ((x * self.size[1] + y) * self.size[2] + z) as usize
    }
}

/// The point of a triangle that is nearest to `p` (Ericson, Real-Time Collision Detection, section 5.1.5).
fn nearest_in_triangle(p: Vec3, &[a, b, c]: &[Vec3; 3]) -> Vec3 {
    let (ab, ac, ap) = (b - a, c - a, p - a);
    let (d1, d2) = (ab.dot(ap), ac.dot(ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return a;
    }
    let bp = p - b;
    let (d3, d4) = (ab.dot(bp), ac.dot(bp));
    if d3 >= 0.0 && d4 <= d3 {
        return b;
    }
    let cp = p - c;
    let (d5, d6) = (ab.dot(cp), ac.dot(cp));
    if d6 >= 0.0 && d5 <= d6 {
        return c;
    }
    let (va, vb, vc) = (d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2);
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        return a + ab * (d1 / (d1 - d3));
    }
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        return a + ac * (d2 / (d2 - d6));
    }
    if va <= 0.0 && d4 >= d3 && d5 >= d6 {
        return b + (c - b) * ((d4 - d3) / ((d4 - d3) + (d5 - d6)));
    }
    let sum = (va + vb + vc).max(f32::MIN_POSITIVE);
    a + ab * (vb / sum) + ac * (vc / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of fine triangles between two corners; the side towards +y is left open if asked.
    fn boxed(low: Vec3, high: Vec3, open: bool) -> (Vec<[u32; 3]>, Vec<Vec3>) {
        const STEPS: u32 = 12;
        let (mut triangles, mut position_m) = (Vec::new(), Vec::new());
        for axis in 0..3 {
            for far in [false, true] {
                if open && axis == 1 && far {
                    continue;
                }
                let first = position_m.len() as u32;
                for i in 0..=STEPS {
                    for j in 0..=STEPS {
                        let mut share = [0.0; 3];
                        share[axis] = if far { 1.0 } else { 0.0 };
                        share[(axis + 1) % 3] = i as f32 / STEPS as f32;
                        share[(axis + 2) % 3] = j as f32 / STEPS as f32;
                        position_m.push(low + (high - low) * Vec3::from_array(share));
                    }
                }
                for i in 0..STEPS {
                    for j in 0..STEPS {
                        let at = |i: u32, j: u32| first + i * (STEPS + 1) + j;
                        let [a, b, c, d] = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)];
                        triangles.extend(if far { [[a, b, c], [a, c, d]] } else { [[a, c, b], [a, d, c]] });
                    }
                }
            }
        }
        (triangles, position_m)
    }

    fn deepest_m(mine: &[Vec3], hull: &Hull) -> f32 {
        mine.iter().fold(0.0, |deepest, &p| hull.depth_over_m(p, deepest).map_or(deepest, |(depth_m, _)| depth_m))
    }

    #[test]
    fn two_boxes_that_overlap_by_four_centimetres_are_four_centimetres_deep() {
        let (triangles, position_m) = boxed(Vec3::ZERO, Vec3::new(0.3, 0.4, 0.3), false);
        let outside = Outside::new(triangles.clone(), &position_m);
        assert_eq!(outside.outer.len(), triangles.len());
        let hull = Hull::new(&outside, &position_m);
        let other = |overlap_m: f32| boxed(Vec3::new(0.3 - overlap_m, 0.1, 0.05), Vec3::new(0.6, 0.3, 0.25), false).1;
        for overlap_m in [0.01, 0.04, 0.09] {
            let measured = deepest_m(&other(overlap_m), &hull);
            assert!((measured - overlap_m).abs() < 1e-4, "{measured} for {overlap_m}");
        }
        assert_eq!(deepest_m(&other(-0.01), &hull), 0.0);
        assert_eq!(hull.winds(Vec3::splat(0.15)).round(), 1.0);
    }

    #[test]
    fn what_is_under_another_layer_is_no_outside_and_an_opening_lets_nothing_in() {
        // A shirt that is open above, and a trunk within it that reaches out of the opening.
        let (mut triangles, mut position_m) = boxed(Vec3::ZERO, Vec3::new(0.3, 0.4, 0.3), true);
        let shirt = triangles.len();
        let (trunk, places) = boxed(Vec3::new(0.03, 0.02, 0.03), Vec3::new(0.27, 0.5, 0.27), false);
        triangles.extend(trunk.iter().map(|t| t.map(|v| v + position_m.len() as u32)));
        position_m.extend(places);
        let outside = Outside::new(triangles.clone(), &position_m);
        let hidden = |t: &[u32; 3]| t.iter().all(|&v| position_m[v as usize].y < 0.3) && !triangles[..shirt].contains(t);
        assert!(!outside.outer.iter().any(hidden) && outside.outer.len() > shirt);
        let hull = Hull::new(&outside, &position_m);
        // In the trunk, 5 cm behind the shirt and 2 cm behind the trunk's own surface, which isn't the outside there.
        let (depth_m, _) = hull.depth_over_m(Vec3::new(0.05, 0.15, 0.15), 0.0).unwrap();
        assert!((depth_m - 0.05).abs() < 1e-3, "{depth_m}");
        assert!(hull.depth_over_m(Vec3::new(0.15, 0.55, 0.15), 0.0).is_none());
    }

    #[test]
    fn counting_cells_as_one_from_afar_changes_little() {
        let (triangles, position_m) = boxed(Vec3::ZERO, Vec3::new(0.3, 0.4, 0.3), false);
        let field = Field::new(&triangles, &position_m);
        for (p, truth) in
            [(Vec3::splat(0.15), 1.0), (Vec3::new(0.29, 0.2, 0.2), 1.0), (Vec3::new(0.32, 0.2, 0.2), 0.0), (Vec3::splat(0.9), 0.0)]
        {
            assert!((field.winds(p) - truth).abs() < 0.02, "{p}: {}", field.winds(p));
        }
    }
}
