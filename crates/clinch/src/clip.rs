//! The loop clip: a few seconds of the struggle that go round without a seam.
//!
//! It is cut from the film's own performance. Where the bodies come back to nearly the same posture after some bars, the clip's end is led
//! into what came just before its beginning, as the struggle's own end is led into its beginning; one camera films all of it and comes back
//! to where it was. Nothing is cut, nothing flashes, and the song's beat goes round with it.

use crate::{
    Production,
    film::Film,
    folder::{Staged, key_of},
};
use anyhow::{Result, bail};
use clinch_model::{
    Bar, CameraPose, Camerawork, Cast, Curve, Cut, Finding, FrameRate, Movement, Performance, Pose, Sample, Score, Secs, Shot, StageFile,
    Story, Who, file::load, finding::Bound,
};
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Lengths of a clip in seconds: what players of loops take.
const LENGTHS_SECS: [f64; 2] = [3.0, 8.0];
/// Over how long the end is led into the beginning, in seconds: as long as the struggle's own end.
const BLEND_SECS: f64 = 1.2;
/// Postures a second that are compared when the clip is chosen.
const COMPARED_HZ: f64 = 20.0;
/// Postures of one blend that are compared.
const COMPARED: usize = 5;
/// Joints that differ by this much, on average over both bodies and the blend, halve a clip's worth, in metres: led together over the blend they slide at some
/// 10 cm a second, which a struggle hides and a rest doesn't.
const ALIKE_M: f32 = 0.08;
/// The same beyond which feet are seen to slide whatever happens: such a part is taken only where all are, and then one of the most alike, whose ends
/// differ by no more than this factor over the least.
const MOST_APART_M: f32 = 0.12;
const NEARLY: f32 = 1.15;

/// How long before and after a seam the bodies' speed at it is taken, in seconds.
const AT_SEAM_SECS: f64 = 0.15;

/// The part of the song that a clip shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// From this song time on.
    pub from: Secs,
    /// Up to this song time: a whole number of frames later.
    pub to: Secs,
    /// How far the joints of both bodies differ between its two ends, on average over the blend, in metres.
    pub apart_m: f32,
}

impl StageFile for Span {
    const SCHEMA: &'static str = "clinch.clip";
    const VERSION: u32 = 1;
    const BINARY: bool = false;
    const FILE_NAME: &'static str = "clip.json";
}

impl Production {
    /// Makes the loop clip of a performance; this production is the format's.
    ///
    /// # Errors
    /// Where the song has no room for one, or as any stage.
    pub fn make_clip(
        &self,
        performance: &Staged<Performance>,
        score: &Staged<Score>,
        story: &Staged<Story>,
        cast: &Staged<Cast>,
    ) -> Result<Film> {
        let key = key_of("clip", &[&performance.digest, &score.digest, &cast.digest, &clinch_model::file::digest(&self.job.rate)])?;
        let span =
            self.folder.own_stage(&key, self.force, &self.report, || span(&performance.data, &score.data, &cast.data, self.job.rate))?;
        let asked = clinch_model::file::digest(&(span.digest.as_str(), self.job.size, self.job.treatment.seed));
        let key = key_of("clip", &[&performance.digest, &score.digest, &cast.digest, &asked])?;
        let closed = self.folder.own_stage(&key, self.force, &self.report, || Ok(close(&performance.data, &cast.data, &span.data)))?;
        let key = key_of("clip", &[&key, &story.digest])?;
        let story = story_within(&story.data, &span.data);
        let cut = self.folder.own_stage(&key, self.force, &self.report, || {
            self.film_clip(&closed.data, &score_within(&score.data, &span.data), &story, &cast.data)
        })?;
        let picture = self.light(&cut, &closed, cast, score, &story)?;
        self.deliver(&picture, score)
    }

    /// The part of the song that the clip shows; none where this is no clip.
    ///
    /// # Errors
    /// Where it isn't known yet.
    pub fn clip_span(&self) -> Result<Option<(Secs, Secs)>> {
        if self.job.format != Some(crate::format::Format::Loop) {
            return Ok(None);
        }
        let span = load::<Span>(&self.folder.path::<Span>())?.data;
        Ok(Some((span.from, span.to)))
    }

