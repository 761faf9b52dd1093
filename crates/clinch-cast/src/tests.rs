//! What must hold of two people as they leave the stage.

use crate::{Options, Posed, cast, mesh::volume_m3, pose, rig::bind_pose};
use clinch_model::{
    Cast, Person, PersonSample, Pose, Segment, Shape, Treatment, Who,
    cast::{Follow, Surface},
    treatment::Dress,
};
use glam::{Quat, Vec3};
use std::sync::LazyLock;

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

/// `[vertex]`: number of the closed piece that it belongs to, and how many there are.
fn pieces(surface: &Surface) -> (Vec<usize>, usize) {
    let mut root: Vec<usize> = (0..surface.position_m.len()).collect();
    fn find(root: &mut [usize], mut i: usize) -> usize {
        while root[i] != i {
            root[i] = root[root[i]];
            i = root[i];
        }
        i
    }
    for t in &surface.triangles {
        for k in [1, 2] {
            let (a, b) = (find(&mut root, t[0] as usize), find(&mut root, t[k] as usize));
            root[a.max(b)] = a.min(b);
        }
    }
    let mut number = vec![usize::MAX; root.len()];
    let mut count = 0;
    let piece = (0..root.len())
        .map(|i| {
            let r = find(&mut root, i);
            if number[r] == usize::MAX {
                number[r] = count;
                count += 1;
            }
            number[r]
        })
        .collect();
    (piece, count)
}

#[test]
fn people_are_as_tall_and_heavy_as_asked() {
    let mut treatment = Treatment::default();
    treatment.kid.height_m = Some(1.62);
    treatment.kid.mass_kg = Some(58.0);
    let people = cast(&treatment, &Options { coarseness: 2.0 }).unwrap();
    for (who, height_m, mass_kg) in [(Who::Cop, 1.84, 94.0), (Who::Kid, 1.62, 58.0)] {
        let person = people.person(who);
        assert_eq!((person.height_m, person.mass_kg), (height_m, mass_kg));
        assert!((person.skeleton.total_mass_kg() - mass_kg).abs() < 1e-3);
        let top = posed(person, &state(person.skeleton.rest())).position_m.iter().map(|p| p.y).fold(f32::MIN, f32::max);
        // Hair may stand a little over the vertex.
        assert!((-0.005..0.022).contains(&(top - height_m)), "{who} {top}");
    }
}

#[test]
fn every_piece_is_closed_and_faces_outward() {
    for person in &PEOPLE.people {
        let surface = &person.surface;
        let mut edges: Vec<(u32, u32)> = surface.triangles.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]).collect();
        edges.sort_unstable();
        let open: Vec<_> = edges.iter().filter(|(a, b)| edges.binary_search(&(*b, *a)).is_err()).collect();
        let place = |&&(v, _): &&(u32, u32)| {
            (surface.materials[usize::from(surface.material[v as usize])].name.clone(), surface.position_m[v as usize])
        };
        assert!(
            open.is_empty(),
            "{} is open at {:?} of {}",
            person.who,
            open.iter().step_by(open.len() / 8 + 1).map(place).collect::<Vec<_>>(),
            open.len()
        );
        let (piece, count) = pieces(surface);
        let mut of_piece = vec![Vec::new(); count];
        surface.triangles.iter().for_each(|t| of_piece[piece[t[0] as usize]].push(*t));
        for triangles in of_piece {
            let volume = volume_m3(&surface.position_m, &triangles);
            assert!(
                volume > -1e-9,
                "{} a piece of {} triangles at {} is inside out: {volume}",
                person.who,
                triangles.len(),
                surface.position_m[triangles[0][0] as usize]
            );
        }
    }
}

