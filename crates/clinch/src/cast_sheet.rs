//! Pictures of the two people outside the film, to judge them by: figures, faces, hands and numbers on one sheet, every expression and extreme
//! postures on two more.

use crate::sheet::Sheet;
use anyhow::{Result, bail};
use clinch_cast::extremes::{EXTREMES, grounded};
use clinch_light::Studio;
use clinch_model::{
    CameraPose, Cast, Expression, Person, PersonSample, Progress, Quality, SEGMENTS, Segment, Size, Who, performance::EXPRESSIONS,
};
use embedded_graphics::mono_font::{
    MonoFont,
    ascii::{FONT_4X6, FONT_5X7, FONT_6X10, FONT_7X13, FONT_9X15, FONT_10X20},
};
use glam::{Quat, Vec3};

/// The size of a sheet where nobody asks for one: a face is some 300 pixels high.
pub const DEFAULT_SIZE: Size = Size { width: 2560, height: 1440 };
/// The smallest sheet: below, the smallest type no longer fits.
const LEAST_SIZE: Size = Size { width: 640, height: 360 };

/// How a sheet is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Size of the whole sheet.
    pub size: Size,
    /// How much time it may take.
    pub quality: Quality,
    /// Seed of the picture's sampling.
    pub seed: u64,
}

/// A camera's place around what it looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    target_m: Vec3,
    distance_m: f32,
    /// Height of what the picture holds at the target.
    field_m: f32,
    /// Angle round the target from its front (+z) towards its left side (+x), and upward.
    yaw_deg: f32,
    pitch_deg: f32,
}

impl View {
    pub fn camera(&self) -> CameraPose {
        let turn = Quat::from_rotation_y(self.yaw_deg.to_radians()) * Quat::from_rotation_x(-self.pitch_deg.to_radians());
        CameraPose {
            eye_m: self.target_m + turn * Vec3::Z * self.distance_m,
            turn,
            vfov_rad: 2.0 * (self.field_m / 2.0 / self.distance_m).atan(),
            focus_m: self.distance_m,
            aperture_m: 0.0,
        }
    }
}

impl View {
    /// A view of both people wholly, from a side `[yaw, pitch]` in degrees.
    pub fn of_all(cast: &Cast, people: &[PersonSample; 2], still: Size, side: [f32; 2]) -> Self {
        let mut points_m = Vec::new();
        let mut posed = clinch_cast::Posed::default();
        for (person, state) in cast.people.iter().zip(people) {
            clinch_cast::pose(person, state, &mut posed);
            points_m.extend_from_slice(&posed.position_m);
        }
        Self::holding(&points_m, still, side)
    }

    /// A view that holds all points.
    fn holding(points_m: &[Vec3], still: Size, [yaw_deg, pitch_deg]: [f32; 2]) -> Self {
        let distance_m = 6.0;
        let from_camera = View { target_m: Vec3::ZERO, distance_m, field_m: 1.0, yaw_deg, pitch_deg }.camera().turn;
        let seen = points_m.iter().map(|p| from_camera.inverse() * *p);
        let (low, high) = seen.fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
        if !(high - low).is_finite() {
            return View { target_m: Vec3::Y, distance_m, field_m: 2.0, yaw_deg, pitch_deg };
        }
        // Perspective makes near limbs larger; the margin covers that.
        let field_m = 1.15 * (high.y - low.y).max((high.x - low.x) / still.aspect());
        View { target_m: from_camera * ((low + high) / 2.0), distance_m, field_m, yaw_deg, pitch_deg }
    }
}

/// One picture of a sheet: where it goes, whom it shows and from where.
struct Panel {
    left: u32,
    top: u32,
    size: Size,
    who: Who,
    state: PersonSample,
    view: View,
    caption: String,
}

/// Type, and the height of its lines in pixels.
#[derive(Clone, Copy)]
struct Type {
    font: &'static MonoFont<'static>,
    line: u32,
}

/// From large to small.
const TYPES: [Type; 6] = [
    Type { font: &FONT_10X20, line: 22 },
    Type { font: &FONT_9X15, line: 16 },
    Type { font: &FONT_7X13, line: 14 },
    Type { font: &FONT_6X10, line: 11 },
    Type { font: &FONT_5X7, line: 8 },
    Type { font: &FONT_4X6, line: 6 },
];

