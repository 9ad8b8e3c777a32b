//! A random table: what its cells are, whatever writes them.

use std::fmt::Write as _;

use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

/// A cell's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Missing,
    Int(i128),
    Number(f64),
    Text(String),
    Bool(bool),
    /// Days since 1970.
    Day(i32),
    List(Vec<Cell>),
}

/// What a column's ids are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Some dozens.
    Small,
    /// Of 64 bits, with a sign.
    Wide,
    /// Of 64 bits, without.
    Unsigned,
    /// Of up to 38 digits.
    Huge,
    /// Digits with zeros before them.
    Zeros,
    /// Words without anything that a dialect knows.
    Words,
    /// Texts with delimiters, quotes, brackets, line breaks.
    Wild,
    Bool,
    Day,
}

const KINDS: [Kind; 9] = [
    Kind::Small,
    Kind::Wide,
    Kind::Unsigned,
    Kind::Huge,
    Kind::Zeros,
    Kind::Words,
    Kind::Wild,
    Kind::Bool,
    Kind::Day,
];

const WILD: [&str; 24] = [
    "x,y",
    "p|q",
    "say \"hi\"",
    "it's",
    "semi;colon",
    "tab\tin",
    "back\\slash",
    "new\nline",
    "cr\r\nlf",
    "\"",
    "#hash",
    "[open",
    "{a}",
    "[1, 2]",
    "a  b",
    "日本 語",
    "é́",
    "🦀|🦀",
    "nul\u{1}",
    "1e5x",
    "NULL",
    "nan",
    "'",
    "^",
];

pub struct Column {
    pub name: &'static str,
    pub cells: Vec<Cell>,
}

pub struct Table {
    pub columns: Vec<Column>,
    pub rows: usize,
    /// What the schema says beside the source.
    schema: String,
    /// Whether its rows' times are distinct.
    pub distinct_times: bool,
}

pub fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

impl Kind {
    fn id(self, rng: &mut ChaCha8Rng) -> Cell {
        match self {
            Kind::Small => Cell::Int(rng.random_range(-3..40)),
            Kind::Wide => Cell::Int(rng.random::<i64>().into()),
            Kind::Unsigned => Cell::Int(rng.random::<u64>().into()),
            Kind::Huge => Cell::Int(rng.random::<i128>() / 2 % 10_i128.pow(38)),
            Kind::Zeros => Cell::Text(format!("{:0w$}", rng.random_range(0..50), w = rng.random_range(1..4))),
            Kind::Words => {
                let letter = |rng: &mut ChaCha8Rng| *['a', 'Z', 'q', 'ü', '界', '7'].choose(rng).unwrap();
                let text: String = (0..rng.random_range(1..6)).map(|_| letter(rng)).collect();
                Cell::Text(format!("w{text}"))
            }
            Kind::Wild => Cell::Text(WILD.choose(rng).unwrap().to_string()),
            Kind::Bool => Cell::Bool(rng.random()),
            Kind::Day => Cell::Day(rng.random_range(-400..20_000)),
        }
    }

    fn some(self, rng: &mut ChaCha8Rng) -> Vec<Cell> {
        (0..rng.random_range(2..14)).map(|_| self.id(rng)).collect()
    }
}

fn pick(of: &[Cell], missing: f64, rng: &mut ChaCha8Rng) -> Cell {
    if rng.random_bool(missing) { Cell::Missing } else { of.choose(rng).unwrap().clone() }
}

