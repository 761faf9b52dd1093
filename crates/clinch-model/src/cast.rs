//! Two people as data: skeleton, surface, materials.

use crate::{Who, skeleton::Skeleton};
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};

/// The two people of the film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cast {
    /// `[who]`: Cop, then Kid.
    pub people: [Person; 2],
}

impl Cast {
    /// One of the two.
    pub fn person(&self, who: Who) -> &Person {
        &self.people[who.index()]
    }
}

/// One person: numbers, skeleton and surface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Which of the two.
    pub who: Who,
    /// Standing height.
    pub height_m: f32,
    /// Mass, the sum of the segments'.
    pub mass_kg: f32,
    /// What is simulated.
    pub skeleton: Skeleton,
    /// What is seen.
    pub surface: Surface,
}

/// A skinned triangle mesh in its bind pose.
///
/// Every vertex follows up to four bones; a bone follows a segment of the skeleton or a part of its turn, bends with a grip, or looks
/// (see [`Follow`]). `clinch-cast` poses it. Where parts meet (neck and collar, hand and cuff) they overlap; each is a closed mesh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// `[vertex]`: position in the bind pose.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`: unit normal in the bind pose.
    pub normal: Vec<Vec3>,
    /// `[vertex]`: up to four bones and their weights, summing to 1.
    pub skin: Vec<[(u8, f32); 4]>,
    /// `[vertex]`: index into `materials`.
    pub material: Vec<u8>,
    /// `[vertex]`: factor on the material's reflectance, for seams, brows, lips, folds; about 0.2..1.5.
    pub shade: Vec<f32>,
    /// `[triangle]`: vertices, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// `[bone]`, at most 255; parents come first.
    pub bones: Vec<Bone>,
    /// What the surface is made of.
    pub materials: Vec<Material>,
    /// Shape changes driven by the person's state.
    pub morphs: Vec<Morph>,
}

/// A bone of the surface.
///
/// Skinning moves a vertex by `world_from_bone` now times the inverse of `world_from_bone` in the bind pose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bone {
    /// Anatomical name, e.g. `forearm-twist-l`, `index-2-r`.
    pub name: String,
    /// The segment that carries it.
    pub segment: crate::Segment,
    /// Its origin in the frame of the carrying segment.
    pub origin_in_segment_m: Vec3,
    /// `world_from_bone` in the bind pose: turn…
    pub bind_turn: Quat,
    /// …and origin.
    pub bind_origin_m: Vec3,
    /// What it does besides riding on its segment.
    pub follow: Follow,
}

/// How a bone moves with the segment that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Follow {
    /// Takes a part of the segment's turn relative to the parent segment, and the parent's turn otherwise: (1, 1) is the segment itself,
    /// (½, ½) bisects a joint, (1, ½) is a twist bone. Its origin is the segment's.
    Joint {
        /// Share of the swing, 0..1.
        swing: f32,
        /// Share of the twist about the segment's long axis (its y), 0..1.
        twist: f32,
    },
    /// A finger bone: bends with the grip of a hand.
    Curl {
        /// The finger bone it hangs on; none for one that hangs on the hand.
        parent: Option<u8>,
        /// Unit axis of the bend, in the carrying segment's frame.
        axis: Vec3,
        /// Angle at a full grip, in radians.
        angle_rad: f32,
        /// Whose grip: 0 left, 1 right.
        hand: u8,
    },
    /// An eyeball: turns its +z to the point looked at, within what an eye can do.
    Gaze,
}

/// A linear shape change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Morph {
    /// What drives it.
    pub drive: Drive,
    /// `[entry]`: vertex and its shift in the bind pose at full drive.
    pub shift_m: Vec<(u32, Vec3)>,
}

/// A person's state that changes the surface, each 0..1 unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Drive {
    /// Lung volume, −1 (out) .. 1 (in).
    Breath,
    /// Face under load: brows down, jaw set, teeth.
    Strain,
    /// Face in fear or pain: brows up and together, mouth open.
    Anguish,
    /// Eyelids down.
    Blink,
    /// Mouth open with the breath.
    Gasp,
}

/// How a surface answers light; all numbers scalar, because the film is black and white.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// `skin`, `shirt`, `denim`, …
    pub name: String,
    /// Diffuse reflectance, 0..1.
    pub reflectance: f32,
    /// Roughness of the glossy lobe, 0.05 (wet) .. 1.
    pub roughness: f32,
    /// Strength of the glossy lobe: Fresnel reflectance at normal incidence, 0..0.1 for skin and cloth.
    pub specular: f32,
    /// Grazing-angle sheen of cloth, 0..1.
    pub sheen: f32,
}
