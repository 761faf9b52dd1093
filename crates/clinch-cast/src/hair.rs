//! Hair of the head, brows and lashes: ribbons that grow out of the skin and go where it goes.
//!
//! A ribbon stands for a lock of some tens of hairs. Its root is a place on the skin's mesh, whose bones and shape changes move the whole
//! ribbon. Hair of the head follows a field of directions over the scalp, falls, and is kept out of the skin step by step.

mod lashes;
mod mixture;
mod ribbon;
mod scalp;
mod style;

use crate::{
    age::Greying,
    figure::Figure,
    landmarks,
    noise::{Stream, ramp, value},
    part::{Part, material},
};
use clinch_model::{
    Material,
    cast::{Texel, Texture},
    treatment::HairStyle,
};
use glam::{Vec2, Vec3};
use mixture::Mixture;
use ribbon::{Ribbons, Root};
use scalp::Scalp;
use style::Cut;

/// The skin that hair grows on.
pub struct Ground<'a> {
    /// The skin's mesh.
    pub skin: &'a Part,
    /// `[vertex of the skin]`: its place on the unshaped base mesh, in metres.
    pub canon_m: &'a [Vec3],
    /// `[triangle of the head]`.
    pub head: &'a [[u32; 3]],
    /// `[triangle of the head][corner]`: place in the picture of the face.
    pub head_uv: &'a [[Vec2; 3]],
}

/// Hair, brows and lashes.
pub fn parts(figure: &Figure, ground: &Ground) -> Vec<Part> {
    let scalp = Scalp::of(ground);
    let mut parts = lashes::parts(figure);
    parts.push(brows(figure, ground, &scalp));
    if figure.spec.hair.style != HairStyle::Shaved {
        let cut = Cut::of(figure);
        parts.extend(mass(figure, ground, &scalp, &cut));
        parts.push(head(figure, ground, &scalp, &cut));
    }
    parts
}

fn hair_material(name: &str, tone: f32) -> Material {
    // Duller than single hairs: a ribbon stands for dozens, which don't mirror as one.
    material(name, tone, 0.62, 0.022, 0.0)
}

fn stream(figure: &Figure, name: &str) -> Stream {
    Stream::new(figure.spec.seed ^ figure.spec.who.index() as u64, name)
}

/// How a lock's reflectance differs from the mean of its hairs, and the mixture that it is of, with a share of white ones.
fn lock(white_share: f32, stream: &mut Stream) -> (f32, Mixture) {
    let (spread, mixture) = (stream.spread(), Mixture::near(white_share, stream.unit()));
    // White locks tell less of their shape, so some are shaded more by those above.
    (if mixture == Mixture::PIGMENTED { 1.0 + 0.18 * spread } else { 0.95 + 0.32 * spread }, mixture)
}

/// Locks of the head.
fn head(figure: &Figure, ground: &Ground, scalp: &Scalp, cut: &Cut) -> Part {
    let mut random = stream(figure, "hair");
    let seed = random.word();
    let mut ribbons = Ribbons::new(ground.skin);
    let greying = Greying::of(&figure.spec);
    let grows = |c: Vec3| {
        let edge = 0.0030 * value(c, 0.011, seed) + 0.0016 * value(c, 0.003, seed + 1);
        let inside = landmarks::inside_hairline_m(c, figure.spec.hair.receding) + edge;
        let crown = ramp(Vec2::new(c.x, c.z - 0.005).length(), 0.050, 0.010) * ramp(c.y, 0.80, 0.82);
        let thin = 1.0 - 0.8 * ramp(figure.spec.hair.receding, 0.5, 1.0) * crown;
        ramp(inside, -0.0015, 0.006) * thin * (0.45 + 0.55 * figure.spec.hair.density) * cut.thickness(c).0
    };
    for root in ribbon::roots(ground, cut.locks, &mut random, &grows) {
        let points = cut.lock(&root, scalp, &mut random, seed);
        if points.len() > 1 {
            let uneven = 0.6 * value(root.canon_m, 0.016, seed + 10) + 0.6 * value(root.canon_m, 0.004, seed + 11);
            let (shade, mixture) = lock(greying.scalp(root.canon_m, uneven), &mut random);
            let width_m = cut.width_m * cut.thickness(root.canon_m).1 * (0.7 + 0.6 * random.unit());
            ribbons.add(&root, &points, width_m, shade, 0.3 * random.spread(), mixture);
        }
    }
    ribbons.add_all(style::knot(figure, cut, scalp, ground, &mut random));
    ribbons.part(&|mixture| mixture.coat("hair", greying.tones, seed))
}

