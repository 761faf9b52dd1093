//! The two people as triangles: what never changes, and where everything is at one shutter time.

use crate::{
    Error,
    bvh::{Fitted, Hit, Ray, Topology},
    finish::Finish,
    integrator::Point,
};
use clinch_model::{Cast, Person, cast::Surface};
use glam::Vec3;

/// Distance between the segments when the hierarchy is built, so that no node spans two of them: hands hang by the thighs in the bind
/// pose, but leave them in every other.
const APART_M: f32 = 3.0;

/// Triangles, materials and topology of both people, one after the other.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// `[triangle]`: vertices, Kid's counted on from Cop's.
    triangles: Vec<[u32; 3]>,
    /// `[triangle]`: index into `finish`.
    material: Vec<u16>,
    /// `[vertex]`: factor on the reflectance.
    shade: Vec<f32>,
    /// `[material]`.
    finish: Vec<Finish>,
    topology: Topology,
}

/// The bodies at one shutter time.
#[derive(Debug)]
pub(crate) struct Moment {
    /// `[vertex]`.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`, unit vectors.
    pub normal: Vec<Vec3>,
    fitted: Fitted,
}

impl Bodies {
    /// Checks both surfaces and builds the hierarchy.
    ///
    /// # Errors
    /// [`Error::Surface`] where an index leads nowhere, arrays differ in length, or the mesh is too lopsided to be traced.
    pub fn new(cast: &Cast) -> Result<Self, Error> {
        let mut bodies =
            Self { triangles: Vec::new(), material: Vec::new(), shade: Vec::new(), finish: Vec::new(), topology: Topology::new(&[]) };
        let mut boxes_m = Vec::new();
        for person in &cast.people {
            check(person)?;
            let surface = &person.surface;
            let (first_vertex, first_material) = (bodies.shade.len() as u32, bodies.finish.len() as u16);
            bodies.triangles.extend(surface.triangles.iter().map(|t| t.map(|vertex| vertex + first_vertex)));
            bodies.material.extend(surface.material.iter().map(|&material| u16::from(material) + first_material));
            bodies.shade.extend(&surface.shade);
            bodies.finish.extend(surface.materials.iter().map(|m| Finish {
                reflectance: m.reflectance,
                roughness: m.roughness,
                specular: m.specular,
                sheen: m.sheen,
            }));
            boxes_m.extend(surface.triangles.iter().map(|&triangle| exploded(person, triangle)));
        }
        bodies.topology = Topology::new(&boxes_m);
        if !bodies.topology.is_traversable() {
            return Err(Error::Surface { who: cast.people[0].who, reason: "the triangles nest too deeply to be traced".into() });
        }
        Ok(bodies)
    }

    /// Number of vertices of both.
    pub fn vertices(&self) -> usize {
        self.shade.len()
    }

    /// The bodies with every vertex on its line between shutter open and close, `t` 0..1; a moment of earlier is reused.
    pub fn moment(&self, open: &Posture, close: &Posture, t: f32, reused: Option<Moment>) -> Moment {
        let mut position_m: Vec<Vec3> = Vec::new();
        let mut normal = Vec::new();
        let mut fitted = None;
        if let Some(old) = reused {
            (position_m, normal, fitted) = (old.position_m, old.normal, Some(old.fitted));
        }
        position_m.clear();
        position_m.extend(open.position_m.iter().zip(&close.position_m).map(|(a, b)| a.lerp(*b, t)));
        normal.clear();
        normal.extend(open.normal.iter().zip(&close.normal).map(|(a, b)| a.lerp(*b, t)));
        let fitted = match fitted {
            Some(mut fitted) => {
                fitted.refit(&position_m, &self.triangles);
                fitted
            }
            None => self.topology.fit(&position_m, &self.triangles),
        };
        Moment { position_m, normal, fitted }
    }

    /// The longest way, in pixels, that a vertex moves between two postures for an eye to which a pixel is `pixel_rad` wide.
    pub fn longest_move_pixels(open: &Posture, close: &Posture, eye_m: Vec3, pixel_rad: f32) -> f32 {
        let pixels = |(a, b): (&Vec3, &Vec3)| a.distance_squared(*b) / a.distance_squared(eye_m).max(0.01);
        open.position_m.iter().zip(&close.position_m).map(pixels).fold(0.0, f32::max).sqrt() / pixel_rad
    }

    /// What a ray meets first.
    pub fn nearest(&self, moment: &Moment, origin_m: Vec3, direction: Vec3, reach_m: f32) -> Option<Point> {
        let hit = moment.fitted.nearest(&Ray { origin_m, direction, reach_m })?;
        Some(self.point(moment, direction, &hit))
    }

    /// Whether a body stands in the way.
    #[inline]
    pub fn block(&self, moment: &Moment, origin_m: Vec3, direction: Vec3, reach_m: f32) -> bool {
        moment.fitted.blocks(&Ray { origin_m, direction, reach_m })
    }

