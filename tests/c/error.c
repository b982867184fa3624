/* Errors and handles: statuses, texts, what is no handle, what is printed, the log, and forks. */
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *models;

static void statuses_have_names_and_numbers_that_never_change(void)
{
    static const char *const names[] = {
        "PREDICTOR_OK",
        "PREDICTOR_ERROR_INVALID_ARGUMENT",
        "PREDICTOR_ERROR_INVALID_HANDLE",
        "PREDICTOR_ERROR_NOT_FOUND",
        "PREDICTOR_ERROR_OUT_OF_RANGE",
        "PREDICTOR_ERROR_SHAPE_MISMATCH",
        "PREDICTOR_ERROR_TYPE_MISMATCH",
        "PREDICTOR_ERROR_BUSY",
        "PREDICTOR_ERROR_TIMEOUT",
        "PREDICTOR_ERROR_CANCELLED",
        "PREDICTOR_ERROR_INVALID_MODEL",
        "PREDICTOR_ERROR_UNSUPPORTED",
        "PREDICTOR_ERROR_RUNTIME_UNAVAILABLE",
        "PREDICTOR_ERROR_RUN_FAILED",
        "PREDICTOR_ERROR_OUT_OF_MEMORY",
        "PREDICTOR_ERROR_FORKED",
        "PREDICTOR_ERROR_INTERNAL",
    };

    for (int32_t i = 0; i < 17; i++)
        CHECK(strcmp(predictor_status_name(i), names[i]) == 0);
    CHECK(PREDICTOR_ERROR_BUSY == 7 && PREDICTOR_ERROR_INTERNAL == 16);
    CHECK(strcmp(predictor_status_name(17), "PREDICTOR_ERROR_UNKNOWN") == 0);
    CHECK(strcmp(predictor_status_name(-1), "PREDICTOR_ERROR_UNKNOWN") == 0);
    CHECK(predictor_abi_version() == 1 && predictor_abi_v1 == 1 && predictor_abi_revision() >= 1);
}

static void a_text_that_is_cut_is_terminated(void)
{
    char text[TEXT_ROOM], cut[8];
    size_t length;

    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(NULL), "NULL");
    error_text(text);
    length = predictor_last_error_message(NULL, 0);
    CHECK(length == strlen(text) && length > sizeof cut);
    memset(cut, 'z', sizeof cut);
    CHECK(predictor_last_error_message(cut, 5) == length);
    CHECK(strncmp(cut, text, 4) == 0 && cut[4] == '\0' && cut[5] == 'z');
    CHECK(predictor_last_error_message(cut, 1) == length && cut[0] == '\0' && cut[1] != '\0');
    memset(cut, 'z', sizeof cut);
    CHECK(predictor_last_error_message(cut, 0) == length && cut[0] == 'z');
    CHECK(predictor_last_error_message(NULL, 100) == length);
}

static void a_success_clears_the_text_and_a_destroy_does_not(void)
{
    PredictorConfig *config = NULL, *other = NULL;
    size_t length;

    OK(create_predictor_config(&config));
    OK(create_predictor_config(&other));
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(NULL), "NULL");
    length = predictor_last_error_message(NULL, 0);
    destroy_predictor_config(config);
    destroy_predictor_config(NULL);
    destroy_predictor(NULL);
    destroy_predictor_pool(NULL);
    CHECK(predictor_version()[0] != '\0' && predictor_live_handles() == 1);
    CHECK(predictor_last_error_message(NULL, 0) == length);
    OK(predictor_config_set_intra_op_threads(other, 1));
    CHECK(predictor_last_error_message(NULL, 0) == 0);
    /* A destroy has something to say when there is nothing to destroy. */
    destroy_predictor_config(config);
    CHECK(predictor_last_error_message(NULL, 0) > 0);
    OK(predictor_config_set_intra_op_threads(other, 1));
    destroy_predictor((Predictor *)other);
    CHECK(predictor_last_error_message(NULL, 0) > 0);
    OK(predictor_config_set_intra_op_threads(other, 1));
    destroy_predictor_config(other);
}

