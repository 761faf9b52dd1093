//! What light arrives along a camera ray.
//!
//! At every point the key lamp and one of the far lamps are asked for (the far one chosen by what it would give if nothing stood in the
//! way, so that only its visibility is left to chance); some samples follow the light one bounce further. Radiance is one number.

use crate::{
    backdrop::Backdrop,
    bodies::{Bodies, Moment},
    camera::{Camera, disc},
    finish::{Facing, Finish, fresnel},
    ground::WATER,
    lamp::{Arriving, Lamp},
    sampler::{Sampler, Use},
    set::Set,
};
use glam::Vec3;
use std::f32::consts::PI;

/// Ambient irradiance, in the film's unit, that stands for light after the second bounce. Not measured: the order of what the key lamp's
/// unit becomes on asphalt (a tenth) and on what it then meets (a third).
const FURTHER_BOUNCES: f32 = 0.03;
/// Share of all lamplight at a point below which the weak lamps' shadows aren't looked for: too faint to be told from the fill.
const LEAST_WEAK_SHARE: f32 = 0.07;
/// Most radiance that one sample of the street may bring: the film saturates there, and capping lets few samples draw a lamp's edge, or that
/// of a highlight out of focus, without sparkles.
const MOST_SEEN: f32 = 0.5;
/// Reflections weaker than this aren't followed.
const LEAST_REFLECTION: f32 = 0.01;
/// Least cosine to the surface of a ray that looks for what shadows it.
const LEAST_ABOVE: f32 = 0.01;
/// Lamplight weaker than this is taken to arrive without asking what stands in its way: its shadows would be below the print's black.
const LEAST_SHADOWED: f32 = 2e-4;

/// A point that a ray met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    /// Where further rays start: a whisker outside the surface.
    pub start_m: Vec3,
    pub distance_m: f32,
    /// Normal of the real surface…
    pub outward: Vec3,
    /// …of the one that it stands for…
    pub normal: Vec3,
    /// …and of that one's relief, which only lamps ask for.
    pub relief: Vec3,
    pub finish: Finish,
    /// Share covered by standing water.
    pub water: f32,
    /// Radiance that is already known, for what lies too far from the pair to be worth asking lamps.
    pub known: Option<f32>,
    /// Whether it belongs to a person.
    pub body: bool,
}

impl Point {
    /// How far rays start outside a surface.
    pub const LIFT_M: f32 = 2e-4;

    pub fn new(at_m: Vec3, distance_m: f32, outward: Vec3, normal: Vec3, finish: Finish) -> Self {
        Self {
            start_m: at_m + outward * Self::LIFT_M,
            distance_m,
            outward,
            normal,
            relief: normal,
            finish,
            water: 0.0,
            known: None,
            body: false,
        }
    }

    pub fn with_water(self, water: f32) -> Self {
        Self { water, ..self }
    }

    /// Light that the surface, as the eye faces it, answers with when light arrives and nothing is in the way.
    #[inline]
    fn answer(&self, facing: &Facing, arriving: &Arriving) -> f32 {
        if arriving.irradiance <= 0.0 || arriving.direction.dot(self.outward) <= self.finish.horizon() {
            return 0.0;
        }
        arriving.irradiance * facing.answer(arriving.direction)
    }

    /// With the normal of its relief, turned so far that the eye sees it.
    #[inline]
    pub fn with_relief(self, relief: Vec3, to_eye: Vec3) -> Self {
        // Cosine to the eye that is left to what faces away from it.
        const LEAST: f32 = 0.02;
        let facing = relief.dot(to_eye);
        let relief = if facing < LEAST { (relief + to_eye * (LEAST - facing)).normalize_or(self.normal) } else { relief };
        Self { relief, ..self }
    }

    pub fn of_body(self) -> Self {
        Self { body: true, ..self }
    }

    /// With a radiance of its own.
    pub fn shining(self, radiance: f32) -> Self {
        Self { known: Some(radiance), ..self }
    }

