//! Rehearses every move that the holds allow, and writes how it went.
//!
//! `rehearse HOLDS CAST.bin OUT.toml [TAKES]`: every hold in the folder `HOLDS`, led by either, into every hold that it names in `next`, led by either; acted by
//! the saved cast with `TAKES` tries a second (4 unless said otherwise). A line a move: help from outside over body weight, and mean distance of the joints from the hold in the
//! second half of the phrase, in metres. Moves that `OUT.toml` has already are left as they are.

mod figures;

use clinch_model::{Cast, Hold, Phrase, Secs, Story, Who};
use clinch_perform::{Options, rehearse};
use figures::read_holds;
use glam::Vec2;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

/// Lengths of the first phrase and of what follows the move in the second, in seconds.
const FIRST_SECS: f64 = 7.0;
const KEPT_SECS: f64 = 2.5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [holds, cast, out, takes @ ..] = arguments.as_slice() else { return Err("usage: rehearse HOLDS CAST.bin OUT.toml [TAKES]".into()) };
    let takes = takes.first().map_or(Ok(4), |text| text.parse())?;
    let holds = read_holds(Path::new(holds))?;
    let cast = clinch_model::file::load::<Cast>(Path::new(cast))?.data;
    let mut text = String::from(
        "# How every move between two holds went when it was acted by itself by the default cast: help from outside over body weight, and the joints' mean distance\n# from the hold in the phrase's second half, in metres. Made by `cargo xtask rehearse`; the plot prefers moves that bodies can make.\n\n[moves]\n",
    );
    let moves: Vec<(&Hold, Who, &Hold, Who)> = moves(&holds).collect();
    let before = std::fs::read_to_string(out).unwrap_or_default();
    for (i, &(from, leader, to, next_leader)) in moves.iter().enumerate() {
        let key = format!("{}:{leader} > {}:{next_leader}", from.name, to.name).to_lowercase();
        if let Some(line) = before.lines().find(|line| line.starts_with(&format!("\"{key}\""))) {
            writeln!(text, "{line}")?;
            continue;
        }
        let went = rehearse(&story(&holds, (from, leader), (to, next_leader)), &cast, &Options { takes, ..Options::default() });
        match went {
            Ok(went) => writeln!(text, "\"{key}\" = [{:.3}, {:.3}]", went.assist_share, went.miss_m)?,
            Err(error) => {
                eprintln!("{key}: {error}");
                writeln!(text, "\"{key}\" = [1.0, 1.0]")?;
            }
        }
        eprintln!("{} of {}: {}", i + 1, moves.len(), text.lines().last().unwrap_or_default());
        std::fs::write(out, &text)?;
    }
    Ok(())
}

/// Every move that the holds name, with every leader before and after.
fn moves(holds: &[Hold]) -> impl Iterator<Item = (&Hold, Who, &Hold, Who)> {
    holds.iter().flat_map(move |from| {
        let after = holds.iter().filter(|to| from.next.contains(&to.name));
        after.flat_map(move |to| Who::BOTH.into_iter().flat_map(move |a| Who::BOTH.map(|b| (from, a, to, b))))
    })
}

/// A story of two phrases on one spot.
fn story(holds: &[Hold], from: (&Hold, Who), to: (&Hold, Who)) -> Story {
    let second_secs = to.0.enter_secs + KEPT_SECS;
    let phrase = |number: usize, (hold, leader): (&Hold, Who), start: f64, end: f64| Phrase {
        first_bar: number,
        end_bar: number + 1,
        start: Secs(start),
        end: Secs(end),
        hold: hold.name.clone(),
        leader,
        leverage: 0.0,
        intensity: 0.6,
        place_m: Vec2::ZERO,
        heading_rad: if leader == Who::Cop { 0.0 } else { std::f64::consts::PI },
    };
    let end_secs = FIRST_SECS + second_secs;
    let phrases = vec![phrase(0, from, 0.0, FIRST_SECS), phrase(1, to, FIRST_SECS, end_secs)];
    Story {
        seed: 1,
        duration: Secs(end_secs),
        phrases,
        events: vec![],
        leverage: vec![],
        intensity: vec![],
        holds: holds.to_vec(),
        fatigue: 0.7,
    }
}
