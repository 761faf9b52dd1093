//! What may be asked of a person.

use super::{TreatmentError, in_range, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::collections::BTreeMap;

/// What is asked of one person; what is left out is the preset's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PersonWishes {
    /// The person that this one starts from; Cop's is `officer` and Kid's is `youth`.
    pub preset: Option<Preset>,
    /// Build of the body and face from 0, female, to 1, male; a file may also say `"female"` or `"male"`.
    #[serde(deserialize_with = "sex")]
    #[schemars(schema_with = "schema::sex")]
    pub sex: Option<f64>,
    /// Age in years, 16..90.
    #[schemars(range(min = 16.0, max = 90.0))]
    pub age_years: Option<f64>,
    /// Standing height in metres, 1.45..2.05.
    #[schemars(range(min = 1.45, max = 2.05))]
    pub height_m: Option<f64>,
    /// Mass in kilograms, 40..160; with another height than the preset's, what is left out keeps the preset's body-mass index.
    #[schemars(range(min = 40.0, max = 160.0))]
    pub mass_kg: Option<f64>,
    /// Muscle, 0 (wasted) .. 1 (an athlete's); 0.5 is the average of the age and sex.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub muscle: Option<f64>,
    /// Proportions, 0 (long trunk, short limbs, far from the sculptors' canon) .. 1 (the canon); 0.5 is the average.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub proportions: Option<f64>,
    /// Where the forebears came from.
    pub ancestry: Option<AncestryWishes>,
    /// `[name]`: amounts −1..1 of the details in [`FACE_DETAILS`]; 0 is the average of the age, sex and ancestry. Replaces single values of
    /// the preset's.
    #[schemars(schema_with = "schema::face")]
    pub face: BTreeMap<String, f64>,
    /// Diffuse reflectance of the skin, 0.05..0.6.
    #[schemars(range(min = 0.05, max = 0.6))]
    pub skin_reflectance: Option<f64>,
    /// Hair of the head.
    pub hair: HairWishes,
    /// Strength of the eyebrows, 0 (none) .. 1 (heavy).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub brows: Option<f64>,
    /// Shadow of a beard, 0 (none) .. 1 (some days unshaven).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub stubble: Option<f64>,
    /// What is worn.
    pub dress: Option<Dress>,
    /// What shows first in the face.
    pub temperament: TemperamentWishes,
}

/// A person to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// A white man of 46 in uniform, tall and heavy.
    Officer,
    /// A Black man of 20 in a hooded top, slight and quick.
    Youth,
    /// A woman of 74, small and thin, half of Asian descent, in a shirt.
    Veteran,
    /// A woman of 27, heavy and strong, of African and European descent, in a T-shirt.
    Worker,
}

/// Weights of where the forebears came from; at least one over 0, each 0..1000, of which only the ratios count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AncestryWishes {
    /// Africa south of the Sahara.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub african: f64,
    /// East Asia.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub asian: f64,
    /// Europe.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub european: f64,
}

/// What is asked of the hair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HairWishes {
    /// Cut.
    pub style: Option<HairStyle>,
    /// How dense it grows, 0 (bald) .. 1 (thick).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub density: Option<f64>,
    /// Reflectance of the hairs that have their pigment, 0.01 (black) .. 0.7 (white); white ones are mixed in by `grey`.
    #[schemars(range(min = 0.01, max = 0.7))]
    pub tone: Option<f64>,
    /// Share of white hairs, 0 (none, or dyed) .. 1; left out, what is usual at the age, sex and ancestry.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub grey: Option<f64>,
    /// How far the hairline has gone back, 0..1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub receding: Option<f64>,
    /// Length on the crown in millimetres, 0.5..350.
    #[schemars(range(min = 0.5, max = 350.0))]
    pub length_mm: Option<f64>,
}

/// A cut of hair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HairStyle {
    /// Down to the skin or nearly.
    Shaved,
    /// Short all over, combed forward.
    Short,
    /// Short at the sides, parted on the left.
    SidePart,
    /// Standing off in all directions.
    Afro,
    /// Loose curls.
    Curls,
    /// Very short and tight.
    Cropped,
    /// Drawn back into a knot.
    Bun,
    /// Hanging to the jaw.
    Bob,
}

/// What a person wears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dress {
    /// Uniform shirt, tie-less, with belt, dark trousers and boots.
    Uniform,
    /// Hooded top, jeans and sneakers.
    Hoodie,
    /// T-shirt, jeans and sneakers.
    TShirt,
    /// Plain buttoned shirt, dark trousers and shoes.
    Shirt,
}

/// What is asked of the temperament.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TemperamentWishes {
    /// Readiness to anger, 0..1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub anger: Option<f64>,
    /// Readiness to fear, 0..1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub fear: Option<f64>,
    /// Readiness to grief, 0..1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sorrow: Option<f64>,
}

/// A detail of the face that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceDetail {
    /// Name in the treatment.
    pub name: &'static str,
    /// What −1 means.
    pub less: &'static str,
    /// What +1 means.
    pub more: &'static str,
}

const fn detail(name: &'static str, less: &'static str, more: &'static str) -> FaceDetail {
    FaceDetail { name, less, more }
}

