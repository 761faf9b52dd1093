//! Cuts: how many locks, how long, where they lie and how they curl.

use super::{
    Ground, Scalp,
    mixture::Mixture,
    ribbon::{Lock, Root},
};
use crate::{
    figure::Figure,
    landmarks,
    noise::{Stream, ramp, value},
};
use clinch_model::treatment::HairStyle;
use glam::{Quat, Vec3};
use std::f32::consts::TAU;

/// The whorl that hair grows away from, on the base mesh.
const WHORL: Vec3 = Vec3::new(0.012, 0.842, 0.002);

/// Where a bun is tied, on the base mesh.
const TIE: Vec3 = Vec3::new(0.0, 0.795, -0.034);

/// How far the middle of a bun's knot is from the skin, as a share of its radius.
const KNOT_OUT: f32 = 0.6;

/// Side of the parting, on the base mesh.
const PARTING_X_M: f32 = 0.030;

/// Share of their length up to which curls are a mass; beyond it single curls show.
const CURLS_MASS: f32 = 0.38;

/// Length below which hair is stubble, which takes more and finer locks to hide the skin, and above which it is none, in metres.
const STUBBLE_M: [f32; 2] = [0.003, 0.007];

/// A cut for one person.
pub struct Cut {
    style: HairStyle,
    length_m: f32,
    /// About how many locks where hair grows fully.
    pub locks: usize,
    /// Width of a lock at its root.
    pub width_m: f32,
    /// Share of the length up to which the hair is a mass that hides the scalp; none for hair that lies on it.
    pub mass: Option<f32>,
    /// Height in metres at which the mass is wholly out of the scalp, and how uneven it looks, 0..1.
    pub step_m: f32,
    pub lumps: f32,
    pieces: usize,
    /// 0 lies on the scalp .. 1 stands up.
    lift: f32,
    /// Radius of curls and length of one turn along the lock.
    curl_m: Option<(f32, f32)>,
    /// This person's mean way from the base mesh.
    shift: Vec3,
    /// Where a bun is tied, on this person's skin.
    tie_m: Vec3,
}

impl Cut {
    /// Reads a person.
    pub fn of(figure: &Figure) -> Self {
        let style = figure.spec.hair.style;
        let length_m = figure.spec.hair.length_mm / 1000.0;
        let (locks, width_m, pieces, lift) = match style {
            HairStyle::Shaved => (0, 0.0, 1, 0.0),
            HairStyle::Cropped => (15000, 0.00075, 2, 0.62),
            HairStyle::Short => (16000, 0.00085, 2, 0.16),
            HairStyle::SidePart => (10500, 0.0010, 3, 0.14),
            HairStyle::Afro => (8000, 0.0011, 3, 0.92),
            HairStyle::Curls => (2000, 0.0026, 12, 0.60),
            HairStyle::Bun => (3900, 0.0023, 6, 0.0),
            HairStyle::Bob => (3000, 0.0030, 9, 0.04),
        };
        // Longer hair needs a mass under it sooner.
        let mass = match style {
            HairStyle::Afro => Some(0.72),
            HairStyle::Curls => Some(CURLS_MASS),
            HairStyle::Bun => Some((0.0038 / length_m).min(0.5)),
            HairStyle::Bob => Some((0.0038 / length_m).min(0.5)),
            _ => None,
        };
        let lying = matches!(style, HairStyle::Bun | HairStyle::Bob);
        let (step_m, lumps) = if lying { (0.0045, 0.3) } else { (0.0110, 1.0) };
        let curl_m = match style {
            HairStyle::Cropped if figure.spec.ancestry.african > 0.4 => Some((0.0011, 0.006)),
            _ => None,
        };
        let body = figure.human.body_vertices();
        let head: Vec<usize> = body.filter(|&v| figure.human.position_m[v].y > 0.70).collect();
        let near = |v: &usize| figure.human.position_m[*v].distance_squared(TIE);
        let tied = head.iter().copied().min_by(|a, b| near(a).total_cmp(&near(b)));
        let tie_m = tied.map_or(TIE, |v| figure.position_m[v]);
        let shift = head.iter().map(|&v| figure.position_m[v] - figure.human.position_m[v]).sum::<Vec3>() / head.len().max(1) as f32;
        Self { style, length_m, locks, width_m, mass, step_m, lumps, pieces, lift, curl_m, shift, tie_m }
    }

