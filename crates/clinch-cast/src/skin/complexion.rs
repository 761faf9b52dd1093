//! Skin as it looks from place to place: mottling, pores, lips, the shadow of beard and hair, sweat; lines and spots of age are in `lines`.

mod lines;

use super::{RELIEF_M, chart::Place};
use crate::{
    age::{self, Greying},
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
    /// How deep lines are, 0..1.
    lines: f32,
    /// How much of what comes last there is: spots, lines about the lips, a loose neck; 0..1.
    late: f32,
    sex: f32,
    /// 0 for pale skin .. 1 for very dark.
    dark: f32,
    reflectance: f32,
    stubble: f32,
    brows: f32,
    greying: Greying,
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
            lines: age::lines(spec.age_years),
            late: ramp(spec.age_years, 48.0, 82.0),
            sex: spec.sex,
            dark: ramp(spec.skin_reflectance, 0.30, 0.10),
            reflectance: spec.skin_reflectance,
            stubble: spec.stubble,
            brows: spec.brows,
            greying: Greying::of(spec),
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
            self.spots(place, &mut paint);
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

    fn lips(&self, place: &Place, paint: &mut Paint) {
        let c = place.canon_m;
        if c.x.abs() > 0.034 || !(0.643..0.682).contains(&c.y) {
            return;
        }
        let (inside_m, upper) = landmarks::lips_m(c);
        let ragged = inside_m + 0.0005 * value(place.at_m, 0.0018, self.seed + 40);
        // The red pales with age.
        let red = ramp(ragged, -0.0007, 0.0011) * (1.0 - 0.35 * self.late);
        // Pale skin: the red is darker. Dark skin: a dark border, the lower lip's middle lighter.
        let pale = if upper { 0.70 } else { 0.76 };
        let middle = ramp(inside_m, 0.001, 0.005);
        let deep = if upper { 0.80 } else { 0.80 + 0.24 * middle };
        paint.tone *= 1.0 + red * (pale + (deep - pale) * self.dark - 1.0);
        paint.rough *= 1.0 - 0.28 * red;
        // Wrinkles of the red run from the opening outward.
        let wrinkle = value(Vec3::new(c.x + 0.12 * (c.y - 0.66) * c.x * 8.0, c.y * 0.18, 0.0), 0.0011, self.seed + 41);
        paint.relief_m += red * (0.00007 + 0.00010 * self.late) * wrinkle;
        paint.tone *= 1.0 + (0.06 + 0.06 * self.late) * red * wrinkle;
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
        // Hair under the skin darkens it as a whole, more so where dark hair meets pale skin; white hair doesn't.
        let [pigmented, white] = self.greying.tones;
        let contrast = (1.0 - pigmented.min(self.reflectance) / self.reflectance).max(0.25);
        let white_share = self.greying.beard(place.canon_m);
        paint.tone *= 1.0 - 0.42 * self.stubble.sqrt() * patchy * contrast * (1.0 - white_share);
        let (distance, id) = cells(place.at_m, 0.00075, self.seed + 51);
        let grows = if id < patchy * self.stubble.sqrt() * 1.1 { 1.0 } else { 0.0 };
        let dot = ramp(distance, 0.42, 0.18) * grows;
        // A white hair fills a part of a texel only.
        let lighter = 0.30 * (white / self.reflectance - 1.0).clamp(0.0, 2.5);
        let change = if (id * 31.7).fract() < white_share { lighter } else { -0.55 * contrast };
        paint.tone *= 1.0 + dot * change * (0.4 + 0.6 * self.stubble);
        paint.relief_m += dot * 0.00012 * self.stubble;
        paint.rough *= 1.0 + 0.1 * patchy * self.stubble;
    }

    /// The shadow of the brows, under their hairs.
    fn brows(&self, place: &Place, paint: &mut Paint) {
        let (growth, _, _) = landmarks::brow(place.canon_m);
        if growth > 0.0 {
            let streak = 0.75 + 0.25 * value(place.at_m, 0.0011, self.seed + 60);
            let cover = (growth * streak * (0.30 + 0.45 * self.brows)).clamp(0.0, 0.85);
            let [pigmented, white] = self.greying.tones;
            let hairs = pigmented.min(0.16) + (white - pigmented.min(0.16)) * self.greying.brows();
            let tone = (hairs * 0.8 / self.reflectance).min(0.9);
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
        let hairs = self.greying.tone(self.greying.scalp(c, 0.0));
        let tone = (hairs * (0.75 + 0.25 * self.hair_density) / self.reflectance).min(1.5);
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
        if self.late > 0.0 {
            let often = 0.45 * self.late * back * ramp(hand.wrist_m.distance(p), 0.13, 0.09);
            self.sun_spot(p, often, paint);
            paint.tone *= 1.0 + 0.06 * self.late * back * value(p, 0.006, self.seed + 101);
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
