//! Shoes: lasts around the feet, as stacks of rounded convex contours over soles.

use super::{
    smoothstep,
    trim::{Frame, Ground},
};
use crate::{
    figure::Figure,
    part::{Part, material},
    rig::{LEG, Sum, Weights},
};
use glam::{Vec2, Vec3};
use std::f32::consts::TAU;

/// Points of half a contour, from heel to toe.
const HALF: usize = 26;

/// Directions in which a contour is measured.
const DIRECTIONS: usize = 96;

/// Height between two contours of the upper, in metres.
const LEVEL_M: f32 = 0.0045;

/// How a kind of shoe is made; metres.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Sole under the foot.
    pub sole_m: f32,
    /// Top of the shaft over the ground at a person of 1.8 m.
    pub top_m: f32,
    /// Leather and stuffing around the foot.
    pub wall_m: f32,
    /// How far the sole stands out beyond the upper.
    pub welt_m: f32,
    /// How far the underside is raised before the heel.
    pub arch_m: f32,
    /// How far the tip of the sole is raised.
    pub spring_m: f32,
    /// Whether it is a sneaker: pale sole and cap.
    pub sneaker: bool,
}

/// Boots that end above the ankle.
pub const BOOT: Kind = Kind { sole_m: 0.026, top_m: 0.185, wall_m: 0.0075, welt_m: 0.004, arch_m: 0.013, spring_m: 0.007, sneaker: false };
/// Low sneakers.
pub const SNEAKER: Kind =
    Kind { sole_m: 0.024, top_m: 0.105, wall_m: 0.0085, welt_m: 0.003, arch_m: 0.002, spring_m: 0.009, sneaker: true };
/// Plain laced shoes.
pub const SHOE: Kind = Kind { sole_m: 0.020, top_m: 0.098, wall_m: 0.006, welt_m: 0.004, arch_m: 0.011, spring_m: 0.006, sneaker: false };

/// A foot as its shoe sees it.
pub struct Last {
    side: usize,
    kind: Kind,
    /// On the ground under the ankle.
    origin_m: Vec3,
    /// Unit, level: towards the toes, and to the person's left.
    ahead: Vec3,
    left: Vec3,
    /// Foot in this frame: ahead, left, up.
    points: Vec<Vec3>,
    /// Where the ball is, ahead of the ankle.
    ball_m: f32,
    top_m: f32,
}

impl Last {
    /// Measures a foot.
    pub fn new(figure: &Figure, side: usize, kind: Kind) -> Self {
        let letter = ["l", "r"][side];
        let ankle = figure.joints.at(&format!("{letter}-ankle"));
        let toe = figure.joints.at(&format!("{letter}-toe-2-1"));
        let ahead = Vec3::new(toe.x - ankle.x, 0.0, toe.z - ankle.z).normalize_or(Vec3::Z);
        let left = Vec3::Y.cross(ahead);
        let origin_m = Vec3::new(ankle.x, 0.0, ankle.z);
        let top_m = kind.top_m * figure.spec.height_m / 1.8;
        let near = |p: &Vec3| p.y < top_m + 0.02 && (*p - origin_m).dot(left).abs() < 0.09 && (p.x > 0.0) == (side == 0);
        let local = |p: Vec3| Vec3::new((p - origin_m).dot(ahead), (p - origin_m).dot(left), p.y);
        let points = figure.human.body_vertices().map(|v| figure.position_m[v]).filter(near).map(local).collect();
        Self { side, kind, origin_m, ahead, left, points, ball_m: (toe - ankle).dot(ahead), top_m }
    }

    fn world(&self, p: Vec3) -> Vec3 {
        self.origin_m + self.ahead * p.x + self.left * p.y + Vec3::Y * p.z
    }

