//! Blender's path tracer beside ours: the time that both take to the same error.

use crate::bench::{ERROR_SIZE, Row, build, target};
use anyhow::{Context, Result, bail};
use std::{path::Path, process::Command};

/// Samples a pixel of the pictures that are measured, and of the one that they are measured against.
const SAMPLES: [u32; 4] = [1, 4, 16, 64];
const REFERENCE_SAMPLES: u32 = 256;
/// The frames in the order of light's rows.
const FRAMES: [&str; 4] = ["wide", "two-shot", "close-up", "ground"];

/// Renders the bench's frames with Cycles and prints, in Markdown, the error of every picture and the time to the error of light's qualities, `ours` being
/// light-bench's rows with errors.
pub fn beside(root: &Path, blender: &Path, ours: &[Row]) -> Result<()> {
    build(root, &["--workspace", "--example", "bench-scenes"])?;
    let folder = target(root).join("cycles-bench");
    let status = Command::new(target(root).join("release/examples/bench-scenes")).arg(&folder).arg(ERROR_SIZE).status()?;
    if !status.success() {
        bail!("bench-scenes failed ({status})");
    }
    println!("\n| | Cycles, samples | core s | error |\n|---|---|---|---|");
    let mut sides = Vec::new();
    for (index, name) in FRAMES.into_iter().enumerate() {
        let curve = curve(root, blender, &folder, name)?;
        for ((core_secs, error), samples) in curve.iter().zip(SAMPLES) {
            println!("| {name} | {samples} | {core_secs:.2} | {error:.4} |");
        }
        for quality in ["draft", "film"] {
            let of = |what| ours.iter().find(|row| row.name == format!("{quality}, {what}")).and_then(|row| row.values.get(index));
            let (error, core_secs) = of("error").zip(of("time")).with_context(|| format!("light-bench gave no error for {quality}"))?;
            let cycles = secs_to(*error, &curve).with_context(|| format!("no picture of {name}"))?;
            sides.push(format!("| {name} | {quality} | {error:.4} | {core_secs:.2} | {cycles:.2} | {:.1} |", cycles / core_secs));
        }
    }
    println!("\n| | | error | clinch, core s | Cycles, core s | times as long |\n|---|---|---|---|---|---|\n{}", sides.join("\n"));
    Ok(())
}

/// `[sample count]`: core seconds and error of Cycles' pictures of a frame.
fn curve(root: &Path, blender: &Path, folder: &Path, name: &str) -> Result<Vec<(f64, f64)>> {
    let output = Command::new(blender)
        .args(["--background", "--factory-startup", "--python-exit-code", "1", "--python"])
        .arg(root.join("xtask/src/cycles.py"))
        .arg("--")
        .arg(folder.join(name).with_extension("glb"))
        .arg(folder)
        .arg(ERROR_SIZE)
        .args([REFERENCE_SAMPLES].iter().chain(&SAMPLES).map(u32::to_string))
        .output()
        .with_context(|| format!("{} can't be run", blender.display()))?;
    if !output.status.success() {
        bail!("Blender failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    let value = |row: &str| -> Result<f64> {
        let value =
            text.lines().find_map(|line| line.strip_prefix(&format!("row\t{row}\t"))).with_context(|| format!("Blender said no {row}"))?;
        value.parse().with_context(|| format!("`{value}` isn't a number"))
    };
    println!("| {name} | mean print {:.4} | | |", value("mean")?);
    let a_sample = value("core s a sample")?;
    SAMPLES.iter().map(|count| Ok((f64::from(*count) * a_sample, value(&count.to_string())?))).collect()
}

/// Time to an error, on the line between the two measured points around it, in logarithms; before the first and beyond the last point error falls as N^-1/2.
fn secs_to(error: f64, curve: &[(f64, f64)]) -> Option<f64> {
    let beyond = |(secs, known): (f64, f64)| secs * (known / error).powi(2);
    let (first, last) = (curve.first()?, curve.last()?);
    if error >= first.1 {
        return Some(beyond(*first));
    }
    let between = curve.windows(2).find(|pair| error <= pair[0].1 && error > pair[1].1);
    let Some(&[(before, high), (after, low)]) = between else { return Some(beyond(*last)) };
    Some(before * (after / before).powf((high / error).ln() / (high / low).ln()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_lie_on_the_curve() {
        let curve: Vec<(f64, f64)> = [1.0, 4.0, 16.0].map(|secs: f64| (secs, 0.1 / secs.sqrt())).into();
        for (error, secs) in [(0.2, 0.25), (0.05, 4.0), (0.1 / 8f64.sqrt(), 8.0), (0.0125, 64.0)] {
            assert!((secs_to(error, &curve).unwrap() / secs - 1.0).abs() < 1e-9, "{error}");
        }
        assert!(secs_to(0.1, &[]).is_none());
    }
}
