// What a Config remembers.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "../include/paddle_inference_api.h"

namespace paddle_infer {

/// A bool that several threads may set through a const Config.
class Flag {
public:
    Flag() = default;
    Flag(const Flag &other) : on_(other.on_.load()) {}
    Flag &operator=(const Flag &) = delete;
    Flag &operator=(bool on)
    {
        on_ = on;
        return *this;
    }
    operator bool() const { return on_; }

private:
    std::atomic<bool> on_{false};
};

} // namespace paddle_infer

struct paddle::AnalysisConfig::State {
    std::string model_dir, prog_file, params_file;
    bool from_memory = false;
    std::string optim_cache_dir;
    bool save_optimized_model = false, use_optimized_model = false;

    int threads = 1;
    bool ir_optim = true, ir_debug = false;
    int optimization_level = 2;
    bool memory_optim = false, profile = false, fc_padding = true;
    bool log = true, onnxruntime = false, ort_optimization = false;
    bool specify_input_name = false, new_executor = false, new_ir = false;

    bool onednn = true, onednn_int8 = false, quantizer = false, fc_passes_disabled = false;
    int onednn_cache_capacity = 10;
    bool openvino = false;
    Precision openvino_precision = Precision::kFloat32;

    bool gpu = false, cudnn = false, gpu_multi_stream = false, external_stream = false;
    int gpu_device_id = 0;
    uint64_t gpu_memory_mb = 100;
    Precision gpu_precision = Precision::kFloat32;
    void *stream = nullptr;

    bool tensorrt = false, tensorrt_static = false, tensorrt_calibration = true, tensorrt_cuda_graph = false;
    int64_t tensorrt_workspace = 1 << 30;
    int tensorrt_max_batch = 1, tensorrt_min_subgraph = 3, tensorrt_level = 3, tensorrt_dla_core = 0;
    Precision tensorrt_precision = Precision::kFloat32;
    std::map<std::string, std::vector<int>> shapes_min, shapes_max, shapes_optimal;
    std::string shape_range_info_path;
    bool tuned_shapes = false, build_at_runtime = true, collects_shapes = false;
    bool varseqlen = false, dla = false, inspector = false, explicit_quantization = false, memory_sharing = true;

    bool custom_device = false;
    std::string custom_device_type;
    int custom_device_id = 0;
    Precision custom_device_precision = Precision::kFloat32;

    PassStrategy passes{std::vector<std::string>()};
    /// Switches without a getter, for SerializeInfoCache.
    std::map<std::string, std::string> recorded;

    void record(const std::string &name, const std::string &value) { recorded[name] = value; }
    void record(const std::string &name, bool value) { recorded[name] = value ? "true" : "false"; }
    template <typename Names>
    void record(const std::string &name, const Names &names)
    {
        const std::set<std::string> sorted(names.begin(), names.end());
        std::string &text = recorded[name];
        text.clear();
        for (const std::string &each : sorted)
            text += each + ";";
    }

    // Written through a const Config, by threads that create predictors from it at the same time.

    /// Paddle calls a config invalid once it was used; here it may be used again.
    mutable paddle_infer::Flag used;
    mutable paddle_infer::Flag invalid;
    /// Goes off when it turns out that the ONNX Runtime in use cannot.
    mutable paddle_infer::Flag bfloat16;
};
