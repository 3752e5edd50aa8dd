#ifndef FLOWSWEEP_FUSED_H
#define FLOWSWEEP_FUSED_H

#include "abi.h"

// fused_domain makes a domain with the operation Fused.
OrtStatus *fused_domain(const OrtApi *api, OrtCustomOpDomain **domain);

// fused_register makes a domain known to the sessions that are opened with the options.
OrtStatus *fused_register(const OrtApi *api, OrtCustomOpDomain *domain, void *options);

// fused_message copies the message of a status, which ends with a zero if the memory did, and frees the status.
void fused_message(const OrtApi *api, OrtStatus *status, char *message, size_t size);

#endif
