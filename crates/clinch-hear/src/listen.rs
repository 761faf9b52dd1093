//! One pass over the sound, keeping only what the later steps need: a few numbers a hop, never the samples.

use crate::{
    features::{Features, Frame},
    network::{Activation, Network},
    onset::Flux,
    resample::ToNetworkRate,
    spectrum::{Bands, Spectrum},
    voice::Voice,
};
use clinch_model::Lufs;
use ebur128::{EbuR128, Mode};

/// Hops a second at which onsets are looked for: 10 ms, as usual in beat tracking.
const HOPS_PER_SEC: f64 = 100.0;
/// Hops in a moment, the coarser step of everything but onsets: 50 ms.
pub(crate) const HOPS_PER_MOMENT: usize = 5;
/// Bands in which timbre is kept.
pub(crate) const TIMBRE_BANDS: usize = 24;
/// Loudness below which a moment counts as silent: the absolute gate of EBU R128.
pub(crate) const GATE_LUFS: f64 = -70.0;

/// 50 ms of the song.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Log magnitude in bands from 60 Hz to 11 kHz.
    pub(crate) timbre: [f32; TIMBRE_BANDS],
    /// Share of each pitch class from C, 0..1, summing to 1 (or all 0 in silence).
    pub(crate) chroma: [f32; 12],
    /// Geometric over arithmetic mean of the bands' magnitudes, 0 (a tone) .. 1 (white noise).
    pub(crate) flatness: f32,
    /// Middle of the spectrum's weight, as octaves above 60 Hz.
    pub(crate) brightness_octaves: f32,
    /// Fluctuation of the sound above 300 Hz within 20 ms, relative to its mean: 0 (steady) .. about 1.
    pub(crate) roughness: f32,
    /// Momentary loudness (EBU R128, 400 ms) around it, at least [`GATE_LUFS`].
    pub(crate) loudness_lufs: f32,
}

/// What is kept of a song.
pub(crate) struct Heard {
    /// Time between two hops.
    pub(crate) hop_secs: f64,
    /// `[hop]`: onset strength over all bands, not scaled.
    pub(crate) onset: Vec<f32>,
    /// `[hop]`: onset strength below 150 Hz.
    pub(crate) low_onset: Vec<f32>,
    /// `[moment]`, each [`HOPS_PER_MOMENT`] hops long and centred on its first.
    pub(crate) moments: Vec<Moment>,
    /// `[frame]`, every 20 ms: what the beat network makes of it.
    pub(crate) activations: Vec<Activation>,
    /// Where a voice is heard.
    pub(crate) voice: Voice,
    /// Integrated loudness; none where nothing passes the gate.
    pub(crate) loudness: Option<Lufs>,
    /// Samples of each channel.
    pub(crate) samples: u64,
}

impl Heard {
    /// Time between two moments.
    pub(crate) fn moment_secs(&self) -> f64 {
        self.hop_secs * HOPS_PER_MOMENT as f64
    }

    /// Moments of a time span, at least one where there are any.
    pub(crate) fn moments_in(&self, from_secs: f64, to_secs: f64) -> &[Moment] {
        let end = self.moments.len();
        let first = ((from_secs / self.moment_secs()).round().max(0.0) as usize).min(end.saturating_sub(1));
        let last = ((to_secs / self.moment_secs()).round().max(0.0) as usize).clamp((first + 1).min(end), end);
        &self.moments[first..last]
    }
}

/// Listens to blocks of samples as they come.
pub(crate) struct Listener {
    channels: usize,
    hop: usize,
    rate_hz: f64,
    loudness: EbuR128,
    /// The last samples, mono, as a ring of the longer window's length.
    ring: Vec<f32>,
    /// The ring from its oldest sample on.
    unrolled: Vec<f32>,
    /// Samples taken, each channel.
    taken: u64,
    short: Spectrum,
    long: Spectrum,
    flux: Flux,
    timbre_bands: Bands,
    pitch_class: Vec<Option<u8>>,
    rough: Roughness,
    pulse: PulseListener,
    voice: Voice,
    onset: Vec<f32>,
    low_onset: Vec<f32>,
    moments: Vec<Moment>,
    /// Sum of the timbre bands' magnitudes over the hops of the moment that is being filled.
    timbre_sum: [f32; TIMBRE_BANDS],
    /// `[100 ms]`: momentary loudness at the end of each.
    momentary_lufs: Vec<f32>,
    /// Samples until the next momentary loudness.
    until_momentary: usize,
}

