/*
 * The part of Paddle Inference's C++ API that the peers' comparison calls. Paddle's Python package exports these classes
 * but brings no header for them; names and signatures are those of Paddle 3.3.
 */
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace paddle {

/* Only its functions are known here: the bytes are more than any release's members take, and are never copied. */
class AnalysisConfig {
public:
    AnalysisConfig();
    AnalysisConfig(const AnalysisConfig &) = delete;
    void SetModel(const std::string &model, const std::string &params);
    void SetCpuMathLibraryNumThreads(int threads);
    void EnableONEDNN();
    void EnableOnednnBfloat16();
    void EnableMemoryOptim(bool on);
    void EnableNewIR(bool on);
    void EnableNewExecutor(bool on);
    void DisableGlogInfo();

private:
    alignas(std::max_align_t) char members_[16384];
};

} // namespace paddle

namespace paddle_infer {

using Config = paddle::AnalysisConfig;

class Tensor {
public:
    void Reshape(const std::vector<int> &shape);
    std::vector<int> shape() const;
    template <typename T> void CopyFromCpu(const T *data);
    template <typename T> void CopyToCpu(T *data) const;
};

/* Its destructor is part of Paddle's header and not known here: predictors and tensors are never destroyed. */
class Predictor {
public:
    std::vector<std::string> GetInputNames();
    std::vector<std::string> GetOutputNames();
    std::unique_ptr<Tensor> GetInputHandle(const std::string &name);
    std::unique_ptr<Tensor> GetOutputHandle(const std::string &name);
    bool Run();
};

namespace services {

class PredictorPool {
public:
    PredictorPool(const Config &config, std::size_t size);
    Predictor *Retrieve(std::size_t index);

private:
    alignas(std::max_align_t) char members_[256];
};

} // namespace services

std::string GetVersion();

} // namespace paddle_infer
