//! Hair as it answers light: Marschner's two reflecting lobes along a strand, over a diffuse share.
//!
//! Marschner, Jensen, Cammarano, Worley, Hanrahan, "Light Scattering from Human Hair Fibers", SIGGRAPH 2003: light mirrored by the cuticle's
//! scales (tilted towards the root) and light that passed through the strand and came back, tinted and wider, on the other side of the mirror
//! direction. Azimuthal parts are the plain ones, without caustics. Transmitted light is left out: these strands lie on a head. The diffuse
//! share is Kajiya and Kay's ("Rendering Fur with Three Dimensional Textures", SIGGRAPH 1989), scaled to conserve energy.

use crate::{
    finish::{Finish, fresnel},
    lamp::smoothstep,
};
use glam::Vec3;
use std::f32::consts::PI;

/// Tilt of the cuticle's scales: 3° (human hair has about that). It shifts the mirrored lobe by itself in terms of the half vector.
const TILT_RAD: f32 = 0.052;
/// Least deviation of the mirrored lobe: 5°.
const LEAST_SPREAD: f32 = 0.09;
/// Share that the second lobe returns of white hair; it falls with the root of the reflectance, because dark pigment takes it on its way.
const SECOND: f32 = 0.16;
/// Share that the diffuse lobe gets after those two.
const DIFFUSE: f32 = 0.68;

/// The reflectance function times the cosine of the light's direction, for a strand that runs along `tangent` on a surface with a `normal`;
/// the other unit vectors point away from the surface.
pub(crate) fn answer(finish: &Finish, tangent: Vec3, normal: Vec3, to_eye: Vec3, to_light: Vec3) -> f32 {
    // Strands in front hide light from behind, softly: they are round and don't lie close.
    let open = smoothstep(-0.3, 0.5, normal.dot(to_light));
    if open <= 0.0 {
        return 0.0;
    }
    let (sin_light, sin_eye) = (tangent.dot(to_light).clamp(-1.0, 1.0), tangent.dot(to_eye).clamp(-1.0, 1.0));
    let (cos_light, cos_eye) = ((1.0 - sin_light * sin_light).sqrt(), (1.0 - sin_eye * sin_eye).sqrt());
    // The mean of sine over the hemisphere is π/2 times that of the cosine.
    let diffuse = DIFFUSE * finish.reflectance / PI * cos_light * (2.0 / PI);
    if finish.specular <= 0.0 {
        return open * diffuse;
    }
    let across = (to_light - tangent * sin_light).dot(to_eye - tangent * sin_eye) / (cos_light * cos_eye).max(1e-4);
    // Half the azimuth between both, and half the difference of their inclinations.
    let cos_half = ((1.0 + across.clamp(-1.0, 1.0)) / 2.0).sqrt();
    let cos_difference = ((1.0 + cos_light * cos_eye + sin_light * sin_eye) / 2.0).max(0.0).sqrt();
    let half = (sin_light + sin_eye) / 2.0;
    let spread = LEAST_SPREAD.max(0.4 * finish.roughness);
    // The scales lean towards the tip, so that the mirrored lobe leans towards the root and the inner one away from it.
    let first = fresnel(finish.specular, cos_difference * cos_half) * bell(half + TILT_RAD, spread);
    let second = SECOND * finish.reflectance.sqrt() * bell(half - 1.5 * TILT_RAD, 2.0 * spread);
    let lobes = (first + second) * cos_half / 4.0 * cos_light / (cos_difference * cos_difference).max(0.05);
    open * (diffuse + lobes)
}

/// A Gaussian of area 1.
#[inline]
fn bell(x: f32, deviation: f32) -> f32 {
    let z = x / deviation;
    (-0.5 * z * z).exp() / (deviation * (2.0 * PI).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Light given back to an eye from an evenly bright sky.
    fn albedo(finish: &Finish, to_eye: Vec3) -> f32 {
        let (rings, sectors) = (300, 300);
        let mut sum = 0.0f64;
        for ring in 0..rings {
            // From the zenith to 20° below the surface's horizon, where strands still see light.
            let cos = 1.0 - 1.35 * (ring as f32 + 0.5) / rings as f32;
            let sin = (1.0 - cos * cos).sqrt();
            for sector in 0..sectors {
                let phi = (sector as f32 + 0.5) / sectors as f32 * 2.0 * PI;
                let to_light = Vec3::new(sin * phi.cos(), cos, sin * phi.sin());
                sum += f64::from(answer(finish, Vec3::X, Vec3::Y, to_eye, to_light));
            }
        }
        (sum / (rings * sectors) as f64) as f32 * 2.0 * PI * 1.35
    }

    #[test]
    fn no_hair_gives_back_more_than_it_gets() {
        for reflectance in [0.0, 0.05, 0.5, 1.0] {
            for roughness in [0.15, 0.4, 1.0] {
                for eye in [Vec3::Y, Vec3::new(0.8, 0.6, 0.0), Vec3::new(0.0, 0.6, -0.8), Vec3::new(0.7, 0.2, 0.68).normalize()] {
                    let finish = Finish { roughness, specular: 0.047, ..Finish::matt(reflectance) };
                    let albedo = albedo(&finish, eye);
                    // The lobes' own shares on top of the diffuse one's; never more than all.
                    let most = (0.76 * reflectance + SECOND * reflectance.sqrt() + 0.13).min(1.0);
                    assert!(albedo > 0.5 * reflectance && albedo < most, "{reflectance} {roughness} {eye}: {albedo}");
                }
            }
        }
    }

    #[test]
    fn the_highlight_runs_across_the_strands() {
        // With eye and lamp straight above, turning the lamp along the strand leaves the lobe; turning it across does not.
        let finish = Finish { roughness: 0.2, specular: 0.047, ..Finish::matt(0.0) };
        let lamp = |along: f32, across: f32| Vec3::new(along.sin(), along.cos() * across.cos(), along.cos() * across.sin());
        let seen = |along: f32, across: f32| answer(&finish, Vec3::X, Vec3::Y, Vec3::Y, lamp(along, across));
        assert!(seen(0.8, 0.0) < 0.05 * seen(0.0, 0.0), "{} {}", seen(0.8, 0.0), seen(0.0, 0.0));
        assert!(seen(0.0, 0.8) > 0.6 * seen(0.0, 0.0));
        // Towards the root the lobe is stronger than towards the tip.
        assert!(seen(-0.1, 0.0) > seen(0.1, 0.0));
    }
}
