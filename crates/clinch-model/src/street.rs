//! Where the street's solid parts stand ([`crate::set`] has all sets').
//!
//! Asphalt between two kerbs; to the north (−z) a chain-link fence before a brick wall, to the south (+z) a house front. It goes on without
//! end to both sides (±x).

/// Northern kerb: where the street ends and the pavement begins, in metres.
pub const NORTH_KERB_Z_M: f32 = -5.6;
/// Southern kerb, in metres.
pub const SOUTH_KERB_Z_M: f32 = 6.0;
/// Height of the pavements, in metres.
pub const PAVEMENT_M: f32 = 0.14;
/// Plane of the fence, in metres.
pub const FENCE_Z_M: f32 = -6.5;
/// Height of the fence over its pavement, in metres.
pub const FENCE_M: f32 = 2.3;
/// Northern wall's face, in metres.
pub const NORTH_WALL_Z_M: f32 = -9.6;
/// Height of the northern wall, in metres.
pub const NORTH_WALL_M: f32 = 4.6;
/// Southern wall's face, in metres.
pub const SOUTH_WALL_Z_M: f32 = 7.6;
/// Height of the southern wall, in metres.
pub const SOUTH_WALL_M: f32 = 7.5;
/// Middle of the lamp over the pair, in metres.
pub const KEY_LAMP_M: [f32; 3] = [0.7, 5.2, -0.8];
