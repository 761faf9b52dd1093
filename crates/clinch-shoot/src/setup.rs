//! Camera set-ups: for every framing, direction and height, where the lens would be through the whole loop and what it would look at.

use crate::{
    framing::{LENSES_M, Window, look, place, slope_of, toric},
    geometry::Track,
    scene::{Moment, Scene},
};
use clinch_model::{CameraHeight, Relation, ShotSize, Who};
use glam::{Quat, Vec3};
use std::f32::consts::TAU;

/// Directions in the round: every 30°, the least turn that isn't a jump cut.
const DIRECTIONS: usize = 12;
/// Directions of the overhead framing: it shows much the same from everywhere.
const OVERHEAD_DIRECTIONS: usize = 6;
/// Height of a lens near the ground, in metres.
const LOW_M: f32 = 0.24;
/// How slowly the camera's place follows, as the deviation of a Gaussian in seconds: a person walking along, not reacting.
const FOLLOW_SECS: f64 = 0.9;
/// Kept from the set's bounds and from bodies over and above the rules, in metres: for hands and for what moves between two looks.
pub(crate) const SPARE_M: f32 = 0.06;
/// Half the width of the picture in which what a framing promises must surely lie; the rule is 0.92, the rest is for hands.
pub(crate) const PROMISED: Window = Window::middle(0.87);
/// Nearest distance of a lens from the shoulder that it looks over, in metres.
const OVER_SHOULDER_M: [f32; 2] = [0.85, 1.9];

/// A camera set-up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub size: ShotSize,
    pub subject: Option<Who>,
    /// Where the camera stands as seen from the people: yaw about +y from +z; over a shoulder, from the shoulder's side: −1 or 1.
    pub azimuth_rad: f32,
    /// And how far above.
    pub elevation_rad: f32,
    /// Where the lens is.
    pub eye_m: Track<Vec3>,
    /// What it is pointed at: the middle of the picture.
    pub aim_m: Track<Vec3>,
}

/// What a framing asks of the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framing {
    /// Lens it is imagined with, in metres; the shot's own follows from the people.
    lens_m: f32,
    /// Where in the picture what it holds must lie.
    pub window: Window,
    /// Share of the room to spare that lies over the heads.
    above: f32,
    /// Nearest distance to anything it holds, in metres.
    least_m: f32,
    /// How slowly its aim follows, as the deviation of a Gaussian in seconds.
    pan_secs: f64,
    /// How far the window is shifted away from where the subject looks.
    look_room: f32,
}

/// The framings' wishes. Lenses are what documentary crews carry; windows leave a head room of an eighth and stop at hips, chest or feet.
pub(crate) fn framing(size: ShotSize) -> Framing {
    let window = |side: f32, bottom: f32, top: f32| Window { left: -side, right: side, bottom: -bottom, top };
    let of = |lens_m, window, above, least_m, pan_secs, look_room| Framing { lens_m, window, above, least_m, pan_secs, look_room };
    match size {
        ShotSize::Wide => of(0.028, window(0.64, 0.74, 0.48), 0.6, 3.0, 0.6, 0.0),
        ShotSize::Full => of(0.035, window(0.84, 0.86, 0.80), 0.4, 2.4, 0.4, 0.0),
        ShotSize::Two => of(0.040, window(0.80, 0.88, 0.74), 0.3, 1.6, 0.4, 0.0),
        ShotSize::Tight => of(0.065, window(0.72, 0.66, 0.64), 0.45, 1.0, 0.3, 0.0),
        ShotSize::OverShoulder => of(0.050, window(0.84, 0.84, 0.74), 0.4, 0.6, 0.3, 0.0),
        ShotSize::Medium => of(0.050, window(0.66, 1.0, 0.68), 0.3, 1.3, 0.25, 0.16),
        ShotSize::Close => of(0.075, window(0.72, 0.98, 0.70), 0.4, 1.15, 0.2, 0.2),
        ShotSize::Low => of(0.028, window(0.88, 0.80, 0.86), 0.4, 1.9, 0.4, 0.0),
        ShotSize::Overhead => of(0.028, window(0.86, 0.86, 0.86), 0.5, 2.0, 0.6, 0.0),
    }
}

