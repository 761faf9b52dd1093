//! Which part of an MP4's sound is the song.
//!
//! AAC encoders put 1024 to 2112 samples of priming before the song and padding behind it. An MP4 says so in an edit list (`elst`,
//! ISO/IEC 14496-12, 8.6.6), or, from older Apple programs, in an `iTunSMPB` tag.

use std::io::{Read, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// Which samples of the decoded sound to give out, in samples of each channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trim {
    /// Silence to put in front.
    pub(crate) pad: u64,
    /// Samples to drop at the front.
    pub(crate) drop: u64,
    /// Samples to give out after that; all where none.
    pub(crate) length: Option<u64>,
    /// How coarsely `length` was written: movies often count in milliseconds.
    pub(crate) grain: u64,
}

impl Trim {
    /// Nothing is cut.
    pub(crate) const NONE: Trim = Trim { pad: 0, drop: 0, length: None, grain: 0 };

    /// The same with its length made exact, where the track's own tables give `available` samples in all.
    pub(crate) fn settled(self, available: u64) -> Self {
        let rest = available.saturating_sub(self.drop);
        Self { length: self.length.map(|length| if length.abs_diff(rest) <= self.grain { rest } else { length }), ..self }
    }
}

/// Edit lists of every track of an MP4.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// Ticks a second of edit lengths.
    movie_hz: u32,
    tracks: Vec<TrackEdits>,
}

#[derive(Debug, Default, Clone)]
struct TrackEdits {
    id: u32,
    /// Ticks a second of positions in the track.
    media_hz: u32,
    /// Length in ticks of the movie, and position in ticks of the track (negative: silence).
    entries: Vec<(u64, i64)>,
}

/// Head boxes larger than this are not read; an hour of AAC has tables of about 1.5 MB.
const HEAD_MOST_BYTES: u64 = 64 << 20;

/// Reads the edit lists of an MP4; none where the file is of another kind, or its head is broken (which its demuxer will tell).
pub(crate) fn read(mut source: Box<dyn MediaSource>) -> Option<Edits> {
    let head = movie_head(&mut source)?;
    let mut edits = Edits::default();
    for (kind, body) in boxes(&head) {
        match &kind {
            b"mvhd" => edits.movie_hz = timescale(body).unwrap_or(0),
            b"trak" => edits.tracks.push(track(body)),
            _ => {}
        }
    }
    Some(edits)
}

/// The body of the top-level `moov` box; none where there is none, whatever else the file is.
fn movie_head(source: &mut Box<dyn MediaSource>) -> Option<Vec<u8>> {
    let total = source.byte_len()?;
    let mut at = 0;
    while at + 8 <= total {
        source.seek(SeekFrom::Start(at)).ok()?;
        let mut start = [0; 16];
        let read = (total - at).min(16) as usize;
        source.read_exact(&mut start[..read]).ok()?;
        let kind = [start[4], start[5], start[6], start[7]];
        if at == 0 && &kind != b"ftyp" {
            return None;
        }
        let short = u64::from(u32::from_be_bytes([start[0], start[1], start[2], start[3]]));
        let (head, size) = match short {
            0 => (8, total - at),
            1 => (16, u64::from_be_bytes([start[8], start[9], start[10], start[11], start[12], start[13], start[14], start[15]])),
            size => (8, size),
        };
        if size < head {
            return None;
        }
        if &kind == b"moov" && size - head <= HEAD_MOST_BYTES {
            source.seek(SeekFrom::Start(at + head)).ok()?;
            let mut body = Vec::new();
            source.take(size - head).read_to_end(&mut body).ok()?;
            return Some(body);
        }
        at = at.checked_add(size)?;
    }
    None
}

/// The boxes inside `body`, in order; ends at the first one that doesn't fit.
fn boxes(body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let size = be_u32(rest, 0)? as usize;
        let kind = <[u8; 4]>::try_from(rest.get(4..8)?).ok()?;
        let inside = rest.get(8..size)?;
        rest = rest.get(size..)?;
        Some((kind, inside))
    })
}

fn find<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(body).find(|(found, _)| found == kind).map(|(_, inside)| inside)
}

fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Ticks a second of an `mvhd` or `mdhd` box: after the two times, which are wider in version 1.
fn timescale(body: &[u8]) -> Option<u32> {
    be_u32(body, if *body.first()? == 1 { 20 } else { 12 })
}

fn track(body: &[u8]) -> TrackEdits {
    let mut track = TrackEdits::default();
    if let Some(head) = find(body, b"tkhd") {
        track.id = be_u32(head, if head.first() == Some(&1) { 20 } else { 12 }).unwrap_or(0);
    }
    if let Some(head) = find(body, b"mdia").and_then(|media| find(media, b"mdhd")) {
        track.media_hz = timescale(head).unwrap_or(0);
    }
    if let Some(list) = find(body, b"edts").and_then(|edts| find(edts, b"elst")) {
        track.entries = entries(list);
    }
    track
}

