//! Eyeballs and eyelids, drawn in face space (see [`crate::head`]).

use crate::part::Drive;
use crate::{
    build::{Build, Face},
    field::{noise, smoothstep},
    mesh::Mesh,
    part::{Part, material},
    rig::Region,
};
use glam::Vec3;

/// Centre of the left eyeball, in millimetres: half of 63 mm between the pupils.
pub const EYE_MM: Vec3 = Vec3::new(31.5, 0.0, 65.0);

/// Radius of an eyeball, in millimetres (anatomical mean 12).
const EYE_RADIUS_MM: f32 = 12.0;

/// Half axes of the shell on which the lids lie, in millimetres: a little outside the eyeball, wider than it because the corners
/// of the eye lie beyond it.
const LID_RADII_MM: Vec3 = Vec3::new(17.2, 14.2, 13.2);

/// Half the distance between the corners of the eye, in millimetres (palpebral fissure 30 mm).
const CORNER_MM: f32 = 14.6;

/// Columns of a lid from beyond one corner to beyond the other.
const COLUMNS: usize = 34;

/// Rows of a lid from its margin to where it has dived under the skin.
const ROWS: usize = 9;

/// How a lid is held: heights of the margins over the pupil's middle, in millimetres.
#[derive(Debug, Clone, Copy)]
struct Held {
    upper: f32,
    lower: f32,
    /// Lift of the upper lid's inner third, in millimetres.
    inner: f32,
}

impl Held {
    fn rest(face: &Face) -> Self {
        // Tiredness and age lower the lid over the iris, whose radius is 5.9 mm.
        Held { upper: 4.3 - 0.8 * face.age, lower: -5.0, inner: 0.0 }
    }

    /// Height of a margin at a share `u` of the way from the inner (−1) to the outer corner (1).
    fn height(&self, upper: bool, u: f32) -> f32 {
        // The outer corner stands a little higher than the inner one.
        let corners = -1.0 + 1.1 * (u + 1.0);
        let open = (1.0 - u * u).max(0.0);
        if upper {
            let peak = self.upper + self.inner * smoothstep(0.4, -0.7, u);
            corners * (1.0 - open) + peak * open.powf(0.62)
        } else {
            corners * (1.0 - open) + self.lower * open.powf(0.8)
        }
    }
}

/// A point of the lids' shell, relative to the eye's centre.
fn on_shell(x: f32, y: f32) -> Vec3 {
    // Below, the shell turns in earlier, under the cheek.
    let r = if y < 0.0 { LID_RADII_MM.with_y(12.0) } else { LID_RADII_MM };
    let left = 1.0 - (x / r.x) * (x / r.x) - (y / r.y) * (y / r.y);
    Vec3::new(x, y, r.z * left.max(0.0).sqrt() - 6.0 * (-left).max(0.0))
}

/// `[row][column]` of a lid; row 0 is the margin's inner edge, row 1 its outer edge.
fn lid_points(held: &Held, upper: bool) -> Vec<Vec3> {
    let mut points = Vec::with_capacity(ROWS * COLUMNS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let u = (column as f32 / (COLUMNS - 1) as f32 * 2.0 - 1.0) * 1.12;
            let x = u * CORNER_MM;
            let margin = held.height(upper, u.clamp(-1.0, 1.0));
            let far = if upper { 13.8 } else { -12.2 };
            let point = match row {
                0 => on_shell(x, margin) * 0.90,
                _ => {
                    let t = (row - 1) as f32 / (ROWS - 2) as f32;
                    // The margin stands a little proud of the lid's plate.
                    on_shell(x, margin + (far - margin) * t) * (1.0 + 0.012 * smoothstep(0.15, 0.0, t))
                }
            };
            points.push(point);
        }
    }
    points
}

/// One lid as a closed solid: the plate, its margin, and a fan to the middle of the eye.
fn lid(face: &Face, upper: bool) -> Part {
    let held = Held::rest(face);
    let points = lid_points(&held, upper);
    let mut mesh = Mesh::default();
    for (i, &p) in points.iter().enumerate() {
        let outward = (p / (LID_RADII_MM * LID_RADII_MM)).normalize_or(Vec3::Z);
        let across = if upper { Vec3::NEG_Y } else { Vec3::Y };
        let normal = if i < COLUMNS { (across + outward * 0.3).normalize() } else { outward };
        mesh.position_m.push(EYE_MM + p);
        mesh.normal.push(normal);
    }
    mesh.position_m.push(EYE_MM - Vec3::Z * 4.0);
    mesh.normal.push(Vec3::NEG_Z);
    let at = |row: usize, column: usize| (row * COLUMNS + column) as u32;
    let middle = (ROWS * COLUMNS) as u32;
    for column in 0..COLUMNS - 1 {
        for row in 0..ROWS - 1 {
            mesh.triangles.push([at(row, column), at(row, column + 1), at(row + 1, column + 1)]);
            mesh.triangles.push([at(row, column), at(row + 1, column + 1), at(row + 1, column)]);
        }
        mesh.triangles.push([at(0, column + 1), at(0, column), middle]);
        mesh.triangles.push([at(ROWS - 1, column), at(ROWS - 1, column + 1), middle]);
    }
    for row in 0..ROWS - 1 {
        mesh.triangles.push([at(row, 0), at(row + 1, 0), middle]);
        mesh.triangles.push([at(row + 1, COLUMNS - 1), at(row, COLUMNS - 1), middle]);
    }
    if !upper {
        mesh.triangles.iter_mut().for_each(|t| t.swap(1, 2));
    }
    let shade = |row: usize| match (row, upper) {
        (0, true) => 0.35,
        (1, true) => 0.25,
        (0, false) => 0.9,
        (1, false) => 0.7,
        (row, true) => 0.78 + 0.03 * row as f32,
        (row, false) => 0.74 + 0.03 * row as f32,
    };
    let shade = (0..mesh.position_m.len()).map(|i| shade(i / COLUMNS)).collect();
    let mut part = Part::new("lid", mesh, material("skin", 0.0, 0.0, 0.0, 0.0), Region::Skull, |_, _| 1.0);
    part.shade = shade;
    part.shifts = lid_shifts(&held, upper, &points);
    part
}

