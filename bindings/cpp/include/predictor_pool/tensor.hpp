/// One input or output of a predictor.
#ifndef PREDICTOR_POOL_TENSOR_HPP
#define PREDICTOR_POOL_TENSOR_HPP

#include <predictor_pool.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "data_type.hpp"
#include "error.hpp"

namespace predictor_pool {

namespace detail {

/// A contiguous range whose elements a tensor can hold.
template <typename Range>
using if_elements = std::void_t<decltype(ElementType<std::remove_cv_t<element_of<Range>>>::value)>;

template <typename Range>
using string_of = decltype(*std::begin(std::declval<const Range &>()));

template <typename Range>
inline constexpr bool is_writable = !std::is_const_v<element_of<Range>>;

/// A tensor is its predictor's: nothing is to be destroyed.
struct KeepTensor {
    void operator()(c::PredictorTensor *) const noexcept {}
};

/// predictor_tensor_shape or predictor_tensor_declared_shape: asks for the rank, then for the dimensions.
template <typename Function>
std::vector<std::int64_t> read_shape(Function function, const c::PredictorTensor *tensor)
{
    std::size_t rank = 0;
    check(function(tensor, nullptr, 0, &rank));
    std::vector<std::int64_t> dims(rank);
    if (rank > 0)
        check(function(tensor, dims.data(), dims.size(), &rank));
    return dims;
}

} // namespace detail

/// One input or output of a predictor, borrowed from it: it neither owns nor keeps alive, and ends with the predictor.
///
/// What changes the predictor (reshape, copy_from_host, copy_strings_from_host, share_external_data, data, mutable_data) is
/// for one thread at a time per predictor. The const functions only read and may be called by any number of threads at once;
/// beside a call that changes the predictor they throw Busy.
///
/// A range is anything with contiguous elements: std::vector, std::array, std::span, Span, a C array. Its element type must
/// be one that data_type_of knows; that it is the model's is checked when the program runs.
class TensorHandle {
public:
    /// The tensor's name.
    ///
    /// Ownership: the text is the caller's.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle.
    std::string name() const
    {
        const char *name = nullptr;
        detail::check(c::predictor_tensor_name(get(), &name));
        return name;
    }

    /// The element type that the model declares.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, Unsupported (a type that this library cannot carry).
    DataType data_type() const
    {
        std::int32_t type = 0;
        detail::check(c::predictor_tensor_data_type(get(), &type));
        return static_cast<DataType>(type);
    }

    /// The shape that the model declares; -1 is a free dimension.
    ///
    /// Ownership: the dimensions are the caller's.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, Unsupported (the model declares no rank).
    std::vector<std::int64_t> declared_shape() const
    {
        return detail::read_shape(c::predictor_tensor_declared_shape, get());
    }

    /// The name that the model gives to dimension `axis`, for example "batch"; "" if it has none.
    ///
    /// Ownership: the text is the caller's.
    /// Threads: any thread at any time.
    /// Errors: InvalidHandle, OutOfRange.
    std::string dimension_name(std::size_t axis) const
    {
        const char *name = nullptr;
        detail::check(c::predictor_tensor_dimension_name(get(), axis, &name));
        return name;
    }

    /// The current shape: of an input what reshape set, or the model's if that is static; of an output what the last run
    /// produced. A scalar's is empty.
    ///
    /// Ownership: the dimensions are the caller's.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: InvalidHandle, InvalidArgument (an output without a successful run since the last reshape), ShapeMismatch (an
    /// input with free dimensions before its reshape), Busy, Unsupported.
    std::vector<std::int64_t> shape() const { return detail::read_shape(c::predictor_tensor_shape, get()); }

    /// Bytes of the data at the current shape.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: those of shape, and TypeMismatch for strings.
    std::size_t byte_length() const
    {
        std::size_t length = 0;
        detail::check(c::predictor_tensor_byte_length(get(), &length));
        return length;
    }

