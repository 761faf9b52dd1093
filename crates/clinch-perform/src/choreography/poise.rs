//! Poise: a plan of motion that could keep its own balance.
//!
//! Poses that are solved one by one put the centre of mass where the posture wants it; the forces that this takes may be more than the ground
//! under feet, knees and hands can give. Here each person's centre of mass is led along a way that it can: the *zero-moment point* (where the ground's
//! force acts: p = c − c̈ · h / (g + ḧ), Vukobratović and Borovac, "Zero-moment point — thirty-five years of its life", 2004) stays within the hull of what
//! stands on the ground, the way is smooth, and it keeps as near as it may to the wanted one. That is a convex problem over the whole loop (preview control after Kajita et al., ICRA 2003;
//! a dynamics filter as in Yamane and Nakamura, 2003), solved by the alternating direction method of multipliers (Boyd et al. 2011) with one banded Cholesky factor.

use glam::{DVec2, Vec3};

/// How far inside the hull's edge the force is kept, in metres: what balance needs for its own corrections.
const MARGIN_M: f64 = 0.02;

/// Weight of jerk against place: 25 m/s³ count as much as 3 cm, which is what tired people do in a stumble.
const JERK_M_PER_SEC3: f64 = 25.0;
const PLACE_M: f64 = 0.03;

/// Weight of the constraint's penalty, and rounds; residuals fall below a millimetre within the rounds.
const PENALTY: f64 = 0.6;
const ROUNDS: usize = 220;

/// How far the way is continued beyond the loop's ends, in seconds; a disturbance dies out within about one.
const BEYOND_SECS: f64 = 4.0;

/// Gravity, in m/s².
const GRAVITY: f64 = 9.81;

/// What bears one person at one time.
#[derive(Debug, Clone, Default)]
pub struct Footing {
    /// Points on the ground.
    pub points_m: Vec<Vec3>,
    /// How far outside of them the force may act, in metres, because the other one holds on.
    pub slack_m: f32,
}

/// Leads a centre of mass, `[frame]` round the loop, along the nearest way that `footing` can bear.
pub fn poised(centre_m: &[Vec3], footing: &[Footing], rate_hz: f64) -> Vec<Vec3> {
    let count = centre_m.len();
    let beyond = (BEYOND_SECS * rate_hz) as usize;
    let source = |i: usize| (i + count * (beyond / count + 1) - beyond) % count;
    let length = count + 2 * beyond;
    let heights: Vec<f64> = centre_m.iter().map(|c| f64::from(c.y)).collect();
    // Height over the force that carries, in the units of a second difference of frames.
    let lever = |i: usize| {
        let (a, b, c) = (heights[(i + count - 1) % count], heights[i], heights[(i + 1) % count]);
        let upward = (a + c - 2.0 * b) * rate_hz * rate_hz;
        b / (GRAVITY + upward).clamp(4.0, 16.0) * rate_hz * rate_hz
    };
    let levers: Vec<f64> = (0..count).map(lever).collect();
    let hulls: Vec<Hull> = footing.iter().map(Hull::new).collect();
    let wanted: Vec<DVec2> = (0..length).map(|i| flat(centre_m[source(i)])).collect();
    let levers: Vec<f64> = (0..length).map(|i| levers[source(i)]).collect();

    let system = Banded::new(&levers, rate_hz);
    let force_at = |way: &[DVec2]| -> Vec<DVec2> {
        (0..length)
            .map(|i| {
                let (before, after) = (way[i.saturating_sub(1)], way[(i + 1).min(length - 1)]);
                if i == 0 || i + 1 == length { way[i] } else { way[i] - (before + after - 2.0 * way[i]) * levers[i] }
            })
            .collect()
    };
    let mut way = wanted.clone();
    let mut borne: Vec<DVec2> = force_at(&way).iter().enumerate().map(|(i, p)| hulls[source(i)].nearest(*p)).collect();
    let mut multiplier = vec![DVec2::ZERO; length];
    for _ in 0..ROUNDS {
        let mut right: Vec<DVec2> = wanted.iter().map(|w| *w / (PLACE_M * PLACE_M)).collect();
        for i in 1..length - 1 {
            let pull = (borne[i] - multiplier[i]) * (PENALTY / (PLACE_M * PLACE_M));
            right[i] += pull * (1.0 + 2.0 * levers[i]);
            right[i - 1] -= pull * levers[i];
            right[i + 1] -= pull * levers[i];
        }
        way = system.solve(right);
        let force = force_at(&way);
        for i in 1..length - 1 {
            borne[i] = hulls[source(i)].nearest(force[i] + multiplier[i]);
            multiplier[i] += force[i] - borne[i];
        }
    }
    (0..count).map(|i| Vec3::new(way[i + beyond].x as f32, centre_m[i].y, way[i + beyond].y as f32)).collect()
}

