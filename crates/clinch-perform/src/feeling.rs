//! What shows in the faces: from effort, leverage, grips and fatigue as they were simulated, and from the story's moments. Everything closes over
//! the loop.

use crate::{
    reel::Reel,
    tempo::{Tempo, smoothed},
};
use clinch_model::{Cast, EXPRESSIONS, EventKind, Expression, FrameRate, HoldKind, Phrase, Secs, Story, Who, random::Stream};

/// `[expression]`: how strongly each shows, 0..1.
pub(crate) type Face = [f32; EXPRESSIONS];

/// Effort at which the face begins to show it and at which it shows all it can. Sum of torques over sum of strengths stays far under 1, because
/// never all muscles work at once; in the demo film they stand with 0.10..0.15, lean with 0.2 and strive with 0.2..0.35.
const STRAIN: (f64, f64) = (0.13, 0.38);

/// `[expression]`: over how long each comes and goes, in seconds: strain and pain follow the body, grief and exhaustion stay. Expressions of what is
/// felt last 0.5..4 s (Ekman, "Darwin, deception, and facial expression", Annals of the New York Academy of Sciences 1000, 2003).
const FACE_SMOOTHING_SECS: Face = [0.25, 0.30, 0.40, 0.45, 1.10, 1.00, 0.35];

/// How long one wave of an expression lasts, in seconds, and how low it ebbs, as a share: nobody keeps a face.
const WAVE_SECS: (f64, f64) = (0.9, 3.2);
const EBB: f64 = 0.45;

/// Fatigue from which a face looks spent and at which it can't look more so.
const SPENT: (f64, f64) = (0.30, 0.90);

/// Intensity under which a struggle is a rest, and over which it is none.
const STILL: (f64, f64) = (0.15, 0.45);

/// Intensity from which whoever leads grows angry, and at which wholly so.
const FIERCE: (f64, f64) = (0.30, 0.80);

/// How far before and behind a moment the leverage is compared, in seconds, and the change of it that frightens most: a hold is felt coming.
const FORESEEN_SECS: f64 = 1.2;
const REMEMBERED_SECS: f64 = 2.5;
const STEEP: f64 = 0.8;

/// Over how long a change of hold spreads, in seconds.
const LEVERAGE_SMOOTHING_SECS: f64 = 0.6;

/// How long a reversal angers the one who gains by it and the one who loses, in seconds; how long a sudden effort is felt.
const GAIN_SECS: f64 = 4.0;
const LOSS_SECS: f64 = 2.5;
const ACCENT_SECS: f64 = 0.9;

/// A recognition: how long before its moment it dawns, how long it is whole, how long it takes to fade, in seconds, and how much of it the one
/// shows whose moment it isn't.
const DAWN_SECS: f64 = 1.0;
const SEEN_SECS: f64 = 1.6;
const FADE_SECS: f64 = 2.2;
const ANSWERED: f64 = 0.85;

/// Grief after a recognition: when it begins, how long it grows and how long it takes to ebb, in seconds.
const GRIEF_AFTER_SECS: (f64, f64, f64) = (0.8, 1.6, 7.0);

/// Stretch before a rest that it answers, in seconds, and moments of it that are looked at.
const LOUD_SECS: (f64, f64) = (2.0, 14.0);
const LOUD_STEPS: usize = 7;

/// Greatest sum of all expressions: two whole ones are more than a face can show.
const MOST_TOGETHER: f32 = 1.35;

/// How strongly lesser expressions yield to the two strongest: exponent of their share of the second.
const YIELDING: f32 = 1.5;

/// Both faces over the whole song, `[who][sample]`.
///
/// `effort` is `[who][sample]`, 0..1.
pub(crate) fn faces(records: &Reel, effort: [&[f32]; 2], rate: FrameRate, story: &Story, cast: &Cast, tempo: &Tempo) -> [Vec<Face>; 2] {
    let course = Course { records, effort, leverage: leverage(records.len(), rate, story), rate, story, tempo };
    Who::BOTH.map(|who| {
        let temper = cast.person(who).temperament;
        let readiness = [temper.anger, temper.fear, temper.sorrow].map(|readiness| 0.4 + 1.2 * f64::from(readiness));
        let felt: Vec<_> = (0..records.len()).map(|i| course.moment(i, who).felt(readiness)).collect();
        shown(&felt, rate, story.seed, who)
    })
}

