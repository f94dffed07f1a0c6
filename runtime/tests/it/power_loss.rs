//! A slice of `cargo run --release -p bench --bin power_loss`.

use runtime::simulation::{CrashPoint, PowerLoss, Random};

#[test]
fn what_was_synced_survives_power_losses_anywhere() {
    for seed in 0..3 {
        let script = PowerLoss::new(seed);
        for operation in 0..=script.operations() {
            for loss in 0..4 {
                let point = CrashPoint {
                    seed,
                    operation,
                    loss,
                    recovery: None,
                };
                script
                    .crash(point)
                    .unwrap_or_else(|what| panic!("{point}: {what}"));
            }
        }
        let mut random = Random::new(seed);
        for _ in 0..500 {
            let point = script.point(&mut random);
            script
                .crash(point)
                .unwrap_or_else(|what| panic!("{point}: {what}"));
        }
    }
}
