//! `clinch export`.

use super::{PartArgs, print_json};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use clinch::{
    Production,
    editorial::mezzanine::Mezzanine,
    excerpt::{Frames, SoundExcerpt},
    folder::Folder,
    job::Job,
    picture::Footage,
    report::Report,
};
use clinch_deliver::Scene;
use clinch_model::{Cast, Cut, FrameRate, Performance, Score, Secs, Story, Who};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const EXAMPLES: &str = "Examples:
  clinch export film.mp4                        film.glb, film-cop.bvh, film-kid.bvh
  clinch export film.mp4 -o scene.glb --from 12 --to 20
  clinch export film.mp4 -o scene.glb --only glb --fps 30
  clinch export film.mp4 -o motion.bvh          motion-cop.bvh, motion-kid.bvh
  clinch export film.mp4 -o film.otio           the cut for editing programs (OpenTimelineIO), with markers
  clinch export film.mp4 -o film.mov            a mezzanine: ProRes 422 HQ and PCM; needs ffmpeg
  clinch export film.mp4 -o frames/film.png --from 12 --to 14
                                                frames/film.00288.png and on, unencoded
  clinch export film.mp4 -o plates/film.exr --from 12 --to 14
                                                plates/film.00288.exr and on: scene light and layers for compositors

The glTF file (.glb) holds both people with skin, clothes, textures, skeleton, motion and faces; the street with its lamps; and a camera a \
shot, named after the shot, with its times among the extras (Blender: custom properties). One animation moves everything; its time 0 is \
--from. The BVH files hold the motion of sixteen joints a person. Lengths are metres, y is up; both kinds lie on each other.

In Blender set the scene's frame rate to the film's first, then File > Import > glTF 2.0. Its BVH import begins at frame 1, its glTF \
import at frame 0.

The timeline (.otio) names the film's file and marks sections, reversals, other events and lyrics. The mezzanine (.mov) and the pictures \
(.png) are lit anew, because the film's own pictures are encoded already: they take as long as the film did.

OpenEXR files (.exr) hold light as it is before the film stock (half floats, R = G = B, 0.18 a middle grey), without opening and type: \
Z (32-bit, metres along the camera's axis), N.X N.Y N.Z (world normals, y up), forward.u forward.v (motion, pixels a frame, right and up), \
mask.cop mask.kid (share of the pixel), mask.accent (share of the light that comes from the shove's drops).";

/// `clinch export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// The film or its working folder
    #[arg(value_name = "FILM|FOLDER")]
    film: PathBuf,
    /// The file, whose ending says what it is; BVH files get its name with -cop and -kid, pictures with their frame's number [default: FILM.glb]
    #[arg(short, long = "out", value_name = "FILE.glb|bvh|otio|mov|png|exr")]
    out: Option<PathBuf>,
    /// Write only one kind of file [default: both; motion alone where -o ends in .bvh]
    #[arg(long, value_name = "KIND")]
    only: Option<Kind>,
    /// Samples of motion a second in a scene [default: the film's frame rate]
    #[arg(long, value_name = "RATE")]
    fps: Option<FrameRate>,
    #[command(flatten)]
    part: PartArgs,
    /// Print the files' names and sizes as JSON to the standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The scene in one glTF file
    Glb,
    /// Motion alone, a file a person
    Bvh,
}

/// A file for editing programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Editorial {
    Timeline,
    Mezzanine,
    Pictures,
    Plates,
}

impl Editorial {
    /// What a file's ending asks for; none where it asks for a scene.
    fn of(out: &Path) -> Option<Self> {
        match out.extension()?.to_string_lossy().to_lowercase().as_str() {
            "otio" => Some(Editorial::Timeline),
            "mov" => Some(Editorial::Mezzanine),
            "png" => Some(Editorial::Pictures),
            "exr" => Some(Editorial::Plates),
            _ => None,
        }
    }
}

