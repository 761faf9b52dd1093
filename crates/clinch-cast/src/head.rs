//! Head, neck, ears, eyes and hair.
//!
//! The face is drawn in millimetres in *face space*: origin between the pupils at the depth of the ears' openings, x to the person's
//! left, y up, z forward, for a head of 232 mm from chin to vertex. Distances between features follow Farkas, *Anthropometry of the
//! Head and Face*, 2nd ed. (means of young men).

use crate::part::Drive;
use crate::{
    build::{Build, Face},
    eye::{self, EYE_MM},
    field::{Join, Solid, Stroke, bell, distance, line_distance, noise, smooth_max, smoothstep},
    mesh::{Band, Grid, lines, polygonise},
    part::{Part, material},
    rig::{Region, Rig},
};
use clinch_model::Segment;
use glam::{Quat, Vec3};

/// Chin to vertex of the head as drawn, in millimetres.
const DRAWN_HEAD_MM: f32 = 232.0;

/// Vertex above the eyes, in millimetres.
const VERTEX_MM: f32 = 116.0;

/// Face space in the head segment's frame.
#[derive(Debug, Clone, Copy)]
pub struct FaceSpace {
    /// Metres a face millimetre.
    pub scale: f32,
    /// Where face space has its origin, in the head segment's frame.
    pub origin_in_head_m: Vec3,
}

impl FaceSpace {
    /// Puts the vertex at the top of the head's collision capsule.
    pub fn of(build: &Build) -> Self {
        let scale = build.face.head_mm / DRAWN_HEAD_MM / 1000.0;
        let origin_in_head_m = Vec3::new(0.0, 0.174 * build.height_m - VERTEX_MM * scale, 0.012 * build.height_m);
        Self { scale, origin_in_head_m }
    }

    /// A place in face space, in the head segment's frame.
    pub fn in_head_m(&self, p_mm: Vec3) -> Vec3 {
        p_mm * self.scale + self.origin_in_head_m
    }
}

fn v(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3::new(x, y, z)
}

/// Strokes laid down one after another in face space.
struct Clay {
    strokes: Vec<Stroke>,
}

impl Clay {
    fn add(&mut self, solid: Solid, blend: f32) {
        self.strokes.push(Stroke { solid, join: Join::Add, blend });
    }

    fn cut(&mut self, solid: Solid, blend: f32) {
        self.strokes.push(Stroke { solid, join: Join::Cut, blend });
    }

    fn ball(&mut self, centre: Vec3, radii: Vec3, blend: f32) {
        self.add(Solid::ellipsoid(centre, radii), blend);
    }

    fn cone(&mut self, a: Vec3, ra: f32, b: Vec3, rb: f32, blend: f32) {
        self.add(Solid::Cone { a, ra, b, rb }, blend);
    }
}

/// The skull alone, which also carries the hair. For points with x ≥ 0, as everything here.
fn skull() -> Vec<Stroke> {
    let mut clay = Clay { strokes: Vec::new() };
    clay.ball(v(0.0, 36.0, -14.0), v(75.0, 79.0, 88.0), 0.0);
    clay.ball(v(0.0, 44.0, 28.0), v(60.0, 54.0, 62.0), 30.0);
    clay.ball(v(0.0, -5.0, -40.0), v(60.0, 50.0, 52.0), 20.0);
    clay.strokes
}

