//! Throws damaged files at the container and lyric parsers, without end or for a time:
//!
//! `cargo run --release -p clinch-hear --example fuzz -- --minutes 20 [--seed 1] [--only lyrics|tracks] [--keep FOLDER]`
//!
//! Every round takes a seed file, damages it in ways that parsers fear, and reads it. A round must end without a panic, within [`SLOWEST`], and what it
//! reads must keep the model's promises. What fails is written to the folder with its round's number; the same seed gives the same rounds. Plain
//! mutation, no coverage: that needs a nightly compiler, and this runs wherever clinch builds.

use clinch_hear::{Source, open, parse_lyrics, parse_lyrics_bytes};
use clinch_model::{LyricLine, PcmSource, Secs, random::Stream};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::{Duration, Instant},
};

/// Longest time that a damaged file of some kilobytes may take.
const SLOWEST: Duration = Duration::from_secs(5);
/// Most samples that a damaged file of some kilobytes is followed for; beyond, a header that lies about its length only costs time.
const MOST_SAMPLES: usize = 1 << 22;
/// Length of the song that lyrics are read for.
const SONG: Secs = Secs(180.0);

struct Options {
    minutes: f64,
    seed: u64,
    only: Option<String>,
    keep: PathBuf,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = options()?;
    std::fs::create_dir_all(&options.keep)?;
    let (tracks, lyrics) = (tracks()?, lyrics());
    let until = Instant::now() + Duration::from_secs_f64(options.minutes * 60.0);
    let (mut rounds, mut read, mut refused, mut faults) = ([0_u64; 2], [0_u64; 2], [0_u64; 2], 0_u64);
    let mut slowest = (Duration::ZERO, String::new());
    // Panics are counted and kept below; their messages would drown the report.
    std::panic::set_hook(Box::new(|_| {}));
    for round in 0_u64.. {
        if Instant::now() >= until {
            break;
        }
        let mut random = Stream::new(options.seed.wrapping_add(round.wrapping_mul(0x9E37_79B9_7F4A_7C15)), "fuzz");
        let kind = match options.only.as_deref() {
            Some("lyrics") => 1,
            Some("tracks") => 0,
            _ => (round % 2) as usize,
        };
        let seeds = if kind == 0 { &tracks } else { &lyrics };
        let (name, seed) = &seeds[below(&mut random, seeds.len())];
        let other = &seeds[below(&mut random, seeds.len())].1;
        let bytes = damaged(seed, other, kind == 1, &mut random);
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| if kind == 0 { track_round(name, &bytes) } else { lyrics_round(name, &bytes) }));
        let taken = begun.elapsed();
        if taken > slowest.0 {
            slowest = (taken, format!("round {round}, {name}"));
        }
        rounds[kind] += 1;
        let fault = match outcome {
            Ok(Ok(true)) => {
                read[kind] += 1;
                None
            }
            Ok(Ok(false)) => {
                refused[kind] += 1;
                None
            }
            Ok(Err(broken)) => Some(broken),
            Err(panic) => Some(format!("panic: {}", said(panic.as_ref()))),
        };
        let fault = fault.or((taken > SLOWEST).then(|| format!("took {taken:?}")));
        if let Some(fault) = fault {
            faults += 1;
            println!("round {round}, {name}, {} bytes: {fault}", bytes.len());
            std::fs::write(options.keep.join(format!("{round}-{name}")), &bytes)?;
        }
    }
    for (kind, what) in [(0, "tracks"), (1, "lyrics")] {
        println!("{what}: {} rounds, {} read, {} refused", rounds[kind], read[kind], refused[kind]);
    }
    println!("slowest: {:?} ({}); faults: {faults}; seed {}", slowest.0, slowest.1, options.seed);
    if faults > 0 { Err("there were faults".into()) } else { Ok(()) }
}

fn options() -> Result<Options, Box<dyn std::error::Error>> {
    let mut options = Options { minutes: 1.0, seed: 1, only: None, keep: std::env::temp_dir().join("clinch-fuzz") };
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--minutes" => options.minutes = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            "--only" => options.only = Some(value),
            "--keep" => options.keep = value.into(),
            _ => return Err(format!("{flag} isn't known: --minutes, --seed, --only, --keep are").into()),
        }
    }
    Ok(options)
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "no message".into())
}

