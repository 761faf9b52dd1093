//! Made-up poses and the cameras that look at them.
#![allow(dead_code, reason = "each example uses its own part")]

use clinch_model::{
    CameraPose, Cast, Cut, FrameRate, Performance, Person, PersonSample, Pose, SEGMENTS, Sample, Secs, Segment, Shape, Shot, ShotSize, Size,
};
use glam::{EulerRot, Mat3, Quat, Vec3};

/// A second that moves a little: both drift by so many metres a second, in opposite directions.
pub fn performance(people: [PersonSample; 2], drift_m: f32) -> Performance {
    let samples = (0..24)
        .map(|i| {
            let mut people = people;
            for (person, sign) in people.iter_mut().zip([1.0, -1.0]) {
                person.pose.pelvis_m.x += drift_m * sign * i as f32 / 24.0;
            }
            Sample { people }
        })
        .collect();
    Performance {
        rate: FrameRate::whole(24),
        duration: Secs(1.0),
        samples,
        grips: vec![],
        phrases: vec![],
        droplets: vec![],
        findings: vec![],
    }
}

/// One shot of so many frames by a camera that stands still.
pub fn cut(camera: CameraPose, size: Size, frames: u64) -> Cut {
    let shot = Shot {
        first_frame: 0,
        end_frame: frames,
        size: ShotSize::Two,
        subject: None,
        work: Default::default(),
        camera: vec![camera; frames as usize + 1],
    };
    Cut { rate: FrameRate::whole(24), frames, aspect: size.aspect(), shots: vec![shot], findings: vec![] }
}

/// Name, pose and framing of the frames that are measured.
pub const BENCH: [(&str, &str, &str); 4] =
    [("wide", "stand", "wide"), ("two-shot", "clinch", "two"), ("close-up", "clinch", "close"), ("ground", "pin", "low")];

/// One of them, at rest, so that its frames differ in their random numbers alone.
pub fn bench_scene(cast: &Cast, pose: &str, framing: &str, size: Size, frames: u64) -> Option<(Performance, Cut)> {
    let performance = performance(poses(cast, pose)?, 0.0);
    let camera = framed(cast, &performance.samples.get(0), framing)?;
    Some((performance, cut(camera, size, frames)))
}

/// A camera that looks from one place at another.
pub fn look(eye_m: Vec3, at_m: Vec3, vfov_deg: f32, aperture_m: f32) -> CameraPose {
    let back = (eye_m - at_m).normalize();
    let right = Vec3::Y.cross(back).try_normalize().unwrap_or(Vec3::X);
    let turn = Quat::from_mat3(&Mat3::from_cols(right, back.cross(right), back));
    CameraPose { eye_m, turn, vfov_rad: vfov_deg.to_radians(), focus_m: eye_m.distance(at_m), aperture_m }
}

/// The camera of a framing, by its name.
pub fn framed(cast: &Cast, sample: &Sample, framing: &str) -> Option<CameraPose> {
    let head = |i: usize| {
        let placed = cast.people[i].skeleton.place(&sample.people[i].pose)[Segment::Head.index()];
        (placed.point(Vec3::new(0.0, 0.19, 0.04)), placed.turn * Vec3::Z)
    };
    let ((cop, cop_ahead), (kid, kid_ahead)) = (head(0), head(1));
    let middle = (cop + kid) / 2.0;
    Some(match framing {
        "wide" => look(Vec3::new(0.6, 1.4, 4.8), Vec3::new(0.0, 1.0, 0.0), 38.0, 0.0),
        "street" => look(Vec3::new(4.4, 1.2, 1.8), Vec3::new(0.0, 1.1, 0.0), 34.0, 0.01),
        "two" => look(Vec3::new(0.4, middle.y.max(0.9) - 0.1, 3.0), middle - Vec3::Y * 0.25, 30.0, 0.01),
        "back" => look(Vec3::new(-1.0, 1.5, -3.0), middle - Vec3::Y * 0.25, 30.0, 0.01),
        "low" => look(Vec3::new(-1.4, 0.16, 2.4), middle - Vec3::Y * 0.1, 34.0, 0.01),
        "overhead" => look(Vec3::new(0.3, 3.9, 0.6), Vec3::new(middle.x, 0.2, middle.z), 38.0, 0.01),
        "close" => look(cop + (cop_ahead + Vec3::new(0.0, 0.2, 0.9)).normalize() * 1.05, cop, 24.0, 0.03),
        "face" => look(cop + (cop_ahead + Vec3::new(0.0, 0.1, 0.6)).normalize() * 1.2, cop - Vec3::Y * 0.06, 14.0, 0.01),
        "kidface" => look(kid + (kid_ahead + Vec3::new(0.0, 0.1, 0.6)).normalize() * 1.2, kid - Vec3::Y * 0.06, 14.0, 0.01),
        "over" => look(kid + (kid_ahead + Vec3::new(0.0, 0.1, 0.9)).normalize() * 1.0, kid, 24.0, 0.03),
        _ => return None,
    })
}

