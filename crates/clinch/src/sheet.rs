//! Contact sheets and motion strips: stills of the film with time, framing, hold and leader under each.

use crate::{Production, picture::Footage};
use anyhow::{Context, Result, bail};
use clinch_model::{Cut, Performance, Progress, Quality, Secs, Size};
use embedded_graphics::{
    mono_font::{MonoFont, MonoTextStyle, ascii::FONT_9X15},
    pixelcolor::Gray8,
    prelude::*,
    primitives::Rectangle,
    text::{Baseline, Text},
};
use std::{io::BufWriter, path::Path};

/// Width of a still on the sheet, in pixels: four stand side by side on a common screen.
const STILL_WIDTH: u32 = 480;

/// Height of the caption under a still: two lines of the type and a margin.
const CAPTION_HEIGHT: u32 = 40;

/// Distance between two lines of a caption, in pixels.
const LINE_HEIGHT: i32 = 17;

/// More stills than this make a sheet that no viewer opens.
const MOST_STILLS: usize = 400;

/// Which stills a sheet shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// The middle of every shot that begins within the part.
    Shots,
    /// One still every so many seconds: a motion strip.
    Every(f64),
}

/// What a sheet is drawn from.
#[derive(Debug, Clone)]
pub struct Film<'a> {
    /// Framing.
    pub cut: &'a Cut,
    /// Motion.
    pub performance: &'a Performance,
    /// First frames and ends of the opening's cards; none where there is no opening.
    pub cards: Vec<(u64, u64)>,
}

impl Film<'_> {
    /// The first frame of the struggle that is seen.
    fn opened(&self) -> u64 {
        self.cards.last().map_or(0, |card| card.1)
    }

    /// Index of the shot that is seen in a frame; none during the opening.
    pub fn shot_seen(&self, frame: u64) -> Option<usize> {
        (frame >= self.opened()).then(|| self.cut.shot_at(frame))
    }
}

/// A picture, `[row][column]`: grey, or with a tint of red.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its size.
    pub size: Size,
    /// Its pixels.
    pub luma: Vec<u8>,
    /// Share of every pixel that is red, 0..255 (see [`clinch_deliver::tinted`]); empty for a grey picture.
    pub tint: Vec<u8>,
}

/// Frames of the stills.
///
/// # Errors
/// Where there would be none, or more than a sheet can show.
pub fn frames(film: &Film, first: u64, end: u64, choice: Choice) -> Result<Vec<u64>> {
    let frames: Vec<u64> = match choice {
        Choice::Shots => {
            let opened = film.opened();
            let shots = film.cut.shots.iter().filter(|shot| shot.end_frame > opened);
            let shots = shots.map(|shot| (shot.first_frame.max(opened), shot.end_frame));
            let within = film.cards.iter().copied().chain(shots).filter(|piece| piece.1 > first && piece.0 < end);
            within.map(|piece| (piece.0.max(first) + piece.1.min(end)) / 2).collect()
        }
        Choice::Every(secs) => {
            let step = film.cut.rate.frames_in(Secs(secs));
            (first..end).step_by(step as usize).collect()
        }
    };
    if frames.is_empty() || frames.len() > MOST_STILLS {
        bail!("{} stills don't make a sheet (1 to {MOST_STILLS} do): choose another --from, --to or --every", frames.len());
    }
    Ok(frames)
}

/// Size of a still of a film.
pub fn still_size(cut: &Cut) -> Size {
    Size { width: STILL_WIDTH, height: (STILL_WIDTH as f32 / cut.aspect / 2.0).round() as u32 * 2 }
}

impl Production {
    /// The same production with its picture in the stills' size and quality; nothing of it may be written.
    pub fn for_stills(mut self, cut: &Cut) -> Self {
        (self.job.size, self.job.quality) = (still_size(cut), Quality::Film);
        self
    }
}

/// Lights the stills and lays them out in rows; the footage's pictures have the stills' size.
///
/// # Errors
/// Where a frame can't be lit.
pub fn draw(film: &Film, footage: &mut Footage, frames: &[u64], columns: u32, progress: Progress) -> Result<Sheet> {
    let still = still_size(film.cut);
    let height = still.height;
    let columns = columns.clamp(1, frames.len() as u32);
    let rows = (frames.len() as u32).div_ceil(columns);
    let size = Size { width: columns * STILL_WIDTH, height: rows * (height + CAPTION_HEIGHT) };
    let mut sheet = Sheet::black(size);
    for (i, &frame) in frames.iter().enumerate() {
        let (column, row) = (i as u32 % columns, i as u32 / columns);
        let (left, top) = (column * STILL_WIDTH, row * (height + CAPTION_HEIGHT));
        sheet.paste(footage.frame(frame)?, still, left, top);
        sheet.paste_tint(footage.tint(), still, left, top);
        sheet.write(&FONT_9X15, &caption(film, frame), left + 6, top + height + 3, LINE_HEIGHT);
        progress((i + 1) as f64 / frames.len() as f64);
    }
    Ok(sheet)
}

