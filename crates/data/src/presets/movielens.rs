//! MovieLens, in its three forms.

use std::path::Path;

use super::log_builder::{LogBuilder, each_line, rating, time, wrong};
use super::{find, need, plain};
use crate::error::DataError;
use crate::files;
use crate::log::Log;

/// The genres of 100K, in the order of `u.item`'s flags.
const GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

pub(super) fn read(path: &Path) -> Result<Log, DataError> {
    let expected = "`ratings.csv`, `ratings.dat` or `u.data`";
    let ratings = need(path, expected, |n| matches!(plain(n), "ratings.csv" | "ratings.dat" | "u.data"))?;
    let films = find(path, |n| matches!(plain(n), "movies.csv" | "movies.dat" | "u.item"))?;
    let mut builder = LogBuilder::new(&["category", "genres"]);
    let form = |path: &Path| plain(&path.file_name().unwrap_or_default().to_string_lossy()).to_owned();
    match form(&ratings).as_str() {
        "ratings.csv" => {
            each_record(&ratings, ["userId", "movieId", "rating", "timestamp"], |fields, line| {
                add(&mut builder, &ratings, fields, line)
            })?
        }
        name => each_line(&ratings, |text, line| {
            let fields: Vec<&str> =
                if name == "u.data" { text.split('\t').collect() } else { text.split("::").collect() };
            match fields[..] {
                [user, film, score, at] => add(&mut builder, &ratings, [user, film, score, at], line),
                _ => {
                    let expected = "a user, a film, a rating and a time";
                    Err(wrong(&ratings, line, "the whole", text, expected))
                }
            }
        })?,
    }
    let Some(films) = films else { return builder.log(&ratings) };
    match form(&films).as_str() {
        "movies.csv" => {
            each_record(&films, ["movieId", "genres", "title", "title"], |[film, genres, ..], _| {
                describe(&mut builder, film, genres.split('|'));
                Ok(())
            })?
        }
        "movies.dat" => each_line(&films, |text, line| {
            let parts: Option<(&str, &str)> =
                text.split_once("::").and_then(|(film, rest)| Some((film, rest.rsplit_once("::")?.1)));
            let (film, genres) =
                parts.ok_or_else(|| wrong(&films, line, "the whole", text, "a film, a title and genres"))?;
            describe(&mut builder, film, genres.split('|'));
            Ok(())
        })?,
        _ => each_line(&films, |text, line| {
            let fields: Vec<&str> = text.split('|').collect();
            if fields.len() != 5 + GENRES.len() {
                return Err(wrong(&films, line, "the whole", text, "24 fields between `|`"));
            }
            let genres = GENRES.into_iter().zip(&fields[5..]).filter(|(_, flag)| **flag == "1");
            describe(&mut builder, fields[0], genres.map(|(genre, _)| genre));
            Ok(())
        })?,
    }
    builder.log(&ratings)
}

fn add(builder: &mut LogBuilder, path: &Path, fields: [&str; 4], line: u64) -> Result<(), DataError> {
    let [user, film, score, at] = fields;
    if user.is_empty() || film.is_empty() {
        return Err(wrong(path, line, "user or film", "", "an id"));
    }
    builder.behaviour(user, film, time(path, line, at)?, rating(path, line, score)?);
    Ok(())
}

fn describe<'a>(builder: &mut LogBuilder, film: &str, genres: impl Iterator<Item = &'a str>) {
    let genres: Vec<&str> = genres.filter(|g| *g != "(no genres listed)").collect();
    builder.describe(film, vec![genres.first().copied().unwrap_or_default().into(), genres.join("|")]);
}

/// Four columns of a CSV file with a header, line by line.
fn each_record(
    path: &Path,
    columns: [&str; 4],
    mut each: impl FnMut([&str; 4], u64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut reader = csv::Reader::from_reader(files::open(path)?);
    let header = reader.headers().map_err(|e| crate::source::wrong_csv(path, e))?.clone();
    let mut places = [0; 4];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header.iter().position(|name| name == column).ok_or_else(|| {
            let expected = format!("it among the columns, which are {}", crate::error::quoted(&header));
            DataError::file(path, format!("no column `{column}`"), expected)
        })?;
    }
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| crate::source::wrong_csv(path, e))? {
        let line = record.position().map_or(0, csv::Position::line);
        each(places.map(|place| record.get(place).unwrap_or_default()), line)?;
    }
    Ok(())
}
