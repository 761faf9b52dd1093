//! Takes: every phrase is acted several times from the same moment, and the best one is kept, as a director would.

use crate::{
    Error,
    choreography::limits,
    grips::Ended,
    measure::{
        overlap,
        smoothness::{JERK_HZ, third_difference},
    },
    struggle::{Direction, PersonRecord, Record, Struggle, TOUCHED_EVERY},
    timing::{Acted, Timing},
    world::STEPS_PER_SEC,
};
use clinch_model::{Cast, SEGMENTS, Segment, Story, random::Stream};
use rayon::prelude::*;
use std::ops::Range;

/// Reaction lag of the one who leads and of the one who follows, in seconds; takes vary it by this much. Simple reactions to a push take
/// 80..120 ms (long-latency reflexes, Pruszynski and Scott, Exp. Brain Research 218, 2012); the leader knows what comes.
const LEADER_LAG_SECS: f64 = 0.06;
const FOLLOWER_LAG_SECS: f64 = 0.10;
const LAG_SPREAD_SECS: f64 = 0.02;

/// How much softer or firmer a take may be played.
const STIFFNESS_SPREAD: f64 = 0.15;

/// How much slower or quicker fast moves may be made, and how much more or less the lost are helped.
const PACE_SPREAD: f64 = 0.35;
const HELP_SPREAD: f64 = 0.5;

/// How much weaker or stronger sudden efforts may be, and how much earlier or later their muscles may begin, in seconds: what is in the way of a body changes
/// both how much a push moves it and when.
const VIGOUR_SPREAD: f64 = 0.5;
const AHEAD_SPREAD_SECS: f64 = 0.05;

/// Length of a take's end that counts once more, in steps: 0.4 s, since the next phrase has to begin from there.
const END_STEPS: usize = 96;

/// Length of the windows of the search, in seconds, and how many states are kept after each: long enough for a mistake to show, short enough
/// to be left behind.
const WINDOW_SECS: f64 = 1.0;
const KEPT: usize = 3;

/// Faults a second above which the best try of a window is poor, and how many times as many are then tried besides.
const POOR: f64 = 4.0;
const MORE: usize = 2;

/// How long what is wrong at the end is taken to last, and time behind the song that counts as one fault, in seconds.
const END_SECS: f64 = 1.0;
const BEHIND_SECS: f64 = 1.0;

/// How often overlap, skating and contacts are looked at while a take is judged, in steps.
const JUDGE_EVERY: usize = TOUCHED_EVERY as usize;

/// What a take's faults cost against each other: 1 for 5 cm of mean distance from the reference, for 5 % of body weight as assist, for
/// 500 cm³ of overlap, for 10 mm of skating a film frame.
const MISS_M: f64 = 0.05;
const ASSIST_SHARE: f64 = 0.05;
const OVERLAP_CM3: f64 = 500.0;
const SKATE_M_PER_SEC: f64 = 0.24;

/// Assist that is seen to lift somebody, as a share of body weight; and what of it, on average over a take, counts as one fault.
const HEAVY_FROM_SHARE: f64 = 0.12;
const HEAVY_ASSIST_SHARE: f64 = 0.02;

/// What a contact of the story with the other that isn't there costs.
const UNTOUCHED_COST: f64 = 0.5;

/// The same for jerk, measured as the film's is: 1 for twice what motion-captured pairs show, in m/s³; and for joints beyond their ranges, in degrees, and what a
/// joint's stop may give for nothing.
const JERK_M_PER_SEC3: f64 = 224.0;
const BEYOND_DEG: f64 = 4.0;
const GIVES_DEG: f64 = 1.5;

/// Speed above which a take is a bad one, and what every 1 m/s beyond costs.
const SANE_M_PER_SEC: f64 = 5.0;

/// Speed of a touch above which a take is as good as lost, since 3 m/s are a strike, and what every 1 m/s beyond costs.
const GENTLE_M_PER_SEC: f64 = 2.2;
const RUSH_COST: f64 = 8.0;

/// What is acted, by whom, and what has to come when.
#[derive(Clone, Copy)]
pub(crate) struct Script<'a> {
    pub story: &'a Story,
    pub cast: &'a Cast,
    pub timing: &'a Timing,
}

/// One acted phrase.
pub(crate) struct Take<'a> {
    /// Where it led.
    pub end: Struggle<'a>,
    /// `[step]`.
    pub records: Vec<Record>,
    /// Grips that ended during it.
    pub ended: Vec<Ended>,
    /// Its faults times its length in seconds; less is better.
    pub cost: f64,
    /// The same with what its end promises; infinite for one that broke down.
    pub rank: f64,
}

