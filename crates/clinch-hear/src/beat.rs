//! Tempo and beats.
//!
//! Tempo is the lag at which the onset strength is most like itself, with a preference for middling tempi; beats are the best path
//! through strong onsets at that spacing, by dynamic programming (Ellis, "Beat tracking by dynamic programming", JNMR 36(1), 2007).

use crate::onset::LATE_SECS;

/// Slowest and fastest tempo that is looked for.
const SLOWEST_BPM: f64 = 40.0;
const FASTEST_BPM: f64 = 210.0;
/// Middle and width of the preference, in beats a minute and octaves: Ellis's 120 and about 0.9 (McKinney and Moelants 2004).
const PREFERRED_BPM: f64 = 120.0;
const PREFERENCE_OCTAVES: f64 = 0.9;
/// Weight of keeping the tempo against following strong onsets (Ellis, section 3; librosa's default too).
const TIGHTNESS: f64 = 100.0;
/// Below this likeness one beat apart there is no pulse: noise and drones measure below 0.06, the freest music with drums above 0.15.
const PULSE_LEAST: f64 = 0.1;
/// Tempo of the plain grid that stands in for beats where there is no pulse.
const GRID_BPM: f64 = 120.0;

/// Beats as they were found.
#[derive(Debug, Clone)]
pub(crate) struct Beats {
    /// Beats a minute.
    pub(crate) tempo_bpm: f64,
    /// How plain the pulse is, 0..1; exactly 0 for the plain grid.
    pub(crate) clarity: f64,
    /// Times in seconds, ascending, within the song.
    pub(crate) at_secs: Vec<f64>,
}

/// Finds the beats of a song of `duration_secs` from its onset strength `[hop]`.
pub(crate) fn track(onset: &[f32], hop_secs: f64, duration_secs: f64) -> Beats {
    let strength = levelled(onset, hop_secs);
    let likeness = autocorrelation(&strength, (4.0 * 60.0 / SLOWEST_BPM / hop_secs).ceil() as usize + 2);
    let Some((period_hops, clarity)) = period(&likeness, hop_secs).filter(|(_, clarity)| *clarity >= PULSE_LEAST) else {
        return grid(duration_secs);
    };
    let hops = path(&strength, period_hops);
    let at_secs: Vec<f64> = hops.iter().map(|&hop| refined(&strength, hop) * hop_secs - LATE_SECS).collect();
    let at_secs = extended(at_secs, period_hops * hop_secs, duration_secs);
    Beats { tempo_bpm: 60.0 / spacing(&at_secs).unwrap_or(period_hops * hop_secs), clarity, at_secs }
}

/// Beats on a plain grid.
fn grid(duration_secs: f64) -> Beats {
    let spacing_secs = 60.0 / GRID_BPM;
    let count = (duration_secs / spacing_secs).ceil() as usize;
    let at_secs = (0..count).map(|beat| beat as f64 * spacing_secs).filter(|&at| at < duration_secs).collect();
    Beats { tempo_bpm: GRID_BPM, clarity: 0.0, at_secs }
}

/// Onset strength with its slow mean taken off and scaled by its slow deviation, so that quiet parts count like loud ones.
fn levelled(onset: &[f32], hop_secs: f64) -> Vec<f64> {
    let smooth = smoothed(onset);
    let reach = (2.0 / hop_secs).round() as usize;
    let mean = moving_mean(&smooth, reach);
    let risen: Vec<f64> = smooth.iter().zip(&mean).map(|(v, m)| (v - m).max(0.0)).collect();
    let power = moving_mean(&risen.iter().map(|v| v * v).collect::<Vec<_>>(), 4 * reach);
    // A part much quieter than the whole song is not blown up to its level: what little it holds may be noise.
    let whole = (risen.iter().map(|v| v * v).sum::<f64>() / risen.len().max(1) as f64).sqrt();
    risen.iter().zip(&power).map(|(v, p)| v / (p.sqrt() + 0.2 * whole + 1e-9)).collect()
}

/// A three-hop blur, so that onsets a hop off still meet.
fn smoothed(onset: &[f32]) -> Vec<f64> {
    let at = |i: usize| onset.get(i).map_or(0.0, |&v| f64::from(v));
    (0..onset.len()).map(|i| 0.5 * at(i) + 0.25 * at(i + 1) + 0.25 * if i > 0 { at(i - 1) } else { 0.0 }).collect()
}

fn moving_mean(values: &[f64], reach: usize) -> Vec<f64> {
    let mut prefix = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    prefix.push(sum);
    for v in values {
        sum += v;
        prefix.push(sum);
    }
    (0..values.len())
        .map(|i| {
            let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(values.len()));
            (prefix[to] - prefix[from]) / (to - from) as f64
        })
        .collect()
}

/// `[lag]`: likeness of the strength with itself a lag later, 1 at lag 0, its mean taken off.
fn autocorrelation(strength: &[f64], lags: usize) -> Vec<f64> {
    let mean = strength.iter().sum::<f64>() / strength.len().max(1) as f64;
    let centred: Vec<f64> = strength.iter().map(|v| v - mean).collect();
    let product = |lag: usize| centred.iter().zip(centred.get(lag..).unwrap_or(&[])).map(|(a, b)| a * b).sum::<f64>();
    let whole = product(0).max(1e-12);
    (0..lags).map(|lag| product(lag) / whole).collect()
}