    /// Sets the shape of an input, `reshape({1, 3, 224, 224})` or any range of std::int64_t; rank and static dimensions must
    /// be the model's. Data stays if the number of elements does. Outputs of earlier runs are gone.
    ///
    /// Ownership: `dims` is copied; memory that the input shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, InvalidArgument (an output), ShapeMismatch, OutOfRange (more bytes than can be addressed),
    /// Busy, Unsupported.
    void reshape(Span<const std::int64_t> dims)
    {
        detail::check(c::predictor_tensor_reshape(get(), dims.data(), dims.size()));
    }

    /// Copies `byte_length` bytes of elements of type `type` into an input. The type must be the model's and the length
    /// exactly what the current shape takes.
    ///
    /// Ownership: the data is copied; memory that the input shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, InvalidArgument (null with a length, another length, an output), TypeMismatch, ShapeMismatch
    /// (free dimensions and no reshape), Busy, Unsupported, OutOfMemory.
    void copy_from_host(DataType type, const void *data, std::size_t byte_length)
    {
        detail::check(
            c::predictor_tensor_copy_from_host(get(), static_cast<std::int32_t>(type), data, byte_length));
    }

    /// Copies `count` elements from `values` on into an input: exactly as many as the current shape has, row-major.
    ///
    /// Ownership: the data is copied; memory that the input shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of copy_from_host with a DataType.
    template <typename T>
    void copy_from_host(const T *values, std::size_t count)
    {
        copy_from_host(data_type_of<T>, values, count * sizeof(T));
    }

    /// Copies a range's elements into an input: exactly as many as the current shape has, row-major.
    ///
    /// Ownership: the data is copied; memory that the input shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of copy_from_host with a DataType.
    template <typename Range, typename = detail::if_elements<const Range>>
    void copy_from_host(const Range &values)
    {
        copy_from_host(std::data(values), std::size(values));
    }

    /// Copies a list in braces into an input, `copy_from_host({1.0f, 2.0f})`: exactly as many elements as the current shape
    /// has, row-major.
    ///
    /// Ownership: the data is copied; memory that the input shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of copy_from_host with a DataType.
    template <typename T>
    void copy_from_host(std::initializer_list<T> values)
    {
        copy_from_host(std::data(values), values.size());
    }

    /// Copies std::vector<bool>, which is no contiguous range, into an input of bools.
    ///
    /// Ownership: the data is copied; memory that the input shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of copy_from_host with a DataType.
    void copy_from_host(const std::vector<bool> &values)
    {
        const std::vector<unsigned char> bytes(values.begin(), values.end());
        copy_from_host(DataType::Bool, bytes.data(), bytes.size());
    }

    /// Copies the data of an output, or of an input, to `byte_length` bytes at `data`. The type must be the model's and the
    /// length exactly that of the data.
    ///
    /// Ownership: the data is copied into the caller's memory.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: InvalidHandle, InvalidArgument (null with a length, another length, nothing to read), TypeMismatch, Busy,
    /// Unsupported.
    void copy_to_host(DataType type, void *data, std::size_t byte_length) const
    {
        detail::check(c::predictor_tensor_copy_to_host(get(), static_cast<std::int32_t>(type), data, byte_length));
    }

    /// Copies the data of an output, or of an input, to `count` elements at `values`: exactly as many as the current shape
    /// has, row-major.
    ///
    /// Ownership: the data is copied into the caller's memory.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: those of copy_to_host with a DataType.
    template <typename T>
    void copy_to_host(T *values, std::size_t count) const
    {
        copy_to_host(data_type_of<T>, values, count * sizeof(T));
    }

    /// Copies the data of an output, or of an input, over a range's elements: exactly as many as the current shape has,
    /// row-major.
    ///
    /// Ownership: the data is copied into the caller's memory.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: those of copy_to_host with a DataType.
    template <typename Range, typename = detail::if_elements<Range>, std::enable_if_t<detail::is_writable<Range>, int> = 0>
    void copy_to_host(Range &&values) const
    {
        copy_to_host(std::data(values), std::size(values));
    }

