//! Skin as it looks from place to place: mottling, pores, lines of age, lips, the shadow of beard and hair, sweat.

use super::{RELIEF_M, chart::Place};
use crate::{
    landmarks,
    noise::{Stream, cells, ramp, value},
    person::PersonSpec,
    rig::Joints,
};
use clinch_model::{cast::Texel, treatment::HairStyle};
use glam::{Vec2, Vec3};

/// What is being painted: factors on reflectance and roughness, height in metres, sweat 0..1.
#[derive(Debug, Clone, Copy)]
struct Paint {
    tone: f32,
    rough: f32,
    relief_m: f32,
    sweat: f32,
}

/// How one person's skin is painted.
pub struct Complexion {
    seed: u32,
    /// 0 in youth .. 1 in great age.
    age: f32,
    /// 0 for pale skin .. 1 for very dark.
    dark: f32,
    reflectance: f32,
    stubble: f32,
    brows: f32,
    hair_tone: f32,
    hair_density: f32,
    receding: f32,
    /// How much of the scalp hair hides where it grows, 0..1, and over what distance it begins, in metres.
    cover: f32,
    edge_m: f32,
    hands: Vec<Hand>,
}

/// A hand in the bind pose.
struct Hand {
    wrist_m: Vec3,
    /// Out of the palm.
    palm: Vec3,
    /// `[finger][joint]` from the knuckle to the tip.
    fingers: [[Vec3; 4]; 5],
}

impl Hand {
    fn of(joints: &Joints, side: &str) -> Self {
        let at = |name: &str| joints.at(&format!("{side}-{name}"));
        let fingers = [1, 2, 3, 4, 5].map(|finger| [1, 2, 3, 4].map(|joint| at(&format!("finger-{finger}-{joint}"))));
        let wrist_m = at("hand");
        let normal = (fingers[1][0] - wrist_m).cross(fingers[4][0] - wrist_m).normalize_or(Vec3::X);
        // Fingers at rest bend a little to the palm's side.
        let straight = (fingers[2][0] - wrist_m).normalize_or(Vec3::NEG_Y);
        let bent = (fingers[2][3] - fingers[2][0]) - straight * (fingers[2][3] - fingers[2][0]).dot(straight);
        Self { wrist_m, palm: if bent.dot(normal) < 0.0 { -normal } else { normal }, fingers }
    }
}

impl Complexion {
    /// Reads a person.
    pub fn of(spec: &PersonSpec, joints: &Joints) -> Self {
        let (cover, edge_m) = match spec.hair.style {
            HairStyle::Shaved => (0.45, 0.008),
            HairStyle::Cropped => (0.90, 0.012),
            HairStyle::Afro => (1.20, 0.014),
            HairStyle::Short => (0.80, 0.012),
            HairStyle::SidePart => (1.00, 0.012),
            _ => (0.88, 0.009),
        };
        Self {
            seed: Stream::new(spec.seed ^ spec.who.index() as u64, "skin").word(),
            age: ramp(spec.age_years, 18.0, 78.0),
            dark: ramp(spec.skin_reflectance, 0.30, 0.10),
            reflectance: spec.skin_reflectance,
            stubble: spec.stubble,
            brows: spec.brows,
            hair_tone: spec.hair.tone,
            hair_density: spec.hair.density,
            receding: spec.hair.receding,
            cover: cover * (0.4 + 0.6 * spec.hair.density),
            edge_m,
            hands: ["l", "r"].map(|side| Hand::of(joints, side)).into(),
        }
    }

