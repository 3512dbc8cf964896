#include "calc.h"

int calc_run(const struct code *code, double *result)
{
    double stack[256];
    size_t depth = 0;

    for (size_t i = 0; i < code->length; i++) {
        enum operation operation = code->steps[i].operation;
        if (operation == PUSH) {
            if (depth == sizeof stack / sizeof stack[0])
                return 1;
            stack[depth++] = code->steps[i].operand;
            continue;
        }
        if (operation == NEGATE) {
            if (depth < 1)
                return 1;
            stack[depth - 1] = -stack[depth - 1];
            continue;
        }
        if (depth < 2)
            return 1;
        double right = stack[--depth], *left = &stack[depth - 1];
        if (operation == ADD)
            *left += right;
        else if (operation == SUBTRACT)
            *left -= right;
        else if (operation == MULTIPLY)
            *left *= right;
        else if (right == 0)
            return 1;
        else
            *left /= right;
    }
    if (depth != 1)
        return 1;
    *result = stack[0];
    return 0;
}
