//! Both people's poses solved together: damped least squares over joint turns and pelvis places.
//!
//! Levenberg–Marquardt (Marquardt 1963) on analytic Jacobians, the whole-body inverse kinematics of the robotics literature (Baerlocher and
//! Boulic, "An inverse kinematics architecture enforcing an arbitrary number of strict priority levels", 2004), with soft weights in place
//! of strict levels. Each residual is divided by the deviation that would be acceptable, so weights read as tolerances.

use super::body::{COLUMNS, FIRST_COLUMN, Freedom, Rig, Stance, angle_about_x, flexion_and_twist, freedom, wrap};
use super::collide::Capsule;
use super::limits;
use clinch_model::{Placed, SEGMENTS, Segment};
use glam::{Quat, Vec3};

/// Columns of the pair.
const ALL_COLUMNS: usize = 2 * COLUMNS;

/// Acceptable deviations; what is smaller is held more strictly.
mod tolerance {
    /// A part from what it touches, in metres.
    pub const TOUCH_M: f32 = 0.004;
    /// The palm's normal from the touched surface's, as a length of the difference of unit vectors.
    pub const PALM: f32 = 0.5;
    /// A look from its aim, as a length of the difference of unit vectors.
    pub const GAZE: f32 = 0.25;
    /// Overlap of two bodies, in metres.
    pub const OVERLAP_M: f32 = 0.004;
    /// Anything under the ground, in metres.
    pub const GROUND_M: f32 = 0.002;
    /// A joint beyond its range, in radians.
    pub const LIMIT_RAD: f32 = 0.005;
    /// Centre of mass outside the support, in metres.
    pub const BALANCE_M: f32 = 0.03;
    /// Centre of mass beside its known place, in metres.
    pub const CENTRE_M: f32 = 0.004;
}

/// Bodies are kept this far apart in metres: a margin that smoothing may eat up later.
const CLEARANCE_M: f32 = 0.002;

/// A point of a segment that should be at a place in the world.
#[derive(Debug, Clone, Copy)]
pub struct Pin {
    /// `[who]` index.
    pub who: usize,
    /// Segment that carries the point.
    pub segment: Segment,
    /// The point in the segment's frame.
    pub point_m: Vec3,
    /// Where it should be.
    pub goal_m: Vec3,
    /// Acceptable deviation along x, y, z; infinite where it doesn't matter.
    pub tolerance_m: Vec3,
}

/// A part of one body that should touch a segment of either.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    /// `[who]` index of the part's owner, and the part.
    pub who: usize,
    /// The part.
    pub part: Segment,
    /// `[who]` index of the touched body.
    pub other: usize,
    /// The touched segment.
    pub target: Segment,
    /// Surface point in the target's frame.
    pub point_m: Vec3,
    /// Outward normal there, in the target's frame.
    pub normal: Vec3,
    /// How far the part's axis stays off the surface.
    pub offset_m: f32,
    /// How strictly, 0..1.
    pub strength: f32,
}

/// A look at the other's face, or at a place.
#[derive(Debug, Clone, Copy)]
pub struct Gaze {
    /// `[who]` index of the one who looks.
    pub who: usize,
    /// Where to, in the world.
    pub at_m: Vec3,
    /// How strictly, 0..1.
    pub strength: f32,
}

/// Everything the solver weighs against each other.
#[derive(Debug, Clone)]
pub struct Goal {
    /// `[who]`: the posture to stay close to.
    pub reference: [Stance; 2],
    /// Factor on the tolerance of closeness: below 1 keeps closer to the reference.
    pub looseness: f32,
    /// Whether the next hold is nearly reached, 0..1: then what is in the way matters less than getting there.
    pub arriving: f32,
    /// Factor on the tolerance of overlaps, at least 1.
    pub give: f32,
    /// Points with places.
    pub pins: Vec<Pin>,
    /// Touches.
    pub touches: Vec<Touch>,
    /// Looks.
    pub gazes: Vec<Gaze>,
    /// `[who]`: points on the ground (x, z) between which the centre of mass should lie; empty where balance doesn't matter.
    pub supports: [Vec<Vec3>; 2],
    /// `[who]`: where the centre of mass should be, if that is known; then `supports` doesn't count.
    pub centres_m: [Option<Vec3>; 2],
}

