//! Decoding: every format at the right length and place, and every bad file as one clear message.

mod made;

use clinch_hear::{Error, Options, Source, hear, open};
use clinch_model::PcmSource;
use made::{add_clicks, silence, wav};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn memory(name: &str, bytes: Vec<u8>) -> Source {
    Source::Memory { name: name.into(), bytes: bytes.into() }
}

/// All samples of the first channel, and the rate.
fn decoded(source: &Source) -> Result<(Vec<f32>, u32), Error> {
    let mut decoder = open(source)?;
    let mut all = Vec::new();
    while decoder.next(&mut all)? > 0 {}
    let channels = decoder.channels() as usize;
    Ok((all.into_iter().step_by(channels).collect(), decoder.sample_rate_hz()))
}

/// When the sound first rises above an eighth of full scale after `from_secs`.
fn rise_secs(sound: &[f32], rate_hz: u32, from_secs: f64) -> f64 {
    let first = (from_secs * f64::from(rate_hz)) as usize;
    let rise = sound[first..].iter().position(|x| x.abs() > 0.125).unwrap();
    (first + rise) as f64 / f64::from(rate_hz)
}

#[test]
fn every_format_has_its_length_and_its_clicks_in_place() {
    // File, slack of its length in seconds: an MP3 without a header can't say what is priming and padding.
    for (name, slack_secs) in [
        ("clicks.flac", 0.0),
        ("clicks.mp3", 0.0),
        ("clicks.ogg", 0.0),
        ("clicks.m4a", 0.001),
        ("clicks-with-cover.m4a", 0.001),
        ("clicks-alac.m4a", 0.001),
        ("clicks.aiff", 0.0),
        ("clicks-without-header.mp3", 0.1),
    ] {
        let (sound, rate_hz) = decoded(&Source::File(data(name))).unwrap();
        let length_secs = sound.len() as f64 / f64::from(rate_hz);
        assert!((length_secs - 2.0).abs() <= slack_secs, "{name}: {length_secs} s");
        for click in [0.5, 1.25] {
            let off = rise_secs(&sound, rate_hz, click - 0.2) - click;
            let most = if slack_secs > 0.01 { 0.06 } else { 0.002 };
            assert!(off.abs() < most, "{name}: the click at {click} s is {off} s off");
        }
    }
}

#[test]
fn a_file_and_its_bytes_in_memory_are_the_same() {
    let file = decoded(&Source::File(data("clicks.mp3"))).unwrap();
    let bytes = std::fs::read(data("clicks.mp3")).unwrap();
    assert_eq!(file, decoded(&memory("clicks.mp3", bytes.clone())).unwrap());
    // A wrong or missing ending doesn't matter.
    assert_eq!(file, decoded(&memory("clicks", bytes.clone())).unwrap());
    assert_eq!(file, decoded(&memory("clicks.wav", bytes)).unwrap());
}

#[test]
fn tags_are_read_and_the_stem_stands_in_for_a_title() {
    let tagged = open(&Source::File(data("clicks.mp3"))).unwrap();
    assert_eq!((tagged.title(), tagged.artist()), ("Clicks", Some("Nobody")));
    let plain = open(&Source::File(data("clicks.ogg"))).unwrap();
    assert_eq!((plain.title(), plain.artist()), ("clicks", None));
    assert!(tagged.format().contains("MP3") || tagged.format().contains("Layer 3"), "{}", tagged.format());
}

/// Hears a source that can't be heard, and gives back the message.
fn refusal(source: &Source) -> String {
    hear(source, &Options::default(), &|_| {}).unwrap_err().to_string()
}

#[test]
fn bad_inputs_are_refused_with_name_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Source::File(path)
    };
    let ten_secs = |gain: f64| {
        let mut sound = silence(44_100, 10.0);
        add_clicks(&mut sound, 44_100, (0..20).map(|beat| f64::from(beat) * 0.5), 1000.0, gain);
        wav(44_100, 1, &sound)
    };
    for (source, name, words) in [
        (Source::File(folder.path().join("gone.mp3")), "gone.mp3", "can't be read"),
        (Source::File(folder.path().into()), "", "is a folder"),
        (file("empty.wav", b""), "empty.wav", "empty (0 bytes)"),
        (memory("nothing.wav", Vec::new()), "nothing.wav", "empty (0 bytes)"),
        (file("text.mp3", &b"Dear diary, today I bought a drum.\n".repeat(200)), "text.mp3", "no sound file"),
        (file("zeros.mp3", &[0; 100_000]), "zeros.mp3", "no sound file"),
        (Source::File(data("clicks.opus")), "clicks.opus", "is Opus"),
        (Source::File(data("clicks.flac")), "clicks.flac", "is 2.0 s long; a film needs at least 8 s"),
        (file("silent.wav", &ten_secs(0.0)), "silent.wav", "silent"),
        (file("hushed.wav", &ten_secs(0.0005)), "hushed.wav", "silent"),
    ] {
        let message = refusal(&source);
        assert!(message.contains(name) && message.contains(words), "{message}");
        assert!(!message.contains('\n') && message.len() < 400, "{message}");
    }
}

