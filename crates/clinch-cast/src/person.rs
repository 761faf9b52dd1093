//! Who somebody is, in numbers: a preset with a treatment's wishes.

use crate::{
    age,
    details::{DETAILS, reach},
};
use clinch_model::{
    Temperament, Treatment, Who,
    treatment::{AncestryWishes, Dress, HairStyle, HairWishes, PersonWishes, Preset, TemperamentWishes, TreatmentError},
};

/// Body-mass index within which bodies are made, in kg/m²: from what is barely survived (about 13; Henry, "Body mass index and the limits of
/// human survival", European Journal of Clinical Nutrition 44, 1990) to five times that.
const BMI_LIMITS: (f64, f64) = (13.0, 60.0);

/// Everything that makes one of the two this person and no other; nothing is left open.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonSpec {
    /// Which of the two.
    pub who: Who,
    /// 0 female .. 1 male.
    pub sex: f32,
    /// Age, 16..90 years.
    pub age_years: f32,
    /// Standing height, 1.45..2.05.
    pub height_m: f32,
    /// Mass, 40..160.
    pub mass_kg: f32,
    /// Muscle, 0..1; 0.5 is the average of age and sex.
    pub muscle: f32,
    /// Proportions, 0..1; 0.5 is the average.
    pub proportions: f32,
    /// Shares of the forebears' origins.
    pub ancestry: Ancestry,
    /// `[row of DETAILS]`: how far the targets of each detail of the face are driven: over 0 the first, under 0 the second, −1..1. This is
    /// what was asked times the detail's [`reach`].
    pub face: [f32; DETAILS.len()],
    /// Diffuse reflectance of the skin, 0.05..0.6.
    pub skin_reflectance: f32,
    /// Hair of the head.
    pub hair: Hair,
    /// Strength of the eyebrows, 0..1.
    pub brows: f32,
    /// Shadow of a beard, 0..1.
    pub stubble: f32,
    /// What is worn.
    pub dress: Dress,
    /// What shows first in the face.
    pub temperament: Temperament,
    /// Seed of skin, hair, folds and the small differences between the sides of the face.
    pub seed: u64,
}

/// Shares of the forebears' origins, each 0..1; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ancestry {
    /// Africa south of the Sahara.
    pub african: f32,
    /// East Asia.
    pub asian: f32,
    /// Europe.
    pub european: f32,
}

/// Hair of the head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hair {
    /// Cut.
    pub style: HairStyle,
    /// How dense it grows, 0..1.
    pub density: f32,
    /// Reflectance of the hairs that have their pigment, 0.01..0.7.
    pub tone: f32,
    /// Share of white hairs over the whole head, 0..1.
    pub grey: f32,
    /// How far the hairline has gone back, 0..1.
    pub receding: f32,
    /// Length on the crown, 0.5..350 mm.
    pub length_mm: f32,
}

impl PersonSpec {
    /// What a treatment asks for in one of the two, the rest taken from the preset.
    ///
    /// # Errors
    /// [`TreatmentError`] for a wish that is out of its range or whose mass is out of reach of its height.
    pub fn of(who: Who, treatment: &Treatment) -> Result<Self, TreatmentError> {
        let (wishes, table) = (treatment.person(who), who.to_string().to_lowercase());
        wishes.check(&table).map_err(|error| treatment.placed(error))?;
        let preset = preset(wishes.preset.unwrap_or(match who {
            Who::Cop => Preset::Officer,
            Who::Kid => Preset::Youth,
        }));
        let (height_m, mass_kg) = height_and_mass(wishes, &preset, &table).map_err(|error| treatment.placed(error))?;
        let number = |wish: Option<f64>, preset: f64| wish.unwrap_or(preset) as f32;
        let (sex, age_years) = (number(wishes.sex, preset.sex), number(wishes.age_years, preset.age_years));
        let ancestry = Ancestry::of(wishes.ancestry.unwrap_or(preset.ancestry));
        let hair = Hair::of(&wishes.hair, preset.hair, age::usual_grey(age_years, sex, ancestry));
        Ok(Self {
            who,
            sex,
            age_years,
            height_m: height_m as f32,
            mass_kg: mass_kg as f32,
            muscle: number(wishes.muscle, preset.muscle),
            proportions: number(wishes.proportions, preset.proportions),
            ancestry,
            face: face(wishes, preset.face),
            skin_reflectance: number(wishes.skin_reflectance, preset.skin_reflectance),
            hair,
            brows: number(wishes.brows, preset.brows),
            stubble: number(wishes.stubble, preset.stubble),
            dress: wishes.dress.unwrap_or(preset.dress),
            temperament: temperament(&wishes.temperament, preset.temperament),
            seed: treatment.seed,
        })
    }

