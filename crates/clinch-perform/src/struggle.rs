//! Two simulated bodies following a reference motion with their own limited muscles.

use crate::{
    Error,
    accents::Accents,
    balance::{self, Allowance, GroundForces, Wanted, short_turn},
    choreography::{ActiveContact, Centre, Choreography, Reference, limits},
    compartments::Compartments,
    follow::{self, Follower},
    grips::{Ended, Hands, hand_segment},
    measure::{strikes::gap_between_m, touch::TOUCH_M},
    muscles,
    playhead::Playhead,
    restraint,
    tempo::Tempo,
    world::{Drive, GRAVITY, Motion, STEP_SECS, STEPS_PER_SEC, World, over_mass},
};
use clinch_model::{Cast, Pose, SEGMENTS, Secs, Segment, Target, Who};
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

/// Greatest assist force on the pelvis as a share of body weight, and torque as a share of body weight times standing height.
const ASSIST_SHARE: f32 = 0.05;
const ASSIST_TORQUE_SHARE: f32 = 0.04;

/// Distance of a segment's origin from its reference at which it begins to be helped on its own, and at which that help is full, in
/// metres. Up to the first it is on its own, so that weight, lag and collisions show.
const RESCUE_FROM_M: f32 = 0.1;
const RESCUE_FULL_M: f32 = 0.3;

/// Help to a segment that is being lost, as a spring and damper on its mass: 1/s², 1/s, and its bound in m/s².
const RESCUE_PER_SEC2: f32 = 90.0;
const RESCUE_PER_SEC: f32 = 16.0;
const RESCUE_MOST: f32 = 24.0;

/// The same for its turn: 1/s, by which its spin is led towards the reference's, and the share of a turn's error undone in a second.
const RESCUE_SPIN_PER_SEC: f32 = 10.0;
const RESCUE_TURN_PER_SEC: f32 = 5.0;

/// How quickly help grows and fades, a second.
const RESCUE_RISE_PER_SEC: f32 = 4.0;
const RESCUE_FADE_PER_SEC: f32 = 1.5;

/// A segment that stays this far (m) from its place, slower than this (m/s), is blocked: the other's body is in the way. Bodies never
/// pass through each other here, so after a while (s, begin and end of giving up) the help is given up but for a share of it.
const BLOCKED_M: f32 = 0.08;
const BLOCKED_M_PER_SEC: f32 = 0.2;
const GIVES_UP_SECS: (f32, f32) = (0.4, 1.0);
const GIVEN_UP_SHARE: f32 = 0.15;

/// Longest that everything waits for a leg that hangs in the air, in seconds: what keeps it up for longer is in its way.
const LONGEST_HANG_SECS: f32 = 0.5;

/// Share of full rescue at which hands let go.
const SHAKEN: f32 = 0.9;

/// Share of stiffness that is there at no intensity; the rest comes with it.
const CALM_STIFFNESS: f32 = 0.35;

/// Damping over stiffness, in seconds: what the standing trials used.
const DAMPING_SECS: f32 = 0.1;

/// Over how long a pull is felt, in seconds, and what share of it is answered: each answers the other, so that it must be well under 1.
const FEELING_SECS: f32 = 0.3;
const ANSWERED: f32 = 0.5;

/// Rate and size of the tremor of loaded muscles: physiological tremor under fatigue is 8..12 Hz (Elble and Koller, Tremor, 1990), here
/// less than a millimetre at the hand.
const TREMOR_HZ: f64 = 9.3;
const TREMOR_RAD: f32 = 0.0025;

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
    /// Factor on the pace at which fast moves are made.
    pub pace: f32,
    /// Factor on the help to segments that are being lost.
    pub help: f32,
    /// Factor on the force of sudden efforts, and how much earlier than their moments the muscles begin, in seconds.
    pub vigour: f32,
    pub ahead_secs: f64,
    /// Phase of the tremor, in turns.
    pub tremor_turns: f64,
}

/// What one body suddenly does besides.
#[derive(Debug, Clone, Copy)]
struct Sudden {
    /// What the hands push with, as a share of body weight.
    push: Vec3,
    /// Acceleration with which the legs push off, in m/s².
    push_off: Vec3,
}

