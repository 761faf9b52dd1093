//! Light against what is known of it: irradiance, conservation, convergence, adaptive sampling.

use super::*;
use std::ops::Range;

/// The floor: a square metre of a material at height 0.
fn floor(reflectance: f32, change: impl Fn(&mut Material)) -> (Bodies, Moment) {
    textured(
        1,
        1,
        0.0,
        |_, _| Texel { reflectance: 128, ..Texel::PLAIN },
        |material| {
            material.reflectance = reflectance;
            change(material);
        },
    )
}

/// A camera straight above a place (x, z) of the floor, that sees a width of it in metres.
fn above((x, z): (f32, f32), wide_m: f32, pixels: u32) -> Camera {
    let eye = CameraPose {
        eye_m: Vec3::new(x, 0.5, z),
        turn: Quat::from_rotation_x(-PI / 2.0),
        vfov_rad: 2.0 * wide_m.atan(),
        focus_m: 0.5,
        aperture_m: 0.0,
    };
    Camera::new(&eye, &eye, pixels, pixels)
}

#[test]
fn a_disc_beside_the_place_lights_it_as_its_form_factor_says() {
    // Howell's catalogue B-13: a small plate to a disc in a parallel plane, off its axis.
    let (bodies, moment) = floor(0.5, |_| {});
    for (height_m, radius_m, off_m) in [(1.2, 0.6, 0.3), (1.0, 0.2, 0.8), (2.0, 1.0, 1.5), (0.9, 0.4, 2.5)] {
        let lamps = [Lamp::new(Vec3::new(off_m, height_m, 0.0), Vec3::new(off_m, 0.0, 0.0), radius_m, 3.0, Beam::EVEN)];
        let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } };
        let mask = Mask::new();
        let sampler = Sampler::new(&mask, 1024, 1, 0);
        let camera = above((0.0, 0.0), 1e-3, 4);
        let seen = |sample| scene.see(&camera, 0.0, &Numbers { sampler: &sampler, pixel: (2, 2), sample }, false).direct;
        let found = (0..1024).map(seen).sum::<f32>() / 1024.0;
        let (h2, r2) = ((height_m / off_m).powi(2), (radius_m / off_m).powi(2));
        let z = 1.0 + h2 + r2;
        let factor = 0.5 * (1.0 - (z - 2.0 * r2) / (z * z - 4.0 * r2).sqrt());
        // The texel's factor on the reflectance is 1.
        let truth = 0.5 / PI * PI * lamps[0].radiance * factor;
        assert!((found / truth - 1.0).abs() < 0.01, "{height_m} {radius_m} {off_m}: {found} {truth}");
    }
}

