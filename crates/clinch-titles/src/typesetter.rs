//! Text into shapes: shaped, broken into lines, and drawn as coverage.
//!
//! cosmic-text shapes (harfrust), orders right-to-left text (UAX #9), breaks lines (UAX #14) and draws (swash). Only two faces are ever
//! known to it, the embedded one and one of the director's, so the same text looks the same on every machine.

use crate::Error;
use cosmic_text::{
    Align as CosmicAlign, Attrs, Buffer, CacheKeyFlags, Family, FontSystem, Metrics, Shaping, SwashCache, SwashContent, Weight, Wrap,
    fontdb,
};
use std::{path::Path, sync::Arc};

/// Commissioner SemiBold, whole and unchanged (OFL 1.1): Latin, Greek and Cyrillic.
pub const FACE: &[u8] = include_bytes!("../../../assets/type/Commissioner-SemiBold.ttf");

/// Every face is known under this weight: cosmic-text falls back to other faces of the same weight only, and a variable face of the
/// director's is set as heavy as the embedded one.
const WEIGHT: Weight = Weight::SEMIBOLD;

/// Baseline to baseline, as a share of the size.
pub const LEADING: f32 = 1.18;

/// Where lines are flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Align {
    /// On the left.
    Left,
    /// In the middle.
    Centre,
    /// On the right.
    Right,
}

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Size of the type, in pixels.
    pub size_px: f32,
    /// Width that lines may take, in pixels.
    pub width_px: f32,
    /// Where lines are flush.
    pub align: Align,
    /// Space added between letters, as a share of the size; joined scripts are never spaced.
    pub tracking: f32,
}

/// A text that was set, with its origin at its top left.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Width of its longest line, in pixels.
    pub width_px: f32,
    /// Its lines' height together, in pixels.
    pub height_px: f32,
    /// Size of its type, in pixels.
    pub size_px: f32,
    /// Number of lines.
    pub lines: usize,
    /// Glyphs that are inked, line by line.
    pub(crate) glyphs: Vec<Glyph>,
}

/// A drawn glyph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyph {
    /// Pixel column and row of its top left in the block.
    pub at: [i32; 2],
    /// Pixels across and down.
    pub size: [usize; 2],
    /// `[row][column]`: coverage, 0..255.
    pub coverage: Vec<u8>,
    /// Where its cluster begins in the text, in bytes.
    pub start: usize,
    /// Its line.
    pub line: usize,
}

/// Sets text in the embedded face, or in the director's with the embedded one behind it.
pub struct Typesetter {
    system: FontSystem,
    cache: SwashCache,
}

/// Name under which a face is known.
fn face_name(index: usize) -> String {
    format!("face {index}")
}

impl Typesetter {
    /// A typesetter with the embedded face, after the director's own where one is named.
    ///
    /// # Errors
    /// [`Error::FaceUnreadable`] and [`Error::NoFace`] where the director's file can't be used.
    pub fn new(own: Option<&Path>) -> Result<Self, Error> {
        let mut db = fontdb::Database::new();
        if let Some(path) = own {
            let bytes = std::fs::read(path).map_err(|source| Error::FaceUnreadable { path: path.into(), source })?;
            if !add_face(&mut db, bytes) {
                return Err(Error::NoFace { path: path.into() });
            }
        }
        add_face(&mut db, FACE.to_vec());
        Ok(Self { system: FontSystem::new_with_locale_and_db("en".into(), db), cache: SwashCache::new() })
    }

    /// Sets a text; line breaks in it count as spaces.
    ///
    /// # Errors
    /// [`Error::MissingGlyphs`] naming every character that no face has.
    pub fn set(&mut self, text: &str, style: &Style) -> Result<Block, Error> {
        let text = plain(text);
        let mut buffer = Buffer::new(&mut self.system, Metrics::new(style.size_px, style.size_px * LEADING));
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(Some(style.width_px.max(1.0)), None);
        let name = face_name(0);
        let mut attrs = Attrs::new().family(Family::Name(&name)).weight(WEIGHT).cache_key_flags(CacheKeyFlags::DISABLE_HINTING);
        if style.tracking != 0.0 && !text.chars().any(is_joined) {
            attrs = attrs.letter_spacing(style.tracking);
        }
        let align = match style.align {
            Align::Left => CosmicAlign::Left,
            Align::Centre => CosmicAlign::Center,
            Align::Right => CosmicAlign::Right,
        };
        buffer.set_text(&text, &attrs, Shaping::Advanced, Some(align));
        buffer.shape_until_scroll(&mut self.system, false);
        self.check_glyphs(&text, &buffer)?;
        Ok(self.draw(&buffer, style.size_px))
    }

