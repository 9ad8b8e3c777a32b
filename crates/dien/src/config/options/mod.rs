//! Every option of a configuration, as data.
//!
//! An [`OptionSpec`] says an option's key, what it may be, what it decides and with which sources it is read;
//! its default is that of the type that holds it. From these are made the refusals of
//! [`Layers`](super::Layers) and [`Config::validate`](super::Config::validate), what a search may vary, the
//! program's help, what `dien options` prints, and `docs/options.md`.
//!
//! ```
//! use dien::config::options;
//!
//! let dropout = options::find("model.dropout").unwrap();
//! assert_eq!(dropout.default().unwrap().as_float(), Some(0.3));
//! assert_eq!(dropout.domain.to_string(), "a number from 0 to below 1");
//! for option in options::all().filter(|option| option.former.contains(&"l2_rows")) {
//!     println!("{}: {}", option.key, option.meaning);
//! }
//! ```

mod check;
mod data;
mod domain;
mod model;
mod optimizer;
mod page;
mod rename;
mod schema;
mod source;
mod spec;
mod suggest;
mod text;
mod train;

pub(super) use check::out_of_range;
pub(crate) use check::{check, values};
pub use domain::{Choice, Domain};
pub use page::{listing, markdown};
pub(crate) use rename::both_names;
pub(super) use rename::rename;
#[cfg(feature = "compare")]
pub(crate) use rename::rename_in;
pub use rename::{Renamed, current};
pub(crate) use spec::lookup;
pub use spec::{OptionSpec, Scope};
pub use suggest::unknown;
pub(crate) use text::text;

/// The sections of a configuration, and what each is about; options of a section have its name before theirs.
pub const SECTIONS: [(&str, &str); 6] = [
    ("source", "Where the behaviours come from. One of `folder`, `schema`, `log` and `synthetic`."),
    ("schema", "Keys of a log's `dataset.toml`, or of the schema that was inferred, said over what it says."),
    ("data", "Features, targets, negatives and batches."),
    ("model", "The model: its kind, shape, regularisation and initial values."),
    ("optimizer", "Adam, its clipping and its learning-rate schedule."),
    ("train", "How long to train, and the seed."),
];

/// Every option, section by section.
pub fn all() -> impl Iterator<Item = &'static OptionSpec> {
    [source::OPTIONS, schema::OPTIONS, data::OPTIONS, model::OPTIONS, optimizer::OPTIONS, train::OPTIONS]
        .into_iter()
        .flatten()
}

/// The option of this key, such as `model.dropout`.
pub fn find(key: &str) -> Option<&'static OptionSpec> {
    all().find(|option| option.key == key)
}

/// The option of this key, or those of this section, all of them for an empty one; none if there is no such
/// key.
pub fn matching(key: &str) -> impl Iterator<Item = &'static OptionSpec> {
    let is_meant = move |option: &str| key.is_empty() || option == key || is_in(option, key);
    all().filter(move |option| is_meant(option.key))
}

/// The options of a section or a table in one, such as `optimizer.schedule`.
pub fn within(section: &str) -> impl Iterator<Item = &'static OptionSpec> {
    all().filter(move |option| is_in(option.key, section))
}

fn is_in(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests;
