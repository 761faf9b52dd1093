//! Posing: skeleton and state to vertices.

use crate::{
    clearance,
    face::{self, Gaze, Traits, Unit},
    noise::ramp,
};
use clinch_model::{
    Person, PersonSample, Pose, Segment,
    cast::{Bone, Clearance, Drive, Follow, Morph, Skinning, Surface},
    skeleton::Placed,
};
use glam::{Affine3A, Mat3A, Quat, Vec3, Vec3A};

pub(crate) use clinch_model::cast::normals;

/// How far an eye turns from straight ahead, in radians: beyond some 30° the head would turn.
const GAZE_LIMIT_RAD: f32 = 0.52;

/// How far toes bend up against the foot, in radians (Norkin and White: 70° of extension at the great toe).
const TOES_RAD: f32 = 1.2;

/// Height of the ball of the foot, in metres, up to which toes rest on the ground, and from which they are free of it.
const TOES_REST_M: [f32; 2] = [0.05, 0.13];

/// Shape changes driven less than this are left out: at most 0.05 mm of the largest.
const LEAST_DRIVE: f32 = 1e-3;

/// A posed surface; reused from frame to frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posed {
    /// `[vertex]`: position in the world, in metres.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`: unit normal in the world.
    pub normal: Vec<Vec3>,
}

/// Poses a person's surface: shape changes by the state, then linear-blend skinning over bones that share the turns of their joints
/// (Magnenat-Thalmann et al., "Joint-dependent local deformations", 1988); then clothes are moved out of the body. Normals are those of the
/// posed triangles, weighted by area.
///
/// Fills `posed`, `[vertex]` in the order of the person's surface. State values outside their ranges are clamped.
pub fn pose(person: &Person, state: &PersonSample, posed: &mut Posed) {
    positions(person, state, &person.surface.position_m, &mut posed.position_m);
    clearance::keep(person, state, &mut posed.position_m);
    normals(person.surface.triangles.as_slice(), &posed.position_m, &mut posed.normal);
}

/// As [`pose`], but clothes stay where bones and shape changes put them: what a scene file can carry, which knows no more than those.
pub fn pose_by_bones(person: &Person, state: &PersonSample, posed: &mut Posed) {
    positions(person, state, &person.surface.position_m, &mut posed.position_m);
    normals(person.surface.triangles.as_slice(), &posed.position_m, &mut posed.normal);
}

/// `[vertex]`: where a surface's vertices are in a state, had they `bind_m` as places in the bind pose.
pub(crate) fn positions(person: &Person, state: &PersonSample, bind_m: &[Vec3], position_m: &mut Vec<Vec3>) {
    let surface = &person.surface;
    let Skinning { bones, morphs } = skinning(person, state);
    shape(surface, &morphs, bind_m, position_m);
    let moves = skin_moves(&surface.bones, &bones);
    for (p, weights) in position_m.iter_mut().zip(&surface.skin) {
        *p = blended(&moves, weights).transform_point3(*p);
    }
}

/// As [`positions`] in the surface's own bind pose, of some vertices.
pub(crate) fn positions_of(person: &Person, state: &PersonSample, vertices: &[u32]) -> Vec<Vec3> {
    let surface = &person.surface;
    let Skinning { bones, morphs } = skinning(person, state);
    let mut bind_m = Vec::new();
    shape(surface, &morphs, &surface.position_m, &mut bind_m);
    let moves = skin_moves(&surface.bones, &bones);
    vertices.iter().map(|&v| blended(&moves, &surface.skin[v as usize]).transform_point3(bind_m[v as usize])).collect()
}

