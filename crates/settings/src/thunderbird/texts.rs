//! Signatures, templates, rules and quick texts: what lies in files beside the preferences.

use std::path::{Path, PathBuf};

use super::filters;
use super::folder::{self, Folder};
use super::mbox;
use super::prefs::Prefs;
use crate::bundle::content::{Signature, Template};
use crate::bundle::whole::Bundle;
use crate::extra::Extra;
use crate::folder_uri::FolderUri;
use crate::html;
use crate::loss::Loss;
use crate::quicktext;

/// The file name of rules in each server's folder.
pub(crate) const RULES: &str = "msgFilterRules.dat";
/// Quicktext 5 keeps its templates here.
pub(crate) const QUICKTEXT: &str = "quicktext/templates.xml";

fn as_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        // Older files are in the encoding of their time.
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The file of an identity's signature, if it has one.
pub(crate) fn signature_file<'a>(prefs: &'a Prefs, identity: &str) -> Option<&'a str> {
    let is_attached = prefs.flag(&format!("mail.identity.{identity}.attach_signature"));
    is_attached.filter(|attached| *attached)?;
    prefs.text(&format!("mail.identity.{identity}.sig_file-rel"))
}

/// Fills signatures and names them in the identities.
pub(crate) fn signatures(
    prefs: &Prefs,
    files: &Folder,
    bundle: &mut Bundle,
    losses: &mut Vec<Loss>,
) {
    let ids: Vec<String> = bundle
        .identities
        .iter()
        .map(|identity| identity.id.clone())
        .collect();
    for id in ids {
        let found = match signature_file(prefs, &id) {
            Some(relative) => from_file(relative, files).map_err(Some),
            None => from_prefs(prefs, &id).ok_or(None),
        };
        let (text, is_html) = match found {
            Ok(found) => found,
            Err(reason) => {
                losses.extend(reason.map(|reason| Loss::of("signatures", &id, reason)));
                continue;
            }
        };
        let name = format!("sig-{id}");
        bundle.signatures.push(Signature {
            id: name.clone(),
            text: Some(if is_html {
                html::to_text(&text)
            } else {
                text.clone()
            }),
            html: is_html.then(|| html::images_to_blobs(&text, &mut bundle.blobs)),
            ..Signature::default()
        });
        let identity = bundle
            .identities
            .iter_mut()
            .find(|identity| identity.id == id);
        if let Some(identity) = identity {
            identity.signature = Some(name);
        }
    }
}

fn from_prefs(prefs: &Prefs, identity: &str) -> Option<(String, bool)> {
    let text = prefs.text(&format!("mail.identity.{identity}.htmlSigText"))?;
    let is_html = prefs.flag(&format!("mail.identity.{identity}.htmlSigFormat")) == Some(true);
    Some((text.to_owned(), is_html))
}

fn from_file(relative: &str, files: &Folder) -> Result<(String, bool), &'static str> {
    let path = folder::inside(relative).ok_or("file-outside-the-profile")?;
    let bytes = files.read(&path).ok_or("file-missing")?;
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    let is_html = matches!(ending.to_ascii_lowercase().as_str(), "htm" | "html");
    if bytes.contains(&0) {
        return Err("image-as-signature");
    }
    Ok((as_text(&bytes), is_html))
}

/// A server's folder in the profile.
pub(crate) fn server_folder(prefs: &Prefs, server: &str) -> Option<PathBuf> {
    folder::inside(prefs.text(&format!("mail.server.{server}.directory-rel"))?)
}

/// Server keys with their accounts, in the order of the accounts.
pub(crate) fn servers(prefs: &Prefs) -> Vec<(String, String)> {
    let accounts = prefs.list("mail.accountmanager.accounts");
    let pairs = accounts.filter_map(|account| {
        let server = prefs.text(&format!("mail.account.{account}.server"))?;
        Some((server.to_owned(), account.to_owned()))
    });
    pairs.collect()
}

/// Fills rules.
pub(crate) fn rules(prefs: &Prefs, files: &Folder, bundle: &mut Bundle, losses: &mut Vec<Loss>) {
    for (server, account) in servers(prefs) {
        let path = server_folder(prefs, &server).map(|folder| folder.join(RULES));
        let Some(bytes) = path.and_then(|path| files.read(&path)) else {
            continue;
        };
        let number = bundle.rules.iter().count();
        let (rules, odd) = filters::parse(&as_text(&bytes), &account, number);
        rules.into_iter().for_each(|rule| bundle.rules.push(rule));
        if odd > 0 {
            losses.push(Loss::of("rules", account, "lines-not-understood"));
        }
    }
}

