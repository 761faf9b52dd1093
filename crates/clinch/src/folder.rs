//! The working folder beside a film, `FILM.clinch/`.
//!
//! Each stage's file carries the key of what it was made from: a hash over the stage's name, the program itself, its options and the
//! data of the files before it. A stage whose file has the wanted key isn't run again. A JSON file that somebody edited is used as it
//! stands, whatever its key, until `--force`: it is there to be edited.

use crate::report::Report;
use anyhow::{Context, Result, bail};
use clinch_model::file::{FileError, Saved, StageFile, digest, load, save};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// An open working folder; no other run can open it meanwhile.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    // Held open for the lock on it.
    _lock: File,
}

/// A stage's data with its digest, which later keys are made of.
#[derive(Debug, Clone)]
pub struct Staged<T> {
    /// The data.
    pub data: T,
    /// BLAKE3 of the data.
    pub digest: String,
}

impl<T: serde::Serialize> Staged<T> {
    fn of(data: T) -> Self {
        Self { digest: digest(&data), data }
    }
}

impl Folder {
    /// The working folder of a film: `film.mp4` has `film.clinch`.
    pub fn of_film(film: &Path) -> PathBuf {
        film.with_extension("clinch")
    }

    /// Where the film of a working folder goes unless said otherwise.
    pub fn film_of(root: &Path) -> PathBuf {
        root.with_extension("mp4")
    }

    /// The working folder that a user means by naming the film or the folder.
    ///
    /// # Errors
    /// Where there is none.
    pub fn named(film_or_folder: &Path) -> Result<PathBuf> {
        let root = if film_or_folder.is_dir() { film_or_folder.to_path_buf() } else { Self::of_film(film_or_folder) };
        if !root.is_dir() {
            bail!("there is no working folder {}: `clinch make` makes it beside the film", root.display());
        }
        Ok(root)
    }

    /// Opens the folder, making it where it isn't there yet.
    ///
    /// # Errors
    /// Where it can't be made or written, or another run is using it.
    pub fn open(root: &Path) -> Result<Self> {
        let unwritable = || format!("the working folder {} can't be written; choose another place with -o", root.display());
        std::fs::create_dir_all(root.join("shots")).with_context(unwritable)?;
        let lock = File::create(root.join("lock")).with_context(unwritable)?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            bail!("{} is in use by another run of clinch; wait for it, or choose another film with -o", root.display());
        }
        Ok(Self { root: root.into(), _lock: lock })
    }

    /// The folder's own path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the segments of the picture are.
    pub fn shots(&self) -> PathBuf {
        self.root.join("shots")
    }

    /// Where a stage's file is.
    pub fn path<T: StageFile>(&self) -> PathBuf {
        self.root.join(T::FILE_NAME)
    }

    /// A stage's data as it stands in the folder, whatever its key.
    ///
    /// # Errors
    /// Where it isn't there, with the command that makes it, or can't be read.
    pub fn existing<T: StageFile>(&self) -> Result<Staged<T>> {
        let path = self.path::<T>();
        if !path.exists() {
            let stage = stage_of(T::FILE_NAME);
            bail!("{} isn't there yet: run `clinch {stage}` first, or `clinch make` for everything", path.display());
        }
        Ok(Staged::of(load::<T>(&path)?.data))
    }

    /// Runs a stage, unless its file was made from the very same things.
    ///
    /// # Errors
    /// What `run` says, or where the file can't be written.
    pub fn stage<T: StageFile>(&self, key: &str, force: bool, report: &Report, run: impl FnOnce() -> Result<T>) -> Result<Staged<T>> {
        let path = self.path::<T>();
        if !force && let Some(saved) = self.usable::<T>(&path, key, report)? {
            return Ok(Staged::of(saved));
        }
        let data = run()?;
        save(&path, key, &data)?;
        Ok(Staged::of(data))
    }

    fn usable<T: StageFile>(&self, path: &Path, key: &str, report: &Report) -> Result<Option<T>> {
        match load::<T>(path) {
            Ok(Saved { edited: true, data, key: made_from }) => {
                let stale = if made_from == key { "" } else { "; what it was made from has changed since" };
                report.say(&format!("{} was edited by hand and is used as it stands{stale} (--force makes it anew)", path.display()));
                Ok(Some(data))
            }
            Ok(saved) => Ok((saved.key == key).then_some(saved.data)),
            Err(FileError::Unreadable { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            // A JSON file that no longer parses was edited: making it anew would throw the edit away.
            Err(error @ FileError::Damaged { .. }) if !T::BINARY => Err(error.into()),
            Err(FileError::Unreadable { path, source }) => Err(FileError::Unreadable { path, source }.into()),
            Err(error) => {
                report.say(&format!("{error}; it is made anew"));
                Ok(None)
            }
        }
    }
}

fn stage_of(file_name: &str) -> &'static str {
    match file_name {
        "score.json" | "job.json" => "hear",
        "story.json" => "plot",
        "cast.bin" => "cast",
        "performance.bin" => "perform",
        "cut.bin" => "shoot",
        _ => "make",
    }
}

/// Hash over the stage's name, this program and everything the stage depends on.
///
/// The program is part of every key because another build may make other bytes of the same inputs.
///
/// # Errors
/// Where the program's own file can't be read.
pub fn key_of(stage: &str, parts: &[&str]) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for part in [stage, program_digest()?].iter().chain(parts) {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn program_digest() -> Result<&'static str> {
    static DIGEST: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    if let Some(digest) = DIGEST.get() {
        return Ok(digest);
    }
    let program = std::env::current_exe().context("the program can't find its own file")?;
    let digest = crate::job::file_digest(&program).with_context(|| format!("{} can't be read", program.display()))?;
    Ok(DIGEST.get_or_init(|| digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::{Cut, FrameRate};

    fn cut(frames: u64) -> Cut {
        Cut { rate: FrameRate::whole(24), frames, aspect: 1.5, shots: Vec::new(), findings: Vec::new() }
    }

    #[test]
    fn a_stage_runs_again_only_when_its_key_changes() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("film.clinch")).unwrap();
        let report = Report::silent();
        let run = |key: &str, force, frames| folder.stage(key, force, &report, || Ok(cut(frames))).unwrap().data.frames;
        assert_eq!(run("a", false, 1), 1);
        assert_eq!(run("a", false, 2), 1);
        assert_eq!(run("b", false, 3), 3);
        assert_eq!(run("b", true, 4), 4);
    }

    #[test]
    fn two_runs_never_share_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let _first = Folder::open(place.path()).unwrap();
        assert!(Folder::open(place.path()).unwrap_err().to_string().contains("in use"));
    }

    #[test]
    fn keys_tell_their_parts_apart() {
        assert_ne!(key_of("s", &["ab", "c"]).unwrap(), key_of("s", &["a", "bc"]).unwrap());
        assert_eq!(key_of("s", &["ab"]).unwrap(), key_of("s", &["ab"]).unwrap());
    }
}
