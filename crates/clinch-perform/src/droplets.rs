//! Blood and spit of the elbow shove: where the elbow meets the other's head, drops leave the mouth, fly as drops fly, and land.
//!
//! All of it is worked out from the finished motion, so nothing that is simulated depends on it.

use crate::{measure::strikes::gap_between_m, world::GRAVITY};
use clinch_model::{
    Cast, EventKind, FrameRate, Placed, Pose, SEGMENTS, Samples, Secs, Segment, Story, Who, performance::Droplet, random::Stream,
};
use glam::Vec3;

/// How far from the story's moment the contact is looked for, in seconds: the simulated arm lags the plan by some tenths.
const WINDOW_SECS: f64 = 0.6;
/// How near the forearm must come to the head for anything to be shaken out of the mouth, in metres: sleeve and cheek are about as thick.
const REACH_M: f32 = 0.06;

/// Where the mouth is in the head's frame of a person 1.75 m tall: 7 cm under the eyes and 2 cm in front of them.
const MOUTH_IN_HEAD_M: Vec3 = Vec3::new(0.0, 0.08, 0.10);
const MOUTH_OF_HEIGHT_M: f32 = 1.75;
/// Half the width from which drops come, in metres.
const MOUTH_HALF_M: f32 = 0.018;

/// Number of drops and strings.
const COUNT: [f64; 2] = [110.0, 140.0];
/// How long the mouth gives them, in seconds: about as long as a head is pushed out of the way.
const RELEASE_SECS: f64 = 0.12;
/// Diameters of most, in metres: median, deviation of the logarithm, least and greatest. Expirated blood has drops of 0.1 to 4 mm (James,
/// Kish, Sutton, "Principles of Bloodstain Pattern Analysis", 2005, ch. 6); those under 0.4 mm are mist that no film shows.
const MEDIAN_M: f64 = 0.0020;
const LOG_DEVIATION: f64 = 0.55;
const LEAST_M: f64 = 0.0004;
const GREATEST_M: f64 = 0.004;
/// The largest few: how many, and their diameters.
const LARGEST: usize = 5;
const LARGEST_M: [f64; 2] = [0.004, 0.006];
/// Every so many-th is a string of spit: its diameter and how long its end comes after its head.
const STRING_EVERY: usize = 11;
const STRING_M: [f64; 2] = [0.0008, 0.0014];
const STRING_SECS: [f64; 2] = [0.010, 0.024];
/// Speeds relative to the head, in m/s.
const SPEED_M_PER_SEC: [f64; 2] = [1.0, 4.0];
/// What the middle of the cone is made of: away from the elbow, out of the mouth, and upwards; and how far drops stray from it, as the
/// deviation of a tangent.
const AWAY: f32 = 0.55;
const OUT: f32 = 0.35;
const UP: f32 = 0.85;
const SPREAD: f32 = 0.33;

/// Air at 15 °C: density in kg/m³ and viscosity in Pa·s (ISO 2533).
const AIR_KG_PER_M3: f32 = 1.225;
const AIR_PA_S: f32 = 1.79e-5;
/// Density of blood and of spit, in kg/m³, and surface tension of both, in N/m.
const BLOOD_KG_PER_M3: f32 = 1060.0;
const SPIT_KG_PER_M3: f32 = 1005.0;
const TENSION_N_PER_M: f32 = 0.056;
/// Steps of the integration in one of the path.
const SUBSTEPS: usize = 8;
/// Longest flight that is followed, in seconds: 4 m/s straight up from a standing mouth takes 1.1 s.
const LONGEST_SECS: f64 = 3.0;
/// A spot stays at least this long, in seconds, even across the loop's seam.
const LEAST_STAY_SECS: f64 = 9.0;

/// The shove as it was really acted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Contact {
    /// Who shoves.
    pub who: Who,
    /// The forearm that comes nearest to the other's head.
    pub forearm: Segment,
    /// Number of the sample at which it arrives, perhaps beyond the loop's either end.
    pub sample: i64,
    /// Least distance of the two surfaces, negative where one presses into the other.
    pub gap_m: f32,
    /// Greatest speed at which the gap closes from one sample to the next within the window.
    pub approach_m_per_sec: f32,
}

