// Config: GPUs.
#include "config_state.h"
#include "error.h"
#include "log.h"
#include "providers.h"

namespace paddle {

using paddle_infer::fail;
using paddle_infer::warn;

void AnalysisConfig::EnableUseGpu(uint64_t memory_pool_init_size_mb, int device_id, Precision precision_mode)
{
    if (!paddle_infer::has_provider("cuda")) {
        warn("EnableUseGpu: the ONNX Runtime in use has " + paddle_infer::provider_list() +
             " and no cuda; the CPU is used");
        return;
    }
    state_->gpu = true;
    state_->gpu_memory_mb = memory_pool_init_size_mb;
    state_->gpu_device_id = device_id;
    state_->gpu_precision = precision_mode;
    if (precision_mode != Precision::kFloat32)
        warn("EnableUseGpu: models compute in the types they are stored with; convert the model for half precision");
}

void AnalysisConfig::DisableGpu()
{
    state_->gpu = false;
}

bool AnalysisConfig::use_gpu() const
{
    return state_->gpu;
}

int AnalysisConfig::gpu_device_id() const
{
    return state_->gpu_device_id;
}

int AnalysisConfig::memory_pool_init_size_mb() const
{
    return static_cast<int>(state_->gpu_memory_mb);
}

float AnalysisConfig::fraction_of_gpu_memory_for_pool() const
{
    return 0.F; // what Paddle says without CUDA; ONNX Runtime's pool has no fixed share
}

void AnalysisConfig::EnableCUDNN()
{
    state_->cudnn = state_->gpu;
}

bool AnalysisConfig::cudnn_enabled() const
{
    return state_->cudnn;
}

void AnalysisConfig::EnableGpuMultiStream()
{
    state_->gpu_multi_stream = true;
}

bool AnalysisConfig::thread_local_stream_enabled() const
{
    return state_->gpu_multi_stream;
}

void AnalysisConfig::SetExecStream(void *stream)
{
    if (!stream)
        fail("InvalidArgument", "SetExecStream: expected a stream, got a null pointer");
    state_->stream = stream;
    state_->external_stream = true;
}

void *AnalysisConfig::GetExecStream() const
{
    return state_->stream;
}

bool AnalysisConfig::external_stream_enabled() const
{
    return state_->external_stream;
}

void AnalysisConfig::EnableLowPrecisionIO(bool x)
{
    if (x && !(state_->gpu && state_->gpu_precision != Precision::kFloat32))
        fail("InvalidArgument", "EnableLowPrecisionIO: expected EnableUseGpu with a precision below float32 before it");
    state_->record("low_precision_io", x);
}

void AnalysisConfig::Exp_DisableMixedPrecisionOps(const std::unordered_set<std::string> &black_list)
{
    state_->record("mixed_precision_black_list", black_list);
}

void AnalysisConfig::Exp_EnableMixedPrecisionOps(const std::unordered_set<std::string> &white_list)
{
    state_->record("mixed_precision_white_list", white_list);
}

void AnalysisConfig::Exp_EnableUseCutlass()
{
    warn("Exp_EnableUseCutlass: there is no cutlass here; the switch stays off");
}

void AnalysisConfig::Exp_SparseConvUsingBuffer(const std::vector<std::vector<int>> &kernels,
                                               const std::vector<std::vector<int>> &attributes)
{
    state_->record("sparse_conv", std::to_string(kernels.size()) + "," + std::to_string(attributes.size()));
}

} // namespace paddle
