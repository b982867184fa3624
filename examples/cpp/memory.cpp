// Resident memory by the number of predictors and by the way in which they were made.
#include "digits.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace {

constexpr const char *WAYS[] = {"clone_predictor", "create_predictor", "cache off"};

long resident_kilobytes()
{
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("VmRSS:", 0) == 0)
            return std::stol(line.substr(6));
    }
    throw std::runtime_error("no VmRSS in /proc/self/status");
}

void run_once(predictor_pool::Predictor &predictor)
{
    const std::vector<float> blank(IMAGE_PIXELS);
    std::vector<float> probabilities(CLASS_COUNT);
    classify(predictor, blank.data(), 1, probabilities.data());
}

// In quotes for the shell.
std::string quoted(const std::string &argument)
{
    std::string quoted = "'";
    for (const char character : argument)
        quoted += character == '\'' ? std::string("'\\''") : std::string(1, character);
    return quoted + "'";
}

// A fresh process for every number: memory that earlier predictors left behind must not count.
double measure_megabytes(const std::string &directory, const std::string &way, std::size_t count)
{
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    const std::string command = quoted(self) + " " + MEMORY_FLAG + " " + quoted(directory) + " " + quoted(way) + " " +
                                std::to_string(count);
    FILE *const answer = popen(command.c_str(), "r");
    if (answer == nullptr)
        throw std::runtime_error("cannot measure memory: no process");
    long kilobytes = 0;
    const bool is_there = std::fscanf(answer, "%ld", &kilobytes) == 1;
    if (pclose(answer) != 0 || !is_there)
        throw std::runtime_error("cannot measure memory: " + way);
    return static_cast<double>(kilobytes) / 1024.0;
}

} // namespace

void print_resident_memory(const std::string &directory, const std::string &way, std::size_t count)
{
    predictor_pool::Config config = digits_config(directory);
    if (way == WAYS[2])
        config.set_option("share_model", "0");
    std::vector<predictor_pool::Predictor> predictors;
    for (std::size_t i = 0; i < count; i++) {
        // The first predictor is always created; the way decides how the others come to be.
        if (i > 0 && way == WAYS[0])
            predictors.push_back(predictors[0].clone());
        else
            predictors.emplace_back(config);
        run_once(predictors[i]);
    }
    std::printf("%ld\n", resident_kilobytes());
}

void report_memory(const std::string &directory)
{
    std::printf("\nresident memory in MB, each predictor has run once\n");
    std::printf("predictors  %15s  %16s  %9s\n", WAYS[0], WAYS[1], WAYS[2]);
    for (const std::size_t count : {1, 2, 4, 8, 16}) {
        std::printf("%10zu  %15.1f  %16.1f  %9.1f\n", count, measure_megabytes(directory, WAYS[0], count),
                    measure_megabytes(directory, WAYS[1], count), measure_megabytes(directory, WAYS[2], count));
    }
}
