//! A log of impressions, looked at.

use std::fs;

use dien_serving::encoding::IdType;

use super::*;
use crate::schema::{ColumnKind, MissingValue};

const LOG: &str = "\
user_id,ts,item,category,price,clicked,seen,seen_categories,bought,note
u1,100,i1,c1,2.5,1,i2|i3,c2|c1,,
u1,101,i2,c2,1,0,i2|i3|i1,c2|c1|c1,i1,
u2,102,i3,c1,0.25,0,,,,
u2,103,i1,c1,7.75,0,i3,c1,i2|i3,
";

fn stats(rows: Option<u64>) -> TableStats {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.csv"), LOG).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    TableStats::of(&source, folder.path(), rows).unwrap()
}

#[test]
fn counts_what_is_there() {
    let stats = stats(None);
    assert_eq!(stats.rows(), 4);
    let column = |name: &str| stats.columns().iter().find(|c| c.name() == name).unwrap();
    assert_eq!((column("item").distinct(), column("item").cells()), ((3, true), 4));
    assert_eq!(column("price").range(), Some((0.25, 7.75)));
    assert_eq!(column("user_id").range(), None);
    let seen = column("seen");
    assert_eq!((seen.longest(), seen.cells(), seen.distinct().0), (3, 6, 3));
    assert_eq!(seen.lengths(), [1, 1, 2], "lists of 0, of 1, and of 2 or 3");
    let text = stats.to_string();
    assert!(
        text.contains("seen: lists of up to 3, 6 texts, 3 distinct, 0 missing; such as i2, i3, i1"),
        "{text}"
    );
    assert!(text.contains("       2 to 3         2 ████████████████████\n"), "{text}");
}

#[test]
fn proposes_a_schema_that_passes_its_own_check() {
    let proposed = stats(None).propose();
    let schema = Schema::parse(&proposed.to_toml(), Path::new("proposed")).unwrap();
    assert_eq!(schema, proposed);
    let kinds = |kind| schema.of_kind(kind).map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(kinds(ColumnKind::Label), ["clicked"]);
    assert_eq!(kinds(ColumnKind::Group), ["user_id"]);
    assert_eq!(kinds(ColumnKind::Time), ["ts"]);
    assert_eq!(kinds(ColumnKind::Sparse), ["item", "category", "price"], "four prices may be anything");
    assert_eq!(kinds(ColumnKind::Sequence), ["seen", "seen_categories", "bought"]);
    assert_eq!((schema.vocabulary_of("seen"), schema.vocabulary_of("seen_categories")), ("item", "category"));
    assert_eq!(schema.candidate, ["item", "category"]);
    assert_eq!(schema.behaviours.len(), 1, "what was bought has no categories");
    assert!(!schema.columns.contains_key("note"), "it holds nothing");
    assert_eq!(schema.behaviours[0].columns, ["seen", "seen_categories"]);
}

#[test]
fn looks_at_as_many_rows_as_it_should() {
    let stats = stats(Some(2));
    assert_eq!((stats.rows(), stats.columns()[0].cells(), stats.columns()[0].distinct().0), (2, 2, 1));
}

/// As pandas writes integers beside a missing one.
#[test]
fn ids_are_one_however_they_are_written_and_their_type_is_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("clicked,item,seen\n");
    for i in 0..40 {
        text += &format!("{},{}.0,{}| {}\n", i % 2, i % 20, i % 19, (i + 1) % 19);
    }
    text += "1,,\n";
    fs::write(folder.path().join("log.csv"), text).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let propose = |rows| TableStats::of(&source, folder.path(), rows).unwrap().propose();
    let schema = propose(None);
    let item = &schema.columns["item"];
    assert_eq!((item.kind, item.id_type), (ColumnKind::Sparse, Some(IdType::Integer)));
    assert_eq!((schema.vocabulary_of("seen"), schema.columns["seen"].id_type), ("item", None));
    assert_eq!(propose(Some(20)).columns["item"].id_type, None, "the other rows may hold anything");
}

