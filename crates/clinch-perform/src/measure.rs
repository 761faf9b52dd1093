//! The film's rules, measured on the motion as it is written.

pub(crate) mod cues;
#[cfg(test)]
mod fixture;
mod footing;
mod joints;
mod music;
pub(crate) mod overlap;
pub(crate) mod smoothness;
pub(crate) mod strikes;
pub(crate) mod touch;

use crate::{droplets::Contact, world::GRAVITY};
use clinch_model::{
    Bound, Cast, Finding, FrameRate, Hold, Performance, Phrase, Sample, Samples, Score, Secs, Segment, Story, Who, hold::Role,
    performance::PhraseRecord,
};
use glam::Vec3;
use overlap::Solid;

/// Height of a foot's middle under which its sole is down, in metres: half a foot's thickness and 2 cm.
pub(crate) const SOLE_DOWN_M: f32 = 0.055;

/// How upright a foot has to be for its sole to bear weight: cosine of 25°.
const SOLE_FLAT: f32 = 0.9;

/// The film frame on which skating is stated, in seconds.
const FILM_FRAME_SECS: f64 = 1.0 / 24.0;

/// How often overlap is counted, a second.
const OVERLAP_HZ: f64 = 12.0;

/// Everything that is measured on a performance.
pub(crate) fn findings(
    samples: &Samples,
    rate: FrameRate,
    story: &Story,
    cast: &Cast,
    phrases: &[PhraseRecord],
    breath_count: f64,
) -> Vec<Finding> {
    let length_secs = samples.len() as f64 * rate.frame_secs();
    let mut findings = Vec::from(help(samples, cast));
    findings.push(pulls(phrases));
    findings.extend(course(story, length_secs));
    findings.push(finding(
        "strikes",
        "times a hand, forearm, shin, foot or head meets the other's body at more than 3 m/s",
        strikes::count(samples, rate, cast) as f64,
        "",
        Bound::AtMost(0.0),
    ));
    findings.extend(closure(samples, rate, cast));
    findings.extend(fatigue(samples));
    findings.push(finding(
        "breaths",
        "breaths of both people over two and over the length of the loop",
        breath_count / 2.0 / length_secs * 60.0,
        "1/min",
        Bound::Between(30.0, 55.0),
    ));
    findings.extend(solidity(samples, rate, cast));
    let reached = phrases.iter().filter(|phrase| phrase.reached).count() as f64 / phrases.len().max(1) as f64;
    findings.push(finding(
        "phrases reached",
        "share of phrases whose joints are within 10 cm of the hold's solved pose on average over their second half",
        reached,
        "",
        Bound::AtLeast(0.95),
    ));
    findings
}

/// What is measured on a finished performance against its story and its song: smoothness, footing, joints, touching, and timing.
///
/// Everything is worked out from the performance as it was written, so a film can be measured again without being performed again. `docs/audit.md`
/// defines each of them.
pub fn measures(performance: &Performance, story: &Story, cast: &Cast, score: &Score) -> Vec<Finding> {
    let mut findings = Vec::from(footing(performance, story, cast));
    findings.push(finding(
        "jerk",
        "mean size of the third difference of the joints' places at 30 Hz, over its third power, both people and the loop",
        smoothness::jerk_m_per_sec3(performance, cast),
        "m/s³",
        Bound::AtMost(112.0),
    ));
    findings.extend(joint_limits(performance));
    findings.extend(shapes(performance, cast));
    findings.extend(timing(&cues::cues(performance, story, cast)));
    findings.extend(turning(story, score));
    findings.push(finding(
        "effort against aggression",
        "Spearman's rank correlation over bars: mean of both people's effort (joint torques over what they could give) with the bar's aggression",
        music::effort_against_aggression(performance, score),
        "",
        Bound::AtLeast(0.6),
    ));
    findings.extend(touching(&touch::whole(&touch::by_phrase(performance, story, cast))));
    findings
}

/// `[phrase]`: which body parts touch in the sustained part of each phrase, against the hold's contacts.
pub fn touching_by_phrase(performance: &Performance, story: &Story, cast: &Cast) -> Vec<touch::Touching> {
    touch::by_phrase(performance, story, cast)
}

