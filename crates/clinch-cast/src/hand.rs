//! Hands: palm, four fingers and a thumb that bend with the grip.

use crate::{
    build::Build,
    field::{Join, Solid, Stroke, distance, noise},
    mesh::{Grid, polygonise},
    part::{Part, material},
    rig::{Finger, Region, Rig},
};
use clinch_model::Segment;
use glam::{Quat, Vec3};

/// Length of a hand as drawn, wrist to tip of the middle finger, in millimetres (Garrett 1971, men's mean 190).
const DRAWN_HAND_MM: f32 = 190.0;

/// Length of a hand as a share of standing height (Winter, *Biomechanics*, fig. 4.1).
const HAND_OF_HEIGHT: f32 = 0.108;

/// Metres a drawn millimetre.
fn scale(build: &Build) -> f32 {
    build.height_m * HAND_OF_HEIGHT / DRAWN_HAND_MM
}

/// The left hand's fingers in the hand segment's frame: fingers down −y, palm towards −x, thumb forward +z.
pub fn fingers(build: &Build) -> [Finger; 5] {
    let mm = scale(build);
    let stout = (build.girth_m / build.height_m).sqrt();
    // Knuckle place (y down from the wrist, z), lengths of the phalanges, radius at the knuckle, spread in radians.
    let table = [
        ("index", -88.0, 27.0, [44.0, 25.0, 20.0], 9.2, 0.12),
        ("middle", -91.0, 8.0, [48.0, 29.0, 21.0], 9.4, 0.02),
        ("ring", -87.0, -11.0, [44.0, 27.0, 21.0], 8.9, -0.07),
        ("little", -79.0, -28.0, [35.0, 20.0, 18.0], 8.0, -0.17),
    ];
    let [index, middle, ring, little] = table.map(|(name, y, z, lengths, radius, spread)| {
        let mut joints = [Vec3::new(2.0, y, z); 4];
        // Fingers at ease bend a little at every joint.
        let mut bend = 0.12f32;
        for j in 0..3 {
            let flat = Vec3::new(-bend.sin(), -bend.cos(), 0.0);
            joints[j + 1] = joints[j] + Quat::from_rotation_x(-spread) * flat * lengths[j];
            bend += [0.22, 0.14, 0.0][j];
        }
        Finger {
            name,
            joints_m: joints.map(|p| p * mm),
            radii_m: [1.0, 0.92, 0.82, 0.68].map(|share| share * radius * stout * mm),
            axis: Quat::from_rotation_x(-spread) * -Vec3::Z,
            angles_rad: [1.05, 1.35, 0.70],
        }
    });
    let joints =
        [Vec3::new(-6.0, -32.0, 30.0), Vec3::new(-14.0, -62.0, 54.0), Vec3::new(-19.0, -90.0, 66.0), Vec3::new(-22.0, -114.0, 72.0)];
    let thumb = Finger {
        name: "thumb",
        joints_m: joints.map(|p| p * mm),
        radii_m: [13.0, 11.0, 10.2, 8.2].map(|radius| radius * stout * mm),
        // Bends in front of the palm and across it, to meet the fingers.
        axis: Vec3::new(0.57, -0.42, -0.55).normalize(),
        angles_rad: [0.50, 0.55, 0.70],
    };
    [thumb, index, middle, ring, little]
}

/// The strokes of the left hand in its segment's frame, in metres.
fn strokes(build: &Build, fingers: &[Finger; 5]) -> Vec<Stroke> {
    let mm = scale(build);
    let stout = (build.girth_m / build.height_m).sqrt();
    let mut strokes = Vec::new();
    let mut add = |solid: Solid, blend: f32| strokes.push(Stroke { solid, join: Join::Add, blend: blend * mm });
    let cone = |a: [f32; 3], ra: f32, b: [f32; 3], rb: f32| Solid::Cone {
        a: Vec3::from(a) * mm,
        ra: ra * stout * mm,
        b: Vec3::from(b) * mm,
        rb: rb * stout * mm,
    };
    // Wrist, reaching up into the cuff, then the four rays of the palm and its two cushions.
    add(cone([0.0, 70.0, 0.0], 24.0, [0.0, 0.0, 0.0], 21.0), 0.0);
    add(cone([0.0, 2.0, 10.0], 16.0, [0.0, 2.0, -10.0], 16.0), 10.0);
    for finger in &fingers[1..] {
        let knuckle = finger.joints_m[0] / mm;
        add(cone([0.0, -14.0, knuckle.z * 0.45], 14.0, [1.0, knuckle.y, knuckle.z], 10.5), 10.0);
    }
    add(cone([-8.0, -26.0, 16.0], 13.0, [-12.0, -58.0, 40.0], 12.0), 12.0);
    add(cone([-8.0, -24.0, -18.0], 12.0, [-7.0, -62.0, -24.0], 10.0), 12.0);
    // Web between thumb and forefinger.
    add(cone([-5.0, -50.0, 34.0], 9.0, [-2.0, -76.0, 30.0], 8.0), 10.0);
    for (index, finger) in fingers.iter().enumerate() {
        for j in 0..3 {
            let solid = Solid::Cone { a: finger.joints_m[j], ra: finger.radii_m[j], b: finger.joints_m[j + 1], rb: finger.radii_m[j + 1] };
            // Joints blend along the finger, hardly across to the next one.
            add(solid, if j == 0 && index > 0 { 4.0 } else { 3.0 });
        }
    }
    strokes
}

/// Both hands.
pub fn parts(build: &Build, rig: &Rig, detail: f32) -> Vec<Part> {
    let mm = scale(build);
    let strokes = strokes(build, &rig.fingers);
    let top = 58.0 * mm;
    let field = |p: Vec3| distance(&strokes, p).max(p.y - top) + 0.0004 * noise(p / 0.012);
    let grid = Grid::even(Vec3::new(-0.075, -0.215, -0.075) * (mm * 1000.0), Vec3::new(0.05, 0.075, 0.11) * (mm * 1000.0), 0.0050 * detail);
    let left = polygonise(&grid, &field, 0.0012, 0.75);
    let shade = |p: Vec3, _: Vec3| 1.0 + 0.05 * noise(p / 0.01);
    let meshes = [left.mirrored(), left];
    let segments = [Segment::HandR, Segment::HandL];
    meshes
        .into_iter()
        .zip(segments)
        .map(|(mut mesh, segment)| {
            let placed = rig.bind[segment.index()];
            mesh.position_m.iter_mut().for_each(|p| *p = placed.point(*p));
            mesh.normal.iter_mut().for_each(|n| *n = placed.turn * *n);
            let side = usize::from(segment == Segment::HandR);
            Part::new("hand", mesh, material("skin", build.skin_reflectance, 0.45, 0.035, 0.05), Region::Hand(side), shade)
        })
        .collect()
}
