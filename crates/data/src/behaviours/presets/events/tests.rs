//! Logs of any form, against what stands in them.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::behaviours::log::Impression;
use crate::time::TimeUnit;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    folder
}

fn event_log(folder: &TempDir, file: &str, columns: &str) -> EventLog {
    EventLog::new([folder.path().join(file).to_string_lossy()], columns.parse().unwrap())
}

fn read(log: &EventLog) -> (Log, LogReport) {
    let (log, report) = log.read(&ReadOptions::default()).unwrap();
    let left: u64 = report.left_out.values().sum();
    let rows = if report.impressions > 0 { report.impressions } else { report.behaviours };
    assert_eq!(report.rows, rows + left);
    (log, report)
}

fn failure(log: &EventLog) -> String {
    log.read(&ReadOptions::default()).unwrap_err().to_string()
}

/// A user's items and times.
fn events(log: &Log, user: &str) -> Vec<(String, i64)> {
    let user = &log.users()[log.user(user).unwrap() as usize];
    user.events.iter().map(|e| (log.items()[e.item as usize].id.clone(), e.time)).collect()
}

/// An item's features; of a list its values, between blanks.
fn features(log: &Log, item: &str) -> Vec<String> {
    let cells = &log.items()[log.item(item).unwrap() as usize].cells;
    cells.iter().map(|cell| log.values(cell).collect::<Vec<_>>().join(" ")).collect()
}

const COLUMNS: &str = "user=u,item=i,time=t,category=c";

#[test]
fn one_log_in_every_form() {
    let rows = [("a", "x", 30, "c1"), ("b", "y", 5, "c2"), ("a", "z", 10, "c1"), ("a", "y", 20, "c2")];
    let csv = |between: &str| {
        let row =
            |(u, i, t, c): &(&str, &str, i32, &str)| format!("{u}{between}{t}{between}{i}{between}{c}\n");
        let header = ["u", "t", "i", "c"].join(between);
        format!("{header}\n{}", rows.iter().map(row).collect::<String>())
    };
    let json =
        rows.map(|(u, i, t, c)| format!("{{\"u\": \"{u}\", \"t\": {t}, \"i\": \"{i}\", \"c\": \"{c}\"}}\n"));
    let python = rows.map(|(u, i, t, c)| format!("{{u'u': u'{u}', 't': {t}, 'i': '{i}', 'c': '{c}'}}\n"));
    let folder = folder(&[
        ("log.csv", &csv(",")),
        ("log.tsv", &csv("\t")),
        ("log.jsonl", &json.concat()),
        ("log.json", &python.concat()),
    ]);
    let first = read(&event_log(&folder, "log.csv", COLUMNS)).0;
    assert_eq!(events(&first, "a"), [("z".into(), 10), ("y".into(), 20), ("x".into(), 30)]);
    assert_eq!((features(&first, "x"), features(&first, "y")), (vec!["c1".into()], vec!["c2".into()]));
    for name in ["log.tsv", "log.jsonl", "log.json"] {
        let other = read(&event_log(&folder, name, COLUMNS)).0;
        assert_eq!((other.users(), other.items()), (first.users(), first.items()), "{name}");
    }
    // Without a header line, and another delimiter.
    let bare = csv(";").split_once('\n').unwrap().1.to_owned();
    fs::write(folder.path().join("bare.dat"), bare).unwrap();
    let columns = "user=column_1,time=column_2,item=column_3,category=column_4";
    let mut log = event_log(&folder, "bare.dat", columns);
    log.sources[0].format = Some(crate::schema::Format::Csv);
    log.sources[0].csv = crate::schema::CsvOptions::default().with_delimiter(Some(';')).with_no_header(true);
    assert_eq!(read(&log).0.users(), first.users());
    // Several files, and a glob.
    let (header, body) = csv(",").split_once('\n').map(|(h, b)| (h.to_owned(), b.to_owned())).unwrap();
    for (at, line) in body.lines().enumerate() {
        fs::write(folder.path().join(format!("day-{at}.csv")), format!("{header}\n{line}\n")).unwrap();
    }
    let (all, report) = read(&event_log(&folder, "day-*.csv", COLUMNS));
    assert_eq!((all.users(), report.files.len()), (first.users(), 4));
    let mut several = event_log(&folder, "day-[01].csv", COLUMNS);
    several.sources.extend(event_log(&folder, "day-[23].csv", COLUMNS).sources);
    assert_eq!(read(&several).0.users(), first.users());
}

#[test]
fn wrong_names_are_answered_with_those_there_are() {
    let folder = folder(&[
        ("log.csv", "visitorid,itemid,timestamp\n1,2,3\n"),
        ("log.jsonl", "{\"visitorid\": 1, \"of\": {\"item\": 2}}\n"),
    ]);
    let found = failure(&event_log(&folder, "log.csv", "user=visitor,item=itemid,time=timestamp"));
    assert!(found.contains("no column `visitor`") && found.contains("`visitorid`, `itemid`"), "{found}");
    let found = failure(&event_log(&folder, "log.jsonl", "user=visitorid,item=of.item,time=at"));
    assert!(found.contains("no field `at`") && found.contains("`of`, `visitorid`"), "{found}");
    let found = failure(&event_log(&folder, "log.csv", "user=visitorid,time=timestamp"));
    assert!(found.contains("user=visitorid,time=timestamp; expected columns for `user`, `item`"), "{found}");
    let found = failure(&event_log(&folder, "none.csv", "user=visitorid,item=itemid,time=timestamp"));
    assert!(found.contains("none.csv"), "{found}");
    let mut log = event_log(&folder, "log.csv", "user=visitorid,item=itemid,time=timestamp");
    log.filters.push("event=view".parse().unwrap());
    assert!(failure(&log).contains("no column `event`"));
    let options = ReadOptions::default().with_min_rating(3.0);
    assert!(log.read(&options).unwrap_err().to_string().contains("a column for `rating`"));
    let found = log.read(&ReadOptions::default().with_lists(["tags"])).unwrap_err().to_string();
    assert!(found.contains("option `lists`: found `tags`"), "{found}");
}

