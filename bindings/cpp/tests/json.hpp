/// Reads JSON, as far as tests/golden.json needs it.
#ifndef TESTS_JSON_HPP
#define TESTS_JSON_HPP

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// A value of JSON. A number keeps its digits, so that no integer is rounded.
struct Json {
    std::string text; // of a string or a number
    std::vector<Json> elements;
    std::map<std::string, Json> members;

    const Json &operator[](const std::string &key) const
    {
        const auto found = members.find(key);
        if (found == members.end())
            throw std::runtime_error("JSON: there is no member \"" + key + "\"");
        return found->second;
    }
};

class JsonReader {
public:
    /// The only value of `text`.
    static Json read(std::string_view text)
    {
        JsonReader reader(text);
        Json value = reader.value();
        reader.skip_space();
        if (reader.at_ != text.size())
            reader.fail("the end");
        return value;
    }

private:
    explicit JsonReader(std::string_view text) : text_(text) {}

    [[noreturn]] void fail(const std::string &expected) const
    {
        throw std::runtime_error("JSON: expected " + expected + " at byte " + std::to_string(at_));
    }

    void skip_space()
    {
        while (at_ < text_.size() && std::string_view(" \n\r\t").find(text_[at_]) != std::string_view::npos)
            at_++;
    }

    bool takes(char wanted)
    {
        skip_space();
        const bool is_there = at_ < text_.size() && text_[at_] == wanted;
        at_ += is_there;
        return is_there;
    }

    void take(char wanted)
    {
        if (!takes(wanted))
            fail(std::string("\"") + wanted + "\"");
    }

    Json value()
    {
        Json value;
        if (takes('{')) {
            while (!takes('}')) {
                take('"');
                std::string key = string();
                take(':');
                value.members.emplace(std::move(key), this->value());
                takes(',');
            }
        } else if (takes('[')) {
            while (!takes(']')) {
                value.elements.push_back(this->value());
                takes(',');
            }
        } else if (takes('"')) {
            value.text = string();
        } else {
            value.text = number();
        }
        return value;
    }

    std::string number()
    {
        const std::size_t start = at_;
        while (at_ < text_.size() && std::string_view("+-.0123456789Ee").find(text_[at_]) != std::string_view::npos)
            at_++;
        if (at_ == start)
            fail("a value");
        return std::string(text_.substr(start, at_ - start));
    }

    /// After the first quote. The file is UTF-8 and escapes nothing but quotes and backslashes.
    std::string string()
    {
        std::string string;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\') {
                at_++;
                if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\\'))
                    fail("an escaped quote or backslash");
            }
            string += text_[at_++];
        }
        take('"');
        return string;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

#endif
