//! The storyboard: a still a shot on pages to be printed and written on, as a PDF.

use super::{shot_name, word};
use anyhow::{Context, Result, bail};
use clinch_deliver::{Marker, MarkerKind};
use clinch_model::{Cut, Performance, Secs, Size};
use clinch_titles::{Align, Style, Typesetter};
use krilla::{
    Document,
    color::luma,
    geom::{Point, Transform},
    image::{BitsPerComponent, CustomImage, Image, ImageColorspace},
    metadata::Metadata,
    page::PageSettings,
    paint::Fill,
    surface::Surface,
    text::{Font, TextDirection},
};
use std::sync::Arc;

/// A4 across, in points.
const PAGE_PT: [f32; 2] = [841.89, 595.28];
/// Free edge of a page, in points: printers leave 12 to 18 white.
const EDGE_PT: f32 = 36.0;
/// Height of the line over the panels, in points.
const HEAD_PT: f32 = 22.0;
/// Between panels, in points.
const GAP_PT: f32 = 16.0;
/// Size of the type, in points.
const TYPE_PT: f32 = 7.5;
/// Baseline to baseline, in points.
const LINE_PT: f32 = 9.5;
/// Lines under a panel.
const LINES: usize = 4;
/// Height of what is under a panel, in points: its lines, and room for a pencil.
const CAPTION_PT: f32 = LINE_PT * LINES as f32 + 22.0;
/// A page has at least so many panels.
const LEAST_PANELS: usize = 6;

/// A still with what is written under it.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// `[row][column]`: display luma, 0..255.
    pub luma: Vec<u8>,
    /// At most four lines; longer ones are cut off.
    pub lines: Vec<String>,
}

/// What is written under the still of a shot: number, framing and times; camera; hold and leader; what is marked in it but sections.
pub fn caption(index: usize, cut: &Cut, performance: &Performance, markers: &[Marker]) -> Vec<String> {
    let shot = &cut.shots[index];
    let (from, to) = (cut.rate.start_of(shot.first_frame), cut.rate.start_of(shot.end_frame));
    let middle = Secs((from.0 + to.0) / 2.0);
    let within = |at: Secs| at.0 >= from.0 && at.0 < to.0;
    let phrase = performance.phrases.iter().rev().find(|phrase| phrase.from.0 <= middle.0);
    let marked = markers.iter().filter(|marker| marker.kind != MarkerKind::Section && within(marker.from));
    vec![
        format!("{}   {from}–{to}", shot_name(index, shot)),
        format!("{}, {}, {}", word(&shot.work.angle), word(&shot.work.height), word(&shot.work.movement)),
        phrase.map_or(String::new(), |phrase| format!("{}, {} leads", phrase.hold, phrase.leader)),
        marked.map(|marker| marker.name.as_str()).collect::<Vec<_>>().join(" · "),
    ]
}

/// Lays panels out on pages, in rows, and writes them as a PDF (1.7) with text that can be searched; the same panels give the same bytes.
///
/// # Errors
/// Where there is no panel, or one of another size than `still`.
pub fn pdf(title: &str, still: Size, panels: &[Panel]) -> Result<Vec<u8>> {
    if panels.is_empty() || panels.iter().any(|panel| panel.luma.len() != still.pixels()) {
        bail!("a storyboard needs panels, all of one size");
    }
    let face = Font::new(clinch_titles::FACE.to_vec().into(), 0).context("the program's own face can't be read")?;
    let mut writer = Writer { face, typesetter: Typesetter::new(None)?, grid: Grid::of(still) };
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).creator("clinch".to_owned()));
    let per_page = writer.grid.columns * writer.grid.rows;
    let pages = panels.chunks(per_page);
    let count = pages.len();
    for (number, page_panels) in pages.enumerate() {
        let settings = PageSettings::from_wh(PAGE_PT[0], PAGE_PT[1]).context("the page has no size")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let width_pt = PAGE_PT[0] - 2.0 * EDGE_PT;
        writer.write(&mut surface, title, [EDGE_PT, EDGE_PT + TYPE_PT], width_pt * 0.8)?;
        writer.write(
            &mut surface,
            &format!("{} / {count}", number + 1),
            [EDGE_PT + width_pt * 0.94, EDGE_PT + TYPE_PT],
            width_pt * 0.06,
        )?;
        for (place, panel) in page_panels.iter().enumerate() {
            writer.panel(&mut surface, panel, still, writer.grid.place_pt(place))?;
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| anyhow::anyhow!("the storyboard can't be written as a PDF: {error:?}"))
}

/// How many panels stand on a page, and how large.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grid {
    columns: usize,
    rows: usize,
    /// Width and height of a panel, in points.
    panel_pt: [f32; 2],
}

