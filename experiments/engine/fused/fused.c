//go:build !windows

#include "fused.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "loops.h"

// A program computes vectors of n numbers in blocks that stay in the first cache. Its operations read and write slots: a
// slot is a place in an input, in an output or in a buffer, and moves with the blocks, unless it has the same numbers
// for all. The form of its code is described where it is written, in package fuse.

enum { BLOCK = 256, SPARE = 16 };

enum { SINGLE, VECTOR, PIECE }; // kinds of an input
enum { IS_VECTOR = 0, IS_SINGLE = -1 }; // columns of an output that is no sum of columns

typedef struct {
	int64_t slot, kind, size;
} input;

typedef struct {
	int64_t slot, columns, rank;
	const int64_t *dims;
} output;

typedef struct {
	loop run;
	int64_t out, a, b, c;
	bool single;
} operation;

typedef struct {
	const OrtApi *api;
	int64_t *code;
	size_t n, slots, inputs, outputs, operations;
	input *in;
	output *out;
	operation *op;
	_Atomic(struct run *) spare[SPARE]; // memory of calls that have ended
} program;

// A run is the memory of a call. Several calls may run at once.
typedef struct run {
	const float **from; // the memory of the inputs
	float **to;         // and of the outputs
	float **base;       // the place of each slot in the first block
	size_t *moves;      // 1 if it moves with the blocks
	float *buffers;
} run;

static void release(run *r) {
	if (!r) return;
	free(r->from), free(r->to), free(r->base), free(r->moves), free(r->buffers);
	free(r);
}

static void ORT_CALL destroy(void *kernel) {
	program *p = kernel;
	for (size_t i = 0; i < SPARE; i++) release(atomic_exchange(&p->spare[i], NULL));
	free(p->code), free(p->in), free(p->out), free(p->op);
	free(p);
}

// allocate makes room for what the code declares; the operations are not counted yet.
static bool allocate(program *p, size_t operations) {
	p->in = calloc(p->inputs + 1, sizeof *p->in);
	p->out = calloc(p->outputs + 1, sizeof *p->out);
	p->op = calloc(operations + 1, sizeof *p->op);
	return p->in && p->out && p->op;
}

// acquire returns memory for a call, or NULL if there is none.
static run *acquire(program *p) {
	for (size_t i = 0; i < SPARE; i++) {
		run *r = atomic_exchange(&p->spare[i], NULL);
		if (r) return r;
	}
	run *r = calloc(1, sizeof *r);
	if (!r) return NULL;
	r->from = calloc(p->inputs + 1, sizeof *r->from);
	r->to = calloc(p->outputs + 1, sizeof *r->to);
	r->base = calloc(p->slots + 1, sizeof *r->base);
	r->moves = calloc(p->slots + 1, sizeof *r->moves);
	if (posix_memalign((void **)&r->buffers, 64, (p->slots + 1) * BLOCK * sizeof *r->buffers)) r->buffers = NULL;
	if (r->from && r->to && r->base && r->moves && r->buffers) return r;
	release(r);
	return NULL;
}

// keep takes the memory of a call back.
static void keep(program *p, run *r) {
	for (size_t i = 0; r && i < SPARE; i++) r = atomic_exchange(&p->spare[i], r);
	release(r);
}

// decode reads the code and the names of the operations. It returns what is wrong with them, or NULL.
static const char *decode(program *p, size_t length, const char *names) {
	const int64_t *at = p->code, *end = at + length;
	p->n = at[0], p->slots = at[1], p->inputs = at[2];
	const int64_t *outputs = at + 3 + 3 * p->inputs;
	p->outputs = *outputs;
	if (!allocate(p, length / 5)) return "no memory";
	at += 3;
	for (size_t i = 0; i < p->inputs; i++, at += 3) p->in[i] = (input){at[0], at[1], at[2]};
	at++;
	for (size_t i = 0; i < p->outputs; at += 3 + p->out[i++].rank) p->out[i] = (output){at[0], at[1], at[2], at + 3};
	for (; at < end; at += 5, p->operations++) {
		size_t letters = strcspn(names, " ");
		loop run = fused_loop(names, letters);
		if (!run) return "unknown operation";
		p->op[p->operations] = (operation){run, at[0], at[1], at[2], at[3], at[4] != 0};
		names += letters + (names[letters] == ' ');
	}
	return NULL;
}

