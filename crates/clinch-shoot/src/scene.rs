//! The bodies as the crew sees them: where they are a dozen times a second, and where they are on the whole.

use crate::geometry::{Capsule, Track};
use clinch_model::{Cast, Performance, SEGMENTS, Sample, Secs, Segment, Shape, Skeleton, Who};
use glam::Vec3;

/// Looks a second. Bodies' own motion lies below 3 Hz, so four looks a period.
pub(crate) const WATCH_HZ: f64 = 12.0;
/// Radius of the ball that holds a head with its hair, in metres.
pub(crate) const HEAD_RADIUS_M: f32 = 0.13;

/// Segments whose ends a framing of both promises to show, with the head's own points besides.
const TRUNK: [Segment; 3] = [Segment::Pelvis, Segment::Abdomen, Segment::Chest];

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
    /// `[who]`: where the face is turned, unit.
    pub facing: [Vec3; 2],
}

impl Moment {
    /// Places both people.
    pub fn of(sample: &Sample, cast: &Cast) -> Self {
        let placed = Who::BOTH.map(|who| cast.person(who).skeleton.place(&sample.person(who).pose));
        let head = |who: Who, share: Vec3| placed[who.index()][Segment::Head.index()].point(share * cast.person(who).height_m);
        Self {
            capsules: Who::BOTH.map(|who| capsules(&cast.person(who).skeleton, &placed[who.index()])),
            // Shares of standing height in the head's frame, from the proportions of the cast's skeleton.
            head_m: Who::BOTH.map(|who| head(who, Vec3::new(0.0, 0.11, 0.012))),
            eyes_m: Who::BOTH.map(|who| head(who, Vec3::new(0.0, 0.112, 0.045))),
            face_m: Who::BOTH.map(|who| FACE.map(|share| head(who, share))),
            facing: Who::BOTH.map(|who| placed[who.index()][Segment::Head.index()].turn * Vec3::Z),
        }
    }

    /// Points that a framing of both promises to show: ends of the trunks' capsules and the heads with their hair.
    pub fn promised_m(&self) -> impl Iterator<Item = Vec3> {
        let trunks = self.capsules.iter().flat_map(|body| TRUNK.iter().flat_map(|s| [body[s.index()].a_m, body[s.index()].b_m]));
        let heads = self.head_m.iter().flat_map(|&head| {
            [Vec3::X, Vec3::Y, Vec3::Z].into_iter().flat_map(move |axis| [head + axis * HEAD_RADIUS_M, head - axis * HEAD_RADIUS_M])
        });
        trunks.chain(heads)
    }

    /// Points of the whole bodies, feet and hands too.
    pub fn whole_m(&self) -> impl Iterator<Item = Vec3> {
        self.capsules.iter().flatten().flat_map(|capsule| [capsule.a_m, capsule.b_m]).chain(self.promised_m())
    }

    /// Distance of a point from the nearest body; negative inside.
    pub fn distance_m(&self, point_m: Vec3) -> f32 {
        self.capsules.iter().flatten().map(|capsule| capsule.distance_m(point_m)).fold(f32::INFINITY, f32::min)
    }

    /// Share of a person's face that the other one or the own arms hide from a lens, 0..1.
    pub fn hidden(&self, lens_m: Vec3, who: Who) -> f32 {
        let other = self.capsules[who.other().index()].iter();
        let own_arms = &self.capsules[who.index()][Segment::UpperArmL.index()..=Segment::HandR.index()];
        let near: Vec<&Capsule> = other.chain(own_arms).collect();
        let hidden = self.face_m[who.index()].iter().filter(|&&point| {
            // The line ends a little before the skin, so that what touches the face there doesn't count.
            let before_skin = point + (lens_m - point).clamp_length_max(0.03);
            near.iter().any(|capsule| capsule.blocks(lens_m, before_skin))
        });
        hidden.count() as f32 / FACE_POINTS as f32
    }

    /// Horizontal direction from Cop's head and trunk to Kid's, not normalised, in metres.
    pub fn line_m(&self) -> Vec3 {
        let middle = |who: usize| (self.head_m[who] + self.capsules[who][Segment::Chest.index()].a_m) / 2.0;
        (middle(1) - middle(0)) * Vec3::new(1.0, 0.0, 1.0)
    }
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

/// The whole performance as the crew sees it.
pub(crate) struct Scene<'a> {
    performance: &'a Performance,
    cast: &'a Cast,
    /// `[look]`, at [`WATCH_HZ`] or a little off it, so that the loop holds a whole number of looks.
    pub moments: Vec<Moment>,
    /// Looks a second, exactly.
    pub hz: f64,
    /// Middle of the box round heads and trunks.
    pub middle_m: Track<Vec3>,
    /// Middle of the box round the whole bodies.
    pub whole_middle_m: Track<Vec3>,
    /// `[who]`: middle of the head.
    pub head_m: [Track<Vec3>; 2],
    /// Mean height of both heads, in metres.
    pub head_height_m: Track<f32>,
}

impl<'a> Scene<'a> {
    /// Looks at the whole performance.
    pub fn watch(performance: &'a Performance, cast: &'a Cast) -> Self {
        let looks = (performance.duration.0 * WATCH_HZ).round().max(4.0) as usize;
        let hz = looks as f64 / performance.duration.0;
        let moments: Vec<Moment> = (0..looks).map(|look| Moment::of(&performance.at(Secs(look as f64 / hz)), cast)).collect();
        let middle_m = Track { hz, values: moments.iter().map(|moment| middle(moment.promised_m())).collect() };
        let whole_middle_m = Track { hz, values: moments.iter().map(|moment| middle(moment.whole_m())).collect() };
        let head_m = [0, 1].map(|who| Track { hz, values: moments.iter().map(|moment| moment.head_m[who]).collect() });
        let head_height_m = Track { hz, values: moments.iter().map(|moment| (moment.head_m[0].y + moment.head_m[1].y) / 2.0).collect() };
        Self { performance, cast, moments, hz, middle_m, whole_middle_m, head_m, head_height_m }
    }

    /// Both people at any time.
    pub fn at(&self, at: Secs) -> Moment {
        Moment::of(&self.performance.at(at), self.cast)
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
}

/// Middle of the box round some points.
fn middle(points: impl Iterator<Item = Vec3>) -> Vec3 {
    let (low, high) = points.fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), point| (low.min(point), high.max(point)));
    (low + high) / 2.0
}
