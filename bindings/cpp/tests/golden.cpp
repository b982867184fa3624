// tests/golden.json, which every binding shares: what ONNX Runtime's own Python API gave for each case.
#include "json.hpp"
#include "support.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

using namespace predictor_pool;

namespace {

/// A tensor as bytes, or as strings.
struct Value {
    std::string name;
    DataType type;
    std::vector<std::int64_t> dims;
    std::vector<unsigned char> bytes;
    std::vector<std::string> strings;
};

struct Case {
    std::string name, model;
    double tolerance;
    std::vector<Value> inputs, outputs;
};

template <typename T>
void append(std::vector<unsigned char> &bytes, T value)
{
    const auto *start = reinterpret_cast<const unsigned char *>(&value);
    bytes.insert(bytes.end(), start, start + sizeof value);
}

void append_number(std::vector<unsigned char> &bytes, DataType type, const std::string &digits)
{
    const auto integer = [&] { return std::strtoll(digits.c_str(), nullptr, 10); };
    switch (type) {
    case DataType::Float32: return append(bytes, static_cast<float>(std::strtod(digits.c_str(), nullptr)));
    case DataType::Float64: return append(bytes, std::strtod(digits.c_str(), nullptr));
    case DataType::UInt64: return append(bytes, std::strtoull(digits.c_str(), nullptr, 10));
    case DataType::Int64: return append(bytes, std::int64_t{integer()});
    case DataType::Int32: return append(bytes, static_cast<std::int32_t>(integer()));
    case DataType::UInt32: return append(bytes, static_cast<std::uint32_t>(integer()));
    case DataType::Int16: return append(bytes, static_cast<std::int16_t>(integer()));
    case DataType::UInt16:
    case DataType::Float16:
    case DataType::BFloat16: return append(bytes, static_cast<std::uint16_t>(integer()));
    case DataType::Int8: return append(bytes, static_cast<std::int8_t>(integer()));
    case DataType::UInt8:
    case DataType::Bool: return append(bytes, static_cast<std::uint8_t>(integer()));
    case DataType::String: break;
    }
    throw std::runtime_error("no number has the type " + data_type_name(type));
}

DataType type_named(const std::string &name)
{
    for (std::int32_t number = 1; number <= 16; number++) {
        if (data_type_name(static_cast<DataType>(number)) == name)
            return static_cast<DataType>(number);
    }
    throw std::runtime_error("no element type is called " + name);
}

Value read_value(const Json &json)
{
    Value value;
    value.name = json["name"].text;
    value.type = type_named(json["data_type"].text);
    for (const Json &dim : json["shape"].elements)
        value.dims.push_back(std::strtoll(dim.text.c_str(), nullptr, 10));
    for (const Json &element : json["data"].elements) {
        if (value.type == DataType::String)
            value.strings.push_back(element.text);
        else
            append_number(value.bytes, value.type, element.text);
    }
    return value;
}

std::vector<Value> read_values(const Json &json)
{
    std::vector<Value> values;
    for (const Json &value : json.elements)
        values.push_back(read_value(value));
    return values;
}

std::vector<Case> read_cases()
{
    std::ifstream file(models_folder + "/../golden.json");
    const Json json = JsonReader::read(std::string{std::istreambuf_iterator<char>(file), {}});
    if (json["schema"].text != "1")
        throw std::runtime_error("golden.json: expected schema 1, got " + json["schema"].text);
    std::vector<Case> cases;
    for (const Json &one : json["cases"].elements)
        cases.push_back({one["name"].text, one["model"].text, std::strtod(one["tolerance"].text.c_str(), nullptr),
                         read_values(one["inputs"]), read_values(one["outputs"])});
    return cases;
}

float float_at(const std::vector<unsigned char> &bytes, std::size_t index)
{
    float value;
    std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
    return value;
}

void expect_equal(const Value &got, const Value &expected, double tolerance)
{
    EXPECT_EQ(got.name, expected.name);
    EXPECT_EQ(data_type_name(got.type), data_type_name(expected.type));
    EXPECT_EQ(got.dims, expected.dims);
    EXPECT_EQ(got.strings, expected.strings);
    if (tolerance == 0) {
        EXPECT_EQ(got.bytes, expected.bytes);
        return;
    }
    ASSERT_EQ(got.bytes.size(), expected.bytes.size());
    ASSERT_EQ(expected.type, DataType::Float32) << "only these have a tolerance";
    for (std::size_t index = 0; index < expected.bytes.size() / sizeof(float); index++) {
        const double value = float_at(expected.bytes, index);
        EXPECT_NEAR(float_at(got.bytes, index), value, tolerance * std::max(1.0, std::abs(value)));
    }
}

void set(TensorHandle input, const Value &value)
{
    input.reshape(value.dims);
    if (value.type == DataType::String)
        input.copy_strings_from_host(value.strings);
    else
        input.copy_from_host(value.type, value.bytes.data(), value.bytes.size());
}

Value get(const TensorHandle &output)
{
    Value value{output.name(), output.data_type(), output.shape(), {}, {}};
    if (value.type == DataType::String) {
        value.strings = output.copy_strings_to_host();
    } else {
        value.bytes.resize(output.byte_length());
        output.copy_to_host(value.type, value.bytes.data(), value.bytes.size());
    }
    return value;
}

/// Runs each case, with one predictor per model and set of inputs: an input with a default stays set once it was.
template <typename Run>
void check_cases(Run run)
{
    std::map<std::string, Predictor> predictors;
    const std::vector<Case> cases = read_cases();
    ASSERT_GE(cases.size(), 100U);
    for (const Case &one : cases) {
        SCOPED_TRACE(one.name);
        const std::string key = one.model + " " + std::to_string(one.inputs.size());
        auto found = predictors.find(key);
        if (found == predictors.end())
            found = predictors.emplace(key, predictor_for(one.model)).first;
        const std::vector<Value> got = run(found->second, one);
        ASSERT_EQ(got.size(), one.outputs.size());
        for (std::size_t index = 0; index < got.size(); index++)
            expect_equal(got[index], one.outputs[index], one.tolerance);
    }
}

} // namespace