/// Heights of a framing, as elevation of the lens over what it holds, in radians. A face is filmed from a little below for hanging heads
/// (not so far that it is lifted up), nearly level, over a shoulder, and down on somebody who lies.
fn elevations_rad(size: ShotSize) -> &'static [f32] {
    match size {
        ShotSize::Wide => &[0.07],
        ShotSize::Full => &[0.04, 0.42],
        ShotSize::Two => &[0.06, 0.5],
        ShotSize::Tight => &[-0.14, 0.06, 0.5],
        ShotSize::OverShoulder => &[0.1, 0.5],
        ShotSize::Medium => &[0.1, 0.5],
        ShotSize::Close => &[-0.16, 0.08, 0.5, 0.95],
        ShotSize::Low => &[-0.1],
        ShotSize::Overhead => &[1.3],
    }
}

/// What a framing holds within its window.
pub(crate) fn held_m(moment: &Moment, size: ShotSize, subject: Option<Who>) -> Vec<Vec3> {
    match (size, subject) {
        (ShotSize::Close, Some(who)) => moment.portrait_m(who).collect(),
        (ShotSize::Medium, Some(who)) => moment.waist_up_m(who).collect(),
        (ShotSize::Two, _) => moment.trunks_m().collect(),
        (ShotSize::Tight | ShotSize::OverShoulder, _) => moment.heads_m().collect(),
        _ => moment.whole_m().collect(),
    }
}

/// What a framing promises never to lose: both heads and trunks, both heads where it is nearer, or the subject's face.
///
/// Over a shoulder the near head may be cut by the frame's edge, but its middle stays within.
pub(crate) fn promised_m(moment: &Moment, size: ShotSize, subject: Option<Who>) -> Vec<Vec3> {
    match (size, subject) {
        (ShotSize::OverShoulder, Some(who)) => {
            let face = moment.outline_m[who.index()].iter().copied();
            face.chain([moment.head_m[0], moment.head_m[1]]).collect()
        }
        (ShotSize::Tight, _) => moment.heads_m().collect(),
        (_, Some(who)) => moment.outline_m[who.index()].to_vec(),
        _ => moment.trunks_m().collect(),
    }
}

/// All set-ups for a scene.
pub(crate) fn all(scene: &Scene, aspect: f32) -> Vec<Setup> {
    let mut setups = Vec::new();
    for size in ShotSize::ALL {
        let subjects: &[Option<Who>] = if size.has_subject() { &[Some(Who::Cop), Some(Who::Kid)] } else { &[None] };
        let directions = match size {
            ShotSize::OverShoulder => 2,
            ShotSize::Overhead => OVERHEAD_DIRECTIONS,
            _ => DIRECTIONS,
        };
        for &subject in subjects {
            for &elevation_rad in elevations_rad(size) {
                setups.extend((0..directions).map(|i| match size {
                    ShotSize::OverShoulder => setup(scene, size, subject, [-1.0, 1.0][i], elevation_rad, aspect),
                    _ => setup(scene, size, subject, i as f32 / directions as f32 * TAU, elevation_rad, aspect),
                }));
            }
        }
    }
    setups
}

/// Horizontal direction of a yaw.
pub(crate) fn direction(azimuth_rad: f32) -> Vec3 {
    Vec3::new(azimuth_rad.sin(), 0.0, azimuth_rad.cos())
}

impl Setup {
    /// Direction from the people to the lens, unit.
    pub fn way(&self) -> Vec3 {
        direction(self.azimuth_rad) * self.elevation_rad.cos() + Vec3::Y * self.elevation_rad.sin()
    }

    /// Turn of a camera at a place that looks at another with the horizon level; an overhead one has its own direction as up.
    pub fn turn(&self, eye_m: Vec3, aim_m: Vec3) -> Quat {
        look(aim_m - eye_m, if self.size == ShotSize::Overhead { -direction(self.azimuth_rad) } else { Vec3::Y })
    }

    /// Whether the camera goes round with the people, rather than looking from one side of the set.
    pub fn goes_round(&self) -> bool {
        self.size == ShotSize::OverShoulder
    }

    /// Whom it holds.
    pub fn relation(&self) -> Relation {
        match (self.size, self.subject) {
            (ShotSize::OverShoulder, _) => Relation::OverShoulder,
            (_, Some(_)) => Relation::Single,
            _ => Relation::Both,
        }
    }

