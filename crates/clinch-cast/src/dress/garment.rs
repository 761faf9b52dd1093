//! Garments: where they end, how much room they leave, and how they are put together.

use super::{
    cloth::{Cloth, mixed},
    drape::{Fall, drape},
    folds::{Crease, Star, raise, rings},
    limb::{Girth, Tube},
    noise, room,
    shoe::Last,
    shoes, smoothstep,
    solid::Solid,
    trim::Ground,
    wear::wear,
    weave::weave,
};
use crate::{
    corrective::Body,
    figure::Figure,
    part::{Part, Shifts, material},
    rig::{ARM, LEG},
    subdivide::Row,
};
use clinch_model::{Segment, cast::Drive, treatment::Dress};
use glam::Vec3;

/// Lines of a body along which clothes end; a value is positive on the trunk's side, in metres.
pub struct Lines {
    /// Height of the waistband and its fall to the front.
    waist_m: f32,
    /// A point in the neck's root, and how far from its axis a neckline may be at most.
    neck_m: Vec3,
    neck_radius_m: f32,
}

/// How far the waistband drops to the front, metres a metre.
const WAIST_FALL: f32 = 0.10;

/// How far a neckline drops to the front, metres a metre, and how far in front of the nape it is at its lowest, in metres: a chest that stands
/// farther out doesn't lower it.
const NECK_FALL: f32 = 0.62;
const NECK_FRONT_M: f32 = 0.105;

/// Room between the side of a neck and a neckline, in metres.
const NECK_ROOM_M: f32 = 0.010;

impl Lines {
    fn of(figure: &Figure) -> Self {
        let at = |segment: Segment| figure.rig.bind[segment.index()].origin_m;
        let waist_m = at(Segment::Pelvis).y + 0.95 * (at(Segment::Abdomen).y - at(Segment::Pelvis).y);
        // The hull ends as a collar does, high on the neck.
        let neck_m = at(Segment::Head);
        let hull = &figure.human.group("helper-tights").quads;
        let places = hull.iter().flatten().map(|&v| figure.position_m[v as usize]).filter(|p| p.x.abs() < 0.12);
        let top_m = places.clone().fold(f32::MIN, |top, p| top.max(p.y));
        let side_m = places.filter(|p| p.y > top_m - 0.02).fold(0.0, |side: f32, p| side.max(p.x));
        let neck_radius_m = side_m + NECK_ROOM_M;
        Self { waist_m, neck_m, neck_radius_m }
    }

    /// Over the waistband.
    fn waist(&self, p: Vec3) -> f32 {
        p.y - (self.waist_m - WAIST_FALL * p.z)
    }

    /// Below the neckline.
    fn neck(&self, p: Vec3) -> f32 {
        let q = p - self.neck_m;
        let below_m = -(q.y + NECK_FALL * q.z.min(NECK_FRONT_M)) / (1.0 + NECK_FALL * NECK_FALL).sqrt();
        // High shoulders come up beside the neck; they are covered all the same.
        let beside_m = q.x.abs() - self.neck_radius_m;
        let (high, apart) = (below_m.max(beside_m), (below_m - beside_m).abs());
        high + 0.25 * (0.02 - apart).max(0.0).powi(2) / 0.02
    }
}

/// Whether a segment is of an arm, and on which side.
fn arm(segment: Segment) -> Option<usize> {
    (0..2).find(|&side| ARM[side].contains(&segment))
}

fn leg(segment: Segment) -> Option<usize> {
    (0..2).find(|&side| LEG[side].contains(&segment))
}

/// How far a point lies before the end of a segment's bone that is `share` of its length, in metres.
fn before(figure: &Figure, near: Segment, far: Segment, share: f32, p: Vec3) -> f32 {
    let (a, b) = (figure.rig.bind[near.index()].origin_m, figure.rig.bind[far.index()].origin_m);
    (a.lerp(b, share) - p).dot((b - a).normalize_or(Vec3::NEG_Y))
}

/// `[base vertex]`: see [`super::covered`].
pub fn covered(figure: &Figure) -> Vec<bool> {
    // Skin that stays visible inside of an opening, in metres.
    const MARGIN_M: f32 = 0.035;
    // Half the width of the widest neckline, of the shoulder's distance from the middle.
    const OPENING: f32 = 0.60;
    let shoulder_m = figure.joints.at("l-shoulder").x;
    let lines = Lines::of(figure);
    let short = figure.spec.dress == Dress::TShirt;
    let is_covered = |v: usize| {
        let (p, segment) = (figure.position_m[v], figure.leading(v));
        match (arm(segment), segment) {
            (Some(side), _) if short => before(figure, ARM[side][0], ARM[side][1], 0.62, p) > 2.0 * MARGIN_M,
            (Some(side), _) => before(figure, ARM[side][1], ARM[side][2], 0.97, p) > MARGIN_M,
            (None, Segment::Head) => false,
            // No neckline opens so far to the side.
            (None, _) => lines.neck(p) > 2.0 * MARGIN_M || p.x.abs() > OPENING * shoulder_m,
        }
    };
    (0..figure.position_m.len()).map(is_covered).collect()
}