impl Grid {
    /// The largest panels of which enough stand on a page.
    fn of(still: Size) -> Self {
        let (width_pt, height_pt) = (PAGE_PT[0] - 2.0 * EDGE_PT, PAGE_PT[1] - 2.0 * EDGE_PT - HEAD_PT);
        let grid = |columns: usize| {
            let panel_width_pt = (width_pt - GAP_PT * (columns - 1) as f32) / columns as f32;
            let panel_pt = [panel_width_pt, panel_width_pt / still.aspect()];
            let rows = ((height_pt + GAP_PT) / (panel_pt[1] + CAPTION_PT + GAP_PT)).floor() as usize;
            Self { columns, rows, panel_pt }
        };
        let mut columns = 2;
        while grid(columns).rows * columns < LEAST_PANELS {
            columns += 1;
        }
        grid(columns)
    }

    /// Top left of a panel on its page, in points.
    fn place_pt(&self, place: usize) -> [f32; 2] {
        let (column, row) = ((place % self.columns) as f32, (place / self.columns) as f32);
        [EDGE_PT + column * (self.panel_pt[0] + GAP_PT), EDGE_PT + HEAD_PT + row * (self.panel_pt[1] + CAPTION_PT + GAP_PT)]
    }
}

struct Writer {
    face: Font,
    typesetter: Typesetter,
    grid: Grid,
}

impl Writer {
    fn panel(&mut self, surface: &mut Surface, panel: &Panel, still: Size, [left, top]: [f32; 2]) -> Result<()> {
        let picture = Still { luma: Arc::from(panel.luma.as_slice()), size: still };
        let image = Image::from_custom(picture, true).map_err(|error| anyhow::anyhow!("a still can't be put into the PDF: {error}"))?;
        let [width_pt, height_pt] = self.grid.panel_pt;
        surface.push_transform(&Transform::from_translate(left, top));
        surface.draw_image(image, krilla::geom::Size::from_wh(width_pt, height_pt).context("a panel has no size")?);
        surface.pop();
        for (i, line) in panel.lines.iter().take(LINES).enumerate() {
            self.write(surface, line, [left, top + height_pt + LINE_PT * (i + 1) as f32], width_pt)?;
        }
        Ok(())
    }

    /// Writes a line from its baseline's left end on, cut off where it is too long; characters that the face hasn't are left out.
    fn write(&mut self, surface: &mut Surface, text: &str, [left, baseline]: [f32; 2], width_pt: f32) -> Result<()> {
        let style = Style { size_px: TYPE_PT, width_px: f32::MAX / 4.0, align: Align::Left, tracking: 0.0 };
        let mut known: String = text.chars().filter(|c| self.typesetter.set(c.encode_utf8(&mut [0; 4]), &style).is_ok()).collect();
        let mut line = known.clone();
        while !known.is_empty() && self.typesetter.set(&line, &style)?.width_px > width_pt {
            known.pop();
            line = format!("{}…", known.trim_end());
        }
        surface.set_fill(Some(Fill { paint: luma::Color::black().into(), ..Fill::default() }));
        surface.draw_text(Point::from_xy(left, baseline), self.face.clone(), TYPE_PT, &line, false, TextDirection::Auto);
        Ok(())
    }
}

/// A greyscale picture for the PDF.
#[derive(Clone, Hash)]
struct Still {
    luma: Arc<[u8]>,
    size: Size,
}

impl CustomImage for Still {
    fn color_channel(&self) -> &[u8] {
        &self.luma
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        None
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        (self.size.width, self.size.height)
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        ImageColorspace::Luma
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_of_every_shape_stand_on_the_page() {
        for (width, height) in [(480, 270), (270, 480), (360, 360), (478, 200)] {
            let grid = Grid::of(Size { width, height });
            let count = grid.columns * grid.rows;
            assert!((LEAST_PANELS..=12).contains(&count), "{grid:?}");
            let [left, top] = grid.place_pt(count - 1);
            assert!(left + grid.panel_pt[0] <= PAGE_PT[0] - EDGE_PT + 0.01, "{grid:?}");
            assert!(top + grid.panel_pt[1] + CAPTION_PT <= PAGE_PT[1] - EDGE_PT + 0.01, "{grid:?}");
        }
    }

    #[test]
    fn a_storyboard_has_a_page_for_every_few_shots_and_is_the_same_every_time() {
        let still = Size { width: 48, height: 27 };
        let panel = |i: u8| Panel { luma: vec![i * 20; still.pixels()], lines: vec![format!("shot {i}"), "x".repeat(400), "אב".into()] };
        let panels: Vec<Panel> = (0..8).map(panel).collect();
        let bytes = pdf("A title", still, &panels).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7") && bytes.trim_ascii_end().ends_with(b"%%EOF"));
        let pages = String::from_utf8_lossy(&bytes).matches("/Type/Page/").count()
            + String::from_utf8_lossy(&bytes).matches("/Type /Page\n").count();
        assert_eq!(pages, 2);
        assert!(bytes == pdf("A title", still, &panels).unwrap());
        assert!(pdf("none", still, &[]).is_err());
    }
}