/// Acceptable deviation of a joint from the reference, in radians: the trunk carries the character of a posture, arms adapt.
fn joint_tolerance_rad(segment: Segment) -> f32 {
    use Segment::*;
    match segment {
        Pelvis => 0.16,
        Abdomen | Chest => 0.16,
        Head => 0.25,
        UpperArmL | UpperArmR => 0.45,
        ForearmL | ForearmR => 0.5,
        HandL | HandR => 0.3,
        ThighL | ThighR => 0.3,
        ShinL | ShinR => 0.35,
        FootL | FootR => 0.35,
    }
}

/// Acceptable deviation of the pelvis from the reference in metres; height matters as much as place.
const PELVIS_TOLERANCE_M: f32 = 0.06;

/// A linear equation: a coefficient for each column, few of them not zero.
struct Row {
    /// `[column]`.
    coefficients: [f32; ALL_COLUMNS],
    /// `[column]`: whether it is listed in `used`.
    is_used: [bool; ALL_COLUMNS],
    /// Columns with a coefficient.
    used: Vec<usize>,
}

impl Row {
    fn new() -> Self {
        Self { coefficients: [0.0; ALL_COLUMNS], is_used: [false; ALL_COLUMNS], used: Vec::with_capacity(ALL_COLUMNS) }
    }

    fn clear(&mut self) {
        for &column in &self.used {
            self.coefficients[column] = 0.0;
            self.is_used[column] = false;
        }
        self.used.clear();
    }

    fn push(&mut self, column: usize, coefficient: f32) {
        self.coefficients[column] += coefficient;
        if !self.is_used[column] {
            self.is_used[column] = true;
            self.used.push(column);
        }
    }
}

/// The normal equations being summed.
struct System {
    /// `[row][column]`, upper triangle.
    normal: Vec<f64>,
    gradient: [f64; ALL_COLUMNS],
    cost: f64,
}

impl System {
    fn new() -> Self {
        Self { normal: vec![0.0; ALL_COLUMNS * ALL_COLUMNS], gradient: [0.0; ALL_COLUMNS], cost: 0.0 }
    }

    fn clear(&mut self) {
        self.normal.fill(0.0);
        self.gradient.fill(0.0);
        self.cost = 0.0;
    }

    /// Adds the equation `row · change = −residual`, both divided by the tolerance.
    fn add(&mut self, row: &Row, residual: f32, tolerance: f32) {
        let weight = 1.0 / (f64::from(tolerance) * f64::from(tolerance));
        self.cost += weight * f64::from(residual) * f64::from(residual);
        for &i in &row.used {
            let weighted = weight * f64::from(row.coefficients[i]);
            self.gradient[i] += weighted * f64::from(residual);
            for &j in &row.used {
                if j >= i {
                    self.normal[i * ALL_COLUMNS + j] += weighted * f64::from(row.coefficients[j]);
                }
            }
        }
    }

    /// Adds an equation in one column.
    fn add_single(&mut self, column: usize, residual: f32, tolerance: f32) {
        let weight = 1.0 / (f64::from(tolerance) * f64::from(tolerance));
        self.cost += weight * f64::from(residual) * f64::from(residual);
        self.gradient[column] += weight * f64::from(residual);
        self.normal[column * ALL_COLUMNS + column] += weight;
    }

    /// Solves `(normal + damping·diagonal) change = −gradient` by Cholesky factors `Uᵀ U`, built row by row so that the inner loops run
    /// along memory.
    fn change(&self, damping: f64) -> [f64; ALL_COLUMNS] {
        const N: usize = ALL_COLUMNS;
        let mut factor = self.normal.clone();
        for k in 0..N {
            factor[k * N + k] += damping * self.normal[k * N + k] + 1e-6;
        }
        let mut x = self.gradient.map(|g| -g);
        for k in 0..N {
            let (above, below) = factor.split_at_mut((k + 1) * N);
            let row = &mut above[k * N..];
            let pivot = row[k].max(1e-12).sqrt();
            row[k..].iter_mut().for_each(|value| *value /= pivot);
            x[k] /= pivot;
            for i in k + 1..N {
                let scale = row[i];
                if scale != 0.0 {
                    let target = &mut below[(i - k - 1) * N + i..(i - k) * N];
                    target.iter_mut().zip(&row[i..]).for_each(|(t, r)| *t -= scale * r);
                    x[i] -= scale * x[k];
                }
            }
        }
        for i in (0..N).rev() {
            for k in i + 1..N {
                x[i] -= factor[i * N + k] * x[k];
            }
            x[i] /= factor[i * N + i];
        }
        x
    }
}

