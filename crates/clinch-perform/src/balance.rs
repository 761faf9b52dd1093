//! What the body has to do: the forces that the ground should give, and the muscle torques that ask for them.
//!
//! Each step every segment has a wanted acceleration. What they ask for together is shared out over the points that touch the ground, as
//! far as they can push and rub (a small quadratic programme, after Stephens and Atkeson, "Dynamic balance force control for compliant
//! humanoid robots", IROS 2010); torques follow from the leaves to the root (recursive Newton-Euler: Featherstone, Rigid Body Dynamics
//! Algorithms, section 5.3) for what is possible. What the ground can't give is left over; a bounded part of it becomes the assist.

use crate::choreography::Centre;
use crate::world::{GRAVITY, Motion, STEP_SECS, over_mass};
use clinch_model::{Placed, Pose, SEGMENTS, Segment, Shape, Skeleton};
use glam::{Mat3, Quat, Vec3};

/// Points of a segment that may stand on the ground: a box has four, a capsule its two ends.
const POINTS: usize = 4;

/// Height up to which a point is taken to touch the ground, in metres; contacts give by some millimetres.
const TOUCH_M: f32 = 0.025;

/// Height of the same point in the reference up to which it may bear load, in metres; between the two the load fades, so that a foot
/// is relieved before it is lifted.
const PLANNED_TOUCH_M: (f32, f32) = (0.01, 0.045);

/// Distance along the ground from its planned place from which a point is relieved, and from which it bears least, in metres; a foot
/// that is to step into place must not be stood on.
const ASTRAY_M: (f32, f32) = (0.08, 0.2);
const LEAST_READINESS: f32 = 0.12;

/// How readily a point bears that touches though it isn't planned to: only if nothing else does.
const UNPLANNED_READINESS: f32 = 0.03;

/// Centre of mass to its reference: 1/s² and 1/s, and the greatest acceleration, in m/s². Height as in the standing trials. Half as stiff, bodies stood 6 cm beside
/// where their own feet have them, and 12 cm beside each other.
const ALONG_PER_SEC2: f32 = 90.0;
const ALONG_PER_SEC: f32 = 17.0;
const ALONG_MOST: f32 = 6.0;
const HEIGHT_PER_SEC2: f32 = 100.0;
const HEIGHT_PER_SEC: f32 = 16.0;
const HEIGHT_RANGE: (f32, f32) = (-6.0, 8.0);

/// Every segment to its reference: place in 1/s² and 1/s with its greatest acceleration in m/s², turn in 1/s² and 1/s with its greatest in rad/s².
const PLACE_PER_SEC2: f32 = 120.0;
const PLACE_PER_SEC: f32 = 20.0;
const PLACE_MOST: f32 = 20.0;
const TURN_PER_SEC2: f32 = 150.0;
const TURN_PER_SEC: f32 = 24.0;
const TURN_MOST: f32 = 60.0;

/// Over how long the plan's accelerations are smoothed, in seconds: it is laid out at 30 Hz.
const ACCELERATION_SMOOTHING_SECS: f32 = 0.03;

/// Friction that is counted on, less than the ground has, so that feet don't slip at the edge of their cone.
const FRICTION: f32 = 0.7;

/// Weight of the moment against the force, in 1/m, and of small forces; both from the standing trials.
const MOMENT_WEIGHT_PER_M: f32 = 3.4;
const FORCE_COST: f32 = 5e-4;

/// Sweeps of the block Gauss-Seidel solver, warm-started from the step before.
const SWEEPS: usize = 40;

/// The forces that were asked of the ground in the last step; `[segment][point]`.
pub(crate) type GroundForces = [[Vec3; POINTS]; SEGMENTS];

/// What a step asks for.
pub(crate) struct Effort {
    /// `[segment]`: torque of the segment's joint on the segment, in the world, in N·m (zero for the pelvis).
    pub torque_nm: [Vec3; SEGMENTS],
    /// What the ground can't give, within the allowance: a force through the centre of mass…
    pub help_n: Vec3,
    /// …and a moment about it.
    pub help_nm: Vec3,
    /// Centre of mass and its velocity.
    pub centre_m: Vec3,
    /// See `centre_m`.
    pub velocity_m_per_sec: Vec3,
    /// What is asked of the ground.
    pub given_n: Vec3,
}

/// One place where a body stands on the ground.
struct Support {
    segment: usize,
    point: usize,
    at_m: Vec3,
    /// How much load it may take, 0..1.
    readiness: f32,
}

