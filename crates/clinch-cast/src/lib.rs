//! cast: two people from a treatment.
//!
//! Each person is sculpted as signed distance fields over the simulated skeleton, polygonised part by part, and weighted to bones.

mod body;
mod breath;
mod build;
pub mod details;
mod dress;
mod eye;
pub mod face;
mod field;
mod hand;
mod head;
mod mesh;
mod part;
pub mod person;
mod pose;
mod rig;
mod simplify;
pub mod skeleton;
#[cfg(test)]
mod tests;

pub use pose::{Posed, pose};

use build::Build;
use clinch_model::{
    Cast, Person, Treatment, Who,
    cast::{self, Morph, Surface},
    treatment::TreatmentError,
};
use part::{Drive, Part};
use rayon::prelude::*;
use rig::{Region, Rig};

/// How the people are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Factor on the resolution's cell size: 1 for the film, 2 for a quarter of the triangles. 0.5..4.
    pub coarseness: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { coarseness: 1.0 }
    }
}

/// Why two people can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The treatment asks for what can't be.
    #[error(transparent)]
    Treatment(#[from] TreatmentError),
    /// The coarseness is out of its range.
    #[error("the surface's coarseness is {found}: it must be from 0.5 to 4")]
    Coarseness {
        /// What was asked.
        found: f32,
    },
}

/// Makes the two people that a treatment asks for.
///
/// Deterministic: the same treatment and options give the same bytes on any thread count.
///
/// # Errors
/// [`Error::Treatment`] where a height, mass or reflectance is out of range; [`Error::Coarseness`].
pub fn cast(treatment: &Treatment, options: &Options) -> Result<Cast, Error> {
    treatment.check()?;
    if !(0.5..=4.0).contains(&options.coarseness) {
        return Err(Error::Coarseness { found: options.coarseness });
    }
    let (cop, kid) = rayon::join(|| person(Who::Cop, treatment, options), || person(Who::Kid, treatment, options));
    Ok(Cast { people: [cop, kid] })
}

fn person(who: Who, treatment: &Treatment, options: &Options) -> Person {
    let build = Build::of(who, treatment);
    let skeleton = skeleton::skeleton(build.height_m, build.mass_kg);
    let eye_in_head_m = head::FaceSpace::of(&build).in_head_m(eye::EYE_MM);
    let rig = Rig::new(&skeleton, build.height_m, build.girth_m, eye_in_head_m, hand::fingers(&build));
    let detail = options.coarseness;
    let parts = part::make(&[
        Box::new(|| dress::parts(&build, &rig, &skeleton, detail)),
        Box::new(|| head::parts(&build, &rig, detail)),
        Box::new(|| hand::parts(&build, &rig, detail)),
    ]);
    let surface = assemble(&rig, parts);
    Person { who, height_m: build.height_m, mass_kg: build.mass_kg, temperament: Default::default(), skeleton, surface }
}

/// Every drive, in the order of the surface's morphs.
const DRIVES: [Drive; 5] = [Drive::Breath, Drive::Strain, Drive::Anguish, Drive::Blink, Drive::Gasp];

/// What a sculpted drive is in the surface.
fn driver(index: usize) -> cast::Drive {
    if index == 0 { cast::Drive::Breath } else { cast::Drive::Unit(index as u8) }
}

/// Joins the parts into one surface: indices shifted, equal materials shared, weights found.
fn assemble(rig: &Rig, parts: Vec<Part>) -> Surface {
    let mut surface = Surface {
        position_m: Vec::new(),
        normal: Vec::new(),
        skin: Vec::new(),
        material: Vec::new(),
        shade: Vec::new(),
        triangles: Vec::new(),
        bones: rig.bones.clone(),
        materials: Vec::new(),
        morphs: (0..DRIVES.len()).map(|i| Morph { drive: driver(i), shift_m: Vec::new() }).collect(),
        ..Surface::default()
    };
    for mut part in parts {
        if part.region == Region::Body {
            part.shift(Drive::Breath, 1.0, |p| breath::shift(rig, p));
        }
        let first = surface.position_m.len() as u32;
        let material = surface.materials.iter().position(|m| *m == part.material).unwrap_or_else(|| {
            surface.materials.push(part.material.clone());
            surface.materials.len() - 1
        });
        for (drive, entries) in part.shifts {
            let of = DRIVES.iter().position(|&d| d == drive);
            of.into_iter().for_each(|i| surface.morphs[i].shift_m.extend(entries.iter().map(|&(vertex, shift)| (vertex + first, shift))));
        }
        surface.triangles.extend(part.mesh.triangles.iter().map(|t| t.map(|i| i + first)));
        surface.skin.par_extend(part.mesh.position_m.par_iter().map(|&p| rig.weights(part.region, p)));
        surface.material.resize(surface.triangles.len(), material as u8);
        surface.uv.resize(surface.triangles.len(), Default::default());
        surface.position_m.extend(part.mesh.position_m);
        surface.normal.extend(part.mesh.normal);
        surface.shade.extend(part.shade);
    }
    surface
}
