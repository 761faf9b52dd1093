//! `clinch holds`.

use super::{QualityName, RunArgs, print_json, save_sheet};
use anyhow::Result;
use clap::Args;
use clinch::{
    holds_sheet,
    job::{Job, Song, Wishes},
    report::Report,
};
use clinch_model::Quality;
use std::{path::PathBuf, process::ExitCode};

const EXAMPLES: &str = "Examples:
  clinch holds                                  all holds and what may follow each
  clinch holds -o holds.png                     drawn with the usual two
  clinch holds --treatment two.toml -o holds.png
                                                with the treatment's people, and its own holds besides
  clinch holds --json                           as data";

/// `clinch holds`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Holds {
    /// Write a picture of all: either leading, from two sides
    #[arg(short = 'o', long = "picture", visible_alias = "out", value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// Treatment file (TOML): its two people, and its own holds besides the program's
    #[arg(long, value_name = "FILE")]
    treatment: Option<PathBuf>,
    /// Only these holds, by name
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// How much time the picture may take [default: draft]
    #[arg(long)]
    quality: Option<QualityName>,
    #[command(flatten)]
    run: RunArgs,
}

impl Holds {
    pub fn run(self) -> Result<ExitCode> {
        self.run.start_threads()?;
        let job = Job::of(Song::Demo).with(&Wishes { treatment: self.treatment.clone(), ..Wishes::default() })?;
        let all = clinch_plot::holds_with(&job.holds()?)?;
        if let Some(unknown) = self.only.iter().find(|name| !all.iter().any(|hold| hold.name == **name)) {
            anyhow::bail!("there is no hold `{unknown}`; `clinch holds` lists all");
        }
        let holds: Vec<_> = all.iter().filter(|hold| self.only.is_empty() || self.only.contains(&hold.name)).cloned().collect();
        if let Some(out) = &self.picture {
            let report = Report::to_terminal();
            let cast = report.stage("cast", |_| clinch_cast::cast(&job.treatment, &clinch_cast::Options::default()))?;
            let (quality, seed) = (self.quality.map_or(Quality::Draft, Quality::from), job.treatment.seed);
            save_sheet(out, || report.stage("holds", |progress| holds_sheet::draw(&holds, &cast, quality, seed, progress)))?;
        }
        let facts: Vec<_> = holds_sheet::facts(&all).into_iter().filter(|fact| holds.iter().any(|hold| hold.name == fact.name)).collect();
        if self.run.json {
            return print_json(&facts);
        }
        for fact in &facts {
            let kind = format!("{:?} {:?}", fact.level, fact.kind).to_lowercase();
            tell!("{:<18} {kind:<18} leverage {:.2}  then {}", fact.name, fact.leverage, fact.next.join(", "));
        }
        Ok(ExitCode::SUCCESS)
    }
}
