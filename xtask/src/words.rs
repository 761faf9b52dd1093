//! The sentiment lexicon: the words of VADER, taken from its PyPI package into `assets/words/vader.tsv`.

use crate::assets::wheel::{self, Wheel};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The package and its version.
const PACKAGE: &str = "vaderSentiment==3.3.2";

/// SHA-256 of `vaderSentiment-3.3.2-py2.py3-none-any.whl`.
const WHEEL_SHA256: &str = "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311";

/// Makes the lexicon and its licence file anew.
///
/// `arguments`: nothing, or `--wheel PATH` to use a wheel that was downloaded before.
///
/// # Errors
/// Where the wheel can't be had, isn't the expected one, or has other data than expected.
pub fn make(root: &Path, arguments: &[String]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = match arguments {
        [] => wheel::download(PACKAGE, folder.path())?,
        [flag, path] if flag == "--wheel" => PathBuf::from(path),
        _ => bail!("usage: cargo xtask words [--wheel PATH]"),
    };
    let mut wheel = Wheel::open(&path, WHEEL_SHA256)?;
    let words = words(&wheel.file("vaderSentiment/vader_lexicon.txt")?)?;
    let licence = wheel.file("vaderSentiment-3.3.2.dist-info/LICENSE.txt")?;
    let table: String = words.iter().map(|(word, valence)| format!("{word}\t{valence}\n")).collect();
    let out = root.join("assets/words");
    for (name, text) in [("vader.tsv", &table), ("LICENSE-vader.txt", &format!("{}\n", licence.replace("\r\n", "\n").trim_end()))] {
        std::fs::write(out.join(name), text).with_context(|| format!("{} can't be written", out.join(name).display()))?;
    }
    println!("{}: {} words", out.display(), words.len());
    Ok(())
}

/// Words of letters, apostrophes and hyphens with their valence; smileys and abbreviations with digits are in no lyrics.
fn words(lexicon: &str) -> Result<BTreeMap<String, String>> {
    let mut words = BTreeMap::new();
    for line in lexicon.lines() {
        let mut fields = line.split('\t');
        let (Some(word), Some(valence)) = (fields.next(), fields.next()) else { bail!("the lexicon has a line without a valence: {line}") };
        let plain =
            word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || "'-".contains(c)) && word.starts_with(|c: char| c != '\'');
        if plain {
            let number: f64 = valence.parse().with_context(|| format!("{word} has no number: {valence}"))?;
            words.insert(word.to_owned(), number.to_string());
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_and_smileys_are_not() {
        let found = words("grief\t-2.2\t0.7\t[-2]\n:-)\t1.3\t0.5\t[1]\nl8r\t0.1\t1\t[0]\n").unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("grief".to_owned(), "-2.2".to_owned())]);
        assert!(words("grief").is_err());
    }
}
