//! Where things are on a head, as functions of a place on MakeHuman's unshaped base mesh.
//!
//! The base mesh is the same for everybody before it is shaped, so lips, brows, beard and hairline are drawn once on it, in its own metres
//! (y up, z forward, x to the person's left, pelvis at the origin), and shaping carries them to where this person has them. Distances are the
//! base mesh's, whose head is about as large as an adult's. Read from its front and side views.

use crate::noise::ramp;
use glam::{Vec2, Vec3};

/// Middle of the (left) opening of the eye.
pub const EYE: Vec3 = Vec3::new(0.0315, 0.7285, 0.136);

/// Height of the line between the lips.
const MOUTH_Y_M: f32 = 0.6605;

/// Edge of the hair, as seen from the side: (z, y), hair to the left of the way, an average man's.
const HAIRLINE: [Vec2; 19] = [
    Vec2::new(0.170, 0.7920),
    Vec2::new(0.139, 0.7940),
    Vec2::new(0.126, 0.7990),
    Vec2::new(0.1170, 0.7860),
    Vec2::new(0.1045, 0.7670),
    Vec2::new(0.0930, 0.7500),
    Vec2::new(0.0815, 0.7350),
    Vec2::new(0.0785, 0.7060),
    Vec2::new(0.0670, 0.7040),
    Vec2::new(0.0640, 0.7360),
    Vec2::new(0.0520, 0.7425),
    Vec2::new(0.0360, 0.7380),
    Vec2::new(0.0275, 0.7200),
    Vec2::new(0.0240, 0.6900),
    Vec2::new(0.0160, 0.6680),
    Vec2::new(-0.0050, 0.6600),
    Vec2::new(-0.0800, 0.6590),
    Vec2::new(-0.0800, 0.9000),
    Vec2::new(0.1700, 0.9000),
];

/// Whether a place belongs to the head, its neck or what hangs on it.
pub fn on_head(p: Vec3) -> bool {
    p.y > 0.56 && p.x.abs() < 0.10
}

/// How far inside the hairline a place is, in metres; negative outside. `receding` 0..1 takes the temples and the front back.
pub fn inside_hairline_m(p: Vec3, receding: f32) -> f32 {
    let q = Vec2::new(p.z, p.y);
    let mut line = HAIRLINE;
    line[0].y += 0.008 * receding;
    line[1] += Vec2::new(-0.004, 0.010) * receding;
    line[2] += Vec2::new(-0.034, 0.022) * receding;
    line[3] += Vec2::new(-0.020, 0.004) * receding;
    line[4] += Vec2::new(-0.010, 0.0) * receding;
    let mut distance = f32::MAX;
    let mut inside = false;
    for i in 0..line.len() {
        let (a, b) = (line[i], line[(i + 1) % line.len()]);
        let along = ((q - a).dot(b - a) / (b - a).length_squared()).clamp(0.0, 1.0);
        distance = distance.min(q.distance(a + (b - a) * along));
        if (a.y > q.y) != (b.y > q.y) && q.x < (b.x - a.x) * (q.y - a.y) / (b.y - a.y) + a.x {
            inside = !inside;
        }
    }
    // Ears stand off the head.
    let ear = ear(p);
    if inside && ear < 0.5 { distance } else { -distance.max(0.004 * ear) }
}

/// 1 on the ear, 0 off it.
pub fn ear(p: Vec3) -> f32 {
    let out = ramp(p.x.abs(), 0.0715, 0.0755);
    let inside = Vec2::new((p.z - 0.048) / 0.0185, (p.y - 0.708) / 0.030).length();
    out * ramp(inside, 1.12, 0.98)
}

/// How far inside the red of the lips a place is, in metres (negative outside), and whether it is the upper lip's.
pub fn lips_m(p: Vec3) -> (f32, bool) {
    let x = p.x.abs();
    let t = (x / 0.0268).min(1.0);
    let upper = p.y > MOUTH_Y_M - 0.0008 * (1.0 - t);
    // Cupid's bow: two peaks beside a dip, then a slightly hollow fall to the corner.
    let bow = 0.0105 * (1.0 - t.powf(1.6)) - 0.0016 * ramp(x, 0.0065, 0.0) + 0.0004 * ramp(x, 0.003, 0.007);
    let bed = 0.0100 * (1.0 - t * t).max(0.0).powf(0.75);
    let inside = if upper { MOUTH_Y_M + bow - p.y } else { p.y - (MOUTH_Y_M - bed) };
    let front = p.z - 0.128;
    let beside = 0.0275 - x;
    (inside.min(front).min(beside), upper)
}

