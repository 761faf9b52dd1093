//! How surfaces answer light: diffuse, glossy and sheen lobes, all scalar.
//!
//! Glossy: GGX with Smith's height-correlated shadowing and Schlick's Fresnel term (Walter et al. 2007; Heitz 2014). Sheen: the
//! inverted-sine distribution of Estevez and Kulla ("Production Friendly Microfacet Sheen BRDF", 2017) at roughness 1/2, where its power is
//! a square, with Neubelt's visibility. What a lobe takes, the diffuse one below doesn't get.
//!
//! Flesh has a second, sharper glossy lobe (oil on skin; Weyrich et al., "Analysis of Human Faces using a Measurement-Based Skin Reflectance
//! Model", SIGGRAPH 2006, fit skin with such sums), and a diffuse lobe that light's way through the skin has softened: its normal is less bumpy than the glossy
//! one's, and its terminator is blurred the more the surface curves (after Penner, "Pre-Integrated Skin Shading", GPU Pro 2, 2011; here the
//! clamped cosine blurred by a box). What is polished mirrors: see [`Finish::is_polished`].

use crate::strand;
use glam::Vec3;
use std::{f32::consts::PI, sync::LazyLock};

/// Least roughness of the glossy lobe under lamps, so that a wet surface doesn't answer a small lamp with sparkles.
const LEAST_ROUGHNESS: f32 = 0.12;

/// Below this roughness a lamp isn't asked for its highlight, because few samples of it would meet the narrow lobe: the mirrored ray is followed.
const POLISHED: f32 = 0.15;
/// Flesh's second glossy lobe: its share, and its roughness as a share of the first one's.
const OIL: f32 = 0.22;
const OIL_ROUGHNESS: f32 = 0.58;
const MEAN_ROUGHNESS: f32 = 1.0 - OIL * (1.0 - OIL_ROUGHNESS);

/// The numbers of a surface at a point; see [`clinch_model::Material`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finish {
    pub reflectance: f32,
    pub roughness: f32,
    pub specular: f32,
    pub sheen: f32,
    pub under: Under,
}

/// What light meets below the surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Under {
    /// Nothing that it travels in.
    Plain,
    /// Flesh: the normal of its diffuse lobe, and the cosine below 0 at which light from behind the horizon fades.
    Flesh { normal: Vec3, wrap: f32 },
    /// Strands that run along a direction.
    Strand { tangent: Vec3 },
}

impl Finish {
    /// Only diffuse.
    pub const fn matt(reflectance: f32) -> Self {
        Self { reflectance, roughness: 1.0, specular: 0.0, sheen: 0.0, under: Under::Plain }
    }

    /// Whether lamps are seen mirrored in it instead of being asked for highlights.
    #[inline]
    pub fn is_polished(&self) -> bool {
        self.roughness < POLISHED && self.specular > 0.0 && matches!(self.under, Under::Plain)
    }

    /// Half vector of the glossy lobe that two numbers in 0..1 choose, around a normal (evenly from the distribution of its facets).
    pub fn facet(&self, normal: Vec3, [u, v]: [f32; 2]) -> Vec3 {
        // A mirror may be one: no lamp is asked, so that nothing sparkles.
        let a2 = self.roughness.powi(4);
        let cos = ((1.0 - u) / (1.0 + (a2 - 1.0) * u)).sqrt();
        let (sin, (s, c)) = ((1.0 - cos * cos).max(0.0).sqrt(), (2.0 * PI * v).sin_cos());
        let (x, z) = normal.any_orthonormal_pair();
        normal * cos + x * (sin * c) + z * (sin * s)
    }

    /// By how much roughness grows when slopes of a mean square can't be seen: theirs and the facets' add (see `texture`).
    #[inline]
    pub fn roughened(self, unseen: f32) -> Self {
        if unseen < 1e-6 || self.specular <= 0.0 {
            return self;
        }
        let a2 = self.roughness.powi(4) + unseen;
        Self { roughness: a2.sqrt().sqrt().min(1.0), ..self }
    }

