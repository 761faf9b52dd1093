//! Display luma, and the one tint that it may carry, into H.264 pictures.

use crate::{
    Error,
    accent::{tinted, ycc},
};
use clinch_model::{FrameRate, Quality, Size};
use openh264::{
    OpenH264API,
    encoder::{BitRate, Complexity, Encoder, EncoderConfig, FrameType, IntraFramePeriod, Profile, QpRange, RateControlMode, VuiConfig},
    formats::YUVSource,
};
use serde::{Deserialize, Serialize};

/// What every frame of a film has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFormat {
    /// Size in pixels; both sides even, at most 3840×2160 or 2160×3840.
    pub size: Size,
    /// Frames a second, 1..=120.
    pub rate: FrameRate,
    /// How closely the encoded picture follows the rendered one.
    pub quality: Quality,
}

impl std::fmt::Display for PictureFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quality = match self.quality {
            Quality::Draft => "draft",
            Quality::Film => "film",
            Quality::Fine => "fine",
        };
        write!(f, "{} at {} frames a second in {quality} quality", self.size, self.rate)
    }
}

impl PictureFormat {
    /// Frames from one IDR picture to the next: half a second, as upload guides ask (a viewer can then seek within half a second).
    pub(crate) fn frames_per_group(&self) -> u32 {
        ((self.rate.hz() / 2.0).round() as u32).max(1)
    }

    /// Checks what the encoder takes (openh264 reaches level 5.2: 3840×2160), so that a wish can be refused before the work.
    ///
    /// # Errors
    /// [`Error::UnsupportedPicture`] saying what would be right.
    pub fn check(&self) -> Result<(), Error> {
        let Size { width, height } = self.size;
        let refuse = |reason| Err(Error::UnsupportedPicture { size: self.size, rate: self.rate, reason });
        if width < 16 || height < 16 || width % 2 != 0 || height % 2 != 0 {
            return refuse("both sides must be even and at least 16");
        }
        if width.max(height) > 3840 || width.min(height) > 2160 {
            return refuse("the sides may be at most 3840 and 2160");
        }
        if self.rate.num == 0 || self.rate.den == 0 || !(1.0..=120.0).contains(&self.rate.hz()) {
            return refuse("the rate must be from 1 to 120 frames a second");
        }
        Ok(())
    }

    /// The quantiser, the same for every picture, so that the look never pumps with the bit budget.
    ///
    /// Chosen by eye and measure on dark gradients with film grain: at 16 the grain of dim walls (deviation 1.3 of 255) still moves
    /// from frame to frame (0.9 left); from 18 on it freezes and the gradient falls into bands, from 20 on into blocks. 12 is the
    /// encoder's least.
    fn quantiser(&self) -> u8 {
        match self.quality {
            Quality::Draft => 22,
            Quality::Film => 16,
            Quality::Fine => 13,
        }
    }

    /// What the level in the stream is chosen from, in bits a second: what grainy pictures of a trial took, which is
    /// about 0.25, 1 and 1.4 bits a pixel at the three quantisers.
    fn declared_bits_per_sec(&self) -> u32 {
        let bits_per_pixel = match self.quality {
            Quality::Draft => 0.4,
            Quality::Film => 0.9,
            Quality::Fine => 1.5,
        };
        (self.size.pixels() as f64 * self.rate.hz() * bits_per_pixel).clamp(100e3, 200e6) as u32
    }

    fn encoder_config(&self) -> EncoderConfig {
        let quantiser = self.quantiser();
        EncoderConfig::new()
            .profile(Profile::High)
            // With equal bounds the buffer-based mode holds one quantiser for every block of every picture.
            .rate_control_mode(RateControlMode::Bufferbased)
            .qp(QpRange::new(quantiser, quantiser))
            .bitrate(BitRate::from_bps(self.declared_bits_per_sec()))
            .max_frame_rate(openh264::encoder::FrameRate::from_hz(self.rate.hz() as f32))
            .intra_frame_period(IntraFramePeriod::from_num_frames(self.frames_per_group()))
            // One thread: the same bytes on every machine. Shots are encoded side by side instead.
            .num_threads(1)
            .complexity(Complexity::High)
            .skip_frames(false)
            .scene_change_detect(false)
            .adaptive_quantization(false)
            .background_detection(false)
            .vui(VuiConfig::bt709())
    }
}

