//! Two people as data: skeleton, surface, materials.

use crate::{
    Who,
    skeleton::{Placed, Skeleton},
};
use glam::{Quat, Vec2, Vec3};
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
    /// How this person feels when things go against them.
    pub temperament: Temperament,
    /// What this person's small asymmetries and habits are drawn from.
    pub seed: u64,
    /// Left and right: weight of the face unit `eyeBlink` at which the lids meet, 0.1..1.
    pub lids_shut: [f32; 2],
    /// What is simulated.
    pub skeleton: Skeleton,
    /// What is seen.
    pub surface: Surface,
}

/// What shows first in a person's face under the same strain; each 0..1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Temperament {
    /// Readiness to anger.
    pub anger: f32,
    /// Readiness to fear.
    pub fear: f32,
    /// Readiness to grief.
    pub sorrow: f32,
}

impl Default for Temperament {
    fn default() -> Self {
        Self { anger: 0.5, fear: 0.5, sorrow: 0.5 }
    }
}

/// A triangle mesh: a person's, skinned and in its bind pose, or the set's, without bones.
///
/// Of a person every vertex follows up to four bones; a bone follows a segment of the skeleton or a part of its turn, bends with a grip, or looks
/// (see [`Follow`]). `clinch-cast` poses it. Parts of different material are separate meshes that overlap (neck and collar, hand and cuff).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Surface {
    /// `[vertex]`: position in the bind pose.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`: unit normal in the bind pose.
    pub normal: Vec<Vec3>,
    /// `[vertex]`: up to four bones and their weights, summing to 1.
    pub skin: Vec<[(u8, f32); 4]>,
    /// `[vertex]`: factor on the material's reflectance, for creases, dirt, folds; about 0.2..1.5.
    pub shade: Vec<f32>,
    /// `[triangle]`: vertices, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// `[triangle]`: index into `materials`.
    pub material: Vec<u8>,
    /// `[triangle][corner]`: place in the material's texture, v downward, whole numbers a tile apart; zero where the material has none.
    pub uv: Vec<[Vec2; 3]>,
    /// `[bone]`, at most 255; parents come first.
    pub bones: Vec<Bone>,
    /// What the surface is made of.
    pub materials: Vec<Material>,
    /// Pictures that vary a material from place to place.
    pub textures: Vec<Texture>,
    /// Shape changes driven by the person's state.
    pub morphs: Vec<Morph>,
    /// What keeps clothes off the body beneath.
    pub clearance: Clearance,
}

/// Lists of whole numbers, one behind the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Lists {
    /// `[list]`: where it ends in `of`; it begins where the one before ends.
    pub end: Vec<u32>,
    /// `[entry]`.
    pub of: Vec<u32>,
}

impl Lists {
    /// Adds a list behind the others.
    pub fn push(&mut self, list: impl IntoIterator<Item = u32>) {
        self.of.extend(list);
        self.end.push(self.of.len() as u32);
    }

    /// The entries of one list.
    #[inline]
    pub fn range(&self, list: usize) -> std::ops::Range<usize> {
        let first = if list == 0 { 0 } else { self.end[list - 1] as usize };
        first..self.end[list] as usize
    }

    /// One list.
    #[inline]
    pub fn get(&self, list: usize) -> &[u32] {
        &self.of[self.range(list)]
    }
}

/// Skin vertices by which a vertex of cloth knows how far it is over the skin.
pub const CLEARANCE_PLACES: usize = 12;

