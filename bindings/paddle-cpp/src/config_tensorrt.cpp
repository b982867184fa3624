// Config: TensorRT.
#include "config_state.h"
#include "error.h"
#include "log.h"
#include "providers.h"

namespace paddle {

using paddle_infer::fail;
using paddle_infer::warn;

void AnalysisConfig::EnableTensorRtEngine(int64_t workspace_size, int max_batch_size, int min_subgraph_size,
                                          Precision precision, bool use_static, bool use_calib_mode,
                                          bool use_cuda_graph)
{
    if (!paddle_infer::has_provider("tensorrt"))
        fail("PreconditionNotMet", "EnableTensorRtEngine: expected an ONNX Runtime with tensorrt, got one with " +
                                       paddle_infer::provider_list() + "; leave the call out to compute on the CPU");
    state_->tensorrt = true;
    state_->tensorrt_workspace = workspace_size;
    state_->tensorrt_max_batch = max_batch_size;
    state_->tensorrt_min_subgraph = min_subgraph_size;
    state_->tensorrt_precision = precision;
    state_->tensorrt_static = use_static;
    state_->tensorrt_calibration = use_calib_mode;
    state_->tensorrt_cuda_graph = use_cuda_graph;
}

bool AnalysisConfig::tensorrt_engine_enabled() const
{
    return state_->tensorrt;
}

AnalysisConfig::Precision AnalysisConfig::tensorrt_precision_mode() const
{
    return state_->tensorrt_precision;
}

void AnalysisConfig::SetTRTDynamicShapeInfo(std::map<std::string, std::vector<int>> min_input_shape,
                                            std::map<std::string, std::vector<int>> max_input_shape,
                                            std::map<std::string, std::vector<int>> optim_input_shape,
                                            bool disable_trt_plugin_fp16)
{
    state_->shapes_min = std::move(min_input_shape);
    state_->shapes_max = std::move(max_input_shape);
    state_->shapes_optimal = std::move(optim_input_shape);
    state_->record("disable_trt_plugin_fp16", disable_trt_plugin_fp16);
}

bool AnalysisConfig::tensorrt_dynamic_shape_enabled() const
{
    return !state_->shapes_min.empty();
}

void AnalysisConfig::EnableTunedTensorRtDynamicShape(const std::string &shape_range_info_path,
                                                     bool allow_build_at_runtime)
{
    state_->shape_range_info_path = shape_range_info_path;
    state_->build_at_runtime = allow_build_at_runtime;
    state_->tuned_shapes = true;
}

bool AnalysisConfig::tuned_tensorrt_dynamic_shape() const
{
    return state_->tuned_shapes;
}

bool AnalysisConfig::trt_allow_build_at_runtime() const
{
    return state_->build_at_runtime;
}

void AnalysisConfig::CollectShapeRangeInfo(const std::string &shape_range_info_path)
{
    state_->shape_range_info_path = shape_range_info_path;
    state_->collects_shapes = true;
    warn("CollectShapeRangeInfo: shapes are not collected, as ONNX Runtime finds them by itself; no file is written");
}

const std::string &AnalysisConfig::shape_range_info_path() const
{
    return state_->shape_range_info_path;
}

bool AnalysisConfig::shape_range_info_collected() const
{
    return state_->collects_shapes;
}

void AnalysisConfig::EnableVarseqlen()
{
    state_->varseqlen = true;
}

bool AnalysisConfig::tensorrt_varseqlen_enabled() const
{
    return state_->varseqlen;
}

void AnalysisConfig::EnableTensorRtDLA(int dla_core)
{
    state_->dla = true;
    state_->tensorrt_dla_core = dla_core;
}

bool AnalysisConfig::tensorrt_dla_enabled() const
{
    return state_->dla;
}

void AnalysisConfig::EnableTensorRtInspector(bool inspector_serialize)
{
    state_->inspector = true;
    state_->record("inspector_serialize", inspector_serialize);
}

bool AnalysisConfig::tensorrt_inspector_enabled() const
{
    return state_->inspector;
}

void AnalysisConfig::EnableTensorRtExplicitQuantization()
{
    state_->explicit_quantization = true;
}

bool AnalysisConfig::tensorrt_explicit_quantization_enabled() const
{
    return state_->explicit_quantization;
}

void AnalysisConfig::SetTensorRtOptimizationLevel(int level)
{
    if (level < 0 || level > 5)
        fail("InvalidArgument", "SetTensorRtOptimizationLevel: expected 0 to 5, got " + std::to_string(level));
    state_->tensorrt_level = level;
}

int AnalysisConfig::tensorrt_optimization_level() const
{
    return state_->tensorrt_level;
}

void AnalysisConfig::EnableTensorRTMemoryOptim(bool engine_memory_sharing, int sharing_identifier)
{
    if (!state_->tensorrt)
        fail("InvalidArgument", "EnableTensorRTMemoryOptim: expected EnableTensorRtEngine before it");
    state_->memory_sharing = engine_memory_sharing;
    state_->record("memory_sharing_identifier", std::to_string(sharing_identifier));
}

bool AnalysisConfig::trt_engine_memory_sharing() const
{
    return state_->memory_sharing;
}

void AnalysisConfig::MarkTrtEngineOutputs(const std::vector<std::string> &output_tensor_names)
{
    state_->record("trt_outputs", output_tensor_names);
}

void AnalysisConfig::Exp_DisableTensorRtOPs(const std::vector<std::string> &ops)
{
    state_->record("trt_disabled_ops", ops);
}

void AnalysisConfig::Exp_DisableTensorRtSubgraph(const std::vector<std::string> &var_name_not_trt)
{
    state_->record("trt_excluded", var_name_not_trt);
}

void AnalysisConfig::Exp_SpecifyTensorRTSubgraphPrecision(const std::vector<std::string> &trt_parameters_run_fp16,
                                                          const std::vector<std::string> &trt_parameters_run_int8,
                                                          const std::vector<std::string> &trt_parameters_run_bfp16)
{
    state_->record("trt_fp16", trt_parameters_run_fp16);
    state_->record("trt_int8", trt_parameters_run_int8);
    state_->record("trt_bfp16", trt_parameters_run_bfp16);
}

void AnalysisConfig::Exp_DisableTensorRTDynamicShapeOPs(bool trt_forbid_dynamic_op)
{
    state_->record("trt_forbid_dynamic_op", trt_forbid_dynamic_op);
}

} // namespace paddle
