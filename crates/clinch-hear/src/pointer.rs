//! Beats, bars and metre from the network's probabilities, for the whole song at once.
//!
//! The bar-pointer model (Whiteley, Cemgil and Godsill, ISMIR 2006) on the state space of Krebs, Böck and Widmer ("An efficient state
//! space model for joint tempo and meter tracking", ISMIR 2015): a pointer moves through the bar at a tempo that may change only where a
//! beat begins. Between beats it has no choice, so a state here is a whole beat: where it begins, its place in the bar, and how many
//! frames it lasts. That is the same model with the same best path (Viterbi), at some hundredth of the work.
//!
//! All metres are in one model, and a song may go from one to another at a bar line.
//!
//! The network alone often takes the off-beat for the beat, and hears harmony little. So a beat also counts what comes in below 150 Hz where
//! it begins, and a downbeat how much the harmony changes there; the network's log probabilities count less than they say, because those
//! of neighbouring frames and beats aren't independent.

use crate::{features::FRAMES_PER_SEC, network::Activation};

/// Steps of the decoder a frame of the network: at 20 ms a step, beats at 180 a minute would have to change tempo all the time.
const STEPS_PER_FRAME: usize = 2;
const STEPS_PER_SEC: f64 = FRAMES_PER_SEC * STEPS_PER_FRAME as f64;
/// Shortest and longest beat: 214 and 55 beats a minute.
const SHORTEST: usize = 28;
const LONGEST: usize = 109;
const TEMPI: usize = LONGEST - SHORTEST + 1;
/// Metres, in beats a bar, with the log probability that a song begins in it.
const METRES: [(usize, f32); 3] = [(2, -2.0), (3, -1.0), (4, -0.5)];
/// Log probability of going to another metre at a bar line.
const METRE_CHANGE: f32 = -12.0;
/// How reluctantly the tempo changes from beat to beat: the probability of a ratio r is as e^(−λ|r − 1|) (Krebs and others, equation 5). A song is
/// played by a clock, in time, or freely; all are tried, and the more probable is taken: a freer model makes every steady beat less probable.
const TEMPO_STIFFNESS: [f64; 3] = [160.0, 50.0, 500.0];
/// Largest change of tempo from beat to beat.
const LARGEST_CHANGE: f64 = 0.2;
/// How much of a step's change costs nothing. A tempo between two lengths must go from one to the other and back: at 190 a minute that cost so
/// much that half the tempo was always taken.
const TEMPO_SLACK: f64 = 0.3;
/// A beat sounds during the first 1/λ of its span (the model's observation λ).
const SOUNDS: usize = 16;
/// How much of the network's log probabilities counts.
const TRUST: f64 = 0.5;
/// Log probability that a usual strong onset below 150 Hz and a usual change of notes add to a beat, and a usual change of harmony to a
/// downbeat. These, the others on this page, and the preference of tempo were chosen on the development half of the bench.
const LOW_WEIGHT: f32 = 2.0;
const NOTE_WEIGHT: f32 = 2.0;
const HARMONY_WEIGHT: f32 = 8.0;
/// What a beat costs where nothing begins: else clicks at 60 a minute are as good as 120, because the network is never sure that there is no beat.
const REST_COST: f32 = 3.0;
/// Fewest steps in which a beat's own time is looked for.
const LEAST_SOUNDING: usize = 4;
/// Tempo that is preferred, and what a distance of half an octave costs each beat.
const PREFERRED_BPM: f64 = 120.0;
const PREFERENCE: f64 = 0.1;
/// Least probability of anything.
const LEAST: f32 = 1e-4;

/// Log probability of what a given downbeat excludes.
const CERTAINTY: f64 = -300.0;

const NOWHERE: f32 = -1e30;

/// How far a beat may be from the length that a course gives, as a logarithm, and what it costs beyond.
const COURSE_WIDTH: f32 = 0.12;
const OFF_COURSE: f32 = -20.0;

