//! The same value is the same id, whatever wrote it.

use dien_serving::encoding::{IdType, Vocabularies, Vocabulary};

use super::*;

const TYPED: &str = r#"
candidate = ["item"]
source = { files = "log.csv" }
behaviours = [{ name = "seen", columns = ["seen"], padding = 0 }]
split = { by = "group", validation = 0.3, test = 0.2, seed = 5 }

[columns]
clicked = { kind = "label" }
user = { kind = "group" }
item = { kind = "sparse" }
hour = { kind = "sparse", vocabulary = { hash = 50 } }
seen = { kind = "sequence", shares = "item" }
tags = { kind = "sequence" }
"#;

/// Rows whose ids `write` writes; what it is given for a row's number tells one writer from another.
fn rows(write: impl Fn(usize, u32) -> String) -> String {
    let mut text = String::from("clicked,user,item,hour,seen,tags\n");
    for i in 0..120_u32 {
        let id = |n: usize, x: u32| write(i as usize + n, x);
        let seen: Vec<String> = (0..i % 5).map(|j| id(j as usize, (i * 7 + j) % 13)).collect();
        let (user, item, hour) = (id(0, 100 + i % 23), id(1, 1 + i % 17), id(2, i % 24));
        writeln!(text, "{},{user},{item},{hour},{},t{}", i % 2, seen.join("|"), i % 3).unwrap();
    }
    text
}

fn open(schema: &str, text: &str) -> (TempDir, Impressions) {
    let (folder, path) = folder(schema, &[("log.csv", text)]);
    let (log, skipped) = Impressions::open(&path, &options()).unwrap();
    assert_eq!(skipped.rows, 0);
    (folder, log)
}

fn id_type(log: &Impressions, table: &str) -> Option<IdType> {
    log.vocabularies().get(table).unwrap().id_type()
}

fn all_batches(log: &Impressions) -> Vec<Batch> {
    [log.epoch(3, 0), log.validation(), log.test()].iter().flat_map(batches).collect()
}

#[test]
fn integers_are_the_same_however_they_are_written() {
    let (_folder, plain) = open(TYPED, &rows(|_, x| x.to_string()));
    let [item, hour, tags] = ["item", "hour", "tags"].map(|table| id_type(&plain, table));
    assert_eq!([item, hour, tags], [IdType::Integer, IdType::Integer, IdType::Text].map(Some));
    // Those of 0 to 17 that are no padding.
    let item = plain.vocabularies().get("item").unwrap();
    assert_eq!(item.tokens().len(), 17);
    let expected = all_batches(&plain);
    assert!(expected.iter().any(|batch| batch.targets.label.contains(&1.0)));
    let write = |n: usize, x: u32| match n % 6 {
        0 => format!(" {x}"),
        1 => format!("{x}.0"),
        2 => format!("+{x}"),
        3 => format!("{x}.00 "),
        4 => format!("{x}.0e+0"),
        _ => x.to_string(),
    };
    let (_folder, mixed) = open(TYPED, &rows(write));
    assert_eq!(mixed.vocabularies(), plain.vocabularies());
    assert!(all_batches(&mixed) == expected, "the same groups, splits, histories and ids");
}

#[test]
fn leading_zeros_and_words_make_a_column_text() {
    for odd in ["007", "x7", "0x7"] {
        let (_folder, log) = open(TYPED, &rows(|_, x| if x == 5 { odd.into() } else { format!(" {x}") }));
        assert_eq!(id_type(&log, "item"), Some(IdType::Text));
        let item = log.vocabularies().get("item").unwrap();
        assert!(item.id("7") > 0 && item.id(" 7") == item.id("7") && item.id("7.0") == 0, "{odd}");
        assert_ne!(item.id("007"), item.id("7"));
    }
}

