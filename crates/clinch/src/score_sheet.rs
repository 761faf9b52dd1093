//! The score as a picture: sound, beats and bars, sections, feeling and lyrics along one line of time.

use crate::{
    sheet::Sheet,
    story_sheet::{FAINT, INK, LEFT, LIGHT, MIDDLE, PAPER, QUIETEST_LU, RIGHT, ROW_SECS, Row, WIDTH, block, name, rule, stroke, upright},
};
use clinch_hear::Waveform;
use clinch_model::{Score, Secs, Size};
use embedded_graphics::{
    mono_font::iso_8859_1::{FONT_6X10, FONT_7X13, FONT_7X13_BOLD, FONT_8X13_BOLD, FONT_9X15, FONT_9X15_BOLD, FONT_10X20},
    prelude::*,
};
use std::ops::Range;

/// Values of the outline a second that a picture needs: more than it has columns in the shortest song.
pub const WAVEFORM_HZ: f64 = 400.0;

/// Heights of the head, a row and the legend, in pixels.
const HEAD: i32 = 116;
const ROW: i32 = 486;
const LEGEND: i32 = 92;

/// Lanes of a row, by their distance from its top, in pixels.
const SECTIONS: Range<i32> = 0..24;
const WAVE: Range<i32> = 24..112;
const BEATS: Range<i32> = 116..158;
const PUSH: Range<i32> = 164..228;
const TENSION: Range<i32> = 234..274;
const VALENCE: Range<i32> = 280..324;
const VOICE: Range<i32> = 330..352;
const LYRICS: Range<i32> = 360..430;
const CLOCK: Range<i32> = 440..462;

/// Shades of sections by their letter.
const SHADES: [u8; 6] = [242, 216, 190, 230, 204, 178];
/// Share of a row up to which the song's last part gets none of its own.
const SHORT_REST: f64 = 0.2;
/// Height of a line of lyrics, and of the strip above them, in pixels.
const LINE: i32 = 14;
const STRIP: i32 = 8;
/// Full scale of the waveform is drawn at this level, so that quiet songs can be seen: the song's highest sample.
const LEAST_PEAK: f32 = 0.02;

/// Draws a score over the outline of its song.
pub fn draw(score: &Score, waveform: &Waveform) -> Sheet {
    let duration_secs = score.track.duration.0;
    // A short rest is no row of its own: the others take it.
    let count = (duration_secs / ROW_SECS - SHORT_REST).ceil().max(1.0);
    let row_secs = if count > 1.0 { ROW_SECS.max(duration_secs / count) } else { duration_secs };
    let height = HEAD + count as i32 * ROW + LEGEND;
    let mut sheet = Sheet::filled(Size { width: WIDTH as u32, height: height as u32 }, PAPER);
    head(&mut sheet, score);
    for i in 0..count as i32 {
        let from_secs = f64::from(i) * row_secs;
        let row = Row {
            from_secs,
            to_secs: (from_secs + row_secs).min(duration_secs),
            pixels_per_sec: f64::from(WIDTH - LEFT - RIGHT) / row_secs,
            top: HEAD + i * ROW,
        };
        sections(&mut sheet, &row, score);
        wave(&mut sheet, &row, waveform);
        beats(&mut sheet, &row, score);
        push(&mut sheet, &row, score);
        feeling(&mut sheet, &row, score);
        lyrics(&mut sheet, &row, score);
        clock(&mut sheet, &row);
    }
    legend(&mut sheet, height - LEGEND);
    sheet
}

fn head(sheet: &mut Sheet, score: &Score) {
    let track = &score.track;
    let title = track.artist.as_ref().map_or(track.title.clone(), |artist| format!("{artist}: {}", track.title));
    let room = ((WIDTH - LEFT - RIGHT) / 20) as usize;
    sheet.write_large(&FONT_10X20, &title.chars().take(room).collect::<String>(), LEFT, 18, INK);
    let pulse = if score.pulse_clarity > 0.0 { format!("pulse {:.2}", score.pulse_clarity) } else { "no pulse: a plain grid".into() };
    let facts = [
        track.duration.to_string(),
        format!("{:.1} bpm in {}/4", score.tempo.0, score.beats_per_bar),
        pulse,
        format!("{} bars, {} sections", score.bars.len(), score.sections.len()),
        format!("{:.1} LUFS", score.loudness.0),
        format!("{} Hz, {} channels", track.sample_rate_hz, track.channels),
        format!("{} lines of lyrics", score.lyrics.len()),
    ];
    sheet.write_line(&FONT_9X15, &facts.join("  \u{b7}  "), LEFT, 70, MIDDLE);
    rule(sheet, 0, WIDTH, 100, LIGHT);
}

