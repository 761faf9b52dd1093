//! Films of known content, read back.

mod common;

use clinch_deliver::{PictureFormat, SegmentWriter, inspect};
use clinch_model::{FrameRate, Quality, Size, random::Stream};
use common::*;

const NTSC_FILM: FrameRate = FrameRate { num: 24_000, den: 1_001 };

#[test]
fn a_film_of_three_shots_has_every_frame_at_its_exact_time_and_its_head_first() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(NTSC_FILM), &[30, 1, 17]);
    let done = film(&segments, &mut silence(48.0 * 1001.0 / 24_000.0, 48_000, 2), &out).unwrap();
    assert_eq!(done.frames, 48);
    assert_eq!(done.bytes, std::fs::metadata(&out).unwrap().len());

    let film = read_back(&out);
    let names: Vec<String> = top_level(&film.bytes).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ftyp", "moov", "mdat"]);

    let picture = film.picture();
    assert_eq!((picture.timescale, picture.samples.len(), picture.duration), (24_000, 48, 48 * 1001));
    assert_eq!((picture.width, picture.height), (64, 48));
    for (frame, sample) in picture.samples.iter().enumerate() {
        assert_eq!((sample.duration, sample.composition_timestamp), (1001, 1001 * frame as i64));
    }
    // Every shot and every half second begins anew.
    let sync: Vec<usize> = (0..48).filter(|&frame| picture.samples[frame].is_sync).collect();
    assert_eq!(sync, [0, 12, 24, 30, 31, 43]);
    assert_eq!(film.luma().len(), 48);
}

#[test]
fn the_stream_is_high_profile_in_bt709_limited_range_with_one_head_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(FrameRate::whole(25)), &[10, 15]);
    film(&segments, &mut silence(1.0, 48_000, 2), &out).unwrap();
    let film = read_back(&out);
    let avcc = &film.picture_entry().avcc;
    assert_eq!(avcc.avc_profile_indication, 100);
    assert_eq!((avcc.sequence_parameter_sets.len(), avcc.picture_parameter_sets.len(), avcc.length_size_minus_one & 3), (1, 1, 3));
    let sps = shiguredo_mp4::bitstream::h264::parse_sps(&avcc.sequence_parameter_sets[0].bytes).unwrap();
    assert_eq!((sps.profile_level_id.profile_idc, sps.width, sps.height), (100, 64, 48));
    let colour = film.bytes.windows(15).find(|window| window.starts_with(b"colrnclx")).unwrap();
    assert_eq!(&colour[8..], [0, 1, 0, 1, 0, 1, 0]);
    assert!(film.bytes.windows(6).any(|window| window == "Tïtle".as_bytes()));
}

#[test]
fn a_ramp_over_the_whole_range_survives_within_a_few_levels() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let format = small(FrameRate::whole(24));
    let segments = segments(folder.path(), format, &[14]);
    film(&segments, &mut silence(14.0 / 24.0, 48_000, 2), &out).unwrap();
    let decoded = read_back(&out).luma();
    assert_eq!(decoded.len(), 14);
    for (frame, luma) in decoded.iter().enumerate() {
        let source = ramp(format, frame as u64);
        let mut squares = 0.0;
        for (&full, &limited) in source.iter().zip(luma) {
            // BT.709: black 16, white 235.
            let error = f64::from(limited) - (16.0 + f64::from(full) * 219.0 / 255.0);
            assert!(error.abs() < 16.0, "frame {frame}: {full} became {limited}");
            squares += error * error;
        }
        let deviation = (squares / source.len() as f64).sqrt();
        assert!(deviation < 2.0, "frame {frame}: {deviation}");
    }
}