#[test]
fn a_cell_of_another_type_than_is_declared_is_told_or_left_out() {
    let schema =
        TYPED.replace("item = { kind = \"sparse\"", "item = { type = \"integer\", kind = \"sparse\"");
    let schema = schema.replace("split = ", "# split = ");
    let good = rows(|_, x| format!("{x}.0"));
    for (at, wrong, expected) in [
        (
            3,
            "i7",
            "line 5, `item`: found `i7`; expected an integer of up to 38 digits, without leading zeros",
        ),
        (5, "1.0|007", "line 5, `seen`: found `007`; expected an integer"),
    ] {
        let mut lines: Vec<String> = good.lines().map(String::from).collect();
        let mut fields: Vec<&str> = lines[4].split(',').collect();
        fields[if at == 3 { 2 } else { 4 }] = wrong;
        lines[4] = fields.join(",");
        let (_folder, path) = folder(&schema, &[("log.csv", &(lines.join("\n") + "\n"))]);
        let message = failure(&path, &options());
        assert!(message.contains(expected), "{message}");
        let (log, skipped) = Impressions::open(&path, &options().with_on_error(OnError::Skip)).unwrap();
        let read: usize = batches(&log.epoch(1, 0)).iter().map(|batch| batch.targets.len()).sum();
        assert_eq!((skipped.rows, log.epoch(1, 0).targets(), read), (1, Some(119), 119));
        // To be scored, the row has an id that is out of vocabulary.
        let vocabularies = log.vocabularies().clone();
        let log = Impressions::with_vocabularies(&path, vocabularies, vec![], &options()).unwrap();
        let mut scored = 0;
        log.prediction_batches(&log.schema().source, &[], |block| {
            scored += block.batches.iter().map(|(_, rows)| rows.len()).sum::<usize>();
            true
        })
        .unwrap();
        assert_eq!(scored, 120);
    }
}

/// A model of before ids had types reads them as they are written.
#[test]
fn without_types_ids_are_texts_as_they_are_written() {
    let (_folder, path) = folder(TYPED, &[("log.csv", &rows(|_, x| format!("{x}.0")))]);
    let tokens = |of: &[&str]| Vocabulary::from_tokens(of).unwrap();
    let vocabularies = Vocabularies::from_parts(vec![
        ("item".into(), tokens(&["1", "2.0", "3"])),
        ("hour".into(), Vocabulary::hashed(50)),
        ("tags".into(), tokens(&["t1"])),
    ]);
    let log = Impressions::with_vocabularies(&path, vocabularies.clone(), vec![], &options()).unwrap();
    let known: HashSet<u32> =
        all_batches(&log).iter().flat_map(|batch| batch.targets.candidate[0].clone()).collect();
    assert_eq!(known, [0, 2].into(), "2.0 is known, 1.0 and 3.0 are not");
    let (longer, _) = Impressions::continuing(&path, &vocabularies, vec![], &options()).unwrap();
    let item = longer.vocabularies().get("item").unwrap();
    assert!(item.id_type().is_none() && item.tokens().take(3).eq(["1", "2.0", "3"]));
    let more: Vec<&str> = item.tokens().skip(3).collect();
    assert!(more.iter().all(|token| token.ends_with(".0")), "{more:?}");
}

#[test]
fn a_model_s_types_stand_over_what_a_new_day_looks_like() {
    let (_folder, log) = open(TYPED, &rows(|_, x| x.to_string()));
    let more = rows(|n, x| match n {
        40 => "new".into(),
        _ => format!("{}.0", x + 5),
    });
    let (_folder, path) = folder(TYPED, &[("log.csv", &more)]);
    let (longer, _) = Impressions::continuing(&path, log.vocabularies(), vec![], &options()).unwrap();
    let [before, after] = [&log, &longer].map(|log| log.vocabularies().get("item").unwrap());
    assert_eq!(after.id_type(), Some(IdType::Integer));
    assert!(before.tokens().len() == 17 && after.tokens().take(17).eq(before.tokens()));
    let added: HashSet<&str> = after.tokens().skip(17).collect();
    assert!(added.iter().all(|token| token.parse::<u32>().is_ok_and(|x| x > 17)), "{added:?}");
    assert_eq!(after.id("22.0"), after.id("22"));
    let declared = TYPED.replace("item = { kind", "item = { type = \"text\", kind");
    fs::write(&path, declared).unwrap();
    let message =
        Impressions::continuing(&path, log.vocabularies(), vec![], &options()).unwrap_err().to_string();
    assert!(
        message.contains("column `item`: the type `text`; expected `integer`, as the model has"),
        "{message}"
    );
}

