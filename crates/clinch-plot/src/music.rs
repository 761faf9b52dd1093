//! What the plan needs of the score: how hard each bar asks them to struggle, and where leverage should turn.

use crate::{Error, walk};
use clinch_model::{Hold, Score, Secs, Treatment, Who};

/// Least time between a turn on a strong line and any other, in seconds: two phrases, so that the power can be felt to have shifted.
const LINE_GAP_SECS: f64 = 12.0;

/// What the music says about leverage at the beginning of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing: leverage had better stay where it is.
    None,
    /// A sentence of the song begins within a section: leverage may change sides, if the music is hard enough.
    Sentence,
    /// A section or a strong line begins: leverage had better change sides.
    Section,
    /// The song's end meets its beginning: leverage may do either.
    Seam,
    /// The treatment says that it changes sides here.
    Must,
}

impl Turn {
    /// All of them in index order.
    pub const ALL: [Turn; 5] = [Turn::None, Turn::Sentence, Turn::Section, Turn::Seam, Turn::Must];
}

/// A score as the plan sees it.
#[derive(Debug, Clone)]
pub(crate) struct Music {
    /// `[bar]`, and one more: where bars begin, and the song's end.
    pub bounds_secs: Vec<f64>,
    /// `[bar]`: how hard the bar asks them to struggle, 0..1.
    pub intensity: Vec<f64>,
    /// `[bar]`.
    pub turn: Vec<Turn>,
    /// `[bar]`: what a change of sides there costs for how hard the music is, in faults: less than nothing where it is harder than elsewhere.
    pub reluctance: Vec<f64>,
    /// How often leverage should change sides, round the loop.
    pub reversals: f64,
    /// `[bar]`: first bar of its section.
    pub section_start: Vec<usize>,
    /// Where the one shove should be, once that is known.
    pub shove: Option<ShoveWish>,
}

/// Where the film's one shove should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ShoveWish {
    pub at: Secs,
    pub bar: usize,
    /// Whether the treatment says so; otherwise it was chosen, and another one in which Cop leads will do.
    pub must: bool,
}

impl Music {
    /// Reads a checked score.
    pub fn read(score: &Score, treatment: &Treatment, holds: &[Hold]) -> Result<Self, Error> {
        let mut bounds_secs: Vec<f64> = score.bars.iter().map(|bar| bar.start.0).collect();
        bounds_secs.push(score.track.duration.0);
        let section_start = section_starts(score);
        let mut turn: Vec<Turn> =
            (0..score.bars.len()).map(|bar| if section_start[bar] == bar { Turn::Section } else { Turn::None }).collect();
        for sentence in &score.form.sentences {
            if turn[sentence.first_bar] == Turn::None {
                turn[sentence.first_bar] = Turn::Sentence;
            }
        }
        turn[0] = Turn::Seam;
        for bar in strong_line_bars(score, &turn) {
            turn[bar] = Turn::Section;
        }
        for bar in wanted_reversals(&treatment.story.reversals_at, &bounds_secs, walk::least_secs(holds))? {
            turn[bar] = Turn::Must;
        }
        let intensity = intensity(score);
        let reversals = reversals_a_minute(score) * score.track.duration.0 / 60.0;
        let shove = treatment.story.shove_at.map(|at_secs| wanted_shove(score, at_secs)).transpose()?;
        for &at_secs in &treatment.story.recognitions_at {
            within(score, "recognitions-at", at_secs)?;
        }
        Ok(Self { bounds_secs, intensity, turn, reluctance: reluctance(score), reversals, section_start, shove })
    }

    /// Number of bars.
    pub fn bars(&self) -> usize {
        self.intensity.len()
    }

    /// When a bar begins; the song's end for the bar after the last.
    pub fn start(&self, bar: usize) -> Secs {
        Secs(self.bounds_secs[bar])
    }

    /// Length of some bars.
    pub fn secs(&self, first_bar: usize, end_bar: usize) -> f64 {
        self.bounds_secs[end_bar] - self.bounds_secs[first_bar]
    }

    /// Mean intensity over some bars, by time.
    pub fn mean_intensity(&self, first_bar: usize, end_bar: usize) -> f64 {
        let weighted: f64 = (first_bar..end_bar).map(|bar| self.intensity[bar] * self.secs(bar, bar + 1)).sum();
        weighted / self.secs(first_bar, end_bar)
    }
}

fn section_starts(score: &Score) -> Vec<usize> {
    let mut starts: Vec<usize> = Vec::with_capacity(score.bars.len());
    for (bar, now) in score.bars.iter().enumerate() {
        let goes_on = bar > 0 && score.bars[bar - 1].section == now.section;
        starts.push(if goes_on { starts[bar - 1] } else { bar });
    }
    starts
}

/// Bars at which leverage had better turn because a strong line begins there, strongest lines first, none near another turn. Guessed times don't
/// count.
fn strong_line_bars(score: &Score, turn: &[Turn]) -> Vec<usize> {
    let duration_secs = score.track.duration.0;
    let mut lines: Vec<_> = score.strong_lines().into_iter().filter(|line| !line.guessed).collect();
    lines.sort_by(|a, b| b.strength.total_cmp(&a.strength).then(a.start.0.total_cmp(&b.start.0)));
    // The song's end is its beginning again.
    let mut taken_secs = vec![0.0, duration_secs];
    taken_secs.extend((0..turn.len()).filter(|&bar| !matches!(turn[bar], Turn::None | Turn::Sentence)).map(|bar| score.bars[bar].start.0));
    let mut bars = Vec::new();
    for line in lines {
        let off = |bar: &usize| (score.bars[*bar].start.0 - line.start.0).abs();
        let Some(bar) = (0..score.bars.len()).min_by(|a, b| off(a).total_cmp(&off(b))) else { continue };
        let at_secs = score.bars[bar].start.0;
        if taken_secs.iter().all(|other| (other - at_secs).abs() >= LINE_GAP_SECS) {
            taken_secs.push(at_secs);
            bars.push(bar);
        }
    }
    bars
}

