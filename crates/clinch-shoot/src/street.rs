//! The street as the crew meets it: where a camera may stand, and what stands in the way of a look.

use clinch_model::street::{
    FENCE_M, FENCE_Z_M, KEY_LAMP_M, NORTH_KERB_Z_M, NORTH_WALL_M, NORTH_WALL_Z_M, PAVEMENT_M, SOUTH_KERB_Z_M, SOUTH_WALL_M, SOUTH_WALL_Z_M,
};
use glam::Vec3;

/// Least height of the lens over the ground, in metres: the body of a camera that lies on it.
pub(crate) const LEAST_HEIGHT_M: f32 = 0.12;
/// Greatest height, in metres: below the key lamp and out of its beam's hottest part.
pub(crate) const MOST_HEIGHT_M: f32 = 4.2;
/// Least distance of the lens from what stands on the street, in metres.
pub(crate) const STANDING_OFF_M: f32 = 0.35;
/// How far along the street a camera may go, in metres: from farther even the longest lens shows the pair small in the dark.
const ALONG_M: f32 = 6.5;

/// Upright planes that nothing can be seen through: z and height, in metres. The fence's mesh counts as a plane: wire before a face is a fault.
const PLANES_M: [(f32, f32); 5] = [
    (NORTH_KERB_Z_M, PAVEMENT_M),
    (SOUTH_KERB_Z_M, PAVEMENT_M),
    (FENCE_Z_M, PAVEMENT_M + FENCE_M),
    (NORTH_WALL_Z_M, NORTH_WALL_M),
    (SOUTH_WALL_Z_M, SOUTH_WALL_M),
];

/// Whether a lens may be at a place; `spare_m` is kept over and above the rules, for hands and for what moves between two looks.
pub(crate) fn allows(eye_m: Vec3, spare_m: f32) -> bool {
    let off_m = STANDING_OFF_M + spare_m;
    let between_kerbs = (NORTH_KERB_Z_M + off_m..=SOUTH_KERB_Z_M - off_m).contains(&eye_m.z);
    let off_lamp = eye_m.distance(Vec3::from_array(KEY_LAMP_M)) >= off_m;
    between_kerbs
        && off_lamp
        && eye_m.x.abs() <= ALONG_M - spare_m
        && (LEAST_HEIGHT_M + spare_m..=MOST_HEIGHT_M - spare_m).contains(&eye_m.y)
}

/// The place nearest to `eye_m` on the way from `from_m` to it at which a lens may be, sought in hundredths; `from_m` itself where none is.
pub(crate) fn nearest_allowed(from_m: Vec3, eye_m: Vec3, spare_m: f32) -> Vec3 {
    let bounded = eye_m.with_y(eye_m.y.clamp(LEAST_HEIGHT_M + spare_m, MOST_HEIGHT_M - spare_m));
    let start = from_m.with_y(bounded.y);
    let at = |hundredth: i32| start.lerp(bounded, hundredth as f32 / 100.0);
    (0..=100).rev().map(at).find(|&place| allows(place, spare_m)).unwrap_or(start)
}

/// Whether the ground or a part of the set lies between two points.
pub(crate) fn blocks(from_m: Vec3, to_m: Vec3) -> bool {
    let crosses = |(z, height): (f32, f32)| {
        let (a, b) = (from_m.z - z, to_m.z - z);
        a * b < 0.0 && from_m.lerp(to_m, a / (a - b)).y < height
    };
    from_m.y < 0.0 || to_m.y < 0.0 || PLANES_M.into_iter().any(crosses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_between_hides_and_a_kerb_hides_only_what_is_low() {
        let on_street = Vec3::new(0.0, 1.5, 0.0);
        assert!(!blocks(Vec3::new(4.0, 1.5, 3.0), on_street));
        assert!(blocks(Vec3::new(0.0, 1.5, -9.0), on_street), "the fence");
        assert!(blocks(Vec3::new(0.0, 3.0, 9.0), on_street), "the house");
        assert!(!blocks(Vec3::new(0.0, 1.0, -6.0), on_street), "over the kerb");
        assert!(blocks(Vec3::new(0.0, 0.05, -6.0), on_street.with_y(0.1)), "through the kerb");
        assert!(blocks(Vec3::new(1.0, -0.1, 0.0), on_street), "from under the ground");
    }

    #[test]
    fn no_camera_stands_in_a_part_of_the_street() {
        assert!(allows(Vec3::new(4.0, 1.5, 3.0), 0.05));
        for eye in [[0.0, 1.5, 5.9], [0.0, 1.5, -5.5], [0.0, 0.05, 0.0], [0.0, 4.4, 0.0], [8.0, 1.5, 0.0]] {
            assert!(!allows(Vec3::from_array(eye), 0.0), "{eye:?}");
        }
        let moved = nearest_allowed(Vec3::new(0.0, 1.0, 0.0), Vec3::new(0.0, 1.6, 9.0), 0.05);
        assert!(allows(moved, 0.05) && moved.z > 5.4 && (moved.y - 1.6).abs() < 1e-6, "{moved}");
    }
}