    /// How far the targets of a detail of the face are driven, −1..1; 0 where there is none of that name.
    pub fn detail(&self, name: &str) -> f32 {
        DETAILS.iter().position(|row| row.0 == name).map_or(0.0, |row| self.face[row])
    }
}

/// Height and mass, in metres and kilograms. Whoever is made taller keeps the preset's build unless a mass is asked for too.
fn height_and_mass(wishes: &PersonWishes, preset: &Character, table: &str) -> Result<(f64, f64), TreatmentError> {
    let height_m = wishes.height_m.unwrap_or(preset.height_m);
    let square_m2 = height_m * height_m;
    let mass_kg = wishes.mass_kg.unwrap_or(preset.mass_kg / preset.height_m.powi(2) * square_m2);
    if (BMI_LIMITS.0..=BMI_LIMITS.1).contains(&(mass_kg / square_m2)) {
        return Ok((height_m, mass_kg));
    }
    let (least_kg, most_kg) = (BMI_LIMITS.0 * square_m2, BMI_LIMITS.1 * square_m2);
    Err(TreatmentError::OutOfRange {
        field: format!("{table}.mass-kg"),
        value: format!("{mass_kg:.1}"),
        wanted: format!("from {:.0} to {:.0} for a height of {height_m} m", least_kg.ceil(), most_kg.floor()),
    })
}

/// `[row of DETAILS]`: the preset's details with single ones replaced.
fn face(wishes: &PersonWishes, preset: &[(&str, f64)]) -> [f32; DETAILS.len()] {
    let drawn = |name: &str| preset.iter().find(|detail| detail.0 == name).map_or(0.0, |detail| detail.1);
    std::array::from_fn(|row| {
        let name = DETAILS[row].0;
        wishes.face.get(name).copied().unwrap_or_else(|| drawn(name)) as f32 * reach(name)
    })
}

fn temperament(wishes: &TemperamentWishes, preset: Temperament) -> Temperament {
    let number = |wish: Option<f64>, preset: f32| wish.map_or(preset, |wish| wish as f32);
    Temperament {
        anger: number(wishes.anger, preset.anger),
        fear: number(wishes.fear, preset.fear),
        sorrow: number(wishes.sorrow, preset.sorrow),
    }
}

impl Ancestry {
    fn of(weights: AncestryWishes) -> Self {
        let sum = weights.african + weights.asian + weights.european;
        let share = |weight: f64| (weight / sum) as f32;
        Self { african: share(weights.african), asian: share(weights.asian), european: share(weights.european) }
    }
}

impl Hair {
    /// `usual_grey` is the share of white hairs where none is asked for.
    fn of(wishes: &HairWishes, preset: Hair, usual_grey: f32) -> Self {
        let number = |wish: Option<f64>, preset: f32| wish.map_or(preset, |wish| wish as f32);
        let style = wishes.style.unwrap_or(preset.style);
        // Another cut than the preset's has its own length unless one is asked for.
        let usual_mm = if style == preset.style { preset.length_mm } else { usual_length_mm(style) };
        Self {
            style,
            density: number(wishes.density, preset.density),
            tone: number(wishes.tone, preset.tone),
            grey: number(wishes.grey, usual_grey),
            receding: number(wishes.receding, preset.receding),
            length_mm: number(wishes.length_mm, usual_mm),
        }
    }
}

/// Length on the crown that a cut usually has, in millimetres.
fn usual_length_mm(style: HairStyle) -> f32 {
    match style {
        HairStyle::Shaved => 1.0,
        HairStyle::Cropped => 6.0,
        HairStyle::Short => 18.0,
        HairStyle::SidePart => 60.0,
        HairStyle::Curls => 70.0,
        HairStyle::Afro => 90.0,
        HairStyle::Bun | HairStyle::Bob => 260.0,
    }
}

