//! The film file's layout: which picture and sound goes where, and the head (`ftyp`, `moov`) that says so.
//!
//! ISO/IEC 14496-12 (boxes), 14496-14 (AAC) and 14496-15 (H.264). Everything is known before the first byte is written, so the head
//! comes first and a player can start before it has the whole file.

use crate::{
    Error, Options, PictureFormat,
    picture::ParameterSets,
    segment::PictureEntry,
    sound::{SoundTrack, UNIT_SAMPLES},
};
use shiguredo_mp4::{
    BoxSize, BoxType, Either, Encode, FixedPointNumber, LanguageCode, Mp4FileTime,
    bitstream::{
        aac::{Mp4aSampleEntryConfig, build_mp4a_box, parse_audio_specific_config},
        h264::{H264SampleEntryConfig, LengthSize, build_avc1_box},
    },
    boxes::{
        Brand, Co64Box, DinfBox, EdtsBox, ElstBox, ElstEntry, FtypBox, HdlrBox, MdhdBox, MdiaBox, MediaHeader, MinfBox, MoovBox, MvhdBox,
        SampleEntry, SmhdBox, StblBox, StcoBox, StscBox, StscEntry, StsdBox, StssBox, StszBox, SttsBox, SttsEntry, TkhdBox, TrakBox,
        UnknownBox, VmhdBox,
    },
};
use std::{num::NonZeroU32, ops::Range, slice::from_ref};

/// A stretch of the file: pictures, then the sound that goes with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Frames of the film.
    pub pictures: Range<usize>,
    /// Access units of the sound.
    pub units: Range<usize>,
}

/// The pictures and the sound of a film, ready to be laid out.
pub(crate) struct Tracks<'a> {
    pub format: PictureFormat,
    pub parameter_sets: &'a ParameterSets,
    /// `[frame]`.
    pub pictures: &'a [PictureEntry],
    pub sound: &'a SoundTrack,
    pub options: &'a Options,
}

/// Ticks a second, at least, of the picture of a film that goes round: a round then ends within 0.01 ms of the song.
const LOOPED_TICKS_PER_SEC: u32 = 90_000;

impl Tracks<'_> {
    fn loops(&self) -> u128 {
        u128::from(self.options.loops.max(1))
    }

    /// Ticks of the picture's time scale in a `den`-th of a frame: one, unless the film goes round.
    fn ticks(&self) -> u32 {
        if self.loops() == 1 { 1 } else { (LOOPED_TICKS_PER_SEC / self.format.rate.num).max(1) }
    }

    /// The picture's time scale: ticks a second.
    fn time_scale(&self) -> u32 {
        self.format.rate.num * self.ticks()
    }

    /// When a frame begins, in ticks; for the number of frames, when the last one ends. In a film that goes round every round begins with the
    /// song.
    fn start_of(&self, frame: usize) -> u64 {
        let frame_ticks = u128::from(self.format.rate.den) * u128::from(self.ticks());
        if self.loops() == 1 {
            return (frame as u128 * frame_ticks) as u64;
        }
        let a_round = (self.pictures.len() as u128 / self.loops()).max(1);
        let (round, within) = (frame as u128 / a_round, frame as u128 % a_round);
        // round · samples of all / rounds / (samples a second) · (ticks a second), to the nearest tick.
        let (scaled, by) =
            (round * u128::from(self.sound.samples) * u128::from(self.time_scale()), self.loops() * u128::from(self.sound.rate_hz));
        ((2 * scaled + by) / (2 * by) + within * frame_ticks) as u64
    }

    /// How long the frames are shown, in runs.
    fn picture_deltas(&self) -> Vec<SttsEntry> {
        let mut runs: Vec<SttsEntry> = Vec::new();
        for frame in 0..self.pictures.len() {
            let sample_delta = self.start_of(frame + 1).saturating_sub(self.start_of(frame)).max(1) as u32;
            match runs.last_mut().filter(|run| run.sample_delta == sample_delta) {
                Some(run) => run.sample_count += 1,
                None => runs.push(SttsEntry { sample_count: 1, sample_delta }),
            }
        }
        runs
    }
}

