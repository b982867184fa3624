// Every switch of a Config on a machine with neither GPU nor TensorRT: what it answers, and what Paddle 3.3.1 answers.
#include <dlfcn.h>

#include <fstream>
#include <sstream>

#include "check.h"
#include "paddle_inference_api.h"

using paddle_infer::Config;
using paddle_infer::PrecisionType;

static std::string heard;

static void hear(void *, int32_t severity, const char *category, const char *message)
{
    if (severity == 2 && std::string(category) == "paddle_inference")
        heard += std::string(message) + "\n";
}

/// Programs for Paddle link nothing else, so the C ABI's function is looked up.
static void listen_to_warnings()
{
    using Callback = void (*)(void *, int32_t, const char *, const char *);
    using SetCallback = int32_t (*)(Callback, void *, int32_t);
    const auto set = reinterpret_cast<SetCallback>(dlsym(RTLD_DEFAULT, "predictor_set_log_callback"));
    CHECK(set && set(hear, nullptr, 2) == 0);
}

/// Whether a warning with this word came since the last question.
static bool warned(const std::string &word)
{
    const bool found = heard.find(word) != std::string::npos;
    heard.clear();
    return found;
}

static void a_fresh_config_has_paddles_defaults()
{
    Config config;
    CHECK(config.model_dir().empty() && config.prog_file().empty() && config.params_file().empty());
    CHECK(config.is_valid() && !config.model_from_memory());
    CHECK(config.cpu_math_library_num_threads() == 1);
    CHECK(config.ir_optim() && !config.enable_memory_optim() && !config.profile_enabled());
    CHECK(config.mkldnn_enabled() && config.onednn_enabled() && !config.mkldnn_bfloat16_enabled());
    CHECK(!config.mkldnn_int8_enabled() && !config.use_onnxruntime() && !config.openvino_engine_enabled());
    CHECK(!config.use_gpu() && config.gpu_device_id() == 0 && config.memory_pool_init_size_mb() == 100);
    CHECK(!config.tensorrt_engine_enabled() && config.tensorrt_optimization_level() == 3);
    CHECK(config.tensorrt_precision_mode() == PrecisionType::kFloat32 && config.trt_engine_memory_sharing());
    CHECK(!config.use_xpu() && config.xpu_device_id() == 0 && !config.use_ipu() && !config.use_npu());
    CHECK(!config.glog_info_disabled() && config.use_fc_padding() && !config.new_ir_enabled());
    CHECK(!config.cinn_enabled() && !config.lite_engine_enabled() && !config.use_feed_fetch_ops_enabled());
    CHECK(config.pass_builder()->AllPasses().empty() || !config.pass_builder()->AllPasses().front().empty());
}

static void the_summary_has_paddles_rows_in_paddles_table()
{
    Config config;
    config.SetModel("/a/b", "/c");
    config.SetCpuMathLibraryNumThreads(6);
    config.EnableMemoryOptim();
    std::istringstream lines(config.Summary());
    std::string line, keys;
    std::getline(lines, line);
    CHECK(line.empty());
    std::getline(lines, line);
    CHECK(line.find("+---") == 0);
    while (std::getline(lines, line)) {
        if (line[0] == '|')
            keys += line.substr(2, line.find(' ', 2) - 2) + " ";
    }
    CHECK(keys.find("Option model_file params_file cpu_math_thread enable_mkldnn mkldnn_cache_capacity use_openvino "
                    "openvino_inference_precision use_gpu use_xpu use_cinn_compiler save_optimized_model ir_optim "
                    "ir_debug use_optimized_model memory_optim enable_profile enable_log collect_shape_range_info ") ==
          0);
    const std::string table = config.Summary();
    CHECK(table.find("| cpu_math_thread ") != std::string::npos && table.find("| /a/b ") != std::string::npos);
    CHECK(table.find("memory_optim                   | true ") != std::string::npos);
}