/// One body where it is now.
struct Body<'a> {
    rig: &'a Rig,
    placed: [Placed; SEGMENTS],
    capsules: [Capsule; SEGMENTS],
    /// `[segment]`: axes about which its joint turns, in the world, and how many.
    axes: [([Vec3; 3], usize); SEGMENTS],
    first_column: usize,
}

impl<'a> Body<'a> {
    fn new(rig: &'a Rig, stance: &Stance, who: usize) -> Self {
        let placed = rig.place(stance);
        let axes = Segment::ALL.map(|segment| {
            let parent = segment.parent().map_or(Quat::IDENTITY, |p| placed[p.index()].turn);
            match freedom(segment) {
                Freedom::Ball => ([parent * Vec3::X, parent * Vec3::Y, parent * Vec3::Z], 3),
                Freedom::Hinge => ([parent * Vec3::X, Vec3::ZERO, Vec3::ZERO], 1),
                Freedom::HingeTwist => ([parent * Vec3::X, placed[segment.index()].turn * Vec3::Y, Vec3::ZERO], 2),
            }
        });
        Self { rig, capsules: rig.capsules_in_world(&placed), placed, axes, first_column: who * COLUMNS }
    }

    /// How a point of a segment moves along `direction` with every joint above it.
    fn add_point(&self, row: &mut Row, segment: Segment, at_m: Vec3, direction: Vec3) {
        for k in 0..3 {
            row.push(self.first_column + k, direction[k]);
        }
        self.add_turns(row, segment, |origin_m| (at_m - origin_m).cross(direction));
    }

    /// How a direction carried by a segment changes along `direction` with every joint above it.
    fn add_vector(&self, row: &mut Row, segment: Segment, carried: Vec3, direction: Vec3) {
        self.add_turns(row, segment, |_| carried.cross(direction));
    }

    fn add_turns(&self, row: &mut Row, segment: Segment, moment: impl Fn(Vec3) -> Vec3) {
        let mut next = Some(segment);
        while let Some(joint) = next {
            let (axes, count) = &self.axes[joint.index()];
            let moment = moment(self.placed[joint.index()].origin_m);
            for (k, axis) in axes.iter().take(*count).enumerate() {
                row.push(self.first_column + FIRST_COLUMN[joint.index()] + k, axis.dot(moment));
            }
            next = joint.parent();
        }
    }
}

/// The problem at one guess.
struct Assembly<'a> {
    bodies: [Body<'a>; 2],
    stances: &'a [Stance; 2],
    goal: &'a Goal,
    row: Row,
}