/// Sections as shades behind sound and beats, with their letters, and lines down through all lanes.
fn sections(sheet: &mut Sheet, row: &Row, score: &Score) {
    let letters: Vec<&str> = score.sections.iter().map(|section| section.label.as_str()).collect();
    for (i, section) in score.sections.iter().enumerate() {
        let (from, to) = (score.bars[section.first_bar].start, score.bars[section.end_bar - 1].end);
        let Some(span) = row.span(from, to) else { continue };
        // A letter's shade is that of its first appearance.
        let mut known: Vec<&str> = Vec::new();
        letters[..=i].iter().for_each(|letter| {
            if !known.contains(letter) {
                known.push(letter)
            }
        });
        let index = known.iter().position(|letter| *letter == letters[i]).unwrap_or(0);
        block(sheet, span.clone(), row.top + SECTIONS.start..row.top + BEATS.end, SHADES[index % SHADES.len()], None);
        if row.holds(from.0) {
            upright(sheet, span.start, row.top + SECTIONS.start..row.top + CLOCK.start - 4, MIDDLE, 1);
        }
        let bars = section.end_bar - section.first_bar;
        sheet.write_line(&FONT_9X15_BOLD, &section.label, span.start + 6, row.top + SECTIONS.start + 5, INK);
        let words = format!("{bars} bars, aggression {:.2}", section.aggression);
        let left = span.start + 14 + section.label.len() as i32 * 9;
        if left + words.len() as i32 * 7 < span.end {
            sheet.write_line(&FONT_7X13, &words, left, row.top + SECTIONS.start + 6, INK);
        }
    }
}

/// The outline: how far samples reach, and within it their root mean square.
fn wave(sheet: &mut Sheet, row: &Row, waveform: &Waveform) {
    name(sheet, row.top + (WAVE.start + WAVE.end) / 2 - 8, "sound");
    let peak = waveform.reach.iter().fold(LEAST_PEAK, |a, &(low, high)| a.max(-low).max(high));
    let middle = row.top + (WAVE.start + WAVE.end) / 2;
    let half = f64::from(WAVE.end - WAVE.start) / 2.0 - 2.0;
    let y = |value: f32| middle - (f64::from(value / peak) * half).round() as i32;
    for x in row.x(row.from_secs)..row.x(row.to_secs) {
        let hop = |x: i32| ((row.from_secs + f64::from(x - LEFT) / row.pixels_per_sec) / waveform.hop_secs) as usize;
        let from = hop(x).min(waveform.reach.len());
        let to = hop(x + 1).max(from + 1).min(waveform.reach.len());
        let reach = waveform.reach[from..to].iter().fold((0.0_f32, 0.0_f32), |a, b| (a.0.min(b.0), a.1.max(b.1)));
        let level = waveform.level[from..to].iter().fold(0.0_f32, |a, &b| a.max(b));
        upright(sheet, x, y(reach.1)..y(reach.0), MIDDLE, 1);
        upright(sheet, x, y(level)..y(-level), INK, 1);
    }
}

/// Beats as ticks over onset strength; downbeats are long and every fourth bar has its number.
fn beats(sheet: &mut Sheet, row: &Row, score: &Score) {
    let (top, bottom) = (row.top + BEATS.start, row.top + BEATS.end);
    name(sheet, top + 14, "beats, bars");
    let tall = f64::from(BEATS.end - BEATS.start - 16);
    let first = (row.from_secs / score.onset.hop_secs) as usize;
    for (i, strength) in
        score.onset.values.iter().enumerate().skip(first).take_while(|(i, _)| *i as f64 * score.onset.hop_secs < row.to_secs)
    {
        let x = row.x(i as f64 * score.onset.hop_secs);
        upright(sheet, x, bottom - (f64::from(*strength).sqrt() * tall) as i32..bottom, MIDDLE, 1);
    }
    for beat in score.beats.iter().filter(|beat| row.holds(beat.0)) {
        upright(sheet, row.x(beat.0), top + 12..top + 20, INK, 1);
    }
    for (i, bar) in score.bars.iter().enumerate().filter(|(_, bar)| row.holds(bar.start.0)) {
        let x = row.x(bar.start.0);
        upright(sheet, x, top + 2..top + 24, INK, 2);
        upright(sheet, x, row.top + PUSH.start..row.top + VOICE.end, FAINT, 1);
        if i % 4 == 0 {
            sheet.write_line(&FONT_6X10, &format!("{}", i + 1), x + 4, top, INK);
        }
    }
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), bottom, MIDDLE);
}

