//! Twenty-four postures at the ends of what joints do, to look at skin and garments in, and to measure them in.
//!
//! Angles stay within the ranges of motion that the struggle keeps to (normal ranges of the American Academy of Orthopaedic Surgeons; the
//! perform stage has the table).

use crate::pose::{Posed, pose};
use clinch_model::{Person, PersonSample, Pose, SEGMENTS, Segment, Segment::*};
use glam::{Quat, Vec3};

/// A joint and its bend about x, twist along the limb and turn to the side, in degrees with the left side's signs: bending forward is
/// positive for the trunk, the neck and knees and negative for shoulders, elbows and hips; pointing the foot is positive; a limb turns away
/// from the body, and a hand towards its back, to the positive side.
type Bend = (Segment, [f32; 3]);

/// One posture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extreme {
    /// What it is called on a sheet and in a report.
    pub name: &'static str,
    /// The pelvis's pitch (forward), then roll (towards the right side), in degrees.
    pub lean_deg: [f32; 2],
    /// Joints that leave their rest.
    pub bends: &'static [Bend],
    /// How far both hands are closed, 0..1.
    pub grip: f32,
}

const fn at(segment: Segment, bend: f32, twist: f32, side: f32) -> Bend {
    (segment, [bend, twist, side])
}

const fn upright(name: &'static str, bends: &'static [Bend]) -> Extreme {
    Extreme { name, lean_deg: [0.0; 2], bends, grip: 0.3 }
}

