//! Which execution provider got the nodes of a model. ONNX Runtime falls back to the CPU without a
//! word; only its verbose log of the load says where nodes went, in every release since 1.22.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{Settings, provider_name};
use crate::error::{Result, bail};
use crate::log::{self, Severity};
use crate::sync::Mutex;
use ::ort::sys;

use super::calls::{api, expect};
use super::environment::text;
use super::session::SessionOptions;

/// Listens to one session's log. The session keeps a pointer to it.
pub(super) struct Placement {
    loading: AtomicBool,
    /// Providers that got nodes.
    providers: Mutex<Vec<String>>,
    /// The last complaint of an execution provider, which says why it got none.
    complaint: Mutex<String>,
}

impl Placement {
    /// Listens to the session that will be loaded with `options`.
    pub fn listen(options: &SessionOptions) -> Result<Arc<Self>> {
        let placement = Arc::new(Self {
            loading: AtomicBool::new(true),
            providers: Mutex::default(),
            complaint: Mutex::default(),
        });
        let listener = Arc::as_ptr(&placement).cast_mut().cast::<c_void>();
        // SAFETY: the session keeps the listener alive (`RawSession::_kept`), or was never made.
        unsafe {
            expect((api().SetUserLoggingFunction)(options.as_ptr(), listen, listener))?;
            expect((api().SetSessionLogSeverityLevel)(options.as_ptr(), Severity::Verbose as i32))?;
        }
        Ok(placement)
    }

    /// UNSUPPORTED if a provider that was asked for got no node while the CPU got some.
    pub fn check(&self, settings: &Settings) -> Result<()> {
        self.loading.store(false, Ordering::Relaxed);
        let placed = self.providers.lock();
        let on_cpu = placed.iter().any(|name| name == "cpu");
        let idle = |name: &str| name != "cpu" && !placed.iter().any(|other| other == name);
        let idle = settings.providers.iter().find(|provider| idle(&provider.name));
        match idle {
            Some(provider) if on_cpu => {
                let complaint = self.complaint.lock();
                let reason =
                    if complaint.is_empty() { "ONNX Runtime gives no reason" } else { complaint.as_str() };
                let (name, options) = (&provider.name, &provider.options);
                bail!(
                    Unsupported,
                    "execution provider {name:?} {options:?}: it got no node of the model: {reason}"
                )
            }
            _ => Ok(()),
        }
    }

    fn hear(&self, severity: Severity, message: &str) {
        if severity >= Severity::Warning {
            *self.complaint.lock() = message.to_owned();
        }
        let placed = message.split_once("placed on [").and_then(|(_, rest)| rest.split_once(']'));
        if let Some((name, _)) = placed {
            self.providers.lock().push(provider_name(name));
        }
    }
}

unsafe extern "system" fn listen(
    placement: *mut c_void,
    severity: sys::OrtLoggingLevel,
    category: *const c_char,
    _: *const c_char,
    _: *const c_char,
    message: *const c_char,
) {
    // SAFETY: the pointer that `listen` registered; the texts live during the call.
    let (placement, category, message) =
        unsafe { (&*placement.cast::<Placement>(), text(category), text(message)) };
    let severity = Severity::from_code(severity as i32).unwrap_or(Severity::Error);
    let hear = std::panic::AssertUnwindSafe(|| {
        if placement.loading.load(Ordering::Relaxed) {
            placement.hear(severity, &message);
        }
        log::write(severity, &category, &message);
    });
    let _ = std::panic::catch_unwind(hear);
}
