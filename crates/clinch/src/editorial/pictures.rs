//! The film's frames as numbered PNG files.

use crate::{excerpt::Frames, picture::Footage, sheet::Sheet};
use anyhow::{Context, Result};
use clinch_model::{Progress, Size};
use std::path::{Path, PathBuf};

/// The file of one frame: `film.png` names `film.00042.png`.
fn numbered(out: &Path, frame: u64) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}.{frame:05}.png"))
}

impl Footage<'_> {
    /// Writes frames as 8-bit greyscale PNG files, named after `out` and numbered as in the film; gives back the first and the last one.
    /// Each is written aside first.
    ///
    /// # Errors
    /// Where a frame can't be lit or written.
    pub fn write_pictures(&mut self, size: Size, frames: Frames, out: &Path, progress: Progress) -> Result<[PathBuf; 2]> {
        let aside = out.with_extension("part");
        for frame in frames.first..frames.end {
            let path = numbered(out, frame);
            let sheet = Sheet { size, luma: self.frame(frame)?.to_vec() };
            let written = sheet.save(&aside).and_then(|()| {
                std::fs::rename(&aside, &path).with_context(|| format!("{} can't be written; choose another place with -o", path.display()))
            });
            if written.is_err() {
                // Nothing is lost if it stays.
                let _ = std::fs::remove_file(&aside);
            }
            written?;
            progress((frame + 1 - frames.first) as f64 / (frames.end - frames.first) as f64);
        }
        Ok([numbered(out, frames.first), numbered(out, frames.end - 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_numbered_as_sequences_are() {
        assert_eq!(numbered(Path::new("a/b.c.png"), 42), Path::new("a/b.c.00042.png"));
        assert_eq!(numbered(Path::new("f.png"), 123_456), Path::new("f.123456.png"));
    }
}
