//! The song as notes: what is played when, in beats from the beginning.

use crate::instruments::{AH, EH, OH, Sung, Vowel};

/// A section of the song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// First bar.
    pub first_bar: usize,
    /// One past the last bar.
    pub end_bar: usize,
    /// The same letter for the same material.
    pub label: &'static str,
}

/// The form: a breath, a verse, the weight, a break, the weight again, which falls back into the breath.
pub const PARTS: [Part; 5] = [
    Part { first_bar: 0, end_bar: 2, label: "A" },
    Part { first_bar: 2, end_bar: 6, label: "B" },
    Part { first_bar: 6, end_bar: 10, label: "C" },
    Part { first_bar: 10, end_bar: 12, label: "D" },
    Part { first_bar: 12, end_bar: 16, label: "C" },
];

/// Beats in a bar.
pub const BEATS_PER_BAR: u32 = 4;

/// What is struck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Drum {
    Kick,
    Snare,
    /// Closed hat.
    Hat,
    /// Open hat.
    OpenHat,
    Crash,
    /// Tom with its pitch in hertz.
    Tom(f32),
    /// Heartbeat with its pitch in hertz.
    Heart(f32),
}

/// One stroke.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) at_beats: f64,
    pub(crate) drum: Drum,
    /// Linear gain.
    pub(crate) gain: f32,
}

/// One chord or bass note.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tone {
    pub(crate) at_beats: f64,
    pub(crate) length_beats: f64,
    /// Pitch of the root.
    pub(crate) hz: f32,
    /// 0 ringing .. 1 damped with the palm.
    pub(crate) mute: f32,
    pub(crate) gain: f32,
}

/// One sung note.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) at_beats: f64,
    pub(crate) sung: Sung,
    pub(crate) gain: f32,
}

/// One breath.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Breath {
    pub(crate) at_beats: f64,
    pub(crate) length_beats: f64,
    pub(crate) inward: bool,
    pub(crate) gain: f32,
}

/// Low D of a guitar tuned down a whole step, in hertz.
pub(crate) const LOW_D_HZ: f32 = 73.416;

/// `steps` semitones above `hz`.
pub(crate) fn above(hz: f32, steps: f32) -> f32 {
    hz * 2.0_f32.powf(steps / 12.0)
}

/// Roots of the heavy bars, in semitones above the low D: D, F, E flat, and A flat, the tritone that won't rest.
const HEAVY_ROOTS: [f32; 4] = [0.0, 3.0, 1.0, 6.0];
/// Roots of the verse.
const VERSE_ROOTS: [f32; 4] = [0.0, 0.0, 3.0, 1.0];

/// Root of one of the heavy bars; each heavy part begins with the first and ends unresolved, the last into the opening's D.
fn heavy_root(bar: usize) -> f32 {
    HEAVY_ROOTS[if bar < 12 { bar - 6 } else { bar - 12 }]
}

/// First beat of a bar.
fn bar(index: usize) -> f64 {
    (index * BEATS_PER_BAR as usize) as f64
}

/// Every stroke of the drums, in no particular order.
pub(crate) fn strokes() -> Vec<Stroke> {
    let mut all = Vec::new();
    let mut add = |at_beats: f64, drum: Drum, gain: f32| all.push(Stroke { at_beats, drum, gain });
    for index in 0..2 {
        for half in [0.0, 2.0] {
            add(bar(index) + half, Drum::Heart(52.0), 0.36);
            add(bar(index) + half + 0.5, Drum::Heart(44.0), 0.22);
        }
    }
    for index in 2..6 {
        verse_strokes(bar(index), index == 5, &mut add);
    }
    for index in (6..10).chain(12..16) {
        heavy_strokes(bar(index), index, &mut add);
    }
    for index in 10..12 {
        break_strokes(bar(index), index == 11, &mut add);
    }
    all
}

