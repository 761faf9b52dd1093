//! The instruments. Each plays one note into a buffer of its own, which the mix then lays down.

use crate::{
    RATE_HZ,
    dsp::{Biquad, Saw, decay, smooth},
};
use clinch_model::random::Stream;
use std::f32::consts::TAU;

const RATE: f32 = RATE_HZ as f32;

fn note(length_secs: f32, mut sample: impl FnMut(f32) -> f32) -> Vec<f32> {
    // The last five milliseconds fade, so that no note ends in a step.
    let length = (length_secs * RATE) as usize;
    (0..length)
        .map(|i| {
            let at_secs = i as f32 / RATE;
            sample(at_secs) * ((length_secs - at_secs) / 0.005).clamp(0.0, 1.0)
        })
        .collect()
}

fn noise(random: &mut Stream) -> f32 {
    random.between(-1.0, 1.0) as f32
}

/// A drum skin: a sine that falls from `from_hz` to `to_hz`, driven a little.
fn skin(from_hz: f32, to_hz: f32, fall_secs: f32, length_secs: f32) -> Vec<f32> {
    let mut phase = 0.0;
    note(length_secs, |t| {
        let hz = to_hz + (from_hz - to_hz) * (-t / fall_secs).exp();
        phase += hz / RATE;
        ((phase * TAU).sin() * 1.8).tanh() * decay(t, length_secs) * smooth(t / 0.0008)
    })
}

/// Bass drum with a beater's click.
pub(crate) fn kick(random: &mut Stream) -> Vec<f32> {
    let mut drum = skin(190.0, 46.0, 0.032, 0.42);
    let mut click = Biquad::band_pass(3200.0, 0.9);
    for (i, x) in drum.iter_mut().take(1200).enumerate() {
        *x += click.run(noise(random)) * decay(i as f32 / RATE, 0.02) * 0.9;
    }
    drum
}

/// One half of a heartbeat heard through a body: a soft, dull thump.
pub(crate) fn heart(hz: f32) -> Vec<f32> {
    let mut phase = 0.0;
    note(0.3, |t| {
        phase += (hz * (1.0 + 0.6 * (-t / 0.03).exp())) / RATE;
        (phase * TAU).sin() * smooth(t / 0.012) * decay(t, 0.3)
    })
}

/// Snare: two skin modes, wires as noise, a short dense tail.
pub(crate) fn snare(random: &mut Stream) -> Vec<f32> {
    let mut wires = Biquad::high_pass(1400.0, 0.7);
    let mut room = Biquad::band_pass(900.0, 0.5);
    note(0.5, |t| {
        let hiss = noise(random);
        let body = (TAU * 186.0 * t).sin() * decay(t, 0.16) + 0.6 * (TAU * 331.0 * t).sin() * decay(t, 0.1);
        let crack = wires.run(hiss) * decay(t, 0.24);
        let tail = room.run(hiss) * decay(t, 0.5) * smooth(t / 0.02);
        ((body * 0.9 + crack * 0.9 + tail * 0.35) * 1.4).tanh() * smooth(t / 0.0005)
    })
}

/// Hi-hat: six squares of no common pitch, only their highest part, `length_secs` long.
pub(crate) fn hat(length_secs: f32, random: &mut Stream) -> Vec<f32> {
    let mut high = Biquad::high_pass(7200.0, 0.8);
    note(length_secs, |t| {
        let metal: f32 =
            [2030.0, 2810.0, 3430.0, 4210.0, 5390.0, 6170.0].iter().map(|hz| if (hz * t).fract() < 0.5 { 1.0 } else { -1.0 }).sum();
        high.run(metal / 6.0 + 0.6 * noise(random)) * decay(t, length_secs) * smooth(t / 0.0005)
    })
}

