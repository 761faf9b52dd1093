//! Framing solved on the screen: where a lens must be, and how wide it must see, so that things land where the picture wants them.
//!
//! The picture's coordinates run from −1 to 1, left to right and bottom to top. For two subjects and two wanted places all lenses that
//! can do it lie on a surface, the toric space of Lino & Christie (Intuitive and Efficient Camera Control with the Toric Space, ACM TOG
//! 34(4), 2015); for any number of points that must stay within a window the nearest lens of a given direction follows exactly from the
//! window's four planes.

use glam::{Mat3, Quat, Vec3};

/// Half the height of a full-frame picture, in metres of film: 24 mm stills frame.
pub(crate) const HALF_FILM_M: f32 = 0.012;
/// Shortest and longest lens, in metres.
pub(crate) const LENSES_M: [f32; 2] = [0.024, 0.085];

/// A part of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub left: f32,
    pub right: f32,
    pub bottom: f32,
    pub top: f32,
}

impl Window {
    /// The middle of the picture, `half` from its middle to its edges.
    pub const fn middle(half: f32) -> Self {
        Self { left: -half, right: half, bottom: -half, top: half }
    }

    /// Shifted to the right by a part of the half picture.
    pub fn shifted(self, right: f32) -> Self {
        Self { left: self.left + right, right: self.right + right, ..self }
    }
}

/// Tangent of half the vertical field of view of a lens.
pub(crate) fn slope_of(lens_m: f32) -> f32 {
    HALF_FILM_M / lens_m
}

/// Turn of a camera that looks in a direction with the horizon level; straight up or down, `up` is up in the picture.
pub(crate) fn look(forward: Vec3, up: Vec3) -> Quat {
    let forward = forward.normalize_or(Vec3::NEG_Y);
    let right = forward.cross(up).normalize_or(Vec3::X);
    Quat::from_mat3(&Mat3::from_cols(right, right.cross(forward), -forward)).normalize()
}

/// The nearest lens that looks along a turn and holds all points within a window, but no nearer to any of them than `least_m` along the
/// view; room to spare is shared evenly between left and right, and goes `above` of it over the points.
///
/// With the lens at the origin a point is in the window where `left·a·s ≤ x/−z ≤ right·a·s` and alike for y; each side is a plane, so the
/// depth that two opposite planes ask for is the sum of the points' support against both over the window's width.
pub(crate) fn place(points: &[Vec3], turn: Quat, slope: f32, aspect: f32, window: &Window, least_m: f32, above: f32) -> Vec3 {
    let camera_from_world = turn.inverse();
    let wide = slope * aspect;
    let (mut right, mut left, mut top, mut bottom) = (f32::NEG_INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::INFINITY);
    let mut nearest = f32::NEG_INFINITY;
    for &point in points {
        let p = camera_from_world * point;
        right = right.max(p.x + window.right * wide * p.z);
        left = left.min(p.x + window.left * wide * p.z);
        top = top.max(p.y + window.top * slope * p.z);
        bottom = bottom.min(p.y + window.bottom * slope * p.z);
        nearest = nearest.max(p.z);
    }
    let by_width = (right - left) / ((window.right - window.left) * wide);
    let by_height = (top - bottom) / ((window.top - window.bottom) * slope);
    let z = by_width.max(by_height).max(nearest + least_m);
    let (least_x, most_x) = (right - window.right * wide * z, left - window.left * wide * z);
    let (least_y, most_y) = (top - window.top * slope * z, bottom - window.bottom * slope * z);
    turn * Vec3::new((least_x + most_x) / 2.0, least_y + (most_y - least_y) * above, z)
}

/// Tangent of half the vertical field of view that just holds some points in a window; infinite where one is behind the lens or on a side
/// that the window doesn't have.
pub(crate) fn slope_needed(points: impl Iterator<Item = Vec3>, eye_m: Vec3, turn: Quat, aspect: f32, window: &Window) -> f32 {
    let camera_from_world = turn.inverse();
    let side = |slope: f32, low: f32, high: f32| if slope > 0.0 { slope / high.max(1e-6) } else { slope / low.min(-1e-6) };
    points.fold(0.0, |needed: f32, point| {
        let p = camera_from_world * (point - eye_m);
        // The camera looks along −z; at 10 cm a point is as good as in the lens.
        if p.z > -0.1 {
            return f32::INFINITY;
        }
        let across = side(p.x / -p.z / aspect, window.left, window.right);
        needed.max(across).max(side(p.y / -p.z, window.bottom, window.top))
    })
}

