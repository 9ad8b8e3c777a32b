//! Files of text.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::DataError;

/// What files begin with that are no text, whatever they are called: what it is, and what to do.
const NO_TEXT: [(&[u8], &str, &str); 11] = [
    (b"\xff\xfe", "text in UTF-16", "UTF-8: `iconv -f UTF-16 -t UTF-8 FILE` makes it so"),
    (b"\xfe\xff", "text in UTF-16", "UTF-8: `iconv -f UTF-16 -t UTF-8 FILE` makes it so"),
    (b"\x1f\x8b", "what gzip compressed", "a name that ends in `.gz`"),
    (b"\x28\xb5\x2f\xfd", "what zstd compressed", "a name that ends in `.zst`"),
    (b"BZh", "what bzip2 compressed, which is not read", "what `bunzip2 FILE` makes of it"),
    (b"\xfd7zXZ", "what xz compressed, which is not read", "what `unxz FILE` makes of it"),
    (b"PK\x03\x04", "a zip archive, which is not read", "what `unzip FILE` makes of it"),
    (b"PAR1", "a Parquet file", "text, or the format `parquet`"),
    (b"ARROW1", "a Feather file, which is not read", "Parquet or CSV, which `pyarrow` makes of it"),
    (b"ORC", "an ORC file, which is not read", "Parquet or CSV, which `pyarrow` makes of it"),
    (b"SQLite", "a database of SQLite, which is not read", "CSV, which `sqlite3 -csv -header` makes of it"),
];

/// Bytes of the beginning that tell what a file is.
const BEGINNING: usize = 512;

/// A text's bytes, out of gzip or zstd if the file's name ends so, without a byte order mark.
///
/// # Errors
/// It cannot be read, or is no text in UTF-8, as far as its beginning tells.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    let mut from = decompressed(path)?;
    let mut bytes = vec![];
    from.by_ref().take(BEGINNING as u64).read_to_end(&mut bytes).map_err(cut_off(path, 0))?;
    check(path, &bytes)?;
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut begun = Cursor::new(bytes);
    begun.set_position(mark);
    Ok(Box::new(begun.chain(from)))
}

fn decompressed(path: &Path) -> Result<Box<dyn Read + Send>, DataError> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(DataError::io(path, "open"))?);
    if file.fill_buf().map_err(DataError::io(path, "read"))?.is_empty() {
        return Ok(Box::new(file));
    }
    let end = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    Ok(match &*end {
        "gz" => Box::new(MultiGzDecoder::new(file)),
        #[cfg(feature = "zstd")]
        "zst" => Box::new(zstd::Decoder::with_buffer(file).map_err(DataError::io(path, "read"))?),
        #[cfg(not(feature = "zstd"))]
        "zst" => return Err(DataError::not_built(path, "zstd", "zstd")),
        _ => Box::new(file),
    })
}

/// What ended reading after some whole lines.
pub(crate) fn cut_off(path: &Path, lines: u64) -> impl Fn(io::Error) -> DataError {
    move |e| match e.kind() {
        io::ErrorKind::UnexpectedEof => {
            let found = format!("a compressed file that is cut off after line {lines}");
            DataError::file(path, found, "a whole one")
        }
        _ => DataError::io(path, "read")(e),
    }
}

/// That a beginning may be that of a text.
fn check(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    if let Some((_, found, expected)) = NO_TEXT.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(DataError::file(path, *found, *expected));
    }
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if even + odd == 0 {
        return Ok(());
    }
    // Text of Latin letters in two bytes each has a zero in one of the two.
    let wide = |zeros: usize, others: usize| others == 0 && 4 * zeros > bytes.len();
    let (found, expected) = match (wide(odd, even), wide(even, odd)) {
        (true, _) => ("text in UTF-16", "UTF-8: `iconv -f UTF-16LE -t UTF-8 FILE` makes it so"),
        (_, true) => ("text in UTF-16", "UTF-8: `iconv -f UTF-16BE -t UTF-8 FILE` makes it so"),
        _ => ("bytes that are zero", "text, which has none"),
    };
    Err(DataError::file(path, found, expected))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_text_is_its_bytes_and_what_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let mut text = String::new();
            open(&path).map_err(|e| e.to_string())?.read_to_string(&mut text).map_err(|e| e.to_string())?;
            Ok::<_, String>(text)
        };
        let long = "é,1\n".repeat(BEGINNING);
        assert_eq!(read(long.as_bytes()).unwrap(), long);
        assert_eq!(read(format!("\u{feff}{long}").as_bytes()).unwrap(), long);
        assert_eq!(read(b"").unwrap(), "");
        let wide = |marked: &str, big: bool| -> Vec<u8> {
            let bytes = |c: u16| if big { c.to_be_bytes() } else { c.to_le_bytes() };
            marked.encode_utf16().flat_map(bytes).collect()
        };
        for (bytes, expected) in [
            (wide("\u{feff}a,b", false), "log.csv: text in UTF-16; expected UTF-8: `iconv -f UTF-16 -t"),
            (wide("\u{feff}a,b", true), "text in UTF-16; expected UTF-8: `iconv -f UTF-16 -t"),
            (wide("label,b", false), "iconv -f UTF-16LE -t"),
            (wide("label,b", true), "iconv -f UTF-16BE -t"),
            (vec![0; 600], "bytes that are zero"),
            (b"BZh91AY".to_vec(), "bzip2"),
            (b"PAR1\0\0".to_vec(), "a Parquet file; expected text, or the format `parquet`"),
            (b"\x1f\x8b\x08\0".to_vec(), "a name that ends in `.gz`"),
        ] {
            let message = read(&bytes).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
