//! Moments: reversals, recognitions, accents, and the one shove.

use crate::music::Music;
use clinch_model::{Event, EventKind, Hold, HoldKind, Level, Phrase, Score, Secs, Treatment, Who, random::Stream};

/// Onsets weaker than this share of the song's strongest don't make a body start.
const STRONG_ONSET: f32 = 0.45;
/// What lying on a beat adds to an onset's strength when the strongest are chosen: beats are what a viewer's body expects.
const ON_BEAT: f32 = 0.15;
/// How far from a beat an onset still lies on it, in seconds: what a drummer is allowed.
const BEAT_TOLERANCE_SECS: f64 = 0.04;
/// Intensity under which a struggle is a leaning on each other, in which they may look at each other too.
const STILL: f64 = 0.25;
/// Fall of the music's intensity from one phrase to the next after which the song has softened, and the intensity it softens to.
const SOFTER_BY: f64 = 0.3;
const SOFT: f64 = 0.5;
/// Least time between two accents, in seconds: exhausted bodies don't start more often.
const ACCENT_GAP_SECS: f64 = 2.0;
/// Least time between two recognitions, in seconds; a wanted one displaces others that are nearer.
const RECOGNITION_GAP_SECS: f64 = 3.0;
/// Share of the accents that are the leader's.
const LEADERS_SHARE: f64 = 0.75;

/// All moments in time order.
pub(crate) fn events(phrases: &[Phrase], holds: &[Hold], score: &Score, music: &Music, treatment: &Treatment) -> Vec<Event> {
    let shove = shove(phrases, holds, score, music);
    let mut events = reversals(phrases);
    events.extend(recognitions(phrases, holds, score, music, &treatment.story.recognitions_at));
    events.extend(accents(phrases, holds, score, shove, treatment.seed));
    events.extend(shove.map(|at| Event { at, kind: EventKind::Shove, who: Who::Cop }));
    events.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    events
}

fn reversals(phrases: &[Phrase]) -> Vec<Event> {
    let turned = |i: usize| phrases[i].leader != before(phrases, i).leader;
    let turns = (0..phrases.len()).filter(|&i| turned(i));
    turns.map(|i| Event { at: phrases[i].start, kind: EventKind::Reversal, who: phrases[i].leader }).collect()
}

/// The phrase before one, round the loop.
fn before(phrases: &[Phrase], i: usize) -> &Phrase {
    &phrases[(i + phrases.len() - 1) % phrases.len()]
}

fn of<'a>(holds: &'a [Hold], phrase: &Phrase) -> Option<&'a Hold> {
    holds.iter().find(|hold| hold.name == phrase.hold)
}

/// When a phrase's move into its hold is over.
fn arrived(hold: &Hold, phrase: &Phrase) -> Secs {
    Secs(phrase.start.0 + hold.enter_secs)
}

/// When they look at each other: where they rest, where the song is quiet or has just softened, on soft lines while the music is soft, and where
/// the treatment says.
fn recognitions(phrases: &[Phrase], holds: &[Hold], score: &Score, music: &Music, wanted_secs: &[f64]) -> Vec<Event> {
    let wanted = wanted_secs.iter().map(|&at_secs| {
        let within = phrases.iter().find(|phrase| (phrase.start.0..phrase.end.0).contains(&at_secs));
        (Secs(at_secs), within.map_or(Who::Cop, |phrase| phrase.leader))
    });
    let mut looks: Vec<(Secs, Who)> = wanted.collect();
    for (at, who) in soft_lines(phrases, holds, score) {
        if looks.iter().all(|look| (look.0.0 - at.0).abs() >= RECOGNITION_GAP_SECS) {
            looks.push((at, who));
        }
    }
    for (i, phrase) in phrases.iter().enumerate() {
        let Some(hold) = of(holds, phrase) else { continue };
        let loudness = |phrase: &Phrase| music.mean_intensity(phrase.first_bar, phrase.end_bar);
        let softened = loudness(phrase) < SOFT && loudness(phrase) <= loudness(before(phrases, i)) - SOFTER_BY;
        if hold.kind == HoldKind::Rest || phrase.intensity < STILL || softened {
            // They look up when they have come to rest, halfway through what is left of it.
            let at = Secs((arrived(hold, phrase).0 + phrase.end.0) / 2.0);
            if looks.iter().all(|look| (look.0.0 - at.0).abs() >= RECOGNITION_GAP_SECS) {
                looks.push((at, phrase.leader));
            }
        }
    }
    looks.into_iter().map(|(at, who)| Event { at, kind: EventKind::Recognition, who }).collect()
}

/// When soft lines begin in soft phrases, once the move is over; the first of each phrase. Guessed times don't count.
fn soft_lines(phrases: &[Phrase], holds: &[Hold], score: &Score) -> Vec<(Secs, Who)> {
    let lines: Vec<_> = score.soft_lines().into_iter().filter(|line| !line.guessed).collect();
    let first = |phrase: &Phrase| {
        let from = of(holds, phrase).filter(|_| phrase.intensity < SOFT).map(|hold| arrived(hold, phrase))?;
        lines.iter().map(|line| line.start).find(|at| (from.0..phrase.end.0 - 1.0).contains(&at.0)).map(|at| (at, phrase.leader))
    };
    phrases.iter().filter_map(first).collect()
}