/// Aggression as an area, loudness as a line.
fn push(sheet: &mut Sheet, row: &Row, score: &Score) {
    let (top, bottom) = (row.top + PUSH.start, row.top + PUSH.end);
    name(sheet, top + 16, "aggression");
    name(sheet, top + 32, "loudness");
    let y = |share: f64| bottom - (share.clamp(0.0, 1.0) * f64::from(bottom - top)).round() as i32;
    for x in row.x(row.from_secs)..row.x(row.to_secs) {
        let at = Secs(row.from_secs + f64::from(x - LEFT) / row.pixels_per_sec);
        upright(sheet, x, y(f64::from(score.aggression.at(at)))..bottom, LIGHT, 1);
    }
    let loudest = score.bars.iter().map(|bar| bar.loudness.0).fold(f64::NEG_INFINITY, f64::max);
    steps(sheet, row, score, |bar| y(1.0 - (loudest - bar.loudness.0) / QUIETEST_LU));
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), bottom, MIDDLE);
    sheet.write_line(&FONT_6X10, &format!("{loudest:.0}"), row.x(row.to_secs) + 4, top - 2, MIDDLE);
    sheet.write_line(&FONT_6X10, &format!("{:.0}", loudest - QUIETEST_LU), row.x(row.to_secs) + 4, bottom - 8, MIDDLE);
}

/// A value a bar as a line of steps.
fn steps(sheet: &mut Sheet, row: &Row, score: &Score, y: impl Fn(&clinch_model::Bar) -> i32) {
    let mut before: Option<i32> = None;
    for bar in &score.bars {
        let Some(span) = row.span(bar.start, bar.end) else { continue };
        let here = y(bar);
        if let Some(before) = before {
            stroke(sheet, Point::new(span.start, before), Point::new(span.start, here), INK, 2);
        }
        stroke(sheet, Point::new(span.start, here), Point::new(span.end, here), INK, 2);
        before = Some(here);
    }
}

/// Tension, valence and vocal presence, a value a bar.
fn feeling(sheet: &mut Sheet, row: &Row, score: &Score) {
    let ends = row.x(row.from_secs)..row.x(row.to_secs);
    let (top, bottom) = (row.top + TENSION.start, row.top + TENSION.end);
    name(sheet, top + 12, "tension");
    steps(sheet, row, score, |bar| bottom - (bar.feeling.tension * f64::from(bottom - top)).round() as i32);
    rule(sheet, ends.start, ends.end, bottom, MIDDLE);

    let (top, bottom) = (row.top + VALENCE.start, row.top + VALENCE.end);
    let middle = (top + bottom) / 2;
    name(sheet, top + 14, "valence");
    sheet.write_line(&FONT_6X10, "bright", LEFT - 42, top, MIDDLE);
    sheet.write_line(&FONT_6X10, "dark", LEFT - 30, bottom - 10, MIDDLE);
    for bar in &score.bars {
        let Some(span) = row.span(bar.start, bar.end) else { continue };
        let y = middle - (bar.feeling.valence * f64::from(middle - top)).round() as i32;
        block(sheet, span, y.min(middle)..y.max(middle), if y < middle { LIGHT } else { MIDDLE }, None);
    }
    rule(sheet, ends.start, ends.end, middle, MIDDLE);

    let (top, bottom) = (row.top + VOICE.start, row.top + VOICE.end);
    name(sheet, top + 4, "voice");
    for bar in &score.bars {
        let Some(span) = row.span(bar.start, bar.end) else { continue };
        let tall = (bar.feeling.voice * f64::from(bottom - top)).round() as i32;
        block(sheet, span, bottom - tall..bottom, INK, None);
    }
    rule(sheet, ends.start, ends.end, bottom, MIDDLE);
}

/// Lyrics: a strip that is the darker the harder a line is said, and the words in as many rows as they need; strong lines in bold.
fn lyrics(sheet: &mut Sheet, row: &Row, score: &Score) {
    let top = row.top + LYRICS.start;
    name(sheet, top + 14, "lyrics");
    if score.lyrics.is_empty() && row.from_secs == 0.0 {
        sheet.write_line(&FONT_7X13, "none given", LEFT + 6, top + 15, MIDDLE);
    }
    let (strong, soft) = (score.strong_lines(), score.soft_lines());
    let mut free_from = vec![LEFT; ((LYRICS.end - LYRICS.start - STRIP) / LINE) as usize];
    for line in &score.lyrics {
        let Some(span) = row.span(line.start, line.end) else { continue };
        let grey = (f64::from(LIGHT) * (1.0 - line.strength)) as u8;
        block(sheet, span.start..(span.end - 2).max(span.start + 1), top..top + STRIP - 2, grey, None);
        for word in &line.words {
            if row.holds(word.start.0) {
                upright(sheet, row.x(word.start.0), top - 3..top, INK, 1);
            }
        }
        if !row.holds(line.start.0) {
            continue;
        }
        // The first row that is free there; where none is, the one that is free soonest.
        let lane = (0..free_from.len()).min_by_key(|&lane| free_from[lane].max(span.start)).unwrap_or(0);
        let x = free_from[lane].max(span.start);
        let font = if strong.contains(&line) { &FONT_7X13_BOLD } else { &FONT_7X13 };
        let ink = if soft.contains(&line) { MIDDLE } else { INK };
        let mark = if line.guessed { "~" } else { "" };
        let text: String = format!("{mark}{}", line.text).chars().take(((WIDTH - x) / 7).max(0) as usize).collect();
        let y = top + STRIP + lane as i32 * LINE;
        upright(sheet, span.start, top..y + 10, LIGHT, 1);
        sheet.write_line(font, &text, x + 3, y, ink);
        free_from[lane] = x + (text.chars().count() as i32 + 2) * 7;
    }
}