/// The types stand in the schema that a run keeps, and a schema without them means the same.
#[test]
fn what_was_found_is_stated() {
    let (folder, log) = open(TYPED, &rows(|_, x| format!("{x}.0")));
    let text = log.schema().to_toml();
    let own = crate::schema::Schema::load(&folder.path().join("dataset.toml")).unwrap();
    assert!(text.contains("type = \"integer\"") && own.agrees_with(log.schema()), "{text}");
    assert_eq!(own.columns["item"].id_type, None);
    assert_eq!(log.schema().columns["seen"].id_type, None, "it is the vocabulary's");
}

#[test]
fn ids_of_a_file_are_one_however_the_log_writes_them() {
    let schema = TYPED.replace(
        "item = { kind = \"sparse\"",
        "item = { kind = \"sparse\", vocabulary = { file = \"ids.txt\" }",
    );
    let log = |ids: &str, write: &dyn Fn(usize, u32) -> String| {
        let (folder, path) = folder(&schema, &[("log.csv", &rows(write)), ("ids.txt", ids)]);
        Impressions::open(&path, &options()).map(|(log, _)| (folder, log)).map_err(|e| e.to_string())
    };
    let (_a, plain) = log("5\n3\n", &|_, x| x.to_string()).unwrap();
    let (_b, floats) =
        log("5.0\n3.0\n", &|_, x| if x == 9 { "none".into() } else { format!("{x}.0") }).unwrap();
    assert_eq!(plain.vocabularies().get("item"), floats.vocabularies().get("item"));
    assert!(all_batches(&plain) == all_batches(&floats) || id_type(&floats, "hour") == Some(IdType::Text));
    let message = log("5\n5.0\n", &|_, x| x.to_string()).unwrap_err();
    assert!(message.contains("ids.txt") && message.contains("`5.0`"), "{message}");
}

/// Padding is told by the first column of its sequence alone, and however it is written.
#[test]
fn padding_takes_no_id_from_other_columns() {
    let schema = SCHEMA.replace("padding = \"0\"", "padding = \"0\"\norder = \"oldest_first\"");
    let rows = "clicked,user,item,category,hour,price,age,seen_items,seen_categories,tags\n\
                1,ann,1,1,7,1,1,2|3,0|1,\n\
                0,bob,2,1,7,1,1,3|0|0.0| 0,2|0|0|0,\n";
    let (_folder, path) = folder(&schema, &[("log.csv", rows)]);
    let (log, _) = Impressions::open(&path, &options()).unwrap();
    let category = log.vocabularies().get("category").unwrap();
    let mut tokens: Vec<&str> = category.tokens().collect();
    tokens.sort_unstable();
    assert_eq!(tokens, ["0", "1", "2"], "0 is a category, where the item is none of padding");
    assert_eq!(log.vocabularies().get("item").unwrap().id("0"), 0);
    let batch = &batches(&log.epoch(1, 0))[0];
    let mut seen: Vec<usize> = batch.histories.offsets.windows(2).map(|w| (w[1] - w[0]) as usize).collect();
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
    let categories: HashSet<u32> = batch.histories.ids[1].iter().copied().collect();
    assert_eq!(categories, ["0", "1", "2"].map(|token| category.id(token)).into());
}

#[cfg(feature = "parquet")]
mod parquet {
    use super::*;
    use crate::impressions::tests::parquet::write;
    use crate::source::{Column, Field, TextLists, TimeUnit};

    const KINDS: &str = r#"
candidate = ["item"]
source = { files = "log.parquet" }
behaviours = [{ name = "seen", columns = ["seen"] }]

[columns]
clicked = { kind = "label" }
item = { kind = "sparse" }
seen = { kind = "sequence", shares = "item" }
new = { kind = "sparse" }
score = { kind = "sparse" }
day = { kind = "sparse" }
at = { kind = "sparse" }
"#;