/// `[skin vertex]`: position in metres and unit normal of the skin under a person's clothes in a state. Nothing that a face does moves it, and normals
/// are turned as bones turn, so that they change smoothly even in creases.
pub(crate) fn hidden_skin(person: &Person, state: &PersonSample) -> Vec<(Vec3A, Vec3A)> {
    let Clearance { position_m, normal, skin, morphs, .. } = &person.surface.clearance;
    let mut position_m = position_m.clone();
    for morph in morphs {
        let amount = drive(morph.drive, state, &[]);
        if amount.abs() >= LEAST_DRIVE {
            add_shifts(morph, amount, &mut position_m);
        }
    }
    let moves = skin_moves(&person.surface.bones, &bones_now(person, state));
    let plane = |((p, normal), weights): ((Vec3, &Vec3), _)| {
        let blended = blended(&moves, weights);
        (blended.transform_point3a(p.into()), (blended.matrix3 * Vec3A::from(*normal)).normalize_or(Vec3A::Y))
    };
    position_m.into_iter().zip(normal).zip(skin).map(plane).collect()
}

fn add_shifts(morph: &Morph, amount: f32, position_m: &mut [Vec3]) {
    for &(vertex, shift_m) in &morph.shift_m {
        position_m[vertex as usize] += shift_m * amount;
    }
}

/// `[vertex]`: what its bones make of directions in the bind pose.
pub(crate) fn directions(person: &Person, state: &PersonSample) -> Vec<Mat3A> {
    let moves = skin_moves(&person.surface.bones, &bones_now(person, state));
    person.surface.skin.iter().map(|weights| blended(&moves, weights).matrix3).collect()
}

/// What a state makes of a person's bones and shape changes; [`pose`] moves the surface with it.
///
/// State values outside their ranges are clamped.
pub fn skinning(person: &Person, state: &PersonSample) -> Skinning {
    let units = face::units(state, gaze(person, state), &Traits::new(person.seed, person.who).with_eyes(person.lids_shut));
    let amount = |morph: &Morph| {
        let amount = drive(morph.drive, state, &units);
        if amount.abs() < LEAST_DRIVE { 0.0 } else { amount }
    };
    Skinning { bones: bones_now(person, state), morphs: person.surface.morphs.iter().map(amount).collect() }
}

/// The vertices with their shape changes, in the bind pose; `morphs` is how far each is driven.
pub(crate) fn shape(surface: &Surface, morphs: &[f32], bind_m: &[Vec3], position_m: &mut Vec<Vec3>) {
    position_m.clear();
    position_m.extend_from_slice(bind_m);
    for (morph, &amount) in surface.morphs.iter().zip(morphs).filter(|(_, amount)| **amount != 0.0) {
        add_shifts(morph, amount, position_m);
    }
    lids_over_eyes(surface, bind_m, position_m);
}

/// Thickness of lids over the cornea, in metres.
const LID_M: f32 = 0.0004;

/// How far a lid has moved when it is as far out as the cornea wants, in metres; at rest it lies as it was modelled.
const LID_OUT_M: f32 = 0.003;

/// Moves lids and lashes out of the eyes. A face unit moves a lid straight to where it ends; half-way that is a millimetre within the globe.
fn lids_over_eyes(surface: &Surface, bind_m: &[Vec3], position_m: &mut [Vec3]) {
    let eyes = surface.bones.iter().filter_map(|bone| match bone.follow {
        Follow::Gaze { radius_m } => Some((bone.bind_origin_m, radius_m)),
        _ => None,
    });
    for ((centre_m, radius_m), unit) in eyes.zip([Unit::EyeBlinkLeft, Unit::EyeBlinkRight]) {
        let lids = surface.morphs.iter().filter(|morph| morph.drive == Drive::Unit(unit.index() as u8));
        for &(vertex, _) in lids.flat_map(|morph| &morph.shift_m) {
            let (rest, p) = (bind_m[vertex as usize], &mut position_m[vertex as usize]);
            let (way, rest_m) = (*p - centre_m, rest.distance(centre_m));
            // What lies deeper than a lid is the socket's lining.
            let outside = rest_m > 0.95 * radius_m;
            let out_m = if outside { (radius_m + LID_M - rest_m).max(0.0) * (rest.distance(*p) / LID_OUT_M).min(1.0) } else { 0.0 };
            if way.length() < rest_m.min(radius_m + LID_M) + out_m {
                *p = centre_m + way.normalize_or(Vec3::Z) * (rest_m.min(radius_m + LID_M) + out_m);
            }
        }
    }
}

