//! What a folder holds comes into the log, and a written log comes back.

use std::collections::HashSet;

use crate::support::{FILES, contents, folder, gzip};
use dien_data::{
    DataError, DataOptions, Event, Log, ReadOptions, RealTarget, SyntheticConfig, Ties, Warnings,
    read_folder, read_folder_with,
};

#[test]
fn reads_every_file() {
    let targets = b"user,position,item,label\nu1,2,b,0\nu1,3,c,1\n";
    let folder = folder(&[("targets_real.csv", targets)]);
    let (log, warnings) = read_folder(folder.path()).unwrap();
    assert_eq!(warnings, Warnings::default());
    assert_eq!(log.columns(), ["category", "genres", "title"]);
    assert_eq!(log.items()[0].cells, ["x", "x|y", "A, the first"]);
    let [first, second] = log.users() else { panic!("two users") };
    assert_eq!(first.events[1], Event { item: 1, time: 2, rating: None });
    assert_eq!(first.events[2], Event { item: 2, time: 3, rating: Some(4.5) });
    assert_eq!((first.test, first.negative, second.test, second.negative), (false, Some(3), true, Some(2)));
    let expected =
        [(2, 1, false), (3, 2, true)].map(|(position, item, label)| RealTarget { position, item, label });
    assert_eq!(first.targets, expected);
    assert!(second.targets.is_empty());
}

#[test]
fn gzip_column_order_and_line_ends_do_not_matter() {
    let (plain, _) = read_folder(folder(&[]).path()).unwrap();
    let zipped = gzip(FILES[1].1.as_bytes());
    let items = gzip(FILES[0].1.replace('\n', "\r\n").as_bytes());
    let folder = folder(&[
        ("-interactions.csv", b""),
        ("interactions.csv.gz", &zipped),
        ("-items.csv", b""),
        ("items.csv.gz", &items),
        ("negatives.csv", b"why,item,user\nx,d,u1\ny,c,u2\n"),
        ("test_users.txt", "\u{feff}u2\r\n\r\n".as_bytes()),
    ]);
    let (log, _) = read_folder(folder.path()).unwrap();
    assert_eq!((log.users(), log.items()), (plain.users(), plain.items()));
}

/// What a table of events alone has: lines in any order, columns of other names, and no other file.
#[test]
fn events_alone_are_a_log_in_any_order() {
    let lines: Vec<String> = (0..40)
        .flat_map(|u| (0..4).map(move |t| format!("u{u},m{},{}\n", (3 * u + t * t) % 11, 100 * t + u)))
        .collect();
    let read = |lines: &[String], header: &str| {
        let text = format!("{header}\n{}", lines.concat());
        let without = ["-items.csv", "-test_users.txt", "-negatives.csv"].map(|name| (name, &b""[..]));
        let folder = folder(&[&without[..], &[("interactions.csv", text.as_bytes())]].concat());
        read_folder(folder.path()).unwrap()
    };
    let (log, warnings) = read(&lines, "user,item,timestamp");
    assert!(warnings.is_empty() && warnings.notes.len() == 2, "{:?}", warnings.notes);
    assert!(warnings.notes[0].contains("the last behaviours of 4 of 40 users"), "{:?}", warnings.notes);
    let user = |log: &Log, id: &str| {
        let user = log.users()[log.user(id).unwrap() as usize].clone();
        let name = |item: u32| log.items()[item as usize].id.clone();
        let events: Vec<_> = user.events.iter().map(|e| (name(e.item), e.time)).collect();
        (events, user.test, user.negative.map(name))
    };
    assert_eq!(
        user(&log, "u1").0,
        [("m3", 1), ("m4", 101), ("m7", 201), ("m1", 301)].map(|(i, t)| (i.into(), t))
    );
    let mut shuffled = lines.clone();
    shuffled.sort_by_key(|line| line.len() * 7919 % 13 + line.bytes().map(usize::from).sum::<usize>() % 17);
    assert_ne!(shuffled, lines);
    let (other, warnings) = read(&shuffled, "userId,movieId,ts");
    let taken: Vec<&String> = warnings.notes.iter().filter(|note| note.contains("is taken for")).collect();
    assert_eq!(taken.len(), 3, "{:?}", warnings.notes);
    for u in 0..40 {
        let id = format!("u{u}");
        assert_eq!(user(&log, &id), user(&other, &id));
    }
    assert_eq!(other.users().iter().filter(|user| user.test).count(), 4);
}

#[test]
fn users_without_behaviours_are_counted() {
    let folder = folder(&[
        ("test_users.txt", b"u2\nghost\nother\n"),
        ("negatives.csv", b"user,item\nghost,a\nu1,d\nu2,c\n"),
    ]);
    let (log, warnings) = read_folder(folder.path()).unwrap();
    assert_eq!(log.users().len(), 2);
    let text = "test_users.txt: ignored 2 users without behaviours\n\
                negatives.csv: ignored 1 user without behaviours";
    assert_eq!(warnings.to_string(), text);
    assert!(!warnings.is_empty());
}

#[test]
fn times_may_have_fractions_or_be_dates() {
    let times = |rows: [&str; 3]| {
        let rows = rows.iter().zip(["a", "b", "c"]).map(|(time, item)| format!("u1,{item},{time}\n"));
        let rows: Vec<String> = rows.collect();
        let text = format!("user,item,timestamp\n{}u2,a,0\nu2,b,1\n", rows.concat());
        let (log, _) = read_folder(folder(&[("interactions.csv", text.as_bytes())]).path()).unwrap();
        log.users()[0].events.iter().map(|e| e.time).collect::<Vec<_>>()
    };
    assert_eq!(times(["1", "1.5", "2.25"]), [100, 150, 225]);
    assert_eq!(times(["1970-01-02", "1970-01-02T00:00:01Z", "86403"]), [86_400, 86_401, 86_403]);
}