fn caption(film: &Film, frame: u64) -> [String; 2] {
    let at = film.cut.rate.start_of(frame);
    if frame < film.opened() {
        return [format!("{at}  opening"), String::new()];
    }
    let number = film.cut.shot_at(frame);
    let shot = &film.cut.shots[number];
    let subject = shot.subject.map_or("both".into(), |who| who.to_string());
    let framing = format!("{:?}", shot.size).to_lowercase();
    let phrases = &film.performance.phrases;
    let phrase = phrases.get(phrases.partition_point(|phrase| phrase.from.0 <= at.0).saturating_sub(1));
    let struggle = phrase.map_or(String::new(), |phrase| format!("{}, {} leads", phrase.hold, phrase.leader));
    [format!("{at}  shot {}  {framing} {subject}", number + 1), struggle]
}

impl Sheet {
    /// A black sheet.
    pub(crate) fn black(size: Size) -> Self {
        Self::filled(size, 0)
    }

    /// A sheet of one grey.
    pub(crate) fn filled(size: Size, grey: u8) -> Self {
        Self { size, luma: vec![grey; size.pixels()], tint: Vec::new() }
    }

    /// Writes a line of type in a grey, its top left corner at a place; what doesn't fit is cut off.
    pub(crate) fn write_line(&mut self, font: &MonoFont, text: &str, left: i32, top: i32, grey: u8) {
        // Drawing into our own memory can't fail.
        let _ = Text::with_baseline(text, Point::new(left, top), MonoTextStyle::new(font, Gray8::new(grey)), Baseline::Top).draw(self);
    }

    /// The same in type twice as large.
    pub(crate) fn write_large(&mut self, font: &MonoFont, text: &str, left: i32, top: i32, grey: u8) {
        let wide = text.chars().count() as u32 * font.character_size.width;
        let mut small = Self::black(Size { width: wide.max(1), height: font.character_size.height });
        small.write_line(font, text, 0, 0, u8::MAX);
        for (i, _) in small.luma.iter().enumerate().filter(|(_, luma)| **luma > 0) {
            let place = Point::new(left + 2 * (i as u32 % wide) as i32, top + 2 * (i as u32 / wide) as i32);
            let _ = self.fill_solid(&Rectangle::new(place, embedded_graphics::geometry::Size::new(2, 2)), Gray8::new(grey));
        }
    }

    /// Puts a picture on the sheet, its top left corner at a place where all of it fits.
    pub(crate) fn paste(&mut self, luma: &[u8], still: Size, left: u32, top: u32) {
        for (y, row) in luma.chunks_exact(still.width as usize).enumerate() {
            let start = (top as usize + y) * self.size.width as usize + left as usize;
            self.luma[start..start + row.len()].copy_from_slice(row);
        }
    }

    /// Gives what was pasted there its tint; an empty one is none.
    fn paste_tint(&mut self, tint: &[u8], still: Size, left: u32, top: u32) {
        if tint.is_empty() {
            return;
        }
        self.tint.resize(self.size.pixels(), 0);
        for (y, row) in tint.chunks_exact(still.width as usize).enumerate() {
            let start = (top as usize + y) * self.size.width as usize + left as usize;
            self.tint[start..start + row.len()].copy_from_slice(row);
        }
    }

    /// Writes lines of white type downward from a place; what doesn't fit is cut off.
    pub(crate) fn write(&mut self, font: &MonoFont, lines: &[String], left: u32, top: u32, line_height: i32) {
        let style = MonoTextStyle::new(font, Gray8::WHITE);
        for (i, line) in lines.iter().enumerate() {
            let place = Point::new(left as i32, top as i32 + i as i32 * line_height);
            // Drawing into our own memory can't fail.
            let _ = Text::with_baseline(line, place, style, Baseline::Top).draw(self);
        }
    }

    /// Writes the sheet as a PNG: greyscale, or of three colours where it has a tint.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let unwritable = || format!("{} can't be written; choose another place with -o", path.display());
        let file = std::fs::File::create(path).with_context(unwritable)?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.size.width, self.size.height);
        let colours: Vec<u8> = self.luma.iter().zip(&self.tint).flat_map(|(&luma, &tint)| clinch_deliver::tinted(luma, tint)).collect();
        let (kind, pixels) = if self.tint.is_empty() { (png::ColorType::Grayscale, &self.luma) } else { (png::ColorType::Rgb, &colours) };
        encoder.set_color(kind);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().with_context(unwritable)?;
        writer.write_image_data(pixels).with_context(unwritable)?;
        writer.finish().with_context(unwritable)
    }
}

impl Dimensions for Sheet {
    fn bounding_box(&self) -> Rectangle {
        Rectangle::new(Point::zero(), embedded_graphics::geometry::Size::new(self.size.width, self.size.height))
    }
}

impl DrawTarget for Sheet {
    type Color = Gray8;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Gray8>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        let area = self.bounding_box();
        for Pixel(at, colour) in pixels.into_iter().filter(|pixel| area.contains(pixel.0)) {
            self.luma[at.y as usize * self.size.width as usize + at.x as usize] = colour.luma();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_stays_on_the_sheet_and_marks_it() {
        let size = Size { width: 64, height: 20 };
        let mut sheet = Sheet::black(size);
        sheet.write(&FONT_9X15, &["a caption that is far too long for it".into()], 40, 2, LINE_HEIGHT);
        assert!(sheet.luma.contains(&255));
        assert!(sheet.luma.chunks(64).all(|row| row[..40].iter().all(|&v| v == 0)));
    }
}
