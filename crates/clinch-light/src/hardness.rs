//! How hard the light is, as the story goes: a slow curve round the loop.

use clinch_model::{EventKind, Secs, Story};

/// Steps of the curve in a second.
const STEPS_A_SEC: f64 = 2.0;
/// Time over which the curve eases, as a Gaussian's deviation: slower than anything that could be taken for a lamp that is switched.
const EASE_SECS: f64 = 1.6;
/// How long a recognition softens the light, around its moment.
const RECOGNITION_SECS: [f64; 2] = [1.0, 3.0];

/// Hardness over the film, −1 (soft) to 1 (hard), round the loop.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hardness {
    /// `[step]`; none where the light doesn't follow the story.
    values: Vec<f32>,
    duration_secs: f64,
}

impl Hardness {
    /// What a story asks for: hard where it means to be fought hardest, soft where they recognise each other; `follow` is how much of it is taken, 0..1.
    pub fn of(story: &Story, follow: f64) -> Self {
        let duration_secs = story.duration.0;
        if follow <= 0.0 || duration_secs <= 0.0 {
            return Self::default();
        }
        let count = ((duration_secs * STEPS_A_SEC).round() as usize).max(1);
        let at = |step: usize| Secs(step as f64 * duration_secs / count as f64);
        let intensity: Vec<f64> =
            (0..count).map(|step| story.phrases.get(story.phrase_at(at(step))).map_or(0.5, |phrase| phrase.intensity)).collect();
        // The story's own range is the light's: a calm song has its hard moments, too.
        let (least, most) = intensity.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &x| (least.min(x), most.max(x)));
        let span = (most - least).max(0.2);
        let asked: Vec<f64> = (0..count)
            .map(|step| {
                let soft = story.events.iter().filter(|event| event.kind == EventKind::Recognition).any(|event| {
                    let after = (at(step).0 - event.at.0 + RECOGNITION_SECS[0]).rem_euclid(duration_secs);
                    after < RECOGNITION_SECS[0] + RECOGNITION_SECS[1]
                });
                if soft { -1.0 } else { 2.0 * (intensity[step] - (least + most) / 2.0) / span * 0.8 }
            })
            .collect();
        let reach = ((3.0 * EASE_SECS * STEPS_A_SEC).ceil() as i64).min(count as i64 / 2);
        let weight = |away: i64| (-0.5 * (away as f64 / (EASE_SECS * STEPS_A_SEC)).powi(2)).exp();
        let total: f64 = (-reach..=reach).map(weight).sum();
        let eased = |step: usize| {
            let near = (-reach..=reach).map(|away| weight(away) * asked[(step as i64 + away).rem_euclid(count as i64) as usize]);
            (follow * near.sum::<f64>() / total) as f32
        };
        Self { values: (0..count).map(eased).collect(), duration_secs }
    }

    /// At a time, round the loop.
    pub fn at(&self, at: Secs) -> f32 {
        let count = self.values.len();
        if count == 0 {
            return 0.0;
        }
        let place = (at.0 / self.duration_secs).rem_euclid(1.0) * count as f64;
        let before = place as usize % count;
        let (a, b) = (self.values[before], self.values[(before + 1) % count]);
        a + (b - a) * (place - place.floor()) as f32
    }

    /// The curve's steps between two times, for what depends on it.
    pub fn between(&self, from: Secs, to: Secs) -> Vec<f32> {
        let steps = ((to.0 - from.0).max(0.0) * STEPS_A_SEC).ceil() as usize;
        (0..=steps).map(|step| self.at(Secs(from.0 + step as f64 / STEPS_A_SEC))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::{Event, Phrase, Who};

    fn story() -> Story {
        let phrase = |start: f64, end: f64, intensity: f64| Phrase {
            first_bar: 0,
            end_bar: 1,
            start: Secs(start),
            end: Secs(end),
            hold: "lean".into(),
            leader: Who::Cop,
            leverage: 0.0,
            intensity,
            place_m: Default::default(),
            heading_rad: 0.0,
        };
        Story {
            seed: 1,
            duration: Secs(40.0),
            phrases: vec![phrase(0.0, 10.0, 0.2), phrase(10.0, 20.0, 0.9), phrase(20.0, 40.0, 0.5)],
            events: vec![Event { at: Secs(30.0), kind: EventKind::Recognition, who: Who::Kid }],
            leverage: vec![],
            intensity: vec![],
            holds: vec![],
            fatigue: 0.6,
        }
    }

    #[test]
    fn light_is_hard_where_they_fight_and_soft_where_they_recognise_each_other() {
        let hardness = Hardness::of(&story(), 1.0);
        let at = |secs: f64| hardness.at(Secs(secs));
        assert!(
            at(15.0) > 0.6 && at(5.0) < -0.5 && at(31.0) < -0.5 && at(25.0).abs() < 0.2,
            "{} {} {} {}",
            at(15.0),
            at(5.0),
            at(31.0),
            at(25.0)
        );
        assert_eq!(Hardness::of(&story(), 0.0).at(Secs(15.0)), 0.0);
    }

    #[test]
    fn it_never_changes_faster_than_an_eye_takes_for_a_cloud_and_closes() {
        let hardness = Hardness::of(&story(), 1.0);
        let values: Vec<f32> = (0..=400).map(|i| hardness.at(Secs(f64::from(i) / 10.0))).collect();
        let fastest = values.windows(2).map(|pair| (pair[1] - pair[0]).abs() * 10.0).fold(0.0, f32::max);
        assert!(fastest < 0.6, "{fastest} a second");
        assert!((values[0] - values[400]).abs() < 1e-5);
    }
}