static void *fail_on_a_thread(void *unused)
{
    (void)unused;
    CHECK(predictor_last_error_message(NULL, 0) == 0);
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_pool_release(NULL, NULL), "pool");
    return NULL;
}

static void each_thread_has_a_text_of_its_own(void)
{
    char text[TEXT_ROOM];

    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_run(NULL), "predictor");
    join_thread(start_thread(fail_on_a_thread, NULL));
    CHECK(strstr(error_text(text), "predictor") != NULL && strstr(text, "pool") == NULL);
}

/* The handle of a predictor, of a tensor and of a pool in turn: nothing but the right kind is taken. */
static void refuse(void *pointer)
{
    size_t size = 7;
    const char *name = NULL;
    Predictor *predictor = NULL;

    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_config_set_option(pointer, NULL, NULL), "config");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_input_count(pointer, &size), "predictor");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_tensor_name(pointer, &name), "tensor");
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_pool_acquire(pointer, -1, &predictor), "pool");
    CHECK(size == 7 && name == NULL && predictor == NULL);
    destroy_predictor_config(pointer);
    destroy_predictor(pointer);
    destroy_predictor_pool(pointer);
}

static void what_is_no_handle_is_never_followed(void)
{
    Predictor *predictor = predictor_for(models, "add.onnx");
    char *memory = calloc(64, 64);
    int on_the_stack = 0;

    CHECK(memory != NULL);
    refuse(NULL);
    refuse(memory);
    refuse(memory + 1);
    refuse(&on_the_stack);
    refuse((void *)(uintptr_t)1);
    refuse((void *)(uintptr_t)0xdeadbeef);
    refuse((void *)UINTPTR_MAX);
    refuse((char *)predictor + 1);
    refuse((char *)predictor + 8);
    refuse((char *)predictor - 8);
    run_add(predictor, 1);
    destroy_predictor(predictor);
    refuse(predictor);
    free(memory);
}

static void a_destroyed_handle_is_known_until_65536_others_were_destroyed(void)
{
    PredictorConfig *stale = NULL, *config = NULL;

    OK(create_predictor_config(&stale));
    destroy_predictor_config(stale);
    for (int i = 0; i < 65536; i++) {
        OK(create_predictor_config(&config));
        CHECK(config != stale);
        destroy_predictor_config(config);
    }
    FAILS(PREDICTOR_ERROR_INVALID_HANDLE, predictor_config_set_intra_op_threads(stale, 1), "destroyed");
}

typedef struct {
    pthread_mutex_t lock;
    int lines;
    int others;
} Log;

static void count_line(void *user_data, int32_t severity, const char *category, const char *message)
{
    Log *log = user_data;

    CHECK(pthread_mutex_lock(&log->lock) == 0);
    log->lines++;
    log->others += severity < 0 || severity > 4 || category == NULL || message == NULL;
    CHECK(pthread_mutex_unlock(&log->lock) == 0);
}

static void run_out_of_range(void)
{
    Predictor *predictor = predictor_for(models, "failing.onnx");
    const int64_t dims[] = {1}, index = 99;

    OK(predictor_tensor_reshape(input_of(predictor, "index"), dims, 1));
    OK(predictor_tensor_copy_from_host(input_of(predictor, "index"), PREDICTOR_INT64, &index, sizeof index));
    FAILS(PREDICTOR_ERROR_RUN_FAILED, predictor_run(predictor), "99");
    destroy_predictor(predictor);
}

static void the_log_goes_to_the_callback_and_to_nobody_after_it(void)
{
    Log log = {PTHREAD_MUTEX_INITIALIZER, 0, 0};
    int before;

    OK(predictor_set_log_callback(count_line, &log, 0));
    run_out_of_range();
    CHECK(log.lines > 0 && log.others == 0);
    FAILS(PREDICTOR_ERROR_INVALID_ARGUMENT, predictor_set_log_callback(NULL, NULL, 5), "5");
    before = log.lines;
    run_out_of_range();
    CHECK(log.lines > before);
    before = log.lines;
    OK(predictor_write_log(2, "binding", "a line of a binding's"));
    CHECK(log.lines == before + 1);
    OK(predictor_set_log_callback(count_line, &log, 3));
    OK(predictor_write_log(2, "binding", "too slight now"));
    CHECK(log.lines == before + 1);
    OK(predictor_set_log_callback(NULL, NULL, 0));
    before = log.lines;
    run_out_of_range();
    CHECK(log.lines == before);
}

