//! One session of ONNX Runtime's and what it says about its inputs and outputs.

use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use ::ort::sys;

use crate::engine::onnx::OnnxFacts;
use crate::error::{Result, bail};
use crate::process::Indivisible;
use crate::spec::{Role, TensorSpec};

use super::calls::{Failure, ShapeInfo, TypeInfo, api, c_text, default_allocator, expect, outcome, owned};
use super::environment::{Environment, text};
use super::options::{LoadPlan, Model, c_path};
use super::placement::Placement;

owned!(
    /// Options of a session to be.
    SessionOptions, OrtSessionOptions, ReleaseSessionOptions
);
owned!(SessionHandle, OrtSession, ReleaseSession);

pub(super) struct RawSession {
    /// Only `drop` takes it out.
    handle: ManuallyDrop<SessionHandle>,
    /// Those with defaults last.
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
    pub input_names: Vec<CString>,
    pub output_names: Vec<CString>,
    /// Outputs that no operator computes: ONNX Runtime returns the memory of an input or a weight.
    pub passed_through: Vec<bool>,
    /// All values live in the memory of the process.
    pub is_cpu_only: bool,
    /// What ONNX Runtime keeps pointers to; dropped after the session.
    _kept: Vec<Arc<dyn Any + Send + Sync>>,
}

/// ONNX Runtime's `ONNX_TYPE_TENSOR`.
const TENSOR: i32 = 1;

impl RawSession {
    /// Loads the plan's model.
    pub fn load(plan: &LoadPlan) -> Result<Self> {
        let environment = Environment::get()?;
        let options = plan.options(environment)?;
        Self::load_with(plan, environment, &options)
    }

    pub fn load_with(plan: &LoadPlan, environment: &Environment, options: &SessionOptions) -> Result<Self> {
        let mut kept: Vec<Arc<dyn Any + Send + Sync>> = Vec::new();
        let (model, facts) = plan.model()?;
        if let Some((name, params)) = &plan.params
            && facts.external.contains(name)
        {
            options.add_external_file(name, params)?;
            kept.push(Arc::new(params.clone()));
        }
        let placement = match plan.cpu_only {
            true => None,
            false => Some(Placement::listen(options)?),
        };
        let _indivisible = Indivisible::start();
        let about = |failure: Failure| failure.of_load().about(plan.source.describe());
        let handle = match model {
            Model::File(path) => {
                let path = c_path(path)?;
                // SAFETY: environment, path and options live during the call.
                let create = |out| unsafe {
                    (api().CreateSession)(environment.as_ptr(), path.as_ptr(), options.as_ptr(), out)
                };
                SessionHandle::create(create).map_err(about)?
            }
            Model::Bytes(bytes) => Self::handle_from_bytes(environment, bytes, options).map_err(about)?,
        };
        // The session owns what it points to before anything can fail: it is released first.
        if let Some(placement) = &placement {
            kept.push(Arc::clone(placement) as Arc<dyn Any + Send + Sync>);
        }
        let mut session = Self::undescribed(handle, kept);
        session.is_cpu_only = plan.cpu_only;
        if let Some(placement) = placement {
            placement.check(&plan.settings)?;
        }
        if let Some((_, params)) = &plan.params {
            params.let_go();
        }
        session.describe(facts).map_err(|error| error.about(plan.source.describe()))?;
        Ok(session)
    }

    pub fn from_bytes(environment: &Environment, model: &[u8], options: &SessionOptions) -> Result<Self> {
        let handle = Self::handle_from_bytes(environment, model, options).map_err(Failure::unexpected)?;
        Ok(Self::undescribed(handle, Vec::new()))
    }

    /// The model of `path` for the CPU provider in place of the plan's, with the same inputs and outputs.
    pub fn from_path(
        environment: &Environment,
        path: &CStr,
        options: &SessionOptions,
        facts: &OnnxFacts,
    ) -> Result<Self> {
        let _indivisible = Indivisible::start();
        // SAFETY: environment, path and options live during the call.
        let create = |out| unsafe {
            (api().CreateSession)(environment.as_ptr(), path.as_ptr(), options.as_ptr(), out)
        };
        let handle = SessionHandle::create(create).map_err(Failure::of_load)?;
        let mut session = Self::undescribed(handle, Vec::new());
        session.is_cpu_only = true;
        session.describe(facts)?;
        Ok(session)
    }

