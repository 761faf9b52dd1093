//! Where cuts may fall, and how long the music wants its shots.

use crate::{
    Options,
    edit::LEAST_SECS,
    scene::{CueKind, Scene},
};
use clinch_model::{AccentKind, FrameRate, Score, Secs, random::Stream};

/// Bars longer than this are parted, in seconds: a part and a short neighbour on each side still make one shot.
const PART_SECS: f64 = 6.0;
/// Greatest number of frames by which a cut runs ahead of its downbeat or accent: editors cut just ahead (arXiv 2108.00970).
pub(crate) const MOST_AHEAD_FRAMES: u64 = 3;
/// What a frame away from one frame ahead costs against how much the bodies' motion rises there, in metres a second.
const AWAY_M_PER_SEC: f32 = 0.12;
/// Accents nearer to another mark than this add none, in seconds.
const APART_SECS: f64 = 0.3;
/// How near to a reversal a cut may cross the line, in seconds: the bar in which the power turns begins with it.
pub(crate) const REVERSAL_SECS: f64 = 1.0;
/// Loudness apart from which on the quietest and the loudest section are told apart, in LU; under it hearing hardly does.
const LOUDNESS_APART_LU: f64 = 2.0;
/// The same for aggression.
const AGGRESSION_APART: f64 = 0.1;

/// Where cuts may fall.
pub(crate) struct Marks {
    /// `[mark]`: the frame; from 0 to the number of frames.
    pub frames: Vec<u64>,
    /// `[stretch]`: how loud and aggressive the music is there, 0..1.
    pub energy: Vec<f64>,
    /// `[stretch]`: section of the song.
    pub section: Vec<usize>,
    /// `[stretch]`: whether a section begins there.
    pub begins_section: Vec<bool>,
    /// `[stretch]`: factor on the length wanted of a shot that begins there.
    pub patience: Vec<f64>,
    /// `[mark]`: what a cut there interrupts, in faults.
    pub interrupts: Vec<f32>,
    /// `[mark]`: whether the power turns there, so that the line may be crossed.
    pub reversal: Vec<bool>,
    pub rate: FrameRate,
}

/// A time at which a cut may fall, before it is set on a frame.
struct Wanted {
    at: Secs,
    section: usize,
    energy: f64,
    begins_section: bool,
}

impl Marks {
    /// Marks at downbeats and accents; a bar too long for one shot gets marks at its beats nearest to equal parts.
    pub fn of(scene: &Scene, score: &Score, duration: Secs, options: &Options) -> Self {
        let (rate, seed) = (options.rate, options.seed);
        let frames = rate.frames_in(duration);
        let mut marks = Self {
            frames: vec![0],
            energy: Vec::new(),
            section: Vec::new(),
            begins_section: Vec::new(),
            patience: Vec::new(),
            interrupts: Vec::new(),
            reversal: Vec::new(),
            rate,
        };
        let mut stream = Stream::new(seed, "shoot rhythm");
        for wanted in wanted(scene, score) {
            let frame = on_action(scene, wanted.at, rate);
            if frame >= frames {
                break;
            }
            let just_opened = options.opened.is_some_and(|opened| (0.0..LEAST_SECS).contains(&(rate.start_of(frame) - opened).0));
            if just_opened && !marks.energy.is_empty() {
                continue;
            }
            if marks.frames.last().is_some_and(|&last| frame > last) {
                marks.frames.push(frame);
            } else if !marks.energy.is_empty() {
                continue;
            }
            marks.energy.push(wanted.energy);
            marks.section.push(wanted.section);
            marks.patience.push(1.25_f64.powf(stream.between(-1.0, 1.0)));
            marks.begins_section.push(wanted.begins_section);
        }
        marks.frames.push(frames);
        marks.frames.dedup();
        for mark in 0..marks.frames.len() {
            marks.interrupts.push(interrupts(scene, marks.at(mark)));
            marks.reversal.push(near_reversal(scene, marks.at(mark)));
        }
        marks
    }

    /// Number of stretches between marks.
    pub fn stretches(&self) -> usize {
        self.frames.len() - 1
    }

    /// When a mark is.
    pub fn at(&self, mark: usize) -> Secs {
        self.rate.start_of(self.frames[mark])
    }

    /// Length of some stretches.
    pub fn secs(&self, first: usize, end: usize) -> f64 {
        (self.at(end) - self.at(first)).0
    }

    /// The stretch that holds a frame.
    pub fn stretch_at(&self, frame: u64) -> usize {
        self.frames.partition_point(|&mark| mark <= frame).saturating_sub(1).min(self.stretches() - 1)
    }
}