fn face_strokes(face: &Face) -> Vec<Stroke> {
    let mut clay = Clay { strokes: skull() };
    // Temples are flatter than the two ovals' union.
    clay.cut(Solid::ellipsoid(v(90.0, 6.0, 62.0), v(22.0, 28.0, 28.0)), 18.0);
    // Middle and lower face.
    clay.ball(v(0.0, -38.0, 34.0), v(51.0 + 5.0 * face.jaw, 62.0, 51.0), 16.0);
    let cheek = 1.0 + 0.06 * face.gaunt;
    clay.ball(v(43.0 * cheek, -26.0, 53.0), v(20.0, 17.0, 20.0), 26.0);
    clay.ball(v(34.0, -50.0, 52.0), v(22.0, 24.0, 26.0 + 3.0 * face.flesh), 18.0);
    clay.cone(v(52.0, -19.0, 50.0), 8.5, v(60.0, -12.0, 8.0), 10.0, 26.0);
    let gonion = 37.0 + 9.0 * face.jaw;
    clay.cone(v(gonion, -72.0, 14.0), 13.0, v(9.0 + 8.0 * face.jaw, -101.0, 74.0), 13.0, 18.0);
    clay.cone(v(gonion, -72.0, 14.0), 13.0, v(58.0, -14.0, 4.0), 11.0, 20.0);
    clay.ball(v(0.0, -76.0, 42.0), v(36.0 + 7.0 * face.jaw, 30.0, 44.0), 16.0);
    clay.ball(v(0.0, -103.0, 79.0), v(15.0 + 5.0 * face.jaw, 12.5, 15.0), 14.0);
    clay.ball(v(0.0, -66.0, 69.0), v(30.0, 27.0, 26.0), 16.0);
    if face.gaunt > 0.2 {
        clay.cut(Solid::ellipsoid(v(68.0, -56.0, 62.0), v(14.0, 20.0, 24.0) * (0.55 + 0.45 * face.gaunt)), 28.0);
    }
    // Brow ridge, the eye socket under it and its outer rim.
    clay.cone(v(8.0, 16.0, 82.0 + 2.0 * face.brow), 8.0, v(44.0, 18.0, 67.0 + 1.5 * face.brow), 8.0, 20.0);
    clay.cut(Solid::ellipsoid(v(32.0, 2.0, 87.0), v(16.5, 10.0, 13.0)), 11.0);
    clay.cone(v(48.5, 14.0, 61.5), 5.0, v(49.0, -14.0, 57.5), 6.0, 14.0);
    nose(&mut clay, face);
    mouth(&mut clay, face);
    neck(&mut clay, face);
    clay.strokes
}

fn nose(clay: &mut Clay, face: &Face) {
    let wing = face.nose_half_width_mm;
    clay.cone(v(0.0, 5.0, 79.0 + 6.0 * face.bridge), 7.0 - face.bridge, v(0.0, -36.0, 105.0 + 2.0 * face.bridge), 8.0, 9.0);
    clay.ball(v(0.0, -39.0, 107.0 + 1.5 * face.bridge), v(0.52 * wing, 8.5, 9.0), 6.0);
    clay.ball(v(wing - 7.0, -43.0, 97.5), v(7.0, 7.5, 9.5), 7.0);
    clay.cone(v(0.0, -45.0, 106.0), 4.0, v(0.0, -50.0, 97.0), 4.5, 4.0);
    clay.cut(Solid::ellipsoid(v(0.36 * wing, -51.5, 101.0), v(3.8, 4.2, 6.0)), 2.5);
}

fn mouth(clay: &mut Clay, face: &Face) {
    let full = 0.7 + 0.6 * face.lips;
    clay.cone(v(3.0, -67.3, 97.0), 4.3 * full, v(12.0, -68.8, 93.5), 3.8 * full, 4.0);
    clay.cone(v(12.0, -68.8, 93.5), 3.8 * full, v(24.0, -71.6, 83.5), 1.7, 3.0);
    clay.cone(v(0.0, -76.8, 95.5), 5.0 * full, v(11.0, -76.0, 92.5), 4.4 * full, 4.0);
    clay.cone(v(11.0, -76.0, 92.5), 4.4 * full, v(22.5, -73.0, 83.5), 2.0, 3.0);
    clay.cut(Solid::Cone { a: v(0.0, -53.0, 102.5), ra: 2.2, b: v(0.0, -61.0, 102.5), rb: 2.6 }, 4.0);
    clay.cut(Solid::ellipsoid(v(0.0, -89.0, 104.0), v(18.0, 4.0, 9.0)), 6.0);
}