/// Both people in a made-up pose, by its name.
pub fn poses(cast: &Cast, name: &str) -> Option<[PersonSample; 2]> {
    use Segment::*;
    let [cop, kid] = &cast.people;
    let arms_out = [(UpperArmL, -1.2, 0.3), (ForearmL, -0.7, 0.0), (UpperArmR, -1.1, -0.3), (ForearmR, -0.8, 0.0)];
    let with = |more: &[(Segment, f32, f32)]| [&arms_out[..], more].concat();
    Some(match name {
        "stand" => [state(cop, (-0.45, 0.0), 1.2, &[]), state(kid, (0.45, 0.1), -1.5, &[(Chest, 0.2, 0.0), (Head, 0.25, 0.0)])],
        "clinch" => [
            state(
                cop,
                (-0.30, 0.0),
                1.35,
                &with(&[(Abdomen, 0.2, 0.0), (Chest, 0.15, 0.0), (ThighL, -0.4, 0.0), (ShinL, 0.4, 0.0), (ThighR, 0.25, 0.0)]),
            ),
            state(
                kid,
                (0.28, 0.05),
                -1.6,
                &with(&[(Abdomen, 0.25, 0.0), (Chest, 0.15, 0.0), (Head, -0.2, 0.0), (ThighR, -0.4, 0.0), (ShinR, 0.5, 0.0)]),
            ),
        ],
        "kneel" => {
            let knees =
                [(ThighL, -0.3, 0.1), (ShinL, 1.9, 0.0), (FootL, 0.7, 0.0), (ThighR, -0.2, -0.1), (ShinR, 1.8, 0.0), (FootR, 0.7, 0.0)];
            [
                state(cop, (-0.30, 0.1), 1.4, &with(&[&knees[..], &[(Abdomen, 0.3, 0.0), (Head, 0.3, 0.0)]].concat())),
                state(kid, (0.25, 0.0), -1.7, &with(&[&knees[..], &[(Abdomen, 0.1, 0.0), (Head, -0.1, 0.0)]].concat())),
            ]
        }
        "pin" => {
            let mut lying = state(
                kid,
                (0.1, 0.0),
                0.0,
                &[(UpperArmL, -0.9, 0.8), (ForearmL, -0.8, 0.0), (UpperArmR, -0.7, -0.9), (ThighL, -0.6, 0.0), (ShinL, 1.0, 0.0)],
            );
            // On the back, head towards +x.
            let turn = Quat::from_mat3(&Mat3::from_cols(Vec3::Z, Vec3::X, Vec3::Y));
            for t in &mut lying.pose.turn {
                *t = turn * *t;
            }
            ground(kid, &mut lying.pose);
            let over =
                [(Pelvis, 0.9, 0.0), (Abdomen, 0.3, 0.0), (ThighL, -1.6, 0.3), (ShinL, 2.1, 0.0), (ThighR, -1.6, -0.3), (ShinR, 2.1, 0.0)];
            [state(cop, (-0.45, 0.05), 1.57, &with(&over)), lying]
        }
        _ => return None,
    })
}

/// A person at a place (x, z), facing along `yaw`, with joints bent about their x and z axes.
fn state(person: &Person, place: (f32, f32), yaw: f32, bends: &[(Segment, f32, f32)]) -> PersonSample {
    let mut local = [Quat::IDENTITY; SEGMENTS];
    local[0] = Quat::from_rotation_y(yaw);
    for &(segment, x, z) in bends {
        local[segment.index()] *= Quat::from_euler(EulerRot::XYZ, x, 0.0, z);
    }
    let mut turn = local;
    for segment in Segment::ALL {
        if let Some(parent) = segment.parent() {
            turn[segment.index()] = turn[parent.index()] * local[segment.index()];
        }
    }
    let mut pose = Pose { pelvis_m: Vec3::new(place.0, 1.0, place.1), turn };
    ground(person, &mut pose);
    let head = person.skeleton.place(&pose)[Segment::Head.index()];
    PersonSample {
        pose,
        breath: 0.3,
        effort: 0.6,
        fatigue: 0.8,
        assist_n: 0.0,
        grip: [0.6; 2],
        gaze_m: head.point(Vec3::new(0.1, 0.1, 1.0)),
        expression: [0.6, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0],
        blink: 0.1,
    }
}

/// Lowers or lifts a pose until its lowest point touches the ground.
fn ground(person: &Person, pose: &mut Pose) {
    let placed = person.skeleton.place(pose);
    let lowest = Segment::ALL
        .iter()
        .map(|s| match person.skeleton.shape[s.index()] {
            Shape::Capsule { a_m, b_m, radius_m } => {
                [a_m, b_m].map(|p| placed[s.index()].point(p).y).into_iter().fold(f32::INFINITY, f32::min) - radius_m
            }
            Shape::Cuboid { centre_m, half_m } => (0..8)
                .map(|i| {
                    let sign = Vec3::new((i & 1) as f32, (i >> 1 & 1) as f32, (i >> 2) as f32) * 2.0 - Vec3::ONE;
                    placed[s.index()].point(centre_m + half_m * sign).y
                })
                .fold(f32::INFINITY, f32::min),
        })
        .fold(f32::INFINITY, f32::min);
    pose.pelvis_m.y -= lowest;
}
