//! The finished film, and the record of what it was made from.

use crate::{
    Production,
    excerpt::SoundExcerpt,
    folder::{Staged, key_of},
    format::UPLOAD_RATE_HZ,
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
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

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
    /// BLAKE3 of the subtitle files beside it, by their endings.
    #[serde(default)]
    pub subtitles: BTreeMap<String, String>,
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
        let names = |paths: &[PathBuf]| paths.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect::<Vec<_>>();
        let (first, frames) = (names(&picture.first_round), picture.frames);
        let asked = (names(&picture.segments), first, frames.first, frames.end, &title, &artist, self.loops, self.song_part(picture).0);
        let key = key_of("deliver", &[&digest(&asked), &self.job.song.digest()?])?;
        let subtitles = self.written_subtitles(picture, &score.data)?;
        if let Some(film) = self.standing(&key, &subtitles)? {
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
            subtitles: digests(&subtitles),
        };
        save(&self.folder.path::<FilmRecord>(), &key, &record)?;
        self.publish_subtitles(&subtitles)?;
        self.publish(&aside)?;
        self.drop_stale_segments(picture)?;
        Ok(self.film(&record))
    }

    /// Subtitle files and their texts.
    fn written_subtitles(&self, picture: &Picture, score: &Score) -> Result<Vec<(PathBuf, String)>> {
        let (from, to) = self.song_part(picture);
        let to = if picture.whole && self.clip_span()?.is_none() { score.track.duration } else { to };
        let named = |(ending, text)| (self.film.with_extension(ending), text);
        Ok(self.subtitles(score, from, to).into_iter().map(named).collect())
    }

    /// Puts the subtitle files beside the film, each written aside first.
    fn publish_subtitles(&self, subtitles: &[(PathBuf, String)]) -> Result<()> {
        for (path, text) in subtitles {
            if std::fs::read_to_string(path).is_ok_and(|found| found == *text) {
                continue;
            }
            let aside = self.folder.root().join("subtitles.part");
            let unwritable = || format!("the subtitles {} can't be written; choose another place with -o", path.display());
            std::fs::write(&aside, text).and_then(|()| std::fs::rename(&aside, path)).with_context(unwritable)?;
        }
        Ok(())
    }

    /// The film's title: the treatment's, or the song's.
    pub fn title(&self, score: &Score) -> String {
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
        let upload = self.job.format.is_some();
        let options = clinch_deliver::Options {
            title,
            artist,
            loops: self.loops,
            first_round: picture.first_round.clone(),
            sound_rate_hz: upload.then_some(UPLOAD_RATE_HZ),
            unedited: upload,
        };
        let (mut rounds, mut song, mut part);
        let clip = self.clip_span()?;
        let sound: &mut dyn PcmSource = if let Some((from, to)) = clip {
            song = clinch_hear::open(&source)?;
            part = SoundExcerpt::between(&mut song, from, to);
            &mut part
        } else if picture.frames.first == 0 && picture.whole {
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

    /// The part of the song that the film shows, by its frames.
    fn song_part(&self, picture: &Picture) -> (Secs, Secs) {
        let [from, to] = [picture.frames.first, picture.frames.end].map(|frame| self.job.rate.start_of(frame));
        // A clip's frames count from its own beginning.
        self.clip_span().ok().flatten().unwrap_or((from, to))
    }

    /// The film as it stands, where it was made from the very same things and nobody touched it since.
    fn standing(&self, key: &str, subtitles: &[(PathBuf, String)]) -> Result<Option<Film>> {
        let Ok(saved) = load::<FilmRecord>(&self.folder.path::<FilmRecord>()) else { return Ok(None) };
        if saved.key != key || self.force || saved.data.subtitles != digests(subtitles) {
            return Ok(None);
        }
        self.publish_subtitles(subtitles)?;
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

    /// The same for the subtitle files.
    fn refuse_foreign_subtitles(&self) -> Result<()> {
        if !self.job.treatment.lyrics.subtitles || self.force {
            return Ok(());
        }
        let ours = load::<FilmRecord>(&self.folder.path::<FilmRecord>()).map(|saved| saved.data.subtitles).unwrap_or_default();
        for kind in clinch_titles::subtitles::Kind::ALL {
            let path = self.film.with_extension(kind.ending());
            let foreign = file_digest(&path).is_ok_and(|found| ours.get(kind.ending()) != Some(&found));
            if foreign {
                bail!("{} is there already and wasn't made here; choose another name with -o, or replace it with --force", path.display());
            }
        }
        Ok(())
    }

    fn drop_stale_segments(&self, picture: &Picture) -> Result<()> {
        if !picture.whole {
            return Ok(());
        }
        for entry in std::fs::read_dir(self.folder.shots())? {
            let path = entry?.path();
            if ![&picture.segments, &picture.first_round, &picture.kept].iter().any(|needed| needed.contains(&path)) {
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
        self.check_song()?;
        PictureFormat { size: self.job.size, rate: self.job.rate, quality: self.job.quality }.check()?;
        self.refuse_foreign_film()?;
        self.refuse_foreign_subtitles()
    }

    /// Checks that the song is there.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn check_song(&self) -> Result<()> {
        if let Song::File(path) = &self.job.song {
            std::fs::File::open(path).with_context(|| format!("the song {} can't be read", path.display()))?;
        }
        Ok(())
    }
}

/// `[ending]`: hashes of subtitle files.
fn digests(subtitles: &[(PathBuf, String)]) -> BTreeMap<String, String> {
    let digest = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    let ending = |path: &Path| path.extension().unwrap_or_default().to_string_lossy().into_owned();
    subtitles.iter().map(|(path, text)| (ending(path), digest(text))).collect()
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