/// Downbeats, parts of long bars, and accents that lie well between them, in time order.
fn wanted(scene: &Scene, score: &Score) -> Vec<Wanted> {
    let energy = bar_energy(score);
    let mut all: Vec<Wanted> = Vec::new();
    let mut section_before = None;
    for (number, bar) in score.bars.iter().enumerate() {
        for (part, at) in parts(score, bar.start, bar.end).into_iter().enumerate() {
            let begins_section = part == 0 && section_before != Some(bar.section);
            all.push(Wanted { at, section: bar.section, energy: energy[number], begins_section });
        }
        section_before = Some(bar.section);
    }
    for at in accents(scene) {
        if all.iter().all(|other| (other.at.0 - at.0).abs() >= APART_SECS) && at.0 > 0.0 {
            let bar = score.bar_at(at);
            all.push(Wanted { at, section: score.bars[bar].section, energy: energy[bar], begins_section: false });
        }
    }
    all.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    all
}

/// Times of the story's accents and of its shove.
pub(crate) fn accents<'a>(scene: &'a Scene) -> impl Iterator<Item = Secs> + 'a {
    let sudden = |kind: CueKind| matches!(kind, CueKind::Accent(_) | CueKind::Shove);
    scene.cues.iter().filter(move |cue| sudden(cue.kind)).map(|cue| cue.at)
}

/// Starts of the parts of a bar that are short enough for one shot.
fn parts(score: &Score, start: Secs, end: Secs) -> Vec<Secs> {
    let count = ((end - start).0 / PART_SECS).ceil().max(1.0) as usize;
    let equal = (0..count).map(|part| Secs(start.0 + (end - start).0 * part as f64 / count as f64));
    let snapped = |at: Secs| {
        let beats = score.beats.iter().filter(|beat| beat.0 > start.0 && beat.0 < end.0);
        let near = beats.min_by(|a, b| (a.0 - at.0).abs().total_cmp(&(b.0 - at.0).abs()));
        near.filter(|beat| (beat.0 - at.0).abs() < 1.0).copied().unwrap_or(at)
    };
    equal.enumerate().map(|(part, at)| if part == 0 { start } else { snapped(at) }).collect()
}

/// The frame of a cut at a time: of the three before it and its own, the one at which the bodies' motion rises most, so that the cut lies on
/// action; one frame ahead where nothing stirs.
fn on_action(scene: &Scene, at: Secs, rate: FrameRate) -> u64 {
    let own = rate.frame_at(at);
    let rise = |frame: u64| {
        let stir = |by_secs: f64| scene.stir_m_per_sec.at(rate.start_of(frame).0 + by_secs);
        stir(0.08) - stir(-0.08) - AWAY_M_PER_SEC * (own.saturating_sub(1)).abs_diff(frame) as f32
    };
    let candidates = own.saturating_sub(MOST_AHEAD_FRAMES)..=own;
    candidates.max_by(|&a, &b| rise(a).total_cmp(&rise(b))).unwrap_or(own)
}

/// What a cut at a time would interrupt, in faults: the shove and the drops that fly, a look between them, a fall under way.
fn interrupts(scene: &Scene, at: Secs) -> f32 {
    let of = |kind: CueKind| match kind {
        CueKind::Shove => (-0.45..1.3, 6.0),
        CueKind::Recognition => (0.05..1.3, 3.0),
        CueKind::Accent(AccentKind::Fall) => (0.1..0.7, 1.0),
        _ => (0.1..0.35, 0.3),
    };
    let costs = scene.cues.iter().map(|cue| {
        let (span, cost) = of(cue.kind);
        if span.contains(&(at.0 - cue.at.0)) { cost } else { 0.0 }
    });
    costs.fold(0.0, f32::max)
}

/// Whether the power turns near a time.
pub(crate) fn near_reversal(scene: &Scene, at: Secs) -> bool {
    scene.cues.iter().any(|cue| cue.kind == CueKind::Reversal && (cue.at.0 - at.0).abs() <= REVERSAL_SECS)
}

/// `[section]`: how loud each section is between the quietest, 0, and the loudest, 1: by mean loudness of its bars where that differs by 2 LU
/// or more, else by aggression where that differs by 0.1 or more; none where the song is all alike.
pub(crate) fn section_energy(score: &Score) -> Option<Vec<f64>> {
    let mean = |of: &dyn Fn(&clinch_model::Bar) -> f64| -> Vec<f64> {
        let sections = score.sections.iter().map(|section| {
            let bars = &score.bars[section.first_bar.min(score.bars.len())..section.end_bar.min(score.bars.len())];
            let secs: f64 = bars.iter().map(|bar| (bar.end - bar.start).0).sum();
            bars.iter().map(|bar| of(bar) * (bar.end - bar.start).0).sum::<f64>() / secs.max(1e-9)
        });
        sections.collect()
    };
    let spread = |values: &[f64]| values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    // Silence is as loud as the quietest music is: a pause before the first note mustn't be all that counts.
    let by_loudness = mean(&|bar| bar.loudness.0.clamp(score.loudness.0 - 20.0, 0.0));
    let by_aggression = mean(&|bar| bar.aggression);
    let told_apart = [(by_loudness, LOUDNESS_APART_LU), (by_aggression, AGGRESSION_APART)].into_iter().find(|(values, apart)| {
        let (low, high) = spread(values);
        high - low >= *apart
    });
    told_apart.map(|(values, _)| {
        let (low, high) = spread(&values);
        values.iter().map(|value| (value - low) / (high - low)).collect()
    })
}

