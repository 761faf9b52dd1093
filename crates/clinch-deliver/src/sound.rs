//! The song into AAC-LC access units, as a stream.

use crate::{Error, aside::AsideFile, resample::RateChanger};
use clinch_model::{PcmSource, Secs};
use std::path::Path;
use syom::{EncodeOptions, Encoder};

/// Samples in an AAC-LC access unit (ISO/IEC 14496-3, 4.5.1.1).
pub(crate) const UNIT_SAMPLES: u32 = 1024;
/// The rate that others are resampled to: what every player and upload guide takes.
const USUAL_RATE_HZ: u32 = 48_000;
/// Rates that are kept as they are.
const KEPT_RATES_HZ: [u32; 2] = [44_100, 48_000];
/// Rates that can be resampled: from the least that the song is heard at up to four times the highest studio rate.
const RATES_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;
/// For each channel, in bits a second: 256 kbit/s in stereo, where AAC-LC is taken to be transparent.
const BITS_PER_SEC_A_CHANNEL: u32 = 128_000;

/// The encoded song, in a file of its own until the film is written.
pub(crate) struct SoundTrack {
    /// Access units one after another.
    pub units: AsideFile,
    /// `[unit]`: bytes.
    pub unit_bytes: Vec<u32>,
    /// `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).
    pub config: Vec<u8>,
    pub rate_hz: u32,
    /// 1 or 2.
    pub channels: u16,
    /// Samples of the song in each channel, at `rate_hz`.
    pub samples: u64,
    /// Samples that the decoder gives before the song's first one, to be cut off by an edit list.
    pub priming: u64,
}

/// How a song is encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Samples a second on the film; none keeps 44.1 and 48 kHz and makes 48 kHz of others.
    pub rate_hz: Option<u32>,
    /// Whether the song's own beginning is given up for the priming, so that no edit list is needed: the decoder's first samples are
    /// silence, then everything is where it was.
    pub unedited: bool,
}

/// Samples of priming that the encoder makes: one access unit.
const PRIMING: u64 = UNIT_SAMPLES as u64;

impl SoundTrack {
    pub fn duration(&self) -> Secs {
        Secs(self.samples as f64 / f64::from(self.rate_hz))
    }
}

/// Encodes the whole stream. `done` is told how far it is.
///
/// The access units go to a file aside of `scratch`, because the sizes of all of them stand in the film before the first one.
pub(crate) fn encode(source: &mut dyn PcmSource, settings: Settings, scratch: &Path, done: &dyn Fn(Secs)) -> Result<SoundTrack, Error> {
    let mut mixer = Mixer::new(source, settings.rate_hz)?;
    let mut writer = UnitWriter::new(scratch, mixer.out_rate_hz, mixer.planes.len(), settings.unedited)?;
    let mut block = Vec::new();
    let mut read: u64 = 0;
    loop {
        block.clear();
        source.next_block(&mut block)?;
        if block.is_empty() {
            break;
        }
        writer.feed(mixer.mix(&block)?)?;
        read += (block.len() / mixer.in_channels) as u64;
        done(Secs(read as f64 / f64::from(mixer.in_rate_hz)));
    }
    if read == 0 {
        return Err(Error::UnsupportedSound("it has no samples".into()));
    }
    writer.feed(mixer.rest()?)?;
    writer.finish()
}

/// Brings any stream to one or two channels at a usual rate, within −1..1.
struct Mixer {
    in_channels: usize,
    in_rate_hz: u32,
    out_rate_hz: u32,
    /// `[in channel]`: gain into each output channel.
    gains: Vec<[f32; 2]>,
    /// Mixed sound at the input's rate, shape `[out channel][time]`.
    planes: Vec<Vec<f32>>,
    changer: Option<RateChanger>,
    /// Sound at the output's rate, shape `[out channel][time]`.
    resampled: Vec<Vec<f32>>,
}

