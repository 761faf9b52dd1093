//! The two bodies, the ground and the solver that steps them.

use crate::{Error, choreography::limits, muscles};
use clinch_model::{Cast, Placed, Pose, SEGMENTS, Segment, Shape, Skeleton, Who};
use glam::{Quat, Vec3};
use rapier3d::prelude::{
    BroadPhaseBvh, CCDSolver, CoefficientCombineRule, ColliderBuilder, ColliderSet, GenericJoint, Group, ImpulseJointHandle,
    ImpulseJointSet, IntegrationParameters, InteractionGroups, InteractionTestMode, IslandManager, JointAxesMask, MotorModel,
    MultibodyJointSet, NarrowPhase, PhysicsPipeline, RigidBodyBuilder, RigidBodyHandle, RigidBodySet, RigidBodyType, SharedShape,
    SoftBodySet,
};

/// Steps a second. With fewer the standing trials fell (balance was kept at 240 Hz with four inner iterations).
pub(crate) const STEPS_PER_SEC: u32 = 240;

/// Length of a step.
pub(crate) const STEP_SECS: f32 = 1.0 / STEPS_PER_SEC as f32;

/// Gauss-Seidel sweeps a substep; with Rapier's one, standing bodies fell within 2.5 s, with four they stood.
const INNER_ITERATIONS: usize = 4;

/// Substeps a step, Rapier's default; motor impulses are reported for one of them.
const SUBSTEPS: usize = 4;

/// Acceleration of gravity, in m/s².
pub(crate) const GRAVITY: f32 = 9.81;

/// Rubber soles on dry concrete (0.6..0.9 in most tables): what keeps feet planted.
const GROUND_FRICTION: f32 = 0.9;

/// Cloth on cloth and skin, so that leaning bodies drag on each other but don't lock.
const BODY_FRICTION: f32 = 0.6;

/// What isn't meant to bear: a foot or knee on its way is nearly relieved, and clothes slide over each other and over the skin below. With the full
/// friction legs that should walk stuck to the ground, and whole bodies hung on them.
const SLIPPING_FRICTION: f32 = 0.1;

/// How far every stop gives, in radians: half a degree, so that the two stops of a hinge don't chatter.
const LEAST_PLAY_RAD: f32 = 0.01;

/// The first angular axis of a joint among its six.
const FIRST_ANGULAR: usize = 3;

/// Handles of one person.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// `[segment]`.
    pub segments: [RigidBodyHandle; SEGMENTS],
    /// `[segment]`: the joint at its origin; none for the pelvis.
    joints: [Option<ImpulseJointHandle>; SEGMENTS],
    /// `[segment]`: whether it may bear.
    bears: [bool; SEGMENTS],
    /// What it was built from.
    pub skeleton: Skeleton,
    /// Standing height, in metres.
    pub height_m: f32,
    /// Mass, in kilograms.
    pub mass_kg: f32,
}

/// Where one person's segments are and how they move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    /// `[segment]`: `world_from_segment`.
    pub placed: [Placed; SEGMENTS],
    /// `[segment]`: centre of mass in the world.
    pub centre_m: [Vec3; SEGMENTS],
    /// `[segment]`: velocity of the centre of mass.
    pub velocity_m_per_sec: [Vec3; SEGMENTS],
    /// `[segment]`: angular velocity in the world.
    pub spin_rad_per_sec: [Vec3; SEGMENTS],
}

/// The mean over a body's mass of something that each segment has, `[segment]`: of their centres the centre of mass, of their velocities its velocity.
pub(crate) fn over_mass(skeleton: &Skeleton, values: &[Vec3; SEGMENTS]) -> Vec3 {
    values.iter().zip(&skeleton.mass_kg).map(|(value, mass_kg)| *value * *mass_kg).sum::<Vec3>() / skeleton.total_mass_kg()
}

