//! The motion and the story against the music.

use clinch_model::{EventKind, Performance, Score, Story};

/// Rank correlation over the bars between how hard both work and how aggressive the music is; 0 with fewer than three bars.
///
/// Effort of a bar: mean over its samples and both people of [`PersonSample::effort`](clinch_model::PersonSample): what the muscles give, bracing counted in,
/// over what they could.
pub(crate) fn effort_against_aggression(performance: &Performance, score: &Score) -> f64 {
    let hz = performance.rate.hz();
    let effort: Vec<f64> =
        performance.samples.iter().map(|sample| sample.people.iter().map(|p| f64::from(p.effort)).sum::<f64>() / 2.0).collect();
    let index = |secs: f64| ((secs * hz).round().max(0.0) as usize).min(effort.len());
    let (mut efforts, mut aggressions) = (Vec::new(), Vec::new());
    for bar in &score.bars {
        let within = &effort[index(bar.start.0)..index(bar.end.0).max(index(bar.start.0))];
        if !within.is_empty() {
            efforts.push(within.iter().sum::<f64>() / within.len() as f64);
            aggressions.push(bar.aggression);
        }
    }
    spearman(&efforts, &aggressions)
}

/// Spearman's rank correlation, equal values sharing the mean of their ranks; 0 where one side doesn't vary or there are fewer than three pairs.
pub(crate) fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    if a.len() < 3 || spread < 1e-12 { 0.0 } else { product(&a, &b) / spread }
}

/// `[value]`: its rank from 0, the mean of the ranks of its equals.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: f64| {
        let below = values.iter().filter(|other| **other < value).count() as f64;
        let equal = values.iter().filter(|other| **other == value).count() as f64;
        below + (equal - 1.0) / 2.0
    };
    values.iter().map(|&value| rank(value)).collect()
}

/// `[reversal]`: how far the story's reversals are from the song's nearest turning point, in seconds; turning points are where sections begin,
/// the loop's seam among them.
pub(crate) fn reversals_off_turning_points_secs(story: &Story, score: &Score) -> Vec<f64> {
    let duration_secs = story.duration.0;
    let apart = |a: f64, b: f64| {
        let straight = (a - b).abs();
        straight.min(duration_secs - straight)
    };
    let turns: Vec<f64> = score.sections.iter().filter_map(|section| score.bars.get(section.first_bar)).map(|bar| bar.start.0).collect();
    let reversals = story.events.iter().filter(|event| event.kind == EventKind::Reversal);
    reversals.map(|event| turns.iter().map(|&turn| apart(event.at.0, turn)).fold(f64::INFINITY, f64::min)).collect()
}

/// Middle of some values; none of none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)?;
    Some((values[middle / 2] + values[middle.div_ceil(2)]) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture::{State, moved, performance, score};
    use clinch_model::{Event, Secs, Who};

    #[test]
    fn ranks_correlate_as_spearman_says() {
        assert_eq!(spearman(&[1.0, 2.0, 3.0, 4.0], &[10.0, 20.0, 25.0, 90.0]), 1.0);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        // Sum of squared differences of ranks 2 in five: 1 − 6 × 2 / (5 × 24) = 0.9.
        assert!((spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 3.0, 4.0, 5.0]) - 0.9).abs() < 1e-12);
        // Ranks 0, 1½, 1½, 3 against 0..3: 4.5 / √(4.5 × 5).
        assert!((spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]) - (4.5f64 / 5.0).sqrt()).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), 0.0);
    }

    #[test]
    fn effort_that_goes_with_the_music_correlates_bar_by_bar() {
        let aggressions = [0.1, 0.7, 0.3, 0.9];
        let follows = |sign: f64| {
            performance(4.0, move |secs| {
                let effort = (0.5 + sign * 0.4 * aggressions[(secs as usize).min(3)]) as f32;
                moved(&State { effort: [effort, 0.8 * effort] }, |_, _| ())
            })
        };
        assert_eq!(effort_against_aggression(&follows(1.0), &score(&aggressions, &[0])), 1.0);
        assert_eq!(effort_against_aggression(&follows(-1.0), &score(&aggressions, &[0])), -1.0);
    }

    #[test]
    fn reversals_are_as_far_from_turning_points_as_they_were_shifted() {
        let mut story = crate::stand_in::story(8.0);
        story.events = [4.0, 4.25, 7.9].map(|secs| Event { at: Secs(secs), kind: EventKind::Reversal, who: Who::Cop }).into();
        let off = reversals_off_turning_points_secs(&story, &score(&[0.5; 8], &[0, 4]));
        // The last one is 0.1 s before the seam.
        assert!(off.iter().zip([0.0, 0.25, 0.1]).all(|(a, b)| (a - b).abs() < 1e-9), "{off:?}");
        assert_eq!(median(off.clone()).map(|m| (m * 100.0).round()), Some(10.0));
        assert_eq!(median(vec![]), None);
    }
}
