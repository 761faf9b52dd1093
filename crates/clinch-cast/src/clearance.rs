//! Clothes kept off the body in every pose.
//!
//! Cloth and skin take the same bones, but not in the same shares everywhere, and what bends far also meets other parts of the body; no shift that
//! a joint drives foresees all of that. So when a surface has been posed, the skin beneath is posed too, though it isn't drawn, and every vertex of
//! cloth that is within it, or nearer than its margin, goes out to the nearest place over the skin that it lies on (a projection, as in position-based
//! dynamics: Müller et al., "Position Based Dynamics", 2007). Deep in that skin, and in other parts of the body, the nearest way out changes from one
//! side to the other, or leads into its own part; there cloth goes *home*, towards the place over which it lay in the bind pose. The nearest skin is
//! found by walking over the mesh from a place that is near in the bind pose, or was in one of the extreme postures. Moves are evened out over the
//! cloth, and what lies over other cloth is carried by it.
//!
//! Everything is a function of the pose alone, so frames can be made in any order. It is continuous but where the walk ends elsewhere, which it does where
//! the body presses on itself.

mod fit;

#[cfg(test)]
pub use fit::farness_m;
pub use fit::{Worn, fit};

use crate::{
    dress::closest,
    pose::{Posed, hidden_skin},
};
use clinch_model::{Person, PersonSample, cast::Clearance};
use glam::{Vec3, Vec3A};

/// Times that cloth is projected; the moves of all but the last two are evened out.
const PASSES: usize = 4;

/// Rounds in which a move spreads to the cloth beside.
const ROUNDS: usize = 3;

/// How far one round takes a vertex to the mean of those beside it.
const EVENED: f32 = 0.6;

/// Moves after which cloth that was outside needn't be looked at again, in metres.
const HARDLY_M: f32 = 0.0005;

/// Steps of a walk over the skin: some ten centimetres.
const STEPS: usize = 16;

/// How far a place on the skin that isn't right under cloth may be from it to be looked at, in metres.
const FAR_M: f32 = 0.04;

/// Cloth that is farther over the skin right under it than its margin and the first, and less than the second beside the place it had over it,
/// needs no closer look; in metres.
const CLEAR_M: f32 = 0.006;
const ASIDE_M: f32 = 0.008;

/// Depths within the skin that cloth lies on, in metres, up to which it goes out the nearest way, and from which it goes home to where it lay over it:
/// deep in the body the nearest way changes from one side to another.
const LOST_M: [f32; 2] = [0.004, 0.010];

/// How far cloth goes home for each metre that it is within another part of the body, pass by pass: the nearest way out would lead into its own part,
/// and back.
const GAINS: [f32; PASSES] = [1.2, 1.2, 2.0, 3.0];

/// Distance from other parts of the body that cloth keeps, in metres.
const OTHER_MARGIN_M: f32 = 0.001;

/// Heights of home over another part, in metres, up to which cloth that is within that doesn't go home, and from which it does.
const ROOM_M: [f32; 2] = [-0.001, 0.003];

/// Depths within other parts, in metres, up to which they count wholly, and from which not at all: skin that lies so far away has nothing to do with it.
const DEEP_M: [f32; 2] = [0.035, 0.050];

/// Moves the clothes of a posed surface, `[vertex]`, off the body beneath.
pub fn keep(person: &Person, state: &PersonSample, position_m: &mut [Vec3]) {
    let clearance = &person.surface.clearance;
    if clearance.vertex.is_empty() {
        return;
    }
    let mut skin = Posed::default();
    hidden_skin(person, state, &mut skin);
    let at_m: Vec<Vec3> = clearance.vertex.iter().map(|&v| position_m[v as usize]).collect();
    let moves_m = moves(clearance, &skin, &at_m);
    for (&vertex, move_m) in clearance.vertex.iter().zip(moves_m) {
        position_m[vertex as usize] += move_m;
    }
}