/// What is under the locks of hair that stands off the head: a dark, uneven mass.
fn mass(figure: &Figure, ground: &Ground, scalp: &Scalp, cut: &Cut) -> Option<Part> {
    let share = cut.mass?;
    let seed = stream(figure, "mass").word();
    let spec = &figure.spec;
    let height = |c: Vec3, root: &Root| {
        let inside = landmarks::inside_hairline_m(c, spec.hair.receding) + 0.002 * value(c, 0.006, seed);
        let uneven = 1.0 + cut.lumps * (0.20 * value(c, 0.009, seed + 1) + 0.14 * value(c, 0.004, seed + 2));
        let raised = cut.length_m(root.canon_m) * share * uneven * ramp(inside, 0.002, 0.017);
        // Where hair is too short to hide the scalp the mass stays under it, and comes out of it without a step.
        raised - 0.0042 * ramp(raised, cut.step_m, 0.0025)
    };
    let part = ribbon::shell(ground, scalp, &height, spec.hair.receding)?;
    let paint = |i: u32| {
        let at = Vec3::new((i % 512) as f32, (i / 512) as f32, 0.5);
        let lump = (0.5 * value(at, 5.0, seed + 3) + 0.5 * value(at, 2.2, seed + 4)) * cut.lumps;
        let byte = |x: f32| (x * 128.0).clamp(0.0, 255.0) as u8;
        Texel { reflectance: byte(0.62 + 0.4 * lump), relief: byte(1.0 + 0.9 * lump), roughness: byte(1.4), sweat: 0 }
    };
    let texture =
        Texture { name: "hair-mass".into(), width: 512, height: 512, texels: (0..512 * 512).map(paint).collect(), relief_m: 0.0025 };
    Some(Part { material: Some(material("mass", Greying::of(spec).tone(spec.hair.grey), 0.7, 0.02, 0.0)), texture: Some(texture), ..part })
}

