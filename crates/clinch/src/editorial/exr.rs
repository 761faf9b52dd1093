//! The film's frames as numbered OpenEXR files for compositors: scene light and layers.

use super::pictures::{numbered, put};
use crate::{excerpt::Frames, picture::Footage};
use anyhow::{Context, Result};
use clinch_light::{Frame, Layers};
use clinch_model::{FrameRate, Progress, Size};
use exr::prelude::{AnyChannel, AnyChannels, Encoding, FlatSamples, Image, Layer, LayerAttributes, Text, WritableImage, f16};
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

/// What stands in every file about its channels.
const COMMENTS: &str = "R = G = B: scene light, 0.18 a middle grey. Z: metres along the camera's axis (32-bit). N: world normal, y up. \
                        forward: pixels a frame, right and up. mask: share of the pixel that is Cop, Kid, and the light of the shove's drops.";

impl Footage<'_> {
    /// Writes frames as OpenEXR files, named after `out` and numbered as in the film; gives back the first and the last one. Each is written
    /// aside first. They show the struggle as it is lit: without opening and type, and not developed (no curve, glow, vignette or grain).
    ///
    /// # Errors
    /// Where a frame can't be lit or written.
    pub fn write_exr(&mut self, size: Size, rate: FrameRate, frames: Frames, out: &Path, progress: Progress) -> Result<[PathBuf; 2]> {
        for frame in frames.first..frames.end {
            let (lit, layers) = self.plates(frame)?;
            let bytes = encoded(size, rate, &lit, &layers)?;
            put(&numbered(out, frame, "exr"), out, |aside| {
                std::fs::write(aside, &bytes).with_context(|| format!("{} can't be written; choose another place with -o", aside.display()))
            })?;
            progress((frame + 1 - frames.first) as f64 / (frames.end - frames.first) as f64);
        }
        Ok([frames.first, frames.end - 1].map(|frame| numbered(out, frame, "exr")))
    }
}

/// One file: names as compositors expect them (Nuke, Natron, Blender), half floats but for depth, whose steps would be centimetres at ten metres.
fn encoded(size: Size, rate: FrameRate, lit: &Frame, layers: &Layers) -> Result<Vec<u8>> {
    let halves = |values: &mut dyn Iterator<Item = f32>| FlatSamples::F16(values.map(f16::from_f32).collect());
    let light = || halves(&mut lit.radiance.iter().map(|&radiance| clinch_light::exposure_of(radiance).min(f16::MAX.to_f32())));
    let normal = |axis: usize| halves(&mut layers.normal.iter().map(|normal| normal[axis]));
    let motion = |axis: usize| halves(&mut layers.motion_pixels.iter().map(|motion| motion[axis]));
    let tint = lit.tint();
    let accent = halves(&mut (0..size.pixels()).map(|pixel| f32::from(tint.get(pixel).copied().unwrap_or(0)) / 255.0));
    let channels = [
        ("R", light()),
        ("G", light()),
        ("B", light()),
        ("Z", FlatSamples::F32(layers.depth_m.clone())),
        ("N.X", normal(0)),
        ("N.Y", normal(1)),
        ("N.Z", normal(2)),
        ("forward.u", motion(0)),
        ("forward.v", motion(1)),
        ("mask.cop", halves(&mut layers.person[0].iter().copied())),
        ("mask.kid", halves(&mut layers.person[1].iter().copied())),
        ("mask.accent", accent),
    ];
    let channels = AnyChannels::sort(channels.map(|(name, samples)| AnyChannel::new(name, samples)).into_iter().collect());
    let attributes = LayerAttributes {
        software_name: Text::new_or_none("clinch"),
        comments: Text::new_or_none(COMMENTS),
        frames_per_second: i32::try_from(rate.num).ok().map(|num| (num, rate.den)),
        ..LayerAttributes::default()
    };
    let layer = Layer::new((size.width as usize, size.height as usize), attributes, Encoding::SMALL_LOSSLESS, channels);
    let mut bytes = Cursor::new(Vec::new());
    Image::from_layer(layer).write().non_parallel().to_buffered(&mut bytes).context("a frame can't be put into an OpenEXR file")?;
    Ok(bytes.into_inner())
}
