//! How deep the two people's surfaces are in each other, as they are seen: skin, clothes and shoes.

mod hull;

use clinch_cast::{Posed, pose};
use clinch_model::{Bound, Cast, Finding, Material, Performance, Person, Placed, Sample, Secs, Segment, Shape, Who, cast::Substance};
use glam::Vec3;
use hull::{Hull, Outside};
use rayon::prelude::*;

/// How often the surfaces are looked at, a second.
const LOOKS_HZ: f64 = 12.0;

/// Depth from which surfaces are plainly in each other, in metres.
const DEEP_M: f32 = 0.03;

/// How far outside the other's collision shapes a vertex may still be inside the other's surface, in metres: what flesh and cloth add to the shapes.
const BEYOND_SHAPES_M: f32 = 0.07;

/// The deepest place at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Depth {
    /// Distance of the deepest vertex from the other's outside, in metres; 0 where the surfaces are apart.
    depth_m: f32,
    /// Whose vertex it is, and the segments that it and the other's nearest triangle follow.
    who: Who,
    part: Segment,
    on: Segment,
}

/// Deepest penetration of the two skinned surfaces, and for how long without a break it is deeper than 3 cm.
///
/// Looked at 12 times a second. At each look, every vertex on the outside of one person (one in each centimetre) that is inside the other counts with its
/// distance from the other's outside, and the greatest is the depth. A point is inside where the other's surface winds around it by more than a half
/// (Jacobson, Kavan, Sorkine-Hornung, "Robust inside-outside segmentation using generalized winding numbers", ACM TOG 32(4), 2013), which holds for clothes
/// with openings. Hair, eyes and mouths are left out. A time of `n` looks running counts as `n / 12` s.
pub fn findings(performance: &Performance, cast: &Cast) -> Vec<Finding> {
    let outsides = Who::BOTH.map(|who| outside(cast.person(who)));
    let looks = ((performance.duration.0 * LOOKS_HZ).round() as usize).max(1);
    let at = |look: usize| Secs(look as f64 / LOOKS_HZ);
    let depths: Vec<Depth> = (0..looks).into_par_iter().map(|look| depth(&performance.at(at(look)), cast, &outsides)).collect();
    let deepest = (0..looks).fold(0, |best, look| if depths[look].depth_m > depths[best].depth_m { look } else { best });
    let Depth { depth_m, who, part, on } = depths[deepest];
    let place = format!("deepest at {:.1} s, {who}'s {part:?} in {}'s {on:?}", at(deepest).0, who.other());
    let longest = longest_run(&depths);
    let finding = |name: &str, meaning: String, measured, unit: &str, bound| Finding {
        name: name.into(),
        meaning,
        measured,
        unit: unit.into(),
        bound,
    };
    vec![
        finding(
            "meshes, deepest",
            format!("greatest distance of a vertex inside the other's surface from that surface's outside, 12 times a second; {place}"),
            f64::from(depth_m) * 1e2,
            "cm",
            Bound::Reported,
        ),
        finding(
            "meshes over 3 cm deep, longest",
            "longest time without a break in which the surfaces are more than 3 cm deep in each other".into(),
            longest as f64 / LOOKS_HZ,
            "s",
            Bound::AtMost(0.2),
        ),
        finding(
            "meshes over 3 cm deep, share",
            "share of the time in which they are".into(),
            depths.iter().filter(|depth| depth.depth_m > DEEP_M).count() as f64 / looks as f64,
            "",
            Bound::Reported,
        ),
    ]
}

/// Longest run of looks that are too deep.
fn longest_run(depths: &[Depth]) -> usize {
    let mut run = 0;
    let runs = depths.iter().map(|depth| {
        run = if depth.depth_m > DEEP_M { run + 1 } else { 0 };
        run
    });
    runs.max().unwrap_or(0)
}

/// Which triangles of a person make the outside: found once, in the bind pose.
fn outside(person: &Person) -> Outside {
    let surface = &person.surface;
    let solid: Vec<[u32; 3]> = surface
        .triangles
        .iter()
        .zip(&surface.material)
        .filter(|(_, material)| is_solid(&surface.materials[usize::from(**material)]))
        .map(|(triangle, _)| *triangle)
        .collect();
    Outside::new(solid, &surface.position_m)
}

/// Whether a body or its dress is made of it; hair gives way, and what is inside a head is no outside.
fn is_solid(material: &Material) -> bool {
    let inner = ["eye", "mouth", "tongue", "teeth", "mass"];
    material.substance() != Substance::Strand && !material.name.split('-').next().is_some_and(|word| inner.contains(&word))
}

fn depth(sample: &Sample, cast: &Cast, outsides: &[Outside; 2]) -> Depth {
    let mut posed = [Posed::default(), Posed::default()];
    for who in Who::BOTH {
        pose(cast.person(who), sample.person(who), &mut posed[who.index()]);
    }
    let hulls = [0, 1].map(|who| Hull::new(&outsides[who], &posed[who].position_m));
    let placed = Who::BOTH.map(|who| cast.person(who).skeleton.place(&sample.person(who).pose));
    let mut deepest = Depth { depth_m: 0.0, who: Who::Cop, part: Segment::Pelvis, on: Segment::Pelvis };
    for who in Who::BOTH {
        let (mine, theirs) = (who.index(), who.other().index());
        let solids = solids(&placed[theirs], &cast.people[theirs].skeleton.shape);
        for &vertex in outsides[mine].asked() {
            let p = posed[mine].position_m[vertex as usize];
            if solids.iter().all(|solid| solid.is_far(p)) {
                continue;
            }
            if let Some((depth_m, triangle)) = hulls[theirs].depth_over_m(p, deepest.depth_m) {
                let part = segment_of(&cast.people[mine], vertex);
                let on = segment_of(&cast.people[theirs], outsides[theirs].triangle(triangle)[0]);
                deepest = Depth { depth_m, who, part, on };
            }
        }
    }
    deepest
}

