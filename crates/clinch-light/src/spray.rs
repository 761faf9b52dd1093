//! Drops in the air and their spots on the ground, laid over the lit frame.
//!
//! A drop is smaller than a pixel and crosses several while the shutter is open: rays would meet it by chance, and the picture would glitter.
//! So each is drawn by what it covers: the area of its disc, spread along its way, in front of what the camera saw there. Its radiance is that of
//! a sphere of water under the lamps, whose light outside its own reflections goes mostly onward: drops shine against the light and are dark
//! with it. They cast no shadows; a frame without drops is left as it is.

use crate::{
    Frame,
    bodies::{Bodies, Moment},
    camera::{Camera, Seen},
    finish::{Finish, fresnel},
    lamp::Lamp,
    set::Set,
};
use clinch_model::{Performance, Secs, performance::Droplet};
use glam::{Vec2, Vec3};
use std::f32::consts::PI;

/// Refractive index of spit and plasma, and their reflectance at normal incidence.
const INDEX: f32 = 1.34;
const SPECULAR: f32 = 0.021;
/// Diffuse reflectance of spit (bubbles) and of blood, which a film for black and white sees as dark.
const DIFFUSE: [f32; 2] = [0.20, 0.05];
/// Share of the light through a drop that blood takes: a millimetre of it lets little but deep red through.
const BLOOD_TAKES: f32 = 0.93;
/// Share of what is behind it that a drop of spit hides, by bending the light from there away.
const SPIT_HIDES: f32 = 0.35;
/// A spot's reflectance as spit and as blood, and its gloss.
const SPOT: [f32; 2] = [0.045, 0.012];
const SPOT_ROUGHNESS: f32 = 0.2;
/// How many times as much lamplight as falls on it a drop answers with. Not physical: a film's drops are lit by a lamp of their own from behind,
/// or they would be lost at video size.
const OWN_LAMP: f32 = 4.0;
/// Share of the shutter's time during which that lamp is on: a whole opening draws drops out into bars.
const LAMP_ON: f64 = 0.5;
/// Least radius over which something small is spread, in pixels: about the pixel filter's.
const LEAST_PIXELS: f32 = 1.1;
/// Length of a step along a way, in pixels, and most steps.
const STEP_PIXELS: f32 = 0.5;
const MOST_STEPS: usize = 96;
/// Most beads of a string, most cells across a spot.
const MOST_BEADS: usize = 48;
const MOST_CELLS: usize = 16;
/// Share of its distance by which a drop, and a spot on the ground, may lie behind what the camera saw in its pixel.
const BEHIND: f32 = 0.01;
const SPOT_BEHIND: f32 = 0.03;
/// Most radiance: about where the print turns white, so that the largest drops don't draw bright lines between small ones that are lost.
const MOST_SEEN: f32 = 0.25;

/// What is laid over a pixel.
#[derive(Debug, Clone, Copy, Default)]
struct Layer {
    /// Share of the pixel and the shutter's time that is covered…
    covered: f32,
    /// …that is hidden…
    hidden: f32,
    /// …and the radiance of what covers it…
    radiance: f32,
    /// …of which this carries the accent.
    accent: f32,
}

/// The layers over a frame.
pub(crate) struct Spray<'a> {
    pub camera: &'a Camera,
    pub set: &'a Set,
    pub bodies: &'a Bodies,
    pub moment: &'a Moment,
    pub width: usize,
    /// `[row][column]`: distance of what the camera saw.
    pub distance_m: &'a dyn Fn(usize) -> f32,
}

