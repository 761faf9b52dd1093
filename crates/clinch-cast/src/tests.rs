//! What must hold of two people as they leave the stage.

mod dressed;
mod meeting;

use crate::{
    Options, PersonSpec, Posed, cast,
    corrective::Body,
    dress,
    extremes::{EXTREMES, grounded},
    face,
    figure::Figure,
    human::Human,
    physique, pose, shape,
};
use clinch_model::{
    Cast, Person, PersonSample, Pose, Segment, Shape, Treatment, Who,
    cast::{Drive, Follow},
    random::Stream,
    treatment::{Dress, Preset},
};
use glam::{Quat, Vec3};
use std::sync::LazyLock;

static HUMAN: LazyLock<Human> = LazyLock::new(|| Human::load().unwrap());

/// The default two, made once for all tests.
static PEOPLE: LazyLock<Cast> = LazyLock::new(|| cast(&Treatment::default(), &Options::default()).unwrap());

fn state(pose: Pose) -> PersonSample {
    // Looking at the horizon straight ahead leaves the eyes as they were made.
    let gaze_m = Vec3::new(0.0, 1.7, 1e7);
    PersonSample { pose, breath: 0.0, effort: 0.0, fatigue: 0.0, assist_n: 0.0, grip: [0.0; 2], gaze_m, expression: [0.0; 7], blink: 0.0 }
}

fn posed(person: &Person, state: &PersonSample) -> Posed {
    let mut posed = Posed::default();
    pose(person, state, &mut posed);
    posed
}

/// A person of whom nothing but the whole skin is seen, with what gives its joints their volume back.
fn bare(figure: &Figure) -> Person {
    Body::new(figure, &physique::skeleton(figure)).person
}

fn figure(treatment: &Treatment, who: Who) -> Figure<'static> {
    let spec = PersonSpec::of(who, treatment).unwrap();
    let sole_m = dress::sole_m(spec.dress);
    Figure::new(&HUMAN, spec, sole_m).unwrap()
}

fn volume_m3(person: &Person, state: &PersonSample) -> f64 {
    let at = posed(person, state).position_m;
    shape::enclosed_m3(person.surface.triangles.iter().map(|t| t.map(|v| at[v as usize])))
}

/// Random people as a treatment may ask for them; masses by a body-mass index of 17 to 36.
fn random_treatment(stream: &mut Stream) -> Treatment {
    let mut treatment = Treatment::default();
    let wishes = &mut treatment.cop;
    let height_m = stream.between(1.45, 2.05);
    wishes.sex = Some(stream.unit());
    wishes.age_years = Some(stream.between(16.0, 90.0));
    wishes.height_m = Some(height_m);
    wishes.mass_kg = Some((stream.between(17.0, 36.0) * height_m * height_m).clamp(40.0, 160.0));
    wishes.muscle = Some(stream.unit());
    wishes.proportions = Some(stream.unit());
    let [african, asian, european] = [0, 1, 2].map(|_| stream.between(0.01, 1.0));
    wishes.ancestry = Some(clinch_model::treatment::AncestryWishes { african, asian, european });
    treatment
}

#[test]
fn two_hundred_random_people_are_as_tall_and_heavy_as_asked() {
    let mut stream = Stream::new(0, "cast/tests/random-people");
    let (mut worst_m, mut worst_share) = (0.0f32, 0.0f32);
    for index in 0..200 {
        let figure = figure(&random_treatment(&mut stream), Who::Cop);
        let spec = &figure.spec;
        assert!(figure.position_m.iter().chain(&figure.normal).all(|p| p.is_finite()), "{index}");
        let body = HUMAN.body_vertices().map(|v| figure.position_m[v].y);
        let [low, high] = body.fold([f32::MAX, f32::MIN], |[low, high], y| [low.min(y), high.max(y)]);
        assert!((low - figure.sole_m).abs() < 1e-4, "{index}: {low}");
        let mass_kg = shape::volume_m3(&HUMAN, &figure.position_m) * shape::DENSITY_KG_M3;
        worst_m = worst_m.max((high - low - spec.height_m).abs());
        worst_share = worst_share.max((mass_kg / spec.mass_kg - 1.0).abs());
        let skeleton = physique::skeleton(&figure);
        assert!((skeleton.total_mass_kg() / spec.mass_kg - 1.0).abs() < 1e-4, "{index}");
        for shape in skeleton.shape {
            let least_m = match shape {
                Shape::Capsule { radius_m, .. } => radius_m,
                Shape::Cuboid { half_m, .. } => half_m.min_element(),
            };
            assert!((0.01..0.25).contains(&least_m), "{index}: {shape:?}");
        }
    }
    println!("200 random people: height off by at most {:.2} mm, mass by at most {:.2} %", worst_m * 1000.0, worst_share * 100.0);
    assert!(worst_m < 0.01 && worst_share < 0.02, "{worst_m} m, {worst_share}");
}

