//! What a log says of its items.

use dien_serving::encoding::ItemTable;

use super::*;

const SCHEMA: &str = r#"
candidate = ["sku", "category", "tags"]

[source]
files = "log.csv"

[columns]
clicked = { kind = "label" }
at = { kind = "time" }
sku = { kind = "sparse" }
category = { kind = "sparse" }
tags = { kind = "sequence" }
interests = { kind = "sequence" }
seen = { kind = "sequence", shares = "sku" }
seen_categories = { kind = "sequence", shares = "category" }

[[behaviours]]
name = "clicks"
columns = ["seen", "seen_categories"]
"#;

/// Item 7 changes its category, and its tags, and an earlier row comes last; 8 is not always said to have
/// one; 7.0 is 7.
const ROWS: &str = "\
clicked,at,sku,category,tags,interests,seen,seen_categories
1,30,7,b,t1|t2,x,8,a
0,20,8,a,t3,x|y,7,b
1,40,8,,,y,7,a
0,10,7.0,a,t1,,7,a
";

/// The tokens of an item's features.
fn item(log: &Impressions, table: &ItemTable, name: &str) -> [Vec<String>; 3] {
    let place = table.place(name).unwrap();
    let token =
        |table: &str, id: u32| log.vocabularies().get(table).unwrap().token(id).unwrap_or("?").to_owned();
    let tags = table.multi_hot(0, place).iter().map(|&id| token("tags", id)).collect();
    let single = |feature, of| vec![token(of, table.behaviour(feature, place))];
    [single(0, "sku"), single(1, "category"), tags]
}

#[test]
fn the_latest_row_tells_what_an_item_is() {
    let mut rows: Vec<&str> = ROWS.lines().skip(1).collect();
    let mut tables = vec![];
    for _ in 0..rows.len() {
        rows.rotate_left(1);
        let text = format!("{}\n{}\n", ROWS.lines().next().unwrap(), rows.join("\n"));
        let (_folder, path) = folder(SCHEMA, &[("log.csv", &text)]);
        let (log, _) = Impressions::open(&path, &options()).unwrap();
        let table = log.item_table().unwrap().clone();
        assert_eq!((table.key(), table.len()), ("sku", 2));
        assert_eq!(item(&log, &table, "7"), [vec!["7"], vec!["b"], vec!["t1", "t2"]]);
        assert_eq!(item(&log, &table, "8"), [vec!["8"], vec!["a"], vec!["t3"]], "nothing is no value");
        assert_eq!(log.request_lists(), ["interests"]);
        tables.push(table);
    }
    assert!(tables.iter().all(|table| *table == tables[0]), "whatever the order of the rows");
}

/// No item is frequent enough for an id, so that nothing tells that they are numbers.
#[test]
fn items_without_an_id_are_one_whatever_the_form_of_their_text() {
    let schema = SCHEMA.replace(
        "sku = { kind = \"sparse\" }",
        "sku = { kind = \"sparse\", vocabulary = { min_count = 9 } }",
    );
    let doubts = |rows: &str| {
        let (_folder, path) = folder(&schema, &[("log.csv", rows)]);
        let (log, _) = Impressions::open(&path, &options()).unwrap();
        assert_eq!(log.vocabularies().get("sku").unwrap().tokens().len(), 0);
        log.doubts().to_vec()
    };
    let plain = doubts(&ROWS.replace("7.0,", "7,"));
    assert!(plain.join("\n").contains("for 1 of 2 items (by `sku`)"), "{plain:?}");
    assert_eq!(doubts(ROWS), plain);
    assert_eq!(doubts(&ROWS.replace("7.0,", "+7,")), plain);
}

#[test]
fn rows_that_differ_are_counted_and_a_log_without_times_has_the_last() {
    let schema = SCHEMA.replace("at = { kind = \"time\" }\n", "");
    let (_folder, path) = folder(&schema, &[("log.csv", &ROWS.replace("7.0,", "7,"))]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let table = log.item_table().unwrap();
    assert_eq!(item(&log, table, "7"), [vec!["7"], vec!["a"], vec!["t1"]]);
    let doubts = log.doubts().join("\n");
    for column in ["category", "tags"] {
        let expected = format!("`{column}` has more than one value for 1 of 2 items (by `sku`)");
        assert!(doubts.contains(&expected) && doubts.contains("has the last that is read"), "{doubts}");
    }
}

#[test]
fn a_table_of_the_items_counts_where_there_is_one() {
    let schema = format!("items = \"items.csv\"\n{SCHEMA}");
    let items = "tags,sku,more,category\nt1,7,x,b\n,9,x,a\nnew,8.0,x,new\n";
    let (_folder, path) = folder(&schema, &[("log.csv", ROWS), ("items.csv", items)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let table = log.item_table().unwrap();
    assert_eq!(table.len(), 3);
    assert_eq!(item(&log, table, "7"), [vec!["7"], vec!["b"], vec!["t1"]]);
    // What does not train is out of vocabulary, the rest of its item may be known.
    assert_eq!(item(&log, table, "9"), [vec!["?"], vec!["a"], vec![]]);
    assert_eq!(item(&log, table, "8"), [vec!["8"], vec!["?"], vec!["?"]]);
    assert!(log.doubts().iter().all(|doubt| !doubt.contains("more than one value")), "{:?}", log.doubts());
    assert_eq!(Impressions::files(&path).unwrap().len(), 3);
    // Vocabularies that grow keep its ids.
    let (grown, _) =
        Impressions::continuing(&path, log.vocabularies(), log.numbers().to_vec(), &options()).unwrap();
    assert_eq!(grown.item_table(), Some(table));
    fs::write(path.with_file_name("items.csv"), items.replace("category", "class")).unwrap();
    let message = failure(&path, &options());
    assert!(message.contains("items.csv") && message.contains("no column `category`"), "{message}");
}

#[test]
fn what_items_alone_tell_needs_no_table() {
    let schema = SCHEMA
        .replace(r#"candidate = ["sku", "category", "tags"]"#, r#"candidate = ["sku"]"#)
        .replace("category = { kind = \"sparse\" }\n", "")
        .replace("seen_categories = { kind = \"sequence\", shares = \"category\" }\n", "")
        .replace(r#"["seen", "seen_categories"]"#, r#"["seen"]"#);
    let (_folder, path) = folder(&schema, &[("log.csv", ROWS)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    assert!(log.item_table().is_none());
    assert_eq!(log.request_lists(), ["tags", "interests"]);
    let wrong = SCHEMA.replace("\"tags\"]", "\"seen\"]");
    fs::write(&path, wrong).unwrap();
    assert!(failure(&path, &options()).contains("`seen` a second time"), "{}", failure(&path, &options()));
}