impl Listener {
    /// Listens to sound of a rate and number of channels.
    ///
    /// # Errors
    /// Why the loudness meter or the resampler can't take them.
    pub(crate) fn new(rate_hz: u32, channels: u32) -> Result<Self, String> {
        let rate = f64::from(rate_hz);
        // About 23 and 186 ms at the usual rates: the first resolves time, the second semitones from about 110 Hz up.
        let short_length = (rate * 0.0232).log2().round().exp2() as usize;
        let long_length = short_length * 8;
        let top_hz = (rate / 2.0).min(11_000.0);
        Ok(Self {
            channels: channels as usize,
            hop: (rate / HOPS_PER_SEC).round() as usize,
            rate_hz: rate,
            loudness: EbuR128::new(channels, rate_hz, Mode::I | Mode::M).map_err(unmeasured)?,
            ring: vec![0.0; long_length],
            unrolled: Vec::with_capacity(long_length),
            taken: 0,
            short: Spectrum::new(short_length),
            long: Spectrum::new(long_length),
            flux: Flux::new(rate, short_length, top_hz),
            timbre_bands: Bands::new(TIMBRE_BANDS, 60.0, top_hz, rate, short_length),
            pitch_class: pitch_classes(rate, long_length),
            rough: Roughness::new(rate),
            pulse: PulseListener::new(rate_hz)?,
            voice: Voice::new(rate),
            onset: Vec::new(),
            low_onset: Vec::new(),
            moments: Vec::new(),
            timbre_sum: [0.0; TIMBRE_BANDS],
            momentary_lufs: Vec::new(),
            until_momentary: (rate / 10.0) as usize,
        })
    }

    /// Takes a block of interleaved samples, shape `[time][channel]`.
    ///
    /// # Errors
    /// What the loudness meter or the resampler says.
    pub(crate) fn take(&mut self, block: &[f32]) -> Result<(), String> {
        let mono = |frame: &[f32]| frame.iter().sum::<f32>() / self.channels as f32;
        self.pulse.take(block.chunks_exact(self.channels).map(mono))?;
        let mut rest = block;
        while !rest.is_empty() {
            let samples = (rest.len() / self.channels).min(self.until_momentary);
            let (now, later) = rest.split_at(samples * self.channels);
            self.loudness.add_frames_f32(now).map_err(unmeasured)?;
            for frame in now.chunks_exact(self.channels) {
                self.sample(frame.iter().sum::<f32>() / self.channels as f32);
            }
            self.until_momentary -= samples;
            if self.until_momentary == 0 {
                self.until_momentary = (self.rate_hz / 10.0) as usize;
                self.momentary_lufs.push(self.loudness.loudness_momentary().map_err(unmeasured)?.max(GATE_LUFS) as f32);
            }
            rest = later;
        }
        Ok(())
    }

    /// Takes one mono sample, and a hop wherever a window is then centred on one.
    fn sample(&mut self, x: f32) {
        let length = self.ring.len();
        self.ring[(self.taken % length as u64) as usize] = x;
        self.taken += 1;
        self.rough.sample(x);
        self.voice.sample(x);
        // Hop `i` is centred on sample `i × hop`; the long window is complete half its length later.
        let behind = self.taken as i64 - (length / 2) as i64;
        if behind >= 0 && behind % self.hop as i64 == 0 {
            self.take_hop();
        }
    }

