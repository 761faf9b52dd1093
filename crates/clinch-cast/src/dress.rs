//! Clothes and shoes.
//!
//! A garment is the body's own strokes, thicker and blended more widely so that cloth spans hollows, cut off at hem, cuff and neck, with
//! relief where it creases. Collars, pockets, belts and badges are *patches*: shells a few millimetres over a garment, within an outline.

use crate::{
    body::{self, Sculptor},
    build::Build,
    field::{Join, Solid, Stroke, bell, distance, noise, polygon_distance, smooth_max, smoothstep},
    mesh::{Grid, polygonise},
    part::{Maker, Part, make, material},
    rig::{Region, Rig},
};
use clinch_model::{Material, Segment, Shape, Skeleton, treatment::Dress};
use glam::{Quat, Vec2, Vec3};

/// Edge of the cells of large garments, in metres; the creases have wavelengths of at least two of them.
const CLOTH_CELL_M: f32 = 0.0140;

/// Edge of the cells of patches, in metres.
const PATCH_CELL_M: f32 = 0.0062;

/// A finished garment's field, which patches are laid upon.
struct Garment<'a> {
    build: &'a Build,
    rig: &'a Rig,
    strokes: Vec<Stroke>,
}

/// All clothes of a person.
pub fn parts(build: &Build, rig: &Rig, skeleton: &Skeleton, detail: f32) -> Vec<Part> {
    let top = Garment { build, rig, strokes: top_strokes(build, rig) };
    let trousers = Garment { build, rig, strokes: trouser_strokes(build, rig) };
    let (top, trousers) = (&top, &trousers);
    let mut makers: Vec<Maker> = vec![
        Box::new(|| vec![top.top(detail)]),
        Box::new(|| vec![trousers.trousers(detail)]),
        Box::new(|| shoes(build, rig, skeleton, detail)),
    ];
    match build.dress {
        Dress::Uniform | Dress::Shirt => makers.extend([
            Box::new(|| fronts(top, detail)) as Maker,
            Box::new(|| insignia(top, detail)),
            Box::new(|| belt(trousers, detail)),
        ]),
        Dress::Hoodie => makers.push(Box::new(|| hoodie(top, detail))),
        Dress::TShirt => makers.push(Box::new(|| vec![bare_arms(build, rig, detail), neckband(top, detail)])),
    }
    make(&makers)
}

/// Corners of the box that holds strokes, with a margin, in metres.
fn bounds(strokes: &[Stroke], margin: f32) -> (Vec3, Vec3) {
    let mut low = Vec3::splat(f32::MAX);
    let mut high = Vec3::splat(f32::MIN);
    for stroke in strokes {
        let mut reach = |p: Vec3, r: f32| {
            low = low.min(p - Vec3::splat(r));
            high = high.max(p + Vec3::splat(r));
        };
        match stroke.solid {
            Solid::Cone { a, ra, b, rb } => {
                reach(a, ra);
                reach(b, rb);
            }
            Solid::Ellipsoid { centre, radii, .. } => reach(centre, radii.max_element()),
        }
    }
    (low - Vec3::splat(margin), high + Vec3::splat(margin))
}

/// How loose the upper garment is, in metres.
fn ease_m(build: &Build) -> f32 {
    match build.dress {
        Dress::Uniform | Dress::Shirt => 0.006,
        Dress::Hoodie => 0.011,
        Dress::TShirt => 0.007,
    }
}

fn top_strokes(build: &Build, rig: &Rig) -> Vec<Stroke> {
    let ease = ease_m(build);
    let mut s = Sculptor::new(build, rig, ease);
    s.blend = 0.026;
    body::trunk(&mut s);
    if build.dress == Dress::Uniform {
        // A tucked shirt sags over the belt.
        s.ball(Segment::Abdomen, [0.0, 0.026, 0.004], [0.085, 0.034, 0.058], Quat::IDENTITY);
    } else {
        // A loose hem stands off the hips.
        s.ball(Segment::Pelvis, [0.0, 0.000, -0.009], [0.090, 0.075, 0.065], Quat::IDENTITY);
        // The body of a hooded top slouches over its ribbed hem.
        if build.dress == Dress::Hoodie {
            s.ball(Segment::Pelvis, [0.0, 0.038, -0.004], [0.092, 0.034, 0.063], Quat::IDENTITY);
        }
        for x in [1.0, -1.0] {
            s.cone(Segment::Pelvis, [0.038 * x, 0.03, -0.002], 0.050, [0.044 * x, -0.06, 0.002], 0.046);
        }
    }
    for side in 0..2 {
        sleeve(&mut s, side);
    }
    if build.dress == Dress::Hoodie {
        hood(&mut s);
    }
    s.strokes
}

