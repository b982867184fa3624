// paddle::Tensor as far as Predictor::Run takes and gives it: a dense array on the CPU.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../../../paddle_infer_declare.h"
#include "../../common/bfloat16.h"
#include "../../common/data_type.h"
#include "../../common/float16.h"
#include "../../common/place.h"

namespace phi {

enum class DataLayout { UNDEFINED = 0, ANY = UNDEFINED, NHWC, NCHW };

}

namespace paddle {

using DataLayout = phi::DataLayout;
using Deleter = std::function<void(void *)>;

/// A named array with shared ownership of its elements: copies are other names of the same data. One thread at a time per
/// array. T is as in paddle_infer::Tensor.
class PD_INFER_DECL Tensor {
public:
    Tensor() = default;
    explicit Tensor(const std::string &name) : name_(name) {}

    /// Elements; 0 for a tensor without an array.
    int64_t numel() const;
    int64_t size() const;
    std::vector<int64_t> shape() const;
    /// Throws InvalidArgument if the number of elements would change.
    void reshape(const std::vector<int64_t> &shape);
    DataType dtype() const;
    DataType type() const;
    DataLayout layout() const;
    Place place() const;
    bool is_cpu() const;
    bool is_gpu() const;
    bool is_dense_tensor() const;
    bool defined() const;
    bool has_allocation() const;
    bool initialized() const;
    bool is_initialized() const;
    void reset();
    const std::string &name() const;
    void set_name(const std::string &name);

    /// The elements, borrowed from the array; null without one. Throws InvalidArgument for another element type.
    template <typename T>
    const T *data() const;
    template <typename T>
    T *data();
    const void *data() const;
    void *data();
    /// A new array with the same elements. Throws Unavailable for another place than the CPU.
    Tensor copy_to(const Place &place, bool blocking) const;

private:
    struct Array;
    friend PD_INFER_DECL Tensor from_blob(void *, const std::vector<int64_t> &, DataType, DataLayout, const Place &,
                                          const Deleter &);

    std::shared_ptr<Array> array_;
    std::string name_;
};

/// An array over the caller's memory, in row-major order. `deleter` is called with `data` when the last copy is gone;
/// without one the caller keeps the memory alive. Throws InvalidArgument for a negative dimension or an element type
/// without a size, Unavailable for another place than the CPU.
PD_INFER_DECL Tensor from_blob(void *data, const std::vector<int64_t> &shape, DataType dtype,
                               DataLayout layout = DataLayout::NCHW, const Place &place = Place(),
                               const Deleter &deleter = nullptr);
/// A new array of zeros. Throws as from_blob does.
PD_INFER_DECL Tensor empty(const std::vector<int64_t> &shape, DataType dtype = DataType::FLOAT32,
                           const Place &place = CPUPlace());
PD_INFER_DECL Tensor zeros(const std::vector<int64_t> &shape, DataType dtype = DataType::FLOAT32,
                           const Place &place = CPUPlace());

} // namespace paddle
