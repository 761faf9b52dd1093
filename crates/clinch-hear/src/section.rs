//! Which bars belong together.
//!
//! Bars are compared by timbre, harmony and loudness; a checkerboard run along the diagonal of their self-similarity shows where one
//! kind of material ends and another begins (Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000).
//! Sections that are alike get the same letter.

use crate::listen::{Heard, TIMBRE_BANDS};

/// A stretch of bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) first_bar: usize,
    pub(crate) end_bar: usize,
    pub(crate) label: String,
}

/// What a bar sounds like: timbre, then harmony, then loudness, each so scaled that a distance of 1 is a plain difference.
type Sound = Vec<f64>;

/// Difference of timbre that counts as 1: mean over the bands of the log magnitude, in nepers.
const TIMBRE_UNIT: f64 = 0.6;
/// Difference of harmony that counts as 1: summed difference of the pitch classes' shares, of at most 2.
const HARMONY_UNIT: f64 = 0.6;
/// Difference of loudness that counts as 1.
const LOUDNESS_UNIT_LU: f64 = 5.0;
/// What a boundary must exceed in novelty: both sides alike within, and about 0.3 apart across. Chosen on the development half of the bench
/// (boundary F at 3 s: 0.71; 0.65 with 0.08, whose boundaries are too few).
const NOVELTY_LEAST: f64 = 0.05;
/// How much harmony counts between two bars: hardly, because chords change within a section as much as across its ends (on the development half, 0.25 instead has
/// a boundary F of 0.67 instead of 0.71 at 3 s, with as many boundaries).
const BARS_HARMONY: f64 = 0.05;
/// How much it counts between two whole sections, whose chords are averaged.
const SECTIONS_HARMONY: f64 = 0.25;
/// Two sections no farther apart than this are the same material.
const SAME_MATERIAL: f64 = 0.75;

/// Bars that are shorter than this are short: below a bar of four at 200 beats a minute.
const SHORT_BAR_SECS: f64 = 1.2;

/// Divides the bars, given by their edges and their beats, into sections.
pub(crate) fn divide(heard: &Heard, edges_secs: &[f64], beats_per_bar: usize) -> Vec<Stretch> {
    let sounds: Vec<Sound> = edges_secs.windows(2).map(|w| sound(heard, w[0], w[1])).collect();
    let starts = starts(&sounds, measure_bars(edges_secs, beats_per_bar));
    let ends = starts.iter().skip(1).copied().chain([sounds.len()]);
    let spans: Vec<(usize, usize)> = starts.iter().copied().zip(ends).collect();
    let labels = labels(&spans.iter().map(|&(from, to)| mean(&sounds[from..to])).collect::<Vec<_>>());
    spans.into_iter().zip(labels).map(|((first_bar, end_bar), label)| Stretch { first_bar, end_bar, label }).collect()
}

/// Bars that are felt as one measure: two short ones of two beats, which are mostly bars of four heard as halves. Short bars of three aren't joined: waltzes on
/// the development half of the bench lose 0.05 to 0.4 of their boundary F by it.
fn measure_bars(edges_secs: &[f64], beats_per_bar: usize) -> usize {
    let mut secs: Vec<f64> = edges_secs.windows(2).map(|edge| edge[1] - edge[0]).collect();
    secs.sort_by(f64::total_cmp);
    let short = secs.get(secs.len() / 2).is_some_and(|&middle| middle < SHORT_BAR_SECS);
    if short && beats_per_bar == 2 { 2 } else { 1 }
}

fn sound(heard: &Heard, from_secs: f64, to_secs: f64) -> Sound {
    let moments = heard.moments_in(from_secs, to_secs);
    let n = moments.len().max(1) as f64;
    let mut sound = vec![0.0; TIMBRE_BANDS + 12 + 1];
    for moment in moments {
        for (sum, band) in sound.iter_mut().zip(moment.timbre) {
            *sum += f64::from(band) / (n * TIMBRE_UNIT);
        }
        for (sum, share) in sound[TIMBRE_BANDS..].iter_mut().zip(moment.chroma) {
            *sum += f64::from(share) / (n * HARMONY_UNIT);
        }
        sound[TIMBRE_BANDS + 12] += f64::from(moment.loudness_lufs).max(-50.0) / (n * LOUDNESS_UNIT_LU);
    }
    sound
}

