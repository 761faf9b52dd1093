//! How moves between holds go, acted one after another.

use crate::bench::{build, target};
use anyhow::{Context, Result, bail};
use std::{path::Path, process::Command};

/// Tries a second; poor ones are tried twice as often again. With one the plan falls for moves that went well by luck.
const TAKES: &str = "2";

/// Acts every move between the holds with the default cast and writes `assets/rehearsals.toml`; with `anew` also those that are there already.
pub fn rehearse(root: &Path, anew: bool) -> Result<()> {
    build(root, &["--package", "clinch"])?;
    build(root, &["--package", "clinch-perform", "--example", "rehearse"])?;
    let table = root.join("assets").join("rehearsals.toml");
    if anew && table.exists() {
        std::fs::remove_file(&table).with_context(|| format!("{} can't be removed", table.display()))?;
    }
    let built = target(root).join("release");
    let folder = built.join("rehearsal");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let film = folder.join("film.mp4");
    let working = folder.join("film.clinch");
    let clinch = built.join("clinch");
    run(Command::new(&clinch).arg("hear").arg("-o").arg(&film))?;
    run(Command::new(&clinch).arg("plot").arg(&working))?;
    run(Command::new(&clinch).arg("cast").arg(&working))?;
    run(Command::new(built.join("examples").join("rehearse")).arg(working.join("cast.bin")).arg(&table).arg(TAKES))
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} can't be run"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}
