//! When sudden efforts really happen, against when the story has them.

use super::FILM_FRAME_SECS;
use crate::droplets;
use clinch_model::{Cast, EventKind, Performance, Pose, Secs, Segment, Story, Who, hold::AccentKind};
use glam::Vec3;

/// How far from its planned time a cue is looked for, in seconds: a quarter of the least time between two accents.
pub(crate) const WINDOW_SECS: f64 = 0.5;

/// Acceleration that a sudden effort gives a chest at least, in m/s²: what steps and sway make along the line between both stays below in nine of ten moments.
const LEAST_M_PER_SEC2: f32 = 4.0;

/// The same for hips that fall and chests that rise.
const LEAST_UPRIGHT_M_PER_SEC2: f32 = 3.0;

/// Distance of hips and of chests beyond which nobody holds anybody, in metres: an arm's length and a half.
pub(crate) const APART_M: f32 = 1.0;

/// The farthest that a forearm may stay from the head to count as a shove at all, in metres: that from which droplets fly.
pub(crate) const SHOVES_WITHIN_M: f32 = 0.06;

/// Samples a second of which accelerations are taken: as jerk is, since motion capture of pairs has no more.
const SAMPLED_HZ: f64 = 30.0;

/// What is sudden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CueKind {
    /// An accent.
    Accent(AccentKind),
    /// The elbow shove.
    Elbow,
    /// The lead goes over to somebody.
    Reversal,
}

/// A moment of the story that the song calls for, and where it is in the motion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cue {
    /// When the story has it: its musical moment.
    pub planned: Secs,
    /// What it is.
    pub kind: CueKind,
    /// Whose it is.
    pub who: Who,
    /// When it happens; none where nothing of the kind is within half a second.
    pub found: Option<Secs>,
}

impl Cue {
    /// How much later than planned it happens, in film frames of 1/24 s.
    pub fn late_frames(&self) -> Option<f64> {
        self.found.map(|found| (found.0 - self.planned.0) / FILM_FRAME_SECS)
    }

    /// Whether it happens within one film frame of its time.
    pub fn is_on_time(&self) -> bool {
        self.late_frames().is_some_and(|late| late.abs() <= 1.0 + 1e-6)
    }
}

/// Every accent, the elbow shove and every reversal of a story, in time order, with when it happens in the motion.
///
/// Each kind has its own signal, looked for within half a second of the plan; accelerations are those at 30 Hz, and the greatest peak of at least 4 m/s²
/// (falls 3 m/s²) counts:
/// - grab: one of the person's hands closes on the other (of several the nearest in time); where none does, as a pull;
/// - fall: greatest acceleration of the hips downwards, where the legs give way;
/// - shove: greatest acceleration of both chests away from each other;
/// - pull: greatest acceleration of both chests towards each other;
/// - elbow: the forearm meets the other's head (within 5 mm; where it only comes near, within 6 cm, where it is nearest);
/// - reversal: greatest acceleration of both chests towards each other: the new leader goes at the other; out of a hold in which they are apart, the greatest
///   acceleration of the new leader's chest upwards: who goes at the other from there draws himself up first.
///
/// Who sees a movement that meets nothing takes its moment to be that of its greatest acceleration along its way (Luck and Sloboda, "Spatio-temporal cues for
/// visually mediated synchronization", Music Perception 26(5), 2009); a speed says more of the slow move that lies beneath it.
///
/// The elbow's own accent is left out: it is the same moment.
pub fn cues(performance: &Performance, story: &Story, cast: &Cast) -> Vec<Cue> {
    if performance.samples.is_empty() {
        return Vec::new();
    }
    let found = |moment: &Moment| match moment.kind {
        CueKind::Elbow => elbow(performance, story, cast),
        CueKind::Accent(AccentKind::Grab) => grip_near(performance, moment.who, moment.at).or_else(|| peak_near(performance, cast, moment)),
        _ => peak_near(performance, cast, moment),
    };
    let cue = |moment: Moment| Cue { planned: moment.at, kind: moment.kind, who: moment.who, found: found(&moment) };
    moments(story).into_iter().map(cue).collect()
}

