//! Where in the picture there is room for type: inside the safe margins, beside the bodies.

use clinch_model::{CameraPose, Cast, Placed, Sample, Segment, Shape, Size, Who};
use glam::{Vec2, Vec3};

/// Shares of the picture that stay free of type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margins {
    /// From the left edge, of the width.
    pub left: f32,
    /// From the right edge, of the width.
    pub right: f32,
    /// From the upper edge, of the height.
    pub top: f32,
    /// From the lower edge, of the height.
    pub bottom: f32,
}

impl Margins {
    /// The margins of a picture's shape.
    ///
    /// Wide and square pictures keep EBU R 95's graphics-safe area, 5 % on every side. Players of upright pictures lay the account, the
    /// text and a column of buttons over them: an eighth at the top, more than a fifth at the bottom and an eighth on the right stay free.
    pub fn of(size: Size) -> Self {
        if size.aspect() < 0.8 {
            Self { left: 0.06, right: 0.12, top: 0.12, bottom: 0.22 }
        } else {
            Self { left: 0.05, right: 0.05, top: 0.05, bottom: 0.05 }
        }
    }

    /// The area within, in pixels: left, top, width, height.
    pub fn safe_px(&self, size: Size) -> [f32; 4] {
        let (width, height) = (size.width as f32, size.height as f32);
        let (left, top) = (self.left * width, self.top * height);
        [left, top, width * (1.0 - self.right) - left, height * (1.0 - self.bottom) - top]
    }
}

/// Cells across the longer side: one is about half a line of type.
const CELLS: f32 = 72.0;

/// What a face weighs more than another part of a body.
const FACE_WEIGHT: f32 = 4.0;

/// Clothes and hair stand off the simulated shapes by a share and by a length in metres.
const STAND_OFF: f32 = 1.15;
const STAND_OFF_M: f32 = 0.02;

/// How the bodies cover the picture over some moments: the most that ever is in a cell.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    size: Size,
    cell_px: f32,
    columns: usize,
    rows: usize,
    /// `[row][column]`: 0 (free), 1 (a body), [`FACE_WEIGHT`] (a head).
    cells: Vec<f32>,
}

impl Room {
    pub fn new(size: Size) -> Self {
        let cell_px = (size.width.max(size.height) as f32 / CELLS).max(1.0);
        let count = |side: u32| (side as f32 / cell_px).ceil() as usize;
        let (columns, rows) = (count(size.width), count(size.height));
        Self { size, cell_px, columns, rows, cells: vec![0.0; columns * rows] }
    }

    /// Adds both people as a camera sees them.
    pub fn add(&mut self, sample: &Sample, cast: &Cast, camera: &CameraPose) {
        for who in Who::BOTH {
            let skeleton = &cast.people[who.index()].skeleton;
            let placed = skeleton.place(&sample.person(who).pose);
            for segment in Segment::ALL {
                let weight = if segment == Segment::Head { FACE_WEIGHT } else { 1.0 };
                let (ends, radius_m) = axis(&skeleton.shape[segment.index()], &placed[segment.index()]);
                self.add_capsule(ends, radius_m * STAND_OFF + STAND_OFF_M, weight, camera);
            }
        }
    }

    fn add_capsule(&mut self, ends: [Vec3; 2], radius_m: f32, weight: f32, camera: &CameraPose) {
        let size = self.size;
        let (width, height) = (size.width as f32, size.height as f32);
        let projected = ends.map(|end| camera.project(size.aspect(), end));
        let nearest_m = projected[0].z.min(projected[1].z);
        if nearest_m < 0.1 {
            return;
        }
        let [a, b] = projected.map(|p| Vec2::new((p.x + 1.0) / 2.0 * width, (1.0 - p.y) / 2.0 * height));
        let radius_px = radius_m / (nearest_m * (camera.vfov_rad / 2.0).tan()) * height / 2.0;
        let range = |low: f32, high: f32, count: usize| {
            let cell = |px: f32| (px / self.cell_px).floor().clamp(0.0, count as f32) as usize;
            cell(low - radius_px)..(cell(high + radius_px) + 1).min(count)
        };
        let (rows, columns) = (range(a.y.min(b.y), a.y.max(b.y), self.rows), range(a.x.min(b.x), a.x.max(b.x), self.columns));
        for row in rows {
            for column in columns.clone() {
                let centre = Vec2::new(column as f32 + 0.5, row as f32 + 0.5) * self.cell_px;
                if to_segment(centre, a, b) <= radius_px + self.cell_px / 2.0 {
                    let cell = &mut self.cells[row * self.columns + column];
                    *cell = cell.max(weight);
                }
            }
        }
    }

