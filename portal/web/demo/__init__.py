"""The front page of the demonstration and its guided tour; not there anywhere else."""
