//! How long it takes to make and to pose two people: one row a step. `cargo xtask bench-cast` runs it.
//!
//! Rows are tab-separated: name, unit, Cop, Kid (or both in the first). Steps are the medians of several runs on one thread. With the argument `pose`
//! only posing is measured.

use clinch_cast::{Options, Posed, cast, extremes::EXTREMES, measure, pose};
use clinch_model::{Treatment, Who};
use std::time::Instant;

/// Runs of which the median is taken.
const RUNS: usize = 5;

/// Rounds through all postures.
const ROUNDS: usize = 12;

fn main() {
    let treatment = Treatment::default();
    let options = Options::default();
    if std::env::args().nth(1).as_deref() != Some("pose") {
        casting(&treatment, &options);
    }
    // Posing both people, on this thread.
    let people = cast(&treatment, &options).expect("the default people").people;
    let mut posed = Posed::default();
    let mut frames_ms: Vec<f64> = Vec::new();
    let states: Vec<_> = EXTREMES.iter().map(|extreme| people.each_ref().map(|person| extreme.state(person))).collect();
    let before = processor_secs();
    for _ in 0..ROUNDS {
        for states in &states {
            let since = Instant::now();
            people.iter().zip(states).for_each(|(person, state)| pose(person, state, &mut posed));
            frames_ms.push(since.elapsed().as_secs_f64() * 1e3);
        }
    }
    frames_ms.sort_by(f64::total_cmp);
    if let Some((before, after)) = before.zip(processor_secs()) {
        println!("posing both people, processor time\tms a frame\t{:.2}", (after - before) * 1e3 / frames_ms.len() as f64);
    }
    println!("posing both people, median\tms a frame\t{:.2}", frames_ms[frames_ms.len() / 2]);
    println!("posing both people, 95 %\tms a frame\t{:.2}", frames_ms[frames_ms.len() * 95 / 100]);
    let [cop, kid] = people.each_ref().map(|person| person.surface.triangles.len());
    println!("triangles\t\t{cop}\t{kid}");
    let file = std::env::temp_dir().join("clinch-bench-cast.bin");
    let since = Instant::now();
    clinch_model::file::save(&file, "bench", &clinch_model::Cast { people }).expect("a temporary file");
    println!("cast.bin written\ts\t{:.2}", since.elapsed().as_secs_f64());
    let since = Instant::now();
    clinch_model::file::load::<clinch_model::Cast>(&file).expect("what was written");
    println!("cast.bin read\ts\t{:.2}", since.elapsed().as_secs_f64());
    println!("cast.bin\tMB\t{:.2}", std::fs::metadata(&file).map_or(0, |m| m.len()) as f64 / 1e6);
    std::fs::remove_file(&file).ok();
}

/// Rows for making them.
fn casting(treatment: &Treatment, options: &Options) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    // Steps, one person at a time.
    let runs: Vec<[Vec<measure::Step>; 2]> = (0..RUNS)
        .map(|_| one.install(|| Who::BOTH.map(|who| measure::steps(treatment, who, options).expect("the default people"))))
        .collect();
    for (step, (name, _)) in runs[0][0].iter().enumerate() {
        let [cop, kid] = [0, 1].map(|who| median(runs.iter().map(|run| run[who][step].1.as_secs_f64() * 1e3).collect()));
        println!("{name}\tms\t{cop:.1}\t{kid:.1}");
    }
    // Both people.
    let whole = |pool: &rayon::ThreadPool| {
        let secs = |_| {
            let since = Instant::now();
            pool.install(|| cast(treatment, options).expect("the default people"));
            since.elapsed().as_secs_f64()
        };
        median((0..RUNS).map(secs).collect())
    };
    let all = rayon::ThreadPoolBuilder::new().build().expect("threads");
    let before = processor_secs();
    println!("whole cast on 1 thread\ts\t{:.2}", whole(&one));
    if let Some((before, after)) = before.zip(processor_secs()) {
        println!("whole cast, processor time\ts\t{:.2}", (after - before) / RUNS as f64);
    }
    println!("whole cast on {} threads\ts\t{:.2}", all.current_num_threads(), whole(&all));
}

/// Time that the processor gave to this program, in seconds, as Linux tells it: what others on the machine do counts less than in wall time.
fn processor_secs() -> Option<f64> {
    // Fields 14 and 15 after the name in parentheses, in hundredths of a second (proc(5)).
    let told = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = told.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / 100.0)
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
