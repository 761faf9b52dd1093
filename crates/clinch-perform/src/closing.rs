//! Making the end meet the beginning.

use crate::{
    reel::Reel,
    struggle::{PersonRecord, Record},
};
use clinch_model::Pose;
use glam::{Quat, Vec3};
use std::collections::VecDeque;

/// Over how long the end is led into the beginning, in seconds.
pub(crate) const BLEND_SECS: f64 = 1.2;

/// Makes a song's records meet their beginning; `pre_roll` ends just before the first of them.
///
/// Where on the ground the pair has come to beside its plan is given back evenly over the whole song, which moves nobody by a visible amount at any time; what is
/// left is led over in the last moments.
pub(crate) fn closed(records: Reel, pre_roll: &[Record]) -> Reel {
    let count = records.len();
    let Some(goal) = pre_roll.last().filter(|_| count > 0) else { return records };
    let end = records.get(count - 1);
    let beside_m = (0..2).map(|who| goal[who].pose.pelvis_m - end[who].pose.pelvis_m).sum::<Vec3>().with_y(0.0) / 2.0;
    let moved = |index: usize, mut record: Record| {
        let shift_m = beside_m * ((index + 1) as f32 / count as f32);
        record.iter_mut().for_each(|person| person.pose.pelvis_m += shift_m);
        record
    };
    records.drain().enumerate().map(|(index, record)| close(index, count, &moved(index, record), pre_roll)).collect()
}

/// Leads the last of `count` records into what was simulated just before the first one, so that position, velocity and acceleration meet
/// there; gives back what the record `index` becomes.
///
/// `pre_roll` ends just before the song's first step; both are sampled alike. The weight is a quintic smoothstep, whose first and second
/// derivatives vanish at both ends, so nothing is felt where the blend begins.
fn close(index: usize, count: usize, record: &Record, pre_roll: &[Record]) -> Record {
    let blended = pre_roll.len().min(count);
    let Some(i) = (index + blended).checked_sub(count) else { return *record };
    let t = (i + 1) as f32 / (blended + 1) as f32;
    let weight = t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let before = &pre_roll[pre_roll.len() - blended + i];
    [0, 1].map(|who| blend(&record[who], &before[who], weight))
}

/// Between two records of one person, `t` 0..1.
pub(crate) fn blend(a: &PersonRecord, b: &PersonRecord, t: f32) -> PersonRecord {
    let mix = |a: f32, b: f32| a + (b - a) * t;
    PersonRecord {
        pose: a.pose.blend(&b.pose, t),
        effort: mix(a.effort, b.effort),
        assist_n: mix(a.assist_n, b.assist_n),
        pulls_n: mix(a.pulls_n, b.pulls_n),
        rush_m_per_sec: mix(a.rush_m_per_sec, b.rush_m_per_sec),
        grip: [0, 1].map(|hand| mix(a.grip[hand], b.grip[hand])),
        miss_m: mix(a.miss_m, b.miss_m),
        worst_m: mix(a.worst_m, b.worst_m),
        untouched: a.untouched,
        speed_m_per_sec: mix(a.speed_m_per_sec, b.speed_m_per_sec),
    }
}

/// Weights of the neighbours ten samples before to ten after: a binomial filter, at 120 samples a second down to half at 10 Hz. Movement has next to nothing above
/// (gait is cut at 6 Hz; Winter, Biomechanics and Motor Control of Human Movement, 2009, ch. 3); contact solvers chatter there.
const SMOOTHING: [f32; 21] = binomial();

/// Standard deviation of that filter, in seconds: half the root of its steps.
pub(crate) const SMOOTHING_SECS: f64 = 2.236 / 120.0;

/// The binomial coefficients of their number less one, over their sum.
const fn binomial<const N: usize>() -> [f32; N] {
    let mut weights = [0.0; N];
    weights[0] = 1.0;
    let mut row = 1;
    while row < N {
        let mut i = row;
        while i > 0 {
            weights[i] = (weights[i] + weights[i - 1]) / 2.0;
            i -= 1;
        }
        weights[0] /= 2.0;
        row += 1;
    }
    weights
}

/// Takes the solver's chatter out of the poses, round the loop.
pub(crate) fn smooth(records: Reel) -> Reel {
    let count = records.len();
    if count < SMOOTHING.len() {
        return records;
    }
    let reach = SMOOTHING.len() / 2;
    let (last, first): (Vec<Record>, Vec<Record>) = (0..reach).map(|i| (records.get(count - reach + i), records.get(i))).unzip();
    let mut near = VecDeque::from(last);
    let mut smooth = Reel::default();
    for record in records.drain().chain(first) {
        near.push_back(record);
        if near.len() == SMOOTHING.len() {
            let mut record = near[reach];
            for (who, person) in record.iter_mut().enumerate() {
                person.pose = mean(std::array::from_fn(|k| &near[k][who].pose));
            }
            smooth.push(&record);
            near.pop_front();
        }
    }
    smooth
}

/// Weighted mean of neighbouring poses; their turns differ by little, so the mean of the quaternions serves.
fn mean(neighbours: [&Pose; SMOOTHING.len()]) -> Pose {
    let middle = neighbours[SMOOTHING.len() / 2];
    let pelvis_m = neighbours.iter().zip(SMOOTHING).map(|(pose, weight)| pose.pelvis_m * weight).sum();
    let turn = std::array::from_fn(|s| {
        let sum = neighbours.iter().zip(SMOOTHING).fold(Quat::from_xyzw(0.0, 0.0, 0.0, 0.0), |sum, (pose, weight)| {
            let sign = if pose.turn[s].dot(middle.turn[s]) < 0.0 { -weight } else { weight };
            sum + pose.turn[s] * sign
        });
        if sum.length_squared() > 1e-6 { sum.normalize() } else { middle.turn[s] }
    });
    Pose { pelvis_m, turn }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{cast, pose};

    fn record(height_m: f32) -> Record {
        let cast = cast();
        [0, 1].map(|who| {
            let mut pose = pose(&cast.people[who], 0.0);
            pose.pelvis_m.y = height_m;
            PersonRecord::still(pose)
        })
    }

    #[test]
    fn the_end_is_led_into_the_pre_roll_without_a_jolt() {
        // The song ends a metre high; before its beginning they rose to 2 m.
        let pre_roll: Vec<Record> = (0..144).map(|_| record(2.0)).collect();
        let heights: Vec<f32> = (0..300).map(|i| close(i, 300, &record(1.0), &pre_roll)[0].pose.pelvis_m.y).collect();
        assert_eq!(heights[155], 1.0);
        assert!((heights[299] - 2.0).abs() < 1e-4);
        let fastest = heights.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f32::max);
        // The quintic's steepest slope is 15/8 of the mean.
        assert!((fastest - 15.0 / 8.0 / 145.0).abs() < 1e-3, "{fastest}");
    }

    #[test]
    fn smoothing_takes_chatter_out() {
        let records: Reel = (0..100).map(|i| record(if i % 2 == 0 { 1.0 } else { 1.01 })).collect();
        let smooth = smooth(records);
        assert_eq!(smooth.len(), 100);
        assert!(smooth.iter().all(|record| (record[0].pose.pelvis_m.y - 1.005).abs() < 1e-5));
    }
}
