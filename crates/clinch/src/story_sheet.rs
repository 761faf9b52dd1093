//! The story as a picture: what is heard, who leads, which hold at which height, and what happens when, along one line of time.

use crate::sheet::Sheet;
use clinch_model::{AccentKind, EventKind, HoldKind, Level, Phrase, Score, Secs, Size, Story, Who};
use embedded_graphics::{
    mono_font::{
        MonoFont,
        iso_8859_1::{FONT_6X10, FONT_7X13, FONT_8X13_BOLD, FONT_9X15, FONT_9X15_BOLD, FONT_10X20},
    },
    pixelcolor::Gray8,
    prelude::*,
    primitives::{Circle, Line, PrimitiveStyle, PrimitiveStyleBuilder, Rectangle, Triangle},
};
use std::ops::Range;

/// Song time in a row; a shorter song is one row of its own length.
pub(crate) const ROW_SECS: f64 = 60.0;
/// Width of the picture, and of the margins left of the time line (names of lanes) and right of it, in pixels.
pub(crate) const WIDTH: i32 = 1920;
pub(crate) const LEFT: i32 = 140;
pub(crate) const RIGHT: i32 = 40;
/// Heights of the head, a row and the legend, in pixels.
const HEAD: i32 = 116;
const ROW: i32 = 494;
const LEGEND: i32 = 92;

/// Lanes of a row, by their distance from its top, in pixels.
const SECTIONS: Range<i32> = 0..24;
const SOUND: Range<i32> = 28..92;
const LEVERAGE: Range<i32> = 104..224;
const HOLDS: Range<i32> = 240..384;
const EVENTS: Range<i32> = 392..436;
const CLOCK: Range<i32> = 440..462;

/// Greys of the print.
pub(crate) const PAPER: u8 = 255;
pub(crate) const FAINT: u8 = 228;
pub(crate) const LIGHT: u8 = 196;
pub(crate) const MIDDLE: u8 = 120;
pub(crate) const INK: u8 = 0;

/// Loudness that is drawn as nothing, below the song's loudest bar, in LU.
pub(crate) const QUIETEST_LU: f64 = 20.0;

/// A row: the part of the song that it shows, and where.
pub(crate) struct Row {
    pub(crate) from_secs: f64,
    pub(crate) to_secs: f64,
    pub(crate) pixels_per_sec: f64,
    pub(crate) top: i32,
}

impl Row {
    /// Where a time is across the picture.
    pub(crate) fn x(&self, secs: f64) -> i32 {
        LEFT + ((secs.clamp(self.from_secs, self.to_secs) - self.from_secs) * self.pixels_per_sec).round() as i32
    }

    pub(crate) fn holds(&self, secs: f64) -> bool {
        (self.from_secs..self.to_secs).contains(&secs)
    }

    /// Where a span of time is across the picture, if any of it is in the row.
    pub(crate) fn span(&self, from: Secs, to: Secs) -> Option<Range<i32>> {
        (from.0 < self.to_secs && to.0 > self.from_secs).then(|| self.x(from.0)..self.x(to.0))
    }
}

/// Draws a story over the score that it was plotted from.
pub fn draw(story: &Story, score: &Score) -> Sheet {
    let duration_secs = story.duration.0;
    let count = (duration_secs / ROW_SECS - 1e-3).ceil().max(1.0);
    let row_secs = if count > 1.0 { ROW_SECS } else { duration_secs };
    let height = HEAD + count as i32 * ROW + LEGEND;
    let mut sheet = Sheet::filled(Size { width: WIDTH as u32, height: height as u32 }, PAPER);
    head(&mut sheet, story, score);
    for i in 0..count as i32 {
        let from_secs = f64::from(i) * row_secs;
        let row = Row {
            from_secs,
            to_secs: (from_secs + row_secs).min(duration_secs),
            pixels_per_sec: f64::from(WIDTH - LEFT - RIGHT) / row_secs,
            top: HEAD + i * ROW,
        };
        grid(&mut sheet, &row, score);
        sound(&mut sheet, &row, score);
        leverage(&mut sheet, &row, story, score);
        holds(&mut sheet, &row, story);
        events(&mut sheet, &row, story);
        lyrics(&mut sheet, &row, score);
    }
    legend(&mut sheet, height - LEGEND);
    sheet
}