    /// One camera for the whole clip: where the crew would stand in its longest shot of both, but still, and with room for all of it.
    fn film_clip(&self, closed: &Performance, score: &Score, story: &Story, cast: &Cast) -> Result<Cut> {
        let options = self.crew();
        let crew = clinch_shoot::shoot(closed, score, story, cast, &options)?;
        let of_both = crew.shots.iter().filter(|shot| shot.subject.is_none());
        let longest = of_both.max_by_key(|shot| shot.end_frame - shot.first_frame).or(crew.shots.first());
        let Some(start) = longest.and_then(|shot| shot.camera.get(shot.camera.len() / 2)) else {
            bail!("the loop clip has no camera: run `clinch shoot` again with another --seed");
        };
        let still = framed(start, closed, cast, options.aspect);
        let camera = (0..=crew.frames).map(|frame| held(&still, frame as f64 / crew.frames as f64)).collect();
        let size = longest.map_or(clinch_model::ShotSize::Two, |shot| shot.size);
        let work = longest.map_or(Camerawork::default(), |shot| Camerawork { movement: Movement::default(), ..shot.work });
        let shot = Shot { first_frame: 0, end_frame: crew.frames, size, subject: None, work, camera };
        Ok(Cut { shots: vec![shot], findings: Vec::new(), ..crew })
    }
}

/// Chooses the part of the song: its ends lie on beats (bars, where they do as well) and the bodies are alike there.
fn span(performance: &Performance, score: &Score, cast: &Cast, rate: FrameRate) -> Result<Span> {
    let grid = Grid::new(performance, cast);
    let beats = &score.beats;
    let mut found: Vec<(f32, Span)> = Vec::new();
    for (i, from) in beats.iter().enumerate() {
        for to in &beats[i + 1..] {
            let frames = rate.frames_in(Secs(to.0 - from.0));
            let to = Secs(from.0 + rate.start_of(frames).0);
            let length_secs = (to - *from).0;
            if length_secs > LENGTHS_SECS[1] {
                break;
            }
            let fits = length_secs >= LENGTHS_SECS[0] && from.0 >= BLEND_SECS && to.0 <= performance.duration.0;
            if !fits || is_sprayed(performance, *from, to) {
                continue;
            }
            let apart_m = grid.apart_m(*from, to);
            let [before, after] = [to, *from].map(|at| grid.speed_m_per_sec(Secs(at.0 - AT_SEAM_SECS), Secs(at.0 + AT_SEAM_SECS)));
            let moving = Moving { within: grid.speed_m_per_sec(*from, to), at_seam: before.max(after) };
            found.push((worth(&moving, apart_m), Span { from: *from, to, apart_m }));
        }
    }
    let nearest_m = found.iter().map(|(_, span)| span.apart_m).fold(f32::INFINITY, f32::min);
    found.retain(|(_, span)| span.apart_m <= MOST_APART_M.max(NEARLY * nearest_m));
    let best = found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.from.0.total_cmp(&a.1.from.0)));
    best.map(|(_, span)| span).ok_or_else(|| {
        anyhow::anyhow!(
            "the song has no {} to {} seconds between beats for a loop clip: leave `loop` out of --for",
            LENGTHS_SECS[0],
            LENGTHS_SECS[1]
        )
    })
}

/// Mean speed of both bodies' joints in a part, and where it goes round, in m/s.
struct Moving {
    within: f32,
    at_seam: f32,
}

/// What a part is worth as a clip, more is better: how much happens in it, less the more its ends differ and the more of it happens at the seam. All matter: the
/// part whose ends are most alike is the one in which nothing happens, and where a body moves fastest every seam is seen.
fn worth(moving: &Moving, apart_m: f32) -> f32 {
    let hurry = (moving.at_seam / moving.within.max(1e-3)).max(1.0);
    moving.within / (1.0 + (apart_m / ALIKE_M).powi(2)) / hurry
}

/// Whether drops fly in a part: a loop would cut them off.
fn is_sprayed(performance: &Performance, from: Secs, to: Secs) -> bool {
    performance.droplets.iter().any(|droplet| droplet.start.0 < to.0 && droplet.start.0 + droplet.flight.0 > from.0 - BLEND_SECS)
}

/// Joint places at even times, so that many pairs of times can be compared.
struct Grid {
    /// `[time][joint]`: both people's joints, in metres.
    joints_m: Vec<Vec<Vec3>>,
}

impl Grid {
    fn new(performance: &Performance, cast: &Cast) -> Self {
        let count = (performance.duration.0 * COMPARED_HZ).ceil() as usize + 1;
        let joints = |i: usize| joints_m(&performance.at(Secs(i as f64 / COMPARED_HZ)), cast);
        Self { joints_m: (0..count).map(joints).collect() }
    }

