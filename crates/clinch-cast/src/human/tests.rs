//! What must hold of the packed human. Known numbers are read off the source's text files.

use super::*;
use std::sync::LazyLock;

static HUMAN: LazyLock<Human> = LazyLock::new(|| Human::load().unwrap());

/// Bytes before the content: magic word, version, hash.
const HEADER_BYTES: usize = 8 + 4 + 32;

/// Shift of a vertex in a target.
fn shift(sparse: &Sparse, vertex: u32) -> Option<Vec3> {
    sparse.binary_search_by_key(&vertex, |entry| entry.0).ok().map(|index| sparse[index].1)
}

fn near(a: Vec3, b: [f32; 3]) -> bool {
    a.abs_diff_eq(Vec3::from(b), 1e-6)
}

/// A sequence without pattern (Knuth's MMIX generator).
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) as usize
}

#[test]
fn the_base_mesh_is_as_in_the_source() {
    assert_eq!(HUMAN.position_m.len(), 19158);
    assert!(near(HUMAN.position_m[0], [-0.03492, 0.73299, 0.14076]));
    assert!(near(HUMAN.position_m[5000], [-0.21157, -0.79430, 0.17812]));
    assert!(near(HUMAN.position_m[14000], [0.40705, 0.21963, 0.23797]));
    assert_eq!(HUMAN.uv.len(), 21334);
    assert!(HUMAN.uv[100].abs_diff_eq(Vec2::new(0.831441, 1.0 - 0.440711), 1e-6));
    let names: Vec<&str> = HUMAN.groups.iter().map(|group| group.name.as_str()).collect();
    let shown = [
        "body",
        "helper-tights",
        "helper-skirt",
        "helper-hair",
        "helper-l-eye",
        "helper-r-eye",
        "helper-upper-teeth",
        "helper-lower-teeth",
    ];
    let rest = ["helper-l-eyelashes", "helper-r-eyelashes", "helper-tongue"];
    assert_eq!(names, [&shown[..], &rest[..]].concat());
    assert_eq!(HUMAN.groups[0].quads.len(), 13378);
}

