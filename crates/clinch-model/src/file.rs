//! Stage files: a schema name and version, the key of what the file depends on, and the data.
//!
//! A file is written aside and renamed, so a half-written one is never seen under its own name. JSON files are for people and
//! scripts; binary ones are postcard with a BLAKE3 checksum.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// Data that a stage writes to a file of its own.
pub trait StageFile: Serialize + DeserializeOwned {
    /// Schema name, e.g. `clinch.score`.
    const SCHEMA: &'static str;
    /// Version of the schema; raised whenever the data changes shape.
    const VERSION: u32;
    /// Whether the file is binary rather than JSON.
    const BINARY: bool;
    /// Its name in the working folder.
    const FILE_NAME: &'static str;
}

macro_rules! stage_files {
    ($($type:ty => $schema:literal, $version:literal, $binary:literal, $file:literal;)*) => {$(
        impl StageFile for $type {
            const SCHEMA: &'static str = $schema;
            const VERSION: u32 = $version;
            const BINARY: bool = $binary;
            const FILE_NAME: &'static str = $file;
        }
    )*};
}

stage_files! {
    crate::Score => "clinch.score", 1, false, "score.json";
    crate::Story => "clinch.story", 1, false, "story.json";
    crate::Cast => "clinch.cast", 3, true, "cast.bin";
    crate::Performance => "clinch.performance", 4, true, "performance.bin";
    crate::Cut => "clinch.cut", 2, true, "cut.bin";
}

/// A stage file's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved<T> {
    /// Hash of everything the data depends on.
    pub key: String,
    /// The data.
    pub data: T,
    /// Whether somebody changed the data after it was written (JSON files only: they are there to be edited).
    pub edited: bool,
}

/// BLAKE3 of the data itself, in hexadecimal: what later stages depend on.
///
/// # Panics
/// Never for the data of the model: it has no type that postcard can't write.
pub fn digest<T: Serialize>(data: &T) -> String {
    checksum(data).expect("the model's data can be written").to_hex().to_string()
}

/// BLAKE3 of the data as postcard writes it, without the bytes ever being there all at once.
fn checksum<T: Serialize>(data: &T) -> postcard::Result<blake3::Hash> {
    let gathered = postcard::to_io(data, BufWriter::with_capacity(PIECE_BYTES, blake3::Hasher::new()))?;
    let hasher = gathered.into_inner().map_err(|_| postcard::Error::SerializeBufferFull)?;
    Ok(hasher.finalize())
}

/// A stage file that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Reading failed.
    #[error("{} can't be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Writing failed; what was there before is untouched.
    #[error("{} can't be written: {source}; make room or choose another place with -o, then run the same command again: what is done is kept", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is of another kind.
    #[error("{} holds `{found}`, not `{wanted}`", .path.display())]
    WrongSchema {
        /// The file.
        path: PathBuf,
        /// Schema in the file.
        found: String,
        /// Schema that was expected.
        wanted: &'static str,
    },
    /// The file was written by another version of the program.
    #[error("{} has version {found} of `{schema}`; this program reads version {wanted}: run the stage again, or use the program that wrote it", .path.display())]
    WrongVersion {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: &'static str,
        /// Version in the file.
        found: u32,
        /// Version that is read.
        wanted: u32,
    },
    /// The file is damaged.
    #[error("{} is damaged ({reason}): delete it and run the stage again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Serialize)]
struct JsonOut<'a, T> {
    schema: &'a str,
    version: u32,
    key: &'a str,
    content: String,
    data: &'a T,
}

#[derive(Deserialize)]
struct JsonHead {
    schema: String,
    version: u32,
    key: String,
    content: String,
}

#[derive(Deserialize)]
struct JsonIn<T> {
    data: T,
}

const MAGIC: &[u8; 8] = b"clinch\r\n";

/// Bytes that are gathered before they are hashed or written.
const PIECE_BYTES: usize = 1 << 16;

/// Most bytes of one text or byte string in a binary file. Names are short; the many numbers are written one by one.
const LONGEST_STRING_BYTES: usize = 1 << 20;

