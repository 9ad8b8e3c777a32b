//! A log of impressions in three files, and what trains on it.

use std::fmt::Write as _;
use std::fs;

use tempfile::{TempDir, tempdir};

use super::{draws, list};

pub const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 4

[source]
files = "day-*.csv"

[split]
by = "group"
validation = 0.15
test = 0.25

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
item = { kind = "sparse" }
category = { kind = "sparse" }
hour = { kind = "sparse", vocabulary = { hash = 8 } }
price = { kind = "dense", transform = "log1p" }
seen_items = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "clicks"
columns = ["seen_items", "seen_categories"]
max_history = 8
"#;

pub const OPTIONS: &str = "[data]\nbatch_size = 64\nshuffle = 512\n[model]\nhidden = 8\ndropout = 0.0\n\
                       head_layers = [16]\n[train]\nepochs = 6\n[optimizer]\nlr = 0.01\n";

/// What is clicked has the category that was seen last, mostly.
pub fn day(rows: usize, seed: u64) -> String {
    let mut text = String::from("clicked,user,item,category,hour,price,seen_items,seen_categories\n");
    let mut draw = draws(seed);
    for i in 0..rows {
        let items: Vec<u64> = (0..draw(9)).map(|_| draw(40)).collect();
        let candidate = draw(40);
        let same = items.last().is_some_and(|last| last % 4 == candidate % 4);
        let label = u8::from(same) ^ u8::from(draw(10) == 0);
        writeln!(
            text,
            "{label},u{},i{candidate},c{},{},{},{},{}",
            i % 97,
            candidate % 4,
            draw(24),
            draw(500) as f64 / 10.0,
            list(&items, |x| format!("i{x}")),
            list(&items, |x| format!("c{}", x % 4)),
        )
        .unwrap();
    }
    text
}

pub fn workplace() -> TempDir {
    let root = tempdir().unwrap();
    let log = root.path().join("log");
    fs::create_dir(&log).unwrap();
    fs::write(log.join("dataset.toml"), SCHEMA).unwrap();
    fs::write(log.join("day-1.csv"), day(2500, 1)).unwrap();
    fs::write(log.join("day-2.csv"), day(2500, 2)).unwrap();
    fs::write(root.path().join("options.toml"), OPTIONS).unwrap();
    root
}