fn clock(sheet: &mut Sheet, row: &Row) {
    let top = row.top + CLOCK.start;
    rule(sheet, row.x(row.from_secs), row.x(row.to_secs), top - 4, INK);
    let step_secs = 5;
    let first = (row.from_secs / f64::from(step_secs)).ceil() as i32 * step_secs;
    for secs in (first..).step_by(step_secs as usize).take_while(|&secs| f64::from(secs) <= row.to_secs) {
        let x = row.x(f64::from(secs));
        upright(sheet, x, top - 4..top + 2, INK, 1);
        let text = format!("{}:{:02}", secs / 60, secs % 60);
        sheet.write_line(&FONT_7X13, &text, x - text.len() as i32 * 7 / 2, top + 4, INK);
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
    entry(sheet, 40, "sections: the same shade, the same material", &|sheet, x| {
        block(sheet, x..x + 20, y - 8..y + 8, SHADES[0], None);
        block(sheet, x + 20..x + 40, y - 8..y + 8, SHADES[2], None);
    });
    entry(sheet, 4, "downbeat", &|sheet, x| upright(sheet, x + 2, y - 10..y + 10, INK, 2));
    entry(sheet, 4, "beat", &|sheet, x| upright(sheet, x + 2, y - 4..y + 4, INK, 1));
    entry(sheet, 26, "aggression", &|sheet, x| block(sheet, x..x + 26, y - 8..y + 8, LIGHT, None));
    entry(sheet, 26, "loudness, LUFS", &|sheet, x| stroke(sheet, Point::new(x, y), Point::new(x + 26, y), INK, 2));
    entry(sheet, 40, "lyrics: soft to strong", &|sheet, x| {
        block(sheet, x..x + 20, y - 3..y + 3, LIGHT, None);
        block(sheet, x + 20..x + 40, y - 3..y + 3, INK, None);
    });
    let words = "Grey under the beats: onset strength (its root, so that soft ones show). Strong lines are bold, soft ones grey; ~ marks guessed times; ticks over the strip are words.";
    sheet.write_line(&FONT_7X13, words, LEFT, y + 26, MIDDLE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_of_the_demos_score_is_drawn() {
        let source = clinch_hear::Source::Memory { name: "demo".into(), bytes: clinch_demo::song().into() };
        let lyrics = Some(clinch_hear::Lyrics::Text { name: "demo".into(), text: clinch_demo::LYRICS.into() });
        let options = clinch_hear::Options { lyrics, ..Default::default() };
        let score = clinch_hear::hear(&source, &options, &|_| {}).unwrap();
        let sheet = draw(&score, &clinch_hear::waveform(&source, WAVEFORM_HZ).unwrap());
        assert_eq!(sheet.size.height as i32, HEAD + ROW + LEGEND);
        for lane in [SECTIONS, WAVE, BEATS, PUSH, TENSION, VALENCE, LYRICS, CLOCK] {
            let lines = (HEAD + lane.start) as usize * WIDTH as usize..(HEAD + lane.end) as usize * WIDTH as usize;
            let dark = lines.filter(|at| at % WIDTH as usize >= LEFT as usize && sheet.luma[*at] <= MIDDLE).count();
            assert!(dark > 100, "lane {lane:?}: {dark}");
        }
        // The beats' ticks stand where the beats are.
        let row = Row { from_secs: 0.0, to_secs: 32.0, pixels_per_sec: f64::from(WIDTH - LEFT - RIGHT) / 32.0, top: HEAD };
        for beat in &score.beats {
            let at = (HEAD + BEATS.start + 14) as usize * WIDTH as usize + row.x(beat.0) as usize;
            assert_eq!(sheet.luma[at], INK, "beat at {beat}");
        }
    }
}