/// Where the story's shove comes nearest to the other's head; none without a shove.
pub(crate) fn contact(samples: &Samples, rate: FrameRate, story: &Story, cast: &Cast) -> Option<Contact> {
    let event = story.events.iter().find(|event| event.kind == EventKind::Shove).filter(|_| samples.len() > 1)?;
    let who = event.who;
    let [first, last] = [-WINDOW_SECS, WINDOW_SECS].map(|shift_secs| ((event.at.0 + shift_secs) * rate.hz()).round() as i64);
    let mut reader = samples.reader();
    let gaps_m: Vec<[f32; 2]> = (first..=last)
        .map(|i| {
            let sample = reader.get(i.rem_euclid(samples.len() as i64) as usize);
            gaps_m(who, Who::BOTH.map(|who| &sample.person(who).pose), cast)
        })
        .collect();
    let arrival = arrival(&gaps_m)?;
    let approach_m_per_sec = arrival.closes_m * rate.hz() as f32;
    Some(Contact { who, forearm: arrival.forearm, sample: first + arrival.index as i64, gap_m: arrival.gap_m, approach_m_per_sec })
}

/// `[forearm]`: distances of a person's forearms from the other's head, in metres; negative inside.
pub(crate) fn gaps_m(who: Who, poses: [&Pose; 2], cast: &Cast) -> [f32; 2] {
    let placed = Who::BOTH.map(|who| cast.person(who).skeleton.place(poses[who.index()]));
    let shape = |who: Who, segment: Segment| &cast.person(who).skeleton.shape[segment.index()];
    let head = (&placed[who.other().index()][Segment::Head.index()], shape(who.other(), Segment::Head));
    FOREARMS.map(|forearm| gap_between_m(&placed[who.index()][forearm.index()], shape(who, forearm), head.0, head.1))
}

/// Where in a row of distances a forearm arrives at the head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arrival {
    /// The forearm that comes nearest.
    pub forearm: Segment,
    /// The index at which it arrives.
    pub index: usize,
    /// Its least distance, in metres.
    pub gap_m: f32,
    /// The most by which it comes nearer from one index to the next, in metres.
    pub closes_m: f32,
}

/// Finds the arrival in `[time][forearm]` distances; none in fewer than two.
pub(crate) fn arrival(gaps_m: &[[f32; 2]]) -> Option<Arrival> {
    let all = (0..gaps_m.len()).flat_map(|i| [(i, 0), (i, 1)]);
    let (nearest, side) = all.min_by(|a, b| gaps_m[a.0][a.1].total_cmp(&gaps_m[b.0][b.1]))?;
    let closing_m = |i: usize| gaps_m[i][side] - gaps_m[i + 1][side];
    let fastest = (0..gaps_m.len() - 1).max_by(|&a, &b| closing_m(a).total_cmp(&closing_m(b)))?;
    // It arrives where it is pushed through, not where it presses most afterwards.
    let there_m = gaps_m[nearest][side].max(0.0) + ARRIVED_M;
    let index = (fastest..gaps_m.len()).find(|&i| gaps_m[i][side] <= there_m).unwrap_or(nearest);
    Some(Arrival { forearm: FOREARMS[side], index, gap_m: gaps_m[nearest][side], closes_m: closing_m(fastest) })
}

/// How near to its nearest a forearm has arrived, in metres.
pub(crate) const ARRIVED_M: f32 = 0.005;

const FOREARMS: [Segment; 2] = [Segment::ForearmL, Segment::ForearmR];

/// The drops that a contact shakes out of the other's mouth, in the order of their leaving it; none where the forearm stays away.
pub(crate) fn shaken_out(contact: &Contact, samples: &Samples, rate: FrameRate, story: &Story, cast: &Cast) -> Vec<Droplet> {
    if contact.gap_m > REACH_M {
        return Vec::new();
    }
    let mut random = Stream::new(story.seed, "droplets");
    let count = random.between(COUNT[0], COUNT[1]) as usize;
    let mut droplets: Vec<Droplet> = (0..count)
        .map(|number| {
            // Most come at once, the rest trail off.
            let late_secs = RELEASE_SECS * random.unit().powi(2);
            let mouth = Mouth::at(contact, contact.sample as f64 + late_secs * rate.hz(), samples, rate, cast);
            let drop = Drop::random(number, &mut random);
            let start = Secs(contact.sample as f64 / rate.hz() + late_secs);
            landed(start, &drop, mouth.place_m(&mut random), mouth.velocity(&mut random), story.duration)
        })
        .collect();
    droplets.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
    droplets
}

/// The mouth that is shaken at one time.
struct Mouth {
    head: Placed,
    at_m: Vec3,
    velocity_m_per_sec: Vec3,
    /// Middle of the cone, a unit vector.
    axis: Vec3,
}

