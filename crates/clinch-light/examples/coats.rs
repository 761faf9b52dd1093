//! Lights made-up materials in the portrait studio, to look at: `coats OUT_DIR [SIZE] [draft|film|fine]`.
//!
//! `dry`, `half`, `spent`: Kid's face with pores, at three stages of fatigue; `near`: the forehead of the last; `cloth`: a ball in knitted
//! cloth; `hair`: a ball of strands.

use clinch_light::{Options, Studio};
use clinch_model::{
    CameraPose, Person, PersonSample, Quality, Segment, Size, Treatment,
    cast::{Bone, Follow, Material, Surface, Texel, Texture},
    random::Stream,
};
use glam::{Quat, Vec2, Vec3};
use std::{path::Path, time::Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("say where to put the pictures")?);
    let size: Size = arguments.get(1).map_or("720x720", |s| s).parse()?;
    let quality = match arguments.get(2).map_or("fine", |s| s) {
        "draft" => Quality::Draft,
        "film" => Quality::Film,
        _ => Quality::Fine,
    };
    let options = Options { size, quality, grain: 0.0, weave: 0.0, seed: 1 };
    let mut cast = clinch_cast::cast(&Treatment::default(), &clinch_cast::Options::default())?;
    cast.people.iter_mut().for_each(|person| give_pores(&mut person.surface));
    let mut studio = Studio::new(&cast, &options)?;
    for (name, fatigue, field_m) in [("dry", 0.5, 0.42), ("half", 0.72, 0.42), ("spent", 0.95, 0.42), ("near", 0.95, 0.09)] {
        for (i, person) in cast.people.iter().enumerate() {
            let state = standing(person, fatigue);
            let head = person.skeleton.place(&state.pose)[Segment::Head.index()];
            let at = if field_m < 0.2 { Vec3::new(0.02, 0.11, 0.06) } else { Vec3::new(0.0, 0.07, 0.02) };
            let camera = look(head.point(at * person.height_m), field_m, 32.0, 4.0);
            let mut people = [None, None];
            people[i] = Some(state);
            take(&mut studio, &people, &camera, size, &folder.join(format!("{name}-{i}.png")))?;
        }
    }
    let skeleton = cast.people[1].clone();
    for (name, surface) in [("cloth", cloth_ball()), ("hair", hair_ball(0.03)), ("fair", hair_ball(0.35))] {
        cast.people[1].surface = surface;
        let mut studio = Studio::new(&cast, &options)?;
        let state = standing(&skeleton, 0.5);
        let camera = look(Vec3::Y * 1.2, 0.26, 70.0, 20.0);
        take(&mut studio, &[None, Some(state)], &camera, size, &folder.join(format!("{name}.png")))?;
    }
    Ok(())
}

fn take(
    studio: &mut Studio,
    people: &[Option<PersonSample>; 2],
    camera: &CameraPose,
    size: Size,
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let (start, mut luma) = (Instant::now(), Vec::new());
    studio.portrait(people, camera, size, &mut luma)?;
    println!("{}: {:.2} s", path.display(), start.elapsed().as_secs_f64());
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(path)?), size.width, size.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&luma)?;
    Ok(())
}

fn look(at_m: Vec3, field_m: f32, yaw_deg: f32, pitch_deg: f32) -> CameraPose {
    let turn = Quat::from_rotation_y(yaw_deg.to_radians()) * Quat::from_rotation_x(-pitch_deg.to_radians());
    CameraPose { eye_m: at_m + turn * Vec3::Z * 1.4, turn, vfov_rad: 2.0 * (field_m / 2.8).atan(), focus_m: 1.4, aperture_m: 0.0 }
}

fn standing(person: &Person, fatigue: f32) -> PersonSample {
    PersonSample {
        pose: person.skeleton.rest(),
        breath: 0.0,
        effort: 0.5,
        fatigue,
        assist_n: 0.0,
        grip: [0.3; 2],
        gaze_m: Vec3::new(0.5, 1.6, 3.0),
        expression: [0.0; 7],
        blink: 0.0,
    }
}

/// Pores and sweat for the skin: a tile of dimples that repeats 40 times over the chart.
fn give_pores(surface: &mut Surface) {
    const TILE: usize = 128;
    const REPEATS: f32 = 40.0;
    let mut height = vec![0.0f32; TILE * TILE];
    let mut stream = Stream::new(1, "pores");
    for _ in 0..500 {
        let mut between = |low: f64, high: f64| stream.between(low, high) as f32;
        let (x, y, radius) = (between(0.0, 128.0) as i32, between(0.0, 128.0) as i32, between(2.0, 4.5));
        for dy in -5..=5i32 {
            for dx in -5..=5i32 {
                let depth = (1.0 - ((dx * dx + dy * dy) as f32).sqrt() / radius).max(0.0);
                let at = (y + dy).rem_euclid(TILE as i32) as usize * TILE + (x + dx).rem_euclid(TILE as i32) as usize;
                height[at] = height[at].min(-depth);
            }
        }
    }
    let texel = |h: &f32| Texel { relief: (200.0 + 150.0 * h).clamp(0.0, 255.0) as u8, sweat: 255, ..Texel::PLAIN };
    let texture = Texture {
        name: "pores".into(),
        width: TILE as u32,
        height: TILE as u32,
        texels: height.iter().map(texel).collect(),
        relief_m: 2.5e-4,
    };
    surface.textures.push(texture);
    let index = (surface.textures.len() - 1) as u8;
    for (i, material) in surface.materials.iter_mut().enumerate().filter(|(_, material)| material.name == "skin") {
        (material.texture, material.sweat) = (Some(index), 1.0);
        for (uv, _) in surface.uv.iter_mut().zip(&surface.material).filter(|(_, of)| usize::from(**of) == i) {
            *uv = uv.map(|place| place * REPEATS);
        }
    }
}

