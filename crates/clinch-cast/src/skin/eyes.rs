//! Eyeballs: a globe with the bulge of the cornea, and a picture of iris, pupil, limbus and veins.

use crate::{
    figure::Figure,
    noise::{Stream, ramp, value},
    part::{Part, material},
};
use clinch_model::cast::{Bone, Follow, Texel, Texture};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use std::f32::consts::TAU;

/// Rings from the pole at the pupil to where the socket hides the globe, and meridians.
const RINGS: usize = 26;
const MERIDIANS: usize = 48;

/// Angle from the pupil up to which the globe is made, in radians.
const OPEN_RAD: f32 = 1.9;

/// Radius of the iris, in metres; adults' differ little (mean 5.9 mm).
const IRIS_M: f32 = 0.0060;

/// Radius of the pupil in dim light under a hard lamp, in metres.
const PUPIL_M: f32 = 0.0021;

/// How far the cornea stands out over the globe, as a share of the globe's radius; a real one does by 0.2, but lids here don't give way to it.
pub const BULGE: f32 = 0.045;

/// Texels a side.
const SIZE: u32 = 512;

/// Reflectance of the white.
const WHITE: f32 = 0.45;

/// The two eyeballs, each following its bone only; both show one picture.
pub fn parts(figure: &Figure) -> Vec<Part> {
    let globes: Vec<Globe> = figure.rig.bones.iter().enumerate().filter_map(|(index, bone)| Globe::new(index, bone)).collect();
    let iris = globes.iter().map(|globe| globe.iris).sum::<f32>() / globes.len().max(1) as f32;
    let picture = picture(iris_tone(figure), iris);
    globes.iter().map(|globe| Part { texture: Some(picture.clone()), ..globe.part() }).collect()
}

/// An eyeball's measures.
struct Globe {
    bone: usize,
    centre: Vec3,
    /// In metres.
    radius: f32,
    /// Angular radius of the iris, in radians.
    iris: f32,
}

impl Globe {
    /// The eyeball that a bone turns; none for other bones.
    fn new(index: usize, bone: &Bone) -> Option<Self> {
        let Follow::Gaze { radius_m } = bone.follow else { return None };
        let radius = radius_m / (1.0 + BULGE);
        Some(Self { bone: index, centre: bone.bind_origin_m, radius, iris: (IRIS_M / radius).asin() })
    }

    fn part(&self) -> Part {
        let mut part = self.mesh();
        part.skin = vec![[(self.bone as u8, 1.0), (0, 0.0), (0, 0.0), (0, 0.0)]; part.position_m.len()];
        part.shade = vec![1.0; part.position_m.len()];
        part.material = Some(material("eye", WHITE, 0.09, 0.035, 0.0));
        part
    }

    /// Places, triangles and where they are in the picture.
    fn mesh(&self) -> Part {
        let mut part = Part::default();
        for ring in 0..=RINGS {
            // Rings are closer at the iris.
            let angle = OPEN_RAD * (ring as f32 / RINGS as f32).powf(1.25);
            for meridian in 0..MERIDIANS {
                let around = TAU * meridian as f32 / MERIDIANS as f32;
                let out = Vec3::new(angle.sin() * around.cos(), angle.sin() * around.sin(), angle.cos());
                let bulge = 1.0 + BULGE * ramp(angle, self.iris * 1.25, self.iris * 0.2);
                part.position_m.push(self.centre + out * self.radius * bulge);
            }
        }
        let place = |ring: usize, meridian: usize| {
            let (r, around) = ((ring as f32 / RINGS as f32).powf(1.25) * 0.5, TAU * meridian as f32 / MERIDIANS as f32);
            Vec2::new(0.5 + r * around.cos(), 0.5 - r * around.sin())
        };
        for ring in 0..RINGS {
            for meridian in 0..MERIDIANS {
                let next = (meridian + 1) % MERIDIANS;
                let at = |r: usize, m: usize| (r * MERIDIANS + m) as u32;
                let quad = [at(ring, meridian), at(ring + 1, meridian), at(ring + 1, next), at(ring, next)];
                let uv = [place(ring, meridian), place(ring + 1, meridian), place(ring + 1, next), place(ring, next)];
                for corners in [[0, 1, 2], [0, 2, 3]] {
                    part.triangles.push(corners.map(|c| quad[c]));
                    part.uv.push(corners.map(|c| uv[c]));
                }
            }
        }
        part
    }
}

/// Reflectance of an iris: from nearly black to pale grey. Pale ones are European; of those most are middling.
fn iris_tone(figure: &Figure) -> f32 {
    let mut stream = Stream::new(figure.spec.seed ^ figure.spec.who.index() as u64, "iris");
    let pale = (figure.spec.ancestry.european - 0.5).max(0.0) * 2.0;
    0.035 + pale * (0.07 + 0.09 * stream.unit())
}

/// A picture of the eye seen from the front, for an iris of a reflectance and an angular radius.
fn picture(tone: f32, iris: f32) -> Texture {
    let pupil = iris * PUPIL_M / IRIS_M;
    let texel = |i: u32| {
        let at = (Vec2::new((i % SIZE) as f32, (i / SIZE) as f32) + 0.5) / SIZE as f32 * 2.0 - 1.0;
        let (angle, around) = (at.length() * OPEN_RAD, at.y.atan2(at.x));
        let r = angle / iris;
        let ray = Vec3::new(around.cos() * 9.0, around.sin() * 9.0, r * 0.8);
        let fibre = 0.6 * value(ray, 0.9, 3) + 0.4 * value(ray, 0.35, 4);
        // A paler ring around the pupil's edge, a dark one at the limbus.
        let mut iris_tone = tone * (1.0 + 0.45 * fibre) * (0.75 + 0.5 * ramp(r, 0.8, 0.45)) * (1.0 - 0.75 * ramp(r, 0.80, 1.0));
        iris_tone = iris_tone.max(0.008);
        let inner = ramp(angle, pupil * 0.94, pupil * 1.06);
        let outer = ramp(r, 0.95, 1.10);
        let vein_place = Vec3::new(at.x, at.y, 0.3);
        let vein = (1.0 - value(vein_place, 0.11, 8).abs() * 9.0).max(0.0) * ramp(r, 1.4, 2.6) * (0.5 + 0.5 * value(vein_place, 0.3, 9));
        let white =
            WHITE * (1.0 - 0.28 * ramp(angle, iris * 1.3, 1.25)) * (1.0 - 0.16 * vein.max(0.0)) * (1.0 + 0.04 * value(vein_place, 0.06, 2));
        let inside = 0.004 + (iris_tone - 0.004) * inner;
        let shown = inside + (white - inside) * outer;
        Texel { reflectance: (shown / WHITE * 128.0).clamp(0.0, 255.0) as u8, ..Texel::PLAIN }
    };
    Texture { name: "eye".into(), width: SIZE, height: SIZE, texels: (0..SIZE * SIZE).into_par_iter().map(texel).collect(), relief_m: 0.0 }
}
