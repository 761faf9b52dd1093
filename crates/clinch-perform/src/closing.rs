//! Making the end meet the beginning.

use crate::struggle::{PersonRecord, Record};

/// Over how long the end is led into the beginning, in seconds.
pub(crate) const BLEND_SECS: f64 = 1.2;

/// Leads the last records into what was simulated just before the first one, so that position, velocity and acceleration meet there.
///
/// `pre_roll` ends just before the song's first step; both are sampled alike. The weight is a quintic smoothstep, whose first and second
/// derivatives vanish at both ends, so nothing is felt where the blend begins.
pub(crate) fn close(records: &mut [Record], pre_roll: &[Record]) {
    let count = pre_roll.len().min(records.len());
    let (first, from) = (records.len() - count, pre_roll.len() - count);
    for i in 0..count {
        let t = (i + 1) as f32 / (count + 1) as f32;
        let weight = t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        for who in 0..2 {
            records[first + i][who] = blend(&records[first + i][who], &pre_roll[from + i][who], weight);
        }
    }
}

/// Between two records of one person, `t` 0..1.
pub(crate) fn blend(a: &PersonRecord, b: &PersonRecord, t: f32) -> PersonRecord {
    let mix = |a: f32, b: f32| a + (b - a) * t;
    PersonRecord {
        pose: a.pose.blend(&b.pose, t),
        effort: mix(a.effort, b.effort),
        assist_n: mix(a.assist_n, b.assist_n),
        grip: [0, 1].map(|hand| mix(a.grip[hand], b.grip[hand])),
        miss_m: mix(a.miss_m, b.miss_m),
        worst_m: mix(a.worst_m, b.worst_m),
        speed_m_per_sec: mix(a.speed_m_per_sec, b.speed_m_per_sec),
    }
}
