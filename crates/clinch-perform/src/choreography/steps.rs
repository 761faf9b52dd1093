//! Footsteps: where each leg stays, and when it swings to its next place.

use super::body::wrap;
use super::ease::ease;
use super::passage::{Bearing, LegPlace, Passage, yaw_of};
use super::sway::Noise;
use clinch_model::{HoldKind, Placed};
use glam::{Quat, Vec3};

/// A leg stays put.
#[derive(Debug, Clone, Copy)]
pub struct Stay {
    /// When it arrived.
    pub from_secs: f64,
    /// When it leaves; until the next stay it swings.
    pub until_secs: f64,
    /// Where it is.
    pub at: LegPlace,
}

/// The stays of one leg in time order over one loop, from the first phrase's hold into the next loop's.
pub type Stays = Vec<Stay>;

/// A foot this far from where it would be natural (plus turn, at 0.3 m a radian) takes a step: in a struggle, and in a drag, in metres.
const STEP_AT_M: f32 = 0.075;
const DRAG_STEP_AT_M: f32 = 0.10;
const METRES_A_RADIAN: f32 = 0.3;

/// A tired step's swing takes this long, in seconds (healthy walking: 0.4 s); the catch-steps of a drag are hastier.
const SWING_SECS: f64 = 0.42;
const DRAG_SWING_SECS: f64 = 0.36;

/// Time with both feet down between two steps, at least, in seconds.
const BOTH_DOWN_SECS: f64 = 0.1;

/// Longest step and widest turn of a foot in a move between holds.
const LONGEST_STEP_M: f32 = 0.65;
const WIDEST_TURN_RAD: f32 = 1.7;

/// A leg that is this near to where it goes stays, in metres, turns counted in.
const LEADS_NOWHERE_M: f32 = 0.02;

/// Shortest swing in a crowded move, in seconds.
const SHORTEST_SWING_SECS: f64 = 0.42;

/// Where a leg is at a time: standing still, or under way.
#[derive(Debug, Clone, Copy)]
pub struct LegNow {
    /// Where it comes from or stays.
    pub from: LegPlace,
    /// Where it goes to.
    pub to: LegPlace,
    /// How far it is on its way, 0..1; 0 while it stays.
    pub share: f64,
}

/// Looks a leg up; `secs` within the span of the stays.
pub fn leg_at(stays: &[Stay], secs: f64) -> LegNow {
    let next = stays.partition_point(|stay| stay.from_secs <= secs);
    let stay = stays[next.saturating_sub(1)];
    match stays.get(next) {
        Some(landing) if secs > stay.until_secs => {
            let share = (secs - stay.until_secs) / (landing.from_secs - stay.until_secs);
            LegNow { from: stay.at, to: landing.at, share: share.clamp(0.0, 1.0) }
        }
        _ => LegNow { from: stay.at, to: stay.at, share: 0.0 },
    }
}

/// How a foot travels: lifted, carried over in an arc, set down.
pub fn swing_foot(now: &LegNow) -> Placed {
    let along = ease(now.share) as f32;
    let lift_m = lift_m(now.from.foot.origin_m.distance(now.to.foot.origin_m), now.share);
    Placed {
        turn: now.from.foot.turn.slerp(now.to.foot.turn, along),
        origin_m: now.from.foot.origin_m.lerp(now.to.foot.origin_m, along) + Vec3::Y * lift_m,
    }
}

/// How high a tired foot or knee is over the ground when it has done a share of its way.
fn lift_m(way_m: f32, share: f64) -> f32 {
    /// It clears the ground by this much, in metres, plus a share of the way.
    const LIFT_M: f32 = 0.03;
    const LIFT_SHARE: f32 = 0.1;
    (LIFT_M + LIFT_SHARE * way_m) * ((share * std::f64::consts::PI).sin().powi(2) as f32)
}

/// Where the knee end of a shin's axis is while one walks on the knees: `height_m` over the ground where it bears, lifted on the way, because a
/// loaded knee doesn't slide.
pub fn swing_knee_m(now: &LegNow, height_m: f32) -> Vec3 {
    let lift_m = lift_m(now.from.knee_m.distance(now.to.knee_m), now.share);
    now.from.knee_m.lerp(now.to.knee_m, ease(now.share) as f32).with_y(height_m + lift_m)
}

/// Where a leg would naturally stand in a passage's hold at a time.
fn natural(passage: &Passage, who: usize, side: usize, secs: f64, wander: &[Noise; 3]) -> LegPlace {
    passage.arrangement.legs[who][side].moved(&passage.ground(secs, wander))
}

/// How far two places of a leg are apart, turns counted as metres.
fn apart_m(a: &LegPlace, b: &LegPlace) -> f32 {
    let flat = (a.foot.origin_m - b.foot.origin_m) * Vec3::new(1.0, 0.0, 1.0);
    flat.length() + wrap(a.yaw_rad - b.yaw_rad).abs() * METRES_A_RADIAN
}

