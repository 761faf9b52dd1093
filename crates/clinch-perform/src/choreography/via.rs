//! Postures on the way: nobody gets from their feet to the ground, or up, without passing through their knees and a hip.

use super::body::{Rig, Stance};
use super::passage::{Arrangement, Bearing};
use super::posture::authored;
use crate::Error;
use clinch_model::{Posture, Segment};
use glam::{Quat, Vec3};
use serde::Deserialize;

/// How a person is carried in a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    kneel: Posture,
    side_sit: Posture,
}

/// A posture to pass through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Via {
    /// The posture, in the person's own ground frame.
    pub stance: Stance,
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

    /// Postures to pass through between two holds, for one person; `over_left` chooses the hip.
    pub fn between(&self, rig: &Rig, from: Carriage, to: Carriage, over_left: bool) -> Vec<Via> {
        let side = |stance: Stance| if over_left { mirrored(&stance) } else { stance };
        let prop = if over_left { Segment::HandL } else { Segment::HandR };
        let kneel = Via { stance: side(authored(&self.kneel, rig)), prop: None };
        let sit = Via { stance: side(authored(&self.side_sit, rig)), prop: Some(prop) };
        match (from, to) {
            (Carriage::Standing, Carriage::Down) => vec![kneel, sit],
            (Carriage::Down, Carriage::Standing) => vec![sit, kneel],
            (Carriage::Kneeling, Carriage::Down) | (Carriage::Down, Carriage::Kneeling) => vec![sit],
            _ => Vec::new(),
        }
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
