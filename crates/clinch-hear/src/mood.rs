//! Aggression: how hard the music pushes, 0 (a quiet drone) to 1 (loud, dense, distorted).

use crate::listen::Heard;
use clinch_model::Curve;

/// Loudness at which loudness adds nothing, and at which it adds all it can: a murmur and a modern loud master.
const QUIET_LUFS: f64 = -34.0;
const LOUD_LUFS: f64 = -9.0;
/// Onsets a second at which density adds all it can: sixteenths at 120 beats a minute.
const DENSE_HZ: f64 = 8.0;
/// Share of the song's own range in the result; the rest is absolute, so that a calm song stays calm.
const OWN_RANGE_SHARE: f64 = 0.25;

/// Aggression of a song whose onsets are given, a value a moment.
pub(crate) fn aggression(heard: &Heard, onsets_secs: &[f64]) -> Curve {
    let moment_secs = heard.moment_secs();
    let density = density(onsets_secs, heard.moments.len(), moment_secs);
    let raw: Vec<f64> = heard
        .moments
        .iter()
        .zip(&density)
        .map(|(moment, density_hz)| {
            let loud = ramp(f64::from(moment.loudness_lufs), QUIET_LUFS, LOUD_LUFS);
            let harsh = (ramp(f64::from(moment.flatness), 0.05, 0.5)
                + ramp(f64::from(moment.brightness_octaves), 1.5, 4.5)
                + ramp(f64::from(moment.roughness), 0.1, 0.45))
                / 3.0;
            // What is quiet can't be aggressive, however harsh or busy.
            loud.sqrt() * (0.5 * loud + 0.2 * (density_hz / DENSE_HZ).min(1.0) + 0.3 * harsh)
        })
        .collect();
    let smooth = smoothed(&raw, (0.5 / moment_secs).round() as usize);
    Curve { hop_secs: moment_secs, values: spread(&smooth) }
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

fn ramp(value: f64, low: f64, high: f64) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
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
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((share * sorted.len() as f64) as usize).or(sorted.last()).copied().unwrap_or(0.0);
    let (low, high) = (at(0.05), at(0.95));
    values
        .iter()
        .map(|&v| {
            let own = if high - low > 0.05 { ((v - low) / (high - low)).clamp(0.0, 1.0) * (2.0 * high).min(1.0) } else { v };
            let mixed = ((1.0 - OWN_RANGE_SHARE) * v + OWN_RANGE_SHARE * own).clamp(0.0, 1.0);
            // Three decimals are plenty.
            (mixed * 1000.0).round() as f32 / 1000.0
        })
        .collect()
}
