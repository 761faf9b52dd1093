//! deliver: pictures and sound into a film file.
//!
//! Shots are encoded one by one into segments ([`SegmentWriter`]), in any order and side by side; [`deliver`] then joins the segments,
//! without encoding them again, with the song into an MP4 file (H.264 High, AAC-LC, head first). Nothing is ever seen half written:
//! every file is written aside and renamed.
//!
//! For other tools a [`Scene`] goes into a glTF file ([`write_glb`]) and into BVH files ([`write_bvh`]), and the cut into an OpenTimelineIO file
//! ([`write_otio`]).
//!
//! [`decode_film`] shows a delivered film as a player does, and [`flashes`] counts what may harm viewers in it.

mod accent;
mod aside;
mod bvh;
mod decode;
mod error;
mod flash;
mod glb;
mod layout;
mod picture;
mod resample;
mod rounds;
mod scene;
mod segment;
mod sound;
mod timeline;

pub use accent::tinted;
pub use bvh::write_bvh;
pub use decode::{DecodedFrame, decode_film};
pub use error::Error;
pub use flash::{Flashes, MOST_A_SECOND, flashes};
pub use glb::write_glb;
pub use picture::PictureFormat;
pub use rounds::Rounds;
pub use scene::{Scene, joint_name};
pub use segment::{SegmentInfo, SegmentWriter, inspect};
pub use timeline::{Marker, MarkerKind, Piece, Timeline, url_of_name, write_otio};

use aside::AsideFile;
use clinch_model::{PcmSource, Progress, Secs};
use layout::{Stretch, Tracks};
use picture::ParameterSets;
use segment::{PictureEntry, Segment};
use sound::SoundTrack;
use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

/// What is written into the film besides picture and sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Title tag; none where empty.
    pub title: String,
    /// Artist tag; none where empty.
    pub artist: String,
    /// How many times the picture goes round, 1..=100; the sound that is handed over must go round as often ([`Rounds`]).
    pub loops: u16,
    /// Segments of the first round where it isn't like the others (an opening that is played once); as many frames as a round. None where
    /// empty.
    pub first_round: Vec<PathBuf>,
    /// Samples a second of the sound on the film; none keeps 44.1 and 48 kHz and makes 48 kHz of others.
    pub sound_rate_hz: Option<u32>,
    /// Whether the file does without edit lists, as upload guides ask. The encoder's priming then takes the place of the song's first 1024
    /// samples (21 ms at 48 kHz), which are silent; all later ones are where they were.
    pub unedited: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { title: String::new(), artist: String::new(), loops: 1, first_round: Vec::new(), sound_rate_hz: None, unedited: false }
    }
}

/// How many times a film may go round.
pub const LOOPS: std::ops::RangeInclusive<u16> = 1..=100;

/// A film that was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivered {
    /// Number of frames.
    pub frames: u64,
    /// Length of the picture.
    pub picture: Secs,
    /// Length of the sound; within a frame of the picture's.
    pub sound: Secs,
    /// Samples a second of the sound on the film.
    pub sound_rate_hz: u32,
    /// Channels of the sound on the film, 1 or 2.
    pub sound_channels: u32,
    /// Size of the file.
    pub bytes: u64,
}

/// Share of the work that goes into the sound; the rest copies pictures.
const SOUND_SHARE: f64 = 0.8;

/// Joins the segments, in order, with the song into a film at `out`.
///
/// The song is encoded to AAC-LC: 44.1 and 48 kHz stay, other rates become 48 kHz; mono stays mono, more than two channels are mixed to
/// stereo. Memory does not grow with the film but for its tables (some 10 bytes a frame).
///
/// With `loops`, the segments are copied as many times, and each round of pictures begins exactly where the song does: the last frame of a
/// round is shown until then, since a song is seldom a whole number of frames long.
///
/// # Errors
/// [`Error`]; a film that was at `out` before is then untouched, and nothing half written is left.
pub fn deliver(
    segments: &[PathBuf],
    sound: &mut dyn PcmSource,
    options: &Options,
    out: &Path,
    progress: Progress,
) -> Result<Delivered, Error> {
    if !LOOPS.contains(&options.loops) {
        return Err(Error::Loops { loops: options.loops });
    }
    // The film's own file comes first: an output that can't be written must show before the work.
    let mut film = AsideFile::create(out)?;
    let pictures = Pictures::of_rounds(segments, options)?;
    let round = pictures.format.rate.start_of(pictures.entries.len() as u64 / u64::from(options.loops));
    let picture = Secs(round.0 * f64::from(options.loops));

    let told = |at: Secs| progress((at.0 / picture.0).clamp(0.0, 1.0) * SOUND_SHARE);
    let settings = sound::Settings { rate_hz: options.sound_rate_hz, unedited: options.unedited };
    let mut sound = sound::encode(sound, settings, &with_suffix(out, ".sound"), &told)?;
    check_lengths(round, Secs(sound.duration().0 / f64::from(options.loops)), pictures.format.rate.frame_secs())?;

    let tracks =
        Tracks { format: pictures.format, parameter_sets: &pictures.parameter_sets, pictures: &pictures.entries, sound: &sound, options };
    let stretches = layout::stretches(&tracks);
    let head = layout::head(&tracks, &stretches)?;
    film.write(&head)?;
    let copied = copy_stretches(&mut film, &pictures, &mut sound, &stretches, progress)?;
    film.commit()?;
    Ok(Delivered {
        frames: pictures.entries.len() as u64,
        picture: if options.loops > 1 { sound.duration() } else { picture },
        sound: sound.duration(),
        sound_rate_hz: sound.rate_hz,
        sound_channels: u32::from(sound.channels),
        bytes: head.len() as u64 + copied,
    })
}

