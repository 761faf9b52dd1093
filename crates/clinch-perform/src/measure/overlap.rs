//! How much the two bodies' shapes run into each other.

use clinch_model::{Cast, Placed, Pose, Segment, Shape};
use glam::Vec3;

/// Edge of the cells in which overlap is counted, in metres: a sphere of 8 cm radius has some 4000 of them.
const CELL_M: f32 = 0.008;

/// Volume that the collision shapes of both people share, in cm³, each pair of segments counted by itself.
///
/// Pairs that are apart by their bounding spheres cost nothing; the others are counted on a grid of 8 mm cells over the smaller box
/// around both, which is right to a few per cent for the overlaps that occur.
pub(crate) fn between_cm3(cast: &Cast, poses: &[Pose; 2]) -> f64 {
    let placed = [0, 1].map(|who| cast.people[who].skeleton.place(&poses[who]));
    let mut sum_cm3 = 0.0;
    for mine in Segment::ALL {
        let a = Solid { placed: placed[0][mine.index()], shape: cast.people[0].skeleton.shape[mine.index()] };
        for theirs in Segment::ALL {
            let b = Solid { placed: placed[1][theirs.index()], shape: cast.people[1].skeleton.shape[theirs.index()] };
            sum_cm3 += shared_cm3(&a, &b);
        }
    }
    sum_cm3
}

/// A shape in the world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Solid {
    pub placed: Placed,
    pub shape: Shape,
}

impl Solid {
    /// Smallest and greatest corner of an axis-aligned box around it.
    fn bounds_m(&self) -> (Vec3, Vec3) {
        match self.shape {
            Shape::Capsule { a_m, b_m, radius_m } => {
                let (a, b) = (self.placed.point(a_m), self.placed.point(b_m));
                (a.min(b) - radius_m, a.max(b) + radius_m)
            }
            Shape::Cuboid { centre_m, half_m } => {
                let axes = [Vec3::X, Vec3::Y, Vec3::Z];
                let reach: Vec3 = (0..3).map(|i| (self.placed.turn * axes[i] * half_m[i]).abs()).sum();
                let centre = self.placed.point(centre_m);
                (centre - reach, centre + reach)
            }
        }
    }

    fn contains(&self, point_m: Vec3) -> bool {
        let local = self.placed.inverse_point(point_m);
        match self.shape {
            Shape::Capsule { a_m, b_m, radius_m } => {
                let axis = b_m - a_m;
                let t = ((local - a_m).dot(axis) / axis.length_squared().max(1e-9)).clamp(0.0, 1.0);
                local.distance_squared(a_m + axis * t) < radius_m * radius_m
            }
            Shape::Cuboid { centre_m, half_m } => (local - centre_m).abs().cmplt(half_m).all(),
        }
    }

    /// Least height of its surface.
    pub fn lowest_m(&self) -> f32 {
        self.bounds_m().0.y
    }
}

/// Volume shared by two solids, in cm³.
pub(crate) fn shared_cm3(a: &Solid, b: &Solid) -> f64 {
    let ((a_least, a_most), (b_least, b_most)) = (a.bounds_m(), b.bounds_m());
    let (least, most) = (a_least.max(b_least), a_most.min(b_most));
    if least.cmpge(most).any() || apart(a, b) {
        return 0.0;
    }
    let cells = ((most - least) / CELL_M).ceil().max(Vec3::ONE);
    let cell = (most - least) / cells;
    let mut inside = 0u32;
    for x in 0..cells.x as u32 {
        for y in 0..cells.y as u32 {
            for z in 0..cells.z as u32 {
                let point = least + cell * (Vec3::new(x as f32, y as f32, z as f32) + 0.5);
                inside += u32::from(a.contains(point) && b.contains(point));
            }
        }
    }
    f64::from(inside) * f64::from(cell.x * cell.y * cell.z) * 1e6
}

/// Whether two capsules surely don't touch; boxes always count as possibly touching.
fn apart(a: &Solid, b: &Solid) -> bool {
    match (a.shape, b.shape) {
        (Shape::Capsule { a_m, b_m, radius_m }, Shape::Capsule { a_m: c_m, b_m: d_m, radius_m: other_m }) => {
            let reach = radius_m + other_m;
            let (p, q, r, s) = (a.placed.point(a_m), a.placed.point(b_m), b.placed.point(c_m), b.placed.point(d_m));
            distance_of_lines_m(p, q, r, s) >= reach
        }
        _ => false,
    }
}