#[test]
fn a_file_that_breaks_off_says_how_much_can_be_read() {
    let (mut sound, half) = (silence(44_100, 10.0), 5.0);
    add_clicks(&mut sound, 44_100, (0..20).map(|beat| f64::from(beat) * 0.5), 1000.0, 0.5);
    let mut bytes = wav(44_100, 1, &sound);
    bytes.truncate(44 + (44_100.0 * half) as usize * 2);
    let message = refusal(&memory("half.wav", bytes));
    assert!(message.contains("half.wav breaks off: 0:05.0 can be read of the 0:10.0"), "{message}");
    // Most of the FLAC file is its head.
    for (name, share) in [("clicks.flac", 0.75), ("clicks.mp3", 0.5)] {
        let mut bytes = std::fs::read(data(name)).unwrap();
        bytes.truncate((bytes.len() as f64 * share) as usize);
        let error = decoded(&memory(name, bytes)).unwrap_err();
        assert!(matches!(error, Error::Truncated { promised, .. } if (promised.0 - 2.0).abs() < 0.1), "{name}: {error}");
    }
    // Ogg states no length, but marks its end.
    let mut bytes = std::fs::read(data("clicks.ogg")).unwrap();
    let last_page = bytes.windows(4).rposition(|window| window == b"OggS").unwrap();
    bytes[last_page + 5] &= !4;
    // Every page has a checksum over itself.
    let page = bytes[last_page..].to_vec();
    bytes[last_page + 22..last_page + 26].copy_from_slice(&ogg_checksum(&page).to_le_bytes());
    let error = decoded(&memory("half.ogg", bytes)).unwrap_err();
    assert!(matches!(error, Error::NoEnd { found, .. } if (1.5..2.1).contains(&found.0)), "{error}");
    // The head of this one is at its end, and lost.
    let mut bytes = std::fs::read(data("clicks.m4a")).unwrap();
    bytes.truncate(bytes.len() / 2);
    let message = refusal(&memory("clicks.m4a", bytes));
    assert!(message.contains("clicks.m4a") && message.contains("breaks off"), "{message}");
}

/// Checksum of an Ogg page (RFC 3533, section 6, field 7): CRC-32 with generator 0x04c11db7, over the page with a checksum of 0.
fn ogg_checksum(page: &[u8]) -> u32 {
    let mut page = page.to_vec();
    page[22..26].fill(0);
    page.iter().fold(0, |crc: u32, &byte| {
        (0..8).fold(crc ^ (u32::from(byte) << 24), |crc, _| if crc >> 31 == 1 { (crc << 1) ^ 0x04c1_1db7 } else { crc << 1 })
    })
}

#[test]
fn a_stream_of_unstated_length_is_read_to_its_end() {
    // Programs that write WAV into a pipe can't know the length, and write the largest there is.
    let mut sound = silence(8000, 10.0);
    add_clicks(&mut sound, 8000, (0..20).map(|beat| f64::from(beat) * 0.5), 1000.0, 0.5);
    let mut bytes = wav(8000, 1, &sound);
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    bytes[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decoded(&memory("piped.wav", bytes)).unwrap().0.len(), 80_000);
}

#[test]
fn a_broken_packet_becomes_silence_and_nothing_moves() {
    let mut bytes = std::fs::read(data("clicks.mp3")).unwrap();
    let whole = decoded(&memory("whole.mp3", bytes.clone())).unwrap();
    // Somewhere between the clicks, leaving the frame headers' rhythm alone as far as possible.
    let middle = bytes.len() * 45 / 100;
    bytes[middle..middle + 12].fill(0xAA);
    let (sound, rate_hz) = decoded(&memory("scratched.mp3", bytes)).unwrap();
    assert_eq!(sound.len(), whole.0.len());
    assert!((rise_secs(&sound, rate_hz, 1.1) - 1.25).abs() < 0.002);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn garbage_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4000), ending in "(wav|mp3|ogg|flac|m4a|aiff|)") {
        let _ = decoded(&memory(&format!("garbage.{ending}"), bytes));
    }

    #[test]
    fn damaged_files_are_read_or_refused_without_a_panic(
        which in 0_usize..8,
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        keep in 0.5_f64..1.5,
    ) {
        let names = ["clicks.flac", "clicks.mp3", "clicks.ogg", "clicks.m4a", "clicks-alac.m4a", "clicks.aiff", "clicks.opus", "clicks-with-cover.m4a"];
        let mut bytes = std::fs::read(data(names[which])).unwrap();
        for (at, byte) in hits {
            // Heads are where it hurts, but a file that isn't opened tests no decoder: one hit in sixteen lands in the first hundred.
            let at = if byte % 16 == 0 { at.index(100) } else { at.index(bytes.len()) };
            bytes[at] = byte;
        }
        bytes.truncate((bytes.len() as f64 * keep.min(1.0)) as usize);
        let _ = decoded(&memory(names[which], bytes));
    }
}