/// What the muscles of one joint are asked for during the next step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drive {
    /// Wanted `parent_from_segment` rotation.
    pub turn: Quat,
    /// Wanted angular velocity against the parent, in the wanted segment's frame.
    pub spin_rad_per_sec: Vec3,
    /// Stiffness about every axis, in N·m/rad.
    pub stiffness: f32,
    /// Damping about every axis, in N·m·s/rad.
    pub damping: f32,
    /// Bounds of the motor's torque about x, y and z, in N·m.
    pub limit_nm: Vec3,
}

/// The simulated world; a clone continues exactly like the original.
pub(crate) struct World {
    pub bodies: RigidBodySet,
    colliders: ColliderSet,
    pub joints: ImpulseJointSet,
    multibody_joints: MultibodyJointSet,
    islands: IslandManager,
    broad_phase: BroadPhaseBvh,
    narrow_phase: NarrowPhase,
    ccd: CCDSolver,
    soft_bodies: SoftBodySet,
    pipeline: PhysicsPipeline,
    parameters: IntegrationParameters,
    /// `[who]`.
    pub people: [Body; 2],
}

impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            bodies: self.bodies.clone(),
            colliders: self.colliders.clone(),
            joints: self.joints.clone(),
            multibody_joints: self.multibody_joints.clone(),
            islands: self.islands.clone(),
            broad_phase: self.broad_phase.clone(),
            narrow_phase: self.narrow_phase.clone(),
            ccd: self.ccd.clone(),
            soft_bodies: SoftBodySet::new(),
            // Holds working memory only.
            pipeline: PhysicsPipeline::new(),
            parameters: self.parameters,
            people: self.people.clone(),
        }
    }
}

impl World {
    /// The ground and both people in the given poses, at rest.
    pub fn new(cast: &Cast, poses: &[Pose; 2]) -> Result<Self, Error> {
        for person in &cast.people {
            check(person)?;
        }
        let mut bodies = RigidBodySet::new();
        let mut colliders = ColliderSet::new();
        let mut joints = ImpulseJointSet::new();
        let ground = bodies.insert(RigidBodyBuilder::new(RigidBodyType::Fixed));
        let floor = ColliderBuilder::new(SharedShape::halfspace(Vec3::Y)).friction(GROUND_FRICTION).collision_groups(groups(1, u32::MAX));
        colliders.insert_with_parent(floor, ground, &mut bodies);
        let people = Who::BOTH.map(|who| {
            let person = cast.person(who);
            build(&mut bodies, &mut colliders, &mut joints, who, person, &poses[who.index()])
        });
        let parameters = IntegrationParameters {
            dt: STEP_SECS,
            num_solver_iterations: SUBSTEPS,
            num_internal_pgs_iterations: INNER_ITERATIONS,
            friction_in_bias_pass: true,
            ..IntegrationParameters::default()
        };
        Ok(Self {
            bodies,
            colliders,
            joints,
            multibody_joints: MultibodyJointSet::new(),
            islands: IslandManager::new(),
            broad_phase: BroadPhaseBvh::default(),
            narrow_phase: NarrowPhase::new(),
            ccd: CCDSolver::new(),
            soft_bodies: SoftBodySet::new(),
            pipeline: PhysicsPipeline::new(),
            parameters,
            people,
        })
    }

    /// Goes on by one step under the forces and torques that were applied, which are then forgotten.
    pub fn step(&mut self) {
        self.pipeline.step(
            Vec3::Y * -GRAVITY,
            &self.parameters,
            &mut self.islands,
            &mut self.broad_phase,
            &mut self.narrow_phase,
            &mut self.bodies,
            &mut self.colliders,
            &mut self.joints,
            &mut self.multibody_joints,
            &mut self.soft_bodies,
            &mut self.ccd,
            &(),
            &(),
        );
        for person in 0..2 {
            for segment in 0..SEGMENTS {
                let body = &mut self.bodies[self.people[person].segments[segment]];
                body.reset_forces(false);
                body.reset_torques(false);
            }
        }
    }

