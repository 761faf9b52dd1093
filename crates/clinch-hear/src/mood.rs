//! What the music makes one feel: aggression as a curve; tension, valence and vocal presence a bar. `docs/feeling.md` says it in prose.

mod harmony;

use crate::listen::{Heard, Moment, TIMBRE_BANDS};
use clinch_model::{Curve, Feeling};
use harmony::Chroma;

/// Loudness at which loudness adds nothing, and at which it adds all it can: a murmur and a modern loud master.
const QUIET_LUFS: f64 = -34.0;
const LOUD_LUFS: f64 = -9.0;
/// Onsets a second at which density adds all it can: sixteenths at 120 beats a minute.
const DENSE_HZ: f64 = 8.0;
/// Share of the song's own range in the result; the rest is absolute, so that a calm song stays calm.
const OWN_RANGE_SHARE: f64 = 0.25;
/// First of the timbre bands that count as the edge of a sound (about 1 kHz), and one past the last (about 6 kHz).
const EDGE_BANDS: std::ops::Range<usize> = 7..19;
/// Moments to each side over which a sound must last to be distortion rather than a stroke: a quarter of a second.
const LASTING: usize = 5;
/// Time over which energy is seen rising, in seconds: a build of four bars at 120 beats a minute.
const RISE_SECS: f64 = 8.0;

/// Shortest stretch of singing, and the gap that ends one, in seconds: a breath.
const STRETCH_SECS: f64 = 1.2;

/// Aggression of a song whose onsets are given, a value a moment, 0 (a quiet drone) to 1 (loud, dense, distorted).
pub(crate) fn aggression(heard: &Heard, onsets_secs: &[f64]) -> Curve {
    let moment_secs = heard.moment_secs();
    let density = density(onsets_secs, heard.moments.len(), moment_secs);
    let distortion = distortion(&heard.moments);
    let raw: Vec<f64> = (0..heard.moments.len())
        .map(|i| {
            let moment = &heard.moments[i];
            let loud = ramp(f64::from(moment.loudness_lufs), QUIET_LUFS, LOUD_LUFS);
            let balance = ramp(f64::from(moment.flatness), 0.05, 0.5) + ramp(f64::from(moment.brightness_octaves), 1.5, 4.5);
            let harsh = 0.07 * balance + 0.07 * rough(moment) + 0.14 * distortion[i];
            // What is quiet can't be aggressive, however harsh or busy.
            loud.sqrt() * (0.45 * loud + 0.2 * (density[i] / DENSE_HZ).min(1.0) + harsh)
        })
        .collect();
    let smooth = smoothed(&raw, (0.5 / moment_secs).round() as usize);
    Curve { hop_secs: moment_secs, values: spread(&smooth) }
}

/// Tension, valence and vocal presence of every bar, the bars given by their edges.
pub(crate) fn feelings(heard: &Heard, edges_secs: &[f64], onsets_secs: &[f64]) -> Vec<Feeling> {
    let voice = heard.voice.presence(heard.moment_secs(), heard.moments.len());
    let density = density(onsets_secs, heard.moments.len(), heard.moment_secs());
    let spans: Vec<(f64, f64)> = edges_secs.windows(2).map(|w| (w[0], w[1])).collect();
    let chroma: Vec<Chroma> = spans.iter().map(|&(from, to)| Chroma::of(heard.moments_in(from, to))).collect();
    let loudness: Vec<f64> = spans.iter().map(|&(from, to)| loudness_lufs(heard.moments_in(from, to))).collect();
    let (low, high) = (quantile(&loudness, 0.05), quantile(&loudness, 0.95));
    (0..spans.len())
        .map(|bar| {
            let (from, to) = spans[bar];
            let level = if high - low > 3.0 { ramp(loudness[bar], low, high) } else { 0.5 };
            // Silence asks for nothing.
            let sounding = ramp(loudness[bar], -60.0, -45.0);
            let tension = 0.4 * harmony::strain(&chroma, bar) + 0.35 * rise(heard, &density, to) + 0.25 * level;
            let valence = sounding * valence(heard.moments_in(from, to), &chroma, bar);
            let share = f64::from(voice.mean(clinch_model::Secs(from), clinch_model::Secs(to)));
            Feeling { tension: rounded(sounding * tension), valence: rounded(valence), voice: rounded(share) }
        })
        .collect()
}

/// Momentary loudness in LUFS, a value a moment.
pub(crate) fn loudness(heard: &Heard) -> Curve {
    Curve { hop_secs: heard.moment_secs(), values: heard.moments.iter().map(|moment| moment.loudness_lufs).collect() }
}

/// Stretches in which a voice is likely, in seconds, in time order: those of at least [`STRETCH_SECS`], with shorter gaps closed.
pub(crate) fn voice_stretches_secs(heard: &Heard) -> Vec<(f64, f64)> {
    let voice = heard.voice.presence(heard.moment_secs(), heard.moments.len());
    let mut stretches: Vec<(f64, f64)> = Vec::new();
    for (i, _) in voice.values.iter().enumerate().filter(|(_, presence)| **presence >= 0.5) {
        let (from, to) = (i as f64 * voice.hop_secs, (i + 1) as f64 * voice.hop_secs);
        match stretches.last_mut() {
            Some(last) if from - last.1 < STRETCH_SECS => last.1 = to,
            _ => stretches.push((from, to)),
        }
    }
    stretches.retain(|(from, to)| to - from >= STRETCH_SECS);
    stretches
}

