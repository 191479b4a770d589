//! What a sweep found, for people: single runs by shape, who rounds, and the frontier with the law under it.

use super::Table;
use super::fit::{Coefficient, End, Law, Side};
use super::frontier::{Fitted, Frontier, Goal, Group, Knobs};
use super::lines::{Section, screen};
use super::table::Row;
use crate::record::Outcome;
use crate::report::magnitude;
use crate::text::shown;

impl Table {
    /// What was found, for a terminal. `taken`: lines of its screen that others take; `whole`: all rows, whatever fits.
    pub fn text(&self, taken: usize, whole: bool) -> String {
        let mut sections: Vec<Section> = self.single().into_iter().collect();
        sections.extend(super::shapes::section(&self.shapes));
        sections.extend(super::attribution::section(&self.attribution));
        sections.extend(self.frontier.sections());
        screen(&sections, taken, whole)
    }

    /// How single runs ended.
    fn single(&self) -> Option<Section> {
        let single: Vec<&Row> = self.rows.iter().filter(|row| !row.frontier).collect();
        let count = |holds: &dyn Fn(&Row) -> bool| single.iter().filter(|row| holds(row)).count();
        let complete = count(&|row| row.run.complete == Some(true));
        let ended = |outcome| count(&|row| row.run.outcome == outcome);
        let partial = ended(Outcome::Complete) - complete;
        let mut text = format!(
            "runs      {} in all: {complete} complete, {partial} with a network that is not, {} stopped, {} out of queries\n",
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
            text += &format!("worst     weight error of the complete ones {}\n", magnitude(worst.as_ref()));
        }
        (!single.is_empty()).then(|| Section::said(text))
    }
}

impl Frontier {
    fn sections(&self) -> Vec<Section> {
        let mut knobs: Vec<&Knobs> = self.groups.iter().map(|group| &group.knobs).collect();
        knobs.dedup();
        let section = |knobs: &Knobs| {
            let goal = match knobs.goal {
                Goal::Complete => "complete extraction",
                Goal::BitForBit => "weights bit for bit",
            };
            let strategy = knobs.strategy.name();
            let polish = if knobs.polish { " with polish" } else { "" };
            let (oracle, attacker) = (knobs.victim_arithmetic.0, knobs.attacker.0);
            let (weights, from, to) = (shown(&knobs.weights), knobs.from, knobs.to);
            let units = knobs.activation.as_ref().map_or(String::new(), |name| format!(", {} units", shown(name)));
            let asked = knobs.question_bits.map_or(String::new(), |bits| format!(" asked in {bits} bits"));
            let groups: Vec<&Group> = self.groups.iter().filter(|group| group.knobs == *knobs).collect();
            let remarked = groups.iter().any(|group| !remarks(group).is_empty());
            let head = ["shape", "seeds", "10 %", "median", "90 %", "limited by", "remarks"];
            let head = head.into_iter().filter(|name| remarked || *name != "remarks").map(str::to_owned).collect();
            Section {
                title: format!(
                    "bits for {goal}: {strategy}{polish}, {weights} weights{units}, {oracle} oracle{asked}, \
                     {attacker} attacker, {from} to {to} searched"
                ),
                head,
                rows: groups.into_iter().map(|group| row(group, remarked)).collect(),
                numbers: 1..5,
                foot: self.laws.iter().filter(|fitted| fitted.knobs == *knobs).map(law).collect(),
                file: "fewest-bits.csv",
                holds: "has all",
            }
        };
        knobs.into_iter().map(section).collect()
    }
}

fn remarks(group: &Group) -> String {
    let remarks = [(group.above, "above"), (group.at_most, "at the least"), (group.not_monotone, "not monotone")];
    let remarks = remarks.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    remarks.collect::<Vec<_>>().join(", ")
}

fn row(group: &Group, remarked: bool) -> Vec<String> {
    let bits = |bits: Option<u32>| bits.map_or(format!("> {}", group.knobs.to), |bits| bits.to_string());
    let shape = format!("{}-{}-{}", group.inputs, group.hidden, group.outputs);
    let name = if group.victim == super::RANDOM { shape } else { format!("{} {shape}", shown(&group.victim)) };
    let seeds = group.seeds.to_string();
    let limit = shown(group.limited_by.as_deref().unwrap_or_default());
    let mut row = vec![name, seeds, bits(group.p10), bits(group.median), bits(group.p90), limit];
    row.extend(remarked.then(|| remarks(group)));
    row
}