    pub fn lit_by_itself(self, irradiance: f32) -> Self {
        Self { known: Some(irradiance * self.finish.reflectance / PI), ..self }
    }
}

/// Where the light comes from when nothing is in the way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Surroundings<'a> {
    /// The film's set.
    Set(&'a Set),
    /// A photographer's studio.
    Studio(&'a Backdrop),
    /// The same radiance from everywhere, and these lamps; for tests.
    #[allow(dead_code, reason = "the tests' analytic scenes")]
    Even { radiance: f32, lamps: &'a [Lamp] },
}

/// Everything a ray can meet at one shutter time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub bodies: &'a Bodies,
    pub moment: &'a Moment,
    pub around: Surroundings<'a>,
}

/// What one camera sample found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// Radiance from lamps, directly or mirrored in water, and of what shines itself.
    pub direct: f32,
    /// Radiance that mist adds on the way, if it was asked for.
    pub glow: Option<f32>,
    /// Radiance arriving from other surfaces (mean over the cosine-weighted hemisphere), if a bounce was followed.
    pub arriving: Option<f32>,
    /// What `arriving` is multiplied by.
    pub albedo: f32,
    pub normal: Vec3,
    pub distance_m: f32,
    /// Whether it is a body or in a shadow, so that there is more to the pixel than an evenly lit bit of the set.
    pub busy: bool,
}

/// The numbers of one sample of one pixel.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a> {
    pub sampler: &'a Sampler<'a>,
    pub pixel: (usize, usize),
    pub sample: usize,
}

impl Numbers<'_> {
    #[inline]
    pub fn pair(&self, for_use: Use) -> [f32; 2] {
        self.sampler.pair(self.pixel, self.sample, for_use)
    }
}

