//! The ledger as text: each stage's worst item, its error in parts, and why.

use super::Log2;
use super::text::{magnitude, table, trimmed};
use crate::compare::{Account, Quantity, Share, StageLedger};

/// Stage by stage: the worst item with the parts of its error, and which stage makes most.
pub fn ledger(stages: &[StageLedger]) -> String {
    let mut rows = table(&["ledger", "items", "worst error", "inherited", "answers", "local", "median"]);
    let mut reasons = String::new();
    for stage in stages {
        let Some((account, share)) = worst(stage) else {
            rows.add_row([stage.stage.name(), "0", "—", "—", "—", "—", "—"]);
            continue;
        };
        let part = |part| magnitude(Some(&Log2(share.log2(part))));
        let parts = [&share.total, &share.inherited, &share.answers, &share.local].map(part);
        let [total, inherited, answers, local] = parts;
        let items = stage.accounts.len().to_string();
        rows.add_row([stage.stage.name().to_owned(), items, total, inherited, answers, local, median(stage)]);
        reasons += &format!("worst in {}: {}\n", stage.stage, reason(account, share));
    }
    format!("{}\n{reasons}{}\n", trimmed(&rows), verdict(stages))
}

/// The item with the largest error, and the number that has it.
fn worst(stage: &StageLedger) -> Option<(&Account, &Share)> {
    let found = stage.accounts.iter().filter_map(|account| Some((account, account.worst()?)));
    found.max_by(|(_, a), (_, b)| a.log2(&a.total).total_cmp(&b.log2(&b.total)))
}

fn median(stage: &StageLedger) -> String {
    let mut errors: Vec<f64> =
        stage.accounts.iter().filter_map(Account::worst).map(|share| share.log2(&share.total)).collect();
    errors.sort_by(f64::total_cmp);
    magnitude(errors.get(errors.len() / 2).map(|&error| Log2(error)).as_ref())
}

fn reason(account: &Account, share: &Share) -> String {
    let what = match share.quantity {
        Quantity::Position => "position".to_owned(),
        Quantity::Entry(j) => format!("weight of input {j}"),
        Quantity::Bias => "bias".to_owned(),
        Quantity::OutputWeight(o) => format!("weight for output {o}"),
        Quantity::OutputBias(o) => format!("bias of output {o}"),
    };
    let place = account.item.map_or_else(|| what.clone(), |item| format!("{item}, {what}"));
    let gap = account.cause.gap.map_or(String::new(), |gap| format!(", the next kink 2^{gap:.1} away"));
    format!("{place}: errors of answers grow 2^{:.1} times{gap}", account.cause.amplification)
}

/// Which stage makes the largest error, and how.
fn verdict(stages: &[StageLedger]) -> String {
    let mut largest: Option<(f64, String)> = None;
    for stage in stages {
        for share in stage.accounts.iter().flat_map(|account| &account.shares) {
            for (part, by) in [(&share.answers, "the rounding of answers"), (&share.local, "its own rounding")] {
                let size = share.log2(part);
                if size > largest.as_ref().map_or(f64::NEG_INFINITY, |(most, _)| *most) {
                    largest = Some((size, format!("{} by {by}", stage.stage)));
                }
            }
        }
    }
    match largest {
        Some((size, who)) => format!("The largest error that a stage makes, 2^{size:.1}, is made in {who}."),
        None => "No stage makes an error.".to_owned(),
    }
}
