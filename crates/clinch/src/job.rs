//! What one film is made from, as asked on the command line and kept in the working folder.

use crate::format::Format;
use anyhow::{Context, Result, bail};
use clinch_model::{FrameRate, KnownPulse, Quality, Size, StageFile, Treatment, treatment::ShowLyrics};
use clinch_plot::HoldFile;
use serde::{Deserialize, Serialize};
use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The song.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Song {
    /// The one that the program carries.
    Demo,
    /// A sound file.
    File(PathBuf),
}

/// What one film is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The song.
    pub song: Song,
    /// A lyrics file; the demo song brings its own.
    pub lyrics: Option<PathBuf>,
    /// What is known about the song's pulse.
    #[serde(default)]
    pub pulse: KnownPulse,
    /// What is added to every time in the lyrics, in seconds.
    #[serde(default)]
    pub lyrics_offset_secs: f64,
    /// What the director asked for, with what the command line overrides.
    pub treatment: Treatment,
    /// Size of the picture.
    pub size: Size,
    /// Frames a second.
    pub rate: FrameRate,
    /// Samples a pixel and quantiser.
    pub quality: Quality,
    /// How many ways of acting are tried in each second of the struggle, 1..=64.
    #[serde(default = "usual_takes")]
    pub takes: usize,
    /// The delivery format that it is made for; none for a film as its director asked.
    #[serde(default)]
    pub format: Option<Format>,
}

impl StageFile for Job {
    const SCHEMA: &'static str = "clinch.job";
    const VERSION: u32 = 1;
    const BINARY: bool = false;
    const FILE_NAME: &'static str = "job.json";
}

/// The picture size where nobody asks for one.
///
/// The largest 16:9 picture at which the demo film surely takes under six minutes on two cores without a GPU, a crowded machine included; its
/// grain suits the size.
pub const DEFAULT_SIZE: Size = Size { width: 512, height: 288 };

/// The frame rate where nobody asks for one: cinema's.
pub const DEFAULT_RATE: FrameRate = FrameRate::whole(24);

/// Strength of the grain where the treatment doesn't say: 1, the stock as designed.
pub const DEFAULT_GRAIN: f64 = 1.0;

/// Options of the command line that change a job; none leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// Treatment file.
    pub treatment: Option<PathBuf>,
    /// Lyrics file.
    pub lyrics: Option<PathBuf>,
    /// Offset of the lyrics, in seconds.
    pub lyrics_offset_secs: Option<f64>,
    /// Size of the picture.
    pub size: Option<Size>,
    /// Frames a second.
    pub rate: Option<FrameRate>,
    /// Quality.
    pub quality: Option<Quality>,
    /// Ways of acting that are tried in each second.
    pub takes: Option<usize>,
    /// Seed of everything random.
    pub seed: Option<u64>,
    /// Whether there is an opening.
    pub opening: Option<bool>,
    /// How lyrics show in the picture.
    pub show_lyrics: Option<ShowLyrics>,
    /// Whether lyrics are written beside the film.
    pub subtitles: Option<bool>,
}

fn usual_takes() -> usize {
    clinch_perform::Options::default().takes
}

impl Job {
    /// A job for a song with nothing else asked.
    pub fn of(song: Song) -> Self {
        Self {
            song,
            lyrics: None,
            pulse: KnownPulse::default(),
            lyrics_offset_secs: 0.0,
            treatment: Treatment::default(),
            size: DEFAULT_SIZE,
            rate: DEFAULT_RATE,
            quality: Quality::default(),
            takes: usual_takes(),
            format: None,
        }
    }

