//! Plots the story of a saved score and prints it as a table: `plot score.json [treatment.toml] [story.json]`.

use clinch_model::{Score, Treatment, Who, file};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(score_file) = args.first() else { return Err("write: plot score.json [treatment.toml] [story.json]".into()) };
    let score: Score = file::load(Path::new(score_file))?.data;
    let treatment = match args.get(1).filter(|name| !name.is_empty()) {
        Some(name) => Treatment::read(Path::new(name))?,
        None => Treatment::default(),
    };
    let began = std::time::Instant::now();
    let story = clinch_plot::plot(&score, &treatment, &clinch_plot::Options::default())?;
    eprintln!("plotted in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    println!(
        "{:>7} {:>7} {:>4}  {:<18} {:<4} {:>6} {:>5}  {:>12} {:>5}",
        "from", "to", "bars", "hold", "lead", "lever", "effort", "place", "head"
    );
    for phrase in &story.phrases {
        println!(
            "{:>7} {:>7} {:>4}  {:<18} {:<4} {:>6.2} {:>5.2}  {:>5.2} {:>6.2} {:>5.0}{}",
            phrase.start.to_string(),
            phrase.end.to_string(),
            phrase.end_bar - phrase.first_bar,
            phrase.hold,
            phrase.leader.to_string(),
            phrase.leverage,
            phrase.intensity,
            phrase.place_m.x,
            phrase.place_m.y,
            phrase.heading_rad.to_degrees(),
            if score.sections.iter().any(|section| section.first_bar == phrase.first_bar) { "  section" } else { "" },
        );
    }
    for event in &story.events {
        println!("{} {:?} {}", event.at, event.kind, event.who);
    }
    for finding in clinch_plot::findings(&story) {
        println!("{}: {:.2} {} {:?}", finding.name, finding.measured, finding.unit, finding.bound);
    }
    println!("Cop leads {:.0} % of the time", 100.0 * clinch_plot::lead_share(&story, Who::Cop));
    if let Some(out) = args.get(2) {
        file::save(Path::new(out), "example", &story)?;
    }
    Ok(())
}