/// Forces from outside physics on one body during a step.
#[derive(Debug, Clone, Copy, Default)]
struct Help {
    /// Their sum: what moves the body as a whole.
    net_n: Vec3,
    /// The sum of their sizes.
    sizes_n: f32,
    /// Greatest speed at which a limb that nearly touches the other comes nearer, in m/s.
    rush_m_per_sec: f32,
}

impl Help {
    fn add(&mut self, force_n: Vec3) {
        self.net_n += force_n;
        self.sizes_n += force_n.length();
    }
}

/// One recorded step of one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PersonRecord {
    pub pose: Pose,
    /// What the muscles give, bracing counted in, over what they could, 0..1.
    pub effort: f32,
    /// Force from outside on the whole body, in newtons.
    pub assist_n: f32,
    /// Sum of the sizes of all single forces from outside, which may pull against each other, in newtons.
    pub pulls_n: f32,
    /// Greatest speed at which a limb that nearly touches the other comes nearer, in m/s.
    pub rush_m_per_sec: f32,
    /// `[hand]`: 0..1.
    pub grip: [f32; 2],
    /// Mean and greatest distance of the joints from the reference, in metres.
    pub miss_m: f32,
    pub worst_m: f32,
    /// Number of firm contacts with the other that are planned and aren't there; not counted at every step, see [`TOUCHED_EVERY`].
    pub untouched: u32,
    /// Speed of the fastest segment, in m/s.
    pub speed_m_per_sec: f32,
}

impl PersonRecord {
    /// Of a body that does nothing in a pose and isn't helped.
    pub fn still(pose: Pose) -> Self {
        let nothing = 0.0;
        Self {
            pose,
            effort: nothing,
            assist_n: nothing,
            pulls_n: nothing,
            rush_m_per_sec: nothing,
            grip: [nothing; 2],
            miss_m: nothing,
            worst_m: nothing,
            untouched: 0,
            speed_m_per_sec: nothing,
        }
    }
}

/// At every which step contacts are counted that aren't there: 20 times a second, where takes are judged.
pub(crate) const TOUCHED_EVERY: i64 = 12;

/// Strength from which a planned contact counts as firm.
const FIRM: f32 = 0.8;

/// One recorded step.
pub(crate) type Record = [PersonRecord; 2];

/// The simulation in progress; a clone continues exactly like the original.
#[derive(Clone)]
pub(crate) struct Struggle<'a> {
    plan: &'a dyn Plan,
    tempo: &'a Tempo,
    accents: &'a Accents,
    world: World,
    hands: Hands,
    /// Step number; time is `step / STEPS_PER_SEC`, 0 at the song's first sample.
    step: i64,
    /// Where in the reference they are.
    playhead: Playhead,
    /// Mean distance of the worse body's joints from what was wanted of it in the step before.
    miss_m: f32,
    /// Whether somebody has a leg in the air that should bear.
    hangs: bool,
    /// How long that has been so, in seconds.
    hung_secs: f32,
    /// `[who]`: the reference as far as it can be followed.
    followers: [Follower; 2],
    /// `[who]`: what pulls or pushes at a body besides the ground, as it was felt over the last moments, in newtons.
    felt_n: [Vec3; 2],
    /// `[who]`: the body's velocity a step ago, and what it should have been given since by the ground and by help.
    given: [Option<(Vec3, Vec3)>; 2],
    /// `[who]`: pose that was wanted in the step before.
    before: [Pose; 2],
    /// `[who]`: what was wanted of every segment in the step before.
    wanted: [Wanted; 2],
    /// `[who]`: factor on the stiffness of all muscles in the step before.
    firmness: [f32; 2],
    /// `[who][segment]`: the muscles of the joint.
    tiring: [[Compartments; SEGMENTS]; 2],
    /// `[who]`: lag, gliding towards the direction's.
    lag_secs: [f64; 2],
    /// `[who]`: forces that were asked of the ground in the step before.
    ground: [GroundForces; 2],
    /// `[who][segment]`: torque that was known to be needed in the step before, in the segment's frame, in N·m.
    known_nm: [[Vec3; SEGMENTS]; 2],
    /// `[who][segment]`: how long a segment has been blocked.
    blocked_secs: [[f32; SEGMENTS]; 2],
    /// `[who][segment]`: how much a segment is being rescued, 0..1.
    rescue: [[f32; SEGMENTS]; 2],
}

