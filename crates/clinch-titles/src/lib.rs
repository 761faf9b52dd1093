//! titles: the opening, lyrics as type, and subtitle files.
//!
//! One face, black and white. [`Typesetter`] makes shapes of text; [`Opening`] is the five seconds before the struggle; [`Lyrics`] places
//! the song's lines where bodies are not; [`subtitles`] writes them as files. Everything that is drawn is radiance before the film stock,
//! so that whoever develops the picture gives it the same curve, glow and grain as the struggle.

mod error;
mod lay;
mod lyrics;
mod opening;
mod portrait;
mod room;
pub mod subtitles;
mod typesetter;

pub use error::Error;
pub use lay::{GROUND, INK, Stock};
pub use lyrics::{Caption, Line, Lyrics, Picture, Show, Word};
pub use opening::{Card, Credits, MOST_PERFORMERS, OPENING, Opening, Performer};
pub use portrait::Portrait;
pub use room::Margins;
pub use typesetter::{Align, Block, FACE, LEADING, Style, Typesetter};
