//! Whether beats are off the beat: then all of them move.
//!
//! Syncopated music (bossa nova, tresillo) puts most of what can be heard between the beats, and the network follows it. Harmony tells: chords
//! change with the bar. So the change of harmony from span to span, in the places of the bar where it is greatest, is compared between the beats and the
//! middles between them; a grid that is off by half a beat has half of each chord in both spans, and sees half of the change.

use crate::{listen::Heard, pointer::Beat};

/// By how much greater the change must be half a beat off to be believed, and a quarter off: players anticipate chords by a half and seldom by a quarter,
/// so quarters are looked at only where beats are slow enough to be two. Chosen on the development half of the bench.
const HALF_GREATER: f64 = 1.07;
const QUARTER_GREATER: f64 = 1.15;
const SLOW_SECS: f64 = 0.7;
/// How many standard errors the difference must have.
const SURE: f64 = 1.0;
/// How strong what begins on the moved beats must be, as a share of what begins on those that were heard: between bare clicks there is nothing, and
/// the harmony of nothing is chance.
const LEAST_ONSETS: f64 = 0.3;
/// Fewest beats for which this is asked: four bars.
const FEWEST: usize = 16;

/// The beats, moved by a part of a beat where harmony says so.
pub(crate) fn righted(heard: &Heard, beats: Vec<Beat>) -> Vec<Beat> {
    if beats.len() < FEWEST {
        return beats;
    }
    let chroma = Chroma::of(heard);
    let metre = prevailing_metre(&beats);
    // Bars of two may be half of what harmony goes by
    let period = if metre == 2 { 4 } else { metre };
    let here = chroma.greatest_change(&grid(&beats, 0.0), period);
    let spacing_secs = (beats[beats.len() - 1].at_secs - beats[0].at_secs) / (beats.len() - 1) as f64;
    let mut open = vec![(0.5, HALF_GREATER)];
    if spacing_secs > SLOW_SECS {
        open.extend([(0.25, QUARTER_GREATER), (0.75, QUARTER_GREATER)]);
    }
    let mut best = (1.0, None);
    for (share, greater) in open {
        let there = chroma.greatest_change(&grid(&beats, share), period);
        let sure = (there.mean - here.mean) / (there.error_squared + here.error_squared).sqrt().max(1e-9);
        let over = there.mean / here.mean.max(1e-9) / greater;
        if over > best.0 && sure > SURE && onsets(heard, &grid(&beats, share)) > LEAST_ONSETS * onsets(heard, &grid(&beats, 0.0)) {
            best = (over, Some((share, there.place)));
        }
    }
    match best.1 {
        Some((share, place)) => moved(&beats, share, metre, place),
        None => beats,
    }
}

/// The metre of most beats.
pub(crate) fn prevailing_metre(beats: &[Beat]) -> usize {
    let count = |metre: usize| beats.iter().filter(|beat| beat.metre == metre).count();
    (2..=12).rev().max_by_key(|&metre| count(metre)).unwrap_or(4)
}

/// Times a share of a beat after each beat but the last.
fn grid(beats: &[Beat], share: f64) -> Vec<f64> {
    beats.windows(2).map(|w| w[0].at_secs + share * (w[1].at_secs - w[0].at_secs)).collect()
}

/// Mean onset strength within 20 ms of times.
fn onsets(heard: &Heard, at_secs: &[f64]) -> f64 {
    let near = |at: &f64| {
        let hop = (at / heard.hop_secs).round() as usize;
        let (from, to) = (hop.saturating_sub(2).min(heard.onset.len()), (hop + 3).min(heard.onset.len()));
        heard.onset[from..to].iter().fold(0.0_f64, |a, &b| a.max(f64::from(b)))
    };
    at_secs.iter().map(near).sum::<f64>() / at_secs.len().max(1) as f64
}

/// Beats on the grid, one more before it where there is room; the one at `first` and every `metre`-th from it begin bars.
fn moved(beats: &[Beat], share: f64, metre: usize, first: usize) -> Vec<Beat> {
    let grid = grid(beats, share);
    let place = |i: usize| (i + metre - first % metre) % metre;
    let before = beats[0].at_secs - (1.0 - share) * (beats[1].at_secs - beats[0].at_secs);
    let pickup = (before >= 0.0).then(|| Beat { at_secs: before, place: place(metre - 1), metre, ..beats[0] });
    pickup.into_iter().chain(grid.iter().enumerate().map(|(i, &at_secs)| Beat { at_secs, place: place(i), metre, ..beats[i] })).collect()
}

