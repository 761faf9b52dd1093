//! The two people as triangles: what never changes, and where everything is at one shutter time.

use crate::{
    Error,
    bvh::{Fitted, Hit, Ray, Topology},
    finish::{Finish, Under},
    integrator::Point,
    sweat,
    texture::Mipped,
};
use clinch_model::{
    Cast, Person,
    cast::{Substance, Surface},
};
use glam::{Vec2, Vec3};

/// Distance between the segments when the hierarchy is built, so that no node spans two of them: hands hang by the thighs in the bind
/// pose, but leave them in every other.
const APART_M: f32 = 3.0;

/// How far light travels in skin before it comes out again: mean of red, green and blue after Jensen et al., "A Practical Model for
/// Subsurface Light Transport", SIGGRAPH 2001, weighted as the eye weights them.
const SCATTER_M: f32 = 0.0018;
/// Least and greatest softness of flesh's terminator, as a cosine.
const WRAP: [f32; 2] = [0.03, 0.30];
/// How much of a relief is left in light that has been in flesh.
const RELIEF_WITHIN: f32 = 0.45;
/// Most that any surface gives back, and least roughness of a material after its texture.
const MOST_REFLECTANCE: f32 = 0.95;
const LEAST_MATERIAL_ROUGHNESS: f32 = 0.05;
/// Share of a pixel between two samples of it: what of a texture they can tell apart.
const FOOTPRINT_PIXELS: f32 = 0.75;
/// Mean square of how a surface's normal turns over a pixel, as a share of the whole turn's square: an even spread has 1/12.
const TURN_SHARE: f32 = 1.0 / 12.0;

/// Triangles, materials and topology of both people, one after the other.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// `[vertex]`: where a posture has it; the rest of its vertices no triangle has. Triangles and vertices stand in the order in which the
    /// hierarchy holds them, so that what is used together lies together.
    place: Vec<u32>,
    /// How many vertices a posture has.
    posed: usize,
    /// `[triangle]`: vertices.
    triangles: Vec<[u32; 3]>,
    /// `[triangle]`: index into `coats`.
    material: Vec<u16>,
    /// `[triangle][corner]`: place in the texture.
    uv: Vec<[Vec2; 3]>,
    /// `[vertex]`: factor on the reflectance.
    shade: Vec<f32>,
    /// `[vertex]`: position in the bind pose.
    bind_m: Vec<Vec3>,
    /// `[vertex]`: curvature in the bind pose, in radians a metre.
    curvature: Vec<f32>,
    /// `[material]`.
    coats: Vec<Coat>,
    /// `[texture]`, Kid's counted on from Cop's.
    textures: Vec<Mipped>,
    topology: Topology,
}

/// A material of one person.
#[derive(Debug, Clone)]
struct Coat {
    finish: Finish,
    substance: Substance,
    sweat: f32,
    /// Index into the textures of both.
    texture: Option<usize>,
    /// Index of the person.
    whose: usize,
}

/// The bodies at one shutter time.
#[derive(Debug)]
pub(crate) struct Moment {
    /// `[vertex]`.
    pub position_m: Vec<Vec3>,
    /// `[vertex]`, unit vectors.
    pub normal: Vec<Vec3>,
    /// `[person]`: how wet with sweat, 0..1.
    wetness: [f32; 2],
    fitted: Fitted,
}

/// A place on a person that a ray met.
#[derive(Debug)]
pub(crate) struct Met {
    pub distance_m: f32,
    /// Index of the person.
    pub whose: usize,
    /// Unit normal of the smooth surface.
    pub normal: Vec3,
    vertices: [usize; 3],
    weights: [f32; 3],
}

/// A place on a triangle that a ray met.
struct Spot {
    triangle: usize,
    vertices: [usize; 3],
    weights: [f32; 3],
    /// From the first corner to the second and to the third.
    edges_m: [Vec3; 2],
    /// Unit normal of the smooth surface.
    smooth: Vec3,
    /// Width of what a pixel covers there.
    footprint_m: f32,
}

