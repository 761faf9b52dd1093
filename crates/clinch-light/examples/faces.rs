//! Tells how both faces of a film that was made before are exposed: `faces FILM.clinch [SIZE] [LOOKS]`.
//!
//! At LOOKS (3) moments of every shot in which a face is turned to the lens, the code values (0..255, without grain) of the disc that it fills are taken: their 10th, 50th and 90th
//! percentile. What covers a face counts too. The last lines are the medians of each over the film.

use clinch_light::{Hardness, Options, Studio};
use clinch_model::{CameraPose, Cast, Cut, Performance, Segment, Size, Story, Who, file, treatment::LightWishes};
use glam::Vec3;
use std::path::Path;

/// Where a face's middle lies over its head segment's joint and before it, and its radius, in metres.
const FACE_M: Vec3 = Vec3::new(0.0, 0.11, 0.07);
const RADIUS_M: f32 = 0.075;
/// Cosine from a face's direction to the lens below which it is turned away.
const TURNED_AWAY: f32 = 0.35;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("say the film's folder")?);
    let size: Size = arguments.get(1).map_or("640x360", |s| s).parse()?;
    let looks: u64 = arguments.get(2).map_or(Ok(3), |text| text.parse())?;
    let cast = file::load::<Cast>(&folder.join("cast.bin"))?.data;
    let performance = file::load::<Performance>(&folder.join("performance.bin"))?.data;
    let cut = file::load::<Cut>(&folder.join("cut.bin"))?.data;
    let story = file::load::<Story>(&folder.join("story.json"))?.data;
    let options = Options { size, grain: 0.0, light: LightWishes::default(), hardness: Hardness::of(&story, 1.0), ..Options::default() };
    let mut studio = Studio::new(&cast, &options)?;
    let (mut luma, mut all) = (Vec::new(), [Vec::new(), Vec::new()]);
    for (number, shot) in cut.shots.iter().enumerate() {
        for look in 0..looks {
            let index = (shot.end_frame - shot.first_frame) * (2 * look + 1) / (2 * looks);
            let Some(camera) = shot.camera.get(index as usize) else { continue };
            studio.frame(&performance, &cut, shot.first_frame + index, &mut luma)?;
            let people = performance.at(cut.rate.start_of(shot.first_frame + index)).people;
            for who in Who::BOTH {
                let head = cast.person(who).skeleton.place(&people[who.index()].pose)[Segment::Head.index()];
                if let Some(tones) = face(&luma, size, camera, head.point(FACE_M), head.turn * Vec3::Z) {
                    println!("shot {number} {who}: {} {} {}", tones[0], tones[1], tones[2]);
                    all[who.index()].push(tones);
                }
            }
        }
    }
    for who in Who::BOTH {
        let median = |place: usize| {
            let mut values: Vec<u8> = all[who.index()].iter().map(|tones| tones[place]).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(0)
        };
        println!("{who}: {} faces, medians {} {} {}", all[who.index()].len(), median(0), median(1), median(2));
    }
    Ok(())
}

/// Percentiles of a face's code values; none where it is turned away or not wholly in the picture.
fn face(luma: &[u8], size: Size, camera: &CameraPose, at_m: Vec3, ahead: Vec3) -> Option<[u8; 3]> {
    let seen = camera.project(size.aspect(), at_m);
    let (width, height) = (size.width as f32, size.height as f32);
    let radius = RADIUS_M * height / 2.0 / ((camera.vfov_rad / 2.0).tan() * seen.z);
    let (x, y) = ((seen.x + 1.0) / 2.0 * width, (1.0 - seen.y) / 2.0 * height);
    let whole = (radius..width - radius).contains(&x) && (radius..height - radius).contains(&y);
    if seen.z <= 0.0 || !whole || ahead.dot((camera.eye_m - at_m).normalize()) < TURNED_AWAY {
        return None;
    }
    let within =
        |i: &usize| (((i % size.width as usize) as f32 - x).powi(2) + ((i / size.width as usize) as f32 - y).powi(2)) < radius * radius;
    let mut values: Vec<u8> = (0..luma.len()).filter(within).map(|i| luma[i]).collect();
    values.sort_unstable();
    let at = |percent: usize| values.get(values.len() * percent / 100).copied();
    Some([at(10)?, at(50)?, at(90)?])
}