impl Mixer {
    fn new(source: &dyn PcmSource, wanted_hz: Option<u32>) -> Result<Self, Error> {
        let (in_rate_hz, in_channels) = (source.sample_rate_hz(), source.channels() as usize);
        if !RATES_HZ.contains(&in_rate_hz) {
            return Err(Error::UnsupportedSound(format!("it has {in_rate_hz} samples a second")));
        }
        let gains = downmix(in_channels).ok_or_else(|| Error::UnsupportedSound(format!("it has {in_channels} channels")))?;
        let out_channels = in_channels.min(2);
        let out_rate_hz = wanted_hz.unwrap_or(if KEPT_RATES_HZ.contains(&in_rate_hz) { in_rate_hz } else { USUAL_RATE_HZ });
        let changer = match out_rate_hz == in_rate_hz {
            true => None,
            false => Some(RateChanger::new(in_rate_hz, out_rate_hz, out_channels)?),
        };
        let planes = vec![Vec::new(); out_channels];
        Ok(Self { in_channels, in_rate_hz, out_rate_hz, gains, resampled: planes.clone(), planes, changer })
    }

    /// Mixes interleaved sound; gives planes of what is ready, shape `[out channel][time]`.
    fn mix(&mut self, interleaved: &[f32]) -> Result<&[Vec<f32>], Error> {
        if !interleaved.len().is_multiple_of(self.in_channels) {
            return Err(Error::UnsupportedSound("its channels have different lengths".into()));
        }
        if interleaved.iter().any(|sample| !sample.is_finite()) {
            return Err(Error::UnsupportedSound("a sample is not a number".into()));
        }
        for (out, plane) in self.planes.iter_mut().enumerate() {
            plane.clear();
            let mixed = |frame: &[f32]| frame.iter().zip(&self.gains).map(|(sample, gain)| sample * gain[out]).sum();
            plane.extend(interleaved.chunks_exact(self.in_channels).map(|frame| -> f32 { mixed(frame) }));
        }
        if let Some(changer) = &mut self.changer {
            self.resampled.iter_mut().for_each(Vec::clear);
            changer.push(&self.planes, &mut self.resampled)?;
        }
        Ok(self.ready())
    }

    /// What is left in the filter at the end of the stream.
    fn rest(&mut self) -> Result<&[Vec<f32>], Error> {
        self.planes.iter_mut().for_each(Vec::clear);
        if let Some(changer) = &mut self.changer {
            self.resampled.iter_mut().for_each(Vec::clear);
            changer.finish(&mut self.resampled)?;
        }
        Ok(self.ready())
    }

    /// A decoded lossy song, a float file or the filter may overshoot full scale; it is cut there, as every player's output does.
    fn ready(&mut self) -> &[Vec<f32>] {
        let planes = if self.changer.is_some() { &mut self.resampled } else { &mut self.planes };
        for sample in planes.iter_mut().flatten() {
            *sample = sample.clamp(-1.0, 1.0);
        }
        planes
    }
}

/// `[in channel]`: gain into each output channel; none beyond eight channels.
///
/// Three and more channels, in the order of WAV files, are mixed to stereo by ITU-R BS.775-3 annex 4, table 2: centre and surrounds at
/// −3 dB, the low-frequency channel left out; all scaled by the same factor, so that the loudest possible sound just fits.
fn downmix(channels: usize) -> Option<Vec<[f32; 2]>> {
    const H: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const LEFT: [f32; 2] = [1.0, 0.0];
    const RIGHT: [f32; 2] = [0.0, 1.0];
    const CENTRE: [f32; 2] = [H, H];
    const LOW: [f32; 2] = [0.0, 0.0];
    const LEFT_SURROUND: [f32; 2] = [H, 0.0];
    const RIGHT_SURROUND: [f32; 2] = [0.0, H];
    // A single surround channel goes to both sides at another −3 dB.
    const BACK: [f32; 2] = [0.5, 0.5];
    let gains: &[[f32; 2]] = match channels {
        1 => return Some(vec![[1.0, 0.0]]),
        2 => return Some(vec![LEFT, RIGHT]),
        3 => &[LEFT, RIGHT, CENTRE],
        4 => &[LEFT, RIGHT, LEFT_SURROUND, RIGHT_SURROUND],
        5 => &[LEFT, RIGHT, CENTRE, LEFT_SURROUND, RIGHT_SURROUND],
        6 => &[LEFT, RIGHT, CENTRE, LOW, LEFT_SURROUND, RIGHT_SURROUND],
        7 => &[LEFT, RIGHT, CENTRE, LOW, BACK, LEFT_SURROUND, RIGHT_SURROUND],
        8 => &[LEFT, RIGHT, CENTRE, LOW, LEFT_SURROUND, RIGHT_SURROUND, LEFT_SURROUND, RIGHT_SURROUND],
        _ => return None,
    };
    let loudest: f32 = gains.iter().map(|gain| gain[0]).sum();
    Some(gains.iter().map(|gain| gain.map(|g| g / loudest)).collect())
}