/// A sleeve hangs as a tube over the arm rather than following its muscles.
fn sleeve(s: &mut Sculptor, side: usize) {
    let [upper, fore] = [[Segment::UpperArmL, Segment::ForearmL], [Segment::UpperArmR, Segment::ForearmR]][side];
    let x = [1.0, -1.0][side];
    let wide = s.blend;
    s.blend = 0.022;
    // Short sleeves stand off the arm, long ones taper to it.
    let short = s.build.dress == Dress::TShirt;
    let (at_shoulder, at_elbow) = if short { (0.0300, 0.0312) } else { (0.0260, 0.0240) };
    s.ball(upper, [-0.001 * x, -0.028, 0.0], [at_shoulder + 0.001, 0.048, at_shoulder + 0.005], Quat::IDENTITY);
    s.cone(upper, [0.0, -0.03, 0.0], at_shoulder, [0.0, -0.172, -0.002], at_elbow);
    s.blend = 0.014;
    s.cone(fore, [0.0, -0.004, -0.001], 0.0255, [0.0, -0.075, 0.001], 0.0235);
    s.cone(fore, [0.0, -0.075, 0.001], 0.0235, [0.0, -0.170, 0.0], 0.0168);
    s.blend = wide;
}

/// A hood that lies on the shoulders behind the neck.
fn hood(s: &mut Sculptor) {
    s.blend = 0.012;
    for x in [1.0, -1.0] {
        s.cone(Segment::Chest, [0.010 * x, 0.130, 0.050], 0.009, [0.038 * x, 0.164, 0.014], 0.014);
        s.cone(Segment::Chest, [0.038 * x, 0.164, 0.014], 0.014, [0.038 * x, 0.176, -0.036], 0.019);
        s.cone(Segment::Chest, [0.038 * x, 0.176, -0.036], 0.019, [0.0, 0.160, -0.064], 0.021);
    }
    s.ball(Segment::Chest, [0.0, 0.118, -0.062], [0.056, 0.052, 0.026], Quat::from_rotation_x(0.25));
}

fn trouser_strokes(build: &Build, rig: &Rig) -> Vec<Stroke> {
    let mut s = Sculptor::new(build, rig, 0.008);
    s.blend = 0.024;
    s.ball(Segment::Pelvis, [0.0, 0.022, -0.008], [0.089, 0.075, 0.061], Quat::IDENTITY);
    let sag = 0.008 * build.belly;
    s.ball(Segment::Pelvis, [0.0, 0.045, 0.002 + sag], [0.089, 0.050, 0.062 + 0.5 * sag], Quat::IDENTITY);
    for side in 0..2 {
        let x = [1.0, -1.0][side];
        s.ball(Segment::Pelvis, [0.040 * x, -0.010, -0.036], [0.047, 0.052, 0.042], Quat::IDENTITY);
        body::leg(&mut s, side);
        let shin = [Segment::ShinL, Segment::ShinR][side];
        s.cone(shin, [0.0, -0.02, -0.002], 0.0295, [0.0, -0.150, -0.004], 0.0265);
        s.cone(shin, [0.0, -0.150, -0.004], 0.0265, [0.0, -0.240, 0.002], 0.0255);
    }
    s.strokes
}