impl Type {
    /// The largest one in which lines fit between margins in width, and in height; the smallest where none does.
    fn fitting(lines: &[String], width: u32, height: u32) -> Self {
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as u32;
        let fits = |of: &&Type| 2 * of.margin() + longest * of.font.character_size.width <= width && of.line * lines.len() as u32 <= height;
        *TYPES.iter().find(fits).unwrap_or(&TYPES[TYPES.len() - 1])
    }

    /// Type of captions that suits a sheet's width.
    fn of(size: Size) -> Self {
        if size.width >= 1600 { TYPES[0] } else { TYPES[3] }
    }

    /// Distance of text from its picture's left edge, in pixels.
    fn margin(&self) -> u32 {
        self.line / 2
    }

    /// Text broken between words into lines that fit a width in pixels.
    fn broken(&self, text: &str, width: u32) -> Vec<String> {
        let room = ((width - self.margin()) / self.font.character_size.width) as usize;
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let last = lines.len() - 1;
            if lines[last].is_empty() {
                lines[last] = word.into();
            } else if lines[last].len() + 1 + word.len() <= room {
                lines[last] = format!("{} {word}", lines[last]);
            } else {
                lines.push(word.into());
            }
        }
        lines
    }
}

/// Both people: full figure from the front and from behind, faces in four states, a gripping hand, and their numbers.
///
/// # Errors
/// Where the size isn't one of a sheet, or a person's surface can't be lit.
pub fn people(cast: &Cast, options: &Options, progress: Progress) -> Result<Sheet> {
    let mut sheet = blank(options.size)?;
    let captions = Type::of(options.size);
    let row = options.size.height / 2;
    let mut panels = Vec::new();
    for (top, person) in [0, row].into_iter().zip(&cast.people) {
        panels.extend(figures(person, options.size.width, row - captions.line, top));
        panels.extend(faces(person, options.size.width, row - captions.line, top));
        panels.push(hand(person, options.size.width, row, top));
    }
    take(cast, options, &panels, captions, &mut sheet, progress)?;
    for (top, person) in [0, row].into_iter().zip(&cast.people) {
        // Under the hand and its caption, as far as the row goes.
        let (left, lines) = (across(options.size.width, 2200), numbers(person));
        let from = hand_height(row) + captions.line;
        let set = Type::fitting(&lines, options.size.width - left, row - from);
        sheet.write(set.font, &lines, left + set.margin(), top + from, set.line as i32);
    }
    Ok(sheet)
}

/// Both people with every face: blank, then each of [`Expression::ALL`] by itself.
///
/// # Errors
/// As [`people`].
pub fn expressions(cast: &Cast, options: &Options, progress: Progress) -> Result<Sheet> {
    let mut sheet = blank(options.size)?;
    let captions = Type::of(options.size);
    let (columns, row) = (EXPRESSIONS as u32 + 1, options.size.height / 2);
    let still = Size { width: options.size.width / columns, height: row - captions.line };
    let mut panels = Vec::new();
    for person in &cast.people {
        let top = row * person.who.index() as u32;
        let shown = std::iter::once(None).chain(Expression::ALL.map(Some));
        panels.extend((0..).zip(shown).map(|(i, shown)| face(person, shown, still, (i * still.width, top), 24.0, 0.22)));
    }
    take(cast, options, &panels, captions, &mut sheet, progress)?;
    Ok(sheet)
}

/// Both people in every posture of [`EXTREMES`].
///
/// # Errors
/// As [`people`].
pub fn postures(cast: &Cast, options: &Options, progress: Progress) -> Result<Sheet> {
    const COLUMNS: u32 = 12;
    let mut sheet = blank(options.size)?;
    let rows = EXTREMES.len() as u32 / COLUMNS * 2;
    let cell = Size { width: options.size.width / COLUMNS, height: options.size.height / rows };
    let names = EXTREMES.each_ref().map(|extreme| extreme.name.to_string());
    let captions = Type::fitting(&names, cell.width, u32::MAX);
    let lines = names.iter().map(|name| captions.broken(name, cell.width).len()).max().unwrap_or(1) as u32;
    let still = Size { height: cell.height - captions.line * lines, ..cell };
    let mut panels = Vec::new();
    for (i, extreme) in EXTREMES.iter().enumerate() {
        for person in &cast.people {
            // The two stand one above the other.
            let (column, row) = (i as u32 % COLUMNS, i as u32 / COLUMNS * 2 + person.who.index() as u32);
            let state = extreme.state(person);
            let view = around(person, &state, still);
            let caption = extreme.name.to_string();
            panels.push(Panel { left: column * cell.width, top: row * cell.height, size: still, who: person.who, state, view, caption });
        }
    }
    take(cast, options, &panels, captions, &mut sheet, progress)?;
    Ok(sheet)
}

