// Config: its settings as a table, with Paddle's row names first.
#include <algorithm>

#include "config_state.h"

namespace paddle {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

std::string text(bool on)
{
    return on ? "true" : "false";
}

std::string text(AnalysisConfig::Precision precision)
{
    static const char *const NAMES[] = {"fp32", "int8", "fp16", "bf16"};
    return NAMES[static_cast<int>(precision)];
}

std::string text(const std::vector<int> &shape)
{
    std::string joined;
    for (int size : shape)
        joined += (joined.empty() ? "" : "x") + std::to_string(size);
    return joined;
}

Rows model_rows(const AnalysisConfig::State &state)
{
    Rows rows;
    if (!state.model_dir.empty())
        rows.emplace_back("model_dir", state.model_dir);
    if (state.from_memory) {
        rows.emplace_back("model_from_memory", "true");
        rows.emplace_back("model_bytes", std::to_string(state.prog_file.size()));
        rows.emplace_back("params_bytes", std::to_string(state.params_file.size()));
    } else if (!state.prog_file.empty() || !state.params_file.empty()) {
        rows.emplace_back("model_file", state.prog_file);
        rows.emplace_back("params_file", state.params_file);
    }
    return rows;
}

Rows cpu_rows(const AnalysisConfig::State &state)
{
    return {{"cpu_math_thread", std::to_string(state.threads)},
            {"enable_mkldnn", text(state.onednn)},
            {"mkldnn_cache_capacity", std::to_string(state.onednn_cache_capacity)},
            {"use_openvino", text(state.openvino)},
            {"openvino_inference_precision", text(state.openvino_precision)}};
}

Rows gpu_rows(const AnalysisConfig::State &state)
{
    Rows rows = {{"use_gpu", text(state.gpu)}};
    if (state.gpu) {
        rows.emplace_back("gpu_device_id", std::to_string(state.gpu_device_id));
        rows.emplace_back("enable_gpu_mixed", text(state.gpu_precision != AnalysisConfig::Precision::kFloat32));
        rows.emplace_back("memory_pool_init_size", std::to_string(state.gpu_memory_mb) + "MB");
        rows.emplace_back("use_external_stream", text(state.external_stream));
        rows.emplace_back("thread_local_stream", text(state.gpu_multi_stream));
        rows.emplace_back("use_cudnn", text(state.cudnn));
        rows.emplace_back("use_tensorrt", text(state.tensorrt));
    }
    return rows;
}

Rows graph_rows(const AnalysisConfig::State &state)
{
    return {{"use_cinn_compiler", "false"},
            {"save_optimized_model", text(state.save_optimized_model)},
            {"ir_optim", text(state.ir_optim)},
            {"ir_debug", text(state.ir_debug)},
            {"use_optimized_model", text(state.use_optimized_model)},
            {"memory_optim", text(state.memory_optim)},
            {"enable_profile", text(state.profile)},
            {"enable_log", text(state.log)},
            {"collect_shape_range_info", text(state.collects_shapes)}};
}

/// What Paddle's table leaves out.
Rows other_rows(const AnalysisConfig::State &state)
{
    Rows rows = {{"optimization_level", std::to_string(state.optimization_level)},
                 {"optim_cache_dir", state.optim_cache_dir},
                 {"enable_mkldnn_bfloat16", text(state.bfloat16)},
                 {"enable_mkldnn_int8", text(state.onednn_int8)},
                 {"enable_mkldnn_quantizer", text(state.quantizer)},
                 {"disable_mkldnn_fc_passes", text(state.fc_passes_disabled)},
                 {"use_fc_padding", text(state.fc_padding)},
                 {"use_onnxruntime", text(state.onnxruntime)},
                 {"ort_optimization", text(state.ort_optimization)},
                 {"new_executor", text(state.new_executor)},
                 {"new_ir", text(state.new_ir)},
                 {"specify_input_name", text(state.specify_input_name)},
                 {"external_stream", text(state.external_stream)},
                 {"gpu_multi_stream", text(state.gpu_multi_stream)},
                 {"tensorrt_precision", text(state.tensorrt_precision)},
                 {"tensorrt_workspace", std::to_string(state.tensorrt_workspace)},
                 {"tensorrt_max_batch", std::to_string(state.tensorrt_max_batch)},
                 {"tensorrt_min_subgraph", std::to_string(state.tensorrt_min_subgraph)},
                 {"tensorrt_static", text(state.tensorrt_static)},
                 {"tensorrt_calibration", text(state.tensorrt_calibration)},
                 {"tensorrt_cuda_graph", text(state.tensorrt_cuda_graph)},
                 {"tensorrt_optimization_level", std::to_string(state.tensorrt_level)},
                 {"tensorrt_varseqlen", text(state.varseqlen)},
                 {"tensorrt_dla", state.dla ? std::to_string(state.tensorrt_dla_core) : "false"},
                 {"tensorrt_inspector", text(state.inspector)},
                 {"tensorrt_explicit_quantization", text(state.explicit_quantization)},
                 {"tensorrt_memory_sharing", text(state.memory_sharing)},
                 {"tuned_shapes", text(state.tuned_shapes)},
                 {"trt_allow_build_at_runtime", text(state.build_at_runtime)},
                 {"shape_range_info_path", state.shape_range_info_path},
                 {"use_custom_device", text(state.custom_device)}};
    if (state.custom_device) {
        rows.emplace_back("custom_device", state.custom_device_type + ":" + std::to_string(state.custom_device_id));
        rows.emplace_back("custom_device_precision", text(state.custom_device_precision));
    }
    for (const auto &each : state.shapes_min)
        rows.emplace_back("min_shape " + each.first, text(each.second));
    for (const auto &each : state.shapes_max)
        rows.emplace_back("max_shape " + each.first, text(each.second));
    for (const auto &each : state.shapes_optimal)
        rows.emplace_back("opt_shape " + each.first, text(each.second));
    for (const std::string &pass : state.passes.AllPasses())
        rows.emplace_back("pass", pass);
    rows.insert(rows.end(), state.recorded.begin(), state.recorded.end());
    return rows;
}

std::vector<Rows> sections(const AnalysisConfig::State &state)
{
    return {{{"Option", "Value"}}, model_rows(state), cpu_rows(state), gpu_rows(state), {{"use_xpu", "false"}},
            graph_rows(state),     other_rows(state)};
}

std::string padded(const std::string &cell, std::size_t width)
{
    return " " + cell + std::string(width - cell.size() + 1, ' ') + "|";
}

} // namespace

std::string AnalysisConfig::Summary()
{
    const std::vector<Rows> table = sections(*state_);
    std::size_t left = 0, right = 0;
    for (const Rows &rows : table) {
        for (const auto &row : rows) {
            left = std::max(left, row.first.size());
            right = std::max(right, row.second.size());
        }
    }
    const std::string line = "+" + std::string(left + 2, '-') + "+" + std::string(right + 2, '-') + "+\n";
    std::string text = "\n" + line;
    for (const Rows &rows : table) {
        for (const auto &row : rows)
            text += "|" + padded(row.first, left) + padded(row.second, right) + "\n";
        text += line;
    }
    return text;
}

std::string AnalysisConfig::SerializeInfoCache()
{
    std::string text;
    for (const Rows &rows : sections(*state_)) {
        for (const auto &row : rows)
            text += row.first + "=" + row.second + ";";
    }
    return text;
}

} // namespace paddle