/// Time of a step.
pub(crate) fn step_time(step: i64) -> Secs {
    Secs(step as f64 / f64::from(STEPS_PER_SEC))
}

impl<'a> Struggle<'a> {
    /// Both bodies in the reference's poses, moving as it moves.
    pub fn new(
        plan: &'a dyn Plan,
        tempo: &'a Tempo,
        accents: &'a Accents,
        cast: &Cast,
        first_step: i64,
        direction: &Direction,
    ) -> Result<Self, Error> {
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
        Ok(Self {
            plan,
            tempo,
            accents,
            world,
            hands: Hands::default(),
            step: first_step,
            playhead: Playhead::new(step_time(first_step)),
            miss_m: 0.0,
            hangs: false,
            hung_secs: 0.0,
            wanted: [0, 1].map(|who| Wanted::at_rest(&cast.people[who].skeleton, &poses[who])),
            followers: poses.map(Follower::new),
            felt_n: [Vec3::ZERO; 2],
            given: [None; 2],
            before: poses,
            firmness: [CALM_STIFFNESS; 2],
            tiring: [[Compartments::worn(muscles::FATIGUE_SHARE * tempo.fatigue(Secs(0.0))); SEGMENTS]; 2],
            lag_secs: direction.lag_secs,
            ground: [[[Vec3::ZERO; 4]; SEGMENTS]; 2],
            known_nm: [[Vec3::ZERO; SEGMENTS]; 2],
            blocked_secs: [[0.0; SEGMENTS]; 2],
            rescue: [[0.0; SEGMENTS]; 2],
        })
    }

    /// The step that comes next.
    pub fn next_step(&self) -> i64 {
        self.step
    }

    /// How far the reading of the reference is behind the song, in seconds.
    pub fn behind_secs(&self) -> f64 {
        (step_time(self.step).0 - self.playhead.at().0).max(0.0)
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
        let skeletons = [&self.world.people[0].skeleton, &self.world.people[1].skeleton];
        self.hung_secs = if self.hangs { self.hung_secs + STEP_SECS } else { 0.0 };
        let hangs = self.hangs && self.hung_secs < LONGEST_HANG_SECS;
        self.playhead.advance(self.plan, skeletons, at, self.miss_m, hangs, direction.pace);
        self.hangs = false;
        let mut help = [Help::default(); 2];
        let mut references = Vec::with_capacity(2);
        for who in Who::BOTH {
            let i = who.index();
            // A new take's timing comes in over a second, so that the reference doesn't jump.
            self.lag_secs[i] += (direction.lag_secs[i] - self.lag_secs[i]) * f64::from(STEP_SECS);
            let both = self.plan.at(Secs(self.playhead.at().0 - self.lag_secs[i]));
            let common_m = follow::common_m(&self.followers, both.people.each_ref());
            let mut reference = both.people[i].clone();
            enliven(&mut reference.pose, self.tempo, i, at, direction);
            let intensity = self.tempo.intensity(at);
            let sudden_at = Secs(at.0 + direction.ahead_secs);
            self.accents.lay_over(&mut reference.pose, &both, who, sudden_at, intensity * direction.vigour);
            let sudden = Sudden {
                push: self.accents.burst(&both, who, sudden_at, intensity) * direction.vigour,
                push_off: self.accents.push_off(&both, who, sudden_at) * direction.vigour,
            };
            let motion = self.world.motion(who);
            let planned = reference.pose;
            self.hangs |= self.followers[i].hangs(&self.world.people[i].skeleton, &reference, &motion);
            reference.pose = self.followers[i].next(&self.world.people[i].skeleton, &reference, &motion, common_m);
            let centre = self.centre(i, reference.centre, &planned, &reference.pose);
            for segment in Segment::ALL {
                self.world.set_bearing(who, segment, follow::bears(&reference, segment));
            }
            help[i] = self.drive(who, &reference.pose, &centre, &sudden, direction);
            references.push(reference);
        }
        for who in Who::BOTH {
            self.restrain(who, &mut help[who.index()]);
        }
        for (given, help) in self.given.iter_mut().zip(&help) {
            given.iter_mut().for_each(|(_, given_n)| *given_n += help.net_n);
        }
        for who in Who::BOTH {
            let fatigue = self.tempo.fatigue(at);
            let shaken = self.rescue[who.index()][Segment::Chest.index()] > SHAKEN;
            let grabs_in_secs = self.accents.next_grab_secs(who, step_time(self.step));
            self.hands.update(&mut self.world, who, &references[who.index()], self.step, fatigue, shaken, grabs_in_secs, ended);
        }
        self.world.step();
        self.step += 1;
        // Where on the ground the pair is, is no matter of the hold.
        let common_m = (self.followers[0].root_m() + self.followers[1].root_m()) / 2.0;
        let records = Who::BOTH.map(|who| {
            let i = who.index();
            let effort = self.work(who);
            let mut record = self.record(who, &references[i].pose, common_m, &help[i], effort);
            if self.step % TOUCHED_EVERY == 0 {
                record.untouched = self.untouched(who, &references[i].contacts);
            }
            self.before[i] = references[i].pose;
            record
        });
        self.miss_m = records[0].miss_m.max(records[1].miss_m);
        records
    }

