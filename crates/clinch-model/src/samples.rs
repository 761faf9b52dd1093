//! The samples of a performance, packed: about 20 kB a second of song, so that an hour of it fits beside everything else.
//!
//! Plain they would be 80 kB a second. Each number is rounded to a whole number of steps that are far below what can be seen or
//! measured, and blocks of rows are packed by their second differences. What a stage reads back is the rounded motion, the same whether it
//! comes from memory or from a file.

use crate::{
    EXPRESSIONS, PersonSample, Pose, SEGMENTS, Sample,
    packed::{self, ROWS},
};
use glam::{Quat, Vec3};
use serde::{Deserialize, Serialize};

/// Numbers that say where one person is and how.
const PERSON: usize = 3 + 4 * SEGMENTS + 4 + 2 + 3 + EXPRESSIONS + 1;

/// Numbers of a sample: both people's.
const COLUMNS: usize = 2 * PERSON;

/// Steps a metre of places: 1 µm. At 120 samples a second half a step is 0.06 mm/s of speed and 7 mm/s² of acceleration.
const PLACE_STEPS: f32 = (1 << 20) as f32;

/// Steps of a quaternion's components. Four roundings by half a step turn by at most 4 µrad: 4 µm at a metre.
const TURN_STEPS: f32 = (1 << 19) as f32;

/// Steps of what is a share: breath, effort, fatigue, grips, expressions, blinks.
const SHARE_STEPS: f32 = (1 << 14) as f32;

/// Steps a newton of assist.
const FORCE_STEPS: f32 = 16.0;

/// Steps a metre of the point that is looked at: a quarter of a millimetre.
const GAZE_STEPS: f32 = (1 << 12) as f32;

/// Samples in time order, packed in memory and on disk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Samples {
    /// Full blocks of [`ROWS`] samples.
    blocks: Vec<Box<[u8]>>,
    /// Those that don't fill a block yet, shape `[sample][COLUMNS]`.
    rest: Vec<i32>,
}

/// The same as it is read from a file.
#[derive(Deserialize)]
struct Unchecked {
    blocks: Vec<Box<[u8]>>,
    rest: Vec<i32>,
}

impl TryFrom<Unchecked> for Samples {
    type Error = &'static str;

    fn try_from(Unchecked { blocks, rest }: Unchecked) -> Result<Self, Self::Error> {
        let whole =
            blocks.iter().all(|block| packed::fits(block, COLUMNS)) && rest.len().is_multiple_of(COLUMNS) && rest.len() < ROWS * COLUMNS;
        if whole { Ok(Self { blocks, rest }) } else { Err("its motion is packed in a way that this program doesn't write") }
    }
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.blocks.len() * ROWS + self.rest.len() / COLUMNS
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the samples take in memory.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| size_of_val(block) + block.len()).sum::<usize>() + size_of_val(&self.rest[..])
    }

    /// Appends a sample.
    ///
    /// Its numbers are rounded: turns to 4 µrad, places to 0.5 µm, shares to 1/32768, forces to 1/32 N, gazes to 0.12 mm. Places beyond 2 km
    /// are brought there; what is no number stays none.
    pub fn push(&mut self, sample: &Sample) {
        let mut row = sample_row(sample);
        if let Some(before) = self.rest.len().checked_sub(COLUMNS) {
            keep_sides(&mut row, &self.rest[before..]);
        }
        self.rest.extend_from_slice(&row);
        if self.rest.len() == ROWS * COLUMNS {
            self.blocks.push(packed::pack(&self.rest, COLUMNS));
            self.rest.clear();
        }
    }

    /// A sample by its number; who wants many in a row takes [`Samples::iter`] or a [`Reader`].
    ///
    /// # Panics
    /// Where there are no more than `index` samples.
    pub fn get(&self, index: usize) -> Sample {
        self.reader().get(index)
    }

    /// A sample and the one after it, round the loop.
    ///
    /// # Panics
    /// Where there are no more than `index` samples.
    pub(crate) fn pair(&self, index: usize) -> [Sample; 2] {
        let (block, row) = (index / ROWS, index % ROWS);
        let next = (index + 1) % self.len();
        if block < self.blocks.len() && next / ROWS == block && next > index {
            let mut rows = Vec::new();
            packed::unpack(&self.blocks[block], COLUMNS, row..row + 2, &mut rows);
            return [row_sample(&rows[..COLUMNS]), row_sample(&rows[COLUMNS..])];
        }
        [self.get(index), self.get(next)]
    }

    /// All samples in time order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Sample> {
        let mut reader = self.reader();
        (0..self.len()).map(move |index| reader.get(index))
    }

    /// Reads samples here and there; quick where the next one is near the last.
    pub fn reader(&self) -> Reader<'_> {
        Reader { samples: self, unpacked: Default::default() }
    }

    /// Rows of a block, the last one being those that don't fill one.
    fn unpack(&self, block: usize, rows: &mut Vec<i32>) {
        rows.clear();
        match self.blocks.get(block) {
            Some(packed) => packed::unpack(packed, COLUMNS, 0..ROWS, rows),
            None => rows.extend_from_slice(&self.rest),
        }
    }
}