impl Table {
    pub fn random(seed: u64) -> Table {
        let rng = &mut rng(seed);
        let rows = *[1, 3, 17, 40, 70].choose(rng).unwrap();
        let kinds: Vec<Kind> = (0..6).map(|_| *KINDS.choose(rng).unwrap()).collect();
        let ids: Vec<Vec<Cell>> = kinds.iter().map(|kind| kind.some(rng)).collect();
        let missing = *[0.0, 0.0, 0.2].choose(rng).unwrap();
        let mut columns: Vec<Column> = vec![];
        let mut add = |name: &'static str, cells: Vec<Cell>| columns.push(Column { name, cells });
        let soft = rng.random_bool(0.1);
        let label = |rng: &mut ChaCha8Rng| match soft {
            true => Cell::Number(*[0.0, 0.25, 0.5, 1.0].choose(rng).unwrap()),
            false => Cell::Int(rng.random_range(0..2)),
        };
        add("clicked", (0..rows).map(|_| label(rng)).collect());
        add("user", (0..rows).map(|_| pick(&ids[0], 0.0, rng)).collect());
        add("item", (0..rows).map(|_| pick(&ids[1], missing, rng)).collect());
        add("category", (0..rows).map(|_| pick(&ids[2], missing, rng)).collect());
        add("hour", (0..rows).map(|_| pick(&ids[3], missing, rng)).collect());
        let (quarters, least) = (rng.random_bool(0.6), if rng.random_bool(0.5) { 0.0 } else { -9.0 });
        let price = |rng: &mut ChaCha8Rng| match rng.random_bool(missing) {
            true => Cell::Missing,
            false if quarters => Cell::Number(least + f64::from(rng.random_range(0..80_u32)) / 4.0),
            false => Cell::Number(least + rng.random::<f64>() * 1e3),
        };
        add("price", (0..rows).map(|_| price(rng)).collect());
        let weighted = rng.random_bool(0.3);
        if weighted {
            add(
                "weight",
                (0..rows).map(|_| Cell::Number(f64::from(rng.random_range(0..9_u32)) / 4.0)).collect(),
            );
        }
        let distinct_times = rng.random_bool(0.7);
        let mut times: Vec<i128> = (0..rows as i128).collect();
        times.shuffle(rng);
        let scale = if rng.random_bool(0.5) { 1 } else { 60_000 };
        let first = *[0, 1_700_000_000].choose(rng).unwrap();
        let time = |t: i128| Cell::Int(first + scale * if distinct_times { t } else { t / 4 });
        add("at", times.into_iter().map(time).collect());
        let mut seen = (vec![], vec![], vec![]);
        let brands = |missing: f64, rng: &mut ChaCha8Rng| {
            Cell::List((0..rng.random_range(0..4)).map(|_| pick(&ids[5], missing, rng)).collect())
        };
        for _ in 0..rows {
            let events = if rng.random_bool(0.2) { 0 } else { rng.random_range(0..9) };
            seen.0.push(Cell::List((0..events).map(|_| pick(&ids[1], 0.0, rng)).collect()));
            seen.1.push(Cell::List((0..events).map(|_| pick(&ids[2], missing, rng)).collect()));
            // The first is never missing, so that a text tells that there are lists.
            let of_event = |event: i32, rng: &mut ChaCha8Rng| match event > 0 && rng.random_bool(0.1) {
                true => Cell::Missing,
                false => brands(missing, rng),
            };
            seen.2.push(Cell::List((0..events).map(|event| of_event(event, rng)).collect()));
        }
        add("seen", seen.0);
        add("seen_categories", seen.1);
        add("seen_brands", seen.2);
        add("brands", (0..rows).map(|_| brands(0.0, rng)).collect());
        let tags =
            |rng: &mut ChaCha8Rng| (0..rng.random_range(0..4)).map(|_| pick(&ids[4], 0.0, rng)).collect();
        add("tags", (0..rows).map(|_| Cell::List(tags(rng))).collect());
        columns.shuffle(rng);

        let transform = match rng.random_range(0..4) {
            0 => "",
            1 => "transform = \"standardise\", ",
            2 => "transform = { buckets = [-1.0, 2.5, 400.0] }, ",
            _ if least == 0.0 => "transform = \"log1p\", ",
            _ => "",
        };
        let mut schema = String::new();
        let middle = first + scale * (rows as i128 / 2);
        match rng.random_range(0..3) {
            0 if rows > 9 => writeln!(schema, "[split]\nby = \"time\"\ntest_from = {middle}"),
            1 if rows > 9 => writeln!(schema, "[split]\nby = \"group\"\ntest = 0.3\nvalidation = 0.1"),
            _ => Ok(()),
        }
        .unwrap();
        let spec = |rng: &mut ChaCha8Rng| {
            let specs = ["", "", ", vocabulary = { min_count = 2 }", ", vocabulary = { hash = 7 }"];
            *specs.choose(rng).unwrap()
        };
        let (order, most) = (["oldest_first", "latest_first"].choose(rng).unwrap(), rng.random_range(1..7));
        let padding = match &ids[1][0] {
            Cell::Int(id) if rng.random_bool(0.3) => format!("padding = {:?}\n", id.to_string()),
            _ => String::new(),
        };
        writeln!(schema, "[columns]\nclicked = {{ kind = \"label\" }}\nuser = {{ kind = \"group\" }}")
            .unwrap();
        writeln!(schema, "who = {{ kind = \"sparse\", from = \"user\"{} }}", spec(rng)).unwrap();
        writeln!(schema, "item = {{ kind = \"sparse\"{} }}", spec(rng)).unwrap();
        writeln!(schema, "category = {{ kind = \"sparse\"{} }}", spec(rng)).unwrap();
        writeln!(schema, "hour = {{ kind = \"sparse\", vocabulary = {{ hash = 5 }} }}").unwrap();
        writeln!(schema, "price = {{ kind = \"dense\", {transform}default = 1.5 }}").unwrap();
        if weighted {
            writeln!(schema, "weight = {{ kind = \"weight\" }}").unwrap();
        }
        writeln!(schema, "at = {{ kind = \"time\" }}").unwrap();
        writeln!(schema, "seen = {{ kind = \"sequence\", shares = \"item\" }}").unwrap();
        writeln!(schema, "seen_categories = {{ kind = \"sequence\", shares = \"category\" }}").unwrap();
        writeln!(schema, "brands = {{ kind = \"sequence\"{} }}", spec(rng)).unwrap();
        writeln!(schema, "seen_brands = {{ kind = \"sequence\", shares = \"brands\" }}").unwrap();
        writeln!(schema, "tags = {{ kind = \"sequence\"{} }}", spec(rng)).unwrap();
        let seen = "[\"seen\", \"seen_categories\", \"seen_brands\"]";
        writeln!(schema, "[[behaviours]]\nname = \"clicks\"\ncolumns = {seen}").unwrap();
        writeln!(schema, "max_history = {most}\norder = \"{order}\"\n{padding}").unwrap();
        Table { columns, rows, schema, distinct_times }
    }

