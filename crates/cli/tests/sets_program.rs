//! The commands of `docs/data/sets.md`, each on small files of the set's form.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use dien::data::schema::{ColumnKind, Schema};
use serde_json::Value;
use tempfile::tempdir;

/// The commands of a section of the page, one after the other.
fn commands(section: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data/sets.md");
    let page = fs::read_to_string(page).expect("docs/data/sets.md");
    let after = page.split(&format!("## {section}\n")).nth(1).expect("the section");
    let text = after.split("\n## ").next().unwrap();
    text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Runs the section's commands in a folder with these files; what the last says of the log it read.
fn build(section: &str, which: usize, files: &[(&str, String)]) -> Value {
    let root = tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(root.path().join(name), text).unwrap());
    let program = format!("{}", Path::new(env!("CARGO_BIN_EXE_dien")).display());
    let script =
        commands(section)[which].replace("dien data build", &format!("'{program}' data build --json"));
    let run = Command::new("sh").args(["-ec", &script]).current_dir(root.path()).output().unwrap();
    assert!(run.status.success(), "{section}: {script}\n{}", String::from_utf8_lossy(&run.stderr));
    let built: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert!(built["training"][1].as_u64() > Some(0), "{section}: {built}");
    assert!(root.path().join("samples/dataset.toml").is_file());
    let schema = fs::read_to_string(root.path().join("samples/dataset.toml")).unwrap();
    let mut read = built["read"].clone();
    read["schema"] = schema.into();
    read["built"] = built["training"].clone();
    read
}

/// Rows of 20 users with 6 of 9 items each: user, item, and a place in time from 0.
fn rows(mut row: impl FnMut(usize, usize, usize) -> String) -> String {
    let mut text = String::new();
    for at in 0..6 {
        for user in 0..20 {
            text += &row(user, (user + at * at) % 9, at);
        }
    }
    text
}

/// Rows of the 9 items.
fn items(row: impl Fn(usize) -> String) -> String {
    (0..9).map(row).collect()
}

/// That all was read: so many rows, behaviours, users, and items with these columns of the candidate, lists
/// aside.
fn check(read: &Value, rows: u64, behaviours: u64, candidate: &str) {
    let count = |name: &str| read[name].as_u64().unwrap();
    assert_eq!((count("rows"), count("behaviours"), count("users")), (rows, behaviours, 20), "{read}");
    let text = read["schema"].as_str().unwrap();
    let schema = Schema::parse(text, "dataset.toml".as_ref()).unwrap();
    let ids = schema.candidate.iter().filter(|name| schema.columns[*name].kind == ColumnKind::Sparse);
    let ids: Vec<String> = ids.map(|name| format!("{name:?}")).collect();
    assert_eq!(ids.join(", "), candidate, "{text}");
    assert!(
        schema
            .of_kind(ColumnKind::Sequence)
            .all(|(name, _)| { name.starts_with("seen_") != schema.candidate.iter().any(|of| of == name) })
    );
}

const PLAIN: &str = "\"item\"";
const WITH_CATEGORY: &str = "\"item\", \"category\"";

