//! The gaffer: how strongly each lamp shines in each shot.
//!
//! Lamps keep their places, so light always comes from where the street says; but as on a film set every set-up is lit anew: what shines from beside
//! the lens is taken down, what models a face from the side is the key, what comes from behind draws edges. A plan is a factor a lamp. All plans of a few
//! steps are weighed by what they would make of both faces at some moments of the shot (tone of the lit side, ratio of lit to unlit side, an edge against the
//! dark) and the best is kept for the whole shot, so that nothing changes but at cuts.
//!
//! Tones follow skin: the darker face isn't to print as the lighter one does, but as well: each has its own middle tone, between the same share of it and an
//! equal one (see [`wanted_tone`]).

use crate::{film::EXPOSURE, lamp::Lamp};
use clinch_model::{CameraPose, Cast, Cut, Performance, Placed, SEGMENTS, Segment, Shape, Shot, cast::Substance};
use glam::Vec3;
use std::f32::consts::PI;

/// Most lamps of a set.
pub(crate) const MOST_LAMPS: usize = 8;
/// Factors that a lamp may get.
const STEPS: [f32; 4] = [0.0, 0.45, 1.2, 2.4];
/// Moments of a shot that are looked at.
const LOOKS: usize = 5;
/// How much brighter the lit half of what is seen of a face is to be than the other one, at least and at most, in stops.
const WANTED_RATIO_STOPS: [f32; 2] = [1.1, 2.4];
/// Irradiance from behind that draws an edge.
const WANTED_EDGE: f32 = 0.7;
/// Cosine between lamp and lens, on the ground, above which a lamp flattens.
const FRONTAL: f32 = 0.80;

/// Directions on a head in its own frame (x to its left, y up, z ahead) whose tones are weighed: brow, cheeks, temples, chin.
const PATCHES: [Vec3; 7] = [
    Vec3::new(0.0, 0.0, 1.0),
    Vec3::new(0.6, 0.0, 0.8),
    Vec3::new(-0.6, 0.0, 0.8),
    Vec3::new(0.95, 0.0, 0.312),
    Vec3::new(-0.95, 0.0, 0.312),
    Vec3::new(0.0, 0.6, 0.8),
    Vec3::new(0.0, -0.5, 0.866),
];

/// A face at a moment, as the camera of a shot has it.
struct Face {
    /// Share of light that the skin gives back.
    reflectance: f32,
    /// How much it counts: whether it is in the picture, and turned to the lens.
    weight: f32,
    /// `[patch]`: how much the camera sees of it, and `[lamp]` its irradiance at factor 1; only of patches that it sees.
    patches: Vec<(f32, [f32; MOST_LAMPS])>,
    /// `[lamp]`: irradiance that reaches the head at factor 1 and comes from behind it as the camera sees it.
    edge: [f32; MOST_LAMPS],
}

/// The factors of the lamps for a shot; the first lamp is the set's own and stays as it is. `fill` is the irradiance that reaches everything.
pub(crate) fn plan(lamps: &[Lamp], fill: f32, cast: &Cast, performance: &Performance, cut: &Cut, shot: &Shot) -> Vec<f32> {
    let faces = faces(lamps, cast, performance, cut, shot);
    let middle = &shot.camera[shot.camera.len() / 2];
    let frontal: Vec<f32> = lamps.iter().map(|lamp| frontality(lamp, middle)).collect();
    let free = lamps.len().saturating_sub(1).min(MOST_LAMPS - 1);
    let mut best = (f32::INFINITY, vec![1.0; lamps.len()]);
    for code in 0..STEPS.len().pow(free as u32) {
        let mut factors = vec![1.0; lamps.len()];
        let mut rest = code;
        for factor in &mut factors[1..=free] {
            *factor = STEPS[rest % STEPS.len()];
            rest /= STEPS.len();
        }
        let cost = cost(&faces, &factors, &frontal, fill);
        if cost < best.0 {
            best = (cost, factors);
        }
    }
    best.1
}

/// How much a lamp stands beside the lens, seen from what the camera looks at: 0..1.
fn frontality(lamp: &Lamp, camera: &CameraPose) -> f32 {
    let subject_m = camera.eye_m + camera.turn * Vec3::NEG_Z * camera.focus_m;
    let flat = |v: Vec3| v.with_y(0.0).normalize_or_zero();
    let cos = flat(lamp.centre_m - subject_m).dot(flat(camera.eye_m - subject_m));
    ((cos - FRONTAL) / (1.0 - FRONTAL)).clamp(0.0, 1.0)
}