/// The segment that a vertex follows most.
fn segment_of(person: &Person, vertex: u32) -> Segment {
    let weights = &person.surface.skin[vertex as usize];
    let most = weights.iter().fold(weights[0], |most, weight| if weight.1 > most.1 { *weight } else { most });
    person.surface.bones[usize::from(most.0)].segment
}

/// A collision shape as a capsule in the world that surely holds it.
struct Reach {
    a_m: Vec3,
    b_m: Vec3,
    radius_m: f32,
}

fn solids(placed: &[Placed], shapes: &[Shape]) -> Vec<Reach> {
    let reach = |(placed, shape): (&Placed, &Shape)| match *shape {
        Shape::Capsule { a_m, b_m, radius_m } => Reach { a_m: placed.point(a_m), b_m: placed.point(b_m), radius_m },
        Shape::Cuboid { centre_m, half_m } => Reach { a_m: placed.point(centre_m), b_m: placed.point(centre_m), radius_m: half_m.length() },
    };
    placed.iter().zip(shapes).map(reach).collect()
}

impl Reach {
    /// Whether a point is too far away to be inside of what the shape stands for.
    fn is_far(&self, p: Vec3) -> bool {
        let axis = self.b_m - self.a_m;
        let t = ((p - self.a_m).dot(axis) / axis.length_squared().max(1e-9)).clamp(0.0, 1.0);
        p.distance(self.a_m + axis * t) > self.radius_m + BEYOND_SHAPES_M
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clinch_model::{FrameRate, PersonSample, Pose, Samples, Treatment, performance::EXPRESSIONS};

    fn state(pose: Pose) -> PersonSample {
        PersonSample {
            pose,
            breath: 0.0,
            effort: 0.0,
            fatigue: 0.5,
            assist_n: 0.0,
            grip: [0.0; 2],
            gaze_m: Vec3::Y,
            expression: [0.0; EXPRESSIONS],
            blink: 0.0,
        }
    }

    fn cast() -> Cast {
        clinch_cast::cast(&Treatment::default(), &clinch_cast::Options { fine: false }).unwrap()
    }

    /// Both at rest, Kid this far before Cop.
    fn sample(cast: &Cast, apart_m: f32) -> Sample {
        let person = |who: Who, along_m: f32| {
            let mut pose = cast.person(who).skeleton.rest();
            pose.pelvis_m.z += along_m;
            state(pose)
        };
        Sample { people: [person(Who::Cop, 0.0), person(Who::Kid, apart_m)] }
    }

    #[test]
    fn everything_that_is_simulated_is_inside_the_surface_and_the_air_is_not() {
        let cast = cast();
        for person in &cast.people {
            let mut posed = Posed::default();
            pose(person, &state(person.skeleton.rest()), &mut posed);
            let outside = outside(person);
            let hull = Hull::new(&outside, &posed.position_m);
            let placed = person.skeleton.place(&person.skeleton.rest());
            for segment in Segment::ALL {
                let centre = placed[segment.index()].point(person.skeleton.centre_in_segment_m(segment));
                // The middle of a hand is between its fingers' roots and may be outside of them.
                if !matches!(segment, Segment::HandL | Segment::HandR) {
                    assert!(hull.winds(centre) > 0.5, "{}: {segment:?} {}", person.who, hull.winds(centre));
                }
            }
            for away in [Vec3::X * 0.6, Vec3::new(0.0, 1.2, 0.4), Vec3::new(0.0, 0.3, 0.0), Vec3::Y * 2.1] {
                assert!(hull.winds(away) < 0.5, "{}: {away} {}", person.who, hull.winds(away));
            }
        }
    }

    #[test]
    fn people_who_walk_into_each_other_are_found_as_they_come_nearer_and_not_when_apart() {
        let cast = cast();
        let outsides = Who::BOTH.map(|who| outside(cast.person(who)));
        let at = |apart_m: f32| depth(&sample(&cast, apart_m), &cast, &outsides).depth_m;
        assert_eq!(at(0.9), 0.0);
        let first = (10..60).rev().map(|cm| cm as f32 / 100.0).find(|&apart_m| at(apart_m) > 0.002).unwrap();
        let (two, five) = (at(first - 0.02), at(first - 0.05));
        // Two centimetres nearer is at most two centimetres deeper, and bellies are blunt.
        assert!(two < 0.032 && five > two && five < 0.065 && five > 0.02, "{first} m: {two}, {five}");
    }

    #[test]
    fn a_quarter_second_too_deep_is_told_from_a_sixth() {
        let cast = cast();
        let (deep, apart) = (sample(&cast, 0.08), sample(&cast, 0.9));
        let performance = |deep_secs: f64| {
            let samples: Samples =
                (0..120).map(|i| if (40.0..40.0 + 120.0 * deep_secs - 1e-6).contains(&f64::from(i)) { deep } else { apart }).collect();
            Performance {
                rate: FrameRate::whole(120),
                duration: Secs(1.0),
                samples,
                grips: vec![],
                phrases: vec![],
                droplets: vec![],
                findings: vec![],
            }
        };
        for (secs, holds) in [(2.0 / 12.0, true), (3.0 / 12.0, false)] {
            let found = findings(&performance(secs), &cast);
            assert!(found[0].measured > 5.0, "{:?}", found[0]);
            assert!((found[1].measured - secs).abs() < 1e-6 && found[1].holds() == holds, "{:?}", found[1]);
            assert!((found[2].measured - secs).abs() < 1e-6);
        }
    }
}
