//! How muscles tire: each joint's are resting, active or fatigued, and pass from one to the next.
//!
//! The three-compartment controller of Xia and Frey Law, "A theoretical approach for modeling peripheral muscle fatigue and recovery", J. Biomechanics 41(14), 2008.
//! Rates of fatigue by joint: Frey-Law, Looft and Heitsman, "A three-compartment muscle fatigue model accurately predicts joint-specific maximum endurance times for
//! sustained isometric tasks", J. Biomechanics 45(10), 2012; joints that it doesn't have get its general muscle's.

use crate::world::STEP_SECS;
use clinch_model::Segment;

/// Rate at which muscles are called up and let go, a second (the model's L_D and L_R).
const CALLED_UP_PER_SEC: f32 = 10.0;

/// Share of a joint's rested strength that is asked of it on average in a struggle of middling intensity, bracing counted in.
const USUAL_LOAD: f32 = 0.2;

/// The muscles of one joint. What is neither active nor fatigued rests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Compartments {
    active: f32,
    fatigued: f32,
    /// Share that was fatigued at first.
    worn: f32,
}

impl Compartments {
    /// Muscles of somebody who has been at it for days, `worn` (over 0, under 1) of them fatigued.
    pub fn worn(worn: f32) -> Self {
        Self { active: USUAL_LOAD.min(1.0 - worn), fatigued: worn, worn }
    }

    /// What they can give now over what they could at first.
    pub fn strength(&self) -> f32 {
        (1.0 - self.fatigued) / (1.0 - self.worn)
    }

    /// Goes on by a step of the simulation under a load, the asked share of the rested strength.
    ///
    /// The published rates of recovery are a tenth of those of fatigue: under them nobody could go on for days. Here as much recovers at the usual load as tires, so that a
    /// struggle has no beginning; what is held harder than usual tires, what is held less recovers.
    pub fn go_on(&mut self, segment: Segment, load: f32) {
        let tires_per_sec = tires_per_sec(segment);
        let recovers_per_sec = tires_per_sec * USUAL_LOAD / self.worn;
        let resting = 1.0 - self.active - self.fatigued;
        let called_up = CALLED_UP_PER_SEC * (load - self.active).clamp(-self.active, resting);
        let tired = tires_per_sec * self.active;
        self.active += (called_up - tired) * STEP_SECS;
        self.fatigued += (tired - recovers_per_sec * self.fatigued) * STEP_SECS;
    }
}

/// Share of the active muscles at a segment's joint that tire in a second.
fn tires_per_sec(segment: Segment) -> f32 {
    match segment {
        Segment::FootL | Segment::FootR => 0.00589,
        Segment::ShinL | Segment::ShinR => 0.01500,
        Segment::Abdomen | Segment::Chest => 0.00755,
        Segment::UpperArmL | Segment::UpperArmR => 0.01820,
        Segment::ForearmL | Segment::ForearmR => 0.00912,
        Segment::HandL | Segment::HandR => 0.00980,
        Segment::Pelvis | Segment::Head | Segment::ThighL | Segment::ThighR => 0.00970,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(load: f32, secs: f32) -> Compartments {
        let mut muscles = Compartments::worn(0.2);
        (0..(secs / STEP_SECS) as usize).for_each(|_| muscles.go_on(Segment::UpperArmL, load));
        muscles
    }

    #[test]
    fn the_usual_load_can_be_borne_for_ever_a_greater_one_tires_and_rest_restores() {
        assert!((after(USUAL_LOAD, 600.0).strength() - 1.0).abs() < 0.01);
        let (held, rested) = (after(0.6, 30.0), after(0.0, 30.0));
        assert!((0.7..0.9).contains(&held.strength()), "{}", held.strength());
        assert!((1.02..1.2).contains(&rested.strength()), "{}", rested.strength());
        assert!(after(0.6, 60.0).strength() < held.strength());
    }

    #[test]
    fn no_muscle_is_in_two_states() {
        for load in [0.0, 0.5, 1.0] {
            let muscles = after(load, 120.0);
            assert!(muscles.active >= 0.0 && muscles.fatigued > 0.0 && muscles.active + muscles.fatigued <= 1.0 + 1e-5, "{muscles:?}");
        }
    }
}