impl Garment<'_> {
    fn origin(&self, segment: Segment) -> Vec3 {
        self.rig.bind[segment.index()].origin_m
    }

    fn distance(&self, p: Vec3) -> f32 {
        distance(&self.strokes, p) + folds(self.build, self.rig, p)
    }

    /// Height of the trousers' upper edge in the world.
    fn waist_y(&self) -> f32 {
        self.origin(Segment::Pelvis).y + 0.060 * self.build.height_m
    }

    /// Height of the upper garment's lower edge in the world: under the belt, or over the hips.
    fn top_hem_y(&self) -> f32 {
        let h = self.build.height_m;
        if self.build.dress == Dress::Uniform { self.waist_y() - 0.02 * h } else { self.origin(Segment::Pelvis).y + 0.030 * h }
    }

    fn top(&self, detail: f32) -> Part {
        let build = self.build;
        let h = build.height_m;
        let tucked = build.dress == Dress::Uniform;
        let hem_y = self.top_hem_y();
        let field = |p: Vec3| {
            // A tucked shirt draws in to pass under the waistband.
            let tuck = if tucked { 0.016 * smoothstep(hem_y + 0.055, hem_y + 0.015, p.y) } else { 0.0 };
            let d = smooth_max(self.distance(p) + tuck, hem_y - p.y, 0.006);
            smooth_max(d, self.beyond_cuff(p), 0.004)
        };
        let (low, high) = bounds(&self.strokes, 0.02);
        let mesh = polygonise(&Grid::even(low, high, CLOTH_CELL_M * detail), &field, 0.003, 0.52);
        let (name, reflectance) = match build.dress {
            Dress::Uniform | Dress::Shirt => ("shirt", SHIRT_REFLECTANCE),
            Dress::Hoodie => ("hoodie", HOODIE_REFLECTANCE),
            Dress::TShirt => ("t-shirt", T_SHIRT_REFLECTANCE),
        };
        let ribbed = if build.dress == Dress::Hoodie { 0.038 * h } else { 0.0 };
        let shade = |p: Vec3, n: Vec3| {
            // What looks straight out of a cuff or hem is the dark inside of the garment.
            let inside = if p.y < hem_y + 0.012 { 1.0 - 0.8 * smoothstep(-0.75, -0.97, n.y) } else { 1.0 };
            let rib = if p.y < hem_y + ribbed || self.beyond_cuff(p) > -ribbed { 0.86 } else { 1.0 };
            inside * rib * (1.0 + 0.05 * noise(p / 0.018))
        };
        Part::new("top", mesh, material(name, reflectance, 0.8, 0.02, 0.2), Region::Body, shade)
    }

    /// How far a point lies beyond the end of the sleeve, in metres; far inside where there is no arm.
    fn beyond_cuff(&self, p: Vec3) -> f32 {
        let h = self.build.height_m;
        let q = Vec3::new(p.x.abs(), p.y, p.z);
        let (segment, length) = match self.build.dress {
            Dress::TShirt => (Segment::UpperArmL, 0.105 * h),
            _ => (Segment::ForearmL, 0.146 * h),
        };
        let along = -self.rig.bind[segment.index()].inverse_point(q).y - length;
        // The trunk is no sleeve.
        let trunk = 0.125 * h - q.x;
        along.min(-trunk)
    }

    fn trousers(&self, detail: f32) -> Part {
        let h = self.build.height_m;
        let (waist_y, hem_y) = (self.waist_y(), 0.018 * h);
        let worn = self.build.dress != Dress::Uniform;
        let top_hem_y = self.top_hem_y();
        let field = |p: Vec3| {
            // Jeans sit closer than a uniform's trousers; under a loose top they draw in, so that they never show through it.
            let under = if worn { JEANS_CLOSER_M + 0.022 * smoothstep(top_hem_y - 0.005, top_hem_y + 0.050, p.y) } else { 0.0 };
            smooth_max(smooth_max(self.distance(p) + under, p.y - waist_y, 0.004), hem_y - p.y, 0.004)
        };
        let (low, high) = bounds(&self.strokes, 0.02);
        let mesh = polygonise(&Grid::even(low, high, CLOTH_CELL_M * detail), &field, 0.003, 0.52);
        let cloth = match self.build.dress {
            Dress::Uniform | Dress::Shirt => material("trousers", 0.040, 0.8, 0.02, 0.2),
            _ => material("denim", 0.070, 0.85, 0.02, 0.2),
        };
        let shade = |p: Vec3, n: Vec3| {
            let inside = if p.y < hem_y + 0.01 { 1.0 - 0.75 * smoothstep(-0.75, -0.97, n.y) } else { 1.0 };
            // Denim pales where it rubs: thighs, knees, seat.
            let knee = self.rig.bind[Segment::ShinL.index()].inverse_point(Vec3::new(p.x.abs(), p.y, p.z));
            let rubbed = if worn { 0.45 * bell(knee.y / (0.07 * h), 1.0) * smoothstep(0.0, 0.03, knee.z) } else { 0.0 };
            inside * (1.0 + rubbed + 0.07 * noise(p / 0.015))
        };
        Part::new("trousers", mesh, cloth, Region::Body, shade)
    }

    /// A shell `thick_m` over the garment within an outline: `outside(p)` is the distance beyond the outline, in metres.
    fn patch(
        &self,
        name: &'static str,
        cloth: Material,
        thick_m: f32,
        (low, high): (Vec3, Vec3),
        detail: f32,
        outside: impl Fn(Vec3) -> f32,
    ) -> Part {
        // Strokes out of reach of the box can't change the field in it.
        let (middle, reach) = ((low + high) / 2.0, (high - low).length() / 2.0 + 0.10);
        let strokes: Vec<Stroke> = self.strokes.iter().filter(|s| s.solid.distance(middle) < reach).copied().collect();
        let field = |p: Vec3| {
            let d = distance(&strokes, p) + folds(self.build, self.rig, p);
            smooth_max((d - thick_m).max(-d - 0.012), outside(p), 0.003)
        };
        let mesh = polygonise(&Grid::even(low, high, PATCH_CELL_M * detail), &field, 0.002, 0.4);
        Part::new(name, mesh, cloth, Region::Body, |p, _| 1.0 + 0.04 * noise(p / 0.012))
    }
}

