//! `exactract sweep`: cells, resuming after kills, damage, and the steps one by one.

use crate::common::{Answer, assert_same, exactract, tree};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A request in a folder of its own; the sweep goes to `out` in there.
struct Sweep {
    folder: tempfile::TempDir,
}

impl Sweep {
    fn new(request: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("request.toml"), request).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &str, out: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exactract"));
        command.current_dir(self.folder.path()).arg("sweep").args(arguments.split_whitespace()).args(["--out", out]);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str, out: &str) -> Answer {
        Answer::of(&self.command(arguments, out).output().unwrap())
    }

    /// Runs the whole sweep, which must succeed.
    fn whole(&self, arguments: &str, out: &str) -> Answer {
        let answer = self.run(&format!("request.toml {arguments}"), out);
        assert_eq!((answer.status, answer.stderr.as_str()), (Some(0), ""), "{}", answer.stdout);
        answer
    }
}

/// Numbers for the moments of kills: any will do, the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Twelve cells of tiny networks a seed; some attacks fail.
fn many(seeds: usize) -> String {
    format!(
        "[grid]\nshape = [\"2-1-1\", \"3-2-1\", \"4-2-2\"]\nseed = \"0..{seeds}\"\n\
         strategy = [\"textbook\", \"walk\"]\nanswer_bits = [20, 44]\ninputs = 20\n"
    )
}

/// The finished cells in a folder.
fn finished(cells: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(cells).into_iter().flatten().map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
}

/// A few cells, for what is about files rather than results.
const FEW: &str = "[grid]\nshape = \"3-2-1\"\nseed = \"0..4\"\ninputs = 10\n";

/// 144 cells; `SWEEP_SEEDS=84` makes them 1,008.
#[test]
fn a_sweep_killed_twenty_times_ends_with_the_same_bytes() {
    let seeds = std::env::var("SWEEP_SEEDS").map_or(12, |text| text.parse().unwrap());
    let sweep = Sweep::new(&many(seeds));
    let start = Instant::now();
    sweep.whole("--threads 1 --quiet", "undisturbed");
    let most = start.elapsed().as_millis() as u64 / 3;
    let (mut random, mut part) = (Random(6), 0);
    for _ in 0..20 {
        let mut child = sweep.command("request.toml --threads 2 --quiet", "killed").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(5 + random.below(most)));
        child.kill().unwrap();
        child.wait().unwrap();
        let done = finished(&sweep.path("killed/cells"));
        part += usize::from(!done.is_empty() && done.len() < 12 * seeds);
        if done.len() == 12 * seeds {
            // It was done before the moment came: most cells go, so that the next kill meets work.
            done.iter().skip(20).for_each(|path| fs::remove_file(path).unwrap());
        }
    }
    assert!(part >= 5, "{part} of the kills met a sweep in the middle");
    sweep.whole("--threads 2 --quiet", "killed");
    assert_same(&sweep.path("undisturbed"), &sweep.path("killed"));
    let (again, cells) = (sweep.whole("", "killed"), 12 * seeds);
    assert!(again.stdout.starts_with(&format!("sweep     request.toml: {cells} cells, {cells} there before, 0 run\n")));
    assert!(again.stdout.contains(&format!("runs      {cells} in all: ")), "{}", again.stdout);
}

#[test]
fn the_steps_one_by_one_are_the_whole() {
    let sweep = Sweep::new(FEW);
    sweep.whole("--quiet", "whole");
    let plan = sweep.run("plan request.toml", "steps");
    assert_eq!((plan.status, plan.stdout.lines().count()), (Some(0), 4));
    let early = sweep.run("collect", "steps");
    assert_eq!(early.status, Some(3));
    assert!(early.stderr.contains("4 of 4 cells are missing"), "{}", early.stderr);
    for line in plan.stdout.lines() {
        let (id, words) = line.split_once("  ").unwrap();
        assert!(words.starts_with("random 3-2-1 f64 seed "), "{line}");
        // The start of an id will do.
        let answer = sweep.run(&format!("cell {}", &id[..12]), "steps");
        assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (Some(0), "", ""));
    }
    let collected = sweep.run("collect", "steps");
    assert_eq!((collected.status, collected.stderr.as_str()), (Some(0), ""));
    assert_same(&sweep.path("whole"), &sweep.path("steps"));
    let unknown = sweep.run("cell 0", "nowhere");
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.stderr.contains("there is no plan here: make one with exactract sweep plan"), "{unknown:?}");
    assert!(!sweep.path("nowhere").exists());
    let unknown = sweep.run("cell xyz", "steps");
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.stderr.contains("0 cells whose id starts with 'xyz'"), "{unknown:?}");
}

