//! How well each set-up would show each stretch between two cut marks.
//!
//! Costs are in *faults* per two seconds: 1 is what an attentive editor would object to.

use crate::{
    framing::{LENSES_M, Window, slope_needed, slope_of},
    marks::Marks,
    scene::{Cue, CueKind, Moment, OCCLUDED, Scene},
    setup::{PROMISED, SPARE_M, Setup, framing, held_m, promised_m},
};
use clinch_model::{AccentKind, CameraPose, Secs, ShotSize, Who, random::Stream};
use glam::{Quat, Vec3};
use std::f32::consts::FRAC_PI_2;

/// Every how many looks the judge looks: at 12 looks a second, six times a second.
const EVERY: usize = 2;
/// Cost of what must not be: in a body, outside the street, or not both in frame. Finite, so that there is always a cut; the findings tell.
pub(crate) const FORBIDDEN: f32 = 1000.0;
/// Least distance of a lens from a body, in metres: the rule is 0.35, the rest is for what moves between two looks.
const CLEARANCE_M: f32 = 0.45;
/// Angle from a face's direction beyond which it isn't seen, in radians.
pub(crate) const FACE_SEEN_RAD: f32 = 75.0 * std::f32::consts::PI / 180.0;
/// Share of a face that may be hidden for it to be seen: an arm across the mouth is the struggle, half a face is none.
pub(crate) const MOST_HIDDEN: f32 = 0.4;
/// How far over the brow a lens may look at a face; higher it sees hair, in radians.
const OVER_BROW_RAD: f32 = 30.0 * std::f32::consts::PI / 180.0;
/// How far a head may be turned on the screen for its face to be read, in radians.
const ROLLED_RAD: f32 = 40.0 * std::f32::consts::PI / 180.0;
/// Elevation of the lens under somebody's eyes from which on the picture lifts them up, in radians.
pub(crate) const LIFTED_RAD: f32 = -15.0 * std::f32::consts::PI / 180.0;

/// What the judge found.
pub(crate) struct Judged {
    /// `[stretch][setup]`: faults.
    pub cost: Vec<Vec<f32>>,
    /// `[stretch][setup]`: faults of a shot that begins there: what is seen first is what is looked for.
    pub entry: Vec<Vec<f32>>,
    /// `[stretch][setup]`: `[who]`: seconds in which their face is seen, and in which they are in the picture with their head unhidden.
    pub time_secs: Vec<Vec<[[f32; 2]; 2]>>,
}

/// Judges every set-up in every stretch.
pub(crate) fn judge(scene: &Scene, setups: &[Setup], marks: &Marks, aspect: f32, seed: u64) -> Judged {
    let mut judged = Judged { cost: Vec::new(), entry: Vec::new(), time_secs: Vec::new() };
    for stretch in 0..marks.stretches() {
        let (from, to) = (marks.at(stretch), marks.at(stretch + 1));
        let looks = scene.looks(from, to);
        let looks: Vec<usize> = if looks.is_empty() { vec![nearest(scene, from)] } else { looks.step_by(EVERY).collect() };
        let secs = (to - from).0 as f32;
        let asked: Vec<&Cue> = scene.cues.iter().filter(|cue| (from.0 - 0.15..to.0 - 0.15).contains(&cue.at.0)).collect();
        let owner = scene.owner(Secs((from.0 + to.0) / 2.0));
        let of = |(number, setup): (usize, &Setup)| {
            let seen = over(scene, setup, &looks, aspect);
            let asked: f32 = asked.iter().map(|cue| unshown(cue, setup)).sum();
            let owned = if setup.subject.is_some() && setup.subject != owner { 0.2 } else { 0.0 };
            let cost = seen.cost + owned + taste(setup, number, marks, stretch, seed);
            (cost * (secs / 2.0) + asked, [seen.faces, seen.shown].map(|shares| shares.map(|share| share * secs)))
        };
        let (cost, time_secs) = setups.iter().enumerate().map(of).unzip();
        judged.cost.push(cost);
        judged.entry.push(setups.iter().map(|setup| entry(scene, setup, from)).collect());
        judged.time_secs.push(time_secs);
    }
    judged
}