fn entries(list: &[u8]) -> Vec<(u64, i64)> {
    let wide = list.first() == Some(&1);
    let count = be_u32(list, 4).unwrap_or(0) as usize;
    let size = if wide { 20 } else { 12 };
    let entry = |index: usize| {
        let at = 8 + index * size;
        if wide {
            Some((be_u64(list, at)?, be_u64(list, at + 8)? as i64))
        } else {
            Some((u64::from(be_u32(list, at)?), i64::from(be_u32(list, at + 4)? as i32)))
        }
    };
    (0..count).map_while(entry).collect()
}

impl Edits {
    /// What to give out of a track at `rate_hz`; none where it has no edit list.
    ///
    /// # Errors
    /// What is wrong with a list that does more than put silence before one piece: several cuts would need a real editor.
    pub(crate) fn of_track(&self, id: u32, rate_hz: u32) -> Result<Option<Trim>, String> {
        match self.tracks.iter().find(|track| track.id == id) {
            Some(track) if track.entries.iter().filter(|(_, position)| *position >= 0).count() > 1 => {
                Err("its edit list cuts it into several pieces; convert it to FLAC or WAV first".into())
            }
            Some(track) if track.media_hz > 0 && self.movie_hz > 0 => Ok(self.trim(track, rate_hz)),
            _ => Ok(None),
        }
    }

    fn trim(&self, track: &TrackEdits, rate_hz: u32) -> Option<Trim> {
        let samples = |ticks: u64, hz: u32| ((u128::from(ticks) * u128::from(rate_hz) + u128::from(hz) / 2) / u128::from(hz)) as u64;
        let silent = track.entries.iter().take_while(|(_, position)| *position < 0);
        let pad = silent.map(|(length, _)| samples(*length, self.movie_hz)).sum();
        let &(length, position) = track.entries.iter().find(|(_, position)| *position >= 0)?;
        // A length of 0 means "to the end" (fragmented files).
        let length = (length > 0).then(|| samples(length, self.movie_hz));
        let grain = u64::from(rate_hz / self.movie_hz) + 1;
        Some(Trim { pad, drop: samples(position.unsigned_abs(), track.media_hz), length, grain })
    }
}

/// Reads Apple's gapless note: hexadecimal words, of which the second is the priming, the third the padding, the fourth the length.
pub(crate) fn itunes_smpb(text: &str) -> Option<Trim> {
    let mut words = text.split_whitespace().skip(1).map(|word| u64::from_str_radix(word, 16).ok());
    let drop = words.next()??;
    let _padding = words.next()??;
    let length = words.next()??;
    (length > 0).then_some(Trim { drop, length: Some(length), ..Trim::NONE })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(kind: &[u8; 4], inside: &[u8]) -> Vec<u8> {
        let mut bytes = (inside.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend_from_slice(kind);
        bytes.extend_from_slice(inside);
        bytes
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn mp4(entries: &[u32]) -> Vec<u8> {
        let elst = boxed(b"elst", &words(entries));
        let mdia = boxed(b"mdia", &boxed(b"mdhd", &words(&[0, 0, 0, 48_000, 96_000])));
        let trak = [boxed(b"tkhd", &words(&[0, 0, 0, 7])), boxed(b"edts", &elst), mdia].concat();
        let moov = [boxed(b"mvhd", &words(&[0, 0, 0, 1000, 2000])), boxed(b"trak", &trak)].concat();
        [boxed(b"ftyp", b"M4A "), boxed(b"moov", &moov)].concat()
    }

    fn trim(bytes: Vec<u8>) -> Option<Trim> {
        read(Box::new(Cursor::new(bytes))).and_then(|edits| edits.of_track(7, 48_000).unwrap())
    }

    #[test]
    fn priming_and_length_come_from_the_edit_list() {
        assert_eq!(trim(mp4(&[0, 1, 1500, 1024, 65_536])), Some(Trim { pad: 0, drop: 1024, length: Some(72_000), grain: 49 }));
        let late = mp4(&[0, 2, 250, u32::MAX, 65_536, 1500, 2112, 65_536]);
        assert_eq!(trim(late), Some(Trim { pad: 12_000, drop: 2112, length: Some(72_000), grain: 49 }));
    }

    #[test]
    fn a_length_in_milliseconds_is_made_exact_by_the_tables() {
        let trim = Trim { pad: 0, drop: 1024, length: Some(71_990), grain: 49 };
        assert_eq!(trim.settled(73_024).length, Some(72_000));
        // A real cut stays a cut.
        assert_eq!(trim.settled(90_000).length, Some(71_990));
    }

    #[test]
    fn broken_heads_give_nothing_and_never_panic() {
        let whole = mp4(&[0, 1, 1500, 1024, 65_536]);
        for cut in 0..whole.len() {
            trim(whole[..cut].to_vec());
        }
        assert_eq!(trim(mp4(&[0, 4_000_000_000])), None);
        let twice = read(Box::new(Cursor::new(mp4(&[0, 2, 250, 0, 65_536, 250, 48_000, 65_536])))).unwrap();
        assert!(twice.of_track(7, 48_000).is_err());
        assert_eq!(trim(b"RIFF....WAVE".to_vec()), None);
    }

    #[test]
    fn apples_gapless_note_is_read() {
        let note = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        assert_eq!(itunes_smpb(note), Some(Trim { drop: 0x840, length: Some(0x3F_31F6), ..Trim::NONE }));
        assert_eq!(itunes_smpb("nonsense"), None);
    }
}
