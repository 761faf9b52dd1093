//! The choreography: a story as a reference motion of both people.
//!
//! Every hold is solved for the two bodies from its rough postures and contacts. Moves between holds are laid out with footsteps, knees
//! that go down one after another and hands that let go and take hold; within a hold both push, sway and shift their weight. Thirty poses a
//! second are made exact by a whole-body solver, smoothed and interpolated. Everything closes over the song.

mod body;
mod collide;
mod course;
pub(crate) mod ease;
pub(crate) mod limits;
mod motion;
mod passage;
mod poise;
mod posture;
mod smooth;
mod solve;
mod steps;
mod sway;
#[cfg(test)]
mod tests;
mod track;
mod via;

pub use posture::{HeldContact, Quality, SolvedHold};

use crate::Error;
use body::Rig;
use clinch_model::{Cast, ContactKind, Pose, Secs, Segment, Story, Target, Who};
use glam::Vec3;
use motion::Plan;
use passage::{Arrangement, Bearing, LEGS, Passage};
use posture::solve_hold;
use rayon::prelude::*;
use std::collections::BTreeMap;
pub use track::Centre;
use track::Track;

/// A story as a reference motion of both people, periodic over the song.
pub struct Choreography {
    solved: BTreeMap<(String, Who), SolvedHold>,
    plan: Plan,
    track: Track,
    duration_secs: f64,
    spans: Vec<ContactSpan>,
    /// `[half second]`: indices of spans that may be active in it.
    spans_near: Vec<Vec<u32>>,
}

/// Both people at one time.
#[derive(Debug, Clone)]
pub struct Reference {
    /// `[who]`.
    pub people: [PersonReference; 2],
    /// Index of the phrase.
    pub phrase: usize,
}

/// One person at one time.
#[derive(Debug, Clone)]
pub struct PersonReference {
    /// Where the body should be, in the world.
    pub pose: Pose,
    /// What should touch what.
    pub contacts: Vec<ActiveContact>,
    /// The centre of mass, if it has a way of its own; otherwise the pose's.
    pub centre: Option<Centre>,
}

/// A contact at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActiveContact {
    /// The part of this person.
    pub part: Segment,
    /// How it touches.
    pub kind: ContactKind,
    /// What it touches.
    pub on: Target,
    /// The touched point of the surface in the target segment's frame; on the ground, the place in the world.
    pub point_in_target_m: Vec3,
    /// How firm it is, 0..1: rises after arrival, falls before leaving.
    pub strength: f32,
}

/// A contact with the times of its life.
struct ContactSpan {
    who: Who,
    contact: ActiveContact,
    /// When it begins to close, is closed, begins to open, is open.
    times_secs: [f64; 4],
}

/// Length of the time slots in which contacts are looked up.
const SLOT_SECS: f64 = 0.5;

impl Choreography {
    /// Solves the story's holds for the cast's bodies and lays the whole motion out.
    ///
    /// # Errors
    /// If the phrases don't tile the song, name an unknown hold, or a hold's numbers can't be solved.
    pub fn new(story: &Story, cast: &Cast) -> Result<Self, Error> {
        passage::check(&story.phrases, story.duration.0)?;
        let rigs = [Rig::new(&cast.people[0]), Rig::new(&cast.people[1])];
        let solved = solve_all(story, &rigs)?;
        let passages = lay_out(story, &solved, &rigs)?;
        let plan = Plan::new(story, passages, rigs)?;
        let (frames, centres_m) = plan.frames();
        let track = Track::new(frames, centres_m, story.duration.0);
        let spans = contact_spans(&plan);
        let spans_near = near(&spans, story.duration.0);
        Ok(Self { solved, plan, track, duration_secs: story.duration.0, spans, spans_near })
    }

    /// Both people at any time; the song repeats for ever, in both directions.
    pub fn at(&self, at: Secs) -> Reference {
        let secs = at.0.rem_euclid(self.duration_secs);
        let poses = self.track.at(secs);
        let mut people = poses.map(|pose| PersonReference { pose, contacts: Vec::new(), centre: None });
        for (person, centre) in people.iter_mut().zip(self.track.centres_at(secs)) {
            person.centre = Some(centre);
        }
        let slot = ((secs / SLOT_SECS) as usize).min(self.spans_near.len() - 1);
        for &i in &self.spans_near[slot] {
            let span = &self.spans[i as usize];
            let strength = span.strength(secs, self.duration_secs);
            if strength > 0.0 {
                people[span.who.index()].contacts.push(ActiveContact { strength, ..span.contact });
            }
        }
        Reference { people, phrase: self.plan.phrase_at(secs) }
    }

    /// How exact the motion is at a time: firm contacts, overlap, ground and joint ranges.
    pub fn quality(&self, at: Secs) -> Quality {
        let secs = at.0.rem_euclid(self.duration_secs);
        self.plan.quality(&self.track.at(secs), secs)
    }

