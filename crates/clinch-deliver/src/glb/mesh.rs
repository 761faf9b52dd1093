//! Surfaces as meshes: materials that share vertices stay together, so that no seam opens between them.

use super::{Document, Use, material, push, rig::Rig};
use crate::Error;
use clinch_model::cast::Surface;
use glam::{Vec2, Vec3};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// A mesh of the document.
#[derive(Debug)]
pub(super) struct Mesh {
    /// Its index in the document.
    pub index: usize,
    /// What its material is called.
    pub name: String,
    /// Shape changes of the surface that touch it, in the order of its targets.
    pub morphs: Vec<usize>,
}

/// Adds a surface's meshes; with a rig they are skinned. `morph_names` is `[morph]` of the surface.
pub(super) fn add_meshes(
    document: &mut Document,
    surface: &Surface,
    name: &str,
    rig: Option<&Rig>,
    morph_names: &[String],
) -> Result<Vec<Mesh>, Error> {
    let peak_shade = peak_shades(surface);
    let materials = material::add_materials(document, surface, name, &peak_shade)?;
    let groups = groups(surface);
    let touched = touched_groups(surface, &groups);
    let mut meshes: Vec<Mesh> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let morphs: Vec<usize> = (0..surface.morphs.len()).filter(|&morph| touched[morph].contains(&number)).collect();
        let primitives: Vec<Primitive> = group.iter().map(|&material| Primitive::of(surface, material)).collect();
        let json: Vec<Value> = group
            .iter()
            .zip(&primitives)
            .map(|(&material, primitive)| primitive.add(document, surface, rig, &morphs, peak_shade[material], materials[material]))
            .collect();
        let largest = group.iter().zip(&primitives).max_by_key(|(_, primitive)| primitive.indices.len());
        let called = largest.map_or(String::new(), |(&material, _)| surface.materials[material].name.clone());
        let same = meshes.iter().filter(|mesh| mesh.name == called || mesh.name.starts_with(&format!("{called}."))).count();
        let called = if same == 0 { called } else { format!("{called}.{}", same + 1) };
        let mut mesh = json!({"name": format!("{name}-{called}"), "primitives": json});
        if !morphs.is_empty() {
            let names: Vec<&str> = morphs.iter().map(|&morph| morph_names[morph].as_str()).collect();
            mesh["extras"] = json!({"targetNames": names});
            mesh["weights"] = json!(vec![0.0; morphs.len()]);
        }
        meshes.push(Mesh { index: push(&mut document.meshes, mesh), name: called, morphs });
    }
    Ok(meshes)
}

/// `[material]`: the greatest shade of its vertices.
fn peak_shades(surface: &Surface) -> Vec<f32> {
    let mut peak = vec![0.0f32; surface.materials.len()];
    for (triangle, &material) in surface.triangles.iter().zip(&surface.material) {
        for &vertex in triangle {
            peak[usize::from(material)] = peak[usize::from(material)].max(surface.shade[vertex as usize]);
        }
    }
    peak
}

/// Materials that have triangles, those together that share vertices, ascending.
fn groups(surface: &Surface) -> Vec<Vec<usize>> {
    // `[material]`: the first material of its group.
    let mut first: Vec<usize> = (0..surface.materials.len()).collect();
    let mut of_vertex: Vec<Option<usize>> = vec![None; surface.position_m.len()];
    let mut used = BTreeSet::new();
    for (triangle, &material) in surface.triangles.iter().zip(&surface.material) {
        let material = usize::from(material);
        used.insert(material);
        for &vertex in triangle {
            let known = first[*of_vertex[vertex as usize].get_or_insert(material)];
            let own = first[material];
            if known != own {
                let (keep, drop) = (known.min(own), known.max(own));
                first.iter_mut().filter(|f| **f == drop).for_each(|f| *f = keep);
            }
        }
    }
    let group = |lead: usize| used.iter().copied().filter(|&material| first[material] == lead).collect::<Vec<_>>();
    (0..first.len()).map(group).filter(|group| !group.is_empty()).collect()
}

/// `[morph]`: the groups that it moves.
fn touched_groups(surface: &Surface, groups: &[Vec<usize>]) -> Vec<BTreeSet<usize>> {
    let mut of_vertex: Vec<Option<usize>> = vec![None; surface.position_m.len()];
    for (triangle, &material) in surface.triangles.iter().zip(&surface.material) {
        let group = groups.iter().position(|group| group.contains(&usize::from(material)));
        triangle.iter().for_each(|&vertex| of_vertex[vertex as usize] = group);
    }
    let touched = |shifts: &Vec<(u32, Vec3)>| shifts.iter().filter_map(|&(vertex, _)| of_vertex[vertex as usize]).collect();
    surface.morphs.iter().map(|morph| touched(&morph.shift_m)).collect()
}

/// Triangles of one material, their vertices doubled where they have several places in the texture.
struct Primitive {
    /// Of the surface.
    material: usize,
    /// `[vertex]`: which of the surface's.
    from: Vec<u32>,
    /// `[vertex]`.
    uv: Vec<[f32; 2]>,
    /// Three a triangle.
    indices: Vec<u32>,
}

