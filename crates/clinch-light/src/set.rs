//! The set: the place in which it all happens, its lamps and its air.
//!
//! Everything but the two people is planes and boxes with made-up surfaces, met by formula: [`street`](crate::street), [`room`](crate::room), [`void`](crate::void).
//!
//! The film's unit of light: where the irradiance is 1, what reflects a tenth of it prints as a middle grey.

use crate::{
    integrator::Point,
    lamp::{Beam, Lamp},
    room::Room,
    street::Street,
    void::Floor,
};
use clinch_model::{
    SetKind,
    treatment::{LightWishes, TimeOfDay},
};
use glam::Vec3;
use std::f32::consts::PI;

/// What lies between the set and the eye, and what comes from everywhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Air {
    /// Radiance that lies behind everything, low down and overhead.
    pub low: f32,
    pub zenith: f32,
    /// Radiance that reaches surfaces without being seen itself: what a cinematographer would bounce in from overhead, so that nobody sinks into unreadable
    /// darkness.
    pub fill: f32,
    /// Distance over which haze takes all but a third of what lies behind it.
    pub haze_m: f32,
    /// Share of light that mist scatters in a metre: a clear night by meteorology's scale (visibility about 1 km), but a visible beam…
    pub mist_per_m: f32,
    /// …and the radius of an upright cylinder round the origin that holds the key lamp's.
    pub beam_radius_m: f32,
}

/// Everything around the two people.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    place: Place,
    air: Air,
    /// As they are hung, the key lamp first…
    hung: Vec<Lamp>,
    /// …how many times as strongly they shine in this shot…
    planned: Vec<f32>,
    /// …and those that shine at this moment, as they do.
    pub lamps: Vec<Lamp>,
    /// Factor on the fill at this moment.
    softness: f32,
}

/// The solid parts.
#[derive(Debug, Clone)]
enum Place {
    Street(Street),
    Room(Room),
    Void(Floor),
}

/// How many times the sky's light and the fill are as strong at dusk as at night.
const DUSK_SKY: f32 = 9.0;
const DUSK_FILL: f32 = 3.2;
/// By how many stops the fill gives way, and the lamps from the sides and the one overhead come up, where the story is at its hardest (and the other way where it is
/// softest).
const HARDER_STOPS: [f32; 3] = [-0.8, 0.30, 0.15];

impl Set {
    pub fn new(wishes: &LightWishes) -> Self {
        let dusk = wishes.time == TimeOfDay::Dusk;
        let place = match wishes.set {
            SetKind::Street => Place::Street(Street::new(wishes.wet as f32, if dusk { 3.0 } else { 1.0 })),
            SetKind::Room => Place::Room(Room::new(if dusk { DUSK_SKY } else { 1.0 })),
            SetKind::Void => Place::Void(Floor::new(wishes.wet as f32)),
        };
        let (mut air, mut hung) = match &place {
            Place::Street(_) => (crate::street::AIR, crate::street::lamps()),
            Place::Room(_) => (crate::room::AIR, crate::room::lamps()),
            Place::Void(_) => (crate::void::AIR, crate::void::lamps()),
        };
        if dusk {
            (air.low, air.zenith, air.fill) = (air.low * DUSK_SKY, air.zenith * DUSK_SKY, air.fill * DUSK_FILL);
        }
        air.fill *= wishes.fill as f32;
        air.mist_per_m *= wishes.mist as f32;
        for (index, lamp) in hung.iter_mut().enumerate() {
            lamp.radiance *= if index == 0 { wishes.key } else { wishes.sides } as f32;
        }
        Self { place, air, planned: vec![1.0; hung.len()], lamps: hung.clone(), hung, softness: 1.0 }
    }

    /// The lamps as they are hung.
    pub fn hung(&self) -> &[Lamp] {
        &self.hung
    }

    /// How many times as strongly as they were hung the lamps shine in this shot.
    pub fn plan(&mut self, factors: Vec<f32>) {
        self.planned = factors;
    }

    /// Has the lamps shine for a moment of the story, from −1 (soft) to 1 (hard).
    pub fn shine(&mut self, hardness: f32) {
        let [fill, sides, key] = HARDER_STOPS.map(|stops| (stops * hardness).exp2());
        self.softness = fill;
        self.lamps.clear();
        for (index, (hung, planned)) in self.hung.iter().zip(&self.planned).enumerate() {
            let radiance = hung.radiance * planned * if index == 0 { key } else { sides };
            if index == 0 || radiance > 0.0 {
                self.lamps.push(hung.shining(radiance));
            }
        }
    }

    /// Radiance of what lies behind everything in a direction.
    pub fn sky(&self, direction: Vec3) -> f32 {
        self.air.zenith + (self.air.low - self.air.zenith) * (-4.0 * direction.y.max(0.0)).exp()
    }

    /// Radiance that reaches surfaces from a direction in which nothing stands.
    pub fn fill(&self, direction: Vec3) -> f32 {
        self.softness * self.air.fill * (0.7 + 0.3 * direction.y)
    }

    /// Irradiance of the fill on what faces up, where the story is neither hard nor soft: whichever moment was lit before.
    pub fn even_fill(&self) -> f32 {
        PI * self.air.fill
    }

    /// Radiance after a stretch of haze.
    pub fn through_haze(&self, radiance: f32, distance_m: f32, direction: Vec3) -> f32 {
        let kept = (-distance_m / self.air.haze_m).exp();
        radiance * kept + self.sky(direction) * (1.0 - kept)
    }

