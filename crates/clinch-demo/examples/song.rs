//! Writes the demo song to the file that is named: `cargo run --release -p clinch-demo --example song -- song.wav`.

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).unwrap_or_else(|| "song.wav".into());
    std::fs::write(path, clinch_demo::song())
}