/// The skin under clothes, which isn't drawn, and which vertices of a surface are to stay outside of it in every pose. `clinch-cast` fits it and
/// moves the vertices out after all bones and shape changes; empty where nobody wears anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Clearance {
    /// `[skin vertex]`: position in the bind pose.
    pub position_m: Vec<Vec3>,
    /// `[skin vertex]`: unit normal in the bind pose.
    pub normal: Vec<Vec3>,
    /// `[skin vertex]`: bones of the surface and their weights.
    pub skin: Vec<[(u8, f32); 4]>,
    /// Shape changes of the skin.
    pub morphs: Vec<Morph>,
    /// `[kept]`: the vertex of the surface that is kept off; from the innermost garment to the outermost, then what is sewn on.
    pub vertex: Vec<u32>,
    /// `[layer]`: where it ends among the kept. What is in the last is stiff and only goes along.
    pub layers: Vec<u32>,
    /// `[kept]`: distance from the skin that it keeps, in metres.
    pub margin_m: Vec<f32>,
    /// Kept vertices, ascending, that come near the skin in some posture.
    pub watched: Vec<u32>,
    /// `[watched]`: skin vertices around the places that it comes near to.
    pub places: Vec<[u32; CLEARANCE_PLACES]>,
    /// `[kept]`: kept vertices beside it in the same layer, whose moves even its own out.
    pub beside: Lists,
    /// `[kept]`: kept vertices of lower layers that carry it, and their shares, summing to at most 1; none has share 0.
    pub carried: Vec<[(u32, f32); 3]>,
}

/// `[vertex]`: the mean normal of the triangles around it, weighted by their areas; +y where there is none.
pub fn normals(triangles: &[[u32; 3]], position_m: &[Vec3], normal: &mut Vec<Vec3>) {
    normal.clear();
    normal.resize(position_m.len(), Vec3::ZERO);
    for triangle in triangles {
        let [a, b, c] = triangle.map(|vertex| position_m[vertex as usize]);
        let across = (b - a).cross(c - a);
        for &vertex in triangle {
            normal[vertex as usize] += across;
        }
    }
    normal.iter_mut().for_each(|n| *n = n.normalize_or(Vec3::Y));
}

/// A picture that varies a material over the surface; repeats in both directions, sampled bilinearly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Texture {
    /// `face`, `denim`, …
    pub name: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `[row][column]` from the top left; `width × height` of them.
    pub texels: Vec<Texel>,
    /// Height of the relief between [`Texel::relief`] 0 and 255, in metres.
    pub relief_m: f32,
}

/// One place of a texture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texel {
    /// Factor on the reflectance: 128 is 1, 255 about 2.
    pub reflectance: u8,
    /// Factor on the roughness: 128 is 1, 255 about 2.
    pub roughness: u8,
    /// Height over the surface, for bumps; 128 is the surface itself.
    pub relief: u8,
    /// How much sweat gathers here, 0 none .. 255 most.
    pub sweat: u8,
}

impl Texel {
    /// Changes nothing.
    pub const PLAIN: Texel = Texel { reflectance: 128, roughness: 128, relief: 128, sweat: 0 };
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
    /// Takes a part of the turn of the joint between its segment and the parent segment: (1, 1) is the segment itself, (½, ½) half-way
    /// between the bind pose and now, (1, ½) a twist bone. Its origin is the segment's.
    Joint {
        /// Share of the turn without the twist, 0..1.
        swing: f32,
        /// Share of the twist about the segment's long axis (its y), 0..1.
        twist: f32,
        /// `parent_from_segment` in the bind pose, from which both are measured.
        reference: Quat,
    },
    /// The shoulder girdle, carried by the chest: takes a part of the way that the upper arm points away from where it pointed in the bind
    /// pose.
    Girdle {
        /// The upper arm.
        arm: crate::Segment,
        /// Share of the swing, 0..1.
        share: f32,
        /// `chest_from_upper_arm` in the bind pose.
        reference: Quat,
    },
    /// A finger bone: bends with the grip of a hand.
    Curl {
        /// The finger bone it hangs on; none for one that hangs on the hand.
        parent: Option<u8>,
        /// Unit axis of the bend, in the carrying segment's frame.
        axis: Vec3,
        /// Angle at a full grip, in radians.
        angle_rad: f32,
        /// Angle of an open hand at ease, in radians.
        ease_rad: f32,
        /// Whose grip: 0 left, 1 right.
        hand: u8,
    },
    /// An eyeball: turns its +z to the point looked at, within what an eye can do.
    Gaze {
        /// Radius of the globe at the cornea, its farthest place: lids stay outside of it.
        radius_m: f32,
    },
    /// The toes: stay flat on the ground while the heel lifts.
    Toes,
}

