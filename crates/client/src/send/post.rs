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
use depesche_api::{B64, DraftRequest, Info, NewFile, NewRecipient, Parcel, PostRequest};
use depesche_seal::file::{self, FileError};
use depesche_seal::key::{AccountId, Hash, ParcelId, ParcelKey};
use depesche_seal::link_text::{self, LinkPage};
use depesche_seal::manifest::{self, Manifest};
use depesche_seal::parcel::{self, Flags, Level, SealedManifest};
use depesche_seal::stream::{StreamHeader, sealed_size};
use depesche_seal::trust::Pin;

use super::contents::{self, file_size, notice};
use super::desk::Desk;
use super::error::SendError;
use super::order::{Order, make_link};
use super::recipients::{self, Keyed, Made, Reply};
use super::share::Share;
use super::take_over::take_over;
use super::upload::{LANES, Outcome, Task, Upload, UploadError, make_sealers};
use crate::buffers::Pool;
use crate::draft::{self, Cover, Draft, Object, Record};
use crate::fault::Fault;
use crate::http::CallError;
use crate::keyed::{self, KeyedError, Maker, seal_signed};
use crate::keyring::Ring;
use crate::layout::{Layout, lay_out};
use crate::meter::Meter;
use crate::own::Own;
use crate::profile::{ProfileError, Secret};
use crate::walk::{Entry, Tree};
use crate::world::World;

/// After so many rounds in which parts went missing again the server is not to be trusted with them.
const ROUNDS: usize = 20;

/// A posted parcel.
#[derive(Debug, Clone)]
pub struct Sent {
    /// As the server has it.
    pub parcel: Parcel,
    /// Address and link of each recipient, in the order of the recipients; levels 1 and 2.
    pub links: Vec<(String, Secret)>,
    /// Address and claim code of those who got one.
    pub codes: Vec<(String, Secret)>,
    /// Addresses whose key is another than the pinned one: they wait until it is compared.
    pub changed: Vec<String>,
    /// Bytes of all files.
    pub size: u64,
    /// It went on with what had been sent before a stop.
    pub went_on: bool,
}

/// Seals and sends. The same order over the same files after a stop goes on. Levels 3 and 4 need the open keyring.
///
/// # Errors
/// [`SendError`]. Nothing is posted then; what was uploaded stays for the next try.
pub async fn send(
    desk: Desk<'_>,
    tree: Tree,
    order: &Order,
    mut ring: Option<&mut Ring>,
    meter: &Arc<Meter>,
) -> Result<Sent, SendError> {
    let size = tree.size();
    let sizes: Vec<Option<u64>> = tree.entries.iter().map(file_size).collect();
    let layouts = lay_out(&sizes)?;
    check(desk.info, order, &layouts)?;
    let fingerprint = order.fingerprint(desk.server.base(), &desk.account.email, &tree);
    draft::prune(desk.profile, desk.world.now())?;
    let cover = match &ring {
        Some(ring) if order.level >= 3 => Cover::Sealed(ring.key().clone(), desk.world),
        None if order.level >= 3 => return Err(KeyedError::NoRing.into()),
        _ => Cover::Plain,
    };
    let mut found = Draft::find(desk.profile, &fingerprint, &cover)?;
    if order.take_over && found.is_none() {
        let ring = ring.as_deref().ok_or(KeyedError::NoRing)?;
        let what = (order, &tree, layouts.as_slice());
        found = Some(take_over(desk, ring, what, (fingerprint, &cover)).await?);
    }
    let mut went_on = found.is_some();
    let new = || {
        let record = begin_record(desk, order, &layouts, fingerprint);
        Draft::begin(desk.profile, record, cover.clone())
    };
    let mut sending = Sending {
        desk,
        order,
        ring: ring.as_deref(),
        draft: Arc::new(found.map_or_else(new, Ok)?),
        likeness: order.likeness(&tree),
        entries: Arc::new(tree.entries),
        layouts: Arc::new(layouts.clone()),
        meter,
    };
    if went_on && sending.is_over().await? {
        sending.draft.forget()?;
        sending.draft = Arc::new(new()?);
        went_on = false;
    }
    let posted = match sending.upload().await? {
        Progress::Ready => sending.post().await?,
        Progress::Posted => sending.posted_before().await?,
    };
    sending.close(&posted.parcel)?;
    let sent = Sent {
        links: sending.links(),
        codes: posted.codes.into_iter().map(secret).collect(),
        changed: posted.changed,
        parcel: posted.parcel,
        size,
        went_on,
    };
    if let Some(ring) = &mut ring {
        for pin in posted.pins {
            ring.set_pin(pin);
        }
        ring.save(desk.own()).await.map_err(KeyedError::from)?;
    }
    Ok(sent)
}

