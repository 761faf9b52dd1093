//! The bench of hear: trackers beside each other on a truth set that is rendered when it is needed. See `docs/hearing.md`.

use crate::{assets::beatnet, bench};
use anyhow::{Context, Result, bail};
use std::{
    path::Path,
    process::{Command, Stdio},
};

const USAGE: &str = "usage: cargo xtask bench-hear [report | development | agreement] [TRACKER ...]
  report, development  the half of the truth set; trackers: ours (clinch by default), classical
                       (clinch by its classical tracker), librosa, essentia, beatnet, madmom (all by default)
  agreement            the beat network against the original implementation, on sound files (and a made one)
The environment's PYTHON names the interpreter with the packages that docs/hearing.md lists.";

/// What must be there besides Python's packages, each with what it does.
const PROGRAMS: [(&str, &str); 2] = [("fluidsynth", "plays the scores"), ("ffmpeg", "makes the MP3s")];

/// Runs the bench; sounds and results stay in `target/bench-hear`.
///
/// # Errors
/// Where something it needs isn't there or fails, naming it.
pub fn run(root: &Path, arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (what, rest) = words.split_first().map_or(("report", &[][..]), |(first, rest)| (*first, rest));
    if !["report", "development", "agreement"].contains(&what) {
        bail!("{USAGE}");
    }
    for (program, purpose) in PROGRAMS.iter().filter(|_| what != "agreement") {
        let found = Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.with_context(|| format!("{program}, which {purpose}, can't be run; install it (docs/hearing.md)"))?;
    }
    bench::build(root, &["--package", "clinch-hear", "--examples"])?;
    let examples = bench::target(root).join("release").join("examples");
    let folder = bench::target(root).join("bench-hear");
    let original = folder.join("beatnet");
    if !original.join("BeatNet").is_dir() {
        beatnet::unpack(&original)?;
    }

    let scripts = root.join("xtask").join("bench-hear");
    let mut python = Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
    python.args(["-W", "ignore"]).env("BEATNET", &original);
    match what {
        "agreement" => python.arg(scripts.join("agreement.py")).arg(examples.join("activations")).arg(&original),
        half => python.arg(scripts.join("bench.py")).arg(&folder).arg(examples.join("hear")).arg(half),
    };
    let status = python.args(rest).status().context("python3 can't be run; name another with PYTHON")?;
    if !status.success() {
        bail!("the bench failed ({status}); docs/hearing.md lists what it needs");
    }
    Ok(())
}
