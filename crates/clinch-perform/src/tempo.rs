//! What changes slowly over the song and is known beforehand: intensity, fatigue and breath, all closed over the loop.

use crate::muscles::FATIGUE_RANGE;
use clinch_model::{Secs, Story};
use std::f64::consts::TAU;

/// Values a second at which the slow curves are tabled; the quickest of them is a breath of about 1.2 s.
const TABLE_HZ: f64 = 50.0;

/// How far fatigue swings about its first value over one film, 0..1: they have been at it for days, one song changes little.
const FATIGUE_SWING: f64 = 0.10;

/// Over how long a change of intensity spreads, in seconds: nobody's effort jumps on a downbeat.
const INTENSITY_SMOOTHING_SECS: f64 = 0.7;

/// Breaths a minute at no intensity and no fatigue, and what intensity and fatigue add. Heavy exercise is 35..45 a minute and
/// exhaustion up to 60 (Nicolò et al., Frontiers in Physiology 8:922, 2017); the film asks for 30..55.
const BREATHS_A_MINUTE: f64 = 27.0;
const BREATHS_FOR_INTENSITY: f64 = 9.0;
const BREATHS_FOR_FATIGUE: f64 = 14.0;

/// Breath lags behind effort by about this long, in seconds.
const BREATH_SMOOTHING_SECS: f64 = 4.0;

/// Share of a breath that is inhaling, when out of breath.
const INHALE_SHARE: f64 = 0.42;

/// Periodic curves over the song.
#[derive(Debug, Clone)]
pub(crate) struct Tempo {
    duration_secs: f64,
    /// `[hop]`: 0..1.
    intensity: Vec<f32>,
    /// `[hop]`: 0..1.
    fatigue: Vec<f32>,
    /// `[who][hop]`: breaths since the beginning.
    breaths: [Vec<f64>; 2],
}

impl Tempo {
    /// The curves of a story.
    pub fn new(story: &Story) -> Self {
        let duration_secs = story.duration.0;
        let hops = ((duration_secs * TABLE_HZ).round() as usize).max(8);
        let hop_secs = duration_secs / hops as f64;
        let planned: Vec<f64> = (0..hops).map(|hop| planned_intensity(story, Secs(hop as f64 * hop_secs)).clamp(0.0, 1.0)).collect();
        let intensity = smoothed(&planned, INTENSITY_SMOOTHING_SECS / hop_secs);
        let fatigue = fatigue(&intensity, story.fatigue);
        let breaths = [0, 1].map(|who| breaths(&intensity, &fatigue, hop_secs, who));
        let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect();
        Self { duration_secs, intensity: single(&intensity), fatigue: single(&fatigue), breaths }
    }

    /// How hard they struggle, 0..1.
    pub fn intensity(&self, at: Secs) -> f32 {
        self.look_up(&self.intensity, at)
    }

    /// How spent they are, 0..1.
    pub fn fatigue(&self, at: Secs) -> f32 {
        self.look_up(&self.fatigue, at)
    }

    /// Lung volume, −1..1.
    pub fn breath(&self, who: usize, at: Secs) -> f32 {
        let breaths = &self.breaths[who];
        let x = (at.0 / self.duration_secs).rem_euclid(1.0) * (breaths.len() - 1) as f64;
        let i = (x.floor() as usize).min(breaths.len() - 2);
        let phase = (breaths[i] + (breaths[i + 1] - breaths[i]) * (x - i as f64)).rem_euclid(1.0);
        // In and out are half cosines of different lengths.
        let angle =
            if phase < INHALE_SHARE { phase / INHALE_SHARE * 0.5 } else { 0.5 + (phase - INHALE_SHARE) / (1.0 - INHALE_SHARE) * 0.5 };
        -(angle * TAU).cos() as f32
    }

    /// Breaths that both take over the song.
    pub fn breath_count(&self) -> f64 {
        self.breaths.iter().filter_map(|breaths| breaths.last()).sum()
    }

