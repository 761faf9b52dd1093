//! Whole scenes whose light is known.

use super::*;
use crate::{
    bodies::Posture,
    integrator::Point,
    lamp::{Beam, Lamp},
};
use clinch_model::{Material, Person, cast::Surface};
use glam::{Quat, Vec3};
use std::f32::consts::PI;

/// Vertices, normals and triangles.
type Mesh = (Vec<Vec3>, Vec<Vec3>, Vec<[u32; 3]>);

fn sphere(centre: Vec3, radius: f32) -> Mesh {
    let (rings, sectors) = (48u32, 96u32);
    let mut mesh: Mesh = Default::default();
    for ring in 0..=rings {
        for sector in 0..=sectors {
            let (theta, phi) = (PI * ring as f32 / rings as f32, 2.0 * PI * sector as f32 / sectors as f32);
            let normal = Vec3::new(theta.sin() * phi.cos(), theta.cos(), -theta.sin() * phi.sin());
            mesh.0.push(centre + normal * radius);
            mesh.1.push(normal);
            if ring < rings && sector < sectors {
                let i = ring * (sectors + 1) + sector;
                mesh.2.extend([[i, i + sectors + 1, i + 1], [i + 1, i + sectors + 1, i + sectors + 2]]);
            }
        }
    }
    mesh
}

/// A unit square around `centre`, facing `normal` (±y).
fn square(centre: Vec3, normal: Vec3) -> Mesh {
    let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(x, z)| centre + Vec3::new(x, 0.0, z));
    (corners.to_vec(), vec![normal; 4], vec![[0, 2, 1], [0, 3, 2]])
}

/// A cast whose Cop is a mesh of one matt material, and whose Kid isn't there.
fn cast(mesh: &Mesh, reflectance: f32) -> Cast {
    let material = Material { name: "test".into(), reflectance, roughness: 1.0, specular: 0.0, sheen: 0.0, sweat: 0.0, texture: None };
    let count = mesh.0.len();
    let surface = |of: Option<&Mesh>| Surface {
        position_m: of.map_or(vec![], |m| m.0.clone()),
        normal: of.map_or(vec![], |m| m.1.clone()),
        skin: vec![[(0, 0.0); 4]; of.map_or(0, |_| count)],
        material: vec![0; of.map_or(0, |m| m.2.len())],
        uv: vec![Default::default(); of.map_or(0, |m| m.2.len())],
        shade: vec![1.0; of.map_or(0, |_| count)],
        triangles: of.map_or(vec![], |m| m.2.clone()),
        bones: vec![],
        materials: vec![material.clone()],
        textures: vec![],
        morphs: vec![],
    };
    let person = |who: Who, of: Option<&Mesh>| Person {
        who,
        height_m: 1.8,
        mass_kg: 80.0,
        temperament: Default::default(),
        seed: 0,
        lids_shut: [1.0; 2],
        skeleton: clinch_cast::skeleton::skeleton(1.8, 80.0),
        surface: surface(of),
    };
    Cast { people: [person(Who::Cop, Some(mesh)), person(Who::Kid, None)] }
}

fn posture(mesh: &Mesh, moved: Vec3) -> Posture {
    Posture { position_m: mesh.0.iter().map(|p| *p + moved).collect(), normal: mesh.1.clone() }
}

/// Pixels of a mesh that moves by `moved` while the shutter is open.
fn render(mesh: &Mesh, reflectance: f32, moved: Vec3, camera: &Camera, size: (usize, usize), radiance: f32, lamps: &[Lamp]) -> Vec<Pixel> {
    let bodies = Bodies::new(&cast(mesh, reflectance)).unwrap();
    let (open, close) = (posture(mesh, Vec3::ZERO), posture(mesh, moved));
    let moments: Vec<Moment> = (0..8).map(|i| bodies.moment(&open, &close, (i as f32 + 0.5) / 8.0, None)).collect();
    let scenes: Vec<Scene> =
        moments.iter().map(|moment| Scene { bodies: &bodies, moment, around: Surroundings::Even { radiance, lamps } }).collect();
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 16, 1, 0);
    let mut pixels = vec![Pixel { least: f32::INFINITY, ..Pixel::default() }; size.0 * size.1];
    Gathering { scenes: &scenes, camera, sampler: &sampler, samples: 16, width: size.0 }.take(&mut pixels, 0..16, None);
    pixels
}