/// The wanted motion of every segment at one step.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// `[segment]`: `world_from_segment`.
    pub placed: [Placed; SEGMENTS],
    /// `[segment]`: of the centre of mass.
    pub centre_m: [Vec3; SEGMENTS],
    /// `[segment]`: of the centre of mass.
    pub velocity_m_per_sec: [Vec3; SEGMENTS],
    /// `[segment]`.
    pub spin_rad_per_sec: [Vec3; SEGMENTS],
    /// `[segment]`: of the centre of mass, smoothed.
    pub acceleration_m_per_sec2: [Vec3; SEGMENTS],
    /// `[segment]`: smoothed.
    pub spin_rad_per_sec2: [Vec3; SEGMENTS],
}

impl Wanted {
    /// A pose at rest.
    pub fn at_rest(skeleton: &Skeleton, pose: &Pose) -> Self {
        let placed = skeleton.place(pose);
        let zero = [Vec3::ZERO; SEGMENTS];
        let centre_m = Segment::ALL.map(|s| placed[s.index()].point(skeleton.centre_in_segment_m(s)));
        Self { placed, centre_m, velocity_m_per_sec: zero, spin_rad_per_sec: zero, acceleration_m_per_sec2: zero, spin_rad_per_sec2: zero }
    }

    /// The motion a step later, when `pose` is wanted.
    pub fn next(&self, skeleton: &Skeleton, pose: &Pose) -> Self {
        let placed = skeleton.place(pose);
        let centre_m = Segment::ALL.map(|s| placed[s.index()].point(skeleton.centre_in_segment_m(s)));
        let velocity: [Vec3; SEGMENTS] = std::array::from_fn(|i| (centre_m[i] - self.centre_m[i]) / STEP_SECS);
        let spin: [Vec3; SEGMENTS] = std::array::from_fn(|i| short_turn(placed[i].turn * self.placed[i].turn.inverse()) / STEP_SECS);
        let keep = (-STEP_SECS / ACCELERATION_SMOOTHING_SECS).exp();
        let smooth = |before: Vec3, now: Vec3, most: f32| before * keep + now.clamp_length_max(most) * (1.0 - keep);
        Self {
            placed,
            centre_m,
            velocity_m_per_sec: velocity,
            spin_rad_per_sec: spin,
            acceleration_m_per_sec2: std::array::from_fn(|i| {
                smooth(self.acceleration_m_per_sec2[i], (velocity[i] - self.velocity_m_per_sec[i]) / STEP_SECS, 40.0)
            }),
            spin_rad_per_sec2: std::array::from_fn(|i| {
                smooth(self.spin_rad_per_sec2[i], (spin[i] - self.spin_rad_per_sec[i]) / STEP_SECS, 150.0)
            }),
        }
    }
}

/// How much help from outside may be asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Greatest force, in newtons.
    pub force_n: f32,
    /// Greatest moment, in N·m.
    pub moment_nm: f32,
}

/// Works out a step of one body: what its joints must give so that every segment goes where it is wanted, as far as the ground allows.
///
/// Computed torque in maximal coordinates: every segment has a wanted acceleration (the plan's, and a spring and damper on what it misses);
/// together they ask the ground for a force and a moment; what the ground can't give is asked of the help up to its `allowance`, and what is left
/// isn't accelerated. Torques then follow from the leaves to the root (recursive Newton–Euler, Featherstone, *Rigid Body Dynamics Algorithms*, 2008, 5.3).
pub(crate) fn effort(
    skeleton: &Skeleton,
    motion: &Motion,
    wanted: &Wanted,
    centre: &Centre,
    inertia: impl Fn(Segment, Vec3) -> Vec3,
    allowance: Allowance,
    pull_n: Vec3,
    ground: &mut GroundForces,
) -> Effort {
    let mass_kg = skeleton.total_mass_kg();
    let (centre_m, velocity) = (over_mass(skeleton, &motion.centre_m), over_mass(skeleton, &motion.velocity_m_per_sec));
    let mut acceleration: [Vec3; SEGMENTS] = std::array::from_fn(|i| {
        wanted.acceleration_m_per_sec2[i]
            + ((wanted.centre_m[i] - motion.centre_m[i]) * PLACE_PER_SEC2
                + (wanted.velocity_m_per_sec[i] - motion.velocity_m_per_sec[i]) * PLACE_PER_SEC)
                .clamp_length_max(PLACE_MOST)
    });
    let moments_nm: [Vec3; SEGMENTS] = Segment::ALL.map(|segment| {
        let i = segment.index();
        let error = short_turn(wanted.placed[i].turn * motion.placed[i].turn.inverse());
        let spin = wanted.spin_rad_per_sec2[i]
            + (error * TURN_PER_SEC2 + (wanted.spin_rad_per_sec[i] - motion.spin_rad_per_sec[i]) * TURN_PER_SEC)
                .clamp_length_max(TURN_MOST);
        inertia(segment, spin)
    });
    // The centre of mass has a way of its own.
    let whole = centre.acceleration_m_per_sec2 + wanted_acceleration(centre.at_m - centre_m, centre.velocity_m_per_sec - velocity);
    let shares = trunk_shares(skeleton);
    let beside = whole - over_mass(skeleton, &acceleration);
    acceleration.iter_mut().zip(&shares).for_each(|(a, share)| *a += beside * *share);

    // What pulls or pushes at the body already needn't be asked of the ground.
    let force_n = (whole + Vec3::Y * GRAVITY) * mass_kg - pull_n;
    let moment_nm: Vec3 = (0..SEGMENTS)
        .map(|i| (motion.centre_m[i] - centre_m).cross((acceleration[i] + Vec3::Y * GRAVITY) * skeleton.mass_kg[i]) + moments_nm[i])
        .sum();
    let supports = supports(skeleton, motion, &wanted.placed);
    let (given_n, given_nm) = share_out(&supports, centre_m, force_n, moment_nm, ground);
    let help_n = (force_n - given_n).clamp_length_max(allowance.force_n);
    let help_nm = (moment_nm - given_nm).clamp_length_max(allowance.moment_nm);
    // What nobody gives doesn't happen.
    let lacking = (force_n - given_n - help_n) / mass_kg;
    acceleration.iter_mut().zip(&shares).for_each(|(a, share)| *a -= lacking * *share);
    Effort {
        torque_nm: joint_torques(skeleton, motion, &acceleration, &moments_nm, ground, &supports),
        help_n,
        help_nm,
        centre_m,
        velocity_m_per_sec: velocity,
        given_n,
    }
}