TEST(Golden, CasesAreRightThroughHandles)
{
    check_cases([](Predictor &predictor, const Case &one) {
        for (const Value &input : one.inputs)
            set(predictor.get_input_handle(input.name), input);
        predictor.run();
        std::vector<Value> got;
        for (std::size_t index = 0; index < predictor.output_count(); index++)
            got.push_back(get(predictor.get_output_handle(predictor.output_name(index))));
        return got;
    });
}

TEST(Golden, CasesAreRightThroughRunWith)
{
    check_cases([](const Predictor &predictor, const Case &one) {
        std::vector<std::string> packed;
        for (const Value &input : one.inputs)
            packed.push_back(pack_strings(input.strings));
        std::vector<RunInput> inputs;
        for (std::size_t index = 0; index < one.inputs.size(); index++) {
            const Value &input = one.inputs[index];
            if (input.type == DataType::String)
                inputs.emplace_back(input.name, input.type, packed[index].data(), packed[index].size(), input.dims);
            else
                inputs.emplace_back(input.name, input.type, input.bytes.data(), input.bytes.size(), input.dims);
        }
        std::vector<std::vector<double>> rooms; // aligned for every element type
        std::vector<RunOutput> outputs;
        for (const Value &output : one.outputs) {
            rooms.emplace_back(1 + output.bytes.size() / 8 + pack_strings(output.strings).size(), -7);
            outputs.emplace_back(output.name, rooms.back().data(), rooms.back().size() * sizeof(double));
        }
        predictor.run_with(inputs, outputs);
        std::vector<Value> got;
        for (std::size_t index = 0; index < outputs.size(); index++) {
            const RunOutput &output = outputs[index];
            const auto *start = reinterpret_cast<const unsigned char *>(rooms[index].data());
            const Span<const std::int64_t> dims = output.shape();
            Value value{one.outputs[index].name, output.data_type(), {dims.begin(), dims.end()}, {}, {}};
            if (value.type == DataType::String)
                value.strings = unpack_strings({reinterpret_cast<const char *>(start), output.byte_length()});
            else
                value.bytes.assign(start, start + output.byte_length());
            got.push_back(std::move(value));
        }
        return got;
    });
}
