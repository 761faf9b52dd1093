//! Capsules and the gaps between them.

use clinch_model::{Placed, Shape};
use glam::Vec3;

/// All points within a radius of a line segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capsule {
    /// One end of the axis.
    pub a_m: Vec3,
    /// The other end.
    pub b_m: Vec3,
    /// Radius in metres.
    pub radius_m: f32,
}

/// Where two capsules are nearest to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Distance between the surfaces in metres, negative where they overlap.
    pub gap_m: f32,
    /// Nearest point on the first one's axis.
    pub on_first_m: Vec3,
    /// Nearest point on the second one's axis.
    pub on_second_m: Vec3,
    /// Unit vector from the second to the first.
    pub normal: Vec3,
}

impl Capsule {
    /// The capsule of a shape; of a box, the one along its longest side that fits inside its height.
    pub fn inside(shape: &Shape) -> Self {
        match *shape {
            Shape::Capsule { a_m, b_m, radius_m } => Self { a_m, b_m, radius_m },
            Shape::Cuboid { centre_m, half_m } => {
                let reach = Vec3::Z * (half_m.z - half_m.y);
                Self { a_m: centre_m - reach, b_m: centre_m + reach, radius_m: half_m.y }
            }
        }
    }

    /// The capsule carried by a transform.
    pub fn moved(&self, placed: &Placed) -> Self {
        Self { a_m: placed.point(self.a_m), b_m: placed.point(self.b_m), radius_m: self.radius_m }
    }

    /// The point of the axis nearest to `p`.
    pub fn nearest_on_axis(&self, p: Vec3) -> Vec3 {
        let along = self.b_m - self.a_m;
        let t = (p - self.a_m).dot(along) / along.length_squared().max(1e-12);
        self.a_m + along * t.clamp(0.0, 1.0)
    }

    /// Gap to another capsule (closest points of two segments: Ericson, *Real-Time Collision Detection*, 2005, 5.1.9).
    pub fn gap(&self, other: &Capsule) -> Gap {
        let (d1, d2, r) = (self.b_m - self.a_m, other.b_m - other.a_m, self.a_m - other.a_m);
        let (a, e, f) = (d1.length_squared().max(1e-12), d2.length_squared().max(1e-12), d2.dot(r));
        let (b, c) = (d1.dot(d2), d1.dot(r));
        let denominator = a * e - b * b;
        let mut s = if denominator > 1e-9 * a * e { ((b * f - c * e) / denominator).clamp(0.0, 1.0) } else { 0.5 };
        let mut t = (b * s + f) / e;
        if !(0.0..=1.0).contains(&t) {
            t = t.clamp(0.0, 1.0);
            s = ((b * t - c) / a).clamp(0.0, 1.0);
        }
        let (on_first_m, on_second_m) = (self.a_m + d1 * s, other.a_m + d2 * t);
        let between = on_first_m - on_second_m;
        let distance_m = between.length();
        // Crossing axes have no direction between them: the middles give one.
        let middles = (self.a_m + self.b_m - other.a_m - other.b_m).normalize_or(Vec3::Y);
        let normal = if distance_m > 1e-5 { between / distance_m } else { middles };
        Gap { gap_m: distance_m - self.radius_m - other.radius_m, on_first_m, on_second_m, normal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_of_known_capsules() {
        let upright = Capsule { a_m: Vec3::ZERO, b_m: Vec3::Y, radius_m: 0.1 };
        let crossing = Capsule { a_m: Vec3::new(-1.0, 0.5, 0.5), b_m: Vec3::new(1.0, 0.5, 0.5), radius_m: 0.2 };
        let gap = upright.gap(&crossing);
        assert!((gap.gap_m - 0.2).abs() < 1e-6 && (gap.normal - Vec3::NEG_Z).length() < 1e-6, "{gap:?}");
        let beside = Capsule { a_m: Vec3::new(0.25, 0.0, 0.0), b_m: Vec3::new(0.25, 1.0, 0.0), radius_m: 0.2 };
        assert!((upright.gap(&beside).gap_m + 0.05).abs() < 1e-6);
        let above = Capsule { a_m: Vec3::new(0.0, 2.0, 0.0), b_m: Vec3::new(0.0, 3.0, 0.0), radius_m: 0.3 };
        assert!((upright.gap(&above).gap_m - 0.6).abs() < 1e-6);
    }
}
