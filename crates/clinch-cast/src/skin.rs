//! What is seen of the body itself: skin, eyes, teeth and tongue.

mod chart;
mod complexion;
pub mod eyes;

use crate::{
    Options,
    figure::Figure,
    hair::{self, Ground},
    landmarks,
    part::{Part, Section, material},
    pose,
};
use chart::{Patch, Sheet};
use clinch_model::{Material, cast::Texture};
use complexion::Complexion;
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// The face gets half the rows and two thirds of the columns: about 0.35 mm a texel there, which a close-up of 1080 rows just resolves.
const FACE: Sheet = Sheet {
    name: "face",
    across: &[(0.636, 0), (0.79, 214), (0.945, 860), (0.997, 960)],
    down: &[(0.168, 0), (0.3465, 150), (0.4015, 324), (0.4415, 400), (0.5915, 1040), (0.6315, 1116), (0.6865, 1290), (0.866, 1440)],
};

const NECK: Sheet = Sheet { name: "neck", across: &[(0.245, 0), (0.515, 512)], down: &[(0.015, 0), (0.145, 256)] };

const HANDS: Sheet = Sheet { name: "hands", across: &[(0.360, 0), (0.772, 1024)], down: &[(0.797, 0), (0.995, 512)] };

const BODY: Sheet = Sheet { name: "body", across: &[(0.0, 0), (1.0, 512)], down: &[(0.0, 0), (1.0, 512)] };

/// Height of the relief of skin between its deepest and highest, in metres.
const RELIEF_M: f32 = 0.0014;

/// Which picture a face of the body is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Region {
    Face,
    Neck,
    Hands,
    Body,
    Mouth,
}

impl Region {
    const ALL: [Region; 5] = [Region::Face, Region::Neck, Region::Hands, Region::Body, Region::Mouth];

    fn sheet(self) -> Option<&'static Sheet> {
        match self {
            Region::Face => Some(&FACE),
            Region::Neck => Some(&NECK),
            Region::Hands => Some(&HANDS),
            Region::Body => Some(&BODY),
            Region::Mouth => None,
        }
    }
}

/// Skin, eyes, mouth and hair.
pub fn parts(figure: &Figure, options: &Options) -> Vec<Part> {
    let mut skin = Skin::bare_of_clothes(figure, options);
    // What is painted and what grows on the skin don't ask each other.
    let textures = || skin.textures(figure);
    let (textures, (hair, inner)) = rayon::join(textures, || rayon::join(|| skin.hair(figure), || inner_parts(figure, options)));
    skin.dye(textures);
    hair.into_iter().chain([skin.part]).chain(inner).collect()
}

/// Eyes, teeth and tongue.
pub fn inner_parts(figure: &Figure, options: &Options) -> Vec<Part> {
    let mut parts = eyes::parts(figure);
    let mut add = |group: &str, name: &str, reflectance: f32, roughness: f32| {
        let cage = figure.cage(group, |_, _| true);
        let mut part = figure.part(&if options.fine { cage.refined() } else { cage });
        part.material = Some(material(name, reflectance, roughness, 0.03, 0.0));
        parts.push(part);
    };
    for teeth in ["helper-upper-teeth", "helper-lower-teeth"] {
        add(teeth, "teeth", 0.42, 0.25);
    }
    add("helper-tongue", "tongue", 0.16, 0.3);
    parts
}

/// `[face of the body group]`: where it is painted.
fn regions(figure: &Figure) -> Vec<Region> {
    let human = figure.human;
    let group = human.group("body");
    let islands = chart::islands(human, group);
    let [head, mouth, trunk] =
        [Vec2::new(0.76, 0.55), Vec2::new(0.84, 0.93), Vec2::new(0.38, 0.25)].map(|place| chart::island_at(human, group, &islands, place));
    let of = |(face, &island): (&[u32; 4], &u32)| {
        let held = |sheet: &Sheet| face.iter().all(|&uv| sheet.holds(human.uv[uv as usize]));
        match island {
            _ if island == head => Region::Face,
            _ if island == mouth => Region::Mouth,
            _ if island == trunk && held(&NECK) => Region::Neck,
            _ if held(&HANDS) && island != trunk => Region::Hands,
            _ => Region::Body,
        }
    };
    group.uv.iter().zip(&islands).map(of).collect()
}

/// The skin as one mesh, so that no seam shows, in sections by picture.
pub struct Skin {
    part: Part,
    /// `[vertex]`: its place on the base mesh, in metres.
    canon_m: Vec<Vec3>,
    /// Triangles that are the head's, which come first.
    head: usize,
    /// `[section]`: what its picture shows.
    patches: Vec<(Region, Vec<Patch>)>,
}

