"""Workspace: the roots that the person opened, read as the editor shows them: collected changes over open buffers over disk.

Names are relative to a root, with `/`; with several roots the first part is the root's folder name. Every disk access
goes through the confinement door, so nothing outside the roots is read.
"""