    /// The wanted way of a centre of mass: the plan's at the pace at which it is read, beside it by as much as the followed pose is.
    fn centre(&self, who: usize, way: Option<Centre>, planned: &Pose, followed: &Pose) -> Centre {
        let skeleton = &self.world.people[who].skeleton;
        let here_m = skeleton.centre_of_mass_m(followed);
        let Some(centre) = way else {
            let velocity_m_per_sec = (here_m - skeleton.centre_of_mass_m(&self.before[who])) / STEP_SECS;
            return Centre { at_m: here_m, velocity_m_per_sec, acceleration_m_per_sec2: Vec3::ZERO };
        };
        let rate = self.playhead.rate() as f32;
        Centre {
            at_m: centre.at_m + here_m - skeleton.centre_of_mass_m(planned),
            velocity_m_per_sec: centre.velocity_m_per_sec * rate,
            acceleration_m_per_sec2: centre.acceleration_m_per_sec2 * (rate * rate),
        }
    }

    /// Sets every muscle's target and helps within bounds. Gives back the forces from outside.
    fn drive(&mut self, who: Who, wanted: &Pose, centre: &Centre, sudden: &Sudden, direction: &Direction) -> Help {
        let at = step_time(self.step);
        let i = who.index();
        let motion = self.world.motion(who);
        let (mass_kg, height_m) = (self.world.people[i].mass_kg, self.world.people[i].height_m);
        let weight_n = mass_kg * GRAVITY;
        self.wanted[i] = self.wanted[i].next(&self.world.people[i].skeleton, wanted);
        let centre = &Centre { acceleration_m_per_sec2: centre.acceleration_m_per_sec2 + sudden.push_off, ..*centre };
        let allowance = Allowance { force_n: weight_n * ASSIST_SHARE, moment_nm: weight_n * height_m * ASSIST_TORQUE_SHARE };
        self.feel(who, &motion);
        let pull_n = self.felt_n[i] * ANSWERED;
        let mut ground = self.ground[i];
        let inertia = |segment, spin| self.world.inertia(who, segment, spin);
        let effort =
            balance::effort(&self.world.people[i].skeleton, &motion, &self.wanted[i], centre, inertia, allowance, pull_n, &mut ground);
        self.given[i] = Some((effort.velocity_m_per_sec, effort.given_n));
        self.ground[i] = ground;
        let fatigue = self.tempo.fatigue(at);
        let keenness = CALM_STIFFNESS + (1.0 - CALM_STIFFNESS) * self.tempo.intensity(at);
        let mut help = self.rescue(who, &motion, direction.help);
        let firmness = direction.stiffness * muscles::stiffness_scale(mass_kg) * keenness;
        self.firmness[i] = firmness;
        let sudden_nm = arm_torques_nm(&motion, self.hands.holding(who), sudden.push * weight_n);
        for segment in Segment::ALL {
            let (Some(joint), Some(parent)) = (muscles::joint(segment), segment.parent()) else { continue };
            let limit_nm = muscles::strength_now_nm(&joint, mass_kg, height_m, fatigue) * self.tiring[i][segment.index()].strength();
            // What is known to be needed comes first, in the segment's own axes; posture gets what strength is left.
            let own = motion.placed[segment.index()].turn;
            let asked_nm = effort.torque_nm[segment.index()] + sudden_nm[segment.index()];
            let known_nm = (own.inverse() * asked_nm).clamp(-limit_nm, limit_nm);
            self.world.push(who, segment, Vec3::ZERO, own * known_nm);
            self.world.push(who, parent, Vec3::ZERO, own * -known_nm);
            let turn = wanted.joint_turn(segment);
            let drive = Drive {
                turn,
                spin_rad_per_sec: spin_between(self.before[i].joint_turn(segment), turn),
                stiffness: joint.stiffness_nm_per_rad * firmness,
                damping: joint.stiffness_nm_per_rad * firmness * DAMPING_SECS,
                limit_nm: limit_nm - known_nm.abs(),
            };
            self.world.drive(who, segment, &drive);
            self.known_nm[i][segment.index()] = known_nm;
        }
        help.add(self.assist(who, &motion, &effort));
        help
    }

