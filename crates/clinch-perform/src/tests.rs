//! The world against known mechanics, and whole performances of a stand-in motion.

use crate::{
    Error, Options,
    accents::Accents,
    act_out, check,
    grips::Hands,
    measure::{self, strikes},
    stand_in::{self, StandIn, cast, grip, story},
    struggle::Struggle,
    takes,
    tempo::Tempo,
    world::{GRAVITY, STEPS_PER_SEC, World},
};
use clinch_model::{Bound, FrameRate, Performance, PersonSample, Pose, Sample, Samples, Secs, Segment, Who};
use glam::Vec3;

fn stand_in(period_secs: f64, sink: f32, grips: bool) -> StandIn {
    StandIn { cast: cast(), period_secs, sink, grips }
}

fn performed(duration_secs: f64, sink: f32) -> Performance {
    let plan = stand_in(duration_secs, sink, true);
    let options = Options { sample_rate: FrameRate::whole(120), takes: 2 };
    act_out(&plan, &story(duration_secs), &plan.cast, &options, &|_| ()).unwrap()
}

fn measured(performance: &Performance, name: &str) -> f64 {
    performance.findings.iter().find(|finding| finding.name == name).unwrap().measured
}

fn standing() -> [Pose; 2] {
    let cast = cast();
    [0, 1].map(|who| stand_in::pose(&cast.people[who], 0.0))
}

fn sample(poses: &[Pose; 2]) -> Sample {
    let people = poses.map(|pose| PersonSample {
        pose,
        breath: 0.0,
        effort: 0.0,
        fatigue: 0.7,
        assist_n: 0.0,
        grip: [0.0; 2],
        gaze_m: Vec3::ZERO,
        expression: [0.0; 7],
        blink: 0.0,
    });
    Sample { people }
}

#[test]
fn a_body_falls_as_bodies_fall() {
    let mut poses = standing();
    poses[0].pelvis_m.y += 20.0;
    let mut world = World::new(&cast(), &poses).unwrap();
    let height_m = |world: &World| {
        let (motion, masses) = (world.motion(Who::Cop), &world.people[0].skeleton.mass_kg);
        (0..16).map(|i| motion.centre_m[i].y * masses[i]).sum::<f32>() / world.people[0].mass_kg
    };
    let before_m = height_m(&world);
    for _ in 0..STEPS_PER_SEC {
        world.step();
    }
    // Limbs without muscles fold while they fall, but the centre of mass knows nothing of that.
    let fallen_m = before_m - height_m(&world);
    assert!((fallen_m - 0.5 * GRAVITY).abs() < 0.02 * GRAVITY, "{fallen_m} m in a second");
}

#[test]
fn a_body_without_muscles_gains_no_energy_while_its_limbs_swing() {
    let mut poses = standing();
    poses[0].pelvis_m.y += 20.0;
    let mut world = World::new(&cast(), &poses).unwrap();
    let energy_j = |world: &World| -> f32 {
        let handles = world.people[0].segments;
        handles
            .iter()
            .map(|&handle| {
                let body = &world.bodies[handle];
                body.kinetic_energy() + body.mass() * GRAVITY * body.center_of_mass().y
            })
            .sum()
    };
    world.set_velocities(Who::Cop, &[Vec3::ZERO; 16], &{
        let mut spin = [Vec3::ZERO; 16];
        spin[Segment::UpperArmL.index()] = Vec3::X * 6.0;
        spin[Segment::ShinR.index()] = Vec3::X * 4.0;
        spin
    });
    let before_j = energy_j(&world);
    let mut most_j = f32::NEG_INFINITY;
    for _ in 0..STEPS_PER_SEC {
        world.step();
        most_j = most_j.max(energy_j(&world));
    }
    // A hundredth of the arm's and shin's swing would be 0.1 J; the fall itself turns 4500 J round.
    assert!(most_j - before_j < 5.0, "{before_j} J became {most_j} J");
    let after_j = energy_j(&world);
    assert!(before_j - after_j < 0.02 * before_j, "{before_j} J became {after_j} J");
}

#[test]
fn they_stand_ten_seconds_on_their_own_feet() {
    let plan = stand_in(10.0, 0.0, false);
    let story = story(10.0);
    let (tempo, accents) = (Tempo::new(&story), Accents::new(&story));
    let direction = takes::direction(&story, 0, 0, 0);
    let start = Struggle::new(&plan, &tempo, &accents, &plan.cast, 0, &direction).unwrap();
    let take = takes::act(start, &plan.cast, &direction, 10 * i64::from(STEPS_PER_SEC));
    let last = take.records.last().unwrap();
    for who in 0..2 {
        assert!(last[who].miss_m < 0.05, "{} m from the stance", last[who].miss_m);
        let help_n: f32 = take.records.iter().map(|record| record[who].assist_n).sum::<f32>() / take.records.len() as f32;
        assert!(help_n < 0.02 * plan.cast.people[who].mass_kg * GRAVITY, "{help_n} N of help");
    }
}

