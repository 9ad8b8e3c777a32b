//! Events and candidates with any number of ids of a feature.

use dien_model::Jagged;

use super::*;
use crate::schema::Schema;
use crate::{InMemory, Row};

const BAGS: &str = r#"
candidate = ["item", "tags", "category", "brands"]
width = 4
[source]
files = "log.jsonl"
[columns]
clicked = { kind = "label" }
item = { kind = "sparse" }
tags = { kind = "sequence" }
category = { kind = "sequence" }
brands = { kind = "sequence" }
seen = { kind = "sequence", shares = "item" }
seen_categories = { kind = "sequence", shares = "category" }
[[behaviours]]
name = "clicks"
columns = ["seen", "seen_categories"]
max_history = 3
"#;

/// Ids of items and categories; the last event of the first row has no category, and one has one twice.
const LINES: &str = concat!(
    r#"{"clicked": 1, "item": 1, "tags": ["x"], "category": ["a", "b"], "#,
    r#""brands": [], "seen": [2, 3, 1], "seen_categories": [["b"], ["b", "c"], null]}"#,
    "\n",
    r#"{"clicked": 0, "item": 2, "tags": [], "category": ["b"], "#,
    r#""brands": ["q"], "seen": [2, 3, 1, 4], "seen_categories": [["b"], ["b", "c"], [], ["a", "a", null]]}"#,
    "\n",
    r#"{"clicked": 0, "item": 3, "tags": ["x"], "category": [], "#,
    r#""brands": [], "seen": [], "seen_categories": []}"#,
    "\n",
    r#"{"clicked": 1, "item": 4, "tags": ["y"], "category": null, "#,
    r#""brands": ["q"], "seen": [1], "seen_categories": [["a", "b"]]}"#,
    "\n",
);

const CSV: &str = "\
clicked,item,tags,category,brands,seen,seen_categories
1,1,x,a|b,,2|3|1,\"[['b'], ['b', 'c'], None]\"
0,2,,b,q,2|3|1|4,\"[['b'], ['b', 'c'], [], ['a', 'a', None]]\"
0,3,x,,,,[]
1,4,y,[],q,[1],\"[[\"\"a\"\",\"\"b\"\"]]\"
";

