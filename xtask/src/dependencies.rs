//! The direction of dependencies: stage crates know the model, never each other.

use anyhow::{Context, Result, bail};
use std::path::Path;

/// What each crate may depend on among our own. `clinch-cast` poses the surface of a body, which light needs a frame; see
/// ARCHITECTURE.md.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("clinch-model", &[]),
    ("clinch-demo", &["clinch-model"]),
    ("clinch-hear", &["clinch-model"]),
    ("clinch-plot", &["clinch-model"]),
    ("clinch-cast", &["clinch-model"]),
    ("clinch-perform", &["clinch-model"]),
    ("clinch-shoot", &["clinch-model"]),
    ("clinch-light", &["clinch-model", "clinch-cast"]),
    ("clinch-deliver", &["clinch-model"]),
    ("clinch-titles", &["clinch-model"]),
];

/// The crate that may depend on all others.
const BINARY: &str = "clinch";

/// Checks every crate's manifest.
///
/// # Errors
/// Naming the crate and the dependency that it mustn't have.
pub fn check(root: &Path) -> Result<()> {
    for entry in std::fs::read_dir(root.join("crates")).context("crates/ can't be read")? {
        let manifest = entry?.path().join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).with_context(|| format!("{} can't be read", manifest.display()))?;
        check_manifest(&text).with_context(|| manifest.display().to_string())?;
    }
    println!("dependencies point one way");
    Ok(())
}

fn check_manifest(text: &str) -> Result<()> {
    let manifest: toml::Table = text.parse()?;
    let name = manifest.get("package").and_then(|p| p.get("name")).and_then(|n| n.as_str()).context("no package.name")?;
    if name == BINARY {
        return Ok(());
    }
    let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name) else {
        bail!("{name} isn't in xtask's table of crates; say there what it may depend on");
    };
    let dependencies = manifest.get("dependencies").and_then(|d| d.as_table()).into_iter().flatten();
    for (dependency, _) in dependencies.filter(|(dependency, _)| dependency.starts_with("clinch")) {
        if !allowed.contains(&dependency.as_str()) {
            bail!("{name} mustn't depend on {dependency}: stages pass data through clinch-model");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_knows_another_stage_is_caught() {
        let manifest = |dependency: &str| format!("[package]\nname = \"clinch-plot\"\n[dependencies]\n{dependency}.workspace = true\n");
        check_manifest(&manifest("clinch-model")).unwrap();
        let error = check_manifest(&manifest("clinch-hear")).unwrap_err().to_string();
        assert!(error.contains("clinch-plot") && error.contains("clinch-hear"), "{error}");
    }

    #[test]
    fn an_unknown_crate_is_caught() {
        assert!(check_manifest("[package]\nname = \"clinch-misc\"\n").is_err());
    }
}
