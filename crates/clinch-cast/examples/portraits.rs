//! Portraits of the two people under a hard key light, to be looked at: full figures, heads, hands, and bodies in postures.
//!
//! `cargo run --release -p clinch-cast --example portraits -- FOLDER [SHEET…]`

use clinch_cast::{Options, Posed, cast, pose};
use clinch_model::{
    Cast, Person, PersonSample, Pose, Segment, Treatment, Who,
    cast::{Texel, Texture},
    treatment::{Dress, HairStyle, Preset},
};
use glam::{Mat3, Quat, Vec3};
use std::f32::consts::{FRAC_PI_2, PI};
use std::{fs::File, io::BufWriter, path::Path, time::Instant};

/// Pixels a side of the light's depth map.
const SHADOW_PIXELS: usize = 2048;

/// One view of one person.
struct Panel<'a> {
    person: &'a Person,
    state: PersonSample,
    /// Point looked at, distance, yaw from the front (towards the person's left) and pitch downward, half the picture's height.
    target_m: Vec3,
    yaw: f32,
    pitch: f32,
    half_m: f32,
    /// Where the key light comes from.
    key: Vec3,
}

fn state(person: &Person) -> PersonSample {
    PersonSample {
        pose: person.skeleton.rest(),
        breath: 0.0,
        effort: 0.0,
        fatigue: 0.0,
        assist_n: 0.0,
        grip: [0.1; 2],
        gaze_m: Vec3::new(0.0, 1.6, 20.0),
        expression: [0.0; 7],
        blink: 0.0,
    }
}

struct Depth {
    pixels: Vec<f32>,
    frame: Mat3,
    centre: Vec3,
    half_m: f32,
}

impl Depth {
    /// Orthographic depth of the mesh as the light sees it.
    fn new(posed: &Posed, triangles: &[[u32; 3]], key: Vec3, centre: Vec3, half_m: f32) -> Self {
        let z = key.normalize();
        let x = Vec3::Y.cross(z).normalize();
        let frame = Mat3::from_cols(x, z.cross(x), z).transpose();
        let mut depth = Depth { pixels: vec![f32::MIN; SHADOW_PIXELS * SHADOW_PIXELS], frame, centre, half_m };
        for t in triangles {
            let p = t.map(|i| depth.at(posed.position_m[i as usize]));
            raster(p, SHADOW_PIXELS, SHADOW_PIXELS, |at, weights| {
                let z = p[0].z * weights[0] + p[1].z * weights[1] + p[2].z * weights[2];
                depth.pixels[at] = depth.pixels[at].max(z);
            });
        }
        depth
    }

    fn at(&self, p: Vec3) -> Vec3 {
        let q = self.frame * (p - self.centre);
        let scale = SHADOW_PIXELS as f32 / 2.0 / self.half_m;
        Vec3::new(q.x * scale + SHADOW_PIXELS as f32 / 2.0, SHADOW_PIXELS as f32 / 2.0 - q.y * scale, q.z)
    }

    /// Share of the light that arrives, by percentage-closer filtering.
    fn lit(&self, p: Vec3, bias_m: f32) -> f32 {
        let q = self.at(p);
        let mut lit = 0.0;
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (x, y) = (q.x as i32 + dx, q.y as i32 + dy);
                let inside = (0..SHADOW_PIXELS as i32).contains(&x) && (0..SHADOW_PIXELS as i32).contains(&y);
                let near = if inside { self.pixels[y as usize * SHADOW_PIXELS + x as usize] } else { f32::MIN };
                lit += if q.z + bias_m >= near { 1.0 } else { 0.0 };
            }
        }
        lit / 9.0
    }
}

