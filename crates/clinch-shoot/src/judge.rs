//! How well each set-up would show each stretch between two cut marks.
//!
//! Costs are in *faults* per two seconds: 1 is what an attentive editor would object to.

use crate::{
    Options,
    edit::Marks,
    scene::{Moment, Scene},
    setup::{GROUND_REACH_M, HALF_FILM_M, LEAST_HEIGHT_M, LENSES_M, MOST_HEIGHT_M, Setup},
};
use clinch_model::{Secs, ShotSize, Who, random::Stream};
use glam::{Mat3, Quat, Vec3};

/// Every how many looks the judge looks: at 12 looks a second, four times a second.
const EVERY: usize = 3;
/// Cost of what must not be: in a body, outside the set, or not both in frame. Finite, so that there is always a cut; the findings tell.
pub(crate) const FORBIDDEN: f32 = 1000.0;
/// Least distance of a lens from a body, in metres: the rule is 0.35, the rest is for what moves between two looks.
const CLEARANCE_M: f32 = 0.45;
/// How much of the frame, from its middle, both must stay within at the shortest lens; the rule is 0.92.
const SAFE: f32 = 0.88;
/// Angle from a face's direction beyond which it isn't seen, in radians.
pub(crate) const FACE_SEEN_RAD: f32 = 75.0 * std::f32::consts::PI / 180.0;

/// `[stretch][setup]`: cost.
pub(crate) type Judged = Vec<Vec<f32>>;

/// Judges every set-up in every stretch.
pub(crate) fn judge(scene: &Scene, setups: &[Setup], marks: &Marks, options: &Options) -> Judged {
    (0..marks.stretches())
        .map(|stretch| {
            let looks = scene.looks(marks.at(stretch), marks.at(stretch + 1));
            let looks: Vec<usize> = if looks.is_empty() { vec![nearest(scene, marks.at(stretch))] } else { looks.step_by(EVERY).collect() };
            let secs = (marks.at(stretch + 1) - marks.at(stretch)).0;
            let cost = |(number, setup): (usize, &Setup)| {
                let seen: f32 = looks.iter().map(|&look| look_cost(&scene.moments[look], setup, look, options.aspect)).sum();
                (seen / looks.len() as f32 + taste(setup, number, marks, stretch, options.seed)) * (secs / 2.0) as f32
            };
            setups.iter().enumerate().map(cost).collect()
        })
        .collect()
}

fn nearest(scene: &Scene, at: Secs) -> usize {
    ((at.0 * scene.hz).round().max(0.0) as usize).min(scene.moments.len() - 1)
}

/// What the music asks for, and what the film simply prefers; drawn anew in each section so that seeds differ.
fn taste(setup: &Setup, number: usize, marks: &Marks, stretch: usize, seed: u64) -> f32 {
    let loud = marks.intensity[stretch] as f32;
    let drawn = Stream::new(seed, &format!("shoot taste {} {number}", marks.section[stretch])).unit() as f32 * 0.25;
    let by_size = match setup.size {
        ShotSize::Two => 0.05,
        // The film opens on two people, not on one.
        ShotSize::Close if stretch == 0 => 1.0,
        // Faces where it is loud and where it is still; the place where something begins.
        ShotSize::Close => 0.25 - 0.3 * (loud - 0.4).abs(),
        ShotSize::Wide if marks.begins_section[stretch] => -0.6,
        ShotSize::Wide => 0.35,
        ShotSize::Low => 0.45 - 0.3 * loud,
        ShotSize::Overhead => 0.55,
    };
    drawn + by_size
}

/// Cost of one set-up at one look.
fn look_cost(moment: &Moment, setup: &Setup, look: usize, aspect: f32) -> f32 {
    let (eye_m, aim_m) = (setup.eye_m.values[look], setup.aim_m.values[look]);
    let outside = eye_m.y < LEAST_HEIGHT_M || eye_m.y > MOST_HEIGHT_M || eye_m.with_y(0.0).length() > GROUND_REACH_M + 0.1;
    if outside || moment.distance_m(eye_m) < CLEARANCE_M {
        return FORBIDDEN;
    }
    match setup.subject {
        Some(who) => close_cost(moment, setup, eye_m, who),
        None => both_cost(moment, setup, eye_m, aim_m, aspect),
    }
}

/// Angle between where a face is turned and where a lens is, in radians.
pub(crate) fn face_angle_rad(moment: &Moment, eye_m: Vec3, who: Who) -> f32 {
    moment.facing[who.index()].angle_between(eye_m - moment.eyes_m[who.index()])
}

fn close_cost(moment: &Moment, setup: &Setup, eye_m: Vec3, who: Who) -> f32 {
    let angle_rad = face_angle_rad(moment, eye_m, who);
    // A face that is turned away needs no look for what hides it.
    let hidden = 3.0 * if angle_rad > FACE_SEEN_RAD { 0.5 } else { moment.hidden(eye_m, who) };
    // Three-quarters is the portrait's own angle; a profile is a fault of a third; beyond it there is no face.
    let turned = if angle_rad > FACE_SEEN_RAD { 1.5 + angle_rad - FACE_SEEN_RAD } else { 0.35 * (angle_rad / FACE_SEEN_RAD).powi(4) };
    // Looking up at a face makes it a victor's; down on it, a victim's: neither without need.
    let slant = 0.25 * (setup.elevation_rad - 0.08).abs() + if setup.elevation_rad < 0.0 { 0.15 } else { 0.0 };
    hidden + turned + slant
}

