/* Writes one byte too far, where the compiler cannot see it. */
#include <stdlib.h>

static void write_at(char *bytes, int index)
{
    bytes[index] = 1;
}

int main(int argc, char **argv)
{
    void (*volatile write)(char *, int) = write_at;
    char *bytes = malloc(16);

    (void)argv;
    write(bytes, 15 + argc);
    free(bytes);
    return 0;
}
