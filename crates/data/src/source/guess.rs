//! Which columns of texts look like lists, and what stands between their ids.

use super::lists::ListSyntax;

/// What may stand between ids, where the source does not say. Between the last two, in any text, only pieces
/// with a digit are ids.
const SEPARATORS: [&str; 8] = ["|", "^", ";", "\u{1}", "\t", "/", ",", " "];
const OF_TEXTS: usize = 6;

/// The texts of a column that were looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    /// Those that are not empty.
    texts: u32,
    numbers: u32,
    /// Those in brackets, and those with the separator that the source has.
    brackets: u32,
    own: u32,
    /// Those in brackets that hold others.
    nested: u32,
    /// By separator: texts that have it, and all of whose pieces may be ids.
    with: [u32; SEPARATORS.len()],
    /// The fewest and the most pieces.
    pieces: [Option<(usize, usize)>; SEPARATORS.len()],
    /// Whether some pieces cannot be ids.
    refuted: [bool; SEPARATORS.len()],
}

impl Samples {
    pub fn add(&mut self, text: &str, syntax: &ListSyntax) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.texts += 1;
        self.numbers += u32::from(text.parse::<f64>().is_ok());
        if ListSyntax::is_bracketed(text) {
            self.brackets += 1;
            self.nested += u32::from(ListSyntax::is_nested(text));
            return;
        }
        self.own += u32::from(text.contains(syntax.separator()));
        for (i, separator) in SEPARATORS.iter().enumerate() {
            let pieces = text.split(separator).filter(|piece| !piece.trim().is_empty());
            let count = pieces.clone().count();
            let (least, most) = self.pieces[i].unwrap_or((count, count));
            self.pieces[i] = Some((least.min(count), most.max(count)));
            if !text.contains(separator) {
                continue;
            }
            let is_id = |piece: &str| {
                let id = piece.trim();
                // `Home | Garden` is a text, `7 | 8` is none.
                let word = i < OF_TEXTS && id.len() == piece.len();
                (word || id.contains(|c: char| c.is_ascii_digit())) && !id.contains(char::is_whitespace)
            };
            let ids = pieces.clone().all(is_id);
            self.with[i] += u32::from(ids);
            self.refuted[i] |= !ids;
        }
    }

    /// Whether the texts are lists by what the source says, or as brackets tell.
    pub fn are_lists(&self, syntax: &ListSyntax) -> bool {
        let usual = SEPARATORS.iter().position(|s| *s == syntax.separator() && !syntax.is_given());
        let enough = match usual {
            // One title with the character in it makes no lists.
            Some(i) => 20 * self.with[i] >= self.texts && self.with[i] > 0,
            None => self.own > 0,
        };
        enough || self.brackets > 0 && 2 * self.brackets >= self.texts
    }

    /// Whether the texts are lists of lists, as brackets tell.
    pub fn are_nested(&self) -> bool {
        self.nested > 0 && 2 * self.brackets >= self.texts
    }

    /// The separator of texts that look like lists.
    pub fn separator(&self) -> Option<&'static str> {
        let fits = |&i: &usize| {
            // Lists are not all of one length, as the parts of a date are.
            let varied = self.pieces[i].is_some_and(|(least, most)| least != most);
            varied && !self.refuted[i] && 3 * self.with[i] >= self.texts && self.with[i] > 1
        };
        let found = (0..SEPARATORS.len()).find(fits);
        found.filter(|_| self.numbers < self.texts).map(|i| SEPARATORS[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Source;

    fn samples(texts: &[&str]) -> (bool, Option<&'static str>) {
        let syntax = ListSyntax::of(&Source::default(), false);
        let mut samples = Samples::default();
        texts.iter().for_each(|text| samples.add(text, &syntax));
        (samples.are_lists(&syntax), samples.separator())
    }

    #[test]
    fn lists_are_told_from_texts() {
        let nested = |texts: &[&str]| {
            let mut samples = Samples::default();
            texts.iter().for_each(|text| samples.add(text, &ListSyntax::of(&Source::default(), false)));
            samples.are_nested()
        };
        assert!(nested(&["[]", "[[1, 2], [3]]"]) && nested(&["[array(['a']), array(['b'])]", ""]));
        assert!(
            !nested(&["[1, 2]", "[]"]) && !nested(&["['[REC]', 'Up']"]) && !nested(&["[REC]", "Up", "A"])
        );
        for (texts, expected) in [
            (&["1|2", "3", "", "4|5|6"][..], (true, Some("|"))),
            (&["[1, 2]", "[3]", "[]"], (true, None)),
            (&["1^2", "3", "4^5^6"], (false, Some("^"))),
            (&["1, 2", "3", "4, 5, 6"], (false, Some(","))),
            (&["N1 N2", "N3", "N4 N5 N6"], (false, Some(" "))),
            (&["7;8", "9", "1;2;3"], (false, Some(";"))),
            // Texts, numbers, dates, and a title with the character in it.
            (&["The Big Sleep", "Up", "Alien 3"], (false, None)),
            (&["7,25", "8,5", "3,75"], (false, None)),
            (&["2024-01-01 10:00:00", "2024-01-02 11:00:00"], (false, None)),
            (&["1/2/2024", "2/2/2024"], (false, None)),
            (&["Home | Garden", "Toys", "Books"], (false, None)),
        ] {
            assert_eq!(samples(texts), expected, "{texts:?}");
        }
    }
}
