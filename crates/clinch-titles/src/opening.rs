//! The opening: five seconds of portraits, names and title before the struggle, cut to the song's first bars.

use crate::{
    Error, INK, Margins, Portrait, Stock,
    typesetter::{Align, Block, Style, Typesetter},
};
use clinch_model::{FrameRate, Score, Secs, Size};

/// Length of the opening.
pub const OPENING: Secs = Secs(5.0);

/// More performers than this can't be seen in five seconds.
pub const MOST_PERFORMERS: usize = 6;

/// Somebody whose face or name the opening shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Performer {
    /// Name; a portrait may go without.
    pub name: String,
    /// Face; a name without one is a card of type.
    pub portrait: Option<Portrait>,
}

/// What the opening shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Credits {
    /// In the order in which they appear.
    pub performers: Vec<Performer>,
    /// Title of the film.
    pub title: String,
    /// Who it is by, under the title; none where empty.
    pub by: String,
}

impl Credits {
    /// Checks what can be known without a song: that there is time for all performers, and that everything can be set.
    ///
    /// # Errors
    /// [`Error::TooManyPerformers`], [`Error::MissingGlyphs`].
    pub fn check(&self, typesetter: &mut Typesetter) -> Result<(), Error> {
        self.check_count()?;
        let style = Style { size_px: 16.0, width_px: f32::MAX / 4.0, align: Align::Left, tracking: 0.0 };
        let names = self.performers.iter().map(|performer| &performer.name);
        for text in names.chain([&self.title, &self.by]) {
            typesetter.set(text, &style)?;
        }
        Ok(())
    }

    fn check_count(&self) -> Result<(), Error> {
        match self.performers.len() {
            count if count > MOST_PERFORMERS => Err(Error::TooManyPerformers { count, most: MOST_PERFORMERS }),
            _ => Ok(()),
        }
    }
}

/// One picture of the opening between two cuts.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// First frame.
    pub first: u64,
    /// One past the last frame.
    pub end: u64,
    /// The performer whom it shows; none for the title.
    pub performer: Option<usize>,
}

/// The opening in one size and rate, ready to be drawn.
pub struct Opening {
    /// Its frames: five seconds to the nearest frame.
    pub frames: u64,
    /// `[card]`, contiguous from frame 0 to `frames`.
    pub cards: Vec<Card>,
    size: Size,
    stock: Stock,
    /// `[card]`.
    looks: Vec<Look>,
}

/// What a card looks like.
struct Look {
    /// Display light and place of the face.
    face: Option<Face>,
    /// Texts and their places.
    texts: Vec<(Block, [i32; 2])>,
}

/// A portrait in the picture.
struct Face {
    /// As tall as it appears at the end of the card.
    portrait: Portrait,
    /// Pixels of the picture that it fills: left, top, width, height.
    panel: [f32; 4],
    /// Columns over which its inner edge fades, on the right (positive) or left; 0 where it fills the picture.
    fade_px: f32,
}

/// Display light of the ground of a card: film base, never the screen's own black.
const BLACK: f32 = 0.0015;

/// How much larger a face is at the end of its card: felt, not seen.
const PUSH: f32 = 0.035;

impl Opening {
    /// Frames of the opening at a rate: five seconds to the nearest frame (at 24000/1001 that is 5.005 s, because a cut falls on a frame).
    pub fn frames_at(rate: FrameRate) -> u64 {
        rate.frames_in(OPENING)
    }

    /// Cuts the opening to the song and sets its type.
    ///
    /// # Errors
    /// [`Error::TooManyPerformers`], [`Error::TooShort`] for a film not longer than the opening, [`Error::MissingGlyphs`].
    pub fn new(
        credits: &Credits,
        score: &Score,
        rate: FrameRate,
        size: Size,
        stock: Stock,
        typesetter: &mut Typesetter,
    ) -> Result<Self, Error> {
        let count = credits.performers.len();
        credits.check_count()?;
        let frames = Self::frames_at(rate);
        if rate.frames_in(score.track.duration) <= frames {
            return Err(Error::TooShort { length_secs: score.track.duration.0 });
        }
        let cards = cut(count, score, rate, frames);
        let looks = cards.iter().map(|card| match card.performer {
            Some(index) => performer_look(&credits.performers[index], index, size, typesetter),
            None => title_look(credits, size, typesetter),
        });
        let looks = looks.collect::<Result<_, Error>>()?;
        Ok(Self { frames, cards, size, stock, looks })
    }

