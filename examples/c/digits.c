/*
 * Classifies real handwritten digits with a pool of predictors, then measures throughput by thread
 * count and memory by predictor count.
 *
 *     digits MODELDIR
 *
 * MODELDIR holds digits.onnx, digits_images.bin and digits_labels.bin.
 */
#include <stdio.h>
#include <string.h>

#include "digits.h"

#define MINIMUM_ACCURACY 0.97

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], MEMORY_FLAG) == 0) {
        print_resident_memory(argv[2], argv[3], argv[4]);
        return 0;
    }
    if (argc != 2) {
        fprintf(stderr, "usage: digits MODELDIR\n");
        return 1;
    }

    const char *directory = argv[1];
    Digits digits = load_digits(directory);
    double accuracy = report_accuracy(directory, &digits);
    if (accuracy < MINIMUM_ACCURACY) {
        free_digits(&digits);
        fprintf(stderr, "digits: the accuracy is below %.2f\n", MINIMUM_ACCURACY);
        return 1;
    }
    report_throughput(directory, &digits);
    free_digits(&digits);
    report_memory(directory);
    return 0;
}