#[test]
fn every_target_at_every_end_is_finite_and_small() {
    HUMAN.check().unwrap();
    for name in HUMAN.target_names() {
        let target = HUMAN.target(name).unwrap();
        // MakeHuman's tallest is 2.5 m and more, so no target moves anything by more than a metre.
        assert!(target.iter().all(|(_, shift)| shift.is_finite() && shift.length() < 1.2), "{name}");
    }
}

#[test]
fn a_shaped_body_meets_itself_no_more_than_makehumans_own_targets_make_it() {
    let triangles = figure(&Treatment::default(), Who::Cop).cage("body", |_, _| true).triangles(&HUMAN.position_m).0;
    let body = |position_m: &[Vec3]| position_m[HUMAN.body_vertices()].to_vec();
    assert!(meeting::pairs(&triangles, &body(&HUMAN.position_m)).is_empty());
    let mut stream = Stream::new(0, "cast/tests/meeting");
    for _ in 0..12 {
        let figure = figure(&random_treatment(&mut stream), Who::Cop);
        let found = meeting::pairs(&triangles, &body(&figure.position_m)).len();
        let own = meeting::pairs(&triangles, &body(&shape::targets_alone(&HUMAN, &figure.spec))).len();
        println!("meeting pairs: MakeHuman's own {own}, {:.0} kg at {:.2} m {found}", figure.spec.mass_kg, figure.spec.height_m);
        // Toes and lips meet in some targets; scaling girths may add a few where thighs touch.
        assert!(found <= own + 8, "{found} against {own}: {:?}", figure.spec);
    }
}

#[test]
fn extreme_postures_keep_volume_and_turn_no_triangle_inside_out() {
    for who in Who::BOTH {
        let figure = figure(&Treatment::default(), who);
        let person = bare(&figure);
        let rest = volume_m3(&person, &state(person.skeleton.rest()));
        let mut worst = 0.0f64;
        for extreme in EXTREMES {
            let mut now = state(extreme.pose(&person));
            now.fatigue = 0.0;
            let change = volume_m3(&person, &now) / rest - 1.0;
            println!("{who} {}: volume {:+.1} %", extreme.name, change * 100.0);
            worst = worst.max(change.abs());
        }
        assert!(worst < 0.06, "{who}: {worst}");
    }
}

/// Triangles whose normal has turned by more than a right angle against what their bones did to it.
fn inside_out(person: &Person, posed: &Posed, rest: &Posed) -> usize {
    let surface = &person.surface;
    let across = |t: &[u32; 3], at: &[Vec3]| {
        let [a, b, c] = t.map(|v| at[v as usize]);
        (b - a).cross(c - a)
    };
    let normal_at = |t: &[u32; 3], normals: &[Vec3]| t.map(|v| normals[v as usize]).into_iter().sum::<Vec3>();
    let turned = |t: &&[u32; 3]| {
        // Slivers point anywhere; what has no area can't be seen.
        let (before, now) = (across(t, &rest.position_m), across(t, &posed.position_m));
        before.length() > 1e-7
            && now.length() > 1e-7
            && before.dot(normal_at(t, &rest.normal)) > 0.0
            && now.dot(normal_at(t, &posed.normal)) < 0.0
    };
    surface.triangles.iter().filter(turned).count()
}

#[test]
fn few_triangles_turn_inside_out_in_extreme_postures() {
    for person in &PEOPLE.people {
        let rest = posed(person, &state(person.skeleton.rest()));
        let mut worst = 0;
        for extreme in EXTREMES {
            let count = inside_out(person, &posed(person, &extreme.state(person)), &rest);
            println!("{} {}: {count} of {}", person.who, extreme.name, person.surface.triangles.len());
            worst = worst.max(count);
        }
        // Two in a thousand: creases of cloth fold over themselves.
        assert!(worst <= person.surface.triangles.len() / 500, "{} {worst}", person.who);
    }
}

