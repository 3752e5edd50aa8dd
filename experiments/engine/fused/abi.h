// The part of onnxruntime's C interface that an operation of one's own needs. The interface only grows at its end, so the
// places of its functions are fixed. A test compares them with the whole header, which onnxruntime_go has.

#ifndef FLOWSWEEP_ABI_H
#define FLOWSWEEP_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define ORT_CALL __stdcall
#else
#define ORT_CALL
#endif

enum { ABI_VERSION = 18 }; // the oldest that has all of this

// The places of functions in OrtApi.
enum {
	AT_CreateStatus = 0,
	AT_GetErrorMessage = 2,
	AT_CreateCustomOpDomain = 26,
	AT_CustomOpDomain_Add = 27,
	AT_AddCustomOpDomain = 28,
	AT_GetTensorMutableData = 51,
	AT_KernelInfoGetAttribute_string = 87,
	AT_KernelContext_GetInput = 90,
	AT_KernelContext_GetOutput = 91,
	AT_ReleaseStatus = 93,
	AT_KernelInfoGetAttributeArray_int64 = 163,
};

typedef struct OrtStatus OrtStatus;
typedef struct OrtValue OrtValue;
typedef struct OrtKernelInfo OrtKernelInfo;
typedef struct OrtKernelContext OrtKernelContext;
typedef struct OrtCustomOpDomain OrtCustomOpDomain;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtShapeInferContext OrtShapeInferContext;
typedef void (*OrtApi)(void); // an array of these

struct OrtCustomOp;

typedef struct {
	const OrtApi *(ORT_CALL *GetApi)(uint32_t version);
	const char *(ORT_CALL *GetVersionString)(void);
} OrtApiBase;

typedef OrtStatus *(ORT_CALL *CreateStatus)(int code, const char *message);
typedef const char *(ORT_CALL *GetErrorMessage)(const OrtStatus *);
typedef OrtStatus *(ORT_CALL *CreateCustomOpDomain)(const char *, OrtCustomOpDomain **);
typedef OrtStatus *(ORT_CALL *CustomOpDomain_Add)(OrtCustomOpDomain *, const struct OrtCustomOp *);
typedef OrtStatus *(ORT_CALL *AddCustomOpDomain)(OrtSessionOptions *, OrtCustomOpDomain *);
typedef OrtStatus *(ORT_CALL *GetTensorMutableData)(OrtValue *, void **);
typedef OrtStatus *(ORT_CALL *KernelInfoGetAttribute_string)(const OrtKernelInfo *, const char *, char *, size_t *);
typedef OrtStatus *(ORT_CALL *KernelContext_GetInput)(const OrtKernelContext *, size_t, const OrtValue **);
typedef OrtStatus *(ORT_CALL *KernelContext_GetOutput)(OrtKernelContext *, size_t, const int64_t *, size_t, OrtValue **);
typedef void (ORT_CALL *ReleaseStatus)(OrtStatus *);
typedef OrtStatus *(ORT_CALL *KernelInfoGetAttributeArray_int64)(const OrtKernelInfo *, const char *, int64_t *, size_t *);

// API gets a function out of an OrtApi.
#define API(api, name) ((name)(api)[AT_##name])

enum { ELEMENT_FLOAT = 1, VARIADIC = 2, MEMORY_DEFAULT = 0 };

typedef struct OrtCustomOp {
	uint32_t version;
	void *(ORT_CALL *CreateKernel)(const struct OrtCustomOp *, const OrtApi *, const OrtKernelInfo *);
	const char *(ORT_CALL *GetName)(const struct OrtCustomOp *);
	const char *(ORT_CALL *GetExecutionProviderType)(const struct OrtCustomOp *);
	int (ORT_CALL *GetInputType)(const struct OrtCustomOp *, size_t);
	size_t (ORT_CALL *GetInputTypeCount)(const struct OrtCustomOp *);
	int (ORT_CALL *GetOutputType)(const struct OrtCustomOp *, size_t);
	size_t (ORT_CALL *GetOutputTypeCount)(const struct OrtCustomOp *);
	void (ORT_CALL *KernelCompute)(void *, OrtKernelContext *);
	void (ORT_CALL *KernelDestroy)(void *);
	int (ORT_CALL *GetInputCharacteristic)(const struct OrtCustomOp *, size_t);
	int (ORT_CALL *GetOutputCharacteristic)(const struct OrtCustomOp *, size_t);
	int (ORT_CALL *GetInputMemoryType)(const struct OrtCustomOp *, size_t);
	int (ORT_CALL *GetVariadicInputMinArity)(const struct OrtCustomOp *);
	int (ORT_CALL *GetVariadicInputHomogeneity)(const struct OrtCustomOp *);
	int (ORT_CALL *GetVariadicOutputMinArity)(const struct OrtCustomOp *);
	int (ORT_CALL *GetVariadicOutputHomogeneity)(const struct OrtCustomOp *);
	OrtStatus *(ORT_CALL *CreateKernelV2)(const struct OrtCustomOp *, const OrtApi *, const OrtKernelInfo *, void **);
	OrtStatus *(ORT_CALL *KernelComputeV2)(void *, OrtKernelContext *);
	OrtStatus *(ORT_CALL *InferOutputShapeFn)(const struct OrtCustomOp *, OrtShapeInferContext *);
	int (ORT_CALL *GetStartVersion)(const struct OrtCustomOp *);
	int (ORT_CALL *GetEndVersion)(const struct OrtCustomOp *);
	size_t (ORT_CALL *GetMayInplace)(int **, int **);
	void (ORT_CALL *ReleaseMayInplace)(int *, int *);
	size_t (ORT_CALL *GetAliasMap)(int **, int **);
	void (ORT_CALL *ReleaseAliasMap)(int *, int *);
} OrtCustomOp;

#endif
