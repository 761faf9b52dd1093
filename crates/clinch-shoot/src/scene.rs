//! The bodies as the crew sees them: where they are a dozen times a second, where they are on the whole, and whose moment it is.

use crate::{
    geometry::{Capsule, Track},
    place::Place,
};
use clinch_model::{AccentKind, Cast, EventKind, HoldKind, Performance, SEGMENTS, Sample, Secs, Segment, Shape, Skeleton, Story, Who};
use glam::Vec3;

/// Looks a second. Bodies' own motion lies below 3 Hz, so four looks a period.
pub(crate) const WATCH_HZ: f64 = 12.0;
/// Radius of the ball that holds a head with its hair, in metres.
pub(crate) const HEAD_RADIUS_M: f32 = 0.13;

/// Segments whose ends a framing of both down to the hips promises to show, with the head's own points besides.
const TRUNK: [Segment; 3] = [Segment::Pelvis, Segment::Abdomen, Segment::Chest];

/// Segments by which it is told whether one body stands before the other.
const BODY: [Segment; 5] = [Segment::Pelvis, Segment::Abdomen, Segment::Chest, Segment::ThighL, Segment::ThighR];

/// Points of a face that are looked for.
const FACE_POINTS: usize = 5;
/// Brow, eyes, mouth and cheeks in the head's frame, as shares of standing height.
const FACE: [Vec3; FACE_POINTS] = [
    Vec3::new(0.0, 0.130, 0.046),
    Vec3::new(0.0, 0.112, 0.050),
    Vec3::new(0.0, 0.082, 0.052),
    Vec3::new(0.028, 0.098, 0.040),
    Vec3::new(-0.028, 0.098, 0.040),
];
/// Outline of a face in the head's frame, as shares of standing height: hairline, chin, temples and jaws.
const OUTLINE: [Vec3; 6] = [
    Vec3::new(0.0, 0.148, 0.036),
    Vec3::new(0.0, 0.060, 0.046),
    Vec3::new(0.040, 0.118, 0.018),
    Vec3::new(-0.040, 0.118, 0.018),
    Vec3::new(0.034, 0.076, 0.020),
    Vec3::new(-0.034, 0.076, 0.020),
];
/// Points of a head's disc that are looked for, as shares of its radius across and up.
const DISC: [[f32; 2]; 5] = [[0.0, 0.0], [0.6, 0.0], [-0.6, 0.0], [0.0, 0.65], [0.0, -0.55]];
/// Share of a head's disc from which on it doesn't count as seen.
pub(crate) const OCCLUDED: f32 = 0.7;

/// Both people at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    /// `[who][segment]`, in the world.
    pub capsules: [[Capsule; SEGMENTS]; 2],
    /// `[who]`: middle of the head.
    pub head_m: [Vec3; 2],
    /// `[who]`: between the eyes.
    pub eyes_m: [Vec3; 2],
    /// `[who]`: brow, eyes, mouth and cheeks.
    face_m: [[Vec3; FACE_POINTS]; 2],
    /// `[who]`: the face's outline.
    pub outline_m: [[Vec3; OUTLINE.len()]; 2],
    /// `[who]`: where the face is turned, unit.
    pub facing: [Vec3; 2],
    /// `[who]`: from the neck to the crown, unit.
    pub crown: [Vec3; 2],
    /// Where they are.
    pub place: Place,
}

impl Moment {
    /// Places both people.
    pub fn of(sample: &Sample, cast: &Cast, place: Place) -> Self {
        let placed = Who::BOTH.map(|who| cast.person(who).skeleton.place(&sample.person(who).pose));
        let head = |who: Who, share: Vec3| placed[who.index()][Segment::Head.index()].point(share * cast.person(who).height_m);
        Self {
            capsules: Who::BOTH.map(|who| capsules(&cast.person(who).skeleton, &placed[who.index()])),
            // Shares of standing height in the head's frame, from the proportions of the cast's skeleton.
            head_m: Who::BOTH.map(|who| head(who, Vec3::new(0.0, 0.11, 0.012))),
            eyes_m: Who::BOTH.map(|who| head(who, Vec3::new(0.0, 0.112, 0.045))),
            face_m: Who::BOTH.map(|who| FACE.map(|share| head(who, share))),
            outline_m: Who::BOTH.map(|who| OUTLINE.map(|share| head(who, share))),
            facing: Who::BOTH.map(|who| placed[who.index()][Segment::Head.index()].turn * Vec3::Z),
            crown: Who::BOTH.map(|who| placed[who.index()][Segment::Head.index()].turn * Vec3::Y),
            place,
        }
    }