/// A preset: a person without a part in the film.
struct Character {
    sex: f64,
    age_years: f64,
    height_m: f64,
    mass_kg: f64,
    muscle: f64,
    proportions: f64,
    ancestry: AncestryWishes,
    /// Details of the face that differ from the average.
    face: &'static [(&'static str, f64)],
    skin_reflectance: f64,
    /// Its `grey` isn't read: that goes by the age.
    hair: Hair,
    brows: f64,
    stubble: f64,
    dress: Dress,
    temperament: Temperament,
}

fn preset(preset: Preset) -> Character {
    match preset {
        Preset::Officer => officer(),
        Preset::Youth => youth(),
        Preset::Veteran => veteran(),
        Preset::Worker => worker(),
    }
}

/// A man of 46 who was strong and has grown heavy: long face with a square jaw, a nose that was broken once, deep-set eyes that have slept
/// badly for years, thin lips. Quick to anger, slow to show fear.
fn officer() -> Character {
    Character {
        sex: 1.0,
        age_years: 46.0,
        height_m: 1.84,
        mass_kg: 94.0,
        muscle: 0.62,
        proportions: 0.45,
        ancestry: AncestryWishes { african: 0.0, asian: 0.0, european: 1.0 },
        face: &[
            ("head-height", 0.25),
            ("head-flesh", 0.25),
            ("forehead-height", -0.15),
            ("brow-height", -0.15),
            ("brow-ridge", 0.45),
            ("brow-slant", -0.1),
            ("eye-size", -0.25),
            ("eye-opening", -0.25),
            ("eye-distance", -0.15),
            ("eye-slant", -0.3),
            ("eye-lids", -0.35),
            ("eye-bags", 0.5),
            ("nose-length", 0.0),
            ("nose-width", 0.15),
            ("nose-hump", 0.3),
            ("nose-depth", -0.15),
            ("nose-tip", 0.05),
            ("laugh-lines", 0.5),
            ("mouth-width", 0.2),
            ("mouth-corners", -0.1),
            ("lips", -0.2),
            ("chin-width", 0.4),
            ("chin-length", 0.25),
            ("chin-cleft", 0.3),
            ("jaw-width", 0.5),
            ("double-chin", 0.25),
            ("ears", 0.3),
            ("ear-lobes", 0.4),
            ("neck-width", 0.35),
        ],
        skin_reflectance: 0.36,
        hair: Hair { style: HairStyle::SidePart, density: 0.8, tone: 0.09, grey: 0.0, receding: 0.35, length_mm: 38.0 },
        brows: 0.65,
        stubble: 0.4,
        dress: Dress::Uniform,
        temperament: Temperament { anger: 0.7, fear: 0.35, sorrow: 0.45 },
    }
}

/// A man of 20, slight and quick, too thin: a narrow, fine face with high cheekbones, large wide-set eyes under straight brows, a drawn upper
/// lip, ears that stand out a little, the chin of somebody who has only just grown up. He shows what he feels.
fn youth() -> Character {
    Character {
        sex: 1.0,
        age_years: 20.0,
        height_m: 1.76,
        mass_kg: 66.0,
        muscle: 0.5,
        proportions: 0.6,
        ancestry: AncestryWishes { african: 0.85, asian: 0.0, european: 0.15 },
        face: &[
            ("head-width", -0.2),
            ("head-flesh", -0.3),
            ("forehead-height", -0.2),
            ("temples", -0.15),
            ("brow-height", 0.15),
            ("brow-ridge", -0.15),
            ("eye-size", 0.25),
            ("eye-opening", 0.15),
            ("eye-distance", 0.25),
            ("eye-slant", 0.2),
            ("eye-lids", 0.2),
            ("nose-length", -0.1),
            ("nose-tip-width", 0.2),
            ("cheekbones", 0.45),
            ("cheeks", -0.3),
            ("cheek-hollow", -0.1),
            ("mouth-width", 0.1),
            ("cupids-bow", 0.4),
            ("lips", 0.1),
            ("chin-length", 0.2),
            ("chin-width", -0.3),
            ("jaw-width", -0.35),
            ("ears", 0.1),
            ("ears-out", 0.25),
            ("neck-width", -0.25),
            ("neck-length", 0.1),
        ],
        skin_reflectance: 0.12,
        hair: Hair { style: HairStyle::Afro, density: 0.95, tone: 0.02, grey: 0.0, receding: 0.0, length_mm: 26.0 },
        brows: 0.55,
        stubble: 0.12,
        dress: Dress::Hoodie,
        temperament: Temperament { anger: 0.5, fear: 0.6, sorrow: 0.6 },
    }
}