    /// This job with the wishes of one command line; the command line is stronger than the treatment.
    ///
    /// # Errors
    /// Where the treatment can't be used.
    pub fn with(mut self, wishes: &Wishes) -> Result<Self> {
        if let Some(path) = &wishes.treatment {
            self.treatment = Treatment::read(path)?;
            let picture = &self.treatment.picture;
            // `read` has checked that both parse.
            self.size = picture.size.as_deref().map_or(Ok(self.size), str::parse).map_err(anyhow::Error::msg)?;
            self.rate = picture.fps.as_deref().map_or(Ok(self.rate), str::parse).map_err(anyhow::Error::msg)?;
        }
        if let Some(lyrics) = &wishes.lyrics {
            self.lyrics = Some(absolute(lyrics)?);
        }
        self.lyrics_offset_secs = wishes.lyrics_offset_secs.unwrap_or(self.lyrics_offset_secs);
        self.size = wishes.size.unwrap_or(self.size);
        self.rate = wishes.rate.unwrap_or(self.rate);
        self.quality = wishes.quality.unwrap_or(self.quality);
        self.takes = wishes.takes.unwrap_or(self.takes);
        let Treatment { seed, opening, lyrics, .. } = &mut self.treatment;
        *seed = wishes.seed.unwrap_or(*seed);
        opening.show = wishes.opening.unwrap_or(opening.show);
        lyrics.show = wishes.show_lyrics.unwrap_or(lyrics.show);
        lyrics.subtitles = wishes.subtitles.unwrap_or(lyrics.subtitles);
        Ok(self)
    }

    /// The treatment's own holds as they are now.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub fn holds(&self) -> Result<Vec<HoldFile>> {
        let read = |path: &PathBuf| {
            let file = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the hold file {file}, which the treatment's `story.holds` names, can't be read"))?;
            Ok(HoldFile { file, text })
        };
        self.treatment.story.holds.iter().map(read).collect()
    }

    /// Strength of the film grain.
    pub fn grain(&self) -> f32 {
        self.treatment.picture.grain.unwrap_or(DEFAULT_GRAIN) as f32
    }
}

impl Song {
    /// The song of a command line: the demo where no file is named.
    ///
    /// # Errors
    /// Where the file isn't there or isn't a file.
    pub fn named(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Song::Demo) };
        let what = std::fs::metadata(path)
            .with_context(|| format!("the song {} can't be read; check the name, or leave it out for the demo song", path.display()))?;
        if what.is_dir() {
            bail!("{} is a folder; name a sound file in it (WAV, FLAC, MP3, Ogg Vorbis, M4A)", path.display());
        }
        Ok(Song::File(absolute(path)?))
    }

    /// The song as the hear stage reads it.
    pub fn source(&self) -> clinch_hear::Source {
        match self {
            Song::Demo => clinch_hear::Source::Memory { name: clinch_demo::TITLE.into(), bytes: Arc::from(clinch_demo::song()) },
            Song::File(path) => clinch_hear::Source::File(path.clone()),
        }
    }

    /// BLAKE3 of the song's bytes, in hexadecimal.
    ///
    /// # Errors
    /// Where the file can't be read.
    pub fn digest(&self) -> Result<String> {
        match self {
            // The demo song is made by this very program, which every key covers.
            Song::Demo => Ok("demo".into()),
            Song::File(path) => file_digest(path).with_context(|| format!("the song {} can't be read", path.display())),
        }
    }

    /// What the film is called where nobody says: the song's file name, `film` for the demo.
    pub fn stem(&self) -> String {
        match self {
            Song::Demo => "film".into(),
            Song::File(path) => path.file_stem().map_or_else(|| "film".into(), |stem| stem.to_string_lossy().into_owned()),
        }
    }
}

/// BLAKE3 of a file, read in pieces.
///
/// # Errors
/// Whatever the file system says.
pub fn file_digest(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            length => hasher.update(&piece[..length]),
        };
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} has no place in the file system", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_stronger_than_the_treatment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("treatment.toml");
        std::fs::write(&path, "seed = 3\n[picture]\nsize = \"320x180\"\nfps = \"25\"\n").unwrap();
        let wishes = Wishes { treatment: Some(path), rate: Some(FrameRate::whole(30)), seed: Some(9), ..Wishes::default() };
        let job = Job::of(Song::Demo).with(&wishes).unwrap();
        assert_eq!((job.size, job.rate, job.treatment.seed), (Size { width: 320, height: 180 }, FrameRate::whole(30), 9));
    }

    #[test]
    fn a_folder_or_a_missing_file_is_no_song() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Song::named(Some(folder.path())).unwrap_err().to_string().contains("is a folder"));
        assert!(Song::named(Some(&folder.path().join("none.wav"))).is_err());
        assert_eq!(Song::named(None).unwrap(), Song::Demo);
    }
}
