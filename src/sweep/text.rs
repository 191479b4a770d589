//! The frontier for people: a table a goal, and the law under it.

use super::Table;
use super::frontier::{Fitted, Frontier, Goal, Group, Knobs};
use super::table::Row;
use crate::record::Outcome;
use crate::report::magnitude;
use crate::text::shown;
use std::fmt::Write;

impl Table {
    /// The whole, for a terminal: how the runs ended, then the frontier.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let single: Vec<&Row> = self.rows.iter().filter(|row| !row.frontier).collect();
        if !single.is_empty() {
            let count = |holds: &dyn Fn(&Row) -> bool| single.iter().filter(|row| holds(row)).count();
            let complete = count(&|row| row.run.complete == Some(true));
            let ended = |outcome| count(&|row| row.run.outcome == outcome);
            let partial = ended(Outcome::Complete) - complete;
            let _ = writeln!(
                text,
                "runs      {} in all: {complete} complete, {partial} with a network that is not, {} stopped, {} out of queries",
                single.len(),
                ended(Outcome::Stopped),
                ended(Outcome::Budget),
            );
            let worst = single
                .iter()
                .filter(|row| row.run.complete == Some(true))
                .filter_map(|row| row.run.weight_error_log2.map(|error| error.max));
            let worst = worst.max_by(|a, b| a.0.total_cmp(&b.0));
            if worst.is_some() {
                let _ = writeln!(text, "worst     weight error of the complete ones {}", magnitude(worst.as_ref()));
            }
        }
        text + &super::attribution::text(&self.attribution) + &self.frontier.text()
    }
}

impl Frontier {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut knobs: Vec<&Knobs> = self.groups.iter().map(|group| &group.knobs).collect();
        knobs.dedup();
        for knobs in knobs {
            let goal = match knobs.goal {
                Goal::Complete => "complete extraction",
                Goal::BitForBit => "weights bit for bit",
            };
            let strategy = knobs.strategy.name();
            let polish = if knobs.polish { " with polish" } else { "" };
            let oracle = knobs.victim_arithmetic.0;
            let attacker = knobs.attacker.0;
            let (weights, from, to) = (shown(&knobs.weights), knobs.from, knobs.to);
            let asked = knobs.question_bits.map_or(String::new(), |bits| format!(" asked in {bits} bits"));
            let _ = writeln!(
                text,
                "\nbits for {goal}: {strategy}{polish}, {weights} weights, {oracle} oracle{asked}, {attacker} attacker, {from} to {to} searched\n"
            );
            let groups = || self.groups.iter().filter(|group| group.knobs == *knobs);
            text += &table(groups());
            for fitted in self.laws.iter().filter(|fitted| fitted.knobs == *knobs) {
                text += &law(fitted);
            }
        }
        text
    }
}

fn table<'a>(groups: impl Iterator<Item = &'a Group>) -> String {
    let head = ["shape", "seeds", "10 %", "median", "90 %", "limited by", "remarks"].map(str::to_owned);
    let mut rows = vec![head];
    for group in groups {
        let bits = |bits: Option<u32>| bits.map_or(format!("> {}", group.knobs.to), |bits| bits.to_string());
        let remarks = [(group.above, "above"), (group.at_most, "at the least"), (group.not_monotone, "not monotone")];
        let remarks = remarks.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let shape = format!("{}-{}-{}", group.inputs, group.hidden, group.outputs);
        let name = if group.victim == super::RANDOM { shape } else { format!("{} {shape}", shown(&group.victim)) };
        rows.push([
            name,
            group.seeds.to_string(),
            bits(group.p10),
            bits(group.median),
            bits(group.p90),
            shown(group.limited_by.as_deref().unwrap_or_default()),
            remarks.collect::<Vec<_>>().join(", "),
        ]);
    }
    let widths: Vec<usize> = (0..7).map(|i| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &[String; 7]| {
        let cell = |(i, text): (usize, &String)| {
            // Numbers to the right, words to the left.
            let width = widths[i];
            if (1..5).contains(&i) { format!("{text:>width$}") } else { format!("{text:<width$}") }
        };
        row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn law(fitted: &Fitted) -> String {
    let Some(law) = &fitted.law else {
        return "no law: it takes two shapes or more that tell inputs from hidden units, and thresholds inside the range\n".to_owned();
    };
    // Adding zero makes a rounded −0.00 positive.
    let two = |x: f64| (x * 100.0).round() / 100.0 + 0.0;
    let interval = |c: super::Coefficient| format!("{:.2} [{:.2}, {:.2}]", two(c.value), two(c.low), two(c.high));
    let doublings = [(law.inputs, "inputs"), (law.hidden, "hidden units")];
    let doublings = doublings.iter().filter_map(|(c, of)| Some(format!("{} for twice the {of}", interval((*c)?))));
    let left_out = if law.left_out > 0 { format!(", {} left out", law.left_out) } else { String::new() };
    format!(
        "law: bits grow by {}, from {}\n     {} searches{left_out}, residuals {:.2} bits, 95 % intervals\n",
        doublings.collect::<Vec<_>>().join(" and "),
        interval(law.constant),
        law.observations,
        law.deviation,
    )
}
