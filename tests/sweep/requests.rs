//! Requests of sweeps: what they plan, and what is said of one that cannot be planned.

use crate::common::exactract;
use assert_cmd::Command;
use std::fs;

/// The plan of a request: status, standard output, standard error.
fn plan(request: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("r.toml"), request).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_exactract"));
    let output = command.current_dir(folder.path()).args(["sweep", "plan", "r.toml", "--out", "out"]).output().unwrap();
    // A refused request leaves nothing behind.
    assert_eq!(output.status.success(), folder.path().join("out").exists());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The descriptions of the cells that a request plans.
fn cells(request: &str) -> Vec<String> {
    let (status, out, err) = plan(request);
    assert_eq!((status, err.as_str()), (0, ""), "{request}");
    out.lines().map(|line| line.split_once("  ").unwrap().1.to_owned()).collect()
}

#[test]
fn errors_name_file_line_key_and_cure() {
    let cases = [
        ("", "line 1, top level: asks for nothing: write a section [grid], [zip] or [frontier] with axes"),
        (
            "[gird]\nshape = \"2-2-1\"",
            "line 1, [gird]: unknown field `gird`, expected one of `grid`, `zip`, `frontier`",
        ),
        ("[grid]\nseed = 1", "line 2, `seed`: no victims: write shape = [\"16-8-1\"], or file = [\"victim.npz\"]"),
        ("[grid]\nshape = \"2-2\"", "line 2, `shape`: shape '2-2' does not parse: write inputs-hidden-outputs"),
        (
            "[grid]\nshape = [\n \"2-2-1\",\n \"2-0-1\"]",
            "line 2, `shape`: shape 2-0-1: every layer needs at least one unit",
        ),
        ("[grid]\nshape = []", "line 2, `shape`: an empty list: give at least one value, or leave the key out"),
        ("[grid]\nshape = 3", "line 2, `shape`: invalid type: integer `3`, expected a string"),
        (
            "[grid]\nshape = \"2-2-1\"\nsede = 1",
            "line 3, `sede`: unknown field `sede`, expected one of `shape`, `weights`, `activation`, `file`, `seed`, ",
        ),
        (
            "[grid]\nfile = { path = \"a.npz\", act = \"relu\" }",
            "line 2, `file`: unknown field `act`, expected one of `path`, `sha256`, `layers`, `activation`",
        ),
        (
            "[grid]\nshape = \"20-16-12-1\"",
            "line 2, `shape`: a sweep attacks one hidden layer, and 20-16-12-1 has 2, which exactract run \
             attacks, one network a time: write inputs-hidden-outputs, for example 20-16-1",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nvictim_arithmetic = [\"exact\", \"f32\"]\nattacker = \"exact\"\nbits = [16, 64]",
            "line 3, `victim_arithmetic`: searches up to 64 bits, and an oracle in f32 answers in 24: write bits = [16, 24], \
             or take an oracle of more bits, as victim_arithmetic = \"exact\"",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nvictim_arithmetic = \"f16\"",
            "line 3, `victim_arithmetic`: searches up to 53 bits, and an oracle in f16 answers in 11: take an oracle of \
             more bits, as victim_arithmetic = \"exact\"",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nledger = true",
            "line 3, `ledger`: explains single attacks: write it in a [grid] or a [zip]",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\ncertify = true\nquestion_bits = 30",
            "line 3, `certify`: certified bounds take questions as they were asked: leave the rounding of questions out",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nactivation = \"abs\"\nledger = true",
            "line 3, `activation`: for the ledger the victim must be a ReLU network, and its activation is abs",
        ),
        ("[grid]\nshape = \"2-2-1\"\nactivation = \"gelu\"", "line 3, `activation`: 'gelu' is not piecewise linear"),
        (
            "[grid]\nfile = \"a.npz\"\nactivation = \"abs\"",
            "line 3, `activation`: is of random victims: write file = { path = \"...\", activation = \"leaky:0.01\" }",
        ),
        ("[grid]\nshape = \"2-2-1\"\nseed = -1", "line 3, `seed`: a seed is not negative"),
        ("[grid]\nshape = \"2-2-1\"\nseed = \"5..1\"", "line 3, `seed`: '5..1' is no range of seeds: write \"0..5\""),
        (
            "[grid]\nshape = \"2-2-1\"\nstrategy = \"fly\"",
            "line 3, `strategy`: unknown variant `fly`, expected `textbook` or `walk`",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nanswer_bits = 54",
            "line 3, `answer_bits`: 54 bits, and an attacker in f64 holds 53: add attacker = \"p54\"",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nanswer_bits = 7",
            "line 3, `answer_bits`: invalid value: integer `7`, expected bits from 8 to 1024, or \"unrounded\"",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nquestion_bits = \"few\"",
            "line 3, `question_bits`: invalid value: string \"few\", expected bits from 8 to 1024, or \"unrounded\"",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nanswer_decimals = 301",
            "line 3, `answer_decimals`: invalid value: integer `301`, expected decimals from 0 to 300, or \"unrounded\"",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nanswer_bits = 20\nanswer_decimals = 3",
            "line 4, `answer_decimals`: answers are rounded to bits or to decimals: write one of them",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nanswer_decimals = 3",
            "line 3, `answer_decimals`: answers are rounded to bits or to decimals",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nattribution = true",
            "line 3, `attribution`: explains single attacks: write it in a [grid] or a [zip]",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nvictim_arithmetic = \"f8\"",
            "line 3, `victim_arithmetic`: 'f8' is no arithmetic: write exact, f64, f32, f16, bf16, or p64",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nattacker = [\"f64\", \"f32\"]",
            "line 3, `attacker`: f32 is for victims: write f64, exact, or p64 for floats of 64 bits",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nbits = [16, 64]",
            "line 3, `bits`: 64 bits, and an attacker in f64 holds 53: add attacker = \"p64\"",
        ),
        ("[grid]\nshape = \"2-2-1\"\nlines = 0", "line 3, `lines`: lines must be from 1 to 1024"),
        (
            "[grid]\nshape = \"2-2-1\"\nstrategy = \"textbook\"\npolish = true",
            "line 4, `polish`: refines a walk: add strategy = \"walk\"",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nstrategy = \"walk\"\nsnap = true",
            "line 4, `snap`: finds weights of few bits: add weights = \"f32\", \"f16\" or \"bf16\", or a file of such weights",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nbits = [16, 53]",
            "line 3, `bits`: only a [frontier] searches: write answer_bits = [...]",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nanswer_bits = 9",
            "line 3, `answer_bits`: a frontier searches for it: write bits = [16, 53]",
        ),
        (
            "[frontier]\nshape = \"2-2-1\"\nbits = [53, 16]",
            "line 3, `bits`: write the least and the most bits, from 8 to 1024",
        ),
        (
            "[zip]\nshape = [\"2-2-1\", \"3-2-1\"]\nseed = [1, 2, 3]",
            "line 3, `seed`: 3 values beside 2 of shape or file: a [zip] takes lists of one length, or single values",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nseed = \"0..9999999\"",
            "line 3, `seed`: 9999999 seeds; at most 1048576 are taken",
        ),
        (
            "[grid]\nshape = \"2-2-1\"\nseed = \"0..2000\"\nlines = [1,2,3,4,5,6,7,8,9,10]\nmax_queries = [1,2,3,4,5,6,7,8,9,10]\n\
             inputs = [1,2,3,4,5,6,7,8,9,10]",
            "line 6, `inputs`: more than 1048576 cells: give fewer values, or several sweeps",
        ),
        ("[grid]\nshape = \"2-2-1\"\nshape = \"2-2-1\"", "line 3, `shape`: duplicate key"),
        ("[grid\nshape = 1", "line 1, [grid: "),
    ];
    for (request, expected) in cases {
        let (status, out, err) = plan(request);
        assert_eq!((status, out.as_str()), (2, ""), "{request}");
        assert!(err.starts_with(&format!("exactract: r.toml, {expected}")), "{request}\n{err}");
        assert_eq!(err.lines().count(), 1, "{request}\n{err}");
    }
    let (_, _, err) = plan("[grid]\nfile = \"nothing.npz\"");
    assert!(err.starts_with("exactract: nothing.npz: cannot be read: "), "{err}");
}

#[test]
fn a_grid_takes_every_value_with_every_other() {
    let found =
        cells("[grid]\nshape = [\"2-2-1\", \"3-2-1\"]\nseed = [0, \"5..7\"]\nanswer_bits = [30, \"unrounded\"]");
    assert_eq!(found.len(), 12);
    let words = |shape, seed, bits| {
        format!("random {shape} f64 seed {seed}, walk, exact oracle, f64 attacker, {bits}, 4 lines")
    };
    assert_eq!(found[0], words("2-2-1", 0, "30 bits"));
    assert_eq!(found[1], words("2-2-1", 0, "unrounded"));
    assert_eq!(found[11], words("3-2-1", 6, "unrounded"));
}

#[test]
fn a_zip_takes_values_side_by_side_and_sections_add_up() {
    let zip = "[zip]\nshape = [\"2-2-1\", \"3-2-1\"]\nseed = 7\nstrategy = [\"walk\", \"textbook\"]\npolish = [true, false]\n";
    let found = cells(zip);
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("random 2-2-1 f64 seed 7, walk polish, "), "{found:?}");
    assert!(found[1].starts_with("random 3-2-1 f64 seed 7, textbook, "), "{found:?}");
    let more = format!("{zip}[[frontier]]\nshape = \"2-2-1\"\n[[frontier]]\nshape = \"2-2-1\"\nbits = [16, 53]\n");
    let found = cells(&more);
    // The second frontier is the first: 16 to 53 bits are the usual ones.
    assert_eq!(found.len(), 3);
    assert!(found[2].contains("frontier in 16 to 53 bits"), "{found:?}");
}

#[test]
fn what_a_textbook_attack_does_not_have_makes_no_second_cell() {
    let request = "[grid]\nshape = \"4-2-1\"\nweights = [\"f32\", \"f64\"]\nstrategy = [\"textbook\", \"walk\"]\n\
                   polish = [true, false]\nsnap = [true, false]";
    // Of the walk with f32: plain, polish, snap (which polishes); with f64: plain and polish; of the textbook: plain.
    let found = cells(request);
    assert_eq!(found.len(), 2 + 3 + 2, "{found:#?}");
}

/// A plan that is not as it was written: tables of it would leave cells out, or count them twice.
#[test]
fn a_plan_without_cells_or_with_one_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("s.toml"), folder.path().join("out"));
    std::fs::write(&file, "[grid]\nshape = \"2-1-1\"\nseed = \"0..3\"\ninputs = 5\n").unwrap();
    let swept = exactract("sweep --quiet --out", &[out.as_os_str(), file.as_os_str()]);
    assert_eq!(swept.status, Some(0), "{swept:?}");
    let path = out.join("plan.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.len(), 3);
    let join = |order: &[usize]| order.iter().map(|&i| format!("{}\n", lines[i])).collect::<String>();
    for (plan, said) in [
        (String::new(), "there is no cell at all"),
        ("\n".to_owned(), "line 1 is not JSON"),
        (whole.clone() + &whole, "line 4 repeats the cell of line 1"),
        (join(&[0, 1, 1, 2]), "line 3 repeats the cell of line 2"),
        (join(&[2, 0, 1, 2]), "line 4 repeats the cell of line 1"),
        (whole[..whole.len() - 10].to_owned(), "line 3 is not JSON"),
    ] {
        std::fs::write(&path, plan).unwrap();
        for command in ["sweep collect --out", "report"] {
            let answer = exactract(command, &[out.as_os_str()]);
            assert_eq!(answer.status, Some(2), "{command}: {answer:?}");
            assert!(answer.stderr.contains(said), "{command}: {answer:?}");
        }
    }
    // The order of lines is of no account.
    std::fs::write(&path, join(&[2, 0, 1])).unwrap();
    assert_eq!(exactract("sweep collect --out", &[out.as_os_str()]).status, Some(0));
}

#[test]
fn requests_that_ask_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("s.toml"), folder.path().join("out"));
    for (content, said) in [
        (&b""[..], "asks for nothing"),
        (b"# only a comment\n", "asks for nothing"),
        (b"[grid]\nshape = \"2-1-1\"\nmax_queries = 0\n", "write at least 1"),
        (b"[grid]\nshape = \"2-1-1\"\nseed = []\n", "an empty list"),
        (b"[grid]\nshape = \"2-1-1\" # \xff\n", "line 2"),
        (b"[grid]\nshape = \"2-1-1\" # \xff\n", "is no UTF-8 text"),
    ] {
        std::fs::write(&file, content).unwrap();
        let answer = exactract("sweep --out", &[out.as_os_str(), file.as_os_str()]);
        assert_eq!(answer.status, Some(2), "{answer:?}");
        assert!(answer.stderr.contains(said), "{answer:?}");
        assert!(!out.exists());
    }
}
