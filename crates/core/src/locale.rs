//! [`Locale`]: the natural language of a prompt.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::meant::did_you_mean;

/// The natural language of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locale {
    #[serde(rename = "en-US")]
    EnUs,
    #[serde(rename = "zh-CN")]
    ZhCn,
}

impl Locale {
    pub const ALL: [Locale; 2] = [Locale::EnUs, Locale::ZhCn];

    pub fn as_str(self) -> &'static str {
        match self {
            Locale::EnUs => "en-US",
            Locale::ZhCn => "zh-CN",
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Locale {
    type Err = String;

    fn from_str(text: &str) -> Result<Locale, String> {
        Locale::ALL.into_iter().find(|locale| locale.as_str() == text).ok_or_else(|| {
            let meant = did_you_mean(text, Locale::ALL.map(Locale::as_str));
            format!("{text:?} is not a locale{meant}; there are en-US and zh-CN")
        })
    }
}
