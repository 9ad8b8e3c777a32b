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
    // Sections as well as options, and under their former names, too: section, name, and what is meant.
    let mut keys = BTreeSet::new();
    for option in all() {
        let sections = option.key.match_indices('.').map(|(at, _)| &option.key[..at]);
        for key in sections.chain([option.key]) {
            let (place, name) = key.rsplit_once('.').unwrap_or(("", key));
            keys.insert((place, name, key));
        }
        let place = option.key.rsplit_once('.').map_or("", |(place, _)| place);
        keys.extend(option.former.iter().map(|former| (place, *former, option.key)));
    }
    let (place, name) = key.rsplit_once('.').unwrap_or(("", key));
    let likeness = |other_place: &str, other_name: &str| {
        // A name in the same section before the same name elsewhere.
        jaro_winkler(name, other_name) - if place == other_place { 0.0 } else { ELSEWHERE }
    };
    let mut alike: Vec<(f64, &'static str)> =
        keys.into_iter().map(|(place, name, key)| (likeness(place, name), key)).collect();
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut seen = BTreeSet::new();
    alike.retain(|(_, key)| seen.insert(*key));
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
            // Names of before.
            ("average", "train.ema_decay"),
            ("model.average", "train.ema_decay"),
            ("l2_rows", "model.embedding_l2"),
            ("bucket", "data.bucket_batches"),
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
