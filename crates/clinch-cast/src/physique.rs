//! What is simulated of a person: joints, collision shapes and masses fitted to the shaped body.

use crate::{
    figure::Figure,
    rig::{ARM, LEG},
};
use clinch_model::{SEGMENTS, Segment, Shape, Skeleton};
use glam::Vec3;

/// Where the capsule's axis of a limb begins and ends, as shares of the way from its joint to the next: joints themselves are round enough.
fn axis(segment: Segment) -> [f32; 2] {
    use Segment::*;
    match segment {
        ThighL | ThighR => [0.12, 0.88],
        ShinL | ShinR => [0.04, 0.87],
        _ => [0.06, 0.92],
    }
}

/// Fits joints, collision shapes and masses.
///
/// Masses are shares of the whole ([`Segment::mass_share`], de Leva 1996); shapes are fitted to the body's vertices: a limb's capsule takes their
/// mean distance from its axis, the trunk's lie across it and take its depth, the feet's boxes hold the shoes.
pub fn skeleton(figure: &Figure) -> Skeleton {
    let bind = &figure.rig.bind;
    let mut joint_in_parent_m = [Vec3::ZERO; SEGMENTS];
    for segment in Segment::ALL {
        if let Some(parent) = segment.parent() {
            joint_in_parent_m[segment.index()] = bind[parent.index()].inverse_point(bind[segment.index()].origin_m);
        }
    }
    let shares: f32 = Segment::ALL.iter().map(|s| s.mass_share()).sum();
    let mass_kg = Segment::ALL.map(|s| figure.spec.mass_kg * s.mass_share() / shares);
    let points = points(figure);
    let shape = Segment::ALL.map(|segment| shape(figure, segment, &points[segment.index()], &joint_in_parent_m));
    let leg = |i: usize| joint_in_parent_m[LEG[0][i].index()].y;
    let ankle_m = bind[LEG[0][2].index()].origin_m.y;
    Skeleton { joint_in_parent_m, shape, mass_kg, pelvis_height_m: ankle_m - leg(0) - leg(1) - leg(2) }
}

/// `[segment]`: the body's vertices that follow it most, in its frame.
fn points(figure: &Figure) -> [Vec<Vec3>; SEGMENTS] {
    let mut points: [Vec<Vec3>; SEGMENTS] = Default::default();
    for vertex in figure.human.body_vertices() {
        let segment = figure.leading(vertex).index();
        points[segment].push(figure.rig.bind[segment].inverse_point(figure.position_m[vertex]));
    }
    points
}

fn shape(figure: &Figure, segment: Segment, points: &[Vec3], joint_in_parent_m: &[Vec3; SEGMENTS]) -> Shape {
    use Segment::*;
    match segment {
        Pelvis | Abdomen | Chest => trunk(segment, points, joint_in_parent_m),
        Head => head(figure, points),
        FootL | FootR => foot(figure, segment, points),
        HandL | HandR => hand(figure, segment),
        _ => limb(segment, points, joint_in_parent_m),
    }
}

fn limb(segment: Segment, points: &[Vec3], joint_in_parent_m: &[Vec3; SEGMENTS]) -> Shape {
    let child = ARM.iter().chain(&LEG).find_map(|c| c.windows(2).find(|w| w[0] == segment).map(|w| w[1]));
    let length = child.map_or(0.3, |child| -joint_in_parent_m[child.index()].y);
    let [from, to] = axis(segment);
    let inside: Vec<&Vec3> = points.iter().filter(|p| (from..to).contains(&(-p.y / length))).collect();
    let count = inside.len().max(1) as f32;
    let middle = inside.iter().map(|p| Vec3::new(p.x, 0.0, p.z)).sum::<Vec3>() / count;
    let radius_m = inside.iter().map(|p| Vec3::new(p.x - middle.x, 0.0, p.z - middle.z).length()).sum::<f32>() / count;
    let at = |share: f32| middle + Vec3::NEG_Y * (share * length);
    Shape::Capsule { a_m: at(from), b_m: at(to), radius_m }
}

