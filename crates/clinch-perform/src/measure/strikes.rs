//! No strike, ever: found on the motion itself.

use super::overlap::distance_of_lines_m;
use clinch_model::{Cast, FrameRate, Placed, SEGMENTS, Sample, Segment, Shape, Who};
use glam::Vec3;

/// Approach speed from which a contact is a strike, in m/s. Punches of untrained people land at 5..9 m/s, a shove starts from contact.
const STRIKE_M_PER_SEC: f32 = 3.0;

/// Distance of two surfaces at which they touch, in metres.
const TOUCH_M: f32 = 0.005;

/// How long before the contact the approach is looked at, in seconds: solvers brake a limb within one or two steps of touching.
const APPROACH_SECS: f64 = 0.025;

/// What people strike with.
pub(crate) const STRIKERS: [Segment; 9] = [
    Segment::HandL,
    Segment::HandR,
    Segment::ForearmL,
    Segment::ForearmR,
    Segment::ShinL,
    Segment::ShinR,
    Segment::FootL,
    Segment::FootR,
    Segment::Head,
];

/// Number of contacts that begin with an approach of more than 3 m/s, round the loop.
pub(crate) fn count(samples: &[Sample], rate: FrameRate, cast: &Cast) -> usize {
    let placed: Vec<[[Placed; SEGMENTS]; 2]> =
        samples.iter().map(|sample| Who::BOTH.map(|who| cast.person(who).skeleton.place(&sample.person(who).pose))).collect();
    let look_back = ((APPROACH_SECS * rate.hz()).round() as usize).max(1);
    let mut strikes = 0;
    for who in Who::BOTH {
        for striker in STRIKERS {
            for struck in Segment::ALL {
                strikes += strikes_of(&placed, rate, look_back, cast, who, striker, struck);
            }
        }
    }
    strikes
}

fn strikes_of(
    placed: &[[[Placed; SEGMENTS]; 2]],
    rate: FrameRate,
    look_back: usize,
    cast: &Cast,
    who: Who,
    striker: Segment,
    struck: Segment,
) -> usize {
    let shape = |who: Who, segment: Segment| cast.person(who).skeleton.shape[segment.index()];
    let (mine, theirs) = (shape(who, striker), shape(who.other(), struck));
    let gap_m = |i: usize| {
        let at = &placed[i % placed.len()];
        gap_between_m(&at[who.index()][striker.index()], &mine, &at[who.other().index()][struck.index()], &theirs)
    };
    let gaps_m: Vec<f32> = (0..placed.len()).map(gap_m).collect();
    let count = gaps_m.len();
    (0..count)
        .filter(|&i| {
            let before = |back: usize| gaps_m[(i + count - back % count) % count];
            let begins = gaps_m[i] <= TOUCH_M && before(1) > TOUCH_M;
            let approach = (1..=look_back).map(|back| (before(back) - before(back - 1)) * rate.hz() as f32).fold(0.0, f32::max);
            begins && approach > STRIKE_M_PER_SEC
        })
        .count()
}

/// Distance between two surfaces in metres, negative inside; boxes are taken as capsules along their length.
pub(crate) fn gap_between_m(a: &Placed, a_shape: &Shape, b: &Placed, b_shape: &Shape) -> f32 {
    let ((p, q, first_m), (r, s, second_m)) = (axis_of(a_shape), axis_of(b_shape));
    distance_of_lines_m(a.point(p), a.point(q), b.point(r), b.point(s)) - first_m - second_m
}

/// Ends and radius of a shape's axis, in its own frame.
pub(crate) fn axis_of(shape: &Shape) -> (Vec3, Vec3, f32) {
    match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => (a_m, b_m, radius_m),
        Shape::Cuboid { centre_m, half_m } => {
            let radius_m = half_m.x.min(half_m.y);
            let reach = Vec3::Z * (half_m.z - radius_m).max(0.0);
            (centre_m - reach, centre_m + reach, radius_m)
        }
    }
}
