// What the files of this example share.
#ifndef DIGITS_HPP
#define DIGITS_HPP

#include <predictor_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

constexpr std::size_t IMAGE_SIDE = 8;
constexpr std::size_t IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE;
constexpr std::size_t CLASS_COUNT = 10;

struct Digits {
    std::vector<float> images;        // count() * IMAGE_PIXELS values, 0 to 1
    std::vector<std::uint8_t> labels; // count() values, 0 to 9

    std::size_t count() const { return labels.size(); }
};

// support.cpp
Digits load_digits(const std::string &directory);
predictor_pool::Config digits_config(const std::string &directory);
// Copies a batch of `count` images in, runs, and copies CLASS_COUNT probabilities per image out.
void classify(predictor_pool::Predictor &predictor, const float *images, std::size_t count, float *probabilities);

// accuracy.cpp: prints the table and returns the accuracy
double report_accuracy(const std::string &directory, const Digits &digits);

// throughput.cpp
void report_throughput(const std::string &directory, const Digits &digits);

// memory.cpp: the report starts this program again with MEMORY_FLAG, once for every number
constexpr const char *MEMORY_FLAG = "--resident-memory";
void report_memory(const std::string &directory);
void print_resident_memory(const std::string &directory, const std::string &way, std::size_t count);

#endif
