//! What isn't simulated but makes the bodies live: effort as it shows, eyes, face, breath. Everything closes over the loop.

use crate::{
    reel::Reel,
    struggle::Record,
    tempo::{Tempo, smoothed},
};
use clinch_model::{Cast, EventKind, FrameRate, HoldKind, PersonSample, Sample, Samples, Secs, Segment, Story, Who, random::Stream};
use glam::Vec3;

/// Where the eyes are in the head's frame of a person 1.75 m tall, in metres: 15 cm over the base of the neck, 8 cm in front of it.
const EYES_IN_HEAD_M: Vec3 = Vec3::new(0.0, 0.15, 0.08);

/// Effort is shown as it was over about this long, in seconds: muscles and faces don't follow single steps of the solver.
const EFFORT_SMOOTHING_SECS: f64 = 0.15;

/// Effort at which the face begins to show it and at which it shows all it can. Sum of torques over sum of strengths stays far under 1,
/// because never all muscles work at once; a hard clinch measures about 0.3.
const STRAIN_FROM: f32 = 0.06;
const STRAIN_FULL: f32 = 0.32;

/// How long faces take to change, in seconds.
const FACE_SMOOTHING_SECS: f64 = 0.45;

/// How long eyes rest on something, in seconds (fixations of people who watch each other are long).
const LOOK_SECS: (f64, f64) = (0.9, 3.2);

/// How long a saccade with its head movement takes, in seconds (0.03..0.1 for the eyes alone).
const SACCADE_SECS: f64 = 0.10;

/// Chance that a look goes to the ground when fresh (fatigue 0) and what fatigue and rest add.
const GROUND_LOOK_CHANCE: f64 = 0.05;
const GROUND_LOOK_FOR_FATIGUE: f64 = 0.25;
const GROUND_LOOK_FOR_REST: f64 = 0.2;

/// How long after a recognition the eyes stay on the other's, in seconds, and how long before it they get there.
const RECOGNITION_SECS: (f64, f64) = (0.3, 3.0);

/// Seconds between blinks and length of one (Bentivoglio et al., Movement Disorders 12, 1997: 17 a minute at rest, 0.1..0.4 s).
const BLINK_EVERY_SECS: (f64, f64) = (2.0, 5.0);
const BLINK_SECS: f64 = 0.15;

/// Over how long fingers are smoothed as they open and close, in seconds.
const FINGER_SMOOTHING_SECS: f64 = 0.06;

/// Where a look goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Look {
    /// To the other's face, a little beside its middle (m).
    Face(Vec3),
    /// To the other's hands or chest.
    Body,
    /// To the ground before one's knees.
    Ground,
}

/// Clothes the simulated records in everything that a sample says.
pub(crate) fn enliven(records: Reel, rate: FrameRate, story: &Story, cast: &Cast, tempo: &Tempo) -> Samples {
    let length_secs = records.len() as f64 * rate.frame_secs();
    let effort = Who::BOTH.map(|who| shown_effort(&records, rate, who));
    let faces = Who::BOTH.map(|who| face(&effort[who.index()], rate, story, who));
    let blinks = Who::BOTH.map(|who| blinks(story, who, length_secs, records.len(), rate));
    let hands = Who::BOTH.map(|who| [0, 1].map(|hand| shown_grip(&records, rate, who, hand)));
    let gazes = Who::BOTH.map(|who| gaze(&records, rate, story, cast, tempo, who));
    let live = records.drain().enumerate();
    live.map(|(i, record)| {
        let at = rate.start_of(i as u64);
        let people = Who::BOTH.map(|who| {
            let w = who.index();
            let record = &record[w];
            PersonSample {
                pose: record.pose,
                breath: tempo.breath(w, at),
                effort: effort[w][i],
                fatigue: tempo.fatigue(at),
                assist_n: record.assist_n,
                grip: [hands[w][0][i], hands[w][1][i]],
                gaze_m: gazes[w][i],
                expression: [faces[w][i].0, faces[w][i].1, 0.0, 0.0, 0.0, 0.0, 0.0],
                blink: blinks[w][i],
            }
        });
        Sample { people }
    })
    .collect()
}

fn shown_effort(records: &Reel, rate: FrameRate, who: Who) -> Vec<f32> {
    let raw: Vec<f64> = records.iter().map(|record| f64::from(record[who.index()].effort)).collect();
    smoothed(&raw, EFFORT_SMOOTHING_SECS * rate.hz()).iter().map(|&v| v.clamp(0.0, 1.0) as f32).collect()
}

/// `[sample]`: how far a hand is closed. A hold breaks at once, but the fingers take their time to spring back.
fn shown_grip(records: &Reel, rate: FrameRate, who: Who, hand: usize) -> Vec<f32> {
    let raw: Vec<f64> = records.iter().map(|record| f64::from(record[who.index()].grip[hand])).collect();
    smoothed(&raw, FINGER_SMOOTHING_SECS * rate.hz()).iter().map(|&v| v.clamp(0.0, 1.0) as f32).collect()
}

