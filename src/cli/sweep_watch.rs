//! Progress of a sweep: cells done, and how long the rest takes, as far as that can be known.

use super::tell;
use crate::sweep::{Description, Error, Plan, Planned, Watcher};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A bar on stderr; nothing off a terminal, or when told to be quiet.
pub(super) struct Watch {
    bar: Option<ProgressBar>,
    estimate: Mutex<Estimate>,
}

/// Kinds of cells that take about the same time, with what is known of each.
struct Estimate {
    kinds: HashMap<String, Kind>,
    workers: f64,
}

#[derive(Default)]
struct Kind {
    left: usize,
    timed: usize,
    seconds: f64,
}

/// Cells of one kind: everything but the seed.
fn kind(cell: &Description) -> String {
    // Runs of any precision take about the same time.
    let way = Description { answer_bits: None, ..cell.clone() }.way();
    format!("{} {way} {}", cell.victim.shape, cell.reference_inputs)
}

impl Watch {
    /// For the cells of this plan. `threads`: as asked for, 0 for all cores.
    pub(super) fn new(plan: &Plan, threads: usize, quiet: bool) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let mut kinds: HashMap<String, Kind> = HashMap::new();
        plan.cells.iter().for_each(|cell| kinds.entry(kind(&cell.cell)).or_default().left += 1);
        let workers = if threads == 0 { cores() } else { threads } as f64;
        let shown = !quiet && std::io::stderr().is_terminal();
        let bar = shown.then(|| {
            let bar = ProgressBar::new(plan.cells.len() as u64);
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} cells, {elapsed}{msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, estimate: Mutex::new(Estimate { kinds, workers }) }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Estimate {
    fn note(&mut self, cell: &Description, seconds: Option<f64>) {
        let kind = self.kinds.entry(kind(cell)).or_default();
        kind.left = kind.left.saturating_sub(1);
        if let Some(seconds) = seconds {
            kind.timed += 1;
            kind.seconds += seconds;
        }
    }

    /// The time left by the mean of each kind: a lower bound while there are kinds of which no cell has
    /// been timed yet, and said as one.
    fn words(&self) -> String {
        let timed = self.kinds.values().filter(|kind| kind.timed > 0);
        let known: f64 = timed.map(|kind| kind.left as f64 * kind.seconds / kind.timed as f64).sum();
        let unknown: usize = self.kinds.values().filter(|kind| kind.timed == 0).map(|kind| kind.left).sum();
        let left = span(known / self.workers);
        match (known > 0.0, unknown) {
            (true, 0) => format!(", about {left} left"),
            (true, _) => format!(", more than {left} left"),
            (false, _) => String::new(),
        }
    }
}

/// A length of time, no finer than it is known.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{} s", s.ceil()),
        s if s < 5400.0 => format!("{} min", (s / 60.0).round()),
        s => format!("{:.1} h", s / 3600.0),
    }
}

impl Watcher for Watch {
    fn finished(&self, cell: &Planned, seconds: Option<f64>) {
        let Some(bar) = &self.bar else { return };
        let mut estimate = self.estimate.lock().unwrap_or_else(PoisonError::into_inner);
        estimate.note(&cell.cell, seconds);
        bar.set_message(estimate.words());
        bar.inc(1);
    }

    fn damaged(&self, error: &Error) {
        match &self.bar {
            Some(bar) => bar.suspend(|| tell(error)),
            None => tell(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_what_it_does_not_know() {
        let kind = |left, timed, seconds| Kind { left, timed, seconds };
        let words = |kinds: [Kind; 2]| {
            let kinds = kinds.into_iter().enumerate().map(|(i, kind)| (i.to_string(), kind)).collect();
            Estimate { kinds, workers: 2.0 }.words()
        };
        assert_eq!(words([kind(3, 0, 0.0), kind(1, 0, 0.0)]), "");
        assert_eq!(words([kind(4, 2, 20.0), kind(1, 0, 0.0)]), ", more than 20 s left");
        assert_eq!(words([kind(4, 2, 20.0), kind(0, 0, 0.0)]), ", about 20 s left");
        assert_eq!(words([kind(4, 1, 60.0), kind(2, 1, 1200.0)]), ", about 22 min left");
    }
}
