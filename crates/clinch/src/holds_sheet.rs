//! All holds in a picture: each led by either person and seen from two sides, with what its file says of it.

use crate::{cast_sheet::View, sheet::Sheet};
use anyhow::{Context, Result};
use clinch_light::Studio;
use clinch_model::{
    Cast, ContactKind, Expression, Hold, HoldKind, Level, PersonSample, Phrase, Progress, Quality, Secs, Segment, Size, Story, Who,
    performance::EXPRESSIONS,
};
use clinch_perform::choreography::{Choreography, SolvedHold};
use embedded_graphics::mono_font::{
    MonoFont,
    ascii::{FONT_7X13, FONT_9X15, FONT_10X20},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use serde::Serialize;
use std::f64::consts::PI;

/// Size of a still, in pixels.
const STILL: Size = Size { width: 270, height: 290 };
/// Stills of a hold: two sides for each leader.
const STILLS: u32 = 4;
/// Height of the type under a hold's stills, and space between cards, in pixels.
const TYPE: u32 = 118;
const GAP: u32 = 24;
/// Cards side by side.
const COLUMNS: u32 = 3;
/// Angles from which holds are seen, `[yaw, pitch]` in degrees: nearly across the pair, and past one's shoulder from above.
const SIDES: [[f32; 2]; 2] = [[72.0, 8.0], [-40.0, 22.0]];

/// What is said of a hold besides its postures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoldFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// A sentence for people.
    pub meaning: &'a str,
    /// How high the two are.
    pub level: Level,
    /// What kind of thing it is.
    pub kind: HoldKind,
    /// How far its leader controls the other, 0..1.
    pub leverage: f64,
    /// Least and greatest intensity, 0..1.
    pub effort: [f64; 2],
    /// Time of the move into it.
    pub enter_secs: f64,
    /// Way along the leader's facing, a second.
    pub travel_m_per_sec: f64,
    /// What a sudden effort of each is.
    pub accent: clinch_model::Accents,
    /// What may follow.
    pub next: &'a [String],
    /// What it may follow.
    pub after: Vec<&'a str>,
}

/// What is said of each hold, in their order.
pub fn facts(holds: &[Hold]) -> Vec<HoldFacts<'_>> {
    holds
        .iter()
        .map(|hold| HoldFacts {
            name: &hold.name,
            meaning: &hold.meaning,
            level: hold.level,
            kind: hold.kind,
            leverage: hold.leverage,
            effort: hold.effort,
            enter_secs: hold.enter_secs,
            travel_m_per_sec: hold.travel_m_per_sec,
            accent: hold.accent,
            next: &hold.next,
            after: holds.iter().filter(|other| other.next.contains(&hold.name)).map(|other| other.name.as_str()).collect(),
        })
        .collect()
}

/// Draws every hold.
///
/// # Errors
/// Where a hold can't be solved for these bodies or a still can't be lit.
pub fn draw(holds: &[Hold], cast: &Cast, quality: Quality, seed: u64, progress: Progress) -> Result<Sheet> {
    // Solving takes about a third of the time.
    const SOLVING: f64 = 0.3;
    let solved: Vec<[SolvedHold; 2]> = solve(holds, cast, &|share| progress(SOLVING * share))?;
    let columns = COLUMNS.min(holds.len() as u32).max(1);
    let rows = (holds.len() as u32).div_ceil(columns);
    let card = Size { width: STILLS * STILL.width + GAP, height: STILL.height + TYPE + GAP };
    let mut sheet = Sheet::black(Size { width: GAP + columns * card.width, height: GAP + rows * card.height });
    let mut studio = Studio::new(cast, &clinch_light::Options { size: STILL, quality, grain: 0.0, weave: 0.0, seed })?;
    let mut luma = Vec::new();
    for (i, (hold, solved)) in holds.iter().zip(&solved).enumerate() {
        let (left, top) = (GAP + i as u32 % columns * card.width, GAP + i as u32 / columns * card.height);
        for (still, (solved, side)) in solved.iter().flat_map(|solved| SIDES.map(|side| (solved, side))).enumerate() {
            let people = Who::BOTH.map(|who| state(cast, hold, solved, who));
            let view = View::of_all(cast, &people, STILL, side);
            studio.portrait(&people.map(Some), &view.camera(), STILL, &mut luma)?;
            sheet.paste(&luma, STILL, left + still as u32 * STILL.width, top);
            progress(SOLVING + (1.0 - SOLVING) * (4 * i + still + 1) as f64 / (4 * holds.len()) as f64);
        }
        for (who, leads_left) in Who::BOTH.into_iter().zip([left, left + 2 * STILL.width]) {
            sheet.write_line(&FONT_7X13, &format!("{who} leads"), leads_left as i32 + 8, top as i32 + 6, 255);
        }
        write(&mut sheet, hold, left as i32, (top + STILL.height) as i32 + 8, card.width as i32 - GAP as i32);
    }
    Ok(sheet)
}

/// `[hold][leader]`: the holds solved for these bodies.
fn solve(holds: &[Hold], cast: &Cast, progress: Progress) -> Result<Vec<[SolvedHold; 2]>> {
    let done = std::sync::atomic::AtomicUsize::new(0);
    holds
        .par_iter()
        .map(|hold| {
            let choreography = Choreography::new(&alone(hold), cast).with_context(|| format!("the hold `{}` can't be drawn", hold.name))?;
            let of = |who: Who| choreography.solved(&hold.name, who).cloned().with_context(|| format!("`{}` wasn't solved", hold.name));
            let solved = [of(Who::Cop)?, of(Who::Kid)?];
            progress((done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1) as f64 / holds.len() as f64);
            Ok(solved)
        })
        .collect()
}