fn head(sheet: &mut Sheet, story: &Story, score: &Score) {
    let track = &score.track;
    let title = track.artist.as_ref().map_or(track.title.clone(), |artist| format!("{artist}: {}", track.title));
    sheet.write_large(&FONT_10X20, &title, LEFT, 18, INK);
    let share = clinch_plot::lead_share(story, Who::Cop);
    let facts = [
        Secs(story.duration.0).to_string(),
        format!("{:.0} bpm in {}/4", score.tempo.0, score.beats_per_bar),
        format!("{} bars", score.bars.len()),
        format!("{} phrases in {} holds", story.phrases.len(), story.holds.len()),
        format!("Cop leads {:.0} %", 100.0 * share),
        format!("seed {}", story.seed),
    ];
    sheet.write_line(&FONT_9X15, &facts.join("  \u{b7}  "), LEFT, 70, MIDDLE);
    rule(sheet, 0, WIDTH, 100, LIGHT);
}

/// Sections with their names, bar lines, and the clock.
fn grid(sheet: &mut Sheet, row: &Row, score: &Score) {
    let lanes = row.top + SOUND.start..row.top + EVENTS.end;
    for bar in score.bars.iter().filter(|bar| row.holds(bar.start.0)) {
        upright(sheet, row.x(bar.start.0), lanes.clone(), FAINT, 1);
    }
    for section in &score.sections {
        let (from, to) = (score.bars[section.first_bar].start, score.bars[section.end_bar - 1].end);
        let Some(span) = row.span(from, to) else { continue };
        if row.holds(from.0) {
            upright(sheet, span.start, row.top + SECTIONS.start..lanes.end, MIDDLE, 1);
        }
        rule(sheet, span.start, span.end - 6, row.top + SECTIONS.start, INK);
        sheet.write_line(&FONT_9X15_BOLD, &section.label, span.start + 6, row.top + SECTIONS.start + 5, INK);
    }
    upright(sheet, row.x(row.to_secs), lanes, LIGHT, 1);
    let step_secs = 5;
    let first = (row.from_secs / f64::from(step_secs)).ceil() as i32 * step_secs;
    for secs in (first..).step_by(step_secs as usize).take_while(|&secs| f64::from(secs) <= row.to_secs) {
        let x = row.x(f64::from(secs));
        upright(sheet, x, row.top + CLOCK.start - 4..row.top + CLOCK.start + 2, INK, 1);
        let text = format!("{}:{:02}", secs / 60, secs % 60);
        sheet.write_line(&FONT_7X13, &text, x - text.len() as i32 * 7 / 2, row.top + CLOCK.start + 4, INK);
    }
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), row.top + CLOCK.start - 4, INK);
}

/// Aggression as an area, loudness as a line.
fn sound(sheet: &mut Sheet, row: &Row, score: &Score) {
    name(sheet, row.top + SOUND.end - 15, "sound");
    let height = f64::from(SOUND.end - SOUND.start);
    let y = |share: f64| row.top + SOUND.end - (share.clamp(0.0, 1.0) * height).round() as i32;
    for x in row.x(row.from_secs)..row.x(row.to_secs) {
        let at = Secs(row.from_secs + f64::from(x - LEFT) / row.pixels_per_sec);
        upright(sheet, x, y(f64::from(score.aggression.at(at)))..row.top + SOUND.end, LIGHT, 1);
    }
    let loudest = score.bars.iter().map(|bar| bar.loudness.0).fold(f64::NEG_INFINITY, f64::max);
    let mut before: Option<Point> = None;
    for bar in &score.bars {
        let Some(span) = row.span(bar.start, bar.end) else { continue };
        let y = y(1.0 - (loudest - bar.loudness.0) / QUIETEST_LU);
        stroke(sheet, before.unwrap_or(Point::new(span.start, y)), Point::new((span.start + span.end) / 2, y), INK, 2);
        before = Some(Point::new((span.start + span.end) / 2, y));
    }
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), row.top + SOUND.end, MIDDLE);
}

