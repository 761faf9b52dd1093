//! Hands that close on the other's body, hold with a limited force, slip and close again.

use crate::{
    choreography::{ActiveContact, PersonReference},
    world::{STEP_SECS, World},
};
use clinch_model::{ContactKind, Placed, Segment, Shape, Target, Who};
use glam::Vec3;
use rapier3d::prelude::{GenericJoint, ImpulseJointHandle, JointAxesMask, MotorModel};

/// Strength of a planned grip beyond which the hand closes, and below which it opens again.
const CLOSES_AT: f32 = 0.5;
const OPENS_AT: f32 = 0.35;

/// How near the palm has to come to its point before it can close, in metres: a hand's length.
const REACH_M: f32 = 0.12;

/// How much of the way to its point is left when a hand closes on cloth where it happens to be, in metres.
const SLACK_M: f32 = 0.03;

/// How long fingers take to close, in seconds; the spring pulls the palm onto its point meanwhile.
const CLOSING_SECS: f32 = 0.25;

/// How far a hand that holds nothing is closed: relaxed fingers hang half curled.
const RESTING_CLOSURE: f32 = 0.35;

/// How long a hand that slipped takes to try again, in seconds.
const RETRY_SECS: f32 = 0.3;

/// How long a hand that holds something is open before a sudden grab, in seconds: time to see it let go and reach.
const OPEN_SECS: f64 = 0.2;

/// Stiffness of a fist in cloth, in N/m: 300 N stretch it by 5 cm.
const STIFFNESS_N_PER_M: f32 = 6000.0;

/// Damping of the same, in N·s/m: near critical for the 2 kg of a forearm and hand.
const DAMPING_N_SEC_PER_M: f32 = 220.0;

/// Force at which a rested man of 75 kg loses hold of cloth, in newtons: the power grip is 450..500 N (Mathiowetz et al., Arch. Phys.
/// Med. Rehabil. 66, 1985) and cloth slides through a fist well before.
const HOLD_N: f32 = 400.0;

/// Share of the hold's force that a wholly spent hand has lost; hands tire sooner than legs.
const HAND_FATIGUE_SHARE: f32 = 0.5;

/// Steps at the limit after which a hand has slipped: 50 ms.
const SLIP_STEPS: u32 = 12;

/// A hand that holds.
#[derive(Debug, Clone)]
pub(crate) struct Grip {
    pub who: Who,
    pub hand: usize,
    pub on: Segment,
    /// Step at which it closed.
    pub from_step: i64,
    /// Greatest force so far, in newtons.
    pub peak_n: f32,
    joint: ImpulseJointHandle,
    /// Where it holds on the target, at first and when closed, in the target's frame.
    first_in_target_m: Vec3,
    wanted_in_target_m: Vec3,
    limit_n: f32,
    steps_at_limit: u32,
}

/// A grip that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ended {
    pub who: Who,
    pub hand: usize,
    pub on: Segment,
    pub from_step: i64,
    pub to_step: i64,
    pub peak_n: f32,
    pub slipped: bool,
}

/// All four hands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hands {
    /// `[who][hand]`.
    held: [[Option<Grip>; 2]; 2],
    /// `[who][hand]`: step before which the hand stays open.
    open_until: [[i64; 2]; 2],
}

/// The hand's segment: 0 left, 1 right.
pub(crate) fn hand_segment(hand: usize) -> Segment {
    if hand == 0 { Segment::HandL } else { Segment::HandR }
}

impl Hands {
    /// How far a hand is closed at a step, [`RESTING_CLOSURE`]..1.
    pub fn closure(&self, who: Who, hand: usize, step: i64) -> f32 {
        let closed = |grip: &Grip| ((step - grip.from_step) as f32 * STEP_SECS / CLOSING_SECS).clamp(0.0, 1.0);
        RESTING_CLOSURE + (1.0 - RESTING_CLOSURE) * self.held[who.index()][hand].as_ref().map_or(0.0, closed)
    }

