//! Whole scenes whose light is known.

mod truth;

use super::*;
use crate::{
    bodies::Posture,
    integrator::Point,
    lamp::{Beam, Lamp},
};
use clinch_model::{
    Material, Person,
    cast::{Surface, Texel, Texture},
};
use glam::{Quat, Vec2, Vec3};
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
        clearance: Default::default(),
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
    Posture { position_m: mesh.0.iter().map(|p| *p + moved).collect(), normal: mesh.1.clone(), ..Posture::default() }
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
    let mut pixels = vec![Pixel::NONE; size.0 * size.1];
    Gathering { scenes: &scenes, camera, sampler: &sampler, samples: 16, smooth_every: 1, width: size.0 }
        .take(&mut pixels, 0..16, |_| true);
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

/// A white square on the ground, one texture wide, whose material may be changed.
fn textured(width: u32, height: u32, relief_m: f32, texel: impl Fn(u32, u32) -> Texel, change: impl Fn(&mut Material)) -> (Bodies, Moment) {
    let mesh = square(Vec3::ZERO, Vec3::Y);
    let mut cast = cast(&mesh, 0.4);
    let surface = &mut cast.people[0].surface;
    let texels = (0..width * height).map(|i| texel(i % width, i / width)).collect();
    surface.textures = vec![Texture { name: "test".into(), width, height, texels, relief_m }];
    surface.materials[0].texture = Some(0);
    change(&mut surface.materials[0]);
    surface.uv = mesh.2.iter().map(|t| t.map(|i| Vec2::new(mesh.0[i as usize].x + 0.5, mesh.0[i as usize].z + 0.5))).collect();
    let bodies = Bodies::new(&cast).unwrap();
    let posture = Posture { wetness: [1.0; 2], ..posture(&mesh, Vec3::ZERO) };
    let moment = bodies.moment(&posture, &posture, 0.5, None);
    (bodies, moment)
}

/// The point under an eye one metre above a place (x, z) of the ground, whose pixels are `pixel_rad` wide.
fn under(bodies: &Bodies, moment: &Moment, (x, z): (f32, f32), pixel_rad: f32) -> Point {
    bodies.nearest(moment, Vec3::new(x, 1.0, z), Vec3::NEG_Y, pixel_rad, true).unwrap()
}

#[test]
fn a_checkered_square_has_the_reflectance_of_its_texels_near_and_their_mean_far() {
    let checker = |x: u32, y: u32| Texel { reflectance: if (x + y).is_multiple_of(2) { 32 } else { 192 }, ..Texel::PLAIN };
    let (bodies, moment) = textured(8, 8, 0.0, checker, |_| {});
    for (x, y) in [(0, 0), (3, 0), (4, 7), (5, 2)] {
        let at = ((x as f32 + 0.5) / 8.0 - 0.5, (y as f32 + 0.5) / 8.0 - 0.5);
        let truth = 0.4 * if (x + y) % 2 == 0 { 0.25 } else { 1.5 };
        assert!((under(&bodies, &moment, at, 1e-3).finish.reflectance - truth).abs() < 1e-5, "{x} {y}");
    }
    // What a pixel can't tell apart is grey: 0.4 × (0.25 + 1.5) / 2.
    for at in [(0.01, 0.3), (-0.2, 0.11)] {
        let far = under(&bodies, &moment, at, 1.0).finish.reflectance;
        assert!((far - 0.35).abs() < 1e-3, "{far}");
        // Light that comes by way of it sees the mean of the detail, too.
        let tone = bodies.nearest(&moment, Vec3::new(at.0, 1.0, at.1), Vec3::NEG_Y, 1.0, false).unwrap();
        assert!((tone.finish.reflectance - 0.35).abs() < 1e-3 && tone.finish.specular == 0.0);
    }
}

