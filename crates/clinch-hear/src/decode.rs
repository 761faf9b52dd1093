//! A file of sound into samples, streamed.
//!
//! Symphonia reads the containers and codecs. Positions are exact: encoder delay and padding are cut off as the container says (for
//! MP4 by `edits`, which Symphonia doesn't apply), and a broken packet is replaced by silence of its length.

use crate::{
    Error, LONGEST_SECS,
    edits::{self, Trim},
};
use clinch_model::{PcmSource, Secs, SoundError};
use std::{
    fs::File,
    io::{Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};
use symphonia::core::{
    audio::GenericAudioBufferRef,
    codecs::{
        CodecParameters,
        audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known},
    },
    errors::Error as SymphoniaError,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::{MetadataOptions, StandardTag},
    packet::Packet,
};

/// Where a track comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A file's bytes in memory, such as the embedded demo song.
    Memory {
        /// What to call it in messages; its ending tells the format, as a file name's does.
        name: String,
        /// The bytes of the whole file.
        bytes: Arc<[u8]>,
    },
}

impl Source {
    /// What it is called in messages.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::Memory { name, .. } => name.clone(),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Source::File(path) => path,
            Source::Memory { name, .. } => Path::new(name),
        }
    }

    fn open(&self) -> Result<Box<dyn MediaSource>, Error> {
        match self {
            Source::Memory { bytes, .. } if bytes.is_empty() => Err(Error::Empty { name: self.name() }),
            Source::Memory { bytes, .. } => Ok(Box::new(Cursor::new(Arc::clone(bytes)))),
            Source::File(path) => {
                let unreadable = |source| Error::Unreadable { path: path.clone(), source };
                let meta = std::fs::metadata(path).map_err(unreadable)?;
                if meta.is_dir() {
                    return Err(Error::Folder { path: path.clone() });
                }
                if meta.is_file() && meta.len() == 0 {
                    return Err(Error::Empty { name: self.name() });
                }
                Ok(Box::new(File::open(path).map_err(unreadable)?))
            }
        }
    }
}

/// More than this may be missing at the end before a file counts as cut off: encoders round their own lengths by a packet or two.
const LENGTH_SLACK_SECS: f64 = 0.5;

/// Most channels that are read: as many as the loudness meter takes.
const MOST_CHANNELS: usize = 64;

/// Largest sample that a float file may hold, in full scales (+42 dB): beyond lies no sound that anyone meant.
const LOUDEST: f32 = 128.0;

/// More broken sound than this in all is refused: up to it, a listener takes it for a click in the recording.
const BROKEN_MOST_SECS: f64 = 0.5;

/// A track being decoded. Holds one packet at a time, never the whole song.
pub struct Decoder {
    name: String,
    title: Option<String>,
    artist: Option<String>,
    stem: String,
    format_words: String,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    rate_hz: u32,
    channels: u32,
    /// Length that the container states, in samples of each channel; none where it states none or only guesses.
    promised: Option<u64>,
    /// Samples given out so far, each channel.
    given: u64,
    /// Samples still to be dropped at the front.
    to_drop: u64,
    /// Silence still to be put in front.
    to_pad: u64,
    /// Samples to give out at most.
    limit: u64,
    /// Samples of each channel replaced by silence so far, and what the decoder said first.
    broken: (u64, Option<(u64, String)>),
    /// Whether one packet was ever decoded.
    decoded_any: bool,
    /// Whether the file is one that should say where it ends, and doesn't.
    lacks_end: bool,
    /// One decoded packet, interleaved.
    block: Vec<f32>,
}

/// Opens a track, without decoding it.
///
/// # Errors
/// [`Error`] naming the file and a remedy where it can't be read, is no sound, or is coded in a way that isn't supported.
pub fn open(source: &Source) -> Result<Decoder, Error> {
    let name = source.name();
    let mut format = probe(source)?;
    let tags = Tags::of(format.as_mut());
    let track = format.default_track(TrackType::Audio).ok_or_else(|| Error::NoSoundTrack { name: name.clone() })?.clone();
    check_channels(&name, &track)?;
    let decoder = make_decoder(&name, &track)?;
    let (rate_hz, channels) = rate_and_channels(decoder.as_ref()).map_err(|reason| Error::NotSound { name: name.clone(), reason })?;
    let trim = trim(source, &track, rate_hz, &tags)?;
    let promised = promised(&track, format.as_ref(), &trim, rate_hz);
    if promised.is_some_and(|samples| samples as f64 > LONGEST_SECS * f64::from(rate_hz)) {
        return Err(Error::TooLong { name });
    }
    Ok(Decoder {
        title: tags.title,
        artist: tags.artist,
        stem: source.path().file_stem().map_or_else(|| name.clone(), |stem| stem.to_string_lossy().into_owned()),
        format_words: format!("{} ({})", format.format_info().long_name, decoder.codec_info().long_name),
        track_id: track.id,
        rate_hz,
        channels,
        promised,
        given: 0,
        to_drop: trim.drop,
        to_pad: trim.pad,
        limit: trim.length.map_or(u64::MAX, |length| length.saturating_add(trim.pad)),
        broken: (0, None),
        decoded_any: false,
        lacks_end: format.format_info().short_name == "ogg" && ogg_lacks_end(source.open()?),
        block: Vec::new(),
        format,
        decoder,
        name,
    })
}