fn faces(lamps: &[Lamp], cast: &Cast, performance: &Performance, cut: &Cut, shot: &Shot) -> Vec<Face> {
    let mut faces = Vec::new();
    let frames = shot.end_frame - shot.first_frame;
    for look in 0..LOOKS as u64 {
        let frame = (frames * (2 * look + 1)) / (2 * LOOKS as u64);
        let Some(camera) = shot.camera.get(frame as usize) else { continue };
        let people = performance.at(cut.rate.start_of(shot.first_frame + frame)).people;
        let placed = [0, 1].map(|who| cast.people[who].skeleton.place(&people[who].pose));
        for who in 0..2 {
            faces.extend(face(lamps, cast, who, &placed, camera, cut.aspect));
        }
    }
    faces
}

fn face(lamps: &[Lamp], cast: &Cast, who: usize, placed: &[[Placed; SEGMENTS]; 2], camera: &CameraPose, aspect: f32) -> Option<Face> {
    let head = placed[who][Segment::Head.index()];
    let skeleton = &cast.people[who].skeleton;
    let at_m = head.point(skeleton.centre_in_segment_m(Segment::Head));
    let seen = camera.project(aspect, at_m);
    if seen.z <= 0.0 || seen.x.abs() > 1.0 || seen.y.abs() > 1.0 {
        return None;
    }
    let to_eye = (camera.eye_m - at_m).normalize();
    let turned = (head.turn * Vec3::Z).dot(to_eye);
    let surface = &cast.people[who].surface;
    let flesh = surface.materials.iter().find(|material| material.substance() == Substance::Flesh);
    let reaches: Vec<f32> = lamps
        .iter()
        .map(|lamp| {
            let towards = (lamp.centre_m - at_m).normalize();
            let open = placed.iter().enumerate().all(|(whose, placed)| whose == who || !stands_between(cast, whose, placed, at_m, towards));
            // What a body hides of a lamp at one look it may not at the next.
            if open { 1.0 } else { 0.15 }
        })
        .collect();
    let mut face = Face {
        reflectance: flesh.map_or(0.3, |flesh| flesh.reflectance),
        weight: (0.5 + 0.5 * turned).clamp(0.0, 1.0),
        patches: Vec::new(),
        edge: [0.0; MOST_LAMPS],
    };
    for patch in PATCHES {
        let normal = head.turn * patch;
        let seen = normal.dot(to_eye);
        if seen < 0.15 {
            continue;
        }
        let mut light = [0.0; MOST_LAMPS];
        for ((light, lamp), reach) in light.iter_mut().zip(lamps).zip(&reaches) {
            let arriving = lamp.guess(at_m);
            *light = arriving.irradiance * arriving.direction.dot(normal).max(0.0) * reach;
        }
        face.patches.push((seen, light));
    }
    for ((edge, lamp), reach) in face.edge.iter_mut().zip(lamps).zip(&reaches) {
        let arriving = lamp.guess(at_m);
        *edge = arriving.irradiance * (-arriving.direction.dot(to_eye) - 0.1).max(0.0) * reach;
    }
    Some(face)
}

