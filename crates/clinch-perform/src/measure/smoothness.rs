//! How jerky the motion is.

use clinch_model::{Cast, Performance, SEGMENTS, Secs, Who};
use glam::Vec3;

/// Rate at which jerk is taken, a second: motion capture of two people, against which simulated motion is compared, has 30 frames.
pub(crate) const JERK_HZ: f64 = 30.0;

/// Mean size of the third time derivative of the joints' places, in m/s³, over both people, the sixteen segments' origins and the time, round
/// the loop.
///
/// Third difference over four places that are `1 / JERK_HZ` apart: `|p₃ − 3 p₂ + 3 p₁ − p₀| × JERK_HZ³`.
pub(crate) fn jerk_m_per_sec3(performance: &Performance, cast: &Cast) -> f64 {
    let count = (performance.duration.0 * JERK_HZ).round() as usize;
    let joints = |step: usize| -> [[Vec3; SEGMENTS]; 2] {
        let sample = performance.at(Secs(step as f64 / JERK_HZ));
        Who::BOTH.map(|who| cast.person(who).skeleton.place(&sample.person(who).pose).map(|placed| placed.origin_m))
    };
    let mut near = [0, 1, 2].map(joints);
    let mut sum = 0.0;
    for step in 0..count {
        let next = joints(step + 3);
        for who in 0..2 {
            for joint in 0..SEGMENTS {
                sum += f64::from(third_difference([near[0], near[1], near[2], next].map(|at| at[who][joint])).length());
            }
        }
        near = [near[1], near[2], next];
    }
    sum * JERK_HZ.powi(3) / (2 * SEGMENTS * count).max(1) as f64
}

pub(crate) fn third_difference(p: [Vec3; 4]) -> Vec3 {
    (p[3] - p[0]) - (p[2] - p[1]) * 3.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture::{moved, performance};

    #[test]
    fn a_parabola_has_no_jerk_and_a_cubic_six_times_its_factor() {
        let at = |f: fn(f32) -> f32| [0.0, 0.1, 0.2, 0.3].map(|t| Vec3::X * f(t));
        assert!(third_difference(at(|t| 3.0 * t * t - t)).length() < 1e-6);
        let jerk = third_difference(at(|t| 0.5 * t * t * t)).length() / 0.1f32.powi(3);
        assert!((jerk - 3.0).abs() < 1e-2, "{jerk}");
    }

    #[test]
    fn swaying_has_the_jerk_of_a_sine() {
        // x = A sin ωt has the mean jerk A ω³ × 2/π; differences over h see sin(ωh/2) / (ωh/2) of each derivative.
        let (amplitude_m, omega) = (0.1, std::f64::consts::TAU);
        let still = |secs: f64| moved(&Default::default(), |_, pose| pose.pelvis_m.x += (amplitude_m * (omega * secs).sin()) as f32);
        let performance = performance(4.0, still);
        let half = omega / JERK_HZ / 2.0;
        let expected = amplitude_m * omega.powi(3) * std::f64::consts::FRAC_2_PI * (half.sin() / half).powi(3);
        let measured = jerk_m_per_sec3(&performance, &crate::stand_in::cast());
        assert!((measured - expected).abs() < 0.02 * expected, "{measured} for {expected}");
    }
}