/// Distance between the line segments `p q` and `r s` (Ericson, Real-Time Collision Detection, section 5.1.9).
pub(crate) fn distance_of_lines_m(p: Vec3, q: Vec3, r: Vec3, s: Vec3) -> f32 {
    let (a, b) = nearest_of_lines(p, q, r, s);
    a.distance(b)
}

/// The points of the line segments `p q` and `r s` that are nearest to each other (Ericson, as above).
pub(crate) fn nearest_of_lines(p: Vec3, q: Vec3, r: Vec3, s: Vec3) -> (Vec3, Vec3) {
    let (d1, d2, between) = (q - p, s - r, p - r);
    let (a, e, f) = (d1.length_squared().max(1e-12), d2.length_squared().max(1e-12), d2.dot(between));
    let (b, c) = (d1.dot(d2), d1.dot(between));
    let denominator = a * e - b * b;
    let mut on_first = if denominator > 1e-12 { ((b * f - c * e) / denominator).clamp(0.0, 1.0) } else { 0.0 };
    let mut on_second = (b * on_first + f) / e;
    if !(0.0..=1.0).contains(&on_second) {
        on_second = on_second.clamp(0.0, 1.0);
        on_first = ((b * on_second - c) / a).clamp(0.0, 1.0);
    }
    (p + d1 * on_first, r + d2 * on_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Quat;

    fn capsule(turn: Quat, origin_m: Vec3, half_length_m: f32, radius_m: f32) -> Solid {
        let shape = Shape::Capsule { a_m: Vec3::X * -half_length_m, b_m: Vec3::X * half_length_m, radius_m };
        Solid { placed: Placed { turn, origin_m }, shape }
    }

    #[test]
    fn two_long_capsules_crossing_at_a_right_angle_share_steinmetz_s_solid() {
        // Two cylinders of radius r crossing at a right angle share 16 r³ / 3.
        let along = capsule(Quat::IDENTITY, Vec3::ZERO, 0.4, 0.1);
        let across = capsule(Quat::from_rotation_y(std::f32::consts::FRAC_PI_2), Vec3::ZERO, 0.4, 0.1);
        let expected_cm3 = 16.0 / 3.0 * 0.1f64.powi(3) * 1e6;
        let measured = shared_cm3(&along, &across);
        assert!((measured - expected_cm3).abs() < 0.03 * expected_cm3, "{measured} for {expected_cm3}");
    }

    #[test]
    fn two_spheres_share_two_caps_and_none_when_apart() {
        // Two spheres of radius r at distance d share π (4 r + d)(2 r − d)² / 12.
        let sphere = |x: f32| capsule(Quat::IDENTITY, Vec3::X * x, 0.0, 0.1);
        let (r, d) = (0.1f64, 0.08);
        let expected_cm3 = std::f64::consts::PI / 12.0 * (4.0 * r + d) * (2.0 * r - d).powi(2) * 1e6;
        let measured = shared_cm3(&sphere(0.0), &sphere(0.08));
        assert!((measured - expected_cm3).abs() < 0.03 * expected_cm3, "{measured} for {expected_cm3}");
        assert_eq!(shared_cm3(&sphere(0.0), &sphere(0.2)), 0.0);
    }

    #[test]
    fn lines_that_cross_end_and_run_parallel_have_the_right_distance() {
        let v = Vec3::new;
        assert!((distance_of_lines_m(v(-1., 0., 0.), v(1., 0., 0.), v(0., 1., -1.), v(0., 1., 1.)) - 1.0).abs() < 1e-6);
        assert!((distance_of_lines_m(v(0., 0., 0.), v(1., 0., 0.), v(2., 0., 0.), v(3., 0., 0.)) - 1.0).abs() < 1e-6);
        assert!((distance_of_lines_m(v(0., 0., 0.), v(1., 0., 0.), v(0., 2., 0.), v(1., 2., 0.)) - 2.0).abs() < 1e-6);
    }
}
