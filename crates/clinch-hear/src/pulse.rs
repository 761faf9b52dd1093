//! Beats and bars of a song: the network's, checked against the classical tracker's, or a plain grid.

use crate::{
    bar::{self, Bars},
    beat::{self, Beats},
    listen::Heard,
    onset::LATE_SECS,
    pointer::{self, Beat, Bounds, Evidence},
};
use clinch_model::{KnownPulse, PulseScale, Rhythm, Tracker};

/// Beats and bars, and how they were found.
pub(crate) struct Pulse {
    pub(crate) beats: Beats,
    pub(crate) bars: Bars,
    pub(crate) rhythm: Rhythm,
}

/// From this mean probability of its beats on, the network has heard a pulse whatever the classical tracker says. The decoder makes the
/// best of anything: white noise reaches 0.26, a drone 0.21, a chord that doesn't move 0.38; soft strings have 0.37, clicks 0.83.
const PROBABILITY_SURE: f64 = 0.45;
/// Below this it has heard none; between, only if the classical tracker has heard one too.
const PROBABILITY_LEAST: f64 = 0.15;
/// How far a beat is moved to the onset that it stands for: little more than half of the network's frame.
const SNAP_SECS: f64 = 0.025;
/// Within this, two trackers' beats are the same (the usual tolerance of the F-measure).
const SAME_BEAT_SECS: f64 = 0.07;

/// Finds the pulse of a song.
pub(crate) fn find(heard: &Heard, duration_secs: f64, options: &KnownPulse) -> Pulse {
    let classical = beat::track(&heard.onset, heard.hop_secs, duration_secs);
    let known = *options != KnownPulse::default();
    let decoded = decode(heard, options);
    let probability = decoded.iter().map(|beat| f64::from(beat.probability)).sum::<f64>() / decoded.len().max(1) as f64;
    let least = if classical.clarity > 0.0 { PROBABILITY_LEAST } else { PROBABILITY_SURE };
    let tracker = match () {
        () if known && decoded.len() > 1 => Tracker::Network,
        () if decoded.len() > 1 && probability >= least => Tracker::Network,
        () if classical.clarity > 0.0 => Tracker::Classical,
        () => Tracker::Grid,
    };
    match tracker {
        Tracker::Network => {
            let (beats, bars) = of_network(heard, &decoded, probability, duration_secs, options);
            let agreement = agreement(&beats.at_secs, &classical.at_secs);
            Pulse { beats, bars, rhythm: Rhythm { tracker, agreement } }
        }
        Tracker::Classical => {
            let bars = bar::group(heard, &classical.at_secs, duration_secs);
            Pulse { beats: classical, bars, rhythm: Rhythm { tracker, agreement: 0.0 } }
        }
        Tracker::Grid => {
            let bars = bar::plain(&classical.at_secs, duration_secs);
            Pulse { beats: classical, bars, rhythm: Rhythm { tracker, agreement: 0.0 } }
        }
    }
}

/// The decoder's beats, with what is known held.
fn decode(heard: &Heard, options: &KnownPulse) -> Vec<Beat> {
    // The model knows one octave and a half of tempi and a little more; others are a power of two away
    let octaves = options.tempo_bpm.map_or(0, pointer::octaves_off);
    let bounds = Bounds {
        tempo_bpm: options.tempo_bpm.map(|bpm| bpm * f64::from(octaves).exp2()),
        metre: options.metre.map(|metre| metre as usize),
        downbeat_secs: options.first_beat_secs,
    };
    let mut beats = pointer::decode(&heard.activations, &evidence(heard), bounds);
    for _ in 0..octaves.max(0) {
        beats = halved(&beats);
    }
    for _ in 0..(-octaves).max(0) {
        beats = doubled(&beats);
    }
    match options.scale {
        PulseScale::AsHeard => beats,
        PulseScale::Double => doubled(&beats),
        PulseScale::Half => halved(&beats),
    }
}

/// Steps a second of the evidence.
const STEPS_PER_SEC: f64 = 100.0;
/// Moments on both sides of a time whose harmony is compared: 0.6 s.
const HARMONY_REACH: usize = 12;