/// Calls `pixel(index, barycentric weights)` for every pixel in a triangle of screen points.
fn raster(p: [Vec3; 3], width: usize, height: usize, mut pixel: impl FnMut(usize, [f32; 3])) {
    let area = (p[1] - p[0]).truncate().perp_dot((p[2] - p[0]).truncate());
    if area.abs() < 1e-9 {
        return;
    }
    let (low, high) = (p[0].min(p[1]).min(p[2]), p[0].max(p[1]).max(p[2]));
    let clip = |v: f32, n: usize| v.clamp(0.0, n as f32) as usize;
    for y in clip(low.y, height)..clip(high.y.ceil() + 1.0, height) {
        for x in clip(low.x, width)..clip(high.x.ceil() + 1.0, width) {
            let at = glam::Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let w0 = (p[1].truncate() - at).perp_dot(p[2].truncate() - at) / area;
            let w1 = (p[2].truncate() - at).perp_dot(p[0].truncate() - at) / area;
            let w2 = 1.0 - w0 - w1;
            if w0 >= 0.0 && w1 >= 0.0 && w2 >= 0.0 {
                pixel(y * width + x, [w0, w1, w2]);
            }
        }
    }
}

/// Change of place with u and with v over a triangle.
fn tangents(p: [Vec3; 3], uv: [glam::Vec2; 3]) -> [Vec3; 2] {
    let (e, f) = (p[1] - p[0], p[2] - p[0]);
    let (a, b) = (uv[1] - uv[0], uv[2] - uv[0]);
    let det = a.perp_dot(b);
    if det.abs() < 1e-14 {
        return [Vec3::ZERO; 2];
    }
    [(e * b.y - f * a.y) / det, (f * a.x - e * b.x) / det]
}

/// A texture's factors on reflectance and roughness, and the normal with its relief.
fn sample(texture: &Texture, place: glam::Vec2, n: Vec3, tangents: &[Vec3; 2]) -> [[f32; 3]; 3] {
    let (w, h) = (texture.width as i64, texture.height as i64);
    let at = place * glam::Vec2::new(w as f32, h as f32) - 0.5;
    let read = |dx: f32, dy: f32, of: &dyn Fn(&Texel) -> u8| {
        let q = at + glam::Vec2::new(dx, dy);
        let (x, y) = (q.x.floor(), q.y.floor());
        let (fx, fy) = (q.x - x, q.y - y);
        let texel = |i: i64, j: i64| {
            let (i, j) = ((x as i64 + i).rem_euclid(w), (y as i64 + j).rem_euclid(h));
            f32::from(of(&texture.texels[(j * w + i) as usize]))
        };
        (texel(0, 0) * (1.0 - fx) + texel(1, 0) * fx) * (1.0 - fy) + (texel(0, 1) * (1.0 - fx) + texel(1, 1) * fx) * fy
    };
    let relief = |t: &Texel| t.relief;
    let slope = |dx: f32, dy: f32| (read(dx, dy, &relief) - read(-dx, -dy, &relief)) / 255.0 * texture.relief_m / 2.0;
    let (hu, hv) = (slope(1.0, 0.0) * w as f32, slope(0.0, 1.0) * h as f32);
    let (ru, rv) = (tangents[1].cross(n), n.cross(tangents[0]));
    let det = tangents[0].dot(ru);
    let bumped = if det.abs() > 1e-12 { (n - (ru * hu + rv * hv) / det).normalize() } else { n };
    [[read(0.0, 0.0, &|t| t.reflectance) / 128.0; 3], [read(0.0, 0.0, &|t| t.roughness) / 128.0; 3], bumped.into()]
}

