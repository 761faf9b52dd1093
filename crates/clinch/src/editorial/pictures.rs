//! The film's frames as numbered PNG files.

use crate::{excerpt::Frames, picture::Footage, sheet::Sheet};
use anyhow::{Context, Result};
use clinch_model::{Progress, Size};
use std::path::{Path, PathBuf};

/// The file of one frame: `film.png` names `film.00042.png`.
pub(super) fn numbered(out: &Path, frame: u64, ending: &str) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}.{frame:05}.{ending}"))
}

/// Writes a file aside, which `out` names, then gives it its own name.
pub(super) fn put(path: &Path, out: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let aside = out.with_extension("part");
    let written = write(&aside).and_then(|()| {
        std::fs::rename(&aside, path).with_context(|| format!("{} can't be written; choose another place with -o", path.display()))
    });
    if written.is_err() {
        // Nothing is lost if it stays.
        let _ = std::fs::remove_file(&aside);
    }
    written
}

impl Footage<'_> {
    /// Writes frames as 8-bit PNG files, greyscale unless the film has an accent, named after `out` and numbered as in the film; gives back the
    /// first and the last one. Each is written aside first.
    ///
    /// # Errors
    /// Where a frame can't be lit or written.
    pub fn write_pictures(&mut self, size: Size, frames: Frames, out: &Path, progress: Progress) -> Result<[PathBuf; 2]> {
        for frame in frames.first..frames.end {
            let luma = self.frame(frame)?.to_vec();
            let mut tint = self.tint().to_vec();
            if self.has_accent() {
                // All pictures of a sequence are of one kind.
                tint.resize(luma.len(), 0);
            }
            let sheet = Sheet { size, luma, tint };
            put(&numbered(out, frame, "png"), out, |aside| sheet.save(aside))?;
            progress((frame + 1 - frames.first) as f64 / (frames.end - frames.first) as f64);
        }
        Ok([frames.first, frames.end - 1].map(|frame| numbered(out, frame, "png")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_numbered_as_sequences_are() {
        assert_eq!(numbered(Path::new("a/b.c.png"), 42, "png"), Path::new("a/b.c.00042.png"));
        assert_eq!(numbered(Path::new("f.exr"), 123_456, "exr"), Path::new("f.123456.exr"));
    }
}
