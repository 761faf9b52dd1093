//! What a player shows of a delivered film: colour only where there is a tint, and flashes that are counted.

mod common;

use clinch_deliver::{PictureFormat, SegmentWriter, decode_film, flashes};
use clinch_model::{FrameRate, Quality, Size, random::Stream};
use common::{film, silence};
use std::path::{Path, PathBuf};

/// Writes a film of frames that `draw` gives as luma and tint.
fn filmed(place: &Path, format: PictureFormat, frames: u64, draw: impl Fn(u64) -> (Vec<u8>, Vec<u8>)) -> PathBuf {
    let (segment, out) = (place.join("0.segment"), place.join("film.mp4"));
    let mut writer = SegmentWriter::create(&segment, format).unwrap();
    for frame in 0..frames {
        let (luma, tint) = draw(frame);
        writer.push_tinted(&luma, &tint).unwrap();
    }
    writer.finish().unwrap();
    film(&[segment], &mut silence(frames as f64 / format.rate.hz(), 48_000, 2), &out).unwrap();
    out
}

/// A drop that flies over a dark grainy gradient: its middle in a frame.
fn middle(frame: u64) -> (f32, f32) {
    (40.0 + 6.0 * frame as f32, 30.0 + 0.8 * frame as f32)
}

#[test]
fn only_what_is_tinted_has_a_colour() {
    /// Pixels round a drop within which its colour may be smeared by the encoder: a macroblock and the loop filter's reach.
    const SMEARED: f32 = 20.0;
    let place = tempfile::tempdir().unwrap();
    let size = Size { width: 256, height: 144 };
    for quality in [Quality::Draft, Quality::Film, Quality::Fine] {
        let format = PictureFormat { size, rate: FrameRate::whole(24), quality };
        let draw = |frame: u64| {
            let mut noise = Stream::new(frame, "grain");
            let off = |i: usize| ((i % 256) as f32 - middle(frame).0).hypot((i / 256) as f32 - middle(frame).1);
            let tint: Vec<u8> = (0..size.pixels()).map(|i| if off(i) < 3.0 { 230 } else { 0 }).collect();
            let luma = (0..size.pixels()).map(|i| if off(i) < 3.0 { 150 } else { 10 + (i % 256 / 4) as u8 + (6.0 * noise.unit()) as u8 });
            (luma.collect(), tint)
        };
        let film = filmed(place.path(), format, 24, draw);
        let (mut frame, mut least_red) = (0, u8::MAX);
        decode_film(&film, &mut |shown| {
            let mut reddest = 0;
            for row in 0..72 {
                let [cb, cr] = shown.chroma_row(row);
                for column in 0..128 {
                    let off = (2.0 * column as f32 + 0.5 - middle(frame).0).hypot(2.0 * row as f32 + 0.5 - middle(frame).1);
                    let is_neutral = [cb[column], cr[column]].iter().all(|c| c.abs_diff(128) <= 1);
                    assert!(
                        off < SMEARED || is_neutral,
                        "{quality:?} frame {frame}: {off} pixels from the drop {} {}",
                        cb[column],
                        cr[column]
                    );
                    reddest = reddest.max(cr[column]);
                }
            }
            least_red = least_red.min(reddest);
            frame += 1;
        })
        .unwrap();
        assert!(frame == 24 && least_red > 160, "{quality:?}: {frame} {least_red}");
    }
}

#[test]
fn a_film_without_a_tint_has_no_colour_at_all() {
    let place = tempfile::tempdir().unwrap();
    let format = common::small(FrameRate::whole(24));
    let film = filmed(place.path(), format, 13, |frame| (common::ramp(format, frame), Vec::new()));
    let rate_hz = decode_film(&film, &mut |shown| {
        assert!((0..24).flat_map(|row| shown.chroma_row(row)).flatten().all(|&chroma| chroma == 128));
        assert!(shown.luma_row(7).iter().all(|&luma| (14..=237).contains(&luma)));
    });
    assert!((rate_hz.unwrap() - 24.0).abs() < 1e-6);
}

#[test]
fn a_strobe_in_a_delivered_film_is_caught_and_cuts_between_alike_shots_are_not() {
    let place = tempfile::tempdir().unwrap();
    let format = common::small(FrameRate::whole(24));
    // Luma 20 and 160 are 1 and 72 cd/m².
    let strobe =
        |hz: u64| move |frame: u64| (vec![if (2 * frame * hz / 24).is_multiple_of(2) { 20 } else { 160 }; format.size.pixels()], vec![]);
    for (hz, safe) in [(3, true), (4, false)] {
        let found = flashes(&filmed(place.path(), format, 48, strobe(hz))).unwrap();
        assert!(found.is_safe() == safe && found.most_a_second == hz as u32, "{hz}: {found:?}");
    }
    // A cut every third of a second between night shots of other tones.
    let cuts = |frame: u64| {
        let tone = 20 + (frame / 8 % 3 * 12) as u8;
        ((0..format.size.pixels()).map(|i| tone + (i % 64 / 2) as u8).collect(), vec![])
    };
    let found = flashes(&filmed(place.path(), format, 96, cuts)).unwrap();
    assert!(found.is_safe() && found.most_a_second == 0, "{found:?}");
}

#[test]
fn what_is_no_film_is_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("song.mp4");
    for bytes in [&b""[..], b"no film at all, but long enough to look like a box of some kind"] {
        std::fs::write(&path, bytes).unwrap();
        assert!(flashes(&path).unwrap_err().to_string().contains("song.mp4"));
    }
    assert!(flashes(&place.path().join("gone.mp4")).unwrap_err().to_string().contains("gone.mp4"));
}
