//! How far joints go.

use super::body::{Freedom, angle_about_x, flexion_and_twist, freedom, wrap};
use clinch_model::Segment;
use glam::{Quat, Vec3};
use std::f32::consts::PI;

/// Ranges of one joint in degrees, of the left side; `[least, greatest]` about x (bend), y (twist along the limb) and z (sideways).
struct Range {
    bend: [f32; 2],
    twist: [f32; 2],
    side: [f32; 2],
}

/// Range of the joint between a segment and its parent.
///
/// Normal ranges of the American Academy of Orthopaedic Surgeons as tabled by Norkin and White, *Measurement of Joint Motion*, 5th ed.,
/// appendix B; the ankle's dorsiflexion is the weight-bearing one (30°), its plantar flexion includes the middle foot and toes of one who
/// kneels on the instep (80°). The trunk's 80° of flexion, 25° of extension, 35° to the side and 45° of rotation are split between lumbar
/// and thoracic part about as by White and Panjabi, *Clinical Biomechanics of the Spine*, 2nd ed., ch. 2. Shoulder ranges include the
/// girdle's, which the skeleton lacks.
fn range(segment: Segment) -> Range {
    use Segment::*;
    let range = |bend, twist, side| Range { bend, twist, side };
    match segment {
        Pelvis => range([-360.0, 360.0], [-360.0, 360.0], [-360.0, 360.0]),
        Abdomen => range([-20.0, 50.0], [-15.0, 15.0], [-22.0, 22.0]),
        Chest => range([-15.0, 35.0], [-32.0, 32.0], [-20.0, 20.0]),
        Head => range([-55.0, 50.0], [-70.0, 70.0], [-42.0, 42.0]),
        UpperArmL | UpperArmR => range([-175.0, 58.0], [-80.0, 85.0], [-55.0, 150.0]),
        ForearmL | ForearmR => range([-148.0, 0.0], [-82.0, 82.0], [0.0, 0.0]),
        HandL | HandR => range([-22.0, 32.0], [-4.0, 4.0], [-75.0, 68.0]),
        ThighL | ThighR => range([-125.0, 22.0], [-40.0, 45.0], [-28.0, 46.0]),
        ShinL | ShinR => range([0.0, 150.0], [0.0, 0.0], [0.0, 0.0]),
        FootL | FootR => range([-30.0, 80.0], [-20.0, 20.0], [-35.0, 22.0]),
    }
}

/// Whether the segment is on the right, where twist and sideways turns have the other sign.
fn is_right(segment: Segment) -> bool {
    use Segment::*;
    matches!(segment, UpperArmR | ForearmR | HandR | ThighR | ShinR | FootR)
}

/// Bend, twist and sideways turn of a joint in radians, signs as on the left side.
///
/// Ball joints are split into a twist along the limb (y) and a swing, whose rotation vector gives bend and side.
pub fn coordinates(segment: Segment, local: Quat) -> Vec3 {
    let mirror = if is_right(segment) { -1.0 } else { 1.0 };
    // Of the two quaternions of a turn the one that doesn't go the long way round.
    let local = if local.w < 0.0 { -local } else { local };
    match freedom(segment) {
        Freedom::Hinge => Vec3::new(angle_about_x(local), 0.0, 0.0),
        Freedom::HingeTwist => {
            let (flexion, twist) = flexion_and_twist(local);
            Vec3::new(flexion, twist * mirror, 0.0)
        }
        Freedom::Ball => {
            let (swing, twist) = swing_and_twist(local);
            let swing = swing.to_scaled_axis();
            Vec3::new(swing.x, twist * mirror, swing.z * mirror)
        }
    }
}

/// By how much each coordinate lies outside its range, in radians; negative below, positive above, 0 within.
pub fn excess(segment: Segment, coordinates: Vec3) -> Vec3 {
    let Range { bend, twist, side } = range(segment);
    let over = |value: f32, [least, greatest]: [f32; 2]| (value - greatest.to_radians()).max(0.0) + (value - least.to_radians()).min(0.0);
    let free = PI * freedom_of_twist(segment, coordinates.x.hypot(coordinates.z));
    let twisted = over(coordinates.y, twist);
    Vec3::new(over(coordinates.x, bend), twisted.signum() * (twisted.abs() - free).max(0.0), over(coordinates.z, side))
}

