//! Where a voice is heard.
//!
//! Voices glide: between two looks 40 ms apart all partials of a voice move up or down together by some cents, those of most instruments stay or
//! jump. Spectra on a logarithmic axis are compared at small shifts; where several octaves agree on one that isn't 0, something glides
//! (the fluctogram of Lehner, Widmer and Sonnleitner, "On the reduction of false positives in singing voice detection", ICASSP 2014). It hears
//! slides, vibrato of strings and bent guitar strings as voices too, and misses a voice that is much softer than what accompanies it.

use crate::spectrum::Spectrum;
use clinch_model::Curve;

/// Looks a second.
const LOOKS_PER_SEC: f64 = 50.0;
/// Looks between the two that are compared: 40 ms.
const LAG: usize = 2;
/// The logarithmic axis: lowest frequency, steps an octave (10 cents each) and octaves.
const LOWEST_HZ: f64 = 250.0;
const STEPS_PER_OCTAVE: usize = 120;
const STEPS: usize = STEPS_PER_OCTAVE * 7 / 2;
/// A band's width, and the distance between the beginnings of two, in steps: an octave, half overlapping.
const BAND: usize = STEPS_PER_OCTAVE;
const BAND_STEP: usize = STEPS_PER_OCTAVE / 2;
/// Largest shift that is looked for, in steps: 90 cents in 40 ms, faster than vibrato.
const REACH: usize = 9;
/// Likeness from which two spectra are the same sound, shifted.
const ALIKE: f32 = 0.85;
/// Smallest shift that counts as gliding, in steps, and how far bands may disagree.
const GLIDE: f32 = 0.8;
const AGREE: f32 = 2.0;
/// Level below which a spectrum is silence: the root mean square of its magnitudes (a full-scale sine has one of about 0.1).
const SILENT: f32 = 2e-5;
/// Share of gliding looks within [`AROUND_SECS`] at which there is no voice yet, and at which there surely is one.
const FEW: f64 = 0.12;
const MANY: f64 = 0.4;
const AROUND_SECS: f64 = 0.8;

/// Listens for gliding sounds.
pub(crate) struct Voice {
    /// The last samples as a ring of the window's length.
    ring: Vec<f32>,
    taken: u64,
    hop: usize,
    rate_hz: f64,
    spectrum: Spectrum,
    /// `[step]`: where each step of the logarithmic axis is among the bins; none beyond the sound's own range.
    bin: Vec<Option<f32>>,
    /// `[0..LAG][step]`: the last spectra, oldest first, empty until there are as many.
    past: Vec<Vec<f32>>,
    /// `[look]`: share of the bands that glide together, 0..1.
    gliding: Vec<f32>,
}

impl Voice {
    /// Listens to mono sound of a rate.
    pub(crate) fn new(rate_hz: f64) -> Self {
        // About 93 ms at the usual rates.
        let length = (rate_hz * 0.0929).log2().round().exp2() as usize;
        let bin = |step: usize| {
            let hz = LOWEST_HZ * (step as f64 / STEPS_PER_OCTAVE as f64).exp2();
            (hz < 0.45 * rate_hz).then_some((hz * length as f64 / rate_hz) as f32)
        };
        Self {
            ring: vec![0.0; length],
            taken: 0,
            hop: (rate_hz / LOOKS_PER_SEC).round() as usize,
            rate_hz,
            spectrum: Spectrum::new(length),
            bin: (0..STEPS).map(bin).collect(),
            past: Vec::new(),
            gliding: Vec::new(),
        }
    }

    /// Takes one mono sample; look `i` is centred on sample `i × hop`.
    pub(crate) fn sample(&mut self, x: f32) {
        let length = self.ring.len();
        self.ring[(self.taken % length as u64) as usize] = x;
        self.taken += 1;
        let behind = self.taken as i64 - (length / 2) as i64;
        if behind >= 0 && behind % self.hop as i64 == 0 {
            self.look();
        }
    }

    fn look(&mut self) {
        let length = self.ring.len();
        let from = (self.taken % length as u64) as usize;
        let ring = &self.ring;
        self.spectrum.take((0..length).map(|i| ring[(from + i) % length]));
        let now = self.logarithmic();
        let gliding = if self.past.len() < LAG { 0.0 } else { agreement(&self.past[0], &now) };
        self.gliding.push(gliding);
        if self.past.len() == LAG {
            self.past.remove(0);
        }
        self.past.push(now);
    }

    /// The spectrum on the logarithmic axis, log magnitudes; empty in silence.
    fn logarithmic(&self) -> Vec<f32> {
        let magnitude = &self.spectrum.magnitude;
        let level = (magnitude.iter().map(|m| m * m).sum::<f32>() / magnitude.len() as f32).sqrt();
        if level < SILENT {
            return Vec::new();
        }
        let at = |bin: f32| {
            let i = bin as usize;
            let share = bin - i as f32;
            magnitude[i] * (1.0 - share) + magnitude.get(i + 1).copied().unwrap_or(0.0) * share
        };
        // Levels count from 40 dB below the mean up.
        self.bin.iter().map_while(|bin| bin.map(|bin| (1.0 + 100.0 * at(bin) / level).ln())).collect()
    }

