//! What is known about clothes and the skin beneath before anything is posed.

use super::{Ground, moves};
use crate::{
    corrective::Body,
    dress::closest,
    extremes::EXTREMES,
    figure::Figure,
    part,
    pose::{Posed, hidden_skin, normals, positions},
    winding::Winding,
};
use clinch_model::{
    Person, PersonSample, Segment,
    cast::{Clearance, Drive, Lists, Surface},
};
use glam::{IVec3, Vec3};
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

/// How much nearer than all skin that is known to a vertex other skin must come to be remembered, in metres, and how far away it may be.
const NEARER_M: f32 = 0.002;
const REMEMBERED_M: f32 = 0.04;

/// How far behind skin a place must be to be within that part of the body, in metres.
const BEHIND_M: f32 = 0.001;

/// Places on the skin remembered for a vertex at most, besides the one right under it.
const SEEDS: usize = 6;

/// How far from one another they are in the bind pose, in metres.
const APART_M: f32 = 0.02;

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
    let mut clearance = hidden(figure, body);
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
    let mut skin = Posed { position_m: clearance.position_m.clone(), normal: Vec::new() };
    normals(&clearance.triangles, &skin.position_m, &mut skin.normal);
    let under = under(&clearance, surface, &skin, &at_m);
    let mut seeds: Vec<Vec<u32>> = under.iter().map(|under| vec![under.vertex]).collect();
    clearance.seeds = lists(&seeds);
    clearance.own = under.iter().map(|under| (under.triangle, under.share)).collect();
    clearance.margin_m = under.iter().map(|under| (under.off_m * MARGIN_SHARE).clamp(LEAST_MARGIN_M, MARGIN_M)).collect();
    let mut dressed = person.clone();
    dressed.surface.clearance = clearance;
    // Pushed out of one part of the body, cloth may get into another.
    for _ in 0..2 {
        let found: Vec<Vec<(u32, u32)>> = EXTREMES.par_iter().map(|extreme| missed(&dressed, &airborne(extreme.pose(person)))).collect();
        for (k, seed) in found.into_iter().flatten() {
            let known = &mut seeds[k as usize];
            let apart = |s: &u32| skin.position_m[*s as usize].distance(skin.position_m[seed as usize]) > APART_M;
            if known.len() <= SEEDS && known.iter().all(apart) {
                // The skin right under it stays last.
                known.insert(0, seed);
            }
        }
        dressed.surface.clearance.seeds = lists(&seeds);
    }
    dressed.surface.clearance
}

/// A pose far above the ground, so that toes don't ask for it.
fn airborne(mut pose: clinch_model::Pose) -> PersonSample {
    pose.pelvis_m.y += 3.0;
    let gaze_m = Vec3::Z * 1e6;
    PersonSample { pose, breath: 0.2, effort: 0.0, fatigue: 0.0, assist_n: 0.0, grip: [0.0; 2], gaze_m, expression: [0.0; 7], blink: 0.0 }
}