#[test]
fn vertices_are_sound() {
    for person in &PEOPLE.people {
        let s = &person.surface;
        let count = s.position_m.len();
        assert!([s.normal.len(), s.skin.len(), s.shade.len()].iter().all(|&n| n == count));
        assert!(s.material.len() == s.triangles.len() && s.uv.len() == s.triangles.len());
        assert!(s.bones.len() < 255 && s.triangles.len() < 260_000, "{}", s.triangles.len());
        for i in 0..count {
            assert!(s.position_m[i].is_finite() && (s.normal[i].length() - 1.0).abs() < 1e-3);
            let sum: f32 = s.skin[i].iter().map(|w| w.1).sum();
            assert!((sum - 1.0).abs() < 1e-4 && s.skin[i].iter().all(|w| w.1 >= 0.0 && usize::from(w.0) < s.bones.len()), "{sum}");
            assert!((0.0..=2.5).contains(&s.shade[i]), "{}", s.shade[i]);
        }
        assert!(s.triangles.iter().flatten().all(|&v| (v as usize) < count));
        assert!(s.material.iter().all(|&m| usize::from(m) < s.materials.len()));
        assert!(s.uv.iter().flatten().all(|uv| uv.is_finite()));
        for (index, bone) in s.bones.iter().enumerate() {
            if let Follow::Curl { parent: Some(parent), .. } = bone.follow {
                assert!(usize::from(parent) < index, "{}", bone.name);
            }
        }
        for morph in &s.morphs {
            assert!(morph.shift_m.iter().all(|&(v, shift)| (v as usize) < count && shift.length() < 0.06), "{:?}", morph.drive);
        }
        for texture in &s.textures {
            assert_eq!(texture.texels.len(), (texture.width * texture.height) as usize, "{}", texture.name);
        }
    }
}

#[test]
fn a_rigid_motion_moves_all_rigidly() {
    let person = &PEOPLE.people[1];
    let mut before = state(EXTREMES[3].pose(person));
    (before.expression[0], before.grip, before.breath) = (0.4, [0.7, 0.2], 0.5);
    // High above the ground, where toes are free.
    before.pose.pelvis_m.y += 3.0;
    let (turn, shift) = (Quat::from_rotation_y(1.1), Vec3::new(0.4, 2.0, -1.0));
    let mut after = before;
    after.pose.pelvis_m = turn * before.pose.pelvis_m + shift;
    after.pose.turn = before.pose.turn.map(|q| turn * q);
    after.gaze_m = turn * before.gaze_m + shift;
    for (p, q) in posed(person, &before).position_m.iter().zip(&posed(person, &after).position_m) {
        assert!((turn * *p + shift).distance(*q) < 2e-4);
    }
}

#[test]
fn a_bent_elbow_keeps_the_arms_volume() {
    let figure = figure(&Treatment::default(), Who::Cop);
    let person = bare(&figure);
    let rest = volume_m3(&person, &state(person.skeleton.rest()));
    let mut bent = person.skeleton.rest();
    for segment in [Segment::ForearmL, Segment::HandL] {
        bent.turn[segment.index()] = Quat::from_rotation_x(-2.3);
    }
    let change_m3 = volume_m3(&person, &state(bent)) - rest;
    // Not by more than a seventh of an upper arm (some 2.1 litres).
    assert!(change_m3.abs() < 0.0003, "{change_m3}");
}

#[test]
fn soles_stand_on_the_ground_and_the_head_is_as_high_as_asked() {
    for person in &PEOPLE.people {
        let heights = posed(person, &state(person.skeleton.rest())).position_m.into_iter().map(|p| p.y);
        let [low, high] = heights.fold([f32::MAX, f32::MIN], |[low, high], y| [low.min(y), high.max(y)]);
        assert!(low.abs() < 0.006, "{} {low}", person.who);
        // Soles and hair come on top.
        assert!((-0.01..0.16).contains(&(high - person.height_m)), "{} {high}", person.who);
    }
}

