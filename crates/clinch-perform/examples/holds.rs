//! Draws holds and the moves between them as capsule figures, to look at.
//!
//! `holds ASSETS OUT` draws every hold with either leader (Cop left, Kid right) from two sides, four holds a sheet.
//! `holds ASSETS OUT NAME:LEADER …` performs these holds one after another as a loop, draws eight stills a second of it and prints how exact
//! and how fast each phrase is. `ASSETS` is the folder of hold files, `OUT` an existing folder.

use clinch_model::{Cast, Hold, Person, Phrase, Placed, Pose, Secs, Segment, Shape, Skeleton, Story, Target, Who, cast::Surface};
use clinch_perform::choreography::{Choreography, PersonReference};
use glam::{Quat, Vec2, Vec3};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [assets, out, names @ ..] = arguments.as_slice() else { return Err("usage: holds ASSETS OUT [NAME:LEADER …]".into()) };
    let mut holds: Vec<Hold> = Vec::new();
    for entry in std::fs::read_dir(assets)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        holds.push(toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    holds.sort_by(|a, b| a.name.cmp(&b.name));
    if names.is_empty() { draw_holds(holds, Path::new(out)) } else { draw_moves(holds, names, Path::new(out)) }
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
    const PHRASE_SECS: f64 = 3.5;
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

fn draw_holds(holds: Vec<Hold>, out: &Path) -> Outcome<()> {
    let order: Vec<(String, Who)> = holds.iter().flat_map(|h| Who::BOTH.map(|who| (h.name.clone(), who))).collect();
    let cast = people();
    let started = std::time::Instant::now();
    let choreography = Choreography::new(&story(holds.clone(), &order), &cast)?;
    println!("solved and laid out in {:.2} s", started.elapsed().as_secs_f64());
    let rows = |i: usize| (holds.len() - i).min(4);
    let mut sheet = Picture::new(4 * 400, rows(0) * 400);
    for (row, hold) in holds.iter().enumerate() {
        let top = row % 4 * 400;
        for (i, who) in Who::BOTH.into_iter().enumerate() {
            let solved = choreography.solved(&hold.name, who).ok_or("missing hold")?;
            let q = solved.quality;
            let millimetres = [q.contact_error_m, q.overlap_m, q.under_ground_m].map(|m| (m * 1000.0).round());
            println!("{:18} {who}: contact, overlap, ground {millimetres:?} mm, range {:.1} deg", hold.name, q.beyond_range_deg);
            let mut scene = Scene::new(&cast, &solved.poses);
            for contact in &solved.contacts {
                let place = |owner: Who, segment: Segment| {
                    cast.person(owner).skeleton.place(&solved.poses[owner.index()])[segment.index()].point(contact.point_m)
                };
                scene.dots.push(match contact.on {
                    Target::Ground => contact.point_m,
                    Target::Other(segment) => place(contact.who.other(), segment),
                    Target::Own(segment) => place(contact.who, segment),
                });
            }
            // In the hold's frame the leader is at negative z: from the left side it is on the picture's right.
            scene.draw(&mut sheet, 800 * i, top, 400, &Camera::from(75.0, 8.0, 2.1));
            scene.draw(&mut sheet, 800 * i + 400, top, 400, &Camera::from(-35.0, 25.0, 2.1));
        }
        if row % 4 == 3 || row + 1 == holds.len() {
            sheet.save(&out.join(format!("holds-{}.png", row / 4)))?;
            sheet = Picture::new(4 * 400, rows(row + 1).max(1) * 400);
        }
    }
    Ok(())
}

fn draw_moves(holds: Vec<Hold>, names: &[String], out: &Path) -> Outcome<()> {
    const STILLS_A_SECOND: f64 = 8.0;
    const COLUMNS: usize = 7;
    const SIDE: usize = 230;
    let parse = |name: &String| -> Outcome<(String, Who)> {
        let (hold, leader) = name.split_once(':').ok_or("write NAME:cop or NAME:kid")?;
        Ok((hold.to_owned(), if leader == "cop" { Who::Cop } else { Who::Kid }))
    };
    let order: Vec<(String, Who)> = names.iter().map(parse).collect::<Outcome<_>>()?;
    let cast = people();
    let story = story(holds, &order);
    let started = std::time::Instant::now();
    let choreography = Choreography::new(&story, &cast)?;
    println!("solved and laid out {} s in {:.2} s", story.duration.0, started.elapsed().as_secs_f64());
    let asked = std::time::Instant::now();
    let sum: f32 = (0..10_000).map(|i| choreography.at(Secs(f64::from(i) * 0.0173)).people[0].pose.pelvis_m.x).sum();
    println!("at() takes {:.1} microseconds (mean pelvis {:.2} m)", asked.elapsed().as_secs_f64() * 100.0, sum / 1e4);
    for (i, phrase) in story.phrases.iter().enumerate() {
        let stills = ((phrase.end.0 - phrase.start.0) * STILLS_A_SECOND) as usize;
        let mut sheet = Picture::new(COLUMNS * SIDE, stills.div_ceil(COLUMNS) * SIDE);
        for still in 0..stills {
            let at = Secs(phrase.start.0 + still as f64 / STILLS_A_SECOND);
            let reference = choreography.at(at);
            let poses = [0, 1].map(|who| reference.people[who].pose);
            let mut scene = Scene::new(&cast, &poses);
            scene.dots = dots(&cast, &reference.people);
            let middle = (poses[0].pelvis_m + poses[1].pelvis_m) / 2.0 * Vec3::new(1.0, 0.0, 1.0);
            let camera = Camera { centre_m: middle + Vec3::Y * 0.85, ..Camera::from(60.0, 14.0, 2.2) };
            scene.draw(&mut sheet, still % COLUMNS * SIDE, still / COLUMNS * SIDE, SIDE, &camera);
        }
        sheet.save(&out.join(format!("{i:02}-{}-{}.png", phrase.hold, phrase.leader)))?;
        report(&choreography, &cast, phrase);
    }
    Ok(())
}

/// Prints how exact and how fast a phrase is.
fn report(choreography: &Choreography, cast: &Cast, phrase: &Phrase) {
    const LOOKS_A_SECOND: f64 = 60.0;
    let joints = |at: f64| {
        let people = choreography.at(Secs(at)).people;
        Who::BOTH.map(|who| cast.person(who).skeleton.place(&people[who.index()].pose).map(|p| p.origin_m))
    };
    let (mut fastest, mut jerkiest) = ((0.0, 0.0, Who::Cop, Segment::Pelvis), 0.0f32);
    let mut worst = [(0.0f32, 0.0); 4];
    for look in 0..((phrase.end.0 - phrase.start.0) * LOOKS_A_SECOND) as usize {
        let at = phrase.start.0 + look as f64 / LOOKS_A_SECOND;
        let (before, now, after) = (joints(at - 1.0 / LOOKS_A_SECOND), joints(at), joints(at + 1.0 / LOOKS_A_SECOND));
        for who in Who::BOTH {
            for segment in Segment::ALL {
                let of = |j: &[[Vec3; 16]; 2]| j[who.index()][segment.index()];
                let speed = of(&before).distance(of(&now)) * LOOKS_A_SECOND as f32;
                if speed > fastest.0 {
                    fastest = (speed, at - phrase.start.0, who, segment);
                }
                let change = (of(&after) + of(&before) - 2.0 * of(&now)).length() * (LOOKS_A_SECOND * LOOKS_A_SECOND) as f32;
                jerkiest = jerkiest.max(change);
            }
        }
        let q = choreography.quality(Secs(at));
        let measures = [q.contact_error_m * 1000.0, q.overlap_m * 1000.0, q.under_ground_m * 1000.0, q.beyond_range_deg];
        for (worst, measure) in worst.iter_mut().zip(measures) {
            if measure > worst.0 {
                *worst = (measure, at - phrase.start.0);
            }
        }
    }
    let [contact, overlap, ground, range] = worst;
    let (speed, at, who, segment) = fastest;
    println!(
        "{:18} contact {:3.0} mm @{:.1}, overlap {:3.0} mm @{:.1}, ground {:3.0} mm @{:.1}, range {:4.1} deg @{:.1}, {speed:.1} m/s @{at:.1} {who} {segment:?}, {jerkiest:3.0} m/s2",
        phrase.hold, contact.0, contact.1, overlap.0, overlap.1, ground.0, ground.1, range.0, range.1
    );
}

/// Where firm contacts are.
fn dots(cast: &Cast, people: &[PersonReference; 2]) -> Vec<Vec3> {
    let place = |owner: Who, segment: Segment, point: Vec3| {
        cast.person(owner).skeleton.place(&people[owner.index()].pose)[segment.index()].point(point)
    };
    let mut dots = Vec::new();
    for who in Who::BOTH {
        for contact in people[who.index()].contacts.iter().filter(|c| c.strength > 0.5) {
            dots.push(match contact.on {
                Target::Ground => contact.point_in_target_m,
                Target::Other(segment) => place(who.other(), segment, contact.point_in_target_m),
                Target::Own(segment) => place(who, segment, contact.point_in_target_m),
            });
        }
    }
    dots
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
    fn from(azimuth_deg: f32, height_deg: f32, width_m: f32) -> Self {
        let turn = Quat::from_rotation_y(azimuth_deg.to_radians()) * Quat::from_rotation_x(-height_deg.to_radians());
        Self { right: turn * Vec3::X, up: turn * Vec3::Y, forward: turn * Vec3::NEG_Z, centre_m: Vec3::Y * 0.85, width_m }
    }
}

/// Shapes in the world, with how light they are.
struct Scene {
    shapes: Vec<(Shape, Placed, f32)>,
    dots: Vec<Vec3>,
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
        Self { shapes, dots: Vec::new() }
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
        for dot in &self.dots {
            let at = *dot - camera.centre_m;
            let (x, y) = (at.dot(camera.right) * metre + side as f32 / 2.0, side as f32 * 0.5 - at.dot(camera.up) * metre);
            for dy in -2i32..=2 {
                for dx in -2i32..=2 {
                    let (px, py) = (x as i32 + dx, y as i32 + dy);
                    if px >= 0 && py >= 0 && (px as usize) < side && (py as usize) < side {
                        picture.set(left + px as usize, top + py as usize, [1.0, 0.1, 0.1]);
                    }
                }
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
