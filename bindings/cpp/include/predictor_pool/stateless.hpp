/// Tensors in the caller's memory, for Predictor::run_with.
#ifndef PREDICTOR_POOL_STATELESS_HPP
#define PREDICTOR_POOL_STATELESS_HPP

#include <predictor_pool.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "data_type.hpp"
#include "error.hpp"
#include "tensor.hpp"

namespace predictor_pool {

/// An input of Predictor::run_with: a name, a shape, and elements in the caller's memory.
class RunInput {
public:
    /// `byte_length` bytes of elements of type `type`, in the shape `dims`, row-major. Strings are packed (pack_strings).
    ///
    /// Ownership: borrows `data`, which must stay valid and unchanged until the run has returned; the rest is copied.
    /// Threads: any thread at any time.
    /// Errors: std::bad_alloc; run_with checks everything else.
    RunInput(std::string name, DataType type, const void *data, std::size_t byte_length, std::vector<std::int64_t> dims)
        : name_(std::move(name)), type_(type), data_(data), byte_length_(byte_length), dims_(std::move(dims))
    {
    }

    /// A range's elements, in the shape `dims`, row-major.
    ///
    /// Ownership: borrows the range's memory, which must stay valid and unchanged until the run has returned; the rest is
    /// copied.
    /// Threads: any thread at any time.
    /// Errors: std::bad_alloc; run_with checks everything else.
    template <typename Range, typename = detail::if_elements<const Range>>
    RunInput(std::string name, const Range &values, std::vector<std::int64_t> dims)
        : RunInput(std::move(name), data_type_of<std::remove_cv_t<detail::element_of<const Range>>>, std::data(values),
                   std::size(values) * sizeof(*std::data(values)), std::move(dims))
    {
    }

private:
    friend class Predictor;

    c::PredictorTensorView view() const
    {
        // The C struct serves inputs and outputs; what an input points to is only read.
        return {Text(name_).c_str(),
                const_cast<void *>(data_),
                byte_length_,
                const_cast<std::int64_t *>(dims_.data()),
                dims_.size(),
                static_cast<std::int32_t>(type_)};
    }

    std::string name_;
    DataType type_;
    const void *data_;
    std::size_t byte_length_;
    std::vector<std::int64_t> dims_;
};

/// An output of Predictor::run_with: a name, and room in the caller's memory that may be larger than what is produced.
class RunOutput {
public:
    /// Ranks above this one are OutOfRange.
    static constexpr std::size_t maximum_rank = 16;

    /// Room for `byte_capacity` bytes of any type; strings are produced packed (unpack_strings).
    ///
    /// Ownership: borrows `room`, which must stay valid until the run has returned; the name is copied.
    /// Threads: any thread at any time.
    /// Errors: std::bad_alloc; run_with checks everything else.
    RunOutput(std::string name, void *room, std::size_t byte_capacity)
        : name_(std::move(name)), room_(room), byte_capacity_(byte_capacity), dims_(maximum_rank)
    {
    }

    /// Room of a range, for elements of just its type.
    ///
    /// Ownership: borrows the range's memory, which must stay valid until the run has returned; the name is copied.
    /// Threads: any thread at any time.
    /// Errors: std::bad_alloc; run_with checks everything else.
    template <typename Range, typename = detail::if_elements<Range>, std::enable_if_t<detail::is_writable<Range>, int> = 0>
    RunOutput(std::string name, Range &room)
        : RunOutput(std::move(name), std::data(room), std::size(room) * sizeof(*std::data(room)))
    {
        expected_type_ = data_type_of<detail::element_of<Range>>;
    }

    /// The element type that the last run produced.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: one thread at a time per object.
    /// Errors: none; meaningless before the first successful run.
    DataType data_type() const noexcept { return type_; }

    /// Bytes that the last run produced, from the start of the room on; after OutOfRange, the bytes that it needs.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: one thread at a time per object.
    /// Errors: none; 0 before the first run.
    std::size_t byte_length() const noexcept { return byte_length_; }

    /// The shape that the last run produced.
    ///
    /// Ownership: borrowed from this object until its next run.
    /// Threads: one thread at a time per object.
    /// Errors: none; empty before the first successful run and after a failed one.
    Span<const std::int64_t> shape() const noexcept { return {dims_.data(), rank_}; }

private:
    friend class Predictor;

    c::PredictorTensorView view()
    {
        return {Text(name_).c_str(), room_, byte_capacity_, dims_.data(), dims_.size(), 0};
    }

    void take(const c::PredictorTensorView &produced, c::PredictorStatus status) noexcept
    {
        const bool ran = status == c::PREDICTOR_OK;
        byte_length_ = ran || status == c::PREDICTOR_ERROR_OUT_OF_RANGE ? produced.byte_length : 0;
        rank_ = ran ? produced.rank : 0;
        if (ran)
            type_ = static_cast<DataType>(produced.data_type);
    }

    void check_type() const
    {
        if (expected_type_ && *expected_type_ != type_)
            throw Error(Status::TypeMismatch, "\"" + name_ + "\": expected " + data_type_name(type_) + ", got " +
                                                  data_type_name(*expected_type_));
    }

    std::string name_;
    void *room_;
    std::size_t byte_capacity_;
    std::vector<std::int64_t> dims_;
    std::optional<DataType> expected_type_;
    DataType type_ = DataType::Float32;
    std::size_t byte_length_ = 0;
    std::size_t rank_ = 0;
};

/// Strings as run_with takes them: one after the other, each followed by a NUL.
///
/// Ownership: the strings are copied; the result is the caller's.
/// Threads: any thread at any time.
/// Errors: InvalidArgument for a string with a NUL inside, std::bad_alloc.
inline std::string pack_strings(Span<const std::string> strings)
{
    std::string packed;
    for (const std::string &string : strings) {
        packed += Text(string).c_str();
        packed += '\0';
    }
    return packed;
}

/// The strings that run_with produced: `packed` is output.byte_length() bytes of the room.
///
/// Ownership: the strings are copied; the result is the caller's.
/// Threads: any thread at any time.
/// Errors: std::bad_alloc.
inline std::vector<std::string> unpack_strings(std::string_view packed)
{
    std::vector<std::string> strings;
    while (!packed.empty()) {
        const std::string_view string = packed.substr(0, packed.find('\0'));
        strings.emplace_back(string);
        packed.remove_prefix(std::min(packed.size(), string.size() + 1));
    }
    return strings;
}

} // namespace predictor_pool

#endif