#[test]
fn the_trunk_lies_close_to_what_collides() {
    for who in Who::BOTH {
        let figure = figure(&Treatment::default(), who);
        let person = bare(&figure);
        let body = posed(&person, &state(person.skeleton.rest()));
        let placed = person.skeleton.place(&person.skeleton.rest());
        for segment in [Segment::Pelvis, Segment::Abdomen, Segment::Chest, Segment::ThighL, Segment::ShinR, Segment::ForearmL] {
            let Shape::Capsule { a_m, b_m, radius_m } = person.skeleton.shape[segment.index()] else { unreachable!("feet are boxes") };
            let [a, b] = [a_m, b_m].map(|p| placed[segment.index()].point(p));
            let gap = |p: Vec3| {
                let t = ((p - a).dot(b - a) / (b - a).length_squared()).clamp(0.0, 1.0);
                p.distance(a + (b - a) * t) - radius_m
            };
            let mine = HUMAN.body_vertices().filter(|&v| figure.leading(v) == segment);
            let gaps: Vec<f32> = mine.map(|v| gap(body.position_m[v])).collect();
            let mean = gaps.iter().sum::<f32>() / gaps.len() as f32;
            assert!(gaps.len() > 20 && mean.abs() < 0.035, "{who} {segment:?} {mean} of {}", gaps.len());
        }
    }
}

#[test]
fn a_full_breath_widens_the_trunk() {
    let figure = figure(&Treatment::default(), Who::Kid);
    let person = bare(&figure);
    let volume = |breath: f32| {
        let mut state = state(person.skeleton.rest());
        state.breath = breath;
        volume_m3(&person, &state)
    };
    let (empty, rest, filled) = (volume(-1.0), volume(0.0), volume(1.0));
    assert!((0.0008..0.006).contains(&(filled - empty)) && filled > rest && rest > empty, "{empty} {rest} {filled}");
}

#[test]
fn a_grip_closes_the_hand_and_only_that_hand() {
    let person = &PEOPLE.people[0];
    let surface = &person.surface;
    let bone = |name: &str| surface.bones.iter().position(|b| b.name == name).unwrap() as u8;
    let tip = |name: &str| {
        let bone = bone(name);
        (0..surface.position_m.len()).filter(|&v| surface.skin[v].iter().any(|w| w.0 == bone && w.1 > 0.9)).collect::<Vec<_>>()
    };
    let open = posed(person, &state(person.skeleton.rest()));
    let mut gripping = state(person.skeleton.rest());
    gripping.grip[0] = 1.0;
    let closed = posed(person, &gripping);
    let wrist = person.skeleton.place(&person.skeleton.rest())[Segment::HandL.index()].origin_m;
    for finger in ["index-3-l", "middle-3-l", "ring-3-l", "little-3-l"] {
        let tips = tip(finger);
        let far = |at: &Posed| tips.iter().map(|&v| at.position_m[v].distance(wrist)).sum::<f32>() / tips.len() as f32;
        assert!(tips.len() > 5 && far(&closed) < 0.75 * far(&open), "{finger} {} {}", far(&open), far(&closed));
    }
    assert!(tip("index-3-r").iter().all(|&v| open.position_m[v] == closed.position_m[v]));
}

#[test]
fn eyes_look_where_they_are_told_and_no_further_than_eyes_can() {
    for (target, within) in [(Vec3::new(0.3, 1.8, 2.0), true), (Vec3::new(3.0, 1.7, 1.0), false), (Vec3::new(-0.5, 1.7, -2.0), false)] {
        let seen = pose::gaze_turn(Quat::IDENTITY, target - Vec3::Y * 1.7) * Vec3::Z;
        assert!(seen.angle_between(Vec3::Z) < 0.53, "{target}");
        if within {
            assert!(seen.angle_between(target - Vec3::Y * 1.7) < 0.01, "{target}");
        }
    }
}

#[test]
fn lids_meet_in_a_blink() {
    for person in &PEOPLE.people {
        let mut shut = state(person.skeleton.rest());
        shut.blink = 1.0;
        let (open, closed) = (posed(person, &state(person.skeleton.rest())), posed(person, &shut));
        let moved = open.position_m.iter().zip(&closed.position_m).map(|(a, b)| a.y - b.y).fold(0.0, f32::max);
        assert!((0.004..0.02).contains(&moved), "{} {moved}", person.who);
    }
}