fn mean(sounds: &[Sound]) -> Sound {
    let size = sounds.first().map_or(0, Vec::len);
    (0..size).map(|k| sounds.iter().map(|s| s[k]).sum::<f64>() / sounds.len() as f64).collect()
}

/// Distance of two sounds: timbre and loudness weigh most, because harmony changes from bar to bar within a section too. `harmony_weight` is harmony's share of
/// the squared distance.
fn distance(a: &Sound, b: &Sound, harmony_weight: f64) -> f64 {
    let apart = |from: usize, to: usize| a[from..to].iter().zip(&b[from..to]).map(|(x, y)| (x - y).abs()).sum::<f64>();
    let timbre = apart(0, TIMBRE_BANDS) / TIMBRE_BANDS as f64;
    let harmony = apart(TIMBRE_BANDS, TIMBRE_BANDS + 12);
    let loudness = apart(TIMBRE_BANDS + 12, TIMBRE_BANDS + 13);
    (timbre.powi(2) + harmony_weight * harmony.powi(2) + loudness.powi(2)).sqrt()
}

/// First bars of sections, beginning with 0: the boundaries of greatest summed novelty whose spans are also of a likely length
/// (exact, by dynamic programming over where the last section began).
fn starts(sounds: &[Sound], measure_bars: usize) -> Vec<usize> {
    let bars = sounds.len();
    // Four measures are a musical sentence; a song of few has shorter parts.
    let shortest = (bars / 8).clamp(2, 4 * measure_bars);
    let reach = (bars / 8).clamp(2, 6 * measure_bars);
    let gain: Vec<f64> = (0..bars).map(|bar| if bar == 0 { 0.0 } else { novelty(sounds, bar, reach) - NOVELTY_LEAST }).collect();
    // `[end]`: best sum of sections that tile the bars up to there, and where the last of them begins.
    let mut best = vec![(f64::NEG_INFINITY, 0); bars + 1];
    best[0].0 = 0.0;
    for end in 1..=bars {
        for start in (0..=end.saturating_sub(shortest)).chain((end < shortest).then_some(0)) {
            let sum = best[start].0 + gain[start] + likelihood(end - start, measure_bars, end == bars);
            if sum > best[end].0 {
                best[end] = (sum, start);
            }
        }
        if end < shortest && end < bars {
            best[end].0 = f64::NEG_INFINITY;
        }
    }
    let mut starts: Vec<usize> = std::iter::successors(Some(best[bars].1), |&bar| (bar > 0).then(|| best[bar].1)).collect();
    starts.reverse();
    starts
}

/// What a section's length adds to its boundary's novelty: about eight measures is usual, and whole sentences of four are likelier
/// than anything between, but for the last, which may be cut off. Small beside a real change (0.2 and more).
fn likelihood(bars: usize, measure_bars: usize, last: bool) -> f64 {
    let usual = -0.01 * (bars as f64 / (8 * measure_bars) as f64).log2().powi(2);
    let even = if last {
        0.0
    } else if bars.is_multiple_of(4 * measure_bars) {
        0.03
    } else if bars.is_multiple_of(2 * measure_bars) {
        0.01
    } else {
        0.0
    };
    usual + even
}

