//! Parts of a surface: a mesh, what it is made of, what it hangs on and how it moves with the person's state.

use crate::rig::Weights;
use clinch_model::{
    Material,
    cast::{Drive, Surface, Texture},
};
use glam::{Vec2, Vec3};

/// Vertices and their shifts at full drive.
pub type Shifts = Vec<(u32, Vec3)>;

/// A mesh of one material in the bind pose.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// What it is made of; its texture's index is filled in when parts are joined.
    pub material: Option<Material>,
    /// What varies the material.
    pub texture: Option<Texture>,
    /// `[vertex]`, metres.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`: bones and weights.
    pub skin: Vec<Weights>,
    /// `[vertex]`: factor on the reflectance.
    pub shade: Vec<f32>,
    /// `[triangle]`, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// `[triangle][corner]`: place in the texture.
    pub uv: Vec<[Vec2; 3]>,
    /// Shape changes: what drives one, and what it does.
    pub shifts: Vec<(Drive, Shifts)>,
    /// Which layer of clothes it is, from the innermost; none for what isn't kept off the body in every pose.
    pub layer: Option<u8>,
    /// Further materials of the same mesh, by their first triangles ascending; triangles before the first are of `material`.
    pub sections: Vec<Section>,
}

/// Triangles of a mesh that are of another material than those before; the vertices between are shared, so that no seam shows.
#[derive(Debug, Clone)]
pub struct Section {
    /// First triangle.
    pub first: usize,
    /// What it is made of.
    pub material: Material,
    /// What varies the material.
    pub texture: Option<Texture>,
}

/// A material by its numbers, without sweat or texture.
pub fn material(name: &str, reflectance: f32, roughness: f32, specular: f32, sheen: f32) -> Material {
    Material { name: name.into(), reflectance, roughness, specular, sheen, sweat: 0.0, texture: None }
}

/// Joins a part to a surface: indices shifted, equal materials, textures and drives shared.
///
/// Normals are left to whoever knows that all parts are in.
pub fn join(surface: &mut Surface, part: Part) {
    let first = surface.position_m.len() as u32;
    let first_triangle = surface.triangles.len();
    let material = part.material.unwrap_or_else(|| material("plain", 0.3, 0.8, 0.02, 0.0));
    let own = Section { first: 0, material, texture: part.texture };
    let all_triangles = first_triangle + part.triangles.len();
    for section in std::iter::once(own).chain(part.sections) {
        let mut material = section.material;
        material.texture = section.texture.map(|texture| index_of(&mut surface.textures, texture) as u8);
        let material = index_of(&mut surface.materials, material) as u8;
        surface.material.truncate(first_triangle + section.first);
        surface.material.resize(all_triangles, material);
    }
    for (drive, shifts) in part.shifts {
        let shifted = shifts.into_iter().map(|(vertex, shift)| (vertex + first, shift));
        match surface.morphs.iter_mut().find(|morph| morph.drive == drive) {
            Some(morph) => morph.shift_m.extend(shifted),
            None => surface.morphs.push(clinch_model::cast::Morph { drive, shift_m: shifted.collect() }),
        }
    }
    surface.triangles.extend(part.triangles.iter().map(|t| t.map(|vertex| vertex + first)));
    surface.uv.extend(part.uv);
    surface.uv.resize(surface.triangles.len(), Default::default());
    surface.position_m.extend(part.position_m);
    surface.skin.extend(part.skin);
    surface.shade.extend(part.shade);
    surface.shade.resize(surface.position_m.len(), 1.0);
}

fn index_of<T: PartialEq>(list: &mut Vec<T>, wanted: T) -> usize {
    list.iter().position(|known| *known == wanted).unwrap_or_else(|| {
        list.push(wanted);
        list.len() - 1
    })
}
