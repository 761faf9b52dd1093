//! What was heard in the track.

use crate::units::{Bpm, Lufs, Secs};
use serde::{Deserialize, Serialize};

/// What was heard in one track.
///
/// Invariants: there is at least one bar and one section; bars are contiguous and tile the song, `bars[0].start = 0` and the last
/// bar ends at the track's duration; sections tile the bars in the same way; every curve covers the whole song.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The track it was heard in.
    pub track: TrackInfo,
    /// The prevailing tempo.
    pub tempo: Bpm,
    /// How plainly a pulse was heard, 0..1: the mean probability of the song's beats. Exactly 0 where there was none; the tempo, beats
    /// and bars are a plain grid then.
    pub pulse_clarity: f64,
    /// Beats in a bar, 2..=12.
    pub beats_per_bar: u32,
    /// How beats and bars were found.
    #[serde(default)]
    pub rhythm: Rhythm,
    /// Beat times, ascending, within the song.
    pub beats: Vec<Secs>,
    /// Bars, tiling the song.
    pub bars: Vec<Bar>,
    /// Sections, tiling the bars.
    pub sections: Vec<Section>,
    /// Sentences and turns.
    #[serde(default)]
    pub form: Form,
    /// Integrated loudness of the whole song (EBU R128, gated).
    pub loudness: Lufs,
    /// Onset strength, 0..1 of its maximum in the song.
    pub onset: Curve,
    /// Aggression, 0..1.
    pub aggression: Curve,
    /// Timed lyric lines in time order; empty where none were given.
    pub lyrics: Vec<LyricLine>,
}

/// The sound file as it was decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackInfo {
    /// Title tag, or the file's stem.
    pub title: String,
    /// Artist tag, where the file has one.
    pub artist: Option<String>,
    /// Length of the sound.
    pub duration: Secs,
    /// Samples a second, each channel.
    pub sample_rate_hz: u32,
    /// Channels as stored, at least 1.
    pub channels: u32,
    /// Samples in each channel; `duration = samples / sample_rate_hz`.
    pub samples: u64,
    /// Container and codec in words, for people.
    pub format: String,
}

/// How beats and bars were found.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// What found them.
    pub tracker: Tracker,
    /// Share of beats (F-measure, ±70 ms) on which the other tracker, which knows nothing of this one, agrees; 0..1, at the best of the
    /// same, half and twice its tempo. 0 on a plain grid.
    pub agreement: f64,
}

/// What found the beats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tracker {
    /// The neural network.
    Network,
    /// The classical tracker.
    Classical,
    /// Nothing: a plain grid where there is no pulse, or a score from elsewhere.
    #[default]
    Grid,
}

/// What is known about a song's pulse before it is heard, and by what it is to be heard; nothing and the network by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownPulse {
    /// The tempo in beats a minute, to within a tenth; 20..=400.
    pub tempo_bpm: Option<f64>,
    /// Beats in every bar, 2..=12.
    pub metre: Option<u32>,
    /// A time at which a bar begins, in seconds.
    pub first_beat_secs: Option<f64>,
    /// Whether what is heard as beats is too slow or too fast by two.
    pub scale: PulseScale,
    /// Whether the classical tracker's beats come first, not the network's.
    pub by_classical: bool,
}

/// What to do with the beats that were heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PulseScale {
    /// Keep them.
    #[default]
    AsHeard,
    /// One more between each two.
    Double,
    /// Every other one.
    Half,
}

/// A bar of music.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Its downbeat (0 for the first bar).
    pub start: Secs,
    /// The next bar's start.
    pub end: Secs,
    /// Index of its section.
    pub section: usize,
    /// Mean power of the momentary loudness over the bar.
    pub loudness: Lufs,
    /// Mean aggression over the bar, 0..1.
    pub aggression: f64,
    /// Onsets a second.
    pub onset_density_hz: f64,
    /// What the bar makes one feel besides.
    #[serde(default)]
    pub feeling: Feeling,
}

/// What a bar makes one feel, besides its loudness and aggression; `docs/feeling.md` says how each is measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Feeling {
    /// How much the music wants to go on or be resolved, 0..1.
    pub tension: f64,
    /// How bright its mood is, −1 (dark, minor) to +1 (bright, major).
    pub valence: f64,
    /// Share of the bar in which a voice is heard, 0..1.
    pub voice: f64,
}

/// A stretch of bars that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// First bar.
    pub first_bar: usize,
    /// One past the last bar.
    pub end_bar: usize,
    /// `A`, `B`, …: the same letter for the same material.
    pub label: String,
    /// Mean aggression, 0..1.
    pub aggression: f64,
}

