//! Joints turned further than joints go.

use crate::choreography::limits;
use clinch_model::{Performance, Pose, SEGMENTS, Secs, Segment, Who};
use glam::Quat;

/// Excess up to which a limit counts as kept, in degrees: ranges of motion differ between people by more.
pub(crate) const TOLERATED_DEG: f32 = 3.0;

/// What was found about one joint, or about all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Excess {
    /// The joint at this segment's origin, and whose.
    pub who: Who,
    pub segment: Segment,
    /// Greatest excess, in degrees, and when.
    pub greatest_deg: f32,
    pub at: Secs,
    /// Longest time without a break over [`TOLERATED_DEG`], in seconds, within the loop.
    pub longest_secs: f64,
}

/// `[who × joint]`, the greatest excess first; joints that keep their limits are left out.
///
/// Excess of a joint is the greatest of its bend's, twist's and sideways turn's beyond their ranges (`choreography/limits.rs`); of knees and elbows
/// also the angle by which they are turned off their hinges.
pub(crate) fn excesses(performance: &Performance) -> Vec<Excess> {
    let first = |who: Who| Segment::ALL.map(|segment| Excess { who, segment, greatest_deg: 0.0, at: Secs(0.0), longest_secs: 0.0 });
    let mut found = Who::BOTH.map(first);
    let mut since = [[0u32; SEGMENTS]; 2];
    for (i, sample) in performance.samples.iter().enumerate() {
        for who in Who::BOTH {
            for segment in Segment::ALL.into_iter().skip(1) {
                let deg = excess_deg(&sample.person(who).pose, segment);
                let joint = &mut found[who.index()][segment.index()];
                if deg > joint.greatest_deg {
                    (joint.greatest_deg, joint.at) = (deg, performance.rate.start_of(i as u64));
                }
                let run = &mut since[who.index()][segment.index()];
                *run = if deg > TOLERATED_DEG { *run + 1 } else { 0 };
                joint.longest_secs = joint.longest_secs.max(f64::from(*run) * performance.rate.frame_secs());
            }
        }
    }
    let mut over: Vec<Excess> = found.into_iter().flatten().filter(|joint| joint.greatest_deg > 0.0).collect();
    over.sort_by(|a, b| b.greatest_deg.total_cmp(&a.greatest_deg).then((a.who, a.segment).cmp(&(b.who, b.segment))));
    over
}

/// Excess of one joint, in degrees.
fn excess_deg(pose: &Pose, segment: Segment) -> f32 {
    // Of a rotation's two quaternions the one with the shorter way, so that no angle is taken the long way round.
    let local = pose.joint_turn(segment);
    let local = if local.w < 0.0 { -local } else { local };
    let turned = limits::coordinates(segment, local);
    let over = limits::excess(segment, turned).abs().max_element();
    over.max(off_hinge_rad(segment, local)).to_degrees()
}

/// Angle between a knee's or elbow's turn and the nearest one that its hinge allows; 0 for ball joints.
fn off_hinge_rad(segment: Segment, local: Quat) -> f32 {
    use Segment::*;
    let mirror = if matches!(segment, ForearmR | ShinR) { -1.0 } else { 1.0 };
    match segment {
        ForearmL | ForearmR | ShinL | ShinR => {
            let turned = limits::coordinates(segment, local);
            let allowed = Quat::from_rotation_x(turned.x) * Quat::from_rotation_y(turned.y * mirror);
            let off = allowed.inverse() * local;
            2.0 * off.xyz().length().atan2(off.w.abs())
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture::{moved, performance};

    /// Cop's joint set to a turn between 1 s and 1.5 s, and still in range before and after.
    fn turned(segment: Segment, within: Quat, beyond: Quat) -> Vec<Excess> {
        excesses(&performance(2.0, |secs| {
            moved(&Default::default(), |who, pose| {
                if who == Who::Cop {
                    let turn = if (1.0..1.5).contains(&secs) { beyond } else { within };
                    let parent = pose.turn[segment.parent().unwrap().index()];
                    pose.turn[segment.index()] = parent * turn;
                }
            })
        }))
    }

    fn of(found: &[Excess], segment: Segment) -> Excess {
        *found.iter().find(|excess| excess.segment == segment && excess.who == Who::Cop).unwrap()
    }

    #[test]
    fn a_hand_bent_ten_degrees_beyond_its_limit_for_half_a_second_is_found() {
        let bent = |deg: f32| Quat::from_rotation_x(deg.to_radians());
        // A hand bends by 32 degrees.
        let found = of(&turned(Segment::HandL, bent(20.0), bent(42.0)), Segment::HandL);
        assert!((found.greatest_deg - 10.0).abs() < 0.1 && (found.longest_secs - 0.5).abs() < 0.02, "{found:?}");
        assert!((1.0..1.5).contains(&found.at.0), "{found:?}");
    }

    #[test]
    fn a_knee_turned_off_its_hinge_is_found_and_one_that_only_bends_is_not() {
        let bent = Quat::from_rotation_x(0.8);
        let found = turned(Segment::ShinR, bent, Quat::from_rotation_x(1.2) * Quat::from_rotation_z(12f32.to_radians()));
        assert!((of(&found, Segment::ShinR).greatest_deg - 12.0).abs() < 0.2, "{found:?}");
        // Either quaternion of a turn is the same turn.
        let flipped = turned(Segment::FootL, Quat::from_rotation_x(0.2), -Quat::from_rotation_x(0.2));
        assert!(flipped.iter().all(|excess| excess.greatest_deg < 0.1), "{flipped:?}");
        let straight = turned(Segment::ShinR, bent, Quat::from_rotation_x(2.0));
        assert!(straight.iter().all(|excess| excess.segment != Segment::ShinR || excess.greatest_deg < 0.1), "{straight:?}");
    }
}
