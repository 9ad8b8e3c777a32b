//! The counts of the shared data sets' READMEs. Skips what is not there.

use std::path::{Path, PathBuf};

use dien_data::build::{SampleBuilder, TargetPolicy};
use dien_data::schema::Split;
use dien_data::{
    DataOptions, EncodedLog, Impressions, ReadOptions, TargetKind, Ties, read_folder, read_folder_with,
};

/// A data set's folder, or none with the reason printed.
fn folder(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let all = std::env::var_os("DIEN_SHARED_DATA").map_or(beside, PathBuf::from);
    let folder = all.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped `{name}`: no folder {} (set DIEN_SHARED_DATA)", folder.display());
    None
}

struct Counts {
    users: usize,
    items: usize,
    behaviours: usize,
    tied: u64,
    train_samples: usize,
    test_samples: usize,
}

fn check(name: &str, counts: &Counts) {
    let Some(folder) = folder(name) else { return };
    let (log, warnings) = read_folder(&folder).unwrap();
    // The splits were drawn among users with behaviours.
    assert_eq!((warnings.test_users_without_behaviours, warnings.negatives_without_behaviours), (0, 0));
    assert_eq!(warnings.ties.map_or(0, |ties| ties.tied), counts.tied, "{warnings}");
    assert_eq!((log.users().len(), log.items().len()), (counts.users, counts.items));
    assert_eq!(log.events(), counts.behaviours);
    let options = DataOptions::default().with_targets(TargetKind::Last).with_valid_fraction(0.0);
    let data = EncodedLog::new(log, &options).unwrap();
    let (train, test) = (data.epoch(1, 0), data.test());
    assert_eq!((train.targets(), test.targets()), (counts.train_samples, counts.test_samples));
    let mut labels = 0.0;
    for batches in [&train, &test] {
        for i in 0..batches.len() {
            let batch = batches.batch(i);
            batch.validate(data.features()).unwrap();
            labels += batch.targets.label.iter().sum::<f32>();
        }
    }
    assert_eq!(labels as usize * 2, counts.train_samples + counts.test_samples);
}

#[test]
fn amazon_beauty() {
    let counts = Counts {
        users: 22_363,
        items: 12_101,
        behaviours: 198_502,
        tied: 0,
        train_samples: 40_254,
        test_samples: 4_472,
    };
    check("amazon-beauty", &counts);
}

#[test]
fn amazon_sports() {
    let counts = Counts {
        users: 35_598,
        items: 18_357,
        behaviours: 296_337,
        tied: 0,
        train_samples: 64_076,
        test_samples: 7_120,
    };
    check("amazon-sports", &counts);
}

#[test]
fn yelp() {
    let counts = Counts {
        users: 30_431,
        items: 20_033,
        behaviours: 316_354,
        tied: 0,
        train_samples: 54_776,
        test_samples: 6_086,
    };
    check("yelp", &counts);
}

#[test]
fn ml_100k() {
    let counts = Counts {
        users: 943,
        items: 1_682,
        behaviours: 100_000,
        tied: 50_561,
        train_samples: 1_698,
        test_samples: 188,
    };
    check("ml-100k", &counts);
    check_real("ml-100k", 98_061, 10_960, 94, 0.555, 56.5);
}

#[test]
fn ml_1m_sample() {
    let counts = Counts {
        users: 5_958,
        items: 3_312,
        behaviours: 100_000,
        tied: 10_190,
        train_samples: 10_276,
        test_samples: 1_142,
    };
    check("ml-1m-sample", &counts);
    check_real("ml-1m-sample", 90_355, 8_473, 547, 0.573, 12.01);
}

/// The variant with real labels. The README's figures are of the file's order, in which each target has a
/// history; where ties are ordered by a hash, a user's first target may come to stand before all liked ones.
fn check_real(name: &str, samples: usize, test_samples: usize, test_users: usize, ones: f64, mean: f64) {
    let Some(folder) = folder(name) else { return };
    let options = DataOptions::default()
        .with_targets(TargetKind::Real)
        .with_valid_fraction(0.0)
        .with_max_history(1000)
        .with_pooled(["genres"]);
    for ties in [Ties::File, Ties::Hash] {
        let (log, _) = read_folder_with(&folder, &ReadOptions::default().with_ties(ties)).unwrap();
        let data = EncodedLog::new(log, &options).unwrap();
        let (train, test) = (data.epoch(1, 0), data.test());
        assert_eq!((train.targets() + test.targets(), test.targets()), (samples, test_samples));
        assert_eq!(data.test_users().len(), test_users);
        let (mut labels, mut lengths, mut without) = (0.0, 0.0, 0);
        for batches in [&train, &test] {
            for i in 0..batches.len() {
                let batch = batches.batch(i);
                batch.validate(data.features()).unwrap();
                let t = &batch.targets;
                labels += t.label.iter().map(|&l| f64::from(l)).sum::<f64>();
                lengths += t.start.iter().zip(&t.end).map(|(s, e)| f64::from(e - s)).sum::<f64>();
                without += t.start.iter().zip(&t.end).filter(|(s, e)| s == e).count();
            }
        }
        let most = if ties == Ties::File { 0 } else { samples / 100 };
        assert!(without <= most, "{name}, {ties:?}: {without} targets without a history");
        assert!((labels / samples as f64 - ones).abs() < 5e-4, "{}", labels / samples as f64);
        assert!((lengths / samples as f64 - mean).abs() < 0.05, "{}", lengths / samples as f64);
    }
}

/// The official protocol through the two tables: as many targets as the folder itself gives.
#[test]
fn every_set_goes_in_by_a_schema() {
    for (name, train, test) in [
        ("amazon-beauty", 40_254, 4_472),
        ("amazon-sports", 0, 0),
        ("yelp", 0, 0),
        ("ml-100k", 0, 0),
        ("ml-1m-sample", 0, 0),
    ] {
        let Some(folder) = folder(name) else { continue };
        let (log, _) = read_folder(&folder).unwrap();
        let out = tempfile::tempdir().unwrap();
        let build = SampleBuilder::default()
            .with_targets(TargetPolicy::Last)
            .with_min_history(1)
            .with_split(Split::Group { validation: 0.0, test: 0.0, seed: 0 });
        let built = build.write(&log, &out.path().join("samples")).unwrap();
        let users = |test: bool| log.users().iter().filter(|u| u.test == test && u.events.len() > 1).count();
        assert_eq!((built.training[1], built.test[1]), (2 * users(false), 2 * users(true)), "{name}");
        assert!(train == 0 || (built.training[1], built.test[1]) == (train, test), "{name}: {built:?}");
        let schema = out.path().join("samples/dataset.toml");
        let (data, skipped) = Impressions::open(&schema, &DataOptions::default()).unwrap();
        assert_eq!(skipped.rows, 0);
        for (part, expected) in [(data.epoch(1, 0), built.training[1]), (data.test(), built.test[1])] {
            let (mut targets, mut labels) = (0, 0.0);
            part.for_each(0, |batch| {
                batch.validate(data.features()).unwrap();
                targets += batch.targets.len();
                labels += batch.targets.label.iter().sum::<f32>();
                true
            })
            .unwrap();
            assert_eq!((targets, labels as usize * 2), (expected, expected), "{name}");
        }
    }
}
