//! The film as it is framed and cut.

use crate::{Who, finding::Finding, units::FrameRate};
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};

/// How much time the picture may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// To see whether it works.
    Draft,
    /// To deliver.
    #[default]
    Film,
    /// To keep.
    Fine,
}

/// Every frame's camera, in shots that tile the film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Frames a second.
    pub rate: FrameRate,
    /// Frames in the film: the song's length to the nearest frame.
    pub frames: u64,
    /// Width over height of the picture that the framing was made for.
    pub aspect: f32,
    /// Shots in order, contiguous from frame 0 to `frames`.
    pub shots: Vec<Shot>,
    /// The film's rules that are measured on the framing.
    pub findings: Vec<Finding>,
}

/// One camera set-up between two cuts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shot {
    /// First frame.
    pub first_frame: u64,
    /// One past the last frame.
    pub end_frame: u64,
    /// How it is framed.
    pub size: ShotSize,
    /// Whom it is about; none for both.
    pub subject: Option<Who>,
    /// How the camera stands to them and moves.
    pub work: Camerawork,
    /// `[frame − first_frame]`, plus one more for the end of the last frame's shutter.
    pub camera: Vec<CameraPose>,
}

/// Framings, by how much of whom they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShotSize {
    /// Both small in the place.
    Wide,
    /// Both from head to foot.
    Full,
    /// Both down to the hips, filling the frame.
    Two,
    /// Both heads and shoulders.
    Tight,
    /// One face over the other's shoulder.
    OverShoulder,
    /// One from the waist up.
    Medium,
    /// One face.
    Close,
    /// Both from near the ground.
    Low,
    /// Both from above.
    Overhead,
}

impl ShotSize {
    /// All, from wide to close, then those named by their height.
    pub const ALL: [ShotSize; 9] = [
        ShotSize::Wide,
        ShotSize::Full,
        ShotSize::Two,
        ShotSize::Tight,
        ShotSize::OverShoulder,
        ShotSize::Medium,
        ShotSize::Close,
        ShotSize::Low,
        ShotSize::Overhead,
    ];

    /// Whether the framing promises both people in frame.
    pub fn promises_both(self) -> bool {
        !matches!(self, ShotSize::Medium | ShotSize::Close)
    }

    /// Whether the framing is about one person's face.
    pub fn has_subject(self) -> bool {
        matches!(self, ShotSize::OverShoulder | ShotSize::Medium | ShotSize::Close)
    }
}

/// How the camera stands to the people and moves: the rest of a shot's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Camerawork {
    /// Whom the frame holds, and how they stand to the lens.
    pub relation: Relation,
    /// How the subject's face is turned to the lens in the middle of the shot; of both, the one that is turned to it more.
    pub angle: FaceAngle,
    /// Where the lens is against the heads.
    pub height: CameraHeight,
    /// How the camera moves.
    pub movement: Movement,
}

/// Whom a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Both, beside each other.
    #[default]
    Both,
    /// One over the other's shoulder.
    OverShoulder,
    /// One; the other may reach into the frame.
    Single,
}

/// How a face is turned to the lens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaceAngle {
    /// Within 25° of the lens.
    Front,
    /// 25° to 65°.
    #[default]
    ThreeQuarter,
    /// 65° to 110°.
    Profile,
    /// Beyond.
    Back,
}

impl FaceAngle {
    /// The name of an angle between a face's direction and the way to the lens, in radians.
    pub fn of(angle_rad: f32) -> Self {
        match angle_rad.to_degrees() {
            deg if deg < 25.0 => FaceAngle::Front,
            deg if deg < 65.0 => FaceAngle::ThreeQuarter,
            deg if deg < 110.0 => FaceAngle::Profile,
            _ => FaceAngle::Back,
        }
    }
}

/// Where the lens is against what it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameraHeight {
    /// It looks up by more than 12°.
    Low,
    /// Between.
    #[default]
    Level,
    /// It looks down by more than 17°.
    High,
    /// It looks down by more than 60°.
    Overhead,
}

impl CameraHeight {
    /// The name of an elevation of the lens over what it looks at, in radians.
    pub fn of(elevation_rad: f32) -> Self {
        match elevation_rad.to_degrees() {
            deg if deg < -12.0 => CameraHeight::Low,
            deg if deg <= 17.0 => CameraHeight::Level,
            deg if deg <= 60.0 => CameraHeight::High,
            _ => CameraHeight::Overhead,
        }
    }
}

/// How a camera moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Movement {
    /// On a tripod, its head locked.
    Locked,
    /// On a tripod, panning after them.
    Pan,
    /// On a shoulder.
    #[default]
    Handheld,
    /// Rolling slowly nearer.
    Dolly,
    /// Rising or sinking slowly.
    Crane,
}

/// The camera at the beginning of a frame. It looks along its own −z with +y up, +x to the right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CameraPose {
    /// The entrance pupil in the world.
    pub eye_m: Vec3,
    /// `world_from_camera`.
    pub turn: Quat,
    /// Vertical field of view, in radians.
    pub vfov_rad: f32,
    /// Distance of the plane of focus, in metres.
    pub focus_m: f32,
    /// Diameter of the lens opening, in metres.
    pub aperture_m: f32,
}

impl CameraPose {
    /// Where a world point lands on the picture: x and y in −1..1 from left to right and bottom to top, and its depth along the view in
    /// metres (not positive: behind the lens).
    pub fn project(&self, aspect: f32, p: Vec3) -> Vec3 {
        let local = self.turn.inverse() * (p - self.eye_m);
        let depth = -local.z;
        let scale = 1.0 / ((self.vfov_rad / 2.0).tan() * depth.max(1e-4));
        Vec3::new(local.x * scale / aspect, local.y * scale, depth)
    }

    /// Between two cameras of one shot, `t` 0..1.
    pub fn blend(&self, other: &CameraPose, t: f32) -> CameraPose {
        let mix = |a: f32, b: f32| a + (b - a) * t;
        CameraPose {
            eye_m: self.eye_m.lerp(other.eye_m, t),
            turn: self.turn.slerp(other.turn, t),
            vfov_rad: mix(self.vfov_rad, other.vfov_rad),
            focus_m: mix(self.focus_m, other.focus_m),
            aperture_m: mix(self.aperture_m, other.aperture_m),
        }
    }
}

impl Cut {
    /// Index of the shot that holds a frame.
    pub fn shot_at(&self, frame: u64) -> usize {
        self.shots.partition_point(|shot| shot.first_frame <= frame).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_straight_ahead_lands_in_the_middle_and_one_at_the_edge_on_the_edge() {
        let camera = CameraPose {
            eye_m: Vec3::new(0.0, 1.0, 5.0),
            turn: Quat::IDENTITY,
            vfov_rad: std::f32::consts::FRAC_PI_2,
            focus_m: 5.0,
            aperture_m: 0.0,
        };
        assert!(camera.project(2.0, Vec3::new(0.0, 1.0, 0.0)).abs_diff_eq(Vec3::new(0.0, 0.0, 5.0), 1e-6));
        assert!(camera.project(2.0, Vec3::new(10.0, 6.0, 0.0)).abs_diff_eq(Vec3::new(1.0, 1.0, 5.0), 1e-5));
    }
}
