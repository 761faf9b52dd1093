//! A song in, a black-and-white film of a struggle out.
//!
//! [`make`] shows the pipeline: each stage is one verb, one crate and one file in the working folder beside the film. A stage runs
//! again only when something it depends on has changed; see [`folder`].

pub mod audit;
pub mod cast_sheet;
pub mod excerpt;
pub mod film;
pub mod folder;
pub mod holds_sheet;
pub mod job;
pub mod picture;
pub mod production;
pub mod report;
pub mod score_sheet;
pub mod sheet;
pub mod story_sheet;

pub use film::Film;
pub use production::Production;

/// Makes the whole film of a production, or as much of it as isn't made yet.
///
/// # Errors
/// What any stage says; whatever was finished before stays in the working folder and is used by the next run.
pub fn make(production: &Production) -> anyhow::Result<Film> {
    let score = production.hear()?;
    let story = production.plot(&score)?;
    let cast = production.cast()?;
    let performance = production.perform(&story, &cast)?;
    let cut = production.shoot(&performance, &score, &story, &cast)?;
    let picture = production.light(&cut, &performance, &cast)?;
    production.deliver(&picture, &score)
}