/// The phrase and its hold where they are sustained at a time: the second half of a phrase, and never before the hold's own time to enter is over.
fn sustained(story: &Story, at: Secs) -> Option<(&Phrase, &Hold)> {
    let phrase = story.phrases.get(story.phrase_at(at))?;
    let hold = story.hold(&phrase.hold)?;
    let from_secs = ((phrase.start.0 + phrase.end.0) / 2.0).max(phrase.start.0 + hold.enter_secs);
    (from_secs..phrase.end.0).contains(&at.0).then_some((phrase, hold))
}

/// Who plays a role in a phrase.
fn person(phrase: &Phrase, role: Role) -> Who {
    match role {
        Role::Leader => phrase.leader,
        Role::Follower => phrase.leader.other(),
    }
}

fn footing(performance: &Performance, story: &Story, cast: &Cast) -> [Finding; 2] {
    let float = footing::float(performance, story, cast);
    [
        finding(
            "float",
            "mean height over the ground of the lowest point of a foot that its hold plants, in the second half of phrases, while it is slower than 0.2 m/s",
            float.soles_m * 1e3,
            "mm",
            Bound::AtMost(18.0),
        ),
        finding(
            "float, whole body",
            "mean height over the ground of the lowest point of a body's collision shapes, over time and people",
            float.bodies_m * 1e3,
            "mm",
            Bound::Reported,
        ),
    ]
}

fn joint_limits(performance: &Performance) -> [Finding; 2] {
    let over = joints::excesses(performance);
    let worst: Vec<String> = over
        .iter()
        .take(4)
        .map(|joint| format!("{}'s {:?} {:.0}° at {:.1} s", joint.who, joint.segment, joint.greatest_deg, joint.at.0))
        .collect();
    let where_ = if worst.is_empty() { "nowhere".into() } else { worst.join(", ") };
    let longest_secs = over.iter().map(|joint| joint.longest_secs).fold(0.0, f64::max);
    [
        Finding {
            meaning: format!("greatest angle by which any joint is beyond its range or off its hinge; worst: {where_}"),
            ..finding(
                "joint limits, greatest excess",
                "",
                over.first().map_or(0.0, |joint| f64::from(joint.greatest_deg)),
                "°",
                Bound::AtMost(f64::from(joints::TOLERATED_DEG)),
            )
        },
        finding(
            "joint limits, longest excess",
            "longest time without a break in which one joint is more than 3° beyond its range or off its hinge",
            longest_secs,
            "s",
            Bound::Reported,
        ),
    ]
}

fn shapes(performance: &Performance, cast: &Cast) -> [Finding; 2] {
    let depth = touch::depth(performance, cast);
    [
        finding(
            "shapes, deepest",
            "greatest depth of one body's collision shape in the other's, at any sample",
            f64::from(depth.deepest_m) * 1e2,
            "cm",
            Bound::Reported,
        ),
        finding(
            "shapes over 3 cm deep, longest",
            "longest time without a break in which some pair of collision shapes is more than 3 cm deep in each other",
            depth.longest_secs,
            "s",
            Bound::Reported,
        ),
    ]
}

/// Share of cues within a film frame of their time, and how far off the middle one is.
fn timing(cues: &[cues::Cue]) -> [Finding; 5] {
    let (reversals, accents): (Vec<_>, Vec<_>) = cues.iter().partition(|cue| cue.kind == cues::CueKind::Reversal);
    let share = |cues: &[&cues::Cue], keeps: fn(&cues::Cue) -> bool| {
        if cues.is_empty() { 1.0 } else { cues.iter().filter(|cue| keeps(cue)).count() as f64 / cues.len() as f64 }
    };
    let off = |cues: &[&cues::Cue]| {
        let off_frames = cues.iter().filter_map(|cue| cue.late_frames()).map(f64::abs).collect();
        music::median(off_frames).unwrap_or(0.0)
    };
    let on_time = cues::Cue::is_on_time as fn(&cues::Cue) -> bool;
    [
        finding(
            "accents on the music",
            "share of accents (grab, fall, shove, pull, elbow) whose moment in the motion is within one film frame of their time in the story",
            share(&accents, on_time),
            "",
            Bound::AtLeast(0.9),
        ),
        finding(
            "accents, found",
            "share of accents that can be seen in the motion at all within half a second",
            share(&accents, |cue| cue.found.is_some()),
            "",
            Bound::Reported,
        ),
        finding("accents, off", "middle distance of the accents that are found from their time", off(&accents), "frames", Bound::Reported),
        finding(
            "reversals on the music",
            "share of reversals in which the new leader's sudden effort is within one film frame of its time in the story",
            share(&reversals, on_time),
            "",
            Bound::AtLeast(0.9),
        ),
        finding(
            "reversals, off",
            "middle distance of the reversals that are found from their time",
            off(&reversals),
            "frames",
            Bound::Reported,
        ),
    ]
}

