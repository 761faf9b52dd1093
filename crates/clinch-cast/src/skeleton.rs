//! Joints, collision shapes and masses of a person, from height and mass.

use clinch_model::{SEGMENTS, Segment, Shape, Skeleton};
use glam::Vec3;

/// Body mass divided by height squared at which the collision radii are as tabled, in kg/m².
const USUAL_BMI: f32 = 24.0;

/// Builds the skeleton of a person of a height (m) and a mass (kg).
///
/// Lengths are the shares of standing height of Drillis and Contini as given by Winter, *Biomechanics and Motor Control of Human
/// Movement*, 4th ed., fig. 4.1; masses are de Leva's shares ([`Segment::mass_share`]). Radii grow with the root of the body-mass index, because
/// volume at one height grows with mass.
pub fn skeleton(height_m: f32, mass_kg: f32) -> Skeleton {
    let h = height_m;
    let girth = h * (mass_kg / (h * h) / USUAL_BMI).sqrt();
    let v = |x: f32, y: f32, z: f32| Vec3::new(x, y, z) * h;
    let joint_in_parent_m = Segment::ALL.map(|segment| match segment {
        Segment::Pelvis => Vec3::ZERO,
        Segment::Abdomen => v(0.0, 0.055, -0.012),
        Segment::Chest => v(0.0, 0.085, 0.0),
        Segment::Head => v(0.0, 0.155, -0.008),
        Segment::UpperArmL => v(0.108, 0.145, -0.004),
        Segment::UpperArmR => v(-0.108, 0.145, -0.004),
        Segment::ForearmL | Segment::ForearmR => v(0.0, -0.180, 0.0),
        Segment::HandL | Segment::HandR => v(0.0, -0.150, 0.0),
        Segment::ThighL => v(0.052, 0.0, 0.0),
        Segment::ThighR => v(-0.052, 0.0, 0.0),
        Segment::ShinL | Segment::ShinR => v(0.0, -0.245, 0.0),
        Segment::FootL | Segment::FootR => v(0.0, -0.246, 0.0),
    });
    let capsule = |a: Vec3, b: Vec3, radius: f32| Shape::Capsule { a_m: a, b_m: b, radius_m: radius * girth };
    let shape = Segment::ALL.map(|segment| match segment {
        Segment::Pelvis => capsule(v(-0.040, 0.015, -0.008), v(0.040, 0.015, -0.008), 0.062),
        Segment::Abdomen => capsule(v(-0.030, 0.040, 0.006), v(0.030, 0.040, 0.006), 0.058),
        Segment::Chest => capsule(v(-0.045, 0.075, 0.004), v(0.045, 0.075, 0.004), 0.066),
        Segment::Head => Shape::Capsule { a_m: v(0.0, 0.098, 0.016), b_m: v(0.0, 0.122, 0.010), radius_m: 0.052 * h },
        Segment::UpperArmL | Segment::UpperArmR => capsule(v(0.0, -0.010, 0.0), v(0.0, -0.165, 0.0), 0.027),
        Segment::ForearmL | Segment::ForearmR => capsule(v(0.0, -0.010, 0.0), v(0.0, -0.140, 0.0), 0.022),
        Segment::HandL | Segment::HandR => Shape::Capsule { a_m: v(0.0, -0.018, 0.0), b_m: v(0.0, -0.062, 0.004), radius_m: 0.018 * h },
        Segment::ThighL | Segment::ThighR => capsule(v(0.0, -0.030, 0.0), v(0.0, -0.215, 0.0), 0.042),
        Segment::ShinL | Segment::ShinR => capsule(v(0.0, -0.010, 0.004), v(0.0, -0.215, -0.004), 0.029),
        // The ankle is a quarter of the foot's length in front of the heel.
        Segment::FootL | Segment::FootR => Shape::Cuboid { centre_m: v(0.0, -0.0205, 0.036), half_m: v(0.026, 0.0185, 0.076) },
    });
    let shares: f32 = Segment::ALL.iter().map(|s| s.mass_share()).sum();
    let mut masses_kg = [0.0; SEGMENTS];
    for segment in Segment::ALL {
        masses_kg[segment.index()] = mass_kg * segment.mass_share() / shares;
    }
    // Hip to ankle, and the sole under the ankle.
    let pelvis_height_m = (0.245 + 0.246 + 0.039) * h;
    Skeleton { joint_in_parent_m, shape, mass_kg: masses_kg, pelvis_height_m }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_as_tall_and_as_heavy_as_asked_and_stands_on_the_ground() {
        for (height_m, mass_kg) in [(1.5, 48.0), (1.74, 66.0), (1.86, 94.0), (2.05, 140.0)] {
            let skeleton = skeleton(height_m, mass_kg);
            assert!((skeleton.total_mass_kg() - mass_kg).abs() < 1e-3);
            let placed = skeleton.place(&skeleton.rest());
            let top = match skeleton.shape[Segment::Head.index()] {
                Shape::Capsule { a_m, b_m, radius_m } => placed[Segment::Head.index()].point(a_m.max(b_m)).y + radius_m,
                Shape::Cuboid { .. } => unreachable!("a head is a capsule"),
            };
            assert!((top - height_m).abs() < 0.01, "{top} for {height_m}");
            for foot in [Segment::FootL, Segment::FootR] {
                let Shape::Cuboid { centre_m, half_m } = skeleton.shape[foot.index()] else { unreachable!("feet are boxes") };
                assert!(placed[foot.index()].point(centre_m - half_m).y.abs() < 1e-3);
            }
        }
    }
}