/// A surface that rides on the pelvis.
fn rigid(position_m: Vec<Vec3>, triangles: Vec<[u32; 3]>, uv: Vec<[Vec2; 3]>, material: Material, textures: Vec<Texture>) -> Surface {
    let (count, sides) = (position_m.len(), triangles.len());
    let follow = Follow::Joint { swing: 1.0, twist: 1.0, reference: Quat::IDENTITY };
    let bone = Bone {
        name: "pelvis".into(),
        segment: Segment::Pelvis,
        origin_in_segment_m: Vec3::ZERO,
        bind_turn: Quat::IDENTITY,
        bind_origin_m: Vec3::ZERO,
        follow,
    };
    Surface {
        normal: vec![Vec3::Y; count],
        skin: vec![[(0, 1.0), (0, 0.0), (0, 0.0), (0, 0.0)]; count],
        shade: vec![1.0; count],
        material: vec![0; sides],
        position_m,
        triangles,
        uv,
        bones: vec![bone],
        materials: vec![material],
        textures,
        morphs: vec![],
        clearance: Default::default(),
    }
}

/// Where the balls' middle lies above the pelvis.
const MIDDLE: Vec3 = Vec3::new(0.0, 0.25, 0.0);

fn cloth_ball() -> Surface {
    let (rings, sectors) = (48u32, 96u32);
    let (mut position_m, mut triangles, mut uv) = (vec![], vec![], vec![]);
    let place = |ring: u32, sector: u32| Vec2::new(sector as f32 * 20.0 / sectors as f32, ring as f32 * 10.0 / rings as f32);
    for ring in 0..=rings {
        for sector in 0..=sectors {
            let (theta, phi) = (std::f32::consts::PI * ring as f32 / rings as f32, std::f32::consts::TAU * sector as f32 / sectors as f32);
            position_m.push(MIDDLE + 0.1 * Vec3::new(theta.sin() * phi.cos(), theta.cos(), -theta.sin() * phi.sin()));
            if ring < rings && sector < sectors {
                let i = ring * (sectors + 1) + sector;
                triangles.extend([[i, i + sectors + 1, i + 1], [i + 1, i + sectors + 1, i + sectors + 2]]);
                let corner = |r: u32, s: u32| place(ring + r, sector + s);
                uv.extend([[corner(0, 0), corner(1, 0), corner(0, 1)], [corner(0, 1), corner(1, 0), corner(1, 1)]]);
            }
        }
    }
    // A knit of 8 × 8 stitches a tile, worn lighter on top of the threads.
    let texels = (0..64 * 64)
        .map(|i| {
            let (x, y) = ((i % 8) as f32 / 8.0 - 0.5, (i / 64 % 8) as f32 / 8.0 - 0.5);
            let round = 1.0 - (x * x + y * y).sqrt() / 0.71;
            Texel { relief: (255.0 * round) as u8, reflectance: (90.0 + 60.0 * round) as u8, ..Texel::PLAIN }
        })
        .collect();
    let knit = Texture { name: "knit".into(), width: 64, height: 64, texels, relief_m: 8e-4 };
    let cloth =
        Material { name: "knit".into(), reflectance: 0.2, roughness: 0.8, specular: 0.02, sheen: 0.3, sweat: 0.0, texture: Some(0) };
    rigid(position_m, triangles, uv, cloth, vec![knit])
}

/// Strands combed backward over a ball.
fn hair_ball(reflectance: f32) -> Surface {
    const STEPS: u32 = 6;
    let (mut position_m, mut triangles, mut uv) = (vec![], vec![], vec![]);
    let mut stream = Stream::new(2, "strands");
    for _ in 0..9000 {
        let root = Vec3::from_array([0; 3].map(|_| stream.normal() as f32)).normalize();
        let wild = Vec3::from_array([0; 3].map(|_| 0.12 * stream.normal() as f32));
        let combed = (Vec3::new(0.0, -0.4, -1.0) + wild).reject_from(root).normalize();
        let across = root.cross(combed).normalize() * stream.between(0.0006, 0.0011) as f32;
        let (lift_m, first) = (stream.between(0.001, 0.006) as f32, position_m.len() as u32);
        for step in 0..=STEPS {
            let t = step as f32 / STEPS as f32;
            let (sin, cos) = (0.35 * t).sin_cos();
            let on_ball = (root * cos + combed * sin) * (0.1 + lift_m * (t * 3.1).sin().max(0.0));
            let narrow = across * (1.0 - 0.8 * t);
            position_m.extend([MIDDLE + on_ball - narrow, MIDDLE + on_ball + narrow]);
            if step < STEPS {
                let i = first + 2 * step;
                let (v, v1) = (t, (step + 1) as f32 / STEPS as f32);
                triangles.extend([[i, i + 1, i + 2], [i + 1, i + 3, i + 2]]);
                uv.extend([
                    [Vec2::new(0.0, v), Vec2::new(1.0, v), Vec2::new(0.0, v1)],
                    [Vec2::new(1.0, v), Vec2::new(1.0, v1), Vec2::new(0.0, v1)],
                ]);
            }
        }
    }
    let hair = Material { name: "hair".into(), reflectance, roughness: 0.3, specular: 0.047, sheen: 0.0, sweat: 0.0, texture: None };
    rigid(position_m, triangles, uv, hair, vec![])
}