fn verse_strokes(start: f64, last: bool, add: &mut impl FnMut(f64, Drum, f32)) {
    add(start, Drum::Kick, 0.72);
    add(start + 1.5, Drum::Kick, 0.5);
    add(start + 2.0, Drum::Snare, 0.46);
    add(start + 3.5, Drum::Kick, 0.42);
    for eighth in 0..8 {
        add(start + f64::from(eighth) / 2.0, Drum::Hat, if eighth % 2 == 0 { 0.12 } else { 0.07 });
    }
    if last {
        for (step, hz) in [(3.0, 130.0), (3.25, 130.0), (3.5, 98.0), (3.75, 78.0)] {
            add(start + step, Drum::Tom(hz), 0.55);
        }
    }
}

fn heavy_strokes(start: f64, index: usize, add: &mut impl FnMut(f64, Drum, f32)) {
    // The very last bar stops on its third beat and lets everything ring into the opening.
    let last = index == 15;
    let end = if last { 2.5 } else { 4.0 };
    if matches!(index, 6 | 8 | 12 | 14) {
        add(start, Drum::Crash, 0.6);
    }
    for (at, gain) in [(0.0, 1.0), (0.75, 0.75), (1.5, 0.8), (2.0, 0.95), (2.75, 0.75), (3.5, 0.8)] {
        if at < end {
            add(start + at, Drum::Kick, gain);
        }
    }
    for at in [1.0, 3.0] {
        if at < end {
            add(start + at, Drum::Snare, 0.85);
        }
    }
    for eighth in 0..8 {
        let at = f64::from(eighth) / 2.0;
        if at < end {
            add(start + at, if eighth % 2 == 0 { Drum::OpenHat } else { Drum::Hat }, 0.34);
        }
    }
    if matches!(index, 9) {
        for (step, hz) in [(3.0, 130.0), (3.25, 110.0), (3.5, 90.0), (3.75, 74.0)] {
            add(start + step, Drum::Tom(hz), 0.9);
        }
    }
    if last {
        add(start + 2.0, Drum::Crash, 0.5);
        add(start + 2.0, Drum::Snare, 0.9);
    }
}

fn break_strokes(start: f64, last: bool, add: &mut impl FnMut(f64, Drum, f32)) {
    for (at, hz, gain) in [(0.0, 74.0, 0.7), (1.0, 98.0, 0.35), (1.5, 74.0, 0.5), (2.0, 74.0, 0.55), (3.0, 98.0, 0.4)] {
        add(start + at, Drum::Tom(hz), gain);
    }
    add(start, Drum::Heart(50.0), 0.5);
    add(start + 2.0, Drum::Heart(50.0), 0.5);
    if last {
        for sixteenth in 0..4 {
            add(start + 3.0 + f64::from(sixteenth) / 4.0, Drum::Snare, 0.35 + 0.12 * sixteenth as f32);
        }
    }
}

/// Every guitar chord.
pub(crate) fn chords() -> Vec<Tone> {
    let mut all = Vec::new();
    for index in (6..10).chain(12..16) {
        let hz = above(LOW_D_HZ, heavy_root(index));
        let mut add = |at: f64, length_beats: f64, mute: f32, gain: f32| {
            all.push(Tone { at_beats: bar(index) + at, length_beats, hz, mute, gain });
        };
        add(0.0, 0.75, 0.0, 1.0);
        add(0.75, 0.75, 0.75, 0.8);
        add(1.5, 0.5, 0.75, 0.8);
        if index == 15 {
            // The last chord is choked; only the room carries it over the end of the song.
            add(2.0, 1.1, 0.0, 1.0);
        } else {
            add(2.0, 0.75, 0.0, 1.0);
            add(2.75, 0.75, 0.75, 0.8);
            add(3.5, 0.5, 0.2, 0.9);
        }
    }
    all
}

