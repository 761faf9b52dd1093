//! Parts of a surface: a mesh, what it is made of, what it hangs on and how it moves with the person's state.

use crate::{mesh::Mesh, rig::Region};
use clinch_model::Material;

/// What drives a shape change of a sculpted part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drive {
    /// Lung volume.
    Breath,
    /// Face under load.
    Strain,
    /// Face in fear or pain.
    Anguish,
    /// Eyelids down.
    Blink,
    /// Mouth open with the breath.
    Gasp,
}
use glam::Vec3;
use rayon::prelude::*;

/// Shifts below this are not worth an entry, in metres.
const LEAST_SHIFT_M: f32 = 5e-5;

/// A closed mesh with one material.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// In the bind pose, in the world (while it is being made: in the space it is drawn in).
    pub mesh: Mesh,
    /// What it is made of.
    pub material: Material,
    /// `[vertex]`: factor on the reflectance.
    pub shade: Vec<f32>,
    /// What its vertices follow.
    pub region: Region,
    /// Shape changes: what drives one, then vertices and their shifts at full drive.
    pub shifts: Vec<(Drive, Vec<(u32, Vec3)>)>,
}

impl Part {
    /// A part with its shade computed a vertex at a time from position and normal.
    pub fn new(name: &'static str, mesh: Mesh, material: Material, region: Region, shade: impl Fn(Vec3, Vec3) -> f32) -> Self {
        let shade = mesh.position_m.iter().zip(&mesh.normal).map(|(&p, &n)| shade(p, n)).collect();
        Part { name, mesh, material, shade, region, shifts: Vec::new() }
    }

    /// The mirror image in x = 0, on the other side of the body.
    pub fn mirrored(&self) -> Part {
        let flip = |(vertex, shift): &(u32, Vec3)| (*vertex, Vec3::new(-shift.x, shift.y, shift.z));
        Part {
            mesh: self.mesh.mirrored(),
            region: self.region.mirrored(),
            shifts: self.shifts.iter().map(|(drive, entries)| (*drive, entries.iter().map(flip).collect())).collect(),
            ..self.clone()
        }
    }

    /// Adds a shape change computed from the vertices' places; in the space that the part is in now, `unit_m` metres a unit.
    pub fn shift(&mut self, drive: Drive, unit_m: f32, by: impl Fn(Vec3) -> Vec3) {
        let entries: Vec<(u32, Vec3)> = (0..).zip(&self.mesh.position_m).map(|(i, &p)| (i, by(p))).collect();
        let kept: Vec<_> = entries.into_iter().filter(|e| e.1.length() * unit_m > LEAST_SHIFT_M).collect();
        if !kept.is_empty() {
            self.shifts.push((drive, kept));
        }
    }
}

/// Makes some parts; several run side by side.
pub type Maker<'a> = Box<dyn Fn() -> Vec<Part> + Sync + 'a>;

/// Runs all makers; the parts come in the makers' order whoever finishes first.
pub fn make(makers: &[Maker]) -> Vec<Part> {
    let parts: Vec<Vec<Part>> = makers.par_iter().map(|make| make()).collect();
    parts.into_iter().flatten().collect()
}

/// A material by its numbers.
pub fn material(name: &str, reflectance: f32, roughness: f32, specular: f32, sheen: f32) -> Material {
    Material { name: name.into(), reflectance, roughness, specular, sheen, sweat: 0.0, texture: None }
}
