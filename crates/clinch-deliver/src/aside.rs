//! Files that are written aside, so that a half-written one is never seen under its own name.

use crate::Error;
use clinch_model::file::aside_of;
use std::{
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Bytes gathered before the file system is asked; large enough that small samples cost no call each.
const BUFFER_BYTES: usize = 1 << 18;

/// A file that is being written aside (`NAME.part`). Unless it is committed, it is removed again.
pub(crate) struct AsideFile {
    /// The name it gets in the end.
    path: PathBuf,
    /// Where it is written.
    aside: PathBuf,
    writer: BufWriter<File>,
    committed: bool,
}

impl AsideFile {
    /// Opens the file aside, over what an interrupted run may have left there.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let refuse = |reason| Err(Error::unwritable(path)(std::io::Error::new(std::io::ErrorKind::InvalidInput, reason)));
        if path.file_name().is_none() {
            return refuse("the path names no file");
        }
        // Renaming would take the place of a device or pipe, and would fail on a folder only after all the work.
        if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return refuse("something other than a file is there");
        }
        let aside = aside_of(path);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&aside);
        let file = options.map_err(Error::unwritable(path))?;
        Ok(Self { path: path.into(), aside, writer: BufWriter::with_capacity(BUFFER_BYTES, file), committed: false })
    }

    /// The name it gets in the end.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(Error::unwritable(&self.path))
    }

    /// Syncs the file and gives it its name. A full disk may show only here.
    pub fn commit(mut self) -> Result<(), Error> {
        let synced = self.writer.flush().and_then(|()| self.writer.get_ref().sync_all());
        synced.and_then(|()| std::fs::rename(&self.aside, &self.path)).map_err(Error::unwritable(&self.path))?;
        self.committed = true;
        Ok(())
    }

    /// A reader over what was written so far, for files that are only needed meanwhile.
    pub fn read_back(&mut self) -> Result<BufReader<File>, Error> {
        self.writer.flush().map_err(Error::unwritable(&self.path))?;
        let mut file = self.writer.get_ref().try_clone().map_err(Error::unwritable(&self.path))?;
        file.seek(SeekFrom::Start(0)).map_err(Error::unwritable(&self.path))?;
        Ok(BufReader::with_capacity(BUFFER_BYTES, file))
    }
}

impl Drop for AsideFile {
    fn drop(&mut self) {
        if !self.committed {
            // Whatever went wrong has been told; a part file that can't be removed is overwritten by the next run.
            let _ = std::fs::remove_file(&self.aside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_with_a_remedy_and_leaves_the_older_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        std::fs::write(&path, b"older").unwrap();
        let mut file = AsideFile::create(&path).unwrap();
        // `/dev/full` takes every open and refuses every byte, as a full disk does at the moment of flushing.
        file.writer = BufWriter::new(OpenOptions::new().write(true).open("/dev/full").unwrap());
        file.write(b"newer").unwrap();
        let error = file.commit().unwrap_err().to_string();
        assert!(error.contains("No space left") && error.contains("make room"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"older");
        assert!(!aside_of(&path).exists());
    }

    #[test]
    fn an_uncommitted_file_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        AsideFile::create(&path).unwrap().write(b"half").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_folder_and_a_nameless_path_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(AsideFile::create(&folder.path().join("no/film.mp4")), Err(Error::Unwritable { .. })));
        assert!(matches!(AsideFile::create(Path::new("/")), Err(Error::Unwritable { .. })));
        assert!(matches!(AsideFile::create(folder.path()), Err(Error::Unwritable { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_never_replaced() {
        use std::os::unix::fs::FileTypeExt;
        assert!(AsideFile::create(Path::new("/dev/null")).is_err());
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