/// Writes `data` with the `key` of what it depends on, aside and then renamed. Needs no memory for the bytes.
///
/// # Errors
/// [`FileError::Unwritable`]; an older file at `path` is then untouched.
pub fn save<T: StageFile>(path: &Path, key: &str, data: &T) -> Result<(), FileError> {
    let written = write_aside_with(path, |out| if T::BINARY { write_binary(out, key, data) } else { write_json(out, key, data) });
    written.map_err(|source| FileError::Unwritable { path: path.into(), source })
}

fn write_json<T: StageFile>(out: &mut dyn Write, key: &str, data: &T) -> std::io::Result<()> {
    let whole = JsonOut { schema: T::SCHEMA, version: T::VERSION, key, content: digest(data), data };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}

fn write_binary<T: StageFile>(out: &mut dyn Write, key: &str, data: &T) -> std::io::Result<()> {
    // The hash goes before the payload, so the data is gone through twice instead of being kept as bytes.
    let checksum = checksum(data).map_err(std::io::Error::other)?;
    let head = postcard::to_stdvec(&(T::SCHEMA, T::VERSION, key, checksum.as_bytes())).map_err(std::io::Error::other)?;
    out.write_all(MAGIC)?;
    out.write_all(&head)?;
    let mut payload = Told { out, error: None };
    let written = postcard::to_io(data, &mut payload).map(|_| ());
    // What the file system said is worth more than that postcard couldn't write.
    payload.error.map_or(Ok(()), Err)?;
    written.map_err(std::io::Error::other)
}

/// A writer that remembers what went wrong; postcard only tells that something did.
struct Told<'a> {
    out: &'a mut dyn Write,
    error: Option<std::io::Error>,
}

impl Told<'_> {
    fn told<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            self.error.get_or_insert(error);
            kind.into()
        })
    }
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let result = self.out.write(bytes);
        self.told(result)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let result = self.out.flush();
        self.told(result)
    }
}

/// Writes a whole file aside (`NAME.part` in the same folder), syncs it and renames it.
///
/// # Errors
/// Whatever the file system says; the part file is removed then.
pub fn write_aside(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_aside_with(path, |out| out.write_all(bytes))
}

/// The same with what `write` writes.
fn write_aside_with(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let aside = aside_of(path);
    let written = File::create(&aside).and_then(|file| {
        let mut out = BufWriter::with_capacity(PIECE_BYTES, file);
        write(&mut out)?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    });
    match written.and_then(|()| std::fs::rename(&aside, path)) {
        Ok(()) => Ok(()),
        Err(error) => {
            // The first error is the one worth telling; a part file that can't be removed is overwritten by the next run.
            let _ = std::fs::remove_file(&aside);
            Err(error)
        }
    }
}

/// Where a file is written before it gets its own name.
pub fn aside_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}

/// Reads a stage file.
///
/// # Errors
/// [`FileError`] where it can't be read, is of another schema or version, or is damaged.
pub fn load<T: StageFile>(path: &Path) -> Result<Saved<T>, FileError> {
    if T::BINARY { load_binary(path) } else { load_json(path) }
}

fn load_json<T: StageFile>(path: &Path) -> Result<Saved<T>, FileError> {
    let bytes = std::fs::read(path).map_err(|source| FileError::Unreadable { path: path.into(), source })?;
    let damaged = |error: serde_json::Error| FileError::Damaged { path: path.into(), reason: error.to_string() };
    let head: JsonHead = serde_json::from_slice(&bytes).map_err(damaged)?;
    check_head::<T>(path, &head.schema, head.version)?;
    let body: JsonIn<T> = serde_json::from_slice(&bytes).map_err(damaged)?;
    let edited = digest(&body.data) != head.content;
    Ok(Saved { key: head.key, data: body.data, edited })
}