/// Hairs of the brows: upward beside the nose, outward along the brow, downward from above it.
fn brows(figure: &Figure, ground: &Ground, scalp: &Scalp) -> Part {
    let mut random = stream(figure, "brows");
    let mut ribbons = Ribbons::new(ground.skin);
    let mut whites = stream(figure, "white brows");
    let greying = Greying::of(&figure.spec);
    let strength = figure.spec.brows;
    let grows = |c: Vec3| landmarks::brow(c).0.powf(0.7) * (0.35 + 0.65 * strength);
    for root in ribbon::roots(ground, 620, &mut random, &grows) {
        let (_, along, above_m) = landmarks::brow(root.canon_m);
        let out = root.canon_m.x.signum();
        let rise = 0.75 * ramp(along, 0.30, 0.0) + 0.30
            - 0.55 * ramp(along, 0.35, 1.0)
            - 0.55 * (above_m / 0.003).clamp(-1.0, 1.0) * ramp(along, 0.0, 0.3);
        let way = Vec3::new(out * (0.25 + 0.75 * ramp(along, 0.0, 0.3)), rise + 0.25 * random.spread(), -0.1);
        let tangent = (way - root.normal * way.dot(root.normal)).normalize_or(Vec3::Y);
        let length = (0.0052 + 0.0035 * random.unit()) * (0.75 + 0.35 * strength) * (1.0 - 0.25 * along);
        let mut points = vec![root.at_m - root.normal * 0.0002];
        for step in 1..=2 {
            let t = step as f32 / 2.0;
            let lift = 0.0010 * (t * (1.6 - t)) + 0.0003 * random.unit();
            points.push(scalp.clear(root.at_m + tangent * (length * t) + root.normal * lift, 0.0003));
        }
        // So thin a ribbon is of one kind.
        let (shade, _) = lock(0.0, &mut random);
        let mixture = if whites.unit() < greying.brows() { Mixture::WHITE } else { Mixture::PIGMENTED };
        ribbons.add(&root, &points, 0.00030 + 0.00016 * random.unit(), 0.85 * shade, 0.3 * random.spread(), mixture);
    }
    let [pigmented, white] = greying.tones;
    ribbons.part(&|mixture| mixture.coat("hair-brow", [pigmented.min(0.16), white], 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, human::Human, person::PersonSpec, skin};
    use clinch_model::{Treatment, Who, cast::Drive, treatment::Preset};

    /// Calls `look` with the figure and the skin of the default people, and with Cop under each of some cuts.
    fn each(look: &dyn Fn(&Figure, &Ground)) {
        let human = Human::load().unwrap();
        let mut specs = Who::BOTH.map(|who| PersonSpec::of(who, &Treatment::default()).unwrap()).to_vec();
        for style in [HairStyle::Cropped, HairStyle::Bun] {
            let mut spec = specs[0].clone();
            spec.hair.style = style;
            specs.push(spec);
        }
        for spec in specs {
            let figure = Figure::new(&human, spec, 0.0).unwrap();
            skin::with_ground(&figure, &Options::default(), &|ground| look(&figure, ground));
        }
    }

    /// Distance from the nearest plane of a triangle whose middle is within a few millimetres.
    fn off_skin_m(ground: &Ground, p: Vec3) -> f32 {
        let off = |t: &[u32; 3]| {
            let [a, b, c] = t.map(|v| ground.skin.position_m[v as usize]);
            let near = ((a + b + c) / 3.0).distance(p) < a.distance(b).max(b.distance(c)).max(c.distance(a));
            if near { (p - a).dot((b - a).cross(c - a).normalize_or(Vec3::Y)).abs() } else { f32::MAX }
        };
        ground.head.iter().map(off).fold(f32::MAX, f32::min)
    }

    #[test]
    fn locks_begin_on_the_scalp_and_stay_outside_of_it() {
        each(&|figure, ground| {
            let scalp = Scalp::of(ground);
            let part = head(figure, ground, &scalp, &Cut::of(figure));
            assert!(part.triangles.len() > 8000 && part.triangles.len() < 50_000, "{} triangles", part.triangles.len());
            let mut root = vec![false; part.position_m.len()];
            for (t, uv) in part.triangles.iter().zip(&part.uv) {
                (0..3).for_each(|corner| root[t[corner] as usize] |= uv[corner].y == 0.0);
            }
            let bun = figure.spec.hair.style == HairStyle::Bun;
            let (mut roots, mut off, mut inside) = (0, 0, 0);
            for (v, &p) in part.position_m.iter().enumerate().step_by(11) {
                let Some(above) = scalp.above_m(p) else { continue };
                let outside = above > 0.0;
                let above = if root[v] { off_skin_m(ground, p) } else { above };
                // A bun's knot hangs on one root, off the head.
                if bun && root[v] && outside && above > 0.001 {
                    continue;
                }
                roots += usize::from(root[v]);
                off += usize::from(root[v] && above.abs() > 0.001);
                inside += usize::from(!root[v] && above < -0.0003);
            }
            assert!(roots > 300, "{roots} root corners");
            // At the ears' folds the nearest vertex can be the other side's.
            assert!(off <= roots / 50, "{off} of {roots} roots are off the skin of {:?}", figure.spec.hair.style);
            assert!(inside <= part.position_m.len() / 11 / 50, "{inside} of {} places are under the skin", part.position_m.len());
        });
    }

    #[test]
    fn a_bun_is_tied_where_its_knot_sits_on_the_head() {
        let human = Human::load().unwrap();
        for preset in [Preset::Officer, Preset::Youth, Preset::Veteran, Preset::Worker] {
            let mut treatment = Treatment::default();
            (treatment.cop.preset, treatment.cop.hair.style) = (Some(preset), Some(HairStyle::Bun));
            let figure = Figure::new(&human, PersonSpec::of(Who::Cop, &treatment).unwrap(), 0.0).unwrap();
            skin::with_ground(&figure, &Options::default(), &|ground| {
                let (scalp, cut) = (Scalp::of(ground), Cut::of(&figure));
                let mut random = stream(&figure, "hair");
                let seed = random.word();
                let knot: Vec<Vec3> =
                    style::knot(&figure, &cut, &scalp, ground, &mut random).into_iter().flat_map(|lock| lock.points).collect();
                let lowest_m = knot.iter().filter_map(|p| scalp.above_m(*p)).fold(f32::MAX, f32::min);
                assert!(lowest_m < 0.001, "{preset:?}: the knot is {lowest_m} m off the head");
                let off = |p: Vec3| knot.iter().map(|q| q.distance(p)).fold(f32::MAX, f32::min);
                let roots = ribbon::roots(ground, 300, &mut random, &|c| f32::from(landmarks::inside_hairline_m(c, 0.0) > 0.004));
                let ends = roots.iter().filter_map(|root| cut.lock(root, &scalp, &mut random, seed).last().copied());
                let far_m = ends.map(off).fold(0.0, f32::max);
                assert!(far_m < 0.025, "{preset:?}: a lock ends {far_m} m off the knot");
            });
        }
    }

    #[test]
    fn every_ribbon_hangs_on_bones_with_weights_that_sum_to_one() {
        each(&|figure, ground| {
            for part in parts(figure, ground) {
                assert_eq!(
                    (part.skin.len(), part.shade.len(), part.uv.len()),
                    (part.position_m.len(), part.position_m.len(), part.triangles.len())
                );
                assert!(part.skin.iter().all(|w| (w.iter().map(|w| w.1).sum::<f32>() - 1.0).abs() < 1e-4));
                assert!(part.position_m.iter().all(|p| p.is_finite()) && part.shade.iter().all(|s| (0.05..4.0).contains(s)));
            }
        });
    }

    /// Mean reflectance of the hair of the head by area, of a woman with black hair at an age.
    fn mean_tone(human: &Human, style: HairStyle, age_years: f64, grey: Option<f64>) -> f32 {
        let mut treatment = Treatment::default();
        let wishes = &mut treatment.cop;
        (wishes.sex, wishes.age_years, wishes.hair.grey) = (Some(0.0), Some(age_years), grey);
        (wishes.hair.tone, wishes.hair.style) = (Some(0.03), Some(style));
        let figure = Figure::new(human, PersonSpec::of(Who::Cop, &treatment).unwrap(), 0.0).unwrap();
        let mut found = 0.0;
        let mean = std::sync::Mutex::new(&mut found);
        skin::with_ground(&figure, &Options::default(), &|ground| {
            let part = head(&figure, ground, &Scalp::of(ground), &Cut::of(&figure));
            let tone = |material: &Material, texture: &Option<Texture>| {
                let texels = texture.iter().flat_map(|texture| &texture.texels);
                let all = texture.as_ref().map_or(1, |texture| texture.texels.len()) as f32;
                let factor = if texture.is_some() { texels.map(|t| f32::from(t.reflectance)).sum::<f32>() / all / 128.0 } else { 1.0 };
                material.reflectance * factor
            };
            let mut tones = vec![tone(part.material.as_ref().unwrap(), &part.texture); part.triangles.len()];
            for section in &part.sections {
                tones[section.first..].fill(tone(&section.material, &section.texture));
            }
            let (mut sum, mut area) = (0.0, 0.0);
            for (t, tone) in part.triangles.iter().zip(tones) {
                let [a, b, c] = t.map(|v| part.position_m[v as usize]);
                let own = (b - a).cross(c - a).length();
                let shade = t.iter().map(|&v| part.shade[v as usize]).sum::<f32>() / 3.0;
                (sum, area) = (sum + own * tone * shade, area + own);
            }
            **mean.lock().unwrap() = sum / area;
        });
        found
    }

    #[test]
    fn black_hair_is_white_at_74_unless_it_is_dyed() {
        let human = Human::load().unwrap();
        for style in [HairStyle::Bob, HairStyle::SidePart, HairStyle::Bun] {
            let [young, middle, old] = [25.0, 50.0, 74.0].map(|age| mean_tone(&human, style, age, None));
            let dyed = mean_tone(&human, style, 74.0, Some(0.0));
            println!("{style:?}: 25 years {young:.3}, 50 {middle:.3}, 74 {old:.3}, dyed {dyed:.3}");
            // Three of four hairs are white: 0.03 → 0.42, if all parts of the locks were as bright as their tips.
            assert!(old > 8.0 * young && old > 0.28, "{style:?}: {young} → {old}");
            assert!(middle > 1.3 * young && middle < 0.5 * old, "{style:?}: {middle}");
            assert!((dyed / young - 1.0).abs() < 0.05, "{style:?}: {dyed}");
        }
    }

    #[test]
    fn lashes_move_with_the_blink_of_their_own_eye() {
        let human = Human::load().unwrap();
        let figure = Figure::new(&human, PersonSpec::of(Who::Kid, &Treatment::default()).unwrap(), 0.0).unwrap();
        let lashes = lashes::parts(&figure).remove(0);
        for (name, side) in [("eyeBlinkLeft", 1.0), ("eyeBlinkRight", -1.0)] {
            let unit = human.unit_names().iter().position(|unit| unit == name).unwrap() as u8;
            let shifts = &lashes.shifts.iter().find(|shifts| shifts.0 == Drive::Unit(unit)).unwrap().1;
            assert!(shifts.iter().all(|(v, _)| lashes.position_m[*v as usize].x * side > 0.0), "{name} moves the other eye's lashes");
            let deepest = shifts.iter().map(|(_, shift)| shift.y).fold(0.0, f32::min);
            assert!(deepest < -0.005, "{name} lowers lashes by {deepest} m");
        }
    }
}
