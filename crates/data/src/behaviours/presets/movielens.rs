//! MovieLens, in its three forms.

use std::path::Path;

use super::folder::{Folder, plain};
use super::lines::{each_line, rating, time, wrong};
use super::log_builder::{Cell, LogBuilder};
use super::report::LogReport;
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::behaviours::table::Table;
use crate::error::DataError;

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

/// A file of ratings.
pub(super) fn is_one(name: &str) -> bool {
    matches!(plain(name), "ratings.csv" | "ratings.dat" | "u.data")
}

pub(super) fn read(folder: &Folder, options: &ReadOptions) -> Result<(Log, LogReport), DataError> {
    let ratings = folder.need("`ratings.csv`, `ratings.dat` or `u.data`", is_one)?;
    let form = plain(&ratings.file_name().unwrap_or_default().to_string_lossy()).to_owned();
    let of_films = match form.as_str() {
        "ratings.csv" => "movies.csv",
        "ratings.dat" => "movies.dat",
        _ => "u.item",
    };
    let films = folder.only(&format!("`{of_films}`"), |name| plain(name) == of_films)?;
    let mut builder = LogBuilder::new(options, &["category", "genres"], &["genres"]);
    if form == "ratings.csv" {
        each_record(&ratings, ["userId", "movieId", "rating", "timestamp"], |fields, line| {
            add(&mut builder, &ratings, fields, line)
        })?;
    } else {
        let between = if form == "u.data" { "\t" } else { "::" };
        each_line(&ratings, |text, line| {
            let fields: Vec<&str> = text.split(between).collect();
            let [user, film, score, at] = fields[..] else {
                let expected = "a user, a film, a rating and a time";
                return Err(wrong(&ratings, line, "the whole", text, expected));
            };
            add(&mut builder, &ratings, [user, film, score, at], line)
        })?;
    }
    if let Some(films) = films {
        read_films(&mut builder, &films, of_films)?;
    }
    builder.log(&ratings)
}

fn read_films(builder: &mut LogBuilder<'_>, films: &Path, form: &str) -> Result<(), DataError> {
    match form {
        "movies.csv" => {
            each_record(films, ["movieId", "genres", "title", "title"], |[film, genres, ..], _| {
                describe(builder, film, genres.split('|'));
                Ok(())
            })
        }
        "movies.dat" => each_line(films, |text, line| {
            let parts: Option<(&str, &str)> =
                text.split_once("::").and_then(|(film, rest)| Some((film, rest.rsplit_once("::")?.1)));
            let (film, genres) =
                parts.ok_or_else(|| wrong(films, line, "the whole", text, "a film, a title and genres"))?;
            describe(builder, film, genres.split('|'));
            Ok(())
        }),
        _ => each_line(films, |text, line| {
            let fields: Vec<&str> = text.split('|').collect();
            if fields.len() != 5 + GENRES.len() {
                return Err(wrong(films, line, "the whole", text, "24 fields between `|`"));
            }
            let genres = GENRES.into_iter().zip(&fields[5..]).filter(|(_, flag)| **flag == "1");
            describe(builder, fields[0], genres.map(|(genre, _)| genre));
            Ok(())
        }),
    }
}

fn add(builder: &mut LogBuilder<'_>, path: &Path, fields: [&str; 4], line: u64) -> Result<(), DataError> {
    let [user, film, score, at] = fields;
    if user.is_empty() || film.is_empty() {
        return Err(wrong(path, line, "user or film", "", "an id"));
    }
    builder.behaviour(user, film, time(path, line, at)?, rating(path, line, score)?);
    Ok(())
}

fn describe<'a>(builder: &mut LogBuilder<'_>, film: &str, genres: impl Iterator<Item = &'a str>) {
    let genres: Vec<&str> = genres.filter(|g| !g.is_empty() && *g != "(no genres listed)").collect();
    let first = genres.first().copied().unwrap_or_default();
    builder.describe(film, [Cell::One(first), Cell::List(genres)]);
}

/// Four columns of a CSV file with a header, line by line.
fn each_record(
    path: &Path,
    columns: [&str; 4],
    mut each: impl FnMut([&str; 4], u64) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut table = Table::at(path)?;
    let mut places = vec![];
    for column in columns {
        places.push(table.column(column)?);
    }
    while table.next()? {
        each(std::array::from_fn(|i| table.cell(places[i])), table.line())?;
    }
    Ok(())
}