/// Splits a film into stretches of half a second, so that a player never has to read far ahead for either track.
pub(crate) fn stretches(tracks: &Tracks) -> Vec<Stretch> {
    let (frames, units) = (tracks.pictures.len(), tracks.sound.unit_bytes.len());
    let step = tracks.format.frames_per_group() as usize;
    let mut first_unit = 0;
    (0..frames)
        .step_by(step)
        .map(|first| {
            let end = (first + step).min(frames);
            let end_unit = if end == frames { units } else { units_before(tracks, end).clamp(first_unit, units) };
            let stretch = Stretch { pictures: first..end, units: first_unit..end_unit };
            first_unit = end_unit;
            stretch
        })
        .collect()
}

/// How many access units begin to sound before a frame is shown.
fn units_before(tracks: &Tracks, frame: usize) -> usize {
    // unit · 1024 − priming < ticks / (ticks a second) · (samples a second), in integers.
    let time_scale = u128::from(tracks.time_scale());
    let limit = u128::from(tracks.start_of(frame)) * u128::from(tracks.sound.rate_hz) + u128::from(tracks.sound.priming) * time_scale;
    limit.div_ceil(u128::from(UNIT_SAMPLES) * time_scale) as usize
}

/// Everything before the first picture: `ftyp`, `moov` and the beginning of `mdat`.
pub(crate) fn head(tracks: &Tracks, stretches: &[Stretch]) -> Result<Vec<u8>, Error> {
    let file_type = FtypBox {
        major_brand: Brand::ISOM,
        minor_version: 0x200,
        compatible_brands: vec![Brand::ISOM, Brand::ISO2, Brand::AVC1, Brand::MP41],
    };
    let file_type = file_type.encode_to_vec().map_err(layout_failed)?;
    let payload_bytes = payload_bytes(tracks);

    // The offsets depend on the length of the box that holds them, but not the other way round.
    let sizing = movie(tracks, &Offsets::new(tracks, stretches, 0, payload_bytes))?;
    let start = (file_type.len() + sizing.len() + media_data_head(payload_bytes).len()) as u64;
    let movie = movie(tracks, &Offsets::new(tracks, stretches, start, payload_bytes))?;

    let mut head = file_type;
    head.extend_from_slice(&movie);
    head.extend_from_slice(&media_data_head(payload_bytes));
    if head.len() as u64 != start {
        return Err(Error::Layout("its head changed length while it was laid out".into()));
    }
    Ok(head)
}

fn layout_failed(error: shiguredo_mp4::Error) -> Error {
    Error::Layout(error.to_string())
}

fn payload_bytes(tracks: &Tracks) -> u64 {
    let pictures: u64 = tracks.pictures.iter().map(|picture| u64::from(picture.bytes)).sum();
    let sound: u64 = tracks.sound.unit_bytes.iter().map(|&bytes| u64::from(bytes)).sum();
    pictures + sound
}

/// The head of `mdat`, with a 64-bit size only where it is needed.
fn media_data_head(payload_bytes: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    match u32::try_from(payload_bytes + 8) {
        Ok(size) => {
            bytes.extend_from_slice(&size.to_be_bytes());
            bytes.extend_from_slice(b"mdat");
        }
        Err(_) => {
            bytes.extend_from_slice(&1u32.to_be_bytes());
            bytes.extend_from_slice(b"mdat");
            bytes.extend_from_slice(&(payload_bytes + 16).to_be_bytes());
        }
    }
    bytes
}

/// Where the stretches' pictures and sound lie in the file, and how many samples each chunk has.
struct Offsets {
    /// `[chunk]`: byte offset and number of samples.
    pictures: Vec<(u64, u32)>,
    units: Vec<(u64, u32)>,
    /// Whether offsets need 64 bits.
    wide: bool,
}

/// Room for the head when it is decided whether offsets need 64 bits: that of a film of twenty hours.
const HEAD_ALLOWANCE_BYTES: u64 = 1 << 26;

impl Offsets {
    fn new(tracks: &Tracks, stretches: &[Stretch], start: u64, payload_bytes: u64) -> Self {
        let mut offsets =
            Self { pictures: Vec::new(), units: Vec::new(), wide: payload_bytes + HEAD_ALLOWANCE_BYTES > u64::from(u32::MAX) };
        let mut at = start;
        for stretch in stretches {
            if !stretch.pictures.is_empty() {
                offsets.pictures.push((at, stretch.pictures.len() as u32));
            }
            at += tracks.pictures[stretch.pictures.clone()].iter().map(|picture| u64::from(picture.bytes)).sum::<u64>();
            if !stretch.units.is_empty() {
                offsets.units.push((at, stretch.units.len() as u32));
            }
            at += tracks.sound.unit_bytes[stretch.units.clone()].iter().map(|&bytes| u64::from(bytes)).sum::<u64>();
        }
        offsets
    }
}