    /// How far below the horizon light still counts, as a cosine not above 0.
    #[inline]
    pub fn horizon(&self) -> f32 {
        match self.under {
            Under::Plain => 0.0,
            Under::Flesh { wrap, .. } => -wrap,
            Under::Strand { .. } => -0.3,
        }
    }

    /// Of flesh's two lobes the albedo is about that of one of the mean roughness.
    #[inline]
    fn mean_roughness(&self) -> f32 {
        if matches!(self.under, Under::Plain) { self.roughness } else { MEAN_ROUGHNESS * self.roughness }
    }

    /// Share of light seen from the direction at `cos` to the normal that the diffuse lobe gives back: the factor on indirect light.
    #[inline]
    pub fn diffuse_albedo(&self, cos: f32) -> f32 {
        let glossy = GlossyAlbedo::new(self.specular, self.mean_roughness()).at(cos);
        self.reflectance * (1.0 - glossy) * (1.0 - self.sheen * sheen_albedo(cos))
    }

    /// The reflectance function times the cosine of the light's direction; all three unit vectors point away from the surface.
    pub fn answer(&self, normal: Vec3, to_eye: Vec3, to_light: Vec3) -> f32 {
        Facing::new(*self, normal, to_eye).answer(to_light)
    }
}

/// A finish under an eye: what is the same for every lamp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facing {
    finish: Finish,
    normal: Vec3,
    to_eye: Vec3,
    /// Cosine to the eye.
    eye: f32,
    albedo: GlossyAlbedo,
    /// Share that the glossy lobe takes of what leaves towards the eye.
    taken: f32,
    gloss: Lobe,
    /// Flesh's second lobe.
    oil: Lobe,
}

impl Facing {
    #[inline]
    pub fn new(finish: Finish, normal: Vec3, to_eye: Vec3) -> Self {
        // Smooth normals can turn a little away from the eye at an outline.
        let eye = normal.dot(to_eye).max(1e-3);
        let albedo = GlossyAlbedo::new(finish.specular, finish.mean_roughness());
        let gloss = Lobe::new(finish.roughness, eye);
        let oil = if matches!(finish.under, Under::Flesh { .. }) { Lobe::new(OIL_ROUGHNESS * finish.roughness, eye) } else { gloss };
        Self { finish, normal, to_eye, eye, albedo, taken: albedo.at(eye), gloss, oil }
    }

    /// [`Finish::answer`].
    #[inline]
    pub fn answer(&self, to_light: Vec3) -> f32 {
        let Self { finish, normal, to_eye, eye, .. } = self;
        let light = normal.dot(to_light);
        // Light on the diffuse lobe, and the cosine at which the other lobes' shares of it are taken: where flesh carries light round the
        // horizon, the surface's grazing reflection says nothing of it.
        let (lit, entering) = match finish.under {
            Under::Plain => (light, light),
            Under::Flesh { normal, wrap } => (softened(normal.dot(to_light), wrap), light.max(wrap)),
            Under::Strand { tangent } => return strand::answer(finish, tangent, *normal, *to_eye, to_light),
        };
        if lit.max(light) <= 0.0 {
            return 0.0;
        }
        let diffuse = finish.reflectance / PI * lit.max(0.0);
        if finish.specular <= 0.0 && finish.sheen <= 0.0 {
            return diffuse;
        }
        // Both shares grow towards grazing; taking the greater of the two directions' keeps the function reciprocal and below 1.
        let by_glossy = if entering < *eye { self.albedo.at(entering) } else { self.taken };
        let by_sheen = finish.sheen * sheen_albedo(eye.min(entering));
        let below = diffuse * (1.0 - by_glossy);
        if light <= 0.0 {
            return below * (1.0 - by_sheen);
        }
        let half = (*to_eye + to_light).normalize_or(*normal);
        let half_normal = half.dot(*normal).clamp(0.0, 1.0);
        let mut sum = below;
        if finish.specular > 0.0 && !finish.is_polished() {
            sum += self.glossy(light, half_normal, half.dot(*to_eye)) * light;
        }
        if finish.sheen > 0.0 {
            sum = sum * (1.0 - by_sheen) + finish.sheen * sheen(*eye, light, half_normal) * light;
        }
        sum
    }

