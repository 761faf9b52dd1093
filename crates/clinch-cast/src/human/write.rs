//! Packing the human.

use super::{
    BONES_A_VERTEX, Entry, Group, Human, HumanError, MAGIC, VERSION,
    block::{Block, fold},
    nonsense,
    read::{Head, StoredGroup},
};
use std::collections::BTreeMap;

/// (bone, share in 1/65535).
pub type Weight = (u8, u16);

/// (vertex, shift in units of 0.1 mm).
pub type Shifts = Vec<(u32, [i32; 3])>;

/// A human that is to be packed.
pub struct Source {
    /// `[vertex]`, units of 0.01 mm.
    pub position: Vec<[i32; 3]>,
    /// `[uv]`, millionths, v downward.
    pub uv: Vec<[i32; 2]>,
    /// Faces.
    pub groups: Vec<Group>,
    /// Vertices whose mean is the joint.
    pub joints: BTreeMap<String, Vec<u32>>,
    /// Names of the bones. `[bone]`
    pub bones: Vec<String>,
    /// Bones and their shares, which sum to 65535; at most [`BONES_A_VERTEX`]. `[vertex]`
    pub weights: Vec<Vec<Weight>>,
    /// Shape targets.
    pub targets: BTreeMap<String, Shifts>,
    /// Face units.
    pub units: Vec<(String, Shifts)>,
}

/// Packs a human. The same source gives the same bytes.
///
/// # Errors
/// [`HumanError::Nonsense`] where an index is out of range or a number too large.
pub fn write(source: &Source) -> Result<Vec<u8>, HumanError> {
    let mut blocks = Vec::new();
    let targets = targets(source, &mut blocks)?;
    let mut units = Vec::new();
    for (name, shifts) in &source.units {
        let block = Block::new(&dense(shifts, source.position.len())?)?.pack()?;
        units.push(entry(name, None, block, &mut blocks)?);
    }
    let folded = fold(&head(source, targets, units))?;
    let mut content = length(folded.len())?.to_le_bytes().to_vec();
    content.extend(folded);
    content.extend(blocks);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(blake3::hash(&content).as_bytes());
    bytes.extend(content);
    Human::read(&bytes)?.check()?;
    Ok(bytes)
}

fn head(source: &Source, targets: Vec<Entry>, units: Vec<Entry>) -> Head {
    Head {
        position: std::array::from_fn(|axis| differences(source.position.iter().map(|p| p[axis]))),
        uv: std::array::from_fn(|axis| differences(source.uv.iter().map(|p| p[axis]))),
        groups: source.groups.iter().map(stored).collect(),
        joints: source.joints.clone(),
        bones: source.bones.clone(),
        bone_counts: source.weights.iter().map(|weights| weights.len().min(BONES_A_VERTEX + 1) as u8).collect(),
        bone: source.weights.iter().flatten().map(|weight| weight.0).collect(),
        share: source.weights.iter().flatten().map(|weight| weight.1).collect(),
        targets,
        units,
    }
}

fn stored(group: &Group) -> StoredGroup {
    let corners = |faces: &[[u32; 4]]| differences(faces.iter().flatten().map(|&index| index as i32));
    StoredGroup { name: group.name.clone(), vertices: corners(&group.quads), uv: corners(&group.uv) }
}

/// Each number less the one before it.
fn differences(numbers: impl Iterator<Item = i32>) -> Vec<i32> {
    let mut before = 0;
    numbers.map(|number| number.wrapping_sub(std::mem::replace(&mut before, number))).collect()
}

/// Packs the targets in the order of their names, each alone or as a difference to its reference, whichever is smaller.
fn targets(source: &Source, blocks: &mut Vec<u8>) -> Result<Vec<Entry>, HumanError> {
    let names: Vec<&str> = source.targets.keys().map(String::as_str).collect();
    let mut entries = Vec::new();
    for (name, shifts) in &source.targets {
        let own = dense(shifts, source.position.len())?;
        let mut best = (None, Block::new(&own)?.pack()?);
        for reference in references(name) {
            // An earlier name, so that nothing can refer to itself round a circle.
            let Some(index) = names[..entries.len()].iter().position(|name| *name == reference) else { continue };
            let other = dense(&source.targets[&reference], own.len())?;
            let less = own.iter().zip(&other).map(|(a, b)| std::array::from_fn(|axis| a[axis] - b[axis])).collect::<Vec<_>>();
            let block = Block::new(&less)?.pack()?;
            if block.len() < best.1.len() {
                best = (Some(length(index)?), block);
            }
        }
        entries.push(entry(name, best.0, best.1, blocks)?);
    }
    Ok(entries)
}

/// Targets that a target may resemble: MakeHuman's combinations (`...-minmuscle-maxweight`) are mostly near the average ones.
fn references(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for quality in ["muscle", "weight"] {
        for end in ["min", "max"] {
            let (from, to) = (format!("{end}{quality}"), format!("average{quality}"));
            if name.contains(&from) {
                found.push(name.replace(&from, &to));
            }
        }
    }
    found
}

fn entry(name: &str, reference: Option<u32>, block: Vec<u8>, blocks: &mut Vec<u8>) -> Result<Entry, HumanError> {
    let entry = Entry { name: name.to_owned(), reference, start: length(blocks.len())?, length: length(block.len())? };
    blocks.extend(block);
    Ok(entry)
}

/// The shifts of all vertices.
fn dense(shifts: &Shifts, vertices: usize) -> Result<Vec<[i32; 3]>, HumanError> {
    let mut all = vec![[0; 3]; vertices];
    for &(vertex, shift) in shifts {
        *all.get_mut(vertex as usize).ok_or_else(|| nonsense(format!("a target moves vertex {vertex} of {vertices}")))? = shift;
    }
    Ok(all)
}

fn length(number: usize) -> Result<u32, HumanError> {
    u32::try_from(number).map_err(|_| nonsense("the packed human is over 4 GB"))
}