impl Primitive {
    fn of(surface: &Surface, material: usize) -> Self {
        let textured = surface.materials[material].texture.is_some();
        let mut known = HashMap::new();
        let mut primitive = Primitive { material, from: Vec::new(), uv: Vec::new(), indices: Vec::new() };
        let own = surface.material.iter().map(|&m| usize::from(m) == material);
        for ((triangle, uv), _) in surface.triangles.iter().zip(&surface.uv).zip(own).filter(|(_, own)| *own) {
            for (&vertex, uv) in triangle.iter().zip(uv) {
                let uv = if textured { uv.to_array() } else { [0.0; 2] };
                let next = primitive.from.len() as u32;
                let index = *known.entry((vertex, uv.map(f32::to_bits))).or_insert(next);
                if index == next {
                    primitive.from.push(vertex);
                    primitive.uv.push(uv);
                }
                primitive.indices.push(index);
            }
        }
        primitive
    }

    fn add(&self, document: &mut Document, surface: &Surface, rig: Option<&Rig>, morphs: &[usize], peak_shade: f32, coat: usize) -> Value {
        let buffer = &mut document.buffer;
        let rows = |vectors: &[Vec3]| self.from.iter().map(|&v| vectors[v as usize].to_array()).collect::<Vec<_>>();
        let mut attributes = json!({
            "POSITION": buffer.floats(&rows(&surface.position_m), Use::Positions),
            "NORMAL": buffer.floats(&rows(&surface.normal), Use::Vertices),
        });
        if surface.materials[self.material].texture.is_some() {
            attributes["TEXCOORD_0"] = buffer.floats(&self.uv, Use::Vertices).into();
            attributes["TANGENT"] = buffer.floats(&self.tangents(surface), Use::Vertices).into();
        }
        if self.from.iter().any(|&v| surface.shade[v as usize] != peak_shade) {
            let grey = |&v: &u32| (surface.shade[v as usize] / peak_shade * 255.0).round() as u8;
            let colours: Vec<[u8; 4]> = self.from.iter().map(grey).map(|grey| [grey, grey, grey, 255]).collect();
            attributes["COLOR_0"] = buffer.bytes_a_vertex(&colours, true).into();
        }
        if let Some(rig) = rig {
            let (joints, weights): (Vec<_>, Vec<_>) = self.from.iter().map(|&v| rig.weights(&surface.skin[v as usize])).unzip();
            attributes["JOINTS_0"] = buffer.bytes_a_vertex(&joints, false).into();
            attributes["WEIGHTS_0"] = buffer.floats(&weights, Use::Vertices).into();
        }
        let mut json = json!({"attributes": attributes, "indices": buffer.indices(&self.indices), "material": coat});
        if !morphs.is_empty() {
            let mut shift_m = vec![Vec3::ZERO; surface.position_m.len()];
            let targets = morphs.iter().map(|&morph| json!({"POSITION": self.add_target(document, surface, morph, &mut shift_m)}));
            json["targets"] = targets.collect();
        }
        json
    }

    /// `[vertex]`: unit vector along which u grows, and on which side of it and the normal v falls: the frame of a normal map whose green is up.
    fn tangents(&self, surface: &Surface) -> Vec<[f32; 4]> {
        let mut along = vec![(Vec3::ZERO, Vec3::ZERO); self.from.len()];
        for corners in self.indices.chunks_exact(3) {
            let at = |i: usize| (surface.position_m[self.from[corners[i] as usize] as usize], Vec2::from(self.uv[corners[i] as usize]));
            let ((a, uv), (b, uv_b), (c, uv_c)) = (at(0), at(1), at(2));
            let (first, second) = (uv_b - uv, uv_c - uv);
            // Weighted by the triangle's area in the texture; only directions are wanted.
            let side = first.perp_dot(second).signum();
            let by_u = ((b - a) * second.y - (c - a) * first.y) * side;
            let by_v = ((c - a) * first.x - (b - a) * second.x) * side;
            for &corner in corners {
                along[corner as usize].0 += by_u;
                along[corner as usize].1 += by_v;
            }
        }
        let tangent = |(&vertex, &(by_u, by_v)): (&u32, &(Vec3, Vec3))| {
            let normal = surface.normal[vertex as usize];
            let unit = by_u.reject_from_normalized(normal).try_normalize().unwrap_or_else(|| normal.any_orthonormal_vector());
            let up = if normal.cross(unit).dot(by_v) > 0.0 { -1.0 } else { 1.0 };
            unit.extend(up).to_array()
        };
        self.from.iter().zip(&along).map(tangent).collect()
    }

    /// Adds a shape change; `shift_m` is `[vertex]` of the surface, all zero before and after.
    fn add_target(&self, document: &mut Document, surface: &Surface, morph: usize, shift_m: &mut [Vec3]) -> usize {
        let shifts = &surface.morphs[morph].shift_m;
        shifts.iter().for_each(|&(vertex, shift)| shift_m[vertex as usize] += shift);
        let moved = (0..).zip(&self.from).map(|(i, &vertex)| (i, shift_m[vertex as usize].to_array()));
        let entries: Vec<(u32, [f32; 3])> = moved.filter(|(_, shift)| *shift != [0.0; 3]).collect();
        shifts.iter().for_each(|&(vertex, _)| shift_m[vertex as usize] = Vec3::ZERO);
        document.buffer.sparse(self.from.len(), &entries)
    }
}