impl Mouth {
    /// At a sample's number, which may lie between two.
    fn at(contact: &Contact, sample: f64, samples: &Samples, rate: FrameRate, cast: &Cast) -> Self {
        let placed = |who: Who, i: i64| -> [Placed; SEGMENTS] {
            cast.person(who).skeleton.place(&samples.get(i.rem_euclid(samples.len() as i64) as usize).person(who).pose)
        };
        let (struck, i) = (contact.who.other(), sample.floor() as i64);
        let mouth_in_head_m = MOUTH_IN_HEAD_M * cast.person(struck).height_m / MOUTH_OF_HEIGHT_M;
        let [now, next] = [i, i + 1].map(|i| placed(struck, i)[Segment::Head.index()]);
        let [from_m, to_m] = [now, next].map(|head| head.point(mouth_in_head_m));
        let at_m = from_m.lerp(to_m, (sample - i as f64) as f32);
        let elbow_m = placed(contact.who, contact.sample)[contact.forearm.index()].origin_m;
        let away = (at_m - elbow_m).with_y(0.0).normalize_or_zero();
        let axis = (away * AWAY + now.turn * Vec3::Z * OUT + Vec3::Y * UP).normalize_or(Vec3::Y);
        Self { head: now, at_m, velocity_m_per_sec: (to_m - from_m) * rate.hz() as f32, axis }
    }

    /// Somewhere between the lips.
    fn place_m(&self, random: &mut Stream) -> Vec3 {
        let [across, up] = [MOUTH_HALF_M, 0.3 * MOUTH_HALF_M].map(|half_m| half_m * random.between(-1.0, 1.0) as f32);
        self.at_m + self.head.turn * Vec3::new(across, up, 0.0)
    }

    /// The head's own velocity, and one within the cone.
    fn velocity(&self, random: &mut Stream) -> Vec3 {
        let (side, ahead) = self.axis.any_orthonormal_pair();
        let astray = |random: &mut Stream| SPREAD * random.normal().clamp(-2.5, 2.5) as f32;
        let direction = (self.axis + side * astray(random) + ahead * astray(random)).normalize_or(self.axis);
        // Few are as fast as the fastest.
        let share = random.unit().powf(1.4);
        let speed = SPEED_M_PER_SEC[0] + (SPEED_M_PER_SEC[1] - SPEED_M_PER_SEC[0]) * share;
        self.velocity_m_per_sec + direction * speed as f32
    }
}

/// What a drop is, wherever it flies.
#[derive(Debug, Clone, Copy)]
struct Drop {
    diameter_m: f32,
    blood: f32,
    string_secs: f64,
}

impl Drop {
    fn random(number: usize, random: &mut Stream) -> Self {
        let spread = random.normal();
        let [blood, size, length] = [0; 3].map(|_| random.unit());
        let within = |[least, greatest]: [f64; 2], share: f64| least + (greatest - least) * share;
        if number < LARGEST {
            return Self { diameter_m: within(LARGEST_M, size) as f32, blood: within([0.5, 1.0], blood) as f32, string_secs: 0.0 };
        }
        if number.is_multiple_of(STRING_EVERY) {
            let string_secs = within(STRING_SECS, length);
            return Self { diameter_m: within(STRING_M, size) as f32, blood: within([0.0, 0.25], blood) as f32, string_secs };
        }
        // Two of five drops are blood, more or less thinned; the rest is spit.
        let blood = if blood < 0.4 { 1.0 - blood } else { 0.15 * (blood - 0.4) };
        let diameter_m = (MEDIAN_M * (LOG_DEVIATION * spread).exp()).clamp(LEAST_M, GREATEST_M);
        Self { diameter_m: diameter_m as f32, blood: blood as f32, string_secs: 0.0 }
    }

    fn density_kg_per_m3(&self) -> f32 {
        SPIT_KG_PER_M3 + (BLOOD_KG_PER_M3 - SPIT_KG_PER_M3) * self.blood
    }

    /// Gravity and the drag of still air. Drag of a sphere after Schiller and Naumann, "A drag coefficient correlation", VDI-Zeitung 77,
    /// 1933: 24 / Re × (1 + 0.15 Re^0.687) up to a Reynolds number of 1000, 0.44 beyond.
    fn acceleration(&self, velocity: Vec3) -> Vec3 {
        let speed = velocity.length();
        let reynolds = AIR_KG_PER_M3 * speed * self.diameter_m / AIR_PA_S;
        let drag = if reynolds < 1e-3 {
            // Stokes's limit of the formula below: 18 × viscosity / (density × diameter²).
            18.0 * AIR_PA_S / (self.density_kg_per_m3() * self.diameter_m * self.diameter_m)
        } else {
            let coefficient = if reynolds < 1000.0 { 24.0 / reynolds * (1.0 + 0.15 * reynolds.powf(0.687)) } else { 0.44 };
            // Force ½ ρ_air c π d² / 4 × speed², over the mass ρ π d³ / 6, over the speed.
            0.75 * coefficient * AIR_KG_PER_M3 / (self.density_kg_per_m3() * self.diameter_m) * speed
        };
        Vec3::NEG_Y * GRAVITY - velocity * drag
    }