static void models_are_named_as_in_paddle(char **argv)
{
    Config config;
    config.SetModel("/folder");
    config.SetModel("", "");
    CHECK(config.model_dir() == "/folder" && config.prog_file().empty());
    config.SetProgFile("/p");
    config.SetParamsFile("/q");
    CHECK(config.prog_file() == "/p" && config.params_file() == "/q");

    THROWS("NotFound", "/nope/a.pdmodel", Config("/nope/a.pdmodel", "/nope/a.pdiparams"));
    THROWS("NotFound", "add2", Config(paddle_model(argv, "paddle3"), "add2"));
    Config prefix(paddle_model(argv, "paddle3"), "resnet");
    CHECK(prefix.prog_file() == paddle_model(argv, "paddle3/resnet.json"));
    CHECK(prefix.params_file() == paddle_model(argv, "paddle3/resnet.pdiparams"));
    CHECK(paddle_infer::CreatePredictor(prefix)->GetInputNames().size() == 1);
    Config older(paddle_model(argv, "paddle2"), "resnet");
    CHECK(older.prog_file() == paddle_model(argv, "paddle2/resnet.pdmodel"));

    Config empty;
    THROWS("InvalidArgument", "SetModel", paddle_infer::CreatePredictor(empty));
    THROWS("NotFound", "/nope", paddle_infer::CreatePredictor(Config("/nope")));
    Config other;
    other.SetModel(model(argv, "not_a_model.bin"), "");
    THROWS("InvalidArgument", "not_a_model.bin", paddle_infer::CreatePredictor(other));
}