    /// Ends of the trunks' capsules and the heads with their hair.
    pub fn trunks_m(&self) -> impl Iterator<Item = Vec3> {
        let trunks = self.capsules.iter().flat_map(|body| TRUNK.iter().flat_map(|s| [body[s.index()].a_m, body[s.index()].b_m]));
        trunks.chain(self.heads_m())
    }

    /// Both heads with their hair.
    pub fn heads_m(&self) -> impl Iterator<Item = Vec3> {
        self.head_m.iter().flat_map(|&head| ball(head))
    }

    /// Points of the whole bodies, feet and hands too.
    pub fn whole_m(&self) -> impl Iterator<Item = Vec3> {
        self.capsules.iter().flatten().flat_map(|capsule| [capsule.a_m, capsule.b_m]).chain(self.heads_m())
    }

    /// One head with its hair, and as much below it as neck and collar take, however the body is bent.
    pub fn portrait_m(&self, who: Who) -> impl Iterator<Item = Vec3> {
        const COLLAR_M: f32 = 0.27;
        let head_m = self.head_m[who.index()];
        ball(head_m).chain([head_m - Vec3::Y * COLLAR_M])
    }

    /// One person from the waist up, without arms.
    pub fn waist_up_m(&self, who: Who) -> impl Iterator<Item = Vec3> {
        let body = &self.capsules[who.index()];
        let trunk = [Segment::Abdomen, Segment::Chest].into_iter().flat_map(move |s| [body[s.index()].a_m, body[s.index()].b_m]);
        let shoulders = [body[Segment::UpperArmL.index()].a_m, body[Segment::UpperArmR.index()].a_m];
        ball(self.head_m[who.index()]).chain(shoulders).chain(trunk)
    }

    /// Distance of a point from the nearest body; negative inside.
    pub fn distance_m(&self, point_m: Vec3) -> f32 {
        self.capsules.iter().flatten().map(|capsule| capsule.distance_m(point_m)).fold(f32::INFINITY, f32::min)
    }

    /// What may stand between a lens and somebody's head: the other's body and the own arms, but for what is nowhere near the look.
    fn before_head(&self, lens_m: Vec3, who: Who) -> Vec<&Capsule> {
        let own_arms = &self.capsules[who.index()][Segment::UpperArmL.index()..=Segment::HandR.index()];
        let head_m = self.head_m[who.index()];
        let near = |capsule: &&Capsule| capsule.within(lens_m, head_m, 1.3 * HEAD_RADIUS_M);
        self.capsules[who.other().index()].iter().chain(own_arms).filter(near).collect()
    }

    /// Share of a person's face that the other one, the own arms or the set hide from a lens, 0..1.
    pub fn hidden(&self, lens_m: Vec3, who: Who) -> f32 {
        let near = self.before_head(lens_m, who);
        let hidden = self.face_m[who.index()].iter().filter(|&&point| {
            // The line ends a little before the skin, so that what touches the face there doesn't count.
            let before_skin = point + (lens_m - point).clamp_length_max(0.03);
            near.iter().any(|capsule| capsule.blocks(lens_m, before_skin)) || self.place.blocks(lens_m, before_skin)
        });
        hidden.count() as f32 / FACE_POINTS as f32
    }

