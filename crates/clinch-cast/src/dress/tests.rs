use super::{Tailor, cloth, sole_m};
use crate::{corrective::Body, figure::Figure, human::Human, part::Part, person::PersonSpec};
use clinch_model::{
    Treatment, Who,
    treatment::{Dress, Preset},
};
use glam::Vec3;

/// Every preset dressed as it is drawn.
const PRESETS: [Preset; 4] = [Preset::Officer, Preset::Youth, Preset::Veteran, Preset::Worker];

fn with<T>(preset: Preset, dress: Option<Dress>, then: impl FnOnce(&Figure) -> T) -> T {
    let human = Human::load().unwrap();
    let mut treatment = Treatment::default();
    treatment.cop.preset = Some(preset);
    treatment.cop.dress = dress;
    let spec = PersonSpec::of(Who::Cop, &treatment).unwrap();
    let sole = sole_m(spec.dress);
    then(&Figure::new(&human, spec, sole).unwrap())
}

fn parts(figure: &Figure) -> Vec<Part> {
    super::parts(figure, &Body::new(figure, &crate::physique::skeleton(figure)))
}

fn is_garment(part: &Part) -> bool {
    part.material.as_ref().is_some_and(|m| ["uniform", "shirt", "fleece", "denim", "trousers"].contains(&m.name.as_str()))
}

/// How often the body's surface winds around a point: 1 inside, 0 outside (Jacobson, Kavan and Sorkine-Hornung, 2013).
fn winding(figure: &Figure, p: Vec3) -> f32 {
    let angle = |t: [u32; 3]| {
        let [a, b, c] = t.map(|v| figure.position_m[v as usize] - p);
        let (la, lb, lc) = (a.length(), b.length(), c.length());
        let volume = a.dot(b.cross(c));
        2.0 * volume.atan2(la * lb * lc + a.dot(b) * lc + b.dot(c) * la + c.dot(a) * lb)
    };
    let quads = &figure.human.group("body").quads;
    quads.iter().map(|q| angle([q[0], q[1], q[2]]) + angle([q[0], q[2], q[3]])).sum::<f32>() / (4.0 * std::f32::consts::PI)
}

#[test]
fn garments_lie_outside_of_the_skin() {
    for preset in PRESETS {
        with(preset, None, |figure| {
            let parts = parts(figure);
            let places: Vec<Vec3> = parts.iter().filter(|p| is_garment(p)).flat_map(|p| p.position_m.iter().step_by(31)).copied().collect();
            let inside = places.iter().filter(|p| winding(figure, **p) > 0.5).count();
            println!("{preset:?}: {inside} of {}", places.len());
            assert!(winding(figure, figure.joints.at("l-knee")) > 0.9, "the measure itself");
            // Where skin touches skin (armpits, thighs of a heavy body) there is no room for cloth between: at most one sample in a hundred.
            assert!(inside * 100 <= places.len(), "{preset:?}: {inside} of {} samples are in the body", places.len());
        });
    }
}

#[test]
fn every_dress_is_finite_light_and_follows_bones() {
    for dress in [Dress::Uniform, Dress::Hoodie, Dress::TShirt, Dress::Shirt] {
        with(Preset::Youth, Some(dress), |figure| {
            let parts = parts(figure);
            let triangles: usize = parts.iter().map(|p| p.triangles.len()).sum();
            println!("{dress:?}: {triangles} triangles in {} parts", parts.len());
            assert!((20_000..90_000).contains(&triangles), "{dress:?}: {triangles}");
            for part in &parts {
                assert!(part.position_m.iter().all(|p| p.is_finite()) && part.shade.iter().all(|s| s.is_finite() && *s > 0.0));
                assert!(part.skin.iter().all(|w| (w.iter().map(|w| w.1).sum::<f32>() - 1.0).abs() < 1e-4));
                assert!(part.triangles.iter().flatten().all(|&v| (v as usize) < part.position_m.len()));
                assert!(part.uv.is_empty() || part.uv.len() == part.triangles.len());
                assert!(part.shifts.iter().flat_map(|s| &s.1).all(|s| s.1.is_finite() && (s.0 as usize) < part.position_m.len()));
            }
        });
    }
}

