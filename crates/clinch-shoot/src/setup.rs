//! Camera set-ups: where a camera may stand for each framing, and how it goes along with the people.

use crate::{
    geometry::Track,
    scene::{Moment, Scene},
};
use clinch_model::{ShotSize, Who};
use glam::Vec3;
use std::{f32::consts::TAU, sync::Arc};

/// Half the height of a full-frame picture, in metres of film: 24 mm stills frame.
pub(crate) const HALF_FILM_M: f32 = 0.012;
/// Shortest and longest lens, in metres.
pub(crate) const LENSES_M: [f32; 2] = [0.024, 0.085];
/// Directions in the round for framings of both and for close ones: every 30°, the least turn that isn't a jump cut.
const DIRECTIONS: usize = 12;
/// Directions of the overhead framing: it shows much the same from everywhere.
const OVERHEAD_DIRECTIONS: usize = 6;
/// Heights from which a face may be filmed, as elevation of the lens over it in radians: from below for hanging heads, nearly level,
/// over a shoulder, and down on somebody who lies.
const ELEVATIONS_RAD: [f32; 4] = [-0.35, 0.08, 0.52, 0.96];
/// Cameras stay within this of the world's origin, in metres: the set's pieces begin at 6 m and the rule is 5 m; the rest is for the hand.
pub(crate) const GROUND_REACH_M: f32 = 4.75;
/// Greatest height of a camera, in metres: the rule is 4.2 m, under the lamp.
pub(crate) const MOST_HEIGHT_M: f32 = 4.1;
/// Least height of a camera, in metres: the rule is 0.12 m, the rest is for the hand.
pub(crate) const LEAST_HEIGHT_M: f32 = 0.16;
/// How slowly the camera's place follows, as the deviation of a Gaussian in seconds: a person walking along, not reacting.
const FOLLOW_SECS: f64 = 0.9;
/// How slowly its aim follows: an operator panning.
const PAN_SECS: f64 = 0.4;
/// How slowly a close shot pans; a face must not leave the frame.
const CLOSE_PAN_SECS: f64 = 0.22;

/// A camera set-up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub size: ShotSize,
    pub subject: Option<Who>,
    /// Where the camera stands as seen from the people: yaw about +y from +z.
    pub azimuth_rad: f32,
    /// And how far above.
    pub elevation_rad: f32,
    /// Where the lens is.
    pub eye_m: Track<Vec3>,
    /// What it is pointed at; many set-ups share it.
    pub aim_m: Arc<Track<Vec3>>,
}

/// All set-ups for a scene.
pub(crate) fn all(scene: &Scene, aspect: f32) -> Vec<Setup> {
    let slow = Slow::of(scene);
    let mut setups = Vec::new();
    for (size, directions) in
        [(ShotSize::Wide, DIRECTIONS), (ShotSize::Two, DIRECTIONS), (ShotSize::Low, DIRECTIONS), (ShotSize::Overhead, OVERHEAD_DIRECTIONS)]
    {
        setups.extend((0..directions).map(|i| of_both(scene, &slow, size, i as f32 / directions as f32 * TAU, aspect)));
    }
    for who in Who::BOTH {
        for elevation_rad in ELEVATIONS_RAD {
            setups.extend((0..DIRECTIONS).map(|i| close(&slow, who, i as f32 / DIRECTIONS as f32 * TAU, elevation_rad)));
        }
    }
    setups
}

/// Tracks that every set-up follows.
struct Slow {
    middle_m: Track<Vec3>,
    pan_m: Arc<Track<Vec3>>,
    whole_pan_m: Arc<Track<Vec3>>,
    head_height_m: Track<f32>,
    head_m: [Track<Vec3>; 2],
    head_pan_m: [Arc<Track<Vec3>>; 2],
}

impl Slow {
    fn of(scene: &Scene) -> Self {
        Self {
            middle_m: scene.middle_m.smoothed(FOLLOW_SECS),
            pan_m: scene.middle_m.smoothed(PAN_SECS).into(),
            whole_pan_m: scene.whole_middle_m.smoothed(PAN_SECS).into(),
            head_height_m: scene.head_height_m.smoothed(FOLLOW_SECS),
            head_m: [0, 1].map(|who| scene.head_m[who].smoothed(FOLLOW_SECS)),
            head_pan_m: [0, 1].map(|who| scene.head_m[who].smoothed(CLOSE_PAN_SECS).into()),
        }
    }
}