/// Who leads and how far: Cop above the middle, Kid below.
fn leverage(sheet: &mut Sheet, row: &Row, story: &Story, score: &Score) {
    let (top, bottom) = (row.top + LEVERAGE.start, row.top + LEVERAGE.end);
    let middle = (top + bottom) / 2;
    for who in Who::BOTH {
        let y = if who == Who::Cop { top } else { bottom - 15 };
        sheet.write_line(&FONT_9X15_BOLD, &format!("{who} leads"), 16, y, INK);
    }
    for (bar, &leverage) in score.bars.iter().zip(&story.leverage) {
        let Some(span) = row.span(bar.start, bar.end) else { continue };
        let reach = (leverage.abs() * f64::from(middle - top)).round() as i32;
        if leverage > 0.0 {
            block(sheet, span, middle - reach..middle, INK, None);
        } else {
            block(sheet, span.clone(), middle..middle + reach, PAPER, Some(INK));
            // Without the lines between a phrase's bars.
            block(sheet, span.start - 1..span.end + 1, middle..middle + reach - 1, LIGHT, None);
        }
    }
    outline_of_kids_lead(sheet, row, story, score, middle, middle - top);
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), middle, INK);
    for event in story.events.iter().filter(|event| event.kind == EventKind::Reversal && row.holds(event.at.0)) {
        let x = row.x(event.at.0);
        upright(sheet, x, top - 6..bottom + 6, INK, 2);
        let (tip, foot) = if event.who == Who::Cop { (top - 10, top) } else { (bottom + 10, bottom) };
        fill(sheet, Triangle::new(Point::new(x, tip), Point::new(x - 7, foot), Point::new(x + 7, foot)), INK);
    }
}

/// The lower edge of Kid's lead, so that light areas have an end on white paper.
fn outline_of_kids_lead(sheet: &mut Sheet, row: &Row, story: &Story, score: &Score, middle: i32, half: i32) {
    let mut before: Option<Point> = None;
    for (bar, &leverage) in score.bars.iter().zip(&story.leverage) {
        let Some(span) = row.span(bar.start, bar.end).filter(|_| leverage < 0.0) else {
            before = None;
            continue;
        };
        let y = middle + (-leverage * f64::from(half)).round() as i32;
        stroke(sheet, before.unwrap_or(Point::new(span.start, middle)), Point::new(span.start, y), INK, 1);
        stroke(sheet, Point::new(span.start, y), Point::new(span.end, y), INK, 1);
        before = Some(Point::new(span.end, y));
    }
}

/// Holds as blocks at their height, the darker the harder.
fn holds(sheet: &mut Sheet, row: &Row, story: &Story) {
    let lane = (HOLDS.end - HOLDS.start) / 3;
    for (i, text) in (0..).zip(["standing", "kneeling", "ground"]) {
        let top = row.top + HOLDS.start + i * lane;
        name(sheet, top + lane / 2 - 8, text);
        rule(sheet, row.x(row.from_secs), row.x(row.to_secs), top + lane, FAINT);
    }
    for phrase in &story.phrases {
        let (Some(span), Some(hold)) = (row.span(phrase.start, phrase.end), story.hold(&phrase.hold)) else { continue };
        let i = match hold.level {
            Level::Standing => 0,
            Level::Kneeling => 1,
            Level::Ground => 2,
        };
        let top = row.top + HOLDS.start + i * lane + 3;
        let grey = if hold.kind == HoldKind::Rest { PAPER } else { (f64::from(PAPER) - 15.0 - phrase.intensity * 215.0) as u8 };
        let (within, ink) = (span.start + 1..span.end - 1, if grey < 140 { PAPER } else { INK });
        block(sheet, within.clone(), top..top + lane - 6, grey, Some(INK));
        words(sheet, phrase, within, top..top + lane - 6, ink);
    }
}

