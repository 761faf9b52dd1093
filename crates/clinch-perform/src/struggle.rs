//! Two simulated bodies following a reference motion with their own limited muscles.

use crate::{
    Error,
    choreography::{Choreography, PersonReference, Reference},
    grips::{Ended, Hands},
    muscles,
    tempo::Tempo,
    world::{Drive, GRAVITY, Motion, STEP_SECS, STEPS_PER_SEC, World},
};
use clinch_model::{Cast, Pose, SEGMENTS, Secs, Segment, Who};
use glam::{Quat, Vec3};

/// Where the wanted motion comes from.
pub(crate) trait Plan: Sync {
    /// Both people at a time; any time, periodic.
    fn at(&self, at: Secs) -> Reference;
}

impl Plan for Choreography {
    fn at(&self, at: Secs) -> Reference {
        Choreography::at(self, at)
    }
}

/// Assist on the pelvis as a spring to the reference: natural frequency in rad/s and damping ratio.
const ASSIST_RATE_RAD_PER_SEC: f32 = 9.0;
const ASSIST_DAMPING_RATIO: f32 = 0.9;

/// Greatest assist force as a share of body weight, in calm and when a body is being lost.
const ASSIST_SHARE: f32 = 0.25;
const RESCUE_SHARE: f32 = 1.2;

/// Greatest assist torque as a share of body weight times standing height.
const ASSIST_TORQUE_SHARE: f32 = 0.06;
const RESCUE_TORQUE_SHARE: f32 = 0.25;

/// Distance of a joint from its reference at which help begins to grow and at which it is full, in metres.
const ALARM_FROM_M: f32 = 0.25;
const ALARM_FULL_M: f32 = 0.5;

/// Speed of a segment at which help grows to full, in m/s; nothing people do to each other here is faster than 6 m/s.
const ALARM_FROM_M_PER_SEC: f32 = 6.0;
const ALARM_FULL_M_PER_SEC: f32 = 8.0;

/// How quickly help grows and fades, a second.
const ALARM_RISE_PER_SEC: f32 = 4.0;
const ALARM_FADE_PER_SEC: f32 = 0.7;

/// Share of stiffness that is there at no intensity; the rest comes with it.
const CALM_STIFFNESS: f32 = 0.7;

/// Damping over stiffness, in seconds: what the standing trials used.
const DAMPING_SECS: f32 = 0.1;

/// Rate and size of the tremor of loaded muscles: physiological tremor under fatigue is 8..12 Hz (Elble and Koller, Tremor, 1990), here
/// under a third of a degree at the joint.
const TREMOR_HZ: f64 = 9.3;
const TREMOR_RAD: f32 = 0.005;

/// Chest extension, abdomen extension and lift of the shoulders with a full breath, in radians.
const BREATH_CHEST_RAD: f32 = 0.035;
const BREATH_ABDOMEN_RAD: f32 = 0.012;
const BREATH_ARM_RAD: f32 = 0.03;

/// How the takes of one phrase differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Direction {
    /// `[who]`: reaction lag behind the reference, in seconds.
    pub lag_secs: [f64; 2],
    /// Factor on the stiffness of all muscles.
    pub stiffness: f32,
    /// Phase of the tremor, in turns.
    pub tremor_turns: f64,
}

/// One recorded step of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PersonRecord {
    pub pose: Pose,
    /// Sum of torques over sum of what the muscles could give, 0..1.
    pub effort: f32,
    pub assist_n: f32,
    /// `[hand]`: 0..1.
    pub grip: [f32; 2],
    /// Mean and greatest distance of the joints from the reference, in metres.
    pub miss_m: f32,
    pub worst_m: f32,
    /// Speed of the fastest segment, in m/s.
    pub speed_m_per_sec: f32,
}

/// One recorded step.
pub(crate) type Record = [PersonRecord; 2];

/// The simulation in progress; a clone continues exactly like the original.
#[derive(Clone)]
pub(crate) struct Struggle<'a> {
    plan: &'a dyn Plan,
    tempo: &'a Tempo,
    world: World,
    hands: Hands,
    /// Step number; time is `step / STEPS_PER_SEC`, 0 at the song's first sample.
    step: i64,
    /// `[who]`: reference of the step before.
    before: [Pose; 2],
    /// `[who]`: lag, gliding towards the direction's.
    lag_secs: [f64; 2],
    /// `[who]`: how much rescue is on, 0..1.
    alarm: [f32; 2],
}