#[test]
fn every_index_is_in_range_and_every_weight_counted() {
    for group in &HUMAN.groups {
        assert_eq!(group.quads.len(), group.uv.len());
        assert!(group.quads.iter().flatten().all(|&vertex| (vertex as usize) < HUMAN.position_m.len()));
        assert!(group.uv.iter().flatten().all(|&uv| (uv as usize) < HUMAN.uv.len()));
    }
    assert!(HUMAN.joints.values().flatten().all(|&vertex| (vertex as usize) < HUMAN.position_m.len()));
    for weights in &HUMAN.weights {
        assert!((1..=BONES_A_VERTEX).contains(&weights.len()));
        assert!(weights.iter().all(|&(bone, share)| (bone as usize) < HUMAN.bones.len() && share > 0.0));
        assert!((weights.iter().map(|weight| weight.1).sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn faces_look_outward() {
    // The body's surface is nearly closed, so its volume by the divergence theorem is near the true one, and positive if the
    // corners run counter-clockwise seen from outside.
    let corner = |vertex: u32| HUMAN.position_m[vertex as usize];
    let tetrahedron_m3 = |[a, b, c]: [u32; 3]| corner(a).dot(corner(b).cross(corner(c))) / 6.0;
    let quads = HUMAN.groups[0].quads.iter();
    let volume_m3: f32 = quads.map(|&[a, b, c, d]| tetrahedron_m3([a, b, c]) + tetrahedron_m3([a, c, d])).sum();
    assert!((0.04..0.09).contains(&volume_m3), "{volume_m3}");
}

#[test]
fn joints_lie_in_the_body() {
    let mean = |name: &str| {
        let of = &HUMAN.joints[name];
        of.iter().map(|&vertex| HUMAN.position_m[vertex as usize]).sum::<Vec3>() / of.len() as f32
    };
    // From left elbow to left hand goes outward and down; the person's left is +x.
    assert!(mean("joint-l-hand").x > mean("joint-l-elbow").x && mean("joint-l-elbow").x > mean("joint-l-shoulder").x);
    assert!(mean("joint-head").y > mean("joint-neck").y && mean("joint-neck").y > mean("joint-pelvis").y);
    // The second bone of the upper arm begins on the way from shoulder to elbow, up to 15 mm beside the straight line.
    let (shoulder, elbow, head) = (mean("joint-l-shoulder"), mean("joint-l-elbow"), mean("bone-upperarm02.L-head"));
    let along = (head - shoulder).dot(elbow - shoulder) / (elbow - shoulder).length_squared();
    let beside_m = head.distance(shoulder.lerp(elbow, along));
    assert!((0.2..0.6).contains(&along) && beside_m < 0.015, "{along} of the way, {beside_m} m beside it");
    for bone in ["upperarm02", "lowerarm02", "upperleg02", "lowerleg02"] {
        assert!(["L", "R"].iter().all(|side| HUMAN.joints.contains_key(&format!("bone-{bone}.{side}-head"))));
    }
    assert!(["neck02", "neck03"].iter().all(|bone| HUMAN.joints.contains_key(&format!("bone-{bone}-head"))));
}

#[test]
fn faces_and_toes_have_one_bone() {
    assert!(["head", "eye.L", "eye.R", "toes.L", "toes.R", "spine02"].iter().all(|name| HUMAN.bones.iter().any(|bone| bone == name)));
    assert!(!HUMAN.bones.iter().any(|bone| ["jaw", "oris", "toe1", "tongue", "breast"].iter().any(|merged| bone.starts_with(merged))));
    let of = |vertex: usize| HUMAN.weights[vertex].iter().map(|&(bone, _)| HUMAN.bones[bone as usize].as_str()).collect::<Vec<_>>();
    assert_eq!(of(5000), ["toes.R"]);
    assert_eq!(of(12000), ["head"]);
}

#[test]
fn targets_are_as_in_the_source() {
    let plain = HUMAN.target("macrodetails/african-female-young").unwrap();
    assert!(near(shift(&plain, 0).unwrap(), [0.0026, 0.0154, -0.0166]));
    // Kept as a difference to other targets.
    let combined = HUMAN.target("macrodetails/universal-male-old-maxmuscle-maxweight").unwrap();
    assert!(near(shift(&combined, 15457).unwrap(), [-0.0012, 0.0028, 0.0018]));
    // Two files, one for each side.
    let cheeks = HUMAN.target("cheek/cheek-bones-incr").unwrap();
    assert!(near(shift(&cheeks, 11704).unwrap(), [0.0002, 0.0, 0.0]) && near(shift(&cheeks, 5089).unwrap(), [-0.0002, 0.0, 0.0]));
    assert_eq!(shift(&HUMAN.target("nose/nose-scale-horiz-incr").unwrap(), 49), None);
    assert!(HUMAN.target("nose/no-such-nose").is_none());
}

#[test]
fn every_target_decodes() {
    HUMAN.check().unwrap();
    assert!(HUMAN.target_names().is_sorted());
    for name in HUMAN.target_names() {
        assert!(HUMAN.target(name).is_some_and(|sparse| sparse.iter().all(|entry| entry.1.length() < 1.5)), "{name}");
    }
}

#[test]
fn face_units_are_as_in_the_source() {
    assert_eq!(HUMAN.unit_names().len(), 56);
    let unit = |name: &str| HUMAN.unit(HUMAN.unit_names().iter().position(|unit| unit == name).unwrap());
    assert!(near(shift(&unit("jawOpen"), 406).unwrap(), [-0.0023, -0.0201, -0.0170]));
    assert!(
        ["neck-platysma", "nose-left-dilatation", "nose-right-dilatation", "nose-compression"].iter().all(|name| unit(name).len() > 10)
    );
    assert!(HUMAN.unit(56).is_empty());
}

#[test]
fn a_damaged_file_is_an_error() {
    let mut state = 1;
    for _ in 0..200 {
        let mut bytes = EMBEDDED.to_vec();
        let place = random(&mut state) % bytes.len();
        bytes[place] ^= 1 << (random(&mut state) % 8);
        assert!(Human::read(&bytes).is_err(), "byte {place} was changed");
        let length = random(&mut state) % EMBEDDED.len();
        assert!(Human::read(&EMBEDDED[..length]).is_err(), "{length} bytes were left");
    }
    (0..HEADER_BYTES + 8).for_each(|length| assert!(Human::read(&EMBEDDED[..length]).is_err()));
}

#[test]
fn another_version_is_refused_by_its_number() {
    let mut bytes = EMBEDDED.to_vec();
    bytes[8] = 99;
    assert!(matches!(Human::read(&bytes), Err(HumanError::Version { found: 99 })));
    assert!(matches!(Human::read(b"PK\x03\x04"), Err(HumanError::Foreign)));
}

/// Damage under a hash that fits it: whatever comes out, nothing panics.
#[test]
fn wrong_content_never_panics() {
    let mut state = 2;
    let small = small();
    for round in 0..4000 {
        let mut bytes = small.clone();
        let place = HEADER_BYTES + random(&mut state) % (bytes.len() - HEADER_BYTES);
        bytes[place] = random(&mut state) as u8;
        if round % 4 == 0 {
            bytes.truncate(place);
        }
        let hash = blake3::hash(&bytes[HEADER_BYTES..]);
        bytes[HEADER_BYTES - 32..HEADER_BYTES].copy_from_slice(hash.as_bytes());
        if let Ok(human) = Human::read(&bytes) {
            human.target("a-minmuscle");
            human.unit(0);
        }
    }
}

/// A packed human of four vertices.
fn small() -> Vec<u8> {
    let face = vec![[0, 1, 2, 3]];
    let source = Source {
        position: vec![[0, 0, 0], [100_000, 0, 0], [100_000, 100_000, 0], [0, 100_000, -5]],
        uv: vec![[0, 0], [1_000_000, 0], [1_000_000, 1_000_000], [0, 1_000_000]],
        groups: vec![Group { name: "body".into(), quads: face.clone(), uv: face }],
        joints: BTreeMap::from([("joint".into(), vec![0, 2])]),
        bones: vec!["root".into(), "head".into()],
        weights: vec![vec![(0, 65535)], vec![(0, 65535)], vec![(1, 60000), (0, 5535)], vec![(1, 65535)]],
        targets: BTreeMap::from([
            ("a-averagemuscle".into(), vec![(0, [1, -2, 300]), (3, [-1, 0, 0])]),
            ("a-minmuscle".into(), vec![(0, [1, -2, 301])]),
        ]),
        units: vec![("jawOpen".into(), vec![(1, [0, -200, 0])])],
    };
    write(&source).unwrap()
}

#[test]
fn what_is_written_is_read() {
    let human = Human::read(&small()).unwrap();
    assert_eq!(human.position_m[3], Vec3::new(0.0, 1.0, -5e-5));
    assert_eq!(human.uv[1], Vec2::X);
    assert_eq!(human.groups[0].quads, [[0, 1, 2, 3]]);
    assert_eq!(human.target_names().collect::<Vec<_>>(), ["a-averagemuscle", "a-minmuscle"]);
    let sparse = human.target("a-minmuscle").unwrap();
    assert!(sparse.len() == 1 && near(sparse[0].1, [0.0001, -0.0002, 0.0301]));
    assert!(near(human.unit(0)[0].1, [0.0, -0.02, 0.0]));
    assert_eq!(human.weights[2].iter().map(|weight| weight.0).collect::<Vec<_>>(), [1, 0]);
}
