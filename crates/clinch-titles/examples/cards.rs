//! Draws an opening's cards side by side, for a look at the type: `cards OUT.png WIDTHxHEIGHT TITLE BY [NAME[=PORTRAIT]]…`.
//!
//! The print is plain, without the film's glow and grain.

use clinch_model::{Bar, Bpm, Curve, FrameRate, Lufs, Score, Secs, Section, Size, TrackInfo};
use clinch_titles::{Credits, Opening, Performer, Portrait, Stock, Typesetter};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, size, title, by, names @ ..] = arguments.as_slice() else {
        return Err("cards OUT.png WIDTHxHEIGHT TITLE BY [NAME[=PORTRAIT]]…".into());
    };
    let size: Size = size.parse()?;
    let performer = |name: &String| {
        let (name, portrait) = name.split_once('=').map_or((name.as_str(), None), |(name, file)| (name, Some(file)));
        let portrait = portrait.map(|file| Portrait::read(Path::new(file), "NAME=PORTRAIT")).transpose()?;
        Ok(Performer { name: name.into(), portrait })
    };
    let performers = names.iter().map(performer).collect::<Result<_, clinch_titles::Error>>()?;
    let credits = Credits { performers, title: title.clone(), by: by.clone() };
    let stock = Stock { print_of: |radiance| radiance.clamp(0.0, 1.0), radiance_of: |print| print };
    let opening = Opening::new(&credits, &score(), FrameRate::whole(24), size, stock, &mut Typesetter::new(None)?)?;

    let (width, gap) = (size.width as usize, 8);
    let mut sheet = image::GrayImage::from_pixel((width as u32 + gap) * opening.cards.len() as u32, size.height, image::Luma([70]));
    for (index, card) in opening.cards.iter().enumerate() {
        let picture = opening.radiance((card.first + card.end) / 2);
        for (i, print) in picture.iter().enumerate() {
            let code = (255.0 * print.powf(1.0 / 2.2) + 0.5) as u8;
            sheet.put_pixel((index * (width + gap as usize) + i % width) as u32, (i / width) as u32, image::Luma([code]));
        }
        println!("{} frames from {}", card.end - card.first, card.first);
    }
    sheet.save(out)?;
    Ok(())
}

/// A song of even beats at 120 a minute.
fn score() -> Score {
    let bar = |i: usize| Bar {
        start: Secs(2.0 * i as f64),
        end: Secs(2.0 * (i + 1) as f64),
        section: 0,
        loudness: Lufs(-14.0),
        aggression: 0.5,
        onset_density_hz: 2.0,
        feeling: Default::default(),
    };
    Score {
        track: TrackInfo {
            title: String::new(),
            artist: None,
            duration: Secs(20.0),
            sample_rate_hz: 48_000,
            channels: 2,
            samples: 960_000,
            format: String::new(),
        },
        tempo: Bpm(120.0),
        pulse_clarity: 1.0,
        beats_per_bar: 4,
        rhythm: Default::default(),
        form: Default::default(),
        beats: (0..40).map(|i| Secs(f64::from(i) / 2.0)).collect(),
        bars: (0..10).map(bar).collect(),
        sections: vec![Section { first_bar: 0, end_bar: 10, label: "A".into(), aggression: 0.5 }],
        loudness: Lufs(-14.0),
        onset: Curve { hop_secs: 0.01, values: vec![0.0] },
        aggression: Curve { hop_secs: 0.01, values: vec![0.5] },
        lyrics: Vec::new(),
    }
}
