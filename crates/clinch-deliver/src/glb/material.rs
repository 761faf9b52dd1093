//! Materials: scalar reflectance as grey, relief as a normal map.
//!
//! A material's reflectance is `reflectance × texel × shade`. glTF multiplies factors up to 1, so each is divided by its greatest value, and the
//! product of the greatest values is the factor of the whole.

use super::{Document, push};
use crate::Error;
use clinch_model::{
    Material,
    cast::{Surface, Texel, Texture},
};
use serde_json::{Value, json};

/// Fresnel reflectance at normal incidence that glTF's dielectrics have (refractive index 1.5).
const USUAL_SPECULAR: f32 = 0.04;
/// Fresnel reflectance from which on a material is a metal: only gems reach it otherwise.
const METAL_SPECULAR: f32 = 0.2;
/// Roughness of the film's sheen lobe; see `clinch-light`'s `finish`.
const SHEEN_ROUGHNESS: f32 = 0.5;
/// What [`Texel`] calls 1.
const FACTOR_ONE: f32 = 128.0;

/// Pictures of one texture of a surface, as textures of the document.
#[derive(Debug, Clone, Copy, Default)]
struct Pictures {
    colour: Option<usize>,
    roughness: Option<usize>,
    relief: Option<usize>,
    /// Greatest factor on the reflectance and on the roughness.
    peak: [f32; 2],
}

/// A material in the document, and what of a vertex it uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coat {
    /// Its index in the document.
    pub index: usize,
    /// Whether it has pictures at all, and a normal map among them.
    pub textured: bool,
    pub relief: bool,
}

/// Adds the materials of a surface: `[material]`. `peak_shade` is `[material]`, the greatest shade of its vertices.
pub(super) fn add_materials(document: &mut Document, surface: &Surface, name: &str, peak_shade: &[f32]) -> Result<Vec<Coat>, Error> {
    let texel_m = texel_sizes(surface);
    let mut pictures = Vec::new();
    for (texture, &texel_m) in surface.textures.iter().zip(&texel_m) {
        pictures.push(add_pictures(document, texture, &format!("{name}-{}", texture.name), texel_m)?);
    }
    let add = |(material, &shade): (&Material, &f32)| {
        let texture = material.texture.map(usize::from);
        let own = texture.and_then(|index| surface.textures.get(index)).map_or(String::new(), |t| ending(&material.name, &t.name));
        let pictures = texture.and_then(|index| pictures.get(index).copied()).unwrap_or(Pictures { peak: [1.0; 2], ..Pictures::default() });
        let json = material_json(material, &format!("{name}-{}{own}", material.name), &pictures, shade);
        let textured = [pictures.colour, pictures.roughness, pictures.relief].iter().any(Option::is_some);
        Coat { index: push(&mut document.materials, json), textured, relief: pictures.relief.is_some() }
    };
    Ok(surface.materials.iter().zip(peak_shade).map(add).collect())
}

/// `-face` for the texture `face` of `skin`; nothing where both have the same name.
fn ending(material: &str, texture: &str) -> String {
    if material == texture { String::new() } else { format!("-{texture}") }
}

fn material_json(material: &Material, name: &str, pictures: &Pictures, peak_shade: f32) -> Value {
    let metal = material.specular >= METAL_SPECULAR;
    let own = if metal { material.specular } else { material.reflectance };
    let grey = (own * pictures.peak[0] * peak_shade).min(1.0);
    let mut surface = json!({
        "baseColorFactor": [grey, grey, grey, 1.0],
        "metallicFactor": if metal { 1.0 } else { 0.0 },
        "roughnessFactor": (material.roughness * pictures.peak[1]).min(1.0),
    });
    if let Some(texture) = pictures.colour {
        surface["baseColorTexture"] = json!({"index": texture});
    }
    // Its blue would be taken for the metalness.
    if let Some(texture) = pictures.roughness.filter(|_| !metal) {
        surface["metallicRoughnessTexture"] = json!({"index": texture});
    }
    let mut extensions = json!({});
    if !metal && material.specular != USUAL_SPECULAR {
        let share = material.specular / USUAL_SPECULAR;
        extensions["KHR_materials_specular"] = json!({"specularFactor": share.min(1.0), "specularColorFactor": vec![share.max(1.0); 3]});
    }
    if material.sheen > 0.0 {
        extensions["KHR_materials_sheen"] = json!({"sheenColorFactor": vec![material.sheen; 3], "sheenRoughnessFactor": SHEEN_ROUGHNESS});
    }
    let mut json = json!({"name": name, "doubleSided": true, "pbrMetallicRoughness": surface, "extensions": extensions});
    if let Some(texture) = pictures.relief {
        json["normalTexture"] = json!({"index": texture});
    }
    json
}

/// `[texture]`: mean side of a texel on the surface, in metres; 0 where nothing uses it.
fn texel_sizes(surface: &Surface) -> Vec<f32> {
    let mut areas = vec![(0.0f64, 0.0f64); surface.textures.len()];
    for ((triangle, uv), &material) in surface.triangles.iter().zip(&surface.uv).zip(&surface.material) {
        let texture = surface.materials.get(usize::from(material)).and_then(|m| m.texture);
        if let Some(sum) = texture.and_then(|texture| areas.get_mut(usize::from(texture))) {
            let [a, b, c] = triangle.map(|vertex| surface.position_m[vertex as usize]);
            sum.0 += f64::from((b - a).cross(c - a).length());
            sum.1 += f64::from((uv[1] - uv[0]).perp_dot(uv[2] - uv[0]).abs());
        }
    }
    let size = |((area_m2, chart), texture): (&(f64, f64), &Texture)| {
        let texels = chart * f64::from(texture.width) * f64::from(texture.height);
        if texels > 0.0 { (area_m2 / texels).sqrt() as f32 } else { 0.0 }
    };
    areas.iter().zip(&surface.textures).map(size).collect()
}