/// The same in every film, so that the same inputs give the same bytes: the beginning of 1970 in seconds since 1904.
const CREATION_TIME: Mp4FileTime = Mp4FileTime::from_secs(2_082_844_800);
const PICTURE_TRACK: u32 = 1;
const SOUND_TRACK: u32 = 2;

/// The `moov` box. Its time scale is the sound's sample rate, so that the sound's length is exact.
fn movie(tracks: &Tracks, offsets: &Offsets) -> Result<Vec<u8>, Error> {
    let time_scale = non_zero(tracks.sound.rate_hz)?;
    let movie = MoovBox {
        mvhd_box: MvhdBox {
            creation_time: CREATION_TIME,
            modification_time: CREATION_TIME,
            timescale: time_scale,
            duration: tracks.sound.samples.max(picture_duration(tracks)),
            rate: MvhdBox::DEFAULT_RATE,
            volume: MvhdBox::DEFAULT_VOLUME,
            matrix: MvhdBox::DEFAULT_MATRIX,
            next_track_id: SOUND_TRACK + 1,
        },
        trak_boxes: vec![picture_track(tracks, offsets)?, sound_track(tracks, offsets)?],
        mvex_box: None,
        unknown_boxes: user_data(tracks.options).into_iter().collect(),
    };
    movie.encode_to_vec().map_err(layout_failed)
}

fn non_zero(value: u32) -> Result<NonZeroU32, Error> {
    NonZeroU32::new(value).ok_or_else(|| Error::Layout("a rate of zero".into()))
}

/// Length of the picture in the movie's time scale, to the nearest tick.
fn picture_duration(tracks: &Tracks) -> u64 {
    // ticks / (ticks a second) · (the movie's ticks a second), rounded half up.
    let time_scale = u128::from(tracks.time_scale());
    let twice = 2 * u128::from(tracks.start_of(tracks.pictures.len())) * u128::from(tracks.sound.rate_hz);
    ((twice + time_scale) / (2 * time_scale)).min(u128::from(u64::MAX)) as u64
}

fn picture_track(tracks: &Tracks, offsets: &Offsets) -> Result<TrakBox, Error> {
    let size = tracks.format.size;
    count(tracks.pictures.len())?;
    let side = |pixels: u32| i16::try_from(pixels).map_err(|_| Error::Layout("its picture is too large".into()));
    let sync = tracks.pictures.iter().zip(1u32..).filter(|(picture, _)| picture.sync).filter_map(|(_, number)| NonZeroU32::new(number));
    let table = StblBox {
        stsd_box: StsdBox { entries: vec![SampleEntry::Avc1(picture_entry(tracks)?)] },
        stts_box: SttsBox { entries: tracks.picture_deltas() },
        stss_box: Some(StssBox { sample_numbers: sync.collect() }),
        ..sample_table(tracks.pictures.iter().map(|picture| picture.bytes).collect(), &offsets.pictures, offsets.wide)?
    };
    let header = TkhdBox {
        volume: TkhdBox::DEFAULT_VIDEO_VOLUME,
        width: FixedPointNumber::new(side(size.width)?, 0),
        height: FixedPointNumber::new(side(size.height)?, 0),
        ..track_header(PICTURE_TRACK, picture_duration(tracks))
    };
    let media_duration = table.stts_box.entries.iter().map(|run| u64::from(run.sample_count) * u64::from(run.sample_delta)).sum();
    let media = media(tracks.time_scale(), media_duration, HdlrBox::HANDLER_TYPE_VIDE, MediaHeader::Vmhd(VmhdBox::default()), table)?;
    Ok(TrakBox { tkhd_box: header, edts_box: None, mdia_box: media, unknown_boxes: Vec::new() })
}