/// Renders a panel at twice its size and returns linear light at its size.
fn render(panel: &Panel, width: usize, height: usize) -> Vec<f32> {
    let mut posed = Posed::default();
    pose(panel.person, &panel.state, &mut posed);
    let surface = &panel.person.surface;
    let back = Quat::from_rotation_y(panel.yaw) * Quat::from_rotation_x(-panel.pitch);
    let eye = panel.target_m + back * Vec3::Z * panel.half_m * 6.0;
    let (w, h) = (width * 2, height * 2);
    let focal = h as f32 / 2.0 * 6.0;
    let project = |p: Vec3| {
        let q = back.inverse() * (p - eye);
        let depth = (-q.z).max(1e-3);
        Vec3::new(w as f32 / 2.0 + q.x / depth * focal, h as f32 / 2.0 - q.y / depth * focal, 1.0 / depth)
    };
    let depth = Depth::new(&posed, &surface.triangles, panel.key, panel.target_m, panel.half_m * 2.2);
    let rim = back * Vec3::new(-0.8, 0.5, -0.9).normalize();
    let mut nearest = vec![0.0f32; w * h];
    let mut colour = vec![0.0f32; w * h];
    for (index, t) in surface.triangles.iter().enumerate() {
        let world = t.map(|i| posed.position_m[i as usize]);
        let p = world.map(project);
        let away = (p[1] - p[0]).truncate().perp_dot((p[2] - p[0]).truncate()) >= 0.0;
        if away && !surface.materials[usize::from(surface.material[index])].name.starts_with("hair") {
            continue;
        }
        let normal = t.map(|i| posed.normal[i as usize]);
        let shade = t.map(|i| surface.shade[i as usize]);
        let m = &surface.materials[usize::from(surface.material[index])];
        let texture = m.texture.map(|t| &surface.textures[usize::from(t)]);
        let uv = surface.uv[index];
        let hair = m.name.starts_with("hair");
        let tangents = tangents(world, uv);
        raster(p, w, h, |at, b| {
            let z = p[0].z * b[0] + p[1].z * b[1] + p[2].z * b[2];
            if z <= nearest[at] {
                return;
            }
            nearest[at] = z;
            let mix = |v: [Vec3; 3]| v[0] * b[0] + v[1] * b[1] + v[2] * b[2];
            let (x, mut n) = (mix(world), mix(normal).normalize());
            let view = (eye - x).normalize();
            let mut factor = shade[0] * b[0] + shade[1] * b[1] + shade[2] * b[2];
            let mut rough = m.roughness;
            if let Some(texture) = texture {
                let place = uv[0] * b[0] + uv[1] * b[1] + uv[2] * b[2];
                let [tone, roughness, slope] = sample(texture, place, n, &tangents);
                factor *= tone[0];
                rough = (rough * roughness[0]).clamp(0.05, 1.0);
                n = Vec3::from(slope);
            }
            if hair && n.dot(view) < 0.0 {
                n = -n;
            }
            let light = |from: Vec3, power: f32| {
                let half = (from + view).normalize();
                if hair {
                    // Kajiya and Kay: brightest where the light is across the hair.
                    let along = tangents[1].normalize_or(Vec3::Y);
                    let sine = |v: Vec3| (1.0 - along.dot(v).powi(2)).max(0.0).sqrt();
                    let wrap = (0.35 + 0.65 * n.dot(from)).max(0.0);
                    return power * wrap * (m.reflectance * factor * sine(from) + 0.35 * m.specular * sine(half).powi(40) * 4.0);
                }
                let gloss = (2.0 / rough.powi(4) - 2.0).max(1.0);
                let lobe = (gloss + 8.0) / 25.0 * n.dot(half).max(0.0).powf(gloss);
                let fresnel = m.specular + (1.0 - m.specular) * (1.0 - half.dot(view).max(0.0)).powi(5);
                power * n.dot(from).max(0.0) * (m.reflectance * factor + fresnel * lobe)
            };
            let key = panel.key.normalize();
            let lit = depth.lit(x + n * 0.004 * panel.half_m.max(0.2), 0.002);
            let sky = 0.035 + 0.02 * n.y;
            colour[at] = light(key, 1.7) * lit + light(rim, 0.45) + m.reflectance * factor * sky;
        });
    }
    (0..width * height)
        .map(|i| {
            let at = (i / width) * 2 * w + (i % width) * 2;
            (colour[at] + colour[at + 1] + colour[at + w] + colour[at + w + 1]) / 4.0
        })
        .collect()
}

/// Renders panels side by side and writes them as one picture.
fn sheet(path: &Path, panels: &[Panel], width: usize, height: usize, columns: usize) {
    let rows = panels.len().div_ceil(columns);
    let mut bytes = vec![0u8; width * columns * height * rows];
    for (index, panel) in panels.iter().enumerate() {
        let picture = render(panel, width, height);
        for (i, value) in picture.iter().enumerate() {
            let (x, y) = (index % columns * width + i % width, index / columns * height + i / width);
            let shown = value / (1.0 + 0.4 * value) * 1.3;
            bytes[y * width * columns + x] = (shown.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0) as u8;
        }
    }
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(path).expect("folder")), (width * columns) as u32, (height * rows) as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().and_then(|mut w| w.write_image_data(&bytes)).expect("writable");
}