/// A linear shape change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Morph {
    /// What drives it.
    pub drive: Drive,
    /// `[entry]`: vertex and its shift in the bind pose at full drive.
    pub shift_m: Vec<(u32, Vec3)>,
}

/// What moves a surface at one time: `clinch-cast` makes it from a person's state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Skinning {
    /// `[bone]`: `world_from_bone`.
    pub bones: Vec<Placed>,
    /// `[morph]`: how far it is driven, −1..1.
    pub morphs: Vec<f32>,
}

/// What drives a shape change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Drive {
    /// Lung volume, −1 (out) .. 1 (in).
    Breath,
    /// A unit of the face, 0..1: index into the list of `clinch-cast`'s face units.
    Unit(u8),
    /// How far a joint has bent about its x (positive to the front for the trunk and knees, negative for elbows and hips), 0 at `from_rad` and 1 at `to_rad`.
    Bend {
        /// The segment below the joint.
        segment: crate::Segment,
        /// Angle at which the change begins.
        from_rad: f32,
        /// Angle at which it is whole.
        to_rad: f32,
    },
    /// How far a segment has turned away from its rest against its parent, whatever the axis: 0 at `from_rad`, 1 at `to_rad`.
    Swing {
        /// The segment below the joint.
        segment: crate::Segment,
        /// Angle at which the change begins.
        from_rad: f32,
        /// Angle at which it is whole.
        to_rad: f32,
    },
}

/// What light meets below a material's surface, told by the material's name; see [`Material::substance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Substance {
    /// Nothing that it travels in.
    Plain,
    /// Flesh: light comes out a little beside where it went in, so that relief and shadow edges soften; sweat stands on it as film and beads.
    Flesh,
    /// Strands along the texture's v, which grows from root to tip: the highlight lies across them.
    Strand,
}

/// How a surface answers light; all numbers scalar, because the film is black and white.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// `skin`, `shirt`, `denim`, …; its first word says what the material is made of, see [`Material::substance`].
    pub name: String,
    /// Diffuse reflectance, 0..1.
    pub reflectance: f32,
    /// Roughness of the glossy lobe, 0.05 (wet) .. 1.
    pub roughness: f32,
    /// Strength of the glossy lobe: Fresnel reflectance at normal incidence, 0..0.1 for skin and cloth.
    pub specular: f32,
    /// Grazing-angle sheen of cloth, 0..1.
    pub sheen: f32,
    /// How strongly sweat shows where the texture lets it gather (everywhere without one) when the person is spent, 0 (never) .. 1.
    pub sweat: f32,
    /// Index into the surface's textures.
    pub texture: Option<u8>,
}

impl Material {
    /// What the material is made of, by the first word of its name (up to a `-`): `skin`, `lips` and `tongue` are flesh; `hair`, `brows`,
    /// `lashes`, `beard` and `stubble` are strands; everything else is plain.
    pub fn substance(&self) -> Substance {
        match self.name.split('-').next() {
            Some("skin" | "lips" | "tongue") => Substance::Flesh,
            Some("hair" | "brows" | "lashes" | "beard" | "stubble") => Substance::Strand,
            _ => Substance::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_name_says_what_it_is_made_of() {
        let of = |name: &str| {
            let material =
                Material { name: name.into(), reflectance: 0.3, roughness: 0.5, specular: 0.03, sheen: 0.0, sweat: 0.0, texture: None };
            material.substance()
        };
        assert_eq!(["skin", "skin-hand", "hair-fringe", "brows", "skinned", "denim", ""].map(of), {
            use Substance::{Flesh, Plain, Strand};
            [Flesh, Flesh, Strand, Strand, Plain, Plain, Plain]
        });
    }
}
