//! Shell completions and the man page, made from the command line's own description.

use super::Cli;
use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use std::process::ExitCode;

/// `clinch completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell that reads them
    shell: clap_complete::Shell,
}

impl Completions {
    pub fn run(self) -> Result<ExitCode> {
        clap_complete::generate(self.shell, &mut Cli::command(), "clinch", &mut std::io::stdout());
        Ok(ExitCode::SUCCESS)
    }
}

/// `clinch man`.
pub fn man() -> Result<ExitCode> {
    clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()).context("the man page can't be written")?;
    Ok(ExitCode::SUCCESS)
}