fn panel(person: &Person, target_m: Vec3, yaw: f32, half_m: f32) -> Panel<'_> {
    Panel { person, state: state(person), target_m, yaw, pitch: 0.0, half_m, key: Vec3::new(0.9, 0.9, 0.9) }
}

fn full(people: &Cast) -> Vec<Panel<'_>> {
    let mut panels = Vec::new();
    for who in Who::BOTH {
        let person = people.person(who);
        for yaw in [0.0, FRAC_PI_2, PI, 0.7] {
            panels.push(panel(person, Vec3::Y * 0.93, yaw, 1.0));
        }
    }
    panels
}

fn head_centre(person: &Person) -> Vec3 {
    let head = person.skeleton.place(&person.skeleton.rest())[Segment::Head.index()];
    head.origin_m + Vec3::new(0.0, 0.092, 0.012) * person.height_m
}

fn heads(people: &Cast) -> Vec<Panel<'_>> {
    let mut panels = Vec::new();
    for who in Who::BOTH {
        let person = people.person(who);
        for (yaw, key) in [
            (0.0, Vec3::new(0.9, 0.7, 0.8)),
            (0.7, Vec3::new(-0.6, 0.6, 0.9)),
            (1.57, Vec3::new(0.7, 0.6, 0.9)),
            (2.6, Vec3::new(-0.3, 0.8, -0.7)),
        ] {
            let mut view = panel(person, head_centre(person), yaw, 0.19);
            view.key = key;
            view.state.gaze_m = head_centre(person) + Quat::from_rotation_y(yaw.min(0.7)) * Vec3::Z * 5.0;
            panels.push(view);
        }
    }
    panels
}

fn face(people: &Cast, who: Who) -> Vec<Panel<'_>> {
    let person = people.person(who);
    [(0.0, Vec3::new(0.8, 0.6, 0.9)), (0.6, Vec3::new(-0.5, 0.6, 0.9))]
        .map(|(yaw, key)| {
            let mut view = panel(person, head_centre(person) + Vec3::Y * -0.012, yaw, 0.155);
            view.key = key;
            view
        })
        .into()
}

fn moods(people: &Cast) -> Vec<Panel<'_>> {
    let mut panels = Vec::new();
    for who in Who::BOTH {
        let person = people.person(who);
        for mood in 0..4 {
            let mut view = panel(person, head_centre(person), 0.35, 0.15);
            let s = &mut view.state;
            match mood {
                0 => s.expression[0] = 1.0,
                1 => s.expression[1] = 1.0,
                2 => s.blink = 1.0,
                _ => (s.fatigue, s.effort, s.breath) = (1.0, 1.0, 1.0),
            }
            panels.push(view);
        }
    }
    panels
}

fn hands(people: &Cast) -> Vec<Panel<'_>> {
    let mut panels = Vec::new();
    for who in Who::BOTH {
        let person = people.person(who);
        let mut raised = person.skeleton.rest();
        bend(&mut raised, Segment::UpperArmL, Quat::from_rotation_z(1.57));
        let hand = person.skeleton.place(&raised)[Segment::HandL.index()];
        let centre = hand.point(Vec3::new(0.0, -0.05, 0.01) * person.height_m);
        for (yaw, pitch, grip) in [(0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.3, -0.6, 0.4), (0.0, -1.0, 1.0), (0.5, 0.3, 1.0)] {
            let mut view = panel(person, centre, yaw, 0.13);
            view.state.grip = [grip; 2];
            view.state.pose = raised;
            view.pitch = pitch;
            view.key = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(-pitch) * Vec3::new(0.6, 0.5, 0.9);
            panels.push(view);
        }
    }
    panels
}