#[test]
fn a_slope_in_the_relief_is_lit_by_the_cosine_of_its_angle() {
    // A height of 4 steps a texel along x: of 255 steps to 1 metre, at 64 texels to the metre, a slope of 4 × 64 / 255.
    let (bodies, moment) = textured(64, 4, 1.0, |x, _| Texel { relief: (4 * (x % 64)) as u8, ..Texel::PLAIN }, |_| {});
    let slope: f32 = 4.0 * 64.0 / 255.0;
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 4, 1, 0);
    let eye = CameraPose {
        eye_m: Vec3::new(0.0, 1.0, 0.0),
        turn: Quat::from_rotation_x(-PI / 2.0),
        vfov_rad: 0.004,
        focus_m: 1.0,
        aperture_m: 0.0,
    };
    let camera = Camera::new(&eye, &eye, 4, 4);
    for angle in [-0.6f32, 0.0, 0.5, 1.0] {
        let towards = Vec3::new(-angle.sin(), angle.cos(), 0.0);
        let lamps = [Lamp::new(towards * 50.0, Vec3::ZERO, 0.05, 2500.0, Beam::EVEN)];
        let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } };
        let found = scene.see(&camera, 0.0, &Numbers { sampler: &sampler, pixel: (2, 2), sample: 0 }, false).direct;
        // The uphill side faces −x.
        let normal = Vec3::new(-slope, 1.0, 0.0).normalize();
        let truth = 0.4 / PI * normal.dot(towards).max(0.0);
        assert!((found - truth).abs() < 0.01 * truth + 1e-5, "{angle}: {found} {truth}");
    }
}

#[test]
fn relief_that_is_turned_with_its_body_keeps_its_angle() {
    // The posed triangle lies in another plane than the bind pose: relief follows where the surface is now.
    let (bodies, _) = textured(64, 4, 1.0, |x, _| Texel { relief: (2 * (x % 64)) as u8, ..Texel::PLAIN }, |_| {});
    let mesh = square(Vec3::ZERO, Vec3::Y);
    let turn = Quat::from_rotation_z(0.7) * Quat::from_rotation_y(1.1);
    let posture = Posture {
        position_m: mesh.0.iter().map(|p| turn * *p).collect(),
        normal: mesh.1.iter().map(|n| turn * *n).collect(),
        ..Posture::default()
    };
    let moment = bodies.moment(&posture, &posture, 0.5, None);
    let point = bodies.nearest(&moment, turn * Vec3::Y, turn * Vec3::NEG_Y, 1e-4, true).unwrap();
    let truth = turn * Vec3::new(-2.0 * 64.0 / 255.0, 1.0, 0.0).normalize();
    assert!(point.relief.distance(truth) < 1e-4 && point.normal.distance(turn * Vec3::Y) < 1e-5, "{} {truth}", point.relief);
}

#[test]
fn a_relief_never_turns_away_from_the_eye() {
    let steep = |x: u32, _| Texel { relief: if x.is_multiple_of(2) { 0 } else { 255 }, ..Texel::PLAIN };
    let (bodies, moment) = textured(63, 4, 0.2, steep, |_| {});
    for i in 0..200 {
        let (x, side) = (i as f32 * 0.004 - 0.4, if i % 2 == 0 { 1.0 } else { -1.0 });
        let direction = Vec3::new(side, -0.3, 0.1).normalize();
        let point = bodies.nearest(&moment, Vec3::new(x, 0.0, 0.0) - direction, direction, 1e-4, true).unwrap();
        assert!(point.relief.dot(-direction) > 0.0 && point.relief.is_normalized(), "{:?}", point.relief);
    }
}

