//! Signed distance fields: bodies as smooth unions of rounded cones and ellipsoids.
//!
//! Primitive distances follow Quilez, "Distance functions" (iquilezles.org); the polynomial smooth minimum is his too. An ellipsoid's
//! distance is the usual first-order bound, exact on the surface.

use glam::{Quat, Vec2, Vec3};

/// A primitive solid.
#[derive(Debug, Clone, Copy)]
pub enum Solid {
    /// All within a radius that goes linearly from `ra` at `a` to `rb` at `b`.
    Cone {
        /// One end of the axis.
        a: Vec3,
        /// Radius there.
        ra: f32,
        /// The other end.
        b: Vec3,
        /// Radius there.
        rb: f32,
    },
    /// An ellipsoid with its own axes.
    Ellipsoid {
        /// Middle.
        centre: Vec3,
        /// Half axes.
        radii: Vec3,
        /// Rotation from the field's axes to its own.
        local_from_field: Quat,
    },
}

/// How a solid joins what was laid down before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Join {
    /// Smooth union.
    Add,
    /// Smooth difference.
    Cut,
}

/// A solid with the way in which it joins and the width of the blend.
#[derive(Debug, Clone, Copy)]
pub struct Stroke {
    /// What.
    pub solid: Solid,
    /// How.
    pub join: Join,
    /// Width of the blend, in the field's unit of length.
    pub blend: f32,
}

impl Solid {
    /// An ellipsoid along the field's axes.
    pub fn ellipsoid(centre: Vec3, radii: Vec3) -> Self {
        Solid::Ellipsoid { centre, radii, local_from_field: Quat::IDENTITY }
    }

    /// Signed distance, negative inside.
    pub fn distance(&self, p: Vec3) -> f32 {
        match *self {
            Solid::Cone { a, ra, b, rb } => {
                let axis = b - a;
                let t = ((p - a).dot(axis) / axis.length_squared().max(1e-12)).clamp(0.0, 1.0);
                (p - a - axis * t).length() - (ra + (rb - ra) * t)
            }
            Solid::Ellipsoid { centre, radii, local_from_field } => {
                let q = local_from_field * (p - centre);
                let k0 = (q / radii).length();
                let k1 = (q / (radii * radii)).length();
                // The centre itself has no direction out; it lies as deep as the smallest radius.
                if k1 < 1e-9 { -radii.min_element() } else { k0 * (k0 - 1.0) / k1 }
            }
        }
    }

    /// The same solid moved and turned: `field_from_local` of a segment.
    pub fn placed(self, turn: Quat, origin: Vec3) -> Self {
        match self {
            Solid::Cone { a, ra, b, rb } => Solid::Cone { a: turn * a + origin, ra, b: turn * b + origin, rb },
            Solid::Ellipsoid { centre, radii, local_from_field } => {
                Solid::Ellipsoid { centre: turn * centre + origin, radii, local_from_field: local_from_field * turn.inverse() }
            }
        }
    }

    /// The same solid, thicker by `by` everywhere.
    pub fn inflated(self, by: f32) -> Self {
        match self {
            Solid::Cone { a, ra, b, rb } => Solid::Cone { a, ra: ra + by, b, rb: rb + by },
            Solid::Ellipsoid { centre, radii, local_from_field } => {
                Solid::Ellipsoid { centre, radii: radii + Vec3::splat(by), local_from_field }
            }
        }
    }
}

/// Smooth minimum with compact support: the plain minimum where the two differ by `k` or more.
pub fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    if k <= 0.0 {
        return a.min(b);
    }
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// Smooth maximum, see [`smooth_min`].
pub fn smooth_max(a: f32, b: f32, k: f32) -> f32 {
    -smooth_min(-a, -b, k)
}

/// Distance of the strokes laid down one after another.
pub fn distance(strokes: &[Stroke], p: Vec3) -> f32 {
    let mut d = 1e3;
    for stroke in strokes {
        let own = stroke.solid.distance(p);
        d = match stroke.join {
            Join::Add => smooth_min(d, own, stroke.blend),
            Join::Cut => smooth_max(d, -own, stroke.blend),
        };
    }
    d
}

