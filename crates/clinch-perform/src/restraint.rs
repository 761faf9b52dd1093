//! Not a single blow lands: a limb that rushes at the other's body is braked before it arrives.
//!
//! People who wrestle without wanting to hit pull their limbs back in the same way; here the braking force comes from outside the body and
//! is counted as assist.

use crate::{
    measure::{
        overlap::nearest_of_lines,
        strikes::{STRIKERS, axis_of},
    },
    world::Motion,
};
use clinch_model::{Segment, Skeleton};
use glam::Vec3;

/// Approach speed from which a limb is braked, in m/s; well under the 3 m/s of a strike.
const BRAKED_FROM_M_PER_SEC: f32 = 1.8;

/// Distance of two surfaces under which braking begins, in metres: a hand at 5 m/s is stopped within it at the greatest braking.
const NEAR_M: f32 = 0.14;

/// Distance of two surfaces under which they nearly touch, in metres: 4 m/s cover it in a step or two.
const TOUCHING_M: f32 = 0.03;

/// How quickly the excess is taken away, a second, and the greatest deceleration, in m/s²: a fast catch of one's own hand.
const BRAKE_PER_SEC: f32 = 60.0;
const BRAKE_MOST: f32 = 140.0;

/// What holds one person's limbs back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Restraint {
    /// The braking forces, in newtons, on the limbs that need any.
    pub brakes: Vec<(Segment, Vec3)>,
    /// Greatest speed, in m/s, at which a limb that nearly touches comes nearer.
    pub rush_m_per_sec: f32,
}

/// Holds one person's limbs back where they rush at the other.
pub(crate) fn restraint(skeletons: [&Skeleton; 2], mine: &Motion, theirs: &Motion) -> Restraint {
    let mut restraint = Restraint::default();
    for striker in STRIKERS {
        if let Some(force_n) = brake(skeletons, mine, theirs, striker, &mut restraint.rush_m_per_sec) {
            restraint.brakes.push((striker, force_n));
        }
    }
    restraint
}

/// The strongest brake that any of the other's segments calls for; raises `rush_m_per_sec` to the speed at which it nearly touches.
fn brake(skeletons: [&Skeleton; 2], mine: &Motion, theirs: &Motion, striker: Segment, rush_m_per_sec: &mut f32) -> Option<Vec3> {
    let i = striker.index();
    // A slow limb can only be met fast by a fast one of the other's, which is braked itself.
    let fastest = theirs.velocity_m_per_sec.iter().map(|v| v.length()).fold(0.0, f32::max);
    if mine.velocity_m_per_sec[i].length() + fastest < BRAKED_FROM_M_PER_SEC {
        return None;
    }
    let (p, q, own_m) = axis_of(&skeletons[0].shape[i]);
    let (p, q) = (mine.placed[i].point(p), mine.placed[i].point(q));
    let mut most: Option<(f32, Vec3)> = None;
    for j in 0..theirs.placed.len() {
        let (r, s, other_m) = axis_of(&skeletons[1].shape[j]);
        let (near, far) = nearest_of_lines(p, q, theirs.placed[j].point(r), theirs.placed[j].point(s));
        let distance_m = near.distance(far);
        if distance_m - own_m - other_m > NEAR_M {
            continue;
        }
        let Some(away) = (near - far).try_normalize() else { continue };
        let at = |motion: &Motion, k: usize, point: Vec3| {
            motion.velocity_m_per_sec[k] + motion.spin_rad_per_sec[k].cross(point - motion.centre_m[k])
        };
        let approach = -(at(mine, i, near) - at(theirs, j, far)).dot(away);
        if distance_m - own_m - other_m < TOUCHING_M {
            *rush_m_per_sec = rush_m_per_sec.max(approach);
        }
        let excess = approach - BRAKED_FROM_M_PER_SEC;
        if excess > 0.0 && most.is_none_or(|(before, _)| excess > before) {
            most = Some((excess, away));
        }
    }
    // Each side of a meeting takes half; a limb drags its neighbour along, so its own mass counts twice.
    most.map(|(excess, away)| away * ((excess * BRAKE_PER_SEC).min(BRAKE_MOST) * skeletons[0].mass_kg[i] * 2.0))
}