    fn take_hop(&mut self) {
        let length = self.ring.len();
        let (newest, oldest) = self.ring.split_at((self.taken % length as u64) as usize);
        self.unrolled.clear();
        self.unrolled.extend(oldest.iter().chain(newest));
        let short_length = length / 8;
        self.short.take(self.unrolled[(length - short_length) / 2..][..short_length].iter().copied());
        let (onset, low_onset) = self.flux.step(&self.short.magnitude);
        let mut bands = [0.0; TIMBRE_BANDS];
        self.timbre_bands.sum(&self.short.magnitude, &mut bands);
        for (sum, band) in self.timbre_sum.iter_mut().zip(bands) {
            *sum += band;
        }
        if self.onset.len().is_multiple_of(HOPS_PER_MOMENT) {
            self.long.take(self.unrolled.iter().copied());
            let moment = self.moment();
            self.moments.push(moment);
            self.timbre_sum = [0.0; TIMBRE_BANDS];
        }
        self.onset.push(onset);
        self.low_onset.push(low_onset);
    }

    fn moment(&mut self) -> Moment {
        // The first moment has one hop behind it, the others five.
        let hops = if self.onset.is_empty() { 1 } else { HOPS_PER_MOMENT } as f32;
        let bands = self.timbre_sum.map(|sum| sum / hops);
        let total: f32 = bands.iter().sum();
        let mean_log = bands.iter().map(|b| (b + 1e-7).ln()).sum::<f32>() / TIMBRE_BANDS as f32;
        let octave = |band: usize| (band as f32 + 0.5) * 7.5 / TIMBRE_BANDS as f32;
        let centre: f32 = bands.iter().enumerate().map(|(i, b)| octave(i) * b).sum();
        Moment {
            timbre: bands.map(|b| (1.0 + 1000.0 * b).ln()),
            chroma: chroma(&self.long.magnitude, &self.pitch_class),
            flatness: mean_log.exp() / (total / TIMBRE_BANDS as f32 + 1e-7),
            brightness_octaves: centre / (total + 1e-7),
            roughness: self.rough.take(),
            loudness_lufs: GATE_LUFS as f32,
        }
    }

    /// Ends the song.
    ///
    /// # Errors
    /// What the loudness meter or the resampler says.
    pub(crate) fn finish(mut self) -> Result<Heard, String> {
        let samples = self.taken;
        let integrated = self.loudness.loudness_global().map_err(unmeasured)?;
        // Hops near the end need silence behind it.
        let end = samples.div_ceil(self.hop as u64) as usize;
        while self.onset.len() < end {
            self.sample(0.0);
        }
        let moment_secs = self.hop as f64 * HOPS_PER_MOMENT as f64 / self.rate_hz;
        for (index, moment) in self.moments.iter_mut().enumerate() {
            // A momentary loudness is over the 400 ms before its time, so the one 200 ms later is centred here.
            let at = ((index as f64 * moment_secs + 0.2) * 10.0).round() as usize;
            let last = self.momentary_lufs.len().saturating_sub(1);
            moment.loudness_lufs = self.momentary_lufs.get(at.saturating_sub(1).min(last)).copied().unwrap_or(GATE_LUFS as f32);
        }
        Ok(Heard {
            hop_secs: self.hop as f64 / self.rate_hz,
            onset: self.onset,
            low_onset: self.low_onset,
            moments: self.moments,
            activations: self.pulse.finish()?,
            voice: self.voice,
            loudness: integrated.is_finite().then_some(Lufs(integrated)),
            samples,
        })
    }
}

fn unmeasured(error: ebur128::Error) -> String {
    format!("its loudness can't be measured: {error}")
}

/// The way from the song's samples to the beat network.
struct PulseListener {
    resampler: ToNetworkRate,
    features: Features,
    network: Network,
    mono: Vec<f32>,
    resampled: Vec<f32>,
    frames: Vec<Frame>,
}

impl PulseListener {
    fn new(rate_hz: u32) -> Result<Self, String> {
        let resampler = ToNetworkRate::new(rate_hz).map_err(|error| format!("{rate_hz} Hz can't be resampled: {error}"))?;
        let (features, network) = (Features::new(), Network::new());
        Ok(Self { resampler, features, network, mono: Vec::new(), resampled: Vec::new(), frames: Vec::new() })
    }