    fn point(&self, moment: &Moment, direction: Vec3, hit: &Hit) -> Point {
        let vertices = self.triangles[hit.triangle as usize].map(|vertex| vertex as usize);
        let weights = [1.0 - hit.u - hit.v, hit.u, hit.v];
        let [a, b, c] = vertices.map(|vertex| moment.position_m[vertex]);
        let normals = vertices.map(|vertex| moment.normal[vertex]);
        let position_m = a * weights[0] + b * weights[1] + c * weights[2];

        // Both normals turn to the side the ray came from: cloth has no thickness, and an eye may look into a sleeve.
        let outward = (b - a).cross(c - a).normalize_or(Vec3::Y);
        let side = if outward.dot(direction) > 0.0 { -1.0 } else { 1.0 };
        let smooth = (normals[0] * weights[0] + normals[1] * weights[1] + normals[2] * weights[2]).normalize_or(outward);

        let finish = self.finish_at(hit.triangle as usize, vertices, weights);
        let mut point = Point::new(position_m, hit.distance_m, outward * side, smooth * side, finish).of_body();
        point.start_m = lifted(position_m, [a, b, c], normals.map(|normal| normal * side), weights) + outward * (side * Point::LIFT_M);
        point
    }

    #[inline]
    fn finish_at(&self, triangle: usize, vertices: [usize; 3], weights: [f32; 3]) -> Finish {
        let shade: f32 = (0..3).map(|i| self.shade[vertices[i]] * weights[i]).sum();
        let finish = self.finish[self.material[triangle] as usize];
        Finish { reflectance: (finish.reflectance * shade).min(0.95), ..finish }
    }
}

/// Where rays to lamps start: on the curved surface that the normals promise rather than on the flat triangle, which would throw facetted
/// shadows on itself (Hanika, "Hacking the Shadow Terminator", Ray Tracing Gems II, 2021).
#[inline]
fn lifted(at_m: Vec3, corners_m: [Vec3; 3], normals: [Vec3; 3], weights: [f32; 3]) -> Vec3 {
    let mut out = at_m;
    for i in 0..3 {
        let below = (at_m - corners_m[i]).dot(normals[i]).min(0.0);
        out -= normals[i] * (below * weights[i]);
    }
    out
}

/// Box of a triangle in the bind pose with segments and people pulled apart.
fn exploded(person: &Person, triangle: [u32; 3]) -> (Vec3, Vec3) {
    let surface = &person.surface;
    let [a, b, c] = triangle.map(|vertex| surface.position_m[vertex as usize]);
    let leading = surface.skin[triangle[0] as usize]
        .into_iter()
        .fold((0, 0.0), |best, (bone, weight)| if weight > best.1 { (bone, weight) } else { best });
    let segment = surface.bones.get(usize::from(leading.0)).map_or(0, |bone| bone.segment.index());
    let apart = Vec3::X * APART_M * (segment + 20 * person.who.index()) as f32;
    (a.min(b).min(c) + apart, a.max(b).max(c) + apart)
}

fn check(person: &Person) -> Result<(), Error> {
    let Surface { position_m, normal, skin, material, shade, triangles, uv, bones, materials, textures, morphs } = &person.surface;
    let count = position_m.len();
    let wrong = |reason: String| Err(Error::Surface { who: person.who, reason });
    for (name, length) in [("normals", normal.len()), ("skin weights", skin.len()), ("shades", shade.len())] {
        if length != count {
            return wrong(format!("it has {count} vertices but {length} {name}"));
        }
    }
    if material.len() != triangles.len() || uv.len() != triangles.len() {
        return wrong(format!("it has {} triangles but {} materials and {} texture places", triangles.len(), material.len(), uv.len()));
    }
    for texture in textures {
        let texels = texture.width as usize * texture.height as usize;
        if texels == 0 || texture.texels.len() != texels {
            return wrong(format!(
                "its texture `{}` has {} texels, not {}×{}",
                texture.name,
                texture.texels.len(),
                texture.width,
                texture.height
            ));
        }
    }
    if let Some(material) = materials.iter().find(|m| m.texture.is_some_and(|t| usize::from(t) >= textures.len())) {
        return wrong(format!("its material `{}` has a texture that isn't there", material.name));
    }
    if let Some((bone, _)) = skin.iter().flatten().find(|(bone, weight)| *weight > 0.0 && usize::from(*bone) >= bones.len()) {
        return wrong(format!("a vertex follows bone {bone} of only {}", bones.len()));
    }
    if let Some((vertex, _)) = morphs.iter().flat_map(|morph| &morph.shift_m).find(|(vertex, _)| *vertex as usize >= count) {
        return wrong(format!("a shape change names vertex {vertex} of only {count}"));
    }
    if let Some(triangle) = triangles.iter().find(|t| t.iter().any(|&vertex| vertex as usize >= count)) {
        return wrong(format!("triangle {triangle:?} names a vertex beyond the {count} there are"));
    }
    if let Some(index) = material.iter().find(|&&index| usize::from(index) >= materials.len()) {
        return wrong(format!("a triangle has material {index} of only {}", materials.len()));
    }
    Ok(())
}

/// Both people at one time: Cop's vertices, then Kid's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Posture {
    pub position_m: Vec<Vec3>,
    pub normal: Vec<Vec3>,
}