    /// Opens and closes one person's hands as planned and as far as they can hold; `shaken` hands open. A hand whose sudden grab is due in `grabs_in_secs` lets
    /// go before, so that it closes on its moment. Grips that ended are added to `ended`.
    pub fn update(
        &mut self,
        world: &mut World,
        who: Who,
        reference: &PersonReference,
        step: i64,
        fatigue: f32,
        shaken: bool,
        grabs_in_secs: Option<f64>,
        ended: &mut Vec<Ended>,
    ) {
        let grabs_in_steps =
            grabs_in_secs.filter(|secs| (0.0..OPEN_SECS).contains(secs)).map(|secs| (secs / f64::from(STEP_SECS)).round() as i64);
        let wants = |hand: usize| reference.contacts.iter().any(|contact| planned_grip(contact, hand).is_some());
        // The right hand, if it has something to hold.
        let grabbing = if wants(1) { 1 } else { 0 };
        for hand in 0..2 {
            let lets_go = grabs_in_steps.filter(|&steps| hand == grabbing && steps > 0);
            if let Some(steps) = lets_go {
                self.open_until[who.index()][hand] = step + steps;
            }
            let wanted = reference.contacts.iter().find_map(|contact| planned_grip(contact, hand));
            let mut grip = self.held[who.index()][hand].take();
            if let Some(held) = &mut grip {
                held.pull(world, step);
                let unwanted = wanted.is_none_or(|(on, contact)| on != held.on || contact.strength < OPENS_AT);
                let slipped = held.steps_at_limit >= SLIP_STEPS;
                if unwanted || slipped || shaken || lets_go.is_some() {
                    ended.push(held.end(world, step, slipped));
                    if lets_go.is_none() {
                        self.open_until[who.index()][hand] = step + (RETRY_SECS / STEP_SECS) as i64;
                    }
                    grip = None;
                }
            } else if let Some((on, contact)) = wanted
                && contact.strength > CLOSES_AT
                && step >= self.open_until[who.index()][hand]
                && !shaken
            {
                grip = close(world, who, hand, on, contact.point_in_target_m, step, fatigue);
            }
            self.held[who.index()][hand] = grip;
        }
    }

    /// Which hands hold something.
    pub fn holding(&self, who: Who) -> [bool; 2] {
        self.held[who.index()].each_ref().map(Option::is_some)
    }

    /// Whether somebody's part is a hand that holds that segment of the other.
    pub fn grips(&self, who: Who, part: Segment, on: Segment) -> bool {
        (0..2).any(|hand| hand_segment(hand) == part && self.held[who.index()][hand].as_ref().is_some_and(|grip| grip.on == on))
    }

    /// Ends whatever is still held, for the record.
    pub fn finish(&self, step: i64) -> Vec<Ended> {
        let held = self.held.iter().flatten().flatten();
        held.map(|grip| grip.record(step, false)).collect()
    }
}

/// The segment that a contact wants a hand to hold.
fn planned_grip(contact: &ActiveContact, hand: usize) -> Option<(Segment, &ActiveContact)> {
    match (contact.kind, contact.on) {
        (ContactKind::Grip, Target::Other(on)) if contact.part == hand_segment(hand) => Some((on, contact)),
        _ => None,
    }
}

