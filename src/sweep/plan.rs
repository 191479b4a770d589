//! From a request to the cells of a sweep.

use super::cell::Description;
use super::draft::{Draft, Rest};
use super::request::{Axes, Mode, Request};
use super::victims::Victims;
use super::{Error, LEAST_BITS, MOST_BITS, USUAL_BITS};
use crate::attack::Strategy;
use crate::net::Dtype;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The most cells of a plan.
const MOST_CELLS: usize = 1 << 20;
/// Random inputs that labels are compared at, where the request does not say.
const INPUTS: u32 = 1000;
/// Lines searched, where the request does not say.
const LINES: u16 = 4;

/// A cell of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Its name: [`Description::id`].
    pub id: String,
    /// What it runs.
    pub cell: Description,
}

/// All cells of a sweep, each once: of grids, zips, frontiers, each as its axes count up, the last one fastest.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The cells.
    pub cells: Vec<Planned>,
    /// Named files among the victims, by hash: to be kept beside the plan.
    pub files: BTreeMap<String, PathBuf>,
    /// Combinations that name a cell once more.
    pub repeated: usize,
}

impl Plan {
    /// Reads a request and combines its axes. Victims are read or made, for their hashes.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let request = Request::read(path)?;
        let mut victims = Victims::new(request.folder());
        let (mut plan, mut seen) = (Self::default(), HashSet::new());
        for (mode, axes) in &request.sections {
            check(&request, *mode, axes)?;
            for draft in drafts(&request, *mode, axes)? {
                let cell = victims.describe(&request, axes, draft, &mut plan.files)?;
                let id = cell.id();
                if seen.insert(id.clone()) {
                    plan.cells.push(Planned { id, cell });
                } else {
                    plan.repeated += 1;
                }
            }
        }
        Ok(plan)
    }
}

/// Errors of a section that no single value shows.
fn check(request: &Request, mode: Mode, axes: &Axes) -> Result<(), Error> {
    let refuse = |span: Range<usize>, what: &str| Err(request.error(span, what));
    match (mode, &axes.bits, &axes.answer_bits) {
        (Mode::Frontier, _, Some(bits)) => {
            return refuse(bits.span(), "a frontier searches for it: write bits = [16, 53]");
        }
        (Mode::Grid | Mode::Zip, Some(bits), _) => {
            return refuse(bits.span(), "only a [frontier] searches: write answer_bits = [...]");
        }
        (_, Some(bits), _) => {
            let [from, to] = *bits.get_ref();
            if !(LEAST_BITS <= from && from <= to && to <= MOST_BITS) {
                let what =
                    format!("write the least and the most bits, from {LEAST_BITS} to {MOST_BITS}: bits = [16, 53]");
                return Err(request.error(bits.span(), what));
            }
        }
        _ => {}
    }
    if let (Some(decimals), true) = (&axes.answer_decimals, mode == Mode::Frontier || axes.answer_bits.is_some()) {
        return refuse(
            decimals.span(),
            "answers are rounded to bits or to decimals: write one of them, in a [grid] or a [zip]",
        );
    }
    for explains in [&axes.attribution, &axes.ledger, &axes.certify].into_iter().flatten() {
        if mode == Mode::Frontier {
            return refuse(explains.span(), "explains single attacks: write it in a [grid] or a [zip]");
        }
    }
    if let Some(activation) = axes.activation.as_ref().filter(|_| axes.shape.is_none()) {
        let what = "is of random victims: write file = { path = \"...\", activation = \"leaky:0.01\" } for a file";
        return refuse(activation.span(), what);
    }
    if let Some(lines) = axes.lines.as_ref().filter(|lines| lines.get_ref().0.iter().any(|n| !(1..=1024).contains(n))) {
        return refuse(lines.span(), "lines must be from 1 to 1024");
    }
    if let Some(inputs) = axes.inputs.as_ref().filter(|n| n.get_ref().0.iter().any(|n| !(1..=100_000).contains(n))) {
        return refuse(inputs.span(), "inputs must be from 1 to 100000");
    }
    if let Some(most) = axes.max_queries.as_ref().filter(|most| most.get_ref().0.contains(&0)) {
        return refuse(most.span(), "no attack does without queries: write at least 1, or leave the key out");
    }
    let walks = axes.strategy.as_ref().is_none_or(|axis| axis.get_ref().0.contains(&Strategy::Walk));
    for axis in [&axes.polish, &axes.snap].into_iter().flatten() {
        if axis.get_ref().0.contains(&true) && !walks {
            return refuse(axis.span(), "refines a walk: add strategy = \"walk\"");
        }
    }
    if let Some(snap) = axes.snap.as_ref().filter(|snap| snap.get_ref().0.contains(&true)) {
        let of_few_bits =
            axes.weights.as_ref().is_some_and(|axis| axis.get_ref().0.iter().any(|&weights| weights != Dtype::F64));
        if !of_few_bits && axes.file.is_none() {
            return refuse(
                snap.span(),
                "finds weights of few bits: add weights = \"f32\", \"f16\" or \"bf16\", or a file of such weights",
            );
        }
    }
    Ok(())
}