    /// A frame's radiance before the film stock, `[row][column]`.
    ///
    /// # Panics
    /// Where the opening doesn't have the frame.
    pub fn radiance(&self, frame: u64) -> Vec<f32> {
        assert!(frame < self.frames, "the opening has {} frames", self.frames);
        let index = self.cards.partition_point(|card| card.first <= frame) - 1;
        let (card, look) = (&self.cards[index], &self.looks[index]);
        let t = (frame - card.first) as f32 / (card.end - card.first) as f32;
        let width = self.size.width as usize;
        let mut radiance = vec![(self.stock.radiance_of)(BLACK); self.size.pixels()];
        if let Some(face) = &look.face {
            face.draw(t, &self.stock, &mut radiance, width);
        }
        for (block, at) in &look.texts {
            // On black there is nothing to hold back.
            match look.face {
                Some(_) => block.lay(*at, usize::MAX, &self.stock, &mut radiance, width),
                None => block.ink(*at, usize::MAX, INK, &self.stock, &mut radiance, width),
            }
        }
        radiance
    }
}

impl Face {
    /// Draws the face into its panel, `t` 0..1 of its card's time on.
    fn draw(&self, t: f32, stock: &Stock, radiance: &mut [f32], width: usize) {
        let [left, top, panel_width, panel_height] = self.panel;
        // The portrait was scaled for the end of the push; before, it is a little smaller.
        let scale = (1.0 + PUSH * t) / (1.0 + PUSH);
        let (centre_x, centre_y) = (left + panel_width / 2.0, top + panel_height * FACE_HEIGHT);
        let (from_x, from_y) = (self.portrait.width as f32 / 2.0, self.portrait.height as f32 * self.anchor(scale));
        for (y, row) in radiance.chunks_exact_mut(width).enumerate() {
            for (x, value) in row.iter_mut().enumerate() {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let within = px >= left && px < left + panel_width && py >= top && py < top + panel_height;
                if !within {
                    continue;
                }
                let print = self.portrait.at(from_x + (px - centre_x) / scale, from_y + (py - centre_y) / scale);
                let share = self.presence(px);
                *value = (stock.radiance_of)(BLACK + (print.max(BLACK) - BLACK) * share);
            }
        }
    }

    /// The height in the portrait, as a share, that comes to lie at [`FACE_HEIGHT`] of the panel: faces are in the upper part of portraits,
    /// but nothing beyond the portrait's edges may show.
    fn anchor(&self, scale: f32) -> f32 {
        let shown = self.panel[3] / scale / self.portrait.height as f32;
        let (least, most) = (shown * FACE_HEIGHT, 1.0 - shown * (1.0 - FACE_HEIGHT));
        FACE_HEIGHT.clamp(least.min(most), most.max(least))
    }

    /// How much of the face is there in a column: it fades into the black on both sides, slowly towards the name.
    fn presence(&self, x: f32) -> f32 {
        if self.fade_px == 0.0 {
            return 1.0;
        }
        let [left, _, panel_width, _] = self.panel;
        let from_inner = if self.fade_px > 0.0 { left + panel_width - x } else { x - left };
        let faded = |from_edge: f32, over: f32| {
            let t = (from_edge / over).clamp(0.0, 1.0);
            t * t * (3.0 - 2.0 * t)
        };
        let fade_px = self.fade_px.abs();
        faded(from_inner, fade_px) * faded(panel_width - from_inner, fade_px * OUTER_FADE)
    }
}

/// Columns over which a face's outer edge fades, as a share of the inner one's.
const OUTER_FADE: f32 = 0.4;

/// Height of the eyes in a portrait and in the picture, as a share from the top.
const FACE_HEIGHT: f32 = 0.42;

/// A portrait that would lose more than this share of itself fills a part of the picture instead of all of it.
const MOST_LOST: f32 = 0.42;

