"""The user's files as the editor sees them: open buffers over disk, inside the roots and nowhere else."""
