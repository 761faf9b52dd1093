//! The body behind the camera: a hand that holds it, breathes with them, and starts when they do.

use crate::scene::{CueKind, Scene};
use clinch_model::{CameraPose, Secs, Who, random::Stream};
use glam::{Quat, Vec3};
use std::f64::consts::TAU;

/// Shakes a second of a hand-held camera: breath and sway below, tremor above; what a body with a camera does.
const HAND_HZ: [f64; 2] = [0.3, 3.0];
/// Waves that make up one direction of the hand; with ten none is heard alone.
const HAND_WAVES: usize = 10;
/// Deviation of the hand's place at full unrest, in metres.
const HAND_M: f32 = 0.0055;
/// Deviation of the hand's angle at full unrest, in radians (a third of a degree), at the lens that sees 40°; long lenses are held firmer.
const HAND_RAD: f32 = 0.0055;
/// Unrest where nobody exerts themselves, and what full effort adds.
const CALM: f32 = 0.3;
const EFFORT: f32 = 1.1;
/// How far a full breath of theirs moves the operator's: up by so many metres, and the lens by so many radians.
const BREATH_M: f32 = 0.004;
const BREATH_RAD: f32 = 0.0016;
/// How a sudden effort of theirs makes the operator start: after a reaction time, in seconds, by so many radians at the lens that sees 40°,
/// swinging and dying away as a mass on muscle does. A tenth of a second is a startle's latency.
const START_AFTER_SECS: f64 = 0.10;
const START_RAD: f32 = 0.011;
const START_HZ: f64 = 2.2;
const START_DIES_SECS: f64 = 0.22;

/// A hand that holds a camera: band-limited noise in place and angle, as strong as the struggle is.
pub(crate) struct Hand {
    /// `[x, y, z, pitch, yaw, roll]`, each a sum of waves of frequency in Hz, phase in radians and amplitude.
    waves: [[(f64, f64, f32); HAND_WAVES]; 6],
    /// Share of a shoulder's unrest that the support lets through, 0 on a locked tripod.
    share: f32,
    /// Which way it starts: −1 or 1 in yaw.
    starts: f32,
}

impl Hand {
    /// Named by where the shot begins, so that its hand doesn't depend on the shots before it.
    pub fn new(seed: u64, first_frame: u64, share: f32) -> Self {
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
        let waves = std::array::from_fn(|_| direction());
        Self { waves, share, starts: if stream.unit() < 0.5 { -1.0 } else { 1.0 } }
    }

    fn value(&self, direction: usize, at_secs: f64) -> f32 {
        let wave = |&(hz, phase, amplitude): &(f64, f64, f32)| amplitude * (TAU * hz * at_secs + phase).sin() as f32;
        self.waves[direction].iter().map(wave).sum::<f32>()
    }

    /// Moves a camera as the hand does at a time; `with` is whose breath it takes up.
    pub fn hold(&self, pose: &mut CameraPose, scene: &Scene, at: Secs, with: Who) {
        let unrest = self.share * (CALM + EFFORT * scene.effort.at(at.0).clamp(0.0, 1.0));
        let breath = self.share * scene.breath[with.index()].at(at.0).clamp(-1.0, 1.0);
        let v = |direction| self.value(direction, at.0) * unrest;
        pose.eye_m += Vec3::new(v(0), v(1), v(2)) * HAND_M + Vec3::Y * breath * BREATH_M;
        // Long lenses are held firmer, but never as firm as they are long.
        let lens = pose.vfov_rad / 0.7;
        let start = self.share * started(scene, at) * START_RAD * lens;
        let angle = HAND_RAD * lens;
        let pitch = v(3) * angle + breath * BREATH_RAD * lens - 0.5 * start;
        let shake = Quat::from_rotation_y(v(4) * angle + self.starts * start)
            * Quat::from_rotation_x(pitch)
            * Quat::from_rotation_z(v(5) * angle * 0.6);
        pose.turn = (pose.turn * shake).normalize();
    }
}

/// How far the operator has started at a sudden effort: a damped swing after each.
fn started(scene: &Scene, at: Secs) -> f32 {
    let swing = |after_secs: f64| {
        let begun = (after_secs / 0.12).min(1.0);
        (begun * begun * (3.0 - 2.0 * begun) * (-after_secs / START_DIES_SECS).exp() * (TAU * START_HZ * after_secs).sin()) as f32
    };
    let sudden = scene.cues.iter().filter(|cue| matches!(cue.kind, CueKind::Accent(_) | CueKind::Shove));
    sudden.map(|cue| at.0 - cue.at.0 - START_AFTER_SECS).filter(|after| (0.0..1.5).contains(after)).map(swing).fold(0.0, |a, b| a + b)
}
