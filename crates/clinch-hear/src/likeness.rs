//! How like itself the song is a while later: the autocorrelation of what begins, in windows, because the tempo may change.

/// Steps a second, as the decoder's.
const STEPS_PER_SEC: usize = 100;
/// Half of a window: long enough for two bars of the slowest music, short enough for a tempo that drifts.
const REACH_SECS: usize = 6;
/// Shortest and longest lag, in steps: half a fast beat, and a bar and a half of a slow one.
const SHORTEST: usize = 14;
const LONGEST: usize = 170;
/// How far off a lag the like may be, as a share of it: players aren't exact, and tempi drift.
const LOOSE: f64 = 0.015;

/// `[second][lag]`: likeness around each second, the sum over the curves; 1 for each that repeats exactly.
pub(crate) struct Likeness(Vec<Vec<f32>>);

impl Likeness {
    /// Of curves of onset strength, every 10 ms.
    pub(crate) fn of(curves: &[&[f32]]) -> Self {
        let seconds = curves.iter().map(|curve| curve.len().div_ceil(STEPS_PER_SEC)).max().unwrap_or(0);
        let mut all = vec![vec![0.0; LONGEST + 1]; seconds];
        for curve in curves {
            let curve = levelled(curve);
            for (second, sums) in all.iter_mut().enumerate() {
                let middle = second * STEPS_PER_SEC;
                let (from, to) =
                    (middle.saturating_sub(REACH_SECS * STEPS_PER_SEC), (middle + REACH_SECS * STEPS_PER_SEC).min(curve.len()));
                let window = &curve[from.min(to)..to];
                let whole = window.iter().map(|v| v * v).sum::<f32>() + 1e-3;
                for lag in SHORTEST..=LONGEST.min(window.len().saturating_sub(1)) {
                    let like: f32 = window.iter().zip(&window[lag..]).map(|(a, b)| a * b).sum();
                    // The shorter overlap of longer lags is made up for
                    sums[lag] += like / whole * (window.len() as f32 / (window.len() - lag) as f32).min(3.0);
                }
            }
        }
        Self(all)
    }

    /// At a time and a lag, the most near it; 0 beyond the song and the lags that are known.
    pub(crate) fn at(&self, secs: f64, lag_secs: f64) -> f64 {
        let lag = lag_secs * STEPS_PER_SEC as f64;
        let (middle, loose) = (lag.round() as usize, (lag * LOOSE).round() as usize);
        let Some(row) = self.0.get(secs.max(0.0) as usize).filter(|_| middle >= SHORTEST && middle + loose <= LONGEST) else { return 0.0 };
        f64::from(row[middle - loose..=middle + loose].iter().fold(-1.0_f32, |a, &b| a.max(b)))
    }
}

/// A curve blurred by a few steps, what rises over its second, scaled by its eight seconds, its mean taken off.
fn levelled(curve: &[f32]) -> Vec<f32> {
    let smooth = moving_mean(&moving_mean(curve, 1), 1);
    let around = moving_mean(&smooth, 100);
    let risen: Vec<f32> = smooth.iter().zip(&around).map(|(v, m)| (v - m).max(0.0)).collect();
    let squares: Vec<f32> = risen.iter().map(|v| v * v).collect();
    let whole = (squares.iter().sum::<f32>() / squares.len().max(1) as f32).sqrt();
    let scaled: Vec<f32> = risen.iter().zip(moving_mean(&squares, 400)).map(|(v, p)| v / (p.sqrt() + 0.2 * whole + 1e-9)).collect();
    scaled.iter().zip(moving_mean(&scaled, 100)).map(|(v, m)| v - m).collect()
}

fn moving_mean(values: &[f32], reach: usize) -> Vec<f32> {
    let mut prefix = vec![0.0_f64];
    for &value in values {
        prefix.push(prefix[prefix.len() - 1] + f64::from(value));
    }
    let span = |i: usize| (i.saturating_sub(reach), (i + reach + 1).min(values.len()));
    (0..values.len()).map(span).map(|(from, to)| ((prefix[to] - prefix[from]) / (to - from) as f64) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_eighths_are_like_themselves_by_threes_and_three_quarters_by_twos() {
        // Eighths of 200 ms; accents on every third or every second
        for (accent, like, unlike) in [(3, 0.6, 0.4), (2, 0.4, 0.6)] {
            let mut curve = vec![0.0; 3000];
            (0..150).for_each(|i| curve[20 * i] = if i % accent == 0 { 1.0 } else { 0.2 });
            let likeness = Likeness::of(&[&curve]);
            assert!(likeness.at(15.0, like) > 0.8, "{accent}: {}", likeness.at(15.0, like));
            assert!(likeness.at(15.0, unlike) < 0.6, "{accent}: {}", likeness.at(15.0, unlike));
        }
        assert_eq!(Likeness::of(&[]).at(0.0, 0.5), 0.0);
    }
}
