//! Whether a take's sudden efforts come when the song has them, asked while takes are chosen and by the measure by which the film is judged.

use crate::{
    droplets::{self, ARRIVED_M},
    grips::Ended,
    measure::cues::{self, CueKind, Moment, Places, SHOVES_WITHIN_M, WINDOW_SECS},
    struggle::{Record, step_time},
    world::STEPS_PER_SEC,
};
use clinch_model::{Cast, Pose, Story, Who, hold::AccentKind};
use glam::Vec3;

/// How long after a moment it can be told whether it came, and how long before it the muscles' burst begins at the earliest, in seconds.
const TOLD_AFTER_SECS: f64 = 0.25;
const BEGINS_BEFORE_SECS: f64 = 0.15;

/// How late or early a moment may be before it costs, and what of the rest costs all of it, in film frames.
const FREE_FRAMES: f64 = 0.5;
const LATE_FRAMES: f64 = 3.0;
const FILM_HZ: f64 = 24.0;

/// What a moment that doesn't come costs, in faults times seconds: more than what a second's takes differ by; and the same of the shove, of which there is one.
const MOMENT_COST: f64 = 3.0;
const SHOVE_COST: f64 = 5.0;

/// What was acted up to a step.
pub(crate) struct Acted<'a> {
    /// `[step]`, the last one being that of `until`: earlier ones, then those of the take.
    pub before: &'a [Record],
    pub take: &'a [Record],
    /// Grips that ended or are held.
    pub grips: &'a [Ended],
    /// The step of the last record.
    pub until: i64,
}

/// The moments of a story.
#[derive(Debug, Clone)]
pub(crate) struct Timing {
    moments: Vec<Moment>,
    duration_steps: i64,
}

impl Timing {
    /// The moments of a story.
    pub fn new(story: &Story) -> Self {
        Self { moments: cues::moments(story), duration_steps: steps(story.duration.0) }
    }

    /// The step nearest to `step` at which no moment is under way, so that whoever chooses there has all of each moment on one side.
    pub fn clear_of_moments(&self, step: i64) -> i64 {
        let (before, after) = (steps(BEGINS_BEFORE_SECS), steps(TOLD_AFTER_SECS));
        let under_way = |step: i64| self.at_steps().any(|(_, at)| (at - before..at + after).contains(&step));
        (0..after + before).flat_map(|way| [step - way, step + way]).find(|&step| !under_way(step)).unwrap_or(step)
    }

    /// What the moments that can be told from `from` on, but before `until`, cost.
    pub fn cost(&self, acted: &Acted, from: i64, cast: &Cast) -> f64 {
        let told = self.at_steps().filter(|(_, at)| (from..acted.until).contains(&(at + steps(TOLD_AFTER_SECS) - 1)));
        told.map(|(moment, at)| acted.cost(moment, at, cast)).sum()
    }

    /// All moments with their steps, in this turn of the loop and the one before.
    fn at_steps(&self) -> impl Iterator<Item = (&Moment, i64)> {
        self.moments.iter().flat_map(|moment| [-self.duration_steps, 0].map(|turn| (moment, steps(moment.at.0) + turn)))
    }
}

impl Acted<'_> {
    fn cost(&self, moment: &Moment, at: i64, cast: &Cast) -> f64 {
        match moment.kind {
            CueKind::Elbow => SHOVE_COST * self.elbow_faults(moment.who, at, cast),
            _ => MOMENT_COST * self.found(moment, at, cast).map_or(1.0, |found| faults((found - at) as f64)),
        }
    }

    /// The step at which a moment is found; its grip, if it is a grab, else the peak of its signal.
    fn found(&self, moment: &Moment, at: i64, cast: &Cast) -> Option<i64> {
        let grabs = moment.kind == CueKind::Accent(AccentKind::Grab);
        let mine = self.grips.iter().filter(|grip| grabs && grip.who == moment.who).map(|grip| grip.from_step);
        let grip = mine.filter(|from| (from - at).abs() <= steps(WINDOW_SECS)).min_by_key(|from| (from - at).abs());
        grip.or_else(|| {
            let (first, places) = self.near(at, |poses| cues::places(poses, cast));
            cues::peak(&smooth_places(&places), f64::from(STEPS_PER_SEC), moment).map(|i| first + i as i64)
        })
    }

    /// How badly the elbow meets the head, 0..1.
    fn elbow_faults(&self, who: Who, at: i64, cast: &Cast) -> f64 {
        let (first, gaps_m) = self.near(at, |poses| {
            let [left_m, right_m] = droplets::gaps_m(who, poses, cast);
            Vec3::new(left_m, right_m, 0.0)
        });
        let gaps_m: Vec<[f32; 2]> = smooth(&gaps_m).iter().map(|gaps_m| [gaps_m.x, gaps_m.y]).collect();
        let Some(arrival) = droplets::arrival(&gaps_m) else { return 1.0 };
        let away = f64::from(((arrival.gap_m - ARRIVED_M) / (SHOVES_WITHIN_M - ARRIVED_M)).clamp(0.0, 1.0));
        (0.5 * away + faults((first + arrival.index as i64 - at) as f64)).min(1.0)
    }

    /// What is measured at the steps about one, as far as they were acted, and the first one's number.
    fn near<T>(&self, at: i64, measured: impl Fn([&Pose; 2]) -> T) -> (i64, Vec<T>) {
        let count = (self.before.len() + self.take.len()) as i64;
        let first = (at - steps(WINDOW_SECS)).max(self.until - count + 1);
        let record = |step: i64| {
            let index = (step - (self.until - count + 1)) as usize;
            self.before.get(index).unwrap_or_else(|| &self.take[index - self.before.len()])
        };
        let measured =
            (first..=self.until.min(at + steps(WINDOW_SECS))).map(|step| measured(record(step).each_ref().map(|person| &person.pose)));
        (first, measured.collect())
    }
}