/// Finds the reader for a file's format by its content; the name's ending is only a hint.
fn probe(source: &Source) -> Result<Box<dyn FormatReader>, Error> {
    let mut hint = Hint::new();
    if let Some(extension) = source.path().extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(source.open()?, Default::default());
    symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| Error::NotSound { name: source.name(), reason: unopened(&error) })
}

/// Whether the last page of an Ogg file isn't marked as the end of its stream (RFC 3533, section 6). Ogg states no length: the mark is
/// all that tells a whole file from the beginning of one.
fn ogg_lacks_end(mut source: Box<dyn MediaSource>) -> bool {
    // The largest page there is, in bytes; its flags are byte 5, where 4 marks the end.
    const PAGE_MOST: u64 = 65_307;
    let mut tail = Vec::new();
    let start = source.byte_len().unwrap_or(0).saturating_sub(PAGE_MOST);
    let read = source.seek(SeekFrom::Start(start)).and_then(|_| source.read_to_end(&mut tail));
    let last = tail.windows(6).rposition(|bytes| bytes.starts_with(b"OggS"));
    read.is_ok() && last.is_none_or(|at| tail[at + 5] & 4 == 0)
}

/// Refuses more channels than are read before a decoder makes room for them: a damaged head may claim sixty thousand, which is gigabytes.
fn check_channels(name: &str, track: &Track) -> Result<(), Error> {
    let channels = audio_params(track).and_then(|params| params.channels.as_ref()).map_or(0, |channels| channels.count());
    if channels <= MOST_CHANNELS {
        return Ok(());
    }
    Err(Error::NotSound {
        name: name.into(),
        reason: format!("its head says that it has {channels} channels; {MOST_CHANNELS} at most are read"),
    })
}

/// Sample rate and channels, or why they can't be.
fn rate_and_channels(decoder: &dyn AudioDecoder) -> Result<(u32, u32), String> {
    let params = decoder.codec_params();
    let channels = params.channels.as_ref().map(|channels| channels.count() as u32);
    match (params.sample_rate, channels) {
        // Below 1 kHz there is no music.
        (Some(rate_hz), Some(channels)) if rate_hz >= 1000 && (1..=MOST_CHANNELS as u32).contains(&channels) => Ok((rate_hz, channels)),
        (rate_hz, channels) => Err(format!("it has {} samples a second in {} channels", rate_hz.unwrap_or(0), channels.unwrap_or(0))),
    }
}

/// Which part of the decoded sound is the song: an MP4's edit list tells, or Apple's note in older files.
fn trim(source: &Source, track: &Track, rate_hz: u32, tags: &Tags) -> Result<Trim, Error> {
    let listed = edits::read(source.open()?).map_or(Ok(None), |edits| edits.of_track(track.id, rate_hz));
    let listed = listed.map_err(|reason| Error::NotSound { name: source.name(), reason })?;
    let noted = || tags.smpb.as_deref().and_then(edits::itunes_smpb);
    let trim = listed.or_else(noted).unwrap_or(Trim::NONE);
    Ok(track.num_frames.map_or(trim, |frames| trim.settled(frames)))
}

/// Why no reader took a file, in words for people.
fn unopened(error: &SymphoniaError) -> String {
    match error {
        SymphoniaError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => "it breaks off within its head".into(),
        // An MP4's head may stand at its end, and is the first thing lost.
        SymphoniaError::Unsupported(reason) if reason.contains("missing moov") => "it breaks off before its head".into(),
        SymphoniaError::Unsupported(reason) if reason.contains("no suitable") => "its format is unknown".into(),
        error => error.to_string(),
    }
}

/// What is read of a file's tags.
#[derive(Debug, Default)]
struct Tags {
    title: Option<String>,
    artist: Option<String>,
    /// Apple's gapless note.
    smpb: Option<String>,
}