    #[inline]
    fn glossy(&self, light: f32, half_normal: f32, half_eye: f32) -> f32 {
        let first = self.gloss.at(light, half_normal);
        let lobes = match self.finish.under {
            Under::Plain => first,
            _ => first + OIL * (self.oil.at(light, half_normal) - first),
        };
        lobes * fresnel(self.finish.specular, half_eye)
    }
}

/// A GGX lobe under an eye.
#[derive(Debug, Clone, Copy)]
struct Lobe {
    /// Square of GGX's width.
    a2: f32,
    /// Cosine to the eye, and the eye's part of Smith's term.
    eye: f32,
    eye_root: f32,
}

impl Lobe {
    #[inline]
    fn new(roughness: f32, eye: f32) -> Self {
        let a2 = alpha(roughness).powi(2);
        Self { a2, eye, eye_root: smith_root(a2, eye) }
    }

    /// Distribution times shadowing, without Fresnel's term.
    #[inline]
    fn at(&self, light: f32, half_normal: f32) -> f32 {
        let spread = half_normal * half_normal * (self.a2 - 1.0) + 1.0;
        // Both fractions in one division.
        0.5 * self.a2 / (PI * spread * spread * (light * self.eye_root + self.eye * smith_root(self.a2, light)))
    }
}

#[inline]
fn smith_root(a2: f32, cos: f32) -> f32 {
    (cos * cos * (1.0 - a2) + a2).sqrt()
}

/// The clamped cosine, blurred by a box of half width `wrap` and scaled to give back no more light than it.
#[inline]
fn softened(cos: f32, wrap: f32) -> f32 {
    let blurred = if cos >= wrap { cos } else { (cos + wrap).max(0.0).powi(2) / (4.0 * wrap) };
    blurred / (1.0 + wrap * wrap / 3.0)
}

/// Height-correlated Smith shadowing, already divided by 4 × eye × light.
#[inline]
fn visibility(a2: f32, eye: f32, light: f32) -> f32 {
    0.5 / (light * smith_root(a2, eye) + eye * smith_root(a2, light))
}

/// GGX's width from roughness (Burley 2012: the square looks linear).
#[inline]
fn alpha(roughness: f32) -> f32 {
    roughness.clamp(LEAST_ROUGHNESS, 1.0).powi(2)
}

/// Schlick's approximation. Nothing real reflects less than 0.02 straight on; what is given less stands for cavities that swallow the rest (coarse stone), and
/// they swallow as much of what grazes.
#[inline]
pub(crate) fn fresnel(at_normal: f32, cos: f32) -> f32 {
    let away = (1.0 - cos).clamp(0.0, 1.0);
    at_normal + (grazing(at_normal) - at_normal) * away.powi(2).powi(2) * away
}

/// Reflectance at grazing incidence.
#[inline]
fn grazing(at_normal: f32) -> f32 {
    (50.0 * at_normal).min(1.0)
}

#[inline]
fn sheen(eye: f32, light: f32, half_normal: f32) -> f32 {
    let d = 2.0 / PI * (1.0 - half_normal * half_normal);
    d / (4.0 * (light + eye - light * eye))
}