/// `[segment]`: how much each takes of what the body as a whole is accelerated beside its segments' own ways, the mean over the mass being 1: the trunk
/// most, feet nothing, because they stand or step where they are planned to.
fn trunk_shares(skeleton: &Skeleton) -> [f32; SEGMENTS] {
    let share = |segment: Segment| match segment {
        Segment::FootL | Segment::FootR => 0.0,
        Segment::ShinL | Segment::ShinR => 0.25,
        Segment::ThighL | Segment::ThighR => 0.75,
        _ => 1.0,
    };
    let mean = Segment::ALL.iter().map(|&s| share(s) * skeleton.mass_kg[s.index()]).sum::<f32>() / skeleton.total_mass_kg();
    Segment::ALL.map(|segment| share(segment) / mean)
}

fn wanted_acceleration(miss_m: Vec3, lag_m_per_sec: Vec3) -> Vec3 {
    let along = (miss_m * ALONG_PER_SEC2 + lag_m_per_sec * ALONG_PER_SEC).with_y(0.0).clamp_length_max(ALONG_MOST);
    let up = (miss_m.y * HEIGHT_PER_SEC2 + lag_m_per_sec.y * HEIGHT_PER_SEC).clamp(HEIGHT_RANGE.0, HEIGHT_RANGE.1);
    along.with_y(up)
}

/// The points that touch the ground and are planned to.
fn supports(skeleton: &Skeleton, motion: &Motion, planned: &[Placed; SEGMENTS]) -> Vec<Support> {
    let mut supports = Vec::with_capacity(24);
    for segment in 0..SEGMENTS {
        let now = lowest_points(&skeleton.shape[segment], &motion.placed[segment]);
        let then = lowest_points(&skeleton.shape[segment], &planned[segment]);
        for (point, (now, then)) in now.into_iter().zip(then).enumerate() {
            let (Some(at_m), Some(planned_m)) = (now, then) else { continue };
            let down = ((PLANNED_TOUCH_M.1 - planned_m.y) / (PLANNED_TOUCH_M.1 - PLANNED_TOUCH_M.0)).clamp(UNPLANNED_READINESS, 1.0);
            let beside_m = (planned_m - at_m).with_y(0.0).length();
            let astray = ((beside_m - ASTRAY_M.0) / (ASTRAY_M.1 - ASTRAY_M.0)).clamp(0.0, 1.0);
            let readiness = down * (1.0 - astray * (1.0 - LEAST_READINESS));
            if at_m.y < TOUCH_M && readiness > 0.0 {
                supports.push(Support { segment, point, at_m, readiness });
            }
        }
    }
    supports
}

/// The places of a shape that may touch the ground, in the world.
pub(crate) fn lowest_points(shape: &Shape, placed: &Placed) -> [Option<Vec3>; POINTS] {
    match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => {
            [Some(placed.point(a_m) - Vec3::Y * radius_m), Some(placed.point(b_m) - Vec3::Y * radius_m), None, None]
        }
        Shape::Cuboid { centre_m, half_m } => {
            let corner = |x: f32, z: f32| Some(placed.point(centre_m + half_m * Vec3::new(x, -1.0, z)));
            [corner(-1.0, -1.0), corner(1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0)]
        }
    }
}