/// Time of a step.
pub(crate) fn step_time(step: i64) -> Secs {
    Secs(step as f64 / f64::from(STEPS_PER_SEC))
}

impl<'a> Struggle<'a> {
    /// Both bodies in the reference's poses, moving as it moves.
    pub fn new(plan: &'a dyn Plan, tempo: &'a Tempo, cast: &Cast, first_step: i64, direction: &Direction) -> Result<Self, Error> {
        let at = |who: usize, step: i64| plan.at(Secs(step_time(step).0 - direction.lag_secs[who])).people[who].pose;
        let poses = [0, 1].map(|who| at(who, first_step));
        let mut world = World::new(cast, &poses)?;
        let before = [0, 1].map(|who| at(who, first_step - 1));
        for who in Who::BOTH {
            let skeleton = cast.person(who).skeleton.clone();
            let i = who.index();
            let (velocity, spin) = velocities(&skeleton, &before[i], &poses[i]);
            world.set_velocities(who, &velocity, &spin);
        }
        Ok(Self { plan, tempo, world, hands: Hands::default(), step: first_step, before: poses, lag_secs: direction.lag_secs, alarm: [0.0; 2] })
    }

    /// The step that comes next.
    pub fn next_step(&self) -> i64 {
        self.step
    }

    /// Whether every segment still has a place.
    pub fn is_sound(&self) -> bool {
        self.world.is_sound()
    }

    /// Grips that are held now, as if they ended here.
    pub fn held(&self) -> Vec<Ended> {
        self.hands.finish(self.step)
    }

    /// Goes on by one step and tells where it led; grips that ended are added to `ended`.
    pub fn advance(&mut self, direction: &Direction, ended: &mut Vec<Ended>) -> Record {
        let at = step_time(self.step + 1);
        let mut limits = [0.0; 2];
        let mut assist_n = [0.0; 2];
        let mut references = Vec::with_capacity(2);
        for who in Who::BOTH {
            let i = who.index();
            // A new take's timing comes in over a second, so that the reference doesn't jump.
            self.lag_secs[i] += (direction.lag_secs[i] - self.lag_secs[i]) * f64::from(STEP_SECS);
            let mut reference = self.plan.at(Secs(at.0 - self.lag_secs[i])).people[i].clone();
            enliven(&mut reference.pose, self.tempo, i, at, direction);
            limits[i] = self.drive(who, &reference, direction);
            assist_n[i] = self.assist(who, &reference.pose);
            references.push(reference);
        }
        for who in Who::BOTH {
            let fatigue = self.tempo.fatigue(at);
            let shaken = self.alarm[who.index()] > 0.8;
            self.hands.update(&mut self.world, who, &references[who.index()], self.step, fatigue, shaken, ended);
        }
        self.world.step();
        self.step += 1;
        Who::BOTH.map(|who| {
            let i = who.index();
            let record = self.record(who, &references[i].pose, limits[i], assist_n[i]);
            self.raise_alarm(i, &record);
            self.before[i] = references[i].pose;
            record
        })
    }

    /// Sets every muscle's target; gives back the sum of what the muscles could give, in N·m.
    fn drive(&mut self, who: Who, reference: &PersonReference, direction: &Direction) -> f32 {
        let at = step_time(self.step);
        let i = who.index();
        let (mass_kg, height_m) = (self.world.people[i].mass_kg, self.world.people[i].height_m);
        let fatigue = self.tempo.fatigue(at);
        let keenness = CALM_STIFFNESS + (1.0 - CALM_STIFFNESS) * self.tempo.intensity(at);
        let firmness = direction.stiffness * muscles::stiffness_scale(mass_kg) * keenness.max(self.alarm[i]);
        let mut sum_nm = 0.0;
        for segment in Segment::ALL {
            let Some(joint) = muscles::joint(segment) else { continue };
            let limit_nm = muscles::strength_now_nm(&joint, mass_kg, height_m, fatigue);
            let turn = reference.pose.joint_turn(segment);
            let drive = Drive {
                turn,
                spin_rad_per_sec: spin_between(self.before[i].joint_turn(segment), turn),
                stiffness: joint.stiffness_nm_per_rad * firmness,
                damping: joint.stiffness_nm_per_rad * firmness * DAMPING_SECS,
                limit_nm,
            };
            self.world.drive(who, segment, &drive);
            sum_nm += limit_nm.element_sum();
        }
        sum_nm
    }