fn add_pictures(document: &mut Document, texture: &Texture, name: &str, texel_m: f32) -> Result<Pictures, Error> {
    let peak = |value: fn(&Texel) -> u8| f32::from(texture.texels.iter().map(value).max().unwrap_or(0).max(1)) / FACTOR_ONE;
    let varies = |value: fn(&Texel) -> u8| texture.texels.iter().any(|texel| value(texel) != value(&texture.texels[0]));
    let mut pictures = Pictures { peak: [peak(|t| t.reflectance), peak(|t| t.roughness)], ..Pictures::default() };
    let share = |value: u8, peak: f32| f32::from(value) / (peak * FACTOR_ONE);
    if varies(|t| t.reflectance) {
        let grey: Vec<u8> = texture.texels.iter().map(|t| byte(encoded(share(t.reflectance, pictures.peak[0])))).collect();
        pictures.colour = Some(document.add_picture(name, &png(texture, png::ColorType::Grayscale, &grey)?));
    }
    if varies(|t| t.roughness) {
        // Grey in all channels: green is the roughness, and blue, the metalness, is multiplied by 0.
        let grey: Vec<u8> = texture.texels.iter().map(|t| byte(share(t.roughness, pictures.peak[1]))).collect();
        pictures.roughness = Some(document.add_picture(&format!("{name}-roughness"), &png(texture, png::ColorType::Grayscale, &grey)?));
    }
    if texel_m > 0.0 && texture.relief_m > 0.0 && varies(|t| t.relief) {
        let normals = normal_map(texture, texel_m);
        pictures.relief = Some(document.add_picture(&format!("{name}-relief"), &png(texture, png::ColorType::Rgb, &normals)?));
    }
    Ok(pictures)
}

/// `[row][column]`, three bytes each: the normals of a relief whose texels have a side of `texel_m`.
fn normal_map(texture: &Texture, texel_m: f32) -> Vec<u8> {
    let (width, height) = (texture.width as usize, texture.height as usize);
    let step = texture.relief_m / 255.0 / (2.0 * texel_m);
    let relief = |x: usize, y: usize| f32::from(texture.texels[y % height * width + x % width].relief);
    let normal = |i: usize| {
        let (x, y) = (i % width, i / width);
        let rise_right = (relief(x + 1, y) - relief(x + width - 1, y)) * step;
        let rise_down = (relief(x, y + 1) - relief(x, y + height - 1)) * step;
        // Green is up, against the rows.
        glam::Vec3::new(-rise_right, rise_down, 1.0).normalize().to_array().map(|c| byte(0.5 + 0.5 * c))
    };
    (0..width * height).flat_map(normal).collect()
}

fn png(texture: &Texture, colour: png::ColorType, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, texture.width, texture.height);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(bytes)?;
        writer.finish()
    });
    written.map_err(|error| Error::Texture { name: texture.name.clone(), reason: error.to_string() })?;
    Ok(out)
}

fn byte(share: f32) -> u8 {
    (share * 255.0).round().clamp(0.0, 255.0) as u8
}

/// sRGB's transfer function (IEC 61966-2-1).
fn encoded(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(texel: impl Fn(u32, u32) -> Texel) -> Texture {
        Texture { name: "cloth".into(), width: 8, height: 8, texels: (0..64).map(|i| texel(i % 8, i / 8)).collect(), relief_m: 0.001 }
    }

    fn material(texture: Option<u8>) -> Material {
        Material { name: "cloth".into(), reflectance: 0.3, roughness: 0.5, specular: 0.02, sheen: 0.2, sweat: 0.0, texture }
    }

    #[test]
    fn reflectance_times_texel_times_shade_comes_out_of_the_factors() {
        let texture = texture(|x, _| Texel { reflectance: if x < 4 { 64 } else { 192 }, ..Texel::PLAIN });
        let surface = Surface { materials: vec![material(Some(0))], textures: vec![texture], ..Surface::default() };
        let mut document = Document::default();
        add_materials(&mut document, &surface, "kid", &[1.2]).unwrap();
        let json = &document.materials[0];
        let grey = json["pbrMetallicRoughness"]["baseColorFactor"][0].as_f64().unwrap();
        // The brightest texel is 192 of 128; white in the picture, and the greatest shade is white in the colours of the vertices.
        assert!((grey - 0.3 * 1.5 * 1.2).abs() < 1e-6, "{json}");
        assert_eq!(json["extensions"]["KHR_materials_specular"]["specularFactor"], 0.5);
        assert!(json["pbrMetallicRoughness"].get("metallicRoughnessTexture").is_none(), "{json}");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&document.buffer.bytes)).read_info().unwrap();
        let mut grey = vec![0; 64];
        reader.next_frame(&mut grey).unwrap();
        // A third of the light is 156 in sRGB.
        assert_eq!((grey[0], grey[7]), (156, 255));
    }

    #[test]
    fn a_slope_to_the_right_leans_left_and_a_slope_down_the_picture_leans_up() {
        let slope = |right: u8, down: u8| texture(move |x, y| Texel { relief: 10 * (right * x as u8 + down * y as u8), ..Texel::PLAIN });
        // In the middle, away from where it repeats. Ten steps of 1/255 mm a texel of 1 mm: about 2 degrees.
        let at = |texture: &Texture| <[u8; 3]>::try_from(&normal_map(texture, 0.001)[3 * (8 * 3 + 3)..][..3]).unwrap();
        assert_eq!(at(&slope(1, 0)), [123, 128, 255]);
        assert_eq!(at(&slope(0, 1)), [128, 132, 255]);
    }
}