    /// Paints a place.
    pub fn texel(&self, place: &Place) -> Texel {
        let mut paint = self.everywhere(place);
        if place.inside_m > 0.022 {
            self.scalp(place, &mut paint);
        } else if landmarks::on_head(place.canon_m) {
            self.flush(place, &mut paint);
            self.pores(place, &mut paint);
            self.lines(place, &mut paint);
            self.lips(place, &mut paint);
            self.beard(place, &mut paint);
            self.brows(place, &mut paint);
            self.sweat(place, &mut paint);
            self.scalp(place, &mut paint);
        } else {
            self.limbs(place, &mut paint);
        }
        let byte = |x: f32| (x * 128.0 + 0.5).clamp(0.0, 255.0) as u8;
        Texel {
            reflectance: byte(paint.tone),
            roughness: byte(paint.rough),
            relief: byte(1.0 + 2.0 * paint.relief_m / RELIEF_M),
            sweat: (paint.sweat * 255.0).clamp(0.0, 255.0) as u8,
        }
    }

    /// Mottling and the fine net of lines that all skin has.
    fn everywhere(&self, place: &Place) -> Paint {
        let p = place.at_m;
        let mottle = 0.045 * value(p, 0.024, self.seed) + 0.035 * value(p, 0.008, self.seed + 1) + 0.02 * value(p, 0.0022, self.seed + 2);
        let grain = value(p, 0.0009, self.seed + 3);
        Paint { tone: 1.0 + mottle, rough: 1.0 + 0.06 * grain, relief_m: 0.000014 * grain, sweat: 0.12 }
    }

    /// Blood under pale skin and melanin in dark: sockets, lids, nose, cheeks, ears, moles.
    fn flush(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        let x = c.x.abs();
        let eye = Vec2::new((x - landmarks::EYE.x) / 0.0235, (c.y - 0.7285) / 0.0145).length();
        let front = ramp(c.z, 0.095, 0.115);
        let socket = ramp(eye, 1.25, 0.55) * front;
        paint.tone *= 1.0 - socket * (0.15 + 0.10 * self.age + 0.05 * self.dark);
        let bag = ramp(Vec2::new((x - 0.029) / 0.017, (c.y - 0.7165) / 0.0055).length(), 1.2, 0.3) * front;
        paint.tone *= 1.0 - bag * (0.05 + 0.14 * self.age);
        let crease = ramp((c.y - 0.7365 + 0.9 * (x - landmarks::EYE.x).powi(2) / 0.02).abs(), 0.0018, 0.0) * ramp(eye, 1.05, 0.8) * front;
        paint.tone *= 1.0 - 0.12 * crease;
        let cheek = ramp(Vec3::new((x - 0.043) / 0.022, (c.y - 0.700) / 0.02, (c.z - 0.115) / 0.04).length(), 1.2, 0.2);
        let nose = ramp(Vec3::new(x / 0.017, (c.y - 0.690) / 0.016, (c.z - 0.158) / 0.02).length(), 1.25, 0.4);
        paint.tone *= 1.0 - (0.07 * cheek + 0.09 * nose) * (1.0 - 0.5 * self.dark);
        paint.tone *= 1.0 - 0.10 * landmarks::ear(c) * (1.0 - 0.4 * self.dark);
        // The forehead's middle and the ridge of the nose are lighter on dark skin, the rim of the face darker.
        let ridge = ramp(x, 0.010, 0.002) * ramp(c.z, 0.148, 0.156) * ramp(c.y, 0.688, 0.70);
        paint.tone *= 1.0 + 0.10 * self.dark * ridge;
        paint.tone *= 1.0 - 0.10 * self.dark * ramp(c.z, 0.115, 0.075) * ramp(c.y, 0.63, 0.66);
        let (distance, id) = cells(place.at_m, 0.017, self.seed + 9);
        let rare = if self.age > 0.3 { 0.55 } else { 0.35 };
        if id < rare {
            let size = 0.02 + 0.045 * (id / rare).powi(3);
            paint.tone *= 1.0 - (0.10 + 0.35 * (id * 7.3).fract()) * ramp(distance, size, size * 0.5);
        }
        if self.dark < 1.0 {
            let freckle = cells(place.at_m, 0.0042, self.seed + 10);
            let fair = (1.0 - self.dark) * (0.5 + 0.5 * value(c, 0.03, self.seed + 11)).max(0.0);
            paint.tone *= 1.0 - 0.09 * fair * ramp(freckle.0, 0.30, 0.12) * ramp(freckle.1, 0.5, 1.0);
        }
    }

