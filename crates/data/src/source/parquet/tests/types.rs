//! Every type that is read, and what is no such type.

use ::parquet::data_type::*;

use super::*;
use crate::source::Unread;

fn bytes(of: &[u8]) -> ByteArray {
    ByteArray::from(of.to_vec())
}

fn fixed(of: impl AsRef<[u8]>) -> FixedLenByteArray {
    FixedLenByteArray::from(of.as_ref().to_vec())
}

fn int96(day: u32, nanosecond: u64) -> Int96 {
    Int96::from(vec![nanosecond as u32, (nanosecond >> 32) as u32, day])
}

/// Types, three cells of each, and what they are read as.
fn every_type() -> Vec<(&'static str, Raw, &'static str)> {
    let integer = cells::<Int32Type>;
    let long = cells::<Int64Type>;
    let text = || cells::<ByteArrayType>(bytes(b"a"), bytes(b""));
    let times = || long(i64::MAX, -1);
    let half = |x: f32| fixed(half::f16::from_f32(x).to_le_bytes());
    let wide = |x: i128| fixed(x.to_be_bytes());
    let nines = [&[0; 15][..], &(10_i128.pow(38) - 1).to_be_bytes()].concat();
    vec![
        ("boolean c", cells::<BoolType>(true, false), "bool true - false"),
        ("int32 c", integer(i32::MIN, 7), "int -2147483648 - 7"),
        ("int32 c (INTEGER(8,true))", integer(-128, 127), "int -128 - 127"),
        ("int32 c (INT_16)", integer(-32768, 32767), "int -32768 - 32767"),
        ("int32 c (INTEGER(8,false))", integer(255, 0), "int 255 - 0"),
        ("int32 c (UINT_16)", integer(65535, 0), "int 65535 - 0"),
        ("int32 c (INTEGER(32,false))", integer(-1, 0), "int 4294967295 - 0"),
        ("int64 c", long(i64::MIN, i64::MAX), "int -9223372036854775808 - 9223372036854775807"),
        ("int64 c (INT_64)", long(-3, 3), "int -3 - 3"),
        ("int64 c (INTEGER(64,false))", long(-1, 0), r#"text "18446744073709551615" - "0""#),
        ("int64 c (UINT_64)", long(1, i64::MIN), r#"text "1" - "9223372036854775808""#),
        // Days.
        ("int32 c (DATE)", integer(-1, 19_723), "days -1 - 19723"),
        ("int64 c (TIMESTAMP(MILLIS,true))", times(), "ms 9223372036854775807 - -1"),
        ("int64 c (TIMESTAMP(MICROS,false))", times(), "us 9223372036854775807 - -1"),
        ("int64 c (TIMESTAMP(NANOS,true))", times(), "ns 9223372036854775807 - -1"),
        ("int64 c (TIMESTAMP_MILLIS)", times(), "ms 9223372036854775807 - -1"),
        ("int64 c (TIMESTAMP_MICROS)", times(), "us 9223372036854775807 - -1"),
        // Nanoseconds; the second is in the year 1969.
        (
            "int96 c",
            cells::<Int96Type>(int96(2_440_589, 5), int96(2_440_587, 86_399_999_999_999)),
            "ns 86400000000005 - -1",
        ),
        (
            "fixed_len_byte_array(2) c (FLOAT16)",
            cells::<FixedLenByteArrayType>(half(1.5), half(-0.125)),
            "float 1.5 - -0.125",
        ),
        ("float c", cells::<FloatType>(0.1, f32::NAN), "float32 0.1 - NaN"),
        ("double c", cells::<DoubleType>(0.1, f64::INFINITY), "float 0.1 - inf"),
        ("int32 c (DECIMAL(9,2))", integer(12_345, -1), "float 123.45 - -0.01"),
        ("int64 c (DECIMAL(18,4))", long(123_456, -1), "float 12.3456 - -0.0001"),
        (
            "binary c (DECIMAL(10,2))",
            cells::<ByteArrayType>(bytes(&[0x30, 0x39]), bytes(&[0xff; 20])),
            "float 123.45 - -0.01",
        ),
        (
            "fixed_len_byte_array(5) c (DECIMAL(10,2))",
            cells::<FixedLenByteArrayType>(fixed([0, 0, 0, 0x30, 0x39]), fixed([0xff; 5])),
            "float 123.45 - -0.01",
        ),
        // Without decimal places they are exact.
        ("int32 c (DECIMAL(9,0))", integer(-12_345, 0), "decimal -12345 - 0"),
        ("int64 c (DECIMAL(18,0))", long(9_007_199_254_740_993, -1), "decimal 9007199254740993 - -1"),
        (
            "binary c (DECIMAL(10,0))",
            cells::<ByteArrayType>(bytes(&[0x30, 0x39]), bytes(&[0xff; 20])),
            "decimal 12345 - -1",
        ),
        (
            "fixed_len_byte_array(9) c (DECIMAL(20,0))",
            cells::<FixedLenByteArrayType>(
                fixed([0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd]),
                fixed([0; 9]),
            ),
            "decimal 9223372036854775805 - 0",
        ),
        (
            "fixed_len_byte_array(16) c (DECIMAL(38,0))",
            cells::<FixedLenByteArrayType>(wide(10_i128.pow(38) - 1), wide(-(10_i128.pow(38) - 1))),
            "decimal 99999999999999999999999999999999999999 - -99999999999999999999999999999999999999",
        ),
        // Beyond 2⁵³, where dividing would round twice.
        (
            "fixed_len_byte_array(16) c (DECIMAL(38,2))",
            cells::<FixedLenByteArrayType>(wide(12_345_678_901_234_567_890), wide(9_007_199_254_740_993)),
            "float 1.2345678901234568e17 - 90071992547409.94",
        ),
        (
            "fixed_len_byte_array(16) c (DECIMAL(38,37))",
            cells::<FixedLenByteArrayType>(wide(10_i128.pow(37)), wide(1)),
            "float 1.0 - 1e-37",
        ),
        (
            "fixed_len_byte_array(31) c (DECIMAL(72,3))",
            cells::<FixedLenByteArrayType>(fixed([&[0xff; 29][..], &[0xcf, 0xc7]].concat()), fixed(nines)),
            "float -12.345 - 1e35",
        ),
        (
            "binary c (DECIMAL(20,0))",
            cells::<ByteArrayType>(
                bytes(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
                bytes(&[0xff]),
            ),
            "decimal 18446744073709551615 - -1",
        ),
        // More than 38 digits.
        (
            "fixed_len_byte_array(17) c (DECIMAL(39,0))",
            cells::<FixedLenByteArrayType>(fixed([&[1][..], &[0; 16]].concat()), fixed([0xff; 17])),
            r#"text "340282366920938463463374607431768211456" - "-1""#,
        ),
        ("binary c", text(), r#"text "a" - """#),
        (
            "fixed_len_byte_array(2) c",
            cells::<FixedLenByteArrayType>(fixed(*b"ab"), fixed(*b"cd")),
            r#"text "ab" - "cd""#,
        ),
        (
            "fixed_len_byte_array(16) c (UUID)",
            cells::<FixedLenByteArrayType>(wide(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff), wide(1)),
            r#"text "00112233-4455-6677-8899-aabbccddeeff" - "00000000-0000-0000-0000-000000000001""#,
        ),
        ("binary c (STRING)", text(), r#"text "a" - """#),
        ("binary c (UTF8)", text(), r#"text "a" - """#),
        ("binary c (JSON)", text(), r#"text "a" - """#),
        ("binary c (ENUM)", text(), r#"text "a" - """#),
        ("int32 c (UNKNOWN)", raw::<Int32Type>(&[], &[0, 0, 0], &[]), "text - - -"),
        ("binary c (UNKNOWN)", raw::<ByteArrayType>(&[], &[0, 0, 0], &[]), "text - - -"),
    ]
}

#[test]
fn every_type_is_read() {
    for (of, cells, expected) in every_type() {
        let bytes = file(&format!("optional {of};"), &[vec![cells]], WriterProperties::default());
        let folder = folder(&bytes);
        assert_eq!(found(&folder), [wanted("c", false)], "{of}");
        let blocks = read(&folder, found(&folder), 3).unwrap();
        assert_eq!(blocks.len(), 1);
        assert_eq!(shown(&blocks[0].columns[0]), expected, "{of}");
    }
}

#[test]
fn required_cells_are_read_of_any_row_group() {
    let fields = "required int64 n; required binary t (STRING);";
    let group = |first: i64| {
        let numbers: Vec<i64> = (first..first + 700).collect();
        let texts: Vec<ByteArray> = numbers.iter().map(|n| ByteArray::from(&*n.to_string())).collect();
        vec![raw::<Int64Type>(&numbers, &[], &[]), raw::<ByteArrayType>(&texts, &[], &[])]
    };
    let none = vec![raw::<Int64Type>(&[], &[], &[]), raw::<ByteArrayType>(&[], &[], &[])];
    let folder = folder(&file(fields, &[group(0), none, group(700)], WriterProperties::default()));
    for rows in [1, 512, 600, 1400, 5000] {
        let blocks = read(&folder, found(&folder), rows).unwrap();
        let lengths: Vec<usize> = blocks.iter().map(|block| block.rows).collect();
        assert!(lengths[..lengths.len() - 1].iter().all(|&length| length == rows), "{lengths:?}");
        let mut n = 0;
        for block in &blocks {
            assert_eq!(block.place(0), format!("row {}", n + 1));
            let [Column::Int(numbers), Column::Text(texts)] = &block.columns[..] else { panic!("{block:?}") };
            for i in 0..block.rows {
                assert_eq!((numbers.get(i), texts.get(i)), (Some(n), Some(&*n.to_string())));
                n += 1;
            }
        }
        assert_eq!(n, 1400);
    }
}

/// Columns that are not read, and how they are named.
const OTHERS: [(&str, bool, &str); 7] = [
    ("binary c (BSON)", false, "BYTE_ARRAY (BSON)"),
    ("fixed_len_byte_array(12) c (INTERVAL)", false, "FIXED_LEN_BYTE_ARRAY (INTERVAL)"),
    ("int64 c (TIME(NANOS,true))", false, "INT64 (TIME)"),
    ("int32 c (TIME_MILLIS)", false, "INT32 (TIME_MILLIS)"),
    ("group c (LIST) { repeated binary item (BSON); }", true, "lists of BYTE_ARRAY (BSON)"),
    (
        "group c (LIST) { repeated group l { required group i (LIST) { repeated group l { repeated \
         int32 x; } } } }",
        true,
        "lists of lists of lists",
    ),
    (
        "group c (LIST) { repeated group c_tuple { required group a (LIST) { repeated group list { repeated \
         int32 x; } } } }",
        true,
        "lists of lists of lists",
    ),
];

#[test]
fn a_type_that_is_not_read_is_named() {
    for (of, list, named) in OTHERS {
        let end = if of.ends_with('}') { "" } else { ";" };
        let fields = format!("optional {of}{end} optional int32 numbers;");
        let folder = folder(&file(&fields, &[], WriterProperties::default()));
        assert_eq!(found(&folder), [wanted("numbers", false)], "{of}");
        let (_, unread) = columns(&folder.path().join("log.parquet")).unwrap();
        let name = if of.contains("c_tuple") { "c.a" } else { "c" };
        assert_eq!(unread, [Unread { name: name.into(), reason: named.into() }]);
        let message = read(&folder, vec![wanted(name, list)], 10).unwrap_err();
        assert!(message.contains(&format!("log.parquet: column `{name}`: {named};")), "{message}");
        assert!(message.contains("expected texts, numbers or lists of them"), "{message}");
    }
}

#[test]
fn fields_of_structs_are_columns() {
    for (of, list) in [
        ("optional group c { required int32 a; }", false),
        ("optional group c { repeated int32 a; }", true),
        ("repeated group c { required int32 a; }", true),
        ("optional group c (LIST) { repeated group pair { required int32 a; required int32 b; } }", true),
        ("optional group c (LIST) { repeated group array { required int32 a; } }", true),
        ("optional group c (LIST) { repeated group l { optional group item { optional int32 a; } } }", true),
        ("optional group c (MAP) { repeated group m { required int32 a; required int32 value; } }", true),
    ] {
        let fields = format!("required int32 n; {of} required int32 last;");
        let folder = folder(&file(&fields, &[], WriterProperties::default()));
        let all = found(&folder);
        assert_eq!((&all[1], &all[all.len() - 1]), (&wanted("c.a", list), &wanted("last", false)), "{of}");
        let message = read(&folder, vec![wanted("c", list)], 10).unwrap_err();
        assert!(message.contains("expected one of its fields, such as `from = \"c.a\"`"), "{message}");
        assert!(read(&folder, vec![wanted("c.a", list)], 10).unwrap().is_empty());
    }
    // Rows of two structs, none, and one with a field that is missing.
    let of = "optional group c (LIST) { repeated group list { optional group element { \
              optional int32 a; optional binary b (STRING); } } }";
    let a = raw::<Int32Type>(&[1, 2], &[4, 4, 0, 3], &[0, 1, 0, 0]);
    let b = raw::<ByteArrayType>(&["x", "y", "z"].map(ByteArray::from), &[4, 4, 0, 4], &[0, 1, 0, 0]);
    let folder = folder(&file(of, &[vec![a, b]], WriterProperties::default()));
    let blocks = read(&folder, found(&folder), 4).unwrap();
    assert_eq!(shown(&blocks[0].columns[0]), "int [1 2] [] [-]");
    assert_eq!(shown(&blocks[0].columns[1]), r#"text ["x" "y"] [] ["z"]"#);
}

#[test]
fn texts_may_hold_lists() {
    let texts = ["1|2|3", "[4, 5]", "NULL", "6"].map(ByteArray::from);
    let cells = raw::<ByteArrayType>(&texts, &[1, 1, 0, 1, 1], &[]);
    let folder = folder(&file("optional binary c (STRING);", &[vec![cells]], WriterProperties::default()));
    let blocks = read(&folder, vec![wanted("c", true)], 10).unwrap();
    assert_eq!(shown(&blocks[0].columns[0]), r#"text ["1" "2" "3"] ["4" "5"] [] [] ["6"]"#);
    let fault = blocks[0].fault(3).unwrap().to_string();
    assert!(fault.contains("row 4: `c`: `NULL`; expected a list of ids") && blocks[0].broken.len() == 1);
}

#[cfg(feature = "brotli")]
#[test]
fn what_brotli_compressed_is_read() {
    let brotli = ::parquet::basic::Compression::BROTLI(Default::default());
    let properties = WriterProperties::builder().set_compression(brotli).build();
    let folder = folder(&file("required int64 c;", &[vec![raw::<Int64Type>(&[7, 8], &[], &[])]], properties));
    assert_eq!(shown(&read(&folder, found(&folder), 3).unwrap()[0].columns[0]), "int 7 8");
}

#[test]
fn columns_of_one_name_are_told() {
    let folder = folder(&file("required int32 c; required int64 c;", &[], WriterProperties::default()));
    let (all, unread) = columns(&folder.path().join("log.parquet")).unwrap();
    assert_eq!((all, unread[0].reason.as_str()), (vec![wanted("c", false)], "the same name again"));
    let message = read(&folder, all_of("c"), 10).unwrap_err();
    assert!(message.contains("two columns `c`"), "{message}");
}

fn all_of(name: &str) -> Vec<Wanted> {
    vec![wanted(name, false)]
}

#[test]
fn lists_where_single_values_are_wanted_are_told_and_the_other_way_round() {
    let fields = "optional int64 time (TIMESTAMP(MILLIS,true)); optional group seen (LIST) \
                  { repeated group list { optional binary element (STRING); } }";
    let folder = folder(&file(fields, &[], WriterProperties::default()));
    for (name, list, expected) in [
        ("time", true, "column `time` of type INT64 (TIMESTAMP); expected lists of ids, for a sequence"),
        ("seen", false, "column `seen` of type lists of BYTE_ARRAY (STRING); expected single values"),
        ("sene", true, "no column `sene`, which is wanted; expected it among the file's columns, which are"),
    ] {
        let message = read(&folder, vec![wanted(name, list)], 10).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}