/// Where the story has its reversals against where the song turns.
fn turning(story: &Story, score: &Score) -> [Finding; 2] {
    let off_secs = music::reversals_off_turning_points_secs(story, score);
    let on = off_secs.iter().filter(|off| **off <= FILM_FRAME_SECS).count() as f64 / off_secs.len().max(1) as f64;
    let off_frames = music::median(off_secs).unwrap_or(0.0) / FILM_FRAME_SECS;
    [
        finding(
            "reversals on turning points",
            "share of the story's reversals within one film frame of the beginning of a section of the song",
            on,
            "",
            Bound::Reported,
        ),
        finding(
            "reversals off turning points",
            "middle distance of the story's reversals from the nearest beginning of a section",
            off_frames,
            "frames",
            Bound::Reported,
        ),
    ]
}

fn touching(touching: &touch::Touching) -> [Finding; 2] {
    [
        finding(
            "contact precision",
            "share of touching (pairs of segments within 1 cm, 12 times a second, second half of phrases) that a contact of the hold or its neighbours explains",
            touching.precision(),
            "",
            Bound::AtLeast(0.8),
        ),
        finding(
            "contact recall",
            "share of the hold's contacts between the two that are there: within 1 cm, or gripped by that hand",
            touching.recall(),
            "",
            Bound::AtLeast(0.8),
        ),
    ]
}

fn finding(name: &str, meaning: &str, measured: f64, unit: &str, bound: Bound) -> Finding {
    Finding { name: name.into(), meaning: meaning.into(), measured, unit: unit.into(), bound }
}

/// The elbow shove, where the story has one.
pub(crate) fn shove(contact: &Contact, droplets: usize) -> [Finding; 3] {
    [
        finding(
            "shove, nearest",
            "least distance of the shover's forearm from the other's head within 0.6 s of the shove, surface to surface; negative where it presses in",
            f64::from(contact.gap_m) * 1e3,
            "mm",
            Bound::Reported,
        ),
        finding(
            "shove, contact speed",
            "greatest speed at which the gap between the shover's forearm and the other's head closes, from sample to sample within 0.6 s of the shove: (gap before − gap after) × samples a second",
            f64::from(contact.approach_m_per_sec),
            "m/s",
            Bound::AtMost(2.5),
        ),
        finding(
            "droplets",
            "drops and strings of blood and spit that the shove shakes out of the other's mouth; none where the forearm stays more than 6 cm away from the head",
            droplets as f64,
            "",
            Bound::Between(60.0, 140.0),
        ),
    ]
}

/// Help from outside physics.
fn help(samples: &Samples, cast: &Cast) -> [Finding; 2] {
    let weight_n = |who: Who| cast.person(who).mass_kg * GRAVITY;
    let mut shares: Vec<f64> =
        samples.iter().flat_map(|sample| Who::BOTH.map(|who| f64::from(sample.person(who).assist_n / weight_n(who)))).collect();
    let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    shares.sort_by(f64::total_cmp);
    let nearly_all = shares.get(shares.len() * 95 / 100).copied().unwrap_or(0.0);
    [
        finding(
            "assist, mean",
            "force from outside physics on a body (the sum of those on its pelvis, lost segments and braked limbs) over its weight; mean over time and people",
            mean,
            "",
            Bound::AtMost(0.06),
        ),
        finding("assist, 95 %", "the same, exceeded 5 % of the time", nearly_all, "", Bound::AtMost(0.15)),
    ]
}

/// Forces from outside that pull against each other count in full here.
fn pulls(phrases: &[PhraseRecord]) -> Finding {
    let secs = |phrase: &PhraseRecord| phrase.to.0 - phrase.from.0;
    let whole: f64 = phrases.iter().map(secs).sum();
    let mean = phrases.iter().map(|phrase| f64::from(phrase.pulls_share) * secs(phrase)).sum::<f64>() / whole.max(1e-9);
    finding(
        "single pulls, mean",
        "sizes of all single forces from outside physics summed, even where they pull against each other, over the body's weight",
        mean,
        "",
        Bound::Reported,
    )
}