fn neck(clay: &mut Clay, face: &Face) {
    let thick = 47.0 + 9.0 * face.jaw;
    clay.cone(v(0.0, -50.0, -17.0), 0.96 * thick, v(0.0, -200.0, -26.0), thick + 5.0, 18.0);
    clay.cone(v(54.0, -30.0, -14.0), 10.0, v(12.0, -196.0, 32.0), 9.0, 14.0);
    clay.cone(v(24.0, -60.0, -48.0), 18.0, v(36.0, -200.0, -44.0), 22.0, 24.0);
    clay.cone(v(0.0, -132.0, 30.0), 8.0, v(0.0, -150.0, 26.0), 7.0, 12.0);
    if face.flesh > 0.0 {
        clay.ball(v(0.0, -103.0, 40.0), v(34.0, 14.0 + 6.0 * face.flesh, 34.0), 20.0);
    }
}

/// Fine relief: folds of age beside nose and mouth, across the brow; millimetres inward.
fn lines_of_age(face: &Face, p: Vec3) -> f32 {
    let groove = |points: &[Vec3], width: f32| bell(line_distance(points, p), width);
    let laugh = groove(&[v(22.0, -43.0, 90.0), v(29.0, -56.0, 85.0), v(33.0, -66.0, 79.0)], 5.0);
    let bag = groove(&[v(19.0, -10.0, 82.0), v(32.0, -16.0, 80.0), v(44.0, -12.0, 72.0)], 4.0);
    let frown = groove(&[v(5.5, 12.0, 94.0), v(6.5, 28.0, 94.0)], 3.0);
    let across =
        [38.0, 50.0, 62.0].iter().map(|&y| bell(p.y - y + 0.002 * p.x * p.x, 3.6)).sum::<f32>() * smoothstep(52.0, 30.0, p.x.abs());
    let front = smoothstep(40.0, 70.0, p.z);
    front * (0.3 + 0.7 * face.age) * (1.2 * laugh + 1.0 * bag + 0.9 * frown) + front * face.age * 0.3 * across
}

/// Height of the line between the lips, in millimetres: a bow in the middle, the corners a little down.
fn parting(x: f32) -> f32 {
    -72.0 + 0.9 * bell(x, 6.0) - 1.5 * smoothstep(9.0, 24.0, x.abs())
}

fn head_distance(face: &Face, strokes: &[Stroke], p: Vec3) -> f32 {
    let q = v(p.x.abs(), p.y, p.z);
    // The mouth is a slit deep enough to open into.
    let slit = Solid::ellipsoid(v(0.0, 0.0, 90.0), v(24.5, 0.85, 17.0)).distance(v(q.x, q.y - parting(q.x), q.z));
    smooth_max(distance(strokes, q), -slit, 1.2) + lines_of_age(face, q)
}

/// Turns a part drawn in face space into the bind pose's world.
fn place(part: &mut Part, rig: &Rig, space: &FaceSpace) {
    let head = rig.bind[Segment::Head.index()];
    for p in &mut part.mesh.position_m {
        *p = head.point(space.in_head_m(*p));
    }
    for n in &mut part.mesh.normal {
        *n = head.turn * *n;
    }
    for (_, entries) in &mut part.shifts {
        entries.iter_mut().for_each(|e| e.1 = head.turn * (e.1 * space.scale));
    }
}

fn head_grid(detail: f32) -> Grid {
    let band = |from: f32, to: f32, cell: f32| Band { from, to, cell: cell * detail };
    let x = lines(-104.0, 104.0, 9.0 * detail, &[band(-42.0, 42.0, 3.6)]);
    let y = lines(-222.0, 124.0, 11.0 * detail, &[band(-104.0, 26.0, 4.0), band(-77.0, -68.0, 1.25), band(-53.0, -35.0, 2.8)]);
    let z = lines(-112.0, 128.0, 11.0 * detail, &[band(64.0, 120.0, 4.0)]);
    Grid { lines: [x, y, z] }
}

fn skin_shade(face: &Face, p: Vec3) -> f32 {
    let q = v(p.x.abs(), p.y, p.z);
    let lip = bell(line_distance(&[v(0.0, -72.0, 99.0), v(22.0, -72.5, 86.0)], v(q.x, -72.0 + (q.y + 72.0) * 0.8, q.z)), 6.5);
    let slit = smoothstep(2.0, 0.9, (q.y - parting(q.x)).abs()) * smoothstep(25.0, 21.0, q.x) * smoothstep(60.0, 75.0, q.z);
    let beard = face.stubble * smoothstep(-44.0, -60.0, q.y) * smoothstep(-125.0, -108.0, q.y) * smoothstep(-10.0, 20.0, q.z);
    let socket = bell((q - EYE_MM).length() - 12.0, 9.0);
    (1.0 - 0.22 * lip) * (1.0 - 0.85 * slit) * (1.0 - 0.25 * beard * (1.0 - lip)) * (1.0 - 0.22 * socket) * (1.0 + 0.03 * noise(p / 9.0))
}

