//! Ways from hold to hold: round the other body, not through it.
//!
//! Two solved holds are easily joined by a curve, but on that curve a thigh may lie in the other's, and bodies that are solid can't follow it.
//! So every move has a *course*: each of the two has a part of the move in which to go, postures to pass by, and by how much to keep
//! aside there. The courses of both are sought together (an evolution strategy with recombination, Rechenberg 1973, Schwefel 1981, on
//! fourteen numbers and the choice of hips) so that the bodies overlap as little as possible on the way, and no more is asked than that takes.

use super::body::{Rig, Stance, wrap};
use super::ease::{heave, within};
use super::passage::{Arrangement, Bearing, Passage, pelvis_yaw_rad, yaw_of};
use super::solve::shorter;
use super::via::{Carriage, Via, ViaPostures, carriage};
use crate::Error;
use clinch_model::{Placed, Segment, random::Stream};
use glam::{Quat, Vec3};
use rayon::prelude::*;

/// Moments of a move at which bodies are checked against each other.
const LOOKS: usize = 22;

/// Bodies should stay this far apart on the way, in metres: what follows the course strays a little.
const MARGIN_M: f32 = 0.015;

/// What counts as one fault: a pair of segments this deep in each other, in metres, throughout.
const DEPTH_M: f32 = 0.02;

/// Faults under which a move is good as it is.
const GOOD_FAULTS: f32 = 0.4;

/// Height of the pelvis's upward direction under which somebody lies: tilted by more than 60°.
const LYING_UP: f32 = 0.5;

/// Parents that are recombined, children of a generation, generations, and by how much steps shrink from one to the next.
const PARENTS: usize = 4;
const CHILDREN: usize = 14;
const GENERATIONS: usize = 32;
const SHRINKING: f32 = 0.92;

/// One person's way from the hold before to the next.
#[derive(Debug, Clone)]
pub struct Course {
    /// Postures to pass by, in Cop's frame.
    pub vias: Vec<Via>,
    /// The part of the move in which the person goes, as shares of it.
    pub window: [f64; 2],
}

/// How one person keeps out of the other's way.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Detour {
    /// `[number]`, each in units of its [`Detour::SCALES`].
    numbers: [f32; Detour::NUMBERS],
}

impl Detour {
    const NUMBERS: usize = 7;

    /// What is a marked change: aside along x and z and up in metres, turn and spread of the thighs in radians, a later begin and an earlier
    /// end as shares of the move.
    const SCALES: [f32; Self::NUMBERS] = [0.25, 0.25, 0.10, 0.5, 0.35, 0.15, 0.15];

    /// Bounds in the same units. Upwards and apart only; a late begin and an early end leave at least half of the move.
    const BOUNDS: [[f32; 2]; Self::NUMBERS] = [[-2.6, 2.6], [-2.6, 2.6], [0.0, 2.5], [-1.6, 1.6], [0.0, 1.6], [0.0, 1.8], [0.0, 1.8]];

    const NONE: Self = Self { numbers: [0.0; Self::NUMBERS] };

    fn value(&self, k: usize) -> f32 {
        self.numbers[k] * Self::SCALES[k]
    }

    /// What it asks for, in faults.
    fn effort(&self) -> f32 {
        0.12 * self.numbers.iter().map(|n| n * n).sum::<f32>()
    }

    /// The course that takes this detour past `vias`; where there are none and it leads aside, past a posture half-way.
    fn course(&self, way: &WayOf) -> Course {
        let shift_m = Vec3::new(self.value(0), self.value(2), self.value(1));
        let aside = Placed { turn: Quat::from_rotation_y(self.value(3)), origin_m: Vec3::ZERO };
        let mut vias = way.vias.clone();
        if vias.is_empty() && *self != Self::NONE {
            vias.push(way.half_way);
        }
        for via in &mut vias {
            let root = root_of(&via.stance);
            let own = via.stance.moved(&inverse(&root));
            via.stance = own.moved(&aside).moved(&root);
            via.stance.pelvis_m += shift_m;
            for (thigh, sign) in [(Segment::ThighL, 1.0), (Segment::ThighR, -1.0)] {
                let local = &mut via.stance.local[thigh.index()];
                *local = (*local * Quat::from_rotation_z(sign * self.value(4))).normalize();
            }
        }
        Course { vias, window: [f64::from(self.value(5)), 1.0 - f64::from(self.value(6))] }
    }
}

