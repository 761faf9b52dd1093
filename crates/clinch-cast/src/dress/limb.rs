//! Limbs and trunk as tubes: where a point lies along one, and how far out.

use super::cloth::Cloth;
use glam::{Vec2, Vec3};

/// Length of a slice, in metres.
const SLICE_M: f32 = 0.03;

/// A bent tube of two straight pieces.
pub struct Tube {
    /// Root, middle joint, end.
    joint_m: [Vec3; 3],
    /// `[slice]`: middle of the hull's section and mean distance from it.
    slice: Vec<(Vec3, f32)>,
}

impl Tube {
    /// Measures the vertices of a hull that `member` picks.
    pub fn new(joint_m: [Vec3; 3], cloth: &Cloth, member: impl Fn(usize) -> bool) -> Self {
        let mut tube = Self { joint_m, slice: Vec::new() };
        let count = (tube.length_m() / SLICE_M).ceil() as usize + 1;
        let mut inside: Vec<Vec<Vec3>> = vec![Vec::new(); count];
        for v in (0..cloth.rows.len()).filter(|&v| member(v)) {
            let p = cloth.position_m[v];
            let slice = (tube.along(p) / SLICE_M).round();
            if slice >= 0.0 && (slice as usize) < count {
                inside[slice as usize].push(p);
            }
        }
        let mut last = None;
        let measured = |points: &Vec<Vec3>, at: Vec3| {
            let count = points.len() as f32;
            let (low, high) = points.iter().fold((Vec3::MAX, Vec3::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
            let middle = if points.len() < 4 { at } else { (low + high) / 2.0 };
            (middle, points.iter().map(|p| p.distance(middle)).sum::<f32>() / count.max(1.0))
        };
        for (i, points) in inside.iter().enumerate() {
            let at = tube.axis_point(i as f32 * SLICE_M);
            let mut slice = measured(points, at);
            // Only the part across the axis counts.
            slice.0 = at + across(slice.0 - at, tube.direction(i as f32 * SLICE_M));
            if points.len() < 4 {
                slice = last.unwrap_or(slice);
            }
            slice.1 = points.iter().map(|p| across(*p - slice.0, tube.direction(i as f32 * SLICE_M)).length()).sum::<f32>()
                / points.len().max(1) as f32;
            if points.len() < 4 {
                slice.1 = last.map_or(0.04, |l: (Vec3, f32)| l.1);
            }
            last = Some(slice);
            tube.slice.push(slice);
        }
        tube
    }

    /// Lengths of both pieces, in metres.
    pub fn pieces_m(&self) -> [f32; 2] {
        [self.joint_m[1].distance(self.joint_m[0]), self.joint_m[2].distance(self.joint_m[1])]
    }

    pub fn length_m(&self) -> f32 {
        self.pieces_m().iter().sum()
    }

    /// How far along the tube a point lies, in metres; beyond the ends it goes on.
    pub fn along(&self, p: Vec3) -> f32 {
        let [a, b, c] = self.joint_m;
        let (first, second) = ((b - a).normalize_or(Vec3::NEG_Y), (c - b).normalize_or(Vec3::NEG_Y));
        // Which side of the plane that halves the bend.
        let (s, t) = ((p - a).dot(first), (p - b).dot(second));
        if (p - b).dot(first + second) < 0.0 { s.min(a.distance(b)) } else { a.distance(b) + t.max(0.0) }
    }

    /// Unit direction at a length, turning smoothly at the middle joint.
    pub fn direction(&self, along_m: f32) -> Vec3 {
        let [a, b, c] = self.joint_m;
        let (first, second) = ((b - a).normalize_or(Vec3::NEG_Y), (c - b).normalize_or(Vec3::NEG_Y));
        let t = ((along_m - a.distance(b)) / 0.12 + 0.5).clamp(0.0, 1.0);
        first.lerp(second, t * t * (3.0 - 2.0 * t)).normalize_or(first)
    }

    fn axis_point(&self, along_m: f32) -> Vec3 {
        let [a, b, c] = self.joint_m;
        let first = a.distance(b);
        if along_m < first { a + (b - a).normalize_or_zero() * along_m } else { b + (c - b).normalize_or_zero() * (along_m - first) }
    }

    /// Middle of the section at a length and the mean radius there.
    pub fn section(&self, along_m: f32) -> (Vec3, f32) {
        let x = (along_m / SLICE_M).clamp(0.0, (self.slice.len() - 1) as f32);
        let i = (x as usize).min(self.slice.len().saturating_sub(2));
        let (a, b, t) = (self.slice[i], self.slice[(i + 1).min(self.slice.len() - 1)], x - i as f32);
        let beyond = (along_m - (self.slice.len() - 1) as f32 * SLICE_M).max(0.0);
        (a.0.lerp(b.0, t) + self.direction(along_m) * beyond, a.1 + (b.1 - a.1) * t)
    }

    /// A point moved out to at least `radius_m` from the section's middle.
    pub fn out_to(&self, p: Vec3, radius_m: f32) -> Vec3 {
        let along_m = self.along(p);
        let way = across(p - self.section(along_m).0, self.direction(along_m));
        let length = way.length();
        if length < 1e-4 || length >= radius_m { p } else { p + way * (radius_m / length - 1.0) }
    }

    /// A point moved to exactly `radius_m` from the section's middle, by `share`.
    pub fn set_to(&self, p: Vec3, radius_m: f32, share: f32) -> Vec3 {
        let along_m = self.along(p);
        let way = across(p - self.section(along_m).0, self.direction(along_m));
        p + way * ((radius_m / way.length().max(1e-4) - 1.0) * share)
    }
}

fn across(way: Vec3, axis: Vec3) -> Vec3 {
    way - axis * way.dot(axis)
}

/// Directions in which a trunk is measured.
const DIRECTIONS: usize = 48;

/// How far a trunk reaches to all sides of an upright line, in metres.
pub struct Girth {
    middle: Vec2,
    reach_m: [f32; DIRECTIONS],
}

impl Girth {
    /// The convex outline of points seen from above.
    pub fn new(points: impl Iterator<Item = Vec3> + Clone) -> Self {
        let flat = points.map(|p| Vec2::new(p.x, p.z));
        let (low, high) = flat.clone().fold((Vec2::MAX, Vec2::MIN), |(l, h), p| (l.min(p), h.max(p)));
        let middle = (low + high) / 2.0;
        let angle = |i: usize| i as f32 / DIRECTIONS as f32 * std::f32::consts::TAU;
        let support: [f32; DIRECTIONS] =
            std::array::from_fn(|i| flat.clone().map(|p| (p - middle).dot(Vec2::from_angle(angle(i)))).fold(0.02, f32::max));
        let bound = |i: usize, j: usize| {
            let cos = (angle(j) - angle(i)).cos();
            if cos > 0.05 { support[j] / cos } else { f32::MAX }
        };
        let reach_m = std::array::from_fn(|i| (0..DIRECTIONS).map(|j| bound(i, j)).fold(f32::MAX, f32::min));
        Self { middle, reach_m }
    }

    /// Reach towards a point.
    pub fn reach_m(&self, p: Vec3) -> f32 {
        let way = Vec2::new(p.x, p.z) - self.middle;
        let x = (way.to_angle() / std::f32::consts::TAU).rem_euclid(1.0) * DIRECTIONS as f32;
        let i = x as usize % DIRECTIONS;
        let t = x - x.floor();
        self.reach_m[i] + (self.reach_m[(i + 1) % DIRECTIONS] - self.reach_m[i]) * t
    }

    /// The point, level, moved out to the outline times `factor` and more by `more_m`, where it lies within.
    pub fn out_to(&self, p: Vec3, factor: f32, more_m: f32) -> Vec3 {
        let way = Vec2::new(p.x, p.z) - self.middle;
        let (length, wanted) = (way.length(), self.reach_m(p) * factor + more_m);
        if length < 1e-4 || length >= wanted {
            return p;
        }
        let to = self.middle + way * (wanted / length);
        Vec3::new(to.x, p.y, to.y)
    }

    pub fn middle(&self) -> Vec2 {
        self.middle
    }
}
