//! How fast parts are sealed and opened, from memory to memory.
//!
//! `cargo run --release -p depesche-seal --example speed [-- THREADS]`
//! prints GB/s (10^9 bytes) of one run of about two seconds each: seal and hash, hash and open.

use std::time::{Duration, Instant};

use depesche_seal::file::{Opener, PART, Sealer};
use depesche_seal::key::{FileId, FileKey, Hash};
use depesche_seal::stream::{StreamHeader, plain_size};

const PARTS: u32 = 8;
const RUN: Duration = Duration::from_secs(2);

fn seal(
    sealer: &Sealer,
    index: u32,
    buffer: &mut [u8],
) -> Result<Hash, Box<dyn std::error::Error>> {
    let mut part = sealer.part(index, buffer)?;
    loop {
        // A reader would fill this; what lies there from the last round is as good a text as any.
        let len = part.space().len();
        if len == 0 {
            return Ok(part.finish()?);
        }
        part.advance(len)?;
    }
}

/// Rounds over all parts until the time is up; GB/s of one thread.
fn measure(
    mut round: impl FnMut() -> Result<u64, Box<dyn std::error::Error>>,
) -> Result<f64, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut bytes = 0;
    while start.elapsed() < RUN {
        bytes += round()?;
    }
    Ok(bytes as f64 / start.elapsed().as_secs_f64() / 1e9)
}

fn one_thread() -> Result<(f64, f64), Box<dyn std::error::Error>> {
    let key = FileKey::from_bytes(&[1; 32]);
    let id = FileId::from_bytes([2; 16]);
    let header = StreamHeader::from_random(&[3; StreamHeader::RANDOM]);
    let sealed_size = u64::from(PARTS) * PART as u64;
    let sealer = Sealer::new(&key, &id, header, plain_size(sealed_size)?)?;
    let opener = Opener::new(&key, &id, sealed_size)?;
    opener.set_header(header);

    let mut buffer = vec![0; PART];
    let sealing = measure(|| {
        for index in 0..PARTS {
            seal(&sealer, index, &mut buffer)?;
        }
        Ok(sealed_size)
    })?;

    let mut sealed = vec![vec![0; PART]; PARTS as usize];
    let mut hashes = Vec::new();
    for (index, part) in (0..).zip(&mut sealed) {
        hashes.push(seal(&sealer, index, part)?);
    }
    // Copying stands for the network, in pieces as it gives them.
    let opening = measure(|| {
        for index in 0..PARTS {
            let mut part = opener.part(index, &mut buffer)?;
            for piece in sealed[index as usize].chunks(64 << 10) {
                part.space()[..piece.len()].copy_from_slice(piece);
                part.advance(piece.len())?;
            }
            part.finish(&hashes[index as usize])?;
        }
        Ok(sealed_size)
    })?;
    Ok((sealing, opening))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let threads: usize = std::env::args().nth(1).map_or(Ok(1), |text| text.parse())?;
    let speeds: Vec<(f64, f64)> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| one_thread().map_err(|error| error.to_string())))
            .collect();
        runs.into_iter()
            .map(|run| run.join().map_err(|_| "a thread failed".to_owned())?)
            .collect::<Result<_, String>>()
    })?;
    let (seal, open) = speeds
        .iter()
        .fold((0.0, 0.0), |(s, o), (a, b)| (s + a, o + b));
    println!("threads {threads}  seal and hash {seal:.2} GB/s  hash and open {open:.2} GB/s");
    Ok(())
}