fn sound_track(tracks: &Tracks, offsets: &Offsets) -> Result<TrakBox, Error> {
    let sound = tracks.sound;
    let units = count(sound.unit_bytes.len())?;
    let table = StblBox {
        stsd_box: StsdBox { entries: vec![SampleEntry::Mp4a(sound_entry(sound)?)] },
        stts_box: SttsBox { entries: sound_deltas(sound, units) },
        ..sample_table(sound.unit_bytes.clone(), &offsets.units, offsets.wide)?
    };
    // The edit list cuts the encoder's priming off the front and its padding off the end: a click stays where it was in the song. Where the
    // song's own beginning was given up for the priming, there is nothing to cut.
    let priming = i64::try_from(sound.priming).map_err(|_| Error::Layout("its sound is too long".into()))?;
    let edit = ElstEntry { edit_duration: sound.samples, media_time: priming, media_rate: FixedPointNumber::new(1, 0) };
    let edits = EdtsBox { elst_box: Some(ElstBox { entries: vec![edit] }), unknown_boxes: Vec::new() };
    let media_duration = table.stts_box.entries.iter().map(|run| u64::from(run.sample_count) * u64::from(run.sample_delta)).sum();
    let media = media(sound.rate_hz, media_duration, HdlrBox::HANDLER_TYPE_SOUN, MediaHeader::Smhd(SmhdBox::default()), table)?;
    Ok(TrakBox {
        tkhd_box: TkhdBox { volume: TkhdBox::DEFAULT_AUDIO_VOLUME, ..track_header(SOUND_TRACK, sound.samples) },
        edts_box: (priming > 0).then_some(edits),
        mdia_box: media,
        unknown_boxes: Vec::new(),
    })
}

/// Every access unit lasts 1024 samples, but the last one only until the song's end.
fn sound_deltas(sound: &SoundTrack, units: u32) -> Vec<SttsEntry> {
    let whole = units.saturating_sub(1);
    let rest = (sound.priming + sound.samples).saturating_sub(u64::from(whole) * u64::from(UNIT_SAMPLES));
    let last = SttsEntry { sample_count: units - whole, sample_delta: rest.clamp(1, u64::from(UNIT_SAMPLES)) as u32 };
    let before = SttsEntry { sample_count: whole, sample_delta: UNIT_SAMPLES };
    [before, last].into_iter().filter(|run| run.sample_count > 0).collect()
}

fn count(samples: usize) -> Result<u32, Error> {
    u32::try_from(samples).map_err(|_| Error::Layout("it has more than 4 billion samples".into()))
}

fn track_header(track_id: u32, duration: u64) -> TkhdBox {
    TkhdBox {
        flag_track_enabled: true,
        flag_track_in_movie: true,
        flag_track_in_preview: false,
        flag_track_size_is_aspect_ratio: false,
        creation_time: CREATION_TIME,
        modification_time: CREATION_TIME,
        track_id,
        duration,
        layer: TkhdBox::DEFAULT_LAYER,
        alternate_group: TkhdBox::DEFAULT_ALTERNATE_GROUP,
        volume: TkhdBox::DEFAULT_VIDEO_VOLUME,
        matrix: TkhdBox::DEFAULT_MATRIX,
        width: FixedPointNumber::new(0, 0),
        height: FixedPointNumber::new(0, 0),
    }
}

fn media(time_scale: u32, duration: u64, handler: [u8; 4], header: MediaHeader, table: StblBox) -> Result<MdiaBox, Error> {
    let name: &[u8] = if handler == HdlrBox::HANDLER_TYPE_VIDE { b"picture\0" } else { b"sound\0" };
    Ok(MdiaBox {
        mdhd_box: MdhdBox {
            creation_time: CREATION_TIME,
            modification_time: CREATION_TIME,
            timescale: non_zero(time_scale)?,
            duration,
            language: LanguageCode::UNDEFINED,
        },
        hdlr_box: HdlrBox { handler_type: handler, name: name.to_vec() },
        minf_box: MinfBox { media_header: Some(header), dinf_box: DinfBox::LOCAL_FILE, stbl_box: table, unknown_boxes: Vec::new() },
        unknown_boxes: Vec::new(),
    })
}