    /// Length of hair at a place on the base mesh, in metres: shorter at sides and nape.
    pub fn length_m(&self, c: Vec3) -> f32 {
        let top = ramp(c.y, 0.755, 0.815);
        let edge = ramp(c.y, 0.665, 0.71);
        match self.style {
            HairStyle::Short => self.length_m * (0.30 + 0.70 * top) * (0.4 + 0.6 * edge),
            HairStyle::SidePart => self.length_m * (0.22 + 0.78 * top) * (0.35 + 0.65 * edge),
            HairStyle::Cropped => self.length_m * (0.35 + 0.65 * top) * (0.35 + 0.65 * edge),
            HairStyle::Afro => {
                // Up to 45 mm it is worn with faded sides; longer it is round.
                let fade = ramp(self.length_m, 0.060, 0.040);
                let side = ramp(c.y, 0.716, 0.812).powf(1.4);
                let begin = 0.35 + 0.65 * ramp(landmarks::inside_hairline_m(c, 0.0), 0.0, 0.016);
                self.length_m * begin * ((1.0 - fade) * (0.45 + 0.55 * ramp(c.y, 0.70, 0.79)) + fade * (0.05 + 0.95 * side))
            }
            HairStyle::Curls => self.length_m * (0.55 + 0.45 * top),
            _ => self.length_m,
        }
    }

    /// How densely locks stand at a place, 0..1, and how wide they are against those of long hair.
    pub fn thickness(&self, c: Vec3) -> (f32, f32) {
        match self.style {
            HairStyle::Afro => {
                let stubble = ramp(self.length_m(c), STUBBLE_M[1], STUBBLE_M[0]);
                (0.55 + 0.45 * stubble, 1.0 - 0.55 * stubble)
            }
            // Before the ears only a few hairs are long enough to be tied.
            HairStyle::Bun => (1.0 - 0.8 * ramp(c.z, 0.054, 0.060) * ramp(c.y, 0.742, 0.736), 1.0),
            _ => (1.0, 1.0),
        }
    }

    /// Where hair lies at a place, along the skin.
    fn way(&self, p: Vec3, c: Vec3, normal: Vec3) -> Vec3 {
        let whorl = c - WHORL;
        let grown = whorl - Vec3::Y * 0.02 * ramp(c.y, 0.80, 0.74);
        let top = ramp(c.y, 0.785, 0.815);
        let way = match self.style {
            HairStyle::SidePart | HairStyle::Short => {
                let front = ramp(c.z, 0.085, 0.115) * ramp(c.y, 0.770, 0.790);
                // The hair beside the parting lies along it, else the parting gapes.
                let left = ramp(c.x + 0.002 * value(c, 0.012, 77), PARTING_X_M - 0.006, PARTING_X_M + 0.004);
                let swept =
                    Vec3::new(-1.0, 0.10 * front, -0.25).lerp(Vec3::new(0.8, -0.6, -0.15), left) - Vec3::Z * (2.4 * left * (1.0 - left));
                let share = if self.style == HairStyle::SidePart { 1.0 } else { 0.70 };
                grown.normalize_or(Vec3::Z).lerp(swept, share * top.max(front) * ramp(c.z, -0.02, 0.05))
            }
            HairStyle::Bun => self.tie_m - p,
            HairStyle::Bob => {
                // As at a side parting.
                let left = ramp(c.x + 0.002 * value(c, 0.012, 77), -0.002, 0.014);
                let (side, along) = (2.0 * left - 1.0, 2.4 * left * (1.0 - left));
                let front = ramp(c.z, 0.085, 0.115);
                grown
                    .normalize_or(Vec3::Z)
                    .lerp(Vec3::new(side, -0.5, -0.2 - 0.4 * front - along), 0.95 * top.max(front) * ramp(c.z, -0.01, 0.05))
            }
            _ => grown,
        };
        (way - normal * way.dot(normal)).normalize_or(Vec3::NEG_Y)
    }