/// What is amiss in the first half second of a shot, in faults: a face that is hidden or turned away where the shot is about it, a head that is
/// hidden where it is about both.
fn entry(scene: &Scene, setup: &Setup, from: Secs) -> f32 {
    let at = |after_secs: f64| {
        let look = nearest(scene, Secs(from.0 + after_secs));
        let (moment, eye_m) = (&scene.moments[look], setup.eye_m.values[look]);
        match setup.subject {
            Some(who) => f32::from(u8::from(!Head::seen(moment, eye_m, who).is_face())) * 1.6,
            None => Who::BOTH.map(|who| f32::from(u8::from(moment.head_hidden(eye_m, who) >= OCCLUDED))).iter().sum::<f32>() * 0.5,
        }
    };
    (at(0.1) + at(0.4)) / 2.0
}

fn nearest(scene: &Scene, at: Secs) -> usize {
    ((at.0 * scene.hz).round().max(0.0) as usize).min(scene.moments.len() - 1)
}

/// Mean over some looks.
fn over(scene: &Scene, setup: &Setup, looks: &[usize], aspect: f32) -> Seen {
    let mut mean = Seen::default();
    for &look in looks {
        let seen = seen(&scene.moments[look], setup, look, aspect);
        mean.cost += seen.cost / looks.len() as f32;
        for who in 0..2 {
            mean.faces[who] += seen.faces[who] / looks.len() as f32;
            mean.shown[who] += seen.shown[who] / looks.len() as f32;
        }
        if seen.cost >= FORBIDDEN {
            mean.cost = FORBIDDEN;
            break;
        }
    }
    mean
}

/// What the music asks for, and what the film simply prefers; drawn anew in each section so that seeds differ.
fn taste(setup: &Setup, number: usize, marks: &Marks, stretch: usize, seed: u64) -> f32 {
    let loud = marks.energy[stretch] as f32;
    let drawn = Stream::new(seed, &format!("shoot taste {} {number}", marks.section[stretch])).unit() as f32 * 0.2;
    let by_size = match setup.size {
        // The film opens on two people, not on one.
        _ if stretch == 0 && setup.size.has_subject() => 3.0,
        ShotSize::Two => 0.05,
        ShotSize::Tight => 0.05,
        ShotSize::OverShoulder => 0.05,
        // Faces where it is loud and where it is still; the place where something begins.
        ShotSize::Close => 0.2 - 0.3 * (loud - 0.4).abs(),
        ShotSize::Medium => 0.15,
        ShotSize::Wide if marks.begins_section[stretch] => -0.5,
        ShotSize::Wide => 0.25 + 0.3 * loud,
        ShotSize::Full if marks.begins_section[stretch] => -0.2,
        ShotSize::Full => 0.1 + 0.2 * loud,
        ShotSize::Low => 0.5 - 0.3 * loud,
        ShotSize::Overhead => 0.55,
    };
    drawn + by_size
}

/// What a framing leaves unshown of a moment of the story, in faults.
fn unshown(cue: &Cue, setup: &Setup) -> f32 {
    use ShotSize::*;
    let other = |who: Who| setup.subject.is_some_and(|subject| subject != who);
    match (cue.kind, setup.size) {
        // The elbow and the jaw, near enough for drops to be seen: both, with the one who suffers it in view.
        (CueKind::Shove, Tight | Two) => 0.0,
        (CueKind::Shove, OverShoulder | Medium | Close) => 0.4 + if other(cue.who.other()) { 4.0 } else { 0.0 },
        (CueKind::Shove, Full | Low) => 3.5,
        (CueKind::Shove, _) => 6.0,
        // Two faces, or one that sees the other.
        (CueKind::Recognition, Tight | OverShoulder | Close) => 0.0,
        (CueKind::Recognition, Two | Medium) => 0.5,
        (CueKind::Recognition, _) => 2.0,
        // That the power turns is seen on two bodies.
        (CueKind::Reversal, Two | Full | Low) => 0.0,
        (CueKind::Reversal, Tight | Wide | Medium | OverShoulder) => 0.4,
        (CueKind::Reversal, _) => 0.8,
        (CueKind::Accent(AccentKind::Fall), Full | Wide) => 0.0,
        (CueKind::Accent(AccentKind::Fall), Two | Low | Overhead) => 0.4,
        (CueKind::Accent(AccentKind::Fall), _) => 1.4,
        (CueKind::Accent(_), Two | Full | Tight | Low) => 0.0,
        (CueKind::Accent(_), Medium | OverShoulder | Close) => 0.2,
        (CueKind::Accent(_), _) => 0.4,
    }
}

