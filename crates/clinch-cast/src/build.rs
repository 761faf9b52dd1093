//! What makes one of the two people this person and no other.

use clinch_model::{Treatment, Who, treatment::Dress};

/// Body-mass index at which girths are as drawn, in kg/m²; the same as the skeleton's.
const USUAL_BMI: f32 = 24.0;

/// Build, face and dress of a person.
#[derive(Debug, Clone)]
pub struct Build {
    /// Which of the two.
    pub who: Who,
    /// Standing height.
    pub height_m: f32,
    /// Mass.
    pub mass_kg: f32,
    /// Scale of everything across a limb or the trunk: the height times the root of the relative body-mass index.
    pub girth_m: f32,
    /// Diffuse reflectance of the skin.
    pub skin_reflectance: f32,
    /// What is worn.
    pub dress: Dress,
    /// Features.
    pub face: Face,
    /// Belly, 0..1.
    pub belly: f32,
    /// Muscle over the usual, 0..1.
    pub muscle: f32,
    /// Seed of folds, hair and skin.
    pub seed: u64,
}

/// Features of a face; every number is 0..1 unless it says millimetres.
#[derive(Debug, Clone, Copy)]
pub struct Face {
    /// Chin to vertex, in millimetres.
    pub head_mm: f32,
    /// Half width of the nose at its wings, in millimetres.
    pub nose_half_width_mm: f32,
    /// How high the bridge of the nose stands.
    pub bridge: f32,
    /// Fullness of the lips.
    pub lips: f32,
    /// Weight of the brow ridge.
    pub brow: f32,
    /// Breadth of the jaw.
    pub jaw: f32,
    /// Fat under the chin and in the cheeks.
    pub flesh: f32,
    /// Lines of age and worry.
    pub age: f32,
    /// Hollow of the cheeks.
    pub gaunt: f32,
    /// Shadow of the beard.
    pub stubble: f32,
    /// Reflectance of the hair.
    pub hair_reflectance: f32,
    /// Length of the hair on the crown, in millimetres.
    pub hair_mm: f32,
    /// How far the hairline has gone back.
    pub receding: f32,
}

impl Build {
    /// A person's presets with a treatment's wishes.
    pub fn of(who: Who, treatment: &Treatment) -> Self {
        let wishes = treatment.person(who);
        let preset = match who {
            Who::Cop => Build::cop(),
            Who::Kid => Build::kid(),
        };
        let height_m = wishes.height_m.map_or(preset.height_m, |v| v as f32);
        let mass_kg = wishes.mass_kg.map_or(preset.mass_kg, |v| v as f32);
        let mut face = preset.face;
        // Heads vary less than statures: half of the difference goes into the head.
        face.head_mm *= 1.0 + 0.5 * (height_m / preset.height_m - 1.0);
        let bmi = mass_kg / (height_m * height_m);
        Build {
            height_m,
            mass_kg,
            girth_m: height_m * (bmi / USUAL_BMI).sqrt(),
            skin_reflectance: wishes.skin_reflectance.map_or(preset.skin_reflectance, |v| v as f32),
            dress: wishes.dress.unwrap_or(preset.dress),
            face,
            belly: (preset.belly + (bmi - preset.mass_kg / preset.height_m.powi(2)) * 0.08).clamp(0.0, 1.5),
            seed: treatment.seed,
            ..preset
        }
    }

    /// In his forties, heavy, once strong.
    fn cop() -> Self {
        let face = Face {
            head_mm: 241.0,
            nose_half_width_mm: 18.5,
            bridge: 0.9,
            lips: 0.25,
            brow: 0.9,
            jaw: 0.9,
            flesh: 0.7,
            age: 0.9,
            gaunt: 0.1,
            stubble: 0.5,
            hair_reflectance: 0.07,
            hair_mm: 6.0,
            receding: 0.6,
        };
        Build {
            who: Who::Cop,
            height_m: 1.84,
            mass_kg: 94.0,
            girth_m: 1.84,
            skin_reflectance: 0.36,
            dress: Dress::Uniform,
            face,
            belly: 0.65,
            muscle: 0.6,
            seed: 0,
        }
    }

    /// About twenty, slight, quick, too thin.
    fn kid() -> Self {
        let face = Face {
            head_mm: 229.0,
            nose_half_width_mm: 22.0,
            bridge: 0.15,
            lips: 0.95,
            brow: 0.15,
            jaw: 0.2,
            flesh: 0.1,
            age: 0.15,
            gaunt: 0.35,
            stubble: 0.1,
            hair_reflectance: 0.022,
            hair_mm: 11.0,
            receding: 0.0,
        };
        Build {
            who: Who::Kid,
            height_m: 1.74,
            mass_kg: 66.0,
            girth_m: 1.74,
            skin_reflectance: 0.12,
            dress: Dress::Hoodie,
            face,
            belly: 0.0,
            muscle: 0.35,
            seed: 0,
        }
    }
}
