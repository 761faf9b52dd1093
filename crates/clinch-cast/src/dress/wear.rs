//! What days on the street have done to clothes, and what little light reaches creases.

use super::{noise, smoothstep};
use crate::{figure::Figure, part::Part};
use clinch_model::Segment;
use glam::Vec3;

/// Darkens furrows and dirties a garment: dust lightens dark cloth and dulls light cloth. `amount` 0..1.
pub fn wear(figure: &Figure, part: &mut Part, amount: f32) {
    let reflectance = part.material.as_ref().map_or(0.2, |m| m.reflectance);
    // Street dust reflects about a fifth of the light.
    let dusty = (0.2 / reflectance.max(0.02)).clamp(0.55, 2.6);
    let spots = spots(figure);
    let furrow = furrows(part);
    let seed = figure.spec.seed as u32 ^ 0x5eed;
    for v in 0..part.position_m.len() {
        let p = part.position_m[v];
        let dirt = spots.iter().map(|(at, radius_m, much)| much * smoothstep(*radius_m, 0.3 * radius_m, p.distance(*at))).fold(0.0, f32::max);
        let low = 0.55 * smoothstep(0.20, 0.03, p.y);
        let cloud = 0.5 + 0.5 * noise(p * 11.0, seed);
        let grit = 0.5 + 0.5 * noise(p * 47.0, seed ^ 9);
        let share = amount * (dirt.max(low) * (0.35 + 0.65 * cloud) * (0.6 + 0.4 * grit) + 0.10 * cloud * grit);
        part.shade[v] *= (1.0 + (dusty - 1.0) * share.min(0.8)) * (1.0 - furrow[v]);
    }
}

/// Where clothes touch the ground first: place, radius in metres, strength.
fn spots(figure: &Figure) -> Vec<(Vec3, f32, f32)> {
    let at = |segment: Segment| figure.rig.bind[segment.index()].origin_m;
    let s = figure.spec.height_m / 1.8;
    let mut spots = vec![(at(Segment::Pelvis) + Vec3::new(0.0, -0.02, -0.13) * s, 0.19 * s, 0.6)];
    for [knee, elbow, shoulder] in [[Segment::ShinL, Segment::ForearmL, Segment::UpperArmL], [Segment::ShinR, Segment::ForearmR, Segment::UpperArmR]] {
        spots.push((at(knee) + Vec3::new(0.0, -0.01, 0.07) * s, 0.15 * s, 1.0));
        let [upper, fore] = [at(shoulder), at(elbow)];
        spots.push((fore + (fore - upper).normalize_or_zero() * 0.03, 0.12 * s, 0.8));
        spots.push((upper + Vec3::new(-0.25 * upper.x, -0.10, -0.11) * s, 0.16 * s, 0.6));
    }
    spots
}

/// `[vertex]`: how much a furrow darkens, 0..0.45: by how far the neighbours' mean lies over the vertex, against their distance.
fn furrows(part: &Part) -> Vec<f32> {
    let n = part.position_m.len();
    let (mut sum, mut count) = (vec![Vec3::ZERO; n], vec![0.0f32; n]);
    for t in &part.triangles {
        for i in 0..3 {
            let (a, b) = (t[i] as usize, t[(i + 1) % 3] as usize);
            for (to, from) in [(a, b), (b, a)] {
                sum[to] += part.position_m[from];
                count[to] += 1.0;
            }
        }
    }
    let mut normal = Vec::new();
    crate::pose::normals(&part.triangles, &part.position_m, &mut normal);
    let depth = |v: usize| {
        let over = (sum[v] / count[v].max(1.0) - part.position_m[v]).dot(normal[v]);
        (over * 160.0).clamp(-0.12, 0.4)
    };
    (0..n).map(depth).collect()
}
