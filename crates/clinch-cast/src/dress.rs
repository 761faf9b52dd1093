//! Clothes: cut from the base mesh's hull, sewn with ease, and let fall onto the body.

mod cloth;
mod drape;
mod garment;
mod limb;
mod shoe;
mod solid;

use crate::{figure::Figure, part::Part};
use clinch_model::treatment::Dress;
use garment::Tailor;

/// Thickness of the soles under the feet, in metres.
pub fn sole_m(dress: Dress) -> f32 {
    shoes(dress).sole_m
}

fn shoes(dress: Dress) -> shoe::Kind {
    match dress {
        Dress::Uniform => shoe::BOOT,
        Dress::Hoodie | Dress::TShirt => shoe::SNEAKER,
        Dress::Shirt => shoe::SHOE,
    }
}

/// Everything that a person wears.
pub fn parts(figure: &Figure) -> Vec<Part> {
    Tailor::new(figure).parts()
}

/// `[base vertex]`: whether clothes cover it so far from their edges that nobody can see it.
pub fn covered(figure: &Figure) -> Vec<bool> {
    garment::covered(figure)
}