impl Bodies {
    /// Checks both surfaces and builds the hierarchy.
    ///
    /// # Errors
    /// [`Error::Surface`] where an index leads nowhere, arrays differ in length, or the mesh is too lopsided to be traced.
    pub fn new(cast: &Cast) -> Result<Self, Error> {
        let mut bodies = Self {
            place: Vec::new(),
            posed: 0,
            triangles: Vec::new(),
            material: Vec::new(),
            uv: Vec::new(),
            shade: Vec::new(),
            bind_m: Vec::new(),
            curvature: Vec::new(),
            coats: Vec::new(),
            textures: Vec::new(),
            topology: Topology::new(&[]),
        };
        let mut boxes_m = Vec::new();
        for (whose, person) in cast.people.iter().enumerate() {
            check(person)?;
            bodies.add(whose, &person.surface);
            boxes_m.extend(person.surface.triangles.iter().map(|&triangle| exploded(person, triangle)));
        }
        bodies.topology = Topology::new(&boxes_m);
        if !bodies.topology.is_traversable() {
            return Err(Error::Surface { who: cast.people[0].who, reason: "the triangles nest too deeply to be traced".into() });
        }
        bodies.posed = bodies.shade.len();
        bodies.reorder();
        Ok(bodies)
    }

    /// Puts triangles and vertices in the order in which the hierarchy holds them.
    fn reorder(&mut self) {
        let order = self.topology.renumber();
        self.triangles = picked(&self.triangles, &order);
        self.material = picked(&self.material, &order);
        self.uv = picked(&self.uv, &order);
        let mut number = vec![u32::MAX; self.posed];
        for vertex in self.triangles.iter_mut().flatten() {
            let number = &mut number[*vertex as usize];
            if *number == u32::MAX {
                *number = self.place.len() as u32;
                self.place.push(*vertex);
            }
            *vertex = *number;
        }
        self.shade = picked(&self.shade, &self.place);
        self.bind_m = picked(&self.bind_m, &self.place);
        self.curvature = picked(&self.curvature, &self.place);
    }

    fn add(&mut self, whose: usize, surface: &Surface) {
        let (first_vertex, first_material) = (self.shade.len() as u32, self.coats.len() as u16);
        let first_texture = self.textures.len();
        self.triangles.extend(surface.triangles.iter().map(|t| t.map(|vertex| vertex + first_vertex)));
        self.material.extend(surface.material.iter().map(|&material| u16::from(material) + first_material));
        self.uv.extend(&surface.uv);
        self.shade.extend(&surface.shade);
        self.bind_m.extend(&surface.position_m);
        self.curvature.extend(curvature(surface));
        self.coats.extend(surface.materials.iter().map(|m| Coat {
            finish: Finish { roughness: m.roughness, specular: m.specular, sheen: m.sheen, ..Finish::matt(m.reflectance) },
            substance: m.substance(),
            sweat: m.sweat,
            texture: m.texture.map(|texture| usize::from(texture) + first_texture),
            whose,
        }));
        self.textures.extend(surface.textures.iter().map(Mipped::new));
    }

    /// Number of vertices of a posture of both.
    pub fn vertices(&self) -> usize {
        self.posed
    }

    /// The bodies with every vertex on its line between shutter open and close, `t` 0..1; a moment of earlier is reused.
    pub fn moment(&self, open: &Posture, close: &Posture, t: f32, reused: Option<Moment>) -> Moment {
        let mut position_m: Vec<Vec3> = Vec::new();
        let mut normal = Vec::new();
        let mut fitted = None;
        if let Some(old) = reused {
            (position_m, normal, fitted) = (old.position_m, old.normal, Some(old.fitted));
        }
        let places = || self.place.iter().map(|&place| place as usize);
        position_m.clear();
        position_m.extend(places().map(|i| open.position_m[i].lerp(close.position_m[i], t)));
        normal.clear();
        normal.extend(places().map(|i| open.normal[i].lerp(close.normal[i], t)));
        let fitted = match fitted {
            Some(mut fitted) => {
                fitted.refit(&position_m, &self.triangles);
                fitted
            }
            None => self.topology.fit(&position_m, &self.triangles),
        };
        Moment { position_m, normal, wetness: open.wetness, fitted }
    }

