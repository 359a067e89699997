"""The app's shell: one page for every address of the app, its worker, its manifest and what stands where no network is.

It gives the routes from the screens that lines declare and the files of the kit.
It knows no line by name and shows nothing of its own.
"""

from walras.doors.shell.shell import ShellScreen, shell_routes

__all__ = ["ShellScreen", "shell_routes"]