    /// Share of a head's disc as a lens sees it, however it is turned, that the other one, the own arms or the set hide, 0..1.
    pub fn head_hidden(&self, lens_m: Vec3, who: Who) -> f32 {
        let near = self.before_head(lens_m, who);
        let head_m = self.head_m[who.index()];
        let to_lens = (lens_m - head_m).normalize_or(Vec3::Z);
        let right = Vec3::Y.cross(to_lens).normalize_or(Vec3::X);
        let up = to_lens.cross(right);
        let hidden = DISC.iter().filter(|[x, y]| {
            let point = head_m + (right * *x + up * *y + to_lens * 0.7) * HEAD_RADIUS_M;
            near.iter().any(|capsule| capsule.blocks(lens_m, point)) || self.place.blocks(lens_m, point)
        });
        hidden.count() as f32 / DISC.len() as f32
    }

    /// Share of a person's trunk and thighs that the other one hides from a lens, 0..1.
    pub fn body_hidden(&self, lens_m: Vec3, who: Who) -> f32 {
        let middle = |segment: Segment| {
            let own = &self.capsules[who.index()][segment.index()];
            ((own.a_m + own.b_m) / 2.0, own.radius_m)
        };
        self.behind_other(lens_m, who, &BODY.map(middle))
    }

    /// Share of some points within a person, each with its depth under the skin in metres, that the other one hides from a lens, 0..1.
    fn behind_other(&self, lens_m: Vec3, who: Who, points: &[(Vec3, f32)]) -> f32 {
        let other = &self.capsules[who.other().index()];
        let hidden = points.iter().filter(|(point_m, depth_m)| {
            // Up to the own surface: what lies against it from the side isn't before it.
            let before = *point_m + (lens_m - *point_m).clamp_length_max(depth_m + 0.05);
            other.iter().any(|capsule| capsule.within(lens_m, before, 0.0) && capsule.blocks(lens_m, before))
        });
        hidden.count() as f32 / points.len() as f32
    }

    /// Angle between where a face is turned and where a lens is, in radians.
    pub fn face_angle_rad(&self, lens_m: Vec3, who: Who) -> f32 {
        self.facing[who.index()].angle_between(lens_m - self.eyes_m[who.index()])
    }

    /// How far over the level of a head, as it is bent, a lens looks at it, in radians: from 0 at eye level to a quarter turn at the crown.
    pub fn over_brow_rad(&self, lens_m: Vec3, who: Who) -> f32 {
        self.crown[who.index()].dot((lens_m - self.head_m[who.index()]).normalize_or_zero()).clamp(-1.0, 1.0).asin()
    }

    /// How far a head is turned on the screen of a level camera, in radians: 0 upright, π/2 on its side, π upside down; less where the crown points to the lens and
    /// nothing is up.
    pub fn roll_rad(&self, lens_m: Vec3, who: Who) -> f32 {
        let view = (self.head_m[who.index()] - lens_m).normalize_or(Vec3::NEG_Z);
        let crown = self.crown[who.index()].reject_from_normalized(view);
        let up = Vec3::Y.reject_from_normalized(view);
        if up.length() < 0.1 { 0.0 } else { crown.angle_between(up) * crown.length() }
    }

    /// Share of a person's shoulders and chest that the other one hides from a lens, 0..1.
    pub fn bust_hidden(&self, lens_m: Vec3, who: Who) -> f32 {
        let own = &self.capsules[who.index()];
        let chest = &own[Segment::Chest.index()];
        let shoulders = [Segment::UpperArmL, Segment::UpperArmR].map(|segment| own[segment.index()].a_m);
        self.behind_other(lens_m, who, &[chest.a_m, chest.b_m, shoulders[0], shoulders[1]].map(|point_m| (point_m, chest.radius_m)))
    }

    /// Elevation of a lens over somebody's eyes, in radians; negative where it looks up.
    pub fn elevation_rad(&self, lens_m: Vec3, who: Who) -> f32 {
        let away = lens_m - self.eyes_m[who.index()];
        away.y.atan2(away.with_y(0.0).length())
    }

