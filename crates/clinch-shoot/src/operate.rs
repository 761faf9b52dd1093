//! The operator: every frame's camera of the chosen takes.

use crate::{
    Options,
    edit::Take,
    framing::{HALF_FILM_M, LENSES_M, Window, slope_needed, slope_of},
    hand::Hand,
    marks::Marks,
    scene::{Moment, Scene},
    setup::{PROMISED, Setup, framing, held_m, promised_m},
};
use clinch_model::{CameraPose, Camerawork, FaceAngle, Movement, Secs, Shot, ShotSize, Who};

/// How much closer a rolling camera goes over a shot, as a share of the distance each second, and at most: felt, not seen.
const DOLLY_PER_SEC: f32 = 0.022;
const DOLLY_MOST: f32 = 0.14;
/// How fast a crane rises or sinks, in metres a second, and how far at most.
const CRANE_M_PER_SEC: f32 = 0.10;
const CRANE_MOST_M: f32 = 0.55;
/// How much of the frame more a locked camera may need than one that follows, before it is let pan.
const LOCKED_NEEDS: f32 = 1.22;
/// Share of a shoulder's unrest that comes through a support: a head that pans, rails, a crane's arm.
const SUPPORTED: f32 = 0.06;
/// Share of a shot's frames whose held points may pass the framing's window: one that reaches out for a moment doesn't make it wider.
const REACHING: f32 = 0.15;
/// Half the width of the picture in which a face must lie in every frame; the rule is 1, the rest is air.
const FACE: Window = Window::middle(0.9);
/// How slowly focus is pulled, as the deviation of a Gaussian in seconds.
const PULL_SECS: f64 = 0.22;

/// Films a take.
pub(crate) fn film(scene: &Scene, setup: &Setup, marks: &Marks, take: &Take, options: &Options) -> Shot {
    let (first_frame, end_frame) = (marks.frames[take.first], marks.frames[take.end]);
    let times: Vec<Secs> = (first_frame..=end_frame).map(|frame| options.rate.start_of(frame)).collect();
    let moments: Vec<Moment> = times.iter().map(|&at| scene.at(at)).collect();

    // How it moves: what the music and the struggle ask for, unless a locked frame would lose them.
    let mut movement = wanted_movement(scene, setup, marks, take, &times);
    let mut camera = moved(setup, movement, &times);
    if movement == Movement::Locked {
        let panned = moved(setup, Movement::Pan, &times);
        let [locked_slope, panned_slope] = [&camera, &panned].map(|poses| lens_slope(setup, poses, &moments, options.aspect));
        if locked_slope > LOCKED_NEEDS * panned_slope || locked_slope >= slope_of(LENSES_M[0]) {
            (movement, camera) = (Movement::Pan, panned);
        }
    }

    // The lens, then the hand that holds it, then focus.
    let slope = lens_slope(setup, &camera, &moments, options.aspect);
    let hand = Hand::new(options.seed, first_frame, unrest(movement));
    let middle = times[times.len() / 2];
    let with = setup.subject.or_else(|| scene.owner(middle)).unwrap_or(Who::Cop);
    for (pose, &at) in camera.iter_mut().zip(&times) {
        pose.vfov_rad = 2.0 * slope.atan();
        hand.hold(pose, scene, at, with);
        pose.aperture_m = HALF_FILM_M / slope / f_number(setup.size);
    }
    focus(scene, setup, &mut camera, &moments, &times, options.rate.hz());
    let work = describe(setup, movement, &camera[camera.len() / 2], &moments[moments.len() / 2]);
    Shot { first_frame, end_frame, size: setup.size, subject: setup.subject, work, camera }
}

/// Locked wides, a shoulder in the struggle, rails and a crane where they rest or the music is still.
fn wanted_movement(scene: &Scene, setup: &Setup, marks: &Marks, take: &Take, times: &[Secs]) -> Movement {
    let resting = times.iter().filter(|&&at| scene.rests(at)).count() * 2 > times.len();
    let energy = (take.first..take.end).map(|stretch| marks.energy[stretch]).fold(0.0, f64::max);
    let still = resting || energy < 0.22;
    match setup.size {
        ShotSize::Wide | ShotSize::Overhead if still => Movement::Crane,
        ShotSize::Wide | ShotSize::Overhead => Movement::Locked,
        ShotSize::Full if still => Movement::Dolly,
        ShotSize::Full if energy < 0.45 => Movement::Pan,
        ShotSize::Two | ShotSize::Tight | ShotSize::Medium | ShotSize::Close if still => Movement::Dolly,
        _ => Movement::Handheld,
    }
}

fn unrest(movement: Movement) -> f32 {
    match movement {
        Movement::Locked => 0.0,
        Movement::Handheld => 1.0,
        Movement::Pan | Movement::Dolly | Movement::Crane => SUPPORTED,
    }
}