/// Somebody who makes clothes for one body.
pub struct Tailor<'a> {
    pub figure: &'a Figure<'a>,
    body: &'a Body,
    lines: Lines,
    /// The whole hull, refined.
    hull: Cloth,
    lasts: [Last; 2],
    /// Body and shoes.
    solid: Solid,
}

impl<'a> Tailor<'a> {
    pub fn new(figure: &'a Figure<'a>, body: &'a Body) -> Self {
        let hull = Cloth::of(&figure.cage("helper-tights", |_, _| true).refined(), figure);
        let lasts = [0, 1].map(|side| Last::new(figure, side, shoes(figure.spec.dress)));
        let solid = solid(figure, &lasts);
        Self { figure, body, lines: Lines::of(figure), hull, lasts, solid }
    }

    pub fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<Part> = self.lasts.iter().flat_map(|last| last.parts(self.figure)).collect();
        let (mut trousers, (mut top, neckline)) = rayon::join(|| self.trousers(), || self.top());
        if !Cut::of(self.figure.spec.dress).tucked {
            self.lay_over(&trousers, &mut top);
        }
        let (lower, upper) = rayon::join(|| room::shifts(self.body, &trousers), || room::shifts(self.body, &top));
        let mut details = self.details(&trousers, &top, &neckline);
        for (garment, worn) in [(&trousers, &lower), (&top, &upper)] {
            details.iter_mut().for_each(|detail| room::carry(garment, worn, detail));
        }
        trousers.shifts.extend(lower);
        top.shifts.extend(upper);
        let tucked = Cut::of(self.figure.spec.dress).tucked;
        (trousers.layer, top.layer) = (Some(u8::from(tucked)), Some(u8::from(!tucked)));
        let name = |part: &Part| part.material.as_ref().map(|material| material.name.clone());
        let cloth = [name(&trousers), name(&top)];
        // What is of leather or metal keeps its shape.
        details.iter_mut().for_each(|detail| detail.layer = Some(if cloth.contains(&name(detail)) { 2 } else { 3 }));
        parts.extend(details);
        parts.extend([trousers, top]);
        for part in &mut parts {
            let amount = match part.material.as_ref().map(|m| m.name.as_str()) {
                Some("metal" | "button") => 0.0,
                Some("fleece" | "shirt") => 0.45,
                _ => 0.7,
            };
            wear(self.figure, part, amount);
            weave(self.figure, part);
        }
        parts
    }

    /// Lifts what hangs over the trousers off them.
    fn lay_over(&self, trousers: &Part, top: &mut Part) {
        const OVER_M: f32 = 0.004;
        let ground = Ground::new(self.figure, trousers);
        let mut normal = Vec::new();
        crate::pose::normals(&top.triangles, &top.position_m, &mut normal);
        for (p, normal) in top.position_m.iter_mut().zip(normal).filter(|(p, _)| self.lines.waist(**p) < 0.02) {
            let out = (*p - self.bind(Segment::Pelvis)) * Vec3::new(1.0, 0.0, 1.0);
            if self.is_trunk(*p) && normal.dot(out) > 0.0 {
                *p = ground.within(*p, out, OVER_M, f32::MAX);
            }
        }
    }

    fn base_field(&self, cloth: &Cloth, of: impl Fn(Vec3, Segment) -> f32) -> Vec<f32> {
        cloth.field(|v| of(self.figure.position_m[v], self.figure.leading(v)))
    }

    /// How far a point lies over the waistband, in metres.
    pub fn over_waist_m(&self, p: Vec3) -> f32 {
        self.lines.waist(p)
    }

    /// Height of the waistband at the spine, in metres.
    pub fn waist_height_m(&self) -> f32 {
        self.lines.waist_m
    }

    /// Whether a point near the waist belongs to the trunk and not to an arm.
    pub fn is_trunk(&self, p: Vec3) -> bool {
        let [elbow, wrist] = [Segment::ForearmL, Segment::HandL].map(|s| self.bind(s));
        p.x.abs() < elbow.x.min(wrist.x) - 0.08
    }

    /// Body and shoes.
    pub fn solid(&self) -> &Solid {
        &self.solid
    }

    pub fn bind(&self, segment: Segment) -> Vec3 {
        self.figure.rig.bind[segment.index()].origin_m
    }

    fn tube(&self, chain: [Segment; 3], end_m: Vec3) -> Tube {
        let member = |v: usize| chain.contains(&self.hull.segment(v, self.figure));
        Tube::new([self.bind(chain[0]), self.bind(chain[1]), end_m], &self.hull, member)
    }

    /// Shirt, T-shirt or hoodie, and the places of its neckline.
    pub fn top(&self) -> (Part, Vec<Vec3>) {
        let cut = Cut::of(self.figure.spec.dress);
        let mut cloth = self.cut_top(&cut);
        let sewn = self.sewn_top(&mut cloth, &cut);
        drape(&mut cloth, &self.solid, &sewn.fall(cut.stiffness, 90));
        self.settle(&mut cloth, &sewn, if cut.tucked || cut.band_m > 0.0 { 2 } else { 6 });
        self.fold_top(&mut cloth, &sewn, &cut);
        let creases = self.top_creases(&cloth, &cut);
        let highest = |ring: &Vec<u32>| ring.iter().map(|&v| cloth.position_m[v as usize].y).sum::<f32>() / ring.len() as f32;
        let neck = cloth.borders().into_iter().max_by(|a, b| highest(a).total_cmp(&highest(b))).unwrap_or_default();
        let neckline = neck.iter().map(|&v| cloth.position_m[v as usize]).collect();
        self.hemmed(&mut cloth, cut.cloth_m);
        let mut part = self.finished(&cloth, cut.material());
        part.shifts.extend(creases);
        (part, neckline)
    }

    fn fold_top(&self, cloth: &mut Cloth, sewn: &Sewn, cut: &Cut) {
        let size = self.figure.spec.height_m / 1.8;
        let seed = self.figure.spec.seed as u32;
        let mut stars = Vec::new();
        for side in 0..2 {
            let shoulder = self.bind(ARM[side][0]);
            let armpit = shoulder + Vec3::new(-0.02 * shoulder.x.signum(), -0.10, 0.0) * size;
            // A hanging arm drags cloth from the armpit down to the waist.
            let towards = Some(Vec3::new(-0.20 * shoulder.x.signum(), -0.98, 0.0));
            stars.push(Star { middle_m: armpit, axis: Vec3::Z, towards, from_m: 0.08, to_m: 0.24 * size, rays: 11.0, height_m: 0.0030 });
        }
        let waist_m = self.lines.waist_m;
        raise(cloth, &self.solid, &sewn.pinned, |p, v| {
            let arm = sewn.on_arm[v];
            let stars: f32 = stars.iter().map(|star| star.height_at(p, seed)).sum();
            // Upright gathers over the waist or the ribs.
            let above_m = p.y - waist_m + if cut.tucked { 0.0 } else { cut.below_waist_m - cut.band_m };
            let gathers = if !arm && cut.band_m > 0.0 {
                let bearing = p.x.atan2(p.z);
                let window = smoothstep(0.0, 0.03, above_m) * smoothstep(0.17, 0.05, above_m);
                0.0045 * window * (bearing * 15.0 + 3.0 * noise(Vec3::new(p.x * 9.0, p.y * 3.0, p.z * 9.0), seed ^ 3)).cos()
            } else {
                0.0
            };
            stars + gathers + 0.0016 * noise(p * 16.0, seed ^ 5)
        });
    }

    fn fold_trousers(&self, cloth: &mut Cloth, sewn: &Sewn, jeans: bool) {
        let size = self.figure.spec.height_m / 1.8;
        let seed = self.figure.spec.seed as u32 ^ 0x7ea;
        let hip = self.bind(Segment::Pelvis);
        let crotch = hip + Vec3::new(0.0, -0.075, 0.10) * size;
        let whiskers =
            Star { middle_m: crotch, axis: Vec3::Z, towards: None, from_m: 0.03, to_m: 0.19 * size, rays: 11.0, height_m: 0.003 };
        let legs = [0, 1].map(|side| self.tube(LEG[side], self.bind(LEG[side][2])));
        let places: Vec<Vec3> = cloth.position_m.clone();
        raise(cloth, &self.solid, &sewn.pinned, |p, v| {
            let side = usize::from(places[v].x < 0.0);
            let tube = &legs[side];
            let [thigh_m, shin_m] = tube.pieces_m();
            let whole_m = thigh_m + shin_m;
            let stack = rings(tube, p, whole_m - 0.15 * size, whole_m + 0.03, 0.045, if jeans { 0.006 } else { 0.004 }, seed);
            let behind = smoothstep(0.3, -0.6, (p - tube.section(tube.along(p)).0).normalize_or_zero().z);
            // Deeper behind the knee; in front what bending has left.
            let knee = rings(tube, p, thigh_m - 0.10, thigh_m + 0.11, 0.042, 0.0040, seed ^ 1) * (0.45 + 0.55 * behind);
            let in_thigh = tube.along(p) > 0.06 * size;
            let pressed = if jeans || !in_thigh { 0.0 } else { self.pressed(tube, p) };
            whiskers.height_at(p, seed) + stack + knee + pressed + 0.0012 * noise(p * 17.0, seed ^ 2)
        });
    }

    /// The pressed edge in front and behind a leg.
    fn pressed(&self, tube: &Tube, p: Vec3) -> f32 {
        let way = p - tube.section(tube.along(p)).0;
        0.005 * smoothstep(0.016, 0.002, way.x.abs()) * smoothstep(0.02, 0.05, way.z.abs())
    }

    fn top_creases(&self, cloth: &Cloth, cut: &Cut) -> Vec<(Drive, Shifts)> {
        let size = self.figure.spec.height_m / 1.8;
        let thick = if cut.cloth_m > 0.003 { 1.25 } else { 1.0 };
        let mut creases = Vec::new();
        for [upper, fore, hand] in ARM.iter().filter(|_| !cut.short).copied() {
            let (shoulder, elbow, wrist) = (self.bind(upper), self.bind(fore), self.bind(hand));
            let (first, second) = ((elbow - shoulder).normalize_or_zero(), (wrist - elbow).normalize_or_zero());
            let along = (first + second).normalize_or(Vec3::NEG_Y);
            creases.push(Crease {
                drive: Drive::Bend { segment: fore, from_rad: -0.7, to_rad: -2.2 },
                segments: vec![upper, fore],
                middle_m: elbow,
                along,
                inside: (second - first).normalize_or(Vec3::Z),
                wave_m: 0.036 * thick,
                half_m: 0.085 * size,
                height_m: 0.008 * thick,
            });
            creases.push(Crease {
                drive: Drive::Swing { segment: upper, from_rad: 0.9, to_rad: 2.6 },
                segments: vec![upper, Segment::Chest],
                middle_m: shoulder + Vec3::new(-0.03 * shoulder.x.signum(), 0.0, 0.0),
                along: Vec3::new(shoulder.x.signum(), -0.25, 0.0).normalize(),
                inside: Vec3::Y,
                wave_m: 0.045 * thick,
                half_m: 0.08 * size,
                height_m: 0.009 * thick,
            });
        }
        let trunk = |segment: Segment, y: f32, to_rad: f32, inside: Vec3| Crease {
            drive: Drive::Bend { segment, from_rad: 0.1 * to_rad.signum(), to_rad },
            segments: vec![Segment::Pelvis, Segment::Abdomen, Segment::Chest],
            middle_m: Vec3::new(0.0, y, 0.0),
            along: Vec3::NEG_Y,
            inside,
            wave_m: 0.05 * thick,
            half_m: 0.13 * size,
            height_m: 0.010 * thick,
        };
        let (belly, ribs) = (self.bind(Segment::Abdomen).y + 0.04 * size, self.bind(Segment::Chest).y);
        creases.push(trunk(Segment::Abdomen, belly, 0.7, Vec3::Z));
        creases.push(trunk(Segment::Chest, ribs, 0.7, Vec3::Z));
        creases.push(trunk(Segment::Abdomen, belly, -0.5, Vec3::NEG_Z));
        self.creased(cloth, &creases)
    }

    fn trouser_creases(&self, cloth: &Cloth) -> Vec<(Drive, Shifts)> {
        let size = self.figure.spec.height_m / 1.8;
        let mut creases = Vec::new();
        for [thigh, shin, foot] in LEG {
            let (hip, knee, ankle) = (self.bind(thigh), self.bind(shin), self.bind(foot));
            creases.push(Crease {
                drive: Drive::Bend { segment: shin, from_rad: 0.3, to_rad: 2.0 },
                segments: vec![thigh, shin],
                middle_m: knee,
                along: (ankle - hip).normalize_or(Vec3::NEG_Y),
                inside: Vec3::NEG_Z,
                wave_m: 0.046,
                half_m: 0.13 * size,
                height_m: 0.009,
            });
            creases.push(Crease {
                drive: Drive::Bend { segment: thigh, from_rad: -0.3, to_rad: -1.8 },
                segments: vec![Segment::Pelvis, thigh],
                middle_m: hip + Vec3::new(0.0, -0.01, 0.0),
                along: Vec3::new(-0.55 * hip.x.signum(), -0.83, 0.0),
                inside: Vec3::Z,
                wave_m: 0.045,
                half_m: 0.11 * size,
                height_m: 0.010,
            });
        }
        self.creased(cloth, &creases)
    }

    fn creased(&self, cloth: &Cloth, creases: &[Crease]) -> Vec<(Drive, Shifts)> {
        let normal = cloth.normals();
        let seed = self.figure.spec.seed as u32 ^ 0xc4ea;
        let shifts = |crease: &Crease| {
            let member = |v: usize| crease.segments.contains(&cloth.segment(v, self.figure));
            (crease.drive, crease.shifts(cloth, &normal, member, seed))
        };
        creases.iter().map(shifts).collect()
    }

    fn cut_top(&self, cut: &Cut) -> Cloth {
        let mut cloth = self.hull.clone();
        cloth.clip(self.base_field(&cloth, |p, _| self.lines.neck(p) - cut.neck_m));
        cloth.clip(self.base_field(&cloth, |p, s| if arm(s).is_some() { 1.0 } else { self.lines.waist(p) + cut.below_waist_m }));
        cloth.clip(self.base_field(&cloth, |p, s| arm(s).map_or(1.0, |side| self.before_cuff(cut, side, p))));
        cloth
    }

    /// How far a point of an arm lies before the sleeve's end, in metres.
    fn before_cuff(&self, cut: &Cut, side: usize, p: Vec3) -> f32 {
        let [upper, fore, hand] = ARM[side];
        if cut.short { before(self.figure, upper, fore, 0.66, p) } else { before(self.figure, fore, hand, 0.98, p) }
    }

    fn sewn_top(&self, cloth: &mut Cloth, cut: &Cut) -> Sewn {
        let figure = self.figure;
        self.ease(cloth, cut.ease_m);
        self.bridge_hips(cloth);
        let arms = [0, 1].map(|side| self.tube(ARM[side], self.bind(ARM[side][2])));
        let chest_m = self.bind(Segment::UpperArmL).y - 0.10 * figure.spec.height_m / 1.8;
        let trunk: Vec<usize> = (0..self.hull.rows.len()).filter(|&v| arm(self.hull.segment(v, figure)).is_none()).collect();
        let band = |low: f32, high: f32| {
            let hull = &self.hull.position_m;
            Girth::new(trunk.iter().map(|&v| hull[v]).filter(move |p| (low..high).contains(&p.y)).collect::<Vec<_>>().into_iter())
        };
        let chest = band(chest_m - 0.09, chest_m);
        let mut sewn = Sewn::new(cloth);
        for v in 0..cloth.rows.len() {
            let (segment, hull_p) = (cloth.segment(v, figure), row_place(figure, &cloth.rows[v]));
            let p = &mut cloth.position_m[v];
            if let Some(side) = arm(segment) {
                sewn.on_arm[v] = true;
                let tube = &arms[side];
                let along_m = tube.along(hull_p);
                let [upper_m, _] = tube.pieces_m();
                let free = smoothstep(0.35 * upper_m, 0.75 * upper_m, along_m);
                let radius_m = tube.section(along_m).1;
                sewn.axis[v] = tube.direction(along_m);
                let to_end_m = self.before_cuff(cut, side, hull_p);
                if cut.short {
                    let wide_m = tube.section(0.5 * upper_m).1 + 0.022;
                    *p = tube.out_to(*p, wide_m * free);
                } else {
                    let wide_m = (radius_m + cut.ease_m).max(cut.sleeve_m) * free;
                    *p = tube.out_to(*p, wide_m);
                    sewn.stretch[v][1] = 1.0 + cut.sleeve_slack * free;
                    let cuff = smoothstep(cut.cuff_m + 0.015, cut.cuff_m, to_end_m);
                    *p = tube.set_to(*p, tube.section(tube.length_m()).1 + cut.cuff_ease_m, cuff);
                    sewn.pinned[v] = to_end_m < cut.cuff_m;
                }
            } else {
                let above_m = self.lines.waist(hull_p);
                let below_chest = smoothstep(chest_m + 0.02, chest_m - 0.06, p.y);
                let gathered = if cut.band_m > 0.0 { smoothstep(cut.band_m, cut.band_m + 0.05, above_m + cut.below_waist_m) } else { 1.0 };
                let wide = chest.out_to(*p, cut.girth, 0.006);
                *p = p.lerp(wide, below_chest * gathered);
                if !cut.tucked && cut.band_m > 0.0 {
                    *p = p.lerp(chest.out_to(*p, 0.97, 0.0), 1.0 - gathered);
                }
                sewn.stretch[v][1] = 1.0 + cut.slack * below_chest;
                sewn.pinned[v] = self.lines.neck(hull_p) < cut.neck_m + 0.014 || above_m + cut.below_waist_m < cut.band_m;
                sewn.clearance_m[v] += 0.012 * smoothstep(0.02, -0.01, above_m) * f32::from(!cut.tucked);
            }
        }
        for v in 0..cloth.rows.len() {
            cloth.position_m[v] = self.solid.pushed(cloth.position_m[v], sewn.clearance_m[v]);
        }
        sewn.pattern_m = cloth.position_m.clone();
        sewn
    }

    fn trousers(&self) -> Part {
        let jeans = matches!(self.figure.spec.dress, Dress::Hoodie | Dress::TShirt);
        let mut cloth = self.hull.clone();
        cloth.clip(self.base_field(&cloth, |p, s| if arm(s).is_some() { -1.0 } else { -self.lines.waist(p) }));
        let ankle = |side: usize| self.bind(LEG[side][2]);
        cloth.clip(self.base_field(&cloth, |p, s| leg(s).map_or(1.0, |side| p.y - ankle(side).y - 0.06)));
        let sewn = self.sewn_trousers(&mut cloth, jeans);
        drape(&mut cloth, &self.solid, &sewn.fall(if jeans { 0.25 } else { 0.12 }, 90));
        self.settle(&mut cloth, &sewn, 2);
        self.fold_trousers(&mut cloth, &sewn, jeans);
        let creases = self.trouser_creases(&cloth);
        self.hemmed(&mut cloth, 0.0025);
        let (name, reflectance) = if jeans { ("denim", 0.08) } else { ("trousers", 0.035) };
        let mut part = self.finished(&cloth, material(name, reflectance, 0.85, 0.03, 0.2));
        part.shifts.extend(creases);
        part
    }

    fn sewn_trousers(&self, cloth: &mut Cloth, jeans: bool) -> Sewn {
        let figure = self.figure;
        self.ease(cloth, 0.009);
        let size = figure.spec.height_m / 1.8;
        let hem_m = if jeans { 0.069 } else { 0.075 } * size;
        let legs = [0, 1].map(|side| self.tube(LEG[side], self.bind(LEG[side][2])));
        let wide = |side: usize, along_m: f32| {
            let tube = &legs[side];
            let [thigh_m, shin_m] = tube.pieces_m();
            let calf_m = (0..5).map(|i| tube.section(thigh_m + 0.08 * i as f32 * shin_m).1).fold(0.0, f32::max);
            let knee_m = tube.section(thigh_m).1.max(calf_m) + 0.016;
            let t = ((along_m - thigh_m) / shin_m).clamp(0.0, 1.2);
            (knee_m + (hem_m - knee_m) * t, smoothstep(0.3 * thigh_m, 0.95 * thigh_m, along_m))
        };
        let borders = cloth.borders();
        for v in 0..cloth.rows.len() {
            if let Some(side) = leg(cloth.segment(v, figure)) {
                let along_m = legs[side].along(cloth.position_m[v]);
                let (radius_m, share) = wide(side, along_m);
                let least_m = (legs[side].section(along_m).1 + 0.012).max(radius_m) * share;
                cloth.position_m[v] = legs[side].out_to(cloth.position_m[v], least_m);
            }
        }
        self.bridge_hips(cloth);
        // Down from the ankle over the shoe.
        for ring in &borders {
            if cloth.position_m[ring[0] as usize].y > 0.5 * self.lines.waist_m {
                continue;
            }
            let from: Vec<Vec3> = ring.iter().map(|&v| cloth.position_m[v as usize]).collect();
            let middle = from.iter().sum::<Vec3>() / from.len() as f32;
            let hem = self.hem(&from, middle, hem_m);
            let rings = 9;
            let first = cloth.rows.len();
            cloth.extend(ring, rings, |i, k| {
                let t = k as f32 / rings as f32;
                let flat = from[i].lerp(hem[i], smoothstep(0.0, 0.6, t));
                Vec3::new(flat.x, from[i].y + (hem[i].y - from[i].y) * t, flat.z)
            });
            // What rests on the shoe goes with the foot.
            let foot = vec![(self.foot_vertex(usize::from(middle.x < 0.0)), 1.0)];
            for v in first..cloth.rows.len() {
                let ring = (v - first) / from.len() + 1;
                cloth.rows[v] = mixed(&cloth.rows[v], &foot, 0.65 * ring as f32 / rings as f32);
            }
        }
        let mut sewn = Sewn::new(cloth);
        for v in 0..cloth.rows.len() {
            let hull_p = row_place(figure, &cloth.rows[v]);
            if let Some(side) = leg(cloth.segment(v, figure)) {
                let along_m = legs[side].along(cloth.position_m[v]);
                sewn.axis[v] = legs[side].direction(along_m);
                let [thigh_m, _] = legs[side].pieces_m();
                sewn.stretch[v][1] = 1.0 + 0.035 * smoothstep(thigh_m, legs[side].length_m(), along_m);
            }
            sewn.pinned[v] = self.lines.waist(hull_p) > -0.035;
            sewn.clearance_m[v] = 0.005;
        }
        for v in 0..cloth.rows.len() {
            cloth.position_m[v] = self.solid.pushed(cloth.position_m[v], sewn.clearance_m[v]);
        }
        sewn.pattern_m = cloth.position_m.clone();
        sewn
    }

    /// A base vertex that follows nothing but a foot: the lowest under the ankle.
    fn foot_vertex(&self, side: usize) -> u32 {
        let ankle = self.bind(LEG[side][2]);
        let far = |v: &u32| {
            let p = self.figure.position_m[*v as usize];
            p.distance_squared(ankle.with_y(self.figure.sole_m))
        };
        self.figure.human.body_vertices().map(|v| v as u32).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(0)
    }

    /// A trouser hem below a ring around the ankle: wider, down to the heel, and in front as high as the shoe needs.
    fn hem(&self, ring: &[Vec3], middle: Vec3, radius_m: f32) -> Vec<Vec3> {
        let place = |p: &Vec3| {
            let out = (*p - middle) * Vec3::new(1.0, 0.0, 1.0);
            let wide = middle + out.normalize_or_zero() * radius_m.max(out.length()) + Vec3::Z * 0.012;
            let mut at = wide.with_y(0.030 + 0.25 * (wide.z - middle.z + 0.065).max(0.0));
            while self.solid.at(at).0 < 0.008 && at.y < p.y {
                at.y += 0.003;
            }
            at
        };
        let mut hem: Vec<Vec3> = ring.iter().map(place).collect();
        let n = hem.len();
        for _ in 0..5 {
            let old = hem.clone();
            (0..n).for_each(|i| hem[i].y = (old[(i + n - 1) % n].y + 2.0 * old[i].y + old[(i + 1) % n].y) / 4.0);
        }
        hem
    }

    /// Seat and front become as convex as the hips' outline, down to the crotch; what looks inward between the legs stays.
    fn bridge_hips(&self, cloth: &mut Cloth) {
        const SLICE_M: f32 = 0.02;
        let size = self.figure.spec.height_m / 1.8;
        let low_m = self.bind(Segment::Pelvis).y - 0.05 * size;
        let trunk: Vec<bool> = (0..cloth.rows.len()).map(|v| arm(cloth.segment(v, self.figure)).is_none()).collect();
        let slice = |i: usize| {
            let y = low_m + SLICE_M * i as f32;
            let near = cloth.position_m.iter().zip(&trunk).filter(|(p, trunk)| **trunk && (p.y - y).abs() < 0.018).map(|(p, _)| *p);
            Girth::new(near.collect::<Vec<_>>().into_iter())
        };
        let slices: Vec<Girth> = (0..11).map(slice).collect();
        let normals = cloth.normals();
        for v in (0..trunk.len()).filter(|&v| trunk[v]) {
            let p = cloth.position_m[v];
            let at = (p.y - low_m) / SLICE_M;
            if at > -3.0 && at < slices.len() as f32 - 1.0 {
                let girth = &slices[at.max(0.0).round() as usize];
                let facing = smoothstep(0.15, 0.6, normals[v].z.abs().max(if at > 2.0 { 1.0 } else { 0.0 }));
                let share = smoothstep(-3.0, 0.5, at) * smoothstep(slices.len() as f32 - 1.0, slices.len() as f32 - 4.0, at) * facing;
                cloth.position_m[v] = p.lerp(girth.out_to(p, 0.985, 0.0), share);
            }
        }
        let keep: Vec<bool> = (0..trunk.len()).map(|v| !trunk[v] || (cloth.position_m[v].y - low_m - 0.08).abs() > 0.13).collect();
        cloth.smooth(5, 0.5, &keep);
    }

    /// Smooths hollows over and makes room.
    fn ease(&self, cloth: &mut Cloth, ease_m: f32) {
        let keep = vec![false; cloth.rows.len()];
        cloth.smooth(12, 0.6, &keep);
        for p in &mut cloth.position_m {
            *p = self.solid.pushed(*p, ease_m);
        }
        cloth.smooth(2, 0.5, &keep);
    }

    /// Smooths what the fall left rough and keeps it off the body.
    fn settle(&self, cloth: &mut Cloth, sewn: &Sewn, steps: usize) {
        cloth.smooth(steps, 0.4, &sewn.pinned);
        for (p, clearance_m) in cloth.position_m.iter_mut().zip(&sewn.clearance_m) {
            *p = self.solid.pushed(*p, clearance_m - 0.001);
        }
    }

    /// Turns every edge in: the cloth's thickness, then an inner layer.
    fn hemmed(&self, cloth: &mut Cloth, thick_m: f32) {
        const DEPTH_M: f32 = 0.018;
        let normals = cloth.normals();
        for ring in cloth.borders() {
            let n = ring.len();
            let places: Vec<Vec3> = ring.iter().map(|&v| cloth.position_m[v as usize]).collect();
            let at = |i: usize| places[i % n];
            let frames: Vec<[Vec3; 3]> = (0..n)
                .map(|i| {
                    let normal = normals[ring[i] as usize];
                    let along = at(i + 1) - at(i + n - 1);
                    // The border runs counter-clockwise around the cloth: inside is to its left.
                    [at(i), normal, normal.cross(along).normalize_or_zero()]
                })
                .collect();
            cloth.extend(&ring, 3, |i, k| {
                let [p, normal, inside] = frames[i];
                match k {
                    1 => p - normal * thick_m * 0.3 - inside * thick_m * 0.4,
                    2 => p - normal * thick_m,
                    // Where the body swells under an edge, a level layer would come out through the cloth.
                    _ => {
                        let under_m = (self.solid.at(p).0 - thick_m - 0.001).max(0.002);
                        self.solid.within(p - normal * thick_m + inside * DEPTH_M, 0.001, under_m)
                    }
                }
            });
        }
    }

    fn finished(&self, cloth: &Cloth, material: clinch_model::Material) -> Part {
        let breath = (0..).zip(&cloth.position_m).map(|(v, &p)| (v, self.figure.breath_shift(p))).filter(|s| s.1.length() > 5e-5).collect();
        Part {
            material: Some(material),
            position_m: cloth.position_m.clone(),
            skin: cloth.weights(self.figure),
            shade: vec![1.0; cloth.rows.len()],
            triangles: cloth.triangles.clone(),
            shifts: vec![(Drive::Breath, breath)],
            ..Part::default()
        }
    }
}