    /// Sets a text in as many lines as [`Typesetter::set`] does, but with lines of nearly the same length.
    ///
    /// # Errors
    /// As [`Typesetter::set`].
    pub fn set_balanced(&mut self, text: &str, style: &Style) -> Result<Block, Error> {
        let widest = self.set(text, style)?;
        if widest.lines < 2 {
            return Ok(widest);
        }
        let mut best = widest;
        // A line is never narrower than the longest word, which would be broken.
        let endless = Style { width_px: f32::MAX / 4.0, align: Align::Left, ..*style };
        let mut narrow = 0.0f32;
        for word in plain(text).split(' ') {
            narrow = narrow.max(self.set(word, &endless)?.width_px.ceil());
        }
        let mut wide = style.width_px;
        while wide - narrow > 0.25 * style.size_px {
            let width_px = (narrow + wide) / 2.0;
            let block = self.set(text, &Style { width_px, ..*style })?;
            if block.lines > best.lines {
                narrow = width_px;
            } else {
                (best, wide) = (block, width_px);
            }
        }
        Ok(best)
    }

    fn check_glyphs(&self, text: &str, buffer: &Buffer) -> Result<(), Error> {
        let mut missing: Vec<char> = Vec::new();
        for run in buffer.layout_runs() {
            for glyph in run.glyphs.iter().filter(|glyph| glyph.glyph_id == 0) {
                missing.extend(run.text[glyph.start..glyph.end].chars());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        missing.dedup();
        let named: Vec<String> = missing.iter().map(|&c| format!("{c} (U+{:04X})", u32::from(c))).collect();
        Err(Error::MissingGlyphs { text: text.into(), missing: named.join(", ") })
    }

    fn draw(&mut self, buffer: &Buffer, size_px: f32) -> Block {
        let left_px = buffer.layout_runs().flat_map(|run| run.glyphs.iter().map(|glyph| glyph.x)).fold(f32::INFINITY, f32::min);
        let left_px = if left_px.is_finite() { left_px } else { 0.0 };
        let mut block = Block { width_px: 0.0, height_px: 0.0, size_px, lines: 0, glyphs: Vec::new() };
        for (line, run) in buffer.layout_runs().enumerate() {
            block.lines = line + 1;
            block.height_px = run.line_top + run.line_height;
            for glyph in run.glyphs {
                block.width_px = block.width_px.max(glyph.x + glyph.w - left_px);
                let placed = glyph.physical((-left_px, 0.0), 1.0);
                let Some(image) = self.cache.get_image_uncached(&mut self.system, placed.cache_key) else { continue };
                if image.placement.width == 0 || image.placement.height == 0 {
                    continue;
                }
                let at = [placed.x + image.placement.left, run.line_y.round() as i32 + placed.y - image.placement.top];
                let size = [image.placement.width as usize, image.placement.height as usize];
                block.glyphs.push(Glyph { at, size, coverage: coverage(image.content, image.data), start: glyph.start, line });
            }
        }
        block
    }
}

/// A colour glyph covers as far as it is opaque: the film has one ink.
fn coverage(content: SwashContent, data: Vec<u8>) -> Vec<u8> {
    match content {
        SwashContent::Mask => data,
        SwashContent::Color | SwashContent::SubpixelMask => data.chunks_exact(4).map(|pixel| pixel[3]).collect(),
    }
}

/// Adds the first face of a font file; says whether there is one.
fn add_face(db: &mut fontdb::Database, bytes: Vec<u8>) -> bool {
    let ids = db.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    let face = ids.first().and_then(|&id| db.face(id).cloned());
    for id in ids {
        db.remove_face(id);
    }
    let Some(mut face) = face else { return false };
    face.families = vec![(face_name(db.len()), fontdb::Language::English_UnitedStates)];
    (face.weight, face.style, face.stretch, face.monospaced) = (WEIGHT, fontdb::Style::Normal, fontdb::Stretch::Normal, false);
    db.push_face_info(face);
    true
}

/// The text in one line, with single spaces and without controls (marks that order text in two directions stay).
pub(crate) fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).collect()
}