impl Skin {
    /// The skin that clothes don't hide, unpainted.
    pub fn bare_of_clothes(figure: &Figure, options: &Options) -> Self {
        let covered = crate::dress::covered(figure);
        let quads = &figure.human.group("body").quads;
        Self::new(figure, options, &|face| !quads[face].iter().all(|&v| covered[v as usize]))
    }

    /// Skin of the faces of the body group that `seen` picks, unpainted.
    fn new(figure: &Figure, options: &Options, seen: &dyn Fn(usize) -> bool) -> Self {
        let regions = regions(figure);
        let cage = figure.cage("body", |_, _| true);
        let cage = if options.fine { cage.refined() } else { cage };
        let whole = Whole::new(figure, figure.part(&cage), cage.apply(&figure.human.position_m));
        let mut part = Part { triangles: Vec::new(), uv: Vec::new(), ..whole.part.clone() };
        // Every face has become as many triangles as every other, in the order of faces.
        let each = whole.part.triangles.len() / regions.len();
        let mut skin_patches = Vec::new();
        for region in Region::ALL {
            let first = part.triangles.len();
            let faces = (0..regions.len()).filter(|&face| regions[face] == region && seen(face));
            let patches: Vec<Patch> =
                faces.flat_map(|face| face * each..(face + 1) * each).map(|t| whole.patch(region, t, &mut part)).collect();
            if !patches.is_empty() {
                add_section(&mut part, Section { first, material: region_material(region, figure), texture: None });
                skin_patches.push((region, patches));
            }
        }
        let head = part.sections.first().map_or(part.triangles.len(), |section| section.first);
        let head = if skin_patches.first().is_some_and(|(region, _)| *region == Region::Face) { head } else { 0 };
        let (part, canon_m) = compact(part, whole.canon_m);
        Self { part, canon_m, head, patches: skin_patches }
    }

    /// `[section]`: its picture.
    pub fn textures(&self, figure: &Figure) -> Vec<Option<Texture>> {
        let complexion = Complexion::of(&figure.spec, &figure.joints);
        let paint = |(region, patches): &(Region, Vec<Patch>)| {
            region.sheet().map(|sheet| chart::paint(sheet, patches, RELIEF_M, |place| complexion.texel(place)))
        };
        self.patches.par_iter().map(paint).collect()
    }

    fn dye(&mut self, textures: Vec<Option<Texture>>) {
        let mut textures = textures.into_iter();
        self.part.texture = textures.next().flatten();
        self.part.sections.iter_mut().zip(textures).for_each(|(section, texture)| section.texture = texture);
    }

    /// What grows on the skin.
    pub fn hair(&self, figure: &Figure) -> Vec<Part> {
        hair::parts(figure, &self.ground())
    }

    fn ground(&self) -> Ground<'_> {
        let part = &self.part;
        Ground { skin: part, canon_m: &self.canon_m, head: &part.triangles[..self.head], head_uv: &part.uv[..self.head] }
    }
}

/// The skin all over, before it is sorted by pictures.
struct Whole {
    part: Part,
    canon_m: Vec<Vec3>,
    /// `[vertex]`: how far inside the hairline, in metres.
    inside_m: Vec<f32>,
    normal: Vec<Vec3>,
}

impl Whole {
    fn new(figure: &Figure, part: Part, canon_m: Vec<Vec3>) -> Self {
        let inside = |&c: &Vec3| if landmarks::on_head(c) { landmarks::inside_hairline_m(c, figure.spec.hair.receding) } else { -1.0 };
        let inside_m = canon_m.iter().map(inside).collect();
        let mut normal = Vec::new();
        pose::normals(&part.triangles, &part.position_m, &mut normal);
        Self { part, canon_m, inside_m, normal }
    }

    /// Adds a triangle to a part; gives what a picture shows of it.
    fn patch(&self, region: Region, triangle: usize, to: &mut Part) -> Patch {
        let vertices = self.part.triangles[triangle];
        let placed = self.part.uv[triangle].map(|uv| region.sheet().map_or(Vec2::ZERO, |sheet| sheet.place(uv)));
        to.triangles.push(vertices);
        to.uv.push(placed);
        let corners = |from: &[Vec3]| vertices.map(|v| from[v as usize]);
        Patch {
            uv: placed,
            at_m: corners(&self.part.position_m),
            canon_m: corners(&self.canon_m),
            inside_m: vertices.map(|v| self.inside_m[v as usize]),
            normal: corners(&self.normal),
        }
    }
}