    /// Place and velocity some seconds on (midpoint rule).
    fn step(&self, at_m: Vec3, velocity: Vec3, secs: f32) -> (Vec3, Vec3) {
        let between = velocity + self.acceleration(velocity) * (secs / 2.0);
        (at_m + between * secs, velocity + self.acceleration(between) * secs)
    }

    /// Its spot's radius where it lands at a speed: at its widest a drop spreads to We^¼ of its diameter (Clanet, Béguin, Richard, Quéré,
    /// "Maximal deformation of an impacting drop", J. Fluid Mech. 517, 2004).
    fn spot_m(&self, speed: f32) -> f32 {
        let weber = self.density_kg_per_m3() * speed * speed * self.diameter_m / TENSION_N_PER_M;
        self.diameter_m / 2.0 * weber.max(1.0).powf(0.25)
    }
}

/// Follows a drop from the mouth to the ground, y = 0.
fn landed(start: Secs, drop: &Drop, from_m: Vec3, velocity: Vec3, duration: Secs) -> Droplet {
    let (mut at_m, mut velocity) = (from_m.max(Vec3::new(f32::MIN, drop.diameter_m, f32::MIN)), velocity);
    let mut path_m = vec![at_m];
    let substep_secs = (Droplet::STEP_SECS / SUBSTEPS as f64) as f32;
    let most = (LONGEST_SECS / Droplet::STEP_SECS) as usize;
    let mut last_share = 1.0;
    while path_m.len() <= most && at_m.y > 0.0 {
        let before_m = at_m;
        for _ in 0..SUBSTEPS {
            (at_m, velocity) = drop.step(at_m, velocity, substep_secs);
        }
        if at_m.y <= 0.0 {
            last_share = f64::from(before_m.y / (before_m.y - at_m.y));
            at_m = before_m.lerp(at_m, last_share as f32).with_y(0.0);
        }
        path_m.push(at_m);
    }
    let flight = Secs((path_m.len() as f64 - 2.0 + last_share) * Droplet::STEP_SECS);
    // It stays until the loop's end, or well into the next round; less than a whole round in any case.
    let start = Secs(start.0.rem_euclid(duration.0));
    let stay_secs = (duration.0 - start.0).max(flight.0 + LEAST_STAY_SECS).min(0.98 * duration.0);
    Droplet {
        start,
        flight,
        gone: Secs(stay_secs),
        path_m,
        radius_m: drop.diameter_m / 2.0,
        spot_m: drop.spot_m(velocity.length()),
        blood: drop.blood,
        string: Secs(drop.string_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{cast, pose, story};
    use clinch_model::{Event, PersonSample, Sample};

    fn drop(diameter_m: f32) -> Drop {
        Drop { diameter_m, blood: 0.0, string_secs: 0.0 }
    }

    #[test]
    fn drops_fall_as_fast_as_rain() {
        // Terminal velocities measured by Gunn and Kinzer, J. Meteorology 6, 1949: 0.4 mm 1.62, 1 mm 4.03, 2 mm 6.49 m/s.
        for (diameter_m, measured) in [(0.0004, 1.62), (0.001, 4.03), (0.002, 6.49)] {
            let (mut at_m, mut velocity) = (Vec3::ZERO, Vec3::ZERO);
            for _ in 0..10_000 {
                (at_m, velocity) = drop(diameter_m).step(at_m, velocity, 1e-3);
            }
            assert!((velocity.length() / measured - 1.0).abs() < 0.08, "{diameter_m}: {velocity}");
        }
    }

    #[test]
    fn a_heavy_drop_is_thrown_nearly_as_in_a_vacuum_and_a_light_one_falls_short() {
        let thrown = |diameter_m: f32| landed(Secs(1.0), &drop(diameter_m), Vec3::Y * 1.5, Vec3::new(2.0, 2.0, 0.0), Secs(60.0));
        // Up and down again: 1.5 + 2 t − g t² / 2 = 0.
        let g = f64::from(GRAVITY);
        let vacuum_secs = (2.0 + (4.0 + 2.0 * g * 1.5).sqrt()) / g;
        let (heavy, light) = (thrown(0.006), thrown(0.0004));
        assert!((heavy.flight.0 / vacuum_secs - 1.0).abs() < 0.03, "{} of {vacuum_secs} s", heavy.flight);
        let way_m = |droplet: &Droplet| droplet.path_m.last().unwrap().x;
        assert!(way_m(&heavy) > 0.9 * 2.0 * vacuum_secs as f32 && way_m(&light) < 0.5 * way_m(&heavy));
        assert!(heavy.path_m.last().unwrap().y == 0.0 && heavy.spot_m > 2.0 * heavy.radius_m);
        assert_eq!(heavy.path_m.len(), (heavy.flight.0 / Droplet::STEP_SECS).ceil() as usize + 1);
    }

    #[test]
    fn spots_are_gone_before_the_drop_starts_again() {
        for (start, duration) in [(3.0, 32.0), (31.0, 32.0), (1.0, 3.0)] {
            let droplet = landed(Secs(start), &drop(0.002), Vec3::Y * 1.5, Vec3::Y, Secs(duration));
            assert!(droplet.gone.0 < duration && droplet.gone.0 > droplet.flight.0);
            let end_secs = start + droplet.gone.0;
            let expected_secs = if start < 20.0 { duration } else { start + droplet.flight.0 + LEAST_STAY_SECS };
            assert!((end_secs - expected_secs).abs() < 1.0, "{start} {duration}: {end_secs}");
        }
    }

    /// Cop's whole body glides towards Kid and back, until a forearm presses against the head; nearest at 2 s.
    fn glide(nearest_m: f32) -> (Samples, Story, Cast) {
        let cast = cast();
        let samples = (0..480)
            .map(|i| {
                let away_m = nearest_m + 0.5 * (i as f32 / 120.0 - 2.0).abs();
                let people = Who::BOTH.map(|who| {
                    let mut pose = pose(cast.person(who), 0.0);
                    if who == Who::Cop {
                        pose.pelvis_m += Vec3::new(-0.12, 0.25, -away_m);
                    }
                    PersonSample {
                        pose,
                        breath: 0.0,
                        effort: 0.0,
                        fatigue: 0.7,
                        assist_n: 0.0,
                        grip: [0.0; 2],
                        gaze_m: Vec3::ZERO,
                        expression: [0.0; 7],
                        blink: 0.0,
                    }
                });
                Sample { people }
            })
            .collect();
        let events = vec![Event { at: Secs(2.2), kind: EventKind::Shove, who: Who::Cop }];
        (samples, Story { events, ..story(4.0) }, cast)
    }

    #[test]
    fn an_elbow_at_the_jaw_sends_drops_up_and_away_and_one_that_stays_away_sends_none() {
        let (samples, story, cast) = glide(-0.08);
        let rate = FrameRate::whole(120);
        let met = contact(&samples, rate, &story, &cast).unwrap();
        assert!((met.sample - 240).abs() <= 2 && met.gap_m < REACH_M, "{met:?}");
        assert!(met.approach_m_per_sec > 0.2 && met.approach_m_per_sec < 0.51, "{met:?}");
        let droplets = shaken_out(&met, &samples, rate, &story, &cast);
        assert!((60..=140).contains(&droplets.len()));
        assert_eq!(droplets, shaken_out(&met, &samples, rate, &story, &cast));
        let rising = droplets.iter().filter(|drop| drop.path_m[3].y > drop.path_m[0].y).count();
        assert!(rising * 10 > droplets.len() * 8, "{rising} of {}", droplets.len());
        // Kid stands on the +z side.
        let away = droplets.iter().filter(|drop| drop.path_m.last().unwrap().z > drop.path_m[0].z).count();
        assert!(away * 2 > droplets.len(), "{away} of {}", droplets.len());
        for droplet in &droplets {
            assert!((1.9..2.2).contains(&droplet.start.0) && (0.0002..0.0031).contains(&droplet.radius_m));
            let speed = droplet.path_m[0].distance(droplet.path_m[1]) / Droplet::STEP_SECS as f32;
            assert!((0.3..4.6).contains(&speed), "{speed}");
        }
        let (samples, story, cast) = glide(0.6);
        let missed = contact(&samples, rate, &story, &cast).unwrap();
        assert!(shaken_out(&missed, &samples, rate, &story, &cast).is_empty());
        let calm = Story { events: Vec::new(), ..story };
        assert_eq!(contact(&samples, rate, &calm, &cast), None);
    }
}
