use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::{DatasetFormat, LogReport};
use crate::behaviours::folder::ReadOptions;
use crate::behaviours::log::Log;
use crate::behaviours::ties::Ties;

mod roles;
mod rows;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

fn gzip(text: &str) -> Vec<u8> {
    let mut zipped = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    zipped.write_all(text.as_bytes()).unwrap();
    zipped.finish().unwrap()
}

fn read(path: &Path, format: DatasetFormat) -> Log {
    read_with(path, format, &ReadOptions::default()).0
}

fn read_with(path: &Path, format: DatasetFormat, options: &ReadOptions) -> (Log, LogReport) {
    assert_eq!(DatasetFormat::detect(path).unwrap(), (format, path.to_path_buf()));
    let (log, report) = format.read(path, options).unwrap();
    let left: u64 = report.left_out.values().sum();
    assert_eq!((report.behaviours, report.rows), (log.events() as u64, log.events() as u64 + left));
    (log, report)
}

fn failure(path: &Path, format: DatasetFormat) -> String {
    format.read(path, &ReadOptions::default()).unwrap_err().to_string()
}

/// A user's items, times and ratings.
fn events(log: &Log, user: &str) -> Vec<(String, i64, Option<f32>)> {
    let user = &log.users()[log.user(user).unwrap() as usize];
    user.events.iter().map(|e| (log.items()[e.item as usize].id.clone(), e.time, e.rating)).collect()
}

fn cells(log: &Log, item: &str) -> Vec<String> {
    let cells = &log.items().iter().find(|i| i.id == item).unwrap().cells;
    cells.iter().map(|cell| cell.replace('\u{1f}', "|")).collect()
}

#[test]
fn movielens_in_its_three_forms() {
    let expected = vec![("10".to_owned(), 5, Some(3.0)), ("20".to_owned(), 9, Some(4.0))];
    let later = folder(&[
        ("ratings.csv", b"userId,movieId,rating,timestamp\n1,20,4.0,9\n2,20,2.5,1\n1,10,3.0,5\n"),
        (
            "movies.csv",
            b"movieId,title,genres\n10,\"Toys, The (1995)\",Animation|Comedy\n20,Heat,(no genres listed)\n",
        ),
    ]);
    let million = folder(&[
        ("ratings.dat", b"1::20::4::9\n2::20::2::1\n1::10::3::5\n"),
        ("movies.dat", b"10::Toys: The::Sequel \xe9 (1995)::Animation|Comedy\n20::Heat (1995)::\n"),
    ]);
    let flags = |set: &[usize]| {
        (0..19).map(|i| if set.contains(&i) { "1" } else { "0" }).collect::<Vec<_>>().join("|")
    };
    let films = format!(
        "10|Toys (1995)|01-Jan-1995||http://x/\u{e9}|{}\n20|Heat (1995)|01-Jan-1995||http://y|{}\n",
        flags(&[3, 5]),
        flags(&[])
    );
    let first =
        folder(&[("u.data", b"1\t20\t4\t9\n2\t20\t2\t1\n1\t10\t3\t5\n"), ("u.item", films.as_bytes())]);
    for folder in [&later, &million, &first] {
        let log = read(folder.path(), DatasetFormat::Movielens);
        assert_eq!(log.columns(), ["category", "genres"]);
        assert_eq!(events(&log, "1"), expected);
        assert_eq!(cells(&log, "10"), ["Animation", "Animation|Comedy"]);
        assert_eq!(cells(&log, "20"), ["", ""]);
    }
    let found = |files: &[(&str, &[u8])]| failure(folder(files).path(), DatasetFormat::Movielens);
    let nothing = "no such file in it, but nothing; expected `ratings.csv`, `ratings.dat` or `u.data`";
    assert!(found(&[]).contains(nothing));
    assert!(
        found(&[("ratings.dat", b"1::20::4::9\n1::20::4\n")]).contains("ratings.dat, line 2, `the whole`")
    );
    assert!(
        found(&[("u.data", b"1\t20\tx\t9\n")]).contains("line 1, `rating`: found `x`; expected a number")
    );
    let header = found(&[("ratings.csv", b"userId,movieId,rating\n1,2,3\n")]);
    assert!(header.contains("expected a column `timestamp`"), "{header}");
    assert!(found(&[("ratings.csv", b"userId,movieId,rating,timestamp\n")]).contains("a header alone"));
}