/// A moment of the story for which something sudden is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moment {
    pub at: Secs,
    pub kind: CueKind,
    pub who: Who,
}

/// All of a story's moments in time order; the elbow's own accent is left out.
pub(crate) fn moments(story: &Story) -> Vec<Moment> {
    let shove = story.events.iter().find(|event| event.kind == EventKind::Shove);
    let kind = |event: &clinch_model::Event| match event.kind {
        EventKind::Accent if shove.is_some_and(|shove| shove.at == event.at && shove.who == event.who) => None,
        EventKind::Accent => Some(CueKind::Accent(story.accent_kind(event.at, event.who))),
        EventKind::Shove => Some(CueKind::Elbow),
        EventKind::Reversal => Some(CueKind::Reversal),
        EventKind::Recognition => None,
    };
    let moment = |event: &clinch_model::Event| kind(event).map(|kind| Moment { at: event.at, kind, who: event.who });
    let mut moments: Vec<Moment> = story.events.iter().filter_map(moment).collect();
    moments.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    moments
}

/// How both move at one time.
struct Moving {
    /// `[who]`: acceleration of the hips downwards and of the chest upwards, in m/s².
    down: [f32; 2],
    up: [f32; 2],
    /// Acceleration of both chests away from each other, in m/s².
    apart: f32,
}

/// When a moment's signal peaks near its time.
fn peak_near(performance: &Performance, cast: &Cast, moment: &Moment) -> Option<Secs> {
    let hz = performance.rate.hz();
    let reach = reach(hz) as i64;
    let [first, last] = [-WINDOW_SECS, WINDOW_SECS].map(|shift_secs| ((moment.at.0 + shift_secs) * hz).round() as i64);
    let mut reader = performance.samples.reader();
    let count = performance.samples.len() as i64;
    let place = |i: i64| {
        let sample = reader.get(i.rem_euclid(count) as usize);
        places(Who::BOTH.map(|who| &sample.person(who).pose), cast)
    };
    let places: Vec<Places> = (first - 1 - reach..=last + 1 + reach).map(place).collect();
    peak(&places, hz, moment).map(|i| Secs((first - 1 - reach + i as i64) as f64 / hz))
}

/// The index at which the signal of a moment that isn't the elbow's has its greatest peak among places at a rate in Hz, if one is great enough.
pub(crate) fn peak(places: &[Places], hz: f64, moment: &Moment) -> Option<usize> {
    let [pelvis, chest] = [0, 1];
    let middle = places.get(places.len() / 2)?;
    let apart = middle[pelvis][0].distance(middle[pelvis][1]) > APART_M && middle[chest][0].distance(middle[chest][1]) > APART_M;
    let rises = moment.kind == CueKind::Reversal && apart;
    let least = if rises || moment.kind == CueKind::Accent(AccentKind::Fall) { LEAST_UPRIGHT_M_PER_SEC2 } else { LEAST_M_PER_SEC2 };
    let signal = |moving: &Moving| match moment.kind {
        CueKind::Accent(AccentKind::Fall) => moving.down[moment.who.index()],
        CueKind::Reversal if apart => moving.up[moment.who.index()],
        CueKind::Accent(AccentKind::Shove) => moving.apart,
        _ => -moving.apart,
    };
    let reach = reach(hz);
    let step_secs = (reach as f64 / hz) as f32;
    let values: Vec<f32> = (reach..places.len().saturating_sub(reach))
        .map(|i| {
            let jolt = |part: usize, who: usize| {
                let [before_m, now_m, after_m] = [i - reach, i, i + reach].map(|at| places[at][part][who]);
                (after_m - now_m * 2.0 + before_m) / (step_secs * step_secs)
            };
            let across = (places[i][chest][1] - places[i][chest][0]).normalize_or_zero();
            signal(&Moving {
                down: [0, 1].map(|who| -jolt(pelvis, who).y),
                up: [0, 1].map(|who| jolt(chest, who).y),
                apart: (jolt(chest, 1) - jolt(chest, 0)).dot(across),
            })
        })
        .collect();
    let inner = 1..values.len().saturating_sub(1);
    let peaks = inner.filter(|&i| values[i] >= least && values[i] > values[i - 1] && values[i] >= values[i + 1]);
    peaks.max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a))).map(|i| reach + i)
}

