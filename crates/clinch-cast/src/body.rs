//! The body under the clothes, laid over the skeleton's segments.

use crate::{
    build::Build,
    field::{Join, Solid, Stroke},
    rig::Rig,
};
use clinch_model::Segment;
use glam::{Quat, Vec3};

/// Collects strokes in segment frames. Places are shares of the standing height, radii shares of the girth.
pub struct Sculptor<'a> {
    /// Whose body.
    pub build: &'a Build,
    rig: &'a Rig,
    /// What was laid down, in metres in the world of the bind pose.
    pub strokes: Vec<Stroke>,
    /// Added to every radius, in metres.
    pub inflate_m: f32,
    /// Width of the blends, a share of the girth.
    pub blend: f32,
}

impl<'a> Sculptor<'a> {
    /// Nothing laid down yet.
    pub fn new(build: &'a Build, rig: &'a Rig, inflate_m: f32) -> Self {
        Self { build, rig, strokes: Vec::new(), inflate_m, blend: 0.016 }
    }

    fn lay(&mut self, segment: Segment, solid: Solid) {
        let placed = self.rig.bind[segment.index()];
        let solid = solid.inflated(self.inflate_m).placed(placed.turn, placed.origin_m);
        self.strokes.push(Stroke { solid, join: Join::Add, blend: self.blend * self.build.girth_m });
    }

    fn place(&self, p: [f32; 3]) -> Vec3 {
        Vec3::from(p) * self.build.height_m
    }

    /// A rounded cone in a segment's frame.
    pub fn cone(&mut self, segment: Segment, a: [f32; 3], ra: f32, b: [f32; 3], rb: f32) {
        let g = self.build.girth_m;
        self.lay(segment, Solid::Cone { a: self.place(a), ra: ra * g, b: self.place(b), rb: rb * g });
    }

    /// An ellipsoid in a segment's frame, turned there.
    pub fn ball(&mut self, segment: Segment, centre: [f32; 3], radii: [f32; 3], turn: Quat) {
        let radii = Vec3::from(radii) * self.build.girth_m;
        self.lay(segment, Solid::Ellipsoid { centre: self.place(centre), radii, local_from_field: turn.inverse() });
    }
}

/// Mirrors a place or radii list in x for side 1.
fn m(side: usize, p: [f32; 3]) -> [f32; 3] {
    if side == 0 { p } else { [-p[0], p[1], p[2]] }
}

/// Pelvis, abdomen and chest with the girdle of the shoulders.
pub fn trunk(s: &mut Sculptor) {
    let none = Quat::IDENTITY;
    let belly = s.build.belly;
    s.ball(Segment::Pelvis, [0.0, 0.022, -0.008], [0.089, 0.075, 0.061], none);
    s.ball(Segment::Abdomen, [0.0, 0.040, 0.004], [0.085, 0.085, 0.059], none);
    s.ball(Segment::Abdomen, [0.0, 0.012, 0.012 + 0.005 * belly], [0.070, 0.062, 0.045 + 0.006 * belly], none);
    s.ball(Segment::Chest, [0.0, 0.048, 0.004], [0.091, 0.105, 0.063], none);
    let wide = s.blend;
    s.blend = wide.min(0.020);
    s.cone(Segment::Chest, [0.0, 0.11, -0.016], 0.040, [0.0, 0.152, -0.012], 0.031);
    for side in 0..2 {
        s.ball(Segment::Pelvis, m(side, [0.040, -0.010, -0.036]), [0.047, 0.052, 0.042], none);
        s.ball(Segment::Chest, m(side, [0.040, 0.098, 0.040]), [0.052, 0.040, 0.017], none);
        s.cone(Segment::Chest, m(side, [0.078, 0.095, -0.018]), 0.030, m(side, [0.058, -0.02, -0.012]), 0.030);
        s.ball(Segment::Chest, m(side, [0.050, 0.095, -0.040]), [0.046, 0.058, 0.025], none);
        s.cone(Segment::Chest, m(side, [0.016, 0.178, -0.014]), 0.017, m(side, [0.086, 0.140, -0.010]), 0.019);
        s.cone(Segment::Chest, m(side, [0.030, 0.118, 0.006]), 0.032, m(side, [0.088, 0.126, -0.002]), 0.028);
    }
    s.blend = wide;
}

/// Upper arm and forearm, without the hand.
pub fn arm(s: &mut Sculptor, side: usize) {
    let [upper, fore] = [[Segment::UpperArmL, Segment::ForearmL], [Segment::UpperArmR, Segment::ForearmR]][side];
    let none = Quat::IDENTITY;
    let muscle = 0.9 + 0.2 * s.build.muscle;
    s.ball(upper, m(side, [0.003, -0.024, 0.0]), [0.033 * muscle, 0.052, 0.036 * muscle], none);
    s.cone(upper, [0.0, -0.02, 0.0], 0.027, [0.0, -0.172, 0.0], 0.0225);
    s.ball(upper, [0.0, -0.095, 0.008], [0.0235 * muscle, 0.055, 0.024 * muscle], none);
    s.ball(upper, [0.0, -0.085, -0.010], [0.0235 * muscle, 0.065, 0.022 * muscle], none);
    s.ball(upper, [0.0, -0.179, -0.004], [0.0235, 0.022, 0.0225], none);
    s.cone(fore, [0.0, -0.005, 0.0], 0.0225, [0.0, -0.100, 0.0], 0.0185);
    s.cone(fore, [0.0, -0.100, 0.0], 0.0185, [0.0, -0.148, 0.0], 0.0150);
    s.ball(fore, m(side, [0.004, -0.035, 0.006]), [0.0240 * muscle, 0.050, 0.0235 * muscle], none);
}

/// Thigh and shin, without the foot.
pub fn leg(s: &mut Sculptor, side: usize) {
    let [thigh, shin] = [[Segment::ThighL, Segment::ShinL], [Segment::ThighR, Segment::ShinR]][side];
    let none = Quat::IDENTITY;
    s.cone(thigh, m(side, [0.000, -0.010, 0.0]), 0.044, [0.0, -0.240, 0.0], 0.0305);
    s.ball(thigh, m(side, [0.001, -0.100, 0.010]), [0.041, 0.105, 0.040], none);
    s.ball(thigh, [0.0, -0.130, -0.012], [0.036, 0.095, 0.034], none);
    s.ball(shin, [0.0, -0.001, 0.010], [0.024, 0.028, 0.024], none);
    s.cone(shin, [0.0, -0.005, 0.0], 0.0300, [0.0, -0.150, -0.004], 0.0235);
    s.cone(shin, [0.0, -0.150, -0.004], 0.0235, [0.0, -0.235, -0.002], 0.0195);
    s.ball(shin, [0.0, -0.068, -0.014], [0.0285, 0.064, 0.0270], none);
}
