//! Draws what the chosen cameras see, as capsules, into contact sheets:
//! `frames OUT.png [ASPECT] [FOLDER.clinch]`; without files two stand-ins move through postures for 60 s.
//! Three pictures a shot: at its beginning, middle and end.

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use clinch_model::{CameraPose, Cast, Cut, FrameRate, Performance, SEGMENTS, Score, Segment, Shape, StageFile, Story, Who, file};
use clinch_shoot::{Options, shoot};
use glam::Vec3;
use std::path::Path;

const HEIGHT: usize = 126;
const COLUMNS: usize = 6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(out) = args.first() else { return Err("write: frames OUT.png [ASPECT] [FOLDER.clinch]".into()) };
    let aspect: f32 = args.get(1).map_or(Ok(16.0 / 9.0), |text| text.parse())?;
    let (performance, score, story, cast) = match args.get(2).map(Path::new) {
        Some(folder) => (
            file::load::<Performance>(&folder.join(Performance::FILE_NAME))?.data,
            file::load::<Score>(&folder.join(Score::FILE_NAME))?.data,
            file::load::<Story>(&folder.join(Story::FILE_NAME))?.data,
            file::load::<Cast>(&folder.join(Cast::FILE_NAME))?.data,
        ),
        None => {
            let cast = fixture::cast();
            (fixture::performance(&cast, &fixture::plan(60.0), 1), fixture::score(60.0, 2.0), fixture::story(60.0), cast)
        }
    };
    let options = Options { rate: FrameRate::whole(24), aspect, set: Default::default(), opened: None, seed: 1 };
    let began = std::time::Instant::now();
    let cut = shoot(&performance, &score, &story, &cast, &options)?;
    println!("shot in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    for shot in &cut.shots {
        let (from, to) = (cut.rate.start_of(shot.first_frame), cut.rate.start_of(shot.end_frame));
        let first = &shot.camera[0];
        let lens_mm = 12.0 / (first.vfov_rad / 2.0).tan();
        println!(
            "{from} {:>4.1} s {:<12} {:<5} {:<40} {lens_mm:>3.0} mm eye {:.2?} focus {:.2} m",
            (to - from).0,
            format!("{:?}", shot.size),
            shot.subject.map_or("both".into(), |who| who.to_string()),
            format!("{:?} {:?} {:?}", shot.work.angle, shot.work.height, shot.work.movement),
            first.eye_m.to_array(),
            first.focus_m
        );
    }
    for finding in &cut.findings {
        println!(
            "{:<22} {:>8.4} {} {:?} {}",
            finding.name,
            finding.measured,
            finding.unit,
            finding.bound,
            if finding.holds() { "" } else { "BROKEN" }
        );
    }
    sheet(Path::new(out), &performance, &cast, &cut)
}

fn sheet(out: &Path, performance: &Performance, cast: &Cast, cut: &Cut) -> Result<(), Box<dyn std::error::Error>> {
    let width = (HEIGHT as f32 * cut.aspect) as usize;
    let pictures: Vec<Vec<u8>> = cut
        .shots
        .iter()
        .flat_map(|shot| {
            let last = shot.end_frame - shot.first_frame - 1;
            [0, last / 2, last].map(|frame| {
                let moment = performance.at(cut.rate.start_of(shot.first_frame + frame));
                draw(&shot.camera[frame as usize], cast, &Who::BOTH.map(|who| moment.person(who).pose), width, cut.aspect)
            })
        })
        .collect();
    let rows = pictures.len().div_ceil(COLUMNS);
    let (sheet_width, sheet_height) = (COLUMNS * (width + 4), rows * (HEIGHT + 4));
    let mut pixels = vec![0_u8; sheet_width * sheet_height];
    for (i, picture) in pictures.iter().enumerate() {
        let (x, y) = (i % COLUMNS * (width + 4), i / COLUMNS * (HEIGHT + 4));
        for row in 0..HEIGHT {
            pixels[(y + row) * sheet_width + x..][..width].copy_from_slice(&picture[row * width..][..width]);
        }
    }
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(out)?), sheet_width as u32, sheet_height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(())
}

/// Casts a ray a pixel at the capsules; Cop light, Kid dark, faces with a darker stripe, the ground in squares of a metre.
fn draw(camera: &CameraPose, cast: &Cast, poses: &[clinch_model::Pose; 2], width: usize, aspect: f32) -> Vec<u8> {
    let mut shapes: Vec<(Vec3, Vec3, f32, f32, Vec3)> = Vec::with_capacity(2 * SEGMENTS);
    for who in Who::BOTH {
        let skeleton = &cast.person(who).skeleton;
        let placed = skeleton.place(&poses[who.index()]);
        for segment in Segment::ALL {
            let frame = &placed[segment.index()];
            let (a, b, radius) = match skeleton.shape[segment.index()] {
                Shape::Capsule { a_m, b_m, radius_m } => (a_m, b_m, radius_m),
                Shape::Cuboid { centre_m, half_m } => (centre_m - Vec3::Z * half_m.z * 0.7, centre_m + Vec3::Z * half_m.z * 0.7, half_m.x),
            };
            let face = if segment == Segment::Head { frame.turn * Vec3::Z } else { Vec3::ZERO };
            shapes.push((frame.point(a), frame.point(b), radius, if who == Who::Cop { 0.95 } else { 0.5 }, face));
        }
    }
    let tan = (camera.vfov_rad / 2.0).tan();
    let mut pixels = Vec::with_capacity(width * HEIGHT);
    for row in 0..HEIGHT {
        for column in 0..width {
            let x = (2.0 * (column as f32 + 0.5) / width as f32 - 1.0) * tan * aspect;
            let y = (1.0 - 2.0 * (row as f32 + 0.5) / HEIGHT as f32) * tan;
            let way = camera.turn * Vec3::new(x, y, -1.0).normalize();
            pixels.push((shade(camera.eye_m, way, &shapes).sqrt() * 255.0) as u8);
        }
    }
    pixels
}

fn shade(eye: Vec3, way: Vec3, shapes: &[(Vec3, Vec3, f32, f32, Vec3)]) -> f32 {
    let mut near = f32::INFINITY;
    let mut light = 0.02;
    if way.y < -1e-4 {
        near = -eye.y / way.y;
        let at = eye + way * near;
        let odd = (at.x.floor() + at.z.floor()).rem_euclid(2.0);
        light = (0.1 + 0.06 * odd) / (1.0 + 0.04 * near * near) + 0.02;
    }
    for &(a, b, radius, albedo, face) in shapes {
        // Sphere tracing of one capsule.
        let distance = |p: Vec3| {
            let along = b - a;
            let t = ((p - a).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
            (p.distance(a + along * t) - radius, a + along * t)
        };
        let mut depth = 0.0;
        for _ in 0..40 {
            let (gap, core) = distance(eye + way * depth);
            if gap < 0.002 {
                let normal = (eye + way * depth - core).normalize();
                if depth < near {
                    near = depth;
                    let looks = if face.dot(normal) > 0.75 { 0.45 } else { 1.0 };
                    light = albedo
                        * looks
                        * (0.15 + 0.6 * normal.dot(Vec3::new(0.3, 0.9, 0.2).normalize()).max(0.0) + 0.25 * normal.dot(-way).max(0.0));
                }
                break;
            }
            depth += gap;
            if depth > near || depth > 20.0 {
                break;
            }
        }
    }
    light.clamp(0.0, 1.0)
}
