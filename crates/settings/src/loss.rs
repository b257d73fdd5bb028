//! What did not come along, and why: data, so that each program says it in its user's language.

use serde::{Deserialize, Serialize};

use crate::extra::Extra;

/// One thing that a step left behind, changed or could not read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// The category of the bundle it belongs to (`accounts`, `rules`, …), or `secrets`, `bundle`.
    pub category: String,
    /// Its id, or its name where it has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub item: Option<String>,
    /// A stable word; `docs/settings.md` lists them.
    pub reason: String,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Loss {
    /// A loss about one item.
    #[must_use]
    pub fn of(category: &str, item: impl Into<String>, reason: &str) -> Self {
        Self {
            category: category.to_owned(),
            item: Some(item.into()),
            reason: reason.to_owned(),
            extra: Extra::default(),
        }
    }

    /// A loss about a whole category.
    #[must_use]
    pub fn whole(category: &str, reason: &str) -> Self {
        Self {
            category: category.to_owned(),
            item: None,
            reason: reason.to_owned(),
            extra: Extra::default(),
        }
    }
}
