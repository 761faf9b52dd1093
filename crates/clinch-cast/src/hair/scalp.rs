//! The skin of the head, asked for what is nearest.

use super::Ground;
use glam::{IVec3, Vec3};
use std::collections::BTreeMap;

/// Side of the cells that vertices are sorted into, in metres.
const CELL_M: f32 = 0.012;

/// Vertices of the head's skin by place.
pub struct Scalp {
    cells: BTreeMap<[i32; 3], Vec<u32>>,
    at_m: Vec<Vec3>,
    normal: Vec<Vec3>,
    canon_m: Vec<Vec3>,
}

impl Scalp {
    /// Sorts the head's vertices.
    pub fn of(ground: &Ground) -> Self {
        let skin = ground.skin;
        let mut normal = vec![Vec3::ZERO; skin.position_m.len()];
        for t in ground.head {
            let [a, b, c] = t.map(|v| skin.position_m[v as usize]);
            t.iter().for_each(|&v| normal[v as usize] += (b - a).cross(c - a));
        }
        let mut scalp = Self { cells: BTreeMap::new(), at_m: skin.position_m.clone(), normal, canon_m: ground.canon_m.to_vec() };
        for v in 0..scalp.at_m.len() {
            if let Some(n) = scalp.normal[v].try_normalize() {
                scalp.normal[v] = n;
                scalp.cells.entry(cell(scalp.at_m[v]).to_array()).or_default().push(v as u32);
            }
        }
        scalp
    }

    /// Unit normal of the head's skin at a vertex of the skin; zero off the head.
    pub fn normal(&self, vertex: u32) -> Vec3 {
        self.normal[vertex as usize]
    }

    /// The vertex nearest to a place, if one is within about a centimetre.
    fn nearest(&self, p: Vec3) -> Option<u32> {
        let middle = cell(p);
        let mut best = (f32::MAX, None);
        for i in 0..27 {
            let at = middle + IVec3::new(i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1);
            for &v in self.cells.get(&at.to_array()).into_iter().flatten() {
                let distance = self.at_m[v as usize].distance_squared(p);
                if distance < best.0 {
                    best = (distance, Some(v));
                }
            }
        }
        best.1
    }

    /// Normal and place on the base mesh of the skin near a place.
    pub fn near(&self, p: Vec3) -> Option<(Vec3, Vec3)> {
        self.nearest(p).map(|v| (self.normal[v as usize], self.canon_m[v as usize]))
    }

    /// Height of a place over the tangent plane of the nearest vertex, in metres.
    #[cfg(test)]
    pub fn above_m(&self, p: Vec3) -> Option<f32> {
        self.nearest(p).map(|v| (p - self.at_m[v as usize]).dot(self.normal[v as usize]))
    }

    /// The place moved along the skin's normal until it is `height_m` above it.
    pub fn held(&self, p: Vec3, height_m: f32) -> Vec3 {
        let Some(v) = self.nearest(p) else { return p };
        let (at, n) = (self.at_m[v as usize], self.normal[v as usize]);
        p + n * (height_m - (p - at).dot(n))
    }

    /// The place moved towards the skin until it is at most `height_m` above it.
    pub fn below(&self, p: Vec3, height_m: f32) -> Vec3 {
        let Some(v) = self.nearest(p) else { return p };
        let (at, n) = (self.at_m[v as usize], self.normal[v as usize]);
        p - n * ((p - at).dot(n) - height_m).max(0.0)
    }

    /// The place moved out of the skin until it is `clearance_m` above it.
    pub fn clear(&self, p: Vec3, clearance_m: f32) -> Vec3 {
        let Some(v) = self.nearest(p) else { return p };
        let (at, n) = (self.at_m[v as usize], self.normal[v as usize]);
        // Between vertices a convex head stands a little above their tangent planes' meeting.
        let above = (p - at).dot(n);
        if above < clearance_m { p + n * (clearance_m - above) } else { p }
    }
}

fn cell(p: Vec3) -> IVec3 {
    (p / CELL_M).floor().as_ivec3()
}