    fn at(&self, at: Secs) -> &[Vec3] {
        &self.joints_m[((at.0 * COMPARED_HZ).round().max(0.0) as usize).min(self.joints_m.len() - 1)]
    }

    /// How far the joints are from where the blend leads them, at the worst of its moments.
    fn apart_m(&self, from: Secs, to: Secs) -> f32 {
        let back = |i: usize| BLEND_SECS * i as f64 / (COMPARED - 1) as f64;
        let apart = |i: usize| {
            let (end, start) = (self.at(Secs(to.0 - back(i))), self.at(Secs(from.0 - back(i))));
            end.iter().zip(start).map(|(a, b)| a.distance(*b)).sum::<f32>() / end.len() as f32
        };
        (0..COMPARED).map(apart).fold(0.0, f32::max)
    }

    /// Mean speed of the joints.
    fn speed_m_per_sec(&self, from: Secs, to: Secs) -> f32 {
        let first = (from.0 * COMPARED_HZ).round() as usize;
        let end = ((to.0 * COMPARED_HZ).round() as usize).min(self.joints_m.len() - 1);
        let steps = self.joints_m[first.min(end)..=end].windows(2);
        let count = steps.len().max(1) as f32;
        let moved = steps.map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| a.distance(*b)).sum::<f32>() / pair[0].len() as f32);
        moved.sum::<f32>() / count * COMPARED_HZ as f32
    }
}

fn joints_m(sample: &Sample, cast: &Cast) -> Vec<Vec3> {
    let of = |who: Who| {
        let pose: &Pose = &sample.person(who).pose;
        cast.people[who.index()].skeleton.place(pose).map(|placed| placed.origin_m)
    };
    Who::BOTH.into_iter().flat_map(of).collect()
}

/// The clip's motion, closed: its last 1.2 s are blended onto what came before its first sample, with a quintic weight whose first and second
/// derivatives vanish at both ends.
fn close(performance: &Performance, cast: &Cast, span: &Span) -> Performance {
    let rate = performance.rate;
    let length = span.to - span.from;
    let count = rate.frames_in(length) as usize;
    // The samples close on themselves exactly; that may be half a sample off the frames.
    let round_secs = rate.start_of(count as u64).0;
    let sample = |i: usize| {
        let at = Secs(span.from.0 + rate.start_of(i as u64).0);
        let t = ((at.0 - span.from.0 - (round_secs - BLEND_SECS)) / BLEND_SECS).clamp(0.0, 1.0) as f32;
        let weight = t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let now = performance.at(at);
        if weight > 0.0 { now.blend(&performance.at(Secs(at.0 - round_secs)), weight) } else { now }
    };
    let samples = (0..count).map(sample).collect();
    let within = |at: Secs| Secs((at.0 - span.from.0).clamp(0.0, length.0));
    let seen = |from: Secs, to: Secs| from.0 < span.to.0 && to.0 > span.from.0;
    let mut closed = Performance {
        rate,
        duration: length,
        samples,
        grips: performance.grips.iter().filter(|grip| seen(grip.from, grip.to)).cloned().collect(),
        phrases: performance.phrases.iter().filter(|phrase| seen(phrase.from, phrase.to)).cloned().collect(),
        droplets: Vec::new(),
        findings: Vec::new(),
    };
    closed.grips.iter_mut().for_each(|grip| (grip.from, grip.to) = (within(grip.from), within(grip.to)));
    closed.phrases.iter_mut().for_each(|phrase| (phrase.from, phrase.to) = (within(phrase.from), within(phrase.to)));
    closed.findings = findings(&closed, cast, span);
    closed
}

/// The seam by the struggle's own bar, and how much the blend had to bridge.
fn findings(closed: &Performance, cast: &Cast, span: &Span) -> Vec<Finding> {
    let [gap_m, jolt_m_per_sec] = seam(closed, cast);
    let finding = |name: &str, meaning: &str, measured: f32, unit: &str, bound| Finding {
        name: name.into(),
        meaning: meaning.into(),
        measured: f64::from(measured),
        unit: unit.into(),
        bound,
    };
    vec![
        finding(
            "loop closure, place",
            "greatest distance of a joint at the clip's start from where the motion before and after the seam puts it",
            gap_m * 1000.0,
            "mm",
            Bound::AtMost(2.0),
        ),
        finding(
            "loop closure, speed",
            "greatest difference of a joint's velocity across the seam from the mean of those beside it",
            jolt_m_per_sec,
            "m/s",
            Bound::AtMost(0.1),
        ),
        finding(
            "loop clip, ends apart",
            "mean distance of both bodies' joints between the clip's two ends, at the worst moment of the blend that joins them",
            span.apart_m * 100.0,
            "cm",
            Bound::Reported,
        ),
    ]
}

