//! What can go wrong between pictures, sound and a film file.

use clinch_model::{Secs, SoundError};
use std::path::{Path, PathBuf};

/// A film, or a shot's picture, that can't be made. Whatever was at the output path before is then untouched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Writing failed, for instance because the disk is full.
    #[error("{} can't be written: {source}; make room or choose another place with -o, then run the same command again: what is done is kept", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The picture can't be encoded in this size or rate.
    #[error("a picture of {size} at {rate} frames a second can't be encoded: {reason}")]
    UnsupportedPicture {
        /// Its size.
        size: clinch_model::Size,
        /// Its rate.
        rate: clinch_model::FrameRate,
        /// What would be right.
        reason: &'static str,
    },
    /// A frame of another size than the segment's was pushed.
    #[error("a frame has {found} pixels where the segment's picture has {wanted}")]
    WrongFrame {
        /// Pixels of the frame.
        found: usize,
        /// Pixels of the picture.
        wanted: usize,
    },
    /// The H.264 encoder refused.
    #[error("the picture can't be encoded to H.264: {0}")]
    PictureEncoder(String),
    /// There is not a single frame to deliver.
    #[error("there is no picture to deliver: not one frame was rendered")]
    NoPicture,
    /// A segment is missing or can't be read.
    #[error("the picture segment {} can't be read: {source}; run the same command again: its shot is rendered anew", .path.display())]
    SegmentUnreadable {
        /// The segment.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A segment is damaged, half written or no segment at all.
    #[error("the picture segment {} is damaged ({reason}): delete it and run the same command again: its shot is rendered anew", .path.display())]
    SegmentDamaged {
        /// The segment.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A segment was made in another format than the first one.
    #[error("the picture segment {} is {found}, the first one {wanted}: delete it and run the same command again", .path.display())]
    SegmentMismatch {
        /// The segment.
        path: PathBuf,
        /// Its format.
        found: String,
        /// The first segment's.
        wanted: String,
    },
    /// A film can't be read back.
    #[error("the film {} can't be read: {reason}", .path.display())]
    FilmUnreadable {
        /// The film.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The sound broke off.
    #[error("{0}; mend the file or convert it anew (to WAV or FLAC, for instance), then run the same command again")]
    Sound(#[from] SoundError),
    /// The sound can't be encoded.
    #[error("the sound can't be put on the film: {0}; convert it to stereo at 44.1 or 48 kHz first")]
    UnsupportedSound(String),
    /// The AAC encoder refused.
    #[error("the sound can't be encoded to AAC: {0}")]
    SoundEncoder(String),
    /// Picture and sound differ by more than a frame.
    #[error("the picture is {picture} long ({picture_secs:.3} s), the sound {sound} ({sound_secs:.3} s): one belongs to another song; run every stage again", picture_secs = .picture.0, sound_secs = .sound.0)]
    Lengths {
        /// Length of the picture.
        picture: Secs,
        /// Length of the sound.
        sound: Secs,
    },
    /// The film is to go round too often, or not at all.
    #[error("a film can't go round {loops} times: `loops` is 1 to 100")]
    Loops {
        /// How often.
        loops: u16,
    },
    /// The first round and the later ones differ in length.
    #[error("the first round has {first} frames and the later ones {later}: run `clinch light` and deliver again")]
    Rounds {
        /// Frames of the first round.
        first: usize,
        /// Frames of each later one.
        later: usize,
    },
    /// There is no motion to export.
    #[error("there is no motion to export: choose a part with at least one frame, and run `clinch perform` if it hasn't run yet")]
    NoMotion,
    /// The scene is larger than a glTF file can be.
    #[error(
        "the scene takes {bytes} bytes, and a glTF file holds 4 GB: export a part of the film with --from and --to, or fewer frames a second with --fps"
    )]
    SceneTooLarge {
        /// Size of the file that it would take.
        bytes: u64,
    },
    /// A texture can't be written as a picture.
    #[error("the texture {name} can't be written as a PNG: {reason}; run `clinch cast --force` and export again")]
    Texture {
        /// Its name.
        name: String,
        /// What the encoder said.
        reason: String,
    },
    /// The film is longer or larger than the file format can hold.
    #[error("the film file can't be laid out: {0}")]
    Layout(String),
}

impl Error {
    /// For `map_err` on writes to `path`.
    pub(crate) fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
        |source| Error::Unwritable { path: path.into(), source }
    }

    /// For `map_err` on reads of the segment at `path`.
    pub(crate) fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
        |source| Error::SegmentUnreadable { path: path.into(), source }
    }

    /// A damaged segment.
    pub(crate) fn damaged(path: &Path, reason: &str) -> Error {
        Error::SegmentDamaged { path: path.into(), reason: reason.into() }
    }
}