    /// The convex outline at a height of the foot's points as balls of the wall's thickness: points from the heel along the left side to the toe,
    /// then from the heel along the right side.
    fn contour(&self, height_m: f32, wall_m: f32) -> Vec<Vec2> {
        let support: Vec<f32> =
            (0..DIRECTIONS).map(|i| self.support(Vec2::from_angle(i as f32 / DIRECTIONS as f32 * TAU), height_m, wall_m)).collect();
        // The boundary along a ray from the ankle is the nearest of the lines that bound the outline.
        let reach = |angle: f32| {
            let over = |(i, s): (usize, &f32)| {
                let cos = (i as f32 / DIRECTIONS as f32 * TAU - angle).cos();
                if cos > 0.02 { s / cos } else { f32::MAX }
            };
            Vec2::from_angle(angle) * support.iter().enumerate().map(over).fold(f32::MAX, f32::min)
        };
        let mut out = half(|t| reach(TAU / 2.0 * (1.0 - t)));
        out.extend(half(|t| reach(-TAU / 2.0 * (1.0 - t))));
        out
    }

    fn support(&self, towards: Vec2, height_m: f32, wall_m: f32) -> f32 {
        let mut most = 0.012f32;
        for p in &self.points {
            let under = height_m - p.z;
            let reach = if under <= 0.0 {
                wall_m
            } else if under < wall_m {
                (wall_m * wall_m - under * under).sqrt()
            } else {
                continue;
            };
            most = most.max(towards.dot(p.truncate()) + reach);
        }
        most
    }

    /// Bones of a point of the shoe.
    fn weights(&self, figure: &Figure, p: Vec3) -> Weights {
        let named = |name: String| figure.rig.bones.iter().position(|b| b.name == name).unwrap_or(0) as u8;
        let [_, shin, foot] = LEG[self.side].map(|s| format!("{s:?}").to_lowercase());
        let toes = smoothstep(self.ball_m - 0.025, self.ball_m + 0.02, p.x);
        let ankle_m = figure.rig.bind[LEG[self.side][2].index()].origin_m.y;
        let shaft = smoothstep(ankle_m + 0.005, ankle_m + 0.085, p.z) * (1.0 - toes);
        let mut sum = Sum::default();
        sum.add(named(format!("toes-{}", ["l", "r"][self.side])), toes);
        let foot_share = (1.0 - toes) * (1.0 - shaft).powi(2);
        sum.add(named(format!("{foot}-100")), foot_share);
        sum.add(named(format!("{foot}-half")), (1.0 - toes) * 2.0 * shaft * (1.0 - shaft));
        sum.add(named(format!("{shin}-100")), (1.0 - toes) * shaft * shaft);
        sum.strongest()
    }

    /// Upper and sole.
    pub fn parts(&self, figure: &Figure) -> Vec<Part> {
        let (upper, sole) = (self.upper(), self.sole());
        let (leather, rubber) = if self.kind.sneaker {
            (material("canvas", 0.26, 0.8, 0.03, 0.15), material("rubber", 0.5, 0.55, 0.04, 0.0))
        } else {
            (material("leather", 0.035, 0.32, 0.05, 0.0), material("rubber", 0.04, 0.6, 0.04, 0.0))
        };
        let mut parts: Vec<Part> = [(upper, leather), (sole, rubber)].map(|((places, triangles), material)| self.part(figure, &places, triangles, material)).into();
        if self.kind.sneaker {
            let cap = |p: &Vec3| 1.0 + 0.5 * smoothstep(-0.002, 0.002, (*p - self.origin_m).dot(self.ahead) - self.cap_m());
            parts[0].shade = parts[0].position_m.iter().map(cap).collect();
        }
        parts.extend(self.laces(figure, &parts[0]));
        parts
    }

    /// Where the toe cap begins, ahead of the ankle.
    fn cap_m(&self) -> f32 {
        self.ball_m + 0.028
    }

    /// Bars of lace over the instep.
    fn laces(&self, figure: &Figure, upper: &Part) -> Vec<Part> {
        let ground = Ground::new(figure, upper);
        let tone = if self.kind.sneaker { 0.5 } else { 0.04 };
        let bar = |i: usize| {
            let ahead_m = self.ball_m * (0.52 + 0.10 * i as f32);
            let middle = self.world(Vec3::new(ahead_m, -0.004 * if self.side == 0 { 1.0 } else { -1.0 }, 0.085));
            let frame = Frame::new(middle, Vec3::Y + self.ahead * 0.55, self.ahead);
            let half_m = 0.015 + 0.0015 * i as f32;
            let slant = if i.is_multiple_of(2) { 0.12 } else { -0.12 };
            let place = |u: f32, v: f32| Vec2::new((2.0 * u - 1.0) * half_m, (v - 0.5) * 0.0065 + (2.0 * u - 1.0) * half_m * slant);
            let round = |_: f32, v: f32| 0.0012 + 0.0022 * (1.0 - (2.0 * v - 1.0).powi(2));
            ground.patch(frame, [6, 4], material("lace", tone, 0.8, 0.03, 0.1), place, round)
        };
        (0..5).filter_map(bar).collect()
    }