#[test]
fn asking_lamps_gives_what_rays_that_run_into_them_by_chance_do() {
    // Every way in which a lamp is asked: the key over its disc, the strongest of the others for itself, the rest by chance.
    let (bodies, moment) = floor(0.5, |_| {});
    let lamp = |x, y, z, radius_m| Lamp::new(Vec3::new(x, y, z), Vec3::ZERO, radius_m, 3.0, set::beam(10.0, 40.0, 0.2));
    let lamps = [lamp(0.4, 1.2, 0.2, 0.5), lamp(-3.0, 3.0, 1.0, 0.3), lamp(2.0, 5.0, -3.0, 0.4), lamp(0.0, 4.0, 5.0, 0.5)];
    let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } };
    let matt = finish::Finish::matt(0.5);
    let glossy = finish::Finish { roughness: 0.4, specular: 0.05, sheen: 0.3, ..matt };
    let flesh = finish::Finish { under: finish::Under::Flesh { normal: Vec3::Y, wrap: 0.1 }, ..glossy };
    let to_eye = Vec3::new(-0.5, 0.6, -0.1).normalize();
    for finish in [matt, glossy, flesh] {
        let point = Point::new(Vec3::ZERO, 1.0, Vec3::Y, Vec3::Y, finish);
        let mask = Mask::new();
        let sampler = Sampler::new(&mask, 4096, 1, 0);
        let lit = |sample| scene.lit(&point, to_eye, &Numbers { sampler: &sampler, pixel: (2, 2), sample }).0;
        let found = (0..4096).map(lit).sum::<f32>() / 4096.0;

        const SIDE: usize = 2000;
        let by_chance = |i: usize| {
            let on_disc = camera::disc([i % SIDE, i / SIDE].map(|k| (k as f32 + 0.5) / SIDE as f32));
            let cos = (1.0 - on_disc.length_squared()).max(1e-6).sqrt();
            let direction = Vec3::new(on_disc.x, cos, on_disc.y);
            let radiance: f32 = lamps.iter().filter_map(|lamp| lamp.seen(Vec3::ZERO, direction)).map(|(_, radiance)| radiance).sum();
            if radiance > 0.0 { f64::from(radiance * finish.answer(Vec3::Y, to_eye, direction) * PI / cos) } else { 0.0 }
        };
        let truth = (0..SIDE * SIDE).map(by_chance).sum::<f64>() / (SIDE * SIDE) as f64;
        assert!((f64::from(found) / truth - 1.0).abs() < 0.01, "{finish:?}: {found} {truth}");
    }
}

/// What a surface in an even white sky shows, seen at `cos` to its normal: mirrored and diffuse light together.
fn in_the_furnace(bodies: &Bodies, moment: &Moment, cos: f32) -> f32 {
    let back = Vec3::new((1.0 - cos * cos).sqrt(), cos, 0.0);
    let turn = Quat::from_rotation_arc(Vec3::Z, back);
    let eye = CameraPose { eye_m: back * 0.4, turn, vfov_rad: 0.01, focus_m: 0.4, aperture_m: 0.0 };
    let camera = Camera::new(&eye, &eye, 4, 4);
    let scene = Scene { bodies, moment, around: Surroundings::Even { radiance: 1.0, lamps: &[] } };
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, 256, 1, 0);
    let seen = |sample| {
        let seen = scene.see(&camera, 0.0, &Numbers { sampler: &sampler, pixel: (2, 2), sample }, true);
        seen.direct + seen.albedo * seen.arriving.unwrap_or(0.0)
    };
    (0..256).map(seen).sum::<f32>() / 256.0
}

#[test]
fn what_mirrors_gives_back_no_more_than_it_gets() {
    for roughness in [0.05, 0.1, 0.14] {
        for specular in [0.02, 0.04, 0.1] {
            let (bodies, moment) = floor(0.95, |material| (material.roughness, material.specular) = (roughness, specular));
            for cos in [0.1, 0.3, 0.6, 0.98] {
                let found = in_the_furnace(&bodies, &moment, cos);
                assert!((0.8..1.01).contains(&found), "roughness {roughness}, specular {specular}, {cos}: {found}");
            }
        }
    }
}

/// `[pixel]`: mean direct light in the half-shadow of a square under a disc.
fn half_shadow(samples: u32, seed: u64) -> Vec<f32> {
    const SIDE: usize = 24;
    let mesh = square(Vec3::Y * 0.2, Vec3::Y);
    let bodies = Bodies::new(&cast(&mesh, 0.0)).unwrap();
    let moment = bodies.moment(&posture(&mesh, Vec3::ZERO), &posture(&mesh, Vec3::ZERO), 0.5, None);
    let lamps = [Lamp::new(Vec3::new(0.0, 2.0, 0.0), Vec3::ZERO, 0.3, 3.0, Beam::EVEN)];
    let scene = Scene { bodies: &bodies, moment: &moment, around: Surroundings::Even { radiance: 0.0, lamps: &lamps } };
    let mask = Mask::new();
    let sampler = Sampler::new(&mask, samples, seed, 0);
    let at = |i: usize| {
        // A row of places on the ground beside the square's edge, across the half-shadow.
        let place_m = Vec3::new(0.52 + 0.1 * (i % SIDE) as f32 / SIDE as f32, 0.0, 0.4 * (i / SIDE) as f32 / SIDE as f32 - 0.2);
        let point = Point::new(place_m, 1.0, Vec3::Y, Vec3::Y, finish::Finish::matt(1.0));
        let lit = |sample| scene.lit(&point, Vec3::Y, &Numbers { sampler: &sampler, pixel: (i % SIDE, i / SIDE), sample }).0;
        (0..samples as usize).map(lit).sum::<f32>() / samples as f32
    };
    (0..SIDE * SIDE).map(at).collect()
}