#[test]
fn vertices_are_sound() {
    for person in &PEOPLE.people {
        let s = &person.surface;
        let count = s.position_m.len();
        assert!([s.normal.len(), s.skin.len(), s.material.len(), s.shade.len()].iter().all(|&n| n == count));
        assert!(s.bones.len() < 255 && s.triangles.len() < 80_000, "{}", s.triangles.len());
        for i in 0..count {
            assert!(s.position_m[i].is_finite() && (s.normal[i].length() - 1.0).abs() < 1e-3);
            let sum: f32 = s.skin[i].iter().map(|w| w.1).sum();
            assert!((sum - 1.0).abs() < 1e-5 && s.skin[i].iter().all(|w| w.1 >= 0.0 && usize::from(w.0) < s.bones.len()));
            assert!(usize::from(s.material[i]) < s.materials.len() && (0.0..=1.7).contains(&s.shade[i]), "{}", s.shade[i]);
        }
        for (index, bone) in s.bones.iter().enumerate() {
            if let Follow::Curl { parent: Some(parent), .. } = bone.follow {
                assert!(usize::from(parent) < index, "{}", bone.name);
            }
        }
        for morph in &s.morphs {
            assert!(morph.shift_m.iter().all(|&(v, shift)| (v as usize) < count && shift.length() < 0.025), "{:?}", morph.drive);
        }
    }
}

#[test]
fn normals_agree_with_the_triangles() {
    for person in &PEOPLE.people {
        let s = &person.surface;
        let agree = s.triangles.iter().filter(|t| {
            let [a, b, c] = t.map(|i| s.position_m[i as usize]);
            (b - a).cross(c - a).dot(t.map(|i| s.normal[i as usize]).into_iter().sum()) > 0.0
        });
        let share = agree.count() as f32 / s.triangles.len() as f32;
        assert!(share > 0.985, "{} {share}", person.who);
    }
}

#[test]
fn the_bind_pose_gives_the_bind_mesh() {
    for person in &PEOPLE.people {
        let posed = posed(person, &state(bind_pose(&person.skeleton)));
        for (p, q) in posed.position_m.iter().zip(&person.surface.position_m) {
            assert!(p.distance(*q) < 2e-5, "{p} {q}");
        }
    }
}

#[test]
fn a_rigid_motion_moves_all_rigidly() {
    let person = PEOPLE.person(Who::Kid);
    let mut before = state(bent(person));
    before.gaze_m = Vec3::new(0.4, 1.2, 2.0);
    (before.expression[0], before.expression[1], before.grip) = (0.4, 0.3, [0.7, 0.2]);
    let (turn, shift) = (Quat::from_euler(glam::EulerRot::YXZ, 1.1, 0.7, -0.4), Vec3::new(3.0, -1.0, 2.0));
    let mut after = before;
    after.pose.pelvis_m = turn * before.pose.pelvis_m + shift;
    after.pose.turn.iter_mut().for_each(|t| *t = turn * *t);
    after.gaze_m = turn * before.gaze_m + shift;
    let (before, after) = (posed(person, &before), posed(person, &after));
    for (p, q) in before.position_m.iter().zip(&after.position_m) {
        assert!((turn * *p + shift).distance(*q) < 3e-5);
    }
}

/// Rest with the arms half raised and the elbows bent by 90°.
fn bent(person: &Person) -> Pose {
    let mut pose = bind_pose(&person.skeleton);
    for segment in [Segment::ForearmL, Segment::ForearmR, Segment::HandL, Segment::HandR] {
        pose.turn[segment.index()] = pose.turn[segment.index()] * Quat::from_rotation_x(-std::f32::consts::FRAC_PI_2);
    }
    pose
}

#[test]
fn a_bent_elbow_keeps_the_arms_volume() {
    let mut treatment = Treatment::default();
    treatment.kid.dress = Some(Dress::TShirt);
    let people = cast(&treatment, &Options::default()).unwrap();
    let person = people.person(Who::Kid);
    let surface = &person.surface;
    let elbow_m = person.skeleton.place(&bind_pose(&person.skeleton))[Segment::ForearmL.index()].origin_m;
    let (piece, _) = pieces(surface);
    let skin = |v: u32| surface.materials[usize::from(surface.material[v as usize])].name == "skin";
    // The bare arm is the skin's piece round the elbow.
    let near = (0..surface.position_m.len() as u32)
        .filter(|&v| skin(v))
        .min_by(|&a, &b| surface.position_m[a as usize].distance(elbow_m).total_cmp(&surface.position_m[b as usize].distance(elbow_m)))
        .unwrap();
    let arm: Vec<[u32; 3]> = surface.triangles.iter().filter(|t| piece[t[0] as usize] == piece[near as usize]).copied().collect();
    let rest = volume_m3(&surface.position_m, &arm);
    let volume = volume_m3(&posed(person, &state(bent(person))).position_m, &arm);
    assert!((0.001..0.005).contains(&rest), "{rest}");
    // Only the elbow's surroundings change, so the difference is measured against a cylinder of the arm's girth there.
    let along_m = elbow_m - person.skeleton.place(&bind_pose(&person.skeleton))[Segment::UpperArmL.index()].origin_m;
    let half_m = f64::from(0.032 * person.height_m);
    let radii: Vec<f64> = (0..surface.position_m.len())
        .filter(|&v| piece[v] == piece[near as usize])
        .map(|v| surface.position_m[v] - elbow_m)
        .filter(|q| f64::from(q.dot(along_m.normalize()).abs()) < half_m)
        .map(|q| f64::from(q.reject_from(along_m).length()))
        .collect();
    let radius_m = radii.iter().sum::<f64>() / radii.len() as f64;
    let elbow_m3 = std::f64::consts::PI * radius_m * radius_m * 2.0 * half_m;
    println!("the elbow changes by {:.1} %", (volume - rest) / elbow_m3 * 100.0);
    assert!((volume - rest).abs() < 0.10 * elbow_m3, "{rest} {volume} {elbow_m3}");
}