#[test]
fn lids_lie_over_the_eyes_however_far_they_are_closed() {
    for person in &PEOPLE.people {
        let surface = &person.surface;
        let skin = |v: usize, bone: usize| surface.skin[v].iter().any(|w| usize::from(w.0) == bone && w.1 > 0.99);
        for (side, unit) in ["eye-l", "eye-r"].into_iter().zip([face::Unit::EyeBlinkLeft, face::Unit::EyeBlinkRight]) {
            let bone = surface.bones.iter().position(|bone| bone.name == side).unwrap();
            let centre_m = surface.bones[bone].bind_origin_m;
            let eye = (0..surface.position_m.len()).filter(|&v| skin(v, bone)).map(|v| surface.position_m[v] - centre_m);
            let eye: Vec<(Vec3, f32)> = eye.map(|q| (q.normalize(), q.length())).collect();
            // How deep a place lies under the eye's surface, which is nearly round.
            let depth_m = |p: Vec3| {
                let way = p - centre_m;
                let near = eye.iter().fold((f32::MIN, 0.0), |near, q| if q.0.dot(way) > near.0 { (q.0.dot(way), q.1) } else { near });
                near.1 - way.length()
            };
            let blinks = surface.morphs.iter().filter(|morph| morph.drive == Drive::Unit(unit.index() as u8));
            let lids = blinks.flat_map(|morph| &morph.shift_m).map(|s| s.0 as usize);
            let lids: Vec<usize> = lids.filter(|&v| depth_m(surface.position_m[v]) < 0.0 && surface.position_m[v].z > centre_m.z).collect();
            assert!(lids.len() > 100, "{side}: {} places", lids.len());
            for blink in [0.3, 0.5, 0.7, 1.0] {
                let state = PersonSample { blink, ..state(person.skeleton.rest()) };
                let mut at = Vec::new();
                pose::shape(surface, &pose::skinning(person, &state).morphs, &surface.position_m, &mut at);
                let deepest_m = lids.iter().map(|&v| depth_m(at[v])).fold(f32::MIN, f32::max);
                println!("{} {side} blink {blink}: {deepest_m} m", person.who);
                assert!(deepest_m < 5e-5, "{} {side} at a blink of {blink}: a lid is {deepest_m} m within the eye", person.who);
            }
        }
    }
}

#[test]
fn states_out_of_range_leave_a_finite_body() {
    let person = &PEOPLE.people[0];
    let mut wild = state(person.skeleton.rest());
    (wild.breath, wild.expression[0], wild.expression[1], wild.blink, wild.grip) = (9.0, 7.0, -3.0, 5.0, [4.0, -2.0]);
    wild.gaze_m = Vec3::ZERO;
    assert!(posed(person, &wild).position_m.iter().all(|p| p.is_finite() && p.length() < 3.0));
}

#[test]
fn wrong_wishes_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Treatment)| {
        let mut treatment = Treatment::default();
        change(&mut treatment);
        cast(&treatment, &Options { fine: false }).unwrap_err().to_string()
    };
    assert!(refused(&|t| t.cop.height_m = Some(2.6)).contains("cop.height-m"));
    assert!(refused(&|t| t.kid.hair.density = Some(1.5)).contains("kid.hair.density"));
    assert!(refused(&|t| t.cop.mass_kg = Some(41.0)).contains("cop.mass-kg"));
    let thin = refused(&|t| (t.kid.height_m, t.kid.mass_kg, t.kid.muscle) = (Some(2.0), Some(53.0), Some(1.0)));
    assert!(thin.contains("kid.mass-kg") && thin.contains("kg can be made"), "{thin}");
}

#[test]
fn one_thread_makes_the_same_people_as_two() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| cast(&Treatment::default(), &Options { fine: false }).unwrap())
    };
    assert!(on(1) == on(2));
}

#[test]
fn every_preset_and_dress_is_sound() {
    for (preset, dress) in [
        (Preset::Veteran, Dress::Shirt),
        (Preset::Worker, Dress::TShirt),
        (Preset::Worker, Dress::Uniform),
        (Preset::Veteran, Dress::Hoodie),
    ] {
        let mut treatment = Treatment::default();
        (treatment.kid.preset, treatment.kid.dress) = (Some(preset), Some(dress));
        let people = cast(&treatment, &Options { fine: false }).unwrap();
        let person = &people.people[1];
        let at = posed(person, &grounded(person, &state(person.skeleton.rest())));
        assert!(at.position_m.iter().all(|p| p.is_finite() && p.length() < 2.5), "{preset:?} {dress:?}");
    }
}
