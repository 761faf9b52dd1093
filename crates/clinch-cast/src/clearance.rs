//! Clothes moved off the skin beneath them in every pose.
//!
//! Cloth and skin take the same bones, but not in the same shares everywhere; no shift that a joint drives foresees all of that. So when a surface has
//! been posed, the skin beneath is posed too, though it isn't drawn, and every vertex of cloth that is within it, or nearer than its margin, goes out
//! along the skin's normal. How far it is over the skin it knows from the planes through a few skin vertices around the places that it comes near to,
//! which were found in the extreme postures, the nearer the more (an implicit moving least-squares surface: Shen et al., "Interpolating and
//! Approximating Implicit Surfaces from Polygon Soup", 2004). Moves are evened out over the cloth, and what lies over other cloth is carried by it.
//!
//! Everything is a function of the pose alone, so frames can be made in any order, and a smooth one: nothing is chosen while posing, and moves begin and
//! end softly. Where the body presses on itself its normals cancel out, and so do moves. Parts of the body that don't go with the cloth are not looked
//! at.

mod fit;

pub use fit::{Worn, fit};
#[cfg(test)]
pub use fit::{common, farness_m};

use crate::pose::hidden_skin;
use clinch_model::{Person, PersonSample, cast::Clearance};
use glam::{Vec3, Vec3A};

/// Rounds in which a move spreads to the cloth beside, each time that cloth is moved.
const ROUNDS: [usize; 3] = [3, 2, 2];

/// How far one round takes a vertex to the mean of those beside it.
const EVENED: f32 = 0.6;

/// Distance at which a place counts an eighth of what it does right under the cloth, in metres; skin vertices lie some 7 mm apart.
const NEAR_M: f32 = 0.008;

/// How much farther than its margin cloth is over the skin when it begins to move, in metres.
const SOFT_M: f32 = 0.0015;

/// What the moves of one pass come up to however deep cloth is within the skin, in metres.
const MOST_M: f32 = 0.008;

/// Distances from the places it knows, in metres, up to which they count wholly, and from which not at all.
const FAR_M: [f32; 2] = [0.025, 0.045];

/// Moves the clothes of a posed surface, `[vertex]`, off the body beneath.
pub fn keep(person: &Person, state: &PersonSample, position_m: &mut [Vec3]) {
    let clearance = &person.surface.clearance;
    if clearance.vertex.is_empty() {
        return;
    }
    let ground = Ground { planes: hidden_skin(person, state) };
    let at_m: Vec<Vec3A> = clearance.vertex.iter().map(|&v| position_m[v as usize].into()).collect();
    for (&vertex, move_m) in clearance.vertex.iter().zip(moves(clearance, &ground, &at_m)) {
        position_m[vertex as usize] += Vec3::from(move_m);
    }
}

/// `[kept]`: how far each goes from where bones put it.
fn moves(clearance: &Clearance, ground: &Ground, at_m: &[Vec3A]) -> Vec<Vec3A> {
    let mut moves_m = vec![Vec3A::ZERO; at_m.len()];
    let mut spread = Spread::new(clearance);
    let mut first = 0;
    for (layer, &end) in clearance.layers.iter().enumerate() {
        if layer > 0 {
            for k in first..end as usize {
                moves_m[k] = clearance.carried[k].iter().map(|&(of, share)| moves_m[of as usize] * share).sum();
            }
        }
        // Stiff things only go along.
        if layer + 1 == clearance.layers.len() {
            break;
        }
        let watched = clearance.watched.partition_point(|&k| (k as usize) < first)..clearance.watched.partition_point(|&k| k < end);
        for (pass, rounds) in ROUNDS.into_iter().enumerate() {
            for i in watched.clone() {
                let k = clearance.watched[i] as usize;
                // What needed nothing and hasn't moved needs nothing.
                if pass == 0 || spread.is_active[k] {
                    spread.need(k, ground.need(&clearance.places[i], at_m[k] + moves_m[k], clearance.margin_m[k]));
                }
            }
            if pass == 0 {
                spread.reach_beside(rounds);
            }
            spread.settle(rounds);
            spread.active.iter().for_each(|&k| moves_m[k as usize] += spread.now_m[k as usize]);
        }
        spread.clear();
        first = end as usize;
    }
    moves_m
}

/// Moves of one layer, evened out over the cloth beside without taking away from where they are needed. Only vertices that are reached are looked at.
struct Spread<'a> {
    clearance: &'a Clearance,
    /// `[kept]`, metres.
    needs_m: Vec<Vec3A>,
    now_m: Vec<Vec3A>,
    next_m: Vec<Vec3A>,
    /// Kept vertices that have a move or may get one, and `[kept]` whether it is among them.
    active: Vec<u32>,
    is_active: Vec<bool>,
}