/// Feeds the AAC encoder and writes what comes out.
struct UnitWriter {
    encoder: Encoder,
    units: AsideFile,
    unit_bytes: Vec<u32>,
    rate_hz: u32,
    channels: usize,
    /// Whether the song gives up its beginning for the priming, and how much of that is still to come.
    unedited: bool,
    skip: u64,
    /// Access units of one feed.
    fresh: Vec<u8>,
}

impl UnitWriter {
    fn new(scratch: &Path, rate_hz: u32, channels: usize, unedited: bool) -> Result<Self, Error> {
        let options = EncodeOptions::raw()
            .with_bitrate_bps(BITS_PER_SEC_A_CHANNEL * channels as u32)
            // Short blocks begin before attacks, so that drums don't smear backwards.
            .with_lookahead(true)
            // Left-over bits go where the error is largest: 35 to 40 dB under the sound in the middle stretches of a trial (plucks and
            // noise bursts). The encoder's hearing threshold would gain more in the worst ones, but cuts off everything above 17 kHz.
            .with_band_refine(true);
        let encoder = Encoder::new(rate_hz, channels, &options).map_err(encoder_failed)?;
        let units = AsideFile::create(scratch)?;
        let skip = if unedited { PRIMING } else { 0 };
        Ok(Self { encoder, units, unit_bytes: Vec::new(), rate_hz, channels, unedited, skip, fresh: Vec::new() })
    }

    fn feed(&mut self, planes: &[Vec<f32>]) -> Result<(), Error> {
        let length = planes.first().map_or(0, Vec::len);
        let skipped = self.skip.min(length as u64) as usize;
        self.skip -= skipped as u64;
        let planes: Vec<&[f32]> = planes.iter().map(|plane| &plane[skipped..]).collect();
        let Self { encoder, fresh, unit_bytes, .. } = self;
        fresh.clear();
        encoder.feed(&planes, |unit| take_unit(unit.au, fresh, unit_bytes)).map_err(encoder_failed)?;
        self.units.write(&self.fresh)
    }

    fn finish(mut self) -> Result<SoundTrack, Error> {
        let Self { encoder, fresh, unit_bytes, .. } = &mut self;
        fresh.clear();
        let info = encoder.finish(|unit| take_unit(unit.au, fresh, unit_bytes)).map_err(encoder_failed)?;
        self.units.write(&self.fresh)?;
        if self.unedited && (self.skip > 0 || info.priming != PRIMING) {
            return Err(Error::UnsupportedSound(format!("it is shorter than the {PRIMING} samples before an encoder's first")));
        }
        let (samples, priming) = if self.unedited { (info.samples + info.priming, 0) } else { (info.samples, info.priming) };
        Ok(SoundTrack {
            config: self.encoder.asc().to_vec(),
            units: self.units,
            unit_bytes: self.unit_bytes,
            rate_hz: self.rate_hz,
            channels: self.channels as u16,
            samples,
            priming,
        })
    }
}

fn encoder_failed(error: syom::AacError) -> Error {
    Error::SoundEncoder(error.to_string())
}

fn take_unit(unit: &[u8], fresh: &mut Vec<u8>, unit_bytes: &mut Vec<u32>) -> syom::Result<()> {
    // A unit holds at most 768 bytes a channel, so its size always fits.
    unit_bytes.push(unit.len() as u32);
    fresh.extend_from_slice(unit);
    Ok(())
}