    /// Helps the pelvis towards its reference with a bounded force and torque; gives back the force's size in newtons.
    fn assist(&mut self, who: Who, wanted: &Pose) -> f32 {
        let i = who.index();
        let motion = self.world.motion(who);
        let pelvis = Segment::Pelvis.index();
        let (mass_kg, height_m) = (self.world.people[i].mass_kg, self.world.people[i].height_m);
        let rate = ASSIST_RATE_RAD_PER_SEC;
        let wanted_velocity = (wanted.pelvis_m - self.before[i].pelvis_m) / STEP_SECS;
        let velocity = pelvis_velocity(&motion);
        let acceleration = (wanted.pelvis_m - motion.placed[pelvis].origin_m) * rate * rate
            + (wanted_velocity - velocity) * 2.0 * ASSIST_DAMPING_RATIO * rate;
        let weight_n = mass_kg * GRAVITY;
        let alarm = self.alarm[i];
        let share = ASSIST_SHARE + (RESCUE_SHARE - ASSIST_SHARE) * alarm;
        let force_n = (acceleration * mass_kg).clamp_length_max(weight_n * share);
        let wanted_spin = wanted.turn[pelvis] * spin_between(self.before[i].turn[pelvis], wanted.turn[pelvis]);
        let turn_error = (wanted.turn[pelvis] * motion.placed[pelvis].turn.inverse()).to_scaled_axis_short();
        // Radius of gyration of an upright body about its pelvis is near a quarter of its height.
        let inertia = mass_kg * (0.25 * height_m).powi(2);
        let torque_share = ASSIST_TORQUE_SHARE + (RESCUE_TORQUE_SHARE - ASSIST_TORQUE_SHARE) * alarm;
        let torque_nm = ((turn_error * rate * rate + (wanted_spin - motion.spin_rad_per_sec[pelvis]) * 2.0 * ASSIST_DAMPING_RATIO * rate)
            * inertia)
            .clamp_length_max(weight_n * height_m * torque_share);
        self.world.push(who, Segment::Pelvis, force_n, torque_nm);
        force_n.length()
    }

    fn record(&self, who: Who, wanted: &Pose, limits_nm: f32, assist_n: f32) -> PersonRecord {
        let i = who.index();
        let motion = self.world.motion(who);
        let wanted_placed = self.world.people[i].skeleton.place(wanted);
        let misses: [f32; SEGMENTS] = std::array::from_fn(|s| motion.placed[s].origin_m.distance(wanted_placed[s].origin_m));
        let torque_nm: f32 = Segment::ALL.iter().map(|&segment| self.world.motor_torque_nm(who, segment).abs().element_sum()).sum();
        PersonRecord {
            pose: shown_pose(&self.world.people[i].skeleton, &motion),
            effort: (torque_nm / limits_nm.max(1e-3)).clamp(0.0, 1.0),
            assist_n,
            grip: [0, 1].map(|hand| self.hands.closure(who, hand, self.step)),
            miss_m: misses.iter().sum::<f32>() / SEGMENTS as f32,
            worst_m: misses.iter().copied().fold(0.0, f32::max),
            speed_m_per_sec: motion.velocity_m_per_sec.iter().map(|v| v.length()).fold(0.0, f32::max),
        }
    }

    /// Lets help grow while a body is being lost and fade once it is back.
    fn raise_alarm(&mut self, who: usize, record: &PersonRecord) {
        let ramp = |value: f32, from: f32, full: f32| ((value - from) / (full - from)).clamp(0.0, 1.0);
        let wanted = ramp(record.worst_m, ALARM_FROM_M, ALARM_FULL_M)
            .max(ramp(record.speed_m_per_sec, ALARM_FROM_M_PER_SEC, ALARM_FULL_M_PER_SEC));
        let alarm = &mut self.alarm[who];
        *alarm += (wanted - *alarm).clamp(-ALARM_FADE_PER_SEC * STEP_SECS, ALARM_RISE_PER_SEC * STEP_SECS);
    }
}

/// Rotation vectors, never the long way round.
trait ShortTurn {
    fn to_scaled_axis_short(self) -> Vec3;
}

impl ShortTurn for Quat {
    fn to_scaled_axis_short(self) -> Vec3 {
        (if self.w < 0.0 { -self } else { self }).to_scaled_axis()
    }
}

