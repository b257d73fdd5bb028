//! From order to posted parcel, through as many stops as it takes.
//!
//! | step | what | after a stop |
//! |-|-|-|
//! | find | the draft of the same order, else a new one | found again by its fingerprint |
//! | announce | file objects to the server, which says what is missing | said again |
//! | upload | parts that are missing; parts known are compared | goes on with what is missing |
//! | post | manifest, links, notices | the same links again; the server posts once |
//!
//! Announce and upload repeat until nothing is missing: a server that lost its last writes asks again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use bytes::Bytes;
use depesche_api::{
    Account, DraftRequest, Info, NewFile, NewRecipient, Notice, NoticeFile, Parcel, PostRequest,
};
use depesche_seal::file::{self, FileError, PACK_BELOW};
use depesche_seal::key::{AccountId, Hash, ParcelId, ParcelKey};
use depesche_seal::link::LinkError;
use depesche_seal::link_text::{self, LinkPage};
use depesche_seal::manifest::{self, Contents, FOLDER_TYPE, Manifest, ManifestError};
use depesche_seal::parcel::{self, Flags, Level, ParcelError, SealedManifest};
use depesche_seal::password::PasswordError;
use depesche_seal::stream::{StreamHeader, sealed_size};

use super::order::{Order, make_link};
use super::upload::{LANES, Outcome, Task, Upload, UploadError, make_sealers};
use crate::buffers::Pool;
use crate::draft::{self, Draft, Object, Record};
use crate::fault::Fault;
use crate::http::{CallError, Server};
use crate::layout::{Layout, lay_out};
use crate::meter::Meter;
use crate::profile::{Profile, ProfileError, Secret};
use crate::walk::{Entry, Kind, Tree};
use crate::world::World;

/// The type given to every file: the one shown comes from the content.
const FILE_TYPE: &str = "application/octet-stream";
/// Most names that a notice carries.
pub(crate) const NOTICE_NAMES: usize = 100;
/// After so many rounds in which parts went missing again the server is not to be trusted with them.
const ROUNDS: usize = 20;

/// Nothing was posted, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Reading, sealing or sending the files.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The client's own folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// More than the server takes.
    #[error(
        "this is larger than the {most} bytes that the server takes at once; send it in several deliveries"
    )]
    TooLarge {
        /// The most, sealed bytes.
        most: u64,
    },
    /// Levels 3 and 4, or a level the server has not.
    #[error("level {level} is not offered by this server; it has levels {lowest} to {highest}")]
    Level {
        /// Wanted.
        level: u8,
        /// Offered.
        lowest: u8,
        /// Offered.
        highest: u8,
    },
    /// A file object cannot be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// The list of contents cannot be made.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// The link cannot be made.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The link password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The server forgets what it was sent.
    #[error("the server asks for the same parts again and again; tell its administrator")]
    Forgetful,
}

impl From<ManifestError> for SendError {
    fn from(error: ManifestError) -> Self {
        Self::Parcel(error.into())
    }
}

impl SendError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Upload(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::TooLarge { .. } => "too_large",
            Self::Level { .. } => "level_not_offered",
            Self::File(error) => error.code(),
            Self::Parcel(error) => error.code(),
            Self::Link(error) => error.code(),
            Self::Password(error) => error.code(),
            Self::Forgetful => "parts_lost",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Upload(error) => error.fault(),
            Self::Profile(error) => error.fault(),
            Self::TooLarge { .. } | Self::Level { .. } => Fault::Refused,
            Self::Password(_) => Fault::Usage,
            Self::File(_) | Self::Parcel(_) | Self::Link(_) => Fault::Other,
            Self::Forgetful => Fault::Unavailable,
        }
    }
}

/// A posted parcel.
#[derive(Debug, Clone)]
pub struct Sent {
    /// As the server has it.
    pub parcel: Parcel,
    /// Address and link of each recipient, in the order of the recipients.
    pub links: Vec<(String, Secret)>,
    /// Bytes of all files.
    pub size: u64,
    /// It went on with what had been sent before a stop.
    pub went_on: bool,
}

/// Where and as whom something is sent.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// With the sender's session.
    pub server: &'a Server,
    /// What the server is and allows.
    pub info: &'a Info,
    /// The sender.
    pub account: &'a Account,
    /// Where drafts are kept.
    pub profile: &'a Profile,
    /// Clock and randomness.
    pub world: World,
}

