// Classifies real handwritten digits with a pool of predictors, then measures throughput by thread count and memory by
// predictor count.
//
//     digits MODELDIR
//
// MODELDIR holds digits.onnx, digits_images.bin and digits_labels.bin.
#include "digits.hpp"

#include <cstdio>
#include <exception>
#include <stdexcept>

namespace {

constexpr double MINIMUM_ACCURACY = 0.97;

void report(const std::string &directory)
{
    const Digits digits = load_digits(directory);
    if (report_accuracy(directory, digits) < MINIMUM_ACCURACY)
        throw std::runtime_error("the accuracy is below " + std::to_string(MINIMUM_ACCURACY));
    report_throughput(directory, digits);
    report_memory(directory);
}

} // namespace

int main(int argc, char **argv)
{
    try {
        if (argc == 5 && std::string(argv[1]) == MEMORY_FLAG) {
            print_resident_memory(argv[2], argv[3], std::stoul(argv[4]));
        } else if (argc == 2) {
            report(argv[1]);
        } else {
            std::fprintf(stderr, "usage: digits MODELDIR\n");
            return 1;
        }
    } catch (const std::exception &error) {
        std::fprintf(stderr, "digits: %s\n", error.what());
        return 1;
    }
    return 0;
}