/// Crash cymbal.
pub(crate) fn crash(random: &mut Stream) -> Vec<f32> {
    let mut low = Biquad::high_pass(2600.0, 0.6);
    let mut ring = Biquad::band_pass(5200.0, 0.8);
    note(2.6, |t| {
        let hiss = low.run(noise(random));
        (hiss * 0.6 + ring.run(hiss) * 0.8) * decay(t, 2.6) * smooth(t / 0.002)
    })
}

/// Tom tuned to `hz`.
pub(crate) fn tom(hz: f32, random: &mut Stream) -> Vec<f32> {
    let mut drum = skin(hz * 1.7, hz, 0.06, 0.55);
    let mut stick = Biquad::band_pass(1800.0, 0.8);
    for (i, x) in drum.iter_mut().take(1500).enumerate() {
        *x += stick.run(noise(random)) * decay(i as f32 / RATE, 0.025) * 0.5;
    }
    drum
}

/// Distorted bass: two saws an octave apart, driven and filtered, its filter closing over the note.
pub(crate) fn bass(hz: f32, length_secs: f32) -> Vec<f32> {
    let (mut low, mut high) = (Saw::default(), Saw::starting_at(0.3));
    let mut body = Biquad::low_pass(420.0, 0.8);
    let mut growl = Biquad::band_pass(900.0, 0.7);
    note(length_secs, |t| {
        let raw = low.run(hz) + 0.5 * high.run(hz * 2.006);
        let driven = (raw * 3.2).tanh();
        let held = smooth(t / 0.004) * smooth((length_secs - t) / 0.03) * (0.55 + 0.45 * decay(t, 0.8));
        (body.run(driven) * 0.9 + growl.run(driven) * 0.5 * decay(t, 1.6)) * held
    })
}

/// A plucked string (Karplus and Strong 1983) at `hz`, ringing for `length_secs`; `mute` 0..1 is the palm on the bridge.
///
/// The delay line is read between samples, so that the string is in tune.
pub(crate) fn string(hz: f32, length_secs: f32, mute: f32, random: &mut Stream) -> Vec<f32> {
    // The averaging filter delays by half a sample, which the line is shortened by.
    let period = RATE / hz - 0.5;
    let size = period.ceil() as usize + 1;
    let mut pick = Biquad::low_pass(5200.0 - 3600.0 * mute, 0.7);
    let mut line: Vec<f32> = (0..size).map(|_| pick.run(noise(random))).collect();
    let loss = 0.9985 - 0.02 * mute;
    let whole = period.floor() as usize;
    let part = period - period.floor();
    let mut at = 0;
    let mut last = 0.0;
    note(length_secs, |t| {
        let early = line[(at + size - whole) % size];
        let late = line[(at + size - whole - 1) % size];
        let read = early * (1.0 - part) + late * part;
        let next = loss * 0.5 * (read + last);
        last = read;
        line[at] = next;
        at = (at + 1) % size;
        next * smooth((length_secs - t) / 0.02)
    })
}

/// Formants of sung vowels as middle frequency in hertz, and gain (after Peterson and Barney 1952, a low man's voice).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vowel(pub(crate) [(f32, f32); 4]);

/// As in "father".
pub(crate) const AH: Vowel = Vowel([(700.0, 1.0), (1120.0, 0.6), (2450.0, 0.3), (3400.0, 0.12)]);
/// As in "bought".
pub(crate) const OH: Vowel = Vowel([(480.0, 1.0), (820.0, 0.5), (2350.0, 0.14), (3300.0, 0.06)]);
/// As in "bed".
pub(crate) const EH: Vowel = Vowel([(560.0, 1.0), (1750.0, 0.5), (2500.0, 0.32), (3500.0, 0.14)]);

/// How a voice sings one note.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sung {
    /// Pitch at the beginning.
    pub(crate) from_hz: f32,
    /// Pitch at the end.
    pub(crate) to_hz: f32,
    /// How long.
    pub(crate) length_secs: f32,
    /// Vowel at the beginning.
    pub(crate) from: Vowel,
    /// Vowel at the end.
    pub(crate) to: Vowel,
    /// 0 murmured .. 1 screamed: jitter, subharmonics and drive.
    pub(crate) strain: f32,
}

