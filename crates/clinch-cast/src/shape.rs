//! A person's shape: MakeHuman's base mesh changed by its targets until height and mass are as asked.
//!
//! The targets of the macro parameters (sex, age, muscle, weight, height, proportions, ancestry) are products of piecewise linear weights, as
//! in MakeHuman. Height and weight are not asked as parameters but solved for, so that the standing height and the mass by volume agree with
//! what the treatment says.

use crate::{
    age,
    details::{DETAILS, reach},
    human::Human,
    person::{Ancestry, PersonSpec},
};
use glam::Vec3;

/// Mass by volume of a living body with air in its lungs, in kg/m³: people float with filled lungs and sink with emptied ones, so water's.
pub const DENSITY_KG_M3: f32 = 1000.0;

/// How far the weight parameter goes beyond MakeHuman's 0..1 before girths are scaled instead; beyond this bellies bulge unlike flesh.
const WEIGHT_RANGE: [f32; 2] = [-0.10, 1.25];

/// Range of the factor on the girths of trunk and limbs; beyond it, joints swallow their neighbours.
const GIRTH_RANGE: [f32; 2] = [0.86, 1.32];

/// A shape that can't be: no targets lead there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutOfReach {
    /// Least and greatest mass that this person can have at the asked height, in kilograms.
    pub mass_kg: [f32; 2],
}

/// A person's shape in MakeHuman's own pose, soles on y = 0.
#[derive(Debug, Clone)]
pub struct Shape {
    /// `[base vertex]`, in metres.
    pub position_m: Vec<Vec3>,
    /// Factor on shifts that aren't part of the shape (expressions): the person's size against the base mesh's.
    pub scale: f32,
}

/// Weights of the macro targets but height and weight: name of the target, without `macrodetails/`.
type Weighted = Vec<(String, f32)>;

/// Shares of three neighbours on a scale 0..1 with the middle at ½; beyond the ends the last slope goes on.
fn three(x: f32) -> [f32; 3] {
    if x < 0.5 { [1.0 - 2.0 * x, 2.0 * x, 0.0] } else { [0.0, 2.0 - 2.0 * x, 2.0 * x - 1.0] }
}

/// Shares of `child`, `young` and `old` at an age in years: bodies are grown at 22; MakeHuman's child is about 10, its young 25, its old 90.
fn ages(years: f32) -> [f32; 3] {
    if years >= 25.0 {
        let old = ((years - 25.0) / 65.0).min(1.0);
        return [0.0, 1.0 - old, old];
    }
    let child = ((22.0 - years) / 12.0).clamp(0.0, 1.0).powi(2);
    [child, 1.0 - child, 0.0]
}

/// Everything that is linear about a person: dense shapes at three weights and three heights each.
struct Corners {
    /// `[weight min, average, max][height min, none, max][base vertex]`.
    at: [[Vec<Vec3>; 3]; 3],
}

const SEXES: [&str; 2] = ["female", "male"];
const AGES: [&str; 3] = ["child", "young", "old"];
const MUSCLES: [&str; 3] = ["minmuscle", "averagemuscle", "maxmuscle"];
const WEIGHTS: [&str; 3] = ["minweight", "averageweight", "maxweight"];

impl Corners {
    fn of(human: &Human, spec: &PersonSpec) -> Self {
        let mut common = human.position_m.clone();
        for (name, share) in ancestries(spec) {
            add(&mut common, human, &format!("macrodetails/{name}"), share);
        }
        details(spec).into_iter().for_each(|(name, share)| add(&mut common, human, &name, share));
        build(spec).for_each(|(name, share)| add(&mut common, human, name, share));
        let at = [0, 1, 2].map(|weight| {
            let mut body = common.clone();
            for (name, share) in bodies(spec, WEIGHTS[weight]) {
                add(&mut body, human, &format!("macrodetails/universal-{name}"), share);
                let (ideal, uncommon) = ((2.0 * spec.proportions - 1.0).max(0.0), (1.0 - 2.0 * spec.proportions).max(0.0));
                add(&mut body, human, &format!("macrodetails/proportions/{name}-idealproportions"), share * ideal);
                add(&mut body, human, &format!("macrodetails/proportions/{name}-uncommonproportions"), share * uncommon);
            }
            ["minheight", "", "maxheight"].map(|height| {
                let mut whole = body.clone();
                if !height.is_empty() {
                    for (name, share) in bodies(spec, WEIGHTS[weight]) {
                        add(&mut whole, human, &format!("macrodetails/height/{name}-{height}"), share);
                    }
                }
                whole
            })
        });
        Self { at }
    }

