//! How strong the joints are, how stiffly they are held, and how far they bend.

use clinch_model::Segment;
use glam::Vec3;
use std::ops::RangeInclusive;

/// Body mass and standing height for which the tables below are given: the subjects' means in Anderson et al., in kg and m.
const TABLED_MASS_KG: f32 = 75.0;
const TABLED_HEIGHT_M: f32 = 1.75;

/// Share of its strength that a wholly spent muscle (fatigue 1) has lost.
///
/// Sustained maximal contractions settle near half of the fresh force (three-compartment model of Xia and Frey Law, J. Biomechanics 41,
/// 2008), but nobody in the pair holds one; the pair stands and clinches at 0.8 of its strength in nine of ten trials and falls at 0.6, so the
/// usual fatigue of 0.65..0.8 leaves them near that edge.
pub(crate) const FATIGUE_SHARE: f32 = 0.3;

/// More than any joint turns, in radians.
const FREE_RAD: f32 = 3.0;

/// The muscles that turn a segment against its parent, about the segment's own axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Joint {
    /// Greatest torque about x (bending), y (twisting) and z (sideways) of a rested person of the tabled size, in N·m.
    pub strength_nm: Vec3,
    /// Stiffness with which a posture is held, in N·m/rad.
    pub stiffness_nm_per_rad: f32,
    /// How far the joint gives beside the wanted turn, either way about x, y and z, in radians; the ranges of people hold besides.
    pub play_rad: Vec3,
}

/// The joint at a segment's origin; none for the pelvis, which hangs on nothing.
///
/// Legs: the greater direction of each axis from the peak isometric torques of young men in Anderson, Madigan and Nussbaum,
/// J. Biomechanics 40(14), 2007, table 2 (hip 0.161 and 0.113, knee 0.163 and 0.087, ankle 0.095 of weight × height, 75 kg and 1.75 m).
/// Arms: Holzbaur, Delp, Gold and Murray, J. Biomechanics 40(11), 2007 (men: shoulder 65..105, elbow 75, wrist 15 N·m). Trunk: Keller and
/// Roy, J. Spinal Disorders 15(2), 2002 (extension 300, flexion 180 N·m); twist and side bend by McGill, Spine 17(10), 1992. Neck:
/// Vasavada, Li and Delp, Spine 26(17), 2001 (extension 52 N·m). Motors are symmetrical, so the stronger direction counts.
///
/// Stiffness: sag under a limb's own weight stays below 0.1 rad; about ten times the damping in N·m·s/rad, as the standing trials had it.
pub(crate) fn joint(segment: Segment) -> Option<Joint> {
    let (x, y, z, stiffness) = match segment {
        Segment::Pelvis => return None,
        Segment::Abdomen => (300.0, 110.0, 180.0, 600.0),
        Segment::Chest => (300.0, 110.0, 180.0, 600.0),
        Segment::Head => (52.0, 20.0, 40.0, 60.0),
        Segment::UpperArmL | Segment::UpperArmR => (90.0, 65.0, 105.0, 120.0),
        // The elbow bends forward only; the forearm also turns about its length.
        Segment::ForearmL | Segment::ForearmR => (75.0, 12.0, 75.0, 80.0),
        Segment::HandL | Segment::HandR => (15.0, 12.0, 15.0, 14.0),
        Segment::ThighL | Segment::ThighR => (207.0, 70.0, 145.0, 600.0),
        // The knee bends backward only; its ligaments carry what isn't bending.
        Segment::ShinL | Segment::ShinR => (210.0, 110.0, 210.0, 500.0),
        Segment::FootL | Segment::FootR => (122.0, 40.0, 60.0, 300.0),
    };
    let play_rad = match segment {
        // Hinges bend as far as they go; nothing but their range stops them.
        Segment::ShinL | Segment::ShinR => Vec3::splat(FREE_RAD),
        Segment::ForearmL | Segment::ForearmR => Vec3::new(FREE_RAD, 0.35, FREE_RAD),
        Segment::HandL | Segment::HandR | Segment::FootL | Segment::FootR => Vec3::new(0.35, FREE_RAD, 0.25),
        _ => Vec3::new(0.6, 0.35, 0.5),
    };
    Some(Joint { strength_nm: Vec3::new(x, y, z), stiffness_nm_per_rad: stiffness, play_rad })
}

/// What a person's own muscles can give at the moment: strength about x, y and z, in N·m.
///
/// Strength grows with weight × height, as Anderson et al. normalise it, and falls with `fatigue` (0..1).
pub(crate) fn strength_now_nm(joint: &Joint, mass_kg: f32, height_m: f32, fatigue: f32) -> Vec3 {
    joint.strength_nm * (mass_kg * height_m / (TABLED_MASS_KG * TABLED_HEIGHT_M)) * (1.0 - FATIGUE_SHARE * fatigue)
}

/// Stiffness that a joint has for each newton-metre which its muscles give, whichever way they pull, in 1/rad: 4..8 at the ankle (Weiss, Hunter and Kearney,
/// J. Biomechanics 21(7), 1988).
const STIFFNESS_A_TORQUE_PER_RAD: f32 = 5.0;

/// What muscles give against each other to hold a joint as stiff as this (N·m/rad), in N·m: who braces works even where nothing moves.
pub(crate) fn bracing_nm(stiffness_nm_per_rad: f32) -> f32 {
    stiffness_nm_per_rad / STIFFNESS_A_TORQUE_PER_RAD
}

/// How much stiffer or softer a body of another mass is held, so that it sags as far under its own weight.
pub(crate) fn stiffness_scale(mass_kg: f32) -> f32 {
    mass_kg / TABLED_MASS_KG
}

/// Fatigue as every stage may state it.
pub(crate) const FATIGUE_RANGE: RangeInclusive<f32> = 0.5..=0.98;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tired_person_is_weaker_and_a_heavier_one_stronger() {
        let knee = joint(Segment::ShinL).unwrap();
        let at = |mass_kg, fatigue| strength_now_nm(&knee, mass_kg, 1.75, fatigue).x;
        assert!((at(75.0, 0.0) - 210.0).abs() < 1e-3);
        assert!((at(75.0, 1.0) - 210.0 * 0.7).abs() < 1e-3);
        assert!(at(94.0, 0.6) > at(66.0, 0.6));
    }

    #[test]
    fn a_leg_held_at_full_stiffness_is_braced_with_some_half_of_its_strength() {
        let knee = joint(Segment::ShinL).unwrap();
        let share = bracing_nm(knee.stiffness_nm_per_rad) / knee.strength_nm.x;
        assert!((0.3..0.6).contains(&share), "{share}");
    }
}