/// The song's form within and across sections.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    /// Sentences, tiling the bars; none crosses a section's edge.
    pub sentences: Vec<Sentence>,
    /// Builds, drops and breaks, by their first bars.
    pub turns: Vec<Turn>,
}

/// A musical phrase, of four or eight bars as a rule; a phrase is a hold of the story here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// First bar.
    pub first_bar: usize,
    /// One past the last bar.
    pub end_bar: usize,
}

/// Where the music's drive changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Which way.
    pub kind: TurnKind,
    /// First bar; of a drop, the bar with which it comes in.
    pub first_bar: usize,
    /// One past the last bar.
    pub end_bar: usize,
    /// How strong, 0..1.
    pub strength: f64,
}

/// A way in which the music's drive changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnKind {
    /// It rises towards a drop.
    Build,
    /// It comes in much louder than before.
    Drop,
    /// Bass drum and bass fall silent for some bars.
    Break,
}

/// A curve sampled at a fixed hop; `values[i]` holds at `i × hop_secs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Time between two values, in seconds.
    pub hop_secs: f64,
    /// `[hop]`, at least one.
    pub values: Vec<f32>,
}

impl Curve {
    /// Linear interpolation at `at`, held flat beyond both ends; 0 for an empty curve.
    pub fn at(&self, at: Secs) -> f32 {
        let Some(&last) = self.values.last() else { return 0.0 };
        let x = (at.0 / self.hop_secs).max(0.0);
        let i = x.floor() as usize;
        match (self.values.get(i), self.values.get(i + 1)) {
            (Some(&a), Some(&b)) => a + (b - a) * (x - i as f64) as f32,
            _ => last,
        }
    }

    /// Mean over `[from, to)`; the value at `from` where no hop falls inside.
    pub fn mean(&self, from: Secs, to: Secs) -> f32 {
        let first = (from.0 / self.hop_secs).ceil().max(0.0) as usize;
        let end = ((to.0 / self.hop_secs).ceil().max(0.0) as usize).min(self.values.len());
        if first >= end {
            return self.at(from);
        }
        let sum: f64 = self.values[first..end].iter().map(|&v| f64::from(v)).sum();
        (sum / (end - first) as f64) as f32
    }
}

/// One line of the lyrics.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LyricLine {
    /// When it begins.
    pub start: Secs,
    /// When it ends (the next line's start where the file does not say).
    pub end: Secs,
    /// Its words.
    pub text: String,
    /// Its words one by one with their times, where the file gives them; within the line, in time order.
    #[serde(default)]
    pub words: Vec<LyricWord>,
    /// Whether its time is guessed, because the file gives words alone.
    #[serde(default)]
    pub guessed: bool,
    /// Mood of its wording, −1 (grief, hate) to +1 (joy, love); none where the lyrics aren't English, which is all that is weighed.
    #[serde(default)]
    pub valence: Option<f64>,
    /// How hard it is said, by wording and delivery, 0 (under the breath) to 1 (shouted); 0 too where nothing was weighed.
    #[serde(default)]
    pub strength: f64,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LyricWord {
    /// When it begins.
    pub start: Secs,
    /// When it ends.
    pub end: Secs,
    /// The word, or the part of it that is sung at a time.
    pub text: String,
}

/// Strength from which a line is strong, and up to which it is soft.
const STRONG_LINE: f64 = 0.4;
const SOFT_LINE: f64 = 0.3;

impl Score {
    /// The lines that are said hardest: the song's upper quarter by strength, as far as they are hard at all. In time order.
    pub fn strong_lines(&self) -> Vec<&LyricLine> {
        let bound = self.strength_at(0.75).max(STRONG_LINE);
        self.lyrics.iter().filter(|line| line.strength >= bound).collect()
    }

    /// The lines that are said most softly: the song's lower quarter by strength, as far as they are soft at all. In time order.
    pub fn soft_lines(&self) -> Vec<&LyricLine> {
        let bound = self.strength_at(0.25).min(SOFT_LINE);
        self.lyrics.iter().filter(|line| line.strength > 0.0 && line.strength <= bound).collect()
    }

    /// The strength that a share of the lines doesn't exceed; 0 where there are none.
    fn strength_at(&self, share: f64) -> f64 {
        let mut all: Vec<f64> = self.lyrics.iter().map(|line| line.strength).collect();
        all.sort_by(f64::total_cmp);
        all.get(((all.len().max(1) - 1) as f64 * share).round() as usize).copied().unwrap_or(0.0)
    }

    /// The bar during which `at` falls (the last one beyond the end).
    pub fn bar_at(&self, at: Secs) -> usize {
        self.bars.partition_point(|bar| bar.start.0 <= at.0).saturating_sub(1)
    }
}
