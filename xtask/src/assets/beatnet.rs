//! The beat network's weights: taken from the PyPI package BeatNet, packed into `assets/hear/beatnet.bin`.

use super::wheel::{self, Wheel};
use anyhow::{Context, Result, bail};
use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
};
use zip::ZipArchive;

/// The package and its version.
const PACKAGE: &str = "BeatNet==1.1.3";

/// SHA-256 of `BeatNet-1.1.3-py3-none-any.whl`.
const WHEEL_SHA256: &str = "1ecfa17bdcbe899975a88bdb6efebd6970d846a4f3b6cfd5c6f320647c641c7e";

/// What the packed file begins with: name and version.
const MAGIC: &[u8; 8] = b"CLBEAT01";

/// Floats of each storage in a file of weights: kernel, its bias, linear layer, its bias, both LSTM layers, classes, their bias.
const STORAGES: [usize; 7] = [20, 2, 39_300, 150, 362_400, 450, 3];
/// The storage that holds both LSTM layers, and where in it the weights and biases of a layer lie: input, recurrent, both biases.
const LSTM: usize = 4;
const LAYERS: [[(usize, usize); 3]; 2] =
    [[(0, 90_000), (90_000, 90_000), (360_000, 1200)], [(180_000, 90_000), (270_000, 90_000), (361_200, 1200)]];

/// Makes the packed weights anew.
///
/// # Errors
/// Where the wheel can't be had, isn't the expected one, or has other data than expected.
pub fn make(root: &Path, given: Option<PathBuf>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = given.map_or_else(|| wheel::download(PACKAGE, folder.path()), Ok)?;
    let mut wheel = Wheel::open(&path, WHEEL_SHA256)?;
    let mut bytes = MAGIC.to_vec();
    for set in 1..=3 {
        let name = format!("BeatNet/models/model_{set}_weights.pt");
        let floats = packed(&wheel.bytes(&name)?).with_context(|| format!("{name} in the wheel"))?;
        bytes.extend(floats.iter().flat_map(|float| float.to_le_bytes()));
    }
    let out = root.join("assets/hear/beatnet.bin");
    std::fs::write(&out, &bytes).with_context(|| format!("{} can't be written", out.display()))?;
    println!("{}: three sets of weights in {} bytes", out.display(), bytes.len());
    Ok(())
}

/// All floats of one set in the order in which the network reads them. A file of weights is a zip of raw little-endian storages beside
/// a pickle that says which tensor lies where; as the wheel's hash is known, so are the places.
fn packed(file: &[u8]) -> Result<Vec<f32>> {
    let mut archive = ZipArchive::new(Cursor::new(file))?;
    let mut packed = Vec::new();
    for (index, &length) in STORAGES.iter().enumerate() {
        let mut bytes = Vec::new();
        archive.by_name(&format!("archive/data/{index}"))?.read_to_end(&mut bytes)?;
        if bytes.len() != 4 * length {
            bail!("storage {index} has {} bytes, expected {}", bytes.len(), 4 * length);
        }
        let floats: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        if let Some(odd) = floats.iter().find(|float| !float.is_finite()) {
            bail!("storage {index} holds {odd}");
        }
        match index == LSTM {
            true => LAYERS.iter().flatten().for_each(|&(from, count)| packed.extend(&floats[from..from + count])),
            false => packed.extend(floats),
        }
    }
    Ok(packed)
}

/// Unpacks the whole package into a folder, to compare with.
///
/// # Errors
/// Where the wheel can't be had or isn't the expected one.
pub fn unpack(folder: &Path) -> Result<()> {
    let aside = tempfile::tempdir()?;
    let mut wheel = Wheel::open(&wheel::download(PACKAGE, aside.path())?, WHEEL_SHA256)?;
    wheel.unpack(folder)
}