/// What else the decoder weighs.
fn evidence(heard: &Heard) -> Evidence {
    let steps = (heard.low_onset.len() as f64 * heard.hop_secs * STEPS_PER_SEC) as usize;
    let at = |step: usize, hop_secs: f64| (step as f64 / STEPS_PER_SEC / hop_secs).round() as usize;
    let low = (0..steps).map(|step| heard.low_onset.get(at(step, heard.hop_secs)).copied().unwrap_or(0.0)).collect();
    let changes = harmony_changes(heard);
    let between = |step: usize| {
        let x = step as f64 / STEPS_PER_SEC / heard.moment_secs();
        let (i, share) = (x as usize, x.fract() as f32);
        let value = |i: usize| changes.get(i).or(changes.last()).copied().unwrap_or(0.0);
        value(i) + share * (value(i + 1) - value(i))
    };
    Evidence { low: levelled(low, 3, 0.98), harmony: levelled((0..steps).map(between).collect(), 4, 0.95) }
}

/// `[moment]`: how far the mean chroma after it is from the one before it, 0..2.
fn harmony_changes(heard: &Heard) -> Vec<f32> {
    let mut sums = vec![[0.0_f64; 12]];
    for moment in &heard.moments {
        let last = sums[sums.len() - 1];
        sums.push(std::array::from_fn(|class| last[class] + f64::from(moment.chroma[class])));
    }
    let mean = |from: usize, to: usize, class: usize| (sums[to][class] - sums[from][class]) / (to - from) as f64;
    let end = heard.moments.len();
    let change = |i: usize| {
        let (from, to) = (i.saturating_sub(HARMONY_REACH), (i + HARMONY_REACH).min(end));
        let enough = i - from > 2 && to - i > 2;
        if enough { (0..12).map(|class| (mean(from, i, class) - mean(i, to, class)).abs()).sum::<f64>() as f32 } else { 0.0 }
    };
    (0..end).map(change).collect()
}

/// Each step the largest within reach, scaled so that the value which a share of the steps stays under becomes 1, held at 1.5, its mean
/// taken off.
fn levelled(values: Vec<f32>, reach: usize, share: f64) -> Vec<f32> {
    let mut sorted = values.clone();
    sorted.sort_by(f32::total_cmp);
    let usual = sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(0.0) + 1e-9;
    let largest = |i: usize| values[i.saturating_sub(reach)..(i + reach + 1).min(values.len())].iter().fold(0.0_f32, |a, &b| a.max(b));
    let scaled: Vec<f32> = (0..values.len()).map(|i| (largest(i) / usual).min(1.5)).collect();
    let mean = scaled.iter().map(|&v| f64::from(v)).sum::<f64>() / scaled.len().max(1) as f64;
    scaled.into_iter().map(|v| v - mean as f32).collect()
}

/// A beat between each two: bars are half as long.
fn doubled(beats: &[Beat]) -> Vec<Beat> {
    let mut all = Vec::with_capacity(2 * beats.len());
    for (i, beat) in beats.iter().enumerate() {
        all.push(Beat { place: 2 * beat.place % beat.metre, ..*beat });
        if let Some(next) = beats.get(i + 1) {
            all.push(Beat { at_secs: (beat.at_secs + next.at_secs) / 2.0, place: (2 * beat.place + 1) % beat.metre, ..*beat });
        }
    }
    all
}

/// Every other beat, from the first downbeat on and back: bars are twice as long.
fn halved(beats: &[Beat]) -> Vec<Beat> {
    let first = beats.iter().position(|beat| beat.place == 0).unwrap_or(0);
    let kept = beats.iter().enumerate().filter(|(i, _)| i % 2 == first % 2);
    kept.map(|(i, beat)| {
        let after = (i as i64 - first as i64) / 2;
        Beat { place: after.rem_euclid(beat.metre as i64) as usize, ..*beat }
    })
    .collect()
}

/// The network's beats moved to their onsets, and the bars that its downbeats begin.
fn of_network(heard: &Heard, decoded: &[Beat], probability: f64, duration_secs: f64, options: &KnownPulse) -> (Beats, Bars) {
    let decoded: Vec<Beat> = decoded.iter().filter(|beat| beat.at_secs < duration_secs).copied().collect();
    let mut at_secs: Vec<f64> = decoded.iter().map(|beat| snapped(heard, beat.at_secs)).collect();
    for i in 1..at_secs.len() {
        // Snapping moves by less than half the shortest beat, so order is kept; a doubled beat is nearer.
        at_secs[i] = at_secs[i].max(at_secs[i - 1] + 0.01);
    }
    at_secs.retain(|&at| at < duration_secs);
    let downbeats: Vec<f64> = at_secs.iter().zip(&decoded).filter(|(_, beat)| beat.place == 0).map(|(at, _)| *at).collect();
    let counts = |metre: usize| decoded.iter().filter(|beat| beat.metre == metre).count();
    let beats_per_bar =
        options.metre.map_or_else(|| (2..=12).rev().max_by_key(|&metre| counts(metre)).unwrap_or(4), |metre| metre as usize);
    let tempo_bpm = 60.0 / beat::spacing(&at_secs).unwrap_or(0.5);
    let bars = Bars { beats_per_bar, edges_secs: bar::tiled(&downbeats, duration_secs) };
    (Beats { tempo_bpm, clarity: probability.clamp(0.001, 1.0), at_secs }, bars)
}

