//! Prints what is heard in a track as JSON: `cargo run --release -p clinch-hear --example hear -- [--classical] song.ogg [song.lrc]`.

use clinch_hear::{Lyrics, Options, Source, hear};
use clinch_model::KnownPulse;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let by_classical = arguments.next_if(|argument| argument == "--classical").is_some();
    let track = arguments.next().ok_or("name a sound file")?;
    let options = Options {
        lyrics: arguments.next().map(|path| Lyrics::File(path.into())),
        pulse: KnownPulse { by_classical, ..KnownPulse::default() },
        ..Options::default()
    };
    let score = hear(&Source::File(track.into()), &options, &|_| {})?;
    println!("{}", serde_json::to_string_pretty(&score)?);
    Ok(())
}
