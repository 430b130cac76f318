/* Which boxes touch a box, by the tree of conflict/tree.py. */
#ifndef BLUEPRINT_TREE_H
#define BLUEPRINT_TREE_H

#include "flat.h"

typedef int (*Visit)(void *context, int64_t row);

static inline int reaches(const double *b, const double *box)
{
    return (b[0] <= box[2]) & (b[2] >= box[0]) & (b[1] <= box[3]) & (b[3] >= box[1]);
}

/* Visit every row whose box touches `box`. Level 0 of the tree are the features' boxes. */
static int search(const Flat *f, const double *box, Visit visit, void *context)
{
    int64_t stack[LEVELS * FAN][2], top = 0, level = f->levels - 1, from = 0, to;
    if (f->n == 0 || f->levels == 0)
        return 0;
    to = f->level[level + 1] - f->level[level];
    for (;;) { /* the nodes `from` to `to` of a level: those reached wait with their level */
        const double *boxes = f->tree_box + 4 * f->level[level];
        for (int64_t k = from; k < to; k++) {
            if (!reaches(boxes + 4 * k, box))
                continue;
            if (level > 0) {
                stack[top][0] = level;
                stack[top++][1] = k;
            } else if (visit(context, f->order[k])) {
                return -1;
            }
        }
        if (top == 0)
            return 0;
        level = stack[--top][0] - 1;
        from = stack[top][1] * FAN;
        to = f->level[level + 1] - f->level[level];
        if (to > from + FAN)
            to = from + FAN;
    }
}

#endif