/// A woman of 74, small and thin, upright: broad cheekbones in a face that has lost its flesh, a fine straight nose, folded lids, a firm
/// mouth. She has seen worse.
fn veteran() -> Character {
    Character {
        sex: 0.0,
        age_years: 74.0,
        height_m: 1.58,
        mass_kg: 46.0,
        muscle: 0.4,
        proportions: 0.5,
        ancestry: AncestryWishes { african: 0.0, asian: 0.55, european: 0.45 },
        face: &[
            ("head-width", 0.2),
            ("head-flesh", -0.6),
            ("forehead-height", 0.3),
            ("temples", -0.6),
            ("brow-slant", -0.3),
            ("eye-slant", -0.2),
            ("eye-fold", 0.2),
            ("eye-lids", -0.6),
            ("eye-bags", 0.3),
            ("nose-length", 0.3),
            ("nose-width", -0.4),
            ("nose-hump", 0.3),
            ("cheekbones", 0.8),
            ("cheeks", -0.7),
            ("cheek-hollow", -0.5),
            ("laugh-lines", 0.8),
            ("mouth-corners", -0.3),
            ("lips", -0.6),
            ("chin-forward", 0.4),
            ("chin-width", -0.3),
            ("jaw-width", -0.2),
            ("ears", 0.3),
            ("ear-lobes", 0.7),
            ("neck-width", -0.4),
        ],
        skin_reflectance: 0.33,
        hair: Hair { style: HairStyle::Bun, density: 0.6, tone: 0.05, grey: 0.0, receding: 0.2, length_mm: 260.0 },
        brows: 0.3,
        stubble: 0.0,
        dress: Dress::Shirt,
        temperament: Temperament { anger: 0.35, fear: 0.3, sorrow: 0.7 },
    }
}

