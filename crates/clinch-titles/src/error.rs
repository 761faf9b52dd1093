//! What can go wrong with type and portraits.

use std::path::{Path, PathBuf};

/// Type or a portrait that can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text holds characters that no face has.
    #[error(
        "“{text}” can't be set: the face has no glyph for {missing}; name a font file that has them as `face` under [type] in the treatment, or leave the type out"
    )]
    MissingGlyphs {
        /// The text.
        text: String,
        /// The characters with their code points.
        missing: String,
    },
    /// The treatment's font file can't be read.
    #[error("the font file {}, which the treatment's `type.face` names, can't be read: {source}", .path.display())]
    FaceUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The treatment's font file is none.
    #[error("{}, which the treatment's `type.face` names, is no font file: TrueType and OpenType (.ttf, .otf) are read", .path.display())]
    NoFace {
        /// The file.
        path: PathBuf,
    },
    /// A portrait can't be read.
    #[error("the portrait {}, which the treatment's `{field}` names, can't be used: {reason}", .path.display())]
    Portrait {
        /// Dotted name of the key.
        field: String,
        /// The file.
        path: PathBuf,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// There are more cards than the opening has room for.
    #[error("{count} performers don't fit into an opening of five seconds: name at most {most}")]
    TooManyPerformers {
        /// How many were named.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// The film is too short for an opening.
    #[error("the film is {length_secs:.1} s long, and the opening alone is five seconds: leave it out with --no-opening")]
    TooShort {
        /// Length of the film.
        length_secs: f64,
    },
}

impl Error {
    pub(crate) fn portrait(field: &str, path: &Path, reason: impl Into<String>) -> Self {
        Self::Portrait { field: field.into(), path: path.into(), reason: reason.into() }
    }
}
