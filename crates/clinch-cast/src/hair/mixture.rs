//! White hairs among pigmented ones: what a ribbon is made of.

use super::hair_material;
use crate::noise::{Stream, value};
use clinch_model::{
    Material,
    cast::{Texel, Texture},
};
use glam::{Vec2, Vec3};
use std::f32::consts::TAU;

/// Shares of white strands that ribbons come with. A ribbon gets one of the two beside the share at its root, so that all together have it.
const SHARES: [f32; 5] = [0.0, 0.12, 0.40, 0.72, 1.0];

/// Strands across a picture, and rows along it.
const STRANDS: usize = 64;

/// Width of a strand in metres: a few hairs of 0.07 mm, which cling to each other; a close-up of 1080 rows just shows it.
const STRAND_M: f32 = 0.00014;

/// Mean brightness of strands of one kind against the brightest: strands shade each other, and without it a white ribbon is a strip of paper.
const STRAND_MEAN: f32 = 0.72;

/// How far strands stand out of a ribbon, in metres.
const RELIEF_M: f32 = 0.0002;

/// Side of a picture on the ribbon, in metres.
const TILE_M: f32 = STRANDS as f32 * STRAND_M;

/// Which of [`SHARES`] a ribbon is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mixture(u8);

impl Mixture {
    /// Pigmented hairs only.
    pub const PIGMENTED: Self = Self(0);
    /// White hairs only.
    pub const WHITE: Self = Self(SHARES.len() as u8 - 1);

    /// One of the two beside a share; `chance` 0..1 decides which.
    pub fn near(share: f32, chance: f32) -> Self {
        let above = SHARES.iter().position(|&known| known >= share).unwrap_or(SHARES.len() - 1);
        let below = above.saturating_sub(1);
        let between = (share - SHARES[below]) / (SHARES[above] - SHARES[below]).max(1e-6);
        Self(if chance < between { above } else { below } as u8)
    }

    /// Places across and along a picture a metre; none where there is no picture.
    pub fn tiles_a_metre(self) -> Option<f32> {
        (self != Self::PIGMENTED).then_some(1.0 / TILE_M)
    }

    /// What it is made of, by the reflectances of pigmented and white hairs.
    pub fn coat(self, name: &str, [pigmented, white]: [f32; 2], seed: u32) -> (Material, Option<Texture>) {
        if self == Self::PIGMENTED {
            return (hair_material(name, pigmented), None);
        }
        let name = format!("{name}-grey-{}", self.0);
        let texture = strands(&name, SHARES[usize::from(self.0)], pigmented / white, seed);
        // The picture's brightest white is as high as a texel goes.
        (hair_material(&name, white * 128.0 / 255.0 / STRAND_MEAN), Some(texture))
    }
}

/// Strands side by side, each white or not, a little wavy; `pigmented` is their reflectance in that of white ones.
fn strands(name: &str, share: f32, pigmented: f32, seed: u32) -> Texture {
    let mut random = Stream::new(u64::from(seed), name);
    // White hairs come in wisps.
    let rank = |strand: usize, chance: f32| chance + 0.35 * value(Vec3::new(strand as f32, 0.5, 0.5), 4.0, seed);
    let mut order: Vec<(f32, usize)> = (0..STRANDS).map(|strand| (rank(strand, random.unit()), strand)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = (share * STRANDS as f32).round() as usize;
    // `[strand]`: reflectance and height.
    let mut look = [Vec2::ZERO; STRANDS];
    for (place, &(_, strand)) in order.iter().enumerate() {
        // Wisps of a millimetre, of a third of it, and single strands, −1..1.
        let wisp = |size: f32, seed: u32| value(Vec3::new(strand as f32, 0.5, 0.5), size, seed);
        let height = (0.6 * wisp(7.0, seed + 1) + 0.5 * wisp(2.5, seed + 2) + 0.3 * random.spread()).clamp(-1.0, 1.0);
        let vary = STRAND_MEAN + (1.0 - STRAND_MEAN) * height;
        look[strand] = Vec2::new(if place < count { vary } else { pigmented * vary }, 0.5 + 0.5 * height);
    }
    let texel = |i: usize| {
        let (x, y) = (i % STRANDS, i / STRANDS);
        let sway = 1.6 * (TAU * y as f32 / STRANDS as f32).sin() + STRANDS as f32;
        let at = x as f32 + sway;
        let (strand, t) = (at as usize, at.fract());
        let mixed = look[strand % STRANDS].lerp(look[(strand + 1) % STRANDS], t) * 255.0;
        Texel { reflectance: mixed.x.round() as u8, relief: mixed.y.round() as u8, ..Texel::PLAIN }
    };
    let texels = (0..STRANDS * STRANDS).map(texel).collect();
    Texture { name: name.into(), width: STRANDS as u32, height: STRANDS as u32, texels, relief_m: RELIEF_M }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean reflectance of a coat.
    fn mean(coat: &(Material, Option<Texture>)) -> f32 {
        let texel =
            |texture: &Texture| texture.texels.iter().map(|t| f32::from(t.reflectance) / 128.0).sum::<f32>() / texture.texels.len() as f32;
        coat.0.reflectance * coat.1.as_ref().map_or(1.0, texel)
    }

    #[test]
    fn a_mixture_is_as_bright_as_its_shares() {
        let tones = [0.04, 0.55];
        for (index, share) in SHARES.into_iter().enumerate() {
            let coat = Mixture(index as u8).coat("hair", tones, 3);
            let wanted = tones[0] + (tones[1] - tones[0]) * share;
            assert!((0.93..1.07).contains(&(mean(&coat) / wanted)), "{share}: {} for {wanted}", mean(&coat));
        }
    }

    #[test]
    fn ribbons_together_have_the_share_of_their_place() {
        for share in [0.0, 0.05, 0.12, 0.33, 0.9, 1.0] {
            let of = |i: u32| SHARES[usize::from(Mixture::near(share, (i as f32 + 0.5) / 1000.0).0)];
            let mean = (0..1000).map(of).sum::<f32>() / 1000.0;
            assert!((mean - share).abs() < 0.002, "{mean} for {share}");
        }
    }

    #[test]
    fn a_picture_has_white_strands_and_dark_ones_and_little_between() {
        let texture = strands("hair", 0.4, 0.08, 1);
        let count = |range: std::ops::Range<u8>| texture.texels.iter().filter(|t| range.contains(&t.reflectance)).count() as f32;
        let all = texture.texels.len() as f32;
        assert!(count(140..255) > 0.2 * all && count(0..30) > 0.35 * all, "{} {}", count(140..255), count(0..30));
    }
}
