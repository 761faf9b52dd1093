//! hear: a track in, a score out.
//!
//! The sound is decoded once, as a stream; `listen` keeps a few numbers every 10 ms, and everything else is read off those.

mod accent;
mod bar;
mod beat;
mod clicks;
mod decode;
mod edits;
mod error;
mod features;
mod form;
mod likeness;
mod listen;
mod lyrics;
mod mood;
mod network;
mod offbeat;
mod onset;
mod pointer;
mod pulse;
mod resample;
mod section;
mod spectrum;
mod voice;
mod waveform;

pub use clicks::{BEAT_HZ, DOWNBEAT_HZ, clicks};
pub use decode::{Decoder, Source, open};
pub use error::Error;
pub use lyrics::{parse as parse_lyrics, parse_file_bytes as parse_lyrics_bytes};
pub use waveform::{Waveform, waveform};

use clinch_model::{Bar, Bpm, Curve, KnownPulse, Lufs, LyricLine, PcmSource, Progress, Score, Secs, Section, TrackInfo};
use listen::{Heard, Listener};
use std::path::PathBuf;

/// Shortest song that a film is made for, in seconds: a phrase or two.
pub const SHORTEST_SECS: f64 = 8.0;
/// Longest song that a film is made for, in seconds.
pub const LONGEST_SECS: f64 = 3600.0;
/// Integrated loudness below which a song counts as silent.
const SILENT_LUFS: f64 = -60.0;

/// What to hear besides the track.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Lyrics.
    pub lyrics: Option<Lyrics>,
    /// What is known about the pulse.
    pub pulse: KnownPulse,
    /// What is added to every time in the lyrics, in seconds.
    pub lyrics_offset_secs: f64,
}

/// Where lyrics come from.
#[derive(Debug, Clone)]
pub enum Lyrics {
    /// A file: LRC, SRT, WebVTT, TTML or plain text.
    File(PathBuf),
    /// Text of such a file in memory, such as the embedded demo song's.
    Text {
        /// What to call it in messages.
        name: String,
        /// The text of the whole file.
        text: String,
    },
}

/// What the beat network makes of mono samples at 22 050 Hz, `[frame][beat, downbeat]` every 20 ms: that of one of its three sets of
/// weights (0..=2), without the opening that [`hear`] plays to it first. For comparison with the original implementation.
pub fn activations(set: usize, samples: &[f32]) -> Vec<[f32; 2]> {
    network::as_the_original(set.min(network::SETS - 1), samples).into_iter().map(|a| [a.beat, a.downbeat]).collect()
}

/// Hears a track: decodes it once and gives back its score. `progress` is told the share that is decoded, where the length is known.
///
/// # Errors
/// [`Error`] naming the file and a remedy: see its variants.
pub fn hear(source: &Source, options: &Options, progress: Progress) -> Result<Score, Error> {
    // Decode and listen
    let mut decoder = open(source)?;
    let heard = listen(&mut decoder, &source.name(), progress)?;
    let track = track_info(&decoder, &heard);
    let loudness = usable(&track, &heard, &source.name())?;
    let mut lyrics = lyrics(options, &heard, track.duration)?;

    // Beats and bars
    let duration_secs = track.duration.0;
    let pulse::Pulse { beats, bars, rhythm } = pulse::find(&heard, duration_secs, &options.pulse);

    // Sections and mood
    let stretches = section::divide(&heard, &bars.edges_secs, bars.beats_per_bar);
    let onsets_secs = onset::onsets_secs(&heard.onset, heard.hop_secs);
    let aggression = mood::aggression(&heard, &onsets_secs);
    let spans: Vec<(usize, usize)> = stretches.iter().map(|stretch| (stretch.first_bar, stretch.end_bar)).collect();
    let form = form::read(&heard, &bars.edges_secs, &spans, &onsets_secs);
    lyrics::feeling::delivered(&mut lyrics, &aggression, &mood::loudness(&heard), loudness);
    let sections = sections(&stretches, &bars.edges_secs, &aggression);
    let bar_list = bar_list(&heard, &bars.edges_secs, &sections, &aggression, &onsets_secs);

    progress(1.0);
    Ok(Score {
        track,
        tempo: Bpm(beats.tempo_bpm),
        pulse_clarity: beats.clarity,
        beats_per_bar: bars.beats_per_bar as u32,
        rhythm,
        beats: beats.at_secs.into_iter().map(Secs).collect(),
        bars: bar_list,
        sections,
        form,
        loudness,
        onset: Curve { hop_secs: heard.hop_secs, values: onset::scaled(&heard.onset) },
        aggression,
        lyrics,
    })
}

