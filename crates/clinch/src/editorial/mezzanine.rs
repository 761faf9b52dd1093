//! A mezzanine file for editing and grading: ProRes 422 HQ and uncompressed sound, through `ffmpeg` where it is installed.

use crate::{excerpt::Frames, picture::Footage};
use anyhow::{Context, Result, bail};
use clinch_model::{FrameRate, PcmSource, Progress, Size};
use std::{
    ffi::OsString,
    io::{BufWriter, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// What a mezzanine file is made from besides its frames.
pub struct Mezzanine<'a> {
    /// Size of the picture.
    pub size: Size,
    /// Frames a second.
    pub rate: FrameRate,
    /// The film's title.
    pub title: &'a str,
    /// The sound under the frames.
    pub sound: &'a mut dyn PcmSource,
    /// Folder for what is only needed meanwhile.
    pub folder: &'a Path,
    /// The program: `ffmpeg`.
    pub program: &'a str,
}

impl Footage<'_> {
    /// Writes frames and sound as a QuickTime file: ProRes 422 HQ in BT.709, 24-bit PCM. Written aside first.
    ///
    /// # Errors
    /// Where `ffmpeg` isn't installed or refuses, or a frame can't be lit.
    pub fn write_mezzanine(&mut self, mezzanine: Mezzanine, frames: Frames, out: &Path, progress: Progress) -> Result<()> {
        check_program(mezzanine.program)?;
        let sound_path = mezzanine.folder.join("mezzanine.f32");
        let aside = mezzanine.folder.join("mezzanine.mov");
        let written = write_sound(mezzanine.sound, &sound_path).and_then(|[rate_hz, channels]| {
            let mut command = Command::new(mezzanine.program);
            let pixels = if self.has_accent() { "rgb24" } else { "gray" };
            command.args(arguments(&mezzanine, pixels, &sound_path, [rate_hz, channels], &aside));
            self.pipe(command, frames, progress)?;
            std::fs::rename(&aside, out)
                .or_else(|_| std::fs::copy(&aside, out).map(|_| ()))
                .with_context(|| format!("{} can't be written; choose another place with -o", out.display()))
        });
        for left in [&sound_path, &aside] {
            // Nothing is lost if they stay.
            let _ = std::fs::remove_file(left);
        }
        written
    }

    /// Hands the frames to the program and waits until it has done.
    fn pipe(&mut self, mut command: Command, frames: Frames, progress: Progress) -> Result<()> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("ffmpeg can't be started")?;
        let fed = self.feed(&mut child, frames, progress);
        let mut said = String::new();
        if let Some(mut errors) = child.stderr.take() {
            errors.read_to_string(&mut said).context("what ffmpeg says can't be read")?;
        }
        let status = child.wait().context("ffmpeg can't be waited for")?;
        match fed {
            // A program that has given up says more than the broken pipe does.
            Err(error) if error.downcast_ref::<std::io::Error>().is_none_or(|error| error.kind() != ErrorKind::BrokenPipe) => Err(error),
            Ok(()) if status.success() => Ok(()),
            _ => bail!("ffmpeg refused to make the mezzanine file: {}", said.trim()),
        }
    }

    fn feed(&mut self, child: &mut Child, frames: Frames, progress: Progress) -> Result<()> {
        // Dropped at the end, which tells the program that there is no more.
        let Some(mut pipe) = child.stdin.take() else { bail!("ffmpeg takes no frames") };
        for frame in frames.first..frames.end {
            let luma = self.frame(frame)?.to_vec();
            if self.has_accent() {
                let tint = self.tint().iter().copied().chain(std::iter::repeat(0));
                let colours: Vec<u8> = luma.iter().zip(tint).flat_map(|(&luma, tint)| clinch_deliver::tinted(luma, tint)).collect();
                pipe.write_all(&colours)?;
            } else {
                pipe.write_all(&luma)?;
            }
            progress((frame + 1 - frames.first) as f64 / (frames.end - frames.first) as f64);
        }
        Ok(())
    }
}

/// Tells at once, and clearly, where the program isn't installed.
fn check_program(program: &str) -> Result<()> {
    let version = Command::new(program).arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match version {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            bail!("`{program} -version` fails ({status}): a mezzanine file needs a working ffmpeg; numbered PNG files (-o film.png) don't")
        }
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "a mezzanine file needs the program ffmpeg, which isn't installed (Debian: apt-get install ffmpeg); numbered PNG files (-o film.png) \
             don't need it"
        ),
        Err(error) => Err(error).with_context(|| format!("`{program}` can't be started")),
    }
}

/// Writes the sound as bare 32-bit floats, and gives back its rate and channels.
fn write_sound(sound: &mut dyn PcmSource, path: &Path) -> Result<[u32; 2]> {
    let unwritable = || format!("{} can't be written: make room", path.display());
    let mut file = BufWriter::new(std::fs::File::create(path).with_context(unwritable)?);
    let mut block = Vec::new();
    while sound.next_block(&mut block)? > 0 {
        for sample in block.drain(..) {
            file.write_all(&sample.to_le_bytes()).with_context(unwritable)?;
        }
    }
    file.flush().with_context(unwritable)?;
    Ok([sound.sample_rate_hz(), sound.channels()])
}

fn arguments(mezzanine: &Mezzanine, pixels: &str, sound: &Path, [rate_hz, channels]: [u32; 2], out: &PathBuf) -> Vec<OsString> {
    let picture_in = format!(
        "-v error -nostdin -y -f rawvideo -pixel_format {pixels} -video_size {} -framerate {} -i pipe:0 -f f32le -ar {rate_hz} -ac {channels} -i",
        mezzanine.size, mezzanine.rate
    );
    // The film's luma is full range; ProRes wants the narrow one.
    let coded = "-map 0:v -map 1:a -vf scale=in_range=pc:out_range=tv:out_color_matrix=bt709,format=yuv422p10le,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709 -c:v prores_ks -profile:v 3 \
                 -vendor apl0 -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv -c:a pcm_s24le \
                 -fflags +bitexact -flags +bitexact -f mov -metadata";
    let words = |text: &str| text.split_whitespace().map(OsString::from).collect::<Vec<_>>();
    let mut all = words(&picture_in);
    all.push(sound.into());
    all.extend(words(coded));
    all.push(format!("title={}", mezzanine.title).into());
    all.push(out.into());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_told_with_the_remedy() {
        let said = check_program("clinch-no-such-program").unwrap_err().to_string();
        assert!(said.contains("apt-get install ffmpeg") && said.contains("-o film.png"), "{said}");
    }
}