    fn part(&self, figure: &Figure, places: &[Vec3], triangles: Vec<[u32; 3]>, material: clinch_model::Material) -> Part {
        Part {
            material: Some(material),
            position_m: places.iter().map(|p| self.world(*p)).collect(),
            skin: places.iter().map(|p| self.weights(figure, *p)).collect(),
            shade: vec![1.0; places.len()],
            triangles,
            ..Part::default()
        }
    }

    /// Contours of the upper from the sole to the top.
    fn outside(&self) -> Vec<Vec<Vec3>> {
        let from = self.kind.sole_m - 0.006;
        let levels = ((self.top_m - from) / LEVEL_M).ceil() as usize;
        let ring = |level: usize| -> Vec<Vec3> {
            let height_m = from + (self.top_m - from) * level as f32 / levels as f32;
            self.contour(height_m, self.kind.wall_m).into_iter().map(|p| p.extend(height_m)).collect()
        };
        let mut rings: Vec<Vec<Vec3>> = (0..=levels).map(ring).collect();
        relax(&mut rings, 3);
        self.raise_cap(&mut rings);
        rings
    }

    fn upper(&self) -> (Vec<Vec3>, Vec<[u32; 3]>) {
        let mut rings = self.outside();
        // The edge is turned in.
        let top = rings[rings.len() - 1].clone();
        for (inset_m, drop_m) in [(0.0015, -0.0015), (0.0045, 0.0), (0.006, 0.03)] {
            rings.push(inset(&top, inset_m).into_iter().map(|p| p - Vec3::Z * drop_m).collect());
        }
        stitched(&rings)
    }

    /// The cap's leather lies over the rest of the upper.
    fn raise_cap(&self, rings: &mut [Vec<Vec3>]) {
        const CAP_M: f32 = 0.0014;
        for p in rings.iter_mut().flatten() {
            let share = smoothstep(-0.003, 0.003, p.x - self.cap_m());
            let out = Vec3::new(0.6, 0.5 * p.y.signum(), 0.6);
            *p += out * (CAP_M * share);
        }
    }

    fn sole(&self) -> (Vec<Vec3>, Vec<[u32; 3]>) {
        let outline = self.contour(self.kind.sole_m + 0.004, self.kind.wall_m + self.kind.welt_m);
        let (heel, toe) = (outline[0].x, outline[HALF - 1].x);
        let under = |p: Vec2| {
            let s = (p.x - heel) / (toe - heel);
            let arch = smoothstep(0.24, 0.27, s) * smoothstep(0.62, 0.45, s);
            let spring = smoothstep(0.75, 1.0, s).powi(2);
            self.kind.arch_m * arch + self.kind.spring_m * spring
        };
        let ring = |share: f32, out_m: f32| -> Vec<Vec3> {
            let flat: Vec<Vec3> = outline.iter().map(|p| p.extend(0.0)).collect();
            let lift = |p: Vec2| under(p) * (1.0 - share) + self.kind.sole_m * share;
            inset(&flat, -out_m).into_iter().zip(&outline).map(|(q, p)| q.truncate().extend(lift(*p))).collect()
        };
        let mut rings =
            vec![ring(0.0, -0.003), ring(0.06, -0.0005), ring(0.2, 0.0), ring(0.8, 0.0), ring(0.94, -0.0006), ring(1.0, -0.003)];
        let groove = ring(0.62, -0.0012);
        rings.insert(3, groove);
        rings.insert(3, ring(0.58, 0.0));
        rings.insert(5, ring(0.66, 0.0));
        rings.push(rings[rings.len() - 1].iter().zip(inset(&rings[rings.len() - 1], 0.012)).map(|(_, q)| q).collect());
        let (places, mut triangles) = stitched(&rings);
        // Underside: from the left half across to the right.
        for i in 0..HALF - 1 {
            let (l, r) = (i as u32, (HALF + i) as u32);
            triangles.push([l, l + 1, r + 1]);
            triangles.push([l, r + 1, r]);
        }
        (places, triangles)
    }