/// The postures.
pub const EXTREMES: [Extreme; 24] = [
    upright(
        "one knee",
        &[
            at(ThighL, -92.0, 0.0, 8.0),
            at(ShinL, 92.0, 0.0, 0.0),
            at(ShinR, 95.0, 0.0, 0.0),
            at(FootR, 60.0, 0.0, 0.0),
            at(Chest, 12.0, 0.0, 0.0),
        ],
    ),
    upright(
        "both knees",
        &[
            at(ThighL, 5.0, 0.0, 10.0),
            at(ShinL, 88.0, 0.0, 0.0),
            at(FootL, 75.0, 0.0, 0.0),
            at(ThighR, 5.0, 0.0, 10.0),
            at(ShinR, 88.0, 0.0, 0.0),
            at(FootR, 75.0, 0.0, 0.0),
        ],
    ),
    upright(
        "on the heels",
        &[
            at(ThighL, -66.0, 0.0, 12.0),
            at(ShinL, 148.0, 0.0, 0.0),
            at(FootL, 78.0, 0.0, 0.0),
            at(ThighR, -66.0, 0.0, 12.0),
            at(ShinR, 148.0, 0.0, 0.0),
            at(FootR, 78.0, 0.0, 0.0),
            at(Abdomen, 20.0, 0.0, 0.0),
            at(Head, 30.0, 0.0, 0.0),
        ],
    ),
    Extreme {
        name: "crawl",
        lean_deg: [75.0, 0.0],
        bends: &[
            at(ThighL, -90.0, 0.0, 0.0),
            at(ShinL, 95.0, 0.0, 0.0),
            at(FootL, 75.0, 0.0, 0.0),
            at(ThighR, -60.0, 0.0, 0.0),
            at(ShinR, 85.0, 0.0, 0.0),
            at(FootR, 75.0, 0.0, 0.0),
            at(UpperArmL, -70.0, 0.0, 12.0),
            at(ForearmL, -12.0, -78.0, 0.0),
            at(HandL, 0.0, 0.0, 66.0),
            at(UpperArmR, -105.0, 0.0, 12.0),
            at(ForearmR, -12.0, -78.0, 0.0),
            at(HandR, 0.0, 0.0, 66.0),
            at(Chest, 10.0, 0.0, 0.0),
            at(Head, -45.0, 0.0, 0.0),
        ],
        grip: 0.0,
    },
    upright("arms overhead", &[at(UpperArmL, -172.0, 0.0, 10.0), at(UpperArmR, -172.0, 0.0, 10.0), at(Head, -30.0, 0.0, 0.0)]),
    upright(
        "arms aside, raised",
        &[at(UpperArmL, 0.0, 0.0, 148.0), at(UpperArmR, 0.0, 0.0, 92.0), at(ForearmR, 0.0, -80.0, 0.0), at(Chest, 0.0, 0.0, 18.0)],
    ),
    upright(
        "arms crossed",
        &[
            at(UpperArmL, -52.0, -72.0, -30.0),
            at(ForearmL, -112.0, 0.0, 0.0),
            at(UpperArmR, -66.0, -72.0, -30.0),
            at(ForearmR, -108.0, 0.0, 0.0),
            at(Chest, 15.0, 0.0, 0.0),
            at(Head, 25.0, 0.0, 0.0),
        ],
    ),
    Extreme {
        name: "headlock arm",
        lean_deg: [15.0, 0.0],
        bends: &[
            at(UpperArmR, -88.0, -70.0, -20.0),
            at(ForearmR, -135.0, 30.0, 0.0),
            at(HandR, 0.0, 0.0, -40.0),
            at(UpperArmL, -70.0, -55.0, -20.0),
            at(ForearmL, -100.0, 40.0, 0.0),
            at(Abdomen, 15.0, 10.0, 0.0),
            at(Chest, 10.0, 20.0, 0.0),
            at(ThighL, -45.0, 0.0, 15.0),
            at(ShinL, 40.0, 0.0, 0.0),
            at(ThighR, 5.0, 0.0, 20.0),
        ],
        grip: 1.0,
    },
    Extreme {
        name: "on the back",
        lean_deg: [-90.0, 0.0],
        bends: &[
            at(UpperArmL, -20.0, 0.0, 95.0),
            at(ForearmL, -60.0, 0.0, 0.0),
            at(UpperArmR, -15.0, 0.0, 60.0),
            at(ThighL, -55.0, 0.0, 20.0),
            at(ShinL, 95.0, 0.0, 0.0),
            at(ThighR, -2.0, 0.0, 15.0),
            at(Head, 12.0, 55.0, 0.0),
        ],
        grip: 0.4,
    },
    Extreme {
        name: "pinned, arms up",
        lean_deg: [-90.0, 0.0],
        bends: &[
            at(UpperArmL, 0.0, 84.0, 100.0),
            at(ForearmL, -85.0, 0.0, 0.0),
            at(UpperArmR, 0.0, 84.0, 130.0),
            at(ForearmR, -40.0, 0.0, 0.0),
            at(ThighL, -118.0, 0.0, 25.0),
            at(ShinL, 120.0, 0.0, 0.0),
            at(ThighR, -40.0, 0.0, 10.0),
            at(ShinR, 75.0, 0.0, 0.0),
            at(Head, -5.0, 40.0, 0.0),
        ],
        grip: 0.9,
    },
    Extreme {
        name: "on the side, curled",
        lean_deg: [0.0, 90.0],
        bends: &[
            at(Abdomen, 45.0, 0.0, 0.0),
            at(Chest, 32.0, 0.0, 0.0),
            at(Head, 45.0, 0.0, 0.0),
            at(ThighL, -120.0, 0.0, 0.0),
            at(ShinL, 130.0, 0.0, 0.0),
            at(ThighR, -110.0, 0.0, 0.0),
            at(ShinR, 125.0, 0.0, 0.0),
            at(UpperArmL, -60.0, -50.0, -10.0),
            at(ForearmL, -140.0, 0.0, 0.0),
            at(UpperArmR, -95.0, 0.0, -5.0),
            at(ForearmR, -140.0, 0.0, 0.0),
        ],
        grip: 0.7,
    },
    Extreme {
        name: "on the front",
        lean_deg: [90.0, 0.0],
        bends: &[
            at(Head, -15.0, 65.0, 0.0),
            at(UpperArmL, -150.0, 0.0, 40.0),
            at(ForearmL, -95.0, 0.0, 0.0),
            at(UpperArmR, 40.0, -60.0, 25.0),
            at(ForearmR, -95.0, 0.0, 0.0),
            at(FootL, 75.0, 0.0, 0.0),
            at(FootR, 75.0, 0.0, 0.0),
            at(ThighR, -15.0, 0.0, 40.0),
            at(ShinR, 70.0, 0.0, 0.0),
        ],
        grip: 0.5,
    },
    upright(
        "trunk twisted",
        &[
            at(Abdomen, 10.0, 15.0, 0.0),
            at(Chest, 10.0, 32.0, 0.0),
            at(Head, 0.0, 68.0, 0.0),
            at(UpperArmL, 50.0, 0.0, 35.0),
            at(UpperArmR, -85.0, -40.0, -40.0),
            at(ForearmR, -60.0, 0.0, 0.0),
            at(ThighL, 15.0, -30.0, 10.0),
        ],
    ),
    upright(
        "bent to the side",
        &[
            at(Abdomen, 0.0, 0.0, 22.0),
            at(Chest, 0.0, 0.0, 20.0),
            at(Head, 0.0, 0.0, 40.0),
            at(UpperArmL, 0.0, 0.0, 150.0),
            at(ForearmL, -40.0, 0.0, 0.0),
            at(UpperArmR, 0.0, 0.0, 5.0),
        ],
    ),
    Extreme {
        name: "folded forward",
        lean_deg: [60.0, 0.0],
        bends: &[
            at(Abdomen, 48.0, 0.0, 0.0),
            at(Chest, 34.0, 0.0, 0.0),
            at(Head, 40.0, 0.0, 0.0),
            at(ThighL, -68.0, 0.0, 4.0),
            at(ShinL, 12.0, 0.0, 0.0),
            at(ThighR, -68.0, 0.0, 4.0),
            at(ShinR, 12.0, 0.0, 0.0),
            at(UpperArmL, -120.0, 0.0, 5.0),
            at(UpperArmR, -120.0, 0.0, 5.0),
        ],
        grip: 0.2,
    },
    Extreme {
        name: "arched back",
        lean_deg: [-8.0, 0.0],
        bends: &[
            at(Abdomen, -20.0, 0.0, 0.0),
            at(Chest, -15.0, 0.0, 0.0),
            at(Head, -54.0, 0.0, 0.0),
            at(UpperArmL, -100.0, 0.0, 100.0),
            at(UpperArmR, -60.0, 0.0, 110.0),
            at(ForearmR, -50.0, 0.0, 0.0),
            at(ThighL, 18.0, 0.0, 6.0),
            at(ShinL, 10.0, 0.0, 0.0),
            at(ThighR, 8.0, 0.0, 6.0),
        ],
        grip: 0.1,
    },
    Extreme {
        name: "deep squat",
        lean_deg: [35.0, 0.0],
        bends: &[
            at(ThighL, -124.0, 30.0, 25.0),
            at(ShinL, 122.0, 0.0, 0.0),
            at(FootL, -28.0, 0.0, 0.0),
            at(ThighR, -124.0, 30.0, 25.0),
            at(ShinR, 122.0, 0.0, 0.0),
            at(FootR, -28.0, 0.0, 0.0),
            at(Abdomen, 25.0, 0.0, 0.0),
            at(UpperArmL, -85.0, 0.0, 0.0),
            at(UpperArmR, -85.0, 0.0, 0.0),
            at(ForearmL, -60.0, 40.0, 0.0),
            at(ForearmR, -60.0, 40.0, 0.0),
        ],
        grip: 0.4,
    },
    upright(
        "elbows shut",
        &[
            at(UpperArmL, -20.0, 0.0, 30.0),
            at(ForearmL, -146.0, 60.0, 0.0),
            at(UpperArmR, -85.0, 0.0, 20.0),
            at(ForearmR, -146.0, -60.0, 0.0),
        ],
    ),
    upright(
        "knee shut",
        &[at(ThighL, 5.0, 0.0, 0.0), at(ShinL, 150.0, 0.0, 0.0), at(FootL, 50.0, 0.0, 0.0), at(UpperArmR, 0.0, 0.0, 60.0)],
    ),
    upright(
        "hip shut",
        &[
            at(ThighL, -122.0, 0.0, 0.0),
            at(ShinL, 140.0, 0.0, 0.0),
            at(UpperArmL, -40.0, -25.0, 0.0),
            at(ForearmL, -60.0, 0.0, 0.0),
            at(UpperArmR, -40.0, -25.0, 0.0),
            at(ForearmR, -60.0, 0.0, 0.0),
            at(Abdomen, 20.0, 0.0, 0.0),
        ],
    ),
    Extreme {
        name: "wrists bent",
        lean_deg: [0.0; 2],
        bends: &[
            at(UpperArmL, -70.0, 0.0, 15.0),
            at(ForearmL, -45.0, 80.0, 0.0),
            at(HandL, 0.0, 0.0, -72.0),
            at(UpperArmR, -70.0, 0.0, 15.0),
            at(ForearmR, -45.0, -80.0, 0.0),
            at(HandR, 25.0, 0.0, 66.0),
        ],
        grip: 1.0,
    },
    upright(
        "neck turned and bent",
        &[at(Head, 35.0, 60.0, 20.0), at(Chest, 20.0, 0.0, 0.0), at(UpperArmL, -30.0, 80.0, 0.0), at(ForearmL, -90.0, 0.0, 0.0)],
    ),
    Extreme {
        name: "reaching back",
        lean_deg: [20.0, 0.0],
        bends: &[
            at(UpperArmL, 55.0, 0.0, 10.0),
            at(ForearmL, -5.0, -80.0, 0.0),
            at(UpperArmR, 40.0, -75.0, 5.0),
            at(ForearmR, -110.0, 0.0, 0.0),
            at(Chest, -12.0, 0.0, 0.0),
            at(Head, -40.0, -40.0, 0.0),
            at(ThighL, -40.0, 0.0, 5.0),
            at(ShinL, 30.0, 0.0, 0.0),
        ],
        grip: 0.6,
    },
    Extreme {
        name: "lunge, legs wide",
        lean_deg: [12.0, 0.0],
        bends: &[
            at(ThighL, -100.0, 20.0, 35.0),
            at(ShinL, 95.0, 0.0, 0.0),
            at(FootL, -10.0, 0.0, 0.0),
            at(ThighR, 20.0, 0.0, 44.0),
            at(ShinR, 8.0, 0.0, 0.0),
            at(FootR, -5.0, 0.0, -30.0),
            at(UpperArmL, -80.0, 0.0, 60.0),
            at(UpperArmR, 30.0, 0.0, 80.0),
        ],
        grip: 0.5,
    },
];