/// Radiance of a pixel, its indirect light unsmoothed.
fn radiance(pixel: &Pixel) -> f32 {
    (pixel.direct + pixel.albedo * pixel.arriving / pixel.bounces.max(1.0)) / pixel.samples
}

fn pose(aperture_m: f32) -> CameraPose {
    CameraPose { eye_m: Vec3::new(0.0, 1.0, 4.0), turn: Quat::IDENTITY, vfov_rad: 0.5, focus_m: 4.0, aperture_m }
}

fn camera(pose: &CameraPose, size: (usize, usize)) -> Camera {
    Camera::new(pose, pose, size.0 as u32, size.1 as u32)
}

#[test]
fn a_white_sphere_can_not_be_seen_in_a_white_furnace() {
    let size = (64, 36);
    let pixels = render(&sphere(Vec3::Y, 0.8), 0.95, Vec3::ZERO, &camera(&pose(0.0), size), size, 1.0, &[]);
    let mut on_sphere = 0;
    for (i, pixel) in pixels.iter().enumerate() {
        // The sphere gives back all but a twentieth of what it gets (reflectance is capped at 0.95), nothing else anything less than all.
        let truth = if pixel.albedo > 0.94 * 16.0 { 0.95 } else { 1.0 };
        if pixel.albedo == 0.0 || truth < 1.0 {
            assert!((radiance(pixel) / truth - 1.0).abs() < 0.02, "{i}: {}", radiance(pixel));
        }
        on_sphere += usize::from(truth < 1.0);
    }
    assert!(on_sphere > 500, "{on_sphere}");
}

#[test]
fn a_disc_lamp_lights_a_floor_as_the_textbook_says() {
    // Radiance of a matt floor of reflectance ρ under the middle of the disc: ρ L sin²θ, with θ the half-angle under which it appears.
    let lamp = Lamp::new(Vec3::Y * 1.2, Vec3::ZERO, 0.6, 3.0, Beam::EVEN);
    let mesh = square(Vec3::ZERO, Vec3::Y);
    let bodies = Bodies::new(&cast(&mesh, 0.5)).unwrap();
    let moment = bodies.moment(&posture(&mesh, Vec3::ZERO), &posture(&mesh, Vec3::ZERO), 0.5, None);
    let lamps = [lamp.clone()];
    let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } };
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 64, 1, 0);
    let eye = CameraPose {
        eye_m: Vec3::new(0.0, 1.0, 0.0),
        turn: Quat::from_rotation_x(-PI / 2.0),
        vfov_rad: 0.01,
        focus_m: 1.0,
        aperture_m: 0.0,
    };
    let camera = Camera::new(&eye, &eye, 4, 4);
    let seen = |sample| scene.see(&camera, 0.0, &Numbers { sampler: &sampler, pixel: (2, 2), sample }, false).direct;
    let found: f32 = (0..64).map(seen).sum::<f32>() / 64.0;
    let truth = 0.5 * lamp.radiance * 0.36 / (0.36 + 1.44);
    assert!((found / truth - 1.0).abs() < 0.02, "{found} {truth}");
}