    /// When the move into a phrase's hold is over; none for a phrase that isn't there.
    pub fn held_from(&self, phrase: usize) -> Option<Secs> {
        self.plan.held_from_secs(phrase).map(Secs)
    }

    /// A hold as it was solved, if the story uses it with this leader.
    pub fn solved(&self, hold: &str, leader: Who) -> Option<&SolvedHold> {
        self.solved.get(&(hold.to_owned(), leader))
    }
}

impl ContactSpan {
    /// How firm the contact is at a time, in whichever turn of the loop is nearest.
    fn strength(&self, secs: f64, duration_secs: f64) -> f32 {
        let [closing, closed, opening, open] = self.times_secs;
        let firm = |t: f64| ease::ease(ease::within(t, closing, closed)) * (1.0 - ease::ease(ease::within(t, opening, open)));
        firm(secs).max(firm(secs + duration_secs)).max(firm(secs - duration_secs)) as f32
    }
}

/// Solves every hold that the story uses, for each leader it has.
fn solve_all(story: &Story, rigs: &[Rig; 2]) -> Result<BTreeMap<(String, Who), SolvedHold>, Error> {
    let mut wanted = BTreeMap::new();
    for (i, phrase) in story.phrases.iter().enumerate() {
        let unknown = || Error::UnknownHold { phrase: i, hold: phrase.hold.clone() };
        wanted.insert((phrase.hold.clone(), phrase.leader), story.hold(&phrase.hold).ok_or_else(unknown)?);
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let solved: Result<Vec<_>, Error> =
        wanted.into_par_iter().map(|(key, hold)| solve_hold(hold, key.1, rigs).map(|solved| (key, solved))).collect();
    Ok(solved?.into_iter().collect())
}

/// Puts the phrases in time and on the ground.
fn lay_out(story: &Story, solved: &BTreeMap<(String, Who), SolvedHold>, rigs: &[Rig; 2]) -> Result<Vec<Passage>, Error> {
    let count = story.phrases.len();
    let passage = |i: usize| {
        let (phrase, before) = (&story.phrases[i], &story.phrases[(i + count - 1) % count]);
        let unknown = || Error::UnknownHold { phrase: i, hold: phrase.hold.clone() };
        let hold = story.hold(&phrase.hold).ok_or_else(unknown)?;
        let arrangement = |p: &clinch_model::Phrase| {
            let solved = solved.get(&(p.hold.clone(), p.leader)).ok_or_else(unknown)?;
            Ok(Arrangement::new(solved, rigs))
        };
        Ok(Passage::new(phrase, before, hold, &arrangement(before)?, arrangement(phrase)?))
    };
    (0..count).map(passage).collect()
}

/// All contacts of the motion: touches, plants, and the stays of feet and knees.
fn contact_spans(plan: &Plan) -> Vec<ContactSpan> {
    let mut spans: Vec<ContactSpan> = plan
        .spans
        .iter()
        .map(|span| {
            let c = &span.contact;
            let contact = ActiveContact { part: c.part, kind: c.kind, on: c.on, point_in_target_m: c.point_m, strength: 0.0 };
            ContactSpan { who: c.who, contact, times_secs: span.times_secs }
        })
        .collect();
    /// A foot takes weight over this time after landing, and gives it up before lifting, in seconds.
    const LOADING_SECS: f64 = 0.1;
    for (who, side, stay) in plan.stays() {
        let (part, point_m) = match stay.at.bearing {
            Bearing::Foot => (LEGS[side][2], stay.at.foot.origin_m),
            Bearing::Knee => (LEGS[side][1], stay.at.knee_m),
            Bearing::Free => continue,
        };
        let point_in_target_m = point_m * Vec3::new(1.0, 0.0, 1.0);
        let contact = ActiveContact { part, kind: ContactKind::Plant, on: Target::Ground, point_in_target_m, strength: 0.0 };
        let ramp_secs = LOADING_SECS.min((stay.until_secs - stay.from_secs) / 3.0);
        let times_secs = [stay.from_secs, stay.from_secs + ramp_secs, stay.until_secs - ramp_secs, stay.until_secs];
        spans.push(ContactSpan { who: Who::BOTH[who], contact, times_secs });
    }
    spans
}

/// `[half second]`: spans that may be active in it.
fn near(spans: &[ContactSpan], duration_secs: f64) -> Vec<Vec<u32>> {
    let slots = (duration_secs / SLOT_SECS).ceil().max(1.0) as usize;
    let mut near = vec![Vec::new(); slots];
    for (i, span) in spans.iter().enumerate() {
        for (slot, list) in near.iter_mut().enumerate() {
            let from = slot as f64 * SLOT_SECS;
            let overlaps = |shift: f64| span.times_secs[0] < from + SLOT_SECS + shift && span.times_secs[3] > from + shift;
            if overlaps(0.0) || overlaps(duration_secs) || overlaps(-duration_secs) {
                list.push(i as u32);
            }
        }
    }
    near
}
