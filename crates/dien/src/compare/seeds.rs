//! The seeds of a comparison.

use std::fmt;
use std::str::FromStr;

/// Seeds, ascending, each once: `1..5` is 1 to 5, `1,3,7` those three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(Vec<u32>);

impl Seeds {
    /// The seeds.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: there is one at least.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}`; expected seeds such as `1..5` (1 to 5) or `1,3,7`");
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let mut seeds = vec![];
        for part in text.split(',') {
            match part.split_once("..") {
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
                    if first > last || last - first >= 1000 {
                        return Err(wrong());
                    }
                    seeds.extend(first..=last);
                }
                None => seeds.push(number(part)?),
            }
        }
        seeds.sort_unstable();
        seeds.dedup();
        Ok(Seeds(seeds))
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [first, .., last] if (last - first) as usize == self.0.len() - 1 => {
                write!(f, "{first} to {last}")
            }
            seeds => f.write_str(&seeds.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_lists() {
        let seeds = |text: &str| text.parse::<Seeds>();
        assert_eq!(seeds("1..5").unwrap().0, [1, 2, 3, 4, 5]);
        assert_eq!(seeds("7, 1,1..2").unwrap().0, [1, 2, 7]);
        assert_eq!(
            (seeds("1..3").unwrap().to_string(), seeds("1,5").unwrap().to_string()),
            ("1 to 3".into(), "1, 5".into())
        );
        for wrong in ["", "5..1", "a", "1..", "-1", "0..100000"] {
            assert!(seeds(wrong).unwrap_err().contains("expected seeds such as"), "{wrong}");
        }
    }
}
