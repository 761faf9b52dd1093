//! The song's lines as type in the picture.

use crate::{
    Error, Margins, Stock,
    room::Room,
    typesetter::{Align, Block, Style, Typesetter, plain},
};
use clinch_model::{Cast, Cut, LyricLine, Performance, Secs, Size};
use serde::Serialize;

/// How lyrics show in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Show {
    /// A line at once.
    Line,
    /// Word after word, each staying until the line goes.
    Word,
}

/// A line of lyrics as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// When it begins.
    pub start: Secs,
    /// When it ends.
    pub end: Secs,
    /// Its text, in one line.
    pub text: String,
    /// `[word]`, in the text's order; empty where only the line's time is known.
    pub words: Vec<Word>,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// When it begins.
    pub start: Secs,
    /// The word, as it stands in the line's text.
    pub text: String,
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step<'a> {
    /// When it is sung.
    pub at: Secs,
    /// Its text, with the space before it.
    pub text: &'a str,
}

impl Line {
    /// A line of the score, with its words' times where the score knows them.
    pub fn of(line: &LyricLine) -> Self {
        let words = line.words.iter().map(|word| Word { start: word.start, text: word.text.clone() }).collect();
        Self { start: line.start, end: line.end, text: plain(&line.text), words }
    }

    /// Until when it is shown: a line that nothing follows doesn't stand for ever.
    pub(crate) fn shown_until(&self) -> Secs {
        Secs(self.end.0.min(self.start.0 + LONGEST_SECS))
    }

    /// When each word appears, and how many of the text's bytes are there from then on. Without times of its own the line is spread over its
    /// words by their letters, from its start to three quarters of its time: singers dwell on the last one.
    pub(crate) fn steps(&self) -> Vec<(Secs, usize)> {
        let ends: Vec<usize> = word_ends(&self.text);
        let known: Option<Vec<(Secs, usize)>> = self.known_steps();
        if let Some(known) = known {
            return known;
        }
        let letters = self.text.len().max(1) as f64;
        let sung_secs = 0.75 * (self.shown_until() - self.start).0;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(&ends).map(|(before, &end)| (Secs(self.start.0 + sung_secs * before as f64 / letters), end)).collect()
    }

    /// The text in pieces, each with when it is sung: one a word where their times are known, else one.
    pub(crate) fn known(&self) -> Vec<Step<'_>> {
        let Some(steps) = self.known_steps() else { return vec![Step { at: self.start, text: &self.text }] };
        let starts = std::iter::once(0).chain(steps.iter().map(|step| step.1));
        starts.zip(&steps).map(|(from, &(at, end))| Step { at, text: &self.text[from..end] }).collect()
    }

    /// Whether it is known when its words are sung.
    pub fn has_word_times(&self) -> bool {
        self.known_steps().is_some()
    }

    /// The steps of the words' own times; none where there are none, or where they don't spell the text.
    fn known_steps(&self) -> Option<Vec<(Secs, usize)>> {
        let mut from = 0;
        let mut steps = Vec::new();
        for word in &self.words {
            let text = plain(&word.text);
            from += self.text[from..].find(&text)? + text.len();
            steps.push((word.start, from));
        }
        // A word that has no time of its own comes with the one before.
        let last = steps.last_mut()?;
        last.1 = self.text.len();
        Some(steps)
    }
}

/// Where each word ends, in bytes.
fn word_ends(text: &str) -> Vec<usize> {
    let gaps = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    gaps.chain([text.len()]).filter(|&end| end > 0).collect()
}

/// Longest that a line is shown, in seconds; subtitlers take six to seven for two full lines.
const LONGEST_SECS: f64 = 7.0;
/// A part of a line in one shot that is shorter than this stays where the line is in the neighbouring shot, in seconds.
const SHORTEST_PART_SECS: f64 = 0.6;
/// Moments at which the bodies are looked at while a line shows.
const MOMENTS: u64 = 8;
/// Most lines of type at once.
const MOST_LINES: usize = 4;
/// Type may shrink to this share where a word is too long for the picture.
const LEAST_SHARE: f32 = 0.45;

/// A line of lyrics in its place, for some frames.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Caption {
    /// First frame.
    pub first: u64,
    /// One past the last frame.
    pub end: u64,
    /// Its text.
    pub text: String,
    /// Pixel column and row of its top left.
    pub at: [i32; 2],
    /// `[step]`: from which frame on how many bytes of the text are there.
    pub steps: Vec<(u64, usize)>,
    /// Size of its type, in pixels.
    pub size_px: f32,
    /// Mean cover by bodies where it stands: 0 (none) to 1, more over faces.
    pub cover: f32,
    /// What is drawn.
    #[serde(skip)]
    block: Block,
}