    /// How far somebody's hips are nearer to a lens than their head, along the ground, in metres: positive where a bent body shows its back.
    pub fn back_turned_m(&self, lens_m: Vec3, who: Who) -> f32 {
        let pelvis = &self.capsules[who.index()][Segment::Pelvis.index()];
        let hips_m = (pelvis.a_m + pelvis.b_m) / 2.0;
        let to_lens = ((lens_m - hips_m) * Vec3::new(1.0, 0.0, 1.0)).normalize_or_zero();
        (hips_m - self.head_m[who.index()]).dot(to_lens)
    }

    /// Horizontal direction from Cop's head and trunk to Kid's, not normalised, in metres.
    pub fn line_m(&self) -> Vec3 {
        let middle = |who: usize| (self.head_m[who] + self.capsules[who][Segment::Chest.index()].a_m) / 2.0;
        (middle(1) - middle(0)) * Vec3::new(1.0, 0.0, 1.0)
    }

    /// On which side of the line between the two a lens is: the sine of the angle between the line and the way to the lens, −1..1; 0 where
    /// they are so near to each other, or the lens so high, that nobody is left or right.
    pub fn side(&self, lens_m: Vec3) -> f32 {
        let line = self.line_m();
        let middle_m = (self.head_m[0] + self.head_m[1]) / 2.0;
        let away = (lens_m - middle_m) * Vec3::new(1.0, 0.0, 1.0);
        if line.length() < 0.12 || away.length() < 0.25 * (lens_m.y - middle_m.y).abs() {
            return 0.0;
        }
        line.cross(away).y / (line.length() * away.length()).max(1e-6)
    }
}

/// Ends of a head's ball along the world's axes.
pub(crate) fn ball(head_m: Vec3) -> impl Iterator<Item = Vec3> {
    Vec3::AXES.into_iter().flat_map(move |axis| [head_m + axis * HEAD_RADIUS_M, head_m - axis * HEAD_RADIUS_M])
}

fn capsules(skeleton: &Skeleton, placed: &[clinch_model::skeleton::Placed; SEGMENTS]) -> [Capsule; SEGMENTS] {
    Segment::ALL.map(|segment| {
        let frame = &placed[segment.index()];
        match skeleton.shape[segment.index()] {
            Shape::Capsule { a_m, b_m, radius_m } => Capsule { a_m: frame.point(a_m), b_m: frame.point(b_m), radius_m },
            // A foot's box as the capsule along it: the camera needs no more.
            Shape::Cuboid { centre_m, half_m } => {
                let along = Vec3::Z * (half_m.z - half_m.x).max(0.0);
                Capsule { a_m: frame.point(centre_m - along), b_m: frame.point(centre_m + along), radius_m: half_m.x }
            }
        }
    })
}

/// A moment of the story that must be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cue {
    pub at: Secs,
    pub who: Who,
    pub kind: CueKind,
}

/// What happens at a cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CueKind {
    Reversal,
    Recognition,
    Shove,
    Accent(AccentKind),
}

/// The whole performance as the crew sees it.
pub(crate) struct Scene<'a> {
    performance: &'a Performance,
    cast: &'a Cast,
    story: &'a Story,
    place: Place,
    /// `[look]`, at [`WATCH_HZ`] or a little off it, so that the loop holds a whole number of looks.
    pub moments: Vec<Moment>,
    /// Looks a second, exactly.
    pub hz: f64,
    /// Mean of both people's effort, 0..1, eased over half a second.
    pub effort: Track<f32>,
    /// `[who]`: lung volume, −1..1.
    pub breath: [Track<f32>; 2],
    /// How fast heads and hands move, in metres a second: mean over both people.
    pub stir_m_per_sec: Track<f32>,
    /// Moments that must be seen, in time order.
    pub cues: Vec<Cue>,
}

