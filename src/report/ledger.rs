//! The ledger for people: stage by stage the worst item with the parts of its error, and where the error comes from.

use super::words::{magnitude, table, trimmed};
use crate::compare::Spread;
use crate::record::{LedgerItem, LedgerRecord, LedgerStage, Log2};

/// Stage by stage: the worst item with the parts of its error; then where the error comes from.
pub fn ledger(record: &LedgerRecord) -> String {
    let mut rows = table(&["ledger", "items", "worst error", "inherited", "answers", "local", "median"]);
    let mut reasons = String::new();
    for stage in &record.stages {
        let Some(item) = worst(stage) else {
            rows.add_row([stage.name.as_str(), "0", "—", "—", "—", "—", "—"]);
            continue;
        };
        let parts = [item.total_log2, item.inherited_log2, item.answers_log2, item.local_log2];
        let [total, inherited, answers, local] = parts.map(|part| magnitude(Some(&part)));
        let items = stage.items.len().to_string();
        rows.add_row([stage.name.clone(), items, total, inherited, answers, local, median(stage)]);
        if item.total_log2.0 > f64::NEG_INFINITY {
            reasons += &format!("worst in {}: {}\n", stage.name, reason(item));
        }
    }
    format!("{}\n{reasons}{}\n", trimmed(&rows), record.origin)
}

fn worst(stage: &LedgerStage) -> Option<&LedgerItem> {
    stage.items.iter().max_by(|a, b| a.total_log2.0.total_cmp(&b.total_log2.0))
}

fn median(stage: &LedgerStage) -> String {
    let errors = stage.items.iter().map(|item| item.total_log2.0);
    magnitude(Spread::of(errors.collect()).map(|spread| Log2(spread.median)).as_ref())
}

fn reason(item: &LedgerItem) -> String {
    let number = &item.number;
    let place = item.item.as_ref().map_or_else(|| number.clone(), |item| format!("{item}, {number}"));
    // Where answers have no mass, nothing of it can have grown.
    let grown = item.amplification_log2.map(|Log2(x)| format!("errors of answers grow 2^{x:.1} times"));
    let near = item.gap_log2.map(|Log2(x)| format!("the next kink 2^{x:.1} away"));
    let causes: Vec<String> = grown.into_iter().chain(near).collect();
    if causes.is_empty() { place } else { format!("{place}: {}", causes.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growth_that_is_no_number_is_left_out() {
        let said = |amplification: Option<f64>, gap: Option<f64>| {
            let none = Log2(f64::NEG_INFINITY);
            let (item, number) = (None, "bias".to_owned());
            let (total_log2, inherited_log2, answers_log2, local_log2) = (none, none, none, none);
            let (gap_log2, amplification_log2) = (gap.map(Log2), amplification.map(Log2));
            reason(&LedgerItem {
                item,
                number,
                total_log2,
                inherited_log2,
                answers_log2,
                local_log2,
                gap_log2,
                amplification_log2,
            })
        };
        assert_eq!(said(Some(3.0), None), "bias: errors of answers grow 2^3.0 times");
        assert_eq!(said(Some(3.0), Some(-2.0)), "bias: errors of answers grow 2^3.0 times, the next kink 2^-2.0 away");
        assert_eq!(said(None, Some(-2.0)), "bias: the next kink 2^-2.0 away");
        assert_eq!(said(None, None), "bias");
    }
}
