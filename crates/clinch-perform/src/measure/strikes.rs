//! No strike, ever: found on the motion itself.

use super::overlap::distance_of_lines_m;
use clinch_model::{Cast, FrameRate, Placed, Sample, Samples, Segment, Shape, Who};
use glam::Vec3;
use std::collections::VecDeque;

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
pub(crate) fn count(samples: &Samples, rate: FrameRate, cast: &Cast) -> usize {
    let look_back = ((APPROACH_SECS * rate.hz()).round() as usize).max(1);
    let count = samples.len();
    let mut reader = samples.reader();
    // The last few samples' gaps, `[time][pair]`; before the loop's first come its last ones.
    let mut recent: VecDeque<Vec<f32>> = VecDeque::with_capacity(look_back + 1);
    let mut strikes = 0;
    let times = if count == 0 { 0 } else { count + look_back };
    for i in 0..times {
        let mut gaps_m = if recent.len() > look_back { recent.pop_front().unwrap_or_default() } else { Vec::new() };
        add_gaps(&reader.get((i + count * look_back - look_back) % count), cast, &mut gaps_m);
        recent.push_back(gaps_m);
        if recent.len() > look_back {
            strikes += (0..recent[0].len()).filter(|&pair| is_strike(&recent, pair, rate)).count();
        }
    }
    strikes
}

/// Sets `gaps_m` to the distance of every striker from everything that may be struck.
fn add_gaps(sample: &Sample, cast: &Cast, gaps_m: &mut Vec<f32>) {
    let placed = Who::BOTH.map(|who| cast.person(who).skeleton.place(&sample.person(who).pose));
    let shape = |who: Who, segment: Segment| &cast.person(who).skeleton.shape[segment.index()];
    gaps_m.clear();
    for who in Who::BOTH {
        let other = who.other();
        for striker in STRIKERS {
            for struck in Segment::ALL {
                let (mine, theirs) = (&placed[who.index()][striker.index()], &placed[other.index()][struck.index()]);
                gaps_m.push(gap_between_m(mine, shape(who, striker), theirs, shape(other, struck)));
            }
        }
    }
}

/// Whether a pair begins to touch at the last of the times, and how fast it came together before.
fn is_strike(recent: &VecDeque<Vec<f32>>, pair: usize, rate: FrameRate) -> bool {
    let before = |back: usize| recent[recent.len() - 1 - back][pair];
    let begins = before(0) <= TOUCH_M && before(1) > TOUCH_M;
    let approach = (1..recent.len()).map(|back| (before(back) - before(back - 1)) * rate.hz() as f32).fold(0.0, f32::max);
    begins && approach > STRIKE_M_PER_SEC
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