    /// The shape at a weight and a height, each 0..1 and a little beyond.
    fn shape(&self, weight: f32, height: f32) -> Vec<Vec3> {
        let (w, h) = (three(weight), three(height));
        let mut out = vec![Vec3::ZERO; self.at[0][0].len()];
        for i in 0..3 {
            for j in 0..3 {
                let share = w[i] * h[j];
                if share != 0.0 {
                    out.iter_mut().zip(&self.at[i][j]).for_each(|(p, q)| *p += *q * share);
                }
            }
        }
        out
    }
}

/// Targets of sex, age and ancestry.
fn ancestries(spec: &PersonSpec) -> Weighted {
    let Ancestry { african, asian, european } = spec.ancestry;
    let mut out = Vec::new();
    for (race, amount) in [("african", african), ("asian", asian), ("caucasian", european)] {
        for (sex, by_sex) in SEXES.into_iter().zip([1.0 - spec.sex, spec.sex]) {
            for (age, by_age) in AGES.into_iter().zip(ages(spec.age_years)) {
                out.push((format!("{race}-{sex}-{age}"), amount * by_sex * by_age));
            }
        }
    }
    out
}

/// `SEX-AGE-MUSCLE-WEIGHT` at one weight.
fn bodies(spec: &PersonSpec, weight: &str) -> Weighted {
    let mut out = Vec::new();
    for (sex, by_sex) in SEXES.into_iter().zip([1.0 - spec.sex, spec.sex]) {
        for (age, by_age) in AGES.into_iter().zip(ages(spec.age_years)) {
            for (muscle, by_muscle) in MUSCLES.into_iter().zip(three(spec.muscle)) {
                out.push((format!("{sex}-{age}-{muscle}-{weight}"), by_sex * by_age * by_muscle));
            }
        }
    }
    out
}

/// Body-mass index from which and up to which a body carries more of its mass in front, in kg/m².
const BELLY_BMI: [f32; 2] = [23.0, 31.0];

/// Targets that every body gets, with amount and what a full belly adds: MakeHuman's upper arms are 2 cm shorter than people's (Winter, fig. 4.1),
/// and its weight parameter thickens limbs more than waists.
const BUILD: [(&str, f32, f32); 4] = [
    ("arms/measure-upperarm-length-incr", 0.30, 0.0),
    ("stomach/stomach-pregnant-incr", 0.0, 0.32),
    ("stomach/stomach-tone-decr", 0.0, 0.55),
    ("torso/torso-scale-depth-incr", 0.0, 0.45),
];

fn build(spec: &PersonSpec) -> impl Iterator<Item = (&'static str, f32)> {
    let [from, to] = BELLY_BMI;
    let bmi = spec.mass_kg / (spec.height_m * spec.height_m);
    let belly = ((bmi - from) / (to - from)).clamp(0.0, 1.0);
    BUILD.into_iter().map(move |(name, always, fat)| (name, always + fat * belly))
}

/// Detail targets of the face and body.
fn details(spec: &PersonSpec) -> Weighted {
    DETAILS
        .iter()
        .zip(spec.face)
        .map(|(&(name, more, less), asked)| (more, less, (asked + age::loss(name, spec.age_years) * reach(name)).clamp(-1.0, 1.0)))
        .map(|(more, less, amount)| if amount >= 0.0 { (more.to_string(), amount) } else { (less.to_string(), -amount) })
        .collect()
}

/// Adds a share of a target; targets that have none aren't decoded.
fn add(to: &mut [Vec3], human: &Human, target: &str, share: f32) {
    if share != 0.0 {
        for (vertex, shift) in human.target(target).into_iter().flatten() {
            to[vertex as usize] += shift * share;
        }
    }
}

/// Least and greatest y of the body itself.
fn span(human: &Human, position_m: &[Vec3]) -> [f32; 2] {
    let body = human.body_vertices();
    body.fold([f32::MAX, f32::MIN], |[low, high], v| [low.min(position_m[v].y), high.max(position_m[v].y)])
}

