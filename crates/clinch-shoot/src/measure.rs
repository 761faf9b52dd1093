//! The film's rules that are measured on the framing; `docs/audit.md` has their formulas.

use crate::{
    edit::{BESIDE, LEAST_SECS, MOST_SECS, clear_side, loud_to_quiet},
    judge::{FACE_SEEN_RAD, LIFTED_RAD, MOST_HIDDEN},
    marks::{MOST_AHEAD_FRAMES, accents, near_reversal},
    scene::{Moment, OCCLUDED, Scene},
    setup::promised_m,
};
use clinch_model::{Bound, CameraPose, Cut, Finding, FrameRate, Score, Shot, ShotSize, Who};

/// How much of the frame, from its middle to its edge, heads and trunks must stay within.
const IN_FRAME: f32 = 0.92;
/// Least distance of the lens from a body, in metres.
const CLEARANCE_M: f32 = 0.35;
/// How long a blink is, in seconds: what hides somebody no longer isn't missed.
pub(crate) const BLINK_SECS: f64 = 0.3;

/// What one shot shows, frame by frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ShotMeasure {
    /// Frames of the shot.
    pub frames: u64,
    /// Frames that promise both and show both.
    pub both: u64,
    /// Frames with the lens under the ground, in or near a body, or in or behind a part of the set.
    pub misplaced: u64,
    /// Frames of a shot about one face in which it is in frame, turned to the lens and not hidden.
    pub face: u64,
    /// Frames of a shot about one face in which the frame's edge cuts it.
    pub face_cut: u64,
    /// Frames in which somebody whom the framing promises is hidden.
    pub occluded: u64,
    /// The longest run of those.
    pub longest_occluded: u64,
    /// `[who]`: frames in which their face is seen.
    pub seen: [u64; 2],
    /// `[who]`: frames in which they are in the picture, their head unhidden.
    pub shown: [u64; 2],
    /// `[who]`: frames in which the lens lifts them up and not the other.
    pub lifted: [u64; 2],
    /// Frames that should be taken again in another way.
    pub spoilt: Vec<u64>,
    about_one: bool,
    promises_both: bool,
}

/// Measures a shot on every frame.
pub(crate) fn shot(scene: &Scene, shot: &Shot, rate: FrameRate, aspect: f32) -> ShotMeasure {
    let (about_one, promises_both) = (shot.size.has_subject(), shot.size.promises_both());
    let mut measure = ShotMeasure { about_one, promises_both, ..ShotMeasure::default() };
    let most_run = (BLINK_SECS * rate.hz()) as u64;
    let mut run = 0;
    for (frame, camera) in (shot.first_frame..shot.end_frame).zip(&shot.camera) {
        let moment = scene.at(rate.start_of(frame));
        let look = Look { moment: &moment, camera, shot, aspect };
        let (both, misplaced, cut, occluded) = (look.both(), look.misplaced(), look.face_cut(), look.occluded());
        run = if occluded { run + 1 } else { 0 };
        measure.frames += 1;
        measure.both += u64::from(promises_both && both);
        measure.misplaced += u64::from(misplaced);
        measure.face_cut += u64::from(cut);
        measure.occluded += u64::from(occluded);
        measure.longest_occluded = measure.longest_occluded.max(run);
        measure.face += u64::from(about_one && shot.subject.is_some_and(|who| look.face(who)));
        for who in Who::BOTH {
            measure.seen[who.index()] += u64::from(look.face(who));
            measure.shown[who.index()] += u64::from(look.shown(who));
            measure.lifted[who.index()] += u64::from(look.lifted(who) && !look.lifted(who.other()));
        }
        if misplaced || cut || (promises_both && !both) || run > most_run {
            measure.spoilt.push(frame);
        }
    }
    // A close shot that hardly shows its face is spoilt as a whole.
    if about_one && measure.face * 10 < measure.frames * 8 {
        measure.spoilt = (shot.first_frame..shot.end_frame).collect();
    }
    measure
}

/// One frame through its camera.
struct Look<'a> {
    moment: &'a Moment,
    camera: &'a CameraPose,
    shot: &'a Shot,
    aspect: f32,
}