    /// The middle line of a lock.
    pub fn lock(&self, root: &Root, scalp: &Scalp, random: &mut Stream, seed: u32) -> Vec<Vec3> {
        let clump = 1.0 + 0.25 * value(root.canon_m, 0.008, seed + 5);
        let length = self.length_m(root.canon_m) * (0.72 + 0.4 * random.unit()) * clump;
        match self.style {
            HairStyle::Afro if length > 0.005 => return coil(root, length, random),
            HairStyle::Curls => return ringlet(root, length, random),
            HairStyle::Bun => return self.tied(root, scalp, random, seed),
            _ => {}
        }
        let step = length / self.pieces as f32;
        let wander =
            Vec3::new(value(root.canon_m, 0.010, seed + 6), value(root.canon_m, 0.010, seed + 7), value(root.canon_m, 0.010, seed + 8))
                * 0.28
                + Vec3::new(random.spread(), random.spread(), random.spread()) * 0.12;
        let phase = random.unit() * TAU;
        let lift = self.lift * (0.75 + 0.5 * random.unit());
        let mut line = vec![root.at_m - root.normal * 0.0005];
        let (mut p, mut normal, mut canon) = (root.at_m, root.normal, root.canon_m);
        let begin = landmarks::inside_hairline_m(root.canon_m, 0.0);
        let loose = if self.style == HairStyle::Bob { 0.45 } else { 1.0 };
        let mut free = false;
        for piece in 1..=self.pieces {
            let t = piece as f32 / self.pieces as f32;
            let way = self.way(p, canon, normal);
            let up = lift * (1.0 - 0.5 * t * (1.0 - self.lift));
            let heavy = Vec3::NEG_Y * self.weight(t);
            let d = if free {
                Vec3::NEG_Y + wander * 0.3
            } else {
                way * (1.0 - up) + normal * up + wander * loose + heavy + beside_face(canon, self.style)
            };
            p += d.normalize_or(normal) * step;
            let clearance = 0.0006 + self.layer_m(begin) * (0.3 + 0.7 * ((random.unit() + t) * 0.5)) * (1.0 - up);
            p = scalp.clear(p, clearance);
            if self.style == HairStyle::Bob {
                p = scalp.below(p, clearance + 0.008);
            }
            free = false;
            match scalp.near(p) {
                Some(near) => (normal, canon) = near,
                None => free = self.style == HairStyle::Bob,
            }
            line.push(p);
            if self.style == HairStyle::Bob && (p - self.shift).y < 0.628 + 0.004 * random.spread() {
                break;
            }
        }
        self.curl(&mut line, root, phase, length, scalp, random);
        line
    }