    /// How surely a voice is there, 0..1, a value every `moment_secs` for `moments` of them.
    pub(crate) fn presence(&self, moment_secs: f64, moments: usize) -> Curve {
        let look_secs = self.hop as f64 / self.rate_hz;
        let mut sum = 0.0;
        let prefix: Vec<f64> = std::iter::once(0.0)
            .chain(self.gliding.iter().map(|&v| {
                sum += f64::from(u8::from(v >= 0.5));
                sum
            }))
            .collect();
        let last = self.gliding.len();
        let at = |moment: usize| {
            let middle = moment as f64 * moment_secs;
            let look = |secs: f64| ((secs / look_secs).round().max(0.0) as usize).min(last);
            let (from, to) = (look(middle - AROUND_SECS), look(middle + AROUND_SECS));
            let share = if to > from { (prefix[to] - prefix[from]) / (to - from) as f64 } else { 0.0 };
            ((share - FEW) / (MANY - FEW)).clamp(0.0, 1.0) as f32
        };
        Curve { hop_secs: moment_secs, values: (0..moments).map(at).collect() }
    }
}

/// Share of the bands in which two spectra are the same but for a shift that isn't 0, and that the bands agree on.
fn agreement(before: &[f32], now: &[f32]) -> f32 {
    if before.len() != now.len() || now.len() < BAND + 2 * REACH {
        return 0.0;
    }
    let bands: Vec<usize> = (REACH..now.len() - BAND - REACH + 1).step_by(BAND_STEP).collect();
    let mut shifts: Vec<f32> = bands.iter().filter_map(|&first| shift(before, now, first)).collect();
    shifts.sort_by(f32::total_cmp);
    let Some(&middle) = shifts.get(shifts.len() / 2) else { return 0.0 };
    if middle.abs() < GLIDE {
        return 0.0;
    }
    let together = shifts.iter().filter(|shift| (*shift - middle).abs() <= AGREE && shift.abs() >= GLIDE);
    together.count() as f32 / bands.len() as f32
}

/// By how many steps the band from `first` on has moved up, where it is the same sound.
fn shift(before: &[f32], now: &[f32], first: usize) -> Option<f32> {
    let band = &now[first..first + BAND];
    let likeness: Vec<f32> = (0..=2 * REACH).map(|i| correlation(band, &before[first + REACH - i..first + REACH - i + BAND])).collect();
    let best = (0..likeness.len()).max_by(|&a, &b| likeness[a].total_cmp(&likeness[b]))?;
    if likeness[best] < ALIKE || best == 0 || best == 2 * REACH {
        return None;
    }
    let bend = likeness[best - 1] - 2.0 * likeness[best] + likeness[best + 1];
    let between = if bend < -1e-6 { 0.5 * (likeness[best - 1] - likeness[best + 1]) / bend } else { 0.0 };
    Some(best as f32 + between - REACH as f32)
}

/// Pearson's correlation; 0 where one side is flat.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len() as f32;
    let (mean_a, mean_b) = (a.iter().sum::<f32>() / n, b.iter().sum::<f32>() / n);
    let (mut ab, mut aa, mut bb) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    // A band of nothing but the floor correlates by chance.
    if aa / n < 0.02 || bb / n < 0.02 { 0.0 } else { ab / (aa * bb).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATE_HZ: f64 = 44_100.0;

    /// Mean presence over six seconds of a sound of ten partials whose pitch is given in hertz.
    fn presence(pitch_hz: impl Fn(f64) -> f64) -> f32 {
        let mut voice = Voice::new(RATE_HZ);
        let mut turns = 0.0;
        for i in 0..(6.0 * RATE_HZ) as usize {
            turns += pitch_hz(i as f64 / RATE_HZ) / RATE_HZ;
            voice.sample((1..=10).map(|k| (TAU * turns * f64::from(k)).sin() / f64::from(k)).sum::<f64>() as f32 * 0.2);
        }
        let curve = voice.presence(0.05, 120);
        curve.values.iter().sum::<f32>() / 120.0
    }

    #[test]
    fn a_gliding_pitch_is_a_voice_and_a_steady_or_stepping_one_is_not() {
        let sung = presence(|t| 220.0 * (0.03 * (TAU * 5.5 * t).sin()).exp2());
        let spoken = presence(|t| 140.0 * (0.4 * (TAU * 0.7 * t).sin()).exp2());
        let held = presence(|_| 220.0);
        let stepped = presence(|t| 220.0 * ((t * 4.0).floor() * 3.0 % 12.0 / 12.0).exp2());
        assert!(sung > 0.7 && spoken > 0.6, "{sung} {spoken}");
        assert!(held < 0.02 && stepped < 0.1, "{held} {stepped}");
    }
}
