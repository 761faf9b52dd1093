//! What compositors ask for besides the picture: depth, normals, motion and masks.

use crate::{
    Error, SHUTTER, Studio,
    bodies::Posture,
    camera::Camera,
    posture,
    sampler::{Sampler, Use},
};
use clinch_model::{Cut, Performance, Secs};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Samples of a pixel that masks are made of.
pub(crate) const MASK_SAMPLES: u32 = 16;
/// Depth of what lies behind everything, in metres: what Blender writes there.
pub const FARTHEST_M: f32 = 1e10;
/// Distance at which the sky is taken to stand for its motion, in metres.
const SKY_M: f32 = 1e4;

/// A frame's layers, all `[row][column]` from the top left.
///
/// Depth, normals and motion are those of the one point that the middle of the pixel shows through the middle of the lens, in the middle of the
/// shutter's time: neither smoothed nor blurred, because means of them over an edge belong to nothing. Masks are blurred as the picture is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layers {
    /// Distance from the camera along its axis, in metres; [`FARTHEST_M`] for the sky.
    pub depth_m: Vec<f32>,
    /// Unit normal in world space (y up); zero for the sky.
    pub normal: Vec<Vec3>,
    /// Motion in the picture in pixels a frame, to the right and upwards, at the speed of the shutter's time.
    pub motion_pixels: Vec<Vec2>,
    /// `[who]`: share of the pixel that shows a person, 0..1.
    pub person: [Vec<f32>; 2],
}

/// The layers of a pixel.
pub(crate) struct Pixel {
    pub depth_m: f32,
    pub normal: Vec3,
    pub motion_pixels: Vec2,
    /// `[who]`.
    pub person: [f32; 2],
}

impl Studio<'_> {
    /// The layers of a frame; they lie on what [`Studio::radiance`] lights, but for drops.
    ///
    /// # Errors
    /// As [`Studio::frame`].
    pub fn layers(&mut self, performance: &Performance, cut: &Cut, frame: u64) -> Result<Layers, Error> {
        if performance.samples.is_empty() {
            return Err(Error::NoMotion);
        }
        let (open, close) = self.cameras(cut, frame)?;
        let size = self.options.size;
        let camera = Camera::new(&open, &close, size.width, size.height);
        let open_at = cut.rate.start_of(frame);
        let close_at = Secs(open_at.0 + SHUTTER * cut.rate.frame_secs());
        let postures = [open_at, close_at].map(|at| posture(self.cast, &performance.at(at).people.map(Some), self.bodies.vertices()));
        self.fit(postures.each_ref(), 1.0, open.eye_m, camera.pixel_rad());
        let sampler = Sampler::new(&self.mask, MASK_SAMPLES, self.options.seed, frame);
        let width = size.width as usize;
        let pixel = |i: usize| self.layers_at((i % width, i / width), &camera, &postures, &sampler);
        let pixels: Vec<Pixel> = (0..size.pixels()).into_par_iter().map(pixel).collect();
        Ok(Layers {
            depth_m: pixels.iter().map(|pixel| pixel.depth_m).collect(),
            normal: pixels.iter().map(|pixel| pixel.normal).collect(),
            motion_pixels: pixels.iter().map(|pixel| pixel.motion_pixels).collect(),
            person: [0, 1].map(|who| pixels.iter().map(|pixel| pixel.person[who]).collect()),
        })
    }

    pub(crate) fn layers_at(&self, at: (usize, usize), camera: &Camera, postures: &[Posture; 2], sampler: &Sampler) -> Pixel {
        const MIDDLE: [f32; 2] = [0.5, 0.5];
        let count = self.moments.len();
        let middle = count / 2;
        let t = (middle as f32 + 0.5) / count as f32;
        let (origin_m, direction) = camera.ray(at, t, MIDDLE, MIDDLE);
        let body = self.bodies.met(&self.moments[middle], origin_m, direction);
        let reach_m = body.as_ref().map_or(f32::INFINITY, |met| met.distance_m);
        let set = self.set.nearest(origin_m, direction, reach_m, camera.pixel_rad(), true);

        // What is seen there, and where it is at shutter open and close.
        let (distance_m, normal, places_m) = match (set, body) {
            (Some(point), _) => (point.distance_m, point.normal, [origin_m + direction * point.distance_m; 2]),
            (None, Some(met)) => {
                let normal = if met.normal.dot(direction) > 0.0 { -met.normal } else { met.normal };
                (met.distance_m, normal, [0, 1].map(|end| self.bodies.place_m(&postures[end], &met)))
            }
            (None, None) => (f32::INFINITY, Vec3::ZERO, [origin_m + direction * SKY_M; 2]),
        };
        let depth_m =
            camera.project(origin_m + direction * distance_m, t).filter(|_| distance_m.is_finite()).map_or(FARTHEST_M, |seen| seen.depth_m);
        let motion_pixels = match [0, 1].map(|end| camera.project(places_m[end], end as f32)) {
            [Some(from), Some(to)] => (to.pixel - from.pixel) * Vec2::new(1.0, -1.0) / SHUTTER as f32,
            // What passes the lens itself has no place in the picture.
            _ => Vec2::ZERO,
        };
        Pixel { depth_m, normal, motion_pixels, person: self.persons_at(at, camera, sampler) }
    }

    /// `[who]`: share of a pixel's samples that show a person.
    fn persons_at(&self, at: (usize, usize), camera: &Camera, sampler: &Sampler) -> [f32; 2] {
        let mut shares = [0.0; 2];
        for sample in 0..MASK_SAMPLES as usize {
            let pair = |for_use| sampler.pair(at, sample, for_use);
            let t = (sample as f32 + pair(Use::TimeAndLamp)[0]) / MASK_SAMPLES as f32;
            let (origin_m, direction) = camera.ray(at, t, pair(Use::Pixel), pair(Use::Lens));
            let moment = &self.moments[((t * self.moments.len() as f32) as usize).min(self.moments.len() - 1)];
            let Some(met) = self.bodies.met(moment, origin_m, direction) else { continue };
            if self.set.nearest(origin_m, direction, met.distance_m, camera.pixel_rad(), true).is_none() {
                shares[met.whose] += 1.0 / MASK_SAMPLES as f32;
            }
        }
        shares
    }
}