/// Whether a person stands in the way from a point into a direction.
fn stands_between(cast: &Cast, whose: usize, placed: &[Placed; SEGMENTS], from_m: Vec3, towards: Vec3) -> bool {
    const STEPS: i32 = 12;
    const STEP_M: f32 = 0.12;
    let skeleton = &cast.people[whose].skeleton;
    (1..=STEPS).any(|step| {
        let at_m = from_m + towards * (step as f32 * STEP_M);
        Segment::ALL.iter().any(|segment| {
            let local = placed[segment.index()].inverse_point(at_m);
            match skeleton.shape[segment.index()] {
                Shape::Capsule { a_m, b_m, radius_m } => {
                    let along = b_m - a_m;
                    let t = ((local - a_m).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
                    local.distance(a_m + along * t) < radius_m
                }
                Shape::Cuboid { centre_m, half_m } => (local - centre_m).abs().cmple(half_m).all(),
            }
        })
    })
}

/// Exposure, on the stock's scale, that the lit side of a face of a reflectance is to have: half-way, in stops, between what the same light on
/// both skins gives and the same tone for both.
fn wanted_tone(reflectance: f32) -> f32 {
    0.75 * reflectance.sqrt()
}

/// Means of the darker and the brighter half of what is seen of a face; `tones` are tones and how much is seen of each, ascending.
fn halves(tones: &[(f32, f32)]) -> [f32; 2] {
    let half = tones.iter().map(|(_, seen)| seen).sum::<f32>() / 2.0;
    let (mut means, mut before) = ([0.0; 2], 0.0);
    for &(tone, seen) in tones {
        let darker = (half - before).clamp(0.0, seen);
        means[0] += tone * darker / half.max(1e-6);
        means[1] += tone * (seen - darker) / half.max(1e-6);
        before += seen;
    }
    means
}

/// What is wrong with a plan, in faults.
fn cost(faces: &[Face], factors: &[f32], frontal: &[f32], fill: f32) -> f32 {
    let sum = |light: &[f32; MOST_LAMPS]| light.iter().zip(factors).map(|(light, factor)| light * factor).sum::<f32>();
    let mut cost = 0.0;
    for face in faces {
        let tone = |irradiance: f32| EXPOSURE * face.reflectance / PI * irradiance;
        let mut tones: Vec<(f32, f32)> = face.patches.iter().map(|(seen, light)| (tone(sum(light) + fill), *seen)).collect();
        tones.sort_by(|a, b| a.0.total_cmp(&b.0));
        let [low, lit] = halves(&tones);
        if lit > 0.0 {
            let off_stops = (lit / wanted_tone(face.reflectance)).log2();
            // Too bright is worse than too dark: a burnt face is lost, a dark one is night.
            let off_stops = if off_stops > 0.0 { 1.5 * off_stops } else { off_stops };
            let ratio_stops = (lit / low.max(1e-4)).log2();
            let off_ratio = (WANTED_RATIO_STOPS[0] - ratio_stops).max(0.0) + (ratio_stops - WANTED_RATIO_STOPS[1]).max(0.0);
            cost += face.weight * (off_stops * off_stops + off_ratio * off_ratio);
        }
        let edge_stops = (WANTED_EDGE / sum(&face.edge).max(0.02)).log2();
        cost += 0.35 * edge_stops.abs().min(3.0).powi(2) * if edge_stops > 0.0 { 1.0 } else { 0.5 };
    }
    let looks = (faces.len() as f32).max(1.0);
    let flat: f32 = frontal.iter().zip(factors).skip(1).map(|(frontal, factor)| frontal * factor).sum();
    // Nobody wants more light than is needed.
    let spent: f32 = factors.iter().skip(1).sum();
    cost / looks + 0.5 * flat + 0.03 * spent
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face that sees its first lamp on one side, its second on the other and its third from the lens, its fourth from behind; seen from the front.
    fn face(reflectance: f32) -> Face {
        let lamps = |lit: [f32; 4]| [lit[0], lit[1], lit[2], lit[3], 0.0, 0.0, 0.0, 0.0];
        Face {
            reflectance,
            weight: 1.0,
            patches: vec![
                (1.0, lamps([0.3, 0.3, 0.5, 0.0])),
                (0.8, lamps([0.5, 0.05, 0.4, 0.0])),
                (0.8, lamps([0.05, 0.5, 0.4, 0.0])),
                (0.3, lamps([0.5, 0.0, 0.1, 0.0])),
                (0.3, lamps([0.0, 0.5, 0.1, 0.0])),
            ],
            edge: lamps([0.0, 0.0, 0.0, 0.7]),
        }
    }

    #[test]
    fn halves_are_means_of_what_is_seen() {
        assert_eq!(halves(&[(1.0, 1.0), (3.0, 1.0)]), [1.0, 3.0]);
        // Of three quarters at 1 and a quarter at 5, the brighter half is half and half.
        assert_eq!(halves(&[(1.0, 3.0), (5.0, 1.0)]), [1.0, 3.0]);
        assert_eq!(halves(&[]), [0.0; 2]);
    }

    #[test]
    fn light_from_one_side_and_an_edge_are_better_than_light_from_the_lens() {
        for reflectance in [0.1, 0.2, 0.4] {
            let faces = [face(reflectance)];
            let of = |factors: [f32; 4]| cost(&faces, &factors, &[0.0, 0.0, 1.0, 0.0], 0.03);
            let best = |side: [f32; 4]| STEPS.map(|step| of(side.map(|factor| factor * step))).into_iter().fold(f32::INFINITY, f32::min);
            let (from_side, from_both, from_lens) = (best([1.0, 0.0, 0.0, 1.0]), best([1.0, 1.0, 0.0, 1.0]), best([0.0, 0.0, 1.0, 1.0]));
            assert!(from_side < from_both && from_side < from_lens, "{reflectance}: {from_side} {from_both} {from_lens}");
            assert!(of([1.2, 0.0, 0.0, 1.2]) < of([1.2, 0.0, 0.0, 0.0]), "an edge");
        }
    }

    #[test]
    fn the_darker_face_gets_more_light_but_stays_the_darker_one() {
        let [dark, light] = [0.1, 0.4].map(wanted_tone);
        assert!(dark < light && dark / 0.1 > light / 0.4);
    }
}