/// How much closer to the skin jeans sit than a uniform's trousers, in metres.
const JEANS_CLOSER_M: f32 = 0.008;

/// Diffuse reflectance of the uniform shirt: dark cloth under a pale face, so that face and hands carry the picture.
const SHIRT_REFLECTANCE: f32 = 0.11;

/// Diffuse reflectance of the hoodie: pale cloth under a dark face, the other way round from the uniform.
const HOODIE_REFLECTANCE: f32 = 0.30;

/// Diffuse reflectance of the T-shirt, like the hoodie's.
const T_SHIRT_REFLECTANCE: f32 = 0.30;

/// Relief of creased cloth, in metres: rings where joints press it together, drag lines elsewhere.
fn folds(build: &Build, rig: &Rig, p: Vec3) -> f32 {
    let h = build.height_m;
    let loose = match build.dress {
        Dress::Uniform | Dress::Shirt => 1.0,
        Dress::Hoodie => 1.0,
        Dress::TShirt => 0.9,
    };
    let shift =
        Vec3::splat(17.3) + Vec3::new(build.seed as u32 as f32 % 97.0, 0.0, if build.who == clinch_model::Who::Cop { 0.0 } else { 41.0 });
    let mut relief = 0.0;
    for (segment, reach, amplitude) in [
        (Segment::ForearmL, 0.075, 0.0050),
        (Segment::ForearmR, 0.075, 0.0050),
        (Segment::HandL, 0.045, 0.0035),
        (Segment::HandR, 0.045, 0.0035),
        (Segment::ShinL, 0.060, 0.0028),
        (Segment::ShinR, 0.060, 0.0028),
        (Segment::FootL, 0.060, 0.0055),
        (Segment::FootR, 0.060, 0.0055),
    ] {
        let local = rig.bind[segment.index()].inverse_point(p);
        if local.y.abs() > 1.9 * reach * h {
            continue;
        }
        let near = bell(local.y / (reach * h), 1.0) * bell(local.x.hypot(local.z) / (0.08 * h), 1.0);
        if near > 0.02 {
            relief += near * amplitude * ridge(Vec3::new(local.x * 13.0, local.y * 26.0 + local.x * 14.0, local.z * 13.0) + shift);
        }
    }
    let pelvis = rig.bind[Segment::Pelvis.index()].origin_m;
    // The trunk's cloth drags down from the shoulders, gathers at the waist and radiates from the crotch.
    let waist = bell((p.y - pelvis.y - 0.09 * h) / (0.055 * h), 1.0);
    let crotch = bell((p - pelvis + Vec3::Y * 0.05 * h).length() / (0.075 * h), 1.0);
    relief += 0.0040 * waist * ridge(p * Vec3::new(8.0, 26.0, 8.0) + shift);
    relief += 0.0035 * crotch * ridge(Vec3::new(p.x * 9.0, (p.y - p.x.abs() * 0.6) * 30.0, p.z * 9.0) + shift);
    relief += 0.0022 * ridge(Vec3::new(p.x * 17.0 - p.y * 6.0, p.y * 9.0, p.z * 17.0) + shift);
    relief += 0.0040 * noise(Vec3::new(p.x * 13.0 + p.y * 4.0, p.y * 6.0, p.z * 13.0) + shift);
    relief * loose
}

