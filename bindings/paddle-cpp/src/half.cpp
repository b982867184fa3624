// The two 16-bit floating point types.
#include <cmath>
#include <cstring>

#include "../include/paddle_tensor.h"

namespace phi {
namespace dtype {

namespace {

uint32_t bits_of(float value)
{
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

float from_bits(uint32_t bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

} // namespace

bfloat16::bfloat16(float value)
{
    const uint32_t bits = bits_of(value);
    if (std::isnan(value)) {
        x = static_cast<uint16_t>(bits >> 16 | 0x40); // rounding could make an infinity of it
        return;
    }
    x = static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

bfloat16::operator float() const
{
    return from_bits(static_cast<uint32_t>(x) << 16);
}

float16::float16(float value)
{
    const uint16_t sign = static_cast<uint16_t>(bits_of(value) >> 16 & 0x8000);
    const float size = std::fabs(value);
    if (std::isnan(value)) {
        x = sign | 0x7e00;
    } else if (size >= 65520.F) { // halfway between the largest number and the next one there would be
        x = sign | 0x7c00;
    } else if (size < 0x1p-14F) { // subnormal: multiples of 2^-24
        x = static_cast<uint16_t>(sign | static_cast<uint16_t>(std::nearbyint(size * 0x1p24F)));
    } else {
        const uint32_t bits = bits_of(size);
        const uint32_t rounded = bits + 0xfff + (bits >> 13 & 1);
        x = static_cast<uint16_t>(sign | static_cast<uint16_t>((rounded >> 13) - (112U << 10)));
    }
}

float16::operator float() const
{
    const uint32_t sign = static_cast<uint32_t>(x & 0x8000) << 16;
    const uint32_t exponent = x >> 10 & 0x1f;
    const uint32_t fraction = x & 0x3ff;
    if (exponent == 0x1f)
        return from_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent == 0)
        return std::copysign(static_cast<float>(fraction) * 0x1p-24F, from_bits(sign | 0x3f800000));
    return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

} // namespace dtype
} // namespace phi