#[test]
fn lists_are_seen_however_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    for (lists, separator) in [(["3^1", "2", "1^2^3"], Some("^")), (["[3, 1]", "[2]", "[1, 2, 3]"], None)] {
        let mut text = String::from("clicked,item,seen,title\n");
        for i in 0..9 {
            text += &format!("{},{},\"{}\",The {i} of 9\n", i % 2, 1 + i % 3, lists[i % 3]);
        }
        fs::write(folder.path().join("log.csv"), text + "1,2,,Home | Garden\n").unwrap();
        let source = Source { files: Some("log.csv".into()), ..Source::default() };
        let schema = TableStats::of(&source, folder.path(), None).unwrap().propose();
        assert_eq!(schema.source.csv.separator.as_deref(), separator);
        assert_eq!(schema.vocabulary_of("seen"), "item");
        assert_eq!(schema.columns["title"].kind, ColumnKind::Sparse);
        assert_eq!(schema.behaviours[0].columns, ["seen"]);
    }
}

#[test]
fn a_first_line_that_looks_like_a_row_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.csv"), "1,7,a|b,0.5\n0,8,a,0.25\n").unwrap();
    let mut source = Source { files: Some("log.csv".into()), ..Source::default() };
    let stats = TableStats::of(&source, folder.path(), None).unwrap();
    assert!(stats.to_string().contains("warning: the first line looks like a row"), "{stats}");
    source.csv.header = Some(false);
    let stats = TableStats::of(&source, folder.path(), None).unwrap();
    assert_eq!((stats.rows(), stats.columns()[2].name()), (2, "column_3"));
    assert!(stats.warnings().is_empty());
}

#[test]
fn the_greatest_integers_are_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("id,big\n{},{}\n{},7\n", i64::MAX, u64::MAX, i64::MIN);
    fs::write(folder.path().join("log.csv"), text).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let shown = TableStats::of(&source, folder.path(), None).unwrap().to_string();
    assert!(shown.contains(", -9223372036854775808 to 9223372036854775807;"), "{shown}");
    assert!(shown.contains(", 7 to 18446744073709551615;"), "{shown}");
}

fn proposal(text: &str) -> Proposal {
    proposal_as(text, &ColumnRoles::default())
}

fn proposal_as(text: &str, roles: &ColumnRoles) -> Proposal {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.csv"), text).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let proposal = TableStats::of(&source, folder.path(), None).unwrap().proposal(roles).unwrap();
    // Whatever is proposed trains, where it is said to.
    if proposal.form() == LogForm::Impressions {
        let path = folder.path().join("dataset.toml");
        fs::write(&path, proposal.to_toml()).unwrap();
        assert_eq!(&Schema::load(&path).unwrap(), proposal.schema());
        let (log, skipped) = crate::Impressions::open(&path, &crate::DataOptions::default()).unwrap();
        assert_eq!(skipped.rows, 0);
        if proposal.schema().split.is_some() {
            let targets = |stream: crate::Stream<'_>| {
                let mut targets = 0;
                stream
                    .for_each(0, |batch| {
                        targets += batch.targets.label.len();
                        true
                    })
                    .unwrap();
                targets
            };
            assert!(targets(log.validation()) > 0 && targets(log.test()) > 0);
        }
    }
    proposal
}

#[track_caller]
fn tells(proposal: &Proposal, said: &str) {
    assert!(proposal.notes().iter().any(|note| note.contains(said)), "{said}: {:#?}", proposal.notes());
}