fn law(fitted: &Fitted) -> String {
    let Some(law) = &fitted.law else {
        return "no law: it takes two shapes or more that tell inputs from hidden units, and thresholds inside the range\n".to_owned();
    };
    // Adding zero makes a rounded −0.00 positive.
    let two = |x: f64| (x * 100.0).round() / 100.0 + 0.0;
    let interval = |c: Coefficient| format!("{:.2} [{:.2}, {:.2}]", two(c.value), two(c.low), two(c.high));
    let doublings = [(law.inputs, "inputs"), (law.hidden, "hidden units")];
    let doublings = doublings.iter().filter_map(|(c, of)| Some(format!("{} for twice the {of}", interval((*c)?))));
    let left_out = if law.left_out > 0 { format!(", {} left out", law.left_out) } else { String::new() };
    format!(
        "law: bits grow by {}, from {} ({} searches{left_out}, residuals {:.2} bits, 95 % intervals)\n{}\n",
        doublings.collect::<Vec<_>>().join(" and "),
        interval(law.constant),
        law.observations,
        law.deviation,
        ends(law),
    )
}

/// The bits of an answer that a law is solved for in words: those of f64.
const SAID: u32 = f64::MANTISSA_DIGITS;

/// Where answers of 53 bits end by a law, along each side that varies, in words.
pub fn ends(law: &Law) -> String {
    let said = law.ends.iter().filter(|end| end.bits == SAID);
    said.map(|said| end(law, said)).collect::<Vec<_>>().join(" ")
}

fn end(law: &Law, end: &End) -> String {
    let (side, other, grows, slope) = match end.along {
        Side::Inputs => ("d", "h", "inputs", law.inputs),
        Side::Hidden => ("h", "d", "hidden units", law.hidden),
    };
    let (bits, at) = (end.bits, end.at);
    let Some(Coefficient { value, low, high }) = end.log2 else {
        let falls = slope.is_some_and(|slope| slope.high < 0.0);
        let why = if falls { "is below 0" } else { "includes 0" };
        return format!(
            "An answer of {bits} bits has no end along {side}: the interval of the bits for twice the {grows} {why}."
        );
    };
    let (least, most) = (end.measured_least, end.measured_most);
    let inside = value <= libm::log2(most as f64);
    let how = if inside { "inside the measured" } else { "extrapolated from" };
    format!(
        "An answer of {bits} bits ends near {side} = {} [{}, {}] at {other} = {at}, {how} {side} = {least} to {most}.",
        size(value),
        size(low),
        size(high),
    )
}

/// A size by its base-2 logarithm, to two digits; a power of two where it is large.
fn size(log2: f64) -> String {
    if log2 >= 20.0 {
        return format!("2^{log2:.0}");
    }
    let size = log2.exp2();
    let unit = 10f64.powf((size.max(1.0).log10().floor() - 1.0).max(0.0));
    format!("{}", (size / unit).round() * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_ends_or_it_does_not() {
        let coefficient = |value, low, high| Coefficient { value, low, high };
        let end = |along, at, log2| End { bits: 53, along, at, measured_least: 2, measured_most: 16, log2 };
        let law = |hidden, ends| Law {
            constant: coefficient(14.0, 5.0, 24.0),
            inputs: Some(coefficient(-0.5, -0.9, -0.1)),
            hidden: Some(hidden),
            deviation: 1.0,
            observations: 20,
            ends,
            left_out: 0,
        };
        let grows = end(Side::Hidden, 64, Some(coefficient(9.24, 6.95, 15.78)));
        let inside = end(Side::Hidden, 64, Some(coefficient(3.0, 2.0, 4.0)));
        let open = end(Side::Hidden, 64, None);
        let falls = end(Side::Inputs, 16, None);
        let f32 = End { bits: 24, ..grows };
        assert_eq!(
            ends(&law(coefficient(4.0, 2.0, 6.0), vec![f32, grows, falls])),
            "An answer of 53 bits ends near h = 600 [120, 56000] at d = 64, extrapolated from h = 2 to 16. An answer of 53 \
             bits has no end along d: the interval of the bits for twice the inputs is below 0."
        );
        let said = ends(&law(coefficient(4.0, 2.0, 6.0), vec![inside]));
        assert_eq!(said, "An answer of 53 bits ends near h = 8 [4, 16] at d = 64, inside the measured h = 2 to 16.");
        let said = ends(&law(coefficient(0.5, -1.0, 2.0), vec![open]));
        assert!(
            said.ends_with("no end along h: the interval of the bits for twice the hidden units includes 0."),
            "{said}"
        );
    }

    #[test]
    fn sizes_are_as_exact_as_they_are_known() {
        assert_eq!([0.0, 3.2, 6.9, 13.14, 20.0, 31.2].map(size), ["1", "9", "120", "9000", "2^20", "2^31"]);
    }
}
