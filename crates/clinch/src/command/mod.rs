//! The subcommands, one file each; stages that differ only in their verb share one.

/// Writes a line to the standard output; goes back to the caller's `Result` where that fails.
macro_rules! tell {
    ($($argument:tt)*) => {
        $crate::command::write_out(&format!("{}\n", format_args!($($argument)*)))?
    };
}

mod audit;
mod cast;
mod check;
mod export;
mod holds;
mod make;
mod new;
mod sheet;
mod shell;
mod stage;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clinch::sheet::Sheet;
use clinch::{
    Production,
    excerpt::Excerpt,
    folder::Folder,
    job::{Job, Wishes},
    report::Report,
};
use clinch_model::{
    FrameRate, Quality, Secs, Size, StageFile,
    file::{load, save},
    treatment::ShowLyrics,
};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A song in, a black-and-white film out of two people, a Cop and a Kid, in a struggle that neither can win.
#[derive(Debug, Parser)]
#[command(name = "clinch", version, propagate_version = true, after_help = EXAMPLES, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  clinch make                                   a film of the demo song: film.mp4
  clinch make song.flac -o film.mp4             a film of your song, its working folder film.clinch beside it
  clinch make song.mp3 --quality draft --size 320x180
  clinch make song.mp3 --from 42 --to 50        eight seconds of it
  clinch make song.mp3 --loops 10               ten times round, without a seam
  clinch make song.mp3 --for youtube,vertical,loop
                                                what a release needs, of one performance
  clinch make song.mp3 --lyrics song.lrc --type word --subtitles
                                                the song's words in the picture and beside the film
  clinch new -o treatment.toml                  a commented treatment to direct with
  clinch check treatment.toml --song song.mp3   whether it can be used, without making anything
  clinch make song.mp3 --treatment treatment.toml --lyrics song.lrc
  clinch cast --treatment treatment.toml -o cast.png
                                                a picture of its two people
  clinch holds -o holds.png                     all holds of the struggle, drawn
  clinch plot film.mp4 -o story.png             the story of a film, drawn
  clinch sheet film.mp4                         a still a shot: film-sheet.png
  clinch export film.mp4 -o scene.glb           people, motion, set and cameras for Blender and others
  clinch export film.mp4 -o film.otio           the cut with markers for editing programs
  clinch audit film.mp4                         the film's rules with what was measured

Every stage keeps its file in the working folder; a run that was stopped goes on where it was.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a film of a song (of the demo song where none is named)
    Make(make::Make),
    /// Hear a song: write its score
    Hear(make::Hear),
    /// Plot the struggle from the score: write the story, and draw it
    Plot(stage::Plot),
    /// Cast the two people of the treatment
    Cast(cast::Cast),
    /// Perform the story with two simulated bodies
    Perform(stage::StageArgs),
    /// Shoot the performance: write the cut
    Shoot(stage::StageArgs),
    /// Light every frame: write the picture
    Light(stage::StageArgs),
    /// Deliver the film: picture and song in one file
    Deliver(stage::Deliver),
    /// Print the film's rules with what was measured; exit 1 if any falls short
    Audit(audit::Audit),
    /// Write a contact sheet: a still a shot, with time, hold and leader
    Sheet(sheet::Sheet),
    /// List the holds of the struggle, or draw them
    Holds(holds::Holds),
    /// Write the film as a scene for other tools: glTF and BVH
    Export(export::Export),
    /// Write a commented treatment
    New(new::New),
    /// Check a treatment, with its song and lyrics, without making anything
    Check(check::Check),
    /// Print the commented treatment with every key, or the JSON Schema of treatments
    Treatment(check::Treatment),
    /// Write shell completions to the standard output
    Completions(shell::Completions),
    /// Write the man page to the standard output
    Man,
}

impl Cli {
    /// Does what the command line asks.
    pub fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Make(args) => args.run(),
            Command::Hear(args) => args.run(),
            Command::Plot(args) => args.run(),
            Command::Cast(args) => args.run(),
            Command::Perform(args) => args.run(stage::Stage::Perform),
            Command::Shoot(args) => args.run(stage::Stage::Shoot),
            Command::Light(args) => args.run(stage::Stage::Light),
            Command::Deliver(args) => args.run(),
            Command::Audit(args) => args.run(),
            Command::Sheet(args) => args.run(),
            Command::Holds(args) => args.run(),
            Command::Export(args) => args.run(),
            Command::New(args) => args.run(),
            Command::Check(args) => args.run(),
            Command::Treatment(args) => args.run(),
            Command::Completions(args) => args.run(),
            Command::Man => shell::man(),
        }
    }
}