    /// The longest way, in pixels, that a vertex moves between two postures for an eye to which a pixel is `pixel_rad` wide.
    pub fn longest_move_pixels(open: &Posture, close: &Posture, eye_m: Vec3, pixel_rad: f32) -> f32 {
        let pixels = |(a, b): (&Vec3, &Vec3)| a.distance_squared(*b) / a.distance_squared(eye_m).max(0.01);
        open.position_m.iter().zip(&close.position_m).map(pixels).fold(0.0, f32::max).sqrt() / pixel_rad
    }

    /// What a ray meets first; where it isn't `fine`, the surface's tone and shape are enough.
    pub fn nearest(&self, moment: &Moment, origin_m: Vec3, direction: Vec3, pixel_rad: f32, fine: bool) -> Option<Point> {
        let hit = moment.fitted.nearest(&Ray { origin_m, direction, reach_m: f32::INFINITY })?;
        Some(self.point(moment, direction, &hit, pixel_rad, fine))
    }

    /// Whom a ray meets first, and where.
    pub fn met(&self, moment: &Moment, origin_m: Vec3, direction: Vec3) -> Option<Met> {
        let hit = moment.fitted.nearest(&Ray { origin_m, direction, reach_m: f32::INFINITY })?;
        let vertices = self.triangles[hit.triangle as usize].map(|vertex| vertex as usize);
        let weights = [1.0 - hit.u - hit.v, hit.u, hit.v];
        let normal = (0..3).map(|i| moment.normal[vertices[i]] * weights[i]).sum::<Vec3>().normalize_or(Vec3::Y);
        let whose = self.coats[self.material[hit.triangle as usize] as usize].whose;
        Some(Met { distance_m: hit.distance_m, whose, normal, vertices, weights })
    }

    /// Where a place of the surface is in a posture.
    pub fn place_m(&self, posture: &Posture, met: &Met) -> Vec3 {
        (0..3).map(|i| posture.position_m[self.place[met.vertices[i]] as usize] * met.weights[i]).sum()
    }

    /// Whether a body stands in the way.
    #[inline]
    pub fn block(&self, moment: &Moment, origin_m: Vec3, direction: Vec3, reach_m: f32) -> bool {
        moment.fitted.blocks(&Ray { origin_m, direction, reach_m })
    }

    fn point(&self, moment: &Moment, direction: Vec3, hit: &Hit, pixel_rad: f32, fine: bool) -> Point {
        let vertices = self.triangles[hit.triangle as usize].map(|vertex| vertex as usize);
        let weights = [1.0 - hit.u - hit.v, hit.u, hit.v];
        let [a, b, c] = vertices.map(|vertex| moment.position_m[vertex]);
        let normals = vertices.map(|vertex| moment.normal[vertex]);
        let position_m = a * weights[0] + b * weights[1] + c * weights[2];

        // Both normals turn to the side the ray came from: cloth has no thickness, and an eye may look into a sleeve.
        let outward = (b - a).cross(c - a).normalize_or(Vec3::Y);
        let side = if outward.dot(direction) > 0.0 { -1.0 } else { 1.0 };
        let smooth = (normals[0] * weights[0] + normals[1] * weights[1] + normals[2] * weights[2]).normalize_or(outward);

        // A pixel covers more of what it looks along; the square root averages over both directions.
        let footprint_m = FOOTPRINT_PIXELS * pixel_rad * hit.distance_m / smooth.dot(direction).abs().max(0.05).sqrt();
        let triangle = hit.triangle as usize;
        let spot = Spot { triangle, vertices, weights, edges_m: [b - a, c - a], smooth, footprint_m };
        let (finish, relief) = if fine { self.finish_at(&spot, moment.wetness) } else { (self.tone_at(&spot), smooth) };
        let mut point = Point::new(position_m, hit.distance_m, outward * side, smooth * side, finish).of_body();
        if fine {
            point = point.with_relief(relief * side, -direction);
        }
        point.start_m = lifted(position_m, [a, b, c], normals.map(|normal| normal * side), weights) + outward * (side * Point::LIFT_M);
        point
    }