impl Look<'_> {
    fn within(&self, point_m: glam::Vec3, half: f32) -> bool {
        let p = self.camera.project(self.aspect, point_m);
        p.z > 0.1 && p.x.abs() <= half && p.y.abs() <= half
    }

    fn both(&self) -> bool {
        promised_m(self.moment, self.shot.size, self.shot.subject).into_iter().all(|p| self.within(p, IN_FRAME))
    }

    fn misplaced(&self) -> bool {
        let eye_m = self.camera.eye_m;
        !self.moment.place.allows(eye_m, 0.0) || self.moment.distance_m(eye_m) < CLEARANCE_M
    }

    fn face_cut(&self) -> bool {
        self.shot.size.has_subject()
            && self.shot.subject.is_some_and(|who| !self.moment.outline_m[who.index()].iter().all(|&p| self.within(p, 1.0)))
    }

    fn shown(&self, who: Who) -> bool {
        self.within(self.moment.head_m[who.index()], 1.0) && self.moment.head_hidden(self.camera.eye_m, who) < OCCLUDED
    }

    fn face(&self, who: Who) -> bool {
        let eye_m = self.camera.eye_m;
        self.moment.face_angle_rad(eye_m, who) <= FACE_SEEN_RAD
            && self.within(self.moment.eyes_m[who.index()], IN_FRAME)
            && self.moment.hidden(eye_m, who) <= MOST_HIDDEN
    }

    /// Whether somebody whom the framing promises is hidden. Over a shoulder only the one looked at is.
    fn occluded(&self) -> bool {
        let hidden = |who: Who| self.moment.head_hidden(self.camera.eye_m, who) >= OCCLUDED;
        self.shot.subject.map_or_else(|| hidden(Who::Cop) || hidden(Who::Kid), hidden)
    }

    fn lifted(&self, who: Who) -> bool {
        self.moment.elevation_rad(self.camera.eye_m, who) < LIFTED_RAD && self.within(self.moment.head_m[who.index()], 1.0)
    }
}

/// All findings on a cut.
pub(crate) fn findings(scene: &Scene, score: &Score, cut: &Cut) -> Vec<Finding> {
    let measures: Vec<ShotMeasure> = cut.shots.iter().map(|s| shot(scene, s, cut.rate, cut.aspect)).collect();
    let mut findings = Vec::from(on_framing(&measures, cut.rate));
    findings.extend(on_balance(&measures, cut));
    findings.extend(on_edit(scene, score, cut));
    findings
}

fn finding(name: &str, meaning: &str, measured: f64, unit: &str, bound: Bound) -> Finding {
    Finding { name: name.into(), meaning: meaning.into(), measured, unit: unit.into(), bound }
}

/// A share; of nothing it is whole, because what isn't there breaks no promise.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 1.0 }
}

/// Cop's share of what both have; a half where neither has any.
fn cops([cop, kid]: [f64; 2]) -> f64 {
    if cop + kid > 0.0 { cop / (cop + kid) } else { 0.5 }
}

fn on_framing(measures: &[ShotMeasure], rate: FrameRate) -> [Finding; 6] {
    let sum = |count: &dyn Fn(&ShotMeasure) -> u64| measures.iter().map(count).sum::<u64>() as f64;
    let frames = sum(&|m| m.frames);
    let promised = sum(&|m| if m.promises_both { m.frames } else { 0 });
    let about_one = sum(&|m| if m.about_one { m.frames } else { 0 });
    let longest = measures.iter().map(|m| m.longest_occluded).max().unwrap_or(0);
    [
        finding(
            "both in frame",
            "share of the frames of framings of both in which what they promise lies within 0.92 of the frame: both heads and trunks (wide, \
             full, two, low, overhead), both heads (tight), the face and both heads' middles (over a shoulder)",
            share(sum(&|m| m.both), promised),
            "",
            Bound::AtLeast(0.9975),
        ),
        finding(
            "camera out of place",
            "frames with the lens lower than 0.12 m, within 0.35 m of a body, a part of the set or the lamp, outside the set, or \
             farther than 6.5 m along it",
            sum(&|m| m.misplaced),
            "frames",
            Bound::AtMost(0.0),
        ),
        finding(
            "face in close shots",
            "share of the frames of shots about one face in which its eyes are in frame, within 75° of the lens, and at most two fifths of \
             the face hidden",
            share(sum(&|m| m.face), about_one),
            "",
            Bound::AtLeast(0.9),
        ),
        finding(
            "face cut by the edge",
            "frames of shots about one face in which a point of the face's outline, from hairline to chin, lies outside the frame",
            sum(&|m| m.face_cut),
            "frames",
            Bound::AtMost(0.0),
        ),
        finding(
            "subject hidden",
            "share of all frames in which a subject's head (of framings of both: either's) is hidden by seven tenths or more behind a body, \
             an arm or the set",
            if frames > 0.0 { sum(&|m| m.occluded) / frames } else { 0.0 },
            "",
            Bound::AtMost(0.02),
        ),
        finding(
            "longest hidden",
            "the longest run of such frames within a shot: no longer than a blink",
            longest as f64 / rate.hz(),
            "s",
            Bound::AtMost(BLINK_SECS),
        ),
    ]
}

