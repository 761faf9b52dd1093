//! Frames of both people smoothed in time, round the loop and in place.

use super::body::Stance;
use clinch_model::SEGMENTS;
use glam::{Quat, Vec3};
use rayon::prelude::*;

/// Frames that are made anew at a time; what they were is kept meanwhile. Enough of them to keep many processors busy.
const CHUNK: usize = 1024;

/// Replaces every frame by what `make` makes of its number and the old frames from `reach` before it to `reach` behind it, round the loop.
pub fn renew(frames: &mut [[Stance; 2]], reach: usize, make: impl Fn(usize, &[[Stance; 2]]) -> [Stance; 2] + Sync) {
    let count = frames.len();
    // The old frames before a chunk, and those that the last chunk finds behind it.
    let mut before: Vec<[Stance; 2]> = (0..reach).map(|i| frames[(i + count * reach - reach) % count]).collect();
    let first: Vec<[Stance; 2]> = (0..reach).map(|i| frames[i % count]).collect();
    for start in (0..count).step_by(CHUNK) {
        let end = (start + CHUNK).min(count);
        let mut near = std::mem::take(&mut before);
        near.extend_from_slice(&frames[start..end]);
        near.extend((end..end + reach).map(|i| if i < count { frames[i] } else { first[i - count] }));
        let made = frames[start..end].par_iter_mut().enumerate();
        made.for_each(|(i, frame)| *frame = make(start + i, &near[i..=i + 2 * reach]));
        before = near[end - start..][..reach].to_vec();
    }
}

/// A Gaussian in time.
pub struct Gaussian {
    /// `[distance in frames]`.
    weights: Vec<f32>,
}

impl Gaussian {
    /// Cut off at three deviations.
    pub fn new(deviation_frames: f64) -> Self {
        let reach = (3.0 * deviation_frames).ceil() as usize;
        Self { weights: (0..=reach).map(|k| (-0.5 * (k as f64 / deviation_frames).powi(2)).exp() as f32).collect() }
    }

    /// How many frames on either side count.
    pub fn reach(&self) -> usize {
        self.weights.len() - 1
    }

    /// The weighted mean of a value at distances from the middle, in frames.
    pub fn mean_of(&self, value: impl Fn(isize) -> f32) -> f32 {
        let reach = self.reach() as isize;
        let weight = |k: isize| self.weights[k.unsigned_abs()];
        let total: f32 = (-reach..=reach).map(weight).sum();
        (-reach..=reach).map(|k| weight(k) * value(k)).sum::<f32>() / total
    }

    /// The weighted mean of frames around the middle one.
    pub fn mean(&self, near: &[[Stance; 2]]) -> [Stance; 2] {
        [0, 1].map(|who| {
            let middle = &near[self.reach()][who];
            let (mut pelvis_m, mut total) = (Vec3::ZERO, 0.0);
            let mut local = [Quat::from_xyzw(0.0, 0.0, 0.0, 0.0); SEGMENTS];
            for (offset, pair) in near.iter().enumerate() {
                let weight = self.weights[offset.abs_diff(self.reach())];
                total += weight;
                pelvis_m += pair[who].pelvis_m * weight;
                for (sum, (q, m)) in local.iter_mut().zip(pair[who].local.iter().zip(&middle.local)) {
                    *sum += *q * (weight * if q.dot(*m) < 0.0 { -1.0 } else { 1.0 });
                }
            }
            Stance { pelvis_m: pelvis_m / total, local: local.map(|q| q.normalize()) }.on_hinges()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(height_m: f32) -> [Stance; 2] {
        [Stance { pelvis_m: Vec3::Y * height_m, local: [Quat::IDENTITY; SEGMENTS] }; 2]
    }

    #[test]
    fn every_frame_sees_the_old_ones_round_the_loop() {
        for count in [1, 4, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 300] {
            let old: Vec<_> = (0..count).map(|i| frame(i as f32)).collect();
            let mut frames = old.clone();
            renew(&mut frames, 12, |i, near| {
                for (k, pair) in near.iter().enumerate() {
                    assert_eq!(pair[0].pelvis_m.y as usize, (i + 12 * count + k - 12) % count, "{k} of {i} of {count}");
                }
                frame(-near[12][1].pelvis_m.y)
            });
            assert!(frames.iter().zip(&old).all(|(new, old)| new[0].pelvis_m == -old[0].pelvis_m));
        }
    }

    #[test]
    fn a_gaussian_keeps_what_is_even_and_flattens_what_isnt() {
        let gaussian = Gaussian::new(4.0);
        assert_eq!(gaussian.reach(), 12);
        let mut even = vec![frame(1.0); 50];
        let mut zigzag: Vec<_> = (0..50).map(|i| frame((i % 2) as f32)).collect();
        for frames in [&mut even, &mut zigzag] {
            renew(frames, gaussian.reach(), |_, near| gaussian.mean(near));
        }
        assert!(even.iter().all(|pair| (pair[0].pelvis_m.y - 1.0).abs() < 1e-6));
        assert!(zigzag.iter().all(|pair| (pair[1].pelvis_m.y - 0.5).abs() < 1e-3));
    }
}
