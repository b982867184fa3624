/* Forgets what it allocated. */
#include <stdio.h>
#include <stdlib.h>

static void forget(void)
{
    printf("%p\n", malloc(24));
}

int main(void)
{
    forget();
    forget();
    return 0;
}