/// One encoded picture.
pub(crate) struct Picture<'a> {
    /// NAL units, each after its length in four bytes (big-endian), without parameter sets.
    pub bytes: &'a [u8],
    /// Whether it is an IDR picture.
    pub sync: bool,
}

/// Sequence and picture parameter sets, without start codes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct ParameterSets {
    pub sequence: Vec<u8>,
    pub picture: Vec<u8>,
}

/// Encodes the frames of one shot.
pub(crate) struct PictureEncoder {
    encoder: Encoder,
    frame: Frame,
    /// The last picture's bytes; kept to reuse the memory.
    bytes: Vec<u8>,
    parameter_sets: ParameterSets,
}

impl PictureEncoder {
    pub fn new(format: PictureFormat) -> Result<Self, Error> {
        format.check()?;
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), format.encoder_config());
        Ok(Self {
            encoder: encoder.map_err(encoder_failed)?,
            frame: Frame::new(format.size),
            bytes: Vec::new(),
            parameter_sets: ParameterSets::default(),
        })
    }

    /// Empty until the first frame was encoded.
    pub fn parameter_sets(&self) -> &ParameterSets {
        &self.parameter_sets
    }

    /// Encodes full-range display luma with a tint (see [`tinted`]), both of the shape `[row][column]`; an empty tint is none.
    pub fn encode(&mut self, luma: &[u8], tint: &[u8]) -> Result<Picture<'_>, Error> {
        self.frame.set(luma, tint)?;
        let stream = self.encoder.encode(&self.frame).map_err(encoder_failed)?;
        let sync = match stream.frame_type() {
            FrameType::IDR => true,
            FrameType::P => false,
            other => return Err(Error::PictureEncoder(format!("an unexpected picture of type {other:?}"))),
        };
        self.bytes.clear();
        let nal_units = (0..stream.num_layers()).filter_map(|i| stream.layer(i));
        for layer in nal_units {
            for unit in (0..layer.nal_count()).filter_map(|i| layer.nal_unit(i)) {
                sort_unit(without_start_code(unit), &mut self.bytes, &mut self.parameter_sets)?;
            }
        }
        if self.bytes.is_empty() {
            return Err(Error::PictureEncoder("an empty picture".into()));
        }
        Ok(Picture { bytes: &self.bytes, sync })
    }
}

fn encoder_failed(error: openh264::Error) -> Error {
    Error::PictureEncoder(error.to_string())
}

/// Annex B start codes are two or three zeros and a one.
fn without_start_code(unit: &[u8]) -> &[u8] {
    unit.strip_prefix(&[0, 0, 0, 1]).or_else(|| unit.strip_prefix(&[0, 0, 1])).unwrap_or(unit)
}

/// Parameter sets go into the file's head, everything else into the picture.
fn sort_unit(unit: &[u8], bytes: &mut Vec<u8>, sets: &mut ParameterSets) -> Result<(), Error> {
    // NAL unit types of H.264 table 7-1.
    const SEQUENCE_PARAMETER_SET: u8 = 7;
    const PICTURE_PARAMETER_SET: u8 = 8;
    let Some(first) = unit.first() else { return Ok(()) };
    let set = match first & 0x1f {
        SEQUENCE_PARAMETER_SET => &mut sets.sequence,
        PICTURE_PARAMETER_SET => &mut sets.picture,
        _ => {
            let length = u32::try_from(unit.len()).map_err(|_| Error::PictureEncoder("a picture beyond 4 GiB".into()))?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(unit);
            return Ok(());
        }
    };
    if set.is_empty() {
        set.extend_from_slice(unit);
    } else if set != unit {
        // One head serves the whole film, so the sets must never change.
        return Err(Error::PictureEncoder("the parameter sets changed within a shot".into()));
    }
    Ok(())
}

