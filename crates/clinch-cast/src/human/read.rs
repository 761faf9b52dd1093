//! Reading the packed human: everything is checked before it is used.

use super::{BONES_A_VERTEX, Entry, Group, Human, HumanError, MAGIC, POSITION_UNIT_M, VERSION, block::unfold, nonsense};
use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that isn't a target. Numbers that follow one another are stored as differences.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    /// `[axis][vertex]`
    pub(super) position: [Vec<i32>; 3],
    /// `[axis][uv]`
    pub(super) uv: [Vec<i32>; 2],
    pub(super) groups: Vec<StoredGroup>,
    pub(super) joints: BTreeMap<String, Vec<u32>>,
    pub(super) bones: Vec<String>,
    /// Bones that move the vertex. `[vertex]`
    pub(super) bone_counts: Vec<u8>,
    /// Those bones, vertex after vertex.
    pub(super) bone: Vec<u8>,
    /// Their shares in 1/65535.
    pub(super) share: Vec<u16>,
    pub(super) targets: Vec<Entry>,
    pub(super) units: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredGroup {
    pub(super) name: String,
    /// Four a face.
    pub(super) vertices: Vec<i32>,
    /// Four a face.
    pub(super) uv: Vec<i32>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Human, HumanError> {
    let (head, blocks) = open(bytes)?;
    let position_m = positions(&head.position)?;
    let uv = uvs(&head.uv)?;
    let groups = head.groups.into_iter().map(|group| self::group(group, position_m.len(), uv.len())).collect::<Result<_, _>>()?;
    check_joints(&head.joints, position_m.len())?;
    let weights = weights(&head.bone_counts, &head.bone, &head.share, head.bones.len())?;
    if weights.len() != position_m.len() {
        return Err(nonsense(format!("{} vertices have weights for {}", position_m.len(), weights.len())));
    }
    if !head.targets.is_sorted_by(|a, b| a.name < b.name) {
        return Err(nonsense("the targets aren't in the order of their names"));
    }
    check_entries(&head.targets, blocks.len())?;
    check_entries(&head.units, blocks.len())?;
    let unit_names = head.units.iter().map(|unit| unit.name.clone()).collect();
    let (joints, bones, targets, units) = (head.joints, head.bones, head.targets, head.units);
    Ok(Human { position_m, uv, groups, joints, bones, weights, unit_names, targets, units, blocks: blocks.to_vec() })
}

/// Checks the header; gives the head and the blocks.
fn open(bytes: &[u8]) -> Result<(Head, &[u8]), HumanError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(HumanError::Foreign)?;
    let (version, rest) = rest.split_first_chunk().ok_or(HumanError::Damaged)?;
    let found = u32::from_le_bytes(*version);
    if found != VERSION {
        return Err(HumanError::Version { found });
    }
    let (hash, content) = rest.split_first_chunk::<{ blake3::OUT_LEN }>().ok_or(HumanError::Damaged)?;
    if blake3::hash(content) != *hash {
        return Err(HumanError::Damaged);
    }
    let (length, rest) = content.split_first_chunk().ok_or_else(|| nonsense("it ends before its head"))?;
    let (head, blocks) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| nonsense("it ends within its head"))?;
    Ok((unfold(head)?, blocks))
}

/// The numbers whose differences are stored.
fn running(differences: &[i32]) -> impl Iterator<Item = i32> {
    differences.iter().scan(0i32, |sum, &difference| {
        *sum = sum.wrapping_add(difference);
        Some(*sum)
    })
}

fn positions([x, y, z]: &[Vec<i32>; 3]) -> Result<Vec<Vec3>, HumanError> {
    if x.len() != y.len() || x.len() != z.len() {
        return Err(nonsense("the places have not as many x as y and z"));
    }
    let metres = |((x, y), z): ((i32, i32), i32)| Vec3::from([x, y, z].map(|units| units as f32 * POSITION_UNIT_M));
    Ok(running(x).zip(running(y)).zip(running(z)).map(metres).collect())
}

fn uvs([u, v]: &[Vec<i32>; 2]) -> Result<Vec<Vec2>, HumanError> {
    if u.len() != v.len() {
        return Err(nonsense("the texture places have not as many u as v"));
    }
    Ok(running(u).zip(running(v)).map(|(u, v)| Vec2::new(u as f32, v as f32) * 1e-6).collect())
}

fn group(group: StoredGroup, vertices: usize, uvs: usize) -> Result<Group, HumanError> {
    let (quads, uv) = (faces(&group.vertices, vertices), faces(&group.uv, uvs));
    match (quads, uv) {
        (Some(quads), Some(uv)) if quads.len() == uv.len() => Ok(Group { name: group.name, quads, uv }),
        _ => Err(nonsense(format!("the faces of {} are wrong", group.name))),
    }
}

/// Faces of four corners, each below `count`.
fn faces(differences: &[i32], count: usize) -> Option<Vec<[u32; 4]>> {
    let corners = running(differences).map(|index| u32::try_from(index).ok().filter(|&index| (index as usize) < count));
    let corners = corners.collect::<Option<Vec<_>>>()?;
    let (faces, rest) = corners.as_chunks();
    rest.is_empty().then(|| faces.to_vec())
}

fn check_joints(joints: &BTreeMap<String, Vec<u32>>, vertices: usize) -> Result<(), HumanError> {
    let wrong = |of: &Vec<u32>| of.is_empty() || of.iter().any(|&vertex| vertex as usize >= vertices);
    match joints.iter().find(|(_, of)| wrong(of)) {
        Some((name, _)) => Err(nonsense(format!("the vertices of {name} are wrong"))),
        None => Ok(()),
    }
}

fn weights(counts: &[u8], bone: &[u8], share: &[u16], bones: usize) -> Result<Vec<Vec<(u8, f32)>>, HumanError> {
    if bone.len() != share.len() || bone.iter().any(|&bone| bone as usize >= bones) {
        return Err(nonsense("a weight is of a bone that isn't there"));
    }
    let mut rest = bone.iter().copied().zip(share.iter().copied());
    let mut weights = Vec::with_capacity(counts.len());
    for (vertex, &count) in counts.iter().enumerate() {
        let of: Vec<(u8, u16)> = rest.by_ref().take(count as usize).collect();
        let sum: u32 = of.iter().map(|weight| u32::from(weight.1)).sum();
        if of.len() > BONES_A_VERTEX || sum != u32::from(u16::MAX) {
            return Err(nonsense(format!("the weights of vertex {vertex} are wrong")));
        }
        weights.push(of.into_iter().map(|(bone, share)| (bone, f32::from(share) / f32::from(u16::MAX))).collect());
    }
    Ok(weights)
}

/// Checks that each target lies in the file and refers to an earlier one.
fn check_entries(entries: &[Entry], blocks: usize) -> Result<(), HumanError> {
    for (index, entry) in entries.iter().enumerate() {
        let end = entry.start as usize + entry.length as usize;
        if end > blocks || entry.reference.is_some_and(|reference| reference as usize >= index) {
            return Err(nonsense(format!("the entry of {} is wrong", entry.name)));
        }
    }
    Ok(())
}
