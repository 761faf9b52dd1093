//! What upload guides ask, and an opening that is played once.

mod common;

use clinch_deliver::{Options, deliver};
use clinch_model::{FrameRate, sound::PcmBuffer};
use common::*;

/// Sound with a short burst at a time.
fn burst(seconds: f64, rate_hz: u32, at_secs: f64) -> PcmBuffer {
    let count = (seconds * f64::from(rate_hz)).round() as usize;
    let first = (at_secs * f64::from(rate_hz)).round() as usize;
    let sample =
        |i: usize| if (first..first + 32).contains(&i) { if i % 8 < 4 { 0.9 } else { -0.9 } } else { 0.002 * (i as f32 * 0.05).sin() };
    PcmBuffer::new(rate_hz, 1, (0..count).map(sample).collect())
}

#[test]
fn without_edit_lists_the_sound_is_where_it_was_and_as_long() {
    let folder = tempfile::tempdir().unwrap();
    let segments = segments(folder.path(), small(FrameRate::whole(24)), &[48]);
    for (rate_hz, wanted_hz) in [(44_100, None), (44_100, Some(48_000)), (48_000, Some(48_000))] {
        let out = folder.path().join("film.mp4");
        let options = Options { sound_rate_hz: wanted_hz, unedited: true, ..Options::default() };
        let done = deliver(&segments, &mut burst(2.0, rate_hz, 1.25), &options, &out, &|_| ()).unwrap();
        let out_hz = wanted_hz.unwrap_or(rate_hz);
        assert_eq!(done.sound_rate_hz, out_hz);
        assert!((done.sound.0 - 2.0).abs() < 1e-4, "{:?}", done.sound);

        let film = read_back(&out);
        assert!(!film.bytes.windows(4).any(|four| four == b"edts" || four == b"elst"));
        let names: Vec<String> = top_level(&film.bytes).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ftyp", "moov", "mdat"]);
        assert_eq!(film.sound().timescale, u64::from(out_hz));
        let length = film.sound().samples.iter().map(|sample| sample.duration).sum::<u64>();
        assert!(length.abs_diff(u64::from(2 * out_hz)) <= 1, "{length}");

        let decoded = decoded_sound(&out);
        let first = decoded[0].iter().position(|sample| sample.abs() > 0.3).unwrap() as f64 / f64::from(out_hz);
        assert!((first - 1.25).abs() < 0.002, "{first}");
        // The priming is quiet; what comes after it is the song.
        assert!(decoded[0][..512].iter().all(|sample| sample.abs() < 0.001));
    }
}

#[test]
fn an_opening_is_played_once_and_the_struggle_from_its_beginning_in_later_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let format = small(FrameRate::whole(24));
    let round = segments(folder.path(), format, &[12, 36]);
    let opening = folder.path().join("opening.segment");
    let mut writer = clinch_deliver::SegmentWriter::create(&opening, format).unwrap();
    (0..12).for_each(|_| writer.push(&vec![255; format.size.pixels()]).unwrap());
    writer.finish().unwrap();

    let out = folder.path().join("film.mp4");
    let options = Options { loops: 3, first_round: vec![opening.clone(), round[1].clone()], ..Options::default() };
    let done = deliver(&round, &mut silence(6.0, 48_000, 2), &options, &out, &|_| ()).unwrap();
    assert_eq!(done.frames, 144);
    let luma = read_back(&out).luma();
    let is_white = |frame: usize| luma[frame].iter().all(|&value| value > 225);
    let white: Vec<usize> = (0..144).filter(|&frame| is_white(frame)).collect();
    assert_eq!(white, (0..12).collect::<Vec<_>>());
    // The second and third rounds are the same, picture by picture; the first is from the opening's end on.
    assert!(luma[48..96] == luma[96..144] && luma[12..48] == luma[60..96]);

    // Rounds of different lengths would drift from the song.
    let wrong = Options { first_round: vec![opening], ..options };
    let said = deliver(&round, &mut silence(6.0, 48_000, 2), &wrong, &out, &|_| ()).unwrap_err().to_string();
    assert!(said.contains("12 frames") && said.contains("48"), "{said}");
}