/// What a film is made from.
#[derive(Debug, Args)]
struct JobArgs {
    /// Treatment file (TOML); `clinch new` writes one
    #[arg(long, value_name = "FILE")]
    treatment: Option<PathBuf>,
    /// Lyrics: LRC, SRT, WebVTT, TTML, or plain text, whose times are guessed
    #[arg(long, value_name = "FILE")]
    lyrics: Option<PathBuf>,
    /// Add so many seconds to every time in the lyrics; less than 0 is sooner
    #[arg(long, value_name = "SECS", allow_negative_numbers = true, value_parser = offset)]
    lyrics_offset: Option<f64>,
    /// Picture size, both sides even [default: 512x288]
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// Frames a second, e.g. 24, 25, 23.976, 30000/1001 [default: 24]
    #[arg(long, value_name = "RATE")]
    fps: Option<FrameRate>,
    /// How much time the picture may take [default: film]
    #[arg(long)]
    quality: Option<QualityName>,
    /// How many ways of acting are tried in each second of the struggle, 1 to 64; fewer is faster and clumsier [default: 12]
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
    takes: Option<usize>,
    /// Seed of everything random [default: the treatment's, or 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Leave the five seconds of portraits, names and title away
    #[arg(long, overrides_with = "opening")]
    no_opening: bool,
    /// Begin with the opening, even though an earlier run or the treatment leaves it away
    #[arg(long)]
    opening: bool,
    /// Show the song's words in the picture [default: the treatment's, or none]
    #[arg(long = "type", value_name = "HOW")]
    show_lyrics: Option<ShowName>,
    /// Write the song's words beside the film, as .srt, .vtt and .ass
    #[arg(long, overrides_with = "no_subtitles")]
    subtitles: bool,
    /// Write no subtitles, even though an earlier run or the treatment asks for them
    #[arg(long)]
    no_subtitles: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShowName {
    /// Not at all
    None,
    /// A line at once
    Line,
    /// Word after word
    Word,
}

impl From<ShowName> for ShowLyrics {
    fn from(name: ShowName) -> Self {
        match name {
            ShowName::None => ShowLyrics::None,
            ShowName::Line => ShowLyrics::Line,
            ShowName::Word => ShowLyrics::Word,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum QualityName {
    /// To see whether it works
    Draft,
    /// To deliver
    Film,
    /// To keep
    Fine,
}

impl From<QualityName> for Quality {
    fn from(name: QualityName) -> Self {
        match name {
            QualityName::Draft => Quality::Draft,
            QualityName::Film => Quality::Film,
            QualityName::Fine => Quality::Fine,
        }
    }
}

impl JobArgs {
    fn wishes(&self) -> Wishes {
        Wishes {
            treatment: self.treatment.clone(),
            lyrics: self.lyrics.clone(),
            lyrics_offset_secs: self.lyrics_offset,
            size: self.size,
            rate: self.fps,
            quality: self.quality.map(Quality::from),
            takes: self.takes,
            seed: self.seed,
            opening: either(self.opening, self.no_opening),
            show_lyrics: self.show_lyrics.map(ShowLyrics::from),
            subtitles: either(self.subtitles, self.no_subtitles),
        }
    }
}

/// Of two flags that contradict each other, the one that was given.
fn either(yes: bool, no: bool) -> Option<bool> {
    (yes || no).then_some(yes)
}

/// How a stage is run.
#[derive(Debug, Args)]
struct RunArgs {
    /// Threads to use [default: all processors]; the film is the same with any number
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Run even though nothing has changed; replace a film that wasn't made here
    #[arg(long)]
    force: bool,
    /// Print the result as JSON to the standard output
    #[arg(long)]
    json: bool,
}

/// Which part of the film is wanted.
#[derive(Debug, Args)]
struct PartArgs {
    /// Begin at this song time, in seconds
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    from: Option<f64>,
    /// End at this song time, in seconds
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    to: Option<f64>,
}

/// How often the film goes round.
#[derive(Debug, Args)]
struct LoopArgs {
    /// Let the film go round this many times, without a seam
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    loops: u16,
}

impl LoopArgs {
    /// Refuses to let a part of the film go round: its end doesn't lead into its beginning.
    fn rounds(&self, excerpt: Excerpt) -> Result<u16> {
        if self.loops > 1 && !excerpt.is_all() {
            bail!("--loops {} lets the whole film go round; leave --from and --to away", self.loops);
        }
        Ok(self.loops)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs.is_finite() && secs >= 0.0 => Ok(secs),
        _ => Err("write seconds from the song's beginning, such as 12.5".into()),
    }
}

fn offset(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs.abs() <= clinch_hear::LONGEST_SECS => Ok(secs),
        _ => Err("write seconds, such as 0.35 or -1.2".into()),
    }
}

impl PartArgs {
    fn excerpt(&self) -> Excerpt {
        Excerpt { from: self.from.map(Secs), to: self.to.map(Secs) }
    }
}

impl RunArgs {
    fn start_threads(&self) -> Result<()> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads.unwrap_or(0).into());
        pool.build_global().context("the threads can't be started")
    }