/// Loudness of some moments: the mean power of their momentary loudness (BS.1770 without the relative gate).
pub(crate) fn loudness_lufs(moments: &[Moment]) -> f64 {
    let power = moments.iter().map(|moment| 10.0_f64.powf(f64::from(moment.loudness_lufs) / 10.0)).sum::<f64>();
    10.0 * (power / moments.len().max(1) as f64).max(1e-7).log10()
}

/// Mood of a bar, −1..1: mode, brightness, and how smooth the sound is.
fn valence(moments: &[Moment], chroma: &[Chroma], bar: usize) -> f64 {
    let n = moments.len().max(1) as f64;
    let bright = moments.iter().map(|m| ramp(f64::from(m.brightness_octaves), 1.5, 4.5)).sum::<f64>() / n;
    let rough = moments.iter().map(rough).sum::<f64>() / n;
    (0.65 * harmony::mode(chroma, bar) + 0.2 * (2.0 * bright - 1.0) + 0.15 * (1.0 - 2.0 * rough)).clamp(-1.0, 1.0)
}

/// How much louder, brighter and denser it has become over the time before, 0..1.
fn rise(heard: &Heard, density: &[f64], until_secs: f64) -> f64 {
    let moment_secs = heard.moment_secs();
    let end = ((until_secs / moment_secs).round() as usize).min(heard.moments.len());
    let first = end.saturating_sub((RISE_SECS / moment_secs).round() as usize);
    if end - first < 20 {
        return 0.0;
    }
    let moments = &heard.moments[first..end];
    // What a straight line through the values gains from end to end.
    let gain = |value: &dyn Fn(usize) -> f64| {
        let n = (end - first) as f64;
        let centre = (n - 1.0) / 2.0;
        let product: f64 = (0..end - first).map(|i| (i as f64 - centre) * value(i)).sum();
        product / (n * (n * n - 1.0) / 12.0) * n
    };
    let louder = gain(&|i| f64::from(moments[i].loudness_lufs).max(-50.0));
    let brighter = gain(&|i| f64::from(moments[i].brightness_octaves));
    let denser = gain(&|i| density[first + i]);
    0.5 * ramp(louder, 0.5, 8.0) + 0.25 * ramp(brighter, 0.1, 1.0) + 0.25 * ramp(denser, 0.3, 4.0)
}

fn rough(moment: &Moment) -> f64 {
    ramp(f64::from(moment.roughness), 0.1, 0.45)
}

/// `[moment]`: how much the sound that lasts between strokes fills the range from 1 to 6 kHz, 0 (clean) to 1. Saturation spreads what is held
/// over all bands there, and keeps it up after the stroke; drums fill them too, but don't last.
fn distortion(moments: &[Moment]) -> Vec<f64> {
    let linear: Vec<[f64; TIMBRE_BANDS]> = moments.iter().map(|m| m.timbre.map(|log| (f64::from(log).exp() - 1.0).max(0.0))).collect();
    (0..moments.len())
        .map(|i| {
            let near = &linear[i.saturating_sub(LASTING)..(i + LASTING + 1).min(linear.len())];
            let lasting: Vec<f64> = (0..TIMBRE_BANDS).map(|band| lower_third(near.iter().map(|bands| bands[band]))).collect();
            let edge = &lasting[EDGE_BANDS];
            let mean = edge.iter().sum::<f64>() / edge.len() as f64;
            let body = lasting[..EDGE_BANDS.start].iter().fold(0.0_f64, |a, &b| a.max(b));
            let log_mean = edge.iter().map(|b| (b + 1e-4).ln()).sum::<f64>() / edge.len() as f64;
            let flatness = log_mean.exp() / (mean + 1e-4);
            let level_db = 20.0 * ((mean + 1e-4) / (body + 1e-3)).log10();
            ramp(flatness, 0.3, 0.8) * ramp(level_db, -32.0, -10.0)
        })
        .collect()
}

/// The value that a third of the values don't exceed.
fn lower_third(values: impl Iterator<Item = f64>) -> f64 {
    quantile(&values.collect::<Vec<_>>(), 0.33)
}

/// `[moment]`: onsets a second within a second around it.
fn density(onsets_secs: &[f64], moments: usize, moment_secs: f64) -> Vec<f64> {
    (0..moments)
        .map(|moment| {
            let at = moment as f64 * moment_secs;
            let from = onsets_secs.partition_point(|&onset| onset < at - 1.0);
            let to = onsets_secs.partition_point(|&onset| onset < at + 1.0);
            (to - from) as f64 / 2.0
        })
        .collect()
}

pub(crate) fn ramp(value: f64, low: f64, high: f64) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// The value that a share of the values don't exceed; 0 where there are none.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((share * sorted.len() as f64) as usize).or(sorted.last()).copied().unwrap_or(0.0)
}

/// Three decimals are plenty.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A running mean over `reach` moments to both sides.
fn smoothed(values: &[f64], reach: usize) -> Vec<f64> {
    (0..values.len())
        .map(|i| {
            let near = &values[i.saturating_sub(reach)..(i + reach + 1).min(values.len())];
            near.iter().sum::<f64>() / near.len() as f64
        })
        .collect()
}

/// Mixes a little of the song's own range in, so that its hardest part reads as hard: at most as much as it already is.
fn spread(values: &[f64]) -> Vec<f32> {
    let (low, high) = (quantile(values, 0.05), quantile(values, 0.95));
    values
        .iter()
        .map(|&v| {
            let own = if high - low > 0.05 { ((v - low) / (high - low)).clamp(0.0, 1.0) * (2.0 * high).min(1.0) } else { v };
            rounded(((1.0 - OWN_RANGE_SHARE) * v + OWN_RANGE_SHARE * own).clamp(0.0, 1.0)) as f32
        })
        .collect()
}