/// All combinations of a section.
fn drafts(request: &Request, mode: Mode, axes: &Axes) -> Result<Vec<Draft>, Error> {
    let start = Draft { rest: Rest { lines: LINES, inputs: INPUTS, ..Rest::default() }, ..Draft::default() };
    let mut table = Table { request, mode, rows: vec![start], longest: None };
    let victims = match (&axes.shape, &axes.file) {
        (None, None) => {
            let what = "no victims: write shape = [\"16-8-1\"], or file = [\"victim.npz\"]";
            let first = axes.seed.as_ref().map_or(0..0, |seed| seed.span());
            return Err(request.error(first, what));
        }
        (Some(_), Some(file)) if mode == Mode::Zip => {
            return Err(request.error(file.span(), "a [zip] takes shape or file; write a second [[zip]] for the other"));
        }
        (shapes, files) => {
            let shapes = shapes.iter().flat_map(|axis| axis.get_ref().0.iter().map(|shape| (Some(shape.0.0), None)));
            let files = files.iter().flat_map(|axis| axis.get_ref().0.iter().map(|file| (None, Some(file.clone()))));
            shapes.chain(files).collect::<Vec<_>>()
        }
    };
    let span = axes.shape.as_ref().map(|axis| axis.span()).or(axes.file.as_ref().map(|axis| axis.span()));
    table.axis("shape or file", &victims, span.unwrap_or(0..0), |row, (shape, file)| {
        (row.shape, row.file) = (*shape, file.clone());
    })?;
    macro_rules! axis {
        ($name:ident, $row:ident, $value:ident => $set:expr) => {
            if let Some(axis) = &axes.$name {
                table.axis(stringify!($name), &axis.get_ref().0, axis.span(), |$row: &mut Draft, $value| $set)?;
            }
        };
    }
    axis!(weights, row, value => row.weights = *value);
    axis!(activation, row, value => row.activation = value.0);
    axis!(seed, row, value => row.rest.seed = *value);
    axis!(strategy, row, value => row.rest.strategy = *value);
    axis!(victim_arithmetic, row, value => row.rest.victim_arithmetic = *value);
    axis!(attacker, row, value => row.rest.attacker = *value);
    axis!(answer_bits, row, value => row.rest.answer_bits = value.0);
    axis!(answer_decimals, row, value => row.rest.answer_decimals = value.0);
    axis!(question_bits, row, value => row.rest.question_bits = value.0);
    axis!(lines, row, value => row.rest.lines = *value);
    axis!(polish, row, value => row.rest.polish = *value);
    axis!(snap, row, value => row.rest.snap = *value);
    axis!(max_queries, row, value => row.rest.max_queries = Some(*value));
    axis!(inputs, row, value => row.rest.inputs = *value);
    axis!(attribution, row, value => row.rest.attribution = *value);
    axis!(ledger, row, value => row.rest.ledger = *value);
    axis!(certify, row, value => row.rest.certify = *value);
    if mode == Mode::Frontier {
        let bits = axes.bits.as_ref().map_or(USUAL_BITS, |bits| *bits.get_ref());
        table.rows.iter_mut().for_each(|row| row.rest.frontier = Some(bits));
    }
    let rows = table.rows;
    held(request, axes, &rows)?;
    answered(request, axes, &rows)?;
    Ok(rows)
}