#[test]
fn hardly_a_triangle_is_folded_over() {
    for preset in PRESETS {
        with(preset, None, |figure| {
            for part in parts(figure).iter().filter(|p| is_garment(p) && p.triangles.len() > 5_000) {
                let mut normal = Vec::new();
                crate::pose::normals(&part.triangles, &part.position_m, &mut normal);
                let over = |t: &&[u32; 3]| {
                    let [a, b, c] = t.map(|v| part.position_m[v as usize]);
                    (b - a).cross(c - a).dot(t.map(|v| normal[v as usize]).iter().sum()) < 0.0
                };
                let count = part.triangles.iter().filter(over).count();
                println!("{preset:?}: {count} of {}", part.triangles.len());
                assert!(count * 150 < part.triangles.len(), "{preset:?}: {count} of {}", part.triangles.len());
            }
        });
    }
}

#[test]
fn a_neckline_goes_around_the_neck_whoever_wears_it() {
    for preset in PRESETS {
        with(preset, None, |figure| {
            let nape_m = figure.rig.bind[clinch_model::Segment::Head.index()].origin_m;
            let neck = figure.human.body_vertices().map(|v| figure.position_m[v]);
            let half_m = neck.filter(|p| (0.08..0.10).contains(&(p.y - nape_m.y)) && p.x < 0.12 && p.z < nape_m.z + 0.03);
            let half_m = half_m.fold(0.0, |half: f32, p| half.max(p.x));
            let body = Body::new(figure, &crate::physique::skeleton(figure));
            let (_, neckline) = Tailor::new(figure, &body).top();
            let beside_m = neckline.iter().fold(0.0, |side: f32, p| side.max(p.x)) - half_m;
            let below_m = nape_m.y - neckline.iter().fold(f32::MAX, |low, p| low.min(p.y));
            println!("{preset:?}: {half_m} m, {beside_m} m beside it, {below_m} m below the nape");
            assert!((0.03..0.09).contains(&half_m), "{preset:?}: the measure itself: {half_m}");
            assert!(beside_m < 0.04 && below_m < 0.11, "{preset:?}: {beside_m} m beside the neck, {below_m} m below the nape");
        });
    }
}

#[test]
fn a_cut_is_an_exact_curve() {
    with(Preset::Worker, None, |figure| {
        let mut cloth = cloth::Cloth::of(&figure.cage("helper-tights", |_, _| true).refined(), figure);
        let waist_m = figure.rig.bind[clinch_model::Segment::Abdomen.index()].origin_m.y;
        let tilted = |p: Vec3| 0.95 * (p.y - waist_m) + 0.3 * p.z;
        let field = cloth.field(|v| tilted(figure.position_m[v]));
        cloth.clip(field);
        let cut: Vec<u32> = cloth
            .borders()
            .into_iter()
            .flatten()
            .filter(|&v| (cloth.position_m[v as usize].y - waist_m).abs() < 0.12 && cloth.position_m[v as usize].x.abs() < 0.3)
            .collect();
        assert!(cut.len() > 60, "{}", cut.len());
        let worst = cut.iter().map(|&v| tilted(cloth.position_m[v as usize]).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{worst}");
        // Nor are there slivers: every triangle's least height is more than half a millimetre.
        let thin = cloth.triangles.iter().filter(|t| {
            let [a, b, c] = t.map(|v| cloth.position_m[v as usize]);
            let longest = a.distance(b).max(b.distance(c)).max(c.distance(a));
            (b - a).cross(c - a).length() / longest < 2e-4
        });
        assert!(thin.count() < 4);
    });
}

#[test]
fn the_same_person_is_dressed_alike_twice() {
    with(Preset::Officer, None, |figure| {
        let (first, second) = (parts(figure), parts(figure));
        assert!(first.iter().zip(&second).all(|(a, b)| a.position_m == b.position_m && a.shade == b.shade && a.uv == b.uv));
    });
}

#[test]
fn soles_stand_on_the_ground_and_feet_are_in_their_shoes() {
    for preset in PRESETS {
        with(preset, None, |figure| {
            let parts = parts(figure);
            let least = parts.iter().flat_map(|p| &p.position_m).map(|p| p.y).fold(f32::MAX, f32::min);
            assert!((-0.002..0.002).contains(&least), "{preset:?}: {least}");
        });
    }
}