#[test]
fn a_black_square_hides_as_much_of_the_sky_as_its_form_factor_says() {
    // Two parallel unit squares one unit apart exchange 0.19982 of their light (Howell's catalogue C-11).
    let mesh = square(Vec3::Y, Vec3::NEG_Y);
    let bodies = Bodies::new(&cast(&mesh, 0.0)).unwrap();
    let moment = bodies.moment(&posture(&mesh, Vec3::ZERO), &posture(&mesh, Vec3::ZERO), 0.5, None);
    let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 1.0, lamps: &[] } };
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 16, 1, 0);
    let mut sum = 0.0;
    for i in 0..64 * 64 {
        let (x, z) = (i % 64, i / 64);
        let at = Vec3::new((x as f32 + 0.5) / 64.0 - 0.5, 0.0, (z as f32 + 0.5) / 64.0 - 0.5);
        let point = Point::new(at, 1.0, Vec3::Y, Vec3::Y, finish::Finish::matt(1.0));
        sum += (0..16).map(|sample| scene.bounced(&point, &Numbers { sampler: &sampler, pixel: (x, z), sample })).sum::<f32>();
    }
    let found = 1.0 - sum / (64.0 * 64.0 * 16.0);
    assert!((found - 0.19982).abs() < 0.002, "{found}");
}

#[test]
fn without_light_everything_is_black() {
    let size = (32, 18);
    let pixels = render(&sphere(Vec3::Y, 0.8), 0.8, Vec3::ZERO, &camera(&pose(0.02), size), size, 0.0, &[]);
    assert!(pixels.iter().all(|pixel| radiance(pixel) == 0.0));
}

/// How dark every pixel of a row is against a white sky, 0..1, of a black sphere.
fn darkness(pixels: &[Pixel], row: &[usize]) -> Vec<f32> {
    row.iter().map(|&i| 1.0 - radiance(&pixels[i])).collect()
}

#[test]
fn a_point_lands_where_the_camera_projects_it() {
    let size = (128, 72);
    let pose = CameraPose { turn: Quat::from_rotation_y(0.05) * Quat::from_rotation_x(0.03), ..pose(0.0) };
    for at in [Vec3::new(0.3, 1.2, 0.0), Vec3::new(-0.9, 0.8, 1.0)] {
        let pixels = render(&sphere(at, 0.02), 0.0, Vec3::ZERO, &camera(&pose, size), size, 1.0, &[]);
        let all: Vec<usize> = (0..pixels.len()).collect();
        let dark = darkness(&pixels, &all);
        let total: f32 = dark.iter().sum();
        let mean = |of: fn(usize, usize) -> usize| dark.iter().enumerate().map(|(i, d)| d * of(i, 128) as f32).sum::<f32>() / total;
        let (x, y) = (mean(|i, w| i % w) + 0.5, mean(|i, w| i / w) + 0.5);
        let truth = pose.project(128.0 / 72.0, at);
        let (tx, ty) = ((truth.x + 1.0) / 2.0 * 128.0, (1.0 - truth.y) / 2.0 * 72.0);
        assert!(total > 0.5 && (x - tx).abs() < 0.15 && (y - ty).abs() < 0.15, "{x} {y} for {tx} {ty}");
    }
}

#[test]
fn a_moving_body_is_blurred_along_its_way() {
    // Half a metre at 4 m, in a picture of 72 rows that spans 2 × 4 m × tan 0.25: 17.6 pixels, and the sphere's own 7.05.
    let size = (128, 72);
    let pixels = render(&sphere(Vec3::new(-0.25, 1.0, 0.0), 0.1), 0.0, Vec3::X * 0.5, &camera(&pose(0.0), size), size, 1.0, &[]);
    let middle: Vec<usize> = (0..128).map(|x| 36 * 128 + x).collect();
    let dark = darkness(&pixels, &middle);
    let (pixels_per_m, own) = (36.0 / (4.0 * 0.25f32.tan()), 0.2);
    // Everything that passes at constant speed darkens by its width in all, wherever it is.
    let total: f32 = dark.iter().sum();
    assert!((total - own * pixels_per_m).abs() < 0.6, "{total}");
    let touched = dark.iter().filter(|&&d| d > 0.03).count() as f32;
    let truth = (own + 0.5) * pixels_per_m;
    assert!((touched - truth).abs() < 3.0, "{touched} {truth}");
}