impl Extend<Sample> for Samples {
    fn extend<I: IntoIterator<Item = Sample>>(&mut self, samples: I) {
        samples.into_iter().for_each(|sample| self.push(&sample));
    }
}

impl FromIterator<Sample> for Samples {
    fn from_iter<I: IntoIterator<Item = Sample>>(samples: I) -> Self {
        let mut packed = Self::default();
        packed.extend(samples);
        packed
    }
}

impl IntoIterator for Samples {
    type Item = Sample;
    type IntoIter = Drain;

    fn into_iter(self) -> Drain {
        Drain { blocks: self.blocks.into_iter(), rest: self.rest, rows: Vec::new(), next: 0 }
    }
}

/// All samples in time order, each block's memory given back once it is read.
#[derive(Debug)]
pub struct Drain {
    blocks: std::vec::IntoIter<Box<[u8]>>,
    rest: Vec<i32>,
    /// The block that is being read, unpacked.
    rows: Vec<i32>,
    /// Next number in it.
    next: usize,
}

impl Iterator for Drain {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        if self.next == self.rows.len() {
            self.next = 0;
            match self.blocks.next() {
                Some(block) => {
                    self.rows.clear();
                    packed::unpack(&block, COLUMNS, 0..ROWS, &mut self.rows);
                }
                None => self.rows = std::mem::take(&mut self.rest),
            }
        }
        let row = self.rows.get(self.next..self.next + COLUMNS)?;
        self.next += COLUMNS;
        Some(row_sample(row))
    }
}

/// Reads samples in any order, keeping the last two blocks unpacked.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    samples: &'a Samples,
    /// `[block % 2]`: number of a block and its rows, shape `[sample][COLUMNS]`.
    unpacked: [Option<(usize, Vec<i32>)>; 2],
}

impl Reader<'_> {
    /// A sample by its number.
    ///
    /// # Panics
    /// Where there are no more than `index` samples.
    pub fn get(&mut self, index: usize) -> Sample {
        let (block, row) = (index / ROWS, index % ROWS);
        let (number, rows) = self.unpacked[block % 2].get_or_insert((usize::MAX, Vec::new()));
        if *number != block {
            self.samples.unpack(block, rows);
            *number = block;
        }
        row_sample(&rows[row * COLUMNS..(row + 1) * COLUMNS])
    }
}

/// Whole numbers of steps; `i32::MIN` stands for what is no number.
fn steps(value: f32, per_unit: f32) -> i32 {
    if value.is_finite() { ((value * per_unit).round() as i32).max(-i32::MAX) } else { i32::MIN }
}

fn value(steps: i32, per_unit: f32) -> f32 {
    if steps == i32::MIN { f32::NAN } else { steps as f32 / per_unit }
}

