//! Stage files: a schema name and version, the key of what the file depends on, and the data.
//!
//! A file is written aside and renamed, so a half-written one is never seen under its own name. JSON files are for people and
//! scripts; binary ones are postcard with a BLAKE3 checksum.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::Write,
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
    crate::Cast => "clinch.cast", 2, true, "cast.bin";
    crate::Performance => "clinch.performance", 2, true, "performance.bin";
    crate::Cut => "clinch.cut", 1, true, "cut.bin";
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
    let bytes = postcard::to_stdvec(data).expect("the model's data can be written");
    blake3::hash(&bytes).to_hex().to_string()
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

/// Writes `data` with the `key` of what it depends on, aside and then renamed.
///
/// # Errors
/// [`FileError::Unwritable`]; an older file at `path` is then untouched.
pub fn save<T: StageFile>(path: &Path, key: &str, data: &T) -> Result<(), FileError> {
    let unwritable = |source| FileError::Unwritable { path: path.into(), source };
    let bytes = if T::BINARY {
        binary_bytes(key, data).map_err(|error| unwritable(std::io::Error::other(error)))?
    } else {
        let out = JsonOut { schema: T::SCHEMA, version: T::VERSION, key, content: digest(data), data };
        let mut bytes = serde_json::to_vec_pretty(&out).map_err(|error| unwritable(error.into()))?;
        bytes.push(b'\n');
        bytes
    };
    write_aside(path, &bytes).map_err(unwritable)
}

fn binary_bytes<T: StageFile>(key: &str, data: &T) -> postcard::Result<Vec<u8>> {
    let payload = postcard::to_stdvec(data)?;
    let head = postcard::to_stdvec(&(T::SCHEMA, T::VERSION, key, blake3::hash(&payload).as_bytes()))?;
    let mut bytes = Vec::with_capacity(MAGIC.len() + head.len() + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&payload);
    Ok(bytes)
}

/// Writes a whole file aside (`NAME.part` in the same folder), syncs it and renames it.
///
/// # Errors
/// Whatever the file system says; the part file is removed then.
pub fn write_aside(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = aside_of(path);
    let written = std::fs::File::create(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
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
    let bytes = std::fs::read(path).map_err(|source| FileError::Unreadable { path: path.into(), source })?;
    if T::BINARY { load_binary(path, &bytes) } else { load_json(path, &bytes) }
}

fn load_json<T: StageFile>(path: &Path, bytes: &[u8]) -> Result<Saved<T>, FileError> {
    let damaged = |error: serde_json::Error| FileError::Damaged { path: path.into(), reason: error.to_string() };
    let head: JsonHead = serde_json::from_slice(bytes).map_err(damaged)?;
    check_head::<T>(path, &head.schema, head.version)?;
    let body: JsonIn<T> = serde_json::from_slice(bytes).map_err(damaged)?;
    let edited = digest(&body.data) != head.content;
    Ok(Saved { key: head.key, data: body.data, edited })
}

fn load_binary<T: StageFile>(path: &Path, bytes: &[u8]) -> Result<Saved<T>, FileError> {
    let damaged = |reason: &str| FileError::Damaged { path: path.into(), reason: reason.into() };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it isn't a clinch file"))?;
    let ((schema, version, key, checksum), payload): ((String, u32, String, [u8; 32]), &[u8]) =
        postcard::take_from_bytes(rest).map_err(|_| damaged("its head is cut off"))?;
    check_head::<T>(path, &schema, version)?;
    if blake3::hash(payload).as_bytes() != &checksum {
        return Err(damaged("its checksum doesn't match"));
    }
    let data = postcard::from_bytes(payload).map_err(|error| damaged(&error.to_string()))?;
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
