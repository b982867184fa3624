/// What arguments are made of: text for C, and views of contiguous memory.
#ifndef PREDICTOR_POOL_ARGUMENTS_HPP
#define PREDICTOR_POOL_ARGUMENTS_HPP

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace predictor_pool {

/// A NUL-terminated UTF-8 text, borrowed for the duration of a call; made from a std::string or a string literal without a
/// copy. Made to be a parameter, not a variable.
class Text {
public:
    /// Null is no text, where a function allows that.
    ///
    /// Ownership: borrows `text`, which must outlive this object.
    /// Threads: any thread at any time.
    /// Errors: none.
    Text(const char *text) noexcept : text_(text) {}

    /// Ownership: borrows `text`, which must outlive this object unchanged.
    /// Threads: any thread at any time.
    /// Errors: Status::InvalidArgument for a text with a NUL inside, which C would cut there.
    Text(const std::string &text) : text_(text.c_str())
    {
        if (text.find('\0') != std::string::npos)
            throw Error(Status::InvalidArgument, std::string("text: expected no NUL inside, got \"") + text.c_str() + "\\0...\"");
    }

    /// Ownership: borrowed from whoever made this object.
    /// Threads: any thread at any time.
    /// Errors: none.
    const char *c_str() const noexcept { return text_; }

private:
    const char *text_;
};

namespace detail {

template <typename Range>
using element_of = std::remove_pointer_t<decltype(std::data(std::declval<Range &>()))>;

/// T may stand for the elements of a range: the same type, with const added at most.
template <typename Range, typename T>
using if_elements_fit = std::enable_if_t<std::is_convertible_v<element_of<Range> (*)[], T (*)[]>, int>;

} // namespace detail

/// `size()` elements from `data()` on, in memory of somebody else's: std::span for C++17. It is made from whatever has
/// contiguous elements of type T (std::vector, std::array, std::span, a C array) and converts to std::span.
template <typename T>
class Span {
public:
    /// No elements.
    ///
    /// Ownership: borrows nothing.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr Span() noexcept = default;

    /// `size` elements from `data` on.
    ///
    /// Ownership: borrows the memory, which must outlive this object's use.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}

    /// The elements of a range.
    ///
    /// Ownership: borrows the range's memory, which must outlive this object's use.
    /// Threads: any thread at any time.
    /// Errors: none of its own.
    template <typename Range, detail::if_elements_fit<Range, T> = 0>
    constexpr Span(Range &&range) : data_(std::data(range)), size_(std::size(range))
    {
    }

    /// The elements of a list in braces, for the duration of the call that it stands in.
    ///
    /// Ownership: borrows the list.
    /// Threads: any thread at any time.
    /// Errors: none.
    template <typename U = T, std::enable_if_t<std::is_const_v<U>, int> = 0>
    constexpr Span(std::initializer_list<std::remove_const_t<T>> list) noexcept
        : data_(std::data(list)), size_(list.size())
    {
    }

    /// The first element.
    ///
    /// Ownership: borrowed from whoever made this object.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr T *data() const noexcept { return data_; }

    /// The number of elements.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr std::size_t size() const noexcept { return size_; }

    /// Whether there are no elements.
    ///
    /// Ownership: nothing is handed over.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr bool empty() const noexcept { return size_ == 0; }

    /// The first element, for loops.
    ///
    /// Ownership: borrowed from whoever made this object.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr T *begin() const noexcept { return data_; }

    /// The end, for loops.
    ///
    /// Ownership: borrowed from whoever made this object.
    /// Threads: any thread at any time.
    /// Errors: none.
    constexpr T *end() const noexcept { return data_ + size_; }

    /// Element number `index`.
    ///
    /// Ownership: borrowed from whoever made this object.
    /// Threads: any thread at any time.
    /// Errors: none; `index` must be below size().
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace predictor_pool

#endif