    /// The schema, with where its rows are.
    pub fn schema(&self, source: &str) -> String {
        let candidate = "[\"item\", \"category\", \"brands\"]";
        format!("candidate = {candidate}\nwidth = 4\n{source}\n{}", self.schema)
    }

    /// Some of the rows, in an order.
    pub fn take(&self, rows: &[usize]) -> Table {
        let pick = |column: &Column| Column {
            name: column.name,
            cells: rows.iter().map(|&row| column.cells[row].clone()).collect(),
        };
        Table {
            columns: self.columns.iter().map(pick).collect(),
            rows: rows.len(),
            schema: self.schema.clone(),
            distinct_times: self.distinct_times,
        }
    }

    /// The rows in up to `count` pieces, as files or batches have them; some may have none.
    pub fn pieces(&self, count: usize, may_be_empty: bool, rng: &mut ChaCha8Rng) -> Vec<Table> {
        let mut cuts: Vec<usize> = (1..count).map(|_| rng.random_range(0..=self.rows)).collect();
        cuts.extend([0, self.rows]);
        cuts.sort_unstable();
        if !may_be_empty {
            cuts.dedup();
        }
        cuts.windows(2).map(|ends| self.take(&(ends[0]..ends[1]).collect::<Vec<_>>())).collect()
    }

    /// All cells, those of lists one by one.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.columns.iter().flat_map(|column| column.cells.iter().flat_map(Cell::leaves))
    }
}

impl Cell {
    /// A list's cells, or the cell.
    pub fn items(&self) -> &[Cell] {
        match self {
            Cell::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }

    /// The cells of a list, and of lists in it, or the cell.
    pub fn leaves(&self) -> Vec<&Cell> {
        match self {
            Cell::List(items) => items.iter().flat_map(Cell::leaves).collect(),
            one => vec![one],
        }
    }

    /// Whether it is a list of lists.
    pub fn is_nested(&self) -> bool {
        self.items().iter().any(|item| matches!(item, Cell::List(_)))
    }

    /// Its plain text; none if it is missing.
    pub fn text(&self) -> Option<String> {
        match self {
            Cell::Missing => None,
            Cell::Int(x) => Some(x.to_string()),
            Cell::Number(x) => Some(x.to_string()),
            Cell::Text(text) => Some(text.clone()),
            Cell::Bool(x) => Some(x.to_string()),
            Cell::Day(days) => Some(date(*days)),
            Cell::List(_) => panic!("a list has no text of its own"),
        }
    }
}

/// A day as ISO 8601 has it, counted by months and years.
fn date(mut days: i32) -> String {
    let leap = |year: i32| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += 365 + i32::from(leap(year));
    }
    while days >= 365 + i32::from(leap(year)) {
        days -= 365 + i32::from(leap(year));
        year += 1;
    }
    let february = 28 + i32::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}