/// Volume that triangles of a closed mesh enclose, in m³ (divergence theorem).
pub fn enclosed_m3(triangles: impl Iterator<Item = [Vec3; 3]>) -> f64 {
    let six = |corner_m: [Vec3; 3]| {
        let [a, b, c] = corner_m.map(Vec3::as_dvec3);
        a.dot(b.cross(c))
    };
    triangles.map(six).sum::<f64>() / 6.0
}

/// Volume of the closed body mesh in m³.
pub fn volume_m3(human: &Human, position_m: &[Vec3]) -> f32 {
    let halves = |quad: &[u32; 4]| {
        let [a, b, c, d] = quad.map(|v| position_m[v as usize]);
        [[a, b, c], [a, c, d]]
    };
    enclosed_m3(human.group("body").quads.iter().flat_map(halves)) as f32
}

/// Shapes a person; `girths` scales the girths of a shape by a factor about its limbs' axes.
///
/// # Errors
/// [`OutOfReach`] where no weight and girth give the mass at the height.
pub fn shape(human: &Human, spec: &PersonSpec, girths: &dyn Fn(&[Vec3], f32) -> Vec<Vec3>) -> Result<Shape, OutOfReach> {
    let corners = Corners::of(human, spec);
    let tall = |weight: f32| at_height(human, &corners, weight, spec.height_m);
    let mass = |position_m: &[Vec3]| volume_m3(human, position_m) * DENSITY_KG_M3;
    let weight = bisect(WEIGHT_RANGE, |weight| mass(&tall(weight).0) < spec.mass_kg);
    let (position_m, scale) = tall(weight);
    // Where the weight alone gets there, girths stay as they are.
    let there = (mass(&position_m) / spec.mass_kg - 1.0).abs() < 1e-3;
    let girth = if there { 1.0 } else { bisect(GIRTH_RANGE, |girth| mass(&girths(&position_m, girth)) < spec.mass_kg) };
    let position_m = girths(&position_m, girth);
    let found = mass(&position_m);
    // A quarter of what the project allows itself; the bisections end far closer unless they ran into an end.
    if (found / spec.mass_kg - 1.0).abs() > 0.005 {
        let at = |weight: f32, girth: f32| mass(&girths(&tall(weight).0, girth));
        return Err(OutOfReach { mass_kg: [at(WEIGHT_RANGE[0], GIRTH_RANGE[0]), at(WEIGHT_RANGE[1], GIRTH_RANGE[1])] });
    }
    Ok(Shape { position_m, scale })
}

/// The point of a range at which `below` turns false; the nearer end where it never does.
fn bisect([mut low, mut high]: [f32; 2], below: impl Fn(f32) -> bool) -> f32 {
    if !below(low) {
        return low;
    }
    if below(high) {
        return high;
    }
    for _ in 0..18 {
        let middle = (low + high) / 2.0;
        if below(middle) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The shape at a weight with exactly the asked height, soles on y = 0, and the uniform scale that was left to do after the height targets.
fn at_height(human: &Human, corners: &Corners, weight: f32, height_m: f32) -> (Vec<Vec3>, f32) {
    let tall = |height: f32| {
        let [low, high] = span(human, &corners.shape(weight, height));
        high - low
    };
    // Height is linear on each side of the middle, up to which vertex is the lowest; what that leaves, scaling takes.
    let middle = tall(0.5);
    let end = if height_m < middle { 0.0 } else { 1.0 };
    let height = 0.5 + (end - 0.5) * (height_m - middle) / (tall(end) - middle);
    let mut position_m = corners.shape(weight, height.clamp(-0.1, 1.1));
    let [low, high] = span(human, &position_m);
    let scale = height_m / (high - low);
    position_m.iter_mut().for_each(|p| *p = (*p - Vec3::Y * low) * scale);
    (position_m, scale)
}

/// What MakeHuman's targets alone make of a person, before girths are scaled.
#[cfg(test)]
pub fn targets_alone(human: &Human, spec: &PersonSpec) -> Vec<Vec3> {
    let corners = Corners::of(human, spec);
    let tall = |weight: f32| at_height(human, &corners, weight, spec.height_m).0;
    tall(bisect(WEIGHT_RANGE, |weight| volume_m3(human, &tall(weight)) * DENSITY_KG_M3 < spec.mass_kg))
}

#[cfg(test)]
mod tests {
    #[test]
    fn old_targets_count_for_most_of_somebody_of_74() {
        let [child, young, old] = super::ages(74.0);
        assert!(child == 0.0 && old > 0.7 && (young + old - 1.0).abs() < 1e-6, "{old}");
    }
}
