//! Shell completions and the man page, made from the command line's own description.

use super::{Cli, write_out};
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
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "clinch", &mut text);
        write_out(&String::from_utf8(text)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `clinch man`.
pub fn man() -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text).context("the man page can't be made")?;
    write_out(&String::from_utf8(text)?)?;
    Ok(ExitCode::SUCCESS)
}