/// Turns a segment and all that hangs on it.
fn bend(pose: &mut Pose, segment: Segment, turn: Quat) {
    for other in Segment::ALL {
        let mut at = Some(other);
        while let Some(s) = at {
            if s == segment {
                pose.turn[other.index()] = turn * pose.turn[other.index()];
                break;
            }
            at = s.parent();
        }
    }
}

fn postures(people: &Cast) -> Vec<Panel<'_>> {
    let x = |degrees: f32| Quat::from_rotation_x(degrees.to_radians());
    let z = |degrees: f32| Quat::from_rotation_z(degrees.to_radians());
    let mut panels = Vec::new();
    for who in Who::BOTH {
        let person = people.person(who);
        for which in 0..6 {
            let mut view = panel(person, Vec3::Y * 1.1, 0.6, 1.2);
            let pose = &mut view.state.pose;
            match which {
                0 => {
                    for (thigh, shin) in [(Segment::ThighL, Segment::ShinL), (Segment::ThighR, Segment::ShinR)] {
                        bend(pose, thigh, x(-10.0));
                        bend(pose, shin, x(100.0));
                    }
                    pose.pelvis_m.y -= 0.45;
                    view.half_m = 0.75;
                    view.target_m.y = 0.7;
                }
                1 => {
                    bend(pose, Segment::UpperArmL, z(165.0));
                    bend(pose, Segment::UpperArmR, z(-165.0));
                }
                2 => {
                    for (thigh, shin) in [(Segment::ThighL, Segment::ShinL), (Segment::ThighR, Segment::ShinR)] {
                        bend(pose, thigh, x(-110.0));
                        bend(pose, shin, x(130.0));
                    }
                    bend(pose, Segment::Abdomen, x(25.0));
                    bend(pose, Segment::Chest, x(20.0));
                    pose.pelvis_m.y -= 0.55;
                    view.half_m = 0.75;
                    view.target_m.y = 0.6;
                }
                3 => {
                    bend(pose, Segment::UpperArmL, x(-60.0));
                    bend(pose, Segment::ForearmL, x(-140.0));
                    bend(pose, Segment::UpperArmR, z(-90.0));
                    bend(pose, Segment::ForearmR, x(-90.0));
                    bend(pose, Segment::Head, Quat::from_rotation_y(1.0));
                    view.half_m = 0.6;
                    view.target_m.y = 1.3;
                    view.state.grip = [0.8, 0.3];
                }
                4 => {
                    bend(pose, Segment::Pelvis, x(-90.0));
                    bend(pose, Segment::ThighL, x(-60.0));
                    bend(pose, Segment::ShinL, x(100.0));
                    bend(pose, Segment::UpperArmR, z(-70.0));
                    pose.pelvis_m = Vec3::new(0.0, 0.12, 0.3);
                    view.target_m = Vec3::new(0.0, 0.2, 0.2);
                    view.pitch = 0.5;
                    view.half_m = 0.8;
                }
                _ => {
                    bend(pose, Segment::UpperArmL, x(-85.0));
                    bend(pose, Segment::UpperArmR, x(-85.0) * z(20.0));
                    bend(pose, Segment::Chest, x(25.0));
                    bend(pose, Segment::Head, x(25.0));
                    view.half_m = 0.7;
                    view.target_m = Vec3::new(0.0, 1.25, 0.2);
                }
            }
            panels.push(view);
        }
    }
    panels
}