    /// The data of an output, or of an input, as `copy_to_host<float>()`: as many elements as the current shape has,
    /// row-major.
    ///
    /// Ownership: the vector is the caller's.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: those of copy_to_host with a DataType.
    template <typename T>
    std::vector<T> copy_to_host() const
    {
        if constexpr (std::is_same_v<T, bool>) {
            std::vector<unsigned char> bytes(byte_length());
            copy_to_host(DataType::Bool, bytes.data(), bytes.size());
            return {bytes.begin(), bytes.end()};
        } else {
            std::vector<T> values(count_of<T>(byte_length()));
            copy_to_host(values.data(), values.size());
            return values;
        }
    }

    /// Uses `count` elements of the caller's memory without a copy: runs read an input from there, or write an output of
    /// exactly the shape `dims` there. Outputs of earlier runs are gone.
    ///
    /// Ownership: `values` stays the caller's and must stay valid until the tensor shares other memory, is reshaped or
    /// copied to, or the predictor is destroyed and its calls have returned; `dims` is copied.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, InvalidArgument (null with a length, another length than the shape takes, not aligned to an
    /// element), TypeMismatch, ShapeMismatch, OutOfRange (more bytes than can be addressed), Busy, Unsupported. A run whose
    /// output has another shape than the memory throws ShapeMismatch.
    template <typename T>
    void share_external_data(T *values, std::size_t count, Span<const std::int64_t> dims)
    {
        const auto type = static_cast<std::int32_t>(data_type_of<T>);
        detail::check(c::predictor_tensor_share_external_data(get(), type, values, count * sizeof(T), dims.data(),
                                                              dims.size()));
    }

    /// Uses the memory of a range without a copy, as share_external_data with a pointer.
    ///
    /// Ownership: the memory stays the caller's and must stay valid until the tensor shares other memory, is reshaped or
    /// copied to, or the predictor is destroyed and its calls have returned; `dims` is copied.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of share_external_data with a pointer.
    template <typename Range, typename = detail::if_elements<Range>, std::enable_if_t<detail::is_writable<Range>, int> = 0>
    void share_external_data(Range &values, Span<const std::int64_t> dims)
    {
        share_external_data(std::data(values), std::size(values), dims);
    }

    /// Lets an output live in the library's own memory again, after share_external_data. An input does so when it is
    /// reshaped or copied to.
    ///
    /// Ownership: memory that the output shared is not used any more.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, InvalidArgument (an input), TypeMismatch (strings), Busy, Unsupported.
    void stop_sharing_external_data()
    {
        if (is_input_)
            fail(Status::InvalidArgument, "expected an output, got an input, which stops sharing when it is reshaped");
        const auto type = static_cast<std::int32_t>(data_type());
        detail::check(c::predictor_tensor_share_external_data(get(), type, nullptr, 0, nullptr, 0));
    }

    /// The data in place, to be read, as `data<float>()`: as many elements as the current shape has, row-major. An input
    /// that has a shape and no data gets zeros.
    ///
    /// Ownership: borrowed; valid until the tensor is reshaped or set, the predictor runs (an output), or the predictor is
    /// destroyed.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, InvalidArgument (an output with nothing to read), TypeMismatch (not the model's type,
    /// strings), ShapeMismatch (free dimensions and no reshape), Busy, Unsupported, OutOfMemory.
    template <typename T>
    Span<const T> data()
    {
        return view<T>();
    }

    /// The memory of an input in place, to be written, as `mutable_data<float>()`: as many elements as the current shape
    /// has, row-major; zeros if nothing was set before.
    ///
    /// Ownership: borrowed; valid until the tensor is reshaped or set, or the predictor is destroyed.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of data, and InvalidArgument for an output.
    template <typename T>
    Span<T> mutable_data()
    {
        if (!is_input_)
            fail(Status::InvalidArgument, "expected an input, got an output, which must not be written to");
        return view<T>();
    }

