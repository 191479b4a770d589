//! A sweep run by the Snakemake workflow of `examples/snakemake`, killed half way and resumed.
//!
//! Needs a Python with Snakemake: `crate::common::python_with`.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const REQUEST: &str = "[grid]
shape = [\"6-3-1\", \"8-4-1\"]
seed = \"0..10\"
strategy = [\"textbook\", \"walk\"]
inputs = 50

[frontier]
shape = \"6-2-1\"
seed = \"0..2\"
bits = [16, 40]
inputs = 20
";
/// Cells of the request.
const CELLS: usize = 42;

const PROGRAM: &str = env!("CARGO_BIN_EXE_exactract");

/// The workflow in a folder that holds the request, as a group of processes of its own.
fn workflow(python: &str, folder: &Path, options: &[&str]) -> Command {
    let workflow = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/snakemake/Snakefile");
    let mut command = Command::new(python);
    command.current_dir(folder).args(["-m", "snakemake", "--quiet", "all", "--snakefile"]).arg(workflow);
    command.args(options).args(["--cores", "2", "--config", "sweep=request.toml", "out=by workflow"]);
    command.arg(format!("exactract={PROGRAM}"));
    // What Snakemake caches goes where the test's other files are.
    command.env("XDG_CACHE_HOME", folder.join("cache")).stdin(Stdio::null()).process_group(0);
    command
}

fn finished(folder: &Path) -> usize {
    let cells = fs::read_dir(folder.join("by workflow/cells")).into_iter().flatten().flatten();
    cells.filter(|cell| cell.path().extension().is_some_and(|extension| extension == "json")).count()
}

#[test]
fn a_workflow_killed_half_way_ends_with_the_bytes_of_the_plain_sweep() {
    let Some(python) = crate::common::python_with("snakemake") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("request.toml"), REQUEST).unwrap();

    let log = fs::File::create(folder.join("log")).unwrap();
    let mut child = workflow(&python, folder, &[]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let start = Instant::now();
    while finished(folder) < CELLS / 3 && child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(300), "{}", fs::read_to_string(folder.join("log")).unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    child.wait().unwrap();
    let before = finished(folder);
    assert!((CELLS / 3..CELLS).contains(&before), "{before} cells");

    for options in [&["--unlock"][..], &["--rerun-incomplete"]] {
        let run = workflow(&python, folder, options).output().unwrap();
        assert!(run.status.success(), "{options:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
    assert_eq!(finished(folder), CELLS);
    let plain =
        Command::new(PROGRAM).current_dir(folder).args(["sweep", "request.toml", "--out", "plain", "-q"]).status();
    assert!(plain.unwrap().success());
    crate::common::assert_same(&folder.join("by workflow"), &folder.join("plain"));
}
