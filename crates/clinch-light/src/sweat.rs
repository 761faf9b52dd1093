//! Sweat: a wet film with beads standing in it, on whoever is spent.
//!
//! Both are made of noise in the bind pose, so that they ride on the skin. Nothing runs down or is wiped off.

use crate::{finish::Finish, lamp::smoothstep};
use glam::{IVec3, Vec3};

/// Fatigue at which sweat first shows, and at which it is all there: the range that a film runs through.
const FRESH: f32 = 0.5;
const SPENT: f32 = 0.95;
/// Size of the patches in which the film is thicker or thinner.
const PATCH_M: f32 = 0.016;
/// Roughness of a wet film on skin, which follows the pores below, and of a bead, which is nearly a mirror.
const FILM_ROUGHNESS: f32 = 0.26;
const BEAD_ROUGHNESS: f32 = 0.14;
/// Fresnel reflectance at normal incidence of wet skin: a little over dry skin's 0.028, because the film fills what scattered.
const WET_SPECULAR: f32 = 0.045;
/// Reflectance kept by wet skin and by soaked cloth (Lekner and Dorf, "Why some things are darker when wet", Applied Optics 27, 1988, give
/// about half for porous matter; skin hardly soaks).
const WET_SKIN: f32 = 0.93;
const SOAKED: f32 = 0.60;
/// Roughness and sheen kept by soaked cloth, whose fibres lie down.
const SOAKED_ROUGHNESS: f32 = 0.72;
const SOAKED_SHEEN: f32 = 0.3;
/// Cells in which beads stand, in metres; a bead's radius is at most a third of its cell.
const BEADS_M: [f32; 2] = [0.0040, 0.0018];
/// Share of cells that hold a bead where sweat is at its most.
const BEADED: f32 = 0.55;
/// Slope at a bead's edge: a drop on skin meets it at some 33°.
const EDGE_SLOPE: f32 = 0.65;

/// How wet a person is, 0..1, by fatigue.
pub(crate) fn wetness(fatigue: f32) -> f32 {
    ((fatigue - FRESH) / (SPENT - FRESH)).clamp(0.0, 1.0)
}

/// Cloth or hair, which soaks sweat up: `wet` is 0..1.
pub(crate) fn soak(finish: &mut Finish, wet: f32) {
    let towards = |value: f32, kept: f32| value * (1.0 + (kept - 1.0) * wet);
    finish.reflectance = towards(finish.reflectance, SOAKED);
    finish.roughness = towards(finish.roughness, SOAKED_ROUGHNESS);
    finish.sheen = towards(finish.sheen, SOAKED_SHEEN);
}

/// Skin at a place of the bind pose, `wet` 0..1, of which a pixel covers about `footprint_m`. Gives back the slope of the beads in the bind
/// pose (the change of height, towards where it grows) and the mean square of slopes too small to be seen.
pub(crate) fn cover(finish: &mut Finish, wet: f32, bind_m: Vec3, footprint_m: f32) -> (Vec3, f32) {
    let patch = patches(bind_m / PATCH_M);
    let film = (wet * (0.55 + 0.9 * patch)).min(1.0);
    let mix = |value: f32, to: f32, t: f32| value + (to - value) * t;
    finish.reflectance *= mix(1.0, WET_SKIN, film);
    // A film only ever smooths.
    finish.roughness = mix(finish.roughness, FILM_ROUGHNESS.min(finish.roughness), film);
    finish.specular = mix(finish.specular, WET_SPECULAR.max(finish.specular), film);
    let (mut slope, mut unseen) = (Vec3::ZERO, 0.0);
    for (cell_m, seed) in BEADS_M.into_iter().zip(1..) {
        // A bead that a pixel can't hold becomes roughness: of a dome's slopes half the edge's square is the mean.
        let seen = 1.0 - smoothstep(0.15 * cell_m, 0.45 * cell_m, footprint_m);
        let share = BEADED * film * film;
        unseen += 0.5 * EDGE_SLOPE * EDGE_SLOPE * 0.12 * share * (1.0 - seen);
        if seen > 0.0
            && let Some(bead) = bead(bind_m / cell_m, share, seed)
        {
            finish.roughness = mix(finish.roughness, BEAD_ROUGHNESS.min(finish.roughness), seen);
            slope += bead * seen;
        }
    }
    (slope, unseen)
}