/// All parts of the head.
pub fn parts(build: &Build, rig: &Rig, detail: f32) -> Vec<Part> {
    let space = FaceSpace::of(build);
    let mut parts = vec![skin(build, detail), hair(build, detail), brows(build, detail), teeth(true, detail), teeth(false, detail)];
    parts.extend(ears(build, detail));
    parts.extend(eye::parts(build, &skin_material(build)));
    for part in &mut parts {
        place(part, rig, &space);
    }
    parts
}

fn skin_material(build: &Build) -> clinch_model::Material {
    material("skin", build.skin_reflectance, 0.42, 0.035, 0.05)
}

fn skin(build: &Build, detail: f32) -> Part {
    let strokes = face_strokes(&build.face);
    let bottom = |p: Vec3| -208.0 - p.y;
    let mesh = polygonise(&head_grid(detail), &|p| head_distance(&build.face, &strokes, p).max(bottom(p)), 0.9, 0.58);
    let face = build.face;
    let mut part = Part::new("head", mesh, skin_material(build), Region::Body, |p, _| skin_shade(&face, p));
    express(&mut part);
    part
}

/// The eyebrows: a thin pelt that lies on the ridge and dives under the skin at its outline.
fn brows(build: &Build, detail: f32) -> Part {
    let strokes = face_strokes(&build.face);
    let course = [v(12.0, 15.5, 0.0), v(24.0, 19.0, 0.0), v(37.0, 20.0, 0.0), v(48.0, 15.5, 0.0)];
    let field = |p: Vec3| {
        let q = v(p.x.abs(), p.y, p.z);
        let away = line_distance(&course, v(q.x, q.y, 0.0)) - 2.6
            + 1.5 * smoothstep(26.0, 48.0, q.x)
            + 1.3 * noise(v(p.x / 1.5 + 0.4 * p.y, p.y / 5.0, 0.0));
        (distance(&strokes, q) - 0.7 + 2.0 * smoothstep(-2.0, 2.0, away)).max(58.0 - q.z).max(away - 4.0)
    };
    let grid = Grid::even(v(-56.0, 6.0, 55.0), v(56.0, 32.0, 100.0), 2.6 * detail);
    let mesh = polygonise(&grid, &field, 0.5, 0.6);
    let hair = material("hair", build.face.hair_reflectance, 0.8, 0.015, 0.0);
    let mut part = Part::new("brows", mesh, hair, Region::Skull, |p, _| 1.2 + 0.4 * noise(v(p.x / 1.2, p.y / 3.0, 0.0)));
    express(&mut part);
    part
}

/// A row of teeth, hidden while the lips are closed.
fn teeth(upper: bool, detail: f32) -> Part {
    let (edge, root): (f32, f32) = if upper { (-71.6, -61.0) } else { (-74.0, -83.0) };
    let back = if upper { 0.0 } else { -2.0 };
    let field = |p: Vec3| {
        // A parabola seen from above, its arms running back.
        let arch = (p.z - (83.0 + back - 0.028 * p.x * p.x)) * 0.75;
        let gap = 0.35 * bell((p.x / 7.0).fract().abs() - 0.5, 0.1);
        let between = (p.y - edge.max(root)).max(edge.min(root) - p.y);
        smooth_max(smooth_max(arch.abs() - 3.0 + gap, between, 1.0), p.x.abs() - 21.0, 1.0)
    };
    let grid = Grid::even(v(-25.0, -86.0, 66.0), v(25.0, -57.0, 97.0), 3.0 * detail);
    let mesh = polygonise(&grid, &field, 0.5, 0.7);
    let enamel = material("teeth", 0.42, 0.25, 0.04, 0.0);
    let mut part = Part::new("teeth", mesh, enamel, Region::Skull, |p, _| 1.0 - 0.5 * smoothstep(10.0, 20.0, p.x.abs()));
    if !upper {
        part.shift(Drive::Anguish, 1e-3, |p| drop_jaw(v(0.0, -95.0, p.z), ANGUISH_JAW_RAD) * 0.9);
        part.shift(Drive::Gasp, 1e-3, |p| drop_jaw(v(0.0, -95.0, p.z), GASP_JAW_RAD) * 0.9);
    }
    part
}