/// One set-up at one look.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Faults per two seconds.
    cost: f32,
    /// `[who]`: 1 where the face is seen.
    faces: [f32; 2],
    /// `[who]`: 1 where they are in the picture, their head unhidden.
    shown: [f32; 2],
}

fn seen(moment: &Moment, setup: &Setup, look: usize, aspect: f32) -> Seen {
    let (eye_m, aim_m) = (setup.eye_m.values[look], setup.aim_m.values[look]);
    let forbidden = Seen { cost: FORBIDDEN, ..Seen::default() };
    if !moment.place.allows(eye_m, SPARE_M / 2.0) || moment.distance_m(eye_m) < CLEARANCE_M {
        return forbidden;
    }
    let turn = setup.turn(eye_m, aim_m);
    let widest = slope_of(LENSES_M[0]);
    let promised = slope_needed(promised_m(moment, setup.size, setup.subject).into_iter(), eye_m, turn, aspect, &PROMISED);
    if promised > widest {
        return forbidden;
    }
    let heads = Who::BOTH.map(|who| Head::seen(moment, eye_m, who));
    let cost = match setup.subject {
        Some(who) if setup.size == ShotSize::OverShoulder => over_shoulder_cost(moment, &heads, who),
        Some(who) => single_cost(&heads[who.index()]) + before(moment, eye_m, who),
        None => {
            let held = held_m(moment, setup.size, None).into_iter();
            let wanted = slope_needed(held, eye_m, turn, aspect, &framing(setup.size).window);
            both_cost(moment, setup, &heads, eye_m, turn * Vec3::NEG_Z) + 2.5 * (wanted / widest - 1.0).max(0.0)
        }
    };
    let lamp = if setup.size == ShotSize::Wide { 0.0 } else { lamp_in_picture(moment, eye_m, turn, promised.max(slope_of(0.05)), aspect) };
    let held = slope_needed(held_m(moment, setup.size, setup.subject).into_iter(), eye_m, turn, aspect, &Window::middle(0.9));
    let pose = CameraPose { eye_m, turn, vfov_rad: 2.0 * held.max(promised).min(widest).atan(), focus_m: 1.0, aperture_m: 0.0 };
    let of = |holds: &dyn Fn(&Head) -> bool| {
        Who::BOTH.map(|who| {
            let p = pose.project(aspect, moment.head_m[who.index()]);
            let within = p.z > 0.1 && p.x.abs() <= 1.0 && p.y.abs() <= 1.0;
            f32::from(u8::from(within && holds(&heads[who.index()])))
        })
    };
    Seen { cost: cost + lamp, faces: of(&Head::is_face), shown: of(&|head| head.hidden < OCCLUDED) }
}

/// Cost of the key lamp's bare disc in the picture: it draws the eye away from people, but in a wide, where it tells where the light is from.
fn lamp_in_picture(moment: &Moment, eye_m: Vec3, turn: Quat, slope: f32, aspect: f32) -> f32 {
    let lamp = [moment.place.lamp_m()];
    if slope_needed(lamp.into_iter(), eye_m, turn, aspect, &Window::middle(1.0)) < slope * 1.1 { 0.9 } else { 0.0 }
}

/// A head as a lens sees it.
#[derive(Debug, Clone, Copy)]
struct Head {
    angle_rad: f32,
    elevation_rad: f32,
    /// How far over its own level, see [`Moment::over_brow_rad`].
    over_brow_rad: f32,
    /// How far it is turned on the screen, see [`Moment::roll_rad`].
    roll_rad: f32,
    /// Share of the face that is hidden; 0 where it is turned away.
    face_hidden: f32,
    /// Share of the head's disc that is hidden.
    hidden: f32,
    /// How far the hips are nearer than the head, in metres.
    back_m: f32,
    /// Share of the trunk and thighs that the other one hides.
    body_hidden: f32,
    /// Share of shoulders, chest and neck that the other one hides.
    bust_hidden: f32,
}