    /// Only the diffuse lobe, with the mean of the texture's finer detail.
    fn tone_at(&self, spot: &Spot) -> Finish {
        let coat = &self.coats[self.material[spot.triangle] as usize];
        let mut reflectance = coat.finish.reflectance * self.shade_at(spot);
        if let Some(texture) = coat.texture {
            let chart = Chart::new(self.uv[spot.triangle], spot);
            reflectance *=
                self.textures[texture].at(chart.uv, chart.texels_a_metre(&self.textures[texture]) * spot.footprint_m).reflectance;
        }
        Finish::matt(reflectance.min(MOST_REFLECTANCE))
    }

    /// The finish and the normal with its relief.
    fn finish_at(&self, spot: &Spot, wetness: [f32; 2]) -> (Finish, Vec3) {
        let coat = &self.coats[self.material[spot.triangle] as usize];
        let mut finish = coat.finish;
        finish.reflectance *= self.shade_at(spot);
        // Changes of height along the two edges, in metres, and the mean square of slopes that are too fine to be seen.
        let (mut rise_m, mut unseen) = ([0.0; 2], 0.0);
        let mut wet = wetness[coat.whose] * coat.sweat;
        let chart = Chart::new(self.uv[spot.triangle], spot);
        if let Some(texture) = coat.texture {
            let texture = &self.textures[texture];
            let texels_a_metre = chart.texels_a_metre(texture);
            let here = texture.at(chart.uv, texels_a_metre * spot.footprint_m);
            finish.reflectance *= here.reflectance;
            finish.roughness = (finish.roughness * here.roughness).clamp(LEAST_MATERIAL_ROUGHNESS, 1.0);
            wet *= here.sweat;
            rise_m = chart.edges.map(|edge| here.slope_m.dot(edge));
            unseen = here.unseen_m2 * texels_a_metre * texels_a_metre;
        }
        // Beads are water: they turn the glossy normal only, not that of the light below them.
        let dry_m = rise_m;
        if wet > 0.0 {
            unseen += self.wetted(&mut finish, coat.substance, wet, spot, &mut rise_m);
        }
        let curvature: f32 = (0..3).map(|i| self.curvature[spot.vertices[i]] * spot.weights[i]).sum();
        unseen += TURN_SHARE * (curvature * spot.footprint_m).powi(2);
        finish = finish.roughened(unseen);
        finish.reflectance = finish.reflectance.min(MOST_REFLECTANCE);
        let tilt = |rise_m: [f32; 2]| if rise_m == [0.0; 2] { spot.smooth } else { tilted(spot.smooth, spot.edges_m, rise_m) };
        let relief = tilt(rise_m);
        finish.under = match coat.substance {
            Substance::Plain => Under::Plain,
            Substance::Flesh => Under::Flesh {
                normal: tilt(dry_m.map(|rise_m| RELIEF_WITHIN * rise_m)),
                wrap: (SCATTER_M * curvature).clamp(WRAP[0], WRAP[1]),
            },
            Substance::Strand => chart.tangent(spot.edges_m).map_or(Under::Plain, |tangent| Under::Strand { tangent }),
        };
        (finish, relief)
    }

    /// Wets a finish; gives back the mean square of the slopes of beads too small to be seen, and adds the others' to `rise_m`.
    fn wetted(&self, finish: &mut Finish, substance: Substance, wet: f32, spot: &Spot, rise_m: &mut [f32; 2]) -> f32 {
        if substance != Substance::Flesh {
            sweat::soak(finish, wet);
            return 0.0;
        }
        let [a, b, c] = spot.vertices.map(|vertex| self.bind_m[vertex]);
        let bind_m = a * spot.weights[0] + b * spot.weights[1] + c * spot.weights[2];
        let (slope, unseen) = sweat::cover(finish, wet, bind_m, spot.footprint_m);
        for (rise_m, edge_m) in rise_m.iter_mut().zip([b - a, c - a]) {
            *rise_m += slope.dot(edge_m);
        }
        unseen
    }

