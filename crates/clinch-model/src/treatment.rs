//! What a director may ask for, as one TOML file.

mod light;
mod origin;
mod person;
mod schema;

pub use origin::{Origin, Place};

pub use light::{Accent, LightWishes, TimeOfDay};
pub use person::{
    AncestryWishes, Dress, FACE_DETAILS, FaceDetail, HairStyle, HairWishes, PersonWishes, Preset, TemperamentWishes, nearest_detail,
};

pub use schema::schema;

use crate::Who;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a director asks for. Everything has a default, so an empty file is a treatment too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
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
    /// The place and its light.
    pub light: LightWishes,
    /// The picture.
    pub picture: PictureWishes,
    /// The five seconds before the struggle.
    pub opening: OpeningWishes,
    /// The song's words.
    pub lyrics: LyricsWishes,
    /// The face in which everything is set.
    #[serde(rename = "type")]
    pub typeface: TypeWishes,
    /// The file that it was read from, for messages.
    #[serde(skip)]
    pub origin: Origin,
}

/// What is asked of the story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StoryWishes {
    /// Holds that must not be used, by name.
    pub forbid_holds: Vec<String>,
    /// Song times, in seconds, at which leverage must change sides, besides those that the sections give.
    #[schemars(inner(range(min = 0.0, max = 36000.0)))]
    pub reversals_at: Vec<f64>,
    /// Song time, in seconds, of the one shove; left out: the strongest moment in which Cop leads.
    #[schemars(range(min = 0.0, max = 36000.0))]
    pub shove_at: Option<f64>,
    /// Song times, in seconds, at which they look at each other, besides those where the song softens.
    #[schemars(inner(range(min = 0.0, max = 36000.0)))]
    pub recognitions_at: Vec<f64>,
    /// Files of holds to be used besides the program's (`docs/holds.md`); relative to the treatment's file until it is read, absolute then.
    pub holds: Vec<PathBuf>,
    /// Who leads at the beginning.
    pub opens_with: Who,
    /// Fatigue in the first frame, 0.5..0.95.
    #[schemars(range(min = 0.5, max = 0.95))]
    pub fatigue: f64,
}

impl Default for StoryWishes {
    fn default() -> Self {
        Self {
            forbid_holds: Vec::new(),
            reversals_at: Vec::new(),
            shove_at: None,
            recognitions_at: Vec::new(),
            holds: Vec::new(),
            opens_with: Who::Cop,
            fatigue: 0.65,
        }
    }
}

/// What is asked of the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PictureWishes {
    /// Picture size such as `1280x720`.
    #[schemars(regex(pattern = "^[0-9]+x[0-9]+$"))]
    pub size: Option<String>,
    /// Frames a second such as `24`.
    #[schemars(regex(pattern = "^[0-9]+([.][0-9]+|/[0-9]+)?$"))]
    pub fps: Option<String>,
    /// Strength of the film grain, 0..2.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub grain: Option<f64>,
}

/// What is asked of the opening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct OpeningWishes {
    /// Whether there is one.
    pub show: bool,
    /// Title on its card; the film's where empty.
    pub title: String,
    /// Who the film is by, under the title; left out: the song's artist.
    pub by: Option<String>,
    /// Whose faces and names are shown, in this order; left out: the cast's names.
    pub performers: Option<Vec<PerformerWishes>>,
}

impl Default for OpeningWishes {
    fn default() -> Self {
        Self { show: true, title: String::new(), by: None, performers: None }
    }
}

/// Somebody whom the opening shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PerformerWishes {
    /// The name on the card.
    pub name: String,
    /// A PNG or JPEG file; relative to the treatment's file until it is read, absolute then. Left out: a card of type.
    #[serde(default)]
    pub portrait: Option<PathBuf>,
}

/// What is asked of the lyrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LyricsWishes {
    /// How they show in the picture.
    pub show: ShowLyrics,
    /// Whether they are written beside the film as subtitles.
    pub subtitles: bool,
}

