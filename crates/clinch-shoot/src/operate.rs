//! The operator: every frame's camera of the chosen takes.

use crate::{
    Options,
    edit::{Marks, Take},
    judge::{look_along, slope_needed},
    scene::{HEAD_RADIUS_M, Moment, Scene},
    setup::{HALF_FILM_M, LENSES_M, Setup},
};
use clinch_model::{CameraPose, Secs, Shot, ShotSize, random::Stream};
use glam::{Quat, Vec3};
use std::f64::consts::TAU;

/// Shakes a second of a hand-held camera: breath and sway below, tremor above; what a body with a camera does.
const HAND_HZ: [f64; 2] = [0.3, 3.0];
/// Waves that make up one direction of the hand; with ten none is heard alone.
const HAND_WAVES: usize = 10;
/// Deviation of the hand's place at rest, in metres.
const HAND_M: f32 = 0.004;
/// Deviation of the hand's angle at rest, in radians (a quarter of a degree), at the lens that sees 40°; long lenses are held firmer.
const HAND_RAD: f32 = 0.0044;
/// How much closer a long shot goes over its length, as a share of the distance: felt, not seen.
const PUSH: f32 = 0.05;
/// Shots shorter than this don't go closer, in seconds.
const PUSH_FROM_SECS: f64 = 3.5;

/// Films all takes.
pub(crate) fn all(scene: &Scene, setups: &[Setup], marks: &Marks, takes: &[Take], options: &Options) -> Vec<Shot> {
    takes.iter().map(|take| film(scene, &setups[take.setup], marks, take, options)).collect()
}

fn film(scene: &Scene, setup: &Setup, marks: &Marks, take: &Take, options: &Options) -> Shot {
    let (first_frame, end_frame) = (marks.frames[take.first], marks.frames[take.end]);
    let times: Vec<Secs> = (first_frame..=end_frame).map(|frame| options.rate.start_of(frame)).collect();
    let moments: Vec<Moment> = times.iter().map(|&at| scene.at(at)).collect();
    let loud = (take.first..take.end).map(|stretch| marks.intensity[stretch]).fold(0.0, f64::max) as f32;
    // Named by where it begins, so that a shot's hand doesn't depend on the shots before it.
    let hand = Hand::new(options.seed, first_frame, 0.6 + 0.9 * loud);

    let mut camera: Vec<CameraPose> = times.iter().map(|&at| steady(setup, at, &times)).collect();
    let slope = lens_slope(setup, &camera, &moments, options.aspect);
    let focal_m = HALF_FILM_M / slope;
    for ((pose, &at), moment) in camera.iter_mut().zip(&times).zip(&moments) {
        pose.vfov_rad = 2.0 * slope.atan();
        hand.hold(pose, at.0);
        pose.aperture_m = focal_m / f_number(setup.size);
        pose.focus_m = focus_m(pose, setup, moment);
    }
    smooth_focus(&mut camera, options.rate.hz());
    Shot { first_frame, end_frame, size: setup.size, subject: setup.subject, camera }
}

/// The camera before a hand holds it.
fn steady(setup: &Setup, at: Secs, times: &[Secs]) -> CameraPose {
    let (aim, eye) = (setup.aim_m.at(at.0), setup.eye_m.at(at.0));
    let (start, end) = (times[0], times[times.len() - 1]);
    let length_secs = (end - start).0;
    let pushes = length_secs >= PUSH_FROM_SECS && matches!(setup.size, ShotSize::Two | ShotSize::Close);
    let share = if pushes { PUSH * ((at - start).0 / length_secs) as f32 } else { 0.0 };
    let eye_m = eye.lerp(aim, share).with_y(eye.y);
    CameraPose { eye_m, turn: look_along(eye_m, aim, setup), vfov_rad: 1.0, focus_m: 1.0, aperture_m: 0.0 }
}

/// Stop of each framing: faces stand out, places don't.
fn f_number(size: ShotSize) -> f32 {
    match size {
        ShotSize::Close => 2.8,
        ShotSize::Two | ShotSize::Low => 4.0,
        ShotSize::Wide | ShotSize::Overhead => 5.6,
    }
}