/// A hold's name in its block, in the largest type that fits, broken at its hyphens.
fn words(sheet: &mut Sheet, phrase: &Phrase, within: Range<i32>, down: Range<i32>, ink: u8) {
    let room = within.end - within.start - 8;
    let types: [(&MonoFont, i32, i32); 4] = [(&FONT_10X20, 10, 19), (&FONT_9X15, 9, 15), (&FONT_7X13, 7, 13), (&FONT_6X10, 6, 10)];
    for (font, wide, high) in types {
        let lines = broken(&phrase.hold, (room / wide).max(1) as usize);
        let fits = lines.iter().all(|line| line.len() as i32 * wide <= room) && lines.len() as i32 * high <= down.end - down.start - 4;
        if fits || high == 10 {
            let top = (down.start + down.end - lines.len() as i32 * high) / 2;
            for (i, line) in (0..).zip(&lines) {
                // What is wider than its block is cut, never written over the next one.
                let line: String = line.chars().take((room / wide).max(0) as usize).collect();
                sheet.write_line(font, &line, within.start + 6, top + i * high, ink);
            }
            return;
        }
    }
}

/// A kebab-case name in lines of at most so many characters, as far as its hyphens allow.
fn broken(name: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split('-') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= most => *line = format!("{line} {word}"),
            _ => lines.push(word.into()),
        }
    }
    lines
}

/// Accents, recognitions and the shove.
fn events(sheet: &mut Sheet, row: &Row, story: &Story) {
    let (top, bottom) = (row.top + EVENTS.start, row.top + EVENTS.end);
    let middle = (top + bottom) / 2;
    name(sheet, middle - 8, "moments");
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), middle, LIGHT);
    let shove = story.events.iter().find(|event| event.kind == EventKind::Shove).map(|event| event.at);
    for event in story.events.iter().filter(|event| row.holds(event.at.0)) {
        let x = row.x(event.at.0);
        match event.kind {
            EventKind::Reversal => {}
            EventKind::Accent if Some(event.at) == shove => {}
            EventKind::Accent => accent(sheet, x, middle, event.who, story.accent_kind(event.at, event.who)),
            EventKind::Recognition => ring(sheet, x, middle, 8),
            EventKind::Shove => {
                diamond(sheet, x, middle, 11);
                upright(sheet, x, row.top + LEVERAGE.start..top, INK, 1);
                sheet.write_line(&FONT_9X15_BOLD, "shove", x + 15, middle - 8, INK);
            }
        }
    }
}

/// A triangle on the side of whose effort it is, and what it is.
fn accent(sheet: &mut Sheet, x: i32, middle: i32, who: Who, kind: AccentKind) {
    let up = if who == Who::Cop { -1 } else { 1 };
    let (foot, tip) = (middle + 3 * up, middle + 13 * up);
    fill(sheet, Triangle::new(Point::new(x - 5, foot), Point::new(x + 5, foot), Point::new(x, tip)), INK);
    let word = match kind {
        AccentKind::Grab => "grab",
        AccentKind::Fall => "fall",
        AccentKind::Shove => "shove",
        AccentKind::Pull => "pull",
    };
    sheet.write_line(&FONT_7X13, word, x + 8, middle + 9 * up - 7, INK);
}