/// A woman of 27, heavy and strong: a round, open face with full cheeks and a small firm chin, a short broad nose, wide mouth, brows that
/// climb outward. Hard to move and hard to frighten.
fn worker() -> Character {
    Character {
        sex: 0.0,
        age_years: 27.0,
        height_m: 1.69,
        mass_kg: 99.0,
        muscle: 0.6,
        proportions: 0.4,
        ancestry: AncestryWishes { african: 0.5, asian: 0.0, european: 0.5 },
        face: &[
            ("head-width", 0.35),
            ("head-flesh", 0.4),
            ("forehead-height", -0.2),
            ("brow-height", 0.15),
            ("brow-slant", 0.15),
            ("eye-size", 0.15),
            ("eye-slant", 0.2),
            ("nose-length", -0.4),
            ("nose-width", 0.25),
            ("nose-tip", 0.5),
            ("nose-tip-width", 0.3),
            ("cheekbones", 0.2),
            ("cheeks", 0.5),
            ("mouth-width", 0.4),
            ("mouth-corners", 0.2),
            ("lips", 0.25),
            ("chin-length", -0.4),
            ("chin-forward", 0.4),
            ("chin-width", -0.2),
            ("jaw-width", 0.25),
            ("double-chin", 0.35),
            ("ears", -0.3),
            ("neck-width", 0.25),
            ("neck-length", -0.25),
        ],
        skin_reflectance: 0.2,
        hair: Hair { style: HairStyle::Curls, density: 0.9, tone: 0.03, grey: 0.0, receding: 0.0, length_mm: 90.0 },
        brows: 0.5,
        stubble: 0.0,
        dress: Dress::TShirt,
        temperament: Temperament { anger: 0.6, fear: 0.35, sorrow: 0.5 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::treatment::FACE_DETAILS;

    fn spec(who: Who, text: &str) -> Result<PersonSpec, String> {
        let treatment: Treatment = toml::from_str(text).map_err(|error| error.to_string())?;
        PersonSpec::of(who, &treatment).map_err(|error| error.to_string())
    }

    #[test]
    fn cop_is_the_officer_and_kid_the_youth_unless_said_otherwise() {
        let cop = spec(Who::Cop, "").unwrap();
        let kid = spec(Who::Kid, "").unwrap();
        assert_eq!((cop.age_years, cop.height_m, cop.mass_kg, cop.dress), (46.0, 1.84, 94.0, Dress::Uniform));
        assert_eq!((kid.age_years, kid.height_m, kid.mass_kg, kid.dress), (20.0, 1.76, 66.0, Dress::Hoodie));
        let swapped = spec(Who::Kid, "[kid]\npreset = \"officer\"").unwrap();
        assert_eq!(PersonSpec { who: Who::Cop, ..swapped }, cop);
    }

    #[test]
    fn every_preset_is_within_what_may_be_asked_and_names_known_details() {
        for preset in [officer(), youth(), veteran(), worker()] {
            let wishes = PersonWishes {
                sex: Some(preset.sex),
                age_years: Some(preset.age_years),
                height_m: Some(preset.height_m),
                mass_kg: Some(preset.mass_kg),
                muscle: Some(preset.muscle),
                proportions: Some(preset.proportions),
                ancestry: Some(preset.ancestry),
                face: preset.face.iter().map(|&(name, amount)| (name.to_string(), amount)).collect(),
                skin_reflectance: Some(preset.skin_reflectance),
                brows: Some(preset.brows),
                stubble: Some(preset.stubble),
                hair: HairWishes {
                    density: Some(preset.hair.density.into()),
                    tone: Some(preset.hair.tone.into()),
                    grey: None,
                    receding: Some(preset.hair.receding.into()),
                    length_mm: Some(preset.hair.length_mm.into()),
                    style: None,
                },
                ..PersonWishes::default()
            };
            wishes.check("preset").unwrap();
            assert_eq!(wishes.face.len(), preset.face.len(), "a detail stands twice");
        }
    }

    #[test]
    fn wishes_win_and_single_details_leave_the_others_alone() {
        let text = "[cop]\nage-years = 60\nstubble = 0.0\n[cop.face]\njaw-width = -0.2\n[cop.hair]\nstyle = \"bob\"\n[cop.temperament]\nfear = 0.9";
        let cop = spec(Who::Cop, text).unwrap();
        assert_eq!((cop.age_years, cop.stubble, cop.detail("jaw-width")), (60.0, 0.0, -0.2 * reach("jaw-width")));
        assert_eq!(cop.detail("nose-hump"), spec(Who::Cop, "").unwrap().detail("nose-hump"));
        assert_eq!((cop.hair.length_mm, cop.temperament.fear, cop.temperament.anger), (260.0, 0.9, 0.7));
    }

    #[test]
    fn a_detail_with_two_targets_moves_both() {
        let kid = spec(Who::Kid, "[kid.face]\nlips = 0.75").unwrap();
        let rows: Vec<f32> = DETAILS.iter().zip(kid.face).filter(|(row, _)| row.0 == "lips").map(|(_, amount)| amount).collect();
        assert_eq!(rows, [0.75 * reach("lips"); 2]);
    }

    #[test]
    fn shares_of_ancestry_sum_to_one() {
        let kid = spec(Who::Kid, "[kid]\nancestry = { african = 1, asian = 3 }").unwrap();
        assert_eq!(kid.ancestry, Ancestry { african: 0.25, asian: 0.75, european: 0.0 });
    }

    #[test]
    fn another_height_keeps_the_build_and_an_impossible_mass_is_refused_by_name() {
        let small = spec(Who::Cop, "[cop]\nheight-m = 1.6").unwrap();
        assert!((small.mass_kg / 1.6f32.powi(2) - 94.0 / 1.84f32.powi(2)).abs() < 1e-3, "{}", small.mass_kg);
        for text in ["[cop]\nheight-m = 2.05\nmass-kg = 45", "[cop]\nheight-m = 1.45\nmass-kg = 150"] {
            let error = spec(Who::Cop, text).unwrap_err();
            assert!(error.contains("`cop.mass-kg`") && error.contains("for a height of"), "{error}");
        }
        // Every height that may be asked for can be had without a word about the mass.
        for preset in ["officer", "youth", "veteran", "worker"] {
            for height_m in [1.45, 2.05] {
                spec(Who::Kid, &format!("[kid]\npreset = \"{preset}\"\nheight-m = {height_m}")).unwrap();
            }
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_even_where_nobody_read_a_file() {
        let mut treatment = Treatment::default();
        treatment.kid.face.insert("nose".into(), 0.1);
        assert!(PersonSpec::of(Who::Kid, &treatment).is_err());
        assert!(FACE_DETAILS.iter().all(|detail| detail.name != "nose"));
    }
}
