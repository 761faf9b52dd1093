//! Draws holds and the moves between them as capsule figures, to look at.
//!
//! `holds ASSETS OUT` draws every hold with either leader (Cop left, Kid right) from two sides, four holds a sheet.
//! `holds ASSETS OUT NAME:LEADER …` performs these holds one after another as a loop, draws eight stills a second of it and prints how exact
//! and how fast each phrase is. `ASSETS` is the folder of hold files, `OUT` an existing folder.

mod figures;

use clinch_model::{Cast, Hold, Phrase, Secs, Segment, Story, Target, Who};
use clinch_perform::choreography::{Choreography, PersonReference};
use figures::{Camera, Picture, Scene, people, read_holds};
use glam::{Vec2, Vec3};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What the camera looks at: the middle of two standing people, in metres.
const CENTRE_M: Vec3 = Vec3::new(0.0, 0.85, 0.0);

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [assets, out, names @ ..] = arguments.as_slice() else { return Err("usage: holds ASSETS OUT [NAME:LEADER …]".into()) };
    let holds = read_holds(Path::new(assets))?;
    if names.is_empty() { draw_holds(holds, Path::new(out)) } else { draw_moves(holds, names, Path::new(out)) }
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
            scene.draw(&mut sheet, 800 * i, top, 400, &Camera::from(75.0, 8.0, 2.1, CENTRE_M));
            scene.draw(&mut sheet, 800 * i + 400, top, 400, &Camera::from(-35.0, 25.0, 2.1, CENTRE_M));
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
            let camera = Camera::from(60.0, 14.0, 2.2, middle + CENTRE_M);
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