/// Where templates lie: name for people, and path in the profile.
pub(crate) fn template_folders(prefs: &Prefs) -> Vec<(String, PathBuf)> {
    let mut folders: Vec<(String, PathBuf)> = Vec::new();
    let mut add = |name: String, path: PathBuf| {
        if folders.iter().all(|(_, known)| *known != path) {
            folders.push((name, path));
        }
    };
    let text = |server: &str, name: &str| prefs.text(&format!("mail.server.{server}.{name}"));
    let local: Vec<(String, PathBuf)> = servers(prefs)
        .into_iter()
        .filter(|(server, _)| matches!(text(server, "type"), Some("none" | "pop3")))
        .filter_map(|(server, _)| Some((server_folder(prefs, &server)?, server)))
        .map(|(path, server)| (server, path))
        .collect();
    for (server, path) in &local {
        let name = text(server, "name").unwrap_or(server);
        add(format!("{name}/Templates"), path.join("Templates"));
    }
    for identity in prefs.keys("mail.identity.", ".stationery_folder") {
        let uri = prefs.text(&format!("mail.identity.{identity}.stationery_folder"));
        let uri = uri
            .and_then(FolderUri::parse)
            .filter(|uri| uri.scheme == "mailbox");
        for (server, path) in &local {
            let is_here = |uri: &&FolderUri| text(server, "hostname") == Some(&uri.host);
            if let Some(uri) = uri.as_ref().filter(is_here) {
                let steps: Vec<&str> = uri
                    .path
                    .split('/')
                    .filter(|step| !step.is_empty())
                    .collect();
                let name = format!("{}/{}", text(server, "name").unwrap_or(server), uri.path);
                if let Some(inside) = below(path, &steps) {
                    add(name, inside);
                }
            }
        }
    }
    folders
}

/// A folder inside a folder lies in `Outer.sbd/Inner`.
fn below(root: &Path, steps: &[&str]) -> Option<PathBuf> {
    let mut path = root.to_owned();
    let (last, outer) = steps.split_last()?;
    for step in outer {
        path.push(format!("{step}.sbd"));
    }
    path.push(last);
    let stays = steps
        .iter()
        .all(|step| *step != ".." && !step.contains('\\'));
    stays.then_some(path)
}

/// Fills templates. Those on a server are a loss: what lies here of them is a cache, perhaps half of it.
pub(crate) fn templates(
    prefs: &Prefs,
    files: &Folder,
    bundle: &mut Bundle,
    losses: &mut Vec<Loss>,
) {
    for (name, path) in template_folders(prefs) {
        let mails = match files.read(&path) {
            Some(file) => mbox::split(&file),
            // One file for each mail, if the account is set so.
            None => {
                let names = files.names(&path.join("cur"));
                names
                    .iter()
                    .filter_map(|name| Some(mbox::cleaned(&files.read(name)?)))
                    .collect()
            }
        };
        for mail in mails {
            bundle.templates.push(Template {
                id: format!("tpl-{}", bundle.templates.iter().count() + 1),
                name: mbox::subject(&mail),
                folder: Some(name.clone()),
                account: None,
                message: bundle.blobs.insert("message/rfc822", mail),
                extra: Extra::default(),
            });
        }
    }
    for (server, account) in servers(prefs) {
        let is_imap = prefs.text(&format!("mail.server.{server}.type")) == Some("imap");
        let cache = server_folder(prefs, &server).map(|folder| folder.join("Templates"));
        if is_imap && cache.is_some_and(|cache| files.has(&cache)) {
            losses.push(Loss::of("templates", account, "on-the-server"));
        }
    }
}

/// Fills quick texts from Quicktext 5. Version 6 keeps them where only its own export reaches.
pub(crate) fn quick_texts(files: &Folder, bundle: &mut Bundle, losses: &mut Vec<Loss>) {
    let Some(file) = files.read(Path::new(QUICKTEXT)) else {
        return;
    };
    match quicktext::parse_xml(&as_text(&file)) {
        Ok((texts, notes)) => {
            texts
                .into_iter()
                .for_each(|text| bundle.quick_texts.push(text));
            losses.extend(notes);
        }
        Err(_) => losses.push(Loss::whole("quickTexts", "damaged")),
    }
}