/// Seals and sends. The same order over the same files after a stop goes on.
///
/// # Errors
/// [`SendError`]. Nothing is posted then; what was uploaded stays for the next try.
pub async fn send(
    desk: Desk<'_>,
    tree: Tree,
    order: &Order,
    meter: &Arc<Meter>,
) -> Result<Sent, SendError> {
    let size = tree.size();
    let sizes: Vec<Option<u64>> = tree.entries.iter().map(file_size).collect();
    let layouts = lay_out(&sizes)?;
    check(desk.info, order, &layouts)?;
    let fingerprint = order.fingerprint(desk.server.base(), &desk.account.email, &tree);
    draft::prune(desk.profile, desk.world.now())?;
    let found = Draft::find(desk.profile, &fingerprint)?;
    let mut went_on = found.is_some();
    let new = || {
        Draft::begin(
            desk.profile,
            begin_record(desk, order, &layouts, fingerprint),
        )
    };
    let mut sending = Sending {
        desk,
        order,
        draft: Arc::new(found.map_or_else(new, Ok)?),
        entries: Arc::new(tree.entries),
        layouts: Arc::new(layouts.clone()),
        meter,
    };
    if went_on && sending.is_over().await? {
        sending.draft.forget()?;
        sending.draft = Arc::new(new()?);
        went_on = false;
    }
    let parcel = match sending.upload().await? {
        Progress::Ready => sending.post().await?,
        Progress::Posted => {
            let id = sending.draft.record().parcel;
            desk.server.parcel(&id.to_string()).await?
        }
    };
    sending.draft.set_posted(parcel.expires)?;
    Ok(Sent {
        links: sending.links(),
        parcel,
        size,
        went_on,
    })
}

const fn file_size(entry: &Entry) -> Option<u64> {
    match entry.kind {
        Kind::File(stamp) => Some(stamp.size),
        Kind::EmptyFolder => None,
    }
}

fn check(info: &Info, order: &Order, layouts: &[Layout]) -> Result<(), SendError> {
    let levels = info.levels;
    if order.level < levels.lowest || order.level > levels.highest {
        return Err(SendError::Level {
            level: order.level,
            lowest: levels.lowest,
            highest: levels.highest,
        });
    }
    let mut sealed: u64 = 0;
    for layout in layouts {
        let size = sealed_size(layout.size()).map_err(FileError::from)?;
        sealed = sealed.saturating_add(size);
    }
    if sealed > info.limits.delivery {
        return Err(SendError::TooLarge {
            most: info.limits.delivery,
        });
    }
    Ok(())
}

fn begin_record(desk: Desk<'_>, order: &Order, layouts: &[Layout], fingerprint: Hash) -> Record {
    let world = desk.world;
    Record {
        parcel: make_parcel_id(world),
        key: ParcelKey::take(&mut world.draw()),
        level: order.level,
        server: desk.server.base().to_owned(),
        fingerprint,
        created: world.now(),
        objects: layouts
            .iter()
            .map(|layout| Object::make(layout.size(), world))
            .collect(),
        links: order
            .recipients
            .iter()
            .map(|email| draft::Link::make(email, world))
            .collect(),
    }
}

/// Not one that begins with a hyphen, which a command line takes for an option.
fn make_parcel_id(world: World) -> ParcelId {
    loop {
        let id = ParcelId::from_bytes(world.draw());
        if !id.to_string().starts_with('-') {
            return id;
        }
    }
}

enum Progress {
    /// Everything has arrived.
    Ready,
    /// An earlier run got as far as posting.
    Posted,
}

struct Sending<'a> {
    desk: Desk<'a>,
    order: &'a Order,
    draft: Arc<Draft>,
    entries: Arc<Vec<Entry>>,
    layouts: Arc<Vec<Layout>>,
    meter: &'a Arc<Meter>,
}

