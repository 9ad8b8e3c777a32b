//! What may be meant by a name that no option has.

use std::collections::BTreeSet;

use strsim::jaro_winkler;

use super::all;

/// How alike names are that may be meant, from 0 to 1.
const ALIKE: f64 = 0.85;
/// How much less likely a name of another section is meant.
const ELSEWHERE: f64 = 0.03;
/// How many are named at most.
const NAMED: usize = 3;

/// That there is no such option, and which may be meant.
pub fn unknown(key: &str) -> String {
    let near: Vec<String> = nearest(key).into_iter().map(|near| format!("`{near}`")).collect();
    let hint = match &near[..] {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(" or ")),
    };
    format!("unknown option `{key}`{hint} (`dien options` lists all)")
}

/// The keys whose names are most like this one's; the most alike first.
fn nearest(key: &str) -> Vec<&'static str> {
    let mut keys = BTreeSet::new();
    for option in all() {
        // Sections as well as options.
        keys.extend(option.key.match_indices('.').map(|(at, _)| &option.key[..at]));
        keys.insert(option.key);
    }
    let (place, name) = key.rsplit_once('.').unwrap_or(("", key));
    let likeness = |other: &'static str| {
        let (other_place, other_name) = other.rsplit_once('.').unwrap_or(("", other));
        // A name in the same section before the same name elsewhere.
        jaro_winkler(name, other_name) - if place == other_place { 0.0 } else { ELSEWHERE }
    };
    let mut alike: Vec<(f64, &'static str)> =
        keys.into_iter().map(|other| (likeness(other), other)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Of those that are far less alike than the first none is meant.
    let best = alike.first().map_or(0.0, |first| first.0);
    alike.into_iter().filter(|(l, _)| *l >= best - 0.05).take(NAMED).map(|(_, key)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_sections_and_places_are_found() {
        for (key, meant) in [
            ("model.dropuot", "model.dropout"),
            ("modle", "model"),
            ("lr", "optimizer.lr"),
            ("model.lr", "optimizer.lr"),
            ("train.batch_size", "data.batch_size"),
            ("optimizer.schedule.perod", "optimizer.schedule.period"),
            ("optimiser.lr", "optimizer.lr"),
        ] {
            assert_eq!(nearest(key).first(), Some(&meant), "{key}: {:?}", nearest(key));
        }
        for key in ["xyzzy", "model.depth"] {
            assert_eq!(nearest(key), [""; 0], "{key}");
        }
        assert!(
            unknown("modle").starts_with("unknown option `modle`; did you mean `model`?"),
            "{}",
            unknown("modle")
        );
    }
}