    /// Where the lens is against what it looks at, in words.
    pub fn height(&self, eye_m: Vec3, aim_m: Vec3) -> CameraHeight {
        let away = eye_m - aim_m;
        CameraHeight::of(away.y.atan2(away.with_y(0.0).length()))
    }
}

fn setup(scene: &Scene, size: ShotSize, subject: Option<Who>, azimuth_rad: f32, elevation_rad: f32, aspect: f32) -> Setup {
    let still = Track { hz: scene.hz, values: Vec::new() };
    let mut setup = Setup { size, subject, azimuth_rad, elevation_rad, eye_m: still.clone(), aim_m: still };
    let framed: Vec<(Vec3, Vec3)> = scene.moments.iter().map(|moment| framed(moment, &setup, aspect)).collect();
    let eye_m = Track { hz: scene.hz, values: framed.iter().map(|(eye, _)| *eye).collect() };
    let aim_m = Track { hz: scene.hz, values: framed.iter().map(|(_, aim)| *aim).collect() };
    setup.eye_m = eye_m.smoothed(FOLLOW_SECS);
    setup.aim_m = aim_m.smoothed(framing(size).pan_secs);
    setup
}

/// Where the lens would be at one moment, and the middle of its picture.
fn framed(moment: &Moment, setup: &Setup, aspect: f32) -> (Vec3, Vec3) {
    match setup.subject {
        Some(who) if setup.size == ShotSize::OverShoulder => over_shoulder(moment, who, setup, aspect),
        _ => in_direction(moment, setup, aspect),
    }
}

/// The nearest lens in a direction that holds what the framing holds.
fn in_direction(moment: &Moment, setup: &Setup, aspect: f32) -> (Vec3, Vec3) {
    let framing = framing(setup.size);
    let points = held_m(moment, setup.size, setup.subject);
    let middle_m = middle(&points);
    // A tall picture takes a wider lens, so that its camera needn't step back to where a wide picture's would be small.
    let slope = slope_of((framing.lens_m * aspect.clamp(0.5, 1.0).powf(0.6)).max(LENSES_M[0]));
    let mut turn = setup.turn(middle_m + setup.way(), middle_m);
    let window = match setup.subject {
        // A head that fills a tall picture's width has its middle.
        Some(who) => {
            let look_room = framing.look_room * aspect.min(1.0).powi(2);
            framing.window.shifted(-look_room * (turn.inverse() * moment.facing[who.index()]).x)
        }
        None => framing.window,
    };
    let mut eye_m = place(&points, turn, slope, aspect, &window, framing.least_m, framing.above);
    if setup.size == ShotSize::Low {
        // The height is given, so the direction follows from the distance.
        for _ in 0..2 {
            turn = setup.turn(eye_m.with_y(LOW_M), middle_m);
            eye_m = place(&points, turn, slope, aspect, &window, framing.least_m, framing.above).with_y(LOW_M);
        }
    }
    let depth_m = (turn.inverse() * (eye_m - middle_m)).z;
    let aim_m = eye_m + turn * Vec3::NEG_Z * depth_m;
    (moment.place.nearest_allowed(middle_m, eye_m, SPARE_M), aim_m)
}

/// The lens over one's shoulder that sees the other's face a little aside of the middle, and the near head at the edge.
fn over_shoulder(moment: &Moment, who: Who, setup: &Setup, aspect: f32) -> (Vec3, Vec3) {
    /// Where the face and the near head's middle lie in the half picture.
    const PLACES: [f32; 2] = [0.22, 0.62];
    /// How far aside of the line the lens stands, as seen from the face.
    const ASIDE_RAD: f32 = 0.45;
    let (face_m, near_m) = (moment.head_m[who.index()], moment.head_m[who.other().index()]);
    let wide = slope_of(framing(setup.size).lens_m) * aspect;
    let [from_face, from_near] = PLACES.map(|share| (share * wide).atan());
    let apart_m = face_m.distance(near_m);
    // By the law of sines the near head is |ab|·sin γ/sin α away: the angle on the screen gives way where that would be in the coat or far off.
    let near_rad = |distance_m: f32| (apart_m * ASIDE_RAD.sin() / distance_m).clamp(0.01, 0.9).asin();
    let alpha_rad = (from_face + from_near).clamp(near_rad(OVER_SHOULDER_M[1]), near_rad(OVER_SHOULDER_M[0]));
    let side = setup.azimuth_rad;
    let eye_m = toric(face_m, near_m, alpha_rad, ASIDE_RAD, setup.elevation_rad, side);
    let eye_m = moment.place.nearest_allowed(face_m, eye_m, SPARE_M);
    // The picture's middle lies between both heads, as the wanted places divide the way.
    let share = from_face / (from_face + from_near);
    let (to_face, to_near) = (face_m - eye_m, near_m - eye_m);
    let aim = to_face.normalize_or_zero().lerp(to_near.normalize_or_zero(), share).normalize_or(Vec3::Z);
    (eye_m, eye_m + aim * to_face.length())
}

