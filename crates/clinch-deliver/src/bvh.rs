//! BVH: a skeleton and its motion as text (Meredith and Maddock, "Motion Capture File Formats Explained", University of Sheffield, 2001).

use crate::{Error, aside::AsideFile, scene::Scene, scene::joint_name};
use clinch_model::{Pose, Progress, Segment, Shape, Skeleton, Who};
use glam::{EulerRot, Quat, Vec3};
use std::{f32::consts::PI, fmt::Write, path::Path};

/// Writes one person's motion: sixteen joints, the hips with place and turn, the others with turns (z, x, y), all zero in the rest pose. Lengths
/// are metres, so that the file lies on the glTF scene without a scale.
///
/// # Errors
/// [`Error::NoMotion`] where there is none, [`Error::Unwritable`]; a file that was at `out` before is then untouched.
pub fn write_bvh(scene: &Scene, who: Who, out: &Path, progress: Progress) -> Result<(), Error> {
    scene.check()?;
    let mut file = AsideFile::create(out)?;
    let skeleton = &scene.cast.person(who).skeleton;
    let mut text = String::from("HIERARCHY\n");
    write_joint(&mut text, skeleton, Segment::Pelvis, 0);
    // Writing to a string can't fail.
    let _ = write!(text, "MOTION\nFrames: {}\nFrame Time: {:.10}\n", scene.count(), scene.rate.frame_secs());
    let mut angles = [[0.0; 3]; clinch_model::SEGMENTS];
    for (done, at) in scene.times().enumerate() {
        write_frame(&mut text, &scene.person_at(who, at).0.pose, &mut angles);
        file.write(text.as_bytes())?;
        text.clear();
        progress((done + 1) as f64 / scene.count() as f64);
    }
    file.commit()
}

/// A joint with all that hangs on it.
fn write_joint(text: &mut String, skeleton: &Skeleton, segment: Segment, depth: usize) {
    let indent = "  ".repeat(depth);
    let root = segment.parent().is_none();
    let (kind, places) = if root { ("ROOT", "6 Xposition Yposition Zposition ") } else { ("JOINT", "3 ") };
    let Vec3 { x, y, z } = skeleton.joint_in_parent_m[segment.index()];
    let _ = write!(
        text,
        "{indent}{kind} {}\n{indent}{{\n{indent}  OFFSET {x:.6} {y:.6} {z:.6}\n{indent}  CHANNELS {places}Zrotation Xrotation Yrotation\n",
        joint_name(segment)
    );
    let mut is_last = true;
    for child in children(segment) {
        write_joint(text, skeleton, child, depth + 1);
        is_last = false;
    }
    if is_last {
        let Vec3 { x, y, z } = tip_m(skeleton.shape[segment.index()]);
        let _ = write!(text, "{indent}  End Site\n{indent}  {{\n{indent}    OFFSET {x:.6} {y:.6} {z:.6}\n{indent}  }}\n");
    }
    let _ = writeln!(text, "{indent}}}");
}

fn children(segment: Segment) -> impl Iterator<Item = Segment> {
    Segment::ALL.into_iter().filter(move |child| child.parent() == Some(segment))
}

/// Where a segment on which nothing hangs ends.
fn tip_m(shape: Shape) -> Vec3 {
    match shape {
        Shape::Capsule { a_m, b_m, radius_m } => {
            let far_m = if a_m.length_squared() > b_m.length_squared() { a_m } else { b_m };
            far_m + far_m.normalize_or(Vec3::Y) * radius_m
        }
        Shape::Cuboid { centre_m, half_m } => centre_m + Vec3::Z * half_m.z,
    }
}

/// A line of numbers in the order in which [`write_joint`] named them; `before` holds the angles of the frame before.
fn write_frame(text: &mut String, pose: &Pose, before: &mut [[f32; 3]; clinch_model::SEGMENTS]) {
    let Vec3 { x, y, z } = pose.pelvis_m;
    let _ = write!(text, "{x:.6} {y:.6} {z:.6}");
    let mut waiting = vec![Segment::Pelvis];
    while let Some(segment) = waiting.pop() {
        let angles = &mut before[segment.index()];
        *angles = nearest_angles(pose.joint_turn(segment), *angles);
        for angle in angles {
            let _ = write!(text, " {:.6}", angle.to_degrees());
        }
        let first = waiting.len();
        waiting.extend(children(segment));
        waiting[first..].reverse();
    }
    text.push('\n');
}

/// Angles about z, x, y, in radians, that make a turn; of all that do, the ones nearest to those of the frame before, so that a tool may go from
/// one to the next in a straight line.
fn nearest_angles(turn: Quat, before: [f32; 3]) -> [f32; 3] {
    let (z, x, y) = turn.to_euler(EulerRot::ZXY);
    let near = |angle: f32, before: f32| angle - 2.0 * PI * ((angle - before) / (2.0 * PI)).round();
    let candidates = [[z, x, y], [z + PI, PI - x, y + PI]].map(|angles| std::array::from_fn(|i| near(angles[i], before[i])));
    let way = |angles: &[f32; 3]| angles.iter().zip(&before).map(|(a, b)| (a - b).abs()).sum::<f32>();
    let [first, second] = candidates;
    if way(&second) < way(&first) { second } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_follow_a_turn_without_leaps() {
        let mut before = [0.0; 3];
        for step in 0..2000 {
            // A somersault with a twist, through the place where x is a right angle, several times round.
            let t = step as f32 * 0.01;
            let turn = Quat::from_rotation_x(t) * Quat::from_rotation_y(0.3 * t) * Quat::from_rotation_z(0.02 * t);
            let angles = nearest_angles(turn, before);
            let [z, x, y] = angles;
            let again = Quat::from_euler(EulerRot::ZXY, z, x, y);
            assert!(again.dot(turn).abs() > 1.0 - 1e-6, "{step}: {angles:?}");
            let leap = angles.iter().zip(&before).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(leap < 2.0, "{step}: {before:?} {angles:?}");
            before = angles;
        }
        assert!(before.iter().any(|angle| angle.abs() > PI), "{before:?}");
    }
}