/// Noise with sharp crests and round valleys, −1..1, crests inward being rare: cloth folds are ridges between hollows.
fn ridge(p: Vec3) -> f32 {
    let n = noise(p);
    2.0 * n.abs() - 0.8 + 0.3 * noise(p * 2.1)
}

fn v(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3::new(x, y, z)
}

fn flat(x: f32, y: f32) -> Vec2 {
    Vec2::new(x, y)
}

/// A place in the chest's frame, mirrored to the left, as shares of the height.
fn on_chest(garment: &Garment, p: Vec3) -> Vec3 {
    let q = p - garment.origin(Segment::Chest);
    v(q.x.abs(), q.y, q.z) / garment.build.height_m
}

/// A box in the chest's frame, as shares of the height, in the world in metres.
fn chest_box(garment: &Garment, low: Vec3, high: Vec3) -> (Vec3, Vec3) {
    let (chest, h) = (garment.origin(Segment::Chest), garment.build.height_m);
    (chest + low * h, chest + high * h)
}

/// Collar, pockets with their flaps, and placket of a uniform shirt.
fn fronts(top: &Garment, detail: f32) -> Vec<Part> {
    let h = top.build.height_m;
    let shirt = material("shirt", SHIRT_REFLECTANCE, 0.8, 0.02, 0.2);
    // Distance outside an outline drawn on the chest's front, and behind a frontal plane.
    let beyond = |outline: &[Vec2], least_z: f32, p: Vec3| {
        let q = on_chest(top, p);
        polygon_distance(outline, q.truncate()).max(least_z - q.z) * h
    };
    let leaf = [flat(0.003, 0.146), flat(0.030, 0.176), flat(0.041, 0.136), flat(0.026, 0.110)];
    let pocket = [flat(0.026, 0.088), flat(0.070, 0.088), flat(0.070, 0.040), flat(0.048, 0.033), flat(0.026, 0.040)];
    let flap = [flat(0.024, 0.091), flat(0.072, 0.091), flat(0.072, 0.074), flat(0.048, 0.067), flat(0.024, 0.074)];
    let placket = [flat(-1.0, 0.128), flat(0.0085, 0.128), flat(0.0085, -1.0), flat(-1.0, -1.0)];
    let around = chest_box(top, v(-0.085, 0.02, 0.02), v(0.085, 0.10, 0.13));
    let neck = chest_box(top, v(-0.05, 0.09, -0.01), v(0.05, 0.19, 0.12));
    let middle = chest_box(top, v(-0.02, -0.075, 0.0), v(0.02, 0.140, 0.13));
    let mut parts = vec![
        collar(top, 0.016, 0.017, &shirt, detail),
        top.patch("collar", shirt.clone(), 0.006, neck, detail, |p| beyond(&leaf, -0.005, p)),
        top.patch("pockets", shirt.clone(), 0.0030, around, detail, |p| beyond(&pocket, 0.02, p)),
        top.patch("flaps", shirt.clone(), 0.0055, around, detail, |p| beyond(&flap, 0.02, p)),
        top.patch("placket", shirt, 0.0030, middle, detail, |p| beyond(&placket, 0.01, p)),
    ];
    parts[2].shade.iter_mut().for_each(|s| *s *= 0.93);
    parts
}

