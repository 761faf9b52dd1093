//! The set as it is handed to other tools.

use crate::cast::Surface;
use glam::Vec3;

/// The set as triangles and lamps; `clinch-light` makes it from what it traces.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scenery {
    /// Everything that stands still, without bones and shape changes; each thing has a material of its own that bears its name.
    pub surface: Surface,
    /// The lamps, the key lamp first.
    pub lamps: Vec<SpotLamp>,
}

/// A round lamp that shines to one side in a soft-edged beam.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotLamp {
    /// `key`, `far-1`, …
    pub name: String,
    /// Middle of the disc.
    pub centre_m: Vec3,
    /// Unit vector into which it shines.
    pub axis: Vec3,
    /// Radius of the disc.
    pub radius_m: f32,
    /// Radiant intensity along the axis, as the film is exposed: irradiance × m² on the scale on which a radiance of 0.18 prints as a middle
    /// grey.
    pub intensity_m2: f32,
    /// Angles to the axis at which the beam begins to fade and at which it has faded.
    pub beam_rad: [f32; 2],
}