    fn pores(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        let x = c.x.abs();
        let oily = ramp(x, 0.034, 0.012) * ramp(c.z, 0.12, 0.14) * ramp(c.y, 0.668, 0.68);
        let cheek = ramp(Vec2::new((x - 0.030) / 0.018, (c.y - 0.695) / 0.022).length(), 1.2, 0.4) * ramp(c.z, 0.10, 0.12);
        let strength = 0.3 + 0.5 * oily.max(cheek) + 0.2 * self.age;
        let (distance, id) = cells(place.at_m, 0.00105, self.seed + 20);
        let pore = ramp(distance, 0.36, 0.10) * strength * (0.35 + 0.65 * id);
        paint.relief_m -= 0.00006 * pore;
        paint.tone *= 1.0 - 0.07 * pore;
        let bump = value(place.at_m, 0.0019, self.seed + 21);
        paint.relief_m += 0.000014 * bump * (1.0 + self.age);
        paint.rough *= 1.0 - 0.20 * oily;
    }

    /// Lines of the forehead, between the brows, around the eyes and from nose to mouth.
    fn lines(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        let x = c.x.abs();
        if c.z < 0.04 || (c.z < 0.08 && c.y > 0.63) {
            return;
        }
        let mut groove = |amount: f32, depth_m: f32, shade: f32| {
            paint.relief_m -= depth_m * amount;
            paint.tone *= 1.0 - shade * amount;
        };
        let wander = value(c, 0.018, self.seed + 30) * 0.0016 + value(c, 0.006, self.seed + 31) * 0.0005;
        let forehead = ramp(c.y, 0.757, 0.765) * ramp(c.y, 0.801, 0.790) * ramp(x, 0.050, 0.034) * ramp(c.z, 0.11, 0.13);
        if forehead > 0.0 {
            let row = (c.y + wander - 0.0025 * (x / 0.03).powi(2) - 0.758) / 0.0088;
            let across = (row - row.round()).abs() * 0.0088;
            let broken = 0.55 + 0.45 * value(Vec3::new(c.x, row.round() * 0.5, 0.0), 0.016, self.seed + 32);
            groove(forehead * broken * ramp(across, 0.0013, 0.0), 0.00030 * self.age, 0.10 * self.age);
        }
        let frown =
            ramp((x - 0.0058 + 0.3 * (c.y - 0.75) + wander * 0.6).abs(), 0.0011, 0.0) * ramp(c.y, 0.737, 0.744) * ramp(c.y, 0.764, 0.754);
        groove(frown * ramp(c.z, 0.135, 0.145), 0.00032 * self.age, 0.12 * self.age);
        let corner = Vec2::new(x - 0.0455, c.y - 0.7275);
        let (r, angle) = (corner.length(), corner.y.atan2(corner.x));
        let fan = ((angle + wander * 60.0) / 0.36).rem_euclid(1.0) - 0.5;
        let feet = ramp(fan.abs() * r * 0.36, 0.0008, 0.0) * ramp(r, 0.004, 0.007) * ramp(r, 0.021, 0.010) * ramp(angle.abs(), 1.1, 0.6);
        groove(feet * ramp(c.z, 0.08, 0.1), 0.00022 * self.age, 0.08 * self.age);
        let under = Vec2::new((x - 0.030) / 1.25, c.y - 0.7310).length() + wander * 0.5;
        let pouch = ramp((under - 0.0155).abs(), 0.0010, 0.0).max(0.5 * ramp((under - 0.0115).abs(), 0.0007, 0.0));
        groove(pouch * ramp(c.y, 0.727, 0.722) * ramp(c.z, 0.11, 0.125) * ramp(x, 0.010, 0.016), 0.00020 * self.age, 0.07 * self.age);
        let fold = distance_to(
            &[Vec2::new(0.0180, 0.6950), Vec2::new(0.0265, 0.6820), Vec2::new(0.0325, 0.6680), Vec2::new(0.0345, 0.6560)],
            Vec2::new(x, c.y),
        );
        let front = ramp(c.z, 0.11, 0.13);
        groove(ramp(fold + wander * 0.5, 0.0016, 0.0) * front, 0.00028 * (0.15 + self.age), 0.03 + 0.10 * self.age);
        groove(ramp(fold, 0.0065, 0.0) * front, 0.0, 0.04 + 0.05 * self.age);
        // Rings of the neck.
        let ring = (c.y + 0.15 * c.z + wander * 1.6 - 0.605) / 0.017;
        let ring = (ring - ring.round()).abs() * 0.017;
        groove(ramp(ring, 0.0012, 0.0) * ramp(c.y, 0.622, 0.612) * ramp(c.z, 0.04, 0.07), 0.00025 * (0.2 + self.age), 0.05);
    }

