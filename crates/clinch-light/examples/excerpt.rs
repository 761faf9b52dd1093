//! Lights some frames of a film that was made before, and tells what they cost: `excerpt FILM.clinch OUT_DIR [SIZE] [draft|film|fine] [EVERY]`.
//!
//! The environment variables FROM and TO bound the frames that are lit, SET names another set than the street. Every frame whose number is a multiple of EVERY (48) is lit and written as PNG; the last line is the mean.

mod common;

use clinch_light::{Hardness, Options, Studio};
use clinch_model::{Cast, Cut, Performance, SetKind, Size, Story, file, treatment::LightWishes};
use common::{busy_secs, quality, write};
use std::{path::Path, time::Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, out, more @ ..] = arguments.as_slice() else { return Err("say the film's folder, then where to put the pictures".into()) };
    let size: Size = more.first().map_or("512x288", |s| s).parse()?;
    let quality = quality(more.get(1));
    let every: usize = more.get(2).map_or(Ok(48), |text| text.parse())?;
    let folder = Path::new(folder);
    let cast = file::load::<Cast>(&folder.join("cast.bin"))?.data;
    let performance = file::load::<Performance>(&folder.join("performance.bin"))?.data;
    let cut = file::load::<Cut>(&folder.join("cut.bin"))?.data;
    std::fs::create_dir_all(out)?;
    let story = file::load::<Story>(&folder.join("story.json"))?.data;
    let set = match std::env::var("SET").as_deref() {
        Ok("room") => SetKind::Room,
        Ok("void") => SetKind::Void,
        _ => SetKind::Street,
    };
    let light = LightWishes { set, ..LightWishes::default() };
    let mut studio =
        Studio::new(&cast, &Options { size, quality, grain: 1.0, weave: 0.0, seed: 1, light, hardness: Hardness::of(&story, 1.0) })?;
    let (mut luma, mut secs, mut busy) = (Vec::new(), Vec::new(), Vec::new());
    let bound = |name: &str| std::env::var(name).ok().map(|text| text.parse()).transpose();
    let (from, to) = (bound("FROM")?.unwrap_or(0), bound("TO")?.unwrap_or(cut.frames));
    for frame in (from..to.min(cut.frames)).step_by(every.max(1)) {
        let (began, busy_before) = (Instant::now(), busy_secs());
        studio.frame(&performance, &cut, frame, &mut luma)?;
        secs.push(began.elapsed().as_secs_f64());
        busy.push(busy_secs() - busy_before);
        println!("frame {frame}: {:.3} s, {:.2} s of processor", secs[secs.len() - 1], busy[busy.len() - 1]);
        write(&Path::new(out).join(format!("{frame:05}.png")), size, &luma)?;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    println!("{} frames: mean {:.3} s, {:.3} s of processor", secs.len(), mean(&secs), mean(&busy));
    Ok(())
}
