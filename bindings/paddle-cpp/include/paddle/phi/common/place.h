// phi::Place: where the data of a paddle::Tensor is, which is the CPU.
#pragma once

#include <cstdint>

namespace phi {

enum class AllocationType : int8_t { UNDEFINED = 0, CPU = 1, GPU = 2 };

class Place {
public:
    Place() = default;
    explicit Place(AllocationType type, int8_t device = 0) : device_(device), type_(type) {}

    AllocationType GetType() const { return type_; }
    int8_t GetDeviceId() const { return device_; }
    bool operator==(const Place &other) const { return type_ == other.type_ && device_ == other.device_; }
    bool operator!=(const Place &other) const { return !(*this == other); }

private:
    int8_t device_ = 0;
    AllocationType type_ = AllocationType::UNDEFINED;
};

class CPUPlace : public Place {
public:
    CPUPlace() : Place(AllocationType::CPU) {}
};

class GPUPlace : public Place {
public:
    GPUPlace() : Place(AllocationType::GPU) {}
    explicit GPUPlace(int device) : Place(AllocationType::GPU, static_cast<int8_t>(device)) {}
};

} // namespace phi

namespace paddle {
using phi::CPUPlace;
using phi::GPUPlace;
using phi::Place;
} // namespace paddle
