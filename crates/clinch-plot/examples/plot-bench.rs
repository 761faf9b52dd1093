//! How long plotting takes: `plot-bench [FOLDER]`, a row a song: name, unit, with the program's holds, with those of a folder besides.
//!
//! Times hang on the machine and what else it does; the ratios are what to compare.

use clinch_model::{Bar, Bpm, Curve, Lufs, Score, Secs, Section, TrackInfo, Treatment};
use clinch_plot::{HoldFile, Options, plot};
use std::{path::PathBuf, time::Instant};

/// Bars of two seconds: 4/4 at 120 beats a minute.
const BAR_SECS: f64 = 2.0;
/// Sections of eight bars, by aggression.
const AGGRESSION: [f64; 5] = [0.25, 0.6, 0.9, 0.45, 0.8];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut offered = vec![Options::default()];
    if let Some(folder) = std::env::args().nth(1) {
        let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
        files.sort_by_key(|file| file.path());
        let read = |path: PathBuf| Ok(HoldFile { text: std::fs::read_to_string(&path)?, file: path.display().to_string() });
        offered.push(Options { holds: files.iter().map(|file| read(file.path())).collect::<std::io::Result<_>>()? });
    }
    let mut minute_ms: Vec<f64> = Vec::new();
    for minutes in [1, 4, 8] {
        let song = score(minutes * 30);
        let ms: Vec<f64> = offered.iter().map(|options| ms_of(&song, options)).collect::<Result<_, _>>()?;
        if minute_ms.is_empty() {
            minute_ms.clone_from(&ms);
        }
        let row = |name: &str, unit: &str, values: &mut dyn Iterator<Item = String>| {
            println!("{name}\t{unit}\t{}", values.collect::<Vec<_>>().join("\t"))
        };
        row(&format!("{minutes} min of song"), "ms", &mut ms.iter().map(|ms| format!("{ms:.0}")));
        let ratios = ms.iter().zip(&minute_ms).map(|(ms, minute_ms)| format!("{:.2}", ms / minute_ms));
        row(&format!("{minutes} min of song against 1 min"), "ratio", &mut { ratios });
        let speeds = ms.iter().map(|ms| format!("{:.0}", 6e4 * minutes as f64 / ms));
        row(&format!("{minutes} min, time in the song over time to plot"), "ratio", &mut { speeds });
    }
    Ok(())
}

/// The median of three runs with different seeds, in milliseconds.
fn ms_of(song: &Score, options: &Options) -> Result<f64, clinch_plot::Error> {
    let mut times = Vec::new();
    for seed in 0..3 {
        let began = Instant::now();
        plot(song, &Treatment { seed, ..Treatment::default() }, options)?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[1])
}

fn score(count: usize) -> Score {
    let duration = Secs(count as f64 * BAR_SECS);
    let aggression = |bar: usize| AGGRESSION[bar / 8 % AGGRESSION.len()];
    let bar = |bar: usize| Bar {
        start: Secs(bar as f64 * BAR_SECS),
        end: Secs((bar + 1) as f64 * BAR_SECS),
        section: bar / 8,
        loudness: Lufs(-12.0),
        aggression: aggression(bar),
        onset_density_hz: 2.0,
        feeling: Default::default(),
    };
    let section =
        |first_bar: usize| Section { first_bar, end_bar: (first_bar + 8).min(count), label: "A".into(), aggression: aggression(first_bar) };
    Score {
        track: TrackInfo {
            title: "bench".into(),
            artist: None,
            duration,
            sample_rate_hz: 44_100,
            channels: 1,
            samples: (duration.0 * 44_100.0) as u64,
            format: "none".into(),
        },
        tempo: Bpm(120.0),
        rhythm: Default::default(),
        form: Default::default(),
        beats_per_bar: 4,
        beats: (0..count * 4).map(|beat| Secs(beat as f64 * BAR_SECS / 4.0)).collect(),
        bars: (0..count).map(bar).collect(),
        sections: (0..count).step_by(8).map(section).collect(),
        loudness: Lufs(-12.0),
        aggression: Curve { hop_secs: BAR_SECS, values: (0..count).map(|bar| aggression(bar) as f32).collect() },
        onset: Curve { hop_secs: 0.5, values: (0..count * 4).map(|beat| if beat.is_multiple_of(4) { 1.0 } else { 0.4 }).collect() },
        lyrics: Vec::new(),
        pulse_clarity: 1.0,
    }
}
