// Config: the CPU, the graph, and engines that compute on the CPU.
#include "config_state.h"
#include "error.h"
#include "log.h"
#include "providers.h"

namespace paddle {

using paddle_infer::fail;
using paddle_infer::warn;

namespace {

/// Where oneDNN, and so Paddle, computes in bfloat16: AVX-512 with its byte, word, long and quad word parts.
bool cpu_takes_bfloat16()
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

} // namespace

void AnalysisConfig::SetCpuMathLibraryNumThreads(int cpu_math_library_num_threads)
{
    state_->threads = cpu_math_library_num_threads;
}

int AnalysisConfig::cpu_math_library_num_threads() const
{
    return state_->threads;
}

void AnalysisConfig::SwitchIrOptim(int x)
{
    state_->ir_optim = x != 0;
}

bool AnalysisConfig::ir_optim() const
{
    return state_->ir_optim;
}

void AnalysisConfig::SetOptimizationLevel(int opt_level)
{
    state_->optimization_level = opt_level;
}

void AnalysisConfig::SwitchIrDebug(int x, const std::vector<std::string> &passes)
{
    state_->ir_debug = x != 0;
    state_->record("ir_debug_passes", passes);
}

void AnalysisConfig::EnableMemoryOptim(bool x)
{
    state_->memory_optim = x;
}

bool AnalysisConfig::enable_memory_optim() const
{
    return state_->memory_optim;
}

void AnalysisConfig::EnableProfile()
{
    state_->profile = true;
}

bool AnalysisConfig::profile_enabled() const
{
    return state_->profile;
}

void AnalysisConfig::DisableGlogInfo()
{
    paddle_infer::silence_warnings();
    state_->log = false;
}

bool AnalysisConfig::glog_info_disabled() const
{
    return !state_->log;
}

void AnalysisConfig::DisableFCPadding()
{
    state_->fc_padding = false;
}

bool AnalysisConfig::use_fc_padding() const
{
    return state_->fc_padding;
}

void AnalysisConfig::SwitchUseFeedFetchOps(int) {}

bool AnalysisConfig::use_feed_fetch_ops_enabled() const
{
    return false; // in Paddle 3 too, whatever was set
}

void AnalysisConfig::SwitchSpecifyInputNames(bool x)
{
    state_->specify_input_name = x;
}

bool AnalysisConfig::specify_input_name() const
{
    return state_->specify_input_name;
}

void AnalysisConfig::SetApplyOptim(bool value)
{
    state_->record("apply_optim", value);
}

void AnalysisConfig::SetSkipLoadParams(bool value)
{
    state_->record("skip_load_params", value);
}

void AnalysisConfig::EnableNewExecutor(bool x)
{
    state_->new_executor = x;
}

bool AnalysisConfig::new_executor_enabled() const
{
    return state_->new_executor;
}

void AnalysisConfig::EnableNewIR(bool x)
{
    state_->new_ir = x;
}

bool AnalysisConfig::new_ir_enabled() const
{
    return state_->new_ir;
}

void AnalysisConfig::EnableMKLDNN()
{
    EnableONEDNN();
}

void AnalysisConfig::EnableONEDNN()
{
    state_->onednn = true;
}

void AnalysisConfig::DisableMKLDNN()
{
    DisableONEDNN();
}

void AnalysisConfig::DisableONEDNN()
{
    state_->onednn = false;
}

bool AnalysisConfig::mkldnn_enabled() const
{
    return onednn_enabled();
}

bool AnalysisConfig::onednn_enabled() const
{
    return state_->onednn;
}

void AnalysisConfig::SetMkldnnCacheCapacity(int capacity)
{
    SetOnednnCacheCapacity(capacity);
}

void AnalysisConfig::SetOnednnCacheCapacity(int capacity)
{
    state_->onednn_cache_capacity = capacity;
}

void AnalysisConfig::SetMKLDNNOp(std::unordered_set<std::string> op_list)
{
    SetONEDNNOp(std::move(op_list));
}

void AnalysisConfig::SetONEDNNOp(std::unordered_set<std::string> op_list)
{
    state_->record("onednn_ops", op_list);
}

void AnalysisConfig::EnableMkldnnBfloat16()
{
    EnableOnednnBfloat16();
}

void AnalysisConfig::EnableOnednnBfloat16()
{
    state_->bfloat16 = cpu_takes_bfloat16();
    if (!state_->bfloat16)
        warn("EnableOnednnBfloat16: this CPU lacks AVX-512; float32 is used");
}

bool AnalysisConfig::mkldnn_bfloat16_enabled() const
{
    return state_->bfloat16;
}

void AnalysisConfig::SetBfloat16Op(std::unordered_set<std::string> op_list)
{
    state_->record("bfloat16_ops", op_list);
}

void AnalysisConfig::EnableMkldnnInt8(const std::unordered_set<std::string> &op_list)
{
    EnableOnednnInt8(op_list);
}

void AnalysisConfig::EnableOnednnInt8(const std::unordered_set<std::string> &op_list)
{
    state_->onednn_int8 = true;
    state_->record("int8_ops", op_list);
    warn("EnableOnednnInt8: models compute in the types they are stored with; quantise the model for int8");
}

bool AnalysisConfig::mkldnn_int8_enabled() const
{
    return onednn_int8_enabled();
}

bool AnalysisConfig::onednn_int8_enabled() const
{
    return state_->onednn_int8;
}

void AnalysisConfig::EnableMkldnnQuantizer()
{
    state_->quantizer = true;
}

bool AnalysisConfig::mkldnn_quantizer_enabled() const
{
    return state_->quantizer;
}

void AnalysisConfig::DisableMkldnnFcPasses()
{
    DisableOnednnFcPasses();
}

void AnalysisConfig::DisableOnednnFcPasses()
{
    state_->fc_passes_disabled = true;
}

bool AnalysisConfig::mkldnn_fc_passes_disabled() const
{
    return state_->fc_passes_disabled;
}

void AnalysisConfig::EnableONNXRuntime()
{
    state_->onnxruntime = true;
}

void AnalysisConfig::DisableONNXRuntime()
{
    state_->onnxruntime = false;
}

bool AnalysisConfig::use_onnxruntime() const
{
    return state_->onnxruntime;
}

void AnalysisConfig::EnableORTOptimization()
{
    state_->ort_optimization = true;
}

bool AnalysisConfig::ort_optimization_enabled() const
{
    return state_->ort_optimization;
}

void AnalysisConfig::EnableOpenVINOEngine(Precision inference_precision)
{
    if (!paddle_infer::has_provider("openvino"))
        fail("Unavailable", "EnableOpenVINOEngine: expected an ONNX Runtime with openvino, got one with " +
                                paddle_infer::provider_list() + "; leave the call out to compute on the CPU");
    state_->openvino = true;
    state_->openvino_precision = inference_precision;
}

bool AnalysisConfig::openvino_engine_enabled() const
{
    return state_->openvino;
}

void AnalysisConfig::EnableCINN()
{
    fail("Unavailable", "EnableCINN: there is no CINN compiler here; graphs are optimised by SwitchIrOptim, which is on");
}

bool AnalysisConfig::cinn_enabled() const
{
    return false;
}

void AnalysisConfig::EnableLiteEngine(Precision, bool, const std::vector<std::string> &, const std::vector<std::string> &)
{
    fail("Unavailable", "EnableLiteEngine: there is no Paddle-Lite here; leave the call out to compute on the CPU");
}

bool AnalysisConfig::lite_engine_enabled() const
{
    return false;
}

} // namespace paddle
