//! What to ask for next, after an audit, as commands to type.

use crate::record::{AuditAnswer, AuditRecord};
use crate::text::wrapped;
use std::path::Path;

/// Columns of a screen, and of the word before the steps.
const COLUMNS: usize = 100;
const INDENT: usize = 12;
/// How much more time is proposed, as a factor.
const LONGER: f64 = 10.0;
/// Options that say how network files are read.
const READING: [&str; 3] = ["--layers", "--keys", "--activation"];
/// Options that name files which another audit would write over.
const WRITTEN: [&str; 3] = ["--certificate", "--json", "--witness"];

/// Steps that fit what an audit found, with their commands.
///
/// `arguments`: those of the audit, without the program's name. `deep`: a free scale is not for these networks.
/// `certified`: the certificate that was written, and the files of the victim and of the copy.
pub(super) fn of(
    record: &AuditRecord,
    arguments: &[String],
    (deep, seconds): (bool, f64),
    certified: Option<[&Path; 3]>,
) -> String {
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
    if let Some(files) = certified {
        steps.push("others confirm the certificate by".to_owned());
        steps.push(confirmation(files, arguments));
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

/// The command that checks a certificate, with the options that say how files are read.
fn confirmation([certificate, victim, copy]: [&Path; 3], arguments: &[String]) -> String {
    let name = |path: &Path| quoted(&path.display().to_string());
    let mut words = vec!["exactract".to_owned(), "check".to_owned(), name(certificate)];
    words.extend([format!("--victim {}", name(victim)), format!("--copy {}", name(copy))]);
    for (index, argument) in arguments.iter().enumerate() {
        let of_files =
            READING.iter().any(|option| argument.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')));
        if of_files {
            words.push(quoted(argument));
        } else if let Some(value) = arguments.get(index + 1).filter(|_| READING.contains(&argument.as_str())) {
            words.push(format!("{argument} {}", quoted(value)));
        }
    }
    laid_out(&words)
}

/// The command with an option set to a value, in lines that a shell joins. What was written at another scale stays.
fn command(arguments: &[String], option: &str, value: &str) -> String {
    let written: &[&str] = if option == "--output-scale" { &WRITTEN } else { &[] };
    let value_of = |argument: &String| {
        let rest = |name: &&str| argument.strip_prefix(*name).map(str::to_owned);
        let mut rests = written.iter().chain([&option]).filter_map(rest);
        rests.find(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let mut words = vec!["exactract".to_owned()];
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if let Some(value) = value_of(argument) {
            // The value follows, or stands in the same word.
            if value.is_empty() {
                arguments.next();
            }
        } else {
            match words.last_mut().filter(|last| last.starts_with("--") && !last.contains(['=', ' '])) {
                // An option and its value stay on one line.
                Some(option) if !argument.starts_with('-') => *option += &format!(" {}", quoted(argument)),
                _ => words.push(quoted(argument)),
            }
        }
    }
    words.push(format!("{option} {value}"));
    laid_out(&words)
}

/// Words of a command in lines that a shell joins.
fn laid_out(words: &[String]) -> String {
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
        let asked = words("audit v.npz c.npz --certificate a.json --json=r.json --time 5");
        assert_eq!(
            command(&asked, "--output-scale", "free"),
            "exactract audit v.npz c.npz --time 5 --output-scale free"
        );
        assert_eq!(
            command(&asked, "--time", "50"),
            "exactract audit v.npz c.npz --certificate a.json --json=r.json --time 50"
        );
        let asked = words("audit v.npz c.npz --keys w,b,v,c --certificate a.json --layers=x,y");
        assert_eq!(
            confirmation(["a.json", "v.npz", "c.npz"].map(Path::new), &asked).replace(" \\\n               ", ""),
            "exactract check a.json --victim v.npz --copy c.npz --keys w,b,v,c --layers=x,y"
        );
        let mut asked = words("audit c.npz");
        asked.insert(1, "it's here.npz".to_owned());
        assert_eq!(command(&asked, "--time", "600"), r"exactract audit 'it'\''s here.npz' c.npz --time 600");
    }

    #[test]
    fn a_long_command_goes_on_below() {
        let long: Vec<String> = ["audit".to_owned(), "v".repeat(60), "c".repeat(60)].to_vec();
        let text = command(&long, "--time", "600");
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.lines().rev().skip(1).all(|line| line.ends_with(" \\")), "{text}");
    }
}
