//! A shot's encoded picture as a file of its own.
//!
//! The file is a head (magic, version), the pictures one after another, then an index (format, parameter sets, size of every picture;
//! postcard), the index's length (8 bytes, little-endian) and a BLAKE3 hash of everything before it. The index stands at the end so
//! that a shot can be written while it is rendered; the hash makes a half-written or damaged file impossible to mistake for a whole one.

use crate::{
    Error, PictureFormat,
    aside::AsideFile,
    picture::{ParameterSets, PictureEncoder},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

const MAGIC: &[u8; 8] = b"clshot\r\n";
const VERSION: u32 = 1;
const HEAD_BYTES: u64 = 12;
/// The index's length and the hash.
const TAIL_BYTES: u64 = 8 + blake3::OUT_LEN as u64;
/// Bytes read at once for the hash.
const BLOCK_BYTES: usize = 1 << 18;

#[derive(Serialize, Deserialize)]
struct Index {
    format: PictureFormat,
    parameter_sets: ParameterSets,
    pictures: Vec<PictureEntry>,
}

/// One picture in a segment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct PictureEntry {
    pub bytes: u32,
    /// Whether it can be decoded without the ones before.
    pub sync: bool,
}

/// Writes one shot's picture, aside until it is whole.
pub struct SegmentWriter {
    format: PictureFormat,
    encoder: PictureEncoder,
    file: AsideFile,
    hasher: blake3::Hasher,
    pictures: Vec<PictureEntry>,
}

impl SegmentWriter {
    /// Begins a segment; `path` is touched only by [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`Error::UnsupportedPicture`] for a size or rate that can't be encoded, [`Error::Unwritable`] where the file can't be made.
    pub fn create(path: &Path, format: PictureFormat) -> Result<Self, Error> {
        let encoder = PictureEncoder::new(format)?;
        let file = AsideFile::create(path)?;
        let mut writer = Self { format, encoder, file, hasher: blake3::Hasher::new(), pictures: Vec::new() };
        writer.write(MAGIC)?;
        writer.write(&VERSION.to_le_bytes())?;
        Ok(writer)
    }

    /// Encodes the next frame: full-range display luma (0 black, 255 white), shape `[row][column]`.
    ///
    /// # Errors
    /// [`Error::WrongFrame`] for another number of pixels, [`Error::PictureEncoder`], [`Error::Unwritable`].
    pub fn push(&mut self, luma: &[u8]) -> Result<(), Error> {
        self.push_tinted(luma, &[])
    }

    /// The same with a tint: the share of every pixel that is red, 0 (none) .. 255 (see [`tinted`](crate::tinted)), of the luma's shape, or
    /// empty.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_tinted(&mut self, luma: &[u8], tint: &[u8]) -> Result<(), Error> {
        let picture = self.encoder.encode(luma, tint)?;
        let bytes = u32::try_from(picture.bytes.len()).map_err(|_| Error::PictureEncoder("a picture beyond 4 GiB".into()))?;
        self.hasher.update(picture.bytes);
        self.file.write(picture.bytes)?;
        self.pictures.push(PictureEntry { bytes, sync: picture.sync });
        Ok(())
    }

    /// Frames pushed so far.
    pub fn frames(&self) -> u64 {
        self.pictures.len() as u64
    }

    /// Writes the index, syncs the file and gives it its name.
    ///
    /// # Errors
    /// [`Error::NoPicture`] where no frame was pushed, [`Error::Unwritable`]; what was at the path before is untouched then.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.pictures.is_empty() {
            return Err(Error::NoPicture);
        }
        let index = Index {
            format: self.format,
            parameter_sets: self.encoder.parameter_sets().clone(),
            pictures: std::mem::take(&mut self.pictures),
        };
        let bytes = postcard::to_stdvec(&index).map_err(|error| Error::Layout(error.to_string()))?;
        self.write(&bytes)?;
        self.write(&(bytes.len() as u64).to_le_bytes())?;
        let hash = self.hasher.finalize();
        self.file.write(hash.as_bytes())?;
        self.file.commit()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.file.write(bytes)
    }
}

/// What a whole segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Format of its frames.
    pub format: PictureFormat,
    /// Number of frames, at least 1.
    pub frames: u64,
    /// Bytes of its pictures.
    pub picture_bytes: u64,
}