/// Directional albedo of the glossy lobe, integrated once for all: it is `specular × scale + offset`, because Schlick's term is linear in
/// the reflectance at normal incidence (Karis, "Real Shading in Unreal Engine 4", 2013).
static GLOSSY_ALBEDO: LazyLock<[[[f32; 2]; ALBEDO_COSINES]; ALBEDO_ROUGHNESSES]> = LazyLock::new(|| {
    let mut table = [[[0.0; 2]; ALBEDO_COSINES]; ALBEDO_ROUGHNESSES];
    for (i, row) in table.iter_mut().enumerate() {
        let roughness = LEAST_ROUGHNESS + (1.0 - LEAST_ROUGHNESS) * i as f32 / (ALBEDO_ROUGHNESSES - 1) as f32;
        let mut greatest = [0.0f32; 2];
        for (j, entry) in row.iter_mut().enumerate().rev() {
            let found = glossy_scale_and_offset(roughness, (j as f32 / (ALBEDO_COSINES - 1) as f32).max(0.02));
            // Near grazing the albedo sinks again; keeping its maximum lets the lobe below rely on its never falling towards grazing.
            greatest = [greatest[0].max(found[0]), greatest[1].max(found[1])];
            *entry = greatest;
        }
    }
    table
});
/// Entries of the table from cosine 0 to 1, and from the least roughness to 1.
const ALBEDO_COSINES: usize = 17;
const ALBEDO_ROUGHNESSES: usize = 12;

/// The two integrals by half vectors drawn evenly from the GGX distribution.
fn glossy_scale_and_offset(roughness: f32, eye: f32) -> [f32; 2] {
    const SIDE: usize = 40;
    let a2 = alpha(roughness).powi(2);
    let to_eye = Vec3::new((1.0 - eye * eye).sqrt(), eye, 0.0);
    let mut sum = [0.0; 2];
    for i in 0..SIDE * SIDE {
        let (u, v) = (((i % SIDE) as f32 + 0.5) / SIDE as f32, ((i / SIDE) as f32 + 0.5) / SIDE as f32);
        let cos = ((1.0 - u) / (1.0 + (a2 - 1.0) * u)).sqrt();
        let (sin, (s, c)) = ((1.0 - cos * cos).max(0.0).sqrt(), (PI * v).sin_cos());
        let half = Vec3::new(sin * c, cos, sin * s);
        let half_eye = half.dot(to_eye);
        let light = 2.0 * half_eye * cos - eye;
        if light > 0.0 && half_eye > 0.0 {
            let weight = 4.0 * visibility(a2, eye, light) * light * half_eye / cos;
            let away = (1.0 - half_eye).powi(5);
            sum = [sum[0] + weight * (1.0 - away), sum[1] + weight * away];
        }
    }
    sum.map(|sum| sum / (SIDE * SIDE) as f32)
}

/// The glossy lobe's directional albedo for one finish.
#[derive(Debug, Clone, Copy)]
struct GlossyAlbedo {
    /// Reflectance at normal and at grazing incidence; none reflects nothing.
    specular: f32,
    grazing: f32,
    /// Row of the table below the roughness, and how far the roughness lies above it.
    row: usize,
    above: f32,
}

impl GlossyAlbedo {
    #[inline]
    fn new(specular: f32, roughness: f32) -> Self {
        let (row, above) = cut((roughness - LEAST_ROUGHNESS) / (1.0 - LEAST_ROUGHNESS), ALBEDO_ROUGHNESSES);
        Self { specular, grazing: grazing(specular), row, above }
    }

    /// At a cosine; it never falls towards grazing.
    #[inline]
    fn at(&self, cos: f32) -> f32 {
        if self.specular <= 0.0 {
            return 0.0;
        }
        let (j, tj) = cut(cos, ALBEDO_COSINES);
        let at = |[scale, offset]: [f32; 2]| self.specular * scale + self.grazing * offset;
        let along = |row: &[[f32; 2]; ALBEDO_COSINES]| at(row[j]) * (1.0 - tj) + at(row[j + 1]) * tj;
        let table = &*GLOSSY_ALBEDO;
        (along(&table[self.row]) * (1.0 - self.above) + along(&table[self.row + 1]) * self.above).min(1.0)
    }
}

