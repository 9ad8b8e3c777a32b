//! The options for people: a page, and what `dien options` prints.

use std::fmt::Write;

use super::text::text;
use super::{Choice, Domain, OptionSpec, SECTIONS, matching, within};

/// The columns that a line has at most.
const WIDTH: usize = 110;

/// The page `docs/options.md`.
pub fn markdown() -> String {
    let mut page = String::from("# Options\n\n");
    page += &wrapped(
        "Every option of a configuration: of a `config.toml`, of `--set SECTION.OPTION=VALUE`, of the \
         library's `Config`. `dien options` lists them; this page is what `dien options --markdown` prints.",
        "",
        "",
    );
    for (section, about) in SECTIONS {
        let _ = write!(page, "\n## `[{section}]`\n\n{}", wrapped(about, "", ""));
        let mut table = section;
        for option in within(section) {
            let (own, name) = option.key.rsplit_once('.').expect("every key has a section");
            if own != table {
                table = own;
                let _ = write!(page, "\n### `[{table}]`\n");
            }
            page.push('\n');
            page += &wrapped(&format!("**`{name}`** · {}", facts(option).join(" · ")), "- ", "  ");
            page += &wrapped(option.meaning, "  ", "  ");
            for Choice { name, meaning } in option.domain.choices() {
                page += &wrapped(&format!("`{name}`: {meaning}"), "  - ", "    ");
            }
        }
    }
    page
}

/// The options of a key or a section in words, all of them for an empty one.
pub fn listing(key: &str) -> String {
    let mut list = String::new();
    for option in matching(key) {
        let facts: Vec<String> = facts(option).iter().map(|fact| fact.replace('`', "")).collect();
        list += &wrapped(&format!("{} · {}", option.key, facts.join(" · ")), "", "    ");
        list += &wrapped(option.meaning, "    ", "    ");
        for Choice { name, meaning } in option.domain.choices() {
            list += &wrapped(&format!("{name}: {meaning}"), "    - ", "      ");
        }
    }
    list
}

/// Its type or range, its defaults, where it is read, its former names.
fn facts(option: &OptionSpec) -> Vec<String> {
    let domain = match option.domain {
        Domain::Choice(_) => "one of the below".into(),
        domain => domain.to_string().trim_start_matches("a ").trim_start_matches("an ").to_owned(),
    };
    let mut facts = vec![domain];
    facts.extend(option.default().map(|value| format!("default `{}`", text(&value))));
    facts.extend(option.unset.map(|what| format!("without it {what}")));
    facts.extend(option.other_defaults().map(|(when, value)| format!("`{}` {when}", text(&value))));
    facts.extend(option.scope.words().map(|of| format!("read of {of}")));
    facts.extend(option.former.iter().map(|former| format!("once `{former}`")));
    facts
        .extend(option.fixed.filter(|_| option.section_and_name().0 != "source").map(|_| "not tuned".into()));
    facts
}

/// Words on lines that are not too long, each with what it begins with.
fn wrapped(words: &str, first: &str, next: &str) -> String {
    let (mut text, mut line) = (String::new(), first.to_owned());
    for (i, word) in words.split_whitespace().enumerate() {
        if i > 0 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += line.trim_end();
            text.push('\n');
            line = next.to_owned();
        } else if i > 0 {
            line.push(' ');
        }
        line += word;
    }
    text + line.trim_end() + "\n"
}