/// `[kept]`: how far each goes from where bones put it, given the posed skin.
fn moves(clearance: &Clearance, skin: &Posed, at_m: &[Vec3]) -> Vec<Vec3> {
    let mut ground = Ground::new(clearance, skin);
    let mut moves_m = vec![Vec3::ZERO; at_m.len()];
    let mut spread = Spread::new(clearance);
    let mut first = 0;
    for (layer, &end) in clearance.layers.iter().enumerate() {
        // Stiff things only go along.
        let stiff = layer + 1 == clearance.layers.len();
        for k in first..end as usize {
            moves_m[k] = clearance.carried[k].iter().map(|&(of, share)| moves_m[of as usize] * share).sum();
            if !stiff {
                spread.need(k, ground.need(k, at_m[k] + moves_m[k], GAINS[0]));
            }
        }
        if stiff {
            break;
        }
        for pass in 1..=PASSES {
            let evened = pass + 1 < PASSES;
            spread.settle(if evened { ROUNDS } else { 0 });
            for i in 0..spread.active.len() {
                let k = spread.active[i] as usize;
                let move_m = std::mem::take(&mut spread.moves_m[k]);
                moves_m[k] += move_m;
                // What needed nothing and has hardly moved needs nothing.
                let looked = pass < PASSES && (spread.needs_m[k] != Vec3::ZERO || move_m.length_squared() > HARDLY_M * HARDLY_M);
                spread.needs_m[k] = if looked { ground.need(k, at_m[k] + moves_m[k], GAINS[pass]) } else { Vec3::ZERO };
            }
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
    needs_m: Vec<Vec3>,
    moves_m: Vec<Vec3>,
    before_m: Vec<Vec3>,
    /// Kept vertices that have a move or may get one, and `[kept]` whether it is among them.
    active: Vec<u32>,
    is_active: Vec<bool>,
}

impl<'a> Spread<'a> {
    fn new(clearance: &'a Clearance) -> Self {
        let zero = vec![Vec3::ZERO; clearance.vertex.len()];
        let is_active = vec![false; zero.len()];
        Self { clearance, needs_m: zero.clone(), before_m: zero.clone(), moves_m: zero, active: Vec::new(), is_active }
    }

    fn need(&mut self, kept: usize, need_m: Vec3) {
        if need_m != Vec3::ZERO {
            self.needs_m[kept] = need_m;
            self.reach(kept as u32);
        }
    }

    fn reach(&mut self, kept: u32) {
        if !std::mem::replace(&mut self.is_active[kept as usize], true) {
            self.active.push(kept);
        }
    }

    /// Makes needs to moves, evened out in some rounds.
    fn settle(&mut self, rounds: usize) {
        for &k in &self.active {
            self.moves_m[k as usize] = self.needs_m[k as usize];
        }
        for _ in 0..rounds {
            for i in 0..self.active.len() {
                let k = self.active[i] as usize;
                if self.moves_m[k] != Vec3::ZERO {
                    self.clearance.beside.get(k).iter().for_each(|&b| self.reach(b));
                }
            }
            for &k in &self.active {
                self.before_m[k as usize] = self.moves_m[k as usize];
            }
            for &k in &self.active {
                let k = k as usize;
                let beside = self.clearance.beside.get(k);
                if !beside.is_empty() {
                    let mean = beside.iter().map(|&b| self.before_m[b as usize]).sum::<Vec3>() / beside.len() as f32;
                    let even = self.before_m[k].lerp(mean, EVENED);
                    let (length, along) = (self.needs_m[k].length(), self.needs_m[k].normalize_or_zero());
                    self.moves_m[k] = even + along * (length - even.dot(along)).max(0.0);
                }
            }
        }
    }

    /// Forgets all, for the next layer.
    fn clear(&mut self) {
        for &k in &self.active {
            let k = k as usize;
            (self.needs_m[k], self.moves_m[k], self.before_m[k], self.is_active[k]) = (Vec3::ZERO, Vec3::ZERO, Vec3::ZERO, false);
        }
        self.active.clear();
    }
}

fn ramp(x: f32, [from, to]: [f32; 2]) -> f32 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

/// Posed skin, and what is kept off it.
struct Ground<'a> {
    clearance: &'a Clearance,
    /// `[skin vertex]`.
    at_m: Vec<Vec3A>,
    normal: Vec<Vec3A>,
    /// `[entry of the seeds]`: where the last walk from it ended; the next one begins there.
    walked: Vec<u32>,
}

impl<'a> Ground<'a> {
    fn new(clearance: &'a Clearance, skin: &Posed) -> Self {
        let aligned = |of: &[Vec3]| of.iter().map(|&v| v.into()).collect();
        Self { clearance, at_m: aligned(&skin.position_m), normal: aligned(&skin.normal), walked: clearance.seeds.of.clone() }
    }

    /// The move that takes a kept vertex at a place off the skin; `gain` is how far it goes home for each metre that it is within another part of the
    /// body.
    fn need(&mut self, kept: usize, place_m: Vec3, gain: f32) -> Vec3 {
        let margin_m = self.clearance.margin_m[kept];
        let place_m = Vec3A::from(place_m);
        let mut p = place_m;
        let seeds = self.clearance.seeds.range(kept);
        let Some(own) = seeds.end.checked_sub(1).filter(|own| seeds.contains(own)) else { return Vec3::ZERO };
        // Out of the skin that it lies on.
        let from = self.walked[own];
        let way = p - self.at_m[from as usize];
        let over_m = way.dot(self.normal[from as usize]);
        if over_m < margin_m + CLEAR_M || way.length_squared() - over_m * over_m > ASIDE_M * ASIDE_M {
            let nearest = self.walk(from, p).0;
            self.walked[own] = nearest;
            if let Some((foot_m, normal, distance_m)) = self.near(nearest, p, margin_m) {
                let target_m = (foot_m + normal * margin_m).lerp(self.home(kept), ramp(-distance_m, LOST_M));
                p += (target_m - p) * ((margin_m - distance_m) / margin_m).min(1.0);
            }
        }
        // Out of other parts of the body.
        let home_m = if seeds.len() > 1 { self.home(kept) } else { p };
        let mut deep_m: f32 = 0.0;
        for seed in seeds.start..own {
            let from = self.walked[seed];
            if self.at_m[from as usize].distance_squared(p) > FAR_M * FAR_M {
                continue;
            }
            let nearest = self.walk(from, p).0;
            self.walked[seed] = nearest;
            if let Some((_, _, distance_m)) = self.near(nearest, p, OTHER_MARGIN_M) {
                // Where that part presses on the skin at home, going there is no use.
                let (foot_m, normal) = self.foot(self.walk(nearest, home_m).0, home_m);
                let room = ramp((home_m - foot_m).dot(normal), ROOM_M);
                deep_m = deep_m.max((OTHER_MARGIN_M - distance_m) * (1.0 - ramp(-distance_m, DEEP_M)) * room);
            }
        }
        if deep_m > 0.0 {
            let way = home_m - p;
            p += way * (gain * deep_m / way.length().max(1e-6)).min(1.0);
        }
        (p - place_m).into()
    }

    /// The place at its margin over the skin that a kept vertex lies on in the bind pose.
    fn home(&self, kept: usize) -> Vec3A {
        let (triangle, share) = self.clearance.own[kept];
        let corners = self.clearance.triangles[triangle as usize];
        let mix = |of: &[Vec3A]| (0..3).fold(Vec3A::ZERO, |sum, i| sum + of[corners[i] as usize] * share[i]);
        mix(&self.at_m) + mix(&self.normal).normalize_or(Vec3A::Y) * self.clearance.margin_m[kept]
    }

    /// The skin vertex nearest to a place, as a walk from another one finds it, and its distance squared.
    fn walk(&self, from: u32, place_m: Vec3A) -> (u32, f32) {
        let far = |v: u32| self.at_m[v as usize].distance_squared(place_m);
        let mut nearest = (from, far(from));
        for _ in 0..STEPS {
            let here = nearest.0;
            for &next in self.clearance.next.get(here as usize) {
                let distance = far(next);
                if distance < nearest.1 {
                    nearest = (next, distance);
                }
            }
            if nearest.0 == here {
                break;
            }
        }
        nearest
    }

    /// The nearest place on the skin around its nearest vertex, the normal there and the signed distance; none where that is surely more than a margin.
    fn near(&self, nearest: u32, p: Vec3A, margin_m: f32) -> Option<(Vec3A, Vec3A, f32)> {
        // Skin vertices lie some 7 mm apart; over a plane through one the skin doesn't rise by more.
        const RISE_M: f32 = 0.002;
        if (p - self.at_m[nearest as usize]).dot(self.normal[nearest as usize]) > margin_m + RISE_M {
            return None;
        }
        let (foot_m, normal) = self.foot(nearest, p);
        let distance_m = (p - foot_m).length() * (p - foot_m).dot(normal).signum();
        (distance_m < margin_m).then_some((foot_m, normal, distance_m))
    }

    /// The nearest place on the skin around the vertex that is nearest to a place, and the unit normal there.
    fn foot(&self, vertex: u32, p: Vec3A) -> (Vec3A, Vec3A) {
        let (middle_m, up) = (self.at_m[vertex as usize], self.normal[vertex as usize]);
        let way = p - middle_m;
        for &t in self.clearance.around.get(vertex as usize) {
            let [a, b, c] = self.clearance.triangles[t as usize];
            let [left, right] = if a == vertex {
                [b, c]
            } else if b == vertex {
                [c, a]
            } else {
                [a, b]
            };
            let [to_left, to_right] = [left, right].map(|v| self.at_m[v as usize] - middle_m);
            // Seen along the normal, the place is over this triangle's corner.
            if to_left.cross(way).dot(up) >= 0.0 && way.cross(to_right).dot(up) >= 0.0 {
                let corners = [vertex, left, right];
                let share = closest(p.into(), corners.map(|v| self.at_m[v as usize].into()));
                let mix = |of: &[Vec3A]| (0..3).fold(Vec3A::ZERO, |sum, i| sum + of[corners[i] as usize] * share[i]);
                return (mix(&self.at_m), mix(&self.normal).normalize_or(up));
            }
        }
        (middle_m, up)
    }
}