/// Slope of the bead at a place where cells have size 1, if one stands there: it lies wholly within its cell, so that one look is enough.
#[inline]
fn bead(at: Vec3, share: f32, seed: u32) -> Option<Vec3> {
    let cell = at.floor();
    let random = hash(cell.as_ivec3(), seed);
    let part = |shift: u32| (random >> shift & 0xff) as f32 / 255.0;
    if (random >> 24) as f32 >= share * 256.0 {
        return None;
    }
    let radius = 0.16 + 0.17 * hashed_unit(random);
    let middle = Vec3::splat(radius) + Vec3::new(part(0), part(8), part(16)) * (1.0 - 2.0 * radius);
    let off = at - cell - middle;
    let square = off.length_squared();
    (square < radius * radius).then(|| off * (-EDGE_SLOPE / radius))
}

/// Smooth noise in 0..1 with features of size 1.
fn patches(at: Vec3) -> f32 {
    let cell = at.floor();
    let t = at - cell;
    let t = t * t * (Vec3::splat(3.0) - 2.0 * t);
    let corner = |i: i32| hashed_unit(hash(cell.as_ivec3() + IVec3::new(i & 1, i >> 1 & 1, i >> 2), 0));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |i: i32| mix(corner(i), corner(i + 1), t.x);
    mix(mix(row(0), row(2), t.y), mix(row(4), row(6), t.y), t.z)
}

#[inline]
fn hash(cell: IVec3, seed: u32) -> u32 {
    let mut h = (cell.x as u32).wrapping_mul(0x8da6_b343)
        ^ (cell.y as u32).wrapping_mul(0xd816_3841)
        ^ (cell.z as u32).wrapping_mul(0xcb1a_b31f)
        ^ seed.wrapping_mul(0x1656_67b1);
    // The finaliser of MurmurHash3.
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

#[inline]
fn hashed_unit(random: u32) -> f32 {
    (random.wrapping_mul(0x9e37_79b1) >> 8) as f32 / (1u32 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIN: Finish = Finish { roughness: 0.45, specular: 0.03, ..Finish::matt(0.3) };

    #[test]
    fn wetness_runs_with_fatigue() {
        assert_eq!([0.0, 0.5, 0.725, 0.95, 1.0].map(wetness).map(|w| (w * 100.0).round()), [0.0, 0.0, 50.0, 100.0, 100.0]);
    }

    #[test]
    fn no_sweat_changes_nothing() {
        let mut finish = SKIN;
        for i in 0..1000 {
            let at = Vec3::new(i as f32 * 0.0007, i as f32 * 0.0011, i as f32 * 0.0003);
            assert_eq!(cover(&mut finish, 0.0, at, 1e-4), (Vec3::ZERO, 0.0));
            soak(&mut finish, 0.0);
        }
        assert_eq!(finish, SKIN);
    }

    #[test]
    fn the_wetter_the_smoother_brighter_and_more_beaded() {
        let mean = |wet: f32| {
            let (mut roughness, mut specular, mut beaded, count) = (0.0, 0.0, 0, 20_000);
            for i in 0..count {
                let at = Vec3::new((i % 141) as f32 * 0.00061, (i / 141) as f32 * 0.00057, 0.01);
                let mut finish = SKIN;
                let (slope, _) = cover(&mut finish, wet, at, 1e-4);
                assert!(slope.length() < 2.0 * EDGE_SLOPE && finish.reflectance <= SKIN.reflectance && finish.specular >= SKIN.specular);
                (roughness, specular) = (roughness + finish.roughness, specular + finish.specular);
                beaded += usize::from(slope != Vec3::ZERO);
            }
            [roughness / count as f32, specular / count as f32, beaded as f32 / count as f32]
        };
        let (half, full) = (mean(0.5), mean(1.0));
        assert!(full[0] < half[0] && half[0] < SKIN.roughness && full[1] > half[1] && half[1] > SKIN.specular, "{half:?} {full:?}");
        assert!(full[2] > 1.5 * half[2] && (0.02..0.25).contains(&full[2]), "{half:?} {full:?}");
    }

    #[test]
    fn beads_too_small_for_a_pixel_become_roughness() {
        let mut finish = SKIN;
        let (slope, unseen) = cover(&mut finish, 1.0, Vec3::new(0.1, 1.5, 0.08), 0.01);
        assert!(slope == Vec3::ZERO && unseen > 0.0, "{slope} {unseen}");
        assert!(finish.roughness > BEAD_ROUGHNESS);
    }
}