/// The strongest onsets of each struggle as sudden efforts; first the fall where a move goes down; always one at the shove.
fn accents(phrases: &[Phrase], holds: &[Hold], score: &Score, shove: Option<Secs>, seed: u64) -> Vec<Event> {
    let mut stream = Stream::new(seed, "plot accents");
    let mut kept: Vec<Event> = shove.into_iter().map(|at| Event { at, kind: EventKind::Accent, who: Who::Cop }).collect();
    for (i, phrase) in phrases.iter().enumerate() {
        let (Some(hold), Some(left)) = (of(holds, phrase), of(holds, before(phrases, i))) else { continue };
        let arrived = arrived(hold, phrase);
        let mut starts: Vec<(Secs, Who)> = Vec::new();
        if hold.level > left.level && hold.kind != HoldKind::Rest {
            // Whoever is led goes down first.
            let down = strongest_onset(score, Secs(phrase.start.0 + 0.6 * hold.enter_secs), Secs(arrived.0 + 0.3));
            if score.onset.at(down) >= STRONG_ONSET {
                starts.push((down, phrase.leader.other()));
            }
        }
        if hold.kind != HoldKind::Rest {
            let who = |stream: &mut Stream| if stream.unit() < LEADERS_SHARE { phrase.leader } else { phrase.leader.other() };
            starts.extend(strong_onsets(score, arrived, phrase.end).into_iter().map(|at| (at, who(&mut stream))));
        }
        for (at, who) in starts {
            // The gap is kept across phrases too.
            if kept.iter().all(|other| (other.at.0 - at.0).abs() >= ACCENT_GAP_SECS) {
                kept.push(Event { at, kind: EventKind::Accent, who });
            }
        }
    }
    kept
}

/// When the one shove is: where the treatment says; else at the strongest onset of the phrase over the song's strongest moment, if Cop leads
/// that; else of the phrase that Cop leads hardest. None where Cop leads nothing.
fn shove(phrases: &[Phrase], holds: &[Hold], score: &Score, music: &Music) -> Option<Secs> {
    if let Some(wish) = music.shove.filter(|wish| wish.must) {
        return Some(wish.at);
    }
    let standing = |phrase: &Phrase| of(holds, phrase).is_some_and(|hold| hold.level == Level::Standing && hold.kind != HoldKind::Rest);
    let strength = |phrase: &Phrase| {
        let covers = music.shove.is_some_and(|wish| (phrase.first_bar..phrase.end_bar).contains(&wish.bar));
        let fit = if phrase.hold == crate::walk::SHOVE_HOLD { 2.0 } else { 0.0 } + if standing(phrase) { 1.0 } else { 0.0 };
        fit + if covers { 1.0 } else { 0.0 } + music.mean_intensity(phrase.first_bar, phrase.end_bar)
    };
    let led = phrases.iter().filter(|phrase| phrase.leader == Who::Cop);
    let phrase = led.max_by(|a, b| strength(a).total_cmp(&strength(b)))?;
    let from = of(holds, phrase).map_or(phrase.start, |hold| arrived(hold, phrase));
    // Half a second is left for what the shove does.
    Some(strongest_onset(score, from, Secs(phrase.end.0 - 0.5)))
}

/// The strongest moment within a time, beats preferred.
pub(crate) fn strongest_onset(score: &Score, from: Secs, to: Secs) -> Secs {
    let curve = &score.onset;
    let first = (from.0 / curve.hop_secs).ceil().max(0.0) as usize;
    let end = ((to.0 / curve.hop_secs).floor().max(0.0) as usize).min(curve.values.len());
    let best = (first..end).max_by(|&a, &b| strength(score, a).total_cmp(&strength(score, b)).then(b.cmp(&a)));
    best.map_or(from, |hop| Secs(hop as f64 * curve.hop_secs))
}

/// Strength of a hop's onset, with what a beat adds.
fn strength(score: &Score, hop: usize) -> f32 {
    let at = Secs(hop as f64 * score.onset.hop_secs);
    let next = score.beats.partition_point(|beat| beat.0 < at.0);
    let near = |beat: Option<&Secs>| beat.is_some_and(|beat| (beat.0 - at.0).abs() <= BEAT_TOLERANCE_SECS);
    let on_beat = near(score.beats.get(next)) || next > 0 && near(score.beats.get(next - 1));
    score.onset.values[hop] + if on_beat { ON_BEAT } else { 0.0 }
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
    peaks.sort_by(|&a, &b| strength(score, b).total_cmp(&strength(score, a)).then(a.cmp(&b)));
    let mut kept: Vec<Secs> = Vec::new();
    for at in peaks.into_iter().map(|hop| Secs(hop as f64 * curve.hop_secs)) {
        if kept.iter().all(|other| (other.0 - at.0).abs() >= ACCENT_GAP_SECS) {
            kept.push(at);
        }
    }
    kept.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept
}