/// Reads a track to its end. True where it could be.
fn track_round(name: &str, bytes: &[u8]) -> Result<bool, String> {
    let source = Source::Memory { name: name.into(), bytes: bytes.into() };
    let Ok(mut decoder) = open(&source) else { return Ok(false) };
    let channels = decoder.channels() as usize;
    let (mut block, mut samples) = (Vec::new(), 0);
    loop {
        block.clear();
        match decoder.next(&mut block) {
            Err(_) => return Ok(false),
            Ok(0) => return Ok(true),
            Ok(given) if block.len() != given * channels => {
                return Err(format!("{given} samples of {channels} channels in {}", block.len()));
            }
            Ok(given) => samples += given,
        }
        if samples > MOST_SAMPLES {
            return Ok(true);
        }
    }
}

/// Reads lyrics as bytes, and as text where they are that. True where they could be.
fn lyrics_round(name: &str, bytes: &[u8]) -> Result<bool, String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        promises(&parse_lyrics(text, name, SONG).unwrap_or_default())?;
    }
    match parse_lyrics_bytes(bytes, name, SONG) {
        Ok(lines) => promises(&lines).map(|()| true),
        Err(error) if error.to_string().contains('\n') => Err(format!("a message of several lines: {error}")),
        Err(_) => Ok(false),
    }
}

/// What the model promises of lyrics.
fn promises(lines: &[LyricLine]) -> Result<(), String> {
    for line in lines {
        let within = 0.0 <= line.start.0 && line.start.0 < line.end.0 && line.end.0 <= SONG.0;
        let words = line.words.iter().all(|word| line.start.0 <= word.start.0 && word.start.0 <= word.end.0 && word.end.0 <= line.end.0);
        if !within || !words || line.text.is_empty() || !(0.0..=1.0).contains(&line.strength) {
            return Err(format!("a line breaks its promises: {line:?}"));
        }
    }
    if lines.windows(2).any(|w| w[0].start.0 > w[1].start.0) { Err("lines out of order".into()) } else { Ok(()) }
}

fn below(random: &mut Stream, count: usize) -> usize {
    ((random.unit() * count as f64) as usize).min(count.saturating_sub(1))
}