/// Intensity a bar: half the aggression as it was heard, half its place between the song's own quietest and loudest bars, because a
/// song that is gentle throughout still has its climax, and one that shouts throughout still has its breath.
fn intensity(score: &Score) -> Vec<f64> {
    let mut sorted: Vec<f64> = score.bars.iter().map(|bar| bar.aggression).collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let (low, high) = (quantile(0.05), quantile(0.95));
    let relative = |value: f64| if high - low > 1e-6 { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    score.bars.iter().map(|bar| (0.5 * bar.aggression + 0.5 * relative(bar.aggression)).clamp(0.0, 1.0)).collect()
}

/// How often leverage should change sides, in times a minute: a song that is hard throughout is a struggle in which nobody keeps the upper hand for long, a
/// gentle one is a slow one. `intensity` can't tell them apart, since half of it is the song's own measure, nor can the number of sections.
fn reversals_a_minute(score: &Score) -> f64 {
    /// With no aggression at all, and more for each 1 of it. Gentle songs have 0.1 to 0.3 on average, hard ones 0.5 to 0.7: once in 20 s, and once in 10.
    const LEAST: f64 = 2.0;
    const MORE: f64 = 6.5;
    LEAST + MORE * mean_aggression(score)
}

/// By time.
fn mean_aggression(score: &Score) -> f64 {
    score.bars.iter().map(|bar| bar.aggression * (bar.end.0 - bar.start.0)).sum::<f64>() / score.track.duration.0
}

/// What a change of sides costs at each bar for how hard the music is there beside the song as a whole.
fn reluctance(score: &Score) -> Vec<f64> {
    /// Faults for each 1 of aggression, and their bounds.
    const FAULTS: f64 = 5.0;
    const MOST: f64 = 1.0;
    /// Bars that are heard together, up to the next turn of the music.
    const BARS: usize = 4;
    let usual = mean_aggression(score);
    let bars = &score.bars;
    let aggression = |bar: usize| {
        let heard = &bars[bar..(bar + BARS).min(bars.len())];
        heard.iter().map(|bar| bar.aggression).sum::<f64>() / heard.len() as f64
    };
    (0..bars.len()).map(|bar| (FAULTS * (usual - aggression(bar))).clamp(-MOST, MOST)).collect()
}

/// Refuses a wanted time beyond the song.
fn within(score: &Score, field: &'static str, at_secs: f64) -> Result<(), Error> {
    let duration_secs = score.track.duration.0;
    if (0.0..duration_secs).contains(&at_secs) { Ok(()) } else { Err(Error::MomentOutside { field, at_secs, duration_secs }) }
}

fn wanted_shove(score: &Score, at_secs: f64) -> Result<ShoveWish, Error> {
    within(score, "shove-at", at_secs)?;
    Ok(ShoveWish { at: Secs(at_secs), bar: score.bar_at(Secs(at_secs)), must: true })
}

/// The strongest moment that Cop leads in a walk: of its bars' strongest onsets the one where the music asks hardest; of equals the one nearest
/// to two thirds of the song, where climaxes are. None where Cop leads nothing.
pub(crate) fn strongest_led(score: &Score, music: &Music, walk: &[walk::Step]) -> Option<ShoveWish> {
    let climax_secs = score.track.duration.0 * 2.0 / 3.0;
    let onset = |bar: usize| crate::events::strongest_onset(score, score.bars[bar].start, score.bars[bar].end);
    let strength = |bar: usize| {
        let off = (score.bars[bar].start.0 - climax_secs).abs() / score.track.duration.0;
        music.intensity[bar] + 0.3 * f64::from(score.onset.at(onset(bar))) - 0.2 * off
    };
    let led = walk.iter().filter(|step| step.leader == Who::Cop).flat_map(|step| step.first_bar..step.end_bar);
    let bar = led.max_by(|&a, &b| strength(a).total_cmp(&strength(b)))?;
    Some(ShoveWish { at: onset(bar), bar, must: false })
}

/// Bars at which the treatment wants reversals, ascending.
fn wanted_reversals(at_secs: &[f64], bounds_secs: &[f64], least_secs: f64) -> Result<Vec<usize>, Error> {
    let bars = bounds_secs.len() - 1;
    let duration_secs = bounds_secs[bars];
    let mut wanted: Vec<(usize, f64)> = Vec::with_capacity(at_secs.len());
    for &at_secs in at_secs {
        if !(0.0..=duration_secs).contains(&at_secs) {
            return Err(Error::ReversalOutside { at_secs, duration_secs });
        }
        let apart = |bar: &usize| (bounds_secs[*bar] - at_secs).abs();
        // The song's end is its beginning again.
        let nearest = (0..=bars).min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap_or(0) % bars;
        wanted.push((nearest, at_secs));
    }
    wanted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    for pair in wanted.windows(2) {
        let [(first, first_secs), (second, second_secs)] = [pair[0], pair[1]];
        if bounds_secs[second] - bounds_secs[first] < least_secs {
            return Err(Error::ReversalsTooNear { first_secs, second_secs, least_secs });
        }
    }
    Ok(wanted.into_iter().map(|(bar, _)| bar).collect())
}