/// Sizes and places of a track's samples; entry and times are the caller's.
fn sample_table(sizes: Vec<u32>, chunks: &[(u64, u32)], wide: bool) -> Result<StblBox, Error> {
    let mut runs: Vec<StscEntry> = Vec::new();
    for (&(_, samples), number) in chunks.iter().zip(1u32..) {
        if runs.last().is_none_or(|run| run.sample_per_chunk != samples) {
            runs.push(StscEntry { first_chunk: non_zero(number)?, sample_per_chunk: samples, sample_description_index: NonZeroU32::MIN });
        }
    }
    let offsets = chunks.iter().map(|&(offset, _)| offset);
    let narrow = |offset: u64| u32::try_from(offset).map_err(|_| Error::Layout("its head is too long".into()));
    Ok(StblBox {
        stsd_box: StsdBox { entries: Vec::new() },
        stts_box: SttsBox { entries: Vec::new() },
        ctts_box: None,
        cslg_box: None,
        stsc_box: StscBox { entries: runs },
        stsz_box: StszBox::Variable { entry_sizes: sizes },
        stco_or_co64_box: match wide {
            true => Either::B(Co64Box { chunk_offsets: offsets.collect() }),
            false => Either::A(StcoBox { chunk_offsets: offsets.map(narrow).collect::<Result<_, _>>()? }),
        },
        stss_box: None,
        sdtp_box: None,
        unknown_boxes: Vec::new(),
    })
}

fn picture_entry(tracks: &Tracks) -> Result<shiguredo_mp4::boxes::Avc1Box, Error> {
    let sets = tracks.parameter_sets;
    let config = H264SampleEntryConfig { length_size: LengthSize::FourBytes };
    let mut entry = build_avc1_box(from_ref(&sets.sequence), from_ref(&sets.picture), &config).map_err(layout_failed)?;
    let size = tracks.format.size;
    if (u32::from(entry.visual.width), u32::from(entry.visual.height)) != (size.width, size.height) {
        return Err(Error::Layout(format!("its stream has {}x{} pixels, not {size}", entry.visual.width, entry.visual.height)));
    }
    // Colour: primaries, transfer and matrix of ITU-R BT.709 (code 1 of ISO/IEC 23091-2), limited range.
    entry.unknown_boxes.push(plain_box(*b"colr", b"nclx\0\x01\0\x01\0\x01\0".to_vec()));
    // Square pixels.
    entry.unknown_boxes.push(plain_box(*b"pasp", [1u32.to_be_bytes(), 1u32.to_be_bytes()].concat()));
    Ok(entry)
}

fn sound_entry(sound: &SoundTrack) -> Result<shiguredo_mp4::boxes::Mp4aBox, Error> {
    let bytes: u64 = sound.unit_bytes.iter().map(|&bytes| u64::from(bytes)).sum();
    let largest = sound.unit_bytes.iter().copied().max().unwrap_or(0);
    // Bytes · 8 / (samples / (samples a second)).
    let bits_per_sec = |bytes: u64, samples: u64| (bytes * 8 * u64::from(sound.rate_hz) / samples.max(1)).min(u64::from(u32::MAX)) as u32;
    let config = Mp4aSampleEntryConfig {
        es_id: SOUND_TRACK as u16,
        // ISO/IEC 14496-3, 4.5.3.1: 6144 bits a channel.
        buffer_size_db: 768 * u32::from(sound.channels),
        max_bitrate: bits_per_sec(u64::from(largest), u64::from(UNIT_SAMPLES)),
        avg_bitrate: bits_per_sec(bytes, sound.unit_bytes.len() as u64 * u64::from(UNIT_SAMPLES)),
    };
    let specific = parse_audio_specific_config(&sound.config).map_err(layout_failed)?;
    build_mp4a_box(&specific, &config).map_err(layout_failed)
}

