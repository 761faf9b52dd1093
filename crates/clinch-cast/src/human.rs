//! The parametric human: MakeHuman's base mesh with its shape targets, face units, joints and skin weights, packed in one file.
//!
//! The packed file is `assets/human/human.bin`, embedded in the program; `assets/human/README.md` says where its data comes from and
//! how it is remade. Its format is written and read here only. Axes: y up, z forward, x to the person's left; metres.
//!
//! The file is a magic word, a version and a BLAKE3 of all that follows, then a compressed head (mesh, joints, weights, names), then
//! one compressed block a target. A block is decoded when it is asked for.

mod block;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use write::{Shifts, Source, Weight, write};

use block::Block;
use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The packed file.
static EMBEDDED: &[u8] = include_bytes!("../../../assets/human/human.bin");

/// First bytes of the file.
const MAGIC: [u8; 8] = *b"clhuman\n";

/// Version of the format.
const VERSION: u32 = 1;

/// Metres in one unit of a stored position: base.obj has decimetres with four decimals.
const POSITION_UNIT_M: f32 = 1e-5;

/// Metres in one unit of a stored shift: the target files have decimetres with three decimals.
const SHIFT_UNIT_M: f32 = 1e-4;

/// Largest number of bones that move one vertex.
pub const BONES_A_VERTEX: usize = 6;

/// Shifts of some vertices: (vertex, shift in metres), vertices ascending.
pub type Sparse = Vec<(u32, Vec3)>;

/// The parametric human at its neutral shape.
pub struct Human {
    /// Places. `[vertex]`, metres. Vertices of joint cubes are among them, though no face uses them.
    pub position_m: Vec<Vec3>,
    /// Texture places, 0..1, v downward. `[uv]`
    pub uv: Vec<Vec2>,
    /// The faces, by what they show.
    pub groups: Vec<Group>,
    /// The vertices whose mean is the joint.
    pub joints: BTreeMap<String, Vec<u32>>,
    /// Names of the bones. `[bone]`
    pub bones: Vec<String>,
    /// What moves a vertex: (bone, share), largest share first, at most [`BONES_A_VERTEX`], shares sum to 1. `[vertex]`
    pub weights: Vec<Vec<(u8, f32)>>,
    /// Names of the face units. `[unit]`
    unit_names: Vec<String>,
    /// Shape targets, names ascending. `[target]`
    targets: Vec<Entry>,
    /// `[unit]`
    units: Vec<Entry>,
    /// The compressed blocks, one after another.
    blocks: Vec<u8>,
}

/// Faces that show one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As in base.obj: `body`, `helper-hair`...
    pub name: String,
    /// Vertices of each face, counter-clockwise from outside. `[face]`
    pub quads: Vec<[u32; 4]>,
    /// Texture places of the corners. `[face]`
    pub uv: Vec<[u32; 4]>,
}

/// Where a target's block is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    name: String,
    /// The target whose shifts are added to the block's; always an earlier one.
    reference: Option<u32>,
    /// First byte among the blocks.
    start: u32,
    /// Bytes.
    length: u32,
}

/// Why the human can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HumanError {
    /// The magic word is missing.
    #[error("this isn't a packed human: it begins with other bytes")]
    Foreign,
    /// Another version of the format.
    #[error("the packed human has format {found}, this program reads format {VERSION}: remake it with `cargo xtask assets`")]
    Version {
        /// What the file says.
        found: u32,
    },
    /// The content isn't what was written.
    #[error("the packed human is damaged: its content doesn't have the hash in its header")]
    Damaged,
    /// The content is as it was written, but makes no sense.
    #[error("the packed human makes no sense: {what}")]
    Nonsense {
        /// What is wrong.
        what: String,
    },
}

fn nonsense(what: impl Into<String>) -> HumanError {
    HumanError::Nonsense { what: what.into() }
}

static NOTHING: Group = Group { name: String::new(), quads: Vec::new(), uv: Vec::new() };

impl Human {
    /// The faces of a group; none where there is no such group.
    pub fn group(&self, name: &str) -> &Group {
        self.groups.iter().find(|group| group.name == name).unwrap_or(&NOTHING)
    }

    /// Vertices of the body itself, which come first in the base mesh.
    pub fn body_vertices(&self) -> std::ops::Range<usize> {
        0..self.group("body").quads.iter().flatten().max().map_or(0, |&last| last as usize + 1)
    }

    /// Reads the human that is embedded in the program.
    ///
    /// # Errors
    /// As [`Human::read`]; only where the program was built with a wrong file.
    pub fn load() -> Result<Self, HumanError> {
        Self::read(EMBEDDED)
    }

    /// Reads a packed human. Targets are left compressed.
    ///
    /// # Errors
    /// [`HumanError::Foreign`], [`HumanError::Version`], [`HumanError::Damaged`]; [`HumanError::Nonsense`] where an index is out of range.
    pub fn read(bytes: &[u8]) -> Result<Self, HumanError> {
        read::read(bytes)
    }

    /// Names of the shape targets, ascending: the folder and the file's name, `nose/nose-scale-horiz-incr`. Targets of both sides
    /// (`l-`, `r-`) are one, named without the side.
    pub fn target_names(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|entry| entry.name.as_str())
    }

    /// The shifts of a shape target at its full strength; none where there is no such target. MakeHuman leaves out targets that
    /// shift nothing, so a combination without a target is neutral.
    pub fn target(&self, name: &str) -> Option<Sparse> {
        let index = self.targets.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
        self.shifts(&self.targets, index).ok()
    }

    /// Names of the face units, those of the blend shapes known from ARKit first.
    pub fn unit_names(&self) -> &[String] {
        &self.unit_names
    }

    /// The shifts of a face unit at its full strength; empty where there is no such unit.
    pub fn unit(&self, index: usize) -> Sparse {
        self.shifts(&self.units, index).unwrap_or_default()
    }

    /// Decodes every block, which [`Human::read`] doesn't.
    ///
    /// # Errors
    /// [`HumanError::Nonsense`] naming the first target whose block can't be decoded.
    pub fn check(&self) -> Result<(), HumanError> {
        for entries in [&self.targets, &self.units] {
            for (index, entry) in entries.iter().enumerate() {
                self.shifts(entries, index).map_err(|error| nonsense(format!("{}: {error}", entry.name)))?;
            }
        }
        Ok(())
    }

    /// The sum of a target's block and of its references' blocks.
    fn shifts(&self, entries: &[Entry], index: usize) -> Result<Sparse, HumanError> {
        let mut sum = vec![[0i32; 3]; self.position_m.len()];
        let mut next = Some(index);
        while let Some(index) = next {
            let entry = entries.get(index).ok_or_else(|| nonsense("no such target"))?;
            Block::unpack(self.bytes(entry)?)?.add_to(&mut sum)?;
            next = entry.reference.map(|reference| reference as usize);
        }
        let metres = |shift: [i32; 3]| Vec3::from(shift.map(|units| units as f32 * SHIFT_UNIT_M));
        Ok(sum.into_iter().zip(0..).filter(|(shift, _)| *shift != [0; 3]).map(|(shift, vertex)| (vertex, metres(shift))).collect())
    }

    fn bytes(&self, entry: &Entry) -> Result<&[u8], HumanError> {
        let (start, length) = (entry.start as usize, entry.length as usize);
        self.blocks.get(start..start.saturating_add(length)).ok_or_else(|| nonsense(format!("{} lies outside of the file", entry.name)))
    }
}
