//! perform: a story acted out by two simulated bodies.
//!
//! The [`choreography`] turns the story's holds into a reference motion of both people. Two simulated bodies follow it with limited
//! muscles, gripping hands and a bounded, recorded assist; every phrase is acted several times and the best take is kept; the end is
//! led into the beginning; and what the film promises is measured on the result.

pub mod choreography;

mod accents;
mod balance;
mod closing;
mod compartments;
mod droplets;
mod error;
mod feeling;
mod follow;
mod grips;
mod life;
mod measure;
mod muscles;
mod playhead;
mod reel;
mod rehearsal;
mod restraint;
#[cfg(test)]
mod stand_in;
mod struggle;
mod takes;
mod tempo;
#[cfg(test)]
mod tests;
mod timing;
mod world;

pub use error::Error;
pub use measure::{
    cues::{Cue, CueKind, cues},
    measures,
    touch::Touching,
    touching_by_phrase,
};
pub use rehearsal::rehearse;

use accents::Accents;
use choreography::Choreography;
use clinch_model::{
    Cast, FrameRate, Performance, Progress, Secs, Story,
    performance::{GripRecord, PhraseRecord},
};
use grips::Ended;
use reel::Reel;
use struggle::{Plan, Record, Struggle, step_time};
use takes::{Script, Take};
use tempo::Tempo;
use timing::Timing;
use world::STEPS_PER_SEC;

/// How a story is performed.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Samples of motion a second that are kept, 24..=240 Hz.
    pub sample_rate: FrameRate,
    /// How many ways of acting are tried in each second of a phrase, 1..=64; the best are kept and acted on.
    pub takes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { sample_rate: FrameRate::whole(120), takes: 12 }
    }
}

/// How long the bodies settle before anything is kept, in seconds; they start in the reference's pose and take up their load.
const SETTLE_SECS: f64 = 1.5;

/// Mean distance of the joints from the reference within which a hold counts as reached, in metres.
pub const REACHED_M: f32 = 0.10;

/// Acts a story out.
///
/// Gives `sample_rate.frames_in(duration)` samples that wrap round, the grips and phrases as they really went, and the findings. The
/// same inputs give the same bytes on any number of threads.
///
/// # Errors
/// [`Error`] for a story without phrases or with unknown holds, for bodies that can't be simulated, for options out of range, and where
/// the simulation broke down in every take of a phrase.
pub fn perform(story: &Story, cast: &Cast, options: &Options, progress: Progress) -> Result<Performance, Error> {
    check(story, options)?;
    let choreography = Choreography::new(story, cast)?;
    act_out(&choreography, story, cast, options, progress)
}

/// Refuses what can't be performed.
fn check(story: &Story, options: &Options) -> Result<(), Error> {
    let hz = options.sample_rate.hz();
    if !(24.0..=f64::from(STEPS_PER_SEC)).contains(&hz) {
        return Err(Error::BadOption { option: "sample_rate", value: options.sample_rate.to_string(), wanted: "24 to 240 a second" });
    }
    if !(1..=64).contains(&options.takes) {
        return Err(Error::BadOption { option: "takes", value: options.takes.to_string(), wanted: "1 to 64" });
    }
    let mut end_secs = 0.0;
    for (index, phrase) in story.phrases.iter().enumerate() {
        let (from_secs, to_secs) = (phrase.start.0, phrase.end.0);
        let follows = (from_secs - end_secs).abs() < 1e-3;
        if !(follows && to_secs > from_secs && to_secs.is_finite()) {
            return Err(Error::BrokenPhrases { phrase: index, from_secs, to_secs });
        }
        if story.hold(&phrase.hold).is_none() {
            return Err(Error::UnknownHold { phrase: index, hold: phrase.hold.clone() });
        }
        end_secs = to_secs;
    }
    if story.phrases.is_empty() || (end_secs - story.duration.0).abs() > 1e-3 {
        return Err(Error::EmptyStory);
    }
    Ok(())
}