impl<'a> Scene<'a> {
    /// Looks at the whole performance.
    pub fn watch(performance: &'a Performance, cast: &'a Cast, story: &'a Story, place: Place) -> Self {
        let looks = (performance.duration.0 * WATCH_HZ).round().max(4.0) as usize;
        let hz = looks as f64 / performance.duration.0;
        let samples: Vec<Sample> = (0..looks).map(|look| performance.at(Secs(look as f64 / hz))).collect();
        let moments: Vec<Moment> = samples.iter().map(|sample| Moment::of(sample, cast, place)).collect();
        let effort = samples.iter().map(|sample| (sample.people[0].effort + sample.people[1].effort) / 2.0).collect();
        let breath = [0, 1].map(|who| Track { hz, values: samples.iter().map(|sample| sample.people[who].breath).collect() });
        let stir_m_per_sec = Track { hz, values: stir(&moments, hz) };
        let effort = Track { hz, values: effort }.smoothed(0.5);
        Self { performance, cast, story, place, moments, hz, effort, breath, stir_m_per_sec, cues: cues(story) }
    }

    /// Both people at any time.
    pub fn at(&self, at: Secs) -> Moment {
        Moment::of(&self.performance.at(at), self.cast, self.place)
    }

    /// Looks within a time.
    pub fn looks(&self, from: Secs, to: Secs) -> std::ops::Range<usize> {
        let first = (from.0 * self.hz).ceil().max(0.0) as usize;
        let end = ((to.0 * self.hz).ceil() as usize).min(self.moments.len());
        first.min(end)..end
    }

    /// The look nearest to a time.
    pub fn look_at(&self, at: Secs) -> &Moment {
        &self.moments[(at.0 * self.hz).round().max(0.0) as usize % self.moments.len()]
    }

    /// Whom a time belongs to: whose event it is, from half a second before it to a second and a half after, or else whoever leads.
    pub fn owner(&self, at: Secs) -> Option<Who> {
        let near = |cue: &&Cue| (-0.5..1.5).contains(&(at.0 - cue.at.0));
        // A shove is the moment of the one who suffers it.
        let whose = |cue: &Cue| if cue.kind == CueKind::Shove { cue.who.other() } else { cue.who };
        let cue = self.cues.iter().rfind(near).map(whose);
        cue.or_else(|| self.story.phrases.get(self.story.phrase_at(at)).map(|phrase| phrase.leader))
    }

    /// Whether both have stopped struggling.
    pub fn rests(&self, at: Secs) -> bool {
        let phrase = self.story.phrases.get(self.story.phrase_at(at));
        phrase.and_then(|phrase| self.story.hold(&phrase.hold)).is_some_and(|hold| hold.kind == HoldKind::Rest)
    }
}

fn cues(story: &Story) -> Vec<Cue> {
    let mut cues: Vec<Cue> = story
        .events
        .iter()
        .map(|event| {
            let kind = match event.kind {
                EventKind::Reversal => CueKind::Reversal,
                EventKind::Recognition => CueKind::Recognition,
                EventKind::Shove => CueKind::Shove,
                EventKind::Accent => CueKind::Accent(story.accent_kind(event.at, event.who)),
            };
            Cue { at: event.at, who: event.who, kind }
        })
        .collect();
    cues.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    cues
}