/// `[sample]`: leverage, −1 (Kid) .. 1 (Cop), without jumps.
fn leverage(samples: usize, rate: FrameRate, story: &Story) -> Vec<f64> {
    let steps: Vec<f64> = (0..samples).map(|i| phrase(story, rate.start_of(i as u64)).leverage).collect();
    smoothed(&steps, LEVERAGE_SMOOTHING_SECS * rate.hz())
}

fn phrase(story: &Story, at: Secs) -> &Phrase {
    &story.phrases[story.phrase_at(at)]
}

/// What happened over the whole song.
struct Course<'a> {
    records: &'a Reel,
    /// `[who][sample]`.
    effort: [&'a [f32]; 2],
    /// `[sample]`.
    leverage: Vec<f64>,
    rate: FrameRate,
    story: &'a Story,
    tempo: &'a Tempo,
}

/// How one person is placed at a moment, everything 0..1.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// How far one controls, and is controlled by, the other.
    control: f64,
    controlled: f64,
    /// How steeply the leverage goes against one.
    losing: f64,
    /// How hard one works, and the other.
    strain: f64,
    others_strain: f64,
    /// How far the other's hands are closed on one.
    held: f64,
    /// How hard they struggle as planned.
    intensity: f64,
    fatigue: f64,
    /// How far they rest, and how loud it was before.
    rest: f64,
    loud_before: f64,
    /// What is left of a reversal that was won, of one that was lost, of a sudden effort of one's own and of the other's.
    won: f64,
    lost: f64,
    burst: f64,
    struck: f64,
    /// Seeing the other, and what it leaves.
    recognition: f64,
    aftermath: f64,
}

impl Course<'_> {
    /// A person's place in a sample.
    fn moment(&self, i: usize, who: Who) -> Moment {
        let at = self.rate.start_of(i as u64);
        let (own, other) = (who, who.other());
        let strain = |who: Who| ramp(f64::from(self.effort[who.index()][i]), STRAIN);
        let hands = self.records.get(i)[other.index()].grip;
        let decay = |kind: EventKind, whose: Who, length_secs: f64| {
            self.strongest(at, kind, |who| who == whose, |since_secs| 1.0 - ramp(since_secs, (0.0, length_secs)))
        };
        let recognised = |whose: Who| self.strongest(at, EventKind::Recognition, |who| who == whose, recognition);
        Moment {
            control: self.leverage_of(own, i, 0.0).max(0.0),
            controlled: self.leverage_of(other, i, 0.0).max(0.0),
            losing: ramp(self.leverage_of(other, i, FORESEEN_SECS) - self.leverage_of(other, i, -REMEMBERED_SECS), (0.0, STEEP)),
            strain: strain(own),
            others_strain: strain(other),
            held: f64::from(hands[0] + hands[1]) / 2.0,
            intensity: f64::from(self.tempo.intensity(at)),
            fatigue: f64::from(self.tempo.fatigue(at)),
            rest: self.rest(at),
            loud_before: loud_before(self.tempo, at),
            won: decay(EventKind::Reversal, own, GAIN_SECS),
            lost: decay(EventKind::Reversal, other, LOSS_SECS),
            burst: decay(EventKind::Accent, own, ACCENT_SECS),
            struck: decay(EventKind::Accent, other, ACCENT_SECS),
            recognition: recognised(own).max(ANSWERED * recognised(other)),
            aftermath: self.strongest(at, EventKind::Recognition, |_| true, aftermath),
        }
    }

    /// Leverage of one over the other some time from a sample, round the loop.
    fn leverage_of(&self, who: Who, i: usize, shift_secs: f64) -> f64 {
        let index = i as i64 + (shift_secs * self.rate.hz()).round() as i64;
        self.leverage[index.rem_euclid(self.leverage.len() as i64) as usize] * who.sign()
    }

    /// How far both have stopped.
    fn rest(&self, at: Secs) -> f64 {
        let resting = self.story.hold(&phrase(self.story, at).hold).is_some_and(|hold| hold.kind == HoldKind::Rest);
        if resting { 1.0 } else { 1.0 - ramp(f64::from(self.tempo.intensity(at)), STILL) }
    }

    /// The strongest course of all events of a kind; `course` gives 0..1 from the seconds since one, which run from half the song before it to
    /// half the song behind it, round the loop. Only a recognition is felt before its moment.
    fn strongest(&self, at: Secs, kind: EventKind, whose: impl Fn(Who) -> bool, course: impl Fn(f64) -> f64) -> f64 {
        let duration_secs = self.story.duration.0;
        let mut strongest = 0.0f64;
        for event in self.story.events.iter().filter(|event| event.kind == kind && whose(event.who)) {
            let since_secs = (at.0 - event.at.0 + duration_secs / 2.0).rem_euclid(duration_secs) - duration_secs / 2.0;
            if since_secs >= 0.0 || kind == EventKind::Recognition {
                strongest = strongest.max(course(since_secs));
            }
        }
        strongest
    }
}