/// A performer's face with the name, or the name alone.
fn performer_look(performer: &Performer, index: usize, size: Size, typesetter: &mut Typesetter) -> Result<Look, Error> {
    let Some(portrait) = &performer.portrait else {
        let block = fitted(&performer.name, 0.105, Align::Centre, safe(size), size, typesetter)?;
        let texts = vec![centred(block, size)];
        return Ok(Look { face: None, texts });
    };
    let (width, height) = (size.width as f32, size.height as f32);
    let kept = (portrait.aspect() / size.aspect()).min(size.aspect() / portrait.aspect());
    let [safe_left, safe_top, safe_width, safe_height] = safe(size);
    if 1.0 - kept <= MOST_LOST || size.aspect() < portrait.aspect() {
        let face = placed(portrait, [0.0, 0.0, width, height], 0.0);
        let block = fitted(&performer.name, 0.075, Align::Left, [safe_left, safe_top, safe_width * 0.8, safe_height], size, typesetter)?;
        let at = [safe_left.round() as i32, (safe_top + safe_height - block.height_px).round() as i32];
        return Ok(Look { face: Some(face), texts: vec![(block, at)] });
    }
    // Faces stand on the left and on the right by turns, their names in the black beside them.
    let panel_width = (height * portrait.aspect()).min(0.62 * width);
    let on_left = index.is_multiple_of(2);
    let left = if on_left { 0.06 * width } else { 0.94 * width - panel_width };
    let face = placed(portrait, [left, 0.0, panel_width, height], if on_left { 1.0 } else { -1.0 } * 0.35 * panel_width);
    let gap = 0.02 * width;
    let room = match on_left {
        true => [left + panel_width + gap, safe_left + safe_width],
        false => [safe_left, left - gap],
    };
    let align = if on_left { Align::Left } else { Align::Right };
    let block = fitted(&performer.name, 0.085, align, [room[0], safe_top, room[1] - room[0], safe_height], size, typesetter)?;
    let x = if on_left { room[0] } else { room[1] - block.width_px };
    let y = 0.66 * height - block.height_px / 2.0;
    Ok(Look { face: Some(face), texts: vec![(block, [x.round() as i32, y.round() as i32])] })
}

/// A portrait scaled to cover a panel, its edge fading over some pixels towards the right (positive) or left.
fn placed(portrait: &Portrait, panel: [f32; 4], fade_px: f32) -> Face {
    let height = panel[3].max(panel[2] / portrait.aspect()) * (1.0 + PUSH);
    Face { portrait: portrait.scaled_to(height.ceil() as usize + 1), panel, fade_px }
}

/// The title, and under it whom the film is by.
fn title_look(credits: &Credits, size: Size, typesetter: &mut Typesetter) -> Result<Look, Error> {
    let mut texts = Vec::new();
    if credits.title.is_empty() {
        return Ok(Look { face: None, texts });
    }
    let title = fitted(&credits.title, 0.15, Align::Centre, safe(size), size, typesetter)?;
    let by = match credits.by.is_empty() {
        true => None,
        false => Some(fitted(&credits.by, 0.052, Align::Centre, safe(size), size, typesetter)?),
    };
    // The title stands in the middle; what is under it doesn't push it up.
    let (title, at) = centred(title, size);
    if let Some(by) = by {
        let top = at[1] as f32 + title.height_px + 0.35 * by.height_px;
        let x = (size.width as f32 - by.width_px) / 2.0;
        texts.push((by, [x.round() as i32, top.round() as i32]));
    }
    texts.push((title, at));
    Ok(Look { face: None, texts })
}

fn safe(size: Size) -> [f32; 4] {
    Margins::of(size).safe_px(size)
}

/// A block in the middle of the picture.
fn centred(block: Block, size: Size) -> (Block, [i32; 2]) {
    let x = (size.width as f32 - block.width_px) / 2.0;
    let y = (size.height as f32 - block.height_px) / 2.0;
    (block, [x.round() as i32, y.round() as i32])
}

