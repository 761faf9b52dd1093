//! Lights stills of made-up poses, to look at: `still OUT_DIR [SIZE] [draft|film|fine] [SCENE]…`.
//!
//! Scenes are named `POSE-FRAMING`, e.g. `clinch-two`; without any, a representative set is made. The environment variables GRAIN and DRIFT
//! give the grain another strength than 1 and the people another drift than 0.3 m/s; TREATMENT names a file that asks for other people.

mod common;

use clinch_light::{Options, Studio};
use clinch_model::{Person, Size, Treatment};
use common::{
    busy_secs,
    poses::{cut, framed, performance, poses},
    quality, write,
};
use std::{path::Path, time::Instant};

const SCENES: [&str; 11] = [
    "stand-wide",
    "clinch-two",
    "clinch-close",
    "clinch-over",
    "clinch-back",
    "kneel-low",
    "kneel-two",
    "pin-overhead",
    "pin-low",
    "pin-close",
    "clinch-street",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("say where to put the pictures")?;
    let size: Size = arguments.get(1).map_or("640x360", |s| s).parse()?;
    let quality = quality(arguments.get(2));
    let named: Vec<&str> = arguments.iter().skip(3).map(String::as_str).collect();
    let treatment = std::env::var("TREATMENT").map_or(Ok(Treatment::default()), |path| Treatment::read(Path::new(&path)))?;
    let cast = clinch_cast::cast(&treatment, &clinch_cast::Options::default())?;
    let count = |of: fn(&Person) -> usize| cast.people.iter().map(of).sum::<usize>();
    println!("{} triangles, {} vertices", count(|p| p.surface.triangles.len()), count(|p| p.surface.position_m.len()));
    let start = Instant::now();
    let mut studio = Studio::new(
        &cast,
        &Options { size, quality, grain: std::env::var("GRAIN").map_or(Ok(1.0), |grain| grain.parse())?, seed: 1, ..Options::default() },
    )?;
    println!("studio {:.3} s", start.elapsed().as_secs_f64());
    for scene in if named.is_empty() { SCENES.to_vec() } else { named } {
        let (pose, framing) = scene.split_once('-').ok_or("a scene is POSE-FRAMING")?;
        let people = poses(&cast, pose).ok_or("no such pose")?;
        let drift_m = std::env::var("DRIFT").ok().and_then(|drift| drift.parse().ok()).unwrap_or(0.3);
        let performance = performance(people, drift_m);
        let camera = framed(&cast, &performance.samples.get(0), framing).ok_or("no such framing")?;
        let cut = cut(camera, size, 24);
        let mut luma = Vec::new();
        let frames = if framing == "close" { 2 } else { 1 };
        for frame in 0..frames {
            let (start, busy) = (Instant::now(), busy_secs());
            studio.frame(&performance, &cut, frame, &mut luma)?;
            let mean = luma.iter().map(|&v| f64::from(v)).sum::<f64>() / luma.len() as f64;
            println!(
                "{scene} {frame}: {:.3} s, {:.2} s of one core, mean luma {mean:.1}",
                start.elapsed().as_secs_f64(),
                busy_secs() - busy
            );
            write(&Path::new(folder).join(format!("{scene}-{frame}.png")), size, &luma)?;
        }
    }
    Ok(())
}
