// paddle_infer::Config: the recipe for predictors.
//
// A switch either does what it says (threads, optimisation, cache, profile, bfloat16, execution providers), or is
// recorded: its getter and Summary() tell, runs do not change. A switch for a device or an engine that the ONNX Runtime in
// use lacks does what Paddle's CPU build does: where that one only logs, the switch stays off and the log callback gets a
// warning; where it throws, it throws here. README.md beside these files lists each one.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "paddle_api.h"
#include "paddle_infer_declare.h"
#include "paddle_pass_builder.h"

namespace paddle_infer {
class Predictor;
namespace experimental {
class InternalUtils;
}
} // namespace paddle_infer

namespace paddle {

/// Settings of Kunlun XPUs, which this library does not drive.
struct PD_INFER_DECL XpuConfig {
    int device_id = 0;
    std::size_t l3_size = 0;
    void *l3_ptr = nullptr;
    std::size_t l3_autotune_size = 0;
    void *context = nullptr;
    int context_gm_size = -1;
    void *stream = nullptr;
    int conv_autotune_level = 0;
    std::string conv_autotune_file;
    bool conv_autotune_file_writeback = false;
    int fc_autotune_level = 0;
    std::string fc_autotune_file;
    bool fc_autotune_file_writeback = false;
    int gemm_compute_precision = 1;
    int transformer_softmax_optimize_level = 0;
    bool transformer_encoder_adaptive_seqlen = true;
    float quant_post_static_gelu_out_threshold = 10.F;
    int quant_post_dynamic_activation_method = 0;
    int quant_post_dynamic_weight_precision = 1;
    std::map<std::string, int> quant_post_dynamic_weight_methods;
    std::vector<std::string> quant_post_dynamic_op_types;
};

/// A model, threads, devices and options. Owned by the caller, used by one thread at a time, and not needed any more once
/// something was created from it.
class PD_INFER_DECL AnalysisConfig {
public:
    enum class Precision { kFloat32 = 0, kInt8 = 1, kHalf = 2, kBf16 = 3 };

    AnalysisConfig();
    /// The copy of a used config is valid.
    AnalysisConfig(const AnalysisConfig &other);
    AnalysisConfig &operator=(const AnalysisConfig &other);
    ~AnalysisConfig();
    explicit AnalysisConfig(const std::string &model_dir);
    /// A file and its parameters, or a folder and the name without extension of a model in it. Throws NotFound if there
    /// is no such model.
    explicit AnalysisConfig(const std::string &prog_file_or_model_dir, const std::string &params_file_or_model_prefix);

    // The model. Files are opened when a predictor is created.

    /// A folder, or a file.
    void SetModel(const std::string &model_dir);
    void SetModel(const std::string &prog_file_or_model_dir, const std::string &params_file_or_model_prefix);
    void SetProgFile(const std::string &path);
    void SetParamsFile(const std::string &path);
    /// Copies both buffers.
    void SetModelBuffer(const char *prog_buffer, std::size_t prog_buffer_size, const char *params_buffer,
                        std::size_t params_buffer_size);
    bool model_from_memory() const;
    const std::string &model_dir() const;
    /// The file; for a model from memory its bytes, as in Paddle.
    const std::string &prog_file() const;
    const std::string &params_file() const;
    /// Where optimised models are kept between processes: they load faster and share their weights.
    void SetOptimCacheDir(const std::string &folder);
    /// Writes the optimised graph to _optimized.onnx, in the cache's folder or else the model's.
    void EnableSaveOptimModel(bool save_optimized_model);
    void UseOptimizedModel(bool x = true);
    /// Forgets the buffers of a model from memory.
    void PartiallyRelease();

    /// A config that was used is no longer valid, though it may be used again; after SetInValid it may not.
    void SetInValid() const;
    bool is_valid() const;
    /// Two columns, Option and Value.
    std::string Summary();
    /// One line with every setting.
    std::string SerializeInfoCache();

    // The CPU and the graph.

