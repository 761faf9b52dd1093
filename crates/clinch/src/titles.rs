//! What is set in type: the opening's cards, the lyrics in the picture, and the files beside the film.

use crate::{Production, folder::key_of, job::file_digest};
use anyhow::{Context, Result};
use clinch_model::{
    Cast, Cut, Performance, Score, Secs, Who,
    file::digest,
    treatment::{OpeningWishes, ShowLyrics},
};
use clinch_titles::{Credits, Line, Lyrics, Opening, Performer, Portrait, Show, Stock, Typesetter, subtitles};

/// How the film stock answers light.
pub const STOCK: Stock = Stock { print_of: clinch_light::print_of, radiance_of: clinch_light::radiance_of };

/// The opening, and what it was made from.
pub struct Titled {
    /// What is drawn.
    pub opening: Opening,
    /// Hash of everything that is drawn but for the picture's own size and look.
    pub digest: String,
}

impl Production {
    /// Checks, before any long work, that everything that shall be set can be, and that portraits are there.
    ///
    /// # Errors
    /// Naming the text and its missing glyphs, or the key of the treatment and its file.
    pub fn check_titles(&self, score: &Score) -> Result<()> {
        self.opening(score)?;
        if self.job.treatment.lyrics.show != ShowLyrics::None {
            let mut typesetter = self.typesetter()?;
            let style = clinch_titles::Style { size_px: 16.0, width_px: 1e6, align: clinch_titles::Align::Left, tracking: 0.0 };
            for line in lines(score) {
                typesetter.set(&line.text, &style)?;
            }
        }
        Ok(())
    }

    fn typesetter(&self) -> Result<Typesetter> {
        Ok(Typesetter::new(self.job.treatment.typeface.face.as_deref())?)
    }

    /// Hash of the director's own face; empty for the program's.
    fn face_digest(&self) -> Result<String> {
        match &self.job.treatment.typeface.face {
            Some(path) => file_digest(path).with_context(|| format!("the font file {} can't be read", path.display())),
            None => Ok(String::new()),
        }
    }

    /// The opening; none where there shall be none.
    ///
    /// # Errors
    /// As [`Production::check_titles`].
    pub fn opening(&self, score: &Score) -> Result<Option<Titled>> {
        if !self.has_opening() {
            return Ok(None);
        }
        let (credits, portraits) = self.credits(score)?;
        let opening = Opening::new(&credits, score, self.job.rate, self.job.size, STOCK, &mut self.typesetter()?)?;
        let cards: Vec<_> = opening.cards.iter().map(|card| (card.first, card.end)).collect();
        let names: Vec<_> = credits.performers.iter().map(|performer| &performer.name).collect();
        let digest = digest(&(names, portraits, &credits.title, &credits.by, cards, self.face_digest()?));
        Ok(Some(Titled { opening, digest }))
    }

    /// Whether the film has an opening: a loop never has.
    pub fn has_opening(&self) -> bool {
        self.job.treatment.opening.show && self.job.format != Some(crate::format::Format::Loop)
    }

    /// What the opening says, and the hashes of its portraits.
    fn credits(&self, score: &Score) -> Result<(Credits, Vec<String>)> {
        credits(&self.job.treatment.opening, self.title(score), score.track.artist.clone())
    }

    /// The lyrics in their places in the picture; none where they shall not show.
    ///
    /// # Errors
    /// Where a line can't be set.
    pub fn lyrics(&self, cut: &Cut, performance: &Performance, cast: &Cast, score: &Score) -> Result<(Lyrics, String)> {
        let show = match self.job.treatment.lyrics.show {
            ShowLyrics::None => return Ok((Lyrics::default(), String::new())),
            ShowLyrics::Line => Show::Line,
            ShowLyrics::Word => Show::Word,
        };
        let lines = match self.clip_span()? {
            // A clip begins and ends in the middle of the song; a rest of a line would only flash.
            Some((from, to)) => {
                let whole = |line: &Line| line.start.0 >= from.0 && line.end.0 <= to.0;
                subtitles::film_lines(&lines(score).into_iter().filter(whole).collect::<Vec<_>>(), from, to, 1)
            }
            None => lines(score),
        };
        if score.lyrics.is_empty() {
            self.report.say("the song has no timed lyrics, so none show: name a file with --lyrics");
        }
        let spread = lines.iter().filter(|line| !line.has_word_times()).count();
        if show == Show::Word && spread > 0 {
            self.report.say(&format!(
                "{spread} of {} lines of the lyrics don't say when their words are sung: they are spread by their letters",
                lines.len()
            ));
        }
        let picture = clinch_titles::Picture { cut, performance, cast, size: self.job.size };
        let lyrics = Lyrics::place(&lines, show, &picture, &mut self.typesetter()?)?;
        Ok((lyrics, self.face_digest()?))
    }

    /// The subtitle files: ending and text; none where none are asked for. `from` to `to` is the part of the song that the film shows.
    pub fn subtitles(&self, score: &Score, from: Secs, to: Secs) -> Vec<(&'static str, String)> {
        if !self.job.treatment.lyrics.subtitles {
            return Vec::new();
        }
        let lines = subtitles::film_lines(&lines(score), from, to, self.loops);
        let title = self.title(score);
        subtitles::Kind::ALL.map(|kind| (kind.ending(), kind.write(&lines, &title, self.job.size))).into()
    }

    /// Key of a card's segment.
    ///
    /// # Errors
    /// Where the program's own file can't be read.
    pub fn card_key(&self, titled: &Titled, first: u64, end: u64) -> Result<String> {
        let job = &self.job;
        let asked = digest(&(job.size, job.rate, job.quality, job.grain(), job.treatment.seed, first, end));
        key_of("opening", &[&titled.digest, &asked])
    }
}

/// What an opening says, and the hashes of its portraits, for a film of a title and a song of an artist.
///
/// # Errors
/// Where a portrait can't be read.
pub fn credits(asked: &OpeningWishes, title: String, artist: Option<String>) -> Result<(Credits, Vec<String>)> {
    let mut credits = Credits {
        performers: Vec::new(),
        title: if asked.title.is_empty() { title } else { asked.title.clone() },
        by: asked.by.clone().or(artist).unwrap_or_default(),
    };
    let mut digests = Vec::new();
    let Some(performers) = &asked.performers else {
        credits.performers = Who::BOTH.map(|who| Performer { name: who.to_string(), portrait: None }).into();
        return Ok((credits, digests));
    };
    for (index, performer) in performers.iter().enumerate() {
        let field = format!("opening.performers[{index}].portrait");
        let portrait = performer.portrait.as_ref().map(|path| Portrait::read(path, &field)).transpose()?;
        digests.push(performer.portrait.as_ref().map(|path| file_digest(path)).transpose()?.unwrap_or_default());
        credits.performers.push(Performer { name: performer.name.clone(), portrait });
    }
    Ok((credits, digests))
}

fn lines(score: &Score) -> Vec<Line> {
    score.lyrics.iter().map(Line::of).collect()
}
