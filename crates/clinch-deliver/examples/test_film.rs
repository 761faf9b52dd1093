//! Writes a film of known content, to be checked by hand with ffprobe, ffmpeg and players: a dark gradient with grain and a moving light,
//! a white flash of one frame and a click at every whole second.
//!
//! `test_film OUT [WIDTHxHEIGHT [SECONDS [draft|film|fine [FPS [SAMPLE_RATE [CHANNELS [GRAIN]]]]]]]`

use clinch_deliver::{Options, PictureFormat, SegmentWriter, deliver};
use clinch_model::{FrameRate, PcmSource, Quality, Secs, Size, SoundError, random::Stream};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |index: usize, default: &str| arguments.get(index).map_or(default, String::as_str).to_owned();
    let out = PathBuf::from(argument(0, "test.mp4"));
    let size: Size = argument(1, "640x360").parse()?;
    let seconds: f64 = argument(2, "10").parse()?;
    let quality = match argument(3, "film").as_str() {
        "draft" => Quality::Draft,
        "fine" => Quality::Fine,
        _ => Quality::Film,
    };
    let rate: FrameRate = argument(4, "24").parse()?;
    let (sample_rate_hz, channels): (u32, u32) = (argument(5, "48000").parse()?, argument(6, "2").parse()?);
    let grain: f64 = argument(7, "3").parse()?;

    let format = PictureFormat { size, rate, quality };
    let frames = rate.frames_in(Secs(seconds));
    let started = std::time::Instant::now();
    let segments = write_segments(&out, format, frames, grain)?;
    let encoded = started.elapsed().as_secs_f64();
    let options = Options { title: "Test film".into(), artist: "clinch".into(), ..Options::default() };
    let end = (seconds * f64::from(sample_rate_hz)).round() as u64;
    let mut clicks = Clicks { sample_rate_hz, channels, next: 0, end };
    let done = deliver(&segments, &mut clicks, &options, &out, &|_| ())?;
    println!("{done:?}");
    println!(
        "pictures {encoded:.2} s ({:.1} frames/s), delivery {:.2} s",
        frames as f64 / encoded,
        started.elapsed().as_secs_f64() - encoded
    );
    println!("{:.2} Mbit/s", done.bytes as f64 * 8e-6 / done.sound.0);
    segments.iter().try_for_each(std::fs::remove_file)?;
    Ok(())
}

/// Shots of five seconds.
fn write_segments(out: &Path, format: PictureFormat, frames: u64, grain: f64) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
    let frames_per_shot = (5.0 * format.rate.hz()) as u64;
    let mut segments = Vec::new();
    for first in (0..frames).step_by(frames_per_shot as usize) {
        let path = out.with_extension(format!("{first}.segment"));
        let mut writer = SegmentWriter::create(&path, format)?;
        for frame in first..(first + frames_per_shot).min(frames) {
            writer.push(&picture(format, frame, grain))?;
        }
        writer.finish()?;
        segments.push(path);
    }
    Ok(segments)
}

fn picture(format: PictureFormat, frame: u64, grain: f64) -> Vec<u8> {
    let mut noise = Stream::new(frame, "grain");
    let (width, height) = (format.size.width as usize, format.size.height as usize);
    let flash = format.rate.frame_at(Secs(format.rate.start_of(frame).0.round())) == frame && format.rate.start_of(frame).0 > 0.5;
    let light = 0.5 + 0.3 * (frame as f64 * 0.02).sin();
    (0..width * height)
        .map(|i| {
            let (x, y) = ((i % width) as f64 / width as f64, (i / width) as f64 / height as f64);
            // A slow fall-off into black, where banding shows first.
            let distance = ((x - light).powi(2) + (y - 0.3).powi(2)).sqrt();
            let luma = if flash && y < 0.1 { 255.0 } else { 70.0 * (1.0 - distance).max(0.0).powi(2) };
            // Grain is strongest in the mid-tones and weak in black.
            let strength = grain * (0.35 + 0.65 * (luma / 60.0).min(1.0));
            (luma + strength * noise.normal()).round().clamp(0.0, 255.0) as u8
        })
        .collect()
}

/// Clicks of a millisecond at every whole second, each channel alike; a stream, so that memory can be watched with long films.
struct Clicks {
    sample_rate_hz: u32,
    channels: u32,
    next: u64,
    end: u64,
}

impl PcmSource for Clicks {
    fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    fn channels(&self) -> u32 {
        self.channels
    }

    fn next_block(&mut self, out: &mut Vec<f32>) -> Result<usize, SoundError> {
        let block_end = (self.next + 4096).min(self.end);
        let rate = u64::from(self.sample_rate_hz);
        for i in self.next..block_end {
            let value = if i % rate < rate / 1000 { 0.8 } else { 0.0 };
            out.extend((0..self.channels).map(|_| value));
        }
        Ok((block_end - std::mem::replace(&mut self.next, block_end)) as usize)
    }
}
