//! Performs a story and draws it as strips of capsule figures, to look at; prints what was measured.
//!
//! `struggle ASSETS OUT` performs a walk through the holds in the folder `ASSETS`; `struggle ASSETS OUT NAME:LEADER …` the given walk;
//! `struggle STORY.json OUT` a story as the plot stage saved it. `OUT` is an existing folder. `STILLS` in the environment sets the stills
//! a second (4 unless said otherwise), `CAST` a saved cast, `PHRASE` the length of a walk's phrases in seconds (4), `TAKES` the tries a second (6);
//! `SOLO` looks at Kid alone where the two are apart.

mod figures;

use clinch_model::{Cast, Hold, Performance, Phrase, Secs, Segment, Shape, Story, Who};
use clinch_perform::{Options, perform};
use figures::{Camera, Picture, Scene, people, read_holds};
use glam::{Vec2, Vec3};
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
    let cast = match std::env::var("CAST") {
        Ok(path) => clinch_model::file::load::<Cast>(Path::new(&path))?.data,
        Err(_) => people(),
    };
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
    let posed = performance.samples.iter().enumerate().map(|(i, mut sample)| {
        let wanted = choreography.at(performance.rate.start_of(i as u64));
        for who in 0..2 {
            sample.people[who].pose = wanted.people[who].pose;
        }
        sample
    });
    Ok(Performance { samples: posed.collect(), ..performance.clone() })
}

/// A story from hold files and `NAME:LEADER` words.
fn walk(assets: &Path, names: &[String]) -> Outcome<Story> {
    let holds = read_holds(assets)?;
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
            let sample = performance.samples.get(i);
            for who in 0..2 {
                assist_n[who] += sample.people[who].assist_n / inside.len() as f32;
                effort[who] += sample.people[who].effort / inside.len() as f32;
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
                let at = |i: usize| skeleton.place(&performance.samples.get(i).person(who).pose);
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
                let placed = skeleton.place(&performance.samples.get(i).person(who).pose);
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
            let middle = if std::env::var_os("SOLO").is_some() {
                poses[0].pelvis_m.with_y(0.75)
            } else {
                ((poses[0].pelvis_m + poses[1].pelvis_m) / 2.0).with_y(0.75)
            };
            let (left, top) = (i % ACROSS * SIDE, i / ACROSS * 2 * SIDE);
            scene.draw(&mut picture, left, top, SIDE, &Camera::from(90.0, 8.0, 2.3, middle));
            scene.draw(&mut picture, left, top + SIDE, SIDE, &Camera::from(20.0, 20.0, 2.3, middle));
        }
        picture.save(&out.join(format!("strip-{sheet:02}.png")))?;
    }
    Ok(())
}

/// A story that keeps each hold for three seconds on one spot, Cop's side staying Cop's.
fn story(holds: Vec<Hold>, order: &[(String, Who)]) -> Story {
    let phrase_secs: f64 = std::env::var("PHRASE").ok().and_then(|text| text.parse().ok()).unwrap_or(4.0);
    let mut place_m = Vec2::ZERO;
    let mut phrases: Vec<Phrase> = Vec::new();
    for (i, (name, leader)) in order.iter().enumerate() {
        let heading_rad = if *leader == Who::Cop { 0.0 } else { std::f64::consts::PI };
        let travel = holds.iter().find(|h| h.name == *name).map_or(0.0, |h| h.travel_m_per_sec as f32);
        place_m += Vec2::new(0.0, heading_rad.cos() as f32) * travel * phrase_secs as f32;
        phrases.push(Phrase {
            first_bar: i,
            end_bar: i + 1,
            start: Secs(i as f64 * phrase_secs),
            end: Secs((i + 1) as f64 * phrase_secs),
            hold: name.clone(),
            leader: *leader,
            leverage: 0.0,
            intensity: 0.6,
            place_m,
            heading_rad,
        });
    }
    let duration = Secs(order.len() as f64 * phrase_secs);
    Story { seed: 1, duration, phrases, events: vec![], leverage: vec![], intensity: vec![], holds, fatigue: 0.7 }
}