/// How much the `reach` bars before a bar differ from those after it, less how much each side differs within itself; about 0..1.
fn novelty(sounds: &[Sound], bar: usize, reach: usize) -> f64 {
    let (from, to) = (bar.saturating_sub(reach), (bar + reach).min(sounds.len()));
    let (mut across, mut within) = ((0.0, 0.0), (0.0, 0.0));
    for i in from..to {
        for j in i + 1..to {
            let taper = |k: usize| (-0.5 * ((k as f64 + 0.5 - bar as f64) / (0.6 * reach as f64)).powi(2)).exp();
            let weight = taper(i) * taper(j);
            let likeness = (-0.5 * distance(&sounds[i], &sounds[j], BARS_HARMONY).powi(2)).exp();
            let side = if (i < bar) == (j < bar) { &mut within } else { &mut across };
            side.0 += weight * likeness;
            side.1 += weight;
        }
    }
    // One bar on each side has nothing within itself: it is then as like itself as can be.
    let share = |side: (f64, f64)| if side.1 > 0.0 { side.0 / side.1 } else { 1.0 };
    share(within) - share(across)
}

/// A letter for each section in order of appearance: that of the nearest material heard before, if it is near enough.
fn labels(sections: &[Sound]) -> Vec<String> {
    let mut materials: Vec<Sound> = Vec::new();
    sections
        .iter()
        .map(|section| {
            let near =
                (0..materials.len()).map(|i| (distance(section, &materials[i], SECTIONS_HARMONY), i)).min_by(|a, b| a.0.total_cmp(&b.0));
            match near {
                Some((apart, index)) if apart <= SAME_MATERIAL => letter(index),
                _ => {
                    materials.push(section.clone());
                    letter(materials.len() - 1)
                }
            }
        })
        .collect()
}

/// `A` to `Z`, then `A2`, `B2`, …
fn letter(index: usize) -> String {
    let letter = char::from(b'A' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26 + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A song whose parts, given as bars and loudness unit steps, differ in nothing but loudness.
    fn song(parts: &[(usize, f64)]) -> Vec<Sound> {
        let bar = |level: f64| {
            let mut sound = vec![0.0; TIMBRE_BANDS + 13];
            sound[TIMBRE_BANDS + 12] = level;
            sound
        };
        parts.iter().flat_map(|&(bars, level)| vec![bar(level); bars]).collect()
    }

    #[test]
    fn boundaries_are_where_the_material_changes() {
        assert_eq!(starts(&song(&[(8, 0.0), (8, 2.0), (16, 0.0), (4, 3.0)]), 1), [0, 8, 16, 32]);
        assert_eq!(starts(&song(&[(2, 0.0), (4, 1.5), (4, 3.0), (2, 0.0), (4, 3.0)]), 1), [0, 2, 6, 10, 12]);
    }

    #[test]
    fn short_bars_of_two_are_halves_of_a_measure_and_others_are_measures() {
        let edges = |secs: f64| (0..40).map(|i| f64::from(i) * secs).collect::<Vec<_>>();
        assert_eq!([(0.8, 2), (0.8, 3), (1.6, 2)].map(|(secs, beats)| measure_bars(&edges(secs), beats)), [2, 1, 1]);
        // Four bars may be a section, but four halves of a measure aren't.
        let parts: Vec<(usize, f64)> = (0..16).map(|i| (4, f64::from(i % 2) * 2.0)).collect();
        let sections = [1, 2].map(|measure_bars| starts(&song(&parts), measure_bars));
        assert_eq!(sections[0].len(), 16);
        assert!(sections[1].windows(2).all(|two| two[1] - two[0] >= 8), "{sections:?}");
    }

    #[test]
    fn even_material_is_one_section_and_any_number_of_bars_is_divided() {
        assert_eq!(starts(&song(&[(12, 1.0)]), 1), [0]);
        for bars in 1..12 {
            assert_eq!(starts(&song(&[(bars, 1.0)]), 1)[0], 0);
        }
    }

    #[test]
    fn the_same_material_gets_the_same_letter() {
        let (a, b) = (song(&[(1, 0.0)]).remove(0), song(&[(1, 2.0)]).remove(0));
        assert_eq!(labels(&[a.clone(), b.clone(), a, b]), ["A", "B", "A", "B"]);
        assert_eq!(letter(27), "B2");
    }
}
