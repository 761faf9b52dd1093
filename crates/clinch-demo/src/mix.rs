//! Lays the notes down, runs the effects around the loop, and brings the whole to its level.

use crate::{
    BEAT_FRAMES, FRAMES, RATE_HZ,
    dsp::{Biquad, Saw, run_looped},
    instruments,
    score::{self, Drum, LOW_D_HZ, Tone, above},
};
use clinch_model::random::Stream;
use std::f32::consts::TAU;

/// Left and right, each `[frame]`.
pub(crate) type Stereo = [Vec<f32>; 2];

/// How long effects are run before the song's beginning, on its end: longer than the longest tail.
const WARM_UP: usize = 4 * RATE_HZ as usize;

/// Highest sample after the limiter, −2.6 dB: leaves room for peaks between samples, up to 1.4 dB here, to stay under −1 dBTP.
const CEILING: f32 = 0.74;

fn silence() -> Vec<f32> {
    vec![0.0; FRAMES]
}

/// Adds a note; what rings over the end sounds at the beginning.
fn lay(bus: &mut [f32], at_beats: f64, note: &[f32], gain: f32) {
    let start = (at_beats * BEAT_FRAMES as f64).round() as usize;
    for (i, &x) in note.iter().enumerate() {
        bus[(start + i) % FRAMES] += x * gain;
    }
}

fn lay_panned(bus: &mut Stereo, at_beats: f64, note: &[f32], gain: f32, pan: f32) {
    // Constant power: pan −1 left .. 1 right.
    let angle = (pan + 1.0) * TAU / 8.0;
    lay(&mut bus[0], at_beats, note, gain * angle.cos() * std::f32::consts::SQRT_2);
    lay(&mut bus[1], at_beats, note, gain * angle.sin() * std::f32::consts::SQRT_2);
}

/// The finished song, −1..1.
pub(crate) fn song() -> Stereo {
    let mut mix = [silence(), silence()];
    let mut wet = [silence(), silence()];
    let mut add = |bus: &Stereo, level: f32, send: f32| {
        for side in 0..2 {
            for ((dry, wet), &x) in mix[side].iter_mut().zip(&mut wet[side]).zip(&bus[side]) {
                *dry += x * level;
                *wet += x * level * send;
            }
        }
    };
    add(&drums(), 0.84, 0.1);
    add(&bass(), 0.5, 0.0);
    add(&guitars(), 0.3, 0.05);
    add(&voice(), 0.9, 0.3);
    add(&air(), 0.8, 0.35);
    reverb(&mut wet);
    for side in 0..2 {
        for (dry, wet) in mix[side].iter_mut().zip(&wet[side]) {
            *dry += wet;
        }
    }
    master(mix)
}

fn drums() -> Stereo {
    let mut bus = [silence(), silence()];
    let mut random = Stream::new(0, "demo-drums");
    for stroke in score::strokes() {
        let (note, pan) = match stroke.drum {
            Drum::Kick => (instruments::kick(&mut random), 0.0),
            Drum::Snare => (instruments::snare(&mut random), 0.05),
            Drum::Hat => (instruments::hat(0.07, &mut random), 0.35),
            Drum::OpenHat => (instruments::hat(0.3, &mut random), 0.35),
            Drum::Crash => (instruments::crash(&mut random), -0.4),
            Drum::Tom(hz) => (instruments::tom(hz, &mut random), (hz - 100.0) / 80.0),
            Drum::Heart(hz) => (instruments::heart(hz), 0.0),
        };
        lay_panned(&mut bus, stroke.at_beats, &note, stroke.gain, pan);
    }
    bus
}

fn length_secs(tone: &Tone) -> f32 {
    (tone.length_beats * crate::BEAT_SECS) as f32
}

fn bass() -> Stereo {
    let mut bus = silence();
    for tone in score::bass_notes() {
        lay(&mut bus, tone.at_beats, &instruments::bass(tone.hz, length_secs(&tone)), tone.gain);
    }
    [bus.clone(), bus]
}