/// A beat at the top of the strongest onset within reach, if there is one; else where it is.
fn snapped(heard: &Heard, at_secs: f64) -> f64 {
    let strength = |hop: usize| heard.onset.get(hop).map_or(0.0, |&v| f64::from(v));
    let reach = (SNAP_SECS / heard.hop_secs).round() as usize;
    let middle = ((at_secs + LATE_SECS) / heard.hop_secs).round() as usize;
    let mut top = middle;
    for hop in middle.saturating_sub(reach)..=middle + reach {
        if strength(hop) > strength(top) {
            top = hop;
        }
    }
    let around = (top.saturating_sub(20)..=top + 20).map(strength).sum::<f64>() / 41.0;
    if top == 0 || strength(top) < 2.0 * around || strength(top) < strength(top - 1) || strength(top) < strength(top + 1) {
        return at_secs;
    }
    let (before, here, after) = (strength(top - 1), strength(top), strength(top + 1));
    let bend = before - 2.0 * here + after;
    let shift = if bend < -1e-9 { 0.5 * (before - after) / bend } else { 0.0 };
    ((top as f64 + shift) * heard.hop_secs - LATE_SECS).max(0.0)
}

/// How far two rows of beats agree, at the best of the second's own, half and double tempo.
fn agreement(beats_secs: &[f64], others_secs: &[f64]) -> f64 {
    let every_other = |from: usize| others_secs.iter().skip(from).step_by(2).copied().collect::<Vec<_>>();
    let mut doubled: Vec<f64> = others_secs.windows(2).flat_map(|w| [w[0], (w[0] + w[1]) / 2.0]).collect();
    doubled.extend(others_secs.last());
    let all = [others_secs.to_vec(), every_other(0), every_other(1), doubled];
    all.iter().map(|others| f_measure(beats_secs, others)).fold(0.0, f64::max)
}

fn f_measure(a: &[f64], b: &[f64]) -> f64 {
    let matched = |of: &[f64], with: &[f64]| {
        let near = |at: &&f64| {
            let next = with.partition_point(|other| other < *at);
            with[next.saturating_sub(1)..(next + 1).min(with.len())].iter().any(|other| (other - *at).abs() <= SAME_BEAT_SECS)
        };
        of.iter().filter(near).count() as f64 / of.len().max(1) as f64
    };
    let (precision, recall) = (matched(a, b), matched(b, a));
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats(count: usize, first: usize) -> Vec<Beat> {
        let beat = |i: usize| Beat { at_secs: i as f64 * 0.5, place: (i + 4 - first) % 4, metre: 4, probability: 0.5 };
        (0..count).map(beat).collect()
    }

    #[test]
    fn beats_are_doubled_and_halved_with_their_bars() {
        let twice = doubled(&beats(9, 1));
        assert_eq!(twice.len(), 17);
        assert!(twice.windows(2).all(|w| (w[1].place + 4 - w[0].place) % 4 == 1 && w[1].at_secs - w[0].at_secs == 0.25));
        assert_eq!(twice.iter().find(|beat| beat.at_secs == 0.5).unwrap().place, 0);
        let half = halved(&beats(17, 1));
        assert_eq!((half[0].at_secs, half[0].place), (0.5, 0));
        assert!(half.windows(2).all(|w| (w[1].place + 4 - w[0].place) % 4 == 1 && w[1].at_secs - w[0].at_secs == 1.0));
    }

    #[test]
    fn trackers_agree_at_half_and_double_tempo_too() {
        let a: Vec<f64> = (0..40).map(|i| f64::from(i) * 0.5).collect();
        let off: Vec<f64> = a.iter().map(|at| at + 0.1).collect();
        let other: Vec<f64> = a.iter().step_by(2).copied().collect();
        assert_eq!(agreement(&a, &a), 1.0);
        assert!(agreement(&other, &a) > 0.97 && agreement(&a, &other) > 0.97);
        assert_eq!(agreement(&a, &off), 0.0);
    }
}