/// Follows any plan of a story's motion.
fn act_out(plan: &dyn Plan, story: &Story, cast: &Cast, options: &Options, progress: Progress) -> Result<Performance, Error> {
    let (tempo, accents) = (Tempo::new(story), Accents::new(story));
    let rate = options.sample_rate;
    let timing = Timing::new(story);
    let script = Script { story, cast, timing: &timing };
    let (before, mut pre_roll) = pre_roll(plan, &tempo, &accents, &script, options)?;

    // The song, phrase by phrase, its end led into its beginning.
    let count = rate.frames_in(story.duration) as usize;
    let mut kept = Reel::default();
    let mut sampler = Sampler::new(rate, 0, count as i64);
    let mut keep = |step: i64, record: &Record| {
        pre_roll.keep(step, record);
        sampler.push(step, record, |sampled| kept.push(&sampled));
    };
    let first_steps = before.end.next_step() + 1 - before.records.len() as i64;
    for (step, record) in (first_steps..).zip(&before.records) {
        keep(step, record);
    }
    let mut struggle = before.end;
    let mut ended = Vec::new();
    let mut phrases = Vec::with_capacity(story.phrases.len());
    for (index, phrase) in story.phrases.iter().enumerate() {
        let mut end_step = (phrase.end.0 * f64::from(STEPS_PER_SEC)).ceil() as i64;
        if index + 1 < story.phrases.len() {
            // A sudden effort about the boundary is chosen as a whole.
            end_step = timing.clear_of_moments(end_step);
        }
        let first_step = struggle.next_step() + 1;
        let take = takes::best_take(&struggle, &script, index, end_step, options.takes)?;
        for (i, record) in take.records.iter().enumerate() {
            keep(first_step + i as i64, record);
        }
        phrases.push(phrase_record(phrase, &take.records, cast));
        ended.extend(take.ended);
        struggle = take.end;
        progress(0.95 * phrase.end.0 / story.duration.0);
    }
    ended.extend(struggle.held());

    // The bodies come to life.
    let kept = closing::closed(kept, &pre_roll.records);
    let samples = life::enliven(closing::smooth(kept), rate, story, cast, &tempo);
    let shove = droplets::contact(&samples, rate, story, cast);
    let droplets = shove.map_or(Vec::new(), |contact| droplets::shaken_out(&contact, &samples, rate, story, cast));
    let mut findings = measure::findings(&samples, rate, story, cast, &phrases, tempo.breath_count());
    findings.extend(shove.iter().flat_map(|contact| measure::shove(contact, droplets.len())));
    let grips = grip_records(&ended, story.duration);
    progress(1.0);
    Ok(Performance { rate, duration: story.duration, samples, grips, phrases, droplets, findings })
}

/// What happens before time 0: the last phrase, acted as it will be at the song's end, which will be led into this. Gives back the acted
/// phrase, with the struggle as it stands at its end, and what will keep the samples before time 0. It ends before time 0 where something sudden is under way there.
fn pre_roll<'a>(
    plan: &'a dyn Plan,
    tempo: &'a Tempo,
    accents: &'a Accents,
    script: &Script,
    options: &Options,
) -> Result<(Take<'a>, PreRoll), Error> {
    let Script { story, cast, timing } = *script;
    let steps_in = |secs: f64| (secs * f64::from(STEPS_PER_SEC)).round() as i64;
    let last = story.phrases.len() - 1;
    let phrase_steps = steps_in(story.phrases[last].end.0 - story.phrases[last].start.0);
    let direction = takes::direction(story, last, 0, 0);
    let start = Struggle::new(plan, tempo, accents, cast, -phrase_steps - steps_in(SETTLE_SECS), &direction)?;
    let settled = takes::act(start, cast, &direction, -phrase_steps).end;
    let before = takes::best_take(&settled, script, last, timing.clear_of_moments(0).min(0), options.takes)?;
    let blend_steps = steps_in(closing::BLEND_SECS.min(0.4 * story.duration.0)).min(phrase_steps - 1);
    let rate = options.sample_rate;
    let first = -((blend_steps as f64 / f64::from(STEPS_PER_SEC) * rate.hz()) as i64);
    Ok((before, PreRoll { sampler: Sampler::new(rate, first, 0), first_step: 1 - blend_steps, records: Vec::new() }))
}