/// Who has the upper hand, and how often that turns.
fn course(story: &Story, length_secs: f64) -> [Finding; 2] {
    let (mut cop_secs, mut led_secs) = (0.0, 0.0);
    for phrase in story.phrases.iter().filter(|phrase| phrase.leverage != 0.0) {
        let secs = phrase.end.0 - phrase.start.0;
        led_secs += secs;
        cop_secs += if phrase.leverage > 0.0 { secs } else { 0.0 };
    }
    // Where nobody ever leads the struggle is even.
    let cop_share = if led_secs > 0.0 { cop_secs / led_secs } else { 0.5 };
    let sides: Vec<bool> = story.phrases.iter().filter(|phrase| phrase.leverage != 0.0).map(|phrase| phrase.leverage > 0.0).collect();
    let turns = (0..sides.len()).filter(|&i| sides[i] != sides[(i + 1) % sides.len()]).count();
    [
        finding("leverage, Cop's share", "time in which Cop leads over time in which either does", cop_share, "", Bound::Between(0.4, 0.6)),
        finding("reversals", "changes of the side that leads, round the loop", turns as f64 / length_secs * 60.0, "1/min", Bound::Reported),
    ]
}

/// How well the end meets the beginning.
fn closure(samples: &Samples, rate: FrameRate, cast: &Cast) -> [Finding; 2] {
    let count = samples.len();
    let hz = rate.hz() as f32;
    let (mut gap_m, mut jolt_m_per_sec) = (0.0f32, 0.0f32);
    for who in Who::BOTH {
        let skeleton = &cast.person(who).skeleton;
        let at = |i: usize| skeleton.place(&samples.get(i % count).person(who).pose).map(|placed| placed.origin_m);
        let (a, b, c, d) = (at(count + count - 2), at(count + count - 1), at(0), at(1));
        for i in 0..a.len() {
            let before = (b[i] - a[i]) * hz;
            let across = (c[i] - b[i]) * hz;
            let after = (d[i] - c[i]) * hz;
            // Where the motion before and after the seam would meet the seam from either side.
            gap_m = gap_m.max((c[i] - b[i] - (before + after) / 2.0 / hz).length());
            jolt_m_per_sec = jolt_m_per_sec.max((across - (before + after) / 2.0).length());
        }
    }
    [
        finding(
            "loop closure, place",
            "greatest distance of a joint at the loop's start from where the motion before and after the seam puts it",
            f64::from(gap_m) * 1e3,
            "mm",
            Bound::AtMost(2.0),
        ),
        finding(
            "loop closure, speed",
            "greatest difference of a joint's velocity across the seam from the mean of those beside it",
            f64::from(jolt_m_per_sec),
            "m/s",
            Bound::AtMost(0.1),
        ),
    ]
}

fn fatigue(samples: &Samples) -> [Finding; 2] {
    let least = |sample: &Sample| sample.people[0].fatigue.min(sample.people[1].fatigue);
    let first = samples.iter().next().map_or(0.0, |sample| least(&sample));
    let lowest = samples.iter().map(|sample| least(&sample)).fold(1.0, f32::min);
    [
        finding("fatigue, first frame", "the less tired person's in the first frame", f64::from(first), "", Bound::AtLeast(0.6)),
        finding("fatigue, least", "the less tired person's, lowest in the film", f64::from(lowest), "", Bound::AtLeast(0.5)),
    ]
}

/// Bodies through bodies, feet over the ground, parts under it, and the greatest speed.
fn solidity(samples: &Samples, rate: FrameRate, cast: &Cast) -> Vec<Finding> {
    let stride = ((rate.hz() / OVERLAP_HZ).round() as usize).max(1);
    let judged: Vec<f64> = samples
        .iter()
        .step_by(stride)
        .map(|sample| overlap::between_cm3(cast, &sample.people.each_ref().map(|person| person.pose)))
        .collect();
    let mean_cm3 = judged.iter().sum::<f64>() / judged.len().max(1) as f64;
    let most_cm3 = judged.iter().copied().fold(0.0, f64::max);
    vec![
        finding("overlap, mean", "volume that the bodies' collision shapes share, pair by pair", mean_cm3, "cm³", Bound::AtMost(472.0)),
        finding("overlap, greatest", "the same, at its worst", most_cm3, "cm³", Bound::Reported),
        finding(
            "skate",
            "mean way of a flat sole along the ground in 1/24 s while it is down",
            skate_m(samples, rate, cast) * 1e3,
            "mm",
            Bound::AtMost(5.7),
        ),
        finding(
            "under the ground",
            "deepest point of any collision shape under the ground",
            f64::from((-lowest_m(samples, cast)).max(0.0)) * 1e3,
            "mm",
            Bound::AtMost(30.0),
        ),
        finding(
            "greatest speed",
            "fastest middle of a segment in the film",
            f64::from(fastest_m_per_sec(samples, rate, cast)),
            "m/s",
            Bound::AtMost(6.0),
        ),
    ]
}

