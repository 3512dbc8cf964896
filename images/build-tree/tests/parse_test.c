#include <stdio.h>

#include "calc.h"

static int failures;

static void expect(const char *text, int column, size_t length)
{
    struct code code;
    int got = calc_parse(text, &code);
    if (got != column || (column == 0 && code.length != length)) {
        printf("'%s': column %d and %zu steps, expected %d and %zu\n", text, got, code.length, column, length);
        failures++;
    }
}

int main(void)
{
    expect("1", 0, 1);
    expect("1 + 2 * 3", 0, 5);
    expect("-(1.5)", 0, 2);
    expect("", 1, 0);
    expect("1 +", 4, 0);
    expect("(1", 3, 0);
    expect("1 x", 3, 0);
    printf("parse: %s\n", failures ? "failed" : "passed");
    return failures != 0;
}
