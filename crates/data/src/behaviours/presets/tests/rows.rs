//! What becomes of rows: times, ties, labels, ratings, lists.

use super::*;
use crate::time::TimeUnit;

/// Rows of an `.inter` file with a header of these columns beside user and item.
fn inter(columns: &str, rows: &[&str]) -> TempDir {
    let rows: String = rows.iter().map(|row| row.replace(' ', "\t") + "\n").collect();
    folder(&[("x.inter", format!("user_id:token\titem_id:token\t{columns}\n{rows}").as_bytes())])
}

fn items(log: &Log, user: &str) -> Vec<String> {
    events(log, user).into_iter().map(|(item, ..)| item).collect()
}

#[test]
fn fractions_of_times_order_and_are_kept() {
    let eighths = ["u c 1598904689.25", "u b 1598904689.125", "u d 1598904689.375", "u a 1598904689"];
    let log = inter("timestamp:float", &eighths);
    let (log, report) = read_with(log.path(), DatasetFormat::Recbole, &ReadOptions::default());
    assert_eq!(items(&log, "u"), ["a", "b", "c", "d"]);
    assert_eq!(report.unit, TimeUnit { decimals: 3 });
    assert_eq!(report.times, [1_598_904_689_000, 1_598_904_689_375]);
    assert_eq!((report.ties.tied, report.warnings.len()), (0, 0));
    let text = report.to_string();
    assert!(text.contains("times      1598904689 (2020-08-31T20:11:29Z) to 1598904689.375"), "{text}");
    // Times between 0 and 1, as RecBole can make them, and exponents.
    let shares = ["u c 0.5000000001", "u b 0.5", "u d 1", "u a 1.0000000123456789e-08", "u z 0"];
    let log = read(inter("timestamp:float", &shares).path(), DatasetFormat::Recbole);
    assert_eq!(items(&log, "u"), ["z", "a", "b", "c", "d"]);
    let found = failure(inter("timestamp:float", &["u a soon"]).path(), DatasetFormat::Recbole);
    assert!(found.contains("`timestamp`: found `soon`; expected a number"), "{found}");
}

#[test]
fn no_order_of_lines_counts() {
    let mut rows: Vec<String> = vec![];
    for user in ["u2", "u1", "u3"] {
        rows.extend((0..8).map(|i| format!("{user} i{} {}", (i * 5) % 12, i / 4)));
    }
    let read = |rows: &[String], options: &ReadOptions| {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        read_with(inter("timestamp:float", &rows).path(), DatasetFormat::Recbole, options)
    };
    let options = ReadOptions::default().with_seed(7);
    let (log, report) = read(&rows, &options);
    assert_eq!((report.ties.neighbours, report.ties.tied, report.ties.seed), (21, 18, 7));
    assert!(report.warnings[0].contains("18 of 21 neighbouring behaviours (85.7 %) have one time"));
    let by_file = ReadOptions::default().with_ties(Ties::File);
    let (in_file, warned) = read(&rows, &by_file);
    assert!(warned.warnings[0].contains("whose order may tell the answer"), "{:?}", warned.warnings);
    rows.reverse();
    let (reversed, _) = read(&rows, &options);
    assert_eq!((log.users(), log.items()), (reversed.users(), reversed.items()));
    assert_ne!(read(&rows, &by_file).0.users(), in_file.users());
    assert_eq!(items(&in_file, "u1"), ["i0", "i5", "i10", "i3", "i8", "i1", "i6", "i11"]);
    assert_ne!(items(&log, "u1"), items(&in_file, "u1"));
}

#[test]
fn what_was_only_seen_is_no_behaviour() {
    let rows = ["u a 1 1", "u b 2 0", "u c 3 1.0", "v a 1 0.0"];
    let log = inter("timestamp:float\tlabel:float", &rows);
    let (log, report) = read_with(log.path(), DatasetFormat::Recbole, &ReadOptions::default());
    assert_eq!(items(&log, "u"), ["a", "c"]);
    assert_eq!((log.users().len(), log.items().len()), (1, 2));
    let left: Vec<(&str, u64)> = report.left_out.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    assert_eq!(left, [("with `label` 0: seen, and nothing done", 2)]);
    let found = failure(inter("timestamp:float\tlabel:float", &["u a 1 0.5"]).path(), DatasetFormat::Recbole);
    assert!(found.contains("`label`: found `0.5`; expected 0 or 1"), "{found}");
}

#[test]
fn ratings_below_are_left_out() {
    let rows = ["u a 1 4", "u b 2 3.5", "u c 3 5", "u d 4 "];
    let rated = inter("timestamp:float\trating:float", &rows);
    let options = ReadOptions::default().with_min_rating(4.0);
    let (log, report) = read_with(rated.path(), DatasetFormat::Recbole, &options);
    assert_eq!(items(&log, "u"), ["a", "c"]);
    assert_eq!((report.left_out["with a lower rating"], report.left_out["without a rating"]), (1, 1));
    let none = inter("timestamp:float", &["u a 1"]);
    let found = DatasetFormat::Recbole.read(none.path(), &options).unwrap_err().to_string();
    assert!(found.contains("no column `rating`"), "{found}");
    let all = ReadOptions::default().with_min_rating(6.0);
    let found = DatasetFormat::Recbole.read(rated.path(), &all).unwrap_err().to_string();
    assert!(found.contains("no behaviour but 4 that are left out"), "{found}");
}