/// All pictures of the film, in order.
struct Pictures<'a> {
    format: PictureFormat,
    parameter_sets: ParameterSets,
    /// `[frame]`.
    entries: Vec<PictureEntry>,
    /// `[segment]`: its file and how many frames it holds.
    segments: Vec<(&'a Path, usize)>,
}

impl<'a> Pictures<'a> {
    /// Checks every segment and lists its pictures.
    fn gather(paths: &'a [PathBuf]) -> Result<Self, Error> {
        let mut all: Option<Self> = None;
        for path in paths {
            let segment = Segment::open(path)?;
            let frames = segment.pictures.len();
            let all = all.get_or_insert_with(|| Self {
                format: segment.format,
                parameter_sets: segment.parameter_sets.clone(),
                entries: Vec::new(),
                segments: Vec::new(),
            });
            all.check_same(path, &segment)?;
            all.entries.extend_from_slice(&segment.pictures);
            all.segments.push((path, frames));
        }
        all.ok_or(Error::NoPicture)
    }

    /// The pictures of all rounds.
    fn of_rounds(segments: &'a [PathBuf], options: &'a Options) -> Result<Self, Error> {
        if options.first_round.is_empty() {
            return Ok(Self::gather(segments)?.repeated(options.loops));
        }
        let mut first = Self::gather(&options.first_round)?;
        if options.loops > 1 {
            let round = Self::gather(segments)?;
            if let (Some(path), true) = (segments.first(), round.entries.len() == first.entries.len()) {
                first.check_same(path, &Segment::open(path)?)?;
            } else {
                return Err(Error::Rounds { first: first.entries.len(), later: round.entries.len() });
            }
            let later = round.repeated(options.loops - 1);
            first.entries.extend(later.entries);
            first.segments.extend(later.segments);
        }
        Ok(first)
    }

    /// The same, a number of times one after another.
    fn repeated(mut self, loops: u16) -> Self {
        self.entries = self.entries.repeat(loops.into());
        self.segments = self.segments.repeat(loops.into());
        self
    }

    /// One head describes all pictures, so they must be of one format.
    fn check_same(&self, path: &Path, segment: &Segment) -> Result<(), Error> {
        if segment.format == self.format && segment.parameter_sets == self.parameter_sets {
            return Ok(());
        }
        let (mut found, wanted) = (segment.format.to_string(), self.format.to_string());
        if found == wanted {
            found.push_str(" of another version of the encoder");
        }
        Err(Error::SegmentMismatch { path: path.into(), found, wanted })
    }
}

fn check_lengths(picture: Secs, sound: Secs, frame_secs: f64) -> Result<(), Error> {
    // A microsecond for the rounding of seconds.
    if (picture.0 - sound.0).abs() > frame_secs + 1e-6 { Err(Error::Lengths { picture, sound }) } else { Ok(()) }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(suffix);
    path.with_file_name(name)
}

/// Copies pictures and sound as they are laid out; returns the bytes copied.
fn copy_stretches(
    film: &mut AsideFile,
    pictures: &Pictures,
    sound: &mut SoundTrack,
    stretches: &[Stretch],
    progress: Progress,
) -> Result<u64, Error> {
    let mut reader = PictureReader { segments: pictures.segments.iter(), open: None };
    let scratch = sound.units.path().to_path_buf();
    let mut units = sound.units.read_back()?;
    let mut block = Vec::new();
    let mut copied = 0;
    for (index, stretch) in stretches.iter().enumerate() {
        for picture in &pictures.entries[stretch.pictures.clone()] {
            block.resize(picture.bytes as usize, 0);
            reader.read(&mut block)?;
            film.write(&block)?;
            copied += block.len() as u64;
        }
        let unit_bytes: usize = sound.unit_bytes[stretch.units.clone()].iter().map(|&bytes| bytes as usize).sum();
        block.resize(unit_bytes, 0);
        units.read_exact(&mut block).map_err(Error::unwritable(&scratch))?;
        film.write(&block)?;
        copied += block.len() as u64;
        progress(SOUND_SHARE + (1.0 - SOUND_SHARE) * (index + 1) as f64 / stretches.len() as f64);
    }
    Ok(copied)
}

/// Reads picture after picture through all segments, one open at a time.
struct PictureReader<'a> {
    segments: std::slice::Iter<'a, (&'a Path, usize)>,
    open: Option<OpenSegment<'a>>,
}

struct OpenSegment<'a> {
    path: &'a Path,
    file: BufReader<File>,
    frames_left: usize,
}

impl PictureReader<'_> {
    /// Fills `block` with the next picture.
    fn read(&mut self, block: &mut [u8]) -> Result<(), Error> {
        if self.open.as_ref().is_none_or(|open| open.frames_left == 0) {
            // Every segment holds at least one frame, so the next one has it.
            let &(path, frames_left) = self.segments.next().ok_or(Error::NoPicture)?;
            self.open = Some(OpenSegment { path, file: segment::read_pictures(path)?, frames_left });
        }
        let open = self.open.as_mut().ok_or(Error::NoPicture)?;
        open.frames_left -= 1;
        open.file.read_exact(block).map_err(Error::unreadable(open.path))
    }
}