/// `[side]`: the stays of one person's legs during a passage's hold; the first begins when the hold is reached, the last ends with the
/// phrase.
pub fn steps_in_hold(passage: &Passage, who: usize, wander: &[Noise; 3]) -> [Stays; 2] {
    /// How finely the need for a step is looked at, in seconds.
    const LOOK_SECS: f64 = 1.0 / 30.0;
    let held_from = passage.held_from_secs();
    let stay = |from_secs: f64, at: LegPlace| Stay { from_secs, until_secs: passage.end_secs, at };
    let mut stays = [0, 1].map(|side| vec![stay(held_from, natural(passage, who, side, held_from, wander))]);
    if passage.arrangement.is_low {
        return stays;
    }
    let drags = passage.kind == HoldKind::Drag;
    let step_at_m = if drags { DRAG_STEP_AT_M } else { STEP_AT_M };
    // Landing ahead of the natural place spares the next step.
    let (swing_secs, lead_secs) = if drags { (DRAG_SWING_SECS, 0.45) } else { (SWING_SECS, 0.1) };
    let mut free_from = held_from + 0.15 * (1.0 + who as f64);
    while free_from + swing_secs + BOTH_DOWN_SECS < passage.end_secs {
        let landing_secs = free_from + swing_secs;
        let wanted = [0, 1].map(|side| natural(passage, who, side, (landing_secs + lead_secs).min(passage.end_secs), wander));
        let miss_m = [0, 1].map(|side| stays[side].last().map_or(0.0, |last| apart_m(&last.at, &wanted[side])));
        let side = usize::from(miss_m[1] > miss_m[0]);
        if miss_m[side] < step_at_m {
            free_from += LOOK_SECS;
            continue;
        }
        if let Some(last) = stays[side].last_mut() {
            last.until_secs = free_from;
        }
        stays[side].push(stay(landing_secs, wanted[side]));
        free_from = landing_secs + BOTH_DOWN_SECS;
    }
    stays
}

/// One swing of a move: which leg, when, to where.
#[derive(Debug, Clone, Copy)]
struct Swing {
    side: usize,
    from_secs: f64,
    until_secs: f64,
    to: LegPlace,
}

/// What one person's legs have to do in a move.
pub struct Way {
    /// `[side]`: where they are before and where they should be after.
    pub before: [LegPlace; 2],
    /// See `before`.
    pub after: [LegPlace; 2],
    /// Places on the way, `[station][side]`, if the body passes through other postures.
    pub passed: Vec<[LegPlace; 2]>,
    /// Ground frames of the pelvis before and after.
    pub root: [Placed; 2],
    /// The part of the move in which the person moves, as shares of it.
    pub window: [f64; 2],
}

/// `[side]`: the stays of one person's legs from the passage's begin until its hold is reached.
pub fn steps_in_move(passage: &Passage, way: &Way) -> [Stays; 2] {
    let swings = timed(passage, way);
    [0, 1].map(|side| {
        let mut stays = Vec::new();
        let mut here = Stay { from_secs: passage.start_secs, until_secs: passage.held_from_secs(), at: way.before[side] };
        for swing in swings.iter().filter(|s| s.side == side) {
            here.until_secs = swing.from_secs;
            stays.push(here);
            here = Stay { from_secs: swing.until_secs, until_secs: passage.held_from_secs(), at: swing.to };
        }
        stays.push(here);
        stays
    })
}

/// The swings of a move in order, legs alternating: which leg, and where to if that is known; otherwise it lands where the travelling body would
/// have it.
fn swing_order(way: &Way, move_secs: f64) -> Vec<(usize, Option<LegPlace>)> {
    if !way.passed.is_empty() {
        return swings_past(way);
    }
    let count = |side: usize| {
        let way_m = way.before[side].foot.origin_m.distance(way.after[side].foot.origin_m);
        let turn_rad = wrap(way.after[side].yaw_rad - way.before[side].yaw_rad).abs();
        (way_m / LONGEST_STEP_M).ceil().max((turn_rad / WIDEST_TURN_RAD).ceil()).clamp(1.0, 3.0) as usize
    };
    let fits = ((move_secs / SHORTEST_SWING_SECS) as usize / 2).max(1);
    let each = count(0).max(count(1)).min(fits);
    let farther = |side: usize| apart_m(&way.before[side], &way.after[side]);
    let first = usize::from(farther(1) > farther(0));
    let order = (0..2 * each).map(|i| if i % 2 == 0 { first } else { 1 - first });
    order.enumerate().map(|(i, side)| (side, (i + 2 >= 2 * each).then_some(way.after[side]))).collect()
}