/// A beat as it was decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Beat {
    /// When it begins.
    pub(crate) at_secs: f64,
    /// Its place in the bar, from 0.
    pub(crate) place: usize,
    /// Beats in its bar.
    pub(crate) metre: usize,
    /// How probable the network finds a beat here, 0..1.
    pub(crate) probability: f32,
}

/// What else speaks for beats, every 10 ms as the decoder steps: 1 is usual where it is strong, the mean is 0. May be shorter than the song.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Evidence {
    /// Onsets below 150 Hz.
    pub(crate) low: Vec<f32>,
    /// Where notes change.
    pub(crate) notes: Vec<f32>,
    /// Where nothing begins: 1, elsewhere 0.
    pub(crate) rest: Vec<f32>,
    /// Changes of harmony.
    pub(crate) harmony: Vec<f32>,
    /// The same, sharpened; only [`crate::pulse`] weighs it.
    pub(crate) chords: Vec<f32>,
}

/// What holds the model's bounds: set by an override, else everything is open.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Bounds {
    /// The prevailing tempo, kept within a tenth.
    pub(crate) tempo_bpm: Option<f64>,
    /// Beats in every bar.
    pub(crate) metre: Option<usize>,
    /// When a bar begins.
    pub(crate) downbeat_secs: Option<f64>,
}

/// What a second decoding is held to: which metres, and about how long beats are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Course {
    /// `[second]`: length of a beat, in seconds.
    pub(crate) beat_secs: Vec<f64>,
    /// A metre that is out of the question.
    pub(crate) without: Option<usize>,
}

/// By how many octaves a tempo must be raised for the model to know it.
pub(crate) fn octaves_off(bpm: f64) -> i32 {
    let bpm_of = |length: usize| 60.0 * STEPS_PER_SEC / length as f64;
    let below = (bpm_of(LONGEST) / bpm).log2().ceil().clamp(0.0, 8.0) as i32;
    let above = (bpm / bpm_of(SHORTEST)).log2().ceil().clamp(0.0, 8.0) as i32;
    below - above
}

/// A metre in the model: its beats' states lie one after the other.
struct Metre {
    beats: usize,
    /// First of its states' rows; a row is `[tempo]`.
    row: usize,
    start: f32,
}

/// Sums of log probabilities up to each step, so that a span's is a difference.
struct Sums {
    beat: Vec<f64>,
    downbeat: Vec<f64>,
    between: Vec<f64>,
    /// `[step]`: what else speaks for a beat that begins here, and for a downbeat.
    begins: [Vec<f32>; 2],
    /// `[tempo]`: how likely the tempo is.
    tempo: Vec<f32>,
    /// `[second]`: log of a beat's length in steps, where the tempo is held to a course; else empty.
    course: Vec<f32>,
}

impl Sums {
    /// Of activations with [`LONGEST`] steps of nothing on both sides.
    fn new(activations: &[Activation], evidence: &Evidence, bounds: Bounds, course: &Course) -> Self {
        let nothing = vec![0.0; LONGEST + 1];
        let begins = begins(evidence, activations.len() * STEPS_PER_FRAME);
        let mut sums = Self {
            beat: nothing.clone(),
            downbeat: nothing.clone(),
            between: nothing,
            begins,
            tempo: (0..TEMPI).map(likelihood).collect(),
            course: course.beat_secs.iter().map(|secs| (secs * STEPS_PER_SEC).ln() as f32).collect(),
        };
        let log = |p: f32| TRUST * f64::from(p.max(LEAST)).ln();
        let certain = bounds.downbeat_secs.map(|at_secs| (at_secs * FRAMES_PER_SEC).round() as usize * STEPS_PER_FRAME);
        for (step, activation) in steps(activations).enumerate() {
            if certain == Some(step) {
                for (sum, add) in [(&mut sums.beat, CERTAINTY), (&mut sums.downbeat, 0.0), (&mut sums.between, CERTAINTY)] {
                    sum.push(sum[sum.len() - 1] + add);
                }
                continue;
            }
            let between = (1.0 - activation.beat - activation.downbeat).max(LEAST) / (SOUNDS - 1) as f32;
            for (sum, add) in [
                (&mut sums.beat, log(activation.beat)),
                (&mut sums.downbeat, log(activation.downbeat)),
                (&mut sums.between, TRUST * f64::from(between).ln()),
            ] {
                sum.push(sum[sum.len() - 1] + add);
            }
        }
        for sum in [&mut sums.beat, &mut sums.downbeat, &mut sums.between] {
            sum.extend(vec![sum[sum.len() - 1]; LONGEST]);
        }
        sums
    }

