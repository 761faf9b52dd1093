//! Films of known content, and reading them back with other people's readers.
#![allow(dead_code, reason = "every test file uses its own part")]

use clinch_deliver::{Delivered, Error, Options, PictureFormat, SegmentWriter, deliver};
use clinch_model::{FrameRate, PcmSource, Quality, Size, sound::PcmBuffer};
use openh264::{decoder::Decoder, formats::YUVSource};
use std::path::{Path, PathBuf};
use symphonia::core::{
    codecs::{CodecParameters, audio::AudioDecoderOptions},
    formats::{FormatOptions, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

/// A small format, so that a test takes milliseconds.
pub fn small(rate: FrameRate) -> PictureFormat {
    PictureFormat { size: Size { width: 64, height: 48 }, rate, quality: Quality::Film }
}

/// Full-range luma of a frame: a ramp over the whole range that moves by a pixel a frame.
pub fn ramp(format: PictureFormat, frame: u64) -> Vec<u8> {
    let width = u64::from(format.size.width);
    (0..format.size.pixels() as u64).map(|i| (((i % width + frame) % width) * 255 / (width - 1)) as u8).collect()
}

/// Writes segments of these lengths, of ramps.
pub fn segments(folder: &Path, format: PictureFormat, lengths: &[u64]) -> Vec<PathBuf> {
    let mut first = 0;
    lengths
        .iter()
        .enumerate()
        .map(|(index, &frames)| {
            let path = folder.join(format!("{index}.segment"));
            let mut writer = SegmentWriter::create(&path, format).unwrap();
            (first..first + frames).for_each(|frame| writer.push(&ramp(format, frame)).unwrap());
            writer.finish().unwrap();
            first += frames;
            path
        })
        .collect()
}

/// Silence of a length.
pub fn silence(seconds: f64, sample_rate_hz: u32, channels: u32) -> PcmBuffer {
    let samples = (seconds * f64::from(sample_rate_hz)).round() as usize;
    PcmBuffer::new(sample_rate_hz, channels, vec![0.0; samples * channels as usize])
}

pub fn film(segments: &[PathBuf], sound: &mut dyn PcmSource, out: &Path) -> Result<Delivered, Error> {
    looped(segments, sound, 1, out)
}

/// A film that goes round; the sound must do so too.
pub fn looped(segments: &[PathBuf], sound: &mut dyn PcmSource, loops: u16, out: &Path) -> Result<Delivered, Error> {
    deliver(segments, sound, &Options { title: "Tïtle".into(), artist: "Artist".into(), loops, ..Options::default() }, out, &|_| ())
}

/// A film as another reader sees it.
pub struct ReadBack {
    pub bytes: Vec<u8>,
    pub mp4: re_mp4::Mp4,
}

pub fn read_back(path: &Path) -> ReadBack {
    let (mp4, bytes) = re_mp4::Mp4::read_file(path).unwrap();
    ReadBack { bytes, mp4 }
}

impl ReadBack {
    pub fn picture(&self) -> &re_mp4::Track {
        self.mp4.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Video)).unwrap()
    }

    pub fn sound(&self) -> &re_mp4::Track {
        self.mp4.tracks().values().find(|track| track.kind == Some(re_mp4::TrackKind::Audio)).unwrap()
    }

    pub fn picture_entry(&self) -> &re_mp4::Avc1Box {
        match &self.picture().trak(&self.mp4).mdia.minf.stbl.stsd.contents {
            re_mp4::StsdBoxContent::Avc1(entry) => entry,
            other => panic!("not avc1: {other:?}"),
        }
    }

    /// Priming and length in samples, from the edit list.
    pub fn sound_edit(&self) -> (usize, usize) {
        let edits = &self.sound().trak(&self.mp4).edts.as_ref().unwrap().elst.as_ref().unwrap().entries;
        assert_eq!(edits.len(), 1);
        assert_eq!(u64::from(self.mp4.moov.mvhd.timescale), self.sound().timescale);
        (edits[0].media_time as usize, edits[0].segment_duration as usize)
    }

    /// Limited-range luma of every frame, shape `[frame][row][column]`.
    pub fn luma(&self) -> Vec<Vec<u8>> {
        let mut decoder = Decoder::new().unwrap();
        let avcc = &self.picture_entry().avcc;
        let sets = avcc.sequence_parameter_sets.iter().chain(&avcc.picture_parameter_sets);
        let mut annex_b: Vec<u8> = sets.flat_map(|set| [&[0, 0, 0, 1], set.bytes.as_slice()].concat()).collect();
        let mut frames = Vec::new();
        for sample in &self.picture().samples {
            let mut rest = &self.bytes[sample.byte_range()];
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let (unit, after) = after.split_at(u32::from_be_bytes(*length) as usize);
                annex_b.extend_from_slice(&[0, 0, 0, 1]);
                annex_b.extend_from_slice(unit);
                rest = after;
            }
            let picture = decoder.decode(&annex_b).unwrap().expect("every sample is a picture");
            let ((width, height), stride) = (picture.dimensions(), picture.strides().0);
            frames.push((0..height).flat_map(|row| picture.y()[row * stride..row * stride + width].to_vec()).collect());
            annex_b.clear();
        }
        frames
    }
}

/// The song as it is presented: decoded, without what the edit list cuts off, shape `[channel][time]`.
pub fn presented_sound(path: &Path) -> Vec<Vec<f32>> {
    let (priming, length) = read_back(path).sound_edit();
    decoded_sound(path).into_iter().map(|plane| plane[priming..priming + length].to_vec()).collect()
}

/// All that a decoder gives, shape `[channel][time]`.
pub fn decoded_sound(path: &Path) -> Vec<Vec<f32>> {
    let stream = MediaSourceStream::new(Box::new(std::fs::File::open(path).unwrap()), Default::default());
    let mut hint = Hint::new();
    hint.with_extension("mp4");
    let mut format = symphonia::default::get_probe().probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()).unwrap();
    let track = format.default_track(TrackType::Audio).unwrap().clone();
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else { panic!("no sound") };
    let mut options = AudioDecoderOptions::default();
    options.gapless = false;
    let mut decoder = symphonia::default::get_codecs().make_audio_decoder(parameters, &options).unwrap();
    let channels = parameters.channels.as_ref().unwrap().count();
    let mut planes = vec![Vec::new(); channels];
    let mut block: Vec<f32> = Vec::new();
    while let Some(packet) = format.next_packet().unwrap() {
        if packet.track_id != track.id {
            continue;
        }
        decoder.decode(&packet).unwrap().copy_to_vec_interleaved(&mut block);
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.extend(block.iter().skip(channel).step_by(channels));
        }
    }
    planes
}

/// Top-level boxes: name and offset.
pub fn top_level(bytes: &[u8]) -> Vec<(String, usize)> {
    let mut boxes = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        boxes.push((String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned(), at));
        at += size;
    }
    boxes
}