impl Assembly<'_> {
    fn fill(&mut self, system: &mut System) {
        system.clear();
        self.closeness(system);
        self.ranges(system);
        self.pins(system);
        self.touches(system);
        self.gazes(system);
        self.overlaps(system);
        self.ground(system);
        self.balance(system);
    }

    /// Keeps close to the reference.
    fn closeness(&mut self, system: &mut System) {
        for who in 0..2 {
            let (now, wanted) = (&self.stances[who], &self.goal.reference[who]);
            let first = who * COLUMNS;
            for k in 0..3 {
                system.add_single(first + k, now.pelvis_m[k] - wanted.pelvis_m[k], PELVIS_TOLERANCE_M * self.goal.looseness);
            }
            for segment in Segment::ALL {
                let (i, column) = (segment.index(), first + FIRST_COLUMN[segment.index()]);
                let tolerance = joint_tolerance_rad(segment) * self.goal.looseness;
                match freedom(segment) {
                    Freedom::Ball => {
                        let apart = shorter(now.local[i] * wanted.local[i].inverse()).to_scaled_axis();
                        for k in 0..3 {
                            system.add_single(column + k, apart[k], tolerance);
                        }
                    }
                    Freedom::Hinge => {
                        let bend = wrap(angle_about_x(now.local[i]) - angle_about_x(wanted.local[i]));
                        system.add_single(column, bend, tolerance);
                    }
                    Freedom::HingeTwist => {
                        let ((f0, t0), (f1, t1)) = (flexion_and_twist(wanted.local[i]), flexion_and_twist(now.local[i]));
                        system.add_single(column, wrap(f1 - f0), tolerance);
                        system.add_single(column + 1, wrap(t1 - t0), tolerance);
                    }
                }
            }
        }
    }

    /// Keeps joints within their ranges; derivatives by differences, because swing and twist mix in a wide turn.
    fn ranges(&mut self, system: &mut System) {
        const STEP_RAD: f32 = 1e-3;
        for who in 0..2 {
            for segment in Segment::ALL.into_iter().skip(1) {
                let local = self.stances[who].local[segment.index()];
                let here = limits::coordinates(segment, local);
                let over = limits::excess(segment, here);
                if over == Vec3::ZERO {
                    continue;
                }
                let turn = |axis: Vec3| Quat::from_scaled_axis(axis * STEP_RAD);
                let turned: &[Quat] = match freedom(segment) {
                    Freedom::Hinge => &[turn(Vec3::X) * local],
                    Freedom::HingeTwist => &[turn(Vec3::X) * local, local * turn(Vec3::Y)],
                    Freedom::Ball => &Vec3::AXES.map(|axis| turn(axis) * local),
                };
                for k in 0..3 {
                    if over[k] != 0.0 {
                        self.row.clear();
                        let first = who * COLUMNS + FIRST_COLUMN[segment.index()];
                        for (column, &there) in turned.iter().enumerate() {
                            let there = limits::coordinates(segment, there);
                            self.row.push(first + column, wrap(there[k] - here[k]) / STEP_RAD);
                        }
                        system.add(&self.row, over[k], tolerance::LIMIT_RAD);
                    }
                }
            }
        }
    }

    fn pins(&mut self, system: &mut System) {
        for pin in &self.goal.pins {
            let body = &self.bodies[pin.who];
            let at_m = body.placed[pin.segment.index()].point(pin.point_m);
            for k in 0..3 {
                if pin.tolerance_m[k].is_finite() {
                    self.row.clear();
                    body.add_point(&mut self.row, pin.segment, at_m, Vec3::AXES[k]);
                    system.add(&self.row, at_m[k] - pin.goal_m[k], pin.tolerance_m[k]);
                }
            }
        }
    }

    fn touches(&mut self, system: &mut System) {
        for touch in &self.goal.touches {
            if touch.strength < 1e-3 {
                continue;
            }
            let (mine, theirs) = (&self.bodies[touch.who], &self.bodies[touch.other]);
            let target = theirs.placed[touch.target.index()];
            let (normal, goal_m) = (target.turn * touch.normal, target.point(touch.point_m + touch.normal * touch.offset_m));
            let at_m = touching_point_m(mine, touch, target.point(touch.point_m));
            for k in 0..3 {
                self.row.clear();
                mine.add_point(&mut self.row, touch.part, at_m, Vec3::AXES[k]);
                theirs.add_point(&mut self.row, touch.target, goal_m, -Vec3::AXES[k]);
                system.add(&self.row, at_m[k] - goal_m[k], loosened(tolerance::TOUCH_M, touch.strength));
            }
            if let Some(palm) = palm_normal(touch.part) {
                let palm = mine.placed[touch.part.index()].turn * palm;
                for k in 0..3 {
                    self.row.clear();
                    mine.add_vector(&mut self.row, touch.part, palm, Vec3::AXES[k]);
                    system.add(&self.row, palm[k] + normal[k], tolerance::PALM / touch.strength);
                }
            }
        }
    }

    fn gazes(&mut self, system: &mut System) {
        for gaze in &self.goal.gazes {
            if gaze.strength < 1e-3 {
                continue;
            }
            let body = &self.bodies[gaze.who];
            let head = body.placed[Segment::Head.index()];
            let forward = head.turn * Vec3::Z;
            let wanted = (gaze.at_m - body.capsules[Segment::Head.index()].b_m).normalize_or(forward);
            for k in 0..3 {
                self.row.clear();
                body.add_vector(&mut self.row, Segment::Head, forward, Vec3::AXES[k]);
                system.add(&self.row, forward[k] - wanted[k], tolerance::GAZE / gaze.strength);
            }
        }
    }

    /// Pushes bodies out of each other and limbs out of their own body.
    fn overlaps(&mut self, system: &mut System) {
        for first in Segment::ALL {
            for second in Segment::ALL {
                self.overlap(system, (0, first), (1, second), 0.0);
            }
        }
        for who in 0..2 {
            for i in 0..self.bodies[who].rig.self_pairs.len() {
                let (first, second, allowed_m) = self.bodies[who].rig.self_pairs[i];
                self.overlap(system, (who, first), (who, second), allowed_m);
            }
        }
    }

    fn overlap(&mut self, system: &mut System, first: (usize, Segment), second: (usize, Segment), allowed_m: f32) {
        let (body_a, body_b) = (&self.bodies[first.0], &self.bodies[second.0]);
        let (a, b) = (&body_a.capsules[first.1.index()], &body_b.capsules[second.1.index()]);
        let reach_m = a.radius_m + b.radius_m + (a.a_m.distance(a.b_m) + b.a_m.distance(b.b_m)) / 2.0 + CLEARANCE_M;
        if (a.a_m + a.b_m - b.a_m - b.b_m).length_squared() > 4.0 * reach_m * reach_m {
            return;
        }
        let gap = a.gap(b);
        let clearance_m = CLEARANCE_M - allowed_m - self.yielding_m(first, second);
        if gap.gap_m < clearance_m {
            self.row.clear();
            body_a.add_point(&mut self.row, first.1, gap.on_first_m, gap.normal);
            body_b.add_point(&mut self.row, second.1, gap.on_second_m, -gap.normal);
            // Trunks stay out of each other; arms and legs may brush through in the thick of a move.
            let give = if is_trunk(first.1) && is_trunk(second.1) { self.goal.give.min(2.0) } else { self.goal.give };
            system.add(&self.row, gap.gap_m - clearance_m, tolerance::OVERLAP_M * give);
        }
    }

    /// A part that grips or presses sinks in a little, as it is meant to.
    fn yielding_m(&self, first: (usize, Segment), second: (usize, Segment)) -> f32 {
        let meant = |touch: &&Touch| {
            let (mine, theirs) = ((touch.who, touch.part), (touch.other, touch.target));
            (mine, theirs) == (first, second) || (mine, theirs) == (second, first)
        };
        let sunk = |touch: &Touch| self.bodies[touch.who].rig.capsules[touch.part.index()].radius_m - touch.offset_m + CLEARANCE_M;
        self.goal.touches.iter().filter(meant).map(|touch| sunk(touch) * touch.strength).fold(0.0, f32::max)
    }

    /// Keeps everything above the ground.
    fn ground(&mut self, system: &mut System) {
        for body in &self.bodies {
            for segment in Segment::ALL {
                let capsule = &body.capsules[segment.index()];
                for end_m in [capsule.a_m, capsule.b_m] {
                    if end_m.y < capsule.radius_m {
                        self.row.clear();
                        body.add_point(&mut self.row, segment, end_m, Vec3::Y);
                        system.add(&self.row, end_m.y - capsule.radius_m, tolerance::GROUND_M);
                    }
                }
            }
        }
    }

    /// Draws the centre of mass over the support.
    fn balance(&mut self, system: &mut System) {
        for ((body, support), known) in self.bodies.iter().zip(&self.goal.supports).zip(&self.goal.centres_m) {
            let total_kg = body.rig.skeleton.total_mass_kg();
            let centre_m = |s: Segment| body.placed[s.index()].point(body.rig.skeleton.centre_in_segment_m(s));
            let share = |s: Segment| body.rig.skeleton.mass_kg[s.index()] / total_kg;
            let mass_m: Vec3 = Segment::ALL.iter().map(|&s| centre_m(s) * share(s)).sum();
            let (outside, tolerance, axes) = match known {
                Some(known_m) => (mass_m - *known_m, tolerance::CENTRE_M, &Vec3::AXES[..]),
                None => (outside_hull_m(mass_m, support).unwrap_or_default(), tolerance::BALANCE_M, &[Vec3::X, Vec3::Z][..]),
            };
            if outside == Vec3::ZERO {
                continue;
            }
            for &axis in axes {
                self.row.clear();
                for segment in Segment::ALL {
                    body.add_point(&mut self.row, segment, centre_m(segment), axis * share(segment));
                }
                system.add(&self.row, outside.dot(axis), tolerance);
            }
        }
    }
}

