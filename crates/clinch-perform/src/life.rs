//! What isn't simulated but makes the bodies live: effort as it shows, eyes, face, breath. Everything closes over the loop.

use crate::{
    feeling::{self, Face},
    reel::Reel,
    struggle::Record,
    tempo::{Tempo, smoothed},
};
use clinch_model::{
    Cast, EventKind, Expression, FrameRate, HoldKind, PersonSample, Sample, Samples, Secs, Segment, Story, Who, random::Stream,
};
use glam::Vec3;

/// Where the eyes are in the head's frame of a person 1.75 m tall, in metres: 15 cm over the base of the neck, 8 cm in front of it.
const EYES_IN_HEAD_M: Vec3 = Vec3::new(0.0, 0.15, 0.08);

/// Effort is shown as it was over about this long, in seconds: muscles and faces don't follow single steps of the solver.
const EFFORT_SMOOTHING_SECS: f64 = 0.15;

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

/// Seconds between blinks at rest (Bentivoglio et al., Movement Disorders 12, 1997: 17 a minute).
const BLINK_EVERY_SECS: (f64, f64) = (2.0, 5.0);

/// What fear, effort, exhaustion and recognition add to the rate, as a share: arousal and fatigue raise it, a held look lowers it (Stern, Boyer,
/// Schroeder, "Blink rate: a possible measure of fatigue", Human Factors 36, 1994).
const BLINKS_FOR: [(Expression, f64); 4] =
    [(Expression::Fear, 0.8), (Expression::Effort, 0.5), (Expression::Exhaustion, 0.4), (Expression::Recognition, -0.5)];

/// How long the lids take to fall and to rise, in seconds: falling is about twice as quick (Evinger, Manning, Sibony, "Eyelid movements",
/// Investigative Ophthalmology & Visual Science 32, 1991).
const LIDS_FALL_SECS: f64 = 0.08;
const LIDS_RISE_SECS: f64 = 0.17;

/// How much longer the lids stay down when wholly exhausted (microsleep begins at 0.5 s) and how long pain squeezes them together, in seconds.
const LIDS_REST_SECS: f64 = 0.22;
const LIDS_SQUEEZE_SECS: f64 = 0.60;

/// Pain from which a blink becomes a squeeze.
const SQUEEZE_FROM: f64 = 0.35;

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
    let faces = feeling::faces(&records, [&effort[0], &effort[1]], rate, story, cast, tempo);
    let blinks = Who::BOTH.map(|who| blinks(story.seed, who, length_secs, &faces[who.index()], rate));
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
                expression: faces[w][i],
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

/// `[sample]`: how far the eyes are closed by blinks.
fn blinks(seed: u64, who: Who, length_secs: f64, faces: &[Face], rate: FrameRate) -> Vec<f32> {
    let mut stream = Stream::new(seed, &format!("perform/blink/{who}"));
    let mut closed = vec![0.0; faces.len()];
    let mut at_secs = stream.between(0.3, BLINK_EVERY_SECS.0);
    while at_secs < length_secs {
        let face = &faces[((at_secs * rate.hz()) as usize).min(faces.len() - 1)];
        let down_secs = lids_down_secs(face, &mut stream);
        let end_secs = at_secs + LIDS_FALL_SECS + down_secs + LIDS_RISE_SECS;
        // A blink never runs over the seam, so the loop needs no care.
        if end_secs >= length_secs {
            break;
        }
        for i in (at_secs * rate.hz()).ceil() as usize..=(end_secs * rate.hz()) as usize {
            closed[i] = lids(i as f64 / rate.hz() - at_secs, down_secs);
        }
        at_secs = end_secs + stream.between(BLINK_EVERY_SECS.0, BLINK_EVERY_SECS.1) / blink_rate(face);
    }
    closed
}

/// How often somebody with this face blinks, as a factor on the rate at rest.
fn blink_rate(face: &Face) -> f64 {
    1.0 + BLINKS_FOR.iter().map(|&(expression, more)| more * f64::from(face[expression.index()])).sum::<f64>()
}

/// How long the lids stay down in a blink.
fn lids_down_secs(face: &Face, stream: &mut Stream) -> f64 {
    let shown = |expression: Expression| f64::from(face[expression.index()]);
    let squeeze = ((shown(Expression::Pain) - SQUEEZE_FROM) / (1.0 - SQUEEZE_FROM)).max(0.0);
    (LIDS_REST_SECS * shown(Expression::Exhaustion) + LIDS_SQUEEZE_SECS * squeeze) * stream.between(0.4, 1.0)
}

/// How far the lids are closed some time after they began to fall, 0..1.
fn lids(since_secs: f64, down_secs: f64) -> f32 {
    let fallen = (since_secs / LIDS_FALL_SECS).clamp(0.0, 1.0);
    let risen = ((since_secs - LIDS_FALL_SECS - down_secs) / LIDS_RISE_SECS).clamp(0.0, 1.0);
    let eased = |t: f64| t * t * (3.0 - 2.0 * t);
    (eased(fallen) * (1.0 - eased(risen))) as f32
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

#[cfg(test)]
mod tests {
    use super::*;

    const SECS: f64 = 120.0;

    fn blinking(expression: Expression, amount: f32) -> Vec<f32> {
        let mut face = [0.0; 7];
        face[expression.index()] = amount;
        blinks(3, Who::Kid, SECS, &vec![face; 120 * SECS as usize], FrameRate::whole(120))
    }

    fn count(closed: &[f32]) -> usize {
        closed.windows(2).filter(|pair| pair[0] < 0.9 && pair[1] >= 0.9).count()
    }

    #[test]
    fn people_blink_as_often_as_people_do_and_more_in_fear() {
        let calm = count(&blinking(Expression::Fear, 0.0));
        // 17 a minute at rest, give or take a quarter.
        assert!((26..=43).contains(&calm), "{calm} in two minutes");
        assert!(count(&blinking(Expression::Fear, 1.0)) as f64 > 1.3 * calm as f64);
        assert!(count(&blinking(Expression::Effort, 1.0)) > calm);
        assert!(count(&blinking(Expression::Recognition, 1.0)) < calm);
    }

    #[test]
    fn lids_fall_faster_than_they_rise_and_stay_down_when_spent_or_in_pain() {
        let closed = blinking(Expression::Fear, 0.0);
        assert!(closed.iter().all(|amount| (0.0..=1.0).contains(amount)));
        let steepest = |sign: f32| closed.windows(2).map(|pair| sign * (pair[1] - pair[0])).fold(0.0, f32::max);
        assert!(steepest(1.0) > 1.5 * steepest(-1.0));
        assert!(closed[0] == 0.0 && *closed.last().unwrap() == 0.0, "the loop closes with open eyes");
        let longest = |closed: &[f32]| closed.split(|&amount| amount < 0.9).map(<[f32]>::len).max().unwrap() as f64 / 120.0;
        let calm = longest(&closed);
        assert!(longest(&blinking(Expression::Exhaustion, 1.0)) > calm + 0.12);
        assert!(longest(&blinking(Expression::Pain, 1.0)) > calm + 0.3);
    }
}
