//! Whether the bodies touch where the story says, and how deep their shapes are in each other.

use super::{person, strikes::gap_between_m, sustained};
use clinch_model::{Cast, ContactKind, Performance, SEGMENTS, Sample, Secs, Segment, Story, Target, Who};

/// How often touching is looked at, a second.
const TOUCH_HZ: f64 = 12.0;

/// Distance of two collision shapes within which the parts touch, in metres: about what sleeves and flesh add to the shapes.
pub(crate) const TOUCH_M: f32 = 0.01;

/// Depth from which shapes or meshes are plainly in each other, in metres.
pub(crate) const DEEP_M: f32 = 0.03;

/// Touching against the story, in the sustained parts of all phrases.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Touching {
    /// Touching pairs of segments, summed over the times looked at.
    pub touching: u32,
    /// Those of them that a contact of the hold explains.
    pub explained: u32,
    /// Contacts of the hold between the two, summed over the times looked at.
    pub wanted: u32,
    /// Those of them that are there.
    pub present: u32,
}

impl Touching {
    /// Share of touching that the story explains; 1 where nothing touches.
    pub fn precision(&self) -> f64 {
        share(self.explained, self.touching)
    }

    /// Share of the story's contacts that are there; 1 where it has none.
    pub fn recall(&self) -> f64 {
        share(self.present, self.wanted)
    }

    fn add(&mut self, other: &Self) {
        self.touching += other.touching;
        self.explained += other.explained;
        self.wanted += other.wanted;
        self.present += other.present;
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

/// A contact of a hold between the two people.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    who: Who,
    part: Segment,
    on: Segment,
    kind: ContactKind,
}

/// `[phrase]`: touching against the hold's contacts, 12 times a second in the sustained part of the phrase.
///
/// Two segments touch where their collision shapes are within 1 cm. A touching pair is explained where one of the hold's contacts (grip or lean
/// on the other) is between the same two segments or ones beside them in the skeleton. A contact is there where its own two segments touch,
/// or where its hand has a recorded grip on that segment.
pub(crate) fn by_phrase(performance: &Performance, story: &Story, cast: &Cast) -> Vec<Touching> {
    let stride = ((performance.rate.hz() / TOUCH_HZ).round() as usize).max(1);
    let mut phrases = vec![Touching::default(); story.phrases.len()];
    for (i, sample) in performance.samples.iter().enumerate().step_by(stride) {
        let at = performance.rate.start_of(i as u64);
        if let Some((phrase, hold)) = sustained(story, at) {
            let wanted: Vec<Wanted> = hold
                .contacts
                .iter()
                .filter_map(|contact| match contact.on {
                    Target::Other(on) => Some(Wanted { who: person(phrase, contact.who), part: contact.part, on, kind: contact.kind }),
                    Target::Ground | Target::Own(_) => None,
                })
                .collect();
            phrases[story.phrase_at(at)].add(&at_once(performance, at, &gaps_m(&sample, cast), &wanted));
        }
    }
    phrases
}

/// The same over the whole film.
pub(crate) fn whole(phrases: &[Touching]) -> Touching {
    phrases.iter().fold(Touching::default(), |mut sum, phrase| {
        sum.add(phrase);
        sum
    })
}

/// `[Cop's segment][Kid's segment]`: distance of their shapes in metres, negative inside each other.
fn gaps_m(sample: &Sample, cast: &Cast) -> [[f32; SEGMENTS]; SEGMENTS] {
    let [cop, kid] = Who::BOTH.map(|who| &cast.person(who).skeleton);
    let (mine, theirs) = (cop.place(&sample.people[0].pose), kid.place(&sample.people[1].pose));
    std::array::from_fn(|i| std::array::from_fn(|j| gap_between_m(&mine[i], &cop.shape[i], &theirs[j], &kid.shape[j])))
}

fn at_once(performance: &Performance, at: Secs, gaps_m: &[[f32; SEGMENTS]; SEGMENTS], wanted: &[Wanted]) -> Touching {
    let mut sum = Touching { wanted: wanted.len() as u32, ..Touching::default() };
    for cops in Segment::ALL {
        for kids in Segment::ALL {
            if gaps_m[cops.index()][kids.index()] <= TOUCH_M {
                let explains = |wanted: &Wanted| {
                    let (part, on) = if wanted.who == Who::Cop { (cops, kids) } else { (kids, cops) };
                    beside(part, wanted.part) && beside(on, wanted.on)
                };
                sum.touching += 1;
                sum.explained += u32::from(wanted.iter().any(explains));
            }
        }
    }
    let present = |wanted: &&Wanted| {
        let (cops, kids) = if wanted.who == Who::Cop { (wanted.part, wanted.on) } else { (wanted.on, wanted.part) };
        gaps_m[cops.index()][kids.index()] <= TOUCH_M || grips(performance, at, wanted)
    };
    sum.present = wanted.iter().filter(present).count() as u32;
    sum
}

/// The same segment or one that hangs on it or carries it.
fn beside(a: Segment, b: Segment) -> bool {
    a == b || a.parent() == Some(b) || b.parent() == Some(a)
}

fn grips(performance: &Performance, at: Secs, wanted: &Wanted) -> bool {
    wanted.kind == ContactKind::Grip
        && performance.grips.iter().any(|grip| {
            grip.who == wanted.who
                && crate::grips::hand_segment(grip.hand) == wanted.part
                && grip.on == wanted.on
                && (grip.from.0..grip.to.0).contains(&at.0)
        })
}

/// How deep the collision shapes are in each other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Depth {
    /// Greatest depth of one of Cop's shapes in one of Kid's, in metres.
    pub deepest_m: f32,
    /// Longest time without a break in which some pair is more than 3 cm deep, in seconds.
    pub longest_secs: f64,
}

