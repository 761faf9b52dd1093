//! Performs a story and draws it as strips of capsule figures, to look at; prints what was measured.
//!
//! `struggle ASSETS OUT` performs a walk through the holds in the folder `ASSETS`; `struggle ASSETS OUT NAME:LEADER …` the given walk;
//! `struggle STORY.json OUT` a story as the plot stage saved it. `OUT` is an existing folder. `STILLS` in the environment sets the stills
//! a second (4 unless said otherwise).

use clinch_model::{Cast, Hold, Performance, Person, Phrase, Placed, Pose, Secs, Segment, Shape, Skeleton, Story, Who, cast::Surface};
use clinch_perform::{Options, perform};
use glam::{Quat, Vec2, Vec3};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A way through most holds, with both leading.
const WALK: [&str; 8] = [
    "collar-clinch:cop",
    "lean:cop",
    "wrist-drag:kid",
    "kneeling-clinch:kid",
    "mount-pin:kid",
    "side-pin:cop",
    "kneeling-headlock:cop",
    "waist-hold:kid",
];

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, out, names @ ..] = arguments.as_slice() else {
        return Err("usage: struggle ASSETS|STORY.json OUT [NAME:LEADER …]".into());
    };
    let story = if source.ends_with(".json") {
        clinch_model::file::load::<Story>(Path::new(source))?.data
    } else {
        let names: Vec<String> = if names.is_empty() { WALK.map(String::from).to_vec() } else { names.to_vec() };
        walk(Path::new(source), &names)?
    };
    let cast = people();
    let started = std::time::Instant::now();
    let performance = perform(
        &story,
        &cast,
        &Options { takes: std::env::var("TAKES").ok().and_then(|t| t.parse().ok()).unwrap_or(6), ..Options::default() },
        &|_| (),
    )?;
    if std::env::var_os("REFERENCE").is_some() {
        let wanted = reference(&story, &cast, &performance)?;
        speeds(&wanted, &cast);
        return draw(&wanted, &cast, Path::new(out));
    }
    println!("{:.1} s of story in {:.1} s", story.duration.0, started.elapsed().as_secs_f64());
    report(&performance);
    if std::env::var_os("SPEEDS").is_some() {
        speeds(&performance, &cast);
    }
    if std::env::var_os("NODRAW").is_some() {
        return Ok(());
    }
    draw(&performance, &cast, Path::new(out))
}

/// The performance with the reference's poses instead of the simulated ones.
fn reference(story: &Story, cast: &Cast, performance: &Performance) -> Outcome<Performance> {
    let choreography = clinch_perform::choreography::Choreography::new(story, cast)?;
    let mut reference = performance.clone();
    for (i, sample) in reference.samples.iter_mut().enumerate() {
        let wanted = choreography.at(reference.rate.start_of(i as u64));
        for who in 0..2 {
            sample.people[who].pose = wanted.people[who].pose;
        }
    }
    Ok(reference)
}

