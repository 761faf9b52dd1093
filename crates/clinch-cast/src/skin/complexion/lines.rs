//! What age draws on skin: lines that grow from thirty on, later spots, fine creases and the loose skin of the neck.
//!
//! Lines are drawn on the unshaped base mesh, as everything of a face is. Their depths, from 0.1 mm for fine creases to 0.6 mm for folds, and what
//! they take of the light are chosen by looking at close-ups of 1080 rows.

use super::{Complexion, Paint, Place};
use crate::noise::{cells, ramp, value};
use glam::{Vec2, Vec3};

/// Grooves at a place: the deepest counts, so that lines that cross dig no pit, while what takes light away adds up.
#[derive(Default)]
struct Grooves {
    depth_m: f32,
    shade: f32,
}

impl Grooves {
    /// `amount` 0..1 of a groove of a depth that takes away a share of the light.
    fn add(&mut self, amount: f32, depth_m: f32, shade: f32) {
        self.depth_m = self.depth_m.max(depth_m * amount);
        self.shade = self.shade.max(shade * amount);
    }
}

/// A line on the base mesh, seen from the front: `[point]`, x to the outside.
type Line = [Vec2; 5];

/// The fold from the nose's wing round the corner of the mouth.
const NASOLABIAL: Line =
    [Vec2::new(0.0180, 0.6950), Vec2::new(0.0265, 0.6820), Vec2::new(0.0325, 0.6680), Vec2::new(0.0345, 0.6560), Vec2::new(0.0350, 0.6500)];

/// From the corner of the mouth down to the jaw.
const MARIONETTE: Line =
    [Vec2::new(0.0290, 0.6575), Vec2::new(0.0312, 0.6505), Vec2::new(0.0322, 0.6435), Vec2::new(0.0318, 0.6365), Vec2::new(0.0300, 0.6300)];

/// From the inner corner of the eye down over the cheek.
const TEAR_TROUGH: Line =
    [Vec2::new(0.0155, 0.7255), Vec2::new(0.0185, 0.7190), Vec2::new(0.0230, 0.7145), Vec2::new(0.0285, 0.7115), Vec2::new(0.0340, 0.7105)];

impl Complexion {
    /// Lines of the whole face and neck.
    pub(super) fn lines(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        if c.z < 0.03 {
            return;
        }
        // How far lines wander off their ways, in metres.
        let wander = value(c, 0.018, self.seed + 30) * 0.0016 + value(c, 0.006, self.seed + 31) * 0.0005;
        let mut grooves = Grooves::default();
        if c.z > 0.08 {
            self.forehead(c, wander, &mut grooves);
            self.eyes(c, wander, &mut grooves);
            self.mouth(c, wander, paint, &mut grooves);
            self.crepe(place, paint);
        }
        self.neck(c, wander, paint, &mut grooves);
        paint.relief_m -= grooves.depth_m;
        paint.tone *= 1.0 - grooves.shade;
    }

    /// Lines that lie across the forehead and stand between the brows.
    fn forehead(&self, c: Vec3, wander: f32, grooves: &mut Grooves) {
        let x = c.x.abs();
        let within = ramp(c.y, 0.756, 0.765) * ramp(c.y, 0.803, 0.788) * ramp(x, 0.054, 0.034) * ramp(c.z, 0.11, 0.13);
        if within > 0.0 {
            // Rows aren't evenly spaced, rise over the brows and break off.
            let height_m = c.y + 1.2 * wander - 0.0025 * (x / 0.03).powi(2) - 0.758 + 0.0022 * value(Vec3::Y * c.y, 0.013, self.seed + 33);
            let broken = |row: f32| 0.50 + 0.50 * value(Vec3::new(c.x, row.round() * 0.5, 0.0), 0.020, self.seed + 32);
            let mut rows = |apart_m: f32, aside: f32, half_m: f32, strength: f32| {
                let row = height_m / apart_m + aside;
                let across_m = (row - row.round()).abs() * apart_m;
                let line = ramp(across_m, half_m, 0.0) * broken(row + 31.0 * aside);
                grooves.add(within * line, 0.00052 * strength, 0.24 * strength);
            };
            rows(0.0088, 0.0, 0.0014, self.lines);
            rows(0.0088, 0.5, 0.0009, 0.55 * self.lines * self.lines);
        }
        let frown = |at_m: f32| {
            ramp((x - at_m + 0.3 * (c.y - 0.75) + wander * 0.6).abs(), 0.0013, 0.0) * ramp(c.y, 0.736, 0.744) * ramp(c.y, 0.766, 0.754)
        };
        grooves.add(frown(0.0058) * ramp(c.z, 0.135, 0.145), 0.00050 * self.lines, 0.20 * self.lines);
        // Across the root of the nose.
        let root = ramp((c.y - 0.7335 + 0.8 * wander).abs(), 0.0009, 0.0) * ramp(x, 0.0085, 0.004) * ramp(c.z, 0.13, 0.14);
        grooves.add(root, 0.00030 * self.lines, 0.12 * self.lines);
    }