    /// Where one person is. Values that aren't numbers never get out: Rapier disables such a body, see [`Self::is_sound`].
    pub fn motion(&self, who: Who) -> Motion {
        let handles = &self.people[who.index()].segments;
        let body = |i: usize| &self.bodies[handles[i]];
        Motion {
            placed: std::array::from_fn(|i| Placed { turn: *body(i).rotation(), origin_m: body(i).translation() }),
            centre_m: std::array::from_fn(|i| body(i).center_of_mass()),
            velocity_m_per_sec: std::array::from_fn(|i| body(i).linvel()),
            spin_rad_per_sec: std::array::from_fn(|i| body(i).angvel()),
        }
    }

    /// Whether every segment is still simulated.
    pub fn is_sound(&self) -> bool {
        self.people.iter().flat_map(|person| &person.segments).all(|&handle| self.bodies[handle].is_enabled())
    }

    /// Gives every segment a velocity, for the start.
    pub fn set_velocities(&mut self, who: Who, velocity_m_per_sec: &[Vec3; SEGMENTS], spin_rad_per_sec: &[Vec3; SEGMENTS]) {
        for segment in 0..SEGMENTS {
            let body = &mut self.bodies[self.people[who.index()].segments[segment]];
            body.set_linvel(velocity_m_per_sec[segment], true);
            body.set_angvel(spin_rad_per_sec[segment], true);
        }
    }

    /// Asks the muscles at a segment's origin for something.
    pub fn drive(&mut self, who: Who, segment: Segment, drive: &Drive) {
        let person = &self.people[who.index()];
        let (Some(handle), Some(parent)) = (person.joints[segment.index()], segment.parent()) else { return };
        let [above, below] = [parent, segment].map(|segment| *self.bodies[person.segments[segment.index()]].rotation());
        let Some(joint) = self.joints.get_mut(handle, false) else { return };
        // The joint's frame swings with the wanted limb but doesn't twist with it, so that a turned forearm still bends about the elbow.
        let (swing, twist) = limits::swing_and_twist(drive.turn);
        let untwisted = Quat::from_rotation_y(-twist);
        joint.data.local_frame1.rotation = swing;
        joint.data.local_frame2.rotation = untwisted;
        // Stops: as far as the joint gives beside what is wanted, but not beyond what joints can.
        let play = muscles::joint(segment).map_or(Vec3::ZERO, |joint| joint.play_rad);
        let turn = above.inverse() * below;
        let [least, greatest] = limits::room(segment, turn);
        let beside = angles(swing.inverse() * turn * untwisted);
        for axis in 0..3 {
            let stop = &mut joint.data.limits[FIRST_ANGULAR + axis];
            let range = [least, greatest].map(|end| beside[axis] + end[axis]);
            // What is wanted may lie beyond the range: then the range holds.
            stop.min = (-play[axis]).clamp(range[0], range[1]) - LEAST_PLAY_RAD;
            stop.max = play[axis].clamp(range[0], range[1]) + LEAST_PLAY_RAD;
        }
        let spin_rad_per_sec = untwisted.inverse() * drive.spin_rad_per_sec;
        for axis in 0..3 {
            let motor = &mut joint.data.motors[FIRST_ANGULAR + axis];
            motor.target_vel = spin_rad_per_sec[axis];
            motor.stiffness = drive.stiffness;
            motor.damping = drive.damping;
            motor.max_force = drive.limit_nm[axis];
        }
    }

    /// Torque of the motor at a segment's origin during the last step, about the segment's three axes, in N·m.
    pub fn motor_torque_nm(&self, who: Who, segment: Segment) -> Vec3 {
        let joint = self.people[who.index()].joints[segment.index()].and_then(|handle| self.joints.get(handle));
        joint.map_or(Vec3::ZERO, |joint| {
            let impulse = |axis: usize| joint.data.motors[FIRST_ANGULAR + axis].impulse;
            joint.data.local_frame2.rotation * (Vec3::new(impulse(0), impulse(1), impulse(2)) / (STEP_SECS / SUBSTEPS as f32))
        })
    }

