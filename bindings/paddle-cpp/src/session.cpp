#include "session.h"

#include <sys/stat.h>

#include <algorithm>

#include "log.h"
#include "providers.h"

namespace paddle_infer {

namespace {

using State = paddle::AnalysisConfig::State;

struct ConfigHandle {
    ConfigHandle() { check(c::create_predictor_config(&handle)); }
    ~ConfigHandle() { c::destroy_predictor_config(handle); }
    ConfigHandle(const ConfigHandle &) = delete;
    ConfigHandle &operator=(const ConfigHandle &) = delete;

    void option(const char *key, const std::string &value)
    {
        check(c::predictor_config_set_option(handle, key, value.c_str()));
    }

    void provider(const char *name, const std::map<std::string, std::string> &options)
    {
        std::string json = "{";
        for (const auto &each : options)
            json += (json.size() > 1 ? "," : "") + quoted(each.first) + ":" + quoted(each.second);
        check(c::predictor_config_append_execution_provider(handle, name, (json + "}").c_str()));
    }

    c::PredictorConfig *handle = nullptr;

private:
    static std::string quoted(const std::string &text)
    {
        std::string json = "\"";
        for (char each : text) {
            if (each == '"' || each == '\\')
                json += '\\';
            json += each;
        }
        return json + "\"";
    }
};

bool exists(const std::string &path)
{
    struct stat info;
    return stat(path.c_str(), &info) == 0;
}

/// A model without parameters has no file of them, though programs name one: Paddle warns and goes on.
std::string params_path(const State &state, const std::string &model)
{
    const std::string sibling = model.substr(0, model.rfind('.')) + ".pdiparams";
    if (state.params_file.empty() || exists(state.params_file) || exists(sibling))
        return state.params_file;
    warn("parameters \"" + state.params_file + "\": no such file; the model is loaded without");
    return "";
}

void set_model(ConfigHandle &config, const State &state)
{
    if (state.from_memory) {
        check(c::predictor_config_set_model_buffer(config.handle, state.prog_file.data(), state.prog_file.size(),
                                                   state.params_file.data(), state.params_file.size()));
        return;
    }
    // As in Paddle, a file wins over a folder that was named as well.
    const std::string &model = state.prog_file.empty() ? state.model_dir : state.prog_file;
    if (model.empty())
        fail("InvalidArgument", "config: expected a model, got none; call SetModel or SetModelBuffer");
    check(c::predictor_config_set_model(config.handle, model.c_str(), params_path(state, model).c_str()));
}

/// Paddle's levels begin with what ONNX Runtime calls basic.
int32_t optimization_level(const State &state)
{
    if (!state.ir_optim)
        return 0;
    if (state.ort_optimization)
        return 3;
    return std::min(std::max(state.optimization_level, 0), 2) + 1;
}

std::string optimized_model_path(const State &state)
{
    std::string folder = state.optim_cache_dir.empty() ? state.model_dir : state.optim_cache_dir;
    if (folder.empty() && !state.from_memory)
        folder = state.prog_file.substr(0, state.prog_file.rfind('/') + 1);
    return folder.empty() || folder.back() == '/' ? folder + "_optimized.onnx" : folder + "/_optimized.onnx";
}

const char *flag(bool on)
{
    return on ? "1" : "0";
}

/// "name:1x3,..." as TensorRT's provider takes it; free dimensions cannot be part of a profile.
std::string profile_shapes(const std::map<std::string, std::vector<int>> &shapes)
{
    std::string text;
    for (const auto &each : shapes) {
        if (std::find(each.second.begin(), each.second.end(), -1) != each.second.end())
            continue;
        std::string dims;
        for (int size : each.second)
            dims += (dims.empty() ? "" : "x") + std::to_string(size);
        text += (text.empty() ? "" : ",") + each.first + ":" + dims;
    }
    return text;
}

void add_tensorrt(ConfigHandle &config, const State &state)
{
    using Precision = PrecisionType;
    std::map<std::string, std::string> options = {
        {"device_id", std::to_string(state.gpu_device_id)},
        {"trt_max_workspace_size", std::to_string(state.tensorrt_workspace)},
        {"trt_min_subgraph_size", std::to_string(state.tensorrt_min_subgraph)},
        {"trt_fp16_enable", flag(state.tensorrt_precision == Precision::kHalf)},
        {"trt_int8_enable", flag(state.tensorrt_precision == Precision::kInt8)},
        {"trt_bf16_enable", flag(state.tensorrt_precision == Precision::kBf16)},
        {"trt_engine_cache_enable", flag(state.tensorrt_static)},
        {"trt_cuda_graph_enable", flag(state.tensorrt_cuda_graph)},
        {"trt_builder_optimization_level", std::to_string(state.tensorrt_level)},
        {"trt_context_memory_sharing_enable", flag(state.memory_sharing)},
        {"trt_detailed_build_log", flag(state.inspector)},
    };
    if (state.tensorrt_static && !state.optim_cache_dir.empty())
        options["trt_engine_cache_path"] = state.optim_cache_dir;
    if (state.tensorrt_precision == Precision::kInt8)
        options["trt_int8_use_native_calibration_table"] = flag(state.tensorrt_calibration);
    if (state.dla) {
        options["trt_dla_enable"] = "1";
        options["trt_dla_core"] = std::to_string(state.tensorrt_dla_core);
    }
    if (!profile_shapes(state.shapes_min).empty()) {
        options["trt_profile_min_shapes"] = profile_shapes(state.shapes_min);
        options["trt_profile_max_shapes"] = profile_shapes(state.shapes_max);
        options["trt_profile_opt_shapes"] = profile_shapes(state.shapes_optimal);
    }
    config.provider("tensorrt", options);
}

void add_cuda(ConfigHandle &config, const State &state)
{
    std::map<std::string, std::string> options = {{"device_id", std::to_string(state.gpu_device_id)}};
    if (state.external_stream) {
        options["has_user_compute_stream"] = "1";
        options["user_compute_stream"] = std::to_string(reinterpret_cast<uintptr_t>(state.stream));
    }
    config.provider("cuda", options);
}

void add_openvino(ConfigHandle &config, const State &state)
{
    std::map<std::string, std::string> options = {{"device_type", "CPU"}};
    if (state.threads > 0)
        options["num_of_threads"] = std::to_string(state.threads);
    config.provider("openvino", options);
    if (state.openvino_precision == PrecisionType::kBf16)
        config.option("precision", "bf16");
    if (state.openvino_precision == PrecisionType::kHalf)
        config.option("precision", "fp16");
}

void add_custom_device(ConfigHandle &config, const State &state)
{
    if (state.custom_device_type != "npu" || !has_provider("cann"))
        fail("Unimplemented", "EnableCustomDevice: expected a device that the ONNX Runtime in use drives (" +
                                  provider_list() + "), got \"" + state.custom_device_type +
                                  "\"; leave the call out to compute on the CPU");
    config.provider("cann", {{"device_id", std::to_string(state.custom_device_id)}});
}

void set_providers(ConfigHandle &config, const State &state)
{
    if (state.tensorrt && state.gpu)
        add_tensorrt(config, state);
    if (state.gpu)
        add_cuda(config, state);
    if (state.custom_device)
        add_custom_device(config, state);
    if (state.openvino)
        add_openvino(config, state);
}

c::PredictorStatus create(const State &state, bool bfloat16, c::Predictor **out)
{
    ConfigHandle config;
    set_model(config, state);
    set_providers(config, state);
    check(c::predictor_config_set_intra_op_threads(config.handle, std::max(state.threads, 0)));
    check(c::predictor_config_set_optimization_level(config.handle, optimization_level(state)));
    if (state.memory_optim)
        config.option("enable_memory_pattern", "1");
    if (state.profile)
        config.option("profile_path", "ONNX");
    if (state.save_optimized_model)
        config.option("optimized_model_path", optimized_model_path(state));
    if (!state.optim_cache_dir.empty())
        config.option("optimized_model_cache", state.optim_cache_dir);
    if (bfloat16)
        config.option("precision", "bf16");
    return c::create_predictor(config.handle, out);
}

} // namespace

c::Predictor *create_predictor(const State &state)
{
    if (state.invalid)
        fail("InvalidArgument", "config: expected a valid one, got one that SetInValid was called on");
    c::Predictor *predictor = nullptr;
    c::PredictorStatus status = create(state, state.bfloat16, &predictor);
    if (status == c::PREDICTOR_ERROR_UNSUPPORTED && state.bfloat16) {
        // Paddle, too, goes on in float32 where bfloat16 cannot be had.
        const std::string reason = last_error(status);
        status = create(state, false, &predictor);
        if (status == c::PREDICTOR_OK) {
            state.bfloat16 = false;
            warn("EnableMkldnnBfloat16: float32 is used: " + reason);
        }
    }
    check(status);
    state.used = true;
    return predictor;
}

} // namespace paddle_infer