/// Mean way of a flat sole in a film frame, in metres.
pub(crate) fn skate_m(samples: &Samples, rate: FrameRate, cast: &Cast) -> f64 {
    let stride = ((FILM_FRAME_SECS * rate.hz()).round() as usize).max(1);
    let to_film_frame = FILM_FRAME_SECS * rate.hz() / stride as f64;
    let (mut sum_m, mut count) = (0.0, 0u32);
    let mut reader = samples.reader();
    for i in (0..samples.len()).step_by(stride) {
        for who in Who::BOTH {
            let skeleton = &cast.person(who).skeleton;
            let mut at = |i: usize| skeleton.place(&reader.get(i % samples.len()).person(who).pose);
            let (before, after) = (at(i), at(i + stride));
            for foot in [Segment::FootL, Segment::FootR] {
                let (before, after) = (&before[foot.index()], &after[foot.index()]);
                let centre = skeleton.centre_in_segment_m(foot);
                let (a, b) = (before.point(centre), after.point(centre));
                let flat = (before.turn * Vec3::Y).y.min((after.turn * Vec3::Y).y) > SOLE_FLAT;
                if flat && a.y.max(b.y) < SOLE_DOWN_M {
                    sum_m += f64::from((b - a).with_y(0.0).length()) * to_film_frame;
                    count += 1;
                }
            }
        }
    }
    sum_m / f64::from(count.max(1))
}

fn lowest_m(samples: &Samples, cast: &Cast) -> f32 {
    let mut lowest = f32::INFINITY;
    for sample in samples.iter() {
        for who in Who::BOTH {
            let skeleton = &cast.person(who).skeleton;
            for (placed, shape) in skeleton.place(&sample.person(who).pose).into_iter().zip(skeleton.shape) {
                lowest = lowest.min(Solid { placed, shape }.lowest_m());
            }
        }
    }
    lowest
}

fn fastest_m_per_sec(samples: &Samples, rate: FrameRate, cast: &Cast) -> f32 {
    let mut fastest = 0.0f32;
    let mut reader = samples.reader();
    for i in 0..samples.len() {
        for who in Who::BOTH {
            let skeleton = &cast.person(who).skeleton;
            let mut at = |i: usize| skeleton.place(&reader.get(i % samples.len()).person(who).pose);
            let (before, after) = (at(i), at(i + 1));
            for segment in Segment::ALL {
                let centre = skeleton.centre_in_segment_m(segment);
                let way_m = after[segment.index()].point(centre).distance(before[segment.index()].point(centre));
                fastest = fastest.max(way_m * rate.hz() as f32);
            }
        }
    }
    fastest
}

#[cfg(test)]
mod tests {
    use super::*;
    use fixture::{moved, performance, score, story_with};

    #[test]
    fn every_measure_has_a_name_of_its_own_a_meaning_and_a_number() {
        let still = performance(4.0, |_| moved(&Default::default(), |_, _| ()));
        let cast = crate::stand_in::cast();
        let mut all = measures(&still, &story_with(4.0, &[]), &cast, &score(&[0.2, 0.4, 0.6, 0.8], &[0, 2]));
        all.extend(findings(&still.samples, still.rate, &story_with(4.0, &[]), &cast, &still.phrases, 4.0));
        for found in &all {
            assert!(found.measured.is_finite() && found.meaning.len() > 20, "{found:?}");
            assert_eq!(all.iter().filter(|other| other.name == found.name).count(), 1, "{}", found.name);
        }
        let measured = |name: &str| all.iter().find(|found| found.name == name).unwrap().measured;
        // Who stands still has no jerk, and nothing to do with the music.
        assert!(measured("jerk") < 0.5 && measured("effort against aggression") == 0.0, "{}", measured("jerk"));
        assert_eq!((measured("contact recall"), measured("accents on the music")), (1.0, 1.0));
    }
}
