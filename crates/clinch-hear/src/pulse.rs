//! Beats and bars of a song: the classical tracker's or the network's, each checked against the other's, or a plain grid.

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

/// Finds the pulse of a song: the classical tracker's, or the network's where that is asked for, where the classical one hears none, and
/// where something is known that only the decoder can hold (tempo, metre, a downbeat).
pub(crate) fn find(heard: &Heard, duration_secs: f64, known: &KnownPulse) -> Pulse {
    let classical = beat::track(&heard.onset, heard.hop_secs, duration_secs);
    let decoded = decode(heard, known);
    let probability = decoded.iter().map(|beat| f64::from(beat.probability)).sum::<f64>() / decoded.len().max(1) as f64;
    let tracker = chosen(&classical, decoded.len(), probability, known);
    let (beats, bars) = match tracker {
        Tracker::Network => of_decoded(heard, &decoded, probability, duration_secs, known.metre),
        Tracker::Classical if known.scale == PulseScale::AsHeard => {
            let bars = bar::group(heard, &classical.at_secs, duration_secs);
            (classical.clone(), bars)
        }
        Tracker::Classical => {
            let bars = bar::group(heard, &classical.at_secs, duration_secs);
            let beats = scaled(placed(&classical.at_secs, &bars), known.scale);
            of_decoded(heard, &beats, classical.clarity, duration_secs, None)
        }
        Tracker::Grid => {
            let bars = bar::plain(&classical.at_secs, duration_secs);
            (classical.clone(), bars)
        }
    };
    let other: Vec<f64> = match tracker {
        Tracker::Network => classical.at_secs,
        Tracker::Classical => decoded.iter().map(|beat| beat.at_secs).collect(),
        Tracker::Grid => Vec::new(),
    };
    let agreement = agreement(&beats.at_secs, &other);
    Pulse { beats, bars, rhythm: Rhythm { tracker, agreement } }
}

/// Whose beats are taken.
fn chosen(classical: &Beats, decoded: usize, probability: f64, known: &KnownPulse) -> Tracker {
    let plain = classical.clarity > 0.0;
    let held = known.tempo_bpm.is_some() || known.metre.is_some() || known.first_beat_secs.is_some();
    let scaled = known.scale != PulseScale::AsHeard;
    let network_hears = decoded > 1 && probability >= if plain { PROBABILITY_LEAST } else { PROBABILITY_SURE };
    match () {
        () if decoded > 1 && (held || (scaled && !plain)) => Tracker::Network,
        () if known.by_network && network_hears => Tracker::Network,
        () if plain => Tracker::Classical,
        () if network_hears => Tracker::Network,
        () => Tracker::Grid,
    }
}

/// The classical tracker's beats with their places in its bars.
fn placed(at_secs: &[f64], bars: &Bars) -> Vec<Beat> {
    let metre = bars.beats_per_bar;
    let inner = &bars.edges_secs[1..bars.edges_secs.len() - 1];
    let first = at_secs.iter().position(|at| inner.contains(at)).unwrap_or(0);
    let place = |i: usize| (i + metre - first % metre) % metre;
    at_secs.iter().enumerate().map(|(i, &at_secs)| Beat { at_secs, place: place(i), metre, probability: 1.0 }).collect()
}

/// Beats twice or half as fast.
fn scaled(beats: Vec<Beat>, scale: PulseScale) -> Vec<Beat> {
    match scale {
        PulseScale::AsHeard => beats,
        PulseScale::Double => doubled(&beats),
        PulseScale::Half => halved(&beats),
    }
}

/// The decoder's beats, with what is known held.
fn decode(heard: &Heard, known: &KnownPulse) -> Vec<Beat> {
    // The model knows one octave and a half of tempi and a little more; others are a power of two away
    let octaves = known.tempo_bpm.map_or(0, pointer::octaves_off);
    let bounds = Bounds {
        tempo_bpm: known.tempo_bpm.map(|bpm| bpm * f64::from(octaves).exp2()),
        metre: known.metre.map(|metre| metre as usize),
        downbeat_secs: known.first_beat_secs,
    };
    let mut beats = pointer::decode(&heard.activations, &evidence(heard), bounds);
    for _ in 0..octaves.max(0) {
        beats = halved(&beats);
    }
    for _ in 0..(-octaves).max(0) {
        beats = doubled(&beats);
    }
    scaled(beats, known.scale)
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

/// Beats moved to their onsets, and the bars that their downbeats begin. `clarity` is how plain the pulse is, 0..1.
fn of_decoded(heard: &Heard, decoded: &[Beat], clarity: f64, duration_secs: f64, metre: Option<u32>) -> (Beats, Bars) {
    let decoded: Vec<Beat> = decoded.iter().filter(|beat| beat.at_secs < duration_secs).copied().collect();
    let mut at_secs: Vec<f64> = decoded.iter().map(|beat| snapped(heard, beat.at_secs)).collect();
    for i in 1..at_secs.len() {
        // Snapping moves by less than half the shortest beat, so order is kept; a doubled beat is nearer.
        at_secs[i] = at_secs[i].max(at_secs[i - 1] + 0.01);
    }
    at_secs.retain(|&at| at < duration_secs);
    let downbeats: Vec<f64> = at_secs.iter().zip(&decoded).filter(|(_, beat)| beat.place == 0).map(|(at, _)| *at).collect();
    let counts = |metre: usize| decoded.iter().filter(|beat| beat.metre == metre).count();
    let beats_per_bar = metre.map_or_else(|| (2..=12).rev().max_by_key(|&metre| counts(metre)).unwrap_or(4), |metre| metre as usize);
    let tempo_bpm = 60.0 / beat::spacing(&at_secs).unwrap_or(0.5);
    let bars = Bars { beats_per_bar, edges_secs: bar::tiled(&downbeats, duration_secs) };
    (Beats { tempo_bpm, clarity: clarity.clamp(0.001, 1.0), at_secs }, bars)
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
    fn whose_beats_are_taken_depends_on_what_is_heard_and_known() {
        let classical = |clarity: f64| Beats { tempo_bpm: 120.0, clarity, at_secs: vec![0.0, 0.5] };
        let nothing = KnownPulse::default();
        let asked = KnownPulse { by_network: true, ..nothing };
        let half = KnownPulse { scale: PulseScale::Half, ..nothing };
        let metre = KnownPulse { metre: Some(3), ..nothing };
        for (clarity, probability, known, tracker) in [
            (0.6, 0.8, nothing, Tracker::Classical),
            (0.6, 0.8, asked, Tracker::Network),
            (0.6, 0.1, asked, Tracker::Classical),
            (0.6, 0.8, half, Tracker::Classical),
            (0.6, 0.1, metre, Tracker::Network),
            (0.0, 0.8, nothing, Tracker::Network),
            (0.0, 0.3, asked, Tracker::Grid),
            (0.0, 0.3, half, Tracker::Network),
        ] {
            assert_eq!(chosen(&classical(clarity), 2, probability, &known), tracker, "{clarity} {probability} {known:?}");
        }
        assert_eq!(chosen(&classical(0.0), 1, 0.9, &metre), Tracker::Grid);
    }

    #[test]
    fn the_classical_trackers_beats_know_their_places() {
        let at_secs: Vec<f64> = (0..12).map(|i| f64::from(i) * 0.5).collect();
        let bars = Bars { beats_per_bar: 4, edges_secs: vec![0.0, 1.5, 3.5, 6.0] };
        let places: Vec<usize> = placed(&at_secs, &bars).iter().map(|beat| beat.place).collect();
        assert_eq!(places, [1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]);
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