/// 0 below `low`, 1 above `high`, with flat ends between (Hermite).
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bell of height 1 and the given half-width at `exp(−1)`.
pub fn bell(x: f32, width: f32) -> f32 {
    (-(x / width) * (x / width)).exp()
}

/// Distance of a point from a polyline.
pub fn line_distance(points: &[Vec3], p: Vec3) -> f32 {
    points.windows(2).map(|w| Solid::Cone { a: w[0], ra: 0.0, b: w[1], rb: 0.0 }.distance(p)).fold(f32::MAX, f32::min)
}

/// Signed distance from a simple polygon in the plane, negative inside (Quilez, "2D distance functions").
pub fn polygon_distance(corners: &[Vec2], p: Vec2) -> f32 {
    let mut least = f32::MAX;
    let mut inside = false;
    for (i, &a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        let edge = b - a;
        let t = ((p - a).dot(edge) / edge.length_squared().max(1e-12)).clamp(0.0, 1.0);
        least = least.min((p - a - edge * t).length());
        if (a.y > p.y) != (b.y > p.y) && p.x < a.x + edge.x * (p.y - a.y) / edge.y {
            inside = !inside;
        }
    }
    if inside { -least } else { least }
}

fn lattice(x: i32, y: i32, z: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x8DA6_B343) ^ (y as u32).wrapping_mul(0xD816_3841) ^ (z as u32).wrapping_mul(0xCB1A_B31F);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    h ^= h >> 15;
    h as f32 / u32::MAX as f32 * 2.0 - 1.0
}

/// Value noise, −1..1, one feature a unit of length (Perlin's quintic fade on a hashed lattice).
pub fn noise(p: Vec3) -> f32 {
    let base = p.floor();
    let f = p - base;
    let fade = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    let [x, y, z] = [base.x as i32, base.y as i32, base.z as i32];
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |dy: i32, dz: i32| mix(lattice(x, y + dy, z + dz), lattice(x + 1, y + dy, z + dz), fade.x);
    let plane = |dz: i32| mix(row(0, dz), row(1, dz), fade.y);
    mix(plane(0), plane(1), fade.z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_spheres_and_boxes_are_exact() {
        let cone = Solid::Cone { a: Vec3::ZERO, ra: 1.0, b: Vec3::Y * 2.0, rb: 1.0 };
        assert!((cone.distance(Vec3::new(3.0, 1.0, 0.0)) - 2.0).abs() < 1e-6);
        assert!((cone.distance(Vec3::new(0.0, 5.0, 0.0)) - 2.0).abs() < 1e-6);
        let ball = Solid::ellipsoid(Vec3::X, Vec3::splat(0.5));
        assert!((ball.distance(Vec3::X * 3.0) - 1.5).abs() < 1e-6);
        assert!((ball.distance(Vec3::X) + 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_square_is_as_far_as_it_is() {
        let square = [Vec2::ZERO, Vec2::X, Vec2::ONE, Vec2::Y];
        assert!((polygon_distance(&square, Vec2::new(0.5, 0.4)) + 0.4).abs() < 1e-6);
        assert!((polygon_distance(&square, Vec2::new(4.0, 5.0)) - 5.0).abs() < 1e-6);
    }

    #[test]
    fn a_blend_only_adds_and_ends_at_its_width() {
        assert_eq!(smooth_min(1.0, 3.0, 1.5), 1.0);
        assert!(smooth_min(1.0, 1.2, 1.0) < 1.0);
        assert_eq!(smooth_max(1.0, 3.0, 1.5), 3.0);
    }

    #[test]
    fn noise_is_smooth_bounded_and_passes_through_its_lattice() {
        for i in 0..500 {
            let p = Vec3::new(i as f32 * 0.17, i as f32 * -0.31, i as f32 * 0.07);
            assert!(noise(p).abs() <= 1.0);
            assert!((noise(p) - noise(p + Vec3::splat(1e-3))).abs() < 2e-2);
        }
        assert_eq!(noise(Vec3::new(3.0, -2.0, 5.0)), lattice(3, -2, 5));
    }
}