impl Spray<'_> {
    /// Lays all drops and spots between shutter open and close over a frame.
    pub fn cover(&self, performance: &Performance, open: Secs, close: Secs, lit: &mut Frame) {
        let mut layers = Vec::new();
        for droplet in &performance.droplets {
            let age_secs = droplet.age_secs(open, performance.duration);
            let end_secs = age_secs + close.0 - open.0;
            if end_secs <= 0.0 {
                continue;
            }
            layers.resize(lit.radiance.len(), Layer::default());
            if let Some((at_m, wet)) = droplet.spot_at(age_secs) {
                self.add_spot(droplet, at_m, wet, &mut layers);
            } else {
                self.add_drop(droplet, age_secs, end_secs, &mut layers);
            }
        }
        lit.accent.resize(layers.len(), 0.0);
        for ((out, accent), layer) in lit.radiance.iter_mut().zip(&mut lit.accent).zip(&layers) {
            if layer.covered > 0.0 {
                let share = 1.0 / layer.covered.max(1.0);
                *out = *out * (1.0 - layer.hidden * share) + layer.radiance * share;
                *accent = layer.accent * share;
            }
        }
    }

    /// A drop or a string during its flight, along its way while the shutter is open.
    fn add_drop(&self, droplet: &Droplet, from_secs: f64, to_secs: f64, layers: &mut [Layer]) {
        let to_secs = from_secs + LAMP_ON * (to_secs - from_secs);
        let middle_secs = ((from_secs + to_secs) / 2.0).clamp(0.0, 0.999 * droplet.flight.0);
        let Some(middle_m) = droplet.place_m(middle_secs) else { return };
        let Some(seen) = self.camera.project(middle_m, LAMP_ON as f32 / 2.0) else { return };
        let radiance = self.drop_radiance(middle_m, seen.to_eye, droplet.blood);
        let radiance = self.set.through_haze(radiance.min(MOST_SEEN), seen.distance_m, -seen.to_eye);
        let hides = SPIT_HIDES + (1.0 - SPIT_HIDES) * droplet.blood;
        let ways = self.ways(droplet, [from_secs, to_secs]);
        let beads = self.beads(droplet, middle_secs, middle_m);
        for bead in 0..beads {
            let behind_secs = droplet.string.0 * bead as f64 / (beads.max(2) - 1) as f64;
            // A string is thickest at its head and thins towards its end.
            let radius_m = droplet.radius_m * if beads > 1 { [0.6, 1.3][usize::from(bead == 0)] } else { 1.0 };
            for step in 0..ways {
                let t = (step as f32 + 0.5) / ways as f32;
                let age_secs = from_secs + (to_secs - from_secs) * f64::from(t) - behind_secs;
                let Some(seen) = droplet.place_m(age_secs).and_then(|at_m| self.camera.project(at_m, t * LAMP_ON as f32)) else { continue };
                let radius = radius_m * seen.pixels_a_metre;
                let share = Layer { covered: 1.0, hidden: hides, radiance, accent: radiance * colour(droplet.blood) };
                self.deposit(&seen, radius, PI * radius * radius / ways as f32, BEHIND, share, layers);
            }
        }
    }

    /// Steps into which the shutter's time is cut.
    fn ways(&self, droplet: &Droplet, ages_secs: [f64; 2]) -> usize {
        let last_secs = 0.999 * droplet.flight.0;
        let ends = [0.0, 1.0].map(|t: f32| {
            let place_m = droplet.place_m(ages_secs[t as usize].clamp(0.0, last_secs))?;
            self.camera.project(place_m, t * LAMP_ON as f32).map(|seen| seen.pixel)
        });
        let [Some(from), Some(to)] = ends else { return 1 };
        ((from.distance(to) / STEP_PIXELS).ceil() as usize).clamp(4, MOST_STEPS)
    }

    /// Beads that make up a string; 1 for a drop.
    fn beads(&self, droplet: &Droplet, age_secs: f64, at_m: Vec3) -> usize {
        let end_m = droplet.place_m((age_secs - droplet.string.0).max(0.0)).unwrap_or(at_m);
        (1 + (at_m.distance(end_m) / droplet.radius_m.max(1e-5)) as usize).min(MOST_BEADS)
    }

    /// A spot: cell by cell of its disc.
    fn add_spot(&self, droplet: &Droplet, at_m: Vec3, wet: f32, layers: &mut [Layer]) {
        let Some(middle) = self.camera.project(at_m, 0.5) else { return };
        let radiance = self.spot_radiance(at_m, middle.to_eye, droplet.blood);
        let radiance = wet * self.set.through_haze(radiance.min(MOST_SEEN), middle.distance_m, -middle.to_eye);
        let share = Layer { covered: wet, hidden: wet * (0.5 + 0.5 * droplet.blood), radiance, accent: radiance * colour(droplet.blood) };
        let cells = ((2.0 * droplet.spot_m * middle.pixels_a_metre / STEP_PIXELS).ceil() as usize).clamp(1, MOST_CELLS);
        let cell_m = 2.0 * droplet.spot_m / cells as f32;
        // A disc takes π / 4 of its square, whole as one cell.
        let whole = if cells == 1 { PI / 4.0 } else { 1.0 };
        for i in 0..cells * cells {
            let off = Vec2::new((i % cells) as f32 + 0.5, (i / cells) as f32 + 0.5) * cell_m - Vec2::splat(droplet.spot_m);
            if cells > 1 && off.length() > droplet.spot_m {
                continue;
            }
            let Some(seen) = self.camera.project(at_m + Vec3::new(off.x, 0.0, off.y), 0.5) else { continue };
            let side = cell_m * seen.pixels_a_metre;
            self.deposit(&seen, 0.0, whole * side * side * seen.to_eye.y.abs(), SPOT_BEHIND, share, layers);
        }
    }

    /// Covers `area` square pixels round a place, evenly within `radius` where that is more than the picture and the lens blur.
    fn deposit(&self, seen: &Seen, radius: f32, area: f32, behind: f32, share: Layer, layers: &mut [Layer]) {
        let soft = LEAST_PIXELS.hypot(seen.blur_pixels);
        let reach = soft.max(radius + 0.5);
        let height = layers.len() / self.width;
        let [left, top] = [seen.pixel.x, seen.pixel.y].map(|at| (at - reach).ceil().max(0.0) as usize);
        let [right, bottom] =
            [(seen.pixel.x, self.width), (seen.pixel.y, height)].map(|(at, most)| ((at + reach + 1.0).max(0.0) as usize).min(most));
        let weight = |x: usize, y: usize| {
            let off = (Vec2::new(x as f32, y as f32) - seen.pixel).length();
            if radius + 0.5 > soft { (radius + 0.5 - off).clamp(0.0, 1.0) } else { (1.0 - (off / soft).powi(2)).max(0.0).powi(2) }
        };
        // What is large enough to be seen as a ball has a bright edge; on average over its disc this is 1.
        let edge = |x: usize, y: usize| {
            let off = (Vec2::new(x as f32, y as f32) - seen.pixel).length();
            if radius + 0.5 > soft { 0.5 + (off / radius).powi(2).min(1.0) } else { 1.0 }
        };
        let places = || (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let sum: f32 = places().map(|(x, y)| weight(x, y)).sum();
        // At the picture's edge, and by how the pixels lie, the sum isn't the kernel's own integral.
        let whole = if radius + 0.5 > soft { PI * radius * radius } else { PI * soft * soft / 3.0 };
        let scale = area / sum.max(0.5 * whole).max(1e-6);
        for (x, y) in places() {
            let (pixel, weight) = (y * self.width + x, scale * weight(x, y));
            if weight > 0.0 && seen.distance_m < (self.distance_m)(pixel) * (1.0 + behind) {
                let layer = &mut layers[pixel];
                layer.covered += weight * share.covered;
                layer.hidden += weight * share.hidden;
                layer.radiance += weight * share.radiance * edge(x, y);
                layer.accent += weight * share.accent * edge(x, y);
            }
        }
    }

    /// Lamps that shine on a place, with what they give it.
    fn lamps(&self, at_m: Vec3) -> impl Iterator<Item = (Vec3, f32)> + '_ {
        self.set.lamps.iter().map(move |lamp: &Lamp| lamp.guess(at_m)).filter_map(move |arriving| {
            let lit = arriving.irradiance > 1e-4 && !self.bodies.block(self.moment, at_m, arriving.direction, arriving.distance_m);
            lit.then_some((arriving.direction, arriving.irradiance))
        })
    }

    fn drop_radiance(&self, at_m: Vec3, to_eye: Vec3, blood: f32) -> f32 {
        let around = self.set.fill(Vec3::Y) * (fresnel(SPECULAR, 0.6) + (1.0 - blood) * 0.5);
        around + self.lamps(at_m).map(|(to_lamp, irradiance)| OWN_LAMP * irradiance * brightness(-to_lamp.dot(to_eye), blood)).sum::<f32>()
    }

    fn spot_radiance(&self, at_m: Vec3, to_eye: Vec3, blood: f32) -> f32 {
        let finish = Finish { roughness: SPOT_ROUGHNESS, specular: 0.04, ..Finish::matt(SPOT[0] + (SPOT[1] - SPOT[0]) * blood) };
        let lifted_m = at_m + Vec3::Y * 1e-3;
        let lamps = self.lamps(lifted_m).map(|(to_lamp, irradiance)| irradiance * finish.answer(Vec3::Y, to_eye, to_lamp));
        finish.reflectance * self.set.fill(Vec3::Y) + lamps.sum::<f32>()
    }
}