#[test]
fn rows_that_lack_something_are_told_or_counted() {
    let text = "u,i,t,event\n1,2,3,view\n1,,4,view\n1,5,soon,view\n1,6,7,buy\n";
    let folder = folder(&[("log.csv", text)]);
    let mut log = event_log(&folder, "log.csv", "user=u,item=i,time=t,action=event");
    log.filters.push("action=view".parse().unwrap());
    let found = failure(&log);
    assert!(found.contains("line 3, `i`: found nothing; expected an id"), "{found}");
    log.on_error = OnError::Skip;
    let (read, report) = read(&log);
    assert_eq!((events(&read, "1"), report.rows), (vec![("2".into(), 3)], 4));
    assert_eq!(report.left_out["with something wrong in them"], 2);
    assert_eq!(report.left_out["whose `action` is other than `view`"], 1);
}

#[test]
fn what_differs_between_rows_of_an_item_is_told() {
    let rows = ["u,i,t,price,tags", "1,a,9,5,x|y", "2,a,3,4,y|z", "1,b,1,7,"];
    let columns = "user=u,item=i,time=t,price,tags";
    for order in [[1, 2, 3], [3, 2, 1], [2, 1, 3]] {
        let lines: String = [0].iter().chain(&order).map(|&at| format!("{}\n", rows[at])).collect();
        let folder = folder(&[("log.csv", &lines)]);
        let options = ReadOptions::default().with_lists(["tags"]);
        let (log, report) = event_log(&folder, "log.csv", columns).read(&options).unwrap();
        assert_eq!(
            (features(&log, "a"), features(&log, "b")),
            (vec!["4".into(), "y z".into()], vec!["7".into(), "".into()])
        );
        assert!(
            report.notes.iter().any(|note| note.contains("rows differ in price, tags of 1 items")),
            "{report}"
        );
    }
}

#[test]
fn items_come_from_a_table_of_their_own() {
    let folder = folder(&[
        (
            "events.csv",
            "timestamp,visitorid,event,itemid\n3,1,view,10\n1,1,addtocart,11\n2,1,transaction,10\n",
        ),
        ("properties.csv", "itemid,property,value\n10,available,1\n10,categoryid,c7\n12,categoryid,c8\n"),
    ]);
    let mut log = event_log(&folder, "events.csv", "user=visitorid,item=itemid,time=timestamp,action=event");
    log.filters.push("event=view,addtocart".parse().unwrap());
    let path = folder.path().join("properties.csv");
    let mut items = ItemSource::new(path.to_string_lossy(), "item=itemid,category=value".parse().unwrap());
    items.filters.push("property=categoryid".parse().unwrap());
    log.items = Some(items);
    let (read, report) = read(&log);
    assert_eq!(events(&read, "1"), [("11".into(), 1), ("10".into(), 3)]);
    assert_eq!((features(&read, "10"), features(&read, "11")), (vec!["c7".into()], vec!["".into()]));
    assert!(report.notes.iter().any(|note| note == "1 of 2 items have no `category`"), "{report}");
    log.items.as_mut().unwrap().columns = "category=value".parse().unwrap();
    assert!(failure(&log).contains("no `item`"));
}

#[test]
fn a_history_is_what_was_clicked_before() {
    // At time 5 a click and two impressions: none of the three sees the click.
    let text = "user,item,t,clk\nu,a,1,0\nu,b,2,1\nu,c,5,0\nu,d,5,1\nu,e,5,0\nu,f,5.5,1\nu,g,9,0\nv,a,1,0\n";
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    let expected = [
        ("a", 10, 0, 0),
        ("b", 20, 1, 0),
        ("c", 50, 0, 1),
        ("d", 50, 1, 1),
        ("e", 50, 0, 1),
        ("f", 55, 1, 2),
        ("g", 90, 0, 3),
    ];
    for turn in 0..lines.len() {
        lines.rotate_left(turn);
        let folder = folder(&[("log.csv", &format!("user,item,t,clk\n{}\n", lines.join("\n")))]);
        let mut log = event_log(&folder, "log.csv", "user,item,time=t");
        log.label = Some("clk".into());
        let (log, report) = read(&log);
        let item = |id: &str| log.item(id).unwrap();
        let shown = expected.map(|(id, time, clicked, end)| Impression {
            item: item(id),
            time,
            clicked: clicked == 1,
            end,
        });
        assert_eq!(log.impressions(log.user("u").unwrap() as usize).unwrap(), shown);
        assert_eq!(log.impressions(log.user("v").unwrap() as usize).unwrap().len(), 1);
        assert_eq!(events(&log, "u"), [("b".into(), 20), ("d".into(), 50), ("f".into(), 55)]);
        assert_eq!((report.unit, report.impressions, report.behaviours), (TimeUnit { decimals: 1 }, 8, 3));
    }
    let folder = folder(&[("log.csv", "user,item,t,clk\nu,a,1,2\n")]);
    let mut log = event_log(&folder, "log.csv", "user,item,time=t");
    log.label = Some("clk".into());
    assert!(failure(&log).contains("`clk`: found `2`; expected 0 or 1"));
}