/// `[bar]`: half how loud its section is within the song, a fifth how aggressive it is within the song, the rest as it was heard: a gentle song
/// has its climax too.
fn bar_energy(score: &Score) -> Vec<f64> {
    let sections = section_energy(score);
    let (softest, loudest) =
        score.bars.iter().fold((1.0_f64, 0.0_f64), |(low, high), bar| (low.min(bar.aggression), high.max(bar.aggression)));
    let energy = |bar: &clinch_model::Bar| {
        let relative = if loudest - softest > 1e-6 { (bar.aggression - softest) / (loudest - softest) } else { bar.aggression };
        let section = sections.as_ref().and_then(|sections| sections.get(bar.section)).copied().unwrap_or(bar.aggression);
        (0.5 * section + 0.2 * relative + 0.3 * bar.aggression).clamp(0.0, 1.0)
    };
    score.bars.iter().map(energy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::loud_to_quiet;
    use clinch_model::{Bar, Bpm, Curve, Lufs, Section, TrackInfo};

    /// Bars of two seconds, four a section, with a loudness and an aggression each section.
    fn score(sections: &[(f64, f64)]) -> Score {
        let bar = |i: usize| Bar {
            start: Secs(2.0 * i as f64),
            end: Secs(2.0 * i as f64 + 2.0),
            section: i / 4,
            loudness: Lufs(sections[i / 4].0),
            aggression: sections[i / 4].1,
            onset_density_hz: 2.0,
            feeling: Default::default(),
        };
        let section = |i: usize| Section { first_bar: 4 * i, end_bar: 4 * i + 4, label: "A".into(), aggression: sections[i].1 };
        let duration = Secs(8.0 * sections.len() as f64);
        let track = TrackInfo {
            title: String::new(),
            artist: None,
            duration,
            sample_rate_hz: 48_000,
            channels: 1,
            samples: (duration.0 * 48_000.0) as u64,
            format: String::new(),
        };
        let flat = Curve { hop_secs: 1.0, values: vec![0.5] };
        Score {
            track,
            tempo: Bpm(120.0),
            pulse_clarity: 1.0,
            beats_per_bar: 4,
            rhythm: Default::default(),
            beats: (0..16 * sections.len()).map(|beat| Secs(0.5 * beat as f64)).collect(),
            bars: (0..4 * sections.len()).map(bar).collect(),
            sections: (0..sections.len()).map(section).collect(),
            form: Default::default(),
            loudness: Lufs(-12.0),
            onset: flat.clone(),
            aggression: flat,
            lyrics: Vec::new(),
        }
    }

    #[test]
    fn sections_are_told_apart_by_loudness_then_by_aggression_or_not_at_all() {
        assert_eq!(section_energy(&score(&[(-20.0, 0.9), (-10.0, 0.1), (-15.0, 0.5)])), Some(vec![0.0, 1.0, 0.5]));
        assert_eq!(section_energy(&score(&[(-10.0, 0.2), (-11.0, 0.8)])), Some(vec![0.0, 1.0]), "by aggression");
        assert_eq!(section_energy(&score(&[(-10.0, 0.50), (-11.0, 0.55)])), None);
        // Dead silence before the music isn't what quiet means in a song.
        let with_pause = section_energy(&score(&[(-120.0, 0.0), (-22.0, 0.3), (-12.0, 0.9)])).unwrap();
        assert!(with_pause[1] < 0.6, "{with_pause:?}");
    }

    #[test]
    fn lengths_in_the_loudest_section_are_held_against_those_in_the_quietest() {
        let song = score(&[(-20.0, 0.2), (-10.0, 0.9)]);
        let shots = [(0.0, 4.0), (4.0, 4.0), (8.0, 2.0), (10.0, 2.0), (12.0, 2.0), (14.0, 2.0)];
        assert_eq!(loud_to_quiet(&song, &shots), Some(0.5));
        assert_eq!(loud_to_quiet(&song, &shots[..2]), None, "nothing in the loudest");
        assert_eq!(loud_to_quiet(&score(&[(-10.0, 0.5), (-10.0, 0.5)]), &shots), None);
    }

    #[test]
    fn long_bars_are_parted_at_beats() {
        let song = score(&[(-10.0, 0.5)]);
        assert_eq!(parts(&song, Secs(0.0), Secs(2.0)), [Secs(0.0)]);
        assert_eq!(parts(&song, Secs(0.0), Secs(7.4)), [Secs(0.0), Secs(3.5)]);
    }
}
