//! How age shows beside the body's shape: white hairs, and how far skin has aged.

use crate::{
    noise::ramp,
    person::{Ancestry, PersonSpec},
};
use glam::Vec3;

/// Diffuse reflectance of white hair: below the 0.7 of bleached hair that may be asked for; chosen by looking, so that a white head is brighter than
/// any skin beside it and still has shades under a lamp.
const WHITE: f32 = 0.55;

/// Years in which the odds of a hair being white grow e-fold. With [`usual_grey`]'s middles the means over both sexes and three ancestries are those
/// of the survey that is named there.
const GREYING_YEARS: f32 = 9.0;

/// Share of white hairs that is usual at an age, 0..1, to the hundredth.
///
/// Panhard, Lozano and Loussouarn, "Greying of the human hair: a worldwide survey" (British Journal of Dermatology 167, 2012): of 4192 people 78 % of
/// those from 51 to 55 had white hairs, on the average 26 % of them; from 56 to 60 86 % and about 32 %, from 61 to 65 91 % and 40 %. Men had more than
/// women, and people of European descent more than others of their age. What one person has is a logistic curve; nobody differs from the usual here
/// unless the treatment asks for it.
pub fn usual_grey(age_years: f32, sex: f32, ancestry: Ancestry) -> f32 {
    let middle_years = 68.5 - 6.0 * ancestry.european + 2.0 - 4.0 * sex;
    let share = logistic((age_years - middle_years) / GREYING_YEARS);
    // The first white hairs come in the third decade (Tobin and Paus, "Graying", Experimental Gerontology 36, 2001).
    (100.0 * share * ramp(age_years, 20.0, 38.0)).round() / 100.0
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// A share whose odds are e^`lead` times as great; none and all stay so.
fn led(share: f32, lead: f32) -> f32 {
    if share <= 0.0 || share >= 1.0 { share.clamp(0.0, 1.0) } else { logistic((share / (1.0 - share)).ln() + lead) }
}

/// How white somebody's hair is, from place to place.
#[derive(Debug, Clone, Copy)]
pub struct Greying {
    /// Share over the whole head, 0..1.
    grey: f32,
    sex: f32,
    /// Reflectance of hairs with pigment, and of white ones.
    pub tones: [f32; 2],
}

impl Greying {
    /// Reads a person.
    pub fn of(spec: &PersonSpec) -> Self {
        Self { grey: spec.hair.grey, sex: spec.sex, tones: [spec.hair.tone, spec.hair.tone.max(WHITE)] }
    }

    /// Share of white hairs at a place of the scalp on the base mesh: men's temples first, women's whole front, the nape last (Panhard and others, as
    /// above). `uneven` −1..1 makes some locks lead others.
    pub fn scalp(&self, c: Vec3, uneven: f32) -> f32 {
        let temple = ramp(c.y, 0.795, 0.765) * ramp(c.z, 0.020, 0.060);
        let front = ramp(c.z, 0.070, 0.110);
        let back = ramp(c.z, 0.010, -0.030) * ramp(c.y, 0.80, 0.74);
        let by_sex = |women: f32, men: f32| women + (men - women) * self.sex;
        // Less on the crown, so that the whole head keeps its share.
        let lead = by_sex(0.7, 1.4) * temple + by_sex(0.6, 0.2) * front - by_sex(0.4, 0.6) * back - by_sex(0.25, 0.45);
        led(self.grey, lead + 0.9 * uneven)
    }

    /// Share of white hairs in the brows, which grey late.
    pub fn brows(&self) -> f32 {
        led(self.grey, -1.3)
    }

    /// Share of white hairs in the beard at a place on the base mesh: later than on the head (Tobin and Paus, as above), the chin before the cheeks.
    pub fn beard(&self, c: Vec3) -> f32 {
        led(self.grey, -1.0 + 1.1 * ramp(c.y, 0.655, 0.640) * ramp(c.x.abs(), 0.035, 0.018))
    }

    /// Mean reflectance of a mixture.
    pub fn tone(&self, share: f32) -> f32 {
        self.tones[0] + (self.tones[1] - self.tones[0]) * share
    }
}

/// What faces lose late, against others of their sex and build: details by their names in a treatment and how far they have gone at 85. MakeHuman's `old`
/// lets skin hang, but leaves lips and temples full.
pub const LOSSES: [(&str, f32); 7] = [
    ("temples", -0.40),
    ("eye-lids", -0.30),
    ("eye-bags", 0.25),
    ("cheek-hollow", -0.20),
    ("lips", -0.45),
    ("nose-tip", -0.20),
    ("ear-lobes", 0.40),
];

/// How far age drives a detail of the face, −1..1; nothing before 52.
pub fn loss(detail: &str, age_years: f32) -> f32 {
    LOSSES.iter().find(|known| known.0 == detail).map_or(0.0, |known| known.1 * ramp(age_years, 52.0, 85.0))
}

/// How deep the lines of the skin are, 0 at 28 .. 1 at 85; they come slowly at first. Chosen by looking, at people of every decade.
pub fn lines(age_years: f32) -> f32 {
    ((age_years - 28.0) / 57.0).clamp(0.0, 1.0).powf(1.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANCESTRIES: [Ancestry; 3] = [
        Ancestry { african: 1.0, asian: 0.0, european: 0.0 },
        Ancestry { african: 0.0, asian: 1.0, european: 0.0 },
        Ancestry { african: 0.0, asian: 0.0, european: 1.0 },
    ];

    #[test]
    fn people_grey_as_in_the_survey() {
        // Share of people with white hairs times the share that is white in theirs.
        for (age_years, surveyed) in [(53.0, 0.78 * 0.26), (58.0, 0.86 * 0.32), (63.0, 0.91 * 0.40)] {
            let all = ANCESTRIES.iter().flat_map(|&ancestry| [0.0, 1.0].map(|sex| usual_grey(age_years, sex, ancestry)));
            let mean = all.sum::<f32>() / 6.0;
            assert!((mean - surveyed).abs() < 0.05, "{age_years}: {mean} for {surveyed}");
        }
        for ancestry in ANCESTRIES {
            assert!((0..74).all(|i| usual_grey(16.0 + i as f32, 0.0, ancestry) <= usual_grey(17.0 + i as f32, 0.0, ancestry)));
            assert!(usual_grey(50.0, 1.0, ancestry) > usual_grey(50.0, 0.0, ancestry));
            assert!(usual_grey(22.0, 1.0, ancestry) == 0.0 && usual_grey(90.0, 0.0, ancestry) > 0.85);
        }
    }

    #[test]
    fn temples_grey_before_the_crown_and_brows_last() {
        let greying = Greying { grey: 0.3, sex: 1.0, tones: [0.05, WHITE] };
        let [temple, crown, nape] =
            [Vec3::new(0.07, 0.75, 0.08), Vec3::new(0.0, 0.85, 0.02), Vec3::new(0.0, 0.69, -0.03)].map(|c| greying.scalp(c, 0.0));
        assert!(temple > 1.5 * crown && crown > 1.3 * nape, "{temple} {crown} {nape}");
        let chin = greying.beard(Vec3::new(0.0, 0.635, 0.14));
        let cheek = greying.beard(Vec3::new(0.05, 0.67, 0.09));
        assert!(chin > cheek && cheek > greying.brows() && greying.brows() > 0.0);
        for grey in [0.0, 1.0] {
            let greying = Greying { grey, ..greying };
            assert_eq!([greying.scalp(Vec3::ZERO, 1.0), greying.brows(), greying.beard(Vec3::ZERO)], [grey; 3]);
        }
    }
}