/// A garment of the upper body; metres.
struct Cut {
    name: &'static str,
    reflectance: f32,
    sheen: f32,
    short: bool,
    tucked: bool,
    /// How much lower than the neck's root the neckline is; what is buttoned lies higher.
    neck_m: f32,
    /// How far the hem is below the waistband.
    below_waist_m: f32,
    /// Height of the band or ribs at the hem; what is tucked ends in a band too.
    band_m: f32,
    ease_m: f32,
    /// Share of the chest's girth that the waist has at least.
    girth: f32,
    slack: f32,
    /// Least radius of a sleeve, and how much longer it is than the arm.
    sleeve_m: f32,
    sleeve_slack: f32,
    cuff_m: f32,
    cuff_ease_m: f32,
    stiffness: f32,
    cloth_m: f32,
}

impl Cut {
    fn of(dress: Dress) -> Self {
        let shirt = Self {
            name: "shirt",
            reflectance: 0.3,
            sheen: 0.15,
            short: false,
            tucked: true,
            neck_m: -0.016,
            below_waist_m: 0.012,
            band_m: 0.012,
            ease_m: 0.011,
            girth: 0.98,
            slack: 0.07,
            sleeve_m: 0.056,
            sleeve_slack: 0.07,
            cuff_m: 0.055,
            cuff_ease_m: 0.009,
            stiffness: 0.08,
            cloth_m: 0.002,
        };
        match dress {
            Dress::Shirt => shirt,
            Dress::Uniform => Self { name: "uniform", reflectance: 0.045, stiffness: 0.12, ..shirt },
            Dress::TShirt => Self {
                name: "shirt",
                reflectance: 0.32,
                short: true,
                tucked: false,
                neck_m: -0.006,
                below_waist_m: 0.11,
                band_m: 0.0,
                slack: 0.0,
                stiffness: 0.25,
                girth: 0.99,
                ..shirt
            },
            Dress::Hoodie => Self {
                name: "fleece",
                reflectance: 0.18,
                sheen: 0.28,
                tucked: false,
                neck_m: -0.004,
                below_waist_m: 0.095,
                band_m: 0.055,
                ease_m: 0.018,
                girth: 0.985,
                slack: 0.03,
                sleeve_m: 0.062,
                sleeve_slack: 0.09,
                cuff_m: 0.06,
                cuff_ease_m: 0.008,
                stiffness: 0.2,
                cloth_m: 0.004,
                ..shirt
            },
        }
    }

