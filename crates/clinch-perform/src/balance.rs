//! What the legs have to do: the forces that the ground should give, and the muscle torques that ask for them.
//!
//! Each step the wanted acceleration of the centre of mass and of the trunk is shared out over the points that touch the ground, as far
//! as they can push and rub (a small quadratic programme, after Stephens and Atkeson, "Dynamic balance force control for compliant
//! humanoid robots", IROS 2010); torques follow from the leaves to the root (recursive Newton-Euler: Featherstone, Rigid Body Dynamics
//! Algorithms, section 5.3, accelerations taken as common to the body). What the ground can't give is left over; a bounded part of it
//! becomes the assist.

use crate::world::{GRAVITY, Motion, STEP_SECS};
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

/// Centre of mass to its reference: 1/s² and 1/s, and the greatest acceleration, in m/s². Height as in the standing trials.
const ALONG_PER_SEC2: f32 = 45.0;
const ALONG_PER_SEC: f32 = 12.0;
const ALONG_MOST: f32 = 6.0;
const HEIGHT_PER_SEC2: f32 = 100.0;
const HEIGHT_PER_SEC: f32 = 16.0;
const HEIGHT_RANGE: (f32, f32) = (-6.0, 8.0);

/// Trunk to its reference: 1/s², 1/s and the greatest angular acceleration in rad/s², from the standing trials.
const TRUNK_PER_SEC2: f32 = 150.0;
const TRUNK_PER_SEC: f32 = 28.0;
const TRUNK_MOST: f32 = 17.0;

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
    /// What the ground can't give: a force through the centre of mass…
    pub missing_force_n: Vec3,
    /// …and a moment about it.
    pub missing_moment_nm: Vec3,
    /// Centre of mass.
    pub centre_m: Vec3,
}

/// One place where a body stands on the ground.
struct Support {
    segment: usize,
    point: usize,
    at_m: Vec3,
    /// How much load it may take, 0..1.
    readiness: f32,
}

/// Works out a step of one body. `before` and `wanted` are the reference's poses at the last and this step.
pub(crate) fn effort(skeleton: &Skeleton, motion: &Motion, before: &Pose, wanted: &Pose, ground: &mut GroundForces) -> Effort {
    let mass_kg = skeleton.total_mass_kg();
    let weighted = |values: &[Vec3; SEGMENTS]| -> Vec3 { (0..SEGMENTS).map(|i| values[i] * skeleton.mass_kg[i]).sum::<Vec3>() / mass_kg };
    let (centre_m, velocity) = (weighted(&motion.centre_m), weighted(&motion.velocity_m_per_sec));
    let wanted_centre_m = skeleton.centre_of_mass_m(wanted);
    let wanted_velocity = (wanted_centre_m - skeleton.centre_of_mass_m(before)) / STEP_SECS;
    let acceleration = wanted_acceleration(wanted_centre_m - centre_m, wanted_velocity - velocity);
    let force_n = (acceleration + Vec3::Y * GRAVITY) * mass_kg;
    let moment_nm = trunk_moment_nm(skeleton, motion, before, wanted, centre_m);

    let supports = supports(skeleton, motion, &skeleton.place(wanted));
    let (given_n, given_nm) = share_out(&supports, centre_m, force_n, moment_nm, ground);
    Effort {
        torque_nm: joint_torques(skeleton, motion, acceleration, ground, &supports),
        missing_force_n: force_n - given_n,
        missing_moment_nm: moment_nm - given_nm,
        centre_m,
    }
}

fn wanted_acceleration(miss_m: Vec3, lag_m_per_sec: Vec3) -> Vec3 {
    let along = (miss_m * ALONG_PER_SEC2 + lag_m_per_sec * ALONG_PER_SEC).with_y(0.0).clamp_length_max(ALONG_MOST);
    let up = (miss_m.y * HEIGHT_PER_SEC2 + lag_m_per_sec.y * HEIGHT_PER_SEC).clamp(HEIGHT_RANGE.0, HEIGHT_RANGE.1);
    along.with_y(up)
}

/// Moment that turns the trunk, taken as pelvis and chest together, towards its reference.
fn trunk_moment_nm(skeleton: &Skeleton, motion: &Motion, before: &Pose, wanted: &Pose, centre_m: Vec3) -> Vec3 {
    let mut angular = Vec3::ZERO;
    for segment in [Segment::Pelvis, Segment::Chest] {
        let i = segment.index();
        let error = short_turn(wanted.turn[i] * motion.placed[i].turn.inverse());
        let wanted_spin = short_turn(wanted.turn[i] * before.turn[i].inverse()) / STEP_SECS;
        angular += 0.5 * (error * TRUNK_PER_SEC2 + (wanted_spin - motion.spin_rad_per_sec[i]) * TRUNK_PER_SEC);
    }
    // Point masses of the parts above the hips about the body's centre; their own inertia is small against it.
    let upper = [Segment::Pelvis, Segment::Abdomen, Segment::Chest, Segment::Head, Segment::UpperArmL, Segment::UpperArmR];
    let inertia: f32 =
        upper.iter().map(|s| skeleton.mass_kg[s.index()] * motion.centre_m[s.index()].distance_squared(centre_m).max(0.02)).sum();
    angular.clamp_length_max(TRUNK_MOST) * inertia
}

/// The points that touch the ground and are planned to.
fn supports(skeleton: &Skeleton, motion: &Motion, planned: &[Placed; SEGMENTS]) -> Vec<Support> {
    let mut supports = Vec::with_capacity(24);
    for segment in 0..SEGMENTS {
        let now = lowest_points(&skeleton.shape[segment], &motion.placed[segment]);
        let then = lowest_points(&skeleton.shape[segment], &planned[segment]);
        for (point, (now, then)) in now.into_iter().zip(then).enumerate() {
            let (Some(at_m), Some(planned_m)) = (now, then) else { continue };
            let down = ((PLANNED_TOUCH_M.1 - planned_m.y) / (PLANNED_TOUCH_M.1 - PLANNED_TOUCH_M.0)).clamp(0.0, 1.0);
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
fn lowest_points(shape: &Shape, placed: &Placed) -> [Option<Vec3>; POINTS] {
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
    acceleration: Vec3,
    ground: &GroundForces,
    supports: &[Support],
) -> [Vec3; SEGMENTS] {
    // Force and moment about the world's origin that the rest of the body must exert on each subtree.
    let mut force_n = [Vec3::ZERO; SEGMENTS];
    let mut moment_nm = [Vec3::ZERO; SEGMENTS];
    for i in 0..SEGMENTS {
        force_n[i] = (acceleration + Vec3::Y * GRAVITY) * skeleton.mass_kg[i];
        moment_nm[i] = motion.centre_m[i].cross(force_n[i]);
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
