//! The song with clicks on its beats, to check by ear what was heard.

use crate::{Error, Source, open};
use clinch_model::{PcmSource, Progress, Score};
use std::{
    f64::consts::TAU,
    io::{Seek, SeekFrom, Write},
};

/// Pitch of clicks on downbeats and on other beats, in hertz: an octave apart, where music leaves room.
pub const DOWNBEAT_HZ: f64 = 2000.0;
/// Pitch of clicks on other beats, in hertz.
pub const BEAT_HZ: f64 = 1000.0;
/// Length of a click, in seconds.
const CLICK_SECS: f64 = 0.03;
/// Share of full scale that the song, a downbeat's click and another click keep: together they stay below it.
const SONG_GAIN: f32 = 0.6;
const DOWNBEAT_GAIN: f64 = 0.4;
const BEAT_GAIN: f64 = 0.25;
/// How near a beat a bar must begin for it to be a downbeat, in seconds.
const SAME_SECS: f64 = 0.03;
/// Largest data of a WAV file, in bytes: its lengths are 32 bits wide.
const MOST_BYTES: u64 = u32::MAX as u64 - 36;

/// Where clicks go: first sample, and whether it is a downbeat.
fn places(score: &Score) -> Vec<(u64, bool)> {
    let rate_hz = f64::from(score.track.sample_rate_hz);
    let downbeat = |at: f64| {
        let next = score.bars.partition_point(|bar| bar.start.0 < at - SAME_SECS);
        score.bars.get(next).is_some_and(|bar| (bar.start.0 - at).abs() <= SAME_SECS)
    };
    score.beats.iter().map(|beat| ((beat.0 * rate_hz).round() as u64, downbeat(beat.0))).collect()
}

/// Writes the song with a click on every beat as a 16-bit WAV file: as long as the song to the sample, at its rate; mono and stereo as they are,
/// more channels mixed to mono. A click's first sample is the beat's; downbeats ([`DOWNBEAT_HZ`]) are higher and louder than other beats ([`BEAT_HZ`]).
///
/// # Errors
/// As [`open`]'s and its decoder's, [`Error::TooLong`] where the file would be too large for a WAV, [`Error::Unwritable`].
pub fn clicks(source: &Source, score: &Score, out: &mut (impl Write + Seek), progress: Progress) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable { source };
    let mut decoder = open(source)?;
    let (rate_hz, heard) = (decoder.sample_rate_hz(), decoder.channels() as usize);
    let channels = if heard == 2 { 2 } else { 1 };
    write_head(out, rate_hz, channels as u16, 0).map_err(unwritable)?;
    let mut clicks = Clicks { places: places(score), next: 0, sounding: None, rate_hz: f64::from(rate_hz) };
    let (mut at, mut bytes) = (0_u64, Vec::new());
    let mut block = Vec::new();
    loop {
        block.clear();
        if decoder.next(&mut block)? == 0 {
            break;
        }
        bytes.clear();
        for frame in block.chunks_exact(heard) {
            let click = clicks.sample(at);
            let mono = [frame.iter().sum::<f32>() / heard as f32];
            for &x in if channels == 2 { frame } else { &mono[..] } {
                let mixed = (x * SONG_GAIN + click).clamp(-1.0, 1.0);
                bytes.extend_from_slice(&((mixed * 32_767.0).round() as i16).to_le_bytes());
            }
            at += 1;
        }
        if at * channels as u64 * 2 > MOST_BYTES {
            return Err(Error::TooLong { name: source.name() });
        }
        out.write_all(&bytes).map_err(unwritable)?;
        progress((at as f64 / score.track.samples.max(1) as f64).min(1.0));
    }
    out.seek(SeekFrom::Start(0)).map_err(unwritable)?;
    write_head(out, rate_hz, channels as u16, (at * channels as u64 * 2) as u32).map_err(unwritable)?;
    out.seek(SeekFrom::End(0)).and_then(|_| out.flush()).map_err(unwritable)
}

/// The clicks as sound.
struct Clicks {
    places: Vec<(u64, bool)>,
    next: usize,
    /// The click that sounds: first sample and whether it is a downbeat's.
    sounding: Option<(u64, bool)>,
    rate_hz: f64,
}

impl Clicks {
    /// The clicks' sample at a place; places come in order.
    fn sample(&mut self, at: u64) -> f32 {
        if let Some(&place) = self.places.get(self.next).filter(|place| place.0 <= at) {
            self.sounding = Some(place);
            self.next += 1;
        }
        let Some((first, downbeat)) = self.sounding else { return 0.0 };
        let t = (at - first) as f64 / self.rate_hz;
        if t > CLICK_SECS {
            self.sounding = None;
            return 0.0;
        }
        let (hz, gain) = if downbeat { (DOWNBEAT_HZ, DOWNBEAT_GAIN) } else { (BEAT_HZ, BEAT_GAIN) };
        // A cosine begins at its top: the very first sample is heard.
        (gain * (TAU * hz * t).cos() * (-t / (CLICK_SECS / 6.0)).exp()) as f32
    }
}

/// The head of a WAV file (RIFF, format 1).
fn write_head(out: &mut impl Write, rate_hz: u32, channels: u16, data_bytes: u32) -> std::io::Result<()> {
    let frame_bytes = channels * 2;
    let mut head = Vec::with_capacity(44);
    head.extend_from_slice(b"RIFF");
    head.extend_from_slice(&(data_bytes + 36).to_le_bytes());
    head.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
    head.extend_from_slice(&channels.to_le_bytes());
    head.extend_from_slice(&rate_hz.to_le_bytes());
    head.extend_from_slice(&(rate_hz * u32::from(frame_bytes)).to_le_bytes());
    head.extend_from_slice(&frame_bytes.to_le_bytes());
    head.extend_from_slice(&16_u16.to_le_bytes());
    head.extend_from_slice(b"data");
    head.extend_from_slice(&data_bytes.to_le_bytes());
    out.write_all(&head)
}