fn lyrics(sheet: &mut Sheet, row: &Row, score: &Score) {
    let mut free_from = LEFT;
    for line in score.lyrics.iter().filter(|line| row.holds(line.start.0)) {
        let x = row.x(line.start.0).max(free_from);
        let text: String = line.text.chars().take(((WIDTH - x) / 7).max(0) as usize).collect();
        sheet.write_line(&FONT_7X13, &text, x, row.top + CLOCK.end, MIDDLE);
        free_from = x + (text.chars().count() as i32 + 2) * 7;
    }
}

/// What the marks mean.
fn legend(sheet: &mut Sheet, top: i32) {
    rule(sheet, 0, WIDTH, top, LIGHT);
    let y = top + 28;
    let mut x = LEFT;
    // A mark of a width, and its words.
    let mut entry = |sheet: &mut Sheet, wide: i32, text: &str, mark: &dyn Fn(&mut Sheet, i32)| {
        mark(sheet, x);
        sheet.write_line(&FONT_8X13_BOLD, text, x + wide + 8, y - 7, INK);
        x += wide + 8 + text.len() as i32 * 8 + 34;
    };
    entry(sheet, 26, "aggression", &|sheet, x| block(sheet, x..x + 26, y - 8..y + 8, LIGHT, None));
    entry(sheet, 26, "loudness", &|sheet, x| stroke(sheet, Point::new(x, y + 4), Point::new(x + 26, y - 4), INK, 2));
    entry(sheet, 14, "reversal", &|sheet, x| {
        upright(sheet, x + 7, y - 10..y + 10, INK, 2);
        fill(sheet, Triangle::new(Point::new(x + 7, y - 14), Point::new(x, y - 4), Point::new(x + 14, y - 4)), INK);
    });
    for (text, grey) in [("rest", PAPER), ("gentle", 220), ("hard", 40)] {
        entry(sheet, 26, text, &|sheet, x| block(sheet, x..x + 26, y - 9..y + 9, grey, Some(INK)));
    }
    entry(sheet, 18, "they look at each other", &|sheet, x| ring(sheet, x + 9, y, 8));
    entry(sheet, 22, "the shove", &|sheet, x| diamond(sheet, x + 11, y, 11));
    entry(sheet, 14, "sudden effort: up Cop's, down Kid's", &|sheet, x| {
        fill(sheet, Triangle::new(Point::new(x, y + 5), Point::new(x + 12, y + 5), Point::new(x + 6, y - 6)), INK);
    });
    sheet.write_line(
        &FONT_7X13,
        "Lines: bars and sections. Leverage reaches the lane's edge where one wholly controls the other.",
        LEFT,
        y + 26,
        MIDDLE,
    );
}

pub(crate) fn name(sheet: &mut Sheet, y: i32, text: &str) {
    sheet.write_line(&FONT_9X15, text, 16, y, MIDDLE);
}

/// Drawing into our own memory can't fail, and what lies outside is left out.
fn fill(
    sheet: &mut Sheet,
    shape: impl Primitive + embedded_graphics::primitives::StyledDrawable<PrimitiveStyle<Gray8>, Color = Gray8>,
    grey: u8,
) {
    let _ = shape.draw_styled(&PrimitiveStyle::with_fill(Gray8::new(grey)), sheet);
}

pub(crate) fn block(sheet: &mut Sheet, across: Range<i32>, down: Range<i32>, grey: u8, edge: Option<u8>) {
    if across.is_empty() || down.is_empty() {
        return;
    }
    let size = embedded_graphics::geometry::Size::new((across.end - across.start) as u32, (down.end - down.start) as u32);
    let mut style = PrimitiveStyleBuilder::new().fill_color(Gray8::new(grey));
    if let Some(edge) = edge {
        style = style.stroke_color(Gray8::new(edge)).stroke_width(1);
    }
    let _ = Rectangle::new(Point::new(across.start, down.start), size).into_styled(style.build()).draw(sheet);
}

