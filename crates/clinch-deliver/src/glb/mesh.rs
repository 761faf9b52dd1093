//! Surfaces as meshes: materials that share vertices stay together, so that no seam opens between them.

use super::{
    Document, Use,
    material::{self, Coat},
    push,
    rig::Rig,
};
use crate::Error;
use clinch_model::cast::{Morph, Surface, normals};
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
    let coats = material::add_materials(document, surface, name, &peak_shade)?;
    let groups = groups(surface);
    let touched = touched_groups(surface, &groups);
    let changes: Vec<Change> = surface.morphs.iter().map(|morph| Change::of(surface, morph)).collect();
    let mut meshes: Vec<Mesh> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let morphs: Vec<usize> = (0..surface.morphs.len()).filter(|&morph| touched[morph].contains(&number)).collect();
        let primitives: Vec<Primitive> = group.iter().map(|&material| Primitive::of(surface, material)).collect();
        let own: Vec<&Change> = morphs.iter().map(|&morph| &changes[morph]).collect();
        let json: Vec<Value> = group
            .iter()
            .zip(&primitives)
            .map(|(&material, primitive)| primitive.add(document, surface, rig, &own, peak_shade[material], coats[material]))
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

/// Changes of a normal smaller than this, as a vector's length, are left out: a quarter of a degree can't be seen.
const LEAST_TURN: f32 = 0.004;

/// A shape change at full drive, by vertex of the surface.
struct Change {
    shift_m: Vec<(u32, Vec3)>,
    /// What is added to the normals. Tools that make normals anew, as the film does, don't need it.
    turn: Vec<(u32, Vec3)>,
}

impl Change {
    fn of(surface: &Surface, morph: &Morph) -> Self {
        let mut position_m = surface.position_m.clone();
        morph.shift_m.iter().for_each(|&(vertex, shift)| position_m[vertex as usize] += shift);
        let mut normal = Vec::new();
        normals(&surface.triangles, &position_m, &mut normal);
        let turned = (0..).zip(normal.iter().zip(&surface.normal)).map(|(vertex, (now, before))| (vertex, *now - *before));
        Self { shift_m: morph.shift_m.clone(), turn: turned.filter(|(_, turn)| turn.length() > LEAST_TURN).collect() }
    }
}

/// Triangles of one material, their vertices doubled where they have several places in the texture.
struct Primitive {
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
        let mut primitive = Primitive { from: Vec::new(), uv: Vec::new(), indices: Vec::new() };
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

