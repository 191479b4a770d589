//! No two files import each other, directly or through others: a file is read with those below it alone. Nor do two
//! folders, at any depth: what is inside a folder has an order, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module, by its path below the crate: `["sweep", "cell"]`.
pub(super) type Module = Vec<String>;

/// Every module of the crate with the code of its file, without comments and tests.
fn modules() -> BTreeMap<Module, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut open = vec![src.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let below = path.strip_prefix(&src).unwrap().with_extension("");
            let mut module: Module = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| ["mod", "lib"].contains(&&**last)) {
                module.pop();
            }
            if module != ["main"] {
                found.insert(module, code(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let whole = lines.take_while(|line| *line != "#[cfg(test)]").collect::<Vec<_>>().join("\n");
    ["pub(super)", "pub(crate)"].iter().fold(whole, |text, visible| text.replace(visible, "pub"))
}

/// The paths that code names from the crate's root, or from a module above: each as its parts.
fn paths(code: &str) -> Vec<Vec<String>> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| word(c) || c == ':') {
                continue;
            }
            expand(&code[at..], &[], &mut found);
        }
    }
    found
}

/// Adds the paths of a use tree, or of one path, that starts here.
fn expand(code: &str, before: &[String], found: &mut Vec<Vec<String>>) {
    let mut path = before.to_vec();
    let mut rest = code;
    loop {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        path.extend((end > 0).then(|| rest[..end].to_owned()));
        rest = &rest[end..];
        let Some(next) = rest.strip_prefix("::") else { break };
        rest = next;
        if let Some(inside) = rest.strip_prefix('{') {
            for branch in branches(inside) {
                expand(branch, &path, found);
            }
            return;
        }
    }
    found.push(path);
}

/// The branches of a use tree, from behind its opening brace.
fn branches(inside: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0usize, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(inside[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.retain(|branch| !branch.is_empty());
    found
}

/// What a module passes on from modules below it: name by name, with the path from that module.
fn passed_on(code: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for (at, _) in code.match_indices("pub use ") {
        let mut trees = Vec::new();
        expand(&code[at + "pub use ".len()..], &[], &mut trees);
        for path in trees {
            if let Some(name) = path.last() {
                found.insert(name.clone(), path.clone());
            }
        }
    }
    found
}

/// The module whose file has what a path names.
fn defined(
    modules: &BTreeMap<Module, String>,
    passed: &BTreeMap<Module, BTreeMap<String, Vec<String>>>,
    from: &[String],
    path: &[String],
    steps: usize,
) -> Module {
    let mut module = from.to_vec();
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let mut below = module.clone();
        below.push(first.clone());
        match first.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => drop(module.pop()),
            _ if modules.contains_key(&below) => module = below,
            name => match passed.get(&module).and_then(|names| names.get(name)) {
                Some(target) if steps > 0 => {
                    let mut local = module.clone();
                    local.push(target[0].clone());
                    let start = if modules.contains_key(&local) { module.clone() } else { Vec::new() };
                    return defined(modules, passed, &start, target, steps - 1);
                }
                _ => return module,
            },
        }
        rest = after;
    }
    module
}

/// For each module those whose files it imports from.
pub(super) fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let modules = modules();
    let passed = modules.iter().map(|(module, code)| (module.clone(), passed_on(code))).collect();
    let of = |(module, code): (&Module, &String)| {
        let to = paths(code).into_iter().map(|path| {
            // A path from the crate's root; one from above starts at the file's own module.
            defined(&modules, &passed, module, &path, 8)
        });
        (module.clone(), to.filter(|to| to != module && modules.contains_key(to)).collect())
    };
    modules.iter().map(of).collect()
}

/// A circle of modules, if there is one.
fn circle(graph: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn visit(
        graph: &BTreeMap<Module, BTreeSet<Module>>,
        at: &Module,
        path: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<Module>> {
        if let Some(start) = path.iter().position(|earlier| earlier == at) {
            return Some(path[start..].to_vec());
        }
        if done.contains(at) {
            return None;
        }
        path.push(at.clone());
        let found = graph.get(at).into_iter().flatten().find_map(|next| visit(graph, next, path, done));
        path.pop();
        done.insert(at.clone());
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|module| visit(graph, module, &mut Vec::new(), &mut done))
}

/// The files and folders directly in a folder, each with those of them that it imports from.
///
/// The folder's own `mod.rs` is none of them: it passes on what is below it.
pub(super) fn inside(
    graph: &BTreeMap<Module, BTreeSet<Module>>,
    folder: &[String],
) -> BTreeMap<String, BTreeSet<String>> {
    let child = |module: &Module| module.strip_prefix(folder).and_then(|rest| rest.first().cloned());
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, to) in graph {
        let Some(from) = child(module) else { continue };
        let others = to.iter().filter_map(child).filter(|to| *to != from).collect::<Vec<_>>();
        found.entry(from).or_default().extend(others);
    }
    found
}

#[test]
fn no_folders_import_each_other() {
    let graph = imports();
    let folders: BTreeSet<Module> =
        graph.keys().flat_map(|module| (0..module.len()).map(|n| module[..n].to_vec())).collect();
    for folder in &folders {
        let alone = |name: &String| vec![name.clone()];
        let children = inside(&graph, folder).into_iter();
        let graph = children.map(|(from, to)| (alone(&from), to.iter().map(alone).collect())).collect();
        assert_eq!(circle(&graph), None, "in {}", folder.join("/"));
    }
    // Not for want of folders with folders in them.
    assert!(folders.iter().filter(|folder| folder.len() > 1).count() > 8, "{folders:?}");
}

#[test]
fn no_files_import_each_other() {
    let graph = imports();
    let names = |circle: Vec<Module>| circle.iter().map(|module| module.join("/")).collect::<Vec<_>>().join(" -> ");
    assert_eq!(circle(&graph).map(names), None);
    // Not for want of imports that were seen.
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > 3 * graph.len(), "{edges} imports of {} files", graph.len());
}

#[test]
fn the_reader_of_imports_reads() {
    let text = "use super::{a::B, c::{self, D}};\nuse crate::e::f;\nfn g() { super::super::h(1) } // crate::i\n";
    let found: BTreeSet<String> = paths(&code(text)).into_iter().map(|path| path.join(" ")).collect();
    assert_eq!(
        found,
        ["super a B", "super c self", "super c D", "crate e f", "super super h"].map(str::to_owned).into()
    );
    let module = |name: &str| vec![name.to_owned()];
    let graph = |edges: &[(&str, &str)]| {
        let mut graph: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        edges.iter().for_each(|(from, to)| {
            graph.entry(module(from)).or_default().insert(module(to));
        });
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    assert_eq!(circle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")])).map(|circle| circle.len()), Some(2));
}