/// Epaulettes and badge.
fn insignia(top: &Garment, detail: f32) -> Vec<Part> {
    let h = top.build.height_m;
    let dark = material("epaulette", 0.06, 0.7, 0.02, 0.1);
    let strap = [flat(0.050, -0.018), flat(0.112, -0.015), flat(0.112, 0.011), flat(0.050, 0.012), flat(0.045, -0.003)];
    let shoulders = chest_box(top, v(-0.125, 0.11, -0.04), v(0.125, 0.20, 0.04));
    let over = |p: Vec3| {
        let q = on_chest(top, p);
        polygon_distance(&strap, flat(q.x, q.z)).max(0.118 - q.y) * h
    };
    let shield = [flat(0.040, 0.118), flat(0.049, 0.122), flat(0.058, 0.118), flat(0.057, 0.104), flat(0.049, 0.096), flat(0.041, 0.104)];
    // Over the heart only.
    let heart = chest_box(top, v(0.03, 0.09, 0.0), v(0.07, 0.13, 0.12));
    let badge = |p: Vec3| {
        let q = on_chest(top, p);
        polygon_distance(&shield, q.truncate()).max(0.01 - q.z) * h
    };
    vec![top.patch("epaulettes", dark, 0.005, shoulders, detail, over), top.patch("badge", metal(), 0.006, heart, 0.6 * detail, badge)]
}

/// Dulled metal of badge and buckle.
fn metal() -> Material {
    material("badge", 0.50, 0.25, 0.10, 0.0)
}

fn belt(trousers: &Garment, detail: f32) -> Vec<Part> {
    let middle = trousers.waist_y() - 0.020;
    let around = |p: Vec3| (p.y - middle).abs() - 0.021;
    let reach = 0.15 * trousers.build.girth_m;
    let leather = material("leather", 0.03, 0.35, 0.045, 0.0);
    let ring = (v(-reach, middle - 0.03, -reach), v(reach, middle + 0.03, reach));
    let buckle = |p: Vec3| ((p.y - middle).abs() - 0.024).max(p.x.abs() - 0.030).max(-p.z);
    let front = (v(-0.04, middle - 0.035, 0.0), v(0.04, middle + 0.035, reach));
    vec![
        trousers.patch("belt", leather, 0.007, ring, 1.3 * detail, around),
        trousers.patch("buckle", metal(), 0.011, front, 0.8 * detail, buckle),
    ]
}

/// A band round the neck that leans forward; half its height and its distance from the neck as shares of height and metres.
fn collar(top: &Garment, half_height: f32, off_m: f32, cloth: &Material, detail: f32) -> Part {
    let h = top.build.height_m;
    let nape = top.origin(Segment::Head);
    let neck = 0.032 * top.build.girth_m.min(1.02 * h) - 0.003;
    let lean = v(0.0, 0.90, 0.436);
    let centre = nape + v(0.0, 0.016, 0.004) * h;
    let field = |p: Vec3| {
        let q = p - centre;
        let height = q.dot(lean);
        let across = (q - lean * height) / v(1.0, 1.0, 1.04);
        let wide = neck + off_m - 0.12 * height.max(-0.03);
        smooth_max(across.length() - wide, height.abs() - half_height * h, 0.005) + 0.0012 * noise(p * 30.0)
    };
    let reach = Vec3::splat(0.12);
    let mesh = polygonise(&Grid::even(centre - reach, centre + reach, 0.007 * detail), &field, 0.002, 0.5);
    let shade = |p: Vec3, n: Vec3| {
        // The upper face is the gap between cloth and neck.
        if (p - centre).dot(lean) > 0.0 { 1.0 - 0.55 * smoothstep(0.7, 0.97, n.dot(lean)) } else { 1.0 }
    };
    Part::new("collar", mesh, cloth.clone(), Region::Body, shade)
}