#[test]
fn recbole_has_types_in_its_header() {
    let files: [(&str, &[u8]); 2] = [
        (
            "shop.inter",
            b"user_id:token\titem_id:token\trating:float\ttimestamp:float\na\tx\t4\t7\na\ty\t\t3\n",
        ),
        ("shop.item", b"item_id:token\tclass:token_seq\tbrand:token\nx\tred big\tb1\nz\tblue\tb2\ny\t\tb1\n"),
    ];
    let shop = folder(&files);
    let log = read(shop.path(), DatasetFormat::Recbole);
    assert_eq!(log.columns(), ["class", "brand"]);
    assert_eq!(events(&log, "a"), [("y".into(), 3, None), ("x".into(), 7, Some(4.0))]);
    assert_eq!(
        (cells(&log, "x"), cells(&log, "y")),
        (vec!["red|big".into(), "b1".into()], vec!["".into(), "b1".into()])
    );
    assert_eq!(log.items().len(), 2, "an item without behaviours is of no interest");
    // The interactions alone.
    let log = read(&shop.path().join("shop.inter"), DatasetFormat::Recbole);
    assert!(log.columns().is_empty());
    let short = folder(&[("s.inter", b"user_id:token\titem_id:token\ttimestamp:float\na\tx\n")]);
    assert!(
        failure(short.path(), DatasetFormat::Recbole)
            .contains("line 2, `the whole`: found `a\tx`; expected 3 fields")
    );
    let nameless = folder(&[("s.inter", b"user_id:token\titem:token\na\tx\n")]);
    assert!(failure(nameless.path(), DatasetFormat::Recbole).contains("no column `item_id`"));
}

#[test]
fn amazon_in_json_of_any_year() {
    let old =
        "{'asin': 'B1', 'categories': [['Home', 'Cups'], ['Gifts']], 'title': u'It\\'s'}\n{'asin': 'B2'}\n";
    let new =
        "{\"asin\": \"B1\", \"category\": [\"Home\", \"Cups\"]}\n{\"asin\": \"B2\", \"category\": []}\n";
    let reviews = "{\"reviewerID\": \"A\", \"asin\": \"B2\", \"overall\": 5.0, \"unixReviewTime\": 9}\n\
                   {\"reviewerID\": \"A\", \"asin\": \"B1\", \"overall\": 2.0, \"unixReviewTime\": 4}\n";
    for (meta, zip) in [(old, false), (new, true), (old, true)] {
        let bytes = |text: &str| if zip { gzip(text) } else { text.as_bytes().to_vec() };
        let end = if zip { ".gz" } else { "" };
        let names = [format!("reviews_Beauty_5.json{end}"), format!("meta_Beauty.json{end}")];
        let folder = folder(&[(&names[0], &bytes(reviews)), (&names[1], &bytes(meta))]);
        let log = read(folder.path(), DatasetFormat::Amazon);
        assert_eq!(events(&log, "A"), [("B1".into(), 4, Some(2.0)), ("B2".into(), 9, Some(5.0))]);
        assert_eq!((cells(&log, "B1"), cells(&log, "B2")), (vec!["Cups".to_owned()], vec![String::new()]));
    }
    // The names of 2023.
    let folder_2023 = folder(&[(
        "Beauty.jsonl",
        b"{\"user_id\": \"A\", \"parent_asin\": \"B\", \"rating\": 1.0, \"timestamp\": 12}\n",
    )]);
    assert_eq!(events(&read(folder_2023.path(), DatasetFormat::Amazon), "A"), [("B".into(), 12, Some(1.0))]);
    let found = |text: &str| failure(folder(&[("r.json", text.as_bytes())]).path(), DatasetFormat::Amazon);
    assert!(
        found("{\"asin\": \"B\"}\n").contains("line 1, `reviewerID`: found `null`; expected an id, a text")
    );
    assert!(found(&format!("{reviews}nonsense\n")).contains("line 3, `the whole`: found `nonsense`"));
    let zipped = gzip(&reviews.repeat(500));
    let cut = folder(&[("r.json.gz", &zipped[..zipped.len() / 2])]);
    assert!(failure(cut.path(), DatasetFormat::Amazon).contains("r.json.gz"), "a file that was cut off");
}

#[test]
fn taobao_keeps_the_page_views() {
    let rows = "1,100,7,pv,20\n1,101,8,buy,21\n1,102,8,pv,10\n2,100,7,fav,5\n2,102,8,pv,6\n";
    let folder_taobao = folder(&[("UserBehavior.csv", rows.as_bytes())]);
    let log = read(folder_taobao.path(), DatasetFormat::Taobao);
    assert_eq!(events(&log, "1"), [("102".into(), 10, None), ("100".into(), 20, None)]);
    assert_eq!(events(&log, "2"), [("102".into(), 6, None)]);
    assert_eq!((cells(&log, "100"), cells(&log, "102")), (vec!["7".to_owned()], vec!["8".to_owned()]));
    let found =
        |text: &str| failure(folder(&[("UserBehavior.csv", text.as_bytes())]).path(), DatasetFormat::Taobao);
    assert!(found("1,100,7,view,20\n").contains("line 1, `behaviour`: found `view`; expected `pv`, `buy`"));
    assert!(found("1,100,7,pv,soon\n").contains("line 1, `timestamp`: found `soon`; expected a number"));
    assert!(found("1,100,7,pv\n").contains("line 1: 4 fields; expected 5, as in `names`"));
}
