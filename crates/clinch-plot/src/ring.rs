//! Where the pair goes: a closed ring of places and headings on the ground.
//!
//! Drags carry the pair by their own speed against the leader's facing; standing struggles drift a little, kneeling ones less, the
//! ground holds them. Headings are drawn first, then the drift of the other phrases is fitted so that the ring closes inside the
//! light, by projecting onto each phrase's reach in turn (projection onto convex sets; Bregman, 1967).

use crate::{music::Music, walk::Step};
use clinch_model::{Hold, HoldKind, Level, Who, random::Stream};
use glam::{DVec2, Vec2};
use std::f64::consts::{PI, TAU};

/// Greatest distance of the pair's middle from the world's origin, in metres: the lamp lights 2.4 m, and a body needs the rest.
const REACH_M: f64 = 1.3;
/// Drift of a struggle on both feet, in metres a second: catch-steps of exhausted people; the choreography's limit is 0.25.
const STANDING_DRIFT_M_PER_SEC: f64 = 0.2;
/// Drift on the knees, in metres a second; the choreography's limit is 0.08.
const KNEELING_DRIFT_M_PER_SEC: f64 = 0.06;
/// Most drift in a phrase, in metres: more is a walk, not a struggle.
const MOST_DRIFT_M: f64 = 0.7;
/// Longest drag, in metres: nearly across the light.
const MOST_DRAG_M: f64 = 2.2;
/// Pelvis height, as a share of standing, under which a person isn't on their feet and can't step.
const ON_FEET: f32 = 0.75;
/// Rings drawn for each length of the drags; one of the first few nearly always closes.
const DRAWS: usize = 48;
/// Rounds of projection; the rest error falls by about half a round.
const ROUNDS: usize = 60;
/// A ring counts as closed with this much left, in metres; the last place is exact, a drift may exceed its limit by this.
const CLOSED_M: f64 = 0.01;

/// Where the pair stands at the end of a phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ground {
    pub place_m: Vec2,
    pub heading_rad: f64,
}

/// What a phrase may do on the ground.
struct Leeway {
    /// Most drift in any direction, in metres.
    drift_m: f64,
    /// Way along the leader's facing, in metres; negative backwards.
    drag_m: f64,
    /// Most turn, in radians.
    turn_rad: f64,
    leader: Who,
}

/// Lays the ring: `[phrase]`, the last one's place is where the first begins.
pub(crate) fn lay(walk: &[Step], holds: &[Hold], music: &Music, seed: u64) -> Vec<Ground> {
    let leeway: Vec<Leeway> = walk.iter().map(|step| leeway(step, &holds[step.hold], music)).collect();
    let mut stream = Stream::new(seed, "plot ring");
    // Drags are shortened where no ring would close inside the light otherwise; at zero the pair may simply stay.
    for shortened in (0..=20).rev().map(|share| f64::from(share) / 20.0) {
        let mut best: Option<(Vec<Ground>, f64)> = None;
        for _ in 0..DRAWS {
            let axes = draw_axes(&leeway, &mut stream);
            let drags = drag_ways(&leeway, &axes, shortened);
            let (places, left_m) = fit_places(&leeway, &drags, &mut stream);
            if left_m <= CLOSED_M {
                let score = spread(&places);
                if best.as_ref().is_none_or(|(_, most)| score > *most) {
                    best = Some((grounds(&leeway, &axes, &places), score));
                }
            }
        }
        if let Some((grounds, _)) = best {
            return grounds;
        }
    }
    leeway.iter().map(|phrase| Ground { place_m: Vec2::ZERO, heading_rad: heading(0.0, phrase.leader) }).collect()
}

fn leeway(step: &Step, hold: &Hold, music: &Music) -> Leeway {
    let secs = music.secs(step.first_bar, step.end_bar);
    let on_feet = hold.leader.pelvis.y >= ON_FEET && hold.follower.pelvis.y >= ON_FEET;
    let kept_secs = secs - hold.enter_secs;
    let (drift_m_per_sec, turn_deg) = match (hold.kind, hold.level) {
        // A drag's way is its own; turning much would bend it.
        (HoldKind::Drag, _) => (0.03, 15.0_f64),
        (HoldKind::Rest, Level::Standing) => (0.02, 5.0),
        (_, Level::Standing) if on_feet => (STANDING_DRIFT_M_PER_SEC, 40.0),
        (_, Level::Standing | Level::Kneeling) => (KNEELING_DRIFT_M_PER_SEC, 10.0),
        (_, Level::Ground) => (0.0, 0.0),
    };
    Leeway {
        drift_m: (drift_m_per_sec * secs).min(MOST_DRIFT_M),
        drag_m: (hold.travel_m_per_sec * kept_secs).clamp(-MOST_DRAG_M, MOST_DRAG_M),
        turn_rad: turn_deg.to_radians(),
        leader: step.leader,
    }
}

