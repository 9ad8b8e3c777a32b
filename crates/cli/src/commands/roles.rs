//! Options that say what the columns of a log are.

use clap::Args;
use dien::Origin;
use dien::prelude::*;

use dien::config::Layers;

#[derive(Debug, Args)]
pub(super) struct RoleArgs {
    /// Of a log that has no `dataset.toml`, the column that says whether the item was clicked, where its name
    /// does not.
    #[arg(long, value_name = "COLUMN", requires = "data")]
    label: Option<String>,
    /// The column with the user.
    #[arg(long, value_name = "COLUMN", requires = "data")]
    user: Option<String>,
    /// The column with the item.
    #[arg(long, value_name = "COLUMN", requires = "data")]
    item: Option<String>,
    /// The column with the time.
    #[arg(long, value_name = "COLUMN", requires = "data")]
    time: Option<String>,
}

impl RoleArgs {
    fn all(&self) -> [(&'static str, &Option<String>); 4] {
        [("label", &self.label), ("user", &self.user), ("item", &self.item), ("time", &self.time)]
    }

    /// The first that is said.
    pub fn any(&self) -> Option<&'static str> {
        self.all().into_iter().find(|(_, column)| column.is_some()).map(|(role, _)| role)
    }

    /// Says it of the source, which has to be a log that nothing else describes.
    pub fn set(&self, layers: &mut Layers) -> Result<()> {
        let Some(first) = self.any() else { return Ok(()) };
        if !layers.has_log() {
            return Err(Error::Config {
                origin: Origin::Argument(format!("--{first}")),
                problem:
                    "the data says itself what its columns are; expected files of a log in `--data` that \
                          no `dataset.toml` describes"
                        .into(),
            });
        }
        for (role, column) in self.all() {
            if let Some(column) = column {
                layers.set(&format!("--{role} {column}"), &format!("source.log.{role}"), column.as_str())?;
            }
        }
        Ok(())
    }
}