/// The tolerance of something that is `strength` 0..1 firm: each tenth less makes it half again as wide or more, so that what
/// only begins to matter doesn't yet pull.
pub fn loosened(tolerance: f32, strength: f32) -> f32 {
    /// Widest tolerance over the strictest; 4 mm become a metre.
    const WIDEST: f32 = 250.0;
    tolerance * WIDEST.powf(1.0 - strength.clamp(0.0, 1.0))
}

/// The point of the part that does the touching: a hand's middle, otherwise the nearest of its axis.
fn touching_point_m(body: &Body<'_>, touch: &Touch, surface_m: Vec3) -> Vec3 {
    let capsule = &body.capsules[touch.part.index()];
    match palm_normal(touch.part) {
        Some(_) => (capsule.a_m + capsule.b_m) / 2.0,
        None => capsule.nearest_on_axis(surface_m),
    }
}

/// Out of the palm, in the hand's frame; none for other parts. At rest the palms face the thighs.
pub fn palm_normal(part: Segment) -> Option<Vec3> {
    match part {
        Segment::HandL => Some(Vec3::NEG_X),
        Segment::HandR => Some(Vec3::X),
        _ => None,
    }
}

/// Pelvis, abdomen, chest and head.
fn is_trunk(segment: Segment) -> bool {
    matches!(segment, Segment::Pelvis | Segment::Abdomen | Segment::Chest | Segment::Head)
}