/// As pandas writes a frame with an index, missing numbers and a label of floats.
fn frame(rows: usize, times: bool) -> String {
    let mut text = String::from("Unnamed: 0,clk,nonclk,time_ms,item_id,price,age,hist_items,pid\n");
    for i in 0..rows {
        let click = i % 3 % 2;
        let price = if i % 5 == 0 { "NA".into() } else { format!("{}.25", i % 40) };
        let age = if i % 7 == 0 { String::new() } else { format!("{}.0", 20 + i % 30) };
        let time =
            if times { format!("{}", 1_700_000_000_000_u64 + 60_000 * i as u64) } else { String::new() };
        let list = format!("[{}, {}]", i % 9, (i + 4) % 9);
        text += &format!("{i},{click}.0,{},{time},{},{price},{age},\"{list}\",{}\n", 1 - click, i % 9, i % 4);
    }
    text
}

#[test]
fn what_pandas_writes_is_proposed_whole() {
    let found = proposal(&frame(300, true));
    assert_eq!(found.form(), LogForm::Impressions);
    let schema = found.schema();
    let kind = |name: &str| schema.columns.get(name).map(|column| column.kind);
    assert_eq!(kind("clk"), Some(ColumnKind::Label));
    assert_eq!((kind("Unnamed: 0"), kind("nonclk")), (None, None));
    assert_eq!((kind("time_ms"), kind("price")), (Some(ColumnKind::Time), Some(ColumnKind::Dense)));
    tells(&found, "`nonclk` left out: it is 1 - `clk`");
    tells(&found, "`Unnamed: 0` left out: it numbers the rows");
    tells(&found, "in milliseconds, from 1700000000000 (2023-11-14T22:13:20Z) to");
    tells(&found, "`NA` read as missing");
    tells(&found, "`hist_items` read as lists");
    tells(&found, "split by `time_ms`: from 1700014400000 on rows validate, from 1700016200000 on they test");
    // A fifth of the prices: the mean of the others, rounded to four digits.
    let prices: Vec<f64> = (0..300).filter(|i| i % 5 != 0).map(|i| f64::from(i % 40) + 0.25).collect();
    let mean = prices.iter().sum::<f64>() / prices.len() as f64;
    let Some(MissingValue::Number(default)) = schema.columns["price"].default else { panic!("{schema:?}") };
    assert!((default - mean).abs() < 0.01, "{default} {mean}");
    let text = found.to_toml();
    assert!(text.contains("# 60 of 300 missing: they count as the mean\n[columns.price]\n"), "{text}");
    assert!(text.contains("reads them as numbers\n[columns.age]\n"), "{text}");
}

#[test]
fn users_are_split_however_few_and_nothing_is_said_aloud() {
    for users in [3, 7, 50] {
        let mut text = String::from("user,y,item,seen\n");
        (0..200)
            .for_each(|i| text += &format!("u{},{},{},{}|{}\n", i % users, i % 2, i % 9, i % 8, (i + 1) % 9));
        tells(&proposal(&text), "split by `user`: a tenth of them validates");
    }
    let found = proposal(&frame(60, false));
    assert!(found.schema().split.is_none());
    tells(&found, "nothing validates or tests");
}

#[test]
fn what_is_ambiguous_is_told_and_settled_by_a_role() {
    let mut text = String::from("a,b,item,seen\n");
    (0..60).for_each(|i| text += &format!("{},{},{},{}|{}\n", i % 2, i / 2 % 2, i % 9, i % 8, (i + 1) % 9));
    let found = proposal(&text);
    assert_eq!(found.form(), LogForm::Unknown);
    assert_eq!(found.lacks(), "`a`, `b` may be the label: `--label COLUMN` says which");
    let found = proposal_as(&text, &ColumnRoles::default().with_label(Some("b".into())));
    assert_eq!((found.form(), found.roles().label.as_deref()), (LogForm::Impressions, Some("b")));
    assert_eq!(found.schema().columns["a"].kind, ColumnKind::Sparse);
    let events = "reviewer,thing,when\n".to_owned() + &"u,i,5\nv,j,6\n".repeat(9);
    let found = proposal(&events);
    assert_eq!(found.form(), LogForm::Unknown);
    let lacks = found.lacks();
    assert!(
        lacks.contains("the user (`--user COLUMN`), nor the item (`--item COLUMN`), nor the time"),
        "{lacks}"
    );
    let roles = ColumnRoles::default().with_user(Some("reviewer".into())).with_item(Some("thing".into()));
    let found = proposal_as(&events, &roles.with_time(Some("when".into())));
    assert_eq!(found.form(), LogForm::Events);
    assert_eq!(found.event_columns().unwrap(), "user=reviewer,item=thing,time=when".parse().unwrap());
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.csv"), &events).unwrap();
    let stats = TableStats::of(&source, folder.path(), None).unwrap();
    let message =
        stats.proposal(&ColumnRoles::default().with_user(Some("usr".into()))).unwrap_err().to_string();
    assert!(
        message.contains("no column `usr` for the user; expected `reviewer`, `thing`, `when`"),
        "{message}"
    );
}

