//! People as joints, skins and motion.
//!
//! The sixteen segments are the hierarchy. A bone that does what its segment does is the segment's joint; every other one (half a turn, part of a
//! twist, a girdle, an eye, toes, a finger) hangs on its segment or on the finger bone before it, and its own motion is written out.

use super::{
    Document, Use,
    mesh::{self, Mesh},
    push,
};
use crate::{
    Error,
    scene::{Scene, joint_name},
};
use clinch_model::{
    Person, Placed, Progress, SEGMENTS, Segment, Who,
    cast::{Bone, Follow, Skinning},
};
use glam::{Mat4, Quat, Vec3};
use serde_json::json;

/// Share of a person's work after which the meshes are written and the motion begins.
const MESHES: f64 = 0.6;
/// What moves less than this from its first place, in metres, or turns less, as a quaternion's component, stands still.
const STILL: f32 = 1e-6;

/// Adds a person: a node with the joints under it, meshes skinned to them, and their motion. `clock` is the accessor of the times.
pub(super) fn add_person(document: &mut Document, scene: &Scene, who: Who, clock: usize, progress: Progress) -> Result<(), Error> {
    let person = scene.cast.person(who);
    let name = who.to_string().to_lowercase();
    let rig = Rig::of(person);
    let names: Vec<String> = person.surface.morphs.iter().map(|morph| (scene.drive_name)(morph.drive)).collect();
    let meshes = mesh::add_meshes(document, &person.surface, &name, Some(&rig), &names)?;
    progress(MESHES);
    let motion = Motion::of(scene, who, &rig, &|share| progress(MESHES + (1.0 - MESHES) * share));

    let first = rig.add_joints(document, &motion);
    let about = json!({"who": name, "height_m": person.height_m, "mass_kg": person.mass_kg, "credits": scene.credits});
    let root = push(&mut document.nodes, json!({"name": name, "children": [first], "extras": about}));
    document.roots.push(root);
    let skin = rig.add_skin(document, &name, first, root);
    motion.add(document, first, clock);
    for mesh in &meshes {
        let node = push(&mut document.nodes, json!({"name": format!("{name}-{}", mesh.name), "mesh": mesh.index, "skin": skin}));
        document.roots.push(node);
        motion.add_weights(document, node, mesh, clock);
    }
    Ok(())
}

/// A joint of the file.
#[derive(Debug)]
struct Joint {
    name: String,
    parent: Option<usize>,
    /// `world_from_joint` in the bind pose.
    bind: Placed,
    /// The surface's bone that it is; the first sixteen joints are the segments instead.
    bone: Option<usize>,
}

/// A person's joints: the segments, then the bones that aren't one of them.
#[derive(Debug)]
pub(super) struct Rig {
    joints: Vec<Joint>,
    /// `[bone]`.
    joint_of_bone: Vec<u8>,
}

impl Rig {
    fn of(person: &Person) -> Self {
        let bones = &person.surface.bones;
        let mut rig = Rig { joints: Vec::new(), joint_of_bone: Vec::new() };
        for segment in Segment::ALL {
            let parent = segment.parent().map(Segment::index);
            let bind = bones.iter().find(|bone| bone.segment == segment).map(segment_bind).unwrap_or_else(|| {
                // Nothing is skinned to it, so any place will do; the rest pose's is the plainest.
                let from = parent.map_or(Placed { turn: Quat::IDENTITY, origin_m: Vec3::ZERO }, |p| rig.joints[p].bind);
                Placed { turn: from.turn, origin_m: from.point(person.skeleton.joint_in_parent_m[segment.index()]) }
            });
            rig.joints.push(Joint { name: joint_name(segment).into(), parent, bind, bone: None });
        }
        for (index, bone) in bones.iter().enumerate() {
            rig.add_bone(index, bone);
        }
        rig
    }

    fn add_bone(&mut self, index: usize, bone: &Bone) {
        let parent = match bone.follow {
            Follow::Joint { swing, twist, .. } if swing == 1.0 && twist == 1.0 => {
                self.joint_of_bone.push(bone.segment.index() as u8);
                return;
            }
            Follow::Curl { parent: Some(parent), .. } => usize::from(self.joint_of_bone[usize::from(parent)]),
            _ => bone.segment.index(),
        };
        let bind = Placed { turn: bone.bind_turn, origin_m: bone.bind_origin_m };
        self.joints.push(Joint { name: bone.name.clone(), parent: Some(parent), bind, bone: Some(index) });
        self.joint_of_bone.push((self.joints.len() - 1) as u8);
    }

    /// A vertex's joints and weights; unused places are zero.
    pub fn weights(&self, skin: &[(u8, f32); 4]) -> ([u8; 4], [f32; 4]) {
        let joint = |&(bone, weight): &(u8, f32)| if weight > 0.0 { self.joint_of_bone[usize::from(bone)] } else { 0 };
        (std::array::from_fn(|i| joint(&skin[i])), skin.map(|(_, weight)| weight))
    }