/// `[look]`: mean speed of both heads and all hands, over the look before and after.
fn stir(moments: &[Moment], hz: f64) -> Vec<f32> {
    let count = moments.len();
    let points = |moment: &Moment| -> [Vec3; 6] {
        let hand = |who: usize, s: Segment| moment.capsules[who][s.index()].b_m;
        let both = |who: usize| [moment.head_m[who], hand(who, Segment::HandL), hand(who, Segment::HandR)];
        let ([a, b, c], [d, e, f]) = (both(0), both(1));
        [a, b, c, d, e, f]
    };
    (0..count)
        .map(|look| {
            let (before, after) = (points(&moments[(look + count - 1) % count]), points(&moments[(look + 1) % count]));
            let way: f32 = before.iter().zip(&after).map(|(a, b)| a.distance(*b)).sum();
            way / 6.0 * (hz / 2.0) as f32
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use clinch_model::SetKind;

    /// Two people as bare balls for heads, everything else far away under the ground.
    pub(crate) fn heads(cop_m: Vec3, kid_m: Vec3, facing: [Vec3; 2]) -> Moment {
        let away = Capsule { a_m: Vec3::Y * -50.0, b_m: Vec3::Y * -51.0, radius_m: 0.1 };
        let mut capsules = [[away; SEGMENTS]; 2];
        let head_m = [cop_m, kid_m];
        for who in 0..2 {
            capsules[who][Segment::Head.index()] = Capsule { a_m: head_m[who], b_m: head_m[who], radius_m: 0.11 };
            capsules[who][Segment::Chest.index()].a_m = head_m[who] - Vec3::Y * 0.4;
        }
        let eyes_m = [0, 1].map(|who| head_m[who] + facing[who] * 0.08);
        let face_m = eyes_m.map(|eyes| [eyes; FACE_POINTS]);
        Moment {
            capsules,
            head_m,
            eyes_m,
            face_m,
            outline_m: eyes_m.map(|eyes| [eyes; OUTLINE.len()]),
            facing,
            crown: [Vec3::Y; 2],
            place: Place::of(SetKind::Street),
        }
    }

    #[test]
    fn a_head_behind_the_other_is_hidden_and_one_beside_it_is_not() {
        let moment = heads(Vec3::new(0.0, 1.6, 0.0), Vec3::new(0.0, 1.6, 0.5), [Vec3::Z, Vec3::NEG_Z]);
        let behind_kid = Vec3::new(0.0, 1.6, 3.0);
        assert!(moment.head_hidden(behind_kid, Who::Cop) >= OCCLUDED && moment.hidden(behind_kid, Who::Cop) == 1.0);
        assert_eq!(moment.head_hidden(behind_kid, Who::Kid), 0.0);
        let beside = Vec3::new(3.0, 1.6, 0.25);
        assert_eq!(Who::BOTH.map(|who| moment.head_hidden(beside, who)), [0.0; 2]);
        assert_eq!(moment.head_hidden(Vec3::new(0.0, 1.6, -7.5), Who::Cop), 1.0, "the fence is between");
    }

    #[test]
    fn the_side_of_the_line_changes_across_it_and_is_none_overhead() {
        let moment = heads(Vec3::new(-0.4, 1.6, 0.0), Vec3::new(0.4, 1.6, 0.0), [Vec3::X, Vec3::NEG_X]);
        let (a, b) = (moment.side(Vec3::new(0.0, 1.5, 3.0)), moment.side(Vec3::new(0.0, 1.5, -3.0)));
        assert!((a + b).abs() < 1e-5 && a.abs() > 0.99, "{a} {b}");
        assert!(moment.side(Vec3::new(3.0, 1.5, 0.0)).abs() < 0.05, "on the line");
        assert_eq!(moment.side(Vec3::new(0.1, 4.0, 0.1)), 0.0);
    }

    #[test]
    fn a_face_that_looks_away_has_a_large_angle() {
        let moment = heads(Vec3::new(0.0, 1.6, 0.0), Vec3::new(0.0, 1.6, 1.0), [Vec3::NEG_Z, Vec3::NEG_Z]);
        let lens = Vec3::new(0.0, 1.6, -3.0);
        assert!(moment.face_angle_rad(lens, Who::Cop) < 0.01);
        assert!(moment.face_angle_rad(lens.with_z(3.0), Who::Cop) > 3.0);
        assert!((moment.elevation_rad(Vec3::new(0.0, 0.6, -1.08), Who::Cop) + std::f32::consts::FRAC_PI_4).abs() < 1e-3);
        // A head on its side.
        let lying = Moment { crown: [Vec3::X; 2], ..moment.clone() };
        assert!(moment.roll_rad(lens, Who::Cop) < 0.01 && (lying.roll_rad(lens, Who::Cop) - std::f32::consts::FRAC_PI_2).abs() < 1e-3);
        // From right above it is a crown.
        assert!(moment.over_brow_rad(lens, Who::Cop).abs() < 0.01 && moment.over_brow_rad(Vec3::Y * 4.0, Who::Cop) > 1.5);
    }
}