    fn lips(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        if c.x.abs() > 0.034 || !(0.643..0.682).contains(&c.y) {
            return;
        }
        let (inside_m, upper) = landmarks::lips_m(c);
        let ragged = inside_m + 0.0005 * value(place.at_m, 0.0018, self.seed + 40);
        let red = ramp(ragged, -0.0007, 0.0011);
        // Pale skin: the red is darker. Dark skin: a dark border, the lower lip's middle lighter.
        let pale = if upper { 0.70 } else { 0.76 };
        let middle = ramp(inside_m, 0.001, 0.005);
        let deep = if upper { 0.80 } else { 0.80 + 0.24 * middle };
        paint.tone *= 1.0 + red * (pale + (deep - pale) * self.dark - 1.0);
        paint.rough *= 1.0 - 0.28 * red;
        // Wrinkles of the red run from the opening outward.
        let wrinkle = value(Vec3::new(c.x + 0.12 * (c.y - 0.66) * c.x * 8.0, c.y * 0.18, 0.0), 0.0011, self.seed + 41);
        paint.relief_m += red * 0.00007 * wrinkle;
        paint.tone *= 1.0 + 0.06 * red * wrinkle;
        let rim = ramp((inside_m + 0.0006).abs(), 0.0012, 0.0) * ramp(c.z, 0.13, 0.14);
        paint.relief_m += 0.00005 * rim;
        paint.tone *= 1.0 + 0.03 * rim * (1.0 - self.dark);
        // The line between the lips and its corners.
        let parting = ramp((c.y - 0.6608).abs(), 0.0016, 0.0002) * red;
        let corner = ramp(Vec2::new(c.x.abs() - 0.0272, c.y - 0.6608).length(), 0.0035, 0.0005) * ramp(c.z, 0.13, 0.14);
        paint.tone *= 1.0 - 0.35 * parting.max(corner);
    }

    fn beard(&self, place: &Place, paint: &mut Paint) {
        let growth = landmarks::beard(place.canon_m);
        if growth <= 0.0 || self.stubble <= 0.0 {
            return;
        }
        let patchy = (growth * (1.0 + 0.5 * value(place.at_m, 0.012, self.seed + 50))).clamp(0.0, 1.0);
        // Hair under the skin darkens it as a whole, more so where dark hair meets pale skin.
        let contrast = (1.0 - self.hair_tone.min(self.reflectance) / self.reflectance).max(0.25);
        paint.tone *= 1.0 - 0.42 * self.stubble.sqrt() * patchy * contrast;
        let (distance, id) = cells(place.at_m, 0.00075, self.seed + 51);
        let grows = if id < patchy * self.stubble.sqrt() * 1.1 { 1.0 } else { 0.0 };
        let dot = ramp(distance, 0.42, 0.18) * grows;
        let grey = if (id * 31.7).fract() < 0.35 * self.age { -0.35 } else { 0.55 };
        paint.tone *= 1.0 - dot * grey * contrast * (0.4 + 0.6 * self.stubble);
        paint.relief_m += dot * 0.00012 * self.stubble;
        paint.rough *= 1.0 + 0.1 * patchy * self.stubble;
    }