/// A story from hold files and `NAME:LEADER` words.
fn walk(assets: &Path, names: &[String]) -> Outcome<Story> {
    let mut holds: Vec<Hold> = Vec::new();
    for entry in std::fs::read_dir(assets)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        holds.push(toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    holds.sort_by(|a, b| a.name.cmp(&b.name));
    let order: Vec<(String, Who)> = names
        .iter()
        .map(|name| match name.split_once(':') {
            Some((hold, "kid")) => (hold.to_owned(), Who::Kid),
            Some((hold, _)) => (hold.to_owned(), Who::Cop),
            None => (name.clone(), Who::Cop),
        })
        .collect();
    Ok(story(holds, &order))
}

fn report(performance: &Performance) {
    for finding in &performance.findings {
        let mark = if finding.holds() { ' ' } else { '!' };
        println!("{mark} {:24} {:9.3} {:5} {:?}", finding.name, finding.measured, finding.unit, finding.bound);
    }
    for phrase in &performance.phrases {
        let during = |at: usize| (phrase.from.0..phrase.to.0).contains(&performance.rate.start_of(at as u64).0);
        let mut assist_n = [0.0f32; 2];
        let mut effort = [0.0f32; 2];
        let inside: Vec<usize> = (0..performance.samples.len()).filter(|&i| during(i)).collect();
        for &i in &inside {
            for who in 0..2 {
                assist_n[who] += performance.samples[i].people[who].assist_n / inside.len() as f32;
                effort[who] += performance.samples[i].people[who].effort / inside.len() as f32;
            }
        }
        println!(
            "{:5.1} {:18} {} miss {:.3} m, reached {}, assist {:.0} / {:.0} N, effort {:.2} / {:.2}",
            phrase.from.0, phrase.hold, phrase.leader, phrase.miss_m, phrase.reached, assist_n[0], assist_n[1], effort[0], effort[1]
        );
    }
    let slipped = performance.grips.iter().filter(|grip| grip.slipped).count();
    println!("{} grips, {slipped} slipped", performance.grips.len());
}

/// Strips of stills, two rows (from the side and three-quarters from the front), eight stills a sheet.
/// Prints where segments move fastest, second by second.
fn speeds(performance: &Performance, cast: &Cast) {
    let hz = performance.rate.hz() as f32;
    let per_sec = hz as usize;
    for second in 0..performance.samples.len() / per_sec {
        let mut fastest = (0.0, String::new());
        for i in second * per_sec..(second + 1) * per_sec - 1 {
            for who in Who::BOTH {
                let skeleton = &cast.person(who).skeleton;
                let at = |i: usize| skeleton.place(&performance.samples[i].person(who).pose);
                let (before, after) = (at(i), at(i + 1));
                for segment in Segment::ALL {
                    let speed = before[segment.index()].origin_m.distance(after[segment.index()].origin_m) * hz;
                    if speed > fastest.0 {
                        fastest = (speed, format!("{who} {segment:?} at {:.2}", i as f32 / hz));
                    }
                }
            }
        }
        let mut lowest = (0.0, String::new());
        for i in second * per_sec..(second + 1) * per_sec {
            for who in Who::BOTH {
                let skeleton = &cast.person(who).skeleton;
                let placed = skeleton.place(&performance.samples[i].person(who).pose);
                for segment in Segment::ALL {
                    let low = match skeleton.shape[segment.index()] {
                        Shape::Capsule { a_m, b_m, radius_m } => {
                            placed[segment.index()].point(a_m).y.min(placed[segment.index()].point(b_m).y) - radius_m
                        }
                        Shape::Cuboid { centre_m, half_m } => (0..4)
                            .map(|c| Vec3::new(if c & 1 == 0 { 1.0 } else { -1.0 }, -1.0, if c & 2 == 0 { 1.0 } else { -1.0 }))
                            .map(|sign| placed[segment.index()].point(centre_m + half_m * sign).y)
                            .fold(1.0, f32::min),
                    };
                    if low < lowest.0 {
                        lowest = (low, format!("{who} {segment:?} at {:.2}", i as f32 / hz));
                    }
                }
            }
        }
        println!("{second:3} s: {:6.2} m/s {}; {:.3} m {}", fastest.0, fastest.1, lowest.0, lowest.1);
    }
}

fn draw(performance: &Performance, cast: &Cast, out: &Path) -> Outcome<()> {
    const SIDE: usize = 240;
    const ACROSS: usize = 8;
    let stills_a_second: f64 = std::env::var("STILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4.0);
    let times: Vec<f64> = (0..(performance.duration.0 * stills_a_second) as usize).map(|i| i as f64 / stills_a_second).collect();
    for (sheet, times) in times.chunks(ACROSS * 2).enumerate() {
        let mut picture = Picture::new(SIDE * ACROSS, SIDE * 4);
        for (i, &at) in times.iter().enumerate() {
            let poses = performance.at(Secs(at)).people.map(|person| person.pose);
            let scene = Scene::new(cast, &poses);
            let middle = ((poses[0].pelvis_m + poses[1].pelvis_m) / 2.0).with_y(0.75);
            let (left, top) = (i % ACROSS * SIDE, i / ACROSS * 2 * SIDE);
            scene.draw(&mut picture, left, top, SIDE, &Camera::from(90.0, 8.0, 2.3, middle));
            scene.draw(&mut picture, left, top + SIDE, SIDE, &Camera::from(20.0, 20.0, 2.3, middle));
        }
        picture.save(&out.join(format!("strip-{sheet:02}.png")))?;
    }
    Ok(())
}

fn people() -> Cast {
    let person = |who, height_m: f32, mass_kg: f32| Person {
        who,
        height_m,
        mass_kg,
        skeleton: clinch_cast::skeleton::skeleton(height_m, mass_kg),
        surface: Surface {
            position_m: vec![],
            normal: vec![],
            skin: vec![],
            material: vec![],
            shade: vec![],
            triangles: vec![],
            bones: vec![],
            materials: vec![],
            morphs: vec![],
        },
    };
    Cast { people: [person(Who::Cop, 1.84, 94.0), person(Who::Kid, 1.74, 66.0)] }
}

/// A story that keeps each hold for three seconds on one spot, Cop's side staying Cop's.
fn story(holds: Vec<Hold>, order: &[(String, Who)]) -> Story {
    const PHRASE_SECS: f64 = 4.0;
    let mut place_m = Vec2::ZERO;
    let mut phrases: Vec<Phrase> = Vec::new();
    for (i, (name, leader)) in order.iter().enumerate() {
        let heading_rad = if *leader == Who::Cop { 0.0 } else { std::f64::consts::PI };
        let travel = holds.iter().find(|h| h.name == *name).map_or(0.0, |h| h.travel_m_per_sec as f32);
        place_m += Vec2::new(0.0, heading_rad.cos() as f32) * travel * PHRASE_SECS as f32;
        phrases.push(Phrase {
            first_bar: i,
            end_bar: i + 1,
            start: Secs(i as f64 * PHRASE_SECS),
            end: Secs((i + 1) as f64 * PHRASE_SECS),
            hold: name.clone(),
            leader: *leader,
            leverage: 0.0,
            intensity: 0.6,
            place_m,
            heading_rad,
        });
    }
    let duration = Secs(order.len() as f64 * PHRASE_SECS);
    Story { seed: 1, duration, phrases, events: vec![], leverage: vec![], intensity: vec![], holds, fatigue: 0.7 }
}

/// A parallel projection.
#[derive(Clone, Copy)]
struct Camera {
    right: Vec3,
    up: Vec3,
    forward: Vec3,
    centre_m: Vec3,
    width_m: f32,
}

impl Camera {
    /// Looks at the middle from an azimuth (0: from +z, 90: from +x) and a height angle.
    fn from(azimuth_deg: f32, height_deg: f32, width_m: f32, centre_m: Vec3) -> Self {
        let turn = Quat::from_rotation_y(azimuth_deg.to_radians()) * Quat::from_rotation_x(-height_deg.to_radians());
        Self { right: turn * Vec3::X, up: turn * Vec3::Y, forward: turn * Vec3::NEG_Z, centre_m, width_m }
    }
}

/// Shapes in the world, with how light they are.
struct Scene {
    shapes: Vec<(Shape, Placed, f32)>,
}

impl Scene {
    fn new(cast: &Cast, poses: &[Pose; 2]) -> Self {
        let mut shapes = Vec::new();
        for who in Who::BOTH {
            let skeleton: &Skeleton = &cast.person(who).skeleton;
            let placed = skeleton.place(&poses[who.index()]);
            let tone = if who == Who::Cop { 0.95 } else { 0.42 };
            for segment in Segment::ALL {
                shapes.push((skeleton.shape[segment.index()], placed[segment.index()], tone));
            }
            // A nose tells where a head faces; a thumb, which way a palm does.
            let mut knob = |segment: Segment, at: Vec3, radius_m: f32| {
                shapes.push((Shape::Capsule { a_m: at, b_m: at + Vec3::Y * 0.01, radius_m }, placed[segment.index()], tone * 0.6));
            };
            knob(Segment::Head, Vec3::new(0.0, 0.19, 0.115), 0.018);
            knob(Segment::HandL, Vec3::new(-0.01, -0.07, 0.035), 0.014);
            knob(Segment::HandR, Vec3::new(0.01, -0.07, 0.035), 0.014);
        }
        Self { shapes }
    }

    /// Nearest hit of a ray: distance, normal, tone.
    fn hit(&self, from: Vec3, along: Vec3) -> Option<(f32, Vec3, f32)> {
        let mut nearest: Option<(f32, Vec3, f32)> = None;
        for (shape, placed, tone) in &self.shapes {
            let (o, d) = (placed.inverse_point(from), placed.turn.inverse() * along);
            if let Some((t, n)) = hit_shape(shape, o, d)
                && nearest.is_none_or(|(best, ..)| t < best)
            {
                nearest = Some((t, placed.turn * n, *tone));
            }
        }
        nearest
    }

    fn draw(&self, picture: &mut Picture, left: usize, top: usize, side: usize, camera: &Camera) {
        let light = Vec3::new(0.35, 0.85, 0.4).normalize();
        let metre = side as f32 / camera.width_m;
        for y in 0..side {
            for x in 0..side {
                let (u, v) = ((x as f32 - side as f32 / 2.0) / metre, (side as f32 * 0.5 - y as f32) / metre);
                let from = camera.centre_m + camera.right * u + camera.up * v - camera.forward * 6.0;
                let to_ground = -from.y / camera.forward.y;
                let shade = match self.hit(from, camera.forward) {
                    Some((t, normal, tone)) if t < to_ground || to_ground < 0.0 => tone * (0.35 + 0.65 * (0.5 + 0.5 * normal.dot(light))),
                    _ if to_ground > 0.0 => {
                        let at = from + camera.forward * to_ground;
                        let line = |c: f32| ((c * 2.0 + 0.5).rem_euclid(1.0) - 0.5).abs() < 0.015;
                        let base = if line(at.x) || line(at.z) { 0.5 } else { 0.66 };
                        if self.hit(at, light).is_some() { base * 0.6 } else { base }
                    }
                    _ => 0.8,
                };
                picture.set(left + x, top + y, [shade; 3]);
            }
        }
    }
}

/// Where a ray meets a shape in the shape's frame.
fn hit_shape(shape: &Shape, o: Vec3, d: Vec3) -> Option<(f32, Vec3)> {
    match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => hit_capsule(a_m, b_m, radius_m, o, d),
        Shape::Cuboid { centre_m, half_m } => {
            let (m, n) = (d.recip(), (o - centre_m) / d);
            let k = m.abs() * half_m;
            let (near, far) = (-n - k, -n + k);
            let (t0, t1) = (near.max_element(), far.min_element());
            let normal = -d.signum() * Vec3::select(near.cmpeq(Vec3::splat(t0)), Vec3::ONE, Vec3::ZERO);
            (t0 < t1 && t0 > 1e-3).then_some((t0, normal))
        }
    }
}

fn hit_capsule(a: Vec3, b: Vec3, r: f32, o: Vec3, d: Vec3) -> Option<(f32, Vec3)> {
    let sphere = |c: Vec3| {
        let oc = o - c;
        let half = oc.dot(d);
        let h = half * half - oc.length_squared() + r * r;
        (h >= 0.0).then(|| -half - h.sqrt())
    };
    let (ba, oa) = (b - a, o - a);
    let (baba, bard, baoa) = (ba.dot(ba), ba.dot(d), ba.dot(oa));
    let (rdoa, oaoa) = (d.dot(oa), oa.dot(oa));
    let (qa, qb, qc) = (baba - bard * bard, baba * rdoa - baoa * bard, baba * oaoa - baoa * baoa - r * r * baba);
    let h = qb * qb - qa * qc;
    let mut best: Option<f32> = None;
    if qa > 1e-9 && h >= 0.0 {
        let t = (-qb - h.sqrt()) / qa;
        let y = baoa + t * bard;
        if y > 0.0 && y < baba {
            best = Some(t);
        }
    }
    for t in [sphere(a), sphere(b)].into_iter().flatten() {
        if best.is_none_or(|k| t < k) {
            best = Some(t);
        }
    }
    let t = best.filter(|t| *t > 1e-3)?;
    let p = o + d * t;
    let on_axis = a + ba * ((p - a).dot(ba) / baba.max(1e-9)).clamp(0.0, 1.0);
    Some((t, (p - on_axis).normalize_or(Vec3::Y)))
}

/// Pixels, `[row][column]`, RGB.
struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn new(width: usize, height: usize) -> Self {
        Self { width, pixels: vec![255; width * height * 3] }
    }

    fn set(&mut self, x: usize, y: usize, colour: [f32; 3]) {
        let at = (y * self.width + x) * 3;
        for (k, c) in colour.into_iter().enumerate() {
            self.pixels[at + k] = (c.clamp(0.0, 1.0) * 255.0) as u8;
        }
    }

    fn save(&self, path: &Path) -> Outcome<()> {
        let file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let height = self.pixels.len() / 3 / self.width;
        let mut encoder = png::Encoder::new(file, self.width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(())
    }
}