impl Moment {
    /// `[expression]`, 0..1; `readiness` to anger, fear and grief is a factor, 1 for the average.
    fn felt(&self, readiness: [f64; 3]) -> [f64; EXPRESSIONS] {
        let [anger, fear, sorrow] = readiness;
        let mut felt = [0.0; EXPRESSIONS];
        let mut set = |expression: Expression, amount: f64| felt[expression.index()] = amount.clamp(0.0, 1.0);
        // The same torque shows less in a face that only bears it.
        set(Expression::Effort, self.strain * (0.5 + 0.5 * self.intensity) + 0.2 * self.burst);
        // What hurts is the other's strength on a held body, and straining against the hold.
        let load = 0.3 * self.held + 0.6 * self.others_strain + 0.25 * self.strain;
        set(Expression::Pain, self.controlled * (1.4 * load + 0.5 * self.struck));
        let danger = self.controlled * (0.5 + 0.5 * self.losing) * (0.5 + 0.5 * self.intensity) * (1.0 - 0.8 * self.rest);
        set(Expression::Fear, fear * (1.4 * danger + 0.3 * self.controlled * self.struck + 0.25 * self.lost * self.losing));
        let will = 1.1 * self.control * ramp(self.intensity, FIERCE) + 0.3 * self.controlled * self.strain;
        let stung = 0.55 * self.won + 0.25 * self.lost + 0.25 * self.burst;
        set(Expression::Anger, anger * (will + stung) * (1.0 - 0.9 * self.rest));
        let quiet = self.rest * ramp(self.loud_before, FIERCE);
        set(Expression::Grief, sorrow * (0.7 * self.aftermath + 0.6 * quiet + 0.25 * self.controlled * self.fatigue));
        let spent = ramp(self.fatigue, SPENT) * (0.35 + 0.65 * self.rest) * (1.0 - 0.7 * self.strain);
        set(Expression::Exhaustion, spent);
        set(Expression::Recognition, self.recognition);
        felt
    }
}

/// 0 up to the first, 1 from the second, evenly between.
fn ramp(value: f64, (from, to): (f64, f64)) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Dawns, stays, fades.
fn recognition(since_secs: f64) -> f64 {
    ramp(since_secs, (-DAWN_SECS, 0.0)) * (1.0 - ramp(since_secs, (SEEN_SECS, SEEN_SECS + FADE_SECS)))
}

/// The grief that a recognition leaves.
fn aftermath(since_secs: f64) -> f64 {
    let (begin, grow, ebb) = GRIEF_AFTER_SECS;
    ramp(since_secs, (begin, begin + grow)) * (1.0 - ramp(since_secs, (begin + grow, begin + grow + ebb)))
}

/// Mean intensity of the stretch that a rest answers.
fn loud_before(tempo: &Tempo, at: Secs) -> f64 {
    let (near, far) = LOUD_SECS;
    let step_secs = (far - near) / (LOUD_STEPS - 1) as f64;
    (0..LOUD_STEPS).map(|i| f64::from(tempo.intensity(Secs(at.0 - near - i as f64 * step_secs)))).sum::<f64>() / LOUD_STEPS as f64
}

/// `[sample]`: what is felt comes in waves, takes its time, and the two strongest feelings leave little room for others.
fn shown(felt: &[[f64; EXPRESSIONS]], rate: FrameRate, seed: u64, who: Who) -> Vec<Face> {
    let courses: Vec<Vec<f64>> = Expression::ALL
        .iter()
        .map(|&expression| {
            let e = expression.index();
            let mut stream = Stream::new(seed, &format!("perform/face/{who}/{e}"));
            // Strain shows what the body does, and a recognition is looked for: both are kept whole.
            let ebb = if matches!(expression, Expression::Effort | Expression::Recognition) { 1.0 } else { EBB };
            let waves = waves(&mut stream, felt.len(), rate, ebb);
            let raw: Vec<f64> = felt.iter().zip(waves).map(|(felt, wave)| felt[e] * wave).collect();
            smoothed(&raw, f64::from(FACE_SMOOTHING_SECS[e]) * rate.hz())
        })
        .collect();
    (0..felt.len()).map(|i| dominant(std::array::from_fn(|e| courses[e][i].clamp(0.0, 1.0) as f32))).collect()
}