impl Tags {
    /// Of each tag the newest that isn't empty.
    fn of(format: &mut dyn FormatReader) -> Self {
        let mut tags = Self::default();
        let mut log = format.metadata();
        loop {
            for tag in log.current().into_iter().flat_map(|revision| &revision.media.tags) {
                match &tag.std {
                    Some(StandardTag::TrackTitle(text)) if !text.trim().is_empty() => tags.title = Some(text.trim().into()),
                    Some(StandardTag::Artist(text)) if !text.trim().is_empty() => tags.artist = Some(text.trim().into()),
                    _ if tag.raw.key.ends_with("iTunSMPB") => tags.smpb = Some(tag.raw.value.to_string()),
                    _ => {}
                }
            }
            if log.pop().is_none() {
                return tags;
            }
        }
    }
}

fn audio_params(track: &Track) -> Option<&AudioCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Audio(params)) => Some(params),
        _ => None,
    }
}

fn make_decoder(name: &str, track: &Track) -> Result<Box<dyn AudioDecoder>, Error> {
    let params = audio_params(track).ok_or_else(|| Error::NoSoundTrack { name: name.into() })?;
    symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default()).map_err(|error| {
        let codec = match params.codec {
            well_known::CODEC_ID_OPUS => "Opus".to_string(),
            well_known::CODEC_ID_AC3 | well_known::CODEC_ID_EAC3 => "Dolby Digital".to_string(),
            well_known::CODEC_ID_SPEEX => "Speex".to_string(),
            well_known::CODEC_ID_WMA => "Windows Media Audio".to_string(),
            well_known::CODEC_ID_AAC => format!("AAC of a kind other than LC ({error})"),
            _ => format!("of a codec that isn't supported ({error})"),
        };
        Error::UnsupportedCodec { name: name.into(), codec }
    })
}

/// How many samples the container promises, each channel, where it knows rather than guesses.
fn promised(track: &Track, format: &dyn FormatReader, trim: &Trim, rate_hz: u32) -> Option<u64> {
    // Without a Xing or VBRI header the length of an MP3 is guessed from the bit rate of its first packets.
    let guessed = matches!(format.format_info().short_name, "mp1" | "mp2" | "mp3" | "aac") && track.delay.is_none();
    let base = track.time_base?;
    let all = if guessed {
        None
    } else {
        track.num_frames.or_else(|| {
            let secs = base.calc_duration(track.duration?)?.as_secs_f64();
            Some((secs * f64::from(rate_hz)).round() as u64)
        })
    }?;
    let rest = all.saturating_sub(trim.drop);
    Some(trim.length.map_or(rest, |length| length.min(rest)).saturating_add(trim.pad))
}