/// Sets a text as large as asked, a share of the shorter side, or as much smaller as it takes for it to fit an area in three lines without
/// a word broken.
fn fitted(text: &str, share: f32, align: Align, area: [f32; 4], size: Size, typesetter: &mut Typesetter) -> Result<Block, Error> {
    const LEAST: f32 = 0.2;
    let [_, _, width_px, height_px] = area;
    let whole_px = share * size.width.min(size.height) as f32;
    let mut size_px = whole_px;
    loop {
        let style = Style { size_px, width_px, align, tracking: 0.0 };
        let endless = Style { width_px: f32::MAX / 4.0, align: Align::Left, ..style };
        let mut longest_px = 0.0f32;
        for word in text.split_whitespace() {
            longest_px = longest_px.max(typesetter.set(word, &endless)?.width_px);
        }
        let block = typesetter.set_balanced(text, &style)?;
        let fits = longest_px <= width_px && block.lines <= 3 && block.height_px <= height_px;
        if fits || size_px <= whole_px * LEAST {
            return Ok(block);
        }
        size_px *= 0.93;
    }
}

/// Share of a card's time that the title has more than a performer.
const TITLE_SHARE: f64 = 1.4;

/// Shortest card, in seconds.
const SHORTEST_SECS: f64 = 0.4;

/// Places the cuts: one for each performer, the title last. They fall a frame ahead of beats, as the struggle's cuts do, rather of downbeats,
/// and as evenly as the song lets them; exact dynamic programming over the beats of the first five seconds.
fn cut(performers: usize, score: &Score, rate: FrameRate, frames: u64) -> Vec<Card> {
    let shares: Vec<f64> = (0..=performers).map(|i| if i == performers { TITLE_SHARE } else { 1.0 }).collect();
    let whole: f64 = shares.iter().sum();
    let ideal: Vec<f64> = shares.iter().map(|share| OPENING.0 * share / whole).collect();
    let marks = marks(score, &ideal);

    // best[card][mark]: least cost of the cards up to this one if the card ends at the mark, and where it began.
    let cost_of = |card: usize, from: f64, to: f64| {
        let length = to - from;
        if length < SHORTEST_SECS { f64::INFINITY } else { ((length - ideal[card]) / ideal[card]).powi(2) }
    };
    let mut best: Vec<Vec<(f64, usize)>> = Vec::new();
    for card in 0..performers {
        let ends = marks.iter().map(|&(to, fault)| {
            let begun = |before: usize| match card {
                0 => cost_of(0, 0.0, to),
                _ => best[card - 1][before].0 + cost_of(card, marks[before].0, to),
            };
            let from = (0..marks.len()).map(|before| (begun(before), before)).min_by(|a, b| a.0.total_cmp(&b.0));
            from.map_or((f64::INFINITY, 0), |(cost, before)| (cost + fault, before))
        });
        let ends = ends.collect();
        best.push(ends);
    }
    let mut cuts = Vec::new();
    if performers > 0 {
        let last = |mark: usize| best[performers - 1][mark].0 + cost_of(performers, marks[mark].0, OPENING.0);
        let mut mark = (0..marks.len()).min_by(|&a, &b| last(a).total_cmp(&last(b))).unwrap_or(0);
        for card in (0..performers).rev() {
            cuts.push(rate.frame_at(Secs(marks[mark].0)).saturating_sub(1).max(1));
            mark = best[card][mark].1;
        }
        cuts.reverse();
    }
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([frames]);
    starts.zip(ends).enumerate().map(|(i, (first, end))| Card { first, end, performer: (i < performers).then_some(i) }).collect()
}