fn secret((email, words): (String, String)) -> (String, Secret) {
    (email, Secret::new(words))
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
            .filter(|_| order.level < 3)
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

/// What posting gave.
struct Posted {
    parcel: Parcel,
    codes: Vec<(String, String)>,
    changed: Vec<String>,
    pins: Vec<Pin>,
}

/// What opens the parcel, for everybody.
struct Recipients {
    recipients: Vec<NewRecipient>,
    own_stanza: Option<B64>,
    codes: Vec<(String, String)>,
    changed: Vec<String>,
    pins: Vec<Pin>,
}

struct Sending<'a> {
    desk: Desk<'a>,
    order: &'a Order,
    ring: Option<&'a Ring>,
    draft: Arc<Draft>,
    likeness: Hash,
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

    /// An earlier run posted it and did not get to say so.
    async fn posted_before(&self) -> Result<Posted, SendError> {
        let id = self.draft.record().parcel;
        let parcel = self.desk.server.parcel(&id.to_string()).await?;
        let codes = self.ring.map(|ring| keyed::codes_of(ring, &id, &parcel));
        Ok(Posted {
            parcel,
            codes: codes.unwrap_or_default(),
            changed: vec![],
            pins: vec![],
        })
    }

    /// At levels 3 and 4 nothing stays here once it is posted: the sender's own stanza opens it.
    fn close(&self, parcel: &Parcel) -> Result<(), ProfileError> {
        if self.order.level >= 3 {
            self.draft.forget()
        } else {
            self.draft.set_posted(parcel.expires)
        }
    }

    async fn announce(&self, parcel: &str) -> Result<depesche_api::Draft, CallError> {
        let record = self.draft.record();
        let request = DraftRequest {
            level: record.level,
            files: record.objects.iter().map(announced).collect(),
            in_reply_to: self.order.reply.as_ref().map(Reply::wire),
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
        let share = |ring| Arc::new(Share::new(self.desk, ring, &self.draft, self.likeness));
        Ok(Upload {
            share: self.ring.map(share),
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

    async fn post(&self) -> Result<Posted, SendError> {
        let record = self.draft.record();
        let sealed = self.seal_manifest(&record)?;
        let made = self.recipients(&record, &sealed).await?;
        let parcel = record.parcel.to_string();
        // Once it is posted the links count: their record must outlast a power cut.
        let draft = Arc::clone(&self.draft);
        let synced = tokio::task::spawn_blocking(move || draft.sync());
        let manifest = Bytes::from(sealed.into_bytes());
        self.desk.server.put_manifest(&parcel, manifest).await?;
        synced.await.map_err(|_| UploadError::Interrupted)??;
        let (subject, message) = if record.level >= 4 {
            // They are in the manifest.
            Default::default()
        } else {
            (self.order.subject.clone(), self.order.message.clone())
        };
        let request = PostRequest {
            recipients: made.recipients,
            expires: self.order.expires.map(|e| e.at(self.desk.world.now())),
            subject,
            message,
            notify: self.order.notify,
            own_stanza: made.own_stanza,
        };
        Ok(Posted {
            parcel: self.desk.server.post(&parcel, &request).await?,
            codes: made.codes,
            changed: made.changed,
            pins: made.pins,
        })
    }

    async fn recipients(
        &self,
        record: &Record,
        sealed: &SealedManifest,
    ) -> Result<Recipients, SendError> {
        let own = self.desk.own();
        let maker = self
            .ring
            .map(|ring| Maker::new(own, ring, record.key.clone(), sealed));
        let own_stanza = maker.as_ref().map(Maker::own_stanza).transpose()?;
        let made = match (&maker, self.ring) {
            _ if record.level < 3 => Made {
                recipients: self.linked(record, sealed)?,
                ..Made::default()
            },
            (Some(maker), Some(ring)) => self.keyed(own, ring, maker).await?,
            _ => return Err(KeyedError::NoRing.into()),
        };
        Ok(Recipients {
            recipients: made.recipients,
            own_stanza,
            codes: made.codes,
            changed: made.changed,
            pins: made.pins,
        })
    }

    fn linked(
        &self,
        record: &Record,
        sealed: &SealedManifest,
    ) -> Result<Vec<NewRecipient>, SendError> {
        let stretched = tokio::task::block_in_place(|| self.order.links.stretch(self.desk.world))?;
        let mut recipients = Vec::with_capacity(record.links.len());
        for link in &record.links {
            let made = make_link(
                link,
                &self.order.links,
                stretched.as_ref(),
                sealed,
                &record.key,
                self.desk.world,
            )?;
            let key = link_text::fragment(&link.secret).to_string();
            let notice = || notice(record.level, key, self.names(), self.order.language);
            recipients.push(NewRecipient {
                email: link.email.clone(),
                link: Some(made),
                stanza: None,
                verified: None,
                claim_code: None,
                limit: None,
                notice: self.order.mail.then(notice),
            });
        }
        Ok(recipients)
    }

    async fn keyed(&self, own: Own<'_>, ring: &Ring, maker: &Maker<'_>) -> Result<Made, SendError> {
        let keyed = Keyed {
            emails: &self.order.recipients,
            code: self.order.claim_code,
            limit: self.order.links.max_downloads,
            reply: self.order.reply.as_ref(),
        };
        let mut made = recipients::make(own, ring, maker, &keyed).await?;
        if self.order.mail {
            let level = maker.parcel.header.flags().level.number();
            let language = self.order.language;
            recipients::with_notice(&mut made.recipients, level, self.names(), language);
        }
        Ok(made)
    }

    fn names(&self) -> impl Iterator<Item = (String, u64)> + Clone + '_ {
        let files = self.entries.iter().filter(|e| file_size(e).is_some());
        files.map(|entry| (entry.name.to_string(), entry.size()))
    }

    fn seal_manifest(&self, record: &Record) -> Result<SealedManifest, SendError> {
        let mut made = Vec::with_capacity(record.objects.len());
        for (index, object) in record.objects.iter().enumerate() {
            let parts = self.draft.hashes(index).ok_or(SendError::Forgetful)?;
            let sealed = manifest::Object::new(object.id, object.key.clone(), object.size, parts)?;
            made.push(sealed);
        }
        let level = Level::from_number(record.level).unwrap_or(Level::Link);
        let manifest = contents::fill(self.list(level), &self.entries, &self.layouts, made);
        let (id, flags) = (record.parcel, Flags::of(level));
        let header = StreamHeader::from_random(&self.desk.world.draw());
        if !flags.signed() {
            let sealed = parcel::seal(&record.key, id, flags, header, &manifest);
            return Ok(sealed?);
        }
        let ring = self.ring.ok_or(KeyedError::NoRing)?;
        let sealed = seal_signed(ring, &record.key, (id, flags), header, &manifest);
        Ok(sealed?)
    }

    /// The list of contents without its files.
    fn list(&self, level: Level) -> Manifest {
        let is_signed = Flags::of(level).signed();
        let own = self.ring.filter(|_| is_signed).map(Ring::fingerprint);
        let inside = |text: &str| (level == Level::KeyedAll).then(|| text.to_owned());
        Manifest {
            created: self.desk.world.now(),
            sender: manifest::Sender {
                account: AccountId::parse(&self.desk.account.id).ok(),
                address: self.desk.account.email.clone(),
                fingerprint: own,
            },
            in_reply_to: self.order.reply.as_ref().map(Reply::inside),
            subject: inside(&self.order.subject),
            body: inside(&self.order.message),
            files: vec![],
            packs: vec![],
        }
    }

    fn links(&self) -> Vec<(String, Secret)> {
        let record = self.draft.record();
        let base = &self.desk.info.public_url;
        let url = |link: &draft::Link| (link.email.clone(), link_url(base, link));
        record.links.iter().map(url).collect()
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