fn sample_row(sample: &Sample) -> [i32; COLUMNS] {
    let mut row = [0; COLUMNS];
    for (person, row) in sample.people.iter().zip(row.chunks_exact_mut(PERSON)) {
        let PersonSample { pose, breath, effort, fatigue, assist_n, grip, gaze_m, expression, blink } = *person;
        let place = pose.pelvis_m.to_array().map(|v| steps(v, PLACE_STEPS));
        let turns = pose.turn.iter().flat_map(|turn| turn.to_array()).map(|v| steps(v, TURN_STEPS));
        let gaze = gaze_m.to_array().map(|v| steps(v, GAZE_STEPS));
        let shares = [breath, effort, fatigue, grip[0], grip[1], blink].into_iter().chain(expression).map(|v| steps(v, SHARE_STEPS));
        let numbers = turns.chain(place).chain(gaze).chain([steps(assist_n, FORCE_STEPS)]).chain(shares);
        row.iter_mut().zip(numbers).for_each(|(to, number)| *to = number);
    }
    row
}

fn row_sample(row: &[i32]) -> Sample {
    let person = |row: &[i32]| {
        let (turns, rest) = row.split_at(4 * SEGMENTS);
        let turn = std::array::from_fn(|i| Quat::from_array(std::array::from_fn(|k| value(turns[4 * i + k], TURN_STEPS))).normalize());
        let vector = |from: usize, per_unit| Vec3::from_array(std::array::from_fn(|k| value(rest[from + k], per_unit)));
        let share = |at: usize| value(rest[7 + at], SHARE_STEPS);
        PersonSample {
            pose: Pose { pelvis_m: vector(0, PLACE_STEPS), turn },
            gaze_m: vector(3, GAZE_STEPS),
            assist_n: value(rest[6], FORCE_STEPS),
            breath: share(0),
            effort: share(1),
            fatigue: share(2),
            grip: [share(3), share(4)],
            blink: share(5),
            expression: std::array::from_fn(|i| share(6 + i)),
        }
    };
    Sample { people: [person(&row[..PERSON]), person(&row[PERSON..])] }
}

