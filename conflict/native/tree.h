/* Which boxes touch a box, by the tree of conflict/tree.py. */
#ifndef BLUEPRINT_TREE_H
#define BLUEPRINT_TREE_H

#include "flat.h"

typedef int (*Visit)(void *context, int64_t row);

/* Visit every row whose box touches `box`. Level 0 of the tree are the features' boxes. */
static int search(const Flat *f, const double *box, Visit visit, void *context)
{
    int64_t stack[LEVELS * FAN][2], top = 0;
    if (f->n == 0 || f->levels == 0)
        return 0;
    for (int64_t k = f->level[f->levels - 1]; k < f->level[f->levels]; k++) {
        stack[top][0] = f->levels - 1;
        stack[top++][1] = k - f->level[f->levels - 1];
    }
    while (top) {
        int64_t level = stack[--top][0], at = stack[top][1];
        const double *b = f->tree_box + 4 * (f->level[level] + at);
        if (!(b[0] <= box[2] && b[2] >= box[0] && b[1] <= box[3] && b[3] >= box[1]))
            continue;
        if (level == 0) {
            if (visit(context, f->order[at]))
                return -1;
            continue;
        }
        int64_t count = f->level[level] - f->level[level - 1], end = (at + 1) * FAN;
        for (int64_t k = at * FAN; k < (end < count ? end : count); k++) {
            stack[top][0] = level - 1;
            stack[top++][1] = k;
        }
    }
    return 0;
}

#endif
