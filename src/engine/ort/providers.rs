//! Execution providers: appending them in order, and what each makes of the option `precision`.

use std::collections::BTreeMap;

use crate::config::Settings;
use crate::error::{Error, Result, Status, bail};
use crate::options::Precision;
use crate::threads::usable_cores;

use super::Sharing;
use super::calls::{Failure, TextPairs, api, c_text, outcome, owned};
use super::environment;
use super::library;
use super::session::SessionOptions;

owned!(CudaOptions, OrtCUDAProviderOptionsV2, ReleaseCUDAProviderOptions);
owned!(TensorRtOptions, OrtTensorRTProviderOptionsV2, ReleaseTensorRTProviderOptions);

/// Whether predictors on these providers share one session.
pub(super) fn sharing(settings: &Settings) -> Sharing {
    let safe = ["cpu", "openvino"];
    match settings.providers.iter().all(|provider| safe.contains(&provider.name.as_str())) {
        true => Sharing::SharedSession,
        false => Sharing::SessionPerClone,
    }
}

/// Appends the settings' providers; UNSUPPORTED if the ONNX Runtime in use lacks one, or if none
/// can compute with the precision asked for. `threads` are for one run, as for the CPU provider.
pub(super) fn append(options: &SessionOptions, settings: &Settings, threads: usize) -> Result<()> {
    let available = &library::load(None)?.providers;
    let precision = settings.options.precision;
    let mut precision_is_set = precision == Precision::Fp32;
    for provider in &settings.providers {
        if !available.contains(&provider.name) {
            bail!(
                Unsupported,
                "execution provider {:?}: the ONNX Runtime in use has {}",
                provider.name,
                available.join(", ")
            );
        }
        let mut own = provider.options.clone();
        if provider.name == "openvino" {
            set_openvino_threads(&mut own, threads, usable_cores());
        }
        precision_is_set |= set_precision(&provider.name, precision, &mut own)?;
        let (appended, complaint) = environment::hear_complaint(|| append_one(options, &provider.name, &own));
        appended.map_err(|error| {
            let reason = complaint.map(|complaint| format!(": {complaint}")).unwrap_or_default();
            let (name, options) = (&provider.name, &provider.options);
            let text = format!("execution provider {name:?} {options:?}: {}{reason}", error.message());
            Error::new(error.status(), text)
        })?;
    }
    if !precision_is_set && !set_cpu_precision(options, precision)? {
        bail!(
            Unsupported,
            "precision {}: none of the execution providers asked for computes with it",
            name(precision)
        );
    }
    Ok(())
}

fn append_one(options: &SessionOptions, name: &str, own: &BTreeMap<String, String>) -> Result<()> {
    let pairs = TextPairs::new(own)?;
    let (keys, values, count) = (pairs.keys(), pairs.values(), pairs.len());
    let api = api();
    let refused = |failure: Failure| failure.into_error(Status::Unsupported);
    let call = |status| outcome(status).map_err(refused);
    // SAFETY: in each branch: live options, and `count` texts that are copied during the call.
    unsafe {
        match name {
            "cpu" if count > 0 => bail!(InvalidArgument, "expected no options, got {count}"),
            "cpu" => Ok(()),
            "cuda" => {
                let cuda =
                    CudaOptions::create(|out| (api.CreateCUDAProviderOptions)(out)).map_err(refused)?;
                call((api.UpdateCUDAProviderOptions)(cuda.as_ptr(), keys, values, count))?;
                call((api.SessionOptionsAppendExecutionProvider_CUDA_V2)(options.as_ptr(), cuda.as_ptr()))
            }
            "tensorrt" => {
                let tensorrt = TensorRtOptions::create(|out| (api.CreateTensorRTProviderOptions)(out))
                    .map_err(refused)?;
                call((api.UpdateTensorRTProviderOptions)(tensorrt.as_ptr(), keys, values, count))?;
                call((api.SessionOptionsAppendExecutionProvider_TensorRT_V2)(
                    options.as_ptr(),
                    tensorrt.as_ptr(),
                ))
            }
            "openvino" => call((api.SessionOptionsAppendExecutionProvider_OpenVINO_V2)(
                options.as_ptr(),
                keys,
                values,
                count,
            )),
            other => {
                let name = c_text(generic_name(other))?;
                call((api.SessionOptionsAppendExecutionProvider)(
                    options.as_ptr(),
                    name.as_ptr(),
                    keys,
                    values,
                    count,
                ))
            }
        }
    }
}

/// The spelling that ONNX Runtime's generic append expects.
fn generic_name(name: &str) -> &str {
    match name {
        "azure" => "AZURE",
        "coreml" => "CoreML",
        "qnn" => "QNN",
        "snpe" => "SNPE",
        "vitisai" => "VitisAI",
        "webgpu" => "WebGPU",
        "webnn" => "WEBNN",
        "xnnpack" => "XNNPACK",
        other => other,
    }
}

