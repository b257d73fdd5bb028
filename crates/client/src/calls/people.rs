//! Invitations, keyrings, the inbox, releases.

use bytes::Bytes;
use depesche_api::{
    AskInvitation, AskKeys, Contacts, Drafts, InboxDelivery, InboxOpen, InboxOpened, InboxPage,
    InstantAuth, InstantRecord, Invitation, InvitationFinish, InvitationStart, InvitationStarted,
    InvitationToken, Keyring, Keys, LockId, NewBody, NewKeyring, NewLock, OwnStanza, Parcel,
    PasswordIsSet, PasswordLink, PasswordToken, RegisterTag, Released, Releases, SenderStanza,
    SetClaimCode, SetPassword, Waiting, WrongTag,
};
use reqwest::Method;

use crate::http::{Call, CallError, Payload, Server};

/// Most bytes of a sealed going-on record.
const GOING_ON_MOST: usize = 16 << 20;

impl Server {
    /// Has an invitation mailed, if the address is the recipient's. The answer is the same in any case.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn invite(&self, link: &str, ask: &AskInvitation) -> Result<(), CallError> {
        self.tell(&Call::post(format!("/links/{link}/invite"), ask).once())
            .await
    }

    /// What an invitation is for; changes nothing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn invitation(&self, token: &InvitationToken) -> Result<Invitation, CallError> {
        self.ask(&Call::post("/invitations/look", token)).await
    }

    /// First step of accepting an invitation.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn invitation_start(
        &self,
        start: &InvitationStart,
    ) -> Result<InvitationStarted, CallError> {
        self.ask(&Call::post("/invitations/start", start)).await
    }

    /// Second step: the account is made.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn invitation_finish(&self, finish: &InvitationFinish) -> Result<(), CallError> {
        self.tell(&Call::post("/invitations/finish", finish).once())
            .await
    }

    /// What a password link is for; uses nothing up.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn password_link(&self, token: &PasswordToken) -> Result<PasswordLink, CallError> {
        self.ask(&Call::post("/pdf-passwords/look", token)).await
    }

    /// Sets the password for protected mail; the same sets again get the same answer.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn set_password(&self, sets: &SetPassword) -> Result<PasswordIsSet, CallError> {
        self.ask(&Call::post("/pdf-passwords/set", sets)).await
    }

    /// The own keyring, wrapped.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn keyring(&self) -> Result<Keyring, CallError> {
        self.ask(&Call::get("/keyring")).await
    }

    /// Keeps the first keyring.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_keyring(&self, keyring: &NewKeyring) -> Result<(), CallError> {
        self.tell(&Call {
            payload: Payload::json(keyring),
            ..Call::new(Method::PUT, "/keyring")
        })
        .await
    }

    /// Adds a lock to the keyring; the same again is the same lock.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_lock(&self, lock: &NewLock) -> Result<LockId, CallError> {
        self.ask(&Call::post("/keyring/locks", lock)).await
    }

    /// Deletes a lock.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_lock(&self, id: &str) -> Result<(), CallError> {
        self.tell(&Call::new(Method::DELETE, format!("/keyring/locks/{id}")))
            .await
    }

    /// Keeps the next body of the keyring.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_body(&self, body: &NewBody) -> Result<(), CallError> {
        self.tell(&Call::post("/keyring/bodies", body).once()).await
    }

    /// Stops an administrator's reset of the own keyring that is under way.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn stop_reset(&self) -> Result<(), CallError> {
        self.tell(&Call::new(Method::DELETE, "/keyring/reset"))
            .await
    }

    /// The public keys of people, in the order asked for.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn keys(&self, emails: &AskKeys) -> Result<Keys, CallError> {
        self.ask(&Call::post("/keys", emails)).await
    }

    /// People with whom there is a delivery.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn contacts(&self) -> Result<Contacts, CallError> {
        self.ask(&Call::get("/contacts")).await
    }

    /// Who waits for a release.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn waiting(&self) -> Result<Waiting, CallError> {
        self.ask(&Call::get("/waiting")).await
    }

    /// What the sender needs to make one more stanza.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn sender_stanza(&self, id: &str) -> Result<SenderStanza, CallError> {
        self.ask(&Call::get(format!("/parcels/{id}/stanza"))).await
    }

    /// Puts a new claim code in the place of the one before.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn set_claim_code(&self, id: &str, code: &SetClaimCode) -> Result<Parcel, CallError> {
        self.ask(&Call::post(format!("/parcels/{id}/claim-code"), code))
            .await
    }

    /// Says that a tag was checked and found wrong.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn wrong_tag(&self, id: &str, tag: &WrongTag) -> Result<Parcel, CallError> {
        self.ask(&Call::post(format!("/parcels/{id}/claim-code/wrong"), tag))
            .await
    }

    /// Releases.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn release(&self, releases: &Releases) -> Result<Released, CallError> {
        self.ask(&Call::post("/releases", releases)).await
    }

    /// A page of what was received, newest first.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn inbox(&self, limit: u32, after: Option<&str>) -> Result<InboxPage, CallError> {
        self.ask(&Call::get(format!(
            "/inbox?limit={limit}{}",
            after.map_or_else(String::new, |after| format!("&after={after}"))
        )))
        .await
    }

    /// A delivery received.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delivery(&self, id: &str) -> Result<InboxDelivery, CallError> {
        self.ask(&Call::get(format!("/inbox/{id}"))).await
    }

    /// Opens a delivery received; the same token again is the same visit.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn inbox_open(&self, id: &str, open: &InboxOpen) -> Result<InboxOpened, CallError> {
        self.ask(&Call::post(format!("/inbox/{id}/open"), open))
            .await
    }

    /// Hands in the recipient's proof of the claim code.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn register_tag(&self, id: &str, tag: &RegisterTag) -> Result<(), CallError> {
        self.tell(&Call::post(format!("/inbox/{id}/register"), tag))
            .await
    }

    /// Shows the claim code of an instant opening and gets its record. Tries are counted.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn instant(&self, id: &str, auth: &InstantAuth) -> Result<InstantRecord, CallError> {
        self.ask(&Call::post(format!("/inbox/{id}/instant"), auth).once())
            .await
    }

    /// Keeps the opener's own stanza.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn own_stanza(&self, id: &str, stanza: &OwnStanza) -> Result<(), CallError> {
        self.tell(&Call::post(format!("/inbox/{id}/stanza"), stanza))
            .await
    }

    /// Keeps the sealed record for going on with a draft.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_going_on(&self, parcel: &str, record: Vec<u8>) -> Result<(), CallError> {
        self.tell(&Call {
            payload: Payload::Bytes(Bytes::from(record), None),
            ..Call::new(Method::PUT, format!("/parcels/{parcel}/going-on"))
        })
        .await
    }

    /// The sealed record for going on with a draft.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn going_on(&self, parcel: &str) -> Result<Vec<u8>, CallError> {
        self.bytes(
            &Call::get(format!("/parcels/{parcel}/going-on")),
            GOING_ON_MOST,
        )
        .await
    }

    /// Everything that is being uploaded.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn drafts(&self) -> Result<Drafts, CallError> {
        self.ask(&Call::get("/drafts")).await
    }
}