/// Reads a segment through and checks that it is whole.
///
/// # Errors
/// [`Error::SegmentUnreadable`] where it is missing, [`Error::SegmentDamaged`] where a byte of it is wrong or absent.
pub fn inspect(path: &Path) -> Result<SegmentInfo, Error> {
    Ok(Segment::open(path)?.info())
}

/// A whole segment, ready to be copied.
pub(crate) struct Segment {
    pub format: PictureFormat,
    pub parameter_sets: ParameterSets,
    pub pictures: Vec<PictureEntry>,
}

impl Segment {
    /// Opens a segment and checks every byte of it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(Error::unreadable(path))?;
        let length = file.metadata().map_err(Error::unreadable(path))?.len();
        if length < HEAD_BYTES + TAIL_BYTES {
            return Err(Error::damaged(path, "it is cut off"));
        }
        check_hash(path, &mut file, length)?;
        check_head(path, &mut file)?;
        let index = read_index(path, &mut file, length)?;
        Ok(Self { format: index.format, parameter_sets: index.parameter_sets, pictures: index.pictures })
    }

    pub fn info(&self) -> SegmentInfo {
        let picture_bytes = self.pictures.iter().map(|picture| u64::from(picture.bytes)).sum();
        SegmentInfo { format: self.format, frames: self.pictures.len() as u64, picture_bytes }
    }
}

/// A reader at a segment's first picture.
pub(crate) fn read_pictures(path: &Path) -> Result<BufReader<File>, Error> {
    let mut file = File::open(path).map_err(Error::unreadable(path))?;
    file.seek(SeekFrom::Start(HEAD_BYTES)).map_err(Error::unreadable(path))?;
    Ok(BufReader::with_capacity(BLOCK_BYTES, file))
}

fn check_hash(path: &Path, file: &mut File, length: u64) -> Result<(), Error> {
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut left = length - blake3::OUT_LEN as u64;
    while left > 0 {
        let part = &mut block[..left.min(BLOCK_BYTES as u64) as usize];
        file.read_exact(part).map_err(Error::unreadable(path))?;
        hasher.update(part);
        left -= part.len() as u64;
    }
    let mut hash = [0; blake3::OUT_LEN];
    file.read_exact(&mut hash).map_err(Error::unreadable(path))?;
    if hasher.finalize() != hash {
        return Err(Error::damaged(path, "its checksum doesn't match"));
    }
    Ok(())
}

fn check_head(path: &Path, file: &mut File) -> Result<(), Error> {
    let mut head = [0; HEAD_BYTES as usize];
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut head)).map_err(Error::unreadable(path))?;
    let (magic, version) = head.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(Error::damaged(path, "it isn't a picture segment"));
    }
    if version != VERSION.to_le_bytes() {
        return Err(Error::damaged(path, "another version of the program wrote it"));
    }
    Ok(())
}

fn read_index(path: &Path, file: &mut File, length: u64) -> Result<Index, Error> {
    let wrong = || Error::damaged(path, "its index is wrong");
    let mut index_bytes = [0; 8];
    file.seek(SeekFrom::Start(length - TAIL_BYTES)).and_then(|_| file.read_exact(&mut index_bytes)).map_err(Error::unreadable(path))?;
    let index_bytes = u64::from_le_bytes(index_bytes);
    let index_start = (length - TAIL_BYTES).checked_sub(index_bytes).filter(|&start| start >= HEAD_BYTES).ok_or_else(wrong)?;

    let mut bytes = vec![0; usize::try_from(index_bytes).map_err(|_| wrong())?];
    file.seek(SeekFrom::Start(index_start)).and_then(|_| file.read_exact(&mut bytes)).map_err(Error::unreadable(path))?;
    let index: Index = postcard::from_bytes(&bytes).map_err(|_| wrong())?;

    let picture_bytes: u64 = index.pictures.iter().map(|picture| u64::from(picture.bytes)).sum();
    let starts_alone = index.pictures.first().is_some_and(|picture| picture.sync);
    if !starts_alone || HEAD_BYTES + picture_bytes != index_start {
        return Err(wrong());
    }
    Ok(index)
}