#[test]
fn lists_are_what_the_set_says() {
    let shop = folder(&[
        ("x.inter", b"user_id:token\titem_id:token\ttimestamp:float\nu\ta\t1\nu\tb\t2\n"),
        ("x.item", b"item_id:token\tbrand:token\tclass:token_seq\na\tHome | Garden\tred big|wide\nb\tB\t\n"),
    ]);
    let log = read(shop.path(), DatasetFormat::Recbole);
    let [brand, class] = ["brand", "class"].map(|name| log.column(name).unwrap());
    assert_eq!([brand, class].map(|column| log.is_list(column)), [false, true]);
    let item = &log.items()[log.item("a").unwrap() as usize];
    assert_eq!(item.cells[brand], "Home | Garden");
    assert_eq!(log.values(&item.cells[class]).collect::<Vec<_>>(), ["red", "big|wide"]);
    let own = folder(&[
        ("interactions.csv", b"user,item,timestamp\nu,a,1\nu,b,2\n"),
        ("items.csv", b"item,brand,tags\na,Home | Garden,x|y\nb,B,y\n"),
    ]);
    let found = failure(own.path(), DatasetFormat::Folder);
    let both = "`brand` with a `|` in 1 of 2 cells, `tags` with a `|` in 1 of 2 cells; expected \
                `--lists brand,tags`, of these";
    assert!(found.contains(both), "{found}");
    let options = ReadOptions::default().with_lists(["tags"]);
    let (log, _) = read_with(own.path(), DatasetFormat::Folder, &options);
    assert_eq!([0, 1].map(|column| log.is_list(column)), [false, true]);
}

#[test]
fn a_mark_before_the_text_is_no_part_of_it() {
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    let first = folder(&[("u.data", &marked("20\t40\t1\t880196139\n20\t30\t3\t880725221\n"))]);
    let log = read(first.path(), DatasetFormat::Movielens);
    assert_eq!((log.users().len(), items(&log, "20")), (1, vec!["40".into(), "30".into()]));
    let text = marked("user_id:token\titem_id:token\ttimestamp:float\nu1\t1\t1\nu1\t2\t2\n");
    assert_eq!(read(folder(&[("x.inter", &text)]).path(), DatasetFormat::Recbole).events(), 2);
    let header = marked("userId,movieId,rating,timestamp\n1,2,3,4\n");
    assert_eq!(read(folder(&[("ratings.csv", &header)]).path(), DatasetFormat::Movielens).events(), 1);
    let reviews = marked("{\"user_id\": \"A\", \"asin\": \"B\", \"timestamp\": 12}\n");
    assert_eq!(read(folder(&[("r.jsonl", &reviews)]).path(), DatasetFormat::Amazon).events(), 1);
}

#[test]
fn amazon_2023_is_by_the_parent() {
    let review = |user: &str, asin: &str, parent: &str, at: i64| {
        format!(
            "{{\"asin\": \"{asin}\", \"parent_asin\": \"{parent}\", \"user_id\": \"{user}\", \
             \"timestamp\": {at}}}\n"
        )
    };
    let reviews = review("A", "red", "P1", 880_196_139_123) + &review("A", "blue", "P1", 880_196_139_456);
    let reviews = reviews + &review("A", "only", "P2", 880_196_140_000);
    let meta = "{\"main_category\": \"X\", \"categories\": [\"All\", \"Soap\"], \"parent_asin\": \"P1\"}\n\
                {\"main_category\": \"All Beauty\", \"categories\": [], \"parent_asin\": \"P2\"}\n";
    let files = [("All_Beauty.jsonl.gz", &gzip(&reviews)[..]), ("meta_All_Beauty.jsonl.gz", &gzip(meta)[..])];
    let log = read(folder(&files).path(), DatasetFormat::Amazon);
    assert_eq!(items(&log, "A"), ["P1", "P1", "P2"]);
    assert_eq!((cells(&log, "P1"), cells(&log, "P2")), (vec!["Soap".into()], vec!["All Beauty".into()]));
}

#[test]
fn bad_times_of_taobao_are_left_out() {
    let row = |item: u32, at: i64| format!("1,{item},7,pv,{at}\n");
    // The first and the last second of the nine days, and those beside them.
    let set = row(1, 1_511_539_199) + &row(2, 1_511_539_200) + &row(3, 1_512_316_799);
    let set = set + &row(4, 1_512_316_800) + &row(5, -2_134_949_234) + &row(6, 1_511_900_000);
    let (log, report) = read_with(
        folder(&[("UserBehavior.csv", set.as_bytes())]).path(),
        DatasetFormat::Taobao,
        &ReadOptions::default(),
    );
    assert_eq!(items(&log, "1"), ["2", "6", "3"]);
    let (reason, count) = report.left_out.first().unwrap();
    assert!(reason.contains("outside 2017-11-25 to 2017-12-03") && *count == 3, "{reason} {count}");
    assert_eq!(log.items().len(), 3, "items of what is left out are none");
    // Of a cut of other days, what is far off.
    let cut: String = (1..9).map(|i| row(i, 1_510_000_000 + i64::from(i))).collect();
    let cut = cut + &row(9, 2_122_867_355);
    let log = read(folder(&[("UserBehavior.csv", cut.as_bytes())]).path(), DatasetFormat::Taobao);
    assert_eq!(log.events(), 8);
}

#[test]
fn units_that_differ_and_repeated_rows_are_told() {
    let rows = ["u a 1598904689", "u a 1598904689", "u b 1598904690123"];
    let log = inter("timestamp:float", &rows);
    let (_, report) = read_with(log.path(), DatasetFormat::Recbole, &ReadOptions::default());
    assert_eq!(report.repeated, 1);
    assert!(report.warnings[0].contains("1 of 3 times are no seconds since 1970 as the rest are"));
}