    /// Feels what pulls and pushes at a body: what it has gained in a step less what ground, help and gravity gave (a disturbance observer;
    /// Ohnishi, Shibata and Murakami, IEEE/ASME Trans. Mechatronics 1(1), 1996).
    fn feel(&mut self, who: Who, motion: &Motion) {
        let i = who.index();
        let Some((before, given_n)) = self.given[i] else { return };
        let body = &self.world.people[i];
        let velocity = over_mass(&body.skeleton, &motion.velocity_m_per_sec);
        let gained_n = (velocity - before) * (body.mass_kg / STEP_SECS) + Vec3::Y * (body.mass_kg * GRAVITY);
        let pull_n = (gained_n - given_n).clamp_length_max(body.mass_kg * GRAVITY);
        self.felt_n[i] += (pull_n - self.felt_n[i]) * (STEP_SECS / FEELING_SECS);
    }

    /// Gives the help from outside, at the pelvis; gives back the force.
    fn assist(&mut self, who: Who, motion: &Motion, effort: &balance::Effort) -> Vec3 {
        // The force acts on the pelvis and not on the centre of mass, so its moment has to be taken out.
        let arm_m = motion.centre_m[Segment::Pelvis.index()] - effort.centre_m;
        self.world.push(who, Segment::Pelvis, effort.help_n, effort.help_nm - arm_m.cross(effort.help_n));
        effort.help_n
    }

    /// Leads every segment that is being lost back towards its reference; gives back the forces.
    fn rescue(&mut self, who: Who, motion: &Motion, readiness: f32) -> Help {
        let i = who.index();
        let masses_kg = self.world.people[i].skeleton.mass_kg;
        let wanted = self.wanted[i].clone();
        let mut help = Help::default();
        for segment in Segment::ALL {
            let s = segment.index();
            let (goal_m, goal_velocity) = (wanted.centre_m[s], wanted.velocity_m_per_sec[s]);
            let lost = (motion.placed[s].origin_m.distance(wanted.placed[s].origin_m)).max(motion.centre_m[s].distance(goal_m));
            let due = ((lost - RESCUE_FROM_M) / (RESCUE_FULL_M - RESCUE_FROM_M)).clamp(0.0, 1.0);
            let share = readiness * self.hope(i, s, lost, motion.velocity_m_per_sec[s].length());
            let rescue = &mut self.rescue[i][s];
            *rescue += (due - *rescue).clamp(-RESCUE_FADE_PER_SEC * STEP_SECS, RESCUE_RISE_PER_SEC * STEP_SECS);
            if *rescue == 0.0 {
                continue;
            }
            let wish = (goal_m - motion.centre_m[s]) * RESCUE_PER_SEC2 + (goal_velocity - motion.velocity_m_per_sec[s]) * RESCUE_PER_SEC;
            let force_n = wish.clamp_length_max(RESCUE_MOST) * masses_kg[s] * *rescue * share;
            let error = short_turn(wanted.placed[s].turn * motion.placed[s].turn.inverse());
            let goal_spin = wanted.spin_rad_per_sec[s];
            let spin_wish = (error * RESCUE_TURN_PER_SEC + goal_spin - motion.spin_rad_per_sec[s]) * RESCUE_SPIN_PER_SEC * *rescue * share;
            let torque_nm = self.world.inertia(who, segment, spin_wish);
            help.add(force_n);
            self.world.push(who, segment, force_n, torque_nm);
        }
        help
    }