/// Share of a drop's light that carries the accent: spit that comes with blood is stained by it.
fn colour(blood: f32) -> f32 {
    const STAINED: f32 = 0.4;
    STAINED + (1.0 - STAINED) * blood
}

/// Mean radiance of a drop's disc under an irradiance of 1, seen where light has turned by an angle of cosine `onward`, −1..1.
fn brightness(onward: f32, blood: f32) -> f32 {
    let turned_rad = onward.clamp(-1.0, 1.0).acos();
    let through = 1.0 - BLOOD_TAKES * blood;
    let diffuse = DIFFUSE[0] + (DIFFUSE[1] - DIFFUSE[0]) * blood;
    mirrored(turned_rad) + through * refracted(turned_rad) + diffuse * matt(turned_rad)
}

/// A mirroring sphere sends light evenly everywhere; how much of it Fresnel's term leaves depends on where to.
fn mirrored(turned_rad: f32) -> f32 {
    fresnel(SPECULAR, (turned_rad / 2.0).sin()) / (4.0 * PI)
}

/// Light that goes through a sphere of water, in geometrical optics (van de Hulst, "Light Scattering by Small Particles", 1957, §12.2): a ray
/// that enters at an angle i and is refracted to r turns by 2 (i − r).
fn refracted(turned_rad: f32) -> f32 {
    let turn = |i: f32| 2.0 * (i - (i.sin() / INDEX).asin());
    if turned_rad >= turn(PI / 2.0) {
        return 0.0;
    }
    // The turn grows with the angle, so halving finds it.
    let (mut low, mut high) = (0.0f32, PI / 2.0);
    for _ in 0..24 {
        let middle = (low + high) / 2.0;
        if turn(middle) < turned_rad { low = middle } else { high = middle }
    }
    let i = ((low + high) / 2.0).max(1e-3);
    let within = (i.sin() / INDEX).asin();
    let kept = (1.0 - fresnel(SPECULAR, i.cos())).powi(2);
    let spread = 2.0 * (1.0 - i.cos() / (INDEX * within.cos()));
    kept * i.sin() * i.cos() / (turn(i).sin() * spread) / PI
}