/// How badly a moment is missed by a number of steps, 0..1.
fn faults(late_steps: f64) -> f64 {
    ((late_steps.abs() / f64::from(STEPS_PER_SEC) * FILM_HZ - FREE_FRAMES) / LATE_FRAMES).clamp(0.0, 1.0)
}

/// A row of vectors as the finished film will have them: a bell curve's mean over the neighbours, as wide as the binomial filter of [`crate::closing`].
fn smooth(row: &[Vec3]) -> Vec<Vec3> {
    let sigma_steps = crate::closing::SMOOTHING_SECS * f64::from(STEPS_PER_SEC);
    let reach = (2.5 * sigma_steps).ceil() as usize;
    let weight = |i: usize, k: usize| (-0.5 * ((k as f64 - i as f64) / sigma_steps).powi(2)).exp() as f32;
    let mean = |i: usize| {
        let near = i.saturating_sub(reach)..(i + reach + 1).min(row.len());
        let (sum, weights) = near.fold((Vec3::ZERO, 0.0), |(sum, weights), k| (sum + row[k] * weight(i, k), weights + weight(i, k)));
        sum / weights
    };
    (0..row.len()).map(mean).collect()
}

/// The same of the places of both people.
fn smooth_places(places: &[Places]) -> Vec<Places> {
    let row = |part: usize, who: usize| smooth(&places.iter().map(|place| place[part][who]).collect::<Vec<_>>());
    let rows = [0, 1].map(|part| [0, 1].map(|who| row(part, who)));
    (0..places.len()).map(|i| [0, 1].map(|part| [0, 1].map(|who| rows[part][who][i]))).collect()
}

fn steps(secs: f64) -> i64 {
    (secs / step_time(1).0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        stand_in::{cast, pose, story},
        struggle::PersonRecord,
    };
    use clinch_model::{Event, EventKind, Secs, Segment};

    fn timing(kind: EventKind, at_secs: f64) -> Timing {
        let mut story = story(8.0);
        story.events = vec![Event { at: Secs(at_secs), kind, who: Who::Cop }];
        Timing::new(&story)
    }

    /// Two seconds of both standing, but that Cop starts towards Kid at a time and stops.
    fn starting(at_secs: f64) -> Vec<Record> {
        let cast = cast();
        (1..=480)
            .map(|step| {
                [0, 1].map(|who| {
                    let mut pose = pose(&cast.people[who], 0.0);
                    if who == 0 {
                        pose.pelvis_m.z += 0.1 * ((step_time(step).0 - at_secs) / 0.1).tanh() as f32;
                    }
                    PersonRecord::still(pose)
                })
            })
            .collect()
    }

    #[test]
    fn what_comes_on_time_is_free_and_what_comes_late_or_not_costs() {
        let timing = timing(EventKind::Reversal, 1.0);
        let cost = |records: &[Record]| {
            let acted = Acted { before: &records[..100], take: &records[100..], grips: &[], until: records.len() as i64 };
            timing.cost(&acted, 0, &cast())
        };
        // The hyperbolic tangent's acceleration is greatest 0.066 s before its middle.
        assert_eq!(cost(&starting(1.066)), 0.0);
        let late = cost(&starting(1.166));
        assert!((0.5 * MOMENT_COST * (0.1 * FILM_HZ - FREE_FRAMES) / LATE_FRAMES..MOMENT_COST).contains(&late), "{late}");
        assert_eq!(cost(&starting(9.0)), MOMENT_COST);
        // Before it can be told, and where it was told before, nothing is asked.
        assert_eq!(cost(&starting(9.0)[..299]), 0.0);
        let acted = Acted { before: &[], take: &starting(9.0), grips: &[], until: 480 };
        assert_eq!(timing.cost(&acted, 300, &cast()), 0.0);
    }

    #[test]
    fn a_hand_that_closes_on_time_is_the_grab() {
        let timing = timing(EventKind::Accent, 1.0);
        let records = starting(9.0);
        let grip = |from_step| Ended { who: Who::Cop, hand: 0, on: Segment::Chest, from_step, to_step: 400, peak_n: 1.0, slipped: false };
        let cost = |grips: &[Ended]| timing.cost(&Acted { before: &[], take: &records, grips, until: 480 }, 0, &cast());
        assert_eq!((cost(&[grip(240)]), cost(&[])), (0.0, MOMENT_COST));
    }

    #[test]
    fn choices_are_made_where_no_moment_is_under_way() {
        let timing = timing(EventKind::Accent, 1.0);
        assert_eq!(timing.clear_of_moments(100), 100);
        assert_eq!(timing.clear_of_moments(230), 203);
        assert_eq!(timing.clear_of_moments(280), 300);
        assert_eq!(timing.clear_of_moments(300), 300);
        // The turn before.
        assert_eq!(timing.clear_of_moments(280 - 8 * 240), 300 - 8 * 240);
    }

    #[test]
    fn an_elbow_that_stays_away_costs_the_most() {
        let mut story = story(8.0);
        story.events = vec![Event { at: Secs(1.0), kind: EventKind::Shove, who: Who::Cop }];
        let records = starting(9.0);
        let cost = Timing::new(&story).cost(&Acted { before: &[], take: &records, grips: &[], until: 480 }, 0, &cast());
        assert!((0.5 * SHOVE_COST..=SHOVE_COST).contains(&cost), "{cost}");
        assert_eq!(faults(0.0), 0.0);
        let chatter: Vec<Vec3> = (0..60).map(|i| Vec3::X * (i % 2) as f32).collect();
        assert!((smooth(&chatter)[30].x - 0.5).abs() < 0.01);
    }
}
