//! What is known about clothes and the skin beneath before anything is posed.

use crate::{
    cells::Cells,
    corrective::Body,
    dress::closest,
    extremes::EXTREMES,
    figure::Figure,
    part,
    pose::{hidden_skin, normals, positions_of},
};
use clinch_model::{
    Person, PersonSample, Segment,
    cast::{CLEARANCE_PLACES, Clearance, Drive, Lists, Surface},
};
use glam::{Vec3, Vec3A};
use rayon::prelude::*;
use std::{collections::BTreeSet, ops::Range};

/// Greatest distance from the skin that cloth keeps, in metres; what lay nearer in the bind pose keeps a share of that.
const MARGIN_M: f32 = 0.004;
const MARGIN_SHARE: f32 = 0.6;
/// Least distance, in metres.
const LEAST_MARGIN_M: f32 = 0.0006;

/// How far from cloth the skin under it may be in the bind pose, in metres.
const REACH_M: f32 = 0.06;

/// How much nearer skin must be that has no bones in common with cloth to be taken for the skin under it, in metres: skin of the trunk doesn't go
/// with a sleeve.
const ASTRAY_M: f32 = 0.06;

/// Cloth that is never less than this farther over the skin than its margin isn't watched, in metres.
const CLEAR_M: f32 = 0.003;

/// Least share of bones in common with cloth that skin has for which the cloth is watched.
const COMMON: f32 = 0.15;

/// Share of bones in common with cloth from which skin is the cloth's own, whichever way it looks.
const OWN: f32 = 0.4;

/// How far from the neck's root collars and hoods are watched against whatever skin of neck and jaw comes near, in metres.
const NECK_M: f32 = 0.15;

/// How deep within skin cloth may be in a posture to be watched for it, in metres.
const DEEP_M: f32 = 0.04;

/// Places that are remembered from the postures, and how far from one another they are in the bind pose, in metres.
const REMEMBERED: usize = 7;
const APART_M: f32 = 0.006;

/// Steps of a walk over the skin: some ten centimetres.
const STEPS: usize = 16;

/// How far cloth reaches to what carries it, in metres: all of it up to the first, none from the second.
const CARRY_M: [f32; 2] = [0.020, 0.080];

/// Distance between two layers of one hem, in metres.
const HEM_M: f32 = 0.007;

/// Two garments, cloth that is sewn on, and stiff things, of which somebody may wear none.
const LAYERS: u8 = 4;
const GARMENTS: usize = 2;

/// Vertices of a surface that are one part of what a person wears.
#[derive(Debug, Clone)]
pub struct Worn {
    /// From the innermost.
    pub layer: u8,
    /// Which.
    pub vertices: Range<u32>,
}

/// Fits what keeps a person's clothes off the body. The person's surface must be whole, with normals.
pub fn fit(figure: &Figure, body: &Body, person: &Person, worn: &[Worn]) -> Clearance {
    let (mut clearance, triangles) = hidden(figure, body);
    if worn.is_empty() {
        return Clearance::default();
    }
    for layer in 0..LAYERS {
        clearance.vertex.extend(worn.iter().filter(|part| part.layer == layer).flat_map(|part| part.vertices.clone()));
        clearance.layers.push(clearance.vertex.len() as u32);
    }
    let surface = &person.surface;
    let at_m: Vec<Vec3> = clearance.vertex.iter().map(|&v| surface.position_m[v as usize]).collect();
    clearance.beside = beside(surface, &clearance);
    clearance.carried = carried(&clearance, &at_m);
    let next = next(clearance.position_m.len(), &triangles);
    let under = under(&clearance, &triangles, surface, &at_m);
    clearance.margin_m = under.iter().map(|under| (under.off_m * MARGIN_SHARE).clamp(LEAST_MARGIN_M, MARGIN_M)).collect();
    let neck_m = figure.rig.bind[Segment::Head.index()].origin_m;
    let mut bare = person.clone();
    bare.surface.clearance = clearance;
    let clearance = &bare.surface.clearance;
    let near: Vec<Vec<(u32, u32, f32)>> =
        EXTREMES.par_iter().map(|extreme| near(&bare, neck_m, &next, &under, &airborne(extreme.pose(person)))).collect();
    let mut met: Vec<Vec<(f32, u32)>> = vec![Vec::new(); at_m.len()];
    near.iter().flatten().for_each(|&(k, v, over_m)| met[k as usize].push((over_m, v)));
    let watched: Vec<u32> = (0..met.len() as u32).filter(|&k| !met[k as usize].is_empty()).collect();
    let places = watched.par_iter().map(|&k| places(clearance, &next, under[k as usize].vertex, &met[k as usize])).collect();
    let mut clearance = bare.surface.clearance;
    (clearance.watched, clearance.places) = (watched, places);
    trim(&mut clearance);
    clearance
}