fn both_cost(moment: &Moment, setup: &Setup, eye_m: Vec3, aim_m: Vec3, aspect: f32) -> f32 {
    let turn = look_along(eye_m, aim_m, setup);
    let needed = slope_needed(moment.promised_m(), eye_m, turn, aspect);
    let widest = HALF_FILM_M / LENSES_M[0];
    if needed > widest * SAFE {
        return FORBIDDEN;
    }
    let whole = slope_needed(moment.whole_m(), eye_m, turn, aspect) / widest;
    let fill = match setup.size {
        // A wide shot is wide only where even the shortest lens leaves air.
        ShotSize::Wide => 3.0 * (whole - 0.60).max(0.0),
        ShotSize::Low | ShotSize::Overhead => 1.0 * (whole - 0.95).max(0.0),
        _ => 0.0,
    };
    let unseen: f32 = Who::BOTH.map(|who| unseen_cost(moment, eye_m, who)).iter().sum();
    let line = moment.line_m();
    let view = (aim_m - eye_m).with_y(0.0).normalize_or_zero();
    // Seen along the line between them one covers the other.
    let covered = if line.length() > 0.2 { line.normalize().dot(view).powi(2) } else { 0.3 };
    let head_height = (moment.head_m[0].y + moment.head_m[1].y) / 2.0;
    let (covered, height) = match setup.size {
        ShotSize::Overhead => (0.0, 0.5 * head_height),
        ShotSize::Low => (0.6 * covered, 0.2),
        ShotSize::Wide => (0.4 * covered, 0.0),
        _ => (0.9 * covered, 0.0),
    };
    fill + if setup.size == ShotSize::Overhead { 0.5 * unseen } else { unseen } + covered + height
}

/// Cost of a face that doesn't read in a framing of both: hidden by the other, or turned away.
fn unseen_cost(moment: &Moment, eye_m: Vec3, who: Who) -> f32 {
    // Beyond a hundred degrees there is only hair.
    const AWAY_RAD: f32 = 1.75;
    let angle_rad = face_angle_rad(moment, eye_m, who);
    if angle_rad > AWAY_RAD { 0.4 + 0.3 * (angle_rad - AWAY_RAD) } else { 0.6 * moment.hidden(eye_m, who) }
}

/// Turn of a camera that looks from one point to another with the horizon level; an overhead one has its own direction as up.
pub(crate) fn look_along(eye_m: Vec3, aim_m: Vec3, setup: &Setup) -> Quat {
    let forward = (aim_m - eye_m).normalize_or(Vec3::NEG_Y);
    let up = if setup.size == ShotSize::Overhead { -crate::setup::direction(setup.azimuth_rad) } else { Vec3::Y };
    let right = forward.cross(up).normalize_or(Vec3::X);
    Quat::from_mat3(&Mat3::from_cols(right, right.cross(forward), -forward)).normalize()
}

/// Tangent of half the vertical field of view that just holds some points; infinite where one is behind the lens.
pub(crate) fn slope_needed(points: impl Iterator<Item = Vec3>, eye_m: Vec3, turn: Quat, aspect: f32) -> f32 {
    let camera_from_world = turn.inverse();
    points.fold(0.0, |needed: f32, point| {
        let p = camera_from_world * (point - eye_m);
        // The camera looks along −z; at 10 cm a point is as good as in the lens.
        if p.z > -0.1 { f32::INFINITY } else { needed.max((p.x.abs() / aspect).max(p.y.abs()) / -p.z) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::CameraPose;

    #[test]
    fn the_slope_that_is_needed_puts_the_outermost_point_on_the_edge() {
        let (eye_m, aspect) = (Vec3::new(3.0, 1.4, -2.0), 1.5);
        let turn = Quat::from_rotation_y(2.2) * Quat::from_rotation_x(-0.1);
        let points = [Vec3::new(0.0, 1.0, 0.0), Vec3::new(0.4, 1.7, 0.3), Vec3::new(-0.5, 0.2, 0.1)];
        let slope = slope_needed(points.into_iter(), eye_m, turn, aspect);
        let camera = CameraPose { eye_m, turn, vfov_rad: 2.0 * slope.atan(), focus_m: 1.0, aperture_m: 0.0 };
        let edge = points.map(|p| camera.project(aspect, p)).iter().fold(0.0_f32, |most, p| most.max(p.x.abs()).max(p.y.abs()));
        assert!(slope > 0.0 && (edge - 1.0).abs() < 1e-4, "{edge}");
        let behind = eye_m + turn * Vec3::Z;
        assert!(slope_needed([behind].into_iter(), eye_m, turn, aspect).is_infinite());
    }
}