/// The encoder's input: limited-range luma, and chroma that is neutral but for what is tinted.
struct Frame {
    size: Size,
    /// Shape `[row][column]`, 16..=235.
    luma: Vec<u8>,
    /// Cb and Cr, shape `[row / 2][column / 2]`, 128 where there is no tint: black and white.
    chroma: [Vec<u8>; 2],
    /// Whether there is any other number in `chroma`.
    is_tinted: bool,
    limited_from_full: [u8; 256],
}

impl Frame {
    fn new(size: Size) -> Self {
        Self {
            size,
            luma: vec![16; size.pixels()],
            chroma: [0; 2].map(|_| vec![NEUTRAL; size.pixels() / 4]),
            is_tinted: false,
            limited_from_full: std::array::from_fn(|full| limited_from_full(full as u8)),
        }
    }

    fn set(&mut self, luma: &[u8], tint: &[u8]) -> Result<(), Error> {
        let wanted = self.luma.len();
        for found in [luma.len(), if tint.is_empty() { wanted } else { tint.len() }] {
            if found != wanted {
                return Err(Error::WrongFrame { found, wanted });
            }
        }
        for (out, &full) in self.luma.iter_mut().zip(luma) {
            *out = self.limited_from_full[usize::from(full)];
        }
        if std::mem::take(&mut self.is_tinted) {
            self.chroma.iter_mut().for_each(|plane| plane.fill(NEUTRAL));
        }
        if tint.iter().any(|&tint| tint > 0) {
            self.is_tinted = true;
            self.set_tint(luma, tint);
        }
        Ok(())
    }

    /// Gives what is tinted its colour: luma pixel by pixel, chroma as the mean of four.
    fn set_tint(&mut self, luma: &[u8], tint: &[u8]) {
        let width = self.size.width as usize;
        let columns = width / 2;
        for block in 0..columns * (self.size.height as usize / 2) {
            let corner = block / columns * 2 * width + block % columns * 2;
            let pixels = [corner, corner + 1, corner + width, corner + width + 1];
            if pixels.iter().all(|&pixel| tint[pixel] == 0) {
                continue;
            }
            let mut sums = [0.0; 2];
            for pixel in pixels {
                let colour = tinted(luma[pixel], tint[pixel]);
                let [shown, cb, cr] = ycc(colour.map(|value| f32::from(value) / 255.0));
                self.luma[pixel] = self.limited_from_full[(shown * 255.0).round() as usize];
                sums = [sums[0] + cb, sums[1] + cr];
            }
            for (plane, sum) in self.chroma.iter_mut().zip(sums) {
                // BT.709 §3.5: chroma spans 224 of 256 codes.
                plane[block] = (f32::from(NEUTRAL) + sum / 4.0 * 224.0).round().clamp(16.0, 240.0) as u8;
            }
        }
    }
}

/// Chroma without colour.
const NEUTRAL: u8 = 128;

/// ITU-R BT.709-6 §3.5 for 8 bits: black 16, white 235.
fn limited_from_full(full: u8) -> u8 {
    (16 + (u32::from(full) * 219 + 127) / 255) as u8
}

impl YUVSource for Frame {
    fn dimensions(&self) -> (usize, usize) {
        (self.size.width as usize, self.size.height as usize)
    }

    fn strides(&self) -> (usize, usize, usize) {
        let width = self.size.width as usize;
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.luma
    }

    fn u(&self) -> &[u8] {
        &self.chroma[0]
    }

    fn v(&self) -> &[u8] {
        &self.chroma[1]
    }
}