/// What the motion beside the seam foretells against what happens across it: greatest error of a joint's place, in metres, and speed.
fn seam(closed: &Performance, cast: &Cast) -> [f32; 2] {
    let (count, hz) = (closed.samples.len(), closed.rate.hz() as f32);
    let [a, b, c, d] = [count - 2, count - 1, 0, 1].map(|i| joints_m(&closed.samples.get(i), cast));
    let mut worst = [0.0f32; 2];
    for i in 0..a.len() {
        let [before, across, after] = [b[i] - a[i], c[i] - b[i], d[i] - c[i]].map(|step| step * hz);
        let jolt = across - (before + after) / 2.0;
        worst = [worst[0].max(jolt.length() / hz), worst[1].max(jolt.length())];
    }
    worst
}

/// The score of a part of the song, as one section.
fn score_within(score: &Score, span: &Span) -> Score {
    let length = span.to - span.from;
    let within = |at: Secs| Secs((at.0 - span.from.0).clamp(0.0, length.0));
    let seen = score.bars.iter().filter(|bar| bar.start.0 < span.to.0 - 1e-3 && bar.end.0 > span.from.0 + 1e-3);
    let mut bars: Vec<Bar> = seen.map(|bar| Bar { start: within(bar.start), end: within(bar.end), section: 0, ..*bar }).collect();
    if let Some(last) = bars.last_mut() {
        last.end = length;
    }
    let curve = |curve: &Curve| {
        let count = (length.0 / curve.hop_secs).ceil().max(1.0) as usize;
        let values = (0..count).map(|i| curve.at(Secs(span.from.0 + i as f64 * curve.hop_secs))).collect();
        Curve { hop_secs: curve.hop_secs, values }
    };
    let mut part = score.clone();
    part.track.duration = length;
    part.beats = score.beats.iter().filter(|beat| beat.0 >= span.from.0 && beat.0 < span.to.0).map(|&beat| within(beat)).collect();
    part.sections.truncate(1);
    for section in &mut part.sections {
        (section.first_bar, section.end_bar) = (0, bars.len());
    }
    (part.onset, part.aggression) = (curve(&score.onset), curve(&score.aggression));
    (part.bars, part.lyrics) = (bars, Vec::new());
    part
}

/// The story of a part of the song, in the part's own time. Its bars keep their numbers, by which nobody films.
fn story_within(story: &Story, span: &Span) -> Story {
    let length = span.to - span.from;
    let within = |at: Secs| Secs((at.0 - span.from.0).clamp(0.0, length.0));
    let mut part = story.clone();
    part.duration = length;
    part.phrases.retain(|phrase| phrase.start.0 < span.to.0 && phrase.end.0 > span.from.0);
    part.phrases.iter_mut().for_each(|phrase| (phrase.start, phrase.end) = (within(phrase.start), within(phrase.end)));
    part.events.retain(|event| event.at.0 >= span.from.0 && event.at.0 < span.to.0);
    part.events.iter_mut().for_each(|event| event.at = within(event.at));
    part
}

/// Share of the picture, from its middle to its edge, that the bodies may fill.
const FILLED: f32 = 0.84;
/// Fields of view of the clip's lens, in radians across the height: a long lens to a wide one.
const LENS_RAD: [f32; 2] = [0.2, 1.25];