/// Title and artist, as QuickTime and every player since read them; none where neither is given.
fn user_data(options: &Options) -> Option<UnknownBox> {
    let items: Vec<u8> = [(*b"\xa9nam", &options.title), (*b"\xa9ART", &options.artist)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .flat_map(|(name, text)| {
            // Well-known type 1 is UTF-8; the locale is 0.
            let data = [&1u32.to_be_bytes(), &0u32.to_be_bytes(), text.as_bytes()].concat();
            boxed(name, &boxed(*b"data", &data))
        })
        .collect();
    if items.is_empty() {
        return None;
    }
    let handler = boxed(*b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0");
    let meta = [&0u32.to_be_bytes(), handler.as_slice(), &boxed(*b"ilst", &items)].concat();
    Some(plain_box(*b"udta", boxed(*b"meta", &meta)))
}

fn boxed(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = (payload.len() + 8) as u32;
    [&size.to_be_bytes(), name.as_slice(), payload].concat()
}

fn plain_box(name: [u8; 4], payload: Vec<u8>) -> UnknownBox {
    let box_type = BoxType::Normal(name);
    UnknownBox { box_type, box_size: BoxSize::with_payload_size(box_type, payload.len() as u64), payload }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aside::AsideFile, picture::PictureEncoder};
    use clinch_model::{FrameRate, Quality, Size};
    use shiguredo_mp4::Decode;

    fn sound(folder: &std::path::Path, units: usize) -> SoundTrack {
        SoundTrack {
            units: AsideFile::create(&folder.join("sound")).unwrap(),
            unit_bytes: vec![700; units],
            config: vec![0x11, 0x90],
            rate_hz: 48_000,
            channels: 2,
            samples: (units as u64 - 1) * 1024,
            priming: 1024,
        }
    }

    fn format() -> PictureFormat {
        PictureFormat { size: Size { width: 32, height: 32 }, rate: FrameRate::whole(24), quality: Quality::Draft }
    }

    /// The `moov` box of a film whose pictures all have one size, its head, and its payload in bytes.
    fn laid_out(picture_bytes: u32) -> (MoovBox, Vec<u8>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let mut encoder = PictureEncoder::new(format()).unwrap();
        encoder.encode(&[0; 1024], &[]).unwrap();
        let pictures: Vec<PictureEntry> = (0..240).map(|i| PictureEntry { bytes: picture_bytes, sync: i % 12 == 0 }).collect();
        let sound = sound(folder.path(), 470);
        let options = Options::default();
        let parameter_sets = encoder.parameter_sets();
        let tracks = Tracks { format: format(), parameter_sets, pictures: &pictures, sound: &sound, options: &options };
        let head = head(&tracks, &stretches(&tracks)).unwrap();
        let file_type_bytes = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        let (movie, _) = MoovBox::decode(&head[file_type_bytes..]).unwrap();
        (movie, head, payload_bytes(&tracks))
    }

    #[test]
    fn a_film_beyond_four_gigabytes_gets_wide_offsets_and_sizes() {
        let (movie, head, payload) = laid_out(100_000_000);
        assert!(payload > u64::from(u32::MAX));
        let (size, name) = (&head[head.len() - 8..], &head[head.len() - 16..head.len() - 8]);
        assert_eq!(name, b"\0\0\0\x01mdat");
        assert_eq!(u64::from_be_bytes(size.try_into().unwrap()), payload + 16);
        let offsets = |track: usize| match &movie.trak_boxes[track].mdia_box.minf_box.stbl_box.stco_or_co64_box {
            Either::B(wide) => wide.chunk_offsets.clone(),
            Either::A(_) => panic!("narrow offsets"),
        };
        assert_eq!(offsets(0)[0], head.len() as u64);
        assert_eq!(offsets(1)[0], head.len() as u64 + 12 * 100_000_000);
        assert_eq!(offsets(0).len(), 20);
        let last_pictures = offsets(0)[19] + 12 * 100_000_000;
        assert_eq!(offsets(1)[19], last_pictures);
    }

    #[test]
    fn a_small_film_gets_narrow_offsets() {
        let (movie, head, payload) = laid_out(1000);
        assert_eq!(head[head.len() - 8..head.len() - 4], (payload as u32 + 8).to_be_bytes());
        assert!(matches!(movie.trak_boxes[0].mdia_box.minf_box.stbl_box.stco_or_co64_box, Either::A(_)));
    }

    #[test]
    fn the_sound_ends_with_the_song_in_its_table() {
        let folder = tempfile::tempdir().unwrap();
        let mut sound = sound(folder.path(), 3);
        for (samples, last) in [(1, 1), (1024, 1024), (1025, 1), (2000, 976)] {
            let units = 1 + u32::try_from(u64::div_ceil(samples, 1024)).unwrap();
            sound.samples = samples;
            let runs = sound_deltas(&sound, units);
            assert_eq!(runs.last().unwrap().sample_delta, last);
            let all: u64 = runs.iter().map(|run| u64::from(run.sample_count) * u64::from(run.sample_delta)).sum();
            assert_eq!(all, 1024 + samples);
        }
    }
}