#[test]
fn lines_of_one_time_tell_nothing() {
    let read = |lines: &[&str], options: &ReadOptions| {
        let events: String = lines.iter().map(|line| format!("u1,{line}\n")).collect();
        let text = format!("user,item,timestamp\n{events}u2,a,1\nu2,b,2\n");
        // The second and the fifth line's item, wherever they are.
        let place = |item: &str| 1 + lines.iter().position(|line| line.starts_with(item)).unwrap();
        let mut targets = [(place("b"), "b,1"), (place("d"), "d,0")];
        targets.sort();
        let targets: String = targets.iter().map(|(at, of)| format!("u1,{at},{of}\n")).collect();
        let folder = folder(&[
            ("items.csv", b"item\na\nb\nc\nd\ne\nf\n"),
            ("interactions.csv", text.as_bytes()),
            ("targets_real.csv", format!("user,position,item,label\n{targets}").as_bytes()),
            ("negatives.csv", b"user,item\nu1,e\nu2,c\n"),
        ]);
        read_folder_with(folder.path(), options).unwrap()
    };
    let hashed = ReadOptions::default().with_seed(5);
    let (log, warnings) = read(&["a,1", "b,1", "c,1", "d,2", "e,2", "f,2"], &hashed);
    let ties = warnings.ties.unwrap();
    assert_eq!((ties.neighbours, ties.tied), (6, 4));
    let told = "4 of 6 neighbouring behaviours (66.7 %) have one time: ordered by a hash of what they are \
                (seed 5), not as in the file";
    assert_eq!(warnings.to_string(), told);
    let (shuffled, _) = read(&["c,1", "a,1", "b,1", "f,2", "d,2", "e,2"], &hashed);
    assert_eq!(log.users(), shuffled.users());
    let user = &log.users()[0];
    for target in &user.targets {
        assert_eq!(user.events[target.position as usize - 1].item, target.item);
    }
    let targets: HashSet<_> = user.targets.iter().map(|target| (target.item, target.label)).collect();
    assert_eq!(targets, [(1, true), (3, false)].into());
    assert_ne!(user.events[5].item, 4, "the user's negative");
    let by_file = hashed.with_ties(Ties::File);
    let (as_written, warnings) = read(&["c,1", "a,1", "b,1", "f,2", "e,2", "d,2"], &by_file);
    assert_eq!(as_written.users()[0].events.iter().map(|e| e.item).collect::<Vec<_>>(), [2, 0, 1, 5, 4, 3]);
    assert!(warnings.to_string().contains("they stay as in the file, whose order may tell the answer"));
}

#[test]
fn a_written_log_comes_back() {
    let place = tempfile::tempdir().unwrap();
    let targets = b"user,position,item,label\nu1,2,b,0\nu2,2,a,1\n";
    let (log, _) = read_folder(folder(&[("targets_real.csv", targets)]).path()).unwrap();
    let [first, second] = ["first", "second"].map(|name| place.path().join(name));
    log.write(&first).unwrap();
    let (back, _) = read_folder(&first).unwrap();
    assert_eq!((back.users(), back.items(), back.columns()), (log.users(), log.items(), log.columns()));
    back.write(&second).unwrap();
    assert_eq!(contents(&first), contents(&second), "the same log gives the same bytes");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn writing_never_touches_what_is_there() {
    let place = tempfile::tempdir().unwrap();
    let log = SyntheticConfig::default().with_users(10).log().unwrap();
    std::fs::write(place.path().join("precious"), "x").unwrap();
    let message = log.write(place.path()).unwrap_err().to_string();
    assert!(message.ends_with("a folder that is not empty; expected a new or an empty one"), "{message}");
    let under_a_file = place.path().join("precious/data");
    let failed = log.write(&under_a_file).unwrap_err();
    assert!(matches!(failed, DataError::Serving(e) if e.kind() == dien_serving::ErrorKind::Io));
    assert_eq!(contents(place.path()), [("precious".to_string(), b"x".to_vec())]);
}

/// As pandas writes integers beside a missing one, and with white space.
#[test]
fn numbers_are_one_id_however_the_files_write_them() {
    let files = |items: [&str; 3], user: &str| {
        let [a, b, c] = items;
        [
            ("items.csv", format!("item,category\n{a},1.0\n{b},2\n{c},1\n")),
            (
                "interactions.csv",
                format!("user,item,timestamp\n1,1,1\n1,2,2\n1,3,3\n{user},2,1\n{user},1,2\n"),
            ),
            ("test_users.txt", "2\n".into()),
            ("negatives.csv", "user,item\n1,1\n2,3\n".into()),
        ]
    };
    let read = |files: [(&str, String); 4]| {
        let changes: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        read_folder(folder(&changes).path()).unwrap()
    };
    let (plain, _) = read(files(["1", "2", "3"], "2"));
    let (other, warnings) = read(files([" 1", "2.0", "+3"], "2.0"));
    assert!(warnings.is_empty(), "{warnings}");
    assert_eq!((other.item("2"), other.item("2.00"), other.user(" 2")), (Some(1), Some(1), Some(1)));
    let events =
        |log: &Log| log.users().iter().map(|user| (user.events.clone(), user.test)).collect::<Vec<_>>();
    assert_eq!(events(&plain), events(&other));
    let options = DataOptions::default();
    let [plain, other] = [plain, other].map(|log| log.vocabularies(&options).unwrap());
    assert_eq!(plain, other);
    assert!(plain.get("category").unwrap().tokens().eq(["1", "2"]));
}