static void nothing_is_printed(void)
{
    static const char *const broken[] = {"not_a_model.bin", "truncated.onnx", "unknown_op.onnx",
        "wrong_ir.onnx"};
    FILE *file = tmpfile();
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    char line[256];
    int printed;

    CHECK(file != NULL && out >= 0 && err >= 0);
    fflush(NULL);
    CHECK(dup2(fileno(file), STDOUT_FILENO) >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        PredictorConfig *config = config_for(models, broken[i]);
        Predictor *predictor = NULL;
        CHECK(create_predictor(config, &predictor) != PREDICTOR_OK);
        destroy_predictor_config(config);
    }
    run_out_of_range();
    refuse(NULL);
    fflush(NULL);
    CHECK(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
    rewind(file);
    for (printed = 0; fgets(line, sizeof line, file) != NULL; printed++)
        fprintf(stderr, "printed: %s", line);
    CHECK(printed == 0);
    close(out);
    close(err);
    fclose(file);
}

/* In the child: 0 if all is as it should be, else the number of the check that was not. */
static int try_in_the_child(Predictor *predictor, PredictorTensor *tensor, PredictorPool *pool)
{
    PredictorConfig *config = NULL;
    Predictor *own = NULL;
    size_t size = 0;
    char path[MAXIMUM_PATH];

    if (predictor_live_handles() != 0)
        return 1;
    if (predictor_run(predictor) != PREDICTOR_ERROR_FORKED || predictor_last_error_message(NULL, 0) == 0)
        return 2;
    if (clone_predictor(predictor, &own) != PREDICTOR_ERROR_FORKED || own != NULL)
        return 3;
    if (predictor_tensor_shape(tensor, NULL, 0, &size) != PREDICTOR_ERROR_FORKED)
        return 4;
    if (predictor_pool_acquire(pool, -1, &own) != PREDICTOR_ERROR_FORKED || own != NULL)
        return 5;
    destroy_predictor(predictor);
    destroy_predictor_pool(pool);
    if (create_predictor_config(&config) != PREDICTOR_OK)
        return 6;
    if (predictor_config_set_model(config, model_path(models, "add.onnx", path), NULL) != PREDICTOR_OK)
        return 7;
    if (create_predictor(config, &own) != PREDICTOR_OK || predictor_live_handles() != 2)
        return 8;
    run_add(own, 1);
    destroy_predictor(own);
    destroy_predictor_config(config);
    return predictor_live_handles() == 0 ? 0 : 9;
}

static void a_forked_child_makes_its_own(void)
{
    PredictorConfig *config = config_for(models, "add.onnx");
    Predictor *predictor = NULL;
    PredictorTensor *tensor;
    PredictorPool *pool = NULL;
    pid_t child;
    int status = 0;

    OK(create_predictor(config, &predictor));
    OK(create_predictor_pool(config, 1, &pool));
    run_add(predictor, 1);
    tensor = input_of(predictor, "x");
    fflush(NULL);
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(try_in_the_child(predictor, tensor, pool));
    CHECK(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "the child ended with status %#x\n", (unsigned)status);
        exit(1);
    }
    run_add(predictor, 2);
    destroy_predictor(predictor);
    destroy_predictor_pool(pool);
    destroy_predictor_config(config);
}

int main(int argc, char **argv)
{
    models = models_folder(argc, argv);
    statuses_have_names_and_numbers_that_never_change();
    a_text_that_is_cut_is_terminated();
    a_success_clears_the_text_and_a_destroy_does_not();
    each_thread_has_a_text_of_its_own();
    nothing_is_printed();
    what_is_no_handle_is_never_followed();
    the_log_goes_to_the_callback_and_to_nobody_after_it();
    a_forked_child_makes_its_own();
    a_destroyed_handle_is_known_until_65536_others_were_destroyed();
    return finish();
}