#[test]
fn events_are_told_from_impressions() {
    let found =
        proposal("userId,movieId,rating,timestamp,genres\n1,2,4.5,964982703,a\n1,3,3.0,964982931,b\n");
    assert_eq!(found.form(), LogForm::Events);
    let expected = "user=userId,item=movieId,time=timestamp,rating=rating,category=genres";
    assert_eq!(found.event_columns().unwrap(), expected.parse().unwrap());
    assert_eq!(found.roles().label, None);
    let shown = proposal("user_id,video_id,is_click,time_ms\n1,2,1,1650000000000\n1,3,0,1650000060000\n");
    assert_eq!((shown.form(), shown.roles().label.as_deref()), (LogForm::Events, Some("is_click")));
}

#[test]
fn other_dialects_padding_and_dates_are_seen() {
    let mut text = String::from("label;user;date;item;hist;extra\n");
    for i in 0..120 {
        let date = format!("2023-11-{:02}T0{}:00:00Z", 1 + i / 5, i % 5);
        let list = format!("{}|{}|0|0", 1 + i % 6, 1 + (i + 1) % 6);
        text += &format!("{};u1;{date};{};{list};{}\n", ["true", "false"][i % 2], 1 + i % 6, 500 + i);
    }
    let found = proposal(&text);
    assert_eq!(found.schema().source.csv.delimiter, Some(';'));
    tells(&found, "fields stand between ';'");
    tells(&found, "`hist` is filled up with `0`");
    tells(&found, "`extra` left out: hardly one of its ids comes twice");
    tells(&found, "`date` is in seconds, from 2023-11-01T00:00:00Z to 2023-11-24T04:00:00Z");
    assert_eq!(found.schema().behaviours[0].padding.as_deref(), Some("0"));
    let text = found.to_toml();
    assert!(text.contains("test_from = \"2023-11-22T"), "{text}");
}

#[test]
fn lists_that_are_missing_by_a_word_are_read() {
    let mut text = String::from("user,y,item,seen\n");
    (0..90).for_each(|i| {
        let seen = if i % 4 == 0 { "NULL".into() } else { format!("{}|{}", i % 8, (i + 1) % 9) };
        text += &format!("u{},{},{},{seen}\n", i % 9, i % 2, i % 9);
    });
    let found = proposal(&text);
    assert_eq!(found.form(), LogForm::Impressions);
    tells(&found, "read as missing, by `null`");
}

#[test]
fn a_row_that_cannot_be_read_says_nothing_of_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.csv"), format!("{LOG}4 rows selected.\n")).unwrap();
    let source = Source { files: Some("log.csv".into()), ..Source::default() };
    let with_foot = TableStats::of(&source, folder.path(), None).unwrap();
    let proposal = with_foot.proposal(&ColumnRoles::default()).unwrap();
    assert_eq!(proposal.to_toml(), stats(None).proposal(&ColumnRoles::default()).unwrap().to_toml());
    let told = proposal.notes().iter().any(|note| note.contains("1 row cannot be read"));
    assert!(told, "{:?}", proposal.notes());
}
