//! Writes the frames that `cargo xtask bench-light` lights as glTF, for another renderer: `bench-scenes OUT_DIR SIZE`.

#[path = "../../clinch-light/examples/common/mod.rs"]
mod common;

use clinch_deliver::{Scene, write_glb};
use clinch_model::{FrameRate, Size, Treatment};
use common::poses::{BENCH, bench_scene};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, size] = arguments.as_slice() else { return Err("say where to put the scenes, then a size, such as 320x180".into()) };
    let size: Size = size.parse()?;
    std::fs::create_dir_all(out)?;
    let treatment = Treatment::default();
    let cast = clinch_cast::cast(&treatment, &clinch_cast::Options::default())?;
    let scenery = clinch_light::scenery(&treatment.light);
    for (name, pose, framing) in BENCH {
        let (performance, cut) = bench_scene(&cast, pose, framing, size, 1).ok_or("a pose or a framing isn't there")?;
        let scene = Scene {
            title: name,
            credits: clinch_cast::CREDITS,
            cast: &cast,
            performance: &performance,
            cut: &cut,
            scenery: &scenery,
            rate: FrameRate::whole(24),
            frames: 0..1,
            skinning: clinch_cast::skinning,
            drive_name: clinch_cast::drive_name,
        };
        write_glb(&scene, &Path::new(out).join(name).with_extension("glb"), &|_| ())?;
    }
    Ok(())
}