fn region_material(region: Region, figure: &Figure) -> Material {
    if region == Region::Mouth {
        return material("mouth", 0.07, 0.35, 0.03, 0.0);
    }
    // Melanin takes diffuse light away, not the gloss of the surface.
    Material { sweat: 1.0, ..material("skin", figure.spec.skin_reflectance, 0.5, 0.03, 0.0) }
}

fn add_section(part: &mut Part, section: Section) {
    if part.material.is_none() {
        (part.material, part.texture) = (Some(section.material), section.texture);
    } else {
        part.sections.push(section);
    }
}

/// Drops vertices that no triangle uses.
fn compact(mut part: Part, mut canon_m: Vec<Vec3>) -> (Part, Vec<Vec3>) {
    let mut index = vec![u32::MAX; part.position_m.len()];
    let mut is_used = vec![false; index.len()];
    part.triangles.iter().flatten().for_each(|&v| is_used[v as usize] = true);
    let used: Vec<u32> = (0..is_used.len() as u32).filter(|&v| is_used[v as usize]).collect();
    if used.len() == index.len() {
        return (part, canon_m);
    }
    used.iter().zip(0..).for_each(|(&v, i)| index[v as usize] = i);
    canon_m = used.iter().map(|&v| canon_m[v as usize]).collect();
    part.position_m = used.iter().map(|&v| part.position_m[v as usize]).collect();
    part.skin = used.iter().map(|&v| part.skin[v as usize]).collect();
    part.shade = used.iter().map(|&v| part.shade[v as usize]).collect();
    part.triangles.iter_mut().flatten().for_each(|v| *v = index[*v as usize]);
    for (_, shifts) in &mut part.shifts {
        shifts.retain_mut(|(v, _)| {
            *v = index[*v as usize];
            *v != u32::MAX
        });
    }
    (part, canon_m)
}

/// Hands the skin as ground for hair to a test.
#[cfg(test)]
pub fn with_ground(figure: &Figure, options: &Options, look: &dyn Fn(&Ground)) {
    look(&Skin::new(figure, options, &|_| true).ground());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{human::Human, person::PersonSpec};
    use clinch_model::{Treatment, Who};

    #[test]
    fn every_place_of_the_skin_is_painted_within_range() {
        let human = Human::load().unwrap();
        for who in Who::BOTH {
            let figure = Figure::new(&human, PersonSpec::of(who, &Treatment::default()).unwrap(), 0.0).unwrap();
            let mut skin = Skin::new(&figure, &Options::default(), &|_| true);
            assert!(skin.head > 20_000, "{} triangles", skin.head);
            skin.dye(skin.textures(&figure));
            let skin = skin.part;
            let mut sections: Vec<(usize, Option<&Texture>)> = vec![(0, skin.texture.as_ref())];
            sections.extend(skin.sections.iter().map(|section| (section.first, section.texture.as_ref())));
            assert_eq!(sections.len(), 5);
            for (i, &(first, texture)) in sections.iter().enumerate() {
                let Some(texture) = texture else { continue };
                let last = sections.get(i + 1).map_or(skin.triangles.len(), |next| next.0);
                let size = Vec2::new(texture.width as f32, texture.height as f32);
                for uv in &skin.uv[first..last] {
                    let place = (uv[0] + uv[1] + uv[2]) / 3.0 * size;
                    let texel = texture.texels[place.y as usize * texture.width as usize + place.x as usize];
                    // Paint always lets some sweat gather; what isn't painted has none.
                    assert!(texel.sweat > 0, "{} lacks paint at {place}", texture.name);
                }
                let extreme = texture.texels.iter().filter(|t| [0, 255].contains(&t.reflectance) || [0, 255].contains(&t.relief)).count();
                assert!(extreme * 100 < texture.texels.len(), "{extreme} texels of {} are out of range", texture.name);
            }
        }
    }

    #[test]
    fn what_clothes_hide_is_left_out_with_its_vertices() {
        let human = Human::load().unwrap();
        let figure = Figure::new(&human, PersonSpec::of(Who::Kid, &Treatment::default()).unwrap(), 0.0).unwrap();
        let shown = regions(&figure);
        let Skin { part: skin, canon_m, head, patches } = Skin::new(&figure, &Options { fine: false }, &|face| shown[face] == Region::Face);
        assert_eq!((skin.triangles.len(), canon_m.len()), (head, skin.position_m.len()));
        assert_eq!((patches.len(), patches[0].1.len()), (1, head));
        let used: std::collections::BTreeSet<u32> = skin.triangles.iter().flatten().copied().collect();
        assert_eq!(used.len(), skin.position_m.len());
        assert!(skin.shifts.iter().flat_map(|shifts| &shifts.1).all(|(v, _)| (*v as usize) < skin.position_m.len()));
    }
}
