//! A loaded model: immutable, shared by all its predictors, and found again by the next predictor
//! with an equal config.

use std::cell::Cell;
use std::sync::{Arc, Weak};

use crate::config::{Config, Settings, Threads};
use crate::engine::{self, Binding, LoadRequest, Session};
use crate::error::{Result, bail};
use crate::process::PerProcess;
use crate::run_control::RunControl;
use crate::source::{FileIdentity, ResolvedSource, SourceKey};
use crate::spec::TensorSpec;
use crate::sync::Mutex;
use crate::threads::WorkerGrant;
use crossbeam_queue::ArrayQueue;

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
    /// Required inputs first, then those with defaults.
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
    /// Values for stateless runs, ready for reuse.
    pub spare: ArrayQueue<Spare>,
    /// Files that the model was read from as well, by the names it gives them, as they were then.
    files: Vec<(String, FileIdentity)>,
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
    source: SourceKey,
    threads: ThreadWish,
    /// Workers spin if the session gets all cores: its one predictor then has the machine to itself.
    spins_alone: bool,
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
    /// Loads the model of a config that its tune file was applied to, or finds it loaded already.
    pub fn load(config: &Config, callers: Callers) -> Result<Arc<Self>> {
        let _loading = Loading::start()?;
        config.validate()?;
        let source = ResolvedSource::of(&config.source)?;
        let key = Key {
            source: SourceKey::of(&source),
            threads: thread_wish(config.intra_op, callers),
            spins_alone: callers == Callers::Pool(1),
            settings: session_settings(&config.settings),
        };
        if !config.settings.options.share_model {
            return Self::load_new(config, &source, &key);
        }
        let place = place_of(&key);
        let mut place = place.lock();
        if let Some(model) = place.upgrade().filter(|model| model.is_for(&source)) {
            return Ok(model);
        }
        let model = Self::load_new(config, &source, &key)?;
        *place = Arc::downgrade(&model);
        Ok(model)
    }

    fn load_new(config: &Config, source: &ResolvedSource, key: &Key) -> Result<Arc<Self>> {
        let (threads, workers) = match key.threads {
            ThreadWish::Exactly(count) => (count, None),
            ThreadWish::Automatic { callers } => {
                let grant = engine::grant_workers(callers);
                (grant.threads(), Some(grant))
            }
        };
        let alone = key.spins_alone && threads > 1 && threads == crate::threads::usable_cores();
        let spinning = config.settings.options.spinning.unwrap_or(alone);
        let request = LoadRequest { config, source, threads, spinning };
        let beside = match config.settings.inter_op {
            Threads::Exactly(count) if config.settings.options.parallel_execution => count,
            _ => 0,
        };
        crate::threads::check_startable(threads - 1 + beside)?;
        let session = engine::load(&request)?;
        // A file that is named but not used need not exist.
        let identify = |name: &String| Some((name.clone(), FileIdentity::of(&source.beside(name)).ok()?));
        Ok(Arc::new(Self {
            files: session.files().iter().filter_map(identify).collect(),
            inputs: session.inputs().to_vec(),
            outputs: session.outputs().to_vec(),
            session,
            spare: ArrayQueue::new(SPARE_BINDINGS),
            _workers: workers,
        }))
    }

    /// Whether the files beside `source`, which may be another path to the same model, are those that
    /// this model was read from.
    fn is_for(&self, source: &ResolvedSource) -> bool {
        let is_same = |(name, then): &(String, FileIdentity)| {
            FileIdentity::of(&source.beside(name)).is_ok_and(|now| now == *then)
        };
        self.files.iter().all(is_same)
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

/// That this thread is loading a model. A log callback runs on it, and one that asked for the same
/// model would wait for itself.
struct Loading;

thread_local! {
    static IS_LOADING: Cell<bool> = const { Cell::new(false) };
}

impl Loading {
    fn start() -> Result<Self> {
        if IS_LOADING.replace(true) {
            bail!(Busy, "this thread is loading a model already; a log callback must not create predictors");
        }
        Ok(Self)
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        IS_LOADING.set(false);
    }
}

/// The settings without what has no effect on the session.
fn session_settings(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    let options = &mut settings.options;
    options.share_model = true;
    options.warmup_runs = 0;
    options.pool_max_waiting = None;
    // The CPU is always there, and is asked last.
    settings.providers.retain(|provider| provider.name != "cpu" || !provider.options.is_empty());
    if !settings.options.parallel_execution || settings.inter_op == Threads::Automatic {
        settings.inter_op = Threads::Unset;
    }
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