/// A camera that stands where another does, turned and zoomed so that both bodies are in the picture all the time.
fn framed(from: &CameraPose, closed: &Performance, cast: &Cast, aspect: f32) -> CameraPose {
    let moments = (closed.duration.0 * 6.0).ceil() as usize;
    let points: Vec<Vec3> = (0..moments).flat_map(|i| bodies_m(&closed.at(Secs(i as f64 / 6.0)), cast)).collect();
    let mut camera = *from;
    let look = |middle: Vec3, eye: Vec3| {
        let back = (eye - middle).normalize();
        let right = Vec3::Y.cross(back).normalize();
        Quat::from_mat3(&glam::Mat3::from_cols(right, back.cross(right), back))
    };
    let mean = points.iter().sum::<Vec3>() / points.len().max(1) as f32;
    let mut aim = mean;
    for _ in 0..4 {
        camera.turn = look(aim, camera.eye_m);
        // The middle of what is seen becomes the picture's middle.
        let slopes = |axis: fn(Vec3) -> f32| {
            let of = |p: &Vec3| {
                let local = camera.turn.inverse() * (*p - camera.eye_m);
                axis(local) / (-local.z).max(0.3)
            };
            points.iter().map(of).fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), slope| (low.min(slope), high.max(slope)))
        };
        let (left, right) = slopes(|p| p.x);
        let (low, high) = slopes(|p| p.y);
        let depth = (mean - camera.eye_m).length();
        aim = camera.eye_m + camera.turn * (Vec3::new((left + right) / 2.0, (low + high) / 2.0, -1.0) * depth);
        let slope = ((right - left) / 2.0 / aspect).max((high - low) / 2.0) / FILLED;
        camera.vfov_rad = (2.0 * slope.atan()).clamp(LENS_RAD[0], LENS_RAD[1]);
    }
    camera.focus_m = (mean - camera.eye_m).length();
    camera
}

/// Points round the ends of all segments of both bodies.
fn bodies_m(sample: &Sample, cast: &Cast) -> Vec<Vec3> {
    let of = |who: Who| {
        let skeleton = &cast.people[who.index()].skeleton;
        let placed = skeleton.place(&sample.person(who).pose);
        let ends = |(shape, placed): (&clinch_model::Shape, &clinch_model::Placed)| match *shape {
            clinch_model::Shape::Capsule { a_m, b_m, radius_m } => {
                let outline =
                    |end_m: Vec3| Vec3::AXES.into_iter().flat_map(move |axis| [axis * radius_m, -axis * radius_m]).map(move |r| end_m + r);
                [a_m, b_m].into_iter().flat_map(|end_m| outline(placed.point(end_m))).collect::<Vec<_>>()
            }
            clinch_model::Shape::Cuboid { centre_m, half_m } => {
                let along = Vec3::Z * half_m.z;
                vec![placed.point(centre_m - along), placed.point(centre_m + along), placed.origin_m, placed.point(centre_m)]
            }
        };
        skeleton.shape.iter().zip(&placed).flat_map(ends).collect::<Vec<_>>()
    };
    Who::BOTH.into_iter().flat_map(of).collect()
}

/// Sway of a camera on shoulders at rest, in radians: a tenth of a degree…
const SWAY_RAD: f64 = 0.0018;
/// …in waves that go round with the clip: how often in a clip, phase and share, for pan and tilt.
const SWAYS: [[(f64, f64, f64); 3]; 2] =
    [[(1.0, 0.0, 0.6), (2.0, 1.3, 0.5), (5.0, 4.1, 0.15)], [(1.0, 2.2, 0.5), (3.0, 0.4, 0.4), (4.0, 5.2, 0.2)]];

/// The camera at a share of the clip.
fn held(still: &CameraPose, share: f64) -> CameraPose {
    let [pan, tilt] = SWAYS.map(|waves| waves.iter().map(|(times, phase, part)| part * (TAU * times * share + phase).sin()).sum::<f64>());
    let turn = Quat::from_rotation_y((pan * SWAY_RAD) as f32) * Quat::from_rotation_x((tilt * SWAY_RAD) as f32);
    CameraPose { turn: (still.turn * turn).normalize(), ..*still }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_in_which_nothing_happens_is_worth_less_than_a_lively_one_whose_ends_are_near() {
        let moving = |within: f32| Moving { within, at_seam: within };
        assert!(worth(&moving(0.4), 0.06) > worth(&moving(0.1), 0.01));
        assert!(worth(&moving(0.4), 0.3) < worth(&moving(0.1), 0.01), "ends that are far apart slide");
        assert!(worth(&Moving { within: 0.4, at_seam: 0.9 }, 0.06) < worth(&moving(0.3), 0.06), "the seam is seen where it is lively");
    }

    #[test]
    fn the_camera_comes_back_to_where_it_was() {
        let still = CameraPose { eye_m: Vec3::new(0.0, 1.5, 4.0), turn: Quat::IDENTITY, vfov_rad: 0.7, focus_m: 4.0, aperture_m: 0.01 };
        assert!(held(&still, 0.0).turn.angle_between(held(&still, 1.0).turn) < 1e-4);
        let angles: Vec<f32> = (0..120).map(|i| held(&still, f64::from(i) / 120.0).turn.angle_between(still.turn)).collect();
        assert!(angles.iter().all(|angle| *angle < 0.005) && angles.iter().any(|angle| *angle > 0.0005));
    }
}
