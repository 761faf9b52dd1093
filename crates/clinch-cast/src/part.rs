//! Parts of a surface: a mesh, what it is made of and what it hangs on.

use crate::{mesh::Mesh, rig::Region};
use clinch_model::Material;
use glam::Vec3;

/// A closed mesh with one material.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is, for tests and messages.
    pub name: &'static str,
    /// In the bind pose, in the world.
    pub mesh: Mesh,
    /// What it is made of.
    pub material: Material,
    /// `[vertex]`: factor on the reflectance.
    pub shade: Vec<f32>,
    /// What its vertices follow.
    pub region: Region,
    /// Whether it moves with the face.
    pub face: bool,
}

impl Part {
    /// A part with its shade computed a vertex at a time from position and normal.
    pub fn new(name: &'static str, mesh: Mesh, material: Material, region: Region, shade: impl Fn(Vec3, Vec3) -> f32) -> Self {
        let shade = mesh.position_m.iter().zip(&mesh.normal).map(|(&p, &n)| shade(p, n)).collect();
        Part { name, mesh, material, shade, region, face: false }
    }
}

/// A material by its numbers.
pub fn material(name: &str, reflectance: f32, roughness: f32, specular: f32, sheen: f32) -> Material {
    Material { name: name.into(), reflectance, roughness, specular, sheen }
}