impl Scene<'_> {
    /// Follows one camera ray; what is `smooth` over a surface (a bounce's light and the mist's) only where it is asked for.
    pub fn see(&self, camera: &Camera, t: f32, numbers: &Numbers, smooth: bool) -> Seen {
        let (origin_m, direction) = camera.ray(numbers.pixel, t, numbers.pair(Use::Pixel), numbers.pair(Use::Lens));
        let met = self.nearest(origin_m, direction, camera.pixel_rad(), true);
        let shine = match self.around {
            // The studio's lamps are kept out of the picture.
            Surroundings::Studio(_) => 0.0,
            _ => self.lamp_seen(origin_m, direction, met.map_or(f32::INFINITY, |point| point.distance_m)),
        };
        let glow = smooth.then(|| self.glow(origin_m, direction, met.map_or(f32::INFINITY, |point| point.distance_m), numbers));
        let Some(point) = met else {
            return Seen { direct: shine + self.beyond(direction), glow, normal: -direction, distance_m: 1e3, ..Seen::default() };
        };
        if let Some(radiance) = point.known {
            let direct = shine + self.hazed(radiance, &point, direction);
            return Seen { direct, glow, normal: point.normal, distance_m: point.distance_m, ..Seen::default() };
        }
        let to_eye = -direction;
        let cos = point.normal.dot(to_eye).clamp(0.0, 1.0);
        let mirrored =
            if point.finish.is_polished() { self.polished(&point, direction, numbers) } else { self.mirrored(&point, direction, numbers) };
        let dry = through_water(point.water, cos);
        let (lit, shadowed) = self.lit(&point, to_eye, numbers);
        Seen {
            direct: shine + self.hazed(lit * dry + mirrored, &point, direction),
            glow,
            arriving: smooth.then(|| self.bounced(&point, numbers)),
            albedo: point.finish.diffuse_albedo(cos) * dry,
            normal: point.normal,
            distance_m: point.distance_m,
            busy: point.body || shadowed,
        }
    }

    /// What mist adds to a camera ray.
    fn glow(&self, origin_m: Vec3, direction: Vec3, reach_m: f32, numbers: &Numbers) -> f32 {
        match self.around {
            Surroundings::Set(set) => set.glow(origin_m, direction, reach_m, numbers.pair(Use::FarLamp)[0]),
            _ => 0.0,
        }
    }

    /// What a ray meets first; `fine` is for camera rays.
    fn nearest(&self, origin_m: Vec3, direction: Vec3, pixel_rad: f32, fine: bool) -> Option<Point> {
        let body = self.bodies.nearest(self.moment, origin_m, direction, pixel_rad, fine);
        let reach_m = body.map_or(f32::INFINITY, |point| point.distance_m);
        let around = match self.around {
            Surroundings::Set(set) => set.nearest(origin_m, direction, reach_m, pixel_rad, fine),
            Surroundings::Studio(backdrop) => backdrop.nearest(origin_m, direction, reach_m),
            Surroundings::Even { .. } => None,
        };
        around.or(body)
    }

    #[inline]
    fn lamps(&self) -> &[Lamp] {
        match self.around {
            Surroundings::Set(set) => &set.lamps,
            Surroundings::Studio(backdrop) => &backdrop.lamps,
            Surroundings::Even { lamps, .. } => lamps,
        }
    }

    /// Those that may be seen: a lamp that is turned off for a shot stays in its picture.
    #[inline]
    fn visible_lamps(&self) -> &[Lamp] {
        match self.around {
            Surroundings::Set(set) => set.hung(),
            _ => self.lamps(),
        }
    }

    fn beyond(&self, direction: Vec3) -> f32 {
        match self.around {
            Surroundings::Set(set) => set.sky(direction),
            Surroundings::Studio(_) => Backdrop::beyond(direction),
            Surroundings::Even { radiance, .. } => radiance,
        }
    }

    fn fill(&self, direction: Vec3) -> f32 {
        match self.around {
            Surroundings::Set(set) => set.fill(direction),
            Surroundings::Studio(_) => Backdrop::fill(direction),
            Surroundings::Even { radiance, .. } => radiance,
        }
    }

    /// Radiance of what a camera ray met, as it comes through the air.
    #[inline]
    fn hazed(&self, radiance: f32, point: &Point, direction: Vec3) -> f32 {
        match self.around {
            Surroundings::Set(set) => set.through_haze(radiance.min(MOST_SEEN), point.distance_m, direction),
            Surroundings::Studio(_) if point.body => radiance.min(MOST_SEEN),
            Surroundings::Studio(backdrop) => radiance + backdrop.risen(point.start_m) * Backdrop::beyond(direction),
            Surroundings::Even { .. } => radiance,
        }
    }

    /// Radiance of a lamp that the ray runs into before `reach_m`.
    #[inline]
    fn lamp_seen(&self, origin_m: Vec3, direction: Vec3, reach_m: f32) -> f32 {
        let seen = self.visible_lamps().iter().filter_map(|lamp| lamp.seen(origin_m, direction));
        seen.filter(|(distance_m, _)| *distance_m < reach_m).map(|(_, radiance)| radiance.min(MOST_SEEN)).sum()
    }

    /// Light from the lamps, answered towards the eye, and whether any of it is shadowed.
    pub fn lit(&self, point: &Point, to_eye: Vec3, numbers: &Numbers) -> (f32, bool) {
        let Some((key, far)) = self.lamps().split_first() else { return (0.0, false) };
        let facing = Facing::new(point.finish, point.relief, to_eye);
        let arriving = key.sample(point.start_m, numbers.pair(Use::KeyLamp));
        let key_light = point.answer(&facing, &arriving);
        let mut sum = key_light;
        let mut shadowed = self.shadows(point, &arriving, sum);
        if shadowed {
            sum = 0.0;
        }
        // The strongest far lamp is asked for itself, and of the others one for all of them, chosen by how much of their light is its own:
        // no lamp's own light is left to chance, only which of the weak ones' shadows is seen.
        let mut shares = Shares::new(far, |lamp| point.answer(&facing, &lamp.guess(point.start_m)));
        let on_far = numbers.pair(Use::FarLamp);
        let mut ask = |index: usize, light: f32, on_lamp: [f32; 2]| {
            if self.shadows(point, &far[index].sample(point.start_m, on_lamp), light) {
                shadowed = true;
            } else {
                sum += light;
            }
        };
        let all_light = key_light + shares.total;
        if let Some((strongest, light)) = shares.take_strongest() {
            ask(strongest, light, on_far);
        }
        let weak_light = shares.total;
        if weak_light >= LEAST_WEAK_SHARE * all_light {
            if let Some((weaker, _)) = shares.choose(numbers.pair(Use::TimeAndLamp)[1]) {
                ask(weaker, weak_light, [on_far[1], on_far[0]]);
            }
        } else {
            sum += weak_light;
        }
        (sum, shadowed)
    }

    /// Whether a body keeps the light of a lamp from a point, where that light, `answered`, is worth the question.
    #[inline]
    fn shadows(&self, point: &Point, arriving: &Arriving, answered: f32) -> bool {
        if answered < LEAST_SHADOWED {
            return false;
        }
        let mut direction = arriving.direction;
        let above = direction.dot(point.outward);
        if above < LEAST_ABOVE {
            // Light that flesh carries round its own horizon grazes it.
            direction = (direction + point.outward * (LEAST_ABOVE - above)).normalize();
        }
        self.bodies.block(self.moment, point.start_m, direction, arriving.distance_m)
    }

    /// Radiance arriving at a point from one direction of the cosine-weighted hemisphere.
    pub fn bounced(&self, point: &Point, numbers: &Numbers) -> f32 {
        let on_disc = disc(numbers.pair(Use::Bounce));
        let (side, ahead) = point.normal.any_orthonormal_pair();
        let mut direction = side * on_disc.x + ahead * on_disc.y + point.normal * (1.0 - on_disc.length_squared()).max(0.0).sqrt();
        // The smooth normal's hemisphere dips a little into the flat triangle; what would enter it is turned back out.
        let inward = direction.dot(point.outward).min(0.0);
        direction -= point.outward * (2.0 * inward);
        self.radiance(point.start_m, direction, numbers.pair(Use::BounceLamp))
    }

    /// Radiance along a ray that isn't the camera's: one lamp is asked for, and surfaces are matt.
    fn radiance(&self, origin_m: Vec3, direction: Vec3, [choice, place]: [f32; 2]) -> f32 {
        let Some(mut point) = self.nearest(origin_m, direction, 0.05, false) else { return self.fill(direction) };
        if let Some(radiance) = point.known {
            return radiance;
        }
        point.finish = Finish::matt(point.finish.reflectance);
        let further = if matches!(self.around, Surroundings::Even { .. }) { 0.0 } else { FURTHER_BOUNCES };
        let mut sum = point.finish.reflectance / PI * further;
        let lamps = self.lamps();
        let answer = |arriving: &Arriving| {
            let cos = arriving.direction.dot(point.relief).max(0.0);
            if arriving.direction.dot(point.outward) > 0.0 { arriving.irradiance * point.finish.reflectance / PI * cos } else { 0.0 }
        };
        let shares = Shares::new(lamps, |lamp| answer(&lamp.guess(point.start_m)));
        if let Some((index, rest)) = shares.choose(choice) {
            let arriving = lamps[index].sample(point.start_m, [place, rest]);
            if !self.shadows(&point, &arriving, shares.total) {
                sum += shares.total;
            }
        }
        sum
    }

    /// Radiance mirrored by something polished: lamps, which nothing else shows in it, and what one further ray meets.
    fn polished(&self, point: &Point, direction: Vec3, numbers: &Numbers) -> f32 {
        let half = point.finish.facet(point.relief, numbers.pair(Use::Gloss));
        let away = direction.reflect(half);
        let weight = fresnel(point.finish.specular, -direction.dot(half));
        if away.dot(point.outward) <= 0.0 {
            return 0.0;
        }
        let lamps: f32 = self.visible_lamps().iter().filter_map(|lamp| lamp.seen(point.start_m, away)).map(|(_, radiance)| radiance).sum();
        let lamps = if lamps > 0.0 && self.bodies.block(self.moment, point.start_m, away, f32::INFINITY) { 0.0 } else { lamps };
        let around = if weight < LEAST_REFLECTION { 0.0 } else { self.radiance(point.start_m, away, numbers.pair(Use::BounceLamp)) };
        weight * (lamps + around)
    }

    /// Radiance mirrored by standing water.
    fn mirrored(&self, point: &Point, direction: Vec3, numbers: &Numbers) -> f32 {
        // A breath of wind: the surface tilts by about half a degree.
        const RIPPLE_RAD: f32 = 0.008;
        if point.water < LEAST_REFLECTION {
            return 0.0;
        }
        let tilt = disc(numbers.pair(Use::Gloss)) * RIPPLE_RAD;
        let normal = Vec3::new(tilt.x, 1.0, tilt.y).normalize();
        let weight = point.water * fresnel(WATER, -direction.dot(normal));
        if weight < LEAST_REFLECTION {
            return 0.0;
        }
        let away = direction.reflect(normal);
        let away = Vec3::new(away.x, away.y.abs(), away.z);
        let lamps = self.lamp_seen(point.start_m, away, f32::INFINITY);
        weight * (lamps + self.radiance(point.start_m, away, numbers.pair(Use::BounceLamp)))
    }
}