/// Every detail of the face, from the crown down.
pub const FACE_DETAILS: &[FaceDetail] = &[
    detail("head-width", "narrow", "broad"),
    detail("head-height", "low", "high"),
    detail("head-depth", "short front to back", "long"),
    detail("head-flesh", "lean", "fleshy"),
    detail("forehead-height", "low", "high"),
    detail("forehead-slope", "sloping back", "standing forward"),
    detail("temples", "hollow", "full"),
    detail("brow-height", "low", "high"),
    detail("brow-ridge", "flat", "heavy"),
    detail("brow-slant", "outer ends down", "outer ends up"),
    detail("eye-size", "small", "large"),
    detail("eye-opening", "narrow", "wide"),
    detail("eye-distance", "close-set", "wide-set"),
    detail("eye-slant", "outer corners down", "outer corners up"),
    detail("eye-fold", "no fold over the inner corner", "a fold"),
    detail("eye-lids", "hooded", "open"),
    detail("eye-bags", "none", "heavy"),
    detail("nose-length", "short", "long"),
    detail("nose-width", "narrow", "broad"),
    detail("nose-bridge", "low", "high"),
    detail("nose-depth", "flat", "standing out"),
    detail("nose-hump", "hollow", "humped"),
    detail("nose-tip", "hanging", "turned up"),
    detail("nose-tip-width", "thin", "bulbous"),
    detail("nostrils", "narrow", "wide"),
    detail("cheekbones", "flat", "high"),
    detail("cheeks", "thin", "full"),
    detail("cheek-hollow", "hollow", "filled"),
    detail("laugh-lines", "flat", "deep"),
    detail("mouth-width", "narrow", "wide"),
    detail("mouth-height", "low on the face", "high"),
    detail("mouth-corners", "drawn down", "drawn up"),
    detail("lips", "thin", "full"),
    detail("cupids-bow", "straight", "curved"),
    detail("chin-length", "short", "long"),
    detail("chin-width", "pointed", "broad"),
    detail("chin-forward", "receding", "standing out"),
    detail("chin-cleft", "smooth", "cleft"),
    detail("jaw-width", "narrow", "broad"),
    detail("jaw-drop", "high at the corners", "low"),
    detail("jaw-forward", "overbite", "underbite"),
    detail("double-chin", "taut", "hanging"),
    detail("ears", "small", "large"),
    detail("ears-out", "lying flat", "standing out"),
    detail("ear-lobes", "small", "large"),
    detail("neck-width", "thin", "thick"),
    detail("neck-length", "short", "long"),
];

/// The detail whose name is most like `name`.
pub fn nearest_detail(name: &str) -> &'static str {
    let likeness = |detail: &FaceDetail| strsim::jaro_winkler(name, detail.name);
    FACE_DETAILS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).map_or("", |detail| detail.name)
}

/// Greatest weight of an ancestry; only ratios count.
const MOST_ANCESTRY: f64 = 1000.0;

impl PersonWishes {
    /// Checks every number against its range; `who` is the table's name.
    ///
    /// # Errors
    /// [`TreatmentError::OutOfRange`] for the first field that is out of range; [`TreatmentError::UnknownDetail`] for a detail of the face
    /// that isn't in [`FACE_DETAILS`].
    pub fn check(&self, who: &str) -> Result<(), TreatmentError> {
        let (hair, temperament) = (&self.hair, &self.temperament);
        for (field, value, least, most) in [
            ("sex", self.sex, 0.0, 1.0),
            ("age-years", self.age_years, 16.0, 90.0),
            ("height-m", self.height_m, 1.45, 2.05),
            ("mass-kg", self.mass_kg, 40.0, 160.0),
            ("muscle", self.muscle, 0.0, 1.0),
            ("proportions", self.proportions, 0.0, 1.0),
            ("skin-reflectance", self.skin_reflectance, 0.05, 0.6),
            ("hair.density", hair.density, 0.0, 1.0),
            ("hair.tone", hair.tone, 0.01, 0.7),
            ("hair.grey", hair.grey, 0.0, 1.0),
            ("hair.receding", hair.receding, 0.0, 1.0),
            ("hair.length-mm", hair.length_mm, 0.5, 350.0),
            ("brows", self.brows, 0.0, 1.0),
            ("stubble", self.stubble, 0.0, 1.0),
            ("temperament.anger", temperament.anger, 0.0, 1.0),
            ("temperament.fear", temperament.fear, 0.0, 1.0),
            ("temperament.sorrow", temperament.sorrow, 0.0, 1.0),
        ] {
            in_range(&format!("{who}.{field}"), value, least, most)?;
        }
        self.check_face(who)?;
        self.ancestry.map_or(Ok(()), |ancestry| ancestry.check(who))
    }

    fn check_face(&self, who: &str) -> Result<(), TreatmentError> {
        for (name, &amount) in &self.face {
            let field = format!("{who}.face.{name}");
            if !FACE_DETAILS.iter().any(|detail| detail.name == name) {
                return Err(TreatmentError::UnknownDetail { field, nearest: nearest_detail(name) });
            }
            in_range(&field, Some(amount), -1.0, 1.0)?;
        }
        Ok(())
    }
}

impl AncestryWishes {
    fn check(&self, who: &str) -> Result<(), TreatmentError> {
        for (name, weight) in [("african", self.african), ("asian", self.asian), ("european", self.european)] {
            in_range(&format!("{who}.ancestry.{name}"), Some(weight), 0.0, MOST_ANCESTRY)?;
        }
        if self.african + self.asian + self.european > 0.0 {
            return Ok(());
        }
        let (field, value) = (format!("{who}.ancestry"), "all 0".into());
        Err(TreatmentError::OutOfRange { field, value, wanted: "at least one weight over 0".into() })
    }
}

/// A number 0..1, or a word for one of its ends.
fn sex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Number(f64),
        Word(String),
    }
    match Option::<Said>::deserialize(deserializer) {
        Ok(None) => Ok(None),
        Ok(Some(Said::Number(number))) => Ok(Some(number)),
        Ok(Some(Said::Word(word))) if word == "female" => Ok(Some(0.0)),
        Ok(Some(Said::Word(word))) if word == "male" => Ok(Some(1.0)),
        _ => Err(D::Error::custom("it must be a number from 0 (female) to 1 (male), \"female\" or \"male\"")),
    }
}