    /// Log probability of what is observed during a beat.
    fn beat(&self, from: usize, length: usize, downbeat: bool) -> f32 {
        let sounding = if downbeat { &self.downbeat } else { &self.beat };
        let (turn, end) = (from + length.div_ceil(SOUNDS), (from + length).min(self.between.len() - 1));
        let turn = turn.min(end);
        let heard = (sounding[turn] - sounding[from] + self.between[end] - self.between[turn]) as f32;
        heard + self.begins[usize::from(downbeat)][from] + self.tempo[length - SHORTEST] + self.off_course(from, length)
    }

    /// What a beat costs that isn't on the course.
    fn off_course(&self, from: usize, length: usize) -> f32 {
        let second = (from + length / 2).saturating_sub(LONGEST) / STEPS_PER_SEC as usize;
        match self.course.get(second.min(self.course.len().saturating_sub(1))) {
            Some(wanted) if ((length as f32).ln() - wanted).abs() > COURSE_WIDTH => OFF_COURSE,
            _ => 0.0,
        }
    }
}

/// What speaks for a beat and for a downbeat at every step, with nothing on both sides of the song.
fn begins(evidence: &Evidence, steps: usize) -> [Vec<f32>; 2] {
    let mut begins = [vec![0.0; steps + 2 * LONGEST], vec![0.0; steps + 2 * LONGEST]];
    for step in 0..steps {
        let at = |curve: &Vec<f32>| curve.get(step).copied().unwrap_or(0.0);
        let beat = LOW_WEIGHT * at(&evidence.low) + NOTE_WEIGHT * at(&evidence.notes) - REST_COST * at(&evidence.rest);
        begins[0][step + LONGEST] = beat;
        begins[1][step + LONGEST] = beat + HARMONY_WEIGHT * at(&evidence.harmony);
    }
    begins
}

/// Log probability of a tempo.
fn likelihood(tempo: usize) -> f32 {
    let bpm = 60.0 * STEPS_PER_SEC / (tempo + SHORTEST) as f64;
    (-PREFERENCE * ((bpm / PREFERRED_BPM).log2() / 0.5).powi(2)) as f32
}

/// The network's frames, and between each two their mean.
fn steps(activations: &[Activation]) -> impl Iterator<Item = Activation> {
    activations.iter().enumerate().flat_map(|(i, a)| {
        let next = activations.get(i + 1).unwrap_or(a);
        let part = |share: f32| Activation {
            beat: a.beat + share * (next.beat - a.beat),
            downbeat: a.downbeat + share * (next.downbeat - a.downbeat),
        };
        (0..STEPS_PER_FRAME).map(move |step| part(step as f32 / STEPS_PER_FRAME as f32))
    })
}

/// Most tempi that a beat may be from the one before it: [`LARGEST_CHANGE`] of the longest beat.
const REACH: usize = 20;
const OFFSETS: usize = 2 * REACH + 1;

