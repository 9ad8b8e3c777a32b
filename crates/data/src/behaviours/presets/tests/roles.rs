//! Which files are read: what belongs together is, and what is ambiguous is told.

use super::*;

const INTER: &str = "user_id:token\titem_id:token\ttimestamp:float\n";

fn told(files: &[(&str, &[u8])]) -> String {
    DatasetFormat::detect(folder(files).path()).unwrap_err().to_string()
}

#[test]
fn what_is_unknown_is_not_guessed() {
    let notes = told(&[("notes.txt", b"x"), (".hidden.inter", b"x"), ("._u.data", b"x")]);
    assert!(notes.contains("no form that is known, but `notes.txt`; expected a folder with"), "{notes}");
    assert!(notes.contains("RecBole (`NAME.inter`)") && notes.contains("`--form`"), "{notes}");
    let yelp = told(&[
        ("yelp_academic_dataset_business.json", b"{\"business_id\": \"b1\", \"categories\": \"Gyms\"}\n"),
        ("yelp_academic_dataset_review.json", b"{\"user_id\": \"u\", \"business_id\": \"b1\"}\n"),
    ]);
    assert!(yelp.contains("no form that is known, but `yelp_academic_dataset_business.json`"), "{yelp}");
    let both = told(&[("u.data", b"x"), ("x.inter", b"x")]);
    assert!(both.contains("MovieLens") && both.contains("RecBole") && both.contains("`--form`"), "{both}");
    let nowhere = DatasetFormat::detect(Path::new("no/such")).unwrap_err().to_string();
    assert!(nowhere.contains("no such file or folder"), "{nowhere}");
    let own = folder(&[("interactions.csv.gz", b"x")]);
    assert_eq!(DatasetFormat::detect(own.path()).unwrap().0, DatasetFormat::Folder);
}

#[test]
fn an_archive_that_unpacks_to_a_folder_is_found() {
    let root = folder(&[("README", b"x")]);
    for name in ["ml-25m", "__MACOSX", "pictures"] {
        fs::create_dir(root.path().join(name)).unwrap();
    }
    let inner = root.path().join("ml-25m");
    fs::write(inner.join("u.data"), "1\t20\t4\t9\n").unwrap();
    fs::write(root.path().join("__MACOSX/u.data"), "x").unwrap();
    assert_eq!(DatasetFormat::detect(root.path()).unwrap(), (DatasetFormat::Movielens, inner));
    fs::write(root.path().join("pictures/x.inter"), INTER).unwrap();
    let two = DatasetFormat::detect(root.path()).unwrap_err().to_string();
    assert!(two.contains("ml-25m") && two.contains("pictures"), "{two}");
}