/// Shares a force and a moment about the centre of mass out over the supports; gives back what they add up to.
///
/// Least |Σf − F|² + w² |Σ(p − c)×f − M|² + Σ ε f² with every f in its friction cone: block Gauss-Seidel with projection.
fn share_out(supports: &[Support], centre_m: Vec3, force_n: Vec3, moment_nm: Vec3, ground: &mut GroundForces) -> (Vec3, Vec3) {
    let kept: Vec<Vec3> = supports.iter().map(|s| ground[s.segment][s.point]).collect();
    *ground = [[Vec3::ZERO; POINTS]; SEGMENTS];
    let weight = MOMENT_WEIGHT_PER_M * MOMENT_WEIGHT_PER_M;
    let mut forces = kept;
    let arms: Vec<Vec3> = supports.iter().map(|s| s.at_m - centre_m).collect();
    let costs: Vec<f32> = supports.iter().map(|s| FORCE_COST / (s.readiness * s.readiness).max(1e-3)).collect();
    let inverses: Vec<Mat3> = arms
        .iter()
        .zip(&costs)
        .map(|(&p, &cost)| {
            let outer = Mat3::from_cols(p * p.x, p * p.y, p * p.z);
            (Mat3::from_diagonal(Vec3::splat(1.0 + cost + weight * p.length_squared())) - outer * weight).inverse()
        })
        .collect();
    let mut sum_n: Vec3 = forces.iter().sum();
    let mut sum_nm: Vec3 = forces.iter().zip(&arms).map(|(f, p)| p.cross(*f)).sum();
    for _ in 0..SWEEPS {
        for k in 0..forces.len() {
            let gradient = (sum_n - force_n) - arms[k].cross(sum_nm - moment_nm) * weight + forces[k] * costs[k];
            let next = in_friction_cone(forces[k] - inverses[k] * gradient);
            let change = next - forces[k];
            forces[k] = next;
            sum_n += change;
            sum_nm += arms[k].cross(change);
        }
    }
    for (support, force) in supports.iter().zip(&forces) {
        ground[support.segment][support.point] = *force;
    }
    (sum_n, sum_nm)
}

/// The nearest force that the ground can give.
fn in_friction_cone(force_n: Vec3) -> Vec3 {
    let rub = force_n.with_y(0.0);
    let (push, rub_n) = (force_n.y, rub.length());
    if rub_n <= FRICTION * push {
        return force_n;
    }
    if FRICTION * rub_n <= -push {
        return Vec3::ZERO;
    }
    let along = (push + FRICTION * rub_n) / (1.0 + FRICTION * FRICTION);
    (rub * (FRICTION * along / rub_n.max(1e-9))).with_y(along)
}

/// Torques from the leaves to the root: what each joint must give so that everything beyond it is carried, accelerated and pressed
/// against the ground as wanted.
fn joint_torques(
    skeleton: &Skeleton,
    motion: &Motion,
    acceleration: &[Vec3; SEGMENTS],
    moments_nm: &[Vec3; SEGMENTS],
    ground: &GroundForces,
    supports: &[Support],
) -> [Vec3; SEGMENTS] {
    // Force and moment about the world's origin that the rest of the body must exert on each subtree.
    let mut force_n = [Vec3::ZERO; SEGMENTS];
    let mut moment_nm = [Vec3::ZERO; SEGMENTS];
    for i in 0..SEGMENTS {
        force_n[i] = (acceleration[i] + Vec3::Y * GRAVITY) * skeleton.mass_kg[i];
        moment_nm[i] = motion.centre_m[i].cross(force_n[i]) + moments_nm[i];
    }
    for support in supports {
        let given = ground[support.segment][support.point];
        force_n[support.segment] -= given;
        moment_nm[support.segment] -= support.at_m.cross(given);
    }
    let mut torque_nm = [Vec3::ZERO; SEGMENTS];
    for segment in Segment::ALL.into_iter().rev() {
        if let Some(parent) = segment.parent() {
            let i = segment.index();
            torque_nm[i] = moment_nm[i] - motion.placed[i].origin_m.cross(force_n[i]);
            force_n[parent.index()] += force_n[i];
            moment_nm[parent.index()] += moment_nm[i];
        }
    }
    torque_nm
}

/// A rotation as a vector, never the long way round.
pub(crate) fn short_turn(turn: Quat) -> Vec3 {
    (if turn.w < 0.0 { -turn } else { turn }).to_scaled_axis()
}