/// Pouch, strings and neckline of a hooded top.
fn hoodie(top: &Garment, detail: f32) -> Vec<Part> {
    let h = top.build.height_m;
    let pelvis = top.origin(Segment::Pelvis);
    let chest = top.origin(Segment::Chest);
    let cloth = material("hoodie", HOODIE_REFLECTANCE, 0.8, 0.02, 0.2);
    let front = |p: Vec3| flat(p.x.abs(), p.y - pelvis.y) / h;
    let pouch = [flat(0.0, 0.105), flat(0.048, 0.105), flat(0.078, 0.050), flat(0.078, 0.012), flat(0.0, 0.012)];
    let (low, high) = (pelvis + v(-0.10, 0.0, 0.0) * h, pelvis + v(0.10, 0.125, 0.14) * h);
    let mut pocket =
        top.patch("pouch", cloth, 0.006, (low, high), 1.2 * detail, |p| (polygon_distance(&pouch, front(p)) * h).max(pelvis.z - p.z));
    pocket.shade.iter_mut().for_each(|s| *s *= 0.93);
    // The strings lie on the cloth, so each bead of them is drawn up to its surface.
    let mut strokes = Vec::new();
    for (x, length) in [(0.016, 0.085), (-0.018, 0.075)] {
        let bead = |t: f32| {
            let mut p = chest + v(x * (1.0 + 0.3 * t), 0.128 - length * t, 0.10) * h;
            for _ in 0..24 {
                p.z -= (top.distance(p) - 0.002).clamp(-0.02, 0.02);
            }
            p
        };
        for k in 0..8 {
            strokes.push(Stroke {
                solid: Solid::Cone { a: bead(k as f32 / 8.0), ra: 0.0042, b: bead((k + 1) as f32 / 8.0), rb: 0.0042 },
                join: Join::Add,
                blend: 0.002,
            });
        }
    }
    let (low, high) = bounds(&strokes, 0.012);
    let mesh = polygonise(&Grid::even(low, high, 0.0055 * detail), &|p| distance(&strokes, p), 0.001, 0.8);
    let cord = material("cord", 0.42, 0.7, 0.02, 0.1);
    vec![pocket, Part::new("strings", mesh, cord, Region::Body, |_, _| 1.0)]
}

fn neckband(top: &Garment, detail: f32) -> Part {
    collar(top, 0.006, 0.012, &material("t-shirt", T_SHIRT_REFLECTANCE, 0.8, 0.02, 0.2), detail)
}

fn bare_arms(build: &Build, rig: &Rig, detail: f32) -> Part {
    let mut s = Sculptor::new(build, rig, 0.0);
    body::arm(&mut s, 0);
    body::arm(&mut s, 1);
    let strokes = s.strokes;
    let (low, high) = bounds(&strokes, 0.02);
    let sleeve = rig.bind[Segment::UpperArmL.index()];
    // The shoulder stays under the shirt; the arm begins within the sleeve.
    let hidden = |p: Vec3| sleeve.inverse_point(Vec3::new(p.x.abs(), p.y, p.z)).y + 0.075 * build.height_m;
    let field = |p: Vec3| smooth_max(distance(&strokes, p), hidden(p), 0.004);
    let mesh = polygonise(&Grid::even(low, high, 0.011 * detail), &field, 0.003, 0.6);
    Part::new("arms", mesh, material("skin", build.skin_reflectance, 0.42, 0.035, 0.05), Region::Body, |_, _| 1.0)
}

/// Boots or sneakers, their soles on the undersides of the feet's boxes.
fn shoes(build: &Build, rig: &Rig, skeleton: &Skeleton, detail: f32) -> Vec<Part> {
    let Shape::Cuboid { centre_m, half_m } = skeleton.shape[Segment::FootL.index()] else { return Vec::new() };
    let h = build.height_m;
    let boots = build.dress == Dress::Uniform;
    let low = centre_m.y - half_m.y;
    let origin = rig.bind[Segment::FootL.index()].origin_m;
    let upper = upper_strokes(h, centre_m, half_m, boots);
    let top_y = low + if boots { 0.095 } else { 0.050 } * h;
    let sole_m = if boots { 0.014 } else { 0.011 } * h;
    let outline = |p: Vec3| sole_outline(p, centre_m, half_m);
    let leather = |p: Vec3| {
        let d = smooth_max(distance(&upper, p), outline(p) + 0.003, 0.010);
        smooth_max(smooth_max(d, low + 0.004 - p.y, 0.001), p.y - top_y, 0.004) + 0.0012 * noise(p * v(20.0, 45.0, 45.0))
    };
    let rubber = |p: Vec3| {
        smooth_max(
            smooth_max(outline(p), low - p.y, 0.0015),
            p.y - low - sole_m * (1.0 - 0.25 * smoothstep(0.4, 0.9, (p.z - centre_m.z) / half_m.z)),
            0.002,
        )
    };
    let (from, to) = bounds(&upper, 0.014);
    let (from, to) = (v(from.x, low - 0.012, centre_m.z - half_m.z - 0.014), v(to.x, top_y + 0.014, centre_m.z + half_m.z + 0.014));
    let mut parts = Vec::new();
    let (skin, sole) = if boots {
        (material("leather", 0.03, 0.33, 0.045, 0.0), material("rubber", 0.025, 0.6, 0.03, 0.0))
    } else {
        (material("canvas", 0.09, 0.7, 0.02, 0.1), material("rubber", 0.42, 0.6, 0.03, 0.0))
    };
    let grid = Grid::even(from, to, 0.0105 * detail);
    let low_grid = Grid::even(from.with_x(-0.08), v(0.08, low + sole_m + 0.014, to.z), 0.0090 * detail);
    for (name, mesh, made_of) in
        [("upper", polygonise(&grid, &leather, 0.002, 0.7), skin), ("sole", polygonise(&low_grid, &rubber, 0.001, 0.6), sole)]
    {
        let mut part = Part::new(name, mesh, made_of, Region::Shoe(0), |p, _| 1.0 + 0.08 * noise(p / 0.02));
        part.mesh.position_m.iter_mut().for_each(|p| *p += origin);
        parts.push(part.mirrored());
        parts.push(part);
    }
    parts
}

