/* Resident memory by the number of predictors and by the way in which they were made. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "digits.h"

#define WAY_CLONE "clone_predictor"
#define WAY_CREATE "create_predictor"
#define WAY_CACHE_OFF "cache off"

static long resident_kilobytes(void)
{
    char line[256];
    long kilobytes = 0;

    FILE *file = fopen("/proc/self/status", "r");
    if (file == NULL)
        fail("cannot read", "/proc/self/status");
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "VmRSS: %ld kB", &kilobytes) == 1)
            break;
    }
    fclose(file);
    if (kilobytes == 0)
        fail("no VmRSS in", "/proc/self/status");
    return kilobytes;
}

static void run_once(Predictor *predictor)
{
    static const float blank[IMAGE_PIXELS];
    float probabilities[CLASS_COUNT];
    classify(predictor, blank, 1, probabilities);
}

/* The first predictor is always created; the way decides how the others come to be. */
static Predictor *make_predictor(const PredictorConfig *config, Predictor *first, const char *way)
{
    Predictor *predictor = NULL;
    if (first != NULL && strcmp(way, WAY_CLONE) == 0)
        check(clone_predictor(first, &predictor));
    else
        check(create_predictor(config, &predictor));
    return predictor;
}

void print_resident_memory(const char *directory, const char *way, const char *count_text)
{
    size_t count = (size_t)strtoul(count_text, NULL, 10);
    PredictorConfig *config = create_digits_config(directory);
    Predictor **predictors = allocate(count, sizeof *predictors);

    if (strcmp(way, WAY_CACHE_OFF) == 0)
        check(predictor_config_set_option(config, "share_model", "0"));
    for (size_t i = 0; i < count; i++) {
        predictors[i] = make_predictor(config, predictors[0], way);
        run_once(predictors[i]);
    }
    printf("%ld\n", resident_kilobytes());

    for (size_t i = 0; i < count; i++)
        destroy_predictor(predictors[i]);
    free(predictors);
    destroy_predictor_config(config);
}

static pid_t start_measurement(char **arguments, int *out_pipe)
{
    int ends[2];
    if (pipe(ends) != 0)
        fail("cannot measure memory", "no pipe");
    pid_t child = fork();
    if (child < 0)
        fail("cannot measure memory", "no process");
    if (child == 0) {
        if (dup2(ends[1], STDOUT_FILENO) < 0)
            _exit(1);
        close(ends[0]);
        close(ends[1]);
        execv("/proc/self/exe", arguments);
        _exit(1);
    }
    close(ends[1]);
    *out_pipe = ends[0];
    return child;
}

/* A fresh process for every number: memory that earlier predictors left behind must not count. */
static double measure_megabytes(const char *directory, const char *way, size_t count)
{
    char count_text[24];
    snprintf(count_text, sizeof count_text, "%zu", count);
    /* execv takes char *, but does not write to the strings. */
    char *arguments[] = {"digits", MEMORY_FLAG, (char *)directory, (char *)way, count_text, NULL};

    int pipe_end;
    pid_t child = start_measurement(arguments, &pipe_end);
    FILE *answer = fdopen(pipe_end, "r");
    if (answer == NULL)
        fail("cannot measure memory", "no stream");
    long kilobytes = 0;
    int found = fscanf(answer, "%ld", &kilobytes);
    fclose(answer);

    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0 || found != 1)
        fail("cannot measure memory", way);
    return (double)kilobytes / 1024.0;
}

void report_memory(const char *directory)
{
    static const char *const ways[] = {WAY_CLONE, WAY_CREATE, WAY_CACHE_OFF};
    static const size_t counts[] = {1, 2, 4, 8, 16};

    printf("\nresident memory in MB, each predictor has run once\n");
    printf("predictors  %15s  %16s  %9s\n", ways[0], ways[1], ways[2]);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        double clone = measure_megabytes(directory, ways[0], counts[i]);
        double create = measure_megabytes(directory, ways[1], counts[i]);
        double cache_off = measure_megabytes(directory, ways[2], counts[i]);
        printf("%10zu  %15.1f  %16.1f  %9.1f\n", counts[i], clone, create, cache_off);
    }
}
