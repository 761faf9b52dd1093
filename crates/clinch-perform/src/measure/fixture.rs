//! Motions with known truth, for the tests of measures.

use crate::stand_in::{cast, pose, story};
use clinch_model::{
    Bar, Bpm, ContactKind, Curve, FrameRate, Lufs, Performance, PersonSample, Pose, Sample, Score, Secs, Section, Segment, Story, Target,
    TrackInfo, Who,
    hold::{Contact, Role},
    performance::EXPRESSIONS,
};
use glam::Vec3;

/// Samples a second of the motions.
pub(crate) const HZ: u32 = 120;

/// What moves in a sample besides the poses.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct State {
    pub effort: [f32; 2],
}

/// Both people standing before each other, moved by `change`.
pub(crate) fn moved(state: &State, change: impl Fn(Who, &mut Pose)) -> Sample {
    let cast = cast();
    let people = Who::BOTH.map(|who| {
        let mut pose = pose(cast.person(who), 0.0);
        change(who, &mut pose);
        PersonSample {
            pose,
            breath: 0.0,
            effort: state.effort[who.index()],
            fatigue: 0.7,
            assist_n: 0.0,
            grip: [0.0; 2],
            gaze_m: Vec3::ZERO,
            expression: [0.0; EXPRESSIONS],
            blink: 0.0,
        }
    });
    Sample { people }
}

/// A performance of some length, sample by sample.
pub(crate) fn performance(duration_secs: f64, at: impl Fn(f64) -> Sample) -> Performance {
    let rate = FrameRate::whole(HZ);
    let count = (duration_secs * f64::from(HZ)).round() as usize;
    Performance {
        rate,
        duration: Secs(duration_secs),
        samples: (0..count).map(|i| at(i as f64 / f64::from(HZ))).collect(),
        grips: vec![],
        phrases: vec![],
        droplets: vec![],
        findings: vec![],
    }
}

/// The stand-in's story with contacts in its hold.
pub(crate) fn story_with(duration_secs: f64, contacts: &[(Role, Segment, ContactKind, Target)]) -> Story {
    let mut story = story(duration_secs);
    let contact = |&(who, part, kind, on): &(Role, Segment, ContactKind, Target)| Contact { who, part, kind, on, at: Vec3::ZERO };
    story.holds[0].contacts = contacts.iter().map(contact).collect();
    story
}

/// A song of one-second bars with the given aggressions; a section begins at every bar of `sections`.
pub(crate) fn score(aggressions: &[f64], sections: &[usize]) -> Score {
    let count = aggressions.len();
    let section_of = |bar: usize| sections.iter().filter(|first| **first <= bar).count() - 1;
    let bar = |(i, &aggression): (usize, &f64)| Bar {
        start: Secs(i as f64),
        end: Secs(i as f64 + 1.0),
        section: section_of(i),
        loudness: Lufs(-14.0),
        aggression,
        onset_density_hz: 2.0,
        feeling: Default::default(),
    };
    let curve = || Curve { hop_secs: 0.01, values: vec![0.0; count * 100] };
    let track = TrackInfo {
        title: "truth".into(),
        artist: None,
        duration: Secs(count as f64),
        sample_rate_hz: 48_000,
        channels: 1,
        samples: count as u64 * 48_000,
        format: "none".into(),
    };
    let ends = sections.iter().skip(1).copied().chain([count]);
    let sections =
        sections.iter().zip(ends).map(|(&first_bar, end_bar)| Section { first_bar, end_bar, label: "A".into(), aggression: 0.5 });
    Score {
        track,
        tempo: Bpm(120.0),
        pulse_clarity: 1.0,
        beats_per_bar: 4,
        rhythm: Default::default(),
        beats: vec![],
        bars: aggressions.iter().enumerate().map(bar).collect(),
        sections: sections.collect(),
        form: Default::default(),
        loudness: Lufs(-14.0),
        onset: curve(),
        aggression: curve(),
        lyrics: vec![],
    }
}