    /// The shadow of the brows, under their hairs.
    fn brows(&self, place: &Place, paint: &mut Paint) {
        let (growth, _, _) = landmarks::brow(place.canon_m);
        if growth > 0.0 {
            let streak = 0.75 + 0.25 * value(place.at_m, 0.0011, self.seed + 60);
            let cover = (growth * streak * (0.30 + 0.45 * self.brows)).clamp(0.0, 0.85);
            let tone = (self.hair_tone.min(0.16) * 0.8 / self.reflectance).min(0.7);
            paint.tone += (tone - paint.tone) * cover;
        }
    }

    /// The shadow of hair on the scalp, irregular at its edge.
    fn scalp(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        if place.inside_m < -0.008 {
            return;
        }
        let edge = 0.0030 * value(c, 0.011, self.seed + 70)
            + 0.0018 * value(c, 0.0035, self.seed + 71)
            + 0.0012 * value(c, 0.0012, self.seed + 72);
        let inside = place.inside_m + edge;
        if inside < -0.002 {
            return;
        }
        let crown = ramp(Vec2::new(c.x, c.z - 0.005).length(), 0.050, 0.010) * ramp(c.y, 0.80, 0.82);
        let thin = 1.0 - 0.7 * ramp(self.receding, 0.5, 1.0) * crown;
        let grain = 0.80 + 0.20 * value(place.at_m, 0.0011, self.seed + 73) + 0.12 * value(place.at_m, 0.004, self.seed + 74);
        let cover = (self.cover * thin * ramp(inside, -0.002, self.edge_m) * grain).clamp(0.0, 0.97);
        let tone = (self.hair_tone * (0.75 + 0.25 * self.hair_density) / self.reflectance).min(1.2);
        paint.tone += (tone - paint.tone) * cover;
        paint.relief_m += 0.00010 * cover * value(place.at_m, 0.0010, self.seed + 75);
        paint.rough *= 1.0 + 0.7 * cover;
        // What gathers under hair is hardly seen.
        paint.sweat *= 1.0 - 0.9 * cover;
    }

    /// Where sweat gathers: forehead, temples, nose, upper lip, neck.
    fn sweat(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        let x = c.x.abs();
        let front = ramp(c.z, 0.08, 0.12);
        let forehead = ramp(c.y, 0.748, 0.765) * front;
        let temple = ramp(x, 0.05, 0.062) * ramp(c.y, 0.725, 0.745) * ramp(c.z, 0.06, 0.085);
        let nose = ramp(Vec2::new(x / 0.014, (c.y - 0.703) / 0.026).length(), 1.2, 0.5) * ramp(c.z, 0.14, 0.15);
        let lip = ramp(c.y, 0.668, 0.672) * ramp(c.y, 0.684, 0.680) * ramp(x, 0.030, 0.018) * front;
        let chin = 0.6 * ramp(Vec2::new(x / 0.02, (c.y - 0.642) / 0.007).length(), 1.2, 0.4) * front;
        let under = 0.5 * ramp(c.y, 0.723, 0.715) * ramp(c.y, 0.700, 0.710) * ramp(x, 0.045, 0.03) * front;
        let neck = 0.75 * ramp(c.y, 0.63, 0.615);
        let all = [forehead, temple, nose, lip, chin, under, neck].into_iter().fold(0.15, f32::max);
        let streaks = 0.75 + 0.25 * value(c * Vec3::new(1.0, 0.3, 1.0), 0.004, self.seed + 80);
        paint.sweat = (all * streaks * (1.0 - 0.5 * landmarks::ear(c))).clamp(0.0, 1.0);
    }

    fn limbs(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        let chest = ramp(c.x.abs(), 0.06, 0.02) * ramp(c.y, 0.36, 0.45) * ramp(c.z, 0.03, 0.06);
        paint.sweat = paint.sweat.max(0.8 * chest);
        self.hands(place, paint);
    }