    /// A lock combed over the scalp to the tie, lying on the hair beneath it.
    fn tied(&self, root: &Root, scalp: &Scalp, random: &mut Stream, seed: u32) -> Vec<Vec3> {
        let wander = value(root.canon_m, 0.012, seed + 6) * 0.12 + random.spread() * 0.05;
        // It rises with the hair beneath it; as low as at its root it would go under the mass.
        let rise = 0.55 + 0.45 * random.unit();
        let mut inside_m = landmarks::inside_hairline_m(root.canon_m, 0.0);
        let mut line = vec![root.at_m - root.normal * 0.0005];
        let (mut p, mut normal) = (root.at_m, root.normal);
        for piece in 1..=self.pieces {
            let left = (self.pieces - piece + 1) as f32;
            // A little longer than straight steps, for the head's roundness.
            let step = p.distance(self.tie_m) / left * 1.04;
            let way = self.way(p, root.canon_m, normal);
            let aside = normal.cross(way) * (wander * (left - 1.0) / self.pieces as f32);
            p += (way + aside).normalize_or(way) * step;
            if let Some(near) = scalp.near(p) {
                normal = near.0;
                inside_m = inside_m.max(landmarks::inside_hairline_m(near.1, 0.0));
            }
            p = scalp.held(p, 0.0008 + self.layer_m(inside_m) * rise);
            line.push(p);
            if p.distance(self.tie_m) < 0.012 {
                break;
            }
        }
        line
    }

    /// How strongly a lock falls, against the strength of its comb.
    fn weight(&self, t: f32) -> f32 {
        match self.style {
            HairStyle::Bob => 0.25 + 0.9 * t,
            HairStyle::SidePart => 0.10 * t,
            _ => 0.0,
        }
    }

    /// Thickness of the lying hair over the scalp, growing from the hairline.
    fn layer_m(&self, begin_m: f32) -> f32 {
        let most = match self.style {
            HairStyle::Short => 0.0030,
            HairStyle::SidePart => 0.0075,
            HairStyle::Bun => 0.0062,
            HairStyle::Bob => 0.0120,
            HairStyle::Cropped => 0.0010,
            _ => 0.0,
        };
        most * ramp(begin_m, -0.002, 0.022) * (self.length_m / 0.014).min(1.0)
    }

    /// Winds a line about itself; the root stays.
    fn curl(&self, line: &mut [Vec3], root: &Root, phase: f32, length: f32, scalp: &Scalp, random: &mut Stream) {
        let Some((radius, turn)) = self.curl_m else { return };
        let turns = length / turn;
        let count = line.len() - 1;
        let out = (line[count] - line[0]).normalize_or(root.normal);
        let (a, b) = out.any_orthonormal_pair();
        for (i, p) in line.iter_mut().enumerate().skip(1) {
            let t = i as f32 / count as f32;
            let angle = phase + t * turns * TAU;
            let r = radius * (t * 2.5).min(1.0) * (0.7 + 0.6 * random.unit());
            *p = scalp.clear(*p + a * (r * angle.cos()) + b * (r * angle.sin()), 0.0006);
        }
    }
}

/// Long hair is kept off the face: outward and back where it would hang before it.
fn beside_face(c: Vec3, style: HairStyle) -> Vec3 {
    if style != HairStyle::Bob {
        return Vec3::ZERO;
    }
    let face = ramp(c.z, 0.075, 0.105) * ramp(c.y, 0.805, 0.785);
    Vec3::new(1.0 * if c.x > 0.0 { 1.0 } else { -1.0 }, 0.0, -1.2) * face
}

/// A coil at the surface of hair that stands off the head; straight up to there, where the mass hides it.
fn coil(root: &Root, length: f32, random: &mut Stream) -> Vec<Vec3> {
    let spread = Vec3::new(random.spread(), random.spread(), random.spread());
    let axis = (root.normal + spread * 0.9).normalize_or(root.normal);
    let base = root.at_m + (root.normal + spread * 0.15) * (length * (0.50 + 0.20 * random.unit()));
    let (a, b) = axis.any_orthonormal_pair();
    let (phase, hand) = (random.unit() * TAU, if random.unit() < 0.5 { -1.0 } else { 1.0 });
    let radius = (0.0017 + 0.0014 * random.unit()).min(length * 0.22);
    let rise = (0.34 * length / 6.0).min(0.0016);
    let wound = (0..7).map(|i| {
        let angle = phase + hand * 0.95 * i as f32;
        base + axis * (rise * i as f32) + (a * angle.cos() + b * angle.sin()) * radius
    });
    std::iter::once(root.at_m - root.normal * 0.0005).chain(wound).collect()
}

