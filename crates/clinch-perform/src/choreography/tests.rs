//! Tests of the whole choreography on the hold files that come with the program.

use super::{Choreography, Reference};
use crate::Error;
use clinch_model::{
    Cast, ContactKind, Event, EventKind, Hold, HoldKind, Person, Phrase, SEGMENTS, Secs, Segment, Shape, Story, Target, Who, cast::Surface,
};
use glam::{Vec2, Vec3};
use std::sync::OnceLock;

const PHRASE_SECS: f64 = 4.5;

fn holds() -> Vec<Hold> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/holds");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

fn cast(heights_m: [f32; 2], masses_kg: [f32; 2]) -> Cast {
    let surface = || Surface::default();
    Cast {
        people: Who::BOTH.map(|who| {
            let (height_m, mass_kg) = (heights_m[who.index()], masses_kg[who.index()]);
            Person {
                who,
                height_m,
                mass_kg,
                temperament: Default::default(),
                seed: 0,
                lids_shut: [1.0; 2],
                skeleton: clinch_cast::skeleton::skeleton(height_m, mass_kg),
                surface: surface(),
            }
        }),
    }
}

fn two_people() -> Cast {
    cast([1.84, 1.74], [94.0, 66.0])
}

/// A story of these holds in turn, a few seconds each, with the drags' ways on the ground.
fn story(order: &[(&str, Who)]) -> Story {
    let holds = holds();
    let mut place_m = Vec2::ZERO;
    let phrase = |i: usize| {
        let (name, leader) = order[i];
        let heading_rad = if leader == Who::Cop { 0.0 } else { std::f64::consts::PI };
        let travel = holds.iter().find(|h| h.name == name).map_or(0.0, |h| h.travel_m_per_sec as f32);
        place_m += Vec2::new(0.0, heading_rad.cos() as f32) * travel * PHRASE_SECS as f32;
        let (start, end) = (Secs(i as f64 * PHRASE_SECS), Secs((i + 1) as f64 * PHRASE_SECS));
        let hold = name.to_owned();
        Phrase { first_bar: i, end_bar: i + 1, start, end, hold, leader, leverage: 0.0, intensity: 0.6, place_m, heading_rad }
    };
    let phrases = (0..order.len()).map(phrase).collect();
    let duration = Secs(order.len() as f64 * PHRASE_SECS);
    let events = vec![
        Event { at: Secs(2.5), kind: EventKind::Accent, who: Who::Kid },
        Event { at: Secs(5.0), kind: EventKind::Recognition, who: Who::Cop },
    ];
    Story { seed: 4, duration, phrases, events, leverage: vec![], intensity: vec![], holds, fatigue: 0.7 }
}

/// Two drags, one there and one back, so that the places close; every move is one that the holds allow.
const ORDER: [(&str, Who); 8] = [
    ("collar-clinch", Who::Cop),
    ("wrist-drag", Who::Cop),
    ("bear-hug", Who::Kid),
    ("wrist-drag", Who::Kid),
    ("kneeling-clinch", Who::Kid),
    ("mount-pin", Who::Cop),
    ("kneeling-clinch", Who::Cop),
    ("kneeling-headlock", Who::Kid),
];

/// The motion that most tests look at; laid out once.
fn motion() -> &'static (Story, Choreography) {
    static MOTION: OnceLock<(Story, Choreography)> = OnceLock::new();
    MOTION.get_or_init(|| {
        let story = story(&ORDER);
        let choreography = Choreography::new(&story, &two_people()).unwrap();
        (story, choreography)
    })
}

/// `[who][segment]`: joints in the world.
fn joints(reference: &Reference) -> [[Vec3; SEGMENTS]; 2] {
    let people = two_people();
    Who::BOTH.map(|who| people.person(who).skeleton.place(&reference.people[who.index()].pose).map(|p| p.origin_m))
}

fn farthest_m(a: &[[Vec3; SEGMENTS]; 2], b: &[[Vec3; SEGMENTS]; 2]) -> f32 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(p, q)| p.distance(*q)).fold(0.0, f32::max)
}

#[test]
fn every_hold_is_solved_with_either_leader() {
    let names: Vec<String> = holds().into_iter().map(|h| h.name).collect();
    let rigs = two_people().people.map(|person| super::body::Rig::new(&person));
    for hold in holds() {
        for leader in Who::BOTH {
            let solved = super::posture::solve_hold(&hold, leader, &rigs).unwrap();
            let q = solved.quality;
            let good = q.contact_error_m <= 0.03 && q.overlap_m <= 0.02 && q.under_ground_m <= 0.01 && q.beyond_range_deg <= 3.0;
            assert!(good, "{} led by {leader}: {q:?}", hold.name);
        }
    }
    assert!(names.len() >= 8, "{names:?}");
}

