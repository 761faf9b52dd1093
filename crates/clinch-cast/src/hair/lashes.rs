//! Lashes: ribbons along the columns of MakeHuman's own lash strips, which its face units move with the lids.

use super::{hair_material, stream};
use crate::{
    figure::Figure,
    part::Part,
    subdivide::{Cage, Row},
};
use glam::{Vec2, Vec3};

/// Columns of the left upper lash strip from the nose outward: behind the lid's edge, at it, and the strip's end.
const UPPER: [[u32; 3]; 12] = [
    [14769, 14785, 14808],
    [14773, 14771, 14807],
    [14774, 14764, 14806],
    [14775, 14796, 14809],
    [14794, 14803, 14816],
    [14795, 14804, 14817],
    [14791, 14802, 14815],
    [14790, 14801, 14814],
    [14789, 14800, 14813],
    [14788, 14799, 14812],
    [14787, 14798, 14811],
    [14786, 14797, 14810],
];

/// The same of the left lower strip.
const LOWER: [[u32; 3]; 11] = [
    [14776, 14821, 14833],
    [14767, 14818, 14830],
    [14777, 14822, 14834],
    [14778, 14823, 14835],
    [14779, 14824, 14836],
    [14780, 14825, 14837],
    [14781, 14826, 14838],
    [14782, 14827, 14839],
    [14783, 14828, 14840],
    [14768, 14819, 14831],
    [14784, 14829, 14841],
];

/// The right strips' vertices come this much later.
const RIGHT: u32 = 125;

/// Lashes a lid.
const UPPER_LASHES: usize = 72;
const LOWER_LASHES: usize = 34;

/// Lashes of both eyes.
pub fn parts(figure: &Figure) -> Vec<Part> {
    let mut cage = Cage::default();
    let mut offsets: Vec<Vec3> = Vec::new();
    let mut random = stream(figure, "lashes");
    for side in [0, RIGHT] {
        for (columns, count, upper) in [(&UPPER[..], UPPER_LASHES, true), (&LOWER[..], LOWER_LASHES, false)] {
            for i in 0..count {
                let along = ((i as f32 + 0.5 + 0.45 * random.spread()) / count as f32).clamp(0.0, 1.0);
                let lean = 0.25 * random.spread();
                let length = (0.7 + 0.5 * random.unit()) * if upper { 1.0 } else { 0.55 } * (1.1 - 0.25 * figure.spec.sex);
                lash(&mut cage, &mut offsets, figure, columns, side, [along, lean, length], upper);
            }
        }
    }
    let count = offsets.len() / 5;
    let mut part = figure.part(&cage);
    part.position_m.iter_mut().zip(&offsets).for_each(|(p, offset)| *p += *offset);
    for i in 0..count as u32 {
        let v = 5 * i;
        part.triangles.extend([[v, v + 1, v + 3], [v, v + 3, v + 2], [v + 2, v + 3, v + 4]]);
        let at = |x: f32, y: f32| Vec2::new(x, y);
        part.uv.extend([
            [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 0.5)],
            [at(0.0, 0.0), at(1.0, 0.5), at(0.0, 0.5)],
            [at(0.0, 0.5), at(1.0, 0.5), at(0.5, 1.0)],
        ]);
    }
    part.material = Some(hair_material("hair-lash", 0.02));
    vec![part]
}

/// Rows and offsets of one lash: two at the root, two half-way, one at the tip. `[place along the lid 0..1, lean in columns, length]`.
fn lash(
    cage: &mut Cage,
    offsets: &mut Vec<Vec3>,
    figure: &Figure,
    columns: &[[u32; 3]],
    side: u32,
    [along, lean, length]: [f32; 3],
    upper: bool,
) {
    let last = columns.len() - 1;
    let row = |place: f32, parts: [f32; 3]| {
        let at = (place * last as f32).clamp(0.0, last as f32 - 1e-3);
        let (column, t) = (at.floor() as usize, at.fract());
        let mut row: Row = Vec::new();
        for (column, share) in [(columns[column], 1.0 - t), (columns[column + 1], t)] {
            row.extend(column.iter().zip(parts).filter(|part| part.1 != 0.0).map(|(&v, part)| (v + side, share * part)));
        }
        row.sort_by_key(|entry| entry.0);
        row
    };
    let fan = lean / last as f32 + 0.10 * (along - 0.5) * length;
    let root = row(along, [0.35, 0.65, 0.0]);
    let middle = row(along + 0.4 * fan, [0.0, 1.0 - 0.55 * length, 0.55 * length]);
    let tip = row(along + fan, [0.0, 1.0 - length, length]);
    let position = |row: &Row| row.iter().map(|&(v, w)| figure.position_m[v as usize] * w).sum::<Vec3>();
    let (from, to) = (position(&root), position(&tip));
    let side_way = (to - from).cross(Vec3::Z).normalize_or(Vec3::X) * 0.00014 * if upper { 1.0 } else { 0.8 };
    // Upper lashes curve upward, lower ones hang and curve forward.
    let bow = if upper { Vec3::new(0.0, 0.0006, 0.0) } else { Vec3::new(0.0, -0.0002, 0.0004) };
    cage.rows.extend([root.clone(), root, middle.clone(), middle, tip]);
    offsets.extend([-side_way, side_way, -side_way * 0.8 - bow * 0.5, side_way * 0.8 - bow * 0.5, bow]);
}
