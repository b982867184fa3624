// Declares what the programs here use of Paddle's own library, as the symbols that its Python wheel exports demand; the
// wheel has no headers. Objects are byte buffers larger than Paddle's, whose destructors are left out: destroying a
// clone would break the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace paddle {

class AnalysisConfig {
public:
    enum class Precision { kFloat32 = 0, kInt8, kHalf, kBf16 };

    AnalysisConfig();
    void SetModel(const std::string &model, const std::string &params);
    void EnableNewExecutor(bool x);
    void EnableNewIR(bool x);
    void EnableMemoryOptim(bool x = true);
    void EnableONEDNN();
    void EnableMKLDNN() { EnableONEDNN(); }
    void DisableONEDNN();
    void DisableMKLDNN() { DisableONEDNN(); }
    void SetCpuMathLibraryNumThreads(int count);
    void SwitchIrOptim(int x);
    void DisableGlogInfo();

private:
    alignas(16) char bytes_[16384];
};

} // namespace paddle

namespace paddle_infer {

using Config = paddle::AnalysisConfig;

enum DataType { FLOAT32 = 0, INT64 = 1, INT32 = 2 };
enum class PlaceType { kUNK = -1, kCPU = 0 };
enum class DataLayout { kUNK = -1, kAny = 0, kNHWC = 1, kNCHW = 2 };

class Tensor {
public:
    void Reshape(const std::vector<int> &shape);
    template <typename T>
    void CopyFromCpu(const T *data);
    template <typename T>
    void CopyToCpu(T *data) const;
    template <typename T>
    void ShareExternalData(const T *data, const std::vector<int> &shape, PlaceType place,
                           DataLayout layout = DataLayout::kNCHW);
    std::vector<int> shape() const;
    DataType type() const;
    void SetLoD(const std::vector<std::vector<size_t>> &offsets);
    std::vector<std::vector<size_t>> lod() const;

private:
    alignas(16) char bytes_[1024];
};

class Predictor {
public:
    std::vector<std::string> GetInputNames();
    std::vector<std::string> GetOutputNames();
    std::unique_ptr<Tensor> GetInputHandle(const std::string &name);
    std::unique_ptr<Tensor> GetOutputHandle(const std::string &name);
    bool Run();
    std::unique_ptr<Predictor> Clone(void *stream = nullptr);

private:
    alignas(16) char bytes_[1024];
};

std::shared_ptr<Predictor> CreatePredictor(const Config &config);

namespace services {

class PredictorPool {
public:
    PredictorPool(const Config &config, size_t size);
    Predictor *Retrieve(size_t index);
    Predictor *Retrive(size_t index) { return Retrieve(index); }

private:
    alignas(16) char bytes_[1024];
};

} // namespace services

} // namespace paddle_infer
