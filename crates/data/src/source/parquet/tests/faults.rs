//! What is wrong with a file is said, and nothing panics.

use ::parquet::data_type::*;

use super::lists::parquet;
use super::*;
use crate::source::tests as csv;

#[test]
fn what_is_no_whole_file_is_told() {
    let (folder, whole) = (tempfile::tempdir().unwrap(), parquet());
    for (name, bytes) in [
        ("cut.parquet", &whole[..whole.len() / 2]),
        ("text.parquet", csv::CSV.as_bytes()),
        ("empty.parquet", &[][..]),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
        let message = csv::rows(folder.path(), name, 10).unwrap_err();
        assert!(message.contains(name) && message.ends_with("expected a whole Parquet file"), "{message}");
    }
}

#[test]
fn a_value_that_cannot_be_is_told_with_its_rows_and_column() {
    let texts = [b"fine".to_vec(), vec![0xff]].map(ByteArray::from);
    let late = Int96::from(vec![0, 0, u32::MAX]);
    for (of, column, expected) in [
        ("required binary c (STRING);", raw::<ByteArrayType>(&texts, &[], &[]), "a text that is not UTF-8"),
        (
            "required binary c (DECIMAL(5,2));",
            raw::<ByteArrayType>(&[ByteArray::from(vec![1]), ByteArray::from(vec![])], &[], &[]),
            "a decimal of no bytes",
        ),
        ("required int96 c;", raw::<Int96Type>(&[Int96::new(), late], &[], &[]), "a time that is not within"),
        (
            "required int32 c (UNKNOWN);",
            raw::<Int32Type>(&[1, 2], &[], &[]),
            "a value where the type says that there is none",
        ),
    ] {
        let folder = folder(&file(of, &[vec![column]], WriterProperties::default()));
        let message = read(&folder, vec![wanted("c", false)], 10).unwrap_err();
        assert!(message.contains(&format!("from row 1 on: column `c`: {expected}")), "{message}");
        assert!(message.ends_with("expected a whole Parquet file"), "{message}");
    }
}

#[test]
fn rows_before_a_damage_are_read_and_none_after_it() {
    let texts = [b"a".to_vec(), b"b".to_vec(), vec![0xff], b"d".to_vec()].map(ByteArray::from);
    let column = raw::<ByteArrayType>(&texts, &[], &[]);
    let folder = folder(&file("required binary c (STRING);", &[vec![column]], WriterProperties::default()));
    let path = folder.path().join("log.parquet");
    let mut blocks = blocks(&path, &Source::default(), &[wanted("c", false)], 2).unwrap();
    assert_eq!(shown(&blocks.next().unwrap().unwrap().columns[0]), r#"text "a" "b""#);
    let message = blocks.next().unwrap().unwrap_err().to_string();
    assert!(message.contains("from row 3 on: column `c`"), "{message}");
    assert!(blocks.next().is_none());
}

#[test]
fn no_damage_panics() {
    let whole = parquet();
    let columns = || vec![wanted("user", false), wanted("seen", true), wanted("price", false)];
    let mut failed = 0;
    for at in 4..whole.len() - 4 {
        for with in [0x00, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = with;
            let folder = folder(&bytes);
            let path = folder.path().join("log.parquet");
            let read = blocks(&path, &Source::default(), &columns(), 2).and_then(|blocks| {
                { blocks }.try_for_each(|block| block.map(|block| assert!(block.rows <= 2)))
            });
            failed += u32::from(read.is_err());
        }
    }
    assert!(failed > 500, "{failed} of {}", 2 * (whole.len() - 8));
}