/// Errors where answers have more bits than their attacker holds.
fn held(request: &Request, axes: &Axes, rows: &[Draft]) -> Result<(), Error> {
    let excess = rows.iter().find_map(|Draft { rest, .. }| {
        let asked = rest.frontier.map(|[_, to]| to).or(rest.answer_bits)?;
        let held = rest.attacker.0.bits().filter(|held| asked > *held)?;
        Some(format!("{asked} bits, and an attacker in {} holds {held}: add attacker = \"p{asked}\"", rest.attacker.0))
    });
    let span = axes.bits.as_ref().map(|bits| bits.span()).or(axes.answer_bits.as_ref().map(|bits| bits.span()));
    let span = span.or(axes.attacker.as_ref().map(|attacker| attacker.span())).unwrap_or(0..0);
    excess.map_or(Ok(()), |what| Err(request.error(span, what)))
}

/// Errors where a search goes beyond the bits that its oracle computes with: more bits of its answers say nothing more.
fn answered(request: &Request, axes: &Axes, rows: &[Draft]) -> Result<(), Error> {
    let excess = rows.iter().find_map(|Draft { rest, .. }| {
        let [from, to] = rest.frontier?;
        let oracle = rest.victim_arithmetic.0;
        let has = oracle.bits().filter(|has| to > *has)?;
        let cure = if from <= has { format!("write bits = [{from}, {has}], or ") } else { String::new() };
        Some(format!(
            "searches up to {to} bits, and an oracle in {oracle} answers in {has}: {cure}take an oracle of more bits, as \
             victim_arithmetic = \"exact\""
        ))
    });
    let span = axes.victim_arithmetic.as_ref().map(|axis| axis.span()).unwrap_or(0..0);
    excess.map_or(Ok(()), |what| Err(request.error(span, what)))
}

/// Rows that grow axis by axis.
struct Table<'a> {
    request: &'a Request,
    mode: Mode,
    rows: Vec<Draft>,
    /// Of a zip: the axis that has set its length.
    longest: Option<&'static str>,
}

impl Table<'_> {
    fn axis<T>(
        &mut self,
        name: &'static str,
        values: &[T],
        span: Range<usize>,
        set: impl Fn(&mut Draft, &T),
    ) -> Result<(), Error> {
        let fits = self.rows.len().checked_mul(values.len()).is_some_and(|cells| cells <= MOST_CELLS);
        if self.mode != Mode::Zip && !fits {
            let what = format!("more than {MOST_CELLS} cells: give fewer values, or several sweeps");
            return Err(self.request.error(span, what));
        }
        if self.mode != Mode::Zip {
            let times = |row: &Draft| values.iter().map(|value| with(row, value, &set)).collect::<Vec<_>>();
            self.rows = self.rows.iter().flat_map(times).collect();
            return Ok(());
        }
        if values.len() > 1 {
            match self.longest {
                None => self.rows = vec![self.rows[0].clone(); values.len()],
                Some(other) if self.rows.len() != values.len() => {
                    let (here, there) = (values.len(), self.rows.len());
                    let what = format!(
                        "{here} values beside {there} of {other}: a [zip] takes lists of one length, or single values"
                    );
                    return Err(self.request.error(span, what));
                }
                Some(_) => {}
            }
            self.longest = Some(name);
        }
        self.rows.iter_mut().enumerate().for_each(|(i, row)| set(row, &values[i.min(values.len() - 1)]));
        Ok(())
    }
}

fn with<T>(row: &Draft, value: &T, set: impl Fn(&mut Draft, &T)) -> Draft {
    let mut row = row.clone();
    set(&mut row, value);
    row
}