#[test]
fn holds_fit_other_bodies_too() {
    // The lighter one leads less well, but nothing may come apart: a small Cop and a tall Kid.
    let rigs = cast([1.62, 1.92], [60.0, 82.0]).people.map(|person| super::body::Rig::new(&person));
    for hold in holds() {
        for leader in Who::BOTH {
            let q = super::posture::solve_hold(&hold, leader, &rigs).unwrap().quality;
            let fair = q.contact_error_m <= 0.06 && q.overlap_m <= 0.05 && q.under_ground_m <= 0.02 && q.beyond_range_deg <= 5.0;
            assert!(fair, "{} led by {leader}: {q:?}", hold.name);
        }
    }
}

#[test]
fn while_a_hold_is_kept_bodies_touch_where_they_should_and_nowhere_else() {
    let (story, choreography) = motion();
    for (i, phrase) in story.phrases.iter().enumerate() {
        let settled_secs = choreography.held_from(i).unwrap().0 + 0.45;
        for look in 0.. {
            let at = settled_secs + f64::from(look) / 24.0;
            if at > phrase.end.0 {
                break;
            }
            let q = choreography.quality(Secs(at));
            let good = q.contact_error_m <= 0.03 && q.overlap_m <= 0.025 && q.under_ground_m <= 0.01 && q.beyond_range_deg <= 3.0;
            assert!(good, "{} at {at:.2} s: {q:?}", phrase.hold);
        }
    }
}

#[test]
fn planted_feet_and_knees_stay_where_they_are() {
    let (story, choreography) = motion();
    let people = two_people();
    let frames = (story.duration.0 * 24.0) as usize;
    let mut planted = 0;
    for frame in 0..frames {
        let [now, next] = [frame, frame + 1].map(|f| choreography.at(Secs(f as f64 / 24.0)));
        for who in Who::BOTH {
            let (now, next) = (&now.people[who.index()], &next.people[who.index()]);
            for contact in now.contacts.iter().filter(|c| c.kind == ContactKind::Plant && c.strength > 0.99) {
                let stays = |c: &&super::ActiveContact| {
                    c.part == contact.part && c.point_in_target_m == contact.point_in_target_m && c.strength > 0.99
                };
                let bears = matches!(contact.part, Segment::FootL | Segment::FootR | Segment::ShinL | Segment::ShinR);
                if !bears || contact.on != Target::Ground || !next.contacts.iter().any(|c| stays(&c)) {
                    continue;
                }
                let skeleton = &people.person(who).skeleton;
                let is_foot = matches!(contact.part, Segment::FootL | Segment::FootR);
                // Of a foot the toes, which stay when the heel lifts.
                let toes_m = match skeleton.shape[contact.part.index()] {
                    Shape::Cuboid { centre_m, half_m } => centre_m + Vec3::new(0.0, -half_m.y, half_m.z),
                    Shape::Capsule { .. } => Vec3::ZERO,
                };
                let place = |pose| skeleton.place(pose)[contact.part.index()].point(toes_m);
                let moved_m = place(&now.pose).distance(place(&next.pose));
                // A knee's joint lies over the ground and may rock a little; a foot may not.
                let bound_m = if is_foot { 0.003 } else { 0.006 };
                assert!(moved_m < bound_m, "{who} {:?} moves {moved_m} m at {:.2} s", contact.part, frame as f64 / 24.0);
                planted += 1;
            }
        }
    }
    assert!(planted > frames, "only {planted} planted feet and knees in {frames} frames");
}

