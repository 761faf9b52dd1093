//! Rehearses every move that a story may make, and writes how it went.
//!
//! `rehearse CAST.bin OUT.toml [TAKES [FILM.clinch …]]`: the program's holds, led by either, into every hold that may follow, led by either; acted by the saved cast with `TAKES`
//! tries a second (4 unless said otherwise), one after another in walks as a story is: each move begins where the one before has left the bodies. A line a move:
//! help from outside over body weight, and mean distance of the joints from the hold in the second half of the phrase, in metres. Moves that `OUT.toml` has
//! already are left as they are. How the same moves went in performed films, with an event on the music as often as not, is better evidence than one rehearsal: the mean
//! of all of them is written, the rehearsal counting as one.

use clinch_model::{Cast, Hold, Performance, Phrase, Secs, Story, Who, performance::PhraseRecord};
use clinch_perform::{Options, rehearse};
use clinch_plot::Led;
use glam::Vec2;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::error::Error;
use std::path::Path;

/// Length of a walk's first phrase, in seconds, and how long the others keep their hold after the move into it: the least that the plot
/// gives them.
const FIRST_SECS: f64 = 7.0;
const KEPT_SECS: f64 = 2.0;

/// Most moves in a walk: some two minutes of film are laid out at once.
const MOST_MOVES: usize = 20;

/// How hard they struggle, 0..1, as far as the hold can be played so.
const INTENSITY: f64 = 0.6;

/// What is written of a move that broke down, or that couldn't be laid out.
const LOST: [f32; 2] = [1.0, 1.0];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cast, out, more @ ..] = arguments.as_slice() else {
        return Err("usage: rehearse CAST.bin OUT.toml [TAKES [FILM.clinch …]]".into());
    };
    let takes = more.first().map_or(Ok(4), |text| text.parse())?;
    let holds = clinch_plot::holds()?;
    let cast = clinch_model::file::load::<Cast>(Path::new(cast))?.data;
    let moves = clinch_plot::moves(&holds);
    let [mut table, alone] = read(out, &moves);
    let before: Vec<usize> = (0..moves.len()).filter(|&i| !table.contains_key(&key(&moves[i]))).collect();
    for walk in walks(&moves, before.into_iter().collect()) {
        let story = story(&holds, &moves, &walk);
        let went = rehearse(&story, &cast, &Options { takes, ..Options::default() }).unwrap_or_else(|error| {
            eprintln!("{error}");
            vec![None; walk.len()]
        });
        // The first move only makes the second follow on another.
        for (&i, record) in walk.iter().zip(&went).skip(1) {
            table.entry(key(&moves[i])).or_insert(record.as_ref().map_or(LOST, figures));
        }
        std::fs::write(out, text(&table, &alone))?;
        eprintln!("{} of {}", table.len(), moves.len());
    }
    for (name, went) in acted(more.get(1..).unwrap_or_default())? {
        if let Some(rehearsed) = table.get_mut(&name) {
            let count = (went.len() + 1) as f32;
            *rehearsed = [0, 1].map(|i| (rehearsed[i] + went.iter().map(|figures| figures[i]).sum::<f32>()) / count);
        }
    }
    std::fs::write(out, text(&table, &alone))?;
    Ok(())
}

/// How moves went in performed films, by name; the seam's move isn't among them, because the last phrase is led into the first.
fn acted(films: &[String]) -> Result<Acted, Box<dyn Error>> {
    let mut acted = Acted::new();
    for film in films {
        let performance = clinch_model::file::load::<Performance>(&Path::new(film).join("performance.bin"))?.data;
        for pair in performance.phrases.windows(2) {
            let name = name([&pair[0], &pair[1]].map(|phrase| (phrase.hold.as_str(), phrase.leader)));
            acted.entry(name).or_default().push(figures(&pair[1]));
        }
    }
    Ok(acted)
}

/// A move's name in the table.
fn key((from, to): &(Led, Led)) -> String {
    name([from, to].map(|(hold, leader)| (hold.name.as_str(), *leader)))
}

/// The same of two led holds.
fn name([(from, leader), (to, next_leader)]: [(&str, Who); 2]) -> String {
    format!("{from}:{leader} > {to}:{next_leader}").to_lowercase()
}

/// What is written of a phrase that was acted.
fn figures(record: &PhraseRecord) -> [f32; 2] {
    [record.assist_share, record.miss_m]
}

/// How moves went, by name.
type Table = BTreeMap<String, [f32; 2]>;

