//! A photographer's studio: what stills of people outside the film are taken in.
//!
//! A dark seamless floor that rises out of sight, a large soft key lamp half to the side and above, a dim fill beside the camera and two rim lamps behind the
//! person, and a small weak one above the lens for the eyes' catchlights. The lamps hang on a frame that turns with the camera and grows with its field, so that a back is lit as a front is and a whole
//! figure as a hand. The unit of light is the film's: the key gives what is looked at an irradiance of about [`KEY`].

use crate::{
    finish::Finish,
    integrator::Point,
    lamp::{Beam, Lamp, smoothstep},
};
use clinch_model::CameraPose;
use glam::{Quat, Vec3};

/// Irradiance, at what is looked at and facing the lamp, of the key, the fill and each rim lamp: the dark side of a face is about two stops
/// below its light side, and hair and shoulders stand out from the backdrop.
const KEY: f32 = 0.78;
const FILL: f32 = 0.07;
const RIMS: [f32; 2] = [0.80, 0.50];
/// Irradiance of the lamp for the eyes: too weak to light a face, but small, so that its image in a cornea is bright.
const EYES: f32 = 0.06;
/// Reflectance of the floor.
const FLOOR: f32 = 0.032;
/// Radiance of the backdrop at the floor's far end and high up: a dark grey and a darker one in print.
const LOW: f32 = 0.0085;
const HIGH: f32 = 0.0022;
/// Radiance that reaches surfaces from where nothing stands: a room that isn't quite black.
const ROOM: f32 = 0.012;
/// Where the floor begins to rise and where it has become backdrop: metres from what is looked at.
const COVE_M: [f32; 2] = [1.2, 4.0];
/// Least distance of the lamps.
const LEAST_REACH_M: f32 = 1.9;

/// The studio around what one camera looks at.
#[derive(Debug, Clone)]
pub(crate) struct Backdrop {
    /// Key, fill, rims, eyes.
    pub lamps: Vec<Lamp>,
    subject_m: Vec3,
}

impl Backdrop {
    /// The studio for a camera, around the point on which it is focused.
    pub fn new(camera: &CameraPose) -> Self {
        let ahead = camera.turn * Vec3::NEG_Z;
        let subject_m = camera.eye_m + ahead * camera.focus_m;
        let reach_m = (2.0 * camera.focus_m * (camera.vfov_rad / 2.0).tan() * 1.5).max(LEAST_REACH_M);
        // Upright like the camera's stand; a camera that looks straight down keeps its own right.
        let right = camera.turn * Vec3::X;
        let heading = Quat::from_rotation_y((-right.z).atan2(right.x));
        // `irradiance` at the subject of a disc of `share` of the reach in radius, at angles to the camera's side and up from the ground.
        let lamp = |irradiance: f32, share: f32, side_deg: f32, up_deg: f32| {
            let towards = heading * Quat::from_rotation_y(side_deg.to_radians()) * Quat::from_rotation_x(-up_deg.to_radians()) * Vec3::Z;
            let centre_m = subject_m + towards * reach_m;
            Lamp::new(centre_m, subject_m, share * reach_m, irradiance * reach_m * reach_m, Beam::EVEN)
        };
        let lamps = vec![
            lamp(KEY, 0.20, -52.0, 40.0),
            lamp(FILL, 0.40, 35.0, 12.0),
            lamp(RIMS[0], 0.14, 145.0, 35.0),
            lamp(RIMS[1], 0.14, -150.0, 28.0),
            lamp(EYES, 0.075, -14.0, 16.0),
        ];
        Self { lamps, subject_m }
    }

    /// Radiance of the backdrop in a direction.
    pub fn beyond(direction: Vec3) -> f32 {
        HIGH + (LOW - HIGH) * (-2.5 * direction.y.max(0.0)).exp()
    }

    /// Radiance that reaches surfaces from a direction in which nothing stands.
    pub fn fill(direction: Vec3) -> f32 {
        ROOM * (0.75 + 0.25 * direction.y)
    }

    /// The floor, if a ray meets it within reach; what the cove takes from it is black.
    pub fn nearest(&self, origin_m: Vec3, direction: Vec3, reach_m: f32) -> Option<Point> {
        let distance_m = -origin_m.y / direction.y;
        if direction.y >= 0.0 || distance_m <= 1e-4 || distance_m >= reach_m {
            return None;
        }
        let at_m = origin_m + direction * distance_m;
        let reflectance = FLOOR * (1.0 - self.risen(at_m));
        (reflectance > 0.0).then(|| Point::new(at_m, distance_m, Vec3::Y, Vec3::Y, Finish::matt(reflectance)))
    }

    /// How much of a place on the floor is backdrop already.
    pub fn risen(&self, at_m: Vec3) -> f32 {
        smoothstep(COVE_M[0], COVE_M[1], (at_m - self.subject_m).with_y(0.0).length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_gives_what_is_looked_at_its_irradiance_from_any_side() {
        for (yaw, focus_m) in [(0.0, 1.0), (2.4, 5.0), (-1.2, 0.4)] {
            let turn = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(-0.2);
            let subject_m = Vec3::new(0.3, 1.4, -0.2);
            let camera = CameraPose { eye_m: subject_m + turn * Vec3::Z * focus_m, turn, vfov_rad: 0.4, focus_m, aperture_m: 0.0 };
            let backdrop = Backdrop::new(&camera);
            let arriving = backdrop.lamps[0].guess(subject_m);
            assert!((arriving.irradiance / KEY - 1.0).abs() < 0.01, "{}", arriving.irradiance);
            // 52° to the camera's left, seen from above.
            let (right, back) = (turn * Vec3::X, (turn * Vec3::Z).with_y(0.0).normalize());
            let flat = arriving.direction.with_y(0.0).normalize();
            assert!((flat.dot(right) + 52f32.to_radians().sin()).abs() < 0.01 && flat.dot(back) > 0.5, "{flat}");
            assert!(backdrop.lamps[2..4].iter().all(|rim| rim.guess(subject_m).direction.dot(back) < 0.0));
        }
    }
}