    fn look_up(&self, table: &[f32], at: Secs) -> f32 {
        let x = (at.0 / self.duration_secs).rem_euclid(1.0) * table.len() as f64;
        let i = (x.floor() as usize).min(table.len() - 1);
        let (a, b) = (table[i], table[(i + 1) % table.len()]);
        a + (b - a) * (x - i as f64) as f32
    }
}

/// How hard the story has them struggle at a time: its bar's intensity, or the phrase's where the story doesn't tell bar by bar.
fn planned_intensity(story: &Story, at: Secs) -> f64 {
    let phrase = &story.phrases[story.phrase_at(at)];
    let bars = phrase.end_bar.saturating_sub(phrase.first_bar).max(1);
    let share = ((at - phrase.start).0 / (phrase.end - phrase.start).0).clamp(0.0, 1.0);
    let bar = phrase.first_bar + ((share * bars as f64) as usize).min(bars - 1);
    story.intensity.get(bar).copied().unwrap_or(phrase.intensity)
}

/// Fatigue rises while they work harder than over the whole film and falls while they work less; it begins and ends at `first`.
fn fatigue(intensity: &[f64], first: f64) -> Vec<f64> {
    let mean = intensity.iter().sum::<f64>() / intensity.len() as f64;
    let mut sum = 0.0;
    let course: Vec<f64> = intensity
        .iter()
        .map(|value| {
            let here = sum;
            sum += value - mean;
            here
        })
        .collect();
    let most = course.iter().fold(1e-9f64, |most, value| most.max(value.abs()));
    // A film of even intensity tires nobody visibly, so the swing needs some work behind it.
    let scale = FATIGUE_SWING / most.max(0.02 * intensity.len() as f64);
    let (least, spent) = (f64::from(*FATIGUE_RANGE.start()), f64::from(*FATIGUE_RANGE.end()));
    course.iter().map(|value| (first + value * scale).clamp(least, spent)).collect()
}

/// Breaths since the beginning at every hop and at the end, where the count is whole, so that the breath closes too.
fn breaths(intensity: &[f64], fatigue: &[f64], hop_secs: f64, who: usize) -> Vec<f64> {
    let slow = smoothed(intensity, BREATH_SMOOTHING_SECS / hop_secs);
    // Two people don't breathe in step: the second is a little slower and starts elsewhere in its breath.
    let (pace, offset) = if who == 0 { (1.0, 0.15) } else { (0.93, 0.6) };
    let mut counted = 0.0;
    let mut breaths = vec![0.0];
    for (intensity, fatigue) in slow.iter().zip(fatigue) {
        counted += pace * (BREATHS_A_MINUTE + BREATHS_FOR_INTENSITY * intensity + BREATHS_FOR_FATIGUE * fatigue) / 60.0 * hop_secs;
        breaths.push(counted);
    }
    let whole = counted.round().max(1.0);
    breaths.iter().map(|count| offset + count * whole / counted).collect()
}

/// Circular smoothing: a forward and a backward one-pole filter, `hops` long, run twice round so that the seam doesn't show.
pub(crate) fn smoothed(values: &[f64], hops: f64) -> Vec<f64> {
    let keep = (-1.0 / hops.max(1e-3)).exp();
    let mut smooth = values.to_vec();
    let count = values.len();
    for backward in [false, true] {
        let source = smooth.clone();
        let mut state = source.iter().sum::<f64>() / count.max(1) as f64;
        for step in 0..2 * count {
            let i = if backward { count - 1 - step % count } else { step % count };
            state = keep * state + (1.0 - keep) * source[i];
            smooth[i] = state;
        }
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::Phrase;

    #[test]
    fn intensity_goes_bar_by_bar_where_the_story_tells_it_and_by_phrases_otherwise() {
        let mut story = crate::stand_in::story(8.0);
        story.phrases =
            vec![Phrase { first_bar: 0, end_bar: 4, start: Secs(0.0), end: Secs(8.0), intensity: 0.5, ..story.phrases[0].clone() }];
        story.intensity = vec![0.1, 0.9, 0.2];
        let at = |secs: f64| planned_intensity(&story, Secs(secs));
        assert_eq!([at(0.5), at(2.5), at(5.9), at(6.5)], [0.1, 0.9, 0.2, 0.5]);
    }
}
