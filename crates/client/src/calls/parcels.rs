//! Server, login, parcels, links, claims.

use std::sync::Arc;

use bytes::Bytes;
use depesche_api::{
    Account, AddRecipients, AskCode, Claim, Draft, DraftRequest, DropRecipient, Ended, Extend,
    Info, Letter, LinkProof, LoggedIn, LoginFinish, LoginStart, LoginStarted, Look, Open, Parcel,
    ParcelPage, PostRequest, Receipts, Resend,
};
use depesche_seal::parcel::MAX_MANIFEST;
use reqwest::{Method, Response};

use crate::http::{Call, CallError, Failure, POSTING, Payload, Server};
use crate::meter::Meter;

impl Server {
    /// What the server is and allows.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn info(&self) -> Result<Info, CallError> {
        self.ask(&Call::get("/info")).await
    }

    /// First step of a login.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn login_start(&self, start: &LoginStart) -> Result<LoginStarted, CallError> {
        self.ask(&Call::post("/login/start", start).once()).await
    }

    /// Second step of a login.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn login_finish(&self, finish: &LoginFinish) -> Result<LoggedIn, CallError> {
        self.ask(&Call::post("/login/finish", finish).once()).await
    }

    /// Ends this session.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn logout(&self) -> Result<(), CallError> {
        self.tell(&Call::new(Method::POST, "/logout")).await
    }

    /// Ends all sessions of the account.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn logout_everywhere(&self) -> Result<Ended, CallError> {
        self.ask(&Call::new(Method::POST, "/logout/everywhere"))
            .await
    }

    /// Who the session belongs to.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn me(&self) -> Result<Account, CallError> {
        self.ask(&Call::get("/me")).await
    }

    /// Begins a draft, or adds file objects to one; says what is missing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_draft(&self, parcel: &str, draft: &DraftRequest) -> Result<Draft, CallError> {
        let call = Call {
            payload: Payload::json(draft),
            ..Call::new(Method::PUT, format!("/parcels/{parcel}"))
        };
        self.ask(&call).await
    }

    /// Gives a draft up.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_draft(&self, parcel: &str) -> Result<(), CallError> {
        self.tell(&Call::new(
            Method::DELETE,
            format!("/parcels/{parcel}/draft"),
        ))
        .await
    }

    /// Takes a file object out of a draft.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn delete_file(&self, parcel: &str, file: &str) -> Result<(), CallError> {
        let path = format!("/parcels/{parcel}/files/{file}");
        self.tell(&Call::new(Method::DELETE, path)).await
    }

    /// Sends a part of a file object; what leaves counts on the meter.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_part(
        &self,
        parcel: &str,
        file: &str,
        index: u32,
        part: Bytes,
        meter: Option<Arc<Meter>>,
    ) -> Result<(), CallError> {
        let path = format!("/parcels/{parcel}/files/{file}/parts/{index}");
        let call = Call {
            payload: Payload::Bytes(part, meter),
            ..Call::new(Method::PUT, path)
        };
        self.tell(&call).await
    }

    /// Sends the manifest M.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn put_manifest(&self, parcel: &str, manifest: Bytes) -> Result<(), CallError> {
        let call = Call {
            payload: Payload::Bytes(manifest, None),
            ..Call::new(Method::PUT, format!("/parcels/{parcel}/manifest"))
        };
        self.tell(&call).await
    }

    /// Posts a draft; answered when all of it is on the server's disk.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn post(&self, parcel: &str, order: &PostRequest) -> Result<Parcel, CallError> {
        let mut call = Call::post(format!("/parcels/{parcel}/post"), order);
        call.idle = POSTING;
        self.ask(&call).await
    }

    /// A page of deliveries sent, newest first.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn parcels(&self, limit: u32, after: Option<&str>) -> Result<ParcelPage, CallError> {
        let after = after.map_or_else(String::new, |after| format!("&after={after}"));
        self.ask(&Call::get(format!("/parcels?limit={limit}{after}")))
            .await
    }

    /// A delivery, as its sender sees it.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn parcel(&self, id: &str) -> Result<Parcel, CallError> {
        self.ask(&Call::get(format!("/parcels/{id}"))).await
    }

    /// M of a delivery sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn sent_manifest(&self, id: &str) -> Result<Vec<u8>, CallError> {
        self.bytes(&Call::get(format!("/parcels/{id}/manifest")), MAX_MANIFEST)
            .await
    }

    /// Withdraws a delivery.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn withdraw_parcel(&self, id: &str) -> Result<Parcel, CallError> {
        self.ask(&Call::new(Method::POST, format!("/parcels/{id}/withdraw")))
            .await
    }

    /// Gives a delivery another deadline.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn extend(&self, id: &str, expires: i64) -> Result<Parcel, CallError> {
        self.ask(&Call::post(
            format!("/parcels/{id}/extend"),
            &Extend { expires },
        ))
        .await
    }

    /// Adds recipients.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn add_recipients(&self, id: &str, add: &AddRecipients) -> Result<Parcel, CallError> {
        self.ask(&Call::post(format!("/parcels/{id}/recipients"), add).once())
            .await
    }

    /// Drops a recipient.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn drop_recipient(
        &self,
        id: &str,
        drop: &DropRecipient,
    ) -> Result<Parcel, CallError> {
        let path = format!("/parcels/{id}/recipients/drop");
        self.ask(&Call::post(path, drop).once()).await
    }

    /// Sends notifications again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn resend(&self, id: &str, resend: &Resend) -> Result<Parcel, CallError> {
        self.ask(&Call::post(format!("/parcels/{id}/resend"), resend).once())
            .await
    }

    /// What a link alone shows; changes nothing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn look(&self, link: &str, proof: &LinkProof) -> Result<Look, CallError> {
        self.ask(&Call::post(format!("/links/{link}/look"), proof))
            .await
    }

    /// Asks for the one-time code to be mailed.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ask_code(&self, link: &str, ask: &AskCode) -> Result<(), CallError> {
        self.tell(&Call::post(format!("/links/{link}/code"), ask).once())
            .await
    }

    /// Opens the letter; the same token again is the same visit.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn open(&self, link: &str, open: &Open) -> Result<Letter, CallError> {
        self.ask(&Call::post(format!("/links/{link}/open"), open))
            .await
    }

    /// Begins a download, if the limit has room.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn lease(&self) -> Result<Claim, CallError> {
        self.ask(&Call::new(Method::POST, "/claims/lease")).await
    }

    /// Keeps a download alive.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ping(&self) -> Result<Claim, CallError> {
        self.ask(&Call::new(Method::POST, "/claims/ping")).await
    }

    /// Reports file objects that are verified and on disk.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn receipts(&self, files: Vec<String>) -> Result<Claim, CallError> {
        self.ask(&Call::post("/claims/receipts", &Receipts { files }))
            .await
    }

    /// M of the delivery visited.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn claimed_manifest(&self) -> Result<Vec<u8>, CallError> {
        self.bytes(&Call::get("/claims/manifest"), MAX_MANIFEST)
            .await
    }

    pub(crate) async fn file_range(
        &self,
        file: &str,
        from: u64,
        to: u64,
    ) -> Result<Response, Failure> {
        self.range(&format!("/claims/files/{file}"), from, to).await
    }
}