/// How far the jaw drops in fear or pain, in radians: some 12 mm between the teeth, a cry that is held back.
const ANGUISH_JAW_RAD: f32 = 0.12;

/// How far the jaw drops for breath, in radians.
const GASP_JAW_RAD: f32 = 0.13;

/// Adds the face's changes to a part drawn in face space.
fn express(part: &mut Part) {
    // One unit of face space is about a millimetre.
    for drive in [Drive::Strain, Drive::Anguish, Drive::Gasp] {
        part.shift(drive, 1e-3, |p| {
            let shift = expression(drive, v(p.x.abs(), p.y, p.z));
            // What pulls towards the middle must let go there, or both halves would cross.
            v(shift.x * (p.x / 8.0).clamp(-1.0, 1.0), shift.y, shift.z)
        });
    }
}

/// Where a place of the face goes at full drive, in millimetres, for x ≥ 0. The muscles are named after the Facial Action Coding System.
fn expression(drive: Drive, q: Vec3) -> Vec3 {
    let pull = |at: Vec3, width: f32, by: Vec3| by * bell((q - at).length(), width);
    match drive {
        // Brow lowerer (4), cheek raiser (6), lip stretcher and presser (20, 24), set jaw.
        Drive::Strain => {
            pull(v(16.0, 19.0, 88.0), 17.0, v(-2.6, -4.2, 0.6))
                + pull(v(40.0, 20.0, 74.0), 14.0, v(-1.0, -2.6, 0.0))
                + pull(v(40.0, -24.0, 70.0), 18.0, v(0.0, 2.6, 1.0))
                + pull(v(25.0, -72.0, 86.0), 11.0, v(3.0, -0.8, -1.2))
                + pull(v(18.0, -43.0, 97.0), 8.0, v(1.2, 1.2, 0.0))
                + pull(v(52.0, -62.0, 20.0), 20.0, v(2.6, 0.0, 0.0))
        }
        // Inner brow raiser (1) with the brow lowerer (4), lip corner depressor (15), jaw drop (26).
        Drive::Anguish => {
            pull(v(8.0, 19.0, 92.0), 13.0, v(-1.4, 5.2, 0.0))
                + pull(v(44.0, 20.0, 72.0), 12.0, v(0.0, -2.0, 0.0))
                + pull(v(40.0, -24.0, 70.0), 16.0, v(0.0, 1.6, 0.8))
                + pull(v(25.0, -72.0, 86.0), 10.0, v(1.6, -2.6, -0.8))
                + pull(v(12.0, -64.0, 97.0), 9.0, v(0.0, 1.6, 0.0))
                + drop_jaw(q, ANGUISH_JAW_RAD)
        }
        Drive::Gasp => drop_jaw(q, GASP_JAW_RAD) + pull(v(25.0, -72.0, 86.0), 9.0, v(-1.8, 0.0, 0.6)),
        Drive::Breath | Drive::Blink => Vec3::ZERO,
    }
}

/// How far a place moves with the lower jaw, 0..1: parted sharply between the lips, smoothly over the cheek and the throat.
fn lower_jaw(q: Vec3) -> f32 {
    let soft = 0.6 + 34.0 * smoothstep(20.0, 48.0, q.x) + 20.0 * smoothstep(70.0, 30.0, q.z);
    let under = smoothstep(soft, -soft, q.y - parting(q.x) + 0.3 * soft);
    // The lip is held at the corner of the mouth, so that an open mouth is round.
    let held = 0.8 * smoothstep(5.0, 26.0, q.x) * bell(q.y + 74.0, 13.0) * smoothstep(60.0, 80.0, q.z);
    under * (1.0 - held) * smoothstep(-12.0, 50.0, q.z) * smoothstep(-185.0, -112.0, q.y)
}

