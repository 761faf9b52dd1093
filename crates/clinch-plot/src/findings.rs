//! What the rules on a story ask, and what it does.

use crate::variety::{LONGEST_LEAD_SECS, MOST_SHARE};
use clinch_model::{Bound, EventKind, Finding, HoldKind, Phrase, Story, Who};

/// Time within which different holds are counted, in seconds.
const MINUTE_SECS: f64 = 60.0;

/// The rules on a story with what was measured; it may be one that somebody edited.
pub fn findings(story: &Story) -> Vec<Finding> {
    vec![most_of_one_hold(story), twice_running(story), longest_lead(story), shoves(story), recognitions(story), variety(story)]
}

fn finding(name: &str, meaning: String, measured: f64, unit: &str, bound: Bound) -> Finding {
    Finding { name: name.into(), meaning, measured, unit: unit.into(), bound }
}

fn secs(phrase: &Phrase) -> f64 {
    (phrase.end - phrase.start).0
}

fn most_of_one_hold(story: &Story) -> Finding {
    let share = |name: &str| story.phrases.iter().filter(|phrase| phrase.hold == name).map(secs).sum::<f64>() / story.duration.0;
    let struggles = story.holds.iter().filter(|hold| hold.kind != HoldKind::Rest);
    let most = struggles.map(|hold| share(&hold.name)).fold(0.0, f64::max);
    let longest = story.phrases.iter().map(secs).fold(0.0, f64::max) / story.duration.0;
    let name = "one hold, most";
    let meaning = "time in the hold that is kept longest over the song's length, rests excepted";
    if longest > MOST_SHARE {
        let count = story.phrases.len();
        return finding(name, format!("{meaning}; a song of {count} phrases is too short for a rule"), most, "", Bound::Reported);
    }
    finding(name, meaning.into(), most, "", Bound::AtMost(MOST_SHARE))
}

fn twice_running(story: &Story) -> Finding {
    let count = story.phrases.windows(2).filter(|pair| pair[0].hold == pair[1].hold).count();
    finding("same hold twice running", "phrases that keep the hold of the phrase before".into(), count as f64, "", Bound::AtMost(0.0))
}

fn longest_lead(story: &Story) -> Finding {
    let turns: Vec<f64> = story.events.iter().filter(|event| event.kind == EventKind::Reversal).map(|event| event.at.0).collect();
    let between = turns.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    let over_seam = match (turns.first(), turns.last()) {
        (Some(first), Some(last)) => first + story.duration.0 - last,
        _ => story.duration.0,
    };
    let meaning = "longest time between two reversals, round the loop";
    finding("time without a reversal", meaning.into(), between.max(over_seam), "s", Bound::AtMost(LONGEST_LEAD_SECS))
}

fn shoves(story: &Story) -> Finding {
    let shoves = story.events.iter().filter(|event| event.kind == EventKind::Shove);
    let sound = shoves.clone().all(|event| event.who == Who::Cop && story.phrases[story.phrase_at(event.at)].leader == Who::Cop);
    let count = if sound { shoves.count() as f64 } else { f64::NAN };
    finding(
        "shoves",
        "moments of the one shove; not measured where it isn't Cop's while leading".into(),
        count,
        "",
        Bound::Between(1.0, 1.0),
    )
}

fn recognitions(story: &Story) -> Finding {
    let count = story.events.iter().filter(|event| event.kind == EventKind::Recognition).count();
    let a_minute = count as f64 * MINUTE_SECS / story.duration.0;
    finding("recognitions", "moments in which they look at each other".into(), a_minute, "1/min", Bound::Reported)
}

fn variety(story: &Story) -> Finding {
    let different = |first: usize| {
        let within = story.phrases[first..].iter().take_while(|phrase| phrase.start.0 < story.phrases[first].start.0 + MINUTE_SECS);
        let names: std::collections::BTreeSet<&str> = within.map(|phrase| phrase.hold.as_str()).collect();
        names.len()
    };
    let whole = (0..story.phrases.len()).filter(|&i| i == 0 || story.phrases[i].start.0 + MINUTE_SECS <= story.duration.0);
    let least = whole.map(different).min().unwrap_or(0);
    finding("different holds a minute", "least number in any minute that begins with a phrase".into(), least as f64, "", Bound::Reported)
}