/// The skin from the ankles to the wrists and the chin, refined, with all that moves it.
fn hidden(figure: &Figure, body: &Body) -> Clearance {
    let bind = |segment: Segment| figure.rig.bind[segment.index()].origin_m;
    let chin_m = bind(Segment::Head).y + 0.10;
    let sole_m = figure.sole_m + 0.02;
    let near = |v: u32| {
        let (p, segment) = (figure.position_m[v as usize], figure.leading(v as usize));
        match segment {
            Segment::HandL | Segment::HandR => p.distance(bind(segment)) < 0.055,
            Segment::FootL | Segment::FootR => p.distance(bind(segment)) < 0.09 && p.y > sole_m,
            _ => p.y < chin_m,
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
    let Surface { position_m, skin, triangles, .. } = surface;
    let mut around = vec![Vec::new(); position_m.len()];
    let mut next = vec![BTreeSet::new(); position_m.len()];
    for (t, triangle) in (0..).zip(&triangles) {
        for i in 0..3 {
            around[triangle[i] as usize].push(t);
            next[triangle[i] as usize].extend([triangle[(i + 1) % 3], triangle[(i + 2) % 3]]);
        }
    }
    Clearance { position_m, skin, triangles, morphs, around: lists(&around), next: lists(&next), ..Clearance::default() }
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
    let grid = Grid::new(HEM_M, (0..garments).map(place));
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
        let grid = Grid::new(whole, at_m[below].iter().copied());
        let on = |k: usize| {
            let mut near: Vec<(f32, u32)> = grid.near(at_m[k], none).map(|j| (at_m[j as usize].distance(at_m[k]), j)).collect();
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

/// A distance between cloth and skin, in metres, made greater by what they don't have in common of their bones.
pub fn farness_m(distance_m: f32, cloth: &[(u8, f32); 4], skin: &[(u8, f32); 4]) -> f32 {
    let of = |bone: u8| skin.iter().filter(|other| other.0 == bone).map(|other| other.1).sum::<f32>();
    let common: f32 = cloth.iter().map(|&(bone, share)| of(bone).min(share)).sum();
    distance_m + ASTRAY_M * (1.0 - common)
}

/// The skin right under a vertex of cloth in the bind pose.
struct Under {
    triangle: u32,
    share: [f32; 3],
    /// Its corner with the greatest share.
    vertex: u32,
    /// How far the cloth lies off it, in metres; negative within the body.
    off_m: f32,
}

/// `[kept]`: the nearest skin that faces it, else the nearest of all.
fn under(clearance: &Clearance, surface: &Surface, skin: &Posed, at_m: &[Vec3]) -> Vec<Under> {
    // No corner of a triangle of skin is farther from its middle.
    const TRIANGLE_M: f32 = 0.02;
    let corners = |t: usize| clearance.triangles[t].map(|v| skin.position_m[v as usize]);
    let middles = (0..clearance.triangles.len()).map(|t| corners(t).iter().sum::<Vec3>() / 3.0);
    let grid = Grid::new(TRIANGLE_M, middles);
    let one = |(&p, &vertex): (&Vec3, &u32)| {
        let weights = &surface.skin[vertex as usize];
        let over = |triangle: u32| {
            let t = clearance.triangles[triangle as usize];
            let share = closest(p, corners(triangle as usize));
            let mix = |of: &[Vec3]| (0..3).map(|i| of[t[i] as usize] * share[i]).sum::<Vec3>();
            let way = p - mix(&skin.position_m);
            let facing = way.dot(mix(&skin.normal).normalize_or_zero());
            let most = (0..3).fold(0, |most, i| if share[i] > share[most] { i } else { most });
            let far_m = farness_m(way.length(), weights, &clearance.skin[t[most] as usize]);
            (far_m, facing > 0.5 * way.length(), Under { triangle, share, vertex: t[most], off_m: way.length().copysign(facing) })
        };
        let least = |a: &(f32, bool, Under), b: &(f32, bool, Under)| a.0.total_cmp(&b.0).then(a.2.triangle.cmp(&b.2.triangle));
        let near = || grid.near(p, REACH_M + TRIANGLE_M).map(over);
        // Skin of the other leg faces away.
        let own = near().filter(|over| over.1).min_by(least).or_else(|| near().min_by(least));
        let own = own.or_else(|| (0..clearance.triangles.len() as u32).map(over).min_by(least));
        own.map_or(Under { triangle: 0, share: [1.0, 0.0, 0.0], vertex: 0, off_m: 0.0 }, |own| own.2)
    };
    at_m.par_iter().zip(&clearance.vertex).map(one).collect()
}

/// Kept vertices and skin that comes nearer to them in a state than any that is known to.
fn missed(person: &Person, state: &PersonSample) -> Vec<(u32, u32)> {
    let clearance = &person.surface.clearance;
    let mut skin = Posed::default();
    hidden_skin(person, state, &mut skin);
    let mut position_m = Vec::new();
    positions(person, state, &person.surface.position_m, &mut position_m);
    let mut at_m: Vec<Vec3> = clearance.vertex.iter().map(|&v| position_m[v as usize]).collect();
    let moves_m = moves(clearance, &skin, &at_m);
    at_m.iter_mut().zip(moves_m).for_each(|(p, move_m)| *p += move_m);
    let grid = Grid::new(0.015, skin.position_m.iter().copied());
    let winding = Winding::new(&clearance.triangles, &skin.position_m);
    let ground = Ground::new(clearance, &skin);
    let mut found = Vec::new();
    for (k, &p) in at_m.iter().enumerate() {
        let known: Vec<(u32, f32)> = clearance.seeds.get(k).iter().map(|&seed| ground.walk(seed, p.into())).collect();
        let nearest_m = known.iter().map(|walk| walk.1).fold(f32::MAX, f32::min).sqrt();
        let off = |v: u32| p - skin.position_m[v as usize];
        let least = |a: &u32, b: &u32| off(*a).length_squared().total_cmp(&off(*b).length_squared()).then(a.cmp(b));
        let reach_m = (nearest_m - NEARER_M).min(REMEMBERED_M);
        let nearer = if reach_m > 0.0 { grid.near(p, reach_m).filter(|&v| off(v).length() < reach_m).min_by(least) } else { None };
        // Within the body: the skin right in front.
        let before = |v: &u32| {
            let (off_m, over_m) = (off(*v).length(), off(*v).dot(skin.normal[*v as usize]));
            off_m < REMEMBERED_M
                && over_m < -BEHIND_M.max(0.7 * off_m)
                && known.iter().all(|walk| walk.0 != *v)
                && clearance.next.get(*v as usize).iter().all(|&next| off(next).length() >= off_m)
        };
        let inside = || if winding.around(p) > 0 { grid.near(p, REMEMBERED_M).filter(before).min_by(least) } else { None };
        found.extend(nearer.or_else(inside).map(|v| (k as u32, v)));
    }
    found
}

/// Things sorted into the cells of a box around them all.
struct Grid {
    side_m: f32,
    least: IVec3,
    cells: IVec3,
    things: Lists,
}

impl Grid {
    fn new(side_m: f32, places: impl Iterator<Item = Vec3> + Clone) -> Self {
        let cell = |p: Vec3| (p / side_m).floor().as_ivec3();
        let least = places.clone().map(cell).fold(IVec3::MAX, IVec3::min);
        let most = places.clone().map(cell).fold(IVec3::MIN, IVec3::max);
        let cells = if least.cmpgt(most).any() { IVec3::ZERO } else { most - least + 1 };
        let mut grid = Self { side_m, least, cells, things: Lists::default() };
        // Counted, then filled from behind, so that things stay in order within a cell.
        let slots: Vec<usize> = places.map(|p| grid.slot(cell(p) - least)).collect();
        let mut end = vec![0u32; (cells.x * cells.y * cells.z) as usize];
        slots.iter().for_each(|&slot| end[slot] += 1);
        let mut sum = 0;
        end.iter_mut().for_each(|e| {
            sum += *e;
            *e = sum;
        });
        let mut free = end.clone();
        let mut of = vec![0; slots.len()];
        for (thing, &slot) in slots.iter().enumerate().rev() {
            free[slot] -= 1;
            of[free[slot] as usize] = thing as u32;
        }
        grid.things = Lists { end, of };
        grid
    }

    fn slot(&self, cell: IVec3) -> usize {
        ((cell.z * self.cells.y + cell.y) * self.cells.x + cell.x) as usize
    }

    /// All within a reach of a place, and more.
    fn near(&self, p: Vec3, reach_m: f32) -> impl Iterator<Item = u32> + '_ {
        let cell = |p: Vec3| (p / self.side_m).floor().as_ivec3() - self.least;
        let low = cell(p - reach_m).max(IVec3::ZERO);
        let high = cell(p + reach_m).min(self.cells - 1);
        (low.z..=high.z)
            .flat_map(move |z| (low.y..=high.y).flat_map(move |y| (low.x..=high.x).map(move |x| IVec3::new(x, y, z))))
            .flat_map(move |at| self.things.get(self.slot(at)).iter().copied())
    }
}