#[test]
fn parts_of_a_benchmark_are_read_together_and_others_are_not() {
    let part = |user: &str, from: u32| {
        let rows = (from..from + 3).map(|i| format!("{user}\t{i}\t{i}\n"));
        format!("{INTER}{}", rows.collect::<String>())
    };
    let [train, valid, test] = [part("a", 1), part("a", 4), part("b", 1)];
    let files = [
        ("x.test.inter", test.as_bytes()),
        ("x.train.inter", train.as_bytes()),
        ("x.valid.inter", valid.as_bytes()),
        ("y.item", b"item_id:token\n1\n"),
    ];
    let parts = folder(&files);
    let (log, report) = read_with(parts.path(), DatasetFormat::Recbole, &ReadOptions::default());
    assert_eq!((log.users().len(), log.events()), (2, 9));
    assert_eq!(events(&log, "a").iter().map(|e| e.1).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(report.files, ["x.test.inter", "x.train.inter", "x.valid.inter", "y.item"]);
    for files in [
        [("x.inter", train.as_bytes()), ("y.inter", valid.as_bytes())],
        [("x.inter", train.as_bytes()), ("x.test.inter", valid.as_bytes())],
        [("x.train.inter", train.as_bytes()), ("y.test.inter", valid.as_bytes())],
        [("x.train.inter", train.as_bytes()), ("x.train.inter.gz", valid.as_bytes())],
    ] {
        let found = failure(folder(&files).path(), DatasetFormat::Recbole);
        let [first, second] = files.map(|(name, _)| format!("`{name}`"));
        assert!(found.contains(&format!("{first}, {second}, any of which may be meant")), "{found}");
    }
    let zipped = folder(&[("x.inter.gz", &gzip(&train)[..])]);
    assert_eq!(read(zipped.path(), DatasetFormat::Recbole).events(), 3);
}

#[test]
fn one_file_a_role() {
    let ratings: &[u8] = b"userId,movieId,rating,timestamp\n1,20,4.0,9\n1,10,2.5,10\n";
    for (files, said) in [
        (
            vec![("ratings.csv", ratings), ("ratings.csv.gz", ratings)],
            "`ratings.csv`, `ratings.csv.gz`, any of which may be meant",
        ),
        (vec![("ratings.csv", ratings), ("u.data", b"1\t2\t3\t4\n")], "`ratings.csv`, `u.data`, any"),
        (
            vec![("ratings.csv", ratings), ("movies.csv", b"x"), ("movies.csv.gz", b"x")],
            "`movies.csv`, `movies.csv.gz`, any of which may be meant; expected one file: `movies.csv`",
        ),
    ] {
        let found = failure(folder(&files).path(), DatasetFormat::Movielens);
        assert!(found.contains(said), "{found}");
    }
    // Another set's table of items is not this one's, and without one there is no column of them.
    let alone = folder(&[("ratings.csv", ratings), ("movies_metadata.csv", b"x"), ("movies.dat", b"x")]);
    let (log, report) = read_with(alone.path(), DatasetFormat::Movielens, &ReadOptions::default());
    assert!(log.columns().is_empty());
    assert_eq!(report.files, ["ratings.csv"]);
    assert_eq!(report.not_read, ["movies.dat", "movies_metadata.csv"]);
    let text = report.to_string();
    assert!(text.contains("not read   movies.dat, movies_metadata.csv\n"), "{text}");
    assert!(text.contains("`category` an item has: there is no such column"), "{text}");
    let views: &[u8] = b"1,100,7,pv,20\n1,101,7,pv,21\n";
    let two = folder(&[("UserBehavior.csv", views), ("UserBehavior.csv.gz", b"x")]);
    assert!(failure(two.path(), DatasetFormat::Taobao).contains("any of which may be meant"));
}

#[test]
fn categories_of_amazon_are_read_together_and_none_twice() {
    let review = |user: &str, item: &str, at: u32| {
        format!("{{\"reviewerID\": \"{user}\", \"asin\": \"{item}\", \"unixReviewTime\": {at}}}\n")
    };
    let meta = |item: &str, of: &str| format!("{{'asin': '{item}', 'categories': [['All', '{of}']]}}\n");
    let (beauty, sports) = (review("A", "B1", 1) + &review("A", "B2", 3), review("A", "S1", 2));
    let (of_beauty, of_sports) = (meta("B1", "Soap") + &meta("B2", "Oil"), meta("S1", "Balls"));
    let files = [
        ("reviews_Beauty_5.json", beauty.as_bytes()),
        ("reviews_Sports_5.json", sports.as_bytes()),
        ("meta_Beauty.json", of_beauty.as_bytes()),
        ("meta_Sports.json", of_sports.as_bytes()),
        ("other.json", b"{\"id\": 1}\n"),
    ];
    let both = folder(&files);
    let (log, report) = read_with(both.path(), DatasetFormat::Amazon, &ReadOptions::default());
    let items: Vec<String> = events(&log, "A").into_iter().map(|(item, ..)| item).collect();
    assert_eq!(items, ["B1", "S1", "B2"]);
    assert_eq!(["B1", "S1", "B2"].map(|item| cells(&log, item).remove(0)), ["Soap", "Balls", "Oil"]);
    assert_eq!((report.files.len(), report.not_read), (4, vec!["other.json".to_owned()]));
    for twice in ["reviews_Beauty.json", "reviews_Beauty_5.json.gz"] {
        let bytes = if twice.ends_with("gz") { gzip(&beauty) } else { beauty.clone().into_bytes() };
        let found = failure(folder(&[files[0], (twice, &bytes)]).path(), DatasetFormat::Amazon);
        assert!(found.contains("any of which may be meant") && found.contains(twice), "{found}");
    }
}
