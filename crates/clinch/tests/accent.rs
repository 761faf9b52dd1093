//! The one colour, from the shove's drops to the delivered film, and the plates that compositors get.

mod common;

use clinch_deliver::decode_film;
use common::{camera, hang_drop, song, succeed};
use exr::prelude::{FlatSamples, read_all_flat_layers_from_file};
use glam::{Vec2, Vec3};
use std::{collections::BTreeMap, path::Path};

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
/// The excerpt: twelve frames of a second.
const FIRST: u64 = 72;
const END: u64 = 84;
/// Pixels round a drop within which the encoder may smear its colour: a macroblock and the loop filter's reach.
const SMEARED: f32 = 22.0;

/// Makes an excerpt in which a drop of blood hangs in the air before the camera; where it is.
fn film_with_a_drop(place: &Path) -> Vec3 {
    std::fs::write(place.join("red.toml"), "[light]\naccent = \"red\"\nweave = 0.0\n[opening]\nshow = false\n").unwrap();
    let part = ["--from", "6", "--to", "7"];
    let asked = ["make", "song.wav", "-o", "film.mp4", "--treatment", "red.toml", "--size", "320x180", "--fps", "12", "--quality", "draft"];
    succeed(place, &[&asked[..], &part].concat());
    let at_m = hang_drop(place, 78, 0.006);
    succeed(place, &[&["deliver", "film.mp4"][..], &part].concat());
    at_m
}

/// Where a point is in a frame, in pixels.
fn pixel(place: &Path, frame: u64, at_m: Vec3) -> Vec2 {
    let landed = camera(place, frame).0.project(WIDTH as f32 / HEIGHT as f32, at_m);
    Vec2::new((landed.x + 1.0) / 2.0 * WIDTH as f32, (1.0 - landed.y) / 2.0 * HEIGHT as f32)
}

#[test]
fn only_drops_are_red_and_plates_hold_what_they_say() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("song.wav"), song(14.0)).unwrap();
    let at_m = film_with_a_drop(place.path());

    // The film: colour near the drop while it hangs there, none elsewhere, and none before or after.
    let (mut frame, mut reddest) = (FIRST, 128);
    let shown = decode_film(&place.path().join("film.mp4"), &mut |shown| {
        let drop = pixel(place.path(), frame, at_m);
        for row in 0..HEIGHT / 2 {
            let [cb, cr] = shown.chroma_row(row);
            for column in 0..WIDTH / 2 {
                let is_neutral = [cb[column], cr[column]].iter().all(|chroma| chroma.abs_diff(128) <= 1);
                let off = drop.distance(Vec2::new(2.0 * column as f32 + 1.0, 2.0 * row as f32 + 1.0));
                assert!(is_neutral || off < SMEARED, "frame {frame}: {off} pixels off, {} {}", cb[column], cr[column]);
                reddest = reddest.max(cr[column]);
            }
        }
        frame += 1;
    });
    assert!(shown.is_ok() && frame == END && reddest > 140, "{frame} {reddest}");

    // Pictures are of three colours then, and red where the film is.
    let export = |out: &str| succeed(place.path(), &["export", "film.mp4", "-o", out, "--from", "6.5", "--to", "6.6"]);
    export("f.png");
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(place.path().join("f.00078.png")).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut colours = vec![0; reader.output_buffer_size().unwrap()];
    assert_eq!(reader.next_frame(&mut colours).unwrap().color_type, png::ColorType::Rgb);
    let drop = pixel(place.path(), 78, at_m);
    let middle = (drop.y as usize * WIDTH + drop.x as usize) * 3;
    assert!(colours[middle] > colours[middle + 1] + 20 && colours[middle + 1] == colours[middle + 2], "{:?}", &colours[middle..middle + 3]);
    let coloured = (0..WIDTH * HEIGHT).filter(|i| colours[i * 3] != colours[i * 3 + 1]).count();
    assert!(coloured < 200, "{coloured}");

    export("f.exr");
    check_plates(place.path(), &place.path().join("f.00078.exr"), drop);
}

fn check_plates(place: &Path, path: &Path, drop: Vec2) {
    let image = read_all_flat_layers_from_file(path).unwrap();
    let layer = &image.layer_data[0];
    assert_eq!((layer.size.0, layer.size.1), (WIDTH, HEIGHT));
    let is_float = |samples: &FlatSamples| matches!(samples, FlatSamples::F32(_));
    assert!(layer.channel_data.list.iter().all(|channel| is_float(&channel.sample_data) == (channel.name.to_string() == "Z")));
    let channels: BTreeMap<String, Vec<f32>> =
        layer.channel_data.list.iter().map(|channel| (channel.name.to_string(), channel.sample_data.values_as_f32().collect())).collect();
    let names: Vec<&str> = channels.keys().map(String::as_str).collect();
    let wanted = ["B", "G", "N.X", "N.Y", "N.Z", "R", "Z", "forward.u", "forward.v", "mask.accent", "mask.cop", "mask.kid"];
    assert_eq!(names, wanted);
    let of = |name: &str| &channels[name];
    assert!(of("R") == of("G") && of("R") == of("B") && of("R").iter().any(|&light| light > 0.02));

    // The mask of drops is where the drop is.
    let accent: Vec<usize> = (0..WIDTH * HEIGHT).filter(|&i| of("mask.accent")[i] > 0.0).collect();
    let off = |i: usize| drop.distance(Vec2::new((i % WIDTH) as f32 + 0.5, (i / WIDTH) as f32 + 0.5));
    assert!(!accent.is_empty() && accent.iter().all(|&i| off(i) < 12.0), "{}", accent.len());

    // What lies flat and is nobody is the street or the pavement: its depth leads there.
    let (open, next) = camera(place, 78);
    let middle = open.blend(&next, 0.25);
    let [right, up, ahead] = [Vec3::X, Vec3::Y, Vec3::NEG_Z].map(|axis| middle.turn * axis);
    let half = (middle.vfov_rad / 2.0).tan();
    let mut ground = 0;
    for i in 0..WIDTH * HEIGHT {
        let normal = Vec3::new(of("N.X")[i], of("N.Y")[i], of("N.Z")[i]);
        let people = [of("mask.cop")[i], of("mask.kid")[i]];
        assert!(normal == Vec3::ZERO || (normal.length() - 1.0).abs() < 2e-3, "{normal}");
        assert!(people.iter().all(|share| (0.0..=1.0).contains(share)) && people[0] + people[1] <= 1.001);
        if normal.y > 0.999 && people == [0.0; 2] && of("Z")[i] < 20.0 {
            let x = 2.0 * ((i % WIDTH) as f32 + 0.5) / WIDTH as f32 - 1.0;
            let y = 1.0 - 2.0 * ((i / WIDTH) as f32 + 0.5) / HEIGHT as f32;
            let at_m = middle.eye_m + (ahead + right * (x * half * WIDTH as f32 / HEIGHT as f32) + up * (y * half)) * of("Z")[i];
            let height_m =
                [0.0, clinch_model::street::PAVEMENT_M].map(|level| (at_m.y - level).abs()).into_iter().fold(f32::INFINITY, f32::min);
            assert!(height_m < 0.02, "{at_m}");
            ground += 1;
        }
    }
    let area = |name: &str| of(name).iter().sum::<f32>() / (WIDTH * HEIGHT) as f32;
    assert!(ground > 500 || middle.turn.mul_vec3(Vec3::NEG_Z).y > -0.1, "{ground}");
    assert!(area("mask.cop") + area("mask.kid") > 0.02, "{} {}", area("mask.cop"), area("mask.kid"));
}