/// Angular velocity that leads from one turn to the next within a step, in the second turn's frame.
fn spin_between(before: Quat, after: Quat) -> Vec3 {
    (before.inverse() * after).to_scaled_axis_short() / STEP_SECS
}

/// Velocity of the pelvis's origin.
fn pelvis_velocity(motion: &Motion) -> Vec3 {
    let pelvis = Segment::Pelvis.index();
    let arm = motion.placed[pelvis].origin_m - motion.centre_m[pelvis];
    motion.velocity_m_per_sec[pelvis] + motion.spin_rad_per_sec[pelvis].cross(arm)
}

/// Velocities of all segments between two poses a step apart.
fn velocities(skeleton: &clinch_model::Skeleton, before: &Pose, after: &Pose) -> ([Vec3; SEGMENTS], [Vec3; SEGMENTS]) {
    let (first, second) = (skeleton.place(before), skeleton.place(after));
    let velocity = Segment::ALL.map(|segment| {
        let i = segment.index();
        let centre = skeleton.centre_in_segment_m(segment);
        (second[i].point(centre) - first[i].point(centre)) / STEP_SECS
    });
    let spin = Segment::ALL.map(|segment| {
        let i = segment.index();
        (second[i].turn * first[i].turn.inverse()).to_scaled_axis_short() / STEP_SECS
    });
    (velocity, spin)
}

/// The pose that shows the simulated segments best: their own turns, and the pelvis where forward kinematics misses the simulated joints
/// least. Joints give by some millimetres under load; what stands on the ground counts most, because feet must not float.
fn shown_pose(skeleton: &clinch_model::Skeleton, motion: &Motion) -> Pose {
    /// Height of a segment's centre under which it may stand on the ground, in metres.
    const NEAR_GROUND_M: f32 = 0.25;
    let mut pose = Pose { pelvis_m: motion.placed[0].origin_m, turn: motion.placed.map(|placed| placed.turn.normalize()) };
    let shown = skeleton.place(&pose);
    let mut weight_sum = 0.0;
    let mut shift_m = Vec3::ZERO;
    for segment in Segment::ALL {
        let i = segment.index();
        let low = (NEAR_GROUND_M - motion.centre_m[i].y).max(0.0) / NEAR_GROUND_M;
        let weight = 0.2 + 6.0 * low * low;
        shift_m += (motion.placed[i].origin_m - shown[i].origin_m) * weight;
        weight_sum += weight;
    }
    pose.pelvis_m += shift_m / weight_sum;
    pose
}

/// Adds breath and tremor to a wanted pose. Turns are changed joint by joint, so limbs follow their parents.
fn enliven(pose: &mut Pose, tempo: &Tempo, who: usize, at: Secs, direction: &Direction) {
    let mut turns: [Quat; SEGMENTS] = Segment::ALL.map(|segment| pose.joint_turn(segment));
    let breath = tempo.breath(who, at);
    let tremor_rad = TREMOR_RAD * tempo.intensity(at) * tempo.fatigue(at);
    let wave = |offset: f64| ((at.0 * TREMOR_HZ + direction.tremor_turns + offset) * std::f64::consts::TAU).sin() as f32;
    let mut bend = |segment: Segment, x_rad: f32, z_rad: f32| {
        turns[segment.index()] *= Quat::from_rotation_x(x_rad) * Quat::from_rotation_z(z_rad);
    };
    bend(Segment::Abdomen, -BREATH_ABDOMEN_RAD * breath, 0.0);
    bend(Segment::Chest, -BREATH_CHEST_RAD * breath, 0.0);
    bend(Segment::Head, (BREATH_CHEST_RAD + BREATH_ABDOMEN_RAD) * 0.7 * breath + 0.5 * tremor_rad * wave(0.1), 0.0);
    bend(Segment::UpperArmL, 0.0, BREATH_ARM_RAD * breath);
    bend(Segment::UpperArmR, 0.0, -BREATH_ARM_RAD * breath);
    bend(Segment::ForearmL, tremor_rad * wave(0.3), 0.0);
    bend(Segment::ForearmR, tremor_rad * wave(0.8), 0.0);
    for segment in Segment::ALL {
        let parent = segment.parent().map_or(Quat::IDENTITY, |parent| pose.turn[parent.index()]);
        pose.turn[segment.index()] = (parent * turns[segment.index()]).normalize();
    }
}
