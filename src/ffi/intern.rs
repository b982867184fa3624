//! Texts that are handed out as `const char *` and live until the process ends, each once.

use std::collections::HashMap;
use std::ffi::{CString, c_char};

use crate::error::{Result, bail};
use crate::process::PerProcess;
use crate::sync::Mutex;

/// The addresses are of leaked texts.
static TEXTS: PerProcess<Mutex<HashMap<String, usize>>> = PerProcess::new(|| Mutex::new(HashMap::new()));

/// `text` for C, the same pointer each time.
pub(super) fn intern(text: &str) -> Result<*const c_char> {
    let mut texts = TEXTS.get().lock();
    if let Some(address) = texts.get(text) {
        return Ok(std::ptr::with_exposed_provenance(*address));
    }
    let Ok(c_text) = CString::new(text) else { bail!(Internal, "{text:?}: contains a NUL") };
    let leaked = c_text.into_raw().cast_const();
    texts.insert(text.to_owned(), leaked.expose_provenance());
    Ok(leaked)
}