/// Both standing, Kid's chest in the reach of Cop's left hand, and what Cop is asked: to grip it.
fn chest_at_hand() -> (World, crate::choreography::PersonReference) {
    let cast = cast();
    let mut poses = standing();
    // Bring the chest to the hand: palms meet the gripped point within reach.
    let placed = cast.people[0].skeleton.place(&poses[0]);
    let point_m = cast.people[1].skeleton.place(&poses[1])[Segment::Chest.index()].point(grip(Segment::HandL).point_in_target_m);
    poses[1].pelvis_m += placed[Segment::HandL.index()].origin_m - point_m;
    let reference = crate::choreography::PersonReference { pose: poses[0], contacts: vec![grip(Segment::HandL)], centre: None };
    (World::new(&cast, &poses).unwrap(), reference)
}

/// A hand that grips a chest which hangs free, loaded by a force; gives back whether it slipped and how far the palm drifted.
fn loaded_grip(load_n: f32) -> (bool, f32) {
    let (mut world, reference) = chest_at_hand();
    let (mut hands, mut ended) = (Hands::default(), Vec::new());
    let hold = |world: &mut World, who: Who, segment: Segment, load: Vec3| {
        // Weightless and slow, so that the load is all that the grip bears.
        let body = &world.bodies[world.people[who.index()].segments[segment.index()]];
        let drag = body.linvel() * -body.mass() * 20.0;
        let lift = Vec3::Y * GRAVITY * body.mass();
        world.push(who, segment, drag + lift + load, Vec3::ZERO);
    };
    let mut apart_m = 0.0;
    for step in 0..i64::from(STEPS_PER_SEC) * 2 {
        hands.update(&mut world, Who::Cop, &reference, step, 0.0, false, None, &mut ended);
        for segment in Segment::ALL {
            let pull_n = if segment == Segment::HandL { load_n } else { 0.0 };
            hold(&mut world, Who::Cop, segment, Vec3::NEG_Z * pull_n);
            let counter_n = if segment == Segment::Chest { load_n } else { 0.0 };
            hold(&mut world, Who::Kid, segment, Vec3::Z * counter_n);
        }
        world.step();
        let (cop, kid) = (world.motion(Who::Cop), world.motion(Who::Kid));
        let held = kid.placed[Segment::Chest.index()].point(grip(Segment::HandL).point_in_target_m);
        apart_m = held.distance(cop.placed[Segment::HandL.index()].origin_m);
    }
    (ended.iter().any(|grip| grip.slipped), apart_m)
}

#[test]
fn a_hand_lets_go_before_a_sudden_grab_and_closes_on_its_moment() {
    let (mut world, reference) = chest_at_hand();
    let (mut hands, mut ended) = (Hands::default(), Vec::new());
    // The world stands still; the grab is due at step 120.
    let mut held = Vec::new();
    for step in 0..150i64 {
        let due_secs = Some((120 - step) as f64 / f64::from(STEPS_PER_SEC)).filter(|secs| *secs >= 0.0);
        hands.update(&mut world, Who::Cop, &reference, step, 0.0, false, due_secs, &mut ended);
        held.push(hands.holding(Who::Cop)[0]);
    }
    assert!(held[0] && held[70] && !held[80] && !held[119] && held[120] && held[149]);
    assert_eq!(ended.len(), 1);
}

#[test]
fn a_grip_holds_fifty_newtons_and_slips_far_over_its_strength() {
    let (slipped, apart_m) = loaded_grip(50.0);
    assert!(!slipped && apart_m < 0.25, "slipped {slipped}, {apart_m} m apart");
    let (slipped, _) = loaded_grip(1500.0);
    assert!(slipped);
}

/// Samples in which Cop's left hand closes in on Kid's chest at a speed and stops there.
fn reaching(speed_m_per_sec: f32) -> Samples {
    let cast = cast();
    let rate_hz = 120.0;
    let poses = standing();
    let gap_m = |poses: &[Pose; 2]| {
        let placed = [0, 1].map(|who| cast.people[who].skeleton.place(&poses[who]));
        let shape = |who: usize, segment: Segment| cast.people[who].skeleton.shape[segment.index()];
        let mut least = f32::INFINITY;
        for mine in Segment::ALL {
            for theirs in Segment::ALL {
                let (a, b) = (&placed[0][mine.index()], &placed[1][theirs.index()]);
                least = least.min(strikes::gap_between_m(a, &shape(0, mine), b, &shape(1, theirs)));
            }
        }
        least
    };
    let touching_m = gap_m(&poses);
    (0..40)
        .map(|i| {
            let way_m = touching_m - 0.5 + (i as f32 / rate_hz * speed_m_per_sec).min(0.505);
            let mut moved = poses;
            moved[0].pelvis_m.z += way_m;
            sample(&moved)
        })
        .collect()
}

