//! The progress bar on stderr, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Steps of a bar for each point, so that it moves while one is measured.
const STEPS: u64 = 1000;

pub struct Progress {
    bar: ProgressBar,
    done: u64,
}

impl Progress {
    pub fn new(points: usize, quiet: bool) -> Self {
        // Draws nothing where stderr is no terminal.
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(points as u64 * STEPS), target);
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {percent}%  {elapsed} of {duration}  {msg}")
        {
            bar.set_style(style);
        }
        Self { bar, done: 0 }
    }

    /// Names the point that is measured from here on.
    pub fn name(&self, what: impl Into<String>) {
        let what: String = what.into();
        self.bar.set_message(what);
    }

    /// Where the current point is, from 0 to 1.
    pub fn at(&self, share: f64) {
        self.bar.set_position(self.done + (share * STEPS as f64) as u64);
    }

    /// The current point is over.
    pub fn next(&mut self) {
        self.done += STEPS;
        self.bar.set_position(self.done);
    }
}

impl Drop for Progress {
    /// Takes the bar off the screen.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