/// Where in the bar harmony changes most.
struct Change {
    /// Mean change there, 0..2, and the square of its standard error.
    mean: f64,
    error_squared: f64,
    /// Index of the first such time in the grid.
    place: usize,
}

/// `[moment]`: sums of chroma up to each, so that any span's mean is a difference.
struct Chroma {
    sums: Vec<[f64; 12]>,
    moment_secs: f64,
}

impl Chroma {
    fn of(heard: &Heard) -> Self {
        let mut sums = vec![[0.0_f64; 12]];
        for moment in &heard.moments {
            let last = sums[sums.len() - 1];
            sums.push(std::array::from_fn(|class| last[class] + f64::from(moment.chroma[class])));
        }
        Self { sums, moment_secs: heard.moment_secs() }
    }

    /// The sum up to a time; a moment is centred on its first hop.
    fn up_to(&self, secs: f64) -> [f64; 12] {
        let at = (secs / self.moment_secs + 0.5).clamp(0.0, (self.sums.len() - 1) as f64);
        let (i, share) = (at as usize, at.fract());
        let next = (i + 1).min(self.sums.len() - 1);
        std::array::from_fn(|class| self.sums[i][class] * (1.0 - share) + self.sums[next][class] * share)
    }

    /// How far the mean chroma between times b and c is from that between a and b, 0..2.
    fn change(&self, [a, b, c]: [f64; 3]) -> f64 {
        let [a_sum, b_sum, c_sum] = [a, b, c].map(|secs| self.up_to(secs));
        let (before, after) = ((b - a).max(1e-3) / self.moment_secs, (c - b).max(1e-3) / self.moment_secs);
        (0..12).map(|class| ((b_sum[class] - a_sum[class]) / before - (c_sum[class] - b_sum[class]) / after).abs()).sum()
    }

    /// The change at every `period`-th time of a grid, from the place where it is greatest.
    fn greatest_change(&self, grid: &[f64], period: usize) -> Change {
        let changes: Vec<f64> = grid.windows(3).map(|w| self.change([w[0], w[1], w[2]])).collect();
        let mut best = Change { mean: 0.0, error_squared: 0.0, place: 0 };
        for place in 0..period {
            let here: Vec<f64> = changes.iter().skip(place).step_by(period).copied().collect();
            let (mean, error_squared) = mean_and_error_squared(&here);
            if mean > best.mean {
                best = Change { mean, error_squared, place: place + 1 };
            }
        }
        best
    }
}

/// Mean, and the square of its standard error.
pub(crate) fn mean_and_error_squared(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two chords that take turns, one each two seconds, and beats every half second from `first_secs`.
    fn chords_and_beats(first_secs: f64) -> (Chroma, Vec<Beat>) {
        let mut sums = vec![[0.0; 12]];
        for moment in 0..800 {
            let mut sum: [f64; 12] = sums[moment];
            sum[if (moment as f64 * 0.05 + 0.025) % 4.0 < 2.0 { 0 } else { 7 }] += 1.0;
            sums.push(sum);
        }
        let beat = |i: usize| Beat { at_secs: first_secs + 0.5 * i as f64, place: i % 4, metre: 4, probability: 0.5 };
        (Chroma { sums, moment_secs: 0.05 }, (0..70).map(beat).collect())
    }

    #[test]
    fn harmony_changes_most_on_the_right_grid_and_at_the_bar() {
        let (chroma, beats) = chords_and_beats(0.5);
        let (on, off) = (chroma.greatest_change(&grid(&beats, 0.0), 4), chroma.greatest_change(&grid(&beats, 0.5), 4));
        assert!(on.mean > 1.7 && off.mean < 1.2, "{} {}", on.mean, off.mean);
        assert_eq!(beats[on.place].at_secs % 2.0, 0.0);
    }

    #[test]
    fn moved_beats_begin_bars_where_they_should() {
        let (_, beats) = chords_and_beats(0.25);
        let moved = moved(&beats, 0.5, 4, 3);
        assert_eq!((moved[0].at_secs, moved[0].place, moved[1].at_secs), (0.0, 0, 0.5));
        assert!(moved.iter().all(|beat| (beat.place == 0) == (beat.at_secs % 2.0 == 0.0)));
        assert_eq!(moved.len(), beats.len());
    }
}