    /// Copies strings into an input of strings, one per element of the current shape, row-major. A range of std::string or
    /// std::string_view; a string may have NULs inside.
    ///
    /// Ownership: the strings are copied.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: InvalidHandle, InvalidArgument (another count than the shape has, an output), TypeMismatch (not strings),
    /// ShapeMismatch (free dimensions and no reshape), Busy.
    template <typename Range, std::enable_if_t<std::is_lvalue_reference_v<detail::string_of<Range>> &&
                                                   std::is_convertible_v<detail::string_of<Range>, std::string_view>,
                                               int> = 0>
    void copy_strings_from_host(const Range &strings)
    {
        std::vector<const char *> starts;
        std::vector<std::size_t> lengths;
        for (const std::string_view string : strings) {
            // A default std::string_view has no address, and the C ABI wants one for each string.
            starts.push_back(string.empty() ? "" : string.data());
            lengths.push_back(string.size());
        }
        detail::check(
            c::predictor_tensor_copy_strings_from_host(get(), starts.data(), lengths.data(), starts.size()));
    }

    /// Copies a list of strings in braces into an input of strings, `copy_strings_from_host({"a", "b"})`, one per element of
    /// the current shape, row-major.
    ///
    /// Ownership: the strings are copied.
    /// Threads: one thread at a time per predictor; Busy beside another thread's call.
    /// Errors: those of copy_strings_from_host with a range.
    void copy_strings_from_host(std::initializer_list<std::string_view> strings)
    {
        copy_strings_from_host(Span<const std::string_view>(std::data(strings), strings.size()));
    }

    /// The strings of an output, or of an input: as many as the current shape has elements, row-major.
    ///
    /// Ownership: the strings are the caller's.
    /// Threads: any number at once; Busy beside a call that changes the predictor.
    /// Errors: InvalidHandle, InvalidArgument (nothing to read), TypeMismatch (not strings), ShapeMismatch (an input with
    /// free dimensions before its reshape), Busy.
    std::vector<std::string> copy_strings_to_host() const
    {
        if (data_type() != DataType::String)
            fail_type(DataType::String);
        std::size_t count = 1;
        for (const std::int64_t dim : shape())
            count *= static_cast<std::size_t>(dim);
        std::vector<std::string> strings;
        strings.reserve(count);
        for (std::size_t index = 0; index < count; index++) {
            std::size_t length = 0;
            detail::check(c::predictor_tensor_string_length(get(), index, &length));
            std::string string(length, '\0');
            detail::check(c::predictor_tensor_copy_string_to_host(get(), index, string.data(), length + 1));
            strings.push_back(std::move(string));
        }
        return strings;
    }

    /// The handle for functions of the C ABI; null after a move.
    ///
    /// Ownership: borrowed from the predictor.
    /// Threads: any thread at any time.
    /// Errors: none.
    c::PredictorTensor *get() const noexcept { return handle_.get(); }

private:
    friend class Predictor;

    TensorHandle(c::PredictorTensor *handle, bool is_input) noexcept : handle_(handle), is_input_(is_input) {}

    [[noreturn]] void fail(Status status, const std::string &text) const
    {
        throw Error(status, "\"" + name() + "\": " + text);
    }

    [[noreturn]] void fail_type(DataType expected) const
    {
        fail(Status::TypeMismatch, "expected " + data_type_name(data_type()) + ", got " + data_type_name(expected));
    }

    /// Elements of type T in so many bytes. Bytes of another type are left to the check of the type that follows.
    template <typename T>
    static std::size_t count_of(std::size_t byte_length) noexcept
    {
        return byte_length / sizeof(T);
    }

    template <typename T>
    Span<T> view()
    {
        if (data_type() != data_type_of<T>)
            fail_type(data_type_of<T>);
        void *data = nullptr;
        std::size_t length = 0;
        detail::check(c::predictor_tensor_data(get(), &data, &length));
        return {static_cast<T *>(data), count_of<T>(length)};
    }

    std::unique_ptr<c::PredictorTensor, detail::KeepTensor> handle_;
    bool is_input_;
};

} // namespace predictor_pool

#endif