    /// The surface that cloth falls on: a plain upper without turned edges.
    pub fn shell(&self) -> (Vec<Vec3>, Vec<[u32; 3]>) {
        let (places, triangles) = stitched(&self.outside());
        (places.into_iter().map(|p| self.world(p)).collect(), triangles)
    }

    /// Height of the top, in metres.
    pub fn top_m(&self) -> f32 {
        self.top_m
    }
}

/// A curve over 0..1, resampled by its length.
fn half(at: impl Fn(f32) -> Vec2) -> Vec<Vec2> {
    let fine: Vec<Vec2> = (0..=160).map(|i| at(i as f32 / 160.0)).collect();
    let mut length = vec![0.0];
    fine.windows(2).for_each(|w| length.push(length[length.len() - 1] + w[0].distance(w[1])));
    let whole = length[length.len() - 1];
    let mut k = 0;
    (0..HALF)
        .map(|i| {
            let wanted = whole * i as f32 / (HALF - 1) as f32;
            while k + 2 < length.len() && length[k + 1] < wanted {
                k += 1;
            }
            fine[k].lerp(fine[k + 1], ((wanted - length[k]) / (length[k + 1] - length[k]).max(1e-9)).clamp(0.0, 1.0))
        })
        .collect()
}

/// The order in which a contour's points follow one another around: left half from heel to toe, right half back.
fn around() -> Vec<usize> {
    (0..HALF).chain((1..HALF - 1).rev().map(|i| HALF + i)).collect()
}

/// A ring moved inward, level.
fn inset(ring: &[Vec3], by_m: f32) -> Vec<Vec3> {
    let order = around();
    let n = order.len();
    let mut out = ring.to_vec();
    for k in 0..n {
        let (last, next) = (ring[order[(k + n - 1) % n]], ring[order[(k + 1) % n]]);
        let along = (next - last).truncate().normalize_or_zero();
        // Left half runs from the back along the left to the front: inside is to its right, which is −perp... of this order.
        let inward = Vec2::new(along.y, -along.x);
        out[order[k]] = ring[order[k]] + (inward * by_m).extend(0.0);
    }
    out[HALF] = out[0];
    out[2 * HALF - 1] = out[HALF - 1];
    out
}

/// Smooths neighbouring contours together.
fn relax(rings: &mut [Vec<Vec3>], steps: usize) {
    let order = around();
    let n = order.len();
    for _ in 0..steps {
        let old = rings.to_vec();
        for r in 1..rings.len() - 1 {
            for k in 0..n {
                let (a, b) = (old[r][order[(k + n - 1) % n]], old[r][order[(k + 1) % n]]);
                let mean = (a + b + old[r - 1][order[k]] + old[r + 1][order[k]]) / 4.0;
                let at = &mut rings[r][order[k]];
                *at = at.lerp(mean, 0.5);
            }
            rings[r][HALF] = rings[r][0];
            rings[r][2 * HALF - 1] = rings[r][HALF - 1];
        }
    }
}

/// Triangles between rings, the outside to the outside.
fn stitched(rings: &[Vec<Vec3>]) -> (Vec<Vec3>, Vec<[u32; 3]>) {
    let order = around();
    let n = order.len();
    let mut triangles = Vec::new();
    for r in 0..rings.len() - 1 {
        let at = |ring: usize, k: usize| (ring * 2 * HALF + order[k % n]) as u32;
        for k in 0..n {
            let (a, b, c, d) = (at(r, k), at(r, k + 1), at(r + 1, k + 1), at(r + 1, k));
            triangles.push([a, d, b]);
            triangles.push([b, d, c]);
        }
    }
    (rings.concat(), triangles)
}