/// The same of moves that were acted any number of times.
type Acted = BTreeMap<String, Vec<[f32; 2]>>;

/// What a file has of these moves: those that follow on another one, and those that were only acted by themselves.
fn read(path: &str, moves: &[(Led, Led)]) -> [Table; 2] {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct File {
        moves: Table,
        alone: Table,
    }
    let names: BTreeSet<String> = moves.iter().map(key).collect();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let file: File = toml::from_str(&text).unwrap_or_default();
    [file.moves, file.alone].map(|table| table.into_iter().filter(|(name, _)| names.contains(name)).collect())
}

fn text(table: &Table, alone: &Table) -> String {
    let mut text = String::from(
        "# How every move between two holds went, acted by the default cast: help from outside over body weight, and the joints' mean distance from the hold in the\n# phrase's second half, in metres. `moves` follow on another move; `alone` are from before that, of moves acted by themselves, until `cargo xtask rehearse` has come\n# to them. The plot prefers moves that bodies can make.\n\n[moves]\n",
    );
    let line = |(key, [assist_share, miss_m]): (&String, &[f32; 2])| format!("\"{key}\" = [{assist_share:.3}, {miss_m:.3}]\n");
    text.extend(table.iter().map(line));
    let left: String = alone.iter().filter(|(key, _)| !table.contains_key(*key)).map(line).collect();
    if !left.is_empty() {
        text.push_str("\n[alone]\n");
        text.push_str(&left);
    }
    text
}

/// Walks, as rows of indices of moves, that make each of the `left` ones after another move; the first move of a walk only leads to its second.
fn walks(moves: &[(Led, Led)], mut left: BTreeSet<usize>) -> Vec<Vec<usize>> {
    let same = |a: &Led, b: &Led| a.0.name == b.0.name && a.1 == b.1;
    let after = |i: usize| -> Vec<usize> { (0..moves.len()).filter(|&j| same(&moves[i].1, &moves[j].0)).collect() };
    let after: Vec<Vec<usize>> = (0..moves.len()).map(after).collect();
    let mut walks = Vec::new();
    while let Some(&first) = left.first() {
        let into = (0..moves.len()).find(|&i| after[i].contains(&first) && i != first);
        let mut walk: Vec<usize> = into.into_iter().chain([first]).collect();
        left.remove(&first);
        while walk.len() < MOST_MOVES
            && let Some(&last) = walk.last()
            && let Some(way) = shortest(&after, last, &left).filter(|way| walk.len() + way.len() <= MOST_MOVES)
        {
            way.iter().for_each(|i| _ = left.remove(i));
            walk.extend(way);
        }
        walks.push(walk);
    }
    walks
}

/// The shortest way on from a move to one that is left, that one included; of equal ones that to where most is left.
fn shortest(after: &[Vec<usize>], from: usize, left: &BTreeSet<usize>) -> Option<Vec<usize>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let next = &after[*way.last()?];
        let to_come = |i: usize| after[i].iter().filter(|j| left.contains(j)).count();
        if let Some(&found) = next.iter().filter(|i| left.contains(i)).max_by_key(|&&i| to_come(i)) {
            return Some(way.into_iter().skip(1).chain([found]).collect());
        }
        for &i in next {
            if seen.insert(i) {
                ways.push_back(way.iter().copied().chain([i]).collect());
            }
        }
    }
    None
}

/// A story of a walk on one spot: a phrase before its first move, and one for each move.
fn story(holds: &[Hold], moves: &[(Led, Led)], walk: &[usize]) -> Story {
    let visited = walk.first().map(|&i| moves[i].0).into_iter().chain(walk.iter().map(|&i| moves[i].1));
    let mut end_secs = 0.0;
    let phrases: Vec<Phrase> = visited
        .enumerate()
        .map(|(number, (hold, leader))| {
            let start_secs = end_secs;
            end_secs += if number == 0 { FIRST_SECS } else { hold.enter_secs + KEPT_SECS };
            Phrase {
                first_bar: number,
                end_bar: number + 1,
                start: Secs(start_secs),
                end: Secs(end_secs),
                hold: hold.name.clone(),
                leader,
                leverage: 0.0,
                intensity: INTENSITY.clamp(hold.effort[0], hold.effort[1]),
                place_m: Vec2::ZERO,
                heading_rad: if leader == Who::Cop { 0.0 } else { std::f64::consts::PI },
            }
        })
        .collect();
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
