//! The song's form within and across sections: sentences (phrases of four or eight bars), and its turns: builds, drops and breaks.

use crate::listen::Heard;
use clinch_model::{Form, Sentence, Turn, TurnKind};

/// What a bar has that turns are read off.
#[derive(Debug, Clone, Copy, Default)]
struct Drive {
    loudness_lufs: f64,
    /// Onset strength below 150 Hz: bass drum and bass.
    low: f64,
    onsets_hz: f64,
    brightness_octaves: f64,
}

/// A break has less than this share of the song's usual low drive, and begins after bars that have at least this much of it.
const BREAK_SHARE: f64 = 0.4;
const DRIVING_SHARE: f64 = 0.7;
/// Shortest break and build.
const SHORTEST_BARS: usize = 2;
/// Longest build that is looked for.
const LONGEST_BUILD_BARS: usize = 8;
/// A drop is at least this much louder than the two bars before.
const DROP_LU: f64 = 3.0;
/// Rise over a build that counts: a unit is 6 LU, 4 onsets a second or an octave of brightness.
const BUILD_RISE: f64 = 0.5;

/// Reads the form off bars, given by their edges, that sections divide.
pub(crate) fn read(heard: &Heard, edges_secs: &[f64], sections: &[(usize, usize)], onsets_secs: &[f64]) -> Form {
    let drives: Vec<Drive> = edges_secs.windows(2).map(|w| drive(heard, w[0], w[1], onsets_secs)).collect();
    let bar_secs = edges_secs.last().copied().unwrap_or(0.0) / drives.len().max(1) as f64;
    Form { sentences: sections.iter().flat_map(|&(from, to)| sentences(from, to, bar_secs)).collect(), turns: turns(&drives) }
}

fn drive(heard: &Heard, from_secs: f64, to_secs: f64, onsets_secs: &[f64]) -> Drive {
    let moments = heard.moments_in(from_secs, to_secs);
    let mean = |value: &dyn Fn(usize) -> f64| (0..moments.len()).map(value).sum::<f64>() / moments.len().max(1) as f64;
    let hop = |at: f64| ((at / heard.hop_secs) as usize).min(heard.low_onset.len());
    let low = &heard.low_onset[hop(from_secs)..hop(to_secs)];
    let onsets = onsets_secs.partition_point(|&at| at < to_secs) - onsets_secs.partition_point(|&at| at < from_secs);
    Drive {
        loudness_lufs: mean(&|i| f64::from(moments[i].loudness_lufs)),
        low: low.iter().map(|&v| f64::from(v)).sum::<f64>() / low.len().max(1) as f64,
        onsets_hz: onsets as f64 / (to_secs - from_secs).max(1e-3),
        brightness_octaves: mean(&|i| f64::from(moments[i].brightness_octaves)),
    }
}

/// Sentences that tile a section: of eight bars where bars are short (under two seconds) and eight go into it, else of four; what is left
/// joins the last sentence if it is under half of one.
fn sentences(first_bar: usize, end_bar: usize, bar_secs: f64) -> Vec<Sentence> {
    let bars = end_bar - first_bar;
    let length = if bar_secs < 2.0 && bars.is_multiple_of(8) { 8 } else { 4 };
    let mut starts: Vec<usize> = (first_bar..end_bar).step_by(length).collect();
    if starts.len() > 1 && !bars.is_multiple_of(length) && bars % length < length / 2 {
        starts.pop();
    }
    let ends = starts.iter().skip(1).copied().chain([end_bar]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).map(|(first_bar, end_bar)| Sentence { first_bar, end_bar }).collect()
}

