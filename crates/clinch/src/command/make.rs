//! `clinch make` and `clinch hear`: the two that begin with a song.

use super::{JobArgs, LoopArgs, PartArgs, RunArgs, print_json, save_sheet};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use clinch::{
    Film, Format, Production,
    excerpt::Excerpt,
    folder::Folder,
    format::DEFAULT_SHORT_SIDE,
    job::{Job, Song},
    score_sheet,
};
use clinch_model::{KnownPulse, PulseScale, Score, Secs, StageFile, Tracker};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Which song, and where the film goes.
#[derive(Debug, Args)]
struct SongArgs {
    /// Sound file: WAV, FLAC, MP3, Ogg Vorbis, M4A [default: the demo song]
    song: Option<PathBuf>,
    /// The film; its working folder lies beside it [default: the song's name with .mp4]
    #[arg(short, long = "out", value_name = "FILM.mp4")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pulse: PulseArgs,
}

/// What is known about the song's pulse.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the pulse is heard wrong")]
struct PulseArgs {
    /// The song's tempo, to within a tenth
    #[arg(long, value_name = "BPM", value_parser = tempo_named)]
    tempo: Option<f64>,
    /// Beats in every bar (2 for 6/8)
    #[arg(long, value_name = "BEATS", value_parser = clap::value_parser!(u32).range(2..=12))]
    meter: Option<u32>,
    /// A time at which a bar begins
    #[arg(long, value_name = "SECS", value_parser = time_named)]
    first_beat: Option<f64>,
    /// Twice as many beats as were heard
    #[arg(long, conflicts_with = "half")]
    double: bool,
    /// Every other beat of those that were heard
    #[arg(long)]
    half: bool,
    /// What finds the beats; docs/hearing.md says how well each does
    #[arg(long, value_enum, value_name = "TRACKER", default_value = "network")]
    tracker: TrackerArg,
}

/// What finds the beats, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TrackerArg {
    /// A neural network: tempo and metre may change; where it hears no pulse and the other does, the other's beats
    Network,
    /// Onsets, autocorrelation and dynamic programming: one tempo and one metre for the whole song
    Classical,
}

impl PulseArgs {
    fn known(&self) -> KnownPulse {
        let scale = match (self.double, self.half) {
            (true, _) => PulseScale::Double,
            (_, true) => PulseScale::Half,
            _ => PulseScale::AsHeard,
        };
        KnownPulse {
            tempo_bpm: self.tempo,
            metre: self.meter,
            first_beat_secs: self.first_beat,
            scale,
            by_classical: self.tracker == TrackerArg::Classical,
        }
    }
}

fn tempo_named(text: &str) -> Result<f64, String> {
    let bpm = text.parse().ok().filter(|bpm| (20.0..=400.0).contains(bpm));
    bpm.ok_or_else(|| "a tempo is a number from 20 to 400 beats a minute".into())
}

fn time_named(text: &str) -> Result<f64, String> {
    let secs = text.parse().ok().filter(|secs| (0.0..=clinch_hear::LONGEST_SECS).contains(secs));
    secs.ok_or_else(|| "a time is a number of seconds from the song's start, such as 1.25".into())
}

impl SongArgs {
    fn production(&self, job: &JobArgs, run: &RunArgs, excerpt: Excerpt) -> Result<Production> {
        let (job, film) = self.job(job)?;
        run.production(job, &Folder::of_film(&film), film.clone(), excerpt)
    }

    /// The production whose stages several formats share: no film of its own comes of it.
    fn production_of_formats(&self, job: &JobArgs, run: &RunArgs, excerpt: Excerpt) -> Result<Production> {
        let (job, film) = self.job(job)?;
        run.shared_production(job, &Folder::of_film(&film), film.clone(), excerpt)
    }

    fn job(&self, job: &JobArgs) -> Result<(Job, PathBuf)> {
        let song = Song::named(self.song.as_deref())?;
        let film = match &self.out {
            Some(out) => film_named(out)?,
            None => PathBuf::from(format!("{}.mp4", song.stem())),
        };
        Ok((Job { pulse: self.pulse.known(), ..Job::of(song).with(&job.wishes())? }, film))
    }
}