/// The direction of one take of one phrase.
pub(crate) fn direction(story: &Story, phrase: usize, window: usize, take: usize) -> Direction {
    let mut stream = Stream::new(story.seed, &format!("perform/phrase {phrase}/window {window}/take {take}"));
    // The first take is played as planned.
    let spread = if take == 0 { 0.0 } else { 1.0 };
    let leader = story.phrases[phrase].leader.index();
    let lag_secs = [0, 1].map(|who| {
        let usual = if who == leader { LEADER_LAG_SECS } else { FOLLOWER_LAG_SECS };
        usual + spread * stream.between(-LAG_SPREAD_SECS, LAG_SPREAD_SECS)
    });
    let stiffness = (1.0 + spread * stream.between(-STIFFNESS_SPREAD, STIFFNESS_SPREAD)) as f32;
    let pace = (1.0 + spread * stream.between(-PACE_SPREAD, PACE_SPREAD)) as f32;
    let help = (1.0 + spread * stream.between(-HELP_SPREAD, HELP_SPREAD)) as f32;
    let tremor_turns = stream.unit();
    let vigour = (1.0 + spread * stream.between(-VIGOUR_SPREAD, VIGOUR_SPREAD)) as f32;
    let ahead_secs = spread * stream.between(-AHEAD_SPREAD_SECS, AHEAD_SPREAD_SECS);
    Direction { lag_secs, stiffness, pace, help, vigour, ahead_secs, tremor_turns }
}

/// Acts a phrase from `start` to `end_step` and keeps the best way that is found; the same on any number of threads.
///
/// A beam search: the phrase is cut into windows; in each, every state that is still kept is acted on in other ways, `takes` in all, and
/// the [`KEPT`] with the fewest faults so far are kept. No window ends while a sudden effort is under way.
pub(crate) fn best_take<'a>(start: &Struggle<'a>, script: &Script, phrase: usize, end_step: i64, takes: usize) -> Result<Take<'a>, Error> {
    let first_step = start.next_step();
    let steps = (end_step - first_step).max(1);
    let windows = (steps as f64 / (WINDOW_SECS * f64::from(STEPS_PER_SEC))).round().max(1.0) as i64;
    let mut kept = vec![Take { end: start.clone(), records: Vec::new(), ended: Vec::new(), cost: 0.0, rank: 0.0 }];
    let mut from = first_step;
    for window in 0..windows {
        let mut until = first_step + steps * (window + 1) / windows;
        if window + 1 < windows {
            until = script.timing.clear_of_moments(until).clamp(first_step, end_step);
        }
        if until <= from {
            continue;
        }
        let (place, first) = ((phrase, window as usize), takes.max(kept.len()));
        let mut acted = tried(&kept, script, place, 0..first, until);
        let window_secs = (until - from) as f64 / f64::from(STEPS_PER_SEC);
        let faults_a_sec = |(parent, take): &(usize, Take)| (take.cost - kept[*parent].cost) / window_secs;
        if acted.iter().map(faults_a_sec).fold(f64::INFINITY, f64::min) > POOR {
            acted.extend(tried(&kept, script, place, first..first + MORE * takes, until));
        }
        acted.retain(|(_, take)| take.rank.is_finite());
        acted.sort_by(|a, b| a.1.rank.total_cmp(&b.1.rank));
        acted.truncate(if window + 1 == windows { 1 } else { KEPT });
        kept = acted
            .into_iter()
            .map(|(parent, mut take)| {
                let mut records = kept[parent].records.clone();
                records.append(&mut take.records);
                let mut ended = kept[parent].ended.clone();
                ended.append(&mut take.ended);
                Take { records, ended, ..take }
            })
            .collect();
        from = until;
    }
    let broke = || Error::BrokeDown { phrase, hold: script.story.phrases[phrase].hold.clone(), at: crate::struggle::step_time(first_step) };
    kept.into_iter().next().ok_or_else(broke)
}

/// Acts the kept states on until a step, each in as many ways, the first ones in one more where that doesn't come out even; gives back which state each take
/// goes on from.
fn tried<'a>(
    kept: &[Take<'a>],
    script: &Script,
    (phrase, window): (usize, usize),
    numbers: Range<usize>,
    until: i64,
) -> Vec<(usize, Take<'a>)> {
    numbers
        .into_par_iter()
        .map(|number| {
            let parent = number % kept.len();
            let from = &kept[parent];
            let mut take = act(from.end.clone(), script.cast, &direction(script.story, phrase, window, number), until);
            let grips = [&from.ended[..], &take.ended[..], &take.end.held()[..]].concat();
            let acted = Acted { before: &from.records, take: &take.records, grips: &grips, until: take.end.next_step() };
            let cost = from.cost + script.timing.cost(&acted, from.end.next_step(), script.cast);
            take.cost += cost;
            take.rank += cost;
            (parent, take)
        })
        .collect()
}

/// Acts on under one direction until `end_step`.
pub(crate) fn act<'a>(mut struggle: Struggle<'a>, cast: &Cast, direction: &Direction, end_step: i64) -> Take<'a> {
    let mut records = Vec::with_capacity((end_step - struggle.next_step()).max(0) as usize);
    let mut ended = Vec::new();
    while struggle.next_step() < end_step {
        records.push(struggle.advance(direction, &mut ended));
    }
    let secs = records.len() as f64 / f64::from(STEPS_PER_SEC);
    let first_step = struggle.next_step() - records.len() as i64 + 1;
    let cost = cost(&records, (-first_step).rem_euclid(TOUCHED_EVERY) as usize, cast) * secs;
    let rank = if struggle.is_sound() { cost + promise(&struggle, &records) } else { f64::INFINITY };
    Take { end: struggle, records, ended, cost, rank }
}

