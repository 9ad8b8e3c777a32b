//! Line ends of one kind, so that lines can be counted.

use std::io::{self, BufRead, Read};

/// Makes every `\r\n` a `\n`, and ends the last line with one.
pub(super) struct LineEnds<R> {
    inner: R,
    /// A `\r` that may turn out to belong to a line end.
    held: bool,
    /// The last byte that was handed out.
    last: u8,
}

impl<R: BufRead> LineEnds<R> {
    pub fn new(inner: R) -> Self {
        LineEnds { inner, held: false, last: b'\n' }
    }
}

impl<R: BufRead> Read for LineEnds<R> {
    /// `out` must have room for two bytes.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut n = 0;
        while n == 0 {
            let chunk = self.inner.fill_buf()?;
            if chunk.is_empty() {
                let rest = if std::mem::take(&mut self.held) { b'\r' } else { b'\n' };
                if rest == b'\n' && self.last == b'\n' {
                    return Ok(0);
                }
                (out[0], self.last) = (rest, rest);
                return Ok(1);
            }
            let mut used = 0;
            for &byte in chunk {
                if n + 2 > out.len() {
                    break;
                }
                used += 1;
                if self.held && byte != b'\n' {
                    (out[n], self.last) = (b'\r', b'\r');
                    n += 1;
                }
                self.held = byte == b'\r';
                if !self.held {
                    (out[n], self.last) = (byte, byte);
                    n += 1;
                }
            }
            self.inner.consume(used);
            if used == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "room for one byte alone"));
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn line_ends_become_one_kind_across_chunks() {
        for (text, expected) in [
            ("", ""),
            ("a", "a\n"),
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb\r\r\n\n", "a\rb\r\n\n"),
            ("a\r", "a\r\n"),
        ] {
            for capacity in 1..4 {
                let mut read = String::new();
                let inner = BufReader::with_capacity(capacity, text.as_bytes());
                LineEnds::new(inner).read_to_string(&mut read).unwrap();
                assert_eq!(read, expected, "{text:?}");
            }
        }
    }
}
