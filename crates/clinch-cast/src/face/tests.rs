//! A face against what is known of faces.

use super::*;
use clinch_model::Pose;

fn blank() -> PersonSample {
    let pose = Pose { pelvis_m: Vec3::ZERO, turn: [glam::Quat::IDENTITY; 16] };
    PersonSample {
        pose,
        breath: 0.0,
        effort: 0.0,
        fatigue: 0.0,
        assist_n: 0.0,
        grip: [0.0; 2],
        gaze_m: Vec3::ZERO,
        expression: [0.0; 7],
        blink: 0.0,
    }
}

fn showing(expression: Expression, amount: f32) -> PersonSample {
    let mut state = blank();
    state.expression[expression.index()] = amount;
    state
}

fn traits() -> Traits {
    Traits::new(7, Who::Kid)
}

fn face(state: &PersonSample) -> Weights {
    units(state, Gaze::default(), &traits())
}

/// Many states of all kinds, some outside their ranges.
fn many() -> impl Iterator<Item = (PersonSample, Gaze)> {
    let mut stream = Stream::new(1, "faces");
    (0..2000).map(move |_| {
        let mut number = |low: f64, high: f64| stream.between(low, high) as f32;
        let mut state = blank();
        state.expression = std::array::from_fn(|_| number(-0.3, 1.3).max(number(-1.0, 1.0)));
        (state.breath, state.effort, state.fatigue, state.blink) =
            (number(-1.5, 1.5), number(-0.1, 0.6), number(-0.2, 1.2), number(-1.0, 1.2));
        (state, Gaze { yaw_rad: number(-1.0, 1.0), pitch_rad: number(-1.0, 1.0) })
    })
}

