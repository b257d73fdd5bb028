//! One batch of releases.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use depesche_api::{B64, Release, Releases, Waiting, WrongTag};
use depesche_seal::key::ParcelId;
use depesche_seal::release::Parties;
use depesche_seal::trust::Verified;

use super::decide::{How, Person, decide, words_of};
use super::error::{ReleaseRefused, Why};
use crate::address;
use crate::keyed::{KeyedError, Maker};
use crate::keyring::Ring;
use crate::own::Own;
use crate::people::{self, Trust};

/// Most releases of one request.
const MOST: usize = 1000;

/// What shall be released.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// This delivery; none = all that wait.
    pub parcel: Option<ParcelId>,
    /// These people; none = all.
    pub to: Vec<String>,
    /// The words that the one person read out.
    pub words: Option<String>,
}

/// One that was released.
#[derive(Debug, Clone)]
pub struct Released {
    /// Which delivery.
    pub parcel: String,
    /// To whom.
    pub email: String,
    /// The key's name.
    pub fingerprint: String,
    /// Its six words.
    pub words: String,
    /// `code`, `words`, `pinned`, `no`.
    pub verified: &'static str,
}

/// What became of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Done.
    pub released: Vec<Released>,
    /// Not done: delivery, address, why.
    pub refused: Vec<(String, String, Why)>,
}

/// Who waits, with their keys as far as they can be right.
///
/// # Errors
/// [`ReleaseRefused`].
pub async fn waiting(own: Own<'_>, ring: &Ring) -> Result<Vec<Person>, ReleaseRefused> {
    let given = own.server.waiting().await?;
    people_of(ring, given)
}

fn people_of(ring: &Ring, given: Waiting) -> Result<Vec<Person>, ReleaseRefused> {
    let mut keys = HashMap::new();
    for person in &given.people {
        if let Some(key) = people::key_of(ring, person)? {
            keys.insert(address::folded(&person.email), key);
        }
    }
    let levels: HashMap<&str, u8> = given
        .parcels
        .iter()
        .map(|parcel| (parcel.id.as_str(), parcel.level))
        .collect();
    let mut people = Vec::with_capacity(given.waiting.len());
    for waiting in given.waiting {
        let parcel = ParcelId::parse(&waiting.parcel).map_err(|_| KeyedError::Exchanged)?;
        // Unknown levels count as the strictest.
        let level = levels.get(waiting.parcel.as_str()).copied().unwrap_or(4);
        if let Some(key) = keys.get(&address::folded(&waiting.email)) {
            people.push(Person {
                parcel,
                level,
                key: key.clone(),
                waiting,
            });
        }
    }
    Ok(people)
}

/// Releases. Of one delivery all that wait or nobody; of all, those whose keys are verified enough.
///
/// # Errors
/// [`ReleaseRefused`]; then nothing was released.
pub async fn release(
    own: Own<'_>,
    ring: &mut Ring,
    wanted: &Wanted,
) -> Result<Outcome, ReleaseRefused> {
    let people = chosen(waiting(own, ring).await?, wanted)?;
    let mut outcome = Outcome::default();
    let makers = makers(own, ring, &people).await;
    let ready = judge(own, ring, &makers, (&people, wanted), &mut outcome).await?;
    if wanted.parcel.is_some() || ready.is_empty() {
        outcome.refuse_if_any()?;
    }
    for some in ready.chunks(MOST) {
        let requests = some
            .iter()
            .map(|(person, how)| match &makers[&person.parcel] {
                Ok(maker) => request(ring, maker, person, how),
                Err(_) => Err(KeyedError::Lost),
            })
            .collect::<Result<Vec<_>, _>>()?;
        hand_over(own, requests, some, &mut outcome).await?;
    }
    drop(makers);
    pin(own, ring, &ready, &outcome).await?;
    if outcome.released.is_empty() {
        outcome.refuse_if_any()?;
    }
    Ok(outcome)
}

impl Outcome {
    /// The first refusal as what all of it came to.
    fn refuse_if_any(&self) -> Result<(), ReleaseRefused> {
        self.refused.first().map_or(Ok(()), |(_, email, why)| {
            Err(ReleaseRefused::Person {
                email: email.clone(),
                why: why.clone(),
            })
        })
    }
}

type Makers<'a> = HashMap<ParcelId, Result<Maker<'a>, KeyedError>>;

/// What opens each delivery for one more; or why its sender cannot.
async fn makers<'a>(own: Own<'a>, ring: &'a Ring, people: &[Person]) -> Makers<'a> {
    let mut makers = HashMap::new();
    for person in people {
        if let Entry::Vacant(place) = makers.entry(person.parcel) {
            let made = Maker::of_posted(own, ring, &person.parcel).await;
            place.insert(made.map(|(maker, _)| maker));
        }
    }
    makers
}