pub(crate) fn stroke(sheet: &mut Sheet, from: Point, to: Point, grey: u8, width: u32) {
    let _ = Line::new(from, to).into_styled(PrimitiveStyle::with_stroke(Gray8::new(grey), width)).draw(sheet);
}

pub(crate) fn rule(sheet: &mut Sheet, from: i32, to: i32, y: i32, grey: u8) {
    stroke(sheet, Point::new(from, y), Point::new(to, y), grey, 1);
}

pub(crate) fn upright(sheet: &mut Sheet, x: i32, down: Range<i32>, grey: u8, width: u32) {
    stroke(sheet, Point::new(x, down.start), Point::new(x, down.end), grey, width);
}

fn ring(sheet: &mut Sheet, x: i32, y: i32, radius: u32) {
    let style = PrimitiveStyleBuilder::new().fill_color(Gray8::new(PAPER)).stroke_color(Gray8::new(INK)).stroke_width(2).build();
    let _ = Circle::with_center(Point::new(x, y), 2 * radius + 1).into_styled(style).draw(sheet);
}

fn diamond(sheet: &mut Sheet, x: i32, y: i32, radius: i32) {
    for tip in [y - radius, y + radius] {
        fill(sheet, Triangle::new(Point::new(x - radius, y), Point::new(x + radius, y), Point::new(x, tip)), INK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(duration_secs: f64) -> (Story, Sheet) {
        let source = clinch_hear::Source::Memory { name: "demo".into(), bytes: clinch_demo::song().into() };
        let mut score = clinch_hear::hear(&source, &clinch_hear::Options::default(), &|_| {}).unwrap();
        // The demo again and again, as far as it is asked for.
        let (bars, length) = (score.bars.clone(), score.track.duration.0);
        let (sections, onsets) = (score.sections.len(), score.onset.values.clone());
        while score.track.duration.0 + 1e-6 < duration_secs {
            let from = score.track.duration.0;
            score.bars.extend(bars.iter().map(|bar| {
                let at = |time: Secs| Secs(time.0 + from);
                clinch_model::Bar {
                    start: at(bar.start),
                    end: at(bar.end),
                    section: bar.section + score.sections.len() / sections * sections,
                    ..*bar
                }
            }));
            let first = score.bars.len() - bars.len();
            let more = score.sections[..sections].to_vec();
            score.sections.extend(more.into_iter().map(|section| clinch_model::Section {
                first_bar: section.first_bar + first,
                end_bar: section.end_bar + first,
                ..section
            }));
            score.track.duration = Secs(from + length);
            score.onset.values.extend(&onsets);
            let last = score.bars.len() - 1;
            score.bars[last].end = score.track.duration;
        }
        let story = clinch_plot::plot(&score, &Default::default(), &Default::default()).unwrap();
        let sheet = draw(&story, &score);
        (story, sheet)
    }

    #[test]
    fn every_lane_of_every_row_is_drawn_and_a_minute_is_a_row() {
        for (duration_secs, rows) in [(30.0, 1), (160.0, 3)] {
            let (story, sheet) = drawn(duration_secs);
            assert_eq!(sheet.size.height as i32, HEAD + rows * ROW + LEGEND, "{} s", story.duration.0);
            for row in 0..rows {
                for lane in [SECTIONS, SOUND, LEVERAGE, HOLDS, EVENTS, CLOCK] {
                    let top = HEAD + row * ROW;
                    let lines = (top + lane.start) as usize * WIDTH as usize..(top + lane.end) as usize * WIDTH as usize;
                    assert!(sheet.luma[lines].iter().filter(|&&v| v < 100).count() > 20, "row {row}, lane {lane:?}");
                }
            }
        }
    }

    #[test]
    fn names_break_at_their_hyphens() {
        assert_eq!(broken("kneeling-headlock", 10), ["kneeling", "headlock"]);
        assert_eq!(broken("side-by-side", 20), ["side by side"]);
        assert_eq!(broken("side-by-side", 7), ["side by", "side"]);
    }
}
