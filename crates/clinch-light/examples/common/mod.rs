//! What the examples share.
#![allow(dead_code, reason = "each example uses its own part")]

pub mod poses;

use clinch_model::{Quality, Size};
use std::path::Path;

/// The quality that a word names; `film` where there is none.
pub fn quality(word: Option<&String>) -> Quality {
    match word.map_or("film", |word| word) {
        "draft" => Quality::Draft,
        "fine" => Quality::Fine,
        _ => Quality::Film,
    }
}

/// Processor time that this process has used (Linux; elsewhere 0).
pub fn busy_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.split_whitespace().skip(13).take(2).filter_map(|field| field.parse().ok()).collect();
    // The kernel counts in hundredths of a second.
    fields.iter().sum::<f64>() / 100.0
}

/// Writes a grey picture as PNG.
pub fn write(path: &Path, size: Size, luma: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(std::fs::File::create(path)?), size.width, size.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(luma)?;
    Ok(())
}