    fn take(&mut self, mono: impl Iterator<Item = f32>) -> Result<(), String> {
        self.mono.clear();
        self.mono.extend(mono);
        self.resampled.clear();
        self.resampler.push(&self.mono, &mut self.resampled).map_err(|error| format!("it can't be resampled: {error}"))?;
        self.frames.clear();
        self.features.push(&self.resampled, &mut self.frames);
        self.network.push(&self.frames);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Activation>, String> {
        self.resampled.clear();
        self.resampler.finish(&mut self.resampled).map_err(|error| format!("it can't be resampled: {error}"))?;
        self.frames.clear();
        self.features.push(&self.resampled, &mut self.frames);
        self.features.finish(&mut self.frames);
        self.network.push(&self.frames);
        Ok(self.network.finish())
    }
}

/// `[bin]`: pitch class from C of each bin between A1 and about B6; none outside.
fn pitch_classes(rate_hz: f64, length: usize) -> Vec<Option<u8>> {
    (0..=length / 2)
        .map(|bin| {
            let hz = bin as f64 * rate_hz / length as f64;
            // 440 Hz is A, nine semitones above C.
            (55.0..2000.0).contains(&hz).then(|| ((hz / 440.0).log2() * 12.0 + 9.0).round().rem_euclid(12.0) as u8)
        })
        .collect()
}

fn chroma(magnitude: &[f32], pitch_class: &[Option<u8>]) -> [f32; 12] {
    let mut sums = [0.0; 12];
    for (m, class) in magnitude.iter().zip(pitch_class) {
        if let Some(class) = class {
            sums[usize::from(*class) % 12] += m * m;
        }
    }
    // The root weighs the loudest partial down to where others count too.
    let sums = sums.map(f32::sqrt);
    let total: f32 = sums.iter().sum();
    if total > 1e-6 { sums.map(|s| s / total) } else { [0.0; 12] }
}

/// Fluctuation of the envelope of everything above 300 Hz between about 30 and 300 Hz, where the ear hears it as roughness
/// (Fastl and Zwicker, "Psychoacoustics", chapter 11). Below 300 Hz a plain tone's own period would count.
struct Roughness {
    low: [f32; 2],
    pole: f32,
    /// Samples in a millisecond, and how many of the current one are taken.
    step: (usize, usize),
    energy: f32,
    /// `[ms]`: level of each millisecond of this moment.
    envelope: Vec<f32>,
}

impl Roughness {
    fn new(rate_hz: f64) -> Self {
        let pole = (-std::f64::consts::TAU * 300.0 / rate_hz).exp() as f32;
        Self { low: [0.0; 2], pole, step: ((rate_hz / 1000.0).round().max(1.0) as usize, 0), energy: 0.0, envelope: Vec::new() }
    }

    fn sample(&mut self, x: f32) {
        // Two one-pole high-passes in a row.
        let mut high = x;
        for low in &mut self.low {
            *low += (1.0 - self.pole) * (high - *low);
            high -= *low;
        }
        self.energy += high * high;
        self.step.1 += 1;
        if self.step.1 == self.step.0 {
            self.envelope.push((self.energy / self.step.0 as f32).sqrt());
            self.energy = 0.0;
            self.step.1 = 0;
        }
    }

    /// Fluctuation over what came since the last call.
    fn take(&mut self) -> f32 {
        const REACH: usize = 10;
        let mean = self.envelope.iter().sum::<f32>() / self.envelope.len().max(1) as f32;
        let mut sum = 0.0;
        for i in 0..self.envelope.len() {
            let near = &self.envelope[i.saturating_sub(REACH)..(i + REACH + 1).min(self.envelope.len())];
            let local = near.iter().sum::<f32>() / near.len() as f32;
            sum += (self.envelope[i] - local).powi(2);
        }
        let deviation = (sum / self.envelope.len().max(1) as f32).sqrt();
        self.envelope.clear();
        if mean > 1e-5 { (deviation / mean).min(1.0) } else { 0.0 }
    }
}