    /// A truth value, a number of 32 bits, a day and a moment, as Parquet has them and as pandas writes them.
    fn both(folder: &Path, item: Column) {
        let mut seen = TextLists::default();
        [&["3", "1"][..], &[], &["2"], &["1"]].iter().for_each(|list| seen.push(list.iter().copied()));
        let some = |of: [i64; 4]| of.map(Some).into_iter().collect();
        let columns = vec![
            Column::Int(some([1, 0, 1, 0])),
            item,
            seen.into(),
            Column::Bool([Some(true), Some(false), None, Some(true)].into_iter().collect()),
            Column::Float32([0.1, 0.7, 2.0, 1.8].map(Some).into_iter().collect()),
            Column::Time(TimeUnit::Days, some([19_723, 19_724, 0, -1])),
            Column::Time(TimeUnit::Microseconds, some([1_704_067_200_000_000, 500_000, 0, -1])),
        ];
        let names = ["clicked", "item", "seen", "new", "score", "day", "at"];
        let fields = names.iter().zip(&columns).map(|(name, column)| Field::like(name, column)).collect();
        write(&folder.join("log.parquet"), fields, columns);
        let text = "clicked,item,seen,new,score,day,at\n\
                    1,1.0,3|1,True,0.1,2024-01-01,2024-01-01 00:00:00\n\
                    0,2.0,,False,0.7,2024-01-02,1970-01-01 00:00:00.500000\n\
                    1,3.0,2,,2.0,1970-01-01,1970-01-01 00:00:00\n\
                    0,1.0,1,True,1.8,1969-12-31,1969-12-31 23:59:59.999999\n";
        fs::write(folder.join("log.csv"), text).unwrap();
    }

    #[test]
    fn a_value_of_any_type_is_one_id_in_parquet_and_csv() {
        let ids = [1_i64, 2, 3, 1];
        for item in [
            Column::Int(ids.map(Some).into_iter().collect()),
            Column::Float(ids.map(|id| Some(id as f64)).into_iter().collect()),
            Column::Text(["1", "2", "3", "1"].map(Some).into_iter().collect()),
        ] {
            let (folder, parquet) = folder(KINDS, &[]);
            both(folder.path(), item);
            let csv = folder.path().join("csv.toml");
            fs::write(&csv, KINDS.replace("log.parquet", "log.csv")).unwrap();
            let logs = [&parquet, &csv].map(|path| Impressions::open(path, &options()).unwrap().0);
            let types = ["item", "new", "score", "day", "at"].map(|table| id_type(&logs[0], table).unwrap());
            use IdType::{Boolean, Date, Integer, Number, Timestamp};
            assert_eq!(types, [Integer, Boolean, Number, Date, Timestamp]);
            assert_eq!(logs[0].vocabularies(), logs[1].vocabularies());
            assert_eq!(batches(&logs[0].epoch(1, 0)), batches(&logs[1].epoch(1, 0)));
            // Trained on the one, scored on the other.
            for (trained, other) in [(&logs[0], &csv), (&logs[1], &parquet)] {
                let vocabularies = trained.vocabularies().clone();
                let scored = Impressions::with_vocabularies(other, vocabularies, vec![], &options()).unwrap();
                assert_eq!(batches(&scored.epoch(1, 0)), batches(&trained.epoch(1, 0)));
                assert!(batches(&scored.epoch(1, 0))[0].targets.candidate[0].iter().all(|&id| id > 0));
            }
        }
    }

    #[test]
    fn without_types_values_of_parquet_have_the_texts_of_before() {
        let (folder, path) = folder(KINDS, &[]);
        both(folder.path(), Column::Int([1, 2, 3, 1].map(Some).into_iter().collect()));
        let tokens = |of: &[&str]| Vocabulary::from_tokens(of).unwrap();
        let vocabularies = Vocabularies::from_parts(vec![
            ("item".into(), tokens(&["1", "2", "3"])),
            ("new".into(), tokens(&["0", "1"])),
            (
                "score".into(),
                tokens(&["0.10000000149011612", "0.699999988079071", "1.7999999523162842", "2"]),
            ),
            ("day".into(), tokens(&["-1", "0", "19723", "19724"])),
            ("at".into(), tokens(&["-1", "0", "500000", "1704067200000000"])),
        ]);
        let log = Impressions::with_vocabularies(&path, vocabularies, vec![], &options()).unwrap();
        let batch = &batches(&log.epoch(1, 0))[0];
        let ids = batch.targets.sparse.iter().map(|ids| ids.iter().copied().filter(|&id| id == 0).count());
        assert_eq!(ids.collect::<Vec<_>>(), [1, 0, 0, 0], "a missing truth value alone is unknown");
    }
}