    fn add(
        &self,
        document: &mut Document,
        surface: &Surface,
        rig: Option<&Rig>,
        changes: &[&Change],
        peak_shade: f32,
        coat: Coat,
    ) -> Value {
        let buffer = &mut document.buffer;
        let rows = |vectors: &[Vec3]| self.from.iter().map(|&v| vectors[v as usize].to_array()).collect::<Vec<_>>();
        let mut attributes = json!({
            "POSITION": buffer.floats(&rows(&surface.position_m), Use::Positions),
            "NORMAL": buffer.floats(&rows(&surface.normal), Use::Vertices),
        });
        if coat.textured {
            attributes["TEXCOORD_0"] = buffer.floats(&self.uv, Use::Vertices).into();
        }
        if coat.relief {
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
        let mut json = json!({"attributes": attributes, "indices": buffer.indices(&self.indices), "material": coat.index});
        if !changes.is_empty() {
            let mut whole = vec![Vec3::ZERO; surface.position_m.len()];
            let mut add = |rows: &[(u32, Vec3)]| self.add_sparse(document, rows, &mut whole);
            let targets = changes.iter().map(|change| json!({"POSITION": add(&change.shift_m), "NORMAL": add(&change.turn)}));
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

    /// Adds what changes of some vertices of the surface; `whole` is `[vertex]` of the surface, all zero before and after.
    fn add_sparse(&self, document: &mut Document, rows: &[(u32, Vec3)], whole: &mut [Vec3]) -> usize {
        rows.iter().for_each(|&(vertex, change)| whole[vertex as usize] += change);
        let changed = (0..).zip(&self.from).map(|(i, &vertex)| (i, whole[vertex as usize].to_array()));
        let entries: Vec<(u32, [f32; 3])> = changed.filter(|(_, change)| *change != [0.0; 3]).collect();
        rows.iter().for_each(|&(vertex, _)| whole[vertex as usize] = Vec3::ZERO);
        document.buffer.sparse(self.from.len(), &entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::{Material, cast::Drive};

    /// Three upright squares side by side, facing +z; the first two share an edge, and u grows to the right, v downward.
    fn surface() -> Surface {
        let material = |name: &str| Material {
            name: name.into(),
            reflectance: 0.3,
            roughness: 0.5,
            specular: 0.04,
            sheen: 0.0,
            sweat: 0.0,
            texture: None,
        };
        let mut surface = Surface { materials: ["skin", "lips", "cloth"].map(material).into(), ..Surface::default() };
        let quads = [[0, 1, 2, 3], [1, 4, 5, 2], [6, 7, 8, 9]];
        let places = [Vec2::new(0.0, 1.0), Vec2::new(1.0, 1.0), Vec2::new(1.0, 0.0), Vec2::new(0.0, 0.0)];
        surface.position_m = [(0, 0), (1, 0), (1, 1), (0, 1), (2, 0), (2, 1), (2, 0), (3, 0), (3, 1), (2, 1)]
            .map(|(x, y)| Vec3::new(x as f32, y as f32, 0.0))
            .into();
        surface.normal = vec![Vec3::Z; 10];
        surface.shade = vec![1.0; 10];
        for (material, quad) in quads.iter().enumerate() {
            for corners in [[0, 1, 2], [0, 2, 3]] {
                surface.triangles.push(corners.map(|i| quad[i]));
                surface.uv.push(corners.map(|i| places[i]));
                surface.material.push(material as u8);
            }
        }
        surface.morphs.push(Morph { drive: Drive::Breath, shift_m: vec![(4, Vec3::Z)] });
        surface
    }

    #[test]
    fn materials_that_share_vertices_are_one_mesh_with_the_changes_that_touch_it() {
        let mut document = Document::default();
        let meshes = add_meshes(&mut document, &surface(), "cop", None, &["breath".into()]).unwrap();
        let told: Vec<(&str, &[usize])> = meshes.iter().map(|mesh| (mesh.name.as_str(), mesh.morphs.as_slice())).collect();
        assert_eq!(told, [("lips", &[0][..]), ("cloth", &[][..])]);
        let primitives = document.meshes[0]["primitives"].as_array().unwrap();
        // Both materials of a mesh have its targets, whether they are touched or not, as the specification wants.
        assert!(primitives.len() == 2 && primitives.iter().all(|primitive| primitive["targets"].as_array().unwrap().len() == 1));
        assert!(document.meshes[1]["primitives"][0].get("targets").is_none());
    }

    #[test]
    fn a_change_turns_the_normals_of_what_it_lifts_and_of_nothing_else() {
        let surface = surface();
        let change = Change::of(&surface, &surface.morphs[0]);
        let turned: Vec<u32> = change.turn.iter().map(|turn| turn.0).collect();
        assert_eq!(turned, [1, 4, 5]);
        // The corner that is lifted by its own side belongs to one triangle, which then looks along (−1, 1, 1).
        let corner = change.turn[1].1 + Vec3::Z;
        assert!(corner.abs_diff_eq(Vec3::new(-1.0, 1.0, 1.0).normalize(), 1e-6), "{corner}");
    }

    #[test]
    fn a_tangent_points_to_the_right_of_the_picture_and_its_other_axis_up() {
        let surface = surface();
        let tangents = Primitive { uv: Vec::new(), ..Primitive::of(&surface, 2) };
        let uv = [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]].to_vec();
        assert_eq!(Primitive { uv: uv.clone(), ..tangents }.tangents(&surface), [[1.0, 0.0, 0.0, 1.0]; 4]);
        // Mirrored: right and left change places, up stays.
        let mirrored = uv.iter().map(|[u, v]| [1.0 - u, *v]).collect();
        assert_eq!(Primitive { uv: mirrored, ..Primitive::of(&surface, 2) }.tangents(&surface), [[-1.0, 0.0, 0.0, -1.0]; 4]);
    }
}
