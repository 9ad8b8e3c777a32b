//! `dien eval --by`: every slice is what a loop over its rows finds.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{dien, draws, fails, json, stdout, workplace};
use serde_json::Value;
use tempfile::tempdir;

const SCHEMA: &str = r#"
candidate = ["item", "category"]
width = 4
[source]
files = "log.csv"
[split]
by = "group"
validation = 0.1
test = 0.5
[columns]
clicked = { kind = "label" }
reader = { kind = "group" }
item = { kind = "sparse" }
category = { kind = "sparse", vocabulary = { min_count = 100000 } }
at = { kind = "time" }
price = { kind = "dense", default = 0 }
age = { kind = "dense", transform = { buckets = [20, 40] }, width = 2 }
counts = { kind = "weight" }
seen = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }
[[behaviours]]
name = "seen"
columns = ["seen", "seen_categories"]
max_history = 6
"#;

/// A row, of a reader and an item that no other row has.
struct Row {
    category: String,
    at: u64,
    price: Option<f64>,
    age: f64,
    device: Option<&'static str>,
    counts: f64,
    length: usize,
}

fn log() -> (String, BTreeMap<(String, String), Row>) {
    let mut text =
        String::from("clicked,reader,item,category,at,price,age,device,counts,seen,seen_categories\n");
    let (mut draw, mut rows) = (draws(5), BTreeMap::new());
    for i in 0..1200_u64 {
        let seen: Vec<u64> = (0..draw(9)).map(|_| draw(60)).collect();
        let label = u64::from(draw(3) == 0);
        let row = Row {
            category: format!("c{}", draw(7)),
            at: 1_700_000_000 + draw(90_000),
            price: (draw(5) > 0).then(|| draw(400) as f64 / 4.0),
            age: draw(60) as f64,
            device: [Some("phone"), Some("tv"), None][draw(3) as usize],
            counts: draw(4) as f64 / 2.0,
            length: seen.len().min(6),
        };
        let list = |of: &str| common::list(&seen, |x| format!("{of}{x}"));
        let price = row.price.map_or(String::new(), |x| format!("{x:.2}"));
        let (reader, item) = (format!("u{}", i % 211), format!("i{i}"));
        writeln!(
            text,
            "{label},{reader},{item}, {},{},{price},{}.0,{},{},{},{}",
            row.category,
            row.at,
            row.age,
            row.device.unwrap_or_default(),
            row.counts,
            list("i"),
            list("c"),
        )
        .unwrap();
        rows.insert((reader, item), row);
    }
    (text, rows)
}

/// A scored row: logit, label, weight.
type Scored = (f64, f64, f64);

/// AUC by all pairs, log loss, base rate.
fn by_hand(rows: &[Scored]) -> (Option<f64>, f64, f64) {
    let (mut right, mut pairs) = (0.0, 0.0);
    for &(x, y, w) in rows.iter().filter(|row| row.1 > 0.5) {
        for &(x0, _, w0) in rows.iter().filter(|row| row.1 <= 0.5) {
            pairs += w * w0;
            right += w
                * w0
                * if x > x0 {
                    1.0
                } else if x == x0 {
                    0.5
                } else {
                    0.0
                };
        }
        assert!(y == 1.0);
    }
    let all: f64 = rows.iter().map(|row| row.2).sum();
    let loss = |&(x, y, w): &Scored| -w * (1.0 / (1.0 + (if y > 0.5 { -x } else { x }).exp())).ln();
    let loss = rows.iter().map(loss).sum::<f64>() / all;
    let rate = rows.iter().map(|row| row.1 * row.2).sum::<f64>() / all;
    // Rows that all weigh nothing have neither.
    let (loss, rate) = if all > 0.0 { (loss, rate) } else { (0.0, 0.0) };
    ((pairs > 0.0).then(|| right / pairs), loss, rate)
}