/// All captions of a film in one size.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lyrics {
    /// In time order.
    pub captions: Vec<Caption>,
}

/// What captions are placed in.
pub struct Picture<'a> {
    /// Its framing.
    pub cut: &'a Cut,
    /// The motion.
    pub performance: &'a Performance,
    /// The people.
    pub cast: &'a Cast,
    /// Its size in pixels.
    pub size: Size,
}

impl Lyrics {
    /// Places lines in a film. Nothing depends on more than the line's own frames and the caption before it.
    ///
    /// # Errors
    /// [`Error::MissingGlyphs`] for the first line that can't be set.
    pub fn place(lines: &[Line], show: Show, picture: &Picture, typesetter: &mut Typesetter) -> Result<Self, Error> {
        let mut captions: Vec<Caption> = Vec::new();
        for line in lines.iter().filter(|line| !line.text.is_empty()) {
            let blocks = blocks(&line.text, picture.size, typesetter)?;
            for (first, end) in stretches(line, picture.cut) {
                let mut room = Room::new(picture.size);
                let step = (end - first).div_ceil(MOMENTS).max(1) as usize;
                for frame in (first..end).step_by(step) {
                    let at = picture.cut.rate.start_of(frame);
                    room.add(&picture.performance.at(at), picture.cast, camera(picture.cut, frame));
                }
                let before = captions.last().filter(|before| same_shot(picture.cut, before.end.saturating_sub(1), first));
                let (block, at, cover) = best_place(&blocks, picture.size, &room, before.map(|before| before.at));
                let steps = match show {
                    Show::Line => vec![(first, line.text.len())],
                    Show::Word => line.steps().into_iter().map(|(at, bytes)| (picture.cut.rate.frame_at(at), bytes)).collect(),
                };
                captions.push(Caption { first, end, text: line.text.clone(), at, steps, size_px: block.size_px, cover, block });
            }
        }
        Ok(Self { captions })
    }

    /// The captions that show in any of some frames.
    pub fn within(&self, first: u64, end: u64) -> impl Iterator<Item = &Caption> {
        self.captions.iter().filter(move |caption| caption.first < end && caption.end > first)
    }

    /// Lays what shows in a frame over its radiance, `[row][column]`.
    pub fn lay(&self, frame: u64, stock: &Stock, radiance: &mut [f32], width: usize) {
        for caption in self.within(frame, frame + 1) {
            let bytes = caption.steps.iter().rev().find(|(from, _)| *from <= frame).map_or(0, |(_, bytes)| *bytes);
            if bytes > 0 {
                caption.block.lay(caption.at, bytes, stock, radiance, width);
            }
        }
    }
}

fn camera(cut: &Cut, frame: u64) -> &clinch_model::CameraPose {
    let shot = &cut.shots[cut.shot_at(frame)];
    let within = ((frame - shot.first_frame) as usize).min(shot.camera.len() - 1);
    &shot.camera[within]
}

fn same_shot(cut: &Cut, a: u64, b: u64) -> bool {
    cut.shot_at(a) == cut.shot_at(b)
}

/// The frames of a line, parted where the cut is; a part too short to be read joins its neighbour.
fn stretches(line: &Line, cut: &Cut) -> Vec<(u64, u64)> {
    let frame_of = |at: Secs| ((at.0.max(0.0) * cut.rate.hz()).round() as u64).min(cut.frames);
    let (first, end) = (frame_of(line.start), frame_of(line.shown_until()));
    let shots = cut.shots.iter().map(|shot| (shot.first_frame.max(first), shot.end_frame.min(end)));
    let shortest = (SHORTEST_PART_SECS * cut.rate.hz()).round() as u64;
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for (from, to) in shots.filter(|(from, to)| from < to) {
        match parts.last_mut() {
            Some(last) if to - from < shortest || last.1 - last.0 < shortest => last.1 = to,
            _ => parts.push((from, to)),
        }
    }
    parts
}

/// Size of lyrics in a picture, in pixels: about a seventeenth of the shorter side, more in upright pictures, which are seen on telephones.
pub(crate) fn type_size_px(size: Size) -> f32 {
    let upright = (size.height as f32 / size.width as f32 - 1.0).clamp(0.0, 0.6);
    size.width.min(size.height) as f32 * 0.058 * (1.0 + 0.45 * upright)
}

