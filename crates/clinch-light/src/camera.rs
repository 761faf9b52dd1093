//! The lens: rays through a thin lens during a shutter's opening.

use clinch_model::CameraPose;
use glam::{Vec2, Vec3};
use std::f32::consts::PI;

/// Deviation of the pixel filter, a Gaussian, in pixels: soft enough not to stair-step, sharp enough for an eye's catchlight.
const FILTER_PIXELS: f32 = 0.42;
/// Steps in which the filter's distribution is tabled.
const FILTER_STEPS: usize = 1024;

/// The camera while the shutter is open, from one pose to another.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    open: Frustum,
    close: Frustum,
    width: f32,
    height: f32,
    /// `[step]`: shift in pixels.
    filter: Box<[f32; FILTER_STEPS]>,
}

/// A pose as vectors: `right` and `up` reach from the picture's middle to its edges at unit distance.
#[derive(Debug, Clone)]
struct Frustum {
    eye_m: Vec3,
    right: Vec3,
    up: Vec3,
    ahead: Vec3,
    focus_m: f32,
    lens_radius_m: f32,
}

/// A point as the camera sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Where: whole numbers are the middles of pixels, counted from the top left.
    pub pixel: Vec2,
    pub distance_m: f32,
    /// Distance along the camera's axis.
    pub depth_m: f32,
    /// Unit vector to the eye.
    pub to_eye: Vec3,
    /// Size that a metre across the line of sight has there.
    pub pixels_a_metre: f32,
    /// Radius of the disc into which the lens spreads the point.
    pub blur_pixels: f32,
}

impl Frustum {
    fn new(pose: &CameraPose, aspect: f32) -> Self {
        let half = (pose.vfov_rad / 2.0).tan();
        Self {
            eye_m: pose.eye_m,
            right: pose.turn * Vec3::X * half * aspect,
            up: pose.turn * Vec3::Y * half,
            ahead: pose.turn * Vec3::NEG_Z,
            focus_m: pose.focus_m.max(0.05),
            lens_radius_m: pose.aperture_m.max(0.0) / 2.0,
        }
    }
}

impl Camera {
    pub fn new(open: &CameraPose, close: &CameraPose, width: u32, height: u32) -> Self {
        let aspect = width as f32 / height as f32;
        Self {
            open: Frustum::new(open, aspect),
            close: Frustum::new(close, aspect),
            width: width as f32,
            height: height as f32,
            filter: filter_shifts(),
        }
    }

    /// Whether the lens opening is so wide (above some 20 mm) that much of a picture of two people is out of focus.
    pub fn is_shallow(&self) -> bool {
        self.open.lens_radius_m > 0.010
    }

    /// Angle that a pixel covers, in radians, about.
    pub fn pixel_rad(&self) -> f32 {
        2.0 * self.open.up.length() / self.height
    }

    /// Origin and unit direction of a ray: `pixel` counts from the top left, `t` is 0..1 over the shutter, `filter` and `lens` are pairs
    /// of numbers in 0..1.
    #[inline]
    pub fn ray(&self, pixel: (usize, usize), t: f32, filter: [f32; 2], lens: [f32; 2]) -> (Vec3, Vec3) {
        let mix = |a: Vec3, b: Vec3| a + (b - a) * t;
        let (open, close) = (&self.open, &self.close);
        let x = 2.0 * (pixel.0 as f32 + 0.5 + self.shift(filter[0])) / self.width - 1.0;
        let y = 1.0 - 2.0 * (pixel.1 as f32 + 0.5 + self.shift(filter[1])) / self.height;
        let (right, up) = (mix(open.right, close.right), mix(open.up, close.up));
        let through = mix(open.ahead, close.ahead) + right * x + up * y;
        let eye_m = mix(open.eye_m, close.eye_m);
        let lens_radius_m = open.lens_radius_m + (close.lens_radius_m - open.lens_radius_m) * t;
        if lens_radius_m <= 0.0 {
            return (eye_m, through.normalize());
        }
        let on_lens = disc(lens) * lens_radius_m;
        let origin_m = eye_m + right.normalize() * on_lens.x + up.normalize() * on_lens.y;
        let focus_m = open.focus_m + (close.focus_m - open.focus_m) * t;
        (origin_m, (eye_m + through * focus_m - origin_m).normalize())
    }