/// How little the twist of a limb says, 0 (all) .. 1 (nothing), where it has swung by an angle in radians: near half a turn the same posture is a twist by any angle,
/// as the direction of the swing has it.
fn freedom_of_twist(segment: Segment, swing_rad: f32) -> f32 {
    /// From where its twist begins to lose its meaning, to where it has none.
    const SWUNG_RAD: [f32; 2] = [2.2, 2.7];
    if matches!(segment, Segment::UpperArmL | Segment::UpperArmR) {
        ((swing_rad - SWUNG_RAD[0]) / (SWUNG_RAD[1] - SWUNG_RAD[0])).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// A turn as a twist about y (the limb's length), in radians, followed by a swing about an axis across it.
pub fn swing_and_twist(turn: Quat) -> (Quat, f32) {
    let twist = wrap(2.0 * turn.y.atan2(turn.w));
    (turn * Quat::from_rotation_y(-twist), twist)
}

/// How far a joint may be turned on from a turn, in radians: its swing about x and z, and its twist about y, backwards and onwards; less than 0 and more than
/// 0 where the turn is within its range. A hinge has no range about z, and a turn off the hinge lacks the way back.
pub fn room(segment: Segment, turn: Quat) -> [Vec3; 2] {
    let Range { bend, twist, side } = range(segment);
    let (swing, twisted) = swing_and_twist(if turn.w < 0.0 { -turn } else { turn });
    let swung = swing.to_scaled_axis();
    let at = Vec3::new(swung.x, twisted, swung.z);
    let free = PI * freedom_of_twist(segment, swung.length());
    let ends = [0, 1].map(|end| Vec3::new(bend[end].to_radians(), twist[end].to_radians() + [-free, free][end], side[end].to_radians()));
    if is_right(segment) {
        let mirror = Vec3::new(1.0, -1.0, -1.0);
        let [least, greatest] = ends.map(|end| end * mirror);
        [least.min(greatest) - at, greatest.max(least) - at]
    } else {
        ends.map(|end| end - at)
    }
}

/// The nearest turn that the joint can have, where it is near: stops give by a few degrees. What looks farther off is a swing near half a turn, whose twist
/// is anybody's guess from one moment to the next, or a limb that was torn off its joint; its turn is left as it is, so that nothing jumps.
pub fn within(segment: Segment, turn: Quat) -> Quat {
    /// From where the way back is taken less and less, to where it isn't taken, in radians.
    const NEAR_RAD: [f32; 2] = [0.12, 0.28];
    let [least, greatest] = room(segment, turn);
    let (swing, twist) = swing_and_twist(if turn.w < 0.0 { -turn } else { turn });
    let back = Vec3::ZERO.clamp(least, greatest);
    if back == Vec3::ZERO {
        return turn;
    }
    let swung = swing.to_scaled_axis();
    let swing = Quat::from_scaled_axis(Vec3::new(swung.x + back.x, 0.0, swung.z + back.z));
    let kept = swing * Quat::from_rotation_y(twist + back.y);
    let far = ((turn.angle_between(kept) - NEAR_RAD[0]) / (NEAR_RAD[1] - NEAR_RAD[0])).clamp(0.0, 1.0);
    kept.slerp(turn, far)
}

/// The angle about its length by which the limb above a hinge would have to be turned for the limb below it to lie in the hinge's plane, in radians; fades out where
/// the hinge is nearly straight and nothing would be gained. `local` is the lower limb's turn against the upper one.
pub fn off_hinge_rad(local: Quat) -> f32 {
    /// From which bend on it counts, and from which on in full, as sines.
    const BENT: [f32; 2] = [0.25, 0.5];
    /// Hinges don't give farther, in radians.
    const MOST_RAD: f32 = 0.5;
    let along = local * Vec3::Y;
    let share = ((along.x.hypot(along.z) - BENT[0]) / (BENT[1] - BENT[0])).clamp(0.0, 1.0);
    (along.x * along.z.signum()).atan2(along.z.abs()).clamp(-MOST_RAD, MOST_RAD) * share
}

/// The greatest excess of a whole body in degrees.
pub fn worst_excess_deg(local: &[Quat]) -> f32 {
    let worst = |s: Segment| excess(s, coordinates(s, local[s.index()])).abs().max_element();
    Segment::ALL.into_iter().skip(1).map(worst).fold(0.0, f32::max).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knees_bend_backwards_only_and_elbows_forwards_only() {
        let deg = |d: f32| Quat::from_rotation_x(d.to_radians());
        assert_eq!(excess(Segment::ShinL, coordinates(Segment::ShinL, deg(90.0))), Vec3::ZERO);
        assert!(excess(Segment::ShinL, coordinates(Segment::ShinL, deg(-20.0))).x < -0.3);
        assert_eq!(excess(Segment::ForearmR, coordinates(Segment::ForearmR, deg(-90.0))), Vec3::ZERO);
        assert!(excess(Segment::ForearmR, coordinates(Segment::ForearmR, deg(20.0))).x > 0.3);
    }

    #[test]
    fn the_room_of_a_joint_ends_where_its_range_does() {
        // A wrist's twist has 4° either way; a thigh turned out by 30° has 15° left, whichever side it is on.
        let deg = |rad: f32| rad.to_degrees().round();
        let [least, greatest] = room(Segment::HandL, Quat::IDENTITY);
        assert_eq!([deg(least.y), deg(greatest.y)], [-4.0, 4.0]);
        for (thigh, sign) in [(Segment::ThighL, 1.0f32), (Segment::ThighR, -1.0)] {
            let [least, greatest] = room(thigh, Quat::from_rotation_y((30.0 * sign).to_radians()));
            let outwards = if sign > 0.0 { greatest.y } else { -least.y };
            assert_eq!(deg(outwards), 15.0);
        }
        let [least, greatest] = room(Segment::FootR, Quat::IDENTITY);
        assert_eq!([deg(least.z), deg(greatest.z)], [-22.0, 35.0]);
    }

    #[test]
    fn the_nearest_turn_is_in_range_and_changes_nothing_that_is_or_that_is_far_from_it() {
        let out = Quat::from_rotation_x(-0.06) * Quat::from_rotation_y(0.09) * Quat::from_rotation_z(0.05);
        for segment in [Segment::ForearmL, Segment::ForearmR, Segment::HandL, Segment::ShinR, Segment::FootL, Segment::Head] {
            let kept = within(segment, out);
            assert!(room(segment, kept)[0].max_element() < 1e-4 && room(segment, kept)[1].min_element() > -1e-4, "{segment:?}");
            assert!(within(segment, kept).angle_between(kept) < 1e-3, "{segment:?}");
        }
        let far = Quat::from_rotation_z(1.0);
        assert!(within(Segment::ForearmL, far).angle_between(far) < 1e-3);
        // On the way from near to far nothing jumps.
        let kept: Vec<Quat> = (0..100).map(|i| within(Segment::ForearmL, Quat::from_rotation_z(0.005 * i as f32))).collect();
        assert!(kept.windows(2).all(|pair| pair[0].angle_between(pair[1]) < 0.03));
    }

    #[test]
    fn a_hinge_that_gave_sideways_is_on_its_plane_again_and_the_limb_below_stays() {
        for bend_rad in [-1.2f32, 1.2] {
            let lower = Quat::from_rotation_y(0.2) * Quat::from_rotation_x(bend_rad);
            let turned = Quat::from_rotation_y(off_hinge_rad(lower));
            let (_, twist) = flexion_and_twist(turned.inverse() * lower);
            assert!(twist.abs() < 1e-4 && (turned.inverse() * lower).angle_between(Quat::from_rotation_x(bend_rad)) < 1e-3);
        }
        assert_eq!(off_hinge_rad(Quat::from_rotation_y(0.2)), 0.0);
    }

    #[test]
    fn left_and_right_are_mirrored() {
        // A leg spread to its own side by 40° is within range; crossed over by 40° it is not.
        let roll = |d: f32| Quat::from_rotation_z(d.to_radians());
        for (thigh, outwards) in [(Segment::ThighL, 40.0), (Segment::ThighR, -40.0)] {
            assert_eq!(excess(thigh, coordinates(thigh, roll(outwards))).z, 0.0);
            assert!(excess(thigh, coordinates(thigh, roll(-outwards))).z < -0.1);
        }
    }

    #[test]
    fn the_extreme_postures_are_ones_that_people_can_take() {
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        for extreme in &clinch_cast::extremes::EXTREMES {
            let pose = extreme.pose(&cast.people[0]);
            let local = Segment::ALL.map(|segment| pose.joint_turn(segment));
            assert!(worst_excess_deg(&local) < 0.5, "{}: {}° too far", extreme.name, worst_excess_deg(&local));
        }
    }
}