/// Share of a surface's own light that comes back where `water` (0..1) of it lies under water and the eye is at a cosine to it: water keeps about half, and more
/// where it mirrors more.
fn through_water(water: f32, cos: f32) -> f32 {
    1.0 - water * fresnel(WATER, cos).max(0.5)
}

/// Up to eight lamps' shares of the light at a point.
struct Shares {
    share: [f32; 8],
    total: f32,
}

impl Shares {
    #[inline]
    fn new(lamps: &[Lamp], light: impl Fn(&Lamp) -> f32) -> Self {
        let (mut share, mut total) = ([0.0; 8], 0.0);
        for (share, lamp) in share.iter_mut().zip(lamps) {
            *share = light(lamp);
            total += *share;
        }
        Self { share, total }
    }

    /// Takes out the lamp with the greatest share: which, and how much; none where no lamp gives anything.
    #[inline]
    fn take_strongest(&mut self) -> Option<(usize, f32)> {
        let strongest = (1..self.share.len()).fold(0, |best, i| if self.share[i] > self.share[best] { i } else { best });
        let light = std::mem::take(&mut self.share[strongest]);
        self.total = self.share.iter().sum();
        (light > 0.0).then_some((strongest, light))
    }

    /// A lamp chosen by its share, and a number in 0..1 that is even again; none where no lamp gives anything.
    #[inline]
    fn choose(&self, number: f32) -> Option<(usize, f32)> {
        if self.total <= 0.0 {
            return None;
        }
        let mut rest = number * self.total;
        let last = self.share.iter().rposition(|&share| share > 0.0)?;
        for (index, &share) in self.share.iter().enumerate() {
            if share > 0.0 && (rest < share || index == last) {
                return Some((index, (rest / share).clamp(0.0, 1.0)));
            }
            rest -= share;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standing_water_and_what_lies_under_it_give_back_no_more_than_they_get() {
        for step in 0..=100 {
            let cos = step as f32 / 100.0;
            let mirrored = fresnel(WATER, cos);
            // Whatever shines evenly from above: the mirrored share and that of the whitest ground below.
            assert!(mirrored + through_water(1.0, cos) <= 1.0 + 1e-6, "{cos}");
            assert_eq!(through_water(0.0, cos), 1.0);
        }
        assert!((through_water(1.0, 1.0) - 0.5).abs() < 1e-6);
    }
}
