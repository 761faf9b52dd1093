//! Postures on the way: nobody gets from their feet to the ground, or up, without passing through their knees and a hip.

use super::body::{Rig, Stance};
use super::passage::{Arrangement, Bearing};
use super::posture::authored;
use crate::Error;
use clinch_model::{Posture, Segment};
use glam::{Quat, Vec3};
use serde::Deserialize;

/// How a person is carried in a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carriage {
    /// On the feet.
    Standing,
    /// On at least one knee.
    Kneeling,
    /// Sitting or lying.
    Down,
}

/// The postures of `via.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ViaPostures {
    half_kneel: Posture,
    side_sit: Posture,
    tuck: Posture,
}

/// A posture to pass through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Via {
    /// The posture: from [`ViaPostures::between`] in the person's own ground frame, in a course in Cop's.
    pub stance: Stance,
    /// `[side]`: what bears its legs.
    pub bearing: [Bearing; 2],
    /// The propping hand, if the posture is passed over a hip.
    pub prop: Option<Segment>,
}

impl ViaPostures {
    /// Reads the postures that are built in.
    ///
    /// # Errors
    /// If the built-in text is broken.
    pub fn built_in() -> Result<Self, Error> {
        toml::from_str(include_str!("via.toml")).map_err(|error| Error::BrokenAsset { asset: "via.toml", reason: error.to_string() })
    }

    /// Postures to pass through between two holds, for one person; `over_left` chooses the hip, `left_knee` the knee that is the first on the
    /// ground and the last off it, `lies` says whether who is down lies on the back.
    pub fn between(&self, rig: &Rig, from: Carriage, to: Carriage, lies: bool, over_left: bool, left_knee: bool) -> Vec<Via> {
        let side = |posture: &Posture| {
            let stance = authored(posture, rig);
            if over_left { mirrored(&stance) } else { stance }
        };
        let prop = if over_left { Segment::HandL } else { Segment::HandR };
        let stance = authored(&self.half_kneel, rig);
        let half_kneel = if left_knee {
            Via { stance: mirrored(&stance), bearing: [Bearing::Knee, Bearing::Foot], prop: None }
        } else {
            Via { stance, bearing: [Bearing::Foot, Bearing::Knee], prop: None }
        };
        let sit = Via { stance: side(&self.side_sit), bearing: [Bearing::Free; 2], prop: Some(prop) };
        let tuck = Via { stance: side(&self.tuck), bearing: [Bearing::Free; 2], prop: None };
        // From above downwards.
        let mut vias = match (from.min(to), from.max(to)) {
            (Carriage::Standing, Carriage::Kneeling) => vec![half_kneel],
            (Carriage::Standing, Carriage::Down) => vec![half_kneel, sit],
            (Carriage::Kneeling, Carriage::Down) => vec![sit],
            _ => Vec::new(),
        };
        if lies && from.max(to) == Carriage::Down && !vias.is_empty() {
            vias.push(tuck);
        }
        if from > to {
            vias.reverse();
        }
        vias
    }
}

/// How a person is carried in an arrangement.
pub fn carriage(arrangement: &Arrangement, who: usize) -> Carriage {
    let rests = |c: &&super::posture::HeldContact| {
        c.who.index() == who && c.is_plant() && matches!(c.part, Segment::Pelvis | Segment::Abdomen | Segment::Chest)
    };
    let legs = &arrangement.legs[who];
    if arrangement.contacts.iter().any(|c| rests(&c)) || legs.iter().all(|leg| leg.bearing == Bearing::Free) {
        Carriage::Down
    } else if legs.iter().any(|leg| leg.bearing == Bearing::Knee) {
        Carriage::Kneeling
    } else {
        Carriage::Standing
    }
}

/// The stance seen in a mirror that swaps left and right.
fn mirrored(stance: &Stance) -> Stance {
    let mut other = *stance;
    other.pelvis_m *= Vec3::new(-1.0, 1.0, 1.0);
    for segment in Segment::ALL {
        let q = stance.local[segment.index()];
        other.local[segment.mirrored().index()] = Quat::from_xyzw(q.x, -q.y, -q.z, q.w);
    }
    other
}