static void a_model_from_memory_is_copied(char **argv)
{
    std::ifstream file(model(argv, "add.onnx"), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const std::string kept = bytes;
    Config config;
    config.SetModelBuffer(bytes.data(), bytes.size(), nullptr, 0);
    bytes.assign(bytes.size(), 'x');
    CHECK(config.model_from_memory() && config.prog_file() == kept);
    CHECK(config.Summary().find(std::to_string(kept.size())) != std::string::npos);
    CHECK(paddle_infer::CreatePredictor(config)->GetInputNames()[0] == "x");
    THROWS("InvalidArgument", "null", config.SetModelBuffer(nullptr, 3, nullptr, 0));
    config.PartiallyRelease();
    CHECK(config.prog_file().empty());
}

static void a_used_config_is_invalid_and_works_again(char **argv)
{
    Config config;
    config.SetModel(model(argv, "add.onnx"), "");
    auto first = paddle_infer::CreatePredictor(config);
    CHECK(!config.is_valid() && config.prog_file() == model(argv, "add.onnx"));
    auto second = paddle_infer::CreatePredictor(config);
    CHECK(second->GetInputNames() == first->GetInputNames());
    CHECK(Config(config).is_valid());
    config.SetInValid();
    THROWS("InvalidArgument", "SetInValid", paddle_infer::CreatePredictor(config));
}

static void recorded_switches_answer_and_are_listed()
{
    Config config;
    config.SetCpuMathLibraryNumThreads(-1);
    CHECK(config.cpu_math_library_num_threads() == -1);
    config.SwitchIrOptim(false);
    config.DisableMKLDNN();
    config.SetMkldnnCacheCapacity(3);
    config.EnableMkldnnInt8({"conv2d"});
    CHECK(!config.ir_optim() && !config.mkldnn_enabled() && config.mkldnn_int8_enabled() && warned("Int8"));
    config.DisableFCPadding();
    config.EnableNewExecutor();
    config.EnableNewIR();
    config.SwitchSpecifyInputNames();
    config.SwitchUseFeedFetchOps(true);
    CHECK(!config.use_fc_padding() && config.new_executor_enabled() && config.new_ir_enabled());
    CHECK(config.specify_input_name() && !config.use_feed_fetch_ops_enabled());
    config.EnableONNXRuntime();
    config.EnableORTOptimization();
    CHECK(config.use_onnxruntime() && config.ort_optimization_enabled());
    config.DisableONNXRuntime();
    CHECK(!config.use_onnxruntime());
    config.SetTRTDynamicShapeInfo({{"x", {1, 3}}}, {{"x", {4, 3}}}, {{"x", {2, 3}}});
    config.EnableVarseqlen();
    config.EnableTensorRtDLA(1);
    config.EnableTensorRtInspector();
    config.EnableTunedTensorRtDynamicShape("/shapes", false);
    CHECK(config.tensorrt_dynamic_shape_enabled() && config.tensorrt_varseqlen_enabled());
    CHECK(config.tensorrt_dla_enabled() && config.tensorrt_inspector_enabled());
    CHECK(config.tuned_tensorrt_dynamic_shape() && !config.trt_allow_build_at_runtime());
    config.CollectShapeRangeInfo("/collected");
    CHECK(config.shape_range_info_collected() && config.shape_range_info_path() == "/collected");
    CHECK(warned("CollectShapeRangeInfo"));
    int stream = 0;
    config.SetExecStream(&stream);
    CHECK(config.external_stream_enabled() && config.GetExecStream() == &stream);
    config.Exp_DisableTensorRtOPs({"relu", "conv2d"});
    config.EnableCustomPasses({"my_pass"}, true);
    CHECK(warned("custom passes"));
    paddle_infer::experimental::InternalUtils::SetTransformerPosid(&config, "position");
    const std::string table = config.Summary();
    for (const char *word : {"conv2d;relu;", "my_pass;", "position", "4x3", "/collected"})
        CHECK(table.find(word) != std::string::npos);
    CHECK(config.SerializeInfoCache().find("mkldnn_cache_capacity=3;") != std::string::npos);
    CHECK(Config(config).Summary() == table);
}

static void passes_are_a_list_that_is_kept()
{
    Config config;
    paddle::PassStrategy *passes = config.pass_builder();
    passes->AppendPass("b");
    passes->InsertPass(0, "a");
    passes->AppendPass("c");
    config.DeletePass("b");
    config.DeletePass("never there");
    CHECK((passes->AllPasses() == std::vector<std::string>{"a", "c"}) && passes->GetPassIndex("c") == 1);
    THROWS("InvalidArgument", "below 2", passes->DeletePass(2));
    CHECK((Config(config).pass_builder()->AllPasses() == std::vector<std::string>{"a", "c"}));
}

static void a_missing_gpu_leaves_the_cpu_and_warns(char **argv)
{
    Config config;
    config.SetModel(model(argv, "add.onnx"), "");
    config.EnableUseGpu(500, 3, PrecisionType::kHalf);
    CHECK(!config.use_gpu() && config.gpu_device_id() == 0 && config.memory_pool_init_size_mb() == 100);
    CHECK(warned("EnableUseGpu"));
    CHECK(paddle_infer::CreatePredictor(config)->GetOutputNames()[0] == "y");
    THROWS("InvalidArgument", "EnableUseGpu", config.EnableLowPrecisionIO());
    config.EnableLowPrecisionIO(false);
    config.Exp_EnableUseCutlass();
    CHECK(warned("cutlass"));
    config.EnableGpuMultiStream();
    CHECK(config.thread_local_stream_enabled());
    config.EnableCUDNN();
    CHECK(!config.cudnn_enabled());
}

static void what_paddles_cpu_build_refuses_is_refused_and_says_what_to_do(char **argv)
{
    Config config;
    config.SetModel(model(argv, "add.onnx"), "");
    THROWS("PreconditionNotMet", "leave the call out", config.EnableTensorRtEngine(1 << 30, 1, 3, PrecisionType::kFloat32));
    THROWS("PreconditionNotMet", "leave the call out", config.EnableXpu());
    THROWS("PreconditionNotMet", "EnableXpu", config.SetXpuDeviceId(1));
    THROWS("PreconditionNotMet", "EnableXpu", config.SetXpuConfig(paddle::XpuConfig()));
    THROWS("Unavailable", "leave the call out", config.EnableIpu());
    THROWS("Unavailable", "SwitchIrOptim", config.EnableCINN());
    THROWS("Unavailable", "leave the call out", config.EnableNpu());
    THROWS("Unavailable", "leave the call out", config.EnableLiteEngine());
    THROWS("Unavailable", "openvino", config.EnableOpenVINOEngine(PrecisionType::kFloat32));
    THROWS("InvalidArgument", "0 to 5", config.SetTensorRtOptimizationLevel(9));
    THROWS("InvalidArgument", "EnableTensorRtEngine", config.EnableTensorRTMemoryOptim());
    THROWS("Unimplemented", "ConvertToMixedPrecision",
           paddle_infer::ConvertToMixedPrecision("a", "b", "c", "d", PrecisionType::kHalf, paddle_infer::PlaceType::kGPU));
    // None of them stays behind.
    CHECK(!config.tensorrt_engine_enabled() && !config.use_xpu() && !config.use_ipu() && !config.cinn_enabled());
    CHECK(paddle_infer::CreatePredictor(config)->Clone() != nullptr);

    Config custom;
    custom.SetModel(model(argv, "add.onnx"), "");
    custom.EnableCustomDevice("npu", 2, PrecisionType::kHalf);
    CHECK(custom.use_custom_device() && custom.custom_device_id() == 2 && custom.custom_device_type() == "npu");
    CHECK(custom.enable_custom_device_mixed());
    THROWS("Unimplemented", "npu", paddle_infer::CreatePredictor(custom));
}

static void bfloat16_is_on_or_has_said_why_not(char **argv)
{
    Config config;
    config.SetModel(model(argv, "add.onnx"), "");
    config.EnableMkldnnBfloat16();
    auto predictor = paddle_infer::CreatePredictor(config);
    CHECK(config.mkldnn_bfloat16_enabled() != warned("float32 is used"));
    CHECK(predictor->GetInputNames().size() == 1);
}

static void runs_mlp(const Config &config)
{
    auto predictor = paddle_infer::CreatePredictor(config);
    auto input = predictor->GetInputHandle(predictor->GetInputNames()[0]);
    const std::vector<float> data(64, 0.5F);
    input->Reshape({1, 64});
    input->CopyFromCpu(data.data());
    CHECK(predictor->Run());
}

static void the_cache_the_profile_and_the_optimised_graph_are_files(char **argv)
{
    CHECK(std::system("rm -rf cache saved ONNX_* && mkdir saved") == 0);
    Config config;
    config.SetModel(model(argv, "mlp.onnx"), "");
    Config cached(config);
    cached.SetOptimCacheDir("cache");
    runs_mlp(cached);
    CHECK(std::system("test -n \"$(ls cache)\" && ! ls ONNX_* 2>listed") == 0);

    config.SetOptimCacheDir("saved");
    config.EnableSaveOptimModel(true);
    config.EnableProfile();
    config.EnableMemoryOptim();
    CHECK(config.profile_enabled() && config.enable_memory_optim());
    runs_mlp(config);
    CHECK(std::ifstream("saved/_optimized.onnx").good());
    CHECK(std::system("ls ONNX_*.json >listed") == 0);
}

static void switching_off_the_log_silences_warnings()
{
    Config config;
    config.DisableGlogInfo();
    CHECK(config.glog_info_disabled());
    config.EnableUseGpu(100);
    CHECK(!warned("EnableUseGpu"));
}

static void the_version_is_three_lines_that_others_can_parse()
{
    const std::string version = paddle_infer::GetVersion();
    int major = 0, minor = 0, patch = 0, end = 0;
    CHECK(std::sscanf(version.c_str(), "version: %d.%d.%d\n%n", &major, &minor, &patch, &end) == 3 && end > 0);
    CHECK(major >= 3);
    std::istringstream lines(version);
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);)
        names.push_back(line.substr(0, line.find(": ")));
    CHECK((names == std::vector<std::string>{"version", "commit", "branch"}) && version.back() == '\n');
    CHECK(paddle::get_version() == version);
    CHECK(paddle_infer::GetTrtCompileVersion() == std::make_tuple(0, 0, 0));
    CHECK(paddle_infer::GetTrtRuntimeVersion() == std::make_tuple(0, 0, 0));
    paddle_infer::UpdateDllFlag("name", "value");
}

int main(int, char **argv)
{
    listen_to_warnings();
    a_fresh_config_has_paddles_defaults();
    the_summary_has_paddles_rows_in_paddles_table();
    models_are_named_as_in_paddle(argv);
    a_model_from_memory_is_copied(argv);
    a_used_config_is_invalid_and_works_again(argv);
    recorded_switches_answer_and_are_listed();
    passes_are_a_list_that_is_kept();
    a_missing_gpu_leaves_the_cpu_and_warns(argv);
    what_paddles_cpu_build_refuses_is_refused_and_says_what_to_do(argv);
    bfloat16_is_on_or_has_said_why_not(argv);
    the_cache_the_profile_and_the_optimised_graph_are_files(argv);
    the_version_is_three_lines_that_others_can_parse();
    switching_off_the_log_silences_warnings();
    return 0;
}
