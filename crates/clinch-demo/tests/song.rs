//! The demo song keeps what it promises.

use clinch_demo::{BARS, BEATS_PER_BAR, LYRICS, PARTS, RATE_HZ, SONG_SECS, TEMPO_BPM, beats_secs, boundaries_secs, song};
use ebur128::{EbuR128, Mode};

/// `[frame]`: left and right, −1..1.
fn samples(file: &[u8]) -> Vec<[f64; 2]> {
    let side = |bytes: &[u8]| f64::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0;
    file[44..].chunks_exact(4).map(|frame| [side(&frame[..2]), side(&frame[2..])]).collect()
}

fn meter(frames: &[[f64; 2]]) -> EbuR128 {
    let mut meter = EbuR128::new(2, RATE_HZ, Mode::I | Mode::TRUE_PEAK).unwrap();
    let flat: Vec<f64> = frames.iter().flatten().copied().collect();
    meter.add_frames_f64(&flat).unwrap();
    meter
}

fn part(frames: &[[f64; 2]], index: usize) -> &[[f64; 2]] {
    let bar = frames.len() / BARS;
    &frames[PARTS[index].first_bar * bar..PARTS[index].end_bar * bar]
}

#[test]
fn it_is_a_whole_number_of_bars_and_of_film_frames() {
    let file = song();
    assert_eq!(&file[..4], b"RIFF");
    assert_eq!(u32::from_le_bytes([file[4], file[5], file[6], file[7]]) as usize, file.len() - 8);
    let frames = samples(&file);
    assert_eq!(frames.len() as f64, SONG_SECS * f64::from(RATE_HZ));
    assert_eq!((SONG_SECS * 24.0).fract(), 0.0);
    assert_eq!(beats_secs().len(), BARS * BEATS_PER_BAR as usize);
    assert_eq!(beats_secs()[1], 60.0 / TEMPO_BPM);
    assert_eq!(boundaries_secs(), [4.0, 12.0, 20.0, 24.0]);
    assert!(PARTS.windows(2).all(|w| w[0].end_bar == w[1].first_bar) && PARTS[PARTS.len() - 1].end_bar == BARS);
}

#[test]
fn it_is_always_the_same() {
    assert_eq!(song(), song());
}

#[test]
fn quiet_is_quiet_heavy_is_heavy_and_nothing_clips() {
    let frames = samples(&song());
    let lufs = |index: usize| meter(part(&frames, index)).loudness_global().unwrap();
    let levels: Vec<f64> = (0..PARTS.len()).map(lufs).collect();
    println!("{levels:?}");
    assert!((-28.0..-22.0).contains(&levels[0]), "opening {} LUFS", levels[0]);
    assert!((-20.0..-13.0).contains(&levels[1]), "verse {} LUFS", levels[1]);
    for heavy in [2, 4] {
        assert!((-12.0..-9.0).contains(&levels[heavy]), "heavy {} LUFS", levels[heavy]);
    }
    let whole = meter(&frames);
    for side in 0..2 {
        let peak_db = 20.0 * whole.true_peak(side).unwrap().log10();
        assert!(peak_db < -1.0, "true peak {peak_db} dBTP");
    }
    let mean: f64 = frames.iter().map(|frame| frame[0] + frame[1]).sum::<f64>() / frames.len() as f64;
    assert!(mean.abs() < 1e-3, "it leans by {mean}");
}

#[test]
fn the_end_joins_the_beginning_without_a_click() {
    let frames = samples(&song());
    // A click is a bend (second difference) that stands out from its surroundings.
    let around: Vec<f64> = frames[frames.len() - 2400..].iter().chain(&frames[..2400]).map(|frame| frame[0]).collect();
    let bends: Vec<f64> = around.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).collect();
    let seam = bends[2397..2401].iter().fold(0.0_f64, |a, &b| a.max(b));
    let mut sorted = bends.clone();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted[sorted.len() * 99 / 100];
    assert!(seam <= 2.0 * usual, "the seam bends by {seam}, its surroundings by {usual}");
}

#[test]
fn its_words_are_timed_within_it() {
    let stamps: Vec<&str> = LYRICS.lines().filter(|line| line.starts_with("[0")).collect();
    assert_eq!(stamps.len(), 10);
    assert!(stamps.windows(2).all(|w| w[0][..10] < w[1][..10]));
    assert!(stamps[9] < "[00:32.00]");
}
