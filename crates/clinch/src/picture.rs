//! The lit picture, in segments: one a shot, each with a key of its own, so that a killed run loses at most one shot.

use crate::{
    Production,
    excerpt::Frames,
    folder::{Staged, key_of},
};
use anyhow::{Context, Result};
use clinch_deliver::{PictureFormat, SegmentWriter};
use clinch_light::Studio;
use clinch_model::{Cast, Cut, Performance, Secs, Shot, file::digest, performance::Droplet};
use std::path::PathBuf;

/// The segments of the picture in order.
#[derive(Debug, Clone)]
pub struct Picture {
    /// One a shot.
    pub segments: Vec<PathBuf>,
    /// The frames that they hold together.
    pub frames: Frames,
    /// Whether these are all frames of the film.
    pub whole: bool,
}

/// A shot, or the part of it that the excerpt wants.
struct Take<'a> {
    shot: &'a Shot,
    frames: Frames,
    path: PathBuf,
}

impl Production {
    /// light: every frame lit and encoded.
    ///
    /// # Errors
    /// Where a segment can't be written.
    pub fn light(&self, cut: &Staged<Cut>, performance: &Staged<Performance>, cast: &Staged<Cast>) -> Result<Picture> {
        let frames = self.excerpt.frames(&cut.data)?;
        let takes = self.takes(&cut.data, frames, &performance.data, &cast.digest)?;
        let missing: Vec<&Take> = takes.iter().filter(|take| self.force || clinch_deliver::inspect(&take.path).is_err()).collect();
        if !missing.is_empty() {
            self.report.stage("light", |progress| self.light_takes(&missing, &cut.data, &performance.data, &cast.data, progress))?;
        }
        let segments = takes.into_iter().map(|take| take.path).collect();
        Ok(Picture { segments, frames, whole: frames == Frames { first: 0, end: cut.data.frames } })
    }

    fn takes<'a>(&self, cut: &'a Cut, wanted: Frames, performance: &Performance, cast_digest: &str) -> Result<Vec<Take<'a>>> {
        let mut takes = Vec::new();
        for (index, shot) in cut.shots.iter().enumerate() {
            let frames = Frames { first: shot.first_frame.max(wanted.first), end: shot.end_frame.min(wanted.end) };
            if frames.first >= frames.end {
                continue;
            }
            let key = self.take_key(cut, shot, frames, performance, cast_digest)?;
            let path = self.folder.shots().join(format!("{index:04}-{}.seg", &key[..16]));
            takes.push(Take { shot, frames, path });
        }
        Ok(takes)
    }

    fn take_key(&self, cut: &Cut, shot: &Shot, frames: Frames, performance: &Performance, cast_digest: &str) -> Result<String> {
        // Only the motion under the shot counts, so a change elsewhere leaves it alone.
        let sample_of = |frame: u64| cut.rate.start_of(frame).0 * performance.rate.hz();
        let first = sample_of(frames.first).floor() as usize;
        let last = sample_of(frames.end + 1).ceil() as usize;
        let count = performance.samples.len();
        let mut reader = performance.samples.reader();
        let motion: Vec<_> = (first..=last).map(|i| reader.get(i % count)).collect();
        let (from, to) = (cut.rate.start_of(frames.first), cut.rate.start_of(frames.end));
        let sprayed: Vec<_> = performance.droplets.iter().filter(|droplet| is_there(droplet, from, to, performance.duration)).collect();
        let asked = (self.job.size, self.job.quality, self.job.grain(), self.job.treatment.seed, frames.first, frames.end);
        key_of("light", &[&digest(shot), &digest(&(cut.rate, performance.rate, motion, sprayed)), cast_digest, &digest(&asked)])
    }

    fn light_takes(
        &self,
        takes: &[&Take],
        cut: &Cut,
        performance: &Performance,
        cast: &Cast,
        progress: clinch_model::Progress,
    ) -> Result<()> {
        let options = clinch_light::Options {
            size: self.job.size,
            quality: self.job.quality,
            grain: self.job.grain(),
            seed: self.job.treatment.seed,
        };
        let mut studio = Studio::new(cast, &options)?;
        let format = PictureFormat { size: self.job.size, rate: cut.rate, quality: self.job.quality };
        let total: u64 = takes.iter().map(|take| take.frames.end - take.frames.first).sum();
        let (mut done, mut luma) = (0u64, Vec::new());
        for take in takes {
            let mut segment = SegmentWriter::create(&take.path, format)?;
            for frame in take.frames.first..take.frames.end {
                studio
                    .frame(performance, cut, frame, &mut luma)
                    .with_context(|| format!("frame {frame} of the shot at frame {}", take.shot.first_frame))?;
                segment.push(&luma)?;
                done += 1;
                progress(done as f64 / total as f64);
            }
            segment.finish()?;
        }
        Ok(())
    }
}

/// Whether a droplet or its spot is there at some time from `from` to `to`.
fn is_there(droplet: &Droplet, from: Secs, to: Secs, duration: Secs) -> bool {
    let age_secs = droplet.age_secs(from, duration);
    age_secs >= 0.0 || age_secs + (to.0 - from.0) > 0.0
}