impl Head {
    fn seen(moment: &Moment, eye_m: Vec3, who: Who) -> Self {
        let angle_rad = moment.face_angle_rad(eye_m, who);
        Self {
            angle_rad,
            elevation_rad: moment.elevation_rad(eye_m, who),
            face_hidden: if angle_rad < 2.0 { moment.hidden(eye_m, who) } else { 0.0 },
            hidden: moment.head_hidden(eye_m, who),
            back_m: moment.back_turned_m(eye_m, who),
            body_hidden: moment.body_hidden(eye_m, who),
            over_brow_rad: moment.over_brow_rad(eye_m, who),
            bust_hidden: moment.bust_hidden(eye_m, who),
            roll_rad: moment.roll_rad(eye_m, who),
        }
    }

    fn is_face(&self) -> bool {
        self.angle_rad <= FACE_SEEN_RAD && self.face_hidden <= MOST_HIDDEN
    }

    /// How well the face reads, 0..1: fully up to 50°, a little in profile, nothing where there is only hair.
    fn reads(&self) -> f32 {
        let turned = ((2.1 - self.angle_rad) / (2.1 - 0.87)).clamp(0.0, 1.0);
        turned * (1.0 - self.face_hidden) * (1.0 - self.crown()).max(0.0)
    }

    /// How much of it is hair instead of a face, 0 up to [`OVER_BROW_RAD`], 1 where the lens looks down on the crown.
    fn crown(&self) -> f32 {
        (self.over_brow_rad - OVER_BROW_RAD).max(0.0) / (FRAC_PI_2 - OVER_BROW_RAD)
    }

    /// How much it is missed, 0..1, and one more where it doesn't count as seen.
    fn missed(&self) -> f32 {
        ((self.hidden - 0.2) / 0.6).clamp(0.0, 1.0) + if self.hidden >= OCCLUDED { 1.0 } else { 0.0 }
    }

    fn lifted(&self) -> bool {
        self.elevation_rad < LIFTED_RAD
    }
}

fn single_cost(head: &Head) -> f32 {
    // A face that is turned away is no close-up of a face, whatever else it shows.
    let turned = if head.angle_rad > FACE_SEEN_RAD {
        2.0 + 2.0 * (head.angle_rad - FACE_SEEN_RAD)
    } else {
        // Three-quarters is the portrait's own angle.
        0.8 * (head.angle_rad / FACE_SEEN_RAD).powi(4)
    };
    let hidden = if head.face_hidden > MOST_HIDDEN { 2.0 + head.face_hidden } else { 1.2 * head.face_hidden };
    // Looking up at a face makes it a victor's; down on it, a victim's: neither without need.
    let slant = 0.3 * (head.elevation_rad - 0.08).abs() + if head.lifted() { 3.0 } else { 0.0 };
    // A shoulder in the foreground ties the two together; a back that fills the picture's lower half is a picture of the other one.
    let walled = 1.5 * ((head.bust_hidden - 0.4) / 0.6).max(0.0);
    // A face on its side is read by one's own tilted head, upside down not at all.
    let rolled = 1.5 * (head.roll_rad - ROLLED_RAD).max(0.0);
    hidden + turned + slant + 5.0 * head.crown() + walled + rolled + head.missed() + 1.5 * (head.back_m - 0.2).clamp(0.0, 0.6)
}

/// Cost of the other's head large before the one whom the shot is about.
fn before(moment: &Moment, eye_m: Vec3, who: Who) -> f32 {
    let [subject, other] = [who, who.other()].map(|who| moment.head_m[who.index()] - eye_m);
    let nearer = 1.0 - other.length() / subject.length().max(1e-3);
    // Beyond some 30° it is out of the picture of the lenses that film faces.
    let within = 1.0 - subject.angle_between(other) / 0.55;
    4.0 * nearer.clamp(0.0, 0.5) * within.clamp(0.0, 1.0)
}

fn over_shoulder_cost(moment: &Moment, heads: &[Head; 2], who: Who) -> f32 {
    let near = &heads[who.other().index()];
    // The near one's back of the head is the frame's edge; a face there is a badly framed two-shot.
    let faces_lens = ((1.9 - near.angle_rad) / 0.6).clamp(0.0, 1.0);
    // In each other's arms there is no shoulder to look over, and far apart the near one is only small.
    let apart_m = moment.head_m[0].distance(moment.head_m[1]);
    let distance = 1.5 * ((0.35 - apart_m).max(0.0) * 4.0 + (apart_m - 1.1).max(0.0));
    single_cost(&heads[who.index()]) + 0.8 * faces_lens + distance
}