fn name(precision: Precision) -> &'static str {
    match precision {
        Precision::Fp32 => "fp32",
        Precision::Bf16 => "bf16",
        Precision::Fp16 => "fp16",
    }
}

/// Adds the provider's own option for the precision; false if it has none.
fn set_precision(provider: &str, precision: Precision, own: &mut BTreeMap<String, String>) -> Result<bool> {
    let (key, value) = match (provider, precision) {
        (_, Precision::Fp32) => return Ok(true),
        ("tensorrt", Precision::Bf16) => ("trt_bf16_enable", "1".to_owned()),
        ("tensorrt", Precision::Fp16) => ("trt_fp16_enable", "1".to_owned()),
        // Its `precision` option is refused on the CPU and the model then runs elsewhere, so the
        // hint goes where OpenVINO itself reads it.
        ("openvino", _) if cpu_computes(precision) => ("load_config", openvino_config(own, precision)?),
        _ => return Ok(false),
    };
    own.insert(key.to_owned(), value);
    Ok(true)
}

/// OpenVINO has threads of its own, and runs one call after the other unless it is told of streams:
/// as many as there are cores for runs of `threads` threads, where the caller says nothing else.
fn set_openvino_threads(own: &mut BTreeMap<String, String>, threads: usize, cores: usize) {
    let on_cpu = own.get("device_type").is_none_or(|device| device == "CPU");
    let is_set = ["num_streams", "num_of_threads", "load_config"].iter().any(|key| own.contains_key(*key));
    if !on_cpu || is_set {
        return;
    }
    let streams = (cores / threads).max(1);
    own.insert("num_streams".to_owned(), streams.to_string());
    own.insert("num_of_threads".to_owned(), (streams * threads).to_string());
}

/// Whether the CPU has instructions for it. OpenVINO takes the precision as a hint, and where there
/// are none it computes with another one and says nothing.
fn cpu_computes(precision: Precision) -> bool {
    let features: &[&str] = match precision {
        Precision::Fp32 => return true,
        Precision::Bf16 => &["avx512_bf16", "amx_bf16"],
        Precision::Fp16 => &["avx512_fp16", "amx_fp16"],
    };
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or("");
    flags.split_whitespace().any(|flag| features.contains(&flag))
}

/// The caller's `load_config` with the precision hint for the CPU added.
fn openvino_config(own: &BTreeMap<String, String>, precision: Precision) -> Result<String> {
    let hint = if precision == Precision::Bf16 { "bf16" } else { "f16" };
    let given = own.get("load_config").map_or("{}", String::as_str);
    let Ok(serde_json::Value::Object(mut config)) = serde_json::from_str(given) else {
        bail!(
            InvalidArgument,
            "execution provider \"openvino\": expected load_config as a JSON object, got {given:?}"
        );
    };
    let device = config.entry("CPU").or_insert_with(|| serde_json::json!({}));
    match device.as_object_mut() {
        Some(device) => device.insert("INFERENCE_PRECISION_HINT".to_owned(), hint.into()),
        None => bail!(
            InvalidArgument,
            "execution provider \"openvino\": expected load_config.CPU as an object, got {device}"
        ),
    };
    Ok(serde_json::Value::Object(config).to_string())
}

/// The CPU provider's kernels compute in bfloat16 on 64-bit ARM only.
fn set_cpu_precision(options: &SessionOptions, precision: Precision) -> Result<bool> {
    if cfg!(target_arch = "aarch64") && precision == Precision::Bf16 {
        options.set_entry("mlas.enable_gemm_fastmath_arm64_bfloat16", "1")?;
        return Ok(true);
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openvino_threads(options: &[(&str, &str)], threads: usize, cores: usize) -> (String, String) {
        let mut own = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        set_openvino_threads(&mut own, threads, cores);
        let value = |key| own.get(key).cloned().unwrap_or_default();
        (value("num_streams"), value("num_of_threads"))
    }

    #[test]
    fn openvino_gets_as_many_streams_as_runs_fit_on_the_cores() {
        let pair = |streams: &str, threads: &str| (streams.to_owned(), threads.to_owned());
        assert_eq!(openvino_threads(&[], 1, 4), pair("4", "4"));
        assert_eq!(openvino_threads(&[("device_type", "CPU")], 3, 8), pair("2", "6"));
        assert_eq!(openvino_threads(&[], 8, 2), pair("1", "8"));
        assert_eq!(openvino_threads(&[("num_streams", "3")], 1, 4), pair("3", ""));
        assert_eq!(openvino_threads(&[("load_config", "{}")], 1, 4), pair("", ""));
        assert_eq!(openvino_threads(&[("device_type", "GPU")], 1, 4), pair("", ""));
    }
}