fn blank(size: Size) -> Result<Sheet> {
    if size.width < LEAST_SIZE.width || size.height < LEAST_SIZE.height {
        bail!("a sheet of {size} is too small for its type: ask for a --size of {LEAST_SIZE} or more");
    }
    Ok(Sheet::black(size))
}

/// Takes the pictures and puts them with their captions on the sheet.
fn take(cast: &Cast, options: &Options, panels: &[Panel], captions: Type, sheet: &mut Sheet, progress: Progress) -> Result<()> {
    let size = panels.first().map_or(options.size, |panel| panel.size);
    let mut studio =
        Studio::new(cast, &clinch_light::Options { size, quality: options.quality, grain: 0.0, weave: 0.0, seed: options.seed })?;
    let mut luma = Vec::new();
    for (i, panel) in panels.iter().enumerate() {
        let people = Who::BOTH.map(|who| (who == panel.who).then_some(panel.state));
        studio.portrait(&people, &panel.view.camera(), panel.size, &mut luma)?;
        sheet.paste(&luma, panel.size, panel.left, panel.top);
        let lines = captions.broken(&panel.caption, panel.size.width);
        sheet.write(captions.font, &lines, panel.left + captions.margin(), panel.top + panel.size.height + 1, captions.line as i32);
        progress((i + 1) as f64 / panels.len() as f64);
    }
    Ok(())
}

/// A column of a sheet that is laid out 2560 wide.
fn across(width: u32, at: u32) -> u32 {
    width * at / DEFAULT_SIZE.width
}

/// Standing, with a face.
fn standing(person: &Person, expression: Option<Expression>) -> PersonSample {
    let mut weights = [0.0; EXPRESSIONS];
    if let Some(shown) = expression {
        weights[shown.index()] = 1.0;
    }
    // As hard at work and as spent as one who looks so.
    let (effort, fatigue, breath, blink) = match expression {
        Some(Expression::Effort) => (0.9, 0.8, 0.3, 0.05),
        Some(Expression::Exhaustion) => (0.3, 0.95, -0.4, 0.25),
        Some(_) => (0.4, 0.75, 0.2, 0.05),
        None => (0.0, 0.5, 0.0, 0.0),
    };
    let state = PersonSample {
        pose: person.skeleton.rest(),
        breath,
        effort,
        fatigue,
        assist_n: 0.0,
        grip: [0.25; 2],
        gaze_m: Vec3::new(0.0, 0.93 * person.height_m, 4.0),
        expression: weights,
        blink,
    };
    grounded(person, &arms_beside(person, state))
}

/// The same with arms that hang beside hips and thighs as far as those are wide: in the rest pose a heavy person's hands are within them.
fn arms_beside(person: &Person, mut state: PersonSample) -> PersonSample {
    // Room between hand and thigh, in metres, and steps of looking for it.
    const ROOM_M: f32 = 0.012;
    const STEP_RAD: f32 = 0.03;
    let chain = |segment: Segment| matches!(segment, Segment::UpperArmL | Segment::ForearmL | Segment::HandL);
    let of_hand = |v: usize| {
        let bone = person.surface.skin[v].iter().fold((0, 0.0), |most, w| if w.1 > most.1 { *w } else { most }).0;
        person.surface.bones[usize::from(bone)].segment
    };
    let segments: Vec<Segment> = (0..person.surface.position_m.len()).map(of_hand).collect();
    let mut posed = clinch_cast::Posed::default();
    for step in 0..12 {
        let turn = Quat::from_rotation_z(STEP_RAD * step as f32);
        for segment in Segment::ALL.into_iter().filter(|s| chain(*s)) {
            state.pose.turn[segment.index()] = turn;
            state.pose.turn[segment.mirrored().index()] = turn.inverse();
        }
        clinch_cast::pose(person, &state, &mut posed);
        let hand = || posed.position_m.iter().zip(&segments).filter(|(_, s)| **s == Segment::HandL).map(|(p, _)| *p);
        let (low, high) = hand().fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
        let beside = |p: Vec3, s: Segment| {
            matches!(s, Segment::Pelvis | Segment::ThighL) && (low.y..high.y).contains(&p.y) && (low.z..high.z).contains(&p.z)
        };
        let hips_m = posed.position_m.iter().zip(&segments).filter(|(p, s)| beside(**p, **s)).map(|(p, _)| p.x).fold(0.0, f32::max);
        if low.x > hips_m + ROOM_M {
            break;
        }
    }
    state
}