#[test]
fn soles_stand_on_the_ground() {
    for person in &PEOPLE.people {
        let posed = posed(person, &state(person.skeleton.rest()));
        let low = posed.position_m.iter().map(|p| p.y).fold(f32::MAX, f32::min);
        assert!(low.abs() < 0.003, "{} {low}", person.who);
    }
}

#[test]
fn the_trunk_lies_close_to_what_collides() {
    for person in &PEOPLE.people {
        let placed = person.skeleton.place(&person.skeleton.rest());
        let posed = posed(person, &state(person.skeleton.rest()));
        for segment in [Segment::Pelvis, Segment::Abdomen, Segment::Chest] {
            let Shape::Capsule { a_m, b_m, radius_m } = person.skeleton.shape[segment.index()] else { panic!("{segment:?} is a capsule") };
            let placed = placed[segment.index()];
            let (a, b) = (placed.point(a_m), placed.point(b_m));
            // Front and back at the capsule's height, between its ends, the bulge of clothes included.
            let gaps: Vec<f32> = posed
                .position_m
                .iter()
                .filter(|p| (p.y - a.y).abs() < 0.02 && p.x.abs() < b.x && (p.z - a.z).abs() > 0.5 * radius_m)
                .map(|p| (p.y - a.y).hypot(p.z - a.z) - radius_m)
                .collect();
            let mean = gaps.iter().sum::<f32>() / gaps.len() as f32;
            assert!(gaps.len() > 20 && mean.abs() < 0.02, "{} {segment:?} {mean} of {}", person.who, gaps.len());
        }
    }
}

#[test]
fn a_full_breath_widens_the_trunk() {
    for person in &PEOPLE.people {
        let mut full = state(bind_pose(&person.skeleton));
        let girth = |breath: f32, state: &mut PersonSample| {
            state.breath = breath;
            volume_m3(&posed(person, state).position_m, &person.surface.triangles)
        };
        let (empty, rest, filled) = (girth(-1.0, &mut full), girth(0.0, &mut full), girth(1.0, &mut full));
        // A vital capacity of some 4 to 5 litres bounds it; overlapping parts count twice.
        assert!((0.0008..0.006).contains(&(filled - empty)) && filled > rest && rest > empty, "{} {empty} {rest} {filled}", person.who);
    }
}

#[test]
fn a_grip_closes_the_hand_and_only_that_hand() {
    let person = PEOPLE.person(Who::Cop);
    let open = state(bind_pose(&person.skeleton));
    let mut closed = open;
    closed.grip = [1.0, 0.0];
    let (open, closed) = (posed(person, &open), posed(person, &closed));
    let tip = |name: &str| {
        let bone = person.surface.bones.iter().position(|b| b.name == name).unwrap() as u8;
        let weight = |v: usize| person.surface.skin[v].iter().filter(|w| w.0 == bone).map(|w| w.1).sum::<f32>();
        (0..person.surface.skin.len()).filter(|&v| weight(v) > 0.95).collect::<Vec<_>>()
    };
    let palm = person.skeleton.place(&bind_pose(&person.skeleton))[Segment::HandL.index()].point(Vec3::new(-0.02, -0.06, 0.0));
    let distance =
        |posed: &Posed, tips: &[usize]| tips.iter().map(|&v| posed.position_m[v].distance(palm)).sum::<f32>() / tips.len() as f32;
    for finger in ["index-3-l", "middle-3-l", "ring-3-l", "little-3-l"] {
        let tips = tip(finger);
        let (before, after) = (distance(&open, &tips), distance(&closed, &tips));
        assert!(tips.len() > 5 && after < 0.6 * before, "{finger} {before} {after}");
    }
    assert!(tip("index-3-r").iter().all(|&v| open.position_m[v] == closed.position_m[v]));
}

