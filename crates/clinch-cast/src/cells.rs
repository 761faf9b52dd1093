//! Things sorted by their places, to find what is near.

use clinch_model::cast::Lists;
use glam::{IVec3, Vec3};

/// Indices by cell, in a box of cells around all places.
pub struct Cells {
    side_m: f32,
    least: IVec3,
    cells: IVec3,
    /// `[z][y][x]`.
    things: Lists,
}

impl Cells {
    /// Sorts things, given their places, into cells of a side in metres.
    pub fn new(side_m: f32, places: impl Iterator<Item = Vec3>) -> Self {
        let at: Vec<IVec3> = places.map(|p| (p / side_m).floor().as_ivec3()).collect();
        let least = at.iter().copied().reduce(IVec3::min).unwrap_or_default();
        let cells = at.iter().copied().reduce(IVec3::max).map_or(IVec3::ZERO, |most| most - least + 1);
        let mut sorted = Self { side_m, least, cells, things: Lists::default() };
        // Counted, then filled from behind, so that things stay in order within a cell.
        let slots: Vec<usize> = at.iter().map(|&cell| sorted.slot(cell - least)).collect();
        let mut end = vec![0u32; (cells.x * cells.y * cells.z) as usize];
        slots.iter().for_each(|&slot| end[slot] += 1);
        let mut sum = 0;
        end.iter_mut().for_each(|e| {
            sum += *e;
            *e = sum;
        });
        let mut free = end.clone();
        let mut of = vec![0; slots.len()];
        for (thing, &slot) in slots.iter().enumerate().rev() {
            free[slot] -= 1;
            of[free[slot] as usize] = thing as u32;
        }
        sorted.things = Lists { end, of };
        sorted
    }

    /// Where a cell is in the box, given its place there.
    fn slot(&self, at: IVec3) -> usize {
        ((at.z * self.cells.y + at.y) * self.cells.x + at.x) as usize
    }

    /// All that is within a reach of a place, in metres, and more; the same order every time.
    pub fn near(&self, p: Vec3, reach_m: f32) -> impl Iterator<Item = u32> + '_ {
        let cell = |p: Vec3| (p / self.side_m).floor().as_ivec3() - self.least;
        let low = cell(p - reach_m).max(IVec3::ZERO);
        let high = cell(p + reach_m).min(self.cells - 1);
        (low.z..=high.z)
            .flat_map(move |z| (low.y..=high.y).flat_map(move |y| (low.x..=high.x).map(move |x| IVec3::new(x, y, z))))
            .flat_map(move |at| self.things.get(self.slot(at)).iter().copied())
    }
}