impl Extreme {
    /// The posture with the pelvis over the origin at its standing height; see [`grounded`].
    pub fn pose(&self, person: &Person) -> Pose {
        let mut turn = [Quat::IDENTITY; SEGMENTS];
        let [pitch, roll] = self.lean_deg.map(f32::to_radians);
        turn[0] = Quat::from_rotation_z(roll) * Quat::from_rotation_x(pitch);
        for segment in Segment::ALL {
            if let Some(parent) = segment.parent() {
                turn[segment.index()] = turn[parent.index()] * self.joint_turn(segment);
            }
        }
        Pose { pelvis_m: Vec3::Y * person.skeleton.pelvis_height_m, turn }
    }

    /// `parent_from_segment` of one joint.
    fn joint_turn(&self, segment: Segment) -> Quat {
        let Some((_, degrees)) = self.bends.iter().find(|(bent, _)| *bent == segment) else { return Quat::IDENTITY };
        let [bend, twist, side] = degrees.map(f32::to_radians);
        let mirror = if matches!(segment, UpperArmR | ForearmR | HandR | ThighR | ShinR | FootR) { -1.0 } else { 1.0 };
        Quat::from_scaled_axis(Vec3::new(bend, 0.0, side * mirror)) * Quat::from_rotation_y(twist * mirror)
    }

