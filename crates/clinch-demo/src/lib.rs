//! The demo song of clinch, composed and synthesised.
//!
//! A song of 32 s that loops: a breath, a verse, the weight, a break, the weight again, which falls back into the breath. Words,
//! notes and sounds are our own; nothing is sampled. [`song`] gives the sound, [`LYRICS`] the words; the rest is the truth about it,
//! for tests of what listens.

mod dsp;
mod instruments;
mod mix;
mod score;
mod wav;

pub use score::{BEATS_PER_BAR, PARTS, Part};

/// Title of the song.
pub const TITLE: &str = "Neither";

/// Samples a second, each channel.
pub const RATE_HZ: u32 = 48_000;

/// Tempo in beats a minute: a beat is then 24,000 samples and a bar 48 frames of film at 24 a second, both whole.
pub const TEMPO_BPM: f64 = 120.0;

/// Bars in the song; they fill it exactly.
pub const BARS: usize = 16;

/// Length of a beat, in seconds.
pub const BEAT_SECS: f64 = 60.0 / TEMPO_BPM;

/// Length of the song, in seconds.
pub const SONG_SECS: f64 = BEAT_SECS * (BARS * BEATS_PER_BAR as usize) as f64;

/// Samples in a beat, each channel.
const BEAT_FRAMES: usize = (BEAT_SECS * RATE_HZ as f64) as usize;

/// Samples in the song, each channel.
const FRAMES: usize = BEAT_FRAMES * BARS * BEATS_PER_BAR as usize;

/// The words with their times, as an LRC file. Dedicated to the public domain (CC0).
pub const LYRICS: &str = "\
[ti:Neither]
[length:00:32.00]
[00:04.00]Three days down and my hands won't close
[00:08.00]You say stop like a man who knows
[00:12.00]Neither of us
[00:14.00]Neither of us
[00:16.00]Neither of us gets up
[00:20.00]Are you breathing?
[00:24.00]Neither of us
[00:26.00]Neither of us
[00:28.00]Neither of us lets go
[00:30.50]
";

/// The whole song as a 16-bit stereo WAV file at [`RATE_HZ`]; always the same bytes.
pub fn song() -> Vec<u8> {
    wav::encode(&mix::song())
}

/// When each beat falls, in seconds from the first sample.
pub fn beats_secs() -> Vec<f64> {
    (0..BARS * BEATS_PER_BAR as usize).map(|beat| beat as f64 * BEAT_SECS).collect()
}

/// When each part but the first begins, in seconds from the first sample.
pub fn boundaries_secs() -> Vec<f64> {
    PARTS[1..].iter().map(|part| (part.first_bar * BEATS_PER_BAR as usize) as f64 * BEAT_SECS).collect()
}