#[cfg(unix)]
#[test]
fn sets_whose_form_is_known() {
    let ratings = rows(|u, i, t| format!("{u},{i},{},{}\n", 3 + t % 3, 880_000_000 + t));
    let films = items(|i| format!("{i},\"Film, The ({i})\",A{}|B\n", i % 2));
    let files = [
        ("ratings.csv", format!("userId,movieId,rating,timestamp\n{ratings}")),
        ("movies.csv", format!("movieId,title,genres\n{films}")),
    ];
    check(&build("MovieLens", 0, &files), 120, 80, WITH_CATEGORY);
    let review = |u, i, t| {
        format!("{{\"user_id\": \"u{u}\", \"asin\": \"x\", \"parent_asin\": \"p{i}\", \"timestamp\": {t}}}\n")
    };
    let meta = items(|i| format!("{{\"parent_asin\": \"p{i}\", \"categories\": [\"A\", \"c{}\"]}}\n", i % 3));
    let files = [("Beauty.jsonl", rows(review)), ("meta_Beauty.jsonl", meta)];
    check(&build("Amazon 2014, 2018, 2023", 0, &files), 120, 120, WITH_CATEGORY);
    let ratings = rows(|u, i, t| format!("u{u},p{i},5.0,{t}\n"));
    let files = [("Beauty.csv", format!("user_id,parent_asin,rating,timestamp\n{ratings}"))];
    check(&build("Amazon 2014, 2018, 2023", 1, &files), 120, 120, PLAIN);
    let kind = |t| if t % 2 == 0 { "pv" } else { "buy" };
    let day = 1_511_900_000;
    let files =
        [("UserBehavior.csv", rows(|u, i, t| format!("{u},{i},{},{},{}\n", i % 3, kind(t), day + t)))];
    check(&build("Taobao behaviours", 0, &files), 120, 60, WITH_CATEGORY);
    check(&build("Taobao behaviours", 1, &files), 120, 60, WITH_CATEGORY);
    let inter = rows(|u, i, t| format!("{u}\t{i}\t{t}.5\n"));
    let item = items(|i| format!("{i}\tb{}\ta b\n", i % 2));
    let files = [
        ("x.inter", format!("user_id:token\titem_id:token\ttimestamp:float\n{inter}")),
        ("x.item", format!("item_id:token\tbrand:token\ttags:token_seq\n{item}")),
    ];
    check(&build("RecBole's atomic files", 0, &files), 120, 120, "\"item\", \"brand\"");
    let inter = rows(|u, i, t| format!("{u}\t{i}\t4.0\t{t}\n"));
    let files =
        [("yelp.inter", format!("user_id:token\tbusiness_id:token\tstars:float\tdate:float\n{inter}"))];
    check(&build("RecBole's atomic files", 1, &files), 120, 120, PLAIN);
}

#[cfg(unix)]
#[test]
fn logs_of_impressions() {
    let click = |t: usize| usize::from(t.is_multiple_of(3));
    let all = |read: &Value| {
        // Every row of a training user is a target.
        let [users, targets] = [0, 1].map(|i| read["built"][i].as_u64().unwrap());
        assert_eq!((read["impressions"].as_u64(), targets), (Some(120), 6 * users), "{read}");
    };
    let shown = rows(|u, i, t| format!("{u},{},{i},430548_1007,{},{}\n", 100 + t, 1 - click(t), click(t)));
    let ads = items(|i| format!("{i},{},1,1,NULL,9.5\n", i % 3));
    let files = [
        ("raw_sample.csv", format!("user,time_stamp,adgroup_id,pid,nonclk,clk\n{shown}")),
        ("ad_feature.csv", format!("adgroup_id,cate_id,campaign_id,customer,brand,price\n{ads}")),
    ];
    let read = build("Taobao display ads", 0, &files);
    check(&read, 120, 40, "\"item\", \"category\", \"brand\"");
    all(&read);
    let mut behaviours = String::new();
    for user in 0..20 {
        for line in 0..2 {
            let news = (0..3).map(|i| format!("N{}-{}", (user + 3 * line + i) % 9, click(i)));
            let news = news.collect::<Vec<_>>().join(" ");
            writeln!(behaviours, "1\tU{user}\t11/1{line}/2019 9:05:58 AM\tN1 N2\t{news}").unwrap();
        }
    }
    let news = items(|i| format!("N{i}\tc{}\ts\t\"Quote of a title\tabstract\thttps://x\t[]\t[]\n", i % 3));
    let read = build("MIND", 0, &[("behaviors.tsv", behaviours), ("news.tsv", news)]);
    check(&read, 120, 40, "\"item\", \"category\", \"subcategory\"");
    all(&read);
    let shown =
        rows(|u, i, t| format!("{u},{i},20220408,100,{},{}\n", 1_649_400_000_000_u64 + t as u64, click(t)));
    let header = "user_id,video_id,date,hourmin,time_ms,is_click\n";
    let (first, second) = shown.split_at(shown.match_indices('\n').nth(59).unwrap().0 + 1);
    let videos = items(|i| format!("{i},NORMAL,{}\n", i % 3));
    let files = [
        ("log_standard_1.csv", format!("{header}{first}")),
        ("log_standard_2.csv", format!("{header}{second}")),
        ("video_features_basic.csv", format!("video_id,video_type,tag\n{videos}")),
    ];
    let read = build("KuaiRand", 0, &files);
    check(&read, 120, 40, WITH_CATEGORY);
    all(&read);
}