    fn handle_from_bytes(
        environment: &Environment,
        model: &[u8],
        options: &SessionOptions,
    ) -> Result<SessionHandle, Failure> {
        // SAFETY: environment, bytes and options live during the call; the bytes are copied.
        let create = |out| unsafe {
            let start = model.as_ptr().cast::<c_void>();
            (api().CreateSessionFromArray)(environment.as_ptr(), start, model.len(), options.as_ptr(), out)
        };
        SessionHandle::create(create)
    }

    fn undescribed(handle: SessionHandle, kept: Vec<Arc<dyn Any + Send + Sync>>) -> Self {
        Self {
            handle: ManuallyDrop::new(handle),
            inputs: Vec::new(),
            outputs: Vec::new(),
            input_names: Vec::new(),
            output_names: Vec::new(),
            passed_through: Vec::new(),
            is_cpu_only: false,
            _kept: kept,
        }
    }

    fn describe(&mut self, facts: &OnnxFacts) -> Result<()> {
        let api = api();
        let read = |role, count, name, kind| {
            read_specs(&self.handle, &List { role, count, name, kind }, &facts.unranked)
        };
        let mut inputs = read(
            Role::Input,
            api.SessionGetInputCount,
            api.SessionGetInputName,
            api.SessionGetInputTypeInfo,
        )?;
        let mut defaults = read(
            Role::Input,
            api.SessionGetOverridableInitializerCount,
            api.SessionGetOverridableInitializerName,
            api.SessionGetOverridableInitializerTypeInfo,
        )?;
        let outputs = read(
            Role::Output,
            api.SessionGetOutputCount,
            api.SessionGetOutputName,
            api.SessionGetOutputTypeInfo,
        )?;
        for spec in &mut defaults {
            spec.has_default = true;
        }
        inputs.append(&mut defaults);
        if let Some(spec) = inputs.iter().find(|spec| !spec.is_tensor()) {
            bail!(
                InvalidModel,
                "input {:?}: a sequence, map or optional value, expected tensors only",
                spec.name
            );
        }
        let names = |specs: &[TensorSpec]| specs.iter().map(|spec| c_text(&spec.name)).collect::<Result<_>>();
        (self.input_names, self.output_names) = (names(&inputs)?, names(&outputs)?);
        let is_passed_through = |output: &TensorSpec| {
            inputs.iter().any(|input| input.name == output.name) || facts.initializers.contains(&output.name)
        };
        self.passed_through = outputs.iter().map(is_passed_through).collect();
        (self.inputs, self.outputs) = (inputs, outputs);
        Ok(())
    }

    /// Computes the named outputs; those that are not NULL are written in place.
    ///
    /// # Safety
    /// Names and values come in pairs and are valid; the memory of the values is valid.
    pub unsafe fn run(
        &self,
        options: &super::binding::RunOptions,
        input_names: &[*const c_char],
        inputs: &[*const sys::OrtValue],
        output_names: &[*const c_char],
        outputs: &mut [*mut sys::OrtValue],
    ) -> Result<(), Failure> {
        // SAFETY: the caller's promise. The session is shared by threads: ONNX Runtime documents
        // `Run` as safe to call concurrently, and `Sharing` keeps providers apart that are not.
        outcome(unsafe {
            (api().Run)(
                self.handle.as_ptr(),
                options.as_ptr(),
                input_names.as_ptr(),
                inputs.as_ptr(),
                inputs.len(),
                output_names.as_ptr(),
                outputs.len(),
                outputs.as_mut_ptr(),
            )
        })
    }
}

impl RawSession {
    /// Runs what was bound before.
    ///
    /// # Safety
    /// The run was bound for this session, and the memory of its values is valid.
    pub unsafe fn run_bound(
        &self,
        options: &super::binding::RunOptions,
        run: &super::bound_run::BoundRun,
    ) -> Result<(), Failure> {
        // SAFETY: the caller's promise; concurrent runs as in `run`.
        outcome(unsafe { (api().RunWithBinding)(self.as_ptr(), options.as_ptr(), run.as_ptr()) })
    }

    pub fn as_ptr(&self) -> *mut sys::OrtSession {
        self.handle.as_ptr()
    }
}

impl Drop for RawSession {
    fn drop(&mut self) {
        let _indivisible = Indivisible::start();
        // SAFETY: dropped once, here; `_kept` goes after it.
        unsafe { ManuallyDrop::drop(&mut self.handle) }
    }
}

