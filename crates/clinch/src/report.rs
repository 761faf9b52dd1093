//! What a person at a terminal sees while the work goes on.

use clinch_model::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{io::IsTerminal, time::Instant};

/// Steps of a progress bar; finer than any terminal is wide.
const BAR_STEPS: u64 = 1000;

/// Tells a person how far the work is; says nothing on the way when the error output isn't a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    bars: bool,
    notes: bool,
}

impl Report {
    /// Bars on a terminal, notes always.
    pub fn to_terminal() -> Self {
        Self { bars: std::io::stderr().is_terminal(), notes: true }
    }

    /// Nothing at all, for tests.
    pub fn silent() -> Self {
        Self { bars: false, notes: false }
    }

    /// A note that a person should read whether or not a bar is shown.
    pub fn say(&self, note: &str) {
        if self.notes {
            eprintln!("note: {note}");
        }
    }

    /// Runs one stage under a bar with the time left.
    pub fn stage<T>(&self, name: &'static str, run: impl FnOnce(Progress) -> T) -> T {
        if !self.bars {
            return run(&|_| {});
        }
        let bar = ProgressBar::with_draw_target(Some(BAR_STEPS), ProgressDrawTarget::stderr());
        bar.set_style(bar_style());
        bar.set_prefix(name);
        let began = Instant::now();
        let result = run(&|share| bar.set_position((share.clamp(0.0, 1.0) * BAR_STEPS as f64) as u64));
        bar.finish_and_clear();
        eprintln!("{name:>9}  {:.1} s", began.elapsed().as_secs_f64());
        result
    }
}

fn bar_style() -> ProgressStyle {
    // A template that can't be read would only cost the colours, never the film.
    ProgressStyle::with_template("{prefix:>9}  {bar:40} {percent:>3} %  {eta} left").unwrap_or_else(|_| ProgressStyle::default_bar())
}
