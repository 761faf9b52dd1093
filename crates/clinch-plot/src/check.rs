//! What must be true of a score and a treatment before anything is planned.

use crate::Error;
use clinch_model::{Hold, Score};

/// Checks the promises of a score that planning relies on; a score may come from a file that somebody edited.
pub(crate) fn score(score: &Score) -> Result<(), Error> {
    let wrong = |reason: String| Err(Error::Score { reason });
    let duration_secs = score.track.duration.0;
    let (Some(first), Some(last)) = (score.bars.first(), score.bars.last()) else { return wrong("it has no bars".into()) };
    if first.start.0 != 0.0 || (last.end.0 - duration_secs).abs() > 1e-3 {
        return wrong("its bars don't cover the song from 0 to its end".into());
    }
    for (i, bar) in score.bars.iter().enumerate() {
        let joins = score.bars.get(i + 1).is_none_or(|next| next.start == bar.end);
        let sane = bar.start.0.is_finite() && bar.end.0.is_finite() && bar.start < bar.end && bar.aggression.is_finite();
        if !joins || !sane || bar.section >= score.sections.len() {
            return wrong(format!("bar {i} is empty, doesn't meet the next one, or belongs to no section"));
        }
    }
    if !(score.onset.hop_secs > 0.0 && score.onset.values.iter().all(|value| value.is_finite())) {
        return wrong("its onset curve has no hop or a value that is no number".into());
    }
    if let Some(line) = score.lyrics.iter().find(|line| !(line.start.0.is_finite() && line.strength.is_finite())) {
        return wrong(format!("its lyric line `{}` has a time or strength that is no number", line.text));
    }
    Ok(())
}

/// The holds that the treatment allows, with `next` reduced to them.
pub(crate) fn allowed(holds: &[Hold], forbidden: &[String]) -> Result<Vec<Hold>, Error> {
    for name in forbidden {
        if !holds.iter().any(|hold| hold.name == *name) {
            let nearest = holds.iter().min_by_key(|hold| distance(&hold.name, name)).map(|hold| hold.name.clone());
            let known: Vec<&str> = holds.iter().map(|hold| hold.name.as_str()).collect();
            return Err(Error::UnknownHold { name: name.clone(), nearest: nearest.unwrap_or_default(), known: known.join(", ") });
        }
    }
    let mut allowed: Vec<Hold> = holds.iter().filter(|hold| !forbidden.contains(&hold.name)).cloned().collect();
    for hold in &mut allowed {
        hold.next.retain(|next| !forbidden.contains(next));
    }
    Ok(allowed)
}

/// Edit distance between two words (Levenshtein, Soviet Physics Doklady 10, 1966): insertions, deletions and replacements.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances_are_the_textbook_ones() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("lean", "lean"), 0);
        assert_eq!(distance("", "abc"), 3);
    }
}