    /// Adds the joints' nodes as they stand in the first frame; the first of them is the hips.
    fn add_joints(&self, document: &mut Document, motion: &Motion) -> usize {
        let first = document.nodes.len();
        for (index, joint) in self.joints.iter().enumerate() {
            let children: Vec<usize> =
                (0..self.joints.len()).filter(|&j| self.joints[j].parent == Some(index)).map(|j| first + j).collect();
            let mut node = json!({"name": joint.name, "translation": motion.shift_m[index][0], "rotation": motion.turn[index][0]});
            if !children.is_empty() {
                node["children"] = json!(children);
            }
            document.nodes.push(node);
        }
        first
    }

    fn add_skin(&self, document: &mut Document, name: &str, first: usize, root: usize) -> usize {
        let inverse = |joint: &Joint| {
            let turn = joint.bind.turn.inverse();
            Mat4::from_rotation_translation(turn, -(turn * joint.bind.origin_m)).to_cols_array()
        };
        let inverses: Vec<[f32; 16]> = self.joints.iter().map(inverse).collect();
        let inverses = document.buffer.floats(&inverses, Use::Plain);
        let joints: Vec<usize> = (first..first + self.joints.len()).collect();
        push(&mut document.skins, json!({"name": name, "joints": joints, "inverseBindMatrices": inverses, "skeleton": root}))
    }

    /// `[joint]`: each in its parent's frame.
    fn local(&self, segments: &[Placed; SEGMENTS], skinning: &Skinning) -> impl Iterator<Item = Placed> {
        let now = |index: usize| self.joints[index].bone.map_or_else(|| segments[index], |bone| skinning.bones[bone]);
        self.joints.iter().enumerate().map(move |(index, joint)| {
            let own = now(index);
            let Some(parent) = joint.parent.map(now) else { return own };
            Placed { turn: (parent.turn.inverse() * own.turn).normalize(), origin_m: parent.inverse_point(own.origin_m) }
        })
    }
}

/// `world_from_segment` in the bind pose, from one of its bones.
fn segment_bind(bone: &Bone) -> Placed {
    Placed { turn: bone.bind_turn, origin_m: bone.bind_origin_m - bone.bind_turn * bone.origin_in_segment_m }
}

/// A person's motion, sampled.
struct Motion {
    /// `[joint][time]`: places and turns in the parent's frame, a turn never on the other side of the one before.
    shift_m: Vec<Vec<[f32; 3]>>,
    turn: Vec<Vec<[f32; 4]>>,
    /// `[time][morph]`.
    drives: Vec<Vec<f32>>,
}

impl Motion {
    fn of(scene: &Scene, who: Who, rig: &Rig, progress: Progress) -> Self {
        let count = rig.joints.len();
        let mut motion = Motion { shift_m: vec![Vec::new(); count], turn: vec![Vec::new(); count], drives: Vec::new() };
        for (done, at) in scene.times().enumerate() {
            let (state, segments) = scene.person_at(who, at);
            let skinning = (scene.skinning)(scene.cast.person(who), &state);
            for (joint, local) in rig.local(&segments, &skinning).enumerate() {
                let before = motion.turn[joint].last().map_or(Quat::IDENTITY, |turn| Quat::from_array(*turn));
                let turn = if before.dot(local.turn) < 0.0 { -local.turn } else { local.turn };
                motion.shift_m[joint].push(local.origin_m.to_array());
                motion.turn[joint].push(turn.to_array());
            }
            motion.drives.push(skinning.morphs);
            progress((done + 1) as f64 / scene.count() as f64);
        }
        motion
    }

    /// Adds what moves of joints that begin at a node.
    fn add(&self, document: &mut Document, first: usize, clock: usize) {
        for (joint, (shifts, turns)) in self.shift_m.iter().zip(&self.turn).enumerate() {
            if moves(shifts) {
                let values = document.buffer.floats(shifts, Use::Plain);
                document.animate(first + joint, "translation", clock, values);
            }
            if moves(turns) {
                let values = document.buffer.floats(turns, Use::Plain);
                document.animate(first + joint, "rotation", clock, values);
            }
        }
    }

    /// Adds the drives of a mesh's shape changes.
    fn add_weights(&self, document: &mut Document, node: usize, mesh: &Mesh, clock: usize) {
        if mesh.morphs.is_empty() {
            return;
        }
        let weights: Vec<[f32; 1]> = self.drives.iter().flat_map(|drives| mesh.morphs.iter().map(|&morph| [drives[morph]])).collect();
        let values = document.buffer.floats(&weights, Use::Plain);
        document.animate(node, "weights", clock, values);
    }
}

/// Whether anything leaves its first value.
fn moves<const N: usize>(rows: &[[f32; N]]) -> bool {
    rows.iter().any(|row| row.iter().zip(&rows[0]).any(|(now, first)| (now - first).abs() > STILL))
}