/// Times within the opening at which a cut may fall, with what each costs: downbeats, beats, half beats, and even parts for a song that has
/// none of them where they are needed.
fn marks(score: &Score, ideal: &[f64]) -> Vec<(f64, f64)> {
    const BEAT: f64 = 0.08;
    const HALF_BEAT: f64 = 0.35;
    const NONE: f64 = 2.0;
    let downbeat = |at: f64| score.bars.iter().any(|bar| (bar.start.0 - at).abs() < 0.02);
    let within = |at: f64| (SHORTEST_SECS..=OPENING.0 - SHORTEST_SECS).contains(&at);
    let beats: Vec<f64> = score.beats.iter().map(|beat| beat.0).take_while(|&at| at < OPENING.0 + 4.0).collect();
    let mut marks: Vec<(f64, f64)> =
        beats.iter().filter(|&&at| within(at)).map(|&at| (at, if downbeat(at) { 0.0 } else { BEAT })).collect();
    let halves = beats.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).filter(|&at| within(at));
    marks.extend(halves.map(|at| (at, HALF_BEAT)));
    let mut even = 0.0;
    for length in &ideal[..ideal.len() - 1] {
        even += length;
        marks.push((even, NONE));
    }
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::{Bar, Bpm, Curve, Lufs, Section, TrackInfo};

    const PLAIN: Stock = Stock { print_of: |radiance| radiance.clamp(0.0, 1.0), radiance_of: |print| print };
    const SIZE: Size = Size { width: 320, height: 180 };

    /// A score of beats `beat_secs` apart in bars of four.
    fn score(beat_secs: f64, length_secs: f64) -> Score {
        let count = (length_secs / beat_secs) as usize;
        let beats: Vec<Secs> = (0..count).map(|i| Secs(i as f64 * beat_secs)).collect();
        let bar = |i: usize| Bar {
            start: Secs(4.0 * i as f64 * beat_secs),
            end: Secs(4.0 * (i + 1) as f64 * beat_secs),
            section: 0,
            loudness: Lufs(-14.0),
            aggression: 0.5,
            onset_density_hz: 2.0,
            feeling: Default::default(),
        };
        Score {
            track: TrackInfo {
                title: "Song".into(),
                artist: None,
                duration: Secs(length_secs),
                sample_rate_hz: 48_000,
                channels: 2,
                samples: (length_secs * 48_000.0) as u64,
                format: String::new(),
            },
            tempo: Bpm(60.0 / beat_secs),
            pulse_clarity: 1.0,
            beats_per_bar: 4,
            rhythm: Default::default(),
            form: Default::default(),
            beats,
            bars: (0..count.div_ceil(4)).map(bar).collect(),
            sections: vec![Section { first_bar: 0, end_bar: count.div_ceil(4), label: "A".into(), aggression: 0.5 }],
            loudness: Lufs(-14.0),
            onset: Curve { hop_secs: 0.01, values: vec![0.0] },
            aggression: Curve { hop_secs: 0.01, values: vec![0.5] },
            lyrics: Vec::new(),
        }
    }

    fn credits(names: &[&str]) -> Credits {
        let performers = names.iter().map(|name| Performer { name: (*name).into(), portrait: None }).collect();
        Credits { performers, title: "Nobody wins".into(), by: "The trio".into() }
    }

    fn opening(names: &[&str], score: &Score, rate: FrameRate) -> Result<Opening, Error> {
        Opening::new(&credits(names), score, rate, SIZE, PLAIN, &mut Typesetter::new(None).unwrap())
    }

    #[test]
    fn it_is_five_seconds_long_at_every_rate() {
        for (rate, frames) in [
            (FrameRate::whole(24), 120),
            (FrameRate::whole(25), 125),
            (FrameRate::whole(30), 150),
            (FrameRate { num: 24_000, den: 1001 }, 120),
            (FrameRate { num: 30_000, den: 1001 }, 150),
        ] {
            let opening = opening(&["Ada", "Ben"], &score(0.5, 30.0), rate).unwrap();
            assert_eq!(opening.frames, frames);
            assert!((rate.start_of(opening.frames).0 - 5.0).abs() <= rate.frame_secs() / 2.0);
            assert_eq!((opening.cards[0].first, opening.cards[2].end), (0, frames));
            assert!(opening.cards.windows(2).all(|pair| pair[0].end == pair[1].first && pair[0].first < pair[0].end));
        }
    }

    #[test]
    fn every_cut_falls_a_frame_ahead_of_a_beat() {
        let rate = FrameRate::whole(24);
        for beat_secs in [0.35, 0.5, 0.6, 0.92] {
            let score = score(beat_secs, 40.0);
            for names in [&["Ada"][..], &["Ada", "Ben"], &["Ada", "Ben", "Cem", "Dan"]] {
                let opening = opening(names, &score, rate).unwrap();
                assert_eq!(opening.cards.len(), names.len() + 1);
                for card in &opening.cards[1..] {
                    let half_beats = rate.start_of(card.first + 1).0 / beat_secs * 2.0;
                    let late_secs = (half_beats - half_beats.round()).abs() * beat_secs / 2.0;
                    assert!(late_secs <= rate.frame_secs() + 1e-9, "{beat_secs} {names:?} {card:?} {late_secs}");
                    assert!(card.end - card.first >= 9, "{card:?}");
                }
            }
        }
        // On downbeats where these part the time well.
        let cards = opening(&["Ada", "Ben"], &score(0.4, 40.0), rate).unwrap().cards;
        assert_eq!([cards[1].first, cards[2].first], [rate.frame_at(Secs(1.6)) - 1, rate.frame_at(Secs(3.2)) - 1]);
    }

    #[test]
    fn every_card_shows_type_on_black_and_no_two_are_alike() {
        let opening = opening(&["Ada", "Ben"], &score(0.5, 30.0), FrameRate::whole(24)).unwrap();
        let pictures: Vec<Vec<f32>> = opening.cards.iter().map(|card| opening.radiance(card.first)).collect();
        for picture in &pictures {
            let inked = picture.iter().filter(|print| **print > 0.5).count();
            assert!(inked > 50 && inked < SIZE.pixels() / 8, "{inked}");
            assert!(picture[0] < 0.01);
        }
        assert!(pictures[0] != pictures[1] && pictures[1] != pictures[2]);
    }

    #[test]
    fn a_face_fills_its_card_and_comes_nearer() {
        // White above, grey below, so that a crop shows.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("face.png");
        image::GrayImage::from_fn(300, 400, |x, y| image::Luma([if (x / 20 + y / 20) % 2 == 0 { 220 } else { 30 }])).save(&path).unwrap();
        let portrait = Portrait::read(&path, "f").unwrap();
        for size in [SIZE, Size { width: 180, height: 320 }, Size { width: 200, height: 200 }, Size { width: 430, height: 180 }] {
            let credits = Credits { performers: vec![Performer { name: "Ada".into(), portrait: Some(portrait.clone()) }], ..credits(&[]) };
            let rate = FrameRate::whole(24);
            let opening = Opening::new(&credits, &score(0.5, 30.0), rate, size, PLAIN, &mut Typesetter::new(None).unwrap()).unwrap();
            let (first, last) = (opening.radiance(0), opening.radiance(opening.cards[0].end - 1));
            assert_ne!(first, last);
            // The whole height of some column belongs to the face: nothing beyond the portrait's edges shows.
            let width = size.width as usize;
            let bright = (0..size.height as usize).map(|y| (0..width).any(|x| first[y * width + x] > 0.3)).filter(|lit| *lit).count();
            assert!(bright * 10 >= size.height as usize * 9, "{size}: {bright}");
        }
    }

    #[test]
    fn a_face_beside_its_name_has_no_hard_edge() {
        // Bright above, dark below, so that grading finds something to keep.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("face.png");
        image::GrayImage::from_fn(300, 400, |_, y| image::Luma([if y < 200 { 220 } else { 30 }])).save(&path).unwrap();
        let portrait = Some(Portrait::read(&path, "f").unwrap());
        let performers = ["Ada", "Ben"].map(|name| Performer { name: name.into(), portrait: portrait.clone() }).into();
        let credits = Credits { performers, ..credits(&[]) };
        let opening =
            Opening::new(&credits, &score(0.5, 30.0), FrameRate::whole(24), SIZE, PLAIN, &mut Typesetter::new(None).unwrap()).unwrap();
        let width = SIZE.width as usize;
        for card in &opening.cards[..2] {
            // The top row has no type.
            let row = &opening.radiance((card.first + card.end) / 2)[..width];
            let brightest = row.iter().copied().fold(0.0, f32::max);
            let steepest = row.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(brightest > 0.5 && steepest < 0.2 * brightest, "{brightest} {steepest}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let rate = FrameRate::whole(24);
        let names = ["A"; MOST_PERFORMERS + 1];
        assert!(matches!(opening(&names, &score(0.5, 30.0), rate), Err(Error::TooManyPerformers { count: 7, most: 6 })));
        assert!(opening(&names[..MOST_PERFORMERS], &score(0.5, 30.0), rate).is_ok());
        assert!(matches!(opening(&[], &score(0.5, 5.0), rate), Err(Error::TooShort { .. })));
        let long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz";
        assert!(opening(&[long], &score(0.5, 30.0), rate).is_ok());
    }
}