static OrtStatus *ORT_CALL create(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info, void **kernel) {
	(void)op;
	size_t length = 0, letters = 0;
	OrtStatus *status = API(api, KernelInfoGetAttributeArray_int64)(info, "code", NULL, &length);
	if (!status) status = API(api, KernelInfoGetAttribute_string)(info, "operations", NULL, &letters);
	if (status) return status;
	program *p = calloc(1, sizeof *p);
	char *names = calloc(letters + 1, 1);
	int64_t *code = calloc(length + 1, sizeof *code);
	const char *wrong = p && names && code ? NULL : "no memory";
	if (!wrong) {
		p->api = api, p->code = code;
		status = API(api, KernelInfoGetAttributeArray_int64)(info, "code", code, &length);
		if (!status) status = API(api, KernelInfoGetAttribute_string)(info, "operations", names, &letters);
		if (!status) wrong = decode(p, length, names);
	}
	free(names);
	if (wrong) status = API(api, CreateStatus)(1, wrong);
	if (!status) {
		*kernel = p;
	} else if (p) {
		p->code = code;
		destroy(p);
	}
	return status;
}

// bind fetches the memory of a run.
static OrtStatus *bind(const program *p, run *r, OrtKernelContext *context) {
	OrtStatus *status = NULL;
	for (size_t i = 0; i < p->slots; i++) r->base[i] = r->buffers + i * BLOCK, r->moves[i] = 0;
	for (size_t i = 0; i < p->inputs; i++) {
		const OrtValue *v;
		if ((status = API(p->api, KernelContext_GetInput)(context, i, &v))) return status;
		if ((status = API(p->api, GetTensorMutableData)((OrtValue *)v, (void **)&r->from[i]))) return status;
		if (p->in[i].kind == VECTOR) r->base[p->in[i].slot] = (float *)r->from[i], r->moves[p->in[i].slot] = 1;
	}
	for (size_t i = 0; i < p->outputs; i++) {
		OrtValue *v;
		output *o = &p->out[i];
		if ((status = API(p->api, KernelContext_GetOutput)(context, i, o->dims, o->rank, &v))) return status;
		if ((status = API(p->api, GetTensorMutableData)(v, (void **)&r->to[i]))) return status;
		if (o->columns == IS_VECTOR) r->base[o->slot] = r->to[i], r->moves[o->slot] = 1;
		if (o->columns > 0) memset(r->to[i], 0, o->columns * sizeof(float));
	}
	return NULL;
}

static float *place(const run *r, int64_t slot, size_t start) { return r->base[slot] + start * r->moves[slot]; }

// spread fills a block with a number.
static void spread(const program *p, const run *r, int64_t slot, float value) {
	size_t n = p->n < BLOCK ? p->n : BLOCK;
	for (size_t i = 0; i < n; i++) r->base[slot][i] = value;
}

// singles works out the slots that have one number for all elements.
static void singles(const program *p, const run *r) {
	for (size_t i = 0; i < p->inputs; i++)
		if (p->in[i].kind == SINGLE) spread(p, r, p->in[i].slot, *r->from[i]);
	for (size_t i = 0; i < p->operations; i++) {
		const operation *o = &p->op[i];
		if (!o->single) continue;
		o->run(r->base[o->out], r->base[o->a], r->base[o->b], r->base[o->c], 1);
		spread(p, r, o->out, *r->base[o->out]);
	}
}