    /// Threads that compute one operator together, the caller included; 1 at first. 0 and below ask for an automatic number.
    void SetCpuMathLibraryNumThreads(int cpu_math_library_num_threads);
    int cpu_math_library_num_threads() const;
    void SwitchIrOptim(int x = true);
    bool ir_optim() const;
    /// 0 basic, 1 extended, 2 and above everything; 2 at first.
    void SetOptimizationLevel(int opt_level);
    void SwitchIrDebug(int x = true, const std::vector<std::string> &passes = {});
    void EnableMemoryOptim(bool x = true);
    bool enable_memory_optim() const;
    /// ONNX Runtime writes a profile, ONNX_<time>.json in the working directory, when the model is unloaded.
    void EnableProfile();
    bool profile_enabled() const;
    /// Drops this library's warnings, in the whole process.
    void DisableGlogInfo();
    bool glog_info_disabled() const;
    void DisableFCPadding();
    bool use_fc_padding() const;
    void SwitchUseFeedFetchOps(int x = true);
    bool use_feed_fetch_ops_enabled() const;
    void SwitchSpecifyInputNames(bool x = true);
    bool specify_input_name() const;
    void SetApplyOptim(bool value);
    void SetSkipLoadParams(bool value);
    void EnableNewExecutor(bool x = true);
    bool new_executor_enabled() const;
    void EnableNewIR(bool x = true);
    bool new_ir_enabled() const;

    void EnableMKLDNN();
    void EnableONEDNN();
    void DisableMKLDNN();
    void DisableONEDNN();
    bool mkldnn_enabled() const;
    bool onednn_enabled() const;
    void SetMkldnnCacheCapacity(int capacity);
    void SetOnednnCacheCapacity(int capacity);
    void SetMKLDNNOp(std::unordered_set<std::string> op_list);
    void SetONEDNNOp(std::unordered_set<std::string> op_list);
    /// Computes in bfloat16. Stays off, with a warning, on a CPU without AVX-512; goes off, with a warning, when a
    /// predictor is created and the ONNX Runtime in use cannot.
    void EnableMkldnnBfloat16();
    void EnableOnednnBfloat16();
    bool mkldnn_bfloat16_enabled() const;
    void SetBfloat16Op(std::unordered_set<std::string> op_list);
    void EnableMkldnnInt8(const std::unordered_set<std::string> &op_list = {});
    void EnableOnednnInt8(const std::unordered_set<std::string> &op_list = {});
    bool mkldnn_int8_enabled() const;
    bool onednn_int8_enabled() const;
    void EnableMkldnnQuantizer();
    bool mkldnn_quantizer_enabled() const;
    void DisableMkldnnFcPasses();
    void DisableOnednnFcPasses();
    bool mkldnn_fc_passes_disabled() const;

    void EnableONNXRuntime();
    void DisableONNXRuntime();
    bool use_onnxruntime() const;
    void EnableORTOptimization();
    bool ort_optimization_enabled() const;
    /// Throws Unavailable if the ONNX Runtime in use lacks OpenVINO.
    void EnableOpenVINOEngine(Precision inference_precision);
    bool openvino_engine_enabled() const;
    /// Throws Unavailable.
    void EnableCINN();
    bool cinn_enabled() const;
    /// Throws Unavailable.
    void EnableLiteEngine(Precision precision = Precision::kFloat32, bool zero_copy = false,
                          const std::vector<std::string> &passes_filter = {},
                          const std::vector<std::string> &ops_filter = {});
    bool lite_engine_enabled() const;

    // GPUs. Without CUDA in the ONNX Runtime in use, EnableUseGpu leaves the GPU off and warns, as Paddle's CPU build does.

    void EnableUseGpu(uint64_t memory_pool_init_size_mb, int device_id = 0, Precision precision_mode = Precision::kFloat32);
    void DisableGpu();
    bool use_gpu() const;
    int gpu_device_id() const;
    int memory_pool_init_size_mb() const;
    float fraction_of_gpu_memory_for_pool() const;
    void EnableCUDNN();
    bool cudnn_enabled() const;
    void EnableGpuMultiStream();
    bool thread_local_stream_enabled() const;
    void SetExecStream(void *stream);
    void *GetExecStream() const;
    bool external_stream_enabled() const;
    /// Throws InvalidArgument unless the GPU is on with a precision below float32.
    void EnableLowPrecisionIO(bool x = true);

    // TensorRT.