#[test]
fn a_damaged_cell_is_named_and_computed_anew() {
    let sweep = Sweep::new(FEW);
    sweep.whole("--quiet", "whole");
    let intact = tree(&sweep.path("whole"));
    let name = intact.keys().find(|name| name.starts_with("cells/")).unwrap();
    let other = intact.keys().rfind(|name| name.starts_with("cells/")).unwrap();
    let path = sweep.path("whole").join(name);
    let text = String::from_utf8(intact[name].clone()).unwrap();
    let queries = text.find("\"queries\": ").unwrap() + "\"queries\": ".len();
    let changed = format!("{}1{}", &text[..queries], &text[queries..]);
    let cases: [(&str, &[u8]); 5] = [
        ("is empty", b""),
        ("is not JSON", &intact[name][..100]),
        ("was changed after it was written", changed.as_bytes()),
        ("was changed after it was written", &[&intact[name][..], b"\n"].concat()),
        ("is the record of another cell", &intact[other]),
    ];
    for (what, bytes) in cases {
        fs::write(&path, bytes).unwrap();
        let refused = sweep.run("collect", "whole");
        assert_eq!(refused.status, Some(2));
        assert!(refused.stderr.contains(name) && refused.stderr.contains(what), "{what}: {}", refused.stderr);
        let cured = sweep.run("request.toml --quiet", "whole");
        assert_eq!(cured.status, Some(0));
        assert!(cured.stderr.contains(name) && cured.stderr.contains("computes it anew"), "{}", cured.stderr);
        assert_eq!(tree(&sweep.path("whole")), intact, "{what}");
    }
    let plan = sweep.path("whole").join("plan.jsonl");
    fs::write(&plan, fs::read_to_string(&plan).unwrap().replacen("\"seed\":0", "\"seed\":9", 1)).unwrap();
    let refused = sweep.run("collect", "whole");
    assert!(refused.stderr.contains("plan.jsonl: line 1 was changed: its id does not fit; plan again"), "{refused:?}");
}

#[test]
fn records_of_another_version_are_refused_by_their_version() {
    let sweep = Sweep::new("[grid]\nshape = \"3-2-1\"\nseed = [0, 1]\ninputs = 10\n");
    sweep.whole("-q", "out");
    let said = "is a record of exactract/cell/1; this program reads version 2: make it again with this program";
    let older = |path: &Path| {
        let text = fs::read_to_string(path).unwrap();
        fs::write(path, text.replacen("exactract/cell/2", "exactract/cell/1", 1)).unwrap();
        text
    };
    let cell = finished(&sweep.path("out/cells")).pop().unwrap();
    let text = older(&cell);
    let answer = sweep.run("collect", "out");
    assert!(answer.status == Some(2) && answer.stderr.contains(said), "{answer:?}");
    // What the folder holds is made again, to the same bytes.
    let answer = sweep.run("request.toml -q", "out");
    assert!(answer.status == Some(0) && answer.stderr.contains(said), "{answer:?}");
    assert_eq!(fs::read_to_string(&cell).unwrap(), text);
    let plan = sweep.path("out/plan.jsonl");
    older(&plan);
    let answer = sweep.run("collect", "out");
    assert!(answer.status == Some(2) && answer.stderr.contains(&format!("line 1 {said}")), "{answer:?}");
    assert!(exactract("report", &[sweep.path("out").as_os_str()]).stderr.contains(said));
}