// join copies the numbers of pieces, one after the other, that belong to a block of n numbers.
static void join(const program *p, const run *r, size_t start, size_t n) {
	size_t first = 0; // number of the piece in its vector
	for (size_t i = 0; i < p->inputs; i++) {
		const input *in = &p->in[i];
		if (in->kind != PIECE) continue;
		if (i > 0 && p->in[i - 1].slot != in->slot) first = 0;
		size_t end = first + in->size;
		size_t from = first > start ? first : start, to = end < start + n ? end : start + n;
		if (from < to) memcpy(place(r, in->slot, start) + (from - start), r->from[i] + (from - first), (to - from) * sizeof(float));
		first = end;
	}
}

// calculate runs the operations on block after block.
static void calculate(const program *p, run *r) {
	singles(p, r);
	for (size_t start = 0; start < p->n; start += BLOCK) {
		size_t n = p->n - start < BLOCK ? p->n - start : BLOCK;
		join(p, r, start, n);
		for (size_t i = 0; i < p->operations; i++) {
			const operation *o = &p->op[i];
			if (!o->single) o->run(place(r, o->out, start), place(r, o->a, start), place(r, o->b, start), place(r, o->c, start), n);
		}
		for (size_t i = 0; i < p->outputs; i++) {
			const output *o = &p->out[i];
			if (o->columns > 0) fused_accumulate(r->to[i], place(r, o->slot, start), start % o->columns, o->columns, n);
		}
	}
	for (size_t i = 0; i < p->outputs; i++)
		if (p->out[i].columns == IS_SINGLE) *r->to[i] = *r->base[p->out[i].slot];
}

static OrtStatus *ORT_CALL compute(void *kernel, OrtKernelContext *context) {
	program *p = kernel;
	run *r = acquire(p);
	if (!r) return API(p->api, CreateStatus)(1, "no memory");
	OrtStatus *status = bind(p, r, context);
	if (!status) calculate(p, r);
	keep(p, r);
	return status;
}

static const char *ORT_CALL name(const OrtCustomOp *op) { return (void)op, "Fused"; }
static const char *ORT_CALL provider(const OrtCustomOp *op) { return (void)op, NULL; }
static int ORT_CALL floats(const OrtCustomOp *op, size_t i) { return (void)op, (void)i, ELEMENT_FLOAT; }
static int ORT_CALL variadic(const OrtCustomOp *op, size_t i) { return (void)op, (void)i, VARIADIC; }
static int ORT_CALL memory(const OrtCustomOp *op, size_t i) { return (void)op, (void)i, MEMORY_DEFAULT; }
static size_t ORT_CALL count(const OrtCustomOp *op) { return (void)op, 1; }
static int ORT_CALL one(const OrtCustomOp *op) { return (void)op, 1; }
static int ORT_CALL latest(const OrtCustomOp *op) { return (void)op, INT32_MAX; }

static const OrtCustomOp fused = {
	.version = ABI_VERSION, .GetName = name, .GetExecutionProviderType = provider, .GetInputType = floats,
	.GetInputTypeCount = count, .GetOutputType = floats, .GetOutputTypeCount = count, .KernelDestroy = destroy,
	.GetInputCharacteristic = variadic, .GetOutputCharacteristic = variadic, .GetInputMemoryType = memory,
	.GetVariadicInputMinArity = one, .GetVariadicInputHomogeneity = one, .GetVariadicOutputMinArity = one,
	.GetVariadicOutputHomogeneity = one, .CreateKernelV2 = create, .KernelComputeV2 = compute, .GetStartVersion = one,
	.GetEndVersion = latest,
};

OrtStatus *fused_domain(const OrtApi *api, OrtCustomOpDomain **domain) {
	OrtStatus *status = API(api, CreateCustomOpDomain)("flowsweep", domain);
	return status ? status : API(api, CustomOpDomain_Add)(*domain, &fused);
}

OrtStatus *fused_register(const OrtApi *api, OrtCustomOpDomain *domain, void *options) {
	return API(api, AddCustomOpDomain)(options, domain);
}

void fused_message(const OrtApi *api, OrtStatus *status, char *message, size_t size) {
	strncpy(message, API(api, GetErrorMessage)(status), size - 1);
	API(api, ReleaseStatus)(status);
}
