"""The ``./aura`` command: one verb a module, thin over the engine."""