    /// Crow's feet, and what hangs under the eyes.
    fn eyes(&self, c: Vec3, wander: f32, grooves: &mut Grooves) {
        let x = c.x.abs();
        // A fan about the outer corner.
        let corner = Vec2::new(x - 0.0455, c.y - 0.7275);
        let (r, angle) = (corner.length(), corner.y.atan2(corner.x));
        let far_m = 0.020 + 0.012 * self.lines;
        if r < far_m && angle.abs() < 1.25 {
            let ray = (angle + wander * 60.0) / 0.34;
            let fan = ray.rem_euclid(1.0) - 0.5;
            let uneven = 0.75 + 0.25 * value(Vec3::new(ray.floor(), 3.0, x.signum()), 1.0, self.seed + 34);
            let line = ramp(fan.abs() * r * 0.34, 0.0010, 0.0) * ramp(r, 0.004, 0.007) * ramp(r, far_m, 0.5 * far_m);
            grooves.add(line * uneven * ramp(angle.abs(), 1.2, 0.7) * ramp(c.z, 0.075, 0.095), 0.00052 * self.lines, 0.25 * self.lines);
        }
        if (0.700..0.730).contains(&c.y) && c.z > 0.11 {
            let front = ramp(c.z, 0.11, 0.125);
            let under = Vec2::new((x - 0.030) / 1.25, c.y - 0.7310).length() + wander * 0.5;
            let below = ramp(c.y, 0.7275, 0.722) * ramp(x, 0.010, 0.016) * front;
            grooves.add(ramp((under - 0.0155).abs(), 0.0013, 0.0) * below, 0.00042 * self.lines, 0.19 * self.lines);
            grooves.add(ramp((under - 0.0115).abs(), 0.0008, 0.0) * below, 0.00024 * self.lines, 0.13 * self.lines);
            grooves.add(ramp((under - 0.0088).abs(), 0.0006, 0.0) * below, 0.00018 * self.lines, 0.10 * self.lines);
            let trough = distance_m(&TEAR_TROUGH, Vec2::new(x, c.y)) + wander * 0.6;
            grooves.add(ramp(trough, 0.0024, 0.0) * front, 0.00036 * self.lines, 0.16 * self.lines);
        }
    }

    /// Folds beside nose and mouth, fine lines about the lips, and those that run down the cheeks of the old.
    fn mouth(&self, c: Vec3, wander: f32, paint: &mut Paint, grooves: &mut Grooves) {
        if !(0.618..0.705).contains(&c.y) {
            return;
        }
        let x = c.x.abs();
        let (at, front) = (Vec2::new(x, c.y), ramp(c.z, 0.10, 0.125));
        let fold = distance_m(&NASOLABIAL, at) + wander * 0.5;
        // It runs out beside the mouth.
        let out = ramp(c.y, 0.645, 0.662) * front;
        grooves.add(ramp(fold, 0.0019, 0.0) * out, 0.00004 + 0.00060 * self.lines, 0.03 + 0.25 * self.lines);
        paint.tone *= 1.0 - (0.05 + 0.10 * self.lines) * ramp(fold, 0.0065, 0.0) * out;
        // The cheek lies over the fold.
        let outside = x > across_m(&NASOLABIAL, c.y);
        if outside {
            paint.relief_m += 0.00030 * self.lines * ramp(fold, 0.0010, 0.0035) * ramp(fold, 0.0110, 0.0040) * out;
        }
        let marionette = distance_m(&MARIONETTE, at) + wander * 0.6;
        let falls = ramp(c.y, 0.627, 0.640) * front;
        grooves.add(ramp(marionette, 0.0017, 0.0) * falls, 0.00042 * self.lines, 0.20 * self.lines);
        paint.tone *= 1.0 - 0.08 * self.lines * ramp(marionette, 0.006, 0.0) * falls;
        // Under the lower lip.
        let chin = ramp((c.y - 0.6468 - 0.9 * x * x / 0.02 + wander).abs(), 0.0016, 0.0) * ramp(x, 0.020, 0.010) * ramp(c.z, 0.13, 0.14);
        grooves.add(chin, 0.00026 * self.lines, 0.12 * self.lines);
        if self.late > 0.0 {
            let lip = ramp(c.y, 0.6850, 0.6790) * ramp(c.y, 0.6665, 0.6700) + ramp(c.y, 0.6440, 0.6480) * ramp(c.y, 0.6535, 0.6505);
            // Lines run out from the lips like rays; men's thicker skin and beard have fewer of them.
            let ray = (c.x * (1.0 + 5.0 * (c.y - 0.661).abs()) + 0.5 * wander) / 0.0031;
            let line = ramp((ray - ray.round()).abs() * 0.0031, 0.0007, 0.0);
            let uneven = 0.5 + 0.5 * value(Vec3::new(ray.round(), 1.0, 2.0), 1.0, self.seed + 35);
            let strength = self.late * (1.0 - 0.65 * self.sex);
            grooves.add(lip.min(1.0) * line * uneven * ramp(x, 0.026, 0.016) * front, 0.00030 * strength, 0.13 * strength);
            if outside {
                let beside =
                    |off_m: f32| ramp((fold - off_m + 0.6 * wander).abs(), 0.0013, 0.0) * ramp(c.y, 0.632, 0.645) * ramp(c.y, 0.697, 0.680);
                grooves.add(
                    (beside(0.0085)).max(0.7 * beside(0.0150)) * front,
                    0.00030 * self.late * self.lines,
                    0.11 * self.late * self.lines,
                );
            }
        }
    }