/// Depth at every sample.
pub(crate) fn depth(performance: &Performance, cast: &Cast) -> Depth {
    let mut depth = Depth::default();
    let mut run = 0u32;
    for sample in performance.samples.iter() {
        let now_m = -gaps_m(&sample, cast).into_iter().flatten().fold(f32::INFINITY, f32::min);
        depth.deepest_m = depth.deepest_m.max(now_m);
        run = if now_m > DEEP_M { run + 1 } else { 0 };
        depth.longest_secs = depth.longest_secs.max(f64::from(run) * performance.rate.frame_secs());
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture::{moved, performance, story_with};
    use clinch_model::{hold::Role, performance::GripRecord};
    use glam::Vec3;

    /// Cop stands so that the left hand's shape is this far from Kid's chest's, and everything else far away.
    fn hand_at_chest(gap_m: f32) -> Performance {
        let cast = crate::stand_in::cast();
        let at = |shift_m: Vec3| {
            moved(&Default::default(), |who, pose| {
                if who == Who::Cop {
                    pose.pelvis_m += shift_m;
                    // Only the left arm is raised.
                    for part in [Segment::UpperArmR, Segment::ForearmR, Segment::HandR] {
                        pose.turn[part.index()] = pose.turn[Segment::Chest.index()];
                    }
                } else {
                    for part in
                        [Segment::UpperArmL, Segment::ForearmL, Segment::HandL, Segment::UpperArmR, Segment::ForearmR, Segment::HandR]
                    {
                        pose.turn[part.index()] = pose.turn[Segment::Chest.index()];
                    }
                }
            })
        };
        let gap = |sample: &Sample| gaps_m(sample, &cast)[Segment::HandL.index()][Segment::Chest.index()];
        // The hand's way to the chest is found by halving; the hand is brought before the chest's middle first.
        let aside_m = Vec3::new(-0.2, 0.0, -0.3);
        let (mut near, mut far) = (0.6, -0.6);
        for _ in 0..40 {
            let middle = (near + far) / 2.0;
            if gap(&at(aside_m + Vec3::Z * middle)) < gap_m { near = middle } else { far = middle }
        }
        let shift_m = aside_m + Vec3::Z * far;
        performance(4.0, move |_| at(shift_m))
    }

    const HAND_ON_CHEST: (Role, Segment, ContactKind, Target) =
        (Role::Leader, Segment::HandL, ContactKind::Grip, Target::Other(Segment::Chest));

    /// The two phrases are alike but for their leaders: Cop leads the first one.
    fn judged(performance: &Performance, contacts: &[(Role, Segment, ContactKind, Target)]) -> Vec<Touching> {
        by_phrase(performance, &story_with(4.0, contacts), &crate::stand_in::cast())
    }

    #[test]
    fn a_hand_where_the_hold_wants_it_is_there_and_explained_and_otherwise_neither() {
        let touching = hand_at_chest(0.005);
        let [led, followed] = judged(&touching, &[HAND_ON_CHEST])[..] else { panic!("two phrases") };
        assert!(led.touching > 0 && led.precision() == 1.0 && led.recall() == 1.0, "{led:?}");
        // Kid leads the second phrase, so it is Kid's hand that should be there.
        assert!(followed.touching > 0 && followed.precision() == 0.0 && followed.recall() == 0.0, "{followed:?}");
        // 1 s at 12 Hz, one pair.
        assert_eq!((led.wanted, led.touching), (12, 12));
        // A shin's contact explains nothing that a hand does.
        let wrong = judged(&touching, &[(Role::Leader, Segment::ShinL, ContactKind::Lean, Target::Other(Segment::ThighL))]);
        assert_eq!((wrong[0].precision(), wrong[0].recall()), (0.0, 0.0));
    }

    #[test]
    fn a_contact_out_of_reach_is_missed_unless_its_hand_has_a_grip() {
        let mut apart = hand_at_chest(0.05);
        assert_eq!(judged(&apart, &[HAND_ON_CHEST])[0].recall(), 0.0);
        assert_eq!(judged(&apart, &[HAND_ON_CHEST])[0].precision(), 1.0);
        let (who, on) = (Who::Cop, Segment::Chest);
        // The sustained part of the first phrase goes from 1 s to 2 s; the grip is there for half of it.
        apart.grips.push(GripRecord { who, hand: 0, on, from: Secs(1.5), to: Secs(3.0), peak_n: 9.0, slipped: false });
        assert!((judged(&apart, &[HAND_ON_CHEST])[0].recall() - 0.5).abs() < 0.05);
    }

    #[test]
    fn shapes_five_centimetres_deep_for_half_a_second_are_found() {
        let cast = crate::stand_in::cast();
        let (deep, apart) = (hand_at_chest(-0.05), hand_at_chest(0.02));
        let performance = performance(2.0, |secs| if (0.5..1.0).contains(&secs) { deep.samples.get(0) } else { apart.samples.get(0) });
        let depth = depth(&performance, &cast);
        assert!((depth.deepest_m - 0.05).abs() < 1e-3 && (depth.longest_secs - 0.5).abs() < 1e-6, "{depth:?}");
    }
}