/// The film that `-o` names: a name without an ending gets `.mp4`.
fn film_named(out: &Path) -> Result<PathBuf> {
    if std::fs::metadata(out).is_ok_and(|found| !found.is_file()) {
        bail!("{} is no file that a film could be written to; name one with -o, such as {0}/film.mp4", out.display());
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!("the folder {} isn't there; make it first, or choose another place with -o", folder.display());
    }
    Ok(if out.extension().is_some() { out.into() } else { out.with_extension("mp4") })
}

/// `clinch make`.
#[derive(Debug, Args)]
pub struct Make {
    #[command(flatten)]
    song: SongArgs,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    part: PartArgs,
    #[command(flatten)]
    loops: LoopArgs,
    /// Make it for these places, each framed anew from one performance: FILM-youtube.mp4, FILM-vertical.mp4, …
    #[arg(long = "for", value_name = "FORMAT,…", value_delimiter = ',', conflicts_with = "size")]
    formats: Vec<FormatName>,
    /// Shorter side of the pictures that `--for` makes, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = DEFAULT_SHORT_SIDE, value_parser = clap::value_parser!(u32).range(32..=2160), requires = "formats")]
    short_side: u32,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// 16:9
    Youtube,
    /// 9:16, for telephones
    Vertical,
    /// A few seconds of 9:16 that go round without a seam
    Loop,
    /// 1:1
    Square,
    /// 2.39:1, cinema's wide picture
    Scope,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Youtube => Format::Youtube,
            FormatName::Vertical => Format::Vertical,
            FormatName::Loop => Format::Loop,
            FormatName::Square => Format::Square,
            FormatName::Scope => Format::Scope,
        }
    }
}

impl Make {
    pub fn run(self) -> Result<ExitCode> {
        let loops = self.loops.rounds(self.part.excerpt())?;
        if !self.formats.is_empty() {
            return self.run_formats(loops);
        }
        let production = Production { loops, ..self.song.production(&self.job, &self.run, self.part.excerpt())? };
        let film = clinch::make(&production)?;
        tell_of_flashes(&film)?;
        if self.run.json {
            return print_json(&film);
        }
        tell!(
            "{}: {}, {} shots, {} frames, {:.1} MB; `clinch audit {}` tells how it keeps the rules",
            film.path.display(),
            Secs(film.sound_secs),
            film.shots,
            film.frames,
            film.bytes as f64 / 1e6,
            film.path.display(),
        );
        Ok(ExitCode::SUCCESS)
    }