/// The leather over the foot, in the left foot's frame, in metres.
fn upper_strokes(h: f32, centre_m: Vec3, half_m: Vec3, boots: bool) -> Vec<Stroke> {
    let (low, heel, toe) = (centre_m.y - half_m.y, centre_m.z - half_m.z, centre_m.z + half_m.z);
    let at = |x: f32, y: f32, z: f32| v(x * h, low + y * h, z);
    let mut strokes = Vec::new();
    let mut add = |a: Vec3, ra: f32, b: Vec3, rb: f32| {
        strokes.push(Stroke { solid: Solid::Cone { a, ra: ra * h, b, rb: rb * h }, join: Join::Add, blend: 0.020 * h });
    };
    // Heel, ball and toe, instep, ankle.
    add(at(0.0, 0.020, heel + 0.021 * h), 0.0195, at(0.0, 0.022, heel + 0.060 * h), 0.0200);
    add(at(0.002, 0.016, heel + 0.085 * h), 0.0235, at(0.003, 0.012, toe - 0.022 * h), 0.0190);
    add(at(0.0, 0.042, heel + 0.035 * h), 0.0200, at(0.001, 0.024, heel + 0.092 * h), 0.0150);
    let shaft = if boots { 0.120 } else { 0.060 };
    add(at(0.0, 0.032, heel + 0.034 * h), 0.0215, at(0.0, shaft, heel + 0.036 * h), if boots { 0.0245 } else { 0.0215 });
    strokes
}

/// Distance beyond a sole's outline, seen from above: round at heel and toe, waisted between, the inner edge straighter.
fn sole_outline(p: Vec3, centre_m: Vec3, half_m: Vec3) -> f32 {
    let (heel, toe) = (centre_m.z - half_m.z, centre_m.z + half_m.z);
    let length = toe - heel;
    let t = ((p.z - heel) / length).clamp(0.0, 1.0);
    let wide = half_m.x * (0.72 + 0.26 * smoothstep(0.30, 0.72, t) - 0.06 * bell(t - 0.38, 0.12));
    // Circles round both ends, an axis in between that runs a little outward to the toes.
    let (back, ahead) = (heel + wide.min(0.72 * half_m.x), toe - 0.80 * half_m.x);
    let x = p.x - 0.06 * half_m.x * smoothstep(0.2, 0.8, t);
    let end = if p.z < back { back - p.z } else { (p.z - ahead).max(0.0) };
    let radius = if p.z < back {
        0.72 * half_m.x
    } else if p.z > ahead {
        0.80 * half_m.x
    } else {
        wide
    };
    let squeeze = if p.z > ahead { wide / radius } else { 1.0 };
    (x / squeeze).hypot(end) - radius
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sole_lies_within_its_box() {
        let (centre_m, half_m) = (v(0.0, -0.04, 0.07), v(0.05, 0.035, 0.14));
        for i in 0..2000 {
            let (x, z) = ((i % 40) as f32 * 0.005 - 0.1, (i / 40) as f32 * 0.01 - 0.2);
            let p = v(x, centre_m.y, z + centre_m.z);
            if sole_outline(p, centre_m, half_m) < 0.0 {
                assert!((p - centre_m).x.abs() < half_m.x + 0.004 && (p - centre_m).z.abs() <= half_m.z + 1e-4, "{p}");
            }
        }
        assert!(sole_outline(centre_m, centre_m, half_m) < -0.02);
    }
}