fn turns(drives: &[Drive]) -> Vec<Turn> {
    let mut turns = breaks(drives);
    for drop in drops(drives) {
        turns.extend(build_before(drives, drop.first_bar));
        turns.push(drop);
    }
    turns.sort_by_key(|turn| (turn.first_bar, turn.end_bar));
    turns
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Where bass drum and bass fall silent for at least two bars, after bars that they drove.
fn breaks(drives: &[Drive]) -> Vec<Turn> {
    let usual = median(drives.iter().map(|drive| drive.low).collect());
    if usual <= 0.0 {
        return Vec::new();
    }
    let quiet = |bar: usize| drives[bar].low < BREAK_SHARE * usual;
    let mut found = Vec::new();
    let mut bar = 1;
    while bar < drives.len() {
        if quiet(bar) && drives[bar - 1].low >= DRIVING_SHARE * usual {
            let end = (bar..drives.len()).find(|&b| !quiet(b)).unwrap_or(drives.len());
            // The song's end is no break.
            if end - bar >= SHORTEST_BARS && end < drives.len() {
                let low = drives[bar..end].iter().map(|drive| drive.low).sum::<f64>() / (end - bar) as f64;
                found.push(Turn { kind: TurnKind::Break, first_bar: bar, end_bar: end, strength: (1.0 - low / usual).clamp(0.0, 1.0) });
            }
            bar = end;
        }
        bar += 1;
    }
    found
}

/// Where the music comes in much louder than the two bars before, at a level that is loud for this song, and stays so for a bar more.
fn drops(drives: &[Drive]) -> Vec<Turn> {
    let loud = median(drives.iter().map(|drive| drive.loudness_lufs).collect());
    let mean = |from: usize, to: usize| drives[from..to].iter().map(|drive| drive.loudness_lufs).sum::<f64>() / (to - from) as f64;
    let rise = |bar: usize| mean(bar, bar + 2) - mean(bar - 2, bar);
    (2..drives.len().saturating_sub(1))
        .filter(|&bar| {
            let steepest = (bar.max(3) - 1..(bar + 2).min(drives.len() - 1)).all(|near| rise(near) <= rise(bar));
            rise(bar) >= DROP_LU && drives[bar].loudness_lufs >= loud - 1.0 && steepest
        })
        .map(|bar| Turn { kind: TurnKind::Drop, first_bar: bar, end_bar: bar + 1, strength: (rise(bar) / 12.0).clamp(0.0, 1.0) })
        .collect()
}

/// The bars before a drop in which loudness, density and brightness rise together, if they do: the stretch of steepest whole rise.
fn build_before(drives: &[Drive], drop: usize) -> Option<Turn> {
    let level = |bar: usize| drives[bar].loudness_lufs / 6.0 + drives[bar].onsets_hz / 4.0 + drives[bar].brightness_octaves;
    let most = LONGEST_BUILD_BARS.min(drop);
    let rising = (SHORTEST_BARS..=most).filter_map(|length| {
        let first = drop - length;
        let steps = (first + 1..drop).filter(|&bar| level(bar) >= level(bar - 1)).count();
        let rise = level(drop - 1) - level(first);
        // Mostly upwards, and clearly so
        (rise >= BUILD_RISE && 3 * steps >= 2 * (length - 1)).then_some((rise, first))
    });
    let (rise, first_bar) = rising.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Turn { kind: TurnKind::Build, first_bar, end_bar: drop, strength: (rise / 3.0).clamp(0.0, 1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(levels: &[(f64, f64, f64)]) -> Vec<Drive> {
        let drive = |&(loudness_lufs, low, onsets_hz): &(f64, f64, f64)| Drive { loudness_lufs, low, onsets_hz, brightness_octaves: 3.0 };
        levels.iter().map(drive).collect()
    }

    #[test]
    fn sentences_tile_a_section() {
        let lengths = |from, to, secs| sentences(from, to, secs).iter().map(|p| p.end_bar - p.first_bar).collect::<Vec<_>>();
        assert_eq!(lengths(0, 16, 1.8), [8, 8]);
        assert_eq!(lengths(4, 12, 2.2), [4, 4]);
        assert_eq!(lengths(0, 9, 2.2), [4, 5]);
        assert_eq!(lengths(0, 11, 2.2), [4, 4, 3]);
        assert_eq!(lengths(0, 2, 2.2), [2]);
    }

    #[test]
    fn a_break_a_build_and_a_drop_are_found_where_they_are() {
        let mut song = vec![(-12.0, 1.0, 6.0); 8];
        song.extend([(-22.0, 0.1, 2.0), (-21.0, 0.1, 3.0), (-19.0, 0.1, 5.0), (-17.0, 0.2, 7.0)]);
        song.extend(vec![(-9.0, 1.2, 7.0); 8]);
        let turns = turns(&bars(&song));
        let found: Vec<(TurnKind, usize, usize)> = turns.iter().map(|turn| (turn.kind, turn.first_bar, turn.end_bar)).collect();
        assert_eq!(found, [(TurnKind::Break, 8, 12), (TurnKind::Build, 8, 12), (TurnKind::Drop, 12, 13)]);
    }

    #[test]
    fn an_even_song_has_no_turns() {
        assert!(turns(&bars(&[(-12.0, 1.0, 6.0); 24])).is_empty());
        assert!(turns(&[]).is_empty() && turns(&bars(&[(-12.0, 0.0, 6.0)])).is_empty());
    }
}
