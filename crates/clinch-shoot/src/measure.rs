//! The film's rules that are measured on the framing.

use crate::{judge, scene::Scene};
use clinch_model::{Bound, Cut, Finding, FrameRate, Score, Shot, Who};

/// How much of the frame, from its middle to its edge, heads and trunks must stay within.
const IN_FRAME: f32 = 0.92;
/// Least distance of the lens from a body, in metres.
const CLEARANCE_M: f32 = 0.35;
/// Share of a face that may be hidden in a close shot: an arm across the mouth is the struggle, half a face is none.
const MOST_HIDDEN: f32 = 0.4;
/// Least height of the lens, in metres.
const LEAST_HEIGHT_M: f32 = 0.12;

/// What one shot shows, frame by frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ShotMeasure {
    /// Frames of the shot.
    pub frames: u64,
    /// Frames that promise both and show both.
    pub both: u64,
    /// Frames with the lens under the ground, in or near a body, or outside the set.
    pub misplaced: u64,
    /// Frames of a close shot in which the face is in frame, turned to the lens and not hidden.
    pub face: u64,
    promises_both: bool,
}

impl ShotMeasure {
    /// Whether the shot should be taken again in another way.
    pub fn spoilt(&self) -> bool {
        self.misplaced > 0 || (self.promises_both && self.both < self.frames) || (!self.promises_both && self.face * 10 < self.frames * 7)
    }
}

/// Measures a shot on every frame.
pub(crate) fn shot(scene: &Scene, shot: &Shot, rate: FrameRate, aspect: f32) -> ShotMeasure {
    let mut measure = ShotMeasure { promises_both: shot.size.promises_both(), ..ShotMeasure::default() };
    for (frame, camera) in (shot.first_frame..shot.end_frame).zip(&shot.camera) {
        let moment = scene.at(rate.start_of(frame));
        let in_frame = |p| {
            let p = camera.project(aspect, p);
            p.z > 0.1 && p.x.abs() <= IN_FRAME && p.y.abs() <= IN_FRAME
        };
        measure.frames += 1;
        measure.both += u64::from(measure.promises_both && moment.promised_m().all(in_frame));
        let eye = camera.eye_m;
        let misplaced = eye.y < LEAST_HEIGHT_M || eye.y > 4.2 || eye.with_y(0.0).length() > 5.0 || moment.distance_m(eye) < CLEARANCE_M;
        measure.misplaced += u64::from(misplaced);
        let face = |who: Who| {
            judge::face_angle_rad(&moment, eye, who) <= judge::FACE_SEEN_RAD
                && in_frame(moment.eyes_m[who.index()])
                && moment.hidden(eye, who) <= MOST_HIDDEN
        };
        measure.face += u64::from(shot.subject.is_some_and(face));
    }
    measure
}

/// All findings on a cut.
pub(crate) fn findings(scene: &Scene, score: &Score, cut: &Cut) -> Vec<Finding> {
    let measures: Vec<ShotMeasure> = cut.shots.iter().map(|s| shot(scene, s, cut.rate, cut.aspect)).collect();
    let mut findings = Vec::from(on_framing(&measures, cut));
    findings.extend(on_edit(score, cut));
    findings
}

fn finding(name: &str, meaning: &str, measured: f64, unit: &str, bound: Bound) -> Finding {
    Finding { name: name.into(), meaning: meaning.into(), measured, unit: unit.into(), bound }
}

/// A share; of nothing it is whole, because what isn't there breaks no promise.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 1.0 }
}

fn on_framing(measures: &[ShotMeasure], cut: &Cut) -> [Finding; 4] {
    let sum = |count: &dyn Fn(&ShotMeasure) -> u64| measures.iter().map(count).sum::<u64>() as f64;
    let promised = sum(&|m| if m.promises_both { m.frames } else { 0 });
    let closes = sum(&|m| if m.promises_both { 0 } else { m.frames });
    let cop: u64 = cut.shots.iter().filter(|s| s.subject == Some(Who::Cop)).map(|s| s.end_frame - s.first_frame).sum();
    [
        finding(
            "both in frame",
            "share of the frames of wide, two, low and overhead shots in which both heads and trunks lie within 0.92 of the frame",
            share(sum(&|m| m.both), promised),
            "",
            Bound::AtLeast(0.9975),
        ),
        finding(
            "camera out of place",
            "frames with the lens lower than 0.12 m, within 0.35 m of a body, beyond 5 m from the middle or above 4.2 m",
            sum(&|m| m.misplaced),
            "frames",
            Bound::AtMost(0.0),
        ),
        finding(
            "face in close shots",
            "share of the frames of close shots in which the subject's eyes are in frame, within 75° of the lens, and at most two fifths \
             of the face hidden",
            share(sum(&|m| m.face), closes),
            "",
            Bound::AtLeast(0.8),
        ),
        finding(
            "close-ups of Cop",
            "share of the close-ups' time that is Cop's; a half where there are none",
            if closes > 0.0 { cop as f64 / closes } else { 0.5 },
            "",
            Bound::Between(0.4, 0.6),
        ),
    ]
}

fn on_edit(score: &Score, cut: &Cut) -> [Finding; 3] {
    let lengths_secs = cut.shots.iter().map(|s| (s.end_frame - s.first_frame) as f64 * cut.rate.frame_secs());
    [
        finding(
            "shortest shot",
            "length of the shortest shot",
            lengths_secs.clone().fold(f64::INFINITY, f64::min),
            "s",
            Bound::AtLeast(1.2),
        ),
        finding("longest shot", "length of the longest shot", lengths_secs.fold(0.0, f64::max), "s", Bound::AtMost(9.5)),
        finding(
            "cuts on downbeats",
            "share of the cuts that fall on the frame of a bar's downbeat or up to two frames ahead of it",
            share(on_downbeats(score, cut), cut.shots.len().saturating_sub(1) as f64),
            "",
            Bound::AtLeast(0.9),
        ),
    ]
}

fn on_downbeats(score: &Score, cut: &Cut) -> f64 {
    let on = |frame: u64| score.bars.iter().map(|bar| cut.rate.frame_at(bar.start)).any(|down| frame <= down && down <= frame + 2);
    cut.shots.iter().skip(1).filter(|shot| on(shot.first_frame)).count() as f64
}
