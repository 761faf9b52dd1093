//! Filters and oscillators, each a few lines of arithmetic.
//!
//! Filter formulas are from Robert Bristow-Johnson's "Cookbook formulae for audio equalizer biquad filter coefficients".

use crate::RATE_HZ;
use std::f32::consts::TAU;

/// A second-order filter in transposed direct form II.
#[derive(Debug, Clone, Default)]
pub(crate) struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
    state: [f32; 2],
}

impl Biquad {
    fn normalised(b: [f32; 3], a: [f32; 3]) -> Self {
        Self { b: b.map(|v| v / a[0]), a: [a[1] / a[0], a[2] / a[0]], state: [0.0; 2] }
    }

    /// Low-pass with its corner at `hz`.
    pub(crate) fn low_pass(hz: f32, q: f32) -> Self {
        let (sin, cos) = (TAU * hz / RATE_HZ as f32).sin_cos();
        let alpha = sin / (2.0 * q);
        let b1 = 1.0 - cos;
        Self::normalised([b1 / 2.0, b1, b1 / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// High-pass with its corner at `hz`.
    pub(crate) fn high_pass(hz: f32, q: f32) -> Self {
        let (sin, cos) = (TAU * hz / RATE_HZ as f32).sin_cos();
        let alpha = sin / (2.0 * q);
        let b1 = 1.0 + cos;
        Self::normalised([b1 / 2.0, -b1, b1 / 2.0], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Band-pass around `hz` with a gain of 1 in the middle.
    pub(crate) fn band_pass(hz: f32, q: f32) -> Self {
        let (sin, cos) = (TAU * hz / RATE_HZ as f32).sin_cos();
        let alpha = sin / (2.0 * q);
        Self::normalised([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha])
    }

    /// Moves a band-pass to another middle without a click: the state is kept.
    pub(crate) fn retune(&mut self, hz: f32, q: f32) {
        let tuned = Self::band_pass(hz, q);
        self.b = tuned.b;
        self.a = tuned.a;
    }

    /// One sample.
    pub(crate) fn run(&mut self, x: f32) -> f32 {
        let y = self.b[0] * x + self.state[0];
        self.state[0] = self.b[1] * x - self.a[0] * y + self.state[1];
        self.state[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

/// A sawtooth whose step is rounded off over two samples (PolyBLEP, Välimäki and Huovilainen 2007), so that it hardly aliases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saw {
    phase: f32,
}

impl Saw {
    /// Starts at a phase of 0..1.
    pub(crate) fn starting_at(phase: f32) -> Self {
        Self { phase }
    }

    /// One sample at `hz`, −1..1.
    pub(crate) fn run(&mut self, hz: f32) -> f32 {
        let step = hz / RATE_HZ as f32;
        let value = 2.0 * self.phase - 1.0 - poly_blep(self.phase, step);
        self.phase = (self.phase + step).fract();
        value
    }
}

fn poly_blep(phase: f32, step: f32) -> f32 {
    if phase < step {
        let t = phase / step;
        2.0 * t - t * t - 1.0
    } else if phase > 1.0 - step {
        let t = (phase - 1.0) / step;
        t * t + 2.0 * t + 1.0
    } else {
        0.0
    }
}

/// Runs a stateful effect over a buffer that is played as a loop: once over its last `warm_up` samples to fill the state, then over
/// all of it, so that tails of the end sound in the beginning.
pub(crate) fn run_looped(buffer: &mut [f32], warm_up: usize, mut effect: impl FnMut(f32) -> f32) {
    for &x in &buffer[buffer.len().saturating_sub(warm_up)..] {
        effect(x);
    }
    for x in buffer {
        *x = effect(*x);
    }
}

/// Exponential decay: 1 at 0, 1/1000 (−60 dB) at `length_secs`.
pub(crate) fn decay(at_secs: f32, length_secs: f32) -> f32 {
    (-6.9078 * at_secs / length_secs).exp()
}

/// A smooth rise from 0 to 1 over 0..1, flat outside.
pub(crate) fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