#[test]
fn the_motion_is_continuous_and_closes() {
    let (story, choreography) = motion();
    const STEP_SECS: f64 = 1.0 / 240.0;
    let steps = (story.duration.0 / STEP_SECS) as i64;
    let at = |step: i64| joints(&choreography.at(Secs(step as f64 * STEP_SECS)));
    let (mut before, mut now) = (at(-1), at(0));
    for step in 0..steps {
        let after = at(step + 1);
        let speed = farthest_m(&now, &after) / STEP_SECS as f32;
        let part = |i: usize| (Who::BOTH[i / SEGMENTS], Segment::ALL[i % SEGMENTS]);
        let ways = now.iter().flatten().zip(after.iter().flatten()).map(|(a, b)| a.distance(*b));
        let fastest = ways.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| part(i));
        // Limbs still hop in moves to and from the ground (10 to 14 m/s were seen in single ones). What follows the plan is held to 4.5 and 9 rad/s
        // at the joints and to the film's rule of 6 m/s; the bound here was 7 before moves led round the other body.
        assert!(speed < 12.0, "{speed} m/s at {:.2} s: {fastest:?}", step as f64 * STEP_SECS);
        let velocity_change = before.iter().flatten().zip(now.iter().flatten()).zip(after.iter().flatten());
        let jump = velocity_change.map(|((b, n), a)| (*a + *b - 2.0 * *n).length()).fold(0.0, f32::max) / STEP_SECS as f32;
        // Cubic pieces of 33 ms: acceleration is bounded, so a velocity can't jump within a 240th of a second.
        assert!(jump < 3.0, "velocity jumps by {jump} m/s at {:.2} s", step as f64 * STEP_SECS);
        (before, now) = (now, after);
    }
    for secs in [0.0, 1.234, 17.0] {
        let [here, there] = [secs, secs + story.duration.0].map(|t| joints(&choreography.at(Secs(t))));
        assert!(farthest_m(&here, &there) < 1e-4);
    }
}

#[test]
fn a_drag_goes_where_the_story_says_in_steps() {
    let (story, choreography) = motion();
    let index = story.phrases.iter().position(|p| story.hold(&p.hold).unwrap().kind == HoldKind::Drag).unwrap();
    let phrase = &story.phrases[index];
    let end = choreography.at(Secs(phrase.end.0 - 1e-3));
    let middle_m = (end.people[0].pose.pelvis_m + end.people[1].pose.pelvis_m) / 2.0;
    let place_m = Vec3::new(phrase.place_m.x, middle_m.y, phrase.place_m.y);
    assert!(middle_m.distance(place_m) < 0.25, "{middle_m} instead of {place_m}");
    let mut footholds: Vec<Vec3> = Vec::new();
    for look in 0..100 {
        let at = phrase.start.0 + (phrase.end.0 - phrase.start.0) * f64::from(look) / 100.0;
        for contact in &choreography.at(Secs(at)).people[phrase.leader.index()].contacts {
            if contact.part == Segment::FootL && contact.kind == ContactKind::Plant && !footholds.contains(&contact.point_in_target_m) {
                footholds.push(contact.point_in_target_m);
            }
        }
    }
    assert!(footholds.len() >= 2, "{footholds:?}");
}

#[test]
fn hands_hold_on_during_a_clinch_and_let_go_in_a_move() {
    let (story, choreography) = motion();
    let grips = |secs: f64| {
        let people = choreography.at(Secs(secs)).people;
        people.iter().flat_map(|p| &p.contacts).filter(|c| c.kind == ContactKind::Grip && c.strength > 0.9).count()
    };
    let clinch = &story.phrases[0];
    assert!(grips(clinch.end.0 - 0.1) >= 3);
    // Half way into the drag the old grips are open and the new ones not yet closed.
    let move_secs = choreography.held_from(1).unwrap().0 - clinch.end.0;
    assert_eq!(grips(clinch.end.0 + 0.45 * move_secs), 0);
}

#[test]
fn the_same_story_gives_the_same_motion_on_any_number_of_threads() {
    let story = story(&ORDER[..2]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let choreography = pool.install(|| Choreography::new(&story, &two_people())).unwrap();
        (0..50).map(|i| choreography.at(Secs(f64::from(i) * 0.11)).people.map(|p| p.pose)).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn broken_stories_are_refused() {
    let refused = |change: &dyn Fn(&mut Story)| {
        let mut story = story(&ORDER[..2]);
        change(&mut story);
        Choreography::new(&story, &two_people()).err()
    };
    assert!(matches!(refused(&|s| s.phrases.clear()), Some(Error::EmptyStory)));
    assert!(matches!(refused(&|s| s.phrases[1].hold = "tango".into()), Some(Error::UnknownHold { phrase: 1, .. })));
    assert!(matches!(refused(&|s| s.phrases[1].start = Secs(5.5)), Some(Error::BrokenPhrases { phrase: 1, .. })));
    assert!(matches!(refused(&|s| s.phrases[0].place_m.x = f32::NAN), Some(Error::BrokenPhrases { phrase: 0, .. })));
    let shattered = |s: &mut Story| s.holds.iter_mut().for_each(|h| h.leader.pelvis.x = f32::NAN);
    assert!(matches!(refused(&shattered), Some(Error::UnsolvableHold { .. })));
}
