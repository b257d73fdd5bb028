//! The folder that is written to, and nothing outside it.
//!
//! Everything is written into a work folder of mode 0700 inside the folder the person chose, by handles:
//! each folder of a name is opened inside the one before, without following links. When all is verified and
//! on the disk, the top entries are moved out of it, and never onto something that is there: then the name
//! gets ` (1)`. So a delivery appears as a whole, and what went wrong leaves one hidden folder to go on with.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use depesche_seal::name::{MAX_COMPONENT, Name};
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

const MOST_ALIKE: u32 = 10_000;

/// A chosen folder and the work folder inside it.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    out: OwnedFd,
    work_name: String,
    work: OwnedFd,
    /// The folder that was written to last: files of one folder follow one another.
    last: Mutex<Option<(String, Arc<OwnedFd>)>>,
}

impl Place {
    /// Opens `path`, made if it is not there, and the work folder of that name inside it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path, work_name: &str) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let out = fs::openat(CWD, path, folder_flags(), Mode::empty())?;
        make_folder(out.as_fd(), work_name, Mode::RWXU)?;
        let work = enter(out.as_fd(), work_name)?;
        Ok(Self {
            path: path.to_owned(),
            out,
            work_name: work_name.to_owned(),
            work,
            last: Mutex::default(),
        })
    }

    /// The folder the person chose.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Free bytes on its disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn free(&self) -> io::Result<u64> {
        let stat = fs::fstatvfs(&self.out)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// The file of that name in the work folder, made if it is not there. Its folders are made too.
    ///
    /// # Errors
    /// What the file system says; `ELOOP` or `ENOTDIR` where a link or another thing is in the way.
    pub fn file(&self, name: &Name) -> io::Result<File> {
        let folder = self.folder_of(name.as_str())?;
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = fs::openat(
            folder.as_fd(),
            name.last(),
            flags,
            Mode::from_raw_mode(0o666),
        )?;
        regular(&file)?;
        Ok(file.into())
    }

    /// The file of that name in the work folder, to be read; none if it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn existing(&self, name: &Name) -> io::Result<Option<File>> {
        let folder = self.folder_of(name.as_str())?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match fs::openat(folder.as_fd(), name.last(), flags, Mode::empty()) {
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(file) => {
                regular(&file)?;
                Ok(Some(file.into()))
            }
        }
    }

    /// Makes an empty folder of that name in the work folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn folder(&self, name: &Name) -> io::Result<()> {
        let above = self.folder_of(name.as_str())?;
        make_folder(above.as_fd(), name.last(), Mode::from_raw_mode(0o777))?;
        enter(above.as_fd(), name.last()).map(drop)
    }

    /// The folder above the last component, made where needed.
    fn folder_of(&self, name: &str) -> io::Result<Arc<OwnedFd>> {
        let above = name.rsplit_once('/').map_or("", |(above, _)| above);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, folder)) = last.as_ref()
            && name == above
        {
            return Ok(Arc::clone(folder));
        }
        let mut folder = self.work.try_clone()?;
        for component in above.split('/').filter(|component| !component.is_empty()) {
            make_folder(folder.as_fd(), component, Mode::from_raw_mode(0o777))?;
            folder = enter(folder.as_fd(), component)?;
        }
        let folder = Arc::new(folder);
        *last = Some((above.to_owned(), Arc::clone(&folder)));
        Ok(folder)
    }

    /// Whether the work folder still has this top entry.
    pub(crate) fn has(&self, top: &str) -> bool {
        fs::statat(&self.work, top, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// A name in the chosen folder that is free now: `top`, else with a number.
    ///
    /// # Errors
    /// What the file system says.
    pub fn free_name(&self, top: &str) -> io::Result<String> {
        for number in 0..MOST_ALIKE {
            let candidate = numbered(top, number);
            match fs::statat(&self.out, candidate.as_str(), AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => return Ok(candidate),
                Err(error) => return Err(error.into()),
                Ok(_) => {}
            }
        }
        Err(Errno::EXIST.into())
    }

    /// Moves a top entry out of the work folder to a free name.
    ///
    /// # Errors
    /// What the file system says; `EEXIST` if the name was taken meanwhile.
    pub fn move_out(&self, top: &str, name: &str) -> io::Result<()> {
        fs::renameat_with(&self.work, top, &self.out, name, RenameFlags::NOREPLACE)?;
        Ok(())
    }

    /// Writes all data and names of the disk that this folder is on to the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sync_all(&self) -> io::Result<()> {
        Ok(fs::syncfs(&self.work)?)
    }

    /// Writes the names in the chosen folder to the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sync_names(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.out)?)
    }

    /// Removes the empty work folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn close(&self) -> io::Result<()> {
        Ok(fs::unlinkat(
            &self.out,
            self.work_name.as_str(),
            AtFlags::REMOVEDIR,
        )?)
    }

    /// Deletes the work folder with all that is in it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn discard(&self) -> io::Result<()> {
        std::fs::remove_dir_all(self.path.join(&self.work_name))
    }
}

fn folder_flags() -> OFlags {
    OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC
}

fn make_folder(above: BorrowedFd<'_>, name: &str, mode: Mode) -> io::Result<()> {
    match fs::mkdirat(above, name, mode) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn enter(above: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
    let flags = folder_flags() | OFlags::NOFOLLOW;
    Ok(fs::openat(above, name, flags, Mode::empty())?)
}

fn regular(file: &OwnedFd) -> io::Result<()> {
    let stat = fs::fstat(file)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        Ok(())
    } else {
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }
}

/// `name`, or `name (number)` with the number before the extension, cut where it would be too long.
fn numbered(name: &str, number: u32) -> String {
    if number == 0 {
        return name.to_owned();
    }
    let (stem, extension) = match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= 16 => name.split_at(at),
        _ => (name, ""),
    };
    let tail = format!(" ({number}){extension}");
    let room = MAX_COMPONENT.saturating_sub(tail.len());
    let end = stem.floor_char_boundary(room);
    format!("{}{tail}", &stem[..end])
}
