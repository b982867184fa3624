// paddle_infer::Tensor: one named input or output of a predictor.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "paddle/phi/common/bfloat16.h"
#include "paddle/phi/common/float16.h"
#include "paddle_infer_declare.h"

namespace paddle_infer {

/// Called with the pointer that was given beside it.
typedef void (*CallbackFunc)(void *);

using Strings = std::vector<std::string>;

/// Element types. The numbers of INT64 and INT32 are the other way round in Paddle's C API.
enum DataType {
    FLOAT32 = 0,
    INT64 = 1,
    INT32 = 2,
    UINT8 = 3,
    INT8 = 4,
    FLOAT16 = 5,
    BOOL = 6,
    FLOAT64 = 7,
    BFLOAT16 = 8,
};

/// Where data is; everything is on the CPU here.
enum class PlaceType { kUNK = -1, kCPU = 0, kGPU = 1, kXPU = 2, kIPU = 3, kCUSTOM = 4 };

enum class DataLayout { kUNK = -1, kAny = 0, kNHWC = 1, kNCHW = 2 };

class Core;
struct TensorState;
class Predictor;

namespace contrib {
class TensorUtils;
}

/// A handle of one input or output. T is one of float, double, int64_t, int32_t, uint8_t, int8_t, bool,
/// phi::dtype::float16 and phi::dtype::bfloat16. An input of bool takes uint8_t and int8_t too.
class PD_INFER_DECL Tensor {
public:
    /// Sets the shape of an input. A shape that the model does not take makes the next Run throw. Throws
    /// PermissionDenied for an output.
    void Reshape(const std::vector<int> &shape);
    /// Sets the shape of an input of strings to [count].
    void ReshapeStrings(const std::size_t &count);

    /// Copies as many elements as the shape has into an input. Another element type than the model's makes the next Run
    /// throw. Throws PreconditionNotMet without a shape, PermissionDenied for an output.
    template <typename T>
    void CopyFromCpu(const T *data);
    /// Copies one string per element into an input. Throws InvalidArgument for another number of strings than the shape
    /// has, or if the input is not one of strings.
    void CopyStringsFromCpu(const Strings *data);
    /// Uses the caller's memory without a copy, for an input or an output, until the tensor shares other memory, is
    /// reshaped or copied to, or the predictor and its tensors are destroyed. A run whose output has another shape
    /// throws. Throws Unavailable for another place than the CPU, InvalidArgument for another layout than kNCHW.
    template <typename T>
    void ShareExternalData(const T *data, const std::vector<int> &shape, PlaceType place,
                           DataLayout layout = DataLayout::kNCHW);

    /// Copies all elements out, of an input too. Throws PreconditionNotMet without data, InvalidArgument for another
    /// element type than the tensor's.
    template <typename T>
    void CopyToCpu(T *data) const;
    /// CopyToCpu; `stream` is not used.
    template <typename T>
    void CopyToCpuAsync(T *data, void *stream) const;
    /// CopyToCpu, then `callback(argument)`.
    template <typename T>
    void CopyToCpuAsync(T *data, CallbackFunc callback, void *argument) const;

    /// Memory of an input to write in place, borrowed until the tensor is set in another way. Throws PreconditionNotMet
    /// without a shape that has elements, Unavailable for another place than the CPU, InvalidArgument for another
    /// element type than the model's.
    template <typename T>
    T *mutable_data(PlaceType place);
    /// The data and, in elements, its size; borrowed until the tensor is set or the predictor runs. Throws
    /// InvalidArgument for a null argument or another element type, PreconditionNotMet without data.
    template <typename T>
    T *data(PlaceType *place, int *size) const;

    /// The current shape; [0] before an input is reshaped and before an output is computed.
    std::vector<int> shape() const;
    /// The model's element type.
    DataType type() const;
    PlaceType place() const;
    const std::string &name() const;

    /// Keeps offsets of sequences with an input, unchecked; models in ONNX do not use them.
    void SetLoD(const std::vector<std::vector<std::size_t>> &offsets);
    /// What SetLoD was given; outputs have none.
    std::vector<std::vector<std::size_t>> lod() const;

private:
    friend class Predictor;
    friend class contrib::TensorUtils;

    Tensor(std::shared_ptr<Core> core, TensorState *state);

    std::shared_ptr<Core> core_;
    TensorState *state_;
};

} // namespace paddle_infer