type Session = *const sys::OrtSession;

/// The three functions that list one kind of a session's values.
struct List {
    role: Role,
    count: unsafe extern "system" fn(Session, *mut usize) -> sys::OrtStatusPtr,
    name: unsafe extern "system" fn(
        Session,
        usize,
        *mut sys::OrtAllocator,
        *mut *mut c_char,
    ) -> sys::OrtStatusPtr,
    kind: unsafe extern "system" fn(Session, usize, *mut *mut sys::OrtTypeInfo) -> sys::OrtStatusPtr,
}

fn read_specs(session: &SessionHandle, list: &List, unranked: &[String]) -> Result<Vec<TensorSpec>> {
    let mut count = 0;
    // SAFETY: a live session and a writable number.
    expect(unsafe { (list.count)(session.as_ptr(), &mut count) })?;
    (0..count).map(|index| read_spec(session, list, index, unranked)).collect()
}

fn read_spec(session: &SessionHandle, list: &List, index: usize, unranked: &[String]) -> Result<TensorSpec> {
    let allocator = default_allocator()?;
    let mut raw = std::ptr::null_mut();
    // SAFETY: `index` is below the count; the text is copied and freed by the allocator it is from.
    let name = unsafe {
        expect((list.name)(session.as_ptr(), index, allocator, &mut raw))?;
        let name = text(raw).into_owned();
        expect((api().AllocatorFree)(allocator, raw.cast()))?;
        name
    };
    // SAFETY: `index` is below the count.
    let create = |out| unsafe { (list.kind)(session.as_ptr(), index, out) };
    let info = TypeInfo::create(create).map_err(Failure::unexpected)?;
    let mut kind = 0i32;
    // SAFETY: the enum is repr(i32); read as a number, so that a new kind is no invalid enum.
    expect(unsafe { (api().GetOnnxTypeFromTypeInfo)(info.as_ptr(), (&raw mut kind).cast()) })?;
    if kind != TENSOR {
        return Ok(TensorSpec::new(list.role, name, None));
    }
    let mut shape = std::ptr::null();
    // SAFETY: `shape` becomes a view into `info`, which lives to the end of this function.
    expect(unsafe { (api().CastTypeInfoToTensorInfo)(info.as_ptr(), &mut shape) })?;
    let mut spec = TensorSpec::new(list.role, name, Some(element_type(shape)?));
    let dims = dimensions(shape)?;
    // ONNX Runtime reports an open rank like that of a scalar.
    if !dims.is_empty() || !unranked.contains(&spec.name) {
        spec.dim_names = dimension_names(shape)?;
        spec.dims = Some(dims);
    }
    Ok(spec)
}

fn element_type(shape: *const sys::OrtTensorTypeAndShapeInfo) -> Result<i32> {
    let mut code = 0i32;
    // SAFETY: a live info; the enum is repr(i32) and read as a number.
    expect(unsafe { (api().GetTensorElementType)(shape, (&raw mut code).cast()) })?;
    Ok(code)
}

fn dimensions(shape: *const sys::OrtTensorTypeAndShapeInfo) -> Result<Vec<i64>> {
    let mut rank = 0;
    // SAFETY: a live info and room for `rank` numbers.
    unsafe {
        expect((api().GetDimensionsCount)(shape, &mut rank))?;
        let mut dims = vec![0; rank];
        expect((api().GetDimensions)(shape, dims.as_mut_ptr(), rank))?;
        Ok(dims)
    }
}

fn dimension_names(shape: *const sys::OrtTensorTypeAndShapeInfo) -> Result<Vec<String>> {
    let mut rank = 0;
    // SAFETY: a live info and room for `rank` texts, which live as long as the info.
    unsafe {
        expect((api().GetDimensionsCount)(shape, &mut rank))?;
        let mut names = vec![std::ptr::null(); rank];
        expect((api().GetSymbolicDimensions)(shape, names.as_mut_ptr(), rank))?;
        Ok(names.into_iter().map(|name| text(name).into_owned()).collect())
    }
}

/// Element type and shape of a value that was produced.
pub(super) fn value_shape(value: *const sys::OrtValue) -> Result<Vec<i64>> {
    // SAFETY: a live tensor value.
    let create = |out| unsafe { (api().GetTensorTypeAndShape)(value, out) };
    let info = ShapeInfo::create(create).map_err(Failure::unexpected)?;
    dimensions(info.as_ptr())
}