/// How strongly hair of the brow grows at a place, 0..1, how far along the brow it is (0 beside the nose .. 1 at the temple) and how far
/// above its middle line, in metres.
pub fn brow(p: Vec3) -> (f32, f32, f32) {
    const LINE: [Vec2; 7] = [
        Vec2::new(0.0095, 0.7435),
        Vec2::new(0.0160, 0.7465),
        Vec2::new(0.0240, 0.7488),
        Vec2::new(0.0320, 0.7500),
        Vec2::new(0.0400, 0.7498),
        Vec2::new(0.0470, 0.7478),
        Vec2::new(0.0530, 0.7440),
    ];
    let q = Vec2::new(p.x.abs(), p.y);
    if p.z < 0.10 || q.x < 0.005 || !(0.733..0.764).contains(&q.y) {
        return (0.0, 0.0, 0.0);
    }
    let mut best = (f32::MAX, 0.0, 0.0);
    for i in 0..LINE.len() - 1 {
        let (a, b) = (LINE[i], LINE[i + 1]);
        let t = (q - a).dot(b - a) / (b - a).length_squared();
        let clamped = t.clamp(0.0, 1.0);
        let off = q - (a + (b - a) * clamped);
        if off.length() < best.0 {
            best = (off.length(), (i as f32 + clamped) / (LINE.len() - 1) as f32, off.y.signum() * off.length());
        }
    }
    let (distance, along, above) = best;
    let half = 0.0050 * ramp(along, -0.25, 0.25) * (1.0 - 0.72 * ramp(along, 0.45, 1.0));
    (ramp(distance, half, 0.45 * half) * ramp(along, -0.02, 0.10).max(0.3) * (1.0 - 0.45 * ramp(along, 0.75, 1.0)), along, above)
}

/// How densely a beard grows at a place, 0..1.
pub fn beard(p: Vec3) -> f32 {
    let x = p.x.abs();
    if p.z < -0.01 || p.y > 0.745 {
        return 0.0;
    }
    let (lip, _) = lips_m(p);
    // Sideburn and jaw: below a line from the ear to the corner of the mouth.
    let line = 0.704 - 0.44 * ((p.z - 0.079) / 0.5).clamp(-0.02, 0.2) - 0.24 * ramp(p.z, 0.085, 0.128) * 0.1;
    let cheek = ramp(p.y, line + 0.008, line - 0.006) * ramp(p.z, 0.050, 0.066);
    let burn = ramp(p.z, 0.062, 0.068) * ramp(p.z, 0.0805, 0.074) * ramp(p.y, 0.738, 0.728);
    // Moustache: between the nose and the red, thin under the nose itself.
    // Its sides follow the fold from nose to mouth.
    let fold = 0.0185 + 0.85 * (0.684 - p.y).max(0.0);
    let moustache =
        ramp(p.y, 0.6845, 0.6775) * ramp(x, fold + 0.002, fold - 0.005) * ramp(p.z, 0.12, 0.132) * (1.0 - 0.45 * ramp(x, 0.0045, 0.001));
    let chin = ramp(p.y, 0.648, 0.640) * ramp(p.z, 0.10, 0.12);
    let neck = ramp(p.y, 0.575, 0.612) * ramp(p.z, 0.030, 0.060);
    let below = ramp(p.y, 0.655, 0.646).max(ramp(p.z, 0.135, 0.12));
    let grown = burn.max((cheek * below.max(moustache)).max(moustache)).max(chin);
    let grown = if p.y < 0.640 { grown.max(neck * ramp(p.z, 0.03, 0.07)) } else { grown };
    // Bare beside the lower lip's middle.
    let bare = 0.6 * ramp(Vec2::new((x - 0.013) / 0.008, (p.y - 0.645) / 0.005).length(), 1.3, 0.2);
    (grown.min(1.0) * ramp(lip, 0.0006, -0.0012) * (1.0 - bare) * neck_fade(p)).clamp(0.0, 1.0)
}

fn neck_fade(p: Vec3) -> f32 {
    ramp(p.y, 0.572, 0.60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::human::Human;

    #[test]
    fn the_parts_of_a_face_are_where_they_are() {
        let at = |x: f32, y: f32, z: f32| Vec3::new(x, y, z);
        assert!(inside_hairline_m(at(0.0, 0.849, 0.06), 0.0) > 0.02, "the crown has hair");
        assert!(inside_hairline_m(at(0.0, 0.75, -0.038), 0.0) > 0.02, "the back has hair");
        assert!(inside_hairline_m(at(0.0, 0.76, 0.152), 0.0) < -0.01, "the forehead has none");
        assert!(inside_hairline_m(at(0.06, 0.69, 0.1), 0.0) < -0.005, "the cheek has none");
        assert!(inside_hairline_m(at(0.05, 0.81, 0.115), 0.0) > 0.0 && inside_hairline_m(at(0.05, 0.81, 0.115), 0.9) < 0.0);
        assert!(lips_m(at(0.0, 0.666, 0.158)).0 > 0.0 && lips_m(at(0.0, 0.656, 0.155)).0 > 0.0);
        assert!(lips_m(at(0.0, 0.676, 0.157)).0 < 0.0 && lips_m(at(0.035, 0.661, 0.13)).0 < 0.0);
        assert!(brow(at(0.03, 0.751, 0.145)).0 > 0.8 && brow(at(0.03, 0.735, 0.145)).0 == 0.0);
        assert!(beard(at(0.0, 0.625, 0.145)) > 0.7 && beard(at(0.045, 0.71, 0.12)) < 0.05 && beard(at(0.0, 0.78, 0.15)) == 0.0);
    }

    #[test]
    fn left_and_right_are_alike() {
        let human = Human::load().unwrap();
        for v in human.body_vertices().step_by(7) {
            let p = human.position_m[v];
            let q = p * Vec3::new(-1.0, 1.0, 1.0);
            assert_eq!(
                (inside_hairline_m(p, 0.3), lips_m(p), brow(p), beard(p)),
                (inside_hairline_m(q, 0.3), lips_m(q), brow(q), beard(q))
            );
        }
    }
}
