//! The counts of before, by what they depend on.

use std::fmt;
use std::process::Command;

/// Where they are kept: a line a count, its key's columns first.
pub const FILE: &str = "benches/instructions/baseline.tsv";

/// What counts depend on, beside the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key([String; 3]);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl Key {
    /// That of this machine: the compiler and the C library, and the level that cases run at.
    pub fn here() -> Result<Self, String> {
        let rustc = said("rustc", "--version")?;
        let libc = said("getconf", "GNU_LIBC_VERSION")?;
        Ok(Key([rustc, libc, "avx2".into()]))
    }
}

fn said(program: &str, argument: &str) -> Result<String, String> {
    let output = Command::new(program).arg(argument).output().map_err(|e| format!("{program}: {e}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().replace('\t', " "))
}

/// The counts of each key.
#[derive(Debug, Default)]
pub struct Baseline(Vec<(Key, String, u64)>);

impl Baseline {
    /// Of the file.
    pub fn read() -> Result<Self, String> {
        let path = path();
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Baseline::default()),
            Err(e) => Err(format!("{path}: {e}")),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let line = |(i, line): (usize, &str)| {
            let wrong = || format!("{FILE}: line {}: expected five columns, the last a count", i + 1);
            let [a, b, c, name, count] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(wrong());
            };
            let count = count.parse().map_err(|_| wrong())?;
            Ok((Key([a, b, c].map(str::to_owned)), name.to_owned(), count))
        };
        text.lines().enumerate().map(line).collect::<Result<_, _>>().map(Baseline)
    }

    fn text(&self) -> String {
        let line =
            |(Key(key), name, count): &(Key, String, u64)| format!("{}\t{name}\t{count}\n", key.join("\t"));
        self.0.iter().map(line).collect()
    }

    /// The count of a case, if there is one for this key.
    pub fn get(&self, key: &Key, name: &str) -> Option<u64> {
        self.0.iter().find(|(k, n, _)| k == key && n == name).map(|&(.., count)| count)
    }

    /// Whether there is any count for this key.
    pub fn has(&self, key: &Key) -> bool {
        self.0.iter().any(|(k, ..)| k == key)
    }

    /// These in place of all that the key had.
    pub fn renew(&mut self, key: &Key, counts: &[(&str, u64)]) {
        self.0.retain(|(k, ..)| k != key);
        self.0.extend(counts.iter().map(|&(name, count)| (key.clone(), name.to_owned(), count)));
    }

    /// To the file.
    pub fn write(&self) -> Result<(), String> {
        std::fs::write(path(), self.text()).map_err(|e| format!("{}: {e}", path()))
    }
}

fn path() -> String {
    format!("{}/baseline.tsv", env!("CARGO_MANIFEST_DIR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_counts_of_their_own() {
        let [a, b] = ["1.0", "2.0"].map(|rustc| Key([rustc.into(), "glibc 2.36".into(), "avx2".into()]));
        let mut baseline = Baseline::default();
        assert!(!baseline.has(&a));
        baseline.renew(&a, &[("x", 1), ("y", 2)]);
        baseline.renew(&b, &[("x", 3)]);
        baseline.renew(&a, &[("x", 4)]);
        let again = Baseline::parse(&baseline.text()).unwrap();
        for baseline in [baseline, again] {
            assert_eq!((baseline.get(&a, "x"), baseline.get(&a, "y")), (Some(4), None));
            assert_eq!((baseline.get(&b, "x"), baseline.has(&b)), (Some(3), true));
        }
        assert!(Baseline::parse("a\tb\tc\td\n").unwrap_err().contains("line 1"));
        assert!(Baseline::parse("a\tb\tc\td\t-1\n").is_err());
    }
}