/// Where a scene goes.
struct Outputs {
    glb: Option<PathBuf>,
    /// `[who]`.
    bvh: Option<[PathBuf; 2]>,
}

impl Export {
    pub fn run(self) -> Result<ExitCode> {
        let asked = self.out.clone().and_then(|out| Some((Editorial::of(&out)?, out)));
        match asked {
            Some((kind, out)) => self.run_editorial(kind, &out),
            None => self.run_scene(),
        }
    }

    fn run_editorial(self, kind: Editorial, out: &Path) -> Result<ExitCode> {
        if self.fps.is_some() || self.only.is_some() {
            bail!("--fps and --only are for scenes; {} has the film's own frames", out.display());
        }
        if kind == Editorial::Timeline && !self.part.excerpt().is_all() {
            bail!("a timeline holds the whole cut; leave --from and --to away");
        }
        check_place(out)?;
        let production = super::production_of(&self.film)?;
        let folder = &production.folder;
        let (cut, performance, score) = (folder.existing::<Cut>()?, folder.existing::<Performance>()?, folder.existing::<Score>()?);
        let frames = self.part.excerpt().frames(&cut.data)?;
        let written = match kind {
            Editorial::Timeline => {
                let story = folder.existing::<Story>()?.data;
                let timeline = production.timeline(&cut.data, &performance.data, &score.data, &story, out)?;
                clinch_deliver::write_otio(&timeline, out)?;
                vec![out.into()]
            }
            Editorial::Mezzanine => {
                let cast = folder.existing::<Cast>()?;
                let mut footage = production.footage(&cut, &performance, &cast, &score, &folder.existing::<Story>()?.data)?;
                write_mezzanine(&production, &mut footage, &score.data, frames, out)?;
                vec![out.into()]
            }
            Editorial::Plates => {
                let cast = folder.existing::<Cast>()?;
                let (size, rate) = (production.job.size, cut.data.rate);
                let mut footage = production.footage(&cut, &performance, &cast, &score, &folder.existing::<Story>()?.data)?;
                production.report.stage("plates", |progress| footage.write_exr(size, rate, frames, out, progress))?.into()
            }
            Editorial::Pictures => {
                let (cast, size) = (folder.existing::<Cast>()?, production.job.size);
                let mut footage = production.footage(&cut, &performance, &cast, &score, &folder.existing::<Story>()?.data)?;
                production.report.stage("pictures", |progress| footage.write_pictures(size, frames, out, progress))?.into()
            }
        };
        self.tell(&written, frames.end - frames.first, cut.data.rate)
    }

    fn run_scene(self) -> Result<ExitCode> {
        let root = Folder::named(&self.film)?;
        let outputs = self.outputs(&root)?;
        let folder = Folder::open(&root)?;
        let (cut, performance, cast) =
            (folder.existing::<Cut>()?.data, folder.existing::<Performance>()?.data, folder.existing::<Cast>()?.data);
        let rate = self.fps.unwrap_or(cut.rate);
        let part = self.part.excerpt().frames_at(rate, rate.frames_in(cut.rate.start_of(cut.frames)))?;
        let title = title(&folder)?;
        let job = clinch_model::file::load::<Job>(&folder.path::<Job>())?.data;
        let scenery = clinch_light::scenery(&job.treatment.light);
        let scene = Scene {
            title: &title,
            credits: clinch_cast::CREDITS,
            cast: &cast,
            performance: &performance,
            cut: &cut,
            scenery: &scenery,
            rate,
            frames: part.first..part.end,
            skinning: clinch_cast::skinning,
            drive_name: clinch_cast::drive_name,
        };
        let written = write(&scene, &outputs)?;
        self.tell(&written, part.end - part.first, rate)
    }