/// The texts of a list of the batch's.
fn list(log: &Impressions, bags: &Jagged, bag: u32) -> String {
    let vocabulary = log.vocabularies().get("category").unwrap();
    let list = bags.list(bag as usize).iter();
    list.map(|&id| vocabulary.token(id).unwrap_or("?")).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_event_has_its_list() {
    let (_folder, path) = folder(BAGS, &[("log.jsonl", LINES)]);
    let (log, skipped) = Impressions::open(&path, &options()).unwrap();
    assert_eq!(skipped.rows, 0);
    let names: Vec<_> = log.features().behaviours.iter().map(|l| (l.name.as_str(), l.is_bag)).collect();
    assert_eq!(names, [("item", false), ("category", true)]);
    let lists: Vec<_> = log.features().multi_hot.iter().map(|l| l.name.as_str()).collect();
    assert_eq!((lists, log.request_lists()), (vec!["tags", "brands"], vec![]));
    let categories = log.vocabularies().get("category").unwrap();
    // In candidates and histories: 3 and 5 times, 2 and 4 times, and twice.
    assert!(categories.tokens().eq(["b", "a", "c"]), "{:?}", categories.tokens().collect::<Vec<_>>());
    let all = batches(&log.epoch(1, 0));
    let [batch] = &all[..] else { panic!("{} batches", all.len()) };
    batch.validate(log.features()).unwrap();
    let [bags] = &batch.bags[..] else { panic!("{:?}", batch.bags) };
    let items = log.vocabularies().get("item").unwrap();
    let mut found: Vec<(&str, String, Vec<String>)> = vec![];
    for target in 0..batch.targets.len() {
        let start = batch.histories.offsets[batch.targets.history[target] as usize];
        let events = start + batch.targets.start[target]..start + batch.targets.end[target];
        let of = |event: u32| list(&log, bags, batch.histories.ids[1][event as usize]);
        let item = items.token(batch.targets.candidate[0][target]).unwrap();
        found.push((item, list(&log, bags, batch.targets.candidate[1][target]), events.map(of).collect()));
    }
    found.sort();
    let text = |of: &[&str]| of.iter().map(|of| (*of).to_owned()).collect::<Vec<_>>();
    let expected = [
        ("1", "a b".to_owned(), text(&["b", "b c", ""])),
        ("2", "b".to_owned(), text(&["b c", "", "a a ?"])),
        ("3", String::new(), text(&[])),
        ("4", String::new(), text(&["a b"])),
    ];
    assert_eq!(found, expected);
    // Each list stands once, be it an event's, a negative's or a candidate's; negatives are whole items.
    let mut lists: Vec<&[u32]> = (0..bags.len()).map(|bag| bags.list(bag)).collect();
    lists.sort_unstable();
    lists.dedup();
    assert_eq!(lists.len(), bags.len());
    let pair = |ids: &[Vec<u32>], i: usize| (ids[0][i], bags.list(ids[1][i] as usize).to_vec());
    let events: HashSet<_> = (0..batch.histories.events()).map(|i| pair(&batch.histories.ids, i)).collect();
    let mut negatives = 0;
    for bounds in batch.histories.offsets.windows(2) {
        for event in bounds[0] as usize + 1..bounds[1] as usize {
            assert!(events.contains(&pair(&batch.histories.negatives, event)));
            negatives += 1;
        }
    }
    assert_eq!(negatives, 4);
}

#[test]
fn every_source_gives_the_same_batches() {
    let (jsonl, path) = folder(BAGS, &[("log.jsonl", LINES), ("log.csv", CSV)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let csv = jsonl.path().join("csv.toml");
    fs::write(&csv, BAGS.replace("log.jsonl", "log.csv")).unwrap();
    let (of_csv, _) = Impressions::open(&csv, &options()).unwrap();
    let schema = Schema::parse(BAGS, Path::new("dataset.toml")).unwrap();
    let row = |label: bool, item: i64, tags: Vec<&str>, category: Vec<&str>, brands: Vec<&str>| {
        let row = Row::new().with("clicked", label).with("item", item).with("tags", tags);
        row.with("category", category).with("brands", brands)
    };
    let rows: InMemory = [
        row(true, 1, vec!["x"], vec!["a", "b"], vec![])
            .with("seen", [2, 3, 1])
            .with("seen_categories", vec![Some(vec!["b"]), Some(vec!["b", "c"]), None]),
        row(false, 2, vec![], vec!["b"], vec!["q"]).with("seen", [2, 3, 1, 4]).with(
            "seen_categories",
            vec![vec![Some("b")], vec![Some("b"), Some("c")], vec![], vec![Some("a"), Some("a"), None]],
        ),
        row(false, 3, vec!["x"], vec![], vec![])
            .with("seen", Vec::<i64>::new())
            .with("seen_categories", None::<Vec<i64>>),
        row(true, 4, vec!["y"], vec![], vec!["q"]).with("seen", [1]).with("seen_categories", "[[a, b]]"),
    ]
    .into_iter()
    .collect();
    let (of_rows, _) = Impressions::from_source(&schema, rows, &options()).unwrap();
    for other in [of_csv, of_rows] {
        assert_eq!(other.vocabularies(), log.vocabularies());
        assert_eq!(other.item_table(), log.item_table());
        assert_eq!(batches(&other.epoch(3, 1)), batches(&log.epoch(3, 1)));
    }
}

#[test]
fn the_item_table_has_lists() {
    let (_folder, path) = folder(BAGS, &[("log.jsonl", LINES)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let items = log.item_table().unwrap();
    let categories = log.vocabularies().get("category").unwrap();
    let tags = log.vocabularies().get("tags").unwrap();
    let place = items.place("1").unwrap();
    assert_eq!(items.bag(1, place), [categories.id("a"), categories.id("b")]);
    assert_eq!(items.multi_hot(0, place), [tags.id("x")]);
    assert!(items.bag(1, items.place("3").unwrap()).is_empty());
    // A table of their own, and a log that says nothing of the candidate's categories.
    let own = "item,tags,category,brands\n1,x,c,\n9,y,a|b,q\n";
    let schema = BAGS.replace("width = 4", "width = 4\nitems = \"items.csv\"");
    let (_folder, path) = folder(&schema, &[("log.jsonl", LINES), ("items.csv", own)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let items = log.item_table().unwrap();
    let categories = log.vocabularies().get("category").unwrap();
    assert_eq!(items.bag(1, items.place("1").unwrap()), [categories.id("c")]);
    assert_eq!(items.bag(1, items.place("9").unwrap()), [categories.id("a"), categories.id("b")]);
}

#[test]
fn repeats_are_told_by_their_lists() {
    let line = |categories: &str| {
        format!(
            "{{\"clicked\": 1, \"item\": 1, \"tags\": [], \"category\": [], \"brands\": [], \
             \"seen\": [5, 5, 5, 5], \"seen_categories\": {categories}}}\n"
        )
    };
    let text = line(r#"[["a", "b"], ["a", "b"], ["a"], ["b"]]"#) + &line(r#"[["z"], ["z"], [], ["z"]]"#);
    let schema = BAGS.replace("max_history = 3", "repeats = \"merge-consecutive\"");
    let (_folder, path) = folder(&schema, &[("log.jsonl", &text)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let batch = &batches(&log.epoch(1, 0))[0];
    assert_eq!(batch.histories.events(), 6);
    assert!(log.notes()[0].contains("2 of 8 behaviours"), "{:?}", log.notes());
}

#[test]
fn what_is_wrong_is_told() {
    let wrong = |from: &str, to: &str| {
        assert!(LINES.contains(from), "{from}");
        let (_folder, path) = folder(BAGS, &[("log.jsonl", &LINES.replacen(from, to, 1))]);
        failure(&path, &options())
    };
    let fewer = wrong(r#"[["b"], ["b", "c"], null]"#, r#"[["b"], ["b", "c"]]"#);
    assert!(fewer.contains("line 1, `seen_categories`: found 2 ids beside 3 in its sibling"), "{fewer}");
    let thrice = wrong(r#"[["b"], ["b", "c"], null]"#, r#"[["b"], [["b"], "c"], null]"#);
    assert!(thrice.contains("line 1: `seen_categories`: lists or objects in lists of a list"), "{thrice}");
    let items = wrong("\"seen\": [2, 3, 1]", "\"seen\": [[2], [3], [1]]");
    assert!(items.contains("line 1: `seen`: lists or objects in a list"), "{items}");
    let typed = BAGS.replace(
        "category = { kind = \"sequence\" }",
        "category = { kind = \"sequence\", type = \"integer\" }",
    );
    let (_folder, path) = folder(&typed, &[("log.jsonl", LINES)]);
    let message = failure(&path, &options());
    assert!(message.contains("line 1, `category`: found `a`; expected an integer"), "{message}");
}

#[test]
fn events_have_lists_where_their_columns_say_so() {
    let parse = |text: &str| Schema::parse(text, Path::new("dataset.toml")).map_err(|e| e.to_string());
    let schema = parse(BAGS).unwrap();
    assert_eq!(schema.event_columns(), ["item", "category"]);
    assert!(schema.is_nested("seen_categories") && !schema.is_nested("seen"));
    assert_eq!(parse(&schema.to_toml()).unwrap(), schema);
    let columns = r#"columns = ["seen", "seen_categories"]"#;
    let schema = parse(&BAGS.replace(columns, r#"columns = ["seen"]"#)).unwrap();
    assert_eq!(schema.event_columns(), ["item"]);
    assert!(!schema.is_nested("seen_categories"), "of the user or the moment");
    let candidate = r#"candidate = ["item", "tags", "category", "brands"]"#;
    let lists_first = r#"candidate = ["category", "item"]"#;
    let swapped = r#"columns = ["seen_categories", "seen"]"#;
    let number = "2 columns; expected one for each of the candidate's 1, or as well one for a list of its";
    for (changes, expected) in [
        (&[(candidate, lists_first)][..], number),
        (&[(columns, swapped)], number),
        (&[(columns, r#"columns = ["seen", "tags"]"#)], "`tags` a second time"),
        (
            &[(candidate, lists_first), (columns, swapped)],
            "`candidate`: `category`, which is of lists; expected a column of single ids before those",
        ),
    ] {
        let text = changes.iter().fold(BAGS.to_owned(), |text, (from, to)| text.replace(from, to));
        let message = parse(&text).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}