/// Middle of the box round some points.
fn middle(points: &[Vec3]) -> Vec3 {
    let (low, high) = points.iter().fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), &point| (low.min(point), high.max(point)));
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{framing::slope_needed, scene::tests::heads};
    use clinch_model::CameraPose;

    #[test]
    fn over_a_shoulder_the_far_face_is_near_the_middle_and_the_near_head_on_the_other_side() {
        let moment = heads(Vec3::new(0.0, 1.65, 0.0), Vec3::new(0.1, 1.55, 0.5), [Vec3::Z, Vec3::NEG_Z]);
        let still = Track { hz: 1.0, values: vec![Vec3::ZERO] };
        for (who, side) in [(Who::Cop, 1.0), (Who::Cop, -1.0), (Who::Kid, 1.0)] {
            let setup = Setup {
                size: ShotSize::OverShoulder,
                subject: Some(who),
                azimuth_rad: side,
                elevation_rad: 0.1,
                eye_m: still.clone(),
                aim_m: still.clone(),
            };
            let (eye_m, aim_m) = framed(&moment, &setup, 16.0 / 9.0);
            let pose = CameraPose { eye_m, turn: setup.turn(eye_m, aim_m), vfov_rad: 0.47, focus_m: 1.0, aperture_m: 0.0 };
            let [face, near] = [who, who.other()].map(|who| pose.project(16.0 / 9.0, moment.head_m[who.index()]));
            assert!(face.x * near.x < 0.0 && face.x.abs() < near.x.abs() && near.x.abs() < 1.0, "{face} {near}");
            assert!(near.z + 0.2 < face.z && moment.face_angle_rad(eye_m, who) < 0.9);
            let turned_away = moment.face_angle_rad(eye_m, who.other());
            assert!(turned_away > 1.9, "{turned_away}");
        }
    }

    #[test]
    fn a_two_shot_has_head_room_and_both_in_frame_at_any_shape() {
        let moment = heads(Vec3::new(0.0, 1.65, 0.0), Vec3::new(0.1, 1.55, 0.5), [Vec3::Z, Vec3::NEG_Z]);
        let still = Track { hz: 1.0, values: vec![Vec3::ZERO] };
        for aspect in [9.0 / 16.0, 1.0, 16.0 / 9.0, 2.39] {
            let setup = Setup {
                size: ShotSize::Tight,
                subject: None,
                azimuth_rad: 1.2,
                elevation_rad: 0.06,
                eye_m: still.clone(),
                aim_m: still.clone(),
            };
            let (eye_m, aim_m) = framed(&moment, &setup, aspect);
            let turn = setup.turn(eye_m, aim_m);
            let window = framing(ShotSize::Tight).window;
            let slope = slope_needed(moment.heads_m(), eye_m, turn, aspect, &window);
            let pose = CameraPose { eye_m, turn, vfov_rad: 2.0 * slope.atan(), focus_m: 1.0, aperture_m: 0.0 };
            let top = moment.heads_m().map(|p| pose.project(aspect, p).y).fold(-1.0_f32, f32::max);
            assert!(top <= window.top + 1e-3 && (aspect < 1.0 || top > 0.3), "{aspect}: {top}");
            assert!(slope <= slope_of(LENSES_M[0]) && slope >= slope_of(LENSES_M[1]) * 0.9, "{slope}");
        }
    }
}