/// Ways to set a text: in one wide block and in narrower ones, each flush on either side or centred.
fn blocks(text: &str, size: Size, typesetter: &mut Typesetter) -> Result<Vec<(Align, Block)>, Error> {
    let [_, _, safe_width, safe_height] = Margins::of(size).safe_px(size);
    let whole_size_px = type_size_px(size);
    let mut size_px = whole_size_px;
    let style = |size_px, width_px, align| Style { size_px, width_px, align, tracking: 0.0 };
    let longest_word = |typesetter: &mut Typesetter, size_px: f32| -> Result<f32, Error> {
        let widths = text.split(' ').map(|word| Ok(typesetter.set(word, &style(size_px, f32::MAX / 4.0, Align::Left))?.width_px));
        widths.collect::<Result<Vec<f32>, Error>>().map(|widths| widths.into_iter().fold(0.0, f32::max))
    };
    let mut longest_px = longest_word(typesetter, size_px)?;
    loop {
        let widest = typesetter.set(text, &style(size_px, safe_width, Align::Left))?;
        let fits = longest_px <= safe_width && widest.lines <= MOST_LINES && widest.height_px <= safe_height;
        if fits || size_px <= whole_size_px * LEAST_SHARE {
            break;
        }
        size_px *= 0.9;
        longest_px *= 0.9;
    }
    let mut ways = Vec::new();
    for share in [1.0f32, 0.62, 0.42] {
        let width_px = (share * safe_width).max(longest_px.ceil() + 1.0).min(safe_width);
        let lines = typesetter.set_balanced(text, &style(size_px, width_px, Align::Left))?.lines;
        if ways.iter().any(|(_, block): &(Align, Block)| block.lines == lines) || (lines > MOST_LINES && !ways.is_empty()) {
            continue;
        }
        for align in [Align::Left, Align::Centre, Align::Right] {
            ways.push((align, typesetter.set_balanced(text, &style(size_px, width_px, align))?));
        }
    }
    Ok(ways)
}