    /// Brakes limbs that rush at the other.
    fn restrain(&mut self, who: Who, help: &mut Help) {
        let skeleton = |who: Who| &self.world.people[who.index()].skeleton;
        let (mine, theirs) = (self.world.motion(who), self.world.motion(who.other()));
        let restraint = restraint::restraint([skeleton(who), skeleton(who.other())], &mine, &theirs);
        for &(segment, force_n) in &restraint.brakes {
            self.world.push(who, segment, force_n, Vec3::ZERO);
            help.add(force_n);
        }
        help.rush_m_per_sec = restraint.rush_m_per_sec;
    }

    /// Share of the help that a segment still gets, less where it has been blocked for some time.
    fn hope(&mut self, who: usize, segment: usize, lost_m: f32, speed_m_per_sec: f32) -> f32 {
        let blocked = lost_m > BLOCKED_M && speed_m_per_sec < BLOCKED_M_PER_SEC;
        let secs = &mut self.blocked_secs[who][segment];
        *secs = (*secs + if blocked { STEP_SECS } else { -2.0 * STEP_SECS }).clamp(0.0, GIVES_UP_SECS.1);
        let given_up = ((*secs - GIVES_UP_SECS.0) / (GIVES_UP_SECS.1 - GIVES_UP_SECS.0)).clamp(0.0, 1.0);
        1.0 - (1.0 - GIVEN_UP_SHARE) * given_up
    }

    /// How many of somebody's firm contacts with the other aren't there.
    fn untouched(&self, who: Who, contacts: &[ActiveContact]) -> u32 {
        let people = [who, who.other()].map(|who| (self.world.motion(who), &self.world.people[who.index()].skeleton));
        let away = |part: Segment, on: Segment| {
            let [(mine, my), (theirs, their)] = &people;
            let (a, b) = ((&mine.placed[part.index()], &my.shape[part.index()]), (&theirs.placed[on.index()], &their.shape[on.index()]));
            gap_between_m(a.0, a.1, b.0, b.1) > TOUCH_M && !self.hands.grips(who, part, on)
        };
        let firm = contacts.iter().filter(|contact| contact.strength > FIRM);
        firm.filter(|contact| matches!(contact.on, Target::Other(on) if away(contact.part, on))).count() as u32
    }

    /// Tires the muscles by what they give: of each joint the torque, or what it takes to hold the joint as stiff as it is, whichever is more. Gives back what all
    /// give over what they could, 0..1.
    fn work(&mut self, who: Who) -> f32 {
        let i = who.index();
        let (mass_kg, height_m) = (self.world.people[i].mass_kg, self.world.people[i].height_m);
        let fatigue = self.tempo.fatigue(step_time(self.step));
        let (mut given_nm, mut possible_nm) = (0.0, 0.0);
        for segment in Segment::ALL {
            let Some(joint) = muscles::joint(segment) else { continue };
            let net_nm = (self.known_nm[i][segment.index()] + self.world.motor_torque_nm(who, segment)).abs();
            let worked_nm = net_nm.max(Vec3::splat(muscles::bracing_nm(joint.stiffness_nm_per_rad * self.firmness[i]))).element_sum();
            let rested_nm = muscles::strength_now_nm(&joint, mass_kg, height_m, 0.0).element_sum();
            let tiring = &mut self.tiring[i][segment.index()];
            given_nm += worked_nm;
            possible_nm += muscles::strength_now_nm(&joint, mass_kg, height_m, fatigue).element_sum() * tiring.strength();
            tiring.go_on(segment, (worked_nm / rested_nm).min(1.0));
        }
        (given_nm / f32::max(possible_nm, 1e-3)).clamp(0.0, 1.0)
    }

