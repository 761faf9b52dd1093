//! The working folder beside a film, `FILM.clinch/`.
//!
//! Each stage's file carries the key of what it was made from: a hash over the stage's name, the program itself, its options and the
//! data of the files before it. A stage whose file has the wanted key isn't run again. A JSON file that somebody edited is used as it
//! stands, whatever its key, until `--force`: it is there to be edited.
//!
//! A delivery format has a folder of its own in it, `FILM.clinch/vertical/`: its job, cut, segments and film. What all formats share (score,
//! story, cast, performance) stays in the film's folder and is found from the format's.

use crate::{format::Format, report::Report};
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
    /// The film's folder where this is a format's.
    shared: Option<PathBuf>,
    // Held open for the lock on it; a format's folder that was opened from the film's needs none of its own.
    _lock: Option<File>,
}

/// Stage files that a format may have of its own; the film's own stand for those that it hasn't.
const SHARED: [&str; 4] = ["score.json", "story.json", "cast.bin", "performance.bin"];

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
        match (film_folder(root), root.file_name()) {
            (Some(shared), Some(format)) => Self::film_in_format(&shared.with_extension("mp4"), &format.to_string_lossy()),
            _ => root.with_extension("mp4"),
        }
    }

    /// The name of a film in a format: `film.mp4` is `film-vertical.mp4`.
    pub fn film_in_format(film: &Path, format: &str) -> PathBuf {
        let stem = film.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let ending = film.extension().unwrap_or_default().to_string_lossy().into_owned();
        film.with_file_name(if ending.is_empty() { format!("{stem}-{format}") } else { format!("{stem}-{format}.{ending}") })
    }

    /// The working folder that a user means by naming the film or the folder.
    ///
    /// # Errors
    /// Where there is none.
    pub fn named(film_or_folder: &Path) -> Result<PathBuf> {
        let root = if film_or_folder.is_dir() { film_or_folder.to_path_buf() } else { Self::of_film(film_or_folder) };
        if !root.is_dir()
            && let Some(format) = format_folder(film_or_folder)
        {
            return Ok(format);
        }
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
        let shared = film_folder(root);
        let lock = File::create(shared.as_deref().unwrap_or(root).join("lock")).with_context(unwritable)?;
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            bail!("{} is in use by another run of clinch; wait for it, or choose another film with -o", root.display());
        }
        Ok(Self { root: root.into(), shared, _lock: Some(lock) })
    }

    /// The folder of a format in this one, which stays open meanwhile.
    ///
    /// # Errors
    /// Where it can't be made.
    pub fn of_format(&self, format: &str) -> Result<Self> {
        let root = self.root.join(format);
        std::fs::create_dir_all(root.join("shots"))
            .with_context(|| format!("the folder {} can't be made; choose another place with -o", root.display()))?;
        Ok(Self { root, shared: Some(self.root.clone()), _lock: None })
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
        let own = self.root.join(T::FILE_NAME);
        match &self.shared {
            Some(shared) if SHARED.contains(&T::FILE_NAME) && !own.exists() => shared.join(T::FILE_NAME),
            _ => own,
        }
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
        self.stage_at(self.path::<T>(), key, force, report, run)
    }

    /// The same for a file that a format has of its own, though others share theirs.
    ///
    /// # Errors
    /// As [`Folder::stage`].
    pub fn own_stage<T: StageFile>(&self, key: &str, force: bool, report: &Report, run: impl FnOnce() -> Result<T>) -> Result<Staged<T>> {
        self.stage_at(self.root.join(T::FILE_NAME), key, force, report, run)
    }

    fn stage_at<T: StageFile>(
        &self,
        path: PathBuf,
        key: &str,
        force: bool,
        report: &Report,
        run: impl FnOnce() -> Result<T>,
    ) -> Result<Staged<T>> {
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

/// The film's folder of a format's folder; none for a film's own.
fn film_folder(root: &Path) -> Option<PathBuf> {
    let is_format = root.file_name().is_some_and(|name| Format::ALL.iter().any(|format| name == format.name()));
    let shared = root.parent().filter(|parent| is_format && parent.extension().is_some_and(|ending| ending == "clinch"))?;
    Some(shared.into())
}

/// The folder of the format whose film was named: `film-vertical.mp4` has `film.clinch/vertical`.
fn format_folder(film: &Path) -> Option<PathBuf> {
    let stem = film.file_stem()?.to_str()?;
    let of = |format: &Format| {
        let stem = stem.strip_suffix(format.name())?.strip_suffix('-')?;
        Some(film.with_file_name(format!("{stem}.clinch")).join(format.name()))
    };
    Format::ALL.iter().filter_map(of).find(|folder| folder.is_dir())
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
    fn a_format_shares_the_films_stages_and_keeps_its_own() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("a.b.clinch");
        {
            let film = Folder::open(&root).unwrap();
            let vertical = film.of_format("vertical").unwrap();
            assert_eq!(vertical.path::<Cut>(), root.join("vertical/cut.bin"));
            assert_eq!(vertical.path::<clinch_model::Score>(), root.join("score.json"));
        }
        let film = place.path().join("a.b-vertical.mp4");
        assert_eq!(Folder::named(&film).unwrap(), root.join("vertical"));
        assert_eq!(Folder::film_of(&root.join("vertical")), film);
        assert_eq!(Folder::film_of(&root), place.path().join("a.b.mp4"));
        // Whoever works on a format works in the film's folder.
        let _format = Folder::open(&root.join("vertical")).unwrap();
        assert!(Folder::open(&root).unwrap_err().to_string().contains("in use"));
    }

    #[test]
    fn keys_tell_their_parts_apart() {
        assert_ne!(key_of("s", &["ab", "c"]).unwrap(), key_of("s", &["a", "bc"]).unwrap());
        assert_eq!(key_of("s", &["ab"]).unwrap(), key_of("s", &["ab"]).unwrap());
    }
}
