/* The view of the arrays of conflict.shapes.Shapes. */
#ifndef BLUEPRINT_FLAT_H
#define BLUEPRINT_FLAT_H

#include "base.h"

enum {
    XY, RING_START, PART_START, FEATURE_START, DIMENSION, RING_SIGN, BOXES, SIZES,
    BLOCK_START, BLOCK_BOX, GROUP_START, GROUP_BOX, TREE_ORDER, TREE_BOX, LEVEL_START, ARRAYS
};

#define RASTERS 64 /* features of a view that may have one: see raster.h */

struct Raster;

typedef struct {
    PyObject_HEAD
    Py_buffer views[ARRAYS];
    int held;
    int64_t n, levels;
    const double *xy, *boxes, *sizes, *block_box, *group_box, *tree_box;
    const int64_t *ring, *part, *feature, *block, *group, *order, *level;
    const int8_t *dimension, *sign;
    struct Raster *rasters[RASTERS];
} Flat;

static void free_rasters(Flat *f);

static int flat_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Flat *f = (Flat *)self;
    (void)kwargs;
    if (PyTuple_Size(args) != ARRAYS) {
        PyErr_SetString(PyExc_TypeError, "Flat takes the arrays of Shapes, in their order");
        return -1;
    }
    if (f->held) {
        PyErr_SetString(PyExc_TypeError, "Flat is made once");
        return -1;
    }
    for (; f->held < ARRAYS; f->held++)
        if (PyObject_GetBuffer(PyTuple_GetItem(args, f->held), &f->views[f->held], PyBUF_SIMPLE))
            return -1;
    f->xy = f->views[XY].buf;
    f->ring = f->views[RING_START].buf;
    f->part = f->views[PART_START].buf;
    f->feature = f->views[FEATURE_START].buf;
    f->dimension = f->views[DIMENSION].buf;
    f->sign = f->views[RING_SIGN].buf;
    f->boxes = f->views[BOXES].buf;
    f->sizes = f->views[SIZES].buf;
    f->block = f->views[BLOCK_START].buf;
    f->block_box = f->views[BLOCK_BOX].buf;
    f->group = f->views[GROUP_START].buf;
    f->group_box = f->views[GROUP_BOX].buf;
    f->order = f->views[TREE_ORDER].buf;
    f->tree_box = f->views[TREE_BOX].buf;
    f->level = f->views[LEVEL_START].buf;
    f->n = (int64_t)f->views[DIMENSION].len;
    f->levels = f->views[LEVEL_START].len / 8 - 1;
    if (f->levels > LEVELS) {
        PyErr_SetString(PyExc_ValueError, "too many features for the tree");
        return -1;
    }
    return 0;
}

static int64_t corners_of(const Flat *f, int64_t row)
{
    int64_t from = f->part[f->feature[row]], to = f->part[f->feature[row + 1]];
    return f->ring[to] - f->ring[from];
}

enum { WEST = 1, EAST = 2, SOUTH = 4, NORTH = 8 };

/* On which sides of a window all lies that reaches from corner `low` to corner `high`. */
static inline int outside(const double *low, const double *high, const double *window)
{
    return (high[0] < window[0] ? WEST : 0) | (low[0] > window[2] ? EAST : 0) |
           (high[1] < window[1] ? SOUTH : 0) | (low[1] > window[3] ? NORTH : 0);
}

/* The first ring from `r` on, up to `to`, all of one feature, of which a group of edges reaches into
   the column of ground from the window's floor up; what has no groups is not divided, and counts as
   reaching. */
static inline int64_t next_ring(const Flat *f, int64_t r, int64_t to, const double *window)
{
    int64_t at = f->group[r], end = f->group[to];
    if (at == end)
        return r;
    for (const double *box = f->group_box + 4 * at;; at++, box += 4) {
        if (at == end)
            return to;
        if (!(outside(box, box + 2, window) & (WEST | EAST | SOUTH)))
            break;
    }
    while (to - r > 1) { /* the last one that begins at this group or before */
        int64_t middle = r + (to - r) / 2;
        if (f->group[middle] <= at)
            r = middle;
        else
            to = middle;
    }
    return r;
}

static void flat_free(PyObject *self)
{
    Flat *f = (Flat *)self;
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_rasters(f);
    while (f->held)
        PyBuffer_Release(&f->views[--f->held]);
    release(self);
    Py_DECREF(type);
}

#endif