/// Whether a character belongs to a script whose letters join, or to one that runs from right to left: spacing would tear it.
fn is_joined(c: char) -> bool {
    matches!(u32::from(c), 0x0590..=0x08FF | 0x0900..=0x0DFF | 0x1800..=0x18AF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEBREW: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/NotoSansHebrew-Medium.ttf");

    fn style(width_px: f32) -> Style {
        Style { size_px: 40.0, width_px, align: Align::Left, tracking: 0.0 }
    }

    #[test]
    fn latin_runs_from_left_to_right_and_breaks_between_words() {
        let mut typesetter = Typesetter::new(None).unwrap();
        let block = typesetter.set("hold on", &style(1000.0)).unwrap();
        assert_eq!(block.lines, 1);
        assert!(block.glyphs.windows(2).all(|pair| pair[0].start < pair[1].start && pair[0].at[0] < pair[1].at[0]));
        assert!(block.width_px > 100.0 && block.width_px < 200.0, "{}", block.width_px);
        let narrow = typesetter.set("hold on", &style(block.width_px - 5.0)).unwrap();
        assert_eq!(narrow.lines, 2);
        assert!(narrow.width_px < block.width_px);
    }

    #[test]
    fn greek_cyrillic_and_typographic_signs_are_in_the_face() {
        let mut typesetter = Typesetter::new(None).unwrap();
        for text in ["Κράτα με", "Не отпускай", "“don’t let go” — …", "Größe çà ñ Łódź ő"] {
            assert!(!typesetter.set(text, &style(2000.0)).unwrap().glyphs.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_the_face_lacks_is_named() {
        let mut typesetter = Typesetter::new(None).unwrap();
        let error = typesetter.set("hold אל on 漢", &style(2000.0)).unwrap_err().to_string();
        for word in ["א (U+05D0)", "ל (U+05DC)", "漢 (U+6F22)", "type", "face"] {
            assert!(error.contains(word), "{word} in {error}");
        }
        assert!(!error.contains("U+0068"), "{error}");
    }

    #[test]
    fn hebrew_runs_from_right_to_left_in_a_face_that_has_it_and_latin_within_it_stays() {
        let mut typesetter = Typesetter::new(Some(Path::new(HEBREW))).unwrap();
        let block = typesetter.set("אל תעזוב", &style(2000.0)).unwrap();
        let mut from_the_left: Vec<&Glyph> = block.glyphs.iter().collect();
        from_the_left.sort_by_key(|glyph| glyph.at[0]);
        assert!(from_the_left.windows(2).all(|pair| pair[0].start > pair[1].start));
        // The Greek comes from the embedded face and keeps its own direction.
        let mixed = typesetter.set("אל Κρ תע", &style(2000.0)).unwrap();
        let x_of = |text: &str| mixed.glyphs.iter().find(|g| g.start == "אל Κρ תע".find(text).unwrap()).unwrap().at[0];
        assert!(x_of("ת") < x_of("Κ") && x_of("Κ") < x_of("ρ") && x_of("ρ") < x_of("א"));
    }

    #[test]
    fn balanced_lines_are_nearly_alike() {
        let mut typesetter = Typesetter::new(None).unwrap();
        let text = "nobody wins and nobody is going home tonight";
        let whole = typesetter.set(text, &style(4000.0)).unwrap().width_px;
        let balanced = typesetter.set_balanced(text, &style(whole * 0.9)).unwrap();
        assert_eq!(balanced.lines, 2);
        assert!(balanced.width_px < whole * 0.65, "{} of {whole}", balanced.width_px);
        // A short word beside a long one never makes it break.
        let title = typesetter.set("Nobody", &style(4000.0)).unwrap().width_px;
        let block = typesetter.set_balanced("Nobody Wins", &style(title * 1.4)).unwrap();
        let first_line: Vec<usize> = block.glyphs.iter().filter(|glyph| glyph.line == 0).map(|glyph| glyph.start).collect();
        assert_eq!((block.lines, first_line), (2, (0.."Nobody".len()).collect()));
    }

    #[test]
    fn a_file_that_is_no_font_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("face.ttf");
        std::fs::write(&path, b"this is no font").unwrap();
        let said = |path: &Path| Typesetter::new(Some(path)).err().unwrap().to_string();
        assert!(said(&path).contains("face.ttf") && said(&path).contains(".otf"));
        assert!(said(&folder.path().join("none.ttf")).contains("none.ttf"));
    }
}