/// `[skin vertex]`: those beside it.
fn next(count: usize, triangles: &[[u32; 3]]) -> Lists {
    let mut next = vec![Vec::new(); count];
    for t in triangles {
        // Every edge once from each of its two triangles.
        (0..3).for_each(|i| next[t[i] as usize].push(t[(i + 1) % 3]));
    }
    lists(&next)
}

/// Kept vertices and the skin that each is near to in a state, with how far it is over that, in metres.
fn near(person: &Person, neck_m: Vec3, next: &Lists, under: &[Under], state: &PersonSample) -> Vec<(u32, u32, f32)> {
    let clearance = &person.surface.clearance;
    let planes = hidden_skin(person, state);
    // What is stiff isn't watched.
    let soft = clearance.layers[clearance.layers.len() - 2];
    let at_m = positions_of(person, state, &clearance.vertex[..soft as usize]);
    let mut found = Vec::new();
    for k in 0..soft {
        let vertex = clearance.vertex[k as usize] as usize;
        let p = Vec3A::from(at_m[k as usize]);
        let own = under[k as usize].vertex;
        let at_neck = person.surface.position_m[vertex].distance(neck_m) < NECK_M;
        let mut nearest = (own, planes[own as usize].0.distance_squared(p));
        for _ in 0..STEPS {
            let here = nearest.0;
            for &v in next.get(here as usize) {
                let far = planes[v as usize].0.distance_squared(p);
                if far < nearest.1 {
                    nearest = (v, far);
                }
            }
            if nearest.0 == here {
                break;
            }
        }
        let meets = |v: u32| {
            let (at_m, normal) = planes[v as usize];
            let over_m = (p - at_m).dot(normal);
            let close = over_m < clearance.margin_m[k as usize] + CLEAR_M && over_m > -DEEP_M;
            // A turned neck slides along under the collar.
            let neck = at_neck && clearance.position_m[v as usize].y > neck_m.y - 0.03;
            (close && (neck || goes_along(&person.surface.skin[vertex], &clearance.skin[v as usize]))).then_some((k, v, over_m))
        };
        // Around a shoulder's edge skin looks another way and is the cloth's own all the same.
        let faces = clearance.normal[nearest.0 as usize].dot(clearance.normal[own as usize]) > 0.0
            || at_neck
            || common(&person.surface.skin[vertex], &clearance.skin[nearest.0 as usize]) > OWN;
        found.extend(if faces { meets(nearest.0) } else { meets(own) });
    }
    found
}

/// Skin vertices around the places that cloth is near to in some postures.
fn places(clearance: &Clearance, next: &Lists, own: u32, met: &[(f32, u32)]) -> [u32; CLEARANCE_PLACES] {
    let mut met = met.to_vec();
    met.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut places = vec![own];
    for (_, v) in met {
        let apart = |s: &u32| clearance.position_m[*s as usize].distance(clearance.position_m[v as usize]) > APART_M;
        if places.len() <= REMEMBERED && places.iter().all(apart) {
            places.push(v);
        }
    }
    // Then what is beside these, of each in turn.
    let mut i = 0;
    while places.len() < CLEARANCE_PLACES && i < places.len() {
        for &v in next.get(places[i] as usize) {
            if places.len() < CLEARANCE_PLACES && !places.contains(&v) {
                places.push(v);
            }
        }
        i += 1;
    }
    let mut of = [own; CLEARANCE_PLACES];
    of.iter_mut().zip(places).for_each(|(of, place)| *of = place);
    of
}

/// Leaves out skin that no cloth is near to.
fn trim(clearance: &mut Clearance) {
    let mut used = vec![false; clearance.position_m.len()];
    clearance.places.iter().flatten().for_each(|&v| used[v as usize] = true);
    let kept: Vec<usize> = (0..used.len()).filter(|&v| used[v]).collect();
    let mut now = vec![0; used.len()];
    (0..).zip(&kept).for_each(|(new, &v)| now[v] = new);
    clearance.places.iter_mut().flatten().for_each(|v| *v = now[*v as usize]);
    for morph in &mut clearance.morphs {
        morph.shift_m.retain(|shift| used[shift.0 as usize]);
        morph.shift_m.iter_mut().for_each(|shift| shift.0 = now[shift.0 as usize]);
    }
    clearance.position_m = kept.iter().map(|&v| clearance.position_m[v]).collect();
    clearance.normal = kept.iter().map(|&v| clearance.normal[v]).collect();
    clearance.skin = kept.iter().map(|&v| clearance.skin[v]).collect();
}

/// A pose far above the ground, so that toes don't ask for it.
fn airborne(mut pose: clinch_model::Pose) -> PersonSample {
    pose.pelvis_m.y += 3.0;
    let gaze_m = Vec3::Z * 1e6;
    PersonSample { pose, breath: 0.2, effort: 0.0, fatigue: 0.0, assist_n: 0.0, grip: [0.0; 2], gaze_m, expression: [0.0; 7], blink: 0.0 }
}