/// `[sample]`: steps between `ebb` and 1 that last as long as waves do.
fn waves(stream: &mut Stream, samples: usize, rate: FrameRate, ebb: f64) -> Vec<f64> {
    let mut waves = Vec::with_capacity(samples);
    while waves.len() < samples {
        let level = stream.between(ebb, 1.0);
        let length = (stream.between(WAVE_SECS.0, WAVE_SECS.1) * rate.hz()).ceil() as usize;
        waves.extend(std::iter::repeat_n(level, length.max(1).min(samples - waves.len())));
    }
    waves
}

/// Weakens all but the two strongest the more, the further they are below the second, and bounds the sum.
fn dominant(face: Face) -> Face {
    let mut ordered = face;
    ordered.sort_by(|a, b| b.total_cmp(a));
    let second = ordered[1].max(1e-6);
    let weakened = face.map(|amount| amount * (amount / second).min(1.0).powf(YIELDING));
    let sum: f32 = weakened.iter().sum();
    weakened.map(|amount| amount * (MOST_TOGETHER / sum.max(MOST_TOGETHER)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        stand_in::{cast, pose, story},
        struggle::PersonRecord,
    };
    use clinch_model::{Event, Temperament};

    const RATE_HZ: u32 = 60;

    /// Forty seconds: Cop leads hard, Kid turns it, both rest, Cop leads again.
    fn plan() -> Story {
        let mut story = story(40.0);
        let rest = clinch_model::Hold { name: "rest".into(), kind: HoldKind::Rest, ..story.holds[0].clone() };
        story.holds.push(rest);
        story.intensity = vec![0.8, 0.8, 0.1, 0.5];
        let part = |index: usize, hold: &str, leader: Who, leverage: f64, intensity: f64| Phrase {
            first_bar: index,
            end_bar: index + 1,
            start: Secs(10.0 * index as f64),
            end: Secs(10.0 * (index + 1) as f64),
            hold: hold.into(),
            leader,
            leverage: leverage * leader.sign(),
            intensity,
            ..story.phrases[0].clone()
        };
        story.phrases = vec![
            part(0, "stand", Who::Cop, 0.7, 0.8),
            part(1, "stand", Who::Kid, 0.7, 0.8),
            part(2, "rest", Who::Kid, 0.1, 0.1),
            part(3, "stand", Who::Cop, 0.7, 0.5),
        ];
        story.events = vec![
            Event { at: Secs(10.0), kind: EventKind::Reversal, who: Who::Kid },
            Event { at: Secs(24.0), kind: EventKind::Recognition, who: Who::Kid },
            Event { at: Secs(30.0), kind: EventKind::Reversal, who: Who::Cop },
        ];
        story
    }

    /// Both faces where both work as hard as `effort` says at every time.
    fn act(story: &Story, cast: &Cast, effort: impl Fn(f64) -> f32) -> [Vec<Face>; 2] {
        let rate = FrameRate::whole(RATE_HZ);
        let samples = rate.frames_in(story.duration) as usize;
        let course: Vec<f32> = (0..samples).map(|i| effort(rate.start_of(i as u64).0)).collect();
        let record =
            |i: usize, who: usize| PersonRecord { effort: course[i], grip: [1.0; 2], ..PersonRecord::still(pose(&cast.people[who], 0.0)) };
        let records: Reel = (0..samples).map(|i| [record(i, 0), record(i, 1)]).collect();
        faces(&records, [&course, &course], rate, story, cast, &Tempo::new(story))
    }

    fn struggling(at_secs: f64) -> f32 {
        if (20.0..30.0).contains(&at_secs) { 0.04 } else { 0.25 }
    }

    fn mean(faces: &[Face], expression: Expression, from_secs: f64, to_secs: f64) -> f32 {
        let (from, to) = ((from_secs * f64::from(RATE_HZ)) as usize, (to_secs * f64::from(RATE_HZ)) as usize);
        faces[from..to].iter().map(|face| face[expression.index()]).sum::<f32>() / (to - from) as f32
    }

    #[test]
    fn a_recognition_raises_recognition_in_both_around_it_and_grief_after_it() {
        for faces in act(&plan(), &cast(), struggling) {
            assert!(mean(&faces, Expression::Recognition, 24.0, 25.5) > 0.5);
            assert!(mean(&faces, Expression::Recognition, 0.0, 20.0) < 0.01 && mean(&faces, Expression::Recognition, 31.0, 40.0) < 0.02);
            assert!(mean(&faces, Expression::Grief, 26.0, 30.0) > 2.0 * mean(&faces, Expression::Grief, 12.0, 19.0));
            assert!(mean(&faces, Expression::Grief, 26.0, 30.0) > 0.15);
        }
    }

    #[test]
    fn whoever_is_controlled_fears_and_hurts_more_and_whoever_leads_is_angrier() {
        let [cop, kid] = act(&plan(), &cast(), struggling);
        for (from_secs, to_secs, leader, other) in [(1.0, 9.0, &cop, &kid), (11.0, 19.0, &kid, &cop), (31.0, 39.0, &cop, &kid)] {
            for expression in [Expression::Fear, Expression::Pain] {
                let [led, leads] = [other, leader].map(|faces| mean(faces, expression, from_secs, to_secs));
                assert!(led > leads + 0.02, "{expression:?} {from_secs} {led} {leads}");
            }
            let [led, leads] = [other, leader].map(|faces| mean(faces, Expression::Anger, from_secs, to_secs));
            assert!(leads > led, "anger {from_secs} {led} {leads}");
        }
        // Fear is greatest while the leverage turns against one.
        assert!(mean(&cop, Expression::Fear, 9.5, 12.0) > 1.5 * mean(&cop, Expression::Fear, 14.0, 19.0));
    }

    #[test]
    fn effort_and_exhaustion_take_turns() {
        for faces in act(&plan(), &cast(), struggling) {
            assert!(mean(&faces, Expression::Effort, 12.0, 19.0) > 0.3 && mean(&faces, Expression::Effort, 22.0, 29.0) < 0.02);
            assert!(mean(&faces, Expression::Exhaustion, 21.0, 29.0) > 4.0 * mean(&faces, Expression::Exhaustion, 12.0, 19.0));
        }
    }

    #[test]
    fn temperament_scales_what_is_felt() {
        let with = |readiness: f32| {
            let mut cast = cast();
            cast.people[0].temperament = Temperament { anger: readiness, fear: readiness, sorrow: readiness };
            act(&plan(), &cast, struggling)
        };
        let ([calm, _], [raw, _]) = (with(0.1), with(0.9));
        for (expression, from_secs, to_secs) in
            [(Expression::Anger, 1.0, 9.0), (Expression::Fear, 10.0, 13.0), (Expression::Grief, 26.0, 30.0)]
        {
            let [little, much] = [&calm, &raw].map(|faces| mean(faces, expression, from_secs, to_secs));
            assert!(much > 1.3 * little, "{expression:?} {little} {much}");
        }
    }

    #[test]
    fn faces_stay_in_range_change_smoothly_close_and_repeat() {
        let faces = act(&plan(), &cast(), struggling);
        assert_eq!(faces, act(&plan(), &cast(), struggling));
        for faces in &faces {
            let seam = [*faces.last().unwrap(), faces[0]];
            for pair in faces.windows(2).chain([&seam[..]]) {
                for e in 0..EXPRESSIONS {
                    assert!((0.0..=1.0).contains(&pair[0][e]));
                    // The quickest, effort, changes wholly in about a quarter of a second.
                    assert!((pair[1][e] - pair[0][e]).abs() < 0.06, "{:?} {:?}", pair[0], pair[1]);
                }
                assert!(pair[0].iter().sum::<f32>() <= MOST_TOGETHER + 1e-4);
            }
        }
        assert_ne!(faces[0], faces[1]);
    }

    #[test]
    fn two_feelings_dominate() {
        let face = dominant([0.8, 0.4, 0.2, 0.1, 0.0, 0.0, 0.0]);
        assert_eq!((face[0], face[1]), (0.8, 0.4));
        assert!((face[2] - 0.2 * 0.5f32.powf(YIELDING)).abs() < 1e-6 && face[3] < 0.02);
        assert!((dominant([1.0; EXPRESSIONS]).iter().sum::<f32>() - MOST_TOGETHER).abs() < 1e-5);
        assert_eq!(dominant([0.0; EXPRESSIONS]), [0.0; EXPRESSIONS]);
    }
}
