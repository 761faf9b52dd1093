//! What is kept of the simulation over the whole song, packed.

use crate::struggle::{PersonRecord, Record};
use clinch_model::{PersonSample, Sample, Samples};
use glam::Vec3;

/// Records at the rate that is kept, in time order.
///
/// A record's pose, effort, assist and grips are kept, rounded as samples are; how far it missed the reference counts only while takes are
/// compared.
#[derive(Default)]
pub(crate) struct Reel(Samples);

impl Reel {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn push(&mut self, record: &Record) {
        self.0.push(&Sample { people: record.each_ref().map(bare) });
    }

    /// The record of an index below [`Reel::len`].
    pub fn get(&self, index: usize) -> Record {
        record(&self.0.get(index))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Record> {
        self.0.iter().map(|sample| record(&sample))
    }

    /// All records, their memory given back as they are read.
    pub fn drain(self) -> impl Iterator<Item = Record> {
        self.0.into_iter().map(|sample| record(&sample))
    }
}

impl FromIterator<Record> for Reel {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut reel = Self::default();
        records.into_iter().for_each(|record| reel.push(&record));
        reel
    }
}

/// A sample that says no more than a record does; what is 0 takes no room in it.
fn bare(person: &PersonRecord) -> PersonSample {
    PersonSample {
        pose: person.pose,
        breath: 0.0,
        effort: person.effort,
        fatigue: 0.0,
        assist_n: person.assist_n,
        grip: person.grip,
        gaze_m: Vec3::ZERO,
        expression: [0.0; clinch_model::EXPRESSIONS],
        blink: 0.0,
    }
}

fn record(sample: &Sample) -> Record {
    sample.people.each_ref().map(|person| PersonRecord {
        effort: person.effort,
        assist_n: person.assist_n,
        grip: person.grip,
        ..PersonRecord::still(person.pose)
    })
}
