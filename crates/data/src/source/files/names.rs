//! What a file's name tells.

use std::path::Path;

use crate::schema::Format;

/// Ends of names of what is not read, what it is, and what makes of it what is.
const UNREAD: [(&str, &str, &str); 12] = [
    (".bz2", "bzip2, which is not read", "what `bunzip2` makes of it, or gzip or zstd"),
    (".xz", "xz, which is not read", "what `unxz` makes of it, or gzip or zstd"),
    (".lz4", "lz4, which is not read but within Parquet", "what `lz4 -d` makes of it, or gzip or zstd"),
    (".zip", "a zip archive, which is not read", "what `unzip` makes of it"),
    (".7z", "an archive, which is not read", "what is in it"),
    (".tar", "an archive, which is not read", "what `tar -x` makes of it"),
    (".feather", "Feather, which is not read", "Parquet: pyarrow's `read_feather` and `write_table`"),
    (".arrow", "Arrow, which is not read", "Parquet: pyarrow's `open_file` and `write_table`"),
    (".orc", "ORC, which is not read", "Parquet: pyarrow's `orc.read_table` and `write_table`"),
    (".avro", "Avro, which is not read", "Parquet or JSON lines"),
    (".xlsx", "a table of Excel, which is not read", "CSV in UTF-8, which Excel writes"),
    (".pkl", "a pickle of Python, which is not read", "Parquet: pandas' `read_pickle` and `to_parquet`"),
];

/// A name in lower case.
fn lower(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// A name without the end of its compression.
fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name)
}

/// The format that a file's name tells.
pub(in crate::source) fn format(path: &Path) -> Option<Format> {
    let name = lower(path);
    let plain = plain(&name);
    match plain.rsplit_once('.')?.1 {
        "parquet" | "pq" | "parq" if plain == name => Some(Format::Parquet),
        "csv" | "tsv" | "inter" | "item" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Json),
        _ => None,
    }
}

/// What a file is that is not read, and what to do, as far as its name tells.
pub(in crate::source) fn unread(path: &Path) -> Option<[&'static str; 2]> {
    let name = lower(path);
    let plain = plain(&name);
    if plain != name && [".parquet", ".pq", ".parq"].iter().any(|end| plain.ends_with(end)) {
        return Some(["Parquet that was compressed once more, which is not read", "the Parquet file in it"]);
    }
    let unread = UNREAD.iter().find(|(end, ..)| plain.ends_with(end));
    unread.map(|&(_, found, expected)| [found, expected])
}

/// Whether a file's name is that of RecBole's atomic files: tabs between fields, which nothing quotes, spaces
/// in lists, types in the header.
pub(in crate::source) fn is_recbole(path: &Path) -> bool {
    let name = lower(path);
    [".inter", ".item"].iter().any(|end| plain(&name).ends_with(end))
}

/// Whether a file's name says that tabs stand between fields.
pub(in crate::source) fn is_tsv(path: &Path) -> bool {
    plain(&lower(path)).ends_with(".tsv")
}

/// Whether a name is that of what writers and systems put beside a table's files: `_SUCCESS`, `.part.crc`.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']))
}

/// The key and the value of a folder called `key=value`, as the writers of partitions do.
pub(super) fn partition(folder: &Path) -> Option<(String, String)> {
    let name = folder.file_name()?.to_str()?;
    let (key, value) = name.split_once('=')?;
    (!key.is_empty()).then(|| (decoded(key), decoded(value)))
}

/// Without the escapes of characters that no path may have: `%3A`.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (vec![], text.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|two| str::from_utf8(two).ok()).filter(|_| *first == b'%');
        match digits.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => (bytes, rest) = ([&bytes[..], &[byte]].concat(), &after[2..]),
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_files_are() {
        for (name, expected) in [
            ("a.parquet", Some(Format::Parquet)),
            ("a.PQ", Some(Format::Parquet)),
            ("a.csv.GZ", Some(Format::Csv)),
            ("a.b.Tsv.zst", Some(Format::Csv)),
            ("a.txt", None),
            ("a.parquet.gz", None),
            ("csv", None),
        ] {
            assert_eq!(format(Path::new(name)), expected, "{name}");
        }
        assert!(is_recbole(Path::new("x.INTER.gz")) && !is_recbole(Path::new("x.tsv")));
        assert!(is_tsv(Path::new("x.tsv.gz")) && !is_tsv(Path::new("tsv")));
        assert!(unread(Path::new("x.csv.bz2")).is_some() && unread(Path::new("x.pq.gz")).is_some());
        assert!(unread(Path::new("x.csv.gz")).is_none() && unread(Path::new("x")).is_none());
    }

    #[test]
    fn a_partition_is_its_key_and_value() {
        let of = |name: &str| partition(Path::new(name));
        assert_eq!(of("log/dt=2024-01-01"), Some(("dt".into(), "2024-01-01".into())));
        assert_eq!(of("at=10%3A30=%é"), Some(("at".into(), "10:30=%é".into())));
        assert_eq!((of("log"), of("=3")), (None, None));
    }
}
