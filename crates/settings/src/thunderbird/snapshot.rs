//! A private copy of what is read from a profile, taken while Thunderbird may be running.
//!
//! A database is copied with its write-ahead log: what was added last may be only there. Thunderbird may
//! write between the two; then the copy does not fit together, and is taken again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::database;
use super::error::Error;
use super::folder::{self, Folder};
use super::prefs::Prefs;
use super::texts;

/// How often a database that changes under the copy is tried.
const TRIES: usize = 3;

/// Files that are copied if they are there.
const FILES: &[&str] = &[
    "prefs.js",
    "compatibility.ini",
    "logins.json",
    "secring.gpg",
    "pubring.gpg",
    "encrypted-openpgp-passphrase.txt",
    texts::QUICKTEXT,
];
const DATABASES: &[&str] = &["key4.db", "cert9.db"];

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let file = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    move |source| Error::Io { file, source }
}

/// Copies what [`super::read::read`] reads into `copy`, an empty folder that only this user can open.
/// `owner` is the user's id on systems that have such; files of another user are refused.
///
/// # Errors
/// No profile, somebody else's, a database that keeps changing or is damaged, what the system refuses.
pub fn take(profile: &Path, copy: &Path, owner: Option<u32>) -> Result<(), Error> {
    let source = Folder::new(profile);
    let prefs = source
        .read(Path::new("prefs.js"))
        .ok_or_else(|| unreadable(profile))?;
    check_owner(&profile.join("prefs.js"), owner)?;
    let (prefs, _) = Prefs::parse(&String::from_utf8_lossy(&prefs));
    for file in wanted(&source, &prefs) {
        copy_file(profile, copy, &file)?;
    }
    let mut databases: Vec<PathBuf> = DATABASES.iter().map(PathBuf::from).collect();
    let is_book = |name: &PathBuf| {
        let name = name.to_string_lossy();
        name.starts_with("abook") && name.ends_with(".sqlite")
    };
    databases.extend(source.names(Path::new("")).into_iter().filter(is_book));
    for file in databases.iter().filter(|file| source.has(file)) {
        copy_database(profile, copy, file)?;
    }
    Ok(())
}

/// `prefs.js` may be missing, or there and closed to this user.
fn unreadable(profile: &Path) -> Error {
    let path = profile.join("prefs.js");
    match fs::File::open(&path) {
        Err(source) if source.kind() == io::ErrorKind::PermissionDenied => Error::OtherUser,
        _ => Error::NotAProfile,
    }
}

#[cfg(unix)]
fn check_owner(path: &Path, owner: Option<u32>) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).map_err(failed(path))?.uid();
    match owner {
        Some(owner) if owner != found => Err(Error::OtherUser),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: Option<u32>) -> Result<(), Error> {
    Ok(())
}

/// The plain files that the preferences lead to, and those of fixed names.
fn wanted(source: &Folder, prefs: &Prefs) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = FILES.iter().map(PathBuf::from).collect();
    for identity in prefs.keys("mail.identity.", ".sig_file-rel") {
        files.extend(texts::signature_file(prefs, identity).and_then(folder::inside));
    }
    for (server, _) in texts::servers(prefs) {
        if let Some(folder) = texts::server_folder(prefs, &server) {
            files.push(folder.join(texts::RULES));
            // Of an IMAP account only that there is one is of interest.
            files.push(folder.join("Templates"));
        }
    }
    for (_, path) in texts::template_folders(prefs) {
        files.extend(source.names(&path.join("cur")));
        files.push(path);
    }
    files.extend(source.names(Path::new("Photos")));
    files.sort();
    files.dedup();
    files.retain(|file| source.has(file));
    files
}

fn copy_file(profile: &Path, copy: &Path, file: &Path) -> Result<(), Error> {
    let to = copy.join(file);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed(file))?;
    }
    let bytes = fs::read(profile.join(file)).map_err(failed(file))?;
    fs::write(&to, bytes).map_err(failed(file))
}

fn copy_database(profile: &Path, copy: &Path, file: &Path) -> Result<(), Error> {
    let log = PathBuf::from(format!("{}-wal", file.display()));
    let mut last: Option<(Vec<u8>, Option<Vec<u8>>)> = None;
    for _ in 0..TRIES {
        let database = fs::read(profile.join(file)).map_err(failed(file))?;
        let entries = fs::read(profile.join(&log)).ok();
        fs::write(copy.join(file), &database).map_err(failed(file))?;
        match &entries {
            Some(entries) => fs::write(copy.join(&log), entries).map_err(failed(file))?,
            None => remove(&copy.join(&log))?,
        }
        // Reading merges the log into the copy.
        if database::open(&copy.join(file)).is_ok_and(|copied| database::is_sound(&copied)) {
            return Ok(());
        }
        let now = (database, entries);
        if last.as_ref() == Some(&now) {
            let file = file.display().to_string();
            return Err(Error::Damaged { file });
        }
        last = Some(now);
    }
    Err(Error::Busy {
        file: file.display().to_string(),
    })
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed(path)(source)),
        _ => Ok(()),
    }
}
