/* What all parts share: constants, an array that grows. */
#ifndef BLUEPRINT_BASE_H
#define BLUEPRINT_BASE_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

enum { APART = 0, LEFT_WITHIN = 1, RIGHT_WITHIN = 2, CROSSING = 3, DOUBTFUL = 4 };
enum { CROSS = 1, TOUCH = 2, NEAR = 4 };

#define NEAR_M 1e-4     /* one step of the store's grid */
#define SURE_M2 1e-6    /* a larger shared area is there beyond rounding */
#define SURE_M 1e-6     /* the same for a length */
#define EXACT_M 5e-7    /* how well a length has to be known */
#define NOTHING_M2 2e-9 /* less than the smallest polygon on the grid, 5e-9 m2 */
#define BLOCK 32        /* edges in a block, blocks in a group: as in conflict/shapes.py */
#define BRUTE 1024      /* pairs of edges that are compared without sorting */
#define MANY 4096       /* edges on both sides of a pair that is not drawn here */
#define FAN 16          /* children of a node: as in conflict/tree.py */
#define LEVELS 16
#define WORTHWHILE 65536 /* bytes of coordinates that are read without the interpreter's lock */

#define PAGE 4096
#define LARGE_BYTES 4194304 /* memory that is worth large pages */

/* Give the interpreter's lock away for work on so many bytes, unless it is done sooner than another
   thread could have taken the lock and given it back. */
static PyThreadState *unlock(Py_ssize_t bytes)
{
    return bytes > WORTHWHILE ? PyEval_SaveThread() : NULL;
}

static void lock_again(PyThreadState *state)
{
    if (state != NULL)
        PyEval_RestoreThread(state);
}

typedef struct {
    void *data;
    int64_t length, room;
} Vec;

/* Room for one more item of `size` bytes; NULL when there is no memory. */
static void *grow(Vec *v, size_t size)
{
    if (v->length == v->room) {
        int64_t room = v->room ? 2 * v->room : 64;
        void *data = realloc(v->data, (size_t)room * size);
        if (data == NULL)
            return NULL;
        v->data = data;
        v->room = room;
    }
    return (char *)v->data + (size_t)v->length++ * size;
}

/* Room for so many items in all; -1 when there is no memory. */
static int reserve(Vec *v, int64_t room, size_t size)
{
    if (v->room < room) {
        void *data = realloc(v->data, (size_t)room * size);
        if (data == NULL)
            return -1;
        v->data = data;
        v->room = room;
    }
    return 0;
}

/* Let the system back a large piece of memory, not yet written to, with large pages where it can:
   a fault for each of 25,000 small ones takes longer than the reading. */
static void in_large_pages(void *data, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t from = ((uintptr_t)data + PAGE - 1) / PAGE * PAGE, to = (uintptr_t)data + bytes;
    if (from < to && to - from >= LARGE_BYTES)
        madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
    (void)data;
    (void)bytes;
#endif
}

static PyObject *as_bytes(const Vec *v, size_t size)
{
    return PyBytes_FromStringAndSize(v->data, (Py_ssize_t)((size_t)v->length * size));
}

/* Where runs begin, and the end of the last, from where each ends. */
static PyObject *as_starts(const Vec *ends)
{
    size_t size = (size_t)ends->length * sizeof(int64_t);
    PyObject *starts = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(size + sizeof(int64_t)));
    if (starts != NULL) {
        char *to = PyBytes_AsString(starts);
        memset(to, 0, sizeof(int64_t));
        if (size)
            memcpy(to + sizeof(int64_t), ends->data, size);
    }
    return starts;
}

#endif
