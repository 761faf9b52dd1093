//! Joints, bones and skin weights.

use super::wheel::Wheel;
use anyhow::{Context, Result, bail};
use clinch_cast::human::{BONES_A_VERTEX, Weight};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

pub struct Rig {
    /// Vertices whose mean is the joint.
    pub joints: BTreeMap<String, Vec<u32>>,
    /// Names, ascending. `[bone]`
    pub bones: Vec<String>,
    /// `[vertex]`
    pub weights: Vec<Vec<Weight>>,
}

/// Bones of the face, whose weights go to the head: the face moves by units.
const FACE: [&str; 9] = ["jaw", "oris", "levator", "oculi", "orbicularis", "risorius", "special", "temporalis", "tongue"];

/// What stands in `weights.default.json`.
#[derive(Deserialize)]
struct WeightFile {
    /// By bone: (vertex, weight).
    weights: BTreeMap<String, Vec<(u32, f64)>>,
}

/// What stands in `rig.default.json` of a bone.
#[derive(Deserialize)]
struct Bone {
    head: End,
}

/// How an end of a bone is found on the mesh.
#[derive(Deserialize)]
#[serde(tag = "strategy", rename_all = "UPPERCASE")]
enum End {
    /// The mean of a joint cube.
    Cube {},
    /// The mean of some vertices.
    Mean { vertex_indices: Vec<u32> },
    /// A vertex.
    Vertex { vertex_index: u32 },
}

pub fn read(wheel: &mut Wheel, vertices: usize) -> Result<Rig> {
    let groups =
        serde_json::from_str(&wheel.text("mpfb2/mesh_metadata/basemesh_vertex_groups.json")?).context("basemesh_vertex_groups.json")?;
    let rig = serde_json::from_str(&wheel.text("mpfb2/rigs/standard/rig.default.json")?).context("rig.default.json")?;
    let file: WeightFile =
        serde_json::from_str(&wheel.text("mpfb2/rigs/standard/weights.default.json")?).context("weights.default.json")?;
    let bones: Vec<String> = file.weights.keys().map(|bone| kept(bone)).collect::<BTreeSet<_>>().into_iter().collect();
    let weights = weights(&file.weights, &bones, vertices)?;
    Ok(Rig { joints: joints(groups, rig), bones, weights })
}

/// The bone that a bone is merged into, or the bone itself.
fn kept(bone: &str) -> String {
    let side = bone.rsplit_once('.').map_or("", |(_, side)| side);
    if FACE.iter().any(|face| bone.starts_with(face)) {
        "head".to_owned()
    } else if bone.starts_with("toe") {
        format!("toes.{side}")
    } else if bone.starts_with("breast") {
        "spine02".to_owned()
    } else {
        bone.to_owned()
    }
}

/// The joint cubes, and the heads of kept bones that aren't at a cube as `bone-NAME-head`.
fn joints(groups: BTreeMap<String, Vec<(u32, u32)>>, rig: BTreeMap<String, Bone>) -> BTreeMap<String, Vec<u32>> {
    let cubes = groups.into_iter().filter(|(name, _)| name.starts_with("joint-"));
    let mut joints: BTreeMap<_, _> =
        cubes.map(|(name, ranges)| (name, ranges.into_iter().flat_map(|(first, last)| first..=last).collect())).collect();
    for (name, bone) in rig.into_iter().filter(|(name, _)| kept(name) == *name) {
        let of = match bone.head {
            End::Cube {} => continue,
            End::Mean { vertex_indices } => vertex_indices,
            End::Vertex { vertex_index } => vec![vertex_index],
        };
        joints.insert(format!("bone-{name}-head"), of);
    }
    joints
}

fn weights(by_bone: &BTreeMap<String, Vec<(u32, f64)>>, bones: &[String], vertices: usize) -> Result<Vec<Vec<Weight>>> {
    let mut sums: Vec<BTreeMap<u8, f64>> = vec![BTreeMap::new(); vertices];
    for (name, of) in by_bone {
        let bone = bones.iter().position(|bone| *bone == kept(name)).and_then(|bone| u8::try_from(bone).ok()).context("over 256 bones")?;
        for &(vertex, weight) in of {
            let sum = sums.get_mut(vertex as usize).with_context(|| format!("{name} moves vertex {vertex}, which isn't there"))?;
            *sum.entry(bone).or_default() += weight;
        }
    }
    sums.into_iter().enumerate().map(|(vertex, sum)| shares(sum).with_context(|| format!("vertex {vertex}"))).collect()
}

/// The strongest bones, normalised: shares of 65535, of which rounding gives the rest to the strongest.
fn shares(sum: BTreeMap<u8, f64>) -> Result<Vec<Weight>> {
    let mut strongest: Vec<(u8, f64)> = sum.into_iter().collect();
    strongest.sort_by(|a, b| b.1.total_cmp(&a.1));
    strongest.truncate(BONES_A_VERTEX);
    let total: f64 = strongest.iter().map(|weight| weight.1).sum();
    if !(total > 0.0 && total.is_finite()) {
        bail!("no bone moves it");
    }
    let mut shares: Vec<Weight> = strongest.iter().map(|&(bone, weight)| (bone, (weight / total * 65535.0).floor() as u16)).collect();
    let rest = 65535 - shares.iter().map(|share| u32::from(share.1)).sum::<u32>();
    shares[0].1 += rest as u16;
    shares.retain(|share| share.1 > 0);
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn face_toes_and_breasts_are_merged() {
        let of = |bone| kept(bone);
        assert_eq!((of("levator02.L"), of("toe3-2.R"), of("breast.L")), ("head".into(), "toes.R".into(), "spine02".into()));
        assert_eq!((of("eye.L"), of("head")), ("eye.L".into(), "head".into()));
    }

    #[test]
    fn shares_are_normalised_and_few() {
        let shares = shares((0..9).map(|bone| (bone, f64::from(bone))).collect()).unwrap();
        assert_eq!(shares.iter().map(|share| share.0).collect::<Vec<_>>(), [8, 7, 6, 5, 4, 3]);
        assert_eq!(shares.iter().map(|share| u32::from(share.1)).sum::<u32>(), 65535);
        assert!(super::shares(BTreeMap::new()).is_err());
    }
}