/// How lyrics show in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShowLyrics {
    /// Not at all.
    #[default]
    None,
    /// A line at once.
    Line,
    /// Word after word.
    Word,
}

/// What is asked of the type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TypeWishes {
    /// A font file (TrueType, OpenType) instead of the program's face; relative to the treatment's file until it is read, absolute then.
    pub face: Option<PathBuf>,
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
        /// What is wrong: dotted name, line and column, and the nearest right word where one is near.
        reason: String,
    },
    /// A face detail that there isn't.
    #[error("the treatment's `{field}` is unknown: the nearest is `{nearest}`; `clinch new` lists all of them")]
    UnknownDetail {
        /// Dotted name of the detail.
        field: String,
        /// The detail that is most like it.
        nearest: &'static str,
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
    /// What is wrong with a value, and where it stands.
    #[error("{place}: {wrong}")]
    Placed {
        /// The file and the line.
        place: Place,
        /// What is wrong.
        wrong: Box<TreatmentError>,
    },
}

impl Treatment {
    /// Reads and checks a treatment.
    ///
    /// # Errors
    /// [`TreatmentError`] naming the file and line, or the field and its range.
    pub fn read(path: &Path) -> Result<Self, TreatmentError> {
        let text = std::fs::read_to_string(path).map_err(|source| TreatmentError::Unreadable { path: path.into(), source })?;
        let mut treatment = Self::parse(&text).map_err(|reason| TreatmentError::Malformed { path: path.into(), reason })?;
        let Treatment { story, opening, typeface, .. } = &mut treatment;
        let portraits = opening.performers.iter_mut().flatten().filter_map(|performer| performer.portrait.as_mut());
        for file in story.holds.iter_mut().chain(portraits).chain(typeface.face.as_mut()) {
            let beside = path.parent().unwrap_or(Path::new("")).join(&*file);
            *file = std::path::absolute(&beside).map_err(|source| TreatmentError::Unreadable { path: beside, source })?;
        }
        treatment.origin = Origin::new(path, text);
        treatment.check()?;
        Ok(treatment)
    }

    /// Reads a treatment without checking its numbers; says where and what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        parse_toml(text)
    }

    /// Checks every number against its range and every face detail's name. Hold names are checked by the plot stage, which knows the holds.
    ///
    /// # Errors
    /// [`TreatmentError::OutOfRange`] for the first field that is out of range, [`TreatmentError::UnknownDetail`]; either within
    /// [`TreatmentError::Placed`] where a file was read.
    pub fn check(&self) -> Result<(), TreatmentError> {
        self.check_values().map_err(|error| self.placed(error))
    }

    /// An error with the place of its field in the file that was read; the error alone where none was.
    pub fn placed(&self, error: TreatmentError) -> TreatmentError {
        let field = match &error {
            TreatmentError::OutOfRange { field, .. } | TreatmentError::UnknownDetail { field, .. } => field,
            _ => return error,
        };
        match self.origin.place_of(field) {
            Some(place) => TreatmentError::Placed { place, wrong: Box::new(error) },
            None => error,
        }
    }

    fn check_values(&self) -> Result<(), TreatmentError> {
        in_range("story.fatigue", Some(self.story.fatigue), 0.5, 0.95)?;
        for (name, times) in [("reversals-at", &self.story.reversals_at), ("recognitions-at", &self.story.recognitions_at)] {
            for (index, &at) in times.iter().enumerate() {
                in_range(&format!("story.{name}[{index}]"), Some(at), 0.0, LONGEST_SONG_SECS)?;
            }
        }
        in_range("story.shove-at", self.story.shove_at, 0.0, LONGEST_SONG_SECS)?;
        for (index, performer) in self.opening.performers.iter().flatten().enumerate() {
            if performer.name.trim().is_empty() && performer.portrait.is_none() {
                let field = format!("opening.performers[{index}].name");
                return Err(TreatmentError::OutOfRange {
                    field,
                    value: "empty".into(),
                    wanted: "a name, or have a portrait beside it".into(),
                });
            }
        }
        self.cop.check("cop")?;
        self.kid.check("kid")?;
        self.light.check()?;
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

/// Times beyond this are slips, in seconds: ten hours.
const LONGEST_SONG_SECS: f64 = 36_000.0;

/// Reads TOML; says where and what is wrong with it, and the nearest right word where one is near.
pub(crate) fn parse_toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let deserializer = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let at = error.path().to_string();
        let cause = error.into_inner();
        let place = if at == "." { String::new() } else { format!("`{at}`: ") };
        let hint = nearest_expected(cause.message()).map_or(String::new(), |word| format!("\nperhaps `{word}` is meant"));
        // Serde names its own types.
        let said = cause.to_string().replace("expected f64", "expected a number");
        format!("{place}{}{hint}", said.trim_end())
    })
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

