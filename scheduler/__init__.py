"""The scheduler: one process that makes the runs that are asked for, and the nightly one."""