/// Every bass note.
pub(crate) fn bass_notes() -> Vec<Tone> {
    let mut all = Vec::new();
    for index in 2..16 {
        let root = match index {
            2..6 => VERSE_ROOTS[index - 2],
            10 | 11 => 0.0,
            _ => heavy_root(index),
        };
        let hz = above(LOW_D_HZ / 2.0, root);
        let mut add = |at: f64, length_beats: f64, gain: f32| {
            all.push(Tone { at_beats: bar(index) + at, length_beats, hz, mute: 0.0, gain });
        };
        match index {
            2..6 => {
                add(0.0, 1.4, 0.5);
                add(1.5, 2.0, 0.42);
                add(3.5, 0.5, 0.36);
            }
            10 | 11 => add(0.0, 3.9, 0.26),
            15 => {
                add(0.0, 1.9, 0.75);
                add(2.0, 1.2, 0.75);
            }
            _ => {
                for (at, length) in [(0.0, 0.7), (0.75, 0.7), (1.5, 0.45), (2.0, 0.7), (2.75, 0.7), (3.5, 0.45)] {
                    add(at, length, 0.75);
                }
            }
        }
    }
    all
}

/// Every sung note.
pub(crate) fn sung_notes() -> Vec<Line> {
    let middle_d = 2.0 * LOW_D_HZ;
    let mut all = Vec::new();
    let mut add = |at_beats: f64, length_beats: f64, steps: (f32, f32), vowels: (Vowel, Vowel), strain: f32, gain: f32| {
        let (from_hz, to_hz) = (above(middle_d, steps.0), above(middle_d, steps.1));
        let length_secs = (length_beats * crate::BEAT_SECS) as f32;
        all.push(Line { at_beats, sung: Sung { from_hz, to_hz, length_secs, from: vowels.0, to: vowels.1, strain }, gain });
    };
    // The verse is muttered, falling.
    for (at, length, from, to) in [
        (8.0, 1.4, 0.0, 0.0),
        (9.5, 1.2, 3.0, 1.0),
        (12.0, 1.0, 0.0, 0.0),
        (13.0, 2.4, 1.0, -2.0),
        (16.0, 1.4, 3.0, 3.0),
        (17.5, 1.8, 5.0, 1.0),
        (20.0, 2.6, 1.0, -1.0),
    ] {
        add(at, length, (from, to), (OH, if to < from { AH } else { OH }), 0.25, 0.34);
    }
    // The heavy part is cried out.
    for (start, lift) in [(24.0, 0.0), (48.0, 2.0)] {
        add(start, 3.4, (12.0 + lift, 12.0 + lift), (EH, AH), 0.85, 0.23);
        add(start + 4.0, 3.2, (15.0 + lift, 13.0 + lift), (AH, OH), 0.9, 0.23);
        add(start + 8.0, 3.4, (13.0 + lift, 12.0), (EH, AH), 0.9, 0.23);
        add(start + 12.0, 2.9, (18.0, 6.0), (AH, AH), 1.0, 0.23);
    }
    add(40.5, 3.2, (0.0, -2.0), (AH, OH), 0.35, 0.2);
    all
}

/// Every breath.
pub(crate) fn breaths() -> Vec<Breath> {
    let mut all = Vec::new();
    for cycle in 0..2 {
        let at = bar(cycle);
        all.push(Breath { at_beats: at + 0.2, length_beats: 1.5, inward: false, gain: 0.32 });
        all.push(Breath { at_beats: at + 2.3, length_beats: 1.4, inward: true, gain: 0.28 });
    }
    for at in [40.0, 44.0] {
        all.push(Breath { at_beats: at + 0.6, length_beats: 1.6, inward: false, gain: 0.2 });
        all.push(Breath { at_beats: at + 2.6, length_beats: 1.2, inward: true, gain: 0.2 });
    }
    // Drawn in on the last beat, let out in the first: the seam of the loop is inside one breath.
    all.push(Breath { at_beats: 63.0, length_beats: 1.0, inward: true, gain: 0.34 });
    all
}