    /// The fine net of creases of thin dry skin: under the eyes, over cheeks and jaw.
    fn crepe(&self, place: &Place, paint: &mut Paint) {
        if self.late <= 0.0 {
            return;
        }
        let c = place.canon_m;
        let x = c.x.abs();
        let lids = ramp(Vec2::new((x - 0.031) / 0.023, (c.y - 0.7235) / 0.014).length(), 1.15, 0.6);
        let cheek = 0.8 * ramp(Vec2::new((x - 0.050) / 0.022, (c.y - 0.680) / 0.035).length(), 1.2, 0.5);
        let where_ = lids.max(cheek).max(0.25) * self.late;
        // Two families of creases that cross, each where a slanted noise passes zero.
        let crease = |slant: Vec3, seed: u32| ramp(value(place.at_m + slant * place.at_m.y, 0.0034, self.seed + seed).abs(), 0.16, 0.0);
        let net = crease(Vec3::new(0.9, -0.45, 0.9), 36).max(crease(Vec3::new(-0.9, -0.45, 0.9), 37));
        paint.relief_m -= 0.00014 * net * where_;
        paint.tone *= 1.0 - 0.09 * net * where_;
    }

    /// Rings of the neck, and the two cords that stand out of a loose one.
    fn neck(&self, c: Vec3, wander: f32, paint: &mut Paint, grooves: &mut Grooves) {
        if c.y > 0.640 || c.z < 0.03 {
            return;
        }
        let x = c.x.abs();
        let ring = (c.y + 0.15 * c.z + wander * 2.2 - 0.605) / 0.017 + 0.35 * value(Vec3::new(0.0, c.y, 0.0), 0.021, self.seed + 38);
        let across_m = (ring - ring.round()).abs() * 0.017;
        let front = ramp(c.y, 0.622, 0.612) * ramp(c.z, 0.03, 0.06);
        let broken = 0.5 + 0.5 * value(Vec3::new(c.x, 0.5 * ring.round(), 0.7), 0.028, self.seed + 39);
        let line = ramp(across_m, 0.0016, 0.0) * broken * front;
        grooves.add(line, 0.00005 + 0.00038 * self.lines, 0.05 + 0.08 * self.lines);
        let off_m = (x - 0.013 - 0.16 * (0.632 - c.y) + 1.2 * wander).abs();
        let along = ramp(c.y, 0.637, 0.622) * ramp(c.y, 0.560, 0.580) * ramp(c.z, 0.03, 0.05);
        paint.relief_m += 0.00055 * self.late * ramp(off_m, 0.0055, 0.0) * along;
        paint.tone *= 1.0 - 0.10 * self.late * ramp((off_m - 0.0065).abs(), 0.0035, 0.0) * along;
    }

    /// Uneven pigment: spots where the sun was on pale skin; on dark skin a cloudier tone and small dark papules over the cheekbones.
    pub(super) fn spots(&self, place: &Place, paint: &mut Paint) {
        if self.late <= 0.0 {
            return;
        }
        let (p, c) = (place.at_m, place.canon_m);
        paint.tone *= 1.0 + self.late * (0.08 * value(p, 0.017, self.seed + 100) + 0.06 * value(p, 0.0055, self.seed + 101));
        // Dry skin shines less.
        paint.rough *= 1.0 + 0.10 * self.late;
        let x = c.x.abs();
        let sun = ramp(x, 0.020, 0.050).max(ramp(c.y, 0.755, 0.775)) * ramp(c.y, 0.63, 0.66);
        self.sun_spot(p, 0.60 * sun * self.late, paint);
        let bones = ramp(Vec2::new((x - 0.052) / 0.018, (c.y - 0.712) / 0.018).length(), 1.2, 0.5) * self.dark * self.late;
        let (distance, id) = cells(p, 0.0065, self.seed + 103);
        if id < 0.30 * bones {
            let papule = ramp(distance, 0.13, 0.05);
            paint.relief_m += 0.00016 * papule;
            paint.tone *= 1.0 - 0.30 * papule;
        }
    }

