//! How a body swells with its breath.

use crate::noise::ramp;
use glam::Vec3;

/// How far the front of the chest comes forward with full lungs, in metres: a deep breath adds some 5 cm to a chest's girth of a metre
/// (Moll & Wright, Ann. Rheum. Dis. 31, 1972), which is 8 mm all round.
const CHEST_M: f32 = 0.008;

/// How far the belly comes forward with a full breath, in metres.
const BELLY_M: f32 = 0.006;

/// How far the shoulders rise with a laboured breath, in metres.
const SHOULDERS_M: f32 = 0.009;

/// The shift of a point of the bind pose's body with full lungs, given the chest's lower joint and the standing height, all in metres; emptied
/// lungs shift it the other way.
pub fn shift(chest_m: Vec3, height_m: f32, p: Vec3) -> Vec3 {
    let q = (p - chest_m) / height_m;
    // Arms ride on the shoulders but don't swell.
    let trunk = ramp(q.x.abs(), 0.135, 0.095);
    let outward = Vec3::new(q.x, 0.0, q.z + 0.02).normalize_or_zero();
    let ahead = 0.65 + 0.35 * ramp(q.z, -0.03, 0.05);
    let ribs = outward * CHEST_M * ahead * trunk * bell(q.y - 0.075, 0.075);
    let belly = Vec3::Z * BELLY_M * trunk * bell(q.y + 0.055, 0.045) * ramp(q.z, 0.0, 0.06);
    let from_shoulder = Vec3::new((q.x.abs() - 0.085).max(0.0) * 0.6, q.y - 0.145, 0.0).length();
    let lift = Vec3::Y * SHOULDERS_M * bell(from_shoulder, 0.06) * ramp(q.x.abs(), 0.015, 0.06);
    ribs + belly + lift
}

/// A bell of half width `width`: 1 at 0.
fn bell(x: f32, width: f32) -> f32 {
    (-(x / width).powi(2)).exp()
}
