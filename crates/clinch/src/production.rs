//! One film being made: a job, a working folder, and the stages run in it.

use crate::{
    excerpt::Excerpt,
    folder::{Folder, Staged, key_of},
    format::Format,
    job::{Job, Song, file_digest},
    report::Report,
};
use anyhow::{Context, Result};
use clinch_model::{
    Cast, Cut, Performance, Score, Story,
    file::{digest, save},
};
use std::path::PathBuf;

/// One film being made.
#[derive(Debug)]
pub struct Production {
    /// What it is made from.
    pub job: Job,
    /// Where its files are.
    pub folder: Folder,
    /// Where the film goes.
    pub film: PathBuf,
    /// Which part of it is lit and delivered.
    pub excerpt: Excerpt,
    /// How many times the film goes round, 1..=100.
    pub loops: u16,
    /// Run stages even though nothing they depend on has changed.
    pub force: bool,
    /// Who is told how far the work is.
    pub report: Report,
}

impl Production {
    /// The production of the same performance in a delivery format, with a folder of its own in this one's; its film bears the format's name.
    ///
    /// # Errors
    /// Where the folder can't be made, the size can't be encoded, or the film's name is taken.
    pub fn in_format(&self, format: Format, short_side: u32) -> Result<Production> {
        let job = Job { size: format.size(short_side), format: Some(format), ..self.job.clone() };
        let production = Production {
            job,
            folder: self.folder.of_format(format.name())?,
            film: Folder::film_in_format(&self.film, format.name()),
            excerpt: if format == Format::Loop { Excerpt::default() } else { self.excerpt },
            loops: if format == Format::Loop { 1 } else { self.loops },
            force: self.force,
            report: self.report,
        };
        production.check()?;
        save(&production.folder.path::<Job>(), "", &production.job)?;
        Ok(production)
    }

    /// hear: the track in, the score out.
    ///
    /// # Errors
    /// Where the song or the lyrics can't be used.
    pub fn hear(&self) -> Result<Staged<Score>> {
        let lyrics = match &self.job.lyrics {
            Some(path) => file_digest(path).with_context(|| format!("the lyrics {} can't be read", path.display()))?,
            None => String::new(),
        };
        let key = key_of("hear", &[&self.job.song.digest()?, &lyrics, &digest(&self.job.lyrics_offset_secs), &digest(&self.job.pulse)])?;
        self.folder.stage(&key, self.force, &self.report, || {
            let options = self.hear_options();
            Ok(self.report.stage("hear", |progress| clinch_hear::hear(&self.job.song.source(), &options, progress))?)
        })
    }

    fn hear_options(&self) -> clinch_hear::Options {
        let lyrics = match (&self.job.lyrics, &self.job.song) {
            (Some(path), _) => Some(clinch_hear::Lyrics::File(path.clone())),
            (None, Song::Demo) => Some(clinch_hear::Lyrics::Text { name: clinch_demo::TITLE.into(), text: clinch_demo::LYRICS.into() }),
            (None, Song::File(_)) => None,
        };
        clinch_hear::Options { lyrics, lyrics_offset_secs: self.job.lyrics_offset_secs, pulse: self.job.pulse }
    }

    /// plot: the score and the treatment in, the story out.
    ///
    /// # Errors
    /// Where no story fits what was asked.
    pub fn plot(&self, score: &Staged<Score>) -> Result<Staged<Story>> {
        let treatment = &self.job.treatment;
        let holds = self.job.holds()?;
        let texts: Vec<&str> = holds.iter().map(|hold| hold.text.as_str()).collect();
        let key = key_of("plot", &[&score.digest, &digest(&(treatment.seed, &treatment.story, texts))])?;
        self.folder.stage(&key, self.force, &self.report, || {
            let options = clinch_plot::Options { holds };
            Ok(self.report.stage("plot", |_| clinch_plot::plot(&score.data, treatment, &options))?)
        })
    }

    /// cast: the treatment in, two people out.
    ///
    /// # Errors
    /// Where the treatment asks for a person that can't be made.
    pub fn cast(&self) -> Result<Staged<Cast>> {
        let treatment = &self.job.treatment;
        let key = key_of("cast", &[&digest(&(treatment.seed, &treatment.cop, &treatment.kid))])?;
        self.folder.stage(&key, self.force, &self.report, || {
            let options = clinch_cast::Options::default();
            Ok(self.report.stage("cast", |_| clinch_cast::cast(treatment, &options))?)
        })
    }

    /// perform: the story acted out by the cast.
    ///
    /// # Errors
    /// Where the story can't be performed.
    pub fn perform(&self, story: &Staged<Story>, cast: &Staged<Cast>) -> Result<Staged<Performance>> {
        let key = key_of("perform", &[&story.digest, &cast.digest, &digest(&self.job.takes)])?;
        self.folder.stage(&key, self.force, &self.report, || {
            let options = clinch_perform::Options { takes: self.job.takes, ..clinch_perform::Options::default() };
            Ok(self.report.stage("perform", |progress| clinch_perform::perform(&story.data, &cast.data, &options, progress))?)
        })
    }

    /// What the crew is asked.
    pub(crate) fn crew(&self) -> clinch_shoot::Options {
        let job = &self.job;
        clinch_shoot::Options {
            rate: job.rate,
            aspect: job.size.aspect(),
            set: job.treatment.light.set,
            opened: self.has_opening().then(|| job.rate.start_of(clinch_titles::Opening::frames_at(job.rate))),
            seed: job.treatment.seed,
        }
    }

    /// shoot: the performance framed and cut to the score and the story.
    ///
    /// # Errors
    /// Where no framing can be found.
    pub fn shoot(
        &self,
        performance: &Staged<Performance>,
        score: &Staged<Score>,
        story: &Staged<Story>,
        cast: &Staged<Cast>,
    ) -> Result<Staged<Cut>> {
        let options = self.crew();
        let asked = digest(&(options.rate, options.aspect, options.set, options.opened, options.seed));
        let key = key_of("shoot", &[&performance.digest, &score.digest, &story.digest, &cast.digest, &asked])?;
        self.folder.stage(&key, self.force, &self.report, || {
            let shoot = || clinch_shoot::shoot(&performance.data, &score.data, &story.data, &cast.data, &options);
            Ok(self.report.stage("shoot", |_| shoot())?)
        })
    }
}