    /// Nails, creases over the finger joints, tendons, palms.
    fn hands(&self, place: &Place, paint: &mut Paint) {
        let p = place.at_m;
        let Some(hand) = self.hands.iter().find(|hand| hand.wrist_m.distance(p) < 0.24) else { return };
        let palm_side = ramp(place.normal.dot(hand.palm), 0.05, 0.45);
        // The palm has little melanin.
        paint.tone *= 1.0 + palm_side * (0.06 + 0.66 * self.dark);
        let lines = value(p, 0.022, self.seed + 90);
        let crease = ramp(lines.abs(), 0.06, 0.0) * palm_side;
        paint.tone *= 1.0 - crease * (0.10 + 0.15 * self.dark);
        paint.relief_m -= 0.00010 * crease;
        let back = 1.0 - palm_side;
        for finger in &hand.fingers {
            for joint in 1..3 {
                let along = (finger[joint + 1] - finger[joint - 1]).normalize_or(Vec3::Y);
                let off = p - finger[joint];
                let (axial, across) = (off.dot(along), (off - along * off.dot(along)).length());
                if across < 0.016 && axial.abs() < 0.007 {
                    let fold = (0.5 + 0.5 * (axial * 2900.0 + 1.5 * value(p, 0.004, self.seed + 91)).cos()).powi(4);
                    let near = ramp(axial.abs(), 0.007, 0.001) * back;
                    paint.relief_m -= 0.00030 * fold * near;
                    paint.tone *= 1.0 - (0.06 + 0.14 * near) * fold * near - 0.10 * near * self.dark;
                }
            }
            self.nail(p, finger, hand.palm, place.normal, paint);
        }
        let vein = ramp(value(p * Vec3::new(0.7, 1.0, 1.0), 0.018, self.seed + 92).abs(), 0.22, 0.0)
            * back
            * ramp(hand.wrist_m.distance(p), 0.10, 0.06);
        paint.relief_m += 0.00022 * vein * (0.25 + 0.75 * self.age);
    }

    /// A nail on the back of the last bone of a finger: smooth, lighter, with a pale rim and a dark edge.
    fn nail(&self, p: Vec3, finger: &[Vec3; 4], palm: Vec3, normal: Vec3, paint: &mut Paint) {
        let along = (finger[3] - finger[2]).normalize_or(Vec3::Y);
        let length = finger[3].distance(finger[2]);
        let up = (-palm + along * palm.dot(along)).normalize_or(Vec3::Y);
        let across = along.cross(up);
        let off = p - finger[3];
        if off.length() > 0.02 || normal.dot(up) < 0.15 {
            return;
        }
        let half = (0.24 * length).clamp(0.0035, 0.0068);
        let (x, y) = (off.dot(across) / half, (off.dot(along) + 0.22 * length) / (half * 1.15));
        let round = (x.powi(4) + y.powi(4)).powf(0.25);
        let nail = ramp(round, 1.02, 0.94);
        paint.tone *= 1.0 + nail * (0.10 + 0.55 * self.dark + 0.22 * ramp(y, 0.70, 0.82));
        paint.rough *= 1.0 - 0.48 * nail;
        let edge = ramp((round - 1.02).abs(), 0.10, 0.0);
        paint.tone *= 1.0 - 0.28 * edge;
        paint.relief_m = paint.relief_m * (1.0 - nail) - 0.00030 * edge + 0.00022 * nail;
    }
}

/// Distance of a point from a line through points, in their unit.
fn distance_to(line: &[Vec2], q: Vec2) -> f32 {
    let piece = |w: &[Vec2]| {
        let along = ((q - w[0]).dot(w[1] - w[0]) / (w[1] - w[0]).length_squared()).clamp(0.0, 1.0);
        q.distance(w[0] + (w[1] - w[0]) * along)
    };
    line.windows(2).map(piece).fold(f32::MAX, f32::min)
}
