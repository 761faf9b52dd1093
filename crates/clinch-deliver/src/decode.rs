//! A delivered film, decoded again: what a viewer's player shows.

use crate::Error;
use clinch_model::Size;
use openh264::{decoder::Decoder, formats::YUVSource};
use shiguredo_mp4::{
    TrackKind,
    boxes::{Avc1Box, SampleEntry},
    demux::Mp4FileDemuxer,
};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// A decoded picture of 8-bit 4:2:0 planes without their paddings.
#[derive(Debug, Clone, Copy)]
pub struct DecodedFrame<'a> {
    /// Its size in pixels.
    pub size: Size,
    /// Number of pixels from one row of a plane to the next: luma, Cb, Cr.
    strides: [usize; 3],
    planes: [&'a [u8]; 3],
}

impl<'a> DecodedFrame<'a> {
    /// A row of limited-range luma (16 black, 235 white), `[column]`.
    pub fn luma_row(&self, row: usize) -> &'a [u8] {
        &self.planes[0][row * self.strides[0]..][..self.size.width as usize]
    }

    /// A row of Cb and Cr (128 neutral), `[column / 2]`; rows count by two pixels.
    pub fn chroma_row(&self, row: usize) -> [&'a [u8]; 2] {
        [1, 2].map(|plane| &self.planes[plane][row * self.strides[plane]..][..self.size.width as usize / 2])
    }
}

/// Decodes an MP4 film that [`deliver`](crate::deliver) wrote, picture after picture; gives back its rate in frames a second.
///
/// # Errors
/// [`Error::FilmUnreadable`] where the file is missing, or holds no H.264 picture that can be decoded.
pub fn decode_film(path: &Path, each: &mut dyn FnMut(&DecodedFrame)) -> Result<f64, Error> {
    let refuse = |reason: String| Error::FilmUnreadable { path: path.into(), reason };
    let unreadable = |error: std::io::Error| refuse(error.to_string());
    let mut file = File::open(path).map_err(unreadable)?;
    let mut demuxer = Mp4FileDemuxer::new();
    let mut bytes = Vec::new();
    while let Some(wanted) = demuxer.required_input() {
        read_at(&mut file, wanted.position, wanted.size.map(|size| size as u64), &mut bytes).map_err(unreadable)?;
        demuxer.handle_input(wanted.to_input(&bytes));
    }

    let mut decoder = Decoder::new().map_err(|error| refuse(error.to_string()))?;
    let (mut packet, mut frame_secs) = (Vec::new(), None);
    while let Some(sample) = demuxer.next_sample().map_err(|error| refuse(error.to_string()))? {
        if sample.track.kind != TrackKind::Video {
            continue;
        }
        if let Some(entry) = sample.sample_entry {
            packet.extend(parameter_sets(entry).ok_or_else(|| refuse("its picture isn't H.264".into()))?);
        }
        frame_secs.get_or_insert(f64::from(sample.duration) / f64::from(sample.track.timescale.get()));
        read_at(&mut file, sample.data_offset, Some(sample.data_size as u64), &mut bytes).map_err(unreadable)?;
        append_units(&bytes, &mut packet).ok_or_else(|| refuse("a picture is cut off".into()))?;
        let decoded = decoder.decode(&packet).map_err(|error| refuse(error.to_string()))?;
        let decoded = decoded.ok_or_else(|| refuse("a picture can't be decoded".into()))?;
        let ((width, height), strides) = (decoded.dimensions(), decoded.strides());
        each(&DecodedFrame {
            size: Size { width: width as u32, height: height as u32 },
            strides: [strides.0, strides.1, strides.2],
            planes: [decoded.y(), decoded.u(), decoded.v()],
        });
        packet.clear();
    }
    match frame_secs {
        Some(secs) if secs > 0.0 => Ok(1.0 / secs),
        Some(_) => Err(refuse("its frames have no length".into())),
        None => Err(refuse("it has no picture".into())),
    }
}

/// Reads a stretch of a file, or all of it from a place on; fewer bytes where it ends before.
fn read_at(file: &mut File, position: u64, size: Option<u64>, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    bytes.clear();
    file.seek(SeekFrom::Start(position))?;
    file.take(size.unwrap_or(u64::MAX)).read_to_end(bytes).map(|_| ())
}

/// The parameter sets with start codes.
fn parameter_sets(entry: &SampleEntry) -> Option<Vec<u8>> {
    let SampleEntry::Avc1(Avc1Box { avcc_box, .. }) = entry else { return None };
    let sets = avcc_box.sps_list.iter().chain(&avcc_box.pps_list);
    Some(sets.flat_map(|set| [&[0, 0, 0, 1], set.as_slice()].concat()).collect())
}

/// Puts start codes in the place of the lengths before NAL units; none where a unit is longer than what is there.
fn append_units(mut rest: &[u8], packet: &mut Vec<u8>) -> Option<()> {
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (unit, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        packet.extend_from_slice(&[0, 0, 0, 1]);
        packet.extend_from_slice(unit);
        rest = after;
    }
    Some(())
}
