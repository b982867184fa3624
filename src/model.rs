//! A loaded model: immutable, shared by all its predictors, and found again by the next predictor
//! with an equal config.

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use crossbeam_queue::ArrayQueue;
use parking_lot::Mutex;

use crate::config::{Config, Settings, Threads};
use crate::engine::{self, Binding, LoadRequest, Session};
use crate::error::Result;
use crate::process::PerProcess;
use crate::run_control::RunControl;
use crate::source::{FileIdentity, ResolvedSource};
use crate::threads::WorkerGrant;
use crate::tune;

/// Bindings of stateless runs that are kept for the next ones.
const SPARE_BINDINGS: usize = 64;

/// Who will call the model's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callers {
    /// One predictor, and clones that nobody knows of yet.
    OnePredictor,
    Pool(usize),
}

pub(crate) struct Model {
    pub session: Arc<dyn Session>,
    /// Values for stateless runs, ready for reuse.
    pub spare: ArrayQueue<Spare>,
    /// Files beside the model that it was read from, as they were then.
    files: Vec<(PathBuf, FileIdentity)>,
    /// Goes back when the session, and with it its threads, is gone.
    _workers: Option<WorkerGrant>,
}

/// A binding with its switch.
pub(crate) struct Spare {
    pub binding: Box<dyn Binding>,
    pub control: Arc<RunControl>,
}

/// What makes two configs equal. Automatic threads are compared by the wish, not by what was left
/// to grant, so that a second predictor finds the first one's model.
#[derive(Clone, PartialEq)]
struct Key {
    source: ResolvedSource,
    threads: ThreadWish,
    settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ThreadWish {
    Exactly(usize),
    Automatic { callers: usize },
}

/// Where the loader of one key leaves the model; its lock makes others with the key wait.
type Place = Arc<Mutex<Weak<Model>>>;

static LOADED: PerProcess<Mutex<Vec<(Key, Place)>>> = PerProcess::new(|| Mutex::new(Vec::new()));

impl Model {
    /// Loads the config's model, or finds it loaded already.
    pub fn load(config: &Config, callers: Callers) -> Result<Arc<Self>> {
        config.validate()?;
        let config = &tune::apply(config)?;
        let key = Key {
            source: ResolvedSource::of(&config.source)?,
            threads: thread_wish(config.intra_op, callers),
            settings: session_settings(&config.settings),
        };
        if !config.settings.options.share_model {
            return Self::load_new(config, &key, callers);
        }
        let place = place_of(&key);
        let mut place = place.lock();
        if let Some(model) = place.upgrade().filter(|model| model.files_are_unchanged()) {
            return Ok(model);
        }
        let model = Self::load_new(config, &key, callers)?;
        *place = Arc::downgrade(&model);
        Ok(model)
    }

    fn load_new(config: &Config, key: &Key, callers: Callers) -> Result<Arc<Self>> {
        let (threads, workers) = match key.threads {
            ThreadWish::Exactly(count) => (count, None),
            ThreadWish::Automatic { callers } => {
                let grant = engine::grant_workers(callers);
                (grant.threads(), Some(grant))
            }
        };
        let alone = callers == Callers::Pool(1) && threads == crate::threads::usable_cores();
        let spinning = config.settings.options.spinning.unwrap_or(threads > 1 && alone);
        let request = LoadRequest { config, source: &key.source, threads, spinning };
        let session = engine::load(&request)?;
        let files = session.files().iter().map(|path| Ok((path.clone(), FileIdentity::of(path)?)));
        Ok(Arc::new(Self {
            files: files.collect::<Result<_>>()?,
            session,
            spare: ArrayQueue::new(SPARE_BINDINGS),
            _workers: workers,
        }))
    }

    fn files_are_unchanged(&self) -> bool {
        self.files.iter().all(|(path, then)| FileIdentity::of(path).is_ok_and(|now| now == *then))
    }

    /// Values for one stateless run.
    pub fn take_spare(&self) -> Result<Spare> {
        if let Some(spare) = self.spare.pop() {
            return Ok(spare);
        }
        let binding = Arc::clone(&self.session).bind()?;
        let control = RunControl::new(binding.terminator());
        Ok(Spare { binding, control })
    }
}

fn thread_wish(intra_op: Threads, callers: Callers) -> ThreadWish {
    match (intra_op, callers) {
        (Threads::Exactly(count), _) => ThreadWish::Exactly(count),
        (Threads::Unset, Callers::OnePredictor) => ThreadWish::Exactly(1),
        (Threads::Automatic, Callers::OnePredictor) => ThreadWish::Automatic { callers: 1 },
        (_, Callers::Pool(callers)) => ThreadWish::Automatic { callers },
    }
}

/// The settings without what has no effect on the session.
fn session_settings(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    let options = &mut settings.options;
    options.share_model = true;
    options.warmup_runs = 0;
    options.pool_max_waiting = None;
    options.tune_file = None;
    settings
}

fn place_of(key: &Key) -> Place {
    let mut loaded = LOADED.get().lock();
    if let Some((_, place)) = loaded.iter().find(|(other, _)| other == key) {
        return Arc::clone(place);
    }
    // A place that only the list holds and that has no model any more is free to go.
    loaded.retain(|(_, place)| Arc::strong_count(place) > 1 || place.lock().strong_count() > 0);
    let place = Place::default();
    loaded.push((key.clone(), Arc::clone(&place)));
    place
}
