//! cast: two people from a treatment.
//!
//! MakeHuman's parametric human is shaped until height and mass are as asked (`shape`), its skeleton read as the simulated segments (`rig`,
//! `physique`), and the body cut into what is seen of it: skin, eyes, mouth, hair, clothes. `pose` moves the result.

mod age;
mod breath;
mod cells;
mod clearance;
mod corrective;
pub mod details;
mod dress;
pub mod extremes;
pub mod face;
mod figure;
mod hair;
pub mod human;
mod landmarks;
pub mod measure;
mod noise;
mod part;
pub mod person;
mod physique;
mod pose;
mod rig;
mod shape;
pub mod skeleton;
mod skin;
mod subdivide;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod winding;

pub use person::PersonSpec;
pub use pose::{Posed, drive_name, pose, pose_by_bones, skinning};

use clinch_model::{
    Cast, Person, Treatment, Who,
    cast::{Morph, Surface},
    treatment::{Place, TreatmentError},
};
use corrective::Body;
use figure::Figure;
use human::{Human, HumanError};
use rayon::prelude::*;

/// Who made what the people are shaped from, and on what terms; wherever their surfaces go, this may go with them.
pub const CREDITS: &str = "People shaped by clinch from MakeHuman's base mesh and targets (Data Collection AB, Joel Palmius, Jonas Hauquier), \
    face units by Mika Suominen, skin weights by NAVER Corp.; all CC0 1.0, public domain.";

/// How the people are made.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Whether skin and clothes are refined by a step of subdivision: for the film. Without, about a quarter of the triangles.
    pub fine: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { fine: true }
    }
}

/// Why two people can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The treatment asks for what can't be.
    #[error(transparent)]
    Treatment(#[from] TreatmentError),
    /// The mass is out of reach of the height and build.
    #[error("{} at {height_m:.2} m can't weigh {asked_kg:.0} kg: with this age, sex and muscle from {:.0} to {:.0} kg can be made; change `{}.mass-kg` or `{}.height-m`",
        .who, .reach_kg[0], .reach_kg[1], .who.to_string().to_lowercase(), .who.to_string().to_lowercase())]
    Mass {
        /// Who.
        who: Who,
        /// What was asked.
        asked_kg: f32,
        /// Standing height.
        height_m: f32,
        /// Least and greatest.
        reach_kg: [f32; 2],
    },
    /// What is wrong, and where it stands in the treatment's file.
    #[error("{place}: {wrong}")]
    Placed {
        /// The file and the line.
        place: Place,
        /// What is wrong.
        wrong: Box<Error>,
    },
    /// The data of the human can't be read.
    #[error(transparent)]
    Human(#[from] HumanError),
}

/// Makes the two people that a treatment asks for.
///
/// Deterministic: the same treatment and options give the same bytes on any thread count.
///
/// # Errors
/// [`Error::Treatment`] where a value is out of range, [`Error::Mass`] where height and mass don't go together, [`Error::Human`] where
/// the program was built with a damaged asset.
pub fn cast(treatment: &Treatment, options: &Options) -> Result<Cast, Error> {
    treatment.check()?;
    let human = Human::load()?;
    let specs = [PersonSpec::of(Who::Cop, treatment)?, PersonSpec::of(Who::Kid, treatment)?];
    let made = specs.into_par_iter().map(|spec| person(&human, spec, options)).collect::<Result<Vec<Person>, Error>>();
    let mut people = made.map_err(|error| placed(error, treatment))?;
    let kid = people.remove(1);
    Ok(Cast { people: [people.remove(0), kid] })
}

/// Checks that somebody can be made as a treatment asks, in a tenth of a second.
///
/// # Errors
/// As [`cast`].
pub fn check(who: Who, treatment: &Treatment) -> Result<(), Error> {
    let spec = PersonSpec::of(who, treatment)?;
    let sole_m = dress::sole_m(spec.dress);
    Figure::new(&Human::load()?, spec, sole_m).map(|_| ()).map_err(|error| placed(error, treatment))
}

/// An error with the line of the treatment's file that led to it, where there is one.
fn placed(error: Error, treatment: &Treatment) -> Error {
    let Error::Mass { who, .. } = &error else { return error };
    match treatment.origin.place_of(&format!("{}.mass-kg", who.to_string().to_lowercase())) {
        Some(place) => Error::Placed { place, wrong: Box::new(error) },
        None => error,
    }
}

fn person(human: &Human, spec: PersonSpec, options: &Options) -> Result<Person, Error> {
    let figure = Figure::new(human, spec.clone(), dress::sole_m(spec.dress))?;
    let skeleton = physique::skeleton(&figure);
    let body = Body::new(&figure, &skeleton);
    let mut surface = Surface { bones: figure.rig.bones.clone(), ..Surface::default() };
    let (skin, clothes) = rayon::join(|| skin::parts(&figure, options), || dress::parts(&figure, &body));
    let mut worn = Vec::new();
    for part in skin.into_iter().chain(clothes) {
        let first = surface.position_m.len() as u32;
        worn.extend(part.layer.map(|layer| clearance::Worn { layer, vertices: first..first + part.position_m.len() as u32 }));
        part::join(&mut surface, part);
    }
    pose::normals(&surface.triangles, &surface.position_m, &mut surface.normal);
    let morphs: Vec<Morph> = body.correctives.iter().map(|corrective| corrective.morph(&surface)).collect();
    surface.morphs.extend(morphs);
    let spec = &figure.spec;
    let mut person = Person {
        who: spec.who,
        height_m: spec.height_m,
        mass_kg: spec.mass_kg,
        temperament: spec.temperament,
        seed: spec.seed,
        lids_shut: figure.lids_shut(),
        skeleton,
        surface,
    };
    person.surface.clearance = clearance::fit(&figure, &body, &person, &worn);
    Ok(person)
}
