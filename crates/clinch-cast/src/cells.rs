//! Things sorted by their places, to find what is near.

use glam::{IVec3, Vec3};
use std::collections::BTreeMap;

/// Indices by cell.
pub struct Cells {
    side_m: f32,
    things: BTreeMap<[i32; 3], Vec<u32>>,
}

impl Cells {
    /// Sorts things, given their places, into cells of a side in metres.
    pub fn new(side_m: f32, places: impl Iterator<Item = Vec3>) -> Self {
        let mut cells = Self { side_m, things: BTreeMap::new() };
        for (i, p) in (0..).zip(places) {
            let cell = cells.cell(p).to_array();
            cells.things.entry(cell).or_default().push(i);
        }
        cells
    }

    fn cell(&self, p: Vec3) -> IVec3 {
        (p / self.side_m).floor().as_ivec3()
    }

    /// All that is within a cell's side of a place, and more; the same order every time.
    pub fn near(&self, p: Vec3) -> impl Iterator<Item = u32> {
        let middle = self.cell(p);
        let at = move |i: i32| (middle + IVec3::new(i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1)).to_array();
        (0..27).filter_map(move |i| self.things.get(&at(i))).flatten().copied()
    }
}