/// Best spacing of beats in hops, and the likeness there.
fn period(likeness: &[f64], hop_secs: f64) -> Option<(f64, f64)> {
    let at = |lag: f64| interpolated(likeness, lag);
    let score = |lag: f64| {
        let octaves = (60.0 / (lag * hop_secs) / PREFERRED_BPM).log2();
        let preference = (-0.5 * (octaves / PREFERENCE_OCTAVES).powi(2)).exp();
        // If it is as like itself half a lag apart, that is the beat, and this is two of them; unless nobody could tap that fast.
        let too_fast = 60.0 / (lag / 2.0 * hop_secs) > FASTEST_BPM;
        let halved = if too_fast { 0.0 } else { ((at(lag / 2.0) / at(lag).max(1e-9) - 0.7) / 0.3).clamp(0.0, 1.0) };
        preference * (at(lag) + 0.5 * at(2.0 * lag) + 0.25 * at(4.0 * lag)) * (1.0 - 0.3 * halved)
    };
    let (shortest, longest) = (60.0 / FASTEST_BPM / hop_secs, 60.0 / SLOWEST_BPM / hop_secs);
    let steps = ((longest - shortest) * 4.0) as usize;
    let lags = (0..=steps).map(|step| shortest + step as f64 / 4.0);
    let best = lags.max_by(|&a, &b| score(a).total_cmp(&score(b)))?;
    // The fourth multiple of a lag is four times as exact.
    let exact = (-8..=8).map(|step| best + f64::from(step) / 16.0).max_by(|&a, &b| at(4.0 * a).total_cmp(&at(4.0 * b)));
    let exact = exact.filter(|&lag| at(4.0 * lag) > 0.5 * at(best)).unwrap_or(best);
    Some((exact, at(best).clamp(0.0, 1.0)))
}

fn interpolated(values: &[f64], x: f64) -> f64 {
    let i = x.floor().max(0.0) as usize;
    match (values.get(i), values.get(i + 1)) {
        (Some(a), Some(b)) => a + (b - a) * (x - i as f64),
        _ => 0.0,
    }
}

/// The best path: each beat's strength, plus the best path to a beat before it, less the squared log of how far their spacing is from
/// the period.
fn path(strength: &[f64], period: f64) -> Vec<usize> {
    let (least, most) = ((period / 2.0).round().max(1.0) as usize, (period * 2.0).round() as usize);
    let penalty: Vec<f64> = (0..=most).map(|gap| TIGHTNESS * (gap.max(1) as f64 / period).ln().powi(2)).collect();
    let mut best = vec![0.0; strength.len()];
    let mut from = vec![usize::MAX; strength.len()];
    for i in 0..strength.len() {
        let mut top = 0.0;
        for gap in least..=most.min(i) {
            let value = best[i - gap] - penalty[gap];
            if value > top {
                top = value;
                from[i] = i - gap;
            }
        }
        best[i] = strength[i] + top;
    }
    let tail = strength.len().saturating_sub(most.max(1));
    let last = (tail..strength.len()).max_by(|&a, &b| best[a].total_cmp(&best[b]));
    let mut beats: Vec<usize> = std::iter::successors(last, |&i| Some(from[i]).filter(|&j| j != usize::MAX)).collect();
    beats.reverse();
    beats
}

/// The top of the strength between hops, by a parabola through the highest of three hops around.
fn refined(strength: &[f64], hop: usize) -> f64 {
    let at = |i: usize| strength.get(i).copied().unwrap_or(0.0);
    let (before, here, after) = (if hop > 0 { at(hop - 1) } else { 0.0 }, at(hop), at(hop + 1));
    let bend = before - 2.0 * here + after;
    if bend < -1e-9 && here >= before && here >= after { hop as f64 + 0.5 * (before - after) / bend } else { hop as f64 }
}

/// Goes on at the same spacing to both ends of the song.
fn extended(found_secs: Vec<f64>, spacing_secs: f64, duration_secs: f64) -> Vec<f64> {
    let (Some(&first), Some(&last)) = (found_secs.first(), found_secs.last()) else { return grid(duration_secs).at_secs };
    let before = std::iter::successors(Some(first - spacing_secs), |at| Some(at - spacing_secs)).take_while(|&at| at > -0.02);
    let mut all: Vec<f64> = before.map(|at| at.max(0.0)).collect();
    all.reverse();
    all.extend(found_secs.iter().map(|at| at.max(0.0)));
    all.extend(std::iter::successors(Some(last + spacing_secs), |at| Some(at + spacing_secs)).take_while(|&at| at < duration_secs));
    all.retain(|&at| at < duration_secs);
    all.dedup_by(|later, earlier| *later <= *earlier);
    all
}

/// Middle spacing of beats, from the slope over stretches of eight, which is finer than a hop.
pub(crate) fn spacing(at_secs: &[f64]) -> Option<f64> {
    let reach = 8.min(at_secs.len().saturating_sub(1));
    let mut spacings: Vec<f64> = at_secs.windows(reach + 1).map(|w| (w[reach] - w[0]) / reach as f64).collect();
    spacings.sort_by(f64::total_cmp);
    spacings.get(spacings.len() / 2).copied().filter(|s| *s > 0.0)
}