#[cfg(unix)]
#[test]
fn logs_by_their_columns() {
    let kinds = ["view", "addtocart", "transaction"];
    let events = rows(|u, i, t| format!("{},{u},{},{i},\n", 1_433_221_332_117_u64 + t as u64, kinds[t % 3]));
    let properties = items(|i| format!("1,{i},categoryid,{}\n1,{i},available,1\n", i % 3));
    let (first, second) = properties.split_at(properties.match_indices('\n').nth(8).unwrap().0 + 1);
    let files = [
        ("events.csv", format!("timestamp,visitorid,event,itemid,transactionid\n{events}")),
        ("item_properties_part1.csv", format!("timestamp,itemid,property,value\n{first}")),
        ("item_properties_part2.csv", format!("timestamp,itemid,property,value\n{second}")),
    ];
    check(&build("Retailrocket", 0, &files), 120, 80, WITH_CATEGORY);
    let clicks = rows(|u, i, t| format!("{u},2014-04-07T10:51:0{t}.277Z,{i},S\n"));
    check(&build("Yoochoose", 0, &[("yoochoose-clicks.dat", clicks)]), 120, 120, WITH_CATEGORY);
    let review =
        |u, i, t| format!("{{u'username': u'u{u}', u'product_id': u'{i}', u'date': u'2017-12-1{t}'}}\n");
    let games = items(|i| format!("{{u'id': u'{i}', u'genres': [u'Action', u'Indie']}}\n"));
    let read = build("Steam", 0, &[("steam_reviews.json", rows(review)), ("steam_games.json", games)]);
    check(&read, 120, 120, PLAIN);
    assert!(read["schema"].as_str().unwrap().contains("[columns.genres]"), "{read}");
    let added = |t: usize| {
        format!("Fri Nov 1{t} 15:22:04 -0800 2017")
            .replace("Fri", ["Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][t])
    };
    let read_it = |u, i, t: usize| {
        format!(
            "{{\"user_id\": \"{u}\", \"book_id\": \"{i}\", \"rating\": {}, \"date_added\": \"{}\"}}\n",
            t % 6,
            added(t)
        )
    };
    check(&build("Goodreads", 0, &[("goodreads_interactions.json", rows(read_it))]), 120, 100, PLAIN);
    let review = |u, i, t| {
        format!(
            "{{\"user_id\": \"u{u}\", \"business_id\": \"b{i}\", \"stars\": 3.0, \
             \"date\": \"2018-07-07 22:09:1{t}\"}}\n"
        )
    };
    let places = items(|i| {
        format!("{{\"business_id\": \"b{i}\", \"city\": \"Y\", \"categories\": \"Gyms, Active Life\"}}\n")
    });
    let files = [
        ("yelp_academic_dataset_review.json", rows(review)),
        ("yelp_academic_dataset_business.json", places),
    ];
    let read = build("Yelp", 0, &files);
    check(&read, 120, 120, "\"item\", \"city\"");
    assert!(read["schema"].as_str().unwrap().contains("[columns.categories]"), "{read}");
    let bought = rows(|u, i, t| format!("2018-09-2{t},c{u},010877501{i},0.05,2\n"));
    let articles = items(|i| format!("010877501{i},1,Garment {}\n", i % 3));
    let files = [
        ("transactions_train.csv", format!("t_dat,customer_id,article_id,price,sales_channel_id\n{bought}")),
        ("articles.csv", format!("article_id,product_code,product_group_name\n{articles}")),
    ];
    check(&build("H&M", 0, &files), 120, 120, WITH_CATEGORY);
    let session = |u: usize| {
        let event = |t: usize| {
            let kind = if t == 5 { "orders" } else { "clicks" };
            format!(
                "{{\"aid\": {}, \"ts\": {}, \"type\": \"{kind}\"}}",
                (u + t * t) % 9,
                1_659_304_800_025_u64 + t as u64
            )
        };
        let events: Vec<String> = (0..6).rev().map(event).collect();
        format!("{{\"session\": {u}, \"events\": [{}]}}\n", events.join(", "))
    };
    let sessions: String = (0..20).map(session).collect();
    check(&build("Otto", 0, &[("train.jsonl", sessions)]), 120, 100, PLAIN);
}