    /// Torque that gives a segment an angular acceleration (in the world, rad/s²), joints apart, in N·m.
    pub fn inertia(&self, who: Who, segment: Segment, acceleration: Vec3) -> Vec3 {
        let body = &self.bodies[self.people[who.index()].segments[segment.index()]];
        let local = body.mass_properties().local_mprops.principal_inertia();
        let frame = *body.rotation() * body.mass_properties().local_mprops.principal_inertia_local_frame;
        frame * ((frame.inverse() * acceleration) * local)
    }

    /// Lets a segment bear on the ground, or slip over everything.
    pub fn set_bearing(&mut self, who: Who, segment: Segment, bears: bool) {
        let body = &mut self.people[who.index()];
        if std::mem::replace(&mut body.bears[segment.index()], bears) == bears {
            return;
        }
        for &handle in self.bodies[body.segments[segment.index()]].colliders() {
            if let Some(collider) = self.colliders.get_mut(handle) {
                let (friction, rule) = if bears {
                    (friction(segment), CoefficientCombineRule::Average)
                } else {
                    (SLIPPING_FRICTION, CoefficientCombineRule::Min)
                };
                collider.set_friction(friction);
                collider.set_friction_combine_rule(rule);
            }
        }
    }

    /// Applies a force through a segment's centre of mass and a torque during the next step.
    pub fn push(&mut self, who: Who, segment: Segment, force_n: Vec3, torque_nm: Vec3) {
        let body = &mut self.bodies[self.people[who.index()].segments[segment.index()]];
        body.add_force(force_n, true);
        body.add_torque(torque_nm, true);
    }
}

/// Angles of a turn about each axis, as Rapier measures them for its stops, −π..π.
fn angles(turn: Quat) -> Vec3 {
    let angle = |part: f32| (2.0 * part.atan2(turn.w) + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU) - std::f32::consts::PI;
    Vec3::new(angle(turn.x), angle(turn.y), angle(turn.z))
}

/// Refuses a body that the solver couldn't hold together.
fn check(person: &clinch_model::Person) -> Result<(), Error> {
    let unfit = |reason: String| Err(Error::UnfitBody { who: person.who, reason });
    if !(person.mass_kg.is_finite() && person.mass_kg > 1.0 && person.height_m.is_finite() && person.height_m > 0.3) {
        return unfit(format!("{} kg at {} m", person.mass_kg, person.height_m));
    }
    for segment in Segment::ALL {
        let mass_kg = person.skeleton.mass_kg[segment.index()];
        let sized = match person.skeleton.shape[segment.index()] {
            Shape::Capsule { a_m, b_m, radius_m } => radius_m > 0.0 && a_m.is_finite() && b_m.is_finite() && radius_m.is_finite(),
            Shape::Cuboid { centre_m, half_m } => half_m.min_element() > 0.0 && half_m.is_finite() && centre_m.is_finite(),
        };
        if !(mass_kg.is_finite() && mass_kg > 0.0 && sized && person.skeleton.joint_in_parent_m[segment.index()].is_finite()) {
            return unfit(format!("its segment {segment:?} has no mass or no size"));
        }
    }
    Ok(())
}

/// Makes one person's bodies, colliders and joints.
fn build(
    bodies: &mut RigidBodySet,
    colliders: &mut ColliderSet,
    joints: &mut ImpulseJointSet,
    who: Who,
    person: &clinch_model::Person,
    pose: &Pose,
) -> Body {
    let skeleton = person.skeleton.clone();
    let placed = skeleton.place(pose);
    let segments = Segment::ALL.map(|segment| {
        let at = placed[segment.index()];
        let position = rapier3d::math::Pose::from_parts(at.origin_m, at.turn);
        let handle = bodies.insert(RigidBodyBuilder::dynamic().pose(position).can_sleep(false));
        colliders.insert_with_parent(collider(&skeleton, who, segment), handle, bodies);
        handle
    });
    let mut handles = [None; SEGMENTS];
    for segment in Segment::ALL {
        if let (Some(parent), Some(muscle)) = (segment.parent(), muscles::joint(segment)) {
            let joint = motorised_joint(skeleton.joint_in_parent_m[segment.index()], &muscle);
            let handle = joints.insert(segments[parent.index()], segments[segment.index()], joint, true);
            handles[segment.index()] = Some(handle);
        }
    }
    Body { segments, joints: handles, bears: [true; SEGMENTS], skeleton, height_m: person.height_m, mass_kg: person.mass_kg }
}