/// Likeness, 0..1, from which a word counts as a slip of another.
const SLIP: f64 = 0.6;

/// The word nearest to the wrong one in a message of serde's such as "unknown field `a`, expected `b` or `c`"; none in other messages or
/// where no word is near.
fn nearest_expected(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    // Every second piece between backticks is a word: first the wrong one, then the right ones.
    let mut words = message.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    let likeness = |word: &str| strsim::jaro_winkler(wrong, word);
    let nearest = words.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= SLIP).then_some(nearest)
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
        let treatment = Treatment::parse(text)?;
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
            ("[cop]\nmass-kg = 39.9", "cop.mass-kg"),
            ("[kid]\nsex = 1.5", "kid.sex"),
            ("[kid]\nsex = \"mail\"", "kid.sex"),
            ("[kid]\nage-years = 15.0", "kid.age-years"),
            ("[kid]\nage-years = nan", "kid.age-years"),
            ("[kid]\nmuscle = -0.1", "kid.muscle"),
            ("[kid]\nproportions = 1.1", "kid.proportions"),
            ("[kid]\nancestry = { asian = -1.0 }", "kid.ancestry.asian"),
            ("[kid]\nancestry = { african = 0.0 }", "kid.ancestry"),
            ("[kid.face]\nnose-width = 1.5", "kid.face.nose-width"),
            ("[cop]\nskin-reflectance = 0.61", "cop.skin-reflectance"),
            ("[cop.hair]\nstyle = \"mohawk\"", "cop.hair.style"),
            ("[cop.hair]\ndensity = 2.0", "cop.hair.density"),
            ("[cop.hair]\ntone = 0.0", "cop.hair.tone"),
            ("[cop.hair]\ngrey = 1.1", "cop.hair.grey"),
            ("[cop.hair]\ngrey = \"white\"", "cop.hair.grey"),
            ("[cop.hair]\nreceding = -0.5", "cop.hair.receding"),
            ("[cop.hair]\nlength-mm = 0.0", "cop.hair.length-mm"),
            ("[cop]\nbrows = 7", "cop.brows"),
            ("[cop]\nstubble = \"full\"", "cop.stubble"),
            ("[cop]\npreset = \"boxer\"", "cop.preset"),
            ("[cop.temperament]\nfear = 1.01", "cop.temperament.fear"),
            ("[story]\nfatigue = 0.1", "story.fatigue"),
            ("[story]\nshove-at = -1", "story.shove-at"),
            ("[story]\nrecognitions-at = [3, nan]", "story.recognitions-at[1]"),
            ("[story]\nholds = [3]", "story.holds[0]"),
            ("[picture]\nsize = \"big\"", "picture.size"),
            ("[light]\nset = \"moon\"", "light.set"),
            ("[light]\ntime = \"noon\"", "light.time"),
            ("[light]\nwet = 1.5", "light.wet"),
            ("[light]\nfill = -1.0", "light.fill"),
            ("[light]\naccent = \"blue\"", "light.accent"),
            ("[light]\nweave = 2.1", "light.weave"),
            ("[kid]\ndress = \"tuxedo\"", "tuxedo"),
            ("[lyrics]\nshow = \"syllable\"", "lyrics.show"),
            ("[opening]\nperformers = [{ name = \" \" }]", "opening.performers[0].name"),
            ("[opening]\nperformers = [{ name = \"Ada\", face = \"a.png\" }]", "face"),
            ("[type]\nface = 3", "type.face"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(&format!("`{named}`")), "{text}: {error}");
        }
    }

    #[test]
    fn a_slip_is_answered_with_the_nearest_right_word() {
        for (text, named, nearest) in [
            ("[story]\nfatigeu = 0.7", "fatigeu", "fatigue"),
            ("[kid]\nheigth-m = 1.7", "heigth-m", "height-m"),
            ("[kid.hair]\nlenght-mm = 10", "lenght-mm", "length-mm"),
            ("[kid.hair]\nstyle = \"crop\"", "crop", "cropped"),
            ("[kid]\npreset = \"office\"", "office", "officer"),
            ("[kid.face]\nnose-widht = 0.2", "kid.face.nose-widht", "nose-width"),
            ("[kid.face]\nchin-with = 0.2", "kid.face.chin-with", "chin-width"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(&format!("`{named}`")), "{text}: {error}");
            assert!(
                error.contains(&format!("`{nearest}` is meant")) || error.contains(&format!("nearest is `{nearest}`")),
                "{text}: {error}"
            );
        }
        // Nothing is suggested where nothing is near.
        assert!(!read("[kid]\nzzz = 1").unwrap_err().contains("perhaps"));
    }

    #[test]
    fn a_whole_person_can_be_asked_for() {
        let treatment = read(
            "[kid]\npreset = \"veteran\"\nsex = \"female\"\nage-years = 70\nancestry = { asian = 1, european = 1 }\ndress = \"shirt\"\n\
             [kid.face]\nnose-width = -0.4\n[kid.hair]\nstyle = \"side-part\"\n[kid.temperament]\nanger = 0.2",
        )
        .unwrap();
        let kid = &treatment.kid;
        assert_eq!((kid.preset, kid.sex, kid.age_years), (Some(Preset::Veteran), Some(0.0), Some(70.0)));
        assert_eq!(kid.ancestry, Some(AncestryWishes { african: 0.0, asian: 1.0, european: 1.0 }));
        assert_eq!((kid.dress, kid.hair.style, kid.face["nose-width"]), (Some(Dress::Shirt), Some(HairStyle::SidePart), -0.4));
        assert_eq!(kid.temperament.anger, Some(0.2));
    }

    #[test]
    fn files_are_named_from_the_treatments_folder_on() {
        let folder = std::env::temp_dir().join(format!("clinch-treatment-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("t.toml");
        std::fs::write(&path, "[opening]\nperformers = [{ name = \"Ada\", portrait = \"faces/ada.png\" }]\n[type]\nface = \"f.ttf\"")
            .unwrap();
        let treatment = Treatment::read(&path).unwrap();
        assert_eq!(treatment.opening.performers.unwrap()[0].portrait, Some(folder.join("faces/ada.png")));
        assert_eq!(treatment.typeface.face, Some(folder.join("f.ttf")));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_treatment_survives_a_saved_job() {
        // Jobs are kept as JSON, in which what was left out is null.
        for text in ["", "[kid]\nsex = 0.25\n[kid.face]\nlips = 0.1\n[kid.hair]\ntone = 0.3"] {
            let treatment = read(text).unwrap();
            let saved = serde_json::to_string(&treatment).unwrap();
            assert_eq!(serde_json::from_str::<Treatment>(&saved).unwrap(), treatment);
        }
    }
}