/// A hoarse, wordless voice: a jittered glottal saw with every other pulse weaker, breath, four gliding formants, throat drive.
pub(crate) fn voice(sung: Sung, random: &mut Stream) -> Vec<f32> {
    let mut glottis = Saw::default();
    let mut formants = [const { None::<Biquad> }; 4];
    let mut tilt = Biquad::low_pass(1500.0 + 3500.0 * sung.strain, 0.6);
    let (mut wander, mut cycles) = (0.0_f32, 0.0_f32);
    note(sung.length_secs, |t| {
        let share = t / sung.length_secs;
        wander += 0.0009 * (noise(random) - wander * 0.8);
        let vibrato = 0.012 * smooth((t - 0.25) / 0.4) * (TAU * 5.3 * t).sin();
        // A voice swoops up into its note, and sags as the breath runs out.
        let swoop = 1.0 - 0.12 * (-t / 0.05).exp() - 0.05 * smooth((share - 0.75) * 4.0);
        let jitter = 1.0 + vibrato + wander * (2.0 + 6.0 * sung.strain);
        let hz = (sung.from_hz + (sung.to_hz - sung.from_hz) * smooth(share)) * swoop * jitter;
        cycles += hz / RATE;
        let weak_pulse = 1.0 - 0.55 * sung.strain * f32::from(u8::from(cycles as u32 % 2 == 1));
        let breath = noise(random) * (0.25 + 0.35 * sung.strain);
        let source = tilt.run(glottis.run(hz) * weak_pulse + breath * (0.4 + 0.6 * (cycles.fract() * TAU).sin().abs()));
        let mut out = 0.0;
        for (k, formant) in formants.iter_mut().enumerate() {
            let blend = smooth(share * 1.3 - 0.1);
            let mix = |a: f32, b: f32| a + (b - a) * blend;
            let (centre_hz, gain) = (mix(sung.from.0[k].0, sung.to.0[k].0), mix(sung.from.0[k].1, sung.to.0[k].1));
            let filter = formant.get_or_insert_with(|| Biquad::band_pass(centre_hz, 7.0));
            filter.retune(centre_hz, 7.0);
            out += filter.run(source) * gain;
        }
        let held = smooth(t / (0.06 - 0.03 * sung.strain)) * smooth((sung.length_secs - t) / (0.12 + 0.2 * (1.0 - sung.strain)));
        (out * (2.0 + 5.0 * sung.strain)).tanh() * held
    })
}

/// One breath through an open mouth, in or out: noise through the throat's resonances.
pub(crate) fn breath(length_secs: f32, inward: bool, random: &mut Stream) -> Vec<f32> {
    let mut throat = Biquad::band_pass(if inward { 1500.0 } else { 900.0 }, 1.6);
    let mut mouth = Biquad::band_pass(if inward { 3800.0 } else { 2600.0 }, 1.2);
    let shake_hz = 7.3;
    note(length_secs, |t| {
        let share = t / length_secs;
        // In: it grows and stops; out: it bursts and fades. Exhaustion shakes both.
        let swell =
            if inward { smooth(share * 1.4) * smooth((1.0 - share) * 7.0) } else { smooth(share * 8.0) * smooth((1.0 - share) * 1.3) };
        let shake = 1.0 + 0.25 * (TAU * shake_hz * t).sin();
        let hiss = noise(random);
        (throat.run(hiss) + 0.5 * mouth.run(hiss)) * swell * shake
    })
}

/// Noise that opens upwards and stops dead.
pub(crate) fn riser(length_secs: f32, random: &mut Stream) -> Vec<f32> {
    let mut band = Biquad::band_pass(300.0, 1.2);
    note(length_secs, |t| {
        let share = t / length_secs;
        band.retune(280.0 * (1.0 + 14.0 * share * share), 1.2);
        band.run(noise(random)) * share * share
    })
}