fn figures(person: &Person, width: u32, height: u32, top: u32) -> [Panel; 2] {
    let state = standing(person, None);
    let (target_m, field_m) = (Vec3::Y * person.height_m * 0.5, person.height_m * 1.12);
    [("front", 0, 18.0), ("back", 300, 198.0)].map(|(caption, column, yaw_deg)| Panel {
        left: across(width, column),
        top,
        size: Size { width: across(width, 300), height },
        who: person.who,
        state,
        view: View { target_m, distance_m: 5.0, field_m, yaw_deg, pitch_deg: 4.0 },
        caption: format!("{}, {caption}", person.who),
    })
}

fn faces(person: &Person, width: u32, height: u32, top: u32) -> [Panel; 4] {
    // Faces from both sides, so that a fault of one half can't hide.
    let shown = [None, Some(Expression::Effort), Some(Expression::Grief), Some(Expression::Exhaustion)];
    std::array::from_fn(|i| {
        let size = Size { width: across(width, 400), height };
        let yaw_deg = if i % 2 == 0 { 32.0 } else { -32.0 };
        face(person, shown[i], size, (across(width, 600 + 400 * i as u32), top), yaw_deg, 0.26)
    })
}

/// A head in a picture `wide_m` wide, seen from `yaw_deg` to its left.
fn face(person: &Person, shown: Option<Expression>, size: Size, (left, top): (u32, u32), yaw_deg: f32, wide_m: f32) -> Panel {
    let mut state = standing(person, shown);
    let head = person.skeleton.place(&state.pose)[Segment::Head.index()];
    let target_m = head.point(Vec3::new(0.0, 0.066, 0.01) * person.height_m);
    let view = View { target_m, distance_m: 1.5, field_m: wide_m / size.aspect(), yaw_deg, pitch_deg: 2.0 };
    // A little past the camera.
    state.gaze_m = target_m + Quat::from_rotation_y(yaw_deg.to_radians() * 0.5) * Vec3::new(0.0, 0.0, 2.0);
    let caption = shown.map_or("blank".into(), |shown| format!("{shown:?}").to_lowercase());
    Panel { left, top, size, who: person.who, state, view, caption }
}

/// Height of the picture of a hand in a row of a sheet.
fn hand_height(row: u32) -> u32 {
    row * 2 / 5
}

/// The right hand, closed as on cloth.
fn hand(person: &Person, width: u32, row: u32, top: u32) -> Panel {
    let mut state = standing(person, Some(Expression::Effort));
    let (arm, elbow) = (Quat::from_rotation_x(-0.6), Quat::from_rotation_x(-1.1));
    for segment in [Segment::UpperArmR, Segment::ForearmR, Segment::HandR] {
        state.pose.turn[segment.index()] = if segment == Segment::UpperArmR { arm } else { arm * elbow };
    }
    state.grip = [1.0; 2];
    let hand = person.skeleton.place(&state.pose)[Segment::HandR.index()];
    let view = View {
        target_m: hand.point(Vec3::new(0.0, -0.02, 0.0) * person.height_m),
        distance_m: 1.2,
        field_m: 0.115 * person.height_m,
        yaw_deg: 58.0,
        pitch_deg: 18.0,
    };
    let size = Size { width: across(width, 360), height: hand_height(row) };
    Panel { left: across(width, 2200), top, size, who: person.who, state, view, caption: "closed hand".into() }
}

/// A view that holds a whole person in whatever posture, from half left and above.
fn around(person: &Person, state: &PersonSample, still: Size) -> View {
    let mut posed = clinch_cast::Posed::default();
    clinch_cast::pose(person, state, &mut posed);
    // Whoever lies is looked at from higher up.
    const LYING_M: f32 = 0.9;
    let top_m = posed.position_m.iter().map(|p| p.y).fold(0.0, f32::max);
    View::holding(&posed.position_m, still, [35.0, if top_m < LYING_M { 38.0 } else { 12.0 }])
}

