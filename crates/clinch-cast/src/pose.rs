//! Posing: skeleton and state to vertices.

use crate::rig::shared_turn;
use clinch_model::{Person, PersonSample, Pose, cast::Bone, cast::Drive, cast::Follow, skeleton::Placed};
use glam::{Affine3A, Mat3A, Quat, Vec3, Vec3A};

/// How far an eye turns from straight ahead, in radians: beyond some 30° the head would turn.
const GAZE_LIMIT_RAD: f32 = 0.52;

/// A posed surface; reused from frame to frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posed {
    /// `[vertex]`: position in the world, in metres.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`: unit normal in the world.
    pub normal: Vec<Vec3>,
}

/// Poses a person's surface: morphs by the state, then linear-blend skinning over bones that share the turns of their joints
/// (Magnenat-Thalmann et al., "Joint-dependent local deformations", 1988).
///
/// Fills `posed`, `[vertex]` in the order of the person's surface. State values outside their ranges are clamped.
pub fn pose(person: &Person, state: &PersonSample, posed: &mut Posed) {
    let surface = &person.surface;
    posed.position_m.clear();
    posed.position_m.extend_from_slice(&surface.position_m);
    for morph in &surface.morphs {
        let amount = drive(morph.drive, state);
        if amount.abs() < 1e-4 {
            continue;
        }
        for &(vertex, shift_m) in &morph.shift_m {
            posed.position_m[vertex as usize] += shift_m * amount;
        }
    }
    let moves = skin_moves(person, state);
    posed.normal.clear();
    for ((p, n), weights) in posed.position_m.iter_mut().zip(&surface.normal).zip(&surface.skin) {
        let blend = blended(&moves, weights);
        *p = blend.transform_point3(*p);
        posed.normal.push(blend.transform_vector3(*n).try_normalize().unwrap_or(*n));
    }
}

/// How far a morph is driven, −1..1.
fn drive(drive: Drive, state: &PersonSample) -> f32 {
    let value = match drive {
        Drive::Breath => return state.breath.clamp(-1.0, 1.0),
        Drive::Unit(1) => state.expression[0],
        Drive::Unit(2) => state.expression[1].max(state.expression[2]),
        Drive::Unit(3) => state.blink,
        // The mouth opens to breathe when the body is spent, most while the lungs fill.
        _ => state.fatigue * (0.35 + 0.65 * state.effort.clamp(0.0, 1.0)) * (0.6 + 0.4 * state.breath.clamp(-1.0, 1.0)),
    };
    value.clamp(0.0, 1.0)
}

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

/// `[bone]`: from the bind pose to now, in the world.
fn skin_moves(person: &Person, state: &PersonSample) -> Vec<Affine3A> {
    let placed = person.skeleton.place(&state.pose);
    let mut now: Vec<Placed> = Vec::with_capacity(person.surface.bones.len());
    for bone in &person.surface.bones {
        now.push(bone_now(&person.surface.bones, bone, state, &placed, &now));
    }
    let moved = |(bone, now): (&Bone, &Placed)| {
        let turn = now.turn * bone.bind_turn.inverse();
        Affine3A::from_rotation_translation(turn, now.origin_m - turn * bone.bind_origin_m)
    };
    person.surface.bones.iter().zip(&now).map(moved).collect()
}

/// `world_from_bone`, given the bones before it.
fn bone_now(bones: &[Bone], bone: &Bone, state: &PersonSample, placed: &[Placed], before: &[Placed]) -> Placed {
    let segment = placed[bone.segment.index()];
    let origin_m = segment.point(bone.origin_in_segment_m);
    match bone.follow {
        Follow::Joint { swing, twist } => Placed { turn: joint_turn(bone, &state.pose, swing, twist), origin_m },
        Follow::Gaze => Placed { turn: gaze_turn(segment.turn, state.gaze_m - origin_m), origin_m },
        Follow::Curl { parent, axis, angle_rad, hand } => {
            let grip = state.grip[usize::from(hand.min(1))].clamp(0.0, 1.0);
            let bend = Quat::from_axis_angle(axis, angle_rad * grip);
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

fn joint_turn(bone: &Bone, pose: &Pose, swing: f32, twist: f32) -> Quat {
    let parent = bone.segment.parent().map_or(Quat::IDENTITY, |p| pose.turn[p.index()]);
    shared_turn(parent, pose.turn[bone.segment.index()], swing, twist)
}

/// An eye's turn in the world: its +z towards the target, at most [`GAZE_LIMIT_RAD`] from straight ahead.
fn gaze_turn(head: Quat, towards_m: Vec3) -> Quat {
    let Some(local) = (head.inverse() * towards_m).try_normalize() else { return head };
    let angle = local.z.clamp(-1.0, 1.0).acos();
    let Some(axis) = Vec3::Z.cross(local).try_normalize() else { return head };
    // What lies behind the head draws the eyes back to the middle instead of holding them at the corner.
    let seen =
        if angle > 1.6 { GAZE_LIMIT_RAD * ((std::f32::consts::PI - angle) / 1.55).clamp(0.0, 1.0) } else { angle.min(GAZE_LIMIT_RAD) };
    head * Quat::from_axis_angle(axis, seen)
}
