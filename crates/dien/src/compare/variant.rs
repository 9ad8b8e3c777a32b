//! What is compared.

use std::str::FromStr;

use dien_model::ModelKind;

use crate::config::Layers;
use crate::error::Result;

/// A configuration's variant: a name, and options over those that all share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variant {
    /// What it is called in tables and files.
    pub name: String,
    /// Assignments such as `model.kind=din`.
    pub options: Vec<String>,
}

/// One option of DIEN, varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ablation {
    /// α of the auxiliary loss.
    Alpha,
    /// The evolution cell.
    Cell,
    /// The attention: its form, and softmax or sigmoid.
    Attention,
    /// The auxiliary score.
    Auxiliary,
    /// The auxiliary loss, with one negative an event and with four.
    Loss,
    /// How many of the latest events a target sees.
    History,
    /// Hidden units.
    Hidden,
    /// Which behaviours train.
    Targets,
    /// How often an id has to come.
    MinCount,
    /// What becomes of behaviours that a history has more than once.
    Repeats,
    /// Numbers in an embedding.
    Width,
}

impl Ablation {
    /// Every ablation.
    pub const ALL: [Ablation; 11] = [
        Ablation::Alpha,
        Ablation::Cell,
        Ablation::Attention,
        Ablation::Auxiliary,
        Ablation::Loss,
        Ablation::History,
        Ablation::Hidden,
        Ablation::Targets,
        Ablation::MinCount,
        Ablation::Repeats,
        Ablation::Width,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Ablation::Alpha => "alpha",
            Ablation::Cell => "cell",
            Ablation::Attention => "attention",
            Ablation::Auxiliary => "auxiliary",
            Ablation::Loss => "loss",
            Ablation::History => "history",
            Ablation::Hidden => "hidden",
            Ablation::Targets => "targets",
            Ablation::MinCount => "min-count",
            Ablation::Repeats => "repeats",
            Ablation::Width => "width",
        }
    }

    /// The option, and its values.
    fn values(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Ablation::Alpha => ("model.auxiliary_weight", &["0.0", "0.1", "0.5", "1.0", "2.0"]),
            Ablation::Cell => ("model.cell", &["gru", "aigru", "agru", "augru", "augru-official"]),
            Ablation::Attention => ("model.attention", &["unit", "bilinear"]),
            Ablation::Auxiliary => ("model.auxiliary", &["mlp", "inner-product"]),
            Ablation::Loss => ("model.auxiliary_loss", &["paper", "info-nce"]),
            Ablation::History => ("data.max_history", &["5", "10", "25", "50", "100"]),
            Ablation::Hidden => ("model.hidden", &["8", "18", "36", "64", "96"]),
            Ablation::Targets => ("data.targets", &["last", "every"]),
            Ablation::MinCount => ("data.min_count", &["1", "2", "5", "10"]),
            Ablation::Repeats => ("data.repeats", &["keep", "merge-consecutive", "first"]),
            Ablation::Width => ("data.embedding_width", &["4", "8", "18", "32"]),
        }
    }

    /// The option that is varied, such as `model.cell`.
    pub fn option(self) -> &'static str {
        self.values().0
    }

    /// An option that goes with each of the values, and what it is called.
    fn beside(self) -> Option<(&'static str, &'static str)> {
        match self {
            Ablation::Attention => Some(("sigmoid", "model.attention_norm=sigmoid")),
            Ablation::Loss => Some(("4 negatives", "data.negatives_per_event=4")),
            _ => None,
        }
    }

    /// DIEN with each of the option's values.
    pub fn variants(self) -> Vec<Variant> {
        self.variants_of(self.option())
    }

    /// The same by an option of another key, which has the same values.
    pub(super) fn variants_of(self, option: &str) -> Vec<Variant> {
        let (_, values) = self.values();
        let variant = |value: &&str| Variant {
            name: format!("{}={value}", self.name()),
            options: vec!["model.kind=dien".into(), format!("{option}={value}")],
        };
        let mut variants: Vec<Variant> = values.iter().map(variant).collect();
        if let Some((name, option)) = self.beside() {
            let beside = |v: &Variant| Variant {
                name: format!("{}, {name}", v.name),
                options: [&v.options[..], &[option.into()]].concat(),
            };
            variants.extend(variants.iter().map(beside).collect::<Vec<_>>());
        }
        variants
    }
}

impl FromStr for Ablation {
    type Err = String;

    fn from_str(name: &str) -> std::result::Result<Self, String> {
        let names = || Ablation::ALL.map(Ablation::name).join(", ");
        Ablation::ALL
            .into_iter()
            .find(|a| a.name() == name)
            .ok_or_else(|| format!("`{name}`; expected one of {}", names()))
    }
}

impl Variant {
    /// A model with the shared options.
    pub fn from_kind(kind: ModelKind) -> Self {
        Variant { name: kind.name().into(), options: vec![format!("model.kind={}", kind.name())] }
    }

    /// The one that has the shared options as they are, or else the first.
    ///
    /// # Errors
    /// An option is impossible.
    pub(super) fn default_of<'a>(variants: &'a [Self], shared: &Layers) -> Result<&'a Self> {
        let plain = shared.config()?;
        for variant in variants {
            let mut layers = shared.clone();
            for assignment in &variant.options {
                layers.assign(&format!("variant `{}`", variant.name), assignment)?;
            }
            if layers.config()? == plain {
                return Ok(variant);
            }
        }
        Ok(&variants[0])
    }

    /// Models by name, `all` of them or some.
    ///
    /// # Errors
    /// There is no such model.
    pub fn models(names: &[String]) -> std::result::Result<Vec<Self>, String> {
        let mut variants = vec![];
        for name in names {
            if name == "all" {
                variants.extend(ModelKind::ALL.iter().map(|&kind| Variant::from_kind(kind)));
            } else {
                variants.push(Variant::from_kind(name.parse()?));
            }
        }
        let mut seen = std::collections::HashSet::new();
        variants.retain(|v| seen.insert(v.name.clone()));
        Ok(variants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_is_a_configuration() {
        let mut variants: Vec<Variant> =
            ModelKind::ALL.iter().map(|&kind| Variant::from_kind(kind)).collect();
        variants.extend(Ablation::ALL.into_iter().flat_map(Ablation::variants));
        for variant in variants {
            let mut layers = Layers::new();
            variant.options.iter().for_each(|option| layers.assign("a variant", option).unwrap());
            let config = layers.config().unwrap();
            assert!(variant.name.contains('=') || variant.name == config.model.kind.name());
        }
    }

    #[test]
    fn names_are_known_or_told() {
        let names = |list: &[&str]| Variant::models(&list.iter().map(|&n| n.into()).collect::<Vec<_>>());
        assert_eq!(names(&["din", "all", "din"]).unwrap().len(), ModelKind::ALL.len());
        assert!(names(&["dni"]).unwrap_err().contains("`dni`; expected one of base, wide-deep"));
        assert_eq!("cell".parse(), Ok(Ablation::Cell));
        assert!("cells".parse::<Ablation>().unwrap_err().contains("expected one of alpha, cell"));
    }
}