/// What there is to say of a person in figures.
fn numbers(person: &Person) -> Vec<String> {
    let surface = &person.surface;
    let mut lines = vec![
        format!("{:.2} m  {:.1} kg", person.height_m, person.mass_kg),
        format!("{} triangles", surface.triangles.len()),
        format!("{} vertices", surface.position_m.len()),
        format!("{} bones {} materials", surface.bones.len(), surface.materials.len()),
        format!("{:<8}{:>5}{:>6}", "", "kg", "%"),
    ];
    for segment in Segment::ALL {
        let (mass_kg, share) = (person.skeleton.mass_kg[segment.index()], 100.0 / person.skeleton.total_mass_kg());
        // One side stands for both.
        if segment.mirrored() == segment || segment.index() < segment.mirrored().index() {
            let name = format!("{segment:?}");
            let name = if segment.mirrored() == segment { &name[..] } else { name.trim_end_matches('L') };
            lines.push(format!("{:<8}{:>5.1}{:>6.1}", name.to_lowercase(), mass_kg, mass_kg * share));
        }
    }
    debug_assert!(lines.len() <= 5 + SEGMENTS);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sheets_of_a_coarse_cast_are_filled() {
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        let options = Options { size: LEAST_SIZE, quality: Quality::Draft, seed: 1 };
        let quiet = &|_| {};
        let sheets = [people(&cast, &options, quiet), expressions(&cast, &options, quiet), postures(&cast, &options, quiet)];
        for sheet in sheets.map(Result::unwrap) {
            assert_eq!(sheet.luma.len(), LEAST_SIZE.pixels());
            // Every eighth of the sheet holds something lit.
            for eighth in 0..8 {
                let columns = eighth * 80..(eighth + 1) * 80;
                assert!(sheet.luma.chunks(640).any(|row| row[columns.clone()].iter().any(|&v| v > 90)), "{eighth}");
            }
        }
    }

    #[test]
    fn a_person_in_any_posture_is_wholly_in_the_picture() {
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        let still = Size { width: 200, height: 300 };
        let mut posed = clinch_cast::Posed::default();
        for extreme in &EXTREMES {
            let state = extreme.state(&cast.people[1]);
            let camera = around(&cast.people[1], &state, still).camera();
            clinch_cast::pose(&cast.people[1], &state, &mut posed);
            let outside = posed.position_m.iter().map(|p| camera.project(still.aspect(), *p)).find(|p| p.x.abs().max(p.y.abs()) > 1.0);
            assert!(outside.is_none(), "{}: {outside:?}", extreme.name);
        }
    }

    #[test]
    fn no_text_of_the_sheets_is_wider_or_higher_than_its_place() {
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        let wide = |of: &Type, line: &str| of.margin() + line.len() as u32 * of.font.character_size.width;
        for size in [LEAST_SIZE, Size { width: 1280, height: 720 }, Size { width: 1600, height: 900 }, DEFAULT_SIZE] {
            let (row, lines) = (size.height / 2, numbers(&cast.people[0]));
            let room = Size { width: size.width - across(size.width, 2200), height: row - hand_height(row) - Type::of(size).line };
            let set = Type::fitting(&lines, room.width, room.height);
            assert!(set.line * lines.len() as u32 <= room.height, "{size}: {} lines of {}", lines.len(), set.line);
            assert!(lines.iter().all(|line| wide(&set, line) <= room.width), "{size}");
            let names = EXTREMES.each_ref().map(|extreme| extreme.name.to_string());
            let set = Type::fitting(&names, size.width / 12, u32::MAX);
            for line in names.iter().flat_map(|name| set.broken(name, size.width / 12)) {
                assert!(wide(&set, &line) <= size.width / 12, "{size}: {line}");
            }
        }
    }

    #[test]
    fn a_sheet_too_small_for_its_type_is_refused() {
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        let options = Options { size: Size { width: 200, height: 100 }, quality: Quality::Draft, seed: 1 };
        assert!(people(&cast, &options, &|_| {}).unwrap_err().to_string().contains("--size of 640x360"));
    }
}