/// The samples before time 0 into which the end is led.
struct PreRoll {
    sampler: Sampler,
    /// The first step that is asked for.
    first_step: i64,
    records: Vec<Record>,
}

impl PreRoll {
    fn keep(&mut self, step: i64, record: &Record) {
        if step >= self.first_step {
            self.sampler.push(step, record, |sampled| self.records.push(sampled));
        }
    }
}

/// Turns steps of the solver into records at the rate that is kept.
struct Sampler {
    rate: FrameRate,
    /// Number of the next record, and one past the last.
    next: i64,
    end: i64,
    before: Option<(i64, Record)>,
}

impl Sampler {
    fn new(rate: FrameRate, first: i64, end: i64) -> Self {
        Self { rate, next: first, end, before: None }
    }

    /// Takes the record of a step and gives what lies between it and the one before to `keep`; steps come in order.
    fn push(&mut self, step: i64, record: &Record, mut keep: impl FnMut(Record)) {
        let now_secs = step_time(step).0;
        while self.next < self.end {
            let at_secs = self.next as f64 * self.rate.frame_secs();
            if at_secs > now_secs + 1e-9 {
                break;
            }
            keep(match &self.before {
                Some((before_step, before)) => {
                    let from_secs = step_time(*before_step).0;
                    let t = ((at_secs - from_secs) / (now_secs - from_secs).max(1e-9)).clamp(0.0, 1.0) as f32;
                    [0, 1].map(|who| closing::blend(&before[who], &record[who], t))
                }
                None => *record,
            });
            self.next += 1;
        }
        self.before = Some((step, *record));
    }
}

fn phrase_record(phrase: &clinch_model::Phrase, records: &[Record], cast: &Cast) -> PhraseRecord {
    let second_half = &records[records.len() / 2..];
    let sum_m: f32 = second_half.iter().flatten().map(|person| person.miss_m).sum();
    let miss_m = sum_m / (2 * second_half.len()).max(1) as f32;
    let share = |force_n: fn(&struggle::PersonRecord) -> f32| {
        let of_both = |record: &Record| (0..2).map(|who| force_n(&record[who]) / (cast.people[who].mass_kg * world::GRAVITY)).sum::<f32>();
        records.iter().map(of_both).sum::<f32>() / (2 * records.len()).max(1) as f32
    };
    PhraseRecord {
        hold: phrase.hold.clone(),
        leader: phrase.leader,
        from: phrase.start,
        to: phrase.end,
        miss_m,
        reached: miss_m <= REACHED_M,
        assist_share: share(|person| person.assist_n),
        pulls_share: share(|person| person.pulls_n),
    }
}

/// Grips in time order, within the song.
fn grip_records(ended: &[Ended], duration: Secs) -> Vec<GripRecord> {
    let mut records: Vec<GripRecord> = ended
        .iter()
        .filter(|grip| grip.to_step > 0)
        .map(|grip| GripRecord {
            who: grip.who,
            hand: grip.hand,
            on: grip.on,
            from: Secs(step_time(grip.from_step).0.max(0.0)),
            to: Secs(step_time(grip.to_step).0.min(duration.0)),
            peak_n: grip.peak_n,
            slipped: grip.slipped,
        })
        .collect();
    records.sort_by(|a, b| a.from.0.total_cmp(&b.from.0).then(a.who.cmp(&b.who)).then(a.hand.cmp(&b.hand)));
    records
}