/// Tangent of half the field of view for a whole shot: one lens that frames its fullest moment as the framing wants.
fn lens_slope(setup: &Setup, camera: &[CameraPose], moments: &[Moment], aspect: f32) -> f32 {
    let needed = |points: &dyn Fn(&Moment) -> Vec<Vec3>| {
        let at = |(pose, moment): (&CameraPose, &Moment)| slope_needed(points(moment).into_iter(), pose.eye_m, pose.turn, aspect);
        camera.iter().zip(moments).map(at).fold(0.0, f32::max)
    };
    let promised = needed(&|moment| moment.promised_m().collect());
    let whole = needed(&|moment| moment.whole_m().collect());
    // Shares of the frame, from its middle to its edge; never so tight that the hand could lose a head.
    let slope = match setup.subject {
        Some(who) => {
            let head = needed(&|moment| head_points(moment.head_m[who.index()]));
            (head / 0.66).clamp(0.25 / 1.55, 0.42 / 1.55)
        }
        None => match setup.size {
            ShotSize::Wide => (whole / 0.55).max(promised / 0.6),
            ShotSize::Low => (whole / 0.92).max(promised / 0.84),
            ShotSize::Overhead => (whole / 0.92).max(promised / 0.80),
            _ => promised / 0.80,
        },
    };
    slope.clamp(HALF_FILM_M / LENSES_M[1], HALF_FILM_M / LENSES_M[0])
}

fn head_points(head: Vec3) -> Vec<Vec3> {
    [Vec3::X, Vec3::Y, Vec3::Z].into_iter().flat_map(|axis| [head + axis * HEAD_RADIUS_M, head - axis * HEAD_RADIUS_M]).collect()
}

/// Distance of the plane of focus: the subject's eyes, or midway between both faces.
fn focus_m(pose: &CameraPose, setup: &Setup, moment: &Moment) -> f32 {
    let target = match setup.subject {
        Some(who) => moment.eyes_m[who.index()],
        None => (moment.eyes_m[0] + moment.eyes_m[1]) / 2.0,
    };
    (pose.turn.inverse() * (pose.eye_m - target)).z.max(0.3)
}

/// A focus puller follows with a quarter of a second's ease; zero-phase within the shot, because the pull was rehearsed.
fn smooth_focus(camera: &mut [CameraPose], rate_hz: f64) {
    let reach = (0.25 * rate_hz).round() as usize;
    let raw: Vec<f32> = camera.iter().map(|pose| pose.focus_m).collect();
    for (i, pose) in camera.iter_mut().enumerate() {
        let near = &raw[i.saturating_sub(reach)..(i + reach + 1).min(raw.len())];
        pose.focus_m = near.iter().sum::<f32>() / near.len() as f32;
    }
}

/// A hand that holds a camera: band-limited noise in place and angle.
struct Hand {
    /// `[x, y, z, pitch, yaw, roll]`, each a sum of waves of frequency in Hz, phase in radians and amplitude.
    waves: [[(f64, f64, f32); HAND_WAVES]; 6],
    strength: f32,
}

impl Hand {
    fn new(seed: u64, first_frame: u64, strength: f32) -> Self {
        let mut stream = Stream::new(seed, &format!("shoot hand {first_frame}"));
        let mut wave = |i: usize| {
            // Frequencies spread evenly by ratio, amplitude falling with frequency, as a mass on a spring of muscle does.
            let [low, high] = HAND_HZ;
            let hz = low * (high / low).powf((i as f64 + stream.unit()) / HAND_WAVES as f64);
            (hz, stream.unit() * TAU, (low / hz) as f32)
        };
        let mut direction = || {
            let mut waves = std::array::from_fn(&mut wave);
            let power: f32 = waves.iter().map(|(_, _, amplitude): &(f64, f64, f32)| amplitude * amplitude / 2.0).sum();
            waves.iter_mut().for_each(|(_, _, amplitude)| *amplitude /= power.sqrt());
            waves
        };
        Self { waves: std::array::from_fn(|_| direction()), strength }
    }

    fn value(&self, direction: usize, at_secs: f64) -> f32 {
        let wave = |&(hz, phase, amplitude): &(f64, f64, f32)| amplitude * (TAU * hz * at_secs + phase).sin() as f32;
        self.waves[direction].iter().map(wave).sum::<f32>() * self.strength
    }

    fn hold(&self, pose: &mut CameraPose, at_secs: f64) {
        let v = |direction| self.value(direction, at_secs);
        pose.eye_m += Vec3::new(v(0), v(1), v(2)) * HAND_M;
        let angle = HAND_RAD * pose.vfov_rad / 0.7;
        let shake = Quat::from_rotation_y(v(4) * angle) * Quat::from_rotation_x(v(3) * angle) * Quat::from_rotation_z(v(5) * angle * 0.6);
        pose.turn = (pose.turn * shake).normalize();
    }
}
