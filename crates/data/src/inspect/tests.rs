//! A log of impressions, looked at.

use std::fs;

use dien_serving::encoding::IdType;

use super::*;
use crate::schema::ColumnKind;

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