/// A lens on the toric surface of two points: it sees them `alpha_rad` apart, stands `gamma_rad` aside of the line from `a_m` to `b_m` as
/// seen from `a_m`, and is turned `around_rad` about that line out of the level plane (`side` 1: to the left of the way from a to b).
///
/// Law of sines: the angle at b is π − α − γ, so the lens is |ab|·sin(α + γ)/sin α from a.
pub(crate) fn toric(a_m: Vec3, b_m: Vec3, alpha_rad: f32, gamma_rad: f32, around_rad: f32, side: f32) -> Vec3 {
    let along = b_m - a_m;
    let way = along.normalize_or(Vec3::Z);
    let level = Vec3::Y.cross(way).normalize_or(Vec3::X) * side;
    let aside = Quat::from_axis_angle(way, around_rad * side) * level;
    let distance_m = along.length() * (alpha_rad + gamma_rad).sin() / alpha_rad.sin().max(1e-4);
    a_m + (way * gamma_rad.cos() + aside * gamma_rad.sin()) * distance_m
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::CameraPose;

    fn camera(eye_m: Vec3, turn: Quat, slope: f32) -> CameraPose {
        CameraPose { eye_m, turn, vfov_rad: 2.0 * slope.atan(), focus_m: 1.0, aperture_m: 0.0 }
    }

    /// Points of a ball's outline along the world's axes and diagonals.
    fn ball(middle: Vec3, radius_m: f32) -> Vec<Vec3> {
        let steps = [-1.0, 0.0, 1.0];
        let ways = (0..27).map(|i| Vec3::new(steps[i % 3], steps[i / 3 % 3], steps[i / 9]));
        ways.filter(|way| *way != Vec3::ZERO).map(|way| middle + way.normalize() * radius_m).collect()
    }

    #[test]
    fn two_balls_land_within_the_window_and_touch_two_of_its_sides() {
        let window = Window { left: -0.7, right: 0.5, bottom: -0.9, top: 0.6 };
        let points: Vec<Vec3> =
            [ball(Vec3::new(-0.3, 1.5, 0.1), 0.15), ball(Vec3::new(0.5, 1.2, -0.2), 0.15)].into_iter().flatten().collect();
        for (yaw, pitch, aspect) in [(0.3_f32, 0.0_f32, 1.78), (2.0, -0.6, 0.5625), (-1.1, 0.2, 2.39), (0.0, -1.2, 1.0)] {
            let turn = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(pitch);
            let slope = slope_of(0.040);
            let eye_m = place(&points, turn, slope, aspect, &window, 0.3, 0.5);
            let seen: Vec<Vec3> = points.iter().map(|&p| camera(eye_m, turn, slope).project(aspect, p)).collect();
            let edge = |of: fn(&Vec3) -> f32, most: bool| {
                seen.iter().map(of).fold(if most { -9.0_f32 } else { 9.0 }, |a, b| if most { a.max(b) } else { a.min(b) })
            };
            let (left, right) = (edge(|p| p.x, false) - window.left, window.right - edge(|p| p.x, true));
            let (bottom, top) = (edge(|p| p.y, false) - window.bottom, window.top - edge(|p| p.y, true));
            assert!(left.min(right).min(bottom).min(top) > -1e-4, "{left} {right} {bottom} {top}");
            let tight = |a: f32, b: f32| a.abs() < 1e-3 && b.abs() < 1e-3;
            assert!(tight(left, right) || tight(bottom, top), "{left} {right} {bottom} {top}");
            // The slope that is needed there is the one it was solved for.
            let needed = slope_needed(points.iter().copied(), eye_m, turn, aspect, &window);
            assert!((needed - slope).abs() < 1e-4, "{needed} {slope}");
        }
    }

    #[test]
    fn the_slope_that_is_needed_puts_the_outermost_point_on_the_windows_edge() {
        let (eye_m, aspect) = (Vec3::new(3.0, 1.4, -2.0), 1.5);
        let turn = look(Vec3::new(0.0, 1.0, 0.0) - eye_m, Vec3::Y);
        let points = [Vec3::new(0.0, 1.0, 0.0), Vec3::new(0.4, 1.7, 0.3), Vec3::new(-0.5, 0.2, 0.1)];
        let slope = slope_needed(points.into_iter(), eye_m, turn, aspect, &Window::middle(0.8));
        let edge = points
            .map(|p| camera(eye_m, turn, slope).project(aspect, p))
            .iter()
            .fold(0.0_f32, |most, p| most.max(p.x.abs()).max(p.y.abs()));
        assert!(slope > 0.0 && (edge - 0.8).abs() < 1e-4, "{edge}");
        let behind = eye_m + turn * Vec3::Z;
        assert!(slope_needed([behind].into_iter(), eye_m, turn, aspect, &Window::middle(1.0)).is_infinite());
    }

    #[test]
    fn a_toric_lens_sees_its_two_points_as_far_apart_as_asked() {
        let (a, b) = (Vec3::new(0.2, 1.6, 0.1), Vec3::new(-0.3, 1.4, 0.6));
        for (alpha, gamma, around, side) in [(0.3_f32, 0.6_f32, 0.0_f32, 1.0_f32), (0.5, 2.0, 0.7, -1.0), (0.15, 0.4, -0.3, 1.0)] {
            let eye = toric(a, b, alpha, gamma, around, side);
            assert!(((a - eye).angle_between(b - eye) - alpha).abs() < 1e-3);
            assert!(((eye - a).angle_between(b - a) - gamma).abs() < 1e-3);
            let raised = eye.y - toric(a, b, alpha, gamma, 0.0, side).y;
            assert!(raised * around >= 0.0, "a positive turn lifts the lens");
        }
    }
}