fn on_balance(measures: &[ShotMeasure], cut: &Cut) -> [Finding; 4] {
    let of_both =
        |count: &dyn Fn(&ShotMeasure) -> [u64; 2]| [0, 1].map(|who: usize| measures.iter().map(|m| count(m)[who]).sum::<u64>() as f64);
    let about = |who: Who| cut.shots.iter().filter(|s| s.subject == Some(who)).map(|s| s.end_frame - s.first_frame).sum::<u64>() as f64;
    let lifted = of_both(&|m| m.lifted);
    [
        finding(
            "close-ups of Cop",
            "Cop's share of the time of shots about one face; a half where there are none",
            cops(Who::BOTH.map(about)),
            "",
            Bound::Between(0.45, 0.55),
        ),
        finding(
            "screen time of Cop",
            "Cop's share of both people's time in the picture, head in frame and unhidden",
            cops(of_both(&|m| m.shown)),
            "",
            Bound::Between(0.45, 0.55),
        ),
        finding(
            "face time of Cop",
            "Cop's share of both people's time with the face seen: eyes in frame, within 75° of the lens, at most two fifths hidden",
            cops(of_both(&|m| m.seen)),
            "",
            Bound::Between(0.45, 0.55),
        ),
        finding(
            "lifted by the lens",
            "difference between the shares of frames in which the lens looks up by more than 15° at Cop alone and at Kid alone",
            (lifted[0] - lifted[1]).abs() / cut.frames.max(1) as f64,
            "",
            Bound::AtMost(0.05),
        ),
    ]
}

fn on_edit(scene: &Scene, score: &Score, cut: &Cut) -> Vec<Finding> {
    let secs = |frames: u64| frames as f64 * cut.rate.frame_secs();
    let lengths: Vec<(f64, f64)> = cut.shots.iter().map(|s| (secs(s.first_frame), secs(s.end_frame - s.first_frame))).collect();
    let shortest = lengths.iter().map(|(_, length)| *length).fold(f64::INFINITY, f64::min);
    let longest = lengths.iter().map(|(_, length)| *length).fold(0.0, f64::max);
    let cuts = cut.shots.len().saturating_sub(1) as f64;
    let ratio = loud_to_quiet(score, &lengths);
    vec![
        finding("shortest shot", "length of the shortest shot", shortest, "s", Bound::AtLeast(LEAST_SECS - 0.05)),
        finding("longest shot", "length of the longest shot", longest, "s", Bound::AtMost(MOST_SECS + 0.5)),
        finding(
            "cuts on downbeats",
            "share of the cuts that fall on the frame of a bar's downbeat or of an accent of the story, or up to three frames ahead of it",
            share(on_downbeats(scene, score, cut), cuts),
            "",
            Bound::AtLeast(0.9),
        ),
        finding(
            "cuts beat after beat",
            "cuts that follow both cuts before them by a beat each, within three frames",
            beat_after_beat(score, cut),
            "cuts",
            Bound::AtMost(0.0),
        ),
        finding(
            "loud against quiet",
            "mean length of the shots in the loudest section over that in the quietest (by loudness, or aggression where loudness differs by \
             less than 2 LU); 0 where the song is all alike",
            ratio.unwrap_or(0.0),
            "",
            Bound::AtMost(0.6),
        ),
        finding(
            "line crossed",
            "cuts from one side of the line between the two to the other, both lenses more than 14.5° off it, more than a second from a \
             reversal",
            crossings(scene, cut),
            "cuts",
            Bound::AtMost(0.0),
        ),
        finding("framings", "number of framings used", framings(cut), "", Bound::Reported),
    ]
}

fn framings(cut: &Cut) -> f64 {
    ShotSize::ALL.iter().filter(|&&size| cut.shots.iter().any(|shot| shot.size == size)).count() as f64
}

fn on_downbeats(scene: &Scene, score: &Score, cut: &Cut) -> f64 {
    let asked: Vec<u64> = score.bars.iter().map(|bar| bar.start).chain(accents(scene)).map(|at| cut.rate.frame_at(at)).collect();
    let on = |frame: u64| asked.iter().any(|&at| frame <= at && at <= frame + MOST_AHEAD_FRAMES);
    cut.shots.iter().skip(1).filter(|shot| on(shot.first_frame)).count() as f64
}

fn beat_after_beat(score: &Score, cut: &Cut) -> f64 {
    let beat_frames = 60.0 / score.tempo.0 * cut.rate.hz();
    let a_beat = |pair: &[Shot]| ((pair[1].first_frame - pair[0].first_frame) as f64 - beat_frames).abs() <= MOST_AHEAD_FRAMES as f64;
    cut.shots.windows(3).filter(|three| three[0].first_frame > 0 && a_beat(&three[..2]) && a_beat(&three[1..])).count() as f64
}

fn crossings(scene: &Scene, cut: &Cut) -> f64 {
    let crosses = |pair: &&[Shot]| {
        let at = cut.rate.start_of(pair[1].first_frame);
        let moment = scene.at(at);
        // The camera after a shot's last frame is where it is at the cut.
        let Some((before, after)) = pair[0].camera.last().zip(pair[1].camera.first()) else { return false };
        let side = |pose: &CameraPose| clear_side(moment.side(pose.eye_m), BESIDE);
        side(before) * side(after) < 0 && !near_reversal(scene, at)
    };
    cut.shots.windows(2).filter(crosses).count() as f64
}
