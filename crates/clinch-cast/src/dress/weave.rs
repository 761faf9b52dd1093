//! What cloth is woven or knitted like: small tiling reliefs, and where a triangle lies in them.

use crate::{
    figure::Figure,
    part::Part,
    rig::{ARM, LEG},
};
use clinch_model::{
    Segment,
    cast::{Texel, Texture},
};
use glam::{Vec2, Vec3};
use std::f32::consts::TAU;

/// Columns and rows of a tile.
const SIDE: u32 = 128;

/// Edge of a tile, in metres.
const TILE_M: f32 = 0.014;

/// Radius at which tiles around a limb and a trunk have their true width, in metres.
const LIMB_M: f32 = 0.065;
const TRUNK_M: f32 = 0.16;

/// The relief of a material of that name; none for what is smooth.
pub fn texture(material: &str) -> Option<Texture> {
    let (height, relief_m, contrast): (fn(f32, f32) -> f32, f32, f32) = match material {
        "uniform" | "trousers" => (|x, y| ridge((x + y) * 14.0) * 0.8 + 0.2 * ridge((x - y) * 28.0), 0.00012, 0.25),
        "denim" => (|x, y| ridge((x + y) * 9.0 + 0.12 * grain(x, y, 32)) * 0.7 + 0.3 * grain(x, y, 64), 0.00025, 0.55),
        "shirt" => (|x, y| 0.5 * ridge(x * 20.0) + 0.5 * ridge(y * 20.0), 0.0001, 0.2),
        "fleece" => (knit, 0.0003, 0.25),
        "canvas" => (|x, y| if (x * 8.0).fract() < 0.5 { ridge(y * 16.0) } else { ridge(y * 16.0 + 0.5) }, 0.00025, 0.3),
        "leather" => (|x, y| 0.55 * grain(x, y, 12) + 0.45 * grain(x, y, 31), 0.0001, 0.15),
        _ => return None,
    };
    let texel = |i: u32| {
        let h = height((i % SIDE) as f32 / SIDE as f32, (i / SIDE) as f32 / SIDE as f32).clamp(0.0, 1.0);
        let shade = 1.0 + contrast * (h - 0.6);
        Texel { reflectance: (128.0 * shade).clamp(0.0, 255.0) as u8, roughness: 128, relief: (h * 255.0) as u8, sweat: 90 }
    };
    Some(Texture { name: material.into(), width: SIDE, height: SIDE, texels: (0..SIDE * SIDE).map(texel).collect(), relief_m })
}

fn ridge(x: f32) -> f32 {
    0.5 + 0.5 * (x * TAU).sin()
}

/// Rows of loops.
fn knit(x: f32, y: f32) -> f32 {
    let wale = (x * 8.0).fract() - 0.5;
    let loops = ridge(y * 10.0 + wale.abs() * 1.2);
    (1.0 - 2.0 * wale.abs()).sqrt() * (0.55 + 0.45 * loops) * (0.8 + 0.2 * grain(x, y, 32))
}

/// Noise that repeats after a tile, `cells` a side.
fn grain(x: f32, y: f32, cells: u32) -> f32 {
    let (fx, fy) = (x * cells as f32, y * cells as f32);
    let (ix, iy) = (fx as u32, fy as u32);
    let at = |dx: u32, dy: u32| super::hash([(ix + dx) % cells, (iy + dy) % cells, cells]);
    let soft = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (soft(fx.fract()), soft(fy.fract()));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    mix(mix(at(0, 0), at(1, 0), tx), mix(at(0, 1), at(1, 1), tx), ty)
}

/// Gives a part its relief: tiles run around limbs and trunk, a whole number of them, so that they close.
pub fn weave(figure: &Figure, part: &mut Part) {
    let Some(texture) = part.material.as_ref().and_then(|m| texture(&m.name)) else { return };
    part.texture = Some(texture);
    part.uv = part.triangles.iter().map(|t| corners(figure, part, *t)).collect();
}

fn corners(figure: &Figure, part: &Part, t: [u32; 3]) -> [Vec2; 3] {
    let strongest = part.skin[t[0] as usize][0].0;
    let segment = figure.rig.bones[usize::from(strongest)].segment;
    let end = |segment: Segment| figure.rig.bind[segment.index()].origin_m;
    let limb = ARM.iter().chain(&LEG).find_map(|chain| chain[..2].iter().position(|s| *s == segment).map(|i| (chain[i], chain[i + 1])));
    let (from, axis, radius_m) = match limb {
        Some((near, far)) => (end(near), (end(far) - end(near)).normalize_or(Vec3::NEG_Y), LIMB_M),
        None if LEG.iter().any(|leg| leg[2] == segment) => (end(segment), Vec3::NEG_Y, LIMB_M),
        None => (Vec3::ZERO, Vec3::NEG_Y, TRUNK_M),
    };
    let zero = axis.any_orthonormal_vector();
    let quarter = axis.cross(zero);
    let around = (TAU * radius_m / TILE_M).round();
    let turn = |p: Vec3| (p - from).dot(quarter).atan2((p - from).dot(zero)) / TAU;
    let first = turn(part.position_m[t[0] as usize]);
    t.map(|v| {
        let p = part.position_m[v as usize];
        let apart = turn(p) - first;
        Vec2::new((first + apart - apart.round()) * around, (p - from).dot(axis) / TILE_M)
    })
}