    /// A person in this posture, spent and with a working face, on the ground.
    pub fn state(&self, person: &Person) -> PersonSample {
        let at_rest = PersonSample {
            pose: self.pose(person),
            breath: 0.2,
            effort: 0.6,
            fatigue: 0.8,
            assist_n: 0.0,
            grip: [self.grip; 2],
            gaze_m: Vec3::ZERO,
            expression: [0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            blink: 0.1,
        };
        let mut state = grounded(person, &at_rest);
        // Eyes straight ahead.
        let head = person.skeleton.place(&state.pose)[Head.index()];
        state.gaze_m = head.point(Vec3::new(0.0, 0.1, 2.0));
        state
    }
}

/// A person lowered or lifted until the lowest vertex touches the ground (y = 0), to a tenth of a millimetre.
pub fn grounded(person: &Person, state: &PersonSample) -> PersonSample {
    // Toes bend to the ground they come near, so that one try may not be enough; they soon settle.
    const TRIES: usize = 12;
    let mut posed = Posed::default();
    let mut grounded = *state;
    for _ in 0..TRIES {
        pose(person, &grounded, &mut posed);
        let lowest_m = posed.position_m.iter().map(|p| p.y).fold(f32::INFINITY, f32::min);
        if !lowest_m.is_finite() || lowest_m.abs() < 5e-5 {
            break;
        }
        grounded.pose.pelvis_m.y -= lowest_m;
        grounded.gaze_m.y -= lowest_m;
    }
    grounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::{Treatment, Who};

    #[test]
    fn everyone_in_every_posture_touches_the_ground_and_no_more() {
        let cast = crate::cast(&Treatment::default(), &crate::Options { fine: false }).unwrap();
        let mut posed = Posed::default();
        for extreme in &EXTREMES {
            for who in Who::BOTH {
                let state = extreme.state(cast.person(who));
                pose(cast.person(who), &state, &mut posed);
                let lowest_m = posed.position_m.iter().map(|p| p.y).fold(f32::INFINITY, f32::min);
                assert!(lowest_m.abs() < 1e-4, "{} {who}: {lowest_m}", extreme.name);
            }
        }
    }

    #[test]
    fn right_mirrors_left() {
        let cast = crate::cast(&Treatment::default(), &crate::Options { fine: false }).unwrap();
        let person = cast.person(Who::Kid);
        let overhead = EXTREMES.iter().find(|extreme| extreme.name == "arms overhead").unwrap();
        let placed = person.skeleton.place(&overhead.pose(person));
        let (left, right) = (placed[HandL.index()].origin_m, placed[HandR.index()].origin_m);
        assert!(left.distance(right * Vec3::new(-1.0, 1.0, 1.0)) < 1e-3, "{left} {right}");
        // Raised forward to overhead: hands higher than the head's base by most of an arm.
        assert!(left.y > placed[Head.index()].origin_m.y + 0.3, "{left}");
    }
}