/// A matt sphere of reflectance 1 (Lambert's phase function).
fn matt(turned_rad: f32) -> f32 {
    let phase_rad = PI - turned_rad;
    2.0 / (3.0 * PI) * (phase_rad.sin() + (PI - phase_rad) * phase_rad.cos()) / PI
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Light that a sphere sends anywhere, over what falls on it.
    fn albedo(brightness: impl Fn(f32) -> f32) -> f32 {
        // Intensity is radiance × π r²; over 2 π sin θ dθ, and over π r² E.
        let count = 20_000;
        let step_rad = PI / count as f32;
        (0..count).map(|i| (i as f32 + 0.5) * step_rad).map(|rad| brightness(rad) * 2.0 * PI * rad.sin() * step_rad).sum()
    }

    #[test]
    fn a_sphere_gives_back_what_falls_on_it() {
        let (mirrored, refracted, matt) = (albedo(mirrored), albedo(refracted), albedo(matt));
        // Averaged over a sphere, water mirrors 6.6 % (the table of van de Hulst, §12.21); of the rest nearly all goes through at once.
        assert!((0.05..0.08).contains(&mirrored), "{mirrored}");
        assert!((0.85..0.92).contains(&refracted), "{refracted}");
        assert!((matt - 1.0).abs() < 0.01, "{matt}");
        assert!(brightness(1.0, 0.0) > 5.0 * brightness(0.0, 0.0) && brightness(0.9, 0.0) > 5.0 * brightness(0.9, 1.0));
    }
}