fn flat(point_m: Vec3) -> DVec2 {
    DVec2::new(f64::from(point_m.x), f64::from(point_m.z))
}

/// Where the ground's force may act.
struct Hull {
    /// Corners, counter-clockwise; none where nothing bears and so nothing is asked.
    corners: Vec<DVec2>,
    slack_m: f64,
}

impl Hull {
    fn new(footing: &Footing) -> Self {
        let mut corners = convex_hull(footing.points_m.iter().map(|p| flat(*p)).collect());
        let middle = corners.iter().sum::<DVec2>() / corners.len().max(1) as f64;
        for corner in &mut corners {
            let inwards = middle - *corner;
            *corner += inwards.clamp_length_max(MARGIN_M.min(0.5 * inwards.length()));
        }
        Self { corners, slack_m: f64::from(footing.slack_m) }
    }

    /// The nearest point where it may act.
    fn nearest(&self, point: DVec2) -> DVec2 {
        let count = self.corners.len();
        if count == 0 {
            return point;
        }
        let side = |i: usize| (self.corners[(i + 1) % count] - self.corners[i]).perp_dot(point - self.corners[i]);
        if count > 2 && (0..count).all(|i| side(i) >= 0.0) {
            return point;
        }
        let on_edge = |i: usize| {
            let (a, b) = (self.corners[i], self.corners[(i + 1) % count]);
            let along = b - a;
            a + along * ((point - a).dot(along) / along.length_squared().max(1e-12)).clamp(0.0, 1.0)
        };
        let edge = (0..count).map(on_edge).min_by(|a, b| a.distance_squared(point).total_cmp(&b.distance_squared(point)));
        let edge = edge.unwrap_or(point);
        edge + (point - edge).clamp_length_max(self.slack_m)
    }
}

