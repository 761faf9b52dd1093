//! Clothes: cut from the base mesh's hull, sewn with ease, and let fall onto the body.

mod cloth;
mod details;
mod drape;
mod folds;
mod garment;
mod limb;
mod room;
mod shoe;
mod solid;
#[cfg(test)]
mod tests;
mod trim;
mod wear;
mod weave;

use crate::{corrective::Body, figure::Figure, part::Part};
use clinch_model::treatment::Dress;
use garment::Tailor;
pub(crate) use solid::closest;

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

/// Everything that a person wears, with room for the joints of the body beneath.
pub fn parts(figure: &Figure, body: &Body) -> Vec<Part> {
    Tailor::new(figure, body).parts()
}

fn smoothstep(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A number in 0..1 from three.
fn hash(key: [u32; 3]) -> f32 {
    let mut h = 0x9e37_79b9u32;
    for k in key {
        h = (h ^ k).wrapping_mul(0x85eb_ca6b);
        h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
        h ^= h >> 16;
    }
    (h >> 8) as f32 / (1 << 24) as f32
}

/// Smooth noise in −1..1 that changes over a unit.
fn noise(p: glam::Vec3, seed: u32) -> f32 {
    let cell = p.floor();
    let f = p - cell;
    let f = f * f * (3.0 - 2.0 * f);
    let at = |x: i32, y: i32, z: i32| {
        let c = cell.as_ivec3() + glam::IVec3::new(x, y, z);
        hash([c.x as u32, (c.y as u32).wrapping_mul(31) ^ seed, c.z as u32])
    };
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let plane = |z: i32| mix(mix(at(0, 0, z), at(1, 0, z), f.x), mix(at(0, 1, z), at(1, 1, z), f.x), f.y);
    2.0 * mix(plane(0), plane(1), f.z) - 1.0
}

/// `[base vertex]`: whether clothes cover it so far from their edges that nobody can see it.
pub fn covered(figure: &Figure) -> Vec<bool> {
    garment::covered(figure)
}