    /// Throws PreconditionNotMet if the ONNX Runtime in use lacks TensorRT.
    void EnableTensorRtEngine(int64_t workspace_size = 1 << 30, int max_batch_size = 1, int min_subgraph_size = 3,
                              Precision precision = Precision::kFloat32, bool use_static = false,
                              bool use_calib_mode = true, bool use_cuda_graph = false);
    bool tensorrt_engine_enabled() const;
    Precision tensorrt_precision_mode() const;
    void SetTRTDynamicShapeInfo(std::map<std::string, std::vector<int>> min_input_shape,
                                std::map<std::string, std::vector<int>> max_input_shape,
                                std::map<std::string, std::vector<int>> optim_input_shape,
                                bool disable_trt_plugin_fp16 = false);
    bool tensorrt_dynamic_shape_enabled() const;
    void EnableTunedTensorRtDynamicShape(const std::string &shape_range_info_path = "", bool allow_build_at_runtime = true);
    bool tuned_tensorrt_dynamic_shape() const;
    bool trt_allow_build_at_runtime() const;
    void CollectShapeRangeInfo(const std::string &shape_range_info_path);
    const std::string &shape_range_info_path() const;
    bool shape_range_info_collected() const;
    void EnableVarseqlen();
    bool tensorrt_varseqlen_enabled() const;
    void EnableTensorRtDLA(int dla_core = 0);
    bool tensorrt_dla_enabled() const;
    void EnableTensorRtInspector(bool inspector_serialize = false);
    bool tensorrt_inspector_enabled() const;
    void EnableTensorRtExplicitQuantization();
    bool tensorrt_explicit_quantization_enabled() const;
    /// Throws InvalidArgument outside 0 to 5.
    void SetTensorRtOptimizationLevel(int level);
    int tensorrt_optimization_level() const;
    /// Throws InvalidArgument without TensorRT.
    void EnableTensorRTMemoryOptim(bool engine_memory_sharing = true, int sharing_identifier = 0);
    bool trt_engine_memory_sharing() const;
    void MarkTrtEngineOutputs(const std::vector<std::string> &output_tensor_names = {});
    void Exp_DisableTensorRtOPs(const std::vector<std::string> &ops);
    void Exp_DisableTensorRtSubgraph(const std::vector<std::string> &var_name_not_trt);
    void Exp_SpecifyTensorRTSubgraphPrecision(const std::vector<std::string> &trt_parameters_run_fp16,
                                              const std::vector<std::string> &trt_parameters_run_int8,
                                              const std::vector<std::string> &trt_parameters_run_bfp16);
    void Exp_DisableTensorRTDynamicShapeOPs(bool trt_forbid_dynamic_op);
    void Exp_DisableMixedPrecisionOps(const std::unordered_set<std::string> &black_list);
    void Exp_EnableMixedPrecisionOps(const std::unordered_set<std::string> &white_list);
    void Exp_EnableUseCutlass();
    void Exp_SparseConvUsingBuffer(const std::vector<std::vector<int>> &kernels,
                                   const std::vector<std::vector<int>> &attributes);

    // Other devices.

    /// Throws PreconditionNotMet.
    void EnableXpu(int l3_size = 0xfffc00, bool l3_locked = false, bool conv_autotune = false,
                   const std::string &conv_autotune_file = "", const std::string &transformer_encoder_precision = "int16",
                   bool transformer_encoder_adaptive_seqlen = false, bool enable_multi_stream = false);
    bool use_xpu() const;
    int xpu_device_id() const;
    /// Throws PreconditionNotMet, as in Paddle without EnableXpu.
    void SetXpuDeviceId(int device_id = 0);
    void SetXpuConfig(const XpuConfig &xpu_config);
    XpuConfig xpu_config() const;
    /// Recorded; creating a predictor then throws Unimplemented.
    void EnableCustomDevice(const std::string &device_type, int device_id = 0,
                            Precision precision_mode = Precision::kFloat32);
    bool use_custom_device() const;
    int custom_device_id() const;
    std::string custom_device_type() const;
    bool enable_custom_device_mixed() const;
    /// Throws Unavailable.
    void EnableNpu(int device_id = 0);
    bool use_npu() const;
    int npu_device_id() const;
    /// Throws Unavailable.
    void EnableIpu(int ipu_device_num = 1, int ipu_micro_batch_size = 1, bool ipu_enable_pipelining = false,
                   int ipu_batches_per_step = 1);
    bool use_ipu() const;
    int ipu_device_num() const;
    void SetIpuConfig(bool ipu_enable_fp16 = false, int ipu_replica_num = 1, float ipu_available_memory_proportion = 1.0,
                      bool ipu_enable_half_partial = false, bool ipu_enable_model_runtime_executor = false);
    void SetIpuCustomInfo(const std::vector<std::vector<std::string>> &ipu_custom_ops_info = {},
                          const std::map<std::string, bool> &ipu_custom_patterns = {});
    /// Throws Unavailable.
    void LoadIpuConfig(const std::string &config_path);

    // Passes.

    /// The list of passes, which lives in the config.
    PassStrategy *pass_builder() const;
    void DeletePass(const std::string &pass_name);
    void EnableCustomPasses(const std::vector<std::string> &passes, bool custom_pass_only = false);

    struct State;

private:
    friend class ::paddle_infer::Predictor;
    friend class ::paddle_infer::experimental::InternalUtils;

    std::unique_ptr<State> state_;
};

} // namespace paddle