    /// Where a point is seen at `t` 0..1 over the shutter, in the picture or beside it; none for what isn't in front of the lens.
    pub fn project(&self, point_m: Vec3, t: f32) -> Option<Seen> {
        const NEAREST_M: f32 = 0.02;
        let mix = |a: Vec3, b: Vec3| a + (b - a) * t;
        let (open, close) = (&self.open, &self.close);
        let offset_m = point_m - mix(open.eye_m, close.eye_m);
        let depth_m = offset_m.dot(mix(open.ahead, close.ahead));
        if depth_m < NEAREST_M {
            return None;
        }
        let (right, up) = (mix(open.right, close.right), mix(open.up, close.up));
        let x = offset_m.dot(right) / (right.length_squared() * depth_m);
        let y = offset_m.dot(up) / (up.length_squared() * depth_m);
        let pixels_a_metre = self.height / (2.0 * up.length() * depth_m);
        let focus_m = open.focus_m + (close.focus_m - open.focus_m) * t;
        let lens_radius_m = open.lens_radius_m + (close.lens_radius_m - open.lens_radius_m) * t;
        Some(Seen {
            pixel: Vec2::new((x + 1.0) / 2.0 * self.width - 0.5, (1.0 - y) / 2.0 * self.height - 0.5),
            distance_m: offset_m.length(),
            depth_m,
            to_eye: -offset_m.normalize(),
            pixels_a_metre,
            blur_pixels: lens_radius_m * (depth_m - focus_m).abs() / focus_m * pixels_a_metre,
        })
    }

    /// Shift in pixels for a number in 0..1.
    #[inline]
    fn shift(&self, number: f32) -> f32 {
        self.filter[((number * FILTER_STEPS as f32) as usize).min(FILTER_STEPS - 1)]
    }
}

/// An even point of the unit disc (Shirley and Chiu 1997, which keeps neighbours neighbours).
#[inline]
pub(crate) fn disc([u, v]: [f32; 2]) -> Vec2 {
    let (a, b) = (2.0 * u - 1.0, 2.0 * v - 1.0);
    if a == 0.0 && b == 0.0 {
        return Vec2::ZERO;
    }
    if a.abs() > b.abs() {
        let (sin, cos) = small_sin_cos(PI / 4.0 * (b / a));
        Vec2::new(cos, sin) * a
    } else {
        let (sin, cos) = small_sin_cos(PI / 4.0 * (a / b));
        Vec2::new(sin, cos) * b
    }
}

/// Sine and cosine of an angle up to π/4 by Taylor's series, to seven digits.
#[inline]
fn small_sin_cos(x: f32) -> (f32, f32) {
    let q = x * x;
    let sin = x * (1.0 - q / 6.0 * (1.0 - q / 20.0 * (1.0 - q / 42.0 * (1.0 - q / 72.0))));
    let cos = 1.0 - q / 2.0 * (1.0 - q / 12.0 * (1.0 - q / 30.0 * (1.0 - q / 56.0)));
    (sin, cos)
}