    /// Radiance that the mist in the key lamp's beam scatters into a ray within `reach_m`; `number` in 0..1 shifts the places looked at.
    ///
    /// Single scattering, evenly into all directions, without the pair's shadow: a veil this thin doesn't show one.
    pub fn glow(&self, origin_m: Vec3, direction: Vec3, reach_m: f32, number: f32) -> f32 {
        const STEPS: u32 = 8;
        let Some(key) = self.lamps.first().filter(|_| self.air.mist_per_m > 0.0) else { return 0.0 };
        let Some((enter_m, leave_m)) = upright_cylinder(origin_m, direction, self.air.beam_radius_m, key.centre_m.y - 0.05) else {
            return 0.0;
        };
        let leave_m = leave_m.min(reach_m);
        if leave_m <= enter_m {
            return 0.0;
        }
        let step_m = (leave_m - enter_m) / STEPS as f32;
        let sum: f32 =
            (0..STEPS).map(|i| key.guess(origin_m + direction * (enter_m + (i as f32 + number) * step_m)).irradiance.min(6.0)).sum();
        sum * step_m * self.air.mist_per_m / (4.0 * PI)
    }

    /// The nearest point of the set within `reach_m`; `fine` asks for the fence and fine surface detail, which only the camera sees.
    pub fn nearest(&self, origin_m: Vec3, direction: Vec3, reach_m: f32, pixel_rad: f32, fine: bool) -> Option<Point> {
        match &self.place {
            Place::Street(street) => street.nearest(origin_m, direction, reach_m, pixel_rad, fine),
            Place::Room(room) => room.nearest(origin_m, direction, reach_m, pixel_rad),
            Place::Void(floor) => floor.nearest(origin_m, direction, reach_m, pixel_rad),
        }
    }
}

/// The beam of a lamp that is even within `core_deg` of its axis and leaves `spill` beyond `edge_deg`.
pub(crate) fn beam(core_deg: f32, edge_deg: f32, spill: f32) -> Beam {
    Beam { cos_core: core_deg.to_radians().cos(), cos_edge: edge_deg.to_radians().cos(), core: 1.0, spill }
}

/// Where a ray enters and leaves the upright cylinder round the origin from the ground to a height.
fn upright_cylinder(o: Vec3, d: Vec3, radius_m: f32, height_m: f32) -> Option<(f32, f32)> {
    let (a, b) = (d.x * d.x + d.z * d.z, o.x * d.x + o.z * d.z);
    let c = o.x * o.x + o.z * o.z - radius_m * radius_m;
    let (mut enter_m, mut leave_m) = (0.0f32, f32::INFINITY);
    if a > 1e-9 {
        let root = (b * b - a * c).max(0.0).sqrt();
        if b * b < a * c {
            return None;
        }
        (enter_m, leave_m) = (((-b - root) / a).max(0.0), (-b + root) / a);
    } else if c > 0.0 {
        return None;
    }
    if d.y.abs() > 1e-6 {
        let (to_ground, to_top) = (-o.y / d.y, (height_m - o.y) / d.y);
        (enter_m, leave_m) = (enter_m.max(to_ground.min(to_top)), leave_m.min(to_ground.max(to_top)));
    }
    (leave_m > enter_m).then_some((enter_m, leave_m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ray_enters_and_leaves_a_cylinder_where_geometry_says() {
        let through = upright_cylinder(Vec3::new(0.0, 1.0, 5.0), Vec3::NEG_Z, 3.0, 5.0);
        assert_eq!(through, Some((2.0, 8.0)));
        let from_above = upright_cylinder(Vec3::new(1.0, 8.0, 0.0), Vec3::NEG_Y, 3.0, 5.0);
        assert_eq!(from_above, Some((3.0, 8.0)));
        assert_eq!(upright_cylinder(Vec3::new(4.0, 1.0, 0.0), Vec3::Z, 3.0, 5.0), None);
        assert_eq!(upright_cylinder(Vec3::new(4.0, 1.0, 0.0), Vec3::X, 3.0, 5.0), None);
    }

    #[test]
    fn every_set_lights_both_from_overhead_and_from_four_sides() {
        for set in SetKind::ALL {
            let set = Set::new(&LightWishes { set, ..LightWishes::default() });
            let head_m = Vec3::Y * 1.6;
            let [key, sides @ ..] = set.hung() else { panic!("no lamps") };
            assert!((0.2..4.0).contains(&key.guess(Vec3::ZERO).irradiance), "{}", key.guess(Vec3::ZERO).irradiance);
            let mut quarters: Vec<i32> = Vec::new();
            for lamp in sides {
                let arriving = lamp.guess(head_m);
                assert!((0.2..1.2).contains(&arriving.irradiance), "{} at {}", arriving.irradiance, lamp.centre_m);
                quarters.push((arriving.direction.x.atan2(arriving.direction.z) / std::f32::consts::FRAC_PI_2).round() as i32);
            }
            quarters.sort_unstable();
            quarters.dedup();
            assert!(quarters.len() >= 3, "{quarters:?}");
        }
    }

    #[test]
    fn a_hard_moment_has_less_fill_and_stronger_lamps_than_a_soft_one() {
        let mut set = Set::new(&LightWishes::default());
        set.shine(1.0);
        let (fill, side) = (set.fill(Vec3::Y), set.lamps[1].radiance);
        let even = set.even_fill();
        assert!(even > 1.5 * PI * fill);
        set.shine(-1.0);
        assert!(set.fill(Vec3::Y) > 2.0 * fill && set.lamps[1].radiance < side);
        assert_eq!(set.even_fill(), even, "a shot's plan doesn't hang on the moment before");
        set.shine(0.0);
        assert_eq!(set.lamps, set.hung);
        assert!((PI * set.fill(Vec3::Y) - even).abs() < 1e-6);
    }
}