    fn material(&self) -> clinch_model::Material {
        material(self.name, self.reflectance, 0.85, 0.03, self.sheen)
    }
}

/// A garment before it falls: what the fall needs, by vertex.
struct Sewn {
    pattern_m: Vec<Vec3>,
    stretch: Vec<[f32; 2]>,
    axis: Vec<Vec3>,
    pinned: Vec<bool>,
    clearance_m: Vec<f32>,
    on_arm: Vec<bool>,
}

impl Sewn {
    fn new(cloth: &Cloth) -> Self {
        let n = cloth.rows.len();
        Self {
            pattern_m: Vec::new(),
            stretch: vec![[1.0; 2]; n],
            axis: vec![Vec3::NEG_Y; n],
            pinned: vec![false; n],
            clearance_m: vec![0.005; n],
            on_arm: vec![false; n],
        }
    }

    fn fall(&self, stiffness: f32, steps: usize) -> Fall<'_> {
        Fall {
            pattern_m: &self.pattern_m,
            stretch: &self.stretch,
            axis: &self.axis,
            pinned: &self.pinned,
            clearance_m: &self.clearance_m,
            stiffness,
            steps,
        }
    }
}

/// Where a row lies on the base mesh.
fn row_place(figure: &Figure, row: &Row) -> Vec3 {
    row.iter().map(|&(v, w)| figure.position_m[v as usize] * w).sum()
}

/// Body without head, hands and what is in the shoes, and the shoes.
fn solid(figure: &Figure, lasts: &[Last; 2]) -> Solid {
    let mut position_m = figure.position_m.clone();
    let mut normal = figure.normal.clone();
    let top_m = lasts[0].top_m() - 0.012;
    let chin_m = figure.rig.bind[Segment::Head.index()].origin_m.y + 0.09;
    let seen = |v: u32| {
        let (p, segment) = (figure.position_m[v as usize], figure.leading(v as usize));
        p.y > top_m && p.y < chin_m && !matches!(segment, Segment::HandL | Segment::HandR)
    };
    let mut triangles = Vec::new();
    for q in figure.human.group("body").quads.iter().filter(|q| q.iter().any(|&v| seen(v))) {
        triangles.extend([[q[0], q[1], q[2]], [q[0], q[2], q[3]]]);
    }
    for last in lasts {
        let (places, shell) = last.shell();
        let mut normals = Vec::new();
        crate::pose::normals(&shell, &places, &mut normals);
        let first = position_m.len() as u32;
        position_m.extend(places);
        normal.extend(normals);
        triangles.extend(shell.iter().map(|t| t.map(|v| v + first)));
    }
    Solid::new(&position_m, &normal, &triangles)
}