/// A curl that springs from the mass under it, turns about an axis and hangs from there.
fn ringlet(root: &Root, length: f32, random: &mut Stream) -> Vec<Vec3> {
    const POINTS: usize = 13;
    let spread = Vec3::new(random.spread(), random.spread(), random.spread());
    let out = (root.normal + spread * 0.35).normalize_or(root.normal);
    // At the hairline they begin at the skin, as the mass does.
    let begin = 0.15 + 0.85 * ramp(landmarks::inside_hairline_m(root.canon_m, 0.0), 0.0, 0.020);
    let base = root.at_m + out * (length * CURLS_MASS * begin * (0.70 + 0.25 * random.unit()));
    let (a, b) = out.any_orthonormal_pair();
    let (phase, hand) = (random.unit() * TAU, if random.unit() < 0.5 { -1.0 } else { 1.0 });
    let radius = (0.0036 + 0.0030 * random.unit()).min(length * 0.10);
    let turn = hand * (0.85 + 0.35 * random.unit());
    let reach = length * 0.34 / POINTS as f32;
    let mut middle = base;
    let wound = (0..POINTS).map(|i| {
        let t = i as f32 / POINTS as f32;
        middle += (out + Vec3::NEG_Y * (1.5 * t)).normalize_or(out) * reach;
        let angle = phase + turn * i as f32;
        middle + (a * angle.cos() + b * angle.sin()) * (radius * (0.6 + 0.6 * t))
    });
    std::iter::once(root.at_m - root.normal * 0.0005).chain(wound).collect()
}

/// The knot of a bun: locks wound about a ball at the back of the head.
pub fn knot(figure: &Figure, cut: &Cut, scalp: &Scalp, ground: &Ground, random: &mut Stream) -> Vec<Lock> {
    if cut.style != HairStyle::Bun {
        return Vec::new();
    }
    let nearest = ground.head.iter().min_by(|a, b| {
        let distance = |t: &[u32; 3]| ground.skin.position_m[t[0] as usize].distance(cut.tie_m);
        distance(a).total_cmp(&distance(b))
    });
    let Some(&corners) = nearest else { return Vec::new() };
    let normal = scalp.normal(corners[0]);
    let root = Root { corners, shares: [1.0, 0.0, 0.0], at_m: cut.tie_m, canon_m: TIE, normal };
    let radius = 0.020 + 0.022 * (figure.spec.hair.length_mm / 350.0) * figure.spec.hair.density;
    let centre = ground.skin.position_m[corners[0] as usize] + normal * (radius * KNOT_OUT);
    let around = Quat::from_rotation_arc(Vec3::Z, normal);
    let mut locks = Vec::new();
    let mut whites = super::stream(figure, "white locks of a knot");
    for i in 0..900 {
        // Great circles, all leaning the same way, as hair wound about a centre.
        let tilt = 0.20 + 1.35 * random.unit();
        let lean = Quat::from_rotation_z(TAU * i as f32 / 900.0) * Quat::from_rotation_x(tilt);
        let start = TAU * random.unit();
        let r = radius * (0.88 + 0.14 * random.unit());
        let at = |k: usize| {
            let angle = start + 0.28 * k as f32;
            let round = lean * Vec3::new(angle.cos(), angle.sin(), 0.0) * r;
            centre + around * (round * Vec3::new(1.0, 1.0, 0.8))
        };
        let points: Vec<Vec3> = (0..6).map(at).collect();
        let facing = Root { normal: (points[2] - centre).normalize_or(normal), ..root.clone() };
        let shade = 0.9 + 0.27 * random.spread();
        let mixture = Mixture::near(figure.spec.hair.grey, whites.unit());
        locks.push(Lock { root: facing, points, width_m: 0.0018, shade, mixture });
    }
    locks
}
