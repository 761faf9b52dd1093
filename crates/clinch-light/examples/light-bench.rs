//! Times four fixed frames and sets their error against time: `light-bench SIZE [REFERENCE_FOLDER]`.
//!
//! Prints a row a figure: name, unit, and its values for the four frames. With a folder the error rows follow; the references in them are the means
//! of 128 frames of the finest quality, 32 samples each (4096), other random numbers in every one, and are kept in the folder.

mod common;

use clinch_light::{Options, Studio, print_of};
use clinch_model::{Cast, Cut, Performance, Quality, Size, Treatment};
use common::{
    busy_secs,
    poses::{BENCH, bench_scene},
};
use std::{path::Path, time::Instant};

/// Times that a frame is lit; the middle one counts.
const RUNS: u64 = 5;
/// Most frames beside those that an error is taken of.
const MOST_MEANT: u64 = 4;
/// Frames of the finest quality whose mean is a reference.
const REFERENCE_FRAMES: u64 = 128;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size: Size = arguments.first().ok_or("say a size, such as 640x360")?.parse()?;
    let cast = clinch_cast::cast(&Treatment::default(), &clinch_cast::Options::default())?;
    let scenes: Vec<(Performance, Cut)> = BENCH
        .iter()
        .map(|(_, pose, framing)| bench_scene(&cast, pose, framing, size, REFERENCE_FRAMES + MOST_MEANT))
        .collect::<Option<_>>()
        .ok_or("a pose or a framing isn't there")?;
    times(&cast, &scenes, size)?;
    println!("peak memory\tMB\t{:.0}", peak_megabytes());
    match arguments.get(1) {
        Some(folder) => errors(&cast, &scenes, size, Path::new(folder)),
        None => Ok(()),
    }
}

fn studio(cast: &Cast, size: Size, quality: Quality) -> Outcome<Studio<'_>> {
    Ok(Studio::new(cast, &Options { size, quality, grain: 0.0, seed: 1, ..Options::default() })?)
}

fn row(name: &str, unit: &str, values: &[f64]) {
    let values: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    println!("{name}\t{unit}\t{}", values.join("\t"));
}

fn times(cast: &Cast, scenes: &[(Performance, Cut)], size: Size) -> Outcome<()> {
    for (name, quality) in [("draft", Quality::Draft), ("film", Quality::Film)] {
        let mut studio = studio(cast, size, quality)?;
        let (mut secs, mut core_secs, mut samples) = (Vec::new(), Vec::new(), Vec::new());
        for (performance, cut) in scenes {
            let mut runs = Vec::new();
            for frame in 0..RUNS {
                let (start, busy) = (Instant::now(), busy_secs());
                studio.radiance(performance, cut, frame)?;
                runs.push((start.elapsed().as_secs_f64(), busy_secs() - busy));
            }
            runs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let middle = runs[runs.len() / 2];
            secs.push(middle.0);
            core_secs.push(middle.1);
            samples.push(studio.samples_taken() as f64);
        }
        row(&format!("{name}, a frame"), "s", &secs);
        row(&format!("{name}, a frame"), "core s", &core_secs);
        row(&format!("{name}, samples"), "a pixel", &samples.iter().map(|count| count / size.pixels() as f64).collect::<Vec<_>>());
        row(&format!("{name}, samples"), "1000/core s", &samples.iter().zip(&core_secs).map(|(n, s)| n / s / 1e3).collect::<Vec<_>>());
    }
    Ok(())
}

/// Root mean square error of the print (display light 0..1) against the reference, and the time that it takes.
fn errors(cast: &Cast, scenes: &[(Performance, Cut)], size: Size, folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    let mut references = Vec::new();
    for ((name, ..), (performance, cut)) in BENCH.iter().zip(scenes) {
        references.push(reference(cast, performance, cut, size, &folder.join(format!("{name}-{size}.f32")))?);
    }
    for (name, quality, count) in [
        ("draft", Quality::Draft, 1),
        ("film", Quality::Film, 1),
        ("fine", Quality::Fine, 1),
        ("fine, mean of 4", Quality::Fine, MOST_MEANT),
    ] {
        let mut studio = studio(cast, size, quality)?;
        let (mut secs, mut found) = (Vec::new(), Vec::new());
        for ((performance, cut), reference) in scenes.iter().zip(&references) {
            let busy = busy_secs();
            // Frames that are no part of the reference: another seed would be one, too, but costs a studio.
            let mean = mean(&mut studio, performance, cut, REFERENCE_FRAMES..REFERENCE_FRAMES + count)?;
            secs.push(busy_secs() - busy);
            let square = mean.iter().zip(reference).map(|(a, b)| f64::from(print_of(*a) - print_of(*b)).powi(2)).sum::<f64>();
            found.push((square / mean.len() as f64).sqrt());
        }
        row(&format!("{name}, error"), "of white", &found);
        row(&format!("{name}, time"), "core s", &secs);
    }
    Ok(())
}

fn reference(cast: &Cast, performance: &Performance, cut: &Cut, size: Size, path: &Path) -> Outcome<Vec<f32>> {
    if let Ok(bytes) = std::fs::read(path)
        && bytes.len() == size.pixels() * 4
    {
        return Ok(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect());
    }
    let mean = mean(&mut studio(cast, size, Quality::Fine)?, performance, cut, 0..REFERENCE_FRAMES)?;
    std::fs::write(path, mean.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    Ok(mean)
}

/// Mean radiance of a still scene's frames.
fn mean(studio: &mut Studio, performance: &Performance, cut: &Cut, frames: std::ops::Range<u64>) -> Outcome<Vec<f32>> {
    let count = (frames.end - frames.start) as f64;
    let mut sums: Vec<f64> = Vec::new();
    for frame in frames {
        let lit = studio.radiance(performance, cut, frame)?.radiance;
        sums.resize(lit.len(), 0.0);
        sums.iter_mut().zip(&lit).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    Ok(sums.iter().map(|sum| (sum / count) as f32).collect())
}

/// The most memory that this process has had, in megabytes (Linux; elsewhere 0).
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1e3
}
