//! Beats and bars of a song: the network's or the classical tracker's, each checked against the other's, or a plain grid.

use crate::{
    accent,
    bar::{self, Bars},
    beat::{self, Beats},
    features::FRAMES_PER_SEC,
    likeness::Likeness,
    listen::Heard,
    network::Activation,
    offbeat::{self, mean_and_error_squared},
    onset::LATE_SECS,
    pointer::{self, Beat, Bounds, Course, Evidence},
};
use clinch_model::{KnownPulse, PulseScale, Rhythm, Tracker};

/// Beats and bars, and how they were found.
pub(crate) struct Pulse {
    pub(crate) beats: Beats,
    pub(crate) bars: Bars,
    pub(crate) rhythm: Rhythm,
}

/// Below this mean probability of its beats the network has heard no pulse: a sine reaches 0.08, a drone 0.21, soft strings 0.36. Above
/// it the probability says nothing: once the network has found a pulse in noise it keeps it up by itself, at up to 0.62.
const PROBABILITY_LEAST: f64 = 0.15;
/// How far beats must stand out, in deviations of chance: white noise reaches 1.1, chorales 2.6 and more.
const STANDS_OUT: f64 = 1.2;
/// From this mean height of beats over the song, in its deviations, they are struck: pink noise reaches 0.43, strings about as much.
const STRUCK: f64 = 0.6;
/// What isn't struck must be tonal: mean share of the strongest pitch class. White and pink noise have 0.11, brown 0.14, music from 0.23 on.
const TONAL: f64 = 0.16;
/// Share of beats that must have an onset at all: a chord that doesn't move has one.
const ONSETS_LEAST: f64 = 0.25;
/// Onset strength from which on something begins at all; numerical noise of steady tones stays below 0.01.
const ONSET_FLOOR: f64 = 0.03;
/// How far a beat is moved to the onset that it stands for: little more than half of the network's frame.
const SNAP_SECS: f64 = 0.025;
/// A beat nearer to the song's end can't be heard any more: the decoder puts there what would follow it.
const END_SECS: f64 = 0.05;
/// Within this, two trackers' beats are the same (the usual tolerance of the F-measure).
const SAME_BEAT_SECS: f64 = 0.07;

/// Finds the pulse of a song: the network's, or the classical tracker's where that is asked for and where the network hears none. What only the decoder can
/// hold (a known tempo, metre or downbeat) makes it the network's in any case.
pub(crate) fn find(heard: &Heard, duration_secs: f64, known: &KnownPulse) -> Pulse {
    let classical = beat::track(&heard.onset, heard.hop_secs, duration_secs);
    let Decoded { beats: decoded, struck_secs } = decode(heard, known);
    let probability = decoded.iter().map(|beat| f64::from(beat.probability)).sum::<f64>() / decoded.len().max(1) as f64;
    let decoded_secs: Vec<f64> = decoded.iter().map(|beat| beat.at_secs).collect();
    let decoded_stands = probability >= PROBABILITY_LEAST && stands_out(heard, &struck_secs);
    let tracker = chosen(&classical, stands_out(heard, &classical.at_secs), decoded.len(), decoded_stands, known);
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
        Tracker::Classical => decoded_secs,
        Tracker::Grid => Vec::new(),
    };
    let agreement = agreement(&beats.at_secs, &other);
    Pulse { beats, bars, rhythm: Rhythm { tracker, agreement } }
}

/// Whose beats are taken.
fn chosen(classical: &Beats, classical_stands: bool, decoded: usize, decoded_stands: bool, known: &KnownPulse) -> Tracker {
    let plain = classical.clarity > 0.0 && classical_stands;
    let held = known.tempo_bpm.is_some() || known.metre.is_some() || known.first_beat_secs.is_some();
    let scaled = known.scale != PulseScale::AsHeard;
    match () {
        () if decoded > 1 && held => Tracker::Network,
        () if plain && (known.by_classical || decoded < 2 || !decoded_stands) => Tracker::Classical,
        () if decoded > 1 && (decoded_stands || scaled) => Tracker::Network,
        () => Tracker::Grid,
    }
}

