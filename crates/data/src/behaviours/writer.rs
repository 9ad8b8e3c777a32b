//! Writes a log as the folder that [`read_folder`](crate::read_folder) reads.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use dien_serving::files::StagedFolder;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::behaviours::log::{Log, User};
use crate::error::DataError;

impl Log {
    /// Writes the log as a folder that [`read_folder`](crate::read_folder) reads; the same log gives the same
    /// bytes.
    ///
    /// The folder appears when it is complete. Users without events are left out.
    ///
    /// # Errors
    /// The folder is there and not empty, or it cannot be written; then nothing is left behind. A test user's
    /// id has white space at its ends or is of several lines, which `test_users.txt` cannot hold.
    pub fn write(&self, folder: &Path) -> Result<(), DataError> {
        let taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if taken {
            return Err(DataError::file(folder, "a folder that is not empty", "a new or an empty one"));
        }
        for user in self.users().iter().filter(|u| u.test) {
            if user.id.trim() != user.id || user.id.contains('\n') {
                let expected = "an id of one line, without white space at its ends";
                return Err(DataError::log("test users", format!("{:?}", user.id), expected));
            }
        }
        let staged = StagedFolder::create(folder)?;
        self.write_files(staged.part()).map_err(DataError::io(folder, "write"))?;
        Ok(staged.commit()?)
    }

    fn write_files(&self, folder: &Path) -> io::Result<()> {
        let users = || self.users().iter().filter(|u| !u.events.is_empty());
        let item = |index: u32| self.items()[index as usize].id.as_str();

        let mut csv = csv::Writer::from_path(folder.join("items.csv"))?;
        csv.write_record(["item"].into_iter().chain(self.columns().iter().map(String::as_str)))?;
        for item in self.items() {
            csv.write_record([&item.id].into_iter().chain(&item.cells))?;
        }
        csv.flush()?;

        write_zipped(&folder.join("interactions.csv.gz"), |csv| {
            csv.write_record(["user", "item", "timestamp", "rating"])?;
            for user in users() {
                for event in &user.events {
                    let rating = event.rating.map_or(String::new(), |r| r.to_string());
                    csv.write_record([&user.id, item(event.item), &event.time.to_string(), &rating])?;
                }
            }
            Ok(())
        })?;

        let mut text = BufWriter::new(File::create(folder.join("test_users.txt"))?);
        users().filter(|u| u.test).try_for_each(|u| writeln!(text, "{}", u.id))?;
        text.flush()?;

        let mut csv = csv::Writer::from_path(folder.join("negatives.csv"))?;
        csv.write_record(["user", "item"])?;
        for (user, negative) in users().filter_map(|u| Some((u, u.negative?))) {
            csv.write_record([&user.id, item(negative)])?;
        }
        csv.flush()?;

        if users().all(|u| u.targets.is_empty()) {
            return Ok(());
        }
        write_zipped(&folder.join("targets_real.csv.gz"), |csv| {
            csv.write_record(["user", "position", "item", "label"])?;
            let lines = users().flat_map(|u: &User| u.targets.iter().map(move |target| (u, target)));
            for (user, target) in lines {
                let label = if target.label { "1" } else { "0" };
                csv.write_record([&user.id, &target.position.to_string(), item(target.item), label])?;
            }
            Ok(())
        })
    }
}

type Zipped = csv::Writer<GzEncoder<File>>;

fn write_zipped(path: &Path, write: impl FnOnce(&mut Zipped) -> csv::Result<()>) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(GzEncoder::new(File::create(path)?, Compression::default()));
    write(&mut csv)?;
    let zip = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
    zip.finish()?.sync_all()
}
