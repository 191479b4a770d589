//! What to ask for next, after an audit, as commands to type.

use crate::record::{AuditAnswer, AuditRecord};
use crate::text::wrapped;

/// Columns of a screen, and of the word before the steps.
const COLUMNS: usize = 100;
const INDENT: usize = 12;
/// How much more time is proposed, as a factor.
const LONGER: f64 = 10.0;

/// Steps that fit what an audit found, with their commands.
///
/// `arguments`: those of the audit, without the program's name. `deep`: a free scale is not for these networks.
pub(super) fn of(record: &AuditRecord, arguments: &[String], (deep, seconds): (bool, f64)) -> String {
    let mut steps = Vec::new();
    if let Some(better) = &record.better_scale {
        let (scale, fitted, given) = (better.scale, better.fitted.text(), better.given.text());
        let option = if deep { format!("{scale}") } else { "free".to_owned() };
        let inputs = better.inputs;
        steps.push(format!(
            "at another output scale, about {scale:.6}, the copy is closer: within {fitted} at {inputs} inputs, where \
             it is off by {given} now. Type"
        ));
        steps.push(command(arguments, "--output-scale", &option));
    }
    let cut = !record.unfinished.is_empty();
    if cut && (record.says_nothing || record.answer == AuditAnswer::Open) {
        steps.push("more time brings the bounds closer:".to_owned());
        steps.push(command(arguments, "--time", &format!("{}", (seconds * LONGER).max(LONGER))));
    }
    if record.says_nothing {
        steps.push("a smaller box, by --domain LOWER,UPPER or --domain FILE, has smaller bounds".to_owned());
    }
    let mut out = String::new();
    for (index, step) in steps.iter().enumerate() {
        let name = if index == 0 { "\nnext" } else { "" };
        // Commands have their own line breaks.
        let width = if index == 0 { INDENT + 1 } else { INDENT };
        match step.starts_with("exactract ") {
            true => out += &format!("{name:<width$}{step}\n"),
            false => out += &wrapped(&format!("{name:<width$}"), INDENT, step),
        }
    }
    out
}

/// The command with an option set to a value, in lines that a shell joins.
fn command(arguments: &[String], option: &str, value: &str) -> String {
    let mut words = vec!["exactract".to_owned()];
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == option {
            arguments.next();
        } else if !argument.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')) {
            words.push(quoted(argument));
        }
    }
    // The option and its value stay on one line.
    words.push(format!("{option} {value}"));
    let (mut out, mut column) = (String::new(), INDENT);
    for (index, word) in words.iter().enumerate() {
        let width = word.chars().count();
        // Room for a space and the mark that the command goes on.
        if index > 0 && column + 1 + width + 2 > COLUMNS {
            out += &format!(" \\\n{:width$}", "", width = INDENT + 4);
            column = INDENT + 4;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += width;
    }
    out
}

/// An argument as a shell reads it back.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./,:=^+-@%".contains(c);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_same_but_for_one_option() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let asked = words("audit v.npz c.npz --output-scale 2 --claim 0.05");
        assert_eq!(
            command(&asked, "--output-scale", "free"),
            "exactract audit v.npz c.npz --claim 0.05 --output-scale free"
        );
        let asked = words("audit --output-scale=2 v.npz c.npz");
        assert_eq!(command(&asked, "--output-scale", "free"), "exactract audit v.npz c.npz --output-scale free");
        let mut asked = words("audit c.npz");
        asked.insert(1, "it's here.npz".to_owned());
        assert_eq!(command(&asked, "--time", "600"), r"exactract audit 'it'\''s here.npz' c.npz --time 600");
    }

    #[test]
    fn a_long_command_goes_on_below() {
        let long: Vec<String> = ["audit".to_owned(), "v".repeat(60), "c".repeat(60)].to_vec();
        let text = command(&long, "--time", "600");
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.lines().rev().skip(1).all(|line| line.ends_with(" \\")), "{text}");
    }
}
