//! How long the smallest query takes as a whole process.

use std::process::{Command, Stdio};
use std::time::Instant;

fn main() {
    let mut times: Vec<f64> = (0..30)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_kql"))
                .args(["run", "-q", "print 1"])
                .stdout(Stdio::null())
                .status()
                .expect("kql runs");
            assert!(status.success());
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("kql run -q 'print 1', a whole process: best {:.1} ms, median {:.1} ms", times[0], times[15]);
}
