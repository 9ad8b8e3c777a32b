//! DIEN on synthetic behaviour, through the library: prints the seconds that the training takes.

use dien::prelude::*;

fn main() -> Result<()> {
    let config: Config = r#"
        source.synthetic.users = 3000
        data.batch_size = 128
        train.epochs = 2
        train.seed = 1
    "#
    .parse()?;
    let (dataset, _) = DataSource::open(&config, Encoding::Fit)?;
    let mut trainer = Trainer::new(&config, dataset)?;
    let start = std::time::Instant::now();
    trainer.train(&mut ())?;
    println!("{}", start.elapsed().as_secs_f64());
    Ok(())
}
