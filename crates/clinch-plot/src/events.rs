//! Moments: reversals, recognitions, accents.

use clinch_model::{Event, EventKind, Hold, HoldKind, Phrase, Score, Secs, random::Stream};

/// Onsets weaker than this share of the song's strongest don't make a body start.
const STRONG_ONSET: f32 = 0.45;
/// Intensity under which a struggle is a leaning on each other, in which they may look at each other too.
const STILL: f64 = 0.25;
/// Least time between two accents, in seconds: exhausted bodies don't start more often.
const ACCENT_GAP_SECS: f64 = 2.0;
/// Share of the accents that are the leader's.
const LEADERS_SHARE: f64 = 0.75;

/// All moments in time order.
pub(crate) fn events(phrases: &[Phrase], holds: &[Hold], score: &Score, seed: u64) -> Vec<Event> {
    let kind = |phrase: &Phrase| holds.iter().find(|hold| hold.name == phrase.hold).map(|hold| (hold.kind, hold.enter_secs));
    let mut events = reversals(phrases);
    let mut stream = Stream::new(seed, "plot accents");
    for phrase in phrases {
        let Some((kind, enter_secs)) = kind(phrase) else { continue };
        let arrived = Secs(phrase.start.0 + enter_secs);
        let still = kind == HoldKind::Rest || phrase.intensity < STILL;
        if still {
            // They look up when they have come to rest, halfway through what is left of it.
            events.push(Event { at: Secs((arrived.0 + phrase.end.0) / 2.0), kind: EventKind::Recognition, who: phrase.leader });
        }
        if kind != HoldKind::Rest {
            let starts = strong_onsets(score, arrived, phrase.end);
            events.extend(starts.into_iter().map(|at| {
                let who = if stream.unit() < LEADERS_SHARE { phrase.leader } else { phrase.leader.other() };
                Event { at, kind: EventKind::Accent, who }
            }));
        }
    }
    events.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    space_accents(events)
}

fn reversals(phrases: &[Phrase]) -> Vec<Event> {
    let turned = |i: usize| phrases[i].leader != phrases[(i + phrases.len() - 1) % phrases.len()].leader;
    let turns = (0..phrases.len()).filter(|&i| turned(i));
    turns.map(|i| Event { at: phrases[i].start, kind: EventKind::Reversal, who: phrases[i].leader }).collect()
}

/// The strongest onsets within a time, strongest first come, none nearer than the gap to a stronger one; in time order.
fn strong_onsets(score: &Score, from: Secs, to: Secs) -> Vec<Secs> {
    let curve = &score.onset;
    let first = (from.0 / curve.hop_secs).ceil().max(1.0) as usize;
    let end = ((to.0 / curve.hop_secs).floor().max(0.0) as usize).min(curve.values.len().saturating_sub(1));
    let peak = |&hop: &usize| {
        let here = curve.values[hop];
        here >= STRONG_ONSET && here > curve.values[hop - 1] && here >= curve.values[hop + 1]
    };
    let mut peaks: Vec<usize> = (first..end).filter(peak).collect();
    peaks.sort_by(|&a, &b| curve.values[b].total_cmp(&curve.values[a]).then(a.cmp(&b)));
    let mut kept: Vec<Secs> = Vec::new();
    for at in peaks.into_iter().map(|hop| Secs(hop as f64 * curve.hop_secs)) {
        if kept.iter().all(|other| (other.0 - at.0).abs() >= ACCENT_GAP_SECS) {
            kept.push(at);
        }
    }
    kept.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept
}

/// Keeps the gap across phrases too.
fn space_accents(mut events: Vec<Event>) -> Vec<Event> {
    let mut last_secs = f64::NEG_INFINITY;
    events.retain(|event| {
        if event.kind != EventKind::Accent {
            return true;
        }
        let far_enough = event.at.0 - last_secs >= ACCENT_GAP_SECS;
        if far_enough {
            last_secs = event.at.0;
        }
        far_enough
    });
    events
}