/// How many samples away the neighbours are of which accelerations are taken.
pub(crate) fn reach(hz: f64) -> usize {
    (hz / SAMPLED_HZ).round().max(1.0) as usize
}

/// `[pelvis, chest][who]`: where the segments' middles are, in metres.
pub(crate) type Places = [[Vec3; 2]; 2];

/// The places of both people in two poses.
pub(crate) fn places(poses: [&Pose; 2], cast: &Cast) -> Places {
    let placed = Who::BOTH.map(|who| cast.person(who).skeleton.place(poses[who.index()]));
    [Segment::Pelvis, Segment::Chest].map(|segment| {
        Who::BOTH.map(|who| {
            let centre = cast.person(who).skeleton.centre_in_segment_m(segment);
            placed[who.index()][segment.index()].point(centre)
        })
    })
}

/// When one of somebody's hands closes, nearest to a time.
fn grip_near(performance: &Performance, who: Who, at: Secs) -> Option<Secs> {
    let apart = |from: Secs| (from.0 - at.0).abs();
    // Grips held at the song's first sample closed before it; nobody knows when.
    let mine = performance.grips.iter().filter(|grip| grip.who == who && grip.from.0 > 0.0).map(|grip| grip.from);
    mine.filter(|&from| apart(from) <= WINDOW_SECS).min_by(|&a, &b| apart(a).total_cmp(&apart(b)))
}

