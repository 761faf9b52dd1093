//! What can't be delivered is refused in words, and never half delivered.

mod common;

use clinch_deliver::{Error, PictureFormat, SegmentWriter, inspect};
use clinch_model::{FrameRate, PcmSource, Quality, Secs, Size, SoundError, sound::PcmBuffer};
use common::*;
use std::path::Path;

const RATE: FrameRate = FrameRate::whole(24);

/// Names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_damaged_or_half_segment_is_refused_wherever_the_damage_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = segments(folder.path(), small(RATE), &[3]).remove(0);
    let whole = std::fs::read(&path).unwrap();
    let ends = (0..40).chain(whole.len() - 120..whole.len());
    for at in ends.chain((40..whole.len() - 120).step_by(61)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, &damaged).unwrap();
        assert!(matches!(inspect(&path), Err(Error::SegmentDamaged { .. })), "byte {at}");
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(matches!(inspect(&path), Err(Error::SegmentDamaged { .. })), "cut at {at}");
    }
    std::fs::write(&path, [whole.as_slice(), b"more"].concat()).unwrap();
    assert!(inspect(&path).is_err());
    std::fs::write(&path, &whole).unwrap();
    assert!(inspect(&path).is_ok());
}

#[test]
fn a_file_with_a_right_checksum_but_wrong_numbers_is_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.segment");
    for body in [&b"clshot\r\n\x02\0\0\0"[..], b"clshot\r\n\x01\0\0\0", b"something else", b"clshot\r\n\x01\0\0\0junk"] {
        for index_bytes in [0, 4, body.len() as u64, u64::MAX] {
            let mut bytes = [body, &index_bytes.to_le_bytes()].concat();
            bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
            std::fs::write(&path, &bytes).unwrap();
            assert!(matches!(inspect(&path), Err(Error::SegmentDamaged { .. })), "{body:?} {index_bytes}");
        }
    }
}

#[test]
fn a_missing_damaged_or_differing_segment_leaves_the_older_film_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    std::fs::write(&out, b"older").unwrap();
    let good = segments(folder.path(), small(RATE), &[12]).remove(0);
    let missing = folder.path().join("missing.segment");
    let damaged = folder.path().join("damaged.segment");
    std::fs::write(&damaged, b"nonsense").unwrap();
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    let differing = segments(&other, small(FrameRate::whole(25)), &[12]).remove(0);
    let before = files(folder.path());
    for (second, named) in [(&missing, "missing.segment"), (&damaged, "damaged.segment"), (&differing, "25 frames a second")] {
        let error = film(&[good.clone(), second.clone()], &mut silence(1.0, 48_000, 2), &out).unwrap_err().to_string();
        assert!(error.contains(named) && error.contains("run the same command again"), "{error}");
    }
    let error = film(&[], &mut silence(1.0, 48_000, 2), &out).unwrap_err();
    assert!(matches!(error, Error::NoPicture), "{error}");
    assert_eq!(std::fs::read(&out).unwrap(), b"older");
    assert_eq!(files(folder.path()), before);
}

/// A stream that breaks off.
struct Broken(bool);

impl PcmSource for Broken {
    fn sample_rate_hz(&self) -> u32 {
        48_000
    }
    fn channels(&self) -> u32 {
        2
    }
    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        if std::mem::replace(&mut self.0, true) {
            return Err(SoundError { at: Secs(0.1), reason: "the file ends here".into() });
        }
        out.resize(9600, 0.0);
        Ok(4800)
    }
}

#[test]
fn a_sound_that_breaks_off_or_is_no_sound_is_refused_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(RATE), &[24]);
    let before = files(folder.path());
    let mut no_number = silence(1.0, 48_000, 1);
    no_number.samples[1000] = f32::NAN;
    let refused: [(&mut dyn PcmSource, &str); 6] = [
        (&mut Broken(false), "the file ends here"),
        (&mut no_number, "not a number"),
        (&mut PcmBuffer::new(48_000, 2, Vec::new()), "no samples"),
        (&mut silence(1.0, 48_000, 9), "9 channels"),
        (&mut PcmBuffer::new(7, 1, vec![0.0; 7]), "7 samples a second"),
        (&mut PcmBuffer::new(u32::MAX, 1, vec![0.0; 7]), "4294967295 samples a second"),
    ];
    for (sound, named) in refused {
        let error = film(&segments, sound, &out).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
        assert_eq!(files(folder.path()), before);
    }
}

#[test]
fn picture_and_sound_of_different_songs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("film.mp4");
    let segments = segments(folder.path(), small(RATE), &[24]);
    // One frame is 41.7 ms.
    for seconds in [0.5, 0.955, 1.045, 2.0] {
        let error = film(&segments, &mut silence(seconds, 48_000, 2), &out).unwrap_err();
        assert!(matches!(error, Error::Lengths { .. }), "{seconds}: {error}");
        assert!(!out.exists());
    }
    for seconds in [0.96, 1.0, 1.04] {
        film(&segments, &mut silence(seconds, 48_000, 2), &out).unwrap();
    }
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let segments = segments(folder.path(), small(RATE), &[24]);
    let taken = folder.path().join("taken");
    std::fs::create_dir_all(taken.join("inside")).unwrap();
    for out in [folder.path().join("no/such/folder/film.mp4"), taken] {
        let error = film(&segments, &mut silence(1.0, 48_000, 2), &out).unwrap_err();
        assert!(matches!(&error, Error::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains("-o"), "{error}");
    }
    assert_eq!(files(folder.path()), ["0.segment", "taken"]);
}

#[test]
fn a_picture_the_encoder_cannot_take_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("0.segment");
    let format = |width, height, rate| PictureFormat { size: Size { width, height }, rate, quality: Quality::Draft };
    let no_rate = FrameRate { num: 0, den: 0 };
    for wrong in [
        format(0, 0, RATE),
        format(65, 48, RATE),
        format(64, 8, RATE),
        format(4096, 2160, RATE),
        format(2400, 2400, RATE),
        format(64, 48, no_rate),
        format(64, 48, FrameRate::whole(1000)),
    ] {
        let error = SegmentWriter::create(&path, wrong).err().expect("it must be refused");
        assert!(matches!(error, Error::UnsupportedPicture { .. }), "{error}");
    }
    let mut writer = SegmentWriter::create(&path, small(RATE)).unwrap();
    assert!(matches!(writer.push(&[0; 100]), Err(Error::WrongFrame { found: 100, wanted: 3072 })));
    assert!(matches!(writer.finish(), Err(Error::NoPicture)));
    assert_eq!(files(folder.path()), Vec::<String>::new());
}