#[test]
fn sweat_shows_where_material_texture_and_fatigue_allow_it_and_nowhere_else() {
    let drops = |x: u32, _| Texel { sweat: if x < 4 { 255 } else { 0 }, ..Texel::PLAIN };
    let wettable = |sweat: f32| {
        move |material: &mut Material| {
            *material = Material { name: "skin".into(), roughness: 0.5, specular: 0.03, sweat, ..material.clone() };
        }
    };
    let (dry_bodies, moment) = textured(8, 8, 0.0, drops, wettable(0.0));
    let (wet_bodies, wet_moment) = textured(8, 8, 0.0, drops, wettable(1.0));
    let rested = wet_bodies.moment(
        &posture(&square(Vec3::ZERO, Vec3::Y), Vec3::ZERO),
        &posture(&square(Vec3::ZERO, Vec3::Y), Vec3::ZERO),
        0.5,
        None,
    );
    let mut smoother = 0;
    for i in 0..400 {
        let at = ((i % 20) as f32 * 0.009 - 0.36, (i / 20) as f32 * 0.02 - 0.2);
        let dry = under(&dry_bodies, &moment, at, 1e-4);
        let fresh = under(&wet_bodies, &rested, at, 1e-4);
        assert_eq!((dry.finish, dry.relief), (fresh.finish, fresh.relief));
        let wet = under(&wet_bodies, &wet_moment, at, 1e-4);
        smoother += usize::from(wet.finish.roughness < 0.4 && wet.finish.specular > 0.035);
        // The texture's other half gathers none.
        let (dry, wet) = (under(&dry_bodies, &moment, (0.3, at.1), 1e-4), under(&wet_bodies, &wet_moment, (0.3, at.1), 1e-4));
        assert_eq!((dry.finish, dry.relief), (wet.finish, wet.relief));
    }
    assert!(smoother > 350, "{smoother}");
}

#[test]
fn a_polished_ball_mirrors_a_lamp_as_bright_as_fresnel_says() {
    // A lamp straight behind the eye is mirrored by the square's middle: normal incidence.
    let polish = |material: &mut Material| *material = Material { roughness: 0.05, specular: 0.04, ..material.clone() };
    let (bodies, moment) = textured(1, 1, 0.0, |_, _| Texel { reflectance: 0, ..Texel::PLAIN }, polish);
    let lamps = [Lamp::new(Vec3::Y * 3.0, Vec3::ZERO, 0.5, 1.0, Beam::EVEN)];
    let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } };
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 16, 1, 0);
    let eye = CameraPose {
        eye_m: Vec3::new(0.0, 1.0, 0.0),
        turn: Quat::from_rotation_x(-PI / 2.0),
        vfov_rad: 0.01,
        focus_m: 1.0,
        aperture_m: 0.0,
    };
    let camera = Camera::new(&eye, &eye, 4, 4);
    let seen = |sample| scene.see(&camera, 0.0, &Numbers { sampler: &sampler, pixel: (2, 2), sample }, false).direct;
    let found = (0..16).map(seen).sum::<f32>() / 16.0;
    assert!((found / (0.04 * lamps[0].radiance) - 1.0).abs() < 0.01, "{found} {}", 0.04 * lamps[0].radiance);
}

#[test]
fn a_wet_eye_shows_the_lamp_near_and_keeps_its_light_far() {
    // An eyeball that mirrors a lamp as far and wide as the street's, in a picture of 72 rows.
    let (radius_m, size) = (0.012, (128, 72));
    let mesh = sphere(Vec3::Y, radius_m);
    let lamp = Lamp::new(Vec3::new(2.0, 5.0, 3.0), Vec3::Y, 0.24, 28.0, Beam::EVEN);
    let mut cast = cast(&mesh, 0.0);
    let eye = &mut cast.people[0].surface.materials[0];
    (eye.roughness, eye.specular) = (0.05, 0.04);
    let bodies = Bodies::new(&cast).unwrap();
    let at = posture(&mesh, Vec3::ZERO);
    let moment = bodies.moment(&at, &at, 0.5, None);
    let lamps = [lamp];
    let scene = [Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } }];
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 16, 1, 0);
    let seen = |rows_on_eye: f32| {
        let field_m = 2.0 * radius_m * 72.0 / rows_on_eye;
        let pose = CameraPose { eye_m: Vec3::new(0.0, 1.0, 1.0), vfov_rad: 2.0 * (field_m / 2.0).atan(), focus_m: 1.0, ..pose(0.0) };
        let camera = camera(&pose, size);
        let mut pixels = vec![Pixel::NONE; size.0 * size.1];
        Gathering { scenes: &scene, camera: &camera, sampler: &sampler, samples: 16, smooth_every: 1, width: size.0 }.take(
            &mut pixels,
            0..16,
            |_| true,
        );
        let all: Vec<f32> = pixels.iter().map(radiance).collect();
        let brightest = all.iter().copied().fold(0.0, f32::max);
        // Light of the whole eye, in radiance times square metres.
        (brightest, all.iter().sum::<f32>() * (field_m / 72.0).powi(2))
    };
    let (near, far) = (seen(120.0), seen(4.0));
    // A mirror's image of a lamp is as bright as Fresnel says; in an eye of four rows it is still lighter than an
    // iris in the key light (0.01).
    assert!(near.0 > 0.8 * 0.04 * lamps[0].radiance, "{near:?}");
    assert!(far.0 > 0.02, "{far:?}");
    // A mirroring ball sends what it gets evenly in all directions: Fresnel × irradiance × r² / 4. Far off the ball counts as rough, and rough
    // balls send more along their rims.
    let truth = 0.04 * lamps[0].guess(Vec3::Y).irradiance * radius_m * radius_m / 4.0;
    assert!((near.1 / truth - 1.0).abs() < 0.05 && (0.9..1.6).contains(&(far.1 / truth)), "{near:?} {far:?} {truth}");
}

