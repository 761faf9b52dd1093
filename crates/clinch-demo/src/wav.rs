//! The song as a file.

use crate::{RATE_HZ, mix::Stereo};
use clinch_model::random::Stream;

/// Bytes of the header before the samples.
pub(crate) const HEADER_BYTES: usize = 44;

/// A 16-bit stereo WAV file (RIFF, format 1), with triangular dither of one step, so that the quiet opening doesn't grow grainy.
pub(crate) fn encode(stereo: &Stereo) -> Vec<u8> {
    let frames = stereo[0].len().min(stereo[1].len());
    let data_bytes = (frames * 4) as u32;
    let mut file = Vec::with_capacity(HEADER_BYTES + frames * 4);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(data_bytes + HEADER_BYTES as u32 - 8).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    // Format 1 is plain integers; two channels.
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&2_u16.to_le_bytes());
    file.extend_from_slice(&RATE_HZ.to_le_bytes());
    file.extend_from_slice(&(RATE_HZ * 4).to_le_bytes());
    file.extend_from_slice(&4_u16.to_le_bytes());
    file.extend_from_slice(&16_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data_bytes.to_le_bytes());
    let mut random = Stream::new(0, "demo-dither");
    for frame in 0..frames {
        for side in stereo {
            let dither = random.unit() - random.unit();
            let step = (f64::from(side[frame]) * 32_767.0 + dither).round().clamp(-32_768.0, 32_767.0);
            file.extend_from_slice(&(step as i16).to_le_bytes());
        }
    }
    file
}