/// Two players, left and right, each a touch out of tune with the other, through an overdriven amplifier and a cabinet.
fn guitars() -> Stereo {
    let mut bus = [silence(), silence()];
    for (side, cents) in [(0, -4.0), (1, 5.0)] {
        let mut random = Stream::new(side as u64, "demo-guitar");
        for tone in score::chords() {
            for steps in [0.0, 7.0, 12.0] {
                let hz = above(tone.hz, steps + cents / 100.0);
                let note = instruments::string(hz, length_secs(&tone), tone.mute, &mut random);
                lay(&mut bus[side], tone.at_beats, &note, tone.gain);
            }
        }
        amplify(&mut bus[side]);
    }
    bus
}

fn amplify(bus: &mut [f32]) {
    let mut tight = Biquad::high_pass(110.0, 0.7);
    let mut cabinet = [Biquad::low_pass(4600.0, 0.9), Biquad::low_pass(5200.0, 0.6), Biquad::high_pass(75.0, 0.7)];
    run_looped(bus, WARM_UP, |x| {
        let driven = (tight.run(x) * 14.0).tanh() * 0.7 + (x * 4.0).tanh() * 0.3;
        cabinet.iter_mut().fold(driven, |x, filter| filter.run(x))
    });
}

fn voice() -> Stereo {
    let mut bus = silence();
    let mut random = Stream::new(0, "demo-voice");
    for line in score::sung_notes() {
        lay(&mut bus, line.at_beats, &instruments::voice(line.sung, &mut random), line.gain);
    }
    // A slap echo of a dotted eighth, quieter on each side in turn.
    let echo = BEAT_FRAMES * 3 / 4;
    let at = |i: usize, back: usize| bus[(i + FRAMES - back) % FRAMES];
    let left = (0..FRAMES).map(|i| at(i, 0) + 0.18 * at(i, echo)).collect();
    let right = (0..FRAMES).map(|i| at(i, 0) + 0.13 * at(i, 2 * echo)).collect();
    [left, right]
}

/// Breath, a drone under everything, and the noise that opens before each heavy part.
fn air() -> Stereo {
    let mut bus = [silence(), silence()];
    let mut random = Stream::new(0, "demo-air");
    for breath in score::breaths() {
        let note = instruments::breath((breath.length_beats * crate::BEAT_SECS) as f32, breath.inward, &mut random);
        lay_panned(&mut bus, breath.at_beats, &note, breath.gain, if breath.inward { 0.15 } else { -0.15 });
    }
    let rise = instruments::riser((2.0 * crate::BEAT_SECS) as f32, &mut random);
    for at_beats in [22.0, 46.0] {
        lay_panned(&mut bus, at_beats, &rise, 0.4, 0.0);
    }
    drone(&mut bus);
    bus
}

/// A low D with its fifth, whose every oscillator makes a whole number of turns in the song, so that it has no seam.
fn drone(bus: &mut Stereo) {
    let turns = |hz: f32| (hz * crate::SONG_SECS as f32).round();
    for (side, lean) in [(0, 0.0), (1, 3.0)] {
        let mut low = Biquad::low_pass(260.0, 0.8);
        let mut saw = Saw::default();
        let saw_hz = (turns(LOW_D_HZ / 2.0) + lean) / crate::SONG_SECS as f32;
        let mut raw = silence();
        for (i, x) in raw.iter_mut().enumerate() {
            let share = i as f32 / FRAMES as f32;
            let fifth = (TAU * (share * (turns(above(LOW_D_HZ, 7.0)) - lean)).fract()).sin();
            let tritone = (TAU * (share * (turns(above(LOW_D_HZ, 18.0)) + lean)).fract()).sin();
            let swell = 0.7 + 0.3 * (TAU * share * 8.0).cos();
            *x = saw.run(saw_hz) * 0.6 + fifth * 0.12 + tritone * 0.03 * swell;
        }
        run_looped(&mut raw, RATE_HZ as usize, |x| low.run(x));
        for (out, x) in bus[side].iter_mut().zip(raw) {
            *out += x * 0.16;
        }
    }
}