/// Closes a hand on a point of the other's body if it is near enough.
fn close(world: &mut World, who: Who, hand: usize, on: Segment, point_in_target_m: Vec3, step: i64, fatigue: f32) -> Option<Grip> {
    let (mine, theirs) = (who.index(), who.other().index());
    let part = hand_segment(hand);
    let placed = |person: usize, segment: Segment| {
        let body = &world.bodies[world.people[person].segments[segment.index()]];
        Placed { turn: *body.rotation(), origin_m: body.translation() }
    };
    let (hand_placed, target_placed) = (placed(mine, part), placed(theirs, on));
    let point_m = target_placed.point(point_in_target_m);
    let palm_in_hand_m = nearest_on_surface(&world.people[mine].skeleton.shape[part.index()], hand_placed.inverse_point(point_m));
    let palm_in_target_m = target_placed.inverse_point(hand_placed.point(palm_in_hand_m));
    let miss_m = palm_in_target_m - point_in_target_m;
    if miss_m.length() > REACH_M {
        return None;
    }
    let limit_n = HOLD_N * world.people[mine].mass_kg / 75.0 * (1.0 - HAND_FATIGUE_SHARE * fatigue);
    let mut joint = GenericJoint::new(JointAxesMask::empty());
    joint.motor_axes = JointAxesMask::LIN_AXES;
    joint.local_frame1.translation = palm_in_target_m;
    joint.local_frame2.translation = palm_in_hand_m;
    for motor in &mut joint.motors[..3] {
        motor.model = MotorModel::ForceBased;
        motor.stiffness = STIFFNESS_N_PER_M;
        motor.damping = DAMPING_N_SEC_PER_M;
        motor.max_force = limit_n;
    }
    let (target, palm) = (world.people[theirs].segments[on.index()], world.people[mine].segments[part.index()]);
    let joint = world.joints.insert(target, palm, joint, true);
    Some(Grip {
        who,
        hand,
        on,
        from_step: step,
        peak_n: 0.0,
        joint,
        first_in_target_m: palm_in_target_m,
        wanted_in_target_m: point_in_target_m + miss_m.clamp_length_max(SLACK_M),
        limit_n,
        steps_at_limit: 0,
    })
}

/// The point of a shape's surface that is nearest to `point_m`, or `point_m` itself inside of it.
fn nearest_on_surface(shape: &Shape, point_m: Vec3) -> Vec3 {
    match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => {
            let axis = b_m - a_m;
            let t = ((point_m - a_m).dot(axis) / axis.length_squared().max(1e-9)).clamp(0.0, 1.0);
            let foot = a_m + axis * t;
            foot + (point_m - foot).clamp_length_max(radius_m)
        }
        Shape::Cuboid { centre_m, half_m } => centre_m + (point_m - centre_m).clamp(-half_m, half_m),
    }
}

impl Grip {
    /// Draws the palm onto its point while the fingers close, and notes the force it bears.
    fn pull(&mut self, world: &mut World, step: i64) {
        let Some(joint) = world.joints.get_mut(self.joint, false) else { return };
        let closed = ((step - self.from_step) as f32 * STEP_SECS / CLOSING_SECS).clamp(0.0, 1.0);
        joint.data.local_frame1.translation = self.first_in_target_m.lerp(self.wanted_in_target_m, closed);
        let (target, palm) = (joint.body1(), joint.body2());
        let (first_m, second_m) = (joint.data.local_frame1.translation, joint.data.local_frame2.translation);
        let force_n = spring_force_n(world, target, first_m, palm, second_m).min(self.limit_n);
        self.peak_n = self.peak_n.max(force_n);
        self.steps_at_limit = if force_n >= 0.99 * self.limit_n { self.steps_at_limit + 1 } else { 0 };
    }

    fn end(&self, world: &mut World, step: i64, slipped: bool) -> Ended {
        world.joints.remove(self.joint, true);
        self.record(step, slipped)
    }

    fn record(&self, step: i64, slipped: bool) -> Ended {
        let Grip { who, hand, on, from_step, peak_n, .. } = *self;
        Ended { who, hand, on, from_step, to_step: step, peak_n, slipped }
    }
}

/// Force of the grip's spring and damper, in newtons.
fn spring_force_n(
    world: &World,
    target: rapier3d::prelude::RigidBodyHandle,
    first_m: Vec3,
    palm: rapier3d::prelude::RigidBodyHandle,
    second_m: Vec3,
) -> f32 {
    let (target, palm) = (&world.bodies[target], &world.bodies[palm]);
    let first_in_world_m = target.position().transform_point(first_m);
    let second_in_world_m = palm.position().transform_point(second_m);
    let stretch_m = second_in_world_m - first_in_world_m;
    let drift_m_per_sec = palm.velocity_at_point(second_in_world_m) - target.velocity_at_point(first_in_world_m);
    (stretch_m * STIFFNESS_N_PER_M + drift_m_per_sec * DAMPING_N_SEC_PER_M).length()
}