/// When the shover's forearm meets the other's head.
fn elbow(performance: &Performance, story: &Story, cast: &Cast) -> Option<Secs> {
    let contact =
        droplets::contact(&performance.samples, performance.rate, story, cast).filter(|contact| contact.gap_m <= SHOVES_WITHIN_M)?;
    Some(Secs(contact.sample as f64 / performance.rate.hz()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        droplets::ARRIVED_M,
        measure::{
            fixture::{moved, performance},
            strikes::gap_between_m,
        },
    };
    use clinch_model::{Event, Sample, hold::Accents, performance::GripRecord};

    /// A story whose hold has given accents, with these events.
    fn story(leader: AccentKind, events: &[(f64, EventKind, Who)]) -> Story {
        let mut story = crate::stand_in::story(8.0);
        story.holds[0].accent = Accents { leader, follower: AccentKind::Grab };
        story.events = events.iter().map(|&(at, kind, who)| Event { at: Secs(at), kind, who }).collect();
        story
    }

    /// Way of a body that starts off at a time and goes on at 0.8 m/s; its greatest acceleration is 0.8 m/s over four times 30 ms.
    fn started_m(secs: f64, at_secs: f64) -> f32 {
        let turns = (secs - at_secs) / 0.03;
        (0.8 * 0.03 * (turns.max(0.0) + (-turns.abs()).exp().ln_1p())) as f32
    }

    /// One's body starts off along z (Cop stands at −z) or y at a time.
    fn started(who: Who, along: Vec3, at_secs: f64) -> Performance {
        performance(8.0, move |secs| {
            moved(&Default::default(), |person, pose| {
                if person == who {
                    pose.pelvis_m += along * started_m(secs, at_secs);
                }
            })
        })
    }

    fn late(performance: &Performance, story: &Story) -> Vec<Option<f64>> {
        cues(performance, story, &crate::stand_in::cast()).iter().map(Cue::late_frames).collect()
    }

    #[test]
    fn shifted_accents_are_found_as_late_as_they_were_shifted() {
        let accent = [(2.0, EventKind::Accent, Who::Cop)];
        // Cop stands at −z and leads the first phrase; three frames late, then two early.
        for (late_secs, frames) in [(0.125, 3.0), (-1.0 / 12.0, -2.0)] {
            let at_secs = 2.0 + late_secs;
            let cases = [
                (AccentKind::Pull, started(Who::Kid, Vec3::NEG_Z, at_secs)),
                (AccentKind::Shove, started(Who::Kid, Vec3::Z, at_secs)),
                (AccentKind::Grab, started(Who::Cop, Vec3::Z, at_secs)),
            ];
            for (kind, motion) in cases {
                let measured = late(&motion, &story(kind, &accent))[0].unwrap();
                assert!((measured - frames).abs() < 0.15, "{kind:?}: {measured} for {frames}");
            }
        }
        // Falling is towards the ground whatever the hold's accents are.
        let mut down = story(AccentKind::Grab, &accent);
        down.holds.push(clinch_model::Hold {
            name: "kneel".into(),
            level: clinch_model::Level::Kneeling,
            enter_secs: 2.0,
            ..down.holds[0].clone()
        });
        down.phrases[0].hold = "kneel".into();
        assert!((late(&started(Who::Cop, Vec3::NEG_Y, 2.125), &down)[0].unwrap() - 3.0).abs() < 0.15);
    }

    #[test]
    fn a_hand_that_closes_is_the_grab_and_a_body_that_stays_has_no_moment() {
        let story = story(AccentKind::Grab, &[(2.0, EventKind::Accent, Who::Cop), (5.0, EventKind::Reversal, Who::Kid)]);
        let mut still = performance(8.0, |_| moved(&Default::default(), |_, _| ()));
        assert_eq!(late(&still, &story), [None, None]);
        let grip =
            |who, from: f64| GripRecord { who, hand: 0, on: Segment::Chest, from: Secs(from), to: Secs(7.0), peak_n: 1.0, slipped: false };
        still.grips = vec![grip(Who::Cop, 1.75), grip(Who::Kid, 2.0), grip(Who::Cop, 2.0 + 1.0 / 24.0)];
        let found = cues(&still, &story, &crate::stand_in::cast());
        assert!((found[0].late_frames().unwrap() - 1.0).abs() < 1e-6 && found[0].is_on_time() && !found[1].is_on_time());
        let started = started(Who::Kid, Vec3::NEG_Z, 5.25);
        assert!((late(&started, &story)[1].unwrap() - 6.0).abs() < 0.15);
    }

    #[test]
    fn the_elbow_arrives_where_the_forearm_meets_the_head() {
        let cast = crate::stand_in::cast();
        // Cop's left forearm is brought to Kid's head's side and pushed on along z; where it arrives is found by halving.
        let at = |along_m: f32| {
            moved(&Default::default(), |who, pose| {
                if who == Who::Cop {
                    pose.pelvis_m += Vec3::new(-0.16, 0.28, along_m);
                }
            })
        };
        let gap_m = |sample: &Sample| {
            let [arm, head] = [(Who::Cop, Segment::ForearmL), (Who::Kid, Segment::Head)].map(|(who, segment)| {
                let skeleton = &cast.person(who).skeleton;
                (skeleton.place(&sample.person(who).pose)[segment.index()], skeleton.shape[segment.index()])
            });
            gap_between_m(&arm.0, &arm.1, &head.0, &head.1)
        };
        let (mut near, mut far) = (0.3, -0.5);
        assert!(gap_m(&at(near)) < ARRIVED_M && gap_m(&at(far)) > ARRIVED_M);
        for _ in 0..30 {
            let middle = (near + far) / 2.0;
            if gap_m(&at(middle)) < ARRIVED_M { near = middle } else { far = middle }
        }
        // 1 m/s, arriving 2.1 s after the beginning, 2.4 frames late, and 3 cm deeper in the end.
        let pushing = performance(8.0, |secs| at(far + ((secs - 2.1) as f32).clamp(-0.4, 0.03)));
        let shoved = story(AccentKind::Shove, &[(2.0, EventKind::Accent, Who::Cop), (2.0, EventKind::Shove, Who::Cop)]);
        let found = cues(&pushing, &shoved, &cast);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].kind == CueKind::Elbow && (found[0].late_frames().unwrap() - 2.4).abs() < 0.3, "{found:?}");
    }
}