impl<'a> Spread<'a> {
    fn new(clearance: &'a Clearance) -> Self {
        let zero = vec![Vec3A::ZERO; clearance.vertex.len()];
        let is_active = vec![false; zero.len()];
        Self { clearance, needs_m: zero.clone(), now_m: zero.clone(), next_m: zero, active: Vec::new(), is_active }
    }

    fn need(&mut self, kept: usize, need_m: Vec3A) {
        self.needs_m[kept] = need_m;
        if need_m != Vec3A::ZERO {
            self.reach(kept as u32);
        }
    }

    fn reach(&mut self, kept: u32) {
        if !std::mem::replace(&mut self.is_active[kept as usize], true) {
            self.active.push(kept);
        }
    }

    /// Reaches what is beside, so many rounds.
    fn reach_beside(&mut self, rounds: usize) {
        let mut edge = 0;
        for _ in 0..rounds {
            let end = self.active.len();
            for i in edge..end {
                self.clearance.beside.get(self.active[i] as usize).iter().for_each(|&b| self.reach(b));
            }
            edge = end;
        }
    }

    /// Makes needs to moves.
    fn settle(&mut self, rounds: usize) {
        for &k in &self.active {
            self.now_m[k as usize] = self.needs_m[k as usize];
        }
        for _ in 0..rounds {
            for &k in &self.active {
                let beside = self.clearance.beside.get(k as usize);
                self.next_m[k as usize] = even(beside, k as usize, &self.needs_m, &self.now_m);
            }
            std::mem::swap(&mut self.now_m, &mut self.next_m);
        }
    }

    /// Forgets all, for the next layer.
    fn clear(&mut self) {
        for &k in &self.active {
            let k = k as usize;
            (self.needs_m[k], self.now_m[k], self.next_m[k], self.is_active[k]) = (Vec3A::ZERO, Vec3A::ZERO, Vec3A::ZERO, false);
        }
        self.active.clear();
    }
}

/// A move drawn to the mean of those beside it, without taking away from what is needed.
fn even(beside: &[u32], kept: usize, needs_m: &[Vec3A], now_m: &[Vec3A]) -> Vec3A {
    if beside.is_empty() {
        return now_m[kept];
    }
    let mean = beside.iter().map(|&b| now_m[b as usize]).sum::<Vec3A>() / beside.len() as f32;
    let (even, need_m) = (now_m[kept].lerp(mean, EVENED), needs_m[kept]);
    // Never more than the need itself, so that a vanishing one does nothing.
    even + need_m * (1.0 - even.dot(need_m) / need_m.length_squared().max(1e-12)).clamp(0.0, 1.0)
}

/// Posed skin.
struct Ground {
    /// `[skin vertex]`: position in metres, and unit normal.
    planes: Vec<(Vec3A, Vec3A)>,
}

impl Ground {
    /// How far a place is over the skin around some skin vertices, in metres; the mean of the normals there, shorter where these don't agree; and how far
    /// the vertices are, in metres.
    #[inline]
    fn over(&self, places: &[u32], p: Vec3A) -> (f32, Vec3A, f32) {
        let (mut sum, mut normal, mut over, mut far) = (0.0, Vec3A::ZERO, 0.0, 0.0);
        for &place in places {
            let (at_m, up) = self.planes[place as usize];
            let way = p - at_m;
            let squared = way.length_squared();
            let near = NEAR_M * NEAR_M / (squared + NEAR_M * NEAR_M);
            let weight = near * near * near;
            sum += weight;
            normal += up * weight;
            over += way.dot(up) * weight;
            far += squared * weight;
        }
        let share = 1.0 / sum;
        (over * share, normal * share, (far * share).sqrt())
    }

    /// The move that takes a place off the skin around some skin vertices.
    #[inline]
    fn need(&self, places: &[u32], p: Vec3A, margin_m: f32) -> Vec3A {
        let (over_m, normal, far_m) = self.over(places, p);
        let short_m = margin_m - over_m;
        if short_m <= -SOFT_M {
            return Vec3A::ZERO;
        }
        let soft_m = if short_m < SOFT_M { (short_m + SOFT_M) * (short_m + SOFT_M) / (4.0 * SOFT_M) } else { short_m };
        let limited_m = soft_m / (1.0 + (soft_m / MOST_M) * (soft_m / MOST_M)).sqrt();
        // Where normals disagree which way is out turns quickly; there little is moved.
        normal * (normal.length() * limited_m * (1.0 - smooth(far_m, FAR_M)))
    }
}

/// 0 up to the first, 1 from the second, and smooth between them.
fn smooth(x: f32, [from, to]: [f32; 2]) -> f32 {
    let x = ((x - from) / (to - from)).clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}