    /// A spot of 2 to 6 mm with a ragged edge; `often` is the share of cells that have one.
    pub(super) fn sun_spot(&self, p: Vec3, often: f32, paint: &mut Paint) {
        let ragged = Vec3::new(value(p, 0.0035, self.seed + 104), value(p, 0.0035, self.seed + 105), 0.0) * 0.0009;
        let (distance, id) = cells(p + ragged, 0.012, self.seed + 102);
        if id < often {
            let radius = 0.10 + 0.16 * (id * 13.7).fract();
            let depth = (0.12 + 0.22 * (id * 29.3).fract()) * (1.0 - 0.55 * self.dark);
            paint.tone *= 1.0 - depth * ramp(distance, radius, 0.6 * radius);
        }
    }
}

/// Distance of a point from a line, in metres.
fn distance_m(line: &Line, q: Vec2) -> f32 {
    let piece = |w: &[Vec2]| {
        let along = ((q - w[0]).dot(w[1] - w[0]) / (w[1] - w[0]).length_squared()).clamp(0.0, 1.0);
        q.distance(w[0] + (w[1] - w[0]) * along)
    };
    line.windows(2).map(piece).fold(f32::MAX, f32::min)
}

/// Where a line that only falls is at a height; its ends' places beyond them.
fn across_m(line: &Line, y: f32) -> f32 {
    let below = line.iter().position(|point| point.y <= y).unwrap_or(line.len() - 1);
    let (a, b) = (line[below.saturating_sub(1)], line[below]);
    a.x + (b.x - a.x) * ((a.y - y) / (a.y - b.y).max(1e-6)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{figure::Figure, human::Human, person::PersonSpec};
    use clinch_model::{Treatment, Who};

    /// Deepest groove in metres and mean share of light taken, by what age draws on the front of a face.
    fn drawn(human: &Human, age_years: f64, skin_reflectance: f64, sex: f64) -> (f32, f32) {
        let mut treatment = Treatment::default();
        let wishes = &mut treatment.kid;
        (wishes.age_years, wishes.skin_reflectance, wishes.sex) = (Some(age_years), Some(skin_reflectance), Some(sex));
        let figure = Figure::new(human, PersonSpec::of(Who::Kid, &treatment).unwrap(), 0.0).unwrap();
        let complexion = Complexion::of(&figure.spec, &figure.joints);
        let (mut deepest_m, mut taken, mut count) = (0.0f32, 0.0, 0);
        for (x, y) in (-45..=45).flat_map(|x| (620..800).map(move |y| (x, y))) {
            let c = Vec3::new(x as f32, y as f32, 140.0) / 1000.0;
            let place = Place { at_m: c, canon_m: c, inside_m: -0.02, normal: Vec3::Z };
            let mut paint = Paint { tone: 1.0, rough: 1.0, relief_m: 0.0, sweat: 0.0 };
            complexion.lines(&place, &mut paint);
            (deepest_m, taken, count) = (deepest_m.max(-paint.relief_m), taken + 1.0 - paint.tone, count + 1);
        }
        (deepest_m, taken / count as f32)
    }

    #[test]
    fn lines_deepen_with_every_decade_on_any_skin() {
        let human = Human::load().unwrap();
        for (reflectance, sex) in [(0.36, 1.0), (0.36, 0.0), (0.09, 1.0), (0.09, 0.0)] {
            let decades = [20.0, 35.0, 46.0, 60.0, 74.0, 85.0].map(|age| drawn(&human, age, reflectance, sex));
            println!("{reflectance} {sex}: {decades:?}");
            assert!(decades.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1), "{decades:?}");
            let [young, .., old, _] = decades;
            assert!(young.0 < 0.00010 && (0.00035..super::super::RELIEF_M / 2.0).contains(&old.0), "{decades:?}");
            assert!(old.1 > 4.0 * young.1 && old.1 < 0.10, "{decades:?}");
        }
    }

    #[test]
    fn a_fold_is_followed_from_end_to_end() {
        assert!(NASOLABIAL.iter().chain(&MARIONETTE).all(|p| p.y > 0.62 && p.y < 0.70));
        assert!(
            (across_m(&NASOLABIAL, 0.6820) - 0.0265).abs() < 1e-6
                && across_m(&NASOLABIAL, 0.8) == 0.0180
                && across_m(&NASOLABIAL, 0.0) == 0.0350
        );
        assert!(distance_m(&MARIONETTE, Vec2::new(0.0312, 0.6505)) < 1e-6);
    }
}