/// How far a point lies outside the convex hull of ground points, horizontally, or nothing if inside (or without points).
fn outside_hull_m(point_m: Vec3, support: &[Vec3]) -> Option<Vec3> {
    if support.is_empty() {
        return None;
    }
    let flat = |p: Vec3| Vec3::new(p.x, 0.0, p.z);
    let p = flat(point_m);
    let mut nearest: Option<Vec3> = None;
    let mut inside = support.len() > 2;
    for &a in support {
        for &b in support {
            let (a, b) = (flat(a), flat(b));
            let along = b - a;
            // An edge of the hull has all points on one side.
            let side = |q: Vec3| along.cross(q - a).y;
            if along.length_squared() < 1e-8 || support.iter().any(|&q| side(flat(q)) < -1e-7) {
                continue;
            }
            inside &= side(p) >= 0.0;
            let on_edge = Capsule { a_m: a, b_m: b, radius_m: 0.0 }.nearest_on_axis(p);
            if nearest.is_none_or(|n| on_edge.distance_squared(p) < n.distance_squared(p)) {
                nearest = Some(on_edge);
            }
        }
    }
    if inside { None } else { nearest.map(|n| p - n) }
}

/// The quaternion of the same rotation with the shorter way.
pub fn shorter(q: Quat) -> Quat {
    if q.w < 0.0 { -q } else { q }
}

/// Applies a change of columns to a stance.
fn changed(stance: &Stance, columns: &[f64]) -> Stance {
    let at = |column: usize| columns[column] as f32;
    let mut next = *stance;
    next.pelvis_m += Vec3::new(at(0), at(1), at(2));
    for segment in Segment::ALL {
        let column = FIRST_COLUMN[segment.index()];
        let local = &mut next.local[segment.index()];
        *local = match freedom(segment) {
            Freedom::Ball => Quat::from_scaled_axis(Vec3::new(at(column), at(column + 1), at(column + 2))) * *local,
            Freedom::Hinge => Quat::from_rotation_x(at(column)) * *local,
            Freedom::HingeTwist => Quat::from_rotation_x(at(column)) * *local * Quat::from_rotation_y(at(column + 1)),
        };
    }
    next.on_hinges()
}

/// Greatest change in one iteration: radians or metres. Larger steps leave the range where the linear equations hold.
const GREATEST_STEP: f64 = 0.35;

/// How long to go on.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Steps at most.
    pub iterations: usize,
    /// Share of the cost that a step must gain for another one to be worth it.
    pub least_gain: f64,
}

/// Solves from a first guess and returns the best stances found.
pub fn solve(rigs: &[Rig; 2], goal: &Goal, start: [Stance; 2], effort: Effort) -> [Stance; 2] {
    let mut best = start;
    let (mut system, mut trial_system) = (System::new(), System::new());
    let assemble = |stances: &[Stance; 2], system: &mut System| {
        let bodies = [Body::new(&rigs[0], &stances[0], 0), Body::new(&rigs[1], &stances[1], 1)];
        Assembly { bodies, stances, goal, row: Row::new() }.fill(system);
    };
    assemble(&best, &mut system);
    let mut damping = 1e-3;
    for _ in 0..effort.iterations {
        let mut change = system.change(damping);
        let greatest = change.iter().fold(0.0, |m: f64, c| m.max(c.abs()));
        if greatest > GREATEST_STEP {
            change.iter_mut().for_each(|c| *c *= GREATEST_STEP / greatest);
        }
        let trial = [changed(&best[0], &change[..COLUMNS]), changed(&best[1], &change[COLUMNS..])];
        assemble(&trial, &mut trial_system);
        if trial_system.cost < system.cost {
            let gained = system.cost - trial_system.cost;
            best = trial;
            std::mem::swap(&mut system, &mut trial_system);
            damping = (damping * 0.3).max(1e-6);
            if gained < effort.least_gain * system.cost {
                break;
            }
        } else {
            damping = (damping * 6.0).min(1e3);
        }
    }
    best
}
