//! The stages that start from files and do nothing else.

use super::{JobArgs, LoopArgs, PartArgs, RunArgs, print_json};
use anyhow::{Result, bail};
use clap::Args;
use clinch::{Format, Production, folder::Folder, job::Job, picture::Picture, story_sheet};
use clinch_model::{Cast, Performance, Score, StageFile, Story};
use std::{path::PathBuf, process::ExitCode};

/// A stage that starts from files.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    Perform,
    Shoot,
    Light,
}

/// What every stage takes.
#[derive(Debug, Args)]
pub struct StageArgs {
    /// The film or its working folder
    #[arg(value_name = "FILM|FOLDER")]
    film: PathBuf,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    part: PartArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl StageArgs {
    /// Opens the working folder.
    fn production(&self) -> Result<Production> {
        let root = Folder::named(&self.film)?;
        let film = if self.film.is_dir() { Folder::film_of(&root) } else { self.film.clone() };
        let job = clinch_model::file::load::<Job>(&root.join(Job::FILE_NAME))?.data.with(&self.job.wishes())?;
        self.run.production(job, &root, film, self.part.excerpt())
    }

    pub fn run(self, stage: Stage) -> Result<ExitCode> {
        let production = self.production()?;
        if production.job.format == Some(Format::Loop) && !matches!(stage, Stage::Light) {
            bail!("the loop clip is cut from the film's own performance: `clinch make --for loop` makes it anew");
        }
        match stage {
            Stage::Perform => self.perform(&production),
            Stage::Shoot => self.shoot(&production),
            Stage::Light => self.light(&production),
        }
    }

    fn perform(&self, production: &Production) -> Result<ExitCode> {
        let folder = &production.folder;
        let performance = production.perform(&folder.existing::<Story>()?, &folder.existing::<Cast>()?)?.data;
        if self.run.json {
            return print_json(&performance.phrases);
        }
        for phrase in &performance.phrases {
            let verdict = if phrase.reached { "reached" } else { "missed" };
            tell!(
                "{:>7}–{:<7} {:<18} {} leads  {verdict}, {:.0} mm off",
                phrase.from.to_string(),
                phrase.to.to_string(),
                phrase.hold,
                phrase.leader,
                phrase.miss_m * 1000.0
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    fn shoot(&self, production: &Production) -> Result<ExitCode> {
        let folder = &production.folder;
        let (score, story) = (folder.existing::<Score>()?, folder.existing::<Story>()?);
        let cut = production.shoot(&folder.existing::<Performance>()?, &score, &story, &folder.existing::<Cast>()?)?.data;
        if self.run.json {
            return print_json(&cut);
        }
        for shot in &cut.shots {
            let (from, to) = (cut.rate.start_of(shot.first_frame), cut.rate.start_of(shot.end_frame));
            let subject = shot.subject.map_or("both".into(), |who| who.to_string());
            let lens_mm = 12.0 / (shot.camera[0].vfov_rad / 2.0).tan();
            let (size, work) =
                (format!("{:?}", shot.size), format!("{:?}, {:?}, {:?}", shot.work.angle, shot.work.height, shot.work.movement));
            tell!("{:>7}–{:<7} {size:<12} {subject:<5} {lens_mm:>3.0} mm  {}", from.to_string(), to.to_string(), work.to_lowercase());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn light(&self, production: &Production) -> Result<ExitCode> {
        let picture = lit(production)?;
        if self.run.json {
            return print_json(&picture.segments);
        }
        tell!("{} shots, {} frames", picture.segments.len(), picture.frames.end - picture.frames.first);
        Ok(ExitCode::SUCCESS)
    }
}

/// The picture of the stage files that are there.
fn lit(production: &Production) -> Result<Picture> {
    let folder = &production.folder;
    let story = folder.existing::<Story>()?.data;
    production.light(&folder.existing()?, &folder.existing()?, &folder.existing()?, &folder.existing()?, &story)
}

/// `clinch deliver`.
#[derive(Debug, Args)]
pub struct Deliver {
    #[command(flatten)]
    stage: StageArgs,
    #[command(flatten)]
    loops: LoopArgs,
}

impl Deliver {
    pub fn run(self) -> Result<ExitCode> {
        let loops = self.loops.rounds(self.stage.part.excerpt())?;
        let production = Production { loops, ..self.stage.production()? };
        let folder = &production.folder;
        let picture = lit(&production)?;
        let film = production.deliver(&picture, &folder.existing::<Score>()?)?;
        if self.stage.run.json {
            return print_json(&film);
        }
        tell!("{}", film.path.display());
        Ok(ExitCode::SUCCESS)
    }
}

const PLOT_EXAMPLES: &str = "Examples:
  clinch plot film.mp4                          the story: story.json, and drawn: story.png, in its working folder
  clinch plot film.mp4 -o story.png             drawn where you want it
  clinch plot film.mp4 --treatment two.toml     with other wishes";

/// `clinch plot`.
#[derive(Debug, Args)]
#[command(after_help = PLOT_EXAMPLES)]
pub struct Plot {
    #[command(flatten)]
    stage: StageArgs,
    /// Where to draw the story [default: story.png in the working folder]
    #[arg(short = 'o', long = "picture", visible_alias = "out", value_name = "FILE.png")]
    picture: Option<PathBuf>,
}

impl Plot {
    pub fn run(self) -> Result<ExitCode> {
        let production = self.stage.production()?;
        let score = production.folder.existing::<Score>()?;
        let story = production.plot(&score)?.data;
        let picture = self.picture.unwrap_or_else(|| production.folder.root().join("story.png"));
        super::save_sheet(&picture, || Ok(story_sheet::draw(&story, &score.data)))?;
        if self.stage.run.json {
            return print_json(&story);
        }
        for phrase in &story.phrases {
            tell!(
                "{:>7}–{:<7} {:<18} {} leads  leverage {:+.2}  intensity {:.2}",
                phrase.start.to_string(),
                phrase.end.to_string(),
                phrase.hold,
                phrase.leader,
                phrase.leverage,
                phrase.intensity
            );
        }
        tell!("{}", picture.display());
        Ok(ExitCode::SUCCESS)
    }
}