/// Where the left eye is turned against the head; the right one turns nearly the same.
fn gaze(person: &Person, state: &PersonSample) -> Gaze {
    let eye = person.surface.bones.iter().find(|bone| matches!(bone.follow, Follow::Gaze { .. }));
    let head = person.skeleton.place(&state.pose)[Segment::Head.index()];
    let origin_m = eye.map_or(head.origin_m, |eye| head.point(eye.origin_in_segment_m));
    let turn = gaze_turn(head.turn, state.gaze_m - origin_m);
    Gaze::along(head.turn.inverse() * (turn * Vec3::Z))
}

/// How far a shape change is driven.
fn drive(drive: Drive, state: &PersonSample, units: &[f32]) -> f32 {
    match drive {
        Drive::Breath => state.breath.clamp(-1.0, 1.0),
        Drive::Unit(index) => units.get(usize::from(index)).copied().unwrap_or(0.0),
        Drive::Bend { segment, from_rad, to_rad } => {
            let turn = state.pose.joint_turn(segment);
            let angle = 2.0 * (turn.x * turn.w.signum()).atan2(turn.w.abs());
            ramp(angle, from_rad, to_rad)
        }
        Drive::Swing { segment, from_rad, to_rad } => {
            ramp(2.0 * state.pose.joint_turn(segment).w.abs().clamp(0.0, 1.0).acos(), from_rad, to_rad)
        }
    }
}

/// What drives a shape change, as a name: a face unit's own, `breath`, `bend-ShinL-40-137` with the angles in degrees between which it grows.
pub fn drive_name(drive: Drive) -> String {
    let joint = |kind: &str, segment: Segment, from_rad: f32, to_rad: f32| {
        format!("{kind}-{segment:?}-{:.0}-{:.0}", from_rad.to_degrees(), to_rad.to_degrees())
    };
    match drive {
        Drive::Breath => "breath".into(),
        Drive::Unit(index) => face::UNITS.get(usize::from(index)).map_or_else(|| format!("unit-{index}"), |&name| name.into()),
        Drive::Bend { segment, from_rad, to_rad } => joint("bend", segment, from_rad, to_rad),
        Drive::Swing { segment, from_rad, to_rad } => joint("swing", segment, from_rad, to_rad),
    }
}

#[inline]
fn blended(moves: &[Affine3A], weights: &[(u8, f32); 4]) -> Affine3A {
    let mut matrix = Mat3A::ZERO;
    let mut translation = Vec3A::ZERO;
    for &(bone, weight) in weights {
        if weight > 0.0 {
            let from = &moves[usize::from(bone)];
            matrix += from.matrix3 * weight;
            translation += from.translation * weight;
        }
    }
    Affine3A { matrix3: matrix, translation }
}

/// `[bone]`: `world_from_bone` now.
fn bones_now(person: &Person, state: &PersonSample) -> Vec<Placed> {
    let placed = person.skeleton.place(&state.pose);
    let bones = &person.surface.bones;
    let mut now: Vec<Placed> = Vec::with_capacity(bones.len());
    for bone in bones {
        now.push(bone_now(bones, bone, state, &placed, &now));
    }
    now
}

/// `[bone]`: from the bind pose to now, in the world.
fn skin_moves(bones: &[Bone], now: &[Placed]) -> Vec<Affine3A> {
    let moved = |(bone, now): (&Bone, &Placed)| {
        let turn = now.turn * bone.bind_turn.inverse();
        Affine3A::from_rotation_translation(turn, now.origin_m - turn * bone.bind_origin_m)
    };
    bones.iter().zip(now).map(moved).collect()
}

