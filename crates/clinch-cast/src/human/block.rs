//! One target as a compressed block.
//!
//! Which vertices move is kept as runs; how far, as differences to the vertex before in the same run of numbers, zigzag coded, low
//! bytes apart from high bytes. Vertices that follow one another in the mesh move alike, so most bytes are near zero and deflate well.

use super::{HumanError, nonsense};
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{Read, Write};

/// Most bytes that a compressed part may unfold to: the head has 0.6 MB, a block at most 0.12 MB.
const UNFOLDED_BYTES: u64 = 4 << 20;

/// A target's shifts.
#[derive(Serialize, Deserialize)]
pub(super) struct Block {
    /// Runs of vertices that move: still vertices before the run, then vertices in the run.
    runs: Vec<(u32, u32)>,
    /// Low bytes of all x, then of all y, then of all z.
    low: Vec<u8>,
    /// High bytes, likewise.
    high: Vec<u8>,
}

impl Block {
    /// Packs the shifts of all vertices.
    ///
    /// # Errors
    /// [`HumanError::Nonsense`] where neighbours differ by more than 3.2 m.
    pub(super) fn new(shifts: &[[i32; 3]]) -> Result<Self, HumanError> {
        let mut block = Self { runs: runs(shifts), low: Vec::new(), high: Vec::new() };
        for axis in 0..3 {
            let mut before = 0;
            for shift in shifts.iter().filter(|shift| **shift != [0; 3]) {
                let coded =
                    u16::try_from(zigzag(shift[axis].wrapping_sub(before))).map_err(|_| nonsense("a shift is too large to be kept"))?;
                before = shift[axis];
                let [low, high] = coded.to_le_bytes();
                block.low.push(low);
                block.high.push(high);
            }
        }
        Ok(block)
    }

    /// Adds the shifts to those of all vertices.
    pub(super) fn add_to(&self, sum: &mut [[i32; 3]]) -> Result<(), HumanError> {
        let vertices = self.vertices(sum.len())?;
        if self.low.len() != 3 * vertices.len() || self.high.len() != self.low.len() {
            return Err(nonsense("a target has not as many shifts as vertices"));
        }
        let coded = self.low.iter().zip(&self.high).map(|(&low, &high)| u32::from(u16::from_le_bytes([low, high])));
        let mut differences = coded.map(unzigzag);
        for axis in 0..3 {
            let mut value = 0i32;
            for (&vertex, difference) in vertices.iter().zip(&mut differences) {
                value = value.wrapping_add(difference);
                sum[vertex][axis] = sum[vertex][axis].wrapping_add(value);
            }
        }
        Ok(())
    }

    /// The vertices that move, ascending, each below `count`.
    fn vertices(&self, count: usize) -> Result<Vec<usize>, HumanError> {
        let mut vertices = Vec::new();
        let mut end = 0usize;
        for &(still, moving) in &self.runs {
            let start = end.saturating_add(still as usize);
            end = start.saturating_add(moving as usize);
            if end > count {
                return Err(nonsense("a target moves a vertex that isn't there"));
            }
            vertices.extend(start..end);
        }
        Ok(vertices)
    }

    pub(super) fn pack(&self) -> Result<Vec<u8>, HumanError> {
        fold(self)
    }

    pub(super) fn unpack(bytes: &[u8]) -> Result<Self, HumanError> {
        unfold(bytes)
    }
}

/// Runs of vertices that move: still vertices before the run, then vertices in it.
fn runs(shifts: &[[i32; 3]]) -> Vec<(u32, u32)> {
    let mut runs = Vec::new();
    let (mut still, mut moving) = (0, 0);
    for shift in shifts {
        if *shift != [0; 3] {
            moving += 1;
        } else if moving == 0 {
            still += 1;
        } else {
            runs.push((still, moving));
            (still, moving) = (1, 0);
        }
    }
    if moving > 0 {
        runs.push((still, moving));
    }
    runs
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2... become 0, 1, 2, 3...
fn zigzag(value: i32) -> u32 {
    (value.wrapping_shl(1) ^ (value >> 31)) as u32
}

fn unzigzag(coded: u32) -> i32 {
    (coded >> 1) as i32 ^ -((coded & 1) as i32)
}

/// Serialises and compresses.
pub(super) fn fold<T: Serialize>(value: &T) -> Result<Vec<u8>, HumanError> {
    let plain = postcard::to_stdvec(value).map_err(|error| nonsense(error.to_string()))?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&plain).and_then(|()| encoder.finish()).map_err(|error| nonsense(error.to_string()))
}

/// The inverse of [`fold`].
pub(super) fn unfold<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HumanError> {
    let mut plain = Vec::new();
    DeflateDecoder::new(bytes).take(UNFOLDED_BYTES).read_to_end(&mut plain).map_err(|error| nonsense(error.to_string()))?;
    postcard::from_bytes(&plain).map_err(|error| nonsense(error.to_string()))
}