/// Those whose key is verified enough, and by what; the others are refused.
async fn judge<'p>(
    own: Own<'_>,
    ring: &Ring,
    makers: &Makers<'_>,
    (people, wanted): (&'p [Person], &Wanted),
    outcome: &mut Outcome,
) -> Result<Vec<(&'p Person, How)>, ReleaseRefused> {
    let mut ready = Vec::new();
    for person in people {
        let decided = match &makers[&person.parcel] {
            Ok(maker) => {
                // The level is inside the header, which the own stanza binds: what the server says does not count.
                let level = maker.parcel.header.flags().level.number();
                let person = Person {
                    level,
                    ..person.clone()
                };
                decide(ring, maker, &person, wanted.words.as_deref())
            }
            Err(error) => Err(Why::new(error.code(), error.to_string())),
        };
        match decided {
            Ok(how) => ready.push((person, how)),
            Err(why) => {
                tell_wrong(own, person, &why).await?;
                let email = person.waiting.email.clone();
                outcome
                    .refused
                    .push((person.parcel.to_string(), email, why));
            }
        }
    }
    Ok(ready)
}

fn chosen(people: Vec<Person>, wanted: &Wanted) -> Result<Vec<Person>, ReleaseRefused> {
    let is_wanted = |person: &Person| {
        wanted.parcel.is_none_or(|parcel| parcel == person.parcel)
            && (wanted.to.is_empty()
                || wanted
                    .to
                    .iter()
                    .any(|email| address::same(email, &person.waiting.email)))
    };
    let people: Vec<Person> = people.into_iter().filter(is_wanted).collect();
    let first = people.first().ok_or(ReleaseRefused::Nobody)?;
    let is_first = |person: &Person| address::same(&person.waiting.email, &first.waiting.email);
    if wanted.words.is_some() && !people.iter().all(is_first) {
        return Err(ReleaseRefused::WordsOfWhom);
    }
    Ok(people)
}

/// A wrong tag costs the recipient a try, and lets him try again.
async fn tell_wrong(own: Own<'_>, person: &Person, why: &Why) -> Result<(), ReleaseRefused> {
    if let ("code_wrong", Some(tag_b)) = (why.code.as_str(), &person.waiting.tag_b) {
        let wrong = WrongTag {
            email: person.waiting.email.clone(),
            tag_b: tag_b.clone(),
        };
        own.server.wrong_tag(&person.waiting.parcel, &wrong).await?;
    }
    Ok(())
}

fn request(
    ring: &Ring,
    maker: &Maker<'_>,
    person: &Person,
    how: &How,
) -> Result<Release, KeyedError> {
    let stanza = maker.stanza(person.key.record())?;
    let tag_a = match how {
        How::Code(claim) => {
            let parties = Parties {
                sender: ring.fingerprint(),
                recipient: person.key.fingerprint(),
            };
            Some(claim.release(&parties, &maker.parcel, stanza.stanza())?)
        }
        _ => None,
    };
    Ok(Release {
        parcel: person.waiting.parcel.clone(),
        email: person.waiting.email.clone(),
        stanza: B64(stanza.to_bytes()),
        tag_a: tag_a.map(|tag| B64(tag.as_bytes().to_vec())),
        verified: how.word().to_owned(),
    })
}

async fn hand_over(
    own: Own<'_>,
    releases: Vec<Release>,
    people: &[(&Person, How)],
    outcome: &mut Outcome,
) -> Result<(), ReleaseRefused> {
    let answer = own.server.release(&Releases { releases }).await?;
    for one in answer.released {
        let is = |(person, _): &&(&Person, How)| {
            person.waiting.parcel == one.parcel && address::same(&person.waiting.email, &one.email)
        };
        let Some((person, how)) = people.iter().find(is) else {
            continue;
        };
        outcome.released.push(Released {
            parcel: one.parcel,
            email: one.email,
            fingerprint: person.key.fingerprint().to_string(),
            words: words_of(person)?.join(" "),
            verified: how.word(),
        });
    }
    for one in answer.refused {
        let why = Why::new(&one.code, one.detail);
        outcome.refused.push((one.parcel, one.email, why));
    }
    Ok(())
}

/// Keeps what was verified; a key only seen never takes the place of one that was compared.
async fn pin(
    own: Own<'_>,
    ring: &mut Ring,
    ready: &[(&Person, How)],
    outcome: &Outcome,
) -> Result<(), ReleaseRefused> {
    for (person, how) in ready {
        let done = outcome
            .released
            .iter()
            .any(|one| one.parcel == person.waiting.parcel && one.email == person.waiting.email);
        let before = ring.pin(&person.key.account, &person.waiting.email);
        let verified = how
            .verified()
            .or_else(|| before.map(|pin| pin.verified))
            .unwrap_or(Verified::No);
        if done && (how.verified() != Some(Verified::No) || person.key.trust != Trust::Verified) {
            let at = own.world.now();
            ring.set_pin(person.key.pin(&person.waiting.email, verified, at));
        }
    }
    Ok(ring.save(own).await?)
}
