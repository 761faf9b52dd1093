//! The places in which the struggle may stand, and where their solid parts are: shoot keeps the camera out of them, light draws them.
//!
//! The pair's ring has a radius of about a metre round the origin; the ground is y = 0 in every set.

use crate::street;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SetKind {
    /// An empty street at night, wet asphalt between a fence and a house front.
    #[default]
    Street,
    /// A bare room: one window, a bed, a doorway.
    Room,
    /// A ring of light on a dark floor, and nothing else.
    Void,
}

/// Solid parts of a set, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solids {
    /// Least and greatest corner of the box that a camera as a whole must stay in.
    pub lens_m: [[f32; 3]; 2],
    /// Middle of the lamp over the pair.
    pub lamp_m: [f32; 3],
    /// Upright planes that nothing can be seen through.
    pub panes: &'static [Pane],
    /// Least and greatest corners of upright boxes.
    pub boxes_m: &'static [[[f32; 3]; 2]],
}

/// An upright plane across the x or the z axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pane {
    /// The axis that it lies across: 0 for x, 2 for z.
    pub axis: usize,
    /// Where on that axis.
    pub at_m: f32,
    /// Its height over the ground.
    pub height_m: f32,
}

const fn pane(axis: usize, at_m: f32, height_m: f32) -> Pane {
    Pane { axis, at_m, height_m }
}

/// Half the room's length along x and along z, and its height.
pub const ROOM_HALF_M: [f32; 2] = [4.0, 3.6];
/// Height of the room.
pub const ROOM_HEIGHT_M: f32 = 3.3;
/// Least and greatest corner of the room's bed, in its south-western corner.
pub const BED_M: [[f32; 3]; 2] = [[-4.0, 0.0, 2.1], [-2.05, 0.52, 3.25]];
/// The bulb that hangs in the room.
pub const BULB_M: [f32; 3] = [0.35, 2.86, -0.25];
/// The lamp over the void's ring.
pub const VOID_LAMP_M: [f32; 3] = [0.5, 6.2, -0.9];

static STREET: Solids = Solids {
    // From farther along the street even the longest lens shows the pair small in the dark; the top stays below the lamp and out of its hottest part.
    lens_m: [[-6.85, 0.0, street::NORTH_KERB_Z_M], [6.85, 4.55, street::SOUTH_KERB_Z_M]],
    lamp_m: street::KEY_LAMP_M,
    // The fence's mesh counts as a plane: wire before a face is a fault.
    panes: &[
        pane(2, street::NORTH_KERB_Z_M, street::PAVEMENT_M),
        pane(2, street::SOUTH_KERB_Z_M, street::PAVEMENT_M),
        pane(2, street::FENCE_Z_M, street::PAVEMENT_M + street::FENCE_M),
        pane(2, street::NORTH_WALL_Z_M, street::NORTH_WALL_M),
        pane(2, street::SOUTH_WALL_Z_M, street::SOUTH_WALL_M),
    ],
    boxes_m: &[],
};

static ROOM: Solids = Solids {
    lens_m: [[-ROOM_HALF_M[0], 0.0, -ROOM_HALF_M[1]], [ROOM_HALF_M[0], ROOM_HEIGHT_M, ROOM_HALF_M[1]]],
    lamp_m: BULB_M,
    panes: &[
        pane(0, -ROOM_HALF_M[0], ROOM_HEIGHT_M),
        pane(0, ROOM_HALF_M[0], ROOM_HEIGHT_M),
        pane(2, -ROOM_HALF_M[1], ROOM_HEIGHT_M),
        pane(2, ROOM_HALF_M[1], ROOM_HEIGHT_M),
    ],
    boxes_m: &[BED_M],
};

static VOID: Solids = Solids { lens_m: [[-7.0, 0.0, -7.0], [7.0, 4.8, 7.0]], lamp_m: VOID_LAMP_M, panes: &[], boxes_m: &[] };

impl SetKind {
    /// All places.
    pub const ALL: [SetKind; 3] = [SetKind::Street, SetKind::Room, SetKind::Void];

    /// Its solid parts.
    pub fn solids(self) -> &'static Solids {
        match self {
            SetKind::Street => &STREET,
            SetKind::Room => &ROOM,
            SetKind::Void => &VOID,
        }
    }
}
