//! Prints what the beat network makes of raw 32-bit floats (mono, 22 050 Hz, little-endian), a frame a line:
//! `cargo run --release -p clinch-hear --example activations -- SET samples.f32`.

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, path] = &arguments[..] else { return Err("usage: activations SET samples.f32".into()) };
    let bytes = std::fs::read(path)?;
    let samples: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for [beat, downbeat] in clinch_hear::activations(set.parse()?, &samples) {
        writeln!(out, "{beat:.7} {downbeat:.7}")?;
    }
    Ok(())
}
