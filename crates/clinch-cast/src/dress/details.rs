//! Which details a garment has and where they sit.

use super::{
    garment::Tailor,
    limb::Girth,
    smoothstep,
    trim::{Frame, Ground, arch, by_bearing, spline},
};
use crate::part::{Part, material};
use clinch_model::{Material, Segment, treatment::Dress};
use glam::{Vec2, Vec3};
use std::f32::consts::TAU;

fn metal() -> Material {
    material("metal", 0.25, 0.22, 0.45, 0.0)
}

fn leather() -> Material {
    material("leather", 0.035, 0.35, 0.05, 0.0)
}

impl Tailor<'_> {
    /// What is sewn onto the garments, given trousers and top and the top's neckline.
    pub fn details(&self, trousers: &Part, top: &Part, neckline: &[Vec3]) -> Vec<Part> {
        let upper = Ground::new(self.figure, top);
        let lower = Ground::new(self.figure, trousers);
        let cloth = top.material.clone().unwrap_or_else(leather);
        let mut parts = Vec::new();
        match self.figure.spec.dress {
            Dress::Uniform => {
                parts.extend(self.shirt_front(&upper, &cloth));
                parts.extend(self.uniform(&upper, &cloth));
                parts.push(self.collar(&upper, neckline, &cloth));
                parts.extend(self.belt(&lower, trousers, top, true));
            }
            Dress::Shirt => {
                parts.extend(self.shirt_front(&upper, &cloth));
                parts.push(self.collar(&upper, neckline, &cloth));
                parts.extend(self.belt(&lower, trousers, top, false));
            }
            Dress::Hoodie => {
                parts.push(self.hood(&upper, neckline, &cloth));
                parts.extend(self.hoodie_front(&upper, neckline, &cloth));
            }
            Dress::TShirt => parts.push(self.round_neck(&upper, neckline, &cloth)),
        }
        parts.extend(self.back_pockets(&lower, &trousers.material.clone().unwrap_or_else(leather)));
        parts
    }

    fn size(&self) -> f32 {
        self.figure.spec.height_m / 1.8
    }

    /// A frame on the front of the trunk at a height between waist (0) and the root of the neck (1), `across` metres to the left.
    fn front(&self, height: f32, across_m: f32) -> Frame {
        let (waist, neck) = (self.waist_height_m(), self.bind(Segment::Head).y - 0.05 * self.size());
        Frame::new(Vec3::new(across_m, waist + (neck - waist) * height, 0.12), Vec3::Z, Vec3::Y)
    }

    /// Button placket and buttons.
    fn shirt_front(&self, ground: &Ground, cloth: &Material) -> Vec<Part> {
        let (waist, neck) = (self.waist_height_m(), self.bind(Segment::Head).y);
        let (low, high) = (waist + 0.025, neck - 0.056 * self.size());
        let frame = Frame::new(Vec3::new(0.0, (low + high) / 2.0, 0.10), Vec3::Z, Vec3::Y);
        let half_m = (high - low) / 2.0;
        let strip = |u: f32, v: f32| Vec2::new((u - 0.5) * 0.034 - 0.004, (v - 0.5) * 2.0 * half_m);
        let ridge =
            |u: f32, _: f32| 0.0012 + 0.0008 * smoothstep(0.2, 0.05, (u - 0.5).abs() - 0.25).min(1.0) * f32::from((u - 0.5).abs() > 0.2);
        let mut parts: Vec<Part> = ground.patch(frame, [4, 48], cloth.clone(), strip, ridge).into_iter().collect();
        let button = material("button", cloth.reflectance * 0.7, 0.3, 0.05, 0.0);
        for i in 0..6 {
            let y = half_m * (0.93 - 1.8 * i as f32 / 5.6);
            let at = Frame { middle_m: frame.middle_m + Vec3::Y * y, ..frame };
            parts.extend(ground.disc(at, Vec2::new(-0.004, 0.0), 0.0055, 0.0045, button.clone()));
        }
        parts
    }

    /// Chest pockets with flaps, epaulettes, badge, name plate.
    fn uniform(&self, ground: &Ground, cloth: &Material) -> Vec<Part> {
        let s = self.size();
        let mut parts = Vec::new();
        let button = material("button", 0.2, 0.25, 0.3, 0.0);
        for side in [1.0, -1.0] {
            let frame = self.front(0.56, side * 0.083 * s);
            let pocket = |u: f32, v: f32| {
                Vec2::new((u - 0.5) * 0.112 * s, (v - 0.62) * 0.13 * s + 0.008 * ((u - 0.5).abs() * 2.0 - 0.6).max(0.0) * (1.0 - v))
            };
            let padded = |u: f32, v: f32| 0.0025 + 0.004 * arch(u) * arch(v);
            parts.extend(ground.patch(frame, [10, 12], cloth.clone(), pocket, padded));
            // A box pleat down the middle.
            let pleat = |u: f32, v: f32| Vec2::new((u - 0.5) * 0.030 * s, (v - 0.62) * 0.128 * s);
            parts.extend(ground.patch(frame, [2, 12], cloth.clone(), pleat, |u, v| 0.0042 + 0.004 * arch(u * 0.4 + 0.3) * arch(v)));
            let flap = |u: f32, v: f32| {
                let point = 0.016 * (1.0 - (u - 0.5).abs() * 2.0) * (1.0 - v);
                Vec2::new((u - 0.5) * 0.118 * s, 0.018 * s + (v * 0.042 - point) * s)
            };
            parts.extend(ground.patch(frame, [10, 4], cloth.clone(), flap, |_, v| 0.0085 - 0.003 * v));
            parts.extend(ground.disc(frame, Vec2::new(0.0, 0.016 * s), 0.006, 0.0125, button.clone()));
            parts.extend(self.epaulette(ground, side, cloth, &button));
        }
        let badge = self.front(0.77, 0.085 * s);
        let shield = |u: f32, v: f32| {
            let x = 2.0 * u - 1.0;
            let wide = if v > 0.55 { 1.0 - 0.12 * ((v - 0.55) / 0.45) } else { (v / 0.55).powf(0.6) };
            Vec2::new(
                x * 0.023 * wide.max(0.08),
                (v - 0.5) * 0.062 - 0.005 * (1.0 - x.abs()) * f32::from(v < 0.001) + 0.004 * v * (x.abs() - 0.5),
            )
        };
        let relief = |u: f32, v: f32| {
            let r = Vec2::new(2.0 * u - 1.0, 2.0 * v - 1.1).length();
            0.003 + 0.0025 * smoothstep(1.1, 0.5, r) + 0.0012 * smoothstep(0.42, 0.34, r)
        };
        parts.extend(ground.patch(badge, [10, 12], metal(), shield, relief));
        let plate = |u: f32, v: f32| Vec2::new((u - 0.5) * 0.062, (v - 0.5) * 0.014);
        parts.extend(ground.patch(self.front(0.715, -0.083 * s), [4, 2], metal(), plate, |_, _| 0.0035));
        parts
    }

    fn epaulette(&self, ground: &Ground, side: f32, cloth: &Material, button: &Material) -> Vec<Part> {
        let (shoulder, s) = (self.bind(Segment::UpperArmL), self.size());
        let neck = self.bind(Segment::Head);
        let middle = Vec3::new(side * 0.128 * s, shoulder.y.max(neck.y - 0.05) + 0.03, shoulder.z.midpoint(neck.z) - 0.012);
        let frame = Frame::new(middle, Vec3::new(side * 0.45, 1.0, 0.0), Vec3::new(-side, 0.4, 0.0));
        let strap = |u: f32, v: f32| {
            let point = 0.012 * (1.0 - (2.0 * u - 1.0).abs()) * smoothstep(0.7, 1.0, v);
            Vec2::new((u - 0.5) * (0.046 - 0.010 * v) * s, (v - 0.5) * 0.105 * s + point)
        };
        let mut parts: Vec<Part> = ground.patch(frame, [4, 12], cloth.clone(), strap, |_, _| 0.0035).into_iter().collect();
        parts.extend(ground.disc(frame, Vec2::new(0.0, 0.046 * s), 0.0065, 0.0075, button.clone()));
        parts
    }

    /// A pointed collar: a band up the neck, folded over into a leaf that lies on the shirt.
    fn collar(&self, ground: &Ground, neckline: &[Vec3], cloth: &Material) -> Part {
        // Its ends meet in front: a gap showed bare skin as a slit down to the placket.
        let line = by_bearing(neckline, 0.003, TAU - 0.003, 97);
        let section = |t: f32, base: Vec3, out: Vec3| {
            let end = (2.0 * t - 1.0).abs();
            let tip = smoothstep(0.70, 1.0, end);
            let side = Vec3::X * base.x.signum();
            // Higher at the nape; an open top button lets the ends of the band sink apart.
            let stand_m = (0.030 - 0.016 * smoothstep(0.55, 1.0, end)) * self.size();
            let near_neck = |p: Vec3, least_m: f32, most_m: f32| self.solid().within(p, least_m, most_m);
            let up = Vec3::new(0.0, 0.97, 0.2);
            // Room for a finger and more: the muscles at a neck's sides come forward when a head turns.
            let band = near_neck(base + up * stand_m * 0.5, 0.009, 0.013 + 0.004 * tip);
            let top = near_neck(base + up * stand_m, 0.011, 0.015 + 0.006 * tip);
            let fold = near_neck(base + up * (stand_m + 0.002), 0.014, 0.018 + 0.006 * tip) + out * 0.002;
            // The leaf hides the seam under the band.
            let leaf_m = (stand_m + 0.016 * self.size()) * (1.0 - tip) + 0.062 * self.size() * tip;
            let away = (out + side * (0.7 * tip)).normalize_or(out);
            let fall = (Vec3::NEG_Y * 0.9 + away * 0.45 + side * (0.25 * tip)).normalize();
            let laid = |share: f32, over_m: f32| {
                ground.within(fold + away * 0.004 + fall * (leaf_m * share), out + Vec3::Y * 0.5, over_m, over_m + 0.003)
            };
            let (middle, edge) = (laid(0.55, 0.0055 - 0.0015 * tip), laid(1.0, 0.0045 - 0.002 * tip));
            let under = -away * 0.0025;
            let mut p = spline(&[base - up * 0.010 - out * 0.003, band, top, fold + up * 0.002, middle, edge], 3);
            p.extend([edge + under, middle + under, fold - up * 0.002]);
            p
        };
        ground.along_neck(&line, self.solid(), 0.004, cloth.clone(), section)
    }

    /// The ribbed edge of a T-shirt.
    fn round_neck(&self, ground: &Ground, neckline: &[Vec3], cloth: &Material) -> Part {
        let line = by_bearing(neckline, 0.0, TAU, 73);
        let section = |_: f32, base: Vec3, out: Vec3| {
            let down = (Vec3::NEG_Y * 0.55 + out * 0.8).normalize();
            let over = Vec3::Y * 0.8 + out * 0.3;
            let laid = |along_m: f32, over_m: f32| ground.within(base + down * along_m, out + Vec3::Y * 0.5, over_m, over_m);
            spline(
                &[
                    base - over * 0.003,
                    base - down * 0.006 + over * 0.001,
                    base + over * 0.002,
                    laid(0.007, 0.0026),
                    laid(0.014, 0.0024),
                    laid(0.016, -0.001),
                ],
                3,
            )
        };
        ground.along_neck(&line, self.solid(), 0.0035, cloth.clone(), section)
    }

    /// A hood that lies on neck and back.
    fn hood(&self, ground: &Ground, neckline: &[Vec3], cloth: &Material) -> Part {
        let line = by_bearing(neckline, 0.0, TAU, 97);
        let seed = self.figure.spec.seed as f32 * 0.37;
        let s = self.size();
        let section = |t: f32, base: Vec3, out: Vec3| {
            let back = smoothstep(0.12, 0.46, t.min(1.0 - t));
            let (side, waves) = (2.0 * t - 1.0, |k: f32, ph: f32| (t * TAU * k + ph + seed).sin());
            let up = Vec3::new(0.0, 0.95, -0.15);
            let rise_m = (0.012 + 0.034 * back + 0.004 * waves(3.0, 0.3)) * s;
            let wide_m = (0.020 + 0.060 * back + 0.005 * waves(4.0, 1.1)) * s;
            let drop_m = (0.010 + 0.135 * back * (1.0 - 0.35 * side.abs()) + 0.006 * waves(5.0, 2.0) * back) * s;
            let drawn = Vec3::new(-base.x * 0.35 * back, 0.0, -0.012 * back);
            let crease = 0.012 * back * s;
            let p = [
                base - up * 0.014 - out * 0.004,
                base + up * rise_m * 0.6 - out * 0.003,
                base + up * rise_m + out * wide_m * 0.15,
                base + up * (rise_m * 0.95) + out * wide_m * 0.42,
                // Where the opening's edge lies in the roll.
                base + up * (rise_m * 0.62 - crease) + out * wide_m * 0.52,
                base + up * rise_m * 0.70 + out * wide_m * 0.72,
                base + up * rise_m * 0.25 + out * wide_m * 1.02,
                base + out * wide_m * 1.05 + Vec3::NEG_Y * drop_m * 0.35 + drawn * 0.4,
                base + out * wide_m * 0.95 + Vec3::NEG_Y * drop_m * 0.75 + drawn * 0.8,
                base + out * wide_m * 0.65 + Vec3::NEG_Y * drop_m + drawn,
                base + out * wide_m * 0.15 + Vec3::NEG_Y * drop_m * 0.95 + drawn,
            ];
            spline(&p, 2)
        };
        ground.along_neck(&line, self.solid(), 0.006, cloth.clone(), section)
    }

    /// Kangaroo pocket and drawstrings.
    fn hoodie_front(&self, ground: &Ground, neckline: &[Vec3], cloth: &Material) -> Vec<Part> {
        let s = self.size();
        let frame = self.front(0.17, 0.0);
        let pocket = |u: f32, v: f32| {
            let half_m = 0.155 - 0.055 * smoothstep(0.15, 0.9, v);
            Vec2::new((2.0 * u - 1.0) * half_m * s, (v - 0.5) * 0.175 * s)
        };
        let padded = |u: f32, v: f32| 0.004 + 0.010 * arch(u) * smoothstep(1.0, 0.6, v);
        let mut parts: Vec<Part> = ground.patch(frame, [24, 14], cloth.clone(), pocket, padded).into_iter().collect();
        let string = material("cord", (cloth.reflectance * 1.5).min(0.7), 0.8, 0.03, 0.1);
        for side in [1.0, -1.0] {
            let long_m = if side > 0.0 { 0.15 } else { 0.17 } * s;
            // Out from under the hood's edge.
            let across_m = side * 0.035 * s;
            let eyelet = neckline.iter().filter(|p| p.z > self.bind(Segment::Head).z).min_by(|a, b| {
                let off = |p: &Vec3| (p.x - across_m).abs();
                off(a).total_cmp(&off(b))
            });
            let Some(eyelet) = eyelet else { continue };
            let hang = Frame::new(*eyelet - Vec3::Y * 0.006, Vec3::Z, Vec3::Y);
            let cord = move |u: f32, v: f32| Vec2::new((u - 0.5) * 0.0065 + side * 0.006 * (v * 5.0).sin() * (1.0 - v), -v * long_m);
            let round = |u: f32, v: f32| 0.0025 + 0.003 * arch(u) + 0.002 * smoothstep(0.93, 0.97, v);
            // v runs down here, so u is turned to keep the outside outside.
            parts.extend(ground.patch(hang, [4, 24], string.clone(), |u, v| cord(u, 1.0 - v), |u, v| round(u, 1.0 - v)));
        }
        parts
    }

    fn back_pockets(&self, ground: &Ground, cloth: &Material) -> Vec<Part> {
        let s = self.size();
        let hip = self.bind(Segment::Pelvis);
        let pocket = |u: f32, v: f32| {
            let point = 0.018 * (1.0 - (2.0 * u - 1.0).abs()) * (1.0 - v);
            Vec2::new((u - 0.5) * (0.115 + 0.012 * v) * s, ((v - 0.5) * 0.135 - point) * s)
        };
        [1.0, -1.0]
            .into_iter()
            .filter_map(|side| {
                let middle = Vec3::new(side * 0.083 * s, hip.y - 0.005 * s, -0.12);
                let frame = Frame::new(middle, Vec3::new(side * 0.25, 0.0, -1.0), Vec3::Y);
                ground.patch(frame, [8, 10], cloth.clone(), pocket, |_, v| 0.0022 + 0.001 * v)
            })
            .collect()
    }

    /// Belt and buckle; on duty with pouches and a radio.
    fn belt(&self, lower: &Ground, trousers: &Part, top: &Part, duty: bool) -> Vec<Part> {
        let half_m = if duty { 0.026 } else { 0.017 };
        let thick_m = if duty { 0.005 } else { 0.0035 };
        let places: Vec<Vec3> = trousers
            .position_m
            .iter()
            .chain(top.position_m.iter().filter(|p| self.over_waist_m(**p) < -0.002))
            .filter(|p| (-0.032..0.004).contains(&self.over_waist_m(**p)))
            .copied()
            .collect();
        let near: Vec<Vec3> = places.into_iter().filter(|p| self.is_trunk(*p)).collect();
        let girth = Girth::new(near.iter().copied());
        let level = |p: Vec3| p.y - self.over_waist_m(p) - 0.008;
        let (h, t) = (half_m, thick_m);
        let profile: Vec<Vec2> = [
            [-h, -0.006],
            [-h, t * 0.6],
            [-h + 0.0015, t],
            [-h * 0.5, t + 0.0004],
            [h * 0.5, t + 0.0004],
            [h - 0.0015, t],
            [h, t * 0.6],
            [h, -0.006],
        ]
        .map(Vec2::from)
        .into();
        let strap = lower.strap(&girth, level, &profile, leather());
        let belt = Ground::new(self.figure, &strap);
        let at = |bearing: f32| {
            let way = Vec3::new(bearing.sin(), 0.0, bearing.cos());
            let middle = Vec3::new(girth.middle().x, 0.0, girth.middle().y);
            let on = middle + way * girth.reach_m(middle + way);
            Frame::new(on.with_y(level(on)), way, Vec3::Y)
        };
        let mut parts = Vec::new();
        let boxed = |w: f32, h: f32| move |u: f32, v: f32| Vec2::new((u - 0.5) * w, (v - 0.5) * h);
        let rim = |u: f32, v: f32| 0.003 + 0.002 * f32::from((u - 0.5).abs() > 0.3 || (v - 0.5).abs() > 0.3);
        parts.extend(belt.patch(at(0.0), [6, 6], metal(), boxed(if duty { 0.062 } else { 0.042 }, 2.0 * half_m * 0.98), rim));
        if duty {
            let gear: [(f32, f32, f32); 6] = [
                (0.62, 0.045, 0.026),
                (0.98, 0.05, 0.03),
                (-0.60, 0.042, 0.024),
                (-0.92, 0.042, 0.024),
                (2.55, 0.07, 0.03),
                (-2.35, 0.065, 0.03),
            ];
            for (bearing, wide_m, deep_m) in gear {
                let high_m = if bearing.abs() > 2.0 { 0.088 } else { 0.068 };
                parts.push(belt.block(&at(bearing), Vec3::new(wide_m, high_m, deep_m), leather()));
            }
            let radio = material("radio", 0.03, 0.45, 0.05, 0.0);
            let place = at(2.0);
            parts.push(belt.block(&place, Vec3::new(0.054, 0.125, 0.036), radio.clone()));
            let aerial = Frame { middle_m: place.middle_m + Vec3::Y * 0.10 + place.across * 0.014 + place.out * 0.010, ..place };
            parts.push(belt.block(&aerial, Vec3::new(0.011, 0.09, 0.011), radio));
        }
        parts.push(strap);
        parts
    }
}