/// The faults of a take, see the constants.
/// `first_judged` is the index of the first step at which contacts were counted.
fn cost(records: &[Record], first_judged: usize, cast: &Cast) -> f64 {
    let per_person = (2 * records.len().max(1)) as f64;
    let weight_n = |who: usize| f64::from(cast.people[who].mass_kg * crate::world::GRAVITY);
    let (mut miss_m, mut assist, mut heavy_assist, mut fastest, mut rush) = (0.0, 0.0, 0.0, 0.0f64, 0.0f64);
    for record in records {
        for (who, person) in record.iter().enumerate() {
            miss_m += f64::from(person.miss_m);
            let share = f64::from(person.assist_n) / weight_n(who);
            assist += share;
            heavy_assist += (share - HEAVY_FROM_SHARE).max(0.0);
            fastest = fastest.max(f64::from(person.speed_m_per_sec));
            rush = rush.max(f64::from(person.rush_m_per_sec));
        }
    }
    let judged: Vec<&Record> = records.iter().skip(first_judged).step_by(JUDGE_EVERY).collect();
    let overlap_cm3: f64 = judged.iter().map(|record| overlap::between_cm3(cast, &record.each_ref().map(|p| p.pose))).sum::<f64>()
        / judged.len().max(1) as f64;
    let turned = |person: &PersonRecord| f64::from(limits::worst_excess_deg(&Segment::ALL.map(|segment| person.pose.joint_turn(segment))));
    let beyond_deg = judged.iter().flat_map(|record| record.iter()).map(turned).fold(0.0, f64::max);
    let untouched: f64 = judged.iter().flat_map(|record| record.iter()).map(|person| f64::from(person.untouched)).sum();
    miss_m / per_person / MISS_M
        + assist / per_person / ASSIST_SHARE
        + heavy_assist / per_person / HEAVY_ASSIST_SHARE
        + overlap_cm3 / OVERLAP_CM3
        + skating_m_per_sec(&judged, cast) / SKATE_M_PER_SEC
        + UNTOUCHED_COST * untouched / judged.len().max(1) as f64
        + jerk_m_per_sec3(records, cast) / JERK_M_PER_SEC3
        + (beyond_deg - GIVES_DEG).max(0.0) / BEYOND_DEG
        + (fastest - SANE_M_PER_SEC).max(0.0)
        + RUSH_COST * (rush - GENTLE_M_PER_SEC).max(0.0)
}

/// What the state at a take's end costs later: how far the bodies are from where they should be, and how far the story is behind.
fn promise(struggle: &Struggle, records: &[Record]) -> f64 {
    let end = &records[records.len().saturating_sub(END_STEPS)..];
    let end_miss_m: f64 = end.iter().flatten().map(|person| f64::from(person.miss_m)).sum();
    END_SECS * (end_miss_m / (2 * end.len().max(1)) as f64 / MISS_M + struggle.behind_secs() / BEHIND_SECS)
}

/// Jerk of steps as [`crate::measure::smoothness`] takes it of the film: mean size of the third difference of all joints' places at 30 Hz.
fn jerk_m_per_sec3(records: &[Record], cast: &Cast) -> f64 {
    let origins = |record: &Record| [0, 1].map(|who| cast.people[who].skeleton.place(&record[who].pose).map(|placed| placed.origin_m));
    let places: Vec<_> = records.iter().step_by(STEPS_PER_SEC as usize / JERK_HZ as usize).map(origins).collect();
    let mut sum = 0.0;
    for four in places.windows(4) {
        for (who, segment) in (0..2).flat_map(|who| (0..SEGMENTS).map(move |segment| (who, segment))) {
            let four_m = [0, 1, 2, 3].map(|i| four[i][who][segment]);
            sum += f64::from(third_difference(four_m).length());
        }
    }
    let count = places.len().saturating_sub(3) * 2 * SEGMENTS;
    sum / count.max(1) as f64 * JERK_HZ.powi(3)
}

/// Mean horizontal speed of the soles that are on the ground.
fn skating_m_per_sec(records: &[&Record], cast: &Cast) -> f64 {
    let secs = JUDGE_EVERY as f64 / f64::from(STEPS_PER_SEC);
    let (mut sum, mut count) = (0.0, 0);
    for pair in records.windows(2) {
        for who in 0..2 {
            let skeleton = &cast.people[who].skeleton;
            let (before, after) = (skeleton.place(&pair[0][who].pose), skeleton.place(&pair[1][who].pose));
            for foot in [Segment::FootL, Segment::FootR] {
                let centre = skeleton.centre_in_segment_m(foot);
                let (a, b) = (before[foot.index()].point(centre), after[foot.index()].point(centre));
                if a.y.max(b.y) < crate::measure::SOLE_DOWN_M {
                    sum += f64::from((b - a).with_y(0.0).length()) / secs;
                    count += 1;
                }
            }
        }
    }
    sum / f64::from(count.max(1))
}
