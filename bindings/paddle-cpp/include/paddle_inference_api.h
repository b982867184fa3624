// Paddle Inference's C++ API over predictor_pool. Link with -lpaddle_inference; C++11 or later.
//
// Errors. What Paddle reports by an exception is an exception here: a std::runtime_error whose text starts with Paddle's
// name of the error in brackets. An input whose shape or element type is not the model's makes the next Run throw, and so
// does every failed setter that a program went on after, until the input is set well.
//
// Threads. A Config belongs to one thread. Different predictors, clones included, run at the same time. One predictor and
// its tensors belong to one thread at a time; a call that overlaps another thread's throws and changes nothing. Clone may
// be called at any time. Everything may be created, used and destroyed on any thread.
//
// Ownership. Clones, pools and tensors live on their own: a clone outlives its source, a tensor keeps what it needs of its
// predictor. Data is copied, except by ShareExternalData.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "paddle/phi/api/include/tensor.h"
#include "paddle_analysis_config.h"
#include "paddle_api.h"
#include "paddle_infer_contrib.h"
#include "paddle_infer_declare.h"

// CUDA's and ROCm's stream types, which only their users include.
struct CUstream_st;
struct ihipStream_t;

namespace paddle_infer {

using PrecisionType = paddle::AnalysisConfig::Precision;
using Config = paddle::AnalysisConfig;

namespace experimental {
class InternalUtils;
}

/// One caller's inputs and outputs over a loaded model.
class PD_INFER_DECL Predictor {
public:
    Predictor() = delete;
    /// Loads the config's model, or finds it loaded by an equal config. Throws what CreatePredictor throws.
    explicit Predictor(const Config &config);
    Predictor(const Predictor &) = delete;
    Predictor &operator=(const Predictor &) = delete;
    ~Predictor();

    /// The inputs that every run needs, in the model's order.
    std::vector<std::string> GetInputNames();
    /// The declared shape of each input; -1 is a free dimension, an empty vector an undeclared rank.
    std::map<std::string, std::vector<int64_t>> GetInputTensorShape();
    std::map<std::string, DataType> GetInputTypes();
    std::vector<std::string> GetOutputNames();
    std::map<std::string, std::vector<int64_t>> GetOutputTensorShape();
    std::map<std::string, DataType> GetOutputTypes();

    /// A new handle of the input (or, failing that, the output) called `name`; all handles of one name share shape and
    /// data, and may be taken once and used over many runs. Throws PreconditionNotMet for an unknown name.
    std::unique_ptr<Tensor> GetInputHandle(const std::string &name);
    /// As GetInputHandle, outputs first; it may be taken before the first run.
    std::unique_ptr<Tensor> GetOutputHandle(const std::string &name);

    /// Computes the outputs. Returns true, or throws: an input was never set or was set wrongly, a kernel failed.
    bool Run();
    /// Runs on `inputs` and replaces `*outputs`. Tensors that carry the inputs' names go by name, others by order.
    /// Throws InvalidArgument for another number of tensors than GetInputNames has.
    bool Run(const std::vector<paddle::Tensor> &inputs, std::vector<paddle::Tensor> *outputs);

    /// Another predictor over the same loaded model; its tensors start empty. `stream` is not used: runs are synchronous.
    std::unique_ptr<Predictor> Clone(void *stream = nullptr);

    /// Does nothing: nothing is kept between runs that the next one would not reuse.
    void ClearIntermediateTensor();
    /// Gives memory that runs left behind back to the system; the bytes that the process got smaller by.
    uint64_t TryShrinkMemory();

    /// Throws Unimplemented: ONNX Runtime has no callbacks between operators.
    void RegisterOutputHook(
        const std::function<void(const std::string &, const std::string &, const paddle::Tensor &)> &hook);
    void RegisterInputHook(
        const std::function<void(const std::string &, const std::string &, const paddle::Tensor &)> &hook);

    /// The stream that the config was given; null without one.
    void *GetExecStream() const;

private:
    explicit Predictor(std::shared_ptr<Core> core);

    std::shared_ptr<Core> core_;
};

/// Loads the config's model, or finds it loaded by an equal config, and makes a predictor. Afterwards the config is no
/// longer valid, as in Paddle; unlike there it may be used again. Throws NotFound for a missing file, InvalidArgument for
/// one that is no model or for a config without a model, Unimplemented for what this build cannot run.
PD_INFER_DECL std::shared_ptr<Predictor> CreatePredictor(const Config &config);

/// Bytes of one element.
PD_INFER_DECL int GetNumBytesOfDataType(DataType type);

/// Three lines as Paddle's: the version of its API that this one follows, then this library's own.
PD_INFER_DECL std::string GetVersion();
/// (0, 0, 0): there is no TensorRT in this library.
PD_INFER_DECL std::tuple<int, int, int> GetTrtCompileVersion();
PD_INFER_DECL std::tuple<int, int, int> GetTrtRuntimeVersion();
/// Does nothing: there are no such flags here.
PD_INFER_DECL void UpdateDllFlag(const char *name, const char *value);
/// Throws Unimplemented; convert models where they are trained.
PD_INFER_DECL void ConvertToMixedPrecision(const std::string &model_file, const std::string &params_file,
                                           const std::string &mixed_model_file, const std::string &mixed_params_file,
                                           PrecisionType mixed_precision, PlaceType backend, bool keep_io_types = true,
                                           std::unordered_set<std::string> black_list = {},
                                           std::unordered_set<std::string> white_list = {});

namespace services {

/// A fixed number of predictors over one loaded model, for threads that each keep to one index.
class PD_INFER_DECL PredictorPool {
public:
    PredictorPool() = delete;
    PredictorPool(const PredictorPool &) = delete;
    PredictorPool &operator=(const PredictorPool &) = delete;
    /// Throws InvalidArgument for size 0, else what CreatePredictor throws.
    explicit PredictorPool(const Config &config, size_t size = 1);

    /// Predictor number `index`, the same each time, borrowed from the pool; nothing is checked out. Any thread at any
    /// time. Throws InvalidArgument for an index that the pool does not have.
    Predictor *Retrieve(size_t index);
    /// Retrieve, as Paddle 2 spells it.
    Predictor *Retrive(size_t index);

private:
    std::vector<std::unique_ptr<Predictor>> predictors_;
};

} // namespace services

using services::PredictorPool;

namespace experimental {

/// Paddle's internal entry points. Settings are recorded; what needs a GPU's stream throws Unavailable.
class PD_INFER_DECL InternalUtils {
public:
    static bool RunWithExternalStream(Predictor *predictor, CUstream_st *stream);
    static bool RunWithExternalStream(Predictor *predictor, ihipStream_t *stream);
    static bool RunWithRuntimeConfig(Predictor *predictor, void *config);
    static void UpdateConfigInterleaved(Config *config, bool with_interleaved);
    static void SetTransformerPosid(Config *config, const std::string &tensor_name);
    static void SetTransformerMaskid(Config *config, const std::string &tensor_name);
    static void DisableTensorRtHalfOps(Config *config, const std::unordered_set<std::string> &ops);
    static void SyncStream(Predictor *predictor);
    static void SyncStream(CUstream_st *stream);
    static void SyncStream(ihipStream_t *stream);
    template <typename T>
    static void CopyFromCpuWithIoStream(Tensor *tensor, const T *data, CUstream_st *stream);
    template <typename T>
    static void CopyToCpuWithIoStream(Tensor *tensor, T *data, CUstream_st *stream);
};

} // namespace experimental

} // namespace paddle_infer
