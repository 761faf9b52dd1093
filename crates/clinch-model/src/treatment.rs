//! What a director may ask for, as one TOML file.

use crate::Who;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a director asks for. Everything has a default, so an empty file is a treatment too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Treatment {
    /// Title of the film; the song's where empty.
    pub title: String,
    /// Seed of everything random.
    pub seed: u64,
    /// The struggle.
    pub story: StoryWishes,
    /// The heavier, older one.
    pub cop: PersonWishes,
    /// The slighter, younger one.
    pub kid: PersonWishes,
    /// The picture.
    pub picture: PictureWishes,
}

/// What is asked of the story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StoryWishes {
    /// Holds that must not be used, by name.
    pub forbid_holds: Vec<String>,
    /// Song times, in seconds, at which leverage must change sides, besides those that the sections give.
    pub reversals_at: Vec<f64>,
    /// Who leads at the beginning.
    pub opens_with: Who,
    /// Fatigue in the first frame, 0.5..0.95.
    pub fatigue: f64,
}

impl Default for StoryWishes {
    fn default() -> Self {
        Self { forbid_holds: Vec::new(), reversals_at: Vec::new(), opens_with: Who::Cop, fatigue: 0.65 }
    }
}

/// What is asked of one person; the person's own default where left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PersonWishes {
    /// Standing height in metres, 1.45..2.05.
    pub height_m: Option<f64>,
    /// Mass in kilograms, 45..140.
    pub mass_kg: Option<f64>,
    /// Diffuse reflectance of the skin, 0.05..0.6.
    pub skin_reflectance: Option<f64>,
    /// What is worn: `uniform`, `hoodie` or `t-shirt`.
    pub dress: Option<Dress>,
}

/// What a person wears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dress {
    /// Uniform shirt, tie-less, with belt, dark trousers and boots.
    Uniform,
    /// Hooded top, jeans and sneakers.
    Hoodie,
    /// T-shirt, jeans and sneakers.
    TShirt,
}

/// What is asked of the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PictureWishes {
    /// Picture size such as `1280x720`.
    pub size: Option<String>,
    /// Frames a second such as `24`.
    pub fps: Option<String>,
    /// Strength of the film grain, 0..2.
    pub grain: Option<f64>,
}

/// A treatment that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreatmentError {
    /// The file can't be read.
    #[error("the treatment {} can't be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file isn't TOML, or has an unknown key or a value of the wrong kind.
    #[error("the treatment {} is wrong:\n{reason}\n`clinch new` writes one with every key explained", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A value is out of its range.
    #[error("the treatment's `{field}` is {value}: it must be {wanted}")]
    OutOfRange {
        /// Dotted name of the field.
        field: String,
        /// What it says.
        value: String,
        /// What would be right.
        wanted: String,
    },
}

impl Treatment {
    /// Reads and checks a treatment.
    ///
    /// # Errors
    /// [`TreatmentError`] naming the file and line, or the field and its range.
    pub fn read(path: &Path) -> Result<Self, TreatmentError> {
        let text = std::fs::read_to_string(path).map_err(|source| TreatmentError::Unreadable { path: path.into(), source })?;
        let treatment: Self =
            toml::from_str(&text).map_err(|error| TreatmentError::Malformed { path: path.into(), reason: error.to_string() })?;
        treatment.check()?;
        Ok(treatment)
    }

    /// Checks every number against its range. Hold names are checked by the plot stage, which knows the holds.
    ///
    /// # Errors
    /// [`TreatmentError::OutOfRange`] for the first field that is out of range.
    pub fn check(&self) -> Result<(), TreatmentError> {
        in_range("story.fatigue", Some(self.story.fatigue), 0.5, 0.95)?;
        for (index, &at) in self.story.reversals_at.iter().enumerate() {
            in_range(&format!("story.reversals-at[{index}]"), Some(at), 0.0, 36_000.0)?;
        }
        for (name, person) in [("cop", &self.cop), ("kid", &self.kid)] {
            in_range(&format!("{name}.height-m"), person.height_m, 1.45, 2.05)?;
            in_range(&format!("{name}.mass-kg"), person.mass_kg, 45.0, 140.0)?;
            in_range(&format!("{name}.skin-reflectance"), person.skin_reflectance, 0.05, 0.6)?;
        }
        in_range("picture.grain", self.picture.grain, 0.0, 2.0)?;
        parses::<crate::Size>("picture.size", self.picture.size.as_deref())?;
        parses::<crate::FrameRate>("picture.fps", self.picture.fps.as_deref())
    }

    /// The wishes for one person.
    pub fn person(&self, who: Who) -> &PersonWishes {
        match who {
            Who::Cop => &self.cop,
            Who::Kid => &self.kid,
        }
    }
}

fn in_range(field: &str, value: Option<f64>, least: f64, most: f64) -> Result<(), TreatmentError> {
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(TreatmentError::OutOfRange {
            field: field.into(),
            value: value.to_string(),
            wanted: format!("a number from {least} to {most}"),
        }),
        _ => Ok(()),
    }
}

fn parses<T: std::str::FromStr<Err = String>>(field: &str, value: Option<&str>) -> Result<(), TreatmentError> {
    match value.map(str::parse::<T>) {
        Some(Err(wanted)) => Err(TreatmentError::OutOfRange { field: field.into(), value: format!("{value:?}"), wanted }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Treatment, String> {
        let treatment: Treatment = toml::from_str(text).map_err(|error| error.to_string())?;
        treatment.check().map_err(|error| error.to_string())?;
        Ok(treatment)
    }

    #[test]
    fn an_empty_treatment_is_the_default() {
        assert_eq!(read(""), Ok(Treatment::default()));
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for (text, named) in [
            ("[cop]\nheight-m = 3.0", "cop.height-m"),
            ("[story]\nfatigue = 0.1", "story.fatigue"),
            ("[story]\nfatigeu = 0.7", "fatigeu"),
            ("[picture]\nsize = \"big\"", "picture.size"),
            ("[kid]\ndress = \"tuxedo\"", "tuxedo"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
