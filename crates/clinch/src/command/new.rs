//! `clinch new`.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::{io::Write, path::PathBuf, process::ExitCode};

/// The treatment that `clinch new` writes: every key with its default, commented.
pub const TREATMENT: &str = include_str!("treatment.toml");

/// `clinch new`.
#[derive(Debug, Args)]
pub struct New {
    /// Where to write it; `-` for the standard output
    #[arg(short, long = "out", value_name = "FILE", default_value = "treatment.toml")]
    out: PathBuf,
}

impl New {
    pub fn run(self) -> Result<ExitCode> {
        if self.out.as_os_str() == "-" {
            super::write_out(TREATMENT)?;
            return Ok(ExitCode::SUCCESS);
        }
        let name = self.out.display();
        let mut file = match std::fs::File::create_new(&self.out) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                bail!("{name} is there already; choose another name with -o")
            }
            Err(error) => return Err(error).with_context(|| format!("{name} can't be written; choose another place with -o")),
        };
        file.write_all(TREATMENT.as_bytes()).with_context(|| format!("{name} can't be written"))?;
        tell!("{name}: edit it, then `clinch make SONG --treatment {name}`");
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::TREATMENT;
    use clinch_cast::person::PersonSpec;
    use clinch_model::{Treatment, Who, treatment::FACE_DETAILS};

    /// The treatment with every key set that is only shown: a comment that is a key has the form `#: key = value`.
    fn all_set() -> Treatment {
        let all: String = TREATMENT.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).fold(String::new(), |t, l| t + l + "\n");
        let treatment: Treatment = toml::from_str(&all).unwrap();
        treatment.check().unwrap();
        treatment
    }

    #[test]
    fn the_treatment_that_is_written_asks_for_nothing_new() {
        assert_eq!(toml::from_str::<Treatment>(TREATMENT).unwrap(), Treatment::default());
    }

    #[test]
    fn every_key_of_a_person_and_the_picture_is_shown() {
        fn no_nulls(value: &serde_json::Value, path: &str) {
            assert!(!value.is_null(), "{path} isn't shown");
            for (key, value) in value.as_object().into_iter().flatten() {
                no_nulls(value, &format!("{path}.{key}"));
            }
        }
        let treatment = all_set();
        no_nulls(&serde_json::to_value(&treatment).unwrap(), "treatment");
        for who in Who::BOTH {
            assert_eq!(treatment.person(who).face.len(), FACE_DETAILS.len(), "{who}");
        }
    }

    #[test]
    fn the_values_that_are_shown_are_the_defaults() {
        for who in Who::BOTH {
            assert_eq!(PersonSpec::of(who, &all_set()).unwrap(), PersonSpec::of(who, &Treatment::default()).unwrap());
        }
    }
}