/// The shift of a jaw turned by `angle_rad` about the joint before the ears.
fn drop_jaw(q: Vec3, angle_rad: f32) -> Vec3 {
    let from_joint = v(0.0, q.y + 14.0, q.z - 6.0);
    (Quat::from_rotation_x(angle_rad) * from_joint - from_joint) * lower_jaw(q)
}

fn hair(build: &Build, detail: f32) -> Part {
    let strokes = skull();
    let face = build.face;
    let field = |p: Vec3| {
        let q = v(p.x.abs(), p.y, p.z);
        distance(&strokes, q) - hair_depth(&face, q) - 0.45 * noise(p / 3.5) - 0.25 * noise(p / 1.6)
    };
    let grid = Grid::even(v(-100.0, -92.0, -125.0), v(100.0, 135.0, 112.0), 6.8 * detail);
    let mesh = polygonise(&grid, &field, 0.9, 0.6);
    let hair = material("hair", face.hair_reflectance, 0.9, 0.008, 0.02);
    Part::new("hair", mesh, hair, Region::Skull, |p, _| 1.0 + 0.25 * noise(p / 2.3) + 0.15 * noise(p / 0.9))
}

/// Height of the hair above the skull, in millimetres; negative beyond the hairline, so that the shell dives under the skin.
fn hair_depth(face: &Face, q: Vec3) -> f32 {
    // The hairline runs over the forehead, back at the temple, down before the ear and round the nape.
    let corner = 8.0 * face.receding * bell(q.x - 34.0, 16.0);
    let front = 78.0 + corner - 0.006 * q.x * q.x;
    let side = smoothstep(30.0, -10.0, q.z);
    let nape = -68.0 + 0.25 * q.x;
    let low = front * (1.0 - side) + nape * side;
    let edge = q.y - low + 2.5 * noise(q / 5.0);
    let around_ear = (v(0.0, q.y + 9.0, q.z + 14.0) / v(1.0, 31.0, 17.0)).length() - 1.0;
    let inward = edge.min(around_ear * 24.0);
    let over = smoothstep(-5.0, 24.0, inward);
    let long = face.hair_mm * (0.45 + 0.55 * smoothstep(20.0, 90.0, q.y));
    -2.6 + 3.6 * smoothstep(-4.0, 1.5, inward) + over * long
}

fn ears(build: &Build, detail: f32) -> [Part; 2] {
    let mut clay = Clay { strokes: Vec::new() };
    let tilt = Quat::from_rotation_y(0.42) * Quat::from_rotation_x(-0.22);
    let ellipsoid = |centre: Vec3, radii: Vec3| Solid::Ellipsoid { centre, radii, local_from_field: tilt.inverse() };
    clay.add(ellipsoid(v(75.0, -10.0, -14.0), v(5.4, 29.0, 17.0)), 0.0);
    clay.cut(ellipsoid(v(81.5, -7.0, -13.0), v(5.0, 22.0, 11.5)), 2.5);
    clay.add(ellipsoid(v(75.5, -8.0, -16.0), v(4.0, 17.0, 8.0)), 3.0);
    clay.cut(ellipsoid(v(79.0, -13.0, -8.5), v(7.0, 9.0, 6.5)), 2.5);
    clay.ball(v(72.0, -12.0, 1.0), v(4.0, 6.0, 4.0), 3.0);
    clay.ball(v(73.5, -36.0, -7.0), v(4.0, 7.5, 6.5), 5.0);
    let grid = Grid::even(v(60.0, -54.0, -46.0), v(98.0, 30.0, 14.0), 3.2 * detail);
    let left = polygonise(&grid, &|p| distance(&clay.strokes, p), 0.7, 0.8);
    let right = left.mirrored();
    let hollow = v(76.0, -13.0, -8.5);
    let shade = |p: Vec3, _: Vec3| 1.0 - 0.3 * bell((v(p.x.abs(), p.y, p.z) - hollow).length(), 8.0);
    [left, right].map(|mesh| Part::new("ear", mesh, skin_material(build), Region::Skull, shade))
}