#[test]
fn a_balls_layers_are_where_geometry_has_them() {
    let (radius_m, moved) = (0.3, Vec3::new(0.04, 0.02, 0.0));
    let mesh = sphere(Vec3::Y, radius_m);
    let ball = cast(&mesh, 0.5);
    let size = Size { width: 128, height: 72 };
    let mut studio = Studio::new(&ball, &Options { size, quality: Quality::Film, grain: 0.0, seed: 1, ..Options::default() }).unwrap();
    let postures = [posture(&mesh, Vec3::ZERO), posture(&mesh, moved)];
    studio.moments = (0..5).map(|i| studio.bodies.moment(&postures[0], &postures[1], (i as f32 + 0.5) / 5.0, None)).collect();
    let camera = camera(&pose(0.0), (128, 72));
    let sampler = Sampler::new(&studio.mask, layers::MASK_SAMPLES, 1, 0);
    let at = |x: usize, y: usize| studio.layers_at((x, y), &camera, &postures, &sampler);

    // The ball's middle is 4 m away and then, half-way through the shutter, moved by half of its way.
    let front = at(64, 36);
    assert!((front.depth_m - (4.0 - radius_m)).abs() < 0.01 && front.normal.dot(Vec3::Z) > 0.99, "{} {}", front.depth_m, front.normal);
    let pixels_a_metre = 36.0 / (0.25f32.tan() * (4.0 - radius_m));
    let truth = Vec2::new(moved.x, moved.y) * pixels_a_metre / SHUTTER as f32;
    assert!(front.motion_pixels.distance(truth) < 0.05, "{} {truth}", front.motion_pixels);

    // The disc under which it is seen has the radius d sin a / cos a, sin a = r / d; what moves covers as much as what stands.
    let all: Vec<layers::Pixel> = (0..size.pixels()).map(|i| at(i % 128, i / 128)).collect();
    let area: f32 = all.iter().map(|pixel| pixel.person[0]).sum();
    let disc = PI * (36.0 / 0.25f32.tan()).powi(2) * radius_m.powi(2) / (16.0 - radius_m.powi(2));
    assert!((area / disc - 1.0).abs() < 0.02, "{area} {disc}");
    assert!(all.iter().all(|pixel| pixel.person[1] == 0.0));

    // The street lies under it: its depth is what the camera's height gives, and it stands still under a camera that does.
    let street = &all[70 * 128 + 20];
    let slope = (2.0 * 70.5 / 72.0 - 1.0) * 0.25f32.tan();
    assert!((street.depth_m * slope - 1.0).abs() < 1e-3 && street.normal.distance(Vec3::Y) < 0.05, "{} {}", street.depth_m, street.normal);
    assert!(street.motion_pixels.length() < 1e-3 && street.person == [0.0; 2]);
}
