/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of an accomplice, who works on the sender from outside. */
#ifndef ATTACKS_ACCOMPLICE_H
#define ATTACKS_ACCOMPLICE_H

#include "scene.h"

/* Before any actor is started. */
void accomplice_prepare(void);

/* Of the sender: let the accomplice know where it is. */
long tell_address(struct scene *scene, long argument);

/* Store, or load, where the sender has it, by each way there is. */
long write_by_process_vm(struct scene *scene, long argument);
long read_by_process_vm(struct scene *scene, long argument);
long write_by_ptrace(struct scene *scene, long argument);
long write_by_proc_pid_mem(struct scene *scene, long argument);

#endif /* ATTACKS_ACCOMPLICE_H */