/// How the lids answer the state, as differences of whole lids.
fn lid_shifts(rest: &Held, upper: bool, points: &[Vec3]) -> Vec<(Drive, Vec<(u32, Vec3)>)> {
    let to = |held: Held| -> Vec<(u32, Vec3)> {
        lid_points(&held, upper).iter().zip(points).enumerate().map(|(i, (new, old))| (i as u32, *new - *old)).collect()
    };
    let closed = rest.lower + 1.6;
    vec![
        // The upper lid does the closing; the lower one comes up a little to meet it.
        (Drive::Blink, to(Held { upper: closed, lower: rest.lower + 1.2, inner: 0.0 })),
        (Drive::Strain, to(Held { upper: rest.upper - 1.5, lower: rest.lower + 1.8, inner: 0.0 })),
        (Drive::Anguish, to(Held { upper: rest.upper + 0.4, lower: rest.lower + 0.9, inner: 1.0 })),
    ]
}

/// An eyeball as a globe whose pole is the pupil, with rings where iris and pupil end.
fn globe() -> Part {
    // Polar angles in degrees: pupil 2.3 mm and iris 5.9 mm in radius.
    let rings = [5.0f32, 10.5, 11.5, 19.0, 26.5, 29.0, 31.5, 40.0, 55.0, 75.0, 100.0, 140.0];
    const AROUND: usize = 24;
    let mut mesh = Mesh::default();
    let mut shade = Vec::new();
    let mut push = |direction: Vec3, value: f32, mesh: &mut Mesh| {
        // The cornea stands out a little over the iris.
        let bulge = 1.0 + 0.04 * smoothstep(0.86, 0.98, direction.z);
        mesh.position_m.push(EYE_MM + direction * EYE_RADIUS_MM * bulge);
        mesh.normal.push(direction);
        shade.push(value);
    };
    push(Vec3::Z, 0.03, &mut mesh);
    for degrees in rings {
        let polar = degrees.to_radians();
        for k in 0..AROUND {
            let turn = k as f32 / AROUND as f32 * std::f32::consts::TAU;
            let value = match degrees {
                d if d < 11.0 => 0.03,
                d if d < 28.0 => 0.08 + 0.04 * noise(Vec3::new(turn.cos() * 5.0, turn.sin() * 5.0, 0.0)),
                d if d < 30.0 => 0.10,
                d if d < 36.0 => 0.85,
                // The white darkens towards the corners and under the lid.
                d => 0.95 - 0.005 * (d - 36.0).min(60.0),
            };
            push(Vec3::new(polar.sin() * turn.cos(), polar.sin() * turn.sin(), polar.cos()), value, &mut mesh);
        }
    }
    push(-Vec3::Z, 1.0, &mut mesh);
    let ring = |r: usize, k: usize| (1 + r * AROUND + k % AROUND) as u32;
    let last = mesh.position_m.len() as u32 - 1;
    for k in 0..AROUND {
        mesh.triangles.push([0, ring(0, k), ring(0, k + 1)]);
        for r in 0..rings.len() - 1 {
            mesh.triangles.push([ring(r, k), ring(r + 1, k), ring(r + 1, k + 1)]);
            mesh.triangles.push([ring(r, k), ring(r + 1, k + 1), ring(r, k + 1)]);
        }
        mesh.triangles.push([ring(rings.len() - 1, k), last, ring(rings.len() - 1, k + 1)]);
    }
    let wet = material("eye", 0.42, 0.10, 0.04, 0.0);
    Part { name: "eye", mesh, material: wet, shade, region: Region::Eye(0), shifts: Vec::new() }
}

/// Both eyeballs and all four lids, in face space.
pub fn parts(build: &Build, skin: &clinch_model::Material) -> Vec<Part> {
    let mut parts = Vec::new();
    for mut part in [globe(), lid(&build.face, true), lid(&build.face, false)] {
        if part.name == "lid" {
            part.material = skin.clone();
        }
        parts.push(part.mirrored());
        parts.push(part);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_lids_meet_over_the_eyeball_and_open_ones_show_the_pupil() {
        let treatment = clinch_model::Treatment::default();
        for who in clinch_model::Who::BOTH {
            let face = Build::of(who, &treatment).face;
            let rest = Held::rest(&face);
            assert!(rest.upper > 2.5 && rest.lower < -2.5);
            let shifted = |upper: bool| {
                let mut points = lid_points(&rest, upper);
                let shifts = lid_shifts(&rest, upper, &points.clone());
                let blink = &shifts.iter().find(|s| s.0 == Drive::Blink).unwrap().1;
                blink.iter().for_each(|&(i, shift)| points[i as usize] += shift);
                points
            };
            let (upper, lower) = (shifted(true), shifted(false));
            for column in 4..COLUMNS - 4 {
                let gap = upper[COLUMNS + column].y - lower[COLUMNS + column].y;
                assert!(gap < 0.7, "{who} column {column}: {gap} mm");
                assert!(upper[2 * COLUMNS + column].length() > EYE_RADIUS_MM);
            }
        }
    }
}