#[test]
fn the_detector_catches_a_punch_and_lets_a_slow_shove_pass() {
    let rate = FrameRate::whole(120);
    assert!(strikes::count(&reaching(5.0), rate, &cast()) > 0);
    assert_eq!(strikes::count(&reaching(1.8), rate, &cast()), 0);
}

#[test]
fn skating_is_measured_in_millimetres_a_film_frame() {
    let cast = cast();
    let rate = FrameRate::whole(120);
    // Both people slide at 0.24 m/s: 10 mm in 1/24 s. The jump back at the seam is one frame in 24.
    let samples: Samples = (0..2400)
        .map(|i| {
            let mut poses = standing();
            poses.iter_mut().for_each(|pose| pose.pelvis_m.x += 0.24 * i as f32 / 120.0);
            sample(&poses)
        })
        .collect();
    let skate_mm = measure::skate_m(&samples, rate, &cast) * 1e3;
    let seam_mm = 0.24 * 20.0 * 1e3 / (2400.0 / 5.0);
    assert!((skate_mm - 10.0 - seam_mm).abs() < 0.5, "{skate_mm} mm");
}

#[test]
fn a_short_story_closes_stays_on_the_ground_and_needs_no_help() {
    let performance = performed(4.0, 0.2);
    assert_eq!(performance.samples.len(), 480);
    for name in ["loop closure, place", "loop closure, speed", "under the ground", "greatest speed", "skate", "strikes"] {
        let finding = performance.findings.iter().find(|finding| finding.name == name).unwrap();
        assert!(finding.holds(), "{finding:?}");
        assert_ne!(finding.bound, Bound::Reported);
    }
    assert!(measured(&performance, "assist, mean") < 0.03);
    assert!(performance.phrases.iter().all(|phrase| phrase.reached));
    let blinks = performance.samples.iter().filter(|sample| sample.people[0].blink > 0.9).count();
    assert!(blinks > 0, "nobody blinks");
}

#[test]
fn a_performance_takes_under_a_third_of_its_plain_size_whatever_its_length() {
    let bytes_a_second = |secs: f64| performed(secs, 0.2).samples.bytes() as f64 / secs;
    let plain = (120 * size_of::<Sample>()) as f64;
    let (short, long) = (bytes_a_second(4.0), bytes_a_second(8.0));
    assert!(short.max(long) < plain / 3.0 && (short - long).abs() < plain / 20.0, "{short} and {long} bytes a second of {plain}");
}

#[test]
fn the_same_inputs_give_the_same_motion_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| performed(2.0, 0.15))
    };
    assert_eq!(on(1), on(2));
}

#[test]
fn nobody_flies_when_the_reference_jumps() {
    /// A reference that throws both people through the air every second.
    struct Wild(StandIn);
    impl crate::struggle::Plan for Wild {
        fn at(&self, at: Secs) -> crate::choreography::Reference {
            let mut reference = self.0.at(at);
            let thrown = if at.0.rem_euclid(2.0) < 1.0 { 1.0 } else { -1.0 };
            for person in &mut reference.people {
                person.pose.pelvis_m += Vec3::new(thrown, 0.5, 0.0);
                person.pose.turn[Segment::Chest.index()] *= glam::Quat::from_rotation_y(thrown * 2.0);
            }
            reference
        }
    }
    let plan = Wild(stand_in(4.0, 0.2, true));
    let options = Options { takes: 1, ..Options::default() };
    let performance = act_out(&plan, &story(4.0), &plan.0.cast, &options, &|_| ()).unwrap();
    assert!(measured(&performance, "greatest speed") < 15.0, "{}", measured(&performance, "greatest speed"));
    for sample in performance.samples.iter() {
        for person in &sample.people {
            assert!(person.pose.pelvis_m.is_finite() && person.pose.pelvis_m.length() < 5.0);
        }
    }
    assert!(measured(&performance, "assist, mean") > 0.05, "help must be owned up to");
}

#[test]
fn stories_that_cannot_be_performed_are_refused_by_name() {
    let options = Options::default();
    let mut empty = story(4.0);
    empty.phrases.clear();
    assert!(matches!(check(&empty, &options), Err(Error::EmptyStory)));
    let mut unknown = story(4.0);
    unknown.phrases[1].hold = "waltz".into();
    assert!(matches!(check(&unknown, &options), Err(Error::UnknownHold { phrase: 1, .. })));
    let mut gap = story(4.0);
    gap.phrases[1].start = Secs(2.5);
    assert!(matches!(check(&gap, &options), Err(Error::BrokenPhrases { phrase: 1, .. })));
    let wild = Options { sample_rate: FrameRate::whole(1000), ..Options::default() };
    assert!(matches!(check(&story(4.0), &wild), Err(Error::BadOption { option: "sample_rate", .. })));
    let mut cast = cast();
    cast.people[1].skeleton.mass_kg[3] = 0.0;
    assert!(matches!(World::new(&cast, &standing()), Err(Error::UnfitBody { who: Who::Kid, .. })));
}