/// A room after Schroeder and Moorer as tuned in Jezar's Freeverb: eight damped combs side by side, four all-passes in a row.
fn reverb(wet: &mut Stereo) {
    // Freeverb's delays, in samples at 44.1 kHz.
    const COMBS: [usize; 8] = [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617];
    const ALL_PASSES: [usize; 4] = [556, 441, 341, 225];
    const SPREAD: usize = 23;
    for (side, bus) in wet.iter_mut().enumerate() {
        let at_rate = |samples: usize| (samples + side * SPREAD) * RATE_HZ as usize / 44_100;
        let mut combs = COMBS.map(|delay| (vec![0.0_f32; at_rate(delay)], 0_usize, 0.0_f32));
        let mut passes = ALL_PASSES.map(|delay| (vec![0.0_f32; at_rate(delay)], 0_usize));
        let mut rumble = Biquad::high_pass(180.0, 0.7);
        run_looped(bus, WARM_UP, |x| {
            let x = rumble.run(x);
            let mut sum = 0.0;
            for (line, at, damped) in &mut combs {
                let out = line[*at];
                *damped += 0.65 * (out - *damped);
                line[*at] = x + 0.86 * *damped;
                *at = (*at + 1) % line.len();
                sum += out;
            }
            passes.iter_mut().fold(sum * 0.12, |x, (line, at)| {
                let out = line[*at];
                line[*at] = x + 0.5 * out;
                *at = (*at + 1) % line.len();
                out - x
            })
        });
    }
}

/// Takes rumble away, glues the mix with a soft curve, and holds its peaks under the ceiling.
fn master(mut mix: Stereo) -> Stereo {
    for bus in &mut mix {
        let mut rumble = Biquad::high_pass(28.0, 0.7);
        run_looped(bus, RATE_HZ as usize, |x| (rumble.run(x) * MASTER_GAIN).tanh());
    }
    limit(&mut mix);
    mix
}

/// Gain before the soft curve, which sets how loud the heavy part is.
const MASTER_GAIN: f32 = 0.62;

/// A limiter that looks 4 ms ahead: the gain each peak needs is held around it and smoothed, so that no peak passes the ceiling.
fn limit(mix: &mut Stereo) {
    let reach = RATE_HZ as usize / 250;
    let [left, right] = &mut *mix;
    let needed: Vec<f32> = left.iter().zip(right.iter()).map(|(l, r)| CEILING / l.abs().max(r.abs()).max(CEILING)).collect();
    let held = circular_minimum(&needed, reach);
    // Averaging a minimum that is held `reach` samples to both sides over `reach` samples never rises above what a peak needs.
    let mut sum: f64 = (0..reach).map(|i| f64::from(held[(FRAMES + i - reach / 2) % FRAMES])).sum();
    for i in 0..FRAMES {
        let gain = (sum / reach as f64) as f32;
        left[i] *= gain;
        right[i] *= gain;
        sum += f64::from(held[(i + reach - reach / 2) % FRAMES]) - f64::from(held[(FRAMES + i - reach / 2) % FRAMES]);
    }
}

/// Smallest value within `reach` samples to both sides, around the loop.
fn circular_minimum(values: &[f32], reach: usize) -> Vec<f32> {
    let n = values.len();
    let mut queue = std::collections::VecDeque::new();
    let mut out = Vec::with_capacity(n);
    for i in 0..n + 2 * reach {
        let value = values[(i + n - reach) % n];
        while queue.back().is_some_and(|&(_, last)| last >= value) {
            queue.pop_back();
        }
        queue.push_back((i, value));
        if queue.front().is_some_and(|&(first, _)| first + 2 * reach < i) {
            queue.pop_front();
        }
        if i >= 2 * reach {
            out.push(queue.front().map_or(1.0, |&(_, least)| least));
        }
    }
    out
}
