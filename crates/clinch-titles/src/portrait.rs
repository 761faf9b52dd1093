//! Portraits: photographs brought to the film's tones.

use crate::Error;
use image::{DynamicImage, ImageBuffer, ImageDecoder, ImageReader, Luma, imageops};
use std::{io::Cursor, path::Path};

/// Least side of a portrait in pixels: less is no face.
const LEAST_SIDE: u32 = 64;

/// Shares of the pixels that may be darker than the film's black and lighter than its white.
const BLACK_SHARE: f32 = 0.01;
const WHITE_SHARE: f32 = 0.99;

/// Display light of the portrait's black and white: a lit face in the struggle is about as light.
const BLACK: f32 = 0.004;
const WHITE: f32 = 0.78;

/// Display light, between black and white, at which the middle of the tones comes to lie: low key, as the street is…
const MIDDLE: f32 = 0.16;
/// …as far as exponents in this range bring it there without making a day picture of a night one.
const EXPONENTS: std::ops::RangeInclusive<f32> = 0.75..=1.6;

/// A photograph as display light.
#[derive(Debug, Clone, PartialEq)]
pub struct Portrait {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// `[row][column]`: display light 0..1.
    pub(crate) print: Vec<f32>,
}

impl Portrait {
    /// Reads a PNG or JPEG file, the right way up, and grades it: black and white, its tones spread as the film's are. `field` is the
    /// treatment's key, for messages.
    ///
    /// # Errors
    /// [`Error::Portrait`] where the file can't be read, is neither PNG nor JPEG, or is too small.
    pub fn read(path: &Path, field: &str) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|error| Error::portrait(field, path, error.to_string()))?;
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
        let undecodable = |error: image::ImageError| Error::portrait(field, path, format!("{error}; PNG and JPEG are read"));
        let mut decoder = reader.map_err(|error| undecodable(error.into()))?.into_decoder().map_err(undecodable)?;
        let orientation = decoder.orientation().map_err(undecodable)?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
        picture.apply_orientation(orientation);
        if picture.width().min(picture.height()) < LEAST_SIDE {
            let reason =
                format!("it has {}x{} pixels; at least {LEAST_SIDE} on either side make a face", picture.width(), picture.height());
            return Err(Error::portrait(field, path, reason));
        }
        Ok(Self::graded(picture.width() as usize, picture.height() as usize, light(&picture)))
    }

    /// A portrait of linear light, `[row][column]`, brought to the film's tones.
    fn graded(width: usize, height: usize, mut light: Vec<f32>) -> Self {
        let mut sorted = light.clone();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f32| sorted[((sorted.len() - 1) as f32 * share) as usize];
        let (black, middle, white) = (at(BLACK_SHARE), at(0.5), at(WHITE_SHARE));
        let range = (white - black).max(1e-3);
        let wanted = MIDDLE.ln() / ((middle - black) / range).clamp(0.01, 0.9).ln();
        let exponent = wanted.clamp(*EXPONENTS.start(), *EXPONENTS.end());
        for value in &mut light {
            let share = ((*value - black) / range).clamp(0.0, 1.0).powf(exponent);
            *value = BLACK + (WHITE - BLACK) * share;
        }
        Self { width, height, print: light }
    }

    /// Width over height.
    pub(crate) fn aspect(&self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// The portrait in another height, its proportions kept.
    pub(crate) fn scaled_to(&self, height: usize) -> Self {
        let width = ((height as f32 * self.aspect()).round() as usize).max(1);
        let picture: ImageBuffer<Luma<f32>, Vec<f32>> =
            ImageBuffer::from_fn(self.width as u32, self.height as u32, |x, y| Luma([self.print[y as usize * self.width + x as usize]]));
        let scaled = imageops::resize(&picture, width as u32, height as u32, imageops::FilterType::CatmullRom);
        Self { width, height, print: scaled.into_raw().into_iter().map(|value| value.clamp(0.0, 1.0)).collect() }
    }

    /// Display light between pixels; 0 outside.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        if x < -0.5 || y < -0.5 || x > self.width as f32 - 0.5 || y > self.height as f32 - 0.5 {
            return 0.0;
        }
        let (left, top) = (x.max(0.0), y.max(0.0));
        let (x0, y0) = ((left as usize).min(self.width - 1), (top as usize).min(self.height - 1));
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (tx, ty) = ((left - x0 as f32).min(1.0), (top - y0 as f32).min(1.0));
        let row = |y: usize| self.print[y * self.width + x0] * (1.0 - tx) + self.print[y * self.width + x1] * tx;
        row(y0) * (1.0 - ty) + row(y1) * ty
    }
}

/// `[row][column]`: linear light of an sRGB picture on black (IEC 61966-2-1; luminance by ITU-R BT.709).
fn light(picture: &DynamicImage) -> Vec<f32> {
    let linear = |code: f32| if code <= 0.04045 { code / 12.92 } else { ((code + 0.055) / 1.055).powf(2.4) };
    let of = |pixel: &image::Rgba<f32>| {
        let [red, green, blue, alpha] = pixel.0;
        (0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)) * alpha
    };
    picture.to_rgba32f().pixels().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(name: &str, picture: &DynamicImage) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        picture.save(&path).unwrap();
        (folder, path)
    }

    #[test]
    fn colours_become_tones_over_the_films_range() {
        let picture = image::RgbImage::from_fn(80, 100, |x, y| image::Rgb([(2 * x) as u8, (y + 40) as u8, 200]));
        for name in ["face.png", "face.jpg"] {
            let (_folder, path) = saved(name, &picture.clone().into());
            let portrait = Portrait::read(&path, "opening.performers[0].portrait").unwrap();
            assert_eq!((portrait.width, portrait.height), (80, 100));
            assert!(portrait.at(75.0, 95.0) > portrait.at(5.0, 5.0) + 0.5);
            assert!(portrait.print.iter().all(|print| (BLACK..=WHITE).contains(print)));
        }
    }

    #[test]
    fn what_is_no_portrait_is_refused_by_file_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("face.png");
        let said = |path: &Path| Portrait::read(path, "opening.performers[1].portrait").unwrap_err().to_string();
        for word in ["face.png", "opening.performers[1].portrait"] {
            assert!(said(&path).contains(word));
        }
        std::fs::write(&path, b"no picture").unwrap();
        assert!(said(&path).contains("PNG and JPEG"));
        DynamicImage::new_rgb8(40, 400).save(&path).unwrap();
        assert!(said(&path).contains("40x400"));
    }

    #[test]
    fn a_portrait_scales_without_losing_its_tones() {
        let light: Vec<f32> = (0..128 * 128).map(|i| (i % 128) as f32 / 127.0).collect();
        let portrait = Portrait::graded(128, 128, light);
        let half = portrait.scaled_to(64);
        assert_eq!((half.width, half.height), (64, 64));
        for x in [8.0, 30.0, 60.0] {
            assert!((half.at(x, 30.0) - portrait.at(2.0 * x, 60.0)).abs() < 0.01);
        }
        assert_eq!(half.at(-3.0, 10.0), 0.0);
    }
}
