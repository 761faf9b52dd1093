//! Clothes: cut from the base mesh's hull, sewn with ease, and let fall onto the body.

mod cloth;
mod details;
mod drape;
mod garment;
mod limb;
mod shoe;
mod solid;
mod trim;

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

fn smoothstep(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// `[base vertex]`: whether clothes cover it so far from their edges that nobody can see it.
pub fn covered(figure: &Figure) -> Vec<bool> {
    garment::covered(figure)
}