/// The pixel filter's shifts at even steps of its cumulative distribution.
fn filter_shifts() -> Box<[f32; FILTER_STEPS]> {
    let mut shifts = Box::new([0.0; FILTER_STEPS]);
    // The distribution by summing the bell over fine steps within three deviations, then read backwards.
    const FINE: usize = 6000;
    let at = |i: usize| (i as f64 + 0.5) / FINE as f64 * 6.0 - 3.0;
    let total: f64 = (0..FINE).map(|i| (-0.5 * at(i) * at(i)).exp()).sum();
    let (mut sum, mut i) = (0.0, 0);
    for (step, shift) in shifts.iter_mut().enumerate() {
        let wanted = (step as f64 + 0.5) / FILTER_STEPS as f64 * total;
        while i < FINE && sum + (-0.5 * at(i) * at(i)).exp() < wanted {
            sum += (-0.5 * at(i) * at(i)).exp();
            i += 1;
        }
        *shift = FILTER_PIXELS * at(i) as f32;
    }
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Quat;

    fn pose(aperture_m: f32) -> CameraPose {
        let turn = Quat::from_rotation_y(0.7) * Quat::from_rotation_x(-0.2);
        CameraPose { eye_m: Vec3::new(2.0, 1.4, 2.5), turn, vfov_rad: 0.6, focus_m: 3.0, aperture_m }
    }

    #[test]
    fn a_ray_through_a_pixel_meets_the_points_that_project_there() {
        let (pose, size) = (pose(0.0), (640, 360));
        let camera = Camera::new(&pose, &pose, size.0, size.1);
        for pixel in [(0, 0), (320, 180), (639, 359), (17, 300)] {
            // The middle of the filter's distribution is the middle of the pixel.
            let (origin_m, direction) = camera.ray(pixel, 0.0, [0.5, 0.5], [0.3, 0.8]);
            let landed = pose.project(640.0 / 360.0, origin_m + direction * 4.0);
            let (x, y) = ((landed.x + 1.0) / 2.0 * 640.0 - 0.5, (1.0 - landed.y) / 2.0 * 360.0 - 0.5);
            assert!((x - pixel.0 as f32).abs() < 0.01 && (y - pixel.1 as f32).abs() < 0.01, "{pixel:?}: {x} {y}");
            let seen = camera.project(origin_m + direction * 4.0, 0.0).unwrap();
            assert!(seen.pixel.distance(Vec2::new(x, y)) < 0.02 && (seen.distance_m - 4.0).abs() < 1e-4, "{pixel:?}: {seen:?}");
        }
    }

    #[test]
    fn blur_is_as_wide_as_the_lens_says() {
        // Similar triangles: at distance z, a lens of diameter A focused at f spreads a ray bundle over A |z − f| / f.
        let pose = pose(0.05);
        let camera = Camera::new(&pose, &pose, 640, 360);
        for z in [1.5, 3.0, 6.0] {
            let ahead = pose.turn * Vec3::NEG_Z;
            let spots: Vec<Vec3> = (0..400)
                .map(|i| {
                    let (o, d) = camera.ray((320, 180), 0.0, [0.5, 0.5], [(i % 20) as f32 / 20.0 + 0.025, (i / 20) as f32 / 20.0 + 0.025]);
                    o + d * ((z - (o - pose.eye_m).dot(ahead)) / d.dot(ahead))
                })
                .collect();
            let widest = spots.iter().flat_map(|a| spots.iter().map(move |b| a.distance(*b))).fold(0.0, f32::max);
            let truth = 0.05 * (z - 3.0f32).abs() / 3.0;
            assert!((widest - truth).abs() < 0.05 * truth + 1e-4, "{z}: {widest} {truth}");
        }
    }

    #[test]
    fn the_disc_and_the_filter_are_spread_as_they_should_be() {
        let n = 200;
        let points: Vec<Vec2> =
            (0..n * n).map(|i| disc([(i % n) as f32 / n as f32 + 0.0025, (i / n) as f32 / n as f32 + 0.0025])).collect();
        let mean_square = points.iter().map(|p| p.length_squared()).sum::<f32>() / points.len() as f32;
        assert!((mean_square - 0.5).abs() < 2e-3 && points.iter().all(|p| p.length() <= 1.0001), "{mean_square}");
        let shifts = filter_shifts();
        let deviation = (shifts.iter().map(|s| s * s).sum::<f32>() / shifts.len() as f32).sqrt();
        assert!((deviation - FILTER_PIXELS).abs() < 0.02 && shifts.is_sorted(), "{deviation}");
    }
}