/// A damaged copy: some of bytes struck, lengths made extreme, pieces cut, doubled, moved or taken from another file, and cut off.
fn damaged(seed: &[u8], other: &[u8], is_text: bool, random: &mut Stream) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + below(random, 12) {
        if bytes.is_empty() {
            break;
        }
        // Heads are where it hurts: half of the hits are in the first part.
        let reach = if random.unit() < 0.5 { bytes.len().min(256) } else { bytes.len() };
        let at = below(random, reach);
        let length = 1 + below(random, 64).min(bytes.len() - at - 1);
        match below(random, 9) {
            0 => bytes[at] ^= 1 << below(random, 8),
            1 => bytes[at] = below(random, 256) as u8,
            2 => extreme(&mut bytes, at, random),
            3 => drop(bytes.drain(at..at + length)),
            4 => {
                let piece = bytes[at..at + length].to_vec();
                let to = below(random, bytes.len());
                for _ in 0..1 + below(random, 40) {
                    bytes.splice(to..to, piece.iter().copied());
                }
            }
            5 => {
                let from = below(random, other.len());
                let piece = &other[from..(from + 1 + below(random, 400)).min(other.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            6 => bytes[at..at + length].fill(if random.unit() < 0.5 { 0 } else { 0xFF }),
            7 if is_text => {
                let tokens = TOKENS[below(random, TOKENS.len())];
                bytes.splice(at..at, tokens.bytes());
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes.truncate(1 << 20);
    bytes
}

/// What text parsers look for.
const TOKENS: &[&str] = &[
    "[",
    "]",
    "<",
    ">",
    "-->",
    "[00:00.00]",
    "[99999:59.99]",
    "<00:01.00>",
    "[offset:",
    "[offset:3599999]",
    "\n\n",
    "\r",
    "WEBVTT\n\n",
    "NOTE ",
    "&amp;",
    "{\\an8}",
    "<tt>",
    "<p begin=\"",
    "\" end=\"",
    "dur=\"1e9s\"",
    "<span begin=\"0t\">",
    "</p>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "\u{feff}",
    "é",
    "\u{2028}",
    "999999999:00:00,000",
    "00:00:59,999",
    ".",
    "1e308",
    "-1",
    "\0",
];

/// An extreme number of one to eight bytes, either end first.
fn extreme(bytes: &mut [u8], at: usize, random: &mut Stream) {
    let numbers: [u64; 8] = [0, 1, 0x7F, 0xFF, 0x7FFF_FFFF, 0xFFFF_FFFF, u64::MAX >> 1, u64::MAX];
    let number = numbers[below(random, numbers.len())];
    let width = [1, 2, 4, 8][below(random, 4)].min(bytes.len() - at);
    let written = if random.unit() < 0.5 { number.to_be_bytes()[8 - width..].to_vec() } else { number.to_le_bytes()[..width].to_vec() };
    bytes[at..at + width].copy_from_slice(&written);
}

/// Tracks to be damaged: the test data of this crate, and WAV files of several shapes.
fn tracks() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("clicks") {
            all.push((name, std::fs::read(path)?));
        }
    }
    for (channels, bits, rate_hz) in [(1_u16, 16_u16, 8000_u32), (2, 24, 44_100), (6, 8, 48_000), (1, 32, 96_000)] {
        let bytes = usize::from(channels * bits / 8) * 400;
        let mut file = b"RIFF".to_vec();
        file.extend_from_slice(&(bytes as u32 + 36).to_le_bytes());
        file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0");
        file.extend_from_slice(&channels.to_le_bytes());
        file.extend_from_slice(&rate_hz.to_le_bytes());
        file.extend_from_slice(&(rate_hz * u32::from(channels * bits / 8)).to_le_bytes());
        file.extend_from_slice(&(channels * bits / 8).to_le_bytes());
        file.extend_from_slice(&bits.to_le_bytes());
        file.extend_from_slice(b"data");
        file.extend_from_slice(&(bytes as u32).to_le_bytes());
        file.extend((0..bytes).map(|i| (i * 37 % 251) as u8));
        all.push((format!("made-{channels}-{bits}.wav"), file));
    }
    // The folder's order isn't the same everywhere.
    all.sort();
    Ok(all)
}

/// Lyrics to be damaged, one of every format and some encodings.
fn lyrics() -> Vec<(String, Vec<u8>)> {
    let lrc = "[ti:Nobody]\n[offset:+250]\n[00:04.00]Three days down\n[00:08.00][00:20.00]You say stop!\n[00:12.00]\n";
    let enhanced = "[00:04.00]<00:04.00>Three <00:04.50>days <00:05.00>down<00:06.00>\n[00:08.00]<00:08.10>No\n";
    let srt = "1\n00:00:04,000 --> 00:00:07,500\n<i>Three days down</i>\n\n2\n00:00:08,000 --> 00:00:11,000\n- You say stop\n- Like a man who knows\n";
    let vtt = "WEBVTT - words\n\nNOTE a note\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:04.000 --> 00:07.500 align:start\n<v Kid>Three <00:05.000>days <c.x>down</c></v>\n\n01:00:08.000 --> 01:00:11.000\nR&amp;B\n";
    let ttml = "<?xml version=\"1.0\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" ttp:frameRate=\"25\" ttp:tickRate=\"1000\"><body dur=\"60s\"><div begin=\"2s\">\n<p begin=\"00:00:02:05\" end=\"5500t\">Three <span begin=\"2.5s\" end=\"3s\">days</span><br/>down</p>\n<p begin=\"8s\" dur=\"500ms\">stop</p></div></body></tt>\n";
    let plain = "[Verse]\nThree days down and my hands won't close\nYou say stop\n\nNeither of us\n";
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(lrc.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin: Vec<u8> = "[00:04.00]Où es-tu passée, ma chère lumière ?\n".chars().map(|c| c as u8).collect();
    let texts =
        [("a.lrc", lrc), ("b.lrc", enhanced), ("c.srt", srt), ("d.vtt", vtt), ("e.ttml", ttml), ("f.txt", plain), ("g", srt), ("h", lrc)];
    let mut all: Vec<(String, Vec<u8>)> = texts.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    all.push(("i.lrc".into(), wide));
    all.push(("j.lrc".into(), latin));
    all
}