/// Both people's detours.
type Detours = [Detour; 2];

/// What one person's way is made of.
struct WayOf {
    from: Stance,
    to: Stance,
    vias: Vec<Via>,
    /// The posture to pass by where there are no others.
    half_way: Via,
}

impl Course {
    /// The posture at a share of the move between two holds' postures, the parts one after another: the pelvis leads, the trunk follows,
    /// arms and head come last. All three are in the world; `ground` is `world_from_cop_frame`.
    ///
    /// The way leads through the vias without a stop.
    pub fn at(&self, from: &Stance, to: &Stance, ground: &Placed, share: f64) -> Stance {
        let share = within(share, self.window[0], self.window[1]);
        let timed = |delay: f64| heave(within(share, delay, 0.84 + delay)) as f32;
        let mut stations = vec![*from];
        stations.extend(self.vias.iter().map(|via| via.stance.moved(ground)));
        stations.push(*to);
        let local = std::array::from_fn(|i: usize| {
            let turns: Vec<Quat> = stations.iter().map(|s| s.local[i]).collect();
            through(&turns, timed(delay(Segment::ALL[i])), |a, b, t| a.slerp(*b, t))
        });
        let places: Vec<Vec3> = stations.iter().map(|s| s.pelvis_m).collect();
        let at = |t: f32| through(&places, t, |a, b, t| a.lerp(*b, t));
        let mut pelvis_m = at(timed(0.0));
        if self.vias.is_empty() {
            pelvis_m.y = at(height_share(from.pelvis_m.y, to.pelvis_m.y, share)).y;
        }
        let mut stance = Stance { pelvis_m, local };
        stance.local[0] = turned_pelvis(&stations, timed(0.0));
        stance.on_hinges()
    }

    /// The share of the move at which the person has done a share of its own part.
    pub fn move_share(&self, share: f64) -> f64 {
        self.window[0] + (self.window[1] - self.window[0]) * share
    }
}

/// `[phrase][who]`: the ways into the phrases' holds.
///
/// # Errors
/// If the built-in postures are broken.
pub fn courses(passages: &[Passage], rigs: &[Rig; 2], seed: u64) -> Result<Vec<[Course; 2]>, Error> {
    let postures = ViaPostures::built_in()?;
    let count = passages.len();
    let of = |i: usize| {
        let (before, after) = (&passages[(i + count - 1) % count].arrangement, &passages[i].arrangement);
        both(&postures, before, after, rigs, &mut Stream::new(seed, &format!("perform/course {i}")))
    };
    Ok((0..count).into_par_iter().map(of).collect())
}

/// The ways of both between two holds.
fn both(postures: &ViaPostures, before: &Arrangement, after: &Arrangement, rigs: &[Rig; 2], stream: &mut Stream) -> [Course; 2] {
    // Who turns to the left goes over the left hip, unless the other hip is freer.
    let natural = [0, 1].map(|who| wrap(pelvis_yaw_rad(after.stances[who].local[0]) - pelvis_yaw_rad(before.stances[who].local[0])) > 0.0);
    let mut best: Option<(f32, [Course; 2])> = None;
    for choice in 0..4 {
        let other_hip = [choice & 1 == 1, choice & 2 == 2];
        let ways = [0, 1].map(|who| way_of(postures, before, after, rigs, who, natural[who] ^ other_hip[who]));
        // Who passes over no hip has no choice.
        if (0..2).any(|who| other_hip[who] && ways[who].vias.iter().all(|via| via.prop.is_none())) {
            continue;
        }
        let (faults, detours) = sought(&ways, rigs, stream);
        let courses = [0, 1].map(|who| detours[who].course(&ways[who]));
        if best.as_ref().is_none_or(|(least, _)| faults < *least) {
            best = Some((faults, courses));
        }
        if faults < GOOD_FAULTS {
            break;
        }
    }
    best.map_or_else(|| [0, 1].map(|_| Course { vias: Vec::new(), window: [0.0, 1.0] }), |(_, courses)| courses)
}