fn listen(decoder: &mut Decoder, name: &str, progress: Progress) -> Result<Heard, Error> {
    let unheard = |reason: String| Error::NotSound { name: name.into(), reason };
    let mut listener = Listener::new(decoder.sample_rate_hz(), decoder.channels()).map_err(unheard)?;
    let promised_secs = decoder.promised().map(|promised| promised.0);
    let mut block = Vec::new();
    let mut given: u64 = 0;
    loop {
        block.clear();
        let samples = decoder.next(&mut block)?;
        if samples == 0 {
            return listener.finish().map_err(unheard);
        }
        listener.take(&block).map_err(unheard)?;
        given += samples as u64;
        if let Some(promised_secs) = promised_secs {
            progress((given as f64 / f64::from(decoder.sample_rate_hz()) / promised_secs).min(1.0));
        }
    }
}

/// The lyrics, fitted to the song.
fn lyrics(options: &Options, heard: &Heard, duration: Secs) -> Result<Vec<LyricLine>, Error> {
    let Some(lyrics) = &options.lyrics else { return Ok(Vec::new()) };
    let voice_secs = mood::voice_stretches_secs(heard);
    let fit = lyrics::Fit { duration, offset_secs: options.lyrics_offset_secs, voice_secs: &voice_secs };
    match lyrics {
        Lyrics::File(path) => lyrics::read(path, fit),
        Lyrics::Text { name, text } => lyrics::parse_fitted(text, name, fit),
    }
}

fn track_info(decoder: &Decoder, heard: &Heard) -> TrackInfo {
    TrackInfo {
        title: decoder.title().into(),
        artist: decoder.artist().map(Into::into),
        duration: Secs(heard.samples as f64 / f64::from(decoder.sample_rate_hz())),
        sample_rate_hz: decoder.sample_rate_hz(),
        channels: decoder.channels(),
        samples: heard.samples,
        format: decoder.format().into(),
    }
}

/// The song's loudness, if it is long and loud enough for a film.
fn usable(track: &TrackInfo, heard: &Heard, name: &str) -> Result<Lufs, Error> {
    if track.duration.0 < SHORTEST_SECS {
        return Err(Error::TooShort { name: name.into(), length: track.duration });
    }
    heard.loudness.filter(|loudness| loudness.0 > SILENT_LUFS).ok_or_else(|| Error::Silent { name: name.into() })
}

fn sections(stretches: &[section::Stretch], edges_secs: &[f64], aggression: &Curve) -> Vec<Section> {
    let mean = |from: usize, to: usize| aggression.mean(Secs(edges_secs[from]), Secs(edges_secs[to]));
    stretches
        .iter()
        .map(|stretch| Section {
            first_bar: stretch.first_bar,
            end_bar: stretch.end_bar,
            label: stretch.label.clone(),
            aggression: f64::from(mean(stretch.first_bar, stretch.end_bar)),
        })
        .collect()
}

fn bar_list(heard: &Heard, edges_secs: &[f64], sections: &[Section], aggression: &Curve, onsets_secs: &[f64]) -> Vec<Bar> {
    let onsets_before = |at: Secs| onsets_secs.partition_point(|&onset| onset < at.0);
    let feelings = mood::feelings(heard, edges_secs, onsets_secs);
    bar::spans(edges_secs)
        .enumerate()
        .map(|(index, (start, end))| Bar {
            start,
            end,
            section: sections.iter().position(|section| index < section.end_bar).unwrap_or(0),
            loudness: Lufs(mood::loudness_lufs(heard.moments_in(start.0, end.0))),
            aggression: f64::from(aggression.mean(start, end)),
            onset_density_hz: (onsets_before(end) - onsets_before(start)) as f64 / (end - start).0,
            feeling: feelings[index],
        })
        .collect()
}
