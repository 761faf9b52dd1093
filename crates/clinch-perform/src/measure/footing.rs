//! How far feet that should bear weight are above the ground.

use super::{overlap::Solid, sustained};
use clinch_model::{Cast, ContactKind, Performance, Segment, Story, Target, Who};

/// How often the ground under the feet is looked at, a second.
const FLOAT_HZ: f64 = 24.0;

/// Speed above which a foot is on its way to another place and bears nothing, in m/s: a slow step swings at 0.5..1 m/s.
const SWINGS_M_PER_SEC: f32 = 0.2;

/// Heights over the ground, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Float {
    /// Mean over the soles that bear: lowest point of the foot's shape.
    pub soles_m: f64,
    /// Mean over both bodies and all the time: lowest point of the body's shapes.
    pub bodies_m: f64,
}

/// Floating soles and bodies.
///
/// A foot bears where its hold plants it (a contact `plant` on the ground), in the sustained part of the phrase, while it moves slower than 0.2 m/s.
/// What is under the ground counts as 0.
pub(crate) fn float(performance: &Performance, story: &Story, cast: &Cast) -> Float {
    let stride = ((performance.rate.hz() / FLOAT_HZ).round() as usize).max(1);
    let mut reader = performance.samples.reader();
    let count = performance.samples.len();
    let (mut soles, mut bodies) = ((0.0, 0u32), (0.0, 0u32));
    for i in (0..count).step_by(stride) {
        let (now, next) = (reader.get(i), reader.get((i + 1) % count));
        let at = performance.rate.start_of(i as u64);
        for who in Who::BOTH {
            let skeleton = &cast.person(who).skeleton;
            let [placed, after] = [&now, &next].map(|sample| skeleton.place(&sample.person(who).pose));
            let lowest_m = |s: Segment| Solid { placed: placed[s.index()], shape: skeleton.shape[s.index()] }.lowest_m();
            let body_m = Segment::ALL.into_iter().map(lowest_m).fold(f32::INFINITY, f32::min);
            bodies = (bodies.0 + f64::from(body_m.max(0.0)), bodies.1 + 1);
            for foot in [Segment::FootL, Segment::FootR].into_iter().filter(|&foot| is_planted(story, at, who, foot)) {
                let centre = skeleton.centre_in_segment_m(foot);
                let way_m = placed[foot.index()].point(centre).distance(after[foot.index()].point(centre));
                if way_m * (performance.rate.hz() as f32) < SWINGS_M_PER_SEC {
                    soles = (soles.0 + f64::from(lowest_m(foot).max(0.0)), soles.1 + 1);
                }
            }
        }
    }
    let mean = |(sum, count): (f64, u32)| sum / f64::from(count.max(1));
    Float { soles_m: mean(soles), bodies_m: mean(bodies) }
}

/// Whether the hold that is kept at a time plants a foot.
fn is_planted(story: &Story, at: clinch_model::Secs, who: Who, foot: Segment) -> bool {
    let Some((phrase, hold)) = sustained(story, at) else { return false };
    hold.contacts.iter().any(|contact| {
        contact.kind == ContactKind::Plant
            && contact.on == Target::Ground
            && contact.part == foot
            && super::person(phrase, contact.who) == who
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fixture::{moved, performance, story_with};
    use clinch_model::hold::Role;

    #[test]
    fn soles_lifted_by_25_mm_float_25_mm_and_swinging_feet_do_not_count() {
        let plant = |who, foot| (who, foot, ContactKind::Plant, Target::Ground);
        let feet = [Role::Leader, Role::Follower].map(|who| [plant(who, Segment::FootL), plant(who, Segment::FootR)]).concat();
        let (story, cast) = (story_with(4.0, &feet), crate::stand_in::cast());
        let lifted = |lift_m: f32| {
            let performance = performance(4.0, |_| moved(&Default::default(), |_, pose| pose.pelvis_m.y += lift_m));
            float(&performance, &story, &cast)
        };
        let (down, up) = (lifted(0.0), lifted(0.025));
        assert!((up.soles_m - down.soles_m - 0.025).abs() < 1e-3 && (up.bodies_m - down.bodies_m - 0.025).abs() < 1e-3, "{down:?} {up:?}");
        // Up and down at up to 0.6 m/s: only where it turns is a foot slow enough to bear.
        let bobbing = |secs: f64| moved(&Default::default(), |_, pose| pose.pelvis_m.y += (0.1 - 0.1 * (6.0 * secs).cos()) as f32);
        let swinging = float(&performance(std::f64::consts::TAU, bobbing), &story_with(std::f64::consts::TAU, &feet), &cast);
        assert!((swinging.bodies_m - down.bodies_m - 0.1).abs() < 0.01, "{swinging:?}");
        // Nothing bears in a hold that plants nothing.
        let hanging = performance(4.0, |_| moved(&Default::default(), |_, pose| pose.pelvis_m.y += 0.5));
        assert_eq!(float(&hanging, &story_with(4.0, &[]), &cast).soles_m, 0.0);
    }
}
