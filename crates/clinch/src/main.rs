//! The command line of clinch.

mod command;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match command::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("clinch: {error:#}");
            ExitCode::FAILURE
        }
    }
}