/// `world_from_bone`, given the bones before it.
fn bone_now(bones: &[Bone], bone: &Bone, state: &PersonSample, placed: &[Placed], before: &[Placed]) -> Placed {
    let segment = placed[bone.segment.index()];
    let origin_m = segment.point(bone.origin_in_segment_m);
    match bone.follow {
        Follow::Joint { swing, twist, reference } => {
            Placed { turn: joint_turn(bone.segment, &state.pose, swing, twist, reference), origin_m }
        }
        Follow::Girdle { arm, share, reference } => {
            let now = segment.turn.inverse() * state.pose.turn[arm.index()];
            let swing = Quat::from_rotation_arc(reference * Vec3::Y, now * Vec3::Y);
            Placed { turn: segment.turn * Quat::IDENTITY.slerp(swing, share), origin_m }
        }
        Follow::Gaze { .. } => Placed { turn: gaze_turn(segment.turn, state.gaze_m - origin_m), origin_m },
        Follow::Toes => Placed { turn: segment.turn * Quat::from_rotation_x(-toes_rad(segment.turn, origin_m)), origin_m },
        Follow::Curl { parent, axis, angle_rad, ease_rad, hand } => {
            let grip = state.grip[usize::from(hand.min(1))].clamp(0.0, 1.0);
            let bend = Quat::from_axis_angle(axis, ease_rad + (angle_rad - ease_rad) * grip);
            // Bones are written with their parents first, so the parent is there; without one the hand itself carries the finger.
            match parent.and_then(|p| bones.get(usize::from(p)).zip(before.get(usize::from(p)))) {
                Some((carrier, at)) => {
                    let offset_m = bone.origin_in_segment_m - carrier.origin_in_segment_m;
                    Placed { turn: at.turn * bend, origin_m: at.point(offset_m) }
                }
                None => Placed { turn: segment.turn * bend, origin_m },
            }
        }
    }
}

fn joint_turn(segment: Segment, pose: &Pose, swing: f32, twist: f32, reference: Quat) -> Quat {
    let own = pose.turn[segment.index()];
    if swing == 1.0 && twist == 1.0 {
        return own;
    }
    let parent = segment.parent().map_or(Quat::IDENTITY, |p| pose.turn[p.index()]);
    parent * shared_turn(parent.inverse() * own, reference, swing, twist)
}

/// Part of a joint's turn. The twist is what is left after the long axis (y) took the shortest way from where it points in `reference`;
/// the bind pose, half-way between hanging and overhead, keeps that way short in every pose that limbs reach.
fn shared_turn(local: Quat, reference: Quat, swing: f32, twist: f32) -> Quat {
    let swung = Quat::from_rotation_arc(reference * Vec3::Y, local * Vec3::Y) * reference;
    let mut left = swung.inverse() * local;
    if left.w < 0.0 {
        left = -left;
    }
    let turned = swung * Quat::IDENTITY.slerp(left, twist);
    if swing == 1.0 { turned } else { reference.slerp(turned, swing) }
}

/// How far toes on the ground bend up against a foot, in radians.
fn toes_rad(foot: Quat, ball_m: Vec3) -> f32 {
    let down = (-(foot * Vec3::Z).y).clamp(-1.0, 1.0).asin();
    let upright = ((foot * Vec3::Y).y * 4.0).clamp(0.0, 1.0);
    let [rest, free] = TOES_REST_M;
    let resting = ((free - ball_m.y) / (free - rest)).clamp(0.0, 1.0);
    down.clamp(0.0, TOES_RAD) * upright * resting
}

/// An eye's turn in the world: its +z towards the target, at most [`GAZE_LIMIT_RAD`] from straight ahead.
pub(crate) fn gaze_turn(head: Quat, towards_m: Vec3) -> Quat {
    let Some(local) = (head.inverse() * towards_m).try_normalize() else { return head };
    let angle = local.z.clamp(-1.0, 1.0).acos();
    let Some(axis) = Vec3::Z.cross(local).try_normalize() else { return head };
    // What lies behind the head draws the eyes back to the middle instead of holding them at the corner.
    let seen =
        if angle > 1.6 { GAZE_LIMIT_RAD * ((std::f32::consts::PI - angle) / 1.55).clamp(0.0, 1.0) } else { angle.min(GAZE_LIMIT_RAD) };
    head * Quat::from_axis_angle(axis, seen)
}
