//! Whether a film can be made as it is asked for, as far as that is known before any stage runs.

use crate::{
    job::{Job, Song},
    titles,
};
use anyhow::{Context, Result, anyhow};
use clinch_model::{Secs, Treatment, Who, treatment::ShowLyrics};
use clinch_titles::{Align, Style, Typesetter};

/// What is wrong with what a film shall be made from: everything that is found, each with its remedy; none where it can be made.
///
/// Checked are the treatment's own holds and those that it forbids; both people; the opening's names and portraits, the type's face and
/// whether it has the texts' characters; the song's head; the lyrics; and whether the story's times lie within the song where its head
/// says how long it is. That a story fits the song is only known once it was heard and plotted.
pub fn faults(job: &Job, song: Option<&Song>) -> Vec<anyhow::Error> {
    let mut faults = Vec::new();
    let mut note = |checked: Result<()>| faults.extend(checked.err());
    note(check_holds(job));
    for who in Who::BOTH {
        note(clinch_cast::check(who, &job.treatment).map_err(Into::into));
    }
    let head = song.map(Head::of).transpose();
    let typesetter = Typesetter::new(job.treatment.typeface.face.as_deref());
    match (typesetter, head) {
        (Ok(mut typesetter), Ok(head)) => {
            let head = head.unwrap_or_default();
            note(check_opening(&job.treatment, &head, &mut typesetter));
            note(check_lyrics(job, &head, &mut typesetter));
            check_times(&job.treatment, &head).into_iter().for_each(|fault| note(Err(fault)));
        }
        (typesetter, head) => {
            note(typesetter.map(|_| ()).map_err(Into::into));
            note(head.map(|_| ()));
        }
    }
    faults
}

/// What a song's file says before it is decoded.
#[derive(Debug, Clone, Default)]
struct Head {
    title: String,
    artist: Option<String>,
    /// None where it doesn't say.
    length: Option<Secs>,
}

impl Head {
    fn of(song: &Song) -> Result<Self> {
        let song = clinch_hear::open(&song.source())?;
        Ok(Self { title: song.title().into(), artist: song.artist().map(Into::into), length: song.promised() })
    }
}

fn check_holds(job: &Job) -> Result<()> {
    Ok(clinch_plot::check(&job.treatment, &clinch_plot::Options { holds: job.holds()? })?)
}

fn check_opening(treatment: &Treatment, head: &Head, typesetter: &mut Typesetter) -> Result<()> {
    if !treatment.opening.show {
        return Ok(());
    }
    let title = if treatment.title.is_empty() { head.title.clone() } else { treatment.title.clone() };
    let (credits, _) = titles::credits(&treatment.opening, title, head.artist.clone())?;
    Ok(credits.check(typesetter)?)
}

fn check_lyrics(job: &Job, head: &Head, typesetter: &mut Typesetter) -> Result<()> {
    /// Lyrics are read against some song; without one, one of an hour.
    const ANY_SONG: Secs = Secs(3600.0);
    let Some(path) = &job.lyrics else { return Ok(()) };
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("the lyrics {name} can't be read"))?;
    let lines = clinch_hear::parse_lyrics_bytes(&bytes, &name, head.length.unwrap_or(ANY_SONG))?;
    if job.treatment.lyrics.show == ShowLyrics::None {
        return Ok(());
    }
    let style = Style { size_px: 16.0, width_px: f32::MAX / 4.0, align: Align::Left, tracking: 0.0 };
    for line in lines {
        typesetter.set(&line.text, &style)?;
    }
    Ok(())
}

/// Times of the story that lie beyond the song.
fn check_times(treatment: &Treatment, head: &Head) -> Vec<anyhow::Error> {
    let Some(length) = head.length else { return Vec::new() };
    let story = &treatment.story;
    let reversals = story.reversals_at.iter().map(|&at| ("reversals-at", at));
    let recognitions = story.recognitions_at.iter().map(|&at| ("recognitions-at", at));
    let shove = story.shove_at.iter().map(|&at| ("shove-at", at));
    let beyond = reversals.chain(recognitions).chain(shove).filter(|(_, at)| *at >= length.0);
    beyond.map(|(key, at)| anyhow!("the treatment's `story.{key}` wants {at} s, but the song ends at {:.1} s", length.0)).collect()
}