/// `[phrase]`: the direction in which Cop faces at its end, turning no more than each phrase may and coming back over the loop.
fn draw_axes(leeway: &[Leeway], stream: &mut Stream) -> Vec<f64> {
    let drawn: Vec<f64> = leeway.iter().map(|phrase| phrase.turn_rad * stream.between(-0.8, 0.8)).collect();
    let mut axis = stream.between(-PI, PI);
    let turns = close_turns(&drawn, leeway);
    turns
        .iter()
        .map(|turn| {
            axis += turn;
            axis
        })
        .collect()
}

/// Shifts every turn by the same share of its limit, and cuts it at the limit, so that they sum to the nearest whole turn within reach.
fn close_turns(drawn: &[f64], leeway: &[Leeway]) -> Vec<f64> {
    let shifted = |share: f64| {
        drawn.iter().zip(leeway).map(move |(turn, phrase)| (turn + share * phrase.turn_rad).clamp(-phrase.turn_rad, phrase.turn_rad))
    };
    let room: f64 = leeway.iter().map(|phrase| phrase.turn_rad).sum();
    let nearest = (drawn.iter().sum::<f64>() / TAU).round() * TAU;
    let wanted = if nearest.abs() <= room { nearest } else { 0.0 };
    // The sum grows with the share from −room at −2 to +room at 2; halving 60 times finds it to rounding.
    let (mut low, mut high) = (-2.0, 2.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if shifted(middle).sum::<f64>() < wanted { low = middle } else { high = middle }
    }
    shifted((low + high) / 2.0).collect()
}

/// `[phrase]`: the way that a drag goes on the ground.
fn drag_ways(leeway: &[Leeway], axes: &[f64], shortened: f64) -> Vec<DVec2> {
    let facing = |phrase: &Leeway, axis: f64| {
        let heading_rad = heading(axis, phrase.leader);
        DVec2::new(heading_rad.sin(), heading_rad.cos())
    };
    leeway.iter().zip(axes).map(|(phrase, &axis)| facing(phrase, axis) * phrase.drag_m * shortened).collect()
}

/// Places at the phrases' ends, and by how much the worst limit is still passed, in metres.
fn fit_places(leeway: &[Leeway], drags: &[DVec2], stream: &mut Stream) -> (Vec<DVec2>, f64) {
    let count = leeway.len();
    let mut here = DVec2::ZERO;
    let mut places: Vec<DVec2> = Vec::with_capacity(count);
    for (phrase, drag) in leeway.iter().zip(drags) {
        let (way, angle) = (stream.between(0.3, 0.9) * phrase.drift_m, stream.between(-PI, PI));
        here += *drag + DVec2::from_angle(angle) * way;
        places.push(here);
    }
    // Centred, then every limit is met in turn; each moves both ends by half of what is too much.
    let middle = places.iter().sum::<DVec2>() / count as f64;
    places.iter_mut().for_each(|place| *place -= middle);
    for _ in 0..ROUNDS {
        for i in 0..count {
            let before = (i + count - 1) % count;
            let drift = places[i] - places[before] - drags[i];
            let excess = drift - drift.clamp_length_max(leeway[i].drift_m);
            places[i] -= excess / 2.0;
            places[before] += excess / 2.0;
        }
        places.iter_mut().for_each(|place| *place = place.clamp_length_max(REACH_M));
    }
    let left_m =
        (0..count).map(|i| (places[i] - places[(i + count - 1) % count] - drags[i]).length() - leeway[i].drift_m).fold(0.0, f64::max);
    (places, left_m)
}

/// How much of the ground is used: mean distance from the places' middle, in metres.
fn spread(places: &[DVec2]) -> f64 {
    let middle = places.iter().sum::<DVec2>() / places.len() as f64;
    places.iter().map(|place| place.distance(middle)).sum::<f64>() / places.len() as f64
}

/// The leader's facing: Cop and Kid keep to their own sides, so it turns by half a turn when the leader changes.
fn heading(axis: f64, leader: Who) -> f64 {
    let heading_rad = if leader == Who::Cop { axis } else { axis + PI };
    (heading_rad + PI).rem_euclid(TAU) - PI
}

fn grounds(leeway: &[Leeway], axes: &[f64], places: &[DVec2]) -> Vec<Ground> {
    let ground = |((phrase, &axis), place): ((&Leeway, &f64), &DVec2)| Ground {
        place_m: place.as_vec2(),
        heading_rad: heading(axis, phrase.leader),
    };
    leeway.iter().zip(axes).zip(places).map(ground).collect()
}
