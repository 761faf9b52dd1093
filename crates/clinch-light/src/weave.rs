//! Gate weave: film never stands in the gate twice at exactly the same place.
//!
//! The picture is moved by turning the camera a whisker, not by resampling it: no edge shows a border, nothing grows softer, and what is laid
//! over the picture stands still, as titles on a print do.

use clinch_model::{CameraPose, random::Stream};
use glam::{Quat, Vec2};

/// Deviation of the place at strength 1, as a share of the picture's height. Good 35 mm cameras hold film steady to some 0.1 % from peak to
/// peak, which is about 2.5 deviations.
const DEVIATION: f32 = 0.0004;
/// Frames between the places that are drawn; the way between them is smooth.
const FRAMES_A_PLACE: f32 = 5.0;

/// The camera's pose in a frame of a film of `frames` frames, as the film in the gate sees it. The gate holds a frame still while the shutter is
/// open; after the film's last frame the weave goes on with its first.
pub(crate) fn woven(pose: &CameraPose, strength: f32, seed: u64, frame: u64, frames: u64) -> CameraPose {
    if strength <= 0.0 {
        return *pose;
    }
    // A share of the picture's height is that share of twice the tangent of half the field's angle.
    let off_rad = strength * DEVIATION * 2.0 * (pose.vfov_rad / 2.0).tan() * place(seed, frame, frames);
    CameraPose { turn: pose.turn * Quat::from_rotation_y(off_rad.x) * Quat::from_rotation_x(off_rad.y), ..*pose }
}

/// A place of deviation about 1 across and along, smooth over time and periodic.
fn place(seed: u64, frame: u64, frames: u64) -> Vec2 {
    let count = ((frames as f32 / FRAMES_A_PLACE).round() as u64).max(1);
    let at = frame as f32 * count as f32 / frames.max(1) as f32;
    let t = at.fract();
    // Catmull and Rom's cubic through drawn places.
    let [a, b, c, d] = [count - 1, 0, 1, 2].map(|step| drawn(seed, (at as u64 + step) % count));
    b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
}

fn drawn(seed: u64, index: u64) -> Vec2 {
    let mut stream = Stream::new(seed ^ index.wrapping_mul(0xA24B_AED4_963E_E407), "gate weave");
    // The sum of three even numbers of deviation 1/√12 each has deviation 1/2.
    let mut one = || 2.0 * ((0..3).map(|_| stream.unit() as f32).sum::<f32>() - 1.5);
    Vec2::new(one(), one())
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec3;

    const FRAMES: u64 = 2400;

    #[test]
    fn it_is_small_smooth_and_closed() {
        let places: Vec<Vec2> = (0..FRAMES).map(|frame| place(3, frame, FRAMES)).collect();
        let mean_square = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>() / (2.0 * FRAMES as f32);
        let deviation = mean_square(&mut places.iter().flat_map(|p| [p.x, p.y])).sqrt();
        let step = mean_square(&mut (0..FRAMES as usize).flat_map(|i| (places[(i + 1) % places.len()] - places[i]).to_array())).sqrt();
        assert!((0.7..1.1).contains(&deviation), "{deviation}");
        // White noise of that deviation would step by 1.4 of it, and by as much over the loop's end.
        assert!(step < 0.5 * deviation, "{step} {deviation}");
        assert!((places[0] - places[places.len() - 1]).length() < 1.5, "{} {}", places[0], places[places.len() - 1]);
    }

    #[test]
    fn it_moves_the_picture_by_its_share_of_the_height() {
        let pose = CameraPose { eye_m: Vec3::ZERO, turn: Quat::from_rotation_y(0.4), vfov_rad: 0.6, focus_m: 3.0, aperture_m: 0.0 };
        let point_m = pose.turn * Vec3::new(0.2, 0.1, -3.0);
        let still = pose.project(16.0 / 9.0, point_m);
        assert_eq!(woven(&pose, 0.0, 1, 5, 100), pose);
        for frame in 0..100 {
            let moved = woven(&pose, 1.0, 1, frame, 100).project(16.0 / 9.0, point_m) - still;
            // Two units span the height.
            let truth = 2.0 * DEVIATION * place(1, frame, 100);
            assert!((moved.y + truth.y).abs() < 1e-4 && (moved.x * 16.0 / 9.0 - truth.x).abs() < 1e-4, "{moved} {truth}");
        }
    }
}