/// The skin from the ankles to the wrists and the jaw, refined, with all that moves it, and its triangles.
fn hidden(figure: &Figure, body: &Body) -> (Clearance, Vec<[u32; 3]>) {
    let bind = |segment: Segment| figure.rig.bind[segment.index()].origin_m;
    // Up to the mouth: a bent head brings the jaw down on collar and hood.
    let jaw_m = bind(Segment::Head).y + 0.17;
    let sole_m = figure.sole_m + 0.02;
    let near = |v: u32| {
        let (p, segment) = (figure.position_m[v as usize], figure.leading(v as usize));
        match segment {
            Segment::HandL | Segment::HandR => p.distance(bind(segment)) < 0.055,
            Segment::FootL | Segment::FootR => p.distance(bind(segment)) < 0.09 && p.y > sole_m,
            _ => p.y < jaw_m,
        }
    };
    let fine = |quad: &[u32; 4]| quad.iter().any(|&v| near(v));
    let hand = |v: u32| matches!(figure.leading(v as usize), Segment::HandL | Segment::HandR);
    let mut surface = Surface { bones: figure.rig.bones.clone(), ..Surface::default() };
    // Fingers have so many faces that they need no more.
    for cage in
        [figure.cage("body", |_, quad| fine(quad)).refined(), figure.cage("body", |_, quad| !fine(quad) && quad.iter().any(|&v| hand(v)))]
    {
        let mut part = figure.part(&cage);
        part.shifts.retain(|(drive, _)| *drive == Drive::Breath);
        part::join(&mut surface, part);
    }
    normals(&surface.triangles, &surface.position_m, &mut surface.normal);
    let mut morphs = std::mem::take(&mut surface.morphs);
    morphs.extend(body.correctives.iter().map(|corrective| corrective.morph(&surface)));
    let Surface { position_m, normal, skin, triangles, .. } = surface;
    (Clearance { position_m, normal, skin, morphs, ..Clearance::default() }, triangles)
}

fn lists<'a, T>(of: &'a [T]) -> Lists
where
    &'a T: IntoIterator<Item = &'a u32>,
{
    let mut lists = Lists::default();
    of.iter().for_each(|list| lists.push(list.into_iter().copied()));
    lists
}

/// `[kept]`: what is beside it in the cloth, and the other layer of its hem.
fn beside(surface: &Surface, clearance: &Clearance) -> Lists {
    let mut kept = vec![u32::MAX; surface.position_m.len()];
    (0..).zip(&clearance.vertex).for_each(|(k, &v)| kept[v as usize] = k);
    let mut beside = vec![BTreeSet::new(); clearance.vertex.len()];
    for t in &surface.triangles {
        let t = t.map(|v| kept[v as usize]);
        if t.iter().all(|&k| k != u32::MAX) {
            (0..3).for_each(|i| beside[t[i] as usize].extend([t[(i + 1) % 3], t[(i + 2) % 3]]));
        }
    }
    // Hems are doubled; their inner layers look the other way.
    let garments = clearance.layers[GARMENTS - 1] as usize;
    let place = |k: usize| surface.position_m[clearance.vertex[k] as usize];
    let normal = |k: usize| surface.normal[clearance.vertex[k] as usize];
    let grid = Cells::new(HEM_M, (0..garments).map(place));
    let over = |k: usize| {
        let facing = |&j: &u32| normal(k).dot(normal(j as usize)) < -0.5 && place(k).distance(place(j as usize)) < HEM_M;
        grid.near(place(k), HEM_M).filter(facing).min_by(|a, b| {
            let far = |j: &u32| place(k).distance_squared(place(*j as usize));
            far(a).total_cmp(&far(b)).then(a.cmp(b))
        })
    };
    let layer = |k: usize| clearance.layers.iter().position(|&end| k < end as usize);
    let pairs: Vec<(usize, u32)> = (0..garments).into_par_iter().filter_map(|k| Some((k, over(k)?))).collect();
    for (k, j) in pairs.into_iter().filter(|&(k, j)| layer(k) == layer(j as usize)) {
        beside[k].insert(j);
        beside[j as usize].insert(k as u32);
    }
    lists(&beside)
}