#[test]
fn two_sweeps_in_one_folder_share_the_work() {
    let sweep = Sweep::new(&many(12));
    sweep.whole("--quiet", "alone");
    let both = [1, 2].map(|_| sweep.command("request.toml --threads 1 --quiet", "shared").spawn().unwrap());
    for child in both {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    assert_same(&sweep.path("alone"), &sweep.path("shared"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_keeps_what_is_finished() {
    // The last cell takes minutes: it is running when the interrupt comes.
    let sweep = Sweep::new(
        "[zip]\nshape = [\"2-1-1\", \"3-2-1\", \"784-128-1\"]\nattacker = [\"f64\", \"f64\", \"exact\"]\nanswer_bits = 40\n",
    );
    let mut command = sweep.command("request.toml --threads 1", "out");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while finished(&sweep.path("out/cells")).len() < 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let answer = Answer::of(&child.wait_with_output().unwrap());
    assert_eq!((answer.status, answer.stdout.as_str()), (Some(3), ""));
    let said = "exactract: interrupted with 2 of 3 cells done; the same command goes on from there\n";
    assert!(answer.stderr.ends_with(said), "{}", answer.stderr);
    assert_eq!(fs::read_dir(sweep.path("out/cells")).unwrap().count(), 2);
}

/// Runs a shell script about a sweep; `None` where the system does not let it.
#[cfg(target_os = "linux")]
fn in_shell(sweep: &Sweep, script: &str) -> Option<Answer> {
    let program = env!("CARGO_BIN_EXE_exactract");
    let mut command = Command::new("unshare");
    // A mount of its own, seen by nobody else.
    command.args(["--mount", "--map-root-user", "sh", "-c", script]).env("EXACTRACT", program);
    let output = command.current_dir(sweep.folder.path()).output().ok()?;
    let answer = Answer::of(&output);
    (answer.status != Some(77) && !answer.stderr.starts_with("unshare:")).then_some(answer)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_a_sweep_and_finished_cells_stay() {
    let sweep = Sweep::new(&many(12));
    fs::create_dir(sweep.path("out")).unwrap();
    fs::create_dir(sweep.path("copy")).unwrap();
    let script = "mount -t tmpfs -o size=300k tmpfs out || exit 77; \
                  $EXACTRACT sweep request.toml --out out --quiet; status=$?; cp -r out/. copy; exit $status";
    let Some(answer) = in_shell(&sweep, script) else { return eprintln!("no mounts here: not tested") };
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("cannot be written: No space left on device"), "{}", answer.stderr);
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    let kept = tree(&sweep.path("copy"));
    let finished = kept.keys().filter(|name| name.starts_with("cells/")).count();
    assert!(kept.keys().all(|name| !name.contains(".exactract-")), "{:?}", kept.keys());
    assert!((10..144).contains(&finished), "{finished}");
    // What is there is whole, and the sweep goes on from it.
    let on = sweep.whole("", "copy");
    assert!(on.stdout.contains(&format!("144 cells, {finished} there before, {} run", 144 - finished)), "{on:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_stops_a_sweep_and_finished_cells_stay() {
    let sweep = Sweep::new(FEW);
    sweep.whole("--quiet", "out");
    let before = tree(&sweep.path("out"));
    let one = before.keys().find(|name| name.starts_with("cells/")).unwrap();
    fs::remove_file(sweep.path("out").join(one)).unwrap();
    let script = "mount --bind out out && mount -o remount,bind,ro out || exit 77; \
                  $EXACTRACT sweep request.toml --out out --quiet";
    let Some(answer) = in_shell(&sweep, script) else { return eprintln!("no mounts here: not tested") };
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("cannot be written: Read-only file system"), "{}", answer.stderr);
    sweep.whole("--quiet", "out");
    assert_eq!(tree(&sweep.path("out")), before);
}

/// A file-size limit stands for a disk that fills up in the middle of a write, where mounts are not allowed.
#[cfg(unix)]
#[test]
fn a_write_that_fails_half_way_leaves_no_cell() {
    let sweep = Sweep::new(FEW);
    assert_eq!(sweep.run("plan request.toml", "out").status, Some(0));
    let script = "trap '' XFSZ; ulimit -f 1; exec $EXACTRACT sweep request.toml --out out --quiet";
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(sweep.folder.path()).env("EXACTRACT", env!("CARGO_BIN_EXE_exactract"));
    let answer = Answer::of(&command.output().unwrap());
    assert_eq!(answer.status, Some(2), "{answer:?}");
    assert!(answer.stderr.contains("cannot be written: File too large"), "{}", answer.stderr);
    assert_eq!(fs::read_dir(sweep.path("out/cells")).unwrap().count(), 0);
    sweep.whole("--quiet", "out");
}

#[test]
fn a_file_is_kept_with_the_sweep_and_known_by_its_hash() {
    let sweep = Sweep::new("[grid]\nfile = { path = \"victim.npz\", sha256 = \"HASH\" }\nseed = [0, 1]\ninputs = 10\n");
    let victim = sweep.path("victim.npz");
    assert_eq!(exactract("run --random 3-2-1 -q --save", &[victim.as_os_str()]).status, Some(0));
    let wrong = sweep.run("request.toml", "out");
    assert_eq!(wrong.status, Some(2));
    let hash = wrong.stderr.split("has sha256 ").nth(1).unwrap().split(',').next().unwrap();
    assert!(wrong.stderr.contains("request.toml, line 2, `file`: "), "{}", wrong.stderr);
    let request = fs::read_to_string(sweep.path("request.toml")).unwrap().replace("HASH", hash);
    fs::write(sweep.path("request.toml"), request).unwrap();
    let plan = sweep.run("plan request.toml", "out");
    assert!(plan.stdout.lines().all(|line| line.contains("victim.npz 3-2-1 f64 seed ")), "{}", plan.stdout);
    // The folder is complete: the file itself is not needed again.
    fs::remove_file(&victim).unwrap();
    for line in plan.stdout.lines() {
        assert_eq!(sweep.run(&format!("cell {}", &line[..32]), "out").status, Some(0));
    }
    assert_eq!(sweep.run("collect", "out").status, Some(0));
    let kept = sweep.path("out/victims").join(hash);
    let first = fs::read_dir(sweep.path("out/cells")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(first).unwrap();
    fs::write(&kept, fs::read(sweep.path("request.toml")).unwrap()).unwrap();
    let refused = plan.stdout.lines().map(|line| sweep.run(&format!("cell {}", &line[..32]), "out"));
    assert!(refused.filter(|answer| answer.status == Some(2)).count() == 1);
}