/// `[offset][to]`: the log probability that a beat of tempo `to` comes from tempo `to + offset − REACH`. By offsets rather than by tempi, so that all
/// of a row's tempi are worked on at once.
fn changes(stiffness: f64) -> [[f32; TEMPI]; OFFSETS] {
    let length = |tempo: usize| (tempo + SHORTEST) as f64;
    let weight = |from: usize, to: usize| (-stiffness * ((length(to) - length(from)).abs() - TEMPO_SLACK).max(0.0) / length(from)).exp();
    let all: Vec<f64> = (0..TEMPI).map(|from| (0..TEMPI).map(|to| weight(from, to)).sum()).collect();
    let near = |from: usize, to: usize| (length(to) / length(from)).ln().abs() <= LARGEST_CHANGE;
    std::array::from_fn(|offset| {
        std::array::from_fn(|to| match (to + offset).checked_sub(REACH) {
            Some(from) if from < TEMPI && near(from, to) => (weight(from, to) / all[from]).ln() as f32,
            _ => NOWHERE,
        })
    })
}

/// For every tempo of a beat, what comes best into it, and from which tempo; of equals the shortest beat.
fn best_changes(ending: &[f32], changes: &[[f32; TEMPI]; OFFSETS], tops: &mut [f32; TEMPI], chosen: &mut [u8; TEMPI]) {
    let mut padded = [NOWHERE; TEMPI + 2 * REACH];
    padded[REACH..REACH + TEMPI].copy_from_slice(ending);
    let mut offsets = [REACH as i32; TEMPI];
    tops.fill(NOWHERE);
    for (offset, logs) in changes.iter().enumerate() {
        let froms = &padded[offset..offset + TEMPI];
        for to in 0..TEMPI {
            let value = froms[to] + logs[to];
            offsets[to] = if value > tops[to] { offset as i32 } else { offsets[to] };
            tops[to] = if value > tops[to] { value } else { tops[to] };
        }
    }
    for to in 0..TEMPI {
        chosen[to] = (to as i32 + offsets[to] - REACH as i32) as u8;
    }
}

/// The most probable beats of a song, held to a course where it has one.
pub(crate) fn decode(activations: &[Activation], evidence: &Evidence, bounds: Bounds, course: &Course) -> Vec<Beat> {
    if activations.is_empty() {
        return Vec::new();
    }
    let mut activations = activations.to_vec();
    if let Some(at_secs) = bounds.downbeat_secs {
        // A downbeat for certain: nothing else is possible here
        let frame = ((at_secs * FRAMES_PER_SEC).round().max(0.0) as usize).min(activations.len() - 1);
        activations[frame] = Activation { beat: 0.0, downbeat: 1.0 };
    }
    let sums = Sums::new(&activations, evidence, bounds, course);
    let activations = &activations[..];
    let metres = metres(bounds, course);
    let mut best = (f32::NEG_INFINITY, Vec::new());
    for stiffness in TEMPO_STIFFNESS {
        let mut table = Table::new(&metres, activations.len() * STEPS_PER_FRAME, bounds);
        table.fill(&metres, &sums, &changes(stiffness));
        if table.best.0 > best.0 {
            best = (table.best.0, table.path(&metres));
        }
    }
    beats(&best.1, &metres, activations)
}

fn metres(bounds: Bounds, course: &Course) -> Vec<Metre> {
    let mut row = 0;
    let wanted: Vec<(usize, f32)> = match bounds.metre {
        Some(beats) => vec![(beats, 0.0)],
        None => METRES.into_iter().filter(|&(beats, _)| course.without != Some(beats)).collect(),
    };
    wanted
        .into_iter()
        .map(|(beats, start)| {
            row += beats;
            Metre { beats, row: row - beats, start }
        })
        .collect()
}

/// A beat of the path: when it begins, its metre (by index), its place, its tempo.
#[derive(Debug, Clone, Copy)]
struct State {
    at: usize,
    metre: usize,
    place: usize,
    tempo: usize,
}