/// Whether beats stand out of the song's onsets more than chance would have them, and are struck or tonal: else they are what a tracker makes
/// of noise or of a steady sound.
fn stands_out(heard: &Heard, beats_secs: &[f64]) -> bool {
    if beats_secs.len() < 2 || heard.onset.is_empty() {
        return false;
    }
    // The strongest onset near each hop
    let top: Vec<f64> = (0..heard.onset.len())
        .map(|i| heard.onset[i.saturating_sub(2)..(i + 3).min(heard.onset.len())].iter().fold(0.0_f64, |a, &b| a.max(f64::from(b))))
        .collect();
    let mean = top.iter().sum::<f64>() / top.len() as f64;
    let deviation = (top.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / top.len() as f64).sqrt();
    let at: Vec<f64> = beats_secs.iter().filter_map(|at| top.get((at / heard.hop_secs).round() as usize).copied()).collect();
    let count = at.len().max(1) as f64;
    let height = (at.iter().sum::<f64>() / count - mean) / (deviation + 1e-9);
    let onsets = at.iter().filter(|&&v| v > ONSET_FLOOR).count() as f64 / count;
    let strongest = |chroma: &[f32; 12]| f64::from(chroma.iter().fold(0.0_f32, |a, &b| a.max(b)));
    let tonal = heard.moments.iter().map(|moment| strongest(&moment.chroma)).sum::<f64>() / heard.moments.len().max(1) as f64;
    height * count.sqrt() >= STANDS_OUT && onsets >= ONSETS_LEAST && (height >= STRUCK || tonal >= TONAL)
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

/// What the decoder made of a song.
struct Decoded {
    beats: Vec<Beat>,
    /// Its beats before any were moved to where harmony has them. Whether there is a pulse is asked of these: a tresillo strikes off the beat.
    struck_secs: Vec<f64>,
}

/// The decoder's beats, with what is known held.
fn decode(heard: &Heard, known: &KnownPulse) -> Decoded {
    // The model knows one octave and a half of tempi and a little more; others are a power of two away
    let octaves = known.tempo_bpm.map_or(0, pointer::octaves_off);
    let bounds = Bounds {
        tempo_bpm: known.tempo_bpm.map(|bpm| bpm * f64::from(octaves).exp2()),
        metre: known.metre.map(|metre| metre as usize),
        downbeat_secs: known.first_beat_secs,
    };
    let evidence = evidence(heard);
    let mut beats = pointer::decode(&heard.activations, &evidence, bounds, &Course::default());
    if known.metre.is_none() {
        if let Some(course) = known.tempo_bpm.is_none().then(|| course_of_six(heard, &beats)).flatten() {
            beats = pointer::decode(&heard.activations, &evidence, bounds, &course);
        }
        if known.tempo_bpm.is_none() {
            beats = without_empty_ones(beats, &evidence.rest);
        }
        beats = paired(beats, &evidence, &heard.activations);
    }
    let struck_secs = beats.iter().map(|beat| beat.at_secs).collect();
    if known.first_beat_secs.is_none() {
        let told = accent::told(heard, &beats).filter(|_| known.metre.is_none());
        beats = told.unwrap_or_else(|| offbeat::righted(heard, beats));
        if known.metre.is_none() {
            beats = usual_where_untold(heard, beats);
        }
    }
    for _ in 0..octaves.max(0) {
        beats = halved(&beats);
    }
    for _ in 0..(-octaves).max(0) {
        beats = doubled(&beats);
    }
    Decoded { beats: scaled(beats, known.scale), struck_secs }
}

/// Share of every other beat that must fall where nothing begins for these to be none, and that the beats between them may.
const EMPTY: f64 = 0.9;
const EMPTY_BETWEEN: f64 = 0.1;

/// Every other beat where the rest of them fall where nothing begins. The model's beats are at most 1.1 s apart, so a slower pulse is heard twice as fast.
fn without_empty_ones(beats: Vec<Beat>, rest: &[f32]) -> Vec<Beat> {
    let empty = |beat: &Beat| rest.get((beat.at_secs * STEPS_PER_SEC).round() as usize).is_some_and(|&rest| rest > 0.0);
    let share = |side: usize| {
        let these = beats.iter().skip(side).step_by(2);
        these.clone().filter(|beat| empty(beat)).count() as f64 / these.count().max(1) as f64
    };
    let shares = [share(0), share(1)];
    match (0..2).find(|&kept| shares[kept] <= EMPTY_BETWEEN && shares[1 - kept] >= EMPTY) {
        Some(kept) => every_other(&beats, kept),
        None => beats,
    }
}

/// Share of a song's beats that are in a metre for it to be the song's.
const MOSTLY: f64 = 0.5;
/// The same where it is nearly all of the song.
const NEARLY_ALL: f64 = 0.8;
/// How many deviations of chance every other bar of two must stand out by to be the first half of a bar of four: in a song that is nearly all in two, and in
/// one of several metres, where scores (chorales, quartets) reach more by chance.
const PAIRED: f64 = 2.0;
const PAIRED_AMONG_OTHERS: f64 = 5.0;

/// How many deviations of chance downbeats must stand out by for bars of two to be told by anything: with clicks that are all alike they reach 1.7, in music
/// they stay above 3.
const TWOS_TOLD: f64 = 2.5;

/// Below this mean change of chroma from beat to beat (0..2) harmony stands still: clicks over a held chord have 0.1, music 0.3 and more.
const STILL: f64 = 0.2;

/// Bars of four instead of bars of two whose downbeats are no stronger than the beats between (low, accented, or with another harmony), where harmony stands
/// still: nothing tells the bars then, and four is usual.
fn usual_where_untold(heard: &Heard, beats: Vec<Beat>) -> Vec<Beat> {
    let in_twos = beats.iter().filter(|beat| beat.metre == 2).count();
    if (in_twos as f64) < MOSTLY * beats.len() as f64 {
        return beats;
    }
    let at_secs: Vec<f64> = beats.iter().map(|beat| beat.at_secs).collect();
    let changes = bar::harmony_changes(heard, &at_secs);
    if changes.iter().sum::<f64>() >= STILL * changes.len() as f64 {
        return beats;
    }
    let marks = bar::downbeat_marks(heard, &at_secs);
    let side = |down: bool| {
        let of_side = beats.iter().zip(&marks).filter(|(beat, _)| (beat.place == 0) == down);
        mean_and_error_squared(&of_side.map(|(_, &mark)| mark).collect::<Vec<f64>>())
    };
    let ((down, spread), (other, other_spread)) = (side(true), side(false));
    if (down - other) / (spread + other_spread).sqrt().max(1e-9) >= TWOS_TOLD {
        return beats;
    }
    let first = beats.iter().position(|beat| beat.place == 0).unwrap_or(0);
    beats.iter().enumerate().map(|(i, beat)| Beat { place: (i + 4 - first % 4) % 4, metre: 4, ..*beat }).collect()
}

/// Bars of two joined to bars of four where every other one begins more strongly (low onsets, chords, the network's downbeats): then they are
/// halves. The decoder can't tell by itself: in its model two strong beats a bar and one cost the same over a song.
fn paired(beats: Vec<Beat>, evidence: &Evidence, activations: &[Activation]) -> Vec<Beat> {
    let in_twos = beats.iter().filter(|beat| beat.metre == 2).count();
    if (in_twos as f64) < MOSTLY * beats.len() as f64 {
        return joined(beats);
    }
    // How strongly each bar begins
    let downbeats: Vec<usize> = (0..beats.len()).filter(|&i| beats[i].metre == 2 && beats[i].place == 0).collect();
    let at = |curve: &[f32], step: usize| curve.get(step).map_or(0.0, |&v| f64::from(v));
    let strength = |i: usize| {
        let step = (beats[i].at_secs * STEPS_PER_SEC).round() as usize;
        let down = activations.get((beats[i].at_secs * FRAMES_PER_SEC).round() as usize).map_or(0.0, |a| f64::from(a.downbeat));
        at(&evidence.low, step) + at(&evidence.chords, step) + at(&evidence.harmony, step) + down
    };
    // Those in even places among them against those in odd ones
    let sides = [0, 1].map(|side| downbeats.iter().skip(side).step_by(2).map(|&i| strength(i)).collect::<Vec<f64>>());
    let [(even, spread), (odd, other_spread)] = sides.each_ref().map(|side| mean_and_error_squared(side));
    let apart = (even - odd) / (spread + other_spread).sqrt().max(1e-9);
    let least = if in_twos as f64 >= NEARLY_ALL * beats.len() as f64 { PAIRED } else { PAIRED_AMONG_OTHERS };
    if downbeats.len() < 8 || apart.abs() < least {
        return beats;
    }
    let first = downbeats[usize::from(apart < 0.0)];
    let place = |i: usize| (i as i64 - first as i64).rem_euclid(4) as usize;
    beats.iter().enumerate().map(|(i, beat)| Beat { place: place(i), metre: 4, ..*beat }).collect()
}

/// Bars of two joined to bars of four in a song of four, two by two after the bar of four that they follow (before it, where the song begins with them); one
/// that is left over stays.
fn joined(mut beats: Vec<Beat>) -> Vec<Beat> {
    let in_fours = beats.iter().filter(|beat| beat.metre == 4).count();
    if (in_fours as f64) < MOSTLY * beats.len() as f64 {
        return beats;
    }
    let bars: Vec<usize> = (0..beats.len()).filter(|&i| beats[i].place == 0).collect();
    let metres: Vec<usize> = bars.iter().map(|&i| beats[i].metre).collect();
    let mut bar = 0;
    while bar < bars.len() {
        let run = metres[bar..].iter().take_while(|&&metre| metre == 2).count();
        let first = if bar == 0 { run % 2 } else { bar };
        for pair in (first..(bar + run).saturating_sub(1)).step_by(2) {
            let end = bars.get(pair + 2).copied().unwrap_or(beats.len());
            for (place, beat) in beats[bars[pair]..end].iter_mut().enumerate() {
                *beat = Beat { place, metre: 4, ..*beat };
            }
        }
        bar += run.max(1);
    }
    beats
}

/// By how much more a song that is heard in three must be like itself one and a half beats later than one beat later to be in six: on the development
/// half, waltzes and minuets have at most 0.01 and sixes at least 0.05.
const SIX_LIKENESS: f64 = 0.03;
/// Beats on both sides over which a beat's length is taken.
const LENGTH_REACH: usize = 4;
/// Longest beat that the decoder may be sent to: a little below its longest.
const LONGEST_SECS: f64 = 1.08;

/// Six eighths are two groups of three, and are easily heard as three groups of two. What begins tells: it repeats from beat to beat. So where a song in
/// three is less like itself a beat later than one and a half beats (or three quarters) later, that is the beat; here is its course.
fn course_of_six(heard: &Heard, beats: &[Beat]) -> Option<Course> {
    if beats.len() <= 2 * LENGTH_REACH || offbeat::prevailing_metre(beats) != 3 {
        return None;
    }
    let length_secs = |i: usize| {
        let (from, to) = (i.saturating_sub(LENGTH_REACH), (i + LENGTH_REACH).min(beats.len() - 1));
        (beats[to].at_secs - beats[from].at_secs) / (to - from) as f64
    };
    let likeness = Likeness::of(&[&heard.onset, &heard.low_onset]);
    let like = |factor: f64| {
        let all = beats.iter().enumerate().map(|(i, beat)| likeness.at(beat.at_secs, factor * length_secs(i)));
        all.sum::<f64>() / beats.len() as f64
    };
    let (one, longer, shorter) = (like(1.0), like(1.5), like(0.75));
    if longer < one + SIX_LIKENESS {
        return None;
    }
    let longest_secs = (0..beats.len()).map(length_secs).fold(0.0, f64::max);
    let factor = if shorter > longer || 1.5 * longest_secs > LONGEST_SECS { 0.75 } else { 1.5 };
    let seconds = beats[beats.len() - 1].at_secs as usize + 1;
    let near = |second: usize| beats.partition_point(|beat| beat.at_secs < second as f64).min(beats.len() - 1);
    Some(Course { beat_secs: (0..seconds).map(|second| factor * length_secs(near(second))).collect(), without: Some(3) })
}

/// Steps a second of the evidence.
const STEPS_PER_SEC: f64 = 100.0;
/// Moments on both sides of a time whose harmony is compared: 0.6 s.
const HARMONY_REACH: usize = 12;
/// The same for single notes: 0.3 s.
const NOTE_REACH: usize = 6;
/// Share of a strong onset below which nothing begins.
const REST_SHARE: f32 = 0.12;

/// What else the decoder weighs.
fn evidence(heard: &Heard) -> Evidence {
    let steps = (heard.low_onset.len() as f64 * heard.hop_secs * STEPS_PER_SEC) as usize;
    let at = |step: usize, hop_secs: f64| (step as f64 / STEPS_PER_SEC / hop_secs).round() as usize;
    let low = (0..steps).map(|step| heard.low_onset.get(at(step, heard.hop_secs)).copied().unwrap_or(0.0)).collect();
    let changes = harmony_changes(heard, HARMONY_REACH);
    let notes = sharpened(&harmony_changes(heard, NOTE_REACH), NOTE_REACH / 2 - 1);
    let chords = sharpened(&changes, HARMONY_REACH / 2 - 1);
    let every_step = |curve: &[f32]| -> Vec<f32> {
        let between = |step: usize| {
            let x = step as f64 / STEPS_PER_SEC / heard.moment_secs();
            let (i, share) = (x as usize, x.fract() as f32);
            let value = |i: usize| curve.get(i).or(curve.last()).copied().unwrap_or(0.0);
            value(i) + share * (value(i + 1) - value(i))
        };
        (0..steps).map(between).collect()
    };
    let onset: Vec<f32> = (0..steps).map(|step| heard.onset.get(at(step, heard.hop_secs)).copied().unwrap_or(0.0)).collect();
    Evidence {
        low: levelled(low, 3, 0.98),
        rest: rests(&onset),
        notes: levelled(every_step(&notes), 4, 0.95),
        chords: levelled(every_step(&chords), 4, 0.95),
        harmony: levelled(every_step(&changes), 4, 0.95),
    }
}

/// `[moment]`: how far the mean chroma after it is from the one before it, 0..2.
fn harmony_changes(heard: &Heard, reach: usize) -> Vec<f32> {
    let mut sums = vec![[0.0_f64; 12]];
    for moment in &heard.moments {
        let last = sums[sums.len() - 1];
        sums.push(std::array::from_fn(|class| last[class] + f64::from(moment.chroma[class])));
    }
    let mean = |from: usize, to: usize, class: usize| (sums[to][class] - sums[from][class]) / (to - from) as f64;
    let end = heard.moments.len();
    let change = |i: usize| {
        let (from, to) = (i.saturating_sub(reach), (i + reach).min(end));
        let enough = i - from > 2 && to - i > 2;
        if enough { (0..12).map(|class| (mean(from, i, class) - mean(i, to, class)).abs()).sum::<f64>() as f32 } else { 0.0 }
    };
    (0..end).map(change).collect()
}

/// 1 where nothing stronger than a small share of the song's strong onsets begins within 50 ms, else 0.
fn rests(onset: &[f32]) -> Vec<f32> {
    let mut sorted = onset.to_vec();
    sorted.sort_by(f32::total_cmp);
    let strong = sorted.get(sorted.len() * 98 / 100).copied().unwrap_or(0.0);
    let top = |i: usize| onset[i.saturating_sub(5)..(i + 6).min(onset.len())].iter().fold(0.0_f32, |a, &b| a.max(b));
    (0..onset.len()).map(|i| if top(i) < REST_SHARE * strong { 1.0 } else { 0.0 }).collect()
}

/// How far each value stands above the middle of those `apart` before and after it.
fn sharpened(changes: &[f32], apart: usize) -> Vec<f32> {
    let at = |i: usize| changes.get(i).copied().unwrap_or(0.0);
    (0..changes.len()).map(|i| (at(i) - 0.5 * (at(i.saturating_sub(apart)) + at(i + apart))).max(0.0)).collect()
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
    every_other(beats, beats.iter().position(|beat| beat.place == 0).unwrap_or(0))
}

/// Every other beat from one on and back; a bar begins there, and bars are twice as long.
fn every_other(beats: &[Beat], first: usize) -> Vec<Beat> {
    let kept = beats.iter().enumerate().filter(|(i, _)| i % 2 == first % 2);
    kept.map(|(i, beat)| {
        let after = (i as i64 - first as i64) / 2;
        Beat { place: after.rem_euclid(beat.metre as i64) as usize, ..*beat }
    })
    .collect()
}

/// Beats moved to their onsets, and the bars that their downbeats begin. `clarity` is how plain the pulse is, 0..1.
fn of_decoded(heard: &Heard, decoded: &[Beat], clarity: f64, duration_secs: f64, metre: Option<u32>) -> (Beats, Bars) {
    let decoded: Vec<Beat> = decoded.iter().filter(|beat| beat.at_secs < duration_secs - END_SECS).copied().collect();
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
    fn bars_of_two_are_joined_where_every_other_one_begins_strongly() {
        let twos: Vec<Beat> =
            (0..40).map(|i| Beat { at_secs: f64::from(i) * 0.5, place: i as usize % 2, metre: 2, probability: 0.5 }).collect();
        let low = |strong: &dyn Fn(usize) -> bool| {
            let mut low = vec![0.0; 2000];
            (0..40).filter(|&beat| strong(beat)).for_each(|beat| low[50 * beat] = 1.0);
            Evidence { low, ..Evidence::default() }
        };
        let joined = paired(twos.clone(), &low(&|beat| beat % 4 == 2), &[]);
        assert!(joined.iter().enumerate().all(|(i, beat)| beat.metre == 4 && beat.place == (i + 2) % 4));
        assert_eq!(paired(twos.clone(), &low(&|beat| beat % 2 == 0), &[]), twos);
    }

    #[test]
    fn bars_of_two_among_bars_of_four_are_halves() {
        // Three of two, two of four, two of two, one of four
        let metres = [2, 2, 2, 4, 4, 2, 2, 4];
        let places = metres.iter().flat_map(|&metre| (0..metre).map(move |place| (place, metre)));
        let beats: Vec<Beat> =
            places.enumerate().map(|(i, (place, metre))| Beat { at_secs: i as f64 * 0.5, place, metre, probability: 0.5 }).collect();
        let joined = joined(beats);
        let bars: Vec<(f64, usize)> = joined.iter().filter(|beat| beat.place == 0).map(|beat| (beat.at_secs, beat.metre)).collect();
        assert_eq!(bars, [(0.0, 2), (1.0, 4), (3.0, 4), (5.0, 4), (7.0, 4), (9.0, 4)]);
    }

    #[test]
    fn whose_beats_are_taken_depends_on_what_is_heard_and_known() {
        let classical = |clarity: f64| Beats { tempo_bpm: 120.0, clarity, at_secs: vec![0.0, 0.5] };
        let nothing = KnownPulse::default();
        let asked = KnownPulse { by_classical: true, ..nothing };
        let half = KnownPulse { scale: PulseScale::Half, ..nothing };
        let metre = KnownPulse { metre: Some(3), ..nothing };
        for (clarity, classical_stands, decoded_stands, known, tracker) in [
            (0.6, true, true, nothing, Tracker::Network),
            (0.6, true, false, nothing, Tracker::Classical),
            (0.6, true, true, asked, Tracker::Classical),
            (0.6, false, true, asked, Tracker::Network),
            (0.6, true, true, half, Tracker::Network),
            (0.6, true, false, half, Tracker::Classical),
            (0.6, true, false, metre, Tracker::Network),
            (0.6, false, false, nothing, Tracker::Grid),
            (0.0, true, true, nothing, Tracker::Network),
            (0.0, true, false, asked, Tracker::Grid),
            (0.0, true, false, half, Tracker::Network),
        ] {
            let found = chosen(&classical(clarity), classical_stands, 2, decoded_stands, &known);
            assert_eq!(found, tracker, "{clarity} {classical_stands} {decoded_stands} {known:?}");
        }
        assert_eq!(chosen(&classical(0.0), true, 1, true, &metre), Tracker::Grid);
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