#[test]
fn the_error_falls_at_least_as_fast_as_the_square_root_of_the_samples() {
    let reference = half_shadow(4096, 77);
    let error = |samples: u32| {
        let square = (1..5)
            .flat_map(|seed| half_shadow(samples, seed).into_iter().zip(&reference).map(|(a, b)| (a - b).powi(2)).collect::<Vec<_>>());
        let all: Vec<f32> = square.collect();
        (all.iter().sum::<f32>() / all.len() as f32).sqrt()
    };
    let (few, many) = (error(4), error(256));
    let rate = (many / few).ln() / 64f32.ln();
    println!("error {few:.5} at 4 samples, {many:.5} at 256: N^{rate:.2}");
    assert!(rate < -0.5, "{few} {many}: {rate}");
}

/// `[block]`: mean over frames and blocks of 8 × 8 pixels of a still scene's direct light, taken by `gather`.
fn blocks(studio: &mut Studio, frames: Range<u64>, size: Size, gather: impl Fn(&mut Studio, u64)) -> Vec<f32> {
    let (columns, rows) = (size.width as usize / 8, size.height as usize / 8);
    let mut sums = vec![0.0; columns * rows];
    let count = (frames.end - frames.start) as f32 * 64.0;
    for frame in frames {
        gather(studio, frame);
        for (i, pixel) in studio.pixels.iter().enumerate() {
            let (x, y) = (i % size.width as usize / 8, i / size.width as usize / 8);
            sums[y * columns + x] += pixel.direct / pixel.samples / count;
        }
    }
    sums
}

#[test]
fn adaptive_sampling_has_the_mean_of_many_samples() {
    // A ball under the street's lamps, its edge and shadow in the picture.
    let mesh = sphere(Vec3::new(0.0, 0.5, 0.0), 0.5);
    let ball = cast(&mesh, 0.4);
    let size = Size { width: 64, height: 48 };
    let mut studio = Studio::new(&ball, &Options { size, quality: Quality::Film, grain: 0.0, seed: 1, ..Options::default() }).unwrap();
    let still = posture(&mesh, Vec3::ZERO);
    studio.moments = vec![studio.bodies.moment(&still, &still, 0.5, None)];
    let pose =
        CameraPose { eye_m: Vec3::new(0.0, 1.2, 3.0), turn: Quat::from_rotation_x(-0.25), vfov_rad: 0.7, focus_m: 3.0, aperture_m: 0.0 };
    let camera = Camera::new(&pose, &pose, size.width, size.height);
    let adaptive = blocks(&mut studio, 0..64, size, |studio, frame| studio.gather(&camera, None, size, frame));
    studio.options.quality = Quality::Fine;
    let many = blocks(&mut studio, 100..164, size, |studio, frame| studio.gather(&camera, None, size, frame));
    let (sum, truth): (f32, f32) = (adaptive.iter().sum(), many.iter().sum());
    println!("adaptive over many: {:.4}", sum / truth);
    assert!((sum / truth - 1.0).abs() < 0.01, "{sum} {truth}");
    for (i, (found, truth)) in adaptive.iter().zip(&many).enumerate() {
        assert!((found - truth).abs() < 0.03 * truth + 1e-3, "block {i}: {found} {truth}");
    }
}
