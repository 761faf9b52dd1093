//! What is handed to other tools: both people with their motion, the set, the cameras.

use crate::Error;
use clinch_model::{
    Cast, Cut, FrameRate, Performance, Person, PersonSample, Placed, SEGMENTS, Scenery, Secs, Segment, Who,
    cast::{Drive, Skinning},
};
use std::ops::Range;

/// A film, or a part of it, as a scene.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// Title of the film.
    pub title: &'a str,
    /// Who made what the people are shaped from, and on what terms.
    pub credits: &'a str,
    /// Both people.
    pub cast: &'a Cast,
    /// Their motion.
    pub performance: &'a Performance,
    /// The cameras.
    pub cut: &'a Cut,
    /// The set.
    pub scenery: &'a Scenery,
    /// Samples of motion a second that are written.
    pub rate: FrameRate,
    /// Which samples are written, counted at `rate` from the song's beginning; the first is the file's time 0.
    pub frames: Range<u64>,
    /// Moves a surface: what a person's state makes of it (`clinch-cast` knows). How the film keeps cloth off the body isn't part of it.
    pub skinning: fn(&Person, &PersonSample) -> Skinning,
    /// Names what drives a shape change.
    pub drive_name: fn(Drive) -> String,
}

impl Scene<'_> {
    /// Checks that there is motion to be written.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let count = self.frames.end.saturating_sub(self.frames.start);
        if count == 0 || self.performance.samples.is_empty() {
            return Err(Error::NoMotion);
        }
        Ok(())
    }

    /// How many samples are written.
    pub(crate) fn count(&self) -> usize {
        (self.frames.end - self.frames.start) as usize
    }

    /// Song times of the samples.
    pub(crate) fn times(&self) -> impl Iterator<Item = Secs> {
        let rate = self.rate;
        self.frames.clone().map(move |frame| rate.start_of(frame))
    }

    /// Time in the file, in seconds, of a song time.
    pub(crate) fn time_in_file(&self, at: Secs) -> f32 {
        (at.0 - self.rate.start_of(self.frames.start).0) as f32
    }

    /// A person's state at a song time, and where the segments are.
    pub(crate) fn person_at(&self, who: Who, at: Secs) -> (PersonSample, [Placed; SEGMENTS]) {
        let state = *self.performance.at(at).person(who);
        (state, self.cast.person(who).skeleton.place(&state.pose))
    }
}

/// What a segment's joint is called, in the way of most tools that move people.
pub fn joint_name(segment: Segment) -> &'static str {
    match segment {
        Segment::Pelvis => "Hips",
        Segment::Abdomen => "Spine",
        Segment::Chest => "Chest",
        Segment::Head => "Head",
        Segment::UpperArmL => "LeftArm",
        Segment::ForearmL => "LeftForeArm",
        Segment::HandL => "LeftHand",
        Segment::UpperArmR => "RightArm",
        Segment::ForearmR => "RightForeArm",
        Segment::HandR => "RightHand",
        Segment::ThighL => "LeftUpLeg",
        Segment::ShinL => "LeftLeg",
        Segment::FootL => "LeftFoot",
        Segment::ThighR => "RightUpLeg",
        Segment::ShinR => "RightLeg",
        Segment::FootR => "RightFoot",
    }
}
