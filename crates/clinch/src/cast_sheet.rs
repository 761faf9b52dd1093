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
    ascii::{FONT_6X10, FONT_10X20},
};
use glam::{Quat, Vec3};

/// The size of a sheet where nobody asks for one: a face is some 300 pixels high.
pub const DEFAULT_SIZE: Size = Size { width: 2560, height: 1440 };
/// The smallest sheet: below, the type no longer fits.
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
struct View {
    target_m: Vec3,
    distance_m: f32,
    /// Height of what the picture holds at the target.
    field_m: f32,
    /// Angle round the target from its front (+z) towards its left side (+x), and upward.
    yaw_deg: f32,
    pitch_deg: f32,
}

impl View {
    fn camera(&self) -> CameraPose {
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

/// Type that suits a sheet's width, and the height of its lines in pixels.
fn type_for(size: Size) -> (&'static MonoFont<'static>, u32) {
    if size.width >= 1600 { (&FONT_10X20, 22) } else { (&FONT_6X10, 11) }
}

/// Both people: full figure from the front and from behind, faces in four states, a gripping hand, and their numbers.
///
/// # Errors
/// Where the size isn't one of a sheet, or a person's surface can't be lit.
pub fn people(cast: &Cast, options: &Options, progress: Progress) -> Result<Sheet> {
    let mut sheet = blank(options.size)?;
    let (font, line) = type_for(options.size);
    let row = options.size.height / 2;
    let mut panels = Vec::new();
    for (top, person) in [0, row].into_iter().zip(&cast.people) {
        panels.extend(figures(person, options.size.width, row - line, top));
        panels.extend(faces(person, options.size.width, row - line, top));
        panels.push(hand(person, options.size.width, row, top));
    }
    take(cast, options, &panels, &mut sheet, progress)?;
    for (top, person) in [0, row].into_iter().zip(&cast.people) {
        let left = across(options.size.width, 2200) + line / 2;
        sheet.write(font, &numbers(person), left, top + row * 9 / 20 + line, line as i32);
    }
    Ok(sheet)
}

/// Both people with every face: blank, then each of [`Expression::ALL`] by itself.
///
/// # Errors
/// As [`people`].
pub fn expressions(cast: &Cast, options: &Options, progress: Progress) -> Result<Sheet> {
    let mut sheet = blank(options.size)?;
    let (_, line) = type_for(options.size);
    let (columns, row) = (EXPRESSIONS as u32 + 1, options.size.height / 2);
    let still = Size { width: options.size.width / columns, height: row - line };
    let mut panels = Vec::new();
    for person in &cast.people {
        let top = row * person.who.index() as u32;
        let shown = std::iter::once(None).chain(Expression::ALL.map(Some));
        panels.extend((0..).zip(shown).map(|(i, shown)| face(person, shown, still, (i * still.width, top), 24.0, 0.22)));
    }
    take(cast, options, &panels, &mut sheet, progress)?;
    Ok(sheet)
}

/// Both people in every posture of [`EXTREMES`].
///
/// # Errors
/// As [`people`].
pub fn postures(cast: &Cast, options: &Options, progress: Progress) -> Result<Sheet> {
    const COLUMNS: u32 = 12;
    let mut sheet = blank(options.size)?;
    let (_, line) = type_for(options.size);
    let rows = EXTREMES.len() as u32 / COLUMNS * 2;
    let cell = Size { width: options.size.width / COLUMNS, height: options.size.height / rows };
    let still = Size { height: cell.height - line, ..cell };
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
    take(cast, options, &panels, &mut sheet, progress)?;
    Ok(sheet)
}

fn blank(size: Size) -> Result<Sheet> {
    if size.width < LEAST_SIZE.width || size.height < LEAST_SIZE.height {
        bail!("a sheet of {size} is too small for its type: ask for a --size of {LEAST_SIZE} or more");
    }
    Ok(Sheet::black(size))
}

/// Takes the pictures and puts them with their captions on the sheet.
fn take(cast: &Cast, options: &Options, panels: &[Panel], sheet: &mut Sheet, progress: Progress) -> Result<()> {
    let (font, line) = type_for(options.size);
    let size = panels.first().map_or(options.size, |panel| panel.size);
    let mut studio = Studio::new(cast, &clinch_light::Options { size, quality: options.quality, grain: 0.0, seed: options.seed })?;
    let mut luma = Vec::new();
    for (i, panel) in panels.iter().enumerate() {
        let people = Who::BOTH.map(|who| (who == panel.who).then_some(panel.state));
        studio.portrait(&people, &panel.view.camera(), panel.size, &mut luma)?;
        sheet.paste(&luma, panel.size, panel.left, panel.top);
        sheet.write(font, std::slice::from_ref(&panel.caption), panel.left + line / 2, panel.top + panel.size.height + 1, line as i32);
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
    grounded(person, &state)
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
    let size = Size { width: across(width, 360), height: row * 9 / 20 - 24 };
    Panel { left: across(width, 2200), top, size, who: person.who, state, view, caption: "closed hand".into() }
}

/// A view that holds a whole person in whatever posture, from half left and above.
fn around(person: &Person, state: &PersonSample, still: Size) -> View {
    let mut posed = clinch_cast::Posed::default();
    clinch_cast::pose(person, state, &mut posed);
    // Whoever lies is looked at from higher up.
    const LYING_M: f32 = 0.9;
    let top_m = posed.position_m.iter().map(|p| p.y).fold(0.0, f32::max);
    let (yaw_deg, pitch_deg, distance_m) = (35.0, if top_m < LYING_M { 38.0 } else { 12.0 }, 6.0);
    let from_camera = View { target_m: Vec3::ZERO, distance_m, field_m: 1.0, yaw_deg, pitch_deg }.camera().turn;
    let seen = posed.position_m.iter().map(|p| from_camera.inverse() * *p);
    let (low, high) = seen.fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
    if !(high - low).is_finite() {
        return View { target_m: Vec3::Y, distance_m, field_m: 2.0, yaw_deg, pitch_deg };
    }
    // Perspective makes near limbs larger; the margin covers that.
    let field_m = 1.15 * (high.y - low.y).max((high.x - low.x) / still.aspect());
    View { target_m: from_camera * ((low + high) / 2.0), distance_m, field_m, yaw_deg, pitch_deg }
}

/// What there is to say of a person in figures.
fn numbers(person: &Person) -> Vec<String> {
    let surface = &person.surface;
    let mut lines = vec![
        format!("{:.2} m  {:.1} kg", person.height_m, person.mass_kg),
        format!("{} triangles", surface.triangles.len()),
        format!("{} vertices", surface.position_m.len()),
        format!("{} bones  {} materials", surface.bones.len(), surface.materials.len()),
        String::new(),
    ];
    for segment in Segment::ALL {
        let (mass_kg, share) = (person.skeleton.mass_kg[segment.index()], 100.0 / person.skeleton.total_mass_kg());
        // One side stands for both.
        if segment.mirrored() == segment || segment.index() < segment.mirrored().index() {
            let name = format!("{segment:?}");
            let name = if segment.mirrored() == segment { &name[..] } else { name.trim_end_matches('L') };
            lines.push(format!("{:<9}{:>5.1} kg {:>4.1} %", name.to_lowercase(), mass_kg, mass_kg * share));
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
    fn a_sheet_too_small_for_its_type_is_refused() {
        let cast = clinch_cast::cast(&Default::default(), &clinch_cast::Options { fine: false }).unwrap();
        let options = Options { size: Size { width: 200, height: 100 }, quality: Quality::Draft, seed: 1 };
        assert!(people(&cast, &options, &|_| {}).unwrap_err().to_string().contains("--size of 640x360"));
    }
}
