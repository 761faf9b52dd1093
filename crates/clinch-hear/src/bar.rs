//! Which beats are downbeats, and the bars that tile the song.

use crate::listen::{Heard, Moment};
use clinch_model::Secs;

/// Beats a bar that are told apart. Four is preferred: most songs are, and a bar of three must be plain to be believed.
const METRES: [(usize, f64); 2] = [(4, 1.0), (3, 0.85)];
/// A first or last bar shorter than this share of a bar joins its neighbour.
const SHORTEST_BAR: f64 = 0.5;

/// Bars as they were found.
#[derive(Debug, Clone)]
pub(crate) struct Bars {
    /// Beats in a bar.
    pub(crate) beats_per_bar: usize,
    /// `[bar]` and one more: where each begins, from 0 to the song's duration.
    pub(crate) edges_secs: Vec<f64>,
}

/// Groups beats into bars that tile the song.
pub(crate) fn group(heard: &Heard, beats_secs: &[f64], duration_secs: f64) -> Bars {
    let marks = downbeat_marks(heard, beats_secs);
    let (beats_per_bar, phase) = metre(&marks);
    let downbeats: Vec<f64> = beats_secs.iter().skip(phase).step_by(beats_per_bar).copied().collect();
    Bars { beats_per_bar, edges_secs: tiled(&downbeats, duration_secs) }
}

/// Bars of a plain grid: nothing is known about downbeats.
pub(crate) fn plain(beats_secs: &[f64], duration_secs: f64) -> Bars {
    let downbeats: Vec<f64> = beats_secs.iter().step_by(4).copied().collect();
    Bars { beats_per_bar: 4, edges_secs: tiled(&downbeats, duration_secs) }
}

/// `[beat]`: how much speaks for a downbeat. Bass drum and bass come in, the harmony changes, the accent is stronger; each is measured
/// in its own deviations.
pub(crate) fn downbeat_marks(heard: &Heard, beats_secs: &[f64]) -> Vec<f64> {
    let low = standardised(beats_secs.iter().map(|&at| strongest_near(heard, &heard.low_onset, at)).collect());
    let accent = standardised(beats_secs.iter().map(|&at| strongest_near(heard, &heard.onset, at)).collect());
    let change = standardised(harmony_changes(heard, beats_secs));
    (0..beats_secs.len()).map(|i| low[i] + 0.6 * accent[i] + change[i]).collect()
}

/// `[beat]`: how far the mean chroma from it to the next beat is from that since the one before, 0..2.
pub(crate) fn harmony_changes(heard: &Heard, beats_secs: &[f64]) -> Vec<f64> {
    let spans: Vec<(f64, f64)> = beats_secs.windows(2).map(|w| (w[0], w[1])).collect();
    let chroma: Vec<[f64; 12]> = spans.iter().map(|&(from, to)| mean_chroma(heard.moments_in(from, to))).collect();
    (0..beats_secs.len())
        .map(|i| match (i.checked_sub(1).and_then(|j| chroma.get(j)), chroma.get(i)) {
            (Some(before), Some(after)) => before.iter().zip(after).map(|(a, b)| (a - b).abs()).sum(),
            _ => 0.0,
        })
        .collect()
}

/// The most of an onset curve within 40 ms of a time.
pub(crate) fn strongest_near(heard: &Heard, curve: &[f32], at_secs: f64) -> f64 {
    let hop = (at_secs / heard.hop_secs).round() as usize;
    let (from, to) = (hop.saturating_sub(4).min(curve.len()), (hop + 5).min(curve.len()));
    curve[from..to].iter().fold(0.0_f64, |a, &b| a.max(f64::from(b)))
}

fn mean_chroma(moments: &[Moment]) -> [f64; 12] {
    let mut mean = [0.0; 12];
    for moment in moments {
        for (sum, value) in mean.iter_mut().zip(moment.chroma) {
            *sum += f64::from(value) / moments.len() as f64;
        }
    }
    mean
}

/// Mean 0 and deviation 1, with outliers held at three deviations; all 0 where nothing varies.
pub(crate) fn standardised(values: Vec<f64>) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    values.iter().map(|v| if deviation > 1e-9 { ((v - mean) / deviation).clamp(-3.0, 3.0) } else { 0.0 }).collect()
}

/// Beats a bar and the first downbeat: the metre and phase whose downbeats stand out most from the other beats.
fn metre(marks: &[f64]) -> (usize, usize) {
    let mut best = (f64::NEG_INFINITY, 4, 0);
    for (beats_per_bar, trust) in METRES {
        for phase in 0..beats_per_bar {
            let score = contrast(marks, beats_per_bar, phase) * trust;
            if score > best.0 + 1e-9 {
                best = (score, beats_per_bar, phase);
            }
        }
    }
    (best.1, best.2)
}

fn contrast(marks: &[f64], beats_per_bar: usize, phase: usize) -> f64 {
    let (mut down, mut other) = ((0.0, 0.0), (0.0, 0.0));
    for (i, mark) in marks.iter().enumerate() {
        let side = if i % beats_per_bar == phase { &mut down } else { &mut other };
        side.0 += mark;
        side.1 += 1.0;
    }
    down.0 / f64::max(down.1, 1.0) - other.0 / f64::max(other.1, 1.0)
}

/// Bar edges from 0 to the end: a short pickup joins the first bar, a short rest the last.
pub(crate) fn tiled(downbeats_secs: &[f64], duration_secs: f64) -> Vec<f64> {
    let bar_secs = match downbeats_secs {
        [first, .., last] => (last - first) / (downbeats_secs.len() - 1) as f64,
        _ => duration_secs,
    };
    let inside = |at: &&f64| **at >= SHORTEST_BAR * bar_secs && **at <= duration_secs - SHORTEST_BAR * bar_secs;
    let mut edges = vec![0.0];
    edges.extend(downbeats_secs.iter().filter(inside));
    edges.push(duration_secs);
    edges
}

/// The model's times of bar edges.
pub(crate) fn spans(edges_secs: &[f64]) -> impl Iterator<Item = (Secs, Secs)> {
    edges_secs.windows(2).map(|w| (Secs(w[0]), Secs(w[1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_tile_the_song_with_pickup_and_rest_joined() {
        assert_eq!(tiled(&[0.5, 2.5, 4.5, 6.5, 8.5], 9.0), [0.0, 2.5, 4.5, 6.5, 9.0]);
        assert_eq!(tiled(&[1.5, 3.5, 5.5], 7.5), [0.0, 1.5, 3.5, 5.5, 7.5]);
        assert_eq!(tiled(&[], 9.0), [0.0, 9.0]);
    }

    #[test]
    fn the_metre_is_read_off_the_marks() {
        for (beats_per_bar, phase) in [(4, 0), (4, 3), (3, 0), (3, 2)] {
            let marks: Vec<f64> = (0..60).map(|i| f64::from(u8::from(i % beats_per_bar == phase))).collect();
            assert_eq!(metre(&marks), (beats_per_bar, phase));
        }
    }
}