impl Decoder {
    /// Title tag, or the file's stem.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.stem)
    }

    /// Artist tag.
    pub fn artist(&self) -> Option<&str> {
        self.artist.as_deref()
    }

    /// Container and codec in words, for people.
    pub fn format(&self) -> &str {
        &self.format_words
    }

    /// Length that the container promises, where it does.
    pub fn promised(&self) -> Option<Secs> {
        self.promised.map(|samples| self.secs(samples))
    }

    fn secs(&self, samples: u64) -> Secs {
        Secs(samples as f64 / f64::from(self.rate_hz))
    }

    /// Appends the next block of interleaved samples to `out`, and returns how many samples each channel got; 0 at the end.
    ///
    /// # Errors
    /// [`Error`] where the file breaks off, is too damaged, or goes on for too long.
    pub fn next(&mut self, out: &mut Vec<f32>) -> Result<usize, Error> {
        if self.to_pad > 0 {
            let pad = self.to_pad.min(4096);
            self.to_pad -= pad;
            self.given += pad;
            out.resize(out.len() + pad as usize * self.channels as usize, 0.0);
            return self.check_given().map(|()| pad as usize);
        }
        while self.given < self.limit {
            let Some(packet) = self.next_packet()? else { break };
            self.decode(&packet)?;
            let given = self.give(out);
            self.check_given()?;
            if given > 0 {
                return Ok(given);
            }
        }
        self.check_end()?;
        Ok(0)
    }

    fn check_given(&self) -> Result<(), Error> {
        if self.secs(self.given).0 > LONGEST_SECS { Err(Error::TooLong { name: self.name.clone() }) } else { Ok(()) }
    }

    /// The next packet of the track; none at the end of the file or where it is cut off, which `check_end` tells apart.
    fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track_id => return Ok(Some(packet)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(SymphoniaError::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(SymphoniaError::ResetRequired) => self.restart()?,
                Err(error) => return Err(self.damaged(&error.to_string())),
            }
        }
    }

    /// A chained Ogg file begins another stream: a new decoder for it, if it sounds alike.
    fn restart(&mut self) -> Result<(), Error> {
        let Some(track) = self.format.default_track(TrackType::Audio).cloned() else {
            return Err(self.damaged("another stream without sound begins here"));
        };
        check_channels(&self.name, &track)?;
        self.decoder = make_decoder(&self.name, &track)?;
        self.track_id = track.id;
        // The header's length was that of the first link alone.
        self.promised = None;
        Ok(())
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::Damaged { name: self.name.clone(), at: self.secs(self.given), reason: reason.into() }
    }

    /// Decodes a packet into `block`, or puts silence of its length there.
    fn decode(&mut self, packet: &Packet) -> Result<(), Error> {
        self.block.clear();
        match self.decoder.decode(packet) {
            Ok(sound) => {
                let spec = sound.spec();
                if spec.rate() != self.rate_hz || spec.channels().count() as u32 != self.channels {
                    return Err(self.damaged("sample rate or channels change in the middle; convert it to one of each"));
                }
                copy_interleaved(&sound, &mut self.block);
                self.decoded_any |= !self.block.is_empty();
                self.check_length(packet)
            }
            // A broken packet may look like one that uses a feature nobody does.
            Err(SymphoniaError::DecodeError(reason) | SymphoniaError::Unsupported(reason)) => self.conceal(packet, reason),
            Err(SymphoniaError::IoError(error)) => self.conceal(packet, &error.to_string()),
            Err(error) => Err(self.damaged(&error.to_string())),
        }
    }

    /// High-efficiency AAC hides half of its sound from a decoder of the plain kind; the packet then holds half the samples that
    /// the container says, and the song would run at double speed.
    fn check_length(&self, packet: &Packet) -> Result<(), Error> {
        let found = (self.block.len() / self.channels as usize) as u64;
        let is_mp4 = self.format.format_info().short_name == "isomp4";
        if is_mp4 && found == 1024 && packet.dur.get() == 2048 {
            return Err(Error::UnsupportedCodec { name: self.name.clone(), codec: "high-efficiency AAC (HE-AAC)".into() });
        }
        Ok(())
    }

    fn conceal(&mut self, packet: &Packet, reason: &str) -> Result<(), Error> {
        let samples = packet.dur.get();
        self.block.resize((samples.min(1 << 16) * u64::from(self.channels)) as usize, 0.0);
        let (broken, first) = &mut self.broken;
        *broken += samples;
        first.get_or_insert_with(|| (self.given, reason.to_string()));
        if *broken as f64 > BROKEN_MOST_SECS * f64::from(self.rate_hz) {
            return Err(self.first_damage());
        }
        Ok(())
    }

    fn first_damage(&self) -> Error {
        let (at, reason) = self.broken.1.clone().unwrap_or((0, "no packet could be decoded".into()));
        Error::Damaged { name: self.name.clone(), at: self.secs(at), reason }
    }

    /// Moves `block` to `out` without what is to be dropped at the front and beyond the limit.
    fn give(&mut self, out: &mut Vec<f32>) -> usize {
        let channels = self.channels as usize;
        let found = (self.block.len() / channels) as u64;
        let drop = self.to_drop.min(found);
        self.to_drop -= drop;
        let take = (found - drop).min(self.limit - self.given);
        let first = drop as usize * channels;
        // A broken float file may hold values that are no numbers, or whose squares are none; nothing after this could bear them.
        let bearable = |x: f32| if x.is_finite() { x.clamp(-LOUDEST, LOUDEST) } else { 0.0 };
        out.extend(self.block[first..first + take as usize * channels].iter().map(|&x| bearable(x)));
        self.given += take;
        take as usize
    }

    fn check_end(&self) -> Result<(), Error> {
        // A file that promises nothing keeps that.
        if !self.decoded_any && self.promised != Some(0) {
            return Err(match self.promised {
                Some(samples) => Error::Truncated { name: self.name.clone(), found: Secs(0.0), promised: self.secs(samples) },
                None => Error::NotSound { name: self.name.clone(), reason: "no packet in it could be decoded".into() },
            });
        }
        if self.lacks_end {
            return Err(Error::NoEnd { name: self.name.clone(), found: self.secs(self.given) });
        }
        match self.promised {
            Some(samples) if self.secs(samples).0 - self.secs(self.given).0 > LENGTH_SLACK_SECS => {
                Err(Error::Truncated { name: self.name.clone(), found: self.secs(self.given), promised: self.secs(samples) })
            }
            _ => Ok(()),
        }
    }
}

fn copy_interleaved(sound: &GenericAudioBufferRef<'_>, out: &mut Vec<f32>) {
    out.resize(sound.samples_interleaved(), 0.0);
    sound.copy_to_slice_interleaved(&mut out[..]);
}

impl PcmSource for Decoder {
    fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn channels(&self) -> u32 {
        self.channels
    }

    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        self.next(out).map_err(|error| SoundError { at: self.secs(self.given), reason: error.to_string() })
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("name", &self.name).field("format", &self.format_words).field("given", &self.given).finish()
    }
}
