//! Benches that end in a report.

use crate::cycles;
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Measures casting and posing and prints a table: one row a step, then sizes and the machine. All figures are of one run.
pub fn cast(root: &Path) -> Result<()> {
    build(root, &["--package", "clinch"])?;
    build(root, &["--package", "clinch-cast", "--example", "bench"])?;
    let built = target(root).join("release");
    println!("on {}, load {}", machine(), load());
    let rows = rows(&mut Command::new(built.join("examples").join("bench")))?;
    let whole_ms: f64 = steps(&rows).map(|row| row.values.iter().sum::<f64>()).sum();
    println!("\n{:34} {:>10} {:>10} {:10} {:>8}", "", "Cop", "Kid", "", "share");
    for row in &rows {
        let share = if row.unit == "ms" { format!("{:.0} %", 100.0 * row.values.iter().sum::<f64>() / whole_ms) } else { String::new() };
        let values: Vec<String> = row.values.iter().map(|value| format!("{value:>10}")).collect();
        println!("{:34} {:21} {:10} {share:>8}", row.name, values.join(" "), row.unit);
    }
    for (name, path) in [("embedded human", root.join("assets/human/human.bin")), ("program", built.join("clinch"))] {
        println!("{name:34} {:>10.2} {:10} MB", megabytes(&path)?, "");
    }
    println!("\nload after: {}", load());
    Ok(())
}

/// Measures plotting and prints a table. All figures are of one run; the ratios are what to compare between machines.
pub fn plot(root: &Path) -> Result<()> {
    build(root, &["--package", "clinch-plot", "--example", "plot-bench"])?;
    println!("on {}, load {}\n", machine(), load());
    let bench = target(root).join("release").join("examples").join("plot-bench");
    for row in rows(&mut Command::new(bench))? {
        let values: Vec<String> = row.values.iter().map(|value| format!("{value:>10}")).collect();
        println!("{:44} {} {}", row.name, values.join(" "), row.unit);
    }
    println!("\nload after: {}", load());
    Ok(())
}

/// Times light's four frames at three sizes and sets their error against time; prints a table in Markdown. With `--blender PATH` the same frames go
/// through Cycles, and a second table says how long both take to the same error. All figures are of one run.
pub fn light(root: &Path, arguments: &[String]) -> Result<()> {
    let blender = match arguments {
        [] => None,
        [option, path] if option == "--blender" => Some(PathBuf::from(path)),
        _ => bail!("`{}` isn't understood: only --blender PATH is", arguments.join(" ")),
    };
    build(root, &["--workspace", "--example", "light-bench"])?;
    let bench = target(root).join("release").join("examples").join("light-bench");
    let references = target(root).join("light-bench");
    println!("On {}, load {}.\n", machine(), load());
    println!("| | | unit | wide | two-shot | close-up | ground |\n|---|---|---|---|---|---|---|");
    let mut errors = Vec::new();
    for (size, with_errors) in [("640x360", false), ("1280x720", false), ("1920x1080", false), (ERROR_SIZE, true)] {
        let mut command = Command::new(&bench);
        command.arg(size);
        if with_errors {
            command.arg(&references);
        }
        let rows = rows(&mut command)?;
        for row in &rows {
            let values: Vec<String> = row.values.iter().map(f64::to_string).collect();
            println!("| {size} | {} | {} | {} |", row.name, row.unit, values.join(" | "));
        }
        errors = rows;
    }
    if let Some(blender) = blender {
        cycles::beside(root, &blender, &errors)?;
    }
    println!("\nLoad after: {}.", load());
    Ok(())
}

/// Size at which light's error is measured.
pub const ERROR_SIZE: &str = "320x180";

fn steps(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|row| row.unit == "ms")
}

/// One line of the bench.
pub struct Row {
    pub name: String,
    pub unit: String,
    pub values: Vec<f64>,
}

pub fn rows(bench: &mut Command) -> Result<Vec<Row>> {
    let name = bench.get_program().to_string_lossy().into_owned();
    let output = bench.output().with_context(|| format!("{name} can't be run"))?;
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let row = |line: &str| {
        let mut fields = line.split('\t');
        let (name, unit) = fields.next().zip(fields.next()).with_context(|| format!("`{line}` isn't a row"))?;
        let values = fields.map(|value| value.parse().with_context(|| format!("`{value}` isn't a number"))).collect::<Result<_>>()?;
        Ok(Row { name: name.into(), unit: unit.into(), values })
    };
    String::from_utf8(output.stdout)?.lines().map(row).collect()
}

/// Builds a part of the workspace as it is delivered.
pub fn build(root: &Path, what: &[&str]) -> Result<()> {
    let status = Command::new("cargo").args(["build", "--release", "--locked"]).args(what).current_dir(root).status()?;
    if !status.success() {
        bail!("cargo build {} failed ({status})", what.join(" "));
    }
    Ok(())
}

/// Where cargo puts what it builds.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn megabytes(path: &Path) -> Result<f64> {
    Ok(std::fs::metadata(path).with_context(|| format!("{} can't be read", path.display()))?.len() as f64 / 1e6)
}

/// The processor's name and how many threads it gives, as Linux tells it; elsewhere only the number.
fn machine() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find_map(|line| line.strip_prefix("model name")).map_or("", |rest| rest.trim_start_matches([' ', '\t', ':']));
    format!("{name} ({threads} threads)")
}

/// How many others want the processor, averaged over a minute, as Linux tells it.
fn load() -> String {
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    told.split(' ').next().filter(|first| !first.is_empty()).unwrap_or("unknown").into()
}