/// The swings past other postures, without those that lead nowhere.
fn swings_past(way: &Way) -> Vec<(usize, Option<LegPlace>)> {
    let mut here = way.before;
    let mut swings = Vec::new();
    for station in way.passed.iter().chain(std::iter::once(&way.after)) {
        // Who changes what it bears on goes first.
        let changes = [0, 1].map(|side| here[side].bearing != station[side].bearing);
        let first = usize::from(changes[1] && !changes[0]);
        for side in [first, 1 - first] {
            if changes[side] || apart_m(&here[side], &station[side]) > LEADS_NOWHERE_M {
                swings.push((side, Some(station[side])));
                here[side] = station[side];
            }
        }
    }
    // Each ends in its place.
    for side in 0..2 {
        match swings.iter_mut().rev().find(|(of, _)| *of == side) {
            Some((_, to)) => *to = Some(way.after[side]),
            None => swings.push((side, Some(way.after[side]))),
        }
    }
    swings
}

/// Spreads the swings over the move; steps before the last land where the turning, travelling body would have that foot.
fn timed(passage: &Passage, way: &Way) -> Vec<Swing> {
    /// The feet move between these shares of the move: after the anticipation, before the settling.
    const WINDOW: [f64; 2] = [0.06, 0.93];
    /// Share of its slot that a swing takes: in walking both legs bear in the rest; who passes over the ground on a hip moves both legs at
    /// once.
    const SWING_SHARE: [f64; 2] = [0.86, 1.6];
    let order = swing_order(way, passage.move_secs);
    let rolls = way.passed.iter().flatten().any(|place| place.bearing == Bearing::Free);
    let swing_share = if rolls { SWING_SHARE[1] } else { SWING_SHARE[0] };
    let slot = (WINDOW[1] - WINDOW[0]) / (order.len() as f64 - 1.0 + swing_share);
    let mut swings = Vec::new();
    for (i, &(side, to)) in order.iter().enumerate() {
        let from = WINDOW[0] + slot * i as f64;
        let until = from + slot * swing_share;
        let to = to.unwrap_or_else(|| midway(&way.before[side], &way.after[side], way.root, ease(until) as f32));
        let at = |share: f64| passage.start_secs + passage.move_secs * (way.window[0] + (way.window[1] - way.window[0]) * share);
        swings.push(Swing { side, from_secs: at(from), until_secs: at(until), to });
    }
    swings
}

/// Where a foot belongs under a body that has done a share of its way between two ground frames.
fn midway(before: &LegPlace, after: &LegPlace, root: [Placed; 2], share: f32) -> LegPlace {
    let (yaw_0, yaw_1) = (yaw_of(root[0].turn), yaw_of(root[1].turn));
    let mix = |a: Vec3, b: Vec3| root[0].inverse_point(a).lerp(root[1].inverse_point(b), share);
    let turned_rad = wrap(yaw_1 - yaw_0);
    let here = Placed { turn: Quat::from_rotation_y(yaw_0 + turned_rad * share), origin_m: root[0].origin_m.lerp(root[1].origin_m, share) };
    let (own_0, own_1) = (before.yaw_rad - yaw_0, after.yaw_rad - yaw_1);
    let yaw_rad = yaw_0 + turned_rad * share + own_0 + wrap(own_1 - own_0) * share;
    // It keeps the height and the flatness it has.
    let flat = before.bearing == Bearing::Foot;
    let turn = if flat { Quat::from_rotation_y(yaw_rad) } else { Quat::from_rotation_y(turned_rad * share) * before.foot.turn };
    let mut origin_m = here.point(mix(before.foot.origin_m, after.foot.origin_m));
    origin_m.y = before.foot.origin_m.y;
    let mut knee_m = here.point(mix(before.knee_m, after.knee_m));
    knee_m.y = before.knee_m.y;
    LegPlace { bearing: before.bearing, foot: Placed { turn, origin_m }, knee_m, yaw_rad }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knee_that_walks_comes_off_the_ground_on_its_way_only() {
        let place = |x_m: f32| LegPlace {
            bearing: Bearing::Knee,
            foot: Placed { turn: Quat::IDENTITY, origin_m: Vec3::new(x_m, 0.1, -0.4) },
            knee_m: Vec3::new(x_m, 0.06, 0.0),
            yaw_rad: 0.0,
        };
        let knee_m = |share: f64| swing_knee_m(&LegNow { from: place(0.0), to: place(0.3), share }, 0.06);
        assert!(knee_m(0.0).distance(Vec3::new(0.0, 0.06, 0.0)) < 1e-5 && knee_m(1.0).distance(Vec3::new(0.3, 0.06, 0.0)) < 1e-5);
        let middle_m = knee_m(0.5);
        assert!((middle_m.x - 0.15).abs() < 1e-4 && (0.10..0.15).contains(&middle_m.y), "{middle_m}");
    }
}
