#include "element_types.h"

namespace paddle_infer {

namespace {

struct Row {
    c::PredictorDataType c_type;
    /// -1 where Paddle's interface has no number.
    int paddle_type;
    phi::DataType phi_type;
    size_t bytes;
};

const Row ROWS[] = {
    {c::PREDICTOR_FLOAT32, FLOAT32, phi::DataType::FLOAT32, 4},
    {c::PREDICTOR_INT64, INT64, phi::DataType::INT64, 8},
    {c::PREDICTOR_INT32, INT32, phi::DataType::INT32, 4},
    {c::PREDICTOR_UINT8, UINT8, phi::DataType::UINT8, 1},
    {c::PREDICTOR_INT8, INT8, phi::DataType::INT8, 1},
    {c::PREDICTOR_FLOAT16, FLOAT16, phi::DataType::FLOAT16, 2},
    {c::PREDICTOR_BOOL, BOOL, phi::DataType::BOOL, 1},
    {c::PREDICTOR_FLOAT64, FLOAT64, phi::DataType::FLOAT64, 8},
    {c::PREDICTOR_BFLOAT16, BFLOAT16, phi::DataType::BFLOAT16, 2},
    {c::PREDICTOR_UINT16, -1, phi::DataType::UINT16, 2},
    {c::PREDICTOR_INT16, -1, phi::DataType::INT16, 2},
    {c::PREDICTOR_UINT32, -1, phi::DataType::UINT32, 4},
    {c::PREDICTOR_UINT64, -1, phi::DataType::UINT64, 8},
};

const Row &row_of(phi::DataType type)
{
    for (const Row &row : ROWS) {
        if (row.phi_type == type)
            return row;
    }
    fail("InvalidArgument", "element type " + std::to_string(static_cast<int>(type)) + ": expected one with a size");
}

const Row &row_of(const TensorState &state)
{
    for (const Row &row : ROWS) {
        if (row.c_type == state.type)
            return row;
    }
    fail("Unimplemented", "tensor \"" + state.name + "\": Paddle has no number for its element type");
}

} // namespace

DataType paddle_type(const TensorState &state)
{
    const Row &row = row_of(state);
    if (row.paddle_type < 0)
        fail("Unimplemented", "tensor \"" + state.name + "\": Paddle has no number for its element type");
    return static_cast<DataType>(row.paddle_type);
}

phi::DataType phi_type(const TensorState &state)
{
    return row_of(state).phi_type;
}

int32_t c_type(phi::DataType type)
{
    return row_of(type).c_type;
}

size_t bytes_of(phi::DataType type)
{
    return row_of(type).bytes;
}

int GetNumBytesOfDataType(DataType type)
{
    for (const Row &row : ROWS) {
        if (row.paddle_type == type)
            return static_cast<int>(row.bytes);
    }
    fail("InvalidArgument", "element type " + std::to_string(type) + ": expected 0 to 8");
}

} // namespace paddle_infer

namespace paddle {

int PaddleDtypeSize(PaddleDType dtype)
{
    return paddle_infer::GetNumBytesOfDataType(dtype);
}

} // namespace paddle