/// `[kept]`: what carries it.
fn carried(clearance: &Clearance, at_m: &[Vec3]) -> Vec<[(u32, f32); 3]> {
    let [whole, none] = CARRY_M;
    let mut carried = vec![[(0, 0.0); 3]; at_m.len()];
    for layer in 1..clearance.layers.len() {
        let (first, end) = (clearance.layers[layer - 1] as usize, clearance.layers[layer] as usize);
        // Details lie on whichever garment is nearest.
        let below = 0..if layer < GARMENTS { first } else { clearance.layers[GARMENTS - 1] as usize };
        let grid = Cells::new(whole, at_m[below].iter().copied());
        let on = |k: usize| {
            let within = |reach_m: f32| -> Vec<(f32, u32)> {
                let far = |j: u32| (at_m[j as usize].distance(at_m[k]), j);
                grid.near(at_m[k], reach_m).map(far).filter(|far| far.0 <= reach_m).collect()
            };
            // Near first: three that are found there are the nearest.
            let mut near = within(whole / 2.0);
            for reach_m in [whole, 2.0 * whole, none] {
                if near.len() < 3 {
                    near = within(reach_m);
                }
            }
            near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            near.truncate(3);
            let sum: f32 = near.iter().map(|n| 1.0 / (n.0 + 0.001)).sum();
            let held = near.first().map_or(0.0, |n| ((none - n.0) / (none - whole)).clamp(0.0, 1.0));
            let mut shares = [(0, 0.0); 3];
            shares.iter_mut().zip(near).for_each(|(share, n)| *share = (n.1, held / (n.0 + 0.001) / sum));
            shares
        };
        let found: Vec<_> = (first..end).into_par_iter().map(on).collect();
        carried[first..end].copy_from_slice(&found);
    }
    carried
}

/// The share of their bones that cloth and skin have in common.
pub fn common(cloth: &[(u8, f32); 4], skin: &[(u8, f32); 4]) -> f32 {
    let of = |bone: u8| skin.iter().filter(|other| other.0 == bone).map(|other| other.1).sum::<f32>();
    cloth.iter().map(|&(bone, share)| of(bone).min(share)).sum()
}

fn goes_along(cloth: &[(u8, f32); 4], skin: &[(u8, f32); 4]) -> bool {
    common(cloth, skin) > COMMON
}

/// A distance between cloth and skin, in metres, made greater by what they don't have in common of their bones.
pub fn farness_m(distance_m: f32, cloth: &[(u8, f32); 4], skin: &[(u8, f32); 4]) -> f32 {
    distance_m + ASTRAY_M * (1.0 - common(cloth, skin))
}

/// The skin right under a vertex of cloth in the bind pose.
struct Under {
    /// The vertex that counts most in the nearest place.
    vertex: u32,
    /// How far the cloth lies off it, in metres; negative within the body.
    off_m: f32,
}

/// `[kept]`: the nearest skin that faces it, else the nearest of all.
fn under(clearance: &Clearance, triangles: &[[u32; 3]], surface: &Surface, at_m: &[Vec3]) -> Vec<Under> {
    // No corner of a triangle of skin is farther from its middle.
    const TRIANGLE_M: f32 = 0.02;
    let corners = |t: &[u32; 3]| t.map(|v| clearance.position_m[v as usize]);
    let middles: Vec<Vec3> = triangles.iter().map(|t| corners(t).iter().sum::<Vec3>() / 3.0).collect();
    let grid = Cells::new(TRIANGLE_M, middles.iter().copied());
    let one = |(&p, &vertex): (&Vec3, &u32)| {
        let weights = &surface.skin[vertex as usize];
        let mut best = [(f32::MAX, Under { vertex: 0, off_m: 0.0 }), (f32::MAX, Under { vertex: 0, off_m: 0.0 })];
        // Near first: what is found nearer than all that is searched is nearest.
        for reach_m in [0.01, 0.02, 0.04, REACH_M] {
            for triangle in grid.near(p, reach_m + TRIANGLE_M) {
                let t = &triangles[triangle as usize];
                if middles[triangle as usize].distance(p) - TRIANGLE_M > best[0].0 {
                    continue;
                }
                let share = closest(p, corners(t));
                let mix = |of: &[Vec3]| (0..3).map(|i| of[t[i] as usize] * share[i]).sum::<Vec3>();
                let way = p - mix(&clearance.position_m);
                let off_m = way.length();
                if off_m > best[0].0 {
                    continue;
                }
                let most = (0..3).fold(0, |most, i| if share[i] > share[most] { i } else { most });
                let far_m = farness_m(off_m, weights, &clearance.skin[t[most] as usize]);
                let facing = way.dot(mix(&clearance.normal).normalize_or_zero());
                // Skin of the other leg faces away.
                for (best, fits) in best.iter_mut().zip([facing > 0.5 * off_m, true]) {
                    if fits && far_m < best.0 {
                        *best = (far_m, Under { vertex: t[most], off_m: off_m.copysign(facing) });
                    }
                }
            }
            if best[0].0 <= reach_m {
                break;
            }
        }
        let [facing, any] = best;
        if facing.0 < f32::MAX { facing.1 } else { any.1 }
    };
    at_m.par_iter().zip(&clearance.vertex).map(one).collect()
}