/// A ball joint with muscles about its three axes and stops, which [`World::drive`] sets.
fn motorised_joint(origin_in_parent_m: Vec3, muscle: &muscles::Joint) -> GenericJoint {
    let mut joint = GenericJoint::new(JointAxesMask::LOCKED_SPHERICAL_AXES);
    joint.local_frame1.translation = origin_in_parent_m;
    joint.motor_axes = JointAxesMask::ANG_AXES;
    joint.contacts_enabled = false;
    // Angles are counted from the wanted turn, which `drive` sets.
    joint.limit_axes = JointAxesMask::ANG_AXES;
    for axis in 0..3 {
        (joint.limits[FIRST_ANGULAR + axis].min, joint.limits[FIRST_ANGULAR + axis].max) = (-muscle.play_rad[axis], muscle.play_rad[axis]);
    }
    for motor in &mut joint.motors {
        motor.model = MotorModel::ForceBased;
        motor.max_force = 0.0;
    }
    joint
}

/// How much a segment rubs where it bears.
fn friction(segment: Segment) -> f32 {
    if matches!(segment, Segment::FootL | Segment::FootR) { GROUND_FRICTION } else { BODY_FRICTION }
}

fn collider(skeleton: &Skeleton, who: Who, segment: Segment) -> ColliderBuilder {
    let builder = match skeleton.shape[segment.index()] {
        Shape::Capsule { a_m, b_m, radius_m } => ColliderBuilder::new(SharedShape::capsule(a_m, b_m, radius_m)),
        Shape::Cuboid { centre_m, half_m } => ColliderBuilder::cuboid(half_m.x, half_m.y, half_m.z).translation(centre_m),
    };
    let (own, met) = membership(who, segment);
    builder.mass(skeleton.mass_kg[segment.index()]).friction(friction(segment)).restitution(0.0).collision_groups(groups(own, met))
}

/// Collision groups: bit 0 is the ground; then five a person: trunk, left arm, right arm, left leg, right leg.
///
/// Everything meets the ground and the other person. Of a person's own parts only the two legs and the two arms meet each other, so that
/// legs don't cross; hanging arms touch the hips at rest and would be pushed off.
fn membership(who: Who, segment: Segment) -> (u32, u32) {
    let part = match segment {
        Segment::Pelvis | Segment::Abdomen | Segment::Chest | Segment::Head => 0,
        Segment::UpperArmL | Segment::ForearmL | Segment::HandL => 1,
        Segment::UpperArmR | Segment::ForearmR | Segment::HandR => 2,
        Segment::ThighL | Segment::ShinL | Segment::FootL => 3,
        Segment::ThighR | Segment::ShinR | Segment::FootR => 4,
    };
    let first = |who: Who| 1 + 5 * who.index() as u32;
    let own = 1 << (first(who) + part);
    let others = 0b11111 << first(who.other());
    let opposite = match part {
        1 => 1 << (first(who) + 2),
        2 => 1 << (first(who) + 1),
        3 => 1 << (first(who) + 4),
        4 => 1 << (first(who) + 3),
        _ => 0,
    };
    (own, 1 | others | opposite)
}

fn groups(own: u32, met: u32) -> InteractionGroups {
    InteractionGroups::new(Group::from_bits_retain(own), Group::from_bits_retain(met), InteractionTestMode::And)
}
