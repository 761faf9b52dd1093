//! What can be wrong with a track or its lyrics.

use clinch_model::Secs;
use std::path::PathBuf;

/// A track or lyrics that can't be used. Every message names the file and what would be right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file can't be read.
    #[error("the track {} can't be read: {source}; check the path and your right to read it", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The path is a folder.
    #[error("the track {} is a folder: name one sound file in it", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("the track {name} is empty (0 bytes): copy or export it again")]
    Empty {
        /// The file.
        name: String,
    },
    /// The bytes are of no sound format that is read.
    #[error("the track {name} is no sound file that can be read ({reason}): use WAV, FLAC, MP3, Ogg Vorbis, M4A (AAC or ALAC) or AIFF")]
    NotSound {
        /// The file.
        name: String,
        /// What the reader said.
        reason: String,
    },
    /// The container holds no sound.
    #[error("{name} holds no sound track: use a file with sound in it")]
    NoSoundTrack {
        /// The file.
        name: String,
    },
    /// The sound is coded in a way that isn't read.
    #[error("the sound in {name} is {codec}, which can't be decoded: convert it first, e.g. `ffmpeg -i {name} -vn song.flac`")]
    UnsupportedCodec {
        /// The file.
        name: String,
        /// Codec in words.
        codec: String,
    },
    /// The file breaks off before its own end.
    #[error("the track {name} breaks off: {found} can be read of the {promised} that it promises; copy or export it again")]
    Truncated {
        /// The file.
        name: String,
        /// Length that could be read.
        found: Secs,
        /// Length that the container states.
        promised: Secs,
    },
    /// The file isn't marked as complete, in a format that states no length.
    #[error("the track {name} has no end mark: {found} can be read, and more is missing; copy it again, or convert it to FLAC as it is")]
    NoEnd {
        /// The file.
        name: String,
        /// Length that could be read.
        found: Secs,
    },
    /// Too much of the sound is broken.
    #[error("the track {name} is damaged at {at}: {reason}; copy or export it again")]
    Damaged {
        /// The file.
        name: String,
        /// Where.
        at: Secs,
        /// What the decoder said.
        reason: String,
    },
    /// The song is too short.
    #[error("the track {name} is {:.1} s long; a film needs at least {:.0} s", .length.0, crate::SHORTEST_SECS)]
    TooShort {
        /// The file.
        name: String,
        /// Its length.
        length: Secs,
    },
    /// The song is too long.
    #[error("the track {name} is longer than {:.0} minutes: cut out the part that the film is for", crate::LONGEST_SECS / 60.0)]
    TooLong {
        /// The file.
        name: String,
    },
    /// Nothing is heard.
    #[error("the song {name} is silent: nothing in it is louder than −60 LUFS; export it again with its level up")]
    Silent {
        /// The file.
        name: String,
    },
    /// The lyrics file can't be read.
    #[error("the lyrics {} can't be read: {source}", .path.display())]
    LyricsUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the lyrics is wrong.
    #[error("the lyrics {name} are wrong in line {line}: {reason}")]
    Lyrics {
        /// The file.
        name: String,
        /// Line number from 1.
        line: usize,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The click mix can't be written.
    #[error("the song with clicks can't be written: {source}; choose another place for it")]
    Unwritable {
        /// Why.
        source: std::io::Error,
    },
}