impl Sending<'_> {
    /// Whether the draft that was found cannot become a parcel any more: it was posted and then
    /// withdrawn, or its id is somebody else's.
    async fn is_over(&self) -> Result<bool, SendError> {
        let parcel = self.draft.record().parcel.to_string();
        match self.announce(&parcel).await {
            Err(CallError::Refused(problem)) => Ok(problem.code == "conflict"
                || Fault::of_answer(&problem.code, problem.status) == Fault::Gone),
            other => Ok(other.map(|_| false)?),
        }
    }

    async fn announce(&self, parcel: &str) -> Result<depesche_api::Draft, CallError> {
        let record = self.draft.record();
        let request = DraftRequest {
            level: record.level,
            files: record.objects.iter().map(announced).collect(),
        };
        self.desk.server.put_draft(parcel, &request).await
    }

    async fn upload(&self) -> Result<Progress, SendError> {
        let sizes = self.layouts.iter().map(|layout| sealed_size(layout.size()));
        let pool = Pool::new(LANES, sizes.flatten());
        let parcel = self.draft.record().parcel.to_string();
        // What an earlier run noted is compared once in this run, whether or not the server has it.
        let mut compare = true;
        for _ in 0..ROUNDS {
            let arrived = self.announce(&parcel).await?;
            if arrived.posted {
                return Ok(Progress::Posted);
            }
            let record = self.draft.record();
            self.drop_foreign(&record, &arrived).await?;
            let tasks = match self.tasks(&record, &arrived, compare) {
                Ok(tasks) if tasks.is_empty() => return Ok(Progress::Ready),
                Ok(tasks) => tasks,
                Err(object) => {
                    self.draft.replace(object, self.desk.world)?;
                    continue;
                }
            };
            self.count(&record, &tasks);
            match self.engine(&record, tasks, &pool)?.run().await? {
                Outcome::Done => compare = false,
                Outcome::Changed(object) => self.draft.replace(object, self.desk.world)?,
            }
        }
        Err(SendError::Forgetful)
    }

    /// File objects that a changed source left behind on the server.
    async fn drop_foreign(
        &self,
        record: &Record,
        arrived: &depesche_api::Draft,
    ) -> Result<(), SendError> {
        let ours: HashSet<String> = record.objects.iter().map(|o| o.id.to_string()).collect();
        for file in arrived.files.iter().filter(|file| !ours.contains(&file.id)) {
            match self.desk.server.delete_file(&arrived.id, &file.id).await {
                Err(error) if error.fault() != Fault::Gone => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn engine(&self, record: &Record, tasks: Vec<Task>, pool: &Pool) -> Result<Upload, SendError> {
        Ok(Upload {
            server: self.desk.server.clone(),
            parcel: record.parcel.to_string(),
            draft: Arc::clone(&self.draft),
            sealers: make_sealers(&record.objects)?,
            objects: record.objects.clone(),
            layouts: Arc::clone(&self.layouts),
            entries: Arc::clone(&self.entries),
            meter: Arc::clone(self.meter),
            tasks,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            pool: pool.clone(),
        })
    }

    /// What is to be done: every part that is missing, and every part noted before that is to be compared.
    ///
    /// # Errors
    /// A file object of which the server has a part that was never noted here: the record is older than
    /// the upload, and sealing again could seal another text under the same nonce.
    fn tasks(
        &self,
        record: &Record,
        arrived: &depesche_api::Draft,
        compare: bool,
    ) -> Result<Vec<Task>, usize> {
        let there: HashMap<&str, &depesche_api::DraftFile> = arrived
            .files
            .iter()
            .map(|file| (file.id.as_str(), file))
            .collect();
        let mut tasks = Vec::new();
        for (object, made) in record.objects.iter().enumerate() {
            let file = there.get(made.id.to_string().as_str()).copied();
            for part in 0..u32::try_from(made.parts()).unwrap_or(u32::MAX) {
                let send = file.is_none_or(|file| is_missing(file, part));
                let known = self.draft.is_known(object, part);
                if !send && !known {
                    return Err(object);
                }
                if send || compare {
                    tasks.push(Task { object, part, send });
                }
            }
        }
        Ok(tasks)
    }

    fn count(&self, record: &Record, tasks: &[Task]) {
        let sealed = |object: &Object| sealed_size(object.size).unwrap_or(0);
        let total: u64 = record.objects.iter().map(sealed).sum();
        let left: u64 = tasks
            .iter()
            .filter(|task| task.send)
            .map(|task| {
                let sealed = sealed(&record.objects[task.object]);
                file::part_len(sealed, task.part).unwrap_or(0) as u64
            })
            .sum();
        self.meter.begin(total, total.saturating_sub(left));
    }

    async fn post(&self) -> Result<Parcel, SendError> {
        let record = self.draft.record();
        let sealed = self.seal_manifest(&record)?;
        let stretched = tokio::task::block_in_place(|| self.order.links.stretch(self.desk.world))?;
        let mut recipients = Vec::with_capacity(record.links.len());
        for link in &record.links {
            recipients.push(NewRecipient {
                email: link.email.clone(),
                link: make_link(
                    link,
                    &self.order.links,
                    stretched.as_ref(),
                    &sealed,
                    &record.key,
                    self.desk.world,
                )?,
                notice: self.order.mail.then(|| self.notice(link)),
            });
        }
        let parcel = record.parcel.to_string();
        // Once it is posted the links count: their record must outlast a power cut.
        let draft = Arc::clone(&self.draft);
        let synced = tokio::task::spawn_blocking(move || draft.sync());
        let manifest = Bytes::from(sealed.into_bytes());
        self.desk.server.put_manifest(&parcel, manifest).await?;
        synced.await.map_err(|_| UploadError::Interrupted)??;
        let request = PostRequest {
            recipients,
            expires: self.order.expires.map(|e| e.at(self.desk.world.now())),
            subject: self.order.subject.clone(),
            message: self.order.message.clone(),
            notify: self.order.notify,
        };
        Ok(self.desk.server.post(&parcel, &request).await?)
    }

    fn notice(&self, link: &draft::Link) -> Notice {
        let files = self.entries.iter().filter(|e| file_size(e).is_some());
        Notice {
            key: link_text::fragment(&link.secret).to_string(),
            file_count: files.clone().count() as u64,
            files: files
                .take(NOTICE_NAMES)
                .map(|entry| NoticeFile {
                    name: entry.name.to_string(),
                    size: entry.size(),
                })
                .collect(),
            language: self.order.language,
        }
    }

    fn seal_manifest(&self, record: &Record) -> Result<SealedManifest, SendError> {
        let mut made = Vec::with_capacity(record.objects.len());
        for (index, object) in record.objects.iter().enumerate() {
            let parts = self.draft.hashes(index).ok_or(SendError::Forgetful)?;
            let sealed = manifest::Object::new(object.id, object.key.clone(), object.size, parts)?;
            made.push(sealed);
        }
        let manifest = self.manifest(made);
        let level = Level::from_number(record.level).unwrap_or(Level::Link);
        Ok(parcel::seal(
            &record.key,
            record.parcel,
            Flags::of(level),
            StreamHeader::from_random(&self.desk.world.draw()),
            &manifest,
        )?)
    }

    fn manifest(&self, objects: Vec<manifest::Object>) -> Manifest {
        let mut contents: Vec<Contents> = vec![Contents::Folder; self.entries.len()];
        let mut packs = Vec::new();
        for (layout, object) in self.layouts.iter().zip(objects) {
            let first = layout.entries().next();
            let is_pack = first.is_none_or(|e| self.entries[e].size() < PACK_BELOW);
            if is_pack {
                let mut offset = 0;
                for entry in layout.entries() {
                    let size = self.entries[entry].size();
                    contents[entry] = Contents::Packed {
                        pack: packs.len(),
                        offset,
                        size,
                    };
                    offset += size;
                }
                packs.push(object);
            } else if let Some(entry) = first {
                contents[entry] = Contents::Own(object);
            }
        }
        let files = self.entries.iter().zip(contents);
        Manifest {
            created: self.desk.world.now(),
            sender: manifest::Sender {
                account: AccountId::parse(&self.desk.account.id).ok(),
                address: self.desk.account.email.clone(),
                fingerprint: None,
            },
            in_reply_to: None,
            subject: None,
            body: None,
            files: files
                .map(|(entry, contents)| list(entry, contents))
                .collect(),
            packs,
        }
    }

    fn links(&self) -> Vec<(String, Secret)> {
        let record = self.draft.record();
        let base = &self.desk.info.public_url;
        let url = |link: &draft::Link| (link.email.clone(), link_url(base, link));
        record.links.iter().map(url).collect()
    }
}

fn list(entry: &Entry, contents: Contents) -> manifest::Entry {
    let (media_type, mtime) = match entry.kind {
        Kind::File(stamp) => (FILE_TYPE, Some(stamp.mtime_ms())),
        Kind::EmptyFolder => (FOLDER_TYPE, None),
    };
    manifest::Entry {
        name: entry.name.clone(),
        media_type: media_type.to_owned(),
        mtime,
        contents,
    }
}

fn is_missing(file: &depesche_api::DraftFile, part: u32) -> bool {
    let part = u64::from(part);
    file.missing
        .iter()
        .any(|range| (range.from..range.to).contains(&part))
}

fn announced(object: &Object) -> NewFile {
    NewFile {
        id: object.id.to_string(),
        size: sealed_size(object.size).unwrap_or(0),
    }
}

/// The link as it is handed out.
pub(crate) fn link_url(public_url: &str, link: &draft::Link) -> Secret {
    let link = link_text::Link {
        base: public_url.trim_end_matches('/').to_owned(),
        page: LinkPage::Delivery,
        id: link.id,
        secret: Some(link.secret.clone()),
    };
    Secret::new(link.to_text().to_string())
}
