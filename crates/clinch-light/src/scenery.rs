//! The set as triangles and pictures, for other tools.
//!
//! Planes become quads; what covers them is painted by looking straight at each texel's place. What the set paints light with (the wash beyond
//! the kerbs, haze, sky, fill) isn't part of it.

use crate::{
    film::EXPOSURE,
    integrator::Point,
    set::Set,
    street::{
        FENCE_M, FENCE_Z_M, MESH_M, NORTH_KERB_Z_M, NORTH_WALL_M, NORTH_WALL_Z_M, PAVEMENT_M, POST_EVERY_M, POST_HALF_M, SOUTH_KERB_Z_M,
        SOUTH_WALL_M, SOUTH_WALL_Z_M, WIRE_HALF_M,
    },
};
use clinch_model::{
    Material, Scenery, SetKind, SpotLamp,
    cast::{Surface, Texel, Texture},
    set::{BED_M, ROOM_HALF_M, ROOM_HEIGHT_M},
    treatment::LightWishes,
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use std::f32::consts::{PI, TAU};

/// How far the street goes to either side of the origin: past the lamps at its ends.
const HALF_STREET_M: f32 = 18.0;
/// Half the side of the void's floor: where its light has gone.
const VOID_HALF_M: f32 = 7.0;
/// Depth of the pavements, from kerb to wall and a little under it.
const BEHIND_WALL_M: f32 = 0.05;
/// Size of a texel: bricks are 75 mm high with joints of 10 mm, road markings 120 mm wide.
const TEXEL_M: f32 = 0.015;
/// From how far away a texel's place is looked at.
const LOOK_M: f32 = 0.2;
/// Half thickness of the fence's rail.
const RAIL_HALF_M: f32 = 0.025;
/// Sides of a fence post.
const POST_SIDES: usize = 8;
/// Reflectance and roughness of the fence's galvanised steel.
const STEEL: (f32, f32) = (0.12, 0.5);
/// Roughness that a puddle gets: still water, as rough as the finish of a mirror may be written.
const WATER_ROUGHNESS: f32 = 0.05;

/// The set in which the film plays.
pub fn scenery(light: &LightWishes) -> Scenery {
    let set = Set::new(light);
    let mut surface = Surface::default();
    let walls = match light.set {
        SetKind::Street => street(),
        SetKind::Room => room(),
        SetKind::Void => vec![ground("floor", 0.0, [-VOID_HALF_M, VOID_HALF_M], [-VOID_HALF_M, VOID_HALF_M], 0.075, 0.6)],
    };
    for wall in &walls {
        wall.add(&set, &mut surface);
    }
    if light.set == SetKind::Street {
        add_fence(&mut surface);
    }
    Scenery { surface, lamps: lamps(&set) }
}

/// A level oblong from least to greatest x and z.
fn ground(name: &'static str, y: f32, [west, east]: [f32; 2], [north, south]: [f32; 2], reflectance: f32, roughness: f32) -> Wall {
    Wall {
        name,
        corner_m: Vec3::new(west, y, north),
        across_m: Vec3::X * (east - west),
        down_m: Vec3::Z * (south - north),
        reflectance,
        roughness,
    }
}

/// An upright oblong whose foot begins at `from_m`, on the left as seen from the side that shows.
fn upright(name: &'static str, from_m: Vec3, across_m: Vec3, high_m: f32, reflectance: f32, roughness: f32) -> Wall {
    Wall { name, corner_m: from_m + Vec3::Y * high_m, across_m, down_m: Vec3::NEG_Y * high_m, reflectance, roughness }
}

fn street() -> Vec<Wall> {
    let along @ [west, east] = [-HALF_STREET_M, HALF_STREET_M];
    let (north_m, south_m) = (NORTH_WALL_Z_M - BEHIND_WALL_M, SOUTH_WALL_Z_M + BEHIND_WALL_M);
    let eastward = Vec3::X * (east - west);
    vec![
        ground("street", 0.0, along, [NORTH_KERB_Z_M, SOUTH_KERB_Z_M], 0.15, 0.75),
        ground("pavement-north", PAVEMENT_M, along, [north_m, NORTH_KERB_Z_M], 0.12, 0.7),
        ground("pavement-south", PAVEMENT_M, along, [SOUTH_KERB_Z_M, south_m], 0.12, 0.7),
        upright("kerb-north", Vec3::new(west, 0.0, NORTH_KERB_Z_M), eastward, PAVEMENT_M, 0.16, 1.0),
        upright("kerb-south", Vec3::new(east, 0.0, SOUTH_KERB_Z_M), -eastward, PAVEMENT_M, 0.16, 1.0),
        upright("wall-north", Vec3::new(west, 0.0, NORTH_WALL_Z_M), eastward, NORTH_WALL_M, 0.12, 1.0),
        upright("wall-south", Vec3::new(east, 0.0, SOUTH_WALL_Z_M), -eastward, SOUTH_WALL_M, 0.15, 1.0),
    ]
}

fn room() -> Vec<Wall> {
    let [x, z] = ROOM_HALF_M;
    let [low, high] = BED_M.map(Vec3::from_array);
    let (eastward, southward) = (Vec3::X * 2.0 * x, Vec3::Z * 2.0 * z);
    let ceiling =
        Wall { corner_m: Vec3::new(-x, ROOM_HEIGHT_M, z), down_m: -southward, ..ground("ceiling", 0.0, [-x, x], [-z, z], 0.30, 1.0) };
    vec![
        ground("floor", 0.0, [-x, x], [-z, z], 0.13, 0.6),
        ceiling,
        upright("wall-north", Vec3::new(-x, 0.0, -z), eastward, ROOM_HEIGHT_M, 0.27, 0.75),
        upright("wall-south", Vec3::new(x, 0.0, z), -eastward, ROOM_HEIGHT_M, 0.27, 0.75),
        upright("wall-east", Vec3::new(x, 0.0, -z), southward, ROOM_HEIGHT_M, 0.27, 0.75),
        upright("wall-west", Vec3::new(-x, 0.0, z), -southward, ROOM_HEIGHT_M, 0.27, 0.75),
        ground("bed-top", high.y, [low.x, high.x], [low.z, high.z], 0.42, 1.0),
        upright("bed-north", Vec3::new(high.x, 0.0, low.z), Vec3::X * (low.x - high.x), high.y, 0.42, 1.0),
        upright("bed-south", Vec3::new(low.x, 0.0, high.z), Vec3::X * (high.x - low.x), high.y, 0.42, 1.0),
        upright("bed-east", Vec3::new(high.x, 0.0, high.z), Vec3::Z * (low.z - high.z), high.y, 0.42, 1.0),
    ]
}

/// A flat oblong of the set.
struct Wall {
    name: &'static str,
    /// Top left as seen from the side that shows.
    corner_m: Vec3,
    across_m: Vec3,
    down_m: Vec3,
    /// Of the material, which the picture varies up to twofold.
    reflectance: f32,
    roughness: f32,
}

impl Wall {
    fn add(&self, set: &Set, surface: &mut Surface) {
        let material = Material { texture: Some(surface.textures.len() as u8), ..plain(self.name, self.reflectance, self.roughness) };
        surface.textures.push(self.picture(set));
        surface.materials.push(material);
        let corner = |u: f32, v: f32| self.corner_m + self.across_m * u + self.down_m * v;
        add_quad(surface, [corner(0.0, 1.0), corner(1.0, 1.0), corner(1.0, 0.0), corner(0.0, 0.0)]);
    }

    /// Unit vector out of the side that shows.
    fn outward(&self) -> Vec3 {
        self.down_m.cross(self.across_m).normalize()
    }

    fn picture(&self, set: &Set) -> Texture {
        let texels = |length_m: f32| (length_m / TEXEL_M).round().max(1.0) as u32;
        let (width, height) = (texels(self.across_m.length()), texels(self.down_m.length()));
        let texel = |i: u32| {
            let place = Vec2::new((i % width) as f32 + 0.5, (i / width) as f32 + 0.5) / Vec2::new(width as f32, height as f32);
            let outward = self.outward();
            let eye_m = self.corner_m + self.across_m * place.x + self.down_m * place.y + outward * LOOK_M;
            set.nearest(eye_m, -outward, 2.0 * LOOK_M, TEXEL_M / LOOK_M, false).map_or(Texel::PLAIN, |point| self.texel(&point))
        };
        let texels = (0..width * height).into_par_iter().map(texel).collect();
        Texture { name: self.name.into(), width, height, texels, relief_m: 0.0 }
    }

    fn texel(&self, point: &Point) -> Texel {
        let factor = |value: f32, whole: f32| (value / whole * f32::from(Texel::PLAIN.reflectance)).round().clamp(0.0, 255.0) as u8;
        let roughness = point.finish.roughness + (WATER_ROUGHNESS - point.finish.roughness) * point.water;
        Texel {
            reflectance: factor(point.finish.reflectance, self.reflectance),
            roughness: factor(roughness, self.roughness),
            ..Texel::PLAIN
        }
    }
}

/// Something that only reflects diffusely, or dully.
fn plain(name: &str, reflectance: f32, roughness: f32) -> Material {
    Material { name: name.into(), reflectance, roughness, specular: 0.03, sheen: 0.0, sweat: 0.0, texture: None }
}

/// Adds a flat quad of the last material, its corners counter-clockwise from outside, beginning at the bottom left.
fn add_quad(surface: &mut Surface, corners_m: [Vec3; 4]) {
    let first = surface.position_m.len() as u32;
    let normal = (corners_m[1] - corners_m[0]).cross(corners_m[3] - corners_m[0]).normalize_or(Vec3::Y);
    let places = [Vec2::new(0.0, 1.0), Vec2::new(1.0, 1.0), Vec2::new(1.0, 0.0), Vec2::new(0.0, 0.0)];
    surface.position_m.extend(corners_m);
    surface.normal.extend([normal; 4]);
    surface.shade.extend([1.0; 4]);
    for corners in [[0, 1, 2], [0, 2, 3]] {
        surface.triangles.push(corners.map(|corner| first + corner as u32));
        surface.uv.push(corners.map(|corner| places[corner]));
        surface.material.push((surface.materials.len() - 1) as u8);
    }
}

/// Posts, rail and wires.
fn add_fence(surface: &mut Surface) {
    let top_m = PAVEMENT_M + FENCE_M;
    surface.materials.push(Material { specular: 0.1, ..plain("fence-posts", STEEL.0, STEEL.1) });
    let count = (HALF_STREET_M / POST_EVERY_M) as i32;
    for post in -count..=count {
        let foot_m = Vec3::new(post as f32 * POST_EVERY_M, PAVEMENT_M, FENCE_Z_M);
        add_tube(surface, foot_m, foot_m + Vec3::Y * FENCE_M, POST_HALF_M, Vec3::X);
    }
    let end = |x: f32| Vec3::new(x, top_m, FENCE_Z_M);
    add_tube(surface, end(-HALF_STREET_M), end(HALF_STREET_M), RAIL_HALF_M, Vec3::Y);

    surface.materials.push(Material { specular: 0.1, ..plain("fence-wires", STEEL.0, STEEL.1) });
    // Both families of wires, numbered by where they meet the pavement: x + y and x − y are whole multiples of this.
    let every_m = MESH_M * std::f32::consts::SQRT_2;
    let last = ((HALF_STREET_M + FENCE_M) / every_m) as i32;
    for (number, lean) in (-last..=last).flat_map(|number| [(number, -1.0), (number, 1.0)]) {
        add_wire(surface, number as f32 * every_m, lean);
    }
}

/// Adds a flat wire from `foot_x_m` on the pavement's level upward to the east (`lean` 1) or west (−1), as far as it lies in the fence.
fn add_wire(surface: &mut Surface, foot_x_m: f32, lean: f32) {
    // Where x enters and leaves the fence, as heights over the pavement.
    let [a, b] = [-HALF_STREET_M, HALF_STREET_M].map(|x| (x - foot_x_m) * lean);
    let (low_m, high_m) = (a.min(b).max(0.0), a.max(b).min(FENCE_M));
    if high_m <= low_m {
        return;
    }
    let at = |up_m: f32| Vec3::new(foot_x_m + lean * up_m, PAVEMENT_M + up_m, FENCE_Z_M);
    let (low, high) = (at(low_m), at(high_m));
    let half = (high - low).cross(Vec3::Z).normalize() * WIRE_HALF_M;
    add_quad(surface, [low - half, low + half, high + half, high - half]);
}

/// Adds an open tube of the last material; `out` is any unit vector across it.
fn add_tube(surface: &mut Surface, from_m: Vec3, to_m: Vec3, radius_m: f32, out: Vec3) {
    let first = surface.position_m.len() as u32;
    let side = (to_m - from_m).normalize().cross(out);
    for corner in 0..POST_SIDES {
        let (sin, cos) = (TAU * corner as f32 / POST_SIDES as f32).sin_cos();
        let normal = out * cos + side * sin;
        surface.position_m.extend([from_m, to_m].map(|end| end + normal * radius_m));
        surface.normal.extend([normal; 2]);
        surface.shade.extend([1.0; 2]);
    }
    for corner in 0..POST_SIDES as u32 {
        let [low, next] = [corner, (corner + 1) % POST_SIDES as u32].map(|corner| first + 2 * corner);
        for triangle in [[low, next, next + 1], [low, next + 1, low + 1]] {
            surface.triangles.push(triangle);
            surface.uv.push(Default::default());
            surface.material.push((surface.materials.len() - 1) as u8);
        }
    }
}

fn lamps(set: &Set) -> Vec<SpotLamp> {
    let named = |(number, lamp): (usize, &crate::lamp::Lamp)| SpotLamp {
        name: if number == 0 { "key".into() } else { format!("far-{number}") },
        centre_m: lamp.centre_m,
        axis: lamp.axis,
        radius_m: lamp.radius_m,
        intensity_m2: EXPOSURE * lamp.radiance * PI * lamp.radius_m * lamp.radius_m,
        beam_rad: [lamp.beam.cos_core, lamp.beam.cos_edge].map(f32::acos),
    };
    set.lamps.iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_triangle_faces_the_way_its_normals_say_and_lies_where_the_set_is_met() {
        for kind in SetKind::ALL {
            let light = LightWishes { set: kind, ..LightWishes::default() };
            let Scenery { surface, lamps } = scenery(&light);
            let set = Set::new(&light);
            for (triangle, material) in surface.triangles.iter().zip(&surface.material) {
                let [a, b, c] = triangle.map(|vertex| surface.position_m[vertex as usize]);
                let outward = (b - a).cross(c - a).normalize();
                assert!(outward.dot(surface.normal[triangle[0] as usize]) > 0.9, "{triangle:?}");
                // The set draws round posts and rails flat, so only the flat things can be met by a ray from the side that shows.
                if surface.materials[usize::from(*material)].name == "fence-posts" {
                    continue;
                }
                let middle = (a + b + c) / 3.0;
                let met = set.nearest(middle + outward * 0.2, -outward, 1.0, 1e-3, true);
                assert!(
                    met.is_some_and(|point| (point.distance_m - 0.2).abs() < 1e-4 && point.outward.dot(outward) > 0.9999),
                    "{kind:?}: {middle} {outward}"
                );
            }
            assert_eq!(lamps.len(), set.hung().len());
        }
    }

    #[test]
    fn the_pictures_are_as_bright_as_the_set() {
        let surface = scenery(&LightWishes::default()).surface;
        for texture in &surface.textures {
            let mean = texture.texels.iter().map(|texel| f64::from(texel.reflectance)).sum::<f64>() / texture.texels.len() as f64;
            let clipped = texture.texels.iter().filter(|texel| texel.reflectance == 255).count() as f64 / texture.texels.len() as f64;
            assert!((40.0..200.0).contains(&mean) && clipped < 0.01, "{}: mean {mean}, clipped {clipped}", texture.name);
        }
    }
}
