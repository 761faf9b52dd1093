//! `clinch cast`.

use super::{QualityName, RunArgs, print_json, save_sheet};
use anyhow::Result;
use clap::Args;
use clinch::{
    cast_sheet,
    folder::Folder,
    job::{Job, Song, Wishes},
    report::Report,
};
use clinch_model::{Quality, Size, StageFile};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const EXAMPLES: &str = "Examples:
  clinch cast film.mp4                          the people of a film: cast.bin in its working folder
  clinch cast -o cast.png                       the usual two in a picture, without any film
  clinch cast --treatment two.toml -o cast.png  the two people of a treatment
  clinch cast film.mp4 -o cast.png --poses poses.png --size 3840x2160";

/// `clinch cast`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Cast {
    /// The film or its working folder; without one, people are cast to be looked at only
    #[arg(value_name = "FILM|FOLDER")]
    film: Option<PathBuf>,
    /// Treatment file (TOML); `clinch new` writes one
    #[arg(long, value_name = "FILE")]
    treatment: Option<PathBuf>,
    /// Write a picture of both: figures, faces, hands and numbers
    #[arg(short = 'o', long = "picture", visible_alias = "out", value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// Write a picture of both with every expression
    #[arg(long, value_name = "FILE.png")]
    faces: Option<PathBuf>,
    /// Write a picture of both in 24 extreme postures
    #[arg(long, value_name = "FILE.png")]
    poses: Option<PathBuf>,
    /// Size of each picture [default: 2560x1440]
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// How much time the pictures may take [default: film]
    #[arg(long)]
    quality: Option<QualityName>,
    /// Seed of everything random [default: the treatment's, or 0]
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    run: RunArgs,
}

impl Cast {
    pub fn run(self) -> Result<ExitCode> {
        let wishes = Wishes { treatment: self.treatment.clone(), seed: self.seed, ..Wishes::default() };
        let (cast, seed) = match &self.film {
            Some(film) => self.of_film(film, &wishes)?,
            None => self.alone(&wishes)?,
        };
        let options = cast_sheet::Options {
            size: self.size.unwrap_or(cast_sheet::DEFAULT_SIZE),
            quality: self.quality.map_or(Quality::Film, Quality::from),
            seed,
        };
        let report = Report::to_terminal();
        if let Some(out) = &self.picture {
            save_sheet(out, || report.stage("people", |progress| cast_sheet::people(&cast, &options, progress)))?;
        }
        if let Some(out) = &self.faces {
            save_sheet(out, || report.stage("faces", |progress| cast_sheet::expressions(&cast, &options, progress)))?;
        }
        if let Some(out) = &self.poses {
            save_sheet(out, || report.stage("poses", |progress| cast_sheet::postures(&cast, &options, progress)))?;
        }
        if self.run.json {
            let people = cast.people.iter().map(
                |p| serde_json::json!({"who": p.who, "height_m": p.height_m, "mass_kg": p.mass_kg, "triangles": p.surface.triangles.len()}),
            );
            return print_json(&people.collect::<Vec<_>>());
        }
        for person in &cast.people {
            tell!("{}: {:.2} m, {:.1} kg, {} triangles", person.who, person.height_m, person.mass_kg, person.surface.triangles.len());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The cast of a film, made and kept in its working folder, and the film's seed.
    fn of_film(&self, film: &Path, wishes: &Wishes) -> Result<(clinch_model::Cast, u64)> {
        let root = Folder::named(film)?;
        let film = if film.is_dir() { Folder::film_of(&root) } else { film.to_path_buf() };
        let job = clinch_model::file::load::<Job>(&root.join(Job::FILE_NAME))?.data.with(wishes)?;
        let seed = job.treatment.seed;
        let production = self.run.production(job, &root, film, clinch::excerpt::Excerpt::default())?;
        Ok((production.cast()?.data, seed))
    }

    /// The cast of a treatment, kept nowhere, and the treatment's seed.
    fn alone(&self, wishes: &Wishes) -> Result<(clinch_model::Cast, u64)> {
        self.run.start_threads()?;
        let treatment = Job::of(Song::Demo).with(wishes)?.treatment;
        let cast = Report::to_terminal().stage("cast", |_| clinch_cast::cast(&treatment, &clinch_cast::Options::default()))?;
        Ok((cast, treatment.seed))
    }
}