    /// Mean cover of a rectangle in pixels: 0 where no body ever is, 1 behind bodies, more behind faces.
    pub fn cover(&self, left: f32, top: f32, width: f32, height: f32) -> f32 {
        let range = |low: f32, length: f32, count: usize| {
            let first = (low / self.cell_px).floor().clamp(0.0, count as f32 - 1.0) as usize;
            let end = ((low + length) / self.cell_px).ceil().clamp(first as f32 + 1.0, count as f32) as usize;
            first..end
        };
        let (rows, columns) = (range(top, height, self.rows), range(left, width, self.columns));
        let count = rows.len() * columns.len();
        let sum: f32 = rows.map(|row| self.cells[row * self.columns..][columns.clone()].iter().sum::<f32>()).sum();
        sum / count.max(1) as f32
    }
}

/// Ends of a shape's axis in the world, and how far it reaches from there.
fn axis(shape: &Shape, placed: &Placed) -> ([Vec3; 2], f32) {
    match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => ([placed.point(a_m), placed.point(b_m)], radius_m),
        Shape::Cuboid { centre_m, half_m } => {
            let along = Vec3::Z * half_m.z;
            ([placed.point(centre_m - along), placed.point(centre_m + along)], half_m.x.max(half_m.y))
        }
    }
}

fn to_segment(p: Vec2, a: Vec2, b: Vec2) -> f32 {
    let along = b - a;
    let t = ((p - a).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
    p.distance(a + along * t)
}

#[cfg(test)]
impl Room {
    /// Adds a capsule that belongs to nobody.
    pub(crate) fn add_for_test(&mut self, ends: [Vec3; 2], radius_m: f32, camera: &CameraPose) {
        self.add_capsule(ends, radius_m, 1.0, camera);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Quat;

    #[test]
    fn a_body_covers_the_cells_that_it_is_seen_in() {
        let size = Size { width: 720, height: 720 };
        let mut room = Room::new(size);
        let camera = CameraPose {
            eye_m: Vec3::new(0.0, 1.0, 5.0),
            turn: Quat::IDENTITY,
            vfov_rad: std::f32::consts::FRAC_PI_2,
            focus_m: 5.0,
            aperture_m: 0.0,
        };
        // Five metres away, ten metres are 720 pixels: a capsule of half a metre radius around the upper right is 72 pixels wide.
        room.add_capsule([Vec3::new(2.5, 3.0, 0.0), Vec3::new(2.5, 4.0, 0.0)], 0.5, 1.0, &camera);
        assert_eq!(room.cover(0.0, 0.0, 360.0, 720.0), 0.0);
        assert_eq!(room.cover(0.0, 400.0, 720.0, 320.0), 0.0);
        assert!(room.cover(530.0, 150.0, 20.0, 60.0) == 1.0);
        // What is behind the camera covers nothing.
        let before = room.cells.clone();
        room.add_capsule([Vec3::new(0.0, 1.0, 6.0), Vec3::new(0.0, 1.0, 7.0)], 0.5, 1.0, &camera);
        assert_eq!(room.cells, before);
    }

    #[test]
    fn upright_pictures_keep_clear_of_what_players_lay_over_them() {
        let upright = Margins::of(Size { width: 1080, height: 1920 });
        let [left, top, width, height] = upright.safe_px(Size { width: 1080, height: 1920 });
        assert!(top >= 0.1 * 1920.0 && top + height <= 0.8 * 1920.0 && left >= 0.05 * 1080.0 && left + width <= 0.9 * 1080.0);
        let wide = Margins::of(Size { width: 1920, height: 804 });
        assert_eq!(wide, Margins::of(Size { width: 1080, height: 1080 }));
    }
}
