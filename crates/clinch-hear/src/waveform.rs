//! The song's outline, to be drawn.

use crate::{Error, Source, open};
use clinch_model::PcmSource;

/// The outline of a song, all channels together; sample values in −1..1 of full scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Waveform {
    /// Time that a value stands for, in seconds.
    pub hop_secs: f64,
    /// `[hop]`: lowest and highest sample.
    pub reach: Vec<(f32, f32)>,
    /// `[hop]`: root mean square.
    pub level: Vec<f32>,
}

/// Reads a song's outline, so many values a second.
///
/// # Errors
/// As [`open`]'s and its decoder's.
pub fn waveform(source: &Source, hops_per_sec: f64) -> Result<Waveform, Error> {
    let mut decoder = open(source)?;
    let (rate_hz, channels) = (f64::from(decoder.sample_rate_hz()), decoder.channels() as usize);
    let hop = (rate_hz / hops_per_sec).round().max(1.0) as usize;
    let mut outline = Waveform { hop_secs: hop as f64 / rate_hz, reach: Vec::new(), level: Vec::new() };
    let mut block = Vec::new();
    // Of the hop that is being filled: samples of each channel so far, lowest, highest, sum of squares.
    let mut open = (0_usize, 0.0_f32, 0.0_f32, 0.0_f64);
    loop {
        block.clear();
        let ended = decoder.next(&mut block)? == 0;
        for frame in block.chunks_exact(channels) {
            for &x in frame {
                open = (open.0, open.1.min(x), open.2.max(x), open.3 + f64::from(x) * f64::from(x));
            }
            open.0 += 1;
            if open.0 == hop {
                outline.push(open, channels);
                open = (0, 0.0, 0.0, 0.0);
            }
        }
        if ended {
            if open.0 > 0 {
                outline.push(open, channels);
            }
            return Ok(outline);
        }
    }
}

impl Waveform {
    fn push(&mut self, (samples, low, high, squares): (usize, f32, f32, f64), channels: usize) {
        self.reach.push((low, high));
        self.level.push((squares / (samples * channels) as f64).sqrt() as f32);
    }
}