/// Trunk from the front, from an angle and from behind, and the feet.
fn clothes(people: &Cast, who: Who) -> Vec<Panel<'_>> {
    let person = people.person(who);
    let s = person.height_m / 1.84;
    let views = [
        (1.33, 0.0, 0.40),
        (1.33, 0.7, 0.40),
        (1.33, 2.6, 0.40),
        (0.14, 0.9, 0.20),
        (0.80, 0.5, 0.45),
        (1.05, -0.9, 0.22),
        (1.52, 0.2, 0.2),
        (1.52, 1.5, 0.2),
        (1.52, 2.8, 0.2),
    ];
    let view = |(y, yaw, half_m): (f32, f32, f32)| {
        let mut view = panel(person, Vec3::Y * y * s, yaw, half_m * s);
        view.key = Quat::from_rotation_y(yaw) * Vec3::new(0.9, 0.8, 0.7);
        view
    };
    views.map(view).into()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().map_or("/tmp/portraits", String::as_str));
    std::fs::create_dir_all(folder).expect("folder");
    let wanted = |name: &str| arguments.len() < 2 || arguments[1..].iter().any(|a| a == name);
    let mut treatment = Treatment::default();
    if arguments.iter().any(|a| a == "t-shirt") {
        treatment.kid.dress = Some(Dress::TShirt);
    }
    if arguments.iter().any(|a| a == "shirt") {
        treatment.cop.dress = Some(Dress::Shirt);
    }
    if arguments.iter().any(|a| a == "women") {
        treatment.cop.preset = Some(Preset::Veteran);
        treatment.kid.preset = Some(Preset::Worker);
    }
    // Other people than the two by the names of their presets.
    for (preset, name) in [(Preset::Veteran, "veteran"), (Preset::Worker, "worker")] {
        if arguments.iter().any(|a| a == name) {
            treatment.kid.preset = Some(preset);
        }
    }
    let styles = [
        (HairStyle::Shaved, "shaved"),
        (HairStyle::Short, "short"),
        (HairStyle::SidePart, "side-part"),
        (HairStyle::Afro, "afro"),
        (HairStyle::Curls, "curls"),
        (HairStyle::Cropped, "cropped"),
        (HairStyle::Bun, "bun"),
        (HairStyle::Bob, "bob"),
    ];
    for (style, name) in styles {
        if arguments.iter().any(|a| a == name) {
            (treatment.cop.hair.style, treatment.kid.hair.style) = (Some(style), Some(style));
        }
    }
    let start = Instant::now();
    let people = cast(&treatment, &Options::default()).expect("a default treatment");
    println!("cast in {:.2} s", start.elapsed().as_secs_f32());
    for person in &people.people {
        println!("{}: {} triangles, {} vertices", person.who, person.surface.triangles.len(), person.surface.position_m.len());
    }
    let mut posed = Posed::default();
    let start = Instant::now();
    for _ in 0..20 {
        people.people.iter().for_each(|person| pose(person, &state(person), &mut posed));
    }
    println!("posed in {:.2} ms", start.elapsed().as_secs_f32() * 1000.0 / 20.0);
    let draw = |name: &str, panels: Vec<Panel>, width, height, columns| {
        if wanted(name) {
            sheet(&folder.join(format!("{name}.png")), &panels, width, height, columns);
        }
    };
    draw("full", full(&people), 380, 760, 4);
    draw("heads", heads(&people), 560, 640, 4);
    draw("cop", face(&people, Who::Cop), 900, 1000, 2);
    draw("kid", face(&people, Who::Kid), 900, 1000, 2);
    draw("cop-clothes", clothes(&people, Who::Cop), 700, 760, 3);
    draw("kid-clothes", clothes(&people, Who::Kid), 700, 760, 3);
    draw("moods", moods(&people), 440, 520, 4);
    draw("hands", hands(&people), 360, 420, 5);
    if wanted("textures") {
        people.people.iter().for_each(|person| textures(folder, person));
    }
    let (cop, kid): (Vec<_>, Vec<_>) = postures(&people).into_iter().partition(|panel| panel.person.who == Who::Cop);
    draw("cop-postures", cop, 600, 560, 3);
    draw("kid-postures", kid, 600, 560, 3);
}

/// Writes a person's textures as greys of their reflectance.
fn textures(folder: &Path, person: &Person) {
    for (index, texture) in person.surface.textures.iter().enumerate() {
        let bytes: Vec<u8> = texture.texels.iter().map(|t| t.reflectance).collect();
        let path = folder.join(format!("{}-{index}-{}.png", person.who, texture.name).to_lowercase());
        let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).expect("folder")), texture.width, texture.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().and_then(|mut w| w.write_image_data(&bytes)).expect("writable");
    }
}