fn way_of(postures: &ViaPostures, before: &Arrangement, after: &Arrangement, rigs: &[Rig; 2], who: usize, over_left: bool) -> WayOf {
    let (from, to) = (before.stances[who], after.stances[who]);
    let (was, becomes) = (carriage(before, who), carriage(after, who));
    let down = if was == Carriage::Down { &from } else { &to };
    let lies = (down.local[0] * Vec3::Y).y < LYING_UP;
    // The foot that is behind makes way for the knee.
    let standing = if was == Carriage::Standing { before } else { after };
    let facing = Quat::from_rotation_y(pelvis_yaw_rad(standing.stances[who].local[0])) * Vec3::Z;
    let ahead_m = [0, 1].map(|side| standing.legs[who][side].foot.origin_m.dot(facing));
    let mut vias = postures.between(&rigs[who], was, becomes, lies, over_left, ahead_m[0] < ahead_m[1]);
    let count = vias.len() as f32;
    for (i, via) in vias.iter_mut().enumerate() {
        via.stance = via.stance.moved(&root_between(&from, &to, (i as f32 + 1.0) / (count + 1.0)));
    }
    let bearing = match becomes {
        Carriage::Standing => Bearing::Foot,
        Carriage::Kneeling => Bearing::Knee,
        Carriage::Down => Bearing::Free,
    };
    WayOf { from, to, vias, half_way: Via { stance: from.blend(&to, 0.5), bearing: [bearing; 2], prop: None } }
}

/// The detours with the fewest faults that are found, and their faults.
fn sought(ways: &[WayOf; 2], rigs: &[Rig; 2], stream: &mut Stream) -> (f32, Detours) {
    let plain = [Detour::NONE; 2];
    let mut parents = vec![(faults(ways, rigs, &plain), plain)];
    let mut deviation = 0.9f32;
    for _ in 0..GENERATIONS {
        if parents[0].0 < GOOD_FAULTS {
            break;
        }
        let count = parents.len() as f32;
        let mean = |who: usize, k: usize| parents.iter().map(|(_, d)| d[who].numbers[k]).sum::<f32>() / count;
        let children: Vec<Detours> = (0..CHILDREN)
            .map(|_| {
                [0, 1].map(|who| Detour {
                    numbers: std::array::from_fn(|k| {
                        let [least, most] = Detour::BOUNDS[k];
                        (mean(who, k) + deviation * stream.normal() as f32).clamp(least, most)
                    }),
                })
            })
            .collect();
        parents.extend(children.into_iter().map(|child| (faults(ways, rigs, &child), child)));
        parents.sort_by(|a, b| a.0.total_cmp(&b.0));
        parents.truncate(PARENTS);
        deviation *= SHRINKING;
    }
    parents[0]
}

/// How much two people are in each other's way, and how much is asked of them for it.
fn faults(ways: &[WayOf; 2], rigs: &[Rig; 2], detours: &Detours) -> f32 {
    let courses = [0, 1].map(|who| detours[who].course(&ways[who]));
    let here = Placed { turn: Quat::IDENTITY, origin_m: Vec3::ZERO };
    let mut depth = 0.0;
    for look in 0..LOOKS {
        let share = (look as f64 + 0.5) / LOOKS as f64;
        let capsules = [0, 1].map(|who| {
            let stance = courses[who].at(&ways[who].from, &ways[who].to, &here, share);
            rigs[who].capsules_in_world(&rigs[who].place(&stance))
        });
        for first in Segment::ALL {
            for second in Segment::ALL {
                let (a, b) = (&capsules[0][first.index()], &capsules[1][second.index()]);
                let reach_m = a.radius_m + b.radius_m + (a.a_m.distance(a.b_m) + b.a_m.distance(b.b_m)) / 2.0 + MARGIN_M;
                if (a.a_m + a.b_m - b.a_m - b.b_m).length_squared() > 4.0 * reach_m * reach_m {
                    continue;
                }
                let deep_m = (MARGIN_M - a.gap(b).gap_m).max(0.0);
                depth += (deep_m / DEPTH_M).powi(2) * weight(first) * weight(second);
            }
        }
    }
    depth / LOOKS as f32 + detours[0].effort() + detours[1].effort()
}

/// How much a part's way matters: arms are led round the other body later, by the solver.
fn weight(segment: Segment) -> f32 {
    match segment {
        Segment::HandL | Segment::HandR => 0.1,
        Segment::ForearmL | Segment::ForearmR => 0.2,
        Segment::UpperArmL | Segment::UpperArmR => 0.5,
        _ => 1.0,
    }
}