/// A capsule across the body, as deep as the trunk and as wide, at the middle of the segment's height.
fn trunk(segment: Segment, points: &[Vec3], joint_in_parent_m: &[Vec3; SEGMENTS]) -> Shape {
    let up = |child: Segment| joint_in_parent_m[child.index()].y;
    let y = match segment {
        Segment::Pelvis => 0.27 * up(Segment::Abdomen),
        Segment::Abdomen => 0.45 * up(Segment::Chest),
        _ => 0.48 * up(Segment::Head),
    };
    let band: Vec<&Vec3> = points.iter().filter(|p| (p.y - y).abs() < 0.05).collect();
    let across = spread(band.iter().map(|p| p.x));
    let deep = spread(band.iter().map(|p| p.z));
    let (radius_m, z) = ((deep[1] - deep[0]) / 2.0, (deep[0] + deep[1]) / 2.0);
    let reach = ((across[1] - across[0]) / 2.0 - radius_m).max(0.02);
    let end = |side: f32| Vec3::new(side * reach, y, z);
    Shape::Capsule { a_m: end(-1.0), b_m: end(1.0), radius_m }
}

/// The range that holds all but the outermost twentieth at each end.
fn spread(values: impl Iterator<Item = f32>) -> [f32; 2] {
    let mut sorted: Vec<f32> = values.collect();
    sorted.sort_by(f32::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return [-0.1, 0.1] };
    [sorted[last / 20], sorted[last - last / 20]]
}

/// A short upright capsule in the skull, its top the head's.
fn head(figure: &Figure, points: &[Vec3]) -> Shape {
    let eyes_y = (figure.joints.at("l-eye") - figure.rig.bind[Segment::Head.index()].origin_m).y;
    let skull: Vec<&Vec3> = points.iter().filter(|p| p.y > eyes_y - 0.02).collect();
    let extent = |of: fn(&Vec3) -> f32| skull.iter().fold([f32::MAX, f32::MIN], |[a, b], p| [a.min(of(p)), b.max(of(p))]);
    let (across, deep) = (extent(|p| p.x), extent(|p| p.z));
    let top = points.iter().map(|p| p.y).fold(0.0, f32::max);
    let radius_m = ((across[1] - across[0]) + (deep[1] - deep[0])) / 4.0;
    let b_m = Vec3::new(0.0, top - radius_m, (deep[0] + deep[1]) / 2.0);
    // Down to the height of the mouth, a little forward.
    let a_m = b_m + Vec3::new(0.0, -0.045, 0.010);
    Shape::Capsule { a_m, b_m, radius_m }
}

/// The palm, from a third of the way to the knuckles to their row.
fn hand(figure: &Figure, segment: Segment) -> Shape {
    let side = ["l", "r"][usize::from(segment == Segment::HandR)];
    let knuckle = figure.rig.bind[segment.index()].inverse_point(figure.joints.at(&format!("{side}-finger-3-1")));
    let tip = figure.rig.bind[segment.index()].inverse_point(figure.joints.at(&format!("{side}-finger-3-4")));
    let a_m = knuckle * 0.35;
    // A hand that holds something is about as long as its palm and the first row of fingers.
    let b_m = knuckle + (tip - knuckle) * 0.25;
    Shape::Capsule { a_m, b_m, radius_m: 0.018 * figure.spec.height_m }
}

fn foot(figure: &Figure, segment: Segment, points: &[Vec3]) -> Shape {
    // Shoes stand out by about this much all round, in metres.
    const SHOE_M: f32 = 0.006;
    let ankle_m = figure.rig.bind[segment.index()].origin_m.y;
    let low: Vec<&Vec3> = points.iter().filter(|p| p.y < 0.0).collect();
    let across = spread(low.iter().map(|p| p.x));
    let along = low.iter().fold([0.0, 0.0], |[least, most]: [f32; 2], p| [least.min(p.z), most.max(p.z)]);
    let top = -0.02 * ankle_m;
    let least = Vec3::new(across[0] - SHOE_M, -ankle_m, along[0] - SHOE_M);
    let most = Vec3::new(across[1] + SHOE_M, top, along[1] + SHOE_M);
    Shape::Cuboid { centre_m: (least + most) / 2.0, half_m: (most - least) / 2.0 }
}