/// The Viterbi table. Only where a beat begins is there a choice, so only there is anything kept.
struct Table {
    /// Rows of the model.
    rows: usize,
    /// Steps of the song, with nothing on both sides.
    steps: usize,
    /// `[step % (LONGEST + 1)][row][tempo]`: best log probability of all that is over before a beat that ends here.
    ending: Vec<f32>,
    /// `[step][row][tempo]`: the tempo of the beat before a beat that begins here.
    from_tempo: Vec<u8>,
    /// `[step][metre][tempo]`: the metre of the bar before a bar that begins here.
    from_metre: Vec<u8>,
    /// Which tempi are open.
    open: Vec<bool>,
    /// The best whole path's last beat.
    best: (f32, State),
}

/// Marks a path's first beat.
const FIRST: u8 = u8::MAX;

impl Table {
    fn new(metres: &[Metre], song: usize, bounds: Bounds) -> Self {
        let rows: usize = metres.iter().map(|metre| metre.beats).sum();
        let steps = song + 2 * LONGEST;
        let within = |tempo: usize, bpm: f64| {
            let wanted = 60.0 * STEPS_PER_SEC / bpm;
            ((tempo + SHORTEST) as f64 / wanted).ln().abs() < 0.1
        };
        Self {
            rows,
            steps,
            ending: vec![NOWHERE; (LONGEST + 1) * rows * TEMPI],
            from_tempo: vec![FIRST; (song + LONGEST) * rows * TEMPI],
            from_metre: vec![0; (song + LONGEST) * metres.len() * TEMPI],
            open: (0..TEMPI).map(|tempo| bounds.tempo_bpm.is_none_or(|bpm| within(tempo, bpm))).collect(),
            best: (f32::NEG_INFINITY, State { at: 0, metre: 0, place: 0, tempo: 0 }),
        }
    }

    fn fill(&mut self, metres: &[Metre], sums: &Sums, changes: &[[f32; TEMPI]; OFFSETS]) {
        let song_end = self.steps - LONGEST;
        let mut entering = vec![[NOWHERE; TEMPI]; self.rows];
        let mut chosen = vec![[0_u8; TEMPI]; self.rows];
        for at in 0..song_end {
            // What comes best into each row's next beat, for every tempo of that beat
            let slot = (at % (LONGEST + 1)) * self.rows * TEMPI;
            for row in 0..self.rows {
                let ending = &self.ending[slot + row * TEMPI..][..TEMPI];
                best_changes(ending, changes, &mut entering[row], &mut chosen[row]);
            }
            self.ending[slot..slot + self.rows * TEMPI].fill(NOWHERE);
            for index in 0..metres.len() {
                for place in 0..metres[index].beats {
                    self.begin(metres, sums, State { at, metre: index, place, tempo: 0 }, &entering, &chosen);
                }
            }
        }
    }

    /// Lets a beat of every tempo begin at a step.
    fn begin(&mut self, metres: &[Metre], sums: &Sums, state: State, entering: &[[f32; TEMPI]], chosen: &[[u8; TEMPI]]) {
        let State { at, metre: index, place, .. } = state;
        let metre = &metres[index];
        let row = metre.row + place;
        let song_end = self.steps - LONGEST;
        for tempo in (0..TEMPI).filter(|&tempo| self.open[tempo]) {
            let length = tempo + SHORTEST;
            let mut top = (NOWHERE, FIRST, 0);
            if place > 0 {
                top = (entering[row - 1][tempo], chosen[row - 1][tempo], 0);
            } else {
                for (before, other) in metres.iter().enumerate() {
                    let last = other.row + other.beats - 1;
                    let value = entering[last][tempo] + if before == index { 0.0 } else { METRE_CHANGE };
                    if value > top.0 {
                        top = (value, chosen[last][tempo], before as u8);
                    }
                }
            }
            // The first beat is the one in which the song begins.
            if at <= LONGEST && at + length > LONGEST && top.0 <= metre.start {
                top = (metre.start - ((metre.beats * TEMPI) as f32).ln(), FIRST, 0);
            }
            if top.0 <= NOWHERE / 2.0 {
                continue;
            }
            self.from_tempo[(at * self.rows + row) * TEMPI + tempo] = top.1;
            if place == 0 {
                self.from_metre[(at * metres.len() + index) * TEMPI + tempo] = top.2;
            }
            let value = top.0 + sums.beat(at, length, place == 0);
            let end = at + length;
            if end >= song_end {
                if value > self.best.0 {
                    self.best = (value, State { tempo, ..state });
                }
            } else {
                self.ending[((end % (LONGEST + 1)) * self.rows + row) * TEMPI + tempo] = value;
            }
        }
    }

