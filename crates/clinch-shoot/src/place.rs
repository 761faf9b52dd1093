//! The set as the crew meets it: where a camera may stand, and what stands in the way of a look.

use clinch_model::{
    SetKind,
    set::{Pane, Solids},
};
use glam::Vec3;

/// Least height of the lens over the ground, in metres: the body of a camera that lies on it.
pub(crate) const LEAST_HEIGHT_M: f32 = 0.12;
/// Least distance of the lens from what stands in the set, in metres.
pub(crate) const STANDING_OFF_M: f32 = 0.35;

/// A set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    solids: &'static Solids,
}

impl Place {
    pub fn of(set: SetKind) -> Self {
        Self { solids: set.solids() }
    }

    /// Middle of the lamp over the pair.
    pub fn lamp_m(self) -> Vec3 {
        Vec3::from_array(self.solids.lamp_m)
    }

    /// Least and greatest corner of the box that the lens must stay in.
    fn bounds_m(self, off_m: f32, spare_m: f32) -> [Vec3; 2] {
        let [least, most] = self.solids.lens_m.map(Vec3::from_array);
        [(least + Vec3::splat(off_m)).with_y(LEAST_HEIGHT_M + spare_m), most - Vec3::splat(off_m)]
    }

    /// Whether a lens may be at a place; `spare_m` is kept over and above the rules, for hands and for what moves between two looks.
    pub fn allows(self, eye_m: Vec3, spare_m: f32) -> bool {
        let off_m = STANDING_OFF_M + spare_m;
        let [least, most] = self.bounds_m(off_m, spare_m);
        let clear = |[low, high]: &[[f32; 3]; 2]| eye_m.distance(eye_m.clamp(Vec3::from_array(*low), Vec3::from_array(*high))) >= off_m;
        eye_m == eye_m.clamp(least, most) && eye_m.distance(self.lamp_m()) >= off_m && self.solids.boxes_m.iter().all(clear)
    }

    /// The place nearest to `eye_m` on the way from `from_m` to it at which a lens may be, sought in hundredths; `from_m` itself where none is.
    pub fn nearest_allowed(self, from_m: Vec3, eye_m: Vec3, spare_m: f32) -> Vec3 {
        let [least, most] = self.bounds_m(STANDING_OFF_M + spare_m, spare_m);
        let bounded = eye_m.with_y(eye_m.y.clamp(least.y, most.y));
        let start = from_m.with_y(bounded.y);
        let at = |hundredth: i32| start.lerp(bounded, hundredth as f32 / 100.0);
        (0..=100).rev().map(at).find(|&place| self.allows(place, spare_m)).unwrap_or(start)
    }

    /// Whether the ground or a part of the set lies between two points.
    pub fn blocks(self, from_m: Vec3, to_m: Vec3) -> bool {
        let crosses = |pane: &Pane| {
            let (a, b) = (from_m[pane.axis] - pane.at_m, to_m[pane.axis] - pane.at_m);
            a * b < 0.0 && from_m.lerp(to_m, a / (a - b)).y < pane.height_m
        };
        let meets = |corners: &[[f32; 3]; 2]| meets_box(from_m, to_m, corners.map(Vec3::from_array));
        from_m.y < 0.0 || to_m.y < 0.0 || self.solids.panes.iter().any(crosses) || self.solids.boxes_m.iter().any(meets)
    }
}

/// Whether a straight way leads through an upright box (Kay and Kajiya's slabs, 1986).
fn meets_box(from_m: Vec3, to_m: Vec3, [low, high]: [Vec3; 2]) -> bool {
    let way = to_m - from_m;
    let (mut enter, mut leave) = (0.0f32, 1.0f32);
    for axis in 0..3 {
        if way[axis].abs() < 1e-9 {
            if !(low[axis]..=high[axis]).contains(&from_m[axis]) {
                return false;
            }
            continue;
        }
        let (a, b) = ((low[axis] - from_m[axis]) / way[axis], (high[axis] - from_m[axis]) / way[axis]);
        (enter, leave) = (enter.max(a.min(b)), leave.min(a.max(b)));
    }
    enter < leave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_between_hides_and_a_kerb_hides_only_what_is_low() {
        let street = Place::of(SetKind::Street);
        let on_street = Vec3::new(0.0, 1.5, 0.0);
        assert!(!street.blocks(Vec3::new(4.0, 1.5, 3.0), on_street));
        assert!(street.blocks(Vec3::new(0.0, 1.5, -9.0), on_street), "the fence");
        assert!(street.blocks(Vec3::new(0.0, 3.0, 9.0), on_street), "the house");
        assert!(!street.blocks(Vec3::new(0.0, 1.0, -6.0), on_street), "over the kerb");
        assert!(street.blocks(Vec3::new(0.0, 0.05, -6.0), on_street.with_y(0.1)), "through the kerb");
        assert!(street.blocks(Vec3::new(1.0, -0.1, 0.0), on_street), "from under the ground");
    }

    #[test]
    fn the_bed_hides_what_lies_behind_it_and_nothing_over_it() {
        let room = Place::of(SetKind::Room);
        let lying = Vec3::new(-1.0, 0.15, 2.6);
        assert!(room.blocks(Vec3::new(-3.5, 0.2, 2.6), lying));
        assert!(!room.blocks(Vec3::new(-3.5, 2.0, 2.6), lying.with_y(1.2)));
        assert!(!Place::of(SetKind::Void).blocks(Vec3::new(-3.5, 0.2, 2.6), lying));
    }

    #[test]
    fn no_camera_stands_in_a_part_of_a_set() {
        let street = Place::of(SetKind::Street);
        assert!(street.allows(Vec3::new(4.0, 1.5, 3.0), 0.05));
        for eye in [[0.0, 1.5, 5.9], [0.0, 1.5, -5.5], [0.0, 0.05, 0.0], [0.0, 4.4, 0.0], [8.0, 1.5, 0.0]] {
            assert!(!street.allows(Vec3::from_array(eye), 0.0), "{eye:?}");
        }
        for eye in [[-3.0, 0.7, 2.6], [3.9, 1.5, 0.0], [0.0, 3.2, 0.0], [0.35, 2.8, -0.25]] {
            assert!(!Place::of(SetKind::Room).allows(Vec3::from_array(eye), 0.0), "{eye:?}");
        }
        for set in SetKind::ALL {
            let place = Place::of(set);
            let moved = place.nearest_allowed(Vec3::new(0.0, 1.0, 0.0), Vec3::new(0.0, 1.6, 9.0), 0.05);
            assert!(place.allows(moved, 0.05) && moved.z > 3.0 && (moved.y - 1.6).abs() < 1e-6, "{set:?}: {moved}");
        }
    }
}