    #[inline]
    fn shade_at(&self, spot: &Spot) -> f32 {
        (0..3).map(|i| self.shade[spot.vertices[i]] * spot.weights[i]).sum()
    }
}

/// `[i]`: `all[order[i]]`.
fn picked<T: Copy>(all: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&i| all[i as usize]).collect()
}

/// A triangle's place in its texture.
struct Chart {
    uv: Vec2,
    /// From the first corner to the second and to the third.
    edges: [Vec2; 2],
    /// Area of the triangle over that of its place in the texture, both doubled; 0 where it has no place.
    area_m2: f32,
}

impl Chart {
    #[inline]
    fn new([a, b, c]: [Vec2; 3], spot: &Spot) -> Self {
        let edges = [b - a, c - a];
        let uv = a + edges[0] * spot.weights[1] + edges[1] * spot.weights[2];
        let (chart_area, area_m2) = (edges[0].perp_dot(edges[1]).abs(), spot.edges_m[0].cross(spot.edges_m[1]).length());
        Self { uv, edges, area_m2: if chart_area > 0.0 { area_m2 / chart_area } else { 0.0 } }
    }

    /// Texels of the finest level along a metre of the surface.
    #[inline]
    fn texels_a_metre(&self, texture: &Mipped) -> f32 {
        if self.area_m2 > 0.0 { (texture.texels() / self.area_m2).sqrt() } else { 0.0 }
    }

    /// Unit vector along which v grows; none where the triangle has no place in a texture.
    #[inline]
    fn tangent(&self, edges_m: [Vec3; 2]) -> Option<Vec3> {
        let [first, second] = self.edges;
        let along = (edges_m[1] * first.x - edges_m[0] * second.x) * first.perp_dot(second).signum();
        if self.area_m2 > 0.0 { along.try_normalize() } else { None }
    }
}

/// A normal tilted by a relief that rises along two edges of the surface (Mikkelsen, "Bump Mapping Unparametrized Surfaces on the GPU",
/// 2010, eq. 5, with the edges as parametrisation).
#[inline]
fn tilted(normal: Vec3, [first_m, second_m]: [Vec3; 2], rise_m: [f32; 2]) -> Vec3 {
    let area_m2 = normal.dot(first_m.cross(second_m));
    let uphill_m2 = second_m.cross(normal) * rise_m[0] + normal.cross(first_m) * rise_m[1];
    (normal * area_m2.abs() - uphill_m2 * area_m2.signum()).normalize_or(normal)
}

/// `[vertex]`: how fast the normal turns along the edges that meet there, in radians a metre; edges where two surfaces meet at an angle count as
/// round, too.
fn curvature(surface: &Surface) -> Vec<f32> {
    let mut sum = vec![(0.0f32, 0.0f32); surface.position_m.len()];
    for triangle in &surface.triangles {
        for (from, to) in [(0, 1), (1, 2), (2, 0)].map(|(i, k)| (triangle[i] as usize, triangle[k] as usize)) {
            let (turn, length_m) =
                (surface.normal[from].distance(surface.normal[to]), surface.position_m[from].distance(surface.position_m[to]));
            // Weighted by length, so that slivers don't count for more than they are.
            for end in [from, to] {
                sum[end] = (sum[end].0 + turn, sum[end].1 + length_m);
            }
        }
    }
    sum.into_iter().map(|(turn, length_m)| if length_m > 0.0 { turn / length_m } else { 0.0 }).collect()
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
    let Surface { position_m, normal, skin, material, shade, triangles, uv, bones, materials, textures, morphs, clearance } =
        &person.surface;
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
    if let Some(vertex) = clearance.vertex.iter().find(|&&vertex| vertex as usize >= count) {
        return wrong(format!("cloth that is kept off the body names vertex {vertex} of only {count}"));
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
    /// `[person]`: how wet with sweat, 0..1.
    pub wetness: [f32; 2],
}