fn both_cost(moment: &Moment, setup: &Setup, heads: &[Head; 2], eye_m: Vec3, forward: Vec3) -> f32 {
    // What an unread face, a hidden head, a back and a body behind the other cost in each framing: the nearer, the more.
    let [face, missed, back, behind] = match setup.size {
        ShotSize::Wide => [0.12, 0.7, 0.4, 0.7],
        ShotSize::Full => [0.35, 1.0, 1.2, 1.3],
        ShotSize::Two => [0.5, 1.4, 2.0, 1.1],
        ShotSize::Tight => [0.8, 2.0, 1.0, 0.3],
        ShotSize::Low => [0.4, 1.0, 1.2, 1.3],
        _ => [0.1, 0.6, 0.0, 0.0],
    };
    let of_heads: f32 =
        heads.iter().map(|head| face * (1.0 - head.reads()) + missed * head.missed() + back * (head.back_m - 0.1).clamp(0.0, 0.6)).sum();
    // A picture without any face is a picture of clothes.
    let faceless = if heads.iter().any(|head| head.reads() > 0.3) { 0.0 } else { 1.4 * face };
    let line = moment.line_m();
    let view = forward.with_y(0.0).normalize_or_zero();
    // Seen along the line between them one covers the other.
    let covered = if line.length() > 0.2 { line.normalize().dot(view).powi(2) } else { 0.3 };
    // From below, neither is lifted up alone.
    let lifted = if heads[0].lifted() != heads[1].lifted() { 2.5 } else { 0.0 };
    let apart_m = moment.head_m[0].distance(moment.head_m[1]);
    let own = match setup.size {
        ShotSize::Overhead => 0.5 * (moment.head_m[0].y + moment.head_m[1].y) / 2.0,
        ShotSize::Low => 0.2,
        // Two heads that are far apart, seen tight, are two heads at the edges of an empty picture.
        ShotSize::Tight => 1.5 * (apart_m - 0.8).max(0.0) + 0.6 * (eye_m.distance(moment.head_m[0]) - 2.6).max(0.0),
        _ => 0.0,
    };
    let hidden_body = heads.iter().map(|head| (head.body_hidden - 0.3).max(0.0) / 0.7).fold(0.0, f32::max);
    of_heads + faceless + behind * (0.6 * covered + 1.2 * hidden_body) + lifted + own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(angle_deg: f32, hidden: f32) -> Head {
        Head {
            angle_rad: angle_deg.to_radians(),
            elevation_rad: 0.05,
            face_hidden: hidden,
            hidden,
            back_m: 0.0,
            body_hidden: 0.0,
            over_brow_rad: 0.1,
            roll_rad: 0.0,
            bust_hidden: 0.0,
        }
    }

    #[test]
    fn a_face_turned_away_or_hidden_is_no_close_up() {
        let (good, profile, away, covered) = (head(35.0, 0.0), head(88.0, 0.0), head(130.0, 0.0), head(20.0, 0.8));
        assert!(single_cost(&good) < 0.2 && single_cost(&profile) > 2.0);
        assert!(single_cost(&away) > single_cost(&profile) && single_cost(&covered) > 2.0);
        assert!(good.is_face() && ![profile, away, covered].iter().any(Head::is_face));
        assert!(good.reads() == 1.0 && away.reads() == 0.0 && profile.reads() > 0.3);
        let (crown, walled) = (Head { over_brow_rad: 1.2, ..good }, Head { bust_hidden: 1.0, ..good });
        assert!(single_cost(&Head { roll_rad: 1.6, ..good }) > single_cost(&good) + 1.0, "a head on its side");
        assert!(single_cost(&crown) > 2.0 && crown.reads() < 0.5 && single_cost(&walled) > 1.0);
    }

    #[test]
    fn nobody_is_lifted_up_for_free() {
        let level = head(20.0, 0.0);
        let lifted = Head { elevation_rad: -0.5, ..level };
        assert!(single_cost(&lifted) > single_cost(&level) + 1.0);
    }
}
