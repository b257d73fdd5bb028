//! Files that a command writes: into a chosen folder where nothing is replaced, or one for the owner alone.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use depesche_client::fault::Fault;
use depesche_client::fetch::Place;
use depesche_client::seal::name::Name;
use depesche_client::world::World;

use crate::exit::Failure;

/// A file that was written.
pub(crate) struct Saved {
    /// Its name, with its folders.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: usize,
    /// Where it lies.
    pub(crate) path: PathBuf,
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Failure {
    let shown = path.display().to_string();
    move |error| Failure::new(Fault::Other, "write_failed", format!("{shown}: {error}"))
}

/// A new file that only its owner reads.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true);
    let mut file = options.mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes files into `out`, which is made if it is not there. What is there stays: a new one gets a number.
pub(crate) fn save<'a>(
    out: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    world: World,
) -> Result<Vec<Saved>, Failure> {
    let work = format!(".depesche-{:016x}", u64::from_le_bytes(world.draw()));
    let place = Place::open(out, &work).map_err(failed(out))?;
    let saved = save_in(&place, out, files);
    if saved.is_err() {
        // The first failure is told; what is left over is not worth a second one.
        let _ = place.discard();
    }
    saved
}

fn save_in<'a>(
    place: &Place,
    out: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<Vec<Saved>, Failure> {
    let (mut saved, mut tops) = (Vec::new(), BTreeSet::new());
    for (name, bytes) in files {
        let parsed = Name::parse(name).map_err(|e| Failure::new(Fault::Unopenable, e.code(), e))?;
        let mut file = place.file(&parsed).map_err(failed(out))?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(failed(out))?;
        tops.extend(parsed.components().next().map(str::to_owned));
        saved.push((name.to_owned(), bytes.len()));
    }
    let mut moved = Vec::new();
    for top in tops {
        let name = place.free_name(&top).map_err(failed(out))?;
        place.move_out(&top, &name).map_err(failed(out))?;
        moved.push((top, name));
    }
    place
        .sync_names()
        .and_then(|()| place.close())
        .map_err(failed(out))?;
    let path_of = |name: &str| {
        let (top, rest) = name.split_once('/').unwrap_or((name, ""));
        let top = moved.iter().find(|(was, _)| was == top);
        let path = out.join(top.map_or("", |(_, name)| name));
        if rest.is_empty() {
            path
        } else {
            path.join(rest)
        }
    };
    let saved = saved.into_iter().map(|(name, size)| Saved {
        path: path_of(&name),
        name,
        size,
    });
    Ok(saved.collect())
}