/// Andrew's monotone chain, 1979.
fn convex_hull(mut points: Vec<DVec2>) -> Vec<DVec2> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup_by(|a, b| a.distance_squared(*b) < 1e-8);
    if points.len() < 3 {
        return points;
    }
    let half = |points: &mut dyn Iterator<Item = DVec2>| {
        let mut chain: Vec<DVec2> = Vec::new();
        for p in points {
            while chain.len() > 1 && (chain[chain.len() - 1] - chain[chain.len() - 2]).perp_dot(p - chain[chain.len() - 1]) <= 0.0 {
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    hull
}

/// The quadratic part of the problem, factored: a symmetric matrix with three diagonals on either side of the middle one.
struct Banded {
    /// `[row]`: the factor's entries of columns row − 3..=row.
    factor: Vec<[f64; 4]>,
}

impl Banded {
    fn new(levers: &[f64], rate_hz: f64) -> Self {
        let length = levers.len();
        let mut rows = vec![[0.0; 4]; length];
        for row in &mut rows {
            row[3] += 1.0 / (PLACE_M * PLACE_M);
        }
        let mut add = |first: usize, coefficients: &[f64], weight: f64| {
            for (a, x) in coefficients.iter().enumerate() {
                for (b, y) in coefficients[..=a].iter().enumerate() {
                    rows[first + a][3 - (a - b)] += weight * x * y;
                }
            }
        };
        let jerk = rate_hz.powi(3) / JERK_M_PER_SEC3;
        for i in 0..length - 3 {
            add(i, &[-1.0, 3.0, -3.0, 1.0], jerk * jerk);
        }
        for i in 1..length - 1 {
            add(i - 1, &[-levers[i], 1.0 + 2.0 * levers[i], -levers[i]], PENALTY / (PLACE_M * PLACE_M));
        }
        // Cholesky, row by row.
        for i in 0..length {
            for j in i.saturating_sub(3)..=i {
                let from = i.saturating_sub(3).max(j.saturating_sub(3));
                let sum: f64 = (from..j).map(|k| rows[i][k + 3 - i] * rows[j][k + 3 - j]).sum();
                let entry = rows[i][j + 3 - i] - sum;
                rows[i][j + 3 - i] = if i == j { entry.max(1e-12).sqrt() } else { entry / rows[j][3] };
            }
        }
        Self { factor: rows }
    }

    fn solve(&self, mut right: Vec<DVec2>) -> Vec<DVec2> {
        let length = right.len();
        for i in 0..length {
            for k in i.saturating_sub(3)..i {
                let known = right[k];
                right[i] -= known * self.factor[i][k + 3 - i];
            }
            right[i] /= self.factor[i][3];
        }
        for i in (0..length).rev() {
            for k in i + 1..(i + 4).min(length) {
                let known = right[k];
                right[i] -= known * self.factor[k][i + 3 - k];
            }
            right[i] /= self.factor[i][3];
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 30.0;

    fn square(middle: Vec3, half_m: f32) -> Footing {
        let points_m = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, z)| middle + Vec3::new(x, 0.0, z) * half_m).to_vec();
        Footing { points_m, slack_m: 0.0 }
    }

    /// Where the ground's force acts at a frame.
    fn force_at(way: &[Vec3], i: usize) -> Vec3 {
        let count = way.len();
        let (a, b, c) = (way[(i + count - 1) % count], way[i], way[(i + 1) % count]);
        b - (a + c - b * 2.0) * (RATE_HZ * RATE_HZ) as f32 * (b.y / 9.81)
    }

    #[test]
    fn who_stands_over_the_feet_is_left_alone() {
        let centre = vec![Vec3::new(0.01, 1.0, -0.02); 120];
        let way = poised(&centre, &vec![square(Vec3::ZERO, 0.15); 120], RATE_HZ);
        assert!(way.iter().zip(&centre).all(|(a, b)| a.distance(*b) < 1e-4));
    }

    #[test]
    fn who_leans_out_is_brought_back_over_the_feet() {
        let centre = vec![Vec3::new(0.4, 1.0, 0.0); 120];
        let way = poised(&centre, &vec![square(Vec3::ZERO, 0.15); 120], RATE_HZ);
        assert!(way.iter().all(|c| c.x < 0.151 && c.x > 0.1), "{:?}", way[0]);
    }

    #[test]
    fn a_sideways_jump_becomes_a_shift_that_begins_before_it() {
        // Two seconds over the left foot, two over the right one.
        let side = |i: usize| if i < 60 { -0.15 } else { 0.15 };
        let centre: Vec<Vec3> = (0..120).map(|i| Vec3::new(side(i), 1.0, 0.0)).collect();
        let footing: Vec<Footing> = (0..120).map(|i| square(Vec3::X * side(i), 0.06)).collect();
        let way = poised(&centre, &footing, RATE_HZ);
        assert!(way[55].x > -0.14 && way[65].x < 0.14, "{} {}", way[55].x, way[65].x);
        for i in 0..120 {
            let out = (force_at(&way, i).x - side(i)).abs();
            assert!(out < 0.065, "{i}: {out}");
        }
    }
}