    /// Names the files after `-o`, or after the film.
    fn outputs(&self, root: &Path) -> Result<Outputs> {
        let out = self.out.clone().unwrap_or_else(|| Folder::film_of(root).with_extension("glb"));
        let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let only = match (ending.as_deref(), self.only) {
            (None | Some("glb"), only) => only,
            (Some("bvh"), None | Some(Kind::Bvh)) => Some(Kind::Bvh),
            (Some("bvh"), Some(Kind::Glb)) => bail!("{} is no name for a glTF file; name one that ends in .glb", out.display()),
            (Some(_), _) => bail!(
                "{} can't be exported to: name a file that ends in .glb (everything), .bvh (motion), .otio (the cut), .mov (mezzanine), .png \
                 (pictures) or .exr (plates)",
                out.display()
            ),
        };
        let Some(stem) = out.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else {
            bail!("{} names no file; name one with -o, such as scene.glb", out.display());
        };
        check_place(&out)?;
        let of = |who: Who| out.with_file_name(format!("{stem}-{}.bvh", who.to_string().to_lowercase()));
        Ok(Outputs {
            glb: (only != Some(Kind::Bvh)).then(|| out.with_extension("glb")),
            bvh: (only != Some(Kind::Glb)).then(|| Who::BOTH.map(of)),
        })
    }

    fn tell(&self, written: &[PathBuf], frames: u64, rate: FrameRate) -> Result<ExitCode> {
        let mut files = Vec::new();
        for path in written {
            let bytes = std::fs::metadata(path).with_context(|| format!("{} has gone while it was written", path.display()))?.len();
            files.push(serde_json::json!({"path": path, "bytes": bytes}));
            if !self.json {
                tell!("{}: {frames} frames at {rate} a second, {:.1} MB", path.display(), bytes as f64 / 1e6);
            }
        }
        if self.json { print_json(&files) } else { Ok(ExitCode::SUCCESS) }
    }
}

/// The folder that a file goes to must be there.
fn check_place(out: &Path) -> Result<()> {
    match out.parent().filter(|place| !place.as_os_str().is_empty() && !place.is_dir()) {
        Some(place) => bail!("the folder {} isn't there; make it first, or choose another place with -o", place.display()),
        None => Ok(()),
    }
}

fn write_mezzanine(production: &Production, footage: &mut Footage, score: &Score, frames: Frames, out: &Path) -> Result<()> {
    let (size, rate) = (production.job.size, production.job.rate);
    let mut song = clinch_hear::open(&production.job.song.source())?;
    let start = production.clip_span()?.map_or(Secs(0.0), |(from, _)| from);
    let [from, to] = [frames.first, frames.end].map(|frame| Secs(start.0 + rate.start_of(frame).0));
    let mut sound = SoundExcerpt::between(&mut song, from, to);
    let title = production.title(score);
    let folder = production.folder.root();
    let mezzanine = Mezzanine { size, rate, title: &title, sound: &mut sound, folder, program: "ffmpeg" };
    production.report.stage("mezzanine", |progress| footage.write_mezzanine(mezzanine, frames, out, progress))
}

/// The film's title: the treatment's, else the song's.
fn title(folder: &Folder) -> Result<String> {
    let job = clinch_model::file::load::<Job>(&folder.path::<Job>())?.data;
    if job.treatment.title.is_empty() { Ok(folder.existing::<Score>()?.data.track.title) } else { Ok(job.treatment.title) }
}

/// Writes the files and gives back which.
fn write(scene: &Scene, outputs: &Outputs) -> Result<Vec<PathBuf>> {
    let report = Report::to_terminal();
    let mut written = Vec::new();
    if let Some(glb) = &outputs.glb {
        report.stage("scene", |progress| clinch_deliver::write_glb(scene, glb, progress))?;
        written.push(glb.clone());
    }
    for (who, bvh) in Who::BOTH.into_iter().zip(outputs.bvh.iter().flatten()) {
        report.stage("motion", |progress| clinch_deliver::write_bvh(scene, who, bvh, progress))?;
        written.push(bvh.clone());
    }
    Ok(written)
}