    /// Opens the working folder and remembers the job in it.
    fn production(&self, job: Job, root: &Path, film: PathBuf, excerpt: Excerpt) -> Result<Production> {
        self.open(job, root, film, excerpt, Production::check)
    }

    /// The same where the film itself isn't made, only others from the same stages.
    fn shared_production(&self, job: Job, root: &Path, film: PathBuf, excerpt: Excerpt) -> Result<Production> {
        self.open(job, root, film, excerpt, Production::check_song)
    }

    fn open(
        &self,
        job: Job,
        root: &Path,
        film: PathBuf,
        excerpt: Excerpt,
        check: impl Fn(&Production) -> Result<()>,
    ) -> Result<Production> {
        self.start_threads()?;
        let folder = Folder::open(root)?;
        let production = Production { job, folder, film, excerpt, loops: 1, force: self.force, report: Report::to_terminal() };
        check(&production)?;
        save(&production.folder.path::<Job>(), "", &production.job)?;
        Ok(production)
    }
}

/// The production of a film that was made, or of its working folder, as it stands there.
fn production_of(film: &Path) -> Result<Production> {
    let root = Folder::named(film)?;
    let job = load::<Job>(&root.join(Job::FILE_NAME))?.data;
    let film = if film.is_dir() { Folder::film_of(&root) } else { film.into() };
    let (folder, report) = (Folder::open(&root)?, Report::to_terminal());
    Ok(Production { job, folder, film, excerpt: Excerpt::default(), loops: 1, force: false, report })
}

fn print_json<T: serde::Serialize>(value: &T) -> Result<ExitCode> {
    tell!("{}", serde_json::to_string_pretty(value)?);
    Ok(ExitCode::SUCCESS)
}

/// Writes to the standard output. A reader that has gone, as in `clinch plot film.clinch | head`, has what it wanted.
fn write_out(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("the standard output can't be written"),
        _ => Ok(()),
    }
}

/// Writes a file, aside first.
fn save_bytes(out: &Path, bytes: &[u8]) -> Result<()> {
    let mut aside = out.as_os_str().to_owned();
    aside.push(".part");
    let aside = PathBuf::from(aside);
    let written = std::fs::write(&aside, bytes).and_then(|()| std::fs::rename(&aside, out));
    if written.is_err() {
        // Nothing is lost if it stays.
        let _ = std::fs::remove_file(&aside);
    }
    written.with_context(|| format!("{} can't be written; choose another place for it", out.display()))
}

/// Draws a sheet and writes it, aside first. That begins before the drawing, which takes a while: an unwritable place is told at once.
fn save_sheet(out: &Path, draw: impl FnOnce() -> Result<Sheet>) -> Result<()> {
    let unwritable = || format!("{} can't be written; choose another place for it", out.display());
    let mut aside = out.as_os_str().to_owned();
    aside.push(".part");
    let aside = PathBuf::from(aside);
    std::fs::File::create(&aside).with_context(unwritable)?;
    let written = draw().and_then(|sheet| sheet.save(&aside)).and_then(|()| std::fs::rename(&aside, out).with_context(unwritable));
    if written.is_err() {
        // Nothing is lost if it stays.
        let _ = std::fs::remove_file(&aside);
    }
    written
}
