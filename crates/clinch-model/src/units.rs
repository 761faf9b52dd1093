//! Units as types, for boundaries between stages.

use serde::{Deserialize, Serialize};

/// Seconds from the first sample of the song.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secs(pub f64);

/// Beats a minute.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bpm(pub f64);

/// Loudness in LUFS (EBU R128 / ITU-R BS.1770), about −70 (silence) to 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lufs(pub f64);

impl std::ops::Sub for Secs {
    type Output = Secs;
    fn sub(self, other: Secs) -> Secs {
        Secs(self.0 - other.0)
    }
}

impl std::ops::Add for Secs {
    type Output = Secs;
    fn add(self, other: Secs) -> Secs {
        Secs(self.0 + other.0)
    }
}

impl std::fmt::Display for Secs {
    /// `m:ss.d`, as an editor reads it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0.max(0.0) * 10.0).round() as u64;
        write!(f, "{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
    }
}

/// A rational rate: `num / den` frames (or samples of motion) a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameRate {
    /// Frames in `den` seconds, at least 1.
    pub num: u32,
    /// Seconds, at least 1.
    pub den: u32,
}

impl FrameRate {
    /// A whole number of frames a second.
    pub const fn whole(frames_per_sec: u32) -> Self {
        Self { num: frames_per_sec, den: 1 }
    }

    /// Frames a second.
    pub fn hz(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// Length of one frame.
    pub fn frame_secs(self) -> f64 {
        f64::from(self.den) / f64::from(self.num)
    }

    /// When frame `frame` begins.
    pub fn start_of(self, frame: u64) -> Secs {
        Secs(frame as f64 * f64::from(self.den) / f64::from(self.num))
    }

    /// The frame during which `at` falls (0 for negative times).
    pub fn frame_at(self, at: Secs) -> u64 {
        // A time computed from a frame number must give that number back, so a whisker is forgiven.
        (at.0 * self.hz() + 1e-6).floor().max(0.0) as u64
    }

    /// How many frames cover a length of `length`, to the nearest frame and at least one.
    pub fn frames_in(self, length: Secs) -> u64 {
        (length.0 * self.hz()).round().max(1.0) as u64
    }
}

impl std::fmt::Display for FrameRate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

impl std::str::FromStr for FrameRate {
    type Err = String;

    /// Reads `24`, `30000/1001`, `23.976`, `29.97` or `59.94` (the three decimals are taken as their exact NTSC ratios).
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no frame rate: write a number from 1 to 120 such as 24, 25, 30, 23.976 or 30000/1001");
        let rate = match text.trim() {
            "23.976" | "23.98" => Self { num: 24000, den: 1001 },
            "29.97" => Self { num: 30000, den: 1001 },
            "59.94" => Self { num: 60000, den: 1001 },
            other => match other.split_once('/') {
                Some((num, den)) => Self { num: num.trim().parse().map_err(|_| wrong())?, den: den.trim().parse().map_err(|_| wrong())? },
                None => Self::whole(other.parse().map_err(|_| wrong())?),
            },
        };
        if rate.den == 0 || !(1.0..=120.0).contains(&rate.hz()) {
            return Err(wrong());
        }
        Ok(rate)
    }
}

/// Size of the picture in pixels; both sides even, as 4:2:0 video needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// Width over height.
    pub fn aspect(self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// Number of pixels.
    pub fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no picture size: write WIDTHxHEIGHT with even numbers from 32 to 4096, such as 1280x720");
        let (width, height) = text.split_once(['x', 'X', '×']).ok_or_else(wrong)?;
        let size = Self { width: width.trim().parse().map_err(|_| wrong())?, height: height.trim().parse().map_err(|_| wrong())? };
        let fits = |side: u32| (32..=4096).contains(&side) && side.is_multiple_of(2);
        if fits(size.width) && fits(size.height) { Ok(size) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_number_survives_the_way_through_seconds() {
        for rate in [FrameRate::whole(24), FrameRate { num: 24000, den: 1001 }, FrameRate { num: 30000, den: 1001 }] {
            for frame in (0..400_000).step_by(997) {
                assert_eq!(rate.frame_at(rate.start_of(frame)), frame);
            }
        }
    }

    #[test]
    fn rates_and_sizes_are_read_or_refused() {
        assert_eq!("23.976".parse(), Ok(FrameRate { num: 24000, den: 1001 }));
        assert_eq!("25".parse(), Ok(FrameRate::whole(25)));
        for wrong in ["0", "24/0", "fast", "1000", "-24"] {
            assert!(wrong.parse::<FrameRate>().is_err(), "{wrong}");
        }
        assert_eq!("640x360".parse(), Ok(Size { width: 640, height: 360 }));
        for wrong in ["640", "641x360", "0x0", "640x9000", "axb"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_read_like_a_clock() {
        assert_eq!(Secs(65.25).to_string(), "1:05.3");
        assert_eq!(Secs(0.0).to_string(), "0:00.0");
    }
}