#[test]
fn sides_that_are_no_multiples_of_sixteen_are_cropped_not_padded() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let format = PictureFormat { size: Size { width: 90, height: 50 }, rate: FrameRate::whole(24), quality: Quality::Draft };
    let segments = segments(folder.path(), format, &[2]);
    film(&segments, &mut silence(2.0 / 24.0, 48_000, 2), &out).unwrap();
    let film = read_back(&out);
    assert_eq!((film.picture().width, film.picture().height), (90, 50));
    assert!(film.luma().iter().all(|luma| luma.len() == 90 * 50));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let film_bytes = || {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("film.mp4");
        let segments = segments(folder.path(), small(NTSC_FILM), &[20, 4]);
        film(&segments, &mut silence(24.0 * 1001.0 / 24_000.0, 44_100, 2), &out).unwrap();
        std::fs::read(out).unwrap()
    };
    assert!(film_bytes() == film_bytes());
}

#[test]
fn a_film_of_one_frame_is_a_film() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(FrameRate::whole(24)), &[1]);
    let done = film(&segments, &mut silence(0.001, 48_000, 1), &out).unwrap();
    assert_eq!((done.frames, done.sound_channels), (1, 1));
    assert_eq!(read_back(&out).luma().len(), 1);
    assert_eq!(presented_sound(&out)[0].len(), 48);
}

#[test]
fn picture_and_sound_lie_together_half_second_by_half_second() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(FrameRate::whole(24)), &[96]);
    film(&segments, &mut silence(4.0, 48_000, 2), &out).unwrap();
    let film = read_back(&out);
    for sample in &film.picture().samples {
        let shown = sample.composition_timestamp as f64 / 24.0;
        // Where the file is read for this frame, the sound read so far must reach at most 0.5 s less and about as far ahead.
        let read = film.sound().samples.iter().filter(|unit| unit.offset < sample.offset).count() as f64 * 1024.0 / 48_000.0;
        assert!((read - shown).abs() < 0.55, "{shown}: {read}");
    }
}

#[test]
fn a_segment_says_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let format = small(FrameRate::whole(30));
    let paths = segments(folder.path(), format, &[7]);
    let info = inspect(&paths[0]).unwrap();
    assert_eq!((info.format, info.frames), (format, 7));
    assert!(info.picture_bytes < std::fs::metadata(&paths[0]).unwrap().len());
}

#[test]
fn the_groups_are_half_a_second_long_at_every_rate() {
    for (rate, expected) in [(FrameRate::whole(1), 1), (FrameRate::whole(60), 30), (FrameRate { num: 30_000, den: 1_001 }, 15)] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("film.mp4");
        let paths = segments(folder.path(), small(rate), &[31]);
        film(&paths, &mut silence(rate.start_of(31).0, 48_000, 1), &out).unwrap();
        let film = read_back(&out);
        let sync: Vec<usize> = (0..31).filter(|&frame| film.picture().samples[frame].is_sync).collect();
        assert_eq!(sync, (0..31).step_by(expected).collect::<Vec<_>>(), "{rate}");
    }
}

#[test]
fn faint_grain_in_the_dark_still_moves_in_film_quality() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("0.segment"), folder.path().join("film.mp4"));
    let format = PictureFormat { size: Size { width: 128, height: 96 }, rate: FrameRate::whole(24), quality: Quality::Film };
    let mut grain = Stream::new(1, "grain");
    let mut writer = SegmentWriter::create(&path, format).unwrap();
    for _ in 0..16 {
        // A wall at 20 of 255 with grain of deviation 2.
        let frame: Vec<u8> = (0..format.size.pixels()).map(|_| (20.0 + 2.0 * grain.normal()).round().clamp(0.0, 255.0) as u8).collect();
        writer.push(&frame).unwrap();
    }
    writer.finish().unwrap();
    film(&[path], &mut silence(16.0 / 24.0, 48_000, 1), &out).unwrap();
    let luma = read_back(&out).luma();
    for pair in luma.windows(2) {
        let squares: f64 = pair[0].iter().zip(&pair[1]).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
        // The difference of two frames has √2 times the grain's deviation, which limited range shrinks by 219 / 255.
        let deviation = (squares / pair[0].len() as f64 / 2.0).sqrt() * 255.0 / 219.0;
        assert!((1.4..2.4).contains(&deviation), "{deviation}");
    }
}

#[test]
fn segments_can_be_written_on_any_thread() {
    fn movable<T: Send>() {}
    movable::<SegmentWriter>();
}