/// The rows of the file that `--scores` wrote: user, item, label, logit.
fn scores(path: &Path) -> Vec<(String, String, f64, f64)> {
    let text = fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[0].into(), fields[1].into(), fields[2].parse().unwrap(), fields[3].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

fn close(found: &Value, expected: Option<f64>, what: &str) {
    match (found.as_f64(), expected) {
        (Some(found), Some(expected)) => {
            assert!((found - expected).abs() < 1e-6, "{what}: {found} {expected}")
        }
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}

/// That a slice is what the rows are.
fn assert_slice(slice: &Value, rows: &[Scored]) {
    let (auc, loss, rate) = by_hand(rows);
    assert_eq!(slice["rows"], rows.len(), "{slice}");
    assert_eq!(slice["clicks"], rows.iter().filter(|row| row.1 > 0.5).count(), "{slice}");
    close(&slice["auc"], auc, &slice.to_string());
    close(&slice["logloss"], Some(loss), &slice.to_string());
    close(&slice["base_rate"], Some(rate), &slice.to_string());
    for metric in ["auc", "logloss", "base_rate"] {
        let (at, interval) = (&slice[metric], &slice[format!("{metric}_interval")]);
        let weighs = rows.iter().any(|row| row.2 > 0.0);
        assert_eq!(at.is_null() || !weighs, interval.is_null(), "{slice}");
        if let (Some(at), Some(low), Some(high)) = (at.as_f64(), interval[0].as_f64(), interval[1].as_f64()) {
            assert!(low <= at && at <= high && low < high && low >= 0.0, "{metric}: {slice}");
        }
    }
}

/// That the slices are the groups of the rows, with nothing left over.
fn assert_slices(slices: &Value, groups: &BTreeMap<Option<String>, Vec<Scored>>) {
    let own = slices["slices"].as_array().unwrap();
    assert_eq!(own.len(), groups.len(), "{slices}");
    for slice in own {
        assert_slice(slice, &groups[&slice["value"].as_str().map(String::from)]);
    }
    assert!(slices["other"].is_null());
}

fn of<'a>(
    rows: impl IntoIterator<Item = (Option<String>, &'a Scored)>,
) -> BTreeMap<Option<String>, Vec<Scored>> {
    let mut groups = BTreeMap::<_, Vec<Scored>>::new();
    rows.into_iter().for_each(|(value, row)| groups.entry(value).or_default().push(*row));
    groups
}

fn range(x: f64, bounds: &[(f64, &str)], last: &str) -> Option<String> {
    Some(bounds.iter().find(|(to, _)| x < *to).map_or(last, |(_, name)| name).to_owned())
}

#[test]
fn slices_of_a_log_are_what_a_loop_finds() {
    let root = tempdir().unwrap();
    let root = root.path();
    let (text, rows) = log();
    fs::write(root.join("log.csv"), text).unwrap();
    fs::write(root.join("dataset.toml"), SCHEMA).unwrap();
    let tiny = ["--set", "model.hidden=4", "--set", "model.head_layers=[4]"];
    json(
        root,
        &[&["train", "--data", "dataset.toml", "--out", "run", "--epochs", "1", "--json"][..], &tiny]
            .concat(),
    );
    let columns = "category,device,price,price:10/50.5,age,at:2,counts,history_length,user,label";
    let eval = ["eval", "--run", "run", "--by", columns, "--scores", "scores.csv", "--most-slices", "500"];
    let told = json(root, &[&eval[..], &["--json"]].concat());
    let scored: Vec<(&Row, Scored, String)> = scores(&root.join("scores.csv"))
        .into_iter()
        .map(|(user, item, label, logit)| {
            let row = &rows[&(user.clone(), item)];
            (row, (logit, label, row.counts), user)
        })
        .collect();
    assert!(scored.len() > 300 && told["samples"] == scored.len() && told["weighted"] == true);
    let slices = |by: &str| {
        let all = told["slices"].as_array().unwrap();
        all.iter().find(|slices| slices["by"] == by).unwrap_or_else(|| panic!("{by}"))
    };
    let groups = |value: &dyn Fn(&Row, &Scored, &str) -> Option<String>| {
        of(scored.iter().map(|(row, scored, user)| (value(row, scored, user), scored)))
    };
    // The file's cells, with white space that does not count; the model knows none of these categories.
    assert_slices(slices("category"), &groups(&|row, _, _| Some(row.category.clone())));
    assert_slices(slices("device"), &groups(&|row, _, _| row.device.map(String::from)));
    assert_slices(slices("user"), &groups(&|_, _, user| Some(user.to_owned())));
    assert_slices(slices("label"), &groups(&|_, scored, _| Some(scored.1.to_string())));
    assert_slices(slices("counts"), &groups(&|row, _, _| Some(row.counts.to_string())));
    let ages = [(20.0, "< 20"), (40.0, "[20, 40)")];
    assert_slices(slices("age"), &groups(&|row, _, _| range(row.age, &ages, "≥ 40")));
    let prices = [(10.0, "< 10"), (50.5, "[10, 50.5)")];
    assert_slices(slices("price:10/50.5/"), &groups(&|row, _, _| range(row.price?, &prices, "≥ 50.5")));
    let lengths = [(1.0, "< 1"), (3.0, "[1, 3)"), (6.0, "[3, 6)")];
    assert_slices(
        slices("history_length"),
        &groups(&|row, _, _| range(row.length as f64, &lengths, "[6, 11)")),
    );
    // Parts of about as many rows: bounds from the sorted numbers.
    let mut sorted: Vec<f64> = scored.iter().filter_map(|(row, ..)| row.price).collect();
    sorted.sort_by(f64::total_cmp);
    let bounds: Vec<f64> = (1..5).map(|i| sorted[i * sorted.len() / 5]).collect();
    let by_part = groups(&|row, _, _| {
        let price = row.price?;
        let place = bounds.iter().filter(|bound| **bound <= price).count();
        Some(match place {
            0 => format!("< {}", bounds[0]),
            4 => format!("≥ {}", bounds[3]),
            _ => format!("[{}, {})", bounds[place - 1], bounds[place]),
        })
    });
    assert_slices(slices("price"), &by_part);
    let mut times: Vec<u64> = scored.iter().map(|(row, ..)| row.at).collect();
    times.sort_unstable();
    let half = times[times.len() / 2];
    let name = |late| if late { format!("≥ {half}") } else { format!("< {half}") };
    assert_slices(slices("at:2"), &groups(&|row, _, _| Some(name(row.at >= half))));
    // The most frequent values, and all others as one.
    let told = json(root, &["eval", "--run", "run", "--by", "category", "--most-slices", "2", "--json"]);
    let mut sizes: Vec<(usize, Option<String>, Vec<Scored>)> =
        groups(&|row, _, _| Some(row.category.clone()))
            .into_iter()
            .map(|(value, rows)| (rows.len(), value, rows))
            .collect();
    sizes.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let capped = &told["slices"][0];
    assert_eq!(capped["slices"].as_array().unwrap().len(), 2);
    for (slice, (_, value, rows)) in capped["slices"].as_array().unwrap().iter().zip(&sizes) {
        assert_eq!(slice["value"].as_str(), value.as_deref());
        assert_slice(slice, rows);
    }
    assert_eq!(capped["other"]["values"], sizes.len() - 2);
    assert_slice(&capped["other"], &sizes[2..].iter().flat_map(|size| size.2.clone()).collect::<Vec<_>>());
    let said = stdout(&dien(root, &["eval", "--run", "run", "--by", "device", "--most-slices", "2"]));
    assert!(said.contains("by device") && said.contains("(other: 1 values)"), "{said}");
    for (by, message) in [
        ("seen", "`seen`, a column of lists"),
        ("colour", "no column `colour`"),
        ("device:3", "in column `device`; expected numbers"),
        ("price:0", "a number of parts, at least 1"),
    ] {
        fails(root, &["eval", "--run", "run", "--by", by], message);
    }
}

#[test]
fn slices_of_behaviours_are_what_a_loop_finds() {
    let root = workplace();
    let root = root.path();
    json(
        root,
        &["train", "--data", "data", "--config", "tiny.toml", "--out", "run", "--epochs", "1", "--json"],
    );
    let eval = ["eval", "--run", "run", "--by", "category,item,user,history_length,label"];
    let rest = ["--scores", "scores.csv", "--most-slices", "5000", "--json"];
    let told = json(root, &[&eval[..], &rest].concat());
    let read = |name: &str| fs::read_to_string(root.join("data").join(name)).unwrap();
    let zipped = fs::read(root.join("data/interactions.csv.gz")).unwrap();
    let interactions = std::io::read_to_string(flate2::read::GzDecoder::new(&zipped[..])).unwrap();
    let fields = |text: &str| -> Vec<Vec<String>> {
        text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
    };
    let category: BTreeMap<String, String> =
        fields(&read("items.csv")).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    // The model knows the categories of what users did who do not test.
    let testers = read("test_users.txt");
    let mut known = std::collections::BTreeSet::new();
    for row in fields(&interactions).iter().filter(|row| testers.lines().all(|user| user != row[0])) {
        known.insert(category[&row[1]].clone());
    }
    let mut events = BTreeMap::<String, usize>::new();
    fields(&interactions).into_iter().for_each(|row| *events.entry(row[0].clone()).or_default() += 1);
    let scored = scores(&root.join("scores.csv"));
    assert!(scored.len() > 20, "{}", scored.len());
    let groups = |value: &dyn Fn(&str, &str, f64) -> Option<String>| {
        let rows: Vec<(Option<String>, Scored)> = scored
            .iter()
            .map(|(user, item, label, logit)| (value(user, item, *label), (*logit, *label, 1.0)))
            .collect();
        of(rows.iter().map(|(value, row)| (value.clone(), row)))
    };
    let lengths = [
        (1.0, "< 1"),
        (3.0, "[1, 3)"),
        (6.0, "[3, 6)"),
        (11.0, "[6, 11)"),
        (21.0, "[11, 21)"),
        (51.0, "[21, 51)"),
    ];
    let most = 100;
    let length = |user: &str| range((events[user] - 1).min(most) as f64, &lengths, "[51, 101)");
    for (place, expected) in [
        groups(&|_, item, _| Some(category[item].clone()).filter(|category| known.contains(category))),
        groups(&|_, item, _| Some(item.to_owned())),
        groups(&|user, _, _| Some(user.to_owned())),
        groups(&|user, _, _| length(user)),
        groups(&|_, _, label| Some(label.to_string())),
    ]
    .iter()
    .enumerate()
    {
        assert_slices(&told["slices"][place], expected);
    }
    fails(
        root,
        &["eval", "--run", "run", "--by", "colour"],
        "expected one of user, item, label, history_length",
    );
}
