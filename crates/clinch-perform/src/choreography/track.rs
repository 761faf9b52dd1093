//! Dense poses as a smooth curve of time.

use super::body::Stance;
use clinch_model::{Pose, SEGMENTS};
use glam::{Quat, Vec3};

/// Poses of both people at even times round the loop.
pub struct Track {
    /// `[sample][who]`.
    samples: Vec<[Pose; 2]>,
    /// `[who][sample]`: centres of mass.
    centres_m: [Vec<Vec3>; 2],
    duration_secs: f64,
}

/// A centre of mass on its way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Centre {
    /// Where it is.
    pub at_m: Vec3,
    /// Its velocity and acceleration in the reference's own time.
    pub velocity_m_per_sec: Vec3,
    /// See `velocity_m_per_sec`.
    pub acceleration_m_per_sec2: Vec3,
}

impl Track {
    /// Takes frames that are spread evenly over the song.
    pub fn new(frames: Vec<[Stance; 2]>, centres_m: [Vec<Vec3>; 2], duration_secs: f64) -> Self {
        Self { samples: frames.into_iter().map(|pair| pair.each_ref().map(Stance::pose)).collect(), centres_m, duration_secs }
    }

    /// Both centres of mass at a time within the song: a uniform cubic B-spline, whose acceleration is continuous.
    pub fn centres_at(&self, secs: f64) -> [Centre; 2] {
        let count = self.samples.len();
        let rate_hz = count as f64 / self.duration_secs;
        let place = secs * rate_hz;
        let (t, index) = ((place - place.floor()) as f32, place.floor() as usize + count);
        let rate_hz = rate_hz as f32;
        [0, 1].map(|who| {
            let near: [Vec3; 4] = std::array::from_fn(|k| self.centres_m[who][(index + k - 1) % count]);
            let mix = |weights: [f32; 4]| near.iter().zip(weights).map(|(p, w)| *p * w).sum::<Vec3>();
            let u = 1.0 - t;
            let (t2, t3) = (t * t, t * t * t);
            Centre {
                at_m: mix([u * u * u, 3.0 * t3 - 6.0 * t2 + 4.0, -3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0, t3].map(|w| w / 6.0)),
                velocity_m_per_sec: mix([-u * u, 3.0 * t2 - 4.0 * t, -3.0 * t2 + 2.0 * t + 1.0, t2].map(|w| w / 2.0)) * rate_hz,
                acceleration_m_per_sec2: mix([u, 3.0 * t - 2.0, -3.0 * t + 1.0, t]) * (rate_hz * rate_hz),
            }
        })
    }

    /// Both poses at a time within the song: a cubic through the samples with continuous velocity, round the loop.
    pub fn at(&self, secs: f64) -> [Pose; 2] {
        let count = self.samples.len();
        let place = secs / self.duration_secs * count as f64;
        let first = place.floor();
        let t = (place - first) as f32;
        let index = first as usize + count;
        let near = [index - 1, index, index + 1, index + 2].map(|i| &self.samples[i % count]);
        let weights = catmull_rom(t);
        [0, 1].map(|who| mixed(&near.map(|pair| &pair[who]), &weights))
    }
}

/// Weights of four neighbours in a cubic that passes through the middle two with a continuous slope (Catmull and Rom 1974).
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [(-t3 + 2.0 * t2 - t) / 2.0, (3.0 * t3 - 5.0 * t2 + 2.0) / 2.0, (-3.0 * t3 + 4.0 * t2 + t) / 2.0, (t3 - t2) / 2.0]
}

/// A weighted mean of four neighbouring poses.
fn mixed(near: &[&Pose; 4], weights: &[f32; 4]) -> Pose {
    let mut pelvis_m = Vec3::ZERO;
    let mut turn = [Quat::from_xyzw(0.0, 0.0, 0.0, 0.0); SEGMENTS];
    for (pose, &weight) in near.iter().zip(weights) {
        pelvis_m += pose.pelvis_m * weight;
        for (i, sum) in turn.iter_mut().enumerate() {
            let sign = if pose.turn[i].dot(near[1].turn[i]) < 0.0 { -1.0 } else { 1.0 };
            *sum += pose.turn[i] * (weight * sign);
        }
    }
    Pose { pelvis_m, turn: turn.map(|q| q.normalize()) }
}