/// The place where the fewest bodies are, low and in the middle where there is a choice, and near the place before.
fn best_place(ways: &[(Align, Block)], size: Size, room: &Room, before: Option<[i32; 2]>) -> (Block, [i32; 2], f32) {
    /// Places down and across that are tried.
    const ROWS: usize = 9;
    const COLUMNS: usize = 5;
    let [left, top, safe_width, safe_height] = Margins::of(size).safe_px(size);
    let mut best: Option<(f32, &Block, [i32; 2], f32)> = None;
    for (align, block) in ways {
        let pad = 0.3 * block.size_px;
        let (free_x, free_y) = ((safe_width - block.width_px).max(0.0), (safe_height - block.height_px).max(0.0));
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let (across, down) = (column as f32 / (COLUMNS - 1) as f32, row as f32 / (ROWS - 1) as f32);
                let suits = match align {
                    Align::Left => across < 0.4,
                    Align::Centre => across == 0.5,
                    Align::Right => across > 0.6,
                };
                if !suits {
                    continue;
                }
                let (x, y) = (left + free_x * across, top + free_y * down);
                let cover = room.cover(x - pad, y, block.width_px + 2.0 * pad, block.height_px);
                let moved = before.map_or(0.0, |at| {
                    let (dx, dy) = (at[0] as f32 - x, at[1] as f32 - y);
                    dx.hypot(dy) / safe_width.hypot(safe_height)
                });
                let odd = 0.24 * (1.0 - down) + 0.10 * (across - 0.5).abs() * 2.0 + 0.06 * (block.lines - 1) as f32 + 0.15 * moved;
                let cost = 5.0 * cover + odd;
                if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                    best = Some((cost, block, [x.round() as i32, y.round() as i32], cover));
                }
            }
        }
    }
    match best {
        Some((_, block, at, cover)) => (block.clone(), at, cover),
        // There is always one way at least, and every way has its places.
        None => (Block { width_px: 0.0, height_px: 0.0, size_px: 0.0, lines: 0, glyphs: Vec::new() }, [0, 0], 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Size = Size { width: 640, height: 360 };

    fn line(start: f64, end: f64, text: &str) -> Line {
        Line { start: Secs(start), end: Secs(end), text: text.into(), words: Vec::new() }
    }

    fn cut(ends: &[u64]) -> Cut {
        let mut first_frame = 0;
        let pose = clinch_model::CameraPose {
            eye_m: glam::Vec3::new(0.0, 1.0, 5.0),
            turn: glam::Quat::IDENTITY,
            vfov_rad: 0.8,
            focus_m: 5.0,
            aperture_m: 0.0,
        };
        let shots = ends.iter().map(|&end_frame| {
            let camera = vec![pose; (end_frame - first_frame + 1) as usize];
            let shot = clinch_model::Shot {
                first_frame,
                end_frame,
                size: clinch_model::ShotSize::Two,
                subject: None,
                work: clinch_model::Camerawork::default(),
                camera,
            };
            first_frame = end_frame;
            shot
        });
        let shots = shots.collect();
        Cut { rate: clinch_model::FrameRate::whole(24), frames: ends[ends.len() - 1], aspect: 16.0 / 9.0, shots, findings: Vec::new() }
    }

    #[test]
    fn a_line_is_parted_at_a_cut_but_not_for_a_glimpse() {
        let cut = cut(&[48, 96, 240]);
        assert_eq!(stretches(&line(0.5, 3.5, "a"), &cut), [(12, 48), (48, 84)]);
        // A tenth of a second before and after a cut.
        assert_eq!(stretches(&line(1.9, 4.1, "a"), &cut), [(46, 98)]);
        assert_eq!(stretches(&line(5.0, 5.5, "a"), &cut), [(120, 132)]);
        // A line that nothing follows goes after seven seconds.
        assert_eq!(stretches(&line(0.0, 60.0, "a"), &cut).last(), Some(&(96, 168)));
        assert_eq!(stretches(&line(20.0, 21.0, "a"), &cut), []);
    }

    #[test]
    fn words_come_at_their_own_times_or_are_spread_by_letters() {
        let mut asked = line(10.0, 14.0, "hold on now");
        let spread = asked.steps();
        assert_eq!(spread.iter().map(|step| step.1).collect::<Vec<_>>(), [4, 7, 11]);
        assert_eq!(spread[0].0, Secs(10.0));
        assert!(spread.is_sorted_by(|a, b| a.0 < b.0) && spread[2].0.0 < 13.0);
        let word = |start, text: &str| Word { start: Secs(start), text: text.into() };
        asked.words = vec![word(10.5, "hold"), word(11.25, "on"), word(12.0, "now")];
        assert_eq!(asked.steps(), [(Secs(10.5), 4), (Secs(11.25), 7), (Secs(12.0), 11)]);
        // Words that don't spell the line are of no use.
        asked.words[1].text = "off".into();
        assert_eq!(asked.steps(), spread);
    }

    #[test]
    fn type_keeps_off_the_bodies_and_within_the_margins_in_every_format() {
        let mut typesetter = Typesetter::new(None).unwrap();
        for (width, height) in [(1280, 720), (720, 1280), (720, 720), (1720, 720), (64, 36)] {
            let size = Size { width, height };
            let ways = blocks("nobody wins and nobody is going home", size, &mut typesetter).unwrap();
            let free = best_place(&ways, size, &Room::new(size), None);
            let [left, top, safe_width, safe_height] = Margins::of(size).safe_px(size);
            let (x, y) = (free.1[0] as f32, free.1[1] as f32);
            assert!(x >= left - 1.0 && x + free.0.width_px <= left + safe_width + 1.0, "{size}");
            assert!(y >= top - 1.0 && y + free.0.height_px <= top + safe_height + 1.0, "{size}");
            // Nothing is in the way: low, in the middle.
            assert!(y + free.0.height_px > top + safe_height - 2.0 && (x + free.0.width_px / 2.0 - left - safe_width / 2.0).abs() < 2.0);
        }
    }

    #[test]
    fn type_gives_way_to_a_body_below() {
        let mut typesetter = Typesetter::new(None).unwrap();
        let ways = blocks("nobody wins", WIDE, &mut typesetter).unwrap();
        let mut room = Room::new(WIDE);
        let camera = camera(&cut(&[24]), 0).to_owned();
        // A body lies across the lower half.
        let lying = [glam::Vec3::new(-4.0, 0.2, 0.0), glam::Vec3::new(4.0, 0.2, 0.0)];
        for y in [0.0, -0.5, -1.0] {
            room.add_for_test(lying.map(|end| end + glam::Vec3::Y * y), 0.6, &camera);
        }
        let (block, at, cover) = best_place(&ways, WIDE, &room, None);
        assert_eq!(cover, 0.0);
        // The camera sees the body's upper edge, 0.8 m high, 17 pixels under the middle.
        assert!((at[1] as f32 + block.height_px) < 198.0, "{at:?}");
    }

    #[test]
    fn a_word_longer_than_the_picture_is_set_smaller() {
        let mut typesetter = Typesetter::new(None).unwrap();
        let upright = Size { width: 360, height: 640 };
        let ways = blocks("Donaudampfschifffahrtsgesellschaft", upright, &mut typesetter).unwrap();
        assert!(ways.iter().all(|(_, block)| block.lines == 1 && block.size_px < type_size_px(upright)));
    }
}
