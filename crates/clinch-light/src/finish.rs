//! How surfaces answer light: diffuse, glossy and sheen lobes, all scalar.
//!
//! Glossy: GGX with Smith's height-correlated shadowing and Schlick's Fresnel term (Walter et al. 2007; Heitz 2014). Sheen: the
//! inverted-sine distribution of Estevez and Kulla ("Production Friendly Microfacet Sheen BRDF", 2017) at roughness 1/2, where its power is
//! a square, with Neubelt's visibility. What a lobe takes, the diffuse one below doesn't get.

use glam::Vec3;
use std::{f32::consts::PI, sync::LazyLock};

/// Least roughness of the glossy lobe under lamps, so that a wet surface doesn't answer a small lamp with sparkles.
const LEAST_ROUGHNESS: f32 = 0.12;

/// The numbers of a surface at a point; see [`clinch_model::Material`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finish {
    pub reflectance: f32,
    pub roughness: f32,
    pub specular: f32,
    pub sheen: f32,
}

impl Finish {
    /// Only diffuse.
    pub fn matt(reflectance: f32) -> Self {
        Self { reflectance, roughness: 1.0, specular: 0.0, sheen: 0.0 }
    }

    /// Shares of light in a direction at `cos` to the normal that the glossy lobe takes from the diffuse one, and the sheen from both.
    #[inline]
    fn taken(&self, cos: f32) -> (f32, f32) {
        (glossy_albedo(self.specular, self.roughness, cos), self.sheen * sheen_albedo(cos))
    }

    /// Share of light seen from the direction at `cos` to the normal that the diffuse lobe gives back: the factor on indirect light.
    #[inline]
    pub fn diffuse_albedo(&self, cos: f32) -> f32 {
        let (glossy, sheen) = self.taken(cos);
        self.reflectance * (1.0 - glossy) * (1.0 - sheen)
    }

    /// The reflectance function times the cosine of the light's direction; all three unit vectors point away from the surface.
    #[inline]
    pub fn answer(&self, normal: Vec3, to_eye: Vec3, to_light: Vec3) -> f32 {
        let light = normal.dot(to_light);
        // Smooth normals can turn a little away from the eye at an outline.
        let eye = normal.dot(to_eye).max(1e-3);
        if light <= 0.0 {
            return 0.0;
        }
        let diffuse = self.reflectance / PI;
        if self.specular <= 0.0 && self.sheen <= 0.0 {
            return diffuse * light;
        }
        // Both shares grow towards grazing; taking the greater of the two directions' keeps the function reciprocal and below 1.
        let (by_glossy, by_sheen) = self.taken(eye.min(light));
        let half = (to_eye + to_light).normalize_or(normal);
        let half_normal = half.dot(normal).clamp(0.0, 1.0);
        let mut sum = diffuse * (1.0 - by_glossy);
        if self.specular > 0.0 {
            sum += glossy(self.specular, self.roughness, eye, light, half_normal, half.dot(to_eye));
        }
        if self.sheen > 0.0 {
            sum = sum * (1.0 - by_sheen) + self.sheen * sheen(eye, light, half_normal);
        }
        sum * light
    }
}

#[inline]
fn glossy(specular: f32, roughness: f32, eye: f32, light: f32, half_normal: f32, half_eye: f32) -> f32 {
    let a2 = alpha(roughness).powi(2);
    let d = a2 / (PI * (half_normal * half_normal * (a2 - 1.0) + 1.0).powi(2));
    d * visibility(a2, eye, light) * fresnel(specular, half_eye)
}

/// Height-correlated Smith shadowing, already divided by 4 × eye × light.
#[inline]
fn visibility(a2: f32, eye: f32, light: f32) -> f32 {
    0.5 / (light * (eye * eye * (1.0 - a2) + a2).sqrt() + eye * (light * light * (1.0 - a2) + a2).sqrt())
}

/// GGX's width from roughness (Burley 2012: the square looks linear).
#[inline]
fn alpha(roughness: f32) -> f32 {
    roughness.clamp(LEAST_ROUGHNESS, 1.0).powi(2)
}

/// Schlick's approximation.
#[inline]
pub(crate) fn fresnel(at_normal: f32, cos: f32) -> f32 {
    let away = (1.0 - cos).clamp(0.0, 1.0);
    at_normal + (1.0 - at_normal) * away.powi(2).powi(2) * away
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
            let grazing = fresnel(0.0, half_eye);
            sum = [sum[0] + weight * (1.0 - grazing), sum[1] + weight * grazing];
        }
    }
    sum.map(|sum| sum / (SIDE * SIDE) as f32)
}

#[inline]
fn glossy_albedo(specular: f32, roughness: f32, cos: f32) -> f32 {
    if specular <= 0.0 {
        return 0.0;
    }
    let cut = |place: f32, count: usize| {
        let place = place.clamp(0.0, 1.0) * (count - 1) as f32;
        let below = (place as usize).min(count - 2);
        (below, place - below as f32)
    };
    let (i, ti) = cut((roughness - LEAST_ROUGHNESS) / (1.0 - LEAST_ROUGHNESS), ALBEDO_ROUGHNESSES);
    let (j, tj) = cut(cos, ALBEDO_COSINES);
    let at = |[scale, offset]: [f32; 2]| specular * scale + offset;
    let along = |row: &[[f32; 2]; ALBEDO_COSINES]| at(row[j]) * (1.0 - tj) + at(row[j + 1]) * tj;
    (along(&GLOSSY_ALBEDO[i]) * (1.0 - ti) + along(&GLOSSY_ALBEDO[i + 1]) * ti).min(1.0)
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
        for roughness in [0.12, 0.3, 0.6, 1.0] {
            for specular in [0.0, 0.04, 0.1] {
                for sheen in [0.0, 0.5, 1.0] {
                    for cos_eye in [0.08, 0.2, 0.5, 0.98] {
                        let finish = Finish { reflectance: 1.0, roughness, specular, sheen };
                        let albedo = albedo(&finish, cos_eye);
                        assert!((0.3..=1.005).contains(&albedo), "{finish:?} from {cos_eye}: {albedo}");
                    }
                }
            }
        }
    }

    #[test]
    fn light_and_eye_may_change_places() {
        let finish = Finish { reflectance: 0.4, roughness: 0.4, specular: 0.05, sheen: 0.3 };
        let (a, b) = (Vec3::new(0.6, 0.8, 0.0), Vec3::new(-0.3, 0.5, 0.4).normalize());
        let (there, back) = (finish.answer(Vec3::Y, a, b) / b.y, finish.answer(Vec3::Y, b, a) / a.y);
        assert!((there - back).abs() < 1e-5 * there, "{there} {back}");
    }

    #[test]
    fn the_sheen_table_covers_the_lobe() {
        for cos_eye in [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0] {
            let all = albedo(&Finish { reflectance: 0.0, roughness: 1.0, specular: 0.0, sheen: 1.0 }, cos_eye);
            let table = sheen_albedo(cos_eye);
            assert!(all <= table + 0.005 && table < all + 0.04, "{cos_eye}: {all} table {table}");
        }
    }
}
