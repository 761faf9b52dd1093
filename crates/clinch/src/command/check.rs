//! `clinch check` and `clinch treatment`.

use super::{new::TREATMENT, print_json, save_bytes};
use anyhow::Result;
use clap::Args;
use clinch::{
    check,
    job::{Job, Song, Wishes},
};
use std::{path::PathBuf, process::ExitCode};

const EXAMPLES: &str = "Examples:
  clinch check treatment.toml
  clinch check treatment.toml --song song.mp3 --lyrics song.lrc

Nothing is made. All faults are told, each with its remedy; the exit code is 1 where there is one.";

/// `clinch check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// Treatment file (TOML)
    treatment: PathBuf,
    /// The song that it is for
    #[arg(long, value_name = "FILE")]
    song: Option<PathBuf>,
    /// The lyrics that it is for
    #[arg(long, value_name = "FILE")]
    lyrics: Option<PathBuf>,
    /// Print the faults as JSON to the standard output
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self) -> Result<ExitCode> {
        let faults = self.faults();
        let code = if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        if self.json {
            print_json(&faults)?;
            return Ok(code);
        }
        for fault in &faults {
            eprintln!("clinch: {fault}");
        }
        if faults.is_empty() {
            tell!("{} can be used", self.treatment.display());
        }
        Ok(code)
    }

    fn faults(&self) -> Vec<String> {
        let song = self.song.as_deref().map(|path| Song::named(Some(path))).transpose();
        let wishes = Wishes { treatment: Some(self.treatment.clone()), lyrics: self.lyrics.clone(), ..Wishes::default() };
        // What the treatment asks doesn't depend on the song; without one, the job is the demo's.
        let job = Job::of(Song::Demo).with(&wishes);
        let faults = match (job, song) {
            (Ok(job), Ok(song)) => check::faults(&job, song.as_ref()),
            (Ok(job), Err(error)) => std::iter::once(error).chain(check::faults(&job, None)).collect(),
            (Err(wrong), song) => std::iter::once(wrong).chain(song.err()).collect(),
        };
        faults.iter().map(crate::told).collect()
    }
}

/// `clinch treatment`.
#[derive(Debug, Args)]
pub struct Treatment {
    /// Print the JSON Schema of treatments, for editors that complete and check TOML by one
    #[arg(long)]
    schema: bool,
    /// Where to write it [default: the standard output]
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Treatment {
    pub fn run(self) -> Result<ExitCode> {
        let text = match self.schema {
            true => serde_json::to_string_pretty(&clinch_model::treatment::schema())? + "\n",
            false => TREATMENT.to_owned(),
        };
        match &self.out {
            Some(out) => save_bytes(out, text.as_bytes())?,
            None => super::write_out(&text)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