/// The ground frame under a pelvis.
pub fn root_of(stance: &Stance) -> Placed {
    Placed { turn: Quat::from_rotation_y(pelvis_yaw_rad(stance.local[0])), origin_m: stance.pelvis_m * Vec3::new(1.0, 0.0, 1.0) }
}

fn inverse(placed: &Placed) -> Placed {
    let turn = placed.turn.inverse();
    Placed { turn, origin_m: -(turn * placed.origin_m) }
}

/// How much of a change of height is done: who goes down sinks first and then lets the knees land, who gets up sets the feet first and then
/// rises.
fn height_share(from_m: f32, to_m: f32, share: f64) -> f32 {
    /// Change of height from which on it is a sinking or a rising, in metres.
    const MARKED_M: f32 = 0.15;
    let (begin, end) = match to_m - from_m {
        change if change < -MARKED_M => (0.0, 0.66),
        change if change > MARKED_M => (0.25, 1.0),
        _ => (0.0, 0.84),
    };
    heave(within(share, begin, end)) as f32
}

/// How much later than the pelvis a part moves, as a share of the move.
fn delay(segment: Segment) -> f64 {
    match segment {
        Segment::Pelvis | Segment::ThighL | Segment::ThighR | Segment::ShinL | Segment::ShinR | Segment::FootL | Segment::FootR => 0.0,
        Segment::Abdomen => 0.03,
        Segment::Chest => 0.06,
        Segment::UpperArmL | Segment::ForearmL => 0.12,
        Segment::UpperArmR | Segment::ForearmR => 0.09,
        Segment::Head | Segment::HandL | Segment::HandR => 0.16,
    }
}

/// A smooth curve through all stations at even times, 0..1 (Barry and Goldman, "A recursive evaluation algorithm for a class of Catmull-Rom
/// splines", SIGGRAPH 1988): it needs no more than blending two of them.
fn through<T: Copy>(stations: &[T], t: f32, blend: impl Fn(&T, &T, f32) -> T) -> T {
    let last = stations.len() - 1;
    let place = (t * last as f32).clamp(0.0, last as f32);
    let i = (place as usize).min(last - 1);
    let t = place - i as f32;
    let (a, b, c, d) = (&stations[i.saturating_sub(1)], &stations[i], &stations[i + 1], &stations[(i + 2).min(last)]);
    if last == 1 {
        return blend(b, c, t);
    }
    // Knots −1, 0, 1, 2.
    let (ab, bc, cd) = (blend(a, b, t + 1.0), blend(b, c, t), blend(c, d, t - 1.0));
    let (abc, bcd) = (blend(&ab, &bc, (t + 1.0) / 2.0), blend(&bc, &cd, t / 2.0));
    blend(&abc, &bcd, t)
}

/// A pelvis turned about the vertical and tilted separately: half turns must not become cartwheels.
fn turned_pelvis(stations: &[Stance], t: f32) -> Quat {
    let mut yaws = vec![pelvis_yaw_rad(stations[0].local[0])];
    let mut tilts = Vec::with_capacity(stations.len());
    for stance in stations {
        let yaw_rad = pelvis_yaw_rad(stance.local[0]);
        tilts.push(shorter(Quat::from_rotation_y(-yaw_rad) * stance.local[0]));
        // Each goes on from the one before, the shorter way round.
        let last = yaws[yaws.len() - 1];
        yaws.push(last + wrap(yaw_rad - last));
    }
    let tilt = through(&tilts, t, |a, b, t| a.slerp(*b, t));
    Quat::from_rotation_y(through(&yaws[1..], t, |a, b, t| a + (b - a) * t)) * tilt
}

/// The ground frame a share of the way between two stances.
fn root_between(from: &Stance, to: &Stance, share: f32) -> Placed {
    let (a, b) = (root_of(from), root_of(to));
    let yaw_rad = yaw_of(a.turn) + wrap(yaw_of(b.turn) - yaw_of(a.turn)) * share;
    Placed { turn: Quat::from_rotation_y(yaw_rad), origin_m: a.origin_m.lerp(b.origin_m, share) }
}