/// Reads the file twice, in pieces: once for its checksum, once for the data.
fn load_binary<T: StageFile>(path: &Path) -> Result<Saved<T>, FileError> {
    let damaged = |reason: &str| FileError::Damaged { path: path.into(), reason: reason.into() };
    let unreadable = |source| FileError::Unreadable { path: path.into(), source };
    let mut file = BufReader::with_capacity(PIECE_BYTES, File::open(path).map_err(unreadable)?);
    let mut magic = [0; MAGIC.len()];
    match file.read_exact(&mut magic) {
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => return Err(unreadable(error)),
        Ok(()) if magic == *MAGIC => {}
        _ => return Err(damaged("it isn't a clinch file")),
    }
    let mut strings = vec![0; LONGEST_STRING_BYTES];
    let ((schema, version, key, checksum), _): ((String, u32, String, [u8; 32]), _) =
        postcard::from_io((&mut file, &mut strings)).map_err(|_| damaged("its head is cut off"))?;
    check_head::<T>(path, &schema, version)?;
    let payload = file.stream_position().map_err(unreadable)?;
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut file, &mut hasher).map_err(unreadable)?;
    if hasher.finalize() != checksum {
        return Err(damaged("its checksum doesn't match"));
    }
    file.seek(SeekFrom::Start(payload)).map_err(unreadable)?;
    let (data, _) = postcard::from_io((file, &mut strings)).map_err(|error| damaged(&error.to_string()))?;
    Ok(Saved { key, data, edited: false })
}

fn check_head<T: StageFile>(path: &Path, schema: &str, version: u32) -> Result<(), FileError> {
    if schema != T::SCHEMA {
        return Err(FileError::WrongSchema { path: path.into(), found: schema.into(), wanted: T::SCHEMA });
    }
    if version != T::VERSION {
        return Err(FileError::WrongVersion { path: path.into(), schema: T::SCHEMA, found: version, wanted: T::VERSION });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cut, FrameRate, Secs, Story};

    fn cut() -> Cut {
        Cut { rate: FrameRate::whole(24), frames: 7, aspect: 1.5, shots: Vec::new(), findings: Vec::new() }
    }

    fn story() -> Story {
        Story {
            seed: 1,
            duration: Secs(0.1 + 0.2),
            phrases: Vec::new(),
            events: Vec::new(),
            leverage: vec![1.0 / 3.0],
            intensity: Vec::new(),
            holds: Vec::new(),
            fatigue: 0.65,
        }
    }

    #[test]
    fn what_is_saved_is_what_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.bin");
        save(&path, "key", &cut()).unwrap();
        assert_eq!(load::<Cut>(&path).unwrap(), Saved { key: "key".into(), data: cut(), edited: false });
        let path = folder.path().join("story.json");
        save(&path, "key", &story()).unwrap();
        assert_eq!(load::<Story>(&path).unwrap(), Saved { key: "key".into(), data: story(), edited: false });
    }

    #[test]
    fn the_digest_is_the_hash_of_all_bytes() {
        let bytes = postcard::to_stdvec(&story()).unwrap();
        assert_eq!(digest(&story()), blake3::hash(&bytes).to_hex().to_string());
    }

    #[test]
    fn a_full_disk_is_told_by_its_own_name() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut whole = Vec::new();
        write_binary(&mut whole, "key", &cut()).unwrap();
        for room in 0..whole.len() {
            assert_eq!(write_binary(&mut Full(room), "key", &cut()).unwrap_err().kind(), std::io::ErrorKind::StorageFull, "{room}");
        }
        write_binary(&mut Full(whole.len()), "key", &cut()).unwrap();
    }

    #[test]
    fn a_hand_in_a_json_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("story.json");
        save(&path, "key", &story()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("0.65", "0.7")).unwrap();
        let saved = load::<Story>(&path).unwrap();
        assert!(saved.edited && saved.data.fatigue == 0.7);
    }

    #[test]
    fn every_damaged_byte_of_a_binary_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.bin");
        save(&path, "key", &cut()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for i in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[i] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            // A changed key is the one thing that isn't damage: it only makes the stage run again.
            assert!(load::<Cut>(&path).is_err_and(|e| !e.to_string().is_empty()) || load::<Cut>(&path).unwrap().key != "key", "byte {i}");
        }
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(load::<Cut>(&path).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn another_schema_or_version_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("story.json");
        std::fs::write(&path, r#"{"schema":"clinch.score","version":1,"key":"","content":"","data":{}}"#).unwrap();
        assert!(matches!(load::<Story>(&path), Err(FileError::WrongSchema { .. })));
        std::fs::write(&path, r#"{"schema":"clinch.story","version":99,"key":"","content":"","data":{}}"#).unwrap();
        assert!(matches!(load::<Story>(&path), Err(FileError::WrongVersion { found: 99, .. })));
    }
}
