//! What a release needs: the same performance in the shapes that it is shown in, each framed anew by the camera.

use clinch_model::Size;
use serde::{Deserialize, Serialize};

/// A delivery format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// 16:9.
    Youtube,
    /// 9:16.
    Vertical,
    /// A few seconds of 9:16 that go round without a seam.
    Loop,
    /// 1:1.
    Square,
    /// 2.39:1, cinema's wide picture.
    Scope,
}

/// The shorter side of a delivery's picture where nobody asks for one, in pixels: the least that platforms take for high definition.
pub const DEFAULT_SHORT_SIDE: u32 = 720;

/// Samples a second of a delivery's sound: what upload guides ask.
pub const UPLOAD_RATE_HZ: u32 = 48_000;

impl Format {
    /// All formats.
    pub const ALL: [Format; 5] = [Format::Youtube, Format::Vertical, Format::Loop, Format::Square, Format::Scope];

    /// Its name, on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Format::Youtube => "youtube",
            Format::Vertical => "vertical",
            Format::Loop => "loop",
            Format::Square => "square",
            Format::Scope => "scope",
        }
    }

    /// The picture's size from its shorter side, both sides even.
    pub fn size(self, short_side: u32) -> Size {
        let long = |ratio: f64| (f64::from(short_side) * ratio / 2.0).round() as u32 * 2;
        let short = short_side.next_multiple_of(2);
        match self {
            Format::Youtube => Size { width: long(16.0 / 9.0), height: short },
            Format::Vertical | Format::Loop => Size { width: short, height: long(16.0 / 9.0) },
            Format::Square => Size { width: short, height: short },
            Format::Scope => Size { width: long(2.39), height: short },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_shape() {
        for (format, short, wanted) in [
            (Format::Youtube, 720, (1280, 720)),
            (Format::Youtube, 1080, (1920, 1080)),
            (Format::Vertical, 1080, (1080, 1920)),
            (Format::Loop, 720, (720, 1280)),
            (Format::Square, 720, (720, 720)),
            (Format::Scope, 720, (1720, 720)),
        ] {
            let size = format.size(short);
            assert_eq!((size.width, size.height), wanted);
        }
        assert!(Format::ALL.iter().all(|format| format.size(36).width % 2 == 0 && format.size(36).height % 2 == 0));
    }
}