    /// The best path's beats, in time order.
    fn path(&self, metres: &[Metre]) -> Vec<State> {
        let mut states = vec![self.best.1];
        let mut state = self.best.1;
        loop {
            let row = metres[state.metre].row + state.place;
            let tempo = self.from_tempo[(state.at * self.rows + row) * TEMPI + state.tempo];
            if tempo == FIRST {
                break;
            }
            let tempo = usize::from(tempo);
            let (metre, place) = match state.place {
                0 => {
                    let metre = usize::from(self.from_metre[(state.at * metres.len() + state.metre) * TEMPI + state.tempo]);
                    (metre, metres[metre].beats - 1)
                }
                place => (state.metre, place - 1),
            };
            state = State { at: state.at - (tempo + SHORTEST), metre, place, tempo };
            states.push(state);
        }
        states.reverse();
        states
    }
}

/// The path's beats within the song, each where the network is surest while the beat sounds.
fn beats(states: &[State], metres: &[Metre], activations: &[Activation]) -> Vec<Beat> {
    let steps: Vec<f32> = steps(activations).map(|a| a.beat + a.downbeat).collect();
    let mut beats = Vec::new();
    for state in states {
        // The first beat may have begun before the song: it counts if it still sounds
        let end = (state.at + (state.tempo + SHORTEST).div_ceil(SOUNDS).max(LEAST_SOUNDING)).saturating_sub(LONGEST).min(steps.len());
        let from = state.at.saturating_sub(LONGEST);
        if end == 0 {
            continue;
        }
        let mut top = from.min(steps.len() - 1);
        for step in from..end {
            if steps[step] > steps[top] {
                top = step;
            }
        }
        beats.push(Beat {
            at_secs: top as f64 / STEPS_PER_SEC,
            place: state.place,
            metre: metres[state.metre].beats,
            probability: steps[top],
        });
    }
    beats
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities of a song whose beats are where they are told.
    fn activations(beats: &[(f64, bool)], secs: f64) -> Vec<Activation> {
        let mut activations = vec![Activation { beat: 0.02, downbeat: 0.01 }; (secs * FRAMES_PER_SEC) as usize];
        for &(at, downbeat) in beats {
            if let Some(frame) = activations.get_mut((at * FRAMES_PER_SEC).round() as usize) {
                *frame = if downbeat { Activation { beat: 0.1, downbeat: 0.8 } } else { Activation { beat: 0.8, downbeat: 0.1 } };
            }
        }
        activations
    }

    /// The same with each beat sounding a little in the frames beside it, as the network has it.
    fn spread(activations: &[Activation]) -> Vec<Activation> {
        let near = |i: usize| activations[i.saturating_sub(1)..(i + 2).min(activations.len())].iter();
        let half = |i: usize, value: fn(&Activation) -> f32| near(i).map(value).fold(0.0_f32, f32::max) / 2.0;
        (0..activations.len())
            .map(|i| Activation {
                beat: activations[i].beat.max(half(i, |a| a.beat)),
                downbeat: activations[i].downbeat.max(half(i, |a| a.downbeat)),
            })
            .collect()
    }

    fn check(truth: &[(f64, bool)], found: &[Beat], tolerance_secs: f64) {
        for &(at, downbeat) in truth {
            let near = found.iter().find(|beat| (beat.at_secs - at).abs() < tolerance_secs);
            assert!(near.is_some_and(|beat| (beat.place == 0) == downbeat), "no such beat at {at}: {near:?}");
        }
        assert!(found.len().abs_diff(truth.len()) <= 1, "{} beats of {}", found.len(), truth.len());
    }

    #[test]
    fn steady_beats_of_every_metre_and_tempo_are_found() {
        for bpm in [60.0, 90.0, 133.0, 180.0] {
            for (metre, phase) in [(2, 1), (3, 0), (3, 2), (4, 0), (4, 3)] {
                let truth: Vec<(f64, bool)> = (0..40).map(|i| (0.1 + f64::from(i) * 60.0 / bpm, i % metre == phase)).collect();
                let found = decode(
                    &spread(&activations(&truth, 0.1 + 39.5 * 60.0 / bpm)),
                    &Evidence::default(),
                    Bounds::default(),
                    &Course::default(),
                );
                check(&truth, &found, 0.025);
                assert!(found.iter().skip(4).all(|beat| beat.metre == metre as usize), "{bpm} {metre}");
            }
        }
    }

    #[test]
    fn a_tempo_that_drifts_and_beats_that_fail_are_followed() {
        let mut at = 0.2;
        let truth: Vec<(f64, bool)> = (0..80)
            .map(|i| {
                at += 60.0 / (90.0 + 40.0 * f64::from(i) / 80.0);
                (at, i % 4 == 0)
            })
            .collect();
        // Eight beats in the middle aren't heard.
        let mut heard = truth.clone();
        heard.drain(40..48);
        check(&truth, &decode(&activations(&heard, at + 0.3), &Evidence::default(), Bounds::default(), &Course::default()), 0.07);
    }

    #[test]
    fn a_song_may_change_its_metre() {
        let truth: Vec<(f64, bool)> = (0..96).map(|i| (f64::from(i) * 0.5, if i < 48 { i % 4 == 0 } else { i % 3 == 0 })).collect();
        let found = decode(&activations(&truth, 48.0), &Evidence::default(), Bounds::default(), &Course::default());
        check(&truth, &found, 0.025);
        assert_eq!((found[20].metre, found[80].metre), (4, 3));
    }

    #[test]
    fn bounds_are_kept() {
        let truth: Vec<(f64, bool)> = (0..60).map(|i| (f64::from(i) * 0.35, i % 4 == 0)).collect();
        let activations = activations(&truth, 21.0);
        let halved = decode(
            &activations,
            &Evidence::default(),
            Bounds { tempo_bpm: Some(60.0 / 0.7), metre: Some(3), ..Bounds::default() },
            &Course::default(),
        );
        assert!((28..=32).contains(&halved.len()), "{}", halved.len());
        assert!(halved.iter().all(|beat| beat.metre == 3));
        let shifted =
            decode(&activations, &Evidence::default(), Bounds { downbeat_secs: Some(0.7), ..Bounds::default() }, &Course::default());
        assert_eq!(shifted.iter().find(|beat| (beat.at_secs - 0.7).abs() < 0.02).unwrap().place, 0);
        assert!(decode(&[], &Evidence::default(), Bounds::default(), &Course::default()).is_empty());
        assert!(decode(&activations[..3], &Evidence::default(), Bounds::default(), &Course::default()).len() <= 1);
    }
    #[test]
    fn a_course_is_kept() {
        // Beats each 0.4 s in three, which may also be heard as one and a half times as long ones in two
        let truth: Vec<(f64, bool)> = (0..60).map(|i| (f64::from(i) * 0.4, i % 3 == 0)).collect();
        let course = Course { beat_secs: vec![0.6; 24], without: Some(3) };
        let found = decode(&activations(&truth, 24.0), &Evidence::default(), Bounds::default(), &course);
        assert!(found.len().abs_diff(40) <= 1 && found.iter().all(|beat| beat.metre != 3), "{}", found.len());
        assert!(found.windows(2).all(|w| (w[1].at_secs - w[0].at_secs - 0.6).abs() < 0.1));
    }
}
