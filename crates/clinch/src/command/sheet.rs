//! `clinch sheet`.

use super::{PartArgs, RunArgs, print_json, production_of, save_bytes};
use anyhow::{Result, bail};
use clap::Args;
use clinch::{
    editorial::storyboard::{self, Panel},
    excerpt::Frames,
    folder::Folder,
    picture::Footage,
    sheet::{self, Choice, Film},
};
use clinch_model::{Cast, Cut, Performance, Score, Story};
use std::{path::PathBuf, process::ExitCode};

const EXAMPLES: &str = "Examples:
  clinch sheet film.mp4                         a still a shot: film-sheet.png
  clinch sheet film.mp4 --from 4 --to 6 --every 0.1
                                                a motion strip
  clinch sheet film.mp4 -o storyboard.pdf       a still a shot on pages to print, with camera, hold, events and words";

/// `clinch sheet`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Sheet {
    /// The film or its working folder
    #[arg(value_name = "FILM|FOLDER")]
    film: PathBuf,
    /// Where to write it; a name that ends in .pdf makes a storyboard of it [default: FILM-sheet.png]
    #[arg(short, long = "out", value_name = "FILE.png|pdf")]
    out: Option<PathBuf>,
    /// A still every so many seconds instead of one a shot: a motion strip
    #[arg(long, value_name = "SECS")]
    every: Option<f64>,
    /// Stills side by side
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
    columns: u32,
    #[command(flatten)]
    part: PartArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl Sheet {
    pub fn run(self) -> Result<ExitCode> {
        self.run.start_threads()?;
        let choice = match self.every {
            None => Choice::Shots,
            Some(secs) if (0.01..=60.0).contains(&secs) => Choice::Every(secs),
            Some(secs) => bail!("--every is {secs}: it must be from 0.01 to 60 seconds"),
        };
        let production = production_of(&self.film)?;
        let (cut, performance) = (production.folder.existing::<Cut>()?, production.folder.existing::<Performance>()?);
        let (cast, score) = (production.folder.existing::<Cast>()?, production.folder.existing::<Score>()?);
        let production = production.for_stills(&cut.data);
        let mut footage = production.footage(&cut, &performance, &cast, &score, &production.folder.existing::<Story>()?.data)?;
        let film = Film { cut: &cut.data, performance: &performance.data, cards: footage.cards() };
        let Frames { first, end } = self.part.excerpt().frames(&cut.data)?;
        let frames = sheet::frames(&film, first, end, choice)?;
        let out = self.out.clone().unwrap_or_else(|| {
            let film = Folder::film_of(production.folder.root());
            film.with_file_name(format!("{}-sheet.png", film.file_stem().unwrap_or_default().to_string_lossy()))
        });
        if out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("pdf")) {
            let markers = production.markers(&score.data, &production.folder.existing::<Story>()?.data)?;
            let lines = |frame| match film.shot_seen(frame) {
                Some(index) => storyboard::caption(index, &cut.data, &performance.data, &markers),
                None => vec!["opening".into(), cut.data.rate.start_of(frame).to_string()],
            };
            let drawn = production.report.stage("storyboard", |progress| panels(&mut footage, &frames, lines, progress))?;
            save_bytes(&out, &storyboard::pdf(&production.title(&score.data), production.job.size, &drawn)?)?;
        } else {
            production.report.stage("sheet", |progress| sheet::draw(&film, &mut footage, &frames, self.columns, progress))?.save(&out)?;
        }
        if self.run.json {
            return print_json(&serde_json::json!({"sheet": out, "frames": frames}));
        }
        tell!("{}: {} stills", out.display(), frames.len());
        Ok(ExitCode::SUCCESS)
    }
}

/// The stills with what is written under each.
fn panels(
    footage: &mut Footage,
    frames: &[u64],
    lines: impl Fn(u64) -> Vec<String>,
    progress: clinch_model::Progress,
) -> Result<Vec<Panel>> {
    let mut panels = Vec::with_capacity(frames.len());
    for (done, &frame) in frames.iter().enumerate() {
        panels.push(Panel { luma: footage.frame(frame)?.to_vec(), lines: lines(frame) });
        progress((done + 1) as f64 / frames.len() as f64);
    }
    Ok(panels)
}
