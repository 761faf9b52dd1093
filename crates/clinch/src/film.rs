//! The finished film, and the record of what it was made from.

use crate::{
    Production,
    excerpt::SoundExcerpt,
    folder::{Staged, key_of},
    job::{Song, file_digest},
    picture::Picture,
};
use anyhow::{Context, Result, bail};
use clinch_deliver::{PictureFormat, Rounds};
use clinch_model::{
    PcmSource, Score, Secs, SoundError, StageFile,
    file::{digest, load, save},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A finished film.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Film {
    /// Where it is.
    pub path: PathBuf,
    /// Frames in it.
    pub frames: u64,
    /// Shots in it.
    pub shots: usize,
    /// Length of its sound in seconds.
    pub sound_secs: f64,
    /// Size of the file in bytes.
    pub bytes: u64,
}

/// What is kept about a finished film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilmRecord {
    /// BLAKE3 of the film's bytes.
    pub film_digest: String,
    /// Frames in it.
    pub frames: u64,
    /// Shots in it.
    pub shots: usize,
    /// Length of its sound in seconds.
    pub sound_secs: f64,
    /// Size of the file in bytes.
    pub bytes: u64,
}

impl StageFile for FilmRecord {
    const SCHEMA: &'static str = "clinch.film";
    const VERSION: u32 = 1;
    const BINARY: bool = false;
    const FILE_NAME: &'static str = "film.json";
}

impl Production {
    /// deliver: the picture and the song into one file.
    ///
    /// # Errors
    /// Where the sound breaks off or the film can't be written; an older film stays as it was.
    pub fn deliver(&self, picture: &Picture, score: &Staged<Score>) -> Result<Film> {
        let title = self.title(&score.data);
        let artist = score.data.track.artist.clone().unwrap_or_default();
        let names: Vec<_> = picture.segments.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        let asked = (names, picture.frames.first, picture.frames.end, &title, &artist, self.loops);
        let key = key_of("deliver", &[&digest(&asked), &self.job.song.digest()?])?;
        if let Some(film) = self.standing(&key)? {
            return Ok(film);
        }
        self.refuse_foreign_film()?;

        // The film is finished in the working folder and recorded before it takes its own name, so that no kill can leave a film that
        // the next run doesn't know.
        let aside = self.folder.root().join("film.mp4");
        let delivered = self.report.stage("deliver", |progress| self.mux(picture, title, artist, &aside, progress))?;
        let record = FilmRecord {
            film_digest: file_digest(&aside)?,
            frames: delivered.frames,
            shots: picture.segments.len(),
            sound_secs: delivered.sound.0,
            bytes: std::fs::metadata(&aside)?.len(),
        };
        save(&self.folder.path::<FilmRecord>(), &key, &record)?;
        self.publish(&aside)?;
        self.drop_stale_segments(picture)?;
        Ok(self.film(&record))
    }

    fn title(&self, score: &Score) -> String {
        let asked = &self.job.treatment.title;
        if asked.is_empty() { score.track.title.clone() } else { asked.clone() }
    }

    fn mux(
        &self,
        picture: &Picture,
        title: String,
        artist: String,
        aside: &Path,
        progress: clinch_model::Progress,
    ) -> Result<clinch_deliver::Delivered> {
        let source = self.job.song.source();
        let options = clinch_deliver::Options { title, artist, loops: self.loops };
        let (mut rounds, mut song, mut part);
        let sound: &mut dyn PcmSource = if picture.frames.first == 0 && picture.whole {
            // The first opening tells what is wrong with a song in full.
            drop(clinch_hear::open(&source)?);
            rounds = Rounds::new(self.loops, || match clinch_hear::open(&source) {
                Ok(song) => Ok(Box::new(song) as Box<dyn PcmSource>),
                Err(error) => Err(SoundError { at: Secs(0.0), reason: error.to_string() }),
            })?;
            &mut rounds
        } else {
            song = clinch_hear::open(&source)?;
            part = SoundExcerpt::new(&mut song, picture.frames, self.job.rate, false);
            &mut part
        };
        Ok(clinch_deliver::deliver(&picture.segments, sound, &options, aside, progress)?)
    }

    /// The film as it stands, where it was made from the very same things and nobody touched it since.
    fn standing(&self, key: &str) -> Result<Option<Film>> {
        let Ok(saved) = load::<FilmRecord>(&self.folder.path::<FilmRecord>()) else { return Ok(None) };
        if saved.key != key || self.force {
            return Ok(None);
        }
        let aside = self.folder.root().join("film.mp4");
        if file_digest(&aside).is_ok_and(|found| found == saved.data.film_digest) {
            self.publish(&aside)?;
        }
        let stands = file_digest(&self.film).is_ok_and(|found| found == saved.data.film_digest);
        Ok(stands.then(|| self.film(&saved.data)))
    }

    fn publish(&self, aside: &Path) -> Result<()> {
        std::fs::rename(aside, &self.film)
            .with_context(|| format!("{} can't be written; the film itself is finished: {}", self.film.display(), aside.display()))
    }

    /// A file under the film's name that isn't our own film is somebody's work.
    ///
    /// # Errors
    /// Where there is one and `--force` wasn't given.
    pub fn refuse_foreign_film(&self) -> Result<()> {
        let Ok(found) = std::fs::metadata(&self.film) else { return Ok(()) };
        if !found.is_file() {
            bail!("{} is no file that a film could replace; name another with -o", self.film.display());
        }
        if let Song::File(song) = &self.job.song
            && same_file(song, &self.film)
        {
            bail!("{} is the song itself; name another film with -o", self.film.display());
        }
        if self.force {
            return Ok(());
        }
        let ours = load::<FilmRecord>(&self.folder.path::<FilmRecord>()).map(|saved| saved.data.film_digest);
        if ours.is_ok_and(|ours| file_digest(&self.film).is_ok_and(|found| found == ours)) {
            return Ok(());
        }
        bail!("{} is there already and wasn't made here; choose another name with -o, or replace it with --force", self.film.display());
    }

    fn drop_stale_segments(&self, picture: &Picture) -> Result<()> {
        if !picture.whole {
            return Ok(());
        }
        for entry in std::fs::read_dir(self.folder.shots())? {
            let path = entry?.path();
            if !picture.segments.contains(&path) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn film(&self, record: &FilmRecord) -> Film {
        Film { path: self.film.clone(), frames: record.frames, shots: record.shots, sound_secs: record.sound_secs, bytes: record.bytes }
    }

    /// Checks, before any long work, that the song is there and the film can be written in the format that was asked.
    ///
    /// # Errors
    /// With what is wrong and what to do.
    pub fn check(&self) -> Result<()> {
        if let Song::File(path) = &self.job.song {
            std::fs::File::open(path).with_context(|| format!("the song {} can't be read", path.display()))?;
        }
        PictureFormat { size: self.job.size, rate: self.job.rate, quality: self.job.quality }.check()?;
        self.refuse_foreign_film()
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