/// `[frame]`: the camera before a hand holds it.
fn moved(setup: &Setup, movement: Movement, times: &[Secs]) -> Vec<CameraPose> {
    let (start, end) = (times[0], times[times.len() - 1]);
    let length_secs = (end - start).0 as f32;
    let held = (movement == Movement::Locked).then(|| mean_aim(setup, times));
    let pose = |&at: &Secs| {
        let (mut eye_m, mut aim_m) = (setup.eye_m.at(at.0), setup.aim_m.at(at.0));
        if let Some(held) = held {
            (eye_m, aim_m) = held;
        }
        let from_start = (at - start).0 as f32 / length_secs.max(1e-3);
        match movement {
            Movement::Dolly => {
                let way = (DOLLY_PER_SEC * length_secs).min(DOLLY_MOST) * from_start;
                eye_m = eye_m.lerp(aim_m, way).with_y(eye_m.y);
            }
            // Around its own height in the middle of the shot; up for wides, down towards those who lie beneath.
            Movement::Crane => {
                let way_m = (CRANE_M_PER_SEC * length_secs).min(CRANE_MOST_M) * (from_start - 0.5);
                eye_m.y += if setup.size == ShotSize::Overhead { -way_m } else { way_m };
            }
            _ => {}
        }
        CameraPose { eye_m, turn: setup.turn(eye_m, aim_m), vfov_rad: 1.0, focus_m: 1.0, aperture_m: 0.0 }
    };
    times.iter().map(pose).collect()
}

/// Where a camera is locked: the mean over the shot.
fn mean_aim(setup: &Setup, times: &[Secs]) -> (glam::Vec3, glam::Vec3) {
    let count = times.len() as f32;
    let mean = |track: &crate::geometry::Track<glam::Vec3>| times.iter().map(|at| track.at(at.0)).sum::<glam::Vec3>() / count;
    (mean(&setup.eye_m), mean(&setup.aim_m))
}

/// Stop of each framing: faces stand out, places don't.
fn f_number(size: ShotSize) -> f32 {
    match size {
        ShotSize::Close | ShotSize::OverShoulder => 2.8,
        ShotSize::Medium => 3.4,
        ShotSize::Two | ShotSize::Tight | ShotSize::Low => 4.0,
        ShotSize::Full => 4.5,
        ShotSize::Wide | ShotSize::Overhead => 5.6,
    }
}

/// Tangent of half the field of view for a whole shot: one lens that frames what the framing holds, but for moments that reach out of it, and
/// never loses what it promises.
fn lens_slope(setup: &Setup, camera: &[CameraPose], moments: &[Moment], aspect: f32) -> f32 {
    let framing = framing(setup.size);
    let needed = |points: Vec<glam::Vec3>, pose: &CameraPose, window: &Window| {
        slope_needed(points.into_iter(), pose.eye_m, pose.turn, aspect, window)
    };
    let mut held: Vec<f32> = camera
        .iter()
        .zip(moments)
        .map(|(pose, moment)| {
            let window = match setup.subject {
                // Look-room is the operator's wish; what the lens must hold is the frame itself.
                Some(_) => Window::middle(0.9),
                None => framing.window,
            };
            needed(held_m(moment, setup.size, setup.subject), pose, &window)
        })
        .collect();
    held.sort_by(f32::total_cmp);
    let held = held[((held.len() - 1) as f32 * (1.0 - REACHING)) as usize];
    let promised = |(pose, moment): (&CameraPose, &Moment)| {
        let window = if setup.subject.is_some() { &FACE } else { &PROMISED };
        needed(promised_m(moment, setup.size, setup.subject), pose, window)
    };
    let promised = camera.iter().zip(moments).map(promised).fold(0.0, f32::max);
    held.max(promised).clamp(slope_of(LENSES_M[1]), slope_of(LENSES_M[0]))
}

/// Focus on the subject's eyes, or on those whose moment it is; pulled with a quarter of a second's ease, without delay, because the pull
/// was rehearsed.
fn focus(scene: &Scene, setup: &Setup, camera: &mut [CameraPose], moments: &[Moment], times: &[Secs], rate_hz: f64) {
    let target = |moment: &Moment, pose: &CameraPose, at: Secs| match setup.subject.or_else(|| scene.owner(at)) {
        // Where a face is turned away and the other's isn't, there is nothing to focus on but the other.
        Some(who)
            if setup.subject.is_none() && moment.face_angle_rad(pose.eye_m, who) > moment.face_angle_rad(pose.eye_m, who.other()) + 0.9 =>
        {
            moment.eyes_m[who.other().index()]
        }
        Some(who) => moment.eyes_m[who.index()],
        None => (moment.eyes_m[0] + moment.eyes_m[1]) / 2.0,
    };
    let raw: Vec<f32> = camera
        .iter()
        .zip(moments)
        .zip(times)
        .map(|((pose, moment), &at)| (pose.turn.inverse() * (pose.eye_m - target(moment, pose, at))).z.max(0.3))
        .collect();
    let deviation = PULL_SECS * rate_hz;
    let reach = (3.0 * deviation).ceil() as usize;
    for (i, pose) in camera.iter_mut().enumerate() {
        let (first, end) = (i.saturating_sub(reach), (i + reach + 1).min(raw.len()));
        let weight = |j: usize| (-0.5 * ((j as f64 - i as f64) / deviation).powi(2)).exp() as f32;
        let (sum, whole) = (first..end).fold((0.0, 0.0), |(sum, whole), j| (sum + raw[j] * weight(j), whole + weight(j)));
        pose.focus_m = sum / whole;
    }
}

/// The shot in words, as it is in its middle.
fn describe(setup: &Setup, movement: Movement, pose: &CameraPose, moment: &Moment) -> Camerawork {
    let angle_rad = |who: Who| moment.face_angle_rad(pose.eye_m, who);
    let angle = setup.subject.map_or_else(|| angle_rad(Who::Cop).min(angle_rad(Who::Kid)), angle_rad);
    let aim_m = match setup.subject {
        Some(who) => moment.eyes_m[who.index()],
        None => (moment.head_m[0] + moment.head_m[1]) / 2.0,
    };
    Camerawork { relation: setup.relation(), angle: FaceAngle::of(angle), height: setup.height(pose.eye_m, aim_m), movement }
}
