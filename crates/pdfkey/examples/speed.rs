//! CPU time of encrypting alone, beside qpdf's: `cargo run --release -p depesche-pdfkey --example speed`.

use std::io::Write;
use std::process::Command;

use depesche_pdfkey::credential::{Credential, Salts};
use depesche_pdfkey::encrypt::encrypt;
use depesche_pdfkey::fuzzing::small;
use depesche_pdfkey::password::Password;

/// CPU milliseconds so far: of this process, and of programs it has waited for.
fn cpu() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    // Behind the state: utime, stime, cutime, cstime are fields 14 to 17; ticks of 10 ms.
    (
        10.0 * (fields[10] + fields[11]),
        10.0 * (fields[12] + fields[13]),
    )
}

fn main() {
    let password = Password::parse("kiefer tasse mond").expect("a password");
    let credential = Credential::derive(
        &password,
        Salts {
            validation: [1; 8],
            key: [2; 8],
        },
    );
    let before = cpu().0;
    for _ in 0..500 {
        assert!(std::hint::black_box(credential.user()).is_opened_by(&password));
    }
    println!("checking a password: {:.2} ms", (cpu().0 - before) / 500.0);
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).expect("random bytes");
    println!(
        "{:>10} {:>6} {:>12} {:>12} {:>8}",
        "bytes", "runs", "ours ms", "qpdf ms", "ratio"
    );
    for (size, runs) in [(50_000, 200), (1_000_000, 60), (20_000_000, 8)] {
        let mut attachment = vec![0; size];
        random(&mut attachment);
        let pdf = small("speed", &attachment);
        let before = cpu().0;
        // Small files are quicker than a tick: many more of them.
        let ours_runs = runs * 20;
        for _ in 0..ours_runs {
            std::hint::black_box(encrypt(&pdf, &credential, &mut random).expect("a PDF"));
        }
        let ours = (cpu().0 - before) / f64::from(ours_runs);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&pdf).expect("written");
        let out = tempfile::NamedTempFile::new().expect("a file");
        let before = cpu().1;
        for _ in 0..runs {
            let mut command = Command::new("qpdf");
            command.args([
                "--stream-data=preserve",
                "--object-streams=preserve",
                "--encrypt",
                "user",
                "owner",
                "256",
                "--",
            ]);
            assert!(
                command
                    .arg(file.path())
                    .arg(out.path())
                    .status()
                    .expect("qpdf")
                    .success()
            );
        }
        let qpdf = (cpu().1 - before) / f64::from(runs);
        println!(
            "{size:>10} {runs:>6} {ours:>12.3} {qpdf:>12.3} {:>8.1}",
            qpdf / ours
        );
    }
}