#[test]
fn eyes_look_where_they_are_told_and_no_further_than_eyes_can() {
    let person = PEOPLE.person(Who::Kid);
    let eye = person.surface.bones.iter().position(|b| b.name == "eye-l").unwrap() as u8;
    let of_eye: Vec<usize> = (0..person.surface.skin.len()).filter(|&v| person.surface.skin[v][0] == (eye, 1.0)).collect();
    let centre = person.surface.bones[usize::from(eye)].bind_origin_m;
    // The pupil is the vertex of the globe that lies furthest forward in the bind pose.
    let pupil = *of_eye.iter().max_by(|&&a, &&b| person.surface.position_m[a].z.total_cmp(&person.surface.position_m[b].z)).unwrap();
    for (target, limit) in [(Vec3::new(0.3, 0.1, 1.0), 0.52), (Vec3::new(1.0, 0.0, 0.2), 0.52), (Vec3::new(0.0, 0.0, -1.0), 0.1)] {
        let mut state = state(bind_pose(&person.skeleton));
        state.gaze_m = centre + target * 3.0;
        let seen = (posed(person, &state).position_m[pupil] - centre).normalize();
        let wanted = target.normalize();
        assert!(seen.angle_between(Vec3::Z) < limit + 0.01, "{target}");
        if wanted.angle_between(Vec3::Z) < limit {
            assert!(seen.angle_between(wanted) < 0.01, "{target}");
        }
    }
}

#[test]
fn states_out_of_range_leave_a_finite_body() {
    let person = PEOPLE.person(Who::Cop);
    let mut wild = state(person.skeleton.rest());
    (wild.breath, wild.expression[0], wild.expression[1], wild.blink, wild.grip) = (9.0, 7.0, -3.0, 5.0, [4.0, -2.0]);
    wild.gaze_m = person.surface.bones[5].bind_origin_m;
    assert!(posed(person, &wild).position_m.iter().all(|p| p.is_finite() && p.length() < 3.0));
}

#[test]
fn wrong_wishes_are_refused() {
    let mut treatment = Treatment::default();
    treatment.cop.height_m = Some(3.0);
    assert!(cast(&treatment, &Options::default()).unwrap_err().to_string().contains("cop.height-m"));
    let treatment = Treatment::default();
    for coarseness in [0.0, 9.0, f32::NAN] {
        assert!(cast(&treatment, &Options { coarseness }).unwrap_err().to_string().contains("coarseness"));
    }
}

#[test]
fn one_thread_makes_the_same_people_as_two() {
    let options = Options { coarseness: 2.0 };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| cast(&Treatment::default(), &options).unwrap())
    };
    assert!(on(1) == on(2));
}

#[test]
fn the_extremes_of_the_treatment_give_sound_bodies() {
    for (height_m, mass_kg, dress) in
        [(1.45, 45.0, Dress::TShirt), (2.05, 140.0, Dress::Hoodie), (1.6, 140.0, Dress::Uniform), (2.05, 50.0, Dress::Uniform)]
    {
        let mut treatment = Treatment::default();
        treatment.kid.height_m = Some(height_m);
        treatment.kid.mass_kg = Some(mass_kg);
        treatment.kid.dress = Some(dress);
        let people = cast(&treatment, &Options { coarseness: 2.0 }).unwrap();
        let s = &people.person(Who::Kid).surface;
        let mut edges: Vec<(u32, u32)> = s.triangles.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]).collect();
        edges.sort_unstable();
        // A body that is cut off by the edge of its grid is open there.
        assert!(edges.iter().all(|(a, b)| edges.binary_search(&(*b, *a)).is_ok()), "{height_m} {mass_kg} {dress:?}");
    }
}
