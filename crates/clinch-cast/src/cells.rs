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
        let least = at.iter().fold(IVec3::MAX, |low, cell| low.min(*cell));
        let most = at.iter().fold(IVec3::MIN, |high, cell| high.max(*cell));
        let cells = if at.is_empty() { IVec3::ZERO } else { most - least + 1 };
        let mut sorted = Self { side_m, least, cells, things: Lists::default() };
        // Counted, then filled from behind, so that things stay in order within a cell.
        let mut end = vec![0u32; (cells.x * cells.y * cells.z) as usize];
        at.iter().filter_map(|&cell| sorted.slot(cell)).for_each(|slot| end[slot] += 1);
        let mut sum = 0;
        end.iter_mut().for_each(|e| {
            sum += *e;
            *e = sum;
        });
        let mut free = end.clone();
        let mut of = vec![0; at.len()];
        for (thing, &cell) in at.iter().enumerate().rev() {
            if let Some(slot) = sorted.slot(cell) {
                free[slot] -= 1;
                of[free[slot] as usize] = thing as u32;
            }
        }
        sorted.things = Lists { end, of };
        sorted
    }

    /// Where a cell is in the box; none outside of it.
    fn slot(&self, cell: IVec3) -> Option<usize> {
        let at = cell - self.least;
        (at.cmpge(IVec3::ZERO).all() && at.cmplt(self.cells).all()).then(|| ((at.z * self.cells.y + at.y) * self.cells.x + at.x) as usize)
    }

    /// All that is within a cell's side of a place, and more; the same order every time.
    pub fn near(&self, p: Vec3) -> impl Iterator<Item = u32> {
        let middle = (p / self.side_m).floor().as_ivec3();
        (0..27)
            .filter_map(move |i| self.slot(middle + IVec3::new(i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1)))
            .flat_map(|slot| self.things.get(slot).iter().copied())
    }
}
