//! How the crates are built of files: arrows run one way.

mod graph;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use graph::Graph;

/// The crates from the ground up: each may need those before it.
const FLOORS: [&str; 9] = [
    "dien-kernels",
    "dien-tensor",
    "dien-optim",
    "dien-cells",
    "dien-model",
    "dien-serving",
    "dien-data",
    "dien",
    "dien-cli",
];

fn crates() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut crates: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    crates.retain(|folder| folder.join("Cargo.toml").is_file());
    crates.sort();
    assert!(crates.len() > 3, "{crates:?}");
    crates
}

fn name(folder: &Path) -> &str {
    folder.file_name().and_then(|n| n.to_str()).expect("a crate's folder")
}

#[test]
fn files_need_each_other_one_way() {
    let mut found = String::new();
    for folder in crates() {
        let (name, src) = (name(&folder), folder.join("src"));
        for root in ["lib.rs", "main.rs"].into_iter().filter(|root| src.join(root).is_file()) {
            let graph = Graph::new(source::modules(&src, root));
            let needs = graph.needs();
            assert!(
                needs.len() < 4 || needs.values().any(|n| !n.is_empty()),
                "{name}: nothing needs anything"
            );
            for circle in graph.circles() {
                found += &format!("\ncrates/{name}/src, {} files in a circle:\n", circle.len());
                for file in &circle {
                    let within: Vec<_> = needs[&**file].iter().filter(|n| circle.contains(**n)).collect();
                    found += &format!("    {} needs {within:?}\n", file.display());
                }
            }
        }
    }
    assert!(found.is_empty(), "circles:{found}");
}

#[test]
fn crates_need_each_other_one_way() {
    for folder in crates() {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap();
        let floor = |name: &str| FLOORS.iter().position(|f| *f == name);
        let own = floor(name).unwrap_or_else(|| panic!("`{name}` is on no floor: add it to the list"));
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(kind).and_then(toml::Value::as_table) else { continue };
            for other in dependencies.keys().filter(|d| d.starts_with("dien")) {
                let below = floor(other).is_some_and(|f| f < own) || kind != "dependencies" && other == name;
                assert!(below, "{kind} of `{name}`: `{other}`, which is not below it");
            }
        }
    }
}

#[test]
fn circles_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let circles = |files: &[(&str, &str)]| {
        let src = tempfile::tempdir_in(&folder).unwrap();
        for (name, text) in files {
            let path = src.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Graph::new(source::modules(src.path(), "lib.rs")).circles()
    };
    let set = |files: &[&str]| files.iter().map(PathBuf::from).collect::<BTreeSet<_>>();
    let root = ("lib.rs", "mod a; mod b; mod c { mod d; pub use d::D; } pub use a::A; pub use b::*;");
    let end = ("c/d.rs", "pub struct D;");
    // By a re-export, a glob, a path in a body, and beside what tests need.
    let pair = [root, ("a.rs", "use crate::B; pub struct A;"), ("b.rs", "use crate::A; pub struct B;"), end];
    assert_eq!(circles(&pair), [set(&["a.rs", "b.rs"])]);
    let body =
        [root, ("a.rs", "pub fn A() { super::b::B }"), ("b.rs", "use super::*; pub const B: A = 0;"), end];
    assert_eq!(circles(&body), [set(&["a.rs", "b.rs"])]);
    let tests = [root, ("a.rs", "#[cfg(test)] mod t { use crate::b::B; } pub struct A;"), pair[2], end];
    assert_eq!(circles(&tests), [] as [BTreeSet<PathBuf>; 0]);
    // A module with its children is none, unless something outside closes it.
    let children = [
        root,
        pair[1],
        ("b.rs", "mod e; pub struct B; use e::E;"),
        ("b/e.rs", "use super::B; pub struct E;"),
        end,
    ];
    assert_eq!(circles(&children), [] as [BTreeSet<PathBuf>; 0]);
    let outside = [children[0], children[1], children[2], ("b/e.rs", "use crate::A; pub struct E;"), end];
    assert_eq!(circles(&outside), [set(&["a.rs", "b.rs", "b/e.rs"])]);
}
