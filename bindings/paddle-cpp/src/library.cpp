// The library itself, and what of Paddle's interface belongs to no predictor.
#include "../include/paddle_inference_api.h"
#include "config_state.h"
#include "element_types.h"
#include "error.h"

namespace paddle_infer {

std::string GetVersion()
{
    // Programs read three numbers from the first line, and choose by them between Paddle 2's interface and Paddle 3's.
    return "version: 3.3.1\ncommit: predictor_pool-" + std::string(c::predictor_version()) +
           "\nbranch: predictor_pool\n";
}

std::tuple<int, int, int> GetTrtCompileVersion()
{
    return std::make_tuple(0, 0, 0);
}

std::tuple<int, int, int> GetTrtRuntimeVersion()
{
    return std::make_tuple(0, 0, 0);
}

void UpdateDllFlag(const char *, const char *) {}

void ConvertToMixedPrecision(const std::string &, const std::string &, const std::string &, const std::string &,
                             PrecisionType, PlaceType, bool, std::unordered_set<std::string>,
                             std::unordered_set<std::string>)
{
    fail("Unimplemented", "ConvertToMixedPrecision: models are not rewritten here; convert them where they are trained");
}

namespace experimental {

namespace {

[[noreturn]] void no_stream(const char *call)
{
    fail("Unavailable", std::string(call) + ": there are no streams on the CPU; use Predictor::Run and Tensor");
}

} // namespace

bool InternalUtils::RunWithExternalStream(Predictor *, CUstream_st *)
{
    no_stream("RunWithExternalStream");
}

bool InternalUtils::RunWithExternalStream(Predictor *, ihipStream_t *)
{
    no_stream("RunWithExternalStream");
}

bool InternalUtils::RunWithRuntimeConfig(Predictor *, void *)
{
    fail("Unavailable", "RunWithRuntimeConfig: there is no XPU here; use Predictor::Run");
}

void InternalUtils::UpdateConfigInterleaved(Config *config, bool with_interleaved)
{
    config->state_->record("trt_with_interleaved", with_interleaved);
}

void InternalUtils::SetTransformerPosid(Config *config, const std::string &tensor_name)
{
    config->state_->record("tensorrt_transformer_posid", tensor_name);
}

void InternalUtils::SetTransformerMaskid(Config *config, const std::string &tensor_name)
{
    config->state_->record("tensorrt_transformer_maskid", tensor_name);
}

void InternalUtils::DisableTensorRtHalfOps(Config *config, const std::unordered_set<std::string> &ops)
{
    config->state_->record("trt_ops_run_float", ops);
}

void InternalUtils::SyncStream(Predictor *) {}

void InternalUtils::SyncStream(CUstream_st *)
{
    no_stream("SyncStream");
}

void InternalUtils::SyncStream(ihipStream_t *)
{
    no_stream("SyncStream");
}

template <typename T>
void InternalUtils::CopyFromCpuWithIoStream(Tensor *, const T *, CUstream_st *)
{
    no_stream("CopyFromCpuWithIoStream");
}

template <typename T>
void InternalUtils::CopyToCpuWithIoStream(Tensor *, T *, CUstream_st *)
{
    no_stream("CopyToCpuWithIoStream");
}

#define INSTANTIATE(T) \
    template PD_INFER_DECL void InternalUtils::CopyFromCpuWithIoStream<T>(Tensor *, const T *, CUstream_st *); \
    template PD_INFER_DECL void InternalUtils::CopyToCpuWithIoStream<T>(Tensor *, T *, CUstream_st *);
PADDLE_INFER_FOR_EACH_TYPE(INSTANTIATE)

} // namespace experimental

} // namespace paddle_infer

namespace paddle {

std::string get_version()
{
    return paddle_infer::GetVersion();
}

} // namespace paddle