/// `[sample]` strain and anguish: strain follows effort; anguish comes from being controlled, and rises where both meet.
fn face(effort: &[f32], rate: FrameRate, story: &Story, who: Who) -> Vec<(f32, f32)> {
    let strain: Vec<f64> =
        effort.iter().map(|&effort| f64::from(((effort - STRAIN_FROM) / (STRAIN_FULL - STRAIN_FROM)).clamp(0.0, 1.0))).collect();
    let anguish: Vec<f64> = (0..effort.len())
        .map(|i| {
            let phrase = &story.phrases[story.phrase_at(rate.start_of(i as u64))];
            let controlled = (-phrase.leverage * who.sign()).max(0.0);
            (0.15 + 0.55 * controlled + 0.3 * controlled * strain[i]).clamp(0.0, 1.0)
        })
        .collect();
    let hops = FACE_SMOOTHING_SECS * rate.hz();
    smoothed(&strain, hops).iter().zip(smoothed(&anguish, hops)).map(|(&s, a)| (s as f32, a as f32)).collect()
}

/// `[sample]`: how far the eyes are closed.
fn blinks(story: &Story, who: Who, length_secs: f64, samples: usize, rate: FrameRate) -> Vec<f32> {
    let mut stream = Stream::new(story.seed, &format!("perform/blink/{who}"));
    let mut closed = vec![0.0; samples];
    let mut at_secs = stream.between(0.3, BLINK_EVERY_SECS.1);
    // A blink never runs over the seam, so the loop needs no care.
    while at_secs + BLINK_SECS < length_secs {
        let first = (at_secs * rate.hz()).ceil() as usize;
        for i in first..samples.min(first + (BLINK_SECS * rate.hz()) as usize + 1) {
            let t = ((i as f64 / rate.hz() - at_secs) / BLINK_SECS).clamp(0.0, 1.0);
            closed[i] = (std::f64::consts::PI * t).sin().powi(2) as f32;
        }
        at_secs += stream.between(BLINK_EVERY_SECS.0, BLINK_EVERY_SECS.1);
    }
    closed
}

/// `[sample]`: the point looked at.
fn gaze(records: &Reel, rate: FrameRate, story: &Story, cast: &Cast, tempo: &Tempo, who: Who) -> Vec<Vec3> {
    let looks = looks(records.len() as f64 * rate.frame_secs(), story, tempo, who);
    let mut current = 0;
    records
        .iter()
        .enumerate()
        .map(|(i, record)| {
            let at_secs = i as f64 * rate.frame_secs();
            while current + 1 < looks.len() && looks[current + 1].0 <= at_secs {
                current += 1;
            }
            let (since_secs, look) = looks[current];
            // The look before the first is the last one: the film is a loop.
            let before = looks[(current + looks.len() - 1) % looks.len()].1;
            let t = ((at_secs - since_secs) / SACCADE_SECS).clamp(0.0, 1.0) as f32;
            let eased = t * t * (3.0 - 2.0 * t);
            target_m(&record, cast, who, before).lerp(target_m(&record, cast, who, look), eased)
        })
        .collect()
}

/// Looks with the time at which they begin; the first begins at 0.
fn looks(length_secs: f64, story: &Story, tempo: &Tempo, who: Who) -> Vec<(f64, Look)> {
    let mut stream = Stream::new(story.seed, &format!("perform/gaze/{who}"));
    let mut looks = Vec::new();
    let mut at_secs = 0.0;
    while at_secs < length_secs {
        looks.push((at_secs, look(&mut stream, story, tempo, Secs(at_secs))));
        at_secs += stream.between(LOOK_SECS.0, LOOK_SECS.1);
    }
    looks
}

fn look(stream: &mut Stream, story: &Story, tempo: &Tempo, at: Secs) -> Look {
    let beside = Vec3::new(stream.between(-0.03, 0.03) as f32, stream.between(-0.03, 0.03) as f32, 0.0);
    let (to_ground, to_body) = (stream.unit(), stream.unit());
    let near = |event: &clinch_model::Event| {
        // A look that begins anywhere in this stretch lasts into the recognition.
        (event.at.0 - LOOK_SECS.1 - RECOGNITION_SECS.0..event.at.0 + RECOGNITION_SECS.1).contains(&at.0)
    };
    if story.events.iter().any(|event| event.kind == EventKind::Recognition && near(event)) {
        return Look::Face(beside);
    }
    let resting = story.hold(&story.phrases[story.phrase_at(at)].hold).is_some_and(|hold| hold.kind == HoldKind::Rest);
    let ground =
        GROUND_LOOK_CHANCE + GROUND_LOOK_FOR_FATIGUE * f64::from(tempo.fatigue(at)) + if resting { GROUND_LOOK_FOR_REST } else { 0.0 };
    if to_ground < ground {
        Look::Ground
    } else if to_body < 0.2 {
        Look::Body
    } else {
        Look::Face(beside)
    }
}

/// The point of a look in the world.
fn target_m(record: &Record, cast: &Cast, who: Who, look: Look) -> Vec3 {
    let placed = |whom: Who| cast.person(whom).skeleton.place(&record[whom.index()].pose);
    let scale = |whom: Who| cast.person(whom).height_m / 1.75;
    match look {
        Look::Face(beside) => {
            let other = who.other();
            placed(other)[Segment::Head.index()].point((EYES_IN_HEAD_M + beside) * scale(other))
        }
        Look::Body => placed(who.other())[Segment::Chest.index()].point(Vec3::new(0.0, 0.1, 0.1) * scale(who.other())),
        Look::Ground => {
            let head = placed(who)[Segment::Head.index()];
            let ahead = (head.turn * Vec3::Z).with_y(0.0).normalize_or(Vec3::Z);
            (head.origin_m + ahead * 0.6).with_y(0.0)
        }
    }
}
