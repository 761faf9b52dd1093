//! Cloth falling onto a body: position-based dynamics (Müller et al., "Position based dynamics", 2007), so that it hangs, bridges hollows
//! and folds where there is more of it than room.

use super::{cloth::Cloth, solid::Solid};
use glam::Vec3;

/// How far cloth falls in a step before it is held, in metres. There is no speed: only where it comes to rest counts.
const FALL_M: f32 = 0.0006;

/// Height under which no cloth falls, in metres: hems don't sweep the ground.
pub const GROUND_M: f32 = 0.014;

/// Rounds in which lengths are mended, a step.
const ROUNDS: usize = 4;

/// Part of the movement along the body that friction takes where cloth touches.
const FRICTION: f32 = 0.5;

/// How a garment falls.
pub struct Fall<'a> {
    /// `[vertex]` lengths are measured here: the garment as it is sewn.
    pub pattern_m: &'a [Vec3],
    /// `[vertex]`: factor on lengths across and along `axis`.
    pub stretch: &'a [[f32; 2]],
    /// `[vertex]`: unit direction of the limb.
    pub axis: &'a [Vec3],
    /// `[vertex]`: stays where it is.
    pub pinned: &'a [bool],
    /// `[vertex]`: how near to the body it may come, in metres.
    pub clearance_m: &'a [f32],
    /// How strongly it resists bending, 0..1.
    pub stiffness: f32,
    /// Steps.
    pub steps: usize,
}

struct Link {
    ends: [u32; 2],
    rest_m: f32,
    /// Part of the error mended at once when longer, and when shorter.
    mend: [f32; 2],
    /// How much of that each end takes: half where both may move, all where one is pinned.
    share: [f32; 2],
}

/// Lets cloth fall.
pub fn drape(cloth: &mut Cloth, solid: &Solid, fall: &Fall) {
    let links = links(cloth, fall);
    let tethers = tethers(cloth, &links, fall.pinned);
    let links: Vec<Link> = links.into_iter().filter(|link| link.share != [0.0; 2]).collect();
    let p = &mut cloth.position_m;
    for _ in 0..fall.steps {
        let before = p.clone();
        p.iter_mut().zip(fall.pinned).filter(|(_, pinned)| !**pinned).for_each(|(at, _)| at.y -= FALL_M);
        for _ in 0..ROUNDS {
            links.iter().for_each(|link| mend(link, p));
        }
        for v in (0..p.len()).filter(|&v| !fall.pinned[v]) {
            if let Some((to, reach_m)) = tethers[v] {
                let way = p[v] - p[to];
                p[v] = p[to] + way.clamp_length_max(reach_m);
            }
            p[v].y = p[v].y.max(GROUND_M);
            let (distance_m, away) = solid.at(p[v]);
            if distance_m < fall.clearance_m[v] {
                p[v] += away * (fall.clearance_m[v] - distance_m);
                let moved = p[v] - before[v];
                p[v] -= (moved - away * moved.dot(away)) * FRICTION;
            }
        }
    }
}

/// `[vertex]`: the pinned vertex that it hangs on and how far from it the cloth reaches (Kim, Chentanez and Müller, "Long range attachments",
/// 2012), by the shortest way along edges.
fn tethers(cloth: &Cloth, links: &[Link], pinned: &[bool]) -> Vec<Option<(usize, f32)>> {
    let mut around: Vec<Vec<(usize, f32)>> = vec![Vec::new(); cloth.rows.len()];
    for link in links {
        let [a, b] = link.ends.map(|v| v as usize);
        around[a].push((b, link.rest_m));
        around[b].push((a, link.rest_m));
    }
    let mut found: Vec<Option<(usize, f32)>> = vec![None; cloth.rows.len()];
    // Lengths in micrometres, so that they can be ordered.
    let mut queue: std::collections::BTreeSet<(u32, usize, usize)> = (0..pinned.len()).filter(|&v| pinned[v]).map(|v| (0, v, v)).collect();
    while let Some((far, v, from)) = queue.pop_first() {
        if found[v].is_some() {
            continue;
        }
        let far_m = far as f32 * 1e-6;
        found[v] = Some((from, far_m));
        for &(next, length_m) in around[v].iter().filter(|n| found[n.0].is_none()) {
            queue.insert((((far_m + length_m) * 1e6) as u32, next, from));
        }
    }
    found
}

fn links(cloth: &Cloth, fall: &Fall) -> Vec<Link> {
    let mut links = Vec::new();
    let length = |a: u32, b: u32| {
        let (a, b) = (a as usize, b as usize);
        let way = fall.pattern_m[b] - fall.pattern_m[a];
        let axis = (fall.axis[a] + fall.axis[b]).normalize_or(Vec3::Y);
        let along = way.dot(axis);
        let across = (way - axis * along).length();
        let factor = |i: usize| (fall.stretch[a][i] + fall.stretch[b][i]) / 2.0;
        ((across * factor(0)).powi(2) + (along * factor(1)).powi(2)).sqrt()
    };
    let mut link = |a: u32, b: u32, mend: [f32; 2]| {
        let free = [a, b].map(|v| if fall.pinned[v as usize] { 0.0 } else { 1.0 });
        let sum: f32 = free[0] + free[1];
        links.push(Link { ends: [a, b], rest_m: length(a, b), mend, share: free.map(|free| if sum > 0.0 { free / sum } else { 0.0 }) });
    };
    for ((a, b), over) in cloth.edges() {
        link(a, b, [0.9, 0.5]);
        if let [c, d] = over[..] {
            link(c, d, [0.3 * fall.stiffness, fall.stiffness]);
        }
    }
    links
}

#[inline]
fn mend(link: &Link, p: &mut [Vec3]) {
    let [a, b] = link.ends.map(|v| v as usize);
    let way = p[b] - p[a];
    let length = way.length().max(1e-6);
    let error = length - link.rest_m;
    let part = if error > 0.0 { link.mend[0] } else { link.mend[1] };
    let shift = way * (error / length * part);
    p[a] += shift * link.share[0];
    p[b] -= shift * link.share[1];
}