/// Writes every turn as whichever of its two quaternions is nearer to the row before, so that the numbers have no jumps.
fn keep_sides(row: &mut [i32], before: &[i32]) {
    for (row, before) in row.chunks_exact_mut(PERSON).zip(before.chunks_exact(PERSON)) {
        for (turn, before) in row[..4 * SEGMENTS].chunks_exact_mut(4).zip(before.chunks_exact(4)) {
            let dot: f64 = turn.iter().zip(before).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            if dot < 0.0 && !turn.contains(&i32::MIN) {
                turn.iter_mut().for_each(|v| *v = -*v);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FrameRate, Performance, Secs, random::Stream};

    /// Two people who struggle: limbs that swing by up to half a turn at 0.4 to 2 Hz with a tremor on top, samples at 120 Hz.
    fn struggle(count: usize) -> Vec<Sample> {
        let mut stream = Stream::new(7, "samples");
        let waves: Vec<[f64; 3]> =
            (0..COLUMNS).map(|_| [stream.between(0.4, 2.0), stream.between(0.1, 1.5), stream.between(0.0, 6.0)]).collect();
        let at = |i: usize, wave: usize| {
            let ([hz, size, phase], secs) = (waves[wave % COLUMNS], i as f64 / 120.0);
            (size * (std::f64::consts::TAU * hz * secs + phase).sin() + 0.004 * (58.0 * secs + phase).sin()) as f32
        };
        let vector = |i: usize, wave: usize| Vec3::new(at(i, wave), at(i, wave + 1), at(i, wave + 2));
        let person = |i: usize, who: usize| PersonSample {
            pose: Pose { pelvis_m: vector(i, who), turn: std::array::from_fn(|s| Quat::from_scaled_axis(vector(i, 3 * s + 80 * who))) },
            breath: at(i, 60 + who),
            effort: at(i, 62 + who).abs(),
            fatigue: 0.7,
            assist_n: 300.0 * at(i, 64 + who).abs(),
            grip: [0.0, at(i, 66 + who).abs()],
            gaze_m: vector(i, 68 + who),
            expression: std::array::from_fn(|e| if e < 3 { at(i, 70 + e + who).abs() } else { 0.0 }),
            blink: 0.0,
        };
        (0..count).map(|i| Sample { people: [person(i, 0), person(i, 1)] }).collect()
    }

    #[test]
    fn rounding_is_far_below_what_can_be_seen() {
        let plain = struggle(500);
        let packed: Samples = plain.iter().copied().collect();
        assert_eq!(packed.len(), 500);
        for (a, b) in plain.iter().zip(packed.iter()) {
            for (a, b) in a.people.iter().zip(&b.people) {
                for (p, q) in a.pose.turn.iter().zip(&b.pose.turn) {
                    // The chord in double precision: the angle itself is lost in single precision when it is so small.
                    let apart = |sign: f64| {
                        let squares = p.to_array().into_iter().zip(q.to_array()).map(|(p, q)| (f64::from(p) - sign * f64::from(q)).powi(2));
                        2.0 * squares.sum::<f64>().sqrt()
                    };
                    assert!(apart(1.0).min(apart(-1.0)) < 5e-6, "{p} {q}");
                }
                assert!(a.pose.pelvis_m.distance(b.pose.pelvis_m) < 1e-6);
                assert!(a.gaze_m.distance(b.gaze_m) < 3e-4 && (a.assist_n - b.assist_n).abs() <= 1.0 / 32.0 + 1e-4);
                let shares =
                    |p: &PersonSample| [p.breath, p.effort, p.fatigue, p.grip[0], p.grip[1], p.blink, p.expression[0], p.expression[6]];
                assert!(shares(a).iter().zip(shares(b)).all(|(x, y)| (x - y).abs() < 1e-4));
            }
        }
    }

    #[test]
    fn a_second_of_struggle_takes_under_a_third_of_its_plain_size_however_long_it_lasts() {
        let bytes_a_second = |secs: usize| struggle(120 * secs).into_iter().collect::<Samples>().bytes() / secs;
        let plain = 120 * size_of::<Sample>();
        assert!(bytes_a_second(60) < plain / 3, "{} of {plain}", bytes_a_second(60));
        assert!(bytes_a_second(240).abs_diff(bytes_a_second(60)) < plain / 50);
    }

    #[test]
    fn every_way_of_reading_gives_the_same() {
        for count in [1, 31, 32, 33, 100] {
            let packed: Samples = struggle(count).into_iter().collect();
            let all: Vec<Sample> = packed.iter().collect();
            let mut reader = packed.reader();
            for i in (0..count).chain((0..count).rev()).chain((0..count).map(|i| i * 37 % count)) {
                assert_eq!((packed.get(i), reader.get(i)), (all[i], all[i]), "{i} of {count}");
                assert_eq!(packed.pair(i), [all[i], all[(i + 1) % count]]);
            }
            assert_eq!(packed.into_iter().collect::<Vec<_>>(), all);
        }
        assert!(Samples::default().is_empty() && Samples::default().into_iter().next().is_none());
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let mut plain = struggle(40);
        plain[5].people[0].pose.pelvis_m.x = f32::NAN;
        plain[6].people[1].pose.turn[3] = Quat::from_xyzw(f32::INFINITY, 0.0, 0.0, 1.0);
        let packed: Samples = plain.into_iter().collect();
        assert!(packed.get(5).people[0].pose.pelvis_m.x.is_nan() && packed.get(4).is_finite() && packed.get(7).is_finite());
        assert!(!packed.get(6).people[1].pose.turn[3].is_normalized());
    }

    impl Sample {
        fn is_finite(&self) -> bool {
            self.people.iter().all(|person| person.pose.pelvis_m.is_finite() && person.pose.turn.iter().all(|turn| turn.is_finite()))
        }
    }

    #[test]
    fn samples_survive_a_file_and_one_packed_otherwise_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("performance.bin");
        let rate = FrameRate::whole(120);
        let mut performance = Performance {
            rate,
            duration: Secs(100.0 / 120.0),
            samples: struggle(100).into_iter().collect(),
            grips: Vec::new(),
            phrases: Vec::new(),
            droplets: Vec::new(),
            findings: Vec::new(),
        };
        crate::file::save(&path, "key", &performance).unwrap();
        assert_eq!(crate::file::load::<Performance>(&path).unwrap().data, performance);
        performance.samples.blocks[1] = performance.samples.blocks[1][1..].into();
        crate::file::save(&path, "key", &performance).unwrap();
        assert!(crate::file::load::<Performance>(&path).unwrap_err().to_string().contains("damaged"));
    }
}
