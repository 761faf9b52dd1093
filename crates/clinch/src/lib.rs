//! A song in, a black-and-white film of a struggle out.
//!
//! [`make`] shows the pipeline: each stage is one verb, one crate and one file in the working folder beside the film. A stage runs
//! again only when something it depends on has changed; see [`folder`].

pub mod audit;
pub mod cast_sheet;
pub mod check;
pub mod clip;
pub mod editorial;
pub mod excerpt;
pub mod film;
pub mod folder;
pub mod format;
pub mod holds_sheet;
pub mod job;
pub mod picture;
pub mod production;
pub mod report;
pub mod score_sheet;
pub mod sheet;
pub mod story_sheet;
pub mod titles;

pub use film::Film;
pub use format::Format;
pub use production::Production;

/// Makes the whole film of a production, or as much of it as isn't made yet.
///
/// # Errors
/// What any stage says; whatever was finished before stays in the working folder and is used by the next run.
pub fn make(production: &Production) -> anyhow::Result<Film> {
    let score = production.hear()?;
    production.check_titles(&score.data)?;
    let story = production.plot(&score)?;
    let cast = production.cast()?;
    let performance = production.perform(&story, &cast)?;
    let cut = production.shoot(&performance, &score, &story, &cast)?;
    let picture = production.light(&cut, &performance, &cast, &score, &story.data)?;
    production.deliver(&picture, &score)
}

/// Makes films of one performance in several delivery formats: each is framed anew, and everything before the camera is shared.
///
/// # Errors
/// As [`make`]; formats that were finished before stay.
pub fn make_formats(production: &Production, formats: &[Format], short_side: u32) -> anyhow::Result<Vec<Film>> {
    // A size or a name that can't be is told before the work.
    let deliveries: Vec<Production> = formats.iter().map(|&format| production.in_format(format, short_side)).collect::<Result<_, _>>()?;
    let score = production.hear()?;
    deliveries.iter().try_for_each(|delivery| delivery.check_titles(&score.data))?;
    let story = production.plot(&score)?;
    let cast = production.cast()?;
    let performance = production.perform(&story, &cast)?;
    let film = |delivery: &Production| {
        if delivery.job.format == Some(Format::Loop) {
            return delivery.make_clip(&performance, &score, &story, &cast);
        }
        let cut = delivery.shoot(&performance, &score, &story, &cast)?;
        let picture = delivery.light(&cut, &performance, &cast, &score, &story.data)?;
        delivery.deliver(&picture, &score)
    };
    deliveries.iter().map(film).collect()
}
