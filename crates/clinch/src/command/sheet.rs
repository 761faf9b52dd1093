//! `clinch sheet`.

use super::{PartArgs, RunArgs, print_json};
use anyhow::{Result, bail};
use clap::Args;
use clinch::{
    folder::Folder,
    job::Job,
    report::Report,
    sheet::{self, Choice},
};
use clinch_model::{Cast, Cut, Performance, StageFile};
use std::{path::PathBuf, process::ExitCode};

/// `clinch sheet`.
#[derive(Debug, Args)]
pub struct Sheet {
    /// The film or its working folder
    #[arg(value_name = "FILM|FOLDER")]
    film: PathBuf,
    /// Where to write it [default: FILM-sheet.png]
    #[arg(short, long = "out", value_name = "FILE.png")]
    out: Option<PathBuf>,
    /// A still every so many seconds instead of one a shot: a motion strip
    #[arg(long, value_name = "SECS")]
    every: Option<f64>,
    /// Stills side by side
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
    columns: u32,
    #[command(flatten)]
    part: PartArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl Sheet {
    pub fn run(self) -> Result<ExitCode> {
        self.run.start_threads()?;
        let root = Folder::named(&self.film)?;
        let folder = Folder::open(&root)?;
        let choice = match self.every {
            None => Choice::Shots,
            Some(secs) if (0.01..=60.0).contains(&secs) => Choice::Every(secs),
            Some(secs) => bail!("--every is {secs}: it must be from 0.01 to 60 seconds"),
        };
        let job = clinch_model::file::load::<Job>(&root.join(Job::FILE_NAME))?.data;
        let (cut, performance, cast) = (folder.existing::<Cut>()?, folder.existing::<Performance>()?, folder.existing::<Cast>()?);
        let film =
            sheet::Film { cut: &cut.data, performance: &performance.data, cast: &cast.data, grain: job.grain(), seed: job.treatment.seed };
        let part = self.part.excerpt().frames(&cut.data)?;
        let frames = sheet::frames(&film, part.first, part.end, choice)?;
        let drawn = Report::to_terminal().stage("sheet", |progress| sheet::draw(&film, &frames, self.columns, progress))?;
        let out = self.out.unwrap_or_else(|| {
            let film = Folder::film_of(&root);
            film.with_file_name(format!("{}-sheet.png", film.file_stem().unwrap_or_default().to_string_lossy()))
        });
        drawn.save(&out)?;
        if self.run.json {
            return print_json(&serde_json::json!({"sheet": out, "frames": frames}));
        }
        tell!("{}: {} stills", out.display(), frames.len());
        Ok(ExitCode::SUCCESS)
    }
}
