//! Licences of the data in the repository: `LICENCES.toml` must cover every data file.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Licences under which data may be shipped (SPDX).
const ALLOWED: [&str; 6] = ["CC0-1.0", "CC-BY-4.0", "OFL-1.1", "MIT OR Apache-2.0", "MIT", "LicenseRef-public-domain"];

/// Folders that hold data, relative to the workspace.
const DATA: [&str; 6] =
    ["assets", "docs/stills", "tests", "crates/clinch-hear/tests/data", "crates/clinch/tests/data", "crates/clinch-titles/tests/data"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licences {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// File or folder, relative to the workspace.
    path: PathBuf,
    /// SPDX expression.
    licence: String,
    /// Who made it, or where it comes from.
    source: String,
    /// The command that remakes it, or `written by hand`.
    remake: String,
}

/// Checks that every data file is covered by an entry that allows it.
///
/// # Errors
/// Naming the first file or entry that is wrong.
pub fn check(root: &Path) -> Result<()> {
    let text = std::fs::read_to_string(root.join("LICENCES.toml")).context("LICENCES.toml can't be read")?;
    let licences: Licences = toml::from_str(&text).context("LICENCES.toml is wrong")?;
    let mut files = Vec::new();
    for folder in DATA.map(|folder| root.join(folder)) {
        if folder.is_dir() {
            collect(&folder, &mut files)?;
        }
    }
    let relative: Vec<PathBuf> = files.iter().filter_map(|file| Some(file.strip_prefix(root).ok()?.to_path_buf())).collect();
    check_entries(&licences, &relative)?;
    println!("{} data files, each with a licence, a source and the way to remake it", relative.len());
    Ok(())
}

fn check_entries(licences: &Licences, files: &[PathBuf]) -> Result<()> {
    for entry in &licences.data {
        let name = entry.path.display();
        if !ALLOWED.contains(&entry.licence.as_str()) {
            bail!("{name} has the licence {}: data may be {}", entry.licence, ALLOWED.join(", "));
        }
        if entry.source.trim().is_empty() || entry.remake.trim().is_empty() {
            bail!("{name} must say its source and how it is remade");
        }
        if !files.iter().any(|file| file.starts_with(&entry.path)) {
            bail!("LICENCES.toml names {name}, which isn't there");
        }
    }
    match files.iter().find(|file| !licences.data.iter().any(|entry| file.starts_with(&entry.path))) {
        Some(file) => bail!("{} has no entry in LICENCES.toml", file.display()),
        None => Ok(()),
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "rs" && extension != "md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licences(licence: &str) -> Licences {
        let entry = Entry { path: "assets/holds".into(), licence: licence.into(), source: "ours".into(), remake: "by hand".into() };
        Licences { data: vec![entry] }
    }

    #[test]
    fn a_file_without_a_licence_is_caught() {
        let files = ["assets/holds/lean.toml".into(), "assets/face.bin".into()];
        assert!(check_entries(&licences("CC0-1.0"), &files[..1]).is_ok());
        assert!(check_entries(&licences("CC0-1.0"), &files).unwrap_err().to_string().contains("face.bin"));
    }

    #[test]
    fn a_licence_that_forbids_shipping_is_caught() {
        let files = ["assets/holds/lean.toml".into()];
        assert!(check_entries(&licences("CC-BY-NC-4.0"), &files).is_err());
    }
}
