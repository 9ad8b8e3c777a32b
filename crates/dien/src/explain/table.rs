//! An explanation in a terminal.

use std::fmt::Write;

use super::{Event, Explanation, SequenceExplanation};

/// How many events are shown: those that matter most.
const ROWS: usize = 20;
/// Characters of a bar.
const BAR: usize = 10;
/// Characters of an event's name at most.
const NAME: usize = 32;
/// Characters of a candidate's.
const CANDIDATE: usize = 60;

impl Explanation {
    /// Scores, and of each sequence the events that matter most with bars, the latest last.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (i, candidate) in self.candidates.iter().enumerate() {
            let what = if i == 0 { "candidate" } else { "beside it" };
            let (logit, p) = (candidate.logit, candidate.probability);
            let _ = writeln!(
                text,
                "{what}  {}  logit {logit:+.4}  probability {p:.4}",
                cut(&clean(&candidate.item.to_string()), CANDIDATE)
            );
        }
        if let Some(missing) = self.missing() {
            let _ = writeln!(text, "({missing})");
        }
        for sequence in &self.sequences {
            text += &table(sequence);
        }
        text
    }
}

fn table(sequence: &SequenceExplanation) -> String {
    let mut text = String::new();
    if let Some(name) = &sequence.name {
        let _ = write!(text, "\n{}", clean(name));
    }
    if sequence.events.is_empty() {
        return text + if sequence.name.is_some() { ": no event\n" } else { "" };
    }
    let shown = most_important(&sequence.events);
    let names: Vec<String> =
        shown.iter().map(|&i| cut(&clean(&sequence.events[i].item.to_string()), NAME)).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let most = |of: fn(&Event) -> f32| sequence.most(of);
    let (attention, update) = (most(|e| e.attention.unwrap_or(0.0)), most(|e| e.update.unwrap_or(0.0)));
    let (change, decimals) = (most(|e| e.change.abs()), sequence.decimals());
    let first = &sequence.events[0];
    let column = |title: &str| format!("  {title:<w$}", w = BAR + 7);
    let titles = [
        first.attention.map(|_| column("attention")),
        first.update.map(|_| column("update gate")),
        Some("  logit without it".to_owned()),
    ];
    let _ = writeln!(text, "\n{:>4}  {:width$}{}", "", "", titles.into_iter().flatten().collect::<String>());
    for (&i, name) in shown.iter().zip(&names) {
        let event = &sequence.events[i];
        let pad = " ".repeat(width - name.chars().count());
        let _ = write!(text, "{:>4}  {name}{pad}", sequence.earlier + i + 1);
        for (value, most) in [(event.attention, attention), (event.update, update)] {
            if let Some(value) = value {
                let _ = write!(text, "  {value:.3} {} ", bar(value, most));
            }
        }
        let _ =
            writeln!(text, "  {:+.decimals$} {}", event.change, bar(event.change.abs(), change).trim_end());
    }
    let hidden = sequence.events.len() - shown.len();
    if hidden > 0 {
        let _ = writeln!(text, "      … and {hidden} events that matter less");
    }
    if sequence.earlier > 0 {
        let _ = writeln!(text, "      {} events before these are not read", sequence.earlier);
    }
    text
}

/// The places of the events whose absence changes the score most, oldest first.
fn most_important(events: &[Event]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    // Among equals the later ones.
    order.sort_by(|&a, &b| events[b].change.abs().total_cmp(&events[a].change.abs()).then(b.cmp(&a)));
    order.truncate(ROWS);
    order.sort_unstable();
    order
}

/// Blocks, in eighths of a character.
fn bar(value: f32, most: f32) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * 8.0 * BAR as f32).round() as usize;
    let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
    let pad = " ".repeat(BAR - bar.chars().count());
    bar + &pad
}

/// Without what a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::ItemLabel;
    use super::*;

    fn event(name: &str, change: f32) -> Event {
        let item = ItemLabel::new(name, "c\u{1b}[1m");
        Event { item, attention: Some(0.04), update: None, state: None, logit_without: 0.0, change }
    }

    #[test]
    fn shows_what_matters_most_in_order() {
        let changes = (0..25).map(|i| if i == 3 { -0.5 } else { i as f32 * 1e-3 });
        let events = changes.enumerate().map(|(i, x)| event(&format!("item{i}"), x)).collect();
        let sequence =
            SequenceExplanation { name: None, events, earlier: 2, trajectories: None, shares: [0.0; 2] };
        let text = table(&sequence);
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("item")).collect();
        assert_eq!(rows.len(), ROWS, "{text}");
        assert!(rows[0].starts_with("   6  item3 (") && rows[0].ends_with("-0.500 ██████████"), "{text}");
        assert!(rows[19].starts_with("  27  item24"), "{text}");
        assert!(
            text.contains("… and 5 events that matter less") && text.contains("2 events before"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}') && !text.contains("update gate"), "{text}");
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        assert!(event("a", 0.5).check(0).is_ok());
        let message = event("a", f32::NAN).check(3).unwrap_err().to_string();
        assert_eq!(message, "event 4: the change of the logit is NaN; expected a finite number");
        let update = Event { update: Some(f32::INFINITY), ..event("a", 0.5) };
        assert!(update.check(0).unwrap_err().to_string().contains("the update gate is inf"));
    }

    #[test]
    #[should_panic(expected = "an explanation with NaN")]
    fn nan_is_not_shown_as_a_bar_of_nothing() {
        let events = vec![event("a", 0.5), event("b", f32::NAN)];
        table(&SequenceExplanation { name: None, events, earlier: 0, trajectories: None, shares: [0.0; 2] });
    }

    #[test]
    fn bars_have_one_width() {
        for value in [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 7.0, f32::NAN] {
            assert_eq!(bar(value, 1.0).chars().count(), BAR, "{value}");
        }
        assert_eq!(
            (bar(0.5, 1.0).trim_end(), bar(0.05, 1.0).trim_end(), bar(1.0, 0.0).trim_end()),
            ("█████", "▌", "")
        );
    }
}