    fn record(&self, who: Who, wanted: &Pose, common_m: Vec3, help: &Help, effort: f32) -> PersonRecord {
        let i = who.index();
        let motion = self.world.motion(who);
        let shift_m = common_m - self.followers[i].root_m();
        let wanted_placed = self.world.people[i].skeleton.place(&Pose { pelvis_m: wanted.pelvis_m + shift_m, ..*wanted });
        let misses: [f32; SEGMENTS] = std::array::from_fn(|s| motion.placed[s].origin_m.distance(wanted_placed[s].origin_m));
        PersonRecord {
            pose: shown_pose(&self.world.people[i].skeleton, &motion),
            effort,
            assist_n: help.net_n.length(),
            pulls_n: help.sizes_n,
            rush_m_per_sec: help.rush_m_per_sec,
            grip: [0, 1].map(|hand| self.hands.closure(who, hand, self.step)),
            miss_m: misses.iter().sum::<f32>() / SEGMENTS as f32,
            untouched: 0,
            worst_m: misses.iter().copied().fold(0.0, f32::max),
            speed_m_per_sec: motion.velocity_m_per_sec.iter().map(|v| v.length()).fold(0.0, f32::max),
        }
    }
}

/// `[segment]`: torques at the joints of the arms by which the hands that hold something push with a force together, each with its part; in the world.
fn arm_torques_nm(motion: &Motion, holding: [bool; 2], force_n: Vec3) -> [Vec3; SEGMENTS] {
    let mut torques_nm = [Vec3::ZERO; SEGMENTS];
    let count = holding.iter().filter(|holds| **holds).count();
    for hand in (0..2).filter(|&hand| holding[hand]) {
        let at_m = motion.centre_m[hand_segment(hand).index()];
        let mut segment = hand_segment(hand);
        while let Some(parent) = segment.parent().filter(|_| segment != Segment::Chest) {
            torques_nm[segment.index()] = (at_m - motion.placed[segment.index()].origin_m).cross(force_n / count as f32);
            segment = parent;
        }
    }
    torques_nm
}

/// Angular velocity that leads from one turn to the next within a step, in the second turn's frame.
fn spin_between(before: Quat, after: Quat) -> Vec3 {
    short_turn(before.inverse() * after) / STEP_SECS
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
        short_turn(second[i].turn * first[i].turn.inverse()) / STEP_SECS
    });
    (velocity, spin)
}

/// Limbs with the hinges at their ends.
const HINGED: [[Segment; 2]; 4] = [
    [Segment::UpperArmL, Segment::ForearmL],
    [Segment::UpperArmR, Segment::ForearmR],
    [Segment::ThighL, Segment::ShinL],
    [Segment::ThighR, Segment::ShinR],
];

/// The pose that shows the simulated segments best: their own turns as far as joints go (where a hinge has given sideways the limb above it is turned about its
/// length, which moves nothing), and the pelvis where forward kinematics misses the simulated
/// joints least. The simulated joints' stops give by a degree or so under load, and joints give by some millimetres under load; what stands on the ground counts most, because feet must not float.
fn shown_pose(skeleton: &clinch_model::Skeleton, motion: &Motion) -> Pose {
    /// Height of a segment's centre under which it may stand on the ground, in metres.
    const NEAR_GROUND_M: f32 = 0.25;
    let mut pose = Pose { pelvis_m: motion.placed[0].origin_m, turn: motion.placed.map(|placed| placed.turn.normalize()) };
    for [upper, lower] in HINGED {
        let onto_hinge = Quat::from_rotation_y(limits::off_hinge_rad(pose.joint_turn(lower)));
        pose.turn[upper.index()] = (pose.turn[upper.index()] * onto_hinge).normalize();
    }
    for segment in Segment::ALL {
        if let Some(parent) = segment.parent() {
            let kept = limits::within(segment, pose.joint_turn(segment));
            pose.turn[segment.index()] = (pose.turn[parent.index()] * kept).normalize();
        }
    }
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