    fn run_formats(self, loops: u16) -> Result<ExitCode> {
        let mut formats: Vec<Format> = Vec::new();
        for format in self.formats.iter().map(|&name| Format::from(name)) {
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        let production = Production { loops, ..self.song.production_of_formats(&self.job, &self.run, self.part.excerpt())? };
        let films = clinch::make_formats(&production, &formats, self.short_side)?;
        films.iter().try_for_each(tell_of_flashes)?;
        if self.run.json {
            return print_json(&films);
        }
        for film in &films {
            tell!(
                "{}: {}, {} shots, {} frames, {:.1} MB",
                film.path.display(),
                Secs(film.sound_secs),
                film.shots,
                film.frames,
                film.bytes as f64 / 1e6
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Says where a film breaks the rule on flashes.
fn tell_of_flashes(film: &Film) -> Result<()> {
    if let Some(warning) = clinch::audit::flash_warning(&film.path)? {
        eprintln!("{warning}");
    }
    Ok(())
}

const HEAR_EXAMPLES: &str = "Examples:
  clinch hear song.mp3 --lyrics song.srt        song.clinch/score.json
  clinch hear song.mp3 --picture score.png      what was heard, drawn along the time line
  clinch hear song.mp3 --clicks out.wav         the song with clicks on its beats, downbeats higher";

/// `clinch hear`.
#[derive(Debug, Args)]
#[command(after_help = HEAR_EXAMPLES)]
pub struct Hear {
    #[command(flatten)]
    song: SongArgs,
    /// Write a picture of what was heard: sound, beats, sections, feeling and lyrics along the time line
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// Write the song with clicks on its beats, to check by ear
    #[arg(long, value_name = "FILE.wav")]
    clicks: Option<PathBuf>,
    #[command(flatten)]
    job: JobArgs,
    #[command(flatten)]
    run: RunArgs,
}

impl Hear {
    pub fn run(self) -> Result<ExitCode> {
        let production = self.song.production(&self.job, &self.run, Excerpt::default())?;
        let score = production.hear()?.data;
        let source = production.job.song.source();
        if let Some(out) = &self.picture {
            save_sheet(out, || {
                let waveform = clinch_hear::waveform(&source, score_sheet::WAVEFORM_HZ)?;
                Ok(score_sheet::draw(&score, &waveform))
            })?;
        }
        if let Some(out) = &self.clicks {
            save_clicks(out, |file| Ok(production.report.stage("clicks", |p| clinch_hear::clicks(&source, &score, file, p))?))?;
        }
        if self.run.json {
            return print_json(&score);
        }
        tell!(
            "{}: {}, {:.1} bpm in {}/4, {} bars, {} sections ({}), {:.1} LUFS; {}",
            score.track.title,
            score.track.duration,
            score.tempo.0,
            score.beats_per_bar,
            score.bars.len(),
            score.sections.len(),
            score.sections.iter().map(|section| section.label.as_str()).collect::<Vec<_>>().join(" "),
            score.loudness.0,
            production.folder.root().join(Score::FILE_NAME).display(),
        );
        if let Some(doubt) = doubt(&score) {
            tell!("{doubt}");
        }
        if let Some(said) = said_of_lyrics(&score) {
            tell!("{said}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Below this agreement of both trackers somebody should listen: where they agree less, one of them is wrong.
const AGREEMENT_LEAST: f64 = 0.5;

/// What there is to doubt about the beats.
fn doubt(score: &Score) -> Option<String> {
    let remedy = "--tempo, --meter, --first-beat, --double and --half say what is right";
    match score.rhythm.tracker {
        Tracker::Network | Tracker::Classical if score.rhythm.agreement < AGREEMENT_LEAST => Some(format!(
            "the beats are doubtful: two ways of hearing agree on {:.0} % of them; --tracker takes the other's, {remedy}",
            100.0 * score.rhythm.agreement
        )),
        Tracker::Network | Tracker::Classical => None,
        Tracker::Grid => Some(format!("no pulse was heard, so the bars are a plain grid; {remedy}")),
    }
}

/// What there is to say about the lyrics.
fn said_of_lyrics(score: &Score) -> Option<String> {
    let lines = &score.lyrics;
    let guessed = if lines.first()?.guessed { "; their times are guessed, because the file gives none" } else { "" };
    let weighed = match lines.iter().any(|line| line.valence.is_some()) {
        true => "",
        false => "; they aren't English, so what they say isn't weighed, only how it is said",
    };
    Some(format!(
        "{} lines of lyrics, {} strong and {} soft{guessed}{weighed}",
        lines.len(),
        score.strong_lines().len(),
        score.soft_lines().len()
    ))
}

/// Writes a sound file aside, then gives it its name.
fn save_clicks(out: &Path, write: impl FnOnce(&mut std::io::BufWriter<std::fs::File>) -> Result<()>) -> Result<()> {
    let unwritable = || format!("{} can't be written; choose another place for it", out.display());
    let mut aside = out.as_os_str().to_owned();
    aside.push(".part");
    let aside = PathBuf::from(aside);
    let mut file = std::io::BufWriter::new(std::fs::File::create(&aside).with_context(unwritable)?);
    let written = write(&mut file).and_then(|()| std::fs::rename(&aside, out).with_context(unwritable));
    if written.is_err() {
        // Nothing is lost if it stays.
        let _ = std::fs::remove_file(&aside);
    }
    written
}
