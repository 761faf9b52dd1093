//! `clinch audit`.

use super::print_json;
use anyhow::Result;
use clap::Args;
use clinch::{audit, folder::Folder};
use std::{path::PathBuf, process::ExitCode};

/// `clinch audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// The film or its working folder
    #[arg(value_name = "FILM|FOLDER")]
    film: PathBuf,
    /// Print the rows as JSON, with what each one means
    #[arg(long)]
    json: bool,
    /// Measure the people's surfaces too: how deep skin and clothes are in each other (slow)
    #[arg(long)]
    deep: bool,
}

impl Audit {
    pub fn run(self) -> Result<ExitCode> {
        let folder = Folder::open(&Folder::named(&self.film)?)?;
        let rows = audit::audit(&folder, self.deep)?;
        if self.json {
            print_json(&rows)?;
        } else {
            let texts = [audit::table(&rows), audit::shots(&folder)?, audit::phrases(&folder)?, audit::timing_and_touching(&folder)?];
            super::write_out(&texts.join("\n"))?;
        }
        Ok(if rows.iter().all(|row| row.holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