/// The entry of a table of so many before a place in 0..1, and how far the place lies beyond it.
#[inline]
fn cut(place: f32, count: usize) -> (usize, f32) {
    let place = place.clamp(0.0, 1.0) * (count - 1) as f32;
    let below = (place as usize).min(count - 2);
    (below, place - below as f32)
}

/// Directional albedo of the sheen lobe at strength 1, at cosines 0, 0.1, … 1, integrated numerically. The albedo is convex, so straight
/// lines between lie above it.
const SHEEN_ALBEDO: [f32; 11] = [0.75, 0.5537, 0.4532, 0.3788, 0.3184, 0.2671, 0.2224, 0.1825, 0.1465, 0.1136, 0.0833];

#[inline]
fn sheen_albedo(cos: f32) -> f32 {
    let place = cos.clamp(0.0, 1.0) * 10.0;
    let below = (place as usize).min(9);
    SHEEN_ALBEDO[below] + (SHEEN_ALBEDO[below + 1] - SHEEN_ALBEDO[below]) * (place - below as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Directional albedo by a dense grid over the hemisphere of light directions.
    fn albedo(finish: &Finish, cos_eye: f32) -> f32 {
        let to_eye = Vec3::new((1.0 - cos_eye * cos_eye).sqrt(), cos_eye, 0.0);
        let (rings, sectors) = (400, 400);
        let mut sum = 0.0f64;
        for ring in 0..rings {
            let cos = (ring as f32 + 0.5) / rings as f32;
            let sin = (1.0 - cos * cos).sqrt();
            for sector in 0..sectors {
                let phi = (sector as f32 + 0.5) / sectors as f32 * 2.0 * PI;
                sum += f64::from(finish.answer(Vec3::Y, to_eye, Vec3::new(sin * phi.cos(), cos, sin * phi.sin())));
            }
        }
        (sum / (rings * sectors) as f64) as f32 * 2.0 * PI
    }

    #[test]
    fn a_matt_surface_gives_back_its_reflectance() {
        for reflectance in [0.0, 0.12, 1.0] {
            assert!((albedo(&Finish::matt(reflectance), 0.7) - reflectance).abs() < 2e-3);
        }
    }

    #[test]
    fn no_surface_gives_back_more_than_it_gets() {
        for roughness in [POLISHED, 0.3, 0.6, 1.0] {
            for specular in [0.0, 0.04, 0.1] {
                for sheen in [0.0, 0.5, 1.0] {
                    for cos_eye in [0.08, 0.2, 0.5, 0.98] {
                        let finish = Finish { roughness, specular, sheen, ..Finish::matt(1.0) };
                        let albedo = albedo(&finish, cos_eye);
                        assert!((0.3..=1.005).contains(&albedo), "{finish:?} from {cos_eye}: {albedo}");
                    }
                }
            }
        }
    }

    #[test]
    fn light_and_eye_may_change_places() {
        let finish = Finish { roughness: 0.4, specular: 0.05, sheen: 0.3, ..Finish::matt(0.4) };
        let (a, b) = (Vec3::new(0.6, 0.8, 0.0), Vec3::new(-0.3, 0.5, 0.4).normalize());
        let (there, back) = (finish.answer(Vec3::Y, a, b) / b.y, finish.answer(Vec3::Y, b, a) / a.y);
        assert!((there - back).abs() < 1e-5 * there, "{there} {back}");
    }

    #[test]
    fn the_sheen_table_covers_the_lobe() {
        for cos_eye in [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0] {
            let all = albedo(&Finish { sheen: 1.0, ..Finish::matt(0.0) }, cos_eye);
            let table = sheen_albedo(cos_eye);
            assert!(all <= table + 0.005 && table < all + 0.04, "{cos_eye}: {all} table {table}");
        }
    }

    #[test]
    fn flesh_gives_back_no_more_than_it_gets_whatever_its_softness() {
        for wrap in [0.03, 0.15, 0.3] {
            for (roughness, specular) in [(0.25, 0.045), (0.5, 0.03), (1.0, 0.0)] {
                for cos_eye in [0.1, 0.5, 0.98] {
                    let finish = Finish { roughness, specular, under: Under::Flesh { normal: Vec3::Y, wrap }, ..Finish::matt(1.0) };
                    // Light from below the horizon counts too: as a surface that turns by all angles would get it.
                    let above = albedo(&finish, cos_eye);
                    let below = albedo_below(&finish, cos_eye);
                    assert!(above + below < 1.005 && above + below > 0.6, "{finish:?} from {cos_eye}: {above} + {below}");
                }
            }
        }
    }

    /// What is given back of an even light from below the horizon.
    fn albedo_below(finish: &Finish, cos_eye: f32) -> f32 {
        let to_eye = Vec3::new((1.0 - cos_eye * cos_eye).sqrt(), cos_eye, 0.0);
        let (rings, sectors) = (200, 200);
        let at = |i: usize| {
            let (cos, phi) = (-((i / sectors) as f32 + 0.5) / rings as f32, (i % sectors) as f32 / sectors as f32 * 2.0 * PI);
            let sin = (1.0 - cos * cos).sqrt();
            finish.answer(Vec3::Y, to_eye, Vec3::new(sin * phi.cos(), cos, sin * phi.sin()))
        };
        (0..rings * sectors).map(at).sum::<f32>() / (rings * sectors) as f32 * 2.0 * PI
    }

    #[test]
    fn a_softened_terminator_is_the_cosine_far_from_it_and_conserves_light() {
        for wrap in [0.03f32, 0.1, 0.3] {
            let scale = 1.0 + wrap * wrap / 3.0;
            assert!((softened(0.9, wrap) - 0.9 / scale).abs() < 1e-6 && softened(-wrap, wrap) == 0.0 && softened(0.0, wrap) > 0.0);
            let count = 20_000;
            let mean: f32 = (0..count).map(|i| softened((i as f32 + 0.5) / count as f32 * 2.0 - 1.0, wrap)).sum::<f32>() / count as f32;
            // The clamped cosine's mean over −1..1 is a quarter.
            assert!((mean - 0.25).abs() < 1e-4, "{wrap}: {mean}");
        }
    }

    #[test]
    fn slopes_that_cannot_be_seen_roughen() {
        let polished = Finish { roughness: 0.1, specular: 0.04, ..Finish::matt(0.3) };
        assert_eq!(polished.roughened(0.0), polished);
        // α² of 0.2 and a mean square of 0.0016 make 0.0016 + 0.2⁴ = 0.0032, the roughness of which is its fourth root.
        let rough = Finish { roughness: 0.2, ..polished }.roughened(0.0016);
        assert!((rough.roughness - 0.0032f32.powf(0.25)).abs() < 1e-6);
        assert!(polished.is_polished() && !rough.is_polished());
    }

    #[test]
    fn facets_are_spread_as_their_distribution_says() {
        // Half of GGX's facets (weighted by their cosine) lie within tan θ = α.
        let finish = Finish { roughness: 0.1, specular: 0.04, ..Finish::matt(0.0) };
        let normal = Vec3::new(0.3, 0.8, -0.2).normalize();
        let within = (0..10_000)
            .map(|i| finish.facet(normal, [(i % 100) as f32 / 100.0 + 0.005, (i / 100) as f32 / 100.0]))
            .filter(|half| half.dot(normal).clamp(-1.0, 1.0).acos().tan() < 0.01)
            .count();
        assert!((within as f32 / 10_000.0 - 0.5).abs() < 0.03, "{within}");
    }
}
