//! What the program's tests share, beside what the library's tests do.
#![allow(dead_code, missing_docs)]

#[path = "../../../dien/tests/common/mod.rs"]
mod library;

pub mod log;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dien::prelude::*;

pub use library::*;

/// What the program leaves when Ctrl-C comes after a line of its log; it must say what it does then, and exit
/// with 130.
pub fn interrupted(root: &Path, args: &[&str], after: impl Fn(&str) -> bool, saying: &str) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dien"))
        .args(args)
        .current_dir(root)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    log.find(|line| after(line)).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    log.find(|line| line.starts_with(saying)).unwrap();
    // Nobody reads on: what else it says must not stop it.
    let rest = std::thread::spawn(move || log.for_each(drop));
    let output = child.wait_with_output().unwrap();
    rest.join().unwrap();
    assert_eq!(output.status.code(), Some(130));
    output.stdout
}

/// Draws that look random: each an integer below the one that is given (Knuth's generator).
pub fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// A cell that lists items: what each is called, between `|`.
pub fn list(items: &[u64], name: impl Fn(u64) -> String) -> String {
    items.iter().map(|&item| name(item)).collect::<Vec<_>>().join("|")
}

/// What the program answers to a request.
pub fn rank(run: &Path, request: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dien"))
        .args(["rank", "--run"])
        .arg(run)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that stops early does not read it.
    let _ = child.stdin.take().unwrap().write_all(request.as_bytes());
    child.wait_with_output().unwrap()
}

/// Runs the program in `folder`.
pub fn dien(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dien")).args(arguments).current_dir(folder).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The one JSON value that the program prints on standard output.
#[track_caller]
pub fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = dien(folder, arguments);
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// A folder with behaviours in `data`, and the other tiny options in `tiny.toml`.
pub fn workplace() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let Source::Synthetic(synthesis) = tiny().source else { panic!("tiny is synthetic") };
    synthesis.log().unwrap().write(&root.path().join("data")).unwrap();
    fs::write(root.path().join("tiny.toml"), &TINY[TINY.find("[data]").unwrap()..]).unwrap();
    root
}

/// Runs the program, which must fail with this message and without a word on standard output.
#[track_caller]
pub fn fails(folder: &Path, arguments: &[&str], message: &str) {
    let output = dien(folder, arguments);
    let found = stderr(&output);
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
    assert!(found.contains(message), "{arguments:?}\nexpected: {message}\nfound: {found}");
    assert!(!found.contains("panicked"), "{found}");
}

/// That a page is well formed: every tag is closed in order, every attribute quoted, no `<` or `&` stands
/// alone, and nothing is fetched from anywhere.
#[track_caller]
pub fn assert_page(html: &str) {
    let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a document type first");
    for fetched in ["http:", "https:", "//", "<script", "<link", "<img", "@import", "url("] {
        assert!(!body.contains(fetched), "the page refers to something: {fetched}");
    }
    let (mut open, mut rest) = (vec![], body);
    while let Some(start) = rest.find('<') {
        assert_text(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag's end");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        assert!(!tag.contains('<') && tag.matches('"').count() % 2 == 0, "<{tag}>");
        let name = |tag: &str| tag.split([' ', '/']).next().unwrap().to_owned();
        match tag.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed), "</{closed}>"),
            None if tag.ends_with('/') => {}
            None => open.push(name(tag)),
        }
        tag.split('"').skip(1).step_by(2).for_each(assert_text);
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
}

#[track_caller]
fn assert_text(text: &str) {
    assert!(!text.contains('>'), "{text}");
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|entity| text[at..].starts_with(entity)), "{}", &text[at..]);
    }
}