/// Horizontal direction of a yaw.
pub(crate) fn direction(azimuth_rad: f32) -> Vec3 {
    Vec3::new(azimuth_rad.sin(), 0.0, azimuth_rad.cos())
}

/// A set-up that shows both.
fn of_both(scene: &Scene, slow: &Slow, size: ShotSize, azimuth_rad: f32, aspect: f32) -> Setup {
    let box_middle = |look: usize| if size == ShotSize::Two { scene.middle_m.values[look] } else { scene.whole_middle_m.values[look] };
    let place = |look: usize| {
        let (middle, heads) = (slow.middle_m.values[look], slow.head_height_m.values[look]);
        if size == ShotSize::Overhead {
            // A little aside, so that faces that look up or forward are seen and the picture has an up.
            let aside = direction(azimuth_rad) * 0.55;
            return Vec3::new(middle.x + aside.x, MOST_HEIGHT_M - 0.1, middle.z + aside.z);
        }
        let away = wanted_distance_m(&scene.moments[look], box_middle(look), size, azimuth_rad, aspect).min(room_m(middle, azimuth_rad));
        let height = match size {
            ShotSize::Low => 0.26,
            ShotSize::Wide => (0.75 * heads + 0.25).clamp(0.55, 1.5),
            _ => (heads + 0.02).clamp(0.45, 1.55),
        };
        let on_ground = middle + direction(azimuth_rad) * away;
        Vec3::new(on_ground.x, height, on_ground.z)
    };
    let raw = Track { hz: scene.hz, values: (0..scene.moments.len()).map(place).collect() };
    let elevation_rad = if size == ShotSize::Overhead { 1.3 } else { 0.0 };
    let aim_m = if size == ShotSize::Two { slow.pan_m.clone() } else { slow.whole_pan_m.clone() };
    Setup { size, subject: None, azimuth_rad, elevation_rad, eye_m: raw.smoothed(FOLLOW_SECS), aim_m }
}

/// Distance at which the framing's own lens shows the pair as large as the framing wants, in metres.
fn wanted_distance_m(moment: &Moment, middle: Vec3, size: ShotSize, azimuth_rad: f32, aspect: f32) -> f32 {
    // Lens in metres and share of the frame to fill: wide 28 mm, two 40 mm, low 28 mm are what documentary crews carry.
    let (lens_m, fill, least_m) = match size {
        ShotSize::Wide => (0.028, 0.48, 3.4),
        ShotSize::Low => (0.028, 0.80, 1.9),
        _ => (0.042, 0.70, 1.9),
    };
    let right = direction(azimuth_rad + TAU / 4.0);
    let extent = |points: &mut dyn Iterator<Item = Vec3>| {
        points.map(|p| p - middle).fold((0.0_f32, 0.0_f32), |(w, h), p| (w.max(p.dot(right).abs()), h.max(p.y.abs())))
    };
    let (half_width, half_height) = if size == ShotSize::Two { extent(&mut moment.promised_m()) } else { extent(&mut moment.whole_m()) };
    let slope = HALF_FILM_M / lens_m * fill;
    (half_height / slope).max(half_width / (slope * aspect)).max(least_m)
}

/// How far a camera may go from a place in a direction before it leaves the set, in metres.
fn room_m(from: Vec3, azimuth_rad: f32) -> f32 {
    let (from, way) = (Vec3::new(from.x, 0.0, from.z), direction(azimuth_rad));
    let along = from.dot(way);
    let square = along * along - from.length_squared() + GROUND_REACH_M * GROUND_REACH_M;
    (square.max(0.0).sqrt() - along).max(0.5)
}

/// A set-up on one face.
fn close(slow: &Slow, who: Who, azimuth_rad: f32, elevation_rad: f32) -> Setup {
    // Near enough to be among them, far enough not to be hit by an elbow; 50–85 mm there doesn't swell a nose.
    const AWAY_M: f32 = 1.55;
    let (sin, cos) = elevation_rad.sin_cos();
    let way = direction(azimuth_rad) * cos + Vec3::Y * sin;
    let head = &slow.head_m[who.index()];
    let place = |&head: &Vec3| {
        let eye = head + way * AWAY_M;
        Vec3::new(eye.x, eye.y.clamp(LEAST_HEIGHT_M + 0.06, MOST_HEIGHT_M), eye.z)
    };
    Setup {
        size: ShotSize::Close,
        subject: Some(who),
        azimuth_rad,
        elevation_rad,
        eye_m: Track { hz: head.hz, values: head.values.iter().map(place).collect() },
        aim_m: slow.head_pan_m[who.index()].clone(),
    }
}