/// The shortest story in which each leads a hold once.
fn alone(hold: &Hold) -> Story {
    // Room for any move and two breaths.
    const PHRASE_SECS: f64 = 6.0;
    let phrase = |i: usize, leader: Who| Phrase {
        first_bar: i,
        end_bar: i + 1,
        start: Secs(i as f64 * PHRASE_SECS),
        end: Secs((i + 1) as f64 * PHRASE_SECS),
        hold: hold.name.clone(),
        leader,
        leverage: leader.sign() * hold.leverage,
        intensity: hold.effort[1],
        place_m: Vec2::ZERO,
        heading_rad: if leader == Who::Cop { 0.0 } else { PI },
    };
    Story {
        seed: 0,
        duration: Secs(2.0 * PHRASE_SECS),
        phrases: vec![phrase(0, Who::Cop), phrase(1, Who::Kid)],
        events: Vec::new(),
        leverage: Vec::new(),
        intensity: Vec::new(),
        holds: vec![Hold { travel_m_per_sec: 0.0, ..hold.clone() }],
        fatigue: 0.7,
    }
}

/// A person in a hold, as hard at it as the hold allows.
fn state(cast: &Cast, hold: &Hold, solved: &SolvedHold, who: Who) -> PersonSample {
    let other = cast.person(who.other()).skeleton.place(&solved.poses[who.other().index()])[Segment::Head.index()];
    let leads = who == solved.leader;
    let mut expression = [0.0; EXPRESSIONS];
    let effort = hold.effort[1] as f32;
    if hold.kind == HoldKind::Rest {
        expression[Expression::Exhaustion.index()] = 0.8;
    } else {
        expression[Expression::Effort.index()] = if leads { effort * 0.8 } else { effort * 0.6 };
    }
    let grips = |hand: Segment| {
        let closed = solved.contacts.iter().any(|c| c.who == who && c.part == hand && c.kind == ContactKind::Grip);
        if closed { 1.0 } else { 0.25 }
    };
    PersonSample {
        pose: solved.poses[who.index()],
        breath: 0.1,
        effort: effort * 0.7,
        fatigue: 0.7,
        assist_n: 0.0,
        grip: [grips(Segment::HandL), grips(Segment::HandR)],
        gaze_m: other.point(Vec3::new(0.0, 0.1, 0.1)),
        expression,
        blink: 0.0,
    }
}

/// What a hold's file says, under its stills.
fn write(sheet: &mut Sheet, hold: &Hold, left: i32, top: i32, width: i32) {
    let word = |value: String| value.to_lowercase();
    let mut facts = vec![
        word(format!("{:?} {:?}", hold.level, hold.kind)),
        format!("leverage {:.2}", hold.leverage),
        format!("effort {:.2} to {:.2}", hold.effort[0], hold.effort[1]),
        format!("move in {:.1} s", hold.enter_secs),
    ];
    if hold.travel_m_per_sec != 0.0 {
        facts.push(format!("goes {:+.2} m/s", hold.travel_m_per_sec));
    }
    if hold.kind != HoldKind::Rest {
        facts.push(word(format!("accents: {:?} / {:?}", hold.accent.leader, hold.accent.follower)));
    }
    let mut y = top;
    let mut lines = |font: &MonoFont, text: &str, high: i32, grey: u8| {
        for line in broken(text, (width / font.character_size.width as i32) as usize) {
            sheet.write_line(font, &line, left, y, grey);
            y += high;
        }
    };
    lines(&FONT_10X20, &hold.name, 23, 255);
    lines(&FONT_9X15, &hold.meaning, 17, 200);
    lines(&FONT_7X13, &facts.join("   "), 16, 255);
    lines(&FONT_7X13, &format!("then: {}", hold.next.join(", ")), 14, 160);
}

/// Text in lines of at most so many characters.
fn broken(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => *line = format!("{line} {word}"),
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_holds_of_a_coarse_cast_are_drawn_with_their_type() {
        let holds: Vec<Hold> =
            clinch_plot::holds().unwrap().into_iter().filter(|hold| ["lean", "side-pin"].contains(&hold.name.as_str())).collect();
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        let sheet = draw(&holds, &cast, Quality::Draft, 1, &|_| {}).unwrap();
        let card = STILLS * STILL.width + GAP;
        assert_eq!(sheet.size.width, GAP + 2 * card);
        for i in 0..2 {
            let columns = (GAP + i * card) as usize..((i + 1) * card) as usize;
            let lit = |rows: std::ops::Range<u32>| {
                rows.map(|row| sheet.luma[row as usize * sheet.size.width as usize..][columns.clone()].iter().filter(|&&v| v > 90).count())
                    .sum::<usize>()
            };
            assert!(lit(GAP..GAP + STILL.height) > 5000 && lit(GAP + STILL.height..GAP + STILL.height + TYPE) > 500);
        }
    }

    #[test]
    fn the_longest_words_of_every_hold_fit_under_its_stills() {
        let width = (STILLS * STILL.width) as usize;
        for hold in clinch_plot::holds().unwrap() {
            let then = broken(&format!("then: {}", hold.next.join(", ")), width / 7).len() * 14;
            assert!(8 + 23 + broken(&hold.meaning, width / 9).len() * 17 + 16 + then <= TYPE as usize, "{}", hold.name);
        }
    }

    #[test]
    fn what_a_hold_follows_is_whose_next_names_it() {
        let holds = clinch_plot::holds().unwrap();
        for fact in facts(&holds) {
            for before in &fact.after {
                assert!(holds.iter().any(|hold| hold.name == *before && hold.next.contains(&fact.name.to_string())));
            }
            assert!(!fact.after.is_empty());
        }
    }
}