#[test]
fn names_are_in_order_and_pairs_stand_side_by_side() {
    assert!(UNITS[..52].windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!((UNITS[JawOpen.index()], UNITS[NoseCompression.index()]), ("jawOpen", "nose-compression"));
    let mut pairs = 0;
    for index in 0..UNIT_COUNT - 1 {
        let mirrored = UNITS[index].replace("Left", "Right").replace("left", "right");
        let is_pair = mirrored != UNITS[index] && mirrored == UNITS[index + 1];
        pairs += usize::from(is_pair);
        let sides: Vec<_> = states::used().filter(|unit| unit.index() == index).map(Unit::sides).collect();
        assert!(sides.iter().all(|sides| (sides[1] == index + 1) == is_pair), "{}", UNITS[index]);
    }
    assert_eq!(pairs, 19);
}

#[test]
fn a_blank_face_is_blank() {
    assert_eq!(face(&blank()), [0.0; UNIT_COUNT]);
}

#[test]
fn weights_stay_in_range_and_expressions_below_their_most() {
    for (state, gaze) in many() {
        let weights = units(&state, gaze, &traits());
        for (name, weight) in UNITS.iter().zip(weights) {
            let most = if ["eyeBlink", "eyeLook", "brow"].iter().any(|whole| name.starts_with(whole)) { 1.0 } else { MOST + 1e-6 };
            assert!((0.0..=most).contains(&weight), "{name} {weight}");
        }
        assert!(weights[JawOpen.index()] <= MOST_JAW + 1e-6);
    }
}

#[test]
fn states_have_the_action_units_that_the_literature_names() {
    let strong = |expression: Expression, units: &[Unit]| {
        let weights = face(&showing(expression, 1.0));
        units.iter().for_each(|unit| assert!(weights[unit.index()] > 0.2, "{expression:?} without {unit:?}"));
    };
    strong(Expression::Effort, &[BrowDownLeft, BrowDownRight, EyeSquintLeft]);
    strong(Expression::Pain, &[BrowDownLeft, CheekSquintLeft, NoseSneerLeft, MouthUpperUpRight, EyeBlinkLeft]);
    strong(Expression::Fear, &[BrowInnerUp, BrowOuterUpLeft, EyeWideRight, MouthStretchLeft]);
    strong(Expression::Anger, &[BrowDownRight, MouthPressLeft, NoseLeftDilatation]);
    strong(Expression::Grief, &[BrowInnerUp, MouthFrownLeft, MouthFrownRight]);
    strong(Expression::Exhaustion, &[EyeBlinkLeft, EyeBlinkRight]);
    strong(Expression::Recognition, &[BrowInnerUp]);
}

#[test]
fn more_of_a_state_is_more_of_its_units() {
    for expression in Expression::ALL {
        let steps: Vec<Weights> = (0..=20).map(|i| face(&showing(expression, i as f32 / 20.0))).collect();
        let led: Vec<usize> = (0..UNIT_COUNT).filter(|&unit| steps[20][unit] > 0.15).collect();
        assert!(led.len() >= 3, "{expression:?}");
        for unit in led {
            assert!(steps.windows(2).all(|pair| pair[1][unit] >= pair[0][unit] - 1e-5), "{expression:?} {}", UNITS[unit]);
        }
    }
}

#[test]
fn opposed_units_never_work_both_at_full_strength() {
    for (state, gaze) in many() {
        let w = units(&state, gaze, &traits());
        let both = |a: Unit, b: Unit| w[a.index()].min(w[b.index()]);
        assert!(w[MouthClose.index()] <= w[JawOpen.index()]);
        assert!(both(EyeWideLeft, EyeSquintLeft) < 0.32, "{}", both(EyeWideLeft, EyeSquintLeft));
        assert!(both(MouthPressRight, JawOpen) < 0.2 && both(MouthPressLeft, MouthLowerDownLeft) < 0.2);
        assert_eq!(both(EyeLookUpLeft, EyeLookDownLeft), 0.0);
        assert_eq!(both(EyeLookInRight, EyeLookOutRight), 0.0);
    }
    // Anger presses the lips of a spent face together in spite of its breath.
    let mut angry = showing(Expression::Anger, 1.0);
    (angry.fatigue, angry.breath, angry.effort) = (0.7, 1.0, 0.3);
    let (pressed, panting) = (face(&angry), face(&PersonSample { expression: [0.0; 7], ..angry }));
    assert!(pressed[JawOpen.index()] < 0.6 * panting[JawOpen.index()]);
}

/// How far the lids have come together, as a share of the open eye.
fn closed(weights: &Weights, traits: &Traits, side: usize) -> f32 {
    let others: f32 = CLOSING.iter().map(|&(unit, share)| share * weights[unit.sides()[side]]).sum();
    (weights[EyeBlinkLeft.sides()[side]] + others) / traits.shut[side]
}

#[test]
fn a_blink_brings_the_lids_exactly_together_whatever_else_the_eyes_do() {
    let traits = traits().with_eyes([0.6, 0.85]);
    for (state, gaze) in many() {
        let shut = units(&PersonSample { blink: 1.0, ..state }, gaze, &traits);
        let open = units(&PersonSample { blink: 0.0, ..state }, gaze, &traits);
        for side in 0..2 {
            assert!((closed(&shut, &traits, side) - 1.0).abs() < 0.04, "{}", closed(&shut, &traits, side));
            assert!(closed(&open, &traits, side) <= 1.001);
        }
    }
    let steps: Vec<f32> = (0..=10).map(|i| face(&PersonSample { blink: i as f32 / 10.0, ..blank() })[EyeBlinkLeft.index()]).collect();
    assert!(steps.windows(2).all(|pair| pair[1] > pair[0]));
}

#[test]
fn lids_follow_the_eyes() {
    let look = |yaw_rad: f32, pitch_rad: f32| units(&blank(), Gaze { yaw_rad, pitch_rad }, &traits());
    let left = look(0.3, 0.0);
    assert!(left[EyeLookOutLeft.index()] > 0.5 && left[EyeLookInRight.index()] > 0.5);
    assert!(left[EyeLookInLeft.index()] == 0.0 && left[EyeLookOutRight.index()] == 0.0);
    assert!(look(0.0, -0.3)[EyeLookDownRight.index()] > 0.5 && look(0.0, 0.3)[EyeLookUpLeft.index()] > 0.5);
    let along = Gaze::along(Vec3::new(1.0, 0.0, 1.0));
    assert!((along.yaw_rad - std::f32::consts::FRAC_PI_4).abs() < 1e-6 && along.pitch_rad == 0.0);
    assert_eq!(Gaze::along(Vec3::ZERO), Gaze::default());
}

#[test]
fn the_spent_breathe_through_the_mouth_and_wider_the_harder_they_work() {
    let jaw = |fatigue: f32, effort: f32, breath: f32| face(&PersonSample { fatigue, effort, breath, ..blank() })[JawOpen.index()];
    assert!(jaw(0.2, 0.1, 1.0) < 0.05);
    assert!(jaw(0.8, 0.1, -1.0) > 0.02, "the mouth stays a little open");
    assert!(jaw(0.8, 0.1, 1.0) > jaw(0.8, 0.1, -1.0) && jaw(0.9, 0.1, 1.0) > jaw(0.7, 0.1, 1.0) && jaw(0.8, 0.3, 1.0) > jaw(0.8, 0.1, 1.0));
    let nostril = |breath: f32| face(&PersonSample { fatigue: 0.7, effort: 0.2, breath, ..blank() })[NoseLeftDilatation.index()];
    assert!(nostril(1.0) > 0.2 && nostril(-1.0) == 0.0);
    // Strain with full lungs presses the lips; letting go bares the teeth.
    let mouth = |breath: f32, unit: Unit| face(&PersonSample { breath, ..showing(Expression::Effort, 1.0) })[unit.index()];
    assert!(mouth(1.0, MouthPressLeft) > 0.3 && mouth(-1.0, MouthPressLeft) == 0.0);
    assert!(mouth(-1.0, MouthLowerDownLeft) > 0.4 && mouth(1.0, MouthLowerDownLeft) < 0.1);
}

#[test]
fn a_worn_face_has_heavy_lids_that_fear_opens() {
    let worn = face(&PersonSample { fatigue: 0.8, ..blank() });
    assert!(worn[EyeBlinkLeft.index()] > 0.08 && worn[EyeBlinkLeft.index()] < 0.4);
    let afraid = face(&PersonSample { fatigue: 0.8, ..showing(Expression::Fear, 1.0) });
    assert!(afraid[EyeBlinkLeft.index()] < 0.02 && afraid[EyeWideLeft.index()] > 0.4);
}

#[test]
fn recognition_lets_go_of_anger() {
    let mut state = showing(Expression::Anger, 0.8);
    let before = face(&state);
    state.expression[Expression::Recognition.index()] = 1.0;
    let after = face(&state);
    assert!(after[MouthPressLeft.index()] < 0.5 * before[MouthPressLeft.index()] && after[BrowInnerUp.index()] > 0.3);
}

#[test]
fn both_sides_differ_but_little_and_two_people_differ() {
    for who in Who::BOTH {
        let traits = Traits::new(3, who);
        let mut apart = 0.0f32;
        for expression in Expression::ALL {
            let weights = units(&showing(expression, 1.0), Gaze::default(), &traits);
            for unit in states::used() {
                let [left, right] = unit.sides().map(|index| weights[index]);
                assert!((left - right).abs() <= f32::max(0.22 * left.max(right), 0.06), "{expression:?} {unit:?} {left} {right}");
                apart = apart.max((left - right).abs());
            }
        }
        assert!(apart > 0.02 && apart < 0.16, "{apart}");
    }
    assert_ne!(Traits::new(3, Who::Cop), Traits::new(3, Who::Kid));
    assert_eq!(Traits::new(3, Who::Cop), Traits::new(3, Who::Cop));
}
